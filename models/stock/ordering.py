"""When to order, how much, and what that costs."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.stock import sizes
from models.stock.experience import Experience
from models.stock.paths import Odds
from models.stock.reorder import LEVELS, Service
from models.stock.sizes import YEAR, Conditions, Sizes, no_conditions
from models.stock.supply import Stock

TAIL = 28  # last days of a forecast, which go on after it
NOTHING = 0.05  # units forecast below which a product does not sell any more


@dataclass(frozen=True)
class Terms:
    """What an analyst decides: the service `level`, the days of `review` between two looks at the shelf, how many days
    of sales an order `lasts` (0: those that cost least); and what a unit left over costs, as shares of its purchase
    cost: `holding` a year, `write_off` once an order cycle. `margin` is the share of the price earned where the
    purchase cost is not known. A line of an order costs `line`, an order `order`, where its supplier does not say.
    """

    level: float
    review: int
    lasts: int
    holding: float
    write_off: float
    margin: float
    line: float = 10.0
    order: float = 0.0

    @property
    def cycle(self) -> int:
        """Days between two orders of a product, where they are the same for all."""
        return max(self.review, self.lasts)

    def cost(self, goods: pd.DataFrame) -> np.ndarray:
        """What one unit of each product costs."""
        return np.asarray(goods["cost"].astype(float).fillna(goods["price"] * (1 - self.margin)))

    def over(self, cost: np.ndarray, days: np.ndarray | None = None) -> np.ndarray:
        """What a unit too many costs over an order cycle, of so many `days` where it is not the same for all."""
        return np.asarray(cost * (self.holding * (self.cycle if days is None else days) / YEAR + self.write_off))


def order_sizes(
    goods: pd.DataFrame, experience: Experience, futures: Odds, terms: Terms, conditions: Conditions | None = None
) -> Sizes:
    """How much of each product to order at a time: for the days an order lasts, or what costs least."""
    rate = _rate(experience)
    if terms.lasts:
        nothing = np.zeros(len(goods))
        return Sizes(np.ceil(rate * terms.lasts), nothing, np.full(len(goods), terms.cycle), nothing)
    return sizes.order_sizes(
        rate,
        futures.undershoot,
        terms.cost(goods),
        conditions or no_conditions(len(goods)),
        holding=terms.holding,
        review=terms.review,
        line=terms.line,
        order=terms.order,
    )


def newsvendor(under: np.ndarray, over: np.ndarray) -> np.ndarray:
    """The service level that costs least: the critical ratio under / (under + over) (Arrow, Harris, Marschak 1951).

    `under` is what a unit too few loses, its margin, `over` what a unit too many costs. A product sold below cost is
    not worth any service.
    """
    under = np.maximum(under, 0.0)
    return np.divide(under, under + over, out=np.zeros_like(under), where=under + over > 0)


def proposed(goods: pd.DataFrame, found: Service, terms: Terms, days: np.ndarray | None = None) -> float:
    """The newsvendor's service level of the whole assortment: each product weighs as much as it is forecast to sell."""
    cost = terms.cost(goods)
    under, over = np.maximum(goods["price"].to_numpy() - cost, 0), terms.over(cost, days)
    return float(newsvendor(np.array([under @ found.expected]), np.array([over @ found.expected]))[0])


