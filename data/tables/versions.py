"""Datasets on disk, under a home folder: every version a folder that never changes, and a pointer to the one in use.

    <home>/tables/<table>/active                      the version the pages show
    <home>/tables/<table>/<version>/<frame>.parquet   one file a frame
    <home>/tables/<table>/<version>/dataset.json      what it is and where it is from

Everything is written aside and renamed into place, so a crash leaves the old state or the new one, and whoever reads
while another writes sees one or the other. The version is made from the content: what is kept twice is there once, and
what is damaged is not taken for other data (see `data.seals`) but set aside; the newest good one takes its place.
"""

import fcntl
import glob
import hashlib
import json
import logging
import os
import re
import shutil
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TypeVar, get_args

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet
from pydantic import TypeAdapter, ValidationError

from data import audit, lineage, schemas, seals
from data.dataset import Dataset, Finding, Origin, Table
from data.people import ADMIN
from locales import N_, Sentence

ROW_GROUP = 32_768  # rows; of a sorted table only the groups that hold what is asked for are read
KEPT = 5  # versions of each kind of origin
TIME_COLUMN: dict[Table, str] = {"sales": "timestamp", "covid": "date"}
DESCRIPTION = "dataset.json"
ACTIVE = "active"
BEFORE = "before"  # value of a last finding: the version that lines were added to, kept so that it can be undone
# What a product is called: the most common description of its lines of goods; of equally common ones the one seen last.
CALLED = """
    CREATE VIEW called AS SELECT product, arg_max(description, (lines, last, description)) AS name FROM (
        SELECT product, description, count(*) AS lines, max(timestamp) AS last FROM sales
        WHERE line_type IN ('sale', 'return') AND description IS NOT NULL AND product IS NOT NULL GROUP BY ALL
    ) GROUP BY product
"""
UNCALLED = "CREATE VIEW called AS SELECT NULL::VARCHAR AS product, NULL::VARCHAR AS name WHERE FALSE"
_TEMPORARY = ".new-"
GONE = N_("This dataset is not there any more: choose another one.")
_STALE_SECONDS = 3600  # something temporary this old was left by a crash
_VERSION = re.compile(rb"[a-z]+-([0-9a-f]{16})")
log = logging.getLogger("vigie.data")
T = TypeVar("T")


@dataclass(frozen=True)
class Stored:
    """A dataset as it is kept. `rows` and `columns` (name -> pandas type) have one entry a frame."""

    table: Table
    version: str
    origin: Origin
    findings: tuple[Finding, ...]
    rows: dict[str, int]
    columns: dict[str, dict[str, str]]
    span: tuple[datetime, datetime] | None  # first and last time of the main frame, where it has one
    stored: datetime
    folder: Path
    lineage: str  # see `data.lineage`


_ADAPTER = TypeAdapter(Stored)


