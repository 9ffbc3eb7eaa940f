"""What is watched of a table: for every day, the columns whose shape a model relies on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from data import schemas, tables
from data.dataset import Table
from data.tables import Stored
from models.drift import bins
from models.drift.bins import Bins

USUAL_WEEKS = 13  # weeks before, over which a product's usual price is the median of its weekly medians
STEPS = (-0.2, -0.05, 0.05, 0.2)  # of the price against the usual one
PRICES = ("much lower", "lower", "as usual", "higher", "much higher")  # lower: by 5 to 20 %
PREDICTION = "prediction"  # the column of what a model says of the rows that are watched
TRUTH = "churned"  # the column of what came true, which no model was told
# Kinds of rows that are watched together, by a column that they have.
KINDS = {"unit_price": "lines", "invoice_lines": "invoices", "contract": "customers"}
SOON = 28  # days within which a customer is back soon
VISITS = ("walk-in", "back soon", "first or long ago")
WARM_UP = 28  # days at the start that know no earlier visit or price
LOOKS_BACK = ("price_change", "visit")  # columns that are made from these
# Of the sale lines themselves, where the source has them.
LINE_COLUMNS = ("quantity", "unit_price", "promotion", "category", "supplier", "product", "line_type")
MAX_OWN, LEVELS = 8, 50  # columns of one's own that are watched too, the first ones; values of those that are kinds

READ = ("line_id", "timestamp", "invoice", "customer", "store", "amount", *LINE_COLUMNS)


@dataclass(frozen=True)
class Sheet:
    """Rows that are watched together: their columns, the day of each, and which of them are independent (`unit`: the
    lines of an invoice are not); `who` is the customer of each row, where that is known."""

    frame: pd.DataFrame
    day: np.ndarray
    unit: np.ndarray
    who: pd.Series | None = None


def sales(lines: pd.DataFrame) -> tuple[Sheet, ...]:
    """The goods of a sales table (see `data.schemas.Sales`): one sheet of lines and, where known, one of invoices.

    `price_change` compares the price before any promotion with the product's usual one; `visit` is the customer's
    rhythm: back within `SOON` days or not, or unknown (a walk-in); `invoice_value` is in money.
    """
    goods = lines[lines["line_type"].isin(["sale", "return"])].reset_index(drop=True)
    day = goods["timestamp"].to_numpy().astype("datetime64[D]")
    unit = pd.factorize(goods["invoice"] if "invoice" in goods else goods["line_id"])[0]
    alone = unit < 0  # a line without a number is an invoice of its own
    unit[alone] = unit.max() + 1 + np.arange(alone.sum())
    columns: dict[str, object] = {
        name: goods[name]
        for name in (*LINE_COLUMNS, *_own(lines))
        if name in goods and (goods[name].notna().any() or goods.empty)
    }
    if "unit_price" in columns:  # else the source knows no prices
        columns["price_change"] = _price_change(goods, day)
    who = goods.get("customer")
    sheets = [Sheet(pd.DataFrame(columns), day, unit, who)]
    if "invoice" not in goods:
        if "store" in goods:
            sheets[0].frame["store"] = goods["store"]
        return tuple(sheets)
    head = np.flatnonzero(~pd.Series(unit).duplicated().to_numpy())
    amount = schemas.amounts(goods).to_numpy()
    whole: dict[str, object] = {
        "invoice_lines": np.bincount(unit),
        "invoice_value": np.bincount(unit, weights=amount),
    }
    hour = goods["timestamp"].dt.hour.to_numpy()[head]
    if len(np.unique(hour)) > 1:  # else the source knows days only
        whole["hour"] = hour.astype(float)
    if "store" in goods:
        whole["store"] = goods["store"].iloc[head].reset_index(drop=True)
    if "customer" in goods:
        whole["visit"] = _visits(goods["customer"].iloc[head].reset_index(drop=True), day[head])
    known = None if who is None else who.iloc[head].reset_index(drop=True)
    sheets.append(Sheet(pd.DataFrame(whole), day[head], np.arange(len(head)), known))
    return tuple(sheets)


def customers(history: pd.DataFrame) -> tuple[Sheet, ...]:
    """The columns of a history of customers (see `data.schemas.CustomerHistory`), apart from who left."""
    day = history["day"].to_numpy().astype("datetime64[D]")
    frame = history.drop(columns=["day", "customer_id", TRUTH]).reset_index(drop=True)
    return (Sheet(frame, day, np.arange(len(frame)), history["customer_id"].reset_index(drop=True)),)


def sheets(stored: Stored) -> tuple[Sheet, ...]:
    """What is watched of a dataset: the lines of goods, the history of customers, or its customers on the day they were
    stored."""
    return SHEETS[stored.table](stored)


def frozen(sheets: tuple[Sheet, ...], first: date, last: date) -> dict[str, Bins]:
    """The bins of what is watched, cut by the days from `first` to `last`, to be kept with a model."""
    start, end = np.datetime64(first, "D"), np.datetime64(last, "D")
    found: dict[str, Bins] = {}
    for sheet in sheets:
        inside = (sheet.day >= start) & (sheet.day <= end)
        found |= {name: bins.freeze(sheet.frame.loc[inside, name]) for name in sheet.frame}
    return found


def worth(frame: pd.DataFrame) -> pd.Series | None:
    """What each row of a sheet of sales brought, in money; in units where no price is known, None where nothing is."""
    if "invoice_value" in frame:
        return frame["invoice_value"]
    if {"quantity", "unit_price"} <= set(frame):
        return schemas.amounts(frame)
    return frame.get("quantity")


def importance(sheets: tuple[Sheet, ...]) -> Mapping[str, float]:
    """How much of the variation in what an invoice or a line brings each column of sales explains, 0 to 1.

    The correlation ratio (eta squared) of the logarithm of the amount over the column's bins, the money columns
    themselves left out. Pearson (1905).
    """
    found = {}
    for sheet in sheets:
        frame = sheet.frame
        amount = worth(frame)
        if amount is None:
            continue
        value = np.log1p(np.abs(amount.to_numpy(float)))
        for name in frame.columns.difference(["invoice_value"]):
            place = bins.freeze(frame[name]).place(frame[name])
            rows = np.bincount(place)
            means = np.bincount(place, weights=value) / np.maximum(rows, 1)
            found[name] = float(
                (rows * (means - value.mean()) ** 2).sum() / max(((value - value.mean()) ** 2).sum(), 1e-12)
            )
    return found


def _own(lines: pd.DataFrame) -> list[str]:
    """The columns of one's own that are watched: numbers, and kinds of few values."""
    own = list(lines.columns.difference(list(schemas.columns("sales")), sort=False))
    return [name for name in own if lines[name].dtype.kind == "f" or lines[name].nunique() <= LEVELS][:MAX_OWN]


