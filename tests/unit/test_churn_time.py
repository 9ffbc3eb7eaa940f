"""Time in churn: the outcome window, curves of truncated data, months ahead and payback, each against a known truth."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from data.dataset import Origin
from data.tables import Stored
from models.churn import survival, training, validation, whatif, window
from models.churn.preparation import CannotTrain, prepare

pytestmark = pytest.mark.xdist_group("churn")
MONTHLY = 0.03  # of the simulated customers leave each month
NOW = datetime(2026, 1, 5, tzinfo=UTC)


def snapshot(count, months, seed=0, rate=MONTHLY, at_start=False):
    """Customers of 0 to 60 months when the window began, and who left within it: a truth without any other pattern.

    They are as known at its end (who left: when they left), or `at_start`.
    """
    rng = np.random.default_rng(seed)
    joined, leaves = rng.integers(0, 60, count), rng.geometric(rate, count)
    left = leaves <= months
    tenure = joined + np.where(left, leaves, months) * (not at_start)
    bill = rng.normal(70, 10, count).round(2)
    return pd.DataFrame(
        {
            "customer_id": np.arange(count).astype(str),
            "churned": left,
            "tenure": tenure.astype(float),
            "monthly_charges": bill,
            "total_charges": (bill * tenure).round(2),
        }
    )


def stored(kind="upload"):
    origin = Origin(kind, "mine.csv")
    return Stored("customers", f"{kind}-1", origin, (), {}, {}, None, NOW, Path(), f"{kind}-1")


@pytest.mark.parametrize("months", [1, 12])
def test_of_three_percent_a_month_69_percent_are_here_after_a_year_whatever_the_window(months):
    curves = survival.kaplan_meier(snapshot(400_000, months), window=months)
    truth = (1 - MONTHLY) ** 12
    assert truth == pytest.approx(0.694, abs=0.001)
    assert survival.survival_at(curves, 12)[""] == pytest.approx(truth, abs=0.015)
    assert survival.survival_at(curves, 36)[""] == pytest.approx((1 - MONTHLY) ** 36, abs=0.03)


def test_without_the_window_the_same_curve_is_far_too_high():
    assert survival.survival_at(survival.kaplan_meier(snapshot(60_000, 1)), 12)[""] > 0.95


def test_delayed_entry_is_that_of_statsmodels_and_of_the_formula(monkeypatch):
    monkeypatch.setattr(survival, "MIN_AT_RISK", 1)
    frame = snapshot(4_000, 3, seed=4, rate=0.08).assign(g=lambda f: np.where(f["monthly_charges"] > 70, "a", "b"))
    curves = survival.kaplan_meier(frame, "g", window=3)
    for name, members in frame.groupby("g"):
        time, left = members["tenure"].to_numpy(), members["churned"].to_numpy()
        entry = np.maximum(time - np.where(left, 1.5, 3), 0)
        expected = SurvfuncRight(time, left, entry=entry)
        found = curves[(curves["group"] == name) & (curves["events"] > 0)]
        np.testing.assert_allclose(found["survival"], expected.surv_prob, atol=1e-9)
        by_hand = 1.0
        for moment, share in zip(found["time"], found["survival"], strict=True):
            at_risk = ((entry < moment) & (time >= moment)).sum()
            by_hand *= 1 - (left & (time == moment)).sum() / at_risk
            assert share == pytest.approx(by_hand)


def test_delayed_entry_by_hand(monkeypatch):
    monkeypatch.setattr(survival, "MIN_AT_RISK", 1)
    tenure, left = [1, 1, 2, 2, 2, 3], [1, 0, 1, 0, 0, 1]
    frame = pd.DataFrame({"tenure": np.array(tenure, float), "churned": np.array(left, bool)})
    curve = survival.kaplan_meier(frame, window=1)
    assert curve["time"].tolist() == [0, 1, 2, 3]
    assert curve["at_risk"].tolist() == [0, 2, 3, 1]
    assert curve["survival"].tolist() == pytest.approx([1, 1 / 2, 1 / 2 * 2 / 3, 0])


def test_one_leaver_of_three_does_not_end_a_curve():
    frame = snapshot(20_000, 1).assign(churned=lambda f: f["churned"] & (f["tenure"] > 9))
    early = frame[(frame["tenure"] != 5) | (np.arange(len(frame)) % 100 == 0)].copy()
    early.loc[early["tenure"] == 5, "churned"] = True  # a handful of customers in their fifth month, all gone
    curve = survival.kaplan_meier(early, window=1)
    assert 0 < curve.loc[curve["time"] == 5, "at_risk"].iloc[0] < survival.MIN_AT_RISK
    assert survival.survival_at(curve, 9)[""] == 1
    few = frame.assign(g=np.where(np.arange(len(frame)) < 10, "few", "many"))
    assert survival.kaplan_meier(few, "g", window=1)["group"].unique().tolist() == ["many"]


def test_logrank_with_a_window_holds_its_level():
    pvalues = []
    for seed in range(200):
        frame = snapshot(400, 3, seed, 0.05)
        frame["g"] = np.random.default_rng(seed).choice(["a", "b"], len(frame))
        pvalues.append(survival.logrank(frame, "g", window=3).pvalue)
    assert 0.02 <= np.mean(np.array(pvalues) < 0.05) <= 0.09


@pytest.fixture(scope="module", params=[1, 12])
def learned(request):
    """A model of customers of whom 3 % leave each month, whose outcome was seen over a month, or over a year."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "RESAMPLED", 2)
        frame = snapshot(8_000, request.param, seed=1, at_start=request.param > 1)
        return training.fit(prepare(frame), "xgboost"), frame[~frame["churned"]], request.param


