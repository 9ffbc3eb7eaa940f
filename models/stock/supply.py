"""What a source says about demand and supply: units by day with sold-out days repaired, lead times, what is on hand."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from data.schemas import IS_GOODS
from models.ask.formulas import GONE
from models.stock.sizes import Conditions, no_conditions

MAX_PRODUCTS = 2_000  # products looked at, the largest first
MEMORY = 91  # days that say what share of the others' sales a product usually has
OWN = 20  # deliveries from which a product's lead times are its own, not its supplier's
MIN_DELIVERIES = 5  # deliveries from which lead times are measured
FORGOTTEN, GRACE = 2, 14  # times the longest delivery, and at least so many days after it: then an order is not to come
IN_PACKS = 10  # days with sales that show in which packs a product comes
DRAWS = 100  # lead times that stand for the distribution of a product's


@dataclass(frozen=True)
class Demand:
    """Units asked for, a row a product and a column a day.

    `goods` has a row a product: product, name, supplier (missing where not known), price and cost of a unit (NaN where
    not known). `units` is `sold` with the days on which a product was `sold_out` repaired. `left_out` counts the
    products beyond the largest `MOST`.
    """

    goods: pd.DataFrame
    days: pd.DatetimeIndex
    units: np.ndarray
    sold: np.ndarray
    sold_out: np.ndarray
    left_out: int


@dataclass(frozen=True)
class Stock:
    """What lies and what comes, a row a product as in `Demand.goods`.

    `on_hand` in units, NaN where not known. `orders` has a row a delivery under way: `place` (the row of its product),
    `quantity`, and `elapsed`, the days since it was ordered.
    """

    on_hand: np.ndarray
    orders: pd.DataFrame

    @property
    def on_order(self) -> np.ndarray:
        """Units under way, a product."""
        return np.bincount(self.orders["place"], self.orders["quantity"], len(self.on_hand))


@dataclass(frozen=True)
class LeadTimes:
    """`days` has a row a product and `DRAWS` columns: equally likely lead times, sorted.

    `source` says of each product where they are from: "own", "supplier", "stated" (mean and spread of the supplier's
    table) or "entered" (those of the analyst).
    """

    days: np.ndarray
    source: np.ndarray


def by_day(columns: Collection[str]) -> str:
    """The query for units sold by `day` and `product` from a sales table with these columns.

    What a customer brings back on the day it was bought was never wanted. What comes back later was, and is not
    counted as stock: whether it can be sold again is not in the data.
    """
    customer = "customer" if "customer" in columns else "NULL"
    return f"""
        SELECT day, product, summed(units) AS units FROM (
            SELECT date_trunc('day', timestamp) AS day, product,
                   CASE WHEN {customer} IS NULL THEN summed(CASE WHEN line_type = 'sale' THEN quantity END)
                   ELSE greatest(summed(quantity), 0) END AS units
            FROM sales WHERE {IS_GOODS} GROUP BY day, product, {customer}
        ) WHERE units > 0 GROUP BY day, product ORDER BY day, product
    """  # noqa: S608  # the column's name is one of two constants


def latest(columns: Collection[str]) -> str:
    """The query for a row a product: what it is called, who supplies it, its latest price and cost."""
    supplier = "arg_max(supplier, (timestamp, supplier))" if "supplier" in columns else "NULL"
    cost = "arg_max(unit_cost, (timestamp, unit_cost))" if "unit_cost" in columns else "CAST(NULL AS DOUBLE)"
    return f"""
        SELECT product, name, supplier, price, cost FROM (
            SELECT product, {supplier} AS supplier,
                   arg_max(unit_price, (timestamp, unit_price)) AS price, {cost} AS cost
            FROM sales WHERE line_type = 'sale' AND unit_price > 0 GROUP BY product
        ) LEFT JOIN called USING (product) ORDER BY product
    """  # noqa: S608  # the columns' names are constants


def demand(
    totals: pd.DataFrame,
    goods: pd.DataFrame,
    last: pd.Timestamp,
    moves: pd.DataFrame | None = None,
    prices: pd.DataFrame | None = None,
    products: pd.DataFrame | None = None,
    apart: Iterable[tuple[str, pd.DataFrame]] = (),
) -> Demand:
    """The demand until the day `last` behind what `by_day` and `latest` answer.

    A product without a sale at a price is left out.

    `moves` (`data.schemas.StockMoves`) tell on which days a product was sold out, `prices`
    (`data.schemas.SupplierPrices`) what few units of it cost now, `products` (`data.schemas.Products`) who supplies it
    where the sales do not say. `apart` are the stores of which both moves and sales are known, with what each sold:
    what one of them has does not fill the shelves of another.
    """
    days = pd.date_range(totals["day"].min() if len(totals) else last, last, unit="us")
    sizes = totals.groupby("product")["units"].sum()
    kept = sizes[sizes.index.isin(goods["product"])].sort_values(ascending=False, kind="stable").index[:MAX_PRODUCTS]
    named = goods.set_index("product").reindex(kept).rename_axis("product").reset_index()
    named["name"] = named["name"].fillna(named["product"])
    named["supplier"] = named["supplier"].astype("str")
    if products is not None and "supplier" in products:
        known = products.set_index("product")["supplier"]
        named["supplier"] = named["supplier"].fillna(named["product"].map(known)).astype("str")
    if prices is not None:
        first = price_list(prices, last).groupby("product")["unit_cost"].first()
        named["cost"] = named["product"].map(first).fillna(named["cost"])
    sold = _by_product(totals, kept, days)
    units, out = sold, np.zeros(sold.shape, bool)
    if moves is None:
        return Demand(named, days, units, sold, out, len(sizes) - len(kept))
    for store, part in apart:
        own = _by_product(part[part["day"] <= last], kept, days)
        empty = sold_out(levels(moves[moves["store"] == store], kept, days), own)
        units, out = units + repaired(own, empty) - own, out | empty
    if units is sold:
        out = sold_out(levels(moves, kept, days), sold)
        units = repaired(sold, out)
    return Demand(named, days, units, sold, out, len(sizes) - len(kept))


def _by_product(totals: pd.DataFrame, products: pd.Index, days: pd.DatetimeIndex) -> np.ndarray:
    """Units sold, a row a product and a column a day."""
    found = np.zeros((len(products), len(days)))
    place, day = products.get_indexer(totals["product"]), days.get_indexer(totals["day"])
    np.add.at(found, (place[place >= 0], day[place >= 0]), totals["units"].to_numpy()[place >= 0])
    return found


def packs(sold: np.ndarray) -> np.ndarray:
    """The units of a pack of each product: what divides all that was ever sold of it on a day, on `IN_PACKS` or more.

    By chance so many days are all multiples of two once in a thousand times at most.
    """
    whole = (sold == np.rint(sold)).all(axis=1) & ((sold > 0).sum(axis=1) >= IN_PACKS)
    found = np.gcd.reduce(np.rint(sold).astype(int), axis=1)
    return np.where(whole & (found > 1), found, 1).astype(float)


def price_list(prices: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """The prices (`data.schemas.SupplierPrices`) of the latest list of each product, the lowest quantity first."""
    valid = prices[prices["valid_from"] <= day]
    valid = valid[valid["valid_from"] == valid.groupby("product")["valid_from"].transform("max")]
    start = valid["from_quantity"].fillna(0) if "from_quantity" in valid else 0.0
    return valid.assign(from_quantity=start).sort_values("from_quantity", kind="stable")


def conditions(
    goods: pd.DataFrame,
    day: pd.Timestamp,
    products: pd.DataFrame | None,
    suppliers: pd.DataFrame | None,
    prices: pd.DataFrame | None,
    sold: np.ndarray | None = None,
) -> Conditions:
    """What is asked of orders of `goods` on a day, from the tables that there are, with the columns that they have.

    Where no pack is stated it is the one that `sold` (units a row a product and a column a day) shows (see `packs`).
    """
    found = no_conditions(len(goods))
    pack, order_cost, least, breaks = (
        found.pack if sold is None else packs(sold),
        found.order_cost,
        found.least,
        found.breaks,
    )
    if products is not None and "pack_size" in products:
        stated = goods["product"].map(products.set_index("product")["pack_size"]).to_numpy(float)
        pack = np.where(np.isnan(stated), pack, stated)
    if suppliers is not None:
        table = suppliers.set_index("supplier")
        order_cost, least = (
            goods["supplier"].map(table[name]).fillna(0).to_numpy(float) if name in table else np.zeros(len(goods))
            for name in ("order_cost", "minimum_value")
        )
    if prices is not None and "from_quantity" in prices:
        listed = price_list(prices, day)
        listed = listed.assign(place=pd.Index(goods["product"]).get_indexer(listed["product"]))
        more = listed["from_quantity"] > listed.groupby("product")["from_quantity"].transform("min")
        breaks = listed.loc[more & (listed["place"] >= 0), list(breaks)].reset_index(drop=True)
    return Conditions(pack, pd.factorize(goods["supplier"])[0], order_cost, least, breaks)


def levels(moves: pd.DataFrame, products: pd.Index, days: pd.DatetimeIndex) -> np.ndarray:
    """Units on hand at the end of each day, a row a product; NaN before its first move, and where they are infinite
    (`ledger.continued`). Stores are added up."""
    places = ["product", "store"] if "store" in moves else ["product"]
    ends = moves.groupby([*places, moves["date"].dt.normalize().rename("day")], dropna=False)["on_hand"].last()
    wide = ends.unstack("day").reindex(columns=days.union(ends.index.unique("day"))).ffill(axis=1)
    summed = wide.groupby(level="product").sum(min_count=1)
    found = summed.reindex(index=products, columns=days).to_numpy(float)
    return np.where(np.isinf(found), np.nan, found)


def sold_out(on_hand: np.ndarray, sold: np.ndarray) -> np.ndarray:
    """The days, of those on which anything was sold, that a product ended with nothing on hand.

    After `GONE` days at zero it is not sold out but discontinued.
    """
    empty = on_hand == 0
    day = np.arange(empty.shape[1])
    since = day - np.maximum.accumulate(np.where(empty, -1, day), axis=1)
    return empty & (since <= GONE) & sold.any(axis=0)


def repaired(sold: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Units sold, and on days when a product was `out` those that would have been: its usual share of the others'.

    The share is that of the `MEMORY` days before on which it was to be had, so that nothing is used that came later.
    Never less than what was sold. A product that was never to be had before stays as it was.
    """
    if not out.any():
        return sold
    others = sold.sum(axis=0) - sold
    own, rest, days = (_before(np.where(out, 0, part)) for part in (sold, others, np.ones_like(sold)))
    with np.errstate(divide="ignore", invalid="ignore"):
        usual = np.where(rest > 0, own / rest * others, own / days)  # without any others, its own usual day
    return np.where(out & (days > 0), np.maximum(sold, usual), sold)


