"""The drift engine against numbers that others published, against scipy, and on input that is broken."""

from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy import stats

from models import drift
from models.drift import bins, explain, measures
from models.drift.measures import KsResult
from models.drift.ordered import Ordered

NUMBERS = some.lists(some.floats(-1e6, 1e6), min_size=1, max_size=600)
WHOLE = some.lists(some.integers(-5, 5).map(float), min_size=1, max_size=600)


@pytest.fixture(scope="module")
def published() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The data of feature_engine's tests of DropHighPSIFeatures, in its two halves."""
    from sklearn.datasets import make_classification

    made, _ = make_classification(
        n_samples=1000, n_features=6, n_redundant=2, n_clusters_per_class=1, weights=[0.5], class_sep=2, random_state=1
    )
    frame = pd.DataFrame(made, columns=[f"var_{place}" for place in range(6)])
    frame["cat_1"] = ["A", "B"] * 500
    frame["drift_1"] = np.arange(1000)
    frame["drift_2"] = frame["drift_1"] / 2
    frame["drift_cat_1"] = pd.Series(["A"] * 500 + ["B"] * 500).astype("category")
    return frame[:500], frame[500:]


def test_psi_is_what_feature_engine_and_probatus_publish(published):
    expected = {
        "var_0": 0.043828484052281,
        "var_1": 0.040929870747665395,
        "var_2": 0.04330418495156895,
        "var_3": 0.03773286532548153,
        "var_4": 0.05047388515663041,
        "var_5": 0.014717735595712466,
        "drift_1": 8.283089355027482,
        "drift_2": 8.283089355027482,
        "cat_1": 0.0,
        "drift_cat_1": 18.41883867587797,
    }
    assert {name: drift.psi(*(side[name] for side in published)) for name in expected} == pytest.approx(
        expected, rel=1e-12
    )
    found = drift.report(*published).set_index("column")["psi"]
    assert found[list(expected)].to_dict() == pytest.approx(expected, rel=1e-12)


def test_psi_its_limit_and_its_p_value_are_those_of_psi_inference():
    base, target = np.array([253, 302, 204, 134, 72, 26, 8]), np.array([177, 262, 285, 158, 88, 25, 6])
    value = measures.psi(base, target)
    rows = np.array(base.sum()), np.array(target.sum())
    assert value == pytest.approx(0.06769298845, rel=1e-9)
    assert measures.noise(7, *rows) == pytest.approx(0.0251832, rel=1e-5)
    assert measures.noise_pvalue(value, 7, *rows) == pytest.approx(7.2026e-06, rel=1e-3)


def test_the_noise_limit_is_exceeded_once_in_twenty_where_nothing_changes():
    draw = np.random.default_rng(0)
    shares = np.full(10, 0.1)
    then, now = draw.multinomial(5000, shares, 4000), draw.multinomial(800, shares, 4000)
    over = measures.psi(then, now) > measures.noise(10, np.array(5000), np.array(800))
    assert over.mean() == pytest.approx(0.05, abs=0.015)


@settings(max_examples=150, deadline=None)
@given(some.one_of(some.tuples(NUMBERS, NUMBERS), some.tuples(WHOLE, WHOLE)))
def test_ks_is_exact(sides):
    found = drift.ks(*sides)
    known = stats.ks_2samp(*sides, method="exact")
    assert found.statistic == pytest.approx(known.statistic, abs=1e-12)
    assert found.pvalue == pytest.approx(known.pvalue, rel=1e-9)


@pytest.mark.parametrize("shift", [0.0, 0.005, 0.3])
def test_ks_of_many_rows_is_exact_too(shift):
    draw = np.random.default_rng(1)
    sides = draw.normal(0, 1, 60_000), np.round(draw.normal(shift, 1, 45_000), 2)
    found, known = drift.ks(*sides), stats.ks_2samp(*sides, method="asymp")
    assert found.statistic == pytest.approx(known.statistic, abs=1e-12)
    assert found.pvalue == pytest.approx(known.pvalue, rel=0.0065, abs=1e-10)


