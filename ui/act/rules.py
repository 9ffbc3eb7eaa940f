"""The rules: which there are, and which one is looked at."""

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import streamlit as st

from data import rules as kept_rules
from data.rules import Kept
from locales import Sentence
from models.act import alarms, rules, sentence
from models.act.rules import Rule, Severity, Unfit
from models.ask.known import Known
from ui import database
from ui.text import N_, _, plain

KEY = "act."
SEVERITIES: dict[Severity, tuple[str, str]] = {
    "critical": (N_("Critical"), "error"),
    "warning": (N_("Warning"), "warning"),
    "note": (N_("Note"), "info"),
}
MAX_ID = 64  # characters of a rule's id in a link
There = Mapping[str, tuple[Rule | None, Kept | None]]


def there(of: Known) -> There:
    """All rules by id; of the ready-made ones that nobody has changed, those that these data can answer."""
    fits = rules.ready(of.catalogue)
    return {
        name: (rule, kept)
        for name, (rule, kept) in rules.visible(kept_rules.kept(database.engine())).items()
        if kept is not None or rule in fits
    }


def begin(of: Known, found: There) -> None:
    """What a link asks for, on a visitor's first run: a rule, and how somebody had changed it."""
    if KEY + "rule" in st.session_state:
        return
    name, draft = st.query_params.get("rule", "")[:MAX_ID], rules.from_text(st.query_params.get("draft", ""))
    kept = found[name][0] if name in found else None
    if draft is not None and (problem := _unfit(of, draft)):
        st.session_state[KEY + "said"], draft = problem, None
    load(name if kept or draft else "", draft or kept, found[name][1] if name in found else None)


def _unfit(of: Known, rule: Rule) -> str:
    """What keeps these data from answering a rule; "" where nothing does."""
    try:
        rules.check(rule, of.catalogue)
    except Unfit as problem:
        return problem.sentence()
    return ""


def load(name: str, rule: Rule | None, kept: Kept | None) -> None:
    """Let the inputs show a rule: the next run makes them anew. An empty name is none; `kept` is how it was kept when
    somebody began to change it."""
    st.session_state[KEY + "rule"], st.session_state[KEY + "base"] = name, rule
    st.session_state[KEY + "kept"] = kept
    st.session_state[KEY + "turn"] = st.session_state.get(KEY + "turn", 0) + 1


def says(of: Known, rule: Rule | None, currency: str) -> tuple[str, str]:
    """A rule as a sentence, and what keeps these data from answering it ("" where nothing does)."""
    if rule is None:
        return _("A rule that cannot be read"), _(alarms.UNREADABLE)
    if problem := _unfit(of, rule):
        return _("A rule about “{name}”").format(name=rule.measure), problem
    return sentence.sentence(rule, of.catalogue, of.names, currency), ""


def listed(of: Known, found: There, currency: str) -> None:
    """Every rule as a sentence, and what can be done with it."""
    if said := st.session_state.pop(KEY + "said", ""):
        st.warning(plain(said))
    if not found:
        st.info(_("There is no rule yet: write one, or bring a ready-made one back."))
    for name, (rule, kept) in found.items():
        text, problem = says(of, rule, currency)
        _word, icon = SEVERITIES[rule.severity if rule else "warning"]
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            with st.container(gap=None, width="stretch"):
                st.markdown(f":material/{icon}: {plain(text)}")
                if problem:
                    st.caption(f":material/warning: {plain(problem)}")
                if rule and rule.owner:
                    st.caption(plain(_("For {owner}").format(owner=rule.owner)))
            chosen = st.session_state[KEY + "rule"] == name
            if rule is not None:
                st.button(
                    _("Rehearse and change"),
                    key=f"{KEY}open.{name}",
                    type="primary" if chosen else "secondary",
                    on_click=load,
                    args=(name, rule, kept),
                )
            else:
                st.button(_("Take away"), key=f"{KEY}away.{name}", on_click=take_away, args=(name, rule, kept))
    with st.container(horizontal=True, gap="small"):
        first = next(iter(of.catalogue.measures))
        fresh = Rule("revenue" if "revenue" in of.catalogue.measures else first, against="weekday", threshold=0.3)
        st.button(_("New rule"), icon=":material/add:", on_click=_new, args=(fresh,), key=KEY + "new")
        _removed(of, currency)


def _new(rule: Rule) -> None:
    load(uuid.uuid4().hex[:12], rule, None)


def _removed(of: Known, currency: str) -> None:
    """Buttons for what was taken away."""
    gone = [one for one in kept_rules.kept(database.engine()) if one.removed]
    if not gone:
        return
    with st.popover(_("Taken away"), icon=":material/restore_from_trash:"):
        for one in gone:
            text, _problem = says(of, rules.from_json(one.content), currency)
            label = _("Bring back: {rule}").format(rule=plain(text))
            st.button(label, on_click=_back, args=(one,), key=f"{KEY}back.{one.rule}", width="stretch")


def _back(one: Kept) -> None:
    attempt(lambda: kept_rules.write(database.engine(), one.rule, one.content, one.changes, datetime.now(UTC)))


def take_away(name: str, rule: Rule | None, kept: Kept | None) -> None:
    content = kept.content if kept else rules.to_json(rule) if rule else {}
    changes = kept.changes if kept else 0
    attempt(lambda: kept_rules.remove(database.engine(), name, content, changes, datetime.now(UTC)))
    load("", None, None)


def attempt(work: Callable[[], object]) -> bool:
    """Do what an input asks for, and whether that worked; what went wrong is said on the next run."""
    try:
        work()
    except Sentence as error:
        st.session_state[KEY + "said"] = error.sentence()
        return False
    return True
