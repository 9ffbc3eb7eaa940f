"""Choosing where a table is from: a dataset that is kept, the demo, a download, a file of one's own."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import streamlit as st

import locales
import settings
from connectors import (
    ConnectorError,
    dummyjson,
    origins,
    owid,
    recipes,
    retail,
    telco,
)
from data import demo, seals, tables
from data.dataset import Dataset, Table
from data.tables import Stored
from models.quality import gate
from ui import access, background, database, downloads, inputs
from ui.data import continuing
from ui.data.given import Given, given
from ui.text import N_, _, plain

WAYS = {
    "kept": N_("Datasets kept"),
    "demo": N_("Demo"),
    "download": N_("Download"),
    "upload": N_("Upload a file"),
}
# The public origins of each table: name, what it is, connector, the setting with its URL.
ORIGINS: dict[str, dict[str, tuple[str, str, Callable[..., Dataset], str]]] = {
    "customers": {
        "telco": (
            telco.NAME,
            N_("IBM Telco customer churn: 7,043 customers, 1 MB, Apache-2.0."),
            telco.dataset,
            "telco_url",
        ),
    },
    "sales": {
        "retail": (
            retail.NAME,
            N_("UCI Online Retail: 541,909 invoice lines of a gift wholesaler, 2010 to 2011, 23 MB, CC BY 4.0."),
            retail.dataset,
            "retail_url",
        ),
        "dummyjson": (
            dummyjson.NAME,
            N_("DummyJSON: the carts of an invented shop, bought again over three simulated years, 0.3 MB, MIT."),
            origins.DOWNLOADS[dummyjson.NAME],
            "dummyjson_url",
        ),
    },
    "covid": {
        "owid": (
            owid.NAME,
            N_(
                "Our World in Data: every country and day since 2020, about 590,000 rows, 145 MB, CC BY 4.0. "
                "Cases and deaths are the World Health Organization's."
            ),
            origins.DOWNLOADS[owid.NAME],
            "owid_url",
        ),
    },
}


def busy(table: Table) -> bool:
    """Whether a download or an upload for `table` is under way in this session."""
    return f"job-{table}" in st.session_state


def running(table: Table) -> bool:
    """Whether a job for `table` is under way; if so, how far it is, is shown."""
    if busy(table):
        background.show(st.session_state[f"job-{table}"], lambda *outcome: _ended(table, *outcome))
    return busy(table)


def choose(table: Table) -> None:
    """The four ways to give `table` its data; a running job takes their place until it ends."""
    if running(table):
        return
    way = inputs.view(_("Where from"), list(WAYS), "from", lambda name: _(WAYS[name]))
    {"kept": _kept, "demo": _demo, "download": _download, "upload": _upload}[way](table)


def notice() -> None:
    """How the last change of a source ended, once; with the report of the cells that were refused."""
    for text in st.session_state.pop("done", []):
        st.success(plain(text), icon=":material/check:")
    failed: tuple[str, pd.DataFrame | None] | None = st.session_state.get("failed")
    if failed:
        sentence, report = failed
        st.warning(plain(sentence), icon=":material/block:")
        if report is not None:
            st.dataframe(report.assign(reason=report["reason"].map(_)), hide_index=True, placeholder="–")
            downloads.table(report, "refused_cells")
        st.button(_("Dismiss"), on_click=st.session_state.pop, args=("failed",), icon=":material/close:")


def _ended(table: Table, status: str, message: str, error: ConnectorError | None) -> None:
    del st.session_state[f"job-{table}"]
    if status == "failed":
        st.session_state["failed"] = (message, getattr(error, "report", None))
    elif status == "cancelled":
        st.session_state["failed"] = (_("Cancelled: nothing was changed."), None)
    else:
        st.session_state["done"] = [_("The pages now show this dataset.")]


def start(table: Table, job: str, work: Callable[[background.Step], None]) -> None:
    """Change the data of `table` in the background: `work(step)` does it. One job a table and session."""
    st.session_state.pop("failed", None)
    st.session_state[f"job-{table}"] = background.start(job, table, work, remote=job == "download")


def _start(table: Table, job: str, make: Callable[[background.Step], Dataset]) -> None:
    home, engine = settings.get().home, database.engine()

    def work(step: background.Step) -> None:
        made = make(step)
        step(N_("Keeping the table"), 0.95)
        gate.keep(engine, home, made, datetime.now(UTC))

    start(table, job, work)


def _kept(table: Table) -> None:
    home, active = settings.get().home, tables.active(settings.get().home, table)
    for stored in tables.stored(home, table):
        used = active is not None and stored.version == active.version
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"**{plain(_(stored.origin.name))}**  \n"
                + _("{rows} rows, stored {day}").format(
                    rows=locales.number(stored.rows[table]), day=plain(locales.moment(stored.stored))
                ),
                width="stretch",
            )
            if used:
                st.badge(_("In use"), icon=":material/check:", color="green")
                continue
            st.button(_("Use"), key=f"use-{stored.version}", on_click=use, args=(stored,))
            if access.decides():
                key = f"remove-{stored.version}"
                st.button(_("Remove"), key=key, on_click=_remove, args=(stored,), icon=":material/delete:")


def use(stored: Stored) -> None:
    """Let the pages show a dataset that is kept, and say so."""
    _change(tables.activate, stored, _("The pages now show this dataset."))


def _remove(stored: Stored) -> None:
    _change(tables.remove, stored)


def _change(change: Callable[[Path, Table, str], None], stored: Stored, *done: str) -> None:
    try:
        change(settings.get().home, stored.table, stored.version)
    except ValueError as refused:
        st.session_state["failed"] = (_(str(refused)), None)
    else:
        st.session_state["done"] = list(done)


def damaged(table: Table) -> None:
    """Say what of `table` was found damaged, where it was."""
    home = settings.get().home
    if names := seals.aside(home, table):
        sentence = _("Damaged, not read and set aside in {place}: {names}. The newest good dataset takes its place.")
        text = sentence.format(place=home / seals.FOLDER, names=", ".join(names))
        st.warning(plain(text), icon=":material/heart_broken:")


def _demo(table: Table) -> None:
    st.caption(_("Simulated data up to today, always the same for a day: to try things out and to show them."))
    if st.button(_("Use the demo"), icon=":material/science:"):
        now = datetime.now(UTC)
        use(tables.add(settings.get().home, demo.dataset(table, now.date()), now))
        st.rerun()


def _download(table: Table) -> None:
    origins = ORIGINS[table]
    origin = next(iter(origins))
    if len(origins) > 1:
        origin = inputs.view(_("Origin"), list(origins), "origin", lambda name: _(origins[name][0]))
    _name, sentence, connect, url = origins[origin]
    st.caption(plain(_(sentence)))
    st.caption(plain(_("From {url}").format(url=getattr(settings.get(), url))))
    if st.button(_("Download"), icon=":material/download:"):
        reading = N_("Reading the file")  # starts when all of it is there
        _start(
            table,
            "download",
            lambda step: connect(
                progress=lambda share: step(N_("Downloading") if share < 1 else reading, 0.9 * min(share, 1))
            ),
        )
        st.rerun()


def _upload(table: Table) -> None:
    if found := given(table, in_pieces=table == "sales"):
        take(table, found)


def take(table: Table, found: Given, database: str | None = None) -> None:
    """Ask what a given table goes on from, and for the click that checks it and lets the pages show it.

    `database` says which reading of a database it is, where it is one.
    """
    goes_on = continuing.choose(table, hashlib.sha256(found.key.encode()).hexdigest()[:16])

    def work(step: background.Step) -> Dataset:
        step(N_("Checking every row"), 0.3)
        checking = N_("Checking every row")
        made = found.whole(datetime.now(UTC), lambda share: step(checking, 0.3 + 0.6 * share))
        recipes.answered(made)
        return replace(made, lineage=goes_on or None, origin=replace(made.origin, database=database))

    key = f"check-{database or 'file'}"
    if st.button(_("Check and use"), type="primary", icon=":material/check:", disabled=not found.ready, key=key):
        _start(table, "upload", work)
        st.rerun()
