"""Lists: the numbers of a column have as many decimals, all of them."""

import pandas as pd
import pytest

from ui import lists


@pytest.mark.parametrize(
    ("values", "step"),
    [
        ([66_363.8, 36_112.0, 30_423.41, None], 0.01),  # money
        ([0.5, 1.0], 0.1),
        ([3.0, None], 1.0),
        (pd.array([3, None], "Int64"), 1.0),
        ([1 / 3, 2.0], None),
        ([None, None], 1.0),
    ],
)
def test_the_numbers_of_a_column_have_as_many_decimals_as_the_longest(values, step):
    assert lists.step(pd.Series(values, dtype=None if hasattr(values, "dtype") else float)) == step
