"""The rules as other tools want them: all that they can say is there, and what they cannot is said with its reason.

The tools themselves load and run these files in `python -m tests.exports`.
"""

import json

import yaml

from models.quality import exports
from models.quality.rules import Rule
from tests.exports.__main__ import NAME, RULES, STRANGE


def left(made):
    return {rule.kind for rule, _why in made.left}


def test_great_expectations_gets_a_suite_a_table(kept):
    made = exports.great_expectations(RULES, kept.columns, NAME)
    assert left(made) == {"known", "agree", "fresh", "volume", "new"}
    suite = json.loads(made.files["vigie_sales.json"])
    one = {item["type"]: item for item in suite["expectations"]}
    assert one["expect_column_values_to_be_in_set"]["kwargs"]["value_set"][2] == STRANGE
    assert one["expect_column_values_to_match_regex"]["kwargs"]["regex"] == r"^(?:[A-Z]{2}[0-9]{3}|\d+'x)$"
    order = one["expect_column_pair_values_a_to_be_greater_than_b"]["kwargs"]
    assert (order["column_A"], order["column_B"], order["or_equal"]) == ("timestamp", "ordered", True)
    first = suite["expectations"][0]
    assert (first["kwargs"], first["severity"]) == ({"column": "store"}, "critical")
    assert len(suite["meta"]["left_out"]) == 5
    assert len(suite["expectations"]) + len(suite["meta"]["left_out"]) == sum(one.table == "sales" for one in RULES)


def test_dbt_gets_all_but_what_its_templates_would_run(kept):
    odd = Rule("among", "sales", ("category",), values=("{{ env_var('HOME') }}",))
    made = exports.dbt([*RULES, odd], kept.columns, NAME)
    assert [rule for rule, _why in made.left] == [odd]
    text = made.files["models/vigie_sources.yml"]
    assert "env_var" not in text
    source = yaml.safe_load(text)["sources"][0]
    tests = {table["name"]: table for table in source["tables"]}
    whole = [test for column in tests["sales"]["columns"] for test in column["data_tests"]]
    whole += tests["sales"]["data_tests"]
    assert len(whole) == sum(one.table == "sales" for one in RULES)
    (accepted,) = (test["accepted_values"] for test in whole if "accepted_values" in test)
    assert accepted["arguments"]["values"][2] == STRANGE.replace("'", "''")


def test_soda_gets_a_contract_a_table(kept):
    made = exports.soda(RULES, kept.columns, NAME)
    assert left(made) == {"volume"}
    assert set(made.files) == {"vigie_sales.yml", "vigie_stores.yml", "vigie_stock_moves.yml"}
    contract = yaml.safe_load(made.files["vigie_sales.yml"])
    assert contract["dataset"] == "vigie/main/sales"
    category = next(one for one in contract["columns"] if one["name"] == "category")
    assert category["checks"][0]["invalid"]["valid_values"] == ["toys", "bags", STRANGE, "null", "1e3"]
    assert made.files["vigie_sales.yml"].startswith("# Written by Vigie.\n# Left out: volume sales")


def test_a_rule_whose_column_is_gone_is_said_in_each(kept):
    gone = Rule("filled", "sales", ("gone\n- drop: all",))
    for write in (exports.great_expectations, exports.dbt, exports.soda):
        made = write([gone, RULES[0]], kept.columns, NAME)
        assert [rule for rule, _why in made.left] == [gone]
        for name, text in made.files.items():
            assert "\n- drop" not in text
            assert yaml.safe_load(text) if name.endswith("yml") else text
