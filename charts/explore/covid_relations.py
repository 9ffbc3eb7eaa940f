"""Figures of what goes together in COVID-19: countries by two measures, by weeks, correlations."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from charts.explore.covid import dates, plain_numbers, player, region, sentence, ticks, unit, within
from locales import _
from locales.labels import place
from models.explore.covid import STALE, WEEK, Shown

CONTINENTS = ("Africa", "Asia", "Europe", "North America", "Oceania", "South America")
SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "star")
ROW = 22  # height of a row of cells
NAME = 30  # letters in a line of its name: so many leave room for the cells on a telephone


def scatter(frames: dict[pd.Timestamp, pd.DataFrame], x: str, y: str, log: tuple[bool, bool], r: float) -> go.Figure:
    """Countries by two measures, the area of a bubble their population; it plays where there are several days.

    A frame has x, y, population, continent and `day`, that of the older of both reports, by country. `x` and `y` say
    what they are; `r` is the rank correlation.
    """
    days = list(frames)
    table = frames[days[-1]]
    title = _("“{x}” and “{y}”: too few countries have both").format(x=x, y=y)
    if r == r:
        tells = (
            _("The higher “{x}”, the higher “{y}” (rank correlation {r}, {count} countries)")
            if r > 0.2
            else _("The higher “{x}”, the lower “{y}” (rank correlation {r}, {count} countries)")
            if r < -0.2
            else _("“{x}” and “{y}” hardly go together (rank correlation {r}, {count} countries)")
        )
        title = tells.format(x=x, y=y, r=locales.number(r, 2), count=locales.number(len(table)))
    everything = pd.concat(frames.values())
    figure = theme.figure(
        title,
        x=x,
        y=y,
        height=560,
        xaxis={"type": "log" if log[0] else "linear", "range": _limits(everything["x"], log[0]), "tickformat": ","},
        yaxis={"type": "log" if log[1] else "linear", "range": _limits(everything["y"], log[1]), "tickformat": ","},
        **plain_numbers(),
        **(player(pd.DatetimeIndex(days), x) if len(days) > 1 else {}),
    )
    largest = float(everything["population"].max())
    names = {str(country): theme.plain(place(str(country))) for country in everything.index.unique()}

    def told(country: str, reported: pd.Timestamp, day: pd.Timestamp) -> str:
        old = reported < day - pd.Timedelta(days=STALE)
        return names[country] + (_(" (last reported {day})").format(day=locales.day(reported)) if old else "")

    def moving(day: pd.Timestamp) -> list[dict[str, Any]]:
        """What a frame changes: the rest of a trace stays."""
        part = frames[day]
        continents = (part[part["continent"] == name] for name in CONTINENTS)
        return [
            {
                "x": one["x"].to_numpy("float32"),
                "y": one["y"].to_numpy("float32"),
                "text": [told(str(country), reported, day) for country, reported in one["day"].items()],
                "marker": {"size": one["population"].to_numpy("float32")},
            }
            for one in continents
        ]

    for name, symbol, colour, data in zip(CONTINENTS, SYMBOLS, theme.CATEGORICAL, moving(days[-1]), strict=False):
        data["marker"] |= {"color": colour, "symbol": symbol, "opacity": 0.75}
        data["marker"] |= {"sizemode": "area", "sizeref": largest / 1_800, "sizemin": 4}
        figure.add_scatter(
            **data,
            name=region(name),
            mode="markers",
            hovertemplate="<b>%{text}</b><br>"
            + theme.plain(x)
            + ": %{x:,.3~r}<br>"
            + theme.plain(y)
            + ": %{y:,.3~r}<extra></extra>",
        )
    if len(days) > 1:
        figure.frames = [
            {"name": str(at), "data": [{"type": "scatter", **one} for one in moving(day)]}
            for at, day in enumerate(days)
        ]
    return figure


def _limits(values: pd.Series, log: bool) -> list[float]:
    """The range of an axis that stays the same while a figure plays."""
    known = values[values > 0] if log else values
    if known.dropna().empty:
        return [0.0, 1.0]
    low, high = float(known.min()), float(known.max())
    if log:
        return [float(np.log10(low)) - 0.1, float(np.log10(high)) + 0.15]
    room = 0.1 * ((high - low) or 1.0)  # a large bubble is 42 px wide
    return [low - room, high + room]


def heatmap(values: pd.DataFrame, shown: Shown, dark: bool) -> go.Figure:
    """Countries by weeks (rows of `values` are weeks), those that peaked first on top; of what adds up, the largest."""
    peak = values.idxmax().sort_values(kind="stable")
    months = peak.dt.to_period("M").value_counts()
    title = unit(shown)
    if len(peak) > 1 and not shown.grows:
        tells = _("{first} peaked first, in {day}, and {last} last, in {until} ({unit})")
        if months.iloc[0] > len(peak) / 2:
            tells = _("{most} of these {count} countries peaked in {month} ({unit})")
        title = tells.format(
            most=locales.number(months.iloc[0]),
            count=locales.number(len(peak)),
            month=locales.month(months.index[0].start_time),
            first=place(str(peak.index[0])),
            day=locales.month(peak.iloc[0]),
            last=place(str(peak.index[-1])),
            until=locales.month(peak.iloc[-1]),
            unit=within(shown),
        )
    ordered = values[peak.index if not shown.grows else values.ffill().iloc[-1].sort_values(ascending=False).index].T
    top = float(np.nanquantile(ordered.to_numpy(), 0.98))
    low = min(0.0, float(np.nanmin(ordered.to_numpy())))
    figure = theme.figure(
        title,
        height=90 + ROW * max(4, len(ordered)),
        xaxis=dates(values.index) | {"showgrid": False},
        yaxis={"autorange": "reversed", "showgrid": False, "dtick": 1},
        **plain_numbers(),
    )
    return figure.add_heatmap(
        z=ordered.to_numpy("float32"),
        x0=values.index[0].isoformat(),
        dx=WEEK * 86_400_000,
        y=[theme.plain(place(str(name))) for name in ordered.index],
        zmin=low,
        zmax=max(top, low + 1e-9),
        colorscale=theme.SEQUENTIAL[::-1] if dark else theme.SEQUENTIAL,
        colorbar={**theme.BELOW, "y": -45 / (ROW * max(4, len(ordered))), "outlinewidth": 0, **ticks(shown)},
        hoverongaps=False,
        hovertemplate=sentence("%{y}", shown, "%{x|%d/%m/%Y}", "z"),
    )


def correlations(matrix: pd.DataFrame, names: dict[str, str]) -> go.Figure:
    """Spearman's rank correlations of measures across countries: the columns have the numbers of the rows' names."""
    upper = matrix.where(np.triu(np.ones(matrix.shape, dtype=bool), 1)).stack().dropna()
    one, other = upper.abs().idxmax()
    title = _("“{one}” and “{other}” go together most (rank correlation {r})").format(
        one=names[one], other=names[other], r=locales.number(upper[one, other], 2)
    )
    places = np.arange(1, len(matrix) + 1)
    rows = [f"{theme.wrapped(names[name], NAME)} <b>{at}</b>" for at, name in zip(places, matrix, strict=True)]
    values = matrix.where(np.tril(np.ones(matrix.shape, dtype=bool), -1)).to_numpy()
    figure = theme.figure(
        title,
        height=70 + 31 * len(matrix),
        xaxis={"tickvals": places[:-1], "showgrid": False, "range": [0.5, len(matrix) - 0.5], "zeroline": False},
        yaxis={"tickvals": places, "ticktext": rows, "showgrid": False, "range": [len(matrix) + 0.5, 0.5]},
        **plain_numbers(),
    )
    return figure.add_heatmap(
        z=values,
        x=places,
        y=places,
        zmin=-1,
        zmax=1,
        colorscale=theme.DIVERGING[::-1],
        showscale=False,
        xgap=2,
        ygap=2,
        hoverongaps=False,
        text=[["" if value != value else locales.number(value, 2) for value in row] for row in values],
        texttemplate="%{text}",
        customdata=[[theme.plain(f"{names[row]} – {names[column]}") for column in matrix] for row in matrix],
        hovertemplate="%{customdata}: %{text}<extra></extra>",
    )
