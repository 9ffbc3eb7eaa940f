"""A simulated gift retailer: who comes when, what they buy, and the tables around it."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from data.demo import offer, stock
from data.demo import parameters as p
from data.schemas import LINE_TYPES

_SALE, _RETURN, _DISCOUNT, _SHIPPING, _FEE, _ADJUSTMENT = range(len(LINE_TYPES))
# What is invoiced but is no product, in the order of the line types after sale and return: code, description.
_SERVICES = (("DISC", "Discount"), ("POST", "Postage"), ("BANK", "Bank charges"), ("ADJ", "Manual adjustment"))
_DAY = 24 * 60  # minutes
_SEGMENTS = (*p.SEGMENTS, p.DRIFT.newcomers, p.WALK_INS)
_WHOLESALE, _NEWCOMER, _WALK_IN = 0, len(_SEGMENTS) - 2, len(_SEGMENTS) - 1
_ONLINE = next(number for number, store in enumerate(p.STORES) if store.online)
_OPENED = np.array([store.opened for store in p.STORES])


@dataclass(frozen=True)
class _Invoices:
    """An array element each: `minute` since midnight of the first day; `customer` -1 for none; `segment` counts
    `_SEGMENTS`."""

    minute: np.ndarray
    customer: np.ndarray
    store: np.ndarray
    segment: np.ndarray

    def take(self, which: np.ndarray) -> "_Invoices":
        return _Invoices(self.minute[which], self.customer[which], self.store[which], self.segment[which])


def generate(
    end: date, years: int = 3, customers: int = 3000, products: int = 400, seed: int = 0
) -> dict[str, pd.DataFrame]:
    """`years` years of sales up to and including `end`, in pounds; the same arguments give the same frames.

    Returns the frames sales, products, stores, suppliers, supplier_prices, stock_moves and calendar, each as its
    schema in `data.schemas` has it. The lines grow with `customers` (about 70 each) and `years`.

    What is in them, with the numbers in `data.demo.parameters`:

    - The footfall of a day follows the weekday, the season with its peak before Christmas, bank holidays and
      closed days. The demand for a product is its popularity x its category's season x
      (price / first list price) ** -elasticity of its category.
    - Customers buy in rhythms: weekly wholesale, regular, occasional, once, lapsed; a fifth of the lines are
      walk-ins'. Some products are bought in pairs. Some sale lines come back.
    - There is one stock for all stores. What runs out is not sold until the receipt. Returned goods are written off.
    - One drift event, `parameters.DRIFT`: from 42 days before `end` on, list prices of Home decor, Kitchen and
      Candles are 15 % higher, each wholesale invoice is lost with probability 0.6, and newcomers (15 % as many as
      `customers`) buy once, in small baskets, in the online shop.

    Raises ValueError where `products` is below 40 or above what the word lists can name (about 7,000).
    """
    rng = np.random.default_rng(seed)
    first = pd.Timestamp(end) - pd.DateOffset(years=years) + pd.Timedelta(days=1)
    days = pd.date_range(first, pd.Timestamp(end), unit="us")
    drift = len(days) - 1 - p.DRIFT.days_before_end

    goods = offer.product_range(products, rng)
    period, campaign = offer.promotion_periods(days)
    calendar = offer.calendar(days, campaign[period], drift)
    is_open = calendar["open"].to_numpy()
    list_price = offer.list_prices(days, goods, drift, rng)
    promotion = offer.promotions(campaign, products, rng)[period]
    price = np.round(list_price * (1 - promotion), 2)
    cost, cost_starts = offer.costs(goods, len(days), rng)
    demand = offer.footfall(days, calendar, rng)[:, None] * offer.appeal(days, goods, price)

    invoices = _visits(demand.sum(axis=1), customers, drift, rng)
    invoice, item, quantity = _baskets(invoices, demand, goods.partner, rng)
    day = invoices.minute[invoice] // _DAY
    expected = demand * (quantity.sum() / demand.sum())
    firsts = np.flatnonzero(goods.partner >= 0)
    expected[:, goods.partner[firsts]] += p.AFFINITY * expected[:, firsts]
    cell = day * products + item
    wanted = np.bincount(cell, quantity, len(days) * products).reshape(len(days), products)
    sold, stock_moves = stock.simulate(days, is_open, wanted, expected, goods, rng)
    quantity = _served(cell, quantity, sold.ravel())

    lines = pd.DataFrame(
        {
            "invoice": invoice,
            "kind": _SALE,
            "item": item,
            "quantity": quantity,
            "unit_price": price[day, item],
            "unit_cost": cost[item, (cost_starts[goods.supplier[item]] <= day[:, None]).sum(axis=1)],
            "promotion": promotion[day, item],
        }
    )
    lines = lines[quantity > 0]
    invoices, returns = _returns(invoices, lines, is_open, rng)
    invoices, services = _services(invoices, lines, days, is_open, products, rng)
    goods.frame["list_price"] = list_price[-1]
    return {
        "sales": _sales(days[0], goods, invoices, pd.concat([lines, returns, services]), rng),
        "products": goods.frame,
        "stores": pd.DataFrame(
            {
                "store": [store.code for store in p.STORES],
                "name": [store.name for store in p.STORES],
                "country": p.COUNTRY,
                "opened": [days[0] + pd.Timedelta(days=round(store.opened * len(days))) for store in p.STORES],
            }
        ),
        "suppliers": pd.DataFrame(
            {
                "supplier": [supplier.code for supplier in p.SUPPLIERS],
                "name": [supplier.name for supplier in p.SUPPLIERS],
                "lead_time_mean": [float(supplier.lead_time[0]) for supplier in p.SUPPLIERS],
                "lead_time_std": [float(supplier.lead_time[1]) for supplier in p.SUPPLIERS],
                "minimum_order": [float(supplier.minimum_order) for supplier in p.SUPPLIERS],
            }
        ),
        "supplier_prices": _supplier_prices(days, goods, cost, cost_starts),
        "stock_moves": stock_moves,
        "calendar": calendar,
    }


def _visits(pull: np.ndarray, customers: int, drift: int, rng: np.random.Generator) -> _Invoices:
    """Who comes when and where, in the order of time; `pull` weighs the days."""
    segment = np.repeat(np.arange(_WALK_IN), [round(s.share * customers) for s in _SEGMENTS[:_WALK_IN]])
    is_newcomer = segment == _NEWCOMER
    store = _stores(len(segment), rng)
    store[is_newcomer] = _ONLINE
    span = len(pull)
    joined = _uniform([s.joined for s in _SEGMENTS], segment, rng) * span
    joined = np.maximum(joined, np.maximum(_OPENED[store], 0) * span)
    joined[is_newcomer] = drift
    left = np.maximum(_uniform([s.left for s in _SEGMENTS], segment, rng) * span, joined)
    rate = np.array([s.visits for s in _SEGMENTS])[segment]
    visits = np.maximum(rng.poisson(rate * (left - joined) / 365.25), 1)

    # A visit is a point on the cumulated pull of the days between joining and leaving.
    pulled = np.append(0, pull.cumsum())
    low, high = np.interp([joined, left], np.arange(span + 1), pulled)
    customer = np.repeat(np.arange(len(segment)), visits)
    order = np.arange(len(customer)) - np.repeat(visits.cumsum() - visits, visits)
    steady = np.array([s.steady for s in _SEGMENTS])[segment[customer]]
    share = rng.random(len(customer))
    share = np.where(steady, (order + share) / visits[customer], share)
    point = low[customer] + share * (high - low)[customer]
    store, segment = store[customer], segment[customer]
    lost = (segment == _WHOLESALE) & (point >= pulled[drift]) & (rng.random(len(point)) < p.DRIFT.wholesale_loss)

    known_lines = np.array([s.basket for s in _SEGMENTS])[segment].sum()
    walk_ins = round(p.WALK_IN_SHARE / (1 - p.WALK_IN_SHARE) * known_lines / p.WALK_INS.basket)
    point = np.append(point[~lost], rng.random(walk_ins) * pulled[-1])
    day = np.minimum(np.searchsorted(pulled, point, side="right"), span) - 1
    walk_in_store = _stores(walk_ins, rng)
    walk_in_store[day[-walk_ins:] < _OPENED[walk_in_store] * span] = 0
    # Most come around the middle of the opening hours.
    hours = p.OPENING_HOUR + (p.CLOSING_HOUR - p.OPENING_HOUR) * rng.beta(2, 2, len(day))
    invoices = _Invoices(
        day * _DAY + (hours * 60).astype(int),
        np.append(customer[~lost], np.full(walk_ins, -1)),
        np.append(store[~lost], walk_in_store),
        np.append(segment[~lost], np.full(walk_ins, _WALK_IN)),
    )
    return invoices.take(np.argsort(invoices.minute, kind="stable"))


def _stores(n: int, rng: np.random.Generator) -> np.ndarray:
    return rng.choice(len(p.STORES), n, p=[store.share for store in p.STORES])


def _uniform(ranges: list[tuple[float, float]], which: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    low, high = np.transpose(ranges)
    return rng.uniform(low[which], high[which])


def _baskets(
    invoices: _Invoices, demand: np.ndarray, partner: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The lines wanted, in the order of the invoices: invoice, product and units."""
    basket = np.array([s.basket for s in _SEGMENTS])[invoices.segment]
    invoice = np.repeat(np.arange(len(basket)), 1 + rng.poisson(basket - 1))
    # One product of the day's demand: a point on its cumulated shares, all days behind each other.
    day = invoices.minute[invoice] // _DAY
    totals = demand.sum(axis=1, keepdims=True)
    shares = demand.cumsum(axis=1) / np.where(totals > 0, totals, 1)
    shares[:, -1] = 1.0
    products = demand.shape[1]
    point = np.searchsorted((shares + np.arange(len(shares))[:, None]).ravel(), day + rng.random(len(day)), "right")
    item = np.minimum(point - day * products, products - 1)
    paired = np.flatnonzero((partner[item] >= 0) & (rng.random(len(item)) < p.AFFINITY))
    order = np.argsort(np.append(invoice, invoice[paired]), kind="stable")
    invoice = np.append(invoice, invoice[paired])[order]
    item = np.append(item, partner[item[paired]])[order]
    packs = [s.packs for s in _SEGMENTS]
    sizes = np.array([len(pack) for pack in packs])
    segment = invoices.segment[invoice]
    drawn = (rng.random(len(item)) * sizes[segment]).astype(int)
    return invoice, item, np.concatenate(packs)[(sizes.cumsum() - sizes)[segment] + drawn].astype(float)


