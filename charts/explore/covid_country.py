"""Figures of COVID-19 in one country: its waves over time, its way through two measures."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from charts.explore.covid import (
    PANEL,
    POINTS,
    alone,
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
from locales import _, ngettext
from locales.labels import place
from models.explore.covid import Shown


def timeline(
    panels: dict[str, tuple[pd.Series, pd.Series, Shown]], waves: pd.DataFrame, country: str, first: Shown
) -> go.Figure:
    """One country: a panel a measure over the same time, with the waves of the first as bands and their peaks.

    A panel is a series, which of its days lie between two reports, and what it shows.
    """
    count = len(panels)
    title = _("{country}: no wave stands out in this period").format(country=place(country))
    if len(waves):
        peak = waves.loc[waves["height"].idxmax()]
        title = ngettext(
            "{country}: {count} wave, which peaked on {day} at {value} ({unit})",
            "{country}: {count} waves; the highest peaked on {day} at {value} ({unit})",
            len(waves),
        ).format(
            country=place(country),
            count=len(waves),
            day=locales.day(peak["peak"]),
            value=written(peak["height"], first),
            unit=within(first),
        )
    figure = theme.figure(title, height=60 + PANEL * count, showlegend=False, **plain_numbers())
    layout: dict[str, Any] = {"annotations": [], "shapes": []}
    colours = (theme.STAY, theme.LEAVE, theme.ACCENT, "#7C6BC4")
    for at, (series, between, shown) in enumerate(panels.values()):
        axis = str(at + 1) if at else ""
        step = max(1, len(series) // POINTS)
        thinned = series.iloc[::-step].iloc[::-1]
        up = [1 - (at + 0.86) / count, 1 - (at + 0.14) / count]
        figure.add_trace(
            go.Scatter(
                x0=thinned.index[0].isoformat(),
                dx=step * 86_400_000,
                y=thinned.to_numpy(),
                yaxis=f"y{axis}",
                mode="lines",
                line={"color": colours[at % 4], "width": 2},
                fill="tozeroy",
                fillcolor=theme.faded(colours[at % 4], 0.15),
                **hover("", shown, "%{x|%d/%m/%Y}", between[thinned.index]),
            )
        )
        points = sentence("", shown, "%{x|%d/%m/%Y}")
        figure.add_traces(alone(series, colours[at % 4], points, yaxis=f"y{axis}"))
        layout[f"yaxis{axis}"] = {"domain": up, "nticks": 4, "fixedrange": True, "automargin": True, **ticks(shown)}
        name, _comma, rest = unit(shown).partition(", ")
        layout["annotations"].append(heading(name, 0, up[1], rest))
    days = next(iter(panels.values()))[0].index
    for number, wave in enumerate(waves.itertuples(), 1):
        end = days[-1] if pd.isna(wave.trough) else wave.trough
        if number % 2:
            band = {"type": "rect", "yref": "paper", "y0": 0, "y1": 1, "line": {"width": 0}, "layer": "below"}
            layout["shapes"].append(
                {
                    **band,
                    "x0": wave.start.isoformat(),
                    "x1": end.isoformat(),
                    "fillcolor": theme.faded(theme.NEUTRAL, 0.12),
                }
            )
        layout["annotations"].append(
            {
                "text": str(number),
                "x": wave.peak.isoformat(),
                "y": wave.height,
                "showarrow": False,
                "yanchor": "bottom",
                "font": {"size": 12},
            }
        )
    layout["xaxis"] = {
        "type": "date",
        "anchor": f"y{count if count > 1 else ''}",
        "fixedrange": True,
        **dates(days),
    }
    return figure.update_layout(layout)


def path(values: pd.DataFrame, x: Shown, y: Shown, country: str) -> go.Figure:
    """One country's way through two measures (columns `x` and `y` of `values`, a row a day), its months marked."""
    known = values.dropna()
    title = _("{country}: {x} and {y}, month by month").format(country=place(country), x=within(x), y=within(y))
    figure = theme.figure(title, x=unit(x), y=unit(y), height=420, showlegend=False, **plain_numbers())
    months = known.groupby(known.index.to_period("M")).tail(1)
    said = [locales.month(day) for day in months.index]
    ends = {0, len(said) - 1} | set(range(0, len(said), max(1, len(said) // 6)))
    figure.add_scatter(
        x=months["x"],
        y=months["y"],
        mode="lines+markers+text",
        line={"color": theme.NEUTRAL, "width": 1.4},
        marker={"color": theme.STAY, "size": 8},
        text=[month if at in ends else "" for at, month in enumerate(said)],
        # Away from the edge that a label would be cut off by.
        textposition=["middle left" if 2 * one > months["x"].max() else "top center" for one in months["x"]],
        hovertext=[
            f"{month}: {written(across, x)}; {written(up, y)}"
            for month, across, up in zip(said, months["x"], months["y"], strict=True)
        ],
        hoverinfo="text",
    )
    return figure
