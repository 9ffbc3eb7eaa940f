"""What is in food products: traffic lights, shares of a day's reference intake, medians, comparisons, alternatives.

Products are rows of `data.food.frame`; amounts are per 100 g, or per 100 ml of what is liquid.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from data.food import NUTRIENTS
from locales import N_

LIT = ("fat", "saturated_fat", "sugars", "salt")
LEVELS = ("low", "medium", "high")
# Front of pack labelling guide of the UK Department of Health and Food Standards Agency (2013, updated 2016):
# low up to, high above (g in 100 g or 100 ml), and high above in a portion of more than 100 g or 150 ml.
FOOD = {
    "fat": (3.0, 17.5, 21.0),
    "saturated_fat": (1.5, 5.0, 6.0),
    "sugars": (5.0, 22.5, 27.0),
    "salt": (0.3, 1.5, 1.8),
}
DRINK = {
    "fat": (1.5, 8.75, 10.5),
    "saturated_fat": (0.75, 2.5, 3.0),
    "sugars": (2.5, 11.25, 13.5),
    "salt": (0.3, 0.75, 0.9),
}
PORTION = {False: 100.0, True: 150.0}  # g of food, ml of drink

# A day of an average adult, in the units of `NUTRIENTS`: Regulation (EU) 1169/2011, annex XIII, parts A and B.
INTAKE = {
    "energy_kj": 8400.0,
    "energy_kcal": 2000.0,
    "fat": 70.0,
    "saturated_fat": 20.0,
    "carbohydrates": 260.0,
    "sugars": 90.0,
    "proteins": 50.0,
    "salt": 6.0,
    "vitamin_a": 800.0,
    "vitamin_c": 80.0,
    "vitamin_d": 5.0,
    "vitamin_e": 12.0,
    "vitamin_b9": 200.0,
    "vitamin_b12": 2.5,
    "potassium": 2000.0,
    "calcium": 800.0,
    "magnesium": 375.0,
    "iron": 14.0,
    "zinc": 10.0,
    "iodine": 150.0,
}
FIBRE = 25.0  # g a day: adequate intake of adults, EFSA Journal 2010;8(3):1462 (annex XIII names none)
# kJ in a gram: Regulation (EU) 1169/2011, annex XIV. A ml of alcohol weighs 0.789 g.
# Polyols are carbohydrates of less energy, and nobody says how much of them there is.
POLYOLS = frozenset(f"en:e{one}" for one in (420, 421, 953, 964, 965, 966, 967, 968))
KILOJOULES = {"fat": 37.0, "carbohydrates": 17.0, "proteins": 17.0, "fiber": 8.0, "alcohol": 29.0 * 0.789}

How = Literal["absolute", "first", "best"]
NOTABLE = 0.02  # of a day's intake: smaller differences in 100 g are not spoken of


def amounts(products: pd.DataFrame, per: Literal["100g", "serving"] = "100g") -> pd.DataFrame:
    """A row a nutrient that some product states, a column a product (by code): amounts in the units of `NUTRIENTS`."""
    table = products.set_index("code")[[f"{name}_{per}" for name in NUTRIENTS]].set_axis(list(NUTRIENTS), axis=1)
    return table.T.dropna(how="all").rename_axis("nutrient")


def lights(products: pd.DataFrame) -> pd.DataFrame:
    """Traffic lights: a row a product (its own index), a column each of `LIT`: low, medium or high; "" not known."""
    drink = products["drink"].to_numpy(bool)
    size = products["serving_size"].to_numpy(float)
    portion = size > np.where(drink, PORTION[True], PORTION[False])
    found = {}
    for name in LIT:
        amount = products[f"{name}_100g"].to_numpy(float).round(6)
        low, high, most = (np.where(drink, DRINK[name][place], FOOD[name][place]) for place in range(3))
        red = (amount > high) | (portion & (amount * size / 100 > most))
        level = np.select([np.isnan(amount), red, amount > low], ["", "high", "medium"], "low")
        found[name] = pd.Series(level, products.index, dtype="str")
    return pd.DataFrame(found)


def medians(products: pd.DataFrame, least: int = 3) -> pd.DataFrame:
    """One row a nutrient that at least `least` products state: `median`, quartiles `q1` and `q3`, and how many."""
    table = amounts(products)
    table = table[table.notna().sum(axis=1) >= max(least, 1)]
    columns = ["q1", "median", "q3"]
    if table.empty:  # of which pandas has no quantiles
        return pd.DataFrame(columns=[*columns, "products"], dtype=float)
    found = table.quantile([0.25, 0.5, 0.75], axis=1).T.set_axis(columns, axis=1)
    return found.assign(products=table.notna().sum(axis=1))


def against(product: pd.Series, peers: pd.DataFrame) -> pd.DataFrame:
    """A product against its peers' `medians`: a row a nutrient, with `amount`, `median`, `q1`, `q3` and `change`.

    `change` is the difference as a share of the median, infinite where that is zero and the product's is not; `share`
    is how much of a day's intake it is, NaN for what has no reference intake.
    """
    typical = medians(peers)
    amount = pd.Series({name: product[f"{name}_100g"] for name in typical.index}, dtype=float)
    difference = amount - typical["median"]
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.where(difference.abs() < 1e-9, 0.0, difference / typical["median"])
    day = pd.Series(INTAKE | {"fiber": FIBRE}).reindex(typical.index)
    found = typical.assign(amount=amount, change=change, share=difference.abs() / day)
    return found[found["amount"].notna()].rename_axis("nutrient")


def categories(products: pd.DataFrame, least: int = 2) -> pd.Series:
    """How many products are in each category that at least `least` of them share; the most common first."""
    counts = products["categories"].explode().dropna().value_counts()
    return counts[counts >= least]


def narrowest(product: pd.Series, counts: pd.Series, least: int = 5) -> str | None:
    """The narrowest category of a product that at least `least` products share; None where there is none."""
    shared = [tag for tag in product["categories"] if counts.get(tag, 0) >= least]
    return shared[-1] if shared else None


def members(products: pd.DataFrame, category: str) -> pd.DataFrame:
    """The products of a category."""
    return products[[category in tags for tags in products["categories"]]]


def compare(products: pd.DataFrame, how: How, per: Literal["100g", "serving"] = "100g") -> pd.DataFrame:
    """A row a nutrient, a column a product: amounts, or their differences to the first product or to the best one.

    The best is the least or the most, as `NUTRIENTS` says which is healthier. Differences leave out the nutrients that
    have no best, or that the first product or all others do not state.
    """
    table = amounts(products, per)
    if how == "first":
        return table.sub(table.iloc[:, 0], axis=0).dropna(thresh=2)
    if how == "best":
        return table.sub(best(table), axis=0).dropna(thresh=2)
    return table


def best(table: pd.DataFrame) -> pd.Series:
    """The healthiest amount in each row of `amounts`; NaN where neither less nor more is better."""
    better = pd.Series({name: NUTRIENTS[name].better for name in table.index}, dtype=object)
    least, most = table.min(axis=1), table.max(axis=1)
    return least.where(better.eq("less"), most.where(better.eq("more")))


@dataclass(frozen=True)
class Change:
    """What another product has more (or less, where negative) of, in 100 g."""

    nutrient: str
    amount: float

    @property
    def good(self) -> bool:
        """Whether that is healthier."""
        return (self.amount < 0) == (NUTRIENTS[self.nutrient].better == "less")


def changes(now: pd.Series, then: pd.Series) -> list[Change]:
    """What changes from one product to another, by share of a day's intake; without what is not worth saying."""
    found = []
    for name in ("energy_kcal", "fat", "saturated_fat", "sugars", "fiber", "salt"):
        amount = float(then[f"{name}_100g"] - now[f"{name}_100g"])
        share = abs(amount) / INTAKE.get(name, FIBRE)
        if share >= NOTABLE:
            found.append((share, Change(name, amount)))
    return [change for _share, change in sorted(found, key=lambda pair: -pair[0])]


