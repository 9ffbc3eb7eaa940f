"""Planted mistakes are found, what only looks like one is left alone, and a correction can be taken back."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from data import checks, tables
from data.dataset import Dataset, Origin
from data.demo import customers, sales
from data.state import Changed
from locales import Sentence
from models.quality import corrections, repair, spelling
from tests import mistakes

NOW = datetime(2026, 11, 29, tzinfo=UTC)
# What is found of the planted, at least: where the lines around say nothing, nothing is said.
FOUND = {"spelling": 0.95, "typo": 0.9, "dates": 0.95, "factor": 0.75, "sign": 0.95, "twice": 0.85, "price": 0.5}


@pytest.fixture(scope="module")
def shop():
    """A shop that nothing was tuned to, with what only looks wrong."""
    frame = sales.generate(date(2026, 11, 28), years=2, customers=400, products=60, seed=271828)["sales"]
    return mistakes.lookalikes(frame, np.random.default_rng(3))


@pytest.fixture(scope="module")
def planted(shop):
    return mistakes.planted(shop, np.random.default_rng(4))


def test_what_only_looks_wrong_is_left_alone(shop):
    assert corrections.find("sales", shop, NOW) == []


def test_planted_mistakes_are_found_and_hardly_anything_else(planted):
    frame, truth = planted
    scores = mistakes.scored(corrections.find("sales", frame, NOW), truth)
    for kind, (there, found, _false) in scores.items():
        assert there >= 5, kind
        assert found >= FOUND[kind] * there, (kind, there, found)
    planted_, right, false = np.sum(list(scores.values()), axis=0)
    assert false <= 0.005 * right, scores
    assert right >= 0.85 * planted_


def test_without_invoices_only_a_day_still_to_come_tells_that_a_date_was_turned(shop):
    frame = shop.drop(columns="invoice").assign(line_id=[f"x{n}y" for n in range(len(shop))])
    last = frame.index[-1]
    past = frame.index[frame["timestamp"].dt.strftime("%d-%m") == "03-05"][0]
    frame.loc[last, "timestamp"] = pd.Timestamp("2026-12-11 10:00")
    frame.loc[past, "timestamp"] = frame.loc[past, "timestamp"].replace(month=3, day=5)
    (found,) = (one for one in corrections.find("sales", frame, NOW) if one.kind == "dates")
    assert found.cells["new"].tolist() == [pd.Timestamp("2026-11-12 10:00")]


def test_a_total_ten_times_too_large_is_seen_by_months_and_bills():
    frame = customers.generate(1_500, seed=2).reset_index(drop=True)
    old = frame.index[frame["tenure"] >= 6][:12]
    frame.loc[old, "total_charges"] *= 100
    frame.loc[frame.index[40:43], "contract"] = "Month-to-mnoth"
    found = {one.column: one for one in corrections.find("customers", frame, NOW)}
    assert set(found) == {"total_charges", "contract"}
    assert found["total_charges"].cells.index.tolist() == old.tolist()
    assert found["contract"].cells["new"].unique().tolist() == ["Month-to-month"]


@pytest.mark.parametrize(
    ("rare", "frequent", "is_slip"),
    [
        ("Manchestr", "Manchester", True), ("Mnachester", "Manchester", True), ("Gambia", "Zambia", False),
        ("Iceland", "Ireland", False), ("Store 1", "Store 2", False), ("Shop A", "Shop B", False),
        ("East", "West", False), ("Condon", "London", False), ("Kitchne", "Kitchen", True),
    ],
)  # fmt: skip
def test_a_slip_is_told_from_a_name_of_its_own(rare, frequent, is_slip):
    found = spelling.mistyped([rare, frequent], np.array([2, 5_000]), {})
    assert found == ({0: 1} if is_slip else {})


def test_of_two_spellings_as_frequent_none_is_wrong():
    assert spelling.variants(["Bags", "bags"], np.array([60, 40])) == {}
    assert spelling.variants(["Bags", "  BAGS", "bägs"], np.array([60, 4, 1])) == {1: 0, 2: 0}


@pytest.fixture(scope="module")
def small():
    """A small shop with mistakes, and what is found of them."""
    frame = sales.generate(date(2026, 11, 28), years=1, customers=120, products=40, seed=6)["sales"]
    looks = mistakes.lookalikes(frame, np.random.default_rng(3))
    frame, _truth = mistakes.planted(looks, np.random.default_rng(4))
    return frame, corrections.find("sales", frame, NOW)


@pytest.fixture
def corrected(engine, small, tmp_path):
    stored = tables.add(tmp_path, Dataset("sales", {"sales": small[0]}, Origin("upload", "shop.csv")), NOW)
    return engine, tmp_path, stored


def test_each_correction_can_be_made_and_taken_back(corrected, small):
    engine, home, stored = corrected
    before = tables.read(stored)
    each = {one.kind: one for one in small[1]}
    assert set(each) >= {"spelling", "dates", "sign", "twice", "factor"}
    for number, one in enumerate(each.values()):
        made = repair.apply(engine, home, stored, one, "Ana", "seen on paper", NOW + timedelta(minutes=number))
        after = tables.read(made)
        changed = len(before) - len(after) if one.kind == "twice" else len(one.cells)
        assert changed == len(one.cells)
        if one.kind != "twice":
            fresh = after.set_index("line_id")[one.column].reindex(one.cells["key"])
            assert fresh.astype("object").tolist() == list(one.cells["new"].astype("object"))
        step = checks.steps(engine, stored.lineage)[0]
        assert (step["by"], step["reason"], step["rows"]) == ("Ana", "seen on paper", len(one.cells))
        back = repair.undo(engine, home, made, step, "Bo", NOW + timedelta(minutes=number, seconds=30))
        assert back.version == stored.version
    assert tables.active(home, "sales").version == stored.version


def test_what_came_later_stays_when_a_correction_is_taken_back(corrected, small):
    engine, home, stored = corrected
    found = {one.kind: one for one in small[1]}
    shown = stored
    for number, kind in enumerate(["twice", "dates", "spelling"]):
        shown = repair.apply(engine, home, shown, found[kind], "Ana", "why", NOW + timedelta(minutes=number))
    steps = {one["content"]["kind"]: one for one in checks.steps(engine, stored.lineage)}
    for number, kind in enumerate(["twice", "dates", "spelling"]):
        shown = repair.undo(engine, home, shown, steps[kind], "Bo", NOW + timedelta(minutes=10 + number))
    order = ["timestamp", "line_id"]
    pd.testing.assert_frame_equal(
        tables.read(shown).sort_values(order, ignore_index=True),
        tables.read(stored).sort_values(order, ignore_index=True),
    )
    with pytest.raises(Changed):
        repair.undo(engine, home, shown, checks.steps(engine, stored.lineage)[0], "Bo", NOW)


def test_nobody_corrects_without_a_name_a_reason_or_the_data_as_they_are(corrected, small):
    engine, home, stored = corrected
    one = small[1][0]
    for by, reason in (("", "why"), ("Ana", "  ")):
        with pytest.raises(Sentence, match="who you are and why"):
            repair.apply(engine, home, stored, one, by, reason, NOW)
    repair.apply(engine, home, stored, one, "Ana", "why", NOW + timedelta(minutes=1))
    with pytest.raises(Changed, match="changed meanwhile"):
        repair.apply(engine, home, stored, one, "Bo", "why", NOW + timedelta(minutes=2))
