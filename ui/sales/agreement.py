"""Whether the forecast by weeks or months agrees with that of the same days, said beside it."""

import streamlit as st

import locales
from data.tables import Stored
from models.forecast import agreement
from models.forecast.combined import Forecast
from ui import answers
from ui.sales import series
from ui.sales.series import Chosen
from ui.text import _, plain

REFRESHED = 2  # seconds between looks at whether the daily forecast is there
MIN_SHARE = 0.005  # share from which a difference is one
WHOLE = {"W": 4, "MS": 1}  # steps to come that days are forecast for


def say(stored: Stored, chosen: Chosen, found: Forecast) -> None:
    """By how much the two differ; nothing of a forecast by the day, or where days are not known."""
    if chosen.frequency == "D":
        return
    daily = series.by_day(stored, chosen, found.frame.index, WHOLE[chosen.frequency])
    if daily is None:
        return
    key = series.begun(stored, daily)
    st.fragment(_said, run_every=REFRESHED if answers.running(key) else None)(key, chosen, found)


def _said(key: str, chosen: Chosen, found: Forecast) -> None:
    daily = answers.found(key)
    made = agreement.compare(found, daily, chosen.frequency) if isinstance(daily, Forecast) else None
    if made is None:
        return
    days = _("{start} to {end}").format(start=locales.day_of_year(made.start), end=locales.day_of_year(made.end))
    if abs(made.apart) < MIN_SHARE:
        st.caption(plain(_("Forecast by the day, {days} come to the same.").format(days=days)))
        return
    sentence = _(
        "Forecast by the day, {days} come to {amount} ({lo} to {hi} in four of five cases), {apart} against {steps} "
        "here: each is learned from its own history, and they need not add up."
    )
    amounts = dict(zip(("amount", "lo", "hi"), map(chosen.written, made.days), strict=True))
    apart = locales.signed(made.apart, locales.percent)
    text = sentence.format(days=days, steps=chosen.written(made.steps[0]), apart=apart, **amounts)
    if made.told_apart:
        text += " " + _("Neither says what the other takes for likely: lean on the wider of the two bands.")
    st.caption(plain(text))
