"""What is usual for a series itself, and how rare a day is against that.

    usual(values, lines, weekday, counted, apart, lead) -> Usual    # .expected .low .high, one number a day and series
    adjusted(chances) -> chances                                    # over many series on a day: Benjamini-Hochberg

Arrays have a row a day, without gaps, and a column a series. What is said of a day comes from the days before it, but
for what a line is worth, which is that of all days.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import correlate1d
from scipy.special import pdtr, pdtrc, stdtr

WEEK, YEAR = 7, 364  # 52 whole weeks, so that weekdays meet their own
SETTLED = 21  # days after which a level and its weekdays are known well enough to measure the noise around them
WARM = 56  # days with a value that have to be known before one is judged
LEVEL, WEEKDAY, SCALE = 0.04, 0.03, 0.01  # how much of a day's news the level, its weekday and the noise take
MAX_NEWS = 2.0  # standard deviations of news that are believed
BELIEVED = 3.0  # times as much, of what the same days of the year after are told
_HELD = 0.9205  # mean of min(z, MAX_NEWS) ** 2 of a standard normal z
LINES = 40.0  # a day where the noise of single lines and that of whole days are alike
MIN_LINES = 10  # lines of a day up to which one that is large tells nothing
LEAST_NOISY = 1000.0  # things a day, from which on more are no less noisy
TAIL = 12.0  # degrees of freedom of the noise
NEAR = 15  # days around the same one of last year that tell the level there, with a Gaussian weight:
WIDTH = 5.0  # and its standard deviation
AHEAD = 91  # days whose moves of last year are added up at once
MIN_SPREAD = 0.005  # of an average: less is no noise
TINY = 1e-12


@dataclass(frozen=True)
class Usual:
    """For each day and series: what was `expected`, and the chance that a usual day is as `low`, or as `high`, as it.

    NaN where that cannot be told: no value, a day that is like no other, or too few days before it.
    """

    expected: np.ndarray
    low: np.ndarray
    high: np.ndarray


def usual(
    values: np.ndarray,
    lines: np.ndarray,
    weekday: np.ndarray,
    counted: np.ndarray,
    apart: np.ndarray,
    lead: int = 1,
    since: int = 0,
) -> Usual:
    """Judge each day of some series against what is usual for them.

    `values` (days x series) may be NaN; `lines` (likewise) are how many each value is of; `weekday` (days)
    counts from 0; `counted` (series) are sums and counts, the others averages and shares; days `apart` (holidays) are
    neither judged nor learned from; a day's news is used `lead` days later (values over so many days share them until
    then). Only the days from place `since` on are in the answer.

    A level, seven weekdays and the noise follow the days by exponential smoothing that believes no more than `MAX_NEWS`
    standard deviations of a day (Gelper, Fried & Croux 2010, Journal of Forecasting 29, 285-300); the level also moves
    as it did on the same days of the year before, where that is known. Sums are seen through asinh(y / 2c): as they
    are while single lines make the noise, as logarithms where whole days do (Anscombe 1948, Biometrika 35, 246-254).
    The tails are Student's, and of no count rarer than Poisson's law has it.
    """
    known = ~np.isnan(values)
    learned = known & ~apart[:, None]
    unit, by_line = _things(np.where(learned, values, np.nan), np.where(learned, lines, 0))
    bend = np.where(unit > 0, 2 * LINES * unit, 1.0)
    seen = np.where(counted, np.arcsinh(values / bend), values)
    steady = np.where(counted, 1.0, _steady(lines, known))
    middle, noises = _follow(seen, steady, learned, counted, weekday, lead)
    rows = slice(since, None)
    seen, middle, values, lines = seen[rows], middle[rows], values[rows], lines[rows]
    flat = np.abs(seen - middle) <= 1e-9 * np.maximum(np.abs(middle), 1)  # never moved, and did not now
    off = np.where(flat, 0.0, seen - middle)
    off /= np.where(off < 0, noises[0, rows], noises[1, rows])
    off[~learned[rows]] = np.nan
    expected = np.where(counted, np.sinh(middle) * bend, middle)
    tail = stdtr(TAIL, -np.abs(off))
    low, high = np.where(off < 0, tail, 1 - tail), np.where(off > 0, tail, 1 - tail)
    some = np.broadcast_to(counted & (unit > 0), off.shape)
    unit = np.broadcast_to(np.maximum(unit, TINY), off.shape)
    rare = some & (off < -1)
    low[rare] = np.maximum(low[rare], pdtr(_count(values, unit, rare), _count(expected, unit, rare, whole=False)))
    rare = some & (off > 1)
    things = _count(values, unit, rare)
    one_large = (np.broadcast_to(by_line, off.shape) & (lines < MIN_LINES))[rare]  # which is not many
    things = np.where(one_large, np.minimum(things, lines[rare]), things)
    high[rare] = np.maximum(high[rare], pdtrc(things - 1, _count(expected, unit, rare, whole=False)))
    return Usual(expected, low, high)


def _things(values: np.ndarray, lines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What one of the things is worth whose number makes the noise, and whether these are lines.

    Where days vary less than chance would have it for so many lines (a line sums up a day, as in many files), things
    are smaller: as many as have the variance that there is between a day and the same weekday of the week after.
    """
    total, days = np.abs(np.nan_to_num(values)).sum(0), (~np.isnan(values)).sum(0)
    unit, mean = total / np.maximum(lines.sum(0), 1), total / np.maximum(days, 1)
    apart = (values[WEEK:] - values[:-WEEK]) ** 2 / 2
    pairs = (~np.isnan(apart)).sum(0)
    varies = np.nan_to_num(apart).sum(0) / np.maximum(pairs, 1) / np.maximum(mean, TINY)
    steadier = (pairs > WEEK) & (varies < unit / 2)
    return np.where(steadier, np.maximum(varies, mean / LEAST_NOISY), unit), ~steadier


