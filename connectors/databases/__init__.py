"""Tables of databases and stores as a source: PostgreSQL, MySQL and MariaDB, SQLite and DuckDB files, others by
SQLAlchemy; collections of MongoDB; folders of Parquet files in object storage (S3).

They are named in the settings (`databases`), and only by their name here: their URLs hold passwords, and are neither
kept nor logged nor shown. A session reads, is made read-only where the database knows that, and its statements end
after a time; what is asked of a database with SQL is one SELECT (`connectors.databases.statement`), of others what
their module says. Rows are streamed to Parquet (`connectors.databases.parts`), however many there are, in a few hundred
megabytes.

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
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

import settings
from connectors import BadResponse, limits
from connectors.databases import parts, statement
from connectors.databases.catalogue import Column, Table, columns, select, tables
from connectors.databases.opening import opened, takes_select
from connectors.databases.parts import About, Changes, Since
from connectors.databases.session import BEAT, LOOK_SECONDS, Bound, Field, Session, watched
from data.dataset import Finding
from locales import N_

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Changes", "Column", "Fetched", "Preview", "Since", "Table", "columns", "fetch", "preview", "select",
           "sources", "tables", "takes_select"]  # fmt: skip

Step = Callable[[str, float], None]
FIRST_DAY, LAST_DAY = ((day - date(1970, 1, 1)).days for day in (date.min, date.max))  # that Python knows
UNKNOWN = 1_000_000  # rows, where nobody knows how many there are: half of the way
ASKING, READING = N_("Asking what there is"), N_("Reading rows")


@dataclass(frozen=True)
class Preview:
    """The first rows of an answer, its columns with the types they are kept as, and what is to be said of them. Of the
    columns in `lists` a row can be made for each of their elements (see `select`)."""

    frame: "pd.DataFrame"
    columns: tuple[Column, ...]
    findings: tuple[Finding, ...]
    lists: tuple[str, ...] = ()


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
    """The names of the databases and stores that the settings give."""
    return list(settings.get().databases)


def preview(source: str, query: str, rows: int) -> Preview:
    """The first rows of a SELECT."""
    with opened(source, min(LOOK_SECONDS, settings.get().database_seconds)) as db:
        sql = _checked(db, query, rows)
        fields = _distinct(db.describe(sql))
        batches: list[pa.RecordBatch] = []
        lost = 0
        with closing(watched(db.read(sql, fields, None), db.stop, lambda: None)) as reading:
            for batch in reading:
                meant, none = _meant(batch.slice(0, rows - sum(map(len, batches))), db)
                batches, lost = [*batches, meant], lost + none
                if sum(map(len, batches)) >= rows:
                    break
        table = pa.Table.from_batches(batches, parts.schema(fields))
        found = (*db.findings, *_said(fields, lost))
        lists = tuple(field.name for field in fields if field.lists)
        return Preview(_frame(table), _shown(fields), found, lists)


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
    with opened(source, settings.get().database_seconds) as db:
        step(ASKING, 0.0)
        sql = _checked(db, query)
        before = parts.about(since.before) if since and since.before else None
        same = before is not None and since is not None and _same(before, source, query, since)
        again = _whole(before, same, since, now)
        high = parts.highest(since.before, since.column) if since and since.before and before and same else None
        low = parts.lowest_read(high, since, now) if since and high is not None and not again else None
        bound = Bound(since.column, low) if since and low is not None else None

        def described() -> tuple[list[Field], int | None]:
            if db.grown and bound and before:
                return _distinct(db.grown(sql, before.columns, bound)), None
            return _distinct(db.describe(sql)), db.estimate(sql)

        fields, estimate = _waited(described, db, step)
        _check(since, fields)
        kinds = {field.name: str(field.kind) for field in fields}
        if before and same and (altered := _altered(before, kinds)):
            again, low, bound = [altered], None, None
        place = folder / "fresh" if bound else folder
        place.mkdir(exist_ok=True)
        lost = 0

        def rows() -> Iterator[pa.RecordBatch]:
            nonlocal lost
            done, known = 0, estimate if not bound else None
            share = begun = db.share()
            with closing(watched(db.read(sql, fields, bound), db.stop, lambda: step(READING, share))) as reading:
                for batch in reading:
                    meant, none = _meant(batch, db)
                    lost += none
                    yield meant
                    done += len(batch)
                    share = begun + (0.9 - begun) * (min(done / known, 1.0) if known else done / (done + UNKNOWN))
                    step(READING, share)

        read = parts.write(rows(), place, parts.schema(fields))
        parts.never_empty(place, parts.schema(fields))
    if since:
        step(N_("Comparing with what was read before"), 0.92)
        parts.keyed(place, since.key, since.column)
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


def _checked(db: Session, query: str, rows: int | None = None) -> str:
    return db.checked(query, rows) if db.checked else statement.checked(query, db.dialect, rows)


def _same(before: About, source: str, query: str, since: Since) -> bool:
    """Whether a reading asked for the same as now."""
    return (before.source, before.query, before.column, before.key) == (source, query, since.column, since.key)


def _whole(before: About | None, same: bool, since: Since | None, now: datetime) -> list[Finding]:
    """Why all is read again although there is a reading before, as far as that can be told before asking: a finding,
    or none."""
    if not since or not since.before:
        return []
    if before is None:
        return [Finding(N_("What was read before is damaged or gone: all was read again."), 0, severity="warning")]
    if not same:
        return [Finding(N_("Something else is asked for than before: all was read."), 0)]
    if now - before.whole >= since.every:
        return [Finding(N_("All was read again, as from time to time: rows that were deleted are found so."), 0)]
    return []


def _altered(before: About, kinds: dict[str, str]) -> Finding | None:
    """Which columns are not what they were; None where all are."""
    if list(before.columns.items()) == list(kinds.items()):
        return None
    names = dict.fromkeys([*before.columns, *kinds])
    altered = [name for name in names if before.columns.get(name) != kinds.get(name)]
    message = N_("The table was altered since it was last read ({columns}): all was read again.")
    return Finding(message, 0, {"columns": ", ".join(altered) or ", ".join(kinds)}, severity="warning")


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
    became = any(field.said for field in fields if field.name == since.column and pa.types.is_string(field.kind))
    if became or not any(test(kinds[since.column]) for test in tests):
        raise BadResponse(N_("“{column}” is no date, time or number: nothing tells what is new."), column=since.column)


def _distinct(fields: list[Field]) -> list[Field]:
    """The fields, if there are some, no more than are taken, and each has a name of its own whatever its capitals, as
    DuckDB sees them. Raises `BadResponse`."""
    if not fields:
        raise BadResponse(N_("This has no column: there is nothing to read."))
    if len(fields) > limits.COLUMNS:
        message = N_(
            "This has {columns} columns and at most {limit} are taken: write a SELECT that names those needed."
        )
        raise BadResponse(message, columns=len(fields), limit=limits.COLUMNS)
    names = Counter(field.name.casefold() for field in fields)
    again = sorted({field.name for field in fields if names[field.name.casefold()] > 1})
    if again:
        raise BadResponse(
            N_("Two columns are called {columns}: give each a name of its own (AS), whatever its capitals."),
            columns=", ".join(again),
        )
    return fields


def _meant(batch: pa.RecordBatch, db: Session) -> tuple[pa.RecordBatch, int]:
    """A batch of `db.read` without its last column, and how many of its cells mean nothing outside the database. Of
    stores NaN is not counted: files write what is missing so."""
    lost = pa.compute.sum(batch.column(batch.num_columns - 1)).as_py() or 0
    kept = batch.select(list(range(batch.num_columns - 1)))
    for place, field in enumerate(kept.schema):
        if pa.types.is_floating(field.type):
            cells = kept.column(place)
            none = pa.compute.invert(pa.compute.is_finite(cells))
            if pa.compute.any(none).as_py():
                lost += pa.compute.sum(pa.compute.is_inf(cells) if db.checked else none).as_py()
                kept = kept.set_column(place, field, pa.compute.if_else(none, None, cells))
    return kept, lost


def _frame(table: pa.Table) -> "pd.DataFrame":
    """The first rows to look at; days of years that Python does not know as text."""
    for place, field in enumerate(table.schema):
        if pa.types.is_date32(field.type):
            days = pa.compute.min_max(table.column(place).cast(pa.int32())).as_py()
            if days["min"] is not None and not FIRST_DAY <= days["min"] <= days["max"] <= LAST_DAY:
                table = table.set_column(place, field.name, table.column(place).cast(pa.string()))
    return table.to_pandas(integer_object_nulls=True)


def _said(fields: list[Field], lost: int) -> Iterator[Finding]:
    for message in dict.fromkeys(field.said for field in fields if field.said):
        same = [field for field in fields if field.said == message]
        types = ", ".join(dict.fromkeys(field.type for field in same))
        yield Finding(message, len(same), {"types": types}, tuple(field.name for field in same[:3]))
    if lost:
        message = N_("{rows} values mean nothing outside the database (NaN, infinity, 0000-00-00): they are missing.")
        yield Finding(message, lost, severity="warning")


def _shown(fields: list[Field]) -> tuple[Column, ...]:
    return tuple(Column(field.name, str(field.kind), key=field.key) for field in fields)


def _waited(work: Callable[[], Any], db: Session, step: Step) -> Any:
    """What `work` returns; whoever waits for it may cancel."""

    def beat() -> None:
        step(READING if db.share() else ASKING, db.share())

    with closing(watched((work() for _once in (0,)), db.stop, beat)) as waiting:
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
