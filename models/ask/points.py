"""Points in time in words, English and French: days, months, quarters, years, and the words for units and counts.

Patterns are of plain text (`models.ask.spelling.plain`). What is not said follows from where the data end: a month
without a year is the last one of that name which began in the data.
"""

import re
from dataclasses import dataclass, replace
from datetime import date

from models.ask import periods

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january janvier jan janv", "february fevrier feb fev fevr", "march mars mar", "april avril apr avr",
            "may mai", "june juin jun", "july juillet jul juil", "august aout aug", "september septembre sep sept",
            "october octobre oct", "november novembre nov", "december decembre dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
UNITS = {
    "day": "days? jours? journees?",
    "week": "weeks? wks? semaines?",
    "month": "months? mths? mois",
    "quarter": "quarters? qtrs? trimestres?",
    "year": "years? yrs? ans? annees?",
}
_COUNTS = {
    word: number
    for number, words in enumerate(
        ("one un une", "two deux", "three trois", "four quatre", "five cinq", "six", "seven sept", "eight huit",
         "nine neuf", "ten dix", "eleven onze", "twelve douze"),
        start=1,
    )
    for word in words.split()
}  # fmt: skip
_ORDINALS = {
    **dict.fromkeys(["first", "1st", "premier", "premiere", "1er", "1ere", "1re"], 1),
    **dict.fromkeys(["second", "2nd", "deuxieme", "2e", "2eme", "seconde"], 2),
    **dict.fromkeys(["third", "3rd", "troisieme", "3e", "3eme"], 3),
    **dict.fromkeys(["fourth", "4th", "quatrieme", "4e", "4eme", "last", "dernier"], 4),
}


def _any(words: "dict[str, int] | list[str]") -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


UNIT = "|".join(pattern for words in UNITS.values() for pattern in words.split())
MONTH = _any(MONTHS)
COUNT = rf"(?:\d{{1,3}}|{_any(_COUNTS)})"
ORDINAL = _any(_ORDINALS)
YEAR = r"(?:19|20)\d\d"
_OF = r"(?:\s*,?\s+(?:of\s+|in\s+|de\s+|en\s+)?(?:the\s+year\s+|annee\s+)?|[-/])"
_SOME_YEAR = rf"(?P<year>{YEAR}|this year|last year|cette annee|annee derniere|an dernier)"
_FIRST = "first|1st|premiere?|1er|1e?re"
_SECOND = "second|2nd|deuxieme|seconde|2e|2eme"
_NTH = rf"{_FIRST}|{_SECOND}|third|3rd|troisieme|3e|3eme|fourth|4th|quatrieme|4e|4eme"
POINTS = tuple(
    re.compile(rf"\b(?:{pattern})(?![\w])")
    for pattern in (
        rf"(?P<year>{YEAR})-(?P<month>\d\d)-(?P<day>\d\d)",
        rf"(?P<day>\d{{1,2}})[/.](?P<month>\d{{1,2}})[/.](?P<year>{YEAR})",
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th|er)?\s+(?:of\s+)?(?P<name>{MONTH})\b\.?(?:,?\s+(?P<year>{YEAR}))?",
        rf"(?P<name>{MONTH})\b\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<year>{YEAR}))?(?!\d)",
        rf"(?P<name>{MONTH})\b\.?{_OF}{_SOME_YEAR}",
        rf"(?P<year>{YEAR})-(?P<month>\d\d)",
        rf"(?P<month>0?[1-9]|1[0-2])/(?P<year>{YEAR})",
        rf"[qt](?P<quarter>[1-4])(?:[\s/-]*(?:of\s+|de\s+)?(?P<year>{YEAR}))?",
        rf"(?P<year>{YEAR})[\s-]*[qt](?P<quarter>[1-4])",
        rf"(?P<which>{ORDINAL})\s+(?:quarter|trimestre)(?P<spoken>){_OF}{_SOME_YEAR}",
        rf"(?P<which>{_NTH})\s+(?:quarter|trimestre)(?P<spoken>)",
        rf"[hs](?P<half>[12])(?:[\s/-]*(?P<year>{YEAR}))?",
        rf"(?P<which>{_FIRST}|{_SECOND}|last)\s+(?:half|semestre|moitie)(?P<spoken_half>)(?:{_OF}{_SOME_YEAR})?",
        rf"(?:week|semaine)\s+(?:number\s+|numero\s+)?(?P<week>\d{{1,2}})(?:{_OF}(?P<year>{YEAR}))?",
        rf"(?P<name>{MONTH})\b\.?",
        rf"(?P<year>{YEAR})",
    )
)
_BEFORE_A_MONTH = re.compile(
    r"(?:\b(?:in|for|during|since|until|till|from|to|between|and|of|last|this|en|de|du|depuis|entre|et|a|au|mois|pour|"
    r"pendant|vs|versus|with|on|le|past|before|after|avant|apres|than|que|compare|comparer)|,|\x00)\s*$"
)
_AFTER_A_MONTH = re.compile(
    rf"\s+(?:derniere?|passee?)\b|\s*(?:-|\b(?:to|till|until|through|thru|a|au|jusqu a|jusqu en)\b)\s*(?:{MONTH})\b"
)
_BEFORE_A_COUNT = re.compile(
    r"(?:\b(?:than|over|above|under|below|least|most|exceed(?:ing|s)?|more|less|plus de|moins de|superieure?s? a|"
    r"inferieure?s? a|au moins|au plus|depasse(?:nt)?|minimum|maximum|top|reference|code|product|produit|client|"
    r"customer)|[<>=])\s*$"
)
LAST_YEAR = ("last year", "annee derniere", "an dernier")
LEAP = 2024


