"""Campaigns as they are kept, on SQLite and on PostgreSQL: once, with their lists, and what came of them."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from data import campaigns, state
from locales import Sentence
from models.churn import uplift
from models.statistics import CannotTell

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.fixture
def engine(database_url, migrated):
    made = state.engine(database_url)
    migrated(made)
    return made


def rows(count: int, held: int):
    called = uplift.hold_out(count, held, 1)
    content = {"facts": {"contract": "One year", "tenure": 3.0, "gone": np.nan}, "listed": {"Risk (%)": 12.5}}
    return [
        {"customer": f"c{place}", "place": place, "called": bool(called[place]), "risk": 0.5, "content": content}
        for place in range(count)
    ]


def start(engine, identity="first", held=40, lineage="line", name="Spring", by="Ada"):
    row = {"campaign": identity, "name": name, "lineage": lineage, "data_version": "d1", "model_version": "v1"}
    campaigns.start(engine, row | {"months": 3, "started": NOW, "by": by}, rows(100, held))


def test_a_campaign_is_kept_once_with_its_list(engine):
    start(engine)
    start(engine, held=10)  # asked for twice: the first one stands
    (row,) = campaigns.kept(engine, "line").to_dict("records")
    assert (row["name"], row["by"], row["months"]) == ("Spring", "Ada", 3)
    assert pd.isna(row["read"])
    listed = campaigns.customers(engine, "first")
    assert listed["customer"].tolist() == [f"c{place}" for place in range(100)]
    assert (~listed["called"]).sum() == 40
    assert listed["content"][0]["facts"] == {"contract": "One year", "tenure": 3.0, "gone": None}
    assert listed["left"].isna().all()
    assert campaigns.kept(engine, "another").empty


@pytest.mark.parametrize(("name", "by"), [(" ", "Ada"), ("Spring", "")])
def test_a_campaign_wants_a_name_and_somebody(engine, name, by):
    with pytest.raises(Sentence, match="name"):
        start(engine, name=name, by=by)


def test_what_came_of_it_is_counted_and_can_be_told_again(engine):
    start(engine)
    start(engine, "second", lineage="another")
    listed = campaigns.customers(engine, "first")
    called = listed["called"].to_numpy(bool)
    left = np.where(called, 0.0, 1.0)
    left[:10] = np.nan
    who = listed["customer"].tolist()
    campaigns.read_out(engine, "first", who, left, "june.csv", "Grace", NOW)
    known = np.arange(100) >= 10
    assert campaigns.counts(engine, "line") == {
        "first": (int((called & known).sum()), 0, *[int((~called & known).sum())] * 2)
    }
    assert campaigns.counts(engine, "another") == {}
    campaigns.read_out(engine, "first", who, np.zeros(100), "july.csv", "Grace", NOW)
    assert campaigns.counts(engine, "line") == {"first": (60, 0, 40, 0)}
    assert campaigns.kept(engine, "line")["source"].tolist() == ["july.csv"]
    with pytest.raises(Sentence, match="who"):
        campaigns.read_out(engine, "first", who, np.zeros(100), "july.csv", " ", NOW)


def test_whom_another_campaign_calls_meanwhile_does_not_count(engine):
    start(engine)
    start(engine, "second", held=10)
    first, second = (campaigns.customers(engine, name) for name in ("first", "second"))
    campaigns.read_out(engine, "first", first["customer"].tolist(), (~first["called"]).to_numpy(float), "f", "Ada", NOW)
    assert campaigns.counts(engine, "line", {}) == {"first": (60, 0, 40, 40)}
    alone = first["customer"].isin(second.loc[~second["called"], "customer"])  # whom the second one holds out
    called, held = (int((alone & side).sum()) for side in (first["called"], ~first["called"]))
    assert called + held == 10
    found = campaigns.counts(engine, "line", {"first": ["second"], "second": ["first"]})
    assert found == {"first": (called, 0, held, held)}
    there = campaigns.lists(engine, ["second"])
    assert there.set_index("customer")["called"].to_dict() == second.set_index("customer")["called"].to_dict()
    assert campaigns.lists(engine, []).empty


def test_campaigns_run_beside_each_other_while_their_windows_overlap():
    days = {"spring": (NOW, 1), "late": (NOW + timedelta(days=29), 1), "next": (NOW + timedelta(days=45), 2)}
    assert uplift.beside(days) == {"spring": ["late"], "late": ["spring", "next"], "next": ["late"]}
    assert uplift.beside({"spring": days["spring"], "next": days["next"]}) == {}


def test_customers_whom_two_campaigns_reach_hide_the_effect_unless_they_are_left_out():
    """Calls save half of the leavers; of a list, nine in ten of both sides are called by another campaign as well."""
    rng, size = np.random.default_rng(5), 20_000
    first, second = uplift.hold_out(size, size // 2, 1), uplift.hold_out(size, size // 10, 2)
    left = (rng.random(size) < np.where(first | second, 0.2, 0.4)).astype(float)
    blurred, clear = uplift.effect(first, left), uplift.effect(first[~second], left[~second])
    assert blurred.saved[2] < 0.5
    assert clear.saved[1] < 0.5 < clear.saved[2]


def test_who_left_is_read_from_a_table():
    table = pd.DataFrame({"customer_id": ["a", "b", "c", "c"], "churned": [True, False, False, None]})
    np.testing.assert_equal(uplift.came_of(["a", "b", "c", "d"], table), [1, 0, np.nan, np.nan])
    np.testing.assert_equal(uplift.came_of(["a", "d"], table, 1.0), [1, 1])
    with pytest.raises(CannotTell, match="ids"):
        uplift.came_of(["x", "y"], table)
    with pytest.raises(CannotTell, match="column"):
        uplift.came_of(["a"], table[["customer_id"]])
