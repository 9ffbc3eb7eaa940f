"""Rules are suggested that the data keep to; the past says how often one of that making would have been broken."""

from datetime import UTC, date, datetime
from functools import partial

import numpy as np
import pandas as pd
import pytest

from data import tables
from data.dataset import Dataset, Origin
from data.demo import sales
from models.quality import scan, suggest
from models.quality.rules import Rule

NOW = datetime(2026, 11, 29, tzinfo=UTC)
SURE = {"sales": ["line_id", "timestamp", "product", "line_type", "currency", "source"]}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    frames = sales.generate(date(2026, 11, 28), years=2, customers=300, products=50, seed=8)
    # A town that begins to sell ten weeks before the end: a list of towns made before does not know it.
    lines = frames["sales"]
    lines.loc[lines["timestamp"] > "2026-09-20", "store"] = lines["store"].where(lines["store"] != "YRK", "HUL")
    stored = tables.add(tmp_path_factory.mktemp("demo"), Dataset("sales", frames, Origin("demo", "Demo")), NOW)
    found = suggest.suggest(partial(tables.query, stored), stored.columns, "sales", SURE, NOW)
    return stored, found


def test_what_the_data_keep_to_is_suggested(demo):
    stored, found = demo
    rules = {(one.rule.kind, one.rule.columns): one.rule for one in found}
    assert rules["pattern", ("customer",)].pattern == "[0-9]{5}"
    assert ("filled", ("customer",)) not in rules  # walk-ins have none
    assert rules["range", ("unit_price",)].least == 0.0
    assert rules["known", ("supplier",)].other == "suppliers"
    assert ("known", ("store",)) not in rules  # the new town is not in the table of stores
    assert set(rules["among", ("store",)].values) >= {"HUL", "LON"}
    assert suggest.STOCK in rules.values()
    assert not [columns for _kind, columns in rules if "line_id" in columns]
    verdicts = scan.judge(partial(tables.query, stored), stored.columns, list(rules.values()), NOW)
    assert {one.rule.kind for one in verdicts if one.failing} <= {"range", "volume"}


def test_the_past_is_judged_by_a_rule_that_had_not_seen_it(demo):
    stored, found = demo
    (towns,) = (one for one in found if (one.rule.kind, one.rule.column) == ("among", "store"))
    lines = tables.read(stored)
    begins = lines["timestamp"].dt.to_period("W").dt.start_time
    later = lines[begins.dt.date > towns.learned]  # of the week before it had seen a part
    weeks = later["timestamp"].dt.to_period("W")
    assert towns.judged == weeks.nunique()
    assert towns.broken == weeks[later["store"] == "HUL"].nunique() > 5
    (codes,) = (one for one in found if (one.rule.kind, one.rule.column) == ("pattern", "customer"))
    assert codes.broken == 0


def test_few_prices_far_above_all_others_do_not_make_the_limit(tmp_path):
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {"customer_id": np.arange(4_000).astype(str), "churned": rng.random(4_000) < 0.2,
         "monthly_charges": np.round(rng.uniform(20, 110, 4_000), 2)}
    )  # fmt: skip
    frame.loc[:3, "monthly_charges"] *= 1_000
    stored = tables.add(tmp_path, Dataset("customers", {"customers": frame}, Origin("upload", "c.csv")), NOW)
    found = suggest.suggest(partial(tables.query, stored), stored.columns, "customers", {}, NOW)
    (limit,) = (one for one in found if one.rule.kind == "range")
    assert limit.rule.most <= 500
    assert limit.failing == 4
    assert limit.judged == 0  # a table without time, of which there is one version


def test_versions_tell_where_weeks_cannot():
    one = suggest.Suggestion(Rule("filled", "customers", ("contract",)))
    verdicts = [[scan.Verdict(one.rule, failing, 10)] for failing in (0, 3, 0)]
    (told,) = suggest.on_versions([one], verdicts)
    assert (told.judged, told.broken, told.unit) == (3, 1, "version")