def test_months_ahead_are_the_truth_whatever_the_window(learned):
    model, frame, months = learned
    ahead = whatif.months_left(model, model.coding.encode(frame.head(1_000)), months)
    assert ahead.shape == (1_000, 36)
    assert ahead[:, 11].mean() == pytest.approx((1 - MONTHLY) ** 12, abs=0.03)
    truth = ((1 - MONTHLY) ** np.arange(1, 37)).sum()
    assert truth == pytest.approx(21.5, abs=0.05)
    assert ahead.sum(axis=1).mean() == pytest.approx(truth, abs=1.2)


@pytest.mark.parametrize("months", [1, 3, 12])
def test_the_months_never_contradict_the_risk(churn_model, telco, months):
    matrix = churn_model.coding.encode(telco)
    ahead, risk = whatif.months_left(churn_model, matrix, months), churn_model.probability(matrix)
    assert ahead[:, months - 1] == pytest.approx(1 - risk, abs=1e-6)
    assert (np.diff(ahead, axis=1) <= 0).all()
    assert ((ahead >= 0) & (ahead <= 1)).all()
    most = risk.argmax()
    assert ahead[most].sum() <= 36 * (1 - risk[most]) + months


def test_the_tenure_and_what_follows_from_it_move_on(churn_model, telco):
    coding = churn_model.coding
    row = coding.encode(telco[telco["tenure"].between(5, 30)].head(1))[0]
    here, moved = 1.0, row.copy()
    total, tenure = coding.place("total_charges"), coding.place("tenure")
    for share in whatif.months_left(churn_model, row, 1)[0, :20]:
        here *= 1 - churn_model.probability(moved[None])[0]
        assert share == pytest.approx(here, abs=1e-6)
        moved[total] *= (moved[tenure] + 1) / moved[tenure]
        moved[tenure] += 1
    blank = row.copy()
    blank[tenure] = np.nan
    risk = churn_model.probability(blank[None])[0]
    assert whatif.months_left(churn_model, blank, 1)[0, :2] == pytest.approx([1 - risk, (1 - risk) ** 2])


def test_an_offer_is_paid_back_by_the_bills_it_adds():
    stay, kept = 0.9 ** np.arange(1, 37), 0.97 ** np.arange(1, 37)
    months = whatif.payback(stay, kept, 50.0, 100.0, 0.5)
    earned = [0.5 * 50 * sum(0.97**k - 0.9**k for k in range(1, m + 1)) for m in range(1, 37)]
    assert earned[months - 1] >= 100 > earned[months - 2]
    assert whatif.payback(stay, stay, 50.0, 100.0, 0.5) is None
    assert whatif.payback(stay, kept, 50.0, 0.0, 0.5) == 1


