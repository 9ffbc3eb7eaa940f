"""Is a newer model better by more than chance, when does it pay back, and how often should one learn anew?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from locales import Sentence
from models.statistics import Z95

DRAWS = 2_000
MAX_DRAWN = 1_000_000  # differences drawn at once, which take 16 MB
MIN_TIMES = 10  # that a value is there on average, from which it takes longer to draw each than how many of each
WEEK = 7
REST = 28  # days after a retraining in which alerts ask for no other: the model has just learned what they tell
NEVER_MISSED = 30.0  # standard errors: a gain so far above zero is told whatever chance does
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
        """The mean, less what it owes to being told only where it is sure; None where nothing would be left."""
        left = self.given_sure(0.5) if self.sure else 0.0
        return left if left > 0 else None

    def given_sure(self, share: float) -> float:
        """The gain at which of all means that are `sure` the `share` lies above this one.

        Of many challengers those are told whose luck was good: the mean of a gain that is sure is too high. At a half,
        this is above or below the truth alike often (median-unbiased given selection); from 0.025 to 0.975 is an
        interval that holds the truth of 95 % of what is told (Fithian, Sun, Taylor 2014, arXiv:1410.2597; Zhong and
        Prentice 2008, Biostatistics 9, 621-634). Where rare customers decide, an interval is longer on one side: its
        three numbers are taken for those of a mean that is normal on a logarithmic scale, on which they are as far
        apart.
        """
        from scipy.optimize import brentq
        from scipy.special import log_ndtr

        up, down = self.hi - self.mean, self.mean - self.lo
        if up <= 0 or down <= 0:
            return self.mean
        bend = (up - down) / (up * down)
        straight = abs(bend) * up < 1e-6

        def scaled(gain: float) -> float:
            apart = gain - self.mean
            return apart if straight else float(np.log1p(max(bend * apart, -1 + 1e-12)) / bend)

        error = scaled(self.hi) / Z95
        score = min(-scaled(0.0) / error, NEVER_MISSED)

        def odds(gain: float) -> float:
            return float(log_ndtr(gain - score) - log_ndtr(gain - Z95) - np.log(share))

        if odds(-NEVER_MISSED) >= 0:  # as sure as can just be: it owes everything to luck
            return -np.inf
        apart = (brentq(odds, -NEVER_MISSED, score + NEVER_MISSED) - score) * error
        return self.mean + (apart if straight else float(np.expm1(bend * apart) / bend))

    def times(self, amount: float) -> "Gain":
        """In another unit, `amount` (0 or more) of which one is."""
        return Gain(self.mean * amount, self.lo * amount, self.hi * amount)


def gain(better: np.ndarray, block: int = 1, seed: int = 0) -> Gain:
    """The mean of paired differences (one a day or a customer) and its 95 % interval.

    Bootstrap of moving blocks (Künsch 1989, Annals of Statistics 17, 1217-1241): what lies `block` places apart or less
    stays together. Intervals of the percentiles, around the mean itself; without blocks of those that are right where
    few differences are large (bias-corrected and accelerated: Efron 1987, JASA 82, 171-185). The same differences give
    the same interval.
    """
    from scipy.special import ndtr

    rng, count, mean = np.random.default_rng(seed), len(better), float(np.mean(better))
    ends = np.array([-Z95, Z95])
    if block == 1:
        values, often = np.unique(better, return_counts=True)
        if count >= MIN_TIMES * len(values):  # as many of each distinct value as a draw with replacement has: the same
            drawn = rng.multinomial(count, often / count, DRAWS) @ values / count
        else:
            size = max(1, MAX_DRAWN // count)
            sizes = [min(size, DRAWS - start) for start in range(0, DRAWS, size)]
            drawn = np.concatenate([better[rng.integers(0, count, (some, count))].mean(axis=1) for some in sizes])
        apart = better - mean
        skew = (apart**3).sum() / max(6 * (apart**2).sum() ** 1.5, 1e-300)  # of a mean, both bias and acceleration
        ends = skew + (skew + ends) / (1 - skew * (skew + ends))
    else:
        size = min(block, count)
        sums = np.r_[0, np.cumsum(better, dtype=float)]
        starts = rng.integers(0, count - size + 1, (DRAWS, -(-count // size)))
        drawn = (sums[starts + size] - sums[starts]).sum(axis=1) / (starts.shape[1] * size)
    lo, hi = np.quantile(drawn - drawn.mean() + mean, ndtr(ends))
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
