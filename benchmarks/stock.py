"""What the stock page promises, beside what was held: service by class of demand, and what orders cost.

Run: python -m benchmarks.stock --seed N [--shops 3] [--products 200]: a fresh base seed each time it is published, and
neither one that was looked at while something was changed nor those of the tests. A shop sells products of four classes
of demand whose truth is known: smooth, erratic, intermittent and lumpy. The service is judged twice: on past days, as
the page says it, and on demand that comes after, which nobody has seen. What orders cost is simulated, day by day, with
lost sales, beside the best reorder point and order size there are for the true demand, found by simulation of other
days. With VIGIE_REAL_DATA=folder, Online Retail and 1C are judged on past days too.
"""

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from connectors import predict_future_sales, retail
from data import tables
from models.stock import experience as past
from models.stock import ordering, paths, reorder, sizes, supply
from models.stock.experience import KINDS
from models.stock.ordering import Terms
from models.stock.reorder import LEVELS, Service
from models.stock.supply import Demand, LeadTimes, Stock

WEEKS, YEARS, REVIEW, LEAD = 130, 10, 7, (14.0, 4.0)
TOGETHER = 5  # products of a supplier
ORDER = 40.0  # what an order costs where products share it
WARM = 200  # days after which a simulated shelf has forgotten how it began
LEVEL = int(np.abs(LEVELS - 0.95).argmin())
TERMS = Terms(level=0.95, review=REVIEW, lasts=0, holding=0.25, write_off=0, margin=0.4, line=10)
REAL = {"online_retail": "online_retail.csv.gz", "predict_future_sales": ""}


@dataclass(frozen=True)
class Truth:
    """How products sell: `kind`, the chance that a day sells anything, and the mean and squared coefficient of
    variation of what it sells then, one unit at least (the rest is negative binomial). `cost` is that of a unit."""

    kind: np.ndarray
    chance: np.ndarray
    mean: np.ndarray
    uneven: np.ndarray
    cost: np.ndarray


def truth(products: int, seed: int) -> Truth:
    """As many products of each of the four classes."""
    draw = np.random.default_rng([seed, 1])
    kind = np.arange(products) % 4
    rare, wild = kind >= 2, kind % 2 == 1
    quiet = np.where(rare, draw.uniform(1, 3, products), 1 + draw.lognormal(1.2, 0.8, products))
    return Truth(
        kind,
        np.where(rare, draw.uniform(0.015, 0.08, products), draw.uniform(0.5, 0.95, products)),
        np.where(wild, 1 + draw.lognormal(1.8, 0.6, products), quiet),
        np.where(wild, draw.uniform(1.5, 4, products), np.where(rare, 0.05, 0.3)),
        draw.lognormal(1.5, 0.8, products),
    )


def sold(known: Truth, days: int, draw: np.random.Generator) -> np.ndarray:
    """Units a day, products x days."""
    more, shape = known.mean - 1, (len(known.kind), days)
    size = 1 + draw.poisson(draw.gamma((1 / known.uneven)[:, None], (more * known.uneven)[:, None], shape))
    return np.where(draw.random(shape) < known.chance[:, None], size, 0).astype(float)


def shop(known: Truth, weeks: int, seed: int) -> Demand:
    """What a shop that sells as `known` has seen."""
    units, products = sold(known, 7 * weeks, np.random.default_rng([seed, 2])), len(known.kind)
    goods = pd.DataFrame({"product": [f"P{number}" for number in range(products)], "name": "x", "supplier": None})
    goods = goods.astype({"supplier": "str"}).assign(price=known.cost / (1 - TERMS.margin), cost=known.cost)
    return Demand(
        goods,
        pd.date_range(end="2026-03-29", periods=7 * weeks, unit="us"),
        units,
        units,
        np.zeros(units.shape, bool),
        0,
    )


def leads(products: int) -> LeadTimes:
    """Lead times that nothing but their mean and standard deviation is known of."""
    return supply.lead_times(pd.DataFrame({"product": range(products), "supplier": None}), None, None, *LEAD)


def demands(known: Truth, taken: LeadTimes, cases: int, seed: int) -> np.ndarray:
    """True demands until the end of a lead time and review period, products x cases."""
    draw, products = np.random.default_rng([seed, 3]), len(known.kind)
    longest = int(taken.days.max()) + REVIEW
    until = taken.days[np.arange(products)[:, None], draw.integers(0, taken.days.shape[1], (products, cases))] + REVIEW
    found = np.empty((products, cases))
    for case in range(cases):
        total = sold(known, longest, draw).cumsum(axis=1)
        found[:, case] = total[np.arange(products), until[:, case] - 1]
    return found


