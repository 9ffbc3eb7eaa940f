"""Rules that a dataset keeps to: what each one says, whether these data can answer it, as JSON and as a sentence.

A rule is about one frame of a dataset (its main table or one beside it). Most look at rows, one by one (`ROWS`); the
others at the frame as a whole. Missing values break no rule but that they may not be missing.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any, Literal, get_args

import duckdb

import locales
from locales import N_, Sentence, _, labels, ngettext

Kind = Literal["filled", "unique", "among", "range", "pattern", "known", "order", "agree", "fresh", "volume", "new"]
Severity = Literal["warn", "stop"]
Frames = Mapping[str, Mapping[str, str]]  # of a dataset: frame -> column -> pandas type (`data.tables.Stored.columns`)
Type = Literal["number", "time", "truth", "text"]

ROWS = ("filled", "unique", "among", "range", "pattern", "known", "order")
TIME = {"sales": "timestamp", "covid": "date", "history": "day", "stock_moves": "date", "calendar": "date"}
MAX_VALUES, MAX_PATTERN, MAX_COLUMNS = 500, 200, 5
SHOWN = 6  # values of a list in a sentence
RECENT = 7  # days that `volume` and `new` judge
WEEKS = 8  # before these days, of which the usual rows of a weekday are learned
GONE = N_("The column “{column}” is not in the table {table}: change the rule, or take it away.")


@dataclass(frozen=True)
class Rule:
    """One rule about the frame `table`.

    `columns` are those it is about: one; of `unique` any number; of `order` an earlier and a later one; of `agree` what
    is summed and what it is summed by; of `volume` none. `values`: those that `among` allows, or `new` knows in a table
    without time. `least` and `most` of `range` are numbers or ISO days; `most` of `fresh` is in days, of `volume`,
    `new` and `agree` a share. `other` and `theirs` are the table and columns that `known` and `agree` compare with;
    `where` and `their_where`, a column and a value, keep the sums of `agree` to some rows.
    """

    kind: Kind
    table: str
    columns: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    least: float | str | None = None
    most: float | str | None = None
    pattern: str = ""
    other: str = ""
    theirs: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    their_where: tuple[str, ...] = ()
    severity: Severity = "warn"

    @property
    def column(self) -> str:
        """The first of its columns; "" where it has none."""
        return self.columns[0] if self.columns else ""


class Unfit(Sentence):
    """Why a rule cannot be judged on these data."""


def same(one: Rule, other: Rule) -> bool:
    """Whether two rules say the same, however grave."""
    return replace(one, severity="warn") == replace(other, severity="warn")


def to_json(rule: Rule) -> dict[str, Any]:
    """A rule as JSON."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(rule).items()}


def from_json(content: Any) -> Rule | None:
    """The rule that was kept as JSON; None where it cannot be read."""
    if not isinstance(content, dict) or content.get("kind") not in get_args(Kind):
        return None
    known = {name: content[name] for name in Rule.__dataclass_fields__ if name in content}
    lists = {name: one for name, one in known.items() if isinstance(one, list)}
    texts = [one for value in lists.values() for one in value] + [known.get(name, "") for name in ("table", "pattern")]
    ends = [known.get(name) for name in ("least", "most")]
    if not all(isinstance(one, str) for one in texts) or known.get("severity", "warn") not in get_args(Severity):
        return None
    if not all(one is None or isinstance(one, str | int | float) for one in ends):
        return None
    return Rule(**known | {name: tuple(value) for name, value in lists.items()})


def kind_of(pandas_type: str) -> Type:
    """What the values of a column of this pandas type are."""
    if pandas_type.startswith(("float", "int", "uint", "Float", "Int")):
        return "number"
    if pandas_type.startswith("datetime"):
        return "time"
    return "truth" if pandas_type.startswith("bool") else "text"


def check(rule: Rule, frames: Frames) -> None:
    """Raises `Unfit` with what to do about it, where a rule cannot be judged on a dataset of these frames."""
    _there(frames, rule.table, [*rule.columns, *rule.where[:1]])
    kinds = [kind_of(frames[rule.table][column]) for column in rule.columns]
    if rule.kind in ("known", "agree"):
        _there(frames, rule.other, [*rule.theirs, *rule.their_where[:1]])
        if len(rule.theirs) != len(rule.columns):
            raise Unfit(N_("Choose as many columns in both tables."))
    wanted = {"order": 2, "agree": 2, "volume": 0}.get(rule.kind, 1)
    if len(rule.columns) < wanted or (rule.kind == "order" and len(rule.columns) > wanted):
        raise Unfit(N_("Choose the columns that the rule is about."))
    if rule.kind == "among" and not 0 < len(rule.values) <= MAX_VALUES:
        raise Unfit(N_("Name between 1 and {count} values."), count=MAX_VALUES)
    if rule.kind == "pattern":
        _pattern(rule.pattern, kinds[0])
    if rule.kind == "range":
        _ends(rule, kinds[0])
    if rule.kind == "order" and (kinds[0] != kinds[1] or kinds[0] not in ("time", "number")):
        raise Unfit(N_("Both columns must be dates, or both numbers."))
    if rule.kind == "agree" and {kinds[0], kind_of(frames[rule.other][rule.theirs[0]])} != {"number"}:
        raise Unfit(N_("Only numbers can be added up: choose other columns."))
    if rule.kind == "fresh" and kinds[0] != "time":
        raise Unfit(N_("“{column}” holds no dates: choose another column."), column=rule.column)
    if rule.kind == "volume" and TIME.get(rule.table) not in frames[rule.table]:
        raise Unfit(N_("The table {table} has no column of time."), table=rule.table)
    if rule.kind in ("fresh", "volume", "new") and not (isinstance(rule.most, int | float) and 0 <= rule.most < 1e5):
        raise Unfit(N_("Say the limit as a number that is not negative."))


