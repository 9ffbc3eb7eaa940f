"""What is usual for a series itself, and how rare a day is against that.

    usual(values, lines, weekday, counted, apart, lead) -> Usual    # .expected .low .high, one number a day and series
    adjusted(chances) -> chances                                    # over many series on a day: Benjamini-Hochberg

Arrays have a row a day, without gaps, and a column a series. What is said of a day comes from the days before it, but
for what a line is worth, which is that of all days.
"""

from dataclasses import dataclass

import numpy as np
import scipy

WEEK, YEAR = 7, 364  # 52 whole weeks, so that weekdays meet their own
SETTLED = 21  # days after which a level and its weekdays are known well enough to measure the noise around them
WARM = 56  # days with a value that have to be known before one is judged
LEVEL, WEEKDAY, SCALE = 0.04, 0.03, 0.01  # how much of a day's news the level, its weekday and the noise take
MAX_NEWS = 2.0  # standard deviations of news that are believed
BELIEVED = 3.0  # times as much, of what the same days of the year after are told
_HELD = 0.9205  # mean of min(z, MAX_NEWS) ** 2 of a standard normal z
LINES = 40.0  # a day where the noise of single lines and that of whole days are alike
MIN_LINES = 10  # lines of a day up to which one that is large tells nothing
MANY_LINES = 20  # of a day, from which on their number and what one is worth say more than their sum
SUM, EITHER, BOTH = 0.4, 2.0, 1.5  # how often each says so by chance, where all three have to
MIN_MOVE = 0.02  # of their mean: what varies less explains nothing
LEAST_NOISY = 1000.0  # things a day, from which on more are no less noisy
TAIL, MAX_TAIL = 12.0, 60.0  # degrees of freedom of the noise of days; of that of counts, with a scale that is learned
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
    The tails are Student's, and of no count rarer than Poisson's law has it. A sum of many lines is unusual where their
    number is, or what one is worth.
    """
    found, by_line = _judged(values, lines, weekday, counted, apart, lead, since)
    many = counted & by_line & (np.where(np.isnan(values), 0, lines).mean(0) >= MANY_LINES)
    worth = np.divide(values, lines, out=np.full_like(values, np.nan), where=many & (lines > 0))
    many[many] = ~(_constant(worth[:, many]) | _constant(np.where(np.isnan(worth), np.nan, lines)[:, many]))
    if many.any():
        worth, lines = worth[:, many], lines[:, many]
        sums = counted[many]
        number, _ = _judged(
            np.where(np.isnan(values[:, many]), np.nan, lines), lines, weekday, sums, apart, lead, since
        )
        average, _ = _judged(worth, lines, weekday, ~sums, apart, lead, since)
        for side in ("low", "high"):
            chance = getattr(found, side)
            chance[:, many] = _explained(chance[:, many], getattr(number, side), getattr(average, side))
    return found


def _constant(values: np.ndarray) -> np.ndarray:
    """Which series hardly ever move; values may be NaN, but not all of a series."""
    return np.nanstd(values, axis=0) <= MIN_MOVE * np.abs(np.nanmean(values, axis=0))


def _explained(chance: np.ndarray, number: np.ndarray, average: np.ndarray) -> np.ndarray:
    """The chance of a sum that is usual, of so many lines each worth so much on average: a sum of many lines is off
    where one of the two is, or both a little (Fisher's method), and by chance alone where a few large ones are missing.
    """
    average = np.where(np.isnan(average), 1.0, average)
    both = np.maximum(number * average, TINY)
    both *= 1 - np.log(both)
    return np.maximum(SUM * chance, np.minimum(EITHER * np.minimum(number, average), BOTH * both))


def _judged(
    values: np.ndarray,
    lines: np.ndarray,
    weekday: np.ndarray,
    counted: np.ndarray,
    apart: np.ndarray,
    lead: int,
    since: int,
) -> tuple[Usual, np.ndarray]:
    """Each day of some series by itself, and which series' noise is that of single lines."""
    known = ~np.isnan(values)
    learned = known & ~apart[:, None]
    unit, by_line = _things(np.where(learned, values, 0.0), np.where(learned, lines, 0), learned)
    bend = np.where(unit > 0, 2 * LINES * unit, 1.0)
    seen = np.where(learned, np.where(counted, np.arcsinh(values / bend), values), 0.0)
    steady = None if counted.all() else np.where(counted, 1.0, _steady(lines, known))
    middle, noises = _follow(seen, steady, learned, counted, weekday, lead, since)
    rows = slice(since, None)
    seen, values, lines = seen[rows], values[rows], lines[rows]
    flat = np.abs(seen - middle) <= 1e-9 * np.maximum(np.abs(middle), 1)  # never moved, and did not now
    off = np.where(flat, 0.0, seen - middle)
    noise = np.where(off < 0, noises[0], noises[1])
    off /= noise
    off[~learned[rows]] = np.nan
    expected = np.where(counted, np.sinh(middle) * bend, middle)
    tail = scipy.special.stdtr(_tail(np.where(counted & by_line, _least(middle) / noise, 0.0)), -np.abs(off))
    low, high = np.where(off < 0, tail, 1 - tail), np.where(off > 0, tail, 1 - tail)
    some = np.broadcast_to(counted & (unit > 0), off.shape)
    unit = np.broadcast_to(np.maximum(unit, TINY), off.shape)
    rare = some & (off < -1)
    low[rare] = np.maximum(
        low[rare], scipy.special.pdtr(_count(values, unit, rare), _count(expected, unit, rare, whole=False))
    )
    rare = some & (off > 1)
    things = _count(values, unit, rare)
    one_large = (np.broadcast_to(by_line, off.shape) & (lines < MIN_LINES))[rare]  # which is not many
    things = np.where(one_large, np.minimum(things, lines[rare]), things)
    high[rare] = np.maximum(high[rare], scipy.special.pdtrc(things - 1, _count(expected, unit, rare, whole=False)))
    return Usual(expected, low, high), by_line


def _tail(counting: np.ndarray) -> np.ndarray:
    """The degrees of freedom of noise, by the share of it (of standard deviations) that single things make: that share
    is Poisson's, which has no such tails. The excess kurtosis of a sum of two is that of one by the square of its share
    of the variance; of Student's t with d degrees of freedom it is 6 / (d - 4)."""
    days = np.maximum(1 - counting**2, 0) ** 2 * 6 / (TAIL - 4)
    return 4 + 6 / np.maximum(days, 6 / (MAX_TAIL - 4))


def _things(values: np.ndarray, lines: np.ndarray, learned: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What one of the things is worth whose number makes the noise, and whether these are lines.

    Where days vary less than chance would have it for so many lines (a line sums up a day, as in many files), things
    are smaller: as many as have the variance that there is between a day and the same weekday of the week after.
    """
    total, days = np.abs(values).sum(0), learned.sum(0)
    unit, mean = total / np.maximum(lines.sum(0), 1), total / np.maximum(days, 1)
    both = learned[WEEK:] & learned[:-WEEK]
    apart = np.where(both, values[WEEK:] - values[:-WEEK], 0.0) ** 2 / 2
    pairs = both.sum(0)
    varies = apart.sum(0) / np.maximum(pairs, 1) / np.maximum(mean, TINY)
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
    seen: np.ndarray,
    steady: np.ndarray | None,
    learned: np.ndarray,
    counted: np.ndarray,
    weekday: np.ndarray,
    lead: int,
    since: int,
) -> tuple[np.ndarray, np.ndarray]:
    """What each day from `since` on was expected to be, NaN until enough is known, and the standard deviation below and
    above that. `seen` is 0 where nothing is `learned`; without `steady` no day is noisier for being of few lines."""
    days, series = seen.shape
    pace_of = _paces(days)
    middle, noises = np.empty((days - since, series)), np.empty((2, days - since, series))  # below, above
    levels, clean = np.zeros((days + 1, series)), np.zeros((max(days - YEAR + NEAR, 0), series))
    count = np.zeros(series, int)  # days with a value, until this one
    season, spreads, wrong_way = np.zeros((WEEK, series)), np.zeros((2, series)), np.empty((2, series), bool)
    moves = np.zeros((days + 1, series))  # of last year, added up
    news_of = learned.astype(float)
    near = _near(news_of, slice(0, max(days - YEAR, 0)))
    for day in range(days):
        if day % AHEAD == 0 and day >= YEAR - NEAR:  # what the next days of last year were is known by now
            _moved(moves, clean, near, day)
        quick, slow, pace, most, held = pace_of[:, count]
        usually = season[weekday[day]]
        level = levels[day] + (moves[day + 1] - moves[day])
        if lead > 1:
            early = max(day + 1 - lead, 0)
            ahead = levels[early] + (moves[day + 1] - moves[early]) + usually
        else:
            ahead = level + usually
        least = _least(ahead)
        if steady is not None:
            least = np.where(counted, least, MIN_SPREAD * np.abs(ahead) + TINY)
        noise = np.maximum(np.sqrt(spreads), least)
        if day >= since:
            middle[day - since] = np.where(count >= WARM + lead - 1, ahead, np.nan)
            noises[:, day - since] = noise if steady is None else noise * steady[day]
        below, above = most * noise
        off = seen[day] - level - usually
        if steady is not None:
            off /= steady[day]
        news = np.minimum(np.maximum(off, -below), above)
        if day < len(clean):  # the year after asks for it
            believed = np.minimum(np.maximum(off, -BELIEVED * below), BELIEVED * above)
            clean[day] = (level + (believed if steady is None else believed * steady[day])) * news_of[day]
        wrong = news
        if lead > 1:
            wrong = seen[day] - ahead if steady is None else (seen[day] - ahead) / steady[day]
            wrong = np.minimum(np.maximum(wrong, -below), above)
        np.less_equal(wrong, 0, out=wrong_way[0])
        np.greater_equal(wrong, 0, out=wrong_way[1])
        spreads += (wrong * wrong * held - spreads) * (pace * news_of[day] * wrong_way)
        news *= news_of[day]
        np.add(level, quick * news, out=levels[day + 1])
        usually += slow * news
        count += learned[day]
    return middle, noises


def _paces(days: int) -> np.ndarray:
    """How much the level, its weekday and the noise take of a day's news, how many standard deviations of it are
    believed and what its square is worth, by the number of days that are known before it."""
    before = np.arange(days + 1.0)
    believing = before >= SETTLED + 2 * WEEK
    return np.stack(
        [
            np.maximum(LEVEL, 1 / (before + 1)),
            np.where(before >= WEEK, np.maximum(WEEKDAY, 1 / (before / WEEK + 3)), 0),
            (before >= SETTLED) * np.maximum(2 * SCALE, 1 / (np.maximum(before - SETTLED, 0) / 2 + 1)),
            np.where(believing, MAX_NEWS, np.inf),
            np.where(believing, 1 / _HELD, 1.0),
        ]
    )


def _near(values: np.ndarray, rows: slice) -> np.ndarray:
    """Sums of some days' neighbours, `NEAR` on both sides, with their weights."""
    start, stop = max(rows.start - NEAR, 0), rows.stop + NEAR
    weights = np.exp(-((np.arange(-NEAR, NEAR + 1) / WIDTH) ** 2) / 2)
    found = scipy.ndimage.correlate1d(values[start:stop], weights, axis=0, mode="constant")
    return found[rows.start - start :][: rows.stop - rows.start]


def _moved(moves: np.ndarray, clean: np.ndarray, near: np.ndarray, day: int) -> None:
    """Add up how the level moved on the same days of the year before, for the `AHEAD` days from `day` on."""
    until = min(day + AHEAD, len(moves) - 1)
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
