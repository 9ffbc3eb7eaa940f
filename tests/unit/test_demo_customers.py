"""The simulated telco customers behave like the public Telco file, and are the same every time."""

import os
import re
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data import demo, schemas
from data.demo import customers, parameters

TELCO = Path(os.environ.get("VIGIE_REAL_DATA", "unset")) / "telco" / "Telco-Customer-Churn.csv"
ADD_ONS = list(parameters.ADD_ONS)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return customers.generate()


def churn_rate(frame: pd.DataFrame, column: str) -> pd.Series:
    return frame.groupby(column)["churned"].mean()


def test_matches_its_schema_without_any_conversion(frame):
    pd.testing.assert_frame_equal(schemas.check("customers", frame), frame)
    assert set(frame) == set(schemas.Customers.to_schema().columns)
    assert len(frame) == 7000


def test_same_arguments_same_frame():
    pd.testing.assert_frame_equal(customers.generate(500, seed=3), customers.generate(500, seed=3), check_exact=True)
    assert not customers.generate(500, seed=3).equals(customers.generate(500, seed=4))


@pytest.mark.parametrize("n", [0, 1, 100_000])
def test_any_size(n):
    frame = customers.generate(n)
    assert len(frame) == n
    assert frame["customer_id"].is_unique
    assert frame["customer_id"].str.fullmatch(r"\d{4}-[A-Z]{5}").all()


@pytest.mark.parametrize("seed", range(5))
def test_churn_overall_and_by_contract(seed):
    frame = customers.generate(seed=seed)
    assert frame["churned"].mean() == pytest.approx(0.265, abs=0.015)
    by_contract = churn_rate(frame, "contract")
    assert by_contract["Month-to-month"] == pytest.approx(0.43, abs=0.03)
    assert by_contract["One year"] == pytest.approx(0.11, abs=0.03)
    assert by_contract["Two year"] == pytest.approx(0.03, abs=0.015)


def test_who_leaves_more(frame):
    internet, payment = churn_rate(frame, "internet_service"), churn_rate(frame, "payment_method")
    assert internet["Fiber optic"] > 2 * internet["DSL"] > 2 * internet["No"]
    assert payment["Electronic check"] > 2 * payment.drop("Electronic check").max()
    for add_on in ("tech_support", "online_security"):
        rates = churn_rate(frame, add_on)
        assert rates["No"] > 2 * rates["Yes"]
    by_tenure = frame.groupby(pd.cut(frame["tenure"], [0, 1, 6, 12, 24, 48, 72]))["churned"].mean()
    assert by_tenure.is_monotonic_decreasing


def test_a_good_model_reaches_an_auc_near_85_percent(frame):
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import SplineTransformer, StandardScaler

    features = pd.get_dummies(frame.drop(columns=["customer_id", "churned"])).fillna(0.0).astype(float)
    numeric = ["tenure", "monthly_charges", "total_charges"]
    model = make_pipeline(
        make_column_transformer((SplineTransformer(), numeric), remainder="passthrough"),
        StandardScaler(),
        LogisticRegression(max_iter=500),
    )
    assert 0.83 < cross_val_score(model, features, frame["churned"], scoring="roc_auc", cv=5).mean() < 0.87


def test_services_agree_with_each_other(frame):
    offline = frame["internet_service"] == "No"
    for add_on in ADD_ONS:
        assert ((frame[add_on] == "No internet service") == offline).all()
    no_phone = frame["phone_service"] == "No"
    assert ((frame["multiple_lines"] == "No phone service") == no_phone).all()
    assert (frame.loc[no_phone, "internet_service"] == "DSL").all()


def test_bills_follow_the_price_list(frame):
    price = (
        frame["internet_service"].map({"Fiber optic": 50, "DSL": 25, "No": 0})
        + 20 * (frame["phone_service"] == "Yes")
        + 5 * (frame["multiple_lines"] == "Yes")
        + sum((10 if "streaming" in add_on else 5) * (frame[add_on] == "Yes") for add_on in ADD_ONS)
    )
    noise = frame["monthly_charges"] - price
    assert abs(noise.mean()) < 0.1
    assert 0.8 < noise.std() < 1.2


def test_total_charges_are_tenure_times_monthly_and_missing_before_the_first_bill(frame):
    new = frame["tenure"] == 0
    assert 1 <= new.sum() <= 40
    assert (frame["total_charges"].isna() == new).all()
    assert not frame.loc[new, "churned"].any()
    first = frame[frame["tenure"] == 1]
    assert (first["total_charges"] == first["monthly_charges"]).all()
    settled = frame[frame["tenure"] > 12]
    ratio = settled["total_charges"] / (settled["tenure"] * settled["monthly_charges"])
    assert ratio.mean() == pytest.approx(1, abs=0.005)
    assert ratio.between(0.75, 1.25).all()


