"""The views of the forecast page: parts, a date, the league, the time machine, the bridge, the analysts' word."""

from datetime import UTC, datetime
from functools import reduce

import numpy as np
import pandas as pd
import streamlit as st

import locales
import settings
from charts.sales import forecast as charts
from data import state, tables
from data.tables import Stored
from models.forecast import engine, explain, holidays, intervals, learners, scenario
from models.forecast import series as preparing
from models.forecast.combined import QUICK, Forecast, table
from models.forecast.engine import DEFAULT, Window
from models.lifecycle import sales
from ui import access, answers, background, cards, downloads, inputs, store
from ui.sales import beside, series
from ui.sales.series import Chosen
from ui.text import N_, _, ngettext, plain

MODEL = sales.NAME
REFRESHED = 2  # seconds between looks at what slow models have said
TRYING = {"sarima": N_("Trying SARIMA on the past"), "lstm": N_("Trying LSTM on the past")}
AXES = {"revenue": N_("Revenue ({currency})"), "units": N_("Units")}
_slow: dict[str, list[Window]] = {}  # what slow learners have said so far, by series


def axis(chosen: Chosen) -> str:
    """The title of an axis of amounts."""
    return _(AXES[chosen.measure]).format(currency=chosen.currency)


def overrides(stored: Stored, chosen: Chosen) -> pd.DataFrame:
    """What analysts said about a series of these data, or of what they go on from, instead of the forecast."""
    database, home = state.engine(settings.get().database_url), settings.get().home
    known = [state.read(database, state.overrides, model=MODEL, subject=subject)
             for subject in (chosen.key, _subject(stored, chosen))]  # fmt: skip
    same = [one.version for one in tables.stored(home, stored.table) if one.lineage == stored.lineage]
    known[0] = known[0][known[0]["version"].isin(same)]  # kept while all data shared the names of their series
    return pd.concat(known).drop_duplicates("target_day", keep="last").sort_values("target_day", ignore_index=True)


def _subject(stored: Stored, chosen: Chosen) -> str:
    """What an analyst's word is about: another shop has a series of everything, too."""
    return f"{stored.lineage} {chosen.key}"


def main(stored: Stored, chosen: Chosen, found: Forecast, last_year: pd.Series | None) -> None:
    """History, forecast and bands."""
    title = charts.fan_title(found.frame, last_year, found.total[80], chosen.written)
    overridden = overrides(stored, chosen)
    ahead = overridden[overridden["target_day"].isin(found.frame.index)]
    is_open = found.frame[found.window.counted]
    drawn = charts.fan(
        chosen.values.reindex(found.window.history.dates), is_open, title, axis(chosen), chosen.written, overrides=ahead
    )
    cards.figure(drawn, "forecast", found.frame.reset_index())


def closures(stored: Stored, chosen: Chosen, found: Forecast) -> None:
    """What of the days to come is taken to be closed, and the way to bring in the calendar beside the sales."""
    dates = found.frame.index
    named = holidays.bank_holidays(chosen.country.code, dates[0].date(), dates[-1].date())
    bank = ngettext("{count} bank holiday", "{count} bank holidays", len(named))
    of = [bank.format(count=locales.number(len(named)))] if chosen.country.code else []
    if "calendar" in stored.columns:
        calendar = store.frame(stored, "calendar")
        shut = calendar["date"].isin(dates) & calendar["open"].eq(False)
        if shut.any():
            days = ngettext("{count} day closed by the calendar", "{count} days closed by the calendar", shut.sum())
            of.append(days.format(count=locales.number(shut.sum())))
        if off := int((scenario.promised(calendar, dates) > 0).sum()):
            days = ngettext("{count} day of planned promotions", "{count} days of planned promotions", off)
            of.append(days.format(count=locales.number(off)))
    count = (~found.window.counted).sum()
    closed = ngettext(
        "Of {days} days to come {closed} is forecast as closed.",
        "Of {days} days to come {closed} are forecast as closed.",
        count,
    )
    sentence = closed.format(days=locales.number(len(dates)), closed=locales.number(count))
    known = _("Known of them: {known}.").format(known=", ".join(of)) if of else ""
    with st.container(horizontal=True, gap="small"):
        st.caption(plain(f"{sentence} {known}".strip()), width="content")
        if "calendar" not in stored.columns:
            beside.link("calendar")


