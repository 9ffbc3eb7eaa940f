"""The Nutri-Score of 2023 against what Open Food Facts computed for real products, and against its printed scales."""

import json
from datetime import UTC, datetime

import pytest

from connectors.food_fields import parse
from models.explore import nutriscore

NOW = datetime(2026, 3, 14, tzinfo=UTC)
NAMES = {  # of their components
    "energy": "energy_kj",
    "sugars": "sugars",
    "saturated_fat": "saturated_fat",
    "salt": "salt",
    "non_nutritive_sweeteners": "sweeteners",
    "proteins": "proteins",
    "fiber": "fiber",
    "fruits_vegetables_legumes": "fruit",
}


def score(product):
    estimate = float("nan") if product.fruit is None else product.fruit
    kind = nutriscore.kind(product.categories, product.drink, product.red_meat)
    fruit = nutriscore.fruit(product.categories, estimate)
    return nutriscore.compute(product.per_100, kind, fruit, bool(nutriscore.SWEETENERS & set(product.additives)))


def sold(categories, amounts, **more):
    """A product as Open Food Facts sends it: energy, fat, saturates, sugars, salt, protein, fibre in 100 g."""
    names = ("energy-kj", "fat", "saturated-fat", "sugars", "salt", "proteins", "fiber")
    nutriments = {f"{name}_100g": amount for name, amount in zip(names, amounts, strict=True)}
    tags = [f"en:{one}" for one in categories.split()]
    return parse({"code": "3", "categories_hierarchy": tags, "nutriments": nutriments} | more, NOW)


def test_every_point_of_real_products_is_the_published_one(real_data):
    checked = 0
    for path in sorted((real_data / "openfoodfacts" / "products").glob("[0-9]*.json")):
        whole = json.loads(path.read_text())
        raw = whole.get("product", whole)
        theirs = raw.get("nutriscore", {}).get("2023", {})
        if theirs.get("score") is None:
            continue
        made = score(parse(raw, NOW))
        assert (made.score, made.grade) == (theirs["score"], theirs["grade"]), path.name
        points = {part.name: part.points for part in made.parts}
        for sign in ("negative", "positive"):
            for one in theirs["data"]["components"][sign]:
                assert points[NAMES[one["id"]]] == one["points"], (path.name, one)
        checked += 1
    assert checked >= 30


# Worked by hand with the published tables; amounts in 100 g or ml.
OIL = {"energy_kj": 3378, "fat": 91.3, "saturated_fat": 13, "sugars": 0, "salt": 0, "proteins": 0, "fiber": 0}
CRISPS = {"energy_kj": 2200, "fat": 33, "saturated_fat": 3, "sugars": 1, "salt": 1.3, "proteins": 6, "fiber": 4.2}
LENTILS = {"energy_kj": 1400, "fat": 1, "saturated_fat": 0.2, "sugars": 1, "salt": 0.02, "proteins": 24, "fiber": 11}
CHEESE = {"energy_kj": 1650, "fat": 32, "saturated_fat": 21, "sugars": 0.1, "salt": 1.5, "proteins": 27, "fiber": 0}
COLA = {"energy_kj": 180, "fat": 0, "saturated_fat": 0, "sugars": 10.6, "salt": 0, "proteins": 0}


@pytest.mark.parametrize(
    ("amounts", "kind", "fruit", "sweetened", "points", "grade"),
    [
        (OIL, "fat", 0.0, False, 4 + 1, "c"),  # 481 kJ of saturates, 14.2% of the fat
        (CRISPS, "food", 0.0, False, 6 + 0 + 2 + 6 - 2, "d"),  # 14 points against: protein does not count
        (LENTILS, "food", 100.0, False, 4 - 7 - 5 - 5, "a"),
        (CHEESE, "cheese", 0.0, False, 4 + 0 + 10 + 7 - 7, "d"),  # protein counts all the same
        (CHEESE, "food", 0.0, False, 4 + 0 + 10 + 7, "e"),
        (COLA, "drink", 0.0, False, 3 + 9, "e"),
        ({**COLA, "energy_kj": 1, "sugars": 0}, "drink", 0.0, True, 4, "c"),
        ({**COLA, "energy_kj": 190, "sugars": 9}, "drink", 100.0, False, 3 + 7 - 6, "c"),
        ({**COLA, "energy_kj": 0, "sugars": 0}, "water", 0.0, False, 0, "a"),
    ],
)
def test_the_scales(amounts, kind, fruit, sweetened, points, grade):
    made = nutriscore.compute(amounts, kind, fruit, sweetened)
    assert (made.score, made.grade) == (points, grade)


