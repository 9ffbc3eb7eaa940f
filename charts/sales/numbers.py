"""Figures of what was sold, came back or lies in stock in numbers, and of what empty shelves cost."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import _

SHOWN = 15  # levels
NAME = 24  # characters


def described(found: pd.DataFrame, axis: str, written: Callable[[float], str], what: str) -> go.Figure:
    """The levels of `models.sales.description` (without all of them) with a `name`: from the least to the most, median
    and mean. `what` says what a value is of."""
    shown = found.head(SHOWN).iloc[::-1]
    first = found.iloc[0]
    title = _("{name}: half of {what} are of {median} or less, the mean is {mean}").format(
        name=first["name"], what=what, median=written(first["median"]), mean=written(first["mean"])
    )
    ends = shown[["least", "most"]].to_numpy(float)
    logged = bool((ends > 0).all() and ends.max() > 50 * ends.min())
    place = np.arange(len(shown))
    scale: dict[str, object] = theme.amounts(ends.ravel())
    if logged:
        low, high = np.log10(ends.min()), np.log10(ends.max())
        ticks = [tick * 10.0**power for power in range(int(np.floor(low)), int(np.ceil(high)) + 1) for tick in (1, 3)]
        ticks = [tick for tick in ticks if ends.min() <= tick <= ends.max()]
        ticks = ticks[:: max(len(ticks) // 5, 1)]
        texts = [locales.number(tick, 2 if tick < 1 else 0) for tick in ticks]
        scale = {"type": "log", "range": [low - 0.1, high + 0.1], "tickvals": ticks, "ticktext": texts}
    figure = theme.figure(
        title,
        x=axis,
        height=110 + 26 * len(shown),
        xaxis=scale,
        yaxis={
            "tickvals": place,
            "ticktext": [_cut(name) for name in shown["name"]],
            "range": [-0.6, len(shown) - 0.4],
        },
    )
    gaps = np.full(len(shown), np.nan)
    figure.add_trace(
        go.Scatter(
            x=np.c_[ends, gaps].ravel(),
            y=np.c_[place, place, gaps].ravel(),
            mode="lines",
            name=_("From the least to the most"),
            line={"color": theme.faded(theme.NEUTRAL, 0.6), "width": 3},
            hoverinfo="skip",
        )
    )
    sentence = _("{name}: {count} values, median {median}, mean {mean}, from {least} to {most}")
    hover = [
        sentence.format(
            name=theme.plain(row["name"]),
            count=locales.number(row["count"]),
            **{one: written(row[one]) for one in ("median", "mean", "least", "most")},
        )
        for row in shown.to_dict("records")
    ]
    marks = (("median", _("Median"), theme.STAY, "circle"), ("mean", _("Mean"), theme.LEAVE, "diamond"))
    for column, called, colour, symbol in marks:
        figure.add_trace(theme.dots(shown[column], place, colour, hover, called, symbol))
    return figure


def outs(found: pd.DataFrame, total: float, share: float, currency: str) -> go.Figure:
    """The products (of `models.stock.outs`) that lost most; `total` money in all, a `share` of what was sold."""
    shown = found[found["lost"].notna()].head(SHOWN).iloc[::-1]
    title = _("Empty shelves cost about {amount} of sales, {share} of what was sold").format(
        amount=locales.money(total, currency), share=locales.percent(share, 1)
    )
    figure = theme.figure(
        title,
        x=_("Sales lost, about ({currency})").format(currency=currency),
        height=110 + 26 * len(shown),
        xaxis=theme.amounts(shown["lost"]),
        yaxis={"tickvals": np.arange(len(shown)), "ticktext": [_cut(name) for name in shown["name"]]},
        showlegend=False,
    )
    sentence = _("{name}: days sold out: {days} ({share}), separate times: {times}; about {amount} lost")
    figure.add_trace(
        go.Bar(
            x=shown["lost"],
            y=np.arange(len(shown)),
            orientation="h",
            marker={"color": theme.LEAVE},
            hoverinfo="text",
            hovertext=[
                sentence.format(
                    name=theme.plain(row.name),
                    days=locales.number(row.days),
                    share=locales.percent(row.share),
                    times=locales.number(row.times),
                    amount=locales.money(row.lost, currency),
                )
                for row in shown.itertuples(index=False)
            ],
        )
    )
    return figure


def by_month(lost: pd.Series, currency: str) -> go.Figure:
    """What empty shelves cost by month (of `models.stock.outs`)."""
    worst = lost.idxmax()
    title = _("Most was lost in {month}: about {amount}").format(
        month=locales.month(worst), amount=locales.money(lost[worst], currency)
    )
    figure = theme.figure(
        title,
        x=_("Month"),
        y=_("Sales lost, about ({currency})").format(currency=currency),
        xaxis=theme.time_axis(pd.DatetimeIndex(lost.index)),
        yaxis=theme.amounts(lost.to_numpy()),
        showlegend=False,
    )
    sentence = _("{month}: about {amount} lost")
    hover = [
        sentence.format(month=locales.month(month), amount=locales.money(amount, currency))
        for month, amount in lost.items()
    ]
    figure.add_trace(
        go.Bar(x=lost.index, y=lost.to_numpy(), marker={"color": theme.LEAVE}, hoverinfo="text", hovertext=hover)
    )
    return figure


def _cut(name: str) -> str:
    return theme.plain(name if len(name) <= NAME else name[: NAME - 1] + "…")
