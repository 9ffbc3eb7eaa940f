"""Products: baskets and Customers: offers, on a small shop and on what people may bring in its place."""

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from data.demo import sales as demo
from tests.at_once import AT_ONCE
from tests.shown import keep, words
from ui import background

pytestmark = [pytest.mark.xdist_group("baskets"), pytest.mark.same_data("baskets")]
PAGES = {
    "products_baskets": {"together": 1, "three": 0, "goes": 1, "lasting": 2, "instead": 0, "bundle": 1},
    "customers_offers": {"customer": 2, "product": 1, "all": 0, "proved": 1},
}
VIEWS = [(page, view) for page, views in PAGES.items() for view in views]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(background, "threading", AT_ONCE)


@pytest.fixture(scope="module")
def shop():
    return demo.generate(date(2026, 3, 14), customers=600, products=120)


def metric(app, label):
    return next(card for card in app.metric if card.label == label).value


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize(("page", "view"), VIEWS)
def test_every_view_shows_its_figures_in_both_languages(visit, shop, page, view, lang):
    keep(shop["sales"])
    app = visit(page, view=view, lang=lang)
    assert len(app.get("plotly_chart")) == PAGES[page][view]
    assert len(app.metric) >= 4 - (view == "bundle")
    assert not app.error
    assert len(app.dataframe) > 0 or view in ("three", "instead", "lasting", "bundle", "proved")


def test_what_is_chosen_is_in_the_url_and_changes_the_answer(visit, shop):
    keep(shop["sales"])
    app = visit("products_baskets", view="goes")
    app.text_input(key="product.find").set_value("BA100").run()
    assert not app.exception
    code = app.selectbox(key="product").value
    assert code.startswith("BA100")
    assert app.query_params["product.find"] in ("BA100", ["BA100"])
    again = visit("products_baskets", view="goes", product=code)
    assert again.dataframe[0].value.equals(app.dataframe[0].value)
    app.text_input(key="product.find").set_value("nothing like it").run()
    assert "Nothing is called so" in words(app)
    small = visit("products_baskets", largest="25")
    assert metric(small, "Baskets") <= metric(visit("products_baskets"), "Baskets")


def test_the_list_is_ranked_as_asked_for(visit, shop):
    keep(shop["sales"])
    first = visit("products_baskets").dataframe[0].value
    beyond = first["Baskets with both"] - first["By chance"]
    assert (np.diff(beyond) <= 0.1).all()
    assert visit("products_baskets", rank="lift").dataframe[0].value["Low"].is_monotonic_decreasing


def test_a_bundle_says_what_it_assumes_and_more_is_given_away_with_more_discount(visit, shop):
    keep(shop["sales"])
    app = visit("products_baskets", view="bundle", discount="10")
    assert "Assumed: nobody comes for the pair alone" in words(app)
    app.slider(key="discount").set_value(0).run()
    assert metric(app, "Given away") == "€0"
    bare = shop["sales"].drop(columns=["unit_cost", "promotion"]).assign(unit_price=9.0)
    keep(bare)
    app = visit("products_baskets", view="bundle")
    assert "Margin, as costs are not known" in [one.label for one in app.slider][-1]
    assert "no single number is given" in words(app)


def test_lists_of_a_segment_and_of_a_customer(visit, shop):
    keep(shop["sales"])
    app = visit("customers_offers", view="all")
    everyone = len(app.dataframe[0].value)
    app.multiselect(key="segment").set_value(["champions"]).run()
    assert 0 < len(app.dataframe[0].value) < everyone
    one = app.dataframe[0].value["Customer"].iloc[0]
    app = visit("customers_offers", customer=one)
    assert app.selectbox(key="customer").value == one
    assert "Customer" not in app.dataframe[0].value  # whose list it is stands above it


