"""Text of fixed width: columns that stand below each other, parted by blanks, as reports of older programs are."""

import re

import numpy as np

from connectors.limits import counts

FEWEST, LOOKED_AT = 5, 500  # lines; of those that show where columns begin
RULE = re.compile(rb"^[-=_ ]*[-=_]{2,} +[-=_]{2,}[-=_ ]*\r?$", re.MULTILINE)


def parted(text: str, drawn: bool) -> list[list[str]]:
    """The cells of each line of a text of fixed width; [] where it is none.

    Columns are those that a `drawn` line shows ("---- -----"); else a column ends where no line has a letter, and the
    first line names each. Blank lines stay, so that rows are counted as the file shows them.
    """
    lines = [line.expandtabs() for line in text.splitlines()]
    some = [line for line in lines if line.strip()]
    rule = next((line for line in some[:LOOKED_AT] if RULE.fullmatch(line.encode())), None)
    if len(some) < FEWEST or (drawn and not rule):
        return []
    if rule:
        spans = [match.span() for match in re.finditer(r"[-=_]+", rule)]
        ends = [*(begin for begin, _end in spans[1:]), max(map(len, lines))]
        if any(line[end - 1 : end].strip() for line in some[:LOOKED_AT] if line != rule for end in ends[:-1]):
            return []  # words over a border: drawn for something else
        spans = list(zip([0, *ends[:-1]], ends, strict=True))
    elif not (spans := _gaps(some[:LOOKED_AT])):
        return []
    counts(len(lines), len(spans))
    return [[] if line == rule else [line[begin:end].strip() for begin, end in spans] for line in lines]


def _gaps(lines: list[str]) -> list[tuple[int, int]]:
    """Where the columns of lines stand, by the places where no line has a letter; [] where there are none."""
    width = max(map(len, lines))
    letters = np.array([[letter != " " for letter in line.ljust(width)] for line in lines])
    steps = np.diff(letters.any(axis=0).astype(int), prepend=0, append=0)
    places = [int(place) for place in np.flatnonzero(steps == 1)]
    ends = [*places[1:], width]  # words below one name are one column
    begins = [begin for begin, end in zip(places, ends, strict=True) if lines[0][begin:end].strip()]
    spans = list(zip([0, *begins[1:]], [*begins[1:], width], strict=True))
    filled = len(spans) > 1 and np.mean([letters[:, begin:end].any(axis=1).mean() for begin, end in spans]) > 0.5
    return spans if filled else []
