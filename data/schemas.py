"""The canonical tables, a pandera schema each: what a column means, its unit, what it may hold.

A column marked optional may be absent; a page that needs it says so. Extra columns are kept as they are. Numbers
may arrive as numeric text; dates and yes/no columns only as such, because a cast would guess ("01/02/2011") or lie
("No" and missing become True).
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera import dtypes
from pandera.engines import pandas_engine
from pandera.typing import Series

from locales import N_

YES_NO = ["No", "Yes"]
PHONE_ADD_ON = ["No", "Yes", "No phone service"]
INTERNET_ADD_ON = ["No", "Yes", "No internet service"]
CONTRACTS = ["Month-to-month", "One year", "Two year"]
# Names of what is made from sales: a column of one's own may not have them.
RESERVED = (
    "day",
    "revenue",
    "is_sale",
    "price_change",
    "visit",
    "hour",
    "invoice_lines",
    "invoice_value",
    "prediction",
)
LINE_TYPES = ["sale", "return", "discount", "shipping", "fee", "adjustment"]
GOODS = ("sale", "return")  # line types: postage, fees and the like are not what sells
ANEW = 3  # days that an invoice may be written on, or shipped in parts
IS_GOODS = f"line_type IN {GOODS}"  # as a condition of SQL


def order(columns: Iterable[str]) -> str:
    """What names the order of a sales line where invoices are numbered anew every morning, in SQL: an invoice of a day
    (and store); missing where no invoice is known."""
    place = ", store" if "store" in columns else ""
    return f"CASE WHEN invoice IS NOT NULL THEN (invoice, CAST(timestamp AS DATE){place}) END"


def numbered_anew(columns: Iterable[str]) -> str:
    """The query of whether they are (`anew`): on average a number comes on more than `ANEW` days (and stores)."""
    kinds = f"count(DISTINCT {order(columns)}) > {ANEW} * count(DISTINCT invoice)"
    return f"SELECT {kinds} AS anew FROM sales WHERE line_type = 'sale'"  # noqa: S608  # no text from outside


@pandas_engine.Engine.register_dtype
@dtypes.immutable
class TrueFalse(pandas_engine.DataType):
    """True or False in every row, whatever pandas type holds them."""

    type = np.dtype(bool)

    def coerce(self, data_container):  # type: ignore[no-untyped-def]
        """As bool. Raises TypeError where a value is anything else."""
        if pd.api.types.infer_dtype(data_container, skipna=False) != "boolean":
            raise TypeError("not only True and False")
        return data_container.astype(bool)

    def coerce_value(self, value: object) -> object:
        """The value itself (pandera finds the failed cells with this)."""
        if not isinstance(value, bool | np.bool_):
            raise TypeError("neither True nor False")
        return value


@pandas_engine.Engine.register_dtype
@dtypes.immutable
class Outcome(TrueFalse):
    """True, False, or missing where it is not known (yet): bool where all are known, else pandas' "boolean"."""

    def coerce(self, data_container):  # type: ignore[no-untyped-def]
        """As bool or "boolean". Raises TypeError where a value is anything else."""
        if pd.api.types.infer_dtype(data_container, skipna=True) not in ("boolean", "empty"):
            raise TypeError("not only True and False")
        return data_container.astype("boolean" if data_container.isna().any() else bool)

    def coerce_value(self, value: object) -> object:
        """The value itself (pandera finds the failed cells with this)."""
        return value if pd.isna(value) else super().coerce_value(value)

    def check(self, _found, data_container=None):  # type: ignore[no-untyped-def]
        """Whether a column has one of the two types."""
        return data_container is not None and data_container.dtype in (np.dtype(bool), pd.BooleanDtype())


