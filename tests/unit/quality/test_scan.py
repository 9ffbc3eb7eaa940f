"""What breaks a rule is counted as pandas counts it, whatever the values; what cannot be judged says why."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import numpy as np
import pandas as pd
import pytest

import locales
from data import tables
from data.dataset import Dataset, Origin
from models.quality import rules, scan
from models.quality.rules import Rule
from tests.exports.__main__ import RULES, STRANGE
from tests.unit.quality.conftest import NOW


def failing(ask, kept, *wanted):
    return [one.failing for one in scan.judge(ask, kept.columns, list(wanted), NOW)]


def test_rows_are_counted_as_pandas_counts_them(ask, kept, broken):
    lines, stores = broken["sales"], broken["stores"]
    pairs = lines.dropna(subset=["invoice", "product"])
    day = lines["timestamp"].dt.normalize()
    known = lines["store"].isna() | lines["store"].isin(stores["store"])
    codes = lines["code"].dropna()
    expected = {
        RULES[0]: lines["store"].isna().sum(),
        RULES[1]: codes.duplicated(keep=False).sum(),
        RULES[2]: pairs.duplicated(["invoice", "product"], keep=False).sum(),
        RULES[3]: (~lines["category"].dropna().isin(["toys", "bags", STRANGE, "null", "1e3"])).sum(),
        RULES[4]: ((lines["unit_price"] < 0) | (lines["unit_price"] > 500)).sum(),
        RULES[5]: (lines["quantity"] > 100).sum(),
        RULES[6]: ((day < "2024-01-10") | (day > "2026-12-31")).sum(),
        RULES[7]: (~lines["product"].str.fullmatch(r"[A-Z]{2}[0-9]{3}|\d+'x")).sum(),
        RULES[8]: (~known).sum(),
        RULES[9]: (lines["ordered"] > lines["timestamp"]).sum(),
        RULES[16]: lines["étiquette “x”"].isna().sum(),
    }
    assert failing(ask, kept, *expected) == [int(one) for one in expected.values()]
    assert all(count > 0 for count in expected.values())


def test_rows_too_many_to_be_sorted_are_grouped(ask, kept, monkeypatch):
    by_hash = failing(ask, kept, *RULES[1:3])
    monkeypatch.setattr(scan, "SORTED", 0)
    assert failing(ask, kept, *RULES[1:3]) == by_hash


def test_all_rules_about_rows_are_one_statement(kept):
    asked = []

    def counted(sql, **values):
        asked.append(sql)
        return tables.query(kept, sql, **values)

    wanted = [one for one in RULES if one.table == "sales" and one.kind in rules.ROWS and one.kind != "unique"]
    scan.judge(counted, kept.columns, wanted, NOW)
    assert len(wanted) >= 8
    assert len(asked) == 1


def test_what_is_told_is_what_breaks_it(ask, kept):
    for rule, verdict in zip(RULES, scan.judge(ask, kept.columns, RULES, NOW), strict=True):
        shown = scan.failing(ask, kept.columns, rule)
        if rule.kind == "new":
            assert int(shown["lines"].sum()) == verdict.failing
        elif rule.kind != "fresh":
            assert len(shown) == min(verdict.failing, scan.LISTED), rule


def test_sums_are_compared_key_by_key(ask, kept, broken):
    lines, moves = broken["sales"], broken["stock_moves"]
    ours = lines[lines["line_type"] == "sale"].groupby("product")["quantity"].sum()
    theirs = moves.groupby("product")["quantity"].sum()
    both = pd.concat([ours, theirs], axis=1).fillna(0.0).abs()
    off = int((both.iloc[:, 0] - both.iloc[:, 1]).abs().gt(0.005).sum())
    verdict = scan.judge(ask, kept.columns, [RULES[10]], NOW)[0]
    assert (verdict.failing, verdict.rows) == (off, len(both))
    assert off > 0


def test_age_is_that_of_the_newest_row(ask, kept):
    rule = Rule("fresh", "sales", ("timestamp",), most=10.0)
    assert failing(ask, kept, rule, replace(rule, most=9.0)) == [0, 1]
    verdict = scan.judge(ask, kept.columns, [rule], NOW + timedelta(days=5))[0]
    assert (verdict.failing, verdict.value) == (1, 15.0)


def test_a_day_is_held_against_its_weekday():
    rng = np.random.default_rng(1)
    days = pd.date_range("2026-01-05", periods=70)
    usual = np.where(days.day_of_week == 6, 0, np.where(days.day_of_week == 5, 200, 100))
    rows = pd.Series(usual + rng.integers(-5, 6, 70) * (usual > 0), days)
    rows.iloc[-7] = 40  # a Monday
    rows.iloc[-1] = 30  # a Sunday, on which nothing is sold
    found = scan.off(rows, 0.3).tail(7)
    assert found["off"].tolist() == [True, False, False, False, False, False, False]
    assert not scan.off(rows, 0.7).tail(7)["off"].any()


def test_new_values_count_where_they_are_more_than_the_limit(ask, kept, broken):
    lines = broken["sales"]
    last = lines["timestamp"].dt.normalize().max() - pd.Timedelta(days=6)
    recent, before = lines[lines["timestamp"] >= last], lines[lines["timestamp"] < last]
    fresh = ~recent["category"].dropna().isin(before["category"].dropna().unique())
    rule = Rule("new", "sales", ("category",), most=float(fresh.mean()) - 0.001)
    assert failing(ask, kept, rule, replace(rule, most=float(fresh.mean()))) == [int(fresh.sum()), 0]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Rule("filled", "sales", ("gone",)), "“gone” is not in the table sales"),
        (Rule("filled", "moves", ("x",)), "no table moves"),
        (Rule("pattern", "sales", ("store",), pattern="(("), "no regular expression"),
        (Rule("pattern", "sales", ("store",), pattern=r"(a)\1"), "no regular expression"),
        (Rule("pattern", "sales", ("quantity",), pattern="x"), "Only text has a form"),
        (Rule("range", "sales", ("quantity",), least="cheap"), "“cheap” is neither"),
        (Rule("range", "sales", ("quantity",), least=5.0, most=1.0), "the lower one first"),
        (Rule("range", "sales", ("store",), least=5.0), "Only numbers and dates"),
        (Rule("range", "sales", ("timestamp",), least="31/12/2024"), "neither a number nor a day"),
        (Rule("order", "sales", ("timestamp", "quantity")), "Both columns must be dates"),
        (Rule("known", "sales", ("store",), other="stores", theirs=("gone",)), "“gone” is not in the table stores"),
        (Rule("fresh", "sales", ("store",), most=3.0), "holds no dates"),
        (Rule("new", "stores", ("name",), most=0.1), "no column of time"),
        (Rule("among", "sales", ("store",)), "Name between 1 and"),
    ],
)
def test_a_rule_that_cannot_be_judged_says_why_and_leaves_the_others(ask, kept, rule, words):
    verdicts = scan.judge(ask, kept.columns, [rule, RULES[0]], NOW)
    assert verdicts[0].state == "cannot"
    assert words in verdicts[0].problem.sentence()
    assert verdicts[1].failing == 17
    with locales.using("fr"):
        assert verdicts[0].problem.sentence() != str(verdicts[0].problem)


def test_an_empty_table_holds_nothing_and_breaks_nothing(tmp_path, broken):
    frames = {name: frame.iloc[:0] for name, frame in broken.items()}
    stored = tables.add(tmp_path, Dataset("sales", frames, Origin("upload", "empty.csv")), NOW)
    verdicts = scan.judge(partial(tables.query, stored), stored.columns, RULES, NOW)
    assert {one.state for one in verdicts} == {"cannot"}


def test_a_pattern_that_others_would_think_about_for_ever_is_quick(ask, kept):
    assert failing(ask, kept, Rule("pattern", "sales", ("product",), pattern="(([A-Z]+)+)+!")) == [kept.rows["sales"]]


def test_names_and_values_stay_what_they_are(tmp_path):
    name, value = 'a"b; DROP TABLE sales; --', "' OR 1=1 --"
    frame = pd.DataFrame({"customer_id": ["1", "2", "3"], "churned": [True, False, True], name: [value, "x", None]})
    stored = tables.add(tmp_path, Dataset("customers", {"customers": frame}, Origin("upload", "c.csv")), NOW)
    wanted = [
        Rule("among", "customers", (name,), values=(value,)),
        Rule("filled", "customers", (name,)),
        Rule("pattern", "customers", (name,), pattern="' OR 1=1 --"),
    ]
    assert failing(partial(tables.query, stored), stored, *wanted) == [1, 1, 1]


def test_weeks_add_up_to_the_whole(ask, kept, broken):
    weeks = scan.by_week(ask, kept.columns, RULES)
    lines = broken["sales"]
    recent = lines[lines["timestamp"] >= weeks["week"].min()]
    first = weeks[weeks["rule"] == 0]
    assert first["failing"].sum() == recent["store"].isna().sum()
    assert first["rows"].sum() == len(recent)


def test_a_rule_survives_being_kept_and_nonsense_does_not_become_one():
    for rule in RULES:
        assert rules.from_json(rules.to_json(rule)) == rule
    for content in (None, [], {"kind": "drop"}, {"kind": "filled", "table": 3}, {"kind": "range", "least": {}}):
        assert rules.from_json(content) is None


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_rule_is_a_sentence_in_both_languages(lang):
    with locales.using(lang):
        said = [rules.sentence(rule, "sales") for rule in RULES]
    assert all("{" not in text.replace("{2}", "").replace("{3}", "") for text in said)
    assert ("never empty" in said[0]) == (lang == "en")
    assert "and 0 more" not in said[3]
