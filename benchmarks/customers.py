"""What the pages of Customers and Products cost and whether those of Customers hold.

Run: python -m benchmarks.customers [--big] [--beside PYTHON]

Times of each step, and those of the processor in them, on simulated sales of 0.1 and 1 million lines (--big: 10 million
too), the median of three, beside their budgets; then what is promised beside what was held, in simulated shops whose
truth is known and that nothing was tuned to.
"""

import argparse
import resource
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from benchmarks import products
from data import tables
from data.dataset import Dataset, Origin
from data.demo.sales import generate
from models.customers import cohorts, rfm, segments, slipping, value

T = TypeVar("T")
END = date(2026, 3, 14)
LINES_A_CUSTOMER = 76  # of the demo, in three years


def timed(name: str, lines: int, work: Callable[[], T], budget: str = "", times: int = 3) -> T:
    """The answer of `work`; prints the median of its times, and of the processor's."""
    answers: list[T] = []
    products.timed(name, lines, lambda: answers.append(work()), budget, times)
    return answers[-1]


def keep(size: int, home: str) -> int:
    """Store simulated sales of about so many lines; how many they are."""
    frame = generate(END, customers=max(size // LINES_A_CUSTOMER, 100))["sales"]
    dataset = Dataset("sales", {"sales": frame}, Origin("upload", "mine.csv", currency="GBP"))
    tables.add(Path(home), dataset, datetime(2026, 3, 15, tzinfo=UTC))
    return len(frame)


def costs(size: int) -> None:
    with tempfile.TemporaryDirectory() as home:
        # In a process of its own, so that its memory is not taken for what the pages need.
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            lines = pool.submit(keep, size, home).result()
        stored = tables.active(Path(home), "sales")
        assert stored
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        query = rfm.by_day(stored.columns["sales"])
        timed("RFM: lines to segments", lines, lambda: rfm.score(rfm.purchases(tables.query(stored, query))), "< 0.3 s")
        bought = rfm.purchases(tables.query(stored, query))
        scored = timed("RFM: scores again, another day", lines, lambda: rfm.score(bought))
        timed("cohorts: lines to cohorts", lines,
              lambda: cohorts.cohorts(rfm.purchases(tables.query(stored, query))), "< 0.3 s")  # fmt: skip
        timed("cohorts, of a filter", lines, lambda: cohorts.cohorts(bought), "< 0.3 s")
        timed("who moved", lines, lambda: segments.movement(bought))
        timed("k-means, seven numbers of groups", lines, lambda: segments.kmeans(scored), "in the background", 1)
        timed("DBSCAN", lines, lambda: segments.dbscan(scored), "in the background", 1)
        rhythm = timed("rhythm of the shop", lines, lambda: slipping.learn(bought), "in the background", 1)
        assessed = timed("every customer's silence", lines, lambda: slipping.assess(bought, rhythm), "", 1)
        timed("the list, of an input", lines, lambda: slipping.listed(bought, assessed, 90), "< 0.2 s")
        models = timed("BG/NBD and Gamma-Gamma", lines, lambda: value.learn(bought), "in the background", 1)
        timed("values with intervals", lines, lambda: value.value(bought, models), "in the background", 1)
        timed("back-test", lines, lambda: value.backtest(bought), "in the background", 1)
        more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        print(f"{lines:>10,} lines  {'memory, more than before':<44} {more:8.0f} MB  < 1,024 MB", flush=True)


def renewals(rng: np.random.Generator, shapes: tuple[float, ...], stop: float) -> tuple[rfm.Purchases, np.ndarray]:
    """A shop of 800 customers over two years, each with gaps of their own; who has gone at the end."""
    rows, gone = [], []
    for customer in range(800):
        shape, mean = rng.choice(shapes), 1 / rng.gamma(2.0, 1 / 50)
        at, here = rng.uniform(-500, 500), True
        while at < 730 and here:
            if at >= 0:
                rows.append((f"c{customer:04}", int(at)))
                here = rng.random() >= stop
            at += rng.gamma(shape, mean / shape)
        gone.append(not here)
    strangers = [(None, day) for day in range(730)]
    frame = pd.DataFrame([*dict.fromkeys(rows), *strangers], columns=["customer", "day"])
    frame["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(frame["day"], unit="D")
    found = rfm.purchases(frame.assign(sold=10.0, revenue=10.0))
    return found, np.array([gone[int(name[1:])] for name in found.customers])


def promises(seed: int, shops: int) -> None:
    print("\nslipping: silent for unusually long (promised: 5% of customers in rhythm); gone for good: said and true")
    kinds = {"by chance": (1.0,), "fairly regular": (3.0,), "of all kinds": (0.7, 1.0, 2.0, 6.0), "bursts": (0.6,)}
    for name, shapes in kinds.items():
        for stop in (0.0, 0.03):
            false, said, true, listed = [], [], [], []
            for number in range(shops):
                found, gone = renewals(np.random.default_rng([seed, number]), shapes, stop)
                assessed = slipping.assess(found, slipping.learn(found))
                truth, flagged = gone[assessed.index], (assessed["unusual"] > 0).to_numpy()
                false.append(flagged[~truth].mean())
                said.append(assessed["gone"].mean())
                true.append(truth.mean())
                listed.append(truth[flagged].mean() if stop else np.nan)
            print(
                f"  {name:<16} {'nobody leaves' if not stop else '3% leave after each purchase':<30}"
                f" listed of those in rhythm {np.mean(false):5.1%}   gone: said {np.mean(said):5.1%}, true"
                f" {np.mean(true):5.1%}" + (f"   of the list {np.nanmean(listed):4.0%} have gone" if stop else ""),
                flush=True,
            )


def buyers(rng: np.random.Generator, ahead: int, monthly: bool) -> tuple[rfm.Purchases, np.ndarray]:
    """A BG/NBD and Gamma-Gamma shop of 1,000 customers over 700 days, and what each brings in `ahead` days after.

    With `monthly` one that sends a box every 30 days, give or take one, of which each may be the last (5 %)."""
    rows, later = [], np.zeros(1000)
    rate, leave = rng.gamma(0.8, 1 / 40, 1000), rng.beta(0.8, 6.0, 1000)
    leave = np.full(1000, 0.05) if monthly else leave
    spending = 5.0 / rng.gamma(4.0, 1 / 100, 1000)
    for customer in range(1000):
        at = rng.uniform(0, 500)
        while at < 700 + ahead:
            amount = spending[customer] * rng.gamma(5.0) / 5
            if at < 700:
                rows.append((f"c{customer:04}", int(at), amount))
            else:
                later[customer] += amount
            if rng.random() < leave[customer]:
                break
            at += 30 + rng.normal() if monthly else rng.exponential(1 / rate[customer])
    frame = pd.DataFrame(rows, columns=["customer", "day", "sold"]).groupby(["customer", "day"], as_index=False).sum()
    frame = pd.concat([frame, pd.DataFrame({"customer": None, "day": range(700), "sold": 1.0})], ignore_index=True)
    frame["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(frame["day"], unit="D")
    found = rfm.purchases(frame.assign(revenue=frame["sold"]))
    return found, later[[int(name[1:]) for name in found.customers]]


def values(seed: int, shops: int) -> None:
    print("\nvalue of the next days: said over true, and how often the truth lay in the interval (promised: 80%)")
    for ahead, monthly in ((90, False), (365, False), (90, True), (365, True)):
        ratio, total, own = [], [], []
        for number in range(shops):
            found, later = buyers(np.random.default_rng([seed, ahead, number]), ahead, monthly)
            made = value.value(found, value.learn(found), ahead, value.missed(found, ahead))
            truth = later[made.customers.index]
            ratio.append(value.total(made)[0] / truth.sum())
            total.append(value.total(made)[1] <= truth.sum() <= value.total(made)[2])
            own.append(made.customers["lo"].le(truth).mul(made.customers["hi"].ge(truth)).mean())
        print(
            f"  {ahead:>3} days{', a box a month' if monthly else ''}: said {np.mean(ratio):.2f} times the truth; "
            f"total in {sum(total)} of {shops}; each customer's {np.mean(own):.0%}",
            flush=True,
        )


def christmas(rng: np.random.Generator, days: int, strength: float) -> tuple[rfm.Purchases, float]:
    """A BG/NBD shop of 1,500 customers that is exp(strength) times as busy on 10 December, and what they bring in in
    the 90 days after the first `days` from January 2024."""
    every = pd.date_range("2024-01-01", periods=days + 90)
    pace = np.exp(strength * np.exp(-0.5 * ((every.day_of_year.to_numpy() - 344) / 20) ** 2))
    clock, rows, later = np.r_[0, np.cumsum(pace / pace[:365].mean())], [], 0.0
    rate, leave, price = rng.gamma(1.0, 1 / 60, 1500), rng.beta(0.8, 8.0, 1500), 10 * rng.gamma(5.0, size=1500)
    for customer in range(1500):
        at, known = rng.uniform(0, clock[days] * 0.9), False
        while at < clock[-1]:
            day, amount = int(np.searchsorted(clock, at, "right") - 1), price[customer] * rng.gamma(4.0) / 4
            known |= day < days
            if day < days:
                rows.append((customer, day, amount))
            else:
                later += amount * known
            if rng.random() < leave[customer]:
                break
            at += rng.exponential(1 / rate[customer])
    frame = pd.DataFrame(rows, columns=["customer", "day", "sold"]).groupby(["customer", "day"], as_index=False).sum()
    frame = pd.concat([frame, pd.DataFrame({"customer": None, "day": range(days), "sold": 1.0})], ignore_index=True)
    frame["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(frame["day"], unit="D")
    return rfm.purchases(frame.assign(revenue=frame["sold"])), later


def seasons(seed: int, shops: int) -> None:
    print("\nvalue of 90 days from October on in shops with a Christmas: in the interval (promised: 80%)")
    for strength in (0.0, 1.0):
        for days in (640, 1010):
            inside, counted, ratio, without = [], [], [], []
            for number in range(shops):
                found, later = christmas(np.random.default_rng([seed, days, number]), days, strength)
                season = value.season(found)
                miss = value.missed(found, value.HOLD_OUT, 0, season.power)
                made = value.value(found, value.learn(found, 0, season), 90, miss, 0, season)
                inside.append(value.total(made)[1] <= later <= value.total(made)[2])
                counted.append(not season.reason)
                ratio.append(value.total(made)[0] / later)
                without.append(value.total(value.value(found, value.learn(found), 90))[0] / later)
            print(
                f"  Christmas {np.exp(strength):.1f} times, {days} days: season counted in {sum(counted)} of {shops}; "
                f"said {np.mean(ratio):.2f} times the truth, {np.mean(without):.2f} without; in {sum(inside)}",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--big", action="store_true", help="10 million lines too")
    parser.add_argument("--beside", metavar="PYTHON", help="one with mlxtend and efficient-apriori")
    parser.add_argument("--seed", type=int, default=20_26)
    parser.add_argument("--shops", type=int, default=5)
    asked = parser.parse_args()
    for size in (100_000, 1_000_000, *((10_000_000,) if asked.big else ())):
        costs(size)
        products.costs(size, 4_000, asked.beside)
    promises(asked.seed, asked.shops)
    values(asked.seed, 4 * asked.shops)
    seasons(asked.seed, 2 * asked.shops)


if __name__ == "__main__":
    main()
