"""Sales models that are kept, champion against challenger, payback, policies, and who is champion."""

import json
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from charts.monitoring import retraining as charts
from data import state, tables
from data.dataset import Dataset, Origin
from models import challenge
from models.challenge import ALERT, MONTHLY, NEVER, CannotJudge, Gain
from models.churn import challenge as churn_challenge
from models.churn import training
from models.churn.preparation import CannotTrain, prepare
from models.churn.value import Terms
from models.forecast import CannotForecast, kept
from models.forecast import challenge as sales_challenge
from models.forecast.panel import Panel, fit, mean_forecast, predict
from models.lifecycle import registry, retraining, sales
from models.lifecycle.registry import ModelFileError
from tests.shop import SHIFT, keep_lines, lines, sold

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
# What databases of both kinds say of versions is looked at in test_registry and by the first of these tests.
one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def engine(engine, learned_once):
    """What a shop teaches is learned once for both databases."""
    return engine


@pytest.fixture(scope="module")
def daily() -> kept.Daily:
    return kept.series(sold())


@pytest.fixture(scope="module")
def old(daily) -> kept.SalesModel:
    return kept.train(daily.panel.upto(SHIFT - 20))


@pytest.fixture(scope="module")
def fresh(daily) -> kept.SalesModel:
    return kept.train(daily.panel)


def test_learning_and_telling_apart_say_what_both_at_once_said(daily):
    early = daily.panel.upto(250)
    at_once = mean_forecast(early, 7, 0)
    fitted = fit(early, 7, 0)
    assert np.array_equal(predict(fitted, early, [250], 7)[0], at_once)
    assert np.array_equal(predict(fitted, daily.panel, [250], 7)[0], at_once), "later days change nothing"


def test_a_kept_model_is_read_back_to_the_bit(daily, fresh):
    again = kept.unpack(kept.pack(fresh))
    for one, other in ((fresh.fitted, again.fitted), (fresh.twin, again.twin)):
        assert np.array_equal(kept.tell(one, daily.panel, 360, 390), kept.tell(other, daily.panel, 360, 390))
    assert (again.first, again.until, again.metrics) == (fresh.first, fresh.until, fresh.metrics)
    assert fresh.metrics["mase"] < 1
    assert abs(fresh.metrics["bias"]) < 0.1


def test_the_measures_are_the_textbook_ones(daily):
    actual = daily.panel.values[:, 300:314].astype(float)
    found = kept.measure(actual + 2, daily.panel, 300)
    before = daily.panel.values[:, :300].astype(float)
    assert found["mae"] == pytest.approx(2)
    assert found["wape"] == pytest.approx(2 * actual.size / actual.sum())
    assert found["bias"] == pytest.approx(found["wape"])
    assert found["mase"] == pytest.approx(2 / np.abs(before[:, 7:] - before[:, :-7]).mean())


def test_many_series_become_few_and_nothing_is_lost():
    rows = pd.DataFrame(
        {
            "store": np.repeat([f"s{number:03}" for number in range(400)], 20),
            "date": np.tile(pd.date_range("2024-01-01", periods=20).as_unit("us"), 400),
            "units": np.repeat(np.arange(400) + 1.0, 20),
        }
    ).assign(sold=lambda one: one["units"], revenue=lambda one: 3 * one["units"], costed=0.0, cost=0.0)
    found = kept.series(rows)
    assert found.panel.values.shape == (kept.MAX_SERIES, 20)
    assert found.panel.values.sum() == rows["units"].sum()
    assert np.allclose(found.margin, kept.MARGIN * 3), "40 % of the price where no cost is known"
    assert found.costed == 0


def test_a_wrong_unit_costs_its_margin(daily):
    margins = dict(zip(daily.panel.keys["category"], daily.margin, strict=True))
    assert margins == pytest.approx({"x": 5.0, "y": 2.0})
    assert 2 < daily.usual < 5
    assert daily.costed == 1


