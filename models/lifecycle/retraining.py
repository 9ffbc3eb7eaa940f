"""Train, keep, promote: the one place behind the pages and the scheduled jobs, for every managed model."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Engine

from data import state, tables
from data.tables import Stored
from locales import N_, Sentence
from models.lifecycle import registry
from models.lifecycle.logged import Step
from models.lifecycle.managed import MODELS
from models.lifecycle.registry import ModelFileError


class NoData(Sentence, ValueError):
    """There is no dataset to learn from."""


def retrain(
    engine: Engine,
    home: Path,
    model: str,
    now: datetime,
    author: str,
    reason: str,
    step: Step = lambda _message, _share: None,
    until: date | None = None,
) -> dict[str, Any]:
    """Train a managed `model` on the active dataset and keep it (see `learn`). Raises `NoData` too."""
    stored = tables.active(home, MODELS[model].table)
    if stored is None:
        raise NoData(N_("There are no data to learn from yet: choose some on the page Data."))
    return learn(engine, home, model, stored, now, author, reason, step, until)


def learn(
    engine: Engine,
    home: Path,
    model: str,
    stored: Stored,
    now: datetime,
    author: str,
    reason: str,
    step: Step = lambda _message, _share: None,
    until: date | None = None,
) -> dict[str, Any]:
    """Train a managed `model` on a dataset, up to the day `until`, and keep it; what was kept, as JSON can hold it.

    It is a challenger where the lineage has a champion whose file can be read, else the champion. Raises the `Sentence`
    of `Managed.train`; then nothing is kept.
    """
    managed = MODELS[model]
    before = registry.champion(engine, model, stored.lineage)
    usable = before is not None and _readable(home, before)
    trained = managed.train(stored, before is None, until, step)
    record = registry.Record(
        model=model,
        learner=trained.learner,
        author=author,
        reason=reason,
        data_version=stored.version,
        rows=trained.rows,
        schema=trained.schema,
        metrics=trained.metrics,
        bins=trained.bins,
        window=trained.window,
        lineage=stored.lineage,
    )
    version = registry.keep(engine, home, record, trained.content, managed.suffix, now, promoted=not usable)
    return {
        "model": model,
        "version": version,
        "status": registry.CHALLENGER if usable else registry.CHAMPION,
        "learner": trained.learner,
        "rows": trained.rows,
        "until": trained.window[1].isoformat() if trained.window[1] else None,
        "metrics": trained.metrics,
        "champion": before["version"] if before is not None and usable else version,
    }


def promote(engine: Engine, home: Path, model: str, version: str, now: datetime, author: str, reason: str) -> None:
    """Make a version the champion (also: roll back to it), and write who did so and why beside its own reason.

    Raises `registry.ModelFileError` where its file is gone or altered; then nothing changes.
    """
    registry.content(home, state.read(engine, state.model_versions, model=model, version=version).iloc[0])
    registry.promote(engine, model, version, now, f"{now:%Y-%m-%d} {author}: {reason}")


def _readable(home: Path, row: pd.Series) -> bool:
    try:
        registry.content(home, row)
    except ModelFileError:
        return False
    return True
