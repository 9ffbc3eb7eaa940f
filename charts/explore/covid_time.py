"""Figures of COVID-19 over time: countries in one figure, from the start of an outbreak, side by side."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from charts.explore.covid import (
    PANEL,
    POINTS,
    alone,
    axis_title,
    dates,
    heading,
    hover,
    plain_numbers,
    sentence,
    ticks,
    unit,
    within,
    written,
)
from locales import _
from locales.labels import place
from models.explore.covid import Shown

COLUMNS = 3  # small figures side by side, at most: a telephone has no room for more


def lines(values: pd.DataFrame, between: pd.DataFrame, shown: Shown, log: bool) -> go.Figure:
    """A line a country over time; the dash tells countries apart where colour does not.

    What lies `between` reports is marked.
    """
    most = str(values.max().idxmax())
    title = _("{country} came highest: {value} on {day} ({unit})").format(
        country=place(most),
        value=written(float(values[most].max()), shown),
        day=locales.day(values[most].idxmax()),
        unit=within(shown),
    )
    step = 1 if shown.form == "new" else max(1, len(values) // POINTS)
    thinned = values.iloc[::-step].iloc[::-1]
    figure = _axes(title, shown, log, dates(values.index), height=420)
    along = {"x0": thinned.index[0].isoformat(), "dx": step * 86_400_000}
    _trace(figure, thinned, values, between, shown, along, "%{x|%d/%m/%Y}")
    return figure


def aligned(values: pd.DataFrame, between: pd.DataFrame, shown: Shown, log: bool, since: str) -> go.Figure:
    """Lines by days since an outbreak began, as `lines`; `since` says what begins it."""
    lengths = values.notna().sum()
    title = _("No country of these had its outbreak in the data")
    if len(lengths):
        shared = int(min(lengths.min() - 1, 365))
        there = values.iloc[: shared + 1].ffill().iloc[-1]
        title = _("{day} days after {since}, {country} stood highest: {value} ({unit})").format(
            day=locales.number(shared),
            since=since,
            country=place(str(there.idxmax())),
            value=written(there.max(), shown),
            unit=within(shown),
        )
    step = max(1, len(values) // POINTS)
    figure = _axes(title, shown, log, {"title": {"text": _("Days since {since}").format(since=since)}}, height=420)
    _trace(figure, values.iloc[::step], values, between, shown, {"x0": 0, "dx": step}, _("day %{x}"))
    return figure


def small(values: pd.DataFrame, between: pd.DataFrame, shown: Shown, log: bool) -> go.Figure:
    """A small figure a country, all on the same scale; what lies `between` reports is marked."""
    names = list(values)
    columns = min(COLUMNS, len(names))
    rows = -(-len(names) // columns)
    peaks = values.max()
    title = _("{high} reached {value}, {low} never more than {least} ({unit})").format(
        high=place(str(peaks.idxmax())),
        value=written(peaks.max(), shown),
        low=place(str(peaks.idxmin())),
        least=written(peaks.min(), shown),
        unit=within(shown),
    )
    if len(names) == 1:
        title = unit(shown)
    figure = theme.figure(title, height=60 + PANEL * rows, showlegend=False, **plain_numbers())
    step = max(1, len(values) // 300)
    thinned = values.iloc[::-step].iloc[::-1]
    top, low = float(np.nanmax(values)), float(np.nanmin(values.where(values > 0) if log else values))
    scale = [np.log10(low), np.log10(top)] if log else [min(low, 0.0), 1.05 * top]
    layout: dict[str, Any] = {"annotations": []}
    for at, name in enumerate(names):
        row, column = divmod(at, columns)
        x, y = (f"{axis}{at + 1 if at else ''}" for axis in "xy")
        across = [(column + 0.06) / columns, (column + 0.96) / columns]
        up = [1 - (row + 0.86) / rows, 1 - (row + 0.14) / rows]
        figure.add_trace(
            go.Scatter(
                x0=thinned.index[0].isoformat(),
                dx=step * 86_400_000,
                y=thinned[name].to_numpy(),
                xaxis=x,
                yaxis=y,
                mode="lines",
                line={"color": theme.STAY, "width": 1.8},
                fill=None if log else "tozeroy",
                fillcolor=theme.faded(theme.STAY, 0.2),
                **hover(name, shown, "%{x|%d/%m/%Y}", between.loc[thinned.index, name]),
            )
        )
        points = sentence(name, shown, "%{x|%d/%m/%Y}")
        figure.add_traces(alone(values[name], theme.STAY, points, xaxis=x, yaxis=y))
        layout[f"xaxis{x[1:]}"] = {
            "domain": across,
            "anchor": y,
            "type": "date",
            "fixedrange": True,
            **dates(values.index, few=True),
        }
        layout[f"yaxis{y[1:]}"] = {
            "domain": up,
            "anchor": x,
            "range": scale,
            "type": "log" if log else "linear",
            "nticks": 4,
            "showticklabels": column == 0,
            "fixedrange": True,
            **ticks(shown),
        }
        layout["annotations"].append(heading(place(str(name)), across[0], up[1]))
    return figure.update_layout(layout)


def _axes(title: str, shown: Shown, log: bool, xaxis: dict[str, Any], height: int) -> go.Figure:
    return theme.figure(
        title,
        y=axis_title(shown),
        height=height,
        xaxis=xaxis,
        yaxis={"type": "log" if log else "linear", **ticks(shown), **({} if log else {"rangemode": "tozero"})},
        **plain_numbers(),
    )


def _trace(
    figure: go.Figure,
    thinned: pd.DataFrame,
    values: pd.DataFrame,
    between: pd.DataFrame,
    shown: Shown,
    along: dict[str, Any],
    when: str,
) -> None:
    """A line a country through `thinned` rows of `values`, and points for what none of them is near."""
    figure.add_traces(
        [
            go.Scatter(
                **along,
                y=thinned[name].to_numpy("float32"),
                name=theme.plain(place(str(name))),
                mode="lines",
                line={
                    "width": 2.2,
                    "color": theme.CATEGORICAL[at % len(theme.CATEGORICAL)],
                    "dash": theme.DASHES[at % len(theme.DASHES)],
                },
                **hover(name, shown, when, between.loc[thinned.index, name]),
            )
            for at, name in enumerate(values)
        ]
    )
    for at, name in enumerate(values):
        colour = theme.CATEGORICAL[at % len(theme.CATEGORICAL)]
        figure.add_traces(alone(values[name], colour, sentence(name, shown, when)))
