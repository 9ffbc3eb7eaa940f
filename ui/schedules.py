"""Work at set times, wherever it is chosen or shown: when, as inputs and as a sentence; what is next and what ran."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

import locales
from connectors import notify
from data import runs, schedules, state
from data.schedules import Kept
from models.act import schedule, timing
from models.act.schedule import Schedule
from models.act.timing import CannotSchedule, Choice
from ui import database, keep
from ui.text import N_, _, plain

KINDS = {
    "day": N_("Every day"),
    "weekdays": N_("Monday to Friday"),
    "week": N_("Every week"),
    "month": N_("Every month"),
    "hour": N_("Every hour"),
    "cron": N_("By a cron expression"),
}
ENDED = {
    schedules.WAITING: N_("waits for its next try"),
    schedules.RUNNING: N_("running"),
    schedules.DONE: N_("done"),
    schedules.SKIPPED: N_("nothing to do"),
    schedules.FAILED: N_("given up"),
}
SHOWN = 200  # of what ran
STEP = timedelta(minutes=5)
SAFE_DAYS = range(1, 29)  # of every month


def reader() -> str:
    """The time zone of the reader's browser."""
    zone = st.context.timezone or "UTC"
    return zone if zone in timing.zones() else "UTC"


def there() -> dict[str, tuple[Schedule, Kept]]:
    """All schedules, by their ids."""
    return schedule.visible(schedules.kept(database.engine()))


def when(key: str, cron: str, zone: str) -> tuple[str, str]:
    """Inputs for a cron expression and its time zone."""
    usual = timing.chosen(cron)
    base, named = usual or Choice("day"), {kind: _(text) for kind, text in KINDS.items()}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        at = list(KINDS).index(usual.kind if usual else "cron")
        kind = st.selectbox(_("How often"), list(KINDS), at, named.__getitem__, key=f"{key}kind", width=220)
        if kind == "cron":
            cron = st.text_input(
                _("Minute, hour, day, month, weekday"), cron, max_chars=100, key=f"{key}cron", width=260
            ).strip()
        else:
            cron = timing.expression(_choice(key, kind, base))
        zones = sorted(timing.zones())
        zone = st.selectbox(_("Time zone"), zones, zones.index(zone), key=f"{key}zone", width=220)
    return cron, zone


def _choice(key: str, kind: str, base: Choice) -> Choice:
    weekday, day, hour, minute = base.weekday, base.day, base.hour, base.minute
    if kind == "week":
        names = locales.weekdays()
        weekday = st.selectbox(_("Weekday"), range(7), weekday, names.__getitem__, key=f"{key}weekday", width=150)
    if kind == "month":
        days = [*sorted({*SAFE_DAYS, *([day] if day else [])}), 0]
        last = _("the last day")
        day = st.selectbox(_("Day"), days, days.index(day), lambda one: str(one or last), key=f"{key}day", width=150)
    if kind == "hour":
        minute = int(st.number_input(_("Minute"), 0, 59, minute, key=f"{key}minute", width=150))
    else:
        at = st.time_input(_("At"), time(hour, minute), key=f"{key}at", step=STEP, width=150) or time(hour, minute)
        hour, minute = at.hour, at.minute
    return Choice(kind, hour, minute, weekday, day)  # type: ignore[arg-type]  # a key of KINDS


def heard() -> list[str]:
    """The names of the channels that reports go to; says so where there is none."""
    channels = list(notify.channels())
    if not channels:
        st.caption(_("Nobody is told yet: set `VIGIE_NOTIFY_URLS`, see Monitoring: health."))
    return channels


def sentence(cron: str, zone: str) -> str:
    """When, in words."""
    said = timing.words(cron)
    return _("{when}, time of {zone}").format(when=said[:1].upper() + said[1:], zone=zone)


def told(cron: str, zone: str) -> bool:
    """When in words, and the next three times by the reader's clocks; else what is wrong, and False."""
    try:
        timing.check(cron, zone)
    except CannotSchedule as refused:
        st.warning(plain(refused.sentence()))
        return False
    here = ZoneInfo(reader())
    times = [locales.by_clock(one, here) for one in timing.upcoming(cron, zone, datetime.now(UTC), 3)]
    st.markdown(plain(sentence(cron, zone)) + f" · `{cron}`")
    st.caption(plain(_("Next by your clock ({zone}): {times}").format(zone=here.key, times=" · ".join(times))))
    return True