def add(home: Path, dataset: Dataset, now: datetime, activate: bool = True, around: Stored | None = None) -> Stored:
    """Keep `dataset`, let the pages show it if `activate`, and drop old versions of the same kind of origin.

    Frames that it does not have are those of `around`, a version that is kept, as they are.

    The same frames from the same origin are kept once; adding them again renews what is known about them (when they
    were retrieved, the findings). Raises OSError (a full disk) with everything as it was before.
    """
    shelf = _shelf(home, dataset.table)
    shelf.mkdir(parents=True, exist_ok=True)
    _sweep(shelf, now)
    frames = {name: _distinct(frame) for name, frame in dataset.frames.items()}
    same = [name for name in around.columns if name not in frames] if around else []
    if dataset.table in frames:  # what was computed from other rows does not stand beside these
        same = [name for name in same if name in schemas.SCHEMAS]
    fresh = shelf / f"{_TEMPORARY}{uuid.uuid4().hex}"
    fresh.mkdir()
    try:
        for name, frame in frames.items():
            path = fresh / f"{name}.parquet"
            pa.parquet.write_table(_arrow(frame), path, compression="zstd", row_group_size=ROW_GROUP)
            _sync(path)
        if around:
            _check(around)
            for name in same:
                shutil.copyfile(_file(around, name), fresh / f"{name}.parquet")
                _sync(fresh / f"{name}.parquet")
        files = [fresh / f"{name}.parquet" for name in (*same, *frames)]
        content = seals.digest(_start(dataset.origin), files)
        version = f"{dataset.origin.kind}-{content[:16]}"
        kept = Stored(
            table=dataset.table,
            version=version,
            origin=dataset.origin,
            findings=dataset.findings,
            rows={name: around.rows[name] for name in same if around}
            | {name: len(frame) for name, frame in frames.items()},
            columns={name: around.columns[name] for name in same if around}
            | {name: {str(c): str(kind) for c, kind in frame.dtypes.items()} for name, frame in frames.items()},
            span=around.span
            if around and dataset.table in same
            else _span(frames[dataset.table], TIME_COLUMN.get(dataset.table)),
            stored=now,
            folder=shelf / version,
            lineage=dataset.lineage or _lineage(home, dataset, version),
        )
        there = _load(kept.folder)
        known = there is not None and sound(there)  # one that is damaged has made room
        _describe(kept, fresh)
        rows = kept.rows.get(dataset.table, 0)
        audit.act("keep", dataset.table, version, name=dataset.origin.name, rows=rows, shown=activate)
        try:
            fresh.replace(kept.folder)
            _sync(shelf)
        except OSError:
            if not kept.folder.exists():
                raise
            _describe(kept, kept.folder)
        try:
            if activate:
                _write(shelf / ACTIVE, version.encode())
        except OSError:
            if not known:
                kept.folder.replace(fresh)
            raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    try:  # it is kept and shown: what is wrong with older ones does not undo that
        _prune(home, kept)
    except OSError:
        log.exception("Old versions of %s stay", dataset.table)
    return kept


def stored(home: Path, table: Table) -> list[Stored]:
    """Every version that is kept, the newest first."""
    found = [_load(path) for path in _shelf(home, table).glob("[!.]*/")]
    return sorted(filter(None, found), key=lambda kept: (kept.stored, kept.version), reverse=True)


def earlier(home: Path, shown: Stored) -> list[Stored]:
    """The versions of its lineage that were kept before one, the newest first."""
    return [one for one in stored(home, shown.table) if one.lineage == shown.lineage and one.stored < shown.stored]


def active(home: Path, table: Table, again: bool = False) -> Stored | None:
    """The version the pages show; None where nothing was chosen yet, or nothing good is left.

    It is whole, as far as this process has seen: its files are hashed when they are first asked for, or `again`. The
    newest good one takes the place of one that is damaged or gone; a demo only where there is no other.
    """
    shelf = _shelf(home, table)
    pointer = shelf / ACTIVE
    before, alike = None, 0
    while alike < 2:
        name = _named(pointer)
        if name is None:
            return None
        shown = _load(shelf / name.decode()) if _VERSION.fullmatch(name) else None
        if shown and sound(shown, again):
            return shown
        alike = alike + 1 if name == before else 1  # another process may just have chosen another one and removed this
        before = name
    if not _VERSION.fullmatch(before or b""):
        seals.set_aside(home, pointer, table)
    rest = sorted(stored(home, table), key=lambda kept: kept.origin.kind == "demo")
    good = next((kept for kept in rest if sound(kept, again)), None)
    with suppress(OSError), _choosing(shelf):  # a home that may only be read: found anew each time
        if _named(pointer) in (before, None):  # else somebody has chosen meanwhile
            if good:
                _write(pointer, good.version.encode())
            else:
                pointer.unlink(missing_ok=True)
    return good


def _named(pointer: Path) -> bytes | None:
    try:
        return pointer.read_bytes()
    except FileNotFoundError:
        return None


def sound(stored: Stored, again: bool = False) -> bool:
    """Whether the files of a version are those that were kept; it is set aside where they are not."""
    files = [_file(stored, name) for name in stored.columns]
    try:
        if seals.whole(_start(stored.origin), files, stored.version.partition("-")[2], again):
            return True
    except FileNotFoundError:
        if not stored.folder.exists():  # removed in this moment
            return False
        if all(file.exists() for file in files):  # and kept again
            return sound(stored, again)
    _set_aside(stored.folder)
    return False


