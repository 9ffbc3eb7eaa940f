"""UCI's Online Retail (2010-2011) and Online Retail II (2009-2011): invoice lines of a British gift wholesaler.

CC BY 4.0. Every line is kept, so that revenue reconciles with the file; what is no sale of goods says so in
`line_type`. Chen, D. (2015), Online Retail, UCI Machine Learning Repository, doi:10.24432/C5BW33.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from connectors import dates, files, known
from connectors.files import InvalidFile
from connectors.known import Known
from data.dataset import Dataset, Finding
from locales import N_

NAME = N_("UCI Online Retail")
LICENCE = "CC BY 4.0"
COLUMNS = {
    "InvoiceNo": "invoice",
    "StockCode": "product",
    "Description": "description",
    "Quantity": "quantity",
    "InvoiceDate": "timestamp",
    "UnitPrice": "unit_price",
    "CustomerID": "customer",
    "Country": "store",
}
SECOND = {"Invoice": "InvoiceNo", "Price": "UnitPrice", "Customer ID": "CustomerID"}  # how the second edition spells
# What a stock code that is no product stands for. Samples (S), manual lines (M), bad debt (B) are no sale of goods;
# gift vouchers, Dotcom gift sets (DCGS...) and PADS are.
CODES = {
    "POST": "shipping",
    "DOT": "shipping",
    "C2": "shipping",
    "C3": "shipping",
    "D": "discount",
    "BANK CHARGES": "fee",
    "AMAZONFEE": "fee",
    "CRUK": "fee",
    "M": "adjustment",
    "B": "adjustment",
    "S": "adjustment",
    "ADJUST": "adjustment",
    "ADJUST2": "adjustment",
    "TEST001": "adjustment",
    "TEST002": "adjustment",
}


def load(path: Path | str | None = None) -> pd.DataFrame:
    """The sales table: from `path`, else downloaded (the last good copy when the origin is down).

    Raises ConnectorError.
    """
    return dataset(path).main


def dataset(
    path: Path | str | None = None, now: datetime | None = None, progress: Callable[[float], None] | None = None
) -> Dataset:
    """The sales table with its origin and findings. Raises ConnectorError."""
    return known.dataset(FILE, path, now, progress)


def convert(raw: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """The sales table made of the file's text columns, and each rule with its count. Raises `InvalidFile`."""
    raw = raw.rename(columns=SECOND)
    missing = [name for name in COLUMNS if name not in raw]
    if missing:
        raise InvalidFile(N_("This is not the Online Retail file: it lacks {columns}."), columns=", ".join(missing))
    lines = raw[list(COLUMNS)].rename(columns=COLUMNS)
    quantity, price = (pd.to_numeric(lines[name], errors="coerce") for name in ("quantity", "unit_price"))
    timestamp = dates.read(lines["timestamp"].str.strip(), usual=dates.MONTH_FIRST).values  # most copies of it
    product = lines["product"].str.strip().replace("", pd.NA)
    checks = {"quantity": quantity, "unit_price": price, "timestamp": timestamp, "product": product}
    files.refuse(lines, {name: values.isna() for name, values in checks.items()})
    invoice = lines["invoice"].str.strip()
    customer = lines["customer"].str.strip().str.removesuffix(".0")
    cancelled = invoice.str.startswith("C", na=False).to_numpy()
    coded = product.str.upper().map(CODES)
    line_type = np.where(cancelled, "return", np.where(quantity < 0, "adjustment", "sale"))
    line_type = np.where(invoice.str.startswith("A", na=False), "adjustment", line_type)
    frame = pd.DataFrame(
        {
            "source": "online_retail",
            "line_id": pd.Series(np.arange(1, len(lines) + 1), lines.index).astype("str"),
            "invoice": invoice,
            "timestamp": timestamp,
            "customer": customer,
            "product": product,
            "description": lines["description"].str.strip(),
            "store": lines["store"].str.strip(),
            "line_type": np.where(coded.notna(), coded, line_type),
            "quantity": quantity.astype(float),
            "unit_price": price.astype(float),
            "currency": "GBP",
        }
    )
    kinds = frame["line_type"].value_counts()
    counted = [
        Finding(N_("{rows} lines are returns: their invoice starts with C."), int(kinds.get("return", 0))),
        Finding(N_("{rows} lines are postage and carriage (POST, DOT, C2): no goods."), int(kinds.get("shipping", 0))),
        Finding(N_("{rows} lines are discounts (D): no goods."), int(kinds.get("discount", 0))),
        Finding(N_("{rows} lines are fees (bank charges, Amazon, CRUK): no goods."), int(kinds.get("fee", 0))),
        Finding(
            N_("{rows} lines are adjustments (manual, samples, bad debt, stock written off): no goods."),
            int(kinds.get("adjustment", 0)),
        ),
        Finding(
            N_("{rows} lines have no customer: kept, and left out where customers are counted."),
            int(customer.isna().sum()),
            severity="warning",
        ),
        Finding(N_("{rows} lines have a price of zero: kept."), int(price.eq(0).sum())),
        Finding(
            N_("{rows} lines repeat another line in every column: kept, as the revenue of the file includes them."),
            int(lines.duplicated().sum()),
            severity="warning",
        ),
    ]
    return known.checked("sales", frame, lines, {name: name for name in lines}), tuple(
        finding for finding in counted if finding.rows
    )


FILE = Known("sales", NAME, LICENCE, "GBP", "retail_url", b"StockCode", convert)
