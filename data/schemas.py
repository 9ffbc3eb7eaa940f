"""The canonical tables, a pandera schema each: what a column means, its unit, what it may hold.

A column marked optional may be absent; a page that needs it says so. Extra columns are kept as they are.
"""

import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series

YES_NO = ["No", "Yes"]
PHONE_ADD_ON = ["No", "Yes", "No phone service"]
INTERNET_ADD_ON = ["No", "Yes", "No internet service"]
CONTRACTS = ["Month-to-month", "One year", "Two year"]
LINE_TYPES = ["sale", "return", "discount", "shipping", "fee", "adjustment"]


class _Table(pa.DataFrameModel):
    class Config:
        strict = False
        coerce = True


class Customers(_Table):
    """One row a customer, as known on one day."""

    customer_id: Series[str] = pa.Field(unique=True, description="The customer's identifier.")
    churned: Series[bool] = pa.Field(description="True: the customer left during the last month.")
    gender: Series[str] | None = pa.Field(nullable=True, description="Female or Male, as the source says.")
    senior_citizen: Series[bool] | None = pa.Field(description="True: 65 or older.")
    partner: Series[str] | None = pa.Field(nullable=True, isin=YES_NO, description="Lives with a partner.")
    dependents: Series[str] | None = pa.Field(nullable=True, isin=YES_NO, description="Lives with dependents.")
    tenure: Series[float] | None = pa.Field(nullable=True, ge=0, description="Months since the customer joined.")
    phone_service: Series[str] | None = pa.Field(nullable=True, isin=YES_NO, description="Has a phone line.")
    multiple_lines: Series[str] | None = pa.Field(nullable=True, isin=PHONE_ADD_ON, description="More than one line.")
    internet_service: Series[str] | None = pa.Field(nullable=True, description="DSL, Fiber optic or No.")
    online_security: Series[str] | None = pa.Field(nullable=True, isin=INTERNET_ADD_ON, description="Add-on.")
    online_backup: Series[str] | None = pa.Field(nullable=True, isin=INTERNET_ADD_ON, description="Add-on.")
    device_protection: Series[str] | None = pa.Field(nullable=True, isin=INTERNET_ADD_ON, description="Add-on.")
    tech_support: Series[str] | None = pa.Field(nullable=True, isin=INTERNET_ADD_ON, description="Add-on.")
    streaming_tv: Series[str] | None = pa.Field(nullable=True, isin=INTERNET_ADD_ON, description="Add-on.")
    streaming_movies: Series[str] | None = pa.Field(nullable=True, isin=INTERNET_ADD_ON, description="Add-on.")
    contract: Series[str] | None = pa.Field(nullable=True, description="Month-to-month, One year or Two year.")
    paperless_billing: Series[str] | None = pa.Field(nullable=True, isin=YES_NO, description="Bills by e-mail.")
    payment_method: Series[str] | None = pa.Field(nullable=True, description="How the customer pays.")
    monthly_charges: Series[float] | None = pa.Field(nullable=True, ge=0, description="Bill of a month, in money.")
    total_charges: Series[float] | None = pa.Field(nullable=True, ge=0, description="All bills so far, in money.")


class Sales(_Table):
    """One row an invoice line. Revenue of a line is quantity x unit_price; returns have a negative quantity."""

    source: Series[str] = pa.Field(description="The dataset the line comes from.")
    line_id: Series[str] = pa.Field(unique=True, description="Key of the line: (invoice, product) may repeat.")
    timestamp: Series[pd.Timestamp] = pa.Field(description="When the line was invoiced, local time of the shop.")
    product: Series[str] = pa.Field(description="Product code.")
    line_type: Series[str] = pa.Field(isin=LINE_TYPES, description="Only sale and return lines are goods.")
    quantity: Series[float] = pa.Field(description="Units, negative when they come back.")
    unit_price: Series[float] = pa.Field(description="Price of one unit, in `currency`, after any promotion.")
    currency: Series[str] = pa.Field(str_matches=r"^[A-Z]{3}$", description="ISO 4217 code.")
    invoice: Series[str] | None = pa.Field(nullable=True, description="Invoice number.")
    customer: Series[str] | None = pa.Field(nullable=True, description="Customer code; missing for walk-ins.")
    description: Series[str] | None = pa.Field(nullable=True, description="Product name.")
    category: Series[str] | None = pa.Field(nullable=True, description="Product category.")
    store: Series[str] | None = pa.Field(nullable=True, description="Shop, or country where there is no shop.")
    supplier: Series[str] | None = pa.Field(nullable=True, description="Who supplies the product.")
    unit_cost: Series[float] | None = pa.Field(nullable=True, description="Purchase cost of one unit.")
    promotion: Series[float] | None = pa.Field(
        nullable=True, ge=0, lt=1, description="Reduction as a share of the list price; 0 is none."
    )


