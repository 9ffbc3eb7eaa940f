"""How much to order at a time: what ordering costs against what holding costs, and what suppliers ask."""

import bisect
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

YEAR = 365
MAX_DAYS = 365  # days that an order lasts at most: nobody knows what sells in two years


@dataclass(frozen=True)
class Conditions:
    """What suppliers ask, a row a product.

    `pack` is the units of a pack (1 where not known). `supplier` numbers the suppliers, -1 where not known; of each
    product's supplier, `order_cost` is what an order costs however many lines it has, and `least` the money below which
    it does not deliver (both 0 where not known). `breaks` has a row a price: `place` (the row of the product),
    `from_quantity` and `unit_cost`, which is that of all units of such an order; the lowest quantity first.
    """

    pack: np.ndarray
    supplier: np.ndarray
    order_cost: np.ndarray
    least: np.ndarray
    breaks: pd.DataFrame

    def price(self, cost: np.ndarray, quantity: np.ndarray) -> np.ndarray:
        """What a unit costs in orders of these quantities, where `cost` is that of few units."""
        found = cost.copy()
        for place, start, price in zip(*(self.breaks[name] for name in self.breaks), strict=True):
            found[place] = price if quantity[place] >= start else found[place]
        return found


def no_conditions(products: int) -> Conditions:
    """Of suppliers that ask nothing, each product with a supplier of its own."""
    none = np.zeros(products)
    breaks = pd.DataFrame({"place": np.zeros(0, int), "from_quantity": np.zeros(0), "unit_cost": np.zeros(0)})
    return Conditions(np.ones(products), np.full(products, -1), none, none, breaks)


@dataclass(frozen=True)
class Sizes:
    """Order sizes, a row a product.

    `fill` is how far an order goes above the reorder point, `least` the units of an order that a better price asks for
    (0 where none is worth it), `days` how long an order lasts, `reach` the days within which a product that will be
    due joins an order of its supplier.
    """

    fill: np.ndarray
    least: np.ndarray
    days: np.ndarray
    reach: np.ndarray


def economic(yearly: np.ndarray, order: np.ndarray, holding: np.ndarray) -> np.ndarray:
    """The order size that costs least, in units (Harris 1913; Wilson 1934): the root of 2 x demand x order / holding.

    `yearly` is the demand of a year, `order` what an order costs, `holding` what a unit costs a year. Nothing that does
    not sell is ordered; what costs nothing to hold is ordered for `LONGEST` days.
    """
    most = yearly * MAX_DAYS / YEAR
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(holding > 0, np.minimum(np.sqrt(2 * yearly * order / holding), most), most)


def common_cycle(order: float, line: np.ndarray, half: np.ndarray) -> tuple[float, np.ndarray]:
    """Years between two orders of one supplier, and for each product how many of them lie between two of its own.

    `order` is what an order costs, `line` what a line of it costs, `half` what half a year's demand costs to hold for a
    year: a product that is ordered every t years costs line / t + half x t. How many is a power of two, which costs at
    most 6 % more than the best there is (Jackson, Maxwell and Muckstadt 1985; Roundy 1985).
    """
    ranked = np.argsort(line / half, kind="stable")
    costs, rates = order + line[ranked].cumsum(), half[ranked].cumsum()
    # Products whose own cycle would be shorter wait for the others; the first longer one ends the list.
    waits = np.append((line / half)[ranked][1:] >= costs[:-1] / rates[:-1], True)
    last = int(waits.argmax())
    base = float(np.sqrt(costs[last] / rates[last]))
    times = 2.0 ** np.maximum(np.rint(np.log2(np.sqrt(line / half) / base + 1e-12)), 0)
    return float(np.sqrt((order + (line / times).sum()) / (half * times).sum())), times


