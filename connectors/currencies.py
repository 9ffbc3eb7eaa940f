"""Currencies as files name them: INR, usd, €, Euro."""

import re
from functools import cache

import pandas as pd
from babel.core import get_global
from babel.numbers import get_territory_currencies, list_currencies

from connectors import names, numbers
from data import meaning

WORDS = {
    "euro": "EUR", "euros": "EUR", "dollar": "USD", "dollars": "USD", "us dollar": "USD", "pound": "GBP",
    "pounds": "GBP", "pound sterling": "GBP", "livre sterling": "GBP", "rupee": "INR", "rupees": "INR", "rs": "INR",
    "yen": "JPY",
    "franc suisse": "CHF", "swiss franc": "CHF", "rmb": "CNY", "yuan": "CNY", "ruble": "RUB", "rubles": "RUB",
    "real": "BRL",
}  # fmt: skip


@cache
def known() -> frozenset[str]:
    """Every code of ISO 4217 that Babel knows."""
    return frozenset(list_currencies())


@cache
def current() -> list[str]:
    """The codes of money that is legal tender somewhere."""
    return sorted({code for place in get_global("territory_currencies") for code in get_territory_currencies(place)})


def codes(text: pd.Series) -> pd.Series:
    """The code of each cell, missing where it names no currency."""
    found = {cell: _code(cell) for cell in text.dropna().unique()}
    return text.map(found, na_action="ignore").astype("str")


def of(text: pd.DataFrame, sources: list[str], title: str = "") -> str | None:
    """The one currency that some columns of money name, in their cells or in their names ("Price (USD)"); else the one
    that a title above them has in brackets."""
    signs = {code for source in sources for code in numbers.currencies(text[source]) if code in known()}
    for source in sources:
        signs |= _words(source)
        signs |= {code for sign, code in numbers.SIGNS.items() if sign in str(source) and not sign[0].isascii()}
        signs |= {"USD" for sign in ("$",) if sign in str(source) and not re.search(r"[A-Z]\$", str(source))}
        signs |= {
            code for sign, code in numbers.SIGNS.items() if len(sign) > 1 and sign.endswith("$") and sign in str(source)
        }
    if not signs:
        signs = {code for one in re.findall(r"[\[(]([^\])]*)[\])]", title) for code in _words(one)}
        signs |= set(re.findall(r"\b(?:in|en) ([A-Z]{3})\b", title)) & known()
    return signs.pop() if len(signs) == 1 else None


def marked(text: pd.DataFrame, sources: list[str]) -> pd.Series | None:
    """The currency that each line's money names itself ("$12", "12 EUR"); None where no cell names one."""
    found = pd.Series(pd.NA, text.index, dtype="str")
    for source in sources:
        found = found.fillna(numbers.named(text[source]))
    return found if found.notna().any() else None


def _words(source: str) -> set[str]:
    """The currencies that the name of a column says in words."""
    words = meaning.plain(source).split()
    # MntWines and top_product name no money: a code stands there in capitals, or at the end.
    codes = {word.upper() for word in words if word.upper() in known() and word not in ("all", "top")
             and (word == words[-1] or re.search(rf"(?<![A-Z]){word.upper()}(?![A-Za-z])", source))}  # fmt: skip
    return codes | {WORDS[word] for word in words if word in WORDS and names.bare(source) != word}


def either(text: pd.DataFrame, sources: list[str]) -> tuple[str, ...]:
    """The currencies of which one is meant by a sign that several have (¥, kr), where nothing else names one.

    The yen has no coins of a hundredth: ¥ with decimals is the yuan.
    """
    for source in sources:
        found = {sign for sign in numbers.signs(text[source]) if sign in numbers.EITHER}
        found |= {sign for sign in ("¥",) if sign in str(source)}
        if found and not _words(source):
            options = numbers.EITHER[found.pop()]
            values = numbers.read(text[source].head(numbers.LOOKED_AT)).values.dropna()
            whole = bool((values % 1 == 0).all())
            return options if "JPY" not in options or whole else ("CNY",)
    return ()


def _code(cell: str) -> str | None:
    word = cell.strip()
    if word.upper() in known():
        return word.upper()
    return numbers.SIGNS.get(word) or WORDS.get(meaning.plain(word))
