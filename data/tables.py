"""Datasets on disk, under a home folder: every version a folder that never changes, and a pointer to the one in use.

    <home>/tables/<table>/active                      the version the pages show
    <home>/tables/<table>/<version>/<frame>.parquet   one file a frame
    <home>/tables/<table>/<version>/dataset.json      what it is and where it is from

Everything is written aside and renamed into place, so a crash leaves the old state or the new one, and whoever reads
while another writes sees one or the other. The version is made from the content: what is kept twice is there once.
"""

import fcntl
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet
from pydantic import TypeAdapter

from data import lineage
from data.dataset import Dataset, Finding, Origin, Table
from locales import N_

ROW_GROUP = 32_768  # rows; of a sorted table only the groups that hold what is asked for are read
KEPT = 5  # versions of each kind of origin
TIME_COLUMN: dict[Table, str] = {"sales": "timestamp", "covid": "date"}
DESCRIPTION = "dataset.json"
ACTIVE = "active"
BEFORE = "before"  # value of a last finding: the version that lines were added to, kept so that it can be undone
ATTEMPTS = 50  # to read what the pointer names: another one may be chosen, and this one removed, in between
_TEMPORARY = ".new-"
_STALE_SECONDS = 3600  # something temporary this old was left by a crash


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


def add(home: Path, dataset: Dataset, now: datetime, activate: bool = True) -> Stored:
    """Keep `dataset`, let the pages show it if `activate`, and drop old versions of the same kind of origin.

    The same frames from the same origin are kept once; adding them again renews what is known about them (when they
    were retrieved, the findings). Raises OSError (a full disk) with everything as it was before.
    """
    shelf = _shelf(home, dataset.table)
    shelf.mkdir(parents=True, exist_ok=True)
    _sweep(shelf, now)
    frames = {name: _distinct(frame) for name, frame in dataset.frames.items()}
    fresh = shelf / f"{_TEMPORARY}{uuid.uuid4().hex}"
    fresh.mkdir()
    try:
        content = hashlib.sha256(f"{dataset.origin.kind} {dataset.origin.name}".encode())
        for name, frame in sorted(frames.items()):
            path = fresh / f"{name}.parquet"
            pa.parquet.write_table(_arrow(frame), path, compression="zstd", row_group_size=ROW_GROUP)
            _sync(path)
            content.update(name.encode() + path.read_bytes())
        version = f"{dataset.origin.kind}-{content.hexdigest()[:16]}"
        kept = Stored(
            table=dataset.table,
            version=version,
            origin=dataset.origin,
            findings=dataset.findings,
            rows={name: len(frame) for name, frame in frames.items()},
            columns={name: {str(c): str(kind) for c, kind in frame.dtypes.items()} for name, frame in frames.items()},
            span=_span(frames[dataset.table], TIME_COLUMN.get(dataset.table)),
            stored=now,
            folder=shelf / version,
            lineage=dataset.lineage or _lineage(home, dataset, version),
        )
        description = _ADAPTER.dump_json(kept, exclude={"folder"}, indent=1)
        _write(fresh / DESCRIPTION, description)
        try:
            fresh.replace(kept.folder)
            _sync(shelf)
        except OSError:
            if not kept.folder.exists():
                raise
            _write(kept.folder / DESCRIPTION, description)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    if activate:
        _write(shelf / ACTIVE, version.encode())
    _prune(home, dataset)
    return kept


def stored(home: Path, table: Table) -> list[Stored]:
    """Every version that is kept, the newest first."""
    found = [_load(path) for path in _shelf(home, table).glob("[!.]*/")]
    return sorted(filter(None, found), key=lambda kept: (kept.stored, kept.version), reverse=True)


def active(home: Path, table: Table) -> Stored | None:
    """The version the pages show; None where nothing was chosen yet."""
    shelf = _shelf(home, table)
    for _attempt in range(ATTEMPTS):
        try:
            found = _load(shelf / (shelf / ACTIVE).read_text())
        except FileNotFoundError:
            return None
        if found:
            return found
    return None


