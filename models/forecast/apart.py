"""Whether the last steps of a series stand apart from those before: a new level, or something that happens once.

Data that end there cannot tell which. It is asked, and both answers can be had.
"""

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

Recent = Literal["level", "once"]
MIN_STEPS = {"D": 7, "W": 3}  # steps that can stand apart,
BEFORE = {"D": 56, "W": 12}  # those that they are compared with,
SETTLED = {"D": 14, "W": 4}  # and from so many on it is taken for a new level until somebody says otherwise
FACTOR = 1.3  # smallest change that is asked about
TIMES = 2.0  # by how much it is larger than any change before


@dataclass(frozen=True)
class Apart:
    """The last `steps` of a series, since `since`, sell `factor` times what was usual before."""

    since: pd.Timestamp
    steps: int
    factor: float

    def taken(self, frequency: str) -> Recent:
        """What it is taken for, as long as nobody has said."""
        return "level" if self.steps >= SETTLED[frequency] else "once"


def apart(grid: pd.Series, frequency: str, season: int) -> Apart | None:
    """The last steps of a grid (see `series.Open`, its closed days missing), where they stand apart; None elsewhere.

    A mean of logarithms over some steps, each less the usual one of its weekday over the weeks before, is held against
    what the same came to at every earlier time: twice the largest is no chance, and no season that was seen before.
    """
    if frequency not in MIN_STEPS or (grid.dropna() <= 0).any():
        return None
    days, phase = (7, season) if frequency == "D" else (1, 1)  # of a week, and the open ones
    least, before = (of[frequency] // days * phase for of in (MIN_STEPS, BEFORE))
    logged = np.log(grid.to_numpy(float))
    changes = {}
    for steps in range(least, before + 1, phase):
        if len(logged) < 3 * (steps + before):
            break
        last = float(_changes(logged[-steps - before :], steps, before, phase)[-1])
        if abs(last) < np.log(FACTOR):
            continue
        earlier = np.abs(_changes(logged[: -steps - before], steps, before, phase))
        if abs(last) > TIMES * np.nanmax(earlier):
            changes[steps] = last
    if not changes:
        return None
    steps = max(changes, key=lambda one: abs(changes[one]) * np.sqrt(one))
    return Apart(pd.Timestamp(grid.index[-steps]), steps, float(np.exp(changes[steps])))


def bring(values: pd.Series, found: Apart, answer: Recent) -> pd.Series:
    """A series at one level: what came before at the new one, or the last steps at the usual one."""
    last = values.index >= found.since
    factor = np.where(last, 1.0, found.factor) if answer == "level" else np.where(last, 1 / found.factor, 1.0)
    return values * factor


def _changes(logged: np.ndarray, steps: int, before: int, phase: int) -> np.ndarray:
    """For every time, the mean of the last `steps` less the usual ones of the `before` steps before them."""
    windows = np.lib.stride_tricks.sliding_window_view(logged, steps + before)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a weekday, or all of them, without a value in some weeks
        usual = np.nanmedian(windows[:, :before].reshape(len(windows), -1, phase), axis=1)
        off = windows[:, before:].reshape(len(windows), -1, phase) - usual[:, None]
        return np.asarray(np.nanmean(off, axis=(1, 2)))
