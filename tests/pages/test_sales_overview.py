"""Sales: overview. Filters repaint everything, and what the data lack is said in a sentence."""

import json
from datetime import UTC, date, datetime

import pandas as pd
import pytest

import locales
import settings
from data import tables
from data.dataset import Dataset, Origin
from data.demo import sales

pytestmark = pytest.mark.same_data("sales")
VIEWS = {"trend": 4, "what": 4, "who": 4, "numbers": 1, "out": 2}


def figures(app):
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def metric(app, label):
    return next(card for card in app.metric if card.label == label)


def keep(frame):
    dataset = Dataset("sales", {"sales": frame}, Origin("upload", "mine.csv", currency="EUR"))
    return tables.add(settings.get().home, dataset, datetime(2026, 1, 5, tzinfo=UTC))


@pytest.fixture(scope="module")
def lines():
    return sales.generate(date(2026, 3, 14), years=2, customers=500)["sales"]


def revenue(frame):
    goods = frame[frame["line_type"].isin(["sale", "return"])]
    return (goods["quantity"] * goods["unit_price"]).sum()


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_view_shows_its_figures_in_both_languages(visit, view, lang):
    app = visit("sales_overview", lang=lang, view=view)
    assert app.session_state["lang"] == lang
    assert len(figures(app)) == VIEWS[view]
    assert len(app.metric) == 5
    if lang == "fr":
        assert metric(app, "Chiffre d’affaires").value.endswith("\xa0£")


def test_the_last_year_is_compared_with_the_one_before(visit):
    app = visit("sales_overview")
    days = tables.read(tables.active(settings.get().home, "sales"))
    end = days["timestamp"].max().normalize()
    start = end - pd.Timedelta(days=363)
    now = revenue(days[days["timestamp"] >= start])
    earlier = days[(days["timestamp"] < start) & (days["timestamp"] >= start - pd.Timedelta(days=364))]
    assert metric(app, "Revenue").value == locales.money(now, "GBP")
    change = now / revenue(earlier) - 1
    assert metric(app, "Revenue").delta == f"{'+' if change > 0 else '-'}{abs(change):.1%}"
    assert f"{locales.money(revenue(earlier), 'GBP')} a year earlier" in [caption.value for caption in app.caption]


def test_filters_and_period_are_in_the_url_and_repaint_everything(visit):
    app = visit("sales_overview", view="what")
    app.multiselect(key="sales.category").set_value(["Toys", "Bags"]).run()
    app.multiselect(key="sales.store").set_value(["WEB"]).run()
    app.selectbox(key="period").set_value("13w").run()
    days = tables.read(tables.active(settings.get().home, "sales"))
    since = days["timestamp"].max().normalize() - pd.Timedelta(days=90)
    kept = days[days["category"].isin(["Toys", "Bags"]) & days["store"].eq("WEB") & (days["timestamp"] >= since)]
    assert metric(app, "Revenue").value == locales.money(revenue(kept), "GBP")
    assert metric(app, "Orders").value == locales.number(kept[kept["line_type"].eq("sale")]["invoice"].nunique())
    assert sorted(app.query_params["sales.category"]) == ["Bags", "Toys"]
    assert app.query_params["period"] == "13w"
    *_products, by_category, by_store = figures(app)
    assert sorted(by_category["layout"]["yaxis"]["ticktext"]) == ["Bags", "Toys"]
    assert by_store["layout"]["yaxis"]["ticktext"] == ["Lanternlight online"]
    again = visit("sales_overview", **app.query_params)
    assert metric(again, "Revenue").value == metric(app, "Revenue").value
    next(button for button in again.button if button.label == "Reset").click().run()
    assert metric(again, "Revenue").value == locales.money(revenue(days[days["timestamp"] >= since]), "GBP")


def test_two_dates_of_ones_own(visit, home, lines):
    keep(lines)
    dates = ["2025-12-01", "2025-12-24"]
    app = visit("sales_overview", **{"period": "dates", "period.dates": dates})
    december = lines[lines["timestamp"].between("2025-12-01", "2025-12-25", inclusive="left")]
    assert metric(app, "Revenue").value == locales.money(revenue(december), "EUR")
    app.date_input(key="period.dates").set_value((date(2025, 12, 6), date(2025, 12, 6))).run()
    assert app.query_params["period.dates"] == ["2025-12-06", "2025-12-06"]
    saturday = lines[lines["timestamp"].dt.date.eq(date(2025, 12, 6))]
    assert metric(app, "Revenue").value == locales.money(revenue(saturday), "EUR")
    app.date_input(key="period.dates").set_value(()).run()
    assert not app.exception


