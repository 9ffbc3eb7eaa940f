"""What comes in from outside, before it is kept: frames, where they are from, and what was found in them."""

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Literal

import pandas as pd

Table = Literal["customers", "sales", "covid"]
Kind = Literal["demo", "download", "upload"]
ASSUMED = "currency assumed"  # key of `Origin.readings`: the currency of a file in which nothing says it


@dataclass(frozen=True)
class Finding:
    """One thing noticed about a dataset, or one thing a cleaning rule did.

    `message` is an English sentence marked with `locales.N_`; it may use `{rows}` (the count, shown in the
    reader's number format) and the names in `values` and `days` (shown in the reader's date format). `one` is the
    sentence where the count is one, if it is another.
    `examples` point at where: "row 17, price: abc".
    """

    message: str
    rows: int
    values: dict[str, str] = field(default_factory=dict)
    examples: tuple[str, ...] = ()
    severity: Literal["info", "warning", "error"] = "info"
    one: str = ""
    days: dict[str, date] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """One thing a file was taken for that changes its numbers, and what else it could be.

    `key` names the matter and, where it has one, the column: "dates:Order Date". `message` is a sentence marked with
    `locales.N_` that says what was `chosen`, with the names in `values`; `options` are the choices, that one among
    them. `open`: the file gives no reason to prefer one, and nobody has chosen yet.
    """

    key: str
    message: str
    chosen: str
    options: tuple[str, ...]
    values: dict[str, str] = field(default_factory=dict)
    open: bool = False


@dataclass(frozen=True)
class Origin:
    """Where a dataset is from: shown on every page that uses it.

    Of a file of one's own also its recipe, so that its next file is read the same way: what its columns were called
    (canonical -> source), what the values of its outcome mean (True left, False stayed, None not known), and how what
    could be read in two ways was read (`Reading.key` -> `Reading.chosen`). `database` is the id of what was read from a
    database (see `connectors.fetched`), where it is from one.
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
    readings: dict[str, str] | None = None
    header: list[str] | None = None
    database: str | None = None


@dataclass(frozen=True)
class Written:
    """A main frame of so many `rows` that it is a Parquet file already; `kinds` are the pandas types of its columns.

    The folder that the file lies in goes when it is kept.
    """

    file: Path
    rows: int
    kinds: dict[str, str]


@dataclass(frozen=True)
class Dataset:
    """A table and the tables around it, all checked against `data.schemas`.

    `frames` holds the main table under the name `table`; for customers a history where there is one, for sales any of
    products, stores, suppliers, supplier_prices, stock_moves, calendar. `lineage` is that of the dataset it goes on
    from, where that is known (see `data.lineage`). `readings` are what its file was taken for. A main frame that is
    `written` is not among the frames; it is moved to where it is kept.
    """

    table: Table
    frames: dict[str, pd.DataFrame]
    origin: Origin
    findings: tuple[Finding, ...] = ()
    lineage: str | None = None
    readings: tuple[Reading, ...] = ()
    written: Written | None = None

    @property
    def questions(self) -> tuple[Reading, ...]:
        """The readings that somebody must choose before the dataset may be kept."""
        return tuple(one for one in self.readings if one.open)

    @property
    def main(self) -> pd.DataFrame:
        """The frame named like the table itself."""
        return self.frames[self.table]
