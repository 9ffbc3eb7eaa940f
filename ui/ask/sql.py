"""SQL that somebody writes: read only, and only these data."""

import duckdb
import pandas as pd
import streamlit as st

import locales
from data import tables
from data.tables import Stored, TooLong
from models.ask import guard
from ui import lists
from ui.text import _, plain

SECONDS = 10


@st.fragment
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
            max_chars=guard.LONGEST,
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
    if not asked:
        return
    try:
        found = tables.limited(data, guard.checked(text, data.columns), SECONDS)
    except guard.Refused as refused:
        st.warning(plain(refused.sentence()))
    except TooLong:
        st.warning(_("This took longer than {seconds} seconds and was stopped: ask for less.").format(seconds=SECONDS))
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        st.warning(plain(_("The database says: {why}").format(why=first[:300])))
    else:
        _shown(found)


def _shown(found: pd.DataFrame) -> None:
    if len(found) > guard.ROWS:
        st.caption(_("Only the first {count} rows are read.").format(count=locales.number(guard.ROWS)))
    lists.show(found.head(guard.ROWS), "sql", _("Answer"))
