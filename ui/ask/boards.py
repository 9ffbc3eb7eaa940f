"""Which board is shown, and what can be done with boards and with their cards."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast, get_args

import streamlit as st

import settings
from data import boards
from data.boards import Kept
from locales import Sentence
from models.ask import board as model
from models.ask import definitions, wording
from models.ask.board import MAX_CARDS, MAX_NAME, MAX_WORDS, WHOLE, Bar, Board, Card, Form, Width
from models.ask.known import Known
from models.ask.query import GRAINS, Query, to_text
from ui import access, database, keep
from ui.ask import answer
from ui.text import N_, _, plain

WIDTHS: dict[Width, str] = {
    3: N_("A quarter"),
    4: N_("A third"),
    6: N_("Half"),
    8: N_("Two thirds"),
    12: N_("Whole"),
}
KEY = "board."


def named(board: Board) -> str:
    """A board's name; a ready one's in the reader's language."""
    return _(board.name)


def _try(work: Callable[[], object]) -> None:
    """Do what an input asks for; what went wrong is said on the next run."""
    try:
        work()
    except Sentence as error:
        st.session_state[f"{KEY}said"] = error.sentence()


def say() -> None:
    """What did not work a moment ago."""
    if said := st.session_state.pop(f"{KEY}said", ""):
        st.warning(plain(said))


def change(name: str, board: Board, kept: Kept | None) -> None:
    """Keep a board as it is now."""
    _try(lambda: keep.write(name, board, kept))


def menu(found: dict[str, tuple[Board, Kept | None]], name: str, bar: Bar) -> None:
    """What can be done with the board that is shown: undo and redo at hand, the rest in a menu."""
    board, kept = found[name]
    engine = database.engine()

    def back(by: int) -> None:
        if kept is not None:
            _try(lambda: boards.step(engine, name, kept.changes, by))

    undo, redo = kept is not None and kept.can_undo, kept is not None and kept.can_redo
    st.button(
        "", icon=":material/undo:", help=_("Undo"), disabled=not undo, on_click=back, args=(-1,), key=f"{KEY}undo"
    )
    st.button("", icon=":material/redo:", help=_("Redo"), disabled=not redo, on_click=back, args=(1,), key=f"{KEY}redo")
    with st.popover(_("Boards"), icon=":material/dashboard:", key=f"{KEY}menu", on_change="rerun") as opened:
        if not opened.open:
            return
        with st.form(f"{KEY}rename", border=False):
            st.text_input(_("Name"), named(board), max_chars=MAX_NAME, key=f"{KEY}name.{name}")
            rename = (name, board, kept)
            st.form_submit_button(_("Rename"), width="stretch", on_click=_rename, args=rename)
        actions: dict[str, tuple[str, Callable[[], None]]] = {
            _("New board"): ("add", lambda: _new(Board(_("New board")))),
            _("Copy this board"): ("content_copy", lambda: _new(replace(board, name=_copied(named(board))))),
            _("Earlier in the list"): ("arrow_upward", lambda: _order(list(found), name, -1)),
            _("Later in the list"): ("arrow_downward", lambda: _order(list(found), name, 1)),
            _("Keep these filters with the board"): (
                "bookmark_add",
                lambda: change(name, replace(board, bar=bar), kept),
            ),
            _("Take this board away"): ("delete", lambda: _remove(name, board, kept)),
        }
        for label, (icon, work) in actions.items():
            st.button(label, icon=f":material/{icon}:", on_click=work, width="stretch", key=f"{KEY}{icon}")
        _restored()


def _restored() -> None:
    """Buttons for what was taken away."""
    for one in boards.kept(database.engine()):
        if one.removed and (gone := model.from_json(one.content)):
            st.button(
                _("Bring back “{name}”").format(name=plain(named(gone))),
                icon=":material/restore_from_trash:",
                on_click=_restore,
                args=(one,),
                width="stretch",
                key=f"{KEY}restore.{one.board}",
            )


def _rename(name: str, board: Board, kept: Kept | None) -> None:
    if called := st.session_state[f"{KEY}name.{name}"].strip():
        change(name, replace(board, name=called), kept)
        st.session_state["board"] = name  # the list shows it under its new name


def _copied(name: str) -> str:
    return _("{name} (copy)").format(name=name)[:MAX_NAME]


def _new(board: Board) -> None:
    name = uuid.uuid4().hex[:12]
    change(name, replace(board, name=keep.unused(board.name, keep.all_boards())), None)
    st.session_state["board"] = name


def _order(names: list[str], name: str, by: int) -> None:
    place = names.index(name)
    names.insert(min(max(place + by, 0), len(names) - 1), names.pop(place))
    kept = {one.board for one in boards.kept(database.engine())}
    for one in names:  # a ready board has no place of its own until it is kept
        if one not in kept:
            change(one, model.READY[one], None)
    boards.order(database.engine(), names)


def _remove(name: str, board: Board, kept: Kept | None) -> None:
    def work() -> None:
        if kept is None:
            keep.write(name, board, None)
        boards.remove(database.engine(), name, kept.changes if kept else 1, datetime.now(UTC))

    _try(work)


def _restore(one: Kept) -> None:
    _try(lambda: boards.remove(database.engine(), one.board, one.changes, None))
    st.session_state["board"] = one.board


