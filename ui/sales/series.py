"""Which series a page is about: everything or a part, revenue or units, by day, week or month. All in the URL."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
import streamlit as st

import locales
from data import countries, tables
from data.countries import Country
from data.dataset import Finding
from data.tables import Stored
from locales.labels import heading, label
from models.forecast import CannotForecast, coherent, holidays, source
from models.forecast import series as preparing
from models.forecast.combined import Forecast, turned
from models.forecast.combined import forecast as forecast_of
from ui import answers, background, inputs, store
from ui.sales import occasions, recent
from ui.text import N_, _, ngettext

# Least, usual and most steps ahead.
HORIZONS = {"D": (7, 28, 120), "W": (2, 8, 26), "MS": (1, 3, 12), "QS": (1, 2, 8), "YS": (1, 2, 3)}
STEPS = {"D": N_("Day"), "W": N_("Week"), "MS": N_("Month"), "QS": N_("Quarter"), "YS": N_("Year")}
MEASURES = {"revenue": N_("Revenue"), "units": N_("Units")}
AHEAD = {
    "D": N_("Days ahead"),
    "W": N_("Weeks ahead"),
    "MS": N_("Months ahead"),
    "QS": N_("Quarters ahead"),
    "YS": N_("Years ahead"),
}
JOB = "forecast"
ADDING = ("category", "store")  # kinds of parts that are made to add up to everything,
MAX_ADDING = 12  # and the largest of each that are told by themselves
USUAL = 91  # days whose mean tells what no model can learn from
NOTHING = 1e-6  # share of everything that is none


@dataclass(frozen=True)
class Chosen:
    """A series and how it was chosen. `key` names it in the state database, `name` for a reader; `country` is whose
    bank holidays it has; `adds`: its forecast is to add up with those of the other parts."""

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
    adds: bool = False

    def written(self, amount: float, digits: int = 0) -> str:
        """An amount of the series with its unit."""
        if self.measure == "revenue":
            return locales.money(amount, self.currency, digits)
        return ngettext("{count} unit", "{count} units", round(amount)).format(count=locales.number(amount, digits))


def choose(stored: Stored, measures: tuple[str, ...] = source.MEASURES, frequencies: str = "DWMQY") -> Chosen:
    """Ask for a series of a sales dataset. Stops the page, with a sentence, where it has no such days."""
    parts = source.parts(stored.columns["sales"])
    part = inputs.choice(
        _("What"), [source.ALL, *parts], "part", lambda one: _("Everything") if one == source.ALL else heading(one)
    )
    value = None
    if part != source.ALL:
        shown = parts_of(stored, part)
        if not shown:
            st.info(_("These data hold no goods that were sold or came back: choose others on the page Data."))
            st.stop()
        value = inputs.choice(heading(part), list(shown), f"of.{part}", shown.__getitem__)
        if len(shown) == source.MAX_PARTS:
            st.caption(_("The {count} that sold most are in this list.").format(count=locales.number(source.MAX_PARTS)))
    measures = _known(stored, measures)
    measure = measures[0]
    if len(measures) > 1:
        measure = inputs.choice(_("Measure"), list(measures), "measure", lambda one: _(MEASURES[one]))
    steps = [step for step in _steps(stored) if step[0] in frequencies]
    if not steps:
        st.info(_("These data are totals of weeks or months: for this page they would have to be daily."))
        st.stop()
    frequency = steps[0]
    if len(steps) > 1:
        frequency = inputs.choice(_("Step"), steps, "step", lambda one: _(STEPS[one]))
    least, most = HORIZONS[frequency][::2]
    horizon = int(inputs.slider(_(AHEAD[frequency]), f"ahead.{frequency}", _usual(stored, frequency), least, most))
    name = _("Everything") if value is None else shown[value]
    made = _made(stored, None if part == source.ALL else part, value, name, measure, frequency, horizon)
    if part not in (source.ALL, *ADDING) or not has_days(stored) or not any(kind in parts for kind in ADDING):
        return made
    return replace(made, adds=inputs.toggle(_("Parts add up"), "adds"))


def parts_of(stored: Stored, kind: str) -> dict[str, str]:
    """The parts of a kind that can be chosen, the largest first, and what a reader calls each."""
    named = store.frame(stored, "stores").set_index("store")["name"].to_dict() if "stores" in stored.columns else {}
    return {one: named.get(one) or label(name) for one, name in _largest(stored.version, kind, stored).items()}


def end(stored: Stored, chosen: Chosen, step: pd.Timestamp) -> pd.Timestamp:
    """The last day of a step of a chosen series."""
    if chosen.frequency in ("D", "W"):
        return step
    if chosen.frequency == "MS":
        return step + pd.offsets.MonthEnd(0)
    covered, last = _span(stored.version, stored).last, chosen.values.index[-1]  # dated in their first or last month
    return step + pd.offsets.MonthEnd((covered.to_period("M") - last.to_period("M")).n + 1)


def has_days(stored: Stored) -> bool:
    """Whether the sales of a dataset are known by the day."""
    return _span(stored.version, stored).step == "D"


def has_weeks(stored: Stored) -> bool:
    """Whether the sales of a dataset are known by the week, or by the day."""
    return _span(stored.version, stored).step in ("D", "W")


def _usual(stored: Stored, step: str) -> int:
    """The usual horizon in such steps, no longer than what the data cover: no forecast reaches farther."""
    span, (least, usual, _most) = _span(stored.version, stored), HORIZONS[step]
    if pd.isna(span.first):  # no goods at all
        return usual
    return max(min(usual, len(pd.date_range(span.first, span.last, freq=step))), least)


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


def _steps(stored: Stored) -> list[str]:
    """The steps that a dataset can be forecast by; quarters and years only where it knows nothing finer, as of others
    there are rarely enough."""
    finest = _span(stored.version, stored).step
    return [step for step in list(STEPS)[list(STEPS).index(finest) :] if step in (finest, "W", "MS")]


def usual(stored: Stored, part: str | None, value: str | None, measure: str) -> Chosen:
    """The series of everything, or of a part, as far as the page shows it at first."""
    step = _span(stored.version, stored).step
    return _of(stored, part, value, measure, step, _usual(stored, step))


def until(stored: Stored, part: str | None, value: str | None, measure: str, days: tuple[date, date]) -> Chosen | None:
    """The series of everything, or of a part, as far as some days to come: by the finest step whose whole steps they
    are, else the finest that reaches them; None where they are too far. No shorter than the page shows it at first."""
    span, (start, end) = _span(stored.version, stored), map(pd.Timestamp, days)
    reach = {step: len(pd.period_range(span.last + pd.Timedelta(days=1), end, freq=step[0])) for step in _steps(stored)}
    near = [step for step, steps in reach.items() if steps <= HORIZONS[step][2]]
    if not near:
        return None
    whole = [step for step in near if start == start.to_period(step[0]).start_time and end == _end(end, step)]
    step = (whole or near)[0]
    return _of(stored, part, value, measure, step, max(reach[step], _usual(stored, step)))


def _of(stored: Stored, part: str | None, value: str | None, measure: str, step: str, horizon: int) -> Chosen:
    name = _("Everything") if part is None or value is None else parts_of(stored, part).get(value, value)
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


def prepare() -> None:
    """Make the forecast that the page shows first: nobody should wait for it."""
    stored = store.active("sales")
    chosen, found = first(stored)
    if found is None:
        answers.start(_key(stored, chosen, chosen.horizon), JOB, _work(stored, chosen, chosen.horizon), share=True)


def forecast(stored: Stored, chosen: Chosen, horizon: int | None = None) -> Forecast:
    """The forecast of a chosen series, made once in the background. Stops the page until it is there."""
    ahead = horizon or chosen.horizon
    agreed = together(stored, chosen.measure).get((chosen.part or "", chosen.value or "")) if chosen.adds else None
    found = answers.ready(_key(stored, chosen, ahead), JOB, _work(stored, chosen, ahead, agreed), share=True)
    said = recent.said(stored.lineage, chosen.key, found)
    if said is None or said[0] == found.window.history.recent:
        return found
    return answers.ready(f"{_key(stored, chosen, ahead)} {said[0]}", JOB, lambda _step: turned(found, chosen.values))


def by_day(stored: Stored, part: str | None, value: str | None, measure: str) -> Chosen:
    """A series by the day, as far as days are told so that weeks and months agree."""
    ahead = coherent.reach(_span(stored.version, stored).last)
    return _made(stored, part, value, value or "", measure, "D", ahead)


def together(stored: Stored, measure: str) -> dict[coherent.Key, pd.Series]:
    """The days to come of everything and of its parts, which add up (see `coherent.by_part`), made once in the
    background. The smaller parts of a kind are one, without a name. Stops the page until they are there."""

    def work(step: background.Step) -> dict[coherent.Key, pd.Series]:
        wanted = [(kind, name) for kind in ADDING if kind in stored.columns["sales"]
                  for name in list(_largest(stored.version, kind, stored))[:MAX_ADDING]]  # fmt: skip
        whole = by_day(stored, None, None, measure)
        told = {coherent.ALL: _told(stored, whole)}
        rest = dict.fromkeys((kind for kind, _name in wanted), whole.values)
        for number, (kind, name) in enumerate(wanted, 1):
            step(N_("Forecasting the parts"), number / (len(wanted) + 1))
            part = by_day(stored, kind, name, measure)
            if len(part.values) >= part.horizon:  # else it counts among the others
                told[kind, name] = _told(stored, part)
                rest[kind] = rest[kind] - part.values.reindex(whole.values.index, fill_value=0.0)
        for kind, values in rest.items():
            if values.abs().sum() > NOTHING * whole.values.abs().sum():
                told[kind, ""] = _told(stored, replace(whole, values=values))
        return coherent.by_part(told)

    return answers.ready(f"parts {stored.version} {measure}{occasions.name(occasions.said(stored))}", JOB, work)


def _told(stored: Stored, days: Chosen) -> pd.Series:
    """The days to come of a daily series; where no model can learn from it, its usual day again."""
    try:
        future = foreseen(stored, days, days.horizon)
        said = occasions.about(stored, days.part, days.value)
        return coherent.by_day(days.values, _span(stored.version, stored), future, said)
    except CannotForecast:
        dates = pd.date_range(days.values.index[-1], periods=days.horizon + 1)[1:]
        return pd.Series(float(days.values.iloc[-USUAL:].mean()), dates)


def of_revenue(stored: Stored, chosen: Chosen, units: Forecast) -> Forecast | None:
    """The forecast of the revenue of a series of units on the same days; None where nothing comes in, or the two take
    their last steps for different things. Stops the page until it is there."""
    if units.frame["mean"].sum() <= 0 or "amount" in store.unknown(stored):
        return None
    same = _made(stored, chosen.part, chosen.value, chosen.name, "revenue", chosen.frequency, chosen.horizon)
    if same.values.sum() <= 0:
        return None
    found = forecast(stored, replace(same, adds=chosen.adds))
    agree = found.window.history.recent == units.window.history.recent and not found.window.history.intermittent
    return found if agree and found.frame["mean"].sum() > 0 else None


def _key(stored: Stored, chosen: Chosen, ahead: int) -> str:
    said = occasions.said(stored) if chosen.adds else occasions.about(stored, chosen.part, chosen.value)
    adds = " adds" * chosen.adds
    return f"{stored.version} {chosen.key} {ahead} {chosen.country.code}{adds}{occasions.name(said)}"


def _work(
    stored: Stored, chosen: Chosen, ahead: int, agreed: pd.Series | None = None
) -> Callable[[background.Step], Forecast]:
    def work(step: background.Step) -> Forecast:
        if not len(chosen.values):
            raise CannotForecast(N_("There is not one whole step of sales in these data: choose a finer one."))

        def progress(_learner: str, /, *, done: int, windows: int) -> None:
            step(N_("Trying it on the past"), done / (windows + 1))

        said = occasions.about(stored, chosen.part, chosen.value)
        found = forecast_of(chosen.values, ahead, future=foreseen(stored, chosen, ahead), progress=progress, said=said)
        if not has_days(stored):
            return found
        days = by_day(stored, chosen.part, chosen.value, chosen.measure)
        if agreed is None:
            return coherent.agreeing(found, _told(stored, days), days.values, chosen.frequency)
        # What adds up is told for all at once: nobody is asked what the last steps of one of them are.
        return coherent.agreeing(replace(found, otherwise=None), agreed, days.values, chosen.frequency)

    return work


def foreseen(stored: Stored, chosen: Chosen, ahead: int) -> pd.DataFrame | None:
    """What is known beforehand of a series (see `holidays.foreseen`), by the calendar beside the sales too."""
    history = preparing.regular(chosen.values)
    calendar = store.frame(stored, "calendar") if "calendar" in stored.columns else None
    return holidays.foreseen(history, ahead, chosen.country.code, calendar)


@st.cache_resource(max_entries=40, show_spinner=False)
def _days(version: str, part: str | None, value: str | None, _stored: Stored) -> pd.DataFrame:  # noqa: ARG001
    """Revenue and units by day of everything, or of one part of it."""
    if part is None and "amount" not in store.unknown(_stored):
        return store.summed(_stored)[["day", "revenue", "units"]]
    return tables.query(_stored, source.daily(part, _stored.columns["sales"]), **({"value": value} if part else {}))


@st.cache_resource(max_entries=12, show_spinner=False)
def _span(version: str, _stored: Stored) -> source.Span:  # noqa: ARG001
    """What the sales of a dataset cover."""
    return source.span(tables.query(_stored, source.SPAN))


@st.cache_resource(max_entries=12, show_spinner=False)
def _largest(version: str, part: str, _stored: Stored) -> dict[str, str]:  # noqa: ARG001
    """The parts of a kind of a dataset with their names, the largest first."""
    found = tables.query(_stored, source.largest(part, _stored.columns["sales"]))
    return dict(zip(found["part"].astype(str), found["name"].astype(str), strict=True))
