"""Tables of trades, to ask for sums, rates and figures of their rows: guest houses, vets, a bike workshop, a haulier, a
music school, a help desk and an orchard."""

import numpy as np
import pandas as pd

from benchmarks.ask_shops import days


def gites(seed: int = 51) -> pd.DataFrame:
    """Stays in three French guest houses."""
    random, count = np.random.default_rng(seed), 2400
    rooms = {"Chambre bleue": 78, "Suite verte": 125, "Roulotte": 92, "Dortoir": 31, "Cabane": 110}
    room, nights = random.choice(list(rooms), count), 1 + random.poisson(1.8, count)
    price = np.array([rooms[one] for one in room])
    return pd.DataFrame(
        {
            "N° de résa": [f"R{7000 + line}" for line in range(count)],
            "Arrivée": days(random, "2024-01-03", 1020, count).dt.strftime("%d/%m/%Y"),
            "Maison": random.choice(["Les Tilleuls", "La Bergerie", "Mas Blanc"], count),
            "Hébergement": room,
            "Nuitées": nights,
            "Adultes": random.integers(1, 5, count),
            "Enfants": random.integers(0, 4, count),
            "Canal": random.choice(["Téléphone", "Airbnb", "Site web", "Office de tourisme"], count),
            "Provenance": random.choice(["France", "Belgique", "Suisse", "Allemagne"], count),
            "Petit-déjeuner": random.choice(["inclus", "sans"], count),
            "Animal": random.choice(["oui", "non"], count, p=[0.2, 0.8]),
            "Délai de réservation": np.round(random.exponential(40, count), 0),
            "Avis": np.round(random.normal(8.2, 1.1, count), 1).clip(1, 10),
            "Taxe de séjour": np.round(nights * 1.1, 2),
            "Total payé": np.round(nights * price * random.normal(1, 0.08, count), 2),
        }
    )


def vets(seed: int = 52) -> pd.DataFrame:
    """The appointments of a group of vets."""
    random, count = np.random.default_rng(seed), 2600
    kinds = {"Dog": 22, "Cat": 4.4, "Rabbit": 2.1, "Parrot": 0.5}
    kind = random.choice(list(kinds), count, p=[0.45, 0.35, 0.12, 0.08])
    when = days(random, "2024-02-01", 990, count) + pd.to_timedelta(random.integers(480, 1140, count), unit="min")
    length = random.integers(8, 75, count)
    return pd.DataFrame(
        {
            "Visit ref": [f"V{9000 + line}" for line in range(count)],
            "Slot": when.dt.strftime("%Y-%m-%d %H:%M"),
            "Branch": random.choice(["Elm Road", "Harbourside", "Castle Hill"], count),
            "Vet": random.choice(["Okafor", "Lindqvist", "Moreau", "Patel"], count),
            "Species": kind,
            "Reason": random.choice(["Vaccination", "Dental", "Surgery", "Check-up", "Emergency"], count),
            "Owner": [f"OW{one:04d}" for one in random.integers(0, 800, count)],
            "Pet age": np.round(random.gamma(2, 3, count), 1),
            "Body weight": np.round(
                [kinds[one] * some for one, some in zip(kind, random.normal(1, 0.2, count), strict=True)], 1
            ),
            "Waiting time": np.round(random.exponential(14, count), 0),
            "Consult length": length,
            "No-show": random.choice(["Yes", "No"], count, p=[0.07, 0.93]),
            "Booked by": random.choice(["Phone", "App", "Walk-in"], count),
            "Lab tests": random.poisson(0.6, count),
            "Fee": np.round(20 + length * 1.9 + random.normal(0, 9, count), 2).clip(10),
        }
    )


