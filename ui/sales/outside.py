"""A series with what an epidemic counted: is its forecast better by it? Tried on the past, in the background."""

import pandas as pd
import streamlit as st

import locales
from charts import theme
from charts.explore.covid import MEASURES as NAMES
from charts.explore.covid import unit
from charts.sales import forecast as fans
from charts.sales import outside as charts
from data import meaning, tables
from data.tables import Stored
from locales.labels import place
from models.explore import covid, known
from models.explore.covid import MEASURES, Form, Shown
from models.forecast import outside
from models.forecast.combined import Forecast
from models.forecast.outside import Trial
from ui import answers, background, cards, inputs, store
from ui.sales import series
from ui.sales.forecast import axis
from ui.sales.series import Chosen
from ui.text import N_, _, ngettext, plain

AXES = {"revenue": N_("Less off, a step ({currency})"), "units": N_("Less off, a step (units)")}
SHOWN = {"D": 7, "W": 1, "MS": 1}  # steps of which what was sold is averaged to be seen beside a smooth number
COUNTRY, NUMBER, USE, USED, TRIED = (f"outside.{one}" for one in ("country", "number", "use", "used", "tried"))


def show(stored: Stored, chosen: Chosen, found: Forecast) -> None:
    """Choose a country and a number of it, try it, and say whether it helps and how sure that is."""
    epidemic = store.active("covid")
    st.caption(cards.provenance(epidemic))
    names = _names(epidemic.version, epidemic)
    columns = set(epidemic.columns["covid"])
    measures = [one for one in known.TOLD if set(MEASURES[one].columns) <= columns]
    if not names or not measures:
        st.info(_("These data hold no country and day: choose others on the page Data."))
        return
    here = next((one for one in names if chosen.country.code and meaning.country(one) == chosen.country.code), "")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=260):
            country = inputs.choice(_("Country"), names, COUNTRY, place, here)
        with st.container(width=300):
            measure = inputs.choice(_("Number"), measures, NUMBER, lambda one: _(NAMES[one]))
        numbers = _known(epidemic.version, measure, country, epidemic)
        key = _key(stored, chosen, epidemic, country, measure)
        asked = answers.found(key) is not None or answers.running(key)
        if not asked:
            asked = st.button(_("Try it on the past"), icon=":material/history:", type="primary")
    if numbers.dropna().empty:
        st.info(plain(_("{countries} reported nothing of this in the period.").format(countries=place(country))))
        return
    if not asked:
        st.caption(
            _(
                "The forecast is made again at up to {count} past origins, with this number and without it: about a "
                "minute, in the background."
            ).format(count=outside.WINDOWS)
        )
        return
    made = answers.ready(key, series.JOB, lambda step: _tried(step, stored, chosen, numbers))
    _judged(made, chosen, _(NAMES[measure]), place(country))
    _ahead(made, chosen, found)
    span = chosen.values.loc[made.windows["start"].iloc[0] :]
    smooth = span.rolling(SHOWN[chosen.frequency], min_periods=1).mean()
    seen = numbers.reindex(pd.date_range(span.index[0], span.index[-1]))
    title = _("What was sold, and below it what was known of the number on each day")
    form: Form = "level" if MEASURES[measure].level else "average"
    named = unit(Shown(measure, form, "absolute"))
    drawn = charts.both(smooth, seen, title, axis(chosen), named, chosen.written)
    cards.figure(drawn, "outside_both", smooth.rename("sold").to_frame().join(seen.rename("number")).reset_index())
    _said(made, chosen, key)


def used(stored: Stored, chosen: Chosen) -> Forecast | None:
    """The forecast with the number that somebody wants the page to show, where it was tried and reaches so far."""
    country, number = st.session_state.get(COUNTRY), st.session_state.get(NUMBER)
    if not (st.session_state.get(USE) and country and number):
        return None
    made = answers.found(_key(stored, chosen, store.active("covid"), country, number))
    if not isinstance(made, Trial) or made.forecast is None:
        return None
    sentence = _("Shown with a number from outside: {number}, {country} (below, “With COVID-19”).")
    st.info(plain(sentence.format(number=_(NAMES[number]), country=place(country))), icon=":material/add_chart:")
    return made.forecast


def _key(stored: Stored, chosen: Chosen, epidemic: Stored, country: str, measure: str) -> str:
    series = f"{stored.version} {chosen.key} {chosen.horizon} {chosen.country.code}"
    return f"{series} {epidemic.version} {country} {measure}"


def _tried(step: background.Step, stored: Stored, chosen: Chosen, numbers: pd.Series) -> Trial:
    def progress(_learner: str, /, *, done: int, windows: int) -> None:
        step(N_("Trying it on the past"), done / windows)

    future = series.foreseen(stored, chosen, chosen.horizon)
    return outside.trial(chosen.values, numbers, chosen.horizon, future, progress)


