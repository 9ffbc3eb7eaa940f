"""What models learn from is the same to the last bit in whatever order lines are added up."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from data import tables
from data.dataset import Dataset, Origin
from models.customers import rfm
from models.forecast import effect, elasticity, items, kept, launches, source
from models.sales import pulse
from models.stock import supply

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
ROWS = 40_000


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The same lines kept in two orders."""
    rng = np.random.default_rng(0)
    lines = pd.DataFrame(
        {
            "source": "test",
            "line_id": np.arange(ROWS).astype(str),
            "invoice": rng.integers(0, 9_000, ROWS).astype(str),
            "timestamp": pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 400, ROWS), unit="D"),
            "product": rng.choice(list("abcdef"), ROWS),
            "line_type": "sale",
            "quantity": rng.integers(1, 5_000, ROWS) / 1_000,  # kilograms
            "unit_price": rng.integers(1, 9_999, ROWS) / 100,
            "unit_cost": rng.integers(1, 500, ROWS) / 100,
            "promotion": rng.choice([0.0, 0.1, 0.15], ROWS),
            "currency": "EUR",
            "customer": rng.integers(0, 300, ROWS).astype(str),
            "category": rng.choice(["x", "y"], ROWS),
            "store": rng.choice(["s", "t"], ROWS),
        }
    ).astype({"timestamp": "datetime64[us]"})
    lines.loc[lines["product"].eq("f") & lines["timestamp"].lt(pd.Timestamp("2025-09-01")), "product"] = (
        "a"  # launched late
    )
    orders = {"one.csv": lines, "two.csv": lines.sample(frac=1, random_state=1, ignore_index=True)}
    return [
        tables.add(tmp_path_factory.mktemp("kept"), Dataset("sales", {"sales": frame}, Origin("upload", name)), NOW)
        for name, frame in orders.items()
    ]


QUERIES = {
    "forecast": lambda columns: (source.daily(None, columns), {}),
    "panel": lambda columns: (kept.daily(columns), {}),
    "months": lambda columns: (items.monthly(columns), {"until": pd.Timestamp("2027-01-01")}),
    "weeks": lambda columns: (elasticity.weekly(columns), {}),
    "others": lambda columns: (effect.others("category", columns), {"value": "x"}),
    "launches": lambda columns: (launches.sold(columns, "revenue"), {"days": 400}),
    "days": lambda columns: (pulse.by_day(columns), {}),
    "customers": lambda columns: (rfm.by_day(columns), {}),
    "stock": lambda columns: (supply.by_day(columns), {}),
    "latest": lambda columns: (supply.latest(columns), {}),
}


@pytest.mark.parametrize("name", QUERIES)
def test_lines_in_another_order_sum_to_the_same_bits(both, name):
    found = []
    for stored in both:
        query, values = QUERIES[name](stored.columns["sales"])
        frame = tables.query(stored, query, **values)
        keys = [column for column in frame if not pd.api.types.is_float_dtype(frame[column])]
        found.append(frame.sort_values(keys, ignore_index=True))
    pd.testing.assert_frame_equal(*found, check_exact=True)
    assert len(found[0])
