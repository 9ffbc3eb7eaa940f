"""What an analyst knows and a model cannot: what a customer is worth, what can be offered, and what it costs."""

from functools import partial

import pandas as pd
import streamlit as st

import locales
from charts.churn.what_if import described
from locales.labels import label
from models.churn import whatif
from models.churn.campaign import Shift
from models.churn.model import ChurnModel
from ui import cards
from ui.text import _, plain


def moves(model: ChurnModel, version: str, currency: str) -> list[whatif.Move]:
    """What can be offered: columns, then each level of them with its cost, ticked where it is allowed."""
    kinds = list(model.coding.levels)
    usual = [column for column in whatif.LEVERS if column in kinds]
    with st.expander(_("What can be offered, and what it costs"), icon=":material/tune:"):
        columns = st.multiselect(
            _("Columns that can be changed"), kinds, usual, key=f"levers-{version}", format_func=label,
            persist_state="session", placeholder=_("none"),
        )  # fmt: skip
        known = whatif.offers(model, columns)
        cost, allowed = _("Cost ({currency})").format(currency=currency), _("Allowed")
        table = pd.DataFrame(
            {allowed: True, _("Offer"): [described((move,)) for move in known], cost: [m.cost for m in known]}
        )
        edited = st.data_editor(
            table,
            hide_index=True,
            disabled=[_("Offer")],
            key=f"costs-{version}-{locales.language()}-{'.'.join(columns)}",
            column_config={cost: st.column_config.NumberColumn(min_value=0.0, required=True)},
        )
        st.caption(
            plain(_("A discount also costs its share of the monthly charges for a year; the cost here comes on top."))
        )
    return [
        whatif.Move(move.column, move.to, float(spent))
        for move, fine, spent in zip(known, edited[allowed], edited[cost], strict=True)
        if fine
    ]


def nothing() -> str:
    """What to do where nothing can be offered yet: which columns a stranger's company can change, only it knows."""
    return _("Nothing can be offered yet: choose the columns that can be changed above.")


def shift(result: Shift, currency: str) -> None:
    """What moving a part of a group does to leavers, revenue and profit, as cards."""

    def signed(amounts: tuple[float, ...]) -> list[str]:
        return [locales.signed(amount, partial(locales.money, currency=currency), "") for amount in amounts]

    now, then, lo, hi = result.churn
    revenue, after, more_lo, more_hi = result.revenue
    between = _("{lo} to {hi} in nine of ten models")
    fewer = [locales.signed(leavers, partial(locales.number, digits=1), "") for leavers in (then - now, lo, hi)]
    gain, more = signed(result.profit), signed((after - revenue, more_lo, more_hi))
    cards.metrics(
        [
            (_("Customers in the group"), locales.number(result.customers), _("still here")),
            (_("Leavers"), fewer[0], between.format(lo=fewer[1], hi=fewer[2])),
            (_("Revenue a month"), more[0], between.format(lo=more[1], hi=more[2])),
            (_("Profit"), gain[0], between.format(lo=gain[1], hi=gain[2])),
        ]
    )
    st.caption(
        _("Of {now} expected leavers. Only the share of leavers that offers save counts as an effect.").format(
            now=locales.number(now)
        )
    )
