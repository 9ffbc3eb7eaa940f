"""How much less is sold when the price rises, from prices that differed over time; or that the data cannot say."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from locales import N_

# Where the data cannot say, anything from none to this: of single products 2.6 is the mean of 1,851 estimates (Bijmolt,
# van Heerde and Pieters 2005), and all at once have less.
STEEPEST = 4.0
LEAST_CHANGE = 0.03  # a price this much (log) off its usual level counts as changed
MIN_PRODUCTS = 5  # products with changed prices, from which their errors count as so many facts
BLOCK, BLOCKS = 6, 8  # weeks whose errors count as one fact where there are fewer, and how many of these there must be
WIDEST = 2.0  # width of an interval that still says something
HAGGLED = 0.3  # share of product weeks with two prices from which the price depends on who buys, or how much
TWO_PRICES = 0.05  # spread within a week, as a share of the price
ROUNDS = 60
AROUND = 13  # weeks around one whose median price is the usual one, where no reductions are recorded
FAR = 1.5  # times the changes seen beyond which an elasticity is only extrapolated

# One row a product and week: units sold, the mean of each day's usual price, how far prices lay apart at one time, and
# the mean reduction from the list price where it is recorded. A reduction need not begin on a Monday, and its days sell
# more than in proportion: where all begin in the middle of a week the harmonic mean tells an elasticity of 3 a sixth
# too high, that of logarithms more than a quarter. A price that changes once in a week is no second price; one that
# comes back, or differs on one day, is.
WEEKLY = """
    WITH days AS (
        SELECT product, {category} AS category, date_trunc('day', timestamp) AS day,
               summed(quantity) AS units,
               median(unit_price) AS price,
               quantile_cont(unit_price, 0.9) / nullif(quantile_cont(unit_price, 0.1), 0) - 1 AS spread,
               {promotion} AS promotion
        FROM sales WHERE line_type = 'sale' AND unit_price > 0 AND quantity > 0 GROUP BY ALL
    ), moves AS (
        SELECT *, date_trunc('week', day) AS week, coalesce(abs(ln(price / lag(price) OVER (
               PARTITION BY product, category, date_trunc('week', day) ORDER BY day))) > 0.01, FALSE) AS moved FROM days
    )
    SELECT product, category, week, summed(units) AS units, round(1 / favg(1 / price), 9) AS price,
           CASE WHEN count_if(moved) <= 1 THEN quantile_cont(spread, 0.5)
                ELSE quantile_cont(price, 0.9) / nullif(quantile_cont(price, 0.1), 0) - 1 END AS spread,
           round(favg(promotion), 9) AS promotion, round(min(promotion), 9) AS throughout
    FROM moves GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True)
class Elasticity:
    """`value` per cent fewer units a per cent of price rise, with a 95 % interval; `products` told it.

    Where the data cannot say, the numbers are NaN and `reason` is a sentence (marked for translation); an interval that
    spans zero says nothing. `seen` is the largest fall and rise (as shares: -0.3, 0.1) of a price in the data.

    Of a product among others it is its own: most of what a cut wins may come from the others. `whole` is then that of
    all of them at once, None where the two are the same. Where it cannot be told its `value` is NaN, but `lo` and `hi`
    are the bounds within which it must lie. `after` is the change (log) of units in each of the two weeks after a
    reduction, for one of 100 %: rows of value, lo, hi, which say nothing where they span zero. `share` is that of one
    product in the units of its range, on average.
    """

    value: float
    lo: float
    hi: float
    products: int
    reason: str = ""
    seen: tuple[float, float] = (-1.0, np.inf)
    whole: "Elasticity | None" = None
    after: tuple[tuple[float, float, float], ...] = ()
    share: float = 0.0


@dataclass(frozen=True)
class Weeks:
    """Products (rows) by week: `units`, `off` (log of the price over the usual one), `depth` (reduction as a share),
    `active` (1 from the first sale to the last). Rows of one `group` stand together; `names` are their products."""

    units: np.ndarray
    off: np.ndarray
    depth: np.ndarray
    active: np.ndarray
    group: np.ndarray
    names: pd.Index
    weeks: pd.DatetimeIndex

    def by_group(self, values: np.ndarray) -> np.ndarray:
        """The sums of each group, (..., groups, weeks)."""
        return np.add.reduceat(values, np.flatnonzero(np.diff(self.group, prepend=-1)), axis=-2)

    def after(self) -> np.ndarray:
        """The reduction that has ended one and two weeks ago, (2, products, weeks)."""
        back = [np.pad(self.depth, ((0, 0), (lag, 0)))[:, : self.depth.shape[1]] for lag in (1, 2)]
        back[1] = np.where(back[0] > 0, 0.0, back[1])
        return np.stack([np.where(self.depth > 0, 0.0, one) for one in back])


