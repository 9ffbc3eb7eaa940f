"""Reductions in money and charges beside the lines of sales: what customers paid for goods, before and after.

A column of reductions may be money off a line or off each unit, or a percentage; and what the file says a line was sold
for may be after it already, or before. A total tells: it is quantity × price less the reduction, plus or less some
charges. Without a total prices tell: those of lines with a reduction are found again among those of the same product
without one as they stand, or with the reduction added. Where nothing tells it is asked.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd

from connectors import money, names, numbers, statuses, totals
from data.dataset import Reading
from locales import N_

LINE, UNIT, PERCENT, SHARE = "off each line", "off each unit", "percent", "share"
PAID, DUE = "in what was paid", "still to be taken off"
NONE = "no reduction"
ONCE, EACH, ORDER = "once", "each line", "each order"  # key of a choice, what a charge may be of
WHOLE = "all of those lines came back"  # where a column of units that came back has 1 or 0 only
BACK = "back"  # key of a reading, and of a column of units that came back
REFUND = "refund"  # key of readings of money that went back
TAKEN, ADDED, OUT, IN = "what selling costs", "paid by customers", "not counted", "left in the totals"
APART = "taken out of the totals"
REDUCTION, CHARGE = "reduction", "charge"  # keys of readings; a column of a charge is called so and by its source
ROWS = 20_000  # that tell, spread over all
FEW, MOST, MORE = 8, 0.8, 0.2  # lines that say something, the share that must agree, and that by which it must be ahead
CENT, ROUNDED, FEWER = 0.0101, 1e-5, 0.05  # of money; share of it; share by which one term more must fit better
STRAY, HUGE = 0.02, 10**12  # share of lines that may be mistakes; more than any price has cents
MAX_TAX = 0.35  # of what is paid without it: no higher rate of a tax on sales is known
MAX_CHARGES = 5  # columns whose signs are looked for, the largest: each makes three times as many ways
LINE_TYPES = {"shipping": "shipping", "fee": "fee"}  # of charges
AHEAD = 1.5  # times as likely that two reductions are the same rate: then it is that rate
OFF = re.compile(
    r"(?:line|item|order|total|unit|montant|valeur|value|amount|sum)?(?:of|de|du|dela|la)?"
    r"(?:discounts?|remises?|rabais|reductions?|rabatt|descuento|desconto|sconto|korting|indirim|iskonto|rabat|markdown|promo(?:tion)?s?)"
    r"(?:amount|amt|value|montant|total|tutari|betrag|ligne|line|perline|unit|perunit|unitaire|applied|given|eur|euros?)*"
)
SAYS_MONEY = re.compile(r"amount|amt|value|montant|valeur|betrag|eur|sum")
RETURNED = re.compile(
    r"(?:qty|quantity|units?|items?|quantites?|qtes?)?(?:returned|returns|retournee?s?|retours?|retouren|devueltos?)"
    r"(?:qty|quantity|units?|items?)?"
)
REFUNDED = re.compile(
    r"(?:amount|montant|total)?(?:refund(?:s|ed)?|returns?|rembourse(?:e|ment)s?|avoirs?|erstattung(?:en)?|gutschriften|"
    r"rimbors[oi]|reembolsos?|devoluciones)(?:amount|amt|value|total|montant)?"
)
CHARGES = {
    "shipping": re.compile(
        r"(?:shipping|postage|freight|delivery|carriage)(?:and)?(?:packing|handling)?"
        r"(?:costs?|fees?|charges?|price|amount|amt|value|total|paid)?|"
        r"frais(?:de)?(?:port|livraison|expedition|envoi)|port|livraison|affranchissement|versandkosten"
    ),
    "fee": re.compile(
        r"(?:[a-z]*(?:fees?|commissions?)|(?:bank|card|service|transaction|payment|processing)charges?)(?:amount|amt|total)?|"
        r"frais(?:de)?(?:la|du)?(?:bancaires?|paiement|transaction|service|cb|carte|plateforme|marketplace|vente)?|"
        r"(?:gebuhr|provision)(?:en)?"
    ),
    "tax": re.compile(
        r"(?:sales|line|total|order)?(?:tax(?:es)?|vat|gst)(?:amount|amt|total|collected)?\d*|"
        r"(?:total|montant)?(?:de)?(?:la)?tva(?:collectee)?\d*|(?:mwst|ust)(?:betrag)?\d*|(?:importe)?iva\d*"
    ),
}


def paid(
    text: pd.DataFrame,
    frame: pd.DataFrame,
    mapping: Mapping[str, str],
    choices: Mapping[str, str],
    readings: list[Reading],
) -> pd.DataFrame:
    """The lines with what was paid for goods, the share of the list price that was not, and charges.

    `mapping` (canonical -> source of `text`) is that of the file, before what cannot be used was dropped. Where a
    column says so, `amount` and `unit_price` are after reductions and without charges, `promotion` is the share that
    was taken off, and each charge is a column in money (its reading's key), for `apart` to make lines of.
    """
    if money.PRICE not in frame:
        frame = _taxed(text, frame, mapping, choices, readings)
    if money.QUANTITY not in frame or not {money.PRICE, money.AMOUNT} & set(frame):
        return frame
    used = {source for role, source in mapping.items() if role != "promotion"}
    free = [name for name in text if name not in used]
    named = [name for name in free if OFF.fullmatch(names.bare(name))]
    off = next(filter(None, [mapping.get("promotion"), *named]), "")
    found = {name: numbers.read(text[name]) for name in free if name == off or charge(name)}
    filled = {name: one.values.fillna(0.0) for name, one in found.items()
              if (one.values.notna() | text[name].isna()).mean() >= MOST and not one.percent}  # fmt: skip
    less = filled.pop(off, pd.Series(0.0, frame.index)).abs()
    charges = {
        name: _once(text, mapping, name, one, choices) * (np.sign(one.sum()) or 1.0) for name, one in filled.items()
    }
    charges = {name: one for name, one in charges.items() if one.any()}
    if not less.any() and not charges:
        return frame
    units = frame[money.QUANTITY]
    total = frame[money.AMOUNT] if money.AMOUNT in frame else units * frame[money.PRICE]
    price = frame[money.PRICE] if money.PRICE in frame else (total / units).where(units != 0)
    step = slice(None, None, max(len(frame) // ROWS, 1))
    bases = _bases(off, rate="promotion" in frame) if less.any() else []
    some = units.iloc[step], price.iloc[step], less.iloc[step]
    by, signs = "", dict[str, int]()
    if {money.PRICE, money.AMOUNT} <= set(frame):
        by, signs = _by_total(*some, total.iloc[step], bases, {name: one.iloc[step] for name, one in charges.items()})
    # Tax stays in what the file calls a total unless somebody says otherwise.
    kept = {name for name in signs if charge(name) == "tax" and choices.get(f"{CHARGE}:{name}", IN) == IN}
    goods = total.fillna(units * price) - sum(sign * charges[name] for name, sign in signs.items() if name not in kept)
    summed = by or bool(set(signs) - kept)
    if not summed and less.any():
        bases = [] if "promotion" in frame or less.isin((0.0, 1.0)).all() else _possible(*some, bases)
    if less.any() and bases:
        of = frame["product"].iloc[step] if "product" in frame else pd.Series("", some[0].index)
        by, when, sure = (by, PAID, True) if by else _by_prices(of, *some, bases)
        if summed or by != SHARE:
            # A number without a sign of per cent and a total that says so changes nothing by itself.
            usual = NONE if bases == [PERCENT] and not summed else f"{by}, {when}"
            options = (*(f"{one}, {then}" for one in bases for then in (PAID, DUE)), NONE)
            chosen = choices.get(REDUCTION, usual)
            message = N_("“{column}” is a reduction: {sum} in all, if it is money.")
            values = {"column": off, "sum": f"{less.sum():,.10g}"}
            readings.append(
                Reading(
                    REDUCTION, message, chosen, options, values, not sure and usual != NONE and REDUCTION not in choices
                )
            )
            frame = frame.drop(columns="promotion", errors="ignore")
            if chosen != NONE:
                by, _comma, when = chosen.partition(", ")
                listed = goods if when == DUE else units * price if summed else _before(by, units, goods, less)
                goods = listed - _money(by, units, listed, less) if when == DUE else goods
                share = (1 - goods / listed).where(listed != 0, 0.0)
                share = share.mask(share.abs() < ROUNDED, 0.0)
                frame = frame.assign(promotion=share.where(share.between(0, 1, inclusive="left")))
            summed = True
    if summed:
        frame = frame.assign(amount=goods, unit_price=(goods / units).where(units != 0, price))
    for name, one in charges.items():
        kind, sign = charge(name), signs.get(name, 0)
        if kind == "tax" and not sign:
            continue
        usual = {1: IN if kind == "tax" else ADDED, -1: TAKEN, 0: OUT}[sign]
        key = f"{CHARGE}:{name}"
        chosen = choices.get(key, usual)
        message = N_("“{column}” is not for goods: {sum} in all.")
        if sign and name in kept:
            message = N_("“{column}” is not for goods: {sum} in all, which the totals of lines hold.")
        elif sign:
            message = N_("“{column}” is not for goods: {sum} in all, which is taken out of the totals of lines.")
        values = {"column": name, "sum": f"{one.sum():,.10g}"}
        readings.append(Reading(key, message, chosen, (TAKEN, ADDED, OUT, *([IN] if kind == "tax" else [])), values))
        if chosen not in (OUT, IN):
            frame = frame.assign(**{key: one.loc[frame.index] * (1 if chosen == ADDED else -1)})
    return frame


def _taxed(
    text: pd.DataFrame,
    frame: pd.DataFrame,
    mapping: Mapping[str, str],
    choices: Mapping[str, str],
    readings: list[Reading],
) -> pd.DataFrame:
    """The lines of totals without prices, where taxes beside them may be in them: asked, as nothing can tell, but where
    a total says that it is without them."""
    if money.AMOUNT not in frame or totals.untaxed(text, mapping[money.AMOUNT]):
        return frame
    for name in text.columns.difference(mapping.values(), sort=False):
        tax = numbers.read(text[name]).values.loc[frame.index].fillna(0.0) if charge(name) == "tax" else None
        key = f"{CHARGE}:{name}"
        if tax is None or (
            key not in choices and (not tax.any() or tax.abs().le(MAX_TAX * frame[money.AMOUNT].abs()).mean() < MOST)
        ):
            continue
        chosen = choices.get(key, IN)
        message = N_("“{column}” is a tax: {sum} in all. Nothing tells whether the totals hold it.")
        values = {"column": name, "sum": f"{tax.sum():,.10g}"}
        readings.append(Reading(key, message, chosen, (IN, APART), values, key not in choices))
        if chosen == APART:
            frame = frame.assign(amount=frame[money.AMOUNT] - tax, **{key: tax})
    return frame


def refunded(
    text: pd.DataFrame, frame: pd.DataFrame, free: Iterable[str], choices: Mapping[str, str], readings: list[Reading]
) -> pd.DataFrame:
    """The lines less the money that a column of their file says went back: asked, but where another column is what they
    say with it."""
    for source in free:
        key = f"{REFUND}:{source}"
        if not REFUNDED.fullmatch(names.bare(source)) or any(one.key == f"{BACK}:{source}" for one in readings):
            continue
        money_back = numbers.read(text[source]).values.loc[frame.index].fillna(0.0).abs()
        paid = frame["amount"]
        if key not in choices and (
            not money_back.any()
            or money_back.le(paid.abs() + CENT).mean() < MOST
            or _before_refunds(text.loc[frame.index], source, paid + money_back, money_back > 0)
        ):
            continue
        chosen = choices.get(key, statuses.OFF)
        message = N_("“{column}” is money that went back: {sum} in all.")
        values = {"column": source, "sum": f"{money_back.sum():,.10g}"}
        readings.append(Reading(key, message, chosen, (statuses.OFF, OUT), values, key not in choices))
        if chosen == statuses.OFF:
            left = paid - money_back
            price = frame["unit_price"].mask(frame["quantity"].ne(0), left / frame["quantity"])
            frame = frame.assign(amount=left, unit_price=price)
    return frame


def _before_refunds(text: pd.DataFrame, source: str, whole: pd.Series, some: pd.Series) -> bool:
    """Whether another column says what is paid with what went back (`whole`) in most of `some` lines, as it stands or
    less one more reduction: what is paid is without it then."""
    head = some.index[some][: money.LOOKED_AT]
    values = {one: numbers.read(text.loc[head, one]).values for one in text if one != source}
    values = {one: found for one, found in values.items() if found.notna().any()}
    for one, found in values.items():
        rest = found - whole.loc[head]
        for less in (0.0, *(other.abs() for name, other in values.items() if name != one)):
            if ((rest - less).abs() <= CENT).mean() >= MOST:
                return True
    return False


def returned(
    text: pd.DataFrame, frame: pd.DataFrame, free: Iterable[str], choices: Mapping[str, str], readings: list[Reading]
) -> pd.DataFrame:
    """The lines with the units that a column of their file says came back, for `apart` to make lines of: asked."""
    for source in free:
        if not RETURNED.fullmatch(names.bare(source)):
            continue
        units = numbers.read(text[source]).values.loc[frame.index].fillna(0.0).abs()
        key = f"{BACK}:{source}"
        if not units.any() or (key not in choices and units.le(frame["quantity"].abs()).mean() < MOST):
            continue
        message = N_("“{column}” counts units that came back: {sum} in all.")
        values = {"column": source, "sum": f"{units.sum():,.10g}"}
        if _net(frame, units):
            message = N_("“{column}” counts units that came back: {sum} in all, which the totals are without already.")
            readings.append(Reading(key, message, statuses.OFF, (statuses.OFF,), values))
            frame = frame.assign(quantity=frame["quantity"] - units)
            continue
        chosen = choices.get(key, statuses.OFF)
        whole = (WHOLE,) if units.le(1).all() else ()
        readings.append(Reading(key, message, chosen, (statuses.OFF, *whole, OUT), values, key not in choices))
        if chosen == WHOLE:
            frame = frame[units.eq(0)]
        elif chosen == statuses.OFF:
            frame = frame.assign(**{key: -units})
    return frame


def _net(frame: pd.DataFrame, back: pd.Series) -> bool:
    """Whether totals are units × price less those that came `back`, where some did."""
    some = back.gt(0) & frame[money.AMOUNT].notna()
    near = ((frame["quantity"] - back) * frame[money.PRICE] - frame[money.AMOUNT]).abs() <= CENT
    return bool(some.any() and near[some].mean() >= MOST)


def apart(frame: pd.DataFrame) -> pd.DataFrame:
    """The lines with charges as lines of their own below them, one for each line of goods that has some."""
    columns = [name for name in frame if name.startswith((f"{CHARGE}:", f"{BACK}:"))]
    made = [frame.drop(columns=columns)]
    for name in columns:
        source = name.partition(":")[2]
        some = frame.loc[frame[name].round(4) != 0]
        kinds = {one: kind for one, kind in made[0].dtypes.items() if kind.kind in "OfMU" or kind == "category"}
        if name.startswith(f"{BACK}:"):
            lines = made[0].loc[some.index].assign(
                line_id=some["line_id"] + f" {source}", quantity=some[name], amount=some[name] * some["unit_price"],
                line_type="return",
            )  # fmt: skip
            made.append(lines.astype(kinds))
            continue
        same = [one for one in ("source", "timestamp", "invoice", "customer", "store", "currency") if one in frame]
        lines = some[same].assign(
            line_id=some["line_id"] + f" {source}", product=source, quantity=np.sign(some[name]),
            unit_price=some[name].abs(), amount=some[name], line_type=LINE_TYPES.get(charge(source), "adjustment"),
        )  # fmt: skip
        if frame[money.QUANTITY].isna().all():  # of a file without units nothing has any
            lines = lines.assign(quantity=np.nan, unit_price=np.nan)
        made.append(lines.reindex(columns=made[0].columns).astype(kinds))
    return pd.concat(made, ignore_index=True) if columns else frame


def used(readings: Iterable[Reading]) -> list[str]:
    """The columns that reductions and charges were read from."""
    return [one.values["column"] for one in readings if (one.key == REDUCTION and one.chosen != NONE)
            or (one.key.startswith(f"{CHARGE}:") and one.chosen not in (OUT, IN))]  # fmt: skip


def charge(name: str) -> str:
    """What kind of charge (of `CHARGES`) a column's name speaks of; "" of none."""
    return next((kind for kind, words in CHARGES.items() if words.fullmatch(names.bare(name))), "")


def _bases(name: str, rate: bool) -> list[str]:
    """What a column of reductions may be, by its name and whether it was taken for a `rate`."""
    bare = names.bare(name)
    if rate:
        return [SHARE, LINE, UNIT]
    money_ = [UNIT] if "unit" in bare else [LINE] if re.search(r"line|ligne|total", bare) else [LINE, UNIT]
    return money_ if SAYS_MONEY.search(bare) else [*money_, PERCENT]


def _once(
    text: pd.DataFrame, mapping: Mapping[str, str], name: str, values: pd.Series, choices: Mapping[str, str]
) -> pd.Series:
    """A charge of whole orders that stands on each of their lines, on the first one only.

    A piece of a file may have too few orders to tell: then `choices` do.
    """
    told = choices.get(f"{ONCE}:{name}")
    if told == EACH or (not told and not money.of_orders(text, name, dict(mapping))):
        return values
    return values.mask(text[mapping["invoice"]].duplicated() & text[mapping["invoice"]].notna(), 0.0)


def _money(by: str, units: pd.Series, listed: pd.Series, less: pd.Series) -> pd.Series:
    """What is taken off the `listed` money of lines."""
    if by in (LINE, UNIT):
        return less * (units if by == UNIT else np.sign(units))
    return listed * (less / 100 if by == PERCENT else less)


def _before(by: str, units: pd.Series, paid: pd.Series, less: pd.Series) -> pd.Series:
    """The money of lines before the reduction, of what was `paid`."""
    if by in (LINE, UNIT):
        return paid + _money(by, units, paid, less)
    return paid / (1 - (less / 100 if by == PERCENT else less)).where(lambda left: left > 0)


def _by_total(
    units: pd.Series,
    price: pd.Series,
    less: pd.Series,
    total: pd.Series,
    bases: Iterable[str],
    charges: Mapping[str, pd.Series],
) -> tuple[str, dict[str, int]]:
    """What the total of a line is less, beside quantity × price, and the sign that it has charges with: the fewest that
    make it add up in most lines that have any."""
    listed = units * price
    largest = sorted(charges, key=lambda name: -charges[name].abs().sum())[:MAX_CHARGES]
    charges = {name: one for name, one in charges.items() if name in largest}
    touched = (less != 0) | np.logical_or.reduce([one != 0 for one in charges.values()], axis=0) & listed.notna()
    tried = [(by, dict(zip(charges, signs, strict=True))) for signs in product((0, 1, -1), repeat=len(charges))
             for by in ("", *bases)]  # fmt: skip
    best, most = ("", dict[str, int]()), 0.0
    for by, signs in sorted(tried, key=lambda one: bool(one[0]) + sum(map(abs, one[1].values()))):
        expected = listed - (_money(by, units, listed, less) if by else 0.0)
        for name, sign in signs.items():
            expected = expected + sign * charges[name]
        near = ((expected - total).abs() <= np.maximum(CENT, ROUNDED * total.abs()))[touched].mean()
        if near > most + FEWER:
            best, most = (by, {name: sign for name, sign in signs.items() if sign}), near
    return best if most >= MOST and touched.sum() >= FEW else ("", {})


def _possible(units: pd.Series, price: pd.Series, less: pd.Series, bases: Sequence[str]) -> list[str]:
    """The bases by which no reduction is more than what it is taken off."""
    listed = units * price
    return [by for by in bases if ((_money(by, units, listed, less) / listed).fillna(0.0) <= 1).mean() >= 1 - STRAY]


def _by_prices(
    of: pd.Series, units: pd.Series, price: pd.Series, less: pd.Series, bases: Sequence[str]
) -> tuple[str, str, bool]:
    """What a column of reductions is of, whether prices are after it, and whether that is sure."""
    some = (less != 0) & (units > 0) & (price > 0)
    sold, each, off, codes = units[some], price[some], less[some], pd.factorize(of)[0]
    known = codes[(less == 0) & (price > 0)] * HUGE + (price[(less == 0) & (price > 0)] * 100).round()

    def again(prices: pd.Series) -> float:
        cents = codes[some] * HUGE + (prices * 100).round()
        there = np.logical_or.reduce([np.isin(cents + one, known) for one in (-1, 0, 1)])
        return float((there & ((prices - each).abs().gt(2 * CENT) | (prices is each))).mean())

    if some.sum() < FEW:
        return bases[0], PAID, len(bases) == 1
    due = again(each)
    after = {by: again(_before(by, sold, sold * each, off) / sold) for by in bases}
    best = max(after, key=lambda by: after[by])
    if max(due, after[best]) < MOST or abs(due - after[best]) < MORE:
        return _rate(sold, each, off, bases)[0], PAID, False
    if after[best] > due:
        rivals = [by for by in bases if after[by] > after[best] - MORE]
        return best, PAID, len(rivals) == 1 or _same(rivals, sold, each, off)
    by, sure = _rate(sold, each, off, bases)
    return by, DUE, sure


def _rate(units: pd.Series, price: pd.Series, less: pd.Series, bases: Sequence[str]) -> tuple[str, bool]:
    """What reductions are of, as they are the same few rates then, and whether that is clear."""
    listed = units * price
    rates = {by: less / {LINE: listed, UNIT: price, PERCENT: 100.0, SHARE: 1.0}[by] for by in bases}
    rates = {by: rate for by, rate in rates.items() if (rate <= 1).mean() > 1 - STRAY} or rates
    alike = {
        by: float(rate.round(4 if by == PERCENT else 2).value_counts(normalize=True).pow(2).sum())
        for by, rate in rates.items()
    }
    first, *others = sorted(rates, key=lambda by: -alike[by])
    # Money that is the same on many lines (a coupon) looks like a percentage: that is asked.
    clear = first != PERCENT and all(alike[first] > AHEAD * alike[by] for by in others)
    return first, not others or clear or _same([first, *others], units, price, less)


def _same(bases: Iterable[str], units: pd.Series, price: pd.Series, less: pd.Series) -> bool:
    """Whether it makes no difference which of these a reduction is."""
    sums = [float(_money(by, units, units * price, less).sum()) for by in bases]
    return max(sums) - min(sums) <= CENT
