"""What waits for somebody: alerts, orders, campaigns, late data, failed work; to be answered or put off."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

import locales
import settings
from data import rules as kept_rules
from data import schedules, state
from data.tables import Stored
from locales.labels import label
from models.act import alarms, rules, schedule
from models.act.rules import Rule
from models.ask import wording
from models.ask.known import Known
from models.drift import alerts, messages
from models.lifecycle import managed
from ui import access, database, inputs, known, lists
from ui import schedules as shared
from ui.act import waits, watched
from ui.act.rules import SEVERITIES
from ui.act.waits import Answer, Item
from ui.text import _, ngettext, plain

KEY = "inbox."
SHOWN = 30  # that wait
LEVELS = 5  # of one alert that are written out
ANSWERED = 100
PAGES = {alerts.PERFORMANCE: "monitoring_performance"}  # kind of an alert -> page; else that of drift
LATER = 7  # days
RANK = list(SEVERITIES)


def first(sold: Stored, people: Stored, most: int) -> tuple[list[Item], int]:
    """The first that wait and are not put off, and how many more there are."""
    any_rule = not watched.alerts(sold, acknowledged=None).empty  # what rules are about takes a moment to learn
    asleep = kept_rules.asleep(database.engine(), datetime.now(UTC).date())
    found = waiting(known.known(sold, people) if any_rule else None, sold, people)
    awake = [one for one in found if one.key not in asleep]
    return awake[:most], max(len(awake) - most, 0)


def waiting(of: Known | None, sold: Stored, people: Stored) -> list[Item]:
    """All that waits, also what is put off: the most money at stake first, then the gravest, then the newest.

    Without what rules can be `of` their alerts are left out.
    """
    found = [*(_of_rules(of, sold) if of else []), *_of_models(sold, people)]
    found += [*waits.of_orders(sold), *waits.of_campaigns(people), *waits.of_data(sold, people), *waits.of_schedules()]
    return sorted(found, key=lambda one: (-round(one.stake), one.rank, -one.day.toordinal(), one.key))


def _of_rules(of: Known, sold: Stored) -> list[Item]:
    """The open alerts of rules, those of a rule on a day as one."""
    rows = watched.alerts(sold)
    answered = rows[rows["acknowledged"].notna()]
    deliveries = state.read(database.engine(), state.rule_deliveries)
    waits = rows[rows["acknowledged"].isna()]
    asked = schedules.of_rules(database.engine())
    return [
        _of_rule(
            of, sold, str(name), day.date(), some, answered, deliveries[deliveries["cause"].isin(some["cause"])], asked
        )
        for (name, day), some in waits.groupby(["rule", "day"])
    ]


def _of_rule(
    of: Known,
    sold: Stored,
    name: str,
    day: date,
    rows: pd.DataFrame,
    answered: pd.DataFrame,
    told: pd.DataFrame,
    asked: pd.DataFrame,
) -> Item:
    currency = sold.origin.currency or "GBP"
    rows = rows.assign(off=(rows["value"] - rows["expected"]).abs().fillna(0))
    rows = rows.sort_values(["off", "level"], ascending=[False, True])
    rule = rules.from_json(rows["content"].iloc[0])
    measure = of.catalogue.measures.get(rule.measure) if rule else None
    lines = [alarms.sentence(row, of.catalogue, of.names, currency) for row in rows.head(LEVELS).to_dict("records")]
    if (more := len(rows) - LEVELS) > 0:
        lines.append(_("and {count} more").format(count=locales.number(more)))
    notes = [_("For {owner}").format(owner=rule.owner)] if rule and rule.owner else []
    notes += [_("told {channel}").format(channel=one) for one in dict.fromkeys(told["channel"][told["error"].isna()])]
    before = [one for row in rows.head(LEVELS).to_dict("records") for one in alarms.explained(answered, row)]
    line = _("Around {day} it was acknowledged as: {reason}")
    notes += [line.format(day=locales.day(past.day), reason=past.reason) for past in dict.fromkeys(before)]
    mine = asked["schedule"].str.startswith(alarms.asked(name, sold.lineage, "")) & asked["due"].dt.date.eq(day)
    files = []
    for row in asked[mine].to_dict("records"):
        if (work := schedule.from_json(row["content"])) is None:
            continue
        notes.append(f"{shared.what(work)}: {_(shared.ENDED[row['status']])}")
        if row["status"] == schedules.DONE and work.job in ("calls", "report"):
            files.append(schedule.file(work, settings.get().home / "reports", row["due"]))

    def answer(said: str, reason: str, who: str, causes: Sequence[str]) -> None:
        kept_rules.acknowledge(database.engine(), list(causes), said, reason, who, datetime.now(UTC))

    severity = rule.severity if rule else "warning"
    return Item(
        key=f"rule {name} {sold.lineage} {day}",
        day=day,
        rank=RANK.index(severity),
        stake=float(rows["off"].sum()) if measure is not None and measure.unit == "money" else 0.0,
        icon=SEVERITIES[severity][1],
        lines=lines,
        notes=notes,
        page="act_rules",
        query={"rule": name},
        files=[file for file in files if file.exists()],
        answer=answer,
        parts={row.cause: _called(of, rule, row.level) for row in rows.itertuples()},
        answers={name: _(text) for name, text in alarms.ANSWERS.items()},
    )


def _called(of: Known, rule: Rule | None, level: str) -> str:
    return wording.value(rule.by, level, of.names) if rule and rule.by else _("All together")


def _of_models(sold: Stored, people: Stored) -> list[Item]:
    """The open alerts about what the models learned from, and about how good they are."""
    rows = state.read(database.engine(), state.alert_log)
    standing = alerts.episodes(rows)
    here = managed.waiting(standing, {"sales": sold, "customers": people})
    found = []
    for row in standing[here].to_dict("records"):
        same = rows[rows["model"].eq(row["model"]) & rows["feature"].eq(row["feature"]) & rows["kind"].eq(row["kind"])]
        line = _("Around {day} it was acknowledged as: {reason}")
        past = alerts.explanations(same, row["last"].date())
        notes = [_("since {day}").format(day=locales.day(row["first"]))] if row["count"] > 1 else []
        found.append(
            Item(
                key="model " + "|".join(str(row[name]) for name in alerts.EPISODE),
                day=row["last"].date(),
                since=row["first"].date(),
                rank=RANK.index("warning"),
                stake=0.0,
                icon="radar",
                lines=[_("{model}: {alert}").format(model=label(row["model"]), alert=messages.sentence(row))],
                notes=notes + [line.format(day=locales.day(one.day), reason=one.reason) for one in past],
                page=PAGES.get(row["kind"], "monitoring_drift"),
                query={"model": row["model"]},
                answer=_acknowledged(row),
            )
        )
    return found


def _acknowledged(row: Mapping[str, Any]) -> Answer:
    def answer(_said: str, reason: str, who: str, _parts: Sequence[str]) -> None:
        if not alerts.acknowledge(database.engine(), row, reason, who, datetime.now(UTC)):
            raise state.Changed(kept_rules.ANSWERED)

    return answer


def whose(found: list[Item], given: Mapping[str, Mapping[str, Any]]) -> list[Item]:
    """Those that are to be answered by the people whom a reader chooses; all, if nobody is chosen."""
    names = sorted({given[one.key]["assignee"] for one in found if one.key in given})
    wanted = inputs.several(_("To be answered by"), names, "whose") if names else []
    return [one for one in found if not wanted or (one.key in given and given[one.key]["assignee"] in wanted)]


def shown(one: Item, given: Mapping[str, Any] | None) -> None:
    """One that waits, with forms to answer it, to put it off, or to give it to somebody."""
    notes = list(one.notes)
    if given is not None:
        text = _("to be answered by {name}, says {who}: {reason}")
        notes.append(text.format(name=given["assignee"], who=given["by"], reason=given["reason"]))
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(gap=None, width="stretch"):
            st.markdown(f":material/{one.icon}: " + "  \n".join(plain(line) for line in one.lines))
            st.caption(" · ".join(map(plain, [locales.day(one.day), *notes])))
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            _look(one)
            for file in one.files:
                label = _("List") if file.suffix == ".csv" else _("Report")
                key = f"{KEY}file.{one.key}.{file.name}"
                icon = ":material/download:"
                st.download_button(label, file.read_bytes, file.name, icon=icon, key=key, on_click="ignore")
            if one.answer is not None:
                with st.popover(
                    _("Answer"), icon=":material/done:", key=f"{KEY}answer.{one.key}", on_change="rerun"
                ) as menu:
                    if menu.open:
                        _answered(one, one.answer)
            with st.popover(
                _("Put off"), icon=":material/snooze:", key=f"{KEY}later.{one.key}", on_change="rerun"
            ) as menu:
                if menu.open:
                    _put_off(one)
            with st.popover(
                _("Assign"), icon=":material/person_add:", key=f"{KEY}assign.{one.key}", on_change="rerun"
            ) as menu:
                if menu.open:
                    _given(one)


def _look(one: Item) -> None:
    page = settings.ROOT / "pages" / f"{one.page}.py"
    st.page_link(page, label=_("See more"), icon=":material/arrow_forward:", query_params=dict(one.query))


def _answered(one: Item, answer: Answer) -> None:
    with st.form(f"{KEY}form.{one.key}", border=False):
        about = list(one.parts)
        if len(one.parts) > 1:
            name = f"{KEY}about.{one.key}"
            about = st.multiselect(_("About"), about, about, one.parts.__getitem__, key=name, select_all=False)
        said = ""
        if one.answers:
            options = list(one.answers)
            said = st.radio(_("What was it?"), options, format_func=one.answers.__getitem__, key=f"{KEY}said.{one.key}")
        who, reason = _who(one, _("Why did it happen?"))
        st.caption(_("The reason explains the same alarm a year from now, “spring catalogue” for example."))
        if st.form_submit_button(_("Acknowledge")):
            inputs.attempt(lambda: answer(said, reason, who, about))


def _put_off(one: Item) -> None:
    today = datetime.now(UTC).date()
    with st.form(f"{KEY}later.form.{one.key}", border=False):
        usual, least = today + timedelta(days=LATER), today + timedelta(days=1)
        until = st.date_input(_("Until"), usual, min_value=least, key=f"{KEY}until.{one.key}", format="DD/MM/YYYY")
        who, reason = _who(one, _("Why later?"))
        if st.form_submit_button(_("Put off")):
            now = datetime.now(UTC)
            inputs.attempt(lambda: kept_rules.snooze(database.engine(), one.key, until or usual, reason, who, now))


def _given(one: Item) -> None:
    with st.form(f"{KEY}assign.form.{one.key}", border=False):
        assignee = st.text_input(_("Who is to answer it?"), max_chars=80, key=f"{KEY}assignee.{one.key}")
        who, reason = _who(one, _("Why they?"))
        if st.form_submit_button(_("Assign")):
            now = datetime.now(UTC)
            inputs.attempt(lambda: kept_rules.assign(database.engine(), one.key, assignee, reason, who, now))


def _who(one: Item, why: str) -> tuple[str, str]:
    who = access.name(_("Who are you?"), f"{KEY}who.{why}.{one.key}")
    return who, st.text_input(why, max_chars=kept_rules.MAX_REASON, key=f"{KEY}why.{why}.{one.key}")


def later(found: list[Item], asleep: Mapping[str, Mapping[str, Any]]) -> None:
    """What is put off, until when and why."""
    for one in found:
        row = asleep[one.key]
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            with st.container(gap=None, width="stretch"):
                st.markdown(plain(one.lines[0]))
                text = _("until {day}, by {who}: {reason}")
                day = locales.day(row["until"])
                st.caption(plain(text.format(day=day, who=row["by"], reason=row["reason"])))
            st.button(
                _("Show it again"),
                icon=":material/alarm:",
                key=f"{KEY}wake.{one.key}",
                on_click=kept_rules.wake,
                args=(database.engine(), one.key),
            )


def answers(of: Known, sold: Stored) -> None:
    """What was answered to alerts of rules, the last one first."""
    rows = watched.alerts(sold)
    rows = rows[rows["acknowledged"].notna()].sort_values("acknowledged", ascending=False).head(ANSWERED)
    if rows.empty:
        st.caption(_("Nothing yet."))
        return
    currency = sold.origin.currency or "GBP"
    table = pd.DataFrame(
        {
            _("Alert"): [alarms.sentence(row, of.catalogue, of.names, currency) for row in rows.to_dict("records")],
            _("Answer"): [_(alarms.ANSWERS.get(answer, answer)) for answer in rows["answer"]],
            _("Reason"): rows["reason"],
            _("By"): rows["acknowledged_by"],
        }
    )
    title = ngettext("{count} alert of a rule was answered", "{count} alerts of rules were answered", len(rows))
    lists.show(table, "answered_alerts", title.format(count=locales.number(len(rows))))
