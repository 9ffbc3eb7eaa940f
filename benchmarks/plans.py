"""Price plans: what is promised beside what was held, in shops whose truth is known.

Run: python -m benchmarks.plans --seed N [--shops 40]: a fresh base seed each time it is published, neither one that
was looked at while something was changed nor those of the tests.

A shop is a range of products that are bought instead of each other (constant elasticity of substitution): product i
sells b_i r_i^-own A^(whole / own - 1) of what the range sells at its usual prices, A being the mean of r^-own. Demand
has a yearly course, growth, a noise that lasts and one that does not; counts are Poisson. Shops differ in whether
prices moved together, apart, or both, in what moved with them, and in whether customers bought ahead.
"""

import argparse
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from models.forecast.effect import worth
from models.forecast.elasticity import Elasticity
from models.forecast.scenario import Plan, outcome
from models.forecast.switching import together


@dataclass(frozen=True)
class Shop:
    """What is true of a shop: elasticities, and how prices moved."""

    own: float = 3.0
    whole: float = 0.5
    weeks: int = 130
    products: int = 24
    categories: int = 1
    apart: float = 0.12  # share of product weeks with a price cut of its own
    together: float = 0.12  # share of weeks in which all of it is cheaper
    at_peak: bool = False  # and those weeks are the best of the year
    ahead: float = 0.0  # log of units lost in each of the two weeks after, for a cut of 100 %
    recorded: bool = True  # whether reductions are
    noise: float = 0.06
    season: float = 0.4
    size: tuple[float, float] = (5.0, 60.0)  # units a week of a product


SHOPS = {
    "products that steal from each other": Shop(),
    "little stealing": Shop(own=1.8, whole=1.2),
    "no stealing": Shop(own=1.5, whole=1.5),
    "prices moved only apart": Shop(together=0.0),
    "prices moved only together": Shop(apart=0.0, whole=0.8, own=2.5),
    "cheaper when most is bought anyway": Shop(at_peak=True, weeks=156),
    "the same, one year and a half": Shop(at_peak=True, weeks=78),
    "customers buy ahead": Shop(ahead=1.0),
    "customers buy ahead a little": Shop(ahead=0.3),
    "customers buy ahead, not recorded": Shop(ahead=1.0, recorded=False),
    "three categories, each with its prices": Shop(categories=3, products=12),
    "slow products, loud weeks": Shop(size=(1.0, 8.0), noise=0.15),
}


def made(shop: Shop, seed: int) -> pd.DataFrame:
    """The sales of a shop by product and week, as `elasticity.WEEKLY` answers."""
    rng = np.random.default_rng(seed)
    frames = [_category(shop, number, rng) for number in range(shop.categories)]
    return pd.concat(frames, ignore_index=True)


