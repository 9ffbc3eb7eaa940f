"""Tables whose rows say in one column what is measured and in another how much, made one with a column each."""

from collections.abc import Mapping

import pandas as pd

from connectors import names, numbers
from data.dataset import Reading
from locales import N_

NARROW, TURNED, AS_IT_STANDS = "narrow", "a column each", "as they stand"  # key of the reading; its choices
MEASURES = ("quantity", "unit_price", "amount", "unit_cost")
MOST = 12  # measures of a table
LOOKED_AT = 1_000  # rows that show whether a column names measures


def turned(frame: pd.DataFrame, layout: Mapping[str, str]) -> tuple[pd.DataFrame, list[Reading]]:
    """The table with a column for each measure, where one of its columns names measures (of units and money, at least)
    and one other holds numbers: those of different measures are not to be added up. Any other table as it is."""
    named = next((name for name in frame if _measures(frame[name])), None)
    if named is None:
        return frame, []
    others = [name for name in frame if name != named]
    values = [name for name in others if numbers.read(frame[name].str.strip()).values.notna().mean() > 0.9]
    values = [name for name in values if not names.by_name([name], ["timestamp", "product", "store", "invoice"])]
    if len(values) != 1:
        return frame, []
    keys = [name for name in others if name not in values]
    turn = frame.groupby([*keys, named], dropna=False, sort=False).cumcount()
    measures = list(frame[named].dropna().unique())
    message = N_("“{column}” names what “{value}” measures: {measures}. Each becomes a column.")
    chosen = layout.get(NARROW, TURNED)
    said = {"column": named, "value": values[0], "measures": ", ".join(f"“{one}”" for one in measures)}
    reading = Reading(NARROW, message, chosen, (TURNED, AS_IT_STANDS), said)
    if chosen == AS_IT_STANDS:
        return frame, [reading]
    rows = frame.assign(turn=turn).groupby([*keys, "turn"], dropna=False, sort=False).ngroup()
    wide = frame.assign(row=rows).pivot(index="row", columns=named, values=values[0])
    kept = frame[keys].groupby(rows.to_numpy()).first()
    return kept.join(wide[measures].astype("str")).reset_index(drop=True), [reading]


def _measures(text: pd.Series) -> bool:
    """Whether a column names measures, of which two at least are those of sales."""
    head = text.head(LOOKED_AT).dropna()
    few = list(head.unique())
    if not 2 <= len(few) <= min(MOST, len(head) / 2):
        return False
    return len(names.by_name(few, MEASURES)) > 1 and set(text.dropna().unique()) == set(few)
