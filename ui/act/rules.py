"""The rules: which there are, how one is changed, and what it would have done in the past year."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import numpy as np
import streamlit as st

import locales
from charts.act import rules as charts
from connectors import notify
from data import rules as kept_rules
from data.rules import Kept
from data.tables import Stored
from locales import Sentence
from models.act import alarms, rehearsal, rules, sentence
from models.act.rehearsal import Rehearsal, Scores
from models.act.rules import DAY, DEFAULT, MAX_DAYS, WINDOWS, Action, Against, Rule, Severity, Unfit
from models.ask import wording
from models.ask.known import Known
from models.ask.query import Filter
from ui import cards, database, keep
from ui.act import watched
from ui.text import N_, _, ngettext, plain

KEY = "act."
SEVERITIES: dict[Severity, tuple[str, str]] = {
    "critical": (N_("Critical"), "error"),
    "warning": (N_("Warning"), "warning"),
    "note": (N_("Note"), "info"),
}
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
MAX_ID = 64  # characters of a rule's id in a link
ABOUT: dict[Against, str] = {
    "number": N_("Threshold"),
    "weekday": N_("By more than"),
    "year": N_("By more than"),
    "band": N_("Times the width of the band"),
    "usual": N_("Chance brings it once in so many days"),
}
MAX_VALUES = 1000  # values that a list still holds
STEPS = 100  # of a slider along a measure
RARELY = (2, 3, 5, 7, 10, 14, 20, 28, 40, 60, 90, 120, 180, 250, 400, 600, 1000, 2000)  # days
SHARES = tuple(round(0.05 * step, 2) for step in range(1, 20))
LARGER = (1.0, 1.25, 1.5, 2.0, 3.0)
WIDTHS = tuple(0.25 * step for step in range(2, 21))
There = Mapping[str, tuple[Rule | None, Kept | None]]
T = TypeVar("T")


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
    _load(name if kept or draft else "", draft or kept, found[name][1] if name in found else None)


def _unfit(of: Known, rule: Rule) -> str:
    """What keeps these data from answering a rule; "" where nothing does."""
    try:
        rules.check(rule, of.catalogue)
    except Unfit as problem:
        return problem.sentence()
    return ""


def _load(name: str, rule: Rule | None, kept: Kept | None) -> None:
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
                    on_click=_load,
                    args=(name, rule, kept),
                )
            else:
                st.button(_("Take away"), key=f"{KEY}away.{name}", on_click=_away, args=(name, rule, kept))
    with st.container(horizontal=True, gap="small"):
        first = next(iter(of.catalogue.measures))
        fresh = Rule("revenue" if "revenue" in of.catalogue.measures else first, against="weekday", threshold=0.3)
        st.button(_("New rule"), icon=":material/add:", on_click=_new, args=(fresh,), key=KEY + "new")
        _removed(of, currency)


def _new(rule: Rule) -> None:
    _load(uuid.uuid4().hex[:12], rule, None)


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
    _try(lambda: kept_rules.write(database.engine(), one.rule, one.content, one.changes, datetime.now(UTC)))


def _away(name: str, rule: Rule | None, kept: Kept | None) -> None:
    content = kept.content if kept else rules.to_json(rule) if rule else {}
    changes = kept.changes if kept else 0
    _try(lambda: kept_rules.remove(database.engine(), name, content, changes, datetime.now(UTC)))
    _load("", None, None)


def _try(work: Callable[[], object]) -> bool:
    """Do what an input asks for, and whether that worked; what went wrong is said on the next run."""
    try:
        work()
    except Sentence as error:
        st.session_state[KEY + "said"] = error.sentence()
        return False
    return True


def spoken(of: Known, base: Rule, currency: str) -> None:
    """An input for a rule as a sentence."""
    turn = st.session_state[KEY + "turn"]

    def heard() -> None:
        text = st.session_state[f"{KEY}{turn}.text"]
        found = sentence.read(text, of.catalogue, of.lexicon)
        if found.rule is not None:
            rule = replace(found.rule, owner=base.owner, severity=base.severity, actions=base.actions)
            rule = replace(rule, board=base.board, language=base.language)
            _load(st.session_state[KEY + "rule"], rule, st.session_state[KEY + "kept"])
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
    if _meaning(fresh) == _meaning(base):
        return fresh
    return replace(fresh, threshold=DEFAULT[against], upper=None)


def _meaning(rule: Rule) -> tuple[object, ...]:
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
            value=min(max(base.hours[0], 0), DAY - 1),
            min_value=0,
            max_value=DAY - 1,
            key=key + "start",
        )
        end = number(
            _("until (hour)"), value=min(max(base.hours[1], 0), DAY), min_value=0, max_value=DAY, key=key + "end"
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


@st.fragment
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
    if draft.against == "number" and _meaning(draft) != _meaning(base):
        ends = _suggested(draft, scores, steps)
    outside = draft.against == "number" and draft.kind == "outside"
    options = sorted({*steps, *(round(end, 9) for end in ends if end is not None)})
    options += [options[-1] + 1] if len(options) < 2 else []
    low = round(ends[0], 9)
    high = options[-1] if ends[1] is None else round(ends[1], 9)
    key = f"{KEY}{st.session_state[KEY + 'turn']}.at.{_meaning(draft)}"

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
    _load(name if rule or found else "", rule or found, kept)


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
        done = _try(lambda: kept_rules.write(database.engine(), name, content, changes, datetime.now(UTC)))
        _now(name, rule if done else None)
    elif back:
        _now(name)
    elif away:
        _away(name, shown, kept)
    elif close:
        _load("", None, None)
    if keep or back or away or close:
        st.query_params.pop("draft", None)
        if not st.session_state[KEY + "rule"]:
            st.query_params.pop("rule", None)
        st.rerun()
