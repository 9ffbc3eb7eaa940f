"""What an analyst should know about any dataset before trusting a figure made from it.

These are observations, not repairs: nothing is changed. What a cleaning rule changed is said by who cleaned.
"""

from collections.abc import Hashable, Iterator, Sequence
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from data.dataset import Finding
from locales import N_

KEYS = {"customers": "customer_id", "sales": "line_id"}
ONE_VALUE = ["source", "currency"]  # columns that have one value by their nature
EXAMPLES = 3
FAR_OUT = 3.0  # interquartile ranges above the upper quartile
WEEKS = 4  # a weekday without a line for so long is taken as closed
LONG_GAP = 14  # days
AWAY, FEW, REST = 3 * 365, 3, 8  # days

_CLOSED = (
    N_("Never a line on a Monday: taken as closed (days: {rows})."),
    N_("Never a line on a Tuesday: taken as closed (days: {rows})."),
    N_("Never a line on a Wednesday: taken as closed (days: {rows})."),
    N_("Never a line on a Thursday: taken as closed (days: {rows})."),
    N_("Never a line on a Friday: taken as closed (days: {rows})."),
    N_("Never a line on a Saturday: taken as closed (days: {rows})."),
    N_("Never a line on a Sunday: taken as closed (days: {rows})."),
)


def findings(table: str, frame: pd.DataFrame, now: datetime) -> tuple[Finding, ...]:
    """What stands out in the main frame of `table`, in the order of the checks below; nothing in an empty frame.

    Missing values, columns with one value, repeated rows, numbers far above all others, times after `now`; for
    sales also prices and quantities with the wrong sign and days without a line, for customers blank totals.
    """
    if frame.empty:
        return ()
    checks = [_missing(frame), _constant(frame), _repeated(table, frame), _far_above(frame), _future(frame, now)]
    if table == "sales":
        checks += [_signs(frame), _gaps(frame["timestamp"])]
    if table == "customers":
        checks.append(_blank_totals(frame))
    return tuple(finding for check in checks for finding in check)


def far(dates: pd.DatetimeIndex) -> np.ndarray:
    """Which of some dates, in any order, are mistyped: a few days at either end, far from all others.

    They are years away, and further than all others are apart; at most `FEW` days at an end, and `REST` must be left.
    """
    days = np.sort(dates.unique().to_numpy("datetime64[D]"))
    away = np.zeros(len(dates), bool)
    for few in range(min(FEW, len(days) - REST), 0, -1):
        for rest, side, gap in (
            (days[few:], np.asarray(dates < days[few]), days[few] - days[few - 1]),
            (days[:-few], np.asarray(dates > days[-few - 1]), days[-few] - days[-few - 1]),
        ):
            if not away[side].any() and gap > max(np.timedelta64(AWAY, "D"), rest[-1] - rest[0]):
                away |= side
    return away


def _missing(frame: pd.DataFrame) -> Iterator[Finding]:
    for name, missing in frame.isna().sum().items():
        if missing:
            values = {"column": str(name), "share": str(round(100 * missing / len(frame)) or "<1")}
            yield Finding(N_("{column}: {share}% of the values are missing ({rows})."), int(missing), values)


def _constant(frame: pd.DataFrame) -> Iterator[Finding]:
    for name in frame.columns.difference(ONE_VALUE, sort=False) if len(frame) > 1 else ():
        column = frame[name]
        # The first and the last row are enough to rule most columns out.
        if column.iloc[[0, -1]].nunique() == 1 == column.nunique(dropna=False):
            values = {"column": str(name), "value": str(column.iloc[0])}
            yield Finding(N_("{column}: the same value in all {rows} rows, {value}."), len(frame), values)


def _repeated(table: str, frame: pd.DataFrame) -> Iterator[Finding]:
    content = frame.drop(columns=KEYS.get(table, ""), errors="ignore")
    # Rows whose fingerprints differ are different; only the others are compared in full, which is slow.
    fingerprints = np.zeros(len(frame), dtype="uint64")
    for _name, column in content.items():
        plain = column.to_numpy() if column.dtype in ("float64", "datetime64[us]") else column.factorize()[0]
        fingerprints = fingerprints * np.uint64(1_099_511_628_211) ^ pd.util.hash_array(plain)
    alike = pd.Series(fingerprints).duplicated(keep=False).to_numpy()
    repeated = np.flatnonzero(alike)[content[alike].duplicated().to_numpy()]
    if len(repeated):
        message = N_("Rows that repeat an earlier one in everything but the key: {rows}.")
        yield Finding(message, len(repeated), examples=tuple(f"row {row + 1}" for row in repeated[:EXAMPLES]))