def test_a_gain_has_an_interval_that_is_right_and_wider_where_days_go_together():
    rng = np.random.default_rng(0)
    inside = [(one := challenge.gain(rng.normal(1, 2, 100), seed=n)).lo <= 1 <= one.hi for n in range(200)]
    assert 0.9 <= np.mean(inside) <= 0.985
    walk = np.repeat(rng.normal(1, 2, 40), 7)  # each week one value
    single, weekly = challenge.gain(walk), challenge.gain(walk, 7)
    assert weekly.hi - weekly.lo > 1.8 * (single.hi - single.lo)
    assert single.mean == weekly.mean == pytest.approx(walk.mean())
    assert challenge.gain(np.zeros(30), 7) == Gain(0, 0, 0)
    assert challenge.gain(walk, 7) == challenge.gain(walk, 7)


def test_what_pays_back_and_what_does_not():
    assert challenge.payback(Gain(10, 8, 12), 90) == pytest.approx(9, abs=0.01)
    assert challenge.payback(Gain(10, -1, 21), 90) is None
    assert challenge.payback(Gain(-10, -15, -5), 90) is None


@pytest.mark.parametrize(
    ("whole", "parts", "title"),
    [
        ((2, 1, 3), [(2, 1, 3), (1, -1, 2)], "surely better in 1 of 2 parts, most in part 1"),
        (
            (2, 1, 3),
            [(2, 1, 3), (-1, -2, -0.5)],
            "Of 2 parts the challenger is surely better in 1 and surely worse in 1",
        ),
        ((2, -1, 3), [(1, -1, 3), (1, -1, 2)], "No part is better or worse by more than chance"),
    ],
)
def test_the_title_of_the_gains_hides_no_part_that_is_worse(whole, parts, title):
    rows = pd.DataFrame([whole, *parts], columns=["mean", "lo", "hi"])
    rows["name"] = ["All", *(f"part {number}" for number in range(1, len(rows)))]
    assert title in charts.gains(rows, "Gain", str).layout.title.text
    many = pd.concat([rows.iloc[:1], *[rows.iloc[1:]] * 10])
    below = charts.gains(many, "Gain", str).layout.xaxis.title.text.replace("<br>", " ")
    assert below == "Gain the 10 largest of 20 parts"


def test_policies_retrain_when_they_say():
    weeks = pd.date_range("2025-01-06", periods=20, freq="7D")
    alerts = [pd.Timestamp("2025-02-05"), pd.Timestamp("2025-02-12"), pd.Timestamp("2025-04-01")]
    plan = challenge.schedule(weeks, alerts)
    assert plan[NEVER] == []
    assert [weeks[place].date() for place in plan[MONTHLY]] == [
        date(2025, 2, 3), date(2025, 3, 3), date(2025, 4, 7), date(2025, 5, 5),
    ]  # fmt: skip
    assert [weeks[place].date() for place in plan[ALERT]] == [date(2025, 2, 10), date(2025, 4, 7)]
    assert ALERT not in challenge.schedule(weeks, [])
    assert challenge.current([2, 4], 6) == [0, 0, 2, 2, 4, 4]


def test_savings_are_errors_saved_less_what_retrainings_cost():
    cost = {NEVER: np.array([5.0, 5, 5]), MONTHLY: np.array([5.0, 3, 1])}
    retrained = {NEVER: np.zeros(3, bool), MONTHLY: np.array([False, True, False])}
    saved = challenge.saved(cost, retrained, 4)
    assert saved[NEVER].tolist() == [0, 0, 0]
    assert saved[MONTHLY].tolist() == [0, -2, 2]


def test_a_model_from_before_a_change_is_beaten_by_the_twin_of_a_later_one(daily, old, fresh):
    found = sales_challenge.compare(daily, old, fresh)
    assert found.twin
    assert list(found.days) == list(daily.panel.dates[-kept.HOLDOUT :])
    assert found.gains["units"].sure
    closer = (found.margin["champion"] - found.margin["challenger"]).mean()
    assert found.gains["margin"].mean == pytest.approx(closer)
    assert sum(part.mean for part in found.parts.values()) == pytest.approx(closer)
    swapped = sales_challenge.compare(daily, fresh, old)
    assert swapped.gains["units"].hi < 0


def test_days_after_both_learned_come_first(daily, old):
    later = kept.train(daily.panel.upto(370))
    found = sales_challenge.compare(daily, old, later)
    assert not found.twin
    assert list(found.days) == list(daily.panel.dates[370:])


