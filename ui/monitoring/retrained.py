"""What the retraining page works with: models in training, read once a version, compared, and policies tried."""

from datetime import UTC, datetime
from typing import cast

import pandas as pd
import streamlit as st

import settings
from connectors import ConnectorError
from data import state
from data.state import Engine
from data.tables import Stored
from locales import Sentence
from models.churn.preparation import CannotTrain
from models.forecast import CannotForecast
from models.lifecycle import logged, registry, retraining
from models.lifecycle.managed import MODELS
from ui import answers, background
from ui.monitoring.money import Compared, Tried
from ui.monitoring.shown import SHOWN
from ui.text import N_, _

LATER = pd.Timedelta(days=28)


def engine() -> Engine:
    """The state database."""
    return state.engine(settings.get().database_url)


def champion(model: str, stored: Stored) -> "pd.Series | None":
    """The champion of a dataset. Begins to train the first one where there is none, and then answers None.

    Where the data go on after what the models of their lineage learned from (sales: for `LATER`), a challenger is
    trained, so that no newer model comes into use unchallenged, and the page can answer.
    """
    row = registry.champion(engine(), model, stored.lineage)
    if row is None and (first := SHOWN[model].first):
        return first(stored)
    if running(model, stored) is None and _refused(stored) not in st.session_state:
        if row is None:
            train(model, stored, "Vigie", N_("first model of this data"))
        elif _goes_on(stored, registry.versions(engine(), model, stored.lineage)):
            train(model, stored, "Vigie", N_("the data go on after the champion"))
    return row


def _goes_on(stored: Stored, versions: pd.DataFrame) -> bool:
    newest = versions["window_end"].max()
    if stored.span is None:  # customers, whose outcomes are known when they are brought in
        return stored.version not in set(versions["data_version"]) and pd.Timestamp(stored.stored.date()) > newest
    return pd.Timestamp(stored.span[1]) - newest > LATER


def train(model: str, stored: Stored, author: str, reason: str) -> str:
    """Train in the background; the run's id. A run that is under way for the same data is joined."""
    if run := running(model, stored):
        return run
    st.session_state.pop(_refused(stored), None)

    def work(step: background.Step) -> None:
        try:
            retraining.learn(engine(), settings.get().home, model, stored, datetime.now(UTC), author, reason, step)
        except Sentence as error:
            raise ConnectorError(error.message, **error.values) from error

    name = f"{_job(model)} {stored.version}"
    run = st.session_state[_started(stored)] = background.start(_job(model), stored.version, work, run=name)
    return run


def running(model: str, stored: Stored) -> str | None:
    """The run that trains a model on a dataset, on whatever machine, if there is one."""
    return background.training(_job(model), stored.version)


def progress(model: str, stored: Stored) -> None:
    """Show how far a training is, or why the last one ended without a model."""

    def ended(status: str, message: str, _error: ConnectorError | None) -> None:
        st.session_state.pop(_started(stored), None)
        if status != "done":
            st.session_state[_refused(stored)] = message or _("Training was cancelled: nothing was changed.")

    # A run of this visitor is also shown when it has ended, so that its message is not lost.
    if run := running(model, stored) or st.session_state.get(_started(stored)):
        background.show(run, ended)
    elif message := st.session_state.get(_refused(stored)):
        st.info(message, icon=":material/info:")


def compare(model: str, stored: Stored, best: "pd.Series", other: "pd.Series") -> Compared:
    """Champion and challenger. Raises `CannotJudge`, `CannotForecast` or `registry.ModelFileError`."""
    return _compare(model, stored.version, str(best["version"]), str(other["version"]), stored, best, other)


@st.cache_resource(max_entries=4, show_spinner=False)
def _compare(
    model: str,
    _data: str,
    _best: str,
    _other: str,
    _stored: Stored,
    _champion: "pd.Series",
    _challenger: "pd.Series",
) -> Compared:
    managed, home = MODELS[model], settings.get().home
    models = managed.load(home, _champion), managed.load(home, _challenger)
    ends = _champion["window_end"].date(), _challenger["window_end"].date()
    return managed.compare(_stored, models, ends)


def alerts(model: str, stored: Stored) -> list[pd.Timestamp]:
    """The days with confirmed drift of a lineage of data, as logged."""
    found = state.read(engine(), state.psi_log, model=model, label="confirmed")
    return sorted(
        found.loc[found["version"].isin(logged.versions(engine(), settings.get().home, stored)), "day"].unique()
    )


def policies(model: str, stored: Stored, learner: str) -> Tried | None:
    """The past year with each policy, tried in the background; meanwhile, or where it cannot be, None and why."""
    days = alerts(model, stored)
    key = f"policies {model} {stored.version} {hash(tuple(days))}"

    def work(step: background.Step) -> Tried:
        try:
            return MODELS[model].policies(stored, learner, days, step)
        except CannotTrain as error:
            raise CannotForecast(error.message, **error.values) from error

    answers.begin(key, "retraining policies", work)
    found = answers.found(key)
    if found is None and not answers.watched(key):
        st.info(_("The policies have not been tried to the end."), icon=":material/info:")
        if st.button(_("Try again"), key="again-policies"):
            answers.start(key, "retraining policies", work)
            st.rerun()
    if isinstance(found, CannotForecast):
        st.info(found.sentence(), icon=":material/info:")
        return None
    return cast("Tried | None", found)


def _job(model: str) -> str:
    return f"retrain {model}"


def _started(stored: Stored) -> str:
    return f"retrain-started-{stored.version}"


def _refused(stored: Stored) -> str:
    return f"retrain-refused-{stored.version}"