def activate(home: Path, table: Table, version: str) -> None:
    """Let the pages show `version`. Raises ValueError where it is not kept, or damaged."""
    with _choosing(_shelf(home, table)):
        found = _find(home, table, version)
        audit.act("show", table, version, name=found.origin.name)
        if not sound(found):
            raise ValueError(GONE)
        _write(found.folder.parent / ACTIVE, version.encode())


def remove(home: Path, table: Table, version: str) -> None:
    """Forget `version`. Raises ValueError where it is not kept or the pages show it."""
    with _choosing(_shelf(home, table)):
        found = _find(home, table, version)
        audit.act("remove", table, version, ADMIN, name=found.origin.name)
        folder = found.folder
        shown = active(home, table)
        if shown and shown.version == version:
            raise ValueError(N_("This dataset is in use: choose another one before you remove it."))
        gone = folder.with_name(f"{_TEMPORARY}{uuid.uuid4().hex}")
        folder.replace(gone)  # in one step, so that nobody finds half of it
    shutil.rmtree(gone, ignore_errors=True)


def read(
    stored: Stored,
    frame: str | None = None,
    columns: Sequence[str] | None = None,
    rows: pa.dataset.Expression | None = None,
    coded: bool = False,
) -> pd.DataFrame:
    """A frame of `stored` (its main one by default), all columns or those asked for, with the types it was kept with.

    Of `rows` (see `among` and `between`) no others are read. Where texts are `coded` they come as categories: of
    millions of rows a tenth of the memory and the time. Raises KeyError for a frame or column it does not have,
    `seals.Damaged` where it is not what was kept.
    """
    _check(stored)
    name = frame or stored.table
    types = {column: stored.columns[name][column] for column in columns or stored.columns[name]}
    if coded:
        types = {column: "category" if kind == "str" else kind for column, kind in types.items()}
    wanted = {column: pa.dataset.field(column) for column in types}
    # Whole columns of categories are read as such, which is quicker; as text they tell which row groups to leave out.
    whole = [column for column, kind in types.items() if kind == "category" and rows is None]
    options = pa.dataset.ParquetFileFormat(read_options=pa.dataset.ParquetReadOptions(dictionary_columns=whole))
    source = pa.dataset.dataset(_file(stored, name), format=options)
    found = source.to_table(wanted, filter=rows).to_pandas()
    return found.astype({column: kind for column, kind in types.items() if str(found[column].dtype) != kind})


def head(stored: Stored, rows: int) -> pd.DataFrame:
    """The first rows of the main frame. Raises `seals.Damaged`."""
    _check(stored)
    with pa.parquet.ParquetFile(_file(stored, stored.table)) as file:
        found = next(file.iter_batches(rows), file.schema_arrow.empty_table()).to_pandas()
    return found.astype(stored.columns[stored.table])


def profile(stored: Stored) -> pd.DataFrame:
    """One row a column of the main frame: `filled` (share of rows with a value) and `distinct` values.

    Raises `seals.Damaged`.
    """
    found = {}
    for name in stored.columns[stored.table]:  # one by one, as each may have as many values as rows
        column = quoted(name)
        sql = f"SELECT count({column}) / count(*) AS filled, count(DISTINCT {column}) AS distinct_ FROM {stored.table}"  # noqa: S608  # quoted
        found[name] = query(stored, sql).iloc[0]
    return pd.DataFrame(found).T.set_axis(["filled", "distinct"], axis=1).fillna(0.0)


def content(stored: Stored) -> bytes:
    """The Parquet file of the main frame. Raises `seals.Damaged`."""
    _check(stored)
    return _file(stored, stored.table).read_bytes()


def among(column: str, values: Sequence[str] | None) -> pa.dataset.Expression:
    """The rows in which `column` has one of `values`, for `read`; all rows for None."""
    return (
        pa.dataset.scalar(True) if values is None else pa.dataset.field(column).isin(pa.array(list(values), "string"))
    )


def between(column: str, start: date | str | None, end: date | str | None) -> pa.dataset.Expression:
    """The rows in which the time `column` lies from `start` to `end`, for `read`; an end that is None is open."""
    when, found = pa.dataset.field(column), pa.dataset.scalar(True)
    if start is not None:
        found &= when >= pd.Timestamp(start)
    if end is not None:
        found &= when <= pd.Timestamp(end)
    return found


