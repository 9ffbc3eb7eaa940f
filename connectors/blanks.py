"""What a file leaves empty because it stands in the row above: the date and the number of an order, merged cells."""

from collections.abc import Mapping

import pandas as pd

from connectors import money, numbers, shape
from data.dataset import Reading
from locales import N_

ABOVE, FILLED = "above", "as in the row above"  # key of a reading; what empty cells are taken for
ORDERS = ("invoice", "customer", "store", "currency")  # written once for all the lines of an order
NEAR = 0.011


def filled(
    text: pd.DataFrame, mapping: Mapping[str, str], choices: Mapping[str, str], readings: list[Reading]
) -> pd.DataFrame:
    """The lines with the date and the order that are written on the first of several only.

    All lines name their product and how much was sold, else nothing is done: some may be totals. Where
    nothing else of an order is left empty with its date, it is asked.
    """
    when = mapping.get("timestamp", "")
    measures = [mapping[role] for role in (money.AMOUNT, money.QUANTITY) if role in mapping]
    blank = text[when].isna() if when else pd.Series(False, text.index)
    if not blank.any() or blank.iloc[0] or "product" not in mapping or not measures:
        return text
    if text[[mapping["product"], *measures]].isna().any(axis=None) or _sums(text, blank, measures):
        return text
    same = text[~blank].notna().all() & text[blank].isna().all()
    taken = {mapping["product"], *measures}
    shared = [name for name in text if same[name] and name not in taken
              and (name in mapping.values() or numbers.read(text[name]).values.isna().all())]  # fmt: skip
    alone = not {mapping[role] for role in ORDERS if role in mapping} & set(shared)
    chosen = choices.get(ABOVE, FILLED)
    message = N_("{count} lines have no “{column}”: it is that of the line above them.")
    said = {"column": when, "count": str(int(blank.sum()))}
    readings.append(Reading(ABOVE, message, chosen, (FILLED, shape.LEFT_OUT), said, alone and ABOVE not in choices))
    if chosen == shape.LEFT_OUT:
        return text[~blank]
    return text.assign(**{name: text[name].ffill() for name in dict.fromkeys((when, *shared))})


def _sums(text: pd.DataFrame, blank: pd.Series, measures: list[str]) -> bool:
    """Whether lines without a date add up those above them, in most groups of several lines."""
    values = numbers.read(text[measures[0]]).values
    group = (~blank & blank.shift(fill_value=True)).cumsum()
    last = blank & ~blank.shift(-1, fill_value=False)
    above = values[~last].groupby(group[~last]).sum()
    said = values[last].groupby(group[last]).last()
    return bool(((said - above.reindex(said.index)).abs() <= NEAR).mean() > 0.5) if len(said) > 1 else False
