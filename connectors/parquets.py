"""A Parquet file as text, part by part."""

import json
from collections.abc import Sequence
from contextlib import suppress
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


def read(content: bytes | Sequence[Path], limit: int, findings: list[Finding]) -> pd.DataFrame:
    """The table in a Parquet file, or in several of one schema one below the other, under its own names.

    Raises `InvalidFile`.
    """
    import pyarrow as pa
    import pyarrow.parquet

    damaged = N_("This Parquet file is damaged or cut off. Write it again.")
    try:
        given = [pa.BufferReader(content)] if isinstance(content, bytes) else content
        files = [pa.parquet.ParquetFile(one) for one in given]
        abouts, schema = [file.metadata for file in files], files[0].schema_arrow
        counts(sum(about.num_rows for about in abouts), max(abouts[0].num_columns, len(schema)))
        groups = [about.row_group(group) for about in abouts for group in range(about.num_row_groups)]
        unpacks(sum(group.total_byte_size for group in groups), limit)
        parts, size = [], 0
        for file in files:
            for batch in file.iter_batches(BATCH):
                batch.validate(full=True)  # text that is no UTF-8 would fail later, wherever it is looked at
                size += batch.nbytes
                unpacks(size, limit)
                parts.append([_cells(column) for column in batch.columns])
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InvalidFile(damaged) from error
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
    names, index = _names(schema, findings)
    frame = table(parts, names)
    if index is not None:  # pandas writes rows that are counted from one number to another as these numbers only
        frame.insert(0, index["name"], pd.Series(_steps(index, len(frame)), dtype="str"))
    return frame


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


def _steps(index: dict[str, Any], rows: int) -> list[str]:
    steps = range(index["start"], index["stop"], index["step"])
    return [str(step) for step in steps] if len(steps) == rows else [str(step) for step in range(rows)]


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
    if pa.types.is_timestamp(column.type) and column.type.tz in (None, *UTC):
        with suppress(pa.ArrowInvalid):  # parts of a microsecond, which few have
            text = column.cast(pa.timestamp("us")).cast(pa.large_string())
            text = pa.compute.replace_substring_regex(text, r"\.000000$", "")
            zone, nothing = (pa.scalar(one, pa.large_string()) for one in ("+00:00", ""))
            return pa.compute.binary_join_element_wise(text, zone, nothing) if column.type.tz else text
    return texts(column.to_pandas())
