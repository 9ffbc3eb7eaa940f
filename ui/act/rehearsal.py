"""What a rule would have done in the past year, by its threshold, and the buttons that keep it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import streamlit as st

import locales
from charts.act import rules as charts
from connectors import notify
from data import rules as kept_rules
from data.rules import Kept
from data.tables import Stored
from models.act import rehearsal, rules, sentence
from models.act.rehearsal import Rehearsal, Scores
from models.act.rules import Against, Rule, Unfit
from models.ask import wording
from models.ask.known import Known
from ui import cards, database
from ui.act import watched
from ui.act.rule import meaning
from ui.act.rules import KEY, There, attempt, load, take_away
from ui.text import N_, _, part, plain

ABOUT: dict[Against, str] = {
    "number": N_("Threshold"),
    "weekday": N_("By more than"),
    "year": N_("By more than"),
    "band": N_("Times the width of the band"),
    "usual": N_("Chance brings it once in so many days"),
}
STEPS = 100  # of a slider along a measure
RARELY = (2, 3, 5, 7, 10, 14, 20, 28, 40, 60, 90, 120, 180, 250, 400, 600, 1000, 2000)  # days
SHARES = tuple(round(0.05 * step, 2) for step in range(1, 20))
LARGER = (1.0, 1.25, 1.5, 2.0, 3.0)
WIDTHS = tuple(0.25 * step for step in range(2, 21))


@part
def rehearsed(of: Known, stored: Stored, found: There, name: str, draft: Rule) -> None:
    """What a rule would have done, by a threshold on a slider; only this is run and painted again as it moves."""
    shown, kept = found.get(name, (None, None))[0], st.session_state[KEY + "kept"]
    currency = stored.origin.currency or "GBP"
    try:
        scores = watched.scores(stored, of.catalogue, draft)
        rule = _threshold(of, draft, scores, currency)
        rules.check(rule, of.catalogue)
    except Unfit as problem:
        st.info(plain(problem.sentence()), icon=":material/info:")
        _buttons(name, None, shown, kept)
        return
    told = rehearsal.rehearse(rule, scores, _answers(stored, name))
    st.markdown(f"**{plain(sentence.sentence(rule, of.catalogue, of.names, currency))}**")
    _link(name, rule, shown)
    _numbers(of, rule, told)
    drawn = charts.rehearsal(rule, scores, told, of.catalogue, of.names, currency)
    cards.figure(drawn, "rule_rehearsal", told.fired, note=_note(of, rule, told))
    _buttons(name, rule, shown, kept)


def _threshold(of: Known, draft: Rule, scores: Scores, currency: str) -> Rule:
    """A rule with the threshold that the slider is at."""
    measure = of.catalogue.measures[draft.measure]
    ends = draft.threshold, draft.upper
    base: Rule = st.session_state[KEY + "base"]
    steps = _ladder(draft, scores)
    if draft.against == "number" and meaning(draft) != meaning(base):
        ends = _suggested(draft, scores, steps)
    outside = draft.against == "number" and draft.kind == "outside"
    options = sorted({*steps, *(round(end, 9) for end in ends if end is not None)})
    options += [options[-1] + 1] if len(options) < 2 else []
    low = round(ends[0], 9)
    high = options[-1] if ends[1] is None else round(ends[1], 9)
    key = f"{KEY}{st.session_state[KEY + 'turn']}.at.{meaning(draft)}"

    def write(value: float) -> str:
        return sentence.written(draft, value, measure, currency)

    if not outside:
        at = st.select_slider(_(ABOUT[draft.against]), options, low, write, key=key)
        return replace(draft, threshold=at, upper=None)
    lower, upper = st.select_slider(_("Between"), options, (min(low, high), max(low, high)), write, key=key)
    return replace(draft, threshold=lower, upper=upper)


def _ladder(rule: Rule, scores: Scores) -> tuple[float, ...]:
    """Thresholds to choose from."""
    if rule.against == "usual":
        return tuple(map(float, RARELY))
    if rule.against == "band":
        return WIDTHS
    if rule.against in ("weekday", "year"):
        return SHARES if rule.kind == "under" else (*SHARES, *LARGER)
    values = scores.values[np.isfinite(scores.values)]
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    sizes = np.outer(10.0 ** np.arange(-9, 13), [1, 2, 5]).ravel()
    size = float(sizes[np.searchsorted(sizes, (high - low or abs(high) or 1.0) / STEPS)])
    return tuple(round(float(step) * size, 9) for step in np.arange(np.floor(low / size), np.ceil(high / size) + 1))


def _suggested(rule: Rule, scores: Scores, steps: tuple[float, ...]) -> tuple[float, float | None]:
    """Thresholds that one value in fifty is beyond."""
    values = scores.values[np.isfinite(scores.values)]
    low, high = np.quantile(values, [0.02, 0.98]) if len(values) else (steps[0], steps[-1])
    nearest = [min(steps, key=lambda step, end=end: abs(step - end)) for end in (low, high)]  # type: ignore[misc]
    if rule.kind == "outside":
        return nearest[0], max(nearest[1], next((step for step in steps if step > nearest[0]), steps[-1]))
    return nearest[rule.kind == "over"], None


def _answers(stored: Stored, name: str) -> Any:
    """What people said of what a rule found (see `rehearsal.rehearse`)."""
    rows = watched.alerts(stored, rule=name)
    return rows.loc[rows["answer"].notna(), ["day", "level", "answer"]]


def _link(name: str, rule: Rule, shown: Rule | None) -> None:
    """The rule, and how it was changed, in the URL."""
    wanted = {"rule": name} | ({} if rule == shown else {"draft": rules.to_text(rule)})
    for key in ("rule", "draft"):
        if st.query_params.get(key) != wanted.get(key):
            if key in wanted:
                st.query_params[key] = wanted[key]
            else:
                st.query_params.pop(key, None)


def _numbers(of: Known, rule: Rule, told: Rehearsal) -> None:
    """How much somebody would have been told, of what, and how much of that was real."""
    days = _("{count} in {days} days").format(count=locales.number(told.messages), days=locales.number(told.days))
    shown = [(_("Messages a month"), locales.number(told.a_month, 1), days)]
    if rule.by:
        levels = charts.levels(rule, told, of.names)
        most = _("most often {level}").format(level=plain(levels[0][0])) if levels else _("nothing is told of")
        shown.append((plain(wording.dimension(of.catalogue, rule.by)), locales.number(len(levels)), most))
    known = told.judged + told.unknown
    shown.append(
        (
            _("Days that can be judged"),
            locales.percent(told.judged / known if known else 0.0),
            _("of the others nothing is known, or there is nothing to hold them against"),
        )
    )
    if told.answered:
        answered = sum(told.answered.values())
        real = locales.number(told.answered.get("real", 0))
        words = _("{real} real, {explained} with a known reason").format(
            real=real, explained=locales.number(told.answered.get("explained", 0))
        )
        shown.append((_("Answered since"), locales.number(answered), words))
    cards.metrics(shown)


def _note(of: Known, rule: Rule, told: Rehearsal) -> str:
    """Whom it is for, and what is not drawn."""
    channels = ", ".join(notify.channels())
    who = rule.owner or _("nobody in particular")
    parts = [_("For {owner}, told by {channels}.").format(owner=who, channels=channels)]
    if "tell" not in rule.actions or not channels:
        parts = [_("For {owner}: it waits in the inbox, no channel is told.").format(owner=who)]
    if (more := len(charts.levels(rule, told, of.names)) - charts.LEVELS) > 0:
        parts.append(_("{count} more are not drawn; the file has all.").format(count=locales.number(more)))
    return " ".join(parts)


def _now(name: str, rule: Rule | None = None) -> None:
    """Show a rule as it is kept now (or `rule`, which it is)."""
    found, kept = rules.visible(kept_rules.kept(database.engine())).get(name, (None, None))
    load(name if rule or found else "", rule or found, kept)


def _buttons(name: str, rule: Rule | None, shown: Rule | None, kept: Kept | None) -> None:
    """Keep a rule as it is now, go back, or take it away."""
    with st.container(horizontal=True, gap="small"):
        keep = st.button(
            _("Keep this rule"),
            icon=":material/save:",
            type="primary",
            disabled=rule is None or rule == shown,
            key=KEY + "keep",
        )
        back = st.button(_("As it was"), icon=":material/undo:", disabled=shown in (None, rule), key=KEY + "undo")
        away = st.button(_("Take away"), icon=":material/delete:", disabled=shown is None, key=KEY + "delete")
        close = st.button(_("Close"), icon=":material/close:", key=KEY + "close")
    if keep and rule is not None:
        changes = kept.changes if kept else 0
        content = rules.to_json(rule)
        done = attempt(lambda: kept_rules.write(database.engine(), name, content, changes, datetime.now(UTC)))
        _now(name, rule if done else None)
    elif back:
        _now(name)
    elif away:
        take_away(name, shown, kept)
    elif close:
        load("", None, None)
    if keep or back or away or close:
        st.query_params.pop("draft", None)
        if not st.session_state[KEY + "rule"]:
            st.query_params.pop("rule", None)
        st.rerun()
