"""Sales: overview. Filters repaint everything, and what the data lack is said in a sentence."""

import json
from datetime import UTC, date, datetime

import numpy as np
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


def warehouses(seed=8, days=300):
    """Sales and moves of two warehouses of twelve products each, and the money that empty shelves cost from `days` / 3
    on: a product is sold out for one week in ten, by chance, in each of them. A third store has no moves."""
    rng = np.random.default_rng(seed)
    dates, rows, moves, lost = pd.date_range("2025-01-01", periods=days).as_unit("us"), [], [], {"A": 0.0, "B": 0.0}
    for store in ("A", "B", "C"):
        for number in range(12):
            price = 2.0 + number
            wanted = rng.poisson(6 + 2 * number, days)
            there = (rng.random(days // 7 + 1) > 0.1)[np.arange(days) // 7]
            sold = wanted * there if store != "C" else wanted
            rows += [(store, f"P{number:02}", dates[day], sold[day], price) for day in np.flatnonzero(sold)]
            if store == "C":
                continue
            lost[store] += price * float((wanted - sold)[days // 3 :].sum())
            for day in range(days):
                on_hand = 500.0 if there[day] else 0.0
                moves.append((dates[day], f"P{number:02}", store, "count", 0.0, on_hand))
    frame = pd.DataFrame(rows, columns=["store", "product", "timestamp", "quantity", "unit_price"])
    keys = {"source": "x", "line_id": [str(one) for one in range(len(frame))], "line_type": "sale", "currency": "EUR"}
    frame = frame.assign(**keys).astype({"quantity": float})
    kept = pd.DataFrame(moves, columns=["date", "product", "store", "move", "quantity", "on_hand"])
    return frame, kept, lost, dates[days // 3], dates[-1]


def test_each_warehouse_has_empty_shelves_of_its_own(visit, home):
    """What a warehouse lacked was not sold from it, though the other had it: without a filter both are added up."""
    frame, moves, lost, start, end = warehouses()
    dataset = Dataset("sales", {"sales": frame, "stock_moves": moves}, Origin("upload", "mine.csv", currency="EUR"))
    tables.add(home, dataset, datetime(2026, 1, 5, tzinfo=UTC))
    about = {"view": "out", "period": "dates", "period.dates": [str(start.date()), str(end.date())]}
    said = {}
    for store in ("", "A", "B"):
        app = visit("sales_overview", **about, **({"sales.store": store} if store else {}))
        table = app.dataframe[-1].value
        said[store] = table["Sales lost, about (EUR)"].sum()
        assert ("Warehouse" in table) == (store == "")
        assert any("left out" in text.value for text in app.caption) == (store == "")
    assert said["A"] == pytest.approx(lost["A"], rel=0.15)
    assert said["B"] == pytest.approx(lost["B"], rel=0.15)
    assert said[""] == pytest.approx(said["A"] + said["B"], abs=0.1)
    unknown = visit("sales_overview", **about, **{"sales.store": "C"})
    assert any("no moves of stock say their name" in text.value for text in unknown.info)


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_today_says_in_which_warehouse_a_product_is_sold_out(visit, home, lang):
    frame, moves, *_rest = warehouses()
    last = moves["date"].max()
    moves = moves[moves["date"] < last]
    ends = [("P00", "A", 0.0), ("P00", "B", 500.0), ("P01", "A", 0.0), ("P01", "B", 0.0)]
    more = pd.DataFrame(ends, columns=["product", "store", "on_hand"]).assign(date=last, move="count", quantity=0.0)
    others = moves.drop_duplicates(["product", "store"]).query("product > 'P01'").assign(date=last, on_hand=500.0)
    moves = pd.concat([moves, more, others], ignore_index=True)
    dataset = Dataset("sales", {"sales": frame, "stock_moves": moves}, Origin("upload", "mine.csv", currency="EUR"))
    tables.add(home, dataset, datetime(2026, 1, 5, tzinfo=UTC))
    said = " ".join(text.value for text in visit("today", lang=lang).markdown)
    expected = {"en": "such as P00 \\(A\\) and P01", "fr": "par exemple P00 \\(A\\) et P01"}[lang]
    assert expected in said.replace("\xa0", " ")
