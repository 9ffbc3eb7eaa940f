"""What is earned: from gross sales to net margin, products that lose money and why, and what a rise would change.

Each query is made for the columns that a sales table has and answered by `data.tables.query` for the days from `$start`
to `$end`. Money is in the data's currency. Revenue is that of goods, as in `models.sales.overview`.
"""

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from data import schemas, tables
from data.schemas import IS_GOODS
from locales import N_
from models.forecast import switching
from models.forecast.elasticity import Elasticity

DIMENSIONS = ("product", "category", "supplier", "store", "customer")  # and columns of one's own
DAYS = "timestamp >= $start AND timestamp < $end + INTERVAL 1 DAY"
STEPS = {  # in their order; those between revenue and margin are no goods
    "gross": N_("Gross sales"),
    "reductions": N_("Promotions"),
    "returns": N_("Returns"),
    "discounts": N_("Discounts"),
    "shipping": N_("Shipping"),
    "fees": N_("Fees"),
    "adjustments": N_("Adjustments"),
    "uncosted": N_("Without a cost"),
    "cost": N_("Cost of goods"),
}
LOSSES = {
    "cost": N_("Price below cost"),
    "reductions": N_("Promotions"),
    "returns": N_("Returns"),
}


def parts_of(columns: Collection[str]) -> tuple[str, str]:
    """The gross amount and the cost of a line, in SQL."""
    gross = "amount / (1 - coalesce(promotion, 0))" if "promotion" in columns else "amount"
    return gross, "quantity * unit_cost" if "unit_cost" in columns else "NULL::DOUBLE"


def total(columns: Collection[str]) -> str:
    """The query of `waterfall`."""
    gross, cost = parts_of(columns)
    kinds = {"discounts": "discount", "shipping": "shipping", "fees": "fee", "adjustments": "adjustment"}
    others = ", ".join(f"sum(amount) FILTER (line_type = '{kind}') AS {name}" for name, kind in kinds.items())
    return f"""
        SELECT sum({gross}) FILTER (line_type = 'sale') AS gross,
               sum(amount - {gross}) FILTER (line_type = 'sale') AS reductions,
               sum(amount) FILTER (line_type = 'return') AS returns, {others},
               -sum(amount) FILTER ({IS_GOODS} AND {cost} IS NULL) AS uncosted,
               -sum({cost}) FILTER ({IS_GOODS}) AS cost
        FROM sales WHERE {DAYS}
    """  # noqa: S608  # no text from outside


def waterfall(found: pd.DataFrame) -> pd.DataFrame:
    """What `total` answers as steps: one row a `step` of `STEPS` with its `amount` and the `level` reached after it.

    Levels are rounded to the cent and amounts are what lies between them, so that they add up to it. Where no cost is
    known of any line the steps end before costs. Steps of no lines are left out.
    """
    row = found.iloc[0]
    steps = [step for step in STEPS if row[step] == row[step]]
    if "cost" not in steps:
        steps = [step for step in steps if step != "uncosted"]
    level = np.round(np.cumsum([float(row[step]) for step in steps]), 2) + 0.0
    made = pd.DataFrame({"step": steps, "amount": np.round(np.diff(level, prepend=0.0), 2), "level": level})
    return made[(made["amount"] != 0) | (made["step"] == "gross")].reset_index(drop=True)


def revenue(steps: pd.DataFrame) -> float:
    """The revenue of goods in a `waterfall`, to the cent."""
    return float(steps.loc[steps["step"].isin(["gross", "reductions", "returns"]), "amount"].sum())


def dimensions(columns: Mapping[str, str]) -> list[str]:
    """What the goods of sales whose `columns` have these pandas types can be told by."""
    return schemas.dimensions(columns, DIMENSIONS)


def by(columns: Mapping[str, str], dimension: str) -> str:
    """The query of the goods of each `level` of one of `dimensions`, the most margin (or revenue) first.

    Columns: `level` (missing where a line does not say), `units`, `revenue`, `costed` (revenue with a known cost),
    `cost`, `margin` (of what is costed), `margin_share`. Missing where no cost is known.
    """
    if dimension not in dimensions(columns):
        raise ValueError(dimension)
    cost = parts_of(columns)[1]
    return f"""
        SELECT *, costed - cost AS margin, (costed - cost) / nullif(greatest(costed, 0), 0) AS margin_share FROM (
            SELECT {tables.quoted(dimension)} AS level, sum(quantity) AS units, sum(amount) AS revenue,
                   sum(amount) FILTER ({cost} IS NOT NULL) AS costed, sum({cost}) AS cost
            FROM sales WHERE {IS_GOODS} AND {DAYS} GROUP BY 1
        ) ORDER BY coalesce(margin, revenue) DESC, level
    """  # noqa: S608  # no text from outside