@pandas_engine.Engine.register_dtype
@dtypes.immutable
class Moment(pandas_engine.DataType):
    """A date, or a date and time as the clock on the wall showed it (no time zone), to the microsecond."""

    type = np.dtype("datetime64[us]")

    def coerce(self, data_container):  # type: ignore[no-untyped-def]
        """As datetime64[us]. Raises TypeError for text and for times with a zone."""
        kind = pd.api.types.infer_dtype(data_container, skipna=True)
        if kind not in ("datetime64", "datetime", "date", "empty") or isinstance(
            data_container.dtype, pd.DatetimeTZDtype
        ):
            raise TypeError("not dates")
        return data_container.astype(self.type)

    def coerce_value(self, value: object) -> object:
        """The value itself (pandera finds the failed cells with this)."""
        if not pd.isna(value) and (not isinstance(value, date) or getattr(value, "tzinfo", None)):
            raise TypeError("not a date without time zone")
        return value

    def check(self, _found, data_container=None):  # type: ignore[no-untyped-def]
        """Whether a column has this type (pandera itself takes all datetimes without zone for nanoseconds)."""
        return data_container is not None and data_container.dtype == self.type


class _Table(pa.DataFrameModel):
    class Config:
        strict = False
        coerce = True

    @pa.check(".*", regex=True, name="finite")
    def finite(cls, column: pd.Series) -> pd.Series:  # noqa: N805
        """No infinity: it would be the mean, the maximum and the axis of every figure."""
        return ~np.isinf(column) if column.dtype.kind == "f" else pd.Series(True, column.index)


class Customers(_Table):
    """One row a customer, as known on one day."""

    customer_id: Series[str] = pa.Field(unique=True, description=N_("The customer's identifier."))
    churned: Series[Outcome] = pa.Field(
        nullable=True, description=N_("True: the customer left within the outcome window. Missing: not known (yet).")
    )
    gender: Series[str] | None = pa.Field(nullable=True, description=N_("Female or Male, as the source says."))
    senior_citizen: Series[TrueFalse] | None = pa.Field(description=N_("True: 65 or older."))
    partner: Series[str] | None = pa.Field(nullable=True, isin=YES_NO, description=N_("Lives with a partner."))
    dependents: Series[str] | None = pa.Field(nullable=True, isin=YES_NO, description=N_("Lives with dependents."))
    tenure: Series[float] | None = pa.Field(nullable=True, ge=0, description=N_("Months since the customer joined."))
    phone_service: Series[str] | None = pa.Field(nullable=True, isin=YES_NO, description=N_("Has a phone line."))
    multiple_lines: Series[str] | None = pa.Field(
        nullable=True, isin=PHONE_ADD_ON, description=N_("More than one line.")
    )
    internet_service: Series[str] | None = pa.Field(nullable=True, description=N_("DSL, Fiber optic or No."))
    online_security: Series[str] | None = pa.Field(
        nullable=True, isin=INTERNET_ADD_ON, description=N_("Online security add-on.")
    )
    online_backup: Series[str] | None = pa.Field(
        nullable=True, isin=INTERNET_ADD_ON, description=N_("Online backup add-on.")
    )
    device_protection: Series[str] | None = pa.Field(
        nullable=True, isin=INTERNET_ADD_ON, description=N_("Device protection add-on.")
    )
    tech_support: Series[str] | None = pa.Field(
        nullable=True, isin=INTERNET_ADD_ON, description=N_("Technical support add-on.")
    )
    streaming_tv: Series[str] | None = pa.Field(
        nullable=True, isin=INTERNET_ADD_ON, description=N_("Streams television.")
    )
    streaming_movies: Series[str] | None = pa.Field(
        nullable=True, isin=INTERNET_ADD_ON, description=N_("Streams films.")
    )
    contract: Series[str] | None = pa.Field(nullable=True, description=N_("Month-to-month, One year or Two year."))
    paperless_billing: Series[str] | None = pa.Field(nullable=True, isin=YES_NO, description=N_("Bills by e-mail."))
    payment_method: Series[str] | None = pa.Field(nullable=True, description=N_("How the customer pays."))
    monthly_charges: Series[float] | None = pa.Field(nullable=True, ge=0, description=N_("Bill of a month, in money."))
    total_charges: Series[float] | None = pa.Field(nullable=True, ge=0, description=N_("All bills so far, in money."))


