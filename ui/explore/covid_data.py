"""What the page COVID-19 reads and computes once a dataset, shared by all sessions. Never change what these return."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from data import tables
from data.tables import Stored
from models.explore import covid
from models.explore.covid import MEASURES, TRAITS, Counts, Shown

AT_ONCE = 4  # columns that are read at a time: a column takes 5 MB, to open the file as long as to read one
FILLED = ("average", "weekly", "biweekly", "new")  # forms in which a number may be a part of what a total grew by


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


@st.cache_resource(max_entries=2, show_spinner=False)  # 10 MB each
def _counts(version: str, measure: str, _stored: Stored) -> Counts:  # noqa: ARG001  # the cache key
    one = MEASURES[measure]
    columns = [*one.columns, *(name for name in _stored.columns["covid"] if name == one.published)]
    return _counted(_stored, measure, tables.read(_stored, columns=["country", "date", *columns]))


def _counted(stored: Stored, measure: str, rows: pd.DataFrame) -> Counts:
    known = countries(stored)
    return covid.counts(rows, MEASURES[measure], frozenset(known.index[known["group"]]))


def total(stored: Stored, measure: str, names: Sequence[str]) -> pd.DataFrame:
    """What was counted of a measure in all, of some countries: a panel."""
    column = MEASURES[measure].total or ""
    found = {name: covid.panel(_reported(stored.version, name, stored), column)[name] for name in names}
    return pd.DataFrame(found, _days(stored))


def course(stored: Stored, shown: Shown, name: str) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """`panel` and `filled` of one country, where those of all are not asked for: of each measure they take 12 MB."""
    return _course(stored.version, shown, name, stored)


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs={Shown: repr})
def _course(version: str, shown: Shown, name: str, _stored: Stored) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    found = _counted(_stored, shown.measure, _reported(version, name, _stored))
    filled = found.filled if shown.form in FILLED else None
    whole = _shaped(_stored, found, shown).reindex(_days(_stored))
    return whole, None if filled is None else filled.reindex(whole.index, fill_value=False)


@st.cache_resource(max_entries=16, show_spinner=False)
def _reported(version: str, name: str, _stored: Stored) -> pd.DataFrame:  # noqa: ARG001  # the cache key
    """All that one country reported."""
    used = {column for one in MEASURES.values() for column in (*one.columns, one.published)}
    columns = ["country", "date", *(column for column in _stored.columns["covid"] if column in used)]
    return tables.read(_stored, columns=columns, rows=tables.among("country", [name]))


def _days(stored: Stored) -> pd.DatetimeIndex:
    first, last = stored.span or (pd.NaT, pd.NaT)
    return pd.date_range(first, last, unit="us")


def joined(values: pd.DataFrame, days: pd.DataFrame | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What is drawn of a part of a panel, some of whose `days` are `filled`: its numbers and the lines between them,
    and which lie between two reports."""
    lines = covid.joined(values)
    between = lines.notna() & values.isna()
    return lines, between if days is None else between | days.loc[values.index, values.columns]


def filled(stored: Stored, shown: Shown) -> pd.DataFrame | None:
    """The days whose number in a figure is a part of what a total grew by (see `models.explore.covid.Counts`)."""
    return counts(stored, shown.measure).filled if shown.form in FILLED else None


def panel(stored: Stored, shown: Shown) -> pd.DataFrame:
    """The numbers of a figure, a row a day and a column a country."""
    return _panel(stored.version, shown, stored)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs={Shown: repr})
def _panel(version: str, shown: Shown, _stored: Stored) -> pd.DataFrame:  # noqa: ARG001  # the cache key
    return _shaped(_stored, counts(_stored, shown.measure), shown)


def _shaped(stored: Stored, found: Counts, shown: Shown) -> pd.DataFrame:
    values = covid.formed(found, shown.form)
    if MEASURES[shown.measure].counted and shown.form != "change":
        values = covid.relative(values, countries(stored)["population"], shown.per)
    return values.astype("float32")


def standings(stored: Stored, measure: str, days: pd.DatetimeIndex) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The last numbers of a measure on some days, as countries are compared (see `models.explore.covid.usual`), and the
    days that these are of.

    Not kept, as panels are: a figure that plays is all that needs them.
    """
    one = MEASURES[measure]
    counted = replace(one, level=one.total or one.level)  # as it stands: what was counted by day is not asked for
    found = covid.counts(tables.read(stored, columns=["country", "date", *dict.fromkeys(counted.columns)]), counted)
    return covid.carried(_shaped(stored, found, covid.usual(measure)), days)


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
    """Where countries (no groups) stood on a day (see `models.explore.covid.standing`)."""
    return _standing(stored.version, day, stored)


@st.cache_resource(max_entries=8, show_spinner=False)
def _standing(version: str, day: pd.Timestamp, _stored: Stored) -> pd.DataFrame:  # noqa: ARG001  # the cache key
    names, known = measures(_stored), countries(_stored)
    reported = (
        covid.stood(tables.read(_stored, columns=MEASURES[name].columns), MEASURES[name]).rename(name) for name in names
    )
    last, days = covid.final(tables.read(_stored, columns=["country", "date"]), reported, day)
    people = known.loc[~known["group"], ["population", *(name for name in TRAITS if name in known)]]
    return covid.standing(people.join(last), days.reindex(people.index))


def _last(stored: Stored, columns: list[str]) -> pd.DataFrame:
    """What was last reported, of those columns that a dataset has."""
    there = [name for name in columns if name in stored.columns["covid"]]
    parts = (tables.read(stored, columns=there[at : at + AT_ONCE]) for at in range(0, len(there), AT_ONCE))
    return covid.final(
        tables.read(stored, columns=["country", "date"]), (part[name] for part in parts for name in part)
    )[0]
