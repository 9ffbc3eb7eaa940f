"""Which column of a file is likely which column of a table: by name, then by what the columns hold."""

import re
from collections.abc import Mapping
from itertools import islice, permutations

import pandas as pd

from connectors import (
    cells,
    coded,
    currencies,
    dates,
    looks,
    money,
    names,
    numbers,
    scales,
    statuses,
    totals,
    vocabulary,
)
from connectors.cells import File
from connectors.looks import NAMED, STRANGE, TRIED
from data import meaning, schemas

ID_WORDS = {"id", "ids", "no", "num", "number", "numero", "nr", "ref", "reference", "key", "code"}
HEAD = 1_000  # rows
KEYED = 20  # rows that a number of each tells apart by more than chance
RIVALS = 12  # columns of numbers that may be units or money, at most: of more nothing is told by how they grow
TERMS = 4  # different durations that contracts of one company are sold with, at most
MEASURES = (money.QUANTITY, money.PRICE, money.AMOUNT)
FEES = re.compile(
    r"fees?|cargos?|commission[ies]?|frais|gebuhr(?:en)?|entgelte?|comision(?:es)?|provision(?:en)?|provvigion[ie]|prowizja"
)
COIN = 0.011  # of money, by which rounding moves a price
# Names of kinds of customers, which somebody made up: "Lost" is one of them, and not that they left.
KIND_OF = re.compile(r"segment|cluster|persona|tier|rfm|group|groupe|gruppe")
FORETOLD = re.compile(
    r"predict|forecast|expected|predit|prevu|probab|scor|risk|risque"
)  # of outcomes: what somebody thought they would be
YES_NO = {"True": "Yes", "False": "No"}
NONE = ["", "\\N"]  # cells in which nothing is
NO_MEASURE = re.compile(
    r"year|annee|yr|month|mois|day|jour|week|semaine|dayofweek|weekday|hour|heure|quarter|trimestre|lat\w*|lon\w*|lng|zip\w*|postcode|postal\w*|"
    r"codepostal|age|(?:annual|yearly|household|family|personal)+income|temperature|fuelprice|cpi|unemployment|isholiday|holiday\w*|\w*holiday|promo\w*|open|index|unnamed\d*|column\d+|rank|rang"
)
SALES_ORDER = ("line_id", "invoice", "customer", "product", "description", "category", "store", "supplier", "unit_cost",
               "promotion", "currency", "line_type")  # fmt: skip


def guess(frame: pd.DataFrame, table: str) -> dict[str, str]:
    """Which column of a file is which column of the table (canonical -> source), none used twice."""
    head = stripped(frame.head(HEAD))
    if table == "sales":
        if all(re.fullmatch(r"column \d+", name) for name in frame):
            return looks.unnamed(head)
        found = _sales(frame, head)
        found = coded.parties(head, coded.described(head, _in_own_currency(head, found)))
        named = head[found["description"]] if "description" in found else pd.Series(dtype=str)
        if "product" not in found and money.QUANTITY in found and 2 * named.nunique() <= named.count() > 0:
            found = {"product" if role == "description" else role: one for role, one in found.items()}
        if "product" not in found and (decides := _deciding_prices(head, found)):
            found = {role: one for role, one in found.items() if one != decides} | {"product": decides}
        return found
    found = names.by_name(frame, schemas.columns(table))
    for canonical in [one for one in found if one not in schemas.required(table)]:
        if not _fits(head, found[canonical], canonical, table):
            del found[canonical]  # a column of the same name that means something else
    if table != "customers":
        return found
    called = {names.bare(name) for name in frame}
    if {"hourlyrate", "dailyrate"} & called and names.bare(found.get("monthly_charges", "-")) == "monthlyrate":
        del found["monthly_charges"]  # what employees are paid, not what customers pay
    days = (
        name for name in islice(head, TRIED) if vocabulary.BEGUN.fullmatch(names.bare(name)) and dates.dated(head[name])
    )
    names.take(found, "tenure", days)
    named = found.pop("churned", None)
    columns = _free(head, found)
    names.take(found, "churned", outcomes(frame, columns, named))
    some = (name for name, text in columns.items() if _named_id(name) or _coded(text))
    ids = sorted(some, key=lambda name: not _named_id(name))
    names.take(found, "customer_id", (name for name in ids if frame[name].notna().all() and frame[name].is_unique))
    if "customer_id" in found and not frame[found["customer_id"]].is_unique:
        unique = [name for name in columns if _named_id(name) and frame[name].notna().all() and frame[name].is_unique]
        if unique:
            found["customer_id"] = unique[0]
    return found


