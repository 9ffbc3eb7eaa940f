"""What the drift pages look at, computed once a version of the data and shared by all sessions."""

from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import streamlit as st

import settings
from data.tables import Stored
from models.drift import classifier, consequence, counted, history, monitored, watch
from models.drift.compare import report
from models.drift.counted import Watched
from models.drift.monitored import Sheet
from models.lifecycle import registry, watching
from models.lifecycle.watching import Reference
from ui import background, database, store
from ui.monitoring import shown

JOB = "drift history"


def sheets(model: str, stored: Stored) -> tuple[Sheet, ...]:
    """The rows that are watched in a dataset (see `models.drift.monitored.sheets`), and what its model says of them."""
    champion = registry.champion(database.engine(), model, stored.lineage)
    version = "" if champion is None else str(champion["version"])
    return (*shown.sheets(stored.version, stored), *_predictions(stored.version, version, model, stored, champion))


def silent(model: str, stored: Stored, rows: tuple[Sheet, ...]) -> bool:
    """Whether what the model in use says could not be found out: its file is gone or altered, or does not fit."""
    champion = registry.champion(database.engine(), model, stored.lineage)
    return champion is not None and not any(monitored.PREDICTION in sheet.frame for sheet in rows)


@st.cache_resource(max_entries=4, show_spinner=False)
def _predictions(
    version: str,  # noqa: ARG001  # these two are the cache key
    model_version: str,  # noqa: ARG001
    _model: str,
    _stored: Stored,
    _champion: "pd.Series | None",
) -> tuple[Sheet, ...]:
    return watching.outputs(settings.get().home, _model, _stored, _champion)


def references(model: str, stored: Stored, rows: tuple[Sheet, ...]) -> list[Reference]:
    """What the dataset can be compared with (see `models.lifecycle.watching.references`); `rows` are its sheets."""
    return watching.references(database.engine(), model, stored, rows)


def drift(stored: Stored, rows: tuple[Sheet, ...], against: Reference) -> tuple[Watched, pd.DataFrame]:
    """Every column on every day (see `models.drift.watch.backfill`)."""
    return _drift(stored.version, against.version, len(rows), rows, against)


@st.cache_resource(max_entries=4, show_spinner=False)
def _drift(
    version: str,  # noqa: ARG001  # these three are the cache key
    against: str,  # noqa: ARG001
    sheets: int,  # noqa: ARG001
    _rows: tuple[Sheet, ...],
    _against: Reference,
) -> tuple[Watched, pd.DataFrame]:
    binned = counted.count(_rows, _against.window, _against.frozen)
    return binned, watch.backfill(binned)


def definitions(stored: Stored, rows: tuple[Sheet, ...], against: Reference, day: np.datetime64) -> pd.DataFrame:
    """The PSI of each column on a day (rows) by definition (columns)."""
    return _definitions(stored.version, against.version, str(day), rows, against)


@st.cache_resource(max_entries=16, show_spinner=False)
def _definitions(version: str, against: str, day: str, _rows: tuple[Sheet, ...], _against: Reference) -> pd.DataFrame:  # noqa: ARG001
    parts = {}
    for definition in ("deciles", "sturges", "equal_width"):
        found = [report(*windows(sheet, _against, np.datetime64(day)), definition=definition) for sheet in _rows]
        parts[definition] = pd.concat(found).set_index("column")["psi"]
    return pd.DataFrame(parts).dropna()


def measured(
    stored: Stored, rows: tuple[Sheet, ...], against: Reference, binned: Watched, day: np.datetime64, name: str
) -> pd.Series:
    """Every measure of one column on a day (a row of `models.drift.compare.report`)."""
    return _measured(stored.version, against.version, str(day), name, rows, against, binned)


@st.cache_resource(max_entries=32, show_spinner=False)
def _measured(
    version: str,  # noqa: ARG001  # these three and the name are the cache key
    against: str,  # noqa: ARG001
    day: str,
    name: str,
    _rows: tuple[Sheet, ...],
    _against: Reference,
    _binned: Watched,
) -> pd.Series:
    sheet = next(sheet for sheet in _rows if name in sheet.frame)
    then, now = (side[[name]] for side in windows(sheet, _against, np.datetime64(day)))
    frozen = {column.name: column.cut for column in _binned.columns if column.name == name}
    return report(frozen if _against.frozen or then.empty else then, now).iloc[0]


