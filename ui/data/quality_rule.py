"""Inputs of one rule of a dataset, and what it would find."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import streamlit as st

import locales
from data import checks, tables
from data.rules import Kept
from data.tables import Stored
from locales import Sentence
from locales.labels import label
from models.quality import rules, scan
from models.quality.rules import Rule, Severity
from models.quality.scan import Verdict
from ui import database
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
NONE = ""


def ask(stored: Stored) -> scan.Ask:
    """What answers SQL of a dataset."""
    return partial(tables.query, stored)


def say(text: str) -> None:
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


def begin(rule: Rule, kept: Kept | None) -> None:
    """Let the inputs show a rule: one that is kept, or a new one."""
    st.session_state[KEY + "base"], st.session_state[KEY + "kept"] = rule, kept
    st.session_state[KEY + "turn"] = st.session_state.get(KEY + "turn", 0) + 1


def attempt(work: Callable[[], object]) -> bool:
    try:
        work()
    except Sentence as error:
        say(error.sentence())
        return False
    return True


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
        attempt(lambda: checks.write(database.engine(), name, lineage, content, changes, datetime.now(UTC)))
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