def velos(seed: int = 53) -> pd.DataFrame:
    """The repairs of a French bike workshop."""
    random, count = np.random.default_rng(seed), 2200
    hours = np.round(random.gamma(2, 0.6, count), 1)
    spare = np.round(random.lognormal(2.8, 0.8, count), 2)
    return pd.DataFrame(
        {
            "Fiche": [f"F{3000 + line}" for line in range(count)],
            "Déposé le": days(random, "2024-03-01", 960, count).dt.strftime("%d/%m/%Y"),
            "Atelier": random.choice(["Chartrons", "Bastide", "Mériadeck"], count),
            "Mécano": random.choice(["Inès", "Yann", "Fatou", "Hugo"], count),
            "Type de vélo": random.choice(["VTT", "Ville", "Course", "Cargo", "Pliant"], count),
            "Marque": random.choice(["Lapierre", "Gitane", "Moustache", "Brompton"], count),
            "Intervention": random.choice(["Crevaison", "Freins", "Transmission", "Révision", "Roue voilée"], count),
            "Assistance électrique": random.choice(["oui", "non"], count, p=[0.3, 0.7]),
            "Sous garantie": random.choice(["oui", "non"], count, p=[0.1, 0.9]),
            "Heures": hours,
            "Coût des pièces": spare,
            "Jours d'immobilisation": random.poisson(3, count),
            "Kilométrage": np.round(random.lognormal(7.5, 0.9, count), 0),
            "Satisfaction": random.integers(1, 6, count),
            "Facturé": np.round(hours * 48 + spare * 1.4, 2),
        }
    )


def haulage(seed: int = 54) -> pd.DataFrame:
    """The deliveries of a wholesaler's lorries."""
    random, count = np.random.default_rng(seed), 2800
    distance, pallets = random.integers(12, 620, count), random.integers(1, 27, count)
    return pd.DataFrame(
        {
            "Drop no": [f"D{50000 + line}" for line in range(count)],
            "Delivered on": days(random, "2024-01-02", 1030, count).dt.strftime("%Y-%m-%d"),
            "Depot": random.choice(["Leeds", "Bristol", "Dover"], count),
            "Driver": random.choice(["Ahmed", "Beth", "Carlos", "Dana", "Ewan"], count),
            "Vehicle": random.choice(["Rigid", "Artic", "Van"], count),
            "Goods": random.choice(["Frozen food", "Paint", "Timber", "Bottled water", "Tiles"], count),
            "Consignee": [f"CN{one:03d}" for one in random.integers(0, 250, count)],
            "Pallets": pallets,
            "Gross weight": np.round(pallets * random.normal(420, 60, count), 0),
            "Distance": distance,
            "Fuel": np.round(distance * random.normal(0.31, 0.04, count), 1),
            "Minutes late": np.round(random.exponential(16, count) - 5, 0),
            "Damaged": random.choice(["Y", "N"], count, p=[0.05, 0.95]),
            "Priority": random.choice(["Standard", "Express", "Timed"], count),
            "CO2": np.round(distance * 0.83, 1),
            "Freight charge": np.round(60 + distance * 1.1 + pallets * 6 + random.normal(0, 20, count), 2),
        }
    )


def musique(seed: int = 61) -> pd.DataFrame:
    """The lessons of a French music school."""
    random, count = np.random.default_rng(seed), 2300
    rates = {"Piano": 34, "Violon": 36, "Guitare": 29, "Chant": 31, "Batterie": 33}
    played, minutes = random.choice(list(rates), count), random.choice([30, 45, 60], count)
    when = days(random, "2024-01-08", 1010, count) + pd.to_timedelta(random.integers(540, 1230, count), unit="min")
    return pd.DataFrame(
        {
            "N° de séance": [f"S{8000 + line}" for line in range(count)],
            "Date et heure": when.dt.strftime("%d/%m/%Y %H:%M"),
            "Antenne": random.choice(["Croix-Rousse", "Gerland", "Villeurbanne"], count),
            "Instrument": played,
            "Professeur": random.choice(["Mme Roux", "M. Diallo", "Mme Keller", "M. Prat"], count),
            "Élève": [f"E{one:03d}" for one in random.integers(0, 420, count)],
            "Âge de l'élève": random.integers(6, 74, count),
            "Niveau": random.choice(["Débutant", "Moyen", "Confirmé"], count),
            "Durée": minutes,
            "Absence": random.choice(["oui", "non"], count, p=[0.09, 0.91]),
            "En ligne": random.choice(["oui", "non"], count, p=[0.15, 0.85]),
            "Progression": np.round(random.normal(6, 1.5, count), 1).clip(0, 10),
            "Prêt d'instrument": np.round(random.choice([0, 4.5, 8], count), 2),
            "Règlement": np.round([rates[one] * some / 45 for one, some in zip(played, minutes, strict=True)], 2),
        }
    )


