"""The sales pages on files that know no units, no prices or no products: each page says what it lacks, and why."""

from datetime import UTC, datetime

import pandas as pd
import pytest

import settings
from connectors import files, mapping
from data import tables
from tests.at_once import AT_ONCE
from ui import background

NOW = datetime(2026, 3, 14, tzinfo=UTC)
PAGES = ("today", "sales_overview", "sales_forecast", "sales_what_if", "sales_items", "sales_stock", "monitoring_drift")
NEEDS = {  # what a page cannot do without and a file does not say
    "weeks": {"sales_what_if": "Quantity", "sales_items": "Quantity", "sales_stock": "Quantity"},
    "months": {"sales_what_if": "Quantity", "sales_items": "Quantity", "sales_stock": "Quantity"},
    "units": {"sales_overview": "Total of the line", "sales_what_if": "Unit price", "sales_stock": "Unit price"},
}


def weeks(amount=lambda n: f"{1_000 + 37 * (n % 5)}.50"):
    days = pd.date_range("2023-01-06", periods=60, freq="7D")
    rows = [f"{shop},{day:%d-%m-%Y},{amount(n + 10 * shop)},0" for shop in (1, 2) for n, day in enumerate(days)]
    return "Store,Date,Weekly_Sales,Holiday_Flag\n" + "\n".join(rows)


def months():
    days = pd.date_range("2020-01-01", periods=48, freq="MS")
    return "Month,Revenue\n" + "\n".join(f"{day:%Y-%m},{900 + 10 * n + 50 * (n % 12)}.25" for n, day in enumerate(days))


def units():
    days = pd.date_range("2025-01-01", periods=150, freq="D")
    return "date,units\n" + "\n".join(f"{day:%Y-%m-%d},{20 + day.weekday()}" for day in days)


FILES = {"weeks": weeks, "months": months, "units": units}


def keep(kind):
    raw = files.read(f"{kind}.csv", FILES[kind]().encode(), limit_bytes=10**7)
    made = mapping.apply(raw, "sales", mapping.guess(raw.frame, "sales"), NOW, f"{kind}.csv")
    assert not made.questions
    return tables.add(settings.get().home, made, NOW)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("kind", FILES)
def test_a_page_works_on_such_a_file_or_says_what_it_lacks(visit, kind, page, monkeypatch):
    monkeypatch.setattr(background, "threading", AT_ONCE)
    keep(kind)
    app = visit(page, table="sales")
    told = " ".join(one.value for one in app.info)
    needs = NEEDS[kind].get(page)
    assert ("needs what these data do not say" in told) == (needs is not None)
    assert not needs or needs in told
    assert "nan" not in " ".join(str(one.value) for one in app.metric).casefold()


def test_money_and_units_are_each_what_the_file_says(visit, monkeypatch):
    monkeypatch.setattr(background, "threading", AT_ONCE)
    keep("weeks")  # the last seven days are one week of two shops: 1,000 + 37 x 4 and the like, and 50 cents
    assert next(card.value for card in visit("today").metric if card.label == "Sales of the last 7 days") == "€2,297"
    keep("units")
    assert next(card.value for card in visit("today").metric if card.label == "Sales of the last 7 days") == "161 units"


def test_totals_of_months_have_no_best_day_and_no_stock(visit, monkeypatch):
    """A month that all sold on its first day would be ordered for as such."""
    monkeypatch.setattr(background, "threading", AT_ONCE)
    months = pd.date_range("2023-01-01", periods=30, freq="MS").strftime("%Y-%m")
    stored("m.csv", pd.DataFrame({"date": months, "product": "tea", "quantity": 100, "unit_price": 2.5}))
    told = " ".join(one.value for one in visit("sales_overview").markdown)
    assert "best total was that of" in told
    assert "best day" not in told
    page = visit("sales_stock")
    assert "totals of months" in page.info[0].value
    assert not page.metric


def stored(name, lines):
    raw = files.read(name, lines.to_csv(index=False).encode(), limit_bytes=10**7)
    return tables.add(
        settings.get().home, mapping.apply(raw, "sales", mapping.guess(raw.frame, "sales"), NOW, name), NOW
    )


def test_one_paid_day_among_free_ones_is_forecast_or_refused_in_a_sentence(visit, monkeypatch):
    monkeypatch.setattr(background, "threading", AT_ONCE)
    days = pd.date_range("2024-01-01", periods=120).strftime("%Y-%m-%d")
    lines = pd.DataFrame({"date": days, "product": "sample", "quantity": 1, "unit_price": [0] * 119 + [30]})
    stored("paid.csv", lines)
    app = visit("sales_forecast", measure="revenue")
    assert not app.exception
    assert app.info or all("nan" not in str(one.value).casefold() for one in app.metric)


def test_only_the_products_that_sold_most_can_be_chosen_and_that_is_said(visit, monkeypatch):
    monkeypatch.setattr(background, "threading", AT_ONCE)
    days = pd.date_range("2024-01-01", periods=60).strftime("%Y-%m-%d")
    rows = [(days[0], f"few {number}", 1, 1.0) for number in range(505)]
    rows += [(day, "much", 50 + place % 7, 2.0) for place, day in enumerate(days)]
    stored("many.csv", pd.DataFrame(rows, columns=["date", "product", "quantity", "unit_price"]))
    app = visit("sales_forecast", part="product", of="much")
    assert any("The 500 that sold most are in this list" in one.value for one in app.caption)


def test_a_shop_of_nine_days_is_shown_as_far_as_such_days_reach(visit, monkeypatch):
    monkeypatch.setattr(background, "threading", AT_ONCE)
    monkeypatch.setitem(FILES, "nine", lambda: "\n".join(units().splitlines()[:10]))
    keep("nine")
    app = visit("sales_forecast", table="sales")
    assert next(one.value for one in app.slider if one.label == "Days ahead") == 9
    assert not [one.value for one in (*app.error, *app.info, *app.warning) if "choose a shorter horizon" in one.value]
    assert app.metric