def orders(
    goods: pd.DataFrame,
    experience: Experience,
    found: Service,
    futures: Odds,
    stock: Stock,
    minimum: np.ndarray,
    terms: Terms,
    conditions: Conditions | None = None,
    levels: np.ndarray | None = None,
) -> pd.DataFrame:
    """What to order of each product and why: a row a product, in the order of `goods`.

    `on_hand`, `on_order`, `cover` (days that what is on hand lasts, infinite where nothing sells), `lead_time` (days,
    mean), `expected` (units forecast until the end of a lead time and review), `service` (its level), `reorder_point`,
    `order_up_to`, `lasts` (days between two orders), `pack` (units of one), `quantity`, `raised` (whether to the
    minimum of a line), `joined` (whether it is not due, but soon, and goes with an order of its supplier), `filled`
    (whether it is more than needed so that the supplier delivers), `below` (whether the supplier's least is not
    reached even so), `cost` of a unit in such an order, `value` (what the order costs), `risk` (chance to run out
    before a delivery ordered today comes), `run_out` (day by which it has run out with a chance of one half) and
    `run_out_sure` (of 90 %), `latest` (last day on which an order comes in time, 0 is today), `stake` (margin lost
    if it is ordered at the next look only) and `best_level`, the newsvendor's.

    An order is due where the units on hand and under way are not above the reorder point at the service `terms.level`,
    or at the product's own of `levels`, places in `LEVELS`. It fills up by its size (`order_sizes`), in whole packs,
    and is never less than the supplier's `minimum` for a line. What does not sell any more is never ordered. Where what
    is on hand is not known all that depends on it is NaN.
    """
    conditions = conditions or no_conditions(len(goods))
    size, rate = order_sizes(goods, experience, futures, terms, conditions), _rate(experience)
    chosen = np.full(len(goods), int(np.abs(LEVELS - terms.level).argmin())) if levels is None else levels
    point = np.where(found.expected < NOTHING, 0, np.ceil(found.point[np.arange(len(goods)), chosen] - 1e-6))
    fill = np.where(conditions.pack > 1, np.maximum(np.rint(size.fill / conditions.pack), 1), size.fill)
    up_to = point + np.where(point > 0, fill * np.maximum(conditions.pack, 1), 0)
    position = stock.on_hand + stock.on_order
    due = (position <= point) & (point > 0)
    some = conditions.supplier >= 0
    called = some & (point > 0) & np.isin(conditions.supplier, conditions.supplier[due & some])
    joined = called & ~due & (position < up_to) & (position <= point + rate * size.reach)
    least = np.maximum(minimum, size.least)

    def units(days: float) -> np.ndarray:
        """What is ordered of each product where orders last so much longer, and what is due by then goes with them."""
        wanted = np.maximum(up_to + rate * days - position, least)
        soon = due | joined | (called & (days > 0) & (position <= point + rate * days))
        return np.where(soon, sizes.packed(wanted, point - position, least, conditions.pack), 0.0)

    base, quantity = terms.cost(goods), units(0)
    filled, below = sizes.to_least(quantity, units, base, conditions)
    cost, price = conditions.price(base, filled), goods["price"].to_numpy()
    margin = np.maximum(price - base, 0)
    table = goods[["product", "name", "supplier"]].assign(
        on_hand=stock.on_hand,
        on_order=stock.on_order,
        cover=cover(experience, stock.on_hand),
        lead_time=futures.lead.mean(axis=1),
        expected=found.expected,
        service=LEVELS[chosen],
        reorder_point=point,
        order_up_to=up_to,
        lasts=size.days,
        pack=conditions.pack,
        quantity=filled,
        raised=(quantity > 0)
        & (quantity == np.ceil(minimum / conditions.pack) * conditions.pack)
        & (minimum > up_to - position),
        joined=(filled > 0) & ~due,
        filled=filled > quantity,
        below=below,
        cost=cost,
        value=filled * cost,
        risk=futures.risk,
        run_out=futures.day(0.5).astype(float),
        run_out_sure=futures.day(0.9).astype(float),
        latest=futures.latest(terms.level).astype(float),
        stake=(futures.lost_later - futures.lost) * margin,
        best_level=newsvendor(margin, terms.over(base, size.days)),
    )
    unknown = ["quantity", "value", "risk", "run_out", "run_out_sure", "latest", "stake"]
    table.loc[np.isnan(stock.on_hand), unknown] = np.nan
    return table


def money(goods: pd.DataFrame, found: Service, terms: Terms, days: np.ndarray | None = None) -> pd.DataFrame:
    """What each of `LEVELS` costs a year: a row a level with `tied` (money in safety stock), `holding` and `lost`.

    `holding` is what the safety stock costs a year, `lost` the margin of what past lead times lacked; a product is
    ordered once in a cycle of so many `days`, and only then can it run out. `total` is their sum.
    """
    cost, cycles = terms.cost(goods), YEAR / (np.full(len(goods), terms.cycle) if days is None else days)
    holding = (cycles * terms.over(cost, days)) @ found.safety
    lost = (cycles * np.maximum(goods["price"].to_numpy() - cost, 0)) @ found.short
    frame = {"level": LEVELS, "tied": cost @ found.safety, "holding": holding, "lost": lost, "total": holding + lost}
    return pd.DataFrame(frame)


def cover(experience: Experience, units: np.ndarray) -> np.ndarray:
    """How many days `units` of each product last if it sells as forecast; infinite where it does not sell.

    Beyond the horizon the last weeks of the forecast go on.
    """
    forecast = experience.forecast[-1].astype(float)
    days, row = forecast.shape[1] - 1, np.arange(len(forecast))
    within = np.minimum((forecast <= units[:, None]).sum(axis=1) - 1, days - 1)
    beyond = units > forecast[:, -1]
    start, rate = forecast[row, within], forecast[row, within + 1] - forecast[row, within]
    start, rate = np.where(beyond, forecast[:, -1], start), np.where(beyond, _rate(experience), rate)
    with np.errstate(divide="ignore", invalid="ignore"):
        lasting = np.where(beyond, days, within) + (units - start) / rate
    return np.where(np.isnan(units), np.nan, np.where(forecast[:, -1] < NOTHING, np.inf, lasting))


def _rate(experience: Experience) -> np.ndarray:
    """Units a day at the end of the forecast."""
    forecast = experience.forecast[-1].astype(float)
    return np.asarray((forecast[:, -1] - forecast[:, -1 - TAIL]) / TAIL)
