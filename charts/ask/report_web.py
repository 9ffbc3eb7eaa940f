"""A board as one file for a browser: figures to hover over, tables, words; it asks no network for anything."""

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import plotly.offline

import locales
from charts import theme
from charts.ask.content import About, Content
from charts.ask.report_pdf import about_title, written
from locales import _
from models.ask.board import Card

ROWS = 500
LOOK = """
:root { color-scheme: light; --ink: #15262E; --pale: #5F6E76; --line: #D6DEE2; }
body { font: 15px/1.45 "Atkinson Hyperlegible Next", system-ui, sans-serif; color: var(--ink); background: #FBFCFC;
  margin: 0 auto; padding: 2rem 1.5rem; max-width: 1280px; }
h1 { margin: 0; font-size: 1.9rem; } h2 { margin: 0 0 .4rem; font-size: 1rem; }
p { margin: .2rem 0; } .pale { color: var(--pale); font-size: .85rem; }
main { display: grid; grid-template-columns: repeat(12, 1fr); gap: .9rem; margin-top: 1.4rem; }
section { grid-column: span 12; border: 1px solid var(--line); border-radius: .6rem; padding: .8rem 1rem;
  min-width: 0; background: #fff; overflow-x: auto; }
.value { font-size: 1.8rem; font-weight: 650; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .25rem .5rem; border-bottom: 1px solid var(--line); }
.n { text-align: right; font-variant-numeric: tabular-nums; }
pre { white-space: pre-wrap; font: inherit; margin: 0; }
@media (min-width: 760px) {
  .w3 { grid-column: span 3; } .w4 { grid-column: span 4; } .w6 { grid-column: span 6; } .w8 { grid-column: span 8; }
}
@media print { section { break-inside: avoid; } }
"""


def page(about: About, cards: Sequence[tuple[Card, Content]], outlines: Mapping[str, Any]) -> bytes:
    """The cards of a board in the lines of its grid. Text is escaped; `outlines` (TopoJSON) are those of maps."""
    given = {"topojson": {"world_110m": outlines}}
    maps = any(one.figure is not None and one.figure.data[0].type == "choropleth" for _card, one in cards)
    parts = [
        f'<!doctype html><html lang="{locales.language()}"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{escape(about_title(about))}</title><style>{LOOK}</style>",
        f"<script>window.PlotlyGeoAssets={_script(given)}</script>" if maps else "",
        f"<script>{plotly.offline.get_plotlyjs()}</script></head><body>",
        f"<h1>{escape(about_title(about))}</h1>",
        f"<p>{escape(about.filters)}</p>" if about.filters else "",
        f'<p class="pale">{escape(about.data)} · ',
        escape(_("made on {moment}").format(moment=locales.moment(about.made))),
        "</p><main>",
        *(_section(card, one) for card, one in cards),
        "</main>",
        f'<p class="pale">{escape(about.left)}</p>' if about.left else "",
        "</body></html>",
    ]
    return "".join(parts).encode()


def _section(card: Card, one: Content) -> str:
    inner = [f"<h2>{escape(one.title)}</h2>"] if one.title else []
    if one.value:
        inner.append(f'<p class="value">{escape(one.value)}</p><p class="pale">{escape(one.meaning)}</p>')
    elif one.figure is not None:
        drawn = go.Figure(one.figure)
        drawn.update_layout(title_text=None, template="plotly_white", font_color="#15262E", colorway=theme.CATEGORICAL)
        drawn.update_geos(showlakes=False)  # of which there are no outlines
        look = {"displayModeBar": False, "responsive": True}
        made = drawn.to_html(full_html=False, include_plotlyjs=False, config=look)
        inner.append(f'<div role="img" aria-label="{escape(one.title, quote=True)}">{made}</div>')
    elif one.table is not None:
        inner.append(_table(one))
    if one.text:
        inner.append(f"<pre>{escape(one.text)}</pre>")
    if one.note:
        inner.append(f'<p class="pale">{escape(one.note)}</p>')
    return f'<section class="w{card.width}">{"".join(inner)}</section>'


def _table(one: Content) -> str:
    assert one.table is not None  # noqa: S101  # for mypy
    table = one.table.head(ROWS).reset_index(drop=True)
    right = [' class="n"' if pd.api.types.is_numeric_dtype(kind) else "" for kind in table.dtypes]
    head = "".join(f"<th{side}>{escape(str(name))}</th>" for name, side in zip(table.columns, right, strict=True))
    lines = ""
    for row in table.itertuples(index=False, name=None):
        cells = (f"<td{side}>{escape(written(cell))}</td>" for cell, side in zip(row, right, strict=True))
        lines += f"<tr>{''.join(cells)}</tr>"
    more = len(one.table) - ROWS
    said = _("and {count} more").format(count=locales.number(more)) if more > 0 else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table><p>{escape(said)}</p>"


def _script(value: object) -> str:
    """A value within a script: no text in it ends the script."""
    return json.dumps(value).replace("<", "\\u003c")