def _count(values: np.ndarray, unit: np.ndarray, which: np.ndarray, whole: bool = True) -> np.ndarray:
    """How many things some values are."""
    found = np.maximum(values[which] / unit[which], 0)
    return np.round(found) if whole else found


def _steady(lines: np.ndarray, known: np.ndarray) -> np.ndarray:
    """How much noisier an average is for being of few lines: the square root of what is usual over what there is."""
    mean = np.where(known, lines, 0).sum(0) / np.maximum(known.sum(0), 1)
    return np.sqrt(np.maximum(mean, 1) / np.maximum(lines, 1))


def _follow(
    seen: np.ndarray, steady: np.ndarray, learned: np.ndarray, counted: np.ndarray, weekday: np.ndarray, lead: int
) -> tuple[np.ndarray, np.ndarray]:
    """What each day was expected to be, NaN until enough is known, and the standard deviation below and above that."""
    days, series = seen.shape
    steady = np.broadcast_to(steady, seen.shape)
    there = np.where(learned, seen, 0.0)
    news_of = learned.astype(float)
    middle, noises = np.empty((days, series)), np.empty((2, days, series))  # below, above
    levels, clean = np.zeros((days + 1, series)), np.zeros((days, series))
    before = np.cumsum(news_of, axis=0) - news_of  # days with a value, until this one
    settled = before >= SETTLED
    quick = np.maximum(LEVEL, 1 / (before + 1)) * news_of
    slow = np.where(before >= WEEK, np.maximum(WEEKDAY, 1 / (before / WEEK + 3)), 0) * news_of
    pace = news_of * settled * np.maximum(2 * SCALE, 1 / (np.maximum(before - SETTLED, 0) / 2 + 1))
    most = np.where(before >= SETTLED + 2 * WEEK, MAX_NEWS, np.inf)
    held = np.where(before >= SETTLED + 2 * WEEK, 1 / _HELD, 1.0)
    season, spreads, wrong_way = np.zeros((WEEK, series)), np.zeros((2, series)), np.empty((2, series), bool)
    moves = np.zeros((days + 1, series))  # of last year, added up
    near = _near(news_of, slice(0, max(days - YEAR, 0)))
    every = bool(counted.all())
    for day in range(days):
        if day % AHEAD == 0 and day >= YEAR - NEAR:  # what the next days of last year were is known by now
            _moved(moves, clean, near, day)
        which, even = weekday[day], steady[day]
        level = levels[day] + (moves[day + 1] - moves[day])
        ahead = middle[day]
        if lead > 1:
            early = max(day + 1 - lead, 0)
            np.add(levels[early] + (moves[day + 1] - moves[early]), season[which], out=ahead)
        else:
            np.add(level, season[which], out=ahead)
        least = _least(ahead)
        if not every:
            least = np.where(counted, least, MIN_SPREAD * np.abs(ahead) + TINY)
        noise = noises[:, day]
        np.maximum(np.sqrt(spreads), least, out=noise)
        below, above = most[day] * noise
        off = (there[day] - level - season[which]) / even
        news = np.minimum(np.maximum(off, -below), above)
        if day < days - YEAR + NEAR:  # the year after asks for it
            believed = np.minimum(np.maximum(off, -BELIEVED * below), BELIEVED * above)
            clean[day] = (level + believed * even) * news_of[day]
        wrong = news if lead == 1 else np.minimum(np.maximum((there[day] - ahead) / even, -below), above)
        np.less_equal(wrong, 0, out=wrong_way[0])
        np.greater_equal(wrong, 0, out=wrong_way[1])
        spreads += (wrong * wrong * held[day] - spreads) * (pace[day] * wrong_way)
        levels[day + 1] = level + quick[day] * news
        season[which] += slow[day] * news
    told = before >= WARM + lead - 1
    return np.where(told, middle, np.nan), noises * steady


