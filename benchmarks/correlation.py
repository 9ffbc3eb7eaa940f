"""How often the interval of a correlation holds the true one: 95% is promised.

    python -m benchmarks.correlation

Pairs whose correlation is known: normal ones, money (log-normal, whose correlation has a formula), spread that grows
with the number, and customers whose lines are alike. Beside it, what a user would take instead: Fisher's interval.
"""

import math
from collections.abc import Callable

import duckdb
import numpy as np
import pandas as pd
from scipy import stats

from models.ask import rows

TRIALS = 200
ASKED = duckdb.connect(config={"threads": 1})
Made = Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray, float]]


def normal(random: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray, float]:
    x = random.normal(size=count)
    return x, 0.5 * x + math.sqrt(0.75) * random.normal(size=count), 0.5


def money(random: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray, float]:
    """exp of normal pairs with r 0.6 and deviation 0.6: (exp(r s²) - 1) / (exp(s²) - 1)."""
    x = random.normal(size=count)
    y = 0.6 * x + 0.8 * random.normal(size=count)
    s = 0.6
    return np.exp(s * x), np.exp(s * y), (math.exp(0.6 * s * s) - 1) / (math.exp(s * s) - 1)


def growing(random: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray, float]:
    """y = x (1 + e) with x exponential: cov = var x = 1, var y = 2 var(1 + e) + var x - ... = 2 (1 + 1) - 1 = 3."""
    x = random.exponential(size=count)
    return x, x * (1 + random.normal(size=count)), 1 / math.sqrt(3)


def alike(random: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Twenty lines a customer, of whom most is the customer's: none of it common to both numbers."""
    whose = np.arange(count) // 20
    of = random.normal(size=(2, count // 20 + 1))[:, whose]
    own = 0.5 * random.normal(size=(2, count))
    return of[0] + own[0], of[1] + own[1], 0.0


def moments(frame: pd.DataFrame) -> pd.Series:
    """What Vigie's SQL finds of pairs and whose they are."""
    ASKED.register("frame", frame)
    return ASKED.execute(rows.moments("frame")).df().iloc[0]


def held(made: Made, count: int, seed: int = 0, trials: int = TRIALS) -> tuple[float, float]:
    """The shares of trials whose interval holds the truth: Vigie's, and Fisher's."""
    random, ours, fishers = np.random.default_rng(seed), 0, 0
    for _trial in range(trials):
        x, y, truth = made(random, count)
        whose = np.arange(count) // 20 if made is alike else np.arange(count)
        frame = pd.DataFrame({rows.NUMBER: x, rows.OTHER: y, "whose": whose})
        facts = rows.correlation(moments(frame))
        ours += facts["low"] <= truth <= facts["high"]
        wide = stats.norm.ppf(0.975) / math.sqrt(count - 3)
        fishers += abs(math.atanh(np.corrcoef(x, y)[0, 1]) - math.atanh(truth)) <= wide
    return ours / trials, fishers / trials


def main() -> None:
    print("data     lines  Vigie  Fisher")
    for made in (normal, money, growing, alike):
        for count in (40, 200, 1000):
            if made is alike and count == 40:
                continue
            ours, fishers = held(made, count)
            print(f"{made.__name__:8s} {count:5d}  {ours:.1%}  {fishers:.1%}")


if __name__ == "__main__":
    main()
