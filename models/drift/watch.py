"""Drift day by day: every window of the last days against what the model learned from, and against its own season.

Rows are put into their bins once; then a window is a difference of running totals, so that a year is as quick as a
day. KS is exact, and only as slow as sorting the window.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from models.drift import bins, measures, verdict
from models.drift.bins import Bins
from models.drift.compare import THRESHOLD, WORKERS
from models.drift.measures import Departure
from models.drift.monitored import LOOKS_BACK, WARM_UP, Sheet
from models.drift.ordered import SIDES
from models.drift.verdict import Against

# What is said of a row, for those who read what is found here.
STABLE, CONFIRMED, WITHIN_NOISE = verdict.STABLE, verdict.CONFIRMED, verdict.WITHIN_NOISE
SEASONAL, TOO_FEW, SMALL, UNTOLD = verdict.SEASONAL, verdict.TOO_FEW, verdict.SMALL, verdict.UNTOLD
MIN_ROWS, label, told_in = verdict.MIN_ROWS, verdict.label, verdict.told_in
WINDOW = 7  # days: whole weeks, so that weekdays meet the same weekdays
YEAR = 364
NEAR = 21  # days around the same week of earlier years
RECENT = 31  # days: tables that come once a month are judged by their last batch
# Windows of so many days that are judged, and by how many days earlier the windows are that make up the last weeks: the
# same weekdays, two to three weeks before on average, so that a season in its course is no change, and more rows than
# the window has. Batches: by so many earlier.
BACK = {WINDOW: (7, 14, 21), 3: (7, 14, 21), 14: (14, 28)}
BATCHES_BACK = (1, 2)
LAST = 28  # days at the end of those that the model learned from: a step among these is learned
# Standard deviations that are added to the least of the seven weeks of a season, low by chance: 1.35 if they were
# independent and all alike in truth.
LEAST_OF = 0.95
TRAINING, SEASON = "training", "season"
DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Column:
    """A watched column in its bins: `counts` has a row a day and a column a bin, `units` the independent rows of each
    day; `base_units` are those of the reference. `apart` has the counts in the second view, where rare levels have
    groups (see `Bins`; None where there is none). For KS a number has `numbers`, the known ones in the order
    of their days and where each day begins, and `learned`, those of the reference, sorted (both None for text)."""

    name: str
    cut: Bins
    base_units: int
    counts: np.ndarray
    apart: np.ndarray | None
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
    learned_on = (days >= reference[0]) & (days <= reference[1])
    if frozen and len(days) == 1:
        learned_on[:] = False  # what has one day only is held against another table, be it of the same day

    def counted(task: tuple[Sheet, np.ndarray, np.ndarray, np.ndarray, str]) -> Column | None:
        sheet, at, order, units, name = task
        column = sheet.frame[name]
        inside = learned_on[at]
        if name not in frozen if frozen else not column[inside].notna().any():
            return None
        cut = frozen[name] if frozen else bins.freeze(column[inside])
        size = cut.width
        places = cut.place(column, apart=True)
        apart = np.bincount(at * size + places, minlength=len(days) * size).reshape(len(days), size)
        counts = cut.together(apart)
        base_units = int(units[learned_on].sum()) or sum(cut.counts)
        numbers = learned = None
        if not cut.text:
            values = bins.as_numbers(column)
            known, by_day = np.isfinite(values), values[order]
            begins = np.r_[0, np.bincount(at[known], minlength=len(days)).cumsum()]
            numbers, learned = (by_day[np.isfinite(by_day)], begins), np.sort(values[known & inside])
        return Column(name, cut, base_units, counts, apart if cut.rest else None, units, numbers, learned)

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
    `psi_season`, `noise_season` against the days within `NEAR` of the same week of earlier years (NaN where there are
    none yet); `rows_reference`, `rows_season`, `rows_current`;
    `pvalue`, `real`, `told` (see `verdict.Found`; a step that stays is told until it is gone); `size`, `size_recent`,
    `size_season`: how large the change is against the training window, the last weeks, and the season, on the scale of
    the PSI without what sampling makes; `length`: the days of the window that tells it, where the one of `WINDOW` does
    not show it; `learned`: the day is one that the model learned from, or before; `label` (see `verdict.label`).
    """
    first = min(WINDOW, len(watched.days)) - 1
    at = np.arange(first, len(watched.days)) if days is None else (days - watched.days[0]).astype(int)
    at = at[_filled(watched)[at]]
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
    return _judged(watched, columns, _judged_days(watched, _place(watched, day)))