def choices(stored: Stored) -> dict[str, bool]:
    """The columns that an analyst wants learned from (True) or not (False), kept for the lineage of a dataset."""
    return _chosen(stored, "columns", dict[str, bool])


def choose(stored: Stored, wanted: dict[str, bool]) -> None:
    """Keep such a choice in place of the one before."""
    audit.act("choose", stored.table, stored.lineage, columns=", ".join(f"{name}: {on}" for name, on in wanted.items()))
    _write(_choices(stored, "columns"), json.dumps(wanted).encode())


def countries(stored: Stored) -> dict[str, str]:
    """The countries that were chosen for the lineage of a dataset (see `data.countries`)."""
    return _chosen(stored, "countries", dict[str, str])


def settle(stored: Stored, wanted: dict[str, str]) -> None:
    """Keep such a choice in place of the one before."""
    audit.act("choose", stored.table, stored.lineage, countries=", ".join(map("=".join, wanted.items())))
    _write(_choices(stored, "countries"), json.dumps(wanted).encode())


def _chosen(stored: Stored, what: str, kind: type[T]) -> T:
    with suppress(FileNotFoundError):
        return TypeAdapter(kind).validate_json(_choices(stored, what).read_bytes())
    return kind()


def _choices(stored: Stored, what: str) -> Path:
    return stored.folder.parent / f"{hashlib.sha256(stored.lineage.encode()).hexdigest()[:16]}.{what}.json"


def names(stored: Stored) -> dict[str, str]:
    """What each product of a sales dataset is called; of one without a description nothing."""
    found = query(stored, "SELECT product, name FROM called")
    return dict(zip(found["product"].astype(str), found["name"].astype(str), strict=True))


def query(stored: Stored, sql: str, **params: object) -> pd.DataFrame:
    """The answer of DuckDB to `sql`, in which every frame is a table and `$name` stands for a value of `params`.

    Sales have an `amount`, that of their source or else quantity x unit_price (see `data.schemas.amounts`), and
    `called` says the `name` of each `product` that has one (see `CALLED`). The query sees these frames and nothing
    else: no file, no network, no Python variable, no setting. Raises `seals.Damaged`.
    """
    _check(stored)
    with _open(stored.folder, tuple((name, tuple(kept)) for name, kept in stored.columns.items())).cursor() as cursor:
        return cursor.execute(sql, params or None).df()


def only(sql: str, where: str) -> str:
    """The query `sql` over those lines of sales that fit a condition, of which all of them are `main.sales`."""
    lines, rest = f"sales AS (SELECT * FROM main.sales WHERE {where})", sql.strip()  # noqa: S608  # conditions of ours
    return f"WITH {lines}, {rest[5:]}" if rest.startswith("WITH ") else f"WITH {lines} {rest}"


def unknown(stored: Stored) -> frozenset[str]:
    """What a sales dataset does not say of any line: amount, quantity, unit_price, time_of_day."""
    day = "count(*) FILTER (timestamp <> date_trunc('day', timestamp))"
    found = query(stored, f"SELECT count(amount), count(quantity), count(unit_price), {day} FROM sales").iloc[0]  # noqa: S608
    names = ("amount", "quantity", "unit_price", "time_of_day")
    return frozenset(name for name, count in zip(names, found, strict=True) if not count)


def of_one_shop(sold: Stored, people: Stored) -> bool:
    """Whether customers may be asked of beside the sales: simulated ones say nothing of somebody's own shop."""
    return (sold.origin.kind == "demo") == (people.origin.kind == "demo")


def quoted(name: str) -> str:
    """A column's name in SQL."""
    return '"' + name.replace('"', '""') + '"'


class NotAnswered(Sentence):
    """A statement that the database does not answer, or not in the time it was given."""


def limited(stored: Stored, sql: str, seconds: float) -> pd.DataFrame:
    """The same of a statement that may take so many seconds. Raises `NotAnswered`, `seals.Damaged`."""
    _check(stored)
    frames = tuple((name, tuple(kept)) for name, kept in stored.columns.items())
    with _open(stored.folder, frames).cursor() as cursor:
        timer = threading.Timer(seconds, cursor.interrupt)
        timer.start()
        try:
            return cursor.execute(sql).df()
        except duckdb.InterruptException as error:
            long = N_("This took longer than {seconds} seconds and was stopped: ask for less.")
            raise NotAnswered(long, seconds=seconds) from error
        except duckdb.Error as error:
            raise NotAnswered(N_("The database says: {why}"), why=str(error).splitlines()[0][:300]) from error
        finally:
            timer.cancel()


