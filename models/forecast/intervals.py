"""What may come instead of a forecast, as drawn futures: bands of steps and of sums are read off the same ones.

How far off the forecasts were at past origins, in units that follow the level, is taken apart: what a whole horizon
was off by on average, and how its steps lay around that, in either half of it. A drawn future has both anew: an average
from Student's t, with about as many degrees of freedom as past horizons do not overlap (many steps are few facts), and
steps around it as any past ones were, either way up. So sums err as past sums did, and few origins give wide tails.

Slow demand is told in chances instead: whether anything is sold at a step is one, how much is a size that came before,
and the level is itself known from so many sales only.
"""

from collections.abc import Sequence
from zlib import crc32

import numpy as np
import pandas as pd

from models.forecast.engine import Window, naive_error

RECENT = 60  # open steps that say where the level is
PATHS = 1_000
KNOWN = 3  # past forecasts that knew of a growth, from which the others do not count
STEADY = 0.3  # share of the unit that does not follow the level
LATELY = {"D": 182, "W": 26}  # steps (of others 12) that say what slow demand is: about what its learners remember
AROUND = 0.95  # of what steps lay around the average: the rest is in the tails of the average


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
    earlier = [one for one in past if learner in one.forecast and one.dates[-1] <= window.origin]
    errors = _errors(window, earlier, learner, rng) if earlier else _naive(window)
    drawn = said + np.where(window.counted, errors, 0.0)
    return np.maximum(drawn, np.minimum(said, 0.0)) if (window.history.values >= 0).all() else drawn


def _errors(window: Window, earlier: Sequence[Window], learner: str, rng: np.random.Generator) -> np.ndarray:
    from scipy.stats import t

    # What stands apart, and what grows, is known now: that nobody knew it then does not tell how sure the rest is.
    grown = [one for one in earlier if one.history.growth]
    if window.history.growth and len(grown) >= KNOWN:
        earlier = grown
    # Where sales grow a season ago is further off than a step ago: the unit must not jump where one was found.
    season = min(_season(one) for one in (window, *earlier)) if window.history.growth else 0
    since = window.history.apart.since if window.history.apart else pd.Timestamp.max
    off = np.array([_off(one, learner, one.dates < since, season) for one in earlier])
    if not np.isfinite(off).any():
        off = np.array([_off(one, learner, one.counted, season) for one in earlier])
    average = np.array([np.nanmean(one) if np.isfinite(one).any() else 0.0 for one in off])
    around = (off - average[:, None]) * AROUND
    days = (earlier[0].dates[-1] - earlier[0].origin).days
    horizons = max((earlier[-1].dates[-1] - earlier[0].origin).days / max(days, 1), 1.0)
    # Evenly spaced quantiles in any order: as good as many more draws.
    square = (average**2).mean()
    if window.history.apart and window.history.recent == "level":
        square += np.nanmean(around**2) / window.history.apart.steps  # a new level is known from so many steps
    spread = t.ppf((np.arange(PATHS) + 0.5) / PATHS, horizons + 1) * np.sqrt(square)
    steps = []
    for half in np.array_split(around, 2, axis=1):
        pool = half[np.isfinite(half)]
        size = PATHS, half.shape[1]
        steps.append(rng.choice(pool, size) * rng.choice([-1, 1], size) if len(pool) else np.zeros(size))
    return np.asarray(
        (rng.permutation(spread)[:, None] + np.concatenate(steps, axis=1)) * unit(window, learner, season)
    )


def _off(one: Window, learner: str, which: np.ndarray, season: int) -> np.ndarray:
    """How far off a learner was at `which` of the counted steps of a past window, in its unit; NaN elsewhere."""
    return np.where(one.counted & which, (one.actual - one.forecast[learner]) / unit(one, learner, season), np.nan)


def _slow(window: Window, said: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Slow demand: a level for each future, known from the sales of `LATELY` (a gamma distribution whose variance is
    that of their mean), and sizes that came before.

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
    sold = rng.random((PATHS, len(said))) < rng.gamma(known, 1 / known, (PATHS, 1)) * chance
    return np.where(sold, rng.choice(sizes, sold.shape), 0.0)


def _naive(window: Window) -> np.ndarray:
    values = window.history.grid.to_numpy()
    season = _season(window)
    usual = np.sort(np.abs(values[season:] - values[:-season]))
    place = np.linspace(-1, 1, PATHS)
    either = np.sign(place) * np.quantile(usual, np.abs(place))
    return np.asarray(either[:, None] * np.sqrt(np.arange(len(window.dates)) // season + 1))


def _ends(level: int) -> tuple[float, float]:
    return (1 - level / 100) / 2, (1 + level / 100) / 2


def _season(window: Window) -> int:
    """The steps that the scale of a window compares."""
    season = window.history.season
    return season if len(window.history.grid) > 2 * season else 1


def unit(window: Window, learner: str, season: int) -> np.ndarray:
    """What errors of a learner are measured in, a step: it follows the level it forecasts.

    The unit of it is the error of saying "as a `season` ago"; of 0 steps, as the window's own scale.
    """
    values = window.history.grid.to_numpy()
    scale = window.scale if season in (0, _season(window)) else naive_error(values, season) or window.scale
    level = float(np.abs(window.history.values.to_numpy()[-RECENT:]).mean()) or 1.0
    return scale * (STEADY + (1 - STEADY) * np.abs(window.forecast[learner]) / level)
