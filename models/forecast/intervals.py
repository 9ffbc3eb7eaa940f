"""What may come instead of a forecast, as drawn futures: bands of steps and of sums are read off the same ones.

How far off the forecasts were at past origins, in units that follow the level, is taken apart: what a whole horizon
was off by on average, and how its steps lay around that. A drawn future has both anew. The average is from Student's t
with one degree of freedom fewer than past horizons that do not overlap: many steps are few facts, and no two horizons
err alike (with one more, sums of real series lay in their 80% bands 76% of the time). Of a level that drifts it is off
by more the farther ahead (see `_drift`). Around it are the steps of one past horizon, either way up, each half of them
turned so that it begins anywhere: what lasts for some days lasts as long (a block bootstrap: Politis and Romano 1992).

Slow demand is told in chances instead: whether anything is sold at a step is one, how much is a size that came before,
and the level is itself known from so many sales only, and moves: by as much as sums of so many steps varied before,
beyond what such chances and sizes make them vary (the method of moments for a gamma-mixed Poisson, Hilbe 2011, 8).
"""

from collections.abc import Sequence
from zlib import crc32

import numpy as np
import pandas as pd

from models.forecast.engine import Window

RECENT = 60  # open steps that say where the level is
PATHS = 1_000
KNOWN = 3  # past forecasts that knew of a growth, from which the others do not count
STEADY = 0.3  # share of the unit that does not follow the forecast
MIN_FREEDOM = 2.0  # degrees of freedom
LATELY = {"D": 182, "W": 26}  # steps (of others 12) that say what slow demand is: about what its learners remember
SHOWN = 4  # horizons without a move of a slow level that its past ones are averaged with


def bands(
    window: Window, past: Sequence[Window], learner: str, levels: Sequence[int] = (80, 95)
) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """The ends of the band at each level (per cent) around what a learner said in a window (see `paths`)."""
    return around(paths(window, past, learner), window.forecast[learner], levels)


def around(drawn: np.ndarray, said: np.ndarray, levels: Sequence[int]) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """The ends of the bands of steps that drawn futures leave around what was said."""
    ends = {level: np.quantile(drawn, _ends(level), axis=0) for level in levels}
    # A mean can lie outside: of a sale in fifty days the 80 % band is none at all.
    return {level: (np.minimum(lo, said), np.maximum(hi, said)) for level, (lo, hi) in ends.items()}


def total(
    window: Window, past: Sequence[Window], learner: str, levels: Sequence[int] = (80, 95)
) -> dict[int, tuple[float, float]]:
    """The ends of the band around the sum of a window's steps (see `paths`)."""
    return of_sum(paths(window, past, learner), levels)


def of_sum(drawn: np.ndarray, levels: Sequence[int]) -> dict[int, tuple[float, float]]:
    """The ends of the bands of the sum of all steps of drawn futures."""
    sums = drawn.sum(axis=1)
    return {level: tuple(np.quantile(sums, _ends(level)).tolist()) for level in levels}


def paths(window: Window, past: Sequence[Window], learner: str) -> np.ndarray:
    """`PATHS` futures (rows) around what a learner said in a window, a column a step: the same every time.

    Only those of `past` count whose horizon had passed when the window's forecast was made. Without any, errors are
    those of saying "as a season ago" (Hyndman and Athanasopoulos 2021, 5.5), all of a future going the same way.
    """
    said, rng = window.forecast[learner], np.random.default_rng(crc32(learner.encode()))
    if window.history.intermittent:
        return _slow(window, said, rng)
    earlier = [one for one in past if learner in one.forecast and one.dates[-1] <= window.origin and one.counted.any()]
    errors = _errors(window, earlier, learner, rng) if earlier and window.counted.any() else _naive(window)
    drawn = said + np.where(window.counted, errors, 0.0)
    if window.history.year:  # known from few years, and off for the whole of it
        drawn += said * np.expm1(_normal(rng)[:, None] * window.history.year.error(window.dates))
    return np.maximum(drawn, np.minimum(said, 0.0)) if (window.history.values >= 0).all() else drawn


def _normal(rng: np.random.Generator) -> np.ndarray:
    """`PATHS` evenly spaced quantiles of the normal distribution, in any order."""
    from scipy.special import ndtri

    return rng.permutation(ndtri((np.arange(PATHS) + 0.5) / PATHS))


