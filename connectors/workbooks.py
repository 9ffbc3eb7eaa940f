"""A workbook (XLSX, XLS, ODS) sheet by sheet, as grids of cells."""

import html
import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from connectors import InvalidFile, currencies, numbers
from connectors.csvs import chunks
from connectors.limits import WORKBOOK_CELLS, counts, unpacks
from connectors.texts import table, texts
from locales import N_

OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # how an XLS begins
EDGE = 100  # bytes at the end of a chunk that are looked at again with the next one
BATCH = 20_000  # rows
LONG = 1_000  # characters: cells with longer texts are counted one by one
MERGED = 50_000  # cells that were merged: more are left as they are
UNUSABLE = N_("This workbook cannot be read: save it again as XLSX, without a password.")


def sheets(content: bytes, limit: int, damaged: tuple[type[BaseException], ...]) -> Iterator[tuple[str, pd.DataFrame]]:
    """Each sheet that has cells, by its name; rows are indexed as the workbook numbers them, less 1.

    Cells that were merged downwards all get what is written in them. Raises `InvalidFile`.
    """
    import python_calamine

    paid: dict[str, dict[tuple[int, int], str]] = {}
    caught: tuple[type[BaseException], ...] = (*damaged, python_calamine.CalamineError)
    try:
        if not content.startswith(OLD):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                unpacks(sum(one.file_size for one in archive.infolist()), limit)
                measure(archive, limit)
                paid = dict(_paid(archive))
        book = python_calamine.load_workbook(io.BytesIO(content))
    except caught as error:
        raise InvalidFile(UNUSABLE) from error
    for name in book.sheet_names:
        try:
            sheet = book.get_sheet_by_name(name)
        except python_calamine.CalamineError as error:
            raise InvalidFile(UNUSABLE) from error
        counts(sheet.total_height, sheet.total_width, WORKBOOK_CELLS)
        rows, parts = sheet.iter_rows(), []
        while batch := list(islice(rows, BATCH)):
            parts.append([texts(cells) for cells in zip(*batch, strict=True)])
        if not parts or not parts[0]:
            continue
        grid = table(parts, [str(place) for place in range(len(parts[0]))])
        _sign(grid, sheet, paid.get(name, {}))
        _fill(grid, sheet)
        yield name, grid.set_axis(range(grid.shape[1]), axis=1)


def _fill(grid: pd.DataFrame, sheet: Any) -> None:
    left = (sheet.start or (0, 0))[1]
    with suppress(AttributeError, TypeError):
        for (top, first), (bottom, _last) in (sheet.merged_cell_ranges or [])[:MERGED]:
            if 0 <= first - left < grid.shape[1] and top < bottom < min(len(grid), top + MERGED):
                grid.iloc[top + 1 : bottom + 1, first - left] = grid.iloc[top, first - left]


def _sign(grid: pd.DataFrame, sheet: Any, paid: dict[tuple[int, int], str]) -> None:
    """Write the sign of its money to each number that is shown with it: it is in the format, not in the cell."""
    left = (sheet.start or (0, 0))[1]
    signs = pd.Series(paid, dtype="str").unstack() if paid else pd.DataFrame()
    for column in signs:
        place = int(column) - left
        if 0 <= place < grid.shape[1]:
            shown = signs[column].reindex(range(len(grid))).set_axis(grid.index)
            number = pd.to_numeric(grid.iloc[:, place], errors="coerce").notna() & shown.notna()
            grid.isetitem(place, grid.iloc[:, place].mask(number, shown + " " + grid.iloc[:, place]))


_SHEET = re.compile(rb"<sheet\b[^>]*>")
_CELL = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})" s="([0-9]{1,5})"')
# The money of a format of numbers: "CHF" #,##0.00 or [$€-407] #,##0.00; a dollar's country stands in its locale.
_MONEY = re.compile(r'\[\$([^\]-]+)(?:-([0-9A-Fa-f]+))?\]|"([^"]+)"|\\?([€£$¥₹₽₺₩])')
_DOLLARS = {0x1009: "CAD", 0xC0C: "CAD", 0xC09: "AUD", 0x1409: "NZD", 0x80A: "MXN", 0x4809: "SGD", 0xC04: "HKD"}