def _served(cell: np.ndarray, quantity: np.ndarray, sold: np.ndarray) -> np.ndarray:
    """The units each line gets where a cell (day and product) has `sold` units: first come, first served."""
    order = np.argsort(cell, kind="stable")
    grouped = cell[order]
    before = quantity[order].cumsum() - quantity[order]
    starts = np.flatnonzero(np.append(True, grouped[1:] != grouped[:-1]))
    before -= np.repeat(before[starts], np.diff(np.append(starts, len(grouped))))
    served = np.empty_like(quantity)
    served[order] = np.clip(sold[grouped] - before, 0, quantity[order])
    return served


def _append(invoices: _Invoices, minute: np.ndarray, customer: np.ndarray, store: np.ndarray) -> _Invoices:
    """`invoices` and, after them, those given; their segment does not matter any more."""
    return _Invoices(
        np.append(invoices.minute, minute),
        np.append(invoices.customer, customer),
        np.append(invoices.store, store),
        np.append(invoices.segment, np.full(len(minute), -1)),
    )


def _returns(
    invoices: _Invoices, lines: pd.DataFrame, is_open: np.ndarray, rng: np.random.Generator
) -> tuple[_Invoices, pd.DataFrame]:
    """Some lines come back later, whole, on an open day, each on a credit note of its own."""
    back = lines[rng.random(len(lines)) < p.RETURNS]
    source = invoices.take(back["invoice"].to_numpy())
    day = source.minute // _DAY + 1 + rng.exponential(p.RETURN_DAYS, len(back)).astype(int)
    opening = np.append(np.flatnonzero(is_open), len(is_open))
    day = opening[np.minimum(np.searchsorted(opening, day), len(opening) - 1)]
    within = day < len(is_open)
    minute = day * _DAY + rng.integers(p.OPENING_HOUR * 60, p.CLOSING_HOUR * 60, len(day))
    notes = _append(invoices, minute[within], source.customer[within], source.store[within])
    back = back[within]
    number = np.arange(len(invoices.minute), len(notes.minute))
    return notes, back.assign(invoice=number, kind=_RETURN, quantity=-back["quantity"])