class CustomerHistory(Customers):
    """One row a customer and month-end, as known on that day; customers come back until they leave."""

    day: Series[Moment] = pa.Field(description=N_("The month-end the row is about."))
    customer_id: Series[str] = pa.Field(description=N_("The customer's identifier: one row a month-end."))
    churned: Series[TrueFalse] = pa.Field(description=N_("True: the customer left during the month after that day."))

    class Config:
        unique = ["customer_id", "day"]


class Sales(_Table):
    """One row an invoice line, or what was sold in a period.

    Revenue of a line is its `amount`, else quantity x unit_price; returns have a negative quantity. A source may know
    units or money only: what it does not know is missing in every row.
    """

    source: Series[str] = pa.Field(description=N_("The dataset the line comes from."))
    line_id: Series[str] = pa.Field(unique=True, description=N_("Key of the line: (invoice, product) may repeat."))
    timestamp: Series[Moment] = pa.Field(description=N_("When the line was invoiced, local time of the shop."))
    product: Series[str] = pa.Field(description=N_("Product code."))
    line_type: Series[str] = pa.Field(isin=LINE_TYPES, description=N_("Only sale and return lines are goods."))
    quantity: Series[float] = pa.Field(nullable=True, description=N_("Units, negative when they come back."))
    unit_price: Series[float] = pa.Field(
        nullable=True, description=N_("Price of one unit, in `currency`, after any promotion.")
    )
    amount: Series[float] | None = pa.Field(
        nullable=True, description=N_("What the whole line was sold for, in `currency`; else quantity × unit price.")
    )
    currency: Series[str] = pa.Field(str_matches=r"^[A-Z]{3}$", description=N_("ISO 4217 code."))
    invoice: Series[str] | None = pa.Field(nullable=True, description=N_("Invoice number."))
    customer: Series[str] | None = pa.Field(nullable=True, description=N_("Customer code; missing for walk-ins."))
    description: Series[str] | None = pa.Field(nullable=True, description=N_("Product name."))
    category: Series[str] | None = pa.Field(nullable=True, description=N_("Product category."))
    store: Series[str] | None = pa.Field(nullable=True, description=N_("Shop, or country where there is no shop."))
    supplier: Series[str] | None = pa.Field(nullable=True, description=N_("Who supplies the product."))
    unit_cost: Series[float] | None = pa.Field(nullable=True, description=N_("Purchase cost of one unit."))
    promotion: Series[float] | None = pa.Field(
        nullable=True, ge=0, lt=1, description=N_("Reduction as a share of the list price; 0 is none.")
    )

    @pa.check("quantity", "unit_price", name="known", ignore_na=False)
    def known(cls, column: pd.Series) -> pd.Series:  # noqa: N805
        """In every row, or in none where the source does not know it."""
        return column.notna() | column.isna().all()


class Products(_Table):
    """One row a product."""

    product: Series[str] = pa.Field(unique=True, description=N_("Product code."))
    description: Series[str] = pa.Field(nullable=True, description=N_("Product name."))
    category: Series[str] = pa.Field(nullable=True, description=N_("Product category."))
    list_price: Series[float] | None = pa.Field(nullable=True, ge=0, description=N_("Price without promotion."))
    supplier: Series[str] | None = pa.Field(nullable=True, description=N_("Main supplier."))
    pack_size: Series[float] | None = pa.Field(
        nullable=True, gt=0, description=N_("Units of a pack: orders are of whole packs.")
    )
    unit_cost: Series[float] | None = pa.Field(
        nullable=True, ge=0, description=N_("Purchase cost of one unit, where no price list of a supplier says it.")
    )
    barcode: Series[str] | None = pa.Field(
        nullable=True, description=N_("Digits under the bars (EAN, UPC), by which Open Food Facts knows a product.")
    )


