"""What comes in from outside, before it is kept: frames, where they are from, and what was found in them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import pandas as pd

Table = Literal["customers", "sales", "covid"]
Kind = Literal["demo", "download", "upload"]


@dataclass(frozen=True)
class Finding:
    """One thing noticed about a dataset, or one thing a cleaning rule did.

    `message` is an English sentence marked with `locales.N_`; it may use `{rows}` (the count, shown in the
    reader's number format) and the names in `values`. `examples` point at where: "row 17, price: abc".
    """

    message: str
    rows: int
    values: dict[str, str] = field(default_factory=dict)
    examples: tuple[str, ...] = ()
    severity: Literal["info", "warning", "error"] = "info"


@dataclass(frozen=True)
class Origin:
    """Where a dataset is from: shown on every page that uses it.

    Of a file of one's own also what its columns were called (canonical -> source) and what the values of its outcome
    mean (True left, False stayed, None not known), so that its next file is read the same way.
    """

    kind: Kind
    name: str
    licence: str | None = None
    url: str | None = None
    retrieved: datetime | None = None
    sha256: str | None = None
    currency: str | None = None
    columns: dict[str, str] | None = None
    outcome: dict[str, bool | None] | None = None


@dataclass(frozen=True)
class Dataset:
    """A table and the tables around it, all checked against `data.schemas`.

    `frames` holds the main table under the name `table`; for customers a history where there is one, for sales any of
    products, stores, suppliers, supplier_prices, stock_moves, calendar. `lineage` is that of the dataset it goes on
    from, where that is known (see `data.lineage`).
    """

    table: Table
    frames: dict[str, pd.DataFrame]
    origin: Origin
    findings: tuple[Finding, ...] = ()
    lineage: str | None = None

    @property
    def main(self) -> pd.DataFrame:
        """The frame named like the table itself."""
        return self.frames[self.table]
