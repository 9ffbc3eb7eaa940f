"""The rules of a dataset on the page: how each fares, its rows, a change, a new one, one that is suggested."""

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

import locales
import settings
from data import checks, tables
from data.quality import KEYS
from data.rules import Kept
from data.tables import Stored
from locales.labels import label
from models.quality import gate, rules, scan
from models.quality.rules import Rule
from models.quality.scan import Verdict
from ui import answers, database, downloads
from ui.data.quality_rule import KEY, SEVERITIES, STATES, ask, attempt, begin, counted, say
from ui.text import _, plain


def judged(stored: Stored) -> tuple[list[tuple[Kept, Verdict]], list[Kept]]:
    """How the rules of a dataset fare today, and those that cannot be read; of many rows in the background."""
    wanted = gate.active(database.engine(), settings.get().home, stored)
    content = hash(tuple((kept.rule, kept.changes) for kept, _rule in wanted))
    key = f"quality {stored.version} {content} {datetime.now(UTC).date()}"
    if stored.rows[stored.table] > answers.MANY_ROWS:
        answers.ready(key, "look through", lambda _step: bool(_judged(key, stored)) or True)
    return _judged(key, stored), [kept for kept, rule in wanted if rule is None]


@st.cache_resource(max_entries=20, ttl=3600, show_spinner=False)
def _judged(key: str, _stored: Stored) -> list[tuple[Kept, Verdict]]:  # noqa: ARG001  # the cache key
    engine, home = database.engine(), settings.get().home
    return gate.judged(engine, _stored, gate.active(engine, home, _stored), datetime.now(UTC), brought=False)


def aside(stored: Stored) -> None:
    """Say what was brought in last and is not shown, as a rule stopped it; its rows, and the way to use it all the
    same."""
    log = checks.log(database.engine(), stored.lineage)
    log = log[log["stopped"] & (log["judged"] > pd.Timestamp(stored.stored))]
    kept = {one.version: one for one in tables.stored(settings.get().home, stored.table)}
    last = next((one for one in log["version"][::-1] if one in kept and one != stored.version), None)
    if last is None:
        return
    version, rows = kept[last], log[log["version"] == last]
    with st.container(border=True):
        text = _("{name} was brought in on {day} and is not shown: it breaks a rule that stops.")
        said = text.format(name=_(version.origin.name), day=locales.moment(version.stored))
        st.markdown(f":material/block: {plain(said)}")
        for row in rows.to_dict("records"):
            if (rule := rules.from_json(row["content"])) is not None:
                counted = _("{failing} of {rows} rows").format(
                    failing=locales.number(row["failing"]), rows=locales.number(row["rows"])
                )
                st.markdown(f"- {plain(rules.sentence(rule, stored.table))}: {plain(counted)}")
                _rows(version, rule, f"aside-{row['rule']}")
        st.button(_("Use it all the same"), on_click=_use, args=(version,), icon=":material/lock_open:")


def _use(version: Stored) -> None:
    try:
        tables.activate(settings.get().home, version.table, version.version)
    except ValueError as error:
        say(_(str(error)))
    else:
        say(_("The pages now show this dataset."))


def listed(stored: Stored, found: list[tuple[Kept, Verdict]], unread: list[Kept]) -> None:
    """Every rule with its state, what breaks it, and what can be done with it; the broken ones first."""
    order = ["failed", "cannot", "held"]
    for kept, verdict in sorted(found, key=lambda pair: order.index(pair[1].state)):
        icon, colour, word = STATES[verdict.state]
        rule = verdict.rule
        with st.container(border=True, gap="small"):
            with st.container(horizontal=True, vertical_alignment="center"):
                with st.container(gap=None, width="stretch"):
                    st.markdown(f":{colour}[:material/{icon}:] {plain(rules.sentence(rule, stored.table))}")
                    st.caption(plain(f"{_(word)} · {counted(verdict)} · {_(SEVERITIES[rule.severity])}"))
                st.button(
                    _("Change it"),
                    key=f"{KEY}edit-{kept.rule}",
                    on_click=begin,
                    args=(rule, kept),
                    icon=":material/edit:",
                )
                st.button(
                    _("Take away"), key=f"{KEY}away-{kept.rule}", on_click=_away, args=(kept,), icon=":material/delete:"
                )
            if verdict.state == "failed" and rule.kind != "fresh":
                _rows(stored, rule, kept.rule)
    for kept in unread:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(plain(_(scan.NOT_READ)), width="stretch")
            st.button(_("Take away"), key=f"{KEY}away-{kept.rule}", on_click=_away, args=(kept,))


def _rows(stored: Stored, rule: Rule, name: str) -> None:
    """What breaks a rule, folded away."""
    part = st.expander(_("Show what breaks it"), key=f"{KEY}rows-{name}", on_change="rerun")
    if not part.open:
        return
    with part:
        found = scan.failing(ask(stored), stored.columns, rule)
        first = [one for one in (KEYS.get(rule.table, ""), *rule.columns) if one in found]
        found = found[[*dict.fromkeys(first), *(one for one in found if one not in first)]]
        named = {name: label(str(name)) for name in found}
        st.dataframe(
            found, hide_index=True, height="content" if len(found) < 8 else 280, column_config=named, placeholder="–"
        )
        if len(found) == scan.LISTED:
            st.caption(_("These are the first {count}; there are more.").format(count=locales.number(scan.LISTED)))
        downloads.table(found, f"breaks_{rule.kind}_{rule.column or rule.table}")


def _away(kept: Kept) -> None:
    if attempt(lambda: checks.remove(database.engine(), kept, datetime.now(UTC))):
        st.session_state[KEY + "gone"] = kept


def _back(kept: Kept) -> None:
    content = {name: one for name, one in kept.content.items() if name != checks.LINEAGE}
    lineage, changes = kept.content[checks.LINEAGE], kept.changes
    attempt(lambda: checks.write(database.engine(), kept.rule, lineage, content, changes, datetime.now(UTC)))


def removed(stored: Stored) -> None:
    """Buttons that bring back what was taken away."""
    gone = [one for one in checks.of(database.engine(), stored.lineage) if one.removed]
    if not gone:
        return
    with st.popover(_("Taken away"), icon=":material/restore_from_trash:"):
        for one in gone:
            rule = rules.from_json(one.content)
            if rule is not None:
                text = _("Bring back: {rule}").format(rule=plain(rules.sentence(rule, stored.table)))
                st.button(text, on_click=_back, args=(one,), key=f"{KEY}back-{one.rule}", width="stretch")


def over_time(stored: Stored, found: list[tuple[Kept, Verdict]], weeks: bool) -> tuple[pd.DataFrame, list[str]]:
    """Failing rows of each rule by week of the data, or by the day on which a version was judged; and their names."""
    wanted = [verdict.rule for _kept, verdict in found]
    if weeks:
        table = scan.by_week(ask(stored), stored.columns, wanted).rename(columns={"week": "when"})
    else:
        log = checks.log(database.engine(), stored.lineage)
        place = {kept.rule: number for number, (kept, _verdict) in enumerate(found)}
        log = log[log["rule"].isin(list(place)) & (log["state"] != "cannot")]
        # The last of a day; where data were kept aside, those.
        log = log.sort_values(["day", "stopped", "judged"]).drop_duplicates(["rule", "day"], keep="last")
        table = log[["failing", "rows", "stopped"]].assign(rule=log["rule"].map(place), when=log["day"])
    return table.astype({"rule": int, "failing": int, "rows": int}), [
        rules.sentence(one, stored.table) for one in wanted
    ]
