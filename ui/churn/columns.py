"""Which columns the churn model does not learn from and why, and the analyst's last word on it."""

import pandas as pd
import streamlit as st

import locales
from data import tables
from data.tables import Stored
from locales.customers import label
from models.churn.model import ChurnModel
from models.churn.preparation import LEFT_OUT
from ui import access, champions
from ui.text import _


def choose(model: ChurnModel, stored: Stored) -> None:
    """What is left out, with inputs to put it back or to leave out more; kept for the dataset, then trained again."""
    kept = tables.choices(stored)
    title = _("Columns that are not learned from: {count}").format(count=locales.number(len(model.left_out)))
    with st.expander(title, icon=":material/filter_alt:"):
        table = pd.DataFrame(
            {
                _("Column"): [label(column) for column in model.left_out],
                _("Why"): [_(LEFT_OUT[why]) for why in model.left_out.values()],
            }
        )
        if len(table):
            st.dataframe(table, hide_index=True, placeholder="–")
        back = st.multiselect(
            _("Learn from these all the same"),
            sorted({*model.left_out, *(column for column, used in kept.items() if used)}),
            [column for column, used in kept.items() if used],
            format_func=label,
            placeholder=_("none"),
        )
        out = st.multiselect(
            _("Do not learn from these"),
            sorted({*model.coding.columns, *(column for column, used in kept.items() if not used)}),
            [column for column, used in kept.items() if not used],
            format_func=label,
            placeholder=_("none"),
        )
        wanted = dict.fromkeys(back, True) | dict.fromkeys(out, False)
        idle = wanted == kept or not access.changes()
        if st.button(_("Train again"), key="columns-train", disabled=idle, icon=":material/model_training:"):
            tables.choose(stored, wanted)
            champions.start_churn(stored, "other columns")
            st.rerun()
