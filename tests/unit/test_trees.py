"""Trees read from bytes say what XGBoost says, wherever a customer stands."""

import numpy as np
import pytest
import xgboost

from models.churn import learners, trees
from models.churn.preparation import Coding


@pytest.fixture(scope="module")
def coded():
    """Customers of three numbers and two columns of levels, a twentieth of all values not known, and who left."""
    random = np.random.default_rng(5)
    numbers = np.column_stack([random.integers(0, 12, 700), random.normal(0, 1e-3, 700), random.lognormal(3, 2, 700)])
    levels = np.column_stack([random.integers(0, 3, 700), random.integers(0, 40, 700)])
    matrix = np.hstack([numbers, levels])
    left = random.random(700) < 1 / (1 + np.exp(1 + 0.2 * matrix[:, 0] - (matrix[:, 4] % 5 == 0) - matrix[:, 3]))
    matrix[random.random(matrix.shape) < 0.05] = np.nan
    names = {"plan": tuple("abc"), "town": tuple(map(str, range(40)))}
    return matrix, left, Coding(("tenure", "small", "large", *names), names)


def edges(model, matrix):
    """The customers, and as many who stand on the thresholds of the trees and right beside them, or nowhere."""
    table = model.booster.trees_to_dataframe()
    at = np.repeat(matrix[:1], 3 * len(table), axis=0)
    for row, (name, split) in enumerate(zip(table["Feature"], table["Split"], strict=True)):
        if np.isfinite(split):
            under, over = np.nextafter(np.float32(split), np.float32([-np.inf, np.inf]))
            at[3 * row : 3 * row + 3, int(name[1:])] = under, split, over
    return np.vstack([matrix, at, np.full((1, 5), np.nan), [[1e30, -1e30, 0, 2, 39]]])


def test_the_log_odds_are_those_of_the_booster(coded):
    matrix, left, coding = coded
    one = learners.explained("xgboost", matrix, left, coding, 0)
    weights = np.random.default_rng(1).multinomial(len(left), np.full(len(left), 1 / len(left)), 7).T.astype(float)
    many = learners.resampled(one, matrix, left, coding, weights, 0)
    asked = edges(one, matrix)
    assert len(asked) > 4_000
    for model, outputs in ((one, 1), (many, 7)):
        said = model.booster.inplace_predict(asked.astype(np.float32), predict_type="margin")
        assert np.abs(model.log_odds(asked) - np.squeeze(said.reshape(-1, outputs).T)).max() < 1e-5
        assert np.ptp(said) > 2
    assert (many.log_odds(asked[:3]) == many.log_odds(asked)[:, :3]).all()  # whoever else is asked about


def test_trees_too_large_for_a_byte_are_refused(coded):
    matrix, left, coding = coded
    booster = xgboost.train({"max_depth": 4}, learners.dmatrix(matrix, tuple(coding.kinds), left.astype(float)), 2)
    with pytest.raises(ValueError, match="more than 8 leaves"):
        trees.read(booster)
