"""A table or a SELECT of a database as a source: chosen, looked at, fetched, read like a file, brought up to date."""

import hashlib
from datetime import datetime

import pandas as pd
import streamlit as st

import settings
from connectors import ConnectorError, fetched, sql
from connectors.sql import statement
from data.dataset import Table
from ui import cards, inputs
from ui.data import fetching
from ui.text import N_, _, plain

WAYS = {"table": N_("A table"), "select": N_("A SELECT")}
ROWS_SHOWN = 8
NUMBERS = ("int", "uint", "float", "double", "decimal")
NONE = N_(
    "No database is named yet. Name one where Vigie is started, with an account that may only read: "
    "{example}, or in the table {table} of .streamlit/secrets.toml."
)


def view(table: Table) -> None:
    """What was fetched, each to be read or brought up to date; what the columns of one mean; a new one."""
    if fetching.running():
        return
    for one in fetched.known(settings.get().home):
        fetching.card(table, one)
    fetching.mapped(table)
    if sql.sources():
        _new()
    else:
        example = "VIGIE_DATABASES=shop=postgresql://reader:password@host/shop"
        st.markdown(plain(_(NONE).format(example=example, table="[vigie.databases]")))


def _new() -> None:
    """Choose what to read, see its first rows, say what will be new next time, and fetch it."""
    source = inputs.choice(_("Database"), ["", *sql.sources()], "database", lambda one: one or _("choose a database"))
    if not source:
        return
    try:
        with st.spinner(_("Asking the database what there is")):
            asked = _asked(source)
            first = _first(source, asked[0]) if asked else None
    except ConnectorError as error:
        st.warning(plain(error.sentence()), icon=":material/block:")
        return
    if asked is None or first is None:
        return
    query, name, described = asked
    cards.findings(first.findings)
    columns = described or first.columns
    kinds = {one.name: one.type for one in first.columns}
    shown = {
        _("Column"): [one.name for one in columns],
        _("Type in the database"): [one.type for one in columns],
        _("Read as"): [kinds.get(one.name, "") for one in columns],
        _("Key"): [one.key for one in columns],
    }
    st.dataframe(pd.DataFrame(shown), hide_index=True)
    st.caption(_("Its first rows"))
    st.dataframe(first.frame, hide_index=True)
    if first.frame.empty:
        st.info(_("There is no row in it yet: nothing to fetch."))
        return
    own = hashlib.sha256(f"{source}\n{query}".encode()).hexdigest()[:16]
    column = st.selectbox(
        _("Column that says what is new"),
        [one.name for one in first.columns if _grows(one.type, first.frame[one.name])],
        index=None,
        placeholder=_("none: all is read each time"),
        help=_(
            "One that only grows. A time that is set whenever a row changes (updated_at) finds changed rows too; the "
            "day of an order or a running number finds new ones."
        ),
        key=f"since-{own}",
    )
    key: list[str] = []
    if column:
        keys = [one.name for one in columns if one.key]
        label = _("Columns that tell its rows apart")
        key = st.multiselect(label, list(kinds), default=keys, key=f"key-{own}", placeholder=_("Choose"))
    if st.button(_("Fetch"), type="primary", icon=":material/download:", disabled=bool(column and not key)):
        fetching.start(source, query, name, column, tuple(key))


def _asked(source: str) -> tuple[str, str, list[sql.Column]] | None:
    """The SELECT that somebody chose, what it is called, and the columns of the table where it is one."""
    if inputs.view(_("What to read"), list(WAYS), "reads", lambda one: _(WAYS[one])) == "select":
        query = st.text_area(_("One SELECT"), key=f"select-{source}", max_chars=statement.MAX_CHARACTERS).strip()
        short = " ".join(query.split())
        return (query, f"{source}: {short[:40]}{'…' if len(short) > 40 else ''}", []) if query else None
    tables = {f"{one.schema}.{one.name}" if one.schema else one.name: one for one in _tables(source)}
    if not tables:
        st.caption(_("Its account sees no table."))
        return None
    called = inputs.choice(_("Table there"), ["", *tables], fetching.RELATION, lambda one: one or _("choose a table"))
    if not called:
        return None
    return sql.select(source, tables[called]), f"{source}: {called}", _columns(source, tables[called])


def _grows(kind: str, cells: pd.Series) -> bool:
    """Whether a column may say what is new: a moment, a number, or text that is an ISO date."""
    if kind.startswith("string"):
        try:
            return bool([datetime.fromisoformat(cell) for cell in cells.dropna()])
        except ValueError:
            return False
    return kind.startswith(("timestamp", "date", *NUMBERS))


@st.cache_resource(max_entries=20, ttl=60, show_spinner=False)
def _tables(source: str) -> list[sql.Table]:
    return sql.tables(source)


@st.cache_resource(max_entries=20, ttl=60, show_spinner=False)
def _columns(source: str, table: sql.Table) -> list[sql.Column]:
    return sql.columns(source, table)


@st.cache_resource(max_entries=20, ttl=60, show_spinner=False)
def _first(source: str, query: str) -> sql.Preview:
    return sql.preview(source, query, ROWS_SHOWN)
