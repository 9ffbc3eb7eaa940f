"""The cards of a board on a page: where they find what they say, and how each is shown."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from charts.ask import content
from charts.ask.content import Content, Source
from data import boards, tables
from data.tables import Stored
from models.ask import guard
from models.ask.board import Bar, Card
from models.ask.known import Known
from ui import cards, database, known, lists
from ui.text import is_dark, plain

Clicked = Callable[[str, str], None]  # a dimension and one of its levels


def source(of: Known, sold: Stored, people: Stored) -> Source:
    """What these data say, for `charts.ask.content.content`."""
    return Source(
        of,
        lambda query: known.dataset(of, query, sold, people).origin.currency or "GBP",
        partial(known.answered, sold, people),
        lambda sql: _asked(sold.version, sql, sold),
        partial(boards.picture, database.engine()),
        is_dark(),
    )


def at_once(source: Source, sold: Stored, people: Stored, under: Sequence[Card], bars: Sequence[Bar]) -> Source:
    """The same for cards that are not missing, each under its bar, of which totals are read together."""
    return replace(source, answered=known.together(sold, people, content.asked(source.of, under, bars)))


@st.cache_resource(max_entries=32, show_spinner=False)
def _asked(version: str, sql: str, _sold: Stored) -> pd.DataFrame:  # noqa: ARG001  # the cache key
    return tables.limited(_sold, guard.checked(sql, _sold.columns), guard.SECONDS).head(guard.ROWS)


def shown(card: Card, says: Content, key: str, clicked: Clicked) -> None:
    """A card in its frame, and under it what it is about."""
    if says.figure is not None:

        def picked() -> None:
            points = st.session_state[key].selection.points
            if points:
                clicked(says.dimension, says.levels[points[0]["point_index"]])

        says.figure.update_layout(title_text=says.title)
        cards.figure(says.figure, key, says.table, picked if says.dimension else None, key, note=says.note)
        return
    if says.value:
        meaning = "  \n".join(plain(text) for text in (says.meaning, says.note) if text)
        cards.metrics([(plain(says.title), says.value, meaning)])
        return
    with st.container(border=True, height="stretch"):
        if says.table is not None:
            lists.show(says.table, key, says.title, height=340)
        elif says.title:
            st.markdown(f"**{plain(says.title)}**")
        if says.text:
            written = "  \n".join(plain(line) for line in says.text.splitlines())
            (st.markdown if card.form == "words" else st.caption)(written)
        if says.note:
            st.caption(plain(says.note))
