"""The rules for other tools: Great Expectations, dbt and Soda; what one cannot say is said, not dropped.

Each file is checked by the tool itself (`make test-quality-exports`): it loads them, runs them on data with planted
mistakes, and counts what Vigie counts.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from data.tables import quoted
from locales import N_
from models.quality import rules, scan
from models.quality.rules import Frames, Rule

GX_VERSION = "1.24.0"
NOT_IN_GX = {
    "known": N_("an expectation sees one table only"),
    "agree": N_("an expectation sees one table only"),
    "fresh": N_("an expectation knows no age"),
    "volume": N_("an expectation knows no usual weekday"),
    "new": N_("an expectation does not know what was there before"),
}
NOT_IN_SODA = {"volume": N_("a contract knows no usual weekday")}
JINJA = N_("its values or names look like commands of dbt’s templates")
UNREADABLE = N_("the data have no such column or table any more")
PLAIN, WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*"), re.compile(r"[A-Za-z_][A-Za-z0-9_/]*")


@dataclass(frozen=True)
class Export:
    """The files of a tool by name, and the rules that it cannot express, each with the reason (marked with `N_`)."""

    files: dict[str, str]
    left: list[tuple[Rule, str]]


def great_expectations(wanted: Sequence[Rule], frames: Frames, name: str) -> Export:
    """A suite of Great Expectations a frame, as JSON."""
    files, left = dict[str, str](), list[tuple[Rule, str]]()
    for frame, mine in _framed(wanted, frames, left):
        expectations = []
        for rule in mine:
            if rule.kind in NOT_IN_GX:
                left.append((rule, NOT_IN_GX[rule.kind]))
            else:
                expectations += _expectations(rule, frames)
        if expectations:
            suite = {
                "name": f"{name}_{frame}",
                "expectations": expectations,
                "meta": {"great_expectations_version": GX_VERSION, "left_out": _said(left, frame)},
                "notes": "Written by Vigie.",
            }
            files[f"{name}_{frame}.json"] = json.dumps(suite, ensure_ascii=False, indent=2)
    return Export(files, left)


def _expectations(rule: Rule, frames: Frames) -> list[dict[str, Any]]:
    """What the rule is called there. Missing values break no expectation but that they may not be missing."""
    column: dict[str, Any] = {"column": rule.column}
    if rule.kind == "filled":
        kind, how = "expect_column_values_to_not_be_null", column
    elif rule.kind == "unique" and len(rule.columns) == 1:
        kind, how = "expect_column_values_to_be_unique", column
    elif rule.kind == "unique":
        kind = "expect_compound_columns_to_be_unique"
        how = {"column_list": list(rule.columns), "ignore_row_if": "any_value_is_missing"}
    elif rule.kind == "among":
        kind, how = "expect_column_values_to_be_in_set", column | {"value_set": list(rule.values)}
    elif rule.kind == "range":
        kind, how = "expect_column_values_to_be_between", column | _limits(rule, frames)
    elif rule.kind == "pattern":
        kind, how = "expect_column_values_to_match_regex", column | {"regex": f"^(?:{rule.pattern})$"}
    else:
        kind = "expect_column_pair_values_a_to_be_greater_than_b"
        how = {"column_A": rule.columns[1], "column_B": rule.columns[0], "or_equal": True}
        how["ignore_row_if"] = "either_value_is_missing"
    meta = {"vigie": rules.to_json(rule)}
    return [{"type": kind, "kwargs": how, "meta": meta, "severity": _grave(rule, "critical", "warning")}]


def _limits(rule: Rule, frames: Frames) -> dict[str, Any]:
    """The ends of a range; of times the last moment of the day."""
    time = rules.kind_of(frames[rule.table][rule.column]) == "time"
    ends = {"min_value": rule.least, "max_value": rule.most}
    if time:
        ends["min_value"] = rule.least and f"{rule.least}T00:00:00"
        ends["max_value"] = rule.most and f"{rule.most}T23:59:59.999999"
    else:
        ends = {end: None if value is None else float(value) for end, value in ends.items()}
    return {end: value for end, value in ends.items() if value is not None}


def dbt(wanted: Sequence[Rule], frames: Frames, name: str) -> Export:
    """Data tests of dbt on a source called `name`, and the tests of its own that they need (SQL of DuckDB)."""
    left: list[tuple[Rule, str]] = []
    listed = []
    for frame, mine in _framed(wanted, frames, left):
        columns: dict[str, list[Any]] = {}
        whole: list[Any] = []
        for rule in mine:
            if re.search(r"\{[{%#]|[}%#]\}", json.dumps(rules.to_json(rule), ensure_ascii=False)):
                left.append((rule, JINJA))
                continue
            place = f"vigie_{wanted.index(rule) + 1}"
            test = _data_test(rule, frames, name, place)
            if rule.kind in ("filled", "among", "known") or (rule.kind == "unique" and len(rule.columns) == 1):
                columns.setdefault(rule.column, []).append(test)
            else:
                whole.append(test)
        if columns or whole:
            named = [
                {"name": column, "data_tests": tests} | ({} if PLAIN.fullmatch(column) else {"quote": True})
                for column, tests in columns.items()
            ]
            listed.append(
                {"name": frame} | ({"data_tests": whole} if whole else {}) | ({"columns": named} if named else {})
            )
    source = {"version": 2, "sources": [{"name": name, "schema": "main", "tables": listed}]}
    files = {}
    if listed:
        files[f"models/{name}_sources.yml"] = _comment(left) + _yaml(source)
        files["tests/generic/vigie_rows.sql"] = _GENERIC
    return Export(files, left)


# A test whose failures are the rows of a statement of its own.
_GENERIC = """{% test vigie_rows(model, failing) %}
{{ failing | replace('__model__', model | string) }}
{% endtest %}
"""


def _data_test(rule: Rule, frames: Frames, name: str, place: str) -> dict[str, Any]:
    counted = {"fail_calc": "coalesce(sum(n_records), 0)"}
    severity = {"severity": _grave(rule, "error", "warn")}
    if rule.kind == "filled":
        return {"not_null": {"name": place, "config": severity}}
    if rule.kind == "unique" and len(rule.columns) == 1:
        return {"unique": {"name": place, "config": severity | counted}}
    if rule.kind == "among":
        values = [one.replace("'", "''") for one in rule.values]
        arguments = {"values": values}
        return {"accepted_values": {"name": place, "arguments": arguments, "config": severity | counted}}
    if rule.kind == "known":
        to = {"to": f"source('{name}', '{rule.other}')", "field": rule.theirs[0]}
        return {"relationships": {"name": place, "arguments": to, "config": severity}}
    other = {rule.other: f"{{{{ source('{name}', '{rule.other}') }}}}"} if rule.other else {}
    sql = statement(rule, frames)
    if other:
        sql = sql.replace(f"FROM {quoted(rule.other)}", f"FROM {other[rule.other]}")
    sql = sql.replace(f"FROM {quoted(rule.table)}", "FROM __model__")
    return {"vigie_rows": {"name": place, "arguments": {"failing": sql}, "config": severity}}


def statement(rule: Rule, frames: Frames) -> str:
    """One SELECT, in SQL of DuckDB, whose rows are those that break a rule (days of `volume`, sums of `agree`)."""
    table = quoted(rule.table)
    if rule.kind in rules.ROWS:
        return f"SELECT * FROM {table} WHERE {scan.broken(rule, frames)}"
    return _WHOLE[rule.kind](rule, frames, table)


def _fresh(rule: Rule, _frames: Frames, table: str) -> str:
    newest = f"SELECT max({quoted(rule.column)}) AS newest FROM {table}"
    days = float(rule.most or 0)
    return f"SELECT * FROM ({newest}) AS t WHERE date_diff('day', CAST(newest AS DATE), current_date) > {days}"


def _volume(rule: Rule, _frames: Frames, table: str) -> str:
    when = quoted(rules.TIME[rule.table])
    weeks, recent = rules.WEEKS, rules.RECENT
    return (
        f"WITH last AS (SELECT CAST(max({when}) AS DATE) AS day FROM {table}), "
        f"counted AS (SELECT CAST({when} AS DATE) AS day, count(*) AS n FROM {table} WHERE {when} IS NOT NULL "
        "GROUP BY 1), "
        f"every AS (SELECT last.day - CAST(s.i AS INTEGER) AS day FROM last, range({7 * weeks + recent}) AS s(i)), "
        "filled AS (SELECT every.day, coalesce(n, 0) AS n FROM every LEFT JOIN counted USING (day)), "
        "usual AS (SELECT day, n, median(n) OVER (PARTITION BY dayofweek(day) ORDER BY day ROWS BETWEEN "
        f"{weeks} PRECEDING AND 1 PRECEDING) AS usual FROM filled) "
        f"SELECT usual.* FROM usual, last WHERE usual.day > last.day - {recent} AND usual > 0 "
        f"AND abs(n - usual) > {float(rule.most or 0)} * usual"
    )


def _new(rule: Rule, _frames: Frames, table: str) -> str:
    column, most = quoted(rule.column), float(rule.most or 0)
    recent = "TRUE" if rule.values else f"{quoted(rules.TIME[rule.table])} >= {scan._since(rule)}"
    rows = f"SELECT count(*) FROM {table} WHERE {column} IS NOT NULL AND {recent}"
    unseen = scan._unseen(rule)
    fresh = f"SELECT count(*) FROM {table} WHERE {unseen}"
    return f"SELECT * FROM {table} WHERE {unseen} AND ({fresh}) > {most} * ({rows})"


def _agree(rule: Rule, frames: Frames, _table: str) -> str:
    return f"{scan._sums(rule, frames)} SELECT * FROM compared WHERE differs"


_WHOLE: dict[str, Callable[[Rule, Frames, str], str]] = {
    "fresh": _fresh,
    "volume": _volume,
    "new": _new,
    "agree": _agree,
}


def soda(wanted: Sequence[Rule], frames: Frames, name: str) -> Export:
    """A data contract of Soda a frame, for a data source called `name` whose tables are in the schema main."""
    files, left = dict[str, str](), list[tuple[Rule, str]]()
    for frame, mine in _framed(wanted, frames, left):
        columns: dict[str, list[Any]] = {}
        whole: list[Any] = []
        for rule in mine:
            if rule.kind in NOT_IN_SODA:
                left.append((rule, NOT_IN_SODA[rule.kind]))
                continue
            kind, how, on_column = _soda(rule, frames, name)
            how |= {"qualifier": f"vigie_{wanted.index(rule) + 1}"}
            how |= {"attributes": {"severity": rule.severity}}
            (columns.setdefault(rule.column, []) if on_column else whole).append({kind: how})
        if columns or whole:
            contract: dict[str, Any] = {"dataset": f"{name}/main/{frame}"}
            contract["columns"] = [{"name": column, "checks": made} for column, made in columns.items()]
            contract |= {"checks": whole} if whole else {}
            files[f"{name}_{frame}.yml"] = _comment(left, frame) + _yaml(contract)
    return Export(files, left)


def _soda(rule: Rule, frames: Frames, name: str) -> tuple[str, dict[str, Any], bool]:
    """What the check is called, how it is set, and whether it is one of a column."""
    if rule.kind == "filled":
        return "missing", {}, True
    if rule.kind == "among":
        return "invalid", {"valid_values": list(rule.values)}, True
    if rule.kind == "known":
        reference = {"dataset": f"{name}/main/{rule.other}", "column": rule.theirs[0]}
        return "invalid", {"valid_reference_data": reference}, True
    if rule.kind == "range" and rules.kind_of(frames[rule.table][rule.column]) == "number":
        ends = {"valid_min": rule.least, "valid_max": rule.most}
        return "invalid", {end: float(value) for end, value in ends.items() if value is not None}, True
    if rule.kind == "pattern":
        return "invalid", {"valid_format": {"regex": f"^(?:{rule.pattern})$", "name": "pattern"}}, True
    return "failed_rows", {"query": statement(rule, frames)}, False


def _framed(wanted: Sequence[Rule], frames: Frames, left: list[tuple[Rule, str]]) -> list[tuple[str, list[Rule]]]:
    """The rules that can be judged, by frame; the others are left."""
    found: dict[str, list[Rule]] = {}
    for rule in wanted:
        try:
            rules.check(rule, frames)
        except rules.Unfit:
            left.append((rule, UNREADABLE))
        else:
            found.setdefault(rule.table, []).append(rule)
    return list(found.items())


def _grave(rule: Rule, stops: str, warns: str) -> str:
    return stops if rule.severity == "stop" else warns


def _said(left: Sequence[tuple[Rule, str]], frame: str | None = None) -> list[str]:
    """What is left out and why, in English."""
    mine = [(rule, why) for rule, why in left if frame in (None, rule.table)]
    return [f"{rule.kind} {', '.join(rule.columns) or rule.table}: {why}" for rule, why in mine]


def _comment(left: Sequence[tuple[Rule, str]], frame: str | None = None) -> str:
    """The head of a YAML file; a line of text from outside cannot end its comment."""
    lines = ["Written by Vigie.", *(f"Left out: {one}" for one in _said(left, frame))]
    return "".join(f"# {' '.join(line.split())}\n" for line in lines)


class _Dumper(yaml.SafeDumper):
    """Texts in quotes unless they are plain words: YAML 1.1 and 1.2 do not agree on what 1e3, no and 1:30 are."""

    def ignore_aliases(self, _data: object) -> bool:
        """No anchors: not every tool follows them."""
        return True


def _quoted(dumper: yaml.SafeDumper, text: str) -> Any:
    plain = WORD.fullmatch(text) and text.lower() not in ("y", "n", "yes", "no", "on", "off", "true", "false", "null")
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


_Dumper.add_representer(str, _quoted)


def _yaml(content: Any) -> str:
    return str(yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000))
