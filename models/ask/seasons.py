"""Seasons in words, as the months that they are: those of meteorologists in the north, three whole months each.

A winter is named by its two years or the one before or after; one year alone may be either.
"""

import re
from collections.abc import Sequence
from datetime import date

from models.ask.points import YEAR

MONTHS = {"spring": (3, 5), "summer": (6, 8), "autumn": (9, 11), "winter": (12, 2)}
_CALLED = {
    "spring": "spring|printemps",
    "summer": "summer|ete",
    "autumn": "autumn|fall|automne",
    "winter": "winter|hiver",
}
_ANY = "|".join(f"(?P<{name}>{words})" for name, words in _CALLED.items())
_OF = r"(?:(?:of|de|en|in)\s+)?(?:l\s+)?"
_YEARS = rf"(?P<year>{YEAR})(?:\s*[-/–]\s*(?P<next>{YEAR}|\d\d)(?!\d))?"
_AHEAD = r"(?P<ahead>in|during|over|for|en|au|pendant|durant|pour|cet|ce)\s+(?:the\s+|le\s+|l\s+)?"
_BEHIND = "by|per|of|for|in|and|vs|versus|with|without|par|selon|de|du|des|dans|pour|et|avec|sans"
_ENDS = rf"(?=\s*(?:$|[?!.,]|\b(?:{_BEHIND})\b))"
_SEASON = re.compile(
    rf"\b(?:{_AHEAD})?(?P<before>last\s+|this\s+|past\s+)?(?:{_ANY})\b"
    rf"(?:\s+(?P<after>dernier|passe)\b|\s+{_OF}{_YEARS}|{_ENDS})"
)


def spelled(text: str, first: date, last: date) -> Sequence[str]:
    """A plain text with its season as months of a year: twice where a winter's year can be either of its two.

    A season is one behind "in" and the like, or with its year; without a year it is the last that began by `last`.
    Several seasons in one text are left as they stand, and so is all else that is called so.
    """
    found = [one for one in _SEASON.finditer(text) if one["ahead"] or one["before"] or one["after"] or one["year"]]
    if len(found) != 1:
        return (text,)
    one = found[0]
    name = next(name for name in MONTHS if one[name])
    (start, end), winter = MONTHS[name], name == "winter"
    if one["next"] and not (winter and int(one["next"]) % 100 == (int(one["year"]) + 1) % 100):
        return (text,)
    if one["year"]:
        years = [int(one["year"])] if one["next"] or not winter else [int(one["year"]) - 1, int(one["year"])]
    else:
        began = last.year if (last.month, last.day) >= (start, 1) else last.year - 1
        years = [began]
    years = [year for year in years if date(year, start, 1) <= last and date(year + winter, end, 28) >= first] or years[
        :1
    ]
    return tuple(
        f"{text[: one.start()]} from {year}-{start:02d} to {year + winter}-{end:02d} {text[one.end() :]}"
        for year in years
    )
