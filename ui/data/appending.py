"""New lines for the sales data from a file: looked through first, then added, and taken back where that was wrong."""

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

import locales
import settings
from data import append, tables
from data.append import Plan
from data.tables import Stored
from locales.labels import label
from models.quality import gate
from ui import answers, background, cards, database, downloads
from ui.data import given, sources
from ui.data.given import Given
from ui.text import N_, _, plain

SHOWN = 8  # rows of the new lines


def view(stored: Stored) -> None:
    """Ask for a file, say what of it is new, add it; take back what was added last."""
    if sources.running("sales"):
        return
    undo(stored)
    st.markdown(
        _("Add lines from a file. Lines that are there already are left out, and nothing changes before you say so.")
    )
    found = given.given("sales", stored.origin.currency or "")
    if found is None or not found.ready:
        return
    plan = answers.ready(
        f"append {stored.version} {found.key}", "look through new lines", lambda step: _looked(stored, found, step)
    )
    cards.metrics(
        [
            (_("New lines"), locales.number(len(plan.fresh)), _("would be added")),
            (_("Known already"), locales.number(plan.known), _("are in the data, and left out")),
            (_("Refused"), locales.number(plan.refused["row"].nunique()), _("rows with cells that cannot be used")),
        ]
    )
    if not found.own_ids:
        st.caption(
            _(
                "Lines are the same where date and time, store, product, quantity and unit price are; a file with line "
                "numbers of its own (map them) is compared by those."
            )
        )
    if len(plan.refused):
        st.dataframe(plan.refused.assign(reason=plan.refused["reason"].map(_)), hide_index=True, placeholder="–")
        downloads.table(plan.refused, "refused_cells")
    if plan.fresh.empty:
        st.info(_("There is nothing new in this file."))
        return
    st.dataframe(plan.fresh.head(SHOWN), hide_index=True, placeholder="–")
    downloads.table(plan.fresh, "new_lines", excel=False)
    if st.button(_("Add"), type="primary", icon=":material/add:"):
        home, engine = settings.get().home, database.engine()

        def work(step: background.Step) -> None:
            step(N_("Keeping the table"), 0.2)
            gate.grow(engine, home, stored, plan.fresh, found.name, datetime.now(UTC))

        sources.start("sales", "append", work)
        st.rerun()


def _looked(stored: Stored, found: Given, step: background.Step) -> Plan:
    now = datetime.now(UTC)
    step(N_("Checking every row"), 0.2)
    dataset, refused = found.usable(now)
    step(N_("Comparing with the lines that are there"), 0.7)
    plan = append.plan(stored, dataset.main, found.own_ids, now)
    return Plan(plan.fresh, plan.known, pd.concat([refused, plan.refused], ignore_index=True))


def undo(stored: Stored) -> None:
    """Offer to take back what was added last: lines, or a table beside them."""
    earlier = append.before(settings.get().home, stored)
    if earlier is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        last = stored.findings[-1]
        said = {name: label(value) if name == "column" else value for name, value in last.values.items()}
        sentence = _(last.message).format(**{**said, "rows": locales.number(last.rows)})
        st.markdown(plain(sentence), width="stretch")
        st.button(_("Undo"), icon=":material/undo:", on_click=_back, args=(earlier,))


def _back(earlier: Stored) -> None:
    tables.activate(settings.get().home, "sales", earlier.version)
    st.session_state["done"] = [_("What was added last is taken back.")]
