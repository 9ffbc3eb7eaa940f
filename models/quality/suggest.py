"""Rules that the data seem to keep already, and how often such a rule would have been broken in the past.

A rule made of all data holds on them by its making. So each is also made of the first part of the data alone and judged
week by week on what came after: that says how often a rule of this kind would have cried.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd

from data.tables import quoted
from models.quality import rules, scan, spelling
from models.quality.rules import TIME, WEEKS, Frames, Rule
from models.quality.scan import Ask, literal

ROWS = 100  # from which on something can be learned of a column
LEVELS, PER_LEVEL = 30, 100  # of a column whose values are listed: at most, and rows for each
SHAPES = 3  # that the values of a column may have
LONGEST = 40  # characters of a value with a form
LEARNED = 0.7  # share of the time that a rule is made of, to be judged on the rest
LEAST_WEEKS = 8
RARE = 0.01  # share of past days or weeks that a limit of its own making may have broken
KEYS = {"product": "products", "store": "stores", "supplier": "suppliers"}
STEPS = np.array([1, 2, 5, 10])
NEARLY, FAR = 0.998, 2.0  # share of the rows that are nearly all, and times their largest value that is far above
ORDER = ("agree", "known", "unique", "order", "fresh", "volume", "new", "range", "among", "pattern", "filled")
# What was sold left the stock.
STOCK = Rule(
    "agree", "sales", ("quantity", "product"), other="stock_moves", theirs=("quantity", "product"),
    where=("line_type", "sale"), their_where=("move", "sale"),
)  # fmt: skip


@dataclass(frozen=True)
class Suggestion:
    """A rule, and the past: of `judged` weeks, days or versions, in `broken` it would have been broken.

    `judged` 0: the data cannot tell. `failing` rows of the data as they are break it. `learned` is the last day of the
    data that the rule of the past was made of.
    """

    rule: Rule
    judged: int = 0
    broken: int = 0
    learned: date | None = None
    unit: str = "week"
    failing: int = 0


def suggest(
    ask: Ask, frames: Frames, main: str, enforced: Mapping[str, Sequence[str]], now: datetime
) -> list[Suggestion]:
    """Rules for the frame `main`, those the data know most of first.

    `enforced` names the columns of a frame that are held to a schema anyway: nothing is said of those, but of numbers.
    """
    columns, when = frames[main], TIME.get(main)
    span = (None, None)
    if when in columns:
        name = quoted(str(when))
        ends = ask(f"SELECT min({name}) AS first, max({name}) AS last FROM {quoted(main)}").iloc[0]
        span = (ends["first"], ends["last"]) if pd.notna(ends["first"]) else span
    made = _made(ask, frames, main, enforced, None)
    found = [Suggestion(rule) for rule in made]
    if span[0] is not None and (weeks := (span[1] - span[0]).days // 7) >= LEAST_WEEKS:
        cut = (span[0] + timedelta(days=7 * int(LEARNED * weeks))).date()
        found = _rehearsed(ask, frames, main, enforced, made, cut)
        found += _of_time(ask, frames, main, span)
    if main == "sales" and (verdict := scan.judge(ask, frames, [STOCK], now)[0]).state == "held":
        found.append(Suggestion(verdict.rule))
    verdicts = scan.judge(ask, frames, [one.rule for one in found], now)
    told = [replace(one, failing=verdict.failing) for one, verdict in zip(found, verdicts, strict=True)]
    return sorted(told, key=lambda one: ORDER.index(one.rule.kind))


def on_versions(found: Sequence[Suggestion], verdicts: Sequence[Sequence[scan.Verdict]]) -> list[Suggestion]:
    """Suggestions that no week could tell of, with how often they would have failed on earlier versions.

    `verdicts` has a list a version, in the order of the suggestions.
    """
    told = []
    for place, one in enumerate(found):
        judged = [version[place] for version in verdicts if not version[place].problem]
        broken = sum(verdict.failing > 0 for verdict in judged)
        told.append(
            Suggestion(one.rule, len(judged), broken, None, "version", one.failing)
            if not one.judged and judged
            else one
        )
    return told


def _rehearsed(
    ask: Ask, frames: Frames, main: str, enforced: Mapping[str, Sequence[str]], made: list[Rule], cut: date
) -> list[Suggestion]:
    """The rules with those of their kind that were made of the days before `cut`, judged on the weeks since."""
    past = _made(ask, frames, main, enforced, cut)
    of = {(rule.kind, rule.columns): rule for rule in past}
    pairs = [(rule, of.get((rule.kind, rule.columns))) for rule in made]
    known = [before for _rule, before in pairs if before is not None]
    weeks = scan.by_week(ask, frames, known, cut)
    told = []
    for rule, before in pairs:
        if before is None:
            told.append(Suggestion(rule))
            continue
        mine = weeks[weeks["rule"] == known.index(before)]
        told.append(Suggestion(rule, len(mine), int((mine["failing"] > 0).sum()), cut - timedelta(days=1)))
    return told


def _made(
    ask: Ask, frames: Frames, main: str, enforced: Mapping[str, Sequence[str]], before: date | None
) -> list[Rule]:
    """The rules that the rows of `main` keep to, of those before a day where one is given."""
    columns, source = frames[main], quoted(main)
    if before:
        source = f"(SELECT * FROM {source} WHERE {quoted(TIME[main])} < DATE {literal(before)})"
    parts = ["count(*) AS n"]
    for place, (name, kind) in enumerate(columns.items()):
        column, what = quoted(name), rules.kind_of(kind)
        parts.append(f"count({column}) AS c{place}")
        if what == "text":
            parts.append(f"approx_count_distinct({column}) AS d{place}")
        elif what == "number":
            parts += [
                f"min({column}) AS lo{place}",
                f"max({column}) AS hi{place}",
                f"approx_quantile({column}, {NEARLY}) AS q{place}",
            ]
    seen = ask(f"SELECT {', '.join(parts)} FROM {source}").iloc[0]
    if seen["n"] < ROWS:
        return []
    found: list[Rule] = []
    for place, (name, kind) in enumerate(columns.items()):
        what, filled = rules.kind_of(kind), int(seen[f"c{place}"])
        sure = name in enforced.get(main, ())
        if filled == seen["n"] and not sure:
            found.append(Rule("filled", main, (name,)))
        if what == "number" and filled >= ROWS:
            found += _range(main, name, seen[f"lo{place}"], seen[f"hi{place}"], seen[f"q{place}"])
        if what == "text" and filled >= ROWS and not sure:
            found += _text(ask, source, main, name, filled, int(seen[f"d{place}"]))
    found += _known(ask, frames, main, source)
    found += _order(ask, columns, main, source)
    return found


def _range(main: str, name: str, low: float, high: float, nearly: float) -> list[Rule]:
    """From the next round number below all values to the next one above; above nearly all, where few are far above."""
    high = min(high, FAR * nearly) if nearly > 0 else high
    if not np.isfinite([low, high]).all() or low == high:
        return []
    least = 0.0 if low >= 0 else -_above(-low)
    most = 1.0 if low >= 0 and high <= 1 else _above(high) if high > 0 else 0.0
    return [Rule("range", main, (name,), least=least, most=most)]


def _above(value: float) -> float:
    """The next of 1, 2, 5, 10, 20, ... that is at least a positive value."""
    scale = 10.0 ** np.floor(np.log10(value))
    return float(round(scale * STEPS[STEPS * scale >= value * (1 - 1e-12)][0], 10))


def _text(ask: Ask, source: str, main: str, name: str, filled: int, distinct: int) -> list[Rule]:
    column = quoted(name)
    if distinct <= LEVELS and filled >= PER_LEVEL * max(distinct, 1):
        counts = ask(
            f"SELECT {column} AS level, count(*) AS n FROM {source} WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY 1"
        )
        levels, times = list(counts["level"].astype(str)), counts["n"].to_numpy()
        wrong = spelling.variants(levels, times)
        wrong |= spelling.mistyped(levels, times, wrong)
        right = tuple(level for place, level in enumerate(levels) if place not in wrong)
        return [Rule("among", main, (name,), values=right)] if len(right) > 1 else []
    found = []
    if distinct >= 0.9 * filled:
        exact = ask(f"SELECT count(DISTINCT {column}) AS exact FROM {source}")["exact"].iloc[0]
        if exact == filled:
            found.append(Rule("unique", main, (name,)))
    if distinct > LEVELS and (pattern := _shape(ask, source, column)):
        found.append(Rule("pattern", main, (name,), pattern=pattern))
    return found


def _shape(ask: Ask, source: str, column: str) -> str:
    """A pattern that all values have: letters and digits by their kind, all else as it stands; "" where none is found.

    First with the number of each, then, where there are too many, with any number.
    """
    shapes = column
    for letters, sign in (("[0-9]", "9"), ("[A-Z]", "A"), ("[a-z]", "a")):
        shapes = f"regexp_replace({shapes}, '{letters}', '{sign}', 'g')"
    found = ask(
        f"WITH shapes AS (SELECT DISTINCT {shapes} AS shape, length({column}) AS size FROM {source} "
        f"WHERE {column} IS NOT NULL) SELECT shape FROM shapes ORDER BY 1 LIMIT 200"
    )["shape"]
    if not len(found) or found.str.len().max() > LONGEST or len(found) == 200:
        return ""
    for collapse in (False, True):
        patterns = sorted({_pattern(shape, collapse) for shape in found})
        if len(patterns) <= SHAPES:
            whole = "|".join(patterns)
            return "" if "[a-z]+" in whole and " " in whole else whole  # words have no form
    return ""


def _pattern(shape: str, collapse: bool) -> str:
    classes = {"9": "[0-9]", "A": "[A-Z]", "a": "[a-z]"}
    parts: list[tuple[str, int]] = []
    for character in shape:
        if parts and parts[-1][0] == character:
            parts[-1] = (character, parts[-1][1] + 1)
        else:
            parts.append((character, 1))
    text = ""
    for character, count in parts:
        one = classes.get(character) or ("\\" + character if not character.isalnum() else character)
        text += one + ("+" if collapse and character in classes else f"{{{count}}}" if count > 1 else "")
    return text


def _known(ask: Ask, frames: Frames, main: str, source: str) -> list[Rule]:
    """Codes that are all in the table of their own."""
    found = []
    for name, other in KEYS.items():
        if name in frames[main] and name in frames.get(other, {}) and other != main:
            rule = Rule("known", main, (name,), other=other, theirs=(name,))
            missing = ask(f"SELECT count(*) AS n FROM {source} WHERE {scan.broken(rule, frames)}")["n"].iloc[0]
            found += [] if missing else [rule]
    return found


def _order(ask: Ask, columns: Mapping[str, str], main: str, source: str) -> list[Rule]:
    """Pairs of dates of which one is never after the other."""
    dates = [name for name, kind in columns.items() if rules.kind_of(kind) == "time"][: rules.MAX_COLUMNS]
    pairs = list(permutations(dates, 2))
    if not pairs:
        return []
    counts = ", ".join(
        f"count(*) FILTER (WHERE {quoted(a)} > {quoted(b)}) AS over{place}, count(*) FILTER (WHERE {quoted(a)} < "
        f"{quoted(b)}) AS under{place}"
        for place, (a, b) in enumerate(pairs)
    )
    seen = ask(f"SELECT {counts} FROM {source}").iloc[0]
    return [
        Rule("order", main, pair)
        for place, pair in enumerate(pairs)
        if not seen[f"over{place}"] and seen[f"under{place}"] >= ROWS
    ]


def _of_time(ask: Ask, frames: Frames, main: str, span: tuple[Any, Any]) -> list[Suggestion]:
    """How old the data may be, how many rows a day has, how many values are new: limits that the past kept to."""
    when = quoted(TIME[main])
    counts = ask(
        f"SELECT CAST({when} AS DATE) AS day, count(*) AS n FROM {quoted(main)} WHERE {when} IS NOT NULL "
        "GROUP BY 1 ORDER BY 1"
    )
    days = pd.DatetimeIndex(counts["day"])
    found = []
    gaps = np.diff(days.to_numpy("datetime64[D]")).astype(int)
    if len(gaps) and (usual := int(np.quantile(gaps, 1 - RARE, method="higher"))) <= 31:
        broken = int((gaps > usual + 1).sum())
        found.append(
            Suggestion(Rule("fresh", main, (TIME[main],), most=float(usual + 1)), len(gaps), broken, None, "day")
        )
    if (span[1] - span[0]).days >= 7 * 2 * WEEKS and main in ("sales", "stock_moves"):
        rows = pd.Series(counts["n"].to_numpy(float), days)
        rows = rows.reindex(pd.date_range(days[0], days[-1]), fill_value=0.0)
        table = scan.off(rows, 0.0)
        known = table[table["usual"] > 0]
        apart = ((known["rows"] - known["usual"]).abs() / known["usual"]).to_numpy()
        if len(apart) >= 7 * WEEKS:
            first = apart[: int(LEARNED * len(apart))]
            limits = [float(np.ceil(np.quantile(part, 1 - RARE) * 20) / 20) for part in (apart, first)]
            later = apart[len(first) :]
            rule, learned = Rule("volume", main, most=limits[0]), known["day"].iloc[len(first) - 1].date()
            broken = int((later > limits[1]).sum())
            found.append(Suggestion(rule, len(later), broken, learned, "day"))
    for name in [name for name in ("product", "category", "store") if name in frames[main] and main == "sales"]:
        found += _news(ask, main, name, span)
    return found


def _news(ask: Ask, main: str, name: str, span: tuple[Any, Any]) -> list[Suggestion]:
    """The share of a week's rows with a value that no week before had."""
    column, when, began = quoted(name), quoted(TIME[main]), f"DATE {literal(span[0].date())}"
    shares = ask(
        f"WITH met AS (SELECT {column} AS level, CAST(min({when}) AS DATE) AS first FROM {quoted(main)} WHERE {column} "
        f"IS NOT NULL GROUP BY 1), rows AS (SELECT {column} AS level, CAST({when} AS DATE) AS day FROM {quoted(main)} "
        f"WHERE {column} IS NOT NULL), marked AS (SELECT date_diff('day', {began}, day) // 7 AS week, "
        f"date_diff('day', {began}, first) // 7 AS begun FROM rows JOIN met USING (level)) "
        "SELECT week, count(*) FILTER (WHERE week = begun) / count(*) AS share FROM marked GROUP BY 1 ORDER BY 1"
    )["share"].to_numpy()[1:]
    if len(shares) < 2 * WEEKS:
        return []
    first, later = shares[WEEKS : int(LEARNED * len(shares))], shares[int(LEARNED * len(shares)) :]
    if not len(first):
        return []
    limit = max(0.01, float(np.ceil(100 * first.max()) / 100))
    rule = Rule("new", main, (name,), most=limit)
    learned = (span[0] + timedelta(days=7 * (len(first) + WEEKS + 1) - 1)).date()
    return [Suggestion(rule, len(later), int((later > limit).sum()), learned, "week")]