def alternatives(products: pd.DataFrame, code: str, category: str, most: int = 5) -> pd.DataFrame:
    """Healthier products of a category than one of them, the healthiest first, at most `most` rows.

    Healthier: a better Nutri-Score; at the same grade (or where one is not known) fewer traffic lights above low, with
    something worth saying that is better. `points` counts the lights (medium 1, high 2), `grade` the Nutri-Score from 0
    (a) on; both NaN where not known.
    """
    mine = products.set_index("code").loc[code]
    peers = members(products, category)
    levels = lights(peers)
    points = levels.apply(lambda column: column.map({"low": 0.0, "medium": 1.0, "high": 2.0})).sum(axis=1, skipna=False)
    grade = peers["nutriscore"].map({letter: float(place) for place, letter in enumerate("abcde")}).astype(float)
    table = peers.assign(points=points, grade=grade).set_index("code", drop=False)
    own = table.loc[code] if code in table.index else None
    if own is None:
        return table.iloc[:0]
    graded = table["grade"] < own["grade"]
    even = ~(table["grade"] > own["grade"]) & ~graded & (table["points"] < own["points"])
    chosen = table[(graded | even) & (table["points"].notna() | graded)]
    useful = [any(change.good for change in changes(mine, row)) for _code, row in chosen.iterrows()]
    return chosen[np.array(useful, bool)].sort_values(["grade", "points", "energy_kcal_100g"]).head(most)


