"""One look for all figures: the palette, the figure everyone starts from, and text made safe for it.

Colours with a meaning are mid-tones that keep 3:1 contrast on both the light and the dark background;
everything else (text, grid, background) is left to the theme of the page that shows the figure.
"""

from html import escape

import plotly.graph_objects as go

# Told apart by colour-blind readers; series that carry a meaning also differ by dash, symbol or label.
LEAVE = "#D4622F"
STAY = "#2387A6"
ACCENT = "#B8860B"
NEUTRAL = "#7D8B96"
CATEGORICAL = [
    STAY, LEAVE, ACCENT, "#7C6BC4", "#3F9A68", "#C2528B", "#5B9BD5", "#9A7B4F", NEUTRAL, "#5C7F8F",
]  # fmt: skip
SEQUENTIAL = ["#F3F8FA", "#CFE4EB", "#93C4D4", "#4E9FB9", "#1F7896", "#0C4A61"]
DIVERGING = ["#0C4A61", "#4E9FB9", "#F4F4F2", "#E39A73", "#9C3F16"]
HEIGHT = 320
DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"]


def figure(title: str, x: str = "", y: str = "", height: int = HEIGHT) -> go.Figure:
    """An empty figure with its finding as title and axis titles (with units), ready for `add_trace`."""
    return go.Figure(
        layout={
            "title": {"text": title},
            "height": height,
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "xaxis": {"title": {"text": x}, "automargin": True},
            "yaxis": {"title": {"text": y}, "automargin": True},
            "hoverlabel": {"align": "left"},
            "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.0, "xanchor": "left", "x": 0},
            "colorway": CATEGORICAL,
        }
    )


def plain(text: object) -> str:
    """Text from outside, made safe for plotly, which reads a part of HTML in every label."""
    return escape(str(text), quote=False)


def faded(colour: str, opacity: float) -> str:
    """A `#rrggbb` colour with an opacity, for bands."""
    r, g, b = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({r},{g},{b},{opacity})"
