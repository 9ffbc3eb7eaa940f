"""Food products as Vigie knows them, whoever they are from: one `Product` each, or one row of `frame`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Literal

import pandas as pd

import settings
from locales import N_, tags

DEMO = N_("Demo (simulated)")
OPEN_FOOD_FACTS = "Open Food Facts"
GRADES = ("a", "b", "c", "d", "e")


@dataclass(frozen=True)
class Nutrient:
    """What is measured in a product. `better` says which way is healthier, where there is a way."""

    label: str
    unit: str
    better: Literal["less", "more"] | None = None


# In the order of EU labels; then what only some labels have.
NUTRIENTS = {
    "energy_kj": Nutrient(N_("Energy (kJ)"), "kJ", "less"),
    "energy_kcal": Nutrient(N_("Energy"), "kcal", "less"),
    "fat": Nutrient(N_("Fat"), "g", "less"),
    "saturated_fat": Nutrient(N_("Saturates"), "g", "less"),
    "carbohydrates": Nutrient(N_("Carbohydrate"), "g"),
    "sugars": Nutrient(N_("Sugars"), "g", "less"),
    "fiber": Nutrient(N_("Fibre"), "g", "more"),
    "proteins": Nutrient(N_("Protein"), "g", "more"),
    "salt": Nutrient(N_("Salt"), "g", "less"),
    "alcohol": Nutrient(N_("Alcohol"), "% vol", "less"),
    "caffeine": Nutrient(N_("Caffeine"), "mg"),
    "vitamin_a": Nutrient(N_("Vitamin A"), "µg"),
    "vitamin_c": Nutrient(N_("Vitamin C"), "mg"),
    "vitamin_d": Nutrient(N_("Vitamin D"), "µg"),
    "vitamin_e": Nutrient(N_("Vitamin E"), "mg"),
    "vitamin_b9": Nutrient(N_("Folic acid"), "µg"),
    "vitamin_b12": Nutrient(N_("Vitamin B12"), "µg"),
    "potassium": Nutrient(N_("Potassium"), "mg"),
    "calcium": Nutrient(N_("Calcium"), "mg"),
    "magnesium": Nutrient(N_("Magnesium"), "mg"),
    "iron": Nutrient(N_("Iron"), "mg"),
    "zinc": Nutrient(N_("Zinc"), "mg"),
    "iodine": Nutrient(N_("Iodine"), "µg"),
}


@dataclass(frozen=True)
class Packaging:
    """One part of a packaging, each as a tag ("" where not said): its shape, material, and where it goes afterwards.

    `units`: how many of it a package has. `weight`: g of one, measured or stated.
    """

    shape: str = ""
    material: str = ""
    recycling: str = ""
    units: int | None = None
    weight: float | None = None


@dataclass(frozen=True)
class GreenScore:
    """The Green-Score (once Eco-Score) as Open Food Facts publishes it, for a buyer nobody knows where.

    `score` is the sum of `parts`: "life_cycle" (0 to 100, of Agribalyse, for the `proxy` that the product is taken
    for, named by language), then bonus and malus "production", "origins", "packaging" and "species". `missing` names
    what it was computed without. `co2`: kg of CO2 equivalent a kg of the proxy. `applies` is False for what the score
    is not made for (waters, most sodas).
    """

    score: float | None = None
    parts: Mapping[str, float] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    proxy: Mapping[str, str] = field(default_factory=dict)
    co2: float | None = None
    applies: bool = True


@dataclass(frozen=True)
class Product:
    """A food product. Text and tags are the public's words: data to show, never to run or to render.

    Tags are as Open Food Facts writes them, "en:colas"; `categories` go from the broadest to the narrowest.
    `per_100` holds amounts per 100 g, or per 100 ml where `liquid`, and `per_serving` those of a serving, both under
    the names and in the units of `NUTRIENTS`. `prepared` says that they are those of the prepared product. What is not
    stated but `estimated` from the ingredients (per 100 too) is in neither. `sources` says whose an amount is, under
    the same names: "packaging", "manufacturer", "estimate" ...; where the origin says it.

    `analysis` of the ingredients says of vegan, vegetarian and palm_oil (contains it) "yes", "no" or "maybe", and
    nothing of what Open Food Facts does not know; `because` names the ingredients that it is so for.
    """

    code: str
    name: str
    source: str
    retrieved: datetime
    brands: str = ""
    quantity: str = ""
    categories: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    allergens: tuple[str, ...] = ()
    traces: tuple[str, ...] = ()
    additives: tuple[str, ...] = ()
    ingredients: str = ""
    nutriscore: str | None = None  # a to e
    nova: int | None = None  # 1 to 4
    green_score: str | None = None  # a (or a-plus) to f
    fruit: float | None = None  # % of fruit, vegetables and legumes, as Open Food Facts estimates it
    red_meat: bool = False  # among its ingredients
    serving: str = ""
    serving_size: float | None = None  # g, or ml where liquid
    drink: bool = False
    liquid: bool = False
    prepared: bool = False
    image: str | None = None
    image_small: str | None = None
    completeness: float | None = None  # share, 0 to 1
    modified: datetime | None = None
    per_100: Mapping[str, float] = field(default_factory=dict)
    per_serving: Mapping[str, float] = field(default_factory=dict)
    estimated: Mapping[str, float] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    analysis: Mapping[str, str] = field(default_factory=dict)
    because: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    packaging: tuple[Packaging, ...] = ()
    green: GreenScore = GreenScore()


_PLAIN = [one.name for one in fields(Product) if one.name not in ("per_100", "per_serving")]


def frame(products: Iterable[Product]) -> pd.DataFrame:
    """One row a product: its fields, then each nutrient as `<name>_100g` and `<name>_serving`, NaN where not known.

    Units are those of `NUTRIENTS`; `_100g` is per 100 ml of what is liquid. Tags stay tuples, mappings mappings.
    """
    rows = [
        {name: getattr(one, name) for name in _PLAIN}
        | {f"{name}_100g": one.per_100.get(name) for name in NUTRIENTS}
        | {f"{name}_serving": one.per_serving.get(name) for name in NUTRIENTS}
        for one in products
    ]
    numbers = ["nova", "serving_size", "completeness", "fruit"]
    columns = [*_PLAIN, *(f"{name}_100g" for name in NUTRIENTS), *(f"{name}_serving" for name in NUTRIENTS)]
    table = pd.DataFrame(rows, columns=columns)
    types = dict.fromkeys([*numbers, *columns[len(_PLAIN) :]], "float64")
    types |= dict.fromkeys(["code", "name", "source", "brands", "quantity", "ingredients", "serving"], "str")
    types |= dict.fromkeys(["nutriscore", "green_score", "image", "image_small"], "str")
    types |= dict.fromkeys(["drink", "liquid", "prepared", "red_meat"], "bool")
    types |= dict.fromkeys(["retrieved", "modified"], "datetime64[us, UTC]")
    return table.astype(types)


def tag_name(tag: str) -> str:
    """A tag in words, in the reader's language where that is known: "en:carbonated-drinks" as "Carbonated drinks".

    What the public wrote in another language than English says in which one.
    """
    return tags.in_words(tag)


def names_path() -> Path:
    """Where what Open Food Facts calls its tags is kept, once it was fetched."""
    return settings.get().home / "raw" / "openfoodfacts" / "tags.csv"


tags.follow(names_path)
