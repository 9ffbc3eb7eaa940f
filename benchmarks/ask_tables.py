"""Tables that are no shops' tills, to ask for figures of their rows: cars, films, hospital stays, flats, matches,
flights and wines."""

import numpy as np
import pandas as pd

from benchmarks.ask_shops import days


def autos(seed: int = 41) -> pd.DataFrame:
    """A register of cars sold, with the figures that everybody's table of cars has."""
    random, count = np.random.default_rng(seed), 1500
    models = {
        "Accord": ("Japan", "Sedan"), "Outback": ("Japan", "Wagon"), "Passat": ("Europe", "Sedan"),
        "Polo": ("Europe", "Hatchback"), "Charger": ("USA", "Sedan"), "Explorer": ("USA", "Wagon"),
    }  # fmt: skip
    model = random.choice(list(models), count)
    cylinders = random.choice([4, 6, 8], count)
    power = cylinders * 22 + random.normal(0, 15, count)
    weight = power * 15 + random.normal(1200, 250, count)
    return pd.DataFrame(
        {
            "Sale no": [f"S{line}" for line in range(count)],
            "Sold on": days(random, "2023-01-02", 1400, count).dt.strftime("%Y-%m-%d"),
            "Model": model,
            "Origin": [models[one][0] for one in model],
            "Body": [models[one][1] for one in model],
            "Units sold": 1,
            "Price": np.round(random.normal(21000, 5000, count), 0),
            "Cylinders": cylinders,
            "MPG": np.round(48 - weight / 160 + random.normal(0, 2, count), 1),
            "Horsepower": np.round(power, 0),
            "Weight": np.round(weight, 0),
            "Acceleration": np.round(22 - power / 18 + random.normal(0, 1, count), 1),
            "Displacement": np.round(cylinders * 40 + random.normal(0, 20, count), 0),
        }
    )


def films(seed: int = 42) -> pd.DataFrame:
    """Films with what they cost and took, and what was thought of them."""
    random, count = np.random.default_rng(seed), 900
    quality, budget = random.normal(0, 1, count), np.round(random.lognormal(17, 0.8, count), -4)
    return pd.DataFrame(
        {
            "Release Date": days(random, "2016-01-08", 3900, count).dt.strftime("%Y-%m-%d"),
            "Title": [f"Film {line:03d}" for line in range(count)],
            "Worldwide Gross": np.round(budget * random.lognormal(0.7, 0.7, count), 0),
            "Production Budget": budget,
            "Running Time": random.integers(80, 175, count),
            "IMDB Rating": np.round(6.4 + 0.8 * quality, 1).clip(1, 10),
            "Rotten Tomatoes Rating": np.round(60 + 15 * quality + random.normal(0, 8, count), 0).clip(0, 100),
            "Major Genre": random.choice(["Drama", "Comedy", "Action", "Horror", "Musical"], count),
            "Content Rating": random.choice(["G", "PG", "PG-13", "R"], count),
            "Creative Type": random.choice(["Contemporary Fiction", "Science Fiction", "Fantasy", "Factual"], count),
            "Distributor": random.choice(["Northlight", "Blue Lantern", "Atlas Pictures"], count),
        }
    )


def sejours(seed: int = 43) -> pd.DataFrame:
    """Stays at a French hospital, and what was billed for them."""
    random, count = np.random.default_rng(seed), 3000
    age, wait = random.integers(1, 97, count), np.round(random.exponential(45, count), 0)
    nights = 1 + random.poisson(2 + age / 20)
    return pd.DataFrame(
        {
            "N° séjour": [f"SJ{10000 + line}" for line in range(count)],
            "Date d'entrée": days(random, "2023-10-01", 1100, count).dt.strftime("%d/%m/%Y"),
            "Motif": random.choice(["Fracture", "Pneumonie", "Appendicite", "Infarctus", "Accouchement"], count),
            "Service": random.choice(["Cardiologie", "Chirurgie", "Pédiatrie", "Maternité"], count),
            "Mode d'entrée": random.choice(["Urgences", "Programmé", "Transfert"], count),
            "Sexe": random.choice(["F", "M"], count),
            "Âge": age,
            "Durée de séjour": nights,
            "Attente": wait,
            "Satisfaction": (9 - wait / 30 + random.normal(0, 1, count)).clip(0, 10).round(1),
            "Montant facturé": np.round(nights * random.normal(640, 60, count), 2),
        }
    )


def apparts(seed: int = 44) -> pd.DataFrame:
    """Flats that a French agency let."""
    random, count = np.random.default_rng(seed), 1800
    kinds = {"Studio": 24, "T2": 43, "T3": 64, "T4": 86}
    kind = random.choice(list(kinds), count)
    size = np.round([kinds[one] * some for one, some in zip(kind, random.normal(1, 0.12, count), strict=True)], 0)
    return pd.DataFrame(
        {
            "N° bail": [f"B{3000 + line}" for line in range(count)],
            "Date du bail": days(random, "2024-01-01", 1000, count).dt.strftime("%d/%m/%Y"),
            "Type de bien": kind,
            "Quartier": random.choice(["Belleville", "Montchat", "Croix-Rousse", "Confluence"], count),
            "DPE": random.choice(list("ABCDEFG"), count),
            "Meublé": random.choice(["oui", "non"], count),
            "Quantité": 1,
            "Loyer": np.round(size * 14.5 + random.normal(150, 60, count), 0),
            "Surface": size,
            "Étage": random.integers(0, 9, count),
            "Charges": np.round(size * 1.8 + random.normal(20, 15, count), 0).clip(5),
            "Année de construction": random.integers(1890, 2023, count),
        }
    )


