"""Food products as Vigie knows them, whoever they are from: one `Product` each, or one row of `frame`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Literal

import pandas as pd

from locales import N_, _

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
class Product:
    """A food product. Text and tags are the public's words: data to show, never to run or to render.

    Tags are as Open Food Facts writes them, "en:colas"; `categories` go from the broadest to the narrowest.
    `per_100` holds amounts per 100 g, or per 100 ml where `liquid`, and `per_serving` those of a serving, both under
    the names and in the units of `NUTRIENTS`. `prepared` says that they are those of the prepared product. What is not
    stated but `estimated` from the ingredients (per 100 too) is in neither. `sources` says whose an amount is, under
    the same names: "packaging", "manufacturer", "estimate" ...; where the origin says it.
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
    types |= dict.fromkeys(["drink", "liquid", "prepared"], "bool")
    types |= dict.fromkeys(["retrieved", "modified"], "datetime64[us, UTC]")
    return table.astype(types)


# Tags whose words are translated: the allergens of EU law, common labels, broad categories.
_TRANSLATED = frozenset(
    {
        # Allergens
        N_("Gluten"), N_("Milk"), N_("Eggs"), N_("Nuts"), N_("Peanuts"), N_("Soybeans"), N_("Celery"), N_("Mustard"),
        N_("Sesame seeds"), N_("Fish"), N_("Crustaceans"), N_("Molluscs"), N_("Lupin"),
        N_("Sulphur dioxide and sulphites"),
        # Labels
        N_("Organic"), N_("Eu organic"), N_("Vegetarian"), N_("Vegan"), N_("No gluten"), N_("No added sugar"),
        N_("No sugar"), N_("Low or no sugar"), N_("No preservatives"), N_("No artificial flavors"), N_("No colorings"),
        N_("Palm oil free"), N_("Fair trade"), N_("Halal"), N_("Kosher"), N_("Green dot"), N_("With sweeteners"),
        N_("No palm oil"), N_("No additives"), N_("Contains a source of phenylalanine"), N_("Made in france"),
        N_("No gmos"),
        # Categories
        N_("Beverages"), N_("Beverages and beverages preparations"), N_("Non alcoholic beverages"),
        N_("Alcoholic beverages"), N_("Sweetened beverages"), N_("Unsweetened beverages"),
        N_("Artificially sweetened beverages"), N_("Diet beverages"), N_("Carbonated drinks"), N_("Sodas"),
        N_("Diet sodas"), N_("Colas"), N_("Diet cola soft drink"), N_("Fruit sodas"), N_("Orange soft drinks"),
        N_("Tonic water"), N_("Waters"), N_("Mineral waters"), N_("Spring waters"), N_("Juices and nectars"),
        N_("Fruit juices"), N_("Orange juices"), N_("Apple juices"), N_("Fruit based beverages"), N_("Iced teas"),
        N_("Energy drinks"), N_("Teas"), N_("Coffees"), N_("Beers"), N_("Wines"), N_("Plant based foods and beverages"),
        N_("Plant based foods"), N_("Plant based beverages"), N_("Cereals and potatoes"),
        N_("Cereals and their products"), N_("Breads"), N_("Sliced breads"), N_("Wholemeal breads"),
        N_("Wholemeal sliced breads"), N_("Breakfasts"), N_("Breakfast cereals"),
        N_("Mueslis"), N_("Pastas"), N_("Rices"), N_("Legumes and their products"),
        N_("Fruits and vegetables based foods"), N_("Fruits"), N_("Vegetables"), N_("Nuts and their products"),
        N_("Snacks"), N_("Sweet snacks"), N_("Salty snacks"), N_("Crisps"), N_("Biscuits and cakes"), N_("Biscuits"),
        N_("Cakes"), N_("Chocolates"), N_("Dark chocolates"), N_("Milk chocolates"), N_("Confectioneries"),
        N_("Dairies"), N_("Fermented foods"), N_("Fermented milk products"), N_("Yogurts"), N_("Cheeses"), N_("Milks"),
        N_("Butters"), N_("Desserts"), N_("Dairy desserts"), N_("Frozen foods"), N_("Frozen desserts"),
        N_("Ice creams and sorbets"), N_("Meals"), N_("Pizzas"), N_("Sandwiches"), N_("Soups"), N_("Sauces"),
        N_("Mustards"), N_("Ketchup"), N_("Mayonnaises"), N_("Condiments"), N_("Spreads"), N_("Sweet spreads"),
        N_("Hazelnut spreads"), N_("Jams"), N_("Honeys"), N_("Meats and their products"), N_("Meats"), N_("Hams"),
        N_("Poultries"), N_("Fishes"), N_("Seafood"), N_("Canned foods"), N_("Fats"), N_("Vegetable oils"),
        N_("Olive oils"), N_("Baby foods"), N_("Dietary supplements"),
    }
)  # fmt: skip


def tag_name(tag: str) -> str:
    """A tag in words, in the reader's language where that is known: "en:carbonated-drinks" as "Carbonated drinks".

    What the public wrote in another language than English says in which one.
    """
    language, _colon, words = tag.rpartition(":")
    words = words.replace("-", " ").strip()
    words = words[:1].upper() + words[1:]
    if language not in ("", "en", "xx"):
        return f"{words} ({language})"
    return _(words) if words in _TRANSLATED else words