def what(one: Schedule) -> str:
    """What is done, in words."""
    text = _(schedule.JOBS[one.job])
    if one.job in schedule.OF_MODEL:
        model = MODELS[one.of["model"]]
        return _("{job}: {about}").format(job=text, about=_(model))
    if one.job == "calls":
        about = ", ".join([_(schedule.WHO[one.of["who"]]), locales.LANGUAGES[one.of["language"]]])
        return _("{job}: {about}").format(job=text, about=about)
    if one.job != "report":
        return text
    board = keep.all_boards().get(one.of["board"])
    name = _(board[0].name) if board else one.of["board"]
    parts = ", ".join([name, schedule.KINDS[one.of["kind"]], locales.LANGUAGES[one.of["language"]]])
    return _("{job}: {about}").format(job=text, about=parts)


MODELS = {"sales": N_("sales"), "churn": N_("churn")}


def called(name: str, one: Schedule) -> str:
    """A schedule by its name; what a rule asked for (by its id) by what that rule is about."""
    return _("A rule about “{name}”").format(name=one.name) if name.startswith(schedules.ASKED) else one.name


def following(one: Schedule, now: datetime) -> datetime | None:
    """When it is due next; None where it is paused."""
    return next(iter(timing.upcoming(one.cron, one.zone, now, 1)), None) if one.on else None


def coming(found: Mapping[str, tuple[Schedule, Kept]]) -> None:
    """What is next, as a table by the reader's clocks."""
    now = datetime.now(UTC)
    rows = sorted(
        ((due, one) for one, _kept in found.values() if (due := following(one, now))), key=lambda pair: pair[0]
    )
    if not rows:
        st.caption(_("Nothing is planned."))
        return
    _table(
        pd.DataFrame(
            {
                _("Next time"): _here(pd.Series([due for due, _one in rows])),
                _("Schedule"): [one.name for _due, one in rows],
                _("What"): [what(one) for _due, one in rows],
                _("When"): [sentence(one.cron, one.zone) for _due, one in rows],
            }
        )
    )


def ran() -> None:
    """What was due and what became of it, the last first, as a table by the reader's clocks."""
    rows = state.read(database.engine(), state.schedule_runs).sort_values("due", ascending=False).head(SHOWN)
    if rows.empty:
        st.caption(_("Nothing has come due yet."))
        return
    named = zip(rows["schedule"], rows["content"], strict=True)
    names = [called(name, one) if (one := schedule.from_json(content)) else "" for name, content in named]
    _table(
        pd.DataFrame(
            {
                _("Due"): _here(rows["due"]),
                _("Schedule"): names,
                _("Ended"): [_(ENDED[status]) for status in rows["status"]],
                _("Tries"): rows["attempts"],
                _("Last begun"): _here(rows["started"]),
                _("Took (s)"): (rows["finished"] - rows["started"]).dt.total_seconds().round(1),
                _("Why"): rows["message"].fillna("").map(_),
            }
        )
    )


def _here(moments: pd.Series) -> pd.Series:
    return pd.to_datetime(moments, utc=True).dt.tz_convert(reader()).dt.tz_localize(None)


def _table(shown: pd.DataFrame) -> None:
    st.caption(plain(_("By your clock ({zone})").format(zone=reader())))
    times = {
        name: st.column_config.DatetimeColumn(format="DD/MM/YYYY HH:mm") for name in shown.select_dtypes("datetime")
    }
    st.dataframe(shown, hide_index=True, placeholder="–", column_config=times)


def runner(found: Mapping[str, tuple[Schedule, Kept]]) -> None:
    """Say where nothing does what is due."""
    engine = database.engine()
    if schedule.unattended(found, schedules.attended(engine), runs.clock(engine)) or schedules.forgotten(engine):
        st.warning(plain(_(schedule.NOBODY)), icon=":material/running_with_errors:")
