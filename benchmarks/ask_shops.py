"""Shops to ask questions about whose files have columns that Vigie does not know: each as its own system exports it."""

import numpy as np
import pandas as pd


def office(seed: int = 0) -> pd.DataFrame:
    """An American office supplier's order lines."""
    random, count = np.random.default_rng(seed), 4000
    kinds = {
        "Furniture": ["Chairs", "Tables", "Bookcases"],
        "Technology": ["Phones", "Copiers", "Machines"],
        "Office Supplies": ["Paper", "Binders", "Storage"],
    }
    states = {
        "West": ["California", "Oregon"],
        "East": ["New York", "Ohio"],
        "Central": ["Texas", "Illinois"],
        "South": ["Florida", "Georgia"],
    }
    category, region = random.choice(list(kinds), count), random.choice(list(states), count)
    kind, number = [random.choice(kinds[one]) for one in category], random.integers(1, 20, count)
    day = pd.Timestamp("2023-01-01") + pd.to_timedelta(np.sort(random.integers(0, 1096, count)), unit="D")
    units = random.integers(1, 9, count)
    sales = np.round(random.lognormal(4, 0.8, count) * units, 2)
    return pd.DataFrame(
        {
            "Order ID": [f"US-{100000 + line // 2}" for line in range(count)],
            "Order Date": day.strftime("%m/%d/%Y"),
            "Ship Mode": random.choice(["Standard Class", "Second Class", "First Class", "Same Day"], count),
            "Customer ID": [f"C-{one:04d}" for one in random.integers(0, 300, count)],
            "Segment": random.choice(["Consumer", "Corporate", "Home Office"], count),
            "State": [random.choice(states[one]) for one in region],
            "Region": region,
            "Product ID": [f"{one[:3].upper()}-{which}" for one, which in zip(kind, number, strict=True)],
            "Category": category,
            "Sub-Category": kind,
            "Product Name": [f"{one} model {which}" for one, which in zip(kind, number, strict=True)],
            "Sales": sales,
            "Quantity": units,
            "Discount": random.choice([0.0, 0.1, 0.2, 0.3], count),
            "Profit": np.round(sales * random.normal(0.15, 0.2, count), 2),
        }
    )


def bakery(seed: int = 0) -> pd.DataFrame:
    """A French bakery's till."""
    random, count = np.random.default_rng(seed), 5000
    goods = {
        "Baguette": ("Pain", 1.1), "Pain complet": ("Pain", 2.4), "Croissant": ("Viennoiserie", 1.2),
        "Pain au chocolat": ("Viennoiserie", 1.4), "Tarte aux pommes": ("Pâtisserie", 3.5),
        "Éclair": ("Pâtisserie", 2.9),
    }  # fmt: skip
    product = random.choice(list(goods), count)
    minutes = np.sort(random.integers(0, 730, count)) * 1440 + random.integers(390, 1170, count)
    when = pd.Series(pd.Timestamp("2024-07-01") + pd.to_timedelta(np.sort(minutes), unit="min"))
    units = random.integers(1, 5, count)
    return pd.DataFrame(
        {
            "Date": when.dt.strftime("%d/%m/%Y %H:%M"),
            "Ticket": [f"T{200000 + line // 2}" for line in range(count)],
            "Vendeur": random.choice(["Léa", "Karim", "Chloé"], count),
            "Rayon": [goods[one][0] for one in product],
            "Produit": product,
            "Quantité": units,
            "Montant": [
                f"{goods[one][1] * some:.2f}".replace(".", ",") for one, some in zip(product, units, strict=True)
            ],
            "Mode de paiement": random.choice(["Espèces", "Carte bancaire", "Titre restaurant"], count),
            "Pourboire": np.round(random.exponential(0.4, count), 2),
        }
    )