def test_the_window_is_guessed_from_what_is_known_else_a_year_and_said_so(telco, engine):
    assert window.guess(stored("demo"), telco).months == 1
    assert window.guess(stored(), telco) == window.Window(1, "file")
    mine = snapshot(3_000, 1)
    assert window.of(engine, stored(), mine) == window.Window(12, "unknown")
    days = pd.date_range("2025-03-31", periods=4, freq="QE")
    history = pd.concat([mine.assign(day=day) for day in days])
    assert window.guess(stored(), mine, history) == window.Window(3, "history")
    assert window.guess(stored(), snapshot(3_000, 12)) == window.Window(12, "tenure")
    assert window.guess(stored(), mine[["customer_id", "churned"]]).source == "unknown"
    window.choose(engine, stored(), 6)
    assert window.of(engine, stored(), mine, history) == window.Window(6, "chosen")
    assert window.of(engine, stored("demo"), telco).months == 1


@pytest.mark.parametrize(
    ("name", "months"),
    [
        ("Lapsed in the last 12 months", 12),
        ("Exited last quarter", 3),
        ("churn_90d", 3),
        ("Churn 6M", 6),
        ("Résilié sur les 12 derniers mois", 12),
        ("Gekündigt in den letzten 6 Monaten", 6),
        ("left_last_month", 1),
        ("Churn", None),
        ("Left this term? (Y/N)", None),
        ("churn_2024", None),
    ],
)
def test_the_window_that_the_outcome_is_called_by(name, months):
    mine = replace(stored(), origin=Origin("upload", "mine.csv", columns={"churned": name}))
    found = window.guess(mine, snapshot(50, 1)[["customer_id", "churned"]])
    assert found == (window.Window(months, "name") if months else window.Window(12, "unknown"))


def past(months=18, count=2_500, seed=0):
    """A history whose truth is known: half of the customers leave with 2 % a month, the others with 8 %."""
    rng, rows = np.random.default_rng(seed), []
    name, risky = np.arange(count), rng.random(count) < 0.5
    tenure = rng.integers(0, 40, count)
    for day in pd.date_range("2024-01-31", periods=months, freq="ME"):
        left = rng.random(count) < np.where(risky, 0.08, 0.02)
        rows.append(
            pd.DataFrame(
                {
                    "day": day,
                    "customer_id": name.astype(str),
                    "churned": left,
                    "tenure": tenure.astype(float),
                    "plan": np.where(risky, "loose", "tied"),
                }
            )
        )
        fresh = int(left.sum())
        name, tenure = name.copy(), tenure + 1
        name[left], tenure[left], risky[left] = name.max() + 1 + np.arange(fresh), 0, rng.random(fresh) < 0.5
    return pd.concat(rows, ignore_index=True)


@pytest.mark.parametrize("learner", ["xgboost", "logistic"])
def test_months_ahead_are_checked_on_a_history_of_known_truth(learner):
    history = past()
    found = validation.validate(history, learner, 1)
    assert found.horizons["horizon"].tolist() == [3, 6, 12]
    loose = (history.loc[history["day"] == found.day, "plan"] == "loose").mean()
    for row in found.horizons.itertuples():
        slow, fast = 0.98**row.horizon, 0.92**row.horizon
        assert row.predicted == pytest.approx(loose * fast + (1 - loose) * slow, abs=0.03)
        assert row.observed == pytest.approx(row.predicted, abs=0.03)
        brier = loose * fast * (1 - fast) + (1 - loose) * slow * (1 - slow)  # that of knowing the truth
        assert row.brier == pytest.approx(brier, abs=0.02)
        assert row.brier < row.usual
    rates = np.log([1 / 0.92, 1 / 0.98])  # pairs of one kind are guessed, of two kinds the faster one leaves first
    assert 0.5 + 0.25 * (rates[0] - rates[1]) / rates.sum() <= found.concordance <= 0.7
    assert (found.groups["lo"] <= found.groups["observed"]).all()
    with pytest.raises(CannotTrain, match="month-ends"):
        validation.validate(history[history["day"] < "2024-06-01"], learner, 1)


def test_concordance_is_that_of_all_pairs():
    rng = np.random.default_rng(0)
    stay, steps, gone = rng.integers(0, 9, 80).astype(float), rng.integers(1, 7, 80), rng.random(80) < 0.6
    pairs = right = 0.0
    for i in range(80):
        for j in range(80):
            if gone[i] and (steps[j] > steps[i] or (steps[j] == steps[i] and not gone[j])):
                pairs += 1
                right += 1.0 if stay[i] < stay[j] else 0.5 if stay[i] == stay[j] else 0.0
    assert validation.concordance(stay, steps, gone) == pytest.approx(right / pairs)
    assert np.isnan(validation.concordance(stay, steps, np.zeros(80, bool)))
