"""How much less is sold when the price rises, from prices that differed over time; or that the data cannot say."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from locales import N_

ASSUMED = 1.5  # where the data cannot say: what shops often find (Bijmolt, van Heerde and Pieters 2005 say more)
LEAST_CHANGE = 0.03  # a price this much (log) off its usual level counts as changed
FEWEST = 5  # products with changed prices
WIDEST = 2.0  # width of an interval that still says something
HAGGLED = 0.3  # share of product weeks with two prices from which the price depends on who buys, or how much
TWO_PRICES = 0.05  # spread within a week, as a share of the price
ROUNDS = 60

# One row a product and week: units sold, the price most of them had, and how far prices lay apart that week.
WEEKLY = """
    SELECT product, {category} AS category, date_trunc('week', timestamp) AS week, sum(quantity) AS units,
           median(unit_price) AS price,
           quantile_cont(unit_price, 0.9) / nullif(quantile_cont(unit_price, 0.1), 0) - 1 AS spread
    FROM sales WHERE line_type = 'sale' AND unit_price > 0 AND quantity > 0 GROUP BY ALL
"""


@dataclass(frozen=True)
class Elasticity:
    """`value` per cent fewer units a per cent of price rise, with a 95 % interval; `products` told it.

    Where the data cannot say, the numbers are NaN and `reason` is a sentence (marked for translation).
    """

    value: float
    lo: float
    hi: float
    products: int
    reason: str = ""


def weekly(columns: dict[str, str]) -> str:
    """`WEEKLY` for a sales table with these columns."""
    return WEEKLY.format(category="category" if "category" in columns else "NULL")


def elasticity(sold: pd.DataFrame) -> Elasticity:
    """The common price elasticity of some products; `sold` has `product`, `week`, `units`, `price`, `spread`.

    Poisson pseudo-maximum likelihood with an effect a product and a week (Santos Silva and Tenreyro 2006), so that
    neither a product's size nor a season counts, and errors clustered by product. A week without a sale has the price
    of the week before. Prices must differ over time: where many weeks have two prices at once, they depend on the
    customer or the quantity, and units cannot be told to follow them.
    """
    products = sold["product"].nunique()
    if (sold["spread"] > TWO_PRICES).mean() > HAGGLED:
        return _unknown(N_("several prices at the same time: they depend on the quantity or the customer"), products)
    units = sold.pivot_table(index="product", columns="week", values="units", aggfunc="sum")
    price = np.log(sold.pivot_table(index="product", columns="week", values="price", aggfunc="median"))
    listed = price.ffill(axis=1).bfill(axis=1)
    active = units.notna().to_numpy()
    active = np.logical_or.accumulate(active, axis=1) & np.logical_or.accumulate(active[:, ::-1], axis=1)[:, ::-1]
    off = (listed.sub(listed.median(axis=1), axis=0)).to_numpy()
    enough = (active.sum(axis=1) >= 12) & (units.notna().sum(axis=1).to_numpy() >= 8)
    changed = ((np.abs(off) > LEAST_CHANGE) & active).any(axis=1) & enough
    if changed.sum() < FEWEST:
        return _unknown(N_("too few products whose price has changed"), int(changed.sum()))
    y, x, w = units.fillna(0).to_numpy()[enough], off[enough], active[enough].astype(float)
    observed = (y * w).sum(axis=0) > 0
    slope, error = _poisson(y[:, observed], x[:, observed], w[:, observed])
    lo, hi = -slope - 1.96 * error, -slope + 1.96 * error
    if not np.isfinite(error) or hi - lo > WIDEST:
        return _unknown(N_("prices changed too little to tell their effect from chance"), int(changed.sum()))
    if hi < 0:
        return _unknown(N_("more was sold at higher prices, so that something else moved both"), int(changed.sum()))
    return Elasticity(-slope, lo, hi, int(changed.sum()))


def _unknown(reason: str, products: int) -> Elasticity:
    return Elasticity(np.nan, np.nan, np.nan, products, reason)


def _poisson(y: np.ndarray, x: np.ndarray, w: np.ndarray) -> tuple[float, float]:
    """The slope on `x` and its standard error; rows and columns have effects of their own, `w` is 1 where data are."""
    slope = 0.0
    row, column = np.ones((len(y), 1)), np.ones((1, y.shape[1]))
    y = y * w
    for _round in range(ROUNDS):
        pull = w * np.exp(slope * x)
        for _pass in range(3):  # the effects have closed forms, one given the other
            row = y.sum(axis=1, keepdims=True) / np.maximum((pull * column).sum(axis=1, keepdims=True), 1e-12)
            column = y.sum(axis=0, keepdims=True) / np.maximum((pull * row).sum(axis=0, keepdims=True), 1e-12)
        mean = pull * row * column
        rest = x.copy()
        for _pass in range(8):  # what of x neither effect explains
            rest = rest - (mean * rest).sum(axis=1, keepdims=True) / np.maximum(mean.sum(axis=1, keepdims=True), 1e-12)
            rest = rest - (mean * rest).sum(axis=0, keepdims=True) / np.maximum(mean.sum(axis=0, keepdims=True), 1e-12)
        curve = float((mean * rest**2).sum())
        if curve <= 0:
            return np.nan, np.nan
        move = float((rest * (y - mean)).sum()) / curve
        slope = float(np.clip(slope + np.clip(move, -1, 1), -10, 10))
        if abs(move) < 1e-6:
            break
    score = (rest * (y - mean)).sum(axis=1)
    groups = len(score)
    return slope, float(np.sqrt((score**2).sum() * groups / max(groups - 1, 1)) / curve)