@lru_cache(maxsize=8)
def _open(folder: Path, frames: tuple[tuple[str, tuple[str, ...]], ...]) -> duckdb.DuckDBPyConnection:
    """A database of the frames (name, columns) in a folder, kept: opening one takes longer than most queries."""
    files = {name: str(folder / f"{name}.parquet") for name, _columns in frames}
    named = {name: glob.escape(file) for name, file in files.items()}
    connection = duckdb.connect(config={"python_enable_replacements": "false"})
    connection.execute("SET allowed_paths = $1", [[*files.values(), *named.values()]])
    connection.execute("SET enable_external_access = false")  # apart from these files
    connection.execute("SET lock_configuration = true")
    for name, columns in frames:
        lines = name == "sales" and "amount" not in columns and {"quantity", "unit_price"} <= set(columns)
        connection.read_parquet(named[name]).create_view(f"_{name}" if lines else name)
        if lines:  # what a line is worth has one name, whether or not its source says so
            connection.execute("CREATE VIEW sales AS SELECT *, quantity * unit_price AS amount FROM _sales")
        if name == "sales":
            connection.execute(CALLED if {"product", "description", "line_type"} <= set(columns) else UNCALLED)
    return connection


def _arrow(frame: pd.DataFrame) -> pa.Table:
    """`frame` for Parquet, its categories as text: the file says of each group of rows which texts it holds."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    fields = [one.with_type(one.type.value_type) if pa.types.is_dictionary(one.type) else one for one in table.schema]
    return table.cast(pa.schema(fields))


def _shelf(home: Path, table: Table) -> Path:
    return home / "tables" / table


@contextmanager
def _choosing(shelf: Path) -> Iterator[None]:
    """One process at a time, so that nobody chooses what another one removes in the same moment."""
    shelf.mkdir(parents=True, exist_ok=True)
    with (shelf / ".choosing").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _file(stored: Stored, frame: str) -> Path:
    return stored.folder / f"{frame}.parquet"


def _start(origin: Origin) -> str:
    """What a version is made from beside its files: a demo never passes as an upload."""
    return f"{origin.kind} {origin.name}"


def _load(folder: Path) -> Stored | None:
    """What is known of a version; None where it is not there, or its description is damaged: then it is set aside."""
    path = folder / DESCRIPTION
    try:
        kept, has_seal = _described(path, seals.mark(path))
    except OSError as error:
        if not folder.exists():  # removed in this moment, or never there
            return None
        if error.errno not in seals.BROKEN:
            raise
        kept = None
    if kept is None:
        _set_aside(folder)
        return None
    return kept if has_seal else _seal(kept)


@lru_cache(maxsize=100)
def _described(path: Path, _mark: tuple[int, ...]) -> tuple[Stored | None, bool]:
    found, has_seal = seals.opened(path.read_bytes()) or ({}, False)
    try:
        found.setdefault("lineage", _derived(found))
        kept = _ADAPTER.validate_python(found | {"folder": path.parent})
    except (ValidationError, KeyError, TypeError, AttributeError):
        return None, False
    fits = kept.version == path.parent.name and kept.table == path.parent.parent.name
    return kept if fits else None, has_seal


def _seal(kept: Stored) -> Stored | None:
    """`kept`, of a version of Vigie that sealed nothing, with a seal where its files are whole."""
    if not sound(kept):
        return None
    with suppress(OSError):  # a home that may only be read
        _describe(kept, kept.folder)
    return kept


def _describe(kept: Stored, folder: Path) -> None:
    _write(folder / DESCRIPTION, seals.sealed(_ADAPTER.dump_python(kept, mode="json", exclude={"folder"})))


def _check(stored: Stored) -> None:
    if not sound(stored):
        values = {"what": stored.origin.name, "place": seals.FOLDER}
        raise seals.Damaged(seals.SET_ASIDE, **values)


def _set_aside(folder: Path) -> None:
    seals.set_aside(folder.parents[2], folder, folder.parent.name)


def _derived(description: dict) -> str:
    """The lineage of a dataset that was kept before there were any: of its origin, or of the first lines of its own."""
    origin, added = description["origin"], [one["values"].get(BEFORE) for one in description["findings"]]
    own = f"{origin['kind']} {origin['name']}"
    return own if origin["kind"] != "upload" else next(filter(None, added), description["version"])


def _lineage(home: Path, dataset: Dataset, version: str) -> str:
    """The lineage of a dataset that is to be kept: an upload begins one of its own unless it goes on from another."""
    if dataset.origin.kind != "upload":
        return f"{dataset.origin.kind} {dataset.origin.name}"
    newest: dict[str, Stored] = {}
    for kept in stored(home, dataset.table):
        if kept.version == version:
            return kept.lineage
        newest.setdefault(kept.lineage, kept)
    needed = lineage.NEEDED.get(dataset.table)
    for name, kept in newest.items():
        columns = set(kept.columns[dataset.table])
        if dataset.table == "sales":  # no model learns from columns of one's own
            columns &= set(schemas.columns("sales"))
        # Where a column is missing, a model that learned from it could say nothing.
        if needed and set(needed) <= columns <= set(dataset.main) and sound(kept):
            paid = [name for name in ("amount",) if name in columns]
            before = read(kept, columns=[*needed, *paid] if dataset.table == "sales" else None)
            if lineage.continues(dataset.table, before, dataset.main):
                return name
    return version


def _find(home: Path, table: Table, version: str) -> Stored:
    for kept in stored(home, table):
        if kept.version == version:
            return kept
    raise ValueError(GONE)


def _prune(home: Path, fresh: Stored) -> None:
    """Old versions of the same data go; a file of one's own that is no version of another one stays."""
    shown, own = active(home, fresh.table), fresh.origin.kind == "upload"
    same = [kept for kept in stored(home, fresh.table) if kept.origin.kind == fresh.origin.kind]
    same = [kept for kept in same if kept.lineage == fresh.lineage] if own else same
    needed = {shown.version, *(finding.values.get(BEFORE) for finding in shown.findings[-1:])} if shown else set()
    for old in same[KEPT:]:
        if old.version not in needed:
            with suppress(ValueError, FileNotFoundError):  # another process prunes too
                remove(home, fresh.table, old.version)


