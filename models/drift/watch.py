"""Drift day by day: every window of the last days against what the model learned from, and against its own season.

Rows are put into their bins once; then a window is a difference of running totals, so that a year is as quick as a
day. KS is exact, and only as slow as sorting the window.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.drift import bins, measures
from models.drift.bins import Bins
from models.drift.compare import THRESHOLD, WORKERS
from models.drift.monitored import Sheet

WINDOW = 7  # days: whole weeks, so that weekdays meet the same weekdays
YEAR = 364
NEAR = 21  # days around the same week of earlier years
RECENT = 31  # days: tables that come once a month are judged by their last batch
FEWEST = 30  # independent rows of a window that a judgement needs
STABLE, CONFIRMED, WITHIN_NOISE, SEASONAL, TOO_FEW = "stable", "confirmed", "within noise", "seasonal", "too few rows"
TRAINING, SEASON = "training", "season"
SURE = 0.05  # false discovery rate
DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Column:
    """A watched column in its bins: `counts` has a row a day and a column a bin, `units` the independent rows of each
    day; `base_units` are those of the reference. For KS a number has `numbers`, the known ones in the order
    of their days and where each day begins, and `learned`, those of the reference, sorted (both None for text)."""

    name: str
    cut: Bins
    base_units: int
    counts: np.ndarray
    units: np.ndarray
    numbers: tuple[np.ndarray, np.ndarray] | None
    learned: np.ndarray | None


@dataclass(frozen=True)
class Watched:
    """The columns of a table over all its `days`, and the first and last day of the reference window."""

    days: np.ndarray
    columns: tuple[Column, ...]
    reference: tuple[np.datetime64, np.datetime64]


def count(
    sheets: Sequence[Sheet],
    reference: tuple[np.datetime64, np.datetime64],
    frozen: Mapping[str, Bins] | None = None,
) -> Watched:
    """Put every row of some sheets into its bin. The bins are those of the days from `reference[0]` to `[1]`, both
    included, or the `frozen` ones of a model version, which also stand for the reference. A column without a value in
    the reference is left out, or without frozen bins where there are some."""
    first, last = min(sheet.day.min() for sheet in sheets), max(sheet.day.max() for sheet in sheets)
    days = np.arange(first, last + DAY)

    def counted(task: tuple[Sheet, np.ndarray, np.ndarray, np.ndarray, str]) -> Column | None:
        sheet, at, order, units, name = task
        column = sheet.frame[name]
        inside = (sheet.day >= reference[0]) & (sheet.day <= reference[1])
        if name not in frozen if frozen else not column[inside].notna().any():
            return None
        cut = frozen[name] if frozen else bins.freeze(column[inside])
        size = len(cut.counts)
        counts = np.bincount(at * size + cut.place(column), minlength=len(days) * size).reshape(len(days), size)
        base_units = int(units[(days >= reference[0]) & (days <= reference[1])].sum()) or sum(cut.counts)
        numbers = learned = None
        if not cut.text:
            values = bins.as_numbers(column)[order]
            known = np.isfinite(values)
            numbers = values[known], np.r_[0, np.bincount(at[order][known], minlength=len(days)).cumsum()]
            learned = np.sort(values[known & inside[order]])
        return Column(name, cut, base_units, counts, units, numbers, learned)

    tasks = []
    for sheet in sheets:
        at = (sheet.day - first).astype(int)
        order = np.argsort(at.astype(np.uint16) if len(days) < 2**16 else at, kind="stable")  # short numbers by radix
        fresh = ~pd.Series(sheet.unit).duplicated().to_numpy()
        units = np.bincount(at[fresh], minlength=len(days))
        tasks += [(sheet, at, order, units, name) for name in sheet.frame]
    with ThreadPoolExecutor(WORKERS) as pool:
        columns = tuple(column for column in pool.map(counted, tasks) if column is not None)
    return Watched(days, columns, reference)


def backfill(watched: Watched, days: np.ndarray | None = None, threshold: float = THRESHOLD) -> pd.DataFrame:
    """Drift of every column on some days (all with a full window by default): one row a day and column.

    `psi`, `noise_limit` and `ks`, `ks_pvalue` (the limit one, of independent rows) against the training window;
    `psi_season`, `noise_season` against the days within `NEAR` of the same week of earlier years, together or the most
    alike week of them (NaN where there are none yet); `rows_reference`, `rows_season`, `rows_current`;
    `adjusted_pvalue` (of the PSI, Benjamini-Hochberg over the columns of a day); `learned`: the day is one that the
    model learned from, or before; `label`:

    - stable: the PSI is not over `threshold`, or the model learned from the day;
    - too few rows: under `FEWEST` independent ones;
    - within noise: a PSI that sampling alone could make (`measures.noise`, or Benjamini-Hochberg over the columns);
    - seasonal: unlike the training window, but like this time of earlier years;
    - confirmed: none of these.
    """
    first = min(WINDOW, len(watched.days)) - 1
    at = np.arange(first, len(watched.days)) if days is None else (days - watched.days[0]).astype(int)
    at = at[_filled(watched)[at]]
    with ThreadPoolExecutor(WORKERS) as pool:
        parts = list(pool.map(lambda column: _column(watched, column, at), watched.columns))
    return _told(watched, [column.name for column in watched.columns], at, parts, threshold)


def _told(
    watched: Watched, names: list[str], at: np.ndarray, parts: list[dict[str, np.ndarray]], threshold: float
) -> pd.DataFrame:
    """One row a day and column from the measures of each column on some days."""
    table = {name: np.array([part[name] for part in parts]).T for name in parts[0]}  # days x columns
    table["adjusted_pvalue"] = measures.benjamini_hochberg(table.pop("pvalue"))
    frame = {"day": np.repeat(watched.days[at], len(names)), "feature": names * len(at)}
    drift = pd.DataFrame(frame | {name: values.ravel() for name, values in table.items()})
    # What has one day only is compared with another table's days.
    learned = (drift["day"] <= pd.Timestamp(watched.reference[1])) & (len(watched.days) > 1)
    drift.loc[learned, ["psi_season", "noise_season"]] = np.nan
    return drift.assign(learned=learned, label=label(drift.assign(learned=learned), threshold))


def label(drift: pd.DataFrame, threshold: float) -> np.ndarray:
    """What `backfill` says of each of its rows under another threshold."""
    low = drift["psi"].isna() | (drift["psi"] <= threshold) | drift["learned"]
    sure = (drift["adjusted_pvalue"] <= SURE) & (drift["psi"] > drift["noise_limit"])
    like_season = (drift["psi_season"] <= threshold) | (drift["psi_season"] <= drift["noise_season"])
    return np.select(
        [low, drift["rows_current"] < FEWEST, ~sure, like_season], [STABLE, TOO_FEW, WITHIN_NOISE, SEASONAL], CONFIRMED
    )


@dataclass(frozen=True)
class Sides:
    """A column on a day: its bins, and the counts of the reference, the same season of earlier years and the window."""

    cut: Bins
    reference: np.ndarray
    season: np.ndarray
    current: np.ndarray


def sides(watched: Watched, name: str, day: np.datetime64) -> Sides:
    """What `backfill` compares in a column on a day."""
    column = next(column for column in watched.columns if column.name == name)
    at = _place(watched, day)
    counts, start = _running(column.counts), _start(at)
    season = sum((counts[hi] - counts[lo] for lo, hi in _seasons(watched, start, at)), np.zeros_like(counts[at]))
    current = (counts[at + 1] - counts[start])[0]
    return Sides(column.cut, column.cut.expected(current), season[0], current)


def compare(watched: Watched, sheets: Sequence[Sheet], day: np.datetime64, threshold: float) -> pd.DataFrame:
    """What `backfill` would say of a day if its window held the rows of other sheets: one row a column, with `current`,
    the counts of its bins."""
    at, names, parts, counts = _place(watched, day), [], [], []
    for sheet in sheets:
        inside = (sheet.day <= day) & (sheet.day > day - WINDOW * DAY)
        units = np.array([len(np.unique(sheet.unit[inside]))])
        for column in (column for column in watched.columns if column.name in sheet.frame):
            window = sheet.frame.loc[inside, column.name]
            current, gap = column.cut.count(window), np.nan
            if column.learned is not None and len(column.learned) and len(known := bins.ordered(window)):
                gap = measures.ks_statistic(column.learned, known)
            names.append(column.name)
            counts.append(current)
            parts.append(_measures(watched, column, at, current[None], units, np.array([gap])))
    return _told(watched, names, at, parts, threshold).assign(current=counts)


def latest(watched: Watched, day: np.datetime64) -> np.ndarray:
    """The last day up to `day` that can be judged, as an array of one; of none where the data have nothing within
    `RECENT` days of it."""
    judged = watched.days[_filled(watched) & (watched.days <= day)][-1:]
    return judged[judged > day - RECENT * DAY]


def _filled(watched: Watched) -> np.ndarray:
    """Days on which there is anything: tables that come once a month are judged once a month."""
    units = np.max([column.units for column in watched.columns], axis=0)
    return np.ones(len(units), bool) if (units > 0).mean() > 0.5 else units > 0


def _place(watched: Watched, day: np.datetime64) -> np.ndarray:
    """The place of a day among the days, as an array of one."""
    return np.array([int((day.astype(watched.days.dtype) - watched.days[0]).astype(int))])


def _start(at: np.ndarray) -> np.ndarray:
    """Where the windows that end on some days begin."""
    return np.maximum(at - WINDOW + 1, 0)


def _column(watched: Watched, column: Column, at: np.ndarray) -> dict[str, np.ndarray]:
    """The measures of a column over its own rows."""
    counts, units, start = _running(column.counts), _running(column.units), _start(at)
    current, rows = counts[at + 1] - counts[start], units[at + 1] - units[start]
    gaps = np.full(len(at), np.nan)
    if column.numbers is not None and column.learned is not None:
        gaps = _ks(*column.numbers, column.learned, start, at)
    return _measures(watched, column, at, current, rows, gaps)


def _measures(
    watched: Watched, column: Column, at: np.ndarray, current: np.ndarray, rows: np.ndarray, ks: np.ndarray
) -> dict[str, np.ndarray]:
    """The measures of windows that end on some days and hold `current` (days x bins) in so many independent `rows`."""
    base, base_units = column.cut.expected(current), column.base_units
    counts, units, start = _running(column.counts), _running(column.units), _start(at)
    season, season_rows, alike = np.zeros_like(current), np.zeros_like(rows), np.full(len(at), np.inf)
    for lo, hi in _seasons(watched, start, at):
        season, season_rows = season + counts[hi] - counts[lo], season_rows + units[hi] - units[lo]
    for then in range(YEAR, len(watched.days) + NEAR, YEAR):
        for shift in range(-NEAR, NEAR + 1, 7):  # a sale may come some weeks sooner or later than last year's
            lo, hi = np.clip([start - then + shift, at - then + shift + 1], 0, start)
            alike = np.fmin(alike, measures.psi(counts[hi] - counts[lo], current))
    filled = ((base > 0) | (current > 0)).sum(axis=1)
    psi = measures.psi(base, current)
    return {
        "psi": psi,
        "noise_limit": measures.noise(filled, np.array(base_units), rows),
        "pvalue": measures.noise_pvalue(psi, filled, np.array(base_units), rows),
        "psi_season": np.where(season_rows > 0, np.fmin(measures.psi(season, current), alike), np.nan),
        "noise_season": measures.noise(((season > 0) | (current > 0)).sum(axis=1), season_rows, rows),
        "ks": ks,
        "ks_pvalue": measures.ks_pvalue(ks, base_units * rows / np.maximum(base_units + rows, 1)),
        "rows_reference": np.full(len(at), base_units),
        "rows_season": season_rows,
        "rows_current": rows,
    }


def _seasons(watched: Watched, start: np.ndarray, at: np.ndarray) -> list[np.ndarray]:
    """Of each earlier year, from which day to before which one it is the season of some windows."""
    years = range(YEAR, len(watched.days) + NEAR, YEAR)
    # Never the window itself.
    return [np.clip([start - then - NEAR, at - then + NEAR + 1], 0, start) for then in years]


def _ks(values: np.ndarray, begins: np.ndarray, reference: np.ndarray, start: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The greatest gap between each window and the reference, from the reference's share below each value."""
    gaps = np.full(len(at), np.nan)
    if not len(reference):
        return gaps
    offset, end = begins[start.min()], begins[at.max() + 1]
    order = np.argsort(values[offset:end])
    ranked = values[offset:end][order]  # in order, a search is ten times as fast
    upto, below = np.empty((2, len(order)), np.float32)
    upto[order] = np.searchsorted(reference, ranked, "right") / len(reference)
    below[order] = np.searchsorted(reference, ranked, "left") / len(reference)
    for place, (first, last) in enumerate(zip(begins[start] - offset, begins[at + 1] - offset, strict=True)):
        if first == last:
            continue
        high, low = np.sort(upto[first:last]), np.sort(below[first:last])
        steps = np.arange(last - first + 1, dtype=np.float32) / (last - first)
        gaps[place] = max((steps[1:] - high).max(), (low - steps[:-1]).max())
    return gaps


def _running(counts: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros_like(counts[:1]), counts]).cumsum(axis=0)
