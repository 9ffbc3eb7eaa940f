"""Numbers in their order, without sorting them: dealt into cells that follow each other, sorted only where one looks.

What is said of two windows looks at few places: deciles, edges of bins, some quantiles, and where the distribution
functions are furthest apart. Dealing a million rows takes as long everywhere; sorting them takes six times longer on
some processors than on others.
"""

from typing import Literal

import numpy as np

CELLS = 2**16
Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")  # below a value, and up to it
MIN_DEALT = 50_000  # rows: fewer are sorted at once
SAMPLE = 1_000  # rows that show where most of them lie
TENTHS = 10
QUANTILES = (np.arange(2048) + 0.5) / 2048  # shares of the rows below the places where quantile functions are compared
ENDS = 10  # of the sample at either end, which share one cell: one outlier leaves the others no cells


class Ordered:
    """Finite numbers, to be asked for their ranks as if they were sorted.

    `values` are the numbers as they came; `begins` has how many lie in all cells before each, and last their number.
    Cells are those of `like`, with which these numbers are to be compared; else they are cut by a sample. Where nearly
    all of the sample are repetitions, or rows are few, there is one cell: such numbers are quickly sorted.
    """

    def __init__(self, values: np.ndarray, like: "Ordered | None" = None) -> None:
        self.values = values
        self._cut: tuple[float, float] = _cut(values) if like is None else like._cut
        self._cell = self._dealt(values)
        sizes = np.bincount(self._cell, minlength=CELLS if self._cut[1] else 1)
        self.begins = np.r_[0, sizes.cumsum()]
        self._seen = sizes == 0
        self._sorted, self._starts = values[:0], np.zeros(len(sizes) + 1, int)
        if len(sizes) > 1 and len(
            values
        ):  # each look goes through all rows: the first one sees what everybody asks for
            near = (np.arange(1, TENTHS) / TENTHS * len(values)).astype(int)
            ranks = np.r_[0, len(values), near - 1, near, near + 1, (QUANTILES * len(values)).astype(int)]
            ranks = ranks.clip(0, len(values) - 1)
            wanted = self._seen.copy() if like is None else self._seen | like._seen
            wanted[np.searchsorted(self.begins, ranks, "right") - 1] = True
            self._look(np.flatnonzero(wanted))

    def __len__(self) -> int:
        return len(self.values)

    def at(self, ranks: np.ndarray) -> np.ndarray:
        """The numbers of some ranks, 0 the least."""
        cell = np.searchsorted(self.begins, ranks, "right") - 1
        self._look(cell)
        return np.asarray(self._sorted[self._starts[cell] + ranks - self.begins[cell]])

    def below(self, values: np.ndarray, side: Side) -> np.ndarray:
        """How many lie below some values, or up to them (see `SIDES`)."""
        cell = self._dealt(values)
        self._look(cell)
        return np.asarray(self.begins[cell] + np.searchsorted(self._sorted, values, side) - self._starts[cell])

    def distinct(self, cells: np.ndarray) -> np.ndarray:
        """The different numbers in some cells (a mask), sorted."""
        self._look(np.flatnonzero(cells))
        inside = self._sorted[np.repeat(cells[self._seen], np.diff(self._starts)[self._seen])]
        return inside[np.r_[True, inside[1:] != inside[:-1]]] if len(inside) else inside

    def _dealt(self, values: np.ndarray) -> np.ndarray:
        """The cell of each value. Rounded differences and products keep the order."""
        low, scale = self._cut
        if not scale:
            return np.zeros(len(values), np.intp)
        with np.errstate(over="ignore"):
            place = (values - low) * scale
        place += 1
        return np.clip(place, 0, CELLS - 1, out=place).astype(np.intp)

    def _look(self, cells: np.ndarray) -> None:
        if not self._seen[cells].all():
            self._seen[cells] = True
            self._sorted = np.sort(self.values if self._seen.all() else self.values[self._seen[self._cell]])
            self._starts = np.r_[0, np.where(self._seen, np.diff(self.begins), 0).cumsum()]


def _cut(values: np.ndarray) -> tuple[float, float]:
    """Where the second cell begins, and how many cells there are to one; none where there is one in all."""
    if len(values) < MIN_DEALT:
        return 0.0, 0.0
    sample = np.sort(values[:: len(values) // SAMPLE])
    low, high = float(sample[ENDS]), float(sample[-ENDS])
    with np.errstate(all="ignore"):
        scale = float(np.float64(CELLS) / (high - low))
    even = 10 * len(np.unique(sample)) > len(sample) and 0 < scale < np.inf
    return (low, scale) if even else (0.0, 0.0)
