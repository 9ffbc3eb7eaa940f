"""What was read from a source as a folder of Parquet files: written in parts, and brought up to date by key.

A part has up to `PART` rows, so that bringing a day up to date writes one or two of them again; the others are shared
with the folder before (hard links). Every file of the folder is a part; `read_parquet("folder/*.parquet")` reads all.
"""

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from connectors import BadResponse
from connectors.databases.postgres import quoted
from connectors.databases.session import Field
from locales import N_

PART = 250_000  # rows
SMALL = 0.25  # a part with fewer of them is written together with others
GROUP = 100_000  # rows of a row group, and
GROUP_BYTES = 32_000_000
ABOUT = "_fetched.json"  # readers of folders of Parquet leave out names that begin so
JOIN = "200MB"  # of memory, then the disk
MOMENTS = (pa.types.is_timestamp, pa.types.is_date)
ID = 24  # characters of an ObjectId of MongoDB
FIRST, LAST = "0002-01-01", "9999-12-30"  # days that Python knows, whatever the time zone and the look-back
EXACT = 2**53  # whole numbers up to it are exact as floats
NUMBERS = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)


@dataclass(frozen=True)
class Since:
    """How a table grows, so that the next reading brings only what is new.

    Rows are the same where all of `key` are; `column` only grows: a moment, a number, or text that is an ISO date or an
    ObjectId of MongoDB, which begins with its moment. Rows that come `back` late are still found (a number where the
    column is one); rows later than that, and those that were deleted, when all is read again, `every` so often.
    `before` is the folder of the last reading.
    """

    column: str
    key: tuple[str, ...]
    back: timedelta | int
    every: timedelta = timedelta(days=7)
    before: Path | None = None


@dataclass(frozen=True)
class Changes:
    """What differs from the reading before: rows that are `new`, of which so many came `late` (their mark had been
    passed), `changed` (not known after all was read), `deleted`."""

    new: int
    late: int
    changed: int | None
    deleted: int


@dataclass(frozen=True)
class About:
    """What a folder holds, as its `ABOUT` says it. `whole` is when all of it was last read."""

    source: str
    query: str
    columns: dict[str, str]
    column: str | None
    key: tuple[str, ...]
    whole: datetime
    read: datetime
    rows: int


def parts(folder: Path) -> list[Path]:
    """The files of a folder, in their order."""
    return sorted(folder.glob("*.parquet"))


def about(folder: Path) -> About | None:
    """What is known of a folder; None where it is none, or damaged."""
    try:
        found = json.loads((folder / ABOUT).read_text("utf-8"))
        moments = {name: datetime.fromisoformat(found[name]) for name in ("whole", "read")}
        known = About(**(found | moments | {"key": tuple(found["key"])}))
        counted = sum(pa.parquet.read_metadata(part).num_rows for part in parts(folder))
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        return None
    return known if counted == known.rows else None


def describe(folder: Path, known: About) -> None:
    """Say in a folder what it holds."""
    (folder / ABOUT).write_text(json.dumps(asdict(known), default=str, ensure_ascii=False), "utf-8")


def write(batches: Iterable[pa.RecordBatch], folder: Path, schema: pa.Schema, first: int = 0) -> int:
    """Write batches as parts of a folder, numbered from `first` on; the number of rows."""
    held: list[pa.RecordBatch] = []
    writer: Any = None
    count = size = 0
    room = PART

    def flush() -> None:
        nonlocal writer, room, first, held, size
        table = pa.Table.from_batches(held, schema)
        held, size = [], 0
        while len(table):
            if writer is None:
                writer, room = pa.parquet.ParquetWriter(_named(folder, first), schema, compression="zstd"), PART
                first += 1
            writer.write_table(table.slice(0, room), row_group_size=GROUP)
            taken = min(room, len(table))
            table, room = table.slice(taken), room - taken
            if not room:
                writer.close()
                writer = None

    try:
        for batch in batches:
            if not len(batch):
                continue
            held.append(batch)
            count, size = count + len(batch), size + batch.nbytes
            if sum(map(len, held)) >= GROUP or size >= GROUP_BYTES:
                flush()
        flush()
    finally:
        if writer is not None:
            writer.close()
    return count


