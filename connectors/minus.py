"""Lines with a minus before their money or their units alone: what came back, or what left a stock."""

import re
from collections.abc import Iterable, Mapping

import pandas as pd

from connectors import names, numbers, statuses
from connectors.lines import MOST, NEAR
from data.dataset import Reading
from locales import N_

MINUS = "minus"  # key of a reading
PAID_OUT = "paid out"
LEDGER, SOLD, CAME_BACK = "ledger", "units sold, which left the stock", "units that came back"
MOST_OUT, CENT = 0.25, 0.011  # share of lines of money that customers give back, at most; of a balance
MOST_BACK = 0.5  # share of lines that came back, at most
BALANCE = re.compile(r"balance|solde|saldo|guthaben|kontostand|bakiye|solt")


def signs(
    text: pd.DataFrame,
    frame: pd.DataFrame,
    free: Iterable[str],
    choices: Mapping[str, str],
    readings: list[Reading],
) -> pd.DataFrame:
    """The lines whose money alone has a minus, at the usual price of their product or with words that goods came back,
    with one before their units."""
    frame = _left_stock(frame, choices, readings)
    back = frame["amount"].lt(0) & frame["quantity"].gt(0)
    if not back.any() or (MINUS not in choices and (frame["quantity"].lt(0).any() or back.mean() > MOST_BACK)):
        return frame
    each = (frame["amount"] / frame["quantity"]).where(frame["quantity"] != 0)
    of = frame["product"] if "product" in frame else pd.Series("", frame.index)
    usual = each.where(~back).groupby(of).transform("median")
    near = ((each.abs() - usual).abs() <= NEAR * usual)[back].mean()
    said = statuses.came_back(text.loc[frame.index], free)[back].mean()
    chosen = choices.get(MINUS, statuses.OFF if max(near, said) >= MOST else statuses.ADDED)
    message = N_("{count} lines have a minus before their money and none before their units: their units are {chosen}.")
    said = {"count": str(int(back.sum())), "chosen": chosen}
    readings.append(Reading(MINUS, message, chosen, (statuses.OFF, statuses.ADDED), said))
    if chosen == statuses.OFF:
        frame["quantity"] = frame["quantity"].mask(back, -frame["quantity"])
        frame["unit_price"] = frame["unit_price"].mask(back, frame["unit_price"].abs())
    return frame


def received(
    text: pd.DataFrame, frame: pd.DataFrame, choices: Mapping[str, str], readings: list[Reading]
) -> pd.DataFrame:
    """The lines of money that came in, where a file is the statement of an account, as its balance or so many lines
    with a minus say: asked."""
    out, paid = frame["amount"].lt(0), frame["amount"]
    if not out.any() or out.all() or frame["quantity"].notna().any():
        return frame
    balances = (numbers.read(text.loc[frame.index, name]).values for name in text if BALANCE.search(names.bare(name)))
    steps = [one.diff(way).abs() for one in balances for way in (1, -1)]
    balanced = any(((one - paid.abs()).abs() <= CENT).mean() > MOST for one in steps)
    if PAID_OUT not in choices and not (
        balanced or out.mean() > MOST_OUT or statuses.spends(text.loc[frame.index], out)
    ):
        return frame
    chosen = choices.get(PAID_OUT, statuses.LEFT_OUT)
    message = N_(
        "{count} lines have a minus, {sum} in all: paid out, as in the statement of an account, or given back to "
        "customers."
    )
    said = {"count": str(int(out.sum())), "sum": f"{paid[out].sum():,.10g}"}
    options = (statuses.LEFT_OUT, statuses.OFF)
    readings.append(Reading(PAID_OUT, message, chosen, options, said, PAID_OUT not in choices))
    return frame[~out] if chosen == statuses.LEFT_OUT else frame


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
