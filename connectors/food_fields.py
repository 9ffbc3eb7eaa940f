"""A product as Open Food Facts describes it, in versions 2 to 3.5 of its interface, as Vigie knows products."""

import html
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import locales
import settings
from connectors.barcodes import padded
from data.food import GRADES, NUTRIENTS, OPEN_FOOD_FACTS, GreenScore, Packaging, Product

IMAGE_HOSTS = ("images.openfoodfacts.org", "static.openfoodfacts.org")
# Names that differ from the origin's only by underscores are not listed; amounts come in g, energy in kJ or kcal.
_IDS = {name: name.replace("_", "-") for name in NUTRIENTS} | {"energy_kj": "energy-kj", "vitamin_b9": "vitamin-b9"}
ESTIMATE = "estimate"  # by Open Food Facts, from the ingredients
_FRUIT = "fruits-vegetables-legumes"
_PER_GRAM = {"g": 1.0, "mg": 1e3, "µg": 1e6}
# What the tags of its analysis of the ingredients say; what is unknown has tags of its own, which say nothing.
_ANALYSIS = {
    "en:vegan": ("vegan", "yes"),
    "en:maybe-vegan": ("vegan", "maybe"),
    "en:non-vegan": ("vegan", "no"),
    "en:vegetarian": ("vegetarian", "yes"),
    "en:maybe-vegetarian": ("vegetarian", "maybe"),
    "en:non-vegetarian": ("vegetarian", "no"),
    "en:palm-oil": ("palm_oil", "yes"),
    "en:may-contain-palm-oil": ("palm_oil", "maybe"),
    "en:palm-oil-free": ("palm_oil", "no"),
}
_GREEN = {
    "production": "production_system",
    "origins": "origins_of_ingredients",
    "packaging": "packaging",
    "species": "threatened_species",
}
_PARTS = 30  # of a packaging
_NAMES = ("product_name", "product_name_en", "product_name_fr", "generic_name")
# Milk is drunk although it is among dairies; what drinks are made of is weighed.
_DRINKS = {"en:beverages", "en:milks"}
_NO_DRINK = {
    *("en:dehydrated-beverages", "en:instant-beverages", "en:beverage-preparations", "en:syrups", "en:coffees"),
    *("en:teas", "en:tea-bags", "en:cocoa-and-chocolate-powders", "en:milk-powders", "en:powdered-milks"),
    *("en:condensed-milks", "en:evaporated-milks", "en:coconut-milks-and-creams"),
}
_RED_MEAT = {f"en:{one}" for one in ("beef", "pork", "veal", "lamb", "mutton", "sheep", "horse", "venison", "game")}


