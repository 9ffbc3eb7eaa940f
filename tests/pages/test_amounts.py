"""All amounts of one period agree to the cent between the pages, and money of two currencies is never added."""

from datetime import date
from functools import partial

import numpy as np
import pandas as pd
import pytest

import locales
from data import tables
from data.demo import sales as demo
from models import segmenting
from models.ask import known as asking
from models.ask import statement
from models.ask.query import Filter, Query
from models.customers import cohorts, rfm
from models.forecast import source
from models.products import bridge, margins
from models.sales import description, overview, pulse
from models.segmenting import SEGMENT, SEGMENTS
from tests.at_once import AT_ONCE
from tests.shown import keep, words
from ui import background

pytestmark = [pytest.mark.xdist_group("amounts"), pytest.mark.same_data("amounts")]
START, END = pd.Timestamp("2025-12-15"), pd.Timestamp("2026-03-14")


@pytest.fixture(scope="module")
def lines():
    """A shop with costs, promotions, returns, fees, people not known, a column of its own, and one price of a third."""
    frame = demo.generate(date(2026, 3, 14), customers=300)["sales"]
    region = np.where(np.arange(len(frame)) % 7 == 0, None, np.where(np.arange(len(frame)) % 2, "north", "south"))
    frame = frame.assign(region=pd.Series(region, frame.index).astype("category"))
    frame.loc[frame.index[-50:], "unit_price"] += 1 / 3
    return frame


def metric(app, label):
    return next(card for card in app.metric if card.label == label).value


def revenue(frame, start=START, end=END):
    goods = frame[frame["line_type"].isin(["sale", "return"]) & (frame["timestamp"] >= start)]
    goods = goods[goods["timestamp"] < end + pd.Timedelta(days=1)]
    return float((goods["quantity"] * goods["unit_price"]).sum())


def everywhere(stored, frame, start, end):
    """The revenue of goods from day to day, as each part of Vigie comes to it."""
    columns, ask = stored.columns["sales"], partial(tables.query, stored)
    days = {"start": start, "end": end}
    known = asking.of_stored(stored, None, ())
    period = f"{start.date()}/{end.date()}"

    def answered(*by, grain="", filters=()):
        query = Query(("revenue",), by, grain, filters=filters, period=period)
        return float(statement.answer(known.catalogue, query, ask).table["revenue"].sum())

    sold = overview.between(overview.goods(frame), start, end)
    yield "overview", overview.measures(sold)["revenue"].sum()
    for column in sorted({"product", "category", "store"} & set(columns)):
        yield f"overview by {column}", overview.pareto(sold, column)["revenue"].sum()
    months = overview.loyalty(overview.goods(frame), start, end)
    yield "new and returning", months.filter(like="revenue_").to_numpy().sum()
    yield "margins", margins.revenue(margins.waterfall(ask(margins.total(columns), **days)))
    for column in sorted(set(margins.DIMENSIONS) & set(columns)):
        yield f"margins by {column}", ask(margins.by(columns, column), **days)["revenue"].sum()
    earlier = {"from": start - pd.Timedelta(days=90), "until": start - pd.Timedelta(days=1)}
    yield "bridge", bridge.bridge(ask(bridge.by_product(columns, False), **days, **earlier), False).after
    yield "Today", pulse.daily(ask(pulse.by_day(columns)))["revenue"][start:end].sum()
    series, _findings = source.series(ask(source.daily(None, columns)), "revenue", "D", source.span(ask(source.SPAN)))
    yield "the history of the forecast", series[start:end].sum()
    yield "Ask", answered()
    for by in (
        "weekday",
        SEGMENT,
        *sorted({"product", "category", "store", "supplier", "customer", "region"} & set(columns)),
    ):
        yield f"Ask by {by}", answered(by)
    yield "Boards by month", answered(grain="month")
    with_one, without = (answered(filters=(Filter(SEGMENT, ("champions", "lost"), kept),)) for kept in (True, False))
    assert 0 < with_one < without
    yield "Boards with two segments and without", with_one + without
    for by in description.dimensions(stored.columns, "sale"):
        asked = description.lines(by, "money")
        parts = [ask(asked, kind=kind, **days)["sum"].iloc[1:].sum() for kind in ("sale", "return")]
        yield f"in numbers by {by}", parts[0] - parts[1]
    of = segmenting.segment_of_line()
    every = [f"{of} = '{one}'" for one in SEGMENTS]
    parts = [ask(tables.only(margins.by(columns, "store"), one), **days)["revenue"].sum() for one in every]
    rest = ask(tables.only(margins.by(columns, "store"), f"{of} IS NULL"), **days)["revenue"].sum()
    yield "margins of segments", sum(parts) + rest


