"""What came of the sources that are connected."""

import streamlit as st

import settings
from charts.data import provenance as charts
from models.lifecycle import provenance
from ui import cards, database
from ui.text import _


def view() -> None:
    """The datasets, models, predictions and boards of each source, as a tree; nothing where there is no source."""
    engine, home = database.engine(), settings.get().home
    provenance.note(engine, home)
    if nodes := provenance.nodes(engine, home):
        st.subheader(_("What came of your sources"), anchor=False)
        note = _(
            "From left to right: a source, what was read of it, the datasets made of that, the models that learned "
            "from these and what they foretold, the boards that show them. What was removed stays, with an open mark."
        )
        cards.figure(charts.tree(nodes), "provenance", charts.table(nodes), note=note)
