"""What a file says of lines that were sold, completed: units, price and total, one currency, sale or return."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

import numpy as np
import pandas as pd

from connectors import ConnectorError, currencies, ecb, guessing, money, names, numbers, reductions, shape
from data.dataset import Finding, Reading
from locales import N_

EVERYTHING = "everything"  # the product of lines that name none
CURRENCY, SIGN, TOTAL, UNITS = "currency", "sign", "total", "units"  # keys of readings
ORDERS, ONE_ORDER, ONE_LINE = "orders", "of the order", "of the line"  # key of a reading; what money is of
OF_ORDER = re.compile(r"order|invoice|basket|receipt|commande|facture|ticket|auftrag|rechnung|bestell|pedido|factura")
SEVERAL, SAME = 5, 0.9  # orders of several products, of which so many have one sum on all lines
DOUBLES, COUNTED = "doubles", "counted over all pieces"
NO_UNITS = "one unit a line"
RATES, GIVEN, ECB = "rates", "the rates given here", "the European Central Bank's rate of each day"
DISCOUNT, TAKEN_OFF, INCLUDED = "discount", "taken off the price", "in the price already"
PARTS = ("product", "store", "category")
# Squeezed names of a line that is about all of them, and the largest share of such lines.
WHOLE = re.compile(
    r"(?:all|total|overall|grandtotal|tou[st]e?s?(?:les)?|alle|gesamt|ensemble|summe|todos?|tutti|totaal|everything)"
    r"(?:products?|items?|stores?|shops?|categor(?:y|ies)|regions?|produits?|articles?|magasins?|produkte|artikel|"
    r"filialen|productos|prodotti|tiendas|negozi|sales|company)?"
)
MOST_WHOLE = 0.5  # share of lines that add up others
NOTHING = {way(word) for word in numbers.MISSING for way in (str, str.upper, str.capitalize)}  # "closed" for one
MEASURES = (money.QUANTITY, money.PRICE, money.AMOUNT)
UNNAMED, MOST_UNNAMED = "?", 0.1  # the product of the lines that do not name theirs, and the largest share of those
NEAR, FEW, MOST = 0.01, 8, 0.8  # how close prices are, of how many lines at least, and of which share of them
TRACKED = re.compile(
    r"(?:last)?(?:log(?:ged)?(?:in|out|on)|signin)\w*|session(?:id|seconds|minutes|duration|length|start|end)|"
    r"page(?:views?|url|path|title)?|clicks?(?:id|at|time)?|useragent|ip(?:address)?|connexions?|dateconnexion"
)
# A price before reductions, by its name.
LISTED = re.compile(
    r"list(?:ed)?(?:unit)?price|(?:unit)?pricelist|catalogu?e?price|rrp|msrp|(?:full|regular|original)price|priceperlist|"
    r"prix(?:public|catalogue|liste|brut|tarif)\w*|tarif(?:public)?|listenpreis|bruttopreis|preciodelista|prezzodilistino"
)
COUNTS, PRODUCT = "the total counts", "quantity × price counts"


def once(
    text: pd.DataFrame, mapping: Mapping[str, str], choices: Mapping[str, str], readings: list[Reading]
) -> pd.DataFrame:
    """The lines of a file that numbers none, without those that stand there again in every column where somebody says
    so: a shop may sell the same twice, and a file may have been joined to itself."""
    if "line_id" in mapping or choices.get(DOUBLES) == COUNTED:
        return text
    again = text.duplicated() & text.notna().any(axis=1)
    if not again.any():
        return text
    twice = guessing.key(text[~again])
    chosen = choices.get(DOUBLES, shape.LEFT_OUT if twice else shape.KEPT)
    message = N_("{count} lines stand in the file again, the same in every column.")
    said = {"count": str(int(again.sum()))}
    if twice:
        message = N_("{count} lines stand in the file again, the same in every column, “{column}” too.")
        said["column"] = twice
    options = (shape.KEPT, shape.LEFT_OUT)
    readings.append(Reading(DOUBLES, message, chosen, options, said, bool(twice) and DOUBLES not in choices))
    return text[~again] if chosen == shape.LEFT_OUT else text


def parted(
    text: pd.DataFrame, mapping: Mapping[str, str], choices: Mapping[str, str], readings: list[Reading]
) -> pd.DataFrame:
    """The lines without those of "All products", "Total", ... that add up the others of their day and place."""
    measures = [mapping[role] for role in MEASURES if role in mapping and role != money.PRICE]
    for source in [mapping[role] for role in PARTS if role in mapping and measures]:
        whole = text[source].isin([one for one in text[source].dropna().unique() if WHOLE.fullmatch(names.plain(one))])
        by = [mapping[one] for one in ("timestamp", *PARTS) if one in mapping and mapping[one] != source]
        if not whole.any() or whole.mean() > MOST_WHOLE:
            continue
        units = numbers.read(text[measures[0]]).values
        said, added = (
            units[rows].groupby([text[one][rows] for one in by], dropna=False).sum() for rows in (whole, ~whole)
        )
        said, added = said.align(added, join="left")
        key = f"whole:{source}"
        if key not in choices and ((said - added).abs() <= NEAR * said.abs()).mean() < MOST:
            continue
        chosen = choices.get(key, shape.LEFT_OUT)
        message = N_("“{column}”: {count} lines add up others ({words}): they are left out.")
        words = ", ".join(f"“{one[:30]}”" for one in text[source][whole].unique()[:3])
        values = {"column": source, "count": str(int(whole.sum())), "words": words}
        readings.append(Reading(key, message, chosen, (shape.LEFT_OUT, shape.KEPT), values))
        text = text[~whole] if chosen == shape.LEFT_OUT else text
    return text


def tracked(text: pd.DataFrame, mapping: Mapping[str, str]) -> bool:
    """Whether lines are logins, visits or clicks: nothing in them names money, units or a product."""
    if {money.AMOUNT, money.PRICE, "product"} & set(mapping) or not any(
        TRACKED.fullmatch(names.bare(one)) for one in text
    ):
        return False
    counted = mapping.get(money.QUANTITY)
    return counted is None or not any(counted in tier for tier in names.likely(text, money.QUANTITY))


def measured(text: pd.DataFrame, mapping: Mapping[str, str], findings: list[Finding]) -> pd.DataFrame:
    """The lines that say how much was sold: those with neither units nor money are left out, and counted."""
    measures = text[[mapping[role] for role in MEASURES if role in mapping]]
    said = (measures.notna() & ~measures.isin(NOTHING)).any(axis=1)
    if {money.QUANTITY, money.AMOUNT} <= set(mapping) and (blank := text[mapping[money.QUANTITY]].isna()).any():
        said &= ~blank | numbers.read(text[mapping[money.AMOUNT]]).values.ne(0)
    if said.all() or not said.any():
        return text
    message = N_("{rows} lines have neither units nor money: they are left out.")
    findings.append(Finding(message, int((~said).sum()), severity="warning"))
    return text[said]


def unnamed(products: pd.Series, findings: list[Finding]) -> pd.Series:
    """The products, `UNNAMED` for the few lines that name none: their money counts."""
    blank = products.isna()
    if not blank.any() or blank.mean() > MOST_UNNAMED:
        return products
    findings.append(Finding(N_("{rows} lines name no product: theirs is “?”."), int(blank.sum()), severity="warning"))
    return products.fillna(UNNAMED)


def absent(cells: pd.Series) -> pd.Series:
    """Which cells are empty, or say that there is nothing."""
    return cells.isna() | cells.isin(NOTHING)


def dated(text: pd.DataFrame, mapping: Mapping[str, str], findings: list[Finding]) -> pd.DataFrame:
    """The lines without the few of which the file says that their day is not known ("N/A")."""
    cells = text[mapping["timestamp"]]
    unknown = cells.isin(NOTHING)
    if not unknown.any() or unknown.mean() > MOST_UNNAMED:
        return text
    message = N_("{rows} lines are left out: “{column}” says that their day is not known.")
    findings.append(Finding(message, int(unknown.sum()), {"column": str(cells.name)}, severity="warning"))
    return text[~unknown]


def follows(text: pd.DataFrame, mapping: Mapping[str, str], role: str, findings: list[Finding]) -> pd.Series | bool:
    """Where units or the price of a line may be missing: they follow from the total and the other one, or the total
    alone is known, as of a transfer or a fee among sales."""
    others = [mapping[one] for one in MEASURES if one != role and one in mapping]
    if role not in (money.QUANTITY, money.PRICE) or money.AMOUNT not in mapping:
        return text[others].notna().all(axis=1) if role in MEASURES and len(others) == 2 else False
    unknown = absent(text[mapping[role]])
    if unknown.any() and len(others) == 1:
        message = N_("{rows} lines do not say “{column}”: their money counts.")
        findings.append(Finding(message, int(unknown.sum()), {"column": mapping[role]}, severity="warning"))
    return text[mapping[money.AMOUNT]].notna()


def summed_up(readings: list[Reading], roles: Mapping[str, pd.Series], mapping: Mapping[str, str]) -> None:
    """Let readings of money say what a column adds up to as it is read: with its decimals, in whole units."""
    for place, one in enumerate(readings):
        source = one.key.removeprefix("money:")
        role = next((role for role, name in mapping.items() if name == source and role in roles), None)
        if one.key.startswith("money:") and role:
            readings[place] = replace(one, values={**one.values, "sum": f"{roles[role].sum():,.10g}"})


def counted(
    text: pd.DataFrame,
    mapping: dict[str, str],
    some: Iterable[str],
    choices: Mapping[str, str],
    readings: list[Reading],
) -> dict[str, str]:
    """The mapping with the units of lines of which a price alone is known: asked, where one of `some` may be them."""
    options = (*money.multiplying(text, mapping, some), NO_UNITS)
    if len(options) == 1:
        return mapping
    chosen = choices.get(UNITS, NO_UNITS)
    chosen = chosen if chosen in options else NO_UNITS
    source = mapping.get(money.PRICE) or mapping[money.AMOUNT]
    message = N_("“{column}” is the same for a product on all its lines: how many units a line has is not clear.")
    readings.append(Reading(UNITS, message, chosen, options, {"column": source}, UNITS not in choices))
    if chosen == NO_UNITS:
        return mapping
    rest = {role: one for role, one in mapping.items() if role not in (money.PRICE, money.AMOUNT)}
    return {**rest, money.PRICE: source, money.QUANTITY: chosen}


def judged(
    text: pd.DataFrame, mapping: dict[str, str], choices: Mapping[str, str], readings: list[Reading]
) -> dict[str, str]:
    """The mapping with what somebody chose a column of money to be; and what it could be, as a reading."""
    if set(mapping) & {money.AMOUNT, money.PRICE, money.QUANTITY} == {money.PRICE}:
        mapping = {money.AMOUNT if role == money.PRICE else role: source for role, source in mapping.items()}
    judged = money.judge(text, mapping)
    if judged is None:
        return mapping
    source, verdict = judged
    given = next(role for role, one in mapping.items() if one == source)
    chosen = choices.get(f"money:{source}", given)
    if chosen != given and chosen in verdict.options and chosen not in mapping:
        mapping = {chosen if one == source else role: one for role, one in mapping.items()}
        given = chosen
    options = tuple(dict.fromkeys((given, *verdict.options)))
    doubted = verdict.even or (verdict.seen is not None and verdict.seen != given)
    doubted &= not any(one.key == money.AMOUNT and one.chosen == source and not one.open for one in readings)
    is_open = doubted and f"money:{source}" not in choices
    values = {"column": source, "sum": f"{numbers.read(text[source]).values.sum():,.10g}"}
    message = money.SEEN[given] if given == verdict.seen else money.SAID[given]
    readings.append(Reading(f"money:{source}", message, given, options, values, is_open))
    return mapping


def discounted(
    frame: pd.DataFrame, mapping: Mapping[str, str], choices: Mapping[str, str], readings: list[Reading]
) -> pd.DataFrame:
    """With prices after any promotion, where a file of units and prices also has reductions.

    Where prices of a product are the same with and without a reduction, or are called list prices, it is asked whether
    it is still to be taken off. Where they fall by it, or where nothing tells, it is in the price already.
    """
    if money.AMOUNT in frame or not {money.QUANTITY, money.PRICE, "promotion"} <= set(frame):
        return frame
    price, share = frame[money.PRICE], frame["promotion"].fillna(0.0)
    if not (share > 0).any():
        return frame
    ratio = pd.Series(dtype=float)
    if "product" in frame:
        usual = price[share == 0].groupby(frame["product"]).median().reindex(frame["product"]).to_numpy()
        ratio = (price / usual)[share > 0].dropna()
    near = {
        TAKEN_OFF: ((ratio - 1).abs() < NEAR).mean(),
        INCLUDED: ((ratio - 1 + share[ratio.index]).abs() < NEAR).mean(),
    }
    if len(ratio) >= FEW and near[INCLUDED] >= MOST:
        return frame
    alike = len(ratio) >= FEW and near[TAKEN_OFF] >= MOST
    listed = bool(LISTED.fullmatch(names.bare(mapping[money.PRICE])))
    chosen = choices.get(DISCOUNT, TAKEN_OFF if listed else INCLUDED)
    message = N_("{count} lines have a reduction, of {share} on average: is it in their price already?")
    said = {"count": str(int((share > 0).sum())), "share": f"{share[share > 0].mean():.0%}"}
    is_open = (alike or listed) and DISCOUNT not in choices
    readings.append(Reading(DISCOUNT, message, chosen, (TAKEN_OFF, INCLUDED), said, is_open))
    return frame.assign(unit_price=price * (1 - share)) if chosen == TAKEN_OFF else frame


def priced(
    frame: pd.DataFrame, choices: Mapping[str, str], findings: list[Finding], readings: list[Reading]
) -> pd.DataFrame:
    """Units, price and total of each line, each from the two others where it is missing; unknown ones stay so."""
    measures = (money.QUANTITY, money.PRICE, money.AMOUNT)
    roles = {role for role in measures if role in frame}
    for role in [one for one in measures if one not in roles]:  # always in this order, which the columns keep
        frame[role] = np.nan
    units, price, total = frame["quantity"], frame["unit_price"], frame["amount"]
    if roles == {money.QUANTITY, money.PRICE, money.AMOUNT}:
        wrong, share = money.off(frame)
        if wrong:
            chosen = choices.get(TOTAL, COUNTS)
            message = N_("{count} totals are not quantity × price: all together they are {share} off (tax, discount?).")
            values = {"count": str(wrong), "share": f"{share:+.1%}"}
            readings.append(Reading(TOTAL, message, chosen, (COUNTS, PRODUCT), values))
            frame["amount"] = units * price if chosen == PRODUCT else total
        frame["amount"] = frame["amount"].fillna(units * price)
        frame["quantity"] = units.fillna((total / price).where(price != 0))
        frame["unit_price"] = price.fillna((total / units).where(units != 0))
    elif money.AMOUNT not in roles:
        frame["amount"] = units * price
    elif money.PRICE not in roles:
        frame["unit_price"] = (total / units).where(units != 0, total)
    else:
        frame["quantity"] = (total / price).where(price != 0, 0.0)
    if money.QUANTITY in roles and money.AMOUNT in roles:  # money without units, of a transfer among sales for one
        frame["unit_price"] = frame["unit_price"].fillna(frame["amount"])
        frame["quantity"] = frame["quantity"].fillna(0.0)
    if money.QUANTITY not in roles and money.PRICE not in roles:
        findings.append(
            Finding(N_("The file has no units: quantities and prices are not known, money is."), len(frame))
        )
    if frame["amount"].isna().all():
        findings.append(Finding(N_("The file has no money: prices and revenue are not known, units are."), len(frame)))
    return frame


def of_orders(
    frame: pd.DataFrame, mapping: Mapping[str, str], choices: Mapping[str, str], readings: list[Reading]
) -> pd.DataFrame:
    """One line an order, of all that it was for, where the only money of a file is the same on all lines of each order
    of several products: asked, unless it is called that of an order."""
    if set(mapping) & {money.QUANTITY, money.PRICE} or not {"invoice", money.AMOUNT, "product"} <= set(mapping):
        return frame
    source, orders = mapping[money.AMOUNT], frame.groupby("invoice")
    key = f"{ORDERS}:{source}"
    several = orders["product"].nunique() > 1
    same = orders["amount"].nunique()[several] == 1
    if key not in choices and (
        several.sum() < SEVERAL or same.mean() < SAME or frame["amount"].nunique() < SEVERAL
    ):  # of a piece of a file the choice tells
        return frame
    chosen = choices.get(key, ONE_ORDER)
    message = N_("“{column}” is the same on all lines of an order: what each product of it brought is not known.")
    is_open = not OF_ORDER.search(names.bare(source)) and key not in choices
    readings.append(Reading(key, message, chosen, (ONE_ORDER, ONE_LINE), {"column": source}, is_open))
    if chosen == ONE_LINE:
        return frame
    return frame[~frame["invoice"].duplicated()].assign(product=EVERYTHING)


def signed(text: pd.DataFrame, sources: list[str], choices: Mapping[str, str], readings: list[Reading]) -> str | None:
    """The currency of a sign that several have, as somebody chose it, else asked; None where there is none."""
    options = currencies.either(text, sources)
    if not options:
        return None
    chosen = choices.get(SIGN, options[0])
    chosen = chosen if chosen in options else options[0]
    if len(options) > 1:
        message = N_("The sign of the money is that of {currencies}: it is taken for {chosen}.")
        said = {"currencies": ", ".join(options), "chosen": chosen}
        readings.append(Reading(SIGN, message, chosen, options, said, SIGN not in choices))
    return chosen


def in_one_currency(
    frame: pd.DataFrame,
    currency: str,
    choices: Mapping[str, str],
    findings: list[Finding],
    readings: list[Reading],
    now: datetime,
) -> pd.DataFrame:
    """The lines in one currency: of several, those of the one that was chosen, and others by the rates given.

    Where somebody asks for them, the rates are the European Central Bank's of each day; nobody else is asked.
    """
    if "currency" not in frame:
        return frame.assign(currency=currency)
    named = frame["currency"].dropna().unique()
    if len(named) > 1 and "invoice" in frame:  # said on the first line of an order only
        frame["currency"] = frame["currency"].fillna(
            frame.groupby("invoice", dropna=False)["currency"].transform("first")
        )
    frame["currency"] = frame["currency"].fillna(named[0] if len(named) == 1 else currency)
    counts = frame["currency"].value_counts()
    chosen = choices.get(CURRENCY, str(counts.index[0]) if len(counts) else currency)
    if set(counts.index) <= {chosen}:
        return frame
    rates = {code: float(choices[f"rate:{code}"]) for code in counts.index if choices.get(f"rate:{code}")}
    rates[chosen] = 1.0
    message = N_(
        "The lines are in several currencies ({currencies}): those in {chosen} are kept, others are never added."
    )
    said = {"currencies": ", ".join(f"{code} {count}" for code, count in counts.items()), "chosen": chosen}
    readings.append(Reading(CURRENCY, message, chosen, tuple(counts.index), said, CURRENCY not in choices))
    rate = frame["currency"].map(rates)
    by_day = choices.get(RATES) == ECB
    if by_day:
        try:
            rate = ecb.factors(ecb.rates(now), frame["timestamp"], frame["currency"], chosen)
        except ConnectorError as error:
            findings.append(
                Finding(error.message, 0, {name: str(one) for name, one in error.values.items()}, severity="error")
            )
            by_day = False
        rate = rate.mask(frame["currency"].eq(chosen), 1.0)
    asked = N_("Other currencies are converted by {chosen}.")
    readings.append(Reading(RATES, asked, ECB if by_day else GIVEN, (GIVEN, ECB), {"chosen": ECB if by_day else GIVEN},
                            choices.get(RATES) == ECB and not by_day))  # fmt: skip
    left, turned = int(rate.isna().sum()), frame["currency"].ne(chosen) & rate.notna()
    if left:
        findings.append(Finding(N_("{rows} lines in other currencies are left out."), left, severity="warning"))
    if turned.any():
        told = ", ".join(f"1 {code} = {value:g} {chosen}" for code, value in rates.items() if code != chosen)
        told = ecb.NAME if by_day else told
        findings.append(Finding(N_("{rows} lines are converted: {rates}."), int(turned.sum()), {"rates": told}))
    for column in frame:
        if column in ("unit_price", "amount", "unit_cost") or column.startswith(f"{reductions.CHARGE}:"):
            frame[column] = frame[column] * rate
    return frame[rate.notna()].assign(currency=chosen)


def by_sign(frame: pd.DataFrame) -> pd.Series:
    """The type of lines of goods: what has less than no units, or cost less than nothing, came back."""
    back = frame["quantity"].lt(0) | (frame["quantity"].fillna(0.0).eq(0) & frame["amount"].lt(0))
    return back.map({True: "return", False: "sale"})


def derived(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """With the columns that a line has where its file says nothing."""
    if "line_type" not in frame:
        frame["line_type"] = by_sign(frame)
    if "product" not in frame:
        frame["product"] = EVERYTHING
    if "line_id" not in frame:
        frame["line_id"] = pd.Series(range(1, len(frame) + 1), frame.index).astype("str")
    frame["source"] = name
    return frame