@dataclass(frozen=True)
class Spent:
    """What shelves cost a year and did: products x policies."""

    holding: np.ndarray
    ordering: np.ndarray
    lost: np.ndarray
    served: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """Holding, ordering and the margin of what was not there."""
        return self.holding + self.ordering + self.lost


def spent(
    units: np.ndarray,
    cost: np.ndarray,
    taken: LeadTimes,
    point: np.ndarray,
    up_to: np.ndarray,
    seed: int,
    join: np.ndarray | None = None,
    order: float = 0.0,
) -> Spent:
    """Run shelves that are looked at every `REVIEW` days: below `point` they are ordered up to `up_to`.

    These and `join` are products x policies; all policies meet the same demand and the same lead times. Products of
    one supplier are `TOGETHER` rows one after another; an order costs `order`, and what is below `join` goes with it.
    """
    join = point if join is None else join
    products, days = units.shape
    span = int(taken.days.max()) + 2
    took = np.take_along_axis(
        taken.days, np.random.default_rng([seed, 4]).integers(0, taken.days.shape[1], (products, days)), axis=1
    )
    on_hand, coming = up_to.astype(float).copy(), np.zeros((span, *up_to.shape))
    held, paid, lacked, asked = (np.zeros(up_to.shape) for _each in range(4))
    for day in range(days):
        on_hand += coming[day % span]
        coming[day % span] = 0
        lack = np.maximum(units[:, day, None] - on_hand, 0)
        on_hand = np.maximum(on_hand - units[:, day, None], 0)
        if day >= WARM:
            held += on_hand
            lacked += lack
            asked += units[:, day, None]
        if day % REVIEW == 0:
            position = on_hand + coming.sum(axis=0)
            calls = (position <= point).reshape(-1, TOGETHER, point.shape[1]).any(axis=1)
            quantity = np.where((position <= join) & calls.repeat(TOGETHER, axis=0), up_to - position, 0)
            if day >= WARM:
                paid += TERMS.line * (quantity > 0) + order / TOGETHER * calls.repeat(TOGETHER, axis=0)
            arrives = (day + 1 + took[:, day]) % span
            coming[arrives, np.arange(products)] += quantity
    years = (days - WARM) / 365
    margin = cost / (1 - TERMS.margin) - cost
    return Spent(
        held / (days - WARM) * TERMS.holding * cost[:, None],
        paid / years,
        lacked * margin[:, None] / years,
        1 - lacked / np.maximum(asked, 1),
    )


def best(
    known: Truth, taken: LeadTimes, point: np.ndarray | None, seed: int, steps: int = 14
) -> tuple[np.ndarray, np.ndarray]:
    """The (s, S) that costs least for true demand: by simulation of days of their own, in two rounds of a grid.

    With `point` the reorder point is given and only S is looked for; costs are then holding and ordering.
    """
    units = sold(known, 3 * 365 * YEARS, np.random.default_rng([seed, 5]))
    rate = known.chance * known.mean
    size = np.sqrt(2 * rate * 365 * TERMS.line / (known.cost * TERMS.holding))
    safe = np.quantile(demands(known, taken, 400, seed + 1), 0.95, axis=1)
    products = np.arange(len(rate))
    middle, wide = (np.log(np.maximum(safe, 1)), np.log(np.maximum(size, 1))), 1.4
    for _round in range(2):
        shares = np.linspace(-wide, wide, steps)
        if point is None:
            lows = np.rint(np.exp(middle[0][:, None] + np.repeat(shares, steps)))
            fills = np.rint(np.exp(middle[1][:, None] + np.tile(shares, steps)))
        else:
            lows = np.repeat(point[:, None], steps, axis=1)
            fills = np.rint(np.exp(middle[1][:, None] + shares))
        found = spent(units, known.cost, taken, lows, lows + fills, seed)
        cheapest = (found.total if point is None else found.holding + found.ordering).argmin(axis=1)
        low, fill = lows[products, cheapest], fills[products, cheapest]
        middle, wide = (np.log(np.maximum(low, 0.5)), np.log(np.maximum(fill, 0.5))), 2 * wide / (steps - 1)
    return low, low + fill


def judged(found: Service, asked: np.ndarray, known: Truth) -> dict[str, float]:
    """Service at 95 % by class: on past days, by today's class, and on days to come, by the true one."""
    past = {f"{one.kind}, past": one.achieved[LEVEL] for one in found.by_kind if one.cases > 200}
    held = (asked <= found.point[:, [LEVEL]]).mean(axis=1)
    return past | {f"{name}, to come": held[known.kind == kind].mean() for kind, name in enumerate(KINDS[:4])}


