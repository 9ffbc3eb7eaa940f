"""Whether the data still look like the data the models learned from."""

from typing import TypeAlias

import numpy as np
import pandas as pd

from locales import N_
from models.drift import bins as cuts
from models.drift import measures
from models.drift.compare import CannotCompare, drifted_share, report
from models.drift.measures import KsResult

__all__ = ["CannotCompare", "KsResult", "drifted_share", "ks", "psi", "report"]

Column: TypeAlias = pd.Series | np.ndarray | list


def psi(reference: Column, current: Column, bins: int = cuts.BINS) -> float:
    """The population stability index of a column against its reference (see `measures.psi`), cut by the reference
    alone into `bins` quantiles, or its values or levels where they are few. 0: alike; over 0.2: clearly different.

    NaN where one side has no rows.
    """
    then, now = pd.Series(reference), pd.Series(current)
    cut = cuts.freeze(then, bins)
    counts = cut.count(now)
    return float(measures.psi(cut.expected(counts), counts))


def ks(reference: Column, current: Column) -> KsResult:
    """The two-sample Kolmogorov-Smirnov test of the known numbers of two columns (see `measures.ks`).

    Raises `CannotCompare` where one side has none.
    """
    then = cuts.ordered(pd.Series(reference))
    now = cuts.ordered(pd.Series(current), then)
    if not min(len(then), len(now)):
        raise CannotCompare(N_("One of the two columns has no numbers: choose a longer period or another column."))
    return measures.ks(then, now)
