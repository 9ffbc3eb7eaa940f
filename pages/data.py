"""What are the figures made of, how old is it, and can it be trusted?"""

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

import locales
import settings
from charts.labels import label
from data import quality, schemas, tables
from data.dataset import Finding, Table
from data.tables import Stored
from ui import cards, downloads, inputs, sources, store
from ui.text import N_, _, plain

TABLES: dict[str, str] = {"customers": N_("Customers"), "sales": N_("Sales")}
PREVIEW_ROWS = 200
ICONS = {"info": ":material/info:", "warning": ":material/warning:", "error": ":material/error:"}

st.title(_("Data"), anchor=False)
st.markdown(_("What are the figures made of, how old is it, and can it be trusted?"))
table: Table = inputs.view(_("Table"), list(TABLES), "table", lambda name: _(TABLES[name]))  # type: ignore[assignment]
sources.notice()

shown = store.active(table)
cards.metrics(
    [
        (_("Source"), _(shown.origin.name), sources.kind(shown.origin.kind)),
        (_("Rows"), locales.number(shown.rows[table]), _("{count} columns").format(count=len(shown.columns[table]))),
        (_("Span"), *sources.span(shown)),
        (_("Kept"), locales.age(shown.stored, datetime.now(UTC)), sources.retrieved(shown.origin)),
        (_("Licence"), _(shown.origin.licence or N_("none")), shown.origin.url or ""),
    ]
)
