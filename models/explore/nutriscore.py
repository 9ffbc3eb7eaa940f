"""The Nutri-Score of 2023, point by point.

Points and grades are those of the updated algorithm (Scientific Committee of the Nutri-Score, reports of 2022 and 2023;
Santé publique France, Nutri-Score: scientific and technical questions and answers): unfavourable points for energy,
sugars, saturates and salt, less favourable ones for protein, fibre, and fruit, vegetables and legumes; drinks, and fats
with nuts and seeds, have scales of their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Kind = Literal["food", "cheese", "red meat", "fat", "drink", "water"]
Without = Literal["exempt", "not prepared"]
# A value above the first number has 1 point, above the second 2, and so on.
ENERGY = [335.0 * step for step in range(1, 11)]
SUGARS = [3.4, 6.8, 10, 14, 17, 20, 24, 27, 31, 34, 37, 41, 44, 48, 51]
SATURATES = [float(step) for step in range(1, 11)]
SALT = [round(0.2 * step, 1) for step in range(1, 21)]
PROTEINS = [2.4, 4.8, 7.2, 9.6, 12, 14, 17]
FIBRE = [3.0, 4.1, 5.2, 6.3, 7.4]
DRINK_ENERGY = [30.0, 90, 150, 210, 240, 270, 300, 330, 360, 390]
DRINK_SUGARS = [0.5, 2, 3.5, 5, 6, 7, 8, 9, 10, 11]
DRINK_PROTEINS = [1.2, 1.5, 1.8, 2.1, 2.4, 2.7, 3.0]
FAT_ENERGY = [120.0 * step for step in range(1, 11)]  # of the saturates alone
FAT_RATIO = [10.0, 16, 22, 28, 34, 40, 46, 52, 58, 64]  # % of the fat; from each number on
FRUIT = ([40.0, 60, 80], [1, 2, 5])
DRINK_FRUIT = ([40.0, 60, 80], [2, 4, 6])
_NEEDED = ("energy_kj", "sugars", "saturated_fat", "salt", "fat", "proteins")
SWEETENED = 4  # points of a drink with a sweetener that has no energy
# The highest score of a, b, c and d.
ENDS: dict[str, tuple[float, ...]] = {"food": (0, 2, 10, 18), "fat": (-6, 2, 10, 18), "drink": (-np.inf, 2, 6, 9)}
# Sweeteners without energy: Regulation (EC) 1333/2008, annex II (with that of 2023/447), without the polyols.
SWEETENERS = frozenset(
    f"en:e{one}" for one in (950, 951, 952, 954, 955, 957, 959, 960, "960a", "960c", "960d", 961, 962, 969)
)
_KINDS: tuple[tuple[Kind, frozenset[str]], ...] = (
    ("cheese", frozenset({"en:cheeses"})),
    ("fat", frozenset({"en:fats", "en:vegetable-oils", "en:olive-oils", "en:butters", "en:margarines", "en:nuts",
                       "en:seeds", "en:nuts-and-their-products", "en:creams"})),
    ("red meat", frozenset({"en:beef", "en:pork", "en:lamb", "en:veal", "en:mutton", "en:horse-meat", "en:venison"})),
)  # fmt: skip
_OTHERWISE = {"cheese": "fr:fromages-blancs", "fat": "en:chestnuts"}  # a category of a kind that is not judged as it
_OF_ANY_MEAT = frozenset({"en:prepared-meats", "en:sausages", "en:hams"})  # poultry's, too
_NO_WATER = frozenset({"en:flavored-waters", "en:flavoured-waters", "en:sweetened-beverages", "en:sodas"})
# Regulation (EU) 1169/2011, annex V; Regulation (EU) 609/2013; drinks with alcohol.
_EXEMPT = frozenset({
    "en:alcoholic-beverages", "en:aromatic-herbs", "en:baby-foods", "en:baby-milks", "en:chewing-gum",
    "en:food-additives", "en:meal-replacements", "en:salts", "en:spices", "en:sugar-substitutes", "en:vinegars",
})  # fmt: skip
# Not eaten as they are sold: they are judged as they are prepared.
_PREPARED = frozenset({
    "en:dried-products-to-be-rehydrated", "en:cocoa-and-chocolate-powders", "en:dessert-mixes", "en:flavoured-syrups",
    "en:instant-beverages", "en:beverage-preparations",
})  # fmt: skip
# Per cent of fruit, vegetables and legumes, the first category that fits: whatever the ingredients are (oils of olive
# and avocado count, what is fried or made of their flour does not), and where nobody knows them.
_FRUIT_ALWAYS = {"en:olive-oils": 100.0, "en:avocado-oils": 100.0, "en:crisps": 0.0, "en:vegetable-crisps": 0.0,
                 "en:tofu": 0.0}  # fmt: skip
_FRUIT_ELSE = {
    "en:potatoes": 0.0, "en:sweet-potatoes": 0.0, "en:fruit-juices": 100.0, "en:vegetable-juices": 100.0,
    "en:fruit-sauces": 90.0, "en:vegetables": 90.0, "en:fruits": 90.0, "en:mushrooms": 90.0, "en:canned-fruits": 90.0,
    "en:frozen-fruits": 90.0, "en:jams": 50.0,
}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One component: its `value` in 100 g or 100 ml (NaN: not known, which counts as none), `points` of at most `most`;
    `good` ones are taken off. `counted`: whether they are in the score."""

    name: str
    value: float
    points: int
    most: int
    good: bool = False
    counted: bool = True


