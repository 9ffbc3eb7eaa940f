"""Why a measure is up or down: the change between two periods, split over the groups of each dimension."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pandas as pd
from scipy import special

from models.ask import definitions, periods, statement
from models.ask.definitions import Catalogue
from models.ask.query import Query
from models.ask.statement import Ask, Days

MIN_PAIRS = 6  # earlier pairs of periods that say how much changes are usual
SURE = 0.95  # of the changes between earlier periods lie in what is called usual


@dataclass(frozen=True)
class Why:
    """The change of a measure from the days `earlier` to the days `period`.

    `parts` has a row a dimension and level: `now`, `then`, `change` and `usual`, whether such a change is nothing
    unusual for that level (missing where there is too little past to say). Within a dimension the changes add up to
    the whole `change`; the dimension whose unusual levels explain most of it comes first, in it the largest change in
    the direction of the whole.
    """

    measure: str
    period: Days
    earlier: Days
    now: float
    then: float
    usual: bool | None
    parts: pd.DataFrame

    @property
    def change(self) -> float:
        """What the whole changed by."""
        return self.now - self.then


def explained(known: Catalogue, query: Query, dimensions: Sequence[str], ask: Ask) -> Why | None:
    """Why the first measure of a query changed, by each of some dimensions.

    None for a measure whose parts do not add up, or that has no time, and where the data begin after the days to
    compare with.

    Without a period it is the last whole month; without a comparison the same a year earlier where the data reach so
    far back, else the days before. A change is usual where it lies in the 95% prediction interval of those between
    earlier periods of the same length, as far apart as these two (mean +- t * sd * sqrt(1 + 1 / n), for independent
    normal changes); six such pairs are needed to say.
    """
    measure = query.measures[0]
    if not known.measures[measure].additive or definitions.table_of(known, query) != "sales":
        return None
    asked = Query((measure,), filters=query.filters, period=query.period or "previous month")
    period = periods.days(asked.period, known.first, known.last)
    compared = query.compared or ("year" if period[0] - timedelta(days=366) >= known.first else "before")
    earlier = statement.compared(known, replace(asked, compared=compared))
    if earlier is None:
        return None
    kept = {one.dimension for one in query.filters}
    found = []
    whole = _history(known, asked, "", period, earlier, ask)
    for name in dimensions:
        if name not in kept and "sales" in known.dimensions[name].sql:
            split = _history(known, asked, name, period, earlier, ask)
            found.append(split.assign(dimension=name))
    total = whole.iloc[0]
    sign = np.sign(total["change"]) or 1.0
    parts = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=["dimension", *whole.columns])
    if len(parts):
        striking = parts["change"].where(parts["usual"].ne(True), 0.0).mul(sign).clip(lower=0)
        order = striking.groupby(parts["dimension"]).max().sort_values(ascending=False, kind="stable").index
        parts["_first"] = parts["dimension"].map({name: place for place, name in enumerate(order)})
        parts["_toward"] = -sign * parts["change"]
        parts = parts.sort_values(["_first", "_toward"], kind="stable", ignore_index=True)
        parts = parts.drop(columns=["_first", "_toward"])
    usual = None if pd.isna(total["usual"]) else bool(total["usual"])
    return Why(measure, period, earlier, float(total["now"]), float(total["then"]), usual, parts)


def _history(known: Catalogue, asked: Query, dimension: str, period: Days, earlier: Days, ask: Ask) -> pd.DataFrame:
    """One row a level of a dimension (the whole for ""): `level`, `now`, `then`, `change`, `usual`."""
    sql, values = statement.windows(known, asked, dimension, period)
    sums = ask(sql, **values).pivot_table(index="level", columns="place", values="value", aggfunc="sum", dropna=False)
    sums = sums.reindex(columns=range(min(sums.columns, default=0), 1)).fillna(0.0)
    before = replace(asked, by=(dimension,) if dimension else ())
    sql, values = statement.statement(known, before, earlier)
    then = ask(sql, **values)
    levels = then[dimension] if dimension else pd.Series([""] * len(then))
    made = pd.DataFrame({"now": sums[0], "then": then[asked.measures[0]].groupby(levels).sum()}).fillna(0.0)
    made["change"] = made["now"] - made["then"]
    length = (period[1] - period[0]).days + 1
    apart = max(1, round((period[0] - earlier[0]).days / length))
    past = sums.reindex(made.index).fillna(0.0).to_numpy()[:, :-1]
    changes = past[:, apart:] - past[:, :-apart]
    return made.assign(usual=_usual(made["change"].to_numpy(), changes)).rename_axis("level").reset_index()


def _usual(change: np.ndarray, past: np.ndarray) -> np.ndarray | None:
    """Whether each change is one that changes before it (a row for each) let expect; None where these are too few."""
    count = past.shape[1]
    if count < MIN_PAIRS:
        return None
    reach = special.stdtrit(count - 1, (1 + SURE) / 2) * past.std(axis=1, ddof=1) * np.sqrt(1 + 1 / count)
    return np.abs(change - past.mean(axis=1)) <= reach
