"""Figures of the page Customers: cohorts. Each title states what the figure shows."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from charts.customers.heat import heatmap
from locales import _, ngettext
from models.customers.cohorts import CERTAIN, Cohorts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

AGES = 12  # months since, at most: more cannot be read
COHORTS = 24  # the latest


def retention(found: Cohorts, together: pd.DataFrame, dark: bool) -> "Figure":
    """The share of each cohort that bought again, by months since the first purchase."""
    title = _("Nobody had the time to come back yet")
    if 1 in together.index:
        title = _("{share} buy again in the month after the first").format(
            share=locales.percent(together.loc[1, "retention"])
        )
        if 6 in together.index:
            title = _("{share} buy again in the month after the first, {later} in the sixth").format(
                share=locales.percent(together.loc[1, "retention"]),
                later=locales.percent(together.loc[6, "retention"]),
            )
    shown = found.retention.iloc[-COHORTS:, 1 : AGES + 1]
    return _drawn(title, found, shown, _share, _("Months since"), dark)


def _share(value: float) -> str:
    return locales.percent(value).replace("\xa0", "")  # narrow cells


def revenue(found: Cohorts, together: pd.DataFrame, currency: str, dark: bool) -> "Figure":
    """The revenue a customer of each cohort, by months since the first purchase."""
    shown = found.revenue.div(found.size, axis=0).iloc[-COHORTS:, : AGES + 1]
    begun = together["revenue"][together.index < 12]
    first = locales.money(float(begun.iloc[0]), currency)
    title = _("A customer brings in {first} in the first month").format(first=first)
    if len(begun) > 1:
        title = _("A customer brings in {first} in the first month, {all} in the first {count}").format(
            first=first, all=locales.money(float(begun.sum()), currency), count=int(begun.index[-1]) + 1
        )
    columns = _("Months since; revenue of a customer in {currency}").format(currency=currency)
    return _drawn(title, found, shown, locales.number, columns, dark)


def _drawn(
    title: str, found: Cohorts, shown: pd.DataFrame, write: Callable[[float], str], below: str, dark: bool
) -> "Figure":
    values = shown.to_numpy(float)
    texts = np.array([["" if value != value else write(value) for value in row] for row in values], dtype=object)
    texts = texts.reshape(values.shape)
    rows = [
        _("{month} ({count})").format(month=locales.month(month), count=locales.number(found.size[month]))
        for month in shown.index
    ]
    names = (_("Month of the first purchase (customers)"), below)
    high = float(np.nanquantile(values, 0.98)) if np.isfinite(values).any() else 1.0
    limits = (0.0, high if high > 0 else 1.0)
    columns = [str(age) for age in shown.columns]
    return heatmap(title, values, texts, rows, columns, names, dark, (0.44, 0.27), limits, letters=8)


def curve(together: pd.DataFrame) -> go.Figure:
    """The share of all customers who buy again, by months since the first purchase, with its interval."""
    shown = together.iloc[1:]
    title = _("Nobody had the time to come back yet")
    if len(shown):
        last = shown[shown["customers"] >= 100].tail(1) if (shown["customers"] >= 100).any() else shown.tail(1)
        months = int(last.index[0])
        title = ngettext(
            "After {months} month {share} buy in a month", "After {months} months {share} buy in a month", months
        ).format(months=months, share=locales.percent(float(last["retention"].iloc[0])))
    figure = theme.figure(
        title,
        x=_("Months since the first purchase"),
        y=_("Share of customers who buy"),
        yaxis=theme.percent_axis(min(float(shown["hi"].max()) * 1.1, 1.0) if len(shown) else 1.0),
        showlegend=False,
    )
    figure.add_trace(theme.band(shown.index, shown["lo"], shown["hi"], theme.STAY))
    figure.add_trace(
        go.Scatter(
            x=shown.index.to_numpy(),
            y=shown["retention"].to_numpy(),
            mode="lines+markers",
            line={"color": theme.STAY, "width": 2.5},
            hoverinfo="text",
            hovertext=[
                ngettext(
                    "{months} month after: {active} of {customers} buy, {share} (95% interval {lo} to {hi})",
                    "{months} months after: {active} of {customers} buy, {share} (95% interval {lo} to {hi})",
                    row.Index,
                ).format(
                    months=row.Index,
                    active=locales.number(row.active),
                    customers=locales.number(row.customers),
                    share=locales.percent(row.retention, 1),
                    lo=locales.percent(row.lo, 1),
                    hi=locales.percent(row.hi, 1),
                )
                for row in shown.itertuples()
            ],
        )
    )
    return figure


def grown(together: pd.DataFrame, currency: str) -> go.Figure:
    """What a customer has brought in so far, by months since the first purchase."""
    summed = together["revenue"].cumsum()
    last, amount = int(summed.index[-1]), locales.money(float(summed.iloc[-1]), currency)
    after = ngettext(
        "After {months} month a customer has brought in {amount}",
        "After {months} months a customer has brought in {amount}",
        last,
    )
    figure = theme.figure(
        after.format(months=last, amount=amount)
        if last
        else _("A customer brings in {first} in the first month").format(first=amount),
        x=_("Months since the first purchase"),
        y=_("Revenue of a customer so far ({currency})").format(currency=currency),
        yaxis=theme.amounts(summed.to_numpy()),
        showlegend=False,
    )
    figure.add_trace(
        go.Scatter(
            x=summed.index.to_numpy(),
            y=summed.to_numpy(),
            mode="lines+markers",
            line={"color": theme.STAY, "width": 2.5},
            hoverinfo="text",
            hovertext=[
                ngettext(
                    "{months} month after: {amount} a customer (customers: {customers})",
                    "{months} months after: {amount} a customer (customers: {customers})",
                    month,
                ).format(
                    months=month,
                    amount=locales.money(float(amount), currency),
                    customers=locales.number(together.loc[month, "customers"]),
                )
                for month, amount in summed.items()
            ],
        )
    )
    return figure


def unlike(found: Cohorts) -> go.Figure:
    """Each cohort's months with a purchase over those that others would have had, with a 95 % interval."""
    shown = found.unlike
    sure = shown[shown["pvalue"] < CERTAIN]
    title = _("No cohort is surely unlike the others")
    if len(sure):
        most = sure.loc[sure["z"].abs().idxmax()]
        more = _("The customers of {month} come {share} more often than others would")
        less = _("The customers of {month} come {share} less often than others would")
        title = (more if most["ratio"] > 1 else less).format(
            month=locales.month(most.name), share=locales.percent(abs(most["ratio"] - 1))
        )
    half = (1.96 * (shown["ratio"] - 1) / shown["z"].where(shown["z"] != 0)).abs().fillna(0.0)
    figure = theme.figure(
        title,
        x=_("Month of the first purchase"),
        y=_("Purchases against what others would have (1: the same)"),
        xaxis=theme.time_axis(pd.DatetimeIndex(shown.index)),
        yaxis=theme.amounts(np.r_[(shown["ratio"] + half).clip(upper=4), 1.0]),
        shapes=[theme.across(1.0)],
        showlegend=False,
    )
    sentence = _("{month}: {ratio} times what others would have; {sure}")
    is_sure = (shown["pvalue"] < CERTAIN).to_numpy()
    figure.add_trace(
        go.Scatter(
            x=shown.index.to_numpy(),
            y=shown["ratio"].to_numpy(),
            mode="markers",
            marker={
                "size": 9,
                "color": np.where(is_sure, theme.LEAVE, theme.STAY),
                "symbol": np.where(is_sure, "diamond", "circle"),
            },
            error_y=theme.interval(shown["ratio"], shown["ratio"] - half, shown["ratio"] + half),
            hoverinfo="text",
            hovertext=[
                sentence.format(
                    month=locales.month(row.Index),
                    ratio=locales.number(row.ratio, 2),
                    sure=_("surely unlike the others")
                    if row.pvalue < CERTAIN
                    else _("as others, as far as one can say"),
                )
                for row in shown.itertuples()
            ],
        )
    )
    return figure
