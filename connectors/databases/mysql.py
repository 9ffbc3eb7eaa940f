"""MySQL and MariaDB, by PyMySQL. It is slow by the cell, so the server writes each row as one cell: a line of CSV,
which Arrow reads. That makes five times as many rows a second of processor time.
"""

import binascii
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.csv

from connectors.databases.session import (
    AS_FLOAT,
    AS_TEXT,
    BATCH,
    CONNECT_SECONDS,
    LOST,
    Bound,
    Field,
    Kind,
    Session,
    failed,
)
from locales import N_

if TYPE_CHECKING:
    from sqlalchemy import URL

CODES: dict[int, Kind] = {
    1044: "login", 1045: "login", 1049: "login", 1698: "login", 1142: "rights", 1143: "rights", 1227: "rights",
    1370: "rights", 1054: "lacks", 1146: "lacks", 1305: "lacks", 1969: "slow", 3024: "slow", 1317: "slow",
    1205: "busy", 1292: "values", 1690: "values",
}  # fmt: skip
CUT = (2006, 2013, 1053, 1927, 0)
LONG = N_("a row is longer than the server sends (max_allowed_packet)")
UNSIGNED, BINARY = 32, 63  # a flag of a column, and the character set of bytes
WHOLE = {1: pa.int16(), 2: pa.int32(), 9: pa.int32(), 3: pa.int64(), 13: pa.int16()}  # tiny, small, medium, int, year
DIGITS = 38


def quoted(name: str) -> str:
    """A name as MySQL takes it."""
    return "`" + name.replace("`", "``") + "`"