def never_empty(folder: Path, schema: pa.Schema) -> None:
    """A folder without a row says what its columns are."""
    if not parts(folder):
        pa.parquet.write_table(schema.empty_table(), _named(folder, 0))


def schema(fields: Sequence[Field]) -> pa.Schema:
    """The schema of the parts."""
    return pa.schema([(field.name, field.kind) for field in fields])


def highest(folder: Path, column: str) -> Any:
    """The highest value of a column, as Python has it; None where there is none."""
    found = [_edges(part, column) for part in parts(folder)]
    if all(edges is not None for edges in found):
        return max((high for _low, high in filter(None, found) if high is not None), default=None)
    kind = pa.parquet.read_schema(parts(folder)[0]).field(column).type
    top = f"max({quoted(column)})"
    if any(test(kind) for test in MOMENTS):
        cast = "DATE" if pa.types.is_date(kind) else "TIMESTAMPTZ" if kind.tz else "TIMESTAMP"
        top = f"greatest(least({top}, {cast} '{LAST}'), {cast} '{FIRST}')"
    with _duckdb(folder) as connection:
        return _value(connection, f"SELECT {top} FROM read_parquet($parts)", parts=_texts(parts(folder)))


def _edges(part: Path, column: str) -> tuple[Any, Any] | None:
    """The lowest and the highest value of a column as the footer of a part has them, None each where it has no value;
    None where the footer does not say, or has a year that Python does not know."""
    about_part = pa.parquet.read_metadata(part)
    place = about_part.schema.names.index(column)
    groups = [about_part.row_group(group).column(place).statistics for group in range(about_part.num_row_groups)]
    filled = [one for one in groups if one is None or one.num_values]
    if any(one is None or not one.has_min_max for one in filled):
        return None
    try:
        return min((one.min for one in filled), default=None), max((one.max for one in filled), default=None)
    except (OverflowError, ValueError):
        return None


def empty(folder: Path, column: str) -> int:
    """How many rows have nothing in a column, as the footers of the parts say."""
    count = 0
    for part in parts(folder):
        about_part = pa.parquet.read_metadata(part)
        place = about_part.schema.names.index(column)
        groups = (about_part.row_group(group).column(place) for group in range(about_part.num_row_groups))
        count += sum(group.statistics.null_count for group in groups if group.num_values)
    return count


def lowest_read(high: Any, since: Since, now: datetime) -> Any:
    """From which value of the column on to read again. A day in the far future, mistyped, hides nothing new.

    Raises `BadResponse` where `back` is not what the column is counted in.
    """
    wrong = BadResponse(
        N_("“{column}” and the look-back do not fit: days for dates and times, a number for numbers."),
        column=since.column,
    )
    try:
        if isinstance(high, str) and (born := born_of(high)):
            return f"{int((min(born, _like(now, born)) - since.back).timestamp()):08x}".ljust(ID, "0")  # type: ignore[operator]
        if isinstance(high, str):
            written = datetime.fromisoformat(high)
            back = min(written, _like(now, written)) - since.back  # type: ignore[operator]
            return back.isoformat(high[10:11] or "T", "seconds" if len(high) > 10 else "auto")[: max(10, len(high))]
        if isinstance(high, datetime):
            return min(high, _like(now, high)) - since.back  # type: ignore[operator]
        if isinstance(high, date):
            return min(high, now.date() + timedelta(days=1)) - since.back  # type: ignore[operator]
        if isinstance(since.back, timedelta):
            raise wrong
        return high - (Decimal(since.back) if isinstance(high, Decimal) else since.back)
    except (TypeError, ValueError):
        raise wrong from None


def born_of(text: str) -> datetime | None:
    """When an ObjectId of MongoDB, as text, was made: its first four bytes are seconds. None where it is none."""
    return datetime.fromtimestamp(int(text[:8], 16), UTC) if re.fullmatch(f"[0-9a-f]{{{ID}}}", text) else None