def _judged(made: Trial, chosen: Chosen, number: str, country: str) -> None:
    """The answer, and the errors behind it."""
    windows, gain = made.windows, made.gain
    closer = int((windows["with"] < windows["without"]).sum())
    between = _("{lo} to {hi} in 19 of 20 cases").format(lo=_change(gain.hi), hi=_change(gain.lo))
    step = {"D": _("a day"), "W": _("a week"), "MS": _("a month")}.get(chosen.frequency, _("a step"))
    cards.metrics(
        [
            (_("Off by, without it"), chosen.written(float(windows["without"].mean())), step),
            (_("Off by, with it"), chosen.written(float(windows["with"].mean())), step),
            (_("Change of the error"), _change(gain.mean), between),
            (
                _("Closer with it"),
                locales.number(closer),
                ngettext("of {count} past origin", "of {count} past origins", len(windows)).format(
                    count=locales.number(len(windows))
                ),
            ),
        ]
    )
    title = charts.verdict(made, number, country)
    less = _(AXES[chosen.measure]).format(currency=chosen.currency)
    cards.figure(charts.trial(made, title, less, chosen.written), "outside_trial", windows)


def _change(gain: float) -> str:
    return locales.signed(-gain, locales.percent)


def _ahead(made: Trial, chosen: Chosen, found: Forecast) -> None:
    """The forecast of the days to come with the number, beside the one without it."""
    if made.forecast is None:
        text = _("This number is not known up to the end of these sales: tried up to {day}, it tells nothing since.")
        st.caption(plain(text.format(day=locales.day(made.until))))
        return
    told = made.forecast
    title = _("With it {told} are expected, without it {without}").format(
        told=chosen.written(float(told.frame["mean"].sum())), without=chosen.written(float(found.frame["mean"].sum()))
    )
    is_open = told.frame[told.window.counted]
    past = chosen.values.reindex(told.window.history.dates)
    drawn = fans.fan(past, is_open, title, axis(chosen), chosen.written)
    sentence = _("{day}: {amount} expected without it")
    without = found.frame["mean"].reindex(is_open.index)
    drawn.add_trace(fans.line_trace(without, _("Without it"), sentence, chosen.written, theme.LEAVE, "dash", 1.8))
    cards.figure(drawn, "outside_forecast", told.frame.reset_index())
    on = inputs.toggle(_("Show this forecast on the whole page"), USE)
    if on != st.session_state.get(USED, False):
        st.session_state[USED] = on
        st.rerun()  # all of the page, not the view alone


def _said(made: Trial, chosen: Chosen, key: str) -> None:
    """What the trial does not say."""
    texts = []
    if made.answer != "helps":
        texts.append(_("Nothing here speaks for adding it."))
    steps = {
        "D": ngettext("{count} day ahead", "{count} days ahead", chosen.horizon),
        "W": ngettext("{count} week ahead", "{count} weeks ahead", chosen.horizon),
        "MS": ngettext("{count} month ahead", "{count} months ahead", chosen.horizon),
    }[chosen.frequency].format(count=locales.number(chosen.horizon))
    texts.append(
        _(
            "Nobody knows the number beforehand: forecasts {steps} use only what is out by then, two days after its "
            "day. What acts sooner than that cannot help. The numbers are those the source gives today, with its later "
            "corrections. That a number helps does not mean that it is the cause."
        ).format(steps=steps)
    )
    tried: set[str] = st.session_state.setdefault(TRIED, set())
    tried.add(key)
    count = sum(one.startswith(key.split(" ")[0]) for one in tried)
    if count > 1:
        texts.append(
            _("Tried so far on these sales: {count}. Of forty numbers that are of no use one helps by luck.").format(
                count=locales.number(count)
            )
        )
    st.caption(plain(" ".join(texts)))


@st.cache_resource(max_entries=2, show_spinner=False)
def _names(version: str, _epidemic: Stored) -> list[str]:  # noqa: ARG001  # the cache key
    """The countries and groups of a dataset, by name."""
    return sorted(map(str, tables.read(_epidemic, columns=["country"])["country"].unique()))


@st.cache_resource(max_entries=12, show_spinner=False)
def _known(version: str, measure: str, country: str, _epidemic: Stored) -> pd.Series:  # noqa: ARG001  # the cache key
    one = MEASURES[measure]
    columns = ["country", "date", *one.columns]
    rows = tables.read(_epidemic, columns=columns, rows=tables.among("country", [country]))
    return known.known(covid.counts(rows, one), measure, country)
