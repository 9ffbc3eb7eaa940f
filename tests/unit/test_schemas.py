"""The canonical tables: what they refuse, and that they never guess."""

from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
from pandera.errors import SchemaErrors

from data import schemas

CUSTOMERS = pd.DataFrame({"customer_id": ["a", "b"], "churned": [True, False]})
SALES = pd.DataFrame(
    {
        "source": ["shop", "shop"],
        "line_id": ["1", "2"],
        "timestamp": pd.to_datetime(["2011-01-01", "2011-01-02"]),
        "product": ["85123A", "POST"],
        "line_type": ["sale", "shipping"],
        "quantity": [6.0, 1.0],
        "unit_price": [2.55, 18.0],
        "currency": ["GBP", "GBP"],
    }
)


def failures(table: str, frame: pd.DataFrame) -> set[tuple[str, object]]:
    """The (column, cell) pairs that a frame is refused for."""
    with pytest.raises(SchemaErrors) as refused:
        schemas.check(table, frame)
    cells = refused.value.failure_cases
    return set(zip(cells["column"], cells["index"], strict=True))


@pytest.mark.parametrize("values", [["Yes", "No"], [True, None], [1, 0], [1.0, 0.0], ["True", "False"], [np.nan, True]])
def test_yes_and_no_are_never_cast(values):
    bad = [place for place, value in enumerate(values) if not isinstance(value, bool)]
    odd = CUSTOMERS.assign(senior_citizen=pd.Series(values))
    assert failures("customers", odd) == {("senior_citizen", place) for place in bad}
    if wrong := [place for place in bad if not pd.isna(values[place])]:
        odd = CUSTOMERS.assign(churned=pd.Series(values))
        assert failures("customers", odd) == {("churned", place) for place in wrong}


@pytest.mark.parametrize("values", [[True, None], [np.nan, True], pd.array([None, False], "boolean")])
def test_an_outcome_may_be_unknown(values):
    checked = schemas.check("customers", CUSTOMERS.assign(churned=pd.Series(values)))["churned"]
    assert checked.dtype == "boolean"
    assert checked.isna().tolist() == pd.isna(values).tolist()


@pytest.mark.parametrize("kind", ["bool", "object", "boolean"])
def test_true_and_false_are_taken_from_any_type(kind):
    checked = schemas.check("customers", CUSTOMERS.astype({"churned": kind}))
    assert checked["churned"].dtype == bool
    assert checked["churned"].tolist() == [True, False]


@pytest.mark.parametrize(
    "timestamp",
    [
        ["01/02/2011", "02/02/2011"],
        [20110101, 20110102],
        pd.to_datetime(["2011-01-01", "2011-01-02"]).tz_localize("Europe/Paris"),
    ],
)
def test_dates_are_never_guessed(timestamp):
    assert failures("sales", SALES.assign(timestamp=timestamp)) == {("timestamp", 0), ("timestamp", 1)}


@pytest.mark.parametrize(
    "timestamp",
    [
        pd.to_datetime(["2011-01-01", "2011-01-02"]).astype("datetime64[ns]"),
        pd.Series([date(2011, 1, 1), date(2011, 1, 2)]),
        pd.Series([datetime(2011, 1, 1), datetime(2011, 1, 2)], dtype=object),  # noqa: DTZ001
    ],
)
def test_dates_are_kept_to_the_microsecond(timestamp):
    checked = schemas.check("sales", SALES.assign(timestamp=timestamp))
    pd.testing.assert_series_equal(checked["timestamp"], SALES["timestamp"])
    assert checked["timestamp"].dtype == "datetime64[us]"


@pytest.mark.parametrize(
    ("column", "values", "bad"),
    [
        ("unit_price", [np.inf, 1.0], 0),
        ("unit_price", [1.0, -np.inf], 1),
        ("unit_price", [1.0, np.nan], 1),
        ("quantity", ["6", "abc"], 1),
        ("line_id", ["1", None], 1),
        ("line_type", ["sale", "gift"], 1),
        ("currency", ["GBP", "£"], 1),
        ("promotion", [0.5, 1.0], 1),
        ("timestamp", [pd.Timestamp("2011-01-01"), pd.NaT], 1),
    ],
)
def test_a_bad_cell_is_named(column, values, bad):
    assert (column, bad) in failures("sales", SALES.assign(**{column: values}))


def test_repeated_keys_are_refused():
    assert failures("sales", SALES.assign(line_id="1")) == {("line_id", 0), ("line_id", 1)}


def test_a_missing_column_is_named():
    with pytest.raises(SchemaErrors, match="unit_price"):
        schemas.check("sales", SALES.drop(columns="unit_price"))


def test_optional_columns_may_be_absent_or_empty_and_others_are_kept():
    checked = schemas.check("sales", SALES.assign(customer=None, unit_cost=["1.5", np.nan], colour="red"))
    assert checked["customer"].isna().all()
    assert checked["customer"].dtype == "str"
    assert checked["unit_cost"].tolist()[0] == 1.5
    assert checked["colour"].tolist() == ["red", "red"]
    pd.testing.assert_frame_equal(schemas.check("sales", SALES), SALES)


@pytest.mark.parametrize("table", schemas.SCHEMAS)
def test_every_column_says_what_it_means(table):
    meanings = schemas.columns(table)
    assert all(meaning.endswith(".") and len(meaning) > 7 for meaning in meanings.values()), meanings
    assert len(set(meanings.values())) == len(meanings)
    assert set(schemas.required(table)) <= set(meanings)


def test_required_columns():
    assert schemas.required("customers") == ["customer_id", "churned"]
    assert schemas.required("sales") == list(SALES)