def _services(
    invoices: _Invoices,
    lines: pd.DataFrame,
    days: pd.DatetimeIndex,
    is_open: np.ndarray,
    products: int,
    rng: np.random.Generator,
) -> tuple[_Invoices, pd.DataFrame]:
    """Postage, discounts and manual lines on the invoices of `lines`, and each store's monthly bank charges."""
    count = len(invoices.minute)
    value = np.bincount(lines["invoice"], lines["quantity"] * lines["unit_price"], count)
    posted = np.flatnonzero((value > 0) & (value < p.FREE_POSTAGE_FROM) & (invoices.store == _ONLINE))
    reduced = np.flatnonzero((value >= p.DISCOUNT_FROM) & (rng.random(count) < p.DISCOUNT_SHARE))
    adjusted = np.flatnonzero((value > 0) & (rng.random(count) < p.ADJUSTMENTS))
    open_days = np.flatnonzero(is_open)
    month_ends = open_days[np.append(np.diff(days.month[open_days]) != 0, False)]
    day, store = (axis.ravel() for axis in np.meshgrid(month_ends, np.arange(len(p.STORES)), indexing="ij"))
    trading = day >= _OPENED[store] * len(days)
    day, store = day[trading], store[trading]
    invoices = _append(invoices, day * _DAY + p.CLOSING_HOUR * 60, np.full(len(day), -1), store)
    charged = np.arange(count, len(invoices.minute))

    kinds = np.repeat(
        [_DISCOUNT, _SHIPPING, _FEE, _ADJUSTMENT], [len(reduced), len(posted), len(charged), len(adjusted)]
    )
    prices = (
        np.round(value[reduced] * p.DISCOUNT, 2),
        np.full(len(posted), p.POSTAGE),
        np.round(rng.uniform(*p.FEES, len(charged)), 2),
        np.round(rng.uniform(*p.ADJUSTMENT_AMOUNTS, len(adjusted)), 2),
    )
    quantities = (
        np.full(len(reduced), -1.0),
        np.full(len(posted), 1.0),
        np.full(len(charged), -1.0),
        rng.choice([-1.0, 1.0], len(adjusted)),
    )
    return invoices, pd.DataFrame(
        {
            "invoice": np.concatenate([reduced, posted, charged, adjusted]),
            "kind": kinds,
            "item": products + kinds - _DISCOUNT,
            "quantity": np.concatenate(quantities),
            "unit_price": np.concatenate(prices),
        }
    )