def activate(home: Path, table: Table, version: str) -> None:
    """Let the pages show `version`. Raises ValueError where it is not kept."""
    with _choosing(_shelf(home, table)):
        _write(_find(home, table, version).folder.parent / ACTIVE, version.encode())


def remove(home: Path, table: Table, version: str) -> None:
    """Forget `version`. Raises ValueError where it is not kept or the pages show it."""
    with _choosing(_shelf(home, table)):
        folder = _find(home, table, version).folder
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
) -> pd.DataFrame:
    """A frame of `stored` (its main one by default), all columns or those asked for, with the types it was kept with.

    Of `rows` (see `among` and `between`) no others are read. Raises KeyError for a frame or column it does not have.
    """
    name = frame or stored.table
    types = {column: stored.columns[name][column] for column in columns or stored.columns[name]}
    wanted = {column: pa.dataset.field(column) for column in types}
    # Whole columns of categories are read as such, which is quicker; as text they tell which row groups to leave out.
    coded = [column for column, kind in types.items() if kind == "category" and rows is None]
    options = pa.dataset.ParquetFileFormat(read_options=pa.dataset.ParquetReadOptions(dictionary_columns=coded))
    source = pa.dataset.dataset(stored.folder / f"{name}.parquet", format=options)
    found = source.to_table(wanted, filter=rows).to_pandas()
    return found.astype({column: kind for column, kind in types.items() if str(found[column].dtype) != kind})


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
    with suppress(FileNotFoundError):
        return TypeAdapter(dict[str, bool]).validate_json(_choices(stored).read_bytes())
    return {}


def choose(stored: Stored, wanted: dict[str, bool]) -> None:
    """Keep such a choice in place of the one before."""
    _write(_choices(stored), json.dumps(wanted).encode())


def _choices(stored: Stored) -> Path:
    return stored.folder.parent / f"{hashlib.sha256(stored.lineage.encode()).hexdigest()[:16]}.columns.json"


def query(stored: Stored, sql: str, **params: object) -> pd.DataFrame:
    """The answer of DuckDB to `sql`, in which every frame is a table and `$name` stands for a value of `params`.

    The query sees these frames and nothing else: no file, no network, no Python variable, no setting.
    """
    with _open(stored, *stored.columns) as connection:
        return connection.execute(sql, params or None).df()


def _open(stored: Stored, *frames: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        config={"enable_external_access": "false", "python_enable_replacements": "false", "lock_configuration": "true"}
    )
    for name in frames:
        # Through Arrow, which opens the file itself: DuckDB may open none. Only the columns and rows a query needs
        # are read.
        connection.register(name, pa.dataset.dataset(stored.folder / f"{name}.parquet"))
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


def _load(folder: Path) -> Stored | None:
    try:
        description = json.loads((folder / DESCRIPTION).read_bytes())
    except FileNotFoundError:  # removed in this moment
        return None
    description.setdefault("lineage", _derived(description))
    return _ADAPTER.validate_python(description | {"folder": folder})


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
    for name, kept in newest.items():
        # Where a column is missing, a model that learned from it could say nothing.
        if set(kept.columns[dataset.table]) <= set(dataset.main):
            columns = lineage.COLUMNS.get(dataset.table)
            if lineage.continues(dataset.table, read(kept, columns=columns), dataset.main):
                return name
    return version


def _find(home: Path, table: Table, version: str) -> Stored:
    for kept in stored(home, table):
        if kept.version == version:
            return kept
    raise ValueError(N_("This dataset is not there any more: choose another one."))


def _prune(home: Path, dataset: Dataset) -> None:
    shown = active(home, dataset.table)
    same = [kept for kept in stored(home, dataset.table) if kept.origin.kind == dataset.origin.kind]
    needed = {shown.version, *(finding.values.get(BEFORE) for finding in shown.findings[-1:])} if shown else set()
    for old in same[KEPT:]:
        if old.version not in needed:
            with suppress(ValueError, FileNotFoundError):  # another process prunes too
                remove(home, dataset.table, old.version)


def _sweep(shelf: Path, now: datetime) -> None:
    """Clear away what crashed writers left."""
    for path in shelf.glob(f"{_TEMPORARY}*"):
        with suppress(FileNotFoundError):  # another process sweeps too
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
