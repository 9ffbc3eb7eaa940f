"""IBM's Telco customer churn file: 7,043 customers of an invented telephone company, 21 columns, Apache-2.0."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

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
    limit = settings.get().download_limit_mb * 1_000_000
    if path is None:
        url = settings.get().telco_url
        good = http.download(url, settings.get().home / "raw" / "telco", now, progress=progress, check=_check)
        raw = files.read_path(good.path, limit)
        origin = Origin("download", NAME, LICENCE, url, good.retrieved, good.sha256, "USD")
    else:
        raw = read_file(Path(path), limit)
        origin = Origin("upload", Path(path).name, None, None, now, raw.sha256, "USD")
    frame, findings = convert(raw.frame)
    return Dataset("customers", {"customers": frame}, origin, (*raw.findings, *findings))


def read_file(path: Path, limit: int) -> files.Raw:
    """A file on disk as text. Raises ConnectorError."""
    try:
        return files.read_path(path, limit)
    except OSError as error:
        raise NotFound(N_("There is no file {path} that can be opened."), path=path) from error


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
    return schemas.check("customers", frame), findings if blank else ()


def _check(path: Path) -> None:
    with path.open("rb") as file:
        if not file.readline(2_000).lstrip(b"\xef\xbb\xbf").startswith(b"customerID,"):
            raise InvalidFile(N_("The origin sent something else than the Telco file. Try again later, or upload it."))
