"""What to offer next: rhythms by hand, weights computed another way, lists held against what was bought."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from data import tables
from data.dataset import Dataset, Origin
from models.customers import offers
from models.products import suppliers
from models.statistics import CannotTell

START = pd.Timestamp("2025-01-01")


def stored(home, rows, **more):
    """Sales of (customer, product, day) for 10 each."""
    frame = pd.DataFrame(rows, columns=["customer", "product", "day"])
    frame["timestamp"] = (START + pd.to_timedelta(frame.pop("day"), unit="D") + pd.Timedelta(hours=9)).astype(
        "datetime64[us]"
    )
    frame = frame.assign(source="test", line_type="sale", quantity=2.0, unit_price=5.0, currency="EUR",
                         line_id=[str(number) for number in range(len(frame))]).assign(**more)  # fmt: skip
    dataset = Dataset("sales", {"sales": frame}, Origin("upload", "mine.csv", currency="EUR"))
    return tables.add(home, dataset, datetime(2026, 4, 1, tzinfo=UTC))


def bought(kept, first=0, until=366):
    """What was bought from one day to before another."""
    asked = offers.lines(kept.columns["sales"])
    who, what = (tables.query(kept, asked[name])["name"].to_numpy(object) for name in ("customers", "products"))
    ends = {name: START + pd.Timedelta(days=day) for name, day in (("start", first), ("until", until))}
    return offers.Bought(tables.query(kept, asked["lines"], **ends), who, what, ends["until"] - pd.Timedelta(days=1))


def tastes(seed, customers=300, days=200):
    """Customers of two tastes, each of which buys ten of its own twenty products, a few of them again and again."""
    random = np.random.default_rng(seed)
    rows = []
    for number in range(customers):
        own = 20 * (number % 2) + random.permutation(20)
        for item in own[:12]:
            rows += [
                (f"c{number:03}", f"P{item:02}", int(day)) for day in random.integers(0, days, random.integers(1, 3))
            ]
        weekly = own[12]
        rows += [(f"c{number:03}", f"P{weekly:02}", day) for day in range(int(random.integers(0, 10)), days, 10)]
    return rows


@pytest.fixture(scope="module")
def two_tastes(tmp_path_factory):
    return stored(tmp_path_factory.mktemp("tastes"), tastes(0))


def test_what_is_due_by_hand(home):
    rows = [("a", "P", day) for day in (0, 10, 20)]  # every 10 days; silent for 4: due in 6
    rows += [("a", "Q", day) for day in (0, 10)]  # no rhythm yet
    rows += [("b", "P", day) for day in (0, 1, 2)]  # every day; silent for 22: given up
    rows += [("b", "Q", day) for day in (0, 10, 14)]  # every 7 days; silent for 10: overdue by 3
    rows += [("b", "R", day) for day in (0, 12, 24)]  # just bought: due in 12
    found = offers.due(bought(stored(home, rows), until=25))
    told = {(row.customer, row.item): row.due_in for row in found.itertuples()}
    assert told == {(0, 0): 6.0, (1, 1): -3.0, (1, 2): 12.0}
    assert found.loc[(found["customer"] == 1), "item"].tolist() == [2, 1]  # bought most lately first
    assert found[["units", "revenue"]].to_numpy().tolist() == [[2.0, 10.0]] * 3


def test_two_lines_of_a_day_are_one_purchase(home):
    rows = [("a", "P", day) for day in (0, 0, 10, 20, 20)]
    row = bought(stored(home, rows), until=21).lines.iloc[0]
    assert (row["days"], row["first"], row["last"]) == (3, 20, 0)
    assert row["lately"] == pytest.approx(sum(0.5 ** (age / offers.LATELY) for age in (1, 11, 21)))


def test_weights_are_those_of_a_ridge_regression_on_all_others(two_tastes):
    found = bought(two_tastes)
    ease = offers.learn(found)
    held = found.table().toarray()[:, ease.places].astype(float)
    for column in (0, 7, 33):
        others = np.delete(np.arange(held.shape[1]), column)
        x = held[:, others]
        expected = np.linalg.solve(x.T @ x + offers.PENALTY * np.eye(len(others)), x.T @ held[:, column])
        assert ease.weights[others, column] == pytest.approx(expected, abs=1e-5)
        assert ease.weights[column, column] == 0


def test_new_products_are_of_ones_own_taste_and_so_is_the_reason(two_tastes):
    found = bought(two_tastes)
    ease = offers.learn(found)
    listed = offers.best(found, ease, np.arange(len(found.customers)), top=5)
    taste = listed["customer"] % 2
    assert (listed["item"] // 20 == taste).mean() > 0.95
    assert (listed["because"] // 20 == taste).mean() > 0.99
    table = found.table().toarray() > 0
    assert not table[listed["customer"], listed["item"]].any()
    assert table[listed["customer"], listed["because"]].all()
    assert listed.groupby("customer")["score"].apply(lambda one: one.is_monotonic_decreasing).all()


def test_whom_to_tell_has_the_scores_of_the_lists(two_tastes):
    found = bought(two_tastes)
    ease = offers.learn(found)
    listed = offers.best(found, ease, np.arange(len(found.customers)), top=40)
    told = offers.whom(found, ease, 3)
    same = listed[listed["item"] == 3].sort_values("score", ascending=False)
    assert set(told["customer"]) == set(same["customer"])
    assert told["score"].to_numpy() == pytest.approx(same["score"].to_numpy(), abs=1e-6)
    paired = told.merge(same, on="customer")
    assert (paired["because_x"] == paired["because_y"]).all()
    assert offers.whom(found, offers.Ease(ease.weights[1:, 1:], ease.places[1:]), 0).empty


def test_lists_hold_where_tastes_are_set_and_not_where_there_are_none(home, two_tastes):
    then, later = bought(two_tastes, until=172), bought(two_tastes, 172, 200)
    proof = offers.test(then, later)
    lists = proof.lists.set_index("list")
    assert proof.customers == 300
    assert lists.loc["due", "precision"] > 0.6  # the one of every ten days always, others by chance
    assert proof.better
    assert lists.loc["new", "lo"] > lists.loc["new popular", "hi"]
    random = np.random.default_rng(1)
    rows = [(f"c{number % 300}", f"P{item}", int(day)) for number, (item, day) in
            enumerate(zip(random.integers(0, 40, 4_000), random.integers(0, 200, 4_000), strict=True))]  # fmt: skip
    kept = stored(home, rows)
    assert not offers.test(bought(kept, until=172), bought(kept, 172, 200)).better


def test_precision_by_hand(home):
    """Sixty customers who bought A, half of whom come back for B: of one new product each, half is bought."""
    rows = [(f"c{number}", "A", 0) for number in range(60)] + [(f"d{number}", item, 1) for number in range(60)
                                                              for item in "AB"]  # fmt: skip
    rows += [(f"c{number}", "B" if number % 2 else "A", 40) for number in range(60)]
    kept = stored(home, rows)
    proof = offers.test(bought(kept, until=30), bought(kept, 30, 58))
    lists = proof.lists.set_index("list")["precision"]
    assert (lists["new"], lists["new popular"], lists["past"]) == (0.5, 0.5, 0.5)
    assert lists["popular"] == 0.5  # A and B, of which each bought one
    assert "due" not in lists
    assert not proof.better


def test_more_products_than_fit_are_left_out(two_tastes, monkeypatch):
    monkeypatch.setattr(offers, "MAX_PRODUCTS", 25)
    found = bought(two_tastes)
    ease = offers.learn(found)
    assert ease.weights.shape == (25, 25)
    count = np.bincount(found.lines["item"], minlength=40)
    assert count[ease.places].min() >= np.delete(count, ease.places).max()


BAD = {
    "few customers": ([(f"c{n}", f"P{n % 3}", n) for n in range(40)], "known to have bought: 40"),
    "one product": ([(f"c{n}", "P", n) for n in range(90)], "Only one product"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_learned_is_said(home, case):
    rows, sentence = BAD[case]
    with pytest.raises(CannotTell, match=sentence):
        offers.learn(bought(stored(home, rows)))


def test_nobody_came_back(home):
    kept = stored(home, [(f"c{n}", f"P{n % 9}", n % 20) for n in range(90)])
    with pytest.raises(CannotTell, match="came back in the last 28 days: 0"):
        offers.test(bought(kept, until=30), bought(kept, 30, 60))


def test_online_retail_is_better_served_with_a_reason_than_with_what_is_popular(online_retail):
    day = (pd.Timestamp(online_retail.span[1]).normalize() - START).days + 1
    first = (pd.Timestamp("2010-01-01") - START).days
    proof = offers.test(bought(online_retail, first, day - 28), bought(online_retail, day - 28, day))
    lists = proof.lists.set_index("list")["precision"]
    assert proof.better
    assert lists["new"] > 1.5 * max(lists["new popular"], lists["new lately"])
    assert lists["past"] > 3 * lists["popular"]
    assert lists["due"] > 0.35


def test_suppliers_of_a_product_by_hand():
    day = pd.Timestamp("2026-03-01")
    prices = pd.DataFrame(
        {"supplier": ["S1", "S2", "S2", "S3"], "product": ["P", "P", "P", "Q"], "unit_cost": [6.0, 9.0, 5.0, 1.0],
         "valid_from": pd.to_datetime(["2026-01-01", "2026-01-01", "2026-02-01", "2026-01-01"])}
    )  # fmt: skip
    known = pd.DataFrame({"supplier": ["S1"], "name": ["One"], "lead_time_mean": [10.0], "lead_time_std": [2.0]})
    ordered = pd.to_datetime(["2026-01-01"] * 4)
    moves = pd.DataFrame(
        {"product": ["P", "P", "P", "Q"], "move": "receipt", "ordered": ordered,
         "date": ordered + pd.to_timedelta([9, 12, 15, 99], unit="D")}
    )  # fmt: skip
    found = suppliers.compare("P", day, prices, known, moves, "S1")
    assert found["supplier"].tolist() == ["S2", "S1"]
    assert found["index"].tolist() == [100.0, 120.0]
    one = found.iloc[1]
    assert (one["name"], one["deliveries"], one["measured"]) == ("One", 3, 12.0)
    assert one["on_time"] == pytest.approx(2 / 3)  # 9 and 12 of 9, 12, 15 days within 10 + 2
    assert one["lo"] < 2 / 3 < one["hi"]
    assert found.iloc[0]["deliveries"] == 0
    bare = suppliers.compare("P", day, prices, None, None, None)
    assert bare["index"].tolist() == [100.0, 120.0]
    assert suppliers.compare("Z", day, prices, known, moves, None).empty
