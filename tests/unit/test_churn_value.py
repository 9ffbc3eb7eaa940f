"""What predictions are worth, whom to call, and how to prove it: each figure against another way to get it."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import confusion_matrix, precision_recall_curve

from models.churn import campaign, value, whatif
from models.churn.value import Terms

pytestmark = pytest.mark.xdist_group("churn")
TERMS = Terms(900, 60, 0.3)


@pytest.fixture(scope="module")
def said():
    rng = np.random.default_rng(1)
    probability = rng.beta(1, 3, 4_000).round(3)
    return probability, rng.random(4_000) < probability


def test_the_ranking_has_the_curves_of_the_textbook(said):
    probability, left = said
    ranked = value.ranking(probability, left)
    precision, recall, cuts = precision_recall_curve(left, probability)
    assert ranked["threshold"].tolist() == cuts[::-1].tolist()
    assert ranked["precision"].to_numpy() == pytest.approx(precision[:-1][::-1])
    assert ranked["recall"].to_numpy() == pytest.approx(recall[:-1][::-1])
    assert ranked["lift"].iloc[-1] == pytest.approx(1)
    assert (np.diff(value.found_among(ranked, np.linspace(0, 1, 21))) >= 0).all()


def test_the_best_cut_off_is_the_best_that_can_be_set(said):
    probability, left = said
    ranked = value.ranking(probability, left)
    best, most = value.best(ranked, TERMS)
    every = [value.worth(value.confusion(probability, left, cut), TERMS).sum() for cut in np.arange(101) / 100]
    assert most == pytest.approx(max(every))
    assert value.worth(value.confusion(probability, left, best), TERMS).sum() == pytest.approx(most)
    assert most > value.worth(value.confusion(probability, left, 0.5), TERMS).sum()
    counts = value.confusion(probability, left, 0.5)
    assert counts.tolist() == confusion_matrix(left, probability >= 0.5).tolist()


@pytest.mark.parametrize(("riskiest", "least", "most"), [(0.18, 0, 0.06), (0.35, 0.9, 1)])  # 0.22 pays for a call
def test_calls_are_only_said_to_pay_where_they_do(riskiest, least, most):
    rng = np.random.default_rng(1)
    told = 0
    for _bank in range(100):
        risk = rng.uniform(0.01, riskiest, 500)
        told += value.best(value.ranking(risk, rng.random(500) < risk), TERMS)[1] > 0
    assert least <= told / 100 <= most


def test_terms_at_their_ends_are_valid(said):
    ranked = value.ranking(*said)
    assert value.best(ranked, Terms(900, 60, 0.0))[1] == 0
    assert value.best(ranked, Terms(900, 0, 1.0))[1] == pytest.approx(900 * said[1].sum())
    counts = value.confusion(*said, 0.2)
    assert value.break_even(counts, Terms(900, 0, 1.0)) == 0
    assert value.break_even(counts, Terms(0, 60, 0.3)) == float("inf")
    tornado = value.tornado(counts, Terms(900, 0, 1.0))
    assert set(tornado["term"]) == {"value", "offer", "saved"}


def test_at_the_break_even_rate_the_calls_pay_for_themselves(said):
    counts = value.confusion(*said, 0.3)
    rate = value.break_even(counts, TERMS)
    assert value.worth(counts, Terms(900, 60, rate)).sum() == pytest.approx(0)
    bars = value.tornado(counts, TERMS)
    assert (bars["hi"] - bars["lo"]).abs().is_monotonic_decreasing


def test_reliability_and_segments_find_what_is_wrong(said):
    probability, left = said
    groups = value.reliability(probability, left)
    assert groups["customers"].sum() == len(left)
    assert ((groups["forecast"] >= groups["lo"]) & (groups["forecast"] <= groups["hi"])).sum() >= 8
    segment = pd.Series(np.where(np.arange(len(left)) % 4, "usual", "misjudged"))
    wrong = np.where(segment == "misjudged", np.clip(probability + 0.15, 0, 1), probability)
    served = value.by_segment(wrong, left, segment).set_index("level")
    assert served["worse"].to_dict() == {"misjudged": True, "usual": False}
    blind = np.where(segment == "misjudged", np.random.default_rng(0).permutation(probability), probability)
    assert value.by_segment(blind, left, segment).set_index("level")["worse"].to_dict()["misjudged"]


def test_returns_are_sums_over_the_list(churn_model, telco):
    scores = campaign.callable_customers(churn_model, telco)
    assert not telco["churned"].iloc[scores.place].any()
    assert (np.diff(scores.probability) <= 0).all()
    held_out = pd.Series(churn_model.held_out.probability, churn_model.held_out.customer)
    assert held_out[scores.customer].to_numpy() == pytest.approx(scores.probability)
    found = campaign.returns(scores, TERMS)
    for calls in (0, 1, 10, len(scores.place)):
        assert found.profit[calls] == pytest.approx(270 * scores.probability[:calls].sum() - 60 * calls)
    assert found.best == (270 * scores.probability > 60).sum()
    assert (found.lo <= found.profit).all()
    assert (found.hi >= found.profit).all()
    assert found.random[-1] == pytest.approx(found.profit[-1])


def test_a_sampled_band_is_close_to_the_whole_one(churn_model, telco, monkeypatch):
    whole = campaign.returns(campaign.callable_customers(churn_model, telco), TERMS)
    monkeypatch.setattr(campaign, "SAMPLED", 400)
    sampled = campaign.returns(campaign.callable_customers(churn_model, telco), TERMS)
    assert (sampled.profit == whole.profit).all()
    width = (whole.hi - whole.lo)[whole.best]
    assert abs(sampled.hi[whole.best] - whole.hi[whole.best]) < 0.3 * width
    assert abs(sampled.lo[whole.best] - whole.lo[whole.best]) < 0.3 * width


def campaigns(seed, learned, listed=300):
    """A list scored by a simple model that knows groups of customers, and who leaves of it: whether each band held.

    The model has the shares of `learned` customers; resampled ones those of the same customers drawn again.
    """
    rng = np.random.default_rng(seed)
    truth = rng.beta(1.2, 3, 12)  # the risk of each group
    groups = rng.integers(0, 12, learned)
    left = rng.random(learned) < truth[groups]

    def shares(rows):
        size = np.bincount(groups[rows], minlength=12)
        return (np.bincount(groups[rows], left[rows], minlength=12) + 0.5) / (size + 1)

    customers = rng.integers(0, 12, listed)
    risks = shares(np.arange(learned))[customers]
    order = np.argsort(-risks, kind="stable")
    resampled = np.array([shares(rng.integers(0, learned, learned))[customers[order]] for _model in range(30)])
    ranks, leavers = campaign.drawn(risks[order], np.arange(listed), resampled, seed)
    gone = rng.random(listed) < truth[customers[order]]
    return campaign.Scores(order, order, risks[order], ranks, leavers), gone


@pytest.fixture
def coarse(monkeypatch):
    """A third of the draws, at a third of the places of a list."""
    monkeypatch.setattr(campaign, "DRAWS", 300)
    monkeypatch.setattr(campaign, "RANKS", 100)


@pytest.mark.usefixtures("coarse")
def test_nine_campaigns_in_ten_end_within_their_band():
    held, narrow = [], []
    for seed in range(200):
        scores, gone = campaigns(seed, 500)
        found = campaign.returns(scores, TERMS)
        calls = max(found.best, 60)
        earned = 270 * gone[:calls].sum() - 60 * calls
        held.append(found.lo[calls] <= earned <= found.hi[calls])
        chance = 1.645 * 270 * np.sqrt((scores.probability * (1 - scores.probability))[:calls].sum())
        narrow.append(abs(earned - found.profit[calls]) <= chance)
    assert np.mean(held) == pytest.approx(0.9, abs=0.03)
    assert np.mean(narrow) < 0.87  # chance alone, without how unsure the risks are, promises too much


@pytest.mark.usefixtures("coarse")
def test_an_unsure_effect_of_the_offer_is_in_the_band():
    held, without = [], []
    for seed in range(200):
        scores, gone = campaigns(seed, 4_000)
        plain, found = campaign.returns(scores, TERMS), campaign.returns(scores, TERMS, unsure=0.15, seed=seed)
        calls = max(found.best, 60)
        saved = np.clip(np.random.default_rng(seed + 10_000).normal(0.3, 0.15 / 1.645), 0, 1)
        earned = saved * 900 * gone[:calls].sum() - 60 * calls
        held.append(found.lo[calls] <= earned <= found.hi[calls])
        without.append(plain.lo[calls] <= earned <= plain.hi[calls])
    assert np.mean(held) == pytest.approx(0.9, abs=0.04)
    assert np.mean(without) < 0.75


def test_scoring_in_chunks_changes_nothing_and_bad_rows_are_left_out(churn_model, telco, monkeypatch):
    odd = telco.drop(columns="churned").astype({"tenure": object})
    odd.loc[5, "tenure"], odd.loc[6, "contract"] = "soon", "Five years"
    whole = campaign.score(churn_model, odd)
    monkeypatch.setattr(campaign, "CHUNK", 700)
    told = []
    assert campaign.score(churn_model, odd, told.append).equals(whole)
    assert told == [start / len(odd) for start in range(0, len(odd), 700)]
    assert whole["unknown"].to_numpy().nonzero()[0].tolist() == [5, 6]
    assert not {5, 6} & set(campaign.callable_customers(churn_model, odd).place)
    assert len(campaign.callable_customers(churn_model, odd.head(0)).place) == 0


def test_reasons_and_offers_are_those_of_the_model(churn_model, telco):
    matrix = churn_model.coding.encode(telco.head(60))
    why = campaign.reasons(churn_model, matrix, 2)
    for row, columns in zip(matrix, why, strict=True):
        parts = pd.Series(churn_model.fitted.contributions(row[None])[0, :-1], churn_model.coding.columns)
        wanted = [column for column in parts.nlargest(2).index if parts[column] > 0]
        assert columns == wanted
    moves = [whatif.Move("contract", "Two year", 40.0), whatif.Move(whatif.DISCOUNT, 0.1)]
    best = campaign.best_offers(churn_model, matrix, moves, TERMS)
    for place, row in enumerate(matrix[:25]):
        worth = {-1: 0.0}
        for number, move in enumerate(moves):
            plan = next(iter(whatif.plans(churn_model, row, [move])[1:]), None)
            if plan:
                worth[number] = 270 * (churn_model.probability(row[None])[0] - plan.risk) - plan.cost
        assert best["worth"][place] == pytest.approx(max(worth.values()), abs=1e-6)


def test_the_move_that_is_worth_most_for_a_group_earns_most_if_all_of_it_is_moved(churn_model, telco):
    offered = whatif.offers(churn_model, ["contract", "tech_support"])[::-1]  # the order says nothing
    for name in ("Month-to-month", "Two year"):
        group = telco[telco["contract"] == name].head(campaign.ASKED)
        matrix = churn_model.coding.encode(group)
        everyone = np.ones(len(matrix), bool)
        profit = [campaign.portfolio(churn_model, matrix, everyone, 1.0, move, TERMS).profit[0] for move in offered]
        assert campaign.best_move(churn_model, matrix, offered, TERMS) == np.argmax(profit)
        assert max(profit) > min(profit)


def test_moving_a_part_is_that_part_of_moving_all(churn_model, telco):
    matrix = churn_model.coding.encode(telco)
    members = (telco["contract"] == "Month-to-month").to_numpy()
    move = whatif.Move("contract", "One year", 25.0)
    whole = campaign.portfolio(churn_model, matrix, members, 1.0, move, TERMS)
    part = campaign.portfolio(churn_model, matrix, members, 0.2, move, TERMS)
    none = campaign.portfolio(churn_model, matrix, members, 0.0, move, TERMS)
    assert none.churn[0] == none.churn[1]
    assert part.churn[1] - part.churn[0] == pytest.approx(0.2 * (whole.churn[1] - whole.churn[0]))
    assert part.profit[0] == pytest.approx(0.2 * whole.profit[0])
    now = churn_model.probability(matrix[members])
    then = churn_model.probability(campaign.moved(churn_model, matrix[members], move)[0])
    assert whole.churn[1] - whole.churn[0] == pytest.approx(0.3 * (then - now).sum())
    assert whole.churn[2] <= whole.churn[1] - whole.churn[0] <= whole.churn[3]
    assert whole.customers == members.sum()


def test_a_hold_out_of_that_size_has_that_power():
    rate, saved, called = 0.45, 0.3, 1_600
    kept = campaign.holdout(rate, saved, called)
    rng = np.random.default_rng(0)
    left_alone, others = rng.binomial(kept, rate, 4_000), rng.binomial(called - kept, rate * (1 - saved), 4_000)
    pooled = (left_alone + others) / called
    error = np.sqrt(pooled * (1 - pooled) * (1 / kept + 1 / (called - kept)))
    seen = np.abs(left_alone / kept - others / (called - kept)) / error > 1.96
    assert seen.mean() == pytest.approx(0.8, abs=0.03)
    assert campaign.holdout(0.01, 0.1, 100) is None
    assert campaign.holdout(0.5, 0.0, 10_000) is None
