"""The views of the page COVID-19."""

from datetime import date

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

import locales
from charts.explore import covid as charts
from charts.explore import covid_country, covid_relations, covid_time, covid_world
from data.tables import Stored
from locales.labels import label, place
from models.explore import covid, covid_waves
from models.explore.covid import MEASURES, TRAITS, Shown
from ui import cards, downloads, inputs
from ui.explore import covid_data
from ui.text import N_, _, is_dark, plain

PLAYED = 30  # days of a scatter that plays
LISTED = 40  # rows of a heatmap
BESIDE = ("deaths", "hospital", "doses", "fully_vaccinated", "stringency")  # shown under the measure of one country
EXCESS = ("excess", "excess_deaths", "excess_total")  # the first says how much more than usual, the others how many
CAUTION = {
    "fatality": N_(
        "Deaths by confirmed cases is not the risk of who falls ill: cases that nobody tested are missing, deaths come "
        "weeks after cases, and who was tested differs between countries."
    ),
    "tests_per_case": N_(
        "Tests are counted as people or as samples, at home or not at all, by country and year: compare a country with "
        "itself first."
    ),
}
ALIKE = ("doses", "vaccinated", "intensive_care", "admissions")  # go with others by what they are
STARTS = {"calendar": N_("By date"), "cases": N_("Since 100 cases"), "deaths": N_("Since 1 death/million")}
SINCE = {"cases": N_("the first 100 cases"), "deaths": N_("the first death per million people")}
SHAPES = {"lines": N_("One figure"), "small": N_("One each")}
WAVES = {"one": N_("Waves of this country"), "chosen": N_("Waves of all chosen")}
ROWS = {"chosen": N_("Countries chosen"), "largest": N_("Largest countries")}


def period(first: date, last: date) -> tuple[date, date]:
    """The first and last day shown: a slider, and for what a finger cannot hit, a calendar and whole years."""
    if first == last:  # nothing to choose
        return first, last
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        with st.container(width="stretch"):
            start, end = inputs.span(_("Period"), "period", first, last)
        days = st.popover(
            "",
            icon=":material/calendar_month:",
            type="tertiary",
            help=_("Choose the exact days, or a year"),
            key="covid-days",
            on_change="rerun",
        )
    if days.open:
        with days:
            if len(st.session_state.get("covid.days", ())) != 1:  # one: the second day is still to be chosen
                st.session_state["covid.days"] = (start, end)
            st.date_input(
                _("First and last day"),
                min_value=first,
                max_value=last,
                key="covid.days",
                format="DD/MM/YYYY",
                on_change=lambda: _set_period(*st.session_state["covid.days"]),
            )
            with st.container(horizontal=True):
                for year in range(first.year, last.year + 1):
                    one = max(first, date(year, 1, 1)), min(last, date(year, 12, 31))
                    st.button(str(year), on_click=_set_period, args=one)
                st.button(_("All days"), on_click=_set_period, args=(first, last))
    return start, end


def _set_period(*days: date) -> None:
    if len(days) == 2 and days[0] < days[1]:
        st.session_state["period"] = days
        st.session_state.pop("covid.days", None)


