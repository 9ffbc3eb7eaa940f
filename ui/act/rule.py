"""One rule: the inputs that make it, as a sentence or one by one."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import streamlit as st

import locales
from models.act import alarms, rules, sentence
from models.act.rules import DEFAULT, MAX_DAYS, WINDOWS, Action, Rule
from models.act.timing import HOURS
from models.ask import wording
from models.ask.known import Known
from models.ask.query import Filter
from ui import keep
from ui.act.rules import KEY, SEVERITIES, load, says
from ui.text import N_, _, ngettext, plain

ACTIONS: dict[Action, str] = {
    "tell": N_("Tell the channels"),
    "order": N_("Draft orders"),
    "slipping": N_("List who is slipping"),
    "leaving": N_("List who is likely to leave"),
    "report": N_("Send a report"),
    "challenger": N_("Train a challenger of the forecast"),
    "drift": N_("Check the data for drift"),
}
DONE = N_(
    "Once for each day on which the rule fires, and tried again where it fails. Orders are drafts, one a supplier of "
    "whom anything runs low; a challenger waits beside the model in use: somebody still has to approve them. Lists and "
    "reports are sent to the channels, and can be taken from the inbox."
)
MAX_VALUES = 1000  # values that a list still holds
T = TypeVar("T")


def spoken(of: Known, base: Rule, currency: str) -> None:
    """An input for a rule as a sentence."""
    turn = st.session_state[KEY + "turn"]

    def heard() -> None:
        text = st.session_state[f"{KEY}{turn}.text"]
        found = sentence.read(text, of.catalogue, of.lexicon)
        if found.rule is not None:
            rule = replace(found.rule, owner=base.owner, severity=base.severity, actions=base.actions)
            rule = replace(rule, board=base.board, language=base.language)
            load(st.session_state[KEY + "rule"], rule, st.session_state[KEY + "kept"])
        elif found.unknown:
            text = _("Nothing here is called {words}: use the words of the page Ask.")
            st.session_state[KEY + "said"] = text.format(words=", ".join(found.unknown))
        elif found.several:
            st.session_state[KEY + "said"] = _("That can mean several things: name the measure as on the page Ask.")
        else:
            text = _("Say what is watched and when you want to be told, such as: {example}")
            st.session_state[KEY + "said"] = text.format(example=_example(of, currency))

    with st.form(f"{KEY}{turn}.form", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            _("As a sentence, in English or French"),
            key=f"{KEY}{turn}.text",
            placeholder=says(of, base, currency)[0],
            max_chars=300,
        )
        st.form_submit_button(_("Read"), icon=":material/edit_note:", on_click=heard)


def _example(of: Known, currency: str) -> str:
    ready = next(iter(rules.ready(of.catalogue)), None)
    return sentence.sentence(ready, of.catalogue, of.names, currency) if ready else ""


def edited(of: Known, base: Rule) -> Rule:
    """The inputs of a rule but for its threshold, and the rule that they make: with the threshold of `base` where it
    still means the same, else with the usual one."""
    known, key = of.catalogue, f"{KEY}{st.session_state[KEY + 'turn']}."
    sales = {name: wording.measure(known, name) for name, one in known.measures.items() if one.table == "sales"}
    split = {name: wording.dimension(known, name) for name, one in known.dimensions.items() if _splits(one)}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        measure = _one(_("Measure"), sales, base.measure, key + "measure", 220)
        by = _one(_("Each on its own"), {"": _("All together")} | split, base.by, key + "by", 180)
        forecast = (measure, by) == (alarms.FORECAST[0], "") or base.against == "band"
        conditions = {
            pair: _(text).format(value="…", upper="…")
            for pair, text in sentence.CONDITIONS.items()
            if pair[0] != "band" or forecast
        }
        against, kind = _one(_("Tell when it is"), conditions, (base.against, base.kind), key + "condition", 330)
        windows = {count: _days(count) for count in sorted({*WINDOWS, base.window})}
        window = _one(_("Added up over"), windows, base.window, key + "window", 130)
    with st.expander(_("More: filters, quiet days, hours, owner"), icon=":material/tune:"):
        rest = _more(of, base, split, key)
    fresh = replace(base, measure=measure, by=by, against=against, kind=kind, window=window, **rest)
    if meaning(fresh) == meaning(base):
        return fresh
    return replace(fresh, threshold=DEFAULT[against], upper=None)


def meaning(rule: Rule) -> tuple[object, ...]:
    """What a threshold is about: rules that share it can keep theirs."""
    if rule.against != "number":
        return rule.against, rule.kind
    return rule.against, rule.kind, rule.measure, rule.by, rule.window


def _splits(one: Any) -> bool:
    return bool("sales" in one.sql and one.levels and one.spoken)


def _days(count: int) -> str:
    return ngettext("{count} day", "{count} days", count).format(count=locales.number(count))


def _one(label: str, names: Mapping[T, str], chosen: T, key: str, width: int) -> T:
    """One of some options, by what they are called; at first the `chosen` one, if it is there."""
    options = list(names)
    index = options.index(chosen) if chosen in names else 0
    return st.selectbox(label, options, index, names.__getitem__, key=key, width=width) or options[0]


def _more(of: Known, base: Rule, split: Mapping[str, str], key: str) -> dict[str, Any]:
    """Inputs for what most rules leave as it is."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        filters = _filters(of, base, split, key)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        number = partial(st.number_input, width=150)
        most = {"min_value": 1, "max_value": MAX_DAYS}
        days = number(_("Days in a row"), value=min(max(base.days, 1), MAX_DAYS), key=key + "days", **most)
        most["min_value"] = 0
        quiet = min(max(base.cooldown, 0), MAX_DAYS)
        cooldown = number(_("Then quiet for days"), value=quiet, key=key + "cooldown", **most)
        volume = number(
            _("Lines a day, at least"), value=max(base.volume, 0.0), min_value=0.0, key=key + "volume", format="%g"
        )
        start = number(
            _("Told from (hour)"),
            value=min(max(base.hours[0], 0), HOURS - 1),
            min_value=0,
            max_value=HOURS - 1,
            key=key + "start",
        )
        end = number(
            _("until (hour)"), value=min(max(base.hours[1], 0), HOURS), min_value=0, max_value=HOURS, key=key + "end"
        )
        zone = st.text_input(_("Time zone"), base.zone, max_chars=60, key=key + "zone", width=170)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        words = {name: _(word) for name, (word, _icon) in SEVERITIES.items()}
        severity = _one(_("How grave"), words, base.severity, key + "severity", 150)
        owner = st.text_input(_("Whose rule is it?"), base.owner, max_chars=80, key=key + "owner", width=200)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        done = {name: _(text) for name, text in ACTIONS.items()}
        actions = st.multiselect(
            _("What is done then"), list(done), list(base.actions), format_func=done.__getitem__,
            key=key + "actions", select_all=False, placeholder=_("It waits in the inbox"), width=520, help=_(DONE),
        )  # fmt: skip
        board, boards = base.board, {name: _(one.name) for name, (one, _kept) in keep.all_boards().items()}
        if "report" in actions:
            board = _one(_("Board"), boards, base.board, key + "board", 220)
    return {
        **{"filters": filters, "days": int(days), "cooldown": int(cooldown), "volume": float(volume)},
        **{"hours": (int(start), int(end)), "zone": zone.strip(), "severity": severity, "owner": owner.strip()},
        **{"actions": tuple(actions), "board": board},
        "language": base.language if set(actions) == set(base.actions) else locales.language(),
    }


