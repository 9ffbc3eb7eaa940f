"""Tables of a database as a source: PostgreSQL, MySQL and MariaDB, SQLite and DuckDB files, others by SQLAlchemy.

Databases are named in the settings (`databases`), and only by their name here: their URLs hold passwords, and are
neither kept nor logged nor shown. A session reads, is made read-only where the database knows that, and its statements
end after a time; what is asked is one SELECT (`connectors.sql.statement`). Rows are streamed to Parquet
(`connectors.sql.parts`), however many there are, in a few hundred megabytes.

    source = sources()[0]
    sql = select(source, tables(source)[0])
    preview(source, sql, 20).frame
    first = fetch(source, sql, folder / "1", step, Since("changed", ("id",), timedelta(days=3)))
    again = fetch(source, sql, folder / "2", step, Since("changed", ("id",), timedelta(days=3), before=first.folder))
    again.changes.new

All raise ConnectorError with sentences for whoever asked.
"""

import shutil
import time
import uuid
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

import settings
from connectors import BadResponse
from connectors.sql import duck, mysql, other, parts, postgres, sqlite, statement
from connectors.sql.parts import About, Changes, Since
from connectors.sql.session import BEAT, LOST, Bound, Field, Session, failed, url, watched
from data.dataset import Finding
from locales import N_

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Changes", "Column", "Fetched", "Preview", "Since", "Table", "columns", "fetch", "preview", "select",
           "sources", "tables"]  # fmt: skip

Step = Callable[[str, float], None]
PREVIEW_SECONDS = 30.0
UNKNOWN = 1_000_000  # rows, where nobody knows how many there are: half of the way
KINDS = {"postgresql": postgres, "mysql": mysql, "mariadb": mysql, "sqlite": sqlite, "duckdb": duck}
DIALECTS = {"postgresql": "postgres", "mysql": "mysql", "mariadb": "mysql", "sqlite": "sqlite", "duckdb": "duckdb"}
READING = N_("Reading rows of the database")


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