def headline(stored: Stored, values: pd.DataFrame, reference: str, shown: Shown) -> None:
    """The answer for the reference country as cards: now, highest (or added), rank, in total."""
    one = values[reference].dropna() if reference in values else pd.Series(dtype=float)
    if one.empty:
        return
    filled = covid_data.filled(stored, shown)
    ranked = covid_data.ranking(stored, values, shown)
    last = covid.ranking(values[[reference]], values.index[-1], filled).iloc[0]
    now, day, when = float(last["value"]), last["day"], charts.unit(shown)
    if not shown.signed and last["change"] == last["change"]:
        change = _("{change} in a week").format(change=charts.written_change(last["change"]))
        when = _("{unit}; {change}").format(unit=when, change=change)
    name = _("{country}, {day}").format(country=place(reference), day=locales.day(day))
    found = [(plain(name), charts.near(last["filled"]) + charts.written(now, shown), plain(when))]
    if shown.grows:
        since = _("since {day}").format(day=locales.day(one.index[0]))
        found.append((_("Added in the period"), charts.written(now - float(one.iloc[0]), shown), since))
    else:
        when = _("on {day}").format(day=locales.day(one.idxmax()))
        found.append((_("Highest in the period"), charts.written(float(one.max()), shown), when))
    compared = covid.alike(ranked, shown.grows)
    if reference in compared.index:
        rank = int((compared["value"] > compared["value"][reference]).sum()) + 1
        shared = int((compared["value"] == compared["value"][reference]).sum())
        share = _("of {count} countries, the highest first")
        if shared > 1:
            share = _("of {count} countries, the highest first; shared by {shared}")
        share = share.format(count=locales.number(len(compared)), shared=locales.number(shared))
        found.append((_("Place among countries"), locales.number(rank), share))
    if MEASURES[shown.measure].total and not (shown.form == "cumulative" and shown.per == "absolute"):
        total = covid_data.total(stored, shown.measure, [reference])[reference].loc[: values.index[-1]].dropna()
        if len(total):
            until = _("{measure} up to {day}").format(
                measure=_(charts.MEASURES[shown.measure]), day=locales.day(total.index[-1])
            )
            count = float(total.iloc[-1])
            found.append((_("In total"), (locales.number if count < 1e7 else locales.compact)(count), plain(until)))
    cards.metrics(found)


def caution(measure: str) -> None:
    """What a measure does not say."""
    if measure in CAUTION:
        st.caption(_(CAUTION[measure]))


def notes(stored: Stored, values: pd.DataFrame, chosen: list[str], present: list[str], shown: Shown) -> None:
    """What these numbers lack, in one paragraph."""
    texts = []
    if missing := [name for name in chosen if name not in present]:
        text = _("{countries} reported nothing of this in the period.")
        texts.append(text.format(countries=", ".join(map(place, missing))))
    counts, end = covid_data.counts(stored, shown.measure), values.index[-1]
    ended = [
        f"{place(name)} ({locales.day(counts.continued[name])})"
        for name in present
        if counts.continued.get(name, end) < end
    ]
    if ended:
        text = _("Daily numbers end before the totals, and go on as what these grew by: {countries}.")
        texts.append(text.format(countries=", ".join(ended)))
    between = covid_data.joined(values[present], covid_data.filled(stored, shown))[1].any()
    if between.any():
        text = _("≈ marks what lies between two reports, in equal parts or on a straight line: {countries}.")
        texts.append(text.format(countries=", ".join(map(place, between.index[between]))))
    for name, (said, grown) in counts.sums.items():
        if name in present:
            text = _(
                "{group}: at the publisher, doses a day add up to {said} and the total grew by {grown}, as countries "
                "begin or stop to report; days show the first, totals the second."
            )
            texts.append(text.format(group=place(name), said=locales.compact(said), grown=locales.compact(grown)))
    if texts:
        st.caption(plain(" ".join(texts)))


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
        total = covid_data.total(stored, since, present)
        if since == "deaths":
            total = covid.relative(total, covid_data.countries(stored)["population"], "million")
        least, whole = 100 if since == "cases" else 1, covid_data.panel(stored, shown)[present]
        filled = covid_data.filled(stored, shown)
        lines, between = (covid.aligned(one, total, least) for one in covid_data.joined(whole, filled))
        mine = covid.aligned(whole, total, least)
        cards.figure(
            covid_time.aligned(lines, between, shown, log, _(SINCE[since])), "covid_aligned", mine.reset_index()
        )
    else:
        draw, name = (covid_time.small, "covid_small") if shape == "small" else (covid_time.lines, "covid_lines")
        lines, between = covid_data.joined(mine, covid_data.filled(stored, shown))
        cards.figure(draw(lines, between, shown, log), name, mine.reset_index(names="date"))
    compared = covid.compare(values, reference, present) if reference in present and shown.form != "change" else []
    if compared:
        day = values[reference].last_valid_index()
        against = _("**Compared with {country}** ({value} on {day})").format(
            country=plain(place(reference)),
            value=plain(charts.written(float(values.loc[day, reference]), shown)),
            day=plain(locales.day(day)),
        )
        texts = charts.sentences(compared, reference, shown, day)
        st.markdown(f"{against}\n" + "\n".join(f"- {plain(sentence)}" for sentence in texts))


