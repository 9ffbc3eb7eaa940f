"""Codes and what they name: of a product its code tells it from others, and its name is what people read.

One name of each code in nearly all lines (of rare ones it is spelt otherwise), told from the cells as well as from what
columns are called.
"""

import re
from collections.abc import Mapping
from itertools import islice

import pandas as pd

from connectors import dates, looks, names
from data import meaning
from data.dataset import Reading
from locales import N_

CALLED = "called"  # key of readings
PARTIES = ("store", "supplier", "customer")  # of which a line has one column, code or name
ANY_CODE = re.compile(
    r"(?:code|codigo|codice|cod|kod|kodu|ref\w{0,6}|referen\w+|id|no|nr|num\w*|plu|sku|ean|gtin|"
    r"型番|コード|编码|编号)"
)
HEAD = 1_000  # rows
ROWS = 20  # lines from which codes that never come twice are no products, where their names do


def described(head: pd.DataFrame, found: Mapping[str, str]) -> dict[str, str]:
    """What was `found` with the code of products as the product, and their name as its description."""
    given = found.get("product")
    if given is None or "description" in found:
        return dict(found)
    rivals = _rivals(head, found, "product", "description")
    if name := next((one for one in rivals if _wordy(head[one]) and _names(head[given], head[one])), None):
        code = head[given].dropna()
        if len(code) >= ROWS and code.is_unique and 2 * head[name].nunique() <= len(code):
            return {**found, "product": name}  # a number of each line, though it is called a reference
        return {**found, "description": name}
    if not _wordy(head[given]):
        return dict(found)
    named = (
        one for one in islice(head, looks.TRIED) if one not in found.values() and ANY_CODE.fullmatch(names.bare(one))
    )
    for code in dict.fromkeys([*rivals, *named]):
        if not _wordy(head[code]) and not head[code].is_unique and _names(head[code], head[given]):
            return {**found, "product": code, "description": given}
    return dict(found)


def parties(head: pd.DataFrame, found: Mapping[str, str]) -> dict[str, str]:
    """What was `found` with stores and suppliers by their names where each name is of one code, else by their codes;
    customers always by their codes, which other files have too."""
    made = dict(found)
    for role in PARTIES:
        if other := _other(head, made, role):
            code, name = (other, made[role]) if _wordy(head[made[role]]) else (made[role], other)
            by_name = role != "customer" and _names(head[name], head[code])
            made[role] = name if by_name else code
    return made


def chosen(
    text: pd.DataFrame, mapping: dict[str, str], choices: Mapping[str, str], readings: list[Reading]
) -> dict[str, str]:
    """The mapping with the code or the name of stores, suppliers and customers, as somebody chose; said where a
    file has both."""
    head = text.head(HEAD)
    for role in PARTIES:
        if (other := _other(head, mapping, role)) is None:
            continue
        given, key = mapping[role], f"{CALLED}:{role}"
        taken = choices.get(key, given)
        taken = taken if taken in (given, other) else given
        message = N_("Codes and names of the same stand side by side: “{column}” is what they are told apart by.")
        readings.append(Reading(key, message, taken, (given, other), {"column": taken}))
        mapping = {**mapping, role: taken}
    return mapping


def _other(head: pd.DataFrame, found: Mapping[str, str], role: str) -> str | None:
    """The column of codes beside one of names that was found for `role`, or the other way round."""
    given = found.get(role)
    if given is None or head[given].dropna().is_unique:
        return None
    words = _wordy(head[given])
    for other in _rivals(head, found, role):
        if _wordy(head[other]) == words:
            continue
        code, name = (head[other], head[given]) if words else (head[given], head[other])
        if _names(code, name):
            return other
    return None


def _rivals(head: pd.DataFrame, found: Mapping[str, str], *roles: str) -> list[str]:
    tiers = [tier for role in roles for tier in names.likely(head, role)]
    return list(dict.fromkeys(one for tier in tiers for one in tier if one not in found.values()))


def _wordy(text: pd.Series) -> bool:
    """Whether cells are words as people read them: more letters than digits, and digits only behind a blank."""
    some = text.dropna()
    if some.empty or dates.dated(some):
        return False
    letters = some.str.count(r"[^\W\d_]")
    words = letters.gt(some.str.count(r"\d")) & (some.str.contains(r"\s") | ~some.str.contains(r"\d"))
    short = some.str.fullmatch(r"[A-Z]{1,4}").mean()  # country codes
    return bool(words.mean() >= 1 - looks.STRANGE and short < looks.NAMED)


def _names(code: pd.Series, name: pd.Series) -> bool:
    """Whether a code has one name in nearly all its lines, and different codes have different ones."""
    both = pd.DataFrame(
        {"code": code, "name": name.map(meaning.plain, na_action="ignore").replace("", pd.NA).fillna(name)}
    )
    both = both.dropna()
    if both["name"].nunique() < 2 or len(both) < looks.NAMED * code.notna().sum():
        return False
    counts = both.value_counts(["code", "name"])
    most = counts.groupby("code").max().sum()
    return bool(most >= (1 - looks.STRANGE) * len(both))
