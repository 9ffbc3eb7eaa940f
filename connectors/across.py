"""Tables beside the sales whose values stand in several columns, turned into long ones: a row each.

Prices from so many units on ("Price 1-9", "100+"), a stock in several shops, what came in beside what went out; and
the shortest beside the longest lead time, which become one column.
"""

import itertools
import re
from collections.abc import Mapping, Sequence

import pandas as pd

from connectors import names, numbers, vocabulary, wide
from data import meaning
from data.beside import COUNT, MOVES, PRICES
from data.dataset import Reading
from locales import N_

MIN_COLUMNS = 2
BETWEEN = "the middle of both"
_WORDS = r"(?:(?:unit |net )?(?:prices?|prix|preise?|precio|prezzo|costs?|tarifs?|qty|qt[eé]|menge|from|ab|d[eè]s|da|"
_WORDS += r"[aà] partir de|min|>=|≥|break|staffel)[ .:_-]*)*"
_BREAK = re.compile(
    rf"{_WORDS}(\d+)(?P<open> ?\+| ?(?:[-–—]|to|[aà]|bis) ?\d+| ?(?:and|et|und|ou|or) (?:more|plus|mehr|up|\+))?"
    r" ?(?:pcs|units?|unit[eé]s|stk|st|pi[eè]ces|ud)?"
)
_PAIR = re.compile(r"(?:break |tier |min )?(qty|quantity|qt[eé]|quantit[eé]|menge|price|prix|preis|cost)[ _]?(\d)")
_PRICED = ("price", "prix", "preis", "cost")
_LEAD = {"lead", "leadtime", "delai", "delais", "lieferzeit", "delivery", "livraison", "plazo", "entrega", "consegna",
         "levertijd", "lieferfrist"}  # fmt: skip
_LEAST = {"min", "mini", "minimum", "minimal", "minimale", "minimo", "from", "von", "shortest", "fastest"}
_MOST = {"max", "maxi", "maximum", "maximal", "maximale", "massimo", "maximo", "to", "bis", "longest", "slowest"}
UNITS = {  # days of a lead time's units, by the beginnings of their names
    "week|weke|wk|woch|sem|setti|tyd": 7, "month|mois|monat|mes|maand": 30, "day|jour|tag|d[ií]a|giorn|dag|j|d|t": 1,
}  # fmt: skip
_UNIT = re.compile(rf"\b(?:{'|'.join(unit for unit, days in UNITS.items() if days > 1)})\w*")
_IN = re.compile(r"(?:qty|qte|stock)?(?:in|entrees?|zugange?|eingange?|receipts?|received|entradas?|carico)(?:qty)?")
_OUT = re.compile(r"(?:qty|qte|stock)?(?:out|sorties?|abgange?|ausgange?|issued?|issues|salidas?|scarico)(?:qty)?")


def turned(
    frame: pd.DataFrame, table: str, found: Mapping[str, str], layout: Mapping[str, str]
) -> tuple[pd.DataFrame, list[Reading]]:
    """The long table of a wide one, `found` (canonical -> source) being what its columns are; any other as it stands.

    Its rows keep their numbers in the file.
    """
    if table == PRICES and (breaks := _breaks(frame)):
        kind = N_("{count} columns are prices from so many units on, from “{start}” to “{end}”: a row is made of each.")
        parts = [(("from_quantity", "unit_cost"), (least, price)) for least, price in breaks]
        return _long(frame, parts, kind, layout, is_open=False)
    if table == COUNT and "on_hand" not in found and (shops := _shops(frame, found)):
        kind = N_("{count} columns seem to be shops, from “{start}” to “{end}”: a row is made of each.")
        return _long(frame, [(("store", "on_hand"), (shop, shop)) for shop in shops], kind, layout, is_open=True)
    if table == "suppliers" and "lead_time_mean" not in found and (ends := _lead(frame)):
        kind = N_("“{start}” and “{end}” are the shortest and the longest time: the middle of both is taken.")
        chosen, said = layout.get(wide.WIDE, BETWEEN), dict(zip(("start", "end"), ends, strict=True))
        reading = Reading(wide.WIDE, kind, chosen, (BETWEEN, *ends), said)
        least, most = (frame[one].fillna(frame[other]) for one, other in (ends, ends[::-1]))
        unit = _UNIT.search(meaning.plain(ends[0]))
        between = least.str.extract(r"(\d+(?:[.,]\d+)?)", expand=False) + "-" + most
        lead = (between if chosen == BETWEEN else frame[chosen]) + (f" {unit[0]}" if unit else "")
        return frame.drop(columns=list(ends)).assign(lead_time_mean=lead), [reading]
    if table == MOVES and "move" not in found:
        sides = [next((name for name in frame if side.fullmatch(names.bare(name))), "") for side in (_IN, _OUT)]
        if all(sides):
            kind = N_("“{start}” came in and “{end}” went out: a row is made of each.")
            parts = [(("move", "quantity"), (word, side)) for word, side in zip(("in", "out"), sides, strict=True)]
            return _long(frame, parts, kind, layout, is_open=False)
    return frame, []


