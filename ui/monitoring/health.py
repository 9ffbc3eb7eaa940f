"""The parts of the page Monitoring: health: checks, alerts to answer, tables of sources, jobs and versions, logs."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Literal

import pandas as pd
import streamlit as st

import locales
import settings
from charts.monitoring import health as charts
from connectors import ConnectorError, notify
from data import export, state, vitals
from locales.labels import job, label
from models.drift import alerts, messages
from models.lifecycle import health
from ui import access, background, cards, database, downloads, schedules
from ui.text import N_, _, ngettext, plain

FRESH = 20  # seconds that what was seen is shown again
STATUS: dict[health.Status, tuple[str, Literal["green", "orange", "red"], str]] = {
    "ok": ("check_circle", "green", N_("fine")),
    "warning": ("warning", "orange", N_("worth a look")),
    "problem": ("error", "red", N_("problem")),
}
DAYS = 30  # of jobs that are drawn
LOGS = {
    "psi_log": N_("how far each column has moved, day by day"),
    "alerts_log": N_("every alert, who was told of it and what was answered"),
    "predictions": N_("what the models said, and what came"),
    "performance_log": N_("how good the models were, window by window"),
}
MODEL_STATUS = {"champion": N_("in use"), "challenger": N_("kept, not in use"), "retired": N_("replaced")}


@st.cache_resource(ttl=FRESH, max_entries=2, show_spinner=False)
def seen(home: Path, database_url: str) -> vitals.Vitals:
    """What Vigie says of itself, looked at anew after `FRESH` seconds."""
    return vitals.gather(home, database_url)


def ended(last: pd.DataFrame) -> str:
    """How the first of some runs stands, in a word."""
    state_ = last["state"].iloc[0] if len(last) else ""
    return _(charts.STATES[state_]) if state_ else _("none")


def figures(found: vitals.Vitals, now: datetime) -> None:
    """The jobs of the last days, and how old the data are."""
    days, ages = health.by_day(found, now, DAYS), health.ages(found, now)
    with st.grid("auto", min_column_width=420):
        if len(days):
            last = pd.Timestamp(now.date())
            first = max(days["day"].min(), last - pd.Timedelta(days=DAYS))
            cards.figure(charts.jobs(days, min(first, last - pd.Timedelta(days=6)), last), "jobs_by_day", days)
        if len(ages):
            cards.figure(charts.ages(ages), "data_ages", ages)


def checks(found: list[health.Check]) -> None:
    """Each check with an icon, a word, and what to do."""
    with st.container(border=True, gap="small"):
        for check in found:
            icon, colour, word = STATUS[check.status]
            with st.container(horizontal=True, vertical_alignment="top", gap="small", wrap=False):
                st.badge(_(word), icon=f":material/{icon}:", color=colour, width=115)
                subject = _(health.SUBJECTS[check.subject])
                line = _("**{heading}**: {text}").format(heading=subject, text=plain(check.sentence()))
                st.markdown(line, width="stretch")


def alert_list(rows: pd.DataFrame, found: pd.DataFrame, deliveries: pd.DataFrame) -> None:
    """The alerts that are open, each with a form to answer it; below, those that were answered or were over before.

    `rows` are those of `state.alert_log`, `found` is `health.episodes`, `deliveries` those of `state.alert_deliveries`.
    """
    if not found["open"].any():
        st.markdown(":material/check_circle: " + _("No alert is open."))
    for row in found[found["open"]].to_dict("records"):
        same = rows[rows["model"].eq(row["model"]) & rows["feature"].eq(row["feature"])]
        _standing(row, same, alerts.delivered(deliveries, row))
    answered = found["acknowledged"].notna()
    others = {
        "acknowledged": (_("Acknowledged"), found[answered]),
        "other": (
            _("About other data, or over before anybody was there to be told"),
            found[~answered & ~found["open"]],
        ),
    }
    for name, (heading, some) in others.items():
        if len(some):
            st.markdown(f"**{heading}**")
            _table(_listed(some), f"{name}_alerts", {_("Alert"): 420})


def _listed(found: pd.DataFrame) -> pd.DataFrame:
    answers = {_("Reason"): found["reason"], _("By"): found["acknowledged_by"]}
    return pd.DataFrame(
        {
            _("First day"): found["first"],
            _("Last day"): found["last"],
            _("Model"): found["model"].map(label),
            _("Alert"): [messages.sentence(row) for row in found.to_dict("records")],
            **(answers if found["acknowledged"].notna().any() else {}),
        }
    )


def _standing(row: dict, same: pd.DataFrame, deliveries: pd.DataFrame) -> None:
    when = locales.day(row["last"])
    if row["count"] > 1:
        days = ngettext("{count} day", "{count} days", row["count"]).format(count=locales.number(row["count"]))
        when = _("{first} to {last}, {days}").format(first=locales.day(row["first"]), last=when, days=days)
    key = "|".join(row[name] for name in alerts.EPISODE)
    with st.container(
        border=True,
        horizontal=True,
        vertical_alignment="center",
        horizontal_alignment="distribute",
        key=f"standing-{key}",
    ):
        with st.container(gap=None, width="stretch"):
            heading, text = plain(label(row["model"])), plain(messages.sentence(row))
            line = _("**{heading}**: {text}").format(heading=heading, text=text)
            st.markdown(f":material/notifications_active: {line}")
            st.caption(" · ".join(map(plain, [when, *_notified(deliveries)])))
            near = [one for end in ("first", "last") for one in alerts.explanations(same, row[end].date())]
            for before in dict.fromkeys(one for one in near if one.kind == row["kind"]):
                line = _("Around {day} it was acknowledged as: {reason}")
                st.caption(plain(line.format(day=locales.day(before.day), reason=before.reason)))
        with (
            st.popover(_("Acknowledge"), icon=":material/done:", key=f"answer-{key}"),
            st.form(f"form-{key}", border=False),
        ):
            who = access.name(_("Who are you?"), f"who-{key}")
            reason = st.text_input(_("Why did it happen?"), max_chars=200, key=f"why-{key}")
            st.caption(_("The reason explains the same alarm a year from now, “spring catalogue” for example."))
            if st.form_submit_button(_("Acknowledge")):
                try:
                    alerts.acknowledge(database.engine(), row, reason, who, datetime.now(UTC))
                except locales.Sentence as refused:
                    st.warning(refused.sentence())
                else:
                    seen.clear()
                    st.rerun()


def _notified(deliveries: pd.DataFrame) -> list[str]:
    """Whom an alert was told, as words."""
    failed, told = _("{channel}: not told, tried again at the next run"), _("{channel}: told {day}")
    words = [
        (told if pd.isna(row.error) else failed).format(channel=row.channel, day=locales.moment(row.tried))
        for row in deliveries.itertuples()
    ]
    return words or [_("nobody was told yet")]


def notifications() -> None:
    """Who is told, how often, and a test of it."""
    engine, channels = database.engine(), notify.channels()
    if channels:
        st.markdown(_("Alerts go to {channels}.").format(channels=plain(", ".join(channels))))
    else:
        st.markdown(
            _(
                "Nobody is told. Set `VIGIE_NOTIFY_URLS` (or `notify_urls` in `.streamlit/secrets.toml`), for example "
                "`mailtos://user:password@mail.example.org?to=team@example.org`."
            )
        )
    st.number_input(
        _("Days in which the same alert is not told again"),
        0,
        365,
        alerts.cooldown(engine),
        key="cooldown",
        on_change=lambda: state.prefer(engine, "alert_cooldown", int(st.session_state["cooldown"])),
        width=320,
    )
    if run := st.session_state.get("notify-test"):
        background.show(run, _tested)
    elif channels and st.button(_("Send a test message"), icon=":material/send:"):
        st.session_state.pop("notify-tested", None)
        st.session_state["notify-test"] = background.start("notify", "test", _test, remote=True)
        st.rerun()
    if outcome := st.session_state.get("notify-tested"):
        good, sentence = outcome
        (st.success if good else st.warning)(plain(sentence), icon=":material/check:" if good else ":material/block:")


def _test(step: background.Step) -> None:
    channels, failed = notify.channels(), []
    for place, send in enumerate(channels.values()):
        step(N_("Sending the test message"), place / len(channels))
        try:
            send(_("Vigie: a test"), _("This is a test: Vigie's alerts arrive here."))
        except ConnectorError as error:
            failed.append(error)
    if failed:
        raise failed[0]


def _tested(status: str, message: str, _error: ConnectorError | None) -> None:
    del st.session_state["notify-test"]
    st.session_state["notify-tested"] = (status == "done", message or _("Every channel took the test message."))


def sources(found: vitals.Vitals) -> None:
    """Each table's dataset: where from, how old, up to which day."""
    kept = [stored for stored in found.sources.values() if stored]
    shown = pd.DataFrame(
        {
            _("Table"): [_(cards.TABLES[stored.table]) for stored in kept],
            _("Source"): [_(stored.origin.name) for stored in kept],
            _("Kind"): [_(cards.KINDS[stored.origin.kind]) for stored in kept],
            _("Rows"): [stored.rows[stored.table] for stored in kept],
            _("Up to"): pd.to_datetime([stored.span[1].date() if stored.span else None for stored in kept]),
            _("Last brought in (UTC)"): pd.to_datetime(
                [stored.origin.retrieved or stored.stored for stored in kept], utc=True
            ),
            _("Version"): [stored.version for stored in kept],
        }
    )
    _table(shown, "sources")