def measured(products: int, seed: int) -> tuple[dict[str, float], dict[str, float]]:
    """One shop: service, and costs over those of the best (s, S)."""
    known, taken = truth(products, seed), leads(products)
    demand = shop(known, WEEKS, seed)
    learned = past.experience(demand, 6)
    found = reorder.service(learned, taken, REVIEW)
    asked = demands(known, taken, 400, seed)
    empty = Stock(np.zeros(products), pd.DataFrame({"place": [0], "quantity": [0.0], "elapsed": [0]}).iloc[:0])
    futures = paths.odds(learned, taken, empty, REVIEW)

    def policy(terms: Terms, suppliers: np.ndarray | None = None) -> tuple[np.ndarray, ...]:
        conditions = sizes.no_conditions(products)
        if suppliers is not None:
            conditions = replace(conditions, supplier=suppliers)
        found_orders = ordering.orders(
            demand.goods, learned, found, futures, empty, np.zeros(products), terms, conditions
        )
        reach = ordering.order_sizes(demand.goods, learned, futures, terms, conditions).reach
        low = found_orders["reorder_point"].to_numpy()
        rate = np.diff(learned.forecast[-1][:, [-29, -1]]).ravel() / 28
        return low, low + rate * reach, found_orders["order_up_to"].to_numpy()

    true = np.ceil(np.quantile(asked, 0.95, axis=1, method="inverted_cdf"))
    rivals = {
        "best (s, S), same service": best(known, taken, true, seed),
        "best (s, S), any service": best(known, taken, None, seed),
        "14 days for everything": policy(replace(TERMS, lasts=14))[::2],
        "Vigie": policy(TERMS)[::2],
    }
    later = sold(known, 365 * YEARS, np.random.default_rng([seed, 6]))
    low, up = (np.column_stack([one[which] for one in rivals.values()]) for which in (0, 1))
    run = spent(later, known.cost, taken, low, up, seed + 2)
    total, without = run.total.sum(axis=0), (run.holding + run.ordering).sum(axis=0)
    costs = {}
    for number, name in enumerate(rivals):
        costs[f"{name}: with lost sales, over any service"] = total[number] / total[1]
        costs[f"{name}: holding and ordering, over same service"] = without[number] / without[0]
    shared = replace(TERMS, order=ORDER)
    alone, together = policy(replace(TERMS, line=TERMS.line + ORDER)), policy(shared, np.arange(products) // TOGETHER)
    low, up = np.column_stack([alone[0], together[0]]), np.column_stack([alone[2], together[2]])
    joint = spent(later, known.cost, taken, low, up, seed + 2, np.column_stack([alone[0], together[1]]), ORDER)
    cost = joint.total.sum(axis=0)
    return judged(found, asked, known), costs | {
        f"orders shared by {TOGETHER} products, over each alone": cost[1] / cost[0]
    }


def real(folder: Path) -> Iterator[tuple[str, Service]]:
    """Sales of real shops: the 300 products that sell most, and every fourth of the others."""
    for name, file in REAL.items():
        source = retail if name == "online_retail" else predict_future_sales
        with TemporaryDirectory() as home:
            kept = tables.add(Path(home), source.dataset(folder / name / file), datetime(2026, 4, 1, tzinfo=UTC))
            columns = kept.columns["sales"]
            totals, goods = (tables.query(kept, sql) for sql in (supply.by_day(columns), supply.latest(columns)))
        every = supply.demand(totals, goods, pd.Timestamp(kept.span[1] if kept.span else 0).normalize())
        some = np.r_[0:300, 300 : len(every.units) : 4]
        demand = replace(
            every, goods=every.goods.iloc[some].reset_index(drop=True), units=every.units[some], sold=every.sold[some]
        )
        yield name, reorder.service(past.experience(demand, 6), leads(len(some)), REVIEW)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--shops", type=int, default=3)
    parser.add_argument("--products", type=int, default=200)
    asked = parser.parse_args()
    found = [measured(asked.products, asked.seed + number) for number in range(asked.shops)]
    for title, which in (("Service at 95 % asked", 0), ("Costs", 1)):
        table = pd.DataFrame([one[which] for one in found]).T
        table.columns = [f"shop {number + 1}" for number in range(asked.shops)]
        print(f"\n{title}\n{table.assign(mean=table.mean(axis=1)).round(3).to_string()}")
    if folder := os.environ.get("VIGIE_REAL_DATA"):
        for name, service in real(Path(folder)):
            print(f"\n{name}, past days: {service.achieved[LEVEL]:.3f}, textbook {service.textbook[LEVEL]:.3f}")
            for one in service.by_kind:
                print(
                    f"  {one.kind:13}{one.achieved[LEVEL]:.3f}, textbook {one.textbook[LEVEL]:.3f}, {one.cases} cases"
                )


if __name__ == "__main__":
    main()
