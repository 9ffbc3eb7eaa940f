"""How a column is cut into bins, frozen with the model that learned from it: every later window is cut alike."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from models.drift.ordered import SIDES, Ordered

BINS = 10
OWN_BIN = 20  # a number with no more distinct values has one bin a value; a column of text keeps so many levels
GROUPS = 300  # of rare levels, in the second view, which tells them apart
PARTS = ("counts", "edges", "values", "levels", "rare", "span", "rest")
Definition = Literal["deciles", "sturges", "equal_width"]


@dataclass(frozen=True)
class Bins:
    """The bins of one column, and how many rows of the reference fell into each.

    A number has either `edges`, between bins that are closed on the right and open at both ends, or `values`, one bin
    each, then a bin for every other value; a value that holds more than a bin's share of the rows has edges at it and
    just below it. Text has `levels`, one bin each, then a bin for the rare levels of the reference (`rare`, of which
    `once` are met a single time) and one for levels it never had. The last bin is for missing values; infinity is one
    of them. `span` is the least and the greatest number of the reference.
    A second view has groups in place of the bin of rare levels, so that a change among these is seen: `rest` has the
    rows of the reference in each. The rare levels are dealt out to up to `GROUPS` of them, the most frequent first.
    """

    counts: tuple[int, ...]
    edges: tuple[float, ...] = ()
    values: tuple[float, ...] = ()
    levels: tuple[str, ...] = ()
    rare: tuple[str, ...] = ()
    span: tuple[float, ...] = ()
    rest: tuple[int, ...] = ()
    text: bool = False
    once: int = 0

    def expected(self, current: np.ndarray) -> np.ndarray:
        """The counts of the reference that those of other windows (the last axis) are to be compared with.

        Where some levels are rare, others are met for the first time even if nothing changes: about as many rows as
        there are levels that the reference has once (Good 1953, Biometrika 40, 237-264). So many of its rare rows stand
        for new ones, but no greater share than the window has: fewer new levels are no change.
        """
        base = np.broadcast_to(np.array(self.counts, float), current.shape).copy()
        if self.once:
            share = current[..., -2] / np.maximum(current.sum(axis=-1), 1)
            new = np.minimum(share * sum(self.counts), self.once)
            base[..., -3] -= new
            base[..., -2] += new
        return base

    def count(self, column: pd.Series) -> np.ndarray:
        """How many rows of another window fall into each bin."""
        if self.text:
            return self.count_levels(*tally(column))
        known = ordered(column)
        return self.count_ordered(known, len(column) - len(known))

    def count_ordered(self, known: Ordered, missing: int) -> np.ndarray:
        """Likewise, for the known numbers of a window and how many are missing."""
        if self.values:
            below, upto = (known.below(np.array(self.values), side) for side in SIDES)
            inside = upto - below
            return np.r_[inside, len(known) - inside.sum(), missing]
        upto = known.below(np.array(self.edges), "right")
        return np.r_[np.diff(np.r_[0, upto, len(known)]), missing]

    def count_levels(self, sizes: Mapping[str, int], missing: int, apart: bool = False) -> np.ndarray:
        """Likewise, for how many rows have each level and how many are missing; in the second view if `apart`."""
        counts, known = np.zeros(self.width if apart else len(self.counts), np.int64), self._places(apart)
        for level, size in sizes.items():
            counts[known.get(level, -2)] += size
        counts[-1] += missing
        return counts

    @property
    def ordered(self) -> int:
        """How many bins come first that lie in the order of their numbers."""
        return len(self.values) or len(self.edges) + 1

    @property
    def width(self) -> int:
        """The bins of the second view."""
        return len(self.counts) + max(len(self.rest) - 1, 0)

    def apart(self, counts: np.ndarray) -> np.ndarray:
        """The reference's counts in the second view, to be compared with those of other windows (the last axis).

        Levels met for the first time are expected as in `expected`: at the cost of all groups alike.
        """
        together = self.expected(self.together(counts))
        groups = np.array(self.rest) * (together[..., -3:-2] / max(sum(self.rest), 1))
        return np.concatenate([together[..., :-3], groups, together[..., -2:]], axis=-1)

    def together(self, apart: np.ndarray) -> np.ndarray:
        """The counts of the bins from those of the second view (the last axis)."""
        first, groups = len(self.levels), len(self.rest)
        if not groups:
            return apart
        ends = apart[..., :first], apart[..., first + groups :]
        return np.concatenate([ends[0], apart[..., first:-2].sum(axis=-1, keepdims=True), ends[1]], axis=-1)

    def place(self, column: pd.Series, apart: bool = False) -> np.ndarray:
        """The bin of each row, or its bin in the second view."""
        last = (self.width if apart else len(self.counts)) - 1
        if self.text:
            known = self._places(apart)
            codes, names = pd.factorize(as_text(column))
            of_level = np.array([known.get(str(name), last - 1) for name in names] + [last])
            return np.asarray(of_level[codes])  # a missing value has the code -1, the last one
        numbers = as_numbers(column)
        if self.values:
            places = np.minimum(np.searchsorted(self.values, numbers), len(self.values) - 1)
            places = np.where(np.asarray(self.values)[places] == numbers, places, last - 1)
        else:
            places = np.searchsorted(self.edges, numbers, side="left")
        return np.where(np.isfinite(numbers), places, last)

    def plain(self) -> dict[str, Any]:
        """As JSON can hold it; `read` brings it back."""
        parts = {name: list(getattr(self, name)) for name in PARTS}
        return {name: part for name, part in (parts | {"text": self.text, "once": self.once}).items() if part}

    def _places(self, apart: bool = False) -> dict[str, int]:
        last, groups = len(self.levels), len(self.rest) or 1
        dealt = {level: last + (place % groups if apart else 0) for place, level in enumerate(self.rare)}
        return dict(zip(self.levels, range(last), strict=True)) | dealt


def read(plain: Mapping[str, Any]) -> Bins:
    """The bins that `Bins.plain` wrote."""
    parts = {name: tuple(part) for name, part in plain.items() if name in PARTS}
    return Bins(**parts, text=bool(plain.get("text", plain.get("levels"))), once=plain.get("once", 0))


def freeze(
    column: pd.Series, bins: int = BINS, definition: Definition = "deciles", current: pd.Series | None = None
) -> Bins:
    """The bins of a reference column: quantiles of its known numbers, duplicate edges dropped, or its levels.

    `equal_width` cuts between its least and greatest number instead; `sturges` cuts the range of `column` and
    `current` together into 1 + log2(rows) equal parts (Sturges 1926, JASA 21, 65-66), as Evidently does.
    """
    if not is_number(column):
        return freeze_levels(*tally(column))
    known = ordered(column)
    both = known.values if current is None else np.r_[known.values, ordered(current).values]
    return freeze_ordered(known, len(column) - len(known), bins, definition, both)


def freeze_ordered(
    known: Ordered,
    missing: int,
    bins: int = BINS,
    definition: Definition = "deciles",
    both: np.ndarray | None = None,
) -> Bins:
    """The bins of a number, from the known numbers of the reference (`both`: and of the current window)."""
    rows = len(known)
    span = tuple(known.at(np.array([0, rows - 1])).tolist()) if rows else ()
    alone = np.ones(1, bool)
    distinct = known.distinct(alone) if len(known.begins) == 2 else None  # many, where they are dealt into cells
    if distinct is not None and len(distinct) <= OWN_BIN:
        cut = Bins((0,) * (len(distinct) + 2), values=tuple(distinct.tolist()), span=span)
    else:
        if definition == "deciles":
            quantiles = _quantiles(known, np.arange(1, bins) / bins)
            edges = np.unique(np.r_[quantiles, _around_heavy(known, bins, quantiles)])
        elif definition == "equal_width":
            edges = np.linspace(span[0], span[1], bins + 1)[1:-1]
        else:
            edges = np.histogram_bin_edges(known.values if both is None else both, bins="sturges")[1:-1]
        cut = Bins((0,) * (len(edges) + 2), edges=tuple(edges.tolist()), span=span)
    return _with(cut, cut.count_ordered(known, missing))


def freeze_levels(sizes: Mapping[str, int], missing: int) -> Bins:
    """The bins of a column of text, from how many rows of the reference have each level, the most frequent first."""
    names = list(sizes)
    rare = tuple(names[OWN_BIN:])
    tail = np.array([sizes[name] for name in rare])
    groups = min(len(rare), GROUPS) if len(rare) > 1 else 0
    cut = Bins(
        (0,) * (min(len(names), OWN_BIN) + 3),
        levels=tuple(names[:OWN_BIN]),
        rare=rare,
        rest=tuple(int(tail[place::groups].sum()) for place in range(groups)),
        text=True,
        once=sum(sizes[name] == 1 for name in rare),
    )
    return _with(cut, cut.count_levels(sizes, missing))


def is_number(column: pd.Series) -> bool:
    """Whether a column is compared as numbers; True and False are levels."""
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def as_numbers(column: pd.Series) -> np.ndarray:
    """A column as float, what is no number as NaN. Not to be changed: it may be the column itself."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf":
        return column.to_numpy(float)
    return pd.to_numeric(column, errors="coerce").to_numpy(float, na_value=np.nan)


