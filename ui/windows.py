"""The outcome window of a dataset: what it is guessed to be, changed in one click, the same on all pages."""

import streamlit as st

import locales
import settings
from data import state
from data.tables import Stored
from models.churn import window
from models.churn.window import Window
from ui import access, store
from ui.text import N_, _, ngettext

SOURCES = {
    "chosen": N_("chosen by an analyst"),
    "history": N_("the step of the customers' history"),
    "file": N_("known for this file"),
    "name": N_("said by the outcome's name"),
    "tenure": N_("nobody who stayed has been here for less"),
}


def current(stored: Stored) -> Window:
    """The window of a dataset, as chosen or guessed."""
    history = store.frame(stored, "history") if "history" in stored.columns else None
    return window.of(state.engine(settings.get().database_url), stored, store.frame(stored), history)


def ask(stored: Stored) -> int:
    """Show the months over which it was seen who left, and let them be changed; until then say how they are known."""
    found = current(stored)
    options = sorted({*window.MONTHS, found.months})
    key = f"window-{stored.lineage}"
    if st.session_state.get(key) != found.months:
        st.session_state[key] = found.months

    def chosen() -> None:
        window.choose(state.engine(settings.get().database_url), stored, int(st.session_state[key]))

    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            _("Outcome window: who left was seen over"),
            options,
            format_func=written,
            key=key,
            required=True,
            on_change=chosen,
            disabled=not access.changes(),
            help=_("Risk, months ahead, payback and profit are all counted over this window."),
        )
        if found.source in SOURCES:
            st.caption(f":material/date_range: {_(SOURCES[found.source])}")
    if found.source == "unknown":
        sentence = _(
            "These data do not say over how many months it was seen who left: choose it above. Until then {months} are "
            "assumed, so that nothing seems to pay back too soon."
        )
        st.warning(sentence.format(months=written(found.months)), icon=":material/date_range:")
    return found.months


def written(months: int) -> str:
    """A window in words."""
    return ngettext("{count} month", "{count} months", months).format(count=locales.number(months))
