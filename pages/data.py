"""What are the figures made of, how old is it, and can it be trusted?"""

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

import locales
from data import countries, schemas, tables
from locales.labels import label
from ui import answers, cards, country, downloads, inputs, store
from ui.data import beside, called, came, connect, continuing, sources
from ui.text import N_, _

PREVIEW_ROWS = 200

cards.head(_("Data"), _("What are the figures made of, how old is it, and can it be trusted?"))
table = inputs.view(_("Table"), list(cards.TABLES), "table", lambda name: _(cards.TABLES[name]))
sources.notice()

stored = store.active(table)
sources.damaged(table)
origin, names, rows = stored.origin, stored.columns[table], stored.rows[table]
kind = _("read from a connected source") if origin.database else _(cards.KINDS[origin.kind])
retrieved = origin.retrieved or stored.stored
span = []
if stored.span:
    first, last = stored.span
    days = _("{days} days").format(days=locales.number((last - first).days + 1))
    between = _("{first} to {last}").format(first=locales.day(first), last=locales.day(last))
    span = [(_("Span"), days, between)]
cards.metrics(
    [
        (_("Source"), _(origin.name), kind),
        (_("Rows"), locales.number(rows), _("{count} columns").format(count=locales.number(len(names)))),
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
if table != "covid":
    connection = st.expander(
        _("Connect to a database, a store or the web"),
        icon=":material/database:",
        key="connect",
        bind="query-params",
        on_change="rerun",
    )
    if connection.open:
        with connection:
            connect.view(table)

if table == "sales":
    beside.view(stored)
if table != "covid":
    came.view()

if rows > answers.MANY_ROWS:
    answers.ready(f"look {stored.version}", "look through", lambda step: store.look(stored, step))
st.subheader(_("What stands out"), anchor=False)
brought = [cards.labelled(one) if tables.BEFORE in one.values else one for one in stored.findings]
cards.findings([*brought, *(cards.labelled(one) for one in store.quality(stored))])

st.subheader(_("Columns"), anchor=False)
meanings, profile = schemas.columns(table), store.profile(stored)
columns = pd.DataFrame(
    {
        _("Column"): [label(name) for name in names],
        _("Name in files"): list(names),
        _("Meaning"): [
            _(meanings[name]).replace("`", "") if name in meanings else _("a column of your own") for name in names
        ],
        _("Filled"): 100 * profile["filled"].to_numpy(),
        _("Different values"): profile["distinct"].to_numpy(),
    }
)
st.dataframe(
    columns,
    hide_index=True,
    column_config={
        _("Filled"): st.column_config.ProgressColumn(format="%.0f%%", min_value=0, max_value=100),
        _("Different values"): st.column_config.NumberColumn(format="localized"),
    },
    placeholder="–",
)
downloads.table(columns, f"{table}_columns")
if table == "sales":
    called.view(stored)

st.subheader(_("First rows"), anchor=False)
first_rows = tables.head(stored, PREVIEW_ROWS)
st.dataframe(first_rows, hide_index=True, column_config={name: label(name) for name in names}, placeholder="–")
st.caption(_("The whole table, as Vigie keeps it"))
downloads.whole(stored)