@dataclass(frozen=True)
class Point:
    """A day, month, quarter ... as far as it was said."""

    year: int | None = None
    part: str = ""  # "-03", "-Q3", "-H1", "-W12", "-03-04"

    def spec(self) -> str:
        return f"{self.year}{self.part}"


def count(text: str) -> int:
    """A number in digits or words."""
    return 1 if text == "premier" else _COUNTS.get(text) or int(text)


def unit(text: str) -> str:
    """A unit of time in any of its words: "day", "week", "month", "quarter", "year"."""
    return next(unit for unit, words in UNITS.items() if re.fullmatch("|".join(words.split()), text))


def matched(text: str, pattern: re.Pattern[str]) -> re.Match[str] | None:
    """Where a point in time stands. A number is no year, and a word no month, if its neighbours say otherwise."""
    for found in pattern.finditer(text):
        parts, ahead = found.groupdict(), text[: found.start()]
        bare = {name for name, value in parts.items() if value}
        if bare == {"year"} and _BEFORE_A_COUNT.search(ahead):
            continue
        alone = _BEFORE_A_MONTH.search(ahead) or _AFTER_A_MONTH.match(text[found.end() :])
        if bare == {"name"} and not (alone or len(parts["name"] or "") > 4):
            continue
        if bare == {"half"} and not _BEFORE_A_MONTH.search(ahead):
            continue
        return found
    return None


def _point(found: re.Match[str]) -> Point | None:
    said = {name: value for name, value in found.groupdict().items() if value}
    year = said.get("year")
    number = None if year is None else int(year) if year.isdigit() else -1 if year in LAST_YEAR else 0
    if "which" in said:
        half = "spoken_half" in found.groupdict()
        which = _ORDINALS[said["which"]]
        said["half" if half else "quarter"] = str(min(which, 2) if half else which)
    month = MONTHS[said["name"]] if "name" in said else int(said.get("month", 0))
    part = ""
    if "quarter" in said:
        part = f"-Q{said['quarter']}"
    elif "half" in said:
        part = f"-H{said['half']}"
    elif "week" in said:
        part = f"-W{int(said['week']):02d}"
    elif month:
        part = f"-{month:02d}" + (f"-{int(said['day']):02d}" if "day" in said else "")
    trial = f"{number if number and number > 0 else LEAP}{part}"
    return Point(number, part) if periods.is_period(trial) else None


def as_period(point: Point, first: date, last: date) -> str:
    """The point as a period; the year that was not said is the last one in which it had begun."""
    year = point.year
    if year is None:
        began = periods.days(f"{LEAP}{point.part}", first, last)[0]
        year = last.year if (began.month, began.day) <= (last.month, last.day) else last.year - 1
    elif year <= 0:
        year += last.year
    spec = replace(point, year=year).spec()
    return spec if periods.is_period(spec) else f"{year}-02-28"  # the 29th of February


def first_point(text: str) -> tuple[re.Match[str], Point] | None:
    """The point in time that stands first; where several begin there, the one that says most."""
    best: tuple[re.Match[str], Point] | None = None
    for pattern in POINTS:
        found = matched(text, pattern)
        if found is None or (best is not None and found.start() >= best[0].start()):
            continue
        if (point := _point(found)) is not None:
            best = found, point
    return best
