"""Four businesses whose customers' true risks are known, each as the table that a stranger would export.

`bank`, `club`, `software` and `gym` take (rows, seed, rate) and return (raw, probability):

- `raw` is the frame as the business would save it (`raw.to_csv(index=False)`): its own column names, its own words for
  the outcome, codes 0/1, empty cells, an id, and columns that say nothing (surnames, e-mails, row numbers);
- `probability` (one a row) is the chance with which each customer left, so that a model can be held against it. It has
  the mean `rate` (0 to 1) over all rows.

The same ids come back for every seed, with other contents: `gym(300, 2, 0.1)` is a later file of the members of
`gym(300, 1, 0.1)`. `OUTCOME`, `LEFT` and `KEY` say, for each business by name, which column has the outcome, which of
its values mean that they left, and which column has the id.

What makes them hard: at the bank and the gym who has been there for long leaves *more*, at the club every twentieth
outcome is not known, the software house's newest accounts are only "Joined", the gym's terms are the numbers 1, 6, 12.
"""

import numpy as np
import pandas as pd

OUTCOME = {"bank": "Exited", "club": "statut", "software": "Customer Status", "gym": "Attrition_Flag"}
LEFT = {"bank": (1,), "club": ("résilié",), "software": ("Churned",), "gym": ("Attrited Customer",)}
KEY = {"bank": "CustomerId", "club": "numero_client", "software": "account", "gym": "CLIENTNUM"}