def _near(values: np.ndarray, rows: slice) -> np.ndarray:
    """Sums of some days' neighbours, `NEAR` on both sides, with their weights."""
    start, stop = max(rows.start - NEAR, 0), rows.stop + NEAR
    weights = np.exp(-((np.arange(-NEAR, NEAR + 1) / WIDTH) ** 2) / 2)
    found = correlate1d(values[start:stop], weights, axis=0, mode="constant")
    return found[rows.start - start :][: rows.stop - rows.start]


def _moved(moves: np.ndarray, clean: np.ndarray, near: np.ndarray, day: int) -> None:
    """Add up how the level moved on the same days of the year before, for the `AHEAD` days from `day` on."""
    until = min(day + AHEAD, len(clean))
    rows = slice(max(day - YEAR - 1, NEAR), until - YEAR)  # of the year before; the one before the first, to begin from
    if rows.stop - rows.start > 0:
        mass = near[rows]
        now, sure = _near(clean, rows) / np.maximum(mass, 1), mass > 1
        steps = np.where(sure[1:] & sure[:-1], now[1:] - now[:-1], 0)
        first = YEAR + rows.start + 1
        moves[first + 1 : until + 1] = moves[first] + np.cumsum(steps, axis=0)


def _least(level: np.ndarray) -> np.ndarray:
    """The noise of single things, at least one, as asinh(y / 2c) sees it: Poisson's, whose variance is the mean."""
    mean = 2 * LINES * np.sinh(np.minimum(np.abs(level), 20))
    return np.sqrt(np.maximum(mean, 1) / (mean * mean + 4 * LINES**2))


def adjusted(chances: np.ndarray) -> np.ndarray:
    """Chances (days x series) as they are among so many: what is at most q is, of all that is, false at a rate of q.

    On a day without anything unusual, one is at most q with a chance of q. Benjamini & Hochberg (1995), Journal of the
    Royal Statistical Society B 57, 289-300. NaN stays NaN and does not count.
    """
    if chances.shape[1] == 1:
        return chances
    order = np.argsort(chances, axis=1)  # NaN last
    ranked = np.take_along_axis(chances, order, axis=1)
    many = (~np.isnan(ranked)).sum(axis=1, keepdims=True)
    scaled = np.where(np.isnan(ranked), np.inf, ranked * many / np.arange(1, ranked.shape[1] + 1))
    least = np.minimum.accumulate(scaled[:, ::-1], axis=1)[:, ::-1]
    found = np.empty_like(chances)
    np.put_along_axis(found, order, np.minimum(least, 1.0), axis=1)
    return np.where(np.isnan(chances), np.nan, found)
