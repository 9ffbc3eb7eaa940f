"""The three pages of Customers, on a small shop and on what people may bring in its place."""

import json
import re
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

import locales
import settings
from data import tables
from data.dataset import Dataset, Origin
from data.demo import sales as demo
from models import segmenting
from models.customers import rfm
from tests.at_once import AT_ONCE
from ui import answers, background
from ui.customers import value as views

pytestmark = [pytest.mark.xdist_group("customers"), pytest.mark.same_data("buyers")]
PAGES = {
    "customers_segments": {"named": 1, "found": 2, "moved": 1},
    "customers_value": {"slipping": 2, "worth": 2, "proved": 1},
    "customers_cohorts": {"retention": 2, "revenue": 1},
}


@pytest.fixture(scope="module")
def lines():
    return demo.generate(date(2026, 3, 14), customers=500)["sales"]


def keep(frame):
    dataset = Dataset("sales", {"sales": frame}, Origin("upload", "mine.csv", currency="EUR"))
    return tables.add(settings.get().home, dataset, datetime(2026, 1, 5, tzinfo=UTC))


@pytest.fixture
def opened(visit, monkeypatch):
    monkeypatch.setattr(background, "threading", AT_ONCE)
    return visit


def figures(app):
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def words(app):
    kinds = ("markdown", "caption", "warning", "info")
    return " ".join(element.value for kind in kinds for element in app.get(kind)).replace("\\", "")


def metric(app, label):
    return next(card for card in app.metric if card.label == label)


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize(("page", "view"), [(page, view) for page, views in PAGES.items() for view in views])
def test_every_view_shows_its_figures_in_both_languages(opened, lines, page, view, lang):
    keep(lines)
    app = opened(page, view=view, lang=lang)
    assert len(figures(app)) == PAGES[page][view]
    assert len(app.metric) >= 4
    assert not app.error
    assert not app.info
    assert "code" in words(app)  # how much of the revenue is of nobody known


def test_the_cards_are_those_of_the_lines(opened, lines):
    keep(lines)
    goods = lines[lines["line_type"].isin(["sale", "return"])]
    amount = goods["quantity"] * goods["unit_price"]
    app = opened("customers_segments")
    known = goods["customer"].notna()
    assert metric(app, "Revenue of known customers").value == locales.money(amount[known].sum(), "EUR")
    buyers = goods.loc[known & (goods["line_type"] == "sale"), "customer"].nunique()
    assert metric(app, "Customers who bought").value == locales.number(buyers)
    assert locales.money(amount[~known].sum(), "EUR") in words(app)
    table = next(frame.value for frame in app.dataframe if "What to do" in frame.value)
    assert table["Customers"].sum() == buyers


def test_a_segment_filters_the_sales_and_agrees_to_the_cent(opened, lines):
    keep(lines)
    app = opened("customers_segments", list="champions")
    table = next(frame.value for frame in app.dataframe if "What to do" in frame.value).set_index("Segment")
    listed = app.dataframe[-1].value
    assert listed["Revenue (EUR)"].sum() == pytest.approx(table.loc["Champions", "Revenue (EUR)"], abs=0.01)
    over = opened("sales_overview", **{"sales.customer_segment": "champions", "period": "all"})
    assert metric(over, "Revenue").value == locales.money(listed["Revenue (EUR)"].sum(), "EUR")
    assert metric(over, "Customers").value == locales.number(len(listed))
    next(button for button in over.button if button.label == "Reset").click().run()
    assert "sales.customer_segment" not in over.query_params


def supplier(lost):
    """A supplier's 40 customers, who order every 30 days, give or take two; the first stopped `lost` days ago."""
    rng = np.random.default_rng(6)
    rows = []
    for customer in range(40):
        at = rng.uniform(0, 30)
        while at < (700 - lost if customer == 0 else 700):
            rows.append((f"Client {customer:02}", pd.Timestamp("2024-04-01") + pd.Timedelta(days=int(at), hours=9)))
            at += rng.uniform(28, 32)
    frame = pd.DataFrame(rows, columns=["customer", "timestamp"])
    frame["timestamp"] = frame["timestamp"].astype("datetime64[us]")
    return frame.assign(source="test", line_id=[str(one) for one in range(len(frame))], product="valve",
                        line_type="sale", quantity=10.0, unit_price=20.0, currency="EUR",
                        invoice=frame["customer"] + frame["timestamp"].astype(str))  # fmt: skip


@pytest.mark.parametrize(("lang", "said"), [("en", "first Client 00|, Client 00,"), ("fr", "Client 00")])
def test_who_was_lost_longer_ago_is_not_passed_over(opened, lang, said):
    """The customer of 24 orders and 200 EUR each month has been silent for half a year: no word of “nobody”."""
    keep(supplier(lost=190))
    app = opened("customers_value", lang=lang)
    told = " ".join(element.value for element in app.info).replace("\\", "")
    assert re.search(said, told)
    amount = float(re.search(r"€?([\d,\u202f\xa0]+)(?:\s?€)? ", told[told.index("Client 00") :].split("90")[1]).group(1)
                   .replace(",", "").replace("\u202f", "").replace("\xa0", ""))  # fmt: skip
    assert amount == pytest.approx(200 * 365.25 / 30, rel=0.1)
    assert metric(app, locales._("Slipping") if lang == "en" else "S’éloignent").value == "0"
    ever = opened("customers_value", lang=lang, within="10000")
    assert "Client 00" in ever.dataframe[0].value.iloc[:, 0].to_list()
    assert not ever.info


