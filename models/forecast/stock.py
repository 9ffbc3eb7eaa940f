"""When to order, how much, and how sure it is that the shelf does not run empty."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from locales import N_
from models.forecast.panel import Panel, Step, mean_forecast
from models.forecast.series import CannotForecast
from models.forecast.supply import Demand

WEEK = 7
ORIGINS = 12  # past days to stand on
APART = 4  # weeks between them where the history is long enough
RECENT = 13  # weeks that say what is usual
FEWEST_WEEKS = 12  # to learn from before the first origin


@dataclass(frozen=True)
class Experience:
    """What was forecast at past origins and what came, and what is forecast today, the last origin.

    `said` and `came` are units cumulated over the days after each origin, shaped origins x products x (days + 1),
    with zero first; `came` lacks the last origin. `rate` (units a day) and `spread` (standard deviation of the units
    of a week), origins x products, are those of the `RECENT` weeks before. `origins` counts the days known.
    """

    origins: np.ndarray
    said: np.ndarray
    came: np.ndarray
    rate: np.ndarray
    spread: np.ndarray


def experience(demand: Demand, weeks: int, seed: int = 0, step: Step = lambda _message, _share: None) -> Experience:
    """Forecast the next `weeks` weeks of every product, today and at past origins with what was known then."""
    known = demand.units.shape[1] // WEEK
    start = demand.units.shape[1] - known * WEEK
    if known < weeks + FEWEST_WEEKS:
        raise CannotForecast(
            N_("Deliveries that take up to {weeks} weeks need {needed} weeks of sales to learn from, and there are {known}."),
            weeks=weeks,
            needed=weeks + FEWEST_WEEKS,
            known=known,
        )
    weekly = demand.units[:, start:].reshape(len(demand.units), known, WEEK).sum(axis=2)
    known_by = ["product", *(["supplier"] if demand.goods["supplier"].notna().all() else [])]
    panel = Panel(weekly.astype(np.float32), demand.days[start + WEEK - 1 :: WEEK], demand.goods[known_by], "W")
    last = known - weeks
    apart = int(np.clip((last - FEWEST_WEEKS) // ORIGINS, 1, APART))
    lengths = [*sorted(range(last, FEWEST_WEEKS - 1, -apart)[:ORIGINS]), known]
    said, came = [], []
    for number, length in enumerate(lengths):
        step(N_("Forecasting as on past days"), number / len(lengths))
        mean = mean_forecast(panel.upto(length), weeks, seed)
        before = demand.units[:, start : start + length * WEEK]
        profile = before[:, -2 * APART * WEEK :].sum(axis=0).reshape(-1, WEEK).sum(axis=0)
        profile = profile / profile.sum() if profile.sum() else np.full(WEEK, 1 / WEEK)
        said.append(_summed((mean[:, :, None] * profile).reshape(len(mean), -1)))
        if length < known:
            came.append(_summed(demand.units[:, start + length * WEEK :][:, : weeks * WEEK]))
    recent = [weekly[:, max(length - RECENT, 0) : length] for length in lengths]
    return Experience(
        origins=start + WEEK * np.array(lengths),
        said=np.array(said, np.float32),
        came=np.array(came, np.float32),
        rate=np.array([part.mean(axis=1) for part in recent]) / WEEK,
        spread=np.array([part.std(axis=1, ddof=1) for part in recent]),
    )


def _summed(daily: np.ndarray) -> np.ndarray:
    return np.c_[np.zeros(len(daily)), daily.cumsum(axis=1)]
