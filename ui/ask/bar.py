"""The filters above a board, which hold for all its cards; in the link where they are not the board's own."""

from dataclasses import replace
from functools import partial

import streamlit as st

from models import segmenting
from models.ask import board as model
from models.ask import wording
from models.ask.board import Bar, Board, Card
from models.ask.known import Known
from models.ask.query import Filter
from ui.ask import builder
from ui.text import N_, _

OWN = "own"  # as each card says for itself
KEY = "board.bar."
FIRST = ("category", "store", "country", segmenting.SEGMENT, "supplier")  # what is filtered by most
SHOWN, MAX_VALUES = 2, 300  # filters beside the period; values that a list of them still holds
COMPARED = {OWN: N_("As each card says"), **model.COMPARED}


def dimensions(of: Known) -> list[str]:
    """What a board can be filtered by: what has a few values, the most common first."""
    sales = [name for name, one in of.catalogue.dimensions.items() if "sales" in one.sql]
    few = [name for name in sales if 2 <= len(of.levels.get(name, ())) <= MAX_VALUES]
    return sorted(few, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))


def chosen(of: Known, name: str, board: Board) -> Bar:
    """The inputs of a board, and what they say."""
    before = st.session_state.get(f"{KEY}of")
    if before != name:  # another board is as it was kept, the first one as a link says
        _load(name, board.bar if before else linked(of, board))
    start: Bar = st.session_state[f"{KEY}start"]
    there = dimensions(of)
    used = [one.dimension for one in start.filters if one.dimension in of.catalogue.dimensions]
    first = list(dict.fromkeys([*used, *there[:SHOWN]]))
    period = builder.period(of, OWN if start.period is None else start.period, KEY, {OWN: _("As each card says")})
    names = {text: _(said) for text, said in COMPARED.items()}
    names |= {} if start.compared is None or start.compared in names else {start.compared: start.compared}
    compared = builder.choice(_("Compare"), names, OWN if start.compared is None else start.compared, f"{KEY}compared")
    filters = [_filter(of, dimension, start) for dimension in first]
    if more := [dimension for dimension in there if dimension not in first]:
        with st.popover(_("More filters"), icon=":material/filter_list:"):
            filters += [_filter(of, dimension, start) for dimension in more]
    bar = Bar(
        None if period == OWN else period,
        None if compared == OWN else compared,
        tuple(one for one in filters if one.values),
    )
    text = model.bar_text(bar) if bar != board.bar else ""
    if st.query_params.get("bar", "") != text:
        if text:
            st.query_params["bar"] = text
        else:
            st.query_params.pop("bar", None)
    return bar


def linked(of: Known, board: Board) -> Bar:
    """What a link says of a board, or else its own bar."""
    return model.bar_from(of.catalogue, st.query_params.get("bar", "")) or board.bar


def _load(name: str, bar: Bar) -> None:
    """Let the inputs show a bar."""
    for key in [key for key in st.session_state if str(key).startswith(KEY)]:
        del st.session_state[key]
    st.session_state[f"{KEY}of"], st.session_state[f"{KEY}start"] = name, bar


def _filter(of: Known, dimension: str, start: Bar) -> Filter:
    before = next((one for one in start.filters if one.dimension == dimension), Filter(dimension, ()))
    levels = of.levels.get(dimension, [])
    label = wording.dimension(of.catalogue, dimension)
    values = builder.several(
        label if before.kept else _("without {column}").format(column=label),
        [*dict.fromkeys([*before.values, *levels[:MAX_VALUES]])],
        before.values,
        f"{KEY}{dimension}",
        partial(wording.value, dimension, names=of.names),
    )
    return Filter(dimension, tuple(values), before.kept)


def toggle(dimension: str, level: str) -> None:
    """Keep the board to one value of a dimension that was clicked; a second click lets it go."""
    key = f"{KEY}{dimension}"
    st.session_state[key] = [] if st.session_state.get(key) == [level] else [level]
    st.session_state[f"{KEY}clicked"] = dimension


def beside(bar: Bar, card: Card) -> Bar:
    """The bar for a card: what was clicked in bars does not leave the bar that was clicked alone."""
    clicked = st.session_state.get(f"{KEY}clicked")
    if card.form != "figure" or card.query is None or card.query.by != (clicked,):
        return bar
    return replace(bar, filters=tuple(one for one in bar.filters if one.dimension != clicked or len(one.values) > 1))
