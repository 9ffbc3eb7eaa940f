"""The views of the page COVID-19."""

from typing import TYPE_CHECKING

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

import locales
from charts import covid as charts
from data.tables import Stored
from locales.labels import label, place
from models import covid
from models.covid import MEASURES, TRAITS, Shown
from ui import cards, covid_data, downloads, inputs
from ui.text import N_, _, is_dark, plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PLAYED = 30  # days of a scatter that plays
LISTED = 40  # rows of a heatmap
BESIDE = ("deaths", "hospital", "fully_vaccinated")  # shown under the measure of one country
STARTS = {"calendar": N_("By date"), "cases": N_("Since 100 cases"), "deaths": N_("Since 1 death per million")}
SINCE = {"cases": N_("the first 100 cases"), "deaths": N_("the first death per million people")}
SHAPES = {"lines": N_("One figure"), "small": N_("One each")}
ROWS = {"chosen": N_("Countries chosen"), "largest": N_("Largest countries")}


def headline(stored: Stored, values: pd.DataFrame, known: pd.DataFrame, reference: str, shown: Shown) -> None:
    """The answer for the reference country as cards: now, highest, rank, in total."""
    one = values[reference].dropna() if reference in values else pd.Series(dtype=float)
    if one.empty:
        return
    ranked = covid.ranking(values[_countries(known, values)], values.index[-1])
    now, day = float(one.iloc[-1]), one.index[-1]
    before = float(values[reference].get(day - pd.Timedelta(days=covid.WEEK), float("nan")))
    when = _("on {day}").format(day=locales.day(day))
    if shown.form != "change" and (change := cards.share(now, before)):
        when = _("{change} in a week, on {day}").format(change=change, day=locales.day(day))
    texts = [
        (
            plain(place(reference)),
            charts.written(now, shown),
            when,
        ),
        (
            _("Highest in the period"),
            charts.written(float(one.max()), shown),
            _("on {day}").format(day=locales.day(one.idxmax())),
        ),
    ]
    if reference in ranked.index:
        rank = ranked.index.get_loc(reference) + 1
        share = _("of {count} countries, the highest first").format(count=locales.number(len(ranked)))
        texts.append((_("Place among countries"), locales.number(rank), share))
    counts = covid_data.counts(stored, shown.measure)
    if MEASURES[shown.measure].total:
        total = counts.total[reference].loc[: values.index[-1]].dropna()
        if len(total):
            texts.append(
                (
                    _("In total"),
                    locales.compact(total.iloc[-1]),
                    _("up to {day}").format(day=locales.day(total.index[-1])),
                )
            )
    cards.metrics(texts)


def notes(stored: Stored, measure: str, chosen: list[str], present: list[str], days: pd.DatetimeIndex) -> None:
    """What these numbers lack, in one paragraph."""
    told = []
    if missing := [name for name in chosen if name not in present]:
        text = _("{countries} reported nothing of this in the period.")
        told.append(text.format(countries=", ".join(map(place, missing))))
    continued = covid_data.counts(stored, measure).continued
    ended = [
        f"{place(name)} ({locales.day(continued[name])})"
        for name in present
        if continued.get(name, days[-1]) < days[-1]
    ]
    if ended:
        text = _("Daily numbers end before the totals, and go on as what these grew by: {countries}.")
        told.append(text.format(countries=", ".join(ended)))
    if told:
        st.caption(plain(" ".join(told)))


def over_time(stored: Stored, values: pd.DataFrame, present: list[str], reference: str, shown: Shown) -> None:
    """Lines in one figure or one each, by date or from the start of the outbreak; the comparison in words."""
    with st.container(horizontal=True, vertical_alignment="center"):
        shape = inputs.view(_("Shape"), list(SHAPES), "shape", lambda one: _(SHAPES[one]))
        since = "calendar"
        if shape == "lines":
            since = inputs.view(_("Along"), list(STARTS), "along", lambda one: _(STARTS[one]))
        log = inputs.toggle(_("Logarithmic"), "log")
    if not present:
        st.info(_("None of these countries reported this in the period: choose other ones, or another measure."))
        return
    mine = values[present]
    if log and not (mine > 0).any(axis=None):
        log = False
    if since != "calendar":
        total = covid_data.counts(stored, since).total
        if since == "deaths":
            total = covid.relative(total, covid_data.countries(stored)["population"], "million")
        mine = covid.aligned(covid_data.panel(stored, shown)[present], total, 100 if since == "cases" else 1)
        cards.figure(charts.aligned(mine, shown, log, _(SINCE[since])), "covid_aligned", mine.reset_index())
    elif shape == "small":
        cards.figure(charts.small(mine, shown, log), "covid_small", mine.reset_index(names="date"))
    else:
        cards.figure(charts.lines(mine, shown, log), "covid_lines", mine.reset_index(names="date"))
    if reference in present and shown.form != "change":
        told = charts.sentences(covid.compare(values, reference, present), reference, shown)
        if told:
            st.markdown("\n".join(f"- {plain(sentence)}" for sentence in told))


