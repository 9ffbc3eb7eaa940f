"""The churn model: calibrated, exact in its reasons, obedient, kept to the bit, and honest about what it cannot do."""

import io
import zipfile

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from data.demo import customers as demo
from models import churn
from models.churn import files, learners, preparation, training
from models.churn.model import LEAVE, STAY, UNCLEAR, alike, verdict
from models.churn.preparation import CannotTrain, prepare, ranks_auc

pytestmark = pytest.mark.xdist_group("churn")


@pytest.fixture(scope="module")
def fresh():
    """Customers of the same world that no model has seen."""
    return demo.generate(8_000, seed=77)


@pytest.fixture
def few_behind_the_band(monkeypatch):
    """Five models behind the band, not thirty: where it is not the point."""
    monkeypatch.setattr(training, "RESAMPLED", 5)


@pytest.fixture(scope="module")
def logistic(telco):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(training, "RESAMPLED", 5)
        return training.fit(prepare(telco), "logistic")


def test_probabilities_of_new_customers_are_calibrated(churn_model, fresh):
    said = churn_model.predict_proba(fresh)
    left = fresh["churned"].to_numpy()
    assert said.sum(axis=1) == pytest.approx(1)
    assert training.calibration_error(said[:, 1], left) < 0.03
    assert ranks_auc(said[:, 1], left) == pytest.approx(roc_auc_score(left, said[:, 1]))
    assert ranks_auc(said[:, 1], left) > 0.82


@pytest.mark.parametrize("level", [0.8, 0.9])
def test_verdicts_cover_leavers_and_stayers_alike_over_twenty_splits(fresh, churn_model, level):
    said, left = churn_model.predict_proba(fresh)[:, 1], fresh["churned"].to_numpy()
    kept = {True: [], False: []}
    for split in range(20):
        seen = np.random.default_rng(split).random(len(left)) < 0.5
        called = verdict(said[seen], left[seen], said[~seen], level)
        for outcome, wrong in ((True, STAY), (False, LEAVE)):
            kept[outcome].append((called[left[~seen] == outcome] != wrong).mean())
    assert np.mean(kept[True]) == pytest.approx(level, abs=0.02)
    assert np.mean(kept[False]) == pytest.approx(level, abs=0.02)


def test_the_coverage_shown_is_that_of_the_verdicts(churn_model):
    whole = churn_model.coverage.query("group == ''")
    assert len(whole) == 4
    stayers, leavers = whole[~whole["left"]], churn_model.coverage.query("left and nominal == 0.8")
    assert (stayers["covered"] - stayers["nominal"]).abs().max() < 0.03
    assert leavers["covered"].iloc[0] >= 0.8  # of leavers more is kept, so that it holds in every group:
    large = leavers[leavers["customers"] >= 20]
    error = np.sqrt(0.75 * 0.25 / large["customers"])  # of three in four, in one table of so many leavers
    assert (large["covered"] + error).min() >= 0.75
    assert len(large) >= 6


def test_confidence_has_three_consistent_parts(churn_model, fresh):
    matrix = churn_model.coding.encode(fresh.head(500))
    sure = churn_model.confidence(matrix)
    assert (sure.lo <= sure.probability).all()
    assert (sure.hi >= sure.probability).all()
    assert 0.03 < np.median(sure.hi - sure.lo) < 0.3
    assert set(sure.verdict) == {LEAVE, STAY, UNCLEAR}
    assert sure.probability[sure.verdict == LEAVE].min() > sure.probability[sure.verdict == STAY].max()
    assert np.corrcoef(sure.similar, sure.probability)[0, 1] > 0.95


def test_similar_customers_are_those_nearest_in_risk():
    seen = np.linspace(0, 1, 1000)
    share, count = alike(seen, seen > 0.5, np.array([0.0, 0.5, 1.0]))
    assert count.tolist() == [30, 50, 30]
    assert share.tolist() == pytest.approx([0, 0.5, 1], abs=0.03)


def test_the_few_most_at_risk_are_not_told_the_share_of_many_below_them():
    """Of 12,000 the riskiest have no 300 like them: what left of those is half of what leaves of these."""
    rng = np.random.default_rng(3)
    seen = np.sort(rng.beta(0.7, 7, 12_000))
    at = seen[[-10, 6_000]]
    shares = np.array([alike(seen, rng.random(12_000) < seen, at)[0] for _world in range(40)]).mean(axis=0)
    assert shares == pytest.approx(at, rel=0.1)
    assert seen[-300:].mean() < 0.75 * at[0]


