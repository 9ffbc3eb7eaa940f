"""What an offer is about: the share of leavers a call saves is the one that campaigns have shown, once they have."""

from contextlib import suppress
from datetime import datetime

import pandas as pd
import streamlit as st

import locales
from data import campaigns
from data.tables import Stored
from models.churn import uplift
from models.churn.uplift import Effect, Pooled
from models.churn.value import Terms
from models.statistics import Z90, Z95, CannotTell
from ui import database, inputs
from ui.text import ngettext


def beside(kept: pd.DataFrame) -> dict[str, list[str]]:
    """The campaigns that run while another one does (see `uplift.beside`)."""
    rows = zip(kept["campaign"], kept["started"], kept["months"], strict=True)
    return uplift.beside({name: (started.to_pydatetime(), int(months)) for name, started, months in rows})


def effects(stored: Stored) -> dict[str, Effect]:
    """What calls did in each campaign among these customers that can tell, the first one first."""
    kept = campaigns.kept(database.engine(), stored.lineage)
    read = kept.dropna(subset="read")
    # Of what was read out, not of its customers, is asked with each input that is moved.
    others = tuple((name, tuple(names)) for name, names in beside(kept).items())
    return (
        _effects(stored.lineage, tuple(zip(read["campaign"], read["read"], strict=True)), others) if len(read) else {}
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def _effects(
    lineage: str,
    read: tuple[tuple[str, datetime], ...],  # noqa: ARG001  # the cache key
    others: tuple[tuple[str, tuple[str, ...]], ...],
) -> dict[str, Effect]:
    found = {}
    for name, four in campaigns.counts(database.engine(), lineage, dict(others)).items():
        with suppress(CannotTell):
            found[name] = uplift.counted(*four)
    return found


def measured(stored: Stored) -> Pooled | None:
    """All campaigns together."""
    return _pooled(tuple(effects(stored).values()))


@st.cache_resource(max_entries=8, show_spinner=False)
def _pooled(found: tuple[Effect, ...]) -> Pooled | None:
    return uplift.pooled(found)


def terms(stored: Stored, currency: str) -> tuple[Terms, int]:
    """Inputs of an offer's terms, and by how many points the share saved is unsure (0 where it is assumed)."""
    found = measured(stored)
    if found is None or not found.replaces(inputs.SAVED / 100):
        return inputs.offer_terms(currency), 0
    value, lo, hi = (max(0.0, one) for one in found.saved)
    # The input's range holds nine times in ten, this interval nineteen times in twenty.
    return inputs.offer_terms(currency, round(100 * value)), round(50 * (hi - lo) * Z90 / Z95)


def note(stored: Stored) -> None:
    """Where the share saved comes from, if campaigns say anything of it."""
    if (found := measured(stored)) is None:
        return
    value, lo, hi = (locales.percent(one) for one in found.saved)
    kept = ngettext(
        "{count} campaign showed that calls save {value} of leavers ({lo} to {hi}), where {assumed} was assumed.",
        "{count} campaigns showed that calls save {value} of leavers ({lo} to {hi}), where {assumed} was assumed.",
        found.campaigns,
    )
    open_ = ngettext(
        "{count} campaign so far: calls save {value} of leavers ({lo} to {hi}), too unsure to replace {assumed}.",
        "{count} campaigns so far: calls save {value} of leavers ({lo} to {hi}), too unsure to replace {assumed}.",
        found.campaigns,
    )
    text = kept if found.replaces(inputs.SAVED / 100) else open_
    count, assumed = locales.number(found.campaigns), locales.percent(inputs.SAVED / 100)
    st.caption(":material/fact_check: " + text.format(count=count, value=value, lo=lo, hi=hi, assumed=assumed))