def test_tenure_is_u_shaped(frame):
    share = np.histogram(frame["tenure"], bins=[0, 6, 18, 30, 42, 54, 66, 73])[0] / [6, 12, 12, 12, 12, 12, 7]
    assert share[0] > 2 * share[3] < share[-1]


@pytest.mark.skipif(not TELCO.exists(), reason="VIGIE_REAL_DATA does not point at the real Telco file")
def test_side_by_side_with_the_real_file(frame):
    real = pd.read_csv(TELCO).rename(columns=lambda name: re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    real["churned"] = real["churn"] == "Yes"
    assert not set(frame["customer_id"]) & set(real["customer_id"])
    columns = ["gender", "partner", "dependents", "phone_service", "multiple_lines", "internet_service", *ADD_ONS,
               "contract", "paperless_billing", "payment_method"]  # fmt: skip
    for column in columns:
        shares = [table[column].value_counts(normalize=True).sort_index() for table in (real, frame)]
        assert list(shares[0].index) == list(shares[1].index), column
        assert (shares[0] - shares[1]).abs().max() < 0.03, column
        assert (churn_rate(real, column) - churn_rate(frame, column)).abs().max() < 0.05, column
    deciles = np.arange(0.1, 1, 0.1)
    assert np.abs(real["tenure"].quantile(deciles) - frame["tenure"].quantile(deciles)).max() <= 3
    assert np.abs(real["monthly_charges"].quantile(deciles) - frame["monthly_charges"].quantile(deciles)).max() < 5


@pytest.fixture(scope="module")
def months() -> pd.DataFrame:
    return customers.history(date(2026, 11, 21))


def test_the_history_has_a_batch_a_month_end_whose_truth_is_known(months):
    pd.testing.assert_frame_equal(schemas.check("history", months), months)
    days = months["day"].unique()
    assert len(days) == parameters.HISTORY_MONTHS
    assert days[-1] == pd.Timestamp("2026-09-30")  # October is over
    assert (months.groupby("day").size() == parameters.HISTORY_CUSTOMERS).all()
    pd.testing.assert_frame_equal(months, customers.history(date(2026, 11, 30)))
    assert customers.history(date(2026, 12, 1))["day"].max() == pd.Timestamp("2026-10-31")


def test_customers_go_on_until_they_leave_and_others_join(months):
    for now, later in zip(*(list(months.groupby("day"))[part] for part in (slice(0, 4), slice(1, 5))), strict=True):
        then, since = now[1].set_index("customer_id"), later[1].set_index("customer_id")
        assert set(then.index) & set(since.index) == set(then.index[~then["churned"]])
        stayed = then.index[~then["churned"]]
        assert (since.loc[stayed, "tenure"] == then.loc[stayed, "tenure"] + 1).all()
        paid = since.loc[stayed, "total_charges"] - then.loc[stayed, "total_charges"].fillna(0)
        assert paid.to_numpy() == pytest.approx(since.loc[stayed, "monthly_charges"].to_numpy())
        assert (since.loc[~since.index.isin(stayed), "tenure"] == 0).all()


def test_the_history_is_steady_until_the_change_and_other_after_it(months):
    days = months["day"].unique()
    changed = days[-parameters.CHURN_DRIFT.months]
    before, after = months[months["day"] < changed], months[months["day"] >= changed]
    rates = before.groupby("day")["churned"].mean()
    assert rates.between(0.09, 0.18).all()
    assert abs(rates.iloc[:9].mean() - rates.iloc[-9:].mean()) < 0.02
    bill = before["monthly_charges"].mean()
    assert after["monthly_charges"].mean() > bill * (1 + parameters.CHURN_DRIFT.price_rise)
    joined = after[(after["tenure"] == 0) & (after["day"] > changed)]
    lured = joined["internet_service"].eq("Fiber optic") & joined["payment_method"].eq("Electronic check")
    assert lured.mean() > parameters.CHURN_DRIFT.newcomers


def test_the_demo_says_what_was_planted():
    made = demo.dataset("customers", date(2026, 11, 21))
    assert list(made.frames) == ["customers", "history"]
    assert any("rival opened" in finding.message and finding.rows == 4500 for finding in made.findings)
