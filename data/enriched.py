"""What Open Food Facts knows of the products that a shop sells, kept as columns of its table `products`.

Words are kept in English and shown in the reader's language (`locales.labels`); categories as tags. They say what they
are about, so that a question can name them: "the revenue of products low in salt".
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pandas as pd

from data import schemas, tables
from data.dataset import Dataset, Finding
from data.tables import BEFORE, Stored
from locales import N_

NUTRISCORE, NOVA, GREEN = "Nutri-Score {}", "NOVA {}", "Green-Score {}"
LEVELS = {
    "fat": {"low": "Low in fat", "medium": "Medium in fat", "high": "High in fat"},
    "saturated_fat": {"low": "Low in saturates", "medium": "Medium in saturates", "high": "High in saturates"},
    "sugars": {"low": "Low in sugars", "medium": "Medium in sugars", "high": "High in sugars"},
    "salt": {"low": "Low in salt", "medium": "Medium in salt", "high": "High in salt"},
}
# What the ingredients say -> the column, and its words.
SAID: dict[str, tuple[str, Mapping[str | None, str]]] = {
    "vegan": ("diet_vegan", {"yes": "Vegan", "maybe": "Maybe vegan", "no": "Not vegan"}),
    "vegetarian": ("diet_vegetarian", {"yes": "Vegetarian", "maybe": "Maybe vegetarian", "no": "Not vegetarian"}),
    "palm_oil": ("palm_oil", {"yes": "With palm oil", "maybe": "Maybe with palm oil", "no": "Without palm oil"}),
}
TEXTS = (
    "nutriscore",
    "nova",
    "green_score",
    *(f"{name}_level" for name in LEVELS),
    *(column for column, _words in SAID.values()),
    "organic_label",
    "food_category",
)
# In 100 g, or in 100 ml of what is liquid.
NUMBERS = tuple(
    f"{name}_100g" for name in ("energy_kcal", "fat", "saturated_fat", "sugars", "fiber", "proteins", "salt")
)


def level(nutrient: str, light: str) -> str:
    """A traffic light in words that name the nutrient."""
    return LEVELS[nutrient][light]


def keep(home: Path, stored: Stored, codes: Mapping[str, str], known: pd.DataFrame, now: datetime) -> Stored:
    """Keep a new version of a sales dataset whose products have the columns of `known`, and let the pages show it.

    `codes` gives the barcode of products (product -> barcode), `known` has a row a barcode (see
    `models.explore.enrich.columns`). Products that the table `products` lacks come into it, with their names and
    categories of the sales. What was known before of others stays. Raises OSError with everything as it was before.
    """
    goods = _products(stored, codes)
    coded = goods["product"].map(codes)
    goods["barcode"] = coded.fillna(goods["barcode"]) if "barcode" in goods else coded
    fresh = coded.isin(known.index)
    for name in known.columns:
        values = coded.map(known[name])
        goods[name] = values.where(fresh, goods[name]) if name in goods else values
    goods = goods.astype(dict.fromkeys([name for name in TEXTS if name in goods], "str"))
    message = N_("{column}: what Open Food Facts (ODbL) knew of {rows} products on {day} was put beside the sales.")
    values = {"column": "products", BEFORE: stored.version}
    finding = Finding(message, int(fresh.sum()), values, days={"day": now.date()})
    frames = {"products": schemas.check("products", goods)}
    found = Dataset("sales", frames, stored.origin, (*stored.findings, finding), stored.lineage)
    return tables.add(home, found, now, around=stored)


def carried(fresh: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """A new table of products with what was known of the same ones by their barcodes."""
    names = [name for name in ("barcode", *TEXTS, *NUMBERS) if name in before and name not in fresh]
    return fresh.merge(before[["product", *names]], on="product", how="left") if names else fresh


def _products(stored: Stored, codes: Mapping[str, str]) -> pd.DataFrame:
    """The table of products, with those among `codes` that it lacks."""
    category = "mode(category)" if "category" in stored.columns["sales"] else "NULL::VARCHAR"
    sql = (
        f"SELECT product, any_value(name) AS description, {category} AS category "  # noqa: S608  # names of ours
        "FROM sales LEFT JOIN called USING (product) WHERE product IS NOT NULL GROUP BY product ORDER BY product"
    )
    sold = tables.query(stored, sql).astype("str")
    if "products" not in stored.columns:
        return sold
    there = tables.read(stored, "products")
    lacking = sold[sold["product"].isin(codes) & ~sold["product"].isin(there["product"])]
    return pd.concat([there, lacking], ignore_index=True)