def jobs(found: vitals.Vitals, now: datetime) -> None:
    """The newest runs: what, when, how it ended."""
    runs = health.last_runs(found, now)
    if runs.empty:
        st.markdown(_("No job has run yet. In a terminal: `python jobs.py --help`"))
        return
    took = (runs["finished"] - runs["started"]).dt.total_seconds()
    shown = pd.DataFrame(
        {
            _("Job"): runs["job"].map(job),
            _("Ended"): [_(charts.STATES[state]) for state in runs["state"]],
            _("Started (UTC)"): runs["started"],
            _("Took (s)"): took.round(1),
            _("Day"): runs["day"],
            _("Why"): runs["message"].fillna("").map(_),
            _("Last step"): [_(step) for step in runs["step"]],
            _("About"): runs["subject"],
        }
    )
    _table(shown, "jobs", {_("Job"): 130, **({_("Why"): 260} if runs["message"].notna().any() else {})})


def schedule() -> None:
    """What is next, and what ran."""
    heading, page = _("What is next"), settings.ROOT / "pages" / "act_schedule.py"
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{heading}**", width="content")
        st.page_link(page, label=_("Add or change"), icon=":material/schedule:")
    schedules.coming(schedules.there())
    heading = _("What ran")
    st.markdown(f"**{heading}**")
    schedules.ran()