def _long(
    frame: pd.DataFrame,
    parts: Sequence[tuple[tuple[str, str], tuple[str, str]]],
    kind: str,
    layout: Mapping[str, str],
    is_open: bool,
) -> tuple[pd.DataFrame, list[Reading]]:
    """A row for each of `parts` (names of two columns; what stands in the first, or the column of it, and the column of
    the second) that is filled."""
    across = [source for _called, (_first, source) in parts]
    chosen = layout.get(wide.WIDE, wide.TURNED)
    said = {"count": str(len(parts)), "start": across[0], "end": across[-1]}
    options = (wide.TURNED, wide.AS_IT_STANDS)
    reading = Reading(wide.WIDE, kind, chosen, options, said, is_open and wide.WIDE not in layout)
    if chosen == wide.AS_IT_STANDS:
        return frame, [reading]
    used = {one for _called, pair in parts for one in pair}
    rest = frame[[name for name in frame if name not in used and not wide.SUMS.fullmatch(names.bare(name))]]
    made = []
    for (first, second), (value, source) in parts:
        told = frame[value] if value in frame and value != source else pd.Series(value, frame.index, dtype="str")
        some = rest.drop(columns=[first, second], errors="ignore").assign(**{first: told, second: frame[source]})
        made.append(some[frame[source].notna() & frame[source].str.strip().ne("").fillna(False)])
    return pd.concat(made).sort_index(kind="stable"), [reading]


def _lead(frame: pd.DataFrame) -> list[str] | None:
    """The columns with the shortest and the longest lead time, by their names."""
    words = {name: meaning.plain(name).split() for name in frame}
    about = [name for name, said in words.items() if _LEAD & set(said)]
    ends = [[name for name in about if end & set(words[name])] for end in (_LEAST, _MOST)]
    return [ends[0][0], ends[1][0]] if all(len(some) == 1 for some in ends) and ends[0] != ends[1] else None


def _breaks(frame: pd.DataFrame) -> list[tuple[str, str]]:
    """The quantities (or the columns with them) from which prices hold, each with the column of its price."""
    pairs: dict[str, dict[str, str]] = {}
    for name in frame:
        if pair := _PAIR.fullmatch(str(name).casefold().strip()):
            pairs.setdefault(pair[2], {})["price" if pair[1] in _PRICED else "least"] = name
    if len(pairs) >= MIN_COLUMNS and all(set(one) == {"price", "least"} for one in pairs.values()):
        return [(one["least"], one["price"]) for _place, one in sorted(pairs.items())]
    found = {name: _BREAK.fullmatch(str(name).casefold().strip()) for name in frame}
    breaks = {name: int(one[1]) for name, one in found.items() if one and _numeric(frame[name])}
    least = list(breaks.values())
    counted = least == list(range(least[0], least[0] + len(least))) if least else True  # Price 1, 2, 3: lists of prices
    said = any(one["open"] for one in found.values() if one)
    rising = all(a < b for a, b in itertools.pairwise(least))
    years = all(1900 <= one <= 2100 for one in least)
    if len(least) < MIN_COLUMNS or not rising or years or (counted and not said):
        return []
    return [(str(one), name) for name, one in breaks.items()]


def _shops(frame: pd.DataFrame, found: Mapping[str, str]) -> list[str]:
    """The columns of numbers beside a product that comes once, none of which is called like anything that is known."""
    if "product" not in found or "store" in found or frame[found["product"]].duplicated().any():
        return []
    rest = [name for name in frame if name not in found.values() and _numeric(frame[name])]
    rest = [name for name in rest if not wide.SUMS.fullmatch(names.bare(name)) and re.search(r"[^\W\d]", name)]
    roles = [role for role in vocabulary.SALES if role not in ("product", "description", "store", "category")]
    known = any(tier for role in roles for tier in names.likely(rest, role))
    rest = [name for name in rest if name not in wide.adding_up(frame, rest)]
    return [] if known or len(rest) < MIN_COLUMNS else rest


def _numeric(text: pd.Series) -> bool:
    some = text.dropna().str.strip()
    some = some[some.ne("")]
    return len(some) > 0 and bool(numbers.read(some).values.notna().all())
