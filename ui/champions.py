"""The trained models that pages ask for: read once a version; trained in the background where there is none yet.

While the first one of a dataset is trained, a quick one stands in, and says so.
"""

import base64
from datetime import UTC, datetime
from typing import Any, NoReturn

import pandas as pd
import streamlit as st

import settings
from connectors import ConnectorError
from data.tables import Stored
from models.churn import files
from models.churn.model import ChurnModel
from models.lifecycle import churn as managed
from models.lifecycle import registry
from models.lifecycle.registry import ModelFileError
from ui import access, background, database, store
from ui.text import _

JOB = "train churn"
PROVISIONAL = "provisional"  # how the version of a model starts that stands in until the champion is there
_quick: dict[str, tuple[ChurnModel, "pd.Series"]] = {}  # version of the data -> the model that stands in, and its row


def churn(stored: Stored) -> tuple[ChurnModel, "pd.Series"]:
    """The champion of a customers dataset and its row in the registry. Trains it, and stops the page, where needed."""
    row = registry.champion(database.engine(), managed.NAME, stored.lineage)
    run = background.training(JOB, stored.version)
    if row is None or run is not None:
        _train(stored, run)
    try:
        return _read(str(row["version"]), row), row
    except ModelFileError as error:
        st.warning(error.sentence(), icon=":material/lock:")
        if access.changes() and st.button(_("Train again"), icon=":material/model_training:"):
            start_churn(stored)
            st.rerun()
        st.stop()


def usable(stored: Stored) -> tuple[ChurnModel, "pd.Series"]:
    """As `churn`; while the first champion is trained, a quick model that stands in as soon as there is one."""
    if registry.champion(database.engine(), managed.NAME, stored.lineage) is None and stored.version in _quick:
        return _quick[stored.version]
    return churn(stored)


def standing_in(row: "pd.Series") -> None:
    """Say that a model only stands in, and how far the training of the champion is; nothing for a champion's row."""
    name, _space, rest = str(row["version"]).partition(" ")
    if name != PROVISIONAL:
        return
    st.info(
        _(
            "Provisional: a quick logistic regression stands in until all learners have been compared. Its figures "
            "are measured on customers it had not seen, and will change a little."
        ),
        icon=":material/hourglass_top:",
    )
    data = rest.split()[0]
    if run := background.training(JOB, data):
        background.show(run, _ended)
    else:
        _quick.pop(data, None)
        st.rerun()


def existing(stored: Stored) -> ChurnModel | None:
    """The champion of a customers dataset where there is one; nothing is trained. Raises `ModelFileError`."""
    row = registry.champion(database.engine(), managed.NAME, stored.lineage)
    return None if row is None else _read(str(row["version"]), row)


def _train(stored: Stored, run: str | None) -> NoReturn:
    """Show how far the training is, start it where nobody has, or say why there can be no model; then stop the page."""
    refused = st.session_state.get(f"refused-{stored.version}")
    if run is None and refused:
        st.info(refused, icon=":material/info:")
    else:
        st.markdown(_("Vigie is learning from these customers. This takes a moment, once."))
        background.show(run or start_churn(stored), _ended, lambda: stored.version in _quick)
    st.stop()


def prepare() -> None:
    """Train the churn model of the active customers where there is none: nobody should wait for it."""
    stored = store.active("customers")
    if registry.champion(database.engine(), managed.NAME, stored.lineage) is None:
        start_churn(stored)


def start_churn(stored: Stored, reason: str = "first model of this data") -> str:
    """Train in the background; the run's id. A run that is under way for the same data is joined."""
    chosen, now = settings.get(), datetime.now(UTC)

    def heard(answer: dict[str, Any]) -> None:
        if "quick" in answer and registry.champion(database.engine(), managed.NAME, stored.lineage) is None:
            model = files.unpack(base64.b64decode(answer["quick"]))
            version = f"{PROVISIONAL} {stored.version} {now:%H%M%S%f}"
            row = {"version": version, "created": datetime.now(UTC), "rows": stored.rows[stored.table]}
            _quick[stored.version] = model, pd.Series(row)

    request = {"home": str(chosen.home), "database": chosen.database_url, "data_version": stored.version}
    request |= {"now": now.isoformat(), "author": "Vigie", "reason": reason}
    return background.train(JOB, stored.version, request, heard)


@st.cache_resource(max_entries=2, show_spinner=False)
def _read(version: str, _row: "pd.Series") -> ChurnModel:  # noqa: ARG001  # the cache key
    return managed.load(settings.get().home, _row)


def _ended(status: str, message: str, _error: ConnectorError | None) -> None:
    version = store.active("customers").version
    _quick.pop(version, None)
    if status != "done":
        st.session_state[f"refused-{version}"] = message or _("Training was cancelled. Reload the page to start again.")
