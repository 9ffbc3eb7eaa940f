"""Datasets on disk, under a home folder: every version a folder that never changes, and a pointer to the one in use.

    <home>/tables/<table>/active                      the version the pages show
    <home>/tables/<table>/<version>/<frame>.parquet   one file a frame
    <home>/tables/<table>/<version>/dataset.json      what it is and where it is from

Everything is written aside and renamed into place, so a crash leaves the old state or the new one, and whoever reads
while another writes sees one or the other. The version is made from the content: what is kept twice is there once, and
what is damaged is not taken for other data (see `data.seals`) but set aside; the newest good one takes its place.
"""

import fcntl
import logging
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import get_args

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.compute
import pyarrow.dataset
import pyarrow.parquet

from data import audit, lineage, schemas, seals
from data.dataset import Dataset, Table
from data.people import ADMIN
from data.tables import disk
from data.tables.disk import BEFORE, TEMPORARY, Stored, check, path_of, sound
from data.tables.reading import read
from locales import N_

ROW_GROUP = 32_768  # rows; of a sorted table only the groups that hold what is asked for are read
KEPT = 5  # versions of each kind of origin
TIME_COLUMN: dict[Table, str] = {"sales": "timestamp", "covid": "date"}
ACTIVE = "active"
GONE = N_("This dataset is not there any more: choose another one.")
_STALE_SECONDS = 3600  # something temporary this old was left by a crash
_VERSION = re.compile(rb"[a-z]+-([0-9a-f]{16})")
log = logging.getLogger("vigie.data")


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
    if dataset.table in frames or dataset.written:  # what was computed from other rows does not stand beside these
        same = [name for name in same if name in schemas.SCHEMAS]
    fresh = shelf / f"{TEMPORARY}{uuid.uuid4().hex}"
    fresh.mkdir()
    try:
        for name, frame in frames.items():
            path = fresh / f"{name}.parquet"
            pa.parquet.write_table(arrow(frame), path, compression="zstd", row_group_size=ROW_GROUP)
            disk.sync(path)
        if made := dataset.written:
            made.file.replace(fresh / f"{dataset.table}.parquet")
            disk.sync(fresh / f"{dataset.table}.parquet")
            shutil.rmtree(made.file.parent, ignore_errors=True)
        if around:
            check(around)
            for name in same:
                shutil.copyfile(path_of(around, name), fresh / f"{name}.parquet")
                disk.sync(fresh / f"{name}.parquet")
        mine = [dataset.table] if made else []
        files = [fresh / f"{name}.parquet" for name in (*same, *frames, *mine)]
        content = seals.digest(disk.salt(dataset.origin), files)
        version = f"{dataset.origin.kind}-{content[:16]}"
        kept = Stored(
            table=dataset.table,
            version=version,
            origin=dataset.origin,
            findings=dataset.findings,
            rows={name: around.rows[name] for name in same if around}
            | {name: len(frame) for name, frame in frames.items()}
            | ({dataset.table: made.rows} if made else {}),
            columns={name: around.columns[name] for name in same if around}
            | {name: {str(c): str(kind) for c, kind in frame.dtypes.items()} for name, frame in frames.items()}
            | ({dataset.table: made.kinds} if made else {}),
            span=around.span
            if around and dataset.table in same
            else _span(fresh / f"{dataset.table}.parquet", TIME_COLUMN.get(dataset.table)),
            stored=now,
            folder=shelf / version,
            lineage=dataset.lineage or _lineage(home, dataset, fresh, version),
        )
        there = disk.load(kept.folder)
        known = there is not None and sound(there)  # one that is damaged has made room
        disk.describe(kept, fresh)
        rows = kept.rows.get(dataset.table, 0)
        audit.act("keep", dataset.table, version, name=dataset.origin.name, rows=rows, shown=activate)
        try:
            fresh.replace(kept.folder)
            disk.sync(shelf)
        except OSError:
            if not kept.folder.exists():
                raise
            disk.describe(kept, kept.folder)
        try:
            if activate:
                disk.write(shelf / ACTIVE, version.encode())
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
    found = [disk.load(path) for path in _shelf(home, table).glob("[!.]*/")]
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
        shown = disk.load(shelf / name.decode()) if _VERSION.fullmatch(name) else None
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
                disk.write(pointer, good.version.encode())
            else:
                pointer.unlink(missing_ok=True)
    return good


