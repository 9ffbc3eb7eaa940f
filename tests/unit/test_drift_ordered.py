"""Numbers that are never sorted whole have the ranks of sorted ones, and KS of them is that of SciPy."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from models.drift import bins, measures, ordered
from models.drift.ordered import Ordered

ROWS = 60_000


def sample(name: str, draw: np.random.Generator) -> np.ndarray:
    plain = draw.normal(size=ROWS)
    return {
        "plain": plain,
        "heavy tails": np.exp(4 * plain),
        "outliers": np.r_[plain[:-3], 1e308, -1e308, np.nextafter(0, 1)],
        "far apart": np.where(draw.random(ROWS) < 0.5, plain * 1e-9, 1e9 + plain),
        "cents": np.round(np.exp(2 + plain), 2),
        "one value": np.where(draw.random(ROWS) < 0.4, 7.25, plain),
        "mostly one value": np.where(draw.random(ROWS) < 0.99, 0.0, plain),
        "rising": np.arange(ROWS, dtype=float) + plain,
        "whole": draw.poisson(50, ROWS).astype(float),
    }[name]


NAMES = (
    *("plain", "heavy tails", "outliers", "far apart", "cents", "one value", "mostly one value", "rising"),
    "whole",
)


@pytest.mark.parametrize("name", NAMES)
def test_ranks_are_those_of_sorted_numbers(name):
    draw = np.random.default_rng(8)
    values = sample(name, draw)
    known, found = np.sort(values), Ordered(values)
    ranks = np.r_[0, ROWS - 1, draw.integers(0, ROWS, 50)]
    assert (found.at(ranks) == known[ranks]).all()
    asked = np.r_[known[ranks], np.nextafter(known[ranks], np.inf), np.nextafter(known[ranks], -np.inf), -1e308, np.inf]
    for side in ordered.SIDES:
        assert (found.below(asked, side) == np.searchsorted(known, asked, side)).all()
    cells = np.diff(found.begins) > np.quantile(np.diff(found.begins), 0.9)
    inside = found.distinct(cells)
    assert (np.diff(inside) > 0).all()
    rows = np.searchsorted(known, inside, "right") - np.searchsorted(known, inside)
    assert rows.sum() == np.diff(found.begins)[cells].sum()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rows", [ROWS, 300, 1])
def test_ks_of_numbers_in_cells_is_exact(name, rows):
    draw = np.random.default_rng(9)
    then, now = sample(name, draw), sample(name, draw)[-rows:]
    first = Ordered(then)
    assert Ordered(now[:0], first).below(now, "left").tolist() == [0] * rows
    known = stats.ks_2samp(then, now, method="asymp").statistic
    assert measures.ks_statistic(first, Ordered(now, first)) == pytest.approx(known, abs=1e-12)


def test_few_of_many_rows_are_sorted():
    draw = np.random.default_rng(10)
    then, now = pd.Series(draw.normal(size=200_000)), pd.Series(draw.normal(0.01, 1, 200_000))
    first = bins.ordered(then)
    second = bins.ordered(now, first)
    cut = bins.freeze_ordered(first, 0)
    cut.count_ordered(second, 0)
    measures.ks_statistic(first, second)
    measures.wasserstein(first, second, 1.0)
    assert max(len(side._known) for side in (first, second)) < 40_000
