"""What the page COVID-19 reads and computes once a dataset, shared by all sessions. Never change what these return."""

import pandas as pd
import streamlit as st

from data import tables
from data.tables import Stored
from models.explore import covid
from models.explore.covid import MEASURES, TRAITS, Counts, Shown


def countries(stored: Stored) -> pd.DataFrame:
    """Every country and group of a dataset (see `models.explore.covid.countries`)."""
    return _countries(stored.version, stored)


@st.cache_resource(max_entries=2, show_spinner=False)
def _countries(version: str, _stored: Stored) -> pd.DataFrame:  # noqa: ARG001  # the cache key
    return covid.countries(_last(_stored, ["code", "continent", "population", *TRAITS]))


def measures(stored: Stored) -> list[str]:
    """The measures whose columns a dataset has."""
    return [name for name, one in MEASURES.items() if set(one.columns) <= set(stored.columns["covid"])]


def counts(stored: Stored, measure: str) -> Counts:
    """What was reported of a measure, a column a country."""
    return _counts(stored.version, measure, stored)


@st.cache_resource(max_entries=4, show_spinner=False)
def _counts(version: str, measure: str, _stored: Stored) -> Counts:  # noqa: ARG001  # the cache key
    one, known = MEASURES[measure], countries(_stored)
    columns = [*one.columns, *(name for name in _stored.columns["covid"] if name == one.published)]
    rows = tables.read(_stored, columns=["country", "date", *columns])
    return covid.counts(rows, one, frozenset(known.index[known["group"]]))


def joined(stored: Stored, shown: Shown, values: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What is drawn of a part of `panel`: its numbers and the lines between them, and which lie between two reports."""
    lines, days = covid.joined(values), filled(stored, shown)
    between = lines.notna() & values.isna()
    return lines, between if days is None else between | days.loc[values.index, values.columns]


def filled(stored: Stored, shown: Shown) -> pd.DataFrame | None:
    """The days whose number in a figure is a part of what a total grew by (see `models.explore.covid.Counts`)."""
    return counts(stored, shown.measure).filled if shown.form in ("average", "weekly", "biweekly", "new") else None


def panel(stored: Stored, shown: Shown) -> pd.DataFrame:
    """The numbers of a figure, a row a day and a column a country."""
    return _panel(stored.version, shown.measure, shown.form, shown.per, shown, stored)


@st.cache_resource(max_entries=16, show_spinner=False)
def _panel(version: str, measure: str, form: str, per: str, _shown: Shown, _stored: Stored) -> pd.DataFrame:  # noqa: ARG001  # the cache key
    values = covid.formed(counts(_stored, _shown.measure), _shown.form)
    if MEASURES[_shown.measure].counted and _shown.form != "change":
        values = covid.relative(values, countries(_stored)["population"], _shown.per)
    return values.astype("float32")


def within(stored: Stored, values: pd.DataFrame, region: str = "World") -> list[str]:
    """The countries (no groups) of a part of the world that `values` has."""
    known = countries(stored)
    here = known.index[~known["group"] & ((region == "World") | (known["continent"] == region))]
    return here[here.isin(values.columns)].to_list()


def ranking(stored: Stored, values: pd.DataFrame, shown: Shown, region: str = "World") -> pd.DataFrame:
    """Those countries in order on the last day of `values`, a part of the days of `panel` (see
    `models.explore.covid.ranking`)."""
    return _ranking(stored.version, shown, region, values.index[0], values.index[-1], values, stored)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs={Shown: repr})
def _ranking(
    version: str,  # noqa: ARG001  # with what is shown, of which part of the world and on which days, the cache key
    shown: Shown,
    region: str,
    start: pd.Timestamp,  # noqa: ARG001
    end: pd.Timestamp,
    _values: pd.DataFrame,
    _stored: Stored,
) -> pd.DataFrame:
    return covid.ranking(_values[within(_stored, _values, region)], end, filled(_stored, shown))


def standing(stored: Stored, day: pd.Timestamp) -> pd.DataFrame:
    """Where countries stood on a day (see `models.explore.covid.standing`)."""
    return _standing(stored.version, day, stored)


@st.cache_resource(max_entries=8, show_spinner=False)
def _standing(version: str, day: pd.Timestamp, _stored: Stored) -> pd.DataFrame:  # noqa: ARG001  # the cache key
    reported = sorted(
        {one for measure in MEASURES.values() for one in (measure.total or measure.level, measure.over) if one}
    )
    return covid.standing(_last(_stored, ["population", *reported, *TRAITS], day))


def _last(stored: Stored, columns: list[str], day: pd.Timestamp | None = None) -> pd.DataFrame:
    """What was last reported up to `day`, of those columns that a dataset has."""
    there = [name for name in columns if name in stored.columns["covid"]]
    return tables.query(stored, covid.final(there), day=day).set_index("country")