def _errors(window: Window, earlier: Sequence[Window], learner: str, rng: np.random.Generator) -> np.ndarray:
    from scipy.special import ndtri, stdtrit  # quantiles of the normal distribution and of Student's t

    # What stands apart, and what grows, is known now: that nobody knew it then does not tell how sure the rest is.
    grown = [one for one in earlier if one.history.growth]
    if window.history.growth and len(grown) >= KNOWN:
        earlier = grown
    since = window.history.apart.since if window.history.apart else pd.Timestamp.max
    before = [one for one in earlier if (one.counted & (one.dates < since)).any()]
    earlier, since = (before, since) if before else (earlier, pd.Timestamp.max)
    off = np.array([_off(one, learner, since) for one in earlier])
    units = np.array([unit(one, learner) for one in earlier])
    # The error of a sum is its average times the sum of the units: what lies around that adds nothing to it.
    average = np.nansum(off, axis=1) / (units * np.isfinite(off)).sum(axis=1)
    square = (average**2).mean()
    drift = _drift(off / units - average[:, None], square)
    around = off / units - average[:, None] * drift
    days = (earlier[0].dates[-1] - earlier[0].origin).days
    freedom = max((earlier[-1].dates[-1] - earlier[0].origin).days / max(days, 1) - 1, MIN_FREEDOM)
    if window.history.apart and window.history.recent == "level":
        square += np.nanmean(around**2) / window.history.apart.steps  # a new level is known from so many steps
    # Evenly spaced quantiles in any order: as good as many more draws.
    spread = stdtrit(freedom, (np.arange(PATHS) + 0.5) / PATHS) * np.sqrt(square)
    around[np.isnan(around)] = rng.choice(around[np.isfinite(around)], int(np.isnan(around).sum()))
    which, turn, up = rng.integers((len(around), around.shape[1], 2), size=(PATHS, 3)).T[..., None]
    halves = [half for half in np.array_split(around, 2, axis=1) if half.size]
    turned = [half[which, (turn + np.arange(half.shape[1])) % half.shape[1]] for half in halves]
    drawn, here = np.concatenate(turned, axis=1) * (2 * up - 1), unit(window, learner)
    drawn -= np.average(drawn, axis=1, weights=here * window.counted)[:, None]
    drift = drift / np.average(drift, weights=here * window.counted)
    # A step then lies as far off as before that, and no farther for the tails of the average: steps are many facts.
    tails, wide = (stdtrit(freedom, 0.9) / ndtri(0.9)) ** 2 - 1, (around**2).mean()
    drawn *= np.sqrt(max(1 - tails * square / wide, 0)) if wide else 0
    return np.asarray((rng.permutation(spread)[:, None] * drift + drawn) * here)


def _drift(around: np.ndarray, square: float) -> np.ndarray:
    """How far off each step of a horizon is expected to be, over the average of the horizon: 1 on average.

    `square` is the mean squared average of past horizons, `around` what their steps lay around it (a row each). Steps
    that err each for itself explain some of the averages, and are off alike from first to last. The rest is a level
    that drifts, a random walk: the farther ahead, the farther off (local level model, Harvey 1989, 4.1; its variance
    in the first step, the level not being known, is taken for a third of what a horizon adds). Covariances of a step
    and the average, over the variance of the average.
    """
    steps = max(np.isfinite(around).sum(axis=1).mean(), 2)
    share = max(1 - np.nanmean(around**2) / (steps - 1) / square, 0) if square else 0
    ahead = (np.arange(around.shape[1]) + 0.5) / around.shape[1]
    walk = 1.5 * ahead - 0.75 * ahead**2
    return np.asarray(1 + share * (walk - walk.mean()))


def _off(one: Window, learner: str, since: pd.Timestamp) -> np.ndarray:
    """How far off a learner was at the counted steps of a past window before `since`; NaN elsewhere."""
    return np.where(one.counted & (one.dates < since), one.actual - one.forecast[learner], np.nan)


def _slow(window: Window, said: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Slow demand: a level for each future, and sizes that came before. The level is from a gamma distribution, as wide
    as that of a mean known from the sales of `LATELY`, and one that moves from horizon to horizon (see `_moves`).

    The mean of the futures is what was said.
    """
    values = window.history.values.to_numpy()
    sizes = values[values != 0]
    if not said.any():
        return np.zeros((PATHS, len(said)))
    size = float(sizes.mean()) or 1.0
    sales = len(sizes) / len(values) * min(LATELY.get(window.history.frequency, 12), len(values))
    known = (sales + 0.5) / (1 + (sizes.std() / size) ** 2)
    chance = np.maximum(said / size, 0)  # of a sale at each step
    shape = 1 / (1 / known + _moves(values, len(said)))
    often = rng.gamma(shape, 1 / shape, (PATHS, 1)) * chance
    # Where a step would sell more than once the sale is larger, so that the mean of the futures is what was said.
    return np.where(rng.random(often.shape) < often, rng.choice(sizes, often.shape) * np.maximum(often, 1), 0.0)


def _moves(values: np.ndarray, horizon: int) -> float:
    """How much the level of slow demand moves between horizons (a squared coefficient of variation).

    It is what the sums of past horizons varied more than sales and sizes that come by chance, at one level, would; few
    horizons say little, so that `SHOWN` of them that did not move are thought of beside them.
    """
    count = len(values) // horizon
    if count < 2 or not values.mean():
        return 0.0
    sums = values[len(values) - count * horizon :].reshape(count, horizon).sum(axis=1)
    beyond = (sums.var(ddof=1) - horizon * values.var()) / (horizon * values.mean()) ** 2
    return max(beyond, 0.0) * count / (count + SHOWN)


def _naive(window: Window) -> np.ndarray:
    values, season = window.history.grid.to_numpy(), window.history.season
    season = season if len(values) > 2 * season else 1
    usual = np.sort(np.abs(values[season:] - values[:-season]))
    place = np.linspace(-1, 1, PATHS)
    either = np.sign(place) * np.quantile(usual, np.abs(place))
    return np.asarray(either[:, None] * np.sqrt(np.arange(len(window.dates)) // season + 1))


def _ends(level: int) -> tuple[float, float]:
    return (1 - level / 100) / 2, (1 + level / 100) / 2


def unit(window: Window, learner: str) -> np.ndarray:
    """What errors of a learner are measured in, a step: it follows the level, and what is forecast around it."""
    level = float(np.abs(window.history.values.to_numpy()[-RECENT:]).mean()) or 1.0
    return np.asarray(STEADY * level + (1 - STEADY) * np.abs(window.forecast[learner]))
