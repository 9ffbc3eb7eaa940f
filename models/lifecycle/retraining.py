"""Train, keep, promote: the one place behind the page and the scheduled jobs, for each model that is kept."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Engine

from data import tables
from data.dataset import Table
from data.tables import Stored
from locales import N_, Sentence
from models.churn import retraining as churn
from models.drift import history
from models.forecast import kept
from models.forecast.kept import Daily, SalesModel
from models.lifecycle import registry

TABLES: dict[str, Table] = {kept.MODEL: "sales", churn.MODEL: "customers"}
# The first model of a dataset stops so many days before the last, where enough are left: there is something to watch
# drift on, and to judge the next model on, from the first day.
LEFT_OUT, LEFT_OUT_FROM = 91, 240
Step = Callable[[str, float], None]


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
    """Train `model` ("sales", "churn") on the active dataset and keep it; what was kept, as JSON can hold it.

    It is a challenger where its data have a champion already, else the champion. A sales model learns up to the day
    `until`: the last one of the data unless said, and for the first model of its data a quarter before that.
    Raises `NoData`, `CannotForecast` or `CannotTrain`; then nothing is kept.
    """
    stored = tables.active(home, TABLES[model])
    if stored is None:
        raise NoData(N_("There are no data to learn from yet: choose some on the page Data."))
    before = champion(engine, model, stored)
    if model == kept.MODEL:
        version = _sales(engine, home, stored, now, author, reason, step, before is None, until)
    else:
        customers = tables.read(stored)
        version = churn.retrain(engine, home, stored, customers, now, author, reason, step, before is None)
    rows = registry.versions(engine, model)
    row = rows[rows["version"] == version].iloc[0]
    return {
        "model": model,
        "version": version,
        "status": row["status"],
        "learner": row["learner"],
        "rows": int(row["rows"]),
        "until": row["window_end"].date().isoformat(),
        "metrics": row["metrics"],
        "champion": version if before is None else before["version"],
    }


def champion(engine: Engine, model: str, stored: Stored) -> "pd.Series | None":
    """The row of the champion of a dataset; for sales also one that learned before later days were added to it."""
    first = stored.span[0].date() if model == kept.MODEL and stored.span else None
    return registry.champion(engine, model, stored.version, first)


def promote(engine: Engine, home: Path, model: str, version: str, now: datetime, author: str, reason: str) -> None:
    """Make a version the champion (also: roll back to it), and write who did so and why beside its own reason.

    Raises `registry.ModelFileError` where its file is gone or altered; then nothing changes.
    """
    rows = registry.versions(engine, model)
    registry.content(home, rows[rows["version"] == version].iloc[0])
    registry.promote(engine, model, version, now, f"{now:%Y-%m-%d} {author}: {reason}")


def daily(stored: Stored) -> Daily:
    """The units a day that a sales model learns from. Raises `CannotForecast`."""
    return kept.series(tables.query(stored, kept.daily(stored.columns["sales"])))


def load_sales(home: Path, row: "pd.Series") -> SalesModel:
    """The sales model of a row of the registry. Raises `registry.ModelFileError`."""
    return kept.unpack(registry.content(home, row))


def _sales(
    engine: Engine,
    home: Path,
    stored: Stored,
    now: datetime,
    author: str,
    reason: str,
    step: Step,
    first: bool,
    until: date | None,
) -> str:
    step(N_("Adding up the days"), 0.0)
    known = daily(stored).panel
    last = known.dates[-1]
    if until is None and first and len(known.dates) >= LEFT_OUT_FROM:
        until = last - timedelta(days=LEFT_OUT)
    end = min(pd.Timestamp(until or last), last)
    model = kept.train(known.upto(int(known.dates.searchsorted(end, "right"))), step=step)
    step(N_("Cutting the columns into bins"), 0.95)
    frozen = history.frozen(stored, model.first.date(), model.until.date())
    record = registry.Record(
        model=kept.MODEL,
        learner=kept.LEARNER,
        author=author,
        reason=reason,
        data_version=stored.version,
        rows=int(sum(next(iter(frozen.values())).counts)),
        schema=dict.fromkeys(model.fitted.groups, "level") | {"date": "day", "units": "number"},
        metrics=model.metrics,
        bins={column: cut.plain() for column, cut in frozen.items()},
        window=(model.first.date(), model.until.date()),
    )
    return registry.keep(engine, home, record, kept.pack(model), kept.SUFFIX, now, first)
