"""What the pages ask of a churn model and its customers, computed once a version of both."""

from datetime import UTC, datetime

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

import locales
from data.tables import Stored
from locales.labels import CHURN_LEARNERS
from models.churn import campaign, value, whatif
from models.churn.model import ChurnModel
from models.churn.preparation import outcome
from ui import cards, champions, store
from ui.text import _


def notes(model: ChurnModel, row: "pd.Series", head: DeltaGenerator) -> None:
    """Which model this is, in the row of the page's `cards.head`, and what was noticed when it was trained."""
    when = locales.age(row["created"], datetime.now(UTC))
    learner = _(CHURN_LEARNERS[model.learner])
    sentence = _("{learner}, trained {when} on {rows} customers")
    line = sentence.format(learner=learner, when=when, rows=locales.number(row["rows"]))
    head.caption(f":material/model_training: {line}", width="content")
    champions.standing_in(row)
    cards.findings(cards.labelled(finding) for finding in model.findings if finding.severity != "info")


def ranking(model: ChurnModel, row: "pd.Series") -> pd.DataFrame:
    """The model's held-out customers, the riskiest first (see `value.ranking`)."""
    return _ranking(str(row["version"]), model)


@st.cache_resource(max_entries=2, show_spinner=False)
def _ranking(version: str, _model: ChurnModel) -> pd.DataFrame:  # noqa: ARG001  # the cache key
    return value.ranking(_model.held_out.probability, _model.held_out.left)


def here(model: ChurnModel, row: "pd.Series", stored: Stored) -> campaign.Scores:
    """The customers of a dataset who can still be called, the riskiest first."""
    return _here(str(row["version"]), stored.version, model, stored)


@st.cache_resource(max_entries=2, show_spinner=False)
def _here(version: str, data_version: str, _model: ChurnModel, _stored: Stored) -> campaign.Scores:  # noqa: ARG001
    return campaign.callable_customers(_model, store.frame(_stored))


def around(model: ChurnModel, row: "pd.Series", stored: Stored) -> whatif.Surroundings:
    """The population that a model's what-ifs are measured against."""
    return _around(str(row["version"]), stored.version, model, stored)


@st.cache_resource(max_entries=2, show_spinner=False)
def _around(version: str, data_version: str, _model: ChurnModel, _stored: Stored) -> whatif.Surroundings:  # noqa: ARG001
    customers = store.frame(_stored)
    return whatif.surroundings(_model, _model.coding.encode(customers), outcome(customers))
