"""Hours of the day in words, English and French: "between 10am and noon", "après 18h", "à 8h"."""

import re

from models.ask.when import MARK

_NAMED = {"noon": 12, "midi": 12, "midnight": 0, "minuit": 0}
_MORNING = r"am|(?:h|heures?) du matin"
_EVENING = r"pm|(?:h|heures?) (?:du soir|de (?:l )?apres midi)"
_HALF = rf"{_MORNING}|{_EVENING}|h|heures?|o clock"


def _hour(name: str, bare: str = "") -> str:
    """A pattern of an hour; `bare` "?" where it may be a number alone."""
    clock = rf"(?P<{name}>\d{{1,2}})(?::00)?\s*(?:(?P<{name}_half>{_HALF})\b){bare}"
    return rf"(?:{clock}|(?P<{name}_name>{'|'.join(_NAMED)}))"


_TO = r"\s*(?:and|to|et|a|-)\s*"
_SAID = tuple(
    re.compile(rf"\b{pattern}(?!\w)")
    for pattern in (
        rf"(?:between|from|entre|de)\s+{_hour('begin', '?')}{_TO}{_hour('end')}",
        rf"{_hour('begin')}{_TO}{_hour('end')}",
        rf"(?:before|avant)\s+{_hour('end')}",
        rf"(?:after|from|since|apres|depuis|a partir de)\s+{_hour('begin')}",
        rf"(?<!than )(?<!over )(?<!under )(?<!plus de )(?<!moins de )"  # as long as that
        rf"(?:(?:at|around|a|vers)\s+)?(?P<at>\d{{1,2}})(?::00)?\s*(?P<at_half>{_HALF})",
    )
)


def find(text: str) -> tuple[str, tuple[str, ...]]:
    """A plain text without the hours of the day that it names, and these: what ends at noon has no twelfth."""
    for found in filter(None, (pattern.search(text) for pattern in _SAID)):
        said = found.groupdict()
        at, begin, end = (_read(said, name) for name in ("at", "begin", "end"))
        first, last = (begin or 0, end or 24) if at is None else (at, at + 1)
        if first < last <= 24:
            return text[: found.start()] + MARK + text[found.end() :], tuple(map(str, range(first, last)))
    return text, ()


def _read(said: dict[str, str | None], name: str) -> int | None:
    """The hour of a name; one without half of the day is of that of the end ("2 to 5pm")."""
    if called := said.get(f"{name}_name"):
        return _NAMED[called]
    if not (hour := said.get(name)):
        return None
    half = said.get(f"{name}_half") or said.get("end_half") or ""
    evening = bool(re.fullmatch(_EVENING, half))
    return int(hour) % 12 + 12 * evening if evening or re.fullmatch(_MORNING, half) else int(hour)