def test_terms_are_in_the_url_and_change_the_list(opened, lines):
    keep(lines)
    app = opened("customers_value")
    app.selectbox(key="within").set_value("10000").run()
    app.selectbox(key="ahead").set_value("30").run()
    assert (app.query_params["within"], app.query_params["ahead"]) == ("10000", "30")
    ever = int(metric(app, "Slipping").value)
    assert ever > int(metric(opened("customers_value", within="30"), "Slipping").value)
    risk = app.dataframe[0].value.filter(like="At risk").iloc[:, 0]
    assert risk.is_monotonic_decreasing
    app.multiselect(key="segment").set_value(["cannot lose", "at risk"]).run()
    assert int(metric(app, "Slipping").value) < ever
    again = opened("customers_value", **app.query_params)
    assert metric(again, "Slipping").value == metric(app, "Slipping").value


def test_groups_by_either_method_and_number_are_in_the_url(opened, lines):
    keep(lines)
    app = opened("customers_segments", view="found", k="4")
    assert len(figures(app)[0]["data"]) == 4
    app.selectbox(key="method").set_value("dbscan").run()
    assert app.query_params["method"] == "dbscan"
    assert "outliers" in words(app)
    app.number_input(key="radius").set_value(3.0).run()
    assert "Within 3.00" in words(app)


def test_today_names_who_is_slipping_as_soon_as_it_is_known(opened, lines):
    stored = keep(lines)
    answers.forget_all()
    assert "silent" not in words(opened())
    page = opened("customers_value")
    first = page.dataframe[0].value["Customer"].iloc[0]
    assert f"first {first}" in words(opened())
    assert views.slipping_now(stored) is not None


def small(customers, days, **more):
    """A sale of 10 for each of customers and days."""
    size = len(days)
    made = pd.DataFrame(
        {
            "source": "mine",
            "line_id": [str(number) for number in range(size)],
            "timestamp": (pd.Timestamp("2025-01-01 10:00") + pd.to_timedelta(days, unit="D")).as_unit("us"),
            "product": "P",
            "line_type": "sale",
            "quantity": 1.0,
            "unit_price": 10.0,
            "currency": "EUR",
            "customer": customers,
        }
    )
    return made.assign(**more)


RNG = np.random.default_rng(0)
BAD = {
    "nobody is known": (small("a", np.arange(20)).drop(columns="customer"), "No line says who"),
    "all came back": (small("a", np.arange(20), line_type="return", quantity=-1.0), "goods that came back"),
    "one customer": (small("a", np.arange(0, 300, 3)), "Only one customer is known|known to have bought: 1"),
    "one invoice each": (small([f"c{n}" for n in range(90)], np.arange(90)), "bought on one day only"),
    "one day": (small([f"c{n}" for n in range(90)], np.zeros(90)), "of one day|sales span: 1"),
    "half a year closed": (
        small([f"c{n % 9}" for n in range(100)], np.r_[np.arange(50), 232 + np.arange(50)]),
        "nothing was sold at all",
    ),
    "sold below cost": (
        small([f"c{n % 60}" for n in range(1200)], RNG.integers(0, 400, 1200), unit_cost=15.0),
        "sold below their cost",
    ),
    "no goods": (small("a", np.arange(20), line_type="shipping"), "no goods"),
    "a customer with 10,000 lines": (
        small(np.where(np.arange(10_300) < 10_000, "whale", [f"c{n % 100}" for n in range(10_300)]),
              RNG.integers(0, 400, 10_300)),
        "whale, makes",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_a_sentence_and_what_can_be_shown_is(opened, home, case):
    frame, sentence = BAD[case]
    keep(frame)
    for page, shown in PAGES.items():
        for view in shown:
            app = opened(page, view=view)
            assert not app.error
            assert any(one in words(app) for one in sentence.split("|")), (page, view)
            assert "Sorry" not in words(app)


def test_names_from_outside_are_text(opened, home):
    hostile = ["<b>x</b> $y$", "=1+1", "*[a](b)*", ":material/home:"]
    rows = [(name, day) for name in hostile for day in range(0, 200, 7)]
    rows += [(f"c{n}", int(day)) for n in range(60) for day in np.arange(n % 7, 200 - 2 * n, 9)]
    keep(small([name for name, _day in rows], np.array([day for _name, day in rows])))
    for page, shown in PAGES.items():
        for view in shown:
            for figure in figures(opened(page, view=view)):
                assert "<b>x" not in json.dumps(figure, ensure_ascii=False)


def test_without_money_the_pages_say_what_they_need(opened, home):
    keep(small("a", np.arange(20)).assign(unit_price=np.nan))
    for page in PAGES:
        assert "needs what these data do not say" in words(opened(page))


@pytest.mark.parametrize("page", [*PAGES, "customers_offers", "products_baskets", "products_margins", "sales_overview"])
def test_a_page_that_lacks_a_column_leads_to_where_columns_are_mapped(opened, home, page):
    keep(small("a", np.arange(20)).drop(columns=["customer", "invoice"], errors="ignore"))
    app = opened(page)
    assert "map it on the page Data" in words(app) or "They need" in words(app)
    assert [link.proto.label for link in app.get("page_link")].count("Map the columns") == 1


def test_every_segment_has_a_name_and_an_action_in_french():
    with locales.using("fr"):
        for segment in segmenting.SEGMENTS:
            assert locales._(rfm.ACTIONS[segment]) != rfm.ACTIONS[segment]