@dataclass(frozen=True)
class Preview:
    """The first rows of an answer, its columns with the types they are kept as, and what is to be said of them."""

    frame: "pd.DataFrame"
    columns: tuple[Column, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Fetched:
    """What was read: Parquet parts in `folder`, of `rows` in all; `read` came from the database now.

    `changes` say what differs from the reading before, where there was one. `whole`: all of it was read.
    """

    folder: Path
    rows: int
    read: int
    whole: bool
    columns: tuple[Column, ...]
    findings: tuple[Finding, ...]
    changes: Changes | None = None


def sources() -> list[str]:
    """The names of the databases that the settings give."""
    return list(settings.get().databases)


def tables(source: str) -> list[Table]:
    """The tables and views that the account of a database may see, by schema and name."""
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
    """The columns of a table in their order. Raises `NotFound` where there is no such table."""
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


def select(source: str, table: Table) -> str:
    """The SELECT that reads all of a table, as `preview` and `fetch` take it."""
    return statement.whole(table.schema, table.name, DIALECTS.get(url(source).get_backend_name(), ""))


def preview(source: str, query: str, rows: int) -> Preview:
    """The first rows of a SELECT."""
    with _opened(source, min(PREVIEW_SECONDS, settings.get().database_seconds)) as db:
        sql = statement.checked(query, db.dialect, rows)
        fields = _distinct(db.describe(sql))
        batches: list[pa.RecordBatch] = []
        with closing(watched(db.read(sql, fields, None), db.stop, lambda: None)) as reading:
            for batch in reading:
                batches.append(batch)
                if sum(map(len, batches)) >= rows:
                    break
        schema = pa.schema([*parts.schema(fields), (LOST, pa.int64())])
        table = pa.Table.from_batches(batches, schema).slice(0, rows)
        lost = pa.compute.sum(table[LOST]).as_py() or 0
        found = (*db.findings, *_said(fields, lost))
        return Preview(table.drop_columns([LOST]).to_pandas(integer_object_nulls=True), _shown(fields), found)


def fetch(
    source: str, query: str, into: Path, step: Step, since: Since | None = None, now: datetime | None = None
) -> Fetched:
    """Read a SELECT into a folder `into` that is not there yet: all of it, or what is new `since` the folder before.

    `step(message, share)` is called as it goes and may raise to cancel: then, and whenever reading fails, there is no
    folder. Raises FileExistsError where there is one already.
    """
    if into.exists():
        raise FileExistsError(into)
    now = now or datetime.now(UTC)
    making = into.with_name(f".{into.name}-{uuid.uuid4().hex[:8]}")
    making.mkdir(parents=True)
    try:
        fetched = _fetched(source, query, making, _seldom(step), since, now)
        making.rename(into)
        return replace(fetched, folder=into)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _fetched(source: str, query: str, folder: Path, step: Step, since: Since | None, now: datetime) -> Fetched:
    with _opened(source, settings.get().database_seconds) as db:
        step(N_("Asking the database what there is"), 0.0)
        sql = statement.checked(query, db.dialect)
        fields, estimate = _waited(lambda: (_distinct(db.describe(sql)), db.estimate(sql)), db, step)
        _check(since, fields)
        kinds = {field.name: str(field.kind) for field in fields}
        before = parts.about(since.before) if since and since.before else None
        again = _whole(before, source, query, kinds, since, now)
        high = parts.highest(since.before, since.column) if since and since.before and before else None
        low = parts.lowest_read(high, since, now) if since and high is not None and not again else None
        bound = Bound(since.column, low) if since and low is not None else None
        place = folder / "fresh" if bound else folder
        place.mkdir(exist_ok=True)
        lost = 0

        def rows() -> Iterator[pa.RecordBatch]:
            nonlocal lost
            done, known = 0, estimate if not bound else None
            share = 0.0
            with closing(watched(db.read(sql, fields, bound), db.stop, lambda: step(READING, share))) as reading:
                for batch in reading:
                    lost += pa.compute.sum(batch.column(len(fields))).as_py() or 0
                    yield batch.select(list(range(len(fields))))
                    done += len(batch)
                    share = 0.9 * (min(done / known, 1.0) if known else done / (done + UNKNOWN))
                    step(READING, share)

        read = parts.write(rows(), place, parts.schema(fields))
        parts.never_empty(place, parts.schema(fields))
    if since:
        step(N_("Comparing with what was read before"), 0.92)
        parts.keyed(place, since.key)
    changes = None
    if since and since.before and before:
        if bound:
            changes = parts.merge(since.before, place, folder, fields, since, low, high)
            shutil.rmtree(place)
        elif high is not None and all(before.columns.get(one) == kinds[one] for one in (since.column, *since.key)):
            changes = parts.compared(since.before, folder, since, high)
    shutil.rmtree(folder / "joining", ignore_errors=True)
    files = parts.parts(folder)
    held = sum(pa.parquet.read_metadata(part).num_rows for part in files)
    whole = now if bound is None or before is None else before.whole
    column, key = (since.column, since.key) if since else (None, ())
    parts.describe(folder, About(source, query, kinds, column, key, whole, now, held))
    found = (*db.findings, *_said(fields, lost), *again, *_told(since, changes, low, folder))
    return Fetched(folder, held, read, bound is None, _shown(fields), found, changes)


def _whole(
    before: About | None, source: str, query: str, kinds: dict[str, str], since: Since | None, now: datetime
) -> list[Finding]:
    """Why all is read again although there is a reading before: a finding, or none."""
    if not since or not since.before:
        return []
    if before is None:
        return [Finding(N_("What was read before is damaged or gone: all was read again."), 0, severity="warning")]
    if (before.source, before.query, before.column, before.key) != (source, query, since.column, since.key):
        return [Finding(N_("Something else is asked for than before: all was read."), 0)]
    if list(before.columns.items()) != list(kinds.items()):
        names = dict.fromkeys([*before.columns, *kinds])
        altered = [name for name in names if before.columns.get(name) != kinds.get(name)]
        message = N_("The table was altered since it was last read ({columns}): all was read again.")
        return [Finding(message, 0, {"columns": ", ".join(altered) or ", ".join(kinds)}, severity="warning")]
    if now - before.whole >= since.every:
        return [Finding(N_("All was read again, as from time to time: rows that were deleted are found so."), 0)]
    return []


def _told(since: Since | None, changes: Changes | None, low: object, folder: Path) -> Iterator[Finding]:
    """What an analyst should know of a reading that goes on from another."""
    if not since:
        return
    nothing = parts.empty(folder, since.column)
    if nothing:
        message = N_("{rows} rows have no “{column}”: new ones of these are found only when all is read again.")
        yield Finding(message, nothing, {"column": since.column}, severity="warning")
    if not changes:
        return
    if changes.late:
        yield Finding(N_("{rows} rows came late, after others with a higher “{column}”."), changes.late,
                      {"column": since.column})  # fmt: skip
    if changes.deleted:
        yield Finding(N_("{rows} rows are not in the database any more: they went here too."), changes.deleted)
    if low is not None:
        message = N_(
            "Only rows from {low} in “{column}” on were read: what changed before that, or was deleted, is found when "
            "all is read again, every {days} days."
        )
        values = {"column": since.column, "low": str(low), "days": f"{since.every / timedelta(days=1):g}"}
        yield Finding(message, 0, values)


def _check(since: Since | None, fields: list[Field]) -> None:
    """Raise `BadResponse` where a reading cannot be gone on from as asked."""
    if not since:
        return
    kinds = {field.name: field.kind for field in fields}
    missing = [name for name in (since.column, *since.key) if name not in kinds]
    if missing or not since.key:
        raise BadResponse(
            N_("To read only what is new, a column that grows and a key are needed: this SELECT has no {columns}."),
            columns=", ".join(missing) or "?",
        )
    tests = (*parts.MOMENTS, *parts.NUMBERS, pa.types.is_string)
    if not any(test(kinds[since.column]) for test in tests):
        raise BadResponse(N_("“{column}” is no date, time or number: nothing tells what is new."), column=since.column)


def _distinct(fields: list[Field]) -> list[Field]:
    """The fields, if each has a name of its own whatever its capitals, as DuckDB sees them. Raises `BadResponse`."""
    names = [field.name.casefold() for field in fields]
    again = sorted({field.name for field in fields if names.count(field.name.casefold()) > 1})
    if again or not fields:
        raise BadResponse(
            N_("Two columns are called {columns}: give each a name of its own (AS), whatever its capitals."),
            columns=", ".join(again) or "?",
        )
    return fields


def _said(fields: list[Field], lost: int) -> Iterator[Finding]:
    for message in dict.fromkeys(field.said for field in fields if field.said):
        same = [field for field in fields if field.said == message]
        types = ", ".join(dict.fromkeys(field.type for field in same))
        yield Finding(message, len(same), {"types": types}, tuple(field.name for field in same[:3]))
    if lost:
        message = N_("{rows} values mean nothing outside the database (NaN, infinity, 0000-00-00): they are missing.")
        yield Finding(message, lost, severity="warning")


def _shown(fields: list[Field]) -> tuple[Column, ...]:
    return tuple(Column(field.name, str(field.kind)) for field in fields)


@contextmanager
def _opened(source: str, seconds: float) -> Generator[Session, None, None]:
    place = url(source)
    with KINDS.get(place.get_backend_name(), other).opened(source, place, seconds) as db:
        yield db


def _waited(work: Callable[[], Any], db: Session, step: Step) -> Any:
    """What `work` returns; whoever waits for it may cancel."""
    message = N_("Asking the database what there is")
    with closing(watched((work() for _once in (0,)), db.stop, lambda: step(message, 0.0))) as waiting:
        return next(waiting)


def _seldom(step: Step) -> Step:
    """`step`, called at most twice a second for the same message: who listens may write to a database."""
    last, when = "", 0.0

    def told(message: str, share: float) -> None:
        nonlocal last, when
        if message != last or time.monotonic() - when >= BEAT:
            last, when = message, time.monotonic()
            step(message, share)

    return told


@contextmanager
def _inspected(source: str) -> Generator[Any, None, None]:
    """SQLAlchemy's inspector of a database. Its errors become sentences."""
    from sqlalchemy import create_engine, inspect
    from sqlalchemy.exc import NoSuchTableError, SAWarning, SQLAlchemyError
    from sqlalchemy.pool import NullPool

    place = url(source)
    drivers = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql", "mariadb": "mysql+pymysql"}
    with _opened(source, PREVIEW_SECONDS):  # its errors say more than SQLAlchemy's
        pass
    engine = None
    try:
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