def _sales(
    first: pd.Timestamp, goods: offer.Range, invoices: _Invoices, lines: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """The lines as `data.schemas.Sales` has them, in the order of time; invoices are numbered in that order."""
    by_time = np.argsort(invoices.minute, kind="stable")
    rank = np.empty_like(by_time)
    rank[by_time] = np.arange(len(by_time))
    lines = lines.take(np.argsort(rank[lines["invoice"]], kind="stable"))
    invoice, item, kind = (lines[name].to_numpy() for name in ("invoice", "item", "kind"))
    number = pd.Series(500_001 + rank).astype("str")
    credit = np.isin(np.arange(len(rank)), invoice[kind == _RETURN])
    products, names, categories, suppliers = (
        goods.frame[column].tolist() for column in ("product", "description", "category", "supplier")
    )
    codes = (10_001 + rng.permutation(invoices.customer.max() + 1)).astype(str).tolist()
    return pd.DataFrame(
        {
            "source": _text(["demo"], np.zeros(len(lines), int)),
            "line_id": pd.Series(np.arange(1, len(lines) + 1)).astype("str"),
            "invoice": number.mask(credit, "C" + number).take(invoice).array,
            "timestamp": (first + pd.to_timedelta(invoices.minute, unit="min")).as_unit("us")[invoice],
            "customer": _text(codes, invoices.customer[invoice]),
            "product": _text([*products, *(code for code, _ in _SERVICES)], item),
            "description": _text([*names, *(name for _, name in _SERVICES)], item),
            "category": _text(categories, np.where(item < len(products), item, -1)),
            "store": _text([store.code for store in p.STORES], invoices.store[invoice]),
            "supplier": _text(suppliers, np.where(item < len(products), item, -1)),
            "line_type": _text(LINE_TYPES, kind),
            "quantity": lines["quantity"].array,
            "unit_price": lines["unit_price"].array,
            "unit_cost": lines["unit_cost"].array,
            "promotion": lines["promotion"].array,
            "currency": _text([p.CURRENCY], np.zeros(len(lines), int)),
        }
    )


def _text(levels: list[str], codes: np.ndarray) -> pd.api.extensions.ExtensionArray:
    """`levels[codes]` as strings, missing where the code is -1."""
    return pd.array(levels, dtype="str").take(codes, allow_fill=True)


def _supplier_prices(days: pd.DatetimeIndex, goods: offer.Range, cost: np.ndarray, starts: np.ndarray) -> pd.DataFrame:
    """The steps of each product's cost that began by the last day."""
    begins = np.c_[np.zeros(len(cost), int), starts[goods.supplier]]
    product, step = np.nonzero(begins < len(days))
    return pd.DataFrame(
        {
            "supplier": goods.frame["supplier"].take(product).array,
            "product": goods.frame["product"].take(product).array,
            "valid_from": days[begins[product, step]],
            "unit_cost": cost[product, step],
        }
    )