def world(stored: Stored, values: pd.DataFrame, countries: pd.DataFrame, shown: Shown) -> None:
    """The map, which plays over the period."""
    region = _region()
    if not covid_data.within(stored, values, region):
        st.info(_("These data have no country in this part of the world: choose another one."))
        return
    period = values.index[0], values.index[-1]
    figure = _map(stored.version, shown, region, period, is_dark(), locales.language(), values, countries, stored)
    table = covid_data.ranking(stored, values, shown, region)
    cards.figure(figure, "covid_map", table.reset_index(names="country"))
    st.caption(
        _(
            "Grey: nothing reported yet. Values beyond the end of the scale (2% of all) have its last colour. "
            "Play with ▶, stop with ❚❚, or drag."
        )
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
    _by_country: pd.DataFrame,
    _stored: Stored,
) -> go.Figure:
    """The map does not depend on the countries chosen, and is not drawn again for them."""
    here, days = covid_data.within(_stored, _values, region), covid_data.filled(_stored, shown)
    numbers, asof = covid.carried(_values[here], covid.frames(_values.index, charts.FRAMES))
    filled = _values[here].notna() & (False if days is None else days.loc[_values.index, here])
    between = covid.carried(filled.astype(float).where(_values[here].notna()), asof.index)[0].eq(1)
    return covid_world.world(numbers, asof, between, _by_country["code"].astype("str"), shown, region, dark)


def ranking(stored: Stored, values: pd.DataFrame, shown: Shown, chosen: list[str]) -> None:
    """Countries in order on the last day of the period."""
    ranked = covid_data.ranking(stored, values, shown, _region())
    if ranked.empty:
        st.info(_("Nothing of this was reported in the period: choose another measure or a longer period."))
        return
    figure = covid_world.ranking(ranked, shown, values.index[-1], chosen)
    cards.figure(figure, "covid_ranking", ranked.reset_index(names="country"))
    st.caption(
        _(
            "The countries chosen are orange. Hatched: the last number is more than {days} days old. ≈: between two "
            "reports."
        ).format(days=covid.STALE)
    )


def country(stored: Stored, values: pd.DataFrame, name: str, present: list[str], shown: Shown) -> None:
    """One country: its waves, and what went with them; the waves of all those chosen as a table."""
    days, known, average = slice(values.index[0], values.index[-1]), covid_data.measures(stored), shown
    others = [shown]
    if MEASURES[shown.measure].total:
        average = Shown(shown.measure, "average", shown.per)
    elif "cases" in known and (shown.grows or shown.signed):  # what has no waves: those of cases
        average = Shown("cases", "average", "million")
        others = [average, shown]
    excess = [one for one in EXCESS if one in known][:2] if shown.measure in EXCESS else []
    for measure in (*excess, *BESIDE):
        per = MEASURES[measure].per if MEASURES[measure].counted else "absolute"
        if measure not in [one.measure for one in others] and measure in known:
            others.append(Shown(measure, MEASURES[measure].forms[0], per))
    panels = {one.measure: (*_line(stored, one, days, name), one) for one in others}
    panels = {one: panel for one, panel in panels.items() if one in (shown.measure, "cases") or panel[0].notna().any()}
    waves = covid_waves.waves(covid_data.course(stored, average, name)[0][name].loc[days])
    cards.figure(covid_country.timeline(panels, waves, name, average), "covid_country", waves)
    _protected(stored, days, name)
    which = inputs.view(_("Waves"), list(WAVES), "waves", lambda one: _(WAVES[one]))
    everyone = present if which == "chosen" else [name]
    every = {one: covid_waves.waves(covid_data.course(stored, average, one)[0][one].loc[days]) for one in everyone}
    listed = pd.concat([table.assign(country=one, wave=range(1, len(table) + 1)) for one, table in every.items()])
    if listed.empty:
        st.caption(_("No wave stands out in this period."))
        return
    st.markdown(_("**Waves** ({unit})").format(unit=plain(charts.unit(average))))
    rising = (listed["peak"] - listed["start"]).dt.days
    st.dataframe(
        pd.DataFrame(
            {
                _("Country"): [place(str(one)) for one in listed["country"]],
                _("Wave"): listed["wave"],
                _("Start"): listed["start"].dt.date,
                _("Peak"): listed["peak"].dt.date,
                _("Trough"): listed["trough"].dt.date,
                _("Days to the peak"): rising,
                _("Height at the peak"): listed["height"].round(2),
                _("In all, from start to trough"): listed["total"].round(),
            }
        ),
        hide_index=True,
        placeholder=_("not yet"),
        column_config={
            **dict.fromkeys((_("Start"), _("Peak"), _("Trough")), st.column_config.DateColumn(format="DD/MM/YYYY")),
            _("Height at the peak"): st.column_config.NumberColumn(format="localized"),
            _("In all, from start to trough"): st.column_config.NumberColumn(format="localized"),
        },
    )
    downloads.table(listed[["country", "wave", "start", "peak", "trough", "height", "total"]], "covid_waves")


