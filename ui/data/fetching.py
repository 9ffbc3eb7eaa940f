"""Readings of sources that are kept: fetched in the background, read like a file, brought up to date, removed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

import locales
import settings
from connectors import ConnectorError, databases, fetched, files, pieces
from connectors.fetched import Kept
from data.dataset import Dataset, Table
from data.tables import Stored
from models.lifecycle import provenance
from models.quality import gate
from ui import background, database, uploads
from ui.data import given, sources
from ui.text import _, plain

RUN, OPEN, SAID = "fetch-run", "fetch-open", "fetch-said"  # in the session: the job, whose columns are shown, its end


RELATION, ADDRESS = "relation", "address"  # the table that is looked at, the address: in the session, one in the URL


@dataclass(frozen=True)
class _Said:
    """How a reading ended, and whether a dataset was made of it."""

    kept: Kept
    changes: databases.Changes | None
    used: bool = False


def running() -> bool:
    """Whether something is read from a source in this session; if so, how far it is, is shown."""
    if RUN in st.session_state:
        background.show(st.session_state[RUN], _ended)
    return RUN in st.session_state


def start(source: str, query: str, name: str, column: str | None, key: tuple[str, ...]) -> None:
    """Ask a source in the background, for what is new where it was asked before; datasets of it go on too."""
    home, limit = settings.get().home, settings.get().upload_limit_mb * 1_000_000
    engine = database.engine()
    said: list[_Said] = []

    def work(step: background.Step) -> None:
        def fetching(message: str, share: float) -> None:
            step(message, 0.8 * share)

        kept, changes = fetched.bring(home, source, query, name, column, key, fetching, datetime.now(UTC))
        said.append(_Said(kept, changes))

        def keep(made: Dataset) -> Stored:
            return gate.keep(engine, home, made, datetime.now(UTC))

        def put(sold: Stored, beside: str, frame: pd.DataFrame) -> Stored:
            return gate.put(engine, home, sold, beside, frame, kept.name, datetime.now(UTC), kept.id)

        def keeping(message: str, share: float) -> None:
            step(message, 0.85 + 0.15 * share)

        try:
            if fetched.carry(home, kept, limit, keeping, keep, put, datetime.now(UTC), show=True):
                said[:] = [_Said(kept, changes, used=True)]
        finally:
            provenance.note(engine, home)

    st.session_state.pop("failed", None)
    st.session_state[SAID] = said
    st.session_state[RUN] = background.start("fetch", source, work, remote=True)
    st.rerun()


def _ended(status: str, message: str, error: ConnectorError | None) -> None:
    del st.session_state[RUN]
    said: list[_Said] = st.session_state.pop(SAID, [])
    if said:
        st.session_state["done"] = [_sentence(said[0])]
        st.session_state[OPEN] = "" if said[0].used else said[0].kept.id
        st.session_state[RELATION] = st.session_state[ADDRESS] = ""
    if status == "failed":
        st.session_state["failed"] = (message, getattr(error, "report", None))
    elif status == "cancelled" and not said:
        st.session_state["failed"] = (_("Cancelled: nothing was changed."), None)


def _sentence(said: _Said) -> str:
    """What came, and what is to be done with it."""
    rows, changes = locales.number(said.kept.rows), said.changes
    if changes is None:
        text = _("{rows} rows of {name} were read.").format(rows=rows, name=said.kept.name)
    else:
        counts = {one: locales.number(getattr(changes, one) or 0) for one in ("new", "late", "deleted", "changed")}
        text = _("{name} is up to date. New rows: {new}, of which late: {late}; deleted: {deleted}.")
        if changes.changed is not None:
            text = _(
                "{name} is up to date. New rows: {new}, of which late: {late}; changed: {changed}; deleted: {deleted}."
            )
        text = text.format(name=said.kept.name, **counts)
    rest = _("The pages now show this dataset.") if said.used else _("Say below which column is which.")
    return f"{text} {rest}"


def card(table: Table, one: Kept) -> None:
    """What was read when, and what can be done with it."""
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        rows = _("{rows} rows, read {moment}").format(rows=locales.number(one.rows), moment=locales.moment(one.read))
        goes_on = _("what is new is told by {column}").format(column=one.column) if one.column else _("read whole")
        st.markdown(f"**{plain(one.name)}**  \n{plain(rows)} · {plain(goes_on)}", width="stretch")
        if st.session_state.get(OPEN) != one.id:
            st.button(_("Read it"), key=f"open-{one.id}", on_click=st.session_state.update, args=({OPEN: one.id},))
        asked = st.button(
            _("Bring up to date"), key=f"again-{one.id}", icon=":material/sync:",
            disabled=not fetched.reachable(one) or sources.busy(table),
        )  # fmt: skip
        st.button(_("Remove"), key=f"forget-{one.id}", icon=":material/delete:", on_click=_forget, args=(one,))
    if asked:
        start(one.source, one.query, one.name, one.column, one.key)


def _forget(one: Kept) -> None:
    fetched.forget(settings.get().home, one)
    st.session_state["done"] = [
        _("What was read of {name} is removed; datasets made of it stay.").format(name=one.name)
    ]


def mapped(table: Table) -> None:
    """Which column of the reading that was chosen is which, as of a file, and the click that uses it."""
    kept = fetched.known(settings.get().home)
    one = next((kept for kept in kept if kept.id == st.session_state.get(OPEN)), None)
    if sources.busy(table):  # it is being used
        st.session_state.pop(OPEN, None)
    if one is None or sources.busy(table):
        return
    st.markdown(f"**{plain(one.name)}**")
    found = given.mapped(table, one.name, f"{one.id} {one.reading}", lambda layout: raw(one, layout, table == "sales"))
    if found:
        sources.take(table, found, one.id)


def raw(one: Kept, layout: Mapping[str, str], in_pieces: bool = False) -> files.Raw:
    """A reading as the text of a file is (see `connectors.fetched.raw`), a large one `in_pieces`."""
    home, limit = settings.get().home, settings.get().upload_limit_mb * 1_000_000
    into = pieces.shelf(home) if in_pieces else None
    return uploads.patiently(
        f"{one.id} {one.reading} {limit} {sorted(layout.items())} {in_pieces}",
        in_pieces and pieces.large(fetched.where(home, one)),
        lambda heard: fetched.raw(home, one, limit, dict(layout), into, heard),
    )
