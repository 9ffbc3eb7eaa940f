"""The figure of rules of three products."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import _
from models.products.associations import STATES

SHOWN = 12  # rules
NAME = 22  # characters of a product


def rules(found: pd.DataFrame, names: dict[int, str]) -> go.Figure:
    """How often the third product is in baskets with both others, with its interval (`lo_share`, `hi_share`), and in
    baskets with the better one of them alone (`models.products.threes.Threes`); `names` are by place."""
    shown = found.head(SHOWN)
    first = shown.iloc[0]
    title = _("Of the baskets with {a} and {b}, {share} hold {c}; with one of them alone {alone} at most").format(
        a=names[first["a"]],
        b=names[first["b"]],
        c=names[first["c"]],
        share=locales.percent(first["confidence"]),
        alone=locales.percent(first["alone"]),
    )
    place = np.arange(len(shown))
    figure = theme.figure(
        title,
        x=_("Share of baskets that hold the third"),
        height=120 + 52 * len(shown),
        xaxis=theme.percent_axis(min(1.05 * float(shown["hi_share"].max()), 1.0)),
        yaxis={
            "tickvals": place,
            "ticktext": [
                "<br>".join(
                    [f"{_cut(names[row.a])} + {_cut(names[row.b])}", f"→ {_cut(names[row.c])}"]
                    if len(names[row.a]) + len(names[row.b]) < NAME
                    else [_cut(names[row.a]), f"+ {_cut(names[row.b])}", f"→ {_cut(names[row.c])}"]
                )
                for row in shown.itertuples()
            ],
            "range": [len(shown) - 0.4, -0.6],
        },
    )
    sentence = _(
        "{a} and {b}: {c} is in {together} of {both} baskets, lift {lift} ({lo} to {hi}); "
        "pairs explain {expected}; {state}"
    )
    hover = [
        sentence.format(
            a=theme.plain(names[row.a]),
            b=theme.plain(names[row.b]),
            c=theme.plain(names[row.c]),
            together=locales.number(row.together),
            both=locales.number(row.with_both),
            lift=locales.number(row.lift, 1),
            lo=locales.number(row.lo, 1),
            hi=locales.number(row.hi, 1),
            expected=locales.number(row.expected, 1),
            state=_(STATES[row.state]),
        )
        for row in shown.itertuples()
    ]
    gaps = np.full(len(shown), np.nan)
    figure.add_trace(
        go.Scatter(
            x=np.c_[shown["alone"], shown["confidence"], gaps].ravel(),
            y=np.c_[place, place, gaps].ravel(),
            mode="lines",
            line={"color": theme.NEUTRAL, "width": 2},
            hoverinfo="skip",
            showlegend=False,
        )
    )
    marks = (
        ("alone", _("With one of them alone"), theme.NEUTRAL, "diamond"),
        ("confidence", _("With both"), theme.STAY, "circle"),
    )
    for column, called, colour, symbol in marks:
        error = theme.interval(shown[column], shown["lo_share"], shown["hi_share"])
        error_x = error if column == "confidence" else None
        figure.add_trace(theme.dots(shown[column], place, colour, hover, called, symbol, error_x=error_x))
    return figure


def _cut(name: str) -> str:
    return theme.plain(name if len(name) <= NAME else f"{name[: NAME - 1]}…")
