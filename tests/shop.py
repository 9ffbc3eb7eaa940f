"""A small shop whose demand changed: two stores, of which one came to sell twice as much and the other half."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd

from data import tables
from data.dataset import Dataset, Origin

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
SHIFT = 300  # the day from which one store sells twice as much and another half


def sold(days: int = 400, shift: int = SHIFT) -> pd.DataFrame:
    """Units by day of two stores and two categories with a week in them, and what a unit sells for and costs."""
    rng = np.random.default_rng(3)
    dates = pd.date_range("2024-01-01", periods=days).as_unit("us")
    week = np.array([1.0, 1.1, 1.0, 1.3, 1.6, 2.0, 0.6])[dates.day_of_week]
    rows = []
    for store, after in (("a", 2.0), ("b", 0.5)):
        for category, level, price in (("x", 60, 10.0), ("y", 25, 4.0)):
            usual = level * week * np.where(np.arange(days) < shift, 1, after)
            units = rng.poisson(usual).astype(float)
            row = {"store": store, "category": category, "date": dates, "units": units, "sold": units}
            rows.append(pd.DataFrame({**row, "revenue": units * price, "costed": units, "cost": units * price / 2}))
    return pd.concat(rows, ignore_index=True)


def lines(days: int) -> pd.DataFrame:
    rows = sold(max(days, 400))  # the same shop however long it has been looked at
    rows = rows[rows["date"] < rows["date"].min() + pd.Timedelta(days=days)].reset_index(drop=True)
    units = rows["units"].to_numpy()
    return pd.DataFrame(
        {
            "source": "test",
            "line_id": [str(number) for number in range(len(rows))],
            "timestamp": rows["date"] + pd.Timedelta(hours=10),
            "product": rows["category"],
            "line_type": "sale",
            "quantity": units,
            "unit_price": np.where(rows["category"] == "x", 10.0, 4.0),
            "currency": "GBP",
            "category": rows["category"],
            "store": rows["store"],
        }
    )


def keep_lines(home, days):
    return tables.add(home, Dataset("sales", {"sales": lines(days)}, Origin("upload", "shop.csv")), NOW)
