"""By how much forecasts of one series by the day and by the week or month differ for the same days.

Each is learned from its own history, and they need not add up. In 80 forecasts of the next month (1C by shop, the demo
by category) they were 14 % apart in the median. Neither is always closer: mean absolute errors, over the usual
difference of two months, were 0.52 by days and 0.77 by months on 1C, 0.92 and 0.72 on the demo; on all 0.70 and 0.75,
and 0.67 of the mean of both. So both are said.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.forecast.combined import Forecast
from models.forecast.engine import DEFAULT
from models.forecast.intervals import paths


@dataclass(frozen=True)
class Agreement:
    """What is expected from `start` to `end` by the `steps`, whole weeks or months, and by their `days`: each as a mean
    and the ends of its 80 % band."""

    start: pd.Timestamp
    end: pd.Timestamp
    steps: tuple[float, float, float]
    days: tuple[float, float, float]

    @property
    def apart(self) -> float:
        """The sum of the days over that of the steps, less one; NaN where nothing is expected."""
        return self.days[0] / self.steps[0] - 1 if self.steps[0] else float("nan")

    @property
    def told_apart(self) -> bool:
        """Whether neither says what the other's band holds."""
        inside = (self.days[1] <= self.steps[0] <= self.days[2], self.steps[1] <= self.days[0] <= self.steps[2])
        return not any(inside)


def compare(coarse: Forecast, daily: Forecast, frequency: str) -> Agreement | None:
    """The steps of a forecast by week ("W") or month ("MS") that a daily one reaches over whole; None where none is."""
    ends = coarse.frame.index if frequency == "W" else coarse.frame.index + pd.offsets.MonthEnd(0)
    starts = ends - pd.Timedelta(days=6) if frequency == "W" else coarse.frame.index
    whole = np.asarray((starts > daily.window.origin) & (ends <= daily.frame.index[-1]))
    if not whole.any():
        return None
    start, end = starts[whole][0], ends[whole][-1]
    days = np.asarray((daily.frame.index >= start) & (daily.frame.index <= end))
    return Agreement(start, end, summed(coarse, whole), summed(daily, days))


def summed(found: Forecast, which: np.ndarray) -> tuple[float, float, float]:
    """The mean, and the ends of the 80% band, of the sum of the steps `which` (a mask)."""
    lo, hi = np.quantile(paths(found.window, found.past, DEFAULT)[:, which].sum(axis=1), (0.1, 0.9))
    return float(found.frame["mean"].to_numpy()[which].sum()), float(lo), float(hi)