def test_too_early_is_said_with_the_days_that_are_missing(daily, fresh):
    other = kept.train(daily.panel.upto(395))
    with pytest.raises(CannotJudge, match="14 more days"):
        sales_challenge.compare(daily, other, fresh)


@pytest.mark.usefixtures("learned_once")
def test_policies_know_nothing_of_what_comes(daily):
    clean = sales_challenge.policies(daily, [daily.panel.dates[SHIFT + 5]])
    assert set(clean.units) == {NEVER, MONTHLY, ALERT}
    assert clean.retrained[ALERT].sum() == 1
    since = clean.retrained[ALERT].argmax()
    assert clean.days[since] > daily.panel.dates[SHIFT + 5]
    assert np.array_equal(clean.units[ALERT][:since], clean.units[NEVER][:since])
    assert not np.array_equal(clean.units[ALERT][since:], clean.units[NEVER][since:])
    assert clean.gains[ALERT].mean == pytest.approx((clean.margin[NEVER] - clean.margin[ALERT]).mean())
    spoilt = daily.panel.values.copy()
    spoilt[:, -30:] = 1e4
    panel = Panel(spoilt, daily.panel.dates, daily.panel.keys, "D")
    other = sales_challenge.policies(kept.Daily(panel, daily.margin, 1.0), [daily.panel.dates[SHIFT + 5]])
    before = clean.days < daily.panel.dates[-30]
    assert np.array_equal(clean.units[MONTHLY][before], other.units[MONTHLY][before])


def test_too_few_days_are_said():
    with pytest.raises(CannotForecast, match="at least 148 days"):
        kept.train(kept.series(sold(100)).panel)
    with pytest.raises(CannotForecast, match="at least 148 days"):
        sales_challenge.policies(kept.series(sold(125)))


def versions(engine, stored):
    return registry.versions(engine, "sales", stored.lineage)


@pytest.mark.usefixtures("few_trees")
def test_the_first_is_champion_and_the_next_a_challenger_until_promoted(engine, tmp_path):
    stored = keep_lines(tmp_path, 400)
    heard = []
    first = retraining.retrain(engine, tmp_path, "sales", NOW, "Ana", "first", lambda text, _share: heard.append(text))
    second = retraining.retrain(engine, tmp_path, "sales", NOW + timedelta(hours=1), "Ben", "prices rose")
    assert json.loads(json.dumps(second)) == second
    assert (first["status"], second["status"]) == ("champion", "challenger")
    assert second["champion"] == first["version"]
    assert "Fitting the model" in heard
    end = stored.span[1].date()
    assert first["until"] == (end - timedelta(days=sales.LEFT_OUT)).isoformat()
    assert second["until"] == end.isoformat()
    row = registry.champion(engine, "sales", stored.lineage)
    assert row["version"] == first["version"]
    assert set(row["bins"]) == {
        *("quantity", "unit_price", "price_change", "product", "store", "category", "line_type", "prediction")
    }
    assert sum(row["bins"]["quantity"]["counts"]) == row["rows"] == 4 * (400 - sales.LEFT_OUT)

    retraining.promote(engine, tmp_path, "sales", second["version"], NOW + timedelta(hours=2), "Ana", "it pays back")
    rows = versions(engine, stored).set_index("version")
    assert rows.loc[second["version"], "status"] == "champion"
    assert rows.loc[second["version"], "reason"] == "prices rose\n2026-03-01 Ana: it pays back"
    assert rows.loc[first["version"], "status"] == "retired"
    retraining.promote(engine, tmp_path, "sales", first["version"], NOW + timedelta(hours=3), "Ben", "rolled back")
    assert registry.champion(engine, "sales", stored.lineage)["version"] == first["version"]