def weekly(columns: dict[str, str]) -> str:
    """`WEEKLY` for a sales table with these columns."""
    return WEEKLY.format(
        category="category" if "category" in columns else "NULL",
        promotion="coalesce(median(promotion), 0)" if "promotion" in columns else "NULL::DOUBLE",
    )


def weeks_of(sold: pd.DataFrame) -> Weeks:
    """What `WEEKLY` answers as a panel of the products that were sold for long enough.

    A week without a sale has the usual price, the median of the quarter around. Reductions that are not recorded are
    falls below it.
    """
    wide = {name: sold.pivot_table(index="product", columns="week", values=name) for name in ("units", "price")}
    every = pd.date_range(wide["units"].columns[0], wide["units"].columns[-1], freq="7D")
    units, price = wide["units"].reindex(columns=every), wide["price"].reindex(columns=every)
    usual = np.log(price).T.rolling(AROUND, center=True, min_periods=1).median().T
    listed = np.log(price).fillna(usual).ffill(axis=1).bfill(axis=1)
    active = units.notna().to_numpy()
    active = np.logical_or.accumulate(active, axis=1) & np.logical_or.accumulate(active[:, ::-1], axis=1)[:, ::-1]
    off = listed.sub(listed.median(axis=1), axis=0)
    if "promotion" in sold and sold["promotion"].notna().any():
        recorded = sold.pivot_table(index="product", columns="week", values="promotion", dropna=False)
        depth = recorded.reindex(units.index, columns=every).fillna(0.0).to_numpy()
    else:
        depth = -np.expm1((listed - usual).fillna(0.0).to_numpy().clip(max=0))
    enough = (active.sum(axis=1) >= 12) & (units.notna().sum(axis=1).to_numpy() >= 8)
    named = sold.groupby("product")["category"].first() if "category" in sold else pd.Series(None, units.index, object)
    group = pd.factorize(named.reindex(units.index).fillna(""), sort=True)[0]
    order = np.flatnonzero(enough)[np.argsort(group[enough], kind="stable")]
    return Weeks(
        units.fillna(0).to_numpy()[order],
        off.to_numpy()[order],
        np.where(depth > LEAST_CHANGE, depth, 0.0)[order],
        active.astype(float)[order],
        group[order],
        units.index[order],
        every,
    )


def elasticity(sold: pd.DataFrame) -> Elasticity:
    """The common price elasticity of some products, each apart from the others (see `Elasticity`).

    `sold` has `product`, `week`, `units`, `price`, `spread`, and `category` and `promotion` where they are known.

    Poisson pseudo-maximum likelihood with an effect a product and an effect a category and week (Santos Silva and
    Tenreyro 2006), so that neither a product's size nor a season counts, and errors clustered by product (of a few by
    stretches of weeks). Prices must differ over time: where many weeks have two prices at once, they depend on the
    customer or the quantity, and units cannot be told to follow them.
    """
    products = sold["product"].nunique()
    if not products:  # no units, or no prices, are known
        return _unknown(N_("too few products whose price has changed"), 0)
    if haggled(sold):
        return _unknown(N_("several prices at the same time: they depend on the quantity or the customer"), products)
    return of_weeks(weeks_of(sold))


def haggled(sold: pd.DataFrame) -> bool:
    """Whether many weeks of a product have two prices at once."""
    return bool((sold["spread"] > TWO_PRICES).mean() > HAGGLED)


