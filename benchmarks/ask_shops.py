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


def days(random: np.random.Generator, first: str, span: int, count: int) -> pd.Series:
    """So many days of the `span` that begins with `first`."""
    return pd.Series(pd.Timestamp(first) + pd.to_timedelta(np.sort(random.integers(0, span, count)), unit="D"))


def fitness(seed: int = 11) -> pd.DataFrame:
    """A chain of gyms: passes, coaching and its bar."""
    random, count = np.random.default_rng(seed), 3000
    goods = {
        "Monthly pass": ("Memberships", 39.0), "Annual pass": ("Memberships", 390.0),
        "Personal training": ("Coaching", 55.0), "Protein shake": ("Bar", 4.5), "Water bottle": ("Bar", 2.0),
        "Yoga mat": ("Gear", 25.0), "Resistance band": ("Gear", 12.0),
    }  # fmt: skip
    item, units = random.choice(list(goods), count), random.integers(1, 3, count)
    return pd.DataFrame(
        {
            "Receipt": [f"R{50000 + line // 2}" for line in range(count)],
            "Sold on": days(random, "2024-03-01", 900, count).dt.strftime("%Y-%m-%d"),
            "Club": random.choice(["Riverside", "Old Town", "Harbour", "Northgate"], count),
            "Item": item,
            "Item group": [goods[one][0] for one in item],
            "Qty": units,
            "Amount": [round(goods[one][1] * some, 2) for one, some in zip(item, units, strict=True)],
            "Member no": [f"M{one:04d}" for one in random.integers(0, 400, count)],
            "Plan": random.choice(["Student", "Standard", "Premium"], count),
            "Trainer": random.choice(["Ines", "Marcus", "Olu", "Petra"], count),
            "Paid with": random.choice(["Card", "Cash", "Direct debit"], count),
            "Visits": random.integers(0, 20, count),
        }
    )


def motorcycles(seed: int = 12) -> pd.DataFrame:
    """A French dealer in parts of motorcycles, with costs and weights."""
    random, count = np.random.default_rng(seed), 2500
    goods = {
        "Chaîne 520": ("Transmission", 62.0), "Kit pignon": ("Transmission", 95.0),
        "Filtre à huile": ("Filtration", 9.0), "Filtre à air": ("Filtration", 17.0),
        "Pneu avant": ("Pneus", 88.0), "Pneu arrière": ("Pneus", 121.0),
        "Batterie 12V": ("Électricité", 54.0),
    }  # fmt: skip
    part, units = random.choice(list(goods), count), random.integers(1, 6, count)
    return pd.DataFrame(
        {
            "N° facture": [f"F{9000 + line // 3}" for line in range(count)],
            "Date": days(random, "2023-06-01", 1100, count).dt.strftime("%d/%m/%Y"),
            "Client": [f"K{one:03d}" for one in random.integers(0, 150, count)],
            "Désignation": part,
            "Famille": [goods[one][0] for one in part],
            "Marque moto": random.choice(["Yamaha", "Honda", "Ducati", "BMW"], count),
            "Quantité": units,
            "Prix unitaire": [goods[one][1] for one in part],
            "Coût unitaire": [
                round(goods[one][1] * some, 2) for one, some in zip(part, random.uniform(0.5, 0.9, count), strict=True)
            ],
            "Dépôt": random.choice(["Nantes", "Rennes", "Angers"], count),
            "Transporteur": random.choice(["Chronopost", "Colissimo", "Retrait"], count),
            "Poids kg": np.round(random.uniform(0.2, 9, count), 1),
        }
    )


