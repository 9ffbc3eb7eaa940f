"""What was sold, came back or lies in stock, described: count, sum, mean, median, least, most and standard deviation.

Each query is made for the frames that a dataset has and answered by `data.tables.query`.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from data import schemas
from data.shelf import on_hand
from data.tables import quoted
from locales import N_
from models import segmenting
from models.sales.overview import UNKNOWN
from models.segmenting import SEGMENT

KINDS = {"sale": N_("Sales"), "return": N_("Returns"), "stock": N_("Stock")}
MEASURES = {"money": N_("Money"), "units": N_("Units")}
KNOWN = ("category", "product", "store", "supplier", "customer")
OF_STOCK = ("category", "product", "store", "supplier")
STATISTICS = {
    "count": "count(value)",
    "sum": "sum(value)",
    "mean": "avg(value)",
    "median": "median(value)",
    "least": "min(value)",
    "most": "max(value)",
    "deviation": "stddev_samp(value)",
}


def dimensions(frames: Mapping[str, Mapping[str, str]], kind: str) -> list[str]:
    """What one of `KINDS` can be described by: columns of its lines, own ones too, or what is known of a product."""
    sales = frames["sales"]
    if kind != "stock":
        segment = [SEGMENT] if "customer" in sales else []
        return [*(name for name in KNOWN if name in sales), *segment, *schemas.extras(sales)]
    there = set(frames["stock_moves"]) | set(frames.get("products", ())) | {"category", "supplier"} & set(sales)
    there -= {"store"} - set(frames["stock_moves"])
    return [name for name in OF_STOCK if name in there]


def measures(frames: Mapping[str, Mapping[str, str]], kind: str, unknown: Collection[str]) -> list[str]:
    """Those of `MEASURES` that can be told of a kind; `unknown` columns say nothing of any line."""
    if kind == "stock":
        costs = "unit_cost" in frames["sales"] or "supplier_prices" in frames
        return ["units", *(["money"] if costs else [])]
    lacks = {"money": "amount" in unknown, "units": "quantity" in unknown}
    return [name for name in MEASURES if not lacks[name]]


def condition(column: str, values: Sequence[str], name: str) -> tuple[str, dict[str, Any]]:
    """The lines whose `column` (or segment of the customer) has one of `values`, in SQL, and its value `name`."""
    level = segmenting.segment_of_line() if column == SEGMENT else f"CAST({quoted(column)} AS VARCHAR)"
    return f"list_contains(${name}, coalesce({level}, '{UNKNOWN}'))", {name: list(values)}


def conditions(filters: Mapping[str, Sequence[str]], columns: Collection[str]) -> tuple[str, dict[str, Any]]:
    """The lines that fit all filters whose columns are there (an empty one fits all), and the values of the SQL."""
    there = [(column, values) for column, values in filters.items() if values and column in columns]
    made = [condition(column, values, f"f{place}") for place, (column, values) in enumerate(there)]
    return " AND ".join(sql for sql, _values in made) or "TRUE", {
        name: value for _sql, values in made for name, value in values.items()
    }


def lines(dimension: str, measure: str, where: str = "TRUE") -> str:
    """The query that describes the lines of `$kind` (sale, return) from `$start` to `$end` by a dimension.

    One row a `level`, the largest sum first, before them one of all lines, whose level is missing: the `STATISTICS` of
    what a line is worth, in money or units. What came back is positive. The deviation is that of a sample (n - 1),
    missing for one line.
    """
    level = segmenting.segment_of_line() if dimension == SEGMENT else f"CAST({quoted(dimension)} AS VARCHAR)"
    value = "amount" if measure == "money" else "quantity"
    return _described(f"""
        SELECT coalesce({level}, '{UNKNOWN}') AS level, CASE $kind WHEN 'return' THEN -{value} ELSE {value} END AS value
        FROM sales WHERE line_type = $kind AND timestamp >= $start AND timestamp < $end + INTERVAL 1 DAY AND {where}
    """)  # noqa: S608  # conditions of ours


def stock(frames: Mapping[str, Collection[str]], dimension: str, measure: str, where: str = "TRUE") -> str:
    """The same of what lies on the shelves at the end of the day `$end`: a value a product (and warehouse), in units or
    in money at the last cost of one. What has no known cost is in no sum of money."""
    moved, sales, goods = frames["stock_moves"], frames["sales"], frames.get("products", ())
    key = "product, store" if "store" in moved else "product"
    columns = []
    for name in ("category", "supplier"):
        if name in goods:
            called = "any_value", "products"
        elif name in sales:
            called = "mode", "main.sales"
        else:
            continue
        source = f"FROM {called[1]} AS p WHERE p.product = shelf.product"
        columns.append(f"(SELECT {called[0]}(p.{name}) {source}) AS {name}")
    cost = "1.0"
    if measure == "money" and "unit_cost" in sales:
        cost = (
            "(SELECT arg_max(s.unit_cost, (s.timestamp, s.unit_cost)) FROM main.sales AS s "
            "WHERE s.product = shelf.product AND s.timestamp < $end + INTERVAL 1 DAY AND s.unit_cost IS NOT NULL)"
        )
    elif measure == "money":
        cost = (
            "(SELECT arg_max(p.unit_cost, (p.valid_from, p.unit_cost)) FROM supplier_prices AS p "
            "WHERE p.product = shelf.product AND p.valid_from <= $end)"
        )
    return _described(f"""
        SELECT coalesce(CAST({quoted(dimension)} AS VARCHAR), '{UNKNOWN}') AS level, value FROM (
            SELECT {", ".join([key, *columns])}, on_hand * {cost} AS value FROM (
                {on_hand(frames, "CAST($end AS DATE) + INTERVAL 1 DAY")}
            ) AS shelf
        ) WHERE {where}
    """)  # noqa: S608  # names of ours


def _described(values: str) -> str:
    """The statistics of the column `value` by `level`, and of all."""
    found = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in STATISTICS.items())
    return f"""
        SELECT CASE WHEN grouping(level) = 0 THEN level END AS level, {found} FROM ({values}) WHERE value IS NOT NULL
        GROUP BY GROUPING SETS ((level), ()) HAVING count(value) > 0
        ORDER BY grouping(level) DESC, sum(value) DESC, level
    """  # noqa: S608  # names of ours
