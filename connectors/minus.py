"""Lines with a minus before their money or their units alone: what came back, or what left a stock."""

from collections.abc import Mapping

import pandas as pd

from connectors import statuses
from connectors.lines import MOST, NEAR
from data.dataset import Reading
from locales import N_

MINUS = "minus"  # key of a reading
LEDGER, SOLD, CAME_BACK = "ledger", "units sold, which left the stock", "units that came back"
MOST_BACK = 0.5  # share of lines that came back, at most


def signs(frame: pd.DataFrame, choices: Mapping[str, str], readings: list[Reading]) -> pd.DataFrame:
    """The lines whose money alone has a minus, at the usual price of their product, with one before their units."""
    frame = _left_stock(frame, choices, readings)
    back = frame["amount"].lt(0) & frame["quantity"].gt(0)
    if not back.any() or (MINUS not in choices and (frame["quantity"].lt(0).any() or back.mean() > MOST_BACK)):
        return frame
    each = (frame["amount"] / frame["quantity"]).where(frame["quantity"] != 0)
    of = frame["product"] if "product" in frame else pd.Series("", frame.index)
    usual = each.where(~back).groupby(of).transform("median")
    near = ((each.abs() - usual).abs() <= NEAR * usual)[back].mean()
    chosen = choices.get(MINUS, statuses.OFF if near >= MOST else statuses.ADDED)
    message = N_("{count} lines have a minus before their money and none before their units: their units are {chosen}.")
    said = {"count": str(int(back.sum())), "chosen": chosen}
    readings.append(Reading(MINUS, message, chosen, (statuses.OFF, statuses.ADDED), said))
    if chosen == statuses.OFF:
        frame["quantity"] = frame["quantity"].mask(back, -frame["quantity"])
        frame["unit_price"] = frame["unit_price"].mask(back, frame["unit_price"].abs())
    return frame


def _left_stock(frame: pd.DataFrame, choices: Mapping[str, str], readings: list[Reading]) -> pd.DataFrame:
    """The lines with their units as sold where nearly all have a minus before their units and none before their money:
    a ledger of stock says so what left it."""
    units, paid = frame["quantity"], frame["amount"]
    both = units.ne(0) & paid.ne(0) & units.notna() & paid.notna()
    against = both & (units.lt(0) ^ paid.lt(0))
    if (LEDGER not in choices and against.sum() < MOST * both.sum()) or not units[against].lt(0).any():
        return frame
    if LEDGER not in choices and units[against].lt(0).mean() < MOST:
        return frame  # money alone has a minus: `signs`
    chosen = choices.get(LEDGER, SOLD)
    message = N_("{count} lines have a minus before their units and none before their money: they are {chosen}.")
    readings.append(
        Reading(LEDGER, message, chosen, (SOLD, CAME_BACK), {"count": str(int(against.sum())), "chosen": chosen})
    )
    return frame.assign(quantity=-units, unit_price=frame["unit_price"].abs()) if chosen == SOLD else frame