def nothing() -> None:
    """All boards were taken away."""
    st.info(_("There is no board: begin a new one, or bring one back."))
    if not access.changes():
        return
    st.button(_("New board"), icon=":material/add:", on_click=_new, args=(Board(_("New board")),))
    _restored()


def rest(cards: Sequence[Card]) -> list[int]:
    """What is left of a line of the grid; numbers by themselves fill theirs."""
    left = WHOLE - sum(card.width for card in cards)
    return [left] if left and any(card.form != "number" for card in cards) else []


def edited(of: Known, name: str, board: Board, kept: Kept | None, place: int) -> None:
    """What can be done with one card."""
    card, key = board.cards[place], f"{KEY}{name}.{kept.changes if kept else 0}.{place}."

    def put(fresh: Card | None) -> None:
        cards = [*board.cards[:place], *([fresh] if fresh else []), *board.cards[place + 1 :]]
        change(name, replace(board, cards=tuple(cards)), kept)

    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.button(
            "",
            icon=":material/arrow_back:",
            help=_("Earlier"),
            key=f"{key}back",
            disabled=place == 0,
            on_click=change,
            args=(name, model.moved(board, place, -1), kept),
        )
        st.button(
            "",
            icon=":material/arrow_forward:",
            help=_("Later"),
            key=f"{key}on",
            disabled=place == len(board.cards) - 1,
            on_click=change,
            args=(name, model.moved(board, place, 1), kept),
        )
        with st.popover("", icon=":material/tune:", help=_("Title, form and width"), key=f"{key}more"):
            fitting = card.query is not None and definitions.fits(of.catalogue, card.query)
            options = model.forms(card.query, of.levels) if card.query and fitting else [card.form]
            with st.form(f"{key}form", border=False):
                title = st.text_input(_("Title of the card (or leave it empty)"), card.title, max_chars=120)
                text = card.text
                if card.form == "words":
                    text = st.text_area(_("Words"), card.text, max_chars=MAX_WORDS)
                form = card.form
                if len(options) > 1:
                    at = options.index(card.form) if card.form in options else 0
                    form = st.selectbox(_("Form"), options, at, format_func=lambda one: _(answer.FORMS[one]))
                widths = list(get_args(Width))
                width = st.selectbox(
                    _("Width"), widths, widths.index(card.width), format_func=lambda one: _(WIDTHS[one])
                )
                if st.form_submit_button(_("Keep"), width="stretch"):
                    put(replace(card, title=title.strip(), text=text, form=form, width=cast(Width, width)))
                    st.rerun(scope="fragment")
            if card.query is not None:
                link = {"q": to_text(card.query)}
                ask = settings.ROOT / "pages" / "ask.py"
                st.page_link(ask, label=_("Open in Ask"), icon=":material/chat:", query_params=link)
        st.button(
            "", icon=":material/delete:", help=_("Take this card away"), key=f"{key}away", on_click=put, args=(None,)
        )


def added(of: Known, name: str, board: Board, kept: Kept | None) -> None:
    """A new card: a number or figure that is chosen, or words."""
    if len(board.cards) >= MAX_CARDS:
        st.caption(_(keep.FULL).format(count=MAX_CARDS))
        return
    known = of.catalogue
    with st.container(horizontal=True, gap="small"):
        once = f"{KEY}{name}.{kept.changes if kept else 0}."  # closed again when something was added
        answer_menu = st.popover(_("Add an answer"), icon=":material/add_chart:", key=f"{once}answer")
        with answer_menu, st.form(f"{once}answer.form", border=False):
            measure = st.selectbox(
                _("Measure"), list(known.measures), format_func=lambda one: wording.measure(known, one)
            )
            by = st.selectbox(
                _("By"),
                ["", *known.dimensions],
                format_func=lambda one: wording.dimension(known, one) if one else _("Whole"),
            )
            steps = {"": _("Whole"), **{grain: _(wording.GRAIN[grain]).capitalize() for grain in GRAINS}}
            grain = st.selectbox(_("Step"), list(steps), format_func=steps.__getitem__)
            if st.form_submit_button(_("Add"), width="stretch"):
                query = definitions.fitted(known, Query((measure,), (by,) if by else (), grain))
                if query is not None:
                    form: Form = "figure" if query.by or query.grain else "number"
                    _append(name, board, kept, Card(form, query, width=6 if form == "figure" else 3))
        words_menu = st.popover(_("Add words"), icon=":material/notes:", key=f"{once}words")
        with words_menu, st.form(f"{once}words.form", border=False):
            title = st.text_input(_("Title of the card (or leave it empty)"), max_chars=120)
            text = st.text_area(_("Words"), max_chars=MAX_WORDS)
            if st.form_submit_button(_("Add"), width="stretch") and (text.strip() or title.strip()):
                _append(name, board, kept, Card("words", text=text.strip(), title=title.strip()))
        st.page_link(settings.ROOT / "pages" / "ask.py", label=_("Ask, and keep the answer"), icon=":material/chat:")


def _append(name: str, board: Board, kept: Kept | None, card: Card) -> None:
    change(name, replace(board, cards=(*board.cards, card)), kept)
    st.rerun(scope="fragment")
