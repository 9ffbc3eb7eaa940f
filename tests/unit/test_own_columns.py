"""Columns of one's own part sales wherever a category or a shop does, and the parts add up to what pandas adds up."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from charts.products import margins as charts
from data import schemas, tables
from data.dataset import Dataset, Origin
from models.forecast import effect, scenario, source
from models.products import margins

LEVELS, LINES = 1_000, 6_000
PERIOD = {"start": pd.Timestamp("2025-01-01"), "end": pd.Timestamp("2025-12-31")}


@pytest.fixture(scope="module")
def lines():
    rng = np.random.default_rng(7)
    regions = np.array(["East", "North West", 'L\'Est "=x"', None], object)[rng.integers(0, 4, LINES)]
    return pd.DataFrame(
        {
            "timestamp": pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 365, LINES), "D"),
            "product": rng.choice(["a", "b", "c"], LINES),
            "quantity": rng.integers(-2, 9, LINES).astype(float),
            "unit_price": rng.choice([1.25, 3.5], LINES),
            "unit_cost": 1.0,
            "store": "S",
            "région": pd.Categorical(regions),
            "order": pd.Categorical(np.char.add("k", rng.integers(0, LEVELS, LINES).astype(str))),  # a word of SQL
            "line_type": "sale",
            "currency": "EUR",
            "line_id": np.arange(LINES).astype(str),
            "source": "own",
        }
    )


@pytest.fixture(scope="module")
def kept(lines, tmp_path_factory):
    return tables.add(
        tmp_path_factory.mktemp("own"),
        Dataset("sales", {"sales": lines.astype({"timestamp": "datetime64[us]"})}, Origin("upload", "own.csv")),
        datetime(2026, 1, 1, tzinfo=UTC),
    )


@pytest.fixture
def columns(kept):
    return kept.columns["sales"]


def test_own_columns_come_after_those_that_all_sales_have(columns):
    assert source.parts(columns) == ["store", "product", "région", "order"]
    assert margins.dimensions(columns) == ["product", "store", "région", "order"]
    assert schemas.dimensions({"product": "str", "profit": "float64"}, ("product",)) == [
        "product"
    ]  # added up, not split


@pytest.mark.parametrize("column", ["région", "order"])
def test_parts_by_a_column_of_ones_own_are_those_of_pandas(kept, columns, lines, column):
    money = lines["quantity"] * lines["unit_price"]
    wanted = money.groupby(lines[column].astype(object)).sum().sort_values(ascending=False)
    found = tables.query(kept, source.largest(column, columns)).set_index("part")["revenue"]
    assert len(found) == min(len(wanted), source.MAX_PARTS)
    assert found.to_numpy() == pytest.approx(wanted.to_numpy()[: source.MAX_PARTS])
    for value in wanted.index[[0, -1]]:
        days = tables.query(kept, source.daily(column, columns), value=value)
        assert days["revenue"].sum() == pytest.approx(wanted[value])
        assert days["units"].sum() == lines.loc[lines[column].eq(value), "quantity"].sum()


def test_margins_by_a_column_of_ones_own_add_up(kept, columns, lines):
    found = tables.query(kept, margins.by(columns, "région"), **PERIOD).set_index("level")
    money = lines["quantity"] * lines["unit_price"]
    wanted = (money - lines["quantity"]).groupby(lines["région"].astype(object), dropna=False).sum()
    assert found["margin"].sum() == pytest.approx((money - lines["quantity"]).sum())
    assert found.loc["North West", "margin"] == pytest.approx(wanted["North West"])
    assert found["margin"][found.index.isna()].iloc[0] == pytest.approx(wanted[wanted.index.isna()].iloc[0])
    drawn = charts.by_level(found.reset_index().assign(name="a"), "ship_mode", costs=True, currency="EUR")
    assert "Margin by ship mode: a earns" in drawn.layout.title.text.replace("<br>", " ")
    lost = found.reset_index().assign(name="a", margin=[-3.0, -5.0, -9.0][: len(found)] + [-9.0] * (len(found) - 3))
    drawn = charts.by_level(lost, "ship_mode", costs=True, currency="EUR")
    assert "None of them earns anything: a loses the least, −€3" in drawn.layout.title.text.replace("<br>", " ")


def test_a_plan_for_a_part_of_ones_own_sees_its_lines_and_is_compared_with_the_others(kept, columns, lines):
    value = 'L\'Est "=x"'
    others = tables.query(kept, effect.others("région", columns), value=value)
    rest = lines[lines["région"].isin(["East", "North West"])]
    assert (
        others.groupby("part")["units"].sum().to_dict()
        == rest.groupby(rest["région"].astype(str))["quantity"].sum().to_dict()
    )
    price = tables.query(kept, scenario.latest("région", columns), value=value, days=400)["price"].iloc[0]
    mine = lines[lines["région"].eq(value) & lines["quantity"].gt(0)]
    assert price == pytest.approx((mine["quantity"] * mine["unit_price"]).sum() / mine["quantity"].sum())


def test_the_name_of_a_series_of_ones_own_column_is_read_back():
    name = source.key("région", 'L\'Est "=x"', "revenue", "D")
    assert source.read_key(name) == ("région", 'L\'Est "=x"', "revenue", "D")