def test_all_amounts_of_one_period_agree_to_the_cent(home, lines):
    stored = keep(lines)
    for start, end in ((START, END), (lines["timestamp"].min().normalize(), END)):
        truth = revenue(lines, start, end)
        assert truth > 10_000
        for name, found in everywhere(stored, lines, start, end):
            assert found == pytest.approx(truth, abs=0.005), name


def test_all_amounts_of_a_real_shop_agree_to_the_cent(online_retail):
    """Online Retail: all lines together are those of the file, and the goods among them the same on every page."""
    columns = ["timestamp", "line_type", "quantity", "unit_price", "product", "store", "customer", "invoice"]
    lines = tables.read(online_retail, columns=[one for one in columns if one in online_retail.columns["sales"]])
    assert float((lines["quantity"] * lines["unit_price"]).sum()) == pytest.approx(9_747_747.93, abs=0.005)
    for start, end in (
        (pd.Timestamp("2011-03-01"), pd.Timestamp("2011-05-31")),
        (pd.Timestamp("2010-12-01"), pd.Timestamp("2011-12-09")),
    ):
        truth = revenue(lines, start, end)
        for name, found in everywhere(online_retail, lines, start, end):
            assert found == pytest.approx(truth, abs=0.005), name


def test_customers_add_up_to_all_revenue_to_the_cent(home, lines):
    stored = keep(lines)
    truth = revenue(lines, lines["timestamp"].min())
    bought = rfm.purchases(tables.query(stored, rfm.by_day(stored.columns["sales"])))
    never = bought.visits[~bought.visits["customer"].isin(rfm.score(bought).index)]["revenue"].sum()
    assert rfm.summary(rfm.score(bought))["revenue"].sum() + never + bought.unknown == pytest.approx(truth, abs=0.005)
    made = cohorts.cohorts(bought)
    day = bought.days[bought.visits["day"].to_numpy()]
    first = bought.days[bought.bought.groupby("customer")["day"].min().to_numpy()].to_period("M")
    mine = bought.visits["customer"].map(dict(zip(bought.bought["customer"].unique(), first, strict=True)))
    age = pd.Series(day.to_period("M").astype("int64"), mine.index) - mine.map(
        lambda one: one.ordinal, na_action="ignore"
    )
    known = bought.visits["revenue"].groupby([mine, age]).sum()
    for cohort in made.size.index[:3]:
        for month in (0, 1, 5):
            truth = known[pd.Period(cohort, "M"), month]
            assert made.revenue.loc[cohort, month] == pytest.approx(truth, abs=0.005)


def test_pages_show_the_same_revenue_of_the_same_days(visit, monkeypatch, lines):
    monkeypatch.setattr(background, "threading", AT_ONCE)
    keep(lines)
    truth = revenue(lines, lines["timestamp"].min())
    short = locales.short_money(truth, "EUR")
    assert metric(visit("sales_overview", period="all"), "Revenue") == short
    app = visit("products_margins", period="all")
    assert metric(app, "Revenue") == short
    assert locales.money(truth, "EUR", 2) in words(app)
    of = visit("products_margins", period="all", by="store").dataframe[0].value
    assert of["Revenue (EUR)"].sum() == pytest.approx(truth, abs=0.03)  # each store is rounded to the cent
    table = visit("sales_overview", view="numbers", period="all").dataframe[0].value
    back = visit("sales_overview", view="numbers", period="all", kind="return").dataframe[0].value
    assert table["Sum (EUR)"].iloc[0] - back["Sum (EUR)"].iloc[0] == pytest.approx(truth, abs=0.01)
    asked = visit("ask", q='{"measures":["revenue"]}')
    assert metric(asked, "Revenue") == locales.money(truth, "EUR", 0)


