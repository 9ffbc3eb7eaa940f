"""A table that is watched: every row in its bin once, and which days are the windows and seasons of a day."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.drift import bins
from models.drift.bins import Bins
from models.drift.compare import WORKERS
from models.drift.monitored import Sheet

WINDOW = 7  # days: whole weeks, so that weekdays meet the same weekdays
YEAR = 364
NEAR = 21  # days around the same week of earlier years
DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Column:
    """A watched column in its bins: `counts` has a row a day and a column a bin, `units` the independent rows of each
    day; `base_units` are those of the reference. `apart` has the counts in the second view, where rare levels have
    groups (see `Bins`; None where there is none). For KS a number has `numbers`, the known ones in the order
    of their days and where each day begins, and `learned`, those of the reference, sorted (both None for text)."""

    name: str
    cut: Bins
    base_units: int
    counts: np.ndarray
    apart: np.ndarray | None
    units: np.ndarray
    numbers: tuple[np.ndarray, np.ndarray] | None
    learned: np.ndarray | None


@dataclass(frozen=True)
class Watched:
    """The columns of a table over all its `days`, and the first and last day of the reference window."""

    days: np.ndarray
    columns: tuple[Column, ...]
    reference: tuple[np.datetime64, np.datetime64]


def count(
    sheets: Sequence[Sheet],
    reference: tuple[np.datetime64, np.datetime64],
    frozen: Mapping[str, Bins] | None = None,
) -> Watched:
    """Put every row of some sheets into its bin. The bins are those of the days from `reference[0]` to `[1]`, both
    included, or the `frozen` ones of a model version, which also stand for the reference. A column without a value in
    the reference is left out, or without frozen bins where there are some."""
    first, last = min(sheet.day.min() for sheet in sheets), max(sheet.day.max() for sheet in sheets)
    days = np.arange(first, last + DAY)
    learned_on = (days >= reference[0]) & (days <= reference[1])
    if frozen and len(days) == 1:
        learned_on[:] = False  # what has one day only is held against another table, be it of the same day

    def counted(task: tuple[Sheet, np.ndarray, np.ndarray, np.ndarray, str]) -> Column | None:
        sheet, at, order, units, name = task
        column = sheet.frame[name]
        inside = learned_on[at]
        if name not in frozen if frozen else not column[inside].notna().any():
            return None
        cut = frozen[name] if frozen else bins.freeze(column[inside])
        size = cut.width
        places = cut.place(column, apart=True)
        apart = np.bincount(at * size + places, minlength=len(days) * size).reshape(len(days), size)
        counts = cut.together(apart)
        base_units = int(units[learned_on].sum()) or sum(cut.counts)
        numbers = learned = None
        if not cut.text:
            values = bins.as_numbers(column)
            known, by_day = np.isfinite(values), values[order]
            begins = np.r_[0, np.bincount(at[known], minlength=len(days)).cumsum()]
            numbers, learned = (by_day[np.isfinite(by_day)], begins), np.sort(values[known & inside])
        return Column(name, cut, base_units, counts, apart if cut.rest else None, units, numbers, learned)

    tasks = []
    for sheet in sheets:
        at = (sheet.day - first).astype(int)
        order = np.argsort(at.astype(np.uint16) if len(days) < 2**16 else at, kind="stable")  # short numbers by radix
        fresh = ~pd.Series(sheet.unit).duplicated().to_numpy()
        units = np.bincount(at[fresh], minlength=len(days))
        tasks += [(sheet, at, order, units, name) for name in sheet.frame]
    with ThreadPoolExecutor(WORKERS) as pool:
        columns = tuple(column for column in pool.map(counted, tasks) if column is not None)
    return Watched(days, columns, reference)


def in_batches(watched: Watched) -> bool:
    """Whether a table comes once a week or month, not every day."""
    return bool((np.max([column.units for column in watched.columns], axis=0) > 0).mean() <= 0.5)


def filled(watched: Watched) -> np.ndarray:
    """Days on which there is anything: tables that come once a month are judged once a month."""
    units = np.max([column.units for column in watched.columns], axis=0)
    return units > 0 if in_batches(watched) else np.ones(len(units), bool)


def place_of(watched: Watched, day: np.datetime64) -> np.ndarray:
    """The place of a day among the days, as an array of one."""
    return np.array([int((day.astype(watched.days.dtype) - watched.days[0]).astype(int))])


def start_of(at: np.ndarray, length: int = WINDOW) -> np.ndarray:
    """Where the windows that end on some days begin."""
    return np.maximum(at - length + 1, 0)


def finest(column: Column) -> np.ndarray:
    """The counts of a column in the view that shows the most."""
    return column.counts if column.apart is None else column.apart


def running(counts: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros_like(counts[:1]), counts]).cumsum(axis=0)


def seasons_of(watched: Watched, start: np.ndarray, at: np.ndarray) -> list[np.ndarray]:
    """Of each earlier year, from which day to before which one it is the season of some windows."""
    years = range(YEAR, len(watched.days) + NEAR, YEAR)
    # Never the window itself.
    return [np.clip([start - then - NEAR, at - then + NEAR + 1], 0, start) for then in years]


def weeks_alike(watched: Watched, start: np.ndarray, at: np.ndarray) -> list[np.ndarray]:
    """Likewise, each week of these seasons alone: a sale may come some weeks sooner or later than last year's."""
    shifts = range(-NEAR, NEAR + 1, 7)
    years = range(YEAR, len(watched.days) + NEAR, YEAR)
    return [np.clip([start - then + shift, at - then + shift + 1], 0, start) for then in years for shift in shifts]
