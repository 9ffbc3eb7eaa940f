"""Growth that has been steady for a year or longer, and so is taken to go on.

Learners damp what grows, which is right for most series and wrong for those that grow by the same share all the time.
Of these it is taken out before anything is learned, and put back: what is left has a level.
"""

import numpy as np
import pandas as pd

YEAR = 365.25  # days
MIN_STEPS = 18  # steps, or weeks of days
WAVES = 2  # of a year, taken out where it was seen one and a half times
SURE = 15.0  # standard errors off no growth
WANDERING = 2.0  # standard errors: what is left of a course that wanders follows itself from step to step,
BENT = 2.5  # and of one that bends it has a curve
SLOWEST, FASTEST = 0.2, 2.0  # each quarter of the history grows by so much of the whole's rate
ONWARD = 0.5  # times the history that it goes on for


def steady(grid: pd.Series, frequency: str, season: int) -> float:
    """The growth of a grid (see `series.Open`) as a log a day; 0 where none is sure, and the same all the time.

    A straight line through the logarithms beside a yearly course, which has to be all there is: a level that wanders
    (a random walk with drift) leaves errors that follow each other, and a growth that ends a curve.
    """
    if frequency not in ("D", "W", "MS") or (grid <= 0).any():
        return 0.0
    logged, days = np.log(grid.to_numpy(float)), (grid.index - grid.index[-1]).days.to_numpy(float)
    if frequency == "D":  # by week
        whole = len(grid) // season * season
        logged, days = (one[len(one) - whole :].reshape(-1, season).mean(axis=1) for one in (logged, days))
    years = days / YEAR
    if len(years) < MIN_STEPS or (span := years[-1] - years[0]) < 1:
        return 0.0
    angle = 2 * np.pi * np.outer(years, np.arange(1, WAVES + 1)) * (span >= 1.5)
    design = np.column_stack([np.ones_like(years), years, np.sin(angle), 1 - np.cos(angle)])
    bend = np.column_stack([design, ((years - years.mean()) / span) ** 2])
    slope, surety, left = _last(design, logged, 1)
    follows = (left[1:] @ left[:-1]) / max(left @ left, 1e-12)
    _curve, bent, _left = _last(bend, logged, -1)
    if surety < SURE or follows * np.sqrt(len(left)) > WANDERING or bent > BENT:
        return 0.0
    level = left + slope * years
    parts = [np.polyfit(years[part], level[part], 1)[0] for part in np.array_split(np.arange(len(years)), 4)]
    alike = all(SLOWEST < part / slope < FASTEST for part in parts)
    return float(slope / YEAR) if alike else 0.0


def onward(dates: pd.DatetimeIndex, grid: pd.Series, growth: float) -> np.ndarray:
    """What a growth makes of 1 at the end of a grid, at some dates; after it for half as long as the grid at most."""
    days = (dates - grid.index[-1]).days.to_numpy(float)
    return np.exp(growth * np.minimum(days, ONWARD * (grid.index[-1] - grid.index[0]).days))


def _last(design: np.ndarray, values: np.ndarray, column: int) -> tuple[float, float, np.ndarray]:
    """Of a least-squares fit the slope of a column, how many standard errors it is off none, and what is left.

    Errors that follow each other count as fewer (effective size of an AR(1); Bayley and Hammersley 1946).
    """
    inverse = np.linalg.pinv(design.T @ design)
    slopes = inverse @ design.T @ values
    left = values - design @ slopes
    square = float(left @ left)
    follows = np.clip((left[1:] @ left[:-1]) / max(square, 1e-12), 0, 0.98)
    freedom = max(len(values) - np.linalg.matrix_rank(design), 1)
    error = np.sqrt(square / freedom * inverse[column, column] * (1 + follows) / (1 - follows))
    return float(slopes[column]), float(abs(slopes[column]) / max(error, 1e-12)), left