def windows(sheet: Sheet, against: Reference, day: np.datetime64) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of a sheet that the model learned from, and those of the window that ends on a day."""
    learned = (sheet.day >= against.window[0]) & (sheet.day <= against.window[1])
    now = (sheet.day <= day) & (sheet.day > day - np.timedelta64(counted.WINDOW, "D"))
    return sheet.frame[learned], sheet.frame[now]


def apart(
    stored: Stored,
    rows: tuple[Sheet, ...],
    against: Reference,
    binned: Watched,
    day: np.datetime64,
    kinds: Iterable[str],
) -> dict[str, dict[str, classifier.Apart]]:
    """Whether a model tells the window from earlier rows (see `models.drift.classifier.views`), for each kind of rows
    that has a column of `kinds`."""
    return {
        kind: _apart(stored.version, against.version, str(day), kind, sheet, binned)
        for kind in kinds
        for sheet in rows
        if kind in sheet.frame
    }


@st.cache_resource(max_entries=16, show_spinner=False)
def _apart(
    version: str,  # noqa: ARG001  # these two, the day and the kind are the cache key
    against: str,  # noqa: ARG001
    day: str,
    kind: str,  # noqa: ARG001
    _sheet: Sheet,
    _binned: Watched,
) -> dict[str, classifier.Apart]:
    return classifier.views(_binned, _sheet, np.datetime64(day))


def does(
    model: str, stored: Stored, rows: tuple[Sheet, ...], against: Reference, binned: Watched, day: np.datetime64
) -> dict[str, consequence.Consequence]:
    """What the change of each column does in the window that ends on a day: to the amount of a line or an invoice, or
    to the risk of a customer; nothing of what no model says."""
    return _does(stored.version, against.version, str(day), model, len(rows), rows, binned, stored)


@st.cache_resource(max_entries=16, show_spinner=False)
def _does(
    version: str,  # noqa: ARG001  # these two, the day, the model and the number of sheets are the cache key
    against: str,  # noqa: ARG001
    day: str,
    model: str,
    sheets: int,  # noqa: ARG001
    _rows: tuple[Sheet, ...],
    _binned: Watched,
    _stored: Stored,
) -> dict[str, consequence.Consequence]:
    champion = registry.champion(database.engine(), model, _stored.lineage)
    at, response = np.datetime64(day), shown.SHOWN[model].response(_stored, _binned)
    return watching.does(settings.get().home, model, _stored, champion, _rows, _binned, [at], response)[at]


def prepare() -> None:
    """Compare the sales with their past where nobody has looked yet: the page Today points at what was found."""
    stored = store.active("sales")
    rows = sheets("sales", stored)
    if against := references("sales", stored, rows):
        keep("sales", stored, rows, against[0])


def keep(model: str, stored: Stored, rows: tuple[Sheet, ...], against: Reference) -> None:
    """Write the history of a comparison into the log, once, while nobody waits."""
    _keep(model, stored.version, against.version, stored, rows, against)


@st.cache_resource(max_entries=16, show_spinner=False)
def _keep(
    model: str,
    version: str,  # noqa: ARG001  # this, the model and the reference are the cache key
    against: str,
    _stored: Stored,
    _rows: tuple[Sheet, ...],
    _against: Reference,
) -> None:
    binned, found = drift(_stored, _rows, _against)
    threshold = limit(model)

    def work(step: background.Step) -> None:
        from models.drift import alerts

        logged = history.rows(model, against, binned, found.assign(label=watch.label(found, threshold)), threshold)
        step(watching.WRITING, 0.3)
        now = datetime.now(UTC)
        history.write(database.engine(), logged, now)
        champion = registry.champion(database.engine(), model, _stored.lineage)
        table = watching.Opened(settings.get().home, model, _against, binned, _stored, _rows, champion)
        alerts.record(database.engine(), _stored.lineage, watching.raised(table, logged), now, alerts.BACK_FILL)

    background.start(JOB, f"{model} {against}", work, run=f"{JOB} {model} {_stored.version} {against}")


def limit(model: str) -> float:
    """The PSI over which a column of a model is logged."""
    from models.drift import alerts

    return alerts.threshold(database.engine(), model)


def watch_levels(model: str) -> tuple[float, float]:
    """The PSI over which a column of a model is worth a watch, and a close look."""
    from models.drift import alerts

    return alerts.watch_levels(database.engine(), model)