def fournil(seed: int = 13) -> pd.DataFrame:
    """A French baker with three shops, and marks that customers gave."""
    random, count = np.random.default_rng(seed), 3500
    goods = {
        "Baguette tradition": ("Pains", 1.3), "Pain de seigle": ("Pains", 3.2), "Croissant": ("Viennoiseries", 1.2),
        "Brioche": ("Viennoiseries", 4.0), "Flan": ("Desserts", 2.9), "Mille-feuille": ("Desserts", 3.8),
        "Sandwich jambon": ("Snacking", 4.9), "Quiche": ("Snacking", 4.2),
    }  # fmt: skip
    item, units = random.choice(list(goods), count), random.integers(1, 5, count)
    when = days(random, "2025-01-02", 640, count) + pd.to_timedelta(random.integers(390, 1170, count), unit="min")
    return pd.DataFrame(
        {
            "Ticket": [f"T{line // 2}" for line in range(count)],
            "Date vente": when.sort_values().dt.strftime("%d/%m/%Y %H:%M").to_numpy(),
            "Boutique": random.choice(["Gare", "Marché", "Saint-Jean"], count),
            "Article": item,
            "Famille": [goods[one][0] for one in item],
            "Quantité": units,
            "Total TTC": [round(goods[one][1] * some, 2) for one, some in zip(item, units, strict=True)],
            "Caissier": random.choice(["Nadia", "Hugo", "Sophie"], count),
            "Règlement": random.choice(["CB", "Espèces", "Ticket resto"], count),
            "Commande en ligne": random.choice(["oui", "non"], count),
            "Note client": random.integers(1, 6, count),
        }
    )


def software(seed: int = 14) -> pd.DataFrame:
    """A maker of software that sells seats."""
    random, count = np.random.default_rng(seed), 2200
    goods = {
        "Ledger": ("Finance", 29.0), "Payroll": ("Finance", 45.0), "Helpdesk": ("Service", 35.0),
        "Chatbot": ("Service", 19.0), "Backup": ("Infrastructure", 12.0),
    }  # fmt: skip
    product, seats = random.choice(list(goods), count), random.integers(1, 60, count)
    return pd.DataFrame(
        {
            "Invoice": [f"INV-{line // 2}" for line in range(count)],
            "Invoice date": days(random, "2023-01-01", 1280, count).dt.strftime("%Y-%m-%d"),
            "Account": [f"A-{one:03d}" for one in random.integers(0, 220, count)],
            "Product": product,
            "Product line": [goods[one][0] for one in product],
            "Seats": seats,
            "Net amount": [round(goods[one][1] * some, 2) for one, some in zip(product, seats, strict=True)],
            "Edition": random.choice(["Starter", "Team", "Enterprise"], count),
            "Country": random.choice(["Germany", "France", "Spain", "Poland"], count),
            "Channel": random.choice(["Direct", "Reseller", "Marketplace"], count),
            "Billing": random.choice(["Monthly", "Yearly"], count),
            "Sales rep": random.choice(["Amira", "Jonas", "Lucia"], count),
            "Support tickets": random.poisson(1.3, count),
        }
    )


def wholesale(seed: int = 15, first: str = "2022-01-03") -> pd.DataFrame:
    """An American wholesaler whose lines say city, state, region, segment and way of shipping."""
    random, count = np.random.default_rng(seed), 4000
    kinds = {
        "Furniture": ["Chairs", "Tables", "Furnishings"],
        "Technology": ["Phones", "Accessories", "Copiers"],
        "Office Supplies": ["Paper", "Binders", "Labels"],
    }
    places = {
        "West": {"California": "Los Angeles", "Washington": "Seattle"},
        "East": {"New York": "New York City", "Pennsylvania": "Philadelphia"},
        "Central": {"Texas": "Houston", "Illinois": "Chicago"},
        "South": {"Florida": "Miami", "Georgia": "Atlanta"},
    }
    category, region = random.choice(list(kinds), count), random.choice(list(places), count)
    kind, state = [random.choice(kinds[one]) for one in category], [random.choice(list(places[one])) for one in region]
    number, day = random.integers(1, 9, count), days(random, first, 1450, count)
    units = random.integers(1, 10, count)
    sales = np.round(random.lognormal(4, 0.9, count) * units, 2)
    return pd.DataFrame(
        {
            "Order ID": [f"CA-{1000 + line // 2}" for line in range(count)],
            "Order Date": day.dt.strftime("%m/%d/%Y"),
            "Ship Date": (day + pd.to_timedelta(random.integers(0, 8, count), unit="D")).dt.strftime("%m/%d/%Y"),
            "Ship Mode": random.choice(["Standard Class", "Second Class", "First Class", "Same Day"], count),
            "Customer ID": [f"CU-{one:03d}" for one in random.integers(0, 260, count)],
            "Segment": random.choice(["Consumer", "Corporate", "Home Office"], count),
            "City": [places[one][which] for one, which in zip(region, state, strict=True)],
            "State": state,
            "Region": region,
            "Product ID": [f"{one[:3].upper()}-{which}" for one, which in zip(kind, number, strict=True)],
            "Category": category,
            "Sub-Category": kind,
            "Product Name": [f"{one} no {which}" for one, which in zip(kind, number, strict=True)],
            "Sales": sales,
            "Quantity": units,
            "Discount": random.choice([0, 0.1, 0.2, 0.4], count),
            "Profit": np.round(sales * random.normal(0.12, 0.2, count), 2),
        }
    )


