"""Measures, and what they can be split by: each as SQL over the columns of `data.schemas`.

A formula stands here once. Revenue, returns, cost and margin are those of `models.sales.overview` and
`models.products.margins`; orders and customers are counted where something was sold.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from data.schemas import IS_GOODS
from locales import N_
from models import segmenting

Unit = Literal["money", "units", "count", "share", "days", "number"]
SALE = "line_type = 'sale'"
TIME = "time_of_day"  # as a column: whether lines say more than a day
LATELY = 28  # days whose sales say how long the stock lasts
GONE = 90  # days at zero after which a product counts as discontinued, not as sold out
PEOPLE = "customers"
Statistic = Literal["max", "min", "median"]
STATISTICS: tuple[Statistic, ...] = ("max", "min", "median")  # of single lines, or customers; functions of SQL, too
ROW: Statistic = "median"  # which of them stands for the number of a single row
OF_A_LINE = {"revenue": "amount", "gross_sales": "amount", "units": "quantity", "price": "unit_price"}
LINE: Mapping[str, tuple[Unit, str]] = {  # what each line says, and what that is called
    "amount": ("money", N_("Amount")),
    "quantity": ("units", N_("Units")),
    "unit_price": ("money", N_("Price")),
}


@dataclass(frozen=True)
class Measure:
    """A number that can be asked for: its formula in SQL over the rows of `table`, which needs these columns.

    `words` are what people call it. `additive`: the parts add up to the whole, so that shares of it make sense.
    `said`: the column of the table of products that it reads (see `models.ask.definitions.lines`). `row` is the number
    of a single row that it is of, in SQL, NULL where a row does not count; "" for what is no such number.
    """

    name: str
    title: str
    sql: str
    unit: Unit
    meaning: str
    needs: tuple[str, ...] = ()
    table: str = "sales"
    additive: bool = True
    own: Literal["", "sum", "mean", "distinct"] | Statistic = ""  # of the column `title`, a measure only by this
    words: tuple[str, ...] = ()
    said: str = ""
    row: str = ""


@dataclass(frozen=True)
class Dimension:
    """What a measure can be split by and kept to: an expression for each table that has it.

    `levels`: its values are known by name, and can be found in a question, unless they are not `spoken` (people say
    "new" and "lost" of other things). `said`: the column of the table of products that it is (see
    `models.ask.definitions.lines`).
    """

    name: str
    title: str
    sql: Mapping[str, str]
    needs: tuple[str, ...] = ()
    levels: bool = True
    own: bool = False  # `title` is the name of a column
    spoken: bool = True
    words: tuple[str, ...] = ()
    said: str = ""


_COSTED = f"sum(amount) FILTER ({IS_GOODS} AND unit_cost IS NOT NULL)"
_COST = f"sum(quantity * unit_cost) FILTER ({IS_GOODS})"
_BACK = "CASE WHEN count(*) > 0 THEN 0 - coalesce(sum({what}) FILTER (line_type = 'return'), 0) END"
_SOLD = f"sum(amount) FILTER ({SALE})"
_GIVEN = (
    f"sum(amount * {{off}} / (1 - {{off}})) FILTER ({SALE}) - coalesce(sum(amount) FILTER (line_type = 'discount'), 0)"
)
_ORDERS = f"count(DISTINCT invoice) FILTER ({SALE})"
_BUYERS = f"count(DISTINCT customer) FILTER ({SALE})"

MEASURES = (
    Measure(
        "revenue",
        N_("Revenue"),
        f"sum(amount) FILTER ({IS_GOODS})",
        "money",
        N_("what goods were sold for, less what came back"),
        ("amount",),
    ),
    Measure(
        "gross_sales",
        N_("Sales before returns"),
        _SOLD,
        "money",
        N_("what goods were sold for, before anything came back"),
        ("amount",),
    ),
    Measure(
        "units",
        N_("Units"),
        f"sum(quantity) FILTER ({IS_GOODS})",
        "units",
        N_("units sold, less those that came back"),
        ("quantity",),
    ),
    Measure(
        "orders",
        N_("Orders"),
        _ORDERS,
        "count",
        N_("invoices on which something was sold"),
        ("invoice",),
        additive=False,
    ),
    Measure(
        "customers",
        N_("Customers"),
        _BUYERS,
        "count",
        N_("customers who bought, as far as lines name them"),
        ("customer",),
        additive=False,
    ),
    Measure(
        "new_customers",
        N_("New customers"),
        f"count(DISTINCT customer) FILTER ({SALE} AND timestamp < date_trunc('day', first_bought) + INTERVAL 1 DAY)",
        "count",
        N_("customers who bought for the first time in the data"),
        ("customer",),
        additive=False,
    ),
    Measure(
        "products",
        N_("Products sold"),
        f"count(DISTINCT product) FILTER ({SALE})",
        "count",
        N_("different products that were sold"),
        ("product",),
        additive=False,
    ),
    Measure(
        "stores",
        N_("Stores that sold"),
        f"count(DISTINCT store) FILTER ({SALE})",
        "count",
        N_("stores in which something was sold"),
        ("store",),
        additive=False,
    ),
    Measure(
        "lines",
        N_("Lines"),
        f"count(*) FILTER ({IS_GOODS})",
        "count",
        N_("invoice lines of goods"),
    ),
    Measure(
        "basket",
        N_("Basket"),
        f"{_SOLD} / nullif({_ORDERS}, 0)",
        "money",
        N_("amount sold an order"),
        ("amount", "invoice"),
        additive=False,
    ),
    Measure(
        "revenue_per_customer",
        N_("Revenue per customer"),
        f"sum(amount) FILTER ({IS_GOODS} AND customer IS NOT NULL) / nullif({_BUYERS}, 0)",
        "money",
        N_("revenue of lines that name a customer, for each of them"),
        ("amount", "customer"),
        additive=False,
    ),
    Measure(
        "orders_per_customer",
        N_("Orders per customer"),
        f"count(DISTINCT invoice) FILTER ({SALE} AND customer IS NOT NULL) / nullif({_BUYERS}, 0)",
        "number",
        N_("orders that name a customer, for each of them"),
        ("invoice", "customer"),
        additive=False,
    ),
    Measure(
        "units_per_order",
        N_("Units per order"),
        f"sum(quantity) FILTER ({SALE}) / nullif({_ORDERS}, 0)",
        "number",
        N_("units sold an order"),
        ("quantity", "invoice"),
        additive=False,
    ),
    Measure(
        "price",
        N_("Average price"),
        f"{_SOLD} / nullif(sum(quantity) FILTER ({SALE}), 0)",
        "money",
        N_("amount sold a unit"),
        ("amount", "quantity"),
        additive=False,
    ),
    Measure(
        "returned",
        N_("Returned"),
        _BACK.format(what="amount"),
        "money",
        N_("what came back, in money"),
        ("amount",),
    ),
    Measure(
        "return_rate",
        N_("Return rate"),
        f"{_BACK.format(what='amount')} / nullif({_SOLD}, 0)",
        "share",
        N_("what came back, as a share of what was sold"),
        ("amount",),
        additive=False,
    ),
    Measure(
        "units_returned",
        N_("Units returned"),
        _BACK.format(what="quantity"),
        "units",
        N_("units that came back"),
        ("quantity",),
    ),
    Measure(
        "discount",
        N_("Discounts"),
        _GIVEN,
        "money",
        N_("what promotions and discounts took off the list price"),
        ("amount",),
    ),
    Measure(
        "discount_rate",
        N_("Discount rate"),
        f"({_GIVEN}) / nullif(sum(amount / (1 - {{off}})) FILTER ({SALE}), 0)",
        "share",
        N_("promotions and discounts as a share of the list price"),
        ("amount", "promotion"),
        additive=False,
    ),
    Measure(
        "cost",
        N_("Cost of goods"),
        _COST,
        "money",
        N_("units sold less returned, times what one costs"),
        ("quantity", "unit_cost"),
    ),
    Measure(
        "unit_cost",
        N_("Average unit cost"),
        f"({_COST}) / nullif(sum(quantity) FILTER ({IS_GOODS} AND unit_cost IS NOT NULL), 0)",
        "money",
        N_("cost of goods a unit, where a cost is known"),
        ("quantity", "unit_cost"),
        additive=False,
    ),
    Measure(
        "margin",
        N_("Margin"),
        f"{_COSTED} - {_COST}",
        "money",
        N_("revenue less the cost of goods, where a cost is known"),
        ("amount", "quantity", "unit_cost"),
    ),
    Measure(
        "margin_rate",
        N_("Margin rate"),
        f"({_COSTED} - {_COST}) / nullif(greatest({_COSTED}, 0), 0)",
        "share",
        N_("margin as a share of the revenue with a known cost"),
        ("amount", "quantity", "unit_cost"),
        additive=False,
    ),
    Measure(
        "shipping",
        N_("Shipping"),
        "sum(amount) FILTER (line_type = 'shipping')",
        "money",
        N_("what customers paid for shipping"),
        ("amount",),
    ),
    Measure(
        "fees",
        N_("Fees"),
        "sum(amount) FILTER (line_type = 'fee')",
        "money",
        N_("fees among the lines"),
        ("amount",),
    ),
)

STOCK = (
    Measure(
        "stock_units",
        N_("Units in stock"),
        "sum(on_hand)",
        "units",
        N_("units on hand on the last day, of the products of which that is known"),
        table="stock",
    ),
    Measure(
        "stock_value",
        N_("Stock value"),
        "sum(on_hand * unit_cost)",
        "money",
        N_("units on hand on the last day, where that is known, times what one costs"),
        ("unit_cost",),
        table="stock",
    ),
    Measure(
        "days_of_cover",
        N_("Days of cover"),
        f"sum(on_hand) / nullif(sum(lately) / {LATELY}.0, 0)",
        "days",
        N_("how long the stock lasts at the sales of the last 28 days"),
        ("quantity",),
        table="stock",
        additive=False,
    ),
    Measure(
        "stock_out_days",
        N_("Stock-out days"),
        "sum(out_days)",
        "days",
        N_("days with sales on which a product had nothing on hand in the evening, added up over products"),
        table="stock",
    ),
)

DIMENSIONS = (
    Dimension("product", N_("Product"), {"sales": "product", "stock": "product"}, ("product",)),
    Dimension("category", N_("Category"), {"sales": "category", "stock": "category"}, ("category",)),
    Dimension("store", N_("Store"), {"sales": "store", "stock": "store"}, ("store",)),
    Dimension("supplier", N_("Supplier"), {"sales": "supplier", "stock": "supplier"}, ("supplier",)),
    Dimension("customer", N_("Customer"), {"sales": "customer"}, ("customer",)),
    Dimension(
        segmenting.SEGMENT,
        N_("Customer segment"),
        {"sales": segmenting.segment_of_line()},
        ("customer", "amount"),
        spoken=False,
    ),
    Dimension(
        "country",
        N_("Country"),
        {"sales": "(SELECT any_value(s.country) FROM stores AS s WHERE s.store = sales.store)"},
        ("store", "stores.country"),
    ),
    Dimension("weekday", N_("Day of the week"), {"sales": "isodow(timestamp)"}, levels=False),
    Dimension("hour", N_("Hour of the day"), {"sales": "hour(timestamp)"}, (TIME,), levels=False),
    Dimension("month_of_year", N_("Month of the year"), {"sales": "month(timestamp)"}, levels=False),
)

OF_PEOPLE = (
    Measure(
        f"{PEOPLE}.count",
        N_("Customers, staying or gone"),
        "count(*)",
        "count",
        N_("customers in the table of who stays and who leaves"),
        table=PEOPLE,
    ),
    Measure(
        f"{PEOPLE}.churn_rate",
        N_("Churn rate"),
        "avg(churned::INTEGER)",
        "share",
        N_("customers who left, as a share of all"),
        ("churned",),
        table=PEOPLE,
        additive=False,
    ),
    Measure(
        f"{PEOPLE}.left",
        N_("Customers who left"),
        "count(*) FILTER (churned)",
        "count",
        N_("customers who left"),
        ("churned",),
        table=PEOPLE,
    ),
)