def _price_change(goods: pd.DataFrame, day: np.ndarray) -> pd.Categorical:
    price = goods["unit_price"].to_numpy(float)
    if "promotion" in goods:
        price = price / (1 - goods["promotion"].fillna(0).to_numpy(float))
    product = pd.factorize(goods["product"])[0]
    week = (day - day.min()).astype(int) // 7
    sold = (goods["line_type"] == "sale").to_numpy() & (price > 0)
    medians = pd.Series(price[sold]).groupby([week[sold], product[sold]]).median().unstack()
    # Product after product in one column, with empty weeks between: a rolling median of each alone takes five times as
    # long. The week before the first one is the last of the empty ones.
    every = medians.reindex(index=range(week.max() + 1 + USUAL_WEEKS), columns=range(product.max() + 1))
    long = pd.Series(every.to_numpy(float).T.ravel())
    usual = long.rolling(USUAL_WEEKS, min_periods=1).median().to_numpy().reshape(every.shape[::-1])[product, week - 1]
    with np.errstate(invalid="ignore"):
        change = np.where(sold, price / usual - 1, np.nan)
    return pd.Categorical.from_codes(np.where(np.isnan(change), -1, np.digitize(change, STEPS)), PRICES, ordered=True)


def _visits(customer: pd.Series, day: np.ndarray) -> pd.Categorical:
    code = pd.factorize(customer)[0]
    order = np.lexsort((day, code))
    gap = np.full(len(code), np.inf)
    same = np.diff(code[order]) == 0
    gap[order[1:]] = np.where(same, np.diff(day[order]).astype(int), np.inf)
    named = np.where(code < 0, 0, np.where(gap <= SOON, 1, 2))
    return pd.Categorical.from_codes(named, VISITS, ordered=True)  # each is told by name, also where it is the first


def _of_customers(stored: Stored) -> tuple[Sheet, ...]:
    if "history" in stored.columns:  # which knows of all who left: others than before, or for other reasons
        history = tables.read(stored, "history")
        return tuple(
            replace(sheet, frame=sheet.frame.assign(**{TRUTH: history[TRUTH].to_numpy()}))
            for sheet in customers(history)
        )
    return customers(tables.read(stored).assign(day=pd.Timestamp(stored.stored.date())))


def _of_sales(stored: Stored) -> tuple[Sheet, ...]:
    has = set(stored.columns["sales"]) - ({"line_id"} if "invoice" in stored.columns["sales"] else set())
    columns = [*(name for name in READ if name in has), *schemas.extras(stored.columns["sales"])]
    return sales(tables.read(stored, columns=columns, coded=True))


SHEETS: dict[Table, Callable[[Stored], tuple[Sheet, ...]]] = {
    "sales": _of_sales,
    "customers": _of_customers,
}
