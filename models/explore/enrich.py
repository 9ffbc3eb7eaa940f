"""What is known of food products, as columns of the products that a shop sells."""

from collections.abc import Callable

import pandas as pd

from data.enriched import GREEN, NOVA, NUMBERS, NUTRISCORE, SAID, level
from models.explore import food

LIT = {name: f"{name}_level" for name in food.LIT}
LEAST = 2  # products of the shop that share the category that one is put into


def columns(products: pd.DataFrame, named: Callable[[str], bool] = bool) -> pd.DataFrame:
    """One row a product of `data.food.frame`, by its code, with the columns of `data.enriched`.

    Grades are those published. Levels are the traffic lights (`models.explore.food.lights`). The category is the
    narrowest one that `LEAST` of these products share, else the broadest of its own; of those that are `named`, where
    some are. What is not known is missing: a diet that Open Food Facts could not tell, an organic label of a product
    whose labels nobody wrote down.
    """
    if products.empty:
        return pd.DataFrame()
    kinds = [tuple(filter(named, tags)) or tags for tags in products["categories"]]
    products = products.assign(categories=kinds)
    counts, lights = food.categories(products, LEAST), food.lights(products)
    found = pd.DataFrame(index=products.index)
    found["nutriscore"] = products["nutriscore"].str.upper().map(NUTRISCORE.format, na_action="ignore")
    found["nova"] = [NOVA.format(int(group)) if group == group else None for group in products["nova"]]
    grades = products["green_score"].str.upper().str.replace("-PLUS", "+")
    found["green_score"] = grades.map(GREEN.format, na_action="ignore")
    for name, column in LIT.items():
        found[column] = [level(name, light) if light else None for light in lights[name]]
    for name, (column, words) in SAID.items():
        found[column] = [words.get(analysis.get(name)) for analysis in products["analysis"]]
    organic = [("Organic" if "en:organic" in tags else "Without an organic label") if tags else None
               for tags in products["labels"]]  # fmt: skip
    found["organic_label"] = organic
    found["food_category"] = [
        food.narrowest(row, counts, LEAST) or next(iter(row["categories"]), None) for _place, row in products.iterrows()
    ]
    text = found.astype("str")
    numbers = products[list(NUMBERS)].astype("float64")
    return pd.concat([text, numbers], axis=1).set_axis(products["code"], axis=0)