def _protected(stored: Stored, days: slice, name: str) -> None:
    """How hospitals filled and emptied while people were vaccinated."""
    x, y = (Shown(one, "level", MEASURES[one].per) for one in ("fully_vaccinated", "hospital"))
    if not {x.measure, y.measure} <= set(covid_data.measures(stored)):
        return
    line = pd.DataFrame({axis: _line(stored, one, days, name)[0] for axis, one in (("x", x), ("y", y))})
    if len(line.dropna()) > covid.GAP:
        cards.figure(covid_country.path(line, x, y, name), "covid_protected", line.reset_index(names="date"))
        st.caption(_("Both moved with waves, variants and seasons too: this is what happened, not what caused it."))


def _line(stored: Stored, shown: Shown, days: slice, name: str) -> tuple[pd.Series, pd.Series]:
    values, filled = covid_data.course(stored, shown, name)
    lines, between = covid_data.joined(values.loc[days], filled)
    return lines[name], between[name]


def relations(stored: Stored, countries: pd.DataFrame, days: pd.DatetimeIndex) -> None:
    """Any two measures against each other, and all of them."""
    stand = covid_data.standing(stored, days[-1])
    options = list(stand.columns)
    if len(options) < 2:
        st.info(_("These data have no two measures that could go together."))
        return
    names = {one: label(one) if one in TRAITS else charts.unit(covid.usual(one)) for one in options}
    left, right = st.columns(2)  # under each other on a telephone
    with left:
        x = inputs.choice(_("Across"), options, "x", names.__getitem__, default="gdp_per_capita")
    with right:
        y = inputs.choice(_("Up"), options, "y", names.__getitem__, default="deaths")
    period = days[0], days[-1]
    figure, table = _scatter(stored.version, names[x], names[y], period, stored, countries, x, y, days)
    cards.figure(figure, "covid_scatter", table)
    st.caption(
        _(
            "Totals are compared as last reported; under the pointer, a number more than {days} days old has its day. "
            "Of all else, what ended more than {days} days before the newest number is left out."
        ).format(days=covid.STALE)
    )
    short = {one: label(one) if one in TRAITS else _(charts.MEASURES[one]) for one in options}  # ranks have no unit
    matrix = _matrix(stored.version, days[-1], stand)
    if matrix.notna().to_numpy().sum() > len(matrix):
        cards.figure(
            covid_relations.correlations(matrix, short), "covid_correlations", matrix.reset_index(names="measure")
        )


