"""The figure of the page Data that says what came of its sources."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import N_, _, ngettext
from locales.labels import label
from models.lifecycle.provenance import Kind, Node

ROW, LINE = 34, 16  # pixels of a thing, and of each further line of its text
WIDTH = 40  # characters of a line
STEPS = 15  # from left to right; what comes of something stands one further
KINDS: dict[Kind, str] = {
    "source": N_("Source"), "reading": N_("What was read"), "dataset": N_("Dataset"),
    "beside": N_("Table beside the sales"), "model": N_("Model"), "forecasts": N_("Predictions"), "board": N_("Board"),
}  # fmt: skip
LOOKS: dict[Kind, tuple[str, str]] = {
    "source": ("square", theme.NEUTRAL), "reading": ("diamond", theme.NEUTRAL), "dataset": ("circle", theme.STAY),
    "beside": ("circle", theme.CATEGORICAL[6]), "model": ("hexagon", theme.LEAVE),
    "forecasts": ("triangle-right", theme.ACCENT), "board": ("star", theme.CATEGORICAL[4]),
}  # fmt: skip


def tree(nodes: Sequence[Node]) -> go.Figure:
    """What came of each source, one thing a row, further to the right the further it is from its source.

    Filled marks are there, open ones were removed; the text says that too.
    """
    text = _("{kind}: {name}")
    lines = [theme.wrapped(text.format(kind=_(KINDS[node.kind]), name=said(node)), WIDTH) for node in nodes]
    tops, total = [], 0.0
    for line in lines:
        tops.append(total)
        total += ROW + LINE * line.count("<br>")
    height = total + ROW / 2
    y = [-top for top in tops]
    x = [node.depth for node in nodes]
    links_x, links_y = [], []
    for place, node in enumerate(nodes):
        if node.depth:
            parent = max(before for before in range(place) if nodes[before].depth == node.depth - 1)
            links_x += [x[parent], x[parent], x[place], None]
            links_y += [y[parent], y[place], y[place], None]
    figure = theme.figure(
        _title(nodes),
        height=int(height) + 16,
        xaxis={"visible": False, "range": [-0.4, STEPS]},
        yaxis={"visible": False, "range": [-height + ROW / 2, ROW / 2]},
        showlegend=False,
        hovermode="closest",
    )
    figure.add_trace(
        go.Scatter(x=links_x, y=links_y, mode="lines", hoverinfo="skip", line={"color": theme.NEUTRAL, "width": 1})
    )
    figure.add_trace(
        go.Scatter(
            x=x, y=y, mode="markers", hoverinfo="text",
            hovertext=[line.replace("<br>", " ") for line in lines],
            marker={
                "size": 11, "opacity": 1, "line": {"width": 1.5},
                "symbol": [LOOKS[node.kind][0] + ("-open" if node.gone else "") for node in nodes],
                "color": [LOOKS[node.kind][1] for node in nodes],
            },
        )
    )  # fmt: skip
    figure.update_layout(
        annotations=[
            {"x": one, "y": at + 9, "text": line, "xanchor": "left", "yanchor": "top", "xshift": 10, "showarrow": False,
             "align": "left", "font": {"size": 13}}
            for one, at, line in zip(x, y, lines, strict=True)
        ]
    )  # fmt: skip
    return figure


def _title(nodes: Sequence[Node]) -> str:
    kinds = [node.kind for node in nodes]
    datasets, models = kinds.count("dataset") + kinds.count("beside"), kinds.count("model")
    boards = len({node.name for node in nodes if node.kind == "board"})
    return _("From your sources came {datasets}, {models} and {boards}").format(
        datasets=ngettext("{count} dataset", "{count} datasets", datasets).format(count=locales.number(datasets)),
        models=ngettext("{count} model", "{count} models", models).format(count=locales.number(models)),
        boards=ngettext("{count} board", "{count} boards", boards).format(count=locales.number(boards)),
    )


def said(node: Node) -> str:
    """A thing in words."""
    named = {"source": _source, "dataset": label, "beside": label, "model": label, "forecasts": label, "board": _}
    text = named.get(node.kind, str)(node.name)
    if node.kind in ("dataset", "beside", "model"):
        text += " – " + ngettext("{count} version", "{count} versions", node.count).format(
            count=locales.number(node.count)
        )
    elif node.kind == "forecasts":
        text += " – " + locales.number(node.count)
    if node.last is not None:
        text += ", " + _("the last of {day}").format(day=locales.day(node.last))
    states = [
        *([_("in use")] if node.shown else []),
        *([_("no longer named in the settings") if node.kind == "source" else _("removed")] if node.gone else []),
    ]
    return f"{text} ({', '.join(states)})" if states else text


def _source(name: str) -> str:
    return _("addresses of the web") if "/" in name else name


def table(nodes: Sequence[Node]) -> pd.DataFrame:
    """The same line by line."""
    return pd.DataFrame(
        {
            _("Step"): [node.depth + 1 for node in nodes],
            _("What"): [_(KINDS[node.kind]) for node in nodes],
            _("Which"): [said(node) for node in nodes],
        }
    )
