"""Periods and comparisons in words, English and French, as `models.ask.periods` writes them.

Patterns are of plain text (`models.ask.spelling.plain`), and of points in time (`models.ask.points`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from models.ask import periods
from models.ask.points import (
    COUNT,
    LAST_YEAR,
    MONTH,
    MONTHS,
    ORDINAL,
    POINTS,
    UNIT,
    UNITS,
    YEAR,
    as_period,
    count,
    first_point,
    matched,
    unit,
)

MARK = " \x00 "  # stands where a period was, so that what was around it does not meet

_START = r"(?:since|from|starting(?: in| from)?|as of|depuis|a partir d[eu]|a compter de|des)\s+(?:(?:le|the|la)\s+)?"


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
    text = _THIS_AND_LAST.sub(r"\1 vs \2", text)
    text = text if _COMPARE.search(text) else _ADJACENT.sub(_adjacent, text)
    text = _GROWN.sub(r"\1 vs ", text) if GROWTH.search(text) else text
    text = _OF_A_YEAR.sub(lambda found: f"{found[1]} {last.year - (found[2] in LAST_YEAR)}", text)
    text = text if _COMPARE.search(text) else _YEARS_IN_TURN.sub(_in_turn, text)
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
            text, other = _range(text, first, last)
        if not other:
            text, other = _single(text, first, last)
        compared = other or "before"
    growth = bool(GROWTH.search(text))
    return Found(text, period, _canonical(period or previous, compared, first, last), bool(period), growth)


_FEASTS = {  # of one day of every year
    "christmas eve": (12, 24), "reveillon de noel": (12, 24), "veille de noel": (12, 24), "christmas day": (12, 25),
    "jour de noel": (12, 25), "new year eve": (12, 31), "saint sylvestre": (12, 31), "halloween": (10, 31),
    "valentine day": (2, 14), "valentines day": (2, 14), "saint valentin": (2, 14),
}  # fmt: skip
_BARGAINS = re.compile(
    rf"\b(?:(?P<friday>black friday)|cyber monday|(?P<feast>{'|'.join(_FEASTS)}))"
    rf"(?:\s+(?:of\s+|in\s+|de\s+|en\s+)?(?P<year>{YEAR}))?\b"
)
_GROWN = re.compile(rf"\b({YEAR})\s+(?:over|on|sur)\s+(?={YEAR}\b)")  # "growth 2025 over 2024"
_OF_A_YEAR = re.compile(
    rf"\b({MONTH}|[qt][1-4]|[hs][12])\s+(?:of\s+|de\s+|l\s+)?"
    r"(this year|last year|cette annee|annee derniere|an dernier)\b"
)
_YEARS_IN_TURN = re.compile(rf"\b({YEAR}(?:\s*(?:,|/|and|et|&|\s)\s*{YEAR})+)\b")


_STEPPED = re.compile(
    rf"\b(?:(?:by|per|par|each|every|chaque)\s+(?:{UNIT})|daily|weekly|monthly|quarterly|mensuel\w*|hebdo\w*)\b"
)


def _in_turn(found: re.Match[str]) -> str:
    """Years one after the other as the years that they are, each by itself: "2024, 2025 and 2026"."""
    years = [int(one) for one in re.findall(YEAR, found[1])]
    in_turn = years == list(range(years[0], years[0] + len(years)))
    by = "" if _STEPPED.search(found.string) else " by year"
    return f"from {years[0]} to {years[-1]}{by}" if in_turn else found[0]


_THIS_AND_LAST = re.compile(
    rf"\b((?:this|cette|ce)\s+(?:{UNIT}))\s+(?:and|et|&|or|ou)\s+"
    rf"((?:the\s+|la\s+|le\s+|l\s+)?(?:(?:last|previous)\s+(?:{UNIT})|(?:{UNIT})\s+(?:derniere?|precedente?|passee?)))\b"
)
_ADJACENT = re.compile(rf"\b({MONTH})\s*(?:\s|and|et|&|/|\+)\s*({MONTH})\b")


def _adjacent(found: re.Match[str]) -> str:
    """Two months one after the other as the two months that they are: "july august 2025"."""
    follows = MONTHS[found[2]] == MONTHS[found[1]] + 1
    return f"from {found[1]} to {found[2]}" if follows else found[0]


_FORTNIGHT = re.compile(r"\b(?:fortnight|quinzaine)\b")
_THAT = re.compile(
    rf"(?:(?:and|et|what about|how about|or|ou|in|for|pour|a|the|le|la|l|celui|celle)\s+)*"
    rf"(?:(?P<unit>{UNIT}|period|periode)\s+(?:before|earlier|prior|precedente?|d avant|avant)|"
    rf"(?:before|avant)|previous (?P<other>period))(?:\s+(?:that|it|cela))?[\s?!.]*"
)


def _bargains(found: re.Match[str], last: date) -> date:
    """Black Friday, the day after the fourth Thursday of November, the Monday behind it, or a feast; the last one."""

    def of(year: int) -> date:
        if found["feast"]:
            return date(year, *_FEASTS[found["feast"]])
        thursday = date(year, 11, 28 - (date(year, 11, 28).weekday() - 3) % 7)
        return date.fromordinal(thursday.toordinal() + (1 if found["friday"] else 4))

    return of(int(found["year"])) if found["year"] else of(last.year) if of(last.year) <= last else of(last.year - 1)


def _before_that(text: str, previous: str, first: date, last: date) -> Found | None:
    """ "and the month before?", "et l'annee d'avant ?": the days before those of the question before."""
    found = _THAT.fullmatch(text.strip())
    if not found:
        return None
    year = bool(found["unit"]) and bool(re.fullmatch(UNITS["year"].replace(" ", "|"), found["unit"]))
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
    r"(?:vs?\.?|versus|compared?\s+(?:it\s+)?(?:to|with)|comparing\s+(?:to|with)|in comparison (?:to|with)|against|"
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
    rf"(?=from\s|{YEAR}|[qt][1-4]\b|[hs][12]\b|(?:{MONTH})\b|(?:last|previous|this)\s|(?:{ORDINAL})\s)"
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
            or any(matched(ahead, point) for point in POINTS)
        ):
            return ahead + MARK + text[found.end() :], compared
    return text, ""


def _said(text: str) -> bool:
    return any(pattern.search(text) for pattern, _spec in _RELATIVE)


_NOUN = (
    r"(?:(?:over|in|during|for|of|on|within|across|sur|pendant|durant|au cours|dans|de|des|du|lors)\s+)?"
    r"(?:(?:de|des|the|les|ces|le|la|our|nos)\s+)?"
)


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
        after = first_point(text[bare.end() :])
        if after and after[0].start() == 0 and re.fullmatch(r"-\d\d-\d\d", after[1].part):
            end = as_period(after[1], first, last)
            spec = f"{end[:8]}{count(bare['day'] or bare['first']):02d}/{end}"
            if periods.is_period(spec):
                return text[: bare.start()] + MARK + text[bare.end() + after[0].end() :], spec
    one = first_point(text)
    if not one:
        return text, ""
    found, start = one
    other = first_point(text[found.end() :])
    if not other:
        return text, ""
    between = text[found.end() : found.end() + other[0].start()]
    ahead = _RANGED.search(text[: found.start()])
    if not _JOINED.fullmatch(between) or not (ahead or re.search(r"to|until|thr|jusqu|au?\b|[-–—]", between)):
        return text, ""
    dated = as_period(other[1], first, last)
    begin = replace(start, year=int(dated[:4])) if start.year is None else start
    spec = f"{as_period(begin, first, last)}/{dated}"
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
    one = first_point(text)
    if not one:
        return text, ""
    found, point = one
    ahead, spec = text[: found.start()], as_period(point, first, last)
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
    one = first_point(text)
    if not one or not asked:
        return None
    other = first_point(text[one[0].end() :])
    if not other or not re.fullmatch(
        r"\s*(?:and|et|to|with|avec|a|vs)\s+(?:the\s+)?", text[one[0].end() : one[0].end() + other[0].start()]
    ):
        return None
    rest = text[: one[0].start()] + MARK + text[one[0].end() + other[0].end() :]
    dated = [as_period(point, first, last) for _found, point in (one, other)]
    if dated[0] < dated[1]:
        dated.reverse()
    return _COMPARE.sub(" ", rest), dated[0], dated[1]


_INTO = re.compile(
    r"\b(?:in|for|during|of|on|en|de|du|au|pour|pendant|le|la|(?<!par )(?<!chaque )mois|(?<!by )(?<!per )year|"
    r"(?<!par )annee|last|the)\s+"
    r"(?:(?:the|le|la|mois de|year|annee)\s+)?$"
)


def _single(text: str, first: date, last: date) -> tuple[str, str]:
    one = first_point(text)
    if not one:
        return text, ""
    found, point = one
    ahead = _INTO.search(text[: found.start()])
    end = re.match(r"\s+(?:dernier|derniere|passe|passee)\b", text[found.end() :]) if point.year is None else None
    left, right = ahead.start() if ahead else found.start(), found.end() + (end.end() if end else 0)
    return text[:left] + MARK + text[right:], as_period(point, first, last)


def _canonical(period: str, compared: str, first: date, last: date) -> str:
    """A comparison with a named period as "year" or "before" where it is that one."""
    if not compared or compared in ("year", "before") or not period:
        return compared
    meant = periods.days(compared, first, last)
    for usual in ("year", "before"):
        if periods.shifted(periods.days(period, first, last), usual) == meant:
            return usual
    return compared
