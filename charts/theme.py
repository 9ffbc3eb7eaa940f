"""One look for all figures: the palette, the figure everyone starts from, and text made safe for it.

Colours with a meaning are mid-tones that keep 3:1 contrast on both the light and the dark background;
everything else (text, grid, background) is left to the theme of the page that shows the figure.
"""

from collections.abc import Sequence
from html import escape
from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales

# Told apart by colour-blind readers; series that carry a meaning also differ by dash, symbol or label.
LEAVE = "#D4622F"
STAY = "#2387A6"
ACCENT = "#B8860B"
NEUTRAL = "#7D8B96"
CATEGORICAL = [
    STAY, LEAVE, ACCENT, "#7C6BC4", "#3F9A68", "#C2528B", "#5B9BD5", "#9A7B4F", NEUTRAL, "#5C7F8F",
]  # fmt: skip
BELOW = {"orientation": "h", "thickness": 10, "len": 0.5, "y": -0.02, "yanchor": "top"}  # a map's scale
SEQUENTIAL = ["#F3F8FA", "#CFE4EB", "#93C4D4", "#4E9FB9", "#1F7896", "#0C4A61"]
DIVERGING = ["#0C4A61", "#4E9FB9", "#F4F4F2", "#E39A73", "#9C3F16"]
HEIGHT = 320
LONG = 150  # days from which on the ticks of an axis of time are months or years
MONTHS = (1, 2, 3, 4, 6, *range(12, 12_000, 12))  # between two of them
TICKS, YEARS = 6, 8  # at most
AXIS_TITLE = 28  # characters in a line: so many fit beside the names of rows
POINTS = 150  # of a curve: more cannot be told apart
DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"]


def figure(
    title: str,
    x: str = "",
    y: str = "",
    height: int = HEIGHT,
    xaxis: dict[str, Any] | None = None,
    yaxis: dict[str, Any] | None = None,
    **layout: Any,
) -> go.Figure:
    """An empty figure with its finding as title and axis titles (with units), ready for `add_trace`.

    The rest of the layout is given here too: each later `update_layout` costs as much as the whole figure.
    """
    return go.Figure(
        layout={
            "title": {"text": title},
            "height": height,
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "xaxis": _axis(x) | (xaxis or {}),
            "yaxis": _axis(y) | (yaxis or {}),
            "hoverlabel": {"align": "left"},
            "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.0, "xanchor": "left", "x": 0},
            "colorway": CATEGORICAL,
            "autotypenumbers": "strict",  # the levels "0" and "1" of a column are names, not places on an axis
            **layout,
        }
    )


def _axis(title: str) -> dict[str, Any]:
    """What every axis has; for an empty title plotly would keep as much room as for one of words, and a long one is
    cut on a phone unless it has several lines."""
    lines = "<br>".join(wrap(title, AXIS_TITLE))
    return {"automargin": True, "fixedrange": True, **({"title": {"text": lines}} if title else {})}


def land(dark: bool) -> dict[str, Any]:
    """A map of nothing but land, for the `geo` of a layout."""
    return {
        "showframe": False,
        "showcoastlines": False,
        "showcountries": False,
        "showland": True,
        "landcolor": "#3A4247" if dark else "#E1E1DE",
        "bgcolor": "rgba(0,0,0,0)",
    }


def across(at: float) -> dict[str, Any]:
    """A shape: the dotted line of a reference value, across the whole figure at the height `at`."""
    line = {"color": NEUTRAL, "dash": "dot", "width": 1.5}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": at, "y1": at, "line": line}


