"""Which column of money says what lines were sold for, where a file has several: without tax or with it, before
postage and tips or after them, what a market place pays out.

What customers pay for goods is what is sold: taxes that are collected for a state are none (IFRS 15, paragraph 47),
nor are postage and tips. Where columns add up, the one without them is taken and that is said; where one is another
one with its tax and only names tell, it is asked.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import permutations, product

import numpy as np
import pandas as pd

from connectors import currencies, money, names, numbers, vocabulary
from data import meaning
from data.dataset import Reading
from locales import N_

TOGETHER, NO_MONEY = "all of them together", "no money"
TAXES = (1.005, 1.35)  # what is paid with tax, as a multiple of what is paid without it: no higher rate is known
RATES, MOST = 4, 0.9  # different rates of a file at most; share of lines that must agree
TERMS = 5  # columns of charges whose signs are looked for, the largest: each makes three times as many ways
CENT, ROUNDED = 0.0211, 1e-4  # of money, twice rounded; share of it
CHARGED = re.compile(
    r"\w*(?:tax(?:es|ed)?|vat|gst|tva|mwst|steuer|iva|btw|moms|mva|kdv|icms|shipping|postage|freight|delivery|livraison|"
    r"versand(?:kosten)?|envio|service(?:charge)?|tips?|gratuity|pourboires?|trinkgeld(?:er)?|propinas?|mance|mancia)"
    r"(?:amount|amt|total|collected|charged|betrag|montant|(?:and)?handling|charges?|credits?|costs?|fees?|\d+)*"
)
TAKEN = re.compile(
    r"\w*(?:fees?|commissions?|gebuhr(?:en)?|provision(?:en)?|frais|cargo(?:s|porventas?)?|comision(?:es)?|provvigioni?|prowizja)\w{0,8}"
)
# Words of names of money with tax and without it; gross and net are said of reductions and fees, too.
_WITHOUT = re.compile(
    r"\b(?:ht|untaxed|pretax|hors taxes?|excl\w*|excluding|before tax|ohne \w+|zzgl \w+|imponibile|sin \w+|"
    r"sem \w+|haric|netto)\b"
)
_WITH = re.compile(r"\b(?:ttc|toutes taxes|incl\w*|including|after tax|mit \w+|con \w+|com \w+|dahil|brutto)\b")


def summed(
    text: pd.DataFrame,
    mapping: dict[str, str],
    some: Iterable[str],
    choices: Mapping[str, str],
    readings: list[Reading],
) -> dict[str, str]:
    """The mapping with the column that somebody chose among those that could be what lines were sold for; asked where
    one is another one with its tax and nothing else tells. Of a file of units without money, `some` may be money."""
    if money.PRICE in mapping and money.AMOUNT not in mapping:
        return _one_price(text, mapping, choices, readings)
    if money.AMOUNT not in mapping:
        return _some_money(text, mapping, some, choices, readings)
    given = mapping[money.AMOUNT]
    rivals = money.rivals(text, mapping)
    if money.PRICE not in mapping and (beneath := [one for one in _beneath(text, mapping) if one not in rivals]):
        mapping, given, rivals = {**mapping, money.AMOUNT: beneath[0]}, beneath[0], [given, *rivals, *beneath[1:]]
    named = [name for tier in names.likely(text, "currency") for name in tier]
    if "currency" not in mapping and any(_several(text[name]) for name in named):
        rivals = []  # other totals are in the currency of each line
    ways = next((one for one in (vocabulary.CHANNELS, vocabulary.REGION) if one.fullmatch(names.bare(given))), None)
    if ways:
        free = text.columns.difference(mapping.values(), sort=False)
        channels = [name for name in free if ways.fullmatch(names.bare(name))]
        if channels and set(rivals) <= set(channels):
            return _channels(text, mapping, [given, *channels], choices, readings)
    if not rivals:
        return mapping
    chosen = choices.get(money.AMOUNT, given)
    if chosen != given and chosen in rivals:
        if alike(text.head(money.LOOKED_AT), given, chosen):  # a price is that of the other one: it follows
            mapping = {role: one for role, one in mapping.items() if role != money.PRICE}
        mapping, rivals = {**mapping, money.AMOUNT: chosen}, [given, *(one for one in rivals if one != chosen)]
        given = chosen
    message, said = N_("Lines were sold for “{column}”, not for what other columns of money say."), {"column": given}
    if asked := "" if _by_price(text, mapping, rivals) else _with_tax(text, given, rivals):
        message = N_("“{column}” and “{other}” are the same money without a tax and with it: “{column}” is taken.")
        said["other"] = asked
    is_open = bool(asked) and money.AMOUNT not in choices
    readings.append(Reading(money.AMOUNT, message, given, (given, *rivals), said, is_open))
    paid, price = (
        currencies.of(text, [mapping[role]]) if role in mapping else None for role in (money.AMOUNT, money.PRICE)
    )
    if paid and price and paid != price:  # totals in dollars beside prices in euros
        mapping = {role: one for role, one in mapping.items() if role != money.PRICE}
    return mapping


def _beneath(text: pd.DataFrame, mapping: Mapping[str, str]) -> list[str]:
    """Columns that are the total less what others say of taxes, postage and tips, whatever they are called."""
    head, free = text.head(money.LOOKED_AT), text.columns.difference(mapping.values(), sort=False)
    if not any(CHARGED.fullmatch(names.bare(one)) for one in free):
        return []
    some = [one for one in free if not CHARGED.fullmatch(names.bare(one)) and not TAKEN.fullmatch(names.bare(one))]
    some = [one for one in some if numbers.read(head[one]).values.notna().mean() > MOST]
    return [one for one in some if _adds(head, one, mapping[money.AMOUNT])]


def goods(head: pd.DataFrame, some: list[str]) -> list[str]:
    """Columns of totals, those of goods alone before those with taxes, postage or tips."""
    if len(some) < 2:
        return some
    beyond = {name for name, other in permutations(some, 2) if _adds(head, other, name) or _rate(head, other, name)}
    return [*(name for name in some if name not in beyond), *(name for name in some if name in beyond)]


def untaxed(text: pd.DataFrame, given: str) -> bool:
    """Whether a total is without tax: by its name, or as another column is this one with it."""
    head = text.head(money.LOOKED_AT)
    return bool(_WITHOUT.search(meaning.plain(given))) or any(
        _adds(head, given, one) for one in head if one != given and not CHARGED.fullmatch(names.bare(one))
    )


def taxes(name: str) -> bool:
    """Whether a column is called like a tax that is collected."""
    return bool(
        re.match(r"(?:tax|vat|gst|tva|mwst|ust|iva|btw|moms)", names.bare(name)) and CHARGED.fullmatch(names.bare(name))
    )


def alike(head: pd.DataFrame, one: str, other: str) -> bool:
    """Whether two columns are the same money with a tax and without it, whatever they are called."""
    return _rate(head, one, other) or _rate(head, other, one)


def _with_tax(text: pd.DataFrame, given: str, rivals: Iterable[str]) -> str:
    """Which of the `rivals` is `given` with its tax, or without it, where nothing but names tells; "" of none."""
    head = text.head(money.LOOKED_AT)
    for one in rivals:
        told = _adds(head, given, one) or _adds(head, one, given)
        if _marked(given, one) if told else alike(head, given, one):
            return one
    return ""


def _marked(name: str, other: str) -> bool:
    """Whether two names say that one of them is without tax and the other one with it."""
    pairs = ((_WITHOUT, _WITH), (_WITH, _WITHOUT))
    return any(one.search(meaning.plain(name)) and two.search(meaning.plain(other)) for one, two in pairs)


def _by_price(text: pd.DataFrame, mapping: Mapping[str, str], rivals: Iterable[str]) -> bool:
    """Whether units x price is the total of some lines at least, and what no rival says; where all prices are alike
    with tax and without it, both are."""
    if not {money.QUANTITY, money.PRICE} <= set(mapping):
        return False
    head = text.head(money.LOOKED_AT)
    others = head.columns.difference(mapping.values(), sort=False)
    if any(_untaxed(one) == _untaxed(mapping[money.PRICE]) and money.NO_RIVAL.search(names.bare(one)) is None
           for one in others):  # fmt: skip
        return False
    units, price = (numbers.read(head[mapping[role]]).values for role in (money.QUANTITY, money.PRICE))
    same = {one: _near(numbers.read(head[one]).values, units * price).mean()
            for one in (mapping[money.AMOUNT], *rivals)}  # fmt: skip
    return same.pop(mapping[money.AMOUNT]) > 1 - MOST + 0.1 and all(share < 1 - MOST for share in same.values())


def _near(one: pd.Series, other: pd.Series) -> pd.Series:
    return (one - other).abs() <= np.maximum(CENT, ROUNDED * other.abs())


def _adds(head: pd.DataFrame, goods: str, total: str) -> bool:
    """Whether a total is the money of goods and what other columns say of taxes, postage and tips, less fees."""
    charged = [one for one in head if one not in (goods, total) and CHARGED.fullmatch(names.bare(one))
               and not _WITHOUT.search(meaning.plain(one))]  # fmt: skip
    of, all_ = (numbers.read(head[one]).values if charged else pd.Series(dtype=float) for one in (goods, total))
    if (all_.notna() & of.notna()).sum() < money.VOTES:
        return False
    taken = [one for one in head if one not in (*charged, goods, total) and TAKEN.fullmatch(names.bare(one))]
    values = {one: numbers.read(head[one]).values.fillna(0.0) for one in (*charged, *taken)}
    values = {one: found for one, found in values.items() if found.any()}
    largest = sorted(values, key=lambda one: -values[one].abs().sum())[:TERMS]
    side = np.sign(of.sum()) or 1.0
    more = {one: side * (np.sign(values[one].sum()) or 1.0) * (1 if one in charged else -1) for one in largest}
    terms = [values[one] * sign for one, sign in more.items()]
    for signs in product((0, 1), repeat=len(terms)):
        added = [one for one, sign in zip(largest, signs, strict=True) if sign and one in charged]
        if added:
            whole = of + sum(term for term, sign in zip(terms, signs, strict=True) if sign)
            rows, near = all_.notna() & of.notna() & (whole != of), _near(all_, whole)
            if rows.sum() >= money.VOTES and near[rows].mean() >= MOST and near.mean() > MOST - 0.1:
                return True
    return False


def _rate(head: pd.DataFrame, goods: str, total: str) -> bool:
    """Whether a total is the money of goods with a tax of a few rates: of one rate, or of several where names say of
    one of the two that it is without tax or with it."""
    of, all_ = (numbers.read(head[one]).values for one in (goods, total))
    ratio = (all_ / of).where(of != 0)
    rates = ratio[ratio.between(*TAXES)].round(3).value_counts()
    if ratio.notna().sum() < money.VOTES or rates.empty or ratio.between(*TAXES).mean() < MOST / 2:
        return False
    said = _WITHOUT.search(meaning.plain(goods)) or _WITH.search(meaning.plain(total))
    tried = [1.0, *rates.index[:RATES]] if said else [rates.index[0]]
    fits = np.logical_or.reduce([_near(all_, of * rate) for rate in tried])
    return bool(fits[ratio.notna()].mean() >= MOST)


def _some_money(
    text: pd.DataFrame,
    mapping: dict[str, str],
    some: Iterable[str],
    choices: Mapping[str, str],
    readings: list[Reading],
) -> dict[str, str]:
    """The mapping with the money of lines of which units are known: asked, where several columns grow with them."""
    if not any(mapping.get(money.QUANTITY) in tier for tier in names.likely(text, money.QUANTITY)):
        return mapping
    head = text.head(money.LOOKED_AT)
    grows = [one for one in money.growing(head, mapping, some) if (numbers.read(head[one]).values % 1 != 0).any()]
    if not grows:
        return mapping
    options = (*goods(head, grows), NO_MONEY)
    chosen = choices.get(money.AMOUNT, options[0])
    chosen = chosen if chosen in options else options[0]
    message = N_("No column says by its name what lines were sold for: “{column}” grows with their units.")
    said = {"column": options[0]}
    readings.append(Reading(money.AMOUNT, message, chosen, options, said, money.AMOUNT not in choices))
    return mapping if chosen == NO_MONEY else {**mapping, money.AMOUNT: chosen}


def _one_price(
    text: pd.DataFrame, mapping: dict[str, str], choices: Mapping[str, str], readings: list[Reading]
) -> dict[str, str]:
    """The mapping with the price that somebody chose of those that have one name, with tax and without it."""
    given = mapping[money.PRICE]
    free = text.columns.difference(mapping.values(), sort=False)
    called = _untaxed(given)
    others = [one for one in free if _untaxed(one) == called and numbers.read(text[one].head(200)).values.any()]
    if not others:
        return mapping
    chosen = choices.get(money.PRICE, given)
    message = N_("A unit was sold for “{column}”, not for what other columns of prices say.")
    options, said = (given, *others), {"column": chosen}  # a total would tell, and there is none
    readings.append(Reading(money.PRICE, message, chosen, options, said, money.PRICE not in choices))
    return {**mapping, money.PRICE: chosen if chosen in others else given}


def _untaxed(name: str) -> str:
    """What a column of prices is called beside what it says of tax."""
    tax = r"(?:ht|ttc|nett?o?|net|gross|brutt?o?|brut)"
    return re.sub(rf"{tax}$|^{tax}(?=\w)", "", names.bare(name)) or names.bare(name)


def _several(text: pd.Series) -> bool:
    return currencies.codes(text.head(money.LOOKED_AT)).nunique() > 1


def _channels(
    text: pd.DataFrame,
    mapping: dict[str, str],
    sources: list[str],
    choices: Mapping[str, str],
    readings: list[Reading],
) -> dict[str, str]:
    """The mapping with one of several ways of selling, or all of them together (in `text`, at the place of the first):
    asked."""
    chosen = choices.get(money.AMOUNT, TOGETHER)
    message = N_("Several columns say what one way of selling brought: {columns}.")
    said = {"columns": ", ".join(f"“{one}”" for one in sources)}
    options = (TOGETHER, *sources)
    readings.append(Reading(money.AMOUNT, message, chosen, options, said, money.AMOUNT not in choices))
    if chosen == TOGETHER:
        added = sum(numbers.read(text[one]).values.fillna(0.0) for one in sources)
        text[sources[0]] = added.round(6).map(repr)
        return mapping
    return {**mapping, money.AMOUNT: chosen}
