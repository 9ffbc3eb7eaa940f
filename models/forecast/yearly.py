"""What stands out at the same time of every year: weeks before Christmas, a sale, a holiday of the whole town.

Waves of the year are too smooth for it and need two years, and most learners know the week only. It is read off the
same dates of the years before, taken out before anything is learned, and put back: what is left has one level.

Some of it moves from year to year: Easter, the end of Ramadan, Black Friday. Which feasts do is told by the years
themselves, two or more: each is foretold by the others with the feast and without it (see `_foretold`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

import numpy as np
import pandas as pd

YEAR = 365.25  # days
MONTHS = {"MS": 1, "QS": 3, "6MS": 6, "YS": 12}  # of a step
LONGEST = 35  # months that are looked at: of more, three of each, the learners know each month of the year
WIDTH = {"D": 5.0, "W": 2.8, "MS": 12.0}  # days: the standard deviation of the kernel
AROUND = 91  # days on either side whose median is the level that something stands out from
BEFORE = 28  # days that must be known before something that stands out
WEEKS = 14  # days on either side that tell a weekday's own level
WHOLE = 0.35  # of the kernel that a year must fill to be heard
OPEN = 0.98  # share of the steps that must have sold something, but in a quiet time
QUIET = 0.1  # of the usual step, below which a time is quiet
NEAR = {"D": 15, "W": 5, "MS": 1}  # steps around one that tell whether its time is quiet
FLOOR = 0.02  # of the median, below which all sales are as small
CHANCE, SURE = 2.0, 4.0  # standard errors that are nothing, and that are all of it
# Of what stood out in one year only, what came again in the next, and the share by which that was off: rises around
# Christmas, and all else. Measured on real series (shops and categories of 1C, Walmart's stores, Superstore) that had
# 14 to 18 months then: 0.99 around Christmas and 0.20 else of days and weeks, 0.90 and 0.41 of months.
ONCE = {"D": (0.2, 0.9), "W": (0.2, 0.9), "MS": (0.4, 0.9)}
OFF = (0.4, 0.3)
CHRISTMAS = (1115, 110)  # month and day of the first and last day around it
MIN_STEPS, TINY = 8, 1e-9
NEXT, LIKE = 5, 3.0  # steps next to a day, and standard deviations of a step from their median, that are like it
SEEN = 0.02  # in logarithms: less is nothing
# A country that has a feast among its bank holidays, its name there, and the days around it that it moves.
FEASTS = (
    ("FI", "Easter Monday", (-22, 10)),
    ("GR", "Easter Monday", (-22, 10)),  # of the Orthodox
    ("SA", "Eid al-Fitr Holiday", (-42, 12)),  # the end of Ramadan
    ("CN", "Chinese New Year (Spring Festival)", (-30, 20)),
    ("IN", "Diwali", (-28, 10)),
    ("US", "Thanksgiving Day", (-3, 7)),
)
BETTER = 0.7  # of the squared error without a feast, below which it is taken for what moves


@dataclass(frozen=True)
class Occasion:
    """Days, both ends included, that stood apart from those around them, and what somebody said of it: that it comes
    `again` every year, or that it happened once, which nothing is to be learned of."""

    first: date
    last: date
    again: bool


@dataclass(frozen=True)
class Recurring:
    """How far the steps of a grid, on `days` since 1970, are `off` the level around them, in logarithms.

    `width` is the standard deviation of a Gaussian kernel in days, `variance` that of one year's kernel mean where
    nothing stands out; `once` the share of what was seen in one year only that comes again: at any time, and where it
    is a rise around Christmas. With a `feast`, its days, the time of the year is counted from the one within `reach`
    days; `moving` are the feasts that have been taken out of `off`. Of what is said to come `again` all is expected.
    """

    days: np.ndarray
    off: np.ndarray
    width: float
    variance: float
    once: tuple[float, float]
    feast: np.ndarray | None = None
    reach: tuple[int, int] = (0, 0)
    moving: tuple["Recurring", ...] = ()
    again: tuple[Occasion, ...] = ()
    like: float = np.inf

    def __call__(self, dates: pd.DatetimeIndex) -> np.ndarray:
        """What recurs on some dates, in logarithms: 0 where nothing does.

        The mean over the years of what was off at that time of the year, by firm shrinkage (Gao and Bruce 1997) in
        units of its standard error, to which years that disagree add; of what was seen in one year only `once` of it
        later on. The last weeks do not speak for themselves: a new level is no time of the year.
        """
        return np.asarray(self._own(dates) + sum(one._own(dates) for one in self.moving))

    def error(self, dates: pd.DatetimeIndex) -> np.ndarray:
        """The standard error of what recurs on some dates, in logarithms; 0 where nothing does.

        What was seen in one year only is off by a share of it as well.
        """
        return np.asarray(np.sqrt(sum(one._unsure(dates) ** 2 for one in (self, *self.moving))))

    def _own(self, dates: pd.DatetimeIndex) -> np.ndarray:
        return self._shrunk(dates)[0]

    def _unsure(self, dates: pd.DatetimeIndex) -> np.ndarray:
        expected, mean, error, count = self._shrunk(dates)
        share = np.where(_festive(dates) & (mean > 0), *OFF[::-1])
        return np.where(expected == 0, 0.0, np.hypot(error, np.where(count == 1, share, 0.0) * mean))

    def _shrunk(self, dates: pd.DatetimeIndex) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Of some dates what is expected, with what it is made of (see `_averaged`)."""
        at = _days(dates)
        mean, error, count = self._averaged(at)
        far = np.abs(mean) / error
        kept = np.clip((far - CHANCE) / (SURE - CHANCE) * SURE / np.maximum(far, CHANCE), 0, 1)
        kept[far >= SURE] = 1
        trust = np.where(_festive(dates) & (mean > 0), *self.once[::-1])
        doubted = (count == 1) & (at > self.days[-1]) & ~self._of_again(at).any(axis=0)
        expected = mean * kept * np.where(doubted, trust, 1.0)
        return np.asarray(expected), mean, error, count

    def lately(self, dates: pd.DatetimeIndex, sure: float = SURE) -> np.ndarray:
        """What the last year by itself tells of some dates to come, in logarithms; 0 below `sure` standard errors."""
        at = _days(dates)
        told = np.nan_to_num(self._mean(at - np.ceil((at - self.days[-1]) / YEAR).clip(1) * YEAR))
        return np.where(np.abs(told) >= sure * np.sqrt(self.variance + TINY), told, 0.0)

    def _of_again(self, at: np.ndarray) -> np.ndarray:
        """Of each occasion that comes again (a row), which days are at its time of the year."""
        ends = [_days(pd.DatetimeIndex([one.first, one.last])) for one in self.again]
        found = [(at - first + 0.5) % YEAR <= last - first + 1 for first, last in ends]
        return np.array(found).reshape(len(found), len(at))

    def seen(self, when: pd.Timestamp) -> int:
        """How many years tell of a date."""
        day = pd.DatetimeIndex([when])
        one = next((feast for feast in self.moving if feast._own(day).any()), self)
        return int(np.isfinite(one._told(_days(day))).sum())

    def _averaged(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of some days the mean over the years, its standard error, and how many years they are."""
        told = self._told(at)
        count = np.isfinite(told).sum(axis=0)
        mean = np.nansum(told, axis=0) / np.maximum(count, 1)
        apart = np.nansum((told - mean) ** 2, axis=0) / np.maximum(count, 1) / np.maximum(count - 1, 1)
        return mean, np.sqrt(self.variance / np.maximum(count, 1) + apart + TINY), count

    def _told(self, at: np.ndarray) -> np.ndarray:
        """What each year (a row) tells of some days, NaN where it tells nothing.

        What was said to come again does so from its first year on: of those before it tells nothing, nor they of it.
        """
        if self.feast is not None:
            after, here = self._counted(at)
            return np.array([np.where(here, self._mean(day + after), np.nan) for day in self.feast])
        years = int((max(self.days[-1], at.max(initial=0)) - self.days[0]) / YEAR) + 1
        from_day = at - np.arange(-years, years + 1)[:, None] * YEAR
        reach = 3 * self.width
        near = (from_day >= self.days[0] - reach) & (from_day <= self.days[-1] + reach)  # half of them lie elsewhere
        told = np.full(from_day.shape, np.nan)
        told[near] = self._mean(from_day[near])
        for one, here in zip(self.again, self._of_again(at), strict=True):
            first = _days(pd.DatetimeIndex([one.first]))[0] - YEAR / 2
            told[here & ((from_day > first) != (at > first))] = np.nan
        return told

    def _counted(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How many days after the nearest feast some days are, and whether that is within reach."""
        feast = np.zeros(1) if self.feast is None else self.feast
        after = at[:, None] - feast
        after = after[np.arange(len(at)), np.abs(after).argmin(axis=1)]
        return after, (after >= self.reach[0]) & (after <= self.reach[1])

    def _mean(self, at: np.ndarray) -> np.ndarray:
        """The kernel mean around some days, NaN where too few steps lie there.

        Of what is `like` the few steps next to a day, so that a month which is another one from its first day to its
        last keeps its edges (a bilateral filter: Tomasi and Manduchi 1998).
        """
        spacing = (self.days[-1] - self.days[0]) / (len(self.days) - 1)
        reach = 3 * self.width
        first = np.searchsorted(self.days, at - reach)
        place = first[:, None] + np.arange(int(2 * reach / np.diff(self.days).min()) + 2)
        there = place < len(self.days)
        place = np.minimum(place, len(self.days) - 1)
        far = np.where(there, np.abs(self.days[place] - at[:, None]) / self.width, np.inf)
        weight, off = np.exp(-0.5 * far**2) * (far <= 3), self.off[place]
        heard = weight.sum(axis=1) > WHOLE * self.width * np.sqrt(2 * np.pi) / spacing
        if np.isfinite(self.like):
            nearest = np.argsort(far, axis=1)[:, :NEXT]
            next_to = np.take_along_axis(np.where(far <= 3, off, np.nan), nearest, axis=1)
            middle = np.nanmedian(np.where(heard[:, None], next_to, 0.0), axis=1)
            weight *= np.exp(-0.5 * ((off - middle[:, None]) / self.like) ** 2)
        return np.where(heard, (weight * off).sum(axis=1) / np.maximum(weight.sum(axis=1), TINY), np.nan)


def once(dates: pd.DatetimeIndex, frequency: str, said: Sequence[Occasion]) -> np.ndarray:
    """Which steps were ones of which somebody said that they happened once (see `within`)."""
    return within(dates, frequency, [one for one in said if not one.again])


def within(dates: pd.DatetimeIndex, frequency: str, occasions: Sequence[Occasion]) -> np.ndarray:
    """Which steps were, by half of themselves or of the occasion, one of `occasions`."""
    start, end = ends(dates, frequency)
    found = np.zeros(len(dates), bool)
    for one in occasions:
        first, last = _days(pd.DatetimeIndex([one.first, one.last]))
        shared = np.minimum(end, last) - np.maximum(start, first) + 1
        found |= 2 * shared >= np.minimum(end - start, last - first) + 1
    return found


def ends(dates: pd.DatetimeIndex, frequency: str) -> tuple[np.ndarray, np.ndarray]:
    """The first and the last day of steps, since 1970: weeks are dated by their last day, months by their first."""
    first = last = _days(dates)
    if frequency == "W":
        first = last - 6
    elif frequency != "D":
        last = _days(dates + pd.DateOffset(months=MONTHS[frequency])) - 1
    return first, last


def quiet(values: pd.Series, frequency: str) -> pd.Series:
    """Which steps lie in a time in which so little is sold that a step without a sale is no wonder, and not closed.

    By what is sold on the steps around one that sell anything: around works of three weeks that is as much as ever.
    """
    sold = values[values != 0].abs()
    near = sold.rolling(NEAR[frequency], center=True, min_periods=1).median()
    return near.reindex(values.index, method="nearest") < QUIET * sold.median()


def recurring(grid: pd.Series, frequency: str, said: Sequence[Occasion] = ()) -> Recurring | None:
    """What recurs in a grid (see `series.Open`) of days, weeks or few months; None where nothing does.

    Logarithms, less the usual one of the weekday, are held against their median over `AROUND` days on either side.
    """
    if frequency not in WIDTH or (frequency == "MS" and len(grid) > LONGEST):
        return None
    days = _days(pd.DatetimeIndex(grid.index))
    there = (grid > 0) | quiet(grid, frequency)
    if len(days) < MIN_STEPS or days[-1] - days[0] < YEAR - AROUND + BEFORE or there.mean() < OPEN:
        return None
    logged = np.log(grid.clip(lower=FLOOR * grid.median()))
    if frequency == "D":
        weekday = pd.DatetimeIndex(grid.index).day_of_week
        near = logged.rolling(f"{2 * WEEKS + 1}D", center=True).median()
        logged = logged - (logged - near).groupby(weekday).transform("median")
    logged = logged - np.polyval(np.polyfit(days, logged, 1), days)  # a trend is below its median at the begin
    off = (logged - logged.rolling(f"{2 * AROUND + 1}D", center=True).median()).to_numpy()
    # What the last weeks stand out from is to come: they may be a new level, which is no time of the year. And what
    # the first ones stood out from was before: a December without its November says nothing of the next.
    whole = (days <= days[-1] - AROUND) & (days >= days[0] + BEFORE)
    days, off = days[whole], off[whole]
    width = WIDTH[frequency]
    like = LIKE * _spread(np.diff(off)) / np.sqrt(2) if frequency == "D" else np.inf
    found = Recurring(days, off, width, 0.0, ONCE[frequency], again=tuple(one for one in said if one.again), like=like)
    smooth = found._mean(days)
    noise, wander = _spread(off - smooth), _spread(smooth)
    spacing = (days[-1] - days[0]) / (len(days) - 1)
    variance = noise**2 * spacing / (2 * np.sqrt(np.pi) * width) + wander**2
    found = replace(found, variance=variance)
    if frequency != "MS":
        found = _moving(found)
    year = pd.date_range(grid.index[-1], periods=366)
    loud = [np.abs(found(dates)).max() for dates in (pd.DatetimeIndex(grid.index), year)]
    return found if max(*loud, np.abs(found.lately(year)).max()) >= SEEN else None


def _moving(found: Recurring) -> Recurring:
    """What recurs, with the feasts that move told apart: the best of them first, as long as one tells the years."""
    dates = pd.DatetimeIndex(found.days.astype("datetime64[D]"))
    years = (found.days[[0, -1]] / YEAR + 1970).astype(int)
    open_to = [
        replace(found, feast=_feasts(country, name, int(years[0]), int(years[1]) + 4), reach=reach)
        for country, name, reach in FEASTS
    ]
    while open_to:
        told = [_foretold(found, one) for one in open_to]
        best = int(np.argmin(told))
        if told[best] >= BETTER:
            break
        one = replace(open_to[best], off=found.off)
        found = replace(found, off=found.off - one._own(dates), moving=(*found.moving, one))
        del open_to[best]
    return found


def _foretold(found: Recurring, moving: Recurring) -> float:
    """The squared error by which years are foretold from the others with a feast, over that without it or of nothing,
    whichever is less; 1 where there are no two years, or nothing stands out around it.

    Of the days within reach of the feast of a year, and of those on which another year's would be expected.
    """
    first, last = moving.reach
    feast = np.zeros(0) if moving.feast is None else moving.feast
    feast = feast[(feast + first >= found.days[0]) & (feast + last <= found.days[-1])]
    moving, window = replace(moving, off=found.off, feast=feast), np.arange(first, last + 1.0)
    if len(feast) < 2:
        return 1.0
    mean, error, _count = moving._averaged(feast[0] + window)
    if (np.abs(mean) / error).max() < SURE:
        return 1.0
    with_it = without = nothing = 0.0
    for number, day in enumerate(feast):
        others = np.delete(feast, number)
        shifts = np.rint((others - day) / YEAR) * YEAR
        at = np.unique(np.concatenate([day + window, *((others - shifts)[:, None] + window)]))
        came = found._mean(at)
        then = [found._mean(at + shift) for shift in shifts]
        rest = [one - _by_others(moving, others, at + shift) for one, shift in zip(then, shifts, strict=True)]
        usual, both = np.mean(then, axis=0), np.mean(rest, axis=0) + _by_others(moving, others, at)
        good = np.isfinite(came + usual + both)
        with_it += float(np.square(came - both)[good].sum())
        without += float(np.square(came - usual)[good].sum())
        nothing += float(np.square(came)[good].sum())
    return with_it / max(min(without, nothing), TINY)


def _by_others(moving: Recurring, others: np.ndarray, at: np.ndarray) -> np.ndarray:
    """What other years' feasts tell of some days, by how many days these are after the nearest one; 0 out of reach."""
    after, here = moving._counted(at)
    return np.where(here, np.mean([moving._mean(one + after) for one in others], axis=0), 0.0)


@cache
def _feasts(country: str, name: str, first: int, last: int) -> np.ndarray:
    """The first day of a feast in each of some years, since 1970."""
    import holidays

    found = holidays.country_holidays(country, years=range(first - 1, last + 1), language="en_US")
    days = _days(pd.DatetimeIndex(sorted(day for day, called in found.items() if name in called)))
    return days[np.diff(days, prepend=-np.inf) > AROUND]


def _festive(dates: pd.DatetimeIndex) -> np.ndarray:
    """Which dates are around Christmas."""
    code = np.asarray(dates.month * 100 + dates.day)
    return (code >= CHRISTMAS[0]) | (code <= CHRISTMAS[1])


def _days(dates: pd.DatetimeIndex) -> np.ndarray:
    return np.asarray(dates.to_numpy().astype("datetime64[D]").astype(float))


def _spread(values: np.ndarray) -> float:
    """A robust standard deviation: the median absolute deviation, as of a normal distribution."""
    return float(1.4826 * np.nanmedian(np.abs(values - np.nanmedian(values))))
