"""Which products were sold out, how often, and what that cost in sales that did not happen."""

import numpy as np
import pandas as pd

from models.stock.supply import Demand


def paid() -> str:
    """The query of what a unit of each product was sold for from `$start` to `$end`, on average: `product`, `price`."""
    return """
        SELECT product, sum(amount) / nullif(sum(quantity), 0) AS price FROM sales
        WHERE line_type = 'sale' AND timestamp >= $start AND timestamp < $end + INTERVAL 1 DAY GROUP BY 1
    """


def outs(demand: Demand, start: pd.Timestamp, end: pd.Timestamp, prices: pd.Series) -> pd.DataFrame:
    """The products that were sold out on a day from `start` to `end`, those that lost the most money first.

    `days` of those on which anything was sold that ended with nothing of it on hand, `share` of those days, `times` it
    ran out, `lost_units` (what `supply.repaired` adds: its usual share of what the others sold) and `lost`, the same at
    its price (of `prices`, by product, else the latest), missing where that is not known.
    """
    kept = (demand.days >= start) & (demand.days <= end)
    out = demand.sold_out[:, kept]
    trading = demand.sold[:, kept].any(axis=0)
    # Closed days in between do not end an empty shelf.
    shown = out[:, trading]
    begins = shown & ~np.c_[np.zeros(len(shown), bool), shown[:, :-1]]
    lost = ((demand.units - demand.sold) * demand.sold_out)[:, kept].sum(axis=1)
    found = pd.DataFrame(
        {
            "product": demand.goods["product"],
            "name": demand.goods["name"],
            "days": shown.sum(axis=1),
            "share": shown.mean(axis=1) if trading.any() else 0.0,
            "times": begins.sum(axis=1),
            "lost_units": lost,
            "lost": lost * _price(demand, prices),
        }
    )
    found = found[found["days"] > 0]
    return found.sort_values(["lost", "days"], ascending=False, kind="stable", ignore_index=True)


def _price(demand: Demand, prices: pd.Series) -> pd.Series:
    return demand.goods["product"].map(prices).fillna(demand.goods["price"])


def by_month(
    demand: Demand, start: pd.Timestamp, end: pd.Timestamp, prices: pd.Series, products: pd.Index
) -> pd.Series:
    """What all that `outs` tells of some products lost in money, by month (its first day)."""
    kept = (demand.days >= start) & (demand.days <= end)
    rows = demand.goods["product"].isin(products).to_numpy()
    units = ((demand.units - demand.sold) * demand.sold_out)[rows][:, kept]
    money = units.T @ _price(demand, prices)[rows].fillna(0).to_numpy()
    return pd.Series(money, demand.days[kept].to_period("M").to_timestamp(), name="lost").groupby(level=0).sum()
