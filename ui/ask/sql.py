"""SQL that somebody writes: read only, and only these data."""

import pandas as pd
import streamlit as st

import locales
from data import tables
from data.tables import Stored
from locales import Sentence
from models.ask import guard
from models.ask.board import Card
from ui import keep, lists
from ui.text import _, part, plain


@part
def written(sold: Stored, people: Stored) -> None:
    """A statement, and what it answers."""
    stored = {"sales": sold, "customers": people}
    names = {"sales": _("Sales and what is beside them"), "customers": _("Customers")}
    with st.form("ask.sql.form", border=False):
        which = st.segmented_control(
            _("Data"), list(stored), default="sales", format_func=names.__getitem__, required=True, key="ask.sql.data"
        )
        text = st.text_area(
            _("One SELECT"),
            "SELECT category, sum(amount) AS revenue\nFROM sales\nGROUP BY category",
            key="ask.sql.text",
            max_chars=guard.MAX_CHARACTERS,
        )
        asked = st.form_submit_button(_("Run"), icon=":material/play_arrow:")
    data = stored[which or "sales"]
    st.caption(
        plain(
            "; ".join(
                f"{frame}: {', '.join([*columns, *(['amount'] if frame == 'sales' else [])])}"
                for frame, columns in data.columns.items()
            )
        )
    )
    if asked:
        st.session_state["ask.sql.kept"] = (which or "sales", text)
    if (which or "sales", text) != st.session_state.get("ask.sql.kept"):
        return
    try:
        found = tables.limited(data, guard.checked(text, data.columns), guard.SECONDS)
    except Sentence as error:
        st.warning(plain(error.sentence()))
    else:
        _shown(found)
        if which == "sales":
            with st.popover(_("Keep on a board"), icon=":material/dashboard_customize:"):
                keep.offered("sql", lambda title: Card("sql", text=text, title=title, width=12))


def _shown(found: pd.DataFrame) -> None:
    if len(found) > guard.ROWS:
        st.caption(_("Only the first {count} rows are read.").format(count=locales.number(guard.ROWS)))
    lists.show(found.head(guard.ROWS), "sql", _("Answer"))
