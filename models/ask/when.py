"""Periods and comparisons in words, English and French, as `models.ask.periods` writes them.

Patterns are of plain text (`models.ask.spelling.plain`). What is not said follows from where the data end: a month
without a year is the last one of that name which began in the data.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from models.ask import periods

MARK = " \x00 "  # stands where a period was, so that what was around it does not meet

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
_UNITS = {
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


UNIT = "|".join(pattern for words in _UNITS.values() for pattern in words.split())
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
_START = r"(?:since|from|starting(?: in| from)?|as of|depuis|a partir d[eu]|a compter de|des)\s+(?:(?:le|the|la)\s+)?"


@dataclass(frozen=True)
class Point:
    """A day, month, quarter ... as far as it was said."""

    year: int | None = None
    part: str = ""  # "-03", "-Q3", "-H1", "-W12", "-03-04"

    def spec(self) -> str:
        return f"{self.year}{self.part}"


@dataclass(frozen=True)
class Found:
    """What a text says of time: the `rest` of it, a `period` and what it is `compared` with, as a query has them.

    `said`: whether a period was named at all. `growth`: a change was asked for, and not what to compare with.
    """

    rest: str
    period: str = ""
    compared: str = ""
    said: bool = False
    growth: bool = False


def find(text: str, first: date, last: date, previous: str = "") -> Found:
    """The period and the comparison in a plain text about data from `first` to `last`; `previous` is the period of
    the question before."""
    text = _FORTNIGHT.sub("14 days", text)
    text = _BARGAINS.sub(lambda found: _bargains(found, last).isoformat(), text)
    if previous and (moved := _before_that(text, previous, first, last)):
        return moved
    text, compared = _comparison(text, bool(previous))
    lone = compared == "point" and bool(_NOW.fullmatch(text.partition("\x00")[0]))
    text, period = (text, "") if lone else _relative(text)
    if not period and not lone:
        text, period = _range(text, first, last)
    if not period and not lone:
        text, period = _open(text, first, last)
    if not period and not lone and (twice := _two(text, first, last)):
        text, period, compared = twice
    if not period and not lone:
        text, period = _single(text, first, last)
    if compared == "point":
        text, other = _relative(text)
        if not other:
            text, other = _single(text, first, last)
        compared = other or "before"
    growth = bool(GROWTH.search(text))
    return Found(text, period, _canonical(period or previous, compared, first, last), bool(period), growth)


_BARGAINS = re.compile(
    rf"\b(?:(?P<friday>black friday)|cyber monday)(?:\s+(?:of\s+|in\s+|de\s+|en\s+)?(?P<year>{YEAR}))?\b"
)
_FORTNIGHT = re.compile(r"\b(?:fortnight|quinzaine)\b")
_THAT = re.compile(
    rf"(?:(?:and|et|what about|how about|or|ou|in|for|pour|a|the|le|la|l|celui|celle)\s+)*"
    rf"(?:(?P<unit>{UNIT}|period|periode)\s+(?:before|earlier|prior|precedente?|d avant|avant)|"
    rf"(?:before|avant)|previous (?P<other>period))(?:\s+(?:that|it|cela))?[\s?!.]*"
)


def _bargains(found: re.Match[str], last: date) -> date:
    """Black Friday, the day after the fourth Thursday of November, or the Monday behind it; the last one that was."""

    def of(year: int) -> date:
        thursday = date(year, 11, 28 - (date(year, 11, 28).weekday() - 3) % 7)
        return date.fromordinal(thursday.toordinal() + (1 if found["friday"] else 4))

    return of(int(found["year"])) if found["year"] else of(last.year) if of(last.year) <= last else of(last.year - 1)


def _before_that(text: str, previous: str, first: date, last: date) -> Found | None:
    """ "and the month before?", "et l'annee d'avant ?": the days before those of the question before."""
    found = _THAT.fullmatch(text.strip())
    if not found:
        return None
    year = bool(found["unit"]) and bool(re.fullmatch(_UNITS["year"].replace(" ", "|"), found["unit"]))
    span = periods.days(previous, first, last)
    start, end = periods.shifted(span, "year" if year and (span[1] - span[0]).days < 364 else "before")
    return Found("and", f"{start}/{end}", said=True)


GROWTH = re.compile(
    r"\b(?:growth|growing|grew|grow|increased?|decreased?|change in|changed|variation|croissance|progression|hausse|"
    r"baisse|baissent|baissait|augmente|augmentent|augmentation|diminue|diminution|plonge|plongent|recul|reculent|chutent?|chute|decline|"
    r"declined|drops?|dropped|dropping|falls?|fell|falling|fallen|rise|risen|rising|rose)\b"
)
_SAME = (
    r"(?:the\s+|l\s+)?(?:same\s+(?:weeks?|days?|months?|period|time|quarter)\s+(?:of\s+|in\s+)?(?:the\s+)?|"
    r"(?:aux?\s+|la\s+|les\s+)?memes?\s+(?:semaines?|jours?|mois|periode|trimestre)\s+(?:de\s+|en\s+)?(?:la\s+)?)?"
)
_LAST_YEAR = _SAME + (
    r"(?:last year|last yr|previous year|prior year|(?:the\s+)?year (?:before|ago|earlier)|"
    r"a year (?:before|ago|earlier)|"
    r"annee (?:derniere|precedente|passee|avant)|an (?:dernier|passe|avant)|un an (?:plus tot|avant|auparavant)|"
    r"il y a un an)(?:\s*,?\s*(?:a la |sur la |for the |in the |at the )?(?:meme|mm|same) (?:periode?|time))?"
)
_JUST_BEFORE = (
    r"(?:the\s+|la\s+|le\s+|au\s+)?(?:(?:previous|prior|preceding)\s+(?:period|week|month|quarter|days?|weeks|months)|"
    r"(?:\d{1,3}\s+)?(?:period|week|month|quarter|days|weeks|months|one)\s+before(?:\s+(?:it|that))?|"
    r"\d{1,3}\s+(?:before|d avant|precedente?s?)\b|(?:les\s+)?\d{1,3}\s+(?:d avant|avant|precedente?s?)|"
    r"(?:les\s+)?(?:\d{1,3}\s+)?(?:periode|semaine|mois|trimestre|jours|semaines)\s+(?:precedente?s?|d avant|avant))"
)
_AGAINST = (
    r"(?:vs\.?|versus|compared?\s+(?:it\s+)?(?:to|with)|comparing\s+(?:to|with)|in comparison (?:to|with)|against|"
    r"relative to|(?:(?:better|worse|more|less|higher|lower|mieux|moins bien)\s+)?(?:than|que)|"
    r"par rapport (?:a|aux?)|comparee?s?\s+(?:a|avec|aux?)|en comparaison (?:de|avec|a)|contre|face a)"
)
_YEARS = (
    r"\b(?:year over year|year on year|yoy|y/y|sur un an|annee sur (?:l\s*)?autre|une annee sur autre|"
    r"d une annee sur autre|a un an)\b"
)
_PERIODS = (
    r"\b(?:month over month|month on month|mom|week over week|week on week|wow|quarter over quarter|qoq|"
    r"un mois sur autre|une semaine sur autre|period over period)\b"
)
_POINT = (
    rf"(?:the\s+|le\s+|la\s+|les\s+)?"
    rf"(?={YEAR}|[qt][1-4]\b|[hs][12]\b|(?:{MONTH})\b|(?:last|previous|this)\s|(?:{ORDINAL})\s)"
)
_COMPARED = tuple(
    (re.compile(pattern), compared)
    for pattern, compared in (
        (rf"\b(?:{_AGAINST}\s+)(?:a\s+)?{_LAST_YEAR}\b", "year"),
        (rf"\b(?:and|et)\s+(?:the\s+|les\s+|aux?\s+)?(?:same|memes?)\s.*?{_LAST_YEAR}\b", "year"),
        (rf"\b(?:{_AGAINST}\s+)(?:a\s+)?{_JUST_BEFORE}", "before"),
        (_YEARS, "year"),
        (_PERIODS, "before"),
        (rf"\b{_AGAINST}\s+{_POINT}", "point"),
    )
)


_NOW = re.compile(r"\s*(?:and|et|now|maintenant)?\s*")


def _comparison(text: str, within: bool) -> tuple[str, str]:
    """The comparison; with a period alone behind it, it needs one before it, or (`within`) a question before."""
    for pattern, compared in _COMPARED:
        found = pattern.search(text)
        if found is None:
            continue
        ahead = text[: found.start()]
        if (
            compared != "point"
            or (within and _NOW.fullmatch(ahead))
            or _said(ahead)
            or any(_found(ahead, point) for point in POINTS)
        ):
            return ahead + MARK + text[found.end() :], compared
    return text, ""


def _said(text: str) -> bool:
    return any(pattern.search(text) for pattern, _spec in _RELATIVE)


_NOUN = (
    r"(?:(?:over|in|during|for|of|on|within|across|sur|pendant|durant|au cours|dans|de|des|du|lors)\s+)?"
    r"(?:(?:de|des|the|les|ces|le|la|our|nos)\s+)?"
)


def count(text: str) -> int:
    return 1 if text == "premier" else _COUNTS.get(text) or int(text)


def unit(text: str) -> str:
    return next(unit for unit, words in _UNITS.items() if re.fullmatch("|".join(words.split()), text))


def _rolling(found: re.Match[str]) -> str:
    return f"last {count(found['count'])} {unit(found['unit'])}"


def _whole(found: re.Match[str]) -> str:
    return f"previous {count(found['count'])} {unit(found['unit'])}"


def _previous(found: re.Match[str]) -> str:
    return f"previous {unit(found['unit'])}"


def _this(found: re.Match[str]) -> str:
    return f"this {unit(found['unit'])}"


def _so_far(unit: str) -> str:
    since = rf"(?:since|from)\s+(?:the\s+)?(?:start|beginning)\s+of\s+(?:the|this)\s+{unit}"
    return rf"{unit} to date|so far this {unit}|this {unit} so far|{since}"


_RELATIVE: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = tuple(
    (re.compile(rf"\b{_NOUN}(?:{pattern})\b"), spec)
    for pattern, spec in (
        (rf"(?:last|past|previous)\s+(?P<count>{COUNT})\s+(?:whole|full|complete)\s+(?P<unit>{UNIT})", _whole),
        (rf"(?P<count>{COUNT})\s+derniere?s?\s+(?P<unit>{UNIT})\s+(?:complete?s|completes|entiere?s|pleine?s)", _whole),
        (rf"(?:last|past|previous|recent|latest|trailing|prior)\s+(?P<count>{COUNT})\s+(?P<unit>{UNIT})", _rolling),
        (rf"(?P<count>{COUNT})\s+(?:derniere?s?|last|past|previous|precedente?s?)\s+(?P<unit>{UNIT})", _rolling),
        (rf"(?:derniere?s?)\s+(?P<count>{COUNT})\s+(?P<unit>{UNIT})", _rolling),
        (rf"(?P<count>{COUNT})\s+(?P<unit>{UNIT})\s+(?:ecoulee?s|passee?s|precedente?s)", _rolling),
        (r"ltm|last twelve months|past twelve months|twelve trailing months", lambda _found: "last 12 month"),
        (rf"{_so_far('year')}|ytd|cumul annuel|depuis\s+(?:le\s+)?debut\s+(?:de\s+)?(?:cette\s+)?annee",
         lambda _found: "this year"),
        (rf"{_so_far('month')}|mtd|depuis\s+(?:le\s+)?debut\s+du\s+mois", lambda _found: "this month"),
        (rf"{_so_far('quarter')}|qtd|depuis\s+(?:le\s+)?debut\s+du\s+trimestre", lambda _found: "this quarter"),
        (rf"(?:this|current|ce|cet|cette)\s+(?P<unit>{UNIT})(?!\s+(?:of|de)\s)", _this),
        (rf"(?P<unit>{UNIT})\s+(?:en cours|courante?|actuelle?)", _this),
        (rf"(?:last|previous|past|prior|latest|derniere?|precedente?)\s+(?:full\s+|complete\s+|whole\s+)?(?P<unit>{UNIT})"
         rf"(?!\s+(?:of|de)\s+(?:the\s+)?{YEAR})", _previous),
        (rf"(?P<unit>{UNIT})\s+(?:derniere?|passee?|precedente?|ecoulee?)", _previous),
        (r"yesterday|hier", lambda _found: "previous day"),
        (r"today|aujourdhui", lambda _found: "this day"),
    )
)  # fmt: skip


def _relative(text: str) -> tuple[str, str]:
    for pattern, spec in _RELATIVE:
        if found := pattern.search(text):
            return text[: found.start()] + MARK + text[found.end() :], spec(found)
    return text, ""


def _found(text: str, pattern: re.Pattern[str]) -> re.Match[str] | None:
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


def _dated(point: Point, first: date, last: date) -> str:
    """The point as a period; the year that was not said is the last one in which it had begun."""
    year = point.year
    if year is None:
        began = periods.days(f"{LEAP}{point.part}", first, last)[0]
        year = last.year if (began.month, began.day) <= (last.month, last.day) else last.year - 1
    elif year <= 0:
        year += last.year
    spec = replace(point, year=year).spec()
    return spec if periods.is_period(spec) else f"{year}-02-28"  # the 29th of February


def _first_point(text: str) -> tuple[re.Match[str], Point] | None:
    """The point in time that stands first; where several begin there, the one that says most."""
    best: tuple[re.Match[str], Point] | None = None
    for pattern in POINTS:
        found = _found(text, pattern)
        if found is None or (best is not None and found.start() >= best[0].start()):
            continue
        if (point := _point(found)) is not None:
            best = found, point
    return best


_JOINED = re.compile(
    r"\s*(?:(?:to|and|until|till|through|thru|a|au|et|jusqu a|jusqu au|jusqu en|jusque|en)\s+|[-–—]\s*)"
    r"(?:the\s+|le\s+|la\s+|au\s+|end of\s+|fin\s+)?$"
)
_RANGED = re.compile(r"\b(?:from|between|entre|de|du|depuis|since)\s+(?:the\s+|le\s+|la\s+|debut\s+)?$|\s[-–—]\s$")
_BARE_DAY = re.compile(
    r"\b(?:week ?ends?\s+(?:of|du)\s+(?:the\s+)?)?"
    r"(?:(?:from|between|entre|du|de)\s+(?:the\s+|le\s+)?(?P<day>\d{1,2}|premier)(?:st|nd|rd|th|er)?\s+"
    r"(?:to|and|a|au|et|-)\s+|(?P<first>\d{1,2})(?:st|nd|rd|th|er)?\s*(?:[-–—]|\b(?:to|au)\b)\s*)"
    r"(?:the\s+|le\s+)?(?=\d)"
)


def _range(text: str, first: date, last: date) -> tuple[str, str]:
    """Two points with "from ... to" or "between ... and" around them; one takes from the other what it does not say."""
    if bare := _BARE_DAY.search(text):
        after = _first_point(text[bare.end() :])
        if after and after[0].start() == 0 and re.fullmatch(r"-\d\d-\d\d", after[1].part):
            end = _dated(after[1], first, last)
            spec = f"{end[:8]}{count(bare['day'] or bare['first']):02d}/{end}"
            if periods.is_period(spec):
                return text[: bare.start()] + MARK + text[bare.end() + after[0].end() :], spec
    one = _first_point(text)
    if not one:
        return text, ""
    found, start = one
    other = _first_point(text[found.end() :])
    if not other:
        return text, ""
    between = text[found.end() : found.end() + other[0].start()]
    ahead = _RANGED.search(text[: found.start()])
    if not _JOINED.fullmatch(between) or not (ahead or re.search(r"to|until|thr|jusqu|au?\b|[-–—]", between)):
        return text, ""
    dated = _dated(other[1], first, last)
    begin = replace(start, year=int(dated[:4])) if start.year is None else start
    spec = f"{_dated(begin, first, last)}/{dated}"
    if not periods.is_period(spec) and start.year is None:  # "from November to March 2026"
        spec = f"{replace(start, year=int(dated[:4]) - 1).spec()}/{dated}"
    if not periods.is_period(spec):
        return text, ""
    left = ahead.start() if ahead else found.start()
    return text[:left] + MARK + text[found.end() + other[0].end() :], spec


_SINCE = re.compile(rf"\b{_START}$")
_AFTER = re.compile(r"\b(?:after|apres)\s+(?:the\s+|le\s+|la\s+)?$")
_TO = re.compile(r"\b(?:until|till|up to|through|jusqu a|jusqu au|jusqu en|jusque)\s+(?:(?:the|le|la|fin|end of)\s+)?$")
_EARLIER = re.compile(r"\b(?:before|prior to|avant)\s+(?:the\s+|le\s+|la\s+)?$")


def _open(text: str, first: date, last: date) -> tuple[str, str]:
    """A point with "since" or "until" before it."""
    one = _first_point(text)
    if not one:
        return text, ""
    found, point = one
    ahead, spec = text[: found.start()], _dated(point, first, last)
    start, end = periods.days(spec, first, last)
    for pattern, made in (
        (_SINCE, f"{spec}/"),
        (_AFTER, f"{date.fromordinal(end.toordinal() + 1)}/"),
        (_TO, f"/{spec}"),
        (_EARLIER, f"/{date.fromordinal(start.toordinal() - 1)}"),
    ):
        if said := pattern.search(ahead):
            return text[: said.start()] + MARK + text[found.end() :], made
    return text, ""


_PAIRED = re.compile(r"\s*(?:and|et|to|with|avec|a|vs)\s+(?:the\s+)?")
_COMPARE = re.compile(r"\b(?:compare[rsz]?|comparison|comparaison|comparing|difference)\b")


def _two(text: str, first: date, last: date) -> tuple[str, str, str] | None:
    """Two points that are to be compared: "compare 2025 and 2024"."""
    asked = _COMPARE.search(text)
    one = _first_point(text)
    if not one or not asked:
        return None
    other = _first_point(text[one[0].end() :])
    if not other or not re.fullmatch(
        r"\s*(?:and|et|to|with|avec|a|vs)\s+(?:the\s+)?", text[one[0].end() : one[0].end() + other[0].start()]
    ):
        return None
    rest = text[: one[0].start()] + MARK + text[one[0].end() + other[0].end() :]
    dated = [_dated(point, first, last) for _found, point in (one, other)]
    if dated[0] < dated[1]:
        dated.reverse()
    return _COMPARE.sub(" ", rest), dated[0], dated[1]


_INTO = re.compile(
    r"\b(?:in|for|during|of|on|en|de|du|au|pour|pendant|le|la|mois|year|annee|last|the)\s+"
    r"(?:(?:the|le|la|mois de|year|annee)\s+)?$"
)


def _single(text: str, first: date, last: date) -> tuple[str, str]:
    one = _first_point(text)
    if not one:
        return text, ""
    found, point = one
    ahead = _INTO.search(text[: found.start()])
    end = re.match(r"\s+(?:dernier|derniere|passe|passee)\b", text[found.end() :]) if point.year is None else None
    left, right = ahead.start() if ahead else found.start(), found.end() + (end.end() if end else 0)
    return text[:left] + MARK + text[right:], _dated(point, first, last)


def _canonical(period: str, compared: str, first: date, last: date) -> str:
    """A comparison with a named period as "year" or "before" where it is that one."""
    if not compared or compared in ("year", "before") or not period:
        return compared
    meant = periods.days(compared, first, last)
    for usual in ("year", "before"):
        if periods.shifted(periods.days(period, first, last), usual) == meant:
            return usual
    return compared
