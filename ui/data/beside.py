"""Tables beside the sales: which are there, what lacks without the others; a template, a file or what was read from a
source, a look, and kept."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

import locales
import settings
from connectors import ConnectorError, beside, fetched, files, recipes
from connectors.fetched import Kept
from data import beside as kept
from data.beside import COUNT, MOVES, TABLES
from data.tables import Stored
from locales.labels import label
from models.quality import gate
from ui import background, cards, database, downloads, inputs, uploads
from ui.data import appending, fetching, sources, understood
from ui.text import N_, _, plain

ROUND = "beside-round"  # in the session: a new place for a file after each that was kept
SHOWN = 8  # rows
KNOWN = {
    "calendar": N_("{known} of its days are among those of the sales, {unknown} are still to come."),
    "stores": N_("{known} of its stores are in the sales; {absent} of the sales' stores are not in it."),
    "suppliers": N_("{known} of its suppliers are in the other tables; {absent} of those are not in it."),
    "": N_("{known} of its products are sold here; {absent} of those sold are not in it."),
}
STRANGE = N_("{unknown} match nothing here, such as {examples}: are they called otherwise?")


def view(stored: Stored) -> None:
    """What each table is used for and whether it is there; one of them from a file."""
    st.subheader(_("Tables beside the sales"), anchor=False)
    appending.undo(stored)
    with st.grid("auto", min_column_width=250):
        for name in TABLES:
            _card(stored, name)
    name = inputs.choice(
        _("Add or replace"), ["", *TABLES], "beside", lambda one: label(one) if one else _("choose a table")
    )
    if name and not sources.busy("sales"):
        _ask(stored, name)


def _card(stored: Stored, name: str) -> None:
    """A table in two sentences; a count of the stock is kept among its moves."""
    rows = stored.rows.get(MOVES if name == COUNT else name)
    with st.container(border=True, height="stretch", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{plain(label(name))}**", width="content")
            if rows is None:
                st.badge(_("not there"), icon=":material/remove:", color="gray")
            elif name == COUNT:
                st.badge(_("in the moves"), icon=":material/check:", color="green")
            else:
                st.badge(_("{rows} rows").format(rows=locales.number(rows)), icon=":material/check:", color="green")
        st.caption(plain(_(TABLES[name].used)))
        if name == "products":
            fill = _("Fill in from Open Food Facts")
            page = settings.ROOT / "pages" / "food.py"
            st.page_link(page, label=fill, icon=":material/nutrition:", query_params={"view": "batch"}, width="content")
        if rows is None:
            st.caption(plain(_("Without it: {what}").format(what=_(TABLES[name].without))))


def _ask(stored: Stored, name: str) -> None:
    """A template, a file or a reading, which column is which, what it holds, and the button that keeps it."""
    readings = {one.id: one for one in fetched.known(settings.get().home)}
    origin = ""
    if readings:
        called = {"": _("a file")} | {one.id: one.name for one in readings.values()}
        origin = inputs.choice(_("Made of"), list(called), "beside-of", called.__getitem__)
    if origin:
        one = readings[origin]
        _taken(stored, name, one.name, f"{one.id} {name}", lambda layout: fetching.raw(one, layout), one)
        return
    st.caption(_("A template: what each column means, and two rows as an example to replace by your own"))
    downloads.table(kept.template(name), f"template_{name}")
    given = uploads.ask(
        _("A table as CSV, XLSX, XLS, ODS, Parquet or JSON, also compressed (.gz, .zip); at most {limit} MB"),
        f"beside-{name}-{st.session_state.get(ROUND, 0)}",
    )
    if given is not None:
        _taken(stored, name, given.name, given.file_id, lambda layout: uploads.read(given, layout))


def _taken(
    stored: Stored,
    name: str,
    file: str,
    key: str,
    read: Callable[[Mapping[str, str]], files.Raw],
    reading: Kept | None = None,
) -> None:
    """Which column is which, what it holds, and the button that keeps it; `read(layout)` reads it."""
    told = understood.chosen(key)
    try:
        raw = beside.turned(read(recipes.layout(told)), name, told)
        chosen = _mapped(raw, name)
        if missing := [label(column) for column in beside.needed(name) if column not in chosen]:
            st.caption(_("Still to choose: {columns}").format(columns=plain(", ".join(missing))))
            return
        frame, findings, readings = beside.read(raw, name, chosen, told)
    except ConnectorError as error:
        _refused(error)
        return
    understood.choose(key, readings)
    cards.findings((*raw.findings, *findings))
    st.dataframe(frame.head(SHOWN), hide_index=True, column_config={one: label(one) for one in frame}, placeholder="–")
    fits = _met(stored, name, frame)
    is_open = any(one.open for one in readings)
    if is_open:
        st.caption(_("Answer what is asked above: nothing is kept before."))
    if st.button(_("Keep it beside the sales"), type="primary", icon=":material/check:", disabled=is_open or not fits):
        home, engine = settings.get().home, database.engine()

        def work(step: background.Step) -> None:
            step(N_("Keeping the table"), 0.5)
            gate.put(engine, home, stored, name, frame, file, datetime.now(UTC), reading.id if reading else "")
            if reading:
                fetched.stands_beside(home, reading, name, fetched.Beside(stored.lineage, chosen, told))

        st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1
        sources.start("sales", "append", work)
        st.rerun()


def _mapped(raw: files.Raw, name: str) -> dict[str, str]:
    """One drop-down list a column of the table, filled with the guess; those that are needed first."""
    st.markdown(_("**Which column of the file is which?** Those marked * are needed, the others help."))
    guessed, needed = beside.guess(raw.frame, name), beside.needed(name)
    meanings, columns, chosen = beside.columns(name), list(raw.frame.columns), dict[str, str]()
    with st.grid("auto", min_column_width=220):
        for column in sorted(meanings, key=lambda one: one not in needed):
            source = st.selectbox(
                label(column) + (" *" if column in needed else ""),
                columns,
                index=columns.index(guessed[column]) if column in guessed else None,
                help=_(meanings[column]),
                placeholder=_("none"),
                key=f"beside-{name}-{raw.sha256[:16]}-{column}",
            )
            if source is not None:
                chosen[column] = source
    return chosen


def _met(stored: Stored, name: str, frame: pd.DataFrame) -> bool:
    """Say how its keys meet those of the sales; False where it cannot be joined to what is there."""
    met = kept.matches(stored, name, frame)
    sentence = _(KNOWN.get(name, KNOWN[""]))
    said = {one: locales.number(getattr(met, one)) for one in ("known", "unknown", "absent")}
    st.markdown(f":material/join: {plain(sentence.format(**said))}")
    if met.unknown and name != "calendar":
        text = _(STRANGE).format(unknown=said["unknown"], examples=", ".join(met.examples))
        st.warning(plain(text), icon=":material/link_off:")
    if name == COUNT and kept.by_store(stored) and "store" not in frame:
        st.warning(_("The moves of stock that are there are by store: map the store of the count, too."))
        return False
    return True


def _refused(error: ConnectorError) -> None:
    st.warning(plain(error.sentence()), icon=":material/block:")
    report = getattr(error, "report", None)
    if report is not None and len(report):
        st.dataframe(report.assign(reason=report["reason"].map(_)), hide_index=True, placeholder="–")
        downloads.table(report, "refused_cells")
