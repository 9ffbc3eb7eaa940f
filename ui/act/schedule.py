"""The page Act: schedule: what is done at set times, to add, change, pause and remove; what failed and waits."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

import locales
from data import rules as kept_rules
from data import schedules
from data.schedules import Kept
from locales import Sentence
from models.act import schedule
from models.act.schedule import Job, Schedule
from ui import access, cards, database, inputs, keep
from ui import schedules as shared
from ui.text import N_, _, ngettext, plain

KEY = "schedule."
NEW = "new"  # in place of an id
Found = Mapping[str, tuple[Schedule, Kept]]
# Ready to be taken: what a shop wants done without being asked.
READY = (
    Schedule(N_("Data every morning"), "refresh", cron="0 5 * * *"),
    Schedule(N_("Rules every morning"), "rules", cron="30 6 * * *"),
    Schedule(N_("Orders every morning"), "orders", cron="45 6 * * *"),
    Schedule(N_("Report every Monday"), "report", {"board": "sales", "kind": ".pdf", "language": "en"}, "0 7 * * 1"),
)


def figures(found: Found, failed: pd.DataFrame) -> None:
    """How many are on, what is next, and what waits for somebody."""
    now = datetime.now(UTC)
    ahead = [(due, one) for one, _kept in found.values() if (due := shared.following(one, now))]
    due, first = min(ahead, key=lambda pair: pair[0], default=(None, None))
    paused = len(found) - len(ahead)
    cards.metrics(
        [
            (
                _("Active"),
                locales.number(len(ahead)),
                ngettext("{count} is paused", "{count} are paused", paused).format(count=locales.number(paused)),
            ),
            (
                _("Next time"),
                locales.by_clock(due, ZoneInfo(shared.reader())) if due else "–",
                first.name if first else _("nothing is planned"),
            ),
            (_("Given up"), locales.number(len(failed)), _("failed five times and waits for somebody")),
        ]
    )


def stuck(found: Found, failed: pd.DataFrame) -> None:
    """What was given up, each to be tried again or left alone with a reason."""
    for row in failed.to_dict("records"):
        name, key = row["schedule"], f"{KEY}{row['schedule']}."
        one = found[name][0] if name in found else schedule.from_json(row["content"])
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            with st.container(gap=None, width="stretch"):
                heading, why = shared.called(name, one) if one else name, row["message"] or ""
                st.markdown(f":material/error: **{plain(heading)}**: {plain(_(why))}")
                when = locales.by_clock(row["due"], ZoneInfo(shared.reader()))
                text = ngettext("due {when}", "due {when}, and {count} times in all", row["times"])
                st.caption(plain(text.format(when=when, count=locales.number(row["times"]))))
            with st.container(horizontal=True, gap="small", width="content"):
                this = (database.engine(), name, row["due"].to_pydatetime())
                st.button(
                    _("Try again"), icon=":material/replay:", key=f"{key}again", on_click=schedules.again, args=this
                )
                with st.popover(_("Leave it"), icon=":material/done:", key=f"{key}leave", on_change="rerun") as menu:
                    if menu.open:
                        _left(name, key)


def _left(name: str, key: str) -> None:
    with st.form(f"{key}form", border=False):
        who = access.name(_("Who are you?"), f"{key}who")
        reason = st.text_input(_("Why did it happen?"), max_chars=kept_rules.MAX_REASON, key=f"{key}why")
        if st.form_submit_button(_("Leave it")):
            inputs.attempt(lambda: schedules.acknowledge(database.engine(), name, reason, who))


def listed(found: Found) -> None:
    """All schedules, each with what can be done with it; the one that is changed, with its inputs."""
    if not found and st.session_state.get(f"{KEY}open") != NEW:
        st.markdown(_("Nothing is done by itself yet. Begin with one of these, or with one of your own:"))
        with st.container(horizontal=True):
            for place, one in enumerate(READY):
                st.button(_(one.name), icon=":material/add:", key=f"{KEY}ready.{place}", on_click=_begin, args=(one,))
    for name, (one, kept) in found.items():
        with st.container(border=True):
            _shown(name, one, kept)
            if st.session_state.get(f"{KEY}open") == name:
                _edited(name, one, kept)
    if st.session_state.get(f"{KEY}open") == NEW:
        with st.container(border=True):
            _edited(NEW, st.session_state[f"{KEY}base"], None)
    else:
        fresh = Schedule("", "refresh", zone=shared.reader())
        st.button(_("New schedule"), icon=":material/add:", on_click=_begin, args=(fresh,), key=f"{KEY}add")
    if said := st.session_state.pop(f"{KEY}said", ""):
        st.warning(plain(said))


def _begin(one: Schedule) -> None:
    base = replace(one, name=_(one.name), zone=shared.reader())
    if "language" in base.of:
        base = replace(base, of={**base.of, "language": locales.language()})
    st.session_state.update({f"{KEY}open": NEW, f"{KEY}base": base, f"{KEY}round": uuid.uuid4().hex})


def _shown(name: str, one: Schedule, kept: Kept) -> None:
    key = f"{KEY}{name}."
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(gap=None, width="stretch"):
            st.markdown(f"**{plain(one.name)}**  \n{plain(shared.what(one))}")
            due = shared.following(one, datetime.now(UTC))
            here = ZoneInfo(shared.reader())
            ahead = _("next {when}").format(when=locales.by_clock(due, here)) if due else _("paused")
            st.caption(plain(f"{shared.sentence(one.cron, one.zone)} · {ahead}"))
        switched = _("Pause") if one.on else _("Go on")
        icon = ":material/pause:" if one.on else ":material/play_arrow:"
        turned = replace(one, on=not one.on)
        with st.container(horizontal=True, gap="small", width="content"):
            change = {f"{KEY}open": name}
            st.button(
                _("Edit"), icon=":material/edit:", key=f"{key}edit", on_click=st.session_state.update, args=(change,)
            )
            st.button(switched, icon=icon, key=f"{key}on", on_click=_keep, args=(name, turned, kept))
            gone = (name, one, kept)
            st.button(_("Remove"), icon=":material/delete:", key=f"{key}remove", on_click=_remove, args=gone)


def _edited(name: str, one: Schedule, kept: Kept | None) -> None:
    key = f"{KEY}edit.{name}.{kept.changes if kept else st.session_state.get(KEY + 'round')}."
    jobs: dict[Job, str] = {name: _(text) for name, text in schedule.JOBS.items()}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        called = st.text_input(_("Name"), one.name, max_chars=schedule.MAX_NAME, key=f"{key}name", width=260)
        job = st.selectbox(
            _("What"), list(jobs), list(jobs).index(one.job), jobs.__getitem__, key=f"{key}job", width=380
        )
        of = _about(key, job, one.of)
    if job in ("report", "calls"):
        shared.heard()
    cron, zone = shared.when(key, one.cron, one.zone)
    fits = shared.told(cron, zone)
    made = Schedule(called.strip(), job, of, cron, zone, one.on)
    with st.container(horizontal=True):
        st.button(
            _("Keep"), type="primary", key=f"{key}keep", disabled=not fits, on_click=_keep, args=(name, made, kept)
        )
        st.button(_("Cancel"), key=f"{key}cancel", on_click=st.session_state.pop, args=(f"{KEY}open", None))


def _about(key: str, job: Job, of: Mapping[str, str]) -> dict[str, str]:
    """What a job is about."""
    if job in schedule.OF_MODEL:
        models = {name: _(text).capitalize() for name, text in shared.MODELS.items()}
        return {"model": _one(_("Model"), models, of.get("model"), f"{key}model")}
    language = of.get("language") or locales.language()
    if job == "calls":
        who = {name: _(text) for name, text in schedule.WHO.items()}
        return {
            "who": _one(_("Who"), who, of.get("who"), f"{key}who"),
            "language": _one(_("Language"), locales.LANGUAGES, language, f"{key}lang"),
        }
    if job == "report":
        boards = {name: _(board.name) for name, (board, _kept) in keep.all_boards().items()}
        return {
            "board": _one(_("Board"), boards, of.get("board"), f"{key}board"),
            "kind": _one(_("File"), schedule.KINDS, of.get("kind"), f"{key}file"),
            "language": _one(_("Language"), locales.LANGUAGES, language, f"{key}lang"),
        }
    return {}


def _one(label: str, options: Mapping[str, str], usual: str | None, key: str) -> str:
    names = list(options)
    at = names.index(usual) if usual in names else 0
    return st.selectbox(label, names, at, options.__getitem__, key=key, width=170) or ""


def _try(work: Callable[[], Any]) -> None:
    try:
        work()
    except Sentence as refused:
        st.session_state[f"{KEY}said"] = refused.sentence()
    else:
        st.session_state.pop(f"{KEY}open", None)


def _keep(name: str, made: Schedule, kept: Kept | None) -> None:
    def work() -> None:
        schedule.check(made)
        as_kept = uuid.uuid4().hex[:12] if name == NEW else name
        changes = kept.changes if kept else 0
        schedules.write(database.engine(), as_kept, schedule.to_json(made), changes, stop=not made.on)

    _try(work)


def _remove(name: str, one: Schedule, kept: Kept) -> None:
    _try(lambda: schedules.write(database.engine(), name, schedule.to_json(one), kept.changes, removed=True))
