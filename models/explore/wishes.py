"""What somebody wants of food: allergens to avoid, diets, and what matters; which products fit, and in which order.

Nothing that is not known is taken for good: a product without a word about an allergen is unknown, not free of it.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from models.explore.food import DRINK, FOOD

Verdict = Literal["yes", "unknown", "maybe", "no"]
ORDER: tuple[Verdict, ...] = ("yes", "unknown", "maybe", "no")  # the best first, of allergens
ALLERGENS = tuple(
    f"en:{one}"
    for one in (
        *("gluten", "milk", "eggs", "nuts", "peanuts", "soybeans", "celery", "mustard", "sesame-seeds", "fish"),
        *("crustaceans", "molluscs", "lupin", "sulphur-dioxide-and-sulphites"),
    )
)  # of Regulation (EU) 1169/2011, annex II
DIETS = ("vegan", "vegetarian", "palm_oil")
MATTERS = ("nutriscore", "nova", "green_score", "sugars", "salt", "saturated_fat", "fat", "fiber", "additives")
# Labels of packages that say it themselves.
_LABELS = {
    "en:gluten": {"en:no-gluten"},
    "vegan": {"en:vegan"},
    "vegetarian": {"en:vegetarian", "en:vegan"},
    "palm_oil": {"en:no-palm-oil", "en:palm-oil-free"},
}
_GREEN = ("a-plus", "a", "b", "c", "d", "e", "f")
MUCH_FIBRE = 6.0  # g in 100 g: "high fibre" of Regulation (EC) 1924/2006
MANY_ADDITIVES = 5  # from which on more are no worse


@dataclass(frozen=True)
class Wishes:
    """Allergens to `avoid` (of `ALLERGENS`), `diets` (of `DIETS`) and what `matters` (of `MATTERS`)."""

    avoid: tuple[str, ...] = ()
    diets: tuple[str, ...] = ()
    matters: tuple[str, ...] = ()

    @property
    def musts(self) -> tuple[str, ...]:
        """What a product must be: the allergens that it must not have, then the diets."""
        return (*self.avoid, *self.diets)


def verdict(product: pd.Series, must: str) -> Verdict:
    """Whether a product (of `data.food.frame`) is without an allergen, or fit for a diet.

    Allergens: "no" where it is listed, "maybe" where traces are, "yes" only where a label says so; else not known,
    since nobody writes down what is not in it. Diets: what the analysis of the ingredients says, or the label of the
    package where that is unsure; "maybe" where the two disagree.
    """
    labelled = bool(_LABELS.get(must, set()) & set(product["labels"]))
    if must in DIETS:
        said = dict(product["analysis"])
        found = said.get(must)
        if must == "palm_oil" and found:
            found = {"yes": "no", "no": "yes"}.get(found, found)
        if must == "vegetarian" and said.get("vegan") == "yes":
            found = found or "yes"
        if labelled:
            return "maybe" if found == "no" else "yes"
        return found if found in ("yes", "no", "maybe") else "unknown"
    if must in product["allergens"]:
        return "maybe" if labelled else "no"
    if must in product["traces"]:
        return "maybe"
    return "yes" if labelled else "unknown"


def points(products: pd.DataFrame, matter: str) -> np.ndarray:
    """How good each product is at one thing that matters, 0 to 1; NaN where not known.

    Grades and groups in equal steps from the best to the worst; sugars, salt, saturates and fat from none to the limit
    of the red light; fibre up to what may be called high; additives from none to `MANY_ADDITIVES`, where the
    ingredients are known.
    """
    if matter in ("nutriscore", "green_score"):
        scale = tuple("abcde") if matter == "nutriscore" else _GREEN
        worth = {grade: 1 - place / (len(scale) - 1) for place, grade in enumerate(scale)}
        return products[matter].map(worth).to_numpy(float)
    if matter == "nova":
        return 1 - (products["nova"].to_numpy(float) - 1) / 3
    if matter == "additives":
        count = np.array([len(tags) for tags in products["additives"]], float)
        known = products["ingredients"].ne("").to_numpy() | (count > 0)
        return np.where(known, 1 - np.minimum(count / MANY_ADDITIVES, 1), np.nan)
    amount = products[f"{matter}_100g"].to_numpy(float)
    if matter == "fiber":
        return np.minimum(amount / MUCH_FIBRE, 1)
    limit = np.where(products["drink"].to_numpy(bool), DRINK[matter][1], FOOD[matter][1])
    return 1 - np.minimum(amount / limit, 1)


def ranked(products: pd.DataFrame, wishes: Wishes) -> pd.DataFrame:
    """The products in the order of somebody's wishes, the best first, with what makes it.

    `fits`: the worst verdict on what they must be, in the order of `ORDER` ("" where nothing must be). A diet that may
    fit stands beside one of which nothing is known, traces of an allergen behind. `match`: the
    mean of `points` of all that matters, where what is not known brings none (NaN where nothing matters); `known`: of
    how many of these things it is known. First who fits, then by match; else the order stays.
    """
    said = [[(must, verdict(row, must)) for must in wishes.musts] for _number, row in products.iterrows()]
    worst = [max(verdicts, key=_weight, default=("", ""))[1] for verdicts in said]
    each = np.array([points(products, matter) for matter in wishes.matters]).reshape(len(wishes.matters), len(products))
    match = np.nansum(each, axis=0) / len(wishes.matters) if wishes.matters else np.full(len(products), np.nan)
    found = products.assign(fits=worst, match=match, known=(~np.isnan(each)).sum(axis=0))
    place = np.array([max((_place(*one) for one in verdicts), default=0) for verdicts in said], int)
    order = np.lexsort((-np.nan_to_num(match).round(9), place))
    return found.iloc[order]


def _weight(one: tuple[str, Verdict]) -> tuple[int, bool]:
    """How much a verdict speaks against a product: an allergen of which nothing is known outweighs an unsure diet."""
    return _place(*one), one[1] == "unknown"


def _place(must: str, said: Verdict) -> int:
    return ORDER.index("unknown" if must in DIETS and said == "maybe" else said)
