"""Numbers in their order, without sorting them: dealt into cells that follow each other, sorted only where one looks.

What is said of two windows looks at few places: deciles, edges of bins, some quantiles, and where the distribution
functions are furthest apart. Dealing a million rows takes as long everywhere; sorting them takes ten times longer on
some processors than on others.
"""

from typing import Literal

import numpy as np
import pandas as pd

CELLS = 2**16
Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")  # below a value, and up to it
MIN_DEALT = 50_000  # rows: fewer are sorted at once
CHUNK = 2**16  # rows that are dealt together: what is worked out for them stays in the processor's cache
SAMPLE = 1_000  # rows that show where most of them lie
TENTHS = 10
QUANTILES = (np.arange(2048) + 0.5) / 2048  # shares of the rows below the places where quantile functions are compared
ENDS = 10  # of the sample at either end, which share one cell: one outlier leaves the others no cells
FEW = 0.1  # share of different values in the sample up to which numbers repeat themselves


class Ordered:
    """Finite numbers, to be asked for their ranks as if they were sorted.

    `values` are the numbers as they came; `begins` has how many lie in all cells before each, and last their number.
    Cells are those of `like`, with which these numbers are to be compared; else they are cut by a sample. Where numbers
    repeat themselves, or rows are few, there is one cell: such numbers are quickly counted, or sorted.
    """

    def __init__(self, values: np.ndarray, like: "Ordered | None" = None) -> None:
        self.values = values
        self._cut: tuple[float, float] = _cut(values) if like is None else like._cut
        self._cell = self._dealt(values) if self._cut[1] else np.zeros(0, np.uint16)
        sizes = np.bincount(self._cell, minlength=CELLS) if self._cut[1] else np.array([len(values)])
        self.begins = np.r_[0, sizes.cumsum()]
        # Each look goes through all rows, so the first one sees what everybody asks for.
        near = (np.arange(1, TENTHS) / TENTHS * len(values)).astype(int)
        ranks = np.r_[0, len(values), near - 1, near, near + 1, (QUANTILES * len(values)).astype(int)]
        self._wanted = sizes == 0
        self._wanted[self._holding(ranks.clip(0, max(len(values) - 1, 0)))] = True
        self._seen = sizes == 0
        self._known, self._upto = values[:0], np.zeros(1, int)
        if like is not None:
            far = furthest(like, self)[1]
            like._wanted |= far
            self._wanted |= like._wanted

    def __len__(self) -> int:
        return len(self.values)

    def at(self, ranks: np.ndarray) -> np.ndarray:
        """The numbers of some ranks, 0 the least."""
        self._look(self._holding(ranks))
        return np.asarray(self._known[np.searchsorted(self._upto, ranks, "right") - 1])

    def below(self, values: np.ndarray, side: Side) -> np.ndarray:
        """How many lie below some values, or up to them (see `SIDES`)."""
        cell = self._dealt(values)
        self._look(cell)
        return np.maximum(self.begins[cell], self._upto[np.searchsorted(self._known, values, side)])

    def distinct(self, cells: np.ndarray) -> np.ndarray:
        """The different numbers in some cells (a mask), sorted."""
        self._look(np.flatnonzero(cells))
        return np.asarray(self._known[cells[self._dealt(self._known)]])

    def _holding(self, ranks: np.ndarray) -> np.ndarray:
        return np.searchsorted(self.begins[:-1], ranks, "right") - 1

    def _dealt(self, values: np.ndarray) -> np.ndarray:
        """The cell of each value. Rounded differences and products keep the order."""
        low, scale = self._cut
        cell = np.zeros(len(values), np.uint16)
        with np.errstate(over="ignore"):
            for start in range(0, len(values) if scale else 0, CHUNK):
                place = (values[start : start + CHUNK] - low) * scale
                place += 1
                cell[start : start + CHUNK] = np.clip(place, 0, CELLS - 1, out=place)
        return cell

    def _look(self, cells: np.ndarray) -> None:
        """Know the different numbers of some cells, and how many of all lie below the first and up to each."""
        if self._seen[cells].all():
            return
        self._wanted[cells] = True
        self._seen = self._wanted.copy()
        self._known, sizes = _counted(self.values if self._seen.all() else self.values[self._seen.take(self._cell)])
        unseen = np.where(self._seen, 0, np.diff(self.begins)).cumsum()
        self._upto = np.r_[0, sizes.cumsum() + unseen[self._dealt(self._known)]]


def furthest(reference: Ordered, current: Ordered) -> tuple[float, np.ndarray]:
    """The greatest gap between two distribution functions at the ends of cells, and in which cells (a mask) it may be
    greater: the gaps at the two ends of a cell bound those inside it."""
    upto = [side.begins / max(len(side), 1) for side in (reference, current)]
    best = float(np.abs(upto[0] - upto[1]).max())
    bounds = np.maximum(upto[0][1:] - upto[1][:-1], upto[1][1:] - upto[0][:-1])
    return best, (bounds > best) & (np.diff(current.begins) > 0)


def _counted(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different values, sorted, and how many there are of each."""
    if len(values) < MIN_DEALT or not _repeated(_sample(values)):
        return np.unique(values, return_counts=True)
    sizes = pd.Series(values).value_counts(sort=False).sort_index()
    return sizes.index.to_numpy(), sizes.to_numpy()


def _cut(values: np.ndarray) -> tuple[float, float]:
    """Where the second cell begins, and how many cells there are to one; none where there is one in all."""
    if len(values) < MIN_DEALT or _repeated(sample := _sample(values)):
        return 0.0, 0.0
    low, high = float(sample[ENDS]), float(sample[-ENDS])
    with np.errstate(all="ignore"):
        scale = float(np.float64(CELLS) / (high - low))
    return (low, scale) if 0 < scale < np.inf else (0.0, 0.0)


def _sample(values: np.ndarray) -> np.ndarray:
    return np.sort(values[:: len(values) // SAMPLE])


def _repeated(sample: np.ndarray) -> bool:
    return len(np.unique(sample)) <= FEW * len(sample)