def _before(values: np.ndarray) -> np.ndarray:
    """Sums over the `MEMORY` days before each day."""
    total = np.c_[np.zeros(len(values)), values.cumsum(axis=1)]
    place = np.arange(values.shape[1])
    return np.asarray(total[:, place] - total[:, np.maximum(place - MEMORY, 0)])


def lead_times(
    goods: pd.DataFrame,
    moves: pd.DataFrame | None,
    suppliers: pd.DataFrame | None,
    mean: float,
    spread: float,
) -> LeadTimes:
    """How long deliveries of each product of `goods` take: its own receipts, its supplier's, what the supplier states.

    Receipts count where they say when they were ordered. `mean` and `spread` (standard deviation), in days, are those
    of products about which nothing else is known.
    """
    own = pd.Series(dtype=object)
    pooled = pd.Series(dtype=object)
    if moves is not None and "ordered" in moves:
        took = moves.loc[moves["move"].eq("receipt") & moves["ordered"].notna(), ["product", "date", "ordered"]]
        took = took.assign(days=(took["date"].dt.normalize() - took["ordered"].dt.normalize()).dt.days)
        took = took[took["days"] >= 0].merge(goods[["product", "supplier"]], on="product")
        own, pooled = (took.groupby(by)["days"].apply(np.asarray) for by in ("product", "supplier"))
    stated = (
        {} if suppliers is None else suppliers.set_index("supplier")[["lead_time_mean", "lead_time_std"]].T.to_dict()
    )
    rows, source = [], []
    for product, supplier in zip(goods["product"], goods["supplier"], strict=True):
        mine, theirs = own.get(product, []), pooled.get(supplier, [])
        if len(mine) >= OWN or (len(mine) >= MIN_DELIVERIES and len(theirs) == len(mine)):
            measured, origin = mine, "own"
        elif len(theirs) >= MIN_DELIVERIES:
            measured, origin = theirs, "supplier"
        elif supplier in stated:
            measured, origin = _normal(*stated[supplier].values()), "stated"
        else:
            measured, origin = _normal(mean, spread), "entered"
        rows.append(np.quantile(measured, (np.arange(DRAWS) + 0.5) / DRAWS, method="inverted_cdf"))
        source.append(origin)
    return LeadTimes(np.array(rows, dtype=int).reshape(-1, DRAWS), np.array(source, dtype=object))


