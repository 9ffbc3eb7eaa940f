"""How a column is cut into bins, frozen with the model that learned from it: every later window is cut alike."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

BINS = 10
FEW = 20  # a number with no more distinct values has one bin a value; a column of text keeps so many levels


@dataclass(frozen=True)
class Bins:
    """The bins of one column, and how many rows of the reference fell into each.

    A number has either `edges`, between bins that are closed on the right and open at both ends, or `values`, one bin
    each, then a bin for every other value. Text has `levels`, one bin each, then a bin for the rare levels of the
    reference (`rare`) and one for levels it never had. The last bin is for missing values.
    """

    counts: tuple[int, ...]
    edges: tuple[float, ...] = ()
    values: tuple[float, ...] = ()
    levels: tuple[str, ...] = ()
    rare: tuple[str, ...] = ()

    def count(self, column: pd.Series) -> np.ndarray:
        """How many rows of another window fall into each bin."""
        return np.bincount(self.place(column), minlength=len(self.counts))

    def place(self, column: pd.Series) -> np.ndarray:
        """The bin of each row."""
        last = len(self.counts) - 1
        if self.levels:
            known = {level: place for place, level in enumerate(self.levels)} | dict.fromkeys(self.rare, last - 2)
            codes, names = pd.factorize(_text(column))
            of_level = np.array([known.get(str(name), last - 1) for name in names] + [last])
            return np.asarray(of_level[codes])  # a missing value has the code -1, the last one
        numbers = pd.to_numeric(column, errors="coerce").to_numpy(float)
        if self.values:
            places = np.minimum(np.searchsorted(self.values, numbers), len(self.values) - 1)
            places = np.where(np.asarray(self.values)[places] == numbers, places, last - 1)
        else:
            places = np.searchsorted(self.edges, numbers, side="left")
        return np.where(np.isnan(numbers), last, places)

    def plain(self) -> dict[str, Any]:
        """As JSON can hold it; `Bins(**plain)` reads it back."""
        kept = {"counts": self.counts, "edges": self.edges, "values": self.values, "levels": self.levels}
        return {name: list(part) for name, part in (*kept.items(), ("rare", self.rare)) if part}


def read(plain: dict[str, Any]) -> Bins:
    """The bins that `Bins.plain` wrote."""
    return Bins(**{name: tuple(part) for name, part in plain.items()})


def freeze(column: pd.Series, bins: int = BINS) -> Bins:
    """The bins of a reference column: quantiles of its known numbers, duplicate edges dropped, or its levels."""
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if numeric:
        numbers = pd.to_numeric(column).to_numpy(float)
        known = numbers[~np.isnan(numbers)]
        distinct = np.unique(known)
        if len(distinct) <= FEW:
            cut = Bins((0,) * (len(distinct) + 2), values=tuple(distinct.tolist()))
        else:
            edges = np.unique(np.quantile(known, np.arange(1, bins) / bins))
            cut = Bins((0,) * (len(edges) + 2), edges=tuple(edges.tolist()))
    else:
        sizes = _text(column).value_counts()
        names = [str(name) for name in sizes.index]
        cut = Bins((0,) * (min(len(names), FEW) + 3), levels=tuple(names[:FEW]), rare=tuple(names[FEW:]))
    return Bins(tuple(cut.count(column).tolist()), cut.edges, cut.values, cut.levels, cut.rare)


def _text(column: pd.Series) -> pd.Series:
    return column if isinstance(column.dtype, pd.StringDtype) else column.astype(object).map(str, na_action="ignore")
