"""What the monitoring pages show of each managed model (see `models.lifecycle.managed`): a row of `SHOWN` says it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from data.tables import Stored
from models.drift import monitored
from models.drift.counted import Watched
from models.drift.monitored import Sheet
from models.drift.shift import Shift
from models.lifecycle import churn, sales
from ui import champions, store
from ui.monitoring import money, outlook
from ui.monitoring.money import Money
from ui.monitoring.outlook import Cards, Window
from ui.text import N_


@dataclass(frozen=True)
class Offered:
    """The columns that a what-if offers: of which prices change, rows are lost, values are missing, levels are new."""

    priced: tuple[str, ...]
    lost: tuple[str, ...]
    missing: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True)
class Shown:
    """The words, measures and functions of a model's pages; `currency` stands in where a dataset names none.

    `measures` are those of its performance, the first the one judged by; `cards` those shown first, `main` those of a
    version. `every` names a window, `rows` and `weights` what is counted and what importance is, `parted` says that the
    past of its parts is filled in when it is asked for. `importance(stored)` are the columns' shares, `first(stored)`
    trains the first model while the page waits. Of a what-if, `window(stored, day)` are the rows, with their column of
    `money` and what is lost together (`group`), `sheets(rows)` what is watched, `outlook(stored, window, after, shift)`
    the cards. `response(stored, watched)` is that of `Managed`, from what other pages know already.
    `money_of(stored, currency, price, window)` asks what errors cost.
    """

    title: str
    name: str
    currency: str
    cards: tuple[str, ...]
    measures: tuple[str, ...]
    main: tuple[str, ...]
    every: str
    rows: str
    weights: str
    parted: bool
    importance: Callable[[Stored], dict[str, float]]
    first: "Callable[[Stored], pd.Series] | None"
    money: str
    group: str
    offered: Offered
    window: Callable[[Stored, np.datetime64], Window]
    sheets: Callable[[pd.DataFrame], tuple[Sheet, ...]]
    outlook: Callable[[Stored, Window, pd.DataFrame, Shift], Cards]
    response: Callable[[Stored, Watched], dict[str, np.ndarray]]
    money_of: Callable[[Stored, str, float, int], Money]


def _moved(stored: Stored) -> dict[str, float]:
    """The share of each column in what moves the predictions; none without a model. Raises `ModelFileError`."""
    found = champions.existing(stored)
    if found is None:
        return {}
    contribution = found.importance.set_index("column")["contribution"]
    return dict(contribution / contribution.sum())


def _explained(stored: Stored) -> dict[str, float]:
    """The share of the amounts of lines or invoices that each column explains."""
    return _of_sales(stored.version, stored)


@st.cache_resource(max_entries=2, show_spinner=False)
def _of_sales(version: str, _stored: Stored) -> dict[str, float]:  # noqa: ARG001  # the cache key
    return dict(monitored.importance(sheets(_stored.version, _stored)))


@st.cache_resource(max_entries=2, show_spinner=False)
def sheets(version: str, _stored: Stored) -> tuple[Sheet, ...]:  # noqa: ARG001  # the cache key
    """The rows that are watched in a dataset (see `models.drift.monitored.sheets`)."""
    return monitored.sheets(_stored)


SHOWN: dict[str, Shown] = {
    churn.NAME: Shown(
        title=N_("Who leaves"),
        name=N_("Churn: who leaves"),
        currency="USD",
        cards=("auc", "recall", "in_the_large", "brier"),
        measures=("auc", "recall", "in_the_large", "slope", "brier", "log_loss", "f1", "accuracy"),
        main=("auc", "log_loss", "brier"),
        every=N_("Month-end on which the risks were said"),
        rows=N_("customers; compared with {count}"),
        weights=N_("importance: share of what moves the predictions"),
        parted=False,
        importance=_moved,
        first=lambda stored: champions.churn(stored)[1],
        money="monthly_charges",
        group="",
        offered=Offered(
            priced=("contract", "internet_service"),
            lost=("contract", "internet_service", "payment_method"),
            missing=("monthly_charges", "contract", "payment_method", "internet_service", "tenure"),
            new=("payment_method", "internet_service", "contract"),
        ),
        window=outlook.churn_window,
        sheets=monitored.customers,
        outlook=outlook.churn_outlook,
        response=lambda _stored, _watched: {},
        money_of=money.of_calls,
    ),
    sales.NAME: Shown(
        title=N_("What sells"),
        name=N_("Sales: units a day"),
        currency="GBP",
        cards=("bias", "wape", "coverage-80", "mase"),
        measures=("bias", "wape", "mae", "mase", "coverage-80", "coverage-95"),
        main=("mae", "wape", "mase"),
        every=N_("Week that was forecast, its Sunday"),
        rows=N_("an invoice counts once; compared with {count}"),
        weights=N_("importance: share of amounts explained"),
        parted=True,
        importance=_explained,
        first=None,
        money="unit_price",
        group="invoice",
        offered=Offered(
            priced=("category", "store"),
            lost=("category", "store", "supplier"),
            missing=("unit_price", "category", "store", "customer", "supplier", "promotion"),
            new=("category", "store", "supplier"),
        ),
        window=outlook.sales_window,
        sheets=monitored.sales,
        outlook=outlook.sales_outlook,
        response=lambda stored, watched: sales.at_prices(watched, store.elasticities(stored)),
        money_of=money.of_units,
    ),
}