@pytest.mark.parametrize("which", ["churn_model", "logistic"])
def test_contributions_sum_to_the_log_odds(which, fresh, request):
    model = request.getfixturevalue(which)
    matrix = model.coding.encode(fresh.head(200))
    assert model.fitted.contributions(matrix).sum(axis=1) == pytest.approx(model.fitted.log_odds(matrix), abs=1e-4)
    why = model.explain(fresh.iloc[3])
    assert why.base + why.contributions.sum() == pytest.approx(why.log_odds)
    assert why.probability == pytest.approx(model.predict_proba(fresh.iloc[[3]])[0, 1], abs=1e-5)
    assert list(why.contributions.index) == list(model.coding.columns)


def test_no_discount_raises_the_risk_and_no_month_of_tenure_either(churn_model, fresh):
    now = churn_model.predict_proba(fresh)[:, 1]
    for share in (0.95, 0.8):
        cheaper = churn_model.predict_proba(fresh.assign(monthly_charges=fresh["monthly_charges"] * share))[:, 1]
        assert (cheaper <= now + 1e-9).all()
    assert (churn_model.predict_proba(fresh.assign(tenure=fresh["tenure"] + 6))[:, 1] <= now + 1e-9).all()


def test_the_champion_explains_itself_and_obeys(churn_model):
    league = churn_model.league.set_index("learner")
    assert list(league.index) == list(learners.LEARNERS)
    assert league["champion"].sum() == 1
    assert league.loc[league["champion"], "eligible"].all()
    assert not league.loc[["histogram boosting", "random forest"], "eligible"].any()
    assert (league["auc_lo"] < league["auc"]).all()
    assert (league["seconds"] > 0).all()


@pytest.mark.usefixtures("few_behind_the_band")
def test_the_same_table_and_seed_give_the_same_model(telco):
    some = prepare(telco.head(250))
    one, other = (training.fit(some, "xgboost", seed=3) for _twice in range(2))
    assert files.pack(one) == files.pack(other)


@pytest.mark.parametrize("which", ["churn_model", "logistic"])
def test_a_model_that_was_kept_predicts_the_same_to_the_bit(which, fresh, request):
    model = request.getfixturevalue(which)
    content = files.pack(model)
    again, matrix = files.unpack(content), model.coding.encode(fresh.head(1_000))
    assert (again.probability(matrix) == model.probability(matrix)).all()
    assert (again.fitted.contributions(matrix) == model.fitted.contributions(matrix)).all()
    one, other = (m.confidence(matrix[:100]) for m in (model, again))
    for part in ("lo", "hi", "verdict", "similar"):
        assert (getattr(one, part) == getattr(other, part)).all()
    assert again.metrics == model.metrics
    assert again.rules.products == model.rules.products
    assert which == "logistic" or files.pack(again) == content  # skops writes where objects lay in memory
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert not [name for name in names if "pickle" in name or name.endswith((".pkl", ".joblib"))]


@pytest.mark.usefixtures("quick_league")
def test_a_table_of_age_income_and_tenure_is_enough():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {"age": rng.integers(18, 90, 900), "income": rng.normal(40_000, 9_000, 900), "tenure": rng.integers(0, 60, 900)}
    )
    risk = 1 / (1 + np.exp(0.08 * frame["tenure"] - 0.02 * frame["age"]))
    model = churn.train(frame.assign(churned=rng.random(900) < risk), seed=1, compared=learners.EXPLAINED)
    assert set(model.coding.columns) == {"age", "income", "tenure"}
    young, old = frame.assign(tenure=1), frame.assign(tenure=59)
    assert model.predict_proba(young)[:, 1].mean() > model.predict_proba(old)[:, 1].mean() + 0.2


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("churn_reason", lambda left: np.where(left, "price", "none")),
        ("Cancellation date", lambda left: np.where(left, "2026-01-02", "none")),
        ("days_since_call", lambda left: np.where(left, 1.0, 2.0) + np.arange(len(left)) / len(left) / 2),
        ("last_state", lambda left: np.where(left, "closed", "open")),
    ],
)
def test_columns_written_after_the_outcome_are_not_seen(telco, column, values):
    prepared = prepare(telco.assign(**{column: values(telco["churned"].to_numpy())}))
    assert column not in prepared.coding.columns
    warned = [finding for finding in prepared.findings if finding.severity == "warning"]
    assert [finding.values.get("column") for finding in warned] == [column]


