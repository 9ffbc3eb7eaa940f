"""The days to come that a question is about, in English and French.

ahead("how much will we sell next month", date(2026, 11, 28))  # (date(2026, 12, 1), date(2026, 12, 31))

Texts are plain (`models.ask.spelling.plain`). All counts from the last day of the data, as with the past.
"""

import re
from datetime import date, timedelta

import pandas as pd

from models.ask import points
from models.ask.periods import FREQUENCY, MONTHS, later
from models.ask.points import COUNT, MONTH, UNIT, YEAR, count, unit

_NEXT = "next|coming|upcoming|following|prochaine?s?"
_SEVERAL = re.compile(
    rf"\b(?:(?:(?:{_NEXT})\s+|(?:in|within|over|d ici|dans|sous)\s+(?:the\s+|les\s+)?)"
    rf"(?P<count>{COUNT})\s+(?P<unit>{UNIT})|"
    rf"(?P<n>{COUNT})\s+(?:{_NEXT})\s+(?P<of>{UNIT}))\b"
)
_ONE = re.compile(rf"\b(?:(?:{_NEXT})\s+(?P<unit>{UNIT})|(?P<of>{UNIT})\s+(?:{_NEXT}|a venir))\b")
_REST = re.compile(
    rf"\b(?:rest of|end of|reste d[eu]|fin d[eu])\s+(?:the\s+|this\s+|la\s+|cette\s+|ce\s+)?(?P<unit>{UNIT})\b"
)
_TOMORROW = re.compile(r"\b(?:tomorrow|demain)\b")
_NAMED = re.compile(rf"\b(?P<name>{MONTH})\b(?:\s+(?P<year>{YEAR}))?")


def ahead(text: str, last: date) -> tuple[date, date] | None:
    """The first and the last day of the time to come that a plain text names; None where it names none."""
    start = last + timedelta(days=1)
    if _TOMORROW.search(text):
        return start, start
    if found := _SEVERAL.search(text):
        steps, of = count(found["count"] or found["n"]), unit(found["unit"] or found["of"])
        if of in ("day", "week"):
            return start, last + timedelta(days=steps * (7 if of == "week" else 1))
        return start, later(start, steps * MONTHS[of]) - timedelta(days=1)
    if found := _REST.search(text):
        return start, max(start, pd.Period(last, FREQUENCY.get(unit(found["unit"]), "D")).end_time.date())
    if found := _ONE.search(text):
        then = pd.Period(last, FREQUENCY.get(unit(found["unit"] or found["of"]), "D")) + 1
        return then.start_time.date(), then.end_time.date()
    for found in _NAMED.finditer(text):
        begins = date(int(found["year"] or last.year), points.MONTHS[found["name"]], 1)
        if not found["year"] and begins <= last:
            begins = later(begins, 12)
        if begins > last:
            return begins, later(begins, 1) - timedelta(days=1)
    return None
