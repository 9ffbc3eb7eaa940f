"""A workbook (XLSX, XLS, ODS) sheet by sheet, as grids of cells."""

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from connectors import InvalidFile
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

    caught: tuple[type[BaseException], ...] = (*damaged, python_calamine.CalamineError)
    try:
        if not content.startswith(OLD):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                unpacks(sum(one.file_size for one in archive.infolist()), limit)
                measure(archive, limit)
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
        _fill(grid, sheet)
        yield name, grid.set_axis(range(grid.shape[1]), axis=1)


def _fill(grid: pd.DataFrame, sheet: Any) -> None:
    left = (sheet.start or (0, 0))[1]
    with suppress(AttributeError, TypeError):
        for (top, first), (bottom, _last) in (sheet.merged_cell_ranges or [])[:MERGED]:
            if 0 <= first - left < grid.shape[1] and top < bottom < min(len(grid), top + MERGED):
                grid.iloc[top + 1 : bottom + 1, first - left] = grid.iloc[top, first - left]


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
