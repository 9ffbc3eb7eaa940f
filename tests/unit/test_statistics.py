"""Small formulas: against other implementations, by hand, and by simulation."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency
from statsmodels.stats.proportion import proportion_confint

from models import statistics


def test_wilson_is_that_of_statsmodels():
    events, trials = np.array([0, 1, 15, 99, 100]), np.array([1, 20, 148, 100, 100])
    expected = proportion_confint(events, trials, method="wilson")
    np.testing.assert_allclose(statistics.wilson(events, trials), expected, atol=1e-12)


def test_wilson_knows_nothing_without_trials():
    assert np.isnan(statistics.wilson(np.array([0.0]), np.array([0.0]))).all()


def test_cramers_v_by_hand():
    # [[30, 10], [10, 30]]: chi2 = 20, phi2 = 20/80 - 1/79, both sides 2 - 1/79
    by_hand = np.sqrt((20 / 80 - 1 / 79) / (1 - 1 / 79))
    assert statistics.cramers_v(np.array([[30, 10], [10, 30]])) == pytest.approx(by_hand, abs=1e-12)


def test_cramers_v_of_what_follows_from_the_other_is_one_and_empty_levels_do_not_count():
    assert statistics.cramers_v(np.array([[50, 0, 0], [0, 0, 70]])) == pytest.approx(1, abs=1e-12)
    assert np.isnan(statistics.cramers_v(np.array([[50, 20], [0, 0]])))


def test_cramers_v_is_not_biased_by_many_levels():
    rng = np.random.default_rng(0)
    tables = [rng.multinomial(500, np.full(100, 0.01)).reshape(10, 10) for _ in range(100)]
    plain = [np.sqrt(chi2_contingency(table, correction=False).statistic / 500 / 9) for table in tables]
    assert np.mean(plain) > 0.12
    assert np.mean([statistics.cramers_v(table) for table in tables]) < 0.03


def test_independence_is_the_test_of_scipy():
    table = np.array([[30, 14, 9], [12, 30, 11]])
    expected = chi2_contingency(table, correction=False).pvalue
    assert statistics.independence(table) == pytest.approx(expected, rel=1e-9)
    assert statistics.independence(np.array([[3, 5], [0, 0]])) == 1
    assert statistics.independence(np.zeros((2, 0))) == 1


def test_counts_leave_missing_values_out():
    left, right = pd.Categorical(["a", "b", None, "a"]), pd.Categorical(["x", "y", "x", None])
    assert statistics.counts(left, right).tolist() == [[1, 0], [0, 1]]


def tenures(rng, n):
    """Whole months that crowd at both ends, and a rate that falls steeply at first: the hard case."""
    months = np.where(rng.random(n) < 0.4, rng.geometric(0.15, n), rng.integers(1, 73, n))
    return np.minimum(months, 72).astype(float)


@pytest.mark.parametrize(
    ("draw", "truth"),
    [
        pytest.param(tenures, lambda x: 0.65 / (1 + 0.12 * x), id="steep at the edge"),
        pytest.param(lambda rng, n: rng.uniform(0, 100, n), lambda x: 0.3 + 0.2 * np.sin(x / 16), id="waves"),
        pytest.param(lambda rng, n: rng.lognormal(4, 0.6, n), lambda x: 0.2 + 0 * x, id="flat"),
    ],
)
def test_the_band_of_a_smoothed_share_covers_the_truth(draw, truth):
    rng = np.random.default_rng(3)
    covered = []
    for _ in range(60):
        x = draw(rng, 4000)
        first, last = np.quantile(x, [0.01, 0.99])
        at = np.linspace(first, last, 40)
        share, lo, hi = statistics.smoothed_share(x, (rng.random(len(x)) < truth(x)).astype(float), at)
        assert ((lo <= share) & (share <= hi)).all()
        covered.append((lo <= truth(at)) & (truth(at) <= hi))
    by_point = np.mean(covered, axis=0)
    assert 0.91 < by_point.mean() < 0.98
    assert by_point.min() > 0.75


def test_a_smoothed_share_of_two_values_passes_through_both():
    x = np.repeat([0.0, 10.0], 100)
    event = np.r_[np.ones(20), np.zeros(80), np.ones(60), np.zeros(40)]
    share, lo, hi = statistics.smoothed_share(x, event, np.array([0.0, 10.0]))
    np.testing.assert_allclose(share, [0.2, 0.6], atol=1e-6)
    np.testing.assert_allclose((lo, hi), statistics.wilson(np.array([20, 60]), np.array([100, 100])), atol=1e-6)


def test_a_smoothed_share_bridges_a_gap():
    x = np.repeat([0.0, 100.0], 500)
    share, lo, hi = statistics.smoothed_share(x, (x > 50).astype(float), np.linspace(0, 100, 51))
    assert np.isfinite([share, lo, hi]).all()
    assert np.all((share >= 0) & (share <= 1))
    assert share[0] < 0.05 < 0.95 < share[-1]
