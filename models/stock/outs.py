"""Which products were sold out, how often, and what that cost in sales that did not happen."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.stock.supply import Demand


@dataclass(frozen=True)
class Empty:
    """The empty shelves of a shop or one of its warehouses, small enough to keep one of each.

    `goods` are those of a `Demand`, `days` the ones on which anything was sold: closed ones do not end an empty shelf.
    A cell is a product on a day that ended with nothing of it on hand: its rows in `goods` (`place`) and `days`
    (`day`), by both, and the `units` that were not sold.
    """

    goods: pd.DataFrame
    days: pd.DatetimeIndex
    place: np.ndarray
    day: np.ndarray
    units: np.ndarray


def paid() -> str:
    """The query of what of each product was sold from `$start` to `$end`: `product`, its mean `price` and `amount`."""
    return """
        SELECT product, sum(amount) / nullif(sum(quantity), 0) AS price, sum(amount) AS amount FROM sales
        WHERE line_type = 'sale' AND timestamp >= $start AND timestamp < $end + INTERVAL 1 DAY GROUP BY 1
    """


def empty(demand: Demand) -> Empty:
    """The empty shelves behind a demand: what `supply.repaired` adds, a product's usual share of what others sold."""
    trading = demand.sold.any(axis=0)
    place, day = np.nonzero(demand.sold_out[:, trading])
    units = (demand.units - demand.sold)[:, trading][place, day]
    return Empty(demand.goods, demand.days[trading], place, day, units)


def outs(shelves: Mapping[str, Empty], start: pd.Timestamp, end: pd.Timestamp, prices: pd.Series) -> pd.DataFrame:
    """The products that were sold out on a day from `start` to `end`, those that lost the most money first.

    A row a product and warehouse (`store`, the key of `shelves`): `days` of those on which that sold anything that
    ended with nothing of it on hand, `share` of those days, `times` it ran out, `lost_units` and `lost`, the same at
    its price (of `prices`, by product, else the latest), missing where that is not known.
    """
    return pd.concat([_outs(store, one, start, end, prices) for store, one in shelves.items()]).sort_values(
        ["lost", "days"], ascending=False, kind="stable", ignore_index=True
    )


def _outs(store: str, of: Empty, start: pd.Timestamp, end: pd.Timestamp, prices: pd.Series) -> pd.DataFrame:
    first, after = of.days.searchsorted(start), of.days.searchsorted(end, "right")
    kept = (of.day >= first) & (of.day < after)
    place, day, size = of.place[kept], of.day[kept], len(of.goods)
    begins = np.ones(len(place), bool)
    begins[1:] = (np.diff(place) != 0) | (np.diff(day) != 1)
    lost, days = np.bincount(place, of.units[kept], size), np.bincount(place, minlength=size)
    found = of.goods[["product", "name"]].assign(
        store=store,
        days=days,
        share=days / max(after - first, 1),
        times=np.bincount(place, begins, size).astype(int),
        lost_units=lost,
        lost=lost * _price(of, prices),
    )
    return found[found["days"] > 0]


def _price(of: Empty, prices: pd.Series) -> pd.Series:
    return of.goods["product"].map(prices).fillna(of.goods["price"])


def by_month(
    shelves: Mapping[str, Empty], start: pd.Timestamp, end: pd.Timestamp, prices: pd.Series, products: pd.Index
) -> pd.Series:
    """What all that `outs` tells of some products lost in money, by month (its first day)."""
    parts = [pd.Series(0.0, pd.date_range(start, end))]
    for of in shelves.values():
        kept = np.isin(of.place, np.flatnonzero(of.goods["product"].isin(products)))
        money = of.units[kept] * _price(of, prices).fillna(0).to_numpy()[of.place[kept]]
        parts.append(pd.Series(money, of.days[of.day[kept]]))
    by_day = pd.concat(parts).sort_index().loc[start:end]
    return by_day.groupby(by_day.index.to_period("M").to_timestamp()).sum().rename("lost")
