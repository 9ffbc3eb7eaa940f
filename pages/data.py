"""What are the figures made of, how old is it, and can it be trusted?"""

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

import locales
from data import countries, schemas
from data.dataset import Table
from locales.labels import label
from ui import cards, country, downloads, inputs, store
from ui.data import beside, continuing, sources
from ui.text import N_, _

TABLES: dict[Table, str] = {"customers": N_("Customers"), "sales": N_("Sales"), "covid": N_("COVID-19")}
KINDS = {"demo": N_("simulated"), "download": N_("downloaded"), "upload": N_("uploaded")}
PREVIEW_ROWS = 200
XLSX_ROWS = 100_000  # more takes a spreadsheet file longer than anyone waits

cards.head(_("Data"), _("What are the figures made of, how old is it, and can it be trusted?"))
table = inputs.view(_("Table"), list(TABLES), "table", lambda name: _(TABLES[name]))
sources.notice()

stored = store.active(table)
sources.damaged(table)
frame, origin = store.frame(stored), stored.origin
retrieved = origin.retrieved or stored.stored
span = []
if stored.span:
    first, last = stored.span
    days = _("{days} days").format(days=locales.number((last - first).days + 1))
    between = _("{first} to {last}").format(first=locales.day(first), last=locales.day(last))
    span = [(_("Span"), days, between)]
cards.metrics(
    [
        (_("Source"), _(origin.name), _(KINDS[origin.kind])),
        (_("Rows"), locales.number(len(frame)), _("{count} columns").format(count=locales.number(frame.shape[1]))),
        *span,
        (_("Age"), locales.age(retrieved, datetime.now(UTC)), locales.moment(retrieved)),
        (_("Licence"), _(origin.licence or N_("none")), origin.url or ""),
    ]
)
continuing.said(stored)
if table == "sales":
    with st.container(width=420):
        country.choose(stored, countries.of(stored))
with st.expander(
    _("Use another source"), icon=":material/swap_horiz:", expanded="from" in st.query_params or sources.busy(table)
):
    sources.choose(table)

if table == "sales":
    beside.view(stored)

st.subheader(_("What stands out"), anchor=False)
cards.findings([*stored.findings, *store.quality(stored)])

st.subheader(_("Columns"), anchor=False)
meanings, profile = schemas.columns(table), store.profile(stored)
columns = pd.DataFrame(
    {
        _("Column"): [label(name) for name in frame],
        _("Name in files"): list(frame),
        _("Meaning"): [_(meanings[name]) if name in meanings else _("a column of your own") for name in frame],
        _("Filled"): 100 * profile["filled"].to_numpy(),
        _("Different values"): profile["distinct"].to_numpy(),
    }
)
st.dataframe(
    columns,
    hide_index=True,
    column_config={_("Filled"): st.column_config.ProgressColumn(format="%.0f%%", min_value=0, max_value=100)},
)
downloads.table(columns, f"{table}_columns")

st.subheader(_("First rows"), anchor=False)
st.dataframe(frame.head(PREVIEW_ROWS), hide_index=True, column_config={name: label(name) for name in frame})
st.caption(_("The whole table, as Vigie keeps it"))
downloads.table(frame, table, excel=len(frame) <= XLSX_ROWS)