def parts(seed: int = 0) -> pd.DataFrame:
    """A French wholesaler of spare parts: its delivery notes, with what each line cost."""
    random, count = np.random.default_rng(seed), 4000
    goods = {
        "Plaquettes de frein": ("Freinage", 31.0), "Disque de frein": ("Freinage", 48.0),
        "Filtre à huile": ("Filtration", 7.5), "Filtre à air": ("Filtration", 12.0),
        "Courroie de distribution": ("Moteur", 64.0), "Bougie d'allumage": ("Moteur", 5.2),
        "Batterie 70 Ah": ("Électricité", 89.0), "Alternateur": ("Électricité", 142.0),
    }  # fmt: skip
    product = random.choice(list(goods), count)
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(random.integers(0, 1000, count)), unit="D")
    units = random.integers(1, 13, count)
    price = np.array([goods[one][1] for one in product])
    return pd.DataFrame(
        {
            "Date commande": day.strftime("%d/%m/%Y"),
            "N° facture": [f"F{500000 + line // 3}" for line in range(count)],
            "Client": [f"Garage {one:03d}" for one in random.integers(1, 120, count)],
            "Désignation": product,
            "Famille": [goods[one][0] for one in product],
            "Marque": random.choice(["Bosch", "Valeo", "Mann"], count),
            "Dépôt": random.choice(["Lyon", "Nantes", "Lille"], count),
            "Commercial": random.choice(["Durand", "Petit", "Moreau"], count),
            "Quantité": units,
            "Prix unitaire": price,
            "Coût unitaire": np.round(price * random.uniform(0.5, 0.8, count), 2),
            "Délai de livraison": random.integers(1, 15, count),
        }
    )


def clinic(seed: int = 0) -> pd.DataFrame:
    """A clinic's billed visits."""
    random, count = np.random.default_rng(seed), 4000
    services = {
        "Check-up": ("General practice", 60), "Vaccination": ("General practice", 35), "X-ray": ("Radiology", 120),
        "MRI scan": ("Radiology", 420), "Physio session": ("Physiotherapy", 55), "Blood test": ("Laboratory", 40),
    }  # fmt: skip
    service = random.choice(list(services), count)
    minutes = np.sort(random.integers(0, 912, count)) * 1440 + random.integers(480, 1080, count)
    when = pd.Series(pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(minutes), unit="min"))
    return pd.DataFrame(
        {
            "Visit date": when.dt.strftime("%Y-%m-%d %H:%M"),
            "Invoice": [f"V{300000 + line}" for line in range(count)],
            "Patient": [f"P{one:04d}" for one in random.integers(0, 900, count)],
            "Doctor": random.choice(["Dr Patel", "Dr Novak", "Dr Silva", "Dr Owens"], count),
            "Service": service,
            "Department": [services[one][0] for one in service],
            "Insurer": random.choice(["Axa", "Bupa", "Cigna", "Self-pay"], count),
            "Quantity": 1,
            "Price": [services[one][1] for one in service],
            "Waiting minutes": random.integers(2, 75, count),
            "Duration": random.integers(5, 60, count),
        }
    )


def gym(seed: int = 0) -> pd.DataFrame:
    """A chain of gyms: what members paid for."""
    random, count = np.random.default_rng(seed), 4000
    sold = {
        "Monthly pass": ("Membership", 39.0), "Annual pass": ("Membership", 390.0), "Yoga class": ("Class", 12.0),
        "Spinning class": ("Class", 14.0), "Personal training": ("Coaching", 55.0), "Protein shake": ("Bar", 4.5),
    }  # fmt: skip
    product = random.choice(list(sold), count)
    minutes = np.sort(random.integers(0, 850, count)) * 1440 + random.integers(360, 1320, count)
    when = pd.Series(pd.Timestamp("2024-03-01") + pd.to_timedelta(np.sort(minutes), unit="min"))
    units = random.integers(1, 3, count)
    return pd.DataFrame(
        {
            "Date": when.dt.strftime("%Y-%m-%d %H:%M"),
            "Receipt": [f"R{700000 + line // 2}" for line in range(count)],
            "Member ID": [f"M{one:04d}" for one in random.integers(0, 500, count)],
            "Club": random.choice(["Riverside", "Old Town", "Station"], count),
            "Coach": random.choice(["Amina", "Bruno", "Sven"], count),
            "Type": [sold[one][0] for one in product],
            "Item": product,
            "Qty": units,
            "Unit price": [sold[one][1] for one in product],
            "Channel": random.choice(["App", "Front desk", "Website"], count),
            "Loyalty points": random.integers(0, 50, count),
        }
    )
