"""How the shop is doing: the last week against the one before and the same week a year earlier."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from data.schemas import IS_GOODS, order
from data.shelf import on_hand

WEEK = 7
YEAR = 364  # 52 whole weeks, so that weekdays meet the same weekdays

# Invoice lines summed by day, for `daily`. Goods only: shipping and fees are not what sells.
BY_DAY = f"""
    SELECT date_trunc('day', timestamp) AS day,
           summed(amount) AS revenue, summed(quantity) AS units,
           -summed(CASE WHEN line_type = 'return' THEN amount END) AS returned,
           count(DISTINCT {{order}}) FILTER (line_type = 'sale') AS orders
    FROM sales WHERE {IS_GOODS} GROUP BY day
"""  # noqa: S608  # a condition of ours


@dataclass(frozen=True)
class Pulse:
    """The last `WEEK` days of the data. Money in the data's currency; a change is a share (0.1 is +10 %).

    A change is None where the days to compare with are not in the data, or sold nothing.
    """

    start: pd.Timestamp
    end: pd.Timestamp
    revenue: float
    orders: int
    return_share: float | None
    against_week: float | None
    against_year: float | None
    orders_against_week: float | None
    orders_against_year: float | None


def by_day(columns: Collection[str], units: bool = False) -> str:
    """`BY_DAY` for a table with these columns: where invoices are not known, every line counts as an order.

    `units`: no money is known, and `revenue` and `returned` are units.
    """
    query = BY_DAY.replace("{order}", order(columns) if "invoice" in columns else "line_id")
    return query.replace("amount", "quantity") if units else query


def daily(summed: pd.DataFrame) -> pd.DataFrame:
    """`revenue`, `returned` and `orders` of what `BY_DAY` answers by `day`, on every day of its span, sorted by day.

    Days without a line are zero: a closed day sells nothing. Money in the data's currency; `returned` is positive.
    """
    by_day = summed.fillna(0).set_index("day")[["revenue", "returned", "orders"]].sort_index()
    return by_day.reindex(pd.date_range(by_day.index[0], by_day.index[-1], name="day"), fill_value=0)


def pulse(days: pd.DataFrame) -> Pulse:
    """The last week of `days` (as `daily` returns them: `revenue`, `returned`, `orders` by day)."""
    last = days.iloc[-WEEK:]
    gross = last["revenue"].sum() + last["returned"].sum()
    return Pulse(
        start=last.index[0],
        end=last.index[-1],
        revenue=float(last["revenue"].sum()),
        orders=int(last["orders"].sum()),
        return_share=float(last["returned"].sum() / gross) if gross > 0 else None,
        against_week=_change(days["revenue"], WEEK),
        against_year=_change(days["revenue"], YEAR),
        orders_against_week=_change(days["orders"], WEEK),
        orders_against_year=_change(days["orders"], YEAR),
    )


def _change(sold: pd.Series, shift: int) -> float | None:
    if len(sold) < shift + WEEK:
        return None
    then = sold.iloc[-shift - WEEK : len(sold) - shift].sum()
    return float(sold.iloc[-WEEK:].sum() / then - 1) if then > 0 else None


def sold_out(columns: Mapping[str, Collection[str]]) -> str:
    """The query of each `product` with nothing on hand now, in some store where moves of stock have that column.

    `stores` names those, missing where no store that keeps the product has any.
    """
    shelf, none = on_hand(columns), "on_hand < 1e-6"
    if "store" not in columns["stock_moves"]:
        return f"SELECT product, CAST(NULL AS VARCHAR) AS stores FROM ({shelf}) WHERE {none} ORDER BY product"  # noqa: S608
    return f"""
        SELECT product, CASE WHEN NOT bool_and(coalesce({none}, false))
                             THEN string_agg(CAST(store AS VARCHAR), ', ' ORDER BY store) FILTER ({none}) END AS stores
        FROM ({shelf}) WHERE store IS NOT NULL GROUP BY product HAVING bool_or({none}) ORDER BY product
    """  # noqa: S608