def helpdesk(seed: int = 62) -> pd.DataFrame:
    """The tickets of a software firm's help desk, and what they are billed at."""
    random, count = np.random.default_rng(seed), 2700
    effort = np.round(random.gamma(2, 0.7, count), 2)
    when = days(random, "2024-02-05", 990, count) + pd.to_timedelta(random.integers(0, 1440, count), unit="min")
    return pd.DataFrame(
        {
            "Ticket no": [f"T{30000 + line}" for line in range(count)],
            "Opened at": when.dt.strftime("%Y-%m-%d %H:%M"),
            "Topic": random.choice(["Login", "Billing", "Crash", "Export", "Slow report"], count),
            "Agent": random.choice(["Mira", "Jonas", "Tess", "Omar", "Lena"], count),
            "Queue": random.choice(["Basic", "Premium", "Enterprise"], count),
            "Company": [f"CO{one:03d}" for one in random.integers(0, 180, count)],
            "Came in by": random.choice(["Mail", "Chat", "Phone"], count),
            "First reply": np.round(random.exponential(42, count), 0),
            "Hours spent": effort,
            "Messages": 1 + random.poisson(3, count),
            "Reopened": random.choice(["True", "False"], count, p=[0.08, 0.92]),
            "CSAT": random.integers(1, 6, count),
            "Billed": np.round(effort * 85, 2),
        }
    )


def verger(seed: int = 63) -> pd.DataFrame:
    """The lots that a French orchard picks and sells."""
    random, count = np.random.default_rng(seed), 1900
    kinds = {"Gala": 0.92, "Boskoop": 1.1, "Conférence": 1.3, "Reine-claude": 2.2}
    kind, sugar = random.choice(list(kinds), count), np.round(random.normal(12.5, 1.1, count), 1)
    return pd.DataFrame(
        {
            "Lot": [f"L{600 + line}" for line in range(count)],
            "Cueilli le": days(random, "2023-08-01", 1150, count).dt.strftime("%d/%m/%Y"),
            "Parcelle": random.choice(["Le Haut", "Les Noyers", "La Source"], count),
            "Variété": kind,
            "Équipe": random.choice(["A", "B", "C"], count),
            "Acheteur": random.choice(["Grossiste", "Marché", "Cidrerie", "Cantine"], count),
            "Kilos": np.round(random.gamma(3, 60, count), 0),
            "Prix au kilo": np.round(
                [kinds[one] * some for one, some in zip(kind, random.normal(1, 0.1, count), strict=True)], 2
            ),
            "Taux de sucre": sugar,
            "Fermeté": np.round(9 - 0.3 * (sugar - 12.5) + random.normal(0, 0.8, count), 1),
            "Calibre": random.choice([60, 65, 70, 75, 80], count),
            "Pertes": np.round(random.exponential(7, count), 0),
            "Bio": random.choice(["oui", "non"], count),
        }
    )


# What each column of a table is, as its analyst chooses it on the page Data.
CHOSEN = {
    gites: {
        "timestamp": "Arrivée", "invoice": "N° de résa", "product": "Hébergement", "quantity": "Nuitées",
        "amount": "Total payé",
    },
    vets: {
        "timestamp": "Slot", "invoice": "Visit ref", "product": "Reason", "customer": "Owner", "amount": "Fee",
    },
    velos: {
        "timestamp": "Déposé le", "invoice": "Fiche", "product": "Intervention", "amount": "Facturé",
    },
    haulage: {
        "timestamp": "Delivered on", "invoice": "Drop no", "product": "Goods", "customer": "Consignee",
        "quantity": "Pallets", "amount": "Freight charge",
    },
    musique: {
        "timestamp": "Date et heure", "invoice": "N° de séance", "product": "Instrument", "customer": "Élève",
        "amount": "Règlement",
    },
    helpdesk: {
        "timestamp": "Opened at", "invoice": "Ticket no", "product": "Topic", "customer": "Company", "amount": "Billed",
    },
    verger: {
        "timestamp": "Cueilli le", "invoice": "Lot", "product": "Variété", "quantity": "Kilos",
        "unit_price": "Prix au kilo",
    },
}  # fmt: skip
