"""A SQLite file, opened to read. A cell there is of any kind, whatever its column says: what a column really holds is
looked up first, in the same transaction.
"""

import sqlite3
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from connectors.databases.postgres import quoted
from connectors.databases.session import BATCH, CONNECT_SECONDS, LOST, Bound, Field, Kind, Session, failed
from locales import N_

if TYPE_CHECKING:
    from sqlalchemy import URL

OPERATIONS = 20_000  # of SQLite's machine between two looks at the clock
MIXED = N_("Columns with numbers in some rows and text in others are kept as text.")
BINARY = N_("Columns with bytes in some rows and other things in others are kept as bytes.")


@contextmanager
def opened(source: str, url: "URL", seconds: float) -> Generator[Session, None, None]:
    """A session with the SQLite file of `url`, whose statements may take `seconds`. Raises ConnectorError."""
    path = Path(url.database or "")
    if not path.is_file():
        raise failed(source, "file")
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", CONNECT_SECONDS, uri=True, isolation_level=None, check_same_thread=False
    )
    connection.text_factory = bytes
    ends = [time.monotonic() + seconds]
    connection.set_progress_handler(lambda: time.monotonic() > ends[0], OPERATIONS)
    count = [0]

    def kind(error: sqlite3.Error) -> Kind:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_INTERRUPT:
            return "slow"
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return "busy"
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN):
            return "rights"
        return "lacks" if str(error).startswith("no such") else "values" if code != sqlite3.SQLITE_ERROR else "sql"

    def run(sql: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        ends[0] = time.monotonic() + seconds
        return connection.execute(sql, values)

    def describe(sql: str) -> list[Field]:
        try:
            names = [one[0] for one in run(f"SELECT * FROM ({sql}) LIMIT 0").description]
            if len({name.lower() for name in names}) < len(names):  # these cannot be looked up by name
                return [Field(name, pa.string(), quoted(name)) for name in names]
            kinds = ("integer", "real", "text", "blob")
            held = ", ".join(f"max(typeof({quoted(name)}) = '{one}')" for name in names for one in kinds)
            found = run(f"SELECT count(*), {held} FROM ({sql})").fetchone()
        except sqlite3.Error as error:
            raise failed(source, kind(error), error, seconds) from None
        count[0] = found[0]
        return [_field(name, *found[1 + 4 * place : 5 + 4 * place]) for place, name in enumerate(names)]

    def read(sql: str, fields: list[Field], bound: Bound | None) -> Iterator[pa.RecordBatch]:
        schema = pa.schema([*((field.name, field.kind) for field in fields), (LOST, pa.int64())])
        shown = ", ".join(f"{field.expression} AS {quoted(field.name)}" for field in fields)
        condition = f" WHERE {quoted(bound.column)} >= ?" if bound else ""
        try:
            cursor = run(f"SELECT {shown}, 0 FROM ({sql}){condition}", (bound.value,) if bound else ())
            while rows := cursor.fetchmany(BATCH):
                columns = zip(zip(*rows, strict=True), schema, strict=True)
                yield pa.record_batch([_array(cells, field.type) for cells, field in columns], schema=schema)
        except sqlite3.Error as error:
            raise failed(source, kind(error), error, seconds) from None

    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the transaction begins here
    except sqlite3.Error as error:
        connection.close()
        raise failed(source, kind(error), error, seconds) from None
    try:
        yield Session("sqlite", describe, read, lambda _sql: count[0], connection.interrupt)
    finally:
        connection.close()


def _field(name: str, integer: int, real: int, text: int, blob: int) -> Field:
    cell = quoted(name)
    if blob:
        mixed = integer or real or text
        return Field(name, pa.binary(), f"CAST({cell} AS BLOB)", "blob", BINARY if mixed else "")
    if text:
        mixed = integer or real
        return Field(name, pa.string(), f"CAST({cell} AS TEXT)" if mixed else cell, "text", MIXED if mixed else "")
    if real:
        return Field(name, pa.float64(), f"CAST({cell} AS REAL)", "real")
    return Field(name, pa.int64() if integer else pa.string(), cell, "integer" if integer else "text")


def _array(cells: tuple[object, ...], kind: pa.DataType) -> pa.Array:
    try:
        return pa.array(cells, kind)
    except pa.ArrowInvalid:  # text that is no UTF-8
        return pa.array([cell.decode("utf-8", "replace") if isinstance(cell, bytes) else cell for cell in cells], kind)