@contextmanager
def opened(source: str, url: "URL", seconds: float) -> Generator[Session, None, None]:
    """A session with the MySQL or MariaDB at `url`, whose statements may take `seconds`. Raises ConnectorError."""
    import pymysql
    from pymysql.converters import conversions
    from pymysql.cursors import SSCursor
    from sqlalchemy.dialects.mysql.pymysql import dialect

    _arguments, given = dialect().create_connect_args(url.set(drivername="mysql+pymysql"))
    given = dict(given) | {
        "conv": {kind: write for kind, write in conversions.items() if not isinstance(kind, int)},  # reads nothing
        "use_unicode": False,
        "charset": "utf8mb4",
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": int(seconds) + CONNECT_SECONDS,
        "local_infile": False,
        "autocommit": True,
        "client_flag": 0,
    }

    def said(error: Exception, connecting: bool = False) -> Exception:
        code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        if connecting and code not in CODES:
            return failed(source, "gone")
        if code in CUT:
            return failed(source, "cut")
        return failed(source, CODES.get(code, "sql"), error.args[-1], seconds)

    try:
        connection = pymysql.connect(**given)
    except (pymysql.Error, OSError, RuntimeError) as error:
        raise said(error, connecting=True) from None
    ended = False

    def execute(sql: str) -> SSCursor:
        cursor = connection.cursor(SSCursor)
        cursor.execute(sql)
        return cursor

    def values(sql: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def describe(sql: str) -> list[Field]:
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT * FROM ({sql}) AS q LIMIT 0")
                return [_field(one) for one in cursor._result.fields]  # description says neither sign nor bytes
        except pymysql.Error as error:
            raise said(error) from None

    def read(sql: str, fields: list[Field], bound: Bound | None) -> Iterator[pa.RecordBatch]:
        nonlocal ended
        cursor = None
        condition = f" WHERE {quoted(bound.column)} >= {connection.escape(bound.value)}" if bound else ""
        try:
            cursor = execute(f"SELECT {_line(fields)} FROM ({sql}) AS q{condition}")
            while rows := cursor.fetchmany(BATCH):
                if any(row[0] is None for row in rows):
                    raise failed(source, "values", LONG)
                yield _parsed(b"".join(row[0] + b"\n" for row in rows), fields)
            ended = True
        except (pymysql.Error, OSError) as error:
            raise said(error) from None
        except pa.ArrowInvalid as error:
            raise failed(source, "values", error) from None
        finally:
            if cursor is not None and cursor._result is not None and not ended:
                cursor._result.unbuffered_active = False  # else it reads the rest when it is thrown away

    def estimate(sql: str) -> int | None:
        with suppress(pymysql.Error, ValueError, TypeError, IndexError), connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {sql}")
            place = [one[0] for one in cursor.description].index("rows")
            return int(max(int(row[place] or 0) for row in cursor.fetchall()))
        return None

    def stop() -> None:
        with suppress(pymysql.Error, OSError):
            other = pymysql.connect(**given)
            other.query(f"KILL QUERY {connection.thread_id()}")
            other.close()

    try:
        try:
            (version,) = values("SELECT VERSION()")[0]
            limit = f"max_statement_time = {seconds:g}"
            if b"MariaDB" not in version:
                limit = f"max_execution_time = {int(seconds * 1000)}"
            modes = "@@SESSION.sql_mode"
            for mode in ("NO_BACKSLASH_ESCAPES", "ANSI_QUOTES"):  # texts and names as they were checked
                modes = f"REPLACE({modes}, '{mode}', '')"
            for statement in (
                f"SET SESSION {limit}",
                "SET SESSION time_zone = '+00:00'",
                f"SET SESSION sql_mode = {modes}",
                "SET SESSION TRANSACTION READ ONLY",
                "START TRANSACTION WITH CONSISTENT SNAPSHOT",
            ):
                connection.query(statement)
        except pymysql.Error as error:
            raise said(error) from None
        yield Session("mysql", describe, read, estimate, stop)
    finally:
        with suppress(pymysql.Error, OSError):
            # What is under way would be read to its end first.
            connection.close() if ended else connection._force_close()


def _field(one: Any) -> Field:
    name, code, cell = one.name, one.type_code, quoted(one.name)
    unsigned, byte = bool(one.flags & UNSIGNED), one.charsetnr == BINARY
    if code in WHOLE:
        return Field(name, WHOLE[code], f"{cell} + 0" if code == 13 else cell, "integer")
    if code == 8:
        return Field(name, pa.uint64() if unsigned else pa.int64(), cell, "bigint")
    if code == 16:
        return Field(name, pa.uint64(), f"{cell} + 0", "bit")
    if code in (4, 5):
        return Field(name, pa.float64(), f"{cell} + 0e0" if code == 4 else cell, "double")  # a float is cut to 6 digits
    if code in (0, 246):
        digits = one.length - (0 if unsigned else 1) - (1 if one.scale else 0)
        if digits <= DIGITS:
            return Field(name, pa.decimal128(max(digits, one.scale, 1), one.scale), cell, "decimal")
        return Field(name, pa.float64(), f"{cell} + 0e0", "decimal", AS_FLOAT)
    if code in (10, 14, 12, 7, 17, 18):
        kind = pa.date32() if code in (10, 14) else pa.timestamp("us", "UTC" if code in (7, 17) else None)
        return Field(name, kind, f"IF({_real(cell)}, {cell}, NULL)", "date")
    if code in (11, 19):
        return Field(name, pa.string(), _text(cell), "time", AS_TEXT)  # -838 to 838 hours
    if code == 255:
        return Field(name, pa.string(), _text(f"ST_AsText({cell})"), "geometry", AS_TEXT)
    if byte and code in (249, 250, 251, 252, 253, 254, 15, 242):
        return Field(name, pa.binary(), f"CONCAT('\"', HEX({cell}), '\"')", "binary")
    return Field(name, pa.string(), _text(cell), "text")


def _real(cell: str) -> str:
    """Whether a day is one: 0000-00-00 and 2020-00-31 are none."""
    return f"MONTH({cell}) * DAYOFMONTH({cell})"


def _text(cell: str) -> str:
    return f"CONCAT('\"', REPLACE(CONVERT({cell} USING utf8mb4), '\"', '\"\"'), '\"')"


def _line(fields: list[Field]) -> str:
    """A row as a line of CSV: how many days in it are none, then its cells; what is missing is empty, "" is not."""
    days = [quoted(field.name) for field in fields if field.type == "date"]
    lost = " + ".join(f"COALESCE({_real(day)} = 0, 0)" for day in days) or "0"
    return f"CONCAT_WS(',', {lost}, {', '.join(f'COALESCE({field.expression}, {chr(39) * 2})' for field in fields)})"


def _parsed(lines: bytes, fields: list[Field]) -> pa.RecordBatch:
    """Lines of CSV as a batch."""
    kinds = {field.name: _parses(field.kind) for field in fields}
    table = pa.csv.read_csv(
        pa.BufferReader(lines),
        pa.csv.ReadOptions(column_names=[LOST, *kinds], use_threads=False, block_size=max(len(lines) + 1, 1 << 20)),
        pa.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        pa.csv.ConvertOptions(
            column_types={LOST: pa.int64(), **kinds},
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            check_utf8=True,
        ),
    )
    schema = pa.schema([*((field.name, field.kind) for field in fields), (LOST, pa.int64())])
    return pa.record_batch([_received(table[field.name], field.type) for field in schema], schema=schema)


def _parses(kind: pa.DataType) -> pa.DataType:
    """What Arrow reads from a line for a kind it has no text of."""
    return pa.timestamp("us") if pa.types.is_timestamp(kind) else pa.string() if pa.types.is_binary(kind) else kind


def _received(column: pa.ChunkedArray, kind: pa.DataType) -> pa.Array:
    cells = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    if pa.types.is_binary(kind):
        return pa.array([None if cell is None else binascii.unhexlify(cell) for cell in cells.to_pylist()], kind)
    if pa.types.is_timestamp(kind) and kind.tz:
        return pa.compute.assume_timezone(cells, kind.tz)
    return cells
