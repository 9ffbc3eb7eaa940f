"""Kaplan-Meier and log-rank: against statsmodels, by hand, and against numbers known for the real Telco file."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from models.churn import survival


def customers(tenure, churned, **columns):
    frame = pd.DataFrame({"churned": np.array(churned, bool), "tenure": np.array(tenure, float), **columns})
    return frame.assign(customer_id=[f"c{row}" for row in range(len(frame))])


@pytest.fixture(scope="module", params=["months", "days"])
def simulated(request):
    """Three groups that leave at different speeds; time in whole months (many ties) or to the day (few)."""
    rng = np.random.default_rng(7)
    group = rng.choice(["a", "b", "c"], 800, p=[0.6, 0.3, 0.1])
    leaves, seen = rng.exponential(pd.Series(group).map({"a": 20, "b": 30, "c": 50})), rng.uniform(1, 72, 800)
    tenure = np.minimum(leaves, seen)
    tenure = np.ceil(tenure) if request.param == "months" else tenure
    return customers(tenure, leaves <= seen, group=group)


def test_curves_are_those_of_statsmodels(simulated):
    curves = survival.kaplan_meier(simulated, "group")
    for name, members in simulated.groupby("group"):
        expected = SurvfuncRight(members["tenure"], members["churned"])
        found = curves[(curves["group"] == name) & (curves["events"] > 0)]
        np.testing.assert_allclose(found["time"], expected.surv_times, rtol=0)
        np.testing.assert_allclose(found["at_risk"], expected.n_risk, rtol=0)
        np.testing.assert_allclose(found["survival"], expected.surv_prob, atol=1e-9)
        inner = (expected.surv_prob > 0) & (expected.surv_prob < 1)
        share, error = expected.surv_prob[inner], expected.surv_prob_se[inner]
        half = survival.Z95 * error / (share * np.abs(np.log(share)))  # Greenwood's, on the log(-log) scale
        np.testing.assert_allclose(found["lo"][inner], share ** np.exp(half), atol=1e-9)
        np.testing.assert_allclose(found["hi"][inner], share ** np.exp(-half), atol=1e-9)


def test_logrank_is_that_of_statsmodels(simulated):
    statistic, pvalue = survdiff(simulated["tenure"], simulated["churned"], simulated["group"])
    found = survival.logrank(simulated, "group")
    assert found.statistic == pytest.approx(statistic, rel=1e-9)
    assert found.pvalue == pytest.approx(pvalue, rel=1e-9)
    assert found.degrees == 2


def test_a_curve_by_hand():
    curve = survival.kaplan_meier(customers([1, 2, 2, 3, 5], [1, 1, 0, 0, 1]))
    assert curve["time"].tolist() == [0, 1, 2, 3, 5]
    assert curve["at_risk"].tolist() == [5, 5, 4, 2, 1]
    assert curve["events"].tolist() == [0, 1, 1, 0, 1]
    np.testing.assert_allclose(curve["survival"], [1, 0.8, 0.6, 0.6, 0])
    assert curve["lo"].isna().tolist() == [True, False, False, False, True]


def test_the_band_covers_the_truth():
    rng = np.random.default_rng(0)
    covered = []
    for _ in range(300):
        leaves, seen = rng.exponential(20, 120), rng.uniform(0, 60, 120)
        curve = survival.kaplan_meier(customers(np.minimum(leaves, seen), leaves <= seen))
        at = curve[curve["time"] <= 15].iloc[-1]
        covered.append(at["lo"] <= np.exp(-15 / 20) <= at["hi"])
    assert 0.92 <= np.mean(covered) <= 0.98


def test_logrank_holds_its_level_where_nothing_differs():
    rng = np.random.default_rng(1)
    draws = [customers(np.ceil(rng.exponential(20, 200)), rng.random(200) < 0.7) for _ in range(300)]
    pvalues = [survival.logrank(frame.assign(g=rng.choice(["a", "b", "c"], 200)), "g").pvalue for frame in draws]
    assert 0.02 <= np.mean(np.array(pvalues) < 0.05) <= 0.08


def test_median_is_when_half_are_gone():
    curves = survival.kaplan_meier(customers([1, 2, 3, 4, 9, 9], [1, 1, 1, 1, 0, 0], g=["a"] * 4 + ["b"] * 2), "g")
    medians = survival.median(curves)
    assert medians["a"] == 2
    assert np.isnan(medians["b"])


def test_median_is_not_missed_by_rounding():
    # A product like (1 - 1/8)(1 - 1/7)(1 - 1/6)(1 - 1/5) is a half only up to its last bits.
    for n in range(4, 60, 2):
        curve = survival.kaplan_meier(customers(np.arange(1, n + 1), np.ones(n)))
        assert survival.median(curve)[""] == n / 2


def test_survival_is_not_told_beyond_what_was_seen():
    curves = survival.kaplan_meier(customers([5, 30], [1, 0], g=["a", "b"]), "g")
    found = survival.survival_at(curves, 24)
    assert np.isnan(found["a"])
    assert found["b"] == 1


@pytest.mark.parametrize(
    "frame",
    [
        customers([1, 2, 3], [1, 0, 1], g=["a", "a", "a"]),
        customers([np.nan, 2], [1, 1], g=["a", "b"]),
        customers([1, 2, 3], [0, 0, 0], g=["a", "b", "b"]),
        customers([1, 9, 9], [0, 1, 1], g=["a", "b", "b"]),  # "a" was gone from sight before anybody left
        customers([1, 2], [1, 1], g=pd.Categorical(["a", "a"], ["a", "never seen"])),
    ],
)
def test_nothing_to_compare_is_no_difference(frame):
    assert survival.logrank(frame, "g") == survival.LogRank(0.0, 0, 1.0)


def test_levels_nobody_has_get_no_curve():
    frame = customers([1, 2], [1, 1], g=pd.Categorical(["a", "a"], ["a", "never seen"]))
    assert survival.kaplan_meier(frame, "g")["group"].unique().tolist() == ["a"]


def test_known_numbers_of_the_real_telco_file(real_data):
    raw = pd.read_csv(real_data / "telco" / "Telco-Customer-Churn.csv")
    frame = customers(raw["tenure"], raw["Churn"] == "Yes", contract=raw["Contract"])
    at24 = survival.survival_at(survival.kaplan_meier(frame, "contract"), 24)
    assert at24.round(3).to_dict() == {"Month-to-month": 0.586, "One year": 0.978, "Two year": 1.0}
    test = survival.logrank(frame, "contract")
    assert (round(test.statistic, 1), test.degrees) == (2352.9, 2)
    assert test.pvalue < 1e-300