def _like(now: datetime, other: datetime) -> datetime:
    """A day after now, since clocks and time zones differ, with a time zone where the other has one."""
    later = now + timedelta(days=1)
    return later.astimezone(UTC) if other.tzinfo else later.astimezone(UTC).replace(tzinfo=None)


def keyed(folder: Path, key: Sequence[str], mark: str) -> None:
    """Raise `BadResponse` unless the columns of `key` tell the rows of a folder apart, and these and the `mark` are
    what the database has: of numbers of any length only the first 15 digits are kept."""
    names = ", ".join(map(quoted, key))
    missing = " OR ".join(f"{quoted(name)} IS NULL" for name in key)
    with _duckdb(folder) as connection:
        rows = {"parts": _texts(parts(folder))}
        distinct = f"count(DISTINCT ({names})) FILTER (NOT ({missing}))"
        sql = f"SELECT count(*) - {distinct} FROM read_parquet($parts)"
        again = _value(connection, sql, **rows)
        kinds = pa.parquet.read_schema(parts(folder)[0])
        for name in dict.fromkeys((*key, mark)):
            most = f"SELECT max(abs({quoted(name)})) FROM read_parquet($parts)"
            if pa.types.is_floating(kinds.field(name).type) and (_value(connection, most, **rows) or 0) > EXACT:
                raise BadResponse(
                    N_(
                        "“{column}” has numbers of more digits than are kept: it can neither tell rows apart nor what "
                        "is new."
                    ),
                    column=name,
                )
    if again:
        raise BadResponse(
            N_("{count} rows have no “{key}” of their own: name columns that tell all rows apart."),
            count=again,
            key=", ".join(key),
        )


def compared(before: Path, after: Path, since: Since, high: Any) -> Changes:
    """How all of a table that was read again differs from the reading before, by key."""
    key, mark = ", ".join(map(quoted, since.key)), quoted(since.column)
    with _duckdb(after) as connection:
        both = {"old": _texts(parts(before)), "fresh": _texts(parts(after))}
        gone = f"SELECT count(*) FROM read_parquet($old) ANTI JOIN read_parquet($fresh) USING ({key})"
        deleted = _value(connection, gone, **both)
        anti = f"FROM read_parquet($fresh) AS f ANTI JOIN read_parquet($old) USING ({key})"
        new = _value(connection, f"SELECT count(*) {anti}", **both)
        late = _value(connection, f"SELECT count(*) {anti} WHERE f.{mark} <= $high", **both, high=high)
    return Changes(new, late, None, deleted)


