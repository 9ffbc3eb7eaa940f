"""Sales lines that are too many to bring in: they stay where they are, and an engine sums them up.

    with opened("spark", "/lake/sales", "Europe/Paris") as lake:
        lake.columns
        lake.ask("SELECT store, count(*) AS lines FROM raw GROUP BY store")

What is asked is SQL as DuckDB speaks it, over the table `raw`; whoever is no DuckDB has it translated. All raise
ConnectorError.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import pandas as pd

Engine = Literal["duckdb", "spark"]
Kind = Literal["time", "zoned", "number", "text", "other"]


@dataclass(frozen=True)
class Lake:
    """Lines and their engine. `ask` answers a query; `each(sql, key, work, kinds)` gives the rows of each value of a
    column to a function from frame to frame, on whichever machine, and puts together what it makes, of these `kinds`
    (name -> "string", "double" or "timestamp")."""

    columns: Mapping[str, Kind]
    ask: Callable[[str], pd.DataFrame]
    each: Callable[[str, str, Callable[[pd.DataFrame], pd.DataFrame], Mapping[str, str]], pd.DataFrame]


@contextmanager
def opened(engine: Engine, source: str, zone: str) -> Iterator[Lake]:
    """The lines of a folder of Parquet files (with Spark also a table, or a URL that it knows), for a while.

    Times that carry a zone are told by the clock of `zone`.
    """
    from connectors.lake import duck, spark

    with (spark if engine == "spark" else duck).opened(source, zone) as lines:
        yield lines