def unfit(text: pd.DataFrame, table: str, mapping: Mapping[str, str]) -> list[str]:
    """The columns that have the name of a column of the table, but hold something else and are not used."""
    wanted = [name for name in schemas.columns(table) if name not in mapping]
    called = names.by_name([name for name in text if name not in mapping.values()], wanted)
    head = text.head(HEAD)
    return [source for canonical, source in called.items() if not _fits(head, source, canonical, table)]


def stripped(frame: pd.DataFrame) -> pd.DataFrame:
    """Cells without blanks around them, numbers and dates in Latin digits; those of blanks only are missing."""

    def plain(column: pd.Series) -> pd.Series:
        bare = column.str.strip()
        return numbers.latin(bare.replace(NONE, pd.NA) if bare.isin(NONE).any() else bare)

    return frame.apply(plain)


def shares(text: pd.Series, source: str) -> pd.Series | None:
    """Reductions as shares of the price, percentages too; None where a column holds something else, as yes and no."""
    found = numbers.read(text)
    values = found.values
    if found.percent:
        return values
    if values.notna().any() and not set(values.dropna().unique()) - {0.0, 1.0} and (values == 1).any():
        return None
    percent = re.search(r"%|percent|pct|pourcent|taux", str(source), re.IGNORECASE)
    if values.max() >= 1 and percent and values.between(0, 100).where(values.notna(), True).all():
        return values / 100
    return values


def outcomes(frame: pd.DataFrame, columns: Mapping[str, pd.Series], named: str | None) -> list[str]:
    """The columns that may say who left, the likeliest first: by name and values, then by values that speak of it.

    `columns` are the first cells of those that are looked at. Yes and no alone say nothing: any flag has them.
    """
    ranked: list[tuple[int, str]] = []
    for name, text in columns.items():
        if meaning.left_on(text, name):
            ranked.append((2, name))
            continue
        if not meaning.few(text.dropna().unique()) or (told := meaning.outcomes(frame[name], name)) is None:
            continue
        one_value = len(set(told.values()) - {None}) == 1
        spoken = any(meaning.truth(value) is None and not value.isdigit() for value in told)
        about = meaning.about_leaving(name) or meaning.about_staying(name) or name == named
        spoken = spoken and not KIND_OF.search(meaning.plain(name))
        foretold = bool(FORETOLD.search(meaning.plain(name)))
        rank = [about and not foretold, about or spoken, meaning.about_being_active(name), True].index(True)
        if rank < 3 and (not one_value or about):
            ranked.append((rank + 3 * one_value, name))
    return [name for _rank, name in sorted(ranked, key=lambda pair: pair[0])]


def kinds(table: str) -> dict[str, str]:
    """The pandas type of each column of a table."""
    return {column: str(kind) for column, kind in schemas.SCHEMAS[table].to_schema().dtypes.items()}


def words(table: str) -> dict[str, set[str]]:
    """The values that a column of kinds can have, where the schema says so."""
    found = {}
    for name, column in schemas.SCHEMAS[table].to_schema().columns.items():
        for check in column.checks:
            if "allowed_values" in (check.statistics or {}):
                found[name] = set(check.statistics["allowed_values"])
    return found


def worded(values: pd.Series, allowed: set[str]) -> pd.Series:
    """Yes and no in anybody's words (1, oui, True) as the schema has them."""
    if not {"Yes", "No"} <= allowed:
        return values
    said = {value: YES_NO.get(str(meaning.truth(value)), value) for value in values.dropna().unique()}
    return values.map(lambda value: value if value in allowed else said[value], na_action="ignore")


