"""The board that is shown as files: PDF, workbook, web page; and sent at set times."""

import json
import uuid
from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

import locales
from charts.ask import reporting
from charts.ask.content import About, Content
from data import schedules
from data.schedules import Kept
from locales import Sentence
from models.act import schedule
from models.act.schedule import Schedule
from models.ask.board import Card
from ui import database, downloads
from ui import schedules as shared
from ui.text import _, plain

KEY = "send."


def menu(name: str, of: About, says: Callable[[], Sequence[tuple[Card, Content]]]) -> None:
    """Buttons for the files of a board, whose cards `says` gives when a file is asked for."""
    language = locales.language()
    kinds = {
        "PDF, A4": (".pdf", f"{name}.pdf", "application/pdf"),
        "PDF, 16:9": (".pdf", f"{name}-slides.pdf", "application/pdf"),
        "XLSX": (".xlsx", f"{name}.xlsx", downloads.XLSX),
        "HTML": (".html", f"{name}.html", "text/html"),
    }

    def made(kind: str, slides: bool) -> bytes:  # outside of the visit
        with locales.using(language):
            outlines = json.loads(downloads.OUTLINES.read_text("utf-8"))
            return reporting.file(kind, of, says(), downloads.OUTLINES.parent, outlines, slides)

    for label, (kind, file, mime) in kinds.items():
        downloads.button(label, partial(made, kind, "16:9" in label), file, mime)


def sending(board: str, name: str) -> None:
    """When a board is sent as a report, and inputs for a new time."""
    heading = _("Send this report")
    st.markdown(f"**{heading}**")
    if not (channels := shared.heard()):
        return
    for one, (sent, kept) in shared.there().items():
        if sent.job == "report" and sent.of["board"] == board:
            with st.container(horizontal=True, vertical_alignment="center"):
                text = shared.sentence(sent.cron, sent.zone) if sent.on else _("paused")
                st.caption(plain(f"{schedule.KINDS[sent.of['kind']]} · {text}"), width="stretch")
                args = (one, sent, kept, True)
                st.button("", icon=":material/delete:", help=_("Remove"), key=f"{KEY}{one}", on_click=_write, args=args)
    key = f"{KEY}{board}."
    kinds = list(schedule.KINDS)
    kind = st.selectbox(_("File"), kinds, format_func=schedule.KINDS.__getitem__, key=f"{key}file", width=220)
    cron, zone = shared.when(key, "0 7 * * 1", shared.reader())
    fits = shared.told(cron, zone)
    of = {"board": board, "kind": kind, "language": locales.language()}
    made = Schedule(_("Report {board}").format(board=name)[: schedule.MAX_NAME], "report", of, cron, zone)
    st.button(
        _("Send it so"),
        icon=":material/schedule_send:",
        disabled=not fits,
        key=f"{key}keep",
        on_click=_write,
        args=(uuid.uuid4().hex[:12], made, None),
    )
    text = _("To {channels}, with the filters that are kept with the board. All of it is on the page Act: schedule.")
    st.caption(plain(text.format(channels=", ".join(channels))))
    if said := st.session_state.pop(f"{KEY}said", ""):
        st.warning(plain(said))


def _write(name: str, made: Schedule, kept: Kept | None, removed: bool = False) -> None:
    try:
        schedule.check(made)
        schedules.write(database.engine(), name, schedule.to_json(made), kept.changes if kept else 0, removed)
    except Sentence as refused:
        st.session_state[f"{KEY}said"] = refused.sentence()
