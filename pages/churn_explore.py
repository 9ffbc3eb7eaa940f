"""Which customers leave, and when in their life with us?"""

import streamlit as st
from charts.labels import label

from models.churn import explore
from ui import cards, inputs, store
from ui.text import N_, _

FIRST = ("contract", "internet_service", "payment_method", "senior_citizen")
VIEWS = {"who": N_("Who leaves"), "when": N_("When they leave"), "together": N_("What goes together")}

stored = store.active("customers")
customers = store.frame(stored)
currency = stored.origin.currency or "USD"
cards.head(_("Churn: explore"), _("Which customers leave, and when in their life with us?"), stored)

categorical, numeric = explore.dimensions(customers)
first = [column for column in FIRST if column in categorical] or categorical[:4]


def levels(column: str) -> list[str]:
    return explore.levels(customers, column)


def reset() -> None:
    for column in categorical:
        st.session_state[f"f.{column}"] = []


with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    filters = {column: inputs.pills(label(column), levels(column), f"f.{column}", label) for column in first}
    with st.popover(_("More filters"), icon=":material/tune:"):
        for column in categorical:
            if column not in first:
                filters[column] = inputs.pills(label(column), levels(column), f"f.{column}", label)
    st.button(_("Reset"), icon=":material/restart_alt:", on_click=reset, disabled=not any(filters.values()))

shown = explore.keep(customers, filters)
if shown.empty:
    st.info(_("No customer matches these filters. Remove one to go on."))
    st.stop()