@one_database
@pytest.mark.usefixtures("few_trees")
def test_an_altered_file_cannot_be_promoted_and_nothing_changes(engine, tmp_path):
    stored = keep_lines(tmp_path, 300)
    first = retraining.retrain(engine, tmp_path, "sales", NOW, "Ana", "first")
    second = retraining.retrain(engine, tmp_path, "sales", NOW + timedelta(hours=1), "Ana", "second")
    rows = versions(engine, stored).set_index("version")
    (tmp_path / "models" / rows.loc[second["version"], "file"]).write_bytes(b"altered")
    with pytest.raises(ModelFileError, match="not the one that was kept"):
        retraining.promote(engine, tmp_path, "sales", second["version"], NOW, "Ana", "try")
    assert registry.champion(engine, "sales", stored.lineage)["version"] == first["version"]
    assert versions(engine, stored).equals(rows.reset_index()[versions(engine, stored).columns])


@one_database
@pytest.mark.usefixtures("few_trees")
def test_a_champion_stays_when_later_days_are_added_and_other_data_have_their_own(engine, tmp_path):
    keep_lines(tmp_path, 300)
    first = retraining.retrain(engine, tmp_path, "sales", NOW, "Ana", "first")
    grown = keep_lines(tmp_path, 330)
    assert registry.champion(engine, "sales", grown.lineage)["version"] == first["version"]
    second = retraining.retrain(engine, tmp_path, "sales", NOW + timedelta(hours=1), "Ana", "more days")
    assert second["status"] == "challenger"
    retraining.promote(engine, tmp_path, "sales", second["version"], NOW + timedelta(hours=2), "Ana", "more days")
    status = versions(engine, grown).set_index("version")["status"]
    assert status[first["version"]] == "retired", "one champion, although they learned from two versions of the data"


@one_database
@pytest.mark.usefixtures("few_trees")
def test_a_stranger_with_the_same_first_day_has_models_of_its_own(engine, tmp_path):
    mine = keep_lines(tmp_path, 300)
    first = retraining.retrain(engine, tmp_path, "sales", NOW, "Ana", "first")
    other = lines(300).assign(quantity=lambda one: one["quantity"][::-1].to_numpy())
    theirs = tables.add(tmp_path, Dataset("sales", {"sales": other}, Origin("upload", "shop.csv")), NOW)
    assert theirs.span[0] == mine.span[0]
    assert registry.champion(engine, "sales", theirs.lineage) is None
    second = retraining.retrain(engine, tmp_path, "sales", NOW + timedelta(hours=1), "Ben", "first")
    assert second["status"] == "champion"
    retraining.promote(engine, tmp_path, "sales", second["version"], NOW + timedelta(hours=2), "Ben", "again")
    assert registry.champion(engine, "sales", mine.lineage)["version"] == first["version"]
    assert versions(engine, theirs)["version"].tolist() == [second["version"]]


def test_without_data_or_with_too_few_nothing_is_kept(engine, tmp_path):
    with pytest.raises(retraining.NoData, match="page Data"):
        retraining.retrain(engine, tmp_path, "sales", NOW, "Ana", "first")
    keep_lines(tmp_path, 60)
    with pytest.raises(CannotForecast):
        retraining.retrain(engine, tmp_path, "sales", NOW, "Ana", "first")
    assert state.read(engine, state.model_versions).empty


def history(customers: pd.DataFrame, months: int) -> pd.DataFrame:
    """The same customers at several month-ends, other ones each time."""
    days = pd.date_range("2025-01-31", periods=months, freq="ME").as_unit("us")
    size = len(customers) // months
    parts = [customers.iloc[n * size : (n + 1) * size].assign(day=day) for n, day in enumerate(days)]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def poor_model(telco):
    """A model that has only seen who pays how."""
    return training.fit(prepare(telco[["customer_id", "churned", "payment_method", "gender"]]), "logistic")


def test_a_better_churn_model_gains_by_folds(telco, churn_model, poor_model):
    ends = date(2026, 1, 1), date(2026, 1, 1)
    found = churn_challenge.compare(poor_model, churn_model, ends, telco, None)
    assert not found.later
    assert found.gains["auc"].sure
    assert found.gains["log_loss"].sure
    assert found.scores["challenger"]["auc"] == pytest.approx(churn_model.metrics["auc"], abs=0.01)
    terms = Terms(900, 60, 0.3)
    gained = churn_challenge.gain(found, terms, 1)
    assert gained.sure
    contracts = [churn_challenge.gain(found, terms, 1, name).mean for name in np.unique(found.contract)]
    assert sum(contracts) == pytest.approx(gained.mean)
    with pytest.raises(CannotJudge, match="same customers"):
        churn_challenge.compare(churn_model, churn_model, ends, telco, None)


