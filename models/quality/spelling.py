"""Which values of a column are other spellings of one another: by case, accents and blanks, or mistyped."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache

import babel
import numpy as np
from rapidfuzz.distance import OSA

import locales

MAX_COMPARED = 20_000  # that are compared by case
FEW_LEVELS = 200  # of a column of one's own whose words are compared
MAX_WORDS = 2_000  # levels that are compared word by word
SURE = 0.8  # share of the rows of a spelling whose product is called otherwise by its other lines
TIMES = 50  # as often the right spelling is there, where nothing else tells
RARE, HANDFUL = 0.002, 3  # share, and number, of rows that a mistyped value has at most
MAJORITY = 2  # times as often the spelling is there that is kept
SHORT, LONG = 5, 9  # letters from which on one, and two, may be wrong
WORD = 4  # letters of a word that may be mistyped


def variants(levels: Sequence[str], counts: np.ndarray) -> dict[int, int]:
    """Places of values -> that of the one they are a variant of, by case, accents and blanks alone."""
    if len(levels) > MAX_COMPARED:
        return {}
    groups: dict[str, list[int]] = {}
    for place, level in enumerate(levels):
        groups.setdefault(_folded(level), []).append(place)
    found = {}
    for group in groups.values():
        best = max(group, key=lambda place: (counts[place], -place))
        for place in group:
            if place != best and counts[best] >= MAJORITY * counts[place]:
                found[place] = best
    return found


def mistyped(
    levels: Sequence[str],
    counts: np.ndarray,
    known: dict[int, int],
    agree: Callable[[int, int], bool] | None = None,
) -> dict[int, int]:
    """Places of rare values -> that of the frequent one that was probably meant.

    `agree(wrong, right)` says whether the rows of one are of products that are called by the other; without it, the
    right one must be far more frequent, and no short word differ. A first letter, a number or the name of a country is
    no slip.
    """
    if len(levels) > MAX_WORDS:
        return {}
    total = counts.sum()
    folded = [_folded(level) for level in levels]
    found = {}
    for wrong, text in enumerate(folded):
        if wrong in known or counts[wrong] > max(HANDFUL, RARE * total) or text in _places():
            continue
        near = [
            (distance, right)
            for right, other in enumerate(folded)
            if right not in known
            and counts[right] > counts[wrong]
            and (distance := _distance(text, other, agree is not None)) is not None
            and (agree(wrong, right) if agree else counts[right] >= TIMES * counts[wrong])
        ]
        near.sort()
        if near and (len(near) == 1 or near[0][0] < near[1][0]):
            found[wrong] = near[0][1]
    return found


def _folded(text: str) -> str:
    """Small letters without accents and surplus blanks."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return " ".join("".join(one for one in plain if not unicodedata.combining(one)).split())


def _distance(wrong: str, right: str, told: bool) -> int | None:
    """How many slips (a letter more, less, another, or two in the other order) are between two texts; None where they
    differ in what is no slip. Where something else has `told` that they are the same, words may be short."""
    length = max(len(wrong), len(right))
    most = 0 if length < (WORD if told else SHORT) else 1 if length < LONG else 2
    if not most or abs(len(wrong) - len(right)) > most or re.findall(r"\d+", wrong) != re.findall(r"\d+", right):
        return None
    ours, theirs = wrong.split(), right.split()
    if wrong[:1] != right[:1] or (len(ours) != len(theirs) and not told):
        return None
    for one, other in zip(ours, theirs, strict=False) if not told else ():
        if one != other and (min(len(one), len(other)) < WORD or one[0] != other[0]):
            return None
    distance = OSA.distance(wrong, right, score_cutoff=most)
    return distance if 0 < distance <= most else None


@cache
def _places() -> frozenset[str]:
    """Countries as they are called in the languages of Vigie."""
    return frozenset(_folded(name) for code in locales.LANGUAGES for name in babel.Locale(code).territories.values())