@dataclass(frozen=True)
class NutriScore:
    """The `parts`, their sum `score` (lower is better) and its `grade`, a to e, by the scale of `kind`."""

    kind: Kind
    parts: tuple[Part, ...]
    score: int
    grade: str


def without(categories: Sequence[str], prepared: bool) -> Without | None:
    """Why a product has no Nutri-Score: there is none of its categories, or none but of the prepared product, which the
    amounts are not of; None where it may have one."""
    tags = set(categories)
    if tags & _EXEMPT:
        return "exempt"
    return "not prepared" if tags & _PREPARED and not prepared else None


def kind(categories: Sequence[str], drink: bool, red_meat: bool = False) -> Kind:
    """The scale that a product is judged by, from its categories; `red_meat`: its ingredients name some."""
    tags = set(categories)
    if "en:waters" in tags and not tags & _NO_WATER:
        return "water"
    if drink:
        return "drink"
    if tags & _OF_ANY_MEAT and red_meat:
        return "red meat"
    return next((name for name, some in _KINDS if tags & some and _OTHERWISE.get(name) not in tags), "food")


def fruit(categories: Sequence[str], estimate: float = float("nan")) -> float:
    """Per cent of fruit, vegetables and legumes: the `estimate` from the ingredients, or what the categories say; NaN
    where neither does."""
    shares = _FRUIT_ALWAYS | (_FRUIT_ELSE if np.isnan(estimate) else {})
    return next((share for tag, share in shares.items() if tag in categories), estimate)


def compute(
    amounts: Mapping[str, float], of: Kind, fruit: float = float("nan"), sweetened: bool = False
) -> NutriScore | None:
    """The Nutri-Score of amounts in 100 g or ml (energy_kj, sugars, saturated_fat, salt, fat, proteins, fiber).

    `fruit`: per cent of fruit, vegetables and legumes, `sweetened`: a sweetener without energy is in it. What is not
    known of fibre and fruit counts as none, and a part of nothing is nothing (sugars without carbohydrate, saturates
    without fat); None where one of the others is not known.
    """
    has = {name: float(amounts.get(name, np.nan)) for name in _NEEDED}
    for part, whole in (("sugars", "carbohydrates"), ("saturated_fat", "fat")):
        if np.isnan(has[part]) and amounts.get(whole) == 0:
            has[part] = 0.0
    drink = of in ("drink", "water")
    spared = "energy_kj" if of == "fat" else "fat"  # that of the saturates counts there
    if any(np.isnan(has[name]) for name in _NEEDED if name != spared):
        return None
    if of == "fat":
        ratio = 100 * has["saturated_fat"] / has["fat"] if has["fat"] > 0 else 0.0
        bad = [_part("energy_of_saturates", 37 * has["saturated_fat"], FAT_ENERGY)]
        bad += [_part("sugars", has["sugars"], SUGARS)]
        bad += [Part("saturates_in_fat", ratio, int(np.searchsorted(FAT_RATIO, ratio, "right")), 10)]
    else:
        bad = [_part("energy_kj", has["energy_kj"], DRINK_ENERGY if drink else ENERGY)]
        bad += [_part("sugars", has["sugars"], DRINK_SUGARS if drink else SUGARS)]
        bad += [_part("saturated_fat", has["saturated_fat"], SATURATES)]
    bad.append(_part("salt", has["salt"], SALT))
    if drink:
        bad.append(Part("sweeteners", float(sweetened), SWEETENED * sweetened, SWEETENED))
    against = sum(part.points for part in bad)
    # Protein says little of what is otherwise poor; cheese has its calcium with it.
    protein = drink or of == "cheese" or against < (7 if of == "fat" else 11)
    good = [
        _part("proteins", has["proteins"], DRINK_PROTEINS if drink else PROTEINS, True, protein,
              2 if of == "red meat" else 7),
        _part("fiber", amounts.get("fiber", np.nan), FIBRE, True),
    ]  # fmt: skip
    limits, points = DRINK_FRUIT if drink else FRUIT
    place = 0 if np.isnan(fruit) else int(np.searchsorted(limits, fruit, "left"))
    good.append(Part("fruit", fruit, points[place - 1] if place else 0, points[-1], good=True))
    score = against - sum(part.points for part in good if part.counted)
    ends = ENDS["drink" if drink else "fat" if of == "fat" else "food"]
    grade = "a" if of == "water" else "abcde"[sum(score > end for end in ends)]
    return NutriScore(of, (*bad, *good), score, grade)


def _part(
    name: str, value: float, limits: Sequence[float], good: bool = False, counted: bool = True, most: int | None = None
) -> Part:
    most = len(limits) if most is None else most
    points = 0 if np.isnan(value) else min(int(np.searchsorted(limits, value, "left")), most)
    return Part(name, float(value), points, most, good, counted)
