"""The rules of a dataset on the page: how each fares, its rows, a change, a new one, one that is suggested."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pandas as pd
import streamlit as st

import locales
import settings
from data import checks, schemas, tables
from data.quality import KEYS
from data.rules import Kept
from data.tables import Stored
from locales import Sentence
from locales.labels import label
from models.quality import gate, rules, scan, suggest
from models.quality.rules import Rule, Severity
from models.quality.scan import Verdict
from models.quality.suggest import Suggestion
from ui import answers, database, downloads
from ui.text import N_, _, ngettext, plain

KEY = "quality."
KINDS: dict[rules.Kind, str] = {
    "filled": N_("never empty"),
    "unique": N_("no value twice"),
    "among": N_("one of some values"),
    "range": N_("within limits"),
    "pattern": N_("of a form"),
    "known": N_("in another table"),
    "order": N_("dates in order"),
    "agree": N_("sums as in another table"),
    "fresh": N_("not too old"),
    "volume": N_("as many rows as usual"),
    "new": N_("few new values"),
}
SEVERITIES: dict[Severity, str] = {"warn": N_("warns"), "stop": N_("stops what is brought in")}
STATES = {
    "held": ("check_circle", "green", N_("holds")),
    "failed": ("error", "orange", N_("broken")),
    "cannot": ("help", "gray", N_("cannot be judged")),
}
SHOWN = 12  # suggestions at first
VERSIONS = 4  # earlier ones that suggestions are held against
NONE = ""


def ask(stored: Stored) -> scan.Ask:
    """What answers SQL of a dataset."""
    return partial(tables.query, stored)


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
        _say(_(str(error)))
    else:
        _say(_("The pages now show this dataset."))


def _say(text: str) -> None:
    st.session_state[KEY + "said"] = text


def said() -> None:
    """What became of the last click, once."""
    if text := st.session_state.pop(KEY + "said", ""):
        st.info(plain(text))


def counted(verdict: Verdict) -> str:
    """What was counted, in words."""
    if verdict.problem:
        return verdict.problem.sentence()
    rows, failing = locales.number(verdict.rows), locales.number(verdict.failing)
    if verdict.rule.kind == "fresh":
        days = int(verdict.value or 0)
        return ngettext("{count} day old", "{count} days old", days).format(count=locales.number(days))
    if verdict.rule.kind == "new":
        return _("{share} of {rows} rows").format(share=locales.percent(verdict.value or 0.0, 2), rows=rows)
    unit = {
        "agree": N_("{failing} of {rows} sums differ ({share})"),
        "volume": N_("{failing} of the last {rows} days ({share})"),
    }.get(verdict.rule.kind, N_("{failing} of {rows} rows break it ({share})"))
    share = locales.percent(verdict.failing / max(verdict.rows, 1), 2)
    return _(unit).format(failing=failing, rows=rows, share=share)


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
        st.dataframe(found, hide_index=True, height="content" if len(found) < 8 else 280, column_config=named)
        if len(found) == scan.LISTED:
            st.caption(_("These are the first {count}; there are more.").format(count=locales.number(scan.LISTED)))
        downloads.table(found, f"breaks_{rule.kind}_{rule.column or rule.table}")


def begin(rule: Rule, kept: Kept | None) -> None:
    """Let the inputs show a rule: one that is kept, or a new one."""
    st.session_state[KEY + "base"], st.session_state[KEY + "kept"] = rule, kept
    st.session_state[KEY + "turn"] = st.session_state.get(KEY + "turn", 0) + 1


def _away(kept: Kept) -> None:
    if _try(lambda: checks.remove(database.engine(), kept, datetime.now(UTC))):
        st.session_state[KEY + "gone"] = kept


def _back(kept: Kept) -> None:
    content = {name: one for name, one in kept.content.items() if name != checks.LINEAGE}
    lineage, changes = kept.content[checks.LINEAGE], kept.changes
    _try(lambda: checks.write(database.engine(), kept.rule, lineage, content, changes, datetime.now(UTC)))


def _try(work: Callable[[], object]) -> bool:
    try:
        work()
    except Sentence as error:
        _say(error.sentence())
        return False
    return True


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


def editor(stored: Stored) -> None:
    """Inputs for the rule that is changed or new, what it would find, and the button that keeps it."""
    base: Rule | None = st.session_state.get(KEY + "base")
    if base is None:
        return
    kept: Kept | None = st.session_state.get(KEY + "kept")
    with st.container(border=True):
        st.markdown("**" + (_("Change a rule") if kept else _("A new rule")) + "**")
        rule = _asked(stored, base)
        verdict = scan.judge(ask(stored), stored.columns, [rule], datetime.now(UTC))[0]
        icon, colour, _word = STATES[verdict.state]
        st.markdown(f":{colour}[:material/{icon}:] {plain(rules.sentence(rule, stored.table))}")
        st.caption(plain(counted(verdict)))
        unfit = isinstance(verdict.problem, rules.Unfit)
        with st.container(horizontal=True):
            save = st.button(
                _("Keep this rule"), type="primary", icon=":material/save:", disabled=unfit, key=KEY + "save"
            )
            close = st.button(_("Close"), icon=":material/close:", key=KEY + "close")
    if save:
        name, changes = (kept.rule, kept.changes) if kept else (uuid.uuid4().hex[:12], 0)
        lineage = kept.content[checks.LINEAGE] if kept else stored.lineage
        content = rules.to_json(rule)
        _try(lambda: checks.write(database.engine(), name, lineage, content, changes, datetime.now(UTC)))
    if save or close:
        st.session_state[KEY + "base"] = st.session_state[KEY + "kept"] = None
        st.rerun()


def _asked(stored: Stored, base: Rule) -> Rule:
    key, frames = f"{KEY}{st.session_state[KEY + 'turn']}.", stored.columns
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        table = _one(_("Table"), list(frames), base.table, label, key + "table")
        kind = _one(_("Rule"), list(KINDS), base.kind, _kind, key + "kind")
        severity = _one(_("If it is broken"), list(SEVERITIES), base.severity, _severity, key + "severity")
    rule = Rule(kind, table, severity=severity)  # type: ignore[arg-type]
    mine = base if (base.kind, base.table) == (kind, table) else rule
    columns = _fitting(frames[table], kind)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if kind == "unique":
            rule = replace(rule, columns=_several(_("Columns, together"), columns, mine.columns, key + "columns"))
        elif kind in ("order", "agree"):
            words = (_("First"), _("Then")) if kind == "order" else (_("Sum of"), _("by"))
            firsts = [_one(words[0], columns, mine.column, label, key + "first")]
            others = columns if kind == "order" else list(frames[table])
            second = mine.columns[1] if len(mine.columns) > 1 else NONE
            firsts.append(_one(words[1], others, second, label, key + "second"))
            rule = replace(rule, columns=tuple(firsts))
        elif kind != "volume":
            rule = replace(rule, columns=(_one(_("Column"), columns, mine.column, label, key + "column"),))
        return _limits(stored, rule, mine, key)


def _kind(one: str) -> str:
    return _(KINDS[one])  # type: ignore[index]


def _severity(one: str) -> str:
    return _(SEVERITIES[one])  # type: ignore[index]


def _limits(stored: Stored, rule: Rule, mine: Rule, key: str) -> Rule:
    """The rest of a rule: what its kind asks for beside the columns."""
    frames = stored.columns
    if rule.kind == "among":
        text = st.text_area(_("Values, one a line"), "\n".join(mine.values), key=key + "values", max_chars=20_000)
        return replace(rule, values=tuple(dict.fromkeys(one for one in text.split("\n") if one.strip())))
    if rule.kind == "range":
        hint = _("a day as 2026-03-14") if _is_time(frames, rule) else ""
        ends = [
            st.text_input(words, "" if end is None else f"{end:g}" if isinstance(end, float) else str(end),
                          key=key + name, placeholder=hint or _("none"), max_chars=30)
            for words, end, name in ((_("From"), mine.least, "least"), (_("to"), mine.most, "most"))
        ]  # fmt: skip
        return replace(rule, least=_end(ends[0]), most=_end(ends[1]))
    if rule.kind == "pattern":
        hint = _("A regular expression that the whole value has: [A-Z]{2}[0-9]{4} is two capitals and four digits.")
        text = st.text_input(_("Pattern"), mine.pattern, key=key + "pattern", max_chars=rules.MAX_PATTERN, help=hint)
        return replace(rule, pattern=text)
    if rule.kind in ("known", "agree"):
        others = [name for name in frames if name != rule.table]
        if not others:
            st.caption(_("There is no other table beside these data."))
            return rule
        other = _one(_("Other table"), others, mine.other, label, key + "other")
        names = list(frames[other])
        rule = replace(rule, other=other)
        if rule.kind == "known":
            theirs = mine.theirs[0] if mine.theirs else rule.column
            return replace(rule, theirs=(_one(_("Its column"), names, theirs, label, key + "theirs"),))
        before = mine.theirs if len(mine.theirs) == 2 else rule.columns
        numbers = _fitting(frames[other], "agree")
        chosen = (
            _one(_("Its sum of"), numbers, before[0], label, key + "theirs"),
            _one(_("by its"), names, before[1], label, key + "their-key"),
        )
        where = mine.where if mine.other == other else ()
        return replace(rule, theirs=chosen, where=where, their_where=mine.their_where if where else ())
    if rule.kind == "fresh":
        days = st.number_input(_("Days, at most"), 0, 10_000, int(mine.most or 3), key=key + "days", width=160)
        return replace(rule, most=float(days))
    if rule.kind in ("volume", "new"):
        usual = 50.0 if rule.kind == "volume" else 5.0
        most = 100 * float(mine.most) if mine.most is not None else usual
        share = st.number_input(_("At most, in %"), 0.0, 1e6, most, key=key + "share", width=160, format="%g")
        rule = replace(rule, most=share / 100)
        known = rules.TIME.get(rule.table) in frames[rule.table]
        return rule if rule.kind == "volume" or known else replace(rule, values=mine.values or _levels(stored, rule))
    return rule


def _levels(stored: Stored, rule: Rule) -> tuple[str, ...]:
    """The values that a column has now."""
    column = tables.quoted(rule.column)
    found = ask(stored)(f"SELECT DISTINCT CAST({column} AS VARCHAR) AS level FROM {tables.quoted(rule.table)} "  # noqa: S608  # quoted
                        f"WHERE {column} IS NOT NULL ORDER BY 1 LIMIT {rules.MAX_VALUES}")  # fmt: skip
    return tuple(found["level"])


def _is_time(frames: rules.Frames, rule: Rule) -> bool:
    return rules.kind_of(frames[rule.table].get(rule.column, "")) == "time"


def _end(text: str) -> float | str | None:
    """What was typed as an end: a number, a day, or nothing."""
    text = text.strip()
    try:
        return float(text.replace("\u202f", "").replace(" ", "").replace(",", ".")) if text else None
    except ValueError:
        return text


def _fitting(columns: dict[str, str], kind: str) -> list[str]:
    """The columns that a rule of this kind can be about."""
    wanted = {
        "range": ("number", "time"), "pattern": ("text",), "order": ("time", "number"), "agree": ("number",),
        "fresh": ("time",),
    }.get(kind)  # fmt: skip
    return [name for name, one in columns.items() if wanted is None or rules.kind_of(one) in wanted] or list(columns)


def _one(name: str, options: list[str], chosen: str, show: Callable[[str], str], key: str) -> str:
    index = options.index(chosen) if chosen in options else 0
    return st.selectbox(name, options, index, format_func=show, key=key, width=210) or options[0]


def _several(name: str, options: list[str], chosen: tuple[str, ...], key: str) -> tuple[str, ...]:
    usual = [one for one in chosen if one in options]
    hint = _("Choose")
    return tuple(st.multiselect(name, options, usual, format_func=label, key=key, placeholder=hint, max_selections=5))


def suggested(stored: Stored, found: list[tuple[Kept, Verdict]]) -> None:
    """Rules that the data seem to keep, how such a rule would have fared in the past, and a click that takes one."""
    have = [verdict.rule for _kept, verdict in found]
    key = f"suggestions {stored.version}"
    every: list[Suggestion] = answers.ready(key, "look through", lambda _step: _suggestions(stored))
    wanted = [one for one in every if not any(rules.same(one.rule, rule) for rule in have)]
    if not wanted:
        st.caption(_("Nothing to suggest: the data are few, or all that they keep to is a rule already."))
        return
    more = st.session_state.get(KEY + "more", False)
    for number, one in enumerate(wanted if more else wanted[:SHOWN]):
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            with st.container(gap=None, width="stretch"):
                st.markdown(plain(rules.sentence(one.rule, stored.table)))
                broken = _("Rows that break it now: {count}.").format(count=locales.number(one.failing))
                st.caption(plain(f"{broken} {past(one)}" if one.failing else past(one)))
            st.button(_("Add"), key=f"{KEY}add-{number}", on_click=_add, args=(stored, one.rule), icon=":material/add:")
    if not more and len(wanted) > SHOWN:
        text = _("{count} more").format(count=locales.number(len(wanted) - SHOWN))
        st.button(text, key=KEY + "all", on_click=st.session_state.update, args=({KEY + "more": True},))


def past(one: Suggestion) -> str:
    """How often a rule would have been broken, in words."""
    if not one.judged:
        return _("The past cannot tell how often it would be broken.")
    numbers = {"broken": locales.number(one.broken), "judged": locales.number(one.judged)}
    if one.unit == "version":
        return _("On {broken} of {judged} earlier versions it would have been broken.").format(**numbers)
    if one.learned is None:
        return _("It would have been broken {broken} times in {judged} days with data.").format(**numbers)
    numbers["day"] = locales.day(one.learned)
    text = N_("Made of the data up to {day}, it would have been broken in {broken} of the {judged} weeks since.")
    if one.unit == "day":
        text = N_("Made of the data up to {day}, it would have been broken on {broken} of the {judged} days since.")
    return _(text).format(**numbers)


def _add(stored: Stored, rule: Rule) -> None:
    content, name = rules.to_json(rule), uuid.uuid4().hex[:12]
    _try(lambda: checks.write(database.engine(), name, stored.lineage, content, 0, datetime.now(UTC)))


def _suggestions(stored: Stored) -> list[Suggestion]:
    schema = schemas.SCHEMAS[stored.table].to_schema().columns
    sure: dict[str, list[str]] = {
        stored.table: [name for name, one in schema.items() if one.required and not one.nullable]
    }
    found = suggest.suggest(ask(stored), stored.columns, stored.table, sure, datetime.now(UTC))
    versions = tables.stored(settings.get().home, stored.table)
    before = [one for one in versions if one.lineage == stored.lineage and one.version != stored.version]
    now = datetime.now(UTC)
    wanted = [one.rule for one in found]
    return suggest.on_versions(
        found, [scan.judge(ask(one), one.columns, wanted, now) for one in before[:VERSIONS] if tables.sound(one)]
    )


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