def versions(found: vitals.Vitals) -> None:
    """Model files and whether they are whole; versions of Python and the libraries; what takes room."""
    models = found.versions.sort_values("created", ascending=False)
    whole = {True: _("as kept"), False: _("altered"), None: _("gone")}
    if len(models):
        shown = pd.DataFrame(
            {
                _("Model"): models["model"],
                _("Version"): models["version"],
                _("Status"): [_(MODEL_STATUS[status]) for status in models["status"]],
                _("File"): [whole[found.model_files[name]] for name in models["file"]],
                _("Trained (UTC)"): models["created"],
                _("By"): models["author"],
                _("Reason"): [" · ".join(map(_, reason.split("\n"))) for reason in models["reason"]],
            }
        )
        _table(shown, "model_versions")
    with st.grid("auto", min_column_width=320):
        libraries = {"Python": found.python, **found.libraries}
        with st.container():
            named = pd.DataFrame({_("Software"): list(libraries), _("Version"): list(libraries.values())})
            st.dataframe(named, hide_index=True, height="content", placeholder="–")
        with st.container():
            sizes = pd.Series(found.folders, dtype="float64").sort_values(ascending=False)
            room = pd.DataFrame({_("Folder"): list(sizes.index), _("Size (MB)"): (sizes / health.MB).round(1).tolist()})
            st.dataframe(room, hide_index=True, height="content", placeholder="–")


def logs() -> None:
    """The logs of the state database as files, which are made when they are asked for."""
    engine = database.engine()
    for name, table in export.LOGS.items():
        count = state.count(engine, table)
        rows = ngettext("{rows} row", "{rows} rows", count).format(rows=locales.number(count))
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(name)}**  \n:small[{plain(_(LOGS[name]))} · {rows}]", width="stretch")
            with st.container(width=130):
                downloads.button("CSV", partial(_log, engine, name), f"{name}.csv", "text/csv")


def _log(engine: state.Engine, name: str) -> bytes:
    return export.csv(export.log(engine, name))


def _table(shown: pd.DataFrame, name: str, widths: dict[str, int] | None = None) -> None:
    days, times = (shown.select_dtypes(kind).columns for kind in ("datetime", "datetimetz"))
    shown = shown.assign(**{column: shown[column].dt.tz_localize(None) for column in times})
    st.dataframe(
        shown,
        hide_index=True,
        placeholder="–",
        column_config={
            **{column: st.column_config.DateColumn(format="DD/MM/YYYY") for column in days},
            **{column: st.column_config.DatetimeColumn(format="DD/MM/YYYY HH:mm") for column in times},
            **{column: st.column_config.NumberColumn(format="localized") for column in shown.select_dtypes("number")},
            **{column: st.column_config.Column(width=width) for column, width in (widths or {}).items()},
        },
    )
    downloads.table(shown, name)