class Products(_Table):
    """One row a product."""

    product: Series[str] = pa.Field(unique=True, description="Product code.")
    description: Series[str] = pa.Field(nullable=True, description="Product name.")
    category: Series[str] = pa.Field(nullable=True, description="Product category.")
    list_price: Series[float] | None = pa.Field(nullable=True, ge=0, description="Price without promotion.")
    supplier: Series[str] | None = pa.Field(nullable=True, description="Main supplier.")


class Stores(_Table):
    """One row a store."""

    store: Series[str] = pa.Field(unique=True, description="Store code.")
    name: Series[str] = pa.Field(description="Store name.")
    country: Series[str] | None = pa.Field(nullable=True, description="Country.")
    opened: Series[pd.Timestamp] | None = pa.Field(nullable=True, description="First day of business.")


class Suppliers(_Table):
    """One row a supplier."""

    supplier: Series[str] = pa.Field(unique=True, description="Supplier code.")
    name: Series[str] = pa.Field(description="Supplier name.")
    lead_time_mean: Series[float] = pa.Field(ge=0, description="Days from order to delivery, on average.")
    lead_time_std: Series[float] = pa.Field(ge=0, description="Standard deviation of those days.")
    minimum_order: Series[float] | None = pa.Field(nullable=True, ge=0, description="Least units per order.")


class SupplierPrices(_Table):
    """One row a product and period: what the supplier asks from a day on."""

    supplier: Series[str] = pa.Field(description="Supplier code.")
    product: Series[str] = pa.Field(description="Product code.")
    valid_from: Series[pd.Timestamp] = pa.Field(description="First day of this cost.")
    unit_cost: Series[float] = pa.Field(ge=0, description="Purchase cost of one unit.")


class StockMoves(_Table):
    """One row a change of stock: what came in or went out, and what is left after it."""

    date: Series[pd.Timestamp] = pa.Field(description="Day of the move.")
    product: Series[str] = pa.Field(description="Product code.")
    store: Series[str] | None = pa.Field(nullable=True, description="Where the stock lies.")
    move: Series[str] = pa.Field(isin=["receipt", "sale", "return", "count"], description="Kind of move.")
    quantity: Series[float] = pa.Field(description="Units, negative when they leave.")
    on_hand: Series[float] = pa.Field(ge=0, description="Units left after the move.")
    ordered: Series[pd.Timestamp] | None = pa.Field(nullable=True, description="Receipts: the day of the order.")


class Calendar(_Table):
    """One row a day: what made it special."""

    date: Series[pd.Timestamp] = pa.Field(unique=True, description="The day.")
    open: Series[bool] = pa.Field(description="False: the shops were closed.")
    holiday: Series[str] | None = pa.Field(nullable=True, description="Name of the bank holiday.")
    event: Series[str] | None = pa.Field(nullable=True, description="Anything else worth knowing that day.")


SCHEMAS: dict[str, type[pa.DataFrameModel]] = {
    "customers": Customers,
    "sales": Sales,
    "products": Products,
    "stores": Stores,
    "suppliers": Suppliers,
    "supplier_prices": SupplierPrices,
    "stock_moves": StockMoves,
    "calendar": Calendar,
}


def check(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with the types of its schema. Raises `pandera.errors.SchemaErrors` listing every failed cell."""
    return SCHEMAS[table].validate(frame, lazy=True)
