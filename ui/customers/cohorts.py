"""The views of the page Customers: cohorts."""

from typing import Any

import pandas as pd
import streamlit as st

import locales
from charts.customers import cohorts as charts
from data.tables import Stored
from models.customers import cohorts
from models.customers.cohorts import CERTAIN, Cohorts
from models.customers.rfm import Purchases
from ui import buyers, cards, lists
from ui.text import N_, _, is_dark, ngettext


def found(stored: Stored, bought: Purchases, wanted: list[str]) -> Cohorts:
    """The cohorts of the customers in the wanted segments."""
    return _found(stored.version, tuple(wanted), stored, bought)


@st.cache_resource(max_entries=8, show_spinner=False)
def _found(version: str, wanted: tuple[str, ...], _stored: Stored, _bought: Purchases) -> Cohorts:  # noqa: ARG001  # the cache key
    return cohorts.cohorts(buyers.only(_stored, _bought, wanted))


def headline(made: Cohorts, together: pd.DataFrame, currency: str) -> None:
    """Do they come back? In cards."""
    texts = [
        (
            _("Customers who bought"),
            locales.number(int(made.size.sum())),
            ngettext(
                "for the first time, in {count} month", "for the first time, in {count} months", len(made.size)
            ).format(count=len(made.size)),
        )
    ]
    for age, label in ((1, _("Buy in the month after")), (6, _("Buy in the sixth month")), (12, _("Buy a year later"))):
        if age in together.index:
            row = together.loc[age]
            texts.append(
                (
                    label,
                    locales.percent(row["retention"], 1),
                    ngettext(
                        "{lo} to {hi}, of {count} customer", "{lo} to {hi}, of {count} customers", int(row["customers"])
                    ).format(
                        lo=locales.percent(row["lo"], 1),
                        hi=locales.percent(row["hi"], 1),
                        count=locales.number(row["customers"]),
                    ),
                )
            )
    sums = together["revenue"][together.index <= 12]
    months = int(sums.index[-1]) + 1
    texts.append(
        (
            _("Revenue of a customer"),
            locales.money(float(sums.sum()), currency),
            ngettext("in the first month", "in the first {count} months", months).format(count=months),
        )
    )
    cards.metrics(texts)


@st.cache_resource(max_entries=16, show_spinner=False)
def _drawn(
    name: str,  # noqa: ARG001  # the cache key
    view: str,
    language: str,  # noqa: ARG001  # the cache key
    dark: bool,
    _made: Cohorts,
    _together: pd.DataFrame,
    currency: str,
) -> Any:
    """A heatmap, drawn once: that takes longer than all the rest of the page."""
    if view == "retention":
        return charts.retention(_made, _together, dark)
    return charts.revenue(_made, _together, currency, dark)


def retention(name: str, made: Cohorts, together: pd.DataFrame, currency: str) -> None:
    """Who comes back."""
    lo, hi = made.interval
    long = made.retention.stack().rename("retention").reset_index()
    ends = [one.stack().rename(name).reset_index(drop=True) for name, one in (("lo", lo), ("hi", hi))]
    table = pd.concat([long, *ends, made.active.stack().rename("active").reset_index(drop=True)], axis=1)
    with st.grid("auto", min_column_width=400):
        place = st.container(height="stretch")
        cards.figure(charts.curve(together), "customers_retention_curve", together.reset_index())
    _unlike(made)
    with place:  # last, so that the browser draws the others meanwhile
        drawn = _drawn(name, "retention", locales.language(), is_dark(), made, together, currency)
        cards.figure(drawn, "customers_retention", table)


def revenue(name: str, made: Cohorts, together: pd.DataFrame, currency: str) -> None:
    """What they bring in."""
    table = made.revenue.stack().rename("revenue").reset_index()
    with st.grid("auto", min_column_width=400):
        drawn = _drawn(name, "revenue", locales.language(), is_dark(), made, together, currency)
        cards.figure(drawn, "customers_cohort_revenue", table)
        cards.figure(charts.grown(together, currency), "customers_cohort_grown", together.reset_index())


def _unlike(made: Cohorts) -> None:
    """The cohorts that are unlike the others, as a figure and a table; or that none can be told apart."""
    if made.unlike.empty:
        few = _("To compare a cohort with others takes ten customers in it, and more than four whole months of sales.")
        nobody = _("Nobody came back in a later month: no cohort can be told from another.")
        late = made.active.iloc[:, 1:]
        st.caption(nobody if late.shape[1] > 3 and not late.sum().sum() else few)
        return
    cards.figure(charts.unlike(made), "customers_cohorts_unlike", made.unlike.reset_index())
    ordered = made.unlike.sort_values("pvalue", kind="stable")
    table = pd.DataFrame(
        {
            _("Month of the first purchase"): [locales.month(month) for month in ordered.index],
            _("Customers"): made.size[ordered.index].to_numpy(),
            _("Purchases against others (%)"): (100 * (ordered["ratio"] - 1)).round().to_numpy() + 0.0,
            _("Surely unlike"): [_("yes") if value < CERTAIN else _("no") for value in ordered["pvalue"]],
            _("Chance of such a difference (%)"): (100 * ordered["pvalue"]).round(1).to_numpy(),
        }
    )
    lists.show(table, "customers_cohorts_table", _("Which cohort is unlike the others"))


VIEWS = {"retention": (N_("Who comes back"), retention), "revenue": (N_("What they bring in"), revenue)}
