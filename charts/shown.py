"""A figure as a page shows it: what the look of the page adds is written out, so that a browser draws it once.

Streamlit hands every new figure to plotly twice, the second time as a copy. Plotly passes over the second where it
finds no difference; but a template, and numbers that come in binary, are a difference to it whatever they say.
"""

import re
from typing import Any

import numpy as np
import plotly.graph_objects as go

FONT = 'Atkinson Hyperlegible Next, system-ui, sans-serif, "Source Sans", sans-serif'
SMALL, MIDDLE = 11.25, 13.125  # px: of ticks and legends, of the titles of axes
BARS = frozenset({"bar", "box", "waterfall"})
AXIS = re.compile(r"[xy]axis\d*")


class Shown(go.Figure):
    """A figure as a page sends it to the browser, on a `dark` page or a light one."""

    def __init__(self, drawn: go.Figure, dark: bool) -> None:
        super().__init__()
        self._sent = sent(drawn, dark)

    def to_dict(self) -> dict[str, Any]:
        """What is sent: `data`, `layout` and, of a figure that moves, `frames`."""
        return self._sent


def sent(drawn: go.Figure, dark: bool) -> dict[str, Any]:
    """A figure with the look of a page under what it says itself, its numbers as lists, without a template."""
    look, own = LOOKS[dark], drawn.layout.to_plotly_json()
    own.pop("template", None)
    layout = _under(look["layout"], own)
    flat = {
        f"yaxis{(trace.yaxis or 'y')[1:]}" for trace in drawn.data if trace.type in BARS and trace.orientation == "h"
    }
    ticks = look["ticks"] if any(trace.type == "heatmap" for trace in drawn.data) else {}
    for name in filter(AXIS.fullmatch, own):  # a colour for lines that plotly leaves out would make it draw them
        part = "bars" if name in flat else f"{name[0]}axis"
        layout[name] = _under({**look[part], **ticks}, own[name])
    if "coloraxis" in own:
        layout["coloraxis"] = _under(look["coloraxis"], own["coloraxis"])
    data = [_under(look["traces"].get(trace.type, {}), trace.to_plotly_json()) for trace in drawn.data]
    found: dict[str, Any] = _listed({"data": data, "layout": layout})
    return {**found, "frames": drawn.to_dict()["frames"]} if drawn.frames else found  # these are not compared


def _under(look: Any, own: Any) -> Any:
    """A look, where the figure does not say otherwise."""
    if own is None:
        return look
    if isinstance(look, dict) and isinstance(own, dict):
        return {**look, **{name: _under(look.get(name), value) for name, value in own.items()}}
    return own


def _listed(values: Any) -> Any:
    """Numbers and days as lists, at any depth; what is not known as None."""
    if isinstance(values, dict):
        return {name: _listed(value) for name, value in values.items()}
    if isinstance(values, np.ndarray) and values.dtype.kind in "iuf":
        known = np.isfinite(values)
        return values.tolist() if known.all() else np.where(known, values.astype(object), np.array(None)).tolist()
    if isinstance(values, np.ndarray) and values.dtype.kind == "M" and not np.isnat(values).any():
        whole = (values == values.astype("datetime64[D]")).all()
        return np.datetime_as_string(values, "D" if whole else "s").tolist()
    if isinstance(values, list | tuple) and any(isinstance(value, dict | np.ndarray) for value in values):
        return [_listed(value) for value in values]
    return values


def _scale(colours: str) -> list[list[Any]]:
    parts = colours.split()
    return [[place / (len(parts) - 1), f"#{colour}"] for place, colour in enumerate(parts)]


def _look(text: str, strong: str, lines: str, paper: str, border: str, scale: list[list[Any]]) -> dict[str, Any]:
    """What a page adds to a figure, by part of it, for the colours of its texts, lines and background."""
    font, title = {"color": text, "size": SMALL}, {"font": {"color": text, "size": MIDDLE}}
    axis, grid = {"tickfont": font, "automargin": True}, {"gridcolor": lines, "zerolinecolor": lines}
    up = {**axis, "title": {**title, "standoff": 22.5}, "ticklabelposition": "outside"}
    bar = {"thickness": 16, "xpad": 22.5, "outlinecolor": "rgba(0,0,0,0)", "outlinewidth": 8, "len": 0.75, "y": 0.5745}
    return {
        "layout": {
            "font": {**font, "family": FONT, "weight": 400},
            "legend": {"font": {"color": strong, "size": SMALL}, "valign": "top"},
            "paper_bgcolor": paper,
            "plot_bgcolor": paper,
            "margin": {"pad": 7.5, "r": 0, "l": 0},
            "hoverlabel": {"bgcolor": paper, "bordercolor": border, "font": {**font, "family": FONT}},
            "datarevision": 1,  # lists are the same until this changes, which is for each new figure
        },
        "xaxis": {**axis, **grid, "title": {**title, "standoff": 18.75}, "showgrid": False, "zeroline": False},
        "yaxis": {**up, **grid},
        "bars": up,
        "ticks": {"tickcolor": lines},
        "coloraxis": {"colorscale": scale, "colorbar": {**bar, "title": title, "tickfont": font}},
        "traces": {
            "heatmap": {"colorscale": scale},
            "scatter": {"marker": {"line": {"width": 0}}},
            "sankey": {"textfont": {"color": text}},
            "waterfall": {"connector": {"line": {"color": text, "width": 2}}},
        },
    }


# As Streamlit draws figures on these pages; small texts are darker on the light one, for a contrast of 4.5.
LOOKS = (  # the scales are chartSequentialColors of .streamlit/config.toml
    _look(
        *("#66717C", "#262730", "#E6EAF1", "#FBFCFC", "#D5DFE3"),
        _scale("F3F8FA DFEDF2 C6E0E8 A5CDDA 7FB7C9 589FB6 3787A1 1F6F8A 135A72 0C4A61"),
    ),
    _look(
        *("#E6EAF1", "#FAFAFA", "#31333F", "#0E1A20", "#2C414A"),
        _scale("12333F 164452 1B5667 22697C 2D7E93 4094A9 5CABBF 80C2D3 A9D8E4 D6EEF4"),
    ),
)
