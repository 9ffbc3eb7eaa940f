"""Was an order right? What was sold since it came, and what would have been without it.

Both days are played again with the same demand: with the stock that there was, and with that less the units that came.
What was asked for on a day sold out is the product's usual share of the others' sales (`models.stock.supply`). It is
played until the next delivery of a product: nobody knows what else would have been ordered.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.stock.supply import Demand, levels

SOLD_AGAIN = 1  # days after a receipt from which on something can be told


@dataclass(frozen=True)
class Outcome:
    """What became of an order: `products` has a row a product of which anything can be told.

    Its columns: product, name, `since` (the day of its first receipt), `days` played, `demand` (units wanted), `sold`
    and `sold_without` the order, `left` and `left_without` (units at the end), `earned` (margin of what could not have
    been sold without), `tied` (money in what is left because of it). `early` counts the products of which nothing can
    be told yet.
    """

    products: pd.DataFrame
    early: int

    @property
    def service(self) -> float:
        """The share of the units asked for that were sold; NaN where none were asked for."""
        return _share(self.products["sold"], self.products["demand"])

    @property
    def service_without(self) -> float:
        """The same without the order."""
        return _share(self.products["sold_without"], self.products["demand"])


def _share(sold: pd.Series, demand: pd.Series) -> float:
    return float(sold.sum() / demand.sum()) if demand.sum() > 0 else float("nan")


def outcome(
    came: pd.DataFrame, moves: pd.DataFrame, demand: Demand, costs: Mapping[str, float], prices: Mapping[str, float]
) -> Outcome:
    """What the receipts `came` (date, product, quantity), which are among the `moves` of stock, have done until now.

    `costs` is what a unit of the order cost, `prices` what it was sold for since; a product without a price has earned
    nobody knows what (NaN).
    """
    goods, days = demand.goods.set_index("product"), demand.days
    held = levels(moves, pd.Index(came["product"].unique()), days)
    receipts = moves[moves["move"].eq("receipt")]
    rows = []
    for place, (product, mine) in enumerate(came.groupby("product", sort=False)):
        first = mine["date"].min().normalize()
        start = days.get_indexer(pd.DatetimeIndex([first]))[0]
        if product not in goods.index or start < 0:
            continue
        theirs = receipts[receipts["product"].eq(product) & (receipts["date"].dt.normalize() >= first)]
        own = mine.groupby(mine["date"].dt.normalize())["quantity"].sum()
        other = theirs.groupby(theirs["date"].dt.normalize())["quantity"].sum().sub(own, fill_value=0)
        later = other[(other > 0) & (other.index > first)]
        end = len(days) if later.empty else int(days.get_indexer(pd.DatetimeIndex([later.index[0]]))[0])
        asked = demand.units[demand.goods["product"].eq(product).to_numpy().argmax(), start + 1 : end]
        if len(asked) < SOLD_AGAIN or np.isnan(held[place, start]):
            continue
        more = own.reindex(days[start + 1 : end]).fillna(0).to_numpy()
        sold, left = played(float(held[place, start]), asked, more)
        without, left_without = played(max(float(held[place, start] - own.loc[first]), 0.0), asked, np.zeros_like(more))
        margin = prices.get(product, float("nan")) - costs[product]
        rows.append(
            {
                **{"product": product, "name": goods.at[product, "name"], "since": first, "days": len(asked)},
                **{"demand": float(asked.sum()), "sold": sold, "sold_without": without, "left": left},
                **{"left_without": left_without, "earned": (sold - without) * margin},
                "tied": (left - left_without) * costs[product],
            }
        )
    columns = ["product", "name", "since", "days", "demand", "sold", "sold_without", "left", "left_without", "earned"]
    return Outcome(pd.DataFrame(rows, columns=[*columns, "tied"]), came["product"].nunique() - len(rows))


def played(stock: float, asked: np.ndarray, came: np.ndarray) -> tuple[float, float]:
    """Units sold in all and left at the end, of a stock that is asked for units each day after what came that day."""
    sold = 0.0
    for units, more in zip(asked, came, strict=True):
        stock += float(more)
        served = min(stock, float(units))
        sold, stock = sold + served, stock - served
    return sold, stock