def test_suppliers_of_a_product_are_compared(visit, shop):
    product = shop["sales"]["product"].iloc[0]
    day = pd.Timestamp("2026-01-01")
    more = pd.DataFrame({"supplier": ["S99"], "product": [product], "valid_from": [day], "unit_cost": [0.5]})
    prices = pd.concat([shop["supplier_prices"], more.astype(shop["supplier_prices"].dtypes.to_dict())])
    keep(shop["sales"], supplier_prices=prices, suppliers=shop["suppliers"], stock_moves=shop["stock_moves"])
    table = visit("customers_offers", view="product", product=product).dataframe[-1].value
    assert table["Supplier"].iloc[0] == "S99"
    assert table["Cost index"].iloc[0] == 100
    assert table["Supplier"].iloc[1].endswith("(in use now)")
    assert table["Deliveries"].iloc[1] > 3


@pytest.mark.parametrize(
    ("customers", "lang", "reason"),
    [
        (12, "en", "Customers known to have bought\\: 12"),
        (12, "fr", "50"),
        (60, "en", "Every customer has bought it already"),
        (60, "fr", "Tous les clients l’ont déjà acheté"),
    ],
)
def test_few_customers_are_due_to_reorder_and_suppliers_are_compared(visit, home, customers, lang, reason):
    """All bought A on three days, ten days apart; S1, in use, asks 10, S2 asks 8. Twelve are too few to learn from.

    Ten of them have been silent for less than three gaps: a day less each, from 29 on.
    """
    day = pd.Timestamp("2025-03-01")
    rows = [(f"c{who}", day + pd.Timedelta(days=10 * turn + who), "A" if turn < 3 else f"B{who % 3}")
            for who in range(customers) for turn in range(5)]  # fmt: skip
    lines = pd.DataFrame(rows, columns=["customer", "timestamp", "product"]).sort_values("timestamp", ignore_index=True)
    keys = {"source": "x", "line_type": "sale", "currency": "EUR", "supplier": "S1"}
    lines = lines.assign(**keys, line_id=[str(one) for one in lines.index], quantity=1.0, unit_price=12.0)
    valid = pd.Series(pd.Timestamp("2025-01-01"), range(2))
    prices = pd.DataFrame({"supplier": ["S1", "S2"], "product": "A", "valid_from": valid, "unit_cost": [10.0, 8.0]})
    keep(lines, supplier_prices=prices)
    app = visit("customers_offers", view="product", product="A", lang=lang)
    less = {"en": "S2 asks 20% less for A", "fr": "S2 demande 20 % de moins pour A"}[lang]
    assert not app.error
    due = app.dataframe[0].value
    assert len(due) == 10
    assert set(due.iloc[:, 2]) == {10}  # days of the usual gap
    assert any(reason in text.value for text in app.info)
    assert any(less in text.value.replace("\xa0", " ").replace("\u202f", " ") for text in app.markdown)