def _filters(of: Known, base: Rule, split: Mapping[str, str], key: str) -> tuple[Filter, ...]:
    """What a rule is kept to; filters on words in a name stay as they are, or go."""
    words = tuple(one for one in base.filters if one.how == "contains")
    before = {one.dimension: one for one in base.filters if one not in words}
    named = {name: split.get(name, name) for name in dict.fromkeys([*split, *before])}
    chosen = st.multiselect(
        _("Kept to"), list(named), list(before), format_func=named.__getitem__, key=key + "kept", select_all=False,
        placeholder=_("Everything"), width=220,
    )  # fmt: skip
    made = []
    for name in chosen:
        one = before.get(name, Filter(name, ()))
        levels = of.levels.get(name, [])
        options = list(dict.fromkeys([*one.values, *(levels if len(levels) <= MAX_VALUES else ())]))
        values = st.multiselect(
            named[name], options, list(one.values), format_func=partial(wording.value, name, names=of.names),
            key=f"{key}f.{name}", select_all=False, placeholder=_("Choose"), width=260,
        )  # fmt: skip
        without = st.toggle(_("Without"), not one.kept, key=f"{key}f.{name}.not") if values else False
        if values:
            made.append(replace(one, values=tuple(values), kept=not without))
    if words:
        text = "; ".join(wording.kept(of.catalogue, one, of.names) for one in words if one.dimension in split)
        words = words if st.toggle(plain(text), True, key=key + "words") else ()
    return (*words, *made)
