"""What windows of a column say of a change: against what the model learned from, the last weeks, and the season."""

from collections.abc import Sequence

import numpy as np

from models.drift import measures, verdict
from models.drift.bins import Bins
from models.drift.counted import (
    NEAR,
    WINDOW,
    YEAR,
    Column,
    Watched,
    finest,
    in_batches,
    running,
    seasons_of,
    start_of,
    weeks_alike,
)
from models.drift.measures import Departure
from models.drift.verdict import MIN_ROWS, Against

# Windows of so many days that are judged, and by how many days earlier the windows are that make up the last weeks: the
# same weekdays, two to three weeks before on average, so that a season in its course is no change, and more rows than
# the window has. Batches: by so many earlier.
BACK = {WINDOW: (7, 14, 21), 3: (7, 14, 21), 14: (14, 28)}
BATCHES_BACK = (1, 2)
LAST = 28  # days at the end of those that the model learned from: a step among these is learned
# Standard deviations that are added to the least of the seven weeks of a season, low by chance: 1.35 if they were
# independent and all alike in truth.
LEAST_OF = 0.95


def lengths(watched: Watched) -> dict[int, tuple[int, ...]]:
    """The windows that are judged, each with how much earlier the last weeks of it are (see `BACK`)."""
    return {WINDOW: BATCHES_BACK} if in_batches(watched) else BACK


def collect(
    watched: Watched,
    column: Column,
    at: np.ndarray,
    new: np.ndarray,
    since: int,
    before: Sequence[verdict.Evidence | None],
) -> list[verdict.Evidence]:
    """The windows of a column that end on some days against all they are compared with, an element a length; against
    what the model learned from the `new` ones of them only. Those `before` the one at `since` are known already."""
    view = finest(column)
    counts, units = running(view), running(column.units)
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
    for (length, back), known in zip(lengths(watched).items(), before, strict=True):
        start = start_of(at, length)
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
        if (seasons := seasons_of(watched, start, at)) and (years := np.flatnonzero(seasons[0][1])).size:
            years = years[years >= since]
            season = against(
                years, *over([(lo[years], hi[years]) for lo, hi in seasons]), known.season if known else None
            )

        def alike(
            places: np.ndarray, length: int = length, now: np.ndarray = now, rows: np.ndarray = rows
        ) -> np.ndarray:
            weeks = weeks_alike(watched, start_of(at[places], length), at[places])
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


def _departures(
    cut: Bins, before: np.ndarray, before_rows: np.ndarray | float, now: np.ndarray, rows: np.ndarray
) -> list[Departure]:
    """Windows of counts (see `finest`) against others, as many rows of evidence as are independent: numbers also by
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


def remembered(
    watched: Watched, column: Column, at: np.ndarray, told: np.ndarray, evidence: verdict.Evidence
) -> np.ndarray:
    """Up to which size each day is told, where a change that was told stays until windows look as before it again: as
    in this season of the years before it, or else as in the weeks before it."""
    counts, units, start = running(finest(column)), running(column.units), start_of(at)
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
        ranges = [np.minimum(ends, first) for ends in seasons_of(watched, start, at)]
        of_year = sum((counts[ends[1]] - counts[ends[0]] for ends in ranges), np.zeros_like(now))
        of_year_rows = sum((units[ends[1]] - units[ends[0]] for ends in ranges), np.zeros_like(rows))
        if of_year_rows[begun] and evidence.whole[begun]:
            before, before_rows = of_year[begun], of_year_rows[begun]
        known = (of_year_rows[later] > 0)[:, None]
        past = np.where(known, of_year[later], before)
        past_rows = np.where(known[:, 0], of_year_rows[later], before_rows)
        unlike = _size(column.cut, past, past_rows, now[later], rows[later])
        if weeks := weeks_alike(watched, start[later], at[later]):
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