def parts(chosen: Chosen, found: Forecast) -> None:
    """What the forecast is made of: trend, week, time of the year."""
    history = found.window.history
    year = pd.date_range(found.frame.index[-1] - pd.Timedelta(days=364), found.frame.index[-1])
    shown = learners.parts(history, history.dates[-2 * len(year) :].append(found.frame.index[found.window.counted]))
    with st.grid("auto", min_column_width=380):
        cards.figure(charts.trend(history.values, shown, axis(chosen), chosen.written), "trend", shown.reset_index())
        if chosen.frequency == "D":
            week = shown[["week"]].iloc[-min(len(shown), 7 * 8) :]
            cards.figure(charts.week(week), "week", week.groupby(week.index.day_of_week).mean().reset_index())
        if shown["year"].nunique() > 1:
            factors = learners.parts(history, year)[["year"]]
            cards.figure(charts.year(factors), "year", factors.rename_axis("date").reset_index())
    if shown["year"].nunique() == 1:
        st.caption(_("The time of the year needs a year and a half of history: it is not told apart from the trend."))


def on_date(stored: Stored, chosen: Chosen, found: Forecast) -> None:
    """What will be sold on one date, or what was."""
    first, last = chosen.values.index[0].date(), chosen.values.index[-1].date()
    latest = (pd.Timestamp(last) + pd.Timedelta(days=365)).date()
    usual = found.frame.index[min(len(found.frame), 7) - 1].date()
    asked = inputs.day(_("What will we sell on this date?"), "date", usual, first, latest)
    when = pd.Timestamp(asked)
    if when <= chosen.values.index[-1]:
        came = chosen.values.asof(when)
        st.info(
            plain(
                _("{day} is over: {amount} was sold. Choose a later day for a forecast.").format(
                    day=locales.day(asked), amount=chosen.written(float(came))
                )
            ),
            icon=":material/history:",
        )
        return
    if when > found.frame.index[-1]:
        ahead = len(preparing.regular(chosen.values).ahead(366))
        steps = preparing.regular(chosen.values).ahead(ahead)
        found = series.forecast(stored, chosen, int(np.searchsorted(steps, when) + 1))
    row = found.frame.iloc[int(np.searchsorted(found.frame.index, when))]
    day = pd.Timestamp(row.name)
    if found.window.history.ended:
        st.info(_("{day}: nothing is expected, since this ended.").format(day=plain(locales.day(day))))
        return
    if row["hi-95"] == 0:
        st.info(_("{day}: closed, nothing will be sold.").format(day=plain(locales.day(day))))
        return
    cards.metrics(
        [
            (locales.day(day), chosen.written(row["mean"]), _("expected")),
            (_("Four in five"), f"{chosen.written(row['lo-80'])} – {chosen.written(row['hi-80'])}", _("80% band")),
            (_("19 in 20"), f"{chosen.written(row['lo-95'])} – {chosen.written(row['hi-95'])}", _("95% band")),
        ]
    )
    like = (
        chosen.values[chosen.values.index.day_of_week == day.day_of_week] if chosen.frequency == "D" else chosen.values
    )
    shown = like.iloc[-8:][::-1]
    st.caption(_("The latest days like it"))
    st.dataframe(
        pd.DataFrame(
            {
                _("Date"): [locales.day(one) for one in shown.index],
                _("Sold"): [chosen.written(value) for value in shown],
            }
        ),
        hide_index=True,
        width=420,
        placeholder="–",
    )


def league(stored: Stored, chosen: Chosen, found: Forecast) -> None:
    """Every model's error at past origins, against naive and in money; slow ones join as they speak."""
    if not found.past:
        st.info(_("The history is too short to try models on it."))
        return
    key = f"{stored.version} {chosen.key} {chosen.horizon} slow"
    st.fragment(_league, run_every=REFRESHED if answers.running(key) else None)(key, chosen, found)


def _league(key: str, chosen: Chosen, found: Forecast) -> None:
    slow_part(key, chosen, found)
    slower = {window.length: window for window in _slow.get(key, [])}
    windows = [_joined(one, slower[one.length]) for one in found.past if one.length in slower] or list(found.past)
    scores = explain.league(table(windows, len(windows)), chosen.horizon)
    cards.figure(charts.league(scores, chosen.written, chosen.frequency), "league", scores)
    shown = pd.DataFrame({_("Model"): [_(charts.LEARNERS[name]) for name in scores["model"]]})
    shown[_("Saved against naive, a horizon")] = [chosen.written(value) for value in scores["saved"]]
    for column, title, digits in (("mase", "MASE", 2), ("mape", "MAPE", -1), ("smape", "sMAPE", -1)):
        shown[title] = [_number(value, digits) for value in scores[column]]
    shown["RMSE"] = [chosen.written(value) for value in scores["rmse"]]
    shown[_("Bias")] = [chosen.written(value) for value in scores["bias"]]
    shown[_("Held by the 80% band")] = [_number(value, -1) for value in scores["coverage-80"]]
    shown[_("Held by the 95% band")] = [_number(value, -1) for value in scores["coverage-95"]]
    shown[_("Seconds a fit")] = [locales.number(value, 2) for value in scores["seconds"]]
    st.dataframe(shown, hide_index=True, placeholder="–")
    st.caption(
        _("Past origins: {windows}; steps ahead: {horizon}; each with only what was known then.").format(
            windows=len(windows), horizon=chosen.horizon
        )
    )