def cars(seed: int = 16) -> pd.DataFrame:
    """A dealer in cars: one line a car, with its figures."""
    random, count = np.random.default_rng(seed), 1800
    models = {
        "Civic": ("Honda", "Japan"), "Corolla": ("Toyota", "Japan"), "Golf": ("Volkswagen", "Europe"),
        "Volvo 240": ("Volvo", "Europe"), "Mustang": ("Ford", "USA"), "Impala": ("Chevrolet", "USA"),
    }  # fmt: skip
    model = random.choice(list(models), count)
    return pd.DataFrame(
        {
            "Deal no": [f"D{line}" for line in range(count)],
            "Sale date": days(random, "2022-02-01", 1300, count).dt.strftime("%Y-%m-%d"),
            "Model": model,
            "Make": [models[one][0] for one in model],
            "Origin": [models[one][1] for one in model],
            "Units sold": 1,
            "Price": np.round(random.normal(18000, 4000, count), 0),
            "Cylinders": random.choice([4, 6, 8], count),
            "Horsepower": random.integers(60, 220, count),
            "MPG": np.round(random.normal(27, 5, count), 1),
            "Weight": random.integers(1800, 4500, count),
            "Body": random.choice(["Sedan", "SUV", "Hatchback"], count),
            "Buyer": [f"B{one}" for one in random.integers(0, 900, count)],
        }
    )


def superstore(seed: int = 21) -> pd.DataFrame:
    """The same wholesaler's lines of the years that everybody's superstore has."""
    return wholesale(seed, "2014-01-03")


def concession(seed: int = 22) -> pd.DataFrame:
    """A French dealer in used cars, with what each car has run."""
    random, count = np.random.default_rng(seed), 1600
    models = {
        "Clio": ("Renault", "Citadine", 13000), "Mégane": ("Renault", "Berline", 19000),
        "208": ("Peugeot", "Citadine", 15000), "3008": ("Peugeot", "SUV", 27000), "C3": ("Citroën", "Citadine", 12500),
        "Duster": ("Dacia", "SUV", 17000), "Yaris": ("Toyota", "Citadine", 16500),
        "Model 3": ("Tesla", "Berline", 38000),
    }  # fmt: skip
    model = random.choice(list(models), count)
    return pd.DataFrame(
        {
            "N° vente": [f"V{20000 + line}" for line in range(count)],
            "Date de vente": days(random, "2023-09-01", 1100, count).dt.strftime("%d/%m/%Y"),
            "Client": [f"C{one:04d}" for one in random.integers(0, 900, count)],
            "Modèle": model,
            "Marque": [models[one][0] for one in model],
            "Carrosserie": [models[one][1] for one in model],
            "Énergie": random.choice(["Essence", "Diesel", "Hybride", "Électrique"], count),
            "Agence": random.choice(["Toulouse", "Montauban", "Albi"], count),
            "Vendeur": random.choice(["Fabre", "Lopez", "Garnier"], count),
            "Quantité": 1,
            "Prix de vente": [
                round(models[one][2] * some) for one, some in zip(model, random.normal(1, 0.1, count), strict=True)
            ],
            "Kilométrage": random.integers(5, 180000, count),
            "Puissance": random.integers(60, 320, count),
            "Financement": random.choice(["Comptant", "Crédit", "Leasing"], count),
        }
    )


