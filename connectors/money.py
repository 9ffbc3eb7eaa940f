"""What a column of money is: a line's total, the price of one unit, or no money at all but units.

By its name, and by what the numbers of its lines say: where units vary from one line of a product to its next and the
money does not, it is a price; where money per unit does not, a total. Where neither shows, a clear name decides, and of
any other it is asked.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
import scipy

from connectors import names, numbers, vocabulary
from locales import N_

AMOUNT, PRICE, QUANTITY = "amount", "unit_price", "quantity"
LOOKED_AT = 20_000  # rows
CLEAR = 4.0  # times as much variance: then it is the other one
ALONE = 9.0  # the same where all lines are taken for one product
MIN_LINES = 30  # lines that say nothing of what their money is: of fewer its name is believed
COIN = 0.01  # of money: units that cost less on average are numbers of something else, of customers for one
STAYS, CENT = 0.01, 0.006  # share, and sum, by which money that is the same may differ from line to line
VOTES, AGREED = 4, 0.9  # pairs of lines that say something, at least, and the share of them that must say the same
OF_PAIRS, OF_ALL = 0.1, 0.3  # share of all pairs that must say something: of products, of lines that name none
FITS = 0.95  # share of lines in which units x price is the total, where it is no accident
SAME = 0.005  # share by which totals may differ from quantity x price and still be the same, for roundings

# No money that a line was sold for: costs, taxes, profits, reductions, what was paid back, running balances.
NO_RIVAL = re.compile(
    r"cost|cout|tax|tva|vat|profit|margin|marge|discount|remise|refund|balance|solde|shipping|port|fee|commission|cogs|tip|"
    r"pct|percent|pourcent|prozent|taux|ratio$|share$|^part"
)

# Money by its name, of which a total is a fixed multiple, by the tax: no units.
_MONEYED = re.compile(rf"{NO_RIVAL.pattern}|value|valeur|valor|wert|amount|montant|betrag|importe|net|gross|base$|ht$")

SAID = {
    AMOUNT: N_("“{column}” is the total of a line: {sum} in all."),
    PRICE: N_("“{column}” is the price of one unit."),
    QUANTITY: N_("“{column}” counts units: {sum} in all."),
}
SEEN = {  # the same, where the numbers say it
    AMOUNT: N_("“{column}” is the total of a line, {sum} in all: it grows with the units of a product."),
    PRICE: N_("“{column}” is the price of one unit: it stays the same for a product whatever its units."),
}


@dataclass(frozen=True)
class Verdict:
    """What a column is (`AMOUNT`, `PRICE` or `QUANTITY`), what else it could be, and whether nothing tells.

    `seen` is what the numbers of the lines say that it is, where they say it.
    """

    role: str
    options: tuple[str, ...]
    even: bool = False
    seen: str | None = None


def judge(text: pd.DataFrame, found: dict[str, str]) -> tuple[str, Verdict] | None:
    """The column of `found` (canonical -> source, stripped text) that could be something else, and what it is.

    None where there is no such column: units, price and total each have their own, or there is no money.
    """
    head = text.head(LOOKED_AT)
    money = [role for role in (AMOUNT, PRICE) if role in found]
    if QUANTITY in found and len(money) == 1:
        source = found[money[0]]
        units, paid = (numbers.read(head[one]).values for one in (found[QUANTITY], source))
        if units.dropna().nunique() < 2:
            return None
        return source, _total_or_price(source, units, paid, head[found["product"]] if "product" in found else None)
    if QUANTITY not in found and AMOUNT in found:
        source = found[AMOUNT]
        return source, money_or_units(head, source, priced=PRICE in found, parted="product" in found)
    if QUANTITY in found and not money:
        source = found[QUANTITY]
        if vocabulary.LOOSE.fullmatch(names.bare(source)) or not _named(names.bare(source), QUANTITY):
            return source, money_or_units(head, source, priced=False, parted="product" in found)
    return None


def rivals(text: pd.DataFrame, mapping: dict[str, str]) -> list[str]:
    """The other columns of money that lines may have been sold for (gross beside net, without tax beside with it)."""
    head = text.head(1_000)
    free = head[[name for name in head if name not in mapping.values()]]
    named = [name for tier in names.likely(free, AMOUNT) for name in tier]
    return [name for name in named if NO_RIVAL.search(names.bare(name)) is None and _measured(head[name])
            and not of_orders(text, name, mapping)]  # fmt: skip


def of_orders(text: pd.DataFrame, source: str, mapping: dict[str, str]) -> bool:
    """Whether a column of money is about whole orders of several lines: on the first line only, or again on each."""
    if "invoice" not in mapping or mapping["invoice"] == source:
        return False
    some = text[[mapping["invoice"], source]].head(LOOKED_AT)
    some = some[some[mapping["invoice"]].notna()].set_axis(["order", "paid"], axis=1)
    several = some[some.groupby("order")["order"].transform("size") > 1]
    if several["order"].nunique() < 3:
        return False
    orders = several.groupby("order")["paid"]
    filled, kinds, lines = orders.count(), orders.nunique(), orders.size()
    once = (filled == 1).mean() > 0.9 and orders.first().notna().mean() > 0.9
    if once:
        return True
    if QUANTITY in mapping:  # the same on all lines, though their units differ
        units = several.join(text[mapping[QUANTITY]].rename("units"))
        vary = units.groupby("order")["units"].nunique() > 1
        return bool(vary.sum() >= 3 and ((kinds == 1) & (filled == lines))[vary].mean() > 0.9)
    return False


def of_lines(head: pd.DataFrame, found: Mapping[str, str]) -> bool:
    """Whether what is called the cost of a unit is that of a whole line: more than a unit was sold for, for most lines
    of several units. Of totals without units, and without a price beside them, it is a total too."""
    if "unit_cost" not in found or AMOUNT not in found:
        return False
    name = names.bare(found["unit_cost"])
    if PRICE not in found and re.fullmatch(r"cost|cout|[ck]ost[eo]n?|custo", name):
        return True
    if QUANTITY not in found:
        return False
    cost, units, total = (numbers.read(head[found[role]]).values for role in ("unit_cost", QUANTITY, AMOUNT))
    several = (units > 1) & (cost > 0) & (total > 0)
    lines = several & (cost * units > total) & (cost < total)
    return bool(several.sum() >= VOTES and lines.sum() > 0.5 * several.sum())


def counts_up(head: pd.DataFrame, found: Mapping[str, str], source: str, some: Iterable[str]) -> bool:
    """Whether what is called a total adds up the units and another of `some` counts: seats sold and seats free."""
    if QUANTITY not in found:
        return False
    total, units = (numbers.read(head[one]).values for one in (source, found[QUANTITY]))
    rest = total - units
    return bool(rest.notna().any()) and any((numbers.read(head[name]).values - rest).abs().max() == 0 for name in some)


def _measured(text: pd.Series) -> bool:
    some = text.dropna()
    values = numbers.read(some).values
    return len(some) > 0.5 * len(text) and bool(values.notna().mean() > 0.9) and values.nunique() > 1


def money_or_units(head: pd.DataFrame, source: str, priced: bool, parted: bool) -> Verdict:
    """Whether a column with none of units beside it is money or units; `priced`, `parted`: with prices, products."""
    options, name = (AMOUNT, QUANTITY), names.bare(source)
    cells = head[source].dropna()
    values = numbers.read(cells).values.dropna()
    signed = bool(numbers.currencies(cells)) or (
        name != names.plain(source) and not vocabulary.LOOSE.fullmatch(names.plain(source))
    )
    if name.endswith("sales") and (vocabulary.REGION.fullmatch(name) or vocabulary.WORLD.fullmatch(name)):
        return Verdict(QUANTITY, options, True)
    if not vocabulary.LOOSE.fullmatch(name):
        said = vocabulary.COUNTED.fullmatch(name) or _named(name, QUANTITY)
        # A word that says neither (y, volume index, ...) is asked about.
        money = (
            _named(name)
            or vocabulary.CHANNELS.fullmatch(name)
            or _named(name, PRICE)
            or bool(numbers.currencies(cells))
        )
        return Verdict(AMOUNT, options) if money else Verdict(QUANTITY, options, not said)
    if signed or (values % 1 != 0).any():
        return Verdict(AMOUNT, options)
    if priced:
        return Verdict(QUANTITY, options)
    return Verdict(QUANTITY if parted and values.median() < 200 else AMOUNT, options, True)


def _named(name: str, role: str = AMOUNT) -> bool:
    """Whether a squeezed name speaks of money, or of another role."""
    return any(name in tier for tier in names.likely([name], role))


def counting(head: pd.DataFrame, found: Mapping[str, str], some: Iterable[str]) -> dict[str, str]:
    """Of `some` columns of whole numbers, the units of lines whose names say of none: a total grows with them.

    The roles that are found (canonical -> source): the units, and the total where `found` has none.
    """
    whole = {name: numbers.read(head[name]).values for name in some}
    paid = next((found[role] for role in (AMOUNT, PRICE) if role in found), None)
    units = {name: values for name, values in whole.items()
             if name != paid and _whole(values) and not _MONEYED.search(names.bare(name))}  # fmt: skip
    totals = {paid: numbers.read(head[paid]).values} if paid else whole
    products = head[found["product"]] if "product" in found else None
    pairs = [(one, total) for one in units for total in totals if one != total
             and _shown(units[one], totals[total], products) == AMOUNT
             and (totals[total] / units[one]).median() >= COIN]  # fmt: skip
    return {QUANTITY: pairs[0][0], AMOUNT: pairs[0][1]} if len(pairs) == 1 else {}


def growing(head: pd.DataFrame, found: Mapping[str, str], some: Iterable[str]) -> list[str]:
    """Of `some` columns, those that grow with the units of a product as the total of a line does; costs do, too."""
    units = numbers.read(head[found[QUANTITY]]).values
    products = head[found["product"]] if "product" in found else None
    paid = {name: numbers.read(head[name]).values for name in some if not NO_RIVAL.search(names.bare(name))}
    return [name for name, total in paid.items() if _shown(units, total, products) == AMOUNT
            and not (_whole(total) and (total <= units).all())]  # fmt: skip  # of all riders those with a card


def multiplied(head: pd.DataFrame, found: Mapping[str, str], some: Iterable[str]) -> dict[str, str]:
    """The units, the price and the total among `some` columns of numbers, by what multiplies: whatever they are called.

    The roles that `found` (canonical -> source) has are kept. {} where no three columns multiply, or several do.
    """
    fixed = {role: found[role] for role in (QUANTITY, PRICE, AMOUNT) if role in found}
    rest = [name for name in some if name not in fixed.values() and not NO_RIVAL.search(names.bare(name))]
    values = {name: numbers.read(head[name]).values for name in [*fixed.values(), *rest]}
    cells = {name: column.to_numpy() for name, column in values.items()}
    roles = [[fixed[role]] if role in fixed else rest for role in (QUANTITY, PRICE, AMOUNT)]
    roles[0] = [name for name in roles[0] if _whole(values[name])]
    fits = {
        three: None
        for three in product(*roles)
        if len(set(three)) == len(three) and _multiply(*(cells[name] for name in three))
    }
    for units, price, total in list(fits):  # 3 x 20 is 20 x 3
        if (price, units, total) in fits and (units, price, total) in fits:
            named = vocabulary.UNITS.fullmatch(names.bare(units)) and not vocabulary.UNITS.fullmatch(names.bare(price))
            more = bool(named) or values[units].median() > values[price].median()
            del fits[(units, price, total) if more else (price, units, total)]
    return dict(zip((QUANTITY, PRICE, AMOUNT), next(iter(fits)), strict=True)) if len(fits) == 1 else {}


def _multiply(units: np.ndarray, price: np.ndarray, total: np.ndarray) -> bool:
    """Whether units x price is the total in nearly all lines, of which some have several units."""
    off = units * price - total
    told = ~np.isnan(off)
    several = told & (units > 1) & (price * total != 0)
    near = np.abs(off) <= np.maximum(SAME * np.abs(total), 0.011)
    return bool(several.sum() >= VOTES and near[told].mean() > FITS and near[several].mean() > FITS)


def multiplying(text: pd.DataFrame, mapping: Mapping[str, str], some: Iterable[str]) -> list[str]:
    """The columns of `some` that may be the units of lines that have a price only: it does not change with them."""
    head = text.head(LOOKED_AT)
    known = {PRICE, QUANTITY, AMOUNT} & set(mapping)
    source = mapping[known.pop()] if len(known) == 1 else ""
    named = _named(names.bare(source)) or vocabulary.TOTALS.fullmatch(names.bare(source))
    if not source or source == mapping.get(QUANTITY) or named or "product" not in mapping:
        return []
    paid, products = numbers.read(head[source]).values, head[mapping["product"]]
    read = {name: numbers.read(head[name]).values for name in some}
    return [name for name, units in read.items() if _whole(units) and _shown(units, paid, products) == PRICE]


def _whole(values: pd.Series) -> bool:
    return bool(((values != 0) & (values % 1 == 0)).mean() > AGREED) and values.nunique() > 1


def _total_or_price(source: str, units: pd.Series, paid: pd.Series, products: pd.Series | None) -> Verdict:
    name, options = names.bare(source), (AMOUNT, PRICE)
    total, price = bool(vocabulary.TOTALS.fullmatch(name)), bool(vocabulary.UNITS.fullmatch(name))
    if vocabulary.AVERAGES.fullmatch(name):
        return Verdict(PRICE, options)
    word = AMOUNT if total or (not price and _named(name)) else PRICE
    seen = _shown(units, paid, products)
    clear = total or price
    if seen is None:
        return Verdict(word, options, not clear and len(paid) >= MIN_LINES)
    return Verdict(word, options, True, seen) if clear and seen != word else Verdict(seen, options, seen=seen)


def _shown(units: pd.Series, paid: pd.Series, products: pd.Series | None) -> str | None:
    """What the numbers of the lines say: a total, a price, or nothing."""
    fine = (units > 0) & (paid > 0)
    lines = pd.DataFrame({"paid": paid[fine], "each": paid[fine] / units[fine], "units": units[fine]})
    group = products[fine].fillna("") if products is not None else pd.Series("", lines.index)
    several = lines.groupby(group)["units"].transform("nunique") > 1
    lines, group = lines[several], group[several]
    if len(lines) < VOTES:
        return None
    before = lines.groupby(group).shift()
    pairs = before["units"].notna() & (before["units"] != lines["units"])
    stays = (lines - before).abs() <= np.maximum(STAYS * lines, CENT)
    votes = {
        AMOUNT: int((pairs & stays["each"] & ~stays["paid"]).sum()),
        PRICE: int((pairs & stays["paid"] & ~stays["each"]).sum()),
    }
    said = sum(votes.values())
    if said >= max(VOTES, pairs.sum() * (OF_PAIRS if products is not None else OF_ALL)):
        best = max(votes, key=lambda role: votes[role])
        return best if votes[best] >= AGREED * said else None
    logs = np.log(lines[["paid", "each"]])
    spread = logs.sub(logs.groupby(group).transform("mean")).pow(2).mean() + 1e-9
    clear = CLEAR if group.nunique() > 1 or products is not None else ALONE
    # Of a few lines two variances differ so much by chance: 97.5% of Fisher's F, as many degrees of freedom for each.
    free = max(len(lines) - group.nunique(), 1)
    clear = max(clear, float(scipy.special.fdtri(free, free, 0.975)))
    if spread["each"] * clear < spread["paid"]:
        return AMOUNT
    return PRICE if spread["paid"] * clear < spread["each"] else None


def off(frame: pd.DataFrame) -> tuple[int, float]:
    """Of lines with a total, units and a price: how many totals are not units x price, and how far off all of them are.

    The share by which all totals together are above (or below) units x price.
    """
    expected = frame["quantity"] * frame["unit_price"]
    both = expected.notna() & frame["amount"].notna()
    wide = (frame["amount"] - expected).abs() > np.maximum(SAME * expected.abs(), 0.011)
    summed = float(expected[both].sum())
    return int((wide & both).sum()), float(frame["amount"][both].sum()) / summed - 1 if summed else 0.0
