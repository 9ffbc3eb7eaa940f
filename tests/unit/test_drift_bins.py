"""Frozen bins: cut by the reference alone, every row in exactly one, the same after a round trip."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from models import drift
from models.drift import bins, explain, measures


def test_edges_are_deciles_of_the_reference_closed_on_the_right():
    cut = bins.freeze(pd.Series(np.arange(1.0, 101)))
    assert cut.edges == pytest.approx(np.quantile(np.arange(1.0, 101), np.arange(1, 10) / 10))
    assert cut.counts == (10,) * 10 + (0,)
    at_edges = pd.Series([cut.edges[0], np.nextafter(cut.edges[0], 99), -1e9, 1e9, np.nan])
    assert cut.place(at_edges).tolist() == [0, 1, 0, 9, 10]


def test_duplicate_edges_are_dropped():
    cut = bins.freeze(pd.Series([0.0] * 700 + list(range(1, 301))))
    assert len(cut.edges) == len(set(cut.edges)) == 4
    assert sum(cut.counts) == 1000


def test_few_values_have_a_bin_each_and_others_one_together():
    cut = bins.freeze(pd.Series([0, 1, 1, 2, 2, 2]))
    assert cut.counts == (1, 2, 3, 0, 0)
    assert cut.place(pd.Series([2, 0.5, 7, np.nan])).tolist() == [2, 3, 3, 4]


def test_rare_new_and_missing_levels_are_kept_apart():
    frequent = [f"level {n}" for n in range(bins.OWN_BIN) for _ in range(5)]
    cut = bins.freeze(pd.Series([*frequent, "rare", "rare", "rarer", None]))
    assert (cut.counts[-3:], cut.once) == ((3, 0, 1), 1)
    assert cut.expected(cut.count(pd.Series(["new"] * 100)))[-3:].tolist() == [2, 1, 1]  # as many are met a first time
    assert cut.expected(np.array([*cut.counts]))[-3:].tolist() == [3, 0, 1]
    assert cut.place(pd.Series(["rare", "new", None, "level 0"])).tolist() == [20, 21, 22, cut.levels.index("level 0")]
    assert bins.freeze(pd.Series([True, False, True])).levels == ("True", "False")


@given(some.lists(some.one_of(some.floats(allow_nan=True, allow_infinity=False), some.none()), min_size=1), some.data())
def test_every_row_has_one_bin_and_json_keeps_them(values, data):
    column = pd.Series(values, dtype=float)
    cut = bins.freeze(column)
    again = bins.read(json.loads(json.dumps(cut.plain())))
    other = pd.Series(data.draw(some.lists(some.floats(), max_size=30)), dtype=float)
    assert sum(cut.counts) == len(column)
    assert cut.count(other).sum() == len(other)
    assert (cut.place(other) == again.place(other)).all()


def test_a_value_with_more_than_a_bin_s_share_is_a_bin_of_its_own():
    draw = np.random.default_rng(0)
    for mass in (100.0, 50.0):  # the greatest value, and one inside
        spread = draw.uniform(0, 100, 8000)
        cut = bins.freeze(pd.Series(np.r_[spread[:800], np.full(9200, mass)]))
        now = cut.count(pd.Series(np.r_[spread[:6000], np.full(4000, mass)]))
        alone = np.argmax(cut.counts)
        assert cut.counts[alone] == 9200
        assert now[alone] == pytest.approx(4000, abs=1)
        # Two bins tell it all: at the value, and anywhere else.
        assert measures.psi(np.array(cut.counts), now) > (0.92 - 0.4) * np.log(0.92 / 0.4)
        assert {move.kind for move in explain.moves(cut, np.array(cut.counts), now) if move.before > 0.9} == {"value"}


def test_rare_levels_are_told_apart_in_a_second_view():
    names = pd.Series([f"product {rank}" for rank in range(300)])
    weight = 1 / np.arange(10, 310)
    reordered = np.r_[weight[:20], weight[:19:-1]]
    then, now = (names.repeat((share / share.sum() * 100_000).astype(int)) for share in (weight, reordered))
    found = drift.report(then.to_frame("x"), now.to_frame("x")).iloc[0]
    shares = [side.value_counts(normalize=True).reindex(names).to_numpy() for side in (then, now)]
    exact = 2 * ((shares[1] - shares[0]) ** 2 / (shares[0] + shares[1])).sum()
    assert found["psi"] < 0.001
    assert found["rest"] == pytest.approx(exact, abs=0.01)
    assert found["drifted"] == (exact > 0.3)
    cut = bins.freeze(then)
    counts = np.array(cut.counts), cut.count(now)
    said = explain.sentence("product", explain.most("product", cut, *counts, noise=0.05))
    assert said == "Product: the rarer ones have changed places among themselves; the most frequent ones are as before."
    again = bins.read(json.loads(json.dumps(cut.plain())))
    assert again.apart(cut.count_levels(*bins.tally(then), apart=True)).sum() == len(then)
    assert np.bincount(again.place(then, apart=True), minlength=cut.width)[20:-2].tolist() == list(cut.rest)
