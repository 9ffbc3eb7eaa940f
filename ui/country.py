"""Whose bank holidays count: shown with where it is from, and changed with a click, for everybody."""

import streamlit as st

import locales
from data import countries, meaning, tables
from data.countries import Country
from data.tables import Stored
from models.forecast import holidays
from ui import access
from ui.text import _


def choose(stored: Stored, now: Country, part: str | None = None, value: str | None = None) -> None:
    """A choice of the country of a sales dataset or of one of its stores, kept for whoever uses the dataset."""
    named = {code: locales.country(code) for code in holidays.supported()}
    of = countries.key(part, value)
    key, shown = f"country-{stored.version}-{of}", now.code if now.code in named else ""
    if st.session_state.get(key) != shown:
        st.session_state[key] = shown

    def settled() -> None:
        tables.settle(stored, tables.countries(stored) | {of: st.session_state[key]})

    st.selectbox(
        _("Bank holidays ({why})").format(why=_(now.why)),
        ["", *sorted(named, key=lambda code: meaning.plain(named[code]))],
        format_func=lambda code: named.get(code, _("no country: no holidays")),
        key=key,
        on_change=settled,
        disabled=not access.changes(),
        width=235,  # what it says fits, however many inputs are beside it
    )
