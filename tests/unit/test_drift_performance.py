"""Measures over time are those of scikit-learn; estimates hold where nothing but the customers changes."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn import metrics
from sklearn.linear_model import LogisticRegression

from models.drift import performance

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def batch(random, size=900, shift=0.0):
    """Risks and who left, one as the other says."""
    risk = 1 / (1 + np.exp(-random.normal(-2 + shift, 1.5, size)))
    return risk, random.random(size) < risk


@pytest.mark.parametrize("seed", range(3))
def test_measures_are_those_of_scikit_learn(seed):
    said, left = batch(np.random.default_rng(seed), 800)
    said = np.round(said, 2).clip(0.005, 0.995)  # with ties
    found = {name: value[0] for name, value in performance.quality(said, 1.0 * left[None], 1.0 * ~left[None]).items()}
    assert found["auc"] == pytest.approx(metrics.roc_auc_score(left, said), abs=1e-12)
    assert found["brier"] == pytest.approx(metrics.brier_score_loss(left, said), abs=1e-12)
    assert found["log_loss"] == pytest.approx(metrics.log_loss(left, said), abs=1e-12)
    assert found["in_the_large"] == pytest.approx(left.mean() - said.mean(), abs=1e-12)
    odds = np.log(said / (1 - said))
    fitted = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(odds[:, None], left)
    assert found["slope"] == pytest.approx(fitted.coef_[0, 0], abs=1e-4)


def test_campaign_measures_are_those_of_calling_the_riskiest_fifth():
    said, left = batch(np.random.default_rng(4), 1000)
    called = np.zeros(1000, bool)
    called[np.argsort(-said)[:200]] = True
    found = performance.realised(said, left)["value"]
    assert found["recall"] == pytest.approx(metrics.recall_score(left, called), abs=1e-12)
    assert found["f1"] == pytest.approx(metrics.f1_score(left, called), abs=1e-12)
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(left, called), abs=1e-12)


def test_the_expected_auc_is_that_of_all_pairs():
    random = np.random.default_rng(0)
    said, risk = np.round(random.random(40), 1), random.random(40)
    order = np.sign(said[:, None] - said[None, :])
    weight = risk[:, None] * (1 - risk[None, :]) * ~np.eye(40, dtype=bool)
    by_hand = (weight * (order + 1) / 2).sum() / weight.sum()
    assert performance.quality(said, risk[None], 1 - risk[None])["auc"][0] == pytest.approx(by_hand, abs=1e-12)


def held_of_estimates(seeds):
    """How often each measure that came lies in its estimate, and what was expected in the interval of what came."""
    random = np.random.default_rng(1)
    reference = batch(random, 10_000)
    inside, covered = [], []
    for seed in range(seeds):
        said, left = batch(random, 300, shift=0.3)  # other customers, who leave for the same reasons
        guess = performance.estimated(said, performance.calibrated(said, *reference), seed)
        real = performance.realised(said, left, seed)
        inside.append(real["value"].between(guess["lo"], guess["hi"]))
        covered.append((real["lo"] <= guess["value"]) & (guess["value"] <= real["hi"]))
    return pd.DataFrame(inside).mean(), pd.DataFrame(covered).mean()


def test_the_truth_lies_in_the_estimate_19_times_in_20_and_the_interval_holds_what_is_expected():
    shares, covered = held_of_estimates(70)  # of more: benchmarks/held.py
    assert shares[["auc", "brier", "recall", "in_the_large", "log_loss"]].between(0.89, 0.995).all(), shares
    assert covered["auc"] > 0.89


def test_the_estimate_follows_other_customers_and_cannot_see_other_reasons():
    random = np.random.default_rng(2)
    reference = batch(random, 10_000)
    said = 1 / (1 + np.exp(-random.normal(-2, 0.7, 4000)))  # all of them alike: harder to rank
    left = random.random(4000) < said
    guess = performance.estimated(said, performance.calibrated(said, *reference)).loc["auc"]
    real = performance.realised(said, left).loc["auc"]
    assert guess["lo"] < real["value"] < guess["hi"] < 0.75
    said, _left = batch(random, 4000)
    other = random.random(4000) < np.roll(said, 1)  # nothing links them to their risks any more
    guess = performance.estimated(said, performance.calibrated(said, *reference)).loc["auc"]
    assert performance.realised(said, other).loc["auc", "value"] < 0.55 < 0.75 < guess["lo"]


def test_probabilities_that_lie_are_read_as_the_reference_teaches():
    random = np.random.default_rng(3)
    risk, left = batch(random, 20_000)
    said = risk**0.5  # too high
    read = performance.calibrated(said[10_000:], said[:10_000], left[:10_000])
    assert abs(read.mean() - left[10_000:].mean()) < 0.01
    assert abs(said[10_000:].mean() - left[10_000:].mean()) > 0.1


def test_too_few_outcomes_have_no_measure():
    said, left = np.full(100, 0.05), np.arange(100) < 9
    assert performance.realised(said, left) is None
    assert performance.realised(said, ~left) is None
    assert performance.estimated(said, said) is None


def test_the_same_seed_gives_the_same_interval_also_for_many_customers():
    said, left = batch(np.random.default_rng(5), 12_000)  # drawn in chunks
    found = performance.realised(said, left)
    pd.testing.assert_frame_equal(found, performance.realised(said, left))
    one = found.loc["auc"]
    assert one["lo"] < one["value"] < one["hi"]


def forecasts(actual, mean, half=10.0):
    days = pd.date_range("2026-03-02", periods=len(actual))
    frame = pd.DataFrame({"target_day": days, "mean": np.asarray(mean, float), "actual": np.asarray(actual, float)})
    for level, factor in ((80, 1.0), (95, 1.6)):
        frame[f"lo_{level}"], frame[f"hi_{level}"] = frame["mean"] - factor * half, frame["mean"] + factor * half
    return frame


def test_sales_measures_by_hand():
    rows = forecasts([100, 120, 80, 0, 110], [110, 100, 85, 0, 110])
    found = performance.sold(rows, scale=20.0)
    off = np.array([10, 20, 5, 0])  # the closed day does not count
    assert found.loc["mae", "value"] == pytest.approx(off.mean())
    ends = stats.t.interval(0.95, 3, off.mean(), stats.sem(off))
    assert found.loc["mae", ["lo", "hi"]].to_list() == pytest.approx([max(ends[0], 0), ends[1]])
    assert found.loc["mase", "value"] == pytest.approx(off.mean() / 20)
    assert found.loc["wape", "value"] == pytest.approx(off.sum() / 410)
    assert found.loc["bias", "value"] == pytest.approx((10 - 20 + 5) / 410)
    assert found.loc["coverage-80", "value"] == 0.75
    assert found.loc["coverage-95", "value"] == 0.75
    assert performance.sold(rows.head(2), 20.0) is None


def test_a_ratio_has_the_interval_of_its_days():
    random = np.random.default_rng(6)
    covered = 0
    for _trial in range(150):
        mean = random.uniform(80, 120, 12)
        interval = performance.sold(forecasts(mean * random.normal(1, 0.1, 12), mean), 1.0).loc["bias"]
        covered += interval["lo"] <= 0 <= interval["hi"]
    assert 0.9 < covered / 150 < 0.99


def test_wider_bands_let_expect_larger_errors():
    random = np.random.default_rng(7)
    mean = np.full(140, 100.0)
    past = forecasts(mean + random.normal(0, 10 / 1.2816, 140), mean)
    same, wider = (performance.expected(forecasts(mean[:14], mean[:14], half), past) for half in (10.0, 20.0))
    assert same.loc["wape", "value"] == pytest.approx(0.8 * 7.8 / 100, rel=0.15)  # mean absolute normal error
    assert wider.loc["wape", "value"] == pytest.approx(2 * same.loc["wape", "value"])
    assert (same["lo"] < same["value"]).all()
    assert (same["value"] < same["hi"]).all()


def test_change_points_are_found_and_chance_makes_few():
    random = np.random.default_rng(8)
    steps = np.r_[random.normal(0, 1, 20), random.normal(3, 1, 12), random.normal(-2, 1, 20)]
    places = performance.change_points(steps)
    assert all(min(abs(place - true) for place in places) <= 1 for true in (20, 32))
    assert performance.change_points(steps) == places
    alarms = [bool(performance.change_points(random.standard_t(3, 30))) for _trial in range(150)]
    assert np.mean(alarms) < 0.1
    assert performance.change_points([0.8] * 30) == []
    assert performance.change_points([0.8, 0.7]) == []


def log(values, metric="auc", model="churn", guess=False, half=0.02, reference=0.84):
    days = pd.date_range("2025-01-31", periods=len(values), freq="ME")
    rows = pd.DataFrame({"day": days, "value": np.asarray(values, float), "segment": "", "estimated": guess})
    usual = pd.DataFrame({"day": days[:1], "value": [reference], "segment": performance.REFERENCE, "estimated": False})
    both = pd.concat([rows, usual], ignore_index=True)
    return both.assign(
        model=model, version="v", metric=metric, lo=both["value"] - half, hi=both["value"] + half, rows=900, logged=NOW
    )


def test_a_course_compares_what_was_before_the_change_with_what_is_since():
    found = performance.course(log([0.84, 0.85, 0.83, 0.84, 0.86, 0.84, 0.85, 0.76, 0.77, 0.75, 0.76]), "auc")
    assert found.changes == (pd.Timestamp("2025-08-31"),)
    assert found.since == pd.Timestamp("2025-08-31")
    assert (found.then, found.now) == pytest.approx((0.8443, 0.76), abs=1e-3)
    assert found.worse
    steady = performance.course(log([0.84, 0.85, 0.83, 0.84, 0.86, 0.84, 0.83]), "auc")
    assert steady.changes == ()
    assert steady.now == pytest.approx((0.86 + 0.84 + 0.83) / 3)
    assert performance.course(log([0.84]), "auc").now == 0.84
    assert performance.course(log([0.84]), "brier") is None


@pytest.mark.parametrize(
    ("metric", "then", "now", "worse"),
    [("auc", 0.8, 0.7, True), ("brier", 0.1, 0.2, True), ("slope", 0.9, 1.0, False), ("bias", 0.02, -0.2, True)],
)
def test_worse_has_a_direction_of_its_own_for_each_measure(metric, then, now, worse):
    assert (performance.bad(metric, now) > performance.bad(metric, then)) == worse


def test_segments_before_and_since():
    rows = log([0.8, 0.82, 0.7, 0.72]).assign(segment="contract=One year")
    [found] = performance.by_segment(rows[rows["value"] != 0.84], "auc", pd.Timestamp("2025-03-31")).to_dict("records")
    assert (found["column"], found["level"], found["rows"]) == ("contract", "One year", 3600)
    assert (found["then"], found["now"]) == pytest.approx((0.81, 0.71))
    assert found["now_hi"] - found["now"] == pytest.approx(0.02 / np.sqrt(2))
