"""Rows of `state.prediction_log` and `state.performance_log`."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pandas as pd
from sqlalchemy import Engine, func, select

from data import state, tables
from data.events import REPLAYED
from data.runs import Nothing
from data.tables import Stored

Step = Callable[[str, float], None]  # what is done now, and how much is done, 0 to 1
Rows = list[dict[str, object]]


class CannotScore(Nothing, ValueError):
    """There is nothing to score, or nothing to score it with; the message says what to do."""


def replayed(data_version: str) -> str:
    """The version under which the past of a dataset is kept, as a model would have seen it: no trained model and no
    dataset has it."""
    return f"{REPLAYED}-{data_version}"


def really(log: pd.DataFrame) -> pd.DataFrame:
    """The rows of a log that are of models in use, and not of a past that was played again."""
    return log[~log["version"].str.startswith(REPLAYED)]


def versions(engine: Engine, home: Path, stored: Stored) -> set[str]:
    """The versions under which anything is kept about the lineage of a dataset: those of datasets, and of models."""
    kept = tables.stored(home, stored.table)
    models = state.read(engine, state.model_versions, lineage=stored.lineage)
    return {*(one.version for one in kept if one.lineage == stored.lineage), *models["version"]}


def measured(engine: Engine, model: str) -> dict[tuple[str, pd.Timestamp, bool], int]:
    """How many rows each window (version, day, whether estimated) of everything has been measured on."""
    found = state.read(engine, state.performance_log, model=model, segment="")
    keys = zip(found["version"], found["day"], found["estimated"], strict=True)
    return dict(zip(keys, found["rows"], strict=True))


def windows(engine: Engine, model: str) -> pd.DataFrame:
    """Each `version` and `day` on which a model in use predicted something, with how many `rows`, how many of them are
    `known` by now, and the sum `came` of what came true."""
    log = state.prediction_log.c
    counts = func.count(), func.count(log.actual), func.coalesce(func.sum(log.actual), 0.0)
    asked = select(log.version, log.day, *counts).where(log.model == model).group_by(log.version, log.day)
    with engine.connect() as connection:
        found = connection.execute(asked.order_by(log.version, log.day)).all()
    return really(pd.DataFrame(found, columns=["version", "day", "rows", "known", "came"]).astype({"version": "str"}))


def prediction(
    model: str, version: str, day: date, subject: str, target: date, now: datetime, mean: float
) -> dict[str, object]:
    """What a model predicted on a day of a customer or a series."""
    return {
        "model": model,
        "version": version,
        "day": day,
        "subject": subject,
        "target_day": target,
        "mean": mean,
        "logged": now,
    }


def measures(
    model: str, version: str, day: date, segment: str, estimated: bool, found: pd.DataFrame, rows: int, now: datetime
) -> Rows:
    """The measures of a window (see `drift.performance`), of everything ("") or one segment."""
    about = {"model": model, "version": version, "day": day, "segment": segment, "estimated": estimated}
    return [
        {**about, "metric": name, "value": value, "lo": lo, "hi": hi, "rows": rows, "logged": now}
        for name, value, lo, hi in found[["value", "lo", "hi"]].itertuples()
    ]
