"""The pages of Products, on a small shop and on what people may bring in its place."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

import locales
import settings
from connectors import files, mapping
from data import tables
from data.demo import sales as demo
from tests.at_once import AT_ONCE
from tests.shown import keep, words
from ui import background

pytestmark = [pytest.mark.xdist_group("products"), pytest.mark.same_data("products")]
FIGURES = {"earned": 2, "changed": 1, "losing": 0, "unlike": 0, "suppliers": 1}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(background, "threading", AT_ONCE)


@pytest.fixture(scope="module")
def lines():
    frame = demo.generate(date(2026, 3, 14), years=2, customers=300, products=60)["sales"]
    last = frame.loc[frame["line_type"] == "sale", "product"].iloc[-1]
    frame.loc[frame["product"] == last, "unit_cost"] = 500.0
    return frame


def metric(app, label):
    return next(card for card in app.metric if card.label == label)


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("view", FIGURES)
def test_every_view_shows_its_figures_in_both_languages(visit, lines, view, lang):
    keep(lines)
    app = visit("products_margins", view=view, lang=lang)
    assert len(app.get("plotly_chart")) == FIGURES[view]
    assert len(app.metric) == 4
    assert not app.error
    assert len(app.dataframe) == (view != "suppliers")


def test_revenue_is_that_of_the_overview(visit, lines):
    keep(lines)
    ours = metric(visit("products_margins", period="all"), "Revenue").value
    assert ours == metric(visit("sales_overview", period="all"), "Revenue").value


def test_what_loses_money_is_named_here_and_on_today(visit, lines):
    keep(lines)
    found = visit("products_margins", view="losing", period="13w").dataframe[0].value
    assert (found["Margin (EUR)"] < 0).all()
    assert found["Why"].iloc[0] == "Price below cost"
    assert f"{found['Product'].iloc[0]} loses most money: " in words(visit())


def test_one_that_is_known_is_kept_with_its_reason_and_left_out(visit, lines):
    keep(lines)
    app = visit("products_margins", view="unlike")
    rows = app.dataframe[0].value
    box = next(one for one in app.selectbox if one.label == "Mark as known")
    first = box.options[0]
    next(one for one in app.text_input if one.label == "Why it is right").set_value("a wedding")
    next(one for one in app.button if one.label == "Keep").click().run()
    assert not app.exception
    again = visit("products_margins", view="unlike")
    assert list(again.dataframe[0].value["Money (EUR)"][:50]) == list(rows["Money (EUR)"][1:51])
    assert first not in next(one for one in again.selectbox if one.label == "Mark as known").options
    shown = visit("products_margins", view="unlike", known="1").dataframe[0].value
    assert "a wedding" in set(shown["Known: why"])


def test_suppliers_that_offer_the_same_are_compared(visit, lines):
    product = lines.loc[lines["line_type"] == "sale", "product"].iloc[-1]
    day = pd.Timestamp("2026-01-01")
    prices = pd.DataFrame(
        {"supplier": ["S1", "S2"], "product": [product] * 2, "valid_from": [day] * 2, "unit_cost": [5.0, 6.0]}
    )
    keep(lines.tail(3_000), supplier_prices=prices)
    app = visit("products_margins", view="suppliers")
    assert "There is no single number" in words(app)
    assert "from no effect to 4.0 per cent fewer units" in words(app)
    assert "S2" in words(app)
    assert "20%" in words(app)


BAD = {
    "costs": (lambda frame: frame.drop(columns="unit_cost"), "Costs are not known"),
    "promotions": (lambda frame: frame.drop(columns="promotion"), "Promotions are not known"),
    "some costs": (lambda frame: frame.assign(unit_cost=frame["unit_cost"].where(frame.index % 2 == 0)), "left out of"),
    "sales": (lambda frame: frame[frame["line_type"] == "return"], "and none were sold: no margin"),
    "goods": (lambda frame: frame[frame["line_type"] == "fee"], "These data hold no goods"),
}


@pytest.mark.parametrize("lacking", BAD)
def test_what_data_lack_is_said_and_the_rest_is_shown(visit, lines, lacking):
    change, sentence = BAD[lacking]
    keep(change(lines.iloc[-8_000:].reset_index(drop=True)))
    for view in FIGURES:
        app = visit("products_margins", view=view)
        assert sentence in words(app), view
        assert not app.error, view


def test_sales_of_one_day_of_one_customer_are_shown(visit, lines):
    keep(lines[lines["line_type"] == "sale"].tail(1).assign(timestamp=pd.Timestamp("2026-03-01 10:00")))
    for view in FIGURES:
        app = visit("products_margins", view=view)
        assert len(app.metric) == 4, view
        assert not app.error, view


@pytest.mark.parametrize(("lines_of_each", "said"), [(7, "cannot be told yet"), (8, "is unlike the others")])
def test_what_is_odd_takes_eight_lines_of_a_product(visit, lines, lines_of_each, said):
    few = lines[lines["line_type"] == "sale"].head(5).loc[lambda one: np.repeat(one.index, lines_of_each)]
    few = few.assign(line_id=[str(one) for one in range(len(few))]).reset_index(drop=True)
    keep(few.drop_duplicates(["product", "line_id"]))
    assert said in words(visit("products_margins", view="unlike"))


def test_losses_and_half_a_year_without_sales_are_shown(visit, lines):
    frame = lines.iloc[-8_000:].reset_index(drop=True)
    later = frame["timestamp"] + pd.Timedelta(days=183)
    frame = frame.assign(unit_cost=999.0, timestamp=frame["timestamp"].where(frame.index < 4_000, later))
    keep(frame)
    goods = frame[frame["line_type"].isin(["sale", "return"])]
    margin = (goods["quantity"] * (goods["unit_price"] - 999)).sum()
    for view in FIGURES:
        app = visit("products_margins", view=view, period="all")
        assert not app.error, view
        assert f"**−€{-margin:,.0f}**" in [one.value for one in app.markdown], view


def test_money_without_units_is_shown(visit, lines):
    frame = lines[lines["line_type"] == "sale"].tail(500)
    amount = frame["quantity"] * frame["unit_price"]
    keep(frame.assign(amount=amount, quantity=np.nan, unit_price=np.nan))
    for view in FIGURES:
        assert not visit("products_margins", view=view).error
    assert metric(visit("products_margins", period="all"), "Revenue").value == locales.short_money(amount.sum(), "EUR")


@pytest.mark.parametrize(("chosen", "left"), [({}, True), ({"charge:fee": "what selling costs"}, False)])
def test_fees_beside_the_lines_are_in_the_net_margin_or_said_not_to_be(visit, chosen, left):
    """100 lines of 2 x €5 that cost €3 each, and a fee of 50 cents a line: €400 are earned on goods, €350 in all."""
    days = pd.date_range("2026-01-01", periods=100)
    rows = [f"{day:%Y-%m-%d},T{n},P{n % 5},2,5.00,3.00,0.50" for n, day in enumerate(days)]
    content = "date,invoice,product,quantity,unit_price,unit_cost,fee\n" + "\n".join(rows)
    raw = files.read("fees.csv", content.encode(), 10**6)
    now = datetime(2026, 4, 15, tzinfo=UTC)
    made = mapping.apply(raw, "sales", mapping.guess(raw.frame, "sales"), now, "fees.csv", choices=chosen)
    tables.add(settings.get().home, made, now)
    app = visit("products_margins", period="all")
    assert metric(app, "Margin of goods").value == "€400"
    assert metric(app, "Net margin").value == ("€400" if left else "€350")
    assert ("not counted: fee" in words(app)) == left
