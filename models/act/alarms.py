"""What rules found: as rows that are kept, as sentences, and told to channels once a cause.

judged(engine, known, ask, about, day, now) -> Judged    # all rules over a day; what is new is written down
tell(engine, lineage, channels, words, now)              # each channel, of what it was not told of
sentence(row, known, names, currency)         # "Revenue: £120 on 28 Nov 2026, where £400 was expected: 70% less."
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import partial
from typing import Any

import pandas as pd
from sqlalchemy import Engine

import locales
from data import rules as kept_rules
from data import schedules, state
from locales import N_, Sentence, _, ngettext
from models.act import measured, rehearsal, rules, schedule
from models.act.rules import Action, Rule
from models.act.schedule import MAX_NAME, Job, Schedule
from models.ask import wording
from models.ask.definitions import Catalogue
from models.ask.statement import Ask
from models.drift import alerts
from models.drift.alerts import IN_A_LETTER, Explanation
from models.forecast import source

ANSWERS = {"real": N_("It was real"), "explained": N_("It has a known reason"), "false": N_("A false alarm")}
UNREADABLE = N_("This rule cannot be read: a newer Vigie wrote it. Update Vigie, or delete the rule.")
FORECAST = ("revenue", "D")  # measure and frequency of the forecasts that are kept every day (models.lifecycle.sales)
Words = Callable[[Mapping[str, Any]], str]  # a row of `state.rule_alerts` as a sentence


@dataclass(frozen=True)
class Judged:
    """All rules over a day: how many there are, how many alerts they found, how many of these are new, and the
    `problems` that kept some (by id) from an answer; `silent` where the data say nothing of the day."""

    rules: int
    fired: int
    new: int
    problems: Mapping[str, Sentence]
    silent: bool


def judged(
    engine: Engine, known: Catalogue, ask: Ask, lineage: str, versions: Collection[str], day: date, now: datetime
) -> Judged:
    """Judge every rule over a day of a lineage of data, and write down what was not known; the same day again adds
    nothing. `versions` are those under which forecasts of these data are kept.

    An alert that began on a day which nobody judged (data came for several days at once, the rule is new) is found on
    the first day that is judged; then it is quiet until it ends, or for `rehearsal.REMEMBERED` days.
    """
    found = rules.visible(kept_rules.kept(engine))
    readable = {name: rule for name, (rule, _kept) in found.items() if rule is not None}
    problems: dict[str, Sentence] = {name: Sentence(UNREADABLE) for name in found if name not in readable}
    for name in [name for name in readable if name in rules.READY and found[name][1] is None]:
        try:  # a ready-made one that nobody chose is silent where the data do not fit it
            rules.check(readable[name], known)
        except rules.Unfit:
            del readable[name]
    wanted = list(readable.values())
    bands = {place: band for place, rule in enumerate(wanted) if (band := forecast(engine, rule, versions)) is not None}
    verdicts = rehearsal.judge(known, wanted, ask, day, bands)
    before = state.read(engine, state.rule_alerts, state.rule_alerts.c.day < day, lineage=lineage)
    alerted = before.groupby(["rule", "level"])["day"].max().to_dict()
    rows: list[dict[str, Any]] = []
    for (name, rule), verdict in zip(readable.items(), verdicts, strict=True):
        if verdict.problem is not None:
            problems[name] = verdict.problem
        content = rules.to_json(rule)
        for one in verdict.hold.to_dict("records"):
            level = str(one["level"]) if rule.by else ""
            if (name, level) in alerted and alerted[name, level] >= one["since"]:
                continue
            rows.append(
                {
                    "cause": rules.cause(f"{name} {lineage}", day, level),
                    **{"rule": name, "lineage": lineage, "day": day, "level": level},
                    **{"value": one["value"], "expected": one["expected"], "content": content, "raised": now},
                }
            )
    new = kept_rules.raised(engine, rows)
    for name in dict.fromkeys(row["rule"] for row in rows):
        _ask(engine, name, readable[name], lineage, day)
    nothing = [one.problem is not None and one.problem.message == measured.NOTHING for one in verdicts]
    silent = any(nothing) and all(one.problem is not None for one in verdicts)
    return Judged(len(wanted), len(rows), new, problems, silent)


def asked(name: str, lineage: str, action: str) -> str:
    """The name under which a rule (by its id) asks for what it does about a lineage of data."""
    return f"{schedules.ASKED}{name} {lineage} {action}"


def _ask(engine: Engine, name: str, rule: Rule, lineage: str, day: date) -> None:
    """Let what a rule does beside telling and drafting be done by the next `jobs.py run-due`, once for a day."""
    about: dict[Action, tuple[Job, dict[str, str]]] = {
        "slipping": ("calls", {"who": "slipping", "language": rule.language}),
        "leaving": ("calls", {"who": "leaving", "language": rule.language}),
        "report": ("report", {"board": rule.board, "kind": ".pdf", "language": rule.language}),
        "challenger": ("retrain", {"model": "sales"}),
        "drift": ("drift", {"model": "sales"}),
    }
    due = datetime.combine(day, time(), UTC)
    for action in rule.actions:
        if action in about:
            job, of = about[action]
            work = Schedule(rule.measure[:MAX_NAME], job, of)
            schedules.ask(engine, asked(name, lineage, action), due, schedule.to_json(work))


def forecast(engine: Engine, rule: Rule, versions: Collection[str]) -> pd.DataFrame | None:
    """What was forecast of each day before it came (see `rehearsal.score`): the last forecast of the days before it.

    None where a rule asks for none, or for one that nobody keeps: kept are those of the revenue of everything.
    """
    if rule.against != "band" or (rule.measure, rule.by, rule.filters) != (FORECAST[0], "", ()):
        return None
    log = state.prediction_log.c
    subject, ours = source.key(None, None, *FORECAST), log.version.in_(versions)
    rows = state.read(engine, state.prediction_log, ours, log.day < log.target_day, model="sales", subject=subject)
    rows = rows.sort_values(["target_day", "day", "logged"]).drop_duplicates("target_day", keep="last")
    band = rows[["target_day", "mean", "lo_80", "hi_80"]].dropna()
    return band.set_axis(["day", "mean", "low", "high"], axis=1)


def sentence(row: Mapping[str, Any], known: Catalogue, names: wording.Names, currency: str) -> str:
    """A row of `state.rule_alerts` in the reader's language, whatever of its rule is still in the data."""
    rule = rules.from_json(row["content"])
    share = False
    if rule is None or rule.measure not in known.measures:
        subject = rule.measure if rule else row["rule"]
        write: Callable[[float], str] = partial(locales.number, digits=2)
    else:
        measure = known.measures[rule.measure]
        share = measure.unit == "share"
        subject, write = wording.measure(known, rule.measure), wording.number(measure, currency)
    if rule is not None and rule.by:
        level = wording.value(rule.by, row["level"], names)
        subject = _("{measure}, {level}").format(measure=subject, level=level)
    values = {"subject": subject, "value": write(row["value"]), "day": locales.day(row["day"])}
    window = rule.window if rule else 1
    if pd.isna(row["expected"]):
        text = (
            _("{subject}: {value} on {day}.") if window == 1 else _("{subject}: {value} in {count} days up to {day}.")
        )
        return text.format(**values, count=window)
    text = (
        _("{subject}: {value} on {day}, where {expected} was expected")
        if window == 1
        else _("{subject}: {value} in {count} days up to {day}, where {expected} was expected")
    )
    return text.format(**values, count=window, expected=write(row["expected"])) + _off(row, share)