def order_sizes(
    rate: np.ndarray,
    undershoot: np.ndarray,
    cost: np.ndarray,
    conditions: Conditions,
    *,
    holding: float,
    review: int,
    line: float,
    order: float,
) -> Sizes:
    """The sizes that cost least a year, for units a day `rate` and the cost of a unit `cost`.

    A line of an order costs `line`, an order `order` where its supplier's `order_cost` is not known, a unit `holding`
    of its cost a year. Products of one supplier share its orders. A better price for larger orders is taken where it
    pays for holding them (all-units discount: Silver, Pyke and Thomas 2017, chapter 4). An order is placed below the
    reorder point, on average by `undershoot` units: how far it fills up is less by that, so that its size is right
    (after Roberts 1962): with D demand of a review period, u the undershoot, q the economic size, it fills up by the
    root of q² + u² - 2 u D, less u.
    """
    yearly, hold = rate * YEAR, cost * holding
    fixed = np.full(len(rate), line, float)  # what an order of a product costs, its share of its supplier's included
    reach = np.zeros(len(rate))
    shared = np.where(conditions.order_cost > 0, conditions.order_cost, order)
    for supplier in np.unique(conditions.supplier[conditions.supplier >= 0]):
        some = np.flatnonzero((conditions.supplier == supplier) & (yearly * hold > 0))
        if len(some) and shared[some[0]] > 0:
            half = yearly[some] * hold[some] / 2
            base, times = common_cycle(float(shared[some[0]]), fixed[some], half)
            base = min(max(base, review / YEAR), MAX_DAYS / YEAR)
            fixed[some] = half * (base * times) ** 2
            reach[some] = base * YEAR / 2
    size, least = economic(yearly, fixed, hold), np.zeros(len(rate))
    for place, prices in conditions.breaks.groupby("place"):
        size[place], least[place] = _discounted(
            yearly[place], fixed[place], holding, cost[place], prices[["from_quantity", "unit_cost"]].to_numpy()
        )
    size = np.maximum(size, rate * review)  # an order a look at most
    fill = np.sqrt(np.maximum(size**2 + undershoot**2 - 2 * undershoot * rate * review, 0)) - undershoot
    with np.errstate(divide="ignore", invalid="ignore"):
        days = np.where(rate > 0, size / rate, MAX_DAYS)
    return Sizes(np.rint(np.maximum(fill, 0)), least, days, reach)


def _discounted(yearly: float, order: float, holding: float, cost: float, prices: np.ndarray) -> tuple[float, float]:
    """The size that costs least at prices (from quantity, cost of a unit), and the least units of its price."""
    found = []
    starts = np.array([0.0, *prices[:, 0]])
    for start, end, unit in zip(starts, [*starts[1:], np.inf], [cost, *prices[:, 1]], strict=True):
        size = max(float(economic(*np.array([[yearly], [order], [unit * holding]]))[0]), start)
        if 0 < size < end and size <= yearly * MAX_DAYS / YEAR:
            found.append((yearly * (unit + order / size) + unit * holding * size / 2, size, start))
    return min(found)[1:] if found else (0.0, 0.0)


def packed(quantity: np.ndarray, needed: np.ndarray, least: np.ndarray, pack: np.ndarray) -> np.ndarray:
    """Whole packs: as near to `quantity` as can be, never less than is `needed` or than the `least` that is sold."""
    at_least = np.ceil(np.maximum(np.maximum(needed, least), 1) / pack - 1e-9)
    return np.asarray(np.maximum(np.rint(quantity / pack), at_least) * pack)


def to_least(
    quantity: np.ndarray, units: Callable[[float], np.ndarray], cost: np.ndarray, conditions: Conditions
) -> tuple[np.ndarray, np.ndarray]:
    """The lines of orders that reach the least money their suppliers deliver for, and which lines do not even so.

    An order is made to last longer by as many whole days as that takes: `units` says what it then has of each product.
    Where `LONGEST` days are not enough it stays as it was. Nothing is added where nothing is ordered.
    """
    filled, below = quantity.copy(), np.zeros(len(quantity), bool)
    for supplier in np.unique(conditions.supplier[(quantity > 0) & (conditions.least > 0)]):
        lines = np.flatnonzero(conditions.supplier == supplier)

        def enough(days: float, lines: np.ndarray = lines) -> bool:
            wanted = units(days)
            return bool((wanted * conditions.price(cost, wanted))[lines].sum() >= conditions.least[lines[0]])

        days = bisect.bisect_left(range(MAX_DAYS + 1), True, key=enough)
        if days <= MAX_DAYS:
            filled[lines] = units(days)[lines]
        else:
            below[lines] = quantity[lines] > 0
    return filled, below
