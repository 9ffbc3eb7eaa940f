"""What of a horizon is expected because it stood out at that time of earlier years, and what somebody knows of it."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from data.dataset import Finding
from locales import N_
from models.forecast.engine import Window
from models.forecast.yearly import SEEN, YEAR, Occasion, ends

LOUD = 0.1  # in logarithms, from which it is said what stands out every year
AROUND = 60  # days on either side of a horizon in which an occasion may begin or end
ABOVE = N_(
    "Around {day} sales stand {share}% above the weeks around it, as at that time of earlier years (seen: {years}). "
    "The forecast takes that to come again."
)
BELOW = N_(
    "Around {day} sales stand {share}% below the weeks around it, as at that time of earlier years (seen: {years}). "
    "The forecast takes that to come again."
)
ABOVE_ONCE = N_(
    "A year before {day} sales stood {share}% above the weeks around it. It was seen once, and the data cannot tell "
    "whether it comes every year: the forecast expects {part}% of it, as much as came again elsewhere."
)
BELOW_ONCE = N_(
    "A year before {day} sales stood {share}% below the weeks around it. It was seen once, and the data cannot tell "
    "whether it comes every year: the forecast expects {part}% of it, as much as came again elsewhere."
)

LATELY_ABOVE = N_(
    "A year before {day} sales stood {share}% above the weeks around it, as in no other of the {years} years seen. The "
    "data cannot tell whether it comes again: the forecast expects a part of it at most."
)
LATELY_BELOW = N_(
    "A year before {day} sales stood {share}% below the weeks around it, as in no other of the {years} years seen. The "
    "data cannot tell whether it comes again: the forecast expects a part of it at most."
)


@dataclass(frozen=True)
class Expected:
    """A part of a horizon that stood out in earlier `years`, most around `day`, by `share` of the weeks around it.

    `part` is how much of that is expected: all of it where the years agree, none where the last of several stood out by
    itself. `first` to `last` are the days of the last year that stood out. If it comes again as it was, or not at all,
    the forecast of each step of the horizon is `again`, or `once`, times as much; of several years only nearly.
    """

    day: pd.Timestamp
    share: float
    years: int
    part: float
    first: pd.Timestamp
    last: pd.Timestamp
    again: np.ndarray
    once: np.ndarray

    @property
    def doubtful(self) -> bool:
        """Whether the data cannot tell if it comes every year."""
        return self.part < 1

    def occasion(self, again: bool) -> Occasion:
        """What it is, now that somebody has said so."""
        return Occasion(self.first.date(), self.last.date(), again)


def expected(window: Window) -> tuple[Expected, ...]:
    """What stands out in a horizon by more than `LOUD`, in the order of its days."""
    year, frequency = window.history.year, window.history.frequency
    if year is None:
        return ()
    dates = _more(window.dates, frequency)
    seen, said = replace(year, once=(1.0, 1.0))(dates), year(dates)
    seen, lately = np.where(np.abs(seen) > SEEN, seen, year.lately(dates)), year.lately(dates, sure=0)
    sign = np.where(np.abs(seen) > SEEN, np.sign(seen), 0)
    run = np.cumsum(np.diff(sign, prepend=0) != 0)
    inside, place = dates.isin(window.dates), dates.get_indexer(window.dates)
    found = []
    for number in np.unique(run[inside & (np.abs(seen) >= LOUD)]):
        here = run == number
        most = int(np.where(here & inside, np.abs(seen), 0).argmax())
        wide = here | _around(lately * sign[most], most)
        first, last = (side[wide] - YEAR for side in ends(dates, frequency))
        start, end = (pd.Timestamp(round(day), unit="D") for day in (first[0], last[-1]))
        share = float(np.expm1(seen[most]))
        part = float(np.expm1(said[most])) / share
        again, once = (np.exp(np.where(here, to - said, 0.0))[place] for to in (seen, 0.0))
        found.append(Expected(dates[most], share, year.seen(dates[most]), part, start, end, again, once))
    return tuple(found)


def findings(window: Window) -> tuple[Finding, ...]:
    """What is said of what stands out in a horizon."""
    told = []
    for one in expected(window):
        values = {"share": f"{100 * abs(one.share):.0f}", "years": str(one.years)}
        above, below = ABOVE, BELOW
        if one.doubtful and one.years > 1:
            above, below = LATELY_ABOVE, LATELY_BELOW
        elif one.doubtful:
            above, below = ABOVE_ONCE, BELOW_ONCE
            values["part"] = f"{100 * one.part:.0f}"
        told.append(Finding(above if one.share > 0 else below, 0, values, days={"day": one.day.date()}))
    return tuple(told)


def _around(height: np.ndarray, most: int) -> np.ndarray:
    """The places around `most` that are half as high: the ends of what a kernel has smoothed, if it is as wide."""
    low = np.cumsum(2 * height < height[most])
    return np.asarray((low == low[most]) & (2 * height >= height[most]))


def _more(dates: pd.DatetimeIndex, frequency: str) -> pd.DatetimeIndex:
    """The steps of a horizon, and those around it."""
    step = {"D": pd.DateOffset(days=1), "W": pd.DateOffset(days=7)}.get(frequency, pd.DateOffset(months=1))
    more = AROUND // {"D": 1, "W": 7}.get(frequency, 30)
    return pd.date_range(dates[0] - more * step, periods=len(dates) + 2 * more, freq=step)
