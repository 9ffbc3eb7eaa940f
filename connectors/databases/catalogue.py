"""What there is to read in a database or a store: tables, views, collections, folders, and their columns."""

import warnings
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from connectors.databases import duck, statement
from connectors.databases.opening import STORES, kind, opened
from connectors.databases.session import LOOK_SECONDS, failed, url

DIALECTS = {"postgresql": "postgres", "mysql": "mysql", "mariadb": "mysql", "sqlite": "sqlite", "duckdb": "duckdb"}


@dataclass(frozen=True)
class Table:
    """A table or view that the account may see; `schema` is None where the database has none."""

    schema: str | None
    name: str
    view: bool = False


@dataclass(frozen=True)
class Column:
    """A column of a table: its `type` as the database calls it, and whether it belongs to the primary key."""

    name: str
    type: str
    nullable: bool = True
    key: bool = False


def tables(source: str) -> list[Table]:
    """The tables and views that the account of a database may see, by schema and name; collections, folders."""
    if store := STORES.get(kind(source)):
        return [Table(None, name) for name in store.tables(source)]
    if url(source).get_backend_name() == "duckdb":
        sql = "SELECT table_schema, table_name, table_type = 'VIEW' FROM information_schema.tables ORDER BY ALL"
        return [Table(*row) for row in _asked_duckdb(source, sql)]
    found: list[Table] = []
    with _inspected(source) as inspector:
        default = inspector.default_schema_name
        flat = inspector.dialect.name == "sqlite"
        for schema in [None] if flat else inspector.get_schema_names():
            if schema in ("information_schema", "mysql", "performance_schema", "sys"):
                continue
            views = set(inspector.get_view_names(schema))
            if inspector.dialect.name == "postgresql":
                views |= set(inspector.get_materialized_view_names(schema))
            names = {*inspector.get_table_names(schema), *views}
            found += [Table(schema, name, name in views) for name in names]
    return sorted(found, key=lambda one: (one.schema != default, one.schema or "", one.name))


def columns(source: str, table: Table) -> list[Column]:
    """The columns of a table in their order; none of a store, whose rows say what they are. Raises `NotFound` where
    there is no such table."""
    if kind(source) in STORES:
        return []
    if url(source).get_backend_name() == "duckdb":
        sql = f"DESCRIBE {statement.whole(table.schema, table.name, 'duckdb')}"
        keys = "SELECT unnest(constraint_column_names) FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY'"
        own = f"{keys} AND table_name = ? AND schema_name = ?"
        key = {row[0] for row in _asked_duckdb(source, own, [table.name, table.schema or "main"])}
        return [Column(row[0], row[1], row[2] == "YES", row[0] in key) for row in _asked_duckdb(source, sql)]
    with _inspected(source) as inspector:
        key = set(inspector.get_pk_constraint(table.name, table.schema)["constrained_columns"])
        found = inspector.get_columns(table.name, table.schema)
        called = partial(_called, dialect=inspector.dialect)
        return [Column(one["name"], called(one["type"]), one["nullable"], one["name"] in key) for one in found]


def select(source: str, table: Table, lists: str = "") -> str:
    """The question that reads all of a table, as `preview` and `fetch` take it; of a collection with a row for each
    element of the column `lists`."""
    if store := STORES.get(kind(source)):
        return store.whole(table.name, lists)
    return statement.whole(table.schema, table.name, DIALECTS.get(url(source).get_backend_name(), ""))


@contextmanager
def _inspected(source: str) -> Generator[Any, None, None]:
    """SQLAlchemy's inspector of a database. Its errors become sentences."""
    from sqlalchemy import create_engine, inspect
    from sqlalchemy.exc import NoSuchTableError, SAWarning, SQLAlchemyError
    from sqlalchemy.pool import NullPool

    place = url(source)
    drivers = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql", "mariadb": "mysql+pymysql"}
    with opened(source, LOOK_SECONDS):  # its errors say more than SQLAlchemy's
        pass
    engine = None
    try:
        if place.get_backend_name() == "postgresql":  # else text is bytes where the database is written in none
            place = place.update_query_dict({"client_encoding": "UTF8"})
        engine = create_engine(
            place.set(drivername=drivers.get(place.get_backend_name(), place.drivername)),
            poolclass=NullPool,
            hide_parameters=True,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # of types that SQLAlchemy does not know
            yield inspect(engine)
    except NoSuchTableError as error:
        raise failed(source, "lacks", error) from None
    except SQLAlchemyError as error:
        raise failed(source, "sql", getattr(error, "orig", None) or error) from None
    finally:
        if engine is not None:
            engine.dispose()


def _called(kind: Any, dialect: Any) -> str:
    """What a database calls a type."""
    from sqlalchemy.exc import CompileError

    try:
        return str(kind.compile(dialect=dialect)).partition(" COLLATE ")[0]
    except CompileError:  # it is none that SQLAlchemy knows
        return "?"


def _asked_duckdb(source: str, sql: str, values: list[object] | None = None) -> list[tuple[Any, ...]]:
    """Rows of the catalogue of a DuckDB file."""
    import duckdb

    with duck.connected(source, url(source)) as connection:
        try:
            return list(connection.execute(sql, values or []).fetchall())
        except duckdb.Error as error:
            raise failed(source, "lacks", error) from None
