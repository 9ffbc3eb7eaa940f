"""Trained models: files without pickle under VIGIE_HOME/models, and what is known of each in the state database.

A file is written whole or not at all, and is only read if its SHA-256 is still the one that was recorded.
"""

import hashlib
import importlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar, get_args

import pandas as pd
from sqlalchemy import Engine, select, update

from connectors import InvalidFile, child
from connectors.child import Parsed
from data import state, tables
from data.dataset import Table
from data.runs import Nothing
from locales import N_

CHAMPION, CHALLENGER, RETIRED = "champion", "challenger", "retired"
LIBRARIES = ("xgboost-cpu", "xgboost", "scikit-learn", "skops", "statsmodels", "prophet", "pandas", "numpy")


CHANGED = N_("The model file {file} is not the one that was kept, and is not used: train the model again.")
T = TypeVar("T")
_known: set[str] = set()  # SHA-256 of the files that this process wrote, or saw a child read


class ModelFileError(Nothing, ValueError):
    """A model file is gone, or is not the one that was kept; the message says which."""

    missing = False


@dataclass(frozen=True)
class Trained:
    """A model that was just trained: its file, and what is known of it (see `data.state.model_versions`)."""

    content: bytes
    learner: str
    rows: int
    schema: dict[str, str]
    metrics: dict[str, float]
    bins: dict[str, Any]
    window: tuple[date | None, date | None]


@dataclass(frozen=True)
class Record:
    """What is kept about a model beside its file (see `data.state.model_versions`)."""

    model: str
    learner: str
    author: str
    reason: str
    data_version: str
    rows: int
    schema: dict[str, str]
    metrics: dict[str, float]
    bins: dict[str, Any]
    window: tuple[date | None, date | None] = (None, None)
    lineage: str = ""  # of its data; their version where nothing else is said


def keep(
    engine: Engine, home: Path, record: Record, content: bytes, suffix: str, now: datetime, promoted: bool = True
) -> str:
    """Write a model's file, then its row, as champion or (not `promoted`) as challenger. Returns the version.

    The version starts with the time to the microsecond: versions sort by age. A crash in between leaves a file nobody
    names.
    """
    digest = hashlib.sha256(content).hexdigest()
    name = f"{now:%Y%m%dT%H%M%S%f}-{digest[:8]}"
    folder = home / "models"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{record.model}-{name}{suffix}"
    temporary = path.with_suffix(".part")
    with temporary.open("wb") as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())
    temporary.replace(path)
    _known.add(digest)
    row = {
        "model": record.model,
        "version": name,
        "learner": record.learner,
        "status": CHALLENGER,
        "created": now,
        "promoted": None,
        "author": record.author,
        "reason": record.reason,
        "file": path.name,
        "sha256": digest,
        "data_version": record.data_version,
        "window_start": record.window[0],
        "window_end": record.window[1],
        "rows": record.rows,
        "schema": record.schema,
        "metrics": record.metrics,
        "bins": record.bins,
        "libraries": _versions(),
        "lineage": record.lineage or record.data_version,
    }
    state.upsert(engine, state.model_versions, [row])
    if promoted:
        promote(engine, record.model, name, now)
    return name


def promote(engine: Engine, model: str, name: str, now: datetime, note: str = "") -> None:
    """Make a version the champion of its lineage; the one before it is retired in the same transaction.

    `note` (who and why) is added to the version's reason. Of several who promote at once the last one counts.
    """
    table = state.model_versions
    mine = table.c.model == model
    with engine.execution_options(sqlite_begin="IMMEDIATE").begin() as connection:
        # One at a time: SQLite's write lock, or locks on all rows of the model in PostgreSQL.
        rows = connection.execute(select(table).where(mine).order_by(table.c.version).with_for_update()).all()
        chosen = next(row for row in rows if row.version == name)
        rivals = mine & (table.c.status == CHAMPION) & (table.c.lineage == chosen.lineage)
        connection.execute(update(table).where(rivals, table.c.version != name).values(status=RETIRED))
        reason = f"{chosen.reason}\n{note}" if note else chosen.reason
        made = {"status": CHAMPION, "promoted": now, "reason": reason}
        connection.execute(update(table).where(mine, table.c.version == name).values(**made))


def champion(engine: Engine, model: str, lineage: str) -> "pd.Series | None":
    """The row of the champion of a lineage of datasets, or None."""
    table = state.model_versions
    wanted = (table.c.model == model) & (table.c.status == CHAMPION) & (table.c.lineage == lineage)
    with engine.connect() as connection:
        names = connection.execute(select(table.c.version).where(wanted).order_by(table.c.promoted)).scalars().all()
    return None if not names else state.read(engine, table, model=model, version=names[-1]).iloc[0]


def versions(engine: Engine, model: str, lineage: str) -> pd.DataFrame:
    """Every version of a model in a lineage (see `data.state.model_versions`), the newest first."""
    rows = state.read(engine, state.model_versions, model=model, lineage=lineage)
    return rows.iloc[::-1].reset_index(drop=True)


def adopt(engine: Engine, home: Path) -> None:
    """Give the versions that were kept before there were lineages the one of their data, or one of their own where
    those are gone. Where a lineage has several champions then, the last one promoted stays."""
    table = state.model_versions
    with engine.execution_options(sqlite_begin="IMMEDIATE").begin() as connection:
        old = select(table.c.model, table.c.version, table.c.data_version).where(table.c.lineage.is_(None))
        rows = connection.execute(old.with_for_update()).all()
        if not rows:
            return
        known = {kept.version: kept.lineage for name in get_args(Table) for kept in tables.stored(home, name)}
        for row in rows:
            this = (table.c.model == row.model) & (table.c.version == row.version)
            named = known.get(row.data_version, row.data_version)
            connection.execute(update(table).where(this).values(lineage=named))
        latest: dict[tuple[str, str], str] = {}
        champions = select(table).where(table.c.status == CHAMPION).order_by(table.c.promoted)
        for row in connection.execute(champions).all():
            if before := latest.get((row.model, row.lineage)):
                this = (table.c.model == row.model) & (table.c.version == before)
                connection.execute(update(table).where(this).values(status=RETIRED))
            latest[row.model, row.lineage] = row.version


def content(home: Path, row: "pd.Series") -> bytes:
    """A model's file. Raises `ModelFileError` where it is gone or was changed."""
    path = home / "models" / Path(str(row["file"])).name
    if not path.exists():
        raise ModelFileError(N_("The model file {file} is gone: train the model again."), file=path.name)
    found = path.read_bytes()
    if hashlib.sha256(found).hexdigest() != row["sha256"]:
        raise ModelFileError(CHANGED, file=path.name)
    return found


def load(home: Path, row: "pd.Series", unpack: Callable[[bytes], T]) -> T:
    """What `unpack` makes of a model's file. Raises `ModelFileError` where the file is not one that it wrote.

    A file that this process did not write may have been replaced together with its hash: a child reads it first.
    """
    found = content(home, row)
    if row["sha256"] not in _known:
        try:
            child.run(_tried, found, module=unpack.__module__, function=unpack.__qualname__)
        except InvalidFile as error:
            raise ModelFileError(CHANGED, file=str(row["file"])) from error
        _known.add(str(row["sha256"]))
    return unpack(found)


def _tried(content: bytes, module: str, function: str) -> Parsed:
    getattr(importlib.import_module(module), function)(content)
    return Parsed()


def _versions() -> dict[str, str]:
    found = {}
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found