def world(stored: Stored, values: pd.DataFrame, known: pd.DataFrame, shown: Shown) -> None:
    """The map, which plays over the period."""
    region = _region()
    period = values.index[0], values.index[-1]
    figure = _map(stored.version, shown, region, period, is_dark(), locales.language(), values, known)
    table = covid.ranking(values[_countries(known, values, region)], values.index[-1])
    cards.figure(figure, "covid_map", table.reset_index(names="country"))
    st.caption(
        _("Grey: nothing reported. Colours reach up to the value that 2% exceed. Play with ▶, stop with ❚❚, or drag.")
    )


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs={Shown: repr})
def _map(
    version: str,  # noqa: ARG001  # with the period, the key of the numbers
    shown: Shown,
    region: str,
    period: tuple[pd.Timestamp, pd.Timestamp],  # noqa: ARG001
    dark: bool,
    language: str,  # noqa: ARG001
    _values: pd.DataFrame,
    _known: pd.DataFrame,
) -> go.Figure:
    """The map does not depend on the countries chosen, and is not drawn again for them."""
    here = _countries(_known, _values, region)
    numbers, asof = covid.carried(_values[here], covid.frames(_values.index, charts.FRAMES))
    return charts.world(numbers, asof, _known["code"].astype("str"), shown, region, dark)


def ranking(values: pd.DataFrame, known: pd.DataFrame, shown: Shown, chosen: list[str]) -> None:
    """Countries in order on the last day of the period."""
    region = _region()
    ranked = covid.ranking(values[_countries(known, values, region)], values.index[-1])
    if ranked.empty:
        st.info(_("Nothing of this was reported in the period: choose another measure or a longer period."))
        return
    figure = charts.ranking(ranked, shown, values.index[-1], chosen)
    cards.figure(figure, "covid_ranking", ranked.reset_index(names="country"))
    st.caption(
        _("The countries chosen are orange. Hatched: the last number is more than {days} days old.").format(
            days=covid.STALE
        )
    )


def country(stored: Stored, values: pd.DataFrame, name: str, shown: Shown) -> None:
    """One country: its waves, and what went with them."""
    panels = {shown.measure: (values[name], shown)}
    average = shown
    if MEASURES[shown.measure].total and shown.form != "average":
        average = Shown(shown.measure, "average", shown.per)
    steady = covid_data.panel(stored, average).loc[values.index, name]
    waves = covid.waves(steady)
    for measure in BESIDE:
        other = Shown(measure, MEASURES[measure].forms[0], "hundred" if measure == "fully_vaccinated" else "million")
        if measure != shown.measure and measure in covid_data.measures(stored):
            beside = covid_data.panel(stored, other).loc[values.index]
            if name in beside and beside[name].notna().any():
                panels[measure] = (beside[name], other)
    cards.figure(charts.timeline(panels, waves, name, average), "covid_country", waves)
    if len(waves):
        st.markdown(
            _("**Waves of {country}** ({unit})").format(country=plain(place(name)), unit=plain(charts.unit(average)))
        )
        st.dataframe(
            pd.DataFrame(
                {
                    _("Wave"): range(1, len(waves) + 1),
                    _("Start"): waves["start"].map(locales.day),
                    _("Peak"): waves["peak"].map(locales.day),
                    _("Trough"): [_("not yet") if pd.isna(day) else locales.day(day) for day in waves["trough"]],
                    _("Days to the peak"): (waves["peak"] - waves["start"]).dt.days,
                    _("Height at the peak"): waves["height"].round(2),
                    _("Sum from start to trough"): waves["total"].round(),
                }
            ),
            hide_index=True,
            column_config={
                _("Height at the peak"): st.column_config.NumberColumn(format="localized"),
                _("Sum from start to trough"): st.column_config.NumberColumn(format="localized"),
            },
        )
        downloads.table(waves, "covid_waves")


def relations(stored: Stored, known: pd.DataFrame, days: pd.DatetimeIndex) -> None:
    """Any two measures against each other, and all of them."""
    stand = covid_data.standing(stored, days[-1])
    stand = stand.loc[stand.index.isin(known.index[~known["group"]])].dropna(axis=1, how="all")
    options = list(stand.columns)
    if len(options) < 2:
        st.info(_("These data have no two measures that could go together."))
        return
    names = {one: label(one) if one in TRAITS else charts.unit(covid.usual(one)) for one in options}
    with st.container(horizontal=True):
        x = inputs.choice(_("Across"), options, "x", names.__getitem__, default="gdp_per_capita")
        y = inputs.choice(_("Up"), options, "y", names.__getitem__, default="deaths")
    period = days[0], days[-1]
    figure, table = _scatter(stored.version, names[x], names[y], period, stored, known, x, y, days)
    cards.figure(figure, "covid_scatter", table)
    figure, table = _correlations(stored.version, names, days[-1], is_dark(), stand)
    cards.figure(figure, "covid_correlations", table)


