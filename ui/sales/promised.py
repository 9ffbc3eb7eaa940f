"""Promotions that the calendar beside the sales plans: in the forecast already, or offered as plans of a scenario."""

import numpy as np
import pandas as pd
import streamlit as st

import locales
from data.tables import Stored
from models.forecast import engine, scenario
from models.forecast.combined import Forecast
from models.forecast.scenario import Plan
from ui import store
from ui.sales import plan, series
from ui.sales.series import Chosen
from ui.text import _, ngettext
from ui.text import plain as shown


def depth(stored: Stored, dates: pd.DatetimeIndex) -> pd.Series:
    """By how much the calendar reduces all prices on each of some dates."""
    if "calendar" not in stored.columns:
        return pd.Series(0.0, dates)
    return scenario.promised(store.frame(stored, "calendar"), dates)


def added(stored: Stored, chosen: Chosen, found: Forecast) -> float:
    """The units that promotions of the calendar add to a forecast that has learned what such days sell; NaN where there
    were too few to learn from, and the forecast knows nothing of them."""
    future = series.foreseen(stored, chosen, chosen.horizon)
    if future is None or "promotion" not in future:
        return np.nan
    ahead = future.index > found.window.origin
    without = future.assign(promotion=future["promotion"].where(~ahead, 0.0))
    return float((engine.again(found.window, future) - engine.again(found.window, without)).sum())


def say(name: str, plans: list[Plan], planned: pd.Series, more: float) -> None:
    """What the calendar plans, and what is made of it: `more` units in the forecast, or a button that plans it."""
    offers = scenario.runs(planned)
    if not offers:
        return
    listed = "; ".join(map(plan.described, offers))
    if np.isfinite(more):
        units = ngettext("{count} unit", "{count} units", round(abs(more))).format(
            count=locales.signed(more, locales.number)
        )
        sentence = _(
            "In the forecast already, from the calendar: {plans}. Such days before tell that they add {units}. "
            "Promotions do not add up: one painted over them counts by what it takes off beyond theirs."
        )
        st.caption(shown(sentence.format(plans=listed, units=units)))
    elif any(one not in plans for one in offers):
        sentence = _(
            "The calendar plans: {plans}. The forecast knows nothing of that, as there were too few such days to learn "
            "from: as a plan, it does what prices have done before."
        )
        st.caption(shown(sentence.format(plans=listed)))
        args = name, [*plans, *(one for one in offers if one not in plans)]
        st.button(_("Take over from the calendar"), icon=":material/event_available:", on_click=plan.keep, args=args)
