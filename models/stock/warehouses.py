"""What each of several warehouses sold, whose shelves are full and empty by themselves."""

from collections.abc import Iterator

import pandas as pd

from data import tables
from data.tables import Stored
from models.stock import supply


def selling(stored: Stored) -> list[str]:
    """The stores of which both moves of stock and sales are known."""
    if any("store" not in stored.columns.get(frame, ()) for frame in ("stock_moves", "sales")):
        return []
    sql = "SELECT store FROM stock_moves INTERSECT SELECT store FROM sales WHERE line_type = 'sale' ORDER BY store"
    return tables.query(stored, sql)["store"].dropna().astype(str).to_list()


def sold(stored: Stored) -> Iterator[tuple[str, pd.DataFrame]]:
    """Each of the `selling` stores with what it sold by day and product, read when it is asked for."""
    sql = tables.only(supply.by_day(stored.columns["sales"]), "store = $place")
    return ((place, tables.query(stored, sql, place=place)) for place in selling(stored))