def _judged_days(watched: Watched, at: np.ndarray) -> np.ndarray:
    """The places of the days that are judged, up to the last of some."""
    days = np.flatnonzero(_filled(watched))
    return days[days <= at.max(initial=0)]


def _judged(
    watched: Watched, columns: Sequence[Column], days: np.ndarray, since: int = 0, before: Judged | None = None
) -> Judged:
    """Columns on the days (places) that are judged; `before` is known already of those before the one at `since`."""
    # What has one day only is compared with another table's days.
    new = np.flatnonzero((watched.days[days] > watched.reference[1]) | (len(watched.days) == 1))
    known = before.evidence if before else [[None] * len(_lengths(watched))] * len(columns)
    each = list(zip(columns, known, strict=True))
    evidence = _map(lambda one: _evidence(watched, one[0], days, new, since, one[1]), each, bool(before))
    a_year = verdict.YEAR_DAYS / np.diff(days).mean() if len(days) > 1 else 1
    begins, warm = np.searchsorted(watched.days[days], [watched.reference[0], watched.days[0] + WARM_UP * DAY])
    firsts = [max(begins, warm) if column.name in LOOKS_BACK else begins for column in columns]
    late = new[new >= since]
    firsts = firsts if begins < len(days) else [0] * len(columns)
    known_of = (before.found, before.usual) if before else None
    found, usual = verdict.judge(evidence, late, a_year, firsts, since, known_of)
    return Judged(tuple(column.name for column in columns), evidence, found, usual)


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
        told = _remembered(watched, column, days, found.told, whole)
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
    at = _place(watched, day)
    counts, start = _running(column.counts), _start(at, length)
    season = sum((counts[hi] - counts[lo] for lo, hi in _seasons(watched, start, at)), np.zeros_like(counts[at]))
    current = (counts[at + 1] - counts[start])[0]
    return Sides(column.cut, column.cut.expected(current), season[0], current)


def compare(
    watched: Watched, sheets: Sequence[Sheet], day: np.datetime64, threshold: float, before: Judged | None = None
) -> pd.DataFrame:
    """What `backfill` would say of a day if its window held the rows of other sheets: one row a column, with `current`,
    the counts of its bins. `before` is what `judged` says of these sheets as they are, where that is known."""
    at, columns, gaps, counts = _place(watched, day), [], [], []
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
    judged = watched.days[_filled(watched) & (watched.days <= day)][-1:]
    return judged[judged > day - RECENT * DAY]


def in_batches(watched: Watched) -> bool:
    """Whether a table comes once a week or month, not every day."""
    return bool((np.max([column.units for column in watched.columns], axis=0) > 0).mean() <= 0.5)


def _filled(watched: Watched) -> np.ndarray:
    """Days on which there is anything: tables that come once a month are judged once a month."""
    units = np.max([column.units for column in watched.columns], axis=0)
    return units > 0 if in_batches(watched) else np.ones(len(units), bool)


def _place(watched: Watched, day: np.datetime64) -> np.ndarray:
    """The place of a day among the days, as an array of one."""
    return np.array([int((day.astype(watched.days.dtype) - watched.days[0]).astype(int))])


def _start(at: np.ndarray, length: int = WINDOW) -> np.ndarray:
    """Where the windows that end on some days begin."""
    return np.maximum(at - length + 1, 0)


def _gaps(column: Column, at: np.ndarray) -> np.ndarray:
    if column.numbers is None or column.learned is None:
        return np.full(len(at), np.nan)
    return _ks(*column.numbers, column.learned, _start(at), at)


def _measures(watched: Watched, column: Column, at: np.ndarray, ks: np.ndarray) -> dict[str, np.ndarray]:
    """The measures of the windows of a column that end on some days."""
    counts, units, start = _running(column.counts), _running(column.units), _start(at)
    current, rows = counts[at + 1] - counts[start], units[at + 1] - units[start]
    base, base_units = column.cut.expected(current), column.base_units
    season, season_rows = np.zeros_like(current), np.zeros_like(rows)
    for lo, hi in _seasons(watched, start, at):
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


def _lengths(watched: Watched) -> dict[int, tuple[int, ...]]:
    """The windows that are judged, each with how much earlier the last weeks of it are (see `BACK`)."""
    return {WINDOW: BATCHES_BACK} if in_batches(watched) else BACK