def _normal(mean: float, spread: float) -> np.ndarray:
    """Whole days from a normal distribution, never below zero."""
    if spread <= 0:
        return np.array([round(mean)])
    found = NormalDist(mean, spread)
    return np.maximum(np.rint([found.inv_cdf((at + 0.5) / DRAWS) for at in range(DRAWS)]), 0)


def stock(goods: pd.DataFrame, moves: pd.DataFrame | None, today: pd.Timestamp) -> Stock:
    """What is on hand and under way at the end of `today`, by moves that know of its sales (`ledger.continued`).

    A receipt belongs to the order of the day that it names; where it names none, or is of more than that, the oldest
    orders are taken to have come first.
    """
    none = pd.DataFrame({"place": np.zeros(0, int), "quantity": np.zeros(0), "elapsed": np.zeros(0, int)})
    if moves is None:
        return Stock(np.full(len(goods), np.nan), none)
    products = pd.Index(goods["product"])
    on_hand = levels(moves, products, pd.DatetimeIndex([today]))[:, 0]
    listed = moves[moves["product"].isin(products)]
    placed = listed[listed["move"].eq("order")]
    if placed.empty:
        return Stock(on_hand, none)
    # Where a receipt does not say when it was ordered, it counts from the first order on.
    since = listed["ordered"].fillna(listed["date"]) if "ordered" in listed else listed["date"]
    arrived = listed[listed["move"].eq("receipt") & (since >= placed["date"].min())]
    placed = placed.assign(day=placed["date"].dt.normalize(), due=placed["quantity"])
    if "ordered" in arrived:
        named = arrived.assign(day=arrived["ordered"].dt.normalize()).dropna(subset="day")
        came = named.groupby(["product", "day"])["quantity"].sum().rename("came")
        placed = placed.join(came, on=["product", "day"])
        placed["due"] -= _first(placed, ["product", "day"], placed["came"].fillna(0))
    matched = (placed["quantity"] - placed["due"]).groupby(placed["product"]).sum()
    others = arrived.groupby("product")["quantity"].sum().sub(matched, fill_value=0)
    placed["due"] -= _first(placed, ["product"], placed["product"].map(others).fillna(0))
    orders = {
        "place": products.get_indexer(placed["product"]),
        "quantity": placed["due"].to_numpy(),
        "elapsed": (today - placed["day"]).dt.days.to_numpy(),
    }
    return Stock(on_hand, pd.DataFrame(orders)[placed["due"].to_numpy() > 0].reset_index(drop=True))


