"""A DuckDB file, opened to read and closed to all that lies around it."""

import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from connectors.databases.postgres import DIGITS, quoted
from connectors.databases.session import AS_FLOAT, AS_TEXT, BATCH, LOST, Bound, Field, Kind, Session, failed

if TYPE_CHECKING:
    from sqlalchemy import URL

ALONE = {
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "lock_configuration": "true",
    "memory_limit": "400MB",
}
PLAIN = {
    "BOOLEAN": pa.bool_(), "TINYINT": pa.int8(), "SMALLINT": pa.int16(), "INTEGER": pa.int32(), "BIGINT": pa.int64(),
    "UTINYINT": pa.uint8(), "USMALLINT": pa.uint16(), "UINTEGER": pa.uint32(), "UBIGINT": pa.uint64(),
    "FLOAT": pa.float32(), "DOUBLE": pa.float64(), "VARCHAR": pa.string(), "BLOB": pa.binary(), "TIME": pa.time64("us"),
}  # fmt: skip
DAYS = {
    "DATE": pa.date32(), "TIMESTAMP": pa.timestamp("us"), "TIMESTAMP_NS": pa.timestamp("ns"),
    "TIMESTAMP_S": pa.timestamp("us"), "TIMESTAMP_MS": pa.timestamp("us"),
    "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", "UTC"),
}  # fmt: skip
NESTED = ("STRUCT", "MAP", "UNION")


@contextmanager
def connected(source: str, url: "URL") -> Generator[Any, None, None]:
    """A connection to the DuckDB file of `url` that can only read, and nothing but that file. Raises ConnectorError."""
    import duckdb

    path = Path(url.database or "")
    if not path.is_file():
        raise failed(source, "file")
    try:
        connection = duckdb.connect(path, read_only=True, config=dict(ALONE))
    except duckdb.Error as error:
        busy = "lock" in str(error) or "different configuration" in str(error)
        raise failed(source, "busy" if busy else "values", error) from None
    with connection:
        yield connection


@contextmanager
def opened(source: str, url: "URL", seconds: float) -> Generator[Session, None, None]:
    """A session with the DuckDB file of `url`, whose statements may take `seconds`. Raises ConnectorError."""
    with connected(source, url) as connection:
        yield _session(source, connection, seconds)


def _session(source: str, connection: Any, seconds: float) -> Session:
    import duckdb

    late = threading.Event()

    def kind(error: Exception) -> Kind:
        if isinstance(error, duckdb.InterruptException):
            return "slow"
        if isinstance(error, duckdb.PermissionException):
            return "rights"
        if isinstance(error, (duckdb.CatalogException, duckdb.BinderException)):
            return "lacks"
        return "values" if isinstance(error, (duckdb.ConversionException, duckdb.IOException)) else "sql"

    def ring() -> None:
        late.set()
        connection.interrupt()

    def describe(sql: str) -> list[Field]:
        try:
            found = connection.execute(f"DESCRIBE {sql}").fetchall()
            return [_field(name, str(shown)) for name, shown, *_rest in found]
        except duckdb.Error as error:
            raise failed(source, kind(error), error, seconds) from None

    def read(sql: str, fields: list[Field], bound: Bound | None) -> Iterator[pa.RecordBatch]:
        schema = pa.schema([*((field.name, field.kind) for field in fields), (LOST, pa.int64())])
        alarm = threading.Timer(seconds, ring)
        alarm.daemon = True
        alarm.start()
        try:
            condition = f" WHERE {quoted(bound.column)} >= ?" if bound else ""
            statement = _statement(sql, fields) + condition
            answer = connection.sql(statement, params=[bound.value] if bound else None)
            for batch in answer.to_arrow_reader(BATCH):
                cells = [cell.cast(field.type) for cell, field in zip(batch.columns, schema, strict=True)]
                yield pa.record_batch(cells, schema=schema)
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            why = "slow" if late.is_set() else kind(error) if isinstance(error, duckdb.Error) else "values"
            raise failed(source, why, error, seconds) from None
        finally:
            alarm.cancel()

    return Session("duckdb", describe, read, lambda _sql: None, connection.interrupt)


def _field(name: str, shown: str) -> Field:
    cell = quoted(name)
    if shown in PLAIN:
        return Field(name, PLAIN[shown], cell, shown)
    if shown in DAYS:
        return Field(name, DAYS[shown], f"CASE WHEN isfinite({cell}) THEN {cell} END", shown)
    if shown.startswith("DECIMAL("):
        digits, scale = map(int, shown[8:-1].split(","))
        if digits <= DIGITS:
            return Field(name, pa.decimal128(digits, scale), cell, shown)
    if shown in ("HUGEINT", "UHUGEINT", "BIGNUM") or shown.startswith("DECIMAL"):
        return Field(name, pa.float64(), f"{cell}::DOUBLE", shown, AS_FLOAT)
    if shown.endswith("]") or shown.startswith(NESTED):
        return Field(name, pa.string(), f"to_json({cell})::VARCHAR", shown, AS_TEXT)
    plain = shown.startswith(("ENUM", "UUID", "JSON"))
    return Field(name, pa.string(), f"{cell}::VARCHAR", shown, "" if plain else AS_TEXT)


def _statement(sql: str, fields: list[Field]) -> str:
    days = [quoted(field.name) for field in fields if field.expression.startswith("CASE WHEN isfinite")]
    lost = " + ".join(f"CAST(coalesce(NOT isfinite({day}), FALSE) AS BIGINT)" for day in days) or "0"
    shown = ", ".join(f"{field.expression} AS {quoted(field.name)}" for field in fields)
    return f"SELECT {shown}, CAST({lost} AS BIGINT) AS {quoted(LOST)} FROM ({sql}) AS q"