def _evidence(
    watched: Watched,
    column: Column,
    at: np.ndarray,
    new: np.ndarray,
    since: int,
    before: Sequence[verdict.Evidence | None],
) -> list[verdict.Evidence]:
    """The windows of a column that end on some days against all they are compared with, an element a length; against
    what the model learned from the `new` ones of them only. Those `before` the one at `since` are known already."""
    view = _view(column)
    counts, units = _running(view), _running(column.units)
    batches = in_batches(watched)

    def over(ranges: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
        return (
            np.sum([counts[hi] - counts[lo] for lo, hi in ranges], axis=0),
            np.sum([units[hi] - units[lo] for lo, hi in ranges], axis=0),
        )

    last = int(np.clip((watched.reference[1] - watched.days[0]).astype(int) + 1, 0, len(units) - 1))
    ends = np.array([max(last - LAST, 0)]), np.array([last])
    late, every = new[new >= since], np.arange(since, len(at))
    found = []
    for (length, back), known in zip(_lengths(watched).items(), before, strict=True):
        start = _start(at, length)
        now, rows = over([(start, at + 1)])

        def against(
            places: np.ndarray,
            earlier: np.ndarray,
            earlier_rows: np.ndarray | float,
            known: Against | None,
            now: np.ndarray = now,
            rows: np.ndarray = rows,
        ) -> Against:
            return _against(column.cut, earlier, earlier_rows, now[places], rows[places], (places, len(at)), known)

        expected = column.cut.expected if column.apart is None else column.cut.apart
        learned = against(late, expected(now[late]), column.base_units, known.learned if known else None)
        end = np.full(len(at), np.inf) if known is None else known.end.copy()
        if (units[ends[1]] - units[ends[0]])[0] >= MIN_ROWS:
            end[late] = _size(column.cut, *over([ends]), now[late], rows[late])
        recent = season = None
        if len(at) > 1:
            ranges = [(np.maximum(start - step, 0), np.maximum(at - step + 1, 0)) for step in back]
            if batches:
                earlier = [np.arange(len(at)) - step for step in back]
                ranges = [(np.where(e < 0, 0, start[e]), np.where(e < 0, 0, at[e] + 1)) for e in earlier]
            recent = against(
                every, *over([(lo[every], hi[every]) for lo, hi in ranges]), known.recent if known else None
            )
        if (seasons := _seasons(watched, start, at)) and (years := np.flatnonzero(seasons[0][1])).size:
            years = years[years >= since]
            season = against(
                years, *over([(lo[years], hi[years]) for lo, hi in seasons]), known.season if known else None
            )

        def alike(
            places: np.ndarray, length: int = length, now: np.ndarray = now, rows: np.ndarray = rows
        ) -> np.ndarray:
            weeks = _alike(watched, _start(at[places], length), at[places])
            if not weeks:
                return np.full(len(places), np.inf)
            lo, hi = np.stack(weeks, axis=1)  # all weeks at once, each to be compared with all places
            earlier, earlier_rows = counts[hi] - counts[lo], units[hi] - units[lo]
            size = _size(column.cut, earlier, earlier_rows, now[places], rows[places])
            # The least of several sizes is low by chance where rows are few: by what their own rows scatter.
            own = 1 / np.maximum(earlier_rows, 1)
            spread = np.sqrt(2 * len(column.cut.counts) * own**2 + 4 * np.maximum(size, 0) * own)
            return np.where(earlier_rows > 0, size + LEAST_OF * spread, np.inf).min(axis=0)

        whole = start - YEAR - NEAR >= 0
        found.append(verdict.Evidence(1 if batches else length, rows, learned, end, recent, season, whole, alike))
    return found


def _view(column: Column) -> np.ndarray:
    """The counts of a column in the view that shows the most."""
    return column.counts if column.apart is None else column.apart


def _departures(
    cut: Bins, before: np.ndarray, before_rows: np.ndarray | float, now: np.ndarray, rows: np.ndarray
) -> list[Departure]:
    """Windows of counts (see `_view`) against others, as many rows of evidence as are independent: numbers also by
    their order, text by its bins and with rare levels apart."""
    with np.errstate(divide="ignore", invalid="ignore"):
        each = [np.asarray(units) / side.sum(axis=-1) for side, units in ((before, before_rows), (now, rows))]
    sides = [
        side * np.where(np.isfinite(one), one, 0)[..., None] for side, one in zip((before, now), each, strict=True)
    ]
    tests = [measures.departure(*(cut.together(side) for side in sides))]
    if cut.text:
        tests += [measures.departure(*sides)] if cut.rest else []
    else:
        tests += measures.smooth(*(side[..., : cut.ordered] for side in sides))
    return tests


def _size(
    cut: Bins, before: np.ndarray, before_rows: np.ndarray | float, now: np.ndarray, rows: np.ndarray
) -> np.ndarray:
    """How large the change is, as by `verdict.Against.size`."""
    return verdict.largest(_departures(cut, before, before_rows, now, rows))


def _against(
    cut: Bins,
    before: np.ndarray,
    before_rows: np.ndarray | float,
    now: np.ndarray,
    rows: np.ndarray,
    among: tuple[np.ndarray, int],
    known: Against | None = None,
) -> Against:
    """Windows against others (see `_departures`). `among` are their places among so many days, the others of which may
    be `known`."""
    tests = _departures(cut, before, before_rows, now, rows)
    places, days = among

    def spread(values: np.ndarray | float, empty: np.ndarray | float) -> np.ndarray:
        whole = np.broadcast_to(empty, days).copy()
        whole[places] = values
        return whole

    empty = known.tests if known else [Departure(np.nan, 1.0, np.nan)] * len(tests)  # type: ignore[arg-type]
    found = tuple(
        Departure(spread(t.ratio, e.ratio), spread(t.freedom, e.freedom), spread(t.size, e.size))
        for t, e in zip(tests, empty, strict=True)
    )
    return Against(found, spread(before_rows, known.rows if known else 0.0))


def _remembered(
    watched: Watched, column: Column, at: np.ndarray, told: np.ndarray, evidence: verdict.Evidence
) -> np.ndarray:
    """Up to which size each day is told, where a change that was told stays until windows look as before it again: as
    in this season of the years before it, or else as in the weeks before it."""
    counts, units, start = _running(_view(column)), _running(column.units), _start(at)
    now, rows = counts[at + 1] - counts[start], units[at + 1] - units[start]
    kept, place = told.copy(), 0
    while (fresh := np.flatnonzero(told[place:] > verdict.STAYS)).size:
        begun = place + int(fresh[0])
        first = max(at[begun] - 13, 0)
        later = np.arange(begun + 1, len(at))
        if not len(later):
            break
        lo, hi = max(first - 14, 0), first
        before, before_rows = counts[hi] - counts[lo], units[hi] - units[lo]
        if in_batches(watched) and begun:
            before, before_rows = now[begun - 1], rows[begun - 1]
        ranges = [np.minimum(ends, first) for ends in _seasons(watched, start, at)]
        of_year = sum((counts[ends[1]] - counts[ends[0]] for ends in ranges), np.zeros_like(now))
        of_year_rows = sum((units[ends[1]] - units[ends[0]] for ends in ranges), np.zeros_like(rows))
        if of_year_rows[begun] and evidence.whole[begun]:
            before, before_rows = of_year[begun], of_year_rows[begun]
        known = (of_year_rows[later] > 0)[:, None]
        past = np.where(known, of_year[later], before)
        past_rows = np.where(known[:, 0], of_year_rows[later], before_rows)
        unlike = _size(column.cut, past, past_rows, now[later], rows[later])
        if weeks := _alike(watched, start[later], at[later]):
            lo, hi = np.minimum(np.stack(weeks, axis=1), first)
            alike = _size(column.cut, counts[hi] - counts[lo], units[hi] - units[lo], now[later], rows[later])
            unlike = np.fmin(unlike, np.where(units[hi] > units[lo], alike, np.inf).min(axis=0))
        there = np.minimum(unlike, evidence.learned.size[later]) > verdict.STAYS
        quiet = np.convolve(~there, np.ones(verdict.GONE))[: len(there)] >= verdict.GONE
        end = int(np.argmax(quiet)) if quiet.any() else len(there)
        stays = slice(begun, begun + 1 + (end - verdict.GONE + 1 if quiet.any() else end))
        kept[stays] = np.maximum.accumulate(told[stays])
        place = begun + 1 + end
    return kept


def _seasons(watched: Watched, start: np.ndarray, at: np.ndarray) -> list[np.ndarray]:
    """Of each earlier year, from which day to before which one it is the season of some windows."""
    years = range(YEAR, len(watched.days) + NEAR, YEAR)
    # Never the window itself.
    return [np.clip([start - then - NEAR, at - then + NEAR + 1], 0, start) for then in years]


def _alike(watched: Watched, start: np.ndarray, at: np.ndarray) -> list[np.ndarray]:
    """Likewise, each week of these seasons alone: a sale may come some weeks sooner or later than last year's."""
    shifts = range(-NEAR, NEAR + 1, 7)
    years = range(YEAR, len(watched.days) + NEAR, YEAR)
    return [np.clip([start - then + shift, at - then + shift + 1], 0, start) for then in years for shift in shifts]


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


def _running(counts: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros_like(counts[:1]), counts]).cumsum(axis=0)
