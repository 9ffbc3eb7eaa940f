"""What goods cost, where a file says it of whole lines ("COGS", "Total cost") or says what was earned ("Profit").

The cost of a unit follows: that of the line, or its amount less what was earned, over its units.
"""

import re
from collections.abc import Iterable, Mapping

import pandas as pd

from connectors import money, names, numbers
from connectors.reductions import CENT
from data.dataset import Reading
from locales import N_

COST = "cost"  # key of readings, before the column's name
LINE, UNIT, OUT = "of the line", "of a unit", "not counted"
COSTS = re.compile(
    r"(?:total|line|ext(?:ended)?|sales)?(?:cogs|costs?|costof(?:goods(?:sold)?|sales))(?:amount|amt|value|total|price)?|"
    r"couts?(?:total|(?:de)?(?:la)?ligne|(?:des)?ventes|(?:de)?revient|(?:des)?marchandises)?|prix(?:de)?revient(?:total)?|achattotal|"
    r"wareneinsatz|(?:gesamt|waren)kosten|cost[eo]s?(?:total[ei]?)?|custo(?:total)?"
)
EARNINGS = re.compile(
    r"(?:total|gross|line|order|sales?)?(?:profits?|margin)(?:amount|amt|value|total|per|unit|usd|eur|euros?|gbp)*|"
    r"benefices?(?:brut)?|marge(?:s|brute|totale|commerciale|ligne|unitaire|montant|en|euros?|eur|ht)*|"
    r"(?:roh)?(?:gewinn|ertrag|marge)|deckungsbeitrag|(?:utile|margine)(?:lord[oa])?|ganancias?|"
    r"(?:beneficio|utilidad|lucro|margen|margem)(?:brut[oa])?|zysk|marza"
)
TAX = re.compile(r"(?:sales|total)?(?:tax|vat|gst|tva|mwst|iva)")
MOST, STRAY = 0.8, 0.02  # share of lines that must say something; that may be mistakes
FOLLOWS = 0.3  # rank correlation with the amount of lines, at least: a percentage has none
LIKELY = (0.01, 3.0)  # of what goods cost, as a share of what they were sold for, in the middle
AHEAD = 1.5  # times as evenly as the other reading


def told(
    text: pd.DataFrame,
    frame: pd.DataFrame,
    free: Iterable[str],
    choices: Mapping[str, str],
    readings: list[Reading],
) -> pd.DataFrame:
    """The lines with their `unit_cost`, from the first of the `free` columns of `text` that tells it.

    A cost before earnings. Lines keep what their file says: nothing is told where a unit's cost is known, or units or
    amounts are not.
    """
    if "unit_cost" in frame or money.QUANTITY not in frame or not {money.AMOUNT, money.PRICE} & set(frame):
        return frame
    units = frame[money.QUANTITY].where(lambda some: some != 0)
    amount = frame[money.AMOUNT] if money.AMOUNT in frame else units * frame[money.PRICE]
    free = list(free)
    # What is left without tax is called "cogs" in a file that many people have: it is what goods were sold for.
    net = [
        amount,
        *(amount - numbers.read(text.loc[frame.index, one]).values for one in free if TAX.match(names.bare(one))),
    ]
    for words in (COSTS, EARNINGS):
        for name in (one for one in free if words.fullmatch(names.bare(one))):
            key, written = f"{COST}:{name}", numbers.read(text.loc[frame.index, name])
            values = written.values
            sums = {LINE: values, UNIT: values * units}
            costs = {by: amount - one for by, one in sums.items()} if words is EARNINGS else sums
            by = choices.get(key, "")
            sold = any(((cost - one).abs() <= CENT).mean() > MOST for cost in costs.values() for one in net)
            if not by and not written.percent and not sold and _follows(values, amount):
                by = _evenly(name, {one: sums[one] / amount for one in sums if _likely(costs[one], amount)})
            if not by:
                continue
            message = N_("“{column}” says what goods cost: {sum} in all.")
            if words is EARNINGS:
                message = N_("“{column}” is what was earned: goods cost the rest, {sum} in all.")
            said = {"column": name, "sum": f"{costs[LINE if by == OUT else by].sum():,.10g}"}
            readings.append(Reading(key, message, by, (LINE, UNIT, OUT), said))
            return frame if by == OUT else frame.assign(unit_cost=(costs[by] / units).where(lambda cost: cost >= 0))
    return frame


def used(readings: Iterable[Reading]) -> list[str]:
    """The columns that costs were read from."""
    return [one.values["column"] for one in readings if one.key.startswith(f"{COST}:") and one.chosen != OUT]


def _follows(values: pd.Series, amount: pd.Series) -> bool:
    """Whether a column is money that goes with the amount of lines."""
    if (values.notna() & amount.notna()).mean() < MOST or values.nunique() < 2:
        return False
    return bool(values.abs().rank().corr(amount.abs().rank()) >= FOLLOWS)


def _likely(cost: pd.Series, amount: pd.Series) -> bool:
    """Whether so much may be what lines cost: no less than nothing."""
    share = (cost / amount).where(amount != 0).dropna()
    return bool((share >= 0).mean() >= 1 - STRAY and LIKELY[0] <= share.median() <= LIKELY[1])


def _evenly(name: str, shares: Mapping[str, pd.Series]) -> str:
    """The reading by which a column is most evenly the same share of amounts, else that of its name; "" of none."""
    if not shares:
        return ""
    quartiles = {by: share.quantile([0.25, 0.5, 0.75]).to_list() for by, share in shares.items()}
    spread = {by: (high - low) / max(abs(middle), 1e-9) for by, (low, middle, high) in quartiles.items()}
    usual = min(spread, key=lambda by: (by == UNIT) != ("unit" in names.bare(name)))
    best = min(spread, key=lambda by: spread[by])
    return best if spread[usual] > AHEAD * spread[best] else usual