def _named(pointer: Path) -> bytes | None:
    try:
        return pointer.read_bytes()
    except FileNotFoundError:
        return None


def activate(home: Path, table: Table, version: str) -> None:
    """Let the pages show `version`. Raises ValueError where it is not kept, or damaged."""
    with _choosing(_shelf(home, table)):
        found = _find(home, table, version)
        audit.act("show", table, version, name=found.origin.name)
        if not sound(found):
            raise ValueError(GONE)
        disk.write(found.folder.parent / ACTIVE, version.encode())


def remove(home: Path, table: Table, version: str) -> None:
    """Forget `version`. Raises ValueError where it is not kept or the pages show it."""
    with _choosing(_shelf(home, table)):
        found = _find(home, table, version)
        audit.act("remove", table, version, ADMIN, name=found.origin.name)
        folder = found.folder
        shown = active(home, table)
        if shown and shown.version == version:
            raise ValueError(N_("This dataset is in use: choose another one before you remove it."))
        gone = folder.with_name(f"{TEMPORARY}{uuid.uuid4().hex}")
        folder.replace(gone)  # in one step, so that nobody finds half of it
    shutil.rmtree(gone, ignore_errors=True)


def of_one_shop(sold: Stored, people: Stored) -> bool:
    """Whether customers may be asked of beside the sales: simulated ones say nothing of somebody's own shop."""
    return (sold.origin.kind == "demo") == (people.origin.kind == "demo")


def arrow(frame: pd.DataFrame) -> pa.Table:
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


def _days(file: Path, paid: str) -> pd.DataFrame:
    """What the lines of a file of sales add up to, a line a day."""
    sql = (
        f"SELECT timestamp::DATE::TIMESTAMP AS timestamp, sum(quantity) AS quantity, sum({paid}) AS amount"  # noqa: S608
        " FROM read_parquet($file) GROUP BY ALL"
    )
    with duckdb.connect() as connection:
        return connection.execute(sql, {"file": str(file)}).df()


def _lineage(home: Path, dataset: Dataset, fresh: Path, version: str) -> str:
    """The lineage of a dataset that is to be kept: an upload begins one of its own unless it goes on from another."""
    if dataset.origin.kind != "upload":
        return f"{dataset.origin.kind} {dataset.origin.name}"
    newest: dict[str, Stored] = {}
    for kept in stored(home, dataset.table):
        if kept.version == version:
            return kept.lineage
        newest.setdefault(kept.lineage, kept)
    needed = lineage.NEEDED.get(dataset.table)
    known = set(dataset.written.kinds if dataset.written else dataset.main)
    for name, kept in newest.items():
        columns = set(kept.columns[dataset.table])
        if dataset.table == "sales":  # no model learns from columns of one's own
            columns &= set(schemas.columns("sales"))
        # Where a column is missing, a model that learned from it could say nothing.
        if not (needed and set(needed) <= columns <= known and sound(kept)):
            continue
        if dataset.table == "sales":
            paid = "amount" if "amount" in columns else "quantity * unit_price"
            before, after = _days(path_of(kept, "sales"), paid), _days(fresh / "sales.parquet", paid)
        else:
            before, after = read(kept), dataset.main
        if lineage.continues(dataset.table, before, after):
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
    for folder, pattern in (("tables/*", f"{TEMPORARY}*"), ("raw/**", f"{TEMPORARY}*"), ("models", "*.part")):
        _sweep(home, now, f"{folder}/{pattern}")
    for table in get_args(Table):
        for kept in stored(home, table):
            sound(kept)


def _sweep(folder: Path, now: datetime, pattern: str = f"{TEMPORARY}*") -> None:
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


def _span(file: Path, column: str | None) -> tuple[datetime, datetime] | None:
    if column is None:
        return None
    with pa.parquet.ParquetFile(file) as kept:  # a database that is opened for this takes ten times as long
        ends = pa.compute.min_max(kept.read([column])[column]).as_py()
    return (ends["min"], ends["max"]) if ends["min"] else None