def _fits(head: pd.DataFrame, source: str, canonical: str, table: str) -> bool:
    """Whether the first cells of a column are what a column of the table holds."""
    text, kind, allowed = head[source], kinds(table).get(canonical, "str"), words(table).get(canonical)
    if canonical == "promotion":
        values = shares(text, source)
        unread = text.notna().sum() if values is None else (values.isna() & text.notna()).sum()
        within = values is not None and bool(values.dropna().between(0, 1, inclusive="left").all())
        return within and bool(unread <= STRANGE * text.notna().sum())
    if canonical == "currency":
        return currencies.codes(text).notna().sum() >= (1 - STRANGE) * text.notna().sum() > 0
    if canonical == "line_id":
        return bool(text.notna().all() and text.is_unique)
    if canonical == "tenure" and (months := scales.spoken(text)) is not None:
        return bool((months.isna() & text.notna()).sum() <= STRANGE * text.notna().sum())
    values, unread, _reason = cells.convert(File(head), source, kind, [], [])
    if allowed:
        unread = ~worded(values, allowed).isin(allowed) & text.notna()
    elif "float" in kind and (values < 0).any() and canonical in ("tenure", "monthly_charges", "total_charges"):
        return False
    elif canonical == "tenure" and vocabulary.TERM.search(names.bare(source)):
        return values.nunique() > min(TERMS, values.count() // 2)  # 12 and 24 months were agreed, and have not passed
    return bool(unread.sum() <= STRANGE * text.notna().sum())


def _free(head: pd.DataFrame, found: Mapping[str, str]) -> dict[str, pd.Series]:
    return {name: head[name] for name in islice((name for name in head if name not in found.values()), TRIED)}


def key(text: pd.DataFrame) -> str:
    """The column that numbers or codes each row of its own, as its name and cells say; "" where there is none."""
    if len(text) < KEYED:
        return ""
    some = (name for name in islice(text, TRIED) if _named_id(name))
    return next((name for name in some if text[name].notna().all() and text[name].is_unique), "")


def _named_id(source: str) -> bool:
    return bool(ID_WORDS & set(meaning.plain(source).split()))


def _coded(text: pd.Series) -> bool:
    """Whether cells are letters with digits, or long whole numbers of one length: a measure is neither, even where no
    two are the same."""
    mixed = text.str.contains(r"\d", na=False) & text.str.contains(r"[^\W\d]", na=False)
    long = text.str.fullmatch(r"\d{5,}", na=False).all() and text.str.len().nunique() == 1
    return bool(mixed.all() or long)


def _sales(frame: pd.DataFrame, head: pd.DataFrame) -> dict[str, str]:
    found: dict[str, str] = {}
    names.take(found, "timestamp", looks.timestamps(head))
    numeric = {name: looks.share(head[name]) for name in islice(head, TRIED)}
    if (actual := statuses.happened(head)) and numeric.get(actual, 0) > NAMED:
        found[money.AMOUNT] = actual
    for canonical in (money.QUANTITY, money.PRICE, money.AMOUNT):
        fit = [
            name
            for tier in names.likely(head, canonical)
            for name in tier
            if numeric.get(name, 0) > NAMED and not vocabulary.RUNNING.fullmatch(names.bare(name))
        ]
        if canonical == money.AMOUNT:
            counts = [name for name, share in numeric.items() if share >= 1 - STRANGE]
            fit = [name for name in _best(head, found, fit) if not money.counts_up(head, found, name, counts)]
        names.take(found, canonical, fit)
    if not any(names.likely(head, "invoice")):  # Shopify calls it "Name"
        names.take(found, "invoice", (name for name, text in head.items() if text.str.fullmatch(r"#\w*\d+").all()))
    for canonical in SALES_ORDER:
        some = (name for tier in names.likely(head, canonical) for name in tier if name not in found.values())
        held = [name for name in some if _fits(head, name, canonical, "sales")]
        alone = canonical == "invoice" and any(not head[name].is_unique for name in held)  # a line each is no order
        names.take(
            found,
            canonical,
            sorted(held, key=lambda name: head[name].nunique() < 2 or (alone and head[name].is_unique)),
        )
    ordered = found.get(money.AMOUNT)
    if ordered and money.of_orders(head, ordered, found):
        _lines_of_orders(head, found)
    if money.of_lines(head, found):
        del found["unit_cost"]
    if "product" not in found and money.QUANTITY in found:
        names.take(found, "product", _telling_lines_apart(head, found))
    if set(MEASURES) <= set(found) and totals.alike(head, found[money.PRICE], found[money.AMOUNT]):
        del found[money.PRICE]  # of the same line, with a tax: no price of one unit
    if "line_id" in found and not frame[found["line_id"]].is_unique:
        del found["line_id"]
    paid = {money.PRICE, money.AMOUNT} & set(found)
    rest = free(head, found, numeric) if len(paid) != 1 or money.QUANTITY not in found else []
    rest = rest if len(rest) <= RIVALS else []
    if len(paid) == 2 and money.QUANTITY in found:
        if rest and not money.multiplied(head, found, []):  # another price than the one that lines are multiplied with
            named = {role: one for role, one in found.items() if role != money.PRICE}
            found |= money.multiplied(head, named, rest)
        rest = []
    elif by_sums := money.multiplied(head, found, rest) if rest else {}:
        found, rest, paid = found | by_sums, [], {money.PRICE, money.AMOUNT}
    if money.QUANTITY not in found and (counted := money.counting(head, found, rest)):
        found = {role: one for role, one in found.items() if role != money.PRICE} | counted
    elif not paid and len(signed := [name for name in rest if numbers.currencies(head[name])]) == 1:
        found[money.AMOUNT] = signed[0]
    elif not paid and money.QUANTITY in found:
        grows = money.growing(head, found, rest)
        found |= {money.AMOUNT: grows[0]} if len(grows) == 1 else {}
    elif not paid and len(rest) == 1:
        found[money.AMOUNT] = rest[0]
    if money.PRICE in found and not {money.QUANTITY, money.AMOUNT} & set(found):
        if unread := [
            name for tier in names.likely(head, money.QUANTITY) for name in tier if name not in found.values()
        ]:
            return {**found, money.QUANTITY: unread[0]}  # of units that cannot be read a price is not the total
        price = found.pop(money.PRICE)  # an average adds up to nothing
        return found if vocabulary.AVERAGES.fullmatch(names.bare(price)) else {**found, money.AMOUNT: price}
    if verdict := money.judge(head, found):
        source, judged = verdict
        found = {canonical: name for canonical, name in found.items() if name != source}
        found[judged.role] = source
    return found


def _in_own_currency(head: pd.DataFrame, found: dict[str, str]) -> dict[str, str]:
    """With totals turned into one currency, as their name says ("Total (GBP)"), for those in each line's own: the same
    on its lines, others on others."""
    if not {"currency", money.AMOUNT} <= set(found):
        return found
    own = currencies.codes(head[found["currency"]])
    totals = [found[money.AMOUNT], *(name for tier in names.likely(head, money.AMOUNT) for name in tier)]
    said = {name: currencies.of(head[[name]], [name]) for name in dict.fromkeys(totals)}
    values = {name: numbers.read(head[name]).values for name in said}
    for name, other in permutations(said, 2):
        same = (values[name] - values[other]).abs() <= COIN
        if said[name] and not said[other] and own.nunique() > 1 and same.eq(own.eq(said[name])).mean() >= 1 - STRANGE:
            rest = {role: one for role, one in found.items() if role not in ("currency", "unit_cost", *MEASURES[1:])}
            return {role: one for role, one in rest.items() if one != name} | {money.AMOUNT: name}
    return found


def free(head: pd.DataFrame, found: Mapping[str, str], numeric: Mapping[str, float] | None = None) -> list[str]:
    """The columns of numbers that are none of those `found`, and may be what was sold: no ids, no flags, no dates.

    `numeric` is the share of numbers in each column, where that is known already.
    """
    some = (name for name in islice(head, TRIED) if name not in found.values() and _measure(head, name))
    return [name for name in some if (numeric[name] if numeric else looks.share(head[name])) >= 1 - STRANGE]


def _lines_of_orders(head: pd.DataFrame, found: dict[str, str]) -> None:
    """Without the total of orders, where lines have their own money: another total, a price, a "cost" that adds up."""
    ordered = found[money.AMOUNT]
    others = [name for tier in names.likely(head, money.AMOUNT) for name in tier
              if name not in found.values() and looks.share(head[name]) > NAMED]  # fmt: skip
    others = [
        name
        for name in others
        if not money.of_orders(head, name, found) and not money.NO_RIVAL.search(names.bare(name))
    ]
    if money.PRICE not in found and money.QUANTITY in found and "unit_cost" in found:
        units, cost = (numbers.read(head[found[one]]).values for one in (money.QUANTITY, "unit_cost"))
        whole = [
            name for tier in names.likely(head, money.AMOUNT) for name in tier if money.of_orders(head, name, found)
        ]
        for name in dict.fromkeys((ordered, *whole)):  # with what was paid for shipping, without it
            orders = pd.DataFrame({"sum": units * cost, "said": numbers.read(head[name]).values})
            sums = orders.groupby(head[found["invoice"]]).agg({"sum": "sum", "said": "first"})
            if ((sums["sum"] - sums["said"]).abs() <= 0.01 * sums["said"].abs() + 0.01).mean() > 0.9:
                found[money.PRICE] = found.pop("unit_cost")
                break
    if others or (money.PRICE in found and money.QUANTITY in found):
        del found[money.AMOUNT]
        names.take(found, money.AMOUNT, [one for one in others if one != ordered] if money.PRICE not in found else [])


def _telling_lines_apart(head: pd.DataFrame, found: Mapping[str, str]) -> list[str]:
    """The one column of words or codes that tells the lines of an order apart, as the product of each does."""
    if "invoice" not in found or head[found["invoice"]].is_unique:
        return []
    orders = head[found["invoice"]]
    some = [
        name
        for name in islice((one for one in head if one not in found.values()), TRIED)
        if not head[name].is_unique
        and head[name].notna().all()
        and looks.share(head[name]) < STRANGE
        and not dates.dated(head[name])
        and not head[name].str.contains(r"\d:\d\d").any()
        and not pd.DataFrame({"order": orders, "one": head[name]}).duplicated().mean() > STRANGE
    ]
    return some if len(some) == 1 else []


def _deciding_prices(head: pd.DataFrame, found: Mapping[str, str]) -> str | None:
    """The column of words of whose values each has one price, and not all the same: rooms of a hotel, dishes, crops."""
    values = {role: numbers.read(head[found[role]]).values for role in MEASURES if role in found}
    price = values.get(money.PRICE)
    if price is None and {money.QUANTITY, money.AMOUNT} <= set(values):
        price = (values[money.AMOUNT] / values[money.QUANTITY]).round(2)
    if price is None or price.nunique() < 2:
        return None
    for name in islice((one for one in head if one not in found.values() or one == found.get("category")), TRIED):
        words = head[name]
        several = words.groupby(words).transform("size") > 1
        if words.notna().all() and several.mean() > 0.9 and looks.share(words) < STRANGE and not dates.dated(words):
            usual = price.groupby(words).transform("median")
            alike = ((price - usual).abs() <= STRANGE * usual.abs() + COIN) | price.isna()
            if alike.mean() >= 1 - STRANGE and usual.nunique() > 1:
                return name
    return None


def _best(head: pd.DataFrame, found: Mapping[str, str], some: list[str]) -> list[str]:
    """Columns that may be totals, first those that are units x price."""
    some = sorted((name for name in some if name not in found.values()), key=lambda name: _gross(name, some))
    some = totals.goods(head, _before_fees(head, some))
    if len(some) < 2 or not {money.QUANTITY, money.PRICE} <= set(found):
        return some
    values = {name: numbers.read(head[name]).values for name in [*some, found["quantity"], found["unit_price"]]}
    expected = values[found["quantity"]] * values[found["unit_price"]]
    near = [name for name in some if ((values[name] - expected).abs() <= 0.01 * expected.abs() + 0.01).mean() > 0.9]
    return [*near, *(name for name in some if name not in near)]


def _before_fees(head: pd.DataFrame, some: list[str]) -> list[str]:
    """Totals with what was sold before what is left of it once a market place or a bank has taken its fees."""
    charged = [name for name in head if totals.CHARGED.fullmatch(names.bare(name))]
    sent = [name for name in charged if (numbers.read(head[name]).values.fillna(0) <= 0).all()]  # paid by who sells
    fees = [numbers.read(head[name]).values for name in head if name in sent or FEES.search(names.bare(name))]
    if len(some) < 2 or not fees:
        return some
    taken = sum(one.fillna(0).abs() for one in fees)
    signed = sum(one.fillna(0) for one in fees)  # those of what came back are given back
    paid = {name: numbers.read(head[name]).values for name in some}

    def after_fees(name: str, other: str) -> bool:
        less = paid[other] - paid[name]
        off = (less - taken).abs().clip(upper=(less + signed).abs())
        return bool((off <= COIN)[taken > 0].mean() > 1 - STRANGE)

    after = [name for name in some if any(after_fees(name, other) for other in some)]
    return [*(name for name in some if name not in after), *after]


def _gross(name: str, some: list[str]) -> bool:
    """Whether a name says gross of what another one says net of: what is left after reductions is what was paid."""
    net = [re.sub(r"net|nette?", "", one) for one in map(names.bare, some) if "net" in one]
    return re.sub(r"gross|brute?", "", names.bare(name)) in net and bool(re.search(r"gross|brut", names.bare(name)))


def _measure(head: pd.DataFrame, name: str) -> bool:
    """Whether a column of numbers may be what was sold: no id, no part of a date, no flag."""
    text = head[name].dropna()
    called = names.bare(name)
    if NO_MEASURE.fullmatch(called) or vocabulary.RUNNING.fullmatch(called):
        return False
    if _named_id(name) or text.str.match(r"0\d").any():
        return False
    return text.nunique() > 2 or len(text) <= 2
