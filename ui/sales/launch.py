"""A product with less than four weeks of sales: what its earlier likes went on to do, in the place of its forecast."""

import pandas as pd
import streamlit as st

import locales
from charts.sales import forecast as charts
from data import tables
from data.tables import Stored
from locales.labels import label
from models.forecast import launches
from models.forecast.launches import Launch
from ui import cards
from ui.sales.series import Chosen
from ui.text import _, plain

DAYS = {"D": 1, "W": 7, "MS": 30}  # of a step


def found(stored: Stored, chosen: Chosen) -> Launch | None:
    """The forecast of a new product, by the day; None where the chosen series is none, or has too few likes."""
    if chosen.part != "product" or stored.span is None:
        return None
    last = pd.Timestamp(stored.span[1]).normalize()
    if len(chosen.values) and chosen.values.index[0] < last - pd.Timedelta(days=2 * launches.FRESH):
        return None
    horizon = chosen.horizon * DAYS[chosen.frequency]
    return _found(stored.version, chosen.value or "", chosen.measure, horizon, last, stored)


@st.cache_resource(max_entries=12, show_spinner=False)
def _found(
    version: str,  # noqa: ARG001  # the cache key
    product: str,
    measure: str,
    horizon: int,
    last: pd.Timestamp,
    _stored: Stored,
) -> Launch | None:
    query = launches.sold(_stored.columns["sales"], measure)
    return launches.launch(tables.query(_stored, query, days=launches.FRESH + horizon), product, last, horizon)


def show(chosen: Chosen, told: Launch) -> None:
    """What is expected of it, how wide, and by what."""
    lo, hi = (chosen.written(end) for end in told.total[80])
    far_lo, far_hi = (chosen.written(end) for end in told.total[95])
    day = locales.day(told.frame.index[-1])
    cards.metrics(
        [
            (
                _("Expected by {day}").format(day=day),
                chosen.written(float(told.frame["mean"].sum())),
                _("by what earlier launches went on to sell"),
            ),
            (_("In four of five cases"), f"{lo} – {hi}", _("80% band of the sum")),
            (_("In 19 of 20"), f"{far_lo} – {far_hi}", _("95% band of the sum")),
        ]
    )
    of = label(told.category) if told.category else _("all categories")
    sentence = _(
        "New: it has sold {amount} in the {age} days since its first sale, too few to learn from. It is told by "
        "{likes} earlier launches ({range}): how they went on after as many days, and how much they differed. Read the "
        "sum rather than single days. From four weeks on its own sales tell it."
    )
    values = {"amount": chosen.written(told.sold), "age": locales.number(told.age), "range": of}
    st.info(plain(sentence.format(likes=locales.number(told.likes), **values)), icon=":material/new_releases:")
    title = charts.fan_title(told.frame, None, told.total[80], chosen.written)
    measure = _("Revenue ({currency})").format(currency=chosen.currency) if chosen.measure == "revenue" else _("Units")
    history = chosen.values
    if chosen.frequency != "D":  # its days are shown, and no steps of another length
        history = pd.Series([0.0], told.frame.index[:1] - pd.Timedelta(days=told.age))
    cards.figure(charts.fan(history, told.frame, title, measure, chosen.written), "forecast", told.frame.reset_index())