def as_text(column: pd.Series) -> pd.Series:
    """A column as text, missing values left missing."""
    kind = column.cat.categories.dtype if isinstance(column.dtype, pd.CategoricalDtype) else column.dtype
    return column if isinstance(kind, pd.StringDtype) else column.astype(object).map(str, na_action="ignore")


def ordered(column: pd.Series, like: Ordered | None = None) -> Ordered:
    """The finite numbers of a column, to be compared with those of another one."""
    values = as_numbers(column)
    finite = np.isfinite(values)
    return Ordered(values if finite.all() else values[finite], like)


def tally(column: pd.Series) -> tuple[dict[str, int], int]:
    """How many rows have each level, the most frequent first (then by name), and how many are missing."""
    coded = isinstance(column.dtype, pd.CategoricalDtype)
    listed = coded and column.cat.ordered  # a level of these that no row has is known all the same
    plain = coded or pd.api.types.is_bool_dtype(column)
    sizes = (column if plain else as_text(column)).value_counts(sort=False)
    found: dict[str, int] = {}
    for name, size in zip(sizes.index, sizes.tolist(), strict=True):
        if size or listed:
            found[str(name)] = found.get(str(name), 0) + size
    by_size = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    return dict(by_size), len(column) - sum(found.values())


def _with(cut: Bins, counts: np.ndarray) -> Bins:
    return replace(cut, counts=tuple(counts.tolist()))


def _around_heavy(known: Ordered, bins: int, edges: np.ndarray) -> list[float]:
    """Edges that part the values that hold more than a bin's share from those below and above, where `edges` do not."""
    found: list[float] = []
    values = np.unique(known.at(np.arange(bins) * len(known) // bins))
    for value, low, high in zip(values, *(known.below(values, side) for side in SIDES), strict=True):
        if (high - low) * bins > len(known):
            if low and not ((edges >= known.at(np.array([low - 1]))) & (edges < value)).any():
                found.append(float(np.nextafter(value, -np.inf)))
            if high < len(known):
                found.append(float(value))
    return found


def _quantiles(known: Ordered, shares: np.ndarray) -> np.ndarray:
    """As numpy's default: straight lines between the order statistics (Hyndman and Fan 1996, type 7)."""
    at = shares * (len(known) - 1)
    below = at.astype(np.int64)
    low, high = known.at(below), known.at(np.minimum(below + 1, len(known) - 1))
    return np.asarray(low + (high - low) * (at - below))
