"""What came of an order, and whether it was right."""

import numpy as np
import pandas as pd
import streamlit as st

import locales
import settings
from data import beside, dispatch, tables
from data import orders as kept
from data.orders import Order
from data.tables import Stored
from models.act.replay import Outcome
from models.lifecycle import orders as work
from ui import cards, database, inputs, lists
from ui.act.orders import KEY, at, now, panel, who_is
from ui.text import _, ngettext


def settle(sold: Stored) -> None:
    """Let the other pages know of what was sent and came; a full disk is no reason to lose the step."""
    try:
        work.settle(settings.get().home, database.engine(), sold, now())
    except OSError:
        st.toast(_("The stock could not be written: make room on the disk. It is done at the next occasion."))


def receive(one: Order, sold: Stored) -> None:
    """Write down what came."""
    order, changes = at(one)
    lines = one.lines[(one.lines["quantity"] > 0) | (one.lines["received"] > 0)].assign(
        open=lambda some: (some["quantity"] - some["received"]).clip(lower=0), why=""
    )
    with panel(_("Receive"), "inventory", "receive", one) as menu:
        if not menu.open:
            return
        with st.form(f"{KEY}receive.form.{order}", border=False):
            edited: pd.DataFrame = st.data_editor(
                lines[["name", "open", "why", "product"]],
                hide_index=True,
                disabled=["product", "name"],
                key=f"{KEY}came.{order}.{changes}",
                column_config={
                    "product": _("Product"),
                    "name": _("Name"),
                    "open": st.column_config.NumberColumn(_("Units that came"), min_value=0, step=1, required=True),
                    "why": st.column_config.TextColumn(_("Difference: why?"), max_chars=kept.MAX_REASON),
                },
                placeholder="–",
            )
            store = None
            if beside.by_store(sold):
                found = tables.query(sold, "SELECT DISTINCT store FROM stock_moves WHERE store IS NOT NULL ORDER BY 1")
                store = st.selectbox(_("In which store?"), list(found["store"]))
            closed = st.checkbox(_("Nothing more of it will come"))
            who = who_is("receive", one)
            if st.form_submit_button(_("Receive"), icon=":material/inventory:"):
                units = dict(zip(edited["product"], edited["open"].astype(float), strict=True))
                why = {name: str(note or "") for name, note in zip(edited["product"], edited["why"], strict=True)}
                engine = database.engine()

                def came() -> None:
                    dispatch.receive(engine, order, changes, units, why, bool(closed), who, now(), store)
                    settle(sold)

                inputs.attempt(came)


@st.cache_resource(max_entries=20, show_spinner=False)
def _outcome(version: str, order: str, changes: int, _sold: Stored, _one: Order) -> Outcome | None:  # noqa: ARG001
    return work.outcome(_sold, _one)


def judged(one: Order, sold: Stored) -> None:
    """Was it right? Asked of what came of it, once there are days to look at."""
    with st.expander(_("Was it right?"), icon=":material/balance:", on_change="rerun", key=f"{KEY}judged") as menu:
        if not menu.open:
            return
        order, changes = at(one)
        with st.spinner(_("Reading the sales lines")):
            found = _outcome(sold.version, order, changes, sold, one)
        if found is None:
            st.caption(_("Nothing of it has come yet, or these data know nothing of the stock."))
            return
        if found.products.empty:
            st.caption(_("It came on the last day of the data: ask again when there are sales of later days."))
            return
        currency, table = str(one.row["currency"]), found.products
        earned = float(table["earned"].sum(skipna=False))
        with_, without = (share if np.isfinite(share) else None for share in (found.service, found.service_without))
        cards.metrics(
            [
                (
                    _("Service"),
                    "?" if with_ is None else locales.percent(with_, 1),
                    _("of the units asked for were sold")
                    if without is None
                    else _("of the units asked for were sold; without the order {share}").format(
                        share=locales.percent(without, 1)
                    ),
                ),
                (
                    _("Earned by it"),
                    "?" if np.isnan(earned) else locales.short_money(earned, currency),
                    _("margin of {units} units that could not have been sold without it").format(
                        units=locales.number((table["sold"] - table["sold_without"]).sum())
                    ),
                ),
                (
                    _("Left of it"),
                    locales.number((table["left"] - table["left_without"]).sum()),
                    _("units that tie {money}").format(money=locales.money(table["tied"].sum(), currency)),
                ),
            ]
        )
        if found.early:
            text = ngettext(
                "Of {count} product nothing can be told yet.",
                "Of {count} products nothing can be told yet.",
                found.early,
            )
            st.caption(text.format(count=locales.number(found.early)))
        written = pd.DataFrame(
            {
                _("Product"): table["product"],
                _("Name"): table["name"],
                _("Since"): table["since"].dt.date,
                _("Days"): table["days"],
                _("Asked for"): table["demand"].round(1),
                _("Sold"): table["sold"].round(1),
                _("Sold without it"): table["sold_without"].round(1),
                _("Left"): table["left"].round(1),
                _("Earned ({currency})").format(currency=currency): table["earned"].round(2),
            }
        )
        lists.show(written, f"outcome_{order}", _("Product by product"))