def upright(at: Any, colour: str = NEUTRAL, dash: str = "dot") -> dict[str, Any]:
    """A shape: the line of a moment or a value, from the bottom of the figure to its top at `at`."""
    line = {"color": colour, "dash": dash, "width": 1.5}
    return {"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1, "line": line}


def diagonal(end: float, start: float = 0) -> dict[str, Any]:
    """A shape: the dotted line on which both axes say the same, from `start` to `end`."""
    line = {"color": NEUTRAL, "dash": "dot", "width": 1.5}
    return {"type": "line", "x0": start, "y0": start, "x1": end, "y1": end, "line": line}


def area(x: Sequence[Any] | np.ndarray, y: Sequence[Any] | np.ndarray, colour: str, **look: Any) -> go.Scatter:
    """A trace: what an outline encloses, filled lightly (`opacity`), without a line or a hover of its own."""
    fill = faded(colour, look.pop("opacity", 0.18))
    return go.Scatter(
        x=x, y=y, mode="lines", fill="toself", fillcolor=fill, line={"width": 0}, hoverinfo="skip", **look
    )


def band(x: Any, lo: Any, hi: Any, colour: str, **look: Any) -> go.Scatter:
    """A trace: the band from `lo` to `hi` (arrays) along `x`; `look` as of `area`."""
    x, lo, hi = (np.asarray(values) for values in (x, lo, hi))
    return area(np.r_[x, x[::-1]], np.r_[hi, lo[::-1]], colour, **look)


def interval(middle: Any, lo: Any, hi: Any, **look: Any) -> dict[str, Any]:
    """The `error_x` or `error_y` of a trace: from `lo` to `hi` (arrays) around the `middle`."""
    middle, lo, hi = (np.asarray(values, float) for values in (middle, lo, hi))
    usual = {"type": "data", "color": NEUTRAL, "thickness": 1.5, "width": 4}
    return {**usual, "array": hi - middle, "arrayminus": middle - lo, **look}


def dots(
    x: Any,
    y: Any,
    colour: str,
    hover: Sequence[str],
    name: str = "",
    symbol: str = "circle",
    size: int = 9,
    **more: Any,
) -> go.Scatter:
    """A trace: marks at places, each with its own sentence on hover; with a `name` where it is in the legend."""
    marker = {"color": colour, "symbol": symbol, "size": size}
    named = {"name": name} if name else {}
    return go.Scatter(x=x, y=y, mode="markers", marker=marker, hoverinfo="text", hovertext=hover, **named, **more)


def thinned(count: int, most: int = POINTS) -> np.ndarray:
    """The places of at most `most` of `count` points, evenly apart, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, most).astype(int)) if count else np.arange(0)


def percent_axis(top: float) -> dict[str, Any]:
    """An axis from 0 to the share `top`, ticks in the reader's language."""
    step = next(s for s in (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25) if top / s <= 6)
    ticks = np.arange(0, top + step / 1000, step)
    digits = 0 if step >= 0.01 else 1
    return {"tickvals": ticks, "ticktext": [locales.percent(tick, digits) for tick in ticks], "range": [0, top]}


def number_axis(at: np.ndarray) -> dict[str, Any]:
    """An axis along the sorted numbers `at`, round ticks in the reader's language."""
    span = float(at[-1] - at[0])
    steps = np.outer(10.0 ** np.arange(-3, 12), [1, 2, 5]).ravel()
    step = float(steps[np.searchsorted(steps, span / 7)])
    ticks = np.arange(np.ceil(at[0] / step), np.floor(at[-1] / step) + 1) * step + 0.0  # no "-0"
    digits = 0 if step >= 1 else 2
    return {"tickvals": ticks, "ticktext": [locales.number(tick, digits) for tick in ticks]}


def amounts(values: Sequence[float] | np.ndarray, zero: bool = True) -> dict[str, object]:
    """An axis for amounts with round ticks, from zero on unless some are below or `zero` is not wanted."""
    found = np.asarray(values, float)
    found = found[np.isfinite(found)]
    low, high = (float(found.min()), float(found.max())) if len(found) else (0.0, 1.0)
    low = min(low, 0.0) if zero else low - 0.1 * (high - low)
    high = high + 0.05 * (high - low) or 1.0
    axis = number_axis(np.array([low, high]))
    if max(high, -low) >= 1e6:
        axis["ticktext"] = [locales.compact(tick) if tick else "0" for tick in axis["tickvals"]]
    return {**axis, "range": [low * 1.05 if low < 0 else low, high]}


def time_axis(dates: pd.DatetimeIndex) -> dict[str, Any]:
    """An axis of time with a few ticks, evenly apart, in the reader's language: where it is long, months or years.

    They are in two short lines, which stay level and apart at the width of a phone.
    """
    dates = pd.DatetimeIndex(dates).unique().sort_values()
    apart = np.median(np.diff(dates.to_numpy()) / np.timedelta64(1, "D")) if len(dates) > 1 else 0
    if apart > 27 or (dates[-1] - dates[0]).days <= LONG:
        ticks = dates[::-1][:: -(-len(dates) // TICKS)][::-1]
        write = locales.month if apart > 27 else locales.day_of_year
    else:
        begins = pd.date_range(dates[0], dates[-1], freq="MS", normalize=True)
        step = next(step for step in MONTHS if len(begins) <= (TICKS if step < 12 else YEARS) * step)
        ticks = begins[(12 * begins.year + begins.month - 1) % step == 0]
        write = locales.month if step < 12 else locales.year
    texts = ["<br>".join(write(day).rsplit(" ", 1)) for day in ticks]
    return {"tickvals": list(ticks), "ticktext": texts, "tickangle": 0}


def plain(text: object) -> str:
    """Text from outside, made safe for plotly, which reads a part of HTML in every label."""
    return escape(str(text), quote=False)


def wrapped(text: str, width: int) -> str:
    """Text from outside in lines of at most `width` characters, made safe."""
    return "<br>".join(plain(line) for line in wrap(text, width))


def faded(colour: str, opacity: float) -> str:
    """A `#rrggbb` colour with an opacity, for bands."""
    r, g, b = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({r},{g},{b},{opacity})"