def matches(seed: int = 45) -> pd.DataFrame:
    """The matches of a football club, and what its gates took."""
    random, count = np.random.default_rng(seed), 420
    possession = np.round(random.normal(52, 9, count), 0)
    scored, conceded = random.poisson(possession / 32), random.poisson(1.2, count)
    crowd = random.integers(8000, 42000, count)
    return pd.DataFrame(
        {
            "Match ID": [f"M{line}" for line in range(count)],
            "Match date": days(random, "2019-08-03", 2600, count).dt.strftime("%Y-%m-%d"),
            "Opponent": random.choice(["Rovers", "Athletic", "Wanderers", "United", "Albion"], count),
            "Competition": random.choice(["League", "Cup", "Friendly"], count),
            "Stadium": random.choice(["Park Lane", "Riverside Arena", "Old Mill"], count),
            "Result": np.select([scored > conceded, scored == conceded], ["Win", "Draw"], "Loss"),
            "Goals scored": scored,
            "Goals conceded": conceded,
            "Possession": possession,
            "Attendance": crowd,
            "Gate receipts": np.round(crowd * random.normal(24, 2, count), 0),
        }
    )


def flights(seed: int = 46) -> pd.DataFrame:
    """Flights of three airlines, how late they were, and what their tickets brought."""
    random, count = np.random.default_rng(seed), 2000
    seats, distance = random.integers(90, 320, count), random.integers(280, 6200, count)
    late = np.round(random.exponential(18, count) - 6, 0)
    return pd.DataFrame(
        {
            "Flight no": [f"F{20000 + line}" for line in range(count)],
            "Flight date": days(random, "2024-01-01", 1000, count).dt.strftime("%Y-%m-%d"),
            "Destination": random.choice(["Madrid", "Oslo", "Athens", "Montreal", "Dakar"], count),
            "Airline": random.choice(["Skyline", "Aerolux", "Northern Wings"], count),
            "Aircraft": random.choice(["A320", "A350", "B737"], count),
            "Country": random.choice(["Spain", "Norway", "Greece", "Canada", "Senegal"], count),
            "Cancelled": random.choice(["Yes", "No"], count, p=[0.04, 0.96]),
            "Distance": distance,
            "Departure delay": late,
            "Arrival delay": np.round(late + random.normal(0, 6, count), 0),
            "Passengers": np.round(seats * random.uniform(0.5, 1, count), 0),
            "Ticket revenue": np.round(seats * distance * 0.09, 2),
        }
    )


def vins(seed: int = 47) -> pd.DataFrame:
    """Wines that a French merchant tasted and sold."""
    random, count = np.random.default_rng(seed), 1600
    degree = np.round(random.normal(13, 0.9, count), 1)
    acid = np.round(random.normal(5.4, 0.7, count), 2)
    return pd.DataFrame(
        {
            "N° lot": [f"L{4000 + line}" for line in range(count)],
            "Date de dégustation": days(random, "2024-01-01", 1000, count).dt.strftime("%d/%m/%Y"),
            "Cuvée": random.choice(["Les Amandiers", "Clos du Puits", "Vieilles Vignes", "La Combe"], count),
            "Pays": random.choice(["France", "Italie", "Espagne"], count),
            "Cépage": random.choice(["Syrah", "Merlot", "Grenache", "Chardonnay"], count),
            "Bio": random.choice(["oui", "non"], count),
            "Bouteilles": random.integers(1, 48, count),
            "Prix": np.round(random.lognormal(2.5, 0.4, count), 2),
            "Degré": degree,
            "Acidité": acid,
            "Sucre": np.round(random.exponential(3, count), 1),
            "Note": np.round(14 + 0.6 * (degree - 13) - 0.4 * (acid - 5.4) + random.normal(0, 1.4, count), 1).clip(
                5, 20
            ),
        }
    )


# What each column of a table is, as its analyst chooses it on the page Data.
CHOSEN = {
    autos: {
        "timestamp": "Sold on", "invoice": "Sale no", "product": "Model", "quantity": "Units sold",
        "unit_price": "Price",
    },
    films: {"timestamp": "Release Date", "product": "Title", "amount": "Worldwide Gross"},
    sejours: {
        "timestamp": "Date d'entrée", "invoice": "N° séjour", "product": "Motif", "amount": "Montant facturé",
    },
    apparts: {
        "timestamp": "Date du bail", "invoice": "N° bail", "product": "Type de bien", "quantity": "Quantité",
        "unit_price": "Loyer",
    },
    matches: {
        "timestamp": "Match date", "invoice": "Match ID", "product": "Opponent", "amount": "Gate receipts",
    },
    flights: {
        "timestamp": "Flight date", "invoice": "Flight no", "product": "Destination", "amount": "Ticket revenue",
    },
    vins: {
        "timestamp": "Date de dégustation", "invoice": "N° lot", "product": "Cuvée", "quantity": "Bouteilles",
        "unit_price": "Prix",
    },
}  # fmt: skip
