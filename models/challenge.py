"""Is a newer model better by more than chance, when does it pay back, and how often should one learn anew?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from locales import Sentence
from models.statistics import Z95

DRAWS = 2_000
WEEK = 7
REST = 28  # days after a retraining in which alerts ask for no other: the model has just learned what they tell
NEVER, MONTHLY, ALERT = "never", "monthly", "alert"


class CannotJudge(Sentence, ValueError):
    """Two models cannot be judged against each other; the message says what is missing."""


@dataclass(frozen=True)
class Gain:
    """What one is better by than the other, on average, with its 95 % interval."""

    mean: float
    lo: float
    hi: float

    @property
    def sure(self) -> bool:
        """Whether the interval is above zero."""
        return self.lo > 0

    @property
    def fair(self) -> float | None:
        """The mean, less what it owes to being told only where it is sure; None where little would be left.

        Of many challengers those are told whose luck was good: the mean of a gain that is `sure` is too high. This is
        the gain at which a sure mean lies above or below the one seen alike often (median-unbiased given selection:
        Fithian, Sun, Taylor 2014, arXiv:1410.2597; Zhong and Prentice 2008, Biostatistics 9, 621-634).
        """
        from scipy.optimize import brentq
        from scipy.special import log_ndtr

        error = (self.hi - self.lo) / (2 * Z95)
        if not self.sure or error == 0:
            return self.mean if self.sure else None
        score = max(self.mean / error, Z95)

        def odds(gain: float) -> float:
            return float(log_ndtr(gain - score) - log_ndtr(gain - Z95) - np.log(0.5))

        if odds(score) <= 0:  # so far above zero that nobody would have missed it
            return self.mean
        return float(brentq(odds, 0, score) * error) if odds(0) < 0 else None

    def times(self, amount: float) -> "Gain":
        """In another unit, `amount` (0 or more) of which one is."""
        return Gain(self.mean * amount, self.lo * amount, self.hi * amount)


def gain(better: np.ndarray, block: int = 1, seed: int = 0) -> Gain:
    """The mean of paired differences (one a day or a customer) and its 95 % interval.

    Bootstrap of moving blocks (Künsch 1989, Annals of Statistics 17, 1217-1241): what lies `block` places apart or less
    stays together. Intervals of the percentiles, around the mean itself. The same differences give the same interval.
    """
    rng, count = np.random.default_rng(seed), len(better)
    if block == 1:  # as many of each distinct value as a draw with replacement has: the same, and few are distinct
        values, often = np.unique(better, return_counts=True)
        drawn = rng.multinomial(count, often / count, DRAWS) @ values / count
    else:
        size = min(block, count)
        sums = np.r_[0, np.cumsum(better, dtype=float)]
        starts = rng.integers(0, count - size + 1, (DRAWS, -(-count // size)))
        drawn = (sums[starts + size] - sums[starts]).sum(axis=1) / (starts.shape[1] * size)
    mean = float(np.mean(better))
    lo, hi = np.percentile(drawn - drawn.mean() + mean, [2.5, 97.5])
    return Gain(mean, float(lo), float(hi))


def payback(a_day: Gain, cost: float) -> float | None:
    """The days until a gain a day (money) has paid a `cost`; None where the gain could be chance (`Gain.fair`)."""
    return cost / a_day.fair if a_day.fair else None


def schedule(days: pd.DatetimeIndex, alerts: Sequence[pd.Timestamp]) -> dict[str, list[int]]:
    """The places of `days` (when a model may be learned anew) at which each policy does so; all begin with the first.

    Never; on the first of the `days` in each month; on the first one from an alert on, `REST` days or more after the
    time before. Without `alerts` there is no such policy.
    """
    found: dict[str, list[int]] = {NEVER: [], MONTHLY: [n for n in range(1, len(days)) if _new_month(days, n)]}
    if len(alerts):
        raised, chosen, last = pd.DatetimeIndex(alerts).sort_values(), [], days[0]
        for place in range(1, len(days)):
            new = ((raised > days[place - 1]) & (raised <= days[place])).any()
            if new and (days[place] - last).days >= REST:
                chosen.append(place)
                last = days[place]
        found[ALERT] = chosen
    return found


def current(chosen: Sequence[int], steps: int) -> list[int]:
    """The place at which the model was learned that is in use at each of `steps` places."""
    return [max([0, *(place for place in chosen if place <= step)]) for step in range(steps)]


def saved(cost: dict[str, np.ndarray], retrained: dict[str, np.ndarray], price: float) -> dict[str, np.ndarray]:
    """What each policy has saved by each day against never retraining, each retraining paid with `price`.

    `cost` is that of each day's errors, `retrained` whether a model was learned anew on that day; both a policy.
    """
    return {name: np.cumsum(cost[NEVER] - cost[name] - price * retrained[name]) for name in cost}


def _new_month(days: pd.DatetimeIndex, place: int) -> bool:
    return bool((days[place].year, days[place].month) != (days[place - 1].year, days[place - 1].month))
