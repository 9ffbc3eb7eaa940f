"""Food products: lights, medians, comparisons, alternatives, baskets and flags are what their sources say."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

import locales
from charts.explore import food as charts
from data import food
from data.demo import food as demo
from data.food import NUTRIENTS, Product
from models.explore import food as model
from ui.explore.food import plain_table
from ui.explore.food_batch import barcodes
from ui.explore.food_product import gain

NOW = datetime(2026, 3, 14, tzinfo=UTC)


def made(code="1", *, per_100=None, **more):
    return Product(code=code, name=f"Product {code}", source="test", retrieved=NOW, per_100=per_100 or {}, **more)


def row(**per_100):
    return food.frame([made(per_100=per_100)]).iloc[0]


@pytest.fixture(scope="module")
def shelf():
    return food.frame(demo.products(NOW))


def code_of(shelf, name):
    return shelf.set_index("name").loc[name, "code"]


# Traffic lights


@pytest.mark.parametrize(
    ("nutrient", "low", "medium", "high", "drink"),
    [
        ("fat", 3.0, 17.5, 17.6, False),
        ("saturated_fat", 1.5, 5.0, 5.1, False),
        ("sugars", 5.0, 22.5, 22.6, False),
        ("salt", 0.3, 1.5, 1.51, False),
        ("fat", 1.5, 8.75, 8.8, True),
        ("saturated_fat", 0.75, 2.5, 2.6, True),
        ("sugars", 2.5, 11.25, 11.3, True),
        ("salt", 0.3, 0.75, 0.76, True),
    ],
)
def test_the_limits_are_those_of_the_guide(nutrient, low, medium, high, drink):
    products = food.frame([made(str(n), per_100={nutrient: n}, drink=drink) for n in (low, medium, high)])
    assert list(model.lights(products)[nutrient]) == ["low", "medium", "high"]


@pytest.mark.parametrize(("size", "level"), [(100.0, "medium"), (150.0, "high"), (None, "medium")])
def test_a_large_portion_is_red_by_what_it_holds(size, level):
    products = food.frame([made(per_100={"sugars": 20.0}, serving_size=size)])
    assert model.lights(products)["sugars"].tolist() == [level]


def test_what_is_not_known_has_no_light():
    assert model.lights(food.frame([made()])).iloc[0].tolist() == [""] * 4


# Medians and comparisons


def test_medians_need_three_products_and_leave_out_who_does_not_say():
    products = food.frame(
        [made(str(n), per_100={"sugars": n, "salt": n} if n < 2 else {"sugars": n}) for n in range(4)]
    )
    found = model.medians(products)
    assert list(found.index) == ["sugars"]
    assert found.loc["sugars"].tolist() == [0.75, 1.5, 2.25, 4]


def test_against_the_median_is_a_share_of_it():
    peers = food.frame([made(str(n), per_100={"sugars": n, "fat": 0.0}) for n in (5.0, 10.0, 30.0)])
    found = model.against(row(sugars=15.0, fat=1.0), peers)
    assert found.loc["sugars", "change"] == pytest.approx(0.5)
    assert found.loc["fat", "change"] == np.inf


def test_comparisons_are_amounts_or_differences():
    products = food.frame(
        [
            made("1", per_100={"sugars": 10.0, "fiber": 2.0, "carbohydrates": 20.0}),
            made("2", per_100={"sugars": 4.0, "fiber": 1.0, "carbohydrates": 30.0}),
            made("3", per_100={"sugars": 6.0}),
        ]
    )
    assert model.compare(products, "absolute").loc["sugars"].tolist() == [10, 4, 6]
    assert model.compare(products, "first").loc["sugars"].tolist() == [0, -6, -4]
    best = model.compare(products, "best")
    assert best.loc["sugars"].tolist() == [6, 0, 2]
    assert best.loc["fiber"].tolist()[:2] == [0, -1]
    assert "salt" not in best.index
    assert "carbohydrates" not in best.index  # neither less nor more is better
    first = model.compare(products.iloc[[2, 0, 1]], "first")
    assert list(first.index) == ["sugars"]  # all that the first states


def test_the_narrowest_category_with_enough_products_is_proposed(shelf):
    counts = model.categories(shelf)
    assert model.narrowest(shelf.iloc[0], counts) == "en:breakfast-cereals"
    assert model.narrowest(row(), counts) is None


# Alternatives


def test_alternatives_are_healthier_and_say_what_is_gained(shelf):
    code = code_of(shelf, "Caramel crunch")
    found = model.alternatives(shelf, code, "en:breakfast-cereals")
    assert found["name"].iloc[0] == "Wheat squares"
    assert (found["nutriscore"] < "d").all()
    assert code not in found.index
    changes = model.changes(shelf.set_index("code").loc[code], found.iloc[0])
    assert (changes[0].nutrient, round(changes[0].amount, 1), changes[0].good) == ("sugars", -32.1, True)
    assert gain(changes) == "32.1 g less sugars, 6.0 g more fibre, 4.1 g less saturates in 100 g"


def test_the_healthiest_has_no_alternative_and_a_stranger_none(shelf):
    best = code_of(shelf, "Wheat squares")
    assert model.alternatives(shelf, best, "en:breakfast-cereals").empty
    assert model.alternatives(shelf, best, "en:pizzas").empty


def test_what_gets_worse_is_said_too(shelf):
    now, then = (shelf.set_index("name").loc[name] for name in ("Caramel crunch", "Corn flakes"))
    assert "; but 0.50 g more salt" in gain(model.changes(now, then))


# Basket


def test_a_basket_adds_up_and_says_what_is_missing():
    products = food.frame(
        [made("1", per_100={"sugars": 10.0, "salt": 1.0}), made("2", per_100={"sugars": 30.0}), made("3")]
    )
    total = model.basket(products, {"1": 300.0, "2": 200.0})
    assert total.loc["sugars", "amount"] == pytest.approx(90)
    assert total.loc["sugars", "share"] == pytest.approx(1.0)
    assert total.loc["sugars", "largest"] == "2"
    assert total.loc["salt", ["share", "missing"]].tolist() == [pytest.approx(0.5), 1]
    assert model.basket(products, {"3": 100.0}).empty


# Flags


@pytest.mark.parametrize(
    ("amounts", "says"),
    [
        ({"sugars": 12.0, "carbohydrates": 9.0}, "More sugars"),
        ({"saturated_fat": 5.0, "fat": 4.0}, "More saturates"),
        ({"fat": 60.0, "carbohydrates": 60.0}, "weigh"),
        ({"energy_kj": 2252.0, "energy_kcal": 2255.0}, "not the same energy"),
        ({"energy_kj": 180.0, "energy_kcal": 43.0, "fat": 10.0, "carbohydrates": 50.0, "proteins": 5.0}, "do not fit"),
    ],
)
def test_a_label_that_cannot_be_right_is_flagged(amounts, says):
    found = model.flags(row(**amounts))
    assert len(found) == 1
    message, values = found[0]
    assert says in message.format(**values)


def test_labels_that_fit_are_not_flagged(shelf):
    flagged = [product["name"] for _place, product in shelf.iterrows() if model.flags(product)]
    assert flagged == ["Ginger beer (label misprinted)"]
    assert not model.flags(row())


@pytest.mark.parametrize(
    ("amounts", "more"),
    [
        ({"energy_kj": 182, "energy_kcal": 43, "fat": 0, "carbohydrates": 3, "proteins": 0.4},
         {"categories": ("en:beverages", "en:alcoholic-beverages")}),  # nobody wrote down its alcohol
        ({"energy_kj": 1000, "energy_kcal": 239, "fat": 0, "carbohydrates": 96, "proteins": 0},
         {"additives": ("en:e965ii",)}),  # a sweet of maltitol
    ],
)  # fmt: skip
def test_energy_is_not_called_wrong_where_what_brings_it_is_not_said(amounts, more):
    assert len(model.flags(food.frame([made(per_100=amounts)]).iloc[0])) == 1
    assert not model.flags(food.frame([made(per_100=amounts, **more)]).iloc[0])


# The invented products


def test_the_demo_is_plausible_and_says_what_it_is(shelf):
    assert len(shelf) == 60
    assert shelf["code"].is_unique
    assert set(shelf["source"]) == {food.DEMO}
    assert shelf["code"].str.startswith("20").all()
    assert shelf["image"].isna().all()
    assert set(shelf["nutriscore"]) == set("abcde")


def test_a_frame_has_the_same_types_whatever_is_in_it(shelf):
    assert (food.frame([]).dtypes == shelf.dtypes).all()


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("en:carbonated-drinks", "Carbonated drinks"),
        ("fr:pates-a-tartiner", "Pates a tartiner (fr)"),
        ("x", "X"),
        ("", ""),
    ],
)
def test_tags_become_words(tag, words):
    assert food.tag_name(tag) == words


# Lists of barcodes, files, figures


def test_a_list_is_read_however_it_is_written():
    codes, wrong = barcodes(
        "code;name\n3029330003533;Bread 750 g\n054491472, 3029330003534\n3029330003533\n3.02933E+12"
    )
    assert codes == ["3029330003533", "54491472"]
    assert list(wrong) == ["3029330003534"]


def test_a_barcode_behind_a_comma_is_one_and_a_day_or_a_time_is_none():
    codes, wrong = barcodes("name,code,when\nBread,3029330003533,2024-01-31\nJam,54491472,20240131120000\n1,234567 kg")
    assert codes == ["3029330003533", "54491472"]
    assert wrong == {}


def test_files_name_units_and_write_tags_as_text(shelf):
    table = plain_table(shelf)
    assert "sugars_100g (g)" in table
    assert table["categories"].iloc[0] == "en:cereals-and-potatoes, en:breakfast-cereals"


def test_brands_are_ordered_by_their_median_whatever_their_capitals():
    names = ["Coca-Cola", "coca cola", "Coca-Cola", "Pep"]
    products = food.frame([made(str(n), brands=name, per_100={"sugars": 10.0 - n}) for n, name in enumerate(names)])
    table = model.by_brand(products, "sugars")
    assert table["brand"].tolist() == ["Pep", "Coca-Cola", "Coca-Cola", "Coca-Cola"]
    assert table["median"].iloc[-1] == pytest.approx(9)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_figures_state_their_finding_and_hold_no_markup_from_outside(shelf, language):
    evil = shelf.assign(name="<b>x</b>", brands="<i>brand</i>")
    peers = model.members(evil, "en:breakfast-cereals")
    called = dict.fromkeys(peers["code"], "<b>x</b>")
    values = model.compare(peers, "absolute").loc["sugars"]
    levels = model.lights(peers).set_axis(peers["code"])["sugars"]
    with locales.using(language):
        drawn = [
            charts.against(model.against(peers.iloc[6], peers), "<b>x</b>", "<i>c</i>", False),
            charts.grades(model.grades(peers), "<i>c</i>"),
            charts.brands(model.by_brand(peers, "sugars"), "sugars", False),
            charts.compared(values, called, "sugars", "absolute", "100 g", levels),
            charts.intake(model.basket(peers, {peers["code"].iloc[0]: 500.0}), 1),
        ]
    for figure in drawn:
        assert figure.layout.title.text
        assert "&" not in figure.layout.title.text  # the page shows it as text
        figure.layout.title = None
        assert "<b>" not in figure.to_json()
        assert "\\u003cb\\u003e" not in figure.to_json()


def test_the_bars_against_the_category_are_those_of_the_model(shelf):
    peers = model.members(shelf, "en:breakfast-cereals")
    found = model.against(peers.iloc[6], peers)
    figure = charts.against(found, "Caramel crunch", "Cereals", False)
    drawn = {NUTRIENTS[name].label: change for name, change in found["change"].items() if name != "energy_kj"}
    bars = sum(len(trace.x) for trace in figure.data)
    assert {trace.width for trace in figure.data if trace.type == "bar"} == {0.8}
    assert bars == 2 * len(drawn)  # and what is written beside them
    assert {trace.name for trace in figure.data} == {"Less healthy", "Neutral", None}
    assert figure.layout.title.text == "Sugars: 33.0 g, where half of Cereals have less than 15.5 g"


def test_brands_that_are_alike_are_not_ranked():
    products = food.frame([made(str(n), brands=f"Brand {n}", per_100={"sugars": 10.0}) for n in range(3)])
    title = charts.brands(model.by_brand(products, "sugars"), "sugars", False).layout.title.text
    assert title == "Sugars: every brand has a median of 10.0 g"


def test_figures_of_nothing_say_so():
    nothing = food.frame([])
    assert "No product" in charts.grades(model.grades(nothing), "x").layout.title.text
    assert "No amounts" in charts.against(model.against(row(), nothing), "x", "y", False).layout.title.text


def test_what_does_not_matter_in_a_day_is_called_typical():
    peers = food.frame([made(str(n), per_100={"energy_kcal": n / 10, "salt": 0.02}) for n in range(3)])
    figure = charts.against(model.against(row(energy_kcal=0.2, salt=0.0), peers), "Cola", "Diet colas", liquid=True)
    typical = "Cola is typical of Diet colas: nothing differs by 2% of a day’s intake in 100 ml"
    assert figure.layout.title.text == typical
    assert [trace.name for trace in figure.data] == ["Neutral", None]


@pytest.mark.parametrize(
    ("nutrient", "value", "written"),
    [
        ("sugars", 0.0, "±0 g"),
        ("salt", 0.00455, "±0 g"),
        ("energy_kcal", -0.3, "±0 kcal"),
        ("sugars", -10.6, "−10.6 g"),
        ("salt", 0.5, "+0.50 g"),
    ],
)
def test_a_difference_that_is_written_as_nothing_has_no_sign(nutrient, value, written):
    assert charts.difference(nutrient, value) == written


def test_names_in_a_comparison_are_long_enough_to_tell_products_apart():
    names = {"1": "Crousti Moelleux Complet Sans Sucre (3533)", "2": "Crousti Moelleux Complet Sans Sucre (3534)"}
    values = pd.Series({"1": 1.0, "2": 2.0})
    figure = charts.compared(values, names, "sugars", "absolute", "100 g", pd.Series(dtype="str"))
    assert [text.strip() for text in figure.data[-1].text] == list(names.values())
