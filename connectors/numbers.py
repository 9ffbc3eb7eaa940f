"""Numbers as people write them: 1,250.00 and 1.250,00, $12, (3), 10 %, 1 234,5 €.

A cell that can only be read in one way is read so. One with three digits behind a single mark ("1,250") can be two
numbers: the other cells of its column decide, then the rest of the file; where neither does, the column is `even`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import pandas as pd
from babel.numbers import list_currencies

POINT, COMMA = "decimal point", "decimal comma"
STYLES = (POINT, COMMA)
LOOKED_AT = 1_000  # cells that mostly show how a column is written
CLEAR = 20  # so many times more cells written one way than the other: those are slips
UNPADDED = 30  # numbers of three decimals none of which ends in 0: written by a machine, as thousands never are
MISSING = {"-", "--", "–", "—", ".", "?", "na", "n/a", "#n/a", "n.a.", "nan", "null", "none", "nil", "nd", "n.d.", "nc",
           "closed", "fermé", "fermée", "geschlossen", "ruhetag", "cerrado", "chiuso", "gesloten",
           "fechado", "nieczynne",
           "#div/0!", "#value!", "#ref!", "#name?", "#num!", "(blank)", "(vide)"}  # fmt: skip
SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₽": "RUB", "₩": "KRW", "₺": "TRY", "₴": "UAH",
         "₪": "ILS", "฿": "THB", "₫": "VND", "₱": "PHP", "₦": "NGN", "R$": "BRL", "zł": "PLN", "Kč": "CZK",
         "Rs": "INR", "Rs.": "INR", "US$": "USD", "CA$": "CAD", "AU$": "AUD", "NZ$": "NZD", "HK$": "HKD", "MX$": "MXN",
         "NT$": "TWD", "C$": "CAD", "A$": "AUD", "S$": "SGD", "Fr": "CHF", "Fr.": "CHF", "円": "JPY", "元": "CNY",
         "￦": "KRW", "원": "KRW", "TL": "TRY", "руб": "RUB", "руб.": "RUB", "грн": "UAH", "грн.": "UAH", "Ft": "HUF",
         "lei": "RON", "Rp": "IDR", "Rp.": "IDR", "RM": "MYR", "KSh": "KES", "S/": "PEN", "৳": "BDT", "₸": "KZT",
         "₾": "GEL", "₼": "AZN", "₲": "PYG", "₡": "CRC", "₵": "GHS"}  # fmt: skip
EITHER = {
    "¥": ("JPY", "CNY"),
    "￥": ("JPY", "CNY"),
    "kr": ("SEK", "NOK", "DKK"),
    "kr.": ("SEK", "NOK", "DKK"),
}  # signs of several
ENGLISH = {"USD", "GBP", "INR", "AUD", "CAD", "NZD", "JPY", "CNY", "ILS", "PHP", "NGN", "THB", "KRW"}
WHOLE = {"IDR", "VND", "CLP", "COP", "PYG", "KRW", "JPY", "HUF", "ISK"}  # nobody writes decimals of these
_SIGN = (
    r"[$€£¥₹₽₩₺₴₪฿₫₱₦円元￦￥원৳₸₾₼₲₡₵]|[RCAS]\$|zł"
    r"|Kč|Rs\.?|kr\.?|Fr\.?|TL|руб\.?|грн\.?|Ft|lei|Rp\.?|RM|KSh|S/|[A-Z]{3}|[A-Z]{2}\$"
)
_SIGNED = re.compile(rf"^[+(-]?\s*({_SIGN})\s*[-+(]?[\d.,]|[\d.,)-]\s*({_SIGN})\s*\)?$")
_NOTHING = re.compile(rf"^(?:{_SIGN})[-–—]$|^[-–—](?:{_SIGN})$")  # as bookkeepers write zero
_SOME = r"[0-9–—-]"  # what a number, or nothing as bookkeepers write it, has
_NO_CENTS = re.compile(r"(?<=\d)[.,][-–—]+")  # 28.–
_WORN = re.compile(rf"^([+-]?)(?:{_SIGN})|(?:{_SIGN})$|%$")
_LARGE = re.compile(rf"^[+-]?\(?(?:{_SIGN})[\d.,]+([kKmM])\)?$|^[+-]?[\d.,]+([kKmM])(?:{_SIGN})$")
_ALL_LARGE = re.compile(r"[+-]?[\d.,]+[kKM]")
_LETTER = re.compile(r"(?<=\d)[kKmM]")
_UNIT = re.compile(
    rf"^(.*\d(?: ?(?:{_SIGN}))?) ?(?:/|per |par )? ?(uds?|pcs?|pzs?|pz[ai]?|szt|stk|stck|st[uü]cks?|units?|"
    r"unit[eé]s?|ea|each|x|kgs?|pi[eè]ces?|unidades|unidad|stuks?)\.?$",
    re.IGNORECASE,
)
_BLANKS = re.compile(r"[\s\u00a0\u202f\u2009'’`]")
_MINUS = re.compile(r"^\((.+)\)$|^(.+)-$")
_BOTH_POINT = r"[+-]?\d{1,3}(?:,\d{2,3})*,\d{3}\.\d*"
_BOTH_COMMA = r"[+-]?\d{1,3}(?:\.\d{3})+,\d*"
_GROUPS_POINT = r"[+-]?[1-9]\d{0,2}(?:,\d{2,3})+,\d{3}"  # two commas and more; 1,23,456 as in India
_GROUPS_COMMA = r"[+-]?[1-9]\d{0,2}(?:\.\d{3}){2,}"
_EITHER_COMMA = r"[+-]?[1-9]\d{0,2},\d{3}"
_EITHER_POINT = r"[+-]?[1-9]\d{0,2}\.\d{3}"
_DIGITS = r"[+-]?[\d.,]*\d[\d.,]*(?:[eE][+-]?\d+)?"  # all that a number may be made of
_ONE_COMMA = r"[+-]?\d*,\d+|[+-]?\d+,"


_DIGITS_ELSEWHERE = "[٠-٩۰-۹०-९০-৯０-９]"
_LATIN = {
    ord(digit): str(place % 10)
    for digits in ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९", "০১২৩৪৫৬৭৮৯", "０１２３４５６７８９")
    for place, digit in enumerate(digits)
} | {ord("٫"): ".", ord("٬"): ",", ord("．"): ".", ord("，"): ",", ord("－"): "-", ord("／"): "/"}


def latin(text: pd.Series) -> pd.Series:
    """A column of numbers or dates in digits of other scripts (١٢٫٥) in Latin ones; any other as it stands."""
    head = text.dropna().head(LOOKED_AT)
    if not head.str.contains(_DIGITS_ELSEWHERE, regex=True).any():
        return text
    letters = head.str.contains(r"[^\W\d_]{4,}|[A-Za-z]", regex=True)
    return text if letters.any() else text.map(lambda cell: cell.translate(_LATIN), na_action="ignore")


@dataclass(frozen=True)
class Numbers:
    """What a column of text is as numbers.

    `values` are floats, missing where a cell is none; `written` counts cells that needed more than a cast. `style` is
    how the cells with a mark were read, None where no mark matters; `doubtful` counts those that are two numbers, of
    which `example` is one; `even` says that nothing told which. `percent`: most cells carry a % (and are shares now).
    `marks`: each unambiguous style with its number of cells.
    """

    values: pd.Series
    written: int = 0
    style: str | None = None
    doubtful: int = 0
    even: bool = False
    example: str = ""
    percent: bool = False
    marks: tuple[tuple[str, int], ...] = ()


def read(
    text: pd.Series, chosen: str | None = None, file: Callable[[], str | None] = lambda: None, english: bool = False
) -> Numbers:
    """The numbers in a column of stripped text. `chosen` is the style that somebody asked for.

    `file()` is the style of the rest of the file, asked for in doubt only; `english` says that commas part its columns.
    """
    simple = _plain(text)
    odd = simple.isna() & text.notna()
    rest = text[odd]
    if len(rest):
        rest = rest[~rest.str.casefold().isin(MISSING)]
    rest = _without_codes(_without_unit(rest))
    pointed = text[~odd]
    if pointed.empty and not rest.str.contains(_SOME, regex=True).any():  # words: most columns of most files
        return Numbers(finite(simple))
    dotted = pointed[pointed.str.fullmatch(_EITHER_POINT, na=False)] if _three_digits(pointed) else pointed.iloc[:0]
    if rest.empty and dotted.empty:
        return Numbers(finite(simple))
    bare, percent, times = _bare(rest)
    bare = bare[bare.str.fullmatch(_DIGITS)]
    if bare.empty and dotted.empty:
        return Numbers(finite(simple))
    counts = {
        POINT: int((bare.str.fullmatch(_BOTH_POINT) | bare.str.fullmatch(_GROUPS_POINT)).sum()) + _decimals(pointed),
        COMMA: int((bare.str.fullmatch(_BOTH_COMMA) | bare.str.fullmatch(_GROUPS_COMMA)).sum()),
    }
    single = bare.str.fullmatch(_ONE_COMMA)
    doubtful = bare.str.fullmatch(_EITHER_COMMA)
    counts[COMMA] += int((single & ~doubtful).sum())
    dressed = bare[bare.str.fullmatch(_EITHER_POINT)]  # $1.250
    plain_points = bare.str.fullmatch(r"[+-]?\d*\.\d+") & ~bare.index.isin(dressed.index)
    counts[POINT] += int(plain_points.sum())
    commas, points = bare[doubtful], pd.concat([dotted, dressed])
    style, even = None, False
    if len(commas) or len(points):
        plain = pd.concat([pointed, bare])
        style, even = _style(counts, commas, points, plain, rest, file, english)
        if chosen in STYLES:
            against = counts[POINT if chosen == COMMA else COMMA] > CLEAR * (counts[chosen] + 1)
            style, even = chosen, against
    elif counts[POINT] or counts[COMMA]:
        style = POINT if counts[POINT] >= counts[COMMA] else COMMA
    values = simple.astype(float)
    if len(bare):
        values = values.fillna(_values(bare, style or POINT))
    if style == COMMA and len(points):
        values[points.index] = pd.to_numeric(points.str.replace(".", "", regex=False), errors="coerce").astype(float)
    if len(percent):
        values.loc[percent] = values.loc[percent] / 100
    if len(times):
        values.loc[times.index] = (values.loc[times.index] * times).round(6)
    both = pd.concat([commas, points])
    return Numbers(
        finite(values),
        int(values[rest.index].notna().sum()),
        style,
        len(both),
        even,
        "" if both.empty else str(text[both.index[0]]),
        bool(len(percent) > 0.5 * text.notna().sum()),
        tuple(counts.items()),
    )


def _without_unit(rest: pd.Series) -> pd.Series:
    """Cells without the unit that all of them name: 5 pcs, 18,21 €/kg."""
    if rest.empty or not rest.iloc[0][-1:].isalpha() or not rest.head(LOOKED_AT).str.fullmatch(_UNIT).all():
        return rest
    found = rest.str.extract(_UNIT)
    return found[0] if found[1].str.casefold().nunique() == 1 and found[1].notna().all() else rest


def _without_codes(rest: pd.Series) -> pd.Series:
    """Cells without those that are the number of something: INV0012, ORD-7, CUP001. Of three capitals before digits
    only the code of a currency goes with money, and no money has a zero before its other digits."""
    named = rest.str.match(r"[A-Z]{3}[ -]?\d")
    if not named.any():
        return rest
    return rest[~(named & (~rest.str.slice(0, 3).isin(_currencies()) | rest.str.match(r"[A-Z]{3}[ -]?0\d")))]


@cache
def _currencies() -> frozenset[str]:
    """Codes of ISO 4217, and what people write in their place."""
    return frozenset(list_currencies()) | {"CFA", "RMB", "NTD"}


def _plain(text: pd.Series) -> pd.Series:
    """The cells that are numbers as programs write them, others missing."""
    import pyarrow as pa

    try:  # a tenth of the time, where all are
        found = pa.array(text, pa.large_string()).cast(pa.float64()).to_numpy(zero_copy_only=False)
        return pd.Series(found, text.index)
    except (pa.ArrowInvalid, TypeError):
        return pd.to_numeric(text, errors="coerce")


def finite(values: pd.Series) -> pd.Series:
    """As floats, infinities missing."""
    return values.astype(float).where(values.abs() < float("inf"))


def currencies(text: pd.Series) -> dict[str, int]:
    """The currencies that the cells of a column name themselves ("$12", "12 EUR"), with how many cells each."""
    found = signs(text)
    return {
        SIGNS.get(sign, sign): count
        for sign, count in found.items()
        if sign in SIGNS or (sign.isalpha() and len(sign) == 3)
    }


def named(text: pd.Series) -> pd.Series:
    """The currency that each cell of a column names itself, missing where it names none."""
    if _plain(text).notna().sum() == text.notna().sum():
        return pd.Series(pd.NA, text.index, dtype="str")
    found = text.str.extract(_SIGNED)
    said = found[0].fillna(found[1])
    return said.map({sign: SIGNS.get(sign, sign) for sign in said.dropna().unique()
                     if sign in SIGNS or (sign.isalpha() and len(sign) == 3)}).astype("str")  # fmt: skip


def signs(text: pd.Series) -> dict[str, int]:
    """The signs and codes of currencies in the cells of a column, as they stand there, with how many cells each."""
    head = text.dropna().head(LOOKED_AT)
    found = head.str.extract(_SIGNED)
    return {sign: int(count) for sign, count in found[0].fillna(found[1]).dropna().value_counts().items()}


def style_of(columns: list[pd.Series]) -> str | None:
    """How a file writes its numbers, by the cells of its columns that can be read in one way only; None: not shown."""
    counts = dict.fromkeys(STYLES, 0)
    for column in columns:
        bare, _percent, _times = _bare(column.dropna().head(LOOKED_AT))
        single = bare.str.fullmatch(_ONE_COMMA) & ~bare.str.fullmatch(_EITHER_COMMA)
        counts[COMMA] += int((single | bare.str.fullmatch(_BOTH_COMMA) | bare.str.fullmatch(_GROUPS_COMMA)).sum())
        counts[POINT] += _decimals(bare) + int(
            (bare.str.fullmatch(_BOTH_POINT) | bare.str.fullmatch(_GROUPS_POINT)).sum()
        )
    most = max(counts, key=lambda style: counts[style])
    least = min(counts.values())
    return most if counts[most] > CLEAR * least and counts[most] else None


def _three_digits(pointed: pd.Series) -> bool:
    """Whether every number of a column that has a point has three digits behind it, as far as its first cells show."""
    head = pointed.head(LOOKED_AT)
    head = head[head.str.contains(".", regex=False, na=False)]
    return len(head) > 0 and bool(head.str.fullmatch(_EITHER_POINT).all())


def _decimals(pointed: pd.Series) -> int:
    """How many of the first cells have a decimal point that can be nothing else."""
    head = pointed.head(LOOKED_AT)
    head = head[head.str.contains(".", regex=False, na=False)]
    return int((head.str.fullmatch(r"[+-]?\d*\.\d+") & ~head.str.fullmatch(_EITHER_POINT)).sum())


def _bare(rest: pd.Series) -> tuple[pd.Series, pd.Index, pd.Series]:
    """Cells without blanks, currencies and brackets; which of them carry a %, and by how much money is to be taken that
    is written in thousands or millions ($12.5k, 3 M€)."""
    bare = rest.str.replace(_BLANKS, "", regex=True).str.replace(_NO_CENTS, "", regex=True)
    large = bare[bare.str.contains(r"\d[kKmM]", regex=True)].str.extract(_LARGE).dropna(how="all")
    if large.empty and bare.str.fullmatch(_ALL_LARGE).all() and bare.str.contains(r"[.,]\d", regex=True).any():
        large = bare.str.extract(r"([kKM])$").assign(**{"1": None}).set_axis([0, 1], axis=1)  # 7.09k, all of them
    times = large[0].fillna(large[1]).str.casefold().map({"k": 1e3, "m": 1e6}).astype(float)
    if len(times):
        bare.loc[times.index] = bare.loc[times.index].str.replace(_LETTER, "", regex=True)
    bare = bare.str.replace(rf"^({_SIGN})\((.+)\)$", r"(\1\2)", regex=True)  # $(3)
    bare = bare.str.replace(_NOTHING, "0", regex=True).str.replace(r"^[−–]", "-", regex=True)
    percent = bare.index[bare.str.endswith("%", na=False)]
    bare = bare.str.replace(_MINUS, lambda found: "-" + (found[1] or found[2]), regex=True)
    return bare.str.replace(_WORN, r"\1", regex=True).str.replace(_WORN, r"\1", regex=True), percent, times


def _values(bare: pd.Series, style: str) -> pd.Series:
    """Bare cells as numbers: those of one reading by it, those of two by `style`."""
    comma = bare.str.fullmatch(_BOTH_COMMA) | bare.str.fullmatch(_GROUPS_COMMA)
    single = bare.str.fullmatch(_ONE_COMMA)
    either, pointed = bare.str.fullmatch(_EITHER_COMMA), bare.str.fullmatch(_EITHER_POINT)
    comma |= (single & ~either) | ((either | pointed) & (style == COMMA))
    point = bare.str.fullmatch(_BOTH_POINT) | bare.str.fullmatch(_GROUPS_POINT) | (either & (style == POINT))
    turned = bare.mask(point, bare.str.replace(",", "", regex=False))
    turned = turned.mask(comma, bare.str.replace(".", "", regex=False).str.replace(",", ".", regex=False))
    return pd.to_numeric(turned, errors="coerce")


def _style(
    counts: dict[str, int],
    commas: pd.Series,
    points: pd.Series,
    plain: pd.Series,
    rest: pd.Series,
    file: Callable[[], str | None],
    english: bool,
) -> tuple[str, bool]:
    """How the doubtful cells of a column are read, and whether that is a guess.

    `counts` are the cells of one reading; `commas` and `points` those of two; `plain` all without their dress.
    """
    ahead = max(counts, key=lambda style: counts[style])
    if counts[ahead] > CLEAR * counts[POINT if ahead == COMMA else COMMA]:
        return ahead, False
    if counts[ahead]:
        return ahead, True
    whole = plain[plain.str.fullmatch(r"[+-]?\d+")].str.lstrip("+-").str.len()
    small, large = bool((whole <= 3).any()), bool((whole > 3).any())
    thousands, decimals = (POINT, COMMA) if len(commas) else (COMMA, POINT)
    if len(commas) and len(points):  # 1,250 and 1.250
        return POINT, True
    elsewhere = file()
    if elsewhere is not None:
        return elsewhere, False
    if large:  # 1250 beside 1,250: no thousands are marked
        return decimals, not len(points)
    padded = points.str.endswith("0").any()
    if small and (len(commas) > 1 or padded):
        return thousands, False
    money = set(currencies(rest))
    if money and money <= WHOLE:
        return thousands, False
    if len(commas):
        return POINT, not (english or (money and money <= ENGLISH))
    if not padded and (len(points) >= UNPADDED or not (money - ENGLISH)):
        return POINT, False
    return POINT, not english or bool(money - ENGLISH)