def cinema(seed: int = 23) -> pd.DataFrame:
    """A chain of cinemas: what was paid for seats, and at the bar along with them."""
    random, count = np.random.default_rng(seed), 4000
    films = {
        "The Long Winter": ("Drama", 128), "Night Shift": ("Thriller", 104), "Paper Moons": ("Comedy", 96),
        "Robot Summer": ("Animation", 88), "Deep Orbit": ("Science fiction", 141), "Love in Lisbon": ("Comedy", 99),
    }  # fmt: skip
    film, seats = random.choice(list(films), count), random.integers(1, 6, count)
    minutes = pd.to_timedelta(random.choice([840, 1020, 1140, 1260], count), unit="min")
    return pd.DataFrame(
        {
            "Booking": [f"B{40000 + line}" for line in range(count)],
            "Show time": (days(random, "2024-05-01", 850, count) + minutes).dt.strftime("%Y-%m-%d %H:%M"),
            "Cinema": random.choice(["Odeon Park", "Rialto", "Majestic"], count),
            "Screen": random.choice(["Screen 1", "Screen 2", "Screen 3", "IMAX"], count),
            "Film": film,
            "Genre": [films[one][0] for one in film],
            "Runtime": [films[one][1] for one in film],
            "Ticket type": random.choice(["Adult", "Child", "Student", "Senior"], count),
            "Seats": seats,
            "Amount": np.round(seats * random.choice([7.5, 9.0, 11.5], count), 2),
            "Snack spend": np.round(random.exponential(5, count), 2),
            "Booked via": random.choice(["App", "Website", "Box office"], count),
        }
    )


def pharmacie(seed: int = 24) -> pd.DataFrame:
    """A French group of pharmacies: its tills, with what each line cost and what was paid back."""
    random, count = np.random.default_rng(seed), 4000
    goods = {
        "Doliprane 1000": ("Antidouleur", "Sanofi", 2.2), "Ibuprofène 400": ("Antidouleur", "Biogaran", 3.1),
        "Amoxicilline": ("Antibiotique", "Biogaran", 5.4), "Sirop toux": ("Rhume", "Pierre Fabre", 7.9),
        "Crème solaire": ("Parapharmacie", "Pierre Fabre", 14.5), "Vitamine C": ("Complément", "Bayer", 8.6),
        "Pansements": ("Parapharmacie", "Urgo", 4.3),
    }  # fmt: skip
    product, units = random.choice(list(goods), count), random.integers(1, 5, count)
    price = np.array([goods[one][2] for one in product])
    when = days(random, "2024-10-01", 700, count) + pd.to_timedelta(random.integers(510, 1170, count), unit="min")
    return pd.DataFrame(
        {
            "Ticket": [f"T{line // 2}" for line in range(count)],
            "Date": when.sort_values().dt.strftime("%d/%m/%Y %H:%M").to_numpy(),
            "Officine": random.choice(["Centre", "Mairie", "Gambetta"], count),
            "Produit": product,
            "Rayon": [goods[one][0] for one in product],
            "Laboratoire": [goods[one][1] for one in product],
            "Quantité": units,
            "Prix unitaire": price,
            "Coût unitaire": np.round(price * random.uniform(0.5, 0.85, count), 2),
            "Ordonnance": random.choice(["oui", "non"], count),
            "Préparateur": random.choice(["Alice", "Mehdi", "Jeanne"], count),
            "Remboursement": np.round(price * units * random.choice([0, 0.15, 0.3, 0.65], count), 2),
        }
    )


def hotel(seed: int = 25) -> pd.DataFrame:
    """A group of hotels: its bookings by arrival."""
    random, count = np.random.default_rng(seed), 3000
    rooms = {"Single": 80.0, "Double": 120.0, "Twin": 115.0, "Family": 170.0, "Junior suite": 240.0}
    room, nights = random.choice(list(rooms), count), random.integers(1, 8, count)
    return pd.DataFrame(
        {
            "Booking ID": [f"H{70000 + line}" for line in range(count)],
            "Arrival date": days(random, "2024-01-01", 960, count).dt.strftime("%Y-%m-%d"),
            "Guest": [f"G{one:04d}" for one in random.integers(0, 1200, count)],
            "Hotel": random.choice(["Seaview", "Grand Central", "Alpine Lodge"], count),
            "Room type": room,
            "Nights": nights,
            "Amount": [round(rooms[one] * some, 2) for one, some in zip(room, nights, strict=True)],
            "Board": random.choice(["Room only", "Breakfast", "Half board"], count),
            "Booking channel": random.choice(["Direct", "Booking.com", "Expedia", "Agency"], count),
            "Nationality": random.choice(["French", "German", "British", "Spanish", "Dutch"], count),
            "Lead time": random.integers(0, 180, count),
            "Adults": random.integers(1, 4, count),
            "Review score": np.round(random.uniform(5, 10, count), 1),
        }
    )