def small(invoices, **more):
    """Sales of 10 for each product of each invoice, three invoices a day."""
    rows = [(number, product) for number, held in enumerate(invoices) for product in held]
    frame = pd.DataFrame(rows, columns=["invoice", "product"])
    day = pd.Timestamp("2025-01-01 10:00") + pd.to_timedelta(frame["invoice"] // 3, unit="D")
    size = len(frame)
    return frame.assign(
        timestamp=day.astype("datetime64[us]"), invoice=frame["invoice"].astype(str), source="mine", line_type="sale",
        line_id=[str(number) for number in range(size)], quantity=1.0, unit_price=10.0, currency="EUR",
        customer=[f"c{number % 60}" for number in frame["invoice"]],
    ).assign(**more)  # fmt: skip


RNG = np.random.default_rng(0)
MIXED = [RNG.choice(list("ABCDEFGH"), 3, replace=False) for _number in range(300)]
BAD = {  # what is brought; what baskets say of it; what offers say
    "no invoices": (small(MIXED).drop(columns="invoice"), "needs the column “invoice”", "Goods that were sold"),
    "one product an invoice": (small(["A", "B"] * 100), "holds one product only", "Goods that were sold"),
    "one product in every basket": (small([["Z", *one] for one in MIXED]), "No pair of products", "Goods that were"),
    "all came back": (small(MIXED, line_type="return", quantity=-1.0), "Nothing was sold on an invoice", "came back"),
    "no customers": (small(MIXED).drop(columns="customer"), "No pair of products", "No line says who"),
    "one customer": (small(MIXED, customer="a"), "No pair of products", "Only one customer"),
    "few customers": (small(MIXED, customer=[f"c{n % 9}" for n in range(900)]), "No pair", "known to have bought: 9"),
    "one product": (small(["A"] * 200), "holds one product only", "Only one product"),
    "one day": (small(MIXED, timestamp=pd.Timestamp("2025-01-01 10:00")), "takes 3 months", "sales span: 1"),
    "below cost": (small(MIXED, unit_cost=15.0), "No pair of products", "sold below their cost"),
    "a customer with 30,000 lines": (
        small(RNG.integers(0, 40, (10_000, 3)).astype(str).tolist(), customer="whale"), "No pair", "Only one customer"),
    "half a year closed": (
        small(MIXED, timestamp=[pd.Timestamp("2025-01-01 09:00") + pd.Timedelta(days=int(n // 9 + 182 * (n > 450)))
                                for n in range(900)]),
        "No pair of products", "nothing was sold at all",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_a_sentence_and_what_can_be_shown_is(visit, home, case):
    frame, ours, theirs = BAD[case]
    keep(frame)
    for page, sentence in (("products_baskets", ours), ("customers_offers", theirs)):
        for view in PAGES[page]:
            app = visit(page, view=view)
            assert not app.error
            said = words(app)
            assert "Sorry" not in said
            if sentence != "No pair of products" or view in ("together", "bundle"):
                assert sentence in said or view in ("three", "goes", "lasting", "instead"), (page, view)


def test_names_from_outside_are_text(visit, home):
    hostile = ["<b>x</b> $y$", "=1+1", "*[a](b)*", ":material/home:"]
    held = [[*(hostile[:2] if number % 3 == 0 else hostile[2:]), f"n{number % 9}"] for number in range(600)]
    keep(small(held, description=[one for invoice in held for one in invoice]))
    for page, view in VIEWS:
        for chart in visit(page, view=view).get("plotly_chart"):
            drawn = json.loads(chart.proto.spec)
            drawn["layout"].pop("meta", None)  # the title, which the page shows as text
            assert "<b>x" not in json.dumps(drawn, ensure_ascii=False)


def test_rules_of_three_are_shown_where_there_are_some(visit, home):
    random = np.random.default_rng(1)
    held = []
    for _number in range(4_000):
        one = set(random.choice([f"n{item}" for item in range(40)], random.integers(1, 8), replace=False))
        one |= {"A"} if random.random() < 0.1 else set()
        one |= {"B"} if random.random() < (0.4 if "A" in one else 0.05) else set()
        one |= {"C"} if random.random() < (0.7 if {"A", "B"} <= one else 0.05) else set()
        held.append(sorted(one))
    lines = [number for number, one in enumerate(held) for _item in one]
    days = pd.Timestamp("2025-01-01") + pd.to_timedelta(np.array(lines), unit="h")  # half a year
    keep(small(held, timestamp=days, customer=[f"c{number % 60}" for number in lines]))
    app = visit("products_baskets", view="three")
    row = app.dataframe[0].value.iloc[0]
    assert {row["Who buys"], row["and"], row["also buys"]} == {"A", "B", "C"}
    assert row["Confidence (%)"] > row["With one alone (%)"]
    assert len(app.get("plotly_chart")) == 1
    assert "1 of 1 triple says more than its pairs" in words(app)


def test_without_money_offers_say_what_they_need_and_baskets_go_on(visit, home):
    held = [[*("CD" if number % 3 else "AB"), f"n{number % 7}"] for number in range(600)]
    keep(small(held).assign(unit_price=np.nan))
    assert "needs what these data do not say" in words(visit("customers_offers"))
    assert metric(visit("products_baskets"), "Pairs found") == "2"
    for view in PAGES["products_baskets"]:
        app = visit("products_baskets", view=view)
        assert not app.error
        assert ("no basket with units and prices" in words(app)) == (view == "bundle")