def examine(home: Path, now: datetime) -> None:
    """Clear away what crashed writers left anywhere, and look at every dataset that is kept, to the last byte."""
    for folder, pattern in (("tables/*", f"{_TEMPORARY}*"), ("raw/**", f"{_TEMPORARY}*"), ("models", "*.part")):
        _sweep(home, now, f"{folder}/{pattern}")
    for table in get_args(Table):
        for kept in stored(home, table):
            sound(kept)


def _sweep(folder: Path, now: datetime, pattern: str = f"{_TEMPORARY}*") -> None:
    """Clear away what crashed writers left."""
    for path in folder.glob(pattern):
        with suppress(OSError):  # another process sweeps too; or a home that may only be read
            if now.timestamp() - path.stat().st_mtime > _STALE_SECONDS:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _distinct(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with column names that differ in more than capitals, which is all DuckDB sees: later ones get a number.

    The canonical names are in small letters and never change.
    """
    names = [str(name) for name in frame.columns]
    taken = {name for name in names if name == name.lower()}
    for place, name in enumerate(names):
        number = 2
        while name != name.lower() and names[place].lower() in taken:
            names[place] = f"{name}_{number}"
            number += 1
        taken.add(names[place].lower())
    return frame.set_axis(names, axis=1)


def _span(frame: pd.DataFrame, column: str | None) -> tuple[datetime, datetime] | None:
    if column is None or frame[column].isna().all():
        return None
    return frame[column].min().to_pydatetime(), frame[column].max().to_pydatetime()


def _write(path: Path, content: bytes) -> None:
    fresh = path.with_name(f"{_TEMPORARY}{uuid.uuid4().hex}")
    try:
        fresh.write_bytes(content)
        _sync(fresh)
        fresh.replace(path)
        _sync(path.parent)
    finally:
        fresh.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
