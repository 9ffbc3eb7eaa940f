"""What an analyst is told about a dataset: each check finds what is there, and a clean table says nothing."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd

from data import quality
from data.dataset import Finding

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


def sales(rows: int = 400) -> pd.DataFrame:
    """`rows` lines, one a day, that give no finding."""
    steps = np.arange(rows)
    return pd.DataFrame(
        {
            "source": "shop",
            "line_id": steps.astype(str),
            "timestamp": pd.Timestamp("2025-01-01") + pd.to_timedelta(steps, unit="D"),
            "product": (steps % 7).astype(str),
            "line_type": np.where(steps % 9, "sale", "return"),
            "quantity": np.where(steps % 9, 1.0 + steps % 5, -1.0),
            "unit_price": 1.0 + steps % 11,
            "currency": "GBP",
        }
    )


def messages(frame: pd.DataFrame, table: str = "sales") -> dict[str, Finding]:
    found = quality.findings(table, frame, NOW)
    return {finding.message.format(rows=finding.rows, **finding.values): finding for finding in found}


def test_a_clean_table_says_nothing():
    assert messages(sales()) == {}
    assert messages(sales().iloc[:0]) == {}
    assert messages(sales().iloc[:1]) == {}


def test_missing_values_by_column():
    frame = sales().assign(customer="a", category=None)
    frame.loc[frame.index[:4], "customer"] = None
    frame["customer"] = frame["customer"].where(frame.index != 0, None)
    frame.loc[50, "customer"] = "b"
    assert messages(frame).keys() == {
        "customer: 1% of the values are missing (4).",
        "category: 100% of the values are missing (400).",
    }
    frame.loc[frame.index[1:4], "customer"] = "c"
    assert "customer: <1% of the values are missing (1)." in messages(frame)


def test_constant_columns():
    assert messages(sales().assign(store="Leeds")).keys() == {"store: the same value in all 400 rows, Leeds."}


def test_repeated_rows_are_found_whatever_their_key():
    frame = pd.concat([sales(), sales()[10:15].assign(line_id=list("abcde"))], ignore_index=True)
    (finding,) = messages(frame).values()
    assert (finding.rows, finding.examples) == (5, ("row 401", "row 402", "row 403"))
    assert finding.message.startswith("Rows that repeat")


def test_repeated_rows_are_those_pandas_finds():
    rng = np.random.default_rng(0)
    for _ in range(20):
        frame = pd.DataFrame(
            {
                "text": pd.Series(rng.choice(np.array(["a", "b", None]), 200), dtype="str"),
                "number": rng.choice([0.0, 1.0, np.nan], 200),
                "flag": rng.random(200) < 0.5,
                "count": pd.array(rng.choice(np.array([1, 2, None]), 200).tolist(), dtype="Int64"),
                "kind": pd.Categorical(rng.choice(["x", "y"], 200)),
                "day": pd.to_datetime(rng.choice(["2011-01-01", "2011-01-02"], 200)),
            }
        )
        repeated = next(f for f in quality.findings("other", frame, NOW) if f.message.startswith("Rows that repeat"))
        assert repeated.rows == frame.duplicated().sum()


def test_values_far_above_all_others():
    frame = sales()
    frame.loc[[3, 5], "quantity"] = [80995.0, 74215.0]
    (finding,) = messages(frame).values()
    assert finding.message.startswith("{column}: values far above")
    assert (finding.rows, finding.values["column"]) == (2, "quantity")
    assert finding.examples == ("row 4, quantity: 80995.0", "row 6, quantity: 74215.0")


def test_wrong_signs():
    frame = sales()
    frame.loc[1, "unit_price"] = -11.0
    frame.loc[[2, 3], "unit_price"] = 0.0
    frame.loc[4, "quantity"] = -2.0
    frame.loc[9, "quantity"] = 1.0
    frame.loc[[5, 6, 7], "line_type"] = "fee"
    frame.loc[[5, 6, 7], "unit_price"] = 0.0  # postage may cost nothing
    found = messages(frame)
    assert found.keys() == {
        "Lines with a negative price: 1.",
        "Goods with a price of zero: 2.",
        "Sales with a negative quantity: 1.",
        "Returns with a positive quantity: 1.",
    }
    assert {finding.severity for finding in found.values()} == {"warning"}


def test_dates_in_the_future_but_not_in_another_time_zone():
    frame = sales(100)
    frame.loc[98, "timestamp"] = pd.Timestamp("2026-03-15 01:00")  # already so in Kiribati
    frame.loc[99, "timestamp"] = pd.Timestamp("2062-03-15")
    finding = messages(frame)["timestamp: dates in the future: 1."]
    assert (finding.examples, finding.severity) == (("row 100, timestamp: 2062-03-15 00:00:00",), "warning")


def test_closed_weekdays_and_gaps():
    frame = sales()
    frame = frame[frame["timestamp"].dt.day_of_week != 5]
    frame = frame[~frame["timestamp"].between("2025-12-24", "2026-01-01") & (frame["timestamp"] != "2025-05-01")]
    found = messages(frame)
    assert found.keys() == {
        "Never a line on a Saturday: taken as closed (days: 57).",
        "Days without a line, closed weekdays aside: 9; most in a row: 8, from 2025-12-24 on.",
    }
    without_a_month = sales()[~sales()["timestamp"].between("2025-06-01", "2025-06-30")]
    assert [finding.severity for finding in messages(without_a_month).values()] == ["warning"]


def test_a_short_span_says_nothing_about_weekdays():
    assert messages(sales(5).drop(index=2)).keys() == {
        "Days without a line, closed weekdays aside: 1; most in a row: 1, from 2025-01-03 on."
    }


def test_blank_totals():
    steps = np.arange(100)
    frame = pd.DataFrame({"customer_id": steps.astype(str), "churned": steps % 4 == 0, "tenure": steps % 30 + 1.0})
    frame["total_charges"] = frame["tenure"] * (20 + steps % 7)
    assert messages(frame, "customers") == {}
    frame.loc[[7, 8], ["tenure", "total_charges"]] = [[0.0, np.nan], [0.0, np.nan]]
    text = "Customers without total charges: 2, of whom in their first month: 2."
    assert messages(frame, "customers")[text].severity == "info"
    frame.loc[9, "total_charges"] = np.nan
    text = "Customers without total charges: 3, of whom in their first month: 2."
    assert messages(frame, "customers")[text].severity == "warning"
