"""Rows of `state.prediction_log` and `state.performance_log`."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pandas as pd
from sqlalchemy import Engine

from data import state, tables
from data.tables import Stored
from locales import Sentence

Step = Callable[[str, float], None]  # what is done now, and how much is done, 0 to 1
Rows = list[dict[str, object]]
REPLAYED = "history"  # how a version begins under which the past of a dataset is kept


class CannotScore(Sentence, ValueError):
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
