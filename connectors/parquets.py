"""A Parquet file as text, part by part."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from connectors import InvalidFile
from connectors.limits import counts, unpacks
from connectors.texts import table, texts
from data.dataset import Finding
from locales import N_

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = 20_000  # rows
UTC = ("UTC", "+00:00", "Etc/UTC")  # other zones are written cell by cell, ten times slower


def read(content: bytes | Path | Sequence[Path], limit: int, findings: list[Finding]) -> pd.DataFrame:
    """The table in a Parquet file, or in several of one schema one below the other, under its own names.

    Raises `InvalidFile`.
    """
    with _readable():
        file, *_rest = _opened(content)
        counts(rows(content), max(file.metadata.num_columns, len(file.schema_arrow)))
    return next(pieces(content, limit, sys.maxsize, findings))


def rows(content: bytes | Path | Sequence[Path]) -> int:
    """How many rows there are, as the files say themselves. Raises `InvalidFile`."""
    with _readable():
        return sum(file.metadata.num_rows for file in _opened(content))


def pieces(
    content: bytes | Path | Sequence[Path], limit: int, size: int, findings: list[Finding]
) -> Iterator[pd.DataFrame]:
    """What `read` reads, `size` rows or a few more at a time, numbered on."""
    with _readable():
        files = _opened(content)
        names, index = _described(files[0].schema_arrow, findings)
        steps = _steps(index, rows(content)) if index else range(0)
        held: list[list[pa.Array]] = []
        count = first = 0

        def taken() -> pd.DataFrame:
            frame = table(held, names).set_axis(pd.RangeIndex(first, first + count), axis=0)
            if index:  # pandas writes rows that are counted from one number to another as these numbers only
                own = [str(step) for step in steps[first : first + count]]
                frame.insert(0, index["name"], pd.Series(own, frame.index, dtype="str"))
            return frame

        for file in files:
            for cells in _batches(file, limit):
                held.append(cells)
                count += len(cells[0])
                if count >= size:
                    yield taken()
                    held, first, count = [], first + count, 0
        if held or not first:
            yield taken()


@contextmanager
def _readable() -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InvalidFile(N_("This Parquet file is damaged or cut off. Write it again.")) from error


def _opened(content: bytes | Path | Sequence[Path]) -> "list[pa.parquet.ParquetFile]":
    import pyarrow as pa
    import pyarrow.parquet

    given = [content] if isinstance(content, bytes | Path) else content
    return [pa.parquet.ParquetFile(pa.BufferReader(one) if isinstance(one, bytes) else one) for one in given]


def _batches(file: "pa.parquet.ParquetFile", limit: int) -> "Iterator[list[pa.Array]]":
    """The cells of a file as text, some rows at a time. Raises `InvalidFile` where they are more than `limit` bytes."""
    groups = [file.metadata.row_group(group) for group in range(file.metadata.num_row_groups)]
    unpacks(sum(group.total_byte_size for group in groups), limit)
    size = 0
    for batch in file.iter_batches(BATCH):
        batch.validate(full=True)  # text that is no UTF-8 would fail later, wherever it is looked at
        size += batch.nbytes
        unpacks(size, limit)
        yield [_cells(column) for column in batch.columns]


def _described(schema: "pa.Schema", findings: list[Finding]) -> tuple[list[str], dict[str, Any] | None]:
    """The names of the columns (see `_names`), and what is to be said of them."""
    import pyarrow as pa

    nested = [field.name for field in schema if pa.types.is_nested(field.type)]
    if nested:
        findings.append(
            Finding(
                N_("Columns with lists or records are kept as text, one for each row."),
                len(nested),
                examples=tuple(nested[:3]),
                severity="warning",
            )
        )
    return _names(schema, findings)


def _names(schema: "pa.Schema", findings: list[Finding]) -> tuple[list[str], dict[str, Any] | None]:
    """The names of a Parquet file's columns; and pandas' index where it has a name but, being a range, no column."""
    names = list(schema.names)
    try:
        indexes = json.loads((schema.metadata or {}).get(b"pandas", b"{}"))["index_columns"]
        written = [one for one in indexes if isinstance(one, str) and one in names]
        ranged = next((one for one in indexes if isinstance(one, dict) and isinstance(one.get("name"), str)), None)
        if ranged is not None:
            range(ranged["start"], ranged["stop"], ranged["step"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):  # another program's, or damaged
        return names, None
    unnamed = {one: "index" for one in written if one.startswith("__index_level_")}
    shown = [unnamed.get(one, one) for one in written] + ([ranged["name"]] if ranged else [])
    if shown:
        message = N_("The index of the table is kept as the column “{column}”.")
        findings.append(Finding(message, 0, {"column": ", ".join(shown)}))
    return [unnamed.get(name, name) for name in names], ranged


def _steps(index: dict[str, Any], count: int) -> range:
    steps = range(index["start"], index["stop"], index["step"])
    return steps if len(steps) == count else range(count)


def _cells(column: "pa.Array") -> "pa.Array":
    """A column of a Parquet file as text."""
    import pyarrow as pa

    if pa.types.is_nested(column.type):
        return texts(None if cell is None else json.dumps(cell, ensure_ascii=False, default=str)
                      for cell in column.to_pylist())  # fmt: skip
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type) or pa.types.is_integer(column.type):
        text = column.cast(pa.large_string())
        return pa.compute.if_else(pa.compute.equal(text, ""), None, text)
    if pa.types.is_date(
        column.type
    ):  # a year before 1 or after 9999, which Python does not know, is a bad cell, no more
        return column.cast(pa.large_string())
    if pa.types.is_timestamp(column.type) and column.type.tz in (None, *UTC):
        with suppress(pa.ArrowInvalid):  # parts of a microsecond, which few have
            text = column.cast(pa.timestamp("us")).cast(pa.large_string())
            text = pa.compute.replace_substring_regex(text, r"\.000000$", "")
            zone, nothing = (pa.scalar(one, pa.large_string()) for one in ("+00:00", ""))
            return pa.compute.binary_join_element_wise(text, zone, nothing) if column.type.tz else text
    return texts(column.to_pandas())
