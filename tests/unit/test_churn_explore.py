"""Who leaves: headline, rates by and along a column, crossings, what goes together."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from data.demo import customers as demo
from models.churn import explore


@pytest.fixture(scope="module")
def customers():
    return demo.generate(3000, seed=1)


def table(**columns):
    """A customers table of the columns given, `churned` among them."""
    frame = pd.DataFrame(columns)
    frame.insert(0, "customer_id", [f"c{row}" for row in range(len(frame))])
    return frame


def test_headline_counts_and_sums(customers):
    now, left = explore.headline(customers), customers["churned"]
    assert (now.customers, now.leavers) == (3000, left.sum())
    assert now.rate == pytest.approx(left.mean())
    assert (now.lo, now.hi) == pytest.approx(proportion_confint(left.sum(), 3000, method="wilson"))
    assert now.revenue_lost == pytest.approx(customers.loc[left, "monthly_charges"].sum())
    assert now.median_tenure == customers.loc[left, "tenure"].median()


def test_headline_of_the_columns_that_must_be_there():
    now = explore.headline(table(churned=[True, False, False, False]))
    assert (now.rate, now.revenue_lost, now.revenue_at_risk, now.median_tenure) == (0.25, None, None, None)


def test_revenue_at_risk_follows_customers_of_the_same_contract_and_tenure():
    # 40 month-to-month customers of whom 30 left, 40 two-year ones of whom none did, 20 newer ones: too few
    churned = np.r_[np.arange(40) < 30, np.zeros(40), np.arange(20) < 10].astype(bool)
    frame = table(
        churned=churned,
        contract=["Month-to-month"] * 40 + ["Two year"] * 40 + ["Month-to-month"] * 20,
        tenure=[30.0] * 80 + [2.0] * 20,
        monthly_charges=[50.0] * 100,
    )
    here = 10 * 30 / 40 + 40 * 0 + 10 * 40 / 100
    assert explore.headline(frame).revenue_at_risk == pytest.approx(50 * here)
    assert explore.headline(frame.drop(columns=["contract", "tenure"])).revenue_at_risk == pytest.approx(50 * 60 * 0.4)


def test_missing_values_cost_no_customer():
    frame = table(
        churned=[True, False] * 50,
        contract=["One year", None] * 50,
        tenure=[np.nan, 3.0] * 50,
        monthly_charges=[np.nan, 10.0] * 50,
    )
    now = explore.headline(frame)
    assert (now.revenue_lost, now.revenue_at_risk, now.median_tenure) == (0, 0, None)
    rates = explore.rate_by(frame, "contract")
    assert rates["level"].tolist() == ["One year", explore.MISSING]
    assert rates["customers"].tolist() == [50, 50]


def test_rate_by_is_what_pandas_says(customers):
    rates = explore.rate_by(customers, "payment_method").set_index("level")
    expected = customers.groupby("payment_method")["churned"].agg(["size", "sum", "mean"])
    found = rates[["customers", "churned", "rate"]].loc[expected.index].to_numpy()
    np.testing.assert_allclose(found, expected.to_numpy())
    assert rates["rate"].is_monotonic_decreasing
    lo, hi = proportion_confint(rates["churned"], rates["customers"], method="wilson")
    np.testing.assert_allclose(rates[["lo", "hi"]], np.column_stack([lo, hi]))
    assert rates["revenue_at_risk"].sum() == pytest.approx(explore.headline(customers).revenue_at_risk)


def test_rate_by_shows_the_largest_of_many_levels():
    sizes = range(1, 21)
    frame = table(churned=[False] * 210, town=[f"t{size}" for size in sizes for _ in range(size)])
    assert set(explore.rate_by(frame, "town")["level"]) == {f"t{size}" for size in range(9, 21)}


@pytest.mark.parametrize(
    ("values", "levels"),
    [
        (["?", None, "a"], ["?", "a"]),
        ([1, "1", "b"], ["1", "b"]),
        ([True, False, True], ["False", "True"]),
        ([2.0, None, 10.0], ["2", "10", "?"]),
    ],
)
def test_values_that_read_the_same_are_one_level(values, levels):
    frame = table(churned=[True, False, False], mixed=pd.Series(values, dtype=object))
    assert explore.levels(frame, "mixed") == levels
    assert explore.rate_by(frame, "mixed")["customers"].sum() == 3


def test_filters_combine_and_one_can_be_left_out():
    frame = table(churned=[True, False, True, False], a=["x", "x", "y", None], b=["u", "v", "u", "u"])
    filters = {"a": ["x", explore.MISSING], "b": ["u"]}
    assert explore.keep(frame, filters)["customer_id"].tolist() == ["c0", "c3"]
    assert explore.keep(frame, filters, but="b")["customer_id"].tolist() == ["c0", "c1", "c3"]
    assert len(explore.keep(frame, {"a": []})) == 4


def test_dimensions_are_what_can_be_grouped_or_ordered():
    frame = table(
        churned=[True, False] * 50,
        constant=["x"] * 100,
        name=[f"n{row}" for row in range(100)],
        region=["n", "s", "w", "e"] * 25,
        flag=[0, 1] * 50,
        senior_citizen=[True, False] * 50,
        empty=[np.nan] * 100,
        age=[float(row % 60) for row in range(100)],
    )
    assert explore.dimensions(frame) == (["region", "flag", "senior_citizen"], ["age"])


def test_rate_along_follows_a_known_curve():
    rng = np.random.default_rng(0)
    x = rng.gamma(2, 20, 20_000)
    curve = explore.rate_along(table(churned=rng.random(20_000) < np.exp(-x / 60), x=x), "x", points=50)
    assert len(curve) == 50
    assert np.abs(curve["rate"] - np.exp(-curve["at"] / 60)).max() < 0.08
    step = curve["at"].iloc[1] - curve["at"].iloc[0]
    assert curve["density"].sum() * step == pytest.approx(1, abs=0.08)


def test_one_absurd_value_does_not_flatten_the_curve(customers):
    absurd = customers.assign(tenure=customers["tenure"].where(customers.index > 0, 1e6))
    whole, with_absurd = explore.rate_along(customers, "tenure"), explore.rate_along(absurd, "tenure")
    np.testing.assert_allclose(with_absurd["rate"], whole["rate"], atol=0.05)
    assert whole["rate"].iloc[0] > whole["rate"].iloc[-1] + 0.3


def test_no_curve_through_few_or_equal_values():
    churned = [True, False] * 50
    assert explore.rate_along(table(churned=churned, x=[3.0] * 100), "x").empty
    assert explore.rate_along(table(churned=churned, x=[*range(20), *[np.nan] * 80]), "x").empty


def test_crossed_counts_and_hides_small_cells():
    frame = table(
        churned=[True] * 6 + [False] * 6 + [True] * 9 + [False] * 20,
        a=["x"] * 12 + ["y"] * 29,
        b=["u"] * 12 + ["u"] * 9 + ["v"] * 20,
    )
    found = explore.crossed(frame, "a", "b")
    assert found.count.to_numpy().tolist() == [[12, 0], [9, 20]]
    np.testing.assert_equal(found.rate.to_numpy(), [[0.5, np.nan], [np.nan, 0.0]])
    assert found.table()["customers"].sum() == 41


@pytest.mark.parametrize("scale", [1e-4, 1, 1e6])
def test_a_number_is_cut_into_bands_of_equal_size(scale):
    rng = np.random.default_rng(2)
    frame = table(churned=rng.random(500) < 0.3, x=rng.random(500) * scale, a=["u"] * 500)
    found = explore.crossed(frame, "x", "a")
    assert len(found.count) == len(set(found.count.index)) == 5
    assert found.count["u"].between(80, 120).all()


def test_associations_see_a_copy_and_not_a_coin(customers):
    rng = np.random.default_rng(0)
    coin = rng.choice(["head", "tail"], len(customers))
    copy = customers["contract"].where(rng.random(len(customers)) < 0.5)  # half of it missing
    matrix = explore.associations(customers[["customer_id", "churned", "contract"]].assign(coin=coin, copy=copy))
    assert matrix.loc["contract", "copy"] == pytest.approx(1)
    assert matrix.loc["contract", "coin"] < 0.05
    assert matrix.loc["contract", "churned"] > 0.3
    np.testing.assert_array_equal(matrix, matrix.T)


def test_associations_do_not_depend_on_how_the_table_is_read(customers, monkeypatch):
    whole = explore.associations(customers)
    monkeypatch.setattr(explore, "_CHUNK", 700)
    pd.testing.assert_frame_equal(explore.associations(customers), whole)


def test_correlations_are_of_ranks(customers):
    frame = table(churned=[False, True, False, True, False, True], x=range(6), y=[0, 1, 10, 100, 1000, np.nan])
    matrix = explore.correlations(frame)
    assert matrix.loc["x", "y"] == pytest.approx(1)
    assert explore.correlations(customers).loc["churned", "tenure"] < -0.2


def test_hot_spot_is_the_cell_with_the_most_money():
    frame = table(
        churned=[True, False] * 40,
        contract=["a"] * 40 + ["b"] * 40,
        internet_service=["u"] * 40 + ["v"] * 40,
        monthly_charges=[10.0] * 40 + [70.0] * 40,
    )
    spot = explore.hot_spot(frame, "contract", "internet_service")
    assert (spot["row"], spot["column"], spot["customers"]) == ("b", "v", 40)
    assert spot["revenue_at_risk"] == pytest.approx(20 * 70 * 0.5)
    assert explore.hot_spot(frame.drop(columns="contract"), "contract", "internet_service") is None


def test_the_table_given_is_left_as_it_was(customers):
    before = customers.copy()
    explore.headline(customers)
    explore.rate_by(customers, "contract")
    explore.rate_along(customers, "tenure")
    explore.crossed(customers, "tenure", "contract")
    explore.associations(customers)
    explore.correlations(customers)
    pd.testing.assert_frame_equal(customers, before)


def test_the_columns_that_go_most_with_leaving_come_first():
    rng = np.random.default_rng(3)
    age, noise, active = rng.integers(20, 80, 2_000), rng.normal(size=2_000), rng.random(2_000) < 0.5
    left = rng.random(2_000) < np.where(active, 0.1, 0.4) * (age / 80)
    frame = pd.DataFrame({"customer_id": "", "churned": left, "noise": noise, "age": age, "kind": "a"})
    frame["kind"], frame["active"] = rng.choice(list("abc"), 2_000), active.astype(int)
    assert explore.leading(frame) == (["active", "kind"], ["age", "noise"])