@pytest.mark.parametrize(
    ("categories", "amounts", "more", "points", "grade"),
    [
        ("dairies milks", (195, 1.6, 1, 4.8, 0.1, 3.3, 0), {}, 3 + 3 - 7, "b"),  # a drink since 2023
        ("plant-based-foods beverages soy-based-drinks", (178, 2.6, 0.6, 0.5, 0.03, 3.9, 0.5), {}, 3 - 7, "b"),
        ("fats vegetable-oils olive-oils", (3367, 91, 17, 0, 0, 0, 0), {}, 5 + 2 - 5, "b"),  # its olives count
        ("spreads sweet-spreads", (2252, 30.9, 10.6, 56.3, 0.107, 6.3, 0), {}, 6 + 15 + 10, "e"),
        ("beverages fruit-juices", (182, 0, 0, 8.9, 0.02, 0.2, 0.5), {}, 3 + 7 - 6, "c"),  # no list of ingredients
        (
            "beverages sodas",
            (4, 0, 0, 0, 0.02, 0, 0),
            {"additives_tags": ["en:e960d"]},
            4,
            "c",
        ),  # of stevia, since 2023
        ("meats beef", (560, 4.2, 2.5, 0, 0.15, 21, 0), {}, 1 + 2 - 2, "b"),
        ("prepared-meats hams", (450, 3, 1.2, 0.8, 1.7, 20, 0), {"ingredients_tags": ["en:pork-meat"]}, 10 - 2, "c"),
        ("prepared-meats hams", (450, 3, 1.2, 0.8, 1.7, 20, 0), {"ingredients_tags": ["en:turkey"]}, 10 - 7, "c"),
        ("nuts chestnuts", (700, 1, 0.2, 9, 0.01, 2.5, 5.3), {}, 2 + 2 - 1 - 3, "a"),  # no fat, as nuts are
    ],
)
def test_products_worked_by_hand(categories, amounts, more, points, grade):
    made = score(sold(categories, amounts, **more))
    assert (made.score, made.grade) == (points, grade)


def test_what_is_said_of_fruit_by_ingredients_and_by_categories():
    assert nutriscore.fruit(["en:fruit-juices"], 50.0) == 50  # of a drink with juice in it
    assert nutriscore.fruit(["en:vegetable-crisps"], 100.0) == 0  # fried
    later = {"nutrition": {"aggregated_set": {"nutrients": {"fruits-vegetables-legumes": {"value": 62.5}}}}}
    assert sold("sodas", [1] * 7, **later).fruit == 62.5  # where version 3.5 has it


def test_some_products_have_no_nutri_score():
    assert nutriscore.without(["en:alcoholic-beverages", "en:beers"], prepared=False) == "exempt"
    assert nutriscore.without(["en:cocoa-and-chocolate-powders"], prepared=False) == "not prepared"
    assert nutriscore.without(["en:cocoa-and-chocolate-powders"], prepared=True) is None


def test_a_part_of_nothing_is_nothing_and_what_is_missing_is_not_made_up():
    bare = {"energy_kj": 2.0, "fat": 0.0, "carbohydrates": 0.0, "salt": 0.05, "proteins": 0.0}
    assert nutriscore.compute(bare, "drink", sweetened=True).grade == "c"
    assert nutriscore.compute({**bare, "fat": 1.0}, "drink") is None
    assert nutriscore.compute({**bare, "salt": float("nan")}, "food") is None
    assert nutriscore.compute({**bare, "proteins": float("nan")}, "food") is None
