"""Trained models: files without pickle under VIGIE_HOME/models, and what is known of each in the state database.

A file is written whole or not at all, and is only read if its SHA-256 is still the one that was recorded.
"""

import hashlib
import os
from dataclasses import dataclass
from datetime import date, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Engine

from data import state
from locales import N_, Sentence

CHAMPION, CHALLENGER, RETIRED = "champion", "challenger", "retired"
LIBRARIES = ("xgboost-cpu", "xgboost", "scikit-learn", "skops", "statsmodels", "prophet", "pandas", "numpy")


class ModelFileError(Sentence, ValueError):
    """A model file is gone, or is not the one that was kept; the message says which."""


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


def keep(engine: Engine, home: Path, record: Record, content: bytes, suffix: str, now: datetime) -> str:
    """Write a model's file, then its row as champion; the champion before it is retired. Returns the version.

    The version starts with the time, so that versions sort by age. A crash in between leaves a file nobody names.
    """
    digest = hashlib.sha256(content).hexdigest()
    name = f"{now:%Y%m%dT%H%M%S}-{digest[:8]}"
    folder = home / "models"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{record.model}-{name}{suffix}"
    temporary = path.with_suffix(".part")
    with temporary.open("wb") as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())
    temporary.replace(path)
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
    }
    state.upsert(engine, state.model_versions, [row])
    promote(engine, record.model, name, now)
    return name


def promote(engine: Engine, model: str, name: str, now: datetime) -> None:
    """Make a version the champion of its data; the one before it is retired in the same transaction."""
    versions = state.read(engine, state.model_versions, model=model)
    chosen = versions[versions["version"] == name].iloc[0]
    rivals = versions[(versions["status"] == CHAMPION) & (versions["data_version"] == chosen["data_version"])]
    rows = [{**row, "status": RETIRED} for row in rivals.to_dict("records") if row["version"] != name]
    rows.append({**chosen.to_dict(), "status": CHAMPION, "promoted": now})
    state.upsert(engine, state.model_versions, rows)


def champion(engine: Engine, model: str, data_version: str) -> "pd.Series | None":
    """The row of the champion that learned from a version of the data, or None."""
    rows = state.read(engine, state.model_versions, model=model, data_version=data_version, status=CHAMPION)
    return None if rows.empty else rows.iloc[-1]


def content(home: Path, row: "pd.Series") -> bytes:
    """A model's file. Raises `ModelFileError` where it is gone or was changed."""
    path = home / "models" / Path(str(row["file"])).name
    if not path.exists():
        raise ModelFileError(N_("The model file {file} is gone: train the model again."), file=path.name)
    found = path.read_bytes()
    if hashlib.sha256(found).hexdigest() != row["sha256"]:
        raise ModelFileError(
            N_("The model file {file} is not the one that was kept, and is not used: train the model again."),
            file=path.name,
        )
    return found


def _versions() -> dict[str, str]:
    found = {}
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found
