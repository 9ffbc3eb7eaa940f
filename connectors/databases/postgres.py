"""PostgreSQL: Arrow batches by ADBC, which has the server send its binary COPY.

Of three ways in the same run ADBC took the least processor time: 1.1 million rows a second of its own, 0.8 million by
psycopg's COPY in CSV that pyarrow reads, 0.2 million by psycopg's rows (`benchmarks/sql.py`). What it reads wrongly the
server turns into something that it reads well: arrays of several dimensions, which it flattens, infinite dates,
which it takes for finite ones, and text, which it takes for UTF-8 whatever the database is written in.
"""

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from connectors import ConnectorError
from connectors.databases.session import AS_FLOAT, AS_TEXT, CONNECT_SECONDS, LOST, Bound, Field, Kind, Session, failed

if TYPE_CHECKING:
    from sqlalchemy import URL

SQLSTATES: dict[str, Kind] = {
    "28": "login", "3D": "login", "08": "gone", "57P": "gone", "42501": "rights", "42P01": "lacks", "42703": "lacks",
    "42883": "lacks", "3F": "lacks", "57014": "slow", "22": "values",
}  # fmt: skip  # the longest beginning counts
LOGIN = re.compile(r"password|authentication|role .* does not exist|database .* does not exist|pg_hba", re.IGNORECASE)
PLAIN = {
    "bool": pa.bool_(), "int2": pa.int16(), "int4": pa.int32(), "int8": pa.int64(), "float4": pa.float32(),
    "float8": pa.float64(), "text": pa.string(), "varchar": pa.string(), "bytea": pa.binary(), "time": pa.time64("us"),
}  # fmt: skip
DAYS = {"date": pa.date32(), "timestamp": pa.timestamp("us"), "timestamptz": pa.timestamp("us", "UTC")}
TEXTS = ("bpchar", "name", "char", "json", "jsonb", "xml", "uuid")  # text to everybody: not worth a sentence
DIGITS = 38  # of a decimal in Parquet that DuckDB reads as one
BYTES = 4_000_000  # of a batch
LEFT_ALONE = "SET client_connection_check_interval = '2s'"  # a statement ends when Vigie is killed or cut off


