"""Was a past promotion, price or closure worth it? What it did, and how often nothing does as much."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import streamlit as st

import locales
from charts.sales import what_if as charts
from data import tables
from data.tables import Stored
from models.forecast import CannotForecast, effect
from models.forecast.effect import Effect
from models.forecast.elasticity import Elasticity
from ui import cards, inputs
from ui.sales.series import Chosen
from ui.text import _, plain

USUAL = 14  # days that are asked about at first


@st.cache_resource(max_entries=20, show_spinner=False)
def _donors(key: str, _stored: Stored, _chosen: Chosen) -> pd.DataFrame:  # noqa: ARG001  # the cache key
    sql = effect.others(_chosen.part, _stored.columns["sales"])
    if sql is None:
        return pd.DataFrame(index=_chosen.values.index)
    found = tables.query(_stored, sql, value=_chosen.value)
    return found.pivot_table(index="day", columns="part", values="units", aggfunc="sum")


@st.cache_data(max_entries=40, show_spinner=False)
def _found(key: str, start: date, end: date, _stored: Stored, _chosen: Chosen) -> tuple[Effect, pd.Series]:  # noqa: ARG001
    donors = _donors(f"{_stored.version} {_chosen.key}", _stored, _chosen)
    found = effect.worth(_chosen.values, donors, pd.Timestamp(start), pd.Timestamp(end))
    sql = effect.change(_chosen.part, _stored.columns["sales"])
    of = {"value": _chosen.value} if _chosen.part else {}
    return found, tables.query(_stored, sql, start=start, end=end, **of).iloc[0].astype(float)


def asked(stored: Stored, chosen: Chosen) -> Elasticity | None:
    """The part of the page that asks about a past period; the elasticity it shows, where prices changed in it."""
    st.subheader(_("Was it worth it?"), anchor=False)
    if not inputs.toggle(_("Look at a past promotion, price or closure"), "worth"):
        return None
    first, last = chosen.values.index[0].date(), chosen.values.index[-1].date()
    usual = last - timedelta(days=USUAL - 1)
    with st.container(horizontal=True):
        start = inputs.day(_("First day"), "worth.from", max(first, usual), first, last)
        end = inputs.day(_("Last day"), "worth.to", last, first, last)
    try:
        found, prices = _found(f"{stored.version} {chosen.key}", start, end, stored, chosen)
    except CannotForecast as error:
        st.info(plain(error.sentence()), icon=":material/info:")
        return None
    ratio = float(prices["ratio"]) if np.isfinite(prices["ratio"]) else 1.0
    cards.metrics(_cards(chosen, found, prices, ratio))
    left, right = st.columns([7, 5], gap="medium")
    with left:
        days = found.days.rename_axis("date").reset_index()
        cards.figure(charts.worth(found.days, pd.Timestamp(start), found.share, found.lo, found.hi), "worth", days)
    with right:
        drawn = charts.placebos(found.placebos["share"].to_numpy(), found.share, found.chance)
        cards.figure(drawn, "placebos", found.placebos)
    st.caption(plain(_compared(found)))
    measured = effect.measured(found, ratio)
    if measured is not None and measured.lo > 0:
        sentence = _(
            "It shows that 1% off sells {value}% more ({lo} to {hi}): the plans above use that where prices of all "
            "weeks together do not say."
        )
        numbers = {name: locales.number(getattr(measured, name), 2) for name in ("value", "lo", "hi")}
        st.caption(plain(sentence.format(**numbers)))
    return None if chosen.part == "product" else measured


def _cards(chosen: Chosen, found: Effect, prices: pd.Series, ratio: float) -> list[tuple[str, str, str]]:
    between = _("{lo} to {hi} in 19 of 20 cases")
    sold = [locales.signed(one, locales.percent) for one in (found.share, found.lo, found.hi)]
    shown = [(_("Sold"), sold[0], between.format(lo=sold[1], hi=sold[2]))]
    added = [locales.signed(one, locales.number) for one in found.added]
    shown.append((_("Units added"), added[0], between.format(lo=added[1], hi=added[2])))
    has_cost = np.isfinite(prices["cost"])
    earned = effect.money(found, ratio, float(prices["price"]), float(prices["cost"]) if has_cost else 0.0)
    if np.isfinite(earned).all():
        money = [locales.signed(one, lambda amount: locales.money(amount, chosen.currency)) for one in earned]
        title = _("Margin added") if has_cost else _("Revenue added")
        shown.append((title, money[0], between.format(lo=money[1], hi=money[2])))
    change = locales.signed(ratio - 1, lambda share: locales.percent(share, 1))
    return [*shown, (_("Prices"), change, _("against the eight weeks before, product by product"))]


def _compared(found: Effect) -> str:
    names = [_(name) for name in found.weights[found.weights > 0.05].index[:5]]
    sentence = _(
        "Compared with {parts}, weighed so that together they followed it before, at the level of eight weeks."
    )
    return sentence.format(parts=", ".join(names) or "–")
