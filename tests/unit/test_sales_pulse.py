"""The pulse of sales: closed days are zero, weekdays meet weekdays, and nothing is compared with nothing."""

from datetime import UTC, date, datetime

import duckdb
import numpy as np
import pandas as pd
import pytest

import locales
from charts import today as charts
from data import demo, tables
from models.sales import pulse


def days(count, revenue=100.0):
    index = pd.date_range("2026-01-01", periods=count, name="day")
    return pd.DataFrame({"revenue": np.full(count, revenue), "returned": 5.0, "orders": 3}, index=index)


def test_closed_days_sell_nothing_and_are_there():
    summed = pd.DataFrame(
        {
            "day": pd.to_datetime(["2026-01-05", "2026-01-02"]),
            "revenue": [7.0, 3.0],
            "returned": [None, 1.0],
            "orders": 1,
        }
    )
    made = pulse.daily(summed)
    assert made["revenue"].tolist() == [3.0, 0.0, 0.0, 7.0]
    assert made["returned"].tolist() == [1.0, 0.0, 0.0, 0.0]


def test_the_query_sums_goods_only_and_agrees_with_pandas(home):
    dataset = demo.dataset("sales", date(2026, 3, 14))
    stored = tables.add(home, dataset, datetime(2026, 3, 14, tzinfo=UTC))
    made = pulse.daily(tables.query(stored, pulse.by_day(stored.columns["sales"])))
    goods = dataset.main[dataset.main["line_type"].isin(["sale", "return"])]
    revenue = goods["quantity"] * goods["unit_price"]
    assert made["revenue"].sum() == pytest.approx(revenue.sum())
    assert made["returned"].sum() == pytest.approx(-revenue[goods["line_type"].eq("return")].sum())
    assert (
        made["orders"].sum()
        == goods[goods["line_type"].eq("sale")].groupby(goods["timestamp"].dt.date)["invoice"].nunique().sum()
    )


def test_without_invoices_lines_are_counted():
    assert "DISTINCT line_id" in pulse.by_day(["line_id"])
    assert "(invoice, CAST(timestamp AS DATE), store)" in pulse.by_day(["line_id", "invoice", "store"])


def test_a_week_is_compared_with_the_week_before_and_the_same_weekdays_a_year_ago():
    made = days(400)
    made.iloc[-7:, 0] = 150.0
    made.iloc[-14:-7, made.columns.get_loc("orders")] = 4
    made.iloc[-371:-364, 0] = 100.0
    made.iloc[-371:-364, made.columns.get_loc("orders")] = 2
    made.iloc[-372, 0] = made.iloc[-363, 0] = 1e9  # the days around must not count
    now = pulse.pulse(made)
    assert (now.revenue, now.orders) == (1050.0, 21)
    assert now.orders_against_week == pytest.approx(21 / 28 - 1)
    assert now.orders_against_year == pytest.approx(21 / 14 - 1)
    assert now.against_year == pytest.approx(0.5)
    assert now.against_week == pytest.approx(150 / 100 - 1)
    assert now.return_share == pytest.approx(35 / 1085)
    assert now.end == made.index[-1]


def test_too_short_a_history_compares_with_nothing():
    now = pulse.pulse(days(10))
    assert now.orders_against_week is None
    assert now.against_year is None
    assert pulse.pulse(days(14)).orders_against_week == pytest.approx(0)
    assert pulse.pulse(days(14).assign(orders=0)).orders_against_week is None


def test_sold_out_is_what_the_last_move_left():
    def asked(**columns):
        day, sold = pd.Timestamp("2026-11-28"), ["timestamp", "product", "quantity", "line_type"]
        stock_moves = pd.DataFrame({"product": ["A", "B", "A", "B"], "on_hand": [0.0, 3.0, 2.0, 0.0], **columns})
        stock_moves = stock_moves.assign(date=day, move="adjustment", quantity=0.0)
        with duckdb.connect() as database:
            database.register("stock_moves", stock_moves)
            database.execute("CREATE TABLE sales (timestamp TIMESTAMP, product TEXT, quantity DOUBLE, line_type TEXT)")
            found = database.execute(pulse.sold_out({"stock_moves": list(stock_moves), "sales": sold})).df()
        return dict(zip(found["product"], found["stores"].fillna(""), strict=True))

    assert asked() == {"B": ""}
    assert asked(store=["1", "1", "2", "2"]) == {"A": "1", "B": "2"}  # in one of the stores
    assert asked(store=["1", "1", "2", "2"], on_hand=[0.0, 0.0, 2.0, 0.0]) == {"A": "1", "B": ""}  # in all of them


@pytest.mark.parametrize(("last", "says"), [(150.0, "more than"), (50.0, "less than"), (100.5, "as much as")])
def test_the_figure_says_what_changed(last, says):
    made = days(400)
    made.iloc[-7:, 0] = last
    figure = charts.pulse(made, pulse.pulse(made), "GBP")
    assert says in figure.layout.title.text
    assert len(figure.data) == 2
    assert figure.data[-1].y[-1] == pytest.approx(7 * last)


def test_the_figure_of_a_short_history_compares_nothing_and_speaks_french():
    made = days(30)
    with locales.using("fr"):
        figure = charts.pulse(made, pulse.pulse(made), "GBP")
    assert figure.layout.title.text == "Chiffre d’affaires semaine après semaine"
    assert len(figure.data) == 1
    assert "janv. 2026" in figure.layout.xaxis.ticktext[0]


def test_a_week_of_refunds_did_not_sell_less_than_nothing():
    made = days(400)
    made.loc[made.index[-7:], "revenue"] = -2.0
    assert pulse.pulse(made).against_year == pytest.approx(-1.02)
    for lang, said in (("en", "more came back than was sold"), ("fr", "plus de marchandises sont revenues")):
        with locales.using(lang):
            assert said in charts.pulse(made, pulse.pulse(made), "EUR").layout.title.text
