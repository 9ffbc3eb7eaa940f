"""Which products matter, and which service to give to which of them for the money there is."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.stock.ordering import Terms
from models.stock.reorder import LEVELS, Service
from models.stock.sizes import YEAR
from models.stock.supply import Demand

A_SHARE, B_SHARE = 0.8, 0.95  # shares of sales that end A and B
STEADY, VARYING = 0.5, 1.0  # coefficients of variation of weeks that end X and Y
WEEK = 7


def abc_xyz(demand: Demand) -> pd.DataFrame:
    """How much products matter and how steadily they sell, a row a product: `abc`, `xyz`, `sales` and `varies`.

    `sales` is the money of the last year at the latest price: A are the products that make its first 80 %, B the next
    15 %, C the others. `varies` is the coefficient of variation of the units of its weeks: X up to 0.5, Y up to 1.
    """
    units = demand.sold[:, -YEAR:]
    sales = units.sum(axis=1) * demand.goods["price"].to_numpy()
    ranked = np.argsort(-sales, kind="stable")
    before = np.empty(len(sales))
    before[ranked] = (sales[ranked].cumsum() - sales[ranked]) / max(sales.sum(), 1e-9)
    weeks = demand.units[:, -YEAR:]
    weeks = weeks[:, weeks.shape[1] % WEEK :].reshape(len(units), -1, WEEK).sum(axis=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        varies = np.where(weeks.any(axis=1), weeks.std(axis=1) / weeks.mean(axis=1), np.inf)
    return pd.DataFrame(
        {
            "abc": np.array(["A", "B", "C"])[np.digitize(before, [A_SHARE, B_SHARE])],
            "xyz": np.array(["X", "Y", "Z"])[np.digitize(varies, [STEADY, VARYING], right=True)],
            "sales": sales,
            "varies": varies,
        }
    )


@dataclass(frozen=True)
class Budget:
    """The service of each product, a place in `LEVELS`, that loses least margin for so much money in safety stock.

    `tied` is that money, at most what was given unless even the lowest service of all products ties more, and `lost`
    the margin that is expected to be lost a year. `same` is the service that ties as much where it is the same for all,
    and `same_lost` what that loses. It is `enough` for the lowest service of all, or not.
    """

    levels: np.ndarray
    tied: float
    lost: float
    same: float
    same_lost: float
    enough: bool


def tied(goods: pd.DataFrame, found: Service, terms: Terms) -> np.ndarray:
    """Money in the safety stock of each product, at each of `LEVELS`."""
    return np.asarray(np.maximum(found.point - found.expected[:, None], 0) * terms.cost(goods)[:, None])


def within(goods: pd.DataFrame, found: Service, terms: Terms, days: np.ndarray, money: float) -> Budget:
    """Spend `money` where it saves most: marginal analysis (Fox 1966), one step of service of one product at a time.

    A step is worth the margin that it saves a year: what demand is expected to lack, once an order of so many `days`.
    """
    cost = tied(goods, found, terms)
    margin = np.maximum(goods["price"].to_numpy() - terms.cost(goods), 0)
    lost = np.maximum(found.ahead, 0) * (margin * YEAR / days)[:, None]
    more, saved = np.diff(cost, axis=1), -np.diff(lost, axis=1)
    # What demand lacks is convex in what is held: a step is worth less than those before it, or costs nothing.
    worth = np.minimum.accumulate(np.where(more > 0, saved / np.maximum(more, 1e-12), np.inf), axis=1)
    levels, left = np.zeros(len(goods), int), money - cost[:, 0].sum()
    stopped = np.zeros(len(goods), bool)
    for step in np.argsort(-worth, axis=None, kind="stable"):
        place, level = divmod(int(step), worth.shape[1])
        # Beyond a step that is too dear or worth nothing there are none: they build on it.
        stopped[place] |= more[place, level] > left or worth[place, level] <= 0
        if not stopped[place]:
            levels[place], left = level + 1, left - more[place, level]
    row = np.arange(len(goods))
    same = max(int((cost.sum(axis=0) <= max(money, cost[:, 0].sum())).sum()) - 1, 0)
    return Budget(
        levels,
        float(cost[row, levels].sum()),
        float(lost[row, levels].sum()),
        float(LEVELS[same]),
        float(lost[:, same].sum()),
        bool(cost[:, 0].sum() <= money),
    )
