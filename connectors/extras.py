"""Columns of a file that no table asks for, kept under safe names of their own: numbers as measures, words as kinds."""

from collections.abc import Collection, Mapping

import pandas as pd

from connectors import cells, dates, numbers
from connectors.guessing import ID_WORDS
from connectors.limits import EXTRA, FEW, LEVELS
from data import meaning
from data.dataset import Finding
from data.schemas import RESERVED, own_name
from locales import N_

CODES = 12  # whole numbers with no more values, each in `OFTEN` lines on average, are kinds: flags, days of the week
OFTEN = 10
# Cells that reach or name one person or page: e-mail addresses, telephone numbers, addresses on the web.
CONTACT = (
    r"[^@\s]+@[^@\s]+\.\w+|(?:https?://|www\.)\S+|\+\d{9,14}|"
    r"(?=(?:\D*\d){9})(?:\+|00)?\d{1,3}?[-. ]?\(?\d{1,4}\)?(?:[-. ]\d{2,4}){2,5}"
)
OWN, LEFT = "own", "left out"  # key of a choice; a column that is not kept
MOSTLY = 0.5  # of the first cells
LOOKED_AT = 50  # first cells: to read a million words as numbers takes half a minute


def others(rest: pd.DataFrame, taken: Collection[str]) -> pd.DataFrame:
    """Columns of text under names that differ from those `taken`; numbers as numbers."""
    names = called(rest, taken)
    return pd.DataFrame({names[source]: own(rest[source]) for source in rest}, index=rest.index)


def own(text: pd.Series) -> pd.Series:
    """A column as numbers where all of it are; codes (leading zeros, more digits than a number keeps) stay text."""
    some = text.dropna()
    if some.empty or numbers.read(some.head(LOOKED_AT)).values.isna().any():  # words, of which the first tell
        return text
    if some.str.match(r"[+-]?0\d|[+-]?\d{16}").any():
        return text
    values = numbers.read(text).values
    return values if values.notna().sum() == len(some) else text


def dimensions(
    rest: pd.DataFrame, taken: Collection[str], findings: list[Finding], choices: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """The columns of lines that can be compared by (categories) or added up (float), at most `EXTRA` of them.

    Left out, and said, is what names single lines: ids, notes, other dates; and what is empty. `choices` say what a
    column is (`OWN` and its name -> its pandas type, or `LEFT`) where not all of its lines are here to tell.
    """
    found, kept, left = dict[str, pd.Series](), list[str](), list[str]()
    for source, name in called(rest, taken).items():
        kind = (choices or {}).get(f"{OWN}:{source}")
        column = (
            _told(rest[source], kind, (choices or {}).get(f"{cells.CODES}:{source}"))
            if kind
            else _useful(rest[source], str(source))
        )
        if kind and column is not None and (lost := int((column.isna() & rest[source].notna()).sum())):
            message = N_("“{column}”: {rows} cells cannot be used and are empty now.")
            findings.append(Finding(message, lost, {"column": str(source)}, severity="warning"))
        if len(found) >= EXTRA:
            column = None
        if column is None:
            left.append(str(source))
        else:
            found[name] = column
            kept.append(str(source))
    if found:
        message = N_("More columns of the file are kept, to filter and compare by: {columns}.")
        findings.append(Finding(message, len(found), {"columns": ", ".join(kept)}))
    if left:
        message = N_(
            "Columns of the file that are empty, dates, addresses or different in nearly every row are not kept."
        )
        findings.append(Finding(message, len(left), examples=tuple(left)))
    return pd.DataFrame(found, index=rest.index)


def _told(text: pd.Series, kind: str, habit: str | None) -> pd.Series | None:
    """A column as the pandas type that it is known to have, its codes as they are known to be written."""
    if kind == LEFT:
        return None
    return cells.codes(text, habit).astype("category") if kind == "category" else numbers.read(text).values


def _useful(text: pd.Series, source: str) -> pd.Series | None:
    """A column as categories or numbers; None where it can be neither compared by nor added up."""
    if text.isna().all() or dates.dated(text) or contact(text):
        return None
    column = text if ID_WORDS & set(meaning.plain(source).split()) else own(text)
    if column.dtype.kind == "f":
        whole = column.dropna()
        if len(whole) > FEW and whole.is_unique and whole.max() - whole.min() == len(whole) - 1:
            return None  # row numbers
        if OFTEN * whole.nunique() > len(whole) or whole.nunique() > CODES or (whole % 1 != 0).any():
            return column
        text = cells.codes(text)
    values = text.nunique()
    if values > FEW and values > min(LEVELS, len(text) // 2):
        return None
    return text.astype("category")


def contact(text: pd.Series) -> bool:
    """Whether a column holds what reaches people, addresses of mail and web or telephone numbers: no kinds."""
    head = text.dropna().head(LOOKED_AT)
    return len(head) > 0 and bool(head.str.fullmatch(CONTACT).mean() > MOSTLY)


def called(rest: pd.DataFrame, taken: Collection[str]) -> dict[str, str]:
    """A safe name for each column, that no other one has."""
    names: dict[str, str] = {}
    used = {*taken, *RESERVED}
    for source in rest:
        name = wanted = own_name(source)
        number = 2
        while name in used:
            name, number = f"{wanted}_{number}", number + 1
        used.add(name)
        names[source] = name
    return names