def number(value: object) -> float | None:
    """An amount as the origin writes it: a number, or text with a decimal point or comma, or "<0.5"; else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str):
        match = re.fullmatch(r"[<>≤≥~≈]?\s*([0-9]{1,15}(?:[.,][0-9]{1,20})?(?:[eE][+-]?[0-9]{1,3})?)", value.strip())
        value = match[1].replace(",", ".") if match else "nan"
    try:
        amount = float(value)
    except OverflowError:
        return None
    return amount if math.isfinite(amount) and amount >= 0 else None


def parse(raw: Mapping[str, Any], retrieved: datetime) -> Product:
    """A product as the origin describes it in versions 2 to 3.5. What is missing or no good stays unknown."""
    nutrients, guessed, said, prepared, per_ml = _nutrients(raw)
    size = number(raw.get("serving_quantity")) or None
    categories = _tags(raw, "categories_hierarchy") or _tags(raw, "categories_tags")
    nova = number(raw.get("nova_group"))
    share = number(raw.get("completeness"))
    drink = not _DRINKS.isdisjoint(categories) and _NO_DRINK.isdisjoint(categories)
    units = (raw.get("product_quantity_unit"), raw.get("serving_quantity_unit"))
    per_100 = _amounts(nutrients, "_100g")
    estimated = {name: amount for name, amount in _amounts(guessed, "_100g").items() if name not in per_100}
    shown = {key for name, key in _IDS.items() if (said.get(key) == ESTIMATE) == (name in estimated)}
    analysis, because = _analysis(raw)
    scaled = {name: amount * size / 100 for name, amount in per_100.items() if name != "alcohol"} if size else {}
    return Product(
        code=padded(str(raw["code"])),
        name=next(filter(None, (text(raw.get(name), 200) for name in _NAMES)), ""),
        source=OPEN_FOOD_FACTS,
        retrieved=retrieved,
        brands=text(raw.get("brands"), 200),
        quantity=text(raw.get("quantity"), 80),
        categories=categories,
        countries=_tags(raw, "countries_tags"),
        labels=_tags(raw, "labels_tags"),
        allergens=_tags(raw, "allergens_tags"),
        traces=_tags(raw, "traces_tags"),
        additives=_tags(raw, "additives_tags"),
        ingredients=text(raw.get("ingredients_text"), 5_000),
        nutriscore=_grade(raw, "nutriscore_grade", "nutrition_grades"),
        nova=int(nova) if nova in (1, 2, 3, 4) else None,
        green_score=_grade(raw, "environmental_score_grade", "ecoscore_grade", also=("a-plus", "f")),
        fruit=_fruit(raw),
        red_meat=any(tag.removesuffix("-meat") in _RED_MEAT for tag in _tags(raw, "ingredients_tags")),
        serving=text(raw.get("serving_size"), 80),
        serving_size=size,
        drink=drink,
        liquid=drink or per_ml or "ml" in units,
        prepared=prepared,
        image=_image(raw, "image_front_url", "display"),
        image_small=_image(raw, "image_front_small_url", "small"),
        completeness=share if share is not None and share <= 1 else None,
        modified=_moment(raw.get("last_modified_t")),
        per_100=per_100,
        per_serving=scaled | _amounts(nutrients, "_serving"),
        estimated=estimated,
        sources={name: said[key] for name, key in _IDS.items() if key in said and key in shown},
        analysis=analysis,
        because=because,
        packaging=_packaging(raw),
        green=_green(raw),
    )


def text(value: object, most: int) -> str:
    """Text of the public without tags, entities and characters that cannot be seen; lists joined by commas."""
    if isinstance(value, list):
        value = ", ".join(part for part in value if isinstance(part, str))
    if isinstance(value, dict):
        value = value.get("main") or value.get("en") or next((part for part in value.values() if part), "")
    if not isinstance(value, str):
        return ""
    text = html.unescape(re.sub(r"</?[a-zA-Z][^<>]*>", "", value[: 4 * most]))
    visible = "".join(letter if letter.isprintable() else " " if letter.isspace() else "" for letter in text)
    return " ".join(visible.split())[:most]


def _tags(raw: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = raw.get(name)
    return tuple(text(tag, 100) for tag in value[:200] if isinstance(tag, str)) if isinstance(value, list) else ()


def _grade(raw: Mapping[str, Any], *names: str, also: tuple[str, ...] = ()) -> str | None:
    for name in names:
        value = str(raw.get(name)).strip().lower()
        if value in (*GRADES, *also):
            return value
    return None


def _analysis(raw: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """What the ingredients say of diets, and which ingredients it is so for (see `data.food.Product`)."""
    listed = raw.get("ingredients_analysis")
    reasons = listed if isinstance(listed, dict) else {}
    analysis, because = {}, {}
    for tag in _tags(raw, "ingredients_analysis_tags"):
        if tag in _ANALYSIS:
            name, verdict = _ANALYSIS[tag]
            analysis[name] = verdict
            because[name] = _tags(reasons, tag)
    return analysis, because


def _packaging(raw: Mapping[str, Any]) -> tuple[Packaging, ...]:
    """The parts of the packaging; where they are not described one by one, its shapes and materials alone."""
    listed = raw.get("packagings")
    parts = []
    for one in listed[:_PARTS] if isinstance(listed, list) else ():
        if not isinstance(one, dict):
            continue
        units, weight = number(one.get("number_of_units")), number(one.get("weight_measured"))
        made = Packaging(
            shape=_tag(one.get("shape")),
            material=_tag(one.get("material")),
            recycling=_tag(one.get("recycling")),
            units=int(units) if units and units < 10_000 else None,
            weight=number(one.get("weight_specified")) if weight is None else weight,
        )
        parts += [made] if made != Packaging() else []
    if parts:
        return tuple(parts)
    shapes, materials = _tags(raw, "packaging_shapes_tags"), _tags(raw, "packaging_materials_tags")
    return (*(Packaging(shape=tag) for tag in shapes), *(Packaging(material=tag) for tag in materials))


def _tag(value: object) -> str:
    """A tag, which later versions put into an object with its name."""
    found = value.get("id") if isinstance(value, dict) else value
    return text(found, 100) if isinstance(found, str) else ""


def _green(raw: Mapping[str, Any]) -> GreenScore:
    """The parts of the Green-Score, under the names of versions 2 to 3.1 and later ones."""
    data = next((raw[name] for name in ("environmental_score_data", "ecoscore_data") if name in raw), None)
    grade = str(raw.get("environmental_score_grade", raw.get("ecoscore_grade"))).strip().lower()
    applies = grade != "not-applicable"
    if not isinstance(data, dict):
        return GreenScore(applies=applies)
    base, adjusted, missing = (
        found if isinstance(found := data.get(name), dict) else {} for name in ("agribalyse", "adjustments", "missing")
    )
    score = signed(data.get("score"))
    parts = {"life_cycle": signed(base.get("score"))}
    for name, key in _GREEN.items():
        one = adjusted.get(key)
        parts[name] = signed(one.get("value")) if isinstance(one, dict) else None
    if parts["species"] is None and isinstance(adjusted.get("threatened_species"), dict):
        parts["species"] = 0.0  # published as an empty object where there is no malus
    return GreenScore(
        score=score,
        parts={name: value for name, value in parts.items() if value is not None} if score is not None else {},
        missing=tuple(text(name, 40) for name in missing if isinstance(name, str))[:10],
        proxy={language: text(base.get(f"name_{language}"), 200) for language in locales.LANGUAGES},
        co2=number(base.get("co2_total")),
        applies=applies,
    )


def signed(value: object) -> float | None:
    """A number that may be below zero."""
    if isinstance(value, str):
        value = value.strip()
        return -below if value.startswith("-") and (below := number(value[1:])) is not None else number(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
        return None if (above := number(-value)) is None else -above
    return number(value)


def _moment(value: object) -> datetime | None:
    seconds = number(value)
    return datetime.fromtimestamp(seconds, UTC) if seconds and seconds < 1e11 else None


def _image(raw: Mapping[str, Any], name: str, size: str) -> str | None:
    """The address of the picture of the front, where its host is one that pictures may come from."""
    url = raw.get(name)
    if not isinstance(url, str):
        sides = raw.get("selected_images")
        front = sides.get("front") if isinstance(sides, dict) else None
        sizes = front.get(size) if isinstance(front, dict) else None
        url = next((one for one in sizes.values() if isinstance(one, str)), "") if isinstance(sizes, dict) else ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    own = urlsplit(settings.get().openfoodfacts_url)
    allowed = parts.scheme == "https" and parts.netloc in IMAGE_HOSTS
    return url if allowed or (parts.scheme, parts.netloc) == (own.scheme, own.netloc) else None


def _nutrients(raw: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any], dict[str, str], bool, bool]:
    """The amounts as in version 2, those that are estimates, the source of each by its name there, whether they are
    those of the prepared product, and whether they are per 100 ml."""
    nutrition = raw.get("nutrition")
    whole = nutrition.get("aggregated_set") if isinstance(nutrition, dict) else None
    if isinstance(whole, dict) and isinstance(whole.get("nutrients"), dict):
        end = "_serving" if whole.get("per") == "serving" else "_100g"
        amounts: dict[str, Any] = {}
        estimates: dict[str, Any] = {}
        sources: dict[str, str] = {}
        for name, one in whole["nutrients"].items():
            if not isinstance(one, dict) or (amount := number(one.get("value"))) is None:
                continue
            per_gram = _PER_GRAM.get(str(one.get("unit")).replace("μ", "µ"), 1.0)
            source = text(one.get("source"), 40)
            (estimates if source == ESTIMATE else amounts)[f"{name}{end}"] = amount / per_gram
            if source:
                sources[name] = source
        return amounts, estimates, sources, whole.get("preparation") == "prepared", whole.get("per") == "100ml"
    listed = raw.get("nutriments")
    amounts = listed if isinstance(listed, dict) else {}
    sold = any(number(amounts.get(f"{name}_100g")) is not None for name in ("energy", "energy-kcal", "fat", "sugars"))
    prepared = not sold and any(str(name).endswith("_prepared_100g") for name in amounts)
    if prepared:
        amounts = {str(name).replace("_prepared", ""): value for name, value in amounts.items() if "_prepared" in name}
    return amounts, {}, {}, prepared, False


def _fruit(raw: Mapping[str, Any]) -> float | None:
    """Per cent of fruit, vegetables and legumes: stated, or estimated from the ingredients."""
    whole = _at(raw, "nutrition", "aggregated_set", "nutrients", _FRUIT)
    listed = _at(raw, "nutriments")
    shares = (whole.get("value"), *(listed.get(f"{_FRUIT}{end}_100g") for end in ("", "-estimate-from-ingredients")))
    share = next((one for one in map(number, shares) if one is not None), None)
    return share if share is not None and share <= 100 else None


def _at(raw: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """What is at the end of a path of names; nothing where it is none."""
    for name in names:
        raw = found if isinstance(found := raw.get(name), dict) else {}
    return raw


def _amounts(raw: Mapping[str, Any], end: str) -> dict[str, float]:
    """The amounts that are known, in the units of `NUTRIENTS`; kJ, kcal and salt also from what says the same."""
    found = {name: number(raw.get(f"{key}{end}")) for name, key in _IDS.items()}
    kj, kcal = found["energy_kj"], found["energy_kcal"]
    kj = number(raw.get(f"energy{end}")) if kj is None else kj
    found["energy_kj"] = kcal * 4.184 if kj is None and kcal is not None else kj
    found["energy_kcal"] = kj / 4.184 if kcal is None and kj is not None else kcal
    sodium = number(raw.get(f"sodium{end}"))
    if found["salt"] is None and sodium is not None:
        found["salt"] = 2.5 * sodium
    return {
        name: amount * _PER_GRAM.get(NUTRIENTS[name].unit, 1.0) for name, amount in found.items() if amount is not None
    }
