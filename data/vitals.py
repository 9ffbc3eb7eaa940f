"""How Vigie is: what its disk, state database and datasets say of themselves. `models.lifecycle.health` judges it."""

import hashlib
import os
import platform
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import get_args

import pandas as pd
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from data import schedules, seals, state, tables
from data.dataset import Table
from data.schedules import Kept
from data.tables import Stored

LIBRARIES = (
    *("streamlit", "pandas", "numpy", "plotly", "scikit-learn", "scipy", "xgboost-cpu", "xgboost", "prophet"),
    *("statsmodels", "duckdb", "pyarrow", "sqlalchemy", "apprise"),
)
RUNS = 500  # the newest ones are looked at


@dataclass(frozen=True)
class Database:
    """The state database: where (no password), why it cannot be read, which tables it has, how large it is in bytes.

    `ahead` is how far its clock, by which jobs beat, is before this machine's.
    """

    address: str
    error: str | None = None
    revision: str = ""
    size: int | None = None
    wal: int | None = None
    ahead: timedelta = timedelta()


@dataclass(frozen=True)
class Vitals:
    """Everything that is looked at. Sizes in bytes.

    `sources` has None for a table of which nothing was chosen yet, `earlier` the older versions of each (see
    `data.tables.earlier`). `model_files` maps the file of each model version to
    whether its SHA-256 is the one that was recorded; None where it is gone. `runs`, `versions` and `alerts` are the
    newest rows of the state database's tables, empty where it cannot be read; so are the `deliveries` of the alerts.
    `damaged` names what was set aside. `schedules` are all that are kept, `given_up` what failed of them, `attended`
    those that somebody works on (all as in `data.schedules`).
    """

    home: Path
    writable: bool
    disk_free: int
    disk_total: int
    folders: dict[str, int]
    sources: dict[str, Stored | None]
    database: Database
    runs: pd.DataFrame
    versions: pd.DataFrame
    alerts: pd.DataFrame
    deliveries: pd.DataFrame
    model_files: dict[str, bool | None]
    python: str
    libraries: dict[str, str] = field(default_factory=dict)
    damaged: tuple[str, ...] = ()
    schedules: tuple[Kept, ...] = ()
    given_up: pd.DataFrame = field(default_factory=pd.DataFrame)
    attended: frozenset[str] = frozenset()
    earlier: dict[str, list[Stored]] = field(default_factory=dict)


def gather(home: Path, database_url: str) -> Vitals:
    """Look at everything below `home` and in the state database. Nothing is raised, and nothing written but that what
    is damaged is set aside: the datasets in use are read from their first byte to their last."""
    there = next(path for path in (home, *home.parents) if path.exists())
    usage = shutil.disk_usage(there)
    database, found = _database(database_url)
    planned, given_up, attended = _schedules(database_url) if found else ((), pd.DataFrame(), frozenset())
    empty = {table.name: pd.DataFrame(columns=[column.name for column in table.columns]) for table in _LOOKED_AT}
    kept = found or empty
    versions = kept["model_versions"]
    sources = {table: tables.active(home, table, again=True) for table in get_args(Table)}
    return Vitals(
        home=home,
        writable=os.access(there, os.W_OK),
        disk_free=usage.free,
        disk_total=usage.total,
        folders={path.name: _size(path) for path in sorted(home.glob("*/"))},
        sources=sources,
        database=database,
        runs=kept["job_runs"].sort_values("started", ascending=False).head(RUNS),
        versions=versions,
        alerts=kept["alert_log"],
        deliveries=kept["alert_deliveries"],
        model_files={
            str(name): _whole(home / "models" / Path(str(name)).name, str(digest))
            for name, digest in zip(versions["file"], versions["sha256"], strict=True)
        },
        python=platform.python_version(),
        libraries={name: installed for name in LIBRARIES if (installed := _installed(name))},
        damaged=tuple(seals.aside(home)),
        schedules=planned,
        given_up=given_up,
        attended=attended,
        earlier={table: tables.earlier(home, shown) for table, shown in sources.items() if shown},
    )


_LOOKED_AT = (state.job_runs, state.model_versions, state.alert_log, state.alert_deliveries)


def _database(url: str) -> tuple[Database, dict[str, pd.DataFrame]]:
    address = make_url(url)
    shown = address.set(query={}).render_as_string()  # the password as ***; the query could have one too
    sqlite = address.get_backend_name() == "sqlite"
    file = Path(address.database or "")
    if sqlite and not file.exists():  # looking would create it
        return Database(shown), {}
    try:
        engine = state.engine(url)
        revision = state.revision(engine)
        found = {table.name: state.read(engine, table) for table in _LOOKED_AT} if revision == state.REVISION else {}
        if sqlite:
            return Database(
                shown, None, revision, file.stat().st_size, _size(file.with_name(f"{file.name}-wal"))
            ), found
        with engine.connect() as connection:
            asked = text("SELECT pg_database_size(current_database()), clock_timestamp()")
            size, clock = connection.execute(asked).one()
        return Database(shown, None, revision, size, ahead=clock - datetime.now(UTC)), found
    except (SQLAlchemyError, OSError) as error:
        return Database(shown, type(error).__name__), {}


def _schedules(url: str) -> tuple[tuple[Kept, ...], pd.DataFrame, frozenset[str]]:
    engine = state.engine(url)
    try:
        return tuple(schedules.kept(engine)), schedules.failed(engine), schedules.attended(engine)
    except SQLAlchemyError:  # gone since a moment ago
        return (), pd.DataFrame(), frozenset()


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    total = 0
    for file in files:
        try:
            total += file.stat().st_size if file.is_file() else 0
        except OSError:  # replaced in this moment, or not ours to see
            continue
    return total


def _whole(path: Path, digest: str) -> bool | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == digest
    except OSError:
        return None


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
