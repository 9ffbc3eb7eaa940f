"""Figures of shops and items: how many units of each will sell, and how far off that was in the past."""

from textwrap import shorten

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import N_, _
from locales.labels import label

MAX_BARS = 15
LONGEST_NAME = 26  # characters
PROMISED = 0.8
METHODS = {
    "model": N_("This forecast"),
    "mean of three": N_("Mean of the last three months"),
    "last month": N_("Last month again"),
}


def units(value: float) -> str:
    """A number of units: small ones with a digit after the point."""
    return locales.number(value, 0 if abs(value) >= 10 or float(value).is_integer() else 1)


def totals(table: pd.DataFrame, level: str, month: pd.Timestamp, others: float, count: int) -> go.Figure:
    """Expected units of stores or categories, the largest first, with their bands.

    `table` has a row a total: `name`, `mean`, `lo`, `hi`, `last`; `others` is what those not shown sell together, of
    `count` in all.
    """
    best = table.iloc[0]
    title = _("{name} sells most in {month}: {units} of {all} units")
    title = title.format(
        name=best["name"],
        month=locales.month(month),
        units=units(best["mean"]),
        all=units(table["mean"].sum() + others),
    )
    axis = label(level)
    if count > len(table):
        axis = _("{column}: the {shown} largest of {count}").format(
            column=axis, shown=locales.number(len(table)), count=locales.number(count)
        )
    return _bars(title, table, axis)


def siblings(table: pd.DataFrame, title: str, axis: str) -> go.Figure:
    """Expected units of the same item elsewhere, or of its neighbours in the store; `chosen` marks the pair itself."""
    return _bars(title, table, axis, [theme.LEAVE if one else theme.STAY for one in table["chosen"]])


def _bars(title: str, table: pd.DataFrame, axis: str, colours: list[str] | str = theme.STAY) -> go.Figure:
    sentence = _("{name}: {mean} units expected, {lo} to {hi} in 8 of 10 cases; {last} last month")
    hover = [
        sentence.format(name=theme.plain(name), mean=units(mean), lo=units(lo), hi=units(hi), last=units(last))
        for name, mean, lo, hi, last in table[["name", "mean", "lo", "hi", "last"]].itertuples(index=False, name=None)
    ]
    places = np.arange(len(table))
    ends = table["hi"].fillna(table["mean"])
    figure = theme.figure(
        title,
        x=_("Units in the month"),
        y=axis,
        height=max(theme.HEIGHT, 120 + 26 * len(table)),
        xaxis=theme.number_axis(np.array([0.0, max(float(ends.max()), 1.0)])),
        yaxis={
            "tickvals": places,
            "ticktext": [theme.plain(shorten(str(name), LONGEST_NAME, placeholder="…")) for name in table["name"]],
            "autorange": "reversed",
        },
        bargap=0.35,
    )
    mean = table["mean"].to_numpy(float)
    figure.add_trace(
        go.Bar(
            x=mean,
            y=places,
            orientation="h",
            marker={"color": colours},
            error_x=theme.interval(mean, table["lo"], table["hi"], width=3),
            hoverinfo="text",
            hovertext=hover,
        )
    )
    return figure