def test_a_link_with_impossible_dates_shows_the_last_weeks(visit, home, lines):
    keep(lines)
    since = lines[lines["timestamp"] >= lines["timestamp"].max().normalize() - pd.Timedelta(days=27)]
    for dates in (["soon", "later"], ["1999-01-01", "1999-02-01"], ["2026-03-01", "2025-03-01"], []):
        app = visit("sales_overview", **{"period": "dates", "period.dates": dates, "sales.store": "moon", "view": "?"})
        assert metric(app, "Revenue").value == locales.money(revenue(since), "EUR"), dates


@pytest.mark.parametrize(
    ("gone", "view", "cards", "drawn"),
    [
        ("customer", "who", {"Revenue", "Orders", "Basket", "Returned"}, 0),
        ("invoice", "what", {"Revenue", "Customers", "Returned"}, 4),
        ("store", "what", {"Revenue", "Orders", "Basket", "Customers", "Returned"}, 3),
        ("category", "what", {"Revenue", "Orders", "Basket", "Customers", "Returned"}, 3),
    ],
)
def test_a_missing_column_is_named_and_its_figures_left_out(visit, home, lines, gone, view, cards, drawn):
    keep(lines.drop(columns=gone))
    app = visit("sales_overview", view=view)
    assert any(f"need the column “{gone}”" in caption.value for caption in app.caption)
    assert {card.label for card in app.metric} == cards
    assert len(figures(app)) == drawn


def test_the_least_a_sales_table_can_be(visit, home, lines):
    keep(lines[["source", "line_id", "timestamp", "product", "line_type", "quantity", "unit_price", "currency"]])
    for view, drawn in {"trend": 4, "what": 2, "who": 0}.items():
        assert len(figures(visit("sales_overview", view=view))) == drawn


def test_one_day_only(visit, home, lines):
    one = lines[lines["timestamp"].dt.date.eq(date(2025, 12, 6))]
    keep(one)
    for view in VIEWS:
        app = visit("sales_overview", view=view)
        assert metric(app, "Revenue").value == locales.money(revenue(one), "EUR"), view
        assert metric(app, "Revenue").delta == "", view
        assert figures(app) or view == "out", view
        if view == "trend":
            assert "takes four weeks" in app.info[0].value


def test_filters_that_leave_nothing_get_a_sentence(visit, home, lines):
    keep(lines[~(lines["category"].eq("Toys") & lines["store"].eq("WEB"))])
    app = visit("sales_overview", **{"sales.category": "Toys", "sales.store": "WEB"})
    assert "Nothing was sold with these filters" in app.info[0].value
    assert not figures(app)


def test_a_table_without_goods_gets_a_sentence(visit, home, lines):
    keep(lines[lines["line_type"].eq("shipping")])
    assert "no goods" in visit("sales_overview").info[0].value


def test_returns_only_and_strange_names_do_not_stop_the_page(visit, home, lines):
    back = lines[lines["line_type"].eq("return")].assign(category="<b>x</b> $y$", description="*[a](b)*")
    keep(back)
    for view in VIEWS:
        app = visit("sales_overview", view=view, period="all")
        assert metric(app, "Revenue").value == locales.money(revenue(back), "EUR")


def test_columns_of_ones_own_filter_and_are_compared_by(visit, lines):
    """Revenue by region and with a region chosen is what pandas makes of the same lines."""
    region = pd.Series(["West", "East", None], dtype="category").take([n % 3 for n in range(len(lines))]).array
    own = lines.assign(region=region, gift=pd.Categorical(["0"] * len(lines)), profit=1.5)
    keep(own)
    app = visit("sales_overview", view="what", period="all")
    assert "gift" in app.multiselect(key="by").value
    assert len(figures(app)) == VIEWS["what"] + 2
    app.multiselect(key="sales.region").set_value(["West"]).run()
    assert metric(app, "Revenue").value == locales.short_money(revenue(own[own["region"] == "West"]), "EUR")
    app.multiselect(key="by").set_value([]).run()
    assert metric(app, "Revenue").value == locales.short_money(revenue(own), "EUR")
    assert len(figures(app)) == VIEWS["what"]
