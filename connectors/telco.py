"""IBM's Telco customer churn file: 7,043 customers of an invented telephone company, 21 columns, Apache-2.0."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pandas as pd

from connectors import files, known
from connectors.files import InvalidFile
from connectors.known import Known
from data.dataset import Dataset, Finding
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
    return known.dataset(FILE, path, now, progress)


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
    return known.checked("customers", frame, raw, SOURCES), findings if blank else ()


FILE = Known("customers", NAME, LICENCE, "USD", "telco_url", b"customerID", convert)