def _first(placed: pd.DataFrame, by: list[str], came: pd.Series) -> pd.Series:
    """What of the units that `came` for a group of orders each of them gets, the oldest first."""
    older = placed.groupby(by)["due"].cumsum() - placed["due"]
    return (came - older).clip(0, placed["due"])


def still_coming(stock: Stock, leads: LeadTimes) -> tuple[Stock, pd.DataFrame]:
    """The stock without orders that are too old to come, and those orders, with `limit`, the days after which they are.

    That is `FORGOTTEN` times the longest delivery of the product's supplier, at least `GRACE` days after it.
    """
    longest = leads.days[stock.orders["place"], -1]
    dated = stock.orders.assign(limit=np.maximum(FORGOTTEN * longest, longest + GRACE))
    old = dated["elapsed"] > dated["limit"]
    return Stock(stock.on_hand, stock.orders[~old].reset_index(drop=True)), dated[old].reset_index(drop=True)


def counted(goods: pd.DataFrame, given: pd.DataFrame) -> Stock:
    """The stock of a table an analyst gave: product, on_hand, on_order (`connectors.stock_count`).

    When its orders were placed is not known: they count as ordered today.
    """
    found = goods[["product"]].merge(given, on="product", how="left")
    place = np.flatnonzero(found["on_order"].fillna(0) > 0)
    orders = pd.DataFrame({"place": place, "quantity": found["on_order"].to_numpy()[place], "elapsed": 0})
    return Stock(found["on_hand"].to_numpy(float), orders)
