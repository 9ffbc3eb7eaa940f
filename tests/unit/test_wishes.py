"""Wishes: what fits, what does not, what nobody knows, and the order that follows, worked by hand."""

import json
from datetime import UTC, datetime

import pytest

from connectors.food_fields import parse
from data import food
from models.explore import wishes
from models.explore.wishes import Wishes

NOW = datetime(2026, 3, 14, tzinfo=UTC)


def made(code="1", **known):
    return food.Product(code, code, "test", NOW, **known)


def one(**known):
    return food.frame([made(**known)]).iloc[0]


@pytest.mark.parametrize(
    ("known", "must", "verdict"),
    [
        ({"allergens": ("en:milk",)}, "en:milk", "no"),
        ({"traces": ("en:milk",)}, "en:milk", "maybe"),
        ({"allergens": ("en:gluten",)}, "en:milk", "unknown"),  # that others are listed does not make it safe
        ({}, "en:milk", "unknown"),
        ({"labels": ("en:no-gluten",)}, "en:gluten", "yes"),
        ({"labels": ("en:no-gluten",), "allergens": ("en:gluten",)}, "en:gluten", "maybe"),
        ({}, "vegan", "unknown"),
        ({"analysis": {"vegan": "maybe"}}, "vegan", "maybe"),
        ({"analysis": {"vegan": "maybe"}, "labels": ("en:vegan",)}, "vegan", "yes"),
        ({"analysis": {"vegan": "no"}, "labels": ("en:vegan",)}, "vegan", "maybe"),
        ({"analysis": {"vegan": "yes"}}, "vegetarian", "yes"),
        ({"labels": ("en:vegetarian",)}, "vegan", "unknown"),
        ({"analysis": {"palm_oil": "yes"}}, "palm_oil", "no"),  # it has some, and is not without
        ({"analysis": {"palm_oil": "no"}}, "palm_oil", "yes"),
        ({"analysis": {"palm_oil": "maybe"}}, "palm_oil", "maybe"),
    ],
)
def test_a_verdict_is_never_better_than_what_is_known(known, must, verdict):
    assert wishes.verdict(one(**known), must) == verdict


@pytest.mark.parametrize(
    ("known", "matter", "points"),
    [
        ({"nutriscore": "a"}, "nutriscore", 1.0),
        ({"nutriscore": "d"}, "nutriscore", 0.25),
        ({"nova": 4}, "nova", 0.0),
        ({"green_score": "a-plus"}, "green_score", 1.0),
        ({"green_score": "c"}, "green_score", 0.5),
        ({"per_100": {"sugars": 4.5}}, "sugars", 0.8),  # of 22.5 g
        ({"per_100": {"sugars": 4.5}, "drink": True}, "sugars", 0.6),  # of 11.25 g
        ({"per_100": {"sugars": 90.0}}, "sugars", 0.0),
        ({"per_100": {"fiber": 3.0}}, "fiber", 0.5),
        ({"ingredients": "water"}, "additives", 1.0),
        ({"additives": ("en:e330", "en:e338")}, "additives", 0.6),
        ({}, "additives", None),  # nobody wrote down what is in it
        ({}, "salt", None),
        ({}, "nutriscore", None),
    ],
)
def test_points_go_from_the_worst_to_the_best(known, matter, points):
    found = wishes.points(food.frame([made(**known)]), matter)[0]
    assert found == pytest.approx(points) if points is not None else found != found


def test_products_are_ranked_by_what_they_must_be_and_then_by_what_matters():
    products = food.frame(
        [
            made("milk", allergens=("en:milk",), nutriscore="a", nova=1),
            made("unsaid", nutriscore="c", nova=1),  # 0.5 and 1
            made("traces", traces=("en:milk",), nutriscore="a", nova=1),
            made("half known", nutriscore="a"),  # 1 and nothing
            made("poor", nutriscore="e", nova=4),
        ]
    )
    found = wishes.ranked(products, Wishes(("en:milk",), (), ("nutriscore", "nova"))).set_index("code")
    assert list(found.index) == ["unsaid", "half known", "poor", "traces", "milk"]
    assert found["fits"].tolist() == ["unknown", "unknown", "unknown", "maybe", "no"]
    assert found["match"].tolist() == pytest.approx([0.75, 0.5, 0.0, 1.0, 1.0])
    assert found["known"].tolist() == [2, 1, 2, 2, 2]


def test_a_diet_that_may_fit_is_no_worse_than_one_nobody_knows_of():
    products = food.frame([made("unknown", nova=4), made("maybe", nova=1, analysis={"vegan": "maybe"})])
    found = wishes.ranked(products, Wishes(diets=("vegan",), matters=("nova",)))
    assert found[["code", "fits"]].to_numpy().tolist() == [["maybe", "maybe"], ["unknown", "unknown"]]


def test_without_wishes_the_order_stays():
    products = food.frame([made("b"), made("a")])
    found = wishes.ranked(products, Wishes())
    assert list(found["code"]) == ["b", "a"]
    assert found["fits"].tolist() == ["", ""]
    assert wishes.ranked(products.iloc[:0], Wishes(("en:milk",), ("vegan",), ("nova",))).empty


def test_real_products_are_judged_as_their_origin_tags_them(real_data):
    """The tags of the origin, read here on their own."""
    seen = {"yes": 0, "no": 0, "maybe": 0, "unknown": 0}
    for path in sorted((real_data / "openfoodfacts" / "products").glob("[0-9]*.json")):
        raw = json.loads(path.read_text("utf-8"))
        raw = raw.get("product", raw) | {"code": path.stem}
        tags = set(raw.get("ingredients_analysis_tags") or [])
        row = food.frame([parse(raw, NOW)]).iloc[0]
        told = "yes" if "en:vegan" in tags else "no" if "en:non-vegan" in tags else None
        told = told or ("maybe" if "en:maybe-vegan" in tags else "unknown")
        if "en:vegan" not in (raw.get("labels_tags") or []):
            assert wishes.verdict(row, "vegan") == told, path.name
            seen[told] += 1
    assert seen["maybe"] >= 10
    assert seen["unknown"] >= 20


def test_an_allergen_nobody_wrote_down_is_not_hidden_behind_a_diet_that_may_fit():
    found = wishes.ranked(food.frame([made("a", analysis={"vegan": "maybe"})]), Wishes(("en:milk", "vegan"), ()))
    assert found["fits"].tolist() == ["unknown"]
    known = made("b", analysis={"vegan": "maybe"}, labels=("en:no-gluten",))
    assert wishes.ranked(food.frame([known]), Wishes(("en:gluten", "vegan"), ()))["fits"].tolist() == ["maybe"]
