"""Rolling origins: what each learner would have said at a past date, and what came then.

Everything else follows from a list of such windows: the league table, the width of the bands, their measured
coverage, and the way back in time.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cache, partial
from time import perf_counter
from typing import Protocol

import numpy as np
import pandas as pd

from models.forecast import learners as learning
from models.forecast.apart import Recent, bring
from models.forecast.learners import COMBINED, INTERMITTENT, LEARNERS, Fitted, learn
from models.forecast.series import CannotForecast, Open, Regular, learnable
from models.forecast.yearly import Occasion

log = logging.getLogger("vigie.forecast")
DEFAULT = "combined"  # the default answer: the trimmed mean of COMBINED, and of slow demand the mean of INTERMITTENT


class Progress(Protocol):
    """Is told that a learner has spoken in the window after `done` of all `windows`."""

    def __call__(self, learner: str, /, *, done: int, windows: int) -> None: ...


@dataclass(frozen=True)
class Window:
    """One origin. `length` steps of the series were known then, the last one on `origin`.

    `forecast` has an array a learner with one forecast for each of `dates`, every step of the horizon (closed ones are
    zero), `seconds` what each took. `actual` is what came, NaN where it is not known yet. `counted` marks the steps
    that scores are about: those thought open, or sold on. `scale` is the mean absolute difference to one season
    before, in what was known then. `fitted` forecasts again, without learning again, for other known futures; `known`
    is what was known beforehand of the steps that it learned from.
    """

    length: int
    origin: pd.Timestamp
    dates: pd.DatetimeIndex
    forecast: dict[str, np.ndarray]
    actual: np.ndarray
    counted: np.ndarray
    scale: float
    seconds: dict[str, float]
    history: Open
    fitted: dict[str, Fitted]
    known: pd.DataFrame | None = None

    def error(self, learner: str) -> np.ndarray:
        """What came less what was said, at the counted steps in units of `scale`; NaN elsewhere."""
        return np.where(self.counted, (self.actual - self.forecast[learner]) / self.scale, np.nan)


def look(
    series: Regular,
    length: int,
    horizon: int,
    learners: Collection[str] = COMBINED,
    future: pd.DataFrame | None = None,
    progress: Callable[[str], None] | None = None,
    recent: Recent | None = None,
    said: Sequence[Occasion] = (),
) -> Window:
    """Stand after the first `length` steps of a series and look `horizon` steps ahead.

    Nothing after the origin is used: closures, scales and features are found anew. `future` is what was known
    beforehand (see `split`). Where all of `COMBINED` is asked for, the default answer is added; slow demand has others
    for it (`INTERMITTENT`), which stand for those then. `recent` and `said` are as for `series.learnable`. `progress`
    is called after each learner. A learner that cannot learn from this series is left out. What has ended is zero,
    whoever speaks. Raises `CannotForecast` where nobody can.
    """
    past = series.upto(length)
    dates = past.ahead(horizon)
    closed, regressors = split(future)
    history = learnable(past, closed, regressors, recent, said)
    is_open = history.is_open(dates) & ~(np.zeros(horizon, bool) if closed is None else dates.isin(closed))
    before = None if regressors is None else regressors.reindex(history.grid.index)
    default = set(COMBINED) <= set(learners)
    if default and history.intermittent:
        learners = (*(name for name in learners if name not in (*COMBINED, *INTERMITTENT)), *INTERMITTENT)
    forecast: dict[str, np.ndarray] = {}
    seconds: dict[str, float] = {}
    fitted: dict[str, Fitted] = {}
    for name in learners:
        start = perf_counter()
        try:
            fitted[name] = learn(name, history, before)
            ahead = _ahead(fitted[name], history, dates, is_open, regressors)
        except (ValueError, ArithmeticError, IndexError, RuntimeError, np.linalg.LinAlgError) as error:
            log.warning("%s cannot learn from a series of %s steps: %s", name, len(history.values), error)
            ahead = np.full(horizon, np.nan)
        if np.isfinite(ahead).all():
            forecast[name] = ahead
            seconds[name] = perf_counter() - start
        if progress:
            progress(name)
    members = [name for name in members_of(history) if name in forecast]
    if default and members:
        forecast[DEFAULT] = _combined(history, [forecast[name] for name in members], regressors is not None)
        seconds[DEFAULT] = sum(seconds[name] for name in members)
    if not forecast:
        raise CannotForecast(learning.NONE)
    actual = series.values.reindex(dates).to_numpy()
    counted = is_open | (np.nan_to_num(actual) != 0)
    return Window(
        length,
        past.dates[-1],
        dates,
        forecast,
        actual,
        counted,
        _scale(past, history),
        seconds,
        history,
        fitted,
        before,
    )


def later(name: str, history: Open, known: pd.DataFrame | None) -> Fitted:
    """What a learner makes of a series, learned when it is first asked."""
    learned = cache(partial(learn, name, history, known))
    return lambda dates, future: learned()(dates, future)


def split(future: pd.DataFrame | None) -> tuple[pd.DatetimeIndex | None, pd.DataFrame | None]:
    """The closed days and the regressors in a frame of what is known beforehand, by date.

    The column `closed` is true on days without any sale; every other column is a number a learner may use.
    """
    if future is None:
        return None, None
    closed = future.index[future["closed"].astype(bool)] if "closed" in future else None
    regressors = future.drop(columns="closed", errors="ignore").astype(float)
    return closed, regressors if len(regressors.columns) else None


def origins(series: Regular, horizon: int, windows: int, step: int | None = None) -> list[int]:
    """Up to `windows` lengths to look ahead from, the last one `horizon` steps before the end, `step` steps apart.

    Each leaves at least a third of the series, and two weeks of days, to learn from. Too short a series has none.
    """
    step, last = step or horizon, len(series.values) - horizon
    least = max(len(series.values) // 3, 21 if series.frequency == "D" else 8)
    return [last - step * number for number in reversed(range(windows)) if last - step * number >= least]


def again(window: Window, future: pd.DataFrame | None) -> np.ndarray:
    """The median forecast of a window for another known future, without learning again. Closed days become zero."""
    closed, regressors = split(future)
    shut = np.zeros(len(window.dates), bool) if closed is None else window.dates.isin(closed)
    is_open = window.history.is_open(window.dates) & ~shut
    members = [name for name in members_of(window.history) if name in window.forecast]
    return _combined(
        window.history,
        [_ahead(window.fitted[name], window.history, window.dates, is_open, regressors) for name in members],
        regressors is not None,
    )


def members_of(history: Open) -> tuple[str, ...]:
    """The learners behind the default answer to a series."""
    return INTERMITTENT if history.intermittent else COMBINED


def _combined(history: Open, members: Sequence[np.ndarray], explained: bool) -> np.ndarray:
    """What learners say at each step, the highest and the lowest left out; of slow demand the mean of them all.

    Where more is known beforehand it is the median: most of five learners know it then, and the others would hold back.
    """
    said = np.sort(members, axis=0)
    if explained and not history.intermittent:
        return np.asarray(np.median(said, axis=0))
    return np.asarray((said if history.intermittent or len(said) < 3 else said[1:-1]).mean(axis=0))


def _ahead(
    fitted: Fitted, history: Open, dates: pd.DatetimeIndex, is_open: np.ndarray, regressors: pd.DataFrame | None
) -> np.ndarray:
    """What a learner says of some dates: it is asked for the whole grid, so that a closed day shifts no other one."""
    grid = history.in_grid(dates)
    ahead = np.zeros(len(dates))
    if grid.any() and not history.ended:
        ahead[grid] = fitted(dates[grid], None if regressors is None else regressors.reindex(dates[grid]))
    if (history.values >= 0).all():
        ahead = np.maximum(ahead, 0)
    return np.where(is_open, ahead, 0)


def scores(window: Window, learner: str, bands: dict[int, tuple[np.ndarray, np.ndarray]]) -> dict[str, float]:
    """How far a learner was off in a window whose actual values are known, over the counted steps.

    `mae`, `rmse` and `bias` (said less actual, on average) in the series' unit; `mape` and `smape` as shares, over
    steps that are not zero (MAPE) or not both zero (sMAPE); `mase` after Hyndman and Koehler (2006); for each level
    of `bands` its `coverage-`, and `pinball`, the mean quantile loss over all their ends and the forecast itself.
    """
    counted = window.counted & np.isfinite(window.actual)
    actual, forecast = window.actual[counted], window.forecast[learner][counted]
    off = np.abs(actual - forecast)
    sizes, sold = np.abs(actual) + np.abs(forecast), actual != 0
    result = {
        "mae": float(off.mean()) if len(off) else np.nan,
        "rmse": float(np.sqrt((off**2).mean())) if len(off) else np.nan,
        "mape": float((off[sold] / np.abs(actual[sold])).mean()) if sold.any() else np.nan,
        "smape": float((2 * off / sizes)[sizes > 0].mean()) if (sizes > 0).any() else np.nan,
        "mase": float(off.mean() / window.scale) if len(off) else np.nan,
        "bias": float((forecast - actual).mean()) if len(off) else np.nan,
    }
    losses = [_pinball(actual, forecast, 0.5)]
    for level, (lo, hi) in bands.items():
        lo, hi = lo[counted], hi[counted]
        inside = (actual >= lo) & (actual <= hi)
        result[f"coverage-{level}"] = float(inside.mean()) if len(lo) and np.isfinite(lo).all() else np.nan
        tail = (1 - level / 100) / 2
        losses += [_pinball(actual, lo, tail), _pinball(actual, hi, 1 - tail)]
    result["pinball"] = float(np.mean(losses))
    return result


def named(windows: Sequence[Window]) -> list[str]:
    """The learners that spoke in every one of some windows, the combination first."""
    common = set.intersection(*(set(window.forecast) for window in windows)) if windows else set()
    return [name for name in (DEFAULT, *LEARNERS) if name in common]


def _pinball(actual: np.ndarray, quantile: np.ndarray, at: float) -> float:
    off = actual - quantile
    return float(np.maximum(at * off, (at - 1) * off).mean()) if len(off) else np.nan


def _scale(past: Regular, history: Open) -> float:
    """The error of saying "as a season ago" throughout what is known, the unit of MASE; never zero."""
    level = bring(past.values, history.apart, history.recent) if history.apart and history.recent else past.values
    values = level.reindex(history.dates).reindex(history.grid.index).to_numpy()  # closed steps are not compared
    return naive_error(values, history.season) or float(np.nanmean(np.abs(values))) or 1.0


def naive_error(values: np.ndarray, season: int) -> float:
    """The mean absolute error of saying "as a season ago", or of too few values "as a step ago"; 0 where it is none."""
    season = season if len(values) > 2 * season else 1
    apart = np.abs(values[season:] - values[:-season])
    return float(np.nanmean(apart)) if np.isfinite(apart).any() else 0.0
