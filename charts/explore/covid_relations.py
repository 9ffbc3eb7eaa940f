"""Figures of what goes together in COVID-19: countries by two measures, by weeks, correlations."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from charts.canvas import INK, PAPER, blank
from charts.explore.covid import plain_numbers, player, region, unit, within, written
from locales import _
from locales.labels import place
from models.explore.covid import Shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CONTINENTS = ("Africa", "Asia", "Europe", "North America", "Oceania", "South America")
SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "star")


def scatter(frames: dict[pd.Timestamp, pd.DataFrame], x: str, y: str, log: tuple[bool, bool], r: float) -> go.Figure:
    """Countries by two measures, the area of a bubble their population; it plays where there are several days.

    A frame has x, y, population, continent by country. `x` and `y` say what they are; `r` is the rank correlation.
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
        **(player(pd.DatetimeIndex(days)) if len(days) > 1 else {}),
    )
    largest = float(everything["population"].max())
    names = {country: theme.plain(place(str(country))) for country in everything.index.unique()}

    def moving(part: pd.DataFrame) -> list[dict[str, Any]]:
        """What a frame changes: the rest of a trace stays."""
        continents = (part[part["continent"] == name] for name in CONTINENTS)
        return [
            {
                "x": one["x"].to_numpy("float32"),
                "y": one["y"].to_numpy("float32"),
                "text": [names[country] for country in one.index],
                "marker": {"size": one["population"].to_numpy("float32")},
            }
            for one in continents
        ]

    for name, symbol, colour, data in zip(CONTINENTS, SYMBOLS, theme.CATEGORICAL, moving(table), strict=False):
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
            {"name": str(at), "data": [{"type": "scatter", **one} for one in moving(frames[day])]}
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
    room = 0.06 * ((high - low) or 1.0)
    return [low - room, high + room]


def heatmap(values: pd.DataFrame, shown: Shown, dark: bool) -> "Figure":
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
    names = [place(str(name)) for name in ordered.index]
    drawn, axis, draw = _seaborn(title, names, max(6, len(names)), 0.4, dark)
    draw(
        ordered.to_numpy(),
        cmap=_colours(theme.SEQUENTIAL[::-1] if dark else theme.SEQUENTIAL),
        vmin=min(0.0, float(np.nanmin(ordered.to_numpy()))),
        vmax=top or 1.0,
        rasterized=True,
        xticklabels=False,
        yticklabels=False,  # set below: seaborn would measure each, which takes longer than to draw
        cbar_kws={"pad": 0.015, "aspect": 2.5 * max(8, len(names)), "fraction": 0.06},
    )
    at = np.unique(np.linspace(0, len(values) - 1, 7).astype(int))
    axis.set_xticks(at + 0.5, [locales.month(values.index[one]) for one in at])
    axis.set_yticks(np.arange(len(names)) + 0.5, names)
    bar = drawn.axes[-1]
    ticks = [tick for tick in bar.get_yticks() if bar.get_ylim()[0] <= tick <= bar.get_ylim()[1]]
    bar.set_yticks(ticks, [written(tick, shown) for tick in ticks])
    _finish(drawn, dark)
    return drawn


def correlations(matrix: pd.DataFrame, names: dict[str, str], dark: bool) -> "Figure":
    """Spearman's rank correlations of measures across countries."""
    upper = matrix.where(np.triu(np.ones(matrix.shape, dtype=bool), 1)).stack()
    title = _("Too few countries have two of these measures")
    if len(upper.dropna()):
        one, other = upper.abs().idxmax()
        title = _("“{one}” and “{other}” go together most (rank correlation {r})").format(
            one=names[one], other=names[other], r=locales.number(upper[one, other], 2)
        )
    values = matrix.to_numpy()
    texts = [["" if value != value else locales.number(value, 2) for value in row] for row in values]
    rows = [names[name] for name in matrix.columns[1:]]
    drawn, axis, draw = _seaborn(title, rows, len(rows), 1.9, dark)
    draw(
        values[1:, :-1],
        mask=np.triu(np.ones(values.shape, dtype=bool))[1:, :-1],
        annot=np.array(texts)[1:, :-1],
        fmt="",
        annot_kws={"size": 8},
        cmap=_colours(theme.DIVERGING[::-1]),
        vmin=-1,
        vmax=1,
        cbar=False,
        linewidths=1.5,
        linecolor=PAPER[dark],
        xticklabels=[names[name] for name in matrix.columns[:-1]],
        yticklabels=rows,
    )
    axis.set_facecolor("none")
    axis.tick_params(axis="x", rotation=30)
    for tick in axis.get_xticklabels():
        tick.set_horizontalalignment("right")
    _finish(drawn, dark)
    return drawn


def _colours(colours: list[str]) -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("vigie", colours)


def _seaborn(title: str, names: Sequence[str], rows: int, below: float, dark: bool) -> tuple["Figure", Any, Any]:
    """An empty figure, its axes, and seaborn's heatmap that draws in these.

    `names` stand to the left of `rows` rows, what is written `below` them takes so many inches. Margins are set here:
    to let matplotlib find them takes longer than to draw.
    """

    import seaborn as sns

    width, height = 9.0, 0.27 * rows + below + 0.1
    drawn, axis = blank(title, width, height, dark)
    left = 0.25 + 0.072 * max(map(len, names))
    drawn.subplots_adjust(left / width, below / height, 0.99, 1 - 0.1 / height)
    return drawn, axis, partial(sns.heatmap, ax=axis)


def _finish(drawn: "Figure", dark: bool) -> None:
    for axis in drawn.axes:
        axis.tick_params(colors=INK[dark], labelsize=9, length=0)
        axis.tick_params(axis="y", rotation=0)
