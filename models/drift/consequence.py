"""What a change of the data does: to the mean of what a model is about, to money, and to the error it is to expect."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from models.drift import counted, watch
from models.drift.counted import Watched
from models.drift.monitored import PRICES, STEPS, TRUTH, Sheet
from models.drift.watch import Sides

MAX_ROWS = 50_000  # of the reference, from which the mean of a bin is known well enough
MATTERS = 0.02  # share of the mean, or of the expected error, by which a change has to move them to be told


@dataclass(frozen=True)
class Outcome:
    """What a model is about, of each row of a sheet: its `mean` (an amount, a risk), the `money` of it, and the `error`
    that the model is expected to make about it; None: it knows nothing of a change, and is off by that of the mean."""

    mean: np.ndarray
    money: np.ndarray
    error: np.ndarray | None = None


@dataclass(frozen=True)
class Consequence:
    """`moved` of the rows are in other bins than before (a share), and the mean outcome of a row changes by `change`
    (a share of it), or by `total` over the rows of the window, if each bin keeps its own mean. That is so much `money`
    over the window, and makes the expected error larger by `error` (a share of it). Where the means are not known but
    only within ends, this is the most that it may be, and `least` the least of it."""

    moved: float
    change: float
    total: float
    money: float = 0.0
    error: float = 0.0
    least: "Consequence | None" = None

    @property
    def matters(self) -> bool:
        """Whether it moves what a model says, or how far it is off, enough to be told."""
        return max(abs(self.change), abs(self.error)) >= MATTERS

    def said(self, sentences: tuple[str, str], currency: str) -> dict[str, Any]:
        """As JSON can hold it, for `messages.said`; `sentences` with money, and without where none is known."""
        least = {"least": self.least.numbers} if self.least else {}
        return {"message": sentences[not self.money], "currency": currency, **self.numbers, **least}

    @property
    def numbers(self) -> dict[str, float]:
        """What a sentence says of it."""
        return {name: float(getattr(self, name)) for name in ("change", "total", "money", "error")}


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
    outcome: Outcome,
    day: np.datetime64,
    response: Mapping[str, np.ndarray],
    seed: int = 0,
) -> dict[str, Consequence]:
    """The consequence of each watched column of a sheet in the window that ends on a day; none of what came true, which
    moves no answer.

    `response` has the means of bins that are known otherwise, relative to each other (see `of_prices`): a row for all
    that they may be.
    """
    now = (sheet.day <= day) & (sheet.day > day - counted.WINDOW * counted.DAY)
    learned = np.flatnonzero((sheet.day >= watched.reference[0]) & (sheet.day <= watched.reference[1]) & ~now)
    some = np.random.default_rng(seed).permutation(learned)[:MAX_ROWS]
    rows = np.r_[some, np.flatnonzero(now)]
    found = {}
    for column in (column for column in watched.columns if column.name in sheet.frame and column.name != TRUTH):
        side = watch.sides(watched, column.name, day)
        place = column.cut.place(sheet.frame[column.name].iloc[rows])
        may_be = response.get(column.name)

        def of(
            values: np.ndarray, given: np.ndarray | None, side: Sides = side, place: np.ndarray = place
        ) -> Consequence:
            known, size = np.nan_to_num(values[rows]), len(side.current)
            if given is not None and len(given) == size:
                means = given
            else:
                count = np.bincount(place, minlength=size)
                means = np.bincount(place, known, size) / np.maximum(count, 1)
                means = np.where(count > 0, means, known.mean() if len(known) else 0)
            return of_bins(side, means, float(np.nansum(values[now])))

        ends = []
        for given in [None] if may_be is None else may_be:
            whole = of(outcome.mean, given)
            error = abs(whole.change) if outcome.error is None else of(outcome.error, given).change
            ends.append(replace(whole, money=of(outcome.money, given).total, error=error))
        least, most = min(ends, key=_size), max(ends, key=_size)
        if least.change * most.change < 0:  # either way, and so perhaps nothing
            least = Consequence(least.moved, 0.0, 0.0)
        found[column.name] = most if least == most else replace(most, least=least)
    return found


def _size(one: Consequence) -> float:
    return abs(one.change)


def of_prices(levels: tuple[str, ...], elasticity: float) -> np.ndarray:
    """The units sold in each bin of `price_change` (its levels, then rare, new and missing ones) relative to those at
    the usual price, at the middle of each step: (1 + change) to the power of minus the elasticity."""
    middles = (1.5 * STEPS[0], (STEPS[0] + STEPS[1]) / 2, 0.0, (STEPS[2] + STEPS[3]) / 2, 1.5 * STEPS[3])
    at = dict(zip(PRICES, middles, strict=True))
    return np.array([*((1 + at.get(level, 0.0)) ** -elasticity for level in levels), 1.0, 1.0, 1.0])
