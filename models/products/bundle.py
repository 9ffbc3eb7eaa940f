"""What a discount on two products that are bought together would earn."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.products.margins import parts_of

DISCOUNTS = np.arange(0.0, 0.51, 0.01)  # of the sum of both prices
YEAR = 365  # days, the last ones of the data


@dataclass(frozen=True)
class Pair:
    """How two products sold: baskets with only one (`alone`) and with `both`, `units` of pairs in those, and of each
    product the `price` and the `margin` of a unit (NaN where its cost is not known); money in the data's currency."""

    alone: tuple[int, int]
    both: int
    units: float
    price: tuple[float, float]
    margin: tuple[float, float]


@dataclass(frozen=True)
class Outcome:
    """The extra margin of a discount if units follow prices with the lowest, the likeliest and the highest elasticity,
    `given` away to baskets that hold both anyway, and `needed`: the share of the baskets with one of the two that
    would have to take the other for it to pay; inf where each one that does loses money."""

    margins: tuple[float, float, float]
    given: float
    needed: float


def sold(columns: Collection[str]) -> str:
    """The query of `pair`: what was sold of `$a` and `$b` from the day `$start` on."""
    cost = parts_of(columns)[1]
    where = f"invoice, CAST(timestamp AS DATE){', store' if 'store' in columns else ''}"
    each = ", ".join(
        f"coalesce(sum({value}) FILTER (product = ${side}), 0) AS {name}_{side}"
        for side in "ab"
        for name, value in {
            "units": "quantity",
            "revenue": "amount",
            "costed": f"CASE WHEN {cost} IS NULL THEN 0 ELSE quantity END",
            "cost": cost,
        }.items()
    )
    sums = ", ".join(f"sum({name}_{side}) AS {name}_{side}" for side in "ab" for name in ("units", "revenue", "costed",
                                                                                        "cost"))  # fmt: skip
    return f"""
        WITH baskets AS (
            SELECT hash({where}) AS basket, {each} FROM sales
            WHERE line_type = 'sale' AND invoice IS NOT NULL AND quantity > 0 AND product IN ($a, $b)
                  AND timestamp >= $start
            GROUP BY 1
        )
        SELECT count_if(units_b = 0) AS alone_a, count_if(units_a = 0) AS alone_b,
               count_if(units_a > 0 AND units_b > 0) AS both, sum(least(units_a, units_b)) AS pairs, {sums}
        FROM baskets
    """  # noqa: S608  # no text from outside


def pair(found: pd.DataFrame) -> Pair:
    """What `sold` answers."""
    row = found.iloc[0].fillna(0.0)

    def each(top: str, bottom: str) -> tuple[float, float]:
        a, b = (row[f"{top}_{side}"] / row[f"{bottom}_{side}"] if row[f"{bottom}_{side}"] else np.nan for side in "ab")
        return float(a), float(b)

    price, cost = each("revenue", "units"), each("cost", "costed")
    return Pair(
        alone=(int(row["alone_a"]), int(row["alone_b"])),
        both=int(row["both"]),
        units=float(row["pairs"]),
        price=price,
        margin=(price[0] - cost[0], price[1] - cost[1]),
    )


Ends = tuple[float, float, float]  # the lowest, the likeliest and the highest


def what_if(of: Pair, discount: float, elasticity: tuple[Ends, Ends]) -> Outcome:
    """What `discount` on one of each, as a share of the sum of their prices, does to the margin.

    Who has one in the basket sees the other one cheaper by all of the discount: it is added (1 - discount / price) **
    -elasticity times as often as now, at most by everyone, and as many of it as now. `elasticity` is that of each
    product. Nobody comes for the pair alone, who already takes both takes no more.
    """
    off = discount * sum(of.price)
    each = of.units / of.both if of.both else 1.0
    gain = [one - off for one in of.margin]  # of a unit that is added
    given = off * of.units

    added = np.zeros((2, 3))  # margin, by product that is added
    for product, ends in enumerate(elasticity):
        left = max(1 - off / of.price[product], 1e-9)
        more = np.minimum(of.both * (left ** -np.array(ends) - 1), of.alone[1 - product])
        added[product] = more * each * gain[product]
    low, middle, high = (added.min(1).sum(), added[:, 1].sum(), added.max(1).sum())
    worth = each * (of.alone[0] * gain[1] + of.alone[1] * gain[0])
    needed = given / worth if worth > 0 else np.inf if off else 0.0
    return Outcome((float(low - given), float(middle - given), float(high - given)), given, float(needed))
