"""Where a table stands in a grid of cells: its header, units below it, totals and repeated headers that are no rows."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np
import pandas as pd

from connectors import InvalidFile, numbers, outlines, wide
from connectors.names import known
from data.dataset import Finding, Reading
from locales import N_

HEADER, NONE = "header", "none"  # key of the reading; what it is where a file has no header
UNITS, TOTALS = "units", "totals"
KEPT, LEFT_OUT = "kept", "left out"
DEEP = 40  # rows at the top among which the header is
WIDE = 0.7  # share of the usual number of filled cells that a header has at least
LONE, FEWEST = 0.3, 4  # of the usual number of cells the last row has less where it sums up, of so many columns
MIN_SHARE = 0.8  # of the cells of a column that holds numbers or dates
WORDS = re.compile(
    r"jan\w*|feb\w*|f[eé]v\w*|mar[sc]?h?|apr\w*|avr\w*|ma[iy]|ju[inl]\w*|aug\w*|ao[uû]t|sept?\w*|oct\w*|nov\w*|"
    r"d[eé]c\w*|[ap]\.?m\.?|utc|gmt|[tzqwkm]|eur|usd|gbp|chf|inr|cad|rs|kr|mon|tue|wed|thu|fri|sat|sun",
    re.IGNORECASE,
)
GROUPED = {  # what groups of rows are about, by the titles above them
    "product": r"product|item|article|produit|artikel",
    "customer": r"customer|client|kunde",
    "store": r"store|magasin",
}
UNIT = re.compile(
    r"[\[(].*[\])]|units?|unités?|unites?|pieces|pcs|eur|euros?|usd|gbp|€|\$|£|%|number|numeric|integer|int|float|"
    r"decimal|date|datetime|text|string|varchar|boolean|days?|months?|jours?|mois|kg|yyyy.*|dd.*|mm.*|k€|m€|t",
    re.IGNORECASE,
)
TOTAL = re.compile(
    r"\s*(?:(?:grand|sub|sous|overall|general|g[eé]n[eé]ral)[- ]?)?"
    r"(?:totals?|totaux|sum|somme|summe|gesamt\w*|ensemble)\b|"
    r".{1,60}[\s:-](?:(?:sub|sous)[- ]?)?(?:totals?|summe|gesamt|ergebnis)\s*:?\s*$",  # as pivot tables write them
    re.IGNORECASE,
)

RE2 = r"^\s*(?:(?:grand|sub|sous|overall|general|g[eé]n[eé]ral)[- ]?)?(?:total|totaux|sum|somme|summe|gesamt|ensemble)|"
RE2 += r"(?:totals?|summe|gesamt|ergebnis)\s*:?\s*$"


def table(
    cells: pd.DataFrame,
    layout: Mapping[str, str],
    fitted: Callable[[int], tuple[pd.DataFrame, list[str]]] | None = None,
) -> tuple[pd.DataFrame, list[Finding], list[Reading]]:
    """The table in `cells` (empty ones missing; indexed by row number less 1), indexed by row number less 2.

    `fitted(header)` gives the cells below a row and that row's names, by default as they stand. `layout` holds choices
    of somebody (`Reading.key` -> chosen). Raises `InvalidFile` where there is no row.
    """
    filled = cells.head(4 * DEEP)
    filled = filled[filled.notna().any(axis=1)]
    if filled.empty:
        raise InvalidFile(N_("This file is empty."))
    header = _header(filled, layout)
    stacked = _stacked(filled) if HEADER not in layout else {}
    header, top = (min(stacked), min(stacked) - 1) if stacked else (header, header)
    below, names = fitted(header) if fitted else _below(cells, header)
    findings: list[Finding] = []
    readings = _said(top, filled)
    if stacked:
        names = stacked[header][: len(names)]
        message = N_("The header is in two rows, one above the other: they are read together, as in “{name}”.")
        findings.append(Finding(message, 0, {"name": next(name for name in names if " " in name)}))
    empty = below.isna().all(axis=1)
    if empty.any():
        below = below[~empty]
    values = _values(below.head(4 * DEEP))
    below, noted = _units(below, values, layout)
    readings += noted
    below = _again(below, names, findings)
    below, names = _groups(below, names, filled[filled.index < header], findings)
    below = outlines.months(below, findings)
    below, noted = _totals(below, values, layout)
    readings += noted
    if below.empty:
        raise InvalidFile(N_("This file has a header but no row."))
    there = [place for place, name in enumerate(names) if name.strip() or below.iloc[:, place].notna().any()]
    below = below.iloc[:, there] if len(there) < below.shape[1] else below
    frame = named(below.set_axis([names[place] for place in there], axis=1), findings)
    first, last = int(below.index[0]) - 1, int(below.index[-1]) - 1
    whole = len(below) == last - first + 1
    return frame.set_axis(pd.RangeIndex(first, last + 1) if whole else below.index - 1, axis=0), findings, readings


def named(frame: pd.DataFrame, findings: list[Finding]) -> pd.DataFrame:
    """Every column with a name of its own."""
    given = [re.sub(r"\s+", " ", str(name)).strip() for name in frame.columns]
    names: dict[str, None] = {}  # in order
    again = Counter[str]()
    for place, wanted in enumerate(given, start=1):
        name = base = wanted or f"column {place}"
        again[base] += 1
        while name in names:
            name, again[base] = f"{base} ({again[base]})", again[base] + 1
        names[name] = None
    changed = [name for name, wanted in zip(names, given, strict=True) if name != wanted]
    if changed:
        findings.append(
            Finding(
                N_("{rows} columns had no name, or the name of another one, and got a new name."),
                len(changed),
                examples=tuple(changed[:3]),
                severity="warning",
            )
        )
    return frame.set_axis(list(names), axis=1)


@lru_cache(maxsize=10_000)
def _valued(cell: object) -> bool:
    """Whether a cell is a number or a date: digits, and no words but those that go with them."""
    text = str(cell).strip()
    return bool(re.search(r"\d", text)) and not re.search(r"[^\W\d_]", WORDS.sub("", text))


def _values(rows: pd.DataFrame) -> list[int]:
    """The columns that hold numbers or dates, by some rows of them."""
    found = []
    for place in range(rows.shape[1]):
        # A few hundred cells are looked at faster one by one.
        some = [cell for cell in rows.iloc[:, place].dropna().to_list() if cell.casefold() not in numbers.MISSING]
        if some and np.mean([_valued(cell) for cell in some]) >= MIN_SHARE:
            found.append(place)
    return found


def _header(filled: pd.DataFrame, layout: Mapping[str, str]) -> int:
    """The row of the header less 1, or -1 where there is none."""
    rows = list(filled.index)
    if chosen := layout.get(HEADER):
        number = -1 if chosen == NONE else int(chosen) - 1
        return number if number in rows[:-1] or number == -1 else int(rows[0])
    if len(rows) < 2:
        return int(rows[0])
    counts = filled.notna().sum(axis=1).to_numpy()
    usual = float(np.median(counts[len(counts) // 2 :]))
    values = _values(filled.iloc[len(filled) // 2 :])
    for place, row in enumerate(rows[:DEEP]):
        if counts[place] < (WIDE if place else 0.5) * usual or place == len(rows) - 1:
            continue
        if place and usual > 1 and counts[place] < 2:
            continue
        cells = filled.iloc[place]
        if not values or (not any(_valued(cells.iloc[one]) for one in values) and _followed(filled, place, values)):
            return int(row)
        if place < len(rows) - 1 and _over_periods(cells, filled.iloc[place + 1], values):
            return int(row)
    first = filled.iloc[0, values]
    words = [str(cell) for cell in filled.iloc[0].dropna() if not _valued(cell)]
    if len(words) > 1 and known(words) == len(words):  # Supplier, Product, 1, 10, 100
        return int(rows[0])
    if counts[0] >= WIDE * usual and all(_valued(cell) for cell in first.dropna()) and not _years(first):
        return -1
    return int(rows[0])


def _followed(filled: pd.DataFrame, place: int, values: list[int]) -> bool:
    """Whether numbers and dates come right below a row, or below one with their units."""
    for row in range(place + 1, min(place + 3, len(filled))):
        cells = filled.iloc[row, values].dropna()
        if len(cells) and np.mean([_valued(cell) for cell in cells]) >= 0.5:
            return True
        if any(not UNIT.fullmatch(str(cell).strip()) for cell in cells) and len(filled) > 3 + place:
            return len(values) == 1 and len(cells) == 1  # a first cell that is wrong
    return len(filled) <= place + 3


def _stacked(filled: pd.DataFrame) -> dict[int, list[str]]:
    """The names of a header of two rows by the row of the lower one less 1: years over months, months over measures,
    written once over several columns. {} where there is none."""
    rows = list(filled.index)
    empty = filled.iloc[: DEEP + 1].isna().to_numpy()
    for place, row in enumerate(rows[:DEEP]):
        if place + 2 >= len(rows) or rows[place + 1] != row + 1:
            continue
        if not (empty[place] & ~empty[place + 1]).any():  # what is written once is empty over others
            continue
        top, low = filled.iloc[place], filled.iloc[place + 1]
        values = [one for one in _values(filled.iloc[place + 2 :]) if not pd.isna(low.iloc[one])]
        said = top.iloc[values].dropna().astype(str)
        below = low.iloc[values].astype(str)
        apart = below.duplicated().any() or all(
            re.fullmatch(r"(?:19|20)\d\d", one) for one in said[said.ne(below[said.index])]
        )
        if (
            len(said) < 2
            or len(said) > 0.7 * len(values)
            or not apart
            or any(map(_valued, below[top.iloc[values].isna()]))
        ):
            continue
        spread = top.where(top.notna() | ~pd.Series(top.index.isin(below.index), top.index)).astype("str")
        spread = spread.where(~top.index.isin(below.index), spread.ffill())
        pairs = zip(spread, low.astype("str"), strict=True)
        names = [[cell for cell in dict.fromkeys(pair) if not pd.isna(cell)] for pair in pairs]
        return {row + 1: [" ".join(pair) for pair in names]}
    return {}


def _over_periods(cells: pd.Series, below: pd.Series, values: list[int]) -> bool:
    """Whether cells are times over columns of plain numbers, with words over the others: the header of a wide table."""
    times = [place for place in values if re.search(r"\d", str(cells.iloc[place]))]
    if wide.whole_month([str(cells.iloc[place]) for place in times]):
        return True
    words = [place for place in range(len(cells)) if place not in times]
    dated = [str(below.iloc[place]) for place in times if not pd.isna(below.iloc[place])]
    return (
        len(times) >= wide.MIN_COLUMNS
        and bool(words)
        and not any(_valued(cells.iloc[place]) for place in words)
        and wide.header(cells.iloc[times])
        and not all(re.search(r"\d[-/:]\d", one) for one in dated)
    )


def _years(first: pd.Series) -> bool:
    """Whether cells are names of a wide table's columns: years, months or days, one after the other."""
    cells = [str(cell) for cell in first.dropna()]
    digits = [int(cell) for cell in cells if re.fullmatch(r"\d{4}|\d{6}", cell)]
    return (
        len(cells) > 1
        and len(digits) == len(cells) == len(set(digits))
        and all(1900 <= one // 10 ** (len(str(one)) - 4) <= 2100 for one in digits)
    )


def _below(cells: pd.DataFrame, header: int) -> tuple[pd.DataFrame, list[str]]:
    below = cells.loc[header + 1 :]
    if header < 0:
        return below, [""] * cells.shape[1]
    return below, ["" if pd.isna(cell) else str(cell) for cell in cells.loc[header]]


def _said(header: int, filled: pd.DataFrame) -> list[Reading]:
    first = int(filled.index[0])
    if header < 0:
        message = N_("The first row is data: the file has no header, its columns are numbered.")
        return [Reading(HEADER, message, NONE, (NONE, str(first + 1)), {}, True)]
    if header == first:
        return []
    above = int((filled.index < header).sum())
    message = N_("The header is row {row}; rows left out above it: {count}.")
    others = [str(int(row) + 1) for row in filled.index[: min(above + 2, len(filled) - 1)]]
    title = " ".join(str(cell) for cell in filled[filled.index < header].to_numpy().ravel() if not pd.isna(cell))
    said = {"row": str(header + 1), "count": str(above), "title": title}
    return [Reading(HEADER, message, str(header + 1), tuple(others), said)]


def _units(below: pd.DataFrame, values: list[int], layout: Mapping[str, str]) -> tuple[pd.DataFrame, list[Reading]]:
    """Without a first row that says in what its columns are measured."""
    if len(below) < 3 or not values:
        return below, []
    cells = below.iloc[0, values].dropna().astype(str).str.strip()
    if cells.empty or any(_valued(cell) for cell in cells) or cells.str.casefold().isin(numbers.MISSING).all():
        return below, []
    if not all(UNIT.fullmatch(cell) for cell in cells) and (len(cells) < 2 or len(cells) < len(values)):
        return below, []
    chosen = layout.get(UNITS, LEFT_OUT)
    message = N_("Row {row} says what the columns are measured in ({cells}): it is left out.")
    said = {"row": str(int(below.index[0]) + 1), "cells": ", ".join(cells.head(3))}
    return below if chosen == KEPT else below.iloc[1:], [Reading(UNITS, message, chosen, (LEFT_OUT, KEPT), said)]


def _again(below: pd.DataFrame, names: list[str], findings: list[Finding]) -> pd.DataFrame:
    """Without rows that repeat the header, as pages and files put one after the other have them."""
    wanted = [(place, name) for place, name in enumerate(names) if name.strip()]
    if len(wanted) < 2:
        return below
    same = below.iloc[:, wanted[0][0]].eq(wanted[0][1])
    for place, name in wanted[1:]:
        if not same.any():
            return below
        same = same & below.iloc[:, place].eq(name)
    if same.any():
        findings.append(Finding(N_("{rows} rows repeat the header and are left out."), int(same.sum())))
        below = below[~same.to_numpy(bool)]
    return below


def _groups(
    below: pd.DataFrame, names: list[str], titles: pd.DataFrame, findings: list[Finding]
) -> tuple[pd.DataFrame, list[str]]:
    """With what stands alone above some rows, in a first column that those leave empty, written in each of them.

    So reports of accounting programs list their lines, below the product or the customer that the title names.
    """
    if len(below) < 4 or below.shape[1] < 4:
        return below, names
    filled = below.notna().sum(axis=1)
    first = below.iloc[:, 0]
    sums = _named_total(first)
    heads = first.notna() & (filled == 1) & ~sums
    rows = ~heads & ~sums & (filled > 0)
    if heads.sum() < 2 or not heads.iloc[0] or not rows.any() or first[rows].notna().any():
        return below, names
    below = below.copy()
    below.iloc[:, 0] = first.where(heads).ffill().where(rows, first)
    title = " ".join(str(cell) for cell in titles.to_numpy().ravel() if not pd.isna(cell))
    kind = next((kind for kind, known in GROUPED.items() if re.search(known, title, re.IGNORECASE)), "group")
    message = N_("{rows} rows name what the rows below them belong to: it is written in each of those.")
    findings.append(Finding(message, int(heads.sum()), examples=tuple(first[heads].iloc[:3])))
    return below[~heads], [names[0].strip() or kind, *names[1:]]


def _totals(below: pd.DataFrame, values: list[int], layout: Mapping[str, str]) -> tuple[pd.DataFrame, list[Reading]]:
    """Without rows that add up others: "Total" in a row that lacks what all others have, or that holds their sums."""
    texts = range(min(below.shape[1], 6))
    if len(below) < 3:
        return below, []
    marked = pd.Series(False, below.index)
    for place in texts:
        marked |= _named_total(below.iloc[:, place])
    marked.iloc[-1] |= _lone(below, values)
    rows = below.index[marked.to_numpy(bool)]
    added = _adding(below, marked.to_numpy(bool), values) if len(rows) else []
    if not len(rows) or (len(rows) > 0.3 * len(below) and len(added) < len(rows)):
        return below, []
    rest = below.drop(index=rows)
    always = [place for place in range(below.shape[1]) if rest.iloc[:, place].notna().mean() > 0.95]
    lacking = [row for row in rows if below.loc[row].iloc[always].isna().any() or _unlike(below.loc[row], values)]
    if not lacking and rows[-1] == below.index[-1] and _sums(rest, below.loc[rows[-1]], values):
        lacking = [rows[-1]]
    lacking = [row for row in rows if row in lacking or row in added]
    if not lacking:
        return below, []
    chosen = layout.get(TOTALS, LEFT_OUT)
    message = N_("Rows that are totals of others are left out: {rows}.")
    said = {"count": str(len(lacking)), "rows": ", ".join(str(int(row) + 1) for row in lacking[:3])}
    reading = Reading(TOTALS, message, chosen, (LEFT_OUT, KEPT), said)
    return below if chosen == KEPT else below.drop(index=lacking), [reading]


def _adding(below: pd.DataFrame, marked: np.ndarray, values: list[int]) -> list[int]:
    """Which `marked` rows hold the sums of those above them: since the marked one before, or of all."""
    table = pd.DataFrame({place: numbers.read(below.iloc[:, place].str.strip()).values for place in values})
    told, table = table[marked], table.fillna(0.0)
    table[marked] = 0.0
    block = np.cumsum(marked) - marked
    since, so_far = table.groupby(block).cumsum()[marked], table.cumsum()[marked]
    near = [((sums - told).abs() <= outlines.CENT + 1e-9 * told.abs()) | told.isna() for sums in (since, so_far)]
    right = (near[0].all(axis=1) | near[1].all(axis=1)) & told.ne(0).where(told.notna(), False).any(axis=1)
    return list(told.index[right])


def _named_total(column: pd.Series) -> pd.Series:
    """Which cells begin with a word for a total."""
    import pyarrow as pa

    some = pa.compute.match_substring_regex(pa.array(column, pa.large_string()), RE2, ignore_case=True)
    marked = some.fill_null(False).to_numpy(zero_copy_only=False)  # all of them, and a few more
    marked[marked] = [TOTAL.match(cell) is not None for cell in column[marked]]
    return pd.Series(marked, column.index)


def _lone(below: pd.DataFrame, values: list[int]) -> bool:
    """Whether the last row has next to nothing but a sum or an average, below a column of numbers, without a word."""
    there = [place for place in range(below.shape[1]) if not pd.isna(below.iloc[-1, place])]
    usual = below.iloc[:-1].head(4 * DEEP).notna().sum(axis=1).median()
    return bool(there) and len(there) <= LONE * usual and set(there) <= set(values) and below.shape[1] >= FEWEST


def _unlike(row: pd.Series, values: list[int]) -> bool:
    """Whether the word stands where all others have a number or a date."""
    return any(TOTAL.match(str(row.iloc[place])) for place in values if not pd.isna(row.iloc[place]))


def _sums(rest: pd.DataFrame, row: pd.Series, values: list[int]) -> bool:
    for place in values:
        said = numbers.read(pd.Series([row.iloc[place]], dtype="str")).values.iloc[0]
        added = numbers.read(rest.iloc[:, place].str.strip()).values.sum()
        if said and abs(said - added) <= 1e-6 * abs(said) + 0.011:
            return True
    return False