def basket(products: pd.DataFrame, grams: Mapping[str, float]) -> pd.DataFrame:
    """What `grams` (or ml) of each product (by code) hold together: a row a nutrient, NUTRIENTS order.

    `amount` is the sum of what is known, `share` that of a day's reference intake (NaN where there is none),
    `missing` the products whose amount is not known, `largest` the code of the one that brings most. Alcohol is in ml.
    """
    chosen = products[products["code"].isin(list(grams))]
    weight = chosen["code"].map(grams).astype(float).to_numpy()
    parts = amounts(chosen).mul(weight / 100, axis=1)
    amount = parts.sum(axis=1)
    return pd.DataFrame(
        {
            "amount": amount,
            "share": amount / pd.Series(INTAKE).reindex(amount.index),
            "missing": parts.isna().sum(axis=1),
            "largest": parts.idxmax(axis=1),
        }
    )


def flags(product: pd.Series) -> list[tuple[str, dict[str, float]]]:
    """What cannot be right in a product's amounts: sentences marked with `N_`, and their values."""
    has = {name: float(product[f"{name}_100g"]) for name in NUTRIENTS}
    found: list[tuple[str, dict[str, float]]] = []
    if has["sugars"] > has["carbohydrates"] + 0.1:
        found.append(
            (
                N_("More sugars ({sugars} g) than carbohydrate ({carbohydrates} g), of which they are a part."),
                {name: has[name] for name in ("sugars", "carbohydrates")},
            )
        )
    if has["saturated_fat"] > has["fat"] + 0.1:
        found.append(
            (
                N_("More saturates ({saturated_fat} g) than fat ({fat} g), of which they are a part."),
                {name: has[name] for name in ("saturated_fat", "fat")},
            )
        )
    whole = np.nansum([has[name] for name in ("fat", "carbohydrates", "proteins", "fiber", "salt")])
    if whole > 105:
        found.append((N_("Its parts weigh {whole} g in 100 g."), {"whole": float(whole)}))
    if abs(has["energy_kj"] - 4.184 * has["energy_kcal"]) > max(30.0, 0.1 * has["energy_kj"]):
        found.append(
            (
                N_("{energy_kj} kJ and {energy_kcal} kcal are not the same energy (1 kcal is 4.184 kJ)."),
                {name: has[name] for name in ("energy_kj", "energy_kcal")},
            )
        )
    parts = [has[name] * per_gram for name, per_gram in KILOJOULES.items()]
    fits = float(np.nansum(parts))
    unsaid = "en:alcoholic-beverages" in product["categories"] and np.isnan(has["alcohol"])
    unsaid = unsaid or any(tag.rstrip("iv") in POLYOLS for tag in product["additives"])
    if not unsaid and not np.isnan(parts[:3]).any() and abs(has["energy_kj"] - fits) > max(100.0, 0.25 * fits):
        found.append(
            (
                N_("{energy_kj} kJ do not fit what fat, carbohydrate, protein, fibre and alcohol give, {parts} kJ."),
                {"energy_kj": has["energy_kj"], "parts": fits},
            )
        )
    return found


def grades(products: pd.DataFrame) -> pd.Series:
    """How many products have each Nutri-Score, a to e, and "" for those without."""
    counts = products["nutriscore"].fillna("").value_counts()
    return counts.reindex([*"abcde", ""], fill_value=0)


def typical_prices(reports: pd.DataFrame, least: int = 3) -> pd.DataFrame:
    """The `median` of prices (see `connectors.openprices`) by `currency`, and of how many `reports`.

    Of single units, without a discount; of a currency with `least` of them or more, the most reported first.
    """
    usual = reports[reports["per"].eq("unit") & ~reports["discounted"]]
    found = usual.groupby("currency")["price"].agg(median="median", reports="size").reset_index()
    return found[found["reports"] >= least].sort_values("reports", ascending=False, ignore_index=True)


def by_brand(products: pd.DataFrame, nutrient: str, most: int = 12) -> pd.DataFrame:
    """The `most` most common brands that state a nutrient: `brand`, `code`, `name`, `amount`, and the brand's `median`.

    One row a product, brands by their median; the brand is the first that the product names.
    """
    known = products[products[f"{nutrient}_100g"].notna()]
    first = known["brands"].str.split(",").str[0].str.strip()
    table = pd.DataFrame(
        {"brand": first, "code": known["code"], "name": known["name"], "amount": known[f"{nutrient}_100g"]}
    )
    table = table[table["brand"].ne("")]
    # Capitals and hyphens do not make another brand.
    same = table["brand"].str.lower().str.replace(r"[\s\-]+", " ", regex=True)
    table["brand"] = table.groupby(same)["brand"].transform(lambda names: names.mode().iloc[0])
    common: Sequence[str] = table["brand"].value_counts().head(most).index.tolist()
    table = table[table["brand"].isin(common)]
    return table.assign(median=table.groupby("brand")["amount"].transform("median")).sort_values(["median", "brand"])
