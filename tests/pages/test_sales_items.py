"""Sales: shops and items, and new lines for the data, on a small chain."""

import json
from datetime import UTC, date, datetime

import pytest

import settings
from data import export, tables
from data.dataset import Dataset, Origin
from data.demo import sales as demo
from models.forecast import hierarchy
from tests.at_once import AT_ONCE
from ui import background

pytestmark = [pytest.mark.xdist_group("forecast"), pytest.mark.same_data("small chain")]
NOW = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def shop():
    return demo.generate(date(2025, 12, 31), years=2, customers=400, products=60)


def keep(frames):
    origin = Origin("upload", "shop.csv", currency="GBP")
    return tables.add(settings.get().home, Dataset("sales", frames, origin), NOW)


@pytest.fixture
def opened(visit, shop, monkeypatch):
    monkeypatch.setattr(background, "threading", AT_ONCE)
    keep(shop)
    return visit


def texts(app):
    return [
        element.value for kind in ("markdown", "caption", "warning", "info", "success") for element in app.get(kind)
    ]


def figures(app):
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize(("view", "least"), [("next", 2), ("pair", 2), ("good", 2), ("new", 0)])
def test_every_view_shows_its_figures_in_both_languages(opened, view, least, lang):
    app = opened("sales_items", view=view, lang=lang)
    assert len(figures(app)) >= least
    assert not app.error


def test_the_table_and_the_cards_agree(opened):
    app = opened("sales_items")
    shown = app.dataframe[0].value
    assert len(shown) == 200
    total = float(app.metric[0].value.replace(",", ""))
    pairs = float(next(card.value for card in app.metric if card.label == "Pairs").replace(",", ""))
    assert pairs > 200
    assert shown["Expected"].sum() < total
    assert shown["Expected"].is_monotonic_decreasing


def test_filters_narrow_the_pairs_and_can_leave_none(opened):
    every = opened("sales_items")
    one = opened("sales_items", **{"items.store": "YRK"})
    pairs = [float(next(card.value for card in app.metric if card.label == "Pairs")) for app in (every, one)]
    assert pairs[1] < pairs[0]
    none = opened("sales_items", q="no such thing at all")
    assert any("No pair matches" in text for text in texts(none))


def test_too_little_history_is_a_sentence(visit, shop, monkeypatch):
    monkeypatch.setattr(background, "threading", AT_ONCE)
    lines = shop["sales"]
    keep({"sales": lines[lines["timestamp"] > "2025-10-01"]})
    app = visit("sales_items")
    assert any("from 8 whole months on" in text for text in texts(app))


def test_new_lines_are_looked_through_added_and_taken_back(visit, shop, monkeypatch):
    monkeypatch.setattr(background, "threading", AT_ONCE)
    lines = shop["sales"]
    stored = keep({"sales": lines[lines["timestamp"] < "2025-12-15"].drop(columns=["unit_cost", "promotion"])})
    more = lines[lines["timestamp"] >= "2025-12-10"].drop(columns=["unit_cost", "promotion"])
    app = visit("sales_items", view="new")
    app.file_uploader(key="upload-sales").set_value(("more.csv", export.csv(more), "")).run()
    cards = {card.label: card.value for card in app.metric}
    assert int(cards["New lines"].replace(",", "")) == (more["timestamp"] >= "2025-12-15").sum()
    assert int(cards["Known already"].replace(",", "")) == (more["timestamp"] < "2025-12-15").sum()
    next(button for button in app.button if button.label == "Add").click().run()
    grown = tables.active(settings.get().home, "sales")
    assert grown.rows["sales"] == len(lines)
    app = visit("sales_items", view="new")
    assert any("lines were added from the file more" in text.replace("\\", "") for text in texts(app))
    next(button for button in app.button if button.label == "Undo").click().run()
    assert tables.active(settings.get().home, "sales").version == stored.version


def test_new_lines_of_which_every_row_is_refused_are_a_sentence(visit, shop, monkeypatch):
    monkeypatch.setattr(background, "threading", AT_ONCE)
    stored = keep(shop)
    more = shop["sales"].head(30).assign(quantity="a few")
    app = visit("sales_items", view="new")
    app.file_uploader(key="upload-sales").set_value(("more.csv", export.csv(more), "")).run()
    said = "None of the 30 rows can be used: in row 2 the column quantity says “a few”."
    assert any(said in text.replace("\\", "") for text in texts(app))
    assert not app.exception
    assert tables.active(settings.get().home, "sales").version == stored.version


@pytest.mark.same_data("a failure")
def test_a_failure_says_so(opened, monkeypatch):
    def broken(*args, **kwargs):
        raise MemoryError("no")

    monkeypatch.setattr("models.forecast.items.forecast_all", broken)
    app = opened("sales_items")
    assert any("Sorry" in text for text in texts(app))
    assert hierarchy.forecast_all is not broken
