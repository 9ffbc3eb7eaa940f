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
from ui import cards, inputs
from ui.sales import series
from ui.sales.series import Chosen
from ui.text import _, ngettext, plain

DAYS = {"D": 1, "W": 7, "MS": 30, "QS": 91, "YS": 365}  # of a step


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


@st.cache_resource(max_entries=12, show_spinner=False)
def _not_yet(version: str, category: str, days: int, last: pd.Timestamp, _stored: Stored) -> Launch | None:  # noqa: ARG001
    lines = tables.query(_stored, launches.sold(_stored.columns["sales"], "units"), days=days)
    return launches.not_yet(lines, category, last, days)


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
    say(chosen, told)
    title = charts.fan_title(told.frame, None, told.total[80], chosen.written)
    measure = _("Revenue ({currency})").format(currency=chosen.currency) if chosen.measure == "revenue" else _("Units")
    history = chosen.values
    if chosen.frequency != "D":  # its days are shown, and no steps of another length
        history = pd.Series([0.0], told.frame.index[:1] - pd.Timedelta(days=told.age))
    cards.figure(charts.fan(history, told.frame, title, measure, chosen.written), "forecast", told.frame.reset_index())


def say(chosen: Chosen, told: Launch) -> None:
    """By what a new product is told."""
    of = label(told.category) if told.category else _("all categories")
    sentence = ngettext(
        "New: it has sold {amount} in the {age} day since its first sale, too few to learn from. It is told by "
        "{likes} earlier launches ({range}): how they went on after as many days, and how much they differed. Read the "
        "sum rather than single days. From four weeks on its own sales tell it.",
        "New: it has sold {amount} in the {age} days since its first sale, too few to learn from. It is told by "
        "{likes} earlier launches ({range}): how they went on after as many days, and how much they differed. Read the "
        "sum rather than single days. From four weeks on its own sales tell it.",
        told.age,
    )
    values = {"amount": chosen.written(told.sold), "age": locales.number(told.age), "range": of}
    st.info(plain(sentence.format(likes=locales.number(told.likes), **values)), icon=":material/new_releases:")


def not_yet(stored: Stored) -> None:
    """What a product that is not sold yet would sell in its first days, by the earlier launches of its category."""
    if stored.span is None or "category" not in stored.columns["sales"]:
        return
    with st.expander(_("A product that is not sold yet"), icon=":material/new_releases:"):
        names = series.parts_of(stored, "category")
        if not names:
            return
        with st.container(horizontal=True, vertical_alignment="bottom"):
            category = inputs.choice(label("category"), list(names), "launch.category", names.__getitem__)
            days = int(inputs.slider(_("Its first days"), "launch.days", launches.FRESH, 7, 91))
        last = pd.Timestamp(stored.span[1]).normalize()
        told = _not_yet(stored.version, category, days, last, stored)
        if told is None:
            sentence = _(
                "Fewer than {count} products of this category were launched while it was recorded: what a new one "
                "sells is not known."
            )
            st.info(plain(sentence.format(count=locales.number(launches.LIKES))))
            return
        units = {level: tuple(map(locales.number, ends)) for level, ends in told.total.items()}
        cards.metrics(
            [
                (
                    _("Units in its first {days} days").format(days=locales.number(days)),
                    locales.number(float(told.frame["mean"].sum())),
                    _("mean of {likes} earlier launches").format(likes=locales.number(told.likes)),
                ),
                (_("In four of five cases"), " – ".join(units[80]), _("80% band of the sum")),
                (_("In 19 of 20"), " – ".join(units[95]), _("95% band of the sum")),
            ]
        )