def _category(shop: Shop, number: int, rng: np.random.Generator) -> pd.DataFrame:
    n, weeks = shop.products, shop.weeks
    t = np.arange(weeks)
    peak = rng.uniform(0, 52)
    course = shop.season * np.cos(2 * np.pi * (t - peak) / 52.18) + 0.6 * shop.season * np.exp(
        -0.5 * (((t - peak + 26) % 52.18 - 26) / 2) ** 2
    )
    lasting = np.zeros(weeks)
    for week in range(1, weeks):
        lasting[week] = 0.7 * lasting[week - 1] + rng.normal(0, shop.noise * 0.7)
    noise = lasting + rng.normal(0, shop.noise, weeks) + rng.normal(0, shop.noise / 10, weeks).cumsum()
    depth = np.where(rng.random((n, weeks)) < shop.apart, rng.choice([0.1, 0.2, 0.3], (n, weeks)), 0.0)
    if shop.together:
        begin = rng.random(weeks) < shop.together
        if shop.at_peak:  # each year the best weeks, as near as the shop can tell
            begin = np.argsort(np.argsort(-(course + rng.normal(0, 0.1, weeks)))) < shop.together * weeks
        depth = np.maximum(depth, np.where(begin, rng.choice([0.1, 0.15, 0.2, 0.25], weeks), 0.0))
    lists = np.cumsum(np.where(t % 52 == 20, rng.normal(0.03, 0.01, (n, weeks)), 0.0), axis=1)
    x = lists + np.log1p(-depth)
    b = np.exp(rng.uniform(np.log(shop.size[0]), np.log(shop.size[1]), n))[:, None]
    attraction = (b / b.sum() * np.exp(-shop.own * x)).sum(axis=0)
    mean = b * np.exp(-shop.own * x) * attraction ** (shop.whole / shop.own - 1) * np.exp(course + noise + 0.001 * t)
    mean *= np.exp(-shop.ahead * late(depth)) * np.exp(rng.normal(0, 0.05, (n, weeks)))
    price = np.exp(x) * np.exp(rng.uniform(np.log(3), np.log(40), (n, 1)))
    frame = pd.DataFrame(
        {
            "product": np.repeat([f"{number}-{one:03}" for one in range(n)], weeks),
            "category": f"category {number}" if shop.categories > 1 else None,
            "week": np.tile(pd.date_range("2023-01-02", periods=weeks, freq="7D"), n),
            "units": rng.poisson(mean).ravel().astype(float),
            "price": price.round(2).ravel(),
            "spread": 0.0,
            "promotion": depth.ravel() if shop.recorded else np.nan,
            "throughout": depth.ravel() if shop.recorded else np.nan,
        }
    )
    return frame[frame["units"] > 0]


def late(depth: np.ndarray) -> np.ndarray:
    """The reduction of the week before, or of the one before that, where there is none now."""
    back = [np.pad(depth, ((0, 0), (lag, 0)))[:, : depth.shape[1]] for lag in (1, 2)]
    return np.where(depth > 0, 0.0, np.where(back[0] > 0, back[0], back[1]))


DEPTH, DAYS = 0.2, 7  # of the promotion that is asked about, four weeks ahead
AHEAD = pd.date_range("2026-01-05", periods=28)


def truth(shop: Shop, share: float = 1.0, weight: float = 1.0) -> float:
    """Units that the promotion really adds on the share of a range, or of one product with such a weight in it, in the
    mean, as a share of the units of its days."""
    attraction = 1 - share + share * (1 - DEPTH) ** -shop.own
    every = 1 - weight + weight * attraction
    lift = attraction * every ** (shop.whole / shop.own - 1) - 1
    dip = np.expm1(-shop.ahead * DEPTH * share) * 14 / DAYS
    return float(lift + dip)


def said(found: Elasticity, share: float = 1.0, weight: float = 1.0) -> tuple[float, float, float]:
    """What a plan says of it: the number (NaN where none is given) and its interval."""
    units = pd.DataFrame({"mean": 100.0, "lo-80": 80.0, "hi-80": 120.0}, AHEAD)
    plan = Plan("promotion", AHEAD[0].date(), AHEAD[DAYS - 1].date(), DEPTH, share)
    out = outcome(units, 1.0, 0.5, [plan], found, weight)
    value, lo, hi = (one[0] / (100.0 * DAYS) for one in (out.uplift, out.uplift_lo, out.uplift_hi))
    return value, lo, hi


QUESTIONS = {"all of it": (1.0, 1.0), "half of it": (0.5, 1.0), "one product of ten": (1.0, 0.1)}


def held(shop: Shop, seeds: range) -> dict[str, float]:
    """Over some shops of a kind: how often the truth of each question lay in its interval, how wide that was, and what
    was said of all of it, also if nobody bought one product instead of another (`alone`)."""
    rows = []
    for seed in seeds:
        found = together(made(shop, seed))
        if np.isnan(found.lo):
            continue  # an assumption is asked for, and nothing is said
        row = {"alone": said(replace(found, whole=None, after=()))[0]}
        for name, question in QUESTIONS.items():
            value, lo, hi = said(found, *question)
            row |= {name: lo <= truth(shop, *question) <= hi, f"{name}: width": hi - lo}
            row |= {"value": value, "number": np.isfinite(value)} if name == "all of it" else {}
        rows.append(row)
    return {"answers": len(rows) / len(seeds), **pd.DataFrame(rows).astype(float).mean()}


