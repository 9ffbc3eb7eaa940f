"""How much of a file is taken, counted before there is room made for it; and the list of what cannot be used."""

import io
from typing import Any

import pandas as pd

from connectors import InvalidFile
from locales import N_

COLUMNS = 2_000
CELLS = 100_000_000  # a CSV of 200 MB cannot have more
FETCHED = 2_000_000_000  # cells of what is read from a source, in pieces
WORKBOOK_CELLS = 20_000_000  # of the rectangle around what is filled: a workbook is read into one
CHUNK = 1 << 20  # bytes
REPORTED = 1_000
EXTRA = 30  # columns of sales that no page asks for: each is kept for every line
FEW, LEVELS = 20, 2_000  # values of text that few lines may have, and that any number of lines may have


def report(problems: list[tuple[int, str, str, str]]) -> pd.DataFrame:
    """Refused cells as a table: row of the file, column, value, reason. The first `REPORTED`."""
    return pd.DataFrame(problems[:REPORTED], columns=["row", "column", "value", "reason"])


def unpacks(size: int, limit: int) -> None:
    """Refuse what is more than `limit` bytes when unpacked."""
    if size > limit:
        raise InvalidFile(
            N_("Unpacked, this file has more than {limit} MB, which is more than is taken."), limit=limit // 1_000_000
        )


def bounded(packed: Any, limit: int) -> bytes:
    """What an open packed file holds. Raises `InvalidFile` above `limit` bytes."""
    content = io.BytesIO()
    while chunk := packed.read(CHUNK):
        content.write(chunk)
        unpacks(content.tell(), limit)
    return content.getvalue()


def counts(rows: int, columns: int, most: int = CELLS) -> None:
    """Refuse a table that is larger than Vigie takes, before there is room for it."""
    if columns > COLUMNS:
        raise InvalidFile(
            N_("This file has {columns} columns and at most {limit} are taken: leave out those that are not needed."),
            columns=columns,
            limit=COLUMNS,
        )
    if rows * columns > most:
        raise InvalidFile(
            N_(
                "This file spans {rows} rows and {columns} columns, more cells than are taken ({limit} million): send "
                "a part of it, or remove what stands far from the table."
            ),
            rows=rows,
            columns=columns,
            limit=most // 1_000_000,
        )
