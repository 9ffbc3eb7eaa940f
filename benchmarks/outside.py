"""Whether a trial of a number from outside tells what helps a forecast from what does not, where the truth is set.

Run: python -m benchmarks.outside [--shops 20] [--seed 1]. Prints, for each way the number and the sales hang together,
how many of the shops got which answer: 97.5% or more of those without any use must not be told "helps".
"""

import argparse
from collections import Counter

import numpy as np
import pandas as pd

from models.forecast import outside

DAYS = 800
WEEK = np.array([0.9, 0.95, 1, 1.05, 1.3, 1.4, 0.7])
# How much sales fall where there are 600 cases a million, how many days later, and how many steps ahead are forecast.
KINDS = {
    "drives sales two weeks later, 7 days ahead": (0.5, 14, 7),
    "the same, strongly": (1.0, 14, 7),
    "the same, 28 days ahead": (0.5, 14, 28),
    "drives sales the same day, 7 days ahead": (0.5, 0, 7),
    "has nothing to do with them, 7 days ahead": (0.0, 14, 7),
    "has nothing to do with them, 28 days ahead": (0.0, 14, 28),
}


def epidemic(rng: np.random.Generator) -> pd.Series:
    """Cases a day per million, 7-day average, in waves of random height and distance."""
    when, cases, at = np.arange(DAYS), np.full(DAYS, 2.0), 20.0
    while at < DAYS + 60:
        cases += rng.lognormal(5.5, 0.8) * np.exp(-0.5 * ((when - at) / rng.uniform(14, 26)) ** 2)
        at += rng.uniform(60, 130)
    dates = pd.date_range("2021-01-01", periods=DAYS)
    return pd.Series(cases * rng.lognormal(0, 0.03, DAYS), dates).rolling(7, min_periods=1).mean()


def shop(rng: np.random.Generator, cases: pd.Series, effect: float, lag: int) -> pd.Series:
    """Sales with a week, 8% noise and, some days later, what the cases did."""
    driven = np.sqrt(cases.shift(lag, fill_value=cases.iloc[0]) / 600)
    usual = 1000 * WEEK[cases.index.day_of_week]
    return (usual * np.exp(-effect * driven) * rng.lognormal(0, 0.08, DAYS)).iloc[60:]


def main() -> None:
    """Print the answers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--shops", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    for kind, (effect, lag, horizon) in KINDS.items():
        answers: Counter[str] = Counter()
        gains = []
        for number in range(asked.shops):
            rng = np.random.default_rng([asked.seed, number])
            cases, other = epidemic(rng), epidemic(rng)
            sold = shop(rng, cases if effect else other, effect or KINDS["the same, strongly"][0], lag)
            found = outside.trial(sold, cases, horizon)
            answers[found.answer] += 1
            gains.append(found.gain.mean)
        told = ", ".join(f"{name} {answers[name]}" for name in ("helps", "worse", "same", "unknown"))
        print(f"{kind:<46}{told}; error {-100 * float(np.median(gains)):+.0f}%", flush=True)


if __name__ == "__main__":
    main()
