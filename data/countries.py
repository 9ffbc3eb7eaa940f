"""Whose bank holidays a dataset of sales has: a setting of it, guessed from what it says, and by store where it tells.

A store that is named like a country, or has one, has its own. Else the currency says it, where one country alone has
it, or the language of the products. What nothing speaks for is not guessed.
"""

from collections.abc import Collection
from dataclasses import dataclass

from data import meaning, tables
from data.tables import Stored
from locales import N_

CHOSEN = N_("chosen")
STORE = N_("guessed from the store")
MOST = N_("guessed: most is sold there")
CURRENCY = N_("guessed from the currency")
WORDS = N_("guessed from the language of the products")
SEVERAL = N_("there are several countries, none with most of the sales")
NOTHING = N_("nothing in these data says it")
MAIN = 0.5  # share of the revenue from which the whole has the holidays of one country
NAMED = 0.5  # share of stores named like countries from which the column is one of countries

# How much each store sold, the most first; and some names, of the largest products first.
STORES = """
    SELECT store, sum(amount) AS revenue FROM sales WHERE line_type = 'sale' AND store IS NOT NULL
    GROUP BY store ORDER BY revenue DESC
"""
NAMES = "SELECT {name} AS name FROM sales GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 400"


@dataclass(frozen=True)
class Country:
    """An ISO 3166 `code`, "" where none is known, and `why` (marked for translation)."""

    code: str
    why: str


_guesses: dict[str, dict[str, Country]] = {}  # of a version, whose content never changes
_KEPT = 20


def guessed(stored: Stored) -> dict[str, Country]:
    """The country of everything ("") and of each store that tells one."""
    found = _guesses.get(stored.version)
    if found is None:
        while len(_guesses) >= _KEPT:
            _guesses.pop(next(iter(_guesses)), None)
        found = _guesses[stored.version] = _guess(stored)
    return found


def _guess(stored: Stored) -> dict[str, Country]:
    columns = stored.columns["sales"]
    sold = tables.query(stored, STORES) if "store" in columns else None
    found: dict[str, Country] = {}
    if sold is not None and len(sold):
        codes = _of_stores(stored, [str(store) for store in sold["store"]])
        revenue = dict(zip(sold["store"].astype(str), sold["revenue"].clip(lower=0), strict=True))
        found = {store: Country(code, STORE) for store, code in codes.items() if code}
        each: dict[str, float] = {}
        for store, country in found.items():
            each[country.code] = each.get(country.code, 0.0) + revenue[store]
        if each:
            code, most = max(each.items(), key=lambda one: one[1])
            sure = most > MAIN * sum(revenue.values())
            found[""] = Country(code, STORE if len(each) == 1 else MOST) if sure else Country("", SEVERAL)
            return found
    if code := meaning.country_of_currency(stored.origin.currency or ""):
        return found | {"": Country(code, CURRENCY)}
    for name in (name for name in ("description", "category") if name in columns):
        if code := meaning.country_of_words(tables.query(stored, NAMES.format(name=name))["name"].dropna()):
            return found | {"": Country(code, WORDS)}
    return found | {"": Country("", NOTHING)}


def _of_stores(stored: Stored, stores: list[str]) -> dict[str, str]:
    if "country" in stored.columns.get("stores", {}):
        kept = tables.read(stored, "stores", columns=["store", "country"]).dropna()
        return {str(store): meaning.country(name) for store, name in kept.itertuples(index=False) if store in stores}
    return named(stores)


def named(stores: Collection[str]) -> dict[str, str]:
    """The ISO 3166 code of each store that is called like a country; none where too few of them are."""
    codes = {store: meaning.country(store) for store in stores}
    return codes if sum(map(bool, codes.values())) >= NAMED * len(stores) else {}


def of(stored: Stored, part: str | None = None, value: str | None = None) -> Country:
    """The country of everything or of a part of it: what was chosen for it, then what was guessed.

    Only stores have countries of their own.
    """
    found, settled, store = guessed(stored), tables.countries(stored), key(part, value)
    for name in dict.fromkeys((store, "")):
        if name in settled:
            return Country(settled[name], CHOSEN)
        if name in found:
            return found[name]
    return Country("", NOTHING)


def key(part: str | None, value: str | None) -> str:
    """The name under which the country of a part is kept: its own for a store, else that of everything."""
    return str(value) if part == "store" and value else ""
