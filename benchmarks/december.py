"""What 28 days before Christmas are told, by how many Decembers are known, with and without what recurs every year.

Run: python -m benchmarks.december [--shops 20]. Simulated shops of known truth: closed on Sundays and at Christmas, a
growth of -10 to 20% a year, a peak of 0.3 to 1.5 times the usual around 21 December that is two to seven weeks wide.
"""

import argparse
from collections.abc import Callable

import numpy as np
import pandas as pd

from benchmarks.forecast import show
from models.forecast import forecast, series
from models.forecast.yearly import Recurring

END, AHEAD = pd.Timestamp("2026-11-28"), 28
KNOWN = {"one December": 15, "two": 27, "three": 39}  # months


def shop(seed: int, months: int) -> tuple[pd.Series, pd.Series]:
    """Sales by day until four weeks after `END`, and their expectation."""
    rng = np.random.default_rng([seed, months])
    days = pd.date_range(END - pd.DateOffset(months=months), END + pd.Timedelta(days=AHEAD))
    week = np.r_[rng.uniform(0.7, 1.2, 4), rng.uniform(1, 1.6), rng.uniform(1.2, 2.2), 0.0]
    away = (np.asarray(days.day_of_year) - 355) / rng.uniform(9, 20)
    season = 1 + rng.uniform(0.3, 1.5) * np.exp(-(away**2))
    growth = rng.uniform(0.9, 1.2) ** (np.asarray((days - days[0]).days) / 365.25)
    closed = ((days.month == 12) & np.isin(days.day, (25, 26))) | ((days.month == 1) & (days.day == 1))
    mean = np.where(closed, 0.0, 300 * season * growth * week[np.asarray(days.day_of_week)])
    noise = rng.uniform(0.08, 0.2)
    return pd.Series(mean * rng.gamma(1 / noise**2, noise**2, len(days)), days), pd.Series(mean, days)


def tried(seed: int, months: int) -> tuple[float, float, float]:
    """What is said of all 28 days over the truth, and the share of open days and of sums in their 80% bands."""
    sold, mean = shop(seed, months)
    said = forecast(sold[:END], AHEAD)
    came, true = sold[said.frame.index], mean[said.frame.index]
    inside = (came >= said.frame["lo-80"]) & (came <= said.frame["hi-80"])
    lo, hi = said.total[80]
    return float(said.frame["mean"].sum() / true.sum()), float(inside[true > 0].mean()), float(lo <= came.sum() <= hi)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shops", type=int, default=20)
    shops = parser.parse_args().shops
    kinds: dict[str, Callable[..., Recurring | None]] = {"with it": series.recurring, "without": lambda *_: None}
    rows = []
    for known, months in KNOWN.items():
        for name, recurring in kinds.items():
            series.recurring = recurring
            said, steps, sums = np.array([tried(seed, months) for seed in range(shops)]).T
            row = {"Decembers known": known, "what recurs": name, "said over true": said.mean()}
            rows.append(row | {"worst shop": said.min(), "steps in 80%": steps.mean(), "sums in 80%": sums.mean()})
    show("28 days before Christmas", pd.DataFrame(rows))


if __name__ == "__main__":
    main()