def quoted(name: str) -> str:
    """A name as PostgreSQL, SQLite and DuckDB take it."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def opened(source: str, url: "URL", seconds: float) -> Generator[Session, None, None]:
    """A session with the PostgreSQL at `url`, whose statements may take `seconds`. Raises ConnectorError."""
    import psycopg
    from adbc_driver_manager import Error
    from adbc_driver_postgresql import StatementOptions, dbapi

    written = url.set(drivername="postgresql").update_query_dict(
        {"connect_timeout": str(CONNECT_SECONDS), "client_encoding": "UTF8"}
    )
    uri = written.render_as_string(hide_password=False)
    session = (
        "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
        f"SET statement_timeout = {int(seconds * 1000)}",
        "SET timezone = 'UTC'",
        "SET datestyle = 'ISO'",
        "SET intervalstyle = 'iso_8601'",
        "SET bytea_output = 'hex'",
        "SET standard_conforming_strings = on",
    )

    def said(error: Exception, connecting: bool = False) -> ConnectorError:
        state = getattr(error, "sqlstate", None) or ""
        kind = next((SQLSTATES[state[:size]] for size in (5, 3, 2) if state[:size] in SQLSTATES), None)
        if connecting and not kind:
            kind = "login" if LOGIN.search(str(error)) else "gone"
        if kind == "gone" or (not state and not connecting):
            return failed(source, "gone" if connecting else "cut")
        return failed(source, kind or "sql", error, seconds)

    try:
        asking = psycopg.connect(uri, autocommit=True)
    except psycopg.Error as error:
        raise said(error, connecting=True) from None
    with asking:
        try:
            reading = dbapi.connect(uri, autocommit=True)
        except Error as error:
            raise said(error, connecting=True) from None
        try:
            cursor = reading.cursor()
            cursor.adbc_statement.set_options(**{StatementOptions.BATCH_SIZE_HINT_BYTES.value: str(BYTES)})
            with suppress(
                psycopg.Error
            ):  # before 14, and on some systems, it works on for nobody until its time is over
                asking.execute(LEFT_ALONE)
                cursor.execute(LEFT_ALONE)
            for statement in session:
                asking.execute(statement.encode())
                cursor.execute(statement)

            def describe(sql: str) -> list[Field]:
                try:
                    return _described(asking, sql)
                except psycopg.Error as error:
                    raise said(error) from None

            def read(sql: str, fields: list[Field], bound: Bound | None) -> Iterator[pa.RecordBatch]:
                statement, values = _statement(sql, fields, bound)
                schema = pa.schema([*((field.name, field.kind) for field in fields), (LOST, pa.int64())])
                try:
                    cursor.execute(statement, values)
                    for batch in cursor.fetch_record_batch():
                        yield _fitted(batch, schema)
                except Error as error:
                    raise said(error) from None
                except pa.ArrowInvalid as error:
                    raise failed(source, "values", error) from None
                except (pa.ArrowException, OSError) as error:  # in the middle of the rows ADBC speaks as Arrow does
                    slow = "57014" in str(error) or "statement timeout" in str(error)
                    value = "ERROR:" in str(error)  # FATAL: where the connection is ended
                    raise failed(source, "slow" if slow else "values" if value else "cut", error, seconds) from None

            def estimate(sql: str) -> int | None:
                try:
                    row = asking.execute(f"EXPLAIN (FORMAT JSON) {sql}".encode()).fetchone()
                    return int(row[0][0]["Plan"]["Plan Rows"]) if row else None
                except (psycopg.Error, KeyError, TypeError):
                    return None

            yield Session("postgres", describe, read, estimate, cursor.adbc_cancel)
        finally:
            _closed(cursor, reading)


def _closed(*open_things: Any) -> None:
    for one in open_things:
        try:
            one.close()
        except Exception:  # noqa: S112  # of a connection that was cut
            continue


def _described(asking: Any, sql: str) -> list[Field]:
    found = asking.execute(f"SELECT * FROM ({sql}) AS q LIMIT 0".encode()).description or []
    kinds = "SELECT oid, typname, typcategory, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(%s)"
    known = {row[0]: row[1:] for row in asking.execute(kinds, ([one.type_code for one in found],))}
    fields = []
    for one in found:
        name, category, shown = known.get(one.type_code, ("?", "U", "?"))
        cell = quoted(one.name)
        if name in PLAIN:
            field = Field(one.name, PLAIN[name], cell, shown)
        elif name in DAYS:
            field = Field(one.name, DAYS[name], f"CASE WHEN isfinite({cell}) THEN {cell} END", shown)
        elif name == "oid":
            field = Field(one.name, pa.int64(), f"{cell}::bigint", shown)
        elif name in ("numeric", "money"):
            field = _numeric(one, f"{cell}::numeric" if name == "money" else cell, name)
        elif category == "A":
            field = Field(one.name, pa.string(), f"array_to_json({cell})::text", shown, AS_TEXT)
        else:
            field = Field(one.name, pa.string(), f"{cell}::text", shown, "" if _texty(name, category) else AS_TEXT)
        fields.append(field)
    return fields


def _texty(name: str, category: str) -> bool:
    return name in TEXTS or category in "SE"  # strings and enums


def _numeric(one: Any, cell: str, name: str) -> Field:
    """A number with declared digits as an exact decimal, else as a float."""
    digits, scale = (one.precision, one.scale) if name == "numeric" else (20, 2)
    if digits is not None and digits <= DIGITS and 0 <= (scale or 0) <= digits:
        return Field(one.name, pa.decimal128(digits, scale or 0), cell, f"{name}({digits},{scale or 0})")
    size = f"abs({cell})"  # the server refuses what is too large or too small; NaN is larger than all numbers to it
    kept = f"CASE WHEN {size} BETWEEN 1e-307 AND 1e308 THEN {cell}::float8 WHEN {size} < 1e-307 THEN 0"
    return Field(one.name, pa.float64(), f"{kept} WHEN {cell} IS NOT NULL THEN 'NaN'::float8 END", name, AS_FLOAT)


def _statement(sql: str, fields: list[Field], bound: Bound | None) -> tuple[str, tuple[str, ...] | None]:
    """What is run, and its parameter: a text that the server reads as what the column is."""
    days = [quoted(field.name) for field in fields if field.expression.startswith("CASE WHEN isfinite")]
    lost = " + ".join(f"coalesce((NOT isfinite({day}))::int, 0)" for day in days) or "0"
    shown = ", ".join(f"{field.expression} AS {quoted(field.name)}" for field in fields)
    statement = f"SELECT {shown}, {lost} FROM ({sql}) AS q"
    if bound is None:
        return statement, None
    (kind,) = (field.type for field in fields if field.name == bound.column)
    return f"{statement} WHERE {quoted(bound.column)} >= CAST($1::text AS {kind})", (str(bound.value),)


def _fitted(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """A batch of ADBC in the kinds that were said; numbers that are none (NaN in a decimal) are missing and counted."""
    *cells, flags = batch.columns
    lost = pa.compute.sum(flags).as_py() or 0
    columns = []
    for cell, field in zip(cells, schema, strict=False):
        column = cell.storage if isinstance(cell, pa.ExtensionArray) else cell
        if pa.types.is_decimal(field.type):
            none = pa.compute.equal(column, "nan")
            if number := pa.compute.sum(none).as_py():
                column, lost = pa.compute.if_else(none, None, column), lost + number
        columns.append(column.cast(field.type))
    count = pa.array([lost] + [0] * (len(batch) - 1) if len(batch) else [], pa.int64())
    return pa.record_batch([*columns, count], schema=schema)
