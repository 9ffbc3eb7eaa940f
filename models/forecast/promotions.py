"""What promotions have done: how much more a product sells, what is missing afterwards, what it takes from others."""

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.forecast.elasticity import MIN_PRODUCTS, Elasticity, poisson, quantile, weeks_of

STEPS = (0.03, 0.125, 0.175, 0.225, 0.275, 0.35, 0.45, 1.0)  # of reductions, around the usual 10, 15, 20, 25, 30, 40 %
WEEKS = 12  # product weeks of a depth
WHOLE = 0.005  # share of the price by which the reduction of a whole week may differ from day to day


@dataclass(frozen=True)
class Promotions:
    """What reductions that are recorded have done to a product beside others.

    `lift` has a row a depth: `depth` (mean share off the price), `more`, `lo`, `hi` (units over the usual ones, less
    one, with a 95 % interval), `products`. `after` has a row for each of the two weeks after, at the mean depth:
    `less`, `lo`, `hi` (0.1 is 10 % less than usual). `taken` is the share of the units a promotion adds to one product
    that others of its category lose, from and to: where the effect on all of them is not known, the bounds are wide.
    """

    lift: pd.DataFrame
    after: pd.DataFrame
    depth: float
    taken: tuple[float, float]


def learned(sold: pd.DataFrame, elasticity: Elasticity) -> Promotions | None:
    """What the promotions in `sold` did (as `elasticity.WEEKLY` answers); None where too few are recorded.

    The regression of `elasticity.elasticity`, with an effect for each depth in place of the price, and the list price
    beside it. `elasticity` is that of the same products (see `switching.together`).
    """
    if "promotion" not in sold or not sold["promotion"].gt(0).any():
        return None
    found = weeks_of(sold)
    depths = found.depth * found.active
    # A reduction that begins or ends inside a week is no smaller one.
    least = sold.pivot_table(index="product", columns="week", values="throughout")
    steady = least.reindex(found.names, columns=found.weeks).fillna(0.0).to_numpy() > found.depth - WHOLE
    bins = [(depths > low) & (depths <= high) & steady for low, high in itertools.pairwise(STEPS)]
    bins = [one for one in bins if one.any(axis=1).sum() >= MIN_PRODUCTS and one.sum() >= WEEKS]
    if not bins:
        return None
    others = (depths > 0) & ~np.any(bins, axis=0)  # too few of a depth, or in a part of the week only
    listed = np.where(others, 0.0, found.off - np.log1p(-found.depth))
    after = found.after()
    rest = [one for one in (*after, others.astype(float), listed) if (one * found.active).std() > 1e-4]
    fit = poisson(found, np.stack([*(one.astype(float) for one in bins), *rest]))
    if not np.isfinite(fit.error).all():
        return None
    bound = quantile((depths > 0).any(axis=1).sum() - 1) * fit.error
    ends = np.stack([fit.slope, fit.slope - bound, fit.slope + bound])
    mean = float(depths[depths > 0].mean())
    rows = [
        (float(depths[one].mean()), *np.expm1(ends[:, number]), int(one.any(axis=1).sum()))
        for number, one in enumerate(bins)
    ]
    weeks = ends[:, len(bins) : len(bins) + 2] if (after * found.active).std() > 1e-4 else np.zeros((3, 0))
    less = -np.expm1(weeks * mean)
    whole = elasticity.whole or elasticity
    taken = (np.nan, np.nan)
    if not elasticity.reason:
        shares = np.clip([1 - whole.hi / elasticity.lo, 1 - whole.lo / elasticity.hi], 0, 1)
        taken = float(shares[0]), float(shares[1])
    return Promotions(
        pd.DataFrame(rows, columns=["depth", "more", "lo", "hi", "products"]),
        pd.DataFrame({"less": less[0], "lo": less[2], "hi": less[1]}, pd.RangeIndex(1, less.shape[1] + 1, name="week")),
        mean,
        taken,
    )
