"""IBM's Telco customer churn file: 7,043 customers of an invented telephone company, 21 columns, Apache-2.0."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pandera.errors

import settings
from connectors import NotFound, files, http
from connectors.files import InvalidFile
from data import schemas
from data.dataset import Dataset, Finding, Origin
from locales import N_

NAME = N_("IBM Telco customer churn")
LICENCE = "Apache-2.0"
COLUMNS = {
    "customerID": "customer_id",
    "gender": "gender",
    "SeniorCitizen": "senior_citizen",
    "Partner": "partner",
    "Dependents": "dependents",
    "tenure": "tenure",
    "PhoneService": "phone_service",
    "MultipleLines": "multiple_lines",
    "InternetService": "internet_service",
    "OnlineSecurity": "online_security",
    "OnlineBackup": "online_backup",
    "DeviceProtection": "device_protection",
    "TechSupport": "tech_support",
    "StreamingTV": "streaming_tv",
    "StreamingMovies": "streaming_movies",
    "Contract": "contract",
    "PaperlessBilling": "paperless_billing",
    "PaymentMethod": "payment_method",
    "MonthlyCharges": "monthly_charges",
    "TotalCharges": "total_charges",
    "Churn": "churned",
}
SOURCES = {canonical: source for source, canonical in COLUMNS.items()}
NUMBERS = ["tenure", "monthly_charges", "total_charges"]


def load(path: Path | str | None = None) -> pd.DataFrame:
    """The customers table: from `path`, else downloaded (the last good copy when the origin is down).

    Raises ConnectorError.
    """
    return dataset(path).main


def dataset(
    path: Path | str | None = None, now: datetime | None = None, progress: Callable[[float], None] | None = None
) -> Dataset:
    """The customers table with its origin and findings. Raises ConnectorError."""
    now = now or datetime.now(UTC)
    if path is None:
        url = settings.get().telco_url
        good, (frame, findings, _) = http.convert(url, settings.get().home / "raw" / "telco", now, _fetched, progress)
        origin = Origin("download", NAME, LICENCE, url, good.retrieved, good.sha256, "USD")
    else:
        frame, findings, sha256 = _read(Path(path))
        origin = Origin("upload", Path(path).name, None, None, now, sha256, "USD")
    return Dataset("customers", {"customers": frame}, origin, findings)


def read_file(path: Path) -> files.Raw:
    """A file on disk as text. Raises ConnectorError."""
    try:
        return files.read_path(path, settings.get().download_limit_mb * 1_000_000)
    except OSError as error:
        raise NotFound(N_("There is no file {path} that can be opened."), path=path) from error


def holds(path: Path, word: bytes) -> bool:
    """Whether a file is packed or has `word` near its start: an error page or a pointer to a file elsewhere has not."""
    with path.open("rb") as file:
        start = file.read(2_000)
    return word in start or start.startswith((b"\x1f\x8b", b"PK\x03\x04"))


def checked(table: str, frame: pd.DataFrame, text: pd.DataFrame, sources: dict[str, str]) -> pd.DataFrame:
    """`frame`, made of `text` row by row, with the types of its schema; `sources` names the columns it was made of.

    Raises `InvalidFile` with a report of the cells that the schema refuses.
    """
    try:
        return schemas.check(table, frame)
    except pandera.errors.SchemaErrors as failed:
        cases = failed.failure_cases.dropna(subset=["index"])
        files.refuse(
            text,
            {sources[name]: pd.Series(text.index.isin(cell["index"])) for name, cell in cases.groupby("column")},
        )
        raise


def convert(raw: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """The customers table made of the file's text columns, and what was found. Raises `InvalidFile`."""
    missing = [name for name in COLUMNS if name not in raw]
    if missing:
        raise InvalidFile(N_("This is not the Telco file: it lacks {columns}."), columns=", ".join(missing))
    frame = raw[list(COLUMNS)].rename(columns=COLUMNS).apply(lambda column: column.str.strip().replace("", pd.NA))
    wrong = {
        "churned": ~frame["churned"].isin(["Yes", "No"]),
        "senior_citizen": ~frame["senior_citizen"].isin(["0", "1"]),
        "customer_id": frame["customer_id"].isna() | frame["customer_id"].duplicated(),
    }
    for name in NUMBERS:
        numbers = pd.to_numeric(frame[name], errors="coerce")
        wrong[name] = numbers.isna() & frame[name].notna()
        frame[name] = numbers.astype(float)
    files.refuse(raw, {SOURCES[name]: rows for name, rows in wrong.items()})
    frame["churned"] = frame["churned"].eq("Yes")
    frame["senior_citizen"] = frame["senior_citizen"].eq("1")
    blank = int(frame["total_charges"].isna().sum())
    findings = (
        Finding(N_("{rows} customers have no total charges yet (they joined this month): kept as missing."), blank),
    )
    return checked("customers", frame, raw, SOURCES), findings if blank else ()


def _read(path: Path) -> tuple[pd.DataFrame, tuple[Finding, ...], str]:
    raw = read_file(path)
    frame, findings = convert(raw.frame)
    return frame, (*raw.findings, *findings), raw.sha256


def _fetched(path: Path) -> tuple[pd.DataFrame, tuple[Finding, ...], str]:
    if not holds(path, b"customerID"):
        raise InvalidFile(N_("The origin sent something else than the Telco file. Try again later, or upload it."))
    return _read(path)
