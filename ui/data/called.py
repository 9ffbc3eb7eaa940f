"""What people call the columns that are their own: Ask, rules and boards read and show these words."""

import pandas as pd
import streamlit as st

from data import schemas
from data.tables import Stored
from locales import Sentence
from locales.labels import heading, label
from models.ask import known
from ui import database
from ui.text import _, plain

MAX_NAME = 60  # characters


def view(stored: Stored) -> None:
    """A table of one's own columns in which they can be named; nothing where there are none."""
    own = [*_own(stored.columns["sales"], "sales"), *_own(stored.columns.get("products", {}), "products")]
    if not own:
        return
    place = st.expander(
        _("What you call your own columns"), icon=":material/edit_note:", key="called", on_change="rerun"
    )
    if not place.open:
        return
    kept = known.called(database.engine(), stored.lineage)
    column, name, others = _("Column"), _("Called"), _("Other words for it")
    shown = pd.DataFrame(
        {
            column: [label(one) for one in own],
            name: [kept.get(one, [heading(one)])[0] for one in own],
            others: [", ".join(kept.get(one, [])[1:]) for one in own],
        }
    )
    with place, st.form("called.form", border=False):
        st.caption(_("Ask, rules and boards show the name, and understand the other words, separated by commas, too."))
        text = st.column_config.TextColumn(max_chars=MAX_NAME)
        said = st.data_editor(
            shown,
            disabled=[column],
            hide_index=True,
            column_config={name: text},
            key=f"called.{stored.lineage}",
            placeholder="–",
        )
        if st.form_submit_button(_("Keep these names")):
            _keep(stored, own, said[name].fillna(""), said[others].fillna(""))


def _own(columns: dict[str, str], table: str) -> list[str]:
    text = "category" if table == "sales" else "str"
    return [*schemas.extras(columns, text, table), *schemas.extras(columns, "float64", table)]


def _keep(stored: Stored, own: list[str], names: pd.Series, others: pd.Series) -> None:
    words = {
        column: [part for text in (name, *other.split(",")) if (part := text.strip()[:MAX_NAME])]
        for column, name, other in zip(own, names, others, strict=True)
    }
    usual = {column: [heading(column)] for column in own}
    try:
        known.call(
            database.engine(), stored.lineage, {one: said for one, said in words.items() if said and said != usual[one]}
        )
    except Sentence as refused:
        st.warning(plain(refused.sentence()), icon=":material/block:")
    else:
        st.toast(_("Kept."), icon=":material/check:")
