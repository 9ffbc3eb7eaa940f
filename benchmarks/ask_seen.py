"""More shops to ask questions about, by strangers who see the table: their columns are scores, ages, durations."""

import numpy as np
import pandas as pd

from benchmarks.ask_shops import days


def american(seed: int = 31) -> pd.DataFrame:
    """Order lines with the columns that everybody's superstore has."""
    random, count = np.random.default_rng(seed), 4000
    kinds = {
        "Furniture": ["Chairs", "Tables", "Bookcases", "Furnishings"],
        "Technology": ["Phones", "Copiers", "Machines", "Accessories"],
        "Office Supplies": ["Paper", "Binders", "Storage", "Art", "Labels", "Appliances"],
    }
    places = {
        "West": {"California": ["Los Angeles", "San Francisco"], "Washington": ["Seattle"]},
        "East": {"New York": ["New York City"], "Pennsylvania": ["Philadelphia"]},
        "Central": {"Texas": ["Houston", "Dallas"], "Illinois": ["Chicago"]},
        "South": {"Florida": ["Miami", "Jacksonville"], "Georgia": ["Atlanta"]},
    }
    people = ["Sean Miller", "Tamara Chand", "Raymond Buch", "Adrian Barton", "Ken Lonsdale", "Sanjit Engle"]
    people += [f"{first} {last}" for first in ("Hunter", "Greg", "Clay") for last in ("Lopez", "Maxwell", "Ludtke")]
    category, region = random.choice(list(kinds), count), random.choice(list(places), count)
    state = [random.choice(list(places[one])) for one in region]
    kind, number = [random.choice(kinds[one]) for one in category], random.integers(1, 9, count)
    who, day = random.integers(0, len(people), count), days(random, "2014-01-03", 1458, count)
    units = random.integers(1, 10, count)
    sales = np.round(random.lognormal(4, 0.9, count) * units, 2)
    return pd.DataFrame(
        {
            "Row ID": range(1, count + 1),
            "Order ID": [f"CA-{line // 2}" for line in range(100000, 100000 + count)],
            "Order Date": day.dt.strftime("%m/%d/%Y"),
            "Ship Date": (day + pd.to_timedelta(random.integers(0, 8, count), unit="D")).dt.strftime("%m/%d/%Y"),
            "Ship Mode": random.choice(["Standard Class", "Second Class", "First Class", "Same Day"], count),
            "Customer ID": [f"{people[one][:2].upper()}-{10000 + one}" for one in who],
            "Customer Name": [people[one] for one in who],
            "Segment": random.choice(["Consumer", "Corporate", "Home Office"], count),
            "Country": "United States",
            "City": [random.choice(places[one][which]) for one, which in zip(region, state, strict=True)],
            "State": state,
            "Region": region,
            "Product ID": [f"{one[:3].upper()}-{which}" for one, which in zip(kind, number, strict=True)],
            "Category": category,
            "Sub-Category": kind,
            "Product Name": [f"{one} series {which}" for one, which in zip(kind, number, strict=True)],
            "Sales": sales,
            "Quantity": units,
            "Discount": random.choice([0, 0.1, 0.2, 0.4], count),
            "Profit": np.round(sales * random.normal(0.12, 0.2, count), 2),
        }
    )


def jardinerie(seed: int = 32) -> pd.DataFrame:
    """French garden centres: their tills, with who bought and how it was that day."""
    random, count = np.random.default_rng(seed), 4000
    goods = {
        "Rosier": ("Végétaux", 14.9), "Géranium": ("Végétaux", 4.5), "Lavande": ("Végétaux", 6.9),
        "Terreau universel": ("Terreaux", 8.9), "Engrais gazon": ("Terreaux", 17.5), "Sécateur": ("Outillage", 21.0),
        "Arrosoir": ("Outillage", 12.0), "Salon de jardin": ("Mobilier", 349.0), "Parasol": ("Mobilier", 89.0),
        "Croquettes chat": ("Animalerie", 23.5),
    }  # fmt: skip
    product, units = random.choice(list(goods), count), random.integers(1, 6, count)
    when = days(random, "2024-02-01", 900, count) + pd.to_timedelta(random.integers(540, 1140, count), unit="min")
    return pd.DataFrame(
        {
            "N° ticket": [f"J{line // 2}" for line in range(60000, 60000 + count)],
            "Date": when.sort_values().dt.strftime("%d/%m/%Y %H:%M").to_numpy(),
            "Jardinerie": random.choice(["Orvault", "Vertou", "Rezé"], count),
            "Rayon": [goods[one][0] for one in product],
            "Article": product,
            "Vendeur": random.choice(["Maëlle", "Thomas", "Sofiane"], count),
            "Quantité": units,
            "Montant": np.round([goods[one][1] * some for one, some in zip(product, units, strict=True)], 2),
            "Carte fidélité": random.choice(["oui", "non"], count),
            "Âge client": random.integers(19, 88, count),
            "Note satisfaction": random.integers(1, 6, count),
            "Température": np.round(random.normal(16, 7, count), 1),
            "Météo": random.choice(["Soleil", "Pluie", "Nuageux"], count),
            "Poids livré": np.round(random.exponential(6, count), 1),
        }
    )


