"""The trained models that pages ask for: read once a version; trained in the background where there is none yet."""

from datetime import UTC, datetime
from typing import NoReturn

import pandas as pd
import streamlit as st

import settings
from connectors import ConnectorError
from data import state
from data.state import Engine
from data.tables import Stored
from models.churn.model import ChurnModel
from models.churn.preparation import CannotTrain
from models.lifecycle import churn as managed
from models.lifecycle import registry, retraining
from models.lifecycle.registry import ModelFileError
from ui import background, store
from ui.text import _

JOB = "train churn"


def churn(stored: Stored) -> tuple[ChurnModel, "pd.Series"]:
    """The champion of a customers dataset and its row in the registry. Trains it, and stops the page, where needed."""
    row, run = registry.champion(_engine(), managed.NAME, stored.lineage), _running(stored)
    if row is None or run is not None:
        _train(stored, run)
    try:
        return _read(str(row["version"]), row), row
    except ModelFileError as error:
        st.warning(error.sentence(), icon=":material/lock:")
        if st.button(_("Train again"), icon=":material/model_training:"):
            start_churn(stored)
            st.rerun()
        st.stop()


def existing(stored: Stored) -> ChurnModel | None:
    """The champion of a customers dataset where there is one; nothing is trained. Raises `ModelFileError`."""
    row = registry.champion(_engine(), managed.NAME, stored.lineage)
    return None if row is None else _read(str(row["version"]), row)


def _train(stored: Stored, run: str | None) -> NoReturn:
    """Show how far the training is, start it where nobody has, or say why there can be no model; then stop the page."""
    refused = st.session_state.get(f"refused-{stored.version}")
    if run is None and refused:
        st.info(refused, icon=":material/info:")
    else:
        st.markdown(_("Vigie is learning from these customers. This takes a moment, once."))
        background.show(run or start_churn(stored), _ended)
    st.stop()


def prepare() -> None:
    """Train the churn model of the active customers where there is none: nobody should wait for it."""
    stored = store.active("customers")
    if registry.champion(_engine(), managed.NAME, stored.lineage) is None:
        start_churn(stored)


def start_churn(stored: Stored, reason: str = "first model of this data") -> str:
    """Train in the background; the run's id. A run that is under way for the same data is joined."""
    run = _running(stored)
    if run is not None:
        return run

    def work(step: background.Step) -> None:
        chosen = settings.get()
        try:
            now = datetime.now(UTC)
            retraining.learn(_engine(), chosen.home, managed.NAME, stored, now, "Vigie", reason, step)
        except CannotTrain as error:
            raise ConnectorError(error.message, **error.values) from error

    return background.start(JOB, stored.version, work)


@st.cache_resource(max_entries=2, show_spinner=False)
def _read(version: str, _row: "pd.Series") -> ChurnModel:  # noqa: ARG001  # the cache key
    return managed.load(settings.get().home, _row)


def _ended(status: str, message: str, _error: ConnectorError | None) -> None:
    if status != "done":
        version = store.active("customers").version
        st.session_state[f"refused-{version}"] = message or _("Training was cancelled. Reload the page to start again.")


def _running(stored: Stored) -> str | None:
    runs = state.read(_engine(), state.job_runs, job=JOB, subject=stored.version, status="running")
    alive = [run for run in runs["run"] if background.alive(run)]
    return alive[-1] if alive else None


def _engine() -> Engine:
    return state.engine(settings.get().database_url)
