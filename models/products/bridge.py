"""Why margin (or revenue) differs between two periods: prices, volume, mix, costs, and products that came or went."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.schemas import IS_GOODS
from locales import N_
from models.products.margins import parts_of

EFFECTS = {
    "price": N_("Prices"),
    "volume": N_("Volume"),
    "mix": N_("Mix"),
    "cost": N_("Costs"),
    "new": N_("New products"),
    "lost": N_("Products gone"),
}


@dataclass(frozen=True)
class Bridge:
    """What lies between `before` and `after`, money of two periods to the cent.

    `effects` is the amount of each of `EFFECTS` (`cost` only where costs are known); with `before` they add up to
    `after`, to the cent. `products` has the same effects a product, not rounded.
    """

    before: float
    after: float
    effects: dict[str, float]
    products: pd.DataFrame


def by_product(columns: Collection[str], costs: bool) -> str:
    """The query of `bridge`: goods of each product in the days `$start` to `$end` (`later`) and `$from` to `$until`.

    With `costs` of the lines whose cost is known only.
    """
    cost = parts_of(columns)[1] if costs else "0.0"
    later = "timestamp >= $start AND timestamp < $end + INTERVAL 1 DAY"
    return f"""
        SELECT product, {later} AS later, coalesce(sum(quantity), 0) AS units, sum(amount) AS revenue,
               sum({cost}) AS cost
        FROM sales
        WHERE {IS_GOODS} AND {cost} IS NOT NULL
              AND ({later} OR timestamp >= $from AND timestamp < $until + INTERVAL 1 DAY)
        GROUP BY ALL ORDER BY ALL
    """  # noqa: S608  # no text from outside


def bridge(found: pd.DataFrame, costs: bool) -> Bridge:
    """The bridge of what `by_product` answers: of margins with `costs`, else of revenue.

    For products with units (net of returns) in both periods, with q units, p revenue and c cost a unit, 0 before and 1
    after: price (p1 - p0) q1, cost -(c1 - c0) q1, volume (Q1 / Q0 - 1) q0 (p0 - c0) with Q all their units, mix
    (q1 - q0 Q1 / Q0) (p0 - c0). A product that has units in the second period only is new, every other one is gone.
    """
    wide = found.pivot_table(index="product", columns="later", values=["units", "revenue", "cost"], aggfunc="sum")
    every = pd.MultiIndex.from_product([["units", "revenue", "cost"], [False, True]])
    wide = wide.reindex(columns=every).fillna(0.0)
    (q0, q1), (r0, r1), (c0, c1) = (
        (wide[name, False].to_numpy(float), wide[name, True].to_numpy(float)) for name in ("units", "revenue", "cost")
    )
    m0, m1 = r0 - c0, r1 - c1
    both, new = (q0 > 0) & (q1 > 0), (q0 <= 0) & (q1 > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(both, q1 / q0, 0.0)
    growth = q1[both].sum() / q0[both].sum() if both.any() else 1.0
    zero = np.zeros(len(wide))
    parts = {
        "price": np.where(both, r1 - r0 * ratio, zero),
        "volume": np.where(both, (growth - 1) * m0, zero),
        "mix": np.where(both, (ratio - growth) * m0, zero),
        "cost": np.where(both, c0 * ratio - c1, zero),
        "new": np.where(new, m1 - m0, zero),
        "lost": np.where(~both & ~new, m1 - m0, zero),
    }
    if not costs:
        del parts["cost"]
    before = round(float(m0.sum()), 2)
    level = np.round(before + np.cumsum([part.sum() for part in parts.values()]), 2)
    level[-1] = round(float(m1.sum()), 2)  # sums in another order may differ in the last digit
    steps = np.round(np.diff(level, prepend=before), 2) + 0.0
    products = pd.DataFrame({"product": wide.index.astype(str), **parts})
    return Bridge(before, float(level[-1]), dict(zip(parts, steps.tolist(), strict=True)), products)
