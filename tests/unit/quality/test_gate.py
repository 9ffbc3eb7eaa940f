"""What breaks a rule that stops is kept aside, and the last good data stay; what is held is written down by version."""

import json
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from typer.testing import CliRunner

import jobs
import settings
from data import append, beside, checks, state, tables
from data.dataset import Dataset, Origin
from models.quality import gate, rules
from models.quality.rules import Rule
from tests import shop

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
LIMIT = Rule("range", "sales", ("unit_price",), least=0.0, most=50.0)


def month(days, **columns):
    """The same shop a while later, as a file of it is read."""
    origin = Origin("upload", f"{days}.csv", columns={"unit_price": "Price"}, header=["Price"], currency="GBP")
    return Dataset("sales", {"sales": shop.lines(days).assign(**columns)}, origin)


def held(engine, stored, severity):
    content = rules.to_json(LIMIT) | {"severity": severity}
    checks.write(engine, "limit", stored.lineage, content, 0, NOW)


@pytest.fixture
def first(engine, tmp_path):
    return gate.keep(engine, tmp_path, month(100), NOW)


def test_a_rule_that_stops_keeps_what_breaks_it_from_the_pages(engine, tmp_path, first):
    held(engine, first, "stop")
    with pytest.raises(gate.Stopped, match="Unit price” is from 0 to 50") as stopped:
        gate.keep(engine, tmp_path, month(130, unit_price=90.0), NOW + timedelta(days=1))
    assert "520" in str(stopped.value)
    assert tables.active(tmp_path, "sales").version == first.version
    log = checks.log(engine, first.lineage)
    assert log[["failing", "stopped"]].to_numpy().tolist() == [[520, True]]
    aside = next(one for one in tables.stored(tmp_path, "sales") if one.version == log["version"].iloc[0])
    assert aside.rows["sales"] == 520
    good = gate.keep(engine, tmp_path, month(130), NOW + timedelta(days=2))
    assert tables.active(tmp_path, "sales").version == good.version
    assert checks.log(engine, first.lineage)["state"].tolist() == ["failed", "held"]


def test_a_rule_that_warns_lets_it_through_and_writes_it_down(engine, tmp_path, first):
    held(engine, first, "warn")
    kept = gate.keep(engine, tmp_path, month(130, unit_price=90.0), NOW)
    assert tables.active(tmp_path, "sales").version == kept.version
    assert not checks.log(engine, first.lineage)["stopped"].any()


def test_a_file_too_broken_to_be_known_again_is_held_to_the_rules_all_the_same(engine, tmp_path, first):
    held(engine, first, "stop")
    lost = month(130, unit_price=90.0, quantity=7.0)  # no day agrees with the data before
    with pytest.raises(gate.Stopped):
        gate.keep(engine, tmp_path, lost, NOW)
    assert tables.active(tmp_path, "sales").version == first.version


def test_a_column_that_is_gone_stops_too(engine, tmp_path, first):
    content = rules.to_json(Rule("filled", "sales", ("category",), severity="stop"))
    checks.write(engine, "filled", first.lineage, content, 0, NOW)
    made = month(130)
    frame = made.main.drop(columns="category")
    with pytest.raises(gate.Stopped, match="“category” is not in the table sales"):
        gate.keep(engine, tmp_path, Dataset("sales", {"sales": frame}, made.origin, lineage=first.lineage), NOW)


def test_added_lines_are_held_to_the_rules(engine, tmp_path, first):
    held(engine, first, "stop")
    lines = shop.lines(110).assign(unit_price=99.0)
    plan = append.plan(first, lines[lines["timestamp"] > first.span[1]].reset_index(drop=True), False, NOW)
    with pytest.raises(gate.Stopped):
        gate.grow(engine, tmp_path, first, plan.fresh, "more.csv", NOW)
    assert tables.active(tmp_path, "sales").version == first.version


def test_a_rule_of_one_shop_is_none_of_another(engine, tmp_path, first):
    held(engine, first, "stop")
    other = shop.lines(100).assign(unit_price=99.0, quantity=1.0)
    kept = gate.keep(engine, tmp_path, Dataset("sales", {"sales": other}, Origin("upload", "other.csv")), NOW)
    assert tables.active(tmp_path, "sales").version == kept.version


def test_the_job_writes_down_how_the_rules_fare_and_says_what_is_broken(home):
    engine = state.engine(settings.get().database_url)
    state.migrate(engine)
    runner = CliRunner()
    assert runner.invoke(jobs.app, ["quality", "--json"]).exit_code == 4
    stored = gate.keep(engine, home, month(100), NOW)
    held(engine, stored, "warn")
    content = rules.to_json(Rule("range", "sales", ("unit_price",), most=5.0, severity="stop"))
    checks.write(engine, "low", stored.lineage, content, 0, NOW)
    done = runner.invoke(jobs.app, ["quality", "--json"])
    assert done.exit_code == 1
    assert json.loads(done.stdout)["runs"][0]["details"]["sales"] == {
        "rules": 2,
        "broken": {"“Unit price” is at most 5": 200},
    }
    log = checks.log(engine, stored.lineage)
    assert log[["state", "stopped"]].to_numpy().tolist() == [["held", False], ["failed", False]]


def test_a_table_beside_the_sales_is_judged_before_the_pages_show_it(engine, tmp_path, first):
    content = rules.to_json(Rule("filled", "products", ("supplier",), severity="stop"))
    checks.write(engine, "supplied", first.lineage, content, 0, NOW)
    goods = pd.DataFrame({"product": ["x", "y"], "description": ["Lamp", "Shelf"], "category": None, "supplier": "S1"})
    goods = goods.astype("str")
    good = gate.put(engine, tmp_path, first, "products", goods, "goods.csv", NOW)
    assert tables.active(tmp_path, "sales").version == good.version
    assert gate.put(engine, tmp_path, good, "products", goods, "goods.csv", NOW) == good  # nothing new, nothing to undo
    lacking = goods.assign(supplier=pd.Series(["S1", None], dtype="str"))
    with pytest.raises(gate.Stopped, match="1"):
        gate.put(engine, tmp_path, good, "products", lacking, "goods.csv", NOW)
    assert tables.active(tmp_path, "sales").version == good.version
    more = gate.put(engine, tmp_path, good, "products", goods.assign(description="Lamp"), "goods.csv", NOW)
    assert [one.rows for one in more.findings if one.message == beside.BROUGHT] == [2]  # told once, however often
    assert append.before(tmp_path, more) == good
