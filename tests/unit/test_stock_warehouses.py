"""Several warehouses: what one of them has does not fill the shelves of another."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from data import tables
from data.dataset import Dataset, Origin
from models.lifecycle import orders
from models.stock import supply, warehouses

DAYS, PRODUCTS = 300, 12


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Two warehouses that lack each product in one week of ten by chance, and a third one without moves: what is kept
    of them, and the units asked for by product and day."""
    rng = np.random.default_rng(8)
    dates, rows, moves = pd.date_range("2025-01-01", periods=DAYS).as_unit("us"), [], []
    wanted = rng.poisson(6 + 2 * np.arange(PRODUCTS)[None, :, None], (3, PRODUCTS, DAYS))
    there = (rng.random((3, PRODUCTS, DAYS // 7 + 1)) > 0.1)[:, :, np.arange(DAYS) // 7]
    there[2] = True
    for store, product, day in np.ndindex(wanted.shape):
        name = (dates[day], f"P{product:02}", "ABC"[store])
        if there[store, product, day]:
            rows.append((*name, float(wanted[store, product, day])))
        if store < 2:
            moves.append((*name, 500.0 * there[store, product, day]))
    sold = pd.DataFrame(rows, columns=["timestamp", "product", "store", "quantity"]).query("quantity > 0")
    keys = {"source": "x", "line_id": [str(one) for one in range(len(sold))], "line_type": "sale", "currency": "EUR"}
    sold = sold.assign(**keys, unit_price=2.0)
    kept = pd.DataFrame(moves, columns=["date", "product", "store", "on_hand"]).assign(move="count", quantity=0.0)
    made = Dataset("sales", {"sales": sold, "stock_moves": kept}, Origin("upload", "mine.csv", currency="EUR"))
    stored = tables.add(tmp_path_factory.mktemp("home"), made, datetime(2026, 1, 5, tzinfo=UTC))
    return stored, wanted.sum(axis=0)


def test_demand_is_what_was_wanted_of_each_warehouse(shop):
    """More than a twentieth was not sold, in each warehouse in weeks of its own."""
    stored, wanted = shop
    assert warehouses.selling(stored) == ["A", "B"]
    frames = {"stock_moves": tables.read(stored, "stock_moves")}
    found = orders.demanded(stored, frames)
    known = slice(DAYS // 3, None)  # the shares of the days before are known
    units = found.units[np.argsort(found.goods["product"].to_numpy())]
    assert found.sold[:, known].sum() < 0.95 * wanted[:, known].sum()
    assert units[:, known].sum() == pytest.approx(wanted[:, known].sum(), rel=0.01)
    assert units[:, known].sum(axis=1) == pytest.approx(wanted[:, known].sum(axis=1), rel=0.05)


def test_a_shop_whose_sales_name_no_store_is_one_warehouse(shop):
    stored, _wanted = shop
    sold, goods = (tables.query(stored, sql) for sql in (supply.by_day([]), supply.latest([])))
    moves = tables.read(stored, "stock_moves")
    last = moves["date"].max()
    found = supply.demand(sold, goods, last, moves)
    both = moves.groupby(["product", "date"])["on_hand"].sum().eq(0)
    assert found.sold_out.sum() == both.sum() > 0