def losing(columns: Collection[str]) -> str:
    """The query of `losses`: the products whose goods with a known cost earned less than nothing."""
    gross, cost = parts_of(columns)
    return f"""
        SELECT product, sum(amount) AS revenue, sum(amount - {cost}) AS margin,
               coalesce(sum({gross} - {cost}) FILTER (line_type = 'sale'), 0) AS listed,
               coalesce(sum(amount - {cost}) FILTER (line_type = 'sale'), 0) AS sold,
               coalesce(sum(amount) FILTER (line_type = 'return'), 0) AS returned
        FROM sales WHERE {IS_GOODS} AND {DAYS} AND {cost} IS NOT NULL
        GROUP BY 1 HAVING round(sum(amount - {cost}), 2) < 0 ORDER BY margin, product
    """  # noqa: S608  # no text from outside


def losses(found: pd.DataFrame) -> pd.DataFrame:
    """What `losing` answers, the most money first, with the `reason` (of `LOSSES`) of each product.

    `listed` is the margin that its sales would have had without promotions, `sold` the one that they had. The first
    that is below zero names the reason: the price is below the cost, or promotions took it there; where both are above,
    what came back had earned more than what was sold.
    """
    reason = np.select([found["listed"] < 0, found["sold"] < 0], ["cost", "reductions"], "returns")
    return found.assign(reason=reason)


def raised(columns: Collection[str], supplier: str | None) -> str:
    """The query of `what_if`: revenue and cost of the products with known costs, by category, of `$supplier` if one.

    `weight` is the share of the category's units that get dearer. Where all products do, they are one range ("").
    """
    cost = parts_of(columns)[1]
    only = "supplier = $supplier" if supplier is not None else "TRUE"
    category = "coalesce(category, '')" if supplier is not None and "category" in columns else "''"
    return f"""
        SELECT {category} AS category, sum(amount) FILTER ({only} AND {cost} IS NOT NULL) AS revenue,
               sum({cost}) FILTER ({only}) AS cost,
               least(greatest(sum(quantity) FILTER ({only}) / nullif(greatest(sum(quantity), 0), 0), 0), 1) AS weight
        FROM sales WHERE {IS_GOODS} AND {DAYS} GROUP BY 1 HAVING cost IS NOT NULL ORDER BY 1
    """  # noqa: S608  # no text from outside


def what_if(
    sold: pd.DataFrame, costs: float, prices: float, elasticities: Mapping[str, Elasticity]
) -> tuple[float, float, float]:
    """The margin of the goods of `raised` had costs and prices been higher by these shares: the best guess, NaN where
    the data know none, and from and to over all ends of what `switching.known` knows."""
    total = np.zeros(3)
    for one in sold.itertuples(index=False):
        weight = float(one.weight) if one.weight == one.weight else 1.0
        units, paid = np.array([weight, 1 - weight]), np.array([1 + prices, 1.0])
        margins = []
        for own, whole in switching.corners(switching.known(elasticities, one.category)) if prices else [(0.0, 0.0)]:
            own_ = own if np.isfinite(own) or weight < 1 else whole  # all at once need not tell what one product would
            sells = float(switching.answered(units, paid, own_, whole)[0])
            margins.append(sells * (one.revenue * (1 + prices) - one.cost * (1 + costs)))
        total += margins[0], np.nanmin(margins), np.nanmax(margins)
    return float(total[0]), float(total[1]), float(total[2])


def valid(prices: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """The last price of each supplier and product by `day`, above zero.

    `prices` are `data.schemas.SupplierPrices`; of prices by quantity it is the one for any or the smallest order.
    """
    known = prices[prices["valid_from"] <= day]
    if "from_quantity" in known:
        least = known["from_quantity"].fillna(0)
        known = known[least == least.groupby([known["supplier"], known["product"]]).transform("min")]
    last = known.sort_values("valid_from", kind="stable").drop_duplicates(["supplier", "product"], keep="last")
    return last[last["unit_cost"] > 0]


def against_cheapest(prices: pd.DataFrame, day: pd.Timestamp, revenues: pd.Series, most: int = 15) -> pd.DataFrame:
    """Supplier (rows) by product: each price valid on `day` over the cheapest one, 1 for that; NaN: does not offer it.

    Of the products that two suppliers or more offer, those with the most revenue (a series by product).
    """
    last = valid(prices, day)
    wide = last.pivot_table(index="supplier", columns="product", values="unit_cost")
    wide = wide.loc[:, wide.notna().sum() > 1]
    order = revenues.reindex(wide.columns).fillna(0).sort_values(ascending=False, kind="stable").index[:most]
    wide = wide[order].dropna(how="all")
    return wide / wide.min()