# These do not depend on the countries chosen, and are not drawn again for them. `names` tell the language too.
@st.cache_resource(max_entries=8, show_spinner=False)
def _scatter(
    version: str,  # noqa: ARG001
    across: str,
    up: str,
    period: tuple[pd.Timestamp, pd.Timestamp],  # noqa: ARG001
    _stored: Stored,
    _known: pd.DataFrame,
    _x: str,
    _y: str,
    _days: pd.DatetimeIndex,
) -> tuple[go.Figure, pd.DataFrame]:
    moving = [one for one in (_x, _y) if one in MEASURES]
    carried = {one: covid.carried(covid_data.panel(_stored, covid.usual(one)), _days)[0] for one in moving}
    fixed = pd.DataFrame({"population": _known["population"], "continent": _known["continent"].astype("str")})
    fixed = fixed[~_known["group"]]
    frames = {}
    for day in _days if moving else _days[-1:]:
        at = {axis: carried[one].loc[day] if one in carried else _known[one] for axis, one in (("x", _x), ("y", _y))}
        frames[day] = fixed.assign(**at).dropna()
    last = frames[_days[-1]]
    r = float(covid.correlations(last[["x", "y"]]).loc["x", "y"])
    figure = charts.scatter(frames, across, up, (_spread(last["x"]), _spread(last["y"])), r)
    return figure, last.reset_index(names="country")


@st.cache_resource(max_entries=4, show_spinner=False)
def _correlations(
    version: str,  # noqa: ARG001
    names: dict[str, str],
    day: pd.Timestamp,  # noqa: ARG001
    dark: bool,
    _stand: pd.DataFrame,
) -> tuple["Figure", pd.DataFrame]:
    matrix = covid.correlations(_stand.drop(columns=["doses", "intensive_care", "admissions"], errors="ignore"))
    return charts.correlations(matrix, names, dark), matrix.reset_index(names="measure")


def week_by_week(values: pd.DataFrame, present: list[str], known: pd.DataFrame, shown: Shown) -> None:
    """A heatmap of countries by weeks."""
    which = inputs.view(_("Rows"), list(ROWS), "rows", lambda one: _(ROWS[one]))
    if which == "largest":
        here = known.loc[_countries(known, values), "population"].nlargest(LISTED).index
        present = [name for name in here if values[name].notna().any()]
    shares = covid.weeks(values[present]).dropna(axis=1, how="all")
    if shares.empty:
        st.info(_("None of these countries reported this in the period: choose other ones, or another measure."))
        return
    cards.figure(charts.heatmap(shares, shown, is_dark()), "covid_weeks", shares.reset_index(names="week_to"))


def table(values: pd.DataFrame, present: list[str], shown: Shown) -> None:
    """The chosen countries as a table, with the numbers of every day as files."""
    if not present:
        return
    ranked = covid.ranking(values[present], values.index[-1])
    peak = values[ranked.index].idxmax()
    st.subheader(_("The countries chosen"), anchor=False)
    shown_table = pd.DataFrame(
        {
            _("Country"): [place(str(name)) for name in ranked.index],
            charts.unit(shown): [charts.written(value, shown) for value in ranked["value"]],
            _("Day"): [locales.day(day) for day in ranked["day"]],
            _("Change in a week"): [
                "" if change != change else charts.written_change(change) for change in ranked["change"]
            ],
            _("Highest in the period"): [charts.written(value, shown) for value in values[ranked.index].max()],
            _("Highest on"): [locales.day(day) for day in peak],
        }
    )
    # Not a data frame: for a few rows its canvas takes longer to paint than the figure above. A table reads Markdown.
    st.table(shown_table.map(plain).set_index(_("Country")))
    st.caption(_("Every day of these countries, as shown"))
    downloads.table(values[present].reset_index(names="date"), "covid")


def _region() -> str:
    with st.container(width=270):
        return inputs.choice(_("Part of the world"), list(charts.REGIONS), "region", charts.region)


def _countries(known: pd.DataFrame, values: pd.DataFrame, region: str = "World") -> list[str]:
    """The countries (no groups) of a part of the world that `values` has."""
    here = known[~known["group"] & ((region == "World") | (known["continent"] == region))]
    return [name for name in here.index if name in values]


def _spread(values: pd.Series) -> bool:
    """Whether numbers are so far apart that only a logarithmic axis shows them all."""
    return bool(len(values) and values.min() > 0 and values.max() > 20 * values.median())