class Stores(_Table):
    """One row a store."""

    store: Series[str] = pa.Field(unique=True, description=N_("Store code."))
    name: Series[str] = pa.Field(description=N_("Store name."))
    country: Series[str] | None = pa.Field(nullable=True, description=N_("Country."))
    opened: Series[Moment] | None = pa.Field(nullable=True, description=N_("First day of business."))


class Suppliers(_Table):
    """One row a supplier."""

    supplier: Series[str] = pa.Field(unique=True, description=N_("Supplier code."))
    name: Series[str] = pa.Field(description=N_("Supplier name."))
    lead_time_mean: Series[float] = pa.Field(ge=0, description=N_("Days from order to delivery, on average."))
    lead_time_std: Series[float] = pa.Field(ge=0, description=N_("Standard deviation of those days."))
    minimum_order: Series[float] | None = pa.Field(
        nullable=True, ge=0, description=N_("Least units of a product per order.")
    )
    minimum_value: Series[float] | None = pa.Field(
        nullable=True, ge=0, description=N_("Least money of an order, all its products together.")
    )
    order_cost: Series[float] | None = pa.Field(
        nullable=True, ge=0, description=N_("What placing and receiving an order costs, however many products it has.")
    )


class SupplierPrices(_Table):
    """One row a product and period: what the supplier asks from a day on."""

    supplier: Series[str] = pa.Field(description=N_("Supplier code."))
    product: Series[str] = pa.Field(description=N_("Product code."))
    valid_from: Series[Moment] = pa.Field(description=N_("First day of this cost."))
    unit_cost: Series[float] = pa.Field(ge=0, description=N_("Purchase cost of one unit."))
    from_quantity: Series[float] | None = pa.Field(
        nullable=True, ge=0, description=N_("Units of an order from which all of them cost this; missing is any.")
    )


class StockMoves(_Table):
    """One row a change of stock: what came in or went out, and what is left after it.

    An order changes nothing yet: its units are under way until the receipt with that day in `ordered`.
    """

    date: Series[Moment] = pa.Field(description=N_("Day of the move."))
    product: Series[str] = pa.Field(description=N_("Product code."))
    store: Series[str] | None = pa.Field(nullable=True, description=N_("Where the stock lies."))
    move: Series[str] = pa.Field(isin=["receipt", "sale", "return", "count", "order"], description=N_("Kind of move."))
    quantity: Series[float] = pa.Field(description=N_("Units, negative when they leave."))
    on_hand: Series[float] = pa.Field(ge=0, description=N_("Units left after the move."))
    ordered: Series[Moment] | None = pa.Field(nullable=True, description=N_("Receipts: the day of the order."))


class StockCount(_Table):
    """One row a product (and store): what lies on its shelves on one day. It is kept as moves of stock."""

    product: Series[str] = pa.Field(description=N_("Product code."))
    on_hand: Series[float] = pa.Field(ge=0, description=N_("Units that were counted."))
    on_order: Series[float] | None = pa.Field(nullable=True, ge=0, description=N_("Units under way."))
    store: Series[str] | None = pa.Field(nullable=True, description=N_("Where the stock lies."))
    date: Series[Moment] | None = pa.Field(description=N_("Day of the count; else the last day of the sales."))


class Calendar(_Table):
    """One row a day: what made it special."""

    date: Series[Moment] = pa.Field(unique=True, description=N_("The day."))
    open: Series[TrueFalse] = pa.Field(description=N_("False: the shops were closed."))
    holiday: Series[str] | None = pa.Field(nullable=True, description=N_("Name of the bank holiday."))
    event: Series[str] | None = pa.Field(nullable=True, description=N_("Anything else worth knowing that day."))
    promotion: Series[float] | None = pa.Field(
        nullable=True, ge=0, lt=1, description=N_("Reduction of all prices that day, as a share: 0.2 is 20% off.")
    )