def _off(row: Mapping[str, Any], share: bool) -> str:
    """How a sentence ends: by how much a value is off what was expected; of a `share` it would be one of a share."""
    change = abs(row["value"] / row["expected"] - 1) if row["expected"] > 0 else 0.0
    if share or round(change, 2) == 0:
        return "."
    text = _(": {change} less.") if row["value"] < row["expected"] else _(": {change} more.")
    return text.format(change=locales.percent(change))


def explained(answered: pd.DataFrame, row: Mapping[str, Any]) -> list[Explanation]:
    """What was answered to the same rule and level around the same day of earlier years; `answered` are rows of
    `state.rule_alerts`."""
    same = answered[answered["rule"].eq(row["rule"]) & answered["level"].eq(row["level"])]
    named = same.rename(columns={"rule": "kind", "level": "feature"})
    return alerts.explanations(named, pd.Timestamp(row["day"]).date())


def tell(
    engine: Engine, lineage: str, channels: Mapping[str, Callable[[str, str], None]], words: Words, now: datetime
) -> dict[str, str]:
    """Tell each channel, in one message, of the open alerts about a lineage that it has not been told of, as far as
    their rules may tell somebody `now`; when it was told, or "failed: " and why.

    What is told is written down at once: a crash tells twice at worst, and never not. A channel that fails is tried
    again the next time.
    """
    answers = {}
    for name, send in channels.items():
        open_ = kept_rules.due(engine, name)
        rows = [row for row in open_[open_["lineage"].eq(lineage)].to_dict("records") if _may(row, now)]
        if not rows:
            continue
        failed = None
        try:
            send(*_letter(rows, words, state.read(engine, state.rule_alerts, lineage=lineage)))
        except Sentence as error:
            failed = str(error)
        answers[name] = now.isoformat() if failed is None else f"failed: {failed}"
        kept_rules.notified(engine, [row["cause"] for row in rows], name, failed, now)
    return answers


def _may(row: Mapping[str, Any], now: datetime) -> bool:
    rule = rules.from_json(row["content"])
    return rule is not None and "tell" in rule.actions and rules.notified_at(rule, now) <= now


def _letter(rows: list[dict[str, Any]], words: Words, known: pd.DataFrame) -> tuple[str, str]:
    title = ngettext("Vigie: {count} alert of a rule", "Vigie: {count} alerts of rules", len(rows))
    lines = []
    for row in rows[:IN_A_LETTER]:
        rule = rules.from_json(row["content"])
        owner = rule.owner if rule else ""
        lines.append(_("{alert} For: {owner}").format(alert=words(row), owner=owner) if owner else words(row))
        for before in explained(known, row):
            line = _("Around {day} it was acknowledged as: {reason}")
            lines.append(f"  {line.format(day=locales.day(before.day), reason=before.reason)}")
    if (more := len(rows) - IN_A_LETTER) > 0:
        lines.append(_("and {count} more").format(count=locales.number(more)))
    return title.format(count=locales.number(len(rows))), "\n".join(lines)