def _there(frames: Frames, table: str, columns: list[str]) -> None:
    if table not in frames:
        raise Unfit(N_("There is no table {table} with these data: bring it in, or take the rule away."), table=table)
    for column in columns:
        if column not in frames[table]:
            raise Unfit(GONE, column=column, table=table)


def _pattern(pattern: str, kind: Type) -> None:
    if kind != "text":
        raise Unfit(N_("Only text has a form: choose another column."))
    if not 0 < len(pattern) <= MAX_PATTERN:
        raise Unfit(N_("Write a pattern of up to {count} characters."), count=MAX_PATTERN)
    if why := _refused(pattern):
        raise Unfit(N_("“{pattern}” is no regular expression: {why}."), pattern=pattern, why=why)


@lru_cache(maxsize=100)
def _refused(pattern: str) -> str:
    """Why RE2, which takes time that grows with the text only, does not know a pattern; "" where it does."""
    with duckdb.connect() as connection:
        try:
            connection.execute("SELECT regexp_full_match('', $1)", [pattern])
        except duckdb.Error as error:
            return str(error).splitlines()[0].rpartition("Error: ")[2][:100]
    return ""


def _ends(rule: Rule, kind: Type) -> None:
    ends = [end for end in (rule.least, rule.most) if end is not None]
    if kind not in ("number", "time"):
        raise Unfit(N_("Only numbers and dates have a range: choose another column."))
    for end in ends:
        try:
            fits = bool(date.fromisoformat(str(end))) if kind == "time" else math.isfinite(float(end))
        except ValueError:
            fits = False
        if not fits:
            raise Unfit(N_("“{end}” is neither a number nor a day as 2026-03-14."), end=end)
    if not ends or (len(ends) == 2 and (ends[0] > ends[1] if kind == "time" else float(ends[0]) > float(ends[1]))):  # type: ignore[operator]
        raise Unfit(N_("Give at least one end, the lower one first."))


def sentence(rule: Rule, main: str) -> str:
    """A rule in the reader's words; `main` is the table that needs no naming."""
    said = _SAYS[rule.kind]
    names = [f"“{labels.label(column)}”" for column in rule.columns]
    text = {"column": " + ".join(names), "other": labels.label(rule.other)}
    if rule.kind == "order":
        text |= {"first": names[0], "second": names[1]} if len(names) == 2 else {"first": "?", "second": "?"}
    if rule.kind == "range":
        said = _RANGES[rule.least is not None, rule.most is not None]
        text |= {"least": _end(rule.least), "most": _end(rule.most)}
    if rule.kind in ("among", "new"):
        more = len(rule.values) - SHOWN
        shown = ", ".join(rule.values[:SHOWN])
        text["values"] = shown if more <= 0 else _("{values} and {count} more").format(values=shown, count=more)
        said = _SEEN if rule.kind == "new" and rule.values else said
    if rule.kind == "pattern":
        text["pattern"] = rule.pattern
    if rule.kind == "known":
        text["theirs"] = " + ".join(f"“{labels.label(column)}”" for column in rule.theirs)
    if rule.kind == "agree":
        text["column"] = names[0] if names else "?"
        text["keys"] = " + ".join(names[1:])
        text["theirs"] = f"“{labels.label(rule.theirs[0])}”" if rule.theirs else "?"
        text["kept"] = "; ".join(labels.pair(*one) for one in (rule.where, rule.their_where) if len(one) == 2)
        said = _ONLY if text["kept"] else said
    if rule.kind == "fresh":
        days = float(rule.most or 0)
        text["days"] = ngettext("{count} day", "{count} days", days).format(count=locales.number(days))
    if rule.kind in ("volume", "new"):
        text["share"] = locales.percent(float(rule.most or 0))
        text["days"] = str(RECENT)
    whole = _(said).format(**text)
    return whole if rule.table == main else f"{labels.heading(rule.table)}: {whole}"


def _end(end: float | str | None) -> str:
    try:
        return locales.day(date.fromisoformat(end)) if isinstance(end, str) else f"{_number(float(end or 0))}"
    except ValueError:
        return str(end)


def _number(end: float) -> str:
    digits = next((digits for digits in range(4) if abs(round(end, digits) - end) < 1e-9), 4)
    return locales.number(end, digits)


_SAYS: dict[Kind, str] = {
    "filled": N_("{column} is never empty"),
    "unique": N_("{column} never has the same value twice"),
    "among": N_("{column} is one of: {values}"),
    "range": "",
    "pattern": N_("{column} has the form {pattern}"),
    "known": N_("Every {column} is in the table {other} ({theirs})"),
    "order": N_("{first} is never after {second}"),
    "agree": N_("The sum of {column} by {keys} is that of {theirs} in the table {other}"),
    "fresh": N_("The newest {column} is at most {days} old"),
    "volume": N_("A day has the rows that are usual for its weekday, within {share}"),
    "new": N_("At most {share} of the rows of the last {days} days have a {column} that was never there before"),
}
_RANGES = {
    (True, True): N_("{column} is from {least} to {most}"),
    (True, False): N_("{column} is at least {least}"),
    (False, True): N_("{column} is at most {most}"),
    (False, False): N_("{column} has no limits yet"),
}
_SEEN = N_("At most {share} of the rows have a {column} other than those known: {values}")
_ONLY = N_("The sum of {column} by {keys} is that of {theirs} in the table {other} ({kept})")
