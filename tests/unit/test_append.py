"""Lines appended to a sales table: known ones left out, wrong ones refused, and everything taken back again."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest

from data import append, tables
from data.dataset import Dataset, Origin
from data.demo import sales as demo

NOW = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def lines() -> pd.DataFrame:
    made = demo.generate(date(2026, 1, 3), years=1, customers=60, products=40)["sales"]
    return made.reset_index(drop=True)


def keep(home, frame):
    return tables.add(home, Dataset("sales", {"sales": frame}, Origin("upload", "shop.csv", currency="GBP")), NOW)


def read(stored):
    return tables.read(stored).drop(columns="line_id").sort_values(append.SAME, ignore_index=True)


def test_only_what_is_new_is_added(tmp_path, lines):
    half = len(lines) // 2
    stored = keep(tmp_path, lines[:half])
    plan = append.plan(stored, lines[half - 100 :].reset_index(drop=True), True, NOW)
    assert plan.known == 100
    assert len(plan.fresh) == len(lines) - half
    grown = append.add(tmp_path, stored, plan.fresh, "more.csv", NOW)
    assert grown.rows["sales"] == len(lines)
    pd.testing.assert_frame_equal(
        read(grown), lines.drop(columns="line_id").sort_values(append.SAME, ignore_index=True)
    )
    assert grown.findings[-1].rows == len(plan.fresh)
    assert tables.active(tmp_path, "sales").version == grown.version


@pytest.mark.parametrize("own_ids", [True, False])
def test_the_same_file_twice_changes_nothing(tmp_path, lines, own_ids):
    stored = keep(tmp_path, lines[:500])
    grown = append.add(
        tmp_path, stored, append.plan(stored, lines[400:800].reset_index(drop=True), own_ids, NOW).fresh, "f", NOW
    )
    again = append.plan(grown, lines[400:800].reset_index(drop=True), own_ids, NOW)
    assert again.fresh.empty
    assert again.known == 400


def test_the_order_of_files_makes_no_difference(tmp_path, lines):
    parts = [lines[300:600].reset_index(drop=True), lines[500:900].reset_index(drop=True)]
    tables_of = []
    for number, order in enumerate((parts, parts[::-1])):
        stored = keep(tmp_path / str(number), lines[:300])
        for part in order:
            plan = append.plan(stored, part, False, NOW)
            stored = append.add(tmp_path / str(number), stored, plan.fresh, "f", NOW)
        tables_of.append(tables.read(stored))
    pd.testing.assert_frame_equal(*tables_of)


def test_a_line_that_is_sold_twice_is_kept_twice(tmp_path, lines):
    stored = keep(tmp_path, lines[:50])
    twice = pd.concat([lines[60:61], lines[60:61]], ignore_index=True)
    plan = append.plan(stored, twice, False, NOW)
    assert len(plan.fresh) == 2
    assert plan.fresh["line_id"].is_unique


def test_wrong_lines_are_refused_with_row_and_reason(tmp_path, lines):
    stored = keep(tmp_path, lines[:100])
    bad = lines[90:100].reset_index(drop=True)
    bad.loc[2, "currency"] = "USD"
    bad.loc[3, "timestamp"] = pd.Timestamp(NOW.replace(tzinfo=None) + timedelta(days=9))
    bad.loc[4, "quantity"] = 9_999.0
    plan = append.plan(stored, bad, True, NOW)
    assert plan.fresh.empty
    assert plan.known == 7
    assert plan.refused["row"].tolist() == [4, 5, 5, 6]
    assert set(plan.refused["column"]) == {"currency", "timestamp", "line_id"}


def test_undo_brings_back_exactly_what_was(tmp_path, lines):
    stored = keep(tmp_path, lines[:200])
    grown = append.add(
        tmp_path, stored, append.plan(stored, lines[200:300].reset_index(drop=True), True, NOW).fresh, "f", NOW
    )
    earlier = append.before(tmp_path, grown)
    assert earlier.version == stored.version
    tables.activate(tmp_path, "sales", earlier.version)
    pd.testing.assert_frame_equal(tables.read(tables.active(tmp_path, "sales")), tables.read(stored))
    assert append.before(tmp_path, stored) is None


def test_what_was_added_to_is_never_pruned_away(tmp_path, lines):
    stored = keep(tmp_path, lines[:100])
    grown = append.add(tmp_path, stored, lines[100:110], "f", NOW)
    for number in range(8):
        later = NOW + timedelta(minutes=number + 1)
        frame = lines[200 + number : 260 + number]
        dataset = Dataset("sales", {"sales": frame}, Origin("upload", f"{number}.csv", currency="GBP"))
        tables.add(tmp_path, dataset, later, activate=False)
    assert append.before(tmp_path, grown) is not None


def test_nothing_is_added_when_the_disk_is_full(tmp_path, lines, monkeypatch):
    stored = keep(tmp_path, lines[:100])

    def full(*args, **kwargs):
        raise OSError("No space left on device")

    monkeypatch.setattr(pyarrow.parquet, "write_table", full)
    with pytest.raises(OSError, match="No space"):
        append.add(tmp_path, stored, lines[100:110], "f", NOW)
    assert tables.active(tmp_path, "sales").version == stored.version
    assert np.array_equal(tables.read(stored)["line_id"], lines["line_id"][:100])
