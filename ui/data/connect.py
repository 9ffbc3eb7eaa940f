"""A table or a SELECT of a database, a collection, a folder of a store, a file of the web as a source: chosen, looked
at, fetched, read like a file, brought up to date."""

import hashlib
from datetime import datetime

import pandas as pd
import streamlit as st

import settings
from connectors import ConnectorError, databases, fetched, web
from connectors.databases import statement
from connectors.databases.parts import born_of
from data.dataset import Table
from ui import cards, inputs
from ui.data import fetching
from ui.text import N_, _, plain

WAYS = {"table": N_("A table"), "select": N_("A SELECT")}
ROWS_SHOWN = 8
MAX_ADDRESS = 2_000  # characters
NUMBERS = ("int", "uint", "float", "double", "decimal")
NONE = N_(
    "No database or store is named yet. Name one where Vigie is started, with an account that may only read: "
    "{example}, or in the table {table} of .streamlit/secrets.toml."
)


def view(table: Table) -> None:
    """What was fetched, each to be read or brought up to date; what the columns of one mean; a new one."""
    if fetching.running():
        return
    for one in fetched.known(settings.get().home):
        fetching.card(table, one)
    fetching.mapped(table)
    _new()
    if not databases.sources():
        example = "VIGIE_DATABASES=shop=postgresql://reader:password@host/shop"
        st.markdown(plain(_(NONE).format(example=example, table="[vigie.databases]")))


def _new() -> None:
    """Choose what to read, see its first rows, say what will be new next time, and fetch it."""
    named = {"": _("choose a source"), web.SOURCE: _("a file at an address of the web")}
    source = inputs.choice(
        _("Database or store"), ["", *databases.sources(), web.SOURCE], "database", lambda one: named.get(one, one)
    )
    if source == web.SOURCE:
        _address()
    if source in named:
        return
    try:
        with st.spinner(_("Asking what there is")):
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
    st.dataframe(pd.DataFrame(shown), hide_index=True, placeholder="–")
    st.caption(_("Its first rows"))
    st.dataframe(first.frame, hide_index=True, placeholder="–")
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


def _address() -> None:
    """Ask for an address, and fetch the file that is there."""
    url = st.text_input(
        _("Address of a file"), key=fetching.ADDRESS, max_chars=MAX_ADDRESS,
        help=_("A CSV, Parquet or JSON file, or a workbook, as it can be uploaded too; it is fetched anew each time."),
    )  # fmt: skip
    if not url:
        return
    try:
        address = web.checked(url)
    except ConnectorError as error:
        st.warning(plain(error.sentence()), icon=":material/block:")
        return
    if st.button(_("Fetch"), type="primary", icon=":material/download:"):
        fetching.start(web.SOURCE, address, web.called(address), None, ())


def _asked(source: str) -> tuple[str, str, list[databases.Column]] | None:
    """The question that somebody chose, what it is called, and the columns of the table where it is one."""
    if (
        databases.takes_select(source)
        and inputs.view(_("What to read"), list(WAYS), "reads", lambda one: _(WAYS[one])) == "select"
    ):
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
    query, name = databases.select(source, tables[called]), f"{source}: {called}"
    if lists := [] if databases.takes_select(source) else _first(source, query).lists:
        chosen = st.selectbox(
            _("A row for each element of"), lists, index=None, placeholder=_("none: a row a document, lists are text"),
            key=f"lists-{source}-{called}",
        )  # fmt: skip
        if chosen:
            query, name = databases.select(source, tables[called], chosen), f"{name}, {chosen}"
    return query, name, _columns(source, tables[called])


def _grows(kind: str, cells: pd.Series) -> bool:
    """Whether a column may say what is new: a moment, a number, or text that is an ISO date or an ObjectId."""
    if kind.startswith("string"):
        try:
            return bool([born_of(cell) or datetime.fromisoformat(cell) for cell in cells.dropna()])
        except ValueError:
            return False
    return kind.startswith(("timestamp", "date", *NUMBERS))


@st.cache_resource(max_entries=20, ttl=60, show_spinner=False)
def _tables(source: str) -> list[databases.Table]:
    return databases.tables(source)


@st.cache_resource(max_entries=20, ttl=60, show_spinner=False)
def _columns(source: str, table: databases.Table) -> list[databases.Column]:
    return databases.columns(source, table)


@st.cache_resource(max_entries=20, ttl=60, show_spinner=False)
def _first(source: str, query: str) -> databases.Preview:
    return databases.preview(source, query, ROWS_SHOWN)
