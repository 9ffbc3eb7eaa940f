"""What a forecast by weeks or months knows already of the step under way, and what the parts of everything come to."""

import pandas as pd
import streamlit as st

import locales
from data.tables import Stored
from locales.labels import label
from models.forecast import coherent
from models.forecast.combined import Forecast
from ui import downloads
from ui.sales import series
from ui.sales.series import Chosen
from ui.text import _, plain


def under_way(stored: Stored, chosen: Chosen, found: Forecast) -> None:
    """How much of the first week or month is known; nothing of a forecast by the day, or where days are not known."""
    if chosen.frequency == "D" or found.otherwise is not None or not series.has_days(stored):
        return
    start, end = coherent.ends(found.frame.index[0], chosen.frequency)
    known = series.by_day(stored, chosen.part, chosen.value, chosen.measure).values[start:end]
    if len(known):
        sentence = _("{start} to {end} is under way: {amount} known of it, up to {day}, and only the rest forecast.")
        days = {
            "start": locales.day_of_year(start),
            "end": locales.day_of_year(end),
            "day": locales.day(known.index[-1]),
        }
        st.caption(plain(sentence.format(amount=chosen.written(float(known.sum())), **days)))


def parts(stored: Stored, chosen: Chosen, found: Forecast) -> None:
    """What the parts of everything come to where they add up, over the days that the forecast and they have in common;
    nothing elsewhere."""
    if not chosen.adds:
        return
    told = series.together(stored, chosen.measure)
    if (chosen.part or "", chosen.value or "") not in told:
        st.caption(_("It is among the smaller ones, which add up together: what is shown is its own forecast."))
    last = found.frame.index[-1]
    last = last if chosen.frequency == "D" else coherent.ends(last, chosen.frequency)[1]
    sums = {key: float(days[:last].sum()) for key, days in told.items()}
    first, last = told[coherent.ALL].index[0], min(last, told[coherent.ALL].index[-1])
    with st.expander(_("Parts that add up"), icon=":material/account_tree:"):
        sentence = _("{start} to {end}: {amount} in all. Each kind of parts comes to that.")
        days = {"start": locales.day_of_year(first), "end": locales.day_of_year(last)}
        st.markdown(plain(sentence.format(amount=chosen.written(sums[coherent.ALL]), **days)))
        for kind in dict.fromkeys(kind for kind, _name in sums if kind):
            rows = [(name, sums[key]) for key in sums if key[0] == kind for name in [key[1]]]
            table = pd.DataFrame(rows, columns=["name", "expected"]).sort_values("expected", ascending=False)
            names = series.parts_of(stored, kind)
            shown = {
                label(kind): [names.get(one, one) if one else _("all others") for one in table["name"]],
                _("Expected"): [chosen.written(amount) for amount in table["expected"]],
                _("Share"): [locales.percent(amount / sums[coherent.ALL], 1) for amount in table["expected"]],
            }
            st.dataframe(pd.DataFrame(shown), hide_index=True, placeholder="–")
            downloads.table(table, f"forecast_by_{kind}", excel=False)
