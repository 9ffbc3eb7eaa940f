"""What Open Food Facts knows of a shop's products, as columns: sums that were added up by hand, in both languages."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pandas as pd
import pytest

import locales
from charts.ask.answer import drawn
from data import beside, enriched, food, schemas, tables
from data.dataset import Dataset, Origin
from data.demo import food as demo
from models.ask import known, statement
from models.ask.query import Filter, Query
from models.ask.understand import understand
from models.explore import enrich
from models.sales import overview
from ui import store

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
MADE = {one.name: one for one in demo.products(NOW)}
# Product, units and price of one of each line; the shop calls a product by its barcode, and one thing is no food.
LINES = [
    ("Cola", 10, 1.50),
    ("Cola", -2, 1.50),
    ("Cola without sugar", 4, 1.25),
    ("Plain oat flakes", 3, 2.00),
    ("Caramel crunch", 5, 4.00),
    ("candle", 2, 7.00),
]
SOLD = {"Cola": 12.0, "Cola without sugar": 5.0, "Plain oat flakes": 6.0, "Caramel crunch": 20.0}  # and 14 of candles


def code(name):
    return MADE[name].code if name in MADE else name


def shop(home, **more):
    frame = pd.DataFrame(
        {
            "source": "test",
            "line_id": [str(number) for number in range(len(LINES))],
            "timestamp": pd.Timestamp("2026-02-02 10:00"),
            "product": [code(name) for name, _units, _price in LINES],
            "line_type": ["return" if units < 0 else "sale" for _name, units, _price in LINES],
            "quantity": [float(units) for _name, units, _price in LINES],
            "unit_price": [price for _name, _units, price in LINES],
            "currency": "EUR",
            "description": [name for name, _units, _price in LINES],
            "category": ["other" if name == "candle" else "food" for name, _units, _price in LINES],
        }
    )
    frames = {"sales": schemas.check("sales", frame), **more}
    return tables.add(home, Dataset("sales", frames, Origin("upload", "shop.csv", currency="EUR")), NOW)


def columns(names=tuple(SOLD)):
    return enrich.columns(food.frame([MADE[name] for name in names]))


@pytest.fixture
def stored(tmp_path):
    return enriched.keep(tmp_path, shop(tmp_path), {code(name): code(name) for name in SOLD}, columns(), NOW)


def asked(stored, text, language="en"):
    """What a question finds, by its first column."""
    of = known.of_stored(stored, None, tables.unknown(stored))
    with locales.using(language):
        said = understand(text, of.catalogue, of.lexicon)
        assert said.certain, (text, said)
    found = statement.answer(of.catalogue, said.readings[0], partial(tables.query, stored)).table
    if len(found.columns) == 1:
        return found.iat[0, 0]
    return dict(zip(found.iloc[:, 0].fillna("?"), found.iloc[:, 1], strict=True))


def by(word):
    """What was sold of the products of which `word` is so, by hand."""
    found = {"?": 14.0}
    for name, money in SOLD.items():
        found[word(MADE[name])] = found.get(word(MADE[name]), 0.0) + money
    return pytest.approx(found)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "revenue by Nutri-Score"),
        ("en", "revenue by nutriscore"),
        ("fr", "chiffre d'affaires par nutri-score"),
        ("fr", "CA par Nutriscore"),
    ],
)
def test_revenue_by_nutri_score_is_what_was_added_up_by_hand(stored, language, text):
    assert MADE["Cola"].nutriscore == "e"
    assert asked(stored, text, language) == by(lambda one: f"Nutri-Score {one.nutriscore.upper()}")


@pytest.mark.parametrize(
    ("language", "text", "right"),
    [
        ("en", "revenue of products high in sugars", 12.0 + 20.0),  # cola by its portion of 330 ml
        ("fr", "chiffre d'affaires des produits riches en sucres", 12.0 + 20.0),
        ("en", "revenue of products low in sugars", 5.0 + 6.0),
        ("en", "revenue of NOVA 1", 6.0),
        ("fr", "ventes de NOVA 1", 6.0),
        ("en", "revenue of Nutri-Score E in 2026", sum(v for k, v in SOLD.items() if MADE[k].nutriscore == "e")),
        ("fr", "ventes de céréales du petit-déjeuner", 6.0 + 20.0),
        ("en", "units of breakfast cereals", 3.0 + 5.0),
    ],
)
def test_products_are_asked_for_by_what_they_are(stored, language, text, right):
    found = asked(stored, text, language)  # "of products" says them one by one
    assert (sum(found.values()) if isinstance(found, dict) else found) == pytest.approx(right)


def test_a_mean_weighs_by_the_units_sold(stored):
    right = (10 * 10.6 + 4 * 0.0 + 3 * 1.0 + 5 * 33.0) / (10 + 4 + 3 + 5)
    assert asked(stored, "average sugars (g in 100 g or ml)") == pytest.approx(right)


def test_a_mean_by_grade_is_what_was_added_up_by_hand_and_joins_the_products_once(stored):
    of = known.of_stored(stored, None, tables.unknown(stored))
    query = Query(("sugars_100g.mean", "revenue"), ("nutriscore",), filters=(Filter("nova", ("NOVA 1",), kept=False),))
    found = statement.answer(of.catalogue, query, partial(tables.query, stored))
    right = {
        f"Nutri-Score {MADE[name].nutriscore.upper()}": (MADE[name].per_100["sugars"], SOLD[name])
        for name in ("Cola", "Cola without sugar", "Caramel crunch")
    }
    table = found.table.dropna(subset=["nutriscore"]).set_index("nutriscore")
    assert dict(zip(table.index, zip(table.iloc[:, 0], table["revenue"], strict=True), strict=True)) == right
    assert found.table.loc[found.table["nutriscore"].isna(), "revenue"].tolist() == [14.0]  # candles
    assert found.sql.count("FROM products") == 1


def test_the_pages_of_sales_filter_and_compare_by_them(stored):
    assert {"nutriscore", "nova", "sugars_level", "food_category"} <= set(store.own(stored))
    lines = overview.goods(tables.read(stored))
    graded = overview.by(lines, store.dimensions(stored, ["nutriscore", "sugars_level"]))
    high = overview.keep(graded, {"sugars_level": ["High in sugars"]})
    assert overview.measures(high)["revenue"].iloc[0] == pytest.approx(32.0)
    assert overview.measures(overview.keep(graded, {"nutriscore": [overview.UNKNOWN]}))["revenue"].iloc[0] == 14.0
    assert overview.measures(graded)["revenue"].iloc[0] == pytest.approx(57.0)  # nothing is lost


def test_what_is_not_known_is_missing_and_no_grade_is_made_up():
    bare = food.Product("1", "", "test", NOW, labels=("en:vegan",), analysis={"vegan": "maybe", "palm_oil": "no"})
    found = enrich.columns(food.frame([bare, food.Product("2", "", "test", NOW)]))
    assert found.loc["1", ["diet_vegan", "palm_oil", "organic_label"]].tolist() == [
        "Maybe vegan",
        "Without palm oil",
        "Without an organic label",
    ]
    assert found.loc["2"].isna().all()
    assert found.loc["1", ["nutriscore", "nova", "sugars_level", "diet_vegetarian", "food_category"]].isna().all()


def test_a_category_is_the_narrowest_that_several_share_and_that_has_a_name():
    tagged = [
        ("en:snacks", "en:crisps", "en:krispies"),
        ("en:snacks", "en:crisps", "en:krispies"),
        ("en:cheeses", "en:x"),
    ]
    rows = food.frame([food.Product(str(n), "", "test", NOW, categories=tags) for n, tags in enumerate(tagged)])
    assert enrich.columns(rows)["food_category"].tolist() == ["en:krispies", "en:krispies", "en:cheeses"]
    named = {"en:snacks", "en:crisps"}
    found = enrich.columns(rows, named.__contains__)["food_category"]
    assert found.tolist() == ["en:crisps", "en:crisps", "en:cheeses"]  # of what has no name the broadest


def test_two_columns_at_once_are_drawn_where_some_have_but_one(tmp_path):
    """A category of nothing but unknown grades broke the figure of an answer."""
    stored = shop(tmp_path)
    known_ = columns().assign(nutriscore=lambda rows: rows["nutriscore"].where(rows["food_category"] != "en:sodas"))
    made = enriched.keep(tmp_path, stored, {code(name): code(name) for name in SOLD}, known_, NOW)
    of = known.of_stored(made, None, tables.unknown(made))
    for bare in (False, True):  # and where no line has both
        query = understand("revenue by food category and nutri-score", of.catalogue, of.lexicon).readings[0]
        answered = statement.answer(of.catalogue, query, partial(tables.query, made))
        table = answered.table
        table = table.assign(nutriscore=None) if bare else table
        table = table.groupby(["food_category", "nutriscore"], dropna=False, as_index=False).sum()
        assert drawn(of.catalogue, query, replace(answered, table=table), of.names, "EUR").data


def test_the_table_of_products_keeps_what_it_has_and_gains_what_it_lacks(tmp_path):
    goods = pd.DataFrame(
        {"product": ["candle", code("Cola")], "description": ["Candle", "My cola"], "category": "mine"}
    )
    goods = goods.assign(supplier=["S1", "S2"], barcode=pd.Series([None, "0049000042566"], dtype="str"))
    stored = shop(tmp_path, products=schemas.check("products", goods))
    made = enriched.keep(tmp_path, stored, {code(name): code(name) for name in SOLD}, columns(("Cola",)), NOW)
    kept = tables.read(made, "products").set_index("product")
    assert kept.loc[["candle", code("Cola")], "description"].tolist() == ["Candle", "My cola"]
    assert kept.loc[["candle", code("Cola")], "supplier"].tolist() == ["S1", "S2"]
    assert kept.loc[code("Cola"), ["nutriscore", "barcode"]].tolist() == ["Nutri-Score E", code("Cola")]
    assert set(kept.index) == {"candle", *map(code, SOLD)}
    assert kept.loc[code("Caramel crunch"), "category"] == "food"
    assert kept["nutriscore"].notna().sum() == 1
    # A second look at others leaves the first in place, and so does a new file of products.
    again = enriched.keep(tmp_path, made, {code("Cola without sugar"): code("Cola without sugar")}, columns(), NOW)
    assert tables.read(again, "products")["nutriscore"].notna().sum() == 2
    other = schemas.check("products", goods[["product", "description", "category"]].assign(pack_size=6.0))
    last = tables.read(beside.put(tmp_path, again, "products", other, "goods.csv", NOW), "products").set_index(
        "product"
    )
    assert last.loc[code("Cola"), "nutriscore"] == "Nutri-Score E"
    assert last.loc["candle", "pack_size"] == 6.0
