"""Drift of single lines that were summed up elsewhere, from the histograms of their days."""

import pandas as pd
import streamlit as st

import locales
from data import tables
from data.tables import Stored
from models import aggregates
from models.drift import watch
from models.drift.counted import Watched
from ui import inputs
from ui.monitoring import drift, watched
from ui.text import N_, _, plain

ROWS = {"lines": N_("single lines"), "days": N_("days, stores and products")}


def chosen(stored: Stored) -> bool:
    """Whether the lines behind a dataset are wanted, where their histograms are there, and not its own rows."""
    if "histograms" not in stored.columns:
        return False
    with st.container(width=260):
        return inputs.choice(_("Rows"), list(ROWS), "rows", lambda one: _(ROWS[one])) == "lines"


def view(model: str, stored: Stored) -> None:
    """A day: the verdict, and all columns."""
    with st.spinner(_("Comparing")):
        binned, found = _found(stored.version, stored)
    days = found["day"].drop_duplicates()
    with st.container(width=170):
        first, last = days.min().date(), days.max().date()
        picked = inputs.day(_("Window that ends on"), "day", last, first, last)
    day = days[days <= pd.Timestamp(picked)].max()
    threshold, levels = watched.limit(model), watched.watch_levels(model)
    found = found.assign(label=watch.label(found, threshold))
    drift.verdict(found, binned, day, threshold, model, {}, stored.origin.currency or "")
    text = _(
        "Single lines, as they were counted where they lie, against those of the days from {first} to {last}, of which "
        "the bins are. KS is the gap at the edges of the bins: that of all lines is at least as large."
    )
    start, end = (locales.day(pd.Timestamp(one)) for one in binned.reference)
    st.caption(plain(text.format(first=start, last=end)))
    drift.everything(found, day, threshold, levels, model, None, {})


@st.cache_resource(max_entries=2, show_spinner=False)
def _found(version: str, _stored: Stored) -> tuple[Watched, pd.DataFrame]:  # noqa: ARG001  # the cache key
    binned = aggregates.watched(*(tables.read(_stored, name) for name in ("histograms", "units", "cuts")))
    return binned, aggregates.drift(binned)
