"""The worst slices: a planted one is found and named, and where nothing is wrong nothing is claimed."""

import numpy as np
import pandas as pd
import pytest

import locales
from models.churn import conformal, slices
from models.churn.model import LEAVE, STAY
from models.churn.slices import CALL, RISK, VERDICT

PLANTED = {("contract", "One year"), ("payment_method", "Mailed check")}


def held_out(seed, planted, count=6_000):
    """Customers with true risks, told rightly but for one-year contracts paid by cheque (8 % said, about 19 % left)."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "contract": rng.choice(["Month-to-month", "One year", "Two year"], count),
            "payment_method": rng.choice(["Credit card", "Mailed check", "Bank transfer"], count),
            "internet_service": rng.choice(["DSL", "Fiber optic", "No"], count),
            "senior_citizen": rng.random(count) < 0.2,
            "tenure": rng.integers(0, 72, count).astype(float),
            "monthly_charges": rng.normal(70, 20, count),
            "region": rng.choice(list("abcdef"), count),
        }
    )
    said = rng.beta(1, 4, count)
    wrong = (table["contract"] == "One year") & (table["payment_method"] == "Mailed check")
    said[wrong] *= 0.4
    truth = np.clip(said + 0.11 * planted * wrong.to_numpy(), 0, 1)
    return table, said, rng.random(count) < truth


def worst(seed, planted):
    table, said, left = held_out(seed, planted)
    possible, called = np.random.default_rng(seed).random(len(left)) < 0.8, np.ones(len(left), bool)
    return slices.worst(table, said, left, possible, 0.8, called, seed)


def test_a_planted_slice_is_found_and_said_as_it_is():
    hits = []
    for seed in range(10):
        named = [one for one in worst(seed, planted=True) if one.kind == RISK]
        hits.append(any(set(one.levels) == PLANTED for one in named))
        if seed == 0:
            assert named[0].expected == pytest.approx(0.08, abs=0.02)
            assert named[0].observed == pytest.approx(0.19, abs=0.05)
            assert named[0].lo < named[0].observed < named[0].hi
    assert np.mean(hits) >= 0.9


def test_where_nothing_is_wrong_nothing_is_claimed():
    assert np.mean([bool(worst(seed, planted=False)) for seed in range(80)]) <= 0.05


def test_rare_leavers_are_no_proof_where_nothing_is_wrong():
    """One in a hundred leaves: in a group of forty two who left are chance, whatever a normal curve says of them."""
    named = []
    for seed in range(60):
        table, said, _left = held_out(seed, planted=False)
        said = 0.06 * said
        left = np.random.default_rng(seed).random(len(said)) < said
        possible, called = np.random.default_rng(-seed % 997).random(len(said)) < 0.8, np.ones(len(said), bool)
        named.append(bool(slices.worst(table, said, left, possible, 0.8, called, seed)))
    assert np.mean(named) <= 0.05


def test_chance_is_that_of_the_exact_sum():
    """The distribution of a sum of unequal chances, one factor after the other."""
    for risks in (
        np.random.default_rng(0).beta(1, 40, 60),
        np.random.default_rng(1).beta(1, 4, 300),
        np.full(50, 0.75),
    ):
        exact = np.ones(1)
        for risk in risks:
            exact = np.convolve(exact, [1 - risk, risk])
        seen = np.arange(len(risks) + 1.0)
        mean, variance = np.full(len(seen), risks.sum()), np.full(len(seen), (risks * (1 - risks)).sum())
        few, many = np.cumsum(exact), np.cumsum(exact[::-1])[::-1]
        likely = np.minimum(few, many) > 1e-3
        assert slices._pvalue(VERDICT, seen, mean, variance)[likely] == pytest.approx(few[likely], rel=0.1)
        both = np.minimum(2 * np.minimum(few, many), 1)
        assert slices._pvalue(RISK, seen, mean, variance)[likely] == pytest.approx(both[likely], rel=0.1)
    assert slices._pvalue(CALL, np.array([0.0, 9]), np.array([0.0, 9]), np.zeros(2)) == pytest.approx([1, 1])


def test_groups_with_fewer_verdicts_or_calls_are_found():
    table, said, left = held_out(1, planted=False)
    two = (table["contract"] == "Two year").to_numpy()
    rng = np.random.default_rng(1)
    possible = rng.random(len(left)) < np.where(two, 0.4, 0.9)
    found = slices.worst(table, said, left, possible, 0.8, np.ones(len(left), bool))
    assert [(one.kind, one.levels) for one in found] == [(VERDICT, (("contract", "Two year"),))]
    called = rng.random(len(left)) < np.where(two, 0.1, 0.6)
    assert {one.kind for one in slices.worst(table, said, left, np.ones(len(left), bool), 0.8, called)} == {CALL}


def test_odd_tables_are_no_obstacle():
    table, said, left = held_out(2, planted=False, count=60)
    possible, called = conformal.verdict(said, left, said) != np.where(left, STAY, LEAVE), said > 0.5
    assert slices.worst(table, said, left, possible, 0.8, called) == []
    assert slices.worst(table[[]], said, left, possible, 0.8, called) == []
    blank = table.assign(contract=None, region=[None, *table["region"][1:]])
    assert slices.worst(blank, said, np.zeros(60, bool), possible, 0.8, called) == []


def test_bands_of_numbers_that_differ_late_are_told_apart():
    table, forecast, left = held_out(3, planted=False, count=800)
    phone = 447_000_000_000 + np.random.default_rng(1).integers(0, 10**9, 800)
    coded = slices._levels(pd.Series(phone.astype(float), name="phone"))
    assert len(coded.categories) == slices.BANDS
    assert np.bincount(coded.codes).min() >= 800 / slices.BANDS - 5
    with locales.using("fr"):
        assert slices._levels(pd.Series(np.arange(40) / 40)).categories[0] == "≤ 0,244"
    whole = slices.worst(table.assign(phone=phone), forecast, left, left, 0.8, left)
    assert isinstance(whole, list)
