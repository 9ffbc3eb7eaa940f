"""What-if drift: a change made to the rows of the last window, to see who would notice and what it would do."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

NEW = "?"  # the level that nobody has seen before


@dataclass(frozen=True)
class Shift:
    """Changes made to a table, one after the other; each is none by default.

    `price` is the change of prices as a share, of the rows whose `price_column` has `price_level` (all where that is
    empty). Of the rows (or whole groups of rows) with `lost_level` in `lost_column` a share `lost` is gone. In
    `missing_column` a share `missing` of the values is not there. In `new_column` a share `new` of the rows has a level
    never seen before.
    """

    price: float = 0.0
    price_column: str = ""
    price_level: str = ""
    lost: float = 0.0
    lost_column: str = ""
    lost_level: str = ""
    missing: float = 0.0
    missing_column: str = ""
    new: float = 0.0
    new_column: str = ""


def shifted(
    table: pd.DataFrame, inside: np.ndarray, shift: Shift, money: str, group: str | None = None, seed: int = 0
) -> pd.DataFrame:
    """A table with a shift made to the rows of `inside` (a mask); `money` is its column of prices.

    With `group`, a column such as the invoice, rows of one group are lost together. The same seed takes the same rows
    first, so that a larger share takes more of them and not others.
    """
    luck = np.random.default_rng(seed).random((3, len(table)))
    if group is not None:
        codes = pd.factorize(table[group])[0]
        luck[0] = np.where(codes < 0, luck[0], luck[0][codes])  # a row of no group is lost alone
    changed = table.copy()
    if shift.price:
        dearer = inside & priced(table, shift)
        changed[money] = changed[money].where(~dearer, changed[money] * (1 + shift.price))
    if shift.missing and shift.missing_column:
        gone = inside & (luck[1] < shift.missing)
        changed[shift.missing_column] = changed[shift.missing_column].mask(gone)
    if shift.new and shift.new_column:
        fresh = inside & (luck[2] < shift.new)
        changed[shift.new_column] = changed[shift.new_column].astype("str").mask(fresh, NEW)
    if shift.lost and shift.lost_column:
        lost = inside & _has(table, shift.lost_column, shift.lost_level) & (luck[0] < shift.lost)
        changed = changed[~lost]
    return changed


def priced(table: pd.DataFrame, shift: Shift) -> np.ndarray:
    """The rows whose price a shift changes."""
    return _has(table, shift.price_column, shift.price_level)


def _has(table: pd.DataFrame, column: str, level: str) -> np.ndarray:
    return table[column].astype("str").eq(level).to_numpy(bool) if column and level else np.ones(len(table), bool)
