"""Something that is shown, kept on a board: an answer, or a figure of any page as it is now."""

import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from data import boards
from data.boards import Kept
from locales import Sentence
from models.ask.board import MAX_CARDS, MAX_NAME, READY, Board, Card, to_json, visible
from ui import database
from ui.text import N_, _, plain

NEW = ""
FULL = N_("This board holds {count} cards, which is all that it can: take some away first.")
PICTURE_ROWS = 200  # of the table behind a figure


class Full(Sentence):
    """A board with as many cards as one can hold."""


def all_boards() -> dict[str, tuple[Board, Kept | None]]:
    """The boards that can be seen, by id (see `models.ask.board.visible`)."""
    return visible(boards.kept(database.engine()))


def write(name: str, board: Board, kept: Kept | None) -> None:
    """Keep a board as it is now. Raises `state.Changed` where somebody else has changed it."""
    engine, now = database.engine(), datetime.now(UTC)
    changes = kept.changes if kept else 0
    if kept is None and name in READY and board != READY[name]:  # as it was, so that the change can be undone
        boards.write(engine, name, to_json(READY[name]), 0, now)
        changes = 1
    boards.write(engine, name, to_json(board), changes, now)


def add(name: str, card: Card, called: str = "") -> str:
    """Put a card on a board, or on a new one (`NEW`) that is `called` so; the board's id. Raises `Full`."""
    found = all_boards()
    board, kept = found.get(name) or (Board(unused(called.strip() or _("New board"), found)), None)
    if len(board.cards) >= MAX_CARDS:
        raise Full(FULL, count=MAX_CARDS)
    name = name if name in found else uuid.uuid4().hex[:12]
    write(name, replace(board, cards=(*board.cards, card)), kept)
    return name


def unused(name: str, found: dict[str, tuple[Board, Kept | None]]) -> str:
    """A name for a board that no other one has."""
    taken, number, wanted = {_(board.name) for board, _kept in found.values()}, 2, name[:MAX_NAME]
    while wanted in taken:
        wanted, number = f"{name[: MAX_NAME - 4]} {number}", number + 1
    return wanted


def picture(drawn: go.Figure, title: str, table: pd.DataFrame | None) -> Card:
    """A figure as it is now. Raises `boards.TooLarge`."""
    content = {
        "figure": drawn.to_json(),
        "kept": datetime.now(UTC).isoformat(),
        "versions": sorted({stored.version for stored in st.session_state.get("_active", {}).values()}),
        "data": sorted({stored.origin.name for stored in st.session_state.get("_active", {}).values()}),
        "table": None if table is None else _rows(table.head(PICTURE_ROWS)),
    }
    return Card("picture", text=boards.keep_picture(database.engine(), content, datetime.now(UTC)), title=title)


def _rows(table: pd.DataFrame) -> dict[str, list]:
    named = table.reset_index(drop=table.index.name is None and table.index.nlevels == 1)
    return {
        "columns": [str(name) for name in named.columns],
        "rows": json.loads(named.to_json(orient="values", date_format="iso")),
    }


def offered(key: str, made: Callable[[str], Card]) -> None:
    """Inputs that put a card, which `made` makes with its title, on a board that is chosen or new."""
    found = all_boards()
    with st.form(f"keep-{key}", border=False, clear_on_submit=True):
        name = st.selectbox(
            _("Board"), [*found, NEW], format_func=lambda one: _(found[one][0].name) if one else _("A new board")
        )
        called = st.text_input(_("Or the name of a new one"), max_chars=MAX_NAME)
        title = st.text_input(_("Title of the card (or leave it empty)"), max_chars=120)
        if not st.form_submit_button(_("Keep"), icon=":material/dashboard_customize:", width="stretch"):
            return
    try:
        at = add(NEW if called.strip() else name or NEW, made(title.strip()), called)
    except Sentence as error:
        st.warning(plain(error.sentence()))
        return
    st.success(_("Kept on the board “{name}”.").format(name=plain(_(all_boards()[at][0].name))))