@dataclass(frozen=True)
class Past:
    """A past period of a part of a shop, beside `others` that share its ups and downs in part and were not touched."""

    share: float = 0.25  # what it really did
    length: int = 14
    days: int = 700
    others: int = 8
    units: float = 40.0  # a day
    noise: float = 0.08


PASTS = {
    "a fortnight, a quarter more": Past(),
    "a week": Past(length=7),
    "four weeks, a fifth less": Past(length=28, share=-0.2),
    "four units a day": Past(units=4.0),
    "nothing to compare with but the year before": Past(others=0),
    "a year of data": Past(days=400),
    "nothing happened": Past(share=0.0),
}


def past(one: Past, seed: int) -> tuple[pd.Series, pd.DataFrame, pd.Timestamp, pd.Timestamp]:
    """Units by day of what was touched and of the others, and the first and last day of the period."""
    rng = np.random.default_rng(seed)
    dates, t = pd.date_range("2024-01-01", periods=one.days), np.arange(one.days)

    def course(height: float, lasts: float) -> np.ndarray:
        found = np.zeros(one.days)
        for day in range(1, one.days):
            found[day] = lasts * found[day - 1] + rng.normal(0, one.noise / 2)
        return found + height * np.cos(2 * np.pi * (t - rng.uniform(0, 365)) / 365)

    shared, week = course(0.3, 0.9) + 0.0004 * t, np.array([0.8, 0.9, 1, 1, 1.2, 1.6, 0.6])[dates.day_of_week]
    means = [
        one.units * np.exp(rng.normal(0, 0.5)) * week * np.exp(rng.uniform(0.5, 1.5) * shared + course(0.2, 0.95))
        for _part in range(one.others + 1)
    ]
    start = int(rng.integers(one.days - 200, one.days - 40))
    means[0][start : start + one.length] *= 1 + one.share
    sold = pd.DataFrame({str(number): rng.poisson(mean).astype(float) for number, mean in enumerate(means)}, dates)
    return sold["0"], sold.drop(columns="0"), dates[start], dates[start + one.length - 1]


def judged(one: Past, seeds: range) -> dict[str, float]:
    """Over some past periods: how often the truth lay in the interval, what was said, and how wide it was."""
    found = [worth(*past(one, seed)) for seed in seeds]
    return {
        "held": float(np.mean([each.lo <= one.share <= each.hi for each in found])),
        "said": float(np.mean([each.share for each in found])),
        "width": float(np.mean([each.hi - each.lo for each in found])),
    }


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--shops", type=int, default=40)
    chosen = parser.parse_args()
    asked = f"{100 * DEPTH:.0f}% off for {DAYS} days, {chosen.shops} shops each, seed {chosen.seed}"
    columns = [asked, "true", "said", "without switching", "a single number", *(f"{one}: held" for one in QUESTIONS)]
    print(f"| {' | '.join(columns)} |")
    print("| --- |" + " --- |" * (4 + len(QUESTIONS)))
    every = []
    for kind, (name, shop) in enumerate(SHOPS.items()):
        found = held(shop, range(chosen.seed + 1000 * kind, chosen.seed + 1000 * kind + chosen.shops))
        every.append([found[one] for one in QUESTIONS])
        values = [truth(shop), found["value"], found["alone"], found["number"] * found["answers"], *every[-1]]
        print(f"| {name} | " + " | ".join(f"{100 * value:.0f}%" for value in values) + " |", flush=True)
    print("| all | | | | | " + " | ".join(f"{100 * value:.0f}%" for value in np.mean(every, axis=0)) + " |")
    print("\n| was it worth it? | true | said | held | width |\n| --- |" + " --- |" * 4)
    for kind, (name, one) in enumerate(PASTS.items()):
        told = judged(one, range(chosen.seed + 1000 * kind, chosen.seed + 1000 * kind + chosen.shops))
        values = [one.share, told["said"], told["held"], told["width"]]
        print(f"| {name} | " + " | ".join(f"{100 * value:.0f}%" for value in values) + " |", flush=True)


if __name__ == "__main__":
    main()
