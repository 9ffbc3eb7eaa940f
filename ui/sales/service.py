"""The views of the stock page on service: what was achieved by class of product, and what each level costs."""

import numpy as np
import pandas as pd
import streamlit as st

import locales
from charts.sales import service
from models.stock import assortment, ordering
from models.stock.assortment import Budget
from models.stock.ordering import Terms
from models.stock.reorder import LEVELS, Service
from models.stock.supply import Demand
from ui import cards
from ui.sales.stock import listed
from ui.text import _, plain


def classes(table: pd.DataFrame, demand: Demand, found: Service, terms: Terms, currency: str) -> None:
    """What was achieved for each class of demand, and how much the products matter."""
    if found.by_kind:
        chosen = int(np.abs(LEVELS - terms.level).argmin())
        by_kind = pd.DataFrame(
            {
                "kind": [_(one.kind) for one in found.by_kind],
                "products": [one.products for one in found.by_kind],
                "cases": [one.cases for one in found.by_kind],
                "achieved": [one.achieved[chosen] for one in found.by_kind],
                "textbook": [one.textbook[chosen] for one in found.by_kind],
            }
        )
        cards.figure(service.by_kind(by_kind, float(LEVELS[chosen])), "stock_by_kind", by_kind)
        if (by_kind["cases"] < service.MIN_CASES).any():
            text = _("A class with fewer than {count} lead times to try says little.")
            st.caption(text.format(count=locales.number(service.MIN_CASES)))
    else:
        st.info(_("The data are too short to try these reorder points on past days."))
    groups = assortment.abc_xyz(demand).assign(
        safety=(table["reorder_point"] - table["expected"]).clip(lower=0) * table["cost"],
        point=table["reorder_point"] > 0,
    )
    summed = groups.groupby(["abc", "xyz"]).agg(
        products=("sales", "size"), sales=("sales", "sum"), selling=("point", "sum"), safety=("safety", "sum")
    )
    written = pd.DataFrame(
        {
            _("ABC"): summed.index.get_level_values("abc"),
            _("XYZ"): summed.index.get_level_values("xyz"),
            _("Products"): summed["products"].to_numpy(),
            _("With a reorder point"): summed["selling"].to_numpy(),
            _("Share of sales (%)"): (100 * summed["sales"] / max(summed["sales"].sum(), 1e-9)).round(1).to_numpy(),
            _("Safety stock ({currency})").format(currency=currency): summed["safety"].round().to_numpy(),
        }
    )
    listed(written, "abc_xyz", _("How much products matter (ABC) and how steadily they sell (XYZ)"), height="content")


def money(
    demand: Demand, found: Service, terms: Terms, days: np.ndarray, currency: str, given: Budget | None = None
) -> None:
    """What was achieved at each service level, what each costs a year, and what a budget does."""
    if given:
        text = _(
            "{money} in safety stock, given where it saves most, is expected to lose {lost} of margin a year; the same "
            "service for all, {same}, would lose {same_lost}."
        )
        amounts = {"money": given.tied, "lost": given.lost, "same_lost": given.same_lost}
        written = {name: locales.money(amount, currency) for name, amount in amounts.items()}
        st.markdown(plain(text.format(same=locales.percent(given.same), **written)))
    if not found.cases:
        st.info(_("The data are too short to try these reorder points on past days."))
        return
    chosen = int(np.abs(LEVELS - terms.level).argmin())
    tried = pd.DataFrame({"target": LEVELS, "achieved": found.achieved, "textbook": found.textbook})
    costs = ordering.money(demand.goods, found, terms, days)
    with st.grid("auto", min_column_width=420):
        cards.figure(service.service(LEVELS, found.achieved, found.textbook, chosen), "stock_service", tried)
        cards.figure(service.money(costs, chosen, currency), "stock_money", costs)
    text = _(
        "Tried on {cases} lead times of past orders, placed from {first} to {last}, each with only what was known then."
    )
    st.caption(
        text.format(
            cases=locales.number(found.cases),
            first=locales.day(demand.days[found.first - 1]),
            last=locales.day(demand.days[found.last - 1]),
        )
    )
