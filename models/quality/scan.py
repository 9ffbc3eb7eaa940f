"""Rules judged on a dataset: all that look at one row at a time in one scan of a frame, the others in one each.

Names are quoted and values are literals whose quotes are doubled, the only character that means something in one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np
import pandas as pd

from data.tables import quoted
from locales import N_, Sentence
from models.quality import rules
from models.quality.rules import RECENT, ROWS, TIME, WEEKS, Frames, Rule, Unfit

Ask = Callable[..., pd.DataFrame]  # `data.tables.query` of a dataset
CENT = 0.005  # money that is nothing
LISTED = 200  # rows that break a rule
MAX_PERIODS = 60  # weeks
SORTED = 20_000_000  # rows of which hashes are sorted; that two texts of them share one has a chance of 1 in 90,000

NO_ROWS = N_("There is no row to judge yet.")
NO_DATES = N_("No row has a date to judge by.")
TOO_SHORT = N_("The data cannot tell: {days} days of data are needed, so that {recent} can be held against the rest.")
NOT_READ = N_("A rule that cannot be read: take it away.")


@dataclass(frozen=True)
class Verdict:
    """How a rule fared: `failing` of `rows` break it (days, for `volume`; sums, for `agree`; 1, for `fresh`).

    `value` is what was measured where that is no count: the age in days, the share that is new. `problem` says why it
    could not be judged.
    """

    rule: Rule
    failing: int = 0
    rows: int = 0
    value: float | None = None
    problem: Sentence | None = None

    @property
    def state(self) -> str:
        """held, failed or cannot."""
        return "cannot" if self.problem else "failed" if self.failing else "held"


def literal(value: object) -> str:
    """A value in SQL."""
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, int | float):
        return repr(float(value))
    return "'" + str(value).replace("'", "''") + "'"


def judge(ask: Ask, frames: Frames, wanted: Sequence[Rule], now: datetime) -> list[Verdict]:
    """How each rule fares on a dataset, in the order of the rules."""
    found: dict[int, Verdict] = {}
    for place, rule in enumerate(wanted):
        try:
            rules.check(rule, frames)
        except Unfit as problem:
            found[place] = Verdict(rule, problem=problem)
    for frame in dict.fromkeys(rule.table for rule in wanted):
        places = [
            place
            for place, rule in enumerate(wanted)
            if rule.table == frame and rule.kind in ROWS and rule.kind != "unique" and place not in found
        ]
        if places:
            counts = ask(f"SELECT {_counts([wanted[one] for one in places], frames)} FROM {quoted(frame)}").iloc[0]
            for number, place in enumerate(places):
                verdict = Verdict(wanted[place], int(counts[f"r{number}"]), int(counts["n"]))
                found[place] = verdict if verdict.rows else replace(verdict, problem=Sentence(NO_ROWS))
    for place, rule in enumerate(wanted):
        if place not in found:
            found[place] = _WHOLE[rule.kind](ask, rule, frames, now)
    return [found[place] for place in range(len(wanted))]


def _counts(wanted: Sequence[Rule], frames: Frames) -> str:
    counted = [f"count(*) FILTER (WHERE {broken(rule, frames)}) AS r{place}" for place, rule in enumerate(wanted)]
    return ", ".join(["count(*) AS n", *counted])


def broken(rule: Rule, frames: Frames) -> str:
    """The condition, true of a row that breaks a rule of `ROWS`."""
    column = quoted(rule.column)
    if rule.kind == "filled":
        return f"{column} IS NULL"
    if rule.kind == "unique":
        names = [quoted(one) for one in rule.columns]
        there = " AND ".join(f"{one} IS NOT NULL" for one in names)
        key = names[0] if len(names) == 1 else f"row({', '.join(names)})"
        twice = f"SELECT {key} FROM {quoted(rule.table)} WHERE {there} GROUP BY {key} HAVING count(*) > 1"
        return f"{there} AND {key} IN ({twice})"
    if rule.kind == "among":
        text = column if rules.kind_of(frames[rule.table][rule.column]) == "text" else f"CAST({column} AS VARCHAR)"
        return f"{column} IS NOT NULL AND {text} NOT IN ({', '.join(map(literal, rule.values))})"
    if rule.kind == "range":
        cast = "CAST({} AS DATE)" if rules.kind_of(frames[rule.table][rule.column]) == "time" else "{}"
        ends = [
            f"{cast.format(column)} {sign} {_end(end, cast)}"
            for sign, end in (("<", rule.least), (">", rule.most))
            if end is not None
        ]
        return f"({' OR '.join(ends)})"
    if rule.kind == "pattern":
        return f"{column} IS NOT NULL AND NOT regexp_full_match({column}, {literal(rule.pattern)})"
    if rule.kind == "known":
        key, other = quoted(rule.theirs[0]), quoted(rule.other)
        return f"{column} IS NOT NULL AND {column} NOT IN (SELECT {key} FROM {other} WHERE {key} IS NOT NULL)"
    return f"{column} > {quoted(rule.columns[1])}"  # order


def _end(end: float | str, cast: str) -> str:
    return cast.format(literal(end)) if cast != "{}" else literal(float(end))


def by_week(ask: Ask, frames: Frames, wanted: Sequence[Rule], since: date | None = None) -> pd.DataFrame:
    """Rows that break each rule of `ROWS` by week: columns `rule` (place in `wanted`), week, failing, rows.

    Only rules that can be judged on frames with a time; the last `MAX_PERIODS` weeks, from the one of `since` on.
    """
    parts = []
    for frame in dict.fromkeys(rule.table for rule in wanted):
        places = [place for place, one in enumerate(wanted) if one.table == frame and one.kind in ROWS]
        places = [place for place in places if _fits(wanted[place], frames)]
        time = TIME.get(frame, "")
        if not places or time not in frames[frame]:
            continue
        when = f"date_trunc('week', {quoted(time)})"
        kept = f"{quoted(time)} IS NOT NULL" + (f" AND {when} >= DATE {literal(since)}" if since else "")
        counts = _counts([wanted[one] for one in places], frames)
        weeks = ask(
            f"SELECT CAST({when} AS TIMESTAMP) AS week, {counts} FROM {quoted(frame)} WHERE {kept} GROUP BY 1 "
            f"ORDER BY 1 DESC LIMIT {MAX_PERIODS}"
        )
        parts += [
            pd.DataFrame({"rule": place, "week": weeks["week"], "failing": weeks[f"r{at}"], "rows": weeks["n"]})
            for at, place in enumerate(places)
        ]
    empty = pd.DataFrame({"rule": [], "week": [], "failing": [], "rows": []})
    return pd.concat(parts, ignore_index=True) if parts else empty


def _fits(rule: Rule, frames: Frames) -> bool:
    try:
        rules.check(rule, frames)
    except Unfit:
        return False
    return True


def failing(ask: Ask, frames: Frames, rule: Rule) -> pd.DataFrame:
    """What breaks a rule, `LISTED` rows at most: rows of its frame, sums that differ, days, or values that are new."""
    rules.check(rule, frames)
    if rule.kind in ROWS:
        order = f" ORDER BY {', '.join(quoted(one) for one in rule.columns)}" if rule.kind == "unique" else ""
        where = broken(rule, frames)
        return ask(f"SELECT * FROM {quoted(rule.table)} WHERE {where}{order} LIMIT {LISTED}")
    if rule.kind == "agree":
        return ask(f"{_sums(rule, frames)} SELECT * FROM compared WHERE differs ORDER BY ALL LIMIT {LISTED}").drop(
            columns="differs"
        )
    if rule.kind == "volume":
        days = volumes(ask, rule)
        return days[days["off"]].drop(columns="off") if days is not None else pd.DataFrame()
    if rule.kind == "new":
        column = quoted(rule.column)
        return ask(
            f"SELECT {column}, count(*) AS lines FROM {quoted(rule.table)} WHERE {_unseen(rule)} "
            f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {LISTED}"
        )
    return ask(f"SELECT max({quoted(rule.column)}) AS {quoted(rule.column)} FROM {quoted(rule.table)}")


def _agree(ask: Ask, rule: Rule, frames: Frames, _now: datetime) -> Verdict:
    found = ask(f"{_sums(rule, frames)} SELECT count(*) AS n, count(*) FILTER (WHERE differs) AS r FROM compared").iloc[
        0
    ]
    verdict = Verdict(rule, int(found["r"]), int(found["n"]))
    return verdict if verdict.rows else replace(verdict, problem=Sentence(NO_ROWS))


def _sums(rule: Rule, frames: Frames) -> str:
    """The beginning of a statement: `compared` has both sums of each key and whether they differ.

    Sizes are compared: what leaves a stock is negative there.
    """

    def one(frame: str, columns: Sequence[str], where: Sequence[str]) -> str:
        keys = [_key(frame, name, frames) for name in columns[1:]]
        named = ", ".join(f"{key} AS k{place}" for place, key in enumerate(keys))
        kept = [f"{quoted(name)} IS NOT NULL" for name in columns[1:]]
        if len(where) == 2:
            kept.append(f"CAST({quoted(where[0])} AS VARCHAR) = {literal(where[1])}")
        kept_to = " AND ".join(kept)
        return f"SELECT {named}, sum({quoted(columns[0])}) AS s FROM {quoted(frame)} WHERE {kept_to} GROUP BY ALL"

    keys = [f"k{place}" for place in range(len(rule.columns) - 1)]
    listed = ", ".join(f"{key} AS {quoted(name)}" for key, name in zip(keys, rule.columns[1:], strict=True))
    ours, theirs = "abs(coalesce(ours.s, 0))", "abs(coalesce(theirs.s, 0))"
    room = f"{CENT} + {float(rule.most or 0)} * greatest({ours}, {theirs})"
    return (
        f"WITH ours AS ({one(rule.table, rule.columns, rule.where)}), "
        f"theirs AS ({one(rule.other, rule.theirs, rule.their_where)}), "
        f"compared AS (SELECT {listed}, ours.s AS here, theirs.s AS there, abs({ours} - {theirs}) > {room} AS differs "
        f"FROM ours FULL JOIN theirs USING ({', '.join(keys)}))"
    )


def _key(frame: str, column: str, frames: Frames) -> str:
    """A column to sum by; a time by its day."""
    return f"CAST({quoted(column)} AS DATE)" if rules.kind_of(frames[frame][column]) == "time" else f"{quoted(column)}"


def _fresh(ask: Ask, rule: Rule, _frames: Frames, now: datetime) -> Verdict:
    newest = ask(f"SELECT max({quoted(rule.column)}) AS newest FROM {quoted(rule.table)}")["newest"].iloc[0]
    if pd.isna(newest):
        return Verdict(rule, problem=Sentence(NO_DATES))
    age = (now.date() - pd.Timestamp(newest).date()).days
    return Verdict(rule, int(age > float(rule.most or 0)), 1, float(age))


def _volume(ask: Ask, rule: Rule, _frames: Frames, _now: datetime) -> Verdict:
    days = volumes(ask, rule)
    if days is None:
        return Verdict(rule, problem=Sentence(TOO_SHORT, days=7 * WEEKS + RECENT, recent=RECENT))
    judged = days[days["off"].notna()]
    return Verdict(rule, int(judged["off"].sum()), len(judged))


def volumes(ask: Ask, rule: Rule) -> pd.DataFrame | None:
    """The last `RECENT` days: day, rows, `usual` (the median of the weekday in the `WEEKS` weeks before) and `off`.

    A weekday that is usually without a row is never off. None where the data are too short.
    """
    when = quoted(TIME[rule.table])
    span = 7 * WEEKS + RECENT
    found = ask(
        f"WITH days AS (SELECT CAST({when} AS DATE) AS day, count(*) AS n FROM {quoted(rule.table)} "
        f"WHERE {when} IS NOT NULL GROUP BY 1) SELECT CAST(day AS TIMESTAMP) AS day, n, "
        "CAST((SELECT min(day) FROM days) AS TIMESTAMP) AS first FROM days "
        f"WHERE day > (SELECT max(day) FROM days) - {span} ORDER BY 1"
    )
    if found.empty or (found["day"].iloc[-1] - found["first"].iloc[0]).days + 1 < span:
        return None
    every = pd.date_range(end=found["day"].iloc[-1], periods=span)
    return off(found.set_index("day")["n"].reindex(every, fill_value=0), float(rule.most or 0)).tail(RECENT)


def off(rows: pd.Series, most: float) -> pd.DataFrame:
    """Of rows by day (every day): day, rows, usual and whether a day is further off than the share `most`."""
    usual = rows.groupby(rows.index.day_of_week).transform(lambda one: one.shift().rolling(WEEKS).median())
    apart = (rows - usual).abs() > most * usual
    table = pd.DataFrame({"day": rows.index, "rows": rows.to_numpy(), "usual": usual.to_numpy()})
    return table.assign(off=(apart & (usual > 0)).to_numpy())


def _new(ask: Ask, rule: Rule, frames: Frames, _now: datetime) -> Verdict:
    table, time = quoted(rule.table), TIME.get(rule.table, "")
    recent, days = "TRUE", None
    if not rule.values:
        if time not in frames[rule.table]:
            return Verdict(rule, problem=Unfit(N_("The table {table} has no column of time."), table=rule.table))
        recent = f"{quoted(time)} >= {_since(rule)}"
        days = ask(f"SELECT date_diff('day', min({quoted(time)}), max({quoted(time)})) AS days FROM {table}")["days"]
        if pd.isna(days.iloc[0]) or days.iloc[0] + 1 < 2 * RECENT:
            return Verdict(rule, problem=Sentence(TOO_SHORT, days=2 * RECENT, recent=RECENT))
    found = ask(
        f"SELECT count(*) FILTER (WHERE {quoted(rule.column)} IS NOT NULL AND {recent}) AS n, "
        f"count(*) FILTER (WHERE {_unseen(rule)}) AS r FROM {table}"
    ).iloc[0]
    rows, fresh = int(found["n"]), int(found["r"])
    if not rows:
        return Verdict(rule, problem=Sentence(NO_ROWS))
    share = fresh / rows
    return Verdict(rule, fresh if share > float(rule.most or 0) else 0, rows, share)


def _since(rule: Rule) -> str:
    """The first of the last `RECENT` days."""
    when = quoted(TIME[rule.table])
    return f"(SELECT max(CAST({when} AS DATE)) - {RECENT - 1} FROM {quoted(rule.table)})"


def _unseen(rule: Rule) -> str:
    """The condition, true of a row whose value was never there before."""
    column, table = quoted(rule.column), quoted(rule.table)
    if rule.values:
        return f"{column} IS NOT NULL AND CAST({column} AS VARCHAR) NOT IN ({', '.join(map(literal, rule.values))})"
    when = quoted(TIME[rule.table])
    before = f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL AND {when} < {_since(rule)}"
    return f"{column} IS NOT NULL AND {when} >= {_since(rule)} AND {column} NOT IN ({before})"


def _unique(ask: Ask, rule: Rule, frames: Frames, _now: datetime) -> Verdict:
    """Rows are told apart by hashes of 64 bits, sorted in a fraction of the time that grouping texts takes."""
    names = [quoted(one) for one in rule.columns]
    there = " AND ".join(f"{one} IS NOT NULL" for one in names)
    rows = int(ask(f"SELECT count(*) AS n FROM {quoted(rule.table)}")["n"].iloc[0])
    if not rows:
        return Verdict(rule, problem=Sentence(NO_ROWS))
    if rows > SORTED:
        where = broken(rule, frames)
        return Verdict(
            rule, int(ask(f"SELECT count(*) AS r FROM {quoted(rule.table)} WHERE {where}")["r"].iloc[0]), rows
        )
    marks = ask(f"SELECT hash({', '.join(names)}) AS mark FROM {quoted(rule.table)} WHERE {there}")["mark"]
    same = np.diff(np.sort(marks.to_numpy())) == 0
    return Verdict(rule, int((np.append(same, False) | np.append(False, same)).sum()) if len(marks) else 0, rows)


_WHOLE: dict[str, Callable[[Ask, Rule, Frames, datetime], Verdict]] = {
    "unique": _unique,
    "agree": _agree,
    "fresh": _fresh,
    "volume": _volume,
    "new": _new,
}
