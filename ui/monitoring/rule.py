"""The parts of the drift page that are about the rule for alerts: another threshold, other definitions of the PSI."""

import numpy as np
import pandas as pd
import streamlit as st

import locales
import settings
from charts.monitoring import rule as charts
from data import demo, state
from data.tables import Stored
from models.drift import alarms, alerts, watch
from models.drift.counted import Watched
from models.drift.monitored import Sheet
from models.lifecycle.watching import Reference
from ui import access, cards, inputs
from ui.monitoring import watched
from ui.text import _, ngettext

THRESHOLDS = tuple(np.round(np.arange(0.1, 0.81, 0.05), 2).tolist())


def rule(drift: pd.DataFrame, binned: Watched, stored: Stored, model: str) -> None:
    """What another threshold would have done since the model learned."""
    after = drift[~drift["learned"]]
    if after.empty:
        st.info(_("There are no days yet after those that the model learned from."), icon=":material/info:")
        return
    first, last = after["day"].min(), after["day"].max()
    planted = [pd.Timestamp(day) for day in demo.changes(stored.findings)]
    known = [*planted, *_acknowledged(model)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=280):
            usual = round(100 * watched.limit(model))
            threshold = inputs.slider(_("PSI threshold, in hundredths (30 is 0.30)"), "threshold", usual, 5, 100) / 100
        st.button(
            _("Use this threshold"),
            icon=":material/save:",
            disabled=threshold == watched.limit(model) or not access.changes(),
            on_click=alerts.set_threshold,
            args=(state.engine(settings.get().database_url), model, threshold),
            help=_("From now on columns over it are logged and told, here and in the scheduled jobs."),
        )
    changes = sorted({day for day in known if first <= day <= last})
    found = alarms.replay(after, threshold, changes)
    months = max((last - first).days / 30.4, 1.0)
    hits = [delay for delay in found.delays.values() if delay is not None]
    cards.metrics(
        [
            (
                _("Alerts a month"),
                locales.number(len(found.alerts) / months, 1),
                _("{count} in {months} months").format(count=len(found.alerts), months=locales.number(months)),
            ),
            (
                _("Real changes found"),
                f"{len(hits)} / {len(changes)}" if changes else "?",
                ngettext("after {days} day", "after {days} days", max(hits)).format(days=locales.number(max(hits)))
                if hits
                else _("none was found"),
            )
            if changes
            else (
                _("Real changes found"),
                "?",
                _("no change is known yet: acknowledge alerts with a reason on the page Monitoring: health"),
            ),
            (_("Other alerts"), locales.number(found.false), _("about no change that is known")),
            (
                _("Kept quiet"),
                locales.number(sum(found.quieted.values())),
                ngettext(
                    "alarm that was the season ({season}), noise or too few rows",
                    "alarms that were the season ({season}), noise or too few rows",
                    sum(found.quieted.values()),
                ).format(season=locales.number(found.quieted.get(watch.SEASONAL, 0))),
            ),
        ]
    )
    counts, delays = _curve(stored.version, str(binned.reference), str(changes), after, changes)
    with st.grid("auto", min_column_width=420):
        past = charts.alerts(found, first, last, threshold)
        cards.figure(past, "drift_alerts", found.alerts)
        per_month = [count / months for count in counts]
        table = pd.DataFrame({"threshold": THRESHOLDS, "alerts_a_month": per_month, "days_to_find": delays})
        cards.figure(charts.rule(THRESHOLDS, per_month, delays, threshold, past.layout.height), "drift_rule", table)


@st.cache_resource(max_entries=8, show_spinner=False)
def _curve(
    version: str,  # noqa: ARG001  # these three are the cache key
    reference: str,  # noqa: ARG001
    key: str,  # noqa: ARG001
    _after: pd.DataFrame,
    _changes: list[pd.Timestamp],
) -> tuple[list[int], list[float]]:
    """For each of `THRESHOLDS` the number of alerts, and the days until the last real change was found: infinite where
    one was missed, NaN where none is known."""
    counts, delays = [], []
    for threshold in THRESHOLDS:
        found = alarms.replay(_after, threshold, _changes)
        late = [np.inf if delay is None else float(delay) for delay in found.delays.values()]
        counts.append(len(found.alerts))
        delays.append(max(late, default=np.nan))
    return counts, delays


def definitions(
    stored: Stored, rows: tuple[Sheet, ...], against: Reference, day: pd.Timestamp, threshold: float
) -> None:
    """The same day by three definitions of the PSI."""
    table = watched.definitions(stored, rows, against, day.to_datetime64().astype("datetime64[D]"))
    cards.figure(charts.definitions(table, threshold), "drift_definitions", table.reset_index())
    st.caption(
        _(
            "An outlier stretches equal parts until nearly all rows are in one of them, and no change is seen; "
            "deciles of the reference are fixed, and an outlier is one row in the last of them. Evidently leaves "
            "missing values out; here they are a bin of their own."
        )
    )


def _acknowledged(model: str) -> list[pd.Timestamp]:
    rows = state.read(state.engine(settings.get().database_url), state.alert_log, model=model, kind="psi")
    answered = alerts.episodes(rows[rows["reason"].notna()]) if len(rows) else rows
    return [pd.Timestamp(day) for day in answered.get("first", [])]
