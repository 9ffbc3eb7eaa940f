"""Sixty invented food products in six categories, for demonstrations without a network. None of them is sold."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from data.food import DEMO, Packaging, Product

_SERVING = {"breakfast-cereals": 40, "yogurts": 125, "biscuits": 30, "sodas": 330, "breads": 60, "pizzas": 350}
_NOVA = {"breakfast-cereals": 4, "yogurts": 3, "biscuits": 4, "sodas": 4, "breads": 3, "pizzas": 4}
_SIMPLE = {"Plain oat flakes": 1, "Wheat squares": 1, "Plain yoghurt": 1, "Low-fat yoghurt": 1, "Fruit muesli": 3}
_ABOVE = {
    "breakfast-cereals": ("cereals-and-potatoes",),
    "yogurts": ("dairies", "fermented-milk-products"),
    "biscuits": ("snacks", "sweet-snacks"),
    "sodas": ("beverages", "carbonated-drinks"),
    "breads": ("cereals-and-potatoes",),
    "pizzas": ("meals",),
}
_ALLERGENS = {
    "breakfast-cereals": ("gluten",),
    "yogurts": ("milk",),
    "biscuits": ("eggs", "gluten", "milk"),
    "sodas": (),
    "breads": ("gluten",),
    "pizzas": ("gluten", "milk"),
}
_ANALYSIS = {
    "breakfast-cereals": {"vegan": "maybe", "vegetarian": "maybe", "palm_oil": "no"},
    "yogurts": {"vegan": "no", "vegetarian": "yes", "palm_oil": "no"},
    "biscuits": {"vegan": "no", "vegetarian": "maybe", "palm_oil": "yes"},
    "sodas": {"vegan": "yes", "vegetarian": "yes", "palm_oil": "no"},
    "breads": {"vegan": "yes", "vegetarian": "yes", "palm_oil": "no"},
    "pizzas": {"vegan": "no", "vegetarian": "maybe", "palm_oil": "no"},
}
_BECAUSE = {"yogurts": "en:milk", "biscuits": "en:milk", "pizzas": "en:cheeses"}
_PACKAGING = {
    "breakfast-cereals": (Packaging("en:box", "en:cardboard", "en:recycle"), Packaging("en:bag", "en:plastic")),
    "yogurts": (Packaging("en:pot", "en:ps-6-polystyrene", "en:recycle-with-plastics", 4), Packaging("en:seal")),
    "biscuits": (Packaging("en:tray", "en:plastic"), Packaging("en:film", "en:plastic", "en:discard")),
    "sodas": (Packaging("en:bottle", "en:pet-1-polyethylene-terephthalate", "en:recycle", 1, 24.0),),
    "breads": (Packaging("en:bag", "en:ldpe-4-low-density-polyethylene", "en:discard"),),
    "pizzas": (Packaging("en:box", "en:cardboard", "en:recycle"),),
}
_MILKY, _PLANT = {"Brioche"}, {"Soya, plain"}
_ADDITIVES = {"Cola": ("en:e150d", "en:e290", "en:e338"), "Vanilla yoghurt": ("en:e440", "en:e160a")}
_FREE = {"Gluten free loaf"}
_CONTAINS = {"Gluten free loaf": (), "Brioche": ("eggs", "gluten", "milk"), "Soya, plain": ("soybeans",)}
# Name, brand, then g in 100 g (or 100 ml): fat, saturates, carbohydrate, sugars, fibre, protein, salt.
_PRODUCTS: dict[str, Sequence[tuple[str, str, float, float, float, float, float, float, float]]] = {
    "breakfast-cereals": (
        ("Plain oat flakes", "Moulin Clair", 7.0, 1.3, 59.0, 1.0, 10.5, 13.0, 0.02),
        ("Wheat squares", "Moulin Clair", 2.0, 0.5, 69.0, 0.9, 10.0, 11.5, 0.03),
        ("Fruit muesli", "Moulin Clair", 6.2, 1.1, 63.0, 14.0, 8.5, 10.0, 0.05),
        ("Nut granola", "Orchard & Oak", 19.0, 3.2, 56.0, 15.0, 8.0, 10.5, 0.25),
        ("Honey hoops", "Sunny Bowl", 3.1, 0.7, 77.0, 26.0, 6.0, 8.0, 0.70),
        ("Chocolate shells", "Sunny Bowl", 4.8, 1.9, 76.0, 29.0, 5.5, 8.2, 0.45),
        ("Caramel crunch", "Sunny Bowl", 12.0, 4.6, 70.0, 33.0, 4.0, 6.5, 0.60),
        ("Corn flakes", "Day One", 0.9, 0.2, 84.0, 7.5, 3.0, 7.0, 1.10),
        ("Bran sticks", "Day One", 3.5, 0.7, 48.0, 17.0, 26.0, 14.0, 0.85),
        ("Red berry flakes", "Day One", 1.8, 0.5, 77.0, 16.0, 5.0, 9.0, 0.80),
    ),
    "yogurts": (
        ("Plain yoghurt", "Val Blanc", 3.2, 2.1, 5.0, 5.0, 0.0, 4.0, 0.13),
        ("Low-fat yoghurt", "Val Blanc", 1.1, 0.7, 5.6, 5.6, 0.0, 4.5, 0.15),
        ("Strawberry yoghurt", "Val Blanc", 2.6, 1.7, 13.5, 12.8, 0.2, 3.5, 0.12),
        ("Vanilla yoghurt", "Val Blanc", 2.8, 1.8, 13.0, 12.5, 0.0, 3.6, 0.13),
        ("Greek style", "Ilios Dairy", 9.0, 6.0, 4.0, 4.0, 0.0, 5.5, 0.12),
        ("Greek style with honey", "Ilios Dairy", 7.8, 5.2, 13.0, 12.5, 0.0, 4.6, 0.11),
        ("High protein, plain", "Ilios Dairy", 0.2, 0.1, 3.8, 3.7, 0.0, 10.0, 0.10),
        ("Skyr, blueberry", "Nordvik", 0.2, 0.1, 9.0, 8.6, 0.3, 9.0, 0.11),
        ("Soya, plain", "Nordvik", 2.4, 0.4, 2.2, 2.0, 1.0, 4.0, 0.20),
        ("Chocolate cream pot", "Petit Soir", 6.5, 4.4, 20.0, 18.0, 1.0, 3.6, 0.16),
    ),
    "biscuits": (
        ("Butter shortbread", "Petit Soir", 26.0, 16.5, 61.0, 19.0, 2.0, 5.8, 0.75),
        ("Digestive, wholemeal", "Orchard & Oak", 20.5, 9.0, 62.0, 16.0, 5.5, 7.0, 1.20),
        ("Chocolate digestive", "Orchard & Oak", 23.5, 12.0, 61.5, 28.0, 4.5, 6.8, 0.95),
        ("Oat and raisin", "Orchard & Oak", 17.0, 6.5, 62.0, 25.0, 6.5, 6.9, 0.55),
        ("Dark chocolate cookie", "Grand Four", 25.0, 13.0, 58.0, 32.0, 5.0, 6.2, 0.60),
        ("Milk chocolate sandwich", "Grand Four", 22.0, 11.5, 66.0, 38.0, 2.5, 5.5, 0.50),
        ("Vanilla wafer", "Grand Four", 27.5, 15.0, 62.0, 36.0, 1.5, 4.5, 0.30),
        ("Plain tea biscuit", "Day One", 12.0, 4.0, 74.0, 21.0, 3.0, 7.5, 0.90),
        ("Seed cracker, sweet", "Day One", 15.0, 2.4, 60.0, 11.0, 9.5, 11.0, 0.65),
        ("Rice and fig bar", "Day One", 6.0, 1.5, 73.0, 30.0, 7.0, 5.0, 0.20),
    ),
    "sodas": (
        ("Cola", "Fizzbrook", 0.0, 0.0, 10.6, 10.6, 0.0, 0.0, 0.02),
        ("Cola without sugar", "Fizzbrook", 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.03),
        ("Cherry cola", "Fizzbrook", 0.0, 0.0, 11.4, 11.4, 0.0, 0.0, 0.02),
        ("Lemon soda", "Fizzbrook", 0.0, 0.0, 9.2, 9.2, 0.0, 0.0, 0.03),
        ("Orange soda, 10% juice", "Casa Limón", 0.0, 0.0, 8.4, 8.3, 0.1, 0.1, 0.01),
        ("Bitter orange, light", "Casa Limón", 0.0, 0.0, 4.4, 4.3, 0.1, 0.1, 0.01),
        ("Iced tea, peach", "Casa Limón", 0.0, 0.0, 6.1, 6.1, 0.0, 0.0, 0.02),
        ("Tonic water", "Northwell", 0.0, 0.0, 7.9, 7.9, 0.0, 0.0, 0.01),
        ("Sparkling water, lime", "Northwell", 0.0, 0.0, 0.2, 0.1, 0.0, 0.0, 0.01),
        ("Ginger beer (label misprinted)", "Northwell", 0.0, 0.0, 9.1, 11.9, 0.0, 0.0, 0.02),
    ),
    "breads": (
        ("Wholemeal sliced", "Moulin Clair", 3.0, 0.5, 40.0, 3.5, 7.5, 10.0, 1.00),
        ("White sliced", "Moulin Clair", 3.4, 0.5, 49.0, 5.5, 2.8, 8.5, 1.10),
        ("Rye, dense", "Nordvik", 1.8, 0.3, 38.0, 2.5, 9.5, 6.0, 1.05),
        ("Five seeds", "Nordvik", 9.5, 1.3, 36.0, 2.8, 8.5, 12.0, 1.00),
        ("Soft rolls", "Day One", 5.5, 1.0, 50.0, 7.5, 2.7, 8.8, 1.05),
        ("Brioche", "Petit Soir", 14.0, 7.0, 50.0, 14.0, 2.0, 8.5, 0.95),
        ("Sourdough", "Grand Four", 1.3, 0.3, 50.0, 2.0, 3.2, 8.8, 1.25),
        ("Baguette, part baked", "Grand Four", 1.1, 0.2, 55.0, 2.6, 3.0, 9.0, 1.40),
        ("Pitta", "Ilios Dairy", 1.4, 0.2, 54.0, 3.0, 3.0, 9.2, 0.95),
        ("Gluten free loaf", "Orchard & Oak", 6.5, 0.8, 44.0, 4.2, 6.5, 3.8, 1.10),
    ),
    "pizzas": (
        ("Margherita", "Forno Blu", 8.0, 3.8, 30.0, 3.2, 2.2, 9.6, 1.10),
        ("Four cheeses", "Forno Blu", 13.0, 7.4, 27.0, 2.6, 1.8, 12.0, 1.45),
        ("Ham and mushrooms", "Forno Blu", 8.5, 3.6, 26.0, 2.9, 2.2, 11.0, 1.35),
        ("Grilled vegetables", "Forno Blu", 6.2, 1.9, 27.0, 4.0, 3.0, 6.2, 0.95),
        ("Spicy salami", "Casa Limón", 12.5, 5.6, 28.0, 3.0, 2.0, 11.0, 1.75),
        ("Tuna and onion", "Casa Limón", 7.4, 2.4, 27.0, 3.4, 2.2, 11.5, 1.20),
        ("Wholemeal, spinach", "Moulin Clair", 7.0, 2.8, 26.0, 2.8, 4.2, 9.0, 0.98),
        ("Thin crust, rocket", "Moulin Clair", 6.8, 2.6, 29.0, 3.1, 2.6, 8.8, 1.02),
        ("Deep pan, beef", "Day One", 11.0, 5.2, 29.0, 3.8, 1.9, 12.5, 1.40),
        ("Chicken barbecue", "Day One", 7.2, 3.0, 31.0, 7.2, 2.0, 12.0, 1.30),
    ),
}


@cache
def products(now: datetime) -> tuple[Product, ...]:
    """The invented products, as known at `now`, under codes that no shop's product has (GS1 keeps 20 to 29 for
    numbers that mean something within one shop only)."""
    made: list[Product] = []
    for category, rows in _PRODUCTS.items():
        for name, brand, fat, saturated, carbohydrates, sugars, fibre, proteins, salt in rows:
            liquid = category == "sodas"
            kj = 37 * fat + 17 * (carbohydrates + proteins) + 8 * fibre  # EU 1169/2011, annex XIV
            per_100 = {
                "energy_kj": round(kj),
                "energy_kcal": round(kj / 4.184),
                "fat": fat,
                "saturated_fat": saturated,
                "carbohydrates": carbohydrates,
                "sugars": sugars,
                "fiber": fibre,
                "proteins": proteins,
                "salt": salt,
            }
            size = _SERVING[category]
            unit = "ml" if liquid else "g"
            made.append(
                Product(
                    code=_code(len(made) + 1),
                    name=name,
                    source=DEMO,
                    retrieved=now,
                    brands=brand,
                    quantity=f"{4 * size} {unit}",
                    categories=(*(f"en:{tag}" for tag in _ABOVE[category]), f"en:{category}"),
                    labels=("en:no-gluten",) if name in _FREE else (),
                    allergens=tuple(f"en:{tag}" for tag in _CONTAINS.get(name, _ALLERGENS[category])),
                    additives=_ADDITIVES.get(name, ()),
                    analysis=_ANALYSIS["yogurts" if name in _MILKY else "sodas" if name in _PLANT else category],
                    because={"vegan": (_BECAUSE[category],)} if category in _BECAUSE and name not in _PLANT else {},
                    packaging=_PACKAGING[category],
                    nutriscore=_grade(kj, saturated, sugars, fibre, proteins, salt, liquid),
                    nova=_SIMPLE.get(name, _NOVA[category]),
                    serving=f"{size} {unit}",
                    serving_size=float(size),
                    drink=liquid,
                    liquid=liquid,
                    per_100=per_100,
                    per_serving={one: amount * size / 100 for one, amount in per_100.items()},
                )
            )
    return tuple(made)


def _code(number: int) -> str:
    digits = f"2000000{number:05d}"
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def _grade(kj: float, saturated: float, sugars: float, fibre: float, proteins: float, salt: float, drink: bool) -> str:
    """The Nutri-Score by its formula of 2017, without points for fruit (Santé publique France, scientific annex)."""
    if drink:
        bad = _points(kj, range(0, 300, 30)) + _points(sugars, [1.5 * step for step in range(10)])
        bad += _points(saturated, range(1, 11)) + _points(400 * salt, range(90, 901, 90))
        ends = (-99, 1, 5, 9)
    else:
        bad = _points(kj, range(335, 3351, 335)) + _points(sugars, [4.5 * step for step in range(1, 11)])
        bad += _points(saturated, range(1, 11)) + _points(400 * salt, range(90, 901, 90))
        ends = (-1, 2, 10, 18)
    good = _points(fibre, (0.9, 1.9, 2.8, 3.7, 4.7))
    good += _points(proteins, (1.6, 3.2, 4.8, 6.4, 8.0)) if bad < 11 else 0
    return "abcde"[sum(bad - good > end for end in ends)]


def _points(amount: float, limits: Sequence[float]) -> int:
    return sum(amount > limit for limit in limits)
