"""Lists: the numbers of a column have as many decimals, all of them."""

import ast

import pandas as pd
import pytest

from tests import sources
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


def test_a_cell_without_a_value_says_so_in_no_language():
    """Streamlit writes None into it unless told what else."""
    calls = (
        (path, node)
        for path in sources.files("ui", "pages")
        for node in ast.walk(sources.tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("st.dataframe", "st.data_editor")
    )
    without = [
        f"{path}:{node.lineno}" for path, node in calls if not {"placeholder"} & {one.arg for one in node.keywords}
    ]
    assert not without


def test_a_code_that_is_the_name_is_said_once():
    table = pd.DataFrame({"Product": ["Sofa", "Chair"], "Units": [1.0, 2.0], "Code": ["Sofa", "Chair"]})
    assert lists._said(table, "Code")
    assert not lists._said(table.assign(Code=["Sofa", "C2"]), "Code")
    assert not lists._said(table, "Code of the other")


def test_long_names_are_folded_so_that_the_numbers_beside_them_have_room():
    pairs = pd.DataFrame(
        {
            "Who buys": ["Château Bellevue, Alsace, millésime 2017, bouteille de 75 cl"],
            "also buys": ["Clos des Pins " * 4],
        }
        | {f"A number with a long title {number}": [1_234.5] for number in range(3)}
    )
    widths, lines = lists.folded(pairs)
    assert set(widths) == {"Who buys", "also buys"}
    assert lines == 3
    numbers = 3 * (lists.CHARACTER * len("A number with a long title 0") + lists.PADDING)
    assert sum(widths.values()) + numbers <= lists.ROOM
    assert lists.folded(pairs.assign(**{"Who buys": "Sofa", "also buys": "Chair"})) == ({}, 1)
    assert lists.folded(pairs.iloc[:, :2]) == ({}, 1)  # all of it has room
    assert lists.folded(pairs.iloc[:0]) == ({}, 1)
