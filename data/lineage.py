"""What a dataset continues: the same company's data a month later, and not a stranger's with the same columns.

A lineage is named after the first dataset in it. A demo or a download continues the one of its name before, lines that
are added stay where they are added, and an upload continues a dataset with the same customers or the same past sales.
Models, what they are compared with and who is champion belong to a lineage.
"""

import numpy as np
import pandas as pd

from data import meaning, schemas
from data.dataset import Table

SAME = 0.5  # share of the customers or days of the smaller of two datasets that must be in the other one
AGREE = 0.5  # kappa from which customers of the same ids are the same ones, and no two counters that both begin at 1
WEEK = 7  # days that must be the same
# Without these columns nothing can be told of a table; other tables go on from none.
NEEDED: dict[Table, tuple[str, ...]] = {"sales": ("timestamp", "quantity", "unit_price"), "customers": ("customer_id",)}
BINS = 10


def continues(table: Table, before: pd.DataFrame, after: pd.DataFrame) -> bool:
    """Whether a table of `NEEDED` goes on from another one; both have at least those columns."""
    return _same_days(before, after) if table == "sales" else _same_customers(before, after)


def _same_days(before: pd.DataFrame, after: pd.DataFrame) -> bool:
    """Whether most days that both know have the same units and revenue, to the cent."""
    both = _days(before).merge(_days(after), left_index=True, right_index=True, suffixes=("", "_after"))
    units = np.isclose(both["units"], both["units_after"])
    same = units & np.isclose(both["revenue"], both["revenue_after"], rtol=0, atol=0.005)
    return bool(same.sum() >= WEEK and same.mean() >= SAME)


def _days(lines: pd.DataFrame) -> pd.DataFrame:
    found = pd.DataFrame({"units": lines["quantity"], "revenue": schemas.amounts(lines)})
    return found.groupby(lines["timestamp"].dt.normalize()).sum()


def _same_customers(before: pd.DataFrame, after: pd.DataFrame) -> bool:
    """Whether most customers of the smaller table are in the other one, and what is said of them mostly agrees."""
    one, other = (frame.drop_duplicates("customer_id").set_index("customer_id") for frame in (before, after))
    both = one.index.intersection(other.index)
    if not len(both) or len(both) < SAME * min(len(one), len(other)) or meaning.are_rows(both):
        return False
    shared = [name for name in one if name in other and name != "churned"]
    found = [_kappa(one.loc[both, name], other.loc[both, name]) for name in shared]
    return bool(np.nanmedian(found) >= AGREE) if np.isfinite(found).any() else False


def _kappa(one: pd.Series, other: pd.Series) -> float:
    """How far two columns of the same rows agree beyond chance, numbers by the tenth of the rows they are in: a month
    later all have a month more. Cohen (1960), Educational and Psychological Measurement 20, 37-46. NaN where neither
    varies."""
    sides = [
        np.ceil(side.rank(pct=True) * BINS) if pd.api.types.is_numeric_dtype(side) and side.nunique() > 2 else side
        for side in (one, other)
    ]
    codes, levels = pd.factorize(pd.concat([side.astype("str") for side in sides]), use_na_sentinel=False)
    then, now = np.split(codes, 2)
    shares = [np.bincount(side, minlength=len(levels)) / len(side) for side in (then, now)]
    expected = float(shares[0] @ shares[1])
    return float(((then == now).mean() - expected) / (1 - expected)) if expected < 1 else float("nan")
