"""The state database: what Vigie remembers between runs, beside the tables and the model files.

SQLite under `VIGIE_HOME` unless `VIGIE_DATABASE_URL` names a PostgreSQL that several machines share. Every table
has a natural primary key, so that writing the same day of the same model version again replaces its rows: a job
that was cut off is simply run again. Times are stored in UTC, days as days.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Date,
    Engine,
    Float,
    Table,
    Text,
    create_engine,
    event,
    func,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from data import events
from data.state.tables import *  # noqa: F403  # `state.orders` is the table of orders
from data.state.tables import UtcDateTime, preferences
from locales import Sentence

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

T = TypeVar("T")
MIGRATIONS = Path(__file__).parents[1] / "migrations"
REVISION = "0014"  # the newest one in migrations/versions
_POSTGRES_LOCK = 0x56494749  # any fixed number
_SQLITE_WAIT_SECONDS = 30  # how long a writer waits for another one
_json = partial(json.dumps, allow_nan=False)  # infinity is no JSON: PostgreSQL refuses it, so SQLite does too
_DTYPES: dict[type, str] = {
    Text: "str",
    Float: "float64",
    BigInteger: "int64",
    Boolean: "bool",
    Date: "datetime64[us]",
    UtcDateTime: "datetime64[us, UTC]",
    JSON: "object",
}


class Changed(Sentence):
    """Somebody else has changed meanwhile what was to be changed, or it is not at a point where this can be done."""


@cache
def engine(url: str) -> Engine:
    """The engine of a database, one a process; use it from any thread.

    A connection is opened for each transaction (0.3 ms on SQLite) and none is kept, so that a database file can be
    replaced and a restarted server does no harm.
    """
    from data import audit

    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        made = create_engine(address, poolclass=NullPool, json_serializer=_json)
        audit.guard(made)
        return made
    Path(address.database or "").parent.mkdir(parents=True, exist_ok=True)
    made = create_engine(
        address, poolclass=NullPool, json_serializer=_json, connect_args={"timeout": _SQLITE_WAIT_SECONDS}
    )

    @event.listens_for(made, "connect")
    def _connected(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # else Python commits before each CREATE TABLE, and migrations are not atomic
        connection.execute("PRAGMA foreign_keys = ON")
        # Refused while another process does the same in the same instant: then that one sets it, and it stays set.
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode = WAL")

    @event.listens_for(made, "begin")
    def _begun(connection: Connection) -> None:
        connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('sqlite_begin', '')}")

    audit.guard(made)
    return made


def migrate(engine: Engine) -> None:
    """Bring the database to this version's tables. Several processes may do so at once; the first does the work.

    Raises RuntimeError where a newer Vigie wrote the database.
    """
    with engine.connect() as connection:
        if _revision(connection) == REVISION:
            return
    # All or nothing, and one at a time: SQLite's own write lock, or an advisory lock in PostgreSQL.
    with engine.execution_options(sqlite_begin="IMMEDIATE").begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _POSTGRES_LOCK})
        found = _revision(connection)
        if found == REVISION:
            return
        if found > REVISION:
            raise RuntimeError(
                f"The state database was written by a newer Vigie (revision {found}; this one knows {REVISION}). "
                "Update Vigie, or let VIGIE_DATABASE_URL point to another database."
            )
        from alembic import command
        from alembic.config import Config

        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        command.upgrade(config, REVISION)


def revision(engine: Engine) -> str:
    """Which tables the database has; "" where it has none."""
    with engine.connect() as connection:
        return _revision(connection)


def _revision(connection: Connection) -> str:
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none() or ""


def inserting(engine: Engine, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT of this database's own kind, which knows what to do where a key is there already."""
    if engine.dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # a tenth of a second at the start of who has none

    return postgresql.insert(table)


def put(connection: Connection, table: Table, key: str, changes: int, row: Mapping[str, Any]) -> bool:
    """Write a row with the one-column `key` if it is as it was after so many `changes` (0: it is not there yet); else
    False. `row` names its own `changes`."""
    (name,) = table.primary_key.columns
    if changes:
        mine = (name == key) & (table.c.changes == changes)
        return connection.execute(update(table).where(mine).values(**row).returning(name)).first() is not None
    made = inserting(connection.engine, table).values({name.name: key, **row}).on_conflict_do_nothing()
    return connection.execute(made.returning(name)).first() is not None


def upsert(engine: Engine, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Write `rows` in one transaction: all of them or none.

    Where a row's primary key is there already, the columns it names are replaced and those it does not name stay; it
    names at least every column that may not be missing. NaN and NaT are stored as missing; numbers may be numpy's.
    Raises ValueError unless all rows name the same columns.
    """
    if not rows:
        return
    if any(row.keys() != rows[0].keys() for row in rows):
        raise ValueError("Rows written together must name the same columns.")
    insert = inserting(engine, table)
    keys = [column.name for column in table.primary_key]
    updates = {name: insert.excluded[name] for name in rows[0] if name not in keys}
    statement = insert.on_conflict_do_update(index_elements=keys, set_=updates)
    values = [{name: plain(value) for name, value in row.items()} for row in rows]
    # In the order of their keys, so that two processes writing the same rows never wait for each other in a circle.
    values.sort(key=lambda row: [row[key] for key in keys])
    with engine.begin() as connection:
        connection.execute(statement, values)
    events.written(table.name, values)


def read(engine: Engine, table: Table, *where: ColumnElement[bool], **equal: object) -> pd.DataFrame:
    """The rows whose columns have the values of `equal` (None: missing) and for which `where` holds, in the order of
    their keys.

    Types do not depend on what is there: text is str, days datetime64, moments datetime64 in UTC, whole numbers
    int64, other numbers float64, yes/no bool, JSON objects.
    """
    same = (table.c[name] == value for name, value in equal.items())
    query = select(table).where(*where, *same).order_by(*table.primary_key)
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    columns = zip(*rows, strict=True) if rows else ((),) * len(table.columns)
    return pd.DataFrame(
        {
            column.name: pd.Series(values, dtype=_DTYPES[type(column.type)])
            for column, values in zip(table.columns, columns, strict=True)
        }
    )


def count(engine: Engine, table: Table) -> int:
    """How many rows a table has."""
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def preference(engine: Engine, key: str, usual: T) -> T:
    """What was chosen under `key`, `usual` where nothing was."""
    with engine.connect() as connection:
        kept = connection.execute(select(preferences.c.value).where(preferences.c.key == key)).scalar_one_or_none()
    return usual if kept is None else kept


def prefer(engine: Engine, key: str, value: object) -> None:
    """Choose `value`, anything that JSON can hold, under `key`."""
    upsert(engine, preferences, [{"key": key, "value": value}])


def plain(value: object) -> Any:
    """`value` as Python and both databases know it: no numpy, missing as None; containers, for JSON, likewise."""
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(part) for part in value]
    if pd.isna(value):
        return None
    return value.item() if isinstance(value, np.generic) else value