def test_other_measures_agree_with_scipy():
    draw = np.random.default_rng(2)
    then, now = draw.gamma(2, 1, 4000), draw.gamma(2.3, 1, 3000)
    distance = measures.wasserstein(Ordered(then), Ordered(now), float(then.std()))
    assert distance == pytest.approx(stats.wasserstein_distance(then, now) / then.std(), rel=0.01)
    counts = np.array([[50, 30, 20, 0], [20, 30, 40, 5]])
    statistic, pvalue, cramers_v = measures.chi_square(*counts)
    known = stats.chi2_contingency(counts)
    assert (statistic, pvalue) == pytest.approx((known.statistic, known.pvalue))
    assert cramers_v == pytest.approx(stats.contingency.association(counts, method="cramer"))
    from scipy.spatial.distance import jensenshannon

    assert measures.jensen_shannon(*counts) == pytest.approx(jensenshannon(*counts, base=2))
    pvalues = draw.random(30) ** 3
    assert measures.benjamini_hochberg(pvalues) == pytest.approx(stats.false_discovery_control(pvalues))
    with_gap = measures.benjamini_hochberg(np.array([0.01, np.nan, 0.04]))
    assert with_gap == pytest.approx([0.02, np.nan, 0.04], nan_ok=True)


def test_what_blinds_others_is_seen():
    draw = np.random.default_rng(3)
    then, now = draw.normal(0, 1, 10_000), draw.normal(1, 1, 10_000)
    shifted = drift.psi(then, now)
    assert shifted > 0.9
    assert drift.psi(then, np.r_[now[:-1], 1e6]) == pytest.approx(shifted, rel=0.01)  # one outlier hides nothing
    gone = pd.Series(draw.normal(0, 1, 10_000)).where(draw.random(10_000) > 0.9)
    assert drift.psi(then, gone) > 2
    assert drift.psi(["a"] * 100, ["a"] * 100) == 0
    wild = drift.report(pd.DataFrame({"x": then}), pd.DataFrame({"x": np.r_[then[:-1], 1e6]})).iloc[0]
    assert wild["bad_row"] == 1e6
    assert not wild["drifted"]


def test_a_report_says_which_bins_moved_and_what_was_never_seen():
    then = pd.DataFrame({"orders": np.arange(1000.0), "shop": ["north", "south"] * 500})
    now = pd.DataFrame({"orders": np.r_[np.arange(500.0), np.full(500, 2000.0)], "shop": ["north", "east"] * 500})
    found = drift.report(then, now).set_index("column")
    top = found.loc["orders", "moved"][-1]
    assert (top.kind, top.before, top.now) == ("over", 0.1, 0.5)
    assert found.loc["orders", "outside"] == 0.5
    new = next(move for move in found.loc["shop", "moved"] if move.kind == "new")
    assert (new.before, new.now) == (0.0, 0.5)
    assert sum(move.part for move in found.loc["shop", "moved"]) == pytest.approx(1)
    assert found["drifted"].all()
    assert drift.drifted_share(found) == 1


def test_frozen_bins_stand_for_the_reference():
    draw = np.random.default_rng(4)
    then = pd.DataFrame({"x": draw.normal(size=2000), "kind": draw.choice(list("abc"), 2000)})
    now = pd.DataFrame({"x": draw.normal(0.5, 1, 500), "kind": draw.choice(list("abcd"), 500)})
    frozen = {name: bins.read(bins.freeze(then[name]).plain()) for name in then}
    known, found = (drift.report(side, now).set_index("column") for side in (then, frozen))
    assert found["psi"].to_dict() == pytest.approx(known["psi"].to_dict())
    assert found["ks"].isna().all()


