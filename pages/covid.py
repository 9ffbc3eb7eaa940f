"""Where did the epidemic rise, when, and how do countries compare?"""

import pandas as pd
import streamlit as st

from charts.explore import covid as charts
from locales.labels import place
from models.explore import covid
from models.explore.covid import MEASURES, Form, Per, Shown
from ui import cards, inputs, store
from ui.explore import covid as views
from ui.explore import covid_alike, covid_data
from ui.text import N_, _, part

VIEWS = {
    "time": N_("Over time"),
    "map": N_("Map"),
    "ranking": N_("Ranking"),
    "country": N_("One country"),
    "alike": N_("Who is alike"),
    "relations": N_("What goes together"),
    "weeks": N_("Week by week"),
}
PERS: tuple[Per, ...] = ("million", "hundred", "absolute")
USUAL = ("France", "Germany", "Italy", "Spain", "United Kingdom", "United States")
SOURCES = N_(
    "Data: Mathieu, E. and others (2020), COVID-19 Pandemic, "
    "[Our World in Data](https://ourworldindata.org/coronavirus), CC BY 4.0. "
    "Cases and deaths: World Health Organization. Excess deaths: World Mortality Dataset (Karlinsky and Kobak 2021), "
    "Human Mortality Database. Strictness: Oxford Government Response Tracker (Hale and others 2021). "
    "Outlines: Natural Earth, public domain."
)

stored = store.active("covid")
cards.head(_("COVID-19"), _("Where did the epidemic rise, when, and how do countries compare?"), stored)
if stored.origin.kind == "demo":
    cards.pointer(
        _("These countries are real, their numbers are simulated. Get the real ones, or upload a copy of the file."),
        "data",
        _("Get the real data"),
        {"table": "covid", "from": "download"},
    )
with st.spinner(_("Reading the countries")):
    countries = covid_data.countries(stored)
if stored.span is None or countries.empty:
    st.info(_("These data hold no country and day: choose others on the page Data."))
    st.stop()
first, last = (when.date() for when in stored.span)


@part
def explored() -> None:
    """Inputs and figures: all that an input changes, so that nothing else is run and painted again."""
    names = [*sorted(countries.index[countries["group"]]), *sorted(countries.index[~countries["group"]])]
    usual = [name for name in USUAL if name in countries.index] or countries["population"].nlargest(5).index.to_list()
    left, right = st.columns([4, 1])
    with left:
        chosen = inputs.several(_("Countries and groups"), names, "countries", place, usual=usual)
    with right:
        reference = inputs.choice(_("Reference country"), chosen or usual, "reference", place)
    left, right = st.columns([5, 3], vertical_alignment="bottom")
    with left, st.container(horizontal=True):
        with st.container(width=250):
            measure = inputs.choice(
                _("Measure"), covid_data.measures(stored), "measure", lambda one: _(charts.MEASURES[one])
            )
        with st.container(width=180):
            form: Form = inputs.choice(_("Shown as"), MEASURES[measure].forms, "form", lambda one: _(charts.FORMS[one]))
        per: Per = "absolute"
        if MEASURES[measure].counted and form != "change":
            with st.container(width=190):
                usual_per = MEASURES[measure].per
                key = "per" if usual_per == PERS[0] else "share"  # each is remembered by itself
                per = inputs.choice(_("For"), PERS, key, lambda one: _(charts.PERS[one]), usual_per)
    with right:
        start, end = map(pd.Timestamp, views.period(first, last))
    if not chosen:
        st.info(_("Choose a country or a group of countries to go on."))
        return

    shown = Shown(measure, form, per)
    values = covid_data.panel(stored, shown).loc[start:end]
    present = [name for name in chosen if name in values and values[name].notna().any()]
    views.headline(stored, values, reference, shown)
    views.caution(measure)
    views.notes(stored, values, chosen, present, shown)
    view = inputs.view(_("View"), list(VIEWS), "view", lambda one: _(VIEWS[one]))
    if view == "time":
        views.over_time(stored, values, present, reference, shown)
    elif view == "map":
        views.world(stored, values, countries, shown)
    elif view == "ranking":
        views.ranking(stored, values, shown, chosen)
    elif view == "country":
        views.country(stored, values, reference, present, shown)
    elif view == "alike":
        covid_alike.show(stored, values, countries, reference, measure)
    elif view == "relations":
        views.relations(stored, countries, covid.frames(values.index, views.PLAYED))
    else:
        views.week_by_week(stored, values, present, countries, shown)
    views.table(stored, values, present, shown)


explored()
st.caption(_(SOURCES))
with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- **Reported, not infected**: cases are those that a test confirmed; who was tested changed over time and between
  countries. A day without a number was not reported, and is not zero.
- **7-day average**: the mean of the last seven days, of which at least six are known. **Last 7 or 14 days**: their sum.
  Many countries report once a week, six days in seven are then zero: single days say little.
- **Where there is no daily number** between two totals at most 28 days apart, the days in between share what the total
  grew by; longer silence stays empty. Such numbers are marked ≈.
- **Numbers below zero** correct earlier days: they count in totals, and are left out elsewhere.
- **Doses** are reported now and then, and spread like that. Of groups of countries, whose total jumps when a country
  begins to report, the publisher's own 7-day average is taken where it adds up to nearer the total.
- **Tests** are published as a 7-day average, which is not averaged again.
- **Per million or hundred people**: by the population that the file gives, the same for all days.
- **Change in a week**: the last seven days against the seven before; of a level, a report against seven days before it,
  where that was reported or lies between two reports of one week. Else no change is known, nor of a number older than
  14 days.
- **Latest**: the last number reported up to the end of the period, however old, with the change up to its own day; one
  older than 14 days has its day beside it. Lines join reports at most 28 days apart.
- **Countries and groups**: a group has no continent or is named so (World, European Union, incomes, “excl. …”). Groups
  are not in maps and rankings. Kosovo is a country.
- **Outbreak**: day 0 is the first with 100 cases in total, or with one death per million people.
- **Waves**: on the 7-day average smoothed over 15 days, a wave rises to at least 1.5 times the trough before it and
  falls below its peak divided by 1.5; values under 2% of the highest do not count. Its peak and height are those of the
  7-day average itself.
- **Excess mortality**: deaths of all causes against those expected from a trend through 2015 to 2019. The P-score is
  the difference of a week or month as a share of what was expected; excess deaths are the sum of the differences since
  January 2020, as the publisher counts them. Neither needs a test, both are estimates, and may be below zero.
- **Who is alike**: dynamic time warping (Sakoe and Chiba 1978) of weekly logarithms since the outbreak, at most four
  weeks apart.
- **What goes together**: Spearman's rank correlation between countries. Going together is not causing.
"""
        )
    )