def judged(rng, count):
    """Two models on customers whose risks are known: one sees all that can be known, the other some of it."""
    good, other = rng.normal(size=count), rng.normal(size=count)
    risk = 1 / (1 + np.exp(2.0 - 1.3 * good - 0.45 * other))
    blind = 1 / (1 + np.exp(1.95 - 1.25 * good))
    left = rng.random(count) < risk
    names = np.full(count, "", object)
    said = {"champion": blind, "challenger": risk}
    return churn_challenge.Comparison(said, left, np.arange(count), names, 1, False, {}, {})


@pytest.mark.parametrize("window", [1, 12])
def test_payback_is_the_truth_in_the_middle_of_a_hundred_simulations(window):
    terms, price, count = Terms(900, 60, 0.3), 250, 9_000
    rng = np.random.default_rng(0)
    every = [judged(rng, 400_000) for _draw in range(4)]
    profit = {
        role: np.mean([churn_challenge.profit(one.probability[role], one.left, terms).mean() for one in every])
        for role in ("champion", "challenger")
    }
    truth = price / ((profit["challenger"] - profit["champion"]) * count / (window * 365.25 / 12))
    told, naive = [], []
    for seed in range(100):
        a_day = churn_challenge.gain(judged(np.random.default_rng(seed), count), terms, window)
        days = challenge.payback(a_day, price)
        if a_day.sure:
            naive.append(price / a_day.mean)
            told.append(np.inf if days is None else days)
    assert len(told) > 30
    assert np.median(told) == pytest.approx(truth, rel=0.15)
    assert np.median(naive) < np.median(told)  # what is told only where it is sure, is told too well


def test_the_fair_gain_is_in_the_middle_where_the_effect_is_weak():
    rng, told = np.random.default_rng(1), []
    for _draw in range(4_000):
        mean = rng.normal(2.2, 1)
        if (one := Gain(mean, mean - 1.96, mean + 1.96)).sure:
            told.append(one.fair or -np.inf)
    assert np.mean(np.array(told) > 2.2) == pytest.approx(0.5, abs=0.03)
    assert Gain(1, -1, 3).fair is None
    assert Gain(100, 98, 102).fair == pytest.approx(100)  # so sure that nobody would have missed it
    assert Gain(2.1, 0.14, 4.06).fair is None  # sure, but only just: little of it would be left


@pytest.mark.parametrize(("often", "won", "rarely", "lost"), [(0.001, -60, 0.0015, 210), (0.014, 60, 0.0025, -210)])
def test_where_few_customers_decide_days_are_told_too_early_as_often_as_too_late(often, won, rarely, lost):
    """Calls that find a leaver now and then, and ones that are spared and rarely missed: the mean is lopsided."""
    truth, rng, told, held, within = often * won + rarely * lost, np.random.default_rng(4), [], [], []
    for seed in range(500):
        calls = rng.multinomial(5_000, [often, rarely, 1 - often - rarely])
        gain = challenge.gain(np.repeat([won, lost, 0.0], calls), seed=seed)
        held.append(gain.lo <= truth <= gain.hi)
        if gain.sure:
            told.append(gain.fair or 0.0)
            within.append(gain.given_sure(0.025) <= truth <= gain.given_sure(0.975))
    assert len(told) > 100
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)
    assert np.mean(np.array(told) > truth) == pytest.approx(0.5, abs=0.1)
    assert np.mean(within) >= 0.91


def test_later_months_are_preferred_to_folds(telco, churn_model, poor_model):
    past = history(telco, 6)
    found = churn_challenge.compare(poor_model, churn_model, (date(2025, 3, 15), date(2025, 2, 1)), telco, past)
    assert found.later
    assert found.months == 4
    assert len(found.left) == (past["day"] > "2025-03-15").sum()


