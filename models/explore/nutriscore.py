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
SWEETENED = 4  # points of a drink with a sweetener that has no energy
# The highest score of a, b, c and d.
ENDS: dict[str, tuple[float, ...]] = {"food": (0, 2, 10, 18), "fat": (-6, 2, 10, 18), "drink": (-np.inf, 2, 6, 9)}
# Sweeteners without energy: Regulation (EC) 1333/2008, annex II, without the polyols.
SWEETENERS = frozenset(f"en:e{one}" for one in (950, 951, 952, 954, 955, 957, 959, 960, "960a", "960c", 961, 962, 969))
_KINDS: tuple[tuple[Kind, frozenset[str]], ...] = (
    ("cheese", frozenset({"en:cheeses"})),
    ("fat", frozenset({"en:fats", "en:vegetable-oils", "en:olive-oils", "en:butters", "en:margarines", "en:nuts",
                       "en:seeds", "en:nuts-and-their-products", "en:creams"})),
    ("red meat", frozenset({"en:beef", "en:pork", "en:lamb", "en:veal", "en:hams", "en:sausages",
                            "en:prepared-meats"})),
)  # fmt: skip
_NO_WATER = frozenset({"en:flavored-waters", "en:sweetened-beverages", "en:sodas"})


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


def kind(categories: Sequence[str], drink: bool) -> Kind:
    """The scale that a product is judged by, from its categories."""
    tags = set(categories)
    if "en:waters" in tags and not tags & _NO_WATER:
        return "water"
    if drink:
        return "drink"
    return next((name for name, some in _KINDS if tags & some), "food")


def compute(
    amounts: Mapping[str, float], of: Kind, fruit: float = float("nan"), sweetened: bool = False
) -> NutriScore | None:
    """The Nutri-Score of amounts in 100 g or ml (energy_kj, sugars, saturated_fat, salt, fat, proteins, fiber).

    `fruit`: per cent of fruit, vegetables and legumes, `sweetened`: a sweetener without energy is in it. What is not
    known of proteins, fibre and fruit counts as none, and a part of nothing is nothing (sugars without
    carbohydrate, saturates without fat); None where one of the others is not known.
    """
    has = {name: float(amounts.get(name, np.nan)) for name in ("energy_kj", "sugars", "saturated_fat", "salt", "fat")}
    for part, whole in (("sugars", "carbohydrates"), ("saturated_fat", "fat")):
        if np.isnan(has[part]) and amounts.get(whole) == 0:
            has[part] = 0.0
    drink = of in ("drink", "water")
    needed = ("sugars", "saturated_fat", "salt", "fat" if of == "fat" else "energy_kj")
    if any(np.isnan(has[name]) for name in needed):
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
        _part("proteins", amounts.get("proteins", np.nan), DRINK_PROTEINS if drink else PROTEINS, True, protein,
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
