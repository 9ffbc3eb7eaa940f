"""From invoice lines to the series that are forecast: by day, week or month, of everything or of one part of it."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from data import schemas, tables
from data.dataset import Finding
from data.schemas import IS_GOODS
from locales import N_
from models.forecast.series import WEEKDAYS, CannotForecast
from models.forecast.yearly import MONTHS

ALL = "all"
PARTS = ("category", "store", "product")  # what a series may be about, beside everything and columns of one's own
MEASURES = ("revenue", "units")
STEPS = ("D", "W", "MS", "QS", "YS")  # the finer first
MIN_DAYS = 3  # days from which the data's own step shows

# Goods by day: what came back is taken off on the day it came back.
DAILY = f"""
    SELECT date_trunc('day', timestamp) AS day, summed(amount) AS revenue, summed(quantity) AS units
    FROM sales WHERE {IS_GOODS}{{where}} GROUP BY day ORDER BY day
"""  # noqa: S608  # a condition of ours
# The days of everything that can be told of each: where they begin and end, and whether they are weeks or months.
SPAN = f"""
    SELECT min(day) AS first, max(day) AS last, count(*) AS days, count(DISTINCT dayofweek(day)) AS weekdays,
           bool_and(day(day) = 1) OR bool_and(day = last_day(day)) AS monthly, list(DISTINCT month(day)) AS months,
           bool_and(day = last_day(day)) AS late
    FROM (SELECT DISTINCT CAST(timestamp AS DATE) AS day FROM sales WHERE {IS_GOODS})
"""  # noqa: S608  # a condition of ours
# The parts of a kind, the largest first.
MAX_PARTS = 500  # parts that can be chosen, the largest
LARGEST = f"""
    SELECT part, coalesce(called.name, part) AS name, revenue FROM (
        SELECT {{part}} AS part, sum(amount) AS revenue
        FROM sales WHERE {IS_GOODS} AND {{part}} IS NOT NULL GROUP BY ALL
        ORDER BY revenue DESC LIMIT {{most}}
    ) LEFT JOIN called ON {{named}} AND called.product = part ORDER BY revenue DESC
"""  # noqa: S608  # a condition of ours


@dataclass(frozen=True)
class Span:
    """The first and last day that the sales of a dataset cover, and their finest step: one of `STEPS`.

    A part that sold nothing on the last day sold nothing then: its series goes on to the end.
    """

    first: pd.Timestamp
    last: pd.Timestamp
    step: str = "D"


def span(found: pd.DataFrame) -> Span:
    """What `SPAN` answers, read: sales all dated on one day of the month or of the week are those of all of it, and of
    months that are always three or twelve apart those of all between them."""
    row = found.iloc[0]
    first, last = pd.Timestamp(row["first"]), pd.Timestamp(row["last"])
    if row["days"] >= MIN_DAYS and row["monthly"]:
        apart = {(int(month) - last.month) % 12 for month in row["months"]}
        step = next(one for one in ("YS", "QS", "MS") if all(months % MONTHS[one] == 0 for months in apart))
        begin, end = first.to_period("M").start_time, last.to_period("M").end_time.normalize()
        rest = pd.DateOffset(months=MONTHS[step] - 1)  # of a step that is dated in its last month, or in its first
        return Span(begin - rest, end, step) if row["late"] else Span(begin, end + rest + pd.offsets.MonthEnd(0), step)
    if row["days"] >= MIN_DAYS and row["weekdays"] == 1:
        return Span(first - pd.Timedelta(days=6), last, "W")
    return Span(first, last)


def parts(columns: Mapping[str, str]) -> list[str]:
    """What a series may be about in sales whose `columns` have these pandas types, beside everything."""
    return schemas.dimensions(columns, PARTS)


def only(part: str | None, columns: Mapping[str, str]) -> str:
    """The condition, after others, that keeps lines to the `$value` of a part of sales with these columns; of
    everything ``. Raises ValueError for an unknown part."""
    return f" AND {known(part, columns)} = $value" if part else ""


def known(part: str, columns: Mapping[str, str]) -> str:
    """A part of sales with these columns, in SQL. Raises ValueError for an unknown part."""
    if part not in parts(columns):
        raise ValueError(f"{part} is no part of sales")
    return tables.quoted(part)


def daily(part: str | None, columns: Mapping[str, str]) -> str:
    """The query for the days of everything, or of the `$value` of a part. Raises ValueError for an unknown part."""
    return DAILY.format(where=only(part, columns))


def largest(part: str, columns: Mapping[str, str]) -> str:
    """The query for the `MAX_PARTS` largest parts of a kind with their names. Raises ValueError for an unknown part."""
    return LARGEST.format(part=known(part, columns), named=part == "product", most=MAX_PARTS)


def key(part: str | None, value: str | None, measure: str, frequency: str) -> str:
    """The name of a series in the state database, as `read_key` reads it: "revenue D category=Bags"."""
    return f"{measure} {frequency} {part or ALL}" + (f"={value}" if value else "")


def read_key(name: str) -> tuple[str | None, str | None, str, str]:
    """The part, its value, the measure and the frequency of a series."""
    measure, frequency, rest = name.split(" ", 2)
    part, _equal, value = rest.partition("=")
    return (part, value, measure, frequency) if value else (None, None, measure, frequency)


def series(days: pd.DataFrame, measure: str, frequency: str, covered: Span) -> tuple[pd.Series, tuple[Finding, ...]]:
    """The series of a measure at a frequency (one of `STEPS`) from what `daily` answers, every step filled.

    It goes from the first sale to the end of what the data cover: nothing sold is zero. Weeks end on Sunday, or on the
    day that weekly data are dated. A first or last week or month that the data do not cover whole is left out, and
    said. Raises `CannotForecast` for a step that is finer than that of the data.
    """
    if STEPS.index(frequency) < STEPS.index(covered.step):
        raise CannotForecast(N_("These data are totals of weeks or months: choose such a step."))
    values = days.set_index(pd.DatetimeIndex(days["day"]))[measure].astype(float)
    if frequency == "D":
        return values.reindex(pd.date_range(values.index[0], covered.last), fill_value=0.0), ()
    weekly = f"W-{WEEKDAYS[covered.last.day_of_week]}" if covered.step == "W" else "W-SUN"
    period = weekly if frequency == "W" else "M"
    summed = values.groupby(values.index.to_period(period)).sum()
    if frequency in ("QS", "YS"):  # dated in their first month, or in their last one
        months = pd.period_range(summed.index[0], covered.last.to_period("M"))[:: MONTHS[frequency]]
        return summed.reindex(months, fill_value=0.0).to_timestamp(), ()
    every = summed.reindex(pd.period_range(summed.index[0], covered.last.to_period(period)), fill_value=0.0)
    whole = (every.index.start_time >= covered.first) & (every.index.end_time.normalize() <= covered.last)
    kept = every[whole]
    kept.index = kept.index.to_timestamp() if frequency == "MS" else kept.index.end_time.normalize()
    cut = int((~whole).sum())
    message = N_("{rows} weeks or months at the ends are not whole in the data: they are left out.")
    one = N_("{rows} week or month at an end is not whole in the data: it is left out.")
    return kept, (Finding(message, cut, one=one),) if cut else ()
