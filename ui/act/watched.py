"""What the pages of Act look at: the past of a rule's measure, made once a version of the data and shared by all."""

from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

import settings
from data import state, tables
from data.tables import Stored
from models.act import alarms, measured, rehearsal, rules
from models.act.measured import Past
from models.act.rehearsal import Scores
from models.act.rules import DEFAULT, Rule
from models.ask.definitions import Catalogue
from models.lifecycle import logged
from ui import database


def scores(stored: Stored, known: Catalogue, rule: Rule) -> Scores:
    """How far each day was off what a rule holds it against, whatever its threshold. Raises `rules.Unfit`."""
    bare = neutral(rule)
    rules.check(bare, known)
    band = alarms.forecast(database.engine(), bare, versions(stored))
    made = "" if band is None else f"{len(band)} {band['day'].max()}"
    return _scores(stored.version, rules.to_text(bare), made, stored, known, bare, band)


def neutral(rule: Rule) -> Rule:
    """A rule that shares its scores with all that differ from it only in their thresholds and whom they tell when."""
    outside = rule.against == "number" and rule.kind == "outside"
    bare = Rule(rule.measure, rule.by, rule.filters, rule.kind, rule.against, window=rule.window)
    return replace(bare, threshold=DEFAULT[rule.against], upper=1.0 if outside else None)


@st.cache_resource(max_entries=8, show_spinner=False)
def _scores(
    version: str,  # noqa: ARG001  # these three are the cache key
    text: str,  # noqa: ARG001
    made: str,  # noqa: ARG001
    _stored: Stored,
    _known: Catalogue,
    _rule: Rule,
    _band: pd.DataFrame | None,
) -> Scores:
    same = replace(_rule, kind="under", against="usual", threshold=DEFAULT["usual"], upper=None)
    past = _past(_stored.version, rules.to_text(same), _stored, _known, same)
    return rehearsal.score(_rule, past, _band)


@st.cache_resource(max_entries=4, show_spinner=False)
def _past(version: str, text: str, _stored: Stored, _known: Catalogue, _rule: Rule) -> Past:  # noqa: ARG001  # the cache key
    return measured.read(_known, _rule, partial(tables.query, _stored))


def versions(stored: Stored) -> set[str]:
    """The versions under which forecasts of a dataset's lineage are kept, those of its past among them."""
    same = [one.version for one in tables.stored(settings.get().home, "sales") if one.lineage == stored.lineage]
    return {*same, *map(logged.replayed, same)}


def alerts(stored: Stored, **equal: object) -> pd.DataFrame:
    """The rows of `state.rule_alerts` about a dataset's lineage."""
    return state.read(database.engine(), state.rule_alerts, lineage=stored.lineage, **equal)
