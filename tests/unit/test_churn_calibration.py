"""Risks that are no farther from the rate than held-out customers show them to be: noise, a gym, a file, a price."""

import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from connectors import files as reading
from connectors import mapping
from models.churn import campaign, files, learners, training, whatif
from models.churn.conformal import UNCLEAR
from models.churn.model import alike, sigmoid
from models.churn.preparation import prepare, ranks_auc
from models.churn.value import Terms
from tests import businesses

pytestmark = pytest.mark.xdist_group("churn")
TERMS = Terms(900, 60, 0.3)


def noise(seed, rows=3_000):
    """Customers of whom 20 % leave, whoever they are."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "customer_id": [f"{seed}-{number}" for number in range(rows)],
            "tenure": rng.integers(0, 72, rows),
            "visits": rng.poisson(4, rows),
            "balance": rng.normal(size=rows),
            "shop": rng.choice(list("abcdef"), rows),
            "churned": rng.random(rows) < 0.2,
        }
    )


@pytest.fixture(scope="module")
def by_chance():
    """A model of noise."""
    return training.fit(prepare(noise(1)), "xgboost")


def test_noise_is_told_the_rate(by_chance):
    fresh = noise(2)
    told = by_chance.predict_proba(fresh)[:, 1]
    assert abs(ranks_auc(by_chance.held_out.probability, by_chance.held_out.left) - 0.5) < 0.03
    assert np.abs(told - 0.2).mean() < 0.02
    assert np.abs(by_chance.held_out.probability - 0.2).mean() < 0.02
    assert by_chance.held_out.probability.mean() == pytest.approx(by_chance.held_out.left.mean(), abs=1e-5)
    lo, hi = np.percentile(whatif.band(by_chance, by_chance.coding.encode(fresh)), (5, 95), axis=0)
    assert ((lo < 0.22) & (hi > 0.18)).mean() > 0.95
    assert (by_chance.confidence(by_chance.coding.encode(fresh)).verdict == UNCLEAR).mean() > 0.5


def test_the_league_measures_risks_as_they_are_used(monkeypatch):
    """Of noise the best risk is the rate: told plainly, gradient boosting would have a Brier score of 0.175."""
    monkeypatch.setattr(training, "REPEATS", 1)
    prepared = prepare(noise(1, 2_000))
    _prepared, league = training.compare(prepared, compared=("logistic", "xgboost"))
    rate = prepared.left.mean()
    for one in league.itertuples():
        assert one.brier == pytest.approx(rate * (1 - rate), abs=0.001)
        assert one.ece < one.by_chance + 0.01


def test_the_calibration_error_by_chance_is_that_of_right_risks():
    rng = np.random.default_rng(3)
    risk = rng.beta(1, 9, 4_000)
    many = [rng.random(4_000) < risk for _draw in range(300)]
    seen = np.mean([training.calibration_error(risk, left) for left in many])
    assert training.by_chance(risk, many[0]) == pytest.approx(seen, rel=0.05)
    assert training.calibration_error(risk + 0.05, many[0]) == pytest.approx(0.05, abs=0.01)
    drawn = []  # of every leaver and of a tenth of the others
    for left in many:
        kept = left | (rng.random(4_000) < 0.1)
        weight = np.where(left, 1.0, (~left).sum() / (kept & ~left).sum())[kept]
        found = training.calibration_error(risk[kept], left[kept], weight)
        drawn.append((found, training.by_chance(risk[kept], left[kept], weight)))
    told, chance = np.mean(drawn, axis=0)
    assert chance == pytest.approx(told, rel=0.1)


def test_a_list_of_noise_promises_what_it_brings(by_chance):
    scores = campaign.callable_customers(by_chance, noise(3).drop(columns="churned"))
    for offer in (30, 45):  # a fifth of 270 is more: nearly everybody is worth a call
        found = campaign.returns(scores, Terms(900, offer, 0.3))
        assert found.best > 2_000
        assert found.lo[found.best] <= (270 * 0.2 - offer) * found.best <= found.hi[found.best]
    assert campaign.returns(scores, TERMS).profit.max() < 1_000  # and 60 is more than that: nobody is


def test_reasons_of_calibrated_risks_sum_up(by_chance):
    row = noise(4, 50)
    assert by_chance.fitted.slope < 0.5
    why = by_chance.explain(row.iloc[0])
    assert why.base + why.contributions.sum() == pytest.approx(why.log_odds)
    assert why.probability == pytest.approx(by_chance.predict_proba(row)[0, 1], abs=1e-5)


def test_those_called_first_are_told_their_risk(monkeypatch):
    """Learned from the file of a small gym, held against the true risks of 20,000 others."""
    monkeypatch.setattr(training, "RESAMPLED", 2)  # the band is not the point
    (learned, _known), (others, truth) = businesses.gym(1_500, 1, 0.12), businesses.gym(20_000, 101, 0.12)
    prepared = prepare(uploaded(learned))
    free = replace(prepared, coding=replace(prepared.coding, freed=("tenure",)))  # members of long standing leave more
    model = training.fit(free, "xgboost", seed=1)
    told = model.predict_proba(uploaded(others))[:, 1]
    order, called = np.argsort(-told, kind="stable"), (270 * told > 60).sum()
    for first in (order[:1_000], order[:called]):  # the riskiest twentieth, and whom a call pays
        error = np.sqrt((truth[first] * (1 - truth[first])).sum() * len(truth) / len(learned)) / len(first)
        assert abs(told[first].mean() - truth[first].mean()) < 2 * error


def uploaded(raw):
    read = reading.read("gym.csv", raw.to_csv(index=False).encode(), limit_bytes=10**8)
    now = datetime(2026, 1, 5, tzinfo=UTC)
    return mapping.apply(read, "customers", mapping.guess(read.frame, "customers"), now, "gym").main


@pytest.mark.parametrize(("slope", "found"), [(0.6, 0.6), (0.0, 0.0), (1.5, 1.0), (-0.5, 0.0)])
def test_the_slope_is_that_of_the_simulation_from_nothing_to_one(slope, found):
    rng = np.random.default_rng(0)
    said = rng.normal(-3, 1.5, 40_000)
    left = rng.random(40_000) < sigmoid(-0.5 + slope * said)
    level, read = learners.calibration(said, left)
    assert read == pytest.approx(found, abs=0.05)
    assert sigmoid(level + read * said).mean() == pytest.approx(left.mean(), rel=1e-4)
    if slope == 0.6:
        assert level == pytest.approx(-0.5, abs=0.1)


def test_a_model_file_keeps_the_calibration_and_an_older_one_says_it_plainly(by_chance):
    model = by_chance
    fresh = by_chance.coding.encode(noise(5, 200))
    content = files.pack(model)
    again = files.unpack(content)
    for one, other in ((again.fitted, model.fitted), (again.ensemble, model.ensemble)):
        assert np.array_equal(one.level, other.level)
        assert np.array_equal(one.slope, other.slope)
        assert (one.log_odds(fresh) == other.log_odds(fresh)).all()
    older = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as kept, zipfile.ZipFile(older, "w") as written:
        for name in kept.namelist():
            held = kept.read(name)
            if name in ("levels.npy", "slopes.npy"):
                continue
            if name == "model.json":
                about = json.loads(held)
                del about["level"], about["slope"]
                held = json.dumps(about).encode()
            written.writestr(name, held)
    plain = files.unpack(older.getvalue())
    assert (plain.fitted.log_odds(fresh) == model.fitted.model.log_odds(fresh)).all()
    assert (plain.ensemble.log_odds(fresh) == model.ensemble.model.log_odds(fresh)).all()


def test_equal_risks_are_alike_however_the_table_is_sorted():
    left = np.arange(2_000) < 400
    share, _count = alike(np.full(2_000, 0.2), left, np.array([0.2]))
    assert share.tolist() == pytest.approx([0.2])


def test_revenue_of_few_prices_is_money_not_codes(monkeypatch):
    monkeypatch.setattr(training, "RESAMPLED", 2)  # the band is not the point
    customers = noise(6, 1_200)
    price = np.where(customers["shop"] < "d", 9.99, 19.99)
    customers = customers.assign(monthly_charges=price, plan=np.where(np.arange(1_200) % 3 > 0, "long", "short"))
    model = training.fit(prepare(customers), "logistic")
    assert "monthly_charges" in model.coding.levels
    matrix, members = model.coding.encode(customers), np.arange(1_200) < 900
    found = campaign.portfolio(model, matrix, members, 1.0, whatif.Move("plan", "long"), TERMS)
    assert found.revenue[0] == pytest.approx(((1 - model.probability(matrix)) * price)[members].sum())
