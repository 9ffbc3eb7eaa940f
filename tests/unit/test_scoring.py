"""What models say is kept once, the truth finds its prediction, and the past is filled in under a name of its own."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from data import state, tables
from data.dataset import Dataset, Origin
from data.demo import customers, parameters
from data.demo import sales as shops
from models.churn import files
from models.drift import performance
from models.forecast import CannotForecast
from models.lifecycle import churn, logged, registry, sales, scoring

pytestmark = pytest.mark.xdist_group("scoring")
NOW = datetime(2026, 1, 5, tzinfo=UTC)
DAY = NOW.date()


@pytest.fixture
def engine(tmp_path, migrated):
    made = state.engine(f"sqlite:///{tmp_path / 'vigie.db'}")
    migrated(made)
    return made


def keep(home, table, frames, name="mine.csv", now=NOW):
    return tables.add(home, Dataset(table, frames, Origin("upload", name, currency="GBP")), now)


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    """A database in which the past of small months is filled in, the dataset and what the job said."""
    home = tmp_path_factory.mktemp("past")
    made = state.engine(f"sqlite:///{home / 'vigie.db'}")
    state.migrate(made)
    months = customers.history(date(2026, 11, 21), customers=700)
    stored = keep(home, "customers", {"customers": customers.generate(300), "history": months})
    steps = []
    assert scoring.back_fill(made, "churn", stored, NOW, lambda message, share: steps.append((message, share)))
    return made, stored, months, steps


def logs(engine, stored, model="churn"):
    version = logged.replayed(stored.version)
    return tuple(
        state.read(engine, log, model=model, version=version) for log in (state.prediction_log, state.performance_log)
    )


def test_where_nothing_says_who_leaves_the_past_is_filled_in_with_the_rate():
    draw, customers_, months = np.random.default_rng(11), 120, 14
    rows = pd.DataFrame(draw.normal(size=(customers_ * months, 10)), columns=[f"x{place}" for place in range(10)])
    rows["customer_id"] = np.tile([f"c{place}" for place in range(customers_)], months)
    rows["day"] = np.repeat(pd.date_range("2024-01-31", periods=months, freq="ME"), customers_)
    rows["churned"] = draw.random(len(rows)) < 0.1
    early = np.arange(len(rows)) < 12 * customers_
    risk = churn._unseen(rows, early, rows["churned"].to_numpy(bool), lambda _message, _share: None)
    riskiest = risk >= np.quantile(risk, 0.9)
    assert risk[riskiest].mean() == pytest.approx(0.1, abs=0.03), "not calibrated, it says twice as much"


def test_the_past_of_the_demo_is_filled_in_and_the_planted_change_is_found(past):
    engine, stored, months, steps = past
    said, measured = logs(engine, stored)
    assert len(said) == len(months)
    assert said["actual"].sum() == months["churned"].sum()
    shares = [share for _message, share in steps]
    assert shares == sorted(shares)
    found = performance.course(measured, "auc")
    planted = months["day"].unique()[-parameters.CHURN_DRIFT.months]
    assert abs(found.since - planted) <= timedelta(days=62)
    assert found.worse
    assert found.then - found.now > 0.02
    assert found.expected - found.now > 0.02  # the estimate cannot see that they leave for another reason
    real, guess = (part.set_index("day")["value"] for part in (found.realised, found.estimated))
    before = found.realised["day"] < planted
    inside = found.realised.set_index("day")["value"].between(
        *(found.estimated.set_index("day")[end] for end in ("lo", "hi"))
    )
    assert inside[before.to_numpy()].mean() >= 0.84  # 19 months: 95 % less three
    assert (guess - real)[~before.to_numpy()].mean() > 0.02


def test_months_the_model_learned_from_are_judged_by_models_that_had_not_seen_the_customer(past):
    engine, stored, _months, _steps = past
    _said, measured = logs(engine, stored)
    aucs = performance.course(measured, "auc").realised["value"].to_numpy()
    assert abs(aucs[:12].mean() - aucs[12:19].mean()) < 0.025  # not better on what it learned from


def test_filling_in_again_changes_nothing(past):
    engine, stored, _months, _steps = past
    before = logs(engine, stored)
    assert scoring.back_fill(
        engine, "churn", stored, NOW + timedelta(days=1), lambda _message, _share: pytest.fail("again")
    )
    for one, other in zip(before, logs(engine, stored), strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_what_was_cut_off_is_done_again_whole(engine, tmp_path, monkeypatch):
    monkeypatch.setattr(performance, "DRAWS", 50)  # behind intervals that nobody looks at
    months = customers.history(date(2026, 11, 21), months=14, customers=120)
    stored = keep(tmp_path, "customers", {"customers": customers.generate(100), "history": months})

    def cut(message, _share):
        if message == "Keeping the results":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scoring.back_fill(engine, "churn", stored, NOW, cut)
    assert all(log.empty for log in logs(engine, stored))
    state.upsert(engine, state.prediction_log, _half(stored, months))  # killed between the two tables
    scoring.back_fill(engine, "churn", stored, NOW)
    said, measured = logs(engine, stored)
    assert len(said) == len(months)
    assert said["mean"].lt(1).all()
    assert len(performance.course(measured, "auc").realised) == 14


def _half(stored, months):
    rows = months.head(500)[["day", "customer_id"]].set_axis(["day", "subject"], axis=1)
    rows = rows.assign(
        day=rows["day"].dt.date, model="churn", version=logged.replayed(stored.version), mean=1.0, logged=NOW
    )
    return rows.assign(target_day=rows["day"]).to_dict("records")


def test_segments_are_measured_too(past):
    engine, stored, _months, _steps = past
    _said, measured = logs(engine, stored)
    parts = performance.by_segment(measured, "in_the_large", performance.course(measured, "auc").since)
    assert set(parts["level"]) <= {"Month-to-month", "One year", "Two year"}
    assert "Month-to-month" in set(parts["level"])


def test_customers_without_a_history_have_no_past(engine, tmp_path):
    stored = keep(tmp_path, "customers", {"customers": customers.generate(100)})
    assert not scoring.back_fill(engine, "churn", stored, NOW)


@pytest.fixture
def trained(engine, tmp_path, telco, churn_model, monkeypatch):
    """`telco` is in use and its model in the registry; a third of the draws are behind an interval."""
    monkeypatch.setattr(performance, "DRAWS", 100)
    stored = keep(tmp_path, "customers", {"customers": telco})
    record = registry.Record(
        "churn", churn_model.learner, "test", "test", stored.version, len(telco), {}, churn_model.metrics, {}
    )
    registry.keep(engine, tmp_path, record, files.pack(churn_model), files.SUFFIX, NOW)
    return stored


def test_the_champion_scores_who_is_still_here_once_a_day(engine, tmp_path, trained, telco):
    for _run in range(2):
        done = scoring.score(engine, tmp_path, "churn", DAY, NOW)
    here = telco[~telco["churned"]]
    assert done["predictions"] == len(here)
    assert done["truths"] == 0  # the same table knows nothing new
    said = state.read(engine, state.prediction_log, model="churn")
    assert set(said["subject"]) == set(here["customer_id"])
    assert said["actual"].isna().all()
    measured = state.read(engine, state.performance_log, model="churn")
    guess = measured[measured["estimated"] & measured["metric"].eq("auc")].iloc[0]
    assert guess["lo"] < guess["value"] < guess["hi"]
    assert set(measured.loc[~measured["estimated"], "segment"]) == {performance.REFERENCE}


def test_a_newer_table_of_the_same_customers_brings_the_truth(engine, tmp_path, trained, telco, monkeypatch):
    monkeypatch.setattr(performance, "DRAWS", 100)
    for late in (0, 1, 31):
        assert scoring.score(engine, tmp_path, "churn", DAY + timedelta(days=late), NOW)["alerts"] == []
    here = telco[~telco["churned"]].reset_index(drop=True)
    left = np.random.default_rng(0).random(len(here)) < 0.35
    newer = keep(tmp_path, "customers", {"customers": here.assign(churned=left)}, now=NOW + timedelta(days=62))
    assert newer.lineage == trained.lineage  # so that the champion stays
    done = scoring.score(engine, tmp_path, "churn", DAY + timedelta(days=62), NOW + timedelta(days=62))
    assert done["truths"] == 3 * len(here)
    late = DAY + timedelta(days=31)  # not a day later: the second window in a row that is off: they left at random
    assert {(one["feature"], one["day"]) for one in done["alerts"]} == {("auc", late), ("in_the_large", late)}
    said = state.read(engine, state.prediction_log, model="churn", day=DAY).set_index("subject")
    assert (said["actual"] == pd.Series(left, here["customer_id"]).reindex(said.index).astype(float)).all()
    measured = state.read(engine, state.performance_log, model="churn", day=DAY, estimated=False, segment="")
    assert measured.set_index("metric").loc["auc", "value"] == pytest.approx(
        performance.realised(said["mean"].to_numpy(), said["actual"].to_numpy() == 1).loc["auc", "value"]
    )


def test_only_what_is_new_is_measured_and_what_was_is_the_same(engine, tmp_path, trained, telco, monkeypatch):
    monkeypatch.setattr(performance, "DRAWS", 50)  # behind intervals that nobody looks at
    for late in range(3):
        scoring.score(engine, tmp_path, "churn", DAY + timedelta(days=late), NOW)
    here = telco[~telco["churned"]].reset_index(drop=True)
    left = np.random.default_rng(0).random(len(here)) < 0.2
    later, asked = NOW + timedelta(days=31), []
    keep(tmp_path, "customers", {"customers": here.assign(churned=left)}, now=later)
    for name in ("realised", "estimated"):
        whole = getattr(performance, name)
        monkeypatch.setattr(
            performance, name, lambda *given, name=name, whole=whole: asked.append(name) or whole(*given)
        )
    assert scoring.score(engine, tmp_path, "churn", later.date(), later)["windows"] == 4
    assert sorted(asked) == ["estimated", *["realised"] * 3]  # today's, and the three that came true
    before = state.read(engine, state.performance_log, model="churn")
    asked.clear()
    tomorrow = later + timedelta(days=1)
    assert scoring.score(engine, tmp_path, "churn", tomorrow.date(), tomorrow)["windows"] == 1
    assert asked == ["estimated"]
    after = state.read(engine, state.performance_log, model="churn")
    pd.testing.assert_frame_equal(after[after["day"] < pd.Timestamp(tomorrow.date())].reset_index(drop=True), before)


def test_strangers_bring_no_truth(engine, tmp_path, trained, churn_model):
    scoring.score(engine, tmp_path, "churn", DAY, NOW)
    later = NOW + timedelta(days=31)
    others = customers.generate(300, seed=9)
    stored = keep(tmp_path, "customers", {"customers": others}, now=later)
    assert stored.lineage != trained.lineage
    with pytest.raises(logged.CannotScore, match="train one first"):
        scoring.score(engine, tmp_path, "churn", later.date(), later)
    record = registry.Record("churn", churn_model.learner, "t", "t", stored.version, 300, {}, churn_model.metrics, {})
    registry.keep(engine, tmp_path, record, files.pack(churn_model), files.SUFFIX, later)
    assert scoring.score(engine, tmp_path, "churn", later.date(), later)["truths"] == 0


def test_nothing_chosen_gets_a_sentence(engine, tmp_path):
    with pytest.raises(scoring.CannotScore, match="choose some on the page Data"):
        scoring.score(engine, tmp_path, "sales", DAY, NOW)


@pytest.fixture(scope="module")
def shop():
    return shops.generate(date(2026, 1, 3), years=1, customers=300, products=40)


@pytest.mark.usefixtures("plain_learners")
def test_forecasts_are_kept_sold_days_found_and_the_past_filled_in(engine, tmp_path, shop, monkeypatch):
    monkeypatch.setattr(sales, "WEEKS", 10)
    monkeypatch.setattr(sales, "BEHIND", 4)
    cut = pd.Timestamp("2025-12-06")
    early = {**shop, "sales": shop["sales"][shop["sales"]["timestamp"] < cut + pd.Timedelta(days=1)]}
    stored = keep(tmp_path, "sales", early)
    done = scoring.score(engine, tmp_path, "sales", DAY, NOW)
    assert (done["predictions"], done["truths"]) == (sales.HORIZON, 0)
    said, measured = logs(engine, stored, "sales")
    assert said["day"].nunique() == 10
    known = said[said["actual"].notna()]
    daily = early["sales"][early["sales"]["line_type"].isin(["sale", "return"])]
    sold = (daily["quantity"] * daily["unit_price"]).groupby(daily["timestamp"].dt.normalize()).sum()
    expected = sold.reindex(known["target_day"], fill_value=0.0)
    assert known["actual"].to_numpy() == pytest.approx(expected.to_numpy())
    assert known["target_day"].max() <= cut
    assert (known["day"] < known["target_day"]).all()
    weeks = performance.course(measured, "wape").realised
    assert weeks["day"].dt.day_of_week.eq(6).all()
    assert weeks["value"].between(0, 1.5).all()

    keep(tmp_path, "sales", shop, now=NOW + timedelta(days=1))
    again = scoring.score(engine, tmp_path, "sales", DAY + timedelta(days=1), NOW + timedelta(days=1))
    assert again["truths"] == sales.HORIZON  # all 28 days have come since
    assert again["windows"] >= 4
    monkeypatch.setattr(performance, "sold", lambda *_given: pytest.fail("measured before"))
    assert scoring.score(engine, tmp_path, "sales", DAY + timedelta(days=1), NOW + timedelta(days=1))["windows"] == 0
    kept = state.read(engine, state.prediction_log, model="sales", version=stored.version)
    assert kept["actual"].notna().all()


@pytest.mark.usefixtures("plain_learners")
def test_a_week_is_forecast_from_the_days_before_it(tmp_path, shop):
    stored = keep(tmp_path, "sales", shop)
    last = pd.Timestamp("2025-12-06")
    rows, scale = sales.week(stored, last)
    assert rows["target_day"].tolist() == pd.date_range(end=last, periods=7).tolist()
    goods = shop["sales"][shop["sales"]["line_type"].isin(["sale", "return"])]
    sold = (goods["quantity"] * goods["unit_price"]).groupby(goods["timestamp"].dt.normalize()).sum()
    assert rows["actual"].to_numpy() == pytest.approx(sold.reindex(rows["target_day"], fill_value=0.0).to_numpy())
    off = performance.sold(rows, scale)["value"]
    error, open_ = rows["mean"] - rows["actual"], rows["actual"].sum()
    assert off[["wape", "bias"]].tolist() == pytest.approx([error.abs().sum() / open_, error.sum() / open_])
    known = shop["sales"]["timestamp"] < last - pd.Timedelta(days=6)
    later = {**shop, "sales": shop["sales"].assign(quantity=shop["sales"]["quantity"].where(known, 9.0))}
    other, _scale = sales.week(keep(tmp_path, "sales", later, "other.csv"), last)
    assert other["mean"].to_numpy() == pytest.approx(rows["mean"].to_numpy()), "nothing of the week is known"
    with pytest.raises(CannotForecast):
        sales.week(stored, shop["sales"]["timestamp"].min().normalize() + pd.Timedelta(days=5))


@pytest.mark.usefixtures("plain_learners")
def test_the_past_of_parts_is_filled_in_when_asked_for(engine, tmp_path, shop, monkeypatch):
    monkeypatch.setattr(sales, "PARTS_ORIGINS", 2)
    few = shop["sales"][shop["sales"]["category"].isin(["Bags", "Toys"])].drop(columns="store")
    stored = keep(tmp_path, "sales", {**shop, "sales": few})
    assert scoring.back_fill(engine, "sales", stored, NOW, parts=True)
    _said, measured = logs(engine, stored, "sales")
    assert set(measured["segment"]) == {"category=Bags", "category=Toys"}