def _far_above(frame: pd.DataFrame) -> Iterator[Finding]:
    """Tukey's fence for "far out" (Exploratory Data Analysis, 1977), on logarithms: money and units are skewed."""
    for name in frame.select_dtypes("number"):
        size = frame[name].abs().to_numpy(dtype="float64")
        logs = np.log(size[size > 0])
        low, high = np.percentile(logs, [25, 75]) if len(logs) else (0.0, 0.0)
        limit = np.exp(high + FAR_OUT * (high - low))
        rows = np.flatnonzero(size > limit)
        if high > low and len(rows):
            largest = rows[np.argsort(-size[rows], kind="stable")]
            values = {"column": str(name), "limit": f"{limit:.0f}" if limit >= 10 else f"{limit:.2g}"}
            message = N_("{column}: values far above all others (over {limit}): {rows}.")
            yield Finding(message, len(rows), values, _examples(frame, name, largest))


def _future(frame: pd.DataFrame, now: datetime) -> Iterator[Finding]:
    # The clock on the wall is at most 14 hours ahead of UTC.
    latest = pd.Timestamp(now).tz_convert("UTC").tz_localize(None) + timedelta(hours=14)
    for name in frame.select_dtypes("datetime"):
        rows = np.flatnonzero(frame[name] > latest)
        if len(rows):
            message = N_("{column}: dates in the future: {rows}.")
            yield Finding(message, len(rows), {"column": str(name)}, _examples(frame, name, rows), "warning")


def _signs(frame: pd.DataFrame) -> Iterator[Finding]:
    goods = frame["line_type"].isin(["sale", "return"])
    for message, column, bad in (
        (N_("Lines with a negative price: {rows}."), "unit_price", frame["unit_price"] < 0),
        (N_("Goods with a price of zero: {rows}."), "unit_price", goods & (frame["unit_price"] == 0)),
        (
            N_("Sales with a negative quantity: {rows}."),
            "quantity",
            (frame["line_type"] == "sale") & (frame["quantity"] < 0),
        ),
        (
            N_("Returns with a positive quantity: {rows}."),
            "quantity",
            (frame["line_type"] == "return") & (frame["quantity"] > 0),
        ),
    ):
        rows = np.flatnonzero(bad)
        if len(rows):
            yield Finding(message, len(rows), examples=_examples(frame, column, rows), severity="warning")


def _blank_totals(frame: pd.DataFrame) -> Iterator[Finding]:
    if {"total_charges", "tenure"} <= set(frame):
        blank = frame["total_charges"].isna()
        new = int((blank & (frame["tenure"] == 0)).sum())
        if blank.any():
            message = N_("Customers without total charges: {rows}, of whom in their first month: {new}.")
            rows = np.flatnonzero(blank)
            examples = _examples(frame, "tenure", rows)
            yield Finding(message, len(rows), {"new": str(new)}, examples, "info" if new == len(rows) else "warning")


def _gaps(time: pd.Series) -> Iterator[Finding]:
    sold = pd.DatetimeIndex(time.dropna().to_numpy().astype("datetime64[D]")).unique()
    span = pd.date_range(sold.min(), sold.max())
    closed = set(range(7)) - set(sold.day_of_week) if len(span) >= 7 * WEEKS else set()
    for weekday in sorted(closed):
        yield Finding(_CLOSED[weekday], int((span.day_of_week == weekday).sum()))
    expected = span[~span.day_of_week.isin(closed)]
    empty = ~expected.isin(sold)
    if empty.any():
        # Each run of empty days has the number of the days with lines before it.
        _runs, starts, sizes = np.unique(np.cumsum(~empty)[empty], return_index=True, return_counts=True)
        days = int(sizes.max())
        values = {"days": str(days), "first": str(expected[empty][starts[sizes.argmax()]].date())}
        message = N_("Days without a line, closed weekdays aside: {rows}; most in a row: {days}, from {first} on.")
        yield Finding(message, int(empty.sum()), values, severity="warning" if days > LONG_GAP else "info")


def _examples(frame: pd.DataFrame, column: Hashable, rows: Sequence[int] | np.ndarray) -> tuple[str, ...]:
    return tuple(f"row {row + 1}, {column}: {frame[column].iloc[row]}" for row in rows[:EXAMPLES])
