"""What an analyst knows and a model cannot: what a customer is worth, what can be offered, and what it costs."""

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

import locales
from charts.churn import what_if as charts
from charts.churn.what_if import described
from data.tables import Stored
from locales.customers import label
from models.churn import whatif
from models.churn.campaign import Shift
from models.churn.model import ChurnModel
from ui import cards, saved, windows
from ui.churn.case import try_plan
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
            placeholder="–",
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


def plans(
    model: ChurnModel,
    version: str,
    stored: Stored,
    row: np.ndarray,
    monthly: float | None,
    window: int,
    currency: str,
) -> None:
    """The plans that lower the risk of a coded customer, with the changes made so far, who pays `monthly`."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        terms, _unsure = saved.terms(stored, currency)
    offered = moves(model, version, currency)
    if not offered:
        st.info(nothing())
        return
    try:
        front = whatif.plans(model, row, offered)
    except ValueError:
        st.info(_("Too many combinations: allow fewer offers."))
        return
    chosen = whatif.named(front, terms.value, terms.saved)
    stay = whatif.months_left(model, np.array([front[0].row, *(plan.row for plan in chosen.values())]), window)
    table = pd.DataFrame(
        {
            "plan": [described(plan.moves) for plan in front],
            "cost": [plan.cost for plan in front],
            "risk": [plan.risk for plan in front],
        }
    )
    cards.figure(charts.front(front, chosen, currency), "plans", table)
    with st.grid("auto", min_column_width=200):
        for place, (name, plan) in enumerate(chosen.items(), 1):
            with st.container(border=True, height="stretch"):
                st.markdown(f"**{_(charts.PLANS[name])}**  \n{plain(described(plan.moves))}")
                worth = terms.saved * terms.value * (front[0].risk - plan.risk) - plan.cost
                st.caption(
                    plain(
                        _("Costs {cost}, risk {risk}, worth {worth}").format(
                            cost=locales.money(plan.cost, currency),
                            risk=locales.percent(plan.risk),
                            worth=locales.money(worth, currency),
                        )
                    )
                )
                if monthly is not None:
                    st.caption(_paid(whatif.payback(stay[0], stay[place], monthly, plan.cost, terms.saved)))
                st.button(
                    _("Try"),
                    key=f"try-{name}",
                    icon=":material/play_arrow:",
                    on_click=try_plan,
                    args=(model, plan),
                )
    if all(terms.saved * terms.value * (front[0].risk - plan.risk) <= plan.cost for plan in front[1:]):
        st.caption(_("None of these offers earns its cost under these terms."))
    st.caption(
        _(
            "These are associations, not proven effects: customers with such a contract or service leave less often. "
            "Worth counts {saved} of the fall in risk as an effect of the offer; a hold-out test would tell."
        ).format(saved=locales.percent(terms.saved))
    )


def _paid(months: int | None) -> str:
    if months is None:
        return _("not paid back by the bills of {months}").format(months=windows.written(whatif.MONTHS))
    return _("paid back by the bills of {months}").format(months=windows.written(months))


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
