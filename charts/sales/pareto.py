"""Figures of how few levels (products, categories, shops, customers) make how much of the revenue."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import N_, _
from locales.labels import heading, label
from models.sales.overview import MAIN, main_levels

MAX_BARS = 15
MAX_NAME = 24  # characters
MAX_POINTS = 200  # of a curve: more cannot be told apart
PARETO = {
    "product": N_("{count} of {all} products make {share} of revenue"),
    "category": N_("{count} of {all} categories make {share} of revenue"),
    "store": N_("{count} of {all} stores make {share} of revenue"),
    "customer": N_("{count} of {all} customers make {share} of the revenue of known customers"),
}
PARETO_ONE = {
    "product": N_("{count} of {all} products makes {share} of revenue"),
    "category": N_("{count} of {all} categories makes {share} of revenue"),
    "store": N_("{count} of {all} stores makes {share} of revenue"),
    "customer": N_("{count} of {all} customers makes {share} of the revenue of known customers"),
}
OWN = N_("{column}: {count} of {all} make {share} of revenue")
FIRST = N_("{column}: {name} brings in the most, {share} of revenue")
FEW_LEVELS = 5  # levels of which the first one says more than how many make most of the revenue


def pareto(ranked: pd.DataFrame, column: str, currency: str) -> go.Figure:
    """The levels with the most revenue as bars, with their cumulative share.

    `ranked` is of `models.sales.overview.pareto`, with the `name` a reader calls each level by.
    """
    shown = ranked.head(MAX_BARS).iloc[::-1]
    title = _title_pareto(ranked, column)
    if len(ranked) > MAX_BARS:
        title = _("{column}: the first {count} of {all} make {share} of revenue").format(
            column=label(column),
            count=MAX_BARS,
            all=locales.number(len(ranked)),
            share=locales.percent(ranked["share"].head(MAX_BARS).sum()),
        )
    sentence = _("{name}: {amount}, {share} of revenue; {cumulative} together with those above")
    # A name may be there twice: the place of a bar is its number.
    place = np.arange(len(shown))
    top = max(float(shown["revenue"].max()), 1.0)
    ticks = theme.number_axis(np.array([min(0.0, float(shown["revenue"].min())), top]))
    figure = theme.figure(
        title,
        x=_("Revenue ({currency})").format(currency=currency),
        height=_height(len(shown)),
        xaxis={name: values[::4] for name, values in ticks.items()} | {"tickangle": 0},
        yaxis={
            "tickvals": place,
            "ticktext": [
                theme.plain(name if len(name) <= MAX_NAME else name[: MAX_NAME - 1] + "…") for name in shown["name"]
            ],
        },
        xaxis2={
            "range": [0, 1.02],
            "tickvals": [0, 0.5, 1],
            "ticktext": [locales.percent(tick) for tick in (0, 0.5, 1)],
            "overlaying": "x",
            "side": "top",
            "showgrid": False,
            "fixedrange": True,
            "title": {"text": _("Cumulative share of revenue")},
        },
        showlegend=False,
        bargap=0.35,
    )
    hover = [
        sentence.format(
            name=theme.plain(row.name),
            amount=locales.money(row.revenue, currency),
            share=locales.percent(row.share, 1),
            cumulative=locales.percent(row.cumulative, 1),
        )
        for row in shown.fillna({"share": 0, "cumulative": 0}).itertuples(index=False)
    ]
    figure.add_trace(
        go.Bar(
            x=shown["revenue"].to_numpy(),
            y=place,
            orientation="h",
            marker={"color": theme.STAY},
            hoverinfo="text",
            hovertext=hover,
        )
    )
    figure.add_trace(
        go.Scatter(
            x=shown["cumulative"].to_numpy(),
            y=place,
            xaxis="x2",
            mode="lines+markers",
            line={"color": theme.LEAVE, "width": 2},
            marker={"size": 6},
            hoverinfo="text",
            hovertext=hover,
        )
    )
    return figure


def concentration(ranked: pd.DataFrame, column: str) -> go.Figure:
    """The share of revenue that the first levels make together, over their number (of `models...pareto`)."""
    ranks = 1 + theme.thinned(len(ranked), MAX_POINTS)
    together = ranked["cumulative"].fillna(0).to_numpy()[ranks - 1]
    enough = main_levels(ranked)
    ticks = theme.number_axis(np.array([0, len(ranked)]))
    line = {"color": theme.NEUTRAL, "dash": "dot", "width": 1.5}
    figure = theme.figure(
        _title_pareto(ranked, column),
        x=_("{column}: number, the most revenue first").format(column=label(column)),
        y=_("Cumulative share of revenue"),
        height=_height(MAX_BARS),  # it stands beside that many bars
        xaxis=ticks,
        yaxis=theme.percent_axis(1.02),
        showlegend=False,
        shapes=[
            {"type": "line", "x0": 0, "x1": enough, "y0": MAIN, "y1": MAIN, "line": line},
            {"type": "line", "x0": enough, "x1": enough, "y0": 0, "y1": MAIN, "line": line},
        ],
    )
    sentence = _("The first {count}, {share} of all, make {together} of revenue")
    hover = [
        sentence.format(
            count=locales.number(rank), share=locales.percent(rank / len(ranked), 1), together=locales.percent(sum_, 1)
        )
        for rank, sum_ in zip(ranks, together, strict=True)
    ]
    figure.add_trace(
        go.Scatter(
            x=np.r_[0, ranks],
            y=np.r_[0, together],
            mode="lines",
            line={"color": theme.LEAVE, "width": 2.5},
            hoverinfo="text",
            hovertext=["", *hover],
        )
    )
    return figure


def _height(bars: int) -> int:
    return max(theme.HEIGHT, 130 + 26 * bars)


def _title_pareto(ranked: pd.DataFrame, column: str) -> str:
    if ranked["share"].isna().any():
        return _("{column}: no revenue").format(column=label(column))
    if column not in PARETO and len(ranked) <= FEW_LEVELS:
        first = ranked.iloc[0]
        return _(FIRST).format(column=heading(column), name=first["name"], share=locales.percent(first["share"]))
    count = main_levels(ranked)
    return _((PARETO_ONE if count == 1 else PARETO).get(column, OWN)).format(
        column=heading(column),
        count=locales.number(count),
        all=locales.number(len(ranked)),
        share=locales.percent(MAIN),
    )