def test_bad_tables_get_a_sentence(telco):
    outcome = telco["churned"]
    bad = {
        "no column that says who left": telco.drop(columns="churned"),
        "at least 50 customers who left and as many who stayed; this table has 0": telco.assign(churned=False),
        "this table has 3000 and 0": telco.assign(churned=True),
        "at least 50": telco.head(30),
        "nothing to learn from": pd.DataFrame({"churned": outcome, "same": 1, "empty": None}),
    }
    for sentence, table in bad.items():
        with pytest.raises(CannotTrain, match=sentence) as refused:
            prepare(table)
        assert "{" not in refused.value.sentence()


def test_odd_columns_are_repaired_or_left_out_with_a_finding(telco):
    rng = np.random.default_rng(0)
    odd = telco.assign(
        constant=1,
        name_of_each=[f"name {n}" for n in range(len(telco))],
        with_text=[*map(str, rng.normal(size=len(telco) - 9)), *("n/a",) * 9],
        infinite=np.where(rng.random(len(telco)) < 0.1, np.inf, rng.normal(size=len(telco))),
    )
    odd = pd.concat([odd, odd.head(7)])
    prepared = prepare(odd)
    assert not {"constant", "name_of_each"} & set(prepared.coding.columns)
    assert {"with_text", "infinite"} <= set(prepared.coding.columns)
    assert not np.isinf(prepared.matrix).any()
    assert len(prepared.customers) == len(telco)
    said = " ".join(finding.message.format(rows=finding.rows, **finding.values) for finding in prepared.findings)
    assert "7 rows repeat a customer" in said
    assert "2 columns cannot be used" in said


@pytest.mark.usefixtures("few_behind_the_band")
def test_more_columns_than_customers_are_no_obstacle(telco):
    rng = np.random.default_rng(0)
    wide = pd.DataFrame(rng.normal(size=(200, 210)), columns=[f"c{n}" for n in range(210)])
    prepared = prepare(wide.assign(churned=telco["churned"].head(200).to_numpy(), customer_id=range(200)))
    model = training.fit(prepared, "xgboost")
    assert model.metrics["auc"] < 0.65  # noise: nothing to be found


def test_levels_never_seen_numbers_as_text_and_gaps_are_predicted_and_listed(churn_model, fresh):
    odd = fresh.head(5).astype({"tenure": object, "monthly_charges": object})
    odd.loc[0, "contract"], odd.loc[1, "tenure"], odd.loc[2, "monthly_charges"] = "Three years", "12", None
    odd.loc[3, "monthly_charges"] = "abc"
    assert np.isfinite(churn_model.predict_proba(odd)).all()
    lost = preparation.unusable(odd, churn_model.coding)
    assert lost[["row", "column", "value"]].to_numpy().tolist() == [
        [0, "contract", "Three years"],
        [3, "monthly_charges", "abc"],
    ]
    plain = fresh.head(5).assign(tenure=[fresh["tenure"][0], 12, *fresh["tenure"][2:5]])
    assert churn_model.predict_proba(odd)[1] == pytest.approx(churn_model.predict_proba(plain)[1])


@pytest.mark.usefixtures("few_behind_the_band")
def test_real_telco_file(real_data, monkeypatch):
    from connectors import telco as connector

    monkeypatch.setattr(training, "REPEATS", 1)
    customers = connector.load(real_data / "telco" / "Telco-Customer-Churn.csv")
    model = training.train(customers, compared=learners.EXPLAINED)  # the champion is one of these
    assert model.metrics["auc"] >= 0.848
    assert model.metrics["brier"] <= 0.134
    stayers = model.coverage.query("group == '' and not left")
    assert (stayers["covered"] - stayers["nominal"]).abs().max() < 0.02
    leavers = model.coverage.query("left and nominal == 0.8 and customers >= 20")
    assert leavers["covered"].min() >= 0.75
    assert leavers["covered"].iloc[0] >= 0.8
    assert model.metrics["ece"] < 0.024