# These do not depend on the countries chosen, and are not drawn again for them. `names` tell the language too.
@st.cache_resource(max_entries=8, show_spinner=False)
def _scatter(
    version: str,  # noqa: ARG001
    across: str,
    up: str,
    period: tuple[pd.Timestamp, pd.Timestamp],  # noqa: ARG001
    _stored: Stored,
    _by_country: pd.DataFrame,
    _x: str,
    _y: str,
    _days: pd.DatetimeIndex,
) -> tuple[go.Figure, pd.DataFrame]:
    moving = [one for one in (_x, _y) if one in MEASURES]
    fixed = pd.DataFrame({"population": _by_country["population"], "continent": _by_country["continent"].astype("str")})
    fixed = fixed[~_by_country["group"]]
    carried = {}
    for one in moving:
        numbers, asof = (found.reindex(columns=fixed.index) for found in covid_data.standings(_stored, one, _days))
        compared = covid.usual(one).grows | covid.of_one_time(asof.to_numpy())
        carried[one] = numbers.where(compared), asof
    frames = {}
    for day in _days if moving else _days[-1:]:
        at = {
            axis: carried[one][0].loc[day] if one in carried else _by_country[one]
            for axis, one in (("x", _x), ("y", _y))
        }
        oldest = pd.DataFrame({one: asof.loc[day] for one, (_numbers, asof) in carried.items()}).min(axis=1)
        frames[day] = fixed.assign(**at, day=oldest if moving else day).dropna()
    last = frames[_days[-1]]
    r = float(covid.correlations(last[["x", "y"]]).loc["x", "y"])
    figure = covid_relations.scatter(frames, across, up, (_spread(last["x"]), _spread(last["y"])), r)
    return figure, last.reset_index(names="country")


@st.cache_resource(max_entries=4, show_spinner=False)
def _matrix(version: str, day: pd.Timestamp, _stand: pd.DataFrame) -> pd.DataFrame:  # noqa: ARG001  # the cache key
    return covid.correlations(_stand.drop(columns=list(ALIKE), errors="ignore"))


def week_by_week(
    stored: Stored, values: pd.DataFrame, present: list[str], countries: pd.DataFrame, shown: Shown
) -> None:
    """A heatmap of countries by weeks."""
    which = inputs.view(_("Rows"), list(ROWS), "rows", lambda one: _(ROWS[one]))
    if which == "largest":
        here = countries.loc[covid_data.within(stored, values), "population"].nlargest(LISTED).index
        present = [name for name in here if values[name].notna().any()]
    shares = covid.weeks(values[present]).dropna(axis=1, how="all")
    if shares.empty:
        st.info(_("None of these countries reported this in the period: choose other ones, or another measure."))
        return
    cards.figure(covid_relations.heatmap(shares, shown, is_dark()), "covid_weeks", shares.reset_index(names="week_to"))


def table(stored: Stored, values: pd.DataFrame, present: list[str], shown: Shown) -> None:
    """The chosen countries as a table, with the numbers of every day as files."""
    if not present:
        return
    last = values.index[-1]
    ranked = covid.ranking(values[present], last, covid_data.filled(stored, shown))
    highest = values[ranked.index]
    st.subheader(_("The countries chosen, up to {day}").format(day=locales.day(last)), anchor=False)
    st.caption(plain(charts.unit(shown)))
    dated = _("{value} ({day})")
    numbers = {
        _("Country"): [place(str(name)) for name in ranked.index],
        _("Latest"): [
            charts.near(filled) + charts.written(value, shown)
            if day == last
            else dated.format(value=charts.near(filled) + charts.written(value, shown), day=locales.day(day))
            for value, day, filled in zip(ranked["value"], ranked["day"], ranked["filled"], strict=True)
        ],
    }
    if not shown.signed:
        changes = ranked["change"]
        numbers[_("Change in a week")] = ["–" if one != one else charts.written_change(one) for one in changes]
    if not shown.grows:
        numbers[_("Highest in the period")] = [
            dated.format(value=charts.written(float(highest[name].max()), shown), day=locales.day(day))
            for name, day in highest.idxmax().items()
        ]
    shown_table = pd.DataFrame(numbers)
    # Not a data frame: for a few rows its canvas takes longer to paint than the figure above. A table reads Markdown.
    st.table(shown_table.map(plain).set_index(_("Country")))
    st.caption(_("Every day of these countries, as shown"))
    downloads.table(values[present].reset_index(names="date"), "covid")


def _region() -> str:
    with st.container(width=270):
        return inputs.choice(_("Part of the world"), list(covid_world.REGIONS), "region", charts.region)


def _spread(values: pd.Series) -> bool:
    """Whether numbers are so far apart that only a logarithmic axis shows them all."""
    return bool(len(values) and values.min() > 0 and values.max() > 20 * values.median())
