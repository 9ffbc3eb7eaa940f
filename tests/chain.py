"""Lines of a small chain as somebody's lake has them, with what real ones have: returns, walk-ins, gaps, odd prices."""

from pathlib import Path

import numpy as np
import pandas as pd


def lines(rows: int = 4_000, days: int = 90, seed: int = 7) -> pd.DataFrame:
    """Invoice lines: some without a customer, a cost or a price, returns, several units by weight, gaps."""
    rng = np.random.default_rng(seed)
    invoice = np.sort(rng.integers(0, rows // 4, rows))
    day = (invoice * days) // (rows // 4)
    store = rng.integers(0, 3, rows // 4)[invoice]
    item = np.minimum(rng.geometric(0.08, rows), 40)
    quantity = np.where(item % 5 == 0, rng.integers(1, 4_000, rows) / 1_000, rng.integers(1, 6, rows)).astype(float)
    back = rng.random(rows) < 0.03
    price = np.round(1.07**item + rng.integers(0, 4, rows) / 10, 2) * np.where((day > days * 0.8) & (item > 20), 1.5, 1)
    who = rng.integers(0, 250, rows // 4)[invoice]
    made = pd.DataFrame(
        {
            "line_id": [f"L{number}" for number in range(rows)],
            "timestamp": pd.Timestamp("2025-01-01")
            + pd.to_timedelta(day, unit="D")
            + pd.to_timedelta(rng.integers(0, 86_400, rows), unit="s"),
            "product": [f"P{number:02}" for number in item],
            "quantity": np.where(back, -quantity, quantity),
            "unit_price": price,
            "customer": pd.Series([f"C{number}" for number in who], dtype="str").mask(who < 20),
            "invoice": [f"I{number}" for number in invoice],
            "description": [f"Thing {number} d'été" for number in item],
            "category": pd.Series([f"K{number % 4}" for number in item], dtype="str").mask(item == 7),
            "unit_cost": pd.Series(np.round(price * 0.6, 2)).mask(item == 3),
            "store": [f"00{number}" for number in store],
        }
    )
    made["timestamp"] = made["timestamp"].astype("datetime64[us]")
    made.loc[5, "unit_price"] = np.nan
    made.loc[6, "product"] = None
    made.loc[7, "quantity"] = np.nan
    return made


def write(folder: Path, made: pd.DataFrame, name: str = "part-0.parquet") -> Path:
    """A part of the lake, in a subfolder a store as Hive has them; moved there whole."""
    for store, rows in made.groupby("store", dropna=False):
        place = folder / f"store={store}"
        place.mkdir(parents=True, exist_ok=True)
        rows.drop(columns=["store"]).to_parquet(place / f".{name}", index=False)
        (place / f".{name}").rename(place / name)
    return folder