class Covid(_Table):
    """One row a country (or group of countries) and day. An absent number was not reported; it is not zero.

    Per head and smoothed figures are not kept: they follow from these (see `models.explore.covid`).
    """

    country: Series[pd.CategoricalDtype] = pa.Field(description=N_("Country, or group of countries."))
    date: Series[Moment] = pa.Field(description=N_("The day."))
    code: Series[pd.CategoricalDtype] = pa.Field(
        nullable=True, description=N_("ISO 3166-1 alpha-3, or Our World in Data's own code (OWID_...).")
    )
    continent: Series[pd.CategoricalDtype] = pa.Field(nullable=True, description=N_("Missing for groups of countries."))
    population: Series[float] = pa.Field(nullable=True, ge=0, description=N_("Inhabitants, the latest estimate."))
    total_cases: Series[float] = pa.Field(nullable=True, description=N_("Confirmed cases so far."))
    new_cases: Series[float] = pa.Field(
        nullable=True,
        description=N_("Cases confirmed since the day before; below zero where earlier days were corrected."),
    )
    total_deaths: Series[float] = pa.Field(nullable=True, description=N_("Confirmed deaths so far."))
    new_deaths: Series[float] = pa.Field(
        nullable=True,
        description=N_("Deaths confirmed since the day before; below zero where earlier days were corrected."),
    )
    total_tests: Series[float] | None = pa.Field(nullable=True, description=N_("Tests so far."))
    new_tests_smoothed: Series[np.float32] | None = pa.Field(
        nullable=True, description=N_("Tests a day, 7-day average.")
    )
    positive_rate: Series[np.float32] | None = pa.Field(
        nullable=True, description=N_("Share of tests that are positive, 7-day average.")
    )
    total_vaccinations: Series[float] | None = pa.Field(nullable=True, description=N_("Doses given so far."))
    new_vaccinations_smoothed: Series[np.float32] | None = pa.Field(
        nullable=True, description=N_("Doses a day, 7-day average.")
    )
    people_vaccinated: Series[float] | None = pa.Field(nullable=True, description=N_("People with at least one dose."))
    people_fully_vaccinated: Series[float] | None = pa.Field(
        nullable=True, description=N_("People with all doses of the first protocol.")
    )
    total_boosters: Series[float] | None = pa.Field(nullable=True, description=N_("Doses beyond the first protocol."))
    hosp_patients: Series[np.float32] | None = pa.Field(nullable=True, description=N_("Patients in hospital that day."))
    icu_patients: Series[np.float32] | None = pa.Field(
        nullable=True, description=N_("Patients in intensive care that day.")
    )
    weekly_hosp_admissions: Series[np.float32] | None = pa.Field(
        nullable=True, description=N_("Patients admitted to hospital in the week to that day.")
    )
    weekly_icu_admissions: Series[np.float32] | None = pa.Field(
        nullable=True, description=N_("Patients admitted to intensive care in the week to that day.")
    )
    excess_mortality: Series[np.float32] | None = pa.Field(
        nullable=True, description=N_("Deaths of all causes above those expected from earlier years, in % (P-score).")
    )
    excess_mortality_cumulative_absolute: Series[np.float32] | None = pa.Field(
        nullable=True, description=N_("Deaths of all causes since 2020 less those expected.")
    )
    excess_mortality_cumulative_per_million: Series[np.float32] | None = pa.Field(
        nullable=True, description=N_("The same summed up since 2020, in deaths per million people.")
    )
    reproduction_rate: Series[np.float32] | None = pa.Field(
        nullable=True, description=N_("How many people one case infects, estimated.")
    )
    stringency_index: Series[np.float32] | None = pa.Field(
        nullable=True, description=N_("How strict the government's measures are, 0 to 100.")
    )
    median_age: Series[np.float32] | None = pa.Field(nullable=True, description=N_("Median age, years."))
    life_expectancy: Series[np.float32] | None = pa.Field(
        nullable=True, description=N_("Life expectancy at birth, years.")
    )
    gdp_per_capita: Series[np.float32] | None = pa.Field(
        nullable=True, description=N_("Gross domestic product per person, international dollars.")
    )
    population_density: Series[np.float32] | None = pa.Field(
        nullable=True, description=N_("Inhabitants per square kilometre.")
    )
    hospital_beds_per_thousand: Series[np.float32] | None = pa.Field(
        nullable=True, description=N_("Hospital beds per 1,000 people.")
    )
    human_development_index: Series[np.float32] | None = pa.Field(
        nullable=True, description=N_("Human Development Index, 0 to 1.")
    )
    diabetes_prevalence: Series[np.float32] | None = pa.Field(
        nullable=True, description=N_("People aged 20 to 79 with diabetes, in %.")
    )


