"""From invoice lines to the series that are forecast: by day, week or month, of everything or of one part of it."""

import pandas as pd

from data.dataset import Finding
from locales import N_

ALL = "all"
PARTS = ("category", "store", "product")  # what a series may be about, beside everything
MEASURES = ("revenue", "units")
STEPS = {"D": "D", "W": "W-SUN", "MS": "MS"}

# Goods by day: what came back is taken off on the day it came back.
DAILY = """
    SELECT date_trunc('day', timestamp) AS day, sum(quantity * unit_price) AS revenue, sum(quantity) AS units
    FROM sales WHERE line_type IN ('sale', 'return'){where} GROUP BY day ORDER BY day
"""
# The parts of a kind, the largest first.
LARGEST = """
    SELECT {part} AS part, {name} AS name, sum(quantity * unit_price) AS revenue
    FROM sales WHERE line_type IN ('sale', 'return') AND {part} IS NOT NULL GROUP BY {part}
    ORDER BY revenue DESC LIMIT 500
"""


def daily(part: str | None) -> str:
    """The query for the days of everything, or of the `$value` of a part. Raises ValueError for an unknown part."""
    return DAILY.format(where=f" AND {_known(part)} = $value" if part else "")


def largest(part: str, columns: dict[str, str]) -> str:
    """The query for the parts of a kind with their names. Raises ValueError for an unknown part."""
    named = "max(description)" if part == "product" and "description" in columns else _known(part)
    return LARGEST.format(part=_known(part), name=named)


def key(part: str | None, value: str | None, measure: str, frequency: str) -> str:
    """The name of a series in the state database, as `read_key` reads it: "revenue D category=Bags"."""
    return f"{measure} {frequency} {part or ALL}" + (f"={value}" if value else "")


def read_key(name: str) -> tuple[str | None, str | None, str, str]:
    """The part, its value, the measure and the frequency of a series."""
    measure, frequency, rest = name.split(" ", 2)
    part, _equal, value = rest.partition("=")
    return (part, value, measure, frequency) if value else (None, None, measure, frequency)


def series(days: pd.DataFrame, measure: str, frequency: str) -> tuple[pd.Series, tuple[Finding, ...]]:
    """The series of a measure at a frequency ("D", "W", "MS") from what `daily` answers, every step filled.

    Weeks end on Sunday. A first or last week or month that the data do not cover whole is left out, and said.
    """
    values = days.set_index(pd.DatetimeIndex(days["day"]))[measure].astype(float)
    every = values.reindex(pd.date_range(values.index[0], values.index[-1]), fill_value=0.0)
    if frequency == "D":
        return every, ()
    periods = every.index.to_period("M" if frequency == "MS" else "W-SUN")
    summed = every.groupby(periods).sum()
    whole = (summed.index.start_time >= every.index[0]) & (summed.index.end_time.normalize() <= every.index[-1])
    kept = summed[whole]
    kept.index = kept.index.to_timestamp() if frequency == "MS" else kept.index.end_time.normalize()
    cut = int((~whole).sum())
    message = N_("{rows} weeks or months at the ends are not whole in the data: they are left out.")
    return kept, (Finding(message, cut),) if cut else ()


def _known(part: str | None) -> str:
    if part not in PARTS:
        raise ValueError(f"{part} is no part of sales")
    return part