def test_profit_is_that_of_calls_that_pay_on_average():
    terms = Terms(100, 10, 0.5)  # a call pays from a risk of 20 % on
    said, left = np.array([0.1, 0.3, 0.3]), np.array([True, True, False])
    assert churn_challenge.profit(said, left, terms).tolist() == [0, 40, -10]


def test_churn_policies_learn_from_the_months_before(telco):
    past = history(telco, 15)
    found = churn_challenge.policies(past, "logistic", [pd.Timestamp("2026-02-10")])
    assert len(found.days) == 3
    assert {name: again.sum() for name, again in found.retrained.items()} == {NEVER: 0, MONTHLY: 2, ALERT: 1}
    assert np.array_equal(found.probability[NEVER][0], found.probability[MONTHLY][0])
    assert not np.array_equal(found.probability[NEVER][2], found.probability[MONTHLY][2])
    spoilt = past.assign(churned=past["churned"] ^ (past["day"] >= found.days[1]))
    other = churn_challenge.policies(spoilt, "logistic")
    assert np.array_equal(found.probability[MONTHLY][1], other.probability[MONTHLY][1]), "its outcome was not known yet"
    with pytest.raises(CannotTrain, match="month-ends"):
        churn_challenge.policies(history(telco, 13), "logistic")


def test_a_year_of_a_real_shop(online_retail, request):
    """Online Retail in its eight largest countries: days and money, two models, and nine months of policies."""
    frame = tables.read(online_retail)
    frame = frame[frame["store"].isin(frame["store"].value_counts().index[:8])]
    rows = frame[frame["line_type"].isin(["sale", "return"])].assign(date=lambda one: one["timestamp"].dt.normalize())
    rows = rows.assign(sold=rows["quantity"].clip(lower=0), revenue=rows["quantity"].clip(lower=0) * rows["unit_price"])
    summed = rows.groupby(["store", "date"])[["quantity", "sold", "revenue"]].sum().reset_index()
    daily = kept.series(summed.rename(columns={"quantity": "units"}).assign(costed=0.0, cost=0.0))
    model = kept.train(daily.panel)
    assert model.metrics["wape"] < 0.55
    request.getfixturevalue("few_trees")  # that the policies learn, not how well
    tried = sales_challenge.policies(daily)
    assert tried.retrained[MONTHLY].sum() >= 8
    assert all(np.isfinite(units).all() for units in tried.units.values())


@pytest.fixture(scope="module")
def month_later(telco):
    """The same customers a month later, of whom a fifth left, and a model of them."""
    left = np.random.default_rng(1).random(len(telco)) < 0.2
    newer = telco.assign(tenure=telco["tenure"] + 1, churned=telco["churned"] | left)
    return newer, training.fit(prepare(newer), "logistic")


@one_database
def test_the_next_file_of_the_same_customers_makes_a_challenger_judged_on_outcomes_that_neither_knew(
    engine, tmp_path, telco, churn_model, month_later, monkeypatch
):
    newer, challenger = month_later
    monkeypatch.setattr(training, "train", lambda _customers, **_how: churn_model)

    def keep(customers, now):
        return tables.add(tmp_path, Dataset("customers", {"customers": customers}, Origin("upload", "a.csv")), now)

    first = keep(telco, NOW)
    champion = retraining.learn(engine, tmp_path, "churn", first, NOW, "Ana", "first")
    later = NOW + timedelta(days=31)
    second = keep(newer, later)
    assert second.lineage == first.lineage
    found = retraining.learn(engine, tmp_path, "churn", second, later, "Ana", "a month later")
    assert (found["status"], found["champion"]) == ("challenger", champion["version"])
    assert registry.champion(engine, "churn", second.lineage)["version"] == champion["version"]

    ends = NOW.date(), later.date()
    compared = churn_challenge.compare(churn_model, challenger, ends, newer, None, later.date())
    assert len(compared.left) == (~telco["churned"]).sum(), "who had left before is no news to the champion"
    here = newer[~telco["churned"]]
    assert np.array_equal(compared.probability["champion"], churn_model.predict_proba(here)[:, 1])
    folds = pd.Series(challenger.held_out.probability, challenger.held_out.customer)
    assert np.array_equal(compared.probability["challenger"], folds.reindex(here["customer_id"]).to_numpy())
