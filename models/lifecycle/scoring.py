"""What the models predict is kept; when the truth arrives it is put beside it, and how good they were is measured.

Everything goes to `prediction_log` and `performance_log` under keys that name model, version and day, so that whatever
was cut off, or runs twice, is simply run again. What was never predicted but would have been (`back_fill`) is kept
under a version of its own (`logged.replayed`).
"""

from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from data import state, tables
from data.tables import Stored
from locales import N_
from models.drift import alerts
from models.lifecycle import logged, registry
from models.lifecycle.logged import CannotScore, Step
from models.lifecycle.managed import MODELS


def score(
    engine: Engine,
    home: Path,
    model: str,
    day: date,
    now: datetime,
    step: Step = lambda _message, _share: None,
) -> dict[str, Any]:
    """Keep what a managed `model` predicts on `day` about the active data; put the truth beside what it predicted.

    Then measures every window whose truth is known, and estimates those whose is not; the past is filled in once.
    Returns counts (`predictions` kept, `truths` that arrived, `windows` measured) and the `alerts` to raise about what
    was really predicted. Raises `CannotScore` and the `Sentence`s of `Managed`.
    """
    managed = MODELS[model]
    stored = tables.active(home, managed.table)
    if stored is None:
        raise CannotScore(N_("No data have been chosen yet: open Vigie once, or choose some on the page Data."))
    champion = registry.champion(engine, model, stored.lineage)
    predictions = managed.predict(home, stored, champion, day, now, step)
    state.upsert(engine, state.prediction_log, predictions)
    actuals = managed.actuals(engine, home, stored)
    state.upsert(engine, state.prediction_log, actuals)
    step(N_("Measuring"), 0.6)
    measured = managed.measure(engine, home, stored, champion, now)
    state.upsert(engine, state.performance_log, measured)
    back_fill(engine, model, stored, now, step)
    log = logged.really(state.read(engine, state.performance_log, model=model))
    log = log[log["version"].isin(logged.versions(engine, home, stored))]
    return {
        "model": model,
        "day": day.isoformat(),
        "predictions": len(predictions),
        "truths": len(actuals),
        "windows": len({(row["version"], row["day"], row["estimated"]) for row in measured if row["segment"] == ""}),
        "alerts": alerts.of_performance(log, managed.alerted, managed.apart),
    }


def back_fill(
    engine: Engine,
    model: str,
    stored: Stored,
    now: datetime,
    step: Step = lambda _message, _share: None,
    parts: bool = False,
) -> bool:
    """Fill in what a managed model would have predicted in the past of a dataset, of all or of `parts` of it, once;
    False where it has no such past."""
    version = logged.replayed(stored.version)
    kept = state.read(engine, state.performance_log, model=model, version=version)["segment"]
    if (kept.str.contains("=") if parts else kept.eq("")).any():
        return True
    predictions, measured = MODELS[model].replay(stored, version, now, step, parts)
    step(N_("Keeping the results"), 0.9)
    state.upsert(engine, state.prediction_log, predictions)
    state.upsert(engine, state.performance_log, measured)  # last: it says that all is there
    return bool(measured)
