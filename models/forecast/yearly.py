"""What stands out at the same time of every year: weeks before Christmas, a sale, a holiday of the whole town.

Waves of the year are too smooth for it and need two years, and most learners know the week only. It is read off the
same dates of the years before, taken out before anything is learned, and put back: what is left has one level.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

YEAR = 365.25  # days
LONGEST = 23  # months that are looked at: of more the learners know each month of the year
WIDTH = {"D": 5.0, "W": 2.8, "MS": 12.0}  # days: the standard deviation of the kernel
AROUND = 91  # days on either side whose median is the level that something stands out from
WEEKS = 14  # days on either side that tell a weekday's own level
WHOLE = 0.35  # of the kernel that a year must fill to be heard
OPEN = 0.98  # share of the steps that must have sold something
FLOOR = 0.02  # of the median, below which all sales are as small
CHANCE, SURE = 2.0, 4.0  # standard errors that are nothing, and that are all of it
ONCE, OFF = 0.9, 0.2  # of what stood out in one year only, and the share by which that is off in another
MIN_STEPS, TINY = 8, 1e-9
SEEN = 0.02  # in logarithms: less is nothing


@dataclass(frozen=True)
class Recurring:
    """How far the steps of a grid, on `days` since 1970, are `off` the level around them, in logarithms.

    `width` is the standard deviation of a Gaussian kernel in days, `variance` that of one year's kernel mean where
    nothing stands out.
    """

    days: np.ndarray
    off: np.ndarray
    width: float
    variance: float

    def __call__(self, dates: pd.DatetimeIndex) -> np.ndarray:
        """What recurs on some dates, in logarithms: 0 where nothing does.

        The mean over the years of what was off at that time of the year, by firm shrinkage (Gao and Bruce 1997) in
        units of its standard error, to which years that disagree add; of what was seen in one year only `ONCE` of it.
        The last weeks do not speak for themselves: a new level is no time of the year.
        """
        mean, error, count = self._averaged(dates)
        far = np.abs(mean) / error
        kept = np.clip((far - CHANCE) / (SURE - CHANCE) * SURE / np.maximum(far, CHANCE), 0, 1)
        kept[far >= SURE] = 1
        return np.asarray(mean * kept * np.where(count == 1, ONCE, 1.0))

    def error(self, dates: pd.DatetimeIndex) -> np.ndarray:
        """The standard error of what recurs on some dates, in logarithms; 0 where nothing does.

        What was seen in one year only is off by a share of it as well.
        """
        mean, error, count = self._averaged(dates)
        unsure = np.hypot(error, np.where(count == 1, OFF, 0.0) * mean)
        return np.asarray(np.where(self(dates) == 0, 0.0, unsure))

    def _averaged(self, dates: pd.DatetimeIndex) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of some dates the mean over the years, its standard error, and how many years they are."""
        told = self._told(_days(dates))
        count = np.isfinite(told).sum(axis=0)
        mean = np.nansum(told, axis=0) / np.maximum(count, 1)
        apart = np.nansum((told - mean) ** 2, axis=0) / np.maximum(count, 1) / np.maximum(count - 1, 1)
        return mean, np.sqrt(self.variance / np.maximum(count, 1) + apart + TINY), count

    def seen(self, date: pd.Timestamp) -> int:
        """How many years tell of a date."""
        return int(np.isfinite(self._told(_days(pd.DatetimeIndex([date])))).sum())

    def _told(self, at: np.ndarray) -> np.ndarray:
        """What each year (a row) tells of some days, NaN where it tells nothing."""
        years = int((max(self.days[-1], at.max(initial=0)) - self.days[0]) / YEAR) + 1
        return np.array([self._mean(at - back * YEAR) for back in range(-years, years + 1)])

    def _mean(self, at: np.ndarray) -> np.ndarray:
        """The kernel mean around some days, NaN where too few steps lie there."""
        spacing = (self.days[-1] - self.days[0]) / (len(self.days) - 1)
        reach = 3 * self.width
        first = np.searchsorted(self.days, at - reach)
        place = first[:, None] + np.arange(int(2 * reach / np.diff(self.days).min()) + 2)
        there = place < len(self.days)
        place = np.minimum(place, len(self.days) - 1)
        far = (self.days[place] - at[:, None]) / self.width
        weight = np.exp(-0.5 * far**2) * (there & (np.abs(far) <= 3))
        total = weight.sum(axis=1)
        heard = total > WHOLE * self.width * np.sqrt(2 * np.pi) / spacing
        return np.where(heard, (weight * self.off[place]).sum(axis=1) / np.maximum(total, 1e-12), np.nan)


def recurring(grid: pd.Series, frequency: str) -> Recurring | None:
    """What recurs in a grid (see `series.Open`) of days, weeks or few months; None where nothing does.

    Logarithms, less the usual one of the weekday, are held against their median over `AROUND` days on either side.
    """
    if frequency not in WIDTH or (frequency == "MS" and len(grid) > LONGEST):
        return None
    days = _days(pd.DatetimeIndex(grid.index))
    if len(days) < MIN_STEPS or days[-1] - days[0] < YEAR - AROUND or (grid > 0).mean() < OPEN:
        return None
    logged = np.log(grid.clip(lower=FLOOR * grid.median()))
    if frequency == "D":
        weekday = pd.DatetimeIndex(grid.index).day_of_week
        near = logged.rolling(f"{2 * WEEKS + 1}D", center=True).median()
        logged = logged - (logged - near).groupby(weekday).transform("median")
    logged = logged - np.polyval(np.polyfit(days, logged, 1), days)  # a trend is below its median at the begin
    off = (logged - logged.rolling(f"{2 * AROUND + 1}D", center=True).median()).to_numpy()
    # What the last weeks stand out from is to come: they may be a new level, which is no time of the year.
    whole = days <= days[-1] - AROUND
    days, off = days[whole], off[whole]
    width = WIDTH[frequency]
    found = Recurring(days, off, width, 0.0)
    smooth = found._mean(days)
    noise, wander = _spread(off - smooth), _spread(smooth)
    spacing = (days[-1] - days[0]) / (len(days) - 1)
    found = Recurring(days, off, width, noise**2 * spacing / (2 * np.sqrt(np.pi) * width) + wander**2)
    year = pd.date_range(grid.index[-1], periods=366)
    loud = max(np.abs(found(dates)).max() for dates in (pd.DatetimeIndex(grid.index), year))
    return found if loud >= SEEN else None


def _days(dates: pd.DatetimeIndex) -> np.ndarray:
    return np.asarray(dates.to_numpy().astype("datetime64[D]").astype(float))


def _spread(values: np.ndarray) -> float:
    """A robust standard deviation: the median absolute deviation, as of a normal distribution."""
    return float(1.4826 * np.nanmedian(np.abs(values - np.nanmedian(values))))
