"""What baskets would have in common by chance.

Chance is not independence: large baskets and seasons bring products together that have nothing to do with each other.
It is what baskets of the same sizes, in the same months, with as many of each product, would have had in common.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.products.baskets import Baskets

EXACT, WIDER = 10, 1.33  # sizes below are classes of their own, those of larger baskets grow so
ROUNDS = 30
CHUNK = 20_000  # pairs at a time


@dataclass(frozen=True)
class Chance:
    """What chance alone would have put together: see `chance`. `month` is that of each row of `weights`, which has a
    column for each of the products at `places` and one for all others."""

    weights: np.ndarray
    month: np.ndarray
    places: np.ndarray

    def expected(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Baskets with both products of pairs (places in the columns) by chance: one row a month-and-size class."""
        return np.asarray(self.weights[:, a] * self.weights[:, b])

    def total(self, a: np.ndarray, b: np.ndarray, months: slice = slice(None)) -> np.ndarray:
        """The sum of `expected` over some of the months."""
        wanted = np.isin(self.month, np.arange(self.month.max() + 1)[months])
        turned = np.ascontiguousarray(self.weights[wanted].T)
        parts = [slice(start, start + CHUNK) for start in range(0, len(a), CHUNK)]
        sums = [np.einsum("ij,ij->i", turned[a[part]], turned[b[part]]) for part in parts]
        return np.concatenate(sums, dtype=float) if sums else np.zeros(0)


def chance(made: Baskets, places: np.ndarray) -> Chance:
    """What baskets of the same sizes and months would have in common if their products had nothing to do with another.

    In each class of month and size the expected baskets with two products are w_a w_b with one weight a product, such
    that each product has as many companions in its baskets as it had: quasi-independence of a table whose diagonal is
    empty (Goodman 1968, JASA 63, 1091-1131). Products that are not at `places` count as one, with a diagonal.
    """
    from scipy.sparse import csr_array

    size = np.diff(made.held.indptr)
    rows = np.flatnonzero(size > 1)
    classes, stratum = strata(made, size)
    summing = csr_array(
        (size[rows] - 1.0, (stratum, np.arange(len(rows)))), shape=(len(classes), len(rows)), dtype=np.float32
    )
    column = np.full(len(made.products), len(places))
    column[places] = np.arange(len(places))
    pooled = made.held[rows]
    pooled = csr_array((pooled.data, column[pooled.indices], pooled.indptr), shape=(len(rows), len(places) + 1))
    companions = np.asarray((summing @ pooled).todense(), np.float32)
    total = companions.sum(1, keepdims=True)
    weights = companions / np.sqrt(total)
    for _round in range(ROUNDS):
        rest = weights.sum(1, keepdims=True) - weights
        rest[:, -1] += weights[:, -1]
        fresh = companions / np.maximum(rest, 1e-6)
        if np.abs(fresh - weights).max() < 1e-4:
            break
        weights = (weights + fresh) / 2
    return Chance(weights, classes // 1_000, places)


def strata(made: Baskets, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The classes of month and size that there are, and the place among them of each basket with two products or more.

    `size` is the number of products of each basket.
    """
    width = np.where(size < EXACT, size, EXACT + np.log(np.maximum(size, 1) / EXACT) // np.log(WIDER)).astype(int)
    stratum, classes = pd.factorize((made.month * 1_000 + width)[size > 1], sort=True)
    return np.asarray(classes), stratum