def bank(rows: int, seed: int, rate: float) -> tuple[pd.DataFrame, np.ndarray]:
    """A retail bank: flags 0/1, an outcome 1/0, surnames and row numbers; a longer tenure (years) raises the risk."""
    rng = np.random.default_rng(seed)
    age, tenure = rng.integers(18, 90, rows), rng.integers(0, 11, rows)
    country = rng.choice(["France", "Germany", "Spain"], rows, p=[0.5, 0.25, 0.25])
    products, active, card = rng.choice([1, 2, 3, 4], rows, p=[0.5, 0.44, 0.05, 0.01]), rng.random(rows) < 0.5, 0.7
    score = 0.05 * (age - 40) + 0.15 * (tenure - 5) + 0.8 * (country == "Germany") - 1.1 * active
    probability = _risk(score + 0.9 * (products == 1) + 1.5 * (products > 2), rate)
    raw = pd.DataFrame(
        {
            "RowNumber": np.arange(1, rows + 1),
            "CustomerId": 15_000_000 + np.arange(rows),
            "Surname": rng.choice(_surnames(max(300, rows // 3)), rows),
            "CreditScore": rng.integers(350, 851, rows),
            "Geography": country,
            "Gender": rng.choice(["Female", "Male"], rows),
            "Age": age,
            "Tenure": tenure,
            "Balance": np.where(rng.random(rows) < 0.36, 0.0, rng.normal(120_000, 30_000, rows).clip(0).round(2)),
            "NumOfProducts": products,
            "HasCrCard": (rng.random(rows) < card).astype(int),
            "IsActiveMember": active.astype(int),
            "EstimatedSalary": rng.uniform(10_000, 200_000, rows).round(2),
            "Exited": (rng.random(rows) < probability).astype(int),
        }
    )
    return raw, probability


def club(rows: int, seed: int, rate: float) -> tuple[pd.DataFrame, np.ndarray]:
    """A shop's club in French: actif / résilié, every twentieth outcome blank, e-mails and phone numbers, oui / non."""
    rng = np.random.default_rng(seed)
    months, visits = rng.integers(0, 97, rows), rng.poisson(4, rows)
    letter, basket = rng.random(rows) < 0.4, rng.gamma(4, 12, rows).round(2)
    shop = rng.choice(["Lyon", "Lille", "Nantes", "Brest", "Metz"], rows)
    probability = _risk(-0.02 * months - 0.35 * visits - 0.8 * letter + 0.7 * (shop == "Brest"), rate)
    known = rng.random(rows) >= 0.05
    raw = pd.DataFrame(
        {
            "numero_client": [f"C{number:06d}" for number in range(rows)],
            "courriel": [f"client{number}@exemple.fr" for number in rng.permutation(rows)],
            "telephone": [f"06{number:08d}" for number in rng.integers(0, 10**8, rows)],
            "anciennete_mois": months,
            "visites_90j": visits,
            "panier_moyen": np.where(visits > 0, basket, np.nan),
            "lettre_info": np.where(letter, "oui", "non"),
            "carte_parking": (rng.random(rows) < 0.3).astype(int),
            "magasin": shop,
            "statut": pd.Series(np.where(rng.random(rows) < probability, "résilié", "actif")).where(known),
        }
    )
    return raw, probability


def software(rows: int, seed: int, rate: float) -> tuple[pd.DataFrame, np.ndarray]:
    """Subscriptions to a program: Stayed / Churned / Joined, flags True / False, a price that is a list of the plan's.

    Accounts that joined this month have no outcome yet. `last_login_gap` is blank for some, whoever they are.
    """
    rng = np.random.default_rng(seed)
    plan = rng.choice(["Free trial", "Team", "Business", "Enterprise"], rows, p=[0.2, 0.4, 0.3, 0.1])
    months, seats, tickets = rng.integers(0, 61, rows), 1 + rng.geometric(0.08, rows), rng.poisson(1.5, rows)
    sso, api = (rng.random(rows) < 0.3), (rng.random(rows) < 0.5)
    price = pd.Series(plan).map({"Free trial": 0.0, "Team": 49.0, "Business": 149.0, "Enterprise": 499.0}).to_numpy()
    gap = np.where(rng.random(rows) < 0.1, np.nan, rng.exponential(12, rows).round(1))
    score = 1.2 * (plan == "Free trial") - 0.03 * months - 0.02 * seats + 0.3 * tickets - 0.7 * sso
    probability = _risk(score + 0.03 * np.nan_to_num(gap, nan=12.0), rate)
    outcome = np.where(months == 0, "Joined", np.where(rng.random(rows) < probability, "Churned", "Stayed"))
    raw = pd.DataFrame(
        {
            "account": [f"acc-{number:07d}" for number in range(rows)],
            "plan": plan,
            "months": months,
            "seats": seats,
            "monthly_fee": price + 19.0 * api,
            "open_tickets": tickets,
            "sso": sso,
            "api": api,
            "last_login_gap": gap,
            "exit_rate": rng.beta(2, 8, rows).round(3),  # of web pages: the word means nothing
            "Customer Status": outcome,
        }
    )
    return raw, probability


def gym(rows: int, seed: int, rate: float) -> tuple[pd.DataFrame, np.ndarray]:
    """A gym: Existing / Attrited Customer, terms of 1, 6 or 12 months, and members of long standing leave more."""
    rng = np.random.default_rng(seed)
    joined, term, visits = rng.integers(1, 121, rows), rng.choice([1, 6, 12], rows, p=[0.5, 0.2, 0.3]), rng.random(rows)
    lessons, partner = rng.random(rows) < 0.4, rng.random(rows) < 0.5
    score = 0.02 * joined - 0.12 * term - 2.5 * visits - 0.6 * lessons
    probability = _risk(score, rate)
    raw = pd.DataFrame(
        {
            "CLIENTNUM": 700_000 + np.arange(rows),
            "Months_on_book": joined,
            "Contract_period": term,
            "Visits_per_week": (5 * visits).round(1),
            "Group_visits": lessons.astype(int),
            "Partner": partner.astype(int),
            "left_handed": (rng.random(rows) < 0.1).astype(int),
            "Monthly_price": rng.choice([19.9, 24.9, 29.9, 39.9], rows),
            "Phone": [f"+44 7{number:09d}" for number in rng.integers(0, 10**9, rows)],
            "Attrition_Flag": np.where(rng.random(rows) < probability, "Attrited Customer", "Existing Customer"),
        }
    )
    return raw, probability


BUSINESSES = {"bank": bank, "club": club, "software": software, "gym": gym}


def _risk(score: np.ndarray, rate: float) -> np.ndarray:
    """Probabilities with log-odds `score` plus what makes their mean `rate`."""
    lo, hi = -60.0, 60.0
    for _halving in range(60):
        middle = (lo + hi) / 2
        lo, hi = (middle, hi) if _sigmoid(score + middle).mean() < rate else (lo, middle)
    return _sigmoid(score + (lo + hi) / 2)


def _sigmoid(log_odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-log_odds))


def _surnames(count: int) -> list[str]:
    starts, ends = (
        ["Mar", "Lop", "Han", "Okaf", "Nov", "Sil", "Chu", "Ber", "Dal", "Ros"],
        ["in", "ez", "son", "or", "a"],
    )
    return [f"{starts[n % 10]}{ends[n // 10 % 5]}{'' if n < 50 else n}" for n in range(count)]