SCHEMAS: dict[str, type[pa.DataFrameModel]] = {
    "customers": Customers,
    "history": CustomerHistory,
    "sales": Sales,
    "products": Products,
    "stores": Stores,
    "suppliers": Suppliers,
    "supplier_prices": SupplierPrices,
    "stock_moves": StockMoves,
    "stock_count": StockCount,
    "calendar": Calendar,
    "covid": Covid,
}


def check(table: str, frame: pd.DataFrame, inplace: bool = False) -> pd.DataFrame:
    """`frame` with the types of its schema. Raises `pandera.errors.SchemaErrors` listing every failed cell.

    With `inplace` a large frame that nobody else uses is not copied first.
    """
    return SCHEMAS[table].validate(frame, lazy=True, inplace=inplace)


def amounts(sales: pd.DataFrame) -> pd.Series:
    """What each line of a sales table was sold for: its `amount` where that is known, else quantity x unit_price."""
    return sales["amount"] if "amount" in sales else sales["quantity"] * sales["unit_price"]


def extras(kinds: Mapping[str, str], kind: str = "category", table: str = "sales") -> list[str]:
    """The columns of one's own in sales, or another table, whose columns have these pandas types: those of one `kind`.

    In sales "category" are those to compare by, of products "str".
    """
    known = columns(table)
    return [name for name, one in kinds.items() if name not in known and one == kind]


def own_name(source: str) -> str:
    """The name under which a column of one's own is kept, by what its file calls it, joined by underscores."""
    return re.sub(r"\W+", "_", unicodedata.normalize("NFKC", str(source)).casefold()).strip("_") or "column"


def written(kinds: Mapping[str, str], header: Iterable[str], table: str) -> dict[str, str]:
    """What a file calls the columns of one's own that are kept of it (name -> as its `header` writes it).

    Those of which that is not clear, and those called like another one, are not among them.
    """
    own = {name for name in kinds if name not in columns(table)}
    called = [(name, source) for source in header if (name := own_name(source)) in own]
    names = Counter(name for name, _source in called)
    words = Counter(" ".join(re.findall(r"\w+", source)).casefold() for _name, source in called)
    return {name: source for name, source in called
            if names[name] == 1 and words[" ".join(re.findall(r"\w+", source)).casefold()] == 1}  # fmt: skip


def dimensions(kinds: Mapping[str, str], known: Iterable[str]) -> list[str]:
    """What sales whose columns have these pandas types can be parted by: those of the `known` columns that they have,
    then the columns of one's own."""
    return [*(name for name in known if name in kinds), *extras(kinds)]


def required(table: str) -> list[str]:
    """The columns a table cannot do without."""
    return [name for name, column in SCHEMAS[table].to_schema().columns.items() if column.required]


def columns(table: str) -> dict[str, str]:
    """What each column means, required or not, in English (marked for translation)."""
    return {name: column.description or "" for name, column in SCHEMAS[table].to_schema().columns.items()}