def bikes(seed: int = 33) -> pd.DataFrame:
    """A bike rental by station: a line a ride."""
    random, count = np.random.default_rng(seed), 4000
    stations, minutes = ["Harbour", "Central Station", "Old Mill", "University"], random.integers(5, 240, count)
    begin = days(random, "2024-04-01", 900, count) + pd.to_timedelta(random.integers(360, 1380, count), unit="min")
    kind = random.choice(["City bike", "E-bike", "Cargo bike", "Tandem"], count)
    return pd.DataFrame(
        {
            "Rental ID": [f"R{line}" for line in range(80000, 80000 + count)],
            "Start time": begin.dt.strftime("%Y-%m-%d %H:%M"),
            "Station": random.choice(stations, count),
            "Return station": random.choice(stations, count),
            "Bike type": kind,
            "Rider": [f"RD{one:04d}" for one in random.integers(0, 1100, count)],
            "Membership": random.choice(["Day pass", "Monthly", "Annual"], count),
            "Fare": np.round(1 + minutes * random.choice([0.05, 0.08, 0.12], count), 2),
            "Duration": minutes,
            "Distance": np.round(minutes * random.uniform(0.1, 0.25, count), 1),
            "Rider age": random.integers(16, 75, count),
            "Rating": random.integers(1, 6, count),
            "Battery used": np.round(np.where(kind == "E-bike", random.uniform(2, 90, count), 0), 1),
            "Helmet": random.choice(["yes", "no"], count),
        }
    )


def dentist(seed: int = 34) -> pd.DataFrame:
    """Two practices of dentists: a line an appointment."""
    random, count = np.random.default_rng(seed), 3000
    return pd.DataFrame(
        {
            "Appointment No": [f"A{line}" for line in range(5000, 5000 + count)],
            "Visit date": days(random, "2024-02-01", 800, count).dt.strftime("%Y-%m-%d"),
            "Practice": random.choice(["Oak Street", "Riverbank"], count),
            "Dentist": random.choice(["Dr Hale", "Dr Osei", "Dr Lim"], count),
            "Treatment": random.choice(["Check-up", "Filling", "Crown", "Whitening", "Root canal"], count),
            "Patient": [f"P{one:04d}" for one in random.integers(0, 700, count)],
            "Patient age": random.integers(4, 90, count),
            "Amount": np.round(random.lognormal(4.5, 0.6, count), 2),
            "Chair time": random.integers(10, 120, count),
            "Wait time": random.integers(0, 60, count),
            "Pain score": random.integers(0, 11, count),
            "X-rays": random.integers(0, 4, count),
            "Insurance": random.choice(["None", "Basic", "Plus"], count),
            "Recommended": random.choice(["yes", "no"], count),
        }
    )


def vignoble(seed: int = 35) -> pd.DataFrame:
    """A French winegrower, who sells in the cellar, at fairs and on the web."""
    random, count = np.random.default_rng(seed), 3500
    wines = {
        "Chinon rouge": ("Rouge", 9.5), "Bourgueil": ("Rouge", 8.9), "Vouvray sec": ("Blanc", 11.0),
        "Vouvray moelleux": ("Blanc", 14.5), "Rosé de Loire": ("Rosé", 6.9), "Crémant": ("Pétillant", 12.9),
    }  # fmt: skip
    wine, bottles = random.choice(list(wines), count), random.integers(1, 25, count)
    return pd.DataFrame(
        {
            "N° commande": [f"C{line // 2}" for line in range(count)],
            "Date": days(random, "2023-03-01", 1100, count).dt.strftime("%d/%m/%Y"),
            "Cuvée": wine,
            "Couleur": [wines[one][0] for one in wine],
            "Millésime": random.integers(2018, 2023, count),
            "Client": [f"CL{one:03d}" for one in random.integers(0, 400, count)],
            "Département": random.choice(["Indre-et-Loire", "Paris", "Nord", "Rhône"], count),
            "Canal": random.choice(["Caveau", "Salon", "Site internet"], count),
            "Bouteilles": bottles,
            "Montant": np.round([wines[one][1] * some for one, some in zip(wine, bottles, strict=True)], 2),
            "Degré alcool": np.round(random.normal(12.8, 0.6, count), 1),
            "Note de dégustation": np.round(random.uniform(10, 20, count), 1),
            "Frais de dossier": np.round(random.exponential(1.5, count), 2),
            "Poids colis": np.round(bottles * 1.4 + random.normal(0, 1, count), 1),
            "Cadeau": random.choice(["oui", "non"], count),
        }
    )