def of_weeks(found: Weeks) -> Elasticity:
    """`elasticity` of a panel."""
    moved = (np.abs(found.off) > LEAST_CHANGE) & (found.active > 0)
    changed = int(moved.any(axis=1).sum())
    weeks = found.units.shape[1] // BLOCK
    if changed < 2 or (changed < MIN_PRODUCTS and weeks < BLOCKS):
        return _unknown(N_("too few products whose price has changed"), changed)
    seen = float(np.expm1(np.quantile(found.off[moved], 0.01))), float(np.expm1(np.quantile(found.off[moved], 0.99)))
    after = found.after()
    dips = bool(((after * found.active).max(axis=0) > 0).any(axis=1).sum() >= MIN_PRODUCTS)
    fit = poisson(found, np.stack([found.off, *(after if dips else ())]))
    bound = quantile((changed if changed >= MIN_PRODUCTS else weeks) - 1) * fit.error
    value, lo, hi = -fit.slope[0], -fit.slope[0] - bound[0], -fit.slope[0] + bound[0]
    if not np.isfinite(bound[0]) or hi - lo > WIDEST:
        return _unknown(N_("prices changed too little to tell their effect from chance"), changed)
    if hi < 0:
        return _unknown(N_("more was sold at higher prices, so that something else moved both"), changed)
    if lo <= 0:
        return _unknown(N_("their effect cannot be told from none at all"), changed)
    later = tuple(zip(fit.slope[1:], (fit.slope - bound)[1:], (fit.slope + bound)[1:], strict=True))
    share = float(
        pd.Series(fit.size).groupby(found.group).transform(lambda sizes: sizes / sizes.sum())[moved.any(1)].mean()
    )
    return Elasticity(value, lo, hi, changed, seen=(min(seen[0], 0.0), max(seen[1], 0.0)), after=later, share=share)


def quantile(freedom: float) -> float:
    """How many standard errors a 95 % interval reaches to either side (Student's t)."""
    from scipy.special import stdtrit

    return float(stdtrit(max(freedom, 1.0), 0.975))


def between(most: float, reason: str) -> Elasticity:
    """What is left to say where nothing is known: anything from no effect to `most`, taken from others or not."""
    whole = Elasticity(np.nan, 0.0, most, 0, reason)
    return replace(whole, whole=whole)


def _unknown(reason: str, products: int) -> Elasticity:
    return Elasticity(np.nan, np.nan, np.nan, products, reason)


@dataclass(frozen=True)
class Fit:
    """Slopes with their standard errors (K,), and the `size` of each product at its usual price."""

    slope: np.ndarray
    error: np.ndarray
    size: np.ndarray


def poisson(found: Weeks, x: np.ndarray) -> Fit:
    """The slopes on `x` (K, products, weeks) by pseudo-maximum likelihood, an effect a product and a group and week."""
    w, place, down = found.active, np.unique(found.group, return_inverse=True)[1], found.by_group
    y = found.units * w
    slope = np.zeros(len(x))
    row, column = np.ones((len(y), 1)), np.ones((place[-1] + 1, y.shape[1]))
    for _round in range(ROUNDS):
        pull = w * np.exp(np.tensordot(slope, x, 1))
        for _pass in range(3):  # the effects have closed forms, one given the other
            row = y.sum(axis=1, keepdims=True) / np.maximum((pull * column[place]).sum(axis=1, keepdims=True), 1e-12)
            column = down(y) / np.maximum(down(pull * row), 1e-12)
        mean = pull * row * column[place]
        rest = x.copy()
        across, along = np.maximum(mean.sum(axis=1, keepdims=True), 1e-12), np.maximum(down(mean), 1e-12)
        for _pass in range(8):  # what of x neither effect explains
            rest = rest - (mean * rest).sum(axis=2, keepdims=True) / across
            rest = rest - (down(mean * rest) / along)[:, place]
        curve = np.einsum("kit,lit->kl", mean * rest, rest)
        if np.linalg.cond(curve) > 1e10 or not curve[0, 0] > 1e-6 * y.sum() * LEAST_CHANGE**2:
            return Fit(np.full(len(x), np.nan), np.full(len(x), np.nan), row[:, 0])
        move = np.linalg.solve(curve, (rest * (y - mean)).sum(axis=(1, 2)))
        slope = np.clip(slope + np.clip(move, -1, 1), -10, 10)
        if np.abs(move).max() < 1e-6:
            break
    score = rest * (y - mean)
    if len(y) >= MIN_PRODUCTS:
        score = score.sum(axis=2)
    else:  # few products have errors that mirror each other
        score = np.stack(
            [one.sum(axis=(1, 2)) for one in np.array_split(score, max(y.shape[1] // BLOCK, 2), axis=2)], 1
        )
    groups = score.shape[1]
    meat = score @ score.T * groups / max(groups - 1, 1)
    inverse = np.linalg.inv(curve)
    return Fit(slope, np.sqrt(np.diag(inverse @ meat @ inverse)), row[:, 0])
