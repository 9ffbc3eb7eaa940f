"""Why a measure changed: its parts, the largest first."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import _
from models.ask.why import Why

SHOWN = 15
ROOM = 0.35  # on both sides, for what is written beside the bars, as a share of their span


def changes(found: Why, parts: pd.DataFrame, dimension: str, write: Callable[[float], str]) -> go.Figure:
    """The change of each level of a dimension (`models.ask.why.Why.parts` with a `name`); usual ones are pale."""
    shown = parts.head(SHOWN)
    unusual = shown[shown["usual"].eq(False)]
    first = unusual.iloc[0] if len(unusual) else shown.iloc[0]
    if len(unusual):
        title = _("{dimension}: {name} changed more than is usual, {change}")
    else:
        title = _("{dimension}: {name} changed most, {change}; no part more than is usual")
        if found.usual is None:
            title = _("{dimension}: {name} changed most, {change}")
    values = shown["change"].to_numpy(float)
    room = ROOM * (values.max(initial=0) - values.min(initial=0))
    figure = theme.figure(
        title.format(dimension=dimension, name=first["name"], change=locales.signed(first["change"], write)),
        x=_("Change"),
        height=90 + 28 * len(shown),
        xaxis=theme.amounts(np.r_[values, values.max(initial=0) + room, values.min(initial=0) - room]),
        yaxis={
            "autorange": "reversed",
            "tickvals": list(range(len(shown))),
            "ticktext": [theme.plain(name if len(name) < 29 else f"{name[:27]}…") for name in shown["name"]],
        },
        showlegend=False,
        bargap=0.25,
    )
    usual = shown["usual"].eq(True).to_numpy()
    texts = [locales.signed(value, write) for value in values]
    figure.add_trace(
        go.Bar(
            x=values,
            y=list(range(len(shown))),
            orientation="h",
            text=[
                _("{change} (usual)").format(change=text) if one else text
                for text, one in zip(texts, usual, strict=True)
            ],
            textposition="outside",
            cliponaxis=False,
            marker={
                "color": list(np.where(values >= 0, theme.STAY, theme.LEAVE)),
                "opacity": np.where(usual, 0.45, 1.0).tolist(),
            },
            hoverinfo="text",
            hovertext=[
                _("{name}: {now}, then {then}").format(name=theme.plain(name), now=write(now), then=write(then))
                for name, now, then in zip(shown["name"], shown["now"], shown["then"], strict=True)
            ],
        )
    )
    return figure