def test_definitions_are_those_they_are_named_after():
    draw = np.random.default_rng(5)
    then, now = pd.Series(draw.normal(size=900)), pd.Series(draw.normal(1, 2, 700))
    edges = np.histogram_bin_edges(np.r_[then, now], bins="sturges")
    shares = [np.histogram(side, edges)[0] / len(side) for side in (then, now)]
    shares = [np.where(side == 0, 1e-4, side) for side in shares]
    evidently = ((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum()
    sides = [side.to_frame("x") for side in (then, now)]
    assert drift.report(*sides, definition="sturges")["psi"].item() == pytest.approx(evidently)
    cut = bins.freeze(then, definition="equal_width")
    assert np.diff(cut.edges) == pytest.approx(np.ptp(then) / 10)


BROKEN = {
    "renamed": (pd.Series([1.0, 2.0]), None, "renamed"),
    "fresh": (None, pd.Series([1.0, 2.0]), "nothing to compare"),
    "text_now": (pd.Series([1.0, 2.0, 3.0]), pd.Series(["1", "2", "x"]), "text now"),
    "number_now": (pd.Series(["1", "2", "x"]), pd.Series([1.0, 2.0, 3.0]), "a number now"),
    "dates": (
        pd.Series(pd.date_range("2024-01-01", periods=3)),
        pd.Series(pd.date_range("2025-01-01", periods=3)),
        "dates",
    ),
    "dates_as_text": (pd.Series(["2024-01-01", "2024-01-02"]), pd.Series(["2025-01-01", "2025-01-02"]), "dates"),
    "months": (pd.Series(["2024-01", "2024-02"]), pd.Series(["2025-01", "2025-02"]), "dates"),
    "compact_dates": (pd.Series(["20240131", "20240201"]), pd.Series(["20250131", "20250201"]), "dates"),
    "dates_in_words": (pd.Series(["31 janv. 2024", "Feb 1, 2024"]), pd.Series(["3 March 2025"] * 2), "dates"),
    "date_objects": (pd.Series([date(2024, 1, 31)] * 2), pd.Series([date(2025, 1, 31)] * 2), "dates"),
    "identifiers": (pd.Series([f"a{n}" for n in range(500)]), pd.Series([f"b{n}" for n in range(500)]), "identifier"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_column_is_a_sentence_and_the_others_are_compared(name):
    sides = [{} if part is None else {name: part} for part in BROKEN[name][:2]]
    rows = max(len(part) for part in BROKEN[name][:2] if part is not None)
    frames = [pd.DataFrame(side | {"fine": np.arange(rows, dtype=float)}) for side in sides]
    found = drift.report(*frames).set_index("column")
    assert BROKEN[name][2] in found.loc[name, "note"].sentence()
    assert np.isnan(found.loc[name, "psi"])
    assert found.loc["fine", "psi"] == 0


def test_empty_one_row_all_missing_and_infinite_windows():
    then = pd.DataFrame({"x": np.arange(100.0)})
    assert "no rows" in drift.report(then, then[:0])["note"].item().sentence()
    for sides in ((then, then[:1]), (then[:1], then)):
        one = drift.report(*sides).iloc[0]
        assert "one row" in one["note"].sentence()
        assert not one["drifted"]  # nothing can be told from one row
    gone = drift.report(then, then * np.nan).iloc[0]
    assert gone["missing_current"] == 1
    assert gone["drifted"]
    endless = then.assign(x=np.where(then["x"] < 10, np.inf, then["x"]))
    found = drift.report(then, endless).iloc[0]
    assert "10 values" in found["note"].sentence()
    assert found["missing_current"] == 0.1
    assert "10 values" in drift.report(endless, then)["note"].item().sentence()
    huge = pd.DataFrame({"x": [1e308, -1e308, 0.0] * 50})
    assert drift.report(huge, huge)["psi"].item() == 0
    named_twice = pd.DataFrame(np.ones((9, 2)), columns=["x", "x"])
    assert "several columns" in drift.report(named_twice, then)["note"].item().sentence()
    both = drift.report(then * np.nan, then * np.nan).iloc[0]
    assert both["psi"] == 0


def test_a_hundred_thousand_levels_are_compared_by_the_most_frequent():
    draw = np.random.default_rng(6)
    levels = pd.Series(draw.zipf(1.3, 150_000).clip(max=100_000)).astype("str")
    found = drift.report(levels[:75_000].to_frame("x"), levels[75_000:].to_frame("x")).iloc[0]
    assert len(found["moved"]) == bins.OWN_BIN + 3 - 1  # none missing
    assert found["psi"] < 0.1
    assert found["outside"] > 0.05  # as many are met for the first time: that is no change
    assert drift.psi(levels, levels) == 0
    assert drift.psi(levels, levels.where(draw.random(len(levels)) > 0.4, "never met")) > 0.3


def test_ks_of_nothing_is_a_sentence():
    with pytest.raises(drift.CannotCompare, match="no numbers"):
        drift.ks([1.0], [None])
    assert isinstance(drift.ks([1.0, 2.0], [2.0]), KsResult)


def test_all_missing_text_keeps_new_text_apart():
    cut = bins.freeze(pd.Series([None, None], dtype="str"))
    assert cut.count(pd.Series(["a", None])).tolist() == [0, 1, 1]


@given(some.lists(some.floats(-100, 100), min_size=30, max_size=300), some.lists(some.floats(), min_size=1))
def test_moves_are_in_order_and_whole(then, now):
    cut = bins.freeze(pd.Series(then))
    found = explain.moves(cut, np.array(cut.counts), cut.count(pd.Series(now, dtype=float)))
    assert sum(move.now for move in found) == pytest.approx(1)
    ends = [move.hi for move in found if move.kind in ("upto", "between") and move.hi is not None]
    assert all(low < high for low, high in pairwise(ends))