def history(past: pd.Series, ahead: pd.DataFrame, name: str) -> go.Figure:
    """What a pair sold by month, and what is expected (`ahead`, by month: `mean`, `lo`, `hi`)."""
    last = ahead.iloc[-1]
    when = pd.DatetimeIndex(ahead.index)[-1]
    title = _("{name}: {mean} units expected in {month}")
    if np.isfinite(last["lo"]):
        title = _("{name}: {mean} units expected in {month}, {lo} to {hi} in 8 of 10 cases")
    title = title.format(
        name=name, mean=units(last["mean"]), month=locales.month(when), lo=units(last["lo"]), hi=units(last["hi"])
    )
    dates = pd.DatetimeIndex(past.index).append(pd.DatetimeIndex(ahead.index))
    ticks = dates[::-1][:: max(len(dates) // 6, 1)][::-1]
    top = float(np.nanmax(np.r_[past.to_numpy(float), ahead.to_numpy(float).ravel(), 1.0]))
    figure = theme.figure(
        title,
        x=_("Month"),
        y=_("Units in the month"),
        xaxis={"tickvals": list(ticks), "ticktext": [locales.month(one) for one in ticks]},
        yaxis=theme.number_axis(np.array([0.0, top])) | {"rangemode": "tozero"},
        margin={"l": 8, "r": 8, "t": 30, "b": 8},
    )
    sold = _("{month}: {units} units sold")
    figure.add_trace(
        go.Scatter(
            x=past.index.to_numpy(),
            y=past.to_numpy(float),
            name=_("Sold"),
            mode="lines+markers",
            line={"color": theme.NEUTRAL, "width": 2},
            marker={"size": 5},
            hoverinfo="text",
            hovertext=[sold.format(month=locales.month(day), units=units(value)) for day, value in past.items()],
        )
    )
    expected = _("{month}: {mean} units expected, {lo} to {hi} in 8 of 10 cases")
    mean = ahead["mean"].to_numpy(float)
    figure.add_trace(
        go.Scatter(
            x=ahead.index.to_numpy(),
            y=mean,
            name=_("Expected, with the 80% band"),
            mode="markers",
            marker={"color": theme.STAY, "size": 11, "symbol": "diamond"},
            error_y=theme.interval(mean, ahead["lo"], ahead["hi"], color=theme.STAY, thickness=2.5, width=6),
            hoverinfo="text",
            hovertext=[
                expected.format(
                    month=locales.month(row.Index), mean=units(row.mean), lo=units(row.lo), hi=units(row.hi)
                )
                for row in ahead.itertuples()
            ],
        )
    )
    return figure


def by_store(table: pd.DataFrame) -> go.Figure:
    """The error of each store's forecasts over that of the mean of its last three months (below 100 % is better)."""
    shown = table.dropna(subset="ratio").sort_values("ratio", ascending=False).head(2 * MAX_BARS)
    worse = int((table["ratio"] > 1).sum())
    title = _("The forecast beats the mean of the last three months in every store")
    if worse:
        title = _("In {count} of {all} stores the mean of the last three months was closer than the forecast").format(
            count=locales.number(worse), all=locales.number(len(table))
        )
    sentence = _("{name}: off by {rmse} units (RMSE), the mean of three months by {naive}; items: {count}")
    places = np.arange(len(shown))
    figure = theme.figure(
        title,
        x=_("Error (RMSE) over that of the mean of three months"),
        y=label("store"),
        height=max(theme.HEIGHT, 120 + 22 * len(shown)),
        xaxis=theme.percent_axis(max(float(shown["ratio"].max()), 1.0) * 1.05 if len(shown) else 1.0),
        yaxis={
            "tickvals": places,
            "ticktext": [theme.plain(shorten(str(name), LONGEST_NAME, placeholder="…")) for name in shown["name"]],
            "autorange": "reversed",
        },
        shapes=[{**theme.across(0), "x0": 1, "x1": 1, "xref": "x", "y0": 0, "y1": 1, "yref": "paper"}],
        bargap=0.35,
    )
    figure.add_trace(
        go.Bar(
            x=shown["ratio"].to_numpy(),
            y=places,
            orientation="h",
            marker={"color": np.where(shown["ratio"] > 1, theme.LEAVE, theme.STAY)},
            hoverinfo="text",
            hovertext=[
                sentence.format(
                    name=theme.plain(row.name),
                    rmse=locales.number(row.rmse, 1),
                    naive=locales.number(row.naive_rmse, 1),
                    count=locales.number(row.series),
                )
                for row in shown.itertuples(index=False)
            ],
        )
    )
    return figure


def by_size(table: pd.DataFrame, overall: float) -> go.Figure:
    """The share of months that lay in the 80 % band, by how much a series sells a month."""
    ends = [*table["least"].iloc[1:], None]
    names = [
        _("{least} and more").format(least=units(least))
        if most is None
        else _("{least} to {most}").format(least=units(least), most=units(most))
        for least, most in zip(table["least"], ends, strict=True)
    ]
    title = _("{share} of past months lay in their 80% band").format(share=locales.percent(overall))
    sentence = _("{name} units a month: {share} of {count} series lay in the band")
    figure = theme.figure(
        title,
        x=_("Units a month over the last year"),
        y=_("Share of months in the band"),
        xaxis={"type": "category"},
        yaxis=theme.percent_axis(1.0),
        shapes=[theme.across(PROMISED)],
        bargap=0.3,
    )
    figure.add_trace(
        go.Bar(
            x=names,
            y=table["coverage"].to_numpy(),
            marker={"color": np.where(table["coverage"] < 0.75, theme.LEAVE, theme.STAY)},
            hoverinfo="text",
            hovertext=[
                sentence.format(name=name, share=locales.percent(row.coverage), count=locales.number(row.series))
                for name, row in zip(names, table.itertuples(index=False), strict=True)
            ],
        )
    )
    return figure