def test_a_segment_is_named_and_in_the_link_and_the_same_on_every_page(visit, lines):
    keep(lines)
    chosen = visit("products_margins", period="all", segment="champions")
    over = visit("sales_overview", **{"sales.customer_segment": "champions", "period": "all"})
    assert metric(chosen, "Revenue") == metric(over, "Revenue")
    for app in (chosen, over):
        assert "are in the segment: Champions" in words(app)
    chosen.multiselect(key="segment").set_value(["loyal"]).run()
    assert chosen.query_params["segment"] in ("loyal", ["loyal"])


MONEY = ("sales_overview", "sales_forecast", "customers_segments", "customers_value", "customers_cohorts",
         "customers_offers", "products_margins", "today", "ask", "boards")  # fmt: skip


@pytest.mark.parametrize("page", MONEY)
def test_two_currencies_are_never_added_and_each_is_shown(visit, lines, page):
    frame = lines.tail(2_000).reset_index(drop=True)
    frame["currency"] = np.where(frame.index % 3 == 0, "USD", "EUR")
    keep(frame)
    app = visit() if page == "today" else visit(page)
    assert "several currencies (EUR, USD), which cannot be added up" in words(app)
    assert not app.error
    table = app.dataframe[0].value.set_index("Currency")
    assert not len(app.metric)
    for code in ("EUR", "USD"):
        truth = revenue(frame[frame["currency"] == code], frame["timestamp"].min())
        assert table.loc[code, "Revenue"] == pytest.approx(truth, abs=0.006)


def test_baskets_of_two_currencies_are_shown_and_a_bundle_is_not(visit, monkeypatch, lines):
    monkeypatch.setattr(background, "threading", AT_ONCE)
    frame = lines.tail(6_000).reset_index(drop=True)
    frame["currency"] = np.where(frame.index % 3 == 0, "USD", "EUR")
    keep(frame)
    assert metric(visit("products_baskets"), "Baskets")
    assert "several currencies" in words(visit("products_baskets", view="bundle"))


def test_tills_that_number_their_receipts_anew_each_morning_have_as_many_orders_everywhere(visit, monkeypatch):
    """Two stores, 70 days, 30 receipts of two lines a day in each, numbered 1 to 30: 4,200 orders of 6 each."""
    monkeypatch.setattr(background, "threading", AT_ONCE)
    made = [(store, day, number, product) for store in "ab" for day in range(70) for number in range(1, 31)
            for product in "xy"]  # fmt: skip
    frame = pd.DataFrame(made, columns=["store", "day", "invoice", "product"])
    frame = frame.assign(
        timestamp=pd.Timestamp("2025-01-06 09:00") + pd.to_timedelta(frame["day"], unit="D"), source="x", quantity=1.0,
        line_id=[str(one) for one in frame.index], line_type="sale", unit_price=3.0, currency="EUR",
        invoice=frame["invoice"].astype(str),
    ).drop(columns="day")  # fmt: skip
    keep(frame)
    overview = visit("sales_overview", period="all")
    assert metric(overview, "Orders") == "4,200"
    assert metric(overview, "Basket") == "€6.00"
    assert metric(visit("today"), "Orders of the last 7 days") == "420"
    assert metric(visit("products_baskets"), "Baskets") == "4,200"
    asked = visit("ask", q='{"measures": ["orders", "basket"]}')
    said = " ".join([*(card.value for card in asked.metric), *(text.value for text in asked.markdown)])
    assert "4,200" in said
    assert "6.00" in said
