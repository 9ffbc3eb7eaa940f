"""Drift day by day: every window of the last days against what the model learned from, and against its own season.

Rows are put into their bins once; then a window is a difference of running totals, so that a year is as quick as a
day. KS is exact, and only as slow as sorting the window.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from models.drift import bins, evidence, measures, verdict
from models.drift.bins import Bins
from models.drift.compare import THRESHOLD, WORKERS
from models.drift.counted import DAY, WINDOW, Column, Watched, filled, place_of, running, seasons_of, start_of
from models.drift.monitored import LOOKS_BACK, WARM_UP, Sheet
from models.drift.ordered import SIDES

# What is said of a row, for those who read what is found here.
STABLE, CONFIRMED, WITHIN_NOISE = verdict.STABLE, verdict.CONFIRMED, verdict.WITHIN_NOISE
SEASONAL, TOO_FEW, SMALL, UNTOLD = verdict.SEASONAL, verdict.TOO_FEW, verdict.SMALL, verdict.UNTOLD
MIN_ROWS, label, told_in = verdict.MIN_ROWS, verdict.label, verdict.told_in
RECENT = 31  # days: tables that come once a month are judged by their last batch
TRAINING, SEASON = "training", "season"


def backfill(watched: Watched, days: np.ndarray | None = None, threshold: float = THRESHOLD) -> pd.DataFrame:
    """Drift of every column on some days (all with a full window by default): one row a day and column.

    `psi`, `noise_limit` and `ks`, `ks_pvalue` (the limit one, of independent rows) against the training window;
    `psi_season`, `noise_season` against the days within `NEAR` of the same week of earlier years (NaN where there are
    none yet); `rows_reference`, `rows_season`, `rows_current`;
    `pvalue`, `real`, `told` (see `verdict.Found`; a step that stays is told until it is gone); `size`, `size_recent`,
    `size_season`: how large the change is against the training window, the last weeks, and the season, on the scale of
    the PSI without what sampling makes; `length`: the days of the window that tells it, where the one of `WINDOW` does
    not show it; `learned`: the day is one that the model learned from, or before; `label` (see `verdict.label`).
    """
    first = min(WINDOW, len(watched.days)) - 1
    at = np.arange(first, len(watched.days)) if days is None else (days - watched.days[0]).astype(int)
    at = at[filled(watched)[at]]
    return _told(watched, watched.columns, at, None, threshold)


@dataclass(frozen=True)
class Judged:
    """The evidence about some columns up to a day, a list of lengths a column, what it says, and what is usual (see
    `verdict`)."""

    names: tuple[str, ...]
    evidence: list[list[verdict.Evidence]]
    found: list[verdict.Found]
    usual: list[verdict.Usual]


def judged(watched: Watched, sheets: Sequence[Sheet], day: np.datetime64) -> Judged:
    """What `compare` finds of the data as they are: other rows of the window that ends on the day change the last of
    it only."""
    columns = [column for sheet in sheets for column in watched.columns if column.name in sheet.frame]
    return _judged(watched, columns, _judged_days(watched, place_of(watched, day)))


def _judged_days(watched: Watched, at: np.ndarray) -> np.ndarray:
    """The places of the days that are judged, up to the last of some."""
    days = np.flatnonzero(filled(watched))
    return days[days <= at.max(initial=0)]


def _judged(
    watched: Watched, columns: Sequence[Column], days: np.ndarray, since: int = 0, before: Judged | None = None
) -> Judged:
    """Columns on the days (places) that are judged; `before` is known already of those before the one at `since`."""
    # What has one day only is compared with another table's days.
    new = np.flatnonzero((watched.days[days] > watched.reference[1]) | (len(watched.days) == 1))
    known = before.evidence if before else [[None] * len(evidence.lengths(watched))] * len(columns)
    each = list(zip(columns, known, strict=True))
    gathered = _map(lambda one: evidence.collect(watched, one[0], days, new, since, one[1]), each, bool(before))
    a_year = verdict.YEAR_DAYS / np.diff(days).mean() if len(days) > 1 else 1
    begins, warm = np.searchsorted(watched.days[days], [watched.reference[0], watched.days[0] + WARM_UP * DAY])
    firsts = [max(begins, warm) if column.name in LOOKS_BACK else begins for column in columns]
    late = new[new >= since]
    firsts = firsts if begins < len(days) else [0] * len(columns)
    known_of = (before.found, before.usual) if before else None
    found, usual = verdict.judge(gathered, late, a_year, firsts, since, known_of)
    return Judged(tuple(column.name for column in columns), gathered, found, usual)


def _map(work: Callable[[Any], Any], items: Sequence[Any], few: bool) -> list[Any]:
    """What `work` makes of each item, in threads; of `few` days alone, where they take longer than they save."""
    if few:
        return list(map(work, items))
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(work, items))


def _told(
    watched: Watched,
    columns: Sequence[Column],
    at: np.ndarray,
    gaps: Sequence[np.ndarray] | None,
    threshold: float,
    since: int = 0,
    before: Judged | None = None,
) -> pd.DataFrame:
    """One row a day and column on some days; `gaps` are the KS of each column where they are known already."""
    days = _judged_days(watched, at)
    picked = np.searchsorted(days, at)
    known = _judged(watched, columns, days, since, before)

    def measured(place: int) -> dict[str, np.ndarray]:
        column, whole, found = columns[place], known.evidence[place][0], known.found[place]
        told = evidence.remembered(watched, column, days, found.told, whole)
        unknown = np.full(len(days), np.nan)
        more = {
            "pvalue": found.pvalue,
            "real": found.real,
            "told": told,
            "size": whole.learned.size,
            "size_recent": unknown if whole.recent is None else whole.recent.size,
            "size_season": unknown if whole.season is None else np.where(whole.season.rows, whole.season.size, np.nan),
            "length": np.where(found.length > 1, found.length, WINDOW),
        }
        ks = _gaps(column, at) if gaps is None else gaps[place]
        return _measures(watched, column, at, ks) | {name: values[picked] for name, values in more.items()}

    parts = _map(measured, range(len(columns)), bool(before))
    table = {name: np.array([part[name] for part in parts]).T.ravel() for name in parts[0]}  # days x columns
    frame = {"day": np.repeat(watched.days[at], len(columns)), "feature": [column.name for column in columns] * len(at)}
    drift = pd.DataFrame(frame | table)
    drift["learned"] = (drift["day"] <= pd.Timestamp(watched.reference[1])) & (len(watched.days) > 1)
    drift.loc[drift["learned"], ["psi_season", "noise_season"]] = np.nan
    return drift.assign(label=label(drift, threshold))


@dataclass(frozen=True)
class Sides:
    """A column on a day: its bins, and the counts of the reference, the same season of earlier years and the window."""

    cut: Bins
    reference: np.ndarray
    season: np.ndarray
    current: np.ndarray

    @property
    def shares(self) -> tuple[np.ndarray, np.ndarray]:
        """The share of the rows in each bin, in the reference and in the window."""
        return self.reference / max(self.reference.sum(), 1), self.current / max(self.current.sum(), 1)


def sides(watched: Watched, name: str, day: np.datetime64, length: int = WINDOW) -> Sides:
    """What `backfill` compares in a column on a day, in a window of so many days."""
    column = next(column for column in watched.columns if column.name == name)
    at = place_of(watched, day)
    counts, start = running(column.counts), start_of(at, length)
    season = sum((counts[hi] - counts[lo] for lo, hi in seasons_of(watched, start, at)), np.zeros_like(counts[at]))
    current = (counts[at + 1] - counts[start])[0]
    return Sides(column.cut, column.cut.expected(current), season[0], current)


def compare(
    watched: Watched, sheets: Sequence[Sheet], day: np.datetime64, threshold: float, before: Judged | None = None
) -> pd.DataFrame:
    """What `backfill` would say of a day if its window held the rows of other sheets: one row a column, with `current`,
    the counts of its bins. `before` is what `judged` says of these sheets as they are, where that is known."""
    at, columns, gaps, counts = place_of(watched, day), [], [], []
    same = watched.days <= day - WINDOW * DAY
    for sheet in sheets:
        inside = (sheet.day <= day) & (sheet.day > day - WINDOW * DAY)
        at_day = (sheet.day[inside] - watched.days[0]).astype(int)
        unit = pd.Series(sheet.unit[inside])
        units = np.bincount(at_day[~unit.duplicated().to_numpy()], minlength=len(watched.days))
        for column in (column for column in watched.columns if column.name in sheet.frame):
            window = sheet.frame.loc[inside, column.name]
            fresh = np.zeros((len(watched.days), column.cut.width), int)
            np.add.at(fresh, (at_day, column.cut.place(window, apart=True)), 1)
            together = column.cut.together(fresh)
            gap, one = np.full(1, np.nan), np.zeros(1, int)
            if column.learned is not None:
                known = bins.ordered(window).values
                gap = _ks(known, np.array([0, len(known)]), column.learned, one, one)
            apart = None if column.apart is None else np.where(same[:, None], column.apart, fresh)
            columns.append(
                replace(
                    column,
                    counts=np.where(same[:, None], column.counts, together),
                    apart=apart,
                    units=np.where(same, column.units, units),
                )
            )
            gaps.append(gap)
            counts.append(together.sum(axis=0))
    if before and before.names != tuple(column.name for column in columns):  # other rows lack a column
        before = None
    since = int(same[_judged_days(watched, at)].sum()) if before else 0
    return _told(watched, columns, at, gaps, threshold, since, before).assign(current=counts)


def latest(watched: Watched, day: np.datetime64) -> np.ndarray:
    """The last day up to `day` that can be judged, as an array of one; of none where the data have nothing within
    `RECENT` days of it."""
    judged = watched.days[filled(watched) & (watched.days <= day)][-1:]
    return judged[judged > day - RECENT * DAY]


def _gaps(column: Column, at: np.ndarray) -> np.ndarray:
    if column.numbers is None or column.learned is None:
        return np.full(len(at), np.nan)
    return _ks(*column.numbers, column.learned, start_of(at), at)


def _measures(watched: Watched, column: Column, at: np.ndarray, ks: np.ndarray) -> dict[str, np.ndarray]:
    """The measures of the windows of a column that end on some days."""
    counts, units, start = running(column.counts), running(column.units), start_of(at)
    current, rows = counts[at + 1] - counts[start], units[at + 1] - units[start]
    base, base_units = column.cut.expected(current), column.base_units
    season, season_rows = np.zeros_like(current), np.zeros_like(rows)
    for lo, hi in seasons_of(watched, start, at):
        season, season_rows = season + counts[hi] - counts[lo], season_rows + units[hi] - units[lo]
    with np.errstate(divide="ignore"):
        as_many = 1 / np.maximum(1 / rows + 1 / season_rows - 1 / base_units, 1e-12)
    noise = measures.drawn_noise(np.array(column.cut.counts), base_units, np.r_[rows, as_many])
    return {
        "psi": measures.psi(base, current),
        "noise_limit": noise[: len(at)],
        "psi_season": np.where(season_rows > 0, measures.psi(season, current), np.nan),
        "noise_season": noise[len(at) :],
        "ks": ks,
        "ks_pvalue": measures.ks_pvalue(ks, base_units * rows / np.maximum(base_units + rows, 1)),
        "rows_reference": np.full(len(at), base_units),
        "rows_season": season_rows,
        "rows_current": rows,
    }


def _ks(values: np.ndarray, begins: np.ndarray, reference: np.ndarray, start: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The greatest gap between each window and the reference, from the reference's share below each value."""
    gaps = np.full(len(at), np.nan)
    offset, end = begins[start.min()], begins[at.max() + 1]
    if not len(reference) or offset == end:
        return gaps
    order = np.argsort(values[offset:end])
    ranked = values[offset:end][order]  # in order, a search is ten times as fast
    below, upto = ((np.searchsorted(reference, ranked, side) / len(reference)).astype(np.float32) for side in SIDES)
    # Each day in its order: to sort a window is to merge its days then, which is as quick on any processor.
    day = np.repeat(np.arange(len(begins) - 1), np.diff(begins))[offset:end][order]
    rank = np.argsort(day.astype(np.uint16) if len(begins) < 2**16 else day, kind="stable").astype(np.int32)
    for place, (first, last) in enumerate(zip(begins[start] - offset, begins[at + 1] - offset, strict=True)):
        if first == last:
            continue
        window = np.sort(rank[first:last], kind="stable")
        steps = np.arange(last - first + 1, dtype=np.float32) / (last - first)
        gaps[place] = max((steps[1:] - upto[window]).max(), (below[window] - steps[:-1]).max())
    return gaps
