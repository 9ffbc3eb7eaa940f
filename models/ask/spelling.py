"""Questions and names in one spelling: small letters, no accents, no articles, no plurals."""

import re
import unicodedata
from functools import lru_cache

_CURRENCY = re.compile(r"[€£$]")
_TEA = re.compile(r"\bthé(?=s?\b)", re.IGNORECASE)  # no English article
_CELA = re.compile(r"\bça\b", re.IGNORECASE)
_TOP = re.compile(r"\b(top|flop|bottom)(?=\d)")
_WITHOUT, _WITH = re.compile(r"\bw/o\b"), re.compile(r"\bw/")
_OR_MORE = re.compile(r"(?<=\d)\+(?!\d)")
_POSSESSIVE = re.compile(r"(?<=\w)'s\b|(?<=s)'(?!\w)")
_ELIDED = re.compile(r"\b(?:[ldjnsmct]|qu|lorsqu|puisqu)'(?=\w)")
_ELIDED_IN_NAME = re.compile(r"_[dl]_(?=[aeiouyhâàéèêîôûœ])", re.IGNORECASE)  # "mode_d_entrée"
_NUMBER = re.compile(
    r"(?<![\w.,-])(?!0\d)(\d{1,3}(?:[ \u00a0\u202f,.]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?)(?: ?(k|m|mio)\b)?(?!\d)"
)
_WORD = re.compile(r"\d+(?:\.\d+)?|[^\W_]+|[%<>=≥≤\x00]+")
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SIBILANT = re.compile(r"(\w+(?:ss|x|ch|sh))es?")
_NOT_PLURAL = re.compile(r"(?:ss|us|is|as)$")


def plain(text: str) -> str:
    """`text` in small letters without accents, elisions ("l'année"), possessives and hyphens."""
    text = text.replace("’", "'").replace("œ", "oe").replace("Œ", "oe").replace("æ", "ae")
    text = _CURRENCY.sub(" euro ", text)
    if not text.isascii():  # names of a hundred thousand products are read here
        text = _CELA.sub("cela", _TEA.sub("tea", text))
        text = unicodedata.normalize("NFKD", text.casefold())
        text = "".join(character for character in text if not unicodedata.combining(character))
    text = _TOP.sub(r"\1 ", text.lower())
    if "w/" in text:
        text = _WITH.sub("with ", _WITHOUT.sub("without", text))
    if "+" in text:
        text = _OR_MORE.sub(" or more ", text)
    if "'" in text:
        text = text.replace("aujourd'hui", "aujourdhui").replace("n't", " not")
        text = _ELIDED.sub("", _POSSESSIVE.sub("", text)).replace("'", " ")
    return text


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A word without the ending of its plural, in English or French as far as that needs no dictionary."""
    if len(word) > 4 and word.endswith(("ies", "ie")):  # "categories", "catégorie"
        return word.rstrip("s")[:-2] + "y"
    if len(word) > 4 and word.endswith("eaux"):
        return word[:-1]
    if found := _SIBILANT.fullmatch(word):  # "passes", "boxes"; French has the e in the singular, too: "caisse"
        return found[1]
    if len(word) > 3 and word.endswith("s") and not _NOT_PLURAL.search(word):
        return word[:-1]
    return word


def words(text: str) -> tuple[str, ...]:
    """The words of a plain text, as they stand."""
    return tuple(_WORD.findall(text.replace("-", " ").replace("/", " ")))


@lru_cache(maxsize=50_000)
def key(name: str) -> tuple[str, ...]:
    """A name as it is looked up: its words, in singular, with capitals in the middle taken for new words."""
    parted = _CAPITAL.sub(" ", _ELIDED_IN_NAME.sub("_", name).replace("_", " "))
    return tuple(stem(word) for word in words(plain(parted)))


def numbers(text: str) -> str:
    """A plain text with its numbers as Python writes them: "1 000", "1,000" and "1k" become "1000"."""
    return _NUMBER.sub(_number, text)


def _number(found: re.Match[str]) -> str:
    digits, thousands = found[1], {"k": 1e3, "m": 1e6, "mio": 1e6}.get(found[2] or "", 1)
    if re.fullmatch(r"\d{1,3}(?:[ \u00a0\u202f,.]\d{3})+(?:[.,]\d+)?", digits):
        whole = re.split(r"[ \u00a0\u202f,.]", digits)
        fraction = whole.pop() if len(whole[-1]) != 3 else ""
        digits = "".join(whole) + (f".{fraction}" if fraction else "")
    value = float(digits.replace(",", ".")) * thousands
    return f"{value:.10g}" if value < 1e15 else digits
