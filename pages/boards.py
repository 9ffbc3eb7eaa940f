"""The answers that one comes back to, side by side."""

from dataclasses import replace
from datetime import UTC, datetime

import streamlit as st

from charts.ask import content
from data import tables
from models.ask.board import lines, sentence
from ui import access, cards, inputs, keep, known, store
from ui.ask import bar, boards, card, presenting, reports
from ui.text import _, part, plain

sold, people = store.active("sales"), store.active("customers")
shown = [sold, people] if tables.of_one_shop(sold, people) else [sold]


@part
def board() -> None:
    """One board, so that nothing else is run and painted again."""
    found = keep.all_boards()
    if not found:
        boards.nothing()
        return
    top = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    with top:
        names = {name: boards.named(one) for name, (one, _kept) in found.items()}
        name = inputs.choice(_("Board"), list(found), "board", names.__getitem__)
        editing = access.changes() and st.toggle(_("Edit"), key="board.editing")
    chosen, kept = found[name]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        filters = bar.chosen(of, name, chosen)
    with top:
        presenting.button()
        if access.changes():
            boards.menu(found, name, filters)
        with st.popover(_("Report"), icon=":material/picture_as_pdf:", on_change="rerun", key="board.report") as report:
            if report.open:
                kept_cards = [one for one in chosen.cards if not content.missing(of, one)]
                said = sentence(of.catalogue, filters, of.names)
                about = content.about(boards.named(chosen), said, sold, of, datetime.now(UTC), chosen.cards)
                light = replace(source, dark=False)
                reports.menu(name, about, lambda: [(one, content.content(one, filters, light)) for one in kept_cards])
                if access.changes():
                    reports.sending(name, boards.named(chosen))
    boards.say()
    lacking = {place: content.missing(of, one) for place, one in enumerate(chosen.cards)}
    there = [place for place in range(len(chosen.cards)) if editing or not lacking[place]]
    full = [one for place, one in enumerate(chosen.cards) if not lacking[place]]
    together = card.at_once(source, sold, people, full, [bar.beside(filters, one) for one in full])
    for line in lines(tuple(chosen.cards[place] for place in there)):
        places = [there[one] for one in line]
        beside = [chosen.cards[place] for place in places]
        widths = [*(one.width for one in beside), *boards.rest(beside)]
        for place, column in zip(
            places,
            st.columns(widths, gap="small"),
            strict=False,
        ):
            one = chosen.cards[place]
            with column:
                if editing:
                    boards.edited(of, name, chosen, kept, place)
                if lacking[place]:
                    st.info(plain(lacking[place]))
                else:
                    says = content.content(one, bar.beside(filters, one), together)
                    card.shown(one, says, f"board-{name}-{place}", bar.toggle)
    if not chosen.cards:
        st.info(_("Nothing is on this board yet: switch on Edit to add cards, or keep an answer of Ask."))
    if editing:
        boards.added(of, name, chosen, kept)
    elif left := content.unsaid(of, chosen.cards):
        st.caption(plain(left))


if not presenting.on():
    cards.head(
        _("Boards"),
        _("The answers that you come back to, side by side: kept from Ask, or from the menu of any figure."),
        *shown,
    )
store.one_currency(sold)
of = known.ready(sold, people)
source = card.source(of, sold, people)
if presenting.on():
    presenting.shown(source, sold, people)
else:
    board()