def merge(before: Path, fresh: Path, into: Path, fields: Sequence[Field], since: Since, low: Any, high: Any) -> Changes:
    """Fill the folder `into` with the rows of `before` and those of `fresh`: all that the table has from `low` on.

    A fresh row takes the place of the one with its key; rows from `low` on that are not there any more go.
    """
    key, mark, kinds = ", ".join(map(quoted, since.key)), quoted(since.column), schema(fields)
    with _duckdb(into) as connection:
        new = _texts(parts(fresh))
        connection.execute("CREATE TEMP TABLE fresh AS SELECT * FROM read_parquet($parts)", {"parts": new})
        tail = {str(part) for part in parts(before) if _reaches(part, since.column, low)}
        near = _near(connection, parts(before), since.key[0], kinds.field(since.key[0]).type) - tail
        sql = f"SELECT DISTINCT filename FROM read_parquet($old, filename = true) SEMI JOIN fresh USING ({key})"
        touched = tail | {file for (file,) in (_rows(connection, sql, old=sorted(near)) if near else [])}
        changes = Changes(_value(connection, "SELECT count(*) FROM fresh"), 0, 0, 0)
        if touched:
            both = {"old": sorted(touched)}
            differ = " OR ".join(f"f.{name} IS DISTINCT FROM o.{name}" for name in (quoted(one.name) for one in fields))
            first = quoted(since.key[0])
            sql = (
                f"SELECT count(*) FILTER (o.{first} IS NULL),"
                f" count(*) FILTER (o.{first} IS NULL AND f.{mark} <= $high),"
                f" count(*) FILTER (o.{first} IS NOT NULL AND ({differ})) FROM fresh AS f"
                f" LEFT JOIN read_parquet($old) AS o USING ({key})"
            )
            added, late, changed = _rows(connection, sql, **both, high=high)[0]
            sql = f"SELECT count(*) FROM read_parquet($old) AS o ANTI JOIN fresh USING ({key}) WHERE o.{mark} >= $low"
            changes = Changes(added, late, changed, _value(connection, sql, **both, low=low))
        keep = f"ANTI JOIN fresh USING ({key}) WHERE NOT coalesce(o.{mark} >= $low, FALSE)"

        def kept(files: list[str]) -> Iterator[pa.RecordBatch]:
            answer = connection.sql(
                f"SELECT o.* FROM read_parquet($old) AS o {keep}", params={"old": files, "low": low}
            )
            for batch in answer.to_arrow_reader(GROUP):
                yield _fitted(batch, kinds)

        number = 0
        for file in _texts(parts(before)):
            if file not in touched:
                _link(Path(file), _named(into, number))
            elif file in tail or not write(kept([file]), into, kinds, number):
                continue
            number += 1

        def last() -> Iterator[pa.RecordBatch]:
            if tail:
                yield from kept(sorted(tail))
            for part in parts(fresh):
                yield from pa.parquet.ParquetFile(part).iter_batches(GROUP)

        write(last(), into, kinds, number)
        never_empty(into, kinds)
    return changes


def _reaches(part: Path, column: str, low: Any) -> bool:
    """Whether a part may have rows from `low` on, or is so small that it is written again with others."""
    edges = _edges(part, column)
    last = True if edges is None else edges[1] is not None and edges[1] >= low
    return last or pa.parquet.read_metadata(part).num_rows < SMALL * PART


def _near(connection: Any, files: Sequence[Path], key: str, kind: pa.DataType) -> set[str]:
    """The parts that may hold a key of the table `fresh`: those between whose lowest and highest one it lies. Of a
    running number these are few, and no other part is looked into."""
    found = [(str(file), _edges(file, key)) for file in files]
    known = [(file, *edges) for file, edges in found if edges is not None]
    names, lows, highs = zip(*known, strict=True) if known else ((), (), ())
    ranges = pa.table(
        {"file": pa.array(names, pa.string()), "low": pa.array(lows, kind), "high": pa.array(highs, kind)}
    )
    connection.register("ranges", ranges)
    name = quoted(key)
    sql = f"SELECT file FROM ranges WHERE EXISTS (SELECT 1 FROM fresh WHERE {name} BETWEEN ranges.low AND ranges.high)"
    return {file for file, edges in found if edges is None} | {file for (file,) in _rows(connection, sql)}


def _fitted(batch: pa.RecordBatch, kinds: pa.Schema) -> pa.RecordBatch:
    cells = [column.cast(field.type) for column, field in zip(batch.columns, kinds, strict=True)]
    return pa.record_batch(cells, schema=kinds)


def _named(folder: Path, number: int) -> Path:
    return folder / f"{number:06d}.parquet"


def _link(part: Path, place: Path) -> None:
    """The same part in another folder; a copy where the disk knows no links."""
    try:
        os.link(part, place)
    except OSError:
        shutil.copyfile(part, place)


def _texts(paths: Iterable[Path]) -> list[str]:
    return [str(path) for path in paths]


def _duckdb(folder: Path) -> Any:
    import duckdb

    config = {"memory_limit": JOIN, "temp_directory": str(folder / "joining"), "threads": "2"}
    return duckdb.connect(config=config)  # type: ignore[arg-type]


def _rows(connection: Any, sql: str, **given: Any) -> list[tuple[Any, ...]]:
    """The rows of an answer, moments by Arrow: DuckDB's own need pytz."""
    table = connection.sql(sql, params=given).to_arrow_table()
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def _value(connection: Any, sql: str, **given: Any) -> Any:
    return _rows(connection, sql, **given)[0][0]
