"""Train on a version of the customers and keep the model: the one function behind the page and the scheduled job."""

from datetime import date, datetime
from pathlib import Path

import pandas as pd
from sqlalchemy import Engine

from data.tables import Stored
from models.churn import files, training
from models.churn.model import ChurnModel
from models.drift import bins
from models.lifecycle import registry

MODEL = "churn"


def retrain(
    engine: Engine,
    home: Path,
    stored: Stored,
    customers: pd.DataFrame,
    now: datetime,
    author: str,
    reason: str,
    step: training.Step = lambda _message, _share: None,
    promoted: bool = True,
    until: date | None = None,
) -> str:
    """Train on the `customers` of a stored dataset, keep the model as champion of that dataset; its version.

    Not `promoted`, it is a challenger. Their outcomes are known up to the day `until`, by default the day on which the
    dataset was stored. Raises `preparation.CannotTrain`; then nothing is kept.
    """
    model = training.train(customers, step=step)
    watched = {column: customers[column] for column in model.coding.columns}
    watched["prediction"] = pd.Series(model.held_out.probability)
    record = registry.Record(
        model=MODEL,
        learner=model.learner,
        author=author,
        reason=reason,
        data_version=stored.version,
        rows=len(customers),
        schema={column: "level" if column in model.coding.levels else "number" for column in model.coding.columns},
        metrics=model.metrics,
        bins={name: bins.freeze(column).plain() for name, column in watched.items()},
        window=(None, until or stored.stored.date()),
    )
    return registry.keep(engine, home, record, files.pack(model), files.SUFFIX, now, promoted)


def load(home: Path, row: pd.Series) -> ChurnModel:
    """The model of a row of the registry. Raises `registry.ModelFileError`."""
    return files.unpack(registry.content(home, row))
