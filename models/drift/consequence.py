"""What a change of the data does: to the mean of what a model is about, and so to its forecasts and to money."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.drift import watch
from models.drift.monitored import PRICES, STEPS, Sheet
from models.drift.watch import Sides, Watched

MOST_ROWS = 50_000  # of the reference, from which the mean of a bin is known well enough


@dataclass(frozen=True)
class Consequence:
    """`moved` of the rows are in other bins than before (a share), and the mean outcome of a row changes by `change`
    (a share of it), or by `total` over the rows of the window, if each bin keeps its own mean."""

    moved: float
    change: float
    total: float


def of_bins(side: Sides, means: np.ndarray, total: float) -> Consequence:
    """What the change between the counts of two windows does, where rows in each bin bring `means` on average and the
    window brought `total`: the sum over bins of (share now - share before) x mean, of the mean before."""
    before, now = side.shares
    usual = float((before * means).sum())
    change = float(((now - before) * means).sum()) / usual if usual else 0.0
    # `total` is what came in: without the change it would have been that much less.
    return Consequence(
        float(np.abs(now - before).sum() / 2), change, total * change / (1 + change) if change > -1 else 0
    )


def of_sheet(
    watched: Watched,
    sheet: Sheet,
    outcome: np.ndarray,
    day: np.datetime64,
    response: Mapping[str, np.ndarray],
    seed: int = 0,
) -> dict[str, Consequence]:
    """The consequence of each watched column of a sheet in the window that ends on a day; `outcome` is what each row
    brings. `response` has the means of bins that are known otherwise, relative to each other (see `of_prices`)."""
    now = (sheet.day <= day) & (sheet.day > day - watch.WINDOW * watch.DAY)
    learned = np.flatnonzero((sheet.day >= watched.reference[0]) & (sheet.day <= watched.reference[1]) & ~now)
    some = np.random.default_rng(seed).permutation(learned)[:MOST_ROWS]
    rows = np.r_[some, np.flatnonzero(now)]
    known, total = np.nan_to_num(outcome[rows]), float(np.nansum(outcome[now]))
    found = {}
    for column in (column for column in watched.columns if column.name in sheet.frame):
        side = watch.sides(watched, column.name, day)
        means = response.get(column.name)
        if means is None or len(means) != len(side.current):
            place, size = column.cut.place(sheet.frame[column.name].iloc[rows]), len(side.current)
            count = np.bincount(place, minlength=size)
            means = np.bincount(place, known, size) / np.maximum(count, 1)
            means = np.where(count > 0, means, known.mean() if len(known) else 0)
        found[column.name] = of_bins(side, means, total)
    return found


def of_prices(levels: tuple[str, ...], elasticity: float) -> np.ndarray:
    """The units sold in each bin of `price_change` (its levels, then rare, new and missing ones) relative to those at
    the usual price, at the middle of each step: (1 + change) to the power of minus the elasticity."""
    middles = (1.5 * STEPS[0], (STEPS[0] + STEPS[1]) / 2, 0.0, (STEPS[2] + STEPS[3]) / 2, 1.5 * STEPS[3])
    at = dict(zip(PRICES, middles, strict=True))
    return np.array([*((1 + at.get(level, 0.0)) ** -elasticity for level in levels), 1.0, 1.0, 1.0])


def rise(side: Sides) -> float:
    """The share of the rows whose price rose against the usual one, less than before (under 0: it fell)."""
    before, now = side.shares
    sign = np.array([np.sign(PRICES.index(level) - len(PRICES) // 2) for level in side.cut.levels])
    up, down = ((now - before)[: len(sign)][sign == way].sum() for way in (1, -1))
    return float(up if up >= down else -down)
