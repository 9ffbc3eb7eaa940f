"""Any other database that SQLAlchemy has a driver for: rows as Python has them.

No read-only session can be promised there, nor a time limit: the statement is checked, nothing is ever committed, and
a finding says that the account should be one that may only read. The kinds of columns are those of the first rows.
"""

import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from connectors.databases.session import AS_FLOAT, BATCH, LOST, Bound, Field, Kind, Session, failed
from data.dataset import Finding
from locales import N_

if TYPE_CHECKING:
    from sqlalchemy import URL

DIALECTS = {
    "mssql": "tsql", "oracle": "oracle", "snowflake": "snowflake", "bigquery": "bigquery", "redshift": "redshift",
    "trino": "trino", "clickhouse": "clickhouse", "databricks": "databricks", "sqlite": "sqlite",
}  # fmt: skip
FIRST = 10_000  # rows that show the kind of a column
WARNING = Finding(
    N_(
        "Vigie cannot hold a database of this kind to reading, nor to a time: use an account that may do nothing else. "
        "The kinds of its columns are those of the first rows."
    ),
    0,
    severity="warning",
)


@contextmanager
def opened(source: str, url: "URL", seconds: float) -> Generator[Session, None, None]:
    """A session with the database at `url`. Raises ConnectorError."""
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError
    from sqlalchemy.pool import NullPool

    left = threading.Event()

    def kind(error: Exception) -> Kind:
        return "gone" if isinstance(error, DBAPIError) and error.connection_invalidated else "sql"

    def why(error: Exception) -> object:
        return getattr(error, "orig", None) or error

    try:
        engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
        connection = engine.connect().execution_options(stream_results=True, yield_per=BATCH)
    except (NoSuchModuleError, ImportError):
        message = N_("no driver for it is installed beside Vigie")
        raise failed(source, "sql", message) from None
    except SQLAlchemyError:
        raise failed(source, "gone") from None

    def rows(sql: str, values: dict[str, object]) -> Any:
        return connection.execute(text(sql.replace(":", "\\:").replace("\\:vigie_bound", ":vigie_bound")), values)

    def describe(sql: str) -> list[Field]:
        try:
            with connection.begin() as nothing:
                answer = rows(sql, {})
                names, first = list(answer.keys()), answer.fetchmany(FIRST)
                answer.close()
                nothing.rollback()
        except SQLAlchemyError as error:
            raise failed(source, kind(error), why(error), seconds) from None
        cells = zip(*first, strict=True) if first else [()] * len(names)
        return [_field(name, column) for name, column in zip(names, cells, strict=True)]

    def read(sql: str, fields: list[Field], bound: Bound | None) -> Iterator[pa.RecordBatch]:
        schema = pa.schema([*((field.name, field.kind) for field in fields), (LOST, pa.int64())])
        statement = sql
        if bound:
            quoted = engine.dialect.identifier_preparer.quote_identifier(bound.column)
            statement = f"SELECT * FROM ({sql}) q WHERE {quoted} >= :vigie_bound"
        try:
            with connection.begin() as nothing:
                for part in rows(statement, {"vigie_bound": bound.value} if bound else {}).partitions(BATCH):
                    if left.is_set():
                        break
                    columns = [*zip(*part, strict=True), [0] * len(part)]
                    yield pa.record_batch([_array(c, f) for c, f in zip(columns, schema, strict=True)], schema=schema)
                nothing.rollback()
        except (pa.ArrowException, OverflowError, ValueError, TypeError) as error:
            raise failed(source, "values", error) from None
        except SQLAlchemyError as error:
            raise failed(source, "cut" if kind(error) == "gone" else kind(error), why(error), seconds) from None

    try:
        yield Session(DIALECTS.get(url.get_backend_name(), ""), describe, read, lambda _sql: None, left.set, (WARNING,))
    finally:
        connection.close()
        engine.dispose()


def _field(name: str, cells: tuple[object, ...]) -> Field:
    """A column of the kind that all its first cells have; text where they have several."""
    kinds = {type(cell) for cell in cells if cell is not None}
    aware = any(isinstance(cell, datetime) and cell.tzinfo for cell in cells)
    arrow: dict[type, pa.DataType] = {
        bool: pa.bool_(), int: pa.int64(), float: pa.float64(), Decimal: pa.float64(), str: pa.string(),
        bytes: pa.binary(), date: pa.date32(), datetime: pa.timestamp("us", "UTC" if aware else None),
        time: pa.time64("us"),
    }  # fmt: skip
    if kinds and kinds <= {int, float, Decimal} and len(kinds) > 1:
        kinds = {float}
    only = next(iter(kinds)) if len(kinds) == 1 else str
    return Field(name, arrow.get(only, pa.string()), name, only.__name__, AS_FLOAT if Decimal in kinds else "")


def _array(cells: Any, field: pa.Field) -> pa.Array:
    if pa.types.is_string(field.type):
        cells = [cell if cell is None or isinstance(cell, str) else str(cell) for cell in cells]
    elif pa.types.is_floating(field.type):
        cells = [None if cell is None else float(cell) for cell in cells]
    return pa.array(cells, field.type)
