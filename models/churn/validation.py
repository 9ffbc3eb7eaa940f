"""Have the months ahead that a model of the past would have told come true? Where customers are known over time."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from locales import N_
from models import statistics
from models.churn import learners, rules, whatif
from models.churn.challenge import MONTH_END
from models.churn.learners import Explained
from models.churn.model import sigmoid
from models.churn.preparation import KEY, TARGET, CannotTrain, Coding, coding
from models.churn.rules import Rules

HORIZONS = (3, 6, 12)  # months
MIN_MONTHS = 3  # month-ends to learn from
LEARNED, JUDGED = 20_000, 4_000  # rows and customers at most
GROUPS = 5  # of customers, by what was predicted
NEEDED = 30  # leavers to learn from


@dataclass(frozen=True)
class Past:
    """What was told on a past `day` after learning from the `months` before it, and what came true.

    `concordance`: of two customers the one with the shorter stay was told so (Harrell et al. 1982, JAMA 247,
    2543-2546); a half is guessing. `horizons`, one row each: `horizon` (months), `customers`, mean `predicted` and
    `observed` share still here with `lo`, `hi` (Wilson 95 %), `brier` (mean squared error) and `usual`, that of telling
    everybody the observed share. `groups` has the same shares for `GROUPS` groups of customers, by what was predicted.
    """

    day: pd.Timestamp
    months: int
    customers: int
    concordance: float
    horizons: pd.DataFrame
    groups: pd.DataFrame


@dataclass(frozen=True)
class _Asked:
    coding: Coding
    fitted: Explained
    rules: Rules

    def probability(self, matrix: np.ndarray) -> np.ndarray:
        return sigmoid(self.fitted.log_odds(matrix))


def validate(history: pd.DataFrame, learner: str, window: int, seed: int = 0) -> Past:
    """Learn from the first months of a `history`, tell the others ahead, compare; the steps are `window` months.

    Customers who disappear without having left count up to when they were last seen. Raises `CannotTrain` where there
    are too few months or leavers.
    """
    days = pd.DatetimeIndex(np.sort(history[MONTH_END].unique()))
    reach = [h // window for h in HORIZONS if h % window == 0 and len(days) - h // window >= MIN_MONTHS]
    if not reach:
        raise CannotTrain(
            N_("Months ahead are checked where customers are known at {needed} month-ends or more; here are {count}."),
            needed=MIN_MONTHS + max(1, HORIZONS[0] // window),
            count=len(days),
        )
    base, rng = len(days) - reach[-1], np.random.default_rng(seed)
    before, now = history[history[MONTH_END] < days[base]], history[history[MONTH_END] == days[base]]
    before = before.iloc[rng.permutation(len(before))[:LEARNED]]
    left = before[TARGET].to_numpy(bool)
    if min(left.sum(), (~left).sum()) < NEEDED:
        raise CannotTrain(N_("Too few customers left in these months to check the months ahead."))
    now = now.iloc[rng.permutation(len(now))[:JUDGED]]
    code = coding(before.drop(columns=MONTH_END))
    matrix = code.encode(before)
    asked = _Asked(code, learners.explained(learner, matrix, left, code, seed), rules.learn(matrix, code))
    here = whatif.months_left(asked, code.encode(now), window, reach[-1] * window)
    steps, gone = _stays(history, days[base:], now[KEY])
    horizons, groups = [], []
    for step in reach:
        known = gone & (steps <= step) | (steps >= step)  # by then: gone, or still seen
        predicted, stayed = here[known, step * window - 1], ~(gone & (steps <= step))[known]
        error, share = float(((predicted - stayed) ** 2).mean()), float(stayed.mean())
        horizons.append((step * window, *_shares(predicted, stayed), error, share * (1 - share)))
        parts = np.array_split(np.argsort(predicted, kind="stable"), GROUPS)
        groups += [(step * window, *_shares(predicted[part], stayed[part])) for part in parts if len(part)]
    names = ["horizon", "customers", "predicted", "observed", "lo", "hi"]
    return Past(
        days[base],
        base * window,
        len(now),
        concordance(here.sum(axis=1), steps, gone),
        pd.DataFrame(horizons, columns=[*names, "brier", "usual"]),
        pd.DataFrame(groups, columns=names),
    )


def concordance(stay: np.ndarray, steps: np.ndarray, gone: np.ndarray) -> float:
    """How often, of two customers of whom one is known to have left earlier, that one was told the shorter `stay`.

    `steps` until they left (`gone`) or were last seen. Ties of `stay` count half; NaN where no pair can be compared.
    """
    pairs = right = 0.0
    for step in np.unique(steps[gone]):
        first = np.sort(stay[gone & (steps == step)])
        later = stay[(steps > step) | (~gone & (steps == step))]
        below = np.searchsorted(first, later, "left") + np.searchsorted(first, later, "right")
        pairs += len(first) * len(later)
        right += below.sum() / 2
    return float(right / pairs) if pairs else float("nan")


def _stays(history: pd.DataFrame, days: pd.DatetimeIndex, customers: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """For each customer of the first of `days`: after how many steps they left or were last seen, and whether left."""
    later = history[history[MONTH_END].isin(days) & history[KEY].isin(customers)]
    step = pd.Series(days.get_indexer(later[MONTH_END]) + 1, later[KEY].to_numpy())
    left = step[later[TARGET].to_numpy(bool)].groupby(level=0).min().reindex(customers)
    seen = step.groupby(level=0).max().reindex(customers)
    return left.fillna(seen).to_numpy(int), left.notna().to_numpy()


def _shares(predicted: np.ndarray, stayed: np.ndarray) -> tuple[int, float, float, float, float]:
    lo, hi = (float(end[0]) for end in statistics.wilson(stayed.sum()[None], np.array([len(stayed)])))
    return len(stayed), float(predicted.mean()), float(stayed.mean()), lo, hi
