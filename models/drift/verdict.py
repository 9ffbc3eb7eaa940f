"""Whether a change of a column is real, whether it matters, and whether it is more than the season.

Real: windows of some lengths depart from what they are compared with, further than windows of this column usually do,
and so far that over a year and all columns chance alone tells `BUDGET` times. It matters: the size of the change, on
the scale of the PSI without what sampling makes, is over a third of the PSI threshold. A change is told where it is
both: against what the model learned from, and against the last weeks or, in all of it, this season of earlier years.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from models.drift import measures
from models.drift.measures import Departure

BUDGET = 1.2  # real ones a year over all columns, by the union bound, where nothing changes: under 1, measured
OVERLAP = 3  # tests of windows that overlap which count as one more for each length of a window
MATTERS = 1 / 3  # of the PSI threshold: a shift of half a standard deviation has a size of 0.25, and matters
SUSPECT = 0.01  # p-value against the training window from which a change against the last weeks is one against it too
MIN_SIZE = 0.01  # the least size that is looked at
NEARER = 2  # times as near to the season as to what the model learned from: a change that comes every year
STAYS = 0.05  # the size over which a step that was told is still there
MIN_ROWS = 30  # independent rows of a window that a judgement needs
PRIOR = 8  # windows that speak for sampling alone before any is known
CAP = 4  # times the usual departure that counts at most for what is usual: a step is not
YEAR_DAYS = 365.25
CLEARLY = 1.2  # mean ratio from which windows depart further than sampling makes them
GONE = 7  # days or batches in a row without it after which a step is over
STABLE, CONFIRMED, WITHIN_NOISE, SEASONAL, TOO_FEW = "stable", "confirmed", "within noise", "seasonal", "too few rows"
SMALL, UNTOLD = "small", "season unknown"


@dataclass(frozen=True)
class Usual:
    """How far windows of a column departed until each day, as multiples of what sampling makes: how many `windows` say
    so (`PRIOR` of sampling alone among them), the `total` of their ratios and of the `squares` (see `usual`)."""

    windows: np.ndarray
    total: np.ndarray
    squares: np.ndarray

    def on(self, days: np.ndarray) -> "Usual":
        """What was usual on some days."""
        return Usual(self.windows[days], self.total[days], self.squares[days])

    @property
    def ratio(self) -> np.ndarray:
        """The mean ratio, 1 at least."""
        return np.maximum(self.total / self.windows, 1)

    @property
    def freedom(self) -> np.ndarray:
        """The degrees of freedom that the ratios vary like: as of a chi-square with 2 mean^2 / variance. What scatters
        more than a single level can was a change once, and no usual mix."""
        spread = (self.squares - self.total**2 / self.windows) / np.maximum(self.windows - PRIOR, 1) / self.ratio**2
        return np.where(self.ratio > CLEARLY, np.maximum(2 / np.maximum(spread, 1e-3), 1), np.inf)


@dataclass(frozen=True)
class Against:
    """Windows of one column and length against one thing they are compared with, an element a day: how they depart, in
    one to three tests, and the independent `rows` of what they are compared with."""

    tests: tuple[Departure, ...]
    rows: np.ndarray

    @property
    def size(self) -> np.ndarray:
        """The size of the change in the view that shows the most of it; 0 where it is not known."""
        return largest(self.tests)

    @property
    def series(self) -> list[np.ndarray]:
        """What has a usual value each: the ratio of each test, and last 1 + the size."""
        return [*(test.ratio for test in self.tests), 1 + self.size]

    def pvalue(self, usual: Sequence[Usual], days: np.ndarray) -> np.ndarray:
        """How probable departures as large as on some days are where nothing changed: the least of the tests, times
        their number. `usual` is that of `series`."""
        found = []
        for test, each in zip(self.tests, (one.on(days) for one in usual[:-1]), strict=True):
            freedom = np.minimum(test.freedom[days], each.freedom)
            # Where the scatter is estimated itself, from windows of few levels, it is no better known than by so many.
            windows = each.windows / np.where(np.isfinite(each.freedom), freedom, 1)
            found.append(measures.pvalue(Departure(test.ratio[days], freedom, test.size[days]), each.ratio, windows))
        return np.minimum(np.min(found, axis=0) * len(found), 1)


def largest(tests: Sequence[Departure]) -> np.ndarray:
    """The size in the test that shows the most of it; 0 where it is not known."""
    return np.nan_to_num(np.fmax.reduce([test.size for test in tests]), nan=0.0)


@dataclass(frozen=True)
class Evidence:
    """Windows of one column and length (in days or batches) that end on every day, `rows` independent rows in each:
    against what the model learned from and the last weeks of that, against the last weeks, against this season of
    earlier years (`whole` where all of it is known). `alike` finds the size against the most alike week of it.
    """

    length: int
    rows: np.ndarray
    learned: Against
    end: np.ndarray
    recent: Against | None
    season: Against | None
    whole: np.ndarray
    alike: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Found:
    """What the evidence of a column says, an element a day: the least `pvalue` of its windows against what the model
    learned from, whether one of them is surely `real`, up to which size a change is `told` (under 0: none is), and the
    length of the window that tells the most."""

    pvalue: np.ndarray
    real: np.ndarray
    told: np.ndarray
    length: np.ndarray


def usual(
    ratios: np.ndarray, lengths: np.ndarray, first: np.ndarray | int = 0, since: int = 0, before: Sequence[Usual] = ()
) -> list[Usual]:
    """For every window (days x tests, of so many days each) how far those before it departed, a test each, from the
    `first` day on. What is known already `before` the day `since` goes on from there.

    The mean ratio of all windows that ended before this one began, and of `PRIOR` more of 1, none over `CAP` times the
    mean of those before it: the mix of a week varies, and a range that is always renewed has its usual rate of renewal.
    Where few levels make it vary, ratios scatter more than those of a chi-square do. A week is one window at most.
    """
    days, tests = ratios.shape
    known_of = np.full((3, days, tests), float(PRIOR))
    for test, one in enumerate(before):
        known_of[:, :since, test] = one.windows[:since], one.total[:since], one.squares[:since]
    windows, total, squares = known_of[:, max(since - 1, 0)].copy()
    every, weight = np.arange(tests), 1 / np.where(lengths > 1, np.maximum(lengths, 7), 1)
    for day in range(since, days):
        ended = ratios[np.maximum(day - lengths, 0), every]
        new = (day >= lengths + first) & (ended == ended)  # known
        known = windows - PRIOR
        cap = CAP * np.where(known > 0, np.maximum((total - PRIOR) / np.where(known > 0, known, 1), 1), CAP)
        most = np.where(new, np.minimum(ended, cap) * weight, 0)
        total += most
        squares += most**2 / weight
        windows += new * weight
        known_of[:, day] = windows, total, squares
    return [Usual(*known_of[:, :, test]) for test in range(tests)]


def sure(columns: int, lengths: Sequence[int], a_year: float) -> float:
    """The p-value a change must be under: the budget of a year, divided among its tests. Windows that overlap are not
    as many tests as there are days: `OVERLAP` a length."""
    tests = sum(min(a_year, a_year * OVERLAP / length) for length in lengths)
    return BUDGET / (columns * tests * 2)  # against the season and against the last weeks


def judge(
    columns: Sequence[Sequence[Evidence]],
    new: np.ndarray,
    a_year: float,
    firsts: Sequence[int],
    since: int = 0,
    known: tuple[Sequence[Found], Sequence[Usual]] | None = None,
) -> tuple[list[Found], list[Usual]]:
    """What the evidence of each column, an element a length, says of the days `new` (places) after those that the model
    learned from, and what is usual; `a_year` is how many days or batches a year has. What is usual of a column is known
    from its first on. What is said of other days may be `known`, and what was usual until `since`."""
    compared = [
        (part.length, first, against)
        for evidence, first in zip(columns, firsts, strict=True)
        for part in evidence
        for against in (part.recent or part.learned, part.season)
        if against
    ]
    series = [(one, length, first) for length, first, against in compared for one in against.series]
    ratios, lengths, begins = zip(*series, strict=True)
    usually = usual(
        np.stack(ratios, axis=1), np.array(lengths), np.array(begins), since if known else 0, known[1] if known else ()
    )
    found = iter(usually)
    before = {id(against): [next(found) for _one in against.series] for _length, _first, against in compared}
    level = sure(len(columns), [part.length for part in columns[0]], a_year)
    days = len(columns[0][0].rows)
    nothing = Found(np.full(days, np.nan), np.zeros(days, bool), np.full(days, -1.0), np.zeros(days, int))
    others = known[0] if known else [nothing] * len(columns)
    return [_judged(*each, before, new, level) for each in zip(columns, others, strict=True)], usually


def _judged(
    evidence: Sequence[Evidence], others: Found, before: Mapping[int, list[Usual]], new: np.ndarray, level: float
) -> Found:
    told, pvalue, surely, length = (each.copy() for each in (others.told, others.pvalue, others.real, others.length))
    told[new], pvalue[new], surely[new], length[new] = -1.0, np.nan, False, 0
    for part in evidence:
        ordinary = before[id(part.recent or part.learned)]
        enough, size = part.rows[new] >= MIN_ROWS, part.learned.size[new]
        against_learned = part.learned.pvalue(ordinary, new)
        real = enough & (against_learned <= level)
        pvalue[new] = np.fmin(pvalue[new], against_learned)
        surely[new] |= real
        routes = [(real, size)]  # a table of one day knows no last weeks
        if part.recent is not None:
            fresh = (part.recent.pvalue(ordinary, new) <= level) & (part.recent.rows[new] >= MIN_ROWS)
            step = part.recent.size[new] - (ordinary[-1].on(new).ratio - 1)  # a season on its way is usual
            routes = [(enough & fresh & (against_learned <= SUSPECT), np.minimum(size, step))]
        if part.season is not None:
            unlike = part.season.pvalue(before[id(part.season)], new) <= level
            other = real & unlike & part.whole[new] & (part.season.rows[new] >= MIN_ROWS)
            routes.append((other, np.minimum(size, part.end[new])))
        for known, most in routes:
            places = np.flatnonzero(known & (most > MIN_SIZE))
            if len(places):
                found, at = np.minimum(most[places], part.alike(new[places])), new[places]
                length[at] = np.where(found > told[at], part.length, length[at])
                told[at] = np.maximum(told[at], found)
    return Found(pvalue, surely, told, length)


def label(drift: pd.DataFrame, threshold: float) -> np.ndarray:
    """What is said of each row of `watch.backfill` under a PSI threshold; what matters is over `MATTERS` of it.

    - confirmed: real, and it matters, or a step that was told and stays;
    - stable: nothing to say, or the model learned from the day;
    - too few rows, within noise: a PSI over `threshold`, but not surely real;
    - small: real, and too small to matter;
    - seasonal: unlike the training window, and at least `NEARER` times as near to this time of earlier years;
    - season unknown: unlike the training window, without an earlier year that would tell whether it is the season, or
      not surely more than it.
    """
    matters = MATTERS * threshold
    odd = (drift["psi"] > threshold) | drift["real"]
    large = (drift["psi"] > threshold) | (drift["size"] > matters)
    # That a test does not tell it from the season does not make it the season, nor does the most alike week of it: with
    # few rows both come by chance.
    like = NEARER * drift["size_season"] <= drift["size"]
    return np.select(
        [
            drift["psi"].isna() | drift["learned"],
            drift["told"] > matters,
            ~odd,
            ~drift["real"] & (drift["rows_current"] < MIN_ROWS),
            like & (drift["real"] | (drift["psi"] > drift["noise_limit"])) & large,
            ~drift["real"],
            ~large,
        ],
        [STABLE, CONFIRMED, STABLE, TOO_FEW, SEASONAL, WITHIN_NOISE, SMALL],
        UNTOLD,
    )


def told_in(row: "pd.Series | Mapping[str, Any]", threshold: float, window: int) -> int:
    """The days of the window that shows why a row of `watch.backfill` is confirmed: `window` unless that one alone is
    too much as before to matter, and a shorter or longer one tells the change."""
    brief = row["label"] == CONFIRMED and row["size"] <= MATTERS * threshold
    return int(row["length"]) if brief else window
