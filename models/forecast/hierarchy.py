"""Forecasts of single series and of their totals that add up: by store, by category, of everything.

The totals are forecast as a panel of their own: on Kaggle's 1C sales and on Online Retail that was closer than the
median of five learners on each total, and a hundred times as fast. Adding up the single forecasts (bottom-up) and
moving them towards the totals (minimum trace) are both tried at past origins; the one that was closer is used.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd

from models.forecast.panel import Panel, PanelForecast, PastForecast, Step, add_up, alike, around, banded, look_back

Method = Literal["bottom-up", "minimum trace"]


@dataclass(frozen=True)
class Hierarchy:
    """The single series and their totals, forecast so that they add up.

    `belongs` is 1 where a series (column) counts in a total (row); `totals.mean` is `belongs @ single.mean`. The keys
    of the panel `totals_history` are `level` ("" is everything, else a column of the keys of `history`) and `name`.
    `off` has a row a method: by level, the sum of absolute errors over what was sold, at past origins; none where the
    history is too short to try.
    """

    history: Panel
    single: PanelForecast
    totals_history: Panel
    totals: PanelForecast
    belongs: np.ndarray
    method: Method
    off: pd.DataFrame


def forecast_all(history: Panel, levels: Sequence[str], horizon: int, seed: int, step: Step) -> Hierarchy:
    """Forecast a panel and its totals by each of `levels` (columns of its keys), `horizon` steps ahead.

    `step` is told of the progress. The same panel and seed give the same answer.
    """
    above, belongs = totals(history, levels)
    mean, tried = look_back(history, horizon, seed, step)
    above_mean, above_tried = look_back(above, horizon, seed, lambda _message, _share: None)
    agreed: list[PastForecast] = []
    for number, (length, forecast) in enumerate(tried):
        spread = (
            _variances(history, forecast, tried[:number]),
            _variances(above, above_tried[number][1], above_tried[:number]),
        )
        agreed.append((length, reconciled(forecast, above_tried[number][1], *spread, belongs) if number else forecast))
    off = pd.DataFrame(
        [_off(history, above, belongs, forecast) for forecast in (tried[1:], agreed[1:]) if len(tried) > 1],
        ["bottom-up", "minimum trace"] if len(tried) > 1 else [],
    )
    method: Method = "bottom-up"
    if len(off) and off.mean(axis=1)["minimum trace"] < off.mean(axis=1)["bottom-up"]:
        method, tried = "minimum trace", agreed
        spread = _variances(history, mean, tried), _variances(above, above_mean, above_tried)
        mean = reconciled(mean, above_mean, *spread, belongs)
    return Hierarchy(
        history,
        banded(history, mean, tried),
        above,
        banded(
            above, belongs @ mean, [(length, belongs @ forecast) for length, forecast in tried], partial(_bands, above)
        ),
        belongs,
        method,
        off,
    )


def totals(history: Panel, levels: Sequence[str]) -> tuple[Panel, np.ndarray]:
    """The totals of a panel, of everything and by each of `levels`, and which series counts in which."""
    names, masks = [("", "")], [np.ones((1, len(history.keys)))]
    for level in levels:
        codes, found = pd.factorize(history.keys[level])
        names += [(level, str(name)) for name in found]
        masks.append((np.arange(len(found))[:, None] == codes).astype(float))
    belongs = np.concatenate(masks)
    keys = pd.DataFrame(names, columns=["level", "name"])
    return replace(history, values=(belongs @ history.values).astype(np.float32), keys=keys), belongs


def of_sum(found: Hierarchy, rows: np.ndarray, step: int, share: float = 0.8) -> tuple[float, float]:
    """The ends of the band of what some single series (`rows`) sell together at a step ahead; NaN without past origins.

    As far off as the same sum was at each of the past origins, in shares of what was said: of so few Student's t.
    """
    from scipy.stats import t

    past = found.single.past
    if not past:
        return np.nan, np.nan
    said = float(found.single.mean[rows, step].sum())
    off = [(one.actual - one.forecast)[rows, step].sum() / max(one.forecast[rows, step].sum(), 1.0) for one in past]
    reach = float(t.ppf((1 + share) / 2, len(off)) * np.sqrt(np.square(off).mean()) * max(said, 1.0))
    return max(said - reach, 0.0), said + reach


def reconciled(
    bottom: np.ndarray,
    above: np.ndarray,
    bottom_variance: np.ndarray,
    variance: np.ndarray,
    belongs: np.ndarray,
) -> np.ndarray:
    """Single forecasts moved towards the totals, none below zero (arrays with a column a step).

    Series that would fall below zero are held at zero and the others moved again, until none does (the active set of
    Wickramasuriya, Turlach and Hyndman 2020), so that what is taken from one is not given to the totals.
    """
    result = np.empty_like(bottom)
    for ahead in range(bottom.shape[1]):
        start, spread = bottom[:, ahead].copy(), bottom_variance[:, ahead].copy()
        while True:
            moved = add_up(start, spread, above[:, ahead], variance[:, ahead], belongs)
            below = (moved < 0) & (spread > 0)
            if not below.any():
                break
            start[below] = spread[below] = 0.0
        result[:, ahead] = moved
    return result


def _variances(history: Panel, mean: np.ndarray, tried: Sequence[PastForecast]) -> np.ndarray:
    """The mean squared error of alike forecasts at past origins, of the shape of `mean`; none is zero."""
    if not tried:
        return np.ones_like(mean)
    forecast = np.concatenate([one.ravel() for _length, one in tried])
    actual = [history.values[:, length : length + one.shape[1]].ravel() for length, one in tried]
    squares = (np.concatenate(actual) - forecast) ** 2
    here, then, groups = alike(mean.ravel(), forecast)
    counts = np.bincount(then, minlength=groups)
    found = np.bincount(then, squares, groups) / np.maximum(counts, 1)
    return np.asarray(np.maximum(np.where(counts, found, squares.mean()), 1e-6)[here].reshape(mean.shape))


def _bands(
    above: Panel, mean: np.ndarray, past: Sequence[tuple[np.ndarray, np.ndarray]], whole: bool, share: float = 0.8
) -> tuple[np.ndarray, np.ndarray]:
    """The ends of the bands of totals: a quantile of how far off those of the same level were, as shares.

    Totals of one month are off together, so that a few origins are few facts: the share asked for is raised as in
    `models.forecast.intervals`.
    """
    wide = np.full(len(mean), np.nan)
    for level in above.keys["level"].unique() if past else []:
        rows = (above.keys["level"] == level).to_numpy()
        off = np.concatenate(
            [(np.abs(came - forecast) / np.maximum(forecast, 1.0))[rows].ravel() for forecast, came in past]
        )
        wide[rows] = np.quantile(off, min(share + share * (1 - share) / len(past), 1))
    lo, hi = mean * np.maximum(1 - wide, 0)[:, None], mean * (1 + wide)[:, None]
    return around(mean, lo, hi, whole)


def _off(history: Panel, above: Panel, belongs: np.ndarray, tried: Sequence[PastForecast]) -> dict[str, float]:
    """By level of totals, the sum of absolute errors over the sum of what was sold."""
    errors, sold = np.zeros(len(belongs)), 0.0
    for length, forecast in tried:
        actual = history.values[:, length : length + forecast.shape[1]]
        errors += np.abs(belongs @ (forecast - actual)).sum(axis=1)
        sold += float(actual.sum())
    return (pd.Series(errors).groupby(above.keys["level"], sort=False).sum() / max(sold, 1.0)).to_dict()
