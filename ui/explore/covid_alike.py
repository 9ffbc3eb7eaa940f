"""The countries that went through COVID-19 most like the reference country."""

import pandas as pd
import streamlit as st

import locales
from charts.explore import covid as charts
from charts.explore import covid_alike
from data import tables
from data.tables import Stored
from locales.labels import place
from models.explore import alike, covid, covid_waves
from models.explore.covid import MEASURES, Shown
from ui import cards, inputs
from ui.explore import covid_data
from ui.text import N_, _, ngettext, plain

WEEKS = {
    "26": N_("First half year"),
    "52": N_("First year"),
    "104": N_("First two years"),
    "156": N_("First three years"),
}
LISTED = 15


def show(stored: Stored, values: pd.DataFrame, countries: pd.DataFrame, reference: str, measure: str) -> None:
    """The nearest courses up to the end of the period, by the chosen measure or, where it has no course, by cases."""
    shown = Shown("cases", "average", "million")
    if MEASURES[measure].total:
        shown = Shown(measure, "average", "million")
    elif MEASURES[measure].signed:
        st.caption(_("What may be below zero has no course to compare by factors: confirmed cases are compared."))
    else:
        shown = Shown(measure, "level", MEASURES[measure].per if MEASURES[measure].counted else "absolute")
    with st.container(width=240):
        weeks = inputs.choice(_("Since the outbreak"), list(WEEKS), "course", lambda one: _(WEEKS[one]), "104")
    courses, found, began = _nearest(
        stored.version, shown, reference, int(weeks), values.index[-1], stored, countries["group"]
    )
    if reference not in courses:
        text = _(
            "{country} has no such course in these days: choose a shorter one, another measure or another country."
        )
        st.info(plain(text.format(country=place(reference))))
        return
    cards.figure(covid_alike.lines(courses, found, reference, shown), "covid_alike", found.reset_index(names="country"))
    st.caption(
        _(
            "Compared: {unit}, week by week since each country's own first death per million people, {weeks} weeks. "
            "Weeks are matched so that the two differ least (dynamic time warping), none moved by more than {band} "
            "weeks ({days} days). The factor is how many times as much the higher of two matched weeks has, on "
            "average: 1 is the same course. What is below {floor} of the highest week counts as that. {count} "
            "countries have such a course."
        ).format(
            unit=plain(charts.within(shown)),
            weeks=weeks,
            band=alike.BAND,
            days=covid.WEEK * alike.BAND,
            floor=locales.percent(covid_waves.FLOOR),
            count=locales.number(len(courses.columns)),
        )
    )
    listed = found.head(LISTED)
    table = pd.DataFrame(
        {
            _("Country"): [place(str(name)) for name in listed.index],
            _("Differs by a factor of"): [locales.number(one, 2) for one in listed["times"]],
            _("Runs"): [_later(one) for one in listed["later"]],
            _("1 death per million people"): [locales.day(began[name]) for name in listed.index],
        }
    )
    if len(table):
        st.table(table.map(plain).set_index(_("Country")))


def _later(weeks: float) -> str:
    """By how much a course runs behind another."""
    days = round(abs(weeks) * covid.WEEK)
    if days < 2:
        return _("in step with it")
    text = (
        ngettext("{count} day after it", "{count} days after it", days)
        if weeks > 0
        else ngettext("{count} day before it", "{count} days before it", days)
    )
    return text.format(count=locales.number(days))


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs={Shown: repr})
def _nearest(
    version: str,  # with the rest, the key of the numbers
    shown: Shown,
    reference: str,
    weeks: int,
    last: pd.Timestamp,
    _stored: Stored,
    _group: pd.Series,
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, pd.Timestamp]]:
    """The courses of all countries and the reference, the nearest to it, and the day on which each began."""
    courses, began = _courses(version, shown, weeks, last, _stored)
    here = courses.loc[:, [name == reference or not _group[name] for name in courses]]
    return here, alike.nearest(here, reference), began


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs={Shown: repr})
def _courses(
    version: str,  # noqa: ARG001  # with the rest, the key of the numbers
    shown: Shown,
    weeks: int,
    last: pd.Timestamp,
    _stored: Stored,
) -> tuple[pd.DataFrame, dict[str, pd.Timestamp]]:
    """The courses of all countries and groups, and the day on which each began."""
    values = covid_data.panel(_stored, shown).loc[:last]
    deaths = covid.panel(tables.read(_stored, columns=["country", "date", "total_deaths"]), "total_deaths").loc[:last]
    total = covid.relative(deaths, covid_data.countries(_stored)["population"], "million")
    began = {str(name): reached.idxmax() for name, reached in total.ge(1).items() if reached.any()}
    return alike.courses(covid.aligned(covid.joined(values), total, 1), weeks), began
