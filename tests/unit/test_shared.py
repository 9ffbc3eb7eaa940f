"""Answers that servers share: what comes out of a file is what went in, and nothing else is made of it."""

import json
import zipfile
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from data.dataset import Finding
from models.forecast import CannotForecast
from models.forecast.combined import forecast
from models.forecast.engine import again
from ui import shared


def series(days=200):
    index = pd.date_range("2025-01-01", periods=days, freq="D")
    rng = np.random.default_rng(3)
    return pd.Series(100 + 20 * (index.day_of_week == 5) + rng.normal(0, 5, days), index)


def same(one, other):
    """Whether two answers are alike down to types, but for functions."""
    assert type(one) is type(other)
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other, check_freq=True)
    elif isinstance(one, pd.Series):
        pd.testing.assert_series_equal(one, other, check_freq=True)
    elif isinstance(one, pd.Index):
        pd.testing.assert_index_equal(one, other)
        assert getattr(one, "freq", None) == getattr(other, "freq", None)
    elif isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    elif isinstance(one, dict):
        assert list(one) == list(other)
        for name in one:
            same(one[name], other[name])
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for left, right in zip(one, other, strict=True):
            same(left, right)
    elif hasattr(one, "__dataclass_fields__"):
        for name in one.__dataclass_fields__:
            if name != "fitted":
                same(getattr(one, name), getattr(other, name))
    elif isinstance(one, float) and one != one:
        assert other != other
    elif not callable(one):
        assert one == other
        assert getattr(one, "unit", None) == getattr(other, "unit", None)


def test_a_forecast_comes_back_whole_and_answers_what_if_alike(home, plain_learners):
    known = pd.DataFrame({"promotion": 0.0}, pd.date_range("2025-01-01", periods=214, freq="D"))
    known.loc[known.index.day == 1, "promotion"] = 1.0
    made = forecast(series(), 14, future=known)
    shared.write("a", made)
    found = shared.read("a")
    same(made, found)
    other = known.assign(promotion=1.0)
    np.testing.assert_allclose(again(found.window, other), again(made.window, other))
    assert shared.read("another question") is None


def test_values_of_every_kind_come_back_with_their_types(home):
    frame = pd.DataFrame(
        {
            "text": pd.Series(["a", None], dtype="str"),
            "kind": pd.Categorical(["x", "y"], ["y", "x"], ordered=True),
            "at": pd.to_datetime(["2025-01-01", None]).astype("datetime64[us]"),
            "count": np.array([1, 2], "int32"),
            3: [True, False],
        },
        index=pd.Index(["one", "two"], name="row"),
    )
    answer = {
        "frame": frame, ("a", 1): (1, 2.5, None, float("nan")), 7: frozenset({"x"}),
        "empty": pd.DataFrame(index=[1, 2]),
        "when": [date(2025, 1, 2), datetime(2025, 1, 2, 3, tzinfo=UTC), pd.Timestamp("2025-01-02").as_unit("s")],
        "number": np.float32(1.5), "finding": Finding("Some {rows}", 3, {"a": "b"}, ("row 1",)),
    }  # fmt: skip
    shared.write("b", answer)
    same(answer, shared.read("b"))


def test_why_there_is_no_answer_is_shared_too(home):
    shared.write("c", CannotForecast("A forecast needs {needed} values.", needed=14))
    found = shared.read("c")
    assert isinstance(found, CannotForecast)
    assert found.sentence() == "A forecast needs 14 values."


def test_what_cannot_be_written_down_stays_where_it_is(home):
    shared.write("d", {"model": lambda: 1})
    assert shared.read("d") is None
    assert not list(home.rglob("*.zip"))


@pytest.mark.parametrize("harm", ["cut", "bit", "foreign class"])
def test_a_damaged_or_foreign_file_is_no_answer(home, harm):
    shared.write("e", {"numbers": np.arange(1000.0)})
    (path,) = home.rglob("*.zip")
    content = bytearray(path.read_bytes())
    if harm == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif harm == "bit":
        content[200] ^= 1
        path.write_bytes(content)
    else:
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr(shared.TREE, json.dumps({"class": "subprocess:Popen", "fields": {"args": ["true"]}}))
    assert shared.read("e") is None
    assert not path.exists()
