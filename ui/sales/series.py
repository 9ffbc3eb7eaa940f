"""Which series a page is about: everything or a part, revenue or units, by day, week or month. All in the URL."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import streamlit as st

import locales
from data import countries, tables
from data.countries import Country
from data.dataset import Finding
from data.tables import Stored
from locales.labels import label
from models.forecast import CannotForecast, holidays, source
from models.forecast import series as preparing
from models.forecast.combined import Forecast, turned
from models.forecast.combined import forecast as forecast_of
from ui import answers, background, inputs, store
from ui.sales import recent
from ui.text import N_, _, ngettext

HORIZONS = {"D": (7, 28, 120), "W": (2, 8, 26), "MS": (1, 3, 12)}  # least, usual and most steps ahead
STEPS = {"D": N_("Day"), "W": N_("Week"), "MS": N_("Month")}
MEASURES = {"revenue": N_("Revenue"), "units": N_("Units")}
AHEAD = {"D": N_("Days ahead"), "W": N_("Weeks ahead"), "MS": N_("Months ahead")}
JOB = "forecast"


@dataclass(frozen=True)
class Chosen:
    """A series and how it was chosen. `key` names it in the state database, `name` for a reader; `country` is whose
    bank holidays it has."""

    key: str
    name: str
    part: str | None
    value: str | None
    measure: str
    frequency: str
    horizon: int
    values: pd.Series
    findings: tuple[Finding, ...]
    currency: str
    country: Country

    def written(self, amount: float, digits: int = 0) -> str:
        """An amount of the series with its unit."""
        if self.measure == "revenue":
            return locales.money(amount, self.currency, digits)
        return ngettext("{count} unit", "{count} units", round(amount)).format(count=locales.number(amount, digits))


def choose(stored: Stored, measures: tuple[str, ...] = source.MEASURES, frequencies: str = "DWM") -> Chosen:
    """Ask for a series of a sales dataset. Stops the page, with a sentence, where it has no such days."""
    parts = [part for part in source.PARTS if part in stored.columns["sales"]]
    part = inputs.choice(
        _("What"), [source.ALL, *parts], "part", lambda one: _("Everything") if one == source.ALL else label(one)
    )
    value = None
    if part != source.ALL:
        shown = _shown(stored, part)
        if not shown:
            st.info(_("These data hold no goods that were sold or came back: choose others on the page Data."))
            st.stop()
        value = inputs.choice(label(part), list(shown), f"of.{part}", shown.__getitem__)
        if len(shown) == source.MAX_PARTS:
            st.caption(_("The {count} that sold most are in this list.").format(count=locales.number(source.MAX_PARTS)))
    measures = _known(stored, measures)
    measure = measures[0]
    if len(measures) > 1:
        measure = inputs.choice(_("Measure"), list(measures), "measure", lambda one: _(MEASURES[one]))
    finest = list(STEPS).index(_span(stored.version, stored).step)
    steps = [step for step in list(STEPS)[finest:] if step[0] in frequencies]
    if not steps:
        st.info(_("These data are totals of weeks or months: for this page they would have to be daily."))
        st.stop()
    frequency = steps[0]
    if len(steps) > 1:
        frequency = inputs.choice(_("Step"), steps, "step", lambda one: _(STEPS[one]))
    least, usual, most = HORIZONS[frequency]
    horizon = int(inputs.slider(_(AHEAD[frequency]), f"ahead.{frequency}", usual, least, most))
    name = _("Everything") if value is None else shown[value]
    return _made(stored, None if part == source.ALL else part, value, name, measure, frequency, horizon)


def _shown(stored: Stored, part: str) -> dict[str, str]:
    """The categories, stores or products of a dataset as a reader calls them, the largest first."""
    named = store.frame(stored, "stores").set_index("store")["name"].to_dict() if "stores" in stored.columns else {}
    return {one: named.get(one) or label(name) for one, name in _largest(stored.version, part, stored).items()}


def _known(stored: Stored, measures: tuple[str, ...]) -> tuple[str, ...]:
    """Those of some measures that the data know: a source may say only what was sold, or only for how much."""
    unknown = store.unknown(stored)
    lacks = {"revenue": "amount" in unknown, "units": "quantity" in unknown}
    return tuple(measure for measure in measures if not lacks[measure]) or measures


def _made(
    stored: Stored, part: str | None, value: str | None, name: str, measure: str, frequency: str, horizon: int
) -> Chosen:
    days = _days(stored.version, part, value, stored)
    covered = _span(stored.version, stored)
    values, findings = source.series(days, measure, frequency, covered) if len(days) else (pd.Series(dtype=float), ())
    currency = stored.origin.currency or "GBP"
    key = source.key(part, value, measure, frequency)
    country = countries.of(stored, part, value)
    return Chosen(key, name, part, value, measure, frequency, horizon, values, findings, currency, country)


def first(stored: Stored) -> tuple[Chosen, Forecast | None]:
    """The series that the page Sales: forecast shows first, and its forecast if it has been made already."""
    chosen = usual(stored, None, None, "revenue")
    found = answers.found(_key(stored, chosen, chosen.horizon))
    return chosen, found if isinstance(found, Forecast) else None


def usual(stored: Stored, part: str | None, value: str | None, measure: str) -> Chosen:
    """The series of everything, or of a part, as far as the page shows it at first."""
    step = _span(stored.version, stored).step
    return _of(stored, part, value, measure, step, HORIZONS[step][1])


def until(stored: Stored, part: str | None, value: str | None, measure: str, days: tuple[date, date]) -> Chosen | None:
    """The series of everything, or of a part, as far as some days to come: by the finest step whose whole steps they
    are, else the finest that reaches them; None where they are too far. No shorter than the page shows it at first."""
    span, (start, end) = _span(stored.version, stored), map(pd.Timestamp, days)
    reach = {
        step: len(pd.period_range(span.last + pd.Timedelta(days=1), end, freq=step[0]))
        for step in list(STEPS)[list(STEPS).index(span.step) :]
    }
    near = [step for step, steps in reach.items() if steps <= HORIZONS[step][2]]
    if not near:
        return None
    whole = [step for step in near if start == start.to_period(step[0]).start_time and end == _end(end, step)]
    step = (whole or near)[0]
    return _of(stored, part, value, measure, step, max(reach[step], HORIZONS[step][1]))


def _of(stored: Stored, part: str | None, value: str | None, measure: str, step: str, horizon: int) -> Chosen:
    name = _("Everything") if part is None or value is None else _shown(stored, part).get(value, value)
    measures = _known(stored, source.MEASURES)
    return _made(stored, part, value, name, measure if measure in measures else measures[0], step, horizon)


def inside(chosen: Chosen, found: Forecast, days: tuple[date, date]) -> np.ndarray:
    """Which steps of a forecast lie in some days whole, or in part where none does."""
    periods = found.frame.index.to_period(chosen.frequency[0])
    start, end = map(pd.Timestamp, days)
    whole = np.asarray((periods.start_time >= start) & (periods.end_time.normalize() <= end))
    return whole if whole.any() else np.asarray((periods.end_time >= start) & (periods.start_time <= end))


def _end(day: pd.Timestamp, step: str) -> pd.Timestamp:
    return day.to_period(step[0]).end_time.normalize()


def by_day(stored: Stored, chosen: Chosen, steps: pd.DatetimeIndex, whole: int) -> Chosen | None:
    """A chosen series of weeks or months by the day, as far as to the end of so many whole ones of its `steps` to come;
    None where its days are not known, or that is too far."""
    span = _span(stored.version, stored)
    monthly = chosen.frequency == "MS"
    ends = steps + pd.offsets.MonthEnd(0) if monthly else steps
    later = ends[(steps if monthly else steps - pd.Timedelta(days=6)) > span.last][:whole]
    ahead = max((later[-1] - span.last).days, HORIZONS["D"][1]) if len(later) else HORIZONS["D"][2] + 1
    if span.step != "D" or ahead > HORIZONS["D"][2]:
        return None
    return _made(stored, chosen.part, chosen.value, chosen.name, chosen.measure, "D", ahead)


def begun(stored: Stored, chosen: Chosen) -> str:
    """Begin to make the forecast of a series, if it is not there; the key of its answer."""
    key = _key(stored, chosen, chosen.horizon)
    answers.begin(key, JOB, _work(stored, chosen, chosen.horizon), share=True)
    return key


def prepare() -> None:
    """Make the forecast that the page shows first: nobody should wait for it."""
    stored = store.active("sales")
    chosen, found = first(stored)
    if found is None:
        answers.start(_key(stored, chosen, chosen.horizon), JOB, _work(stored, chosen, chosen.horizon), share=True)


def forecast(stored: Stored, chosen: Chosen, horizon: int | None = None) -> Forecast:
    """The forecast of a chosen series, made once in the background. Stops the page until it is there."""
    ahead = horizon or chosen.horizon
    found = answers.ready(_key(stored, chosen, ahead), JOB, _work(stored, chosen, ahead), share=True)
    said = recent.said(stored.lineage, chosen.key, found)
    if said is None or said[0] == found.window.history.recent:
        return found
    return answers.ready(f"{_key(stored, chosen, ahead)} {said[0]}", JOB, lambda _step: turned(found, chosen.values))


def _key(stored: Stored, chosen: Chosen, ahead: int) -> str:
    return f"{stored.version} {chosen.key} {ahead} {chosen.country.code}"


def _work(stored: Stored, chosen: Chosen, ahead: int) -> Callable[[background.Step], Forecast]:
    def work(step: background.Step) -> Forecast:
        if not len(chosen.values):
            raise CannotForecast(N_("There is not one whole step of sales in these data: choose a finer one."))

        def progress(_learner: str, /, *, done: int, windows: int) -> None:
            step(N_("Trying it on the past"), done / (windows + 1))

        return forecast_of(chosen.values, ahead, future=foreseen(stored, chosen, ahead), progress=progress)

    return work


def foreseen(stored: Stored, chosen: Chosen, ahead: int) -> pd.DataFrame | None:
    """What is known beforehand of a series (see `holidays.foreseen`), by the calendar beside the sales too."""
    history = preparing.regular(chosen.values)
    if ahead > len(history.values):
        return None
    calendar = store.frame(stored, "calendar") if "calendar" in stored.columns else None
    return holidays.foreseen(history, ahead, chosen.country.code, calendar)


@st.cache_resource(max_entries=40, show_spinner=False)
def _days(version: str, part: str | None, value: str | None, _stored: Stored) -> pd.DataFrame:  # noqa: ARG001
    """Revenue and units by day of everything, or of one category, store or product."""
    return tables.query(_stored, source.daily(part), **({"value": value} if part else {}))


@st.cache_resource(max_entries=12, show_spinner=False)
def _span(version: str, _stored: Stored) -> source.Span:  # noqa: ARG001
    """What the sales of a dataset cover."""
    return source.span(tables.query(_stored, source.SPAN))


@st.cache_resource(max_entries=12, show_spinner=False)
def _largest(version: str, part: str, _stored: Stored) -> dict[str, str]:  # noqa: ARG001
    """The categories, stores or products of a dataset with their names, the largest first."""
    found = tables.query(_stored, source.largest(part))
    return dict(zip(found["part"].astype(str), found["name"].astype(str), strict=True))
