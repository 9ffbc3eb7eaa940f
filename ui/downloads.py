"""Everything shown can be taken away: tables as CSV and XLSX, figures as PNG, SVG and HTML.

Files are made when they are asked for. A picture of a plotly figure is drawn by the visitor's own browser, in the
colours they see; a picture of a matplotlib figure by the server.
"""

import io
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from charts.canvas import INK, PAPER
from data import export, tables
from data.tables import Stored
from ui.text import _, is_dark

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CSV_ROWS, XLSX_ROWS = 1_000_000, 100_000  # more takes a file longer than anyone waits, and memory
OUTLINES = Path(__file__).parent / "assets" / "world_110m.json"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_DRAW = """
const asset = (path) => new URL(path, document.baseURI).href;
let plotly;
function load() {
  plotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = asset("plotly/plotly.min.js");
    script.onload = () => resolve(window.Plotly);
    script.onerror = reject;
    document.head.append(script);
  });
  return plotly;
}
export default function ({ parentElement, data }) {
  parentElement.querySelectorAll("button").forEach((button) => {
    const format = button.dataset.format;
    button.textContent = format.toUpperCase();
    button.title = button.ariaLabel = data.help.replace("{format}", format.toUpperCase());
    button.onclick = async () => {
      button.disabled = true;
      try {
        const drawn = document.querySelector(`.st-key-${data.card} .js-plotly-plot`);
        const page = getComputedStyle(document.querySelector(".stApp"));
        const layout = {
          ...drawn.layout, width: 1200, height: 675, autosize: false,
          paper_bgcolor: page.backgroundColor, plot_bgcolor: page.backgroundColor,
          title: { text: data.title, x: 0.02, xanchor: "left", font: { size: 20, color: page.color } },
          margin: { ...drawn.layout.margin, l: 24, r: 24, t: 110, b: 24 },
        };
        const Plotly = await load();
        await Plotly.downloadImage(
          { data: drawn.data, layout, config: { topojsonURL: asset("assets/") } },
          { format, width: 1200, height: 675, scale: 2, filename: data.name });
      } finally { button.disabled = false; }
    };
  });
}
"""
_LOOK = """
div { display: flex; gap: .5rem; }
button { font: inherit; color: var(--st-text-color); background: var(--st-background-color); cursor: pointer;
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); padding: .35rem .9rem; flex: 1; }
button:hover, button:focus-visible { border-color: var(--st-primary-color); color: var(--st-primary-color); }
"""
_picture = st.components.v2.component(
    "vigie_picture",
    html='<div><button data-format="png"></button><button data-format="svg"></button></div>',
    css=_LOOK,
    js=_DRAW,
)


def button(label: str, make: Callable[[], bytes], file_name: str, mime: str) -> None:
    """A button for a file that `make` gives when it is asked for."""
    st.download_button(
        label,
        make,
        file_name,
        mime,
        key=f"download-{file_name}",
        on_click="ignore",
        width="stretch",
    )


def table(frame: pd.DataFrame, name: str, excel: bool = True) -> None:
    """A CSV and, if `excel`, an XLSX button for `frame`, side by side."""
    with st.container(horizontal=True):
        button("CSV", lambda: export.csv(frame), f"{name}.csv", "text/csv")
        if excel:
            button("XLSX", lambda: export.xlsx(frame, name), f"{name}.xlsx", XLSX)


def whole(stored: Stored) -> None:
    """Buttons for the main table of a dataset; very long ones as Parquet, of which nothing has to be made."""
    name, rows = stored.table, stored.rows[stored.table]
    with st.container(horizontal=True):
        if rows <= CSV_ROWS:
            button("CSV", lambda: export.csv(tables.read(stored)), f"{name}.csv", "text/csv")
        else:
            button("Parquet", lambda: tables.content(stored), f"{name}.parquet", "application/vnd.apache.parquet")
        if rows <= XLSX_ROWS:
            button("XLSX", lambda: export.xlsx(tables.read(stored), name), f"{name}.xlsx", XLSX)


def figure(drawn: "go.Figure | Figure", name: str, title: str, card: str) -> None:
    """PNG, SVG and HTML buttons for a figure shown in the container with the key `card`."""
    if isinstance(drawn, go.Figure):
        _picture(
            key=f"picture-{card}",
            data={
                "card": card,
                "name": name,
                "title": escape(title, quote=False),
                "help": _("Save the figure as {format}"),
            },
        )
        button("HTML", lambda: _web_page(drawn, title), f"{name}.html", "text/html")
        return
    dark = is_dark()
    with st.container(horizontal=True):
        button("PNG", lambda: _titled(drawn, title, "png", dark), f"{name}.png", "image/png")
        button("SVG", lambda: _titled(drawn, title, "svg", dark), f"{name}.svg", "image/svg+xml")
    button("HTML", lambda: _titled(drawn, title, "svg", dark), f"{name}.html", "text/html")


def _web_page(drawn: go.Figure, title: str) -> bytes:
    titled = go.Figure(drawn).update_layout(title_text=escape(title, quote=False), margin_t=90, height=None)
    page = titled.to_html(include_plotlyjs=True, auto_play=False)
    if any(trace.type == "choropleth" for trace in drawn.data):  # its outlines, which plotly would ask the network for
        given = f"<script>window.PlotlyGeoAssets={{topojson:{{world_110m:{OUTLINES.read_text('utf-8')}}}}}</script>"
        page = page.replace("<head>", f"<head>{given}", 1)
    return page.encode()


def saved(drawn: "Figure", kind: str, facecolor: str = "none") -> bytes:
    """A matplotlib figure as a file of `kind` (png, svg)."""
    target = io.BytesIO()
    drawn.savefig(target, format=kind, dpi=200, facecolor=facecolor)
    return target.getvalue()


def _titled(drawn: "Figure", title: str, kind: str, dark: bool) -> bytes:
    drawn.suptitle(title, color=INK[dark])
    try:
        return saved(drawn, kind, PAPER[dark])
    finally:
        drawn.suptitle("")  # the page shows it without
