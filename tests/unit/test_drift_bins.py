"""Frozen bins: cut by the reference alone, every row in exactly one, the same after a round trip."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from models.drift import bins


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
