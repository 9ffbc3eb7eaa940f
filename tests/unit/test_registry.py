"""The registry: one champion a dataset, files that are what they were, on both databases."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from data import demo, state, tables
from data.dataset import Dataset, Origin
from models.lifecycle import registry
from models.lifecycle.registry import ModelFileError, Record

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


def record(data_version="v1", **changes):
    usual = {
        "model": "churn",
        "learner": "xgboost",
        "author": "someone",
        "reason": "test",
        "data_version": data_version,
        "rows": 10,
        "schema": {"tenure": "number"},
        "metrics": {"auc": 0.8},
        "bins": {"tenure": {"counts": [5, 5, 0], "edges": [12.0]}},
    }
    return Record(**{**usual, **changes})


def test_the_newest_is_champion_of_its_data_and_the_one_before_is_retired(engine, tmp_path):
    first = registry.keep(engine, tmp_path, record(), b"one", ".zip", NOW)
    other = registry.keep(engine, tmp_path, record("v2"), b"other", ".zip", NOW)
    second = registry.keep(engine, tmp_path, record(), b"two", ".zip", NOW + timedelta(hours=1))
    status = state.read(engine, state.model_versions).set_index("version")["status"].to_dict()
    assert status == {first: "retired", other: "champion", second: "champion"}
    row = registry.champion(engine, "churn", "v1")
    assert row["version"] == second
    assert registry.content(tmp_path, row) == b"two"
    assert row["metrics"] == {"auc": 0.8}
    assert row["bins"]["tenure"]["edges"] == [12.0]
    assert "xgboost-cpu" in row["libraries"] or "xgboost" in row["libraries"]
    assert registry.champion(engine, "churn", "v3") is None
    registry.promote(engine, "churn", first, NOW + timedelta(hours=2))
    assert registry.champion(engine, "churn", "v1")["version"] == first


def test_an_altered_or_lost_file_is_refused(engine, tmp_path):
    registry.keep(engine, tmp_path, record(), b"as it was", ".zip", NOW)
    row = registry.champion(engine, "churn", "v1")
    path = tmp_path / "models" / row["file"]
    path.write_bytes(b"as it is not")
    with pytest.raises(ModelFileError, match="not the one that was kept"):
        registry.content(tmp_path, row)
    path.unlink()
    with pytest.raises(ModelFileError, match="is gone") as lost:
        registry.content(tmp_path, row)
    assert row["file"] in lost.value.sentence()
    assert not list((tmp_path / "models").iterdir())


def test_a_name_in_the_database_cannot_leave_the_folder(engine, tmp_path):
    (tmp_path / "secret").write_bytes(b"secret")
    registry.keep(engine, tmp_path, record(), b"one", ".zip", NOW)
    row = registry.champion(engine, "churn", "v1")
    row["file"] = "../secret"
    with pytest.raises(ModelFileError):
        registry.content(tmp_path, row)


def test_of_two_who_promote_at_once_exactly_one_is_champion(engine, tmp_path):
    names = [
        registry.keep(engine, tmp_path, record(), bytes([number]), ".zip", NOW + timedelta(hours=number), number == 0)
        for number in range(9)
    ]
    gate = threading.Barrier(8)

    def promote(name):
        gate.wait()
        registry.promote(engine, "churn", name, NOW + timedelta(days=1), "someone: at once")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(promote, names[1:]))
    rows = registry.versions(engine, "churn", "v1")
    assert list(rows["version"]) == names[::-1]
    assert (rows["status"] == "champion").sum() == 1
    assert rows["reason"].str.contains("at once").sum() == 8, "who asked is not lost"
    assert registry.champion(engine, "churn", "v1")["status"] == "champion"


def test_a_challenger_waits(engine, tmp_path):
    first = registry.keep(engine, tmp_path, record(), b"one", ".zip", NOW)
    registry.keep(engine, tmp_path, record(), b"two", ".zip", NOW + timedelta(hours=1), promoted=False)
    assert registry.champion(engine, "churn", "v1")["version"] == first
    assert registry.versions(engine, "churn", "v1")["status"].tolist() == ["challenger", "champion"]


def test_versions_of_one_second_sort_by_age_too(engine, tmp_path):
    kept = [
        registry.keep(engine, tmp_path, record(), bytes([number]), ".zip", NOW + timedelta(milliseconds=number))
        for number in range(6)
    ]
    assert registry.versions(engine, "churn", "v1")["version"].tolist() == kept[::-1]


def test_champions_of_one_lineage_retire_each_other_and_those_of_a_stranger_stay(engine, tmp_path):
    mine = registry.keep(engine, tmp_path, record("v1", lineage="mine"), b"one", ".zip", NOW)
    theirs = registry.keep(engine, tmp_path, record("v2", lineage="theirs"), b"two", ".zip", NOW)
    newer = registry.keep(engine, tmp_path, record("v3", lineage="mine"), b"three", ".zip", NOW, promoted=False)
    assert registry.champion(engine, "churn", "mine")["version"] == mine
    assert registry.versions(engine, "churn", "theirs")["version"].tolist() == [theirs]
    registry.promote(engine, "churn", newer, NOW + timedelta(hours=1))
    assert registry.champion(engine, "churn", "mine")["version"] == newer
    assert registry.champion(engine, "churn", "theirs")["version"] == theirs


def test_versions_from_before_lineages_are_given_the_one_of_their_data(engine, tmp_path):
    frame = demo.customers.generate(60)
    stored = tables.add(tmp_path, Dataset("customers", {"customers": frame}, Origin("download", "shop")), NOW)
    for number, version in enumerate(("gone", stored.version, stored.version)):
        registry.keep(engine, tmp_path, record(version), bytes([number]), ".zip", NOW + timedelta(hours=number))
    with engine.begin() as connection:
        connection.execute(update(state.model_versions).values(lineage=None, status="champion"))
    for _again in range(2):
        registry.adopt(engine, tmp_path)
    assert stored.lineage == "download shop"
    assert registry.versions(engine, "churn", "download shop")["status"].tolist() == ["champion", "retired"]
    assert registry.versions(engine, "churn", "gone")["status"].tolist() == ["champion"]
