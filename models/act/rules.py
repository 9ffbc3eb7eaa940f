"""Rules: when somebody is told that a measure is not as it should be, and what is done then.

    Rule(measure="revenue", by="store", kind="under", against="usual", threshold=28)
    check(rule, known)               # raises Unfit, a sentence, where these data cannot answer it
    ready(known)                     # the ready-made rules that these data can answer
    visible(data.rules.kept(engine)) # all rules by id, ready-made ones too, with how they are kept
    to_text(rule); from_text(text)   # for a link, a file; to_json, from_json: for a row of the database
    cause(identity, day, level)      # the key under which something is done once, however often a job runs
    told(rule, when)                 # the first moment from then on at which the rule may tell somebody

A measure, a dimension and filters are those of `models.ask`, so that a rule's number is Ask's, to the cent.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from data.rules import Kept
from locales import N_, Sentence
from models import segmenting
from models.act.timing import HOURS
from models.ask.definitions import Catalogue
from models.ask.formulas import Measure
from models.ask.query import RELATIONS, Filter, read

Kind = Literal["over", "under", "outside", "changed"]
Against = Literal["number", "weekday", "year", "band", "usual"]
Severity = Literal["note", "warning", "critical"]
Action = Literal["tell", "order", "slipping", "leaving", "report", "challenger", "drift"]
KINDS: Mapping[Against, tuple[Kind, ...]] = {
    "number": ("over", "under", "outside"),
    "weekday": ("over", "under", "changed"),
    "year": ("over", "under", "changed"),
    "band": ("over", "under", "outside"),
    "usual": ("over", "under", "outside"),
}
DEFAULT: Mapping[Against, float] = {"number": 0.0, "weekday": 0.3, "year": 0.3, "band": 1.0, "usual": 28.0}
WINDOWS = (1, 7, 14, 28)  # days that people ask for; any number up to the last is a window
MAX_DAYS = 28  # in a row, and of quiet afterwards: what a rehearsal remembers
RARE = 400.0  # days between two false alarms of a ready-made rule, at least


class Unfit(Sentence):
    """A rule that cannot be answered, and what to do about it."""


@dataclass(frozen=True)
class Rule:
    """When a `measure`, of each level of a dimension (`by`) on its own or of all, is not as it should be.

    It fires where the measure over the last `window` days is `kind` (over, under, outside, changed by) something:

    - "number": the `threshold` in the measure's unit (a share: 0.2 is 20 %); outside: under it or over `upper`
    - "weekday": the mean of the same weekday in the four weeks before, by more than a share `threshold`
    - "year": the same days 52 weeks before, by more than a share `threshold`
    - "band": what was forecast, by `threshold` times the width of the forecast's band on that side
    - "usual": what is usual for the series itself, such as chance brings once in `threshold` days

    on `days` judged days in a row, where there usually are at least `volume` lines (of an average: are, that day). Then
    it is quiet about the same level until it was not so for `cooldown` days. It tells its `owner` between the hours
    `hours` (from, until) of the clocks in `zone`, and does its `actions`, once for each day on which it fires: "tell",
    draft an "order", write a list of whom to call ("slipping", "leaving"), send the "report" of a `board`, train a
    "challenger" of the forecast, compare the data with what it learned from ("drift"). It writes in `language`.
    """

    measure: str
    by: str = ""
    filters: tuple[Filter, ...] = ()
    kind: Kind = "under"
    against: Against = "usual"
    threshold: float = DEFAULT["usual"]
    upper: float | None = None
    window: int = 1
    volume: float = 0.0
    days: int = 1
    hours: tuple[int, int] = (0, HOURS)
    zone: str = "UTC"
    cooldown: int = 2
    severity: Severity = "warning"
    owner: str = ""
    actions: tuple[Action, ...] = ("tell",)
    board: str = ""
    language: str = "en"


READY: Mapping[str, Rule] = {
    "sales": Rule("revenue", threshold=RARE, severity="critical"),
    "categories": Rule("revenue", by="category", threshold=RARE, window=7, cooldown=7),
    "returns": Rule("return_rate", kind="over", threshold=RARE, window=7, cooldown=7),
}
_ADAPTER = TypeAdapter(Rule)


def counted(measure: Measure) -> bool:
    """Whether a day without a line is a day of nothing (a sum, a count), or one that says nothing (an average)."""
    return measure.additive or measure.unit == "count"


def check(rule: Rule, known: Catalogue) -> None:
    """Whether some data can answer a rule. Raises `Unfit` with the first thing that keeps them from it."""
    if rule.measure in known.lacking or rule.by in known.lacking:
        name = rule.measure if rule.measure in known.lacking else rule.by
        raise Unfit(
            N_("This rule needs what these data lack now: {columns}. Map it on the page Data, or change the rule."),
            columns=", ".join(column.rpartition(".")[2] for column in known.lacking[name]),
        )
    if any(one.how in RELATIONS for one in rule.filters):
        raise Unfit(N_("A rule cannot be kept to single lines by their numbers: leave that filter out."))
    names = [*([rule.by] if rule.by else []), *(one.dimension for one in rule.filters)]
    gone = [name for name in names if name not in known.dimensions]
    if rule.measure not in known.measures or gone:
        name = gone[0] if rule.measure in known.measures else rule.measure
        raise Unfit(N_("“{name}” is not in these data any more: choose another one, or delete the rule."), name=name)
    if known.measures[rule.measure].table != "sales":
        raise Unfit(N_("Rules watch what happens day by day: choose a measure of the sales."))
    if any("sales" not in known.dimensions[name].sql for name in names):
        raise Unfit(N_("The sales cannot be split or kept to that: choose another dimension."))
    if segmenting.SEGMENT in names:  # of whom the past is chosen by what came after it
        raise Unfit(N_("Customers move between segments, which are those of the last day: a rule cannot follow one."))
    if rule.by and not known.dimensions[rule.by].levels:
        raise Unfit(N_("A rule watches somebody or something: it cannot be split by a part of the calendar."))
    if "report" in rule.actions and not rule.board:
        raise Unfit(N_("Choose the board that is sent."))
    _check_numbers(rule)


def _check_numbers(rule: Rule) -> None:
    if rule.kind not in KINDS[rule.against]:
        raise Unfit(N_("These two do not go together: choose another comparison."))
    numbers = [rule.threshold, rule.volume, *([] if rule.upper is None else [rule.upper])]
    if not all(abs(number) < float("inf") for number in numbers) or rule.volume < 0:
        raise Unfit(N_("A threshold is a number."))
    if rule.against != "number" and rule.threshold <= 0:
        raise Unfit(N_("This threshold is to be above 0."))
    if rule.against == "usual" and rule.threshold < 1:
        raise Unfit(N_("Once in less than a day is always: choose a number of days."))
    if rule.against in ("weekday", "year") and rule.kind == "under" and rule.threshold >= 1:
        raise Unfit(N_("Nothing falls by more than 100%: choose a smaller change."))
    if rule.against == "number" and rule.kind == "outside" and (rule.upper is None or rule.upper <= rule.threshold):
        raise Unfit(N_("Outside needs two numbers, the smaller one first."))
    if not (1 <= rule.window <= MAX_DAYS and 1 <= rule.days <= MAX_DAYS and 0 <= rule.cooldown <= MAX_DAYS):
        raise Unfit(N_("Windows, days in a row and quiet days are up to {most}."), most=MAX_DAYS)
    if rule.against == "band" and rule.window > 1:
        raise Unfit(N_("A forecast has a band for single days: choose a window of one day."))
    if not (0 <= rule.hours[0] < HOURS and 0 <= rule.hours[1] <= HOURS) or rule.hours[0] == rule.hours[1]:
        raise Unfit(N_("Hours are from 0 to 24, and not the same twice."))
    try:
        ZoneInfo(rule.zone)
    except (ValueError, OSError, KeyError) as error:
        raise Unfit(N_("There is no time zone “{zone}”: write it like Europe/Paris."), zone=rule.zone) from error


def ready(known: Catalogue) -> tuple[Rule, ...]:
    """The ready-made rules that some data can answer."""
    found = []
    for rule in READY.values():
        try:
            check(rule, known)
        except Unfit:
            continue
        found.append(rule)
    return tuple(found)


def to_text(rule: Rule) -> str:
    """A rule for a link or a file. `from_text` reads it back as it was."""
    return _ADAPTER.dump_json(rule, exclude_defaults=True).decode()


def from_text(text: str) -> Rule | None:
    """The rule in a text; None where it is none. Whether its names are known is for `check` to say."""
    return read(_ADAPTER, text)


def to_json(rule: Rule) -> dict[str, Any]:
    """A rule for the database. `from_json` reads it back as it was, whatever the defaults are by then."""
    return _ADAPTER.dump_python(rule, mode="json")


def from_json(content: object) -> Rule | None:
    """The rule of a row of the database; None where it is none that this version knows."""
    try:
        return _ADAPTER.validate_python(content)
    except ValidationError:
        return None


def visible(kept: Iterable[Kept]) -> dict[str, tuple[Rule | None, Kept | None]]:
    """The rules that can be seen, by id: ready-made ones first, as they are now; None where one is unreadable."""
    known = {one.rule: one for one in kept}
    found: dict[str, tuple[Rule | None, Kept | None]] = {name: (rule, None) for name, rule in READY.items()}
    for name, one in known.items():
        if one.removed:
            found.pop(name, None)
        else:
            found[name] = (from_json(one.content), one)
    return found


def cause(identity: str, day: date, level: str, action: Action = "tell") -> str:
    """The key of what a rule (by its `identity` in the database) does about a level on a day.

    It is the same however often the day is judged, and whatever was changed in the rule meanwhile.
    """
    return hashlib.sha256(json.dumps([identity, day.isoformat(), level, action]).encode()).hexdigest()


def notified_at(rule: Rule, when: datetime) -> datetime:
    """The first moment, from `when` on (with a time zone), in the hours of a rule; in UTC.

    An hour that the clocks leave out begins when they have gone forward; of one that comes twice, both are in it.
    """
    start, end = rule.hours
    zone = ZoneInfo(rule.zone)
    local = when.astimezone(zone)
    inside = start <= local.hour < end if start < end else local.hour >= start or local.hour < end
    if inside:
        return when.astimezone(UTC)
    ahead = 1 if local.hour >= start else 0
    day = local.date() + timedelta(days=ahead)
    begins = datetime(day.year, day.month, day.day, start, tzinfo=zone)
    return begins.astimezone(UTC)