def _paid(archive: zipfile.ZipFile) -> Iterator[tuple[str, dict[tuple[int, int], str]]]:
    """Each sheet's cells (row, column, from 0) whose format shows money, with its sign or code; none of most books."""
    there = set(archive.namelist())
    if not {"xl/styles.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= there:
        return
    styles = _styles(archive.read("xl/styles.xml").decode("utf-8", "replace"))
    if not styles:
        return
    links = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    targets = {_said(one, "Id"): _said(one, "Target") for one in re.findall(r"<Relationship\b[^>]*>", links)}
    for one in _SHEET.findall(archive.read("xl/workbook.xml")):
        tag = one.decode("utf-8", "replace")
        path = "xl/" + targets.get(_said(tag, "r:id"), "").removeprefix("/xl/")
        if path in there:
            found = _CELL.findall(archive.read(path))
            cells = (
                (int(row) - 1, _column(letters.decode()) - 1, styles.get(int(style))) for letters, row, style in found
            )
            yield _said(tag, "name"), {(row, column): sign for row, column, sign in cells if sign}


def _styles(text: str) -> dict[int, str]:
    """The sign or code of the money that each style of cells shows, of those that show one."""
    formats = {_said(one, "numFmtId"): _said(one, "formatCode") for one in re.findall(r"<numFmt\b[^>]*>", text)}
    signs = {number: sign for number, code in formats.items() if (sign := _money(code))}
    used = re.findall(r"<xf\b[^>]*>", text.partition("<cellXfs")[2].partition("</cellXfs>")[0]) if signs else []
    return {place: signs[number] for place, one in enumerate(used) if (number := _said(one, "numFmtId")) in signs}


def _money(code: str) -> str:
    for sign, locale, quoted, plain in _MONEY.findall(code.partition(";")[0]):
        if sign == "$" and locale and (dollar := _DOLLARS.get(int(locale, 16) & 0xFFFF)):
            return dollar
        word = (sign or quoted or plain).strip()
        if word in numbers.SIGNS or word in numbers.EITHER or word in currencies.known():
            return word
    return ""


def _said(tag: str, name: str) -> str:
    """An attribute of a tag, "" where it has none."""
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return html.unescape(found[1]) if found else ""


_FAR = re.compile(rb' r="([A-Z]{2,3})[0-9]')
_ROW = re.compile(rb' r="[A-Z]{0,3}([0-9]{1,7})"')
_SHARED = re.compile(rb't="s"[^>]*><v>([0-9]{1,9})<')


def measure(archive: zipfile.ZipFile, limit: int) -> None:
    """Count the cells of the rectangles that a workbook's reader makes room for, and the texts that it repeats."""
    names = [name for name in archive.namelist() if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name, re.IGNORECASE)]
    lengths, cells, repeated = _shared(archive), 0, 0
    for name in names:
        rows, letters, before = 0, set[bytes](), b""
        with archive.open(name) as sheet:
            for chunk in chunks(sheet):
                part = before + chunk
                before = chunk[-EDGE:]
                letters.update(_FAR.findall(part))
                rows = max(rows, *map(int, _ROW.findall(part[-20 * EDGE :])), 0)
                if lengths is not None:
                    repeated += int(lengths[np.minimum(_numbers(_SHARED.findall(part)), len(lengths) - 1)].sum())
                    unpacks(repeated, limit)
        columns = max((_column(one.decode()) for one in letters), default=26)
        counts(rows, columns, WORKBOOK_CELLS)
        cells += rows * columns
    counts(cells, 1, WORKBOOK_CELLS)


def _numbers(found: list[bytes]) -> np.ndarray:
    return np.array(found, dtype="S9").astype(np.int64)


def _column(letters: str) -> int:
    """The number of a spreadsheet's column: A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number


def _shared(archive: zipfile.ZipFile) -> np.ndarray | None:
    """How many bytes each text has that a workbook's cells share, where one of them is long; else None."""
    try:
        with archive.open("xl/sharedStrings.xml") as file:
            texts = file.read()
    except KeyError:
        return None
    starts = np.array([found.start() for found in re.finditer(rb"<si[ >/]", texts)] + [len(texts)])
    lengths = np.append(np.diff(starts), 0)
    return lengths if len(lengths) > 1 and lengths.max() > LONG else None
