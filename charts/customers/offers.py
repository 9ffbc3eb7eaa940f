"""Figures of the page Customers: offers. Each title states what the figure shows."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import _, ngettext
from models.customers.offers import AHEAD, LISTS, Test

SHOWN = 15
MAX_NAME = 24


def due(listed: pd.DataFrame, customer: str) -> go.Figure:
    """When a customer is due to buy products again (of `models.customers.offers.due`, with a `name` each)."""
    shown = listed.head(SHOWN)
    title = _("{customer} is due to buy {product} again").format(customer=customer, product=shown["name"].iloc[0])
    days = shown["due_in"].round().to_numpy() + 0.0
    figure = theme.figure(
        title,
        x=_("Days from today"),
        height=110 + 26 * len(shown),
        xaxis=_around(days),
        yaxis=_names(shown["name"]),
        shapes=[theme.upright(0.0)],
    )
    for late, label, colour, symbol in (
        (True, _("overdue"), theme.LEAVE, "diamond"),
        (False, _("due soon"), theme.STAY, "circle"),
    ):
        at = np.flatnonzero((days < 0) == late)
        hover = [
            ngettext(
                "{product}: last bought {last} day ago; usual gap (days): {gap}",
                "{product}: last bought {last} days ago; usual gap (days): {gap}",
                row.last,
            ).format(product=theme.plain(row.name_), gap=locales.number(row.gap), last=locales.number(row.last))
            for row in shown.rename(columns={"name": "name_"}).iloc[at].itertuples()
        ]
        figure.add_trace(theme.dots(days[at], at, colour, hover, label, symbol, 12))
    return figure


def _around(days: np.ndarray) -> dict[str, object]:
    """An axis of days around today, with few ticks, level on a phone, too."""
    low, high = min(float(days.min()), 0.0), max(float(days.max()), 0.0)
    room = max(0.08 * (high - low), 1.0)
    step = next(step for step in (7, 14, 28, 56, 112, 364, 728, 10_000) if (high - low) / step <= 5)
    ticks = step * np.arange(np.ceil(low / step), np.floor(high / step) + 1) + 0.0
    texts = [locales.number(tick) for tick in ticks]
    return {"tickvals": ticks, "ticktext": texts, "tickangle": 0, "range": [low - room, high + room]}


def _names(names: pd.Series) -> dict[str, object]:
    return {
        "autorange": "reversed",
        "tickvals": list(range(len(names))),
        "ticktext": [theme.plain(_cut(str(name))) for name in names],
    }


def new(listed: pd.DataFrame, customer: str) -> go.Figure:
    """New products for a customer, with a `name` each and that of the product `because` of which: `reason`."""
    first = listed.iloc[0]
    title = _("New for {customer}: {product}, because they bought {reason}").format(
        customer=customer, product=first["name"], reason=first["reason"]
    )
    return _scores(title, listed, _("Score (1: as if bought already)"))


def whom(listed: pd.DataFrame, product: str) -> go.Figure:
    """Whom to tell of a `product`: customers by score, with a `name` each and a `reason`."""
    first = listed.iloc[0]
    title = _("Tell {customer} first of {product}: they bought {reason}").format(
        customer=first["name"], product=product, reason=first["reason"]
    )
    return _scores(title, listed, _("Score (1: as if bought already)"))


def _scores(title: str, listed: pd.DataFrame, axis: str) -> go.Figure:
    shown = listed.head(SHOWN)
    top = float(shown["score"].max())
    figure = theme.figure(
        title,
        x=axis,
        height=90 + 26 * len(shown),
        xaxis=theme.number_axis(np.array([0.0, top])) | {"range": [0, 1.05 * top]},
        yaxis=_names(shown["name"]),
        showlegend=False,
    )
    figure.add_trace(
        go.Bar(
            y=np.arange(len(shown)),
            x=shown["score"],
            orientation="h",
            marker={"color": theme.STAY},
            hoverinfo="text",
            hovertext=[
                _("{name}: because of {reason}, score {score}").format(
                    name=theme.plain(name), reason=theme.plain(reason), score=locales.number(score, 3)
                )
                for name, reason, score in zip(shown["name"], shown["reason"], shown["score"], strict=True)
            ],
        )
    )
    return figure


def proved(found: Test) -> go.Figure:
    """How much of each list was bought in the weeks after."""
    lists = found.lists.set_index("list")
    values = {
        "new": locales.percent(lists["precision"].get("new", 0.0), 1),
        "popular": locales.percent(lists["precision"].reindex(["new popular", "new lately"]).max(), 1),
        "days": AHEAD,
    }
    title = _("Of what is listed as new, {new} were bought within {days} days; of what is popular, {popular}")
    top = float(lists["hi"].max())
    figure = theme.figure(
        title.format(**values),
        x=_("Share of what is listed that was bought"),
        height=110 + 40 * len(lists),
        xaxis=theme.percent_axis(min(1.1 * top, 1.0)),
        yaxis={
            "autorange": "reversed",
            "tickvals": list(range(len(lists))),
            "ticktext": [theme.wrapped(_(LISTS[name]), 20) for name in lists.index],
        },
        showlegend=False,
    )
    ours = np.isin(lists.index, ["due", "new"])
    figure.add_trace(
        go.Bar(
            y=np.arange(len(lists)),
            x=lists["precision"],
            orientation="h",
            marker={
                "color": np.where(ours, theme.STAY, theme.NEUTRAL),
                "pattern": {"shape": np.where(ours, "", "/")},
            },
            error_x=theme.interval(lists["precision"], lists["lo"], lists["hi"]),
            hoverinfo="text",
            hovertext=[
                _("{list}: {share} ({lo} to {hi}), for {customers} customers").format(
                    list=_(LISTS[name]),
                    share=locales.percent(row.precision, 1),
                    lo=locales.percent(row.lo, 1),
                    hi=locales.percent(row.hi, 1),
                    customers=locales.number(row.customers),
                )
                for name, row in zip(lists.index, lists.itertuples(), strict=True)
            ],
        )
    )
    return figure


def _cut(name: str) -> str:
    return name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1]}…"