def slow_part(key: str, chosen: Chosen, found: Forecast) -> None:
    """Start the slow learners, or show how far they are; what they have said so far is in the league."""
    names = [name for name in learners.SLOW if name in learners.LEARNERS]
    if answers.watched(key):
        return
    if len(_slow.get(key, [])) == len(found.past):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(_("Try the slow models too"), icon=":material/hourglass_top:"):
            history, made = preparing.regular(chosen.values), _slow.setdefault(key, [])
            lengths = [window.length for window in found.past]

            def work(step: background.Step) -> None:
                for number, length in enumerate(lengths[len(made) :], len(made)):
                    by_learner: dict[str, Window] = {}
                    for place, name in enumerate(names):
                        step(TRYING[name], (number + place / len(names)) / len(lengths))
                        by_learner[name] = engine.look(history, length, chosen.horizon, [name])
                    made.append(reduce(_joined, by_learner.values()))

            answers.start(key, "slow forecasts", work)
            st.rerun()
        spoken = ", ".join(_(charts.LEARNERS[name]) for name in names)
        st.caption(_("{names}: some seconds for each past origin, in the background.").format(names=spoken))
    if "lstm" not in learners.LEARNERS:
        st.caption(_("LSTM is an extra that is not installed: pip install -r requirements-deep.txt adds it."))


