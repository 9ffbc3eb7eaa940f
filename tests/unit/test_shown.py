"""Figures as a page sends them: what they look like, and that plotly has no reason to draw them twice."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import plotly.io
import pytest
from plotly.subplots import make_subplots

from charts import theme
from charts.shown import LOOKS, Shown, sent


def drawn():
    figure = make_subplots(rows=2, cols=1)
    days = pd.date_range("2026-01-01", periods=3)
    figure.add_trace(go.Scatter(x=days, y=np.array([1.0, np.nan, np.inf]), marker={"size": np.array([4, 5, 6])}), 1, 1)
    figure.add_trace(go.Bar(x=np.array([1, 2]), y=["a", "b"], orientation="h", customdata=np.ones((2, 2))), 2, 1)
    figure.update_layout(xaxis={"tickvals": np.array([0.5, 1.5]), "showgrid": True, "tickfont": {"size": 18}})
    return figure


def leaves(value):
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in leaves(one)]
    if isinstance(value, list | tuple):
        return [leaf for one in value for leaf in leaves(one)]
    return [value]


@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_sent_that_differs_from_its_own_copy(dark):
    """By what plotly.js compares when it is handed a figure again: a template always differs, and so do binary numbers;
    lists do unless `datarevision` says that they are the same."""
    found = sent(drawn(), dark)
    assert "template" not in found["layout"]
    assert found["layout"]["datarevision"]
    assert not [leaf for leaf in leaves(found) if isinstance(leaf, np.ndarray) and leaf.dtype.kind in "iuf"]
    written = plotly.io.to_json(Shown(drawn(), dark))
    assert "bdata" not in written
    assert "NaN" not in written
    first = json.loads(written)["data"][0]
    assert first["y"] == [1.0, None, None]
    assert first["x"] == ["2026-01-01", "2026-01-02", "2026-01-03"]


def test_a_figure_says_more_than_the_look_of_the_page():
    layout = sent(drawn(), False)["layout"]
    assert layout["xaxis"]["tickfont"] == {"color": LOOKS[0]["layout"]["font"]["color"], "size": 18}
    assert layout["xaxis"]["showgrid"] is True
    assert layout["xaxis2"]["showgrid"] is False
    assert layout["xaxis"]["tickvals"] == [0.5, 1.5]
    assert "gridcolor" in layout["yaxis"]
    assert "gridcolor" not in layout["yaxis2"]  # of bars that lie: plotly draws lines along them if they have a colour
    assert "tickcolor" not in layout["yaxis"]


def test_what_moves_keeps_its_frames_and_times_their_hours():
    hours = pd.date_range("2026-01-01 06:00", periods=2, freq="12h")
    figure = go.Figure(go.Scatter(x=hours, y=[1, 2]), frames=[go.Frame(name="one", data=[go.Scatter(y=np.ones(2))])])
    found = sent(figure, False)
    assert found["data"][0]["x"] == ["2026-01-01T06:00:00", "2026-01-01T18:00:00"]
    assert [frame["name"] for frame in found["frames"]] == ["one"]
    assert "frames" not in sent(go.Figure(), False)


def test_a_figure_that_is_shown_can_be_shown_again():
    figure = theme.figure("A title", x="x")
    figure.add_trace(theme.dots([1, 2], [3, 4], theme.STAY, ["one", "two"]))
    before = figure.to_json()
    assert sent(figure, True)["layout"]["font"] != sent(figure, False)["layout"]["font"]
    assert figure.to_json() == before


@pytest.mark.parametrize("look", LOOKS, ids=["light", "dark"])
def test_small_texts_can_be_read(look):
    """4.5:1, WCAG 2.2, 1.4.3."""

    def luminance(colour):
        parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    paper = luminance(look["layout"]["paper_bgcolor"])
    for text in (look["layout"]["font"]["color"], look["layout"]["legend"]["font"]["color"]):
        lighter, darker = sorted((paper, luminance(text)), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5


@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_colours_are_those_of_the_pages(name):
    """They stand in Streamlit's own settings, too."""
    config = Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml"
    page, look = tomllib.loads(config.read_text("utf-8"))["theme"][name], LOOKS[name == "dark"]
    assert [colour for _place, colour in look["coloraxis"]["colorscale"]] == page["chartSequentialColors"]
    assert look["layout"]["paper_bgcolor"] == page["backgroundColor"]
    assert look["layout"]["hoverlabel"]["bordercolor"] == page["borderColor"]