def machine(stored: Stored, chosen: Chosen, found: Forecast) -> None:
    """Back to a past day: what each model would have said then, with only what was known."""
    history = preparing.regular(chosen.values)
    least = max(len(history.values) // 3, 21 if history.frequency == "D" else 8)
    most = len(history.values) - 1
    if least >= most:
        st.info(_("The history is too short to go back in it."))
        return
    usual = max(most - chosen.horizon, least)
    origin = inputs.day(
        _("Stand on this day"),
        "origin",
        history.dates[usual].date(),
        history.dates[least].date(),
        history.dates[most].date(),
    )
    length = int(history.dates.searchsorted(pd.Timestamp(origin), side="right"))
    options = [name for name in charts.LEARNERS if name in QUICK]
    shown = inputs.pills(_("Also show"), options, "models", lambda name: _(charts.LEARNERS[name]))
    window = _looked(f"{stored.version} {chosen.key} {chosen.horizon}", length, chosen, history)
    bands = intervals.bands(window, found.past, DEFAULT)
    frame = pd.DataFrame({"mean": window.forecast[DEFAULT]}, window.dates)
    for level, (lo, hi) in bands.items():
        frame[f"lo-{level}"], frame[f"hi-{level}"] = lo, hi
    actual = pd.Series(window.actual, window.dates).dropna()
    title = _("Nothing of what came is known yet: this is today's forecast")
    if len(actual):
        total, sold = frame["mean"].iloc[: len(actual)].sum(), actual.sum()
        sentence = _("On {day} Vigie would have said {said}; {came} came")
        title = sentence.format(day=locales.day(window.origin), said=chosen.written(total), came=chosen.written(sold))
    others = {name: window.forecast[name][window.counted] for name in shown if name in window.forecast}
    is_open = frame[window.counted]
    past = chosen.values.reindex(window.history.dates)
    came = actual.reindex(is_open.index).dropna()
    drawn = charts.fan(past, is_open, title, axis(chosen), chosen.written, came, others=others)
    cards.figure(drawn, "time_machine", frame.assign(actual=window.actual).rename_axis("date").reset_index())
    over = [one for one in found.past if one.dates[-1] <= window.origin]
    if not over:
        st.caption(_("No past origin was over by then: the bands are those of a naive forecast."))


@st.cache_resource(max_entries=60, show_spinner=False)
def _looked(key: str, length: int, _chosen: Chosen, _known: preparing.Regular) -> Window:  # noqa: ARG001
    return engine.look(_known, length, _chosen.horizon, QUICK)


def bridge(chosen: Chosen, found: Forecast) -> None:
    """From the last period to the next one."""
    then = next((one for one in reversed(found.past) if one.dates[-1] <= found.window.origin), None)
    if then is None or not np.isfinite(then.actual).all():
        st.info(_("The history is too short for two periods side by side."))
        return
    steps = explain.bridge(then, found.window)
    cards.figure(
        charts.bridge(steps, chosen.written), "bridge", steps.rename("amount").rename_axis("step").reset_index()
    )
    sentence = _("The period that is over: {a} to {b}. The next one: {c} to {d}.")
    ends = [locales.day(one) for one in (then.dates[0], then.dates[-1], found.window.dates[0], found.window.dates[-1])]
    st.caption(plain(sentence.format(**dict(zip("abcd", ends, strict=True)))))


def _override(stored: Stored, chosen: Chosen, found: Forecast) -> None:
    with st.form("override", border=True):
        st.markdown(_("**Say something else**"))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            dates = list(found.frame.index[found.window.counted])
            day = st.selectbox(_("Day"), dates, format_func=locales.day)
            value = st.number_input(axis(chosen), value=float(round(found.frame["mean"].get(day, 0.0))), step=1.0)
            author = access.name(_("Who says so"), "override.author")
            reason = st.text_input(_("Reason"), max_chars=200)
        sent = st.form_submit_button(_("Keep"), icon=":material/edit_note:")
    if sent and not (author.strip() and reason.strip()):
        st.warning(_("Say who you are and why: without a reason nobody can learn from it later."))
    elif sent:
        row = {"model": MODEL, "subject": _subject(stored, chosen), "target_day": day.date(), "version": stored.version}
        row |= {"mean": float(found.frame["mean"][day]), "value": value, "reason": reason.strip()}
        row |= {"author": author.strip(), "created": datetime.now(UTC)}
        state.upsert(state.engine(settings.get().database_url), state.overrides, [row])
        st.rerun()


def word(stored: Stored, chosen: Chosen, found: Forecast) -> None:
    """An analyst's own number for a day, with a reason, kept, and scored when the day has come."""
    overridden = overrides(stored, chosen)
    if access.changes():
        _override(stored, chosen, found)
    if overridden.empty:
        return
    judged = explain.judged(overridden, chosen.values)
    shown = overridden.merge(judged[["target_day", "actual", "analyst_closer"]], on="target_day", how="left")
    closer = {True: _("the analyst"), False: _("the forecast")}
    st.dataframe(
        pd.DataFrame(
            {
                _("Day"): [locales.day(one) for one in shown["target_day"]],
                _("Forecast"): [chosen.written(one) for one in shown["mean"]],
                _("Analyst"): [chosen.written(one) for one in shown["value"]],
                _("Who"): shown["author"],
                _("Reason"): shown["reason"],
                _("Sold"): ["" if pd.isna(one) else chosen.written(one) for one in shown["actual"]],
                _("Closer"): [closer.get(one, "") for one in shown["analyst_closer"]],
            }
        ),
        hide_index=True,
        placeholder="–",
    )
    downloads.table(shown.drop(columns="created", errors="ignore"), "forecast_overrides", excel=False)
    if len(judged):
        better = judged["improved"].sum()
        sentence = (
            ngettext(
                "Analysts were closer on {share} of {count} day, and {amount} better in all.",
                "Analysts were closer on {share} of {count} days, and {amount} better in all.",
                len(judged),
            )
            if better >= 0
            else ngettext(
                "Analysts were closer on {share} of {count} day, and {amount} worse in all.",
                "Analysts were closer on {share} of {count} days, and {amount} worse in all.",
                len(judged),
            )
        )
        share, count = locales.percent(judged["analyst_closer"].mean()), locales.number(len(judged))
        st.caption(plain(sentence.format(share=share, count=count, amount=chosen.written(abs(better)))))
        reasons = explain.by_reason(judged)
        st.markdown(_("**What each reason added or took away**"))
        st.dataframe(
            pd.DataFrame(
                {
                    _("Reason"): reasons["reason"],
                    _("Days"): reasons["days"],
                    _("Put on the forecast"): [locales.signed(one, chosen.written) for one in reasons["moved"]],
                    _("Analyst closer"): [locales.percent(one) for one in reasons["closer"]],
                    _("Closer by, in all"): [locales.signed(one, chosen.written) for one in reasons["improved"]],
                }
            ),
            hide_index=True,
            placeholder="–",
        )


def logged_once(stored: Stored, chosen: Chosen, found: Forecast) -> None:
    """Keep what was said in the prediction log, for the monitoring to score; once a series, horizon and process."""
    _logged(f"{stored.version} {chosen.key} {chosen.horizon}", stored, chosen, found)


@st.cache_resource(max_entries=500, show_spinner=False)
def _logged(key: str, _stored: Stored, _chosen: Chosen, _found: Forecast) -> None:  # noqa: ARG001  # the cache key
    database = state.engine(settings.get().database_url)
    rows = sales.forecasts(_found.frame, _stored.version, _chosen.key, _found.window.origin, datetime.now(UTC))
    state.upsert(database, state.prediction_log, rows)


def _joined(one: Window, other: Window) -> Window:
    """A window with what two sets of learners said."""
    return Window(**{**vars(one), "forecast": one.forecast | other.forecast, "seconds": one.seconds | other.seconds})


def _number(value: float, digits: int) -> str:
    if not np.isfinite(value):
        return "–"
    return locales.percent(value) if digits < 0 else locales.number(value, digits)
