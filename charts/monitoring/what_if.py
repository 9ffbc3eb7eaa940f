"""Figure of what-if drift: the PSI of each column before and after a change."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from charts.monitoring.drift import LABELS, PAIR, column_axis, note, psi_axis, psi_cap
from locales import _
from locales.labels import label
from models.drift import watch

SHOWN = 12  # columns of a comparison


def before_after(table: pd.DataFrame, threshold: float) -> go.Figure:
    """The PSI of each column before and after a change (`psi_before`, `psi_after`), with noise and threshold."""
    table = table.sort_values("psi_after").tail(SHOWN)
    cap = psi_cap(threshold)
    names = list(table["feature"])
    pairs = table[["psi_before", "psi_after"]].to_numpy(float)
    title = _("{column}: the greatest change, PSI {before} → {after}")
    rise = table.loc[(table["psi_after"] - table["psi_before"]).idxmax()]
    figure = theme.figure(
        title.format(
            column=label(rise["feature"]),
            before=locales.number(rise["psi_before"], 2),
            after=locales.number(rise["psi_after"], 2),
        ),
        x="PSI",
        height=PAIR,
        xaxis=psi_axis(float(np.nanmax(pairs, initial=1.2 * threshold)), cap),
        yaxis=column_axis(names),
        shapes=[theme.upright(threshold)],
        annotations=[
            note(threshold, 1, _("threshold"), "left") | {"yref": "paper", "yanchor": "bottom"},
            *(
                note(cap, name, f"{locales.number(before, 2)} → {locales.number(after, 2)}", "right") | {"xshift": -10}
                for name, (before, after) in zip(names, pairs, strict=True)
                if min(before, after) > cap
            ),
        ],
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.06, "xanchor": "left", "x": 0},
        hovermode="closest",
    )
    sentence = _("{column}: PSI {before} before, {after} after the change; noise up to {noise}; {label}")
    hover = [
        sentence.format(
            column=theme.plain(label(row.feature)),
            before=locales.number(row.psi_before, 2),
            after=locales.number(row.psi_after, 2),
            noise=locales.number(row.noise_limit, 2),
            label=_(LABELS[row.label]),
        )
        for row in table.itertuples()
    ]
    pairs = np.minimum(pairs, cap)
    lines = np.c_[pairs, np.full(len(table), np.nan)].ravel()
    line = {"color": theme.NEUTRAL, "width": 2}
    figure.add_trace(
        go.Scatter(x=lines, y=np.repeat(names, 3), mode="lines", line=line, hoverinfo="skip", showlegend=False)
    )
    confirmed = (table["label"] == watch.CONFIRMED).to_numpy()
    for name, some, place, colour, symbol in (
        (_("before"), confirmed | True, 0, theme.NEUTRAL, "circle-open"),
        (_("after"), ~confirmed, 1, theme.STAY, "circle"),
        (_("after: an alert"), confirmed, 1, theme.LEAVE, "diamond"),
    ):
        figure.add_trace(
            go.Scatter(x=pairs[some, place], y=np.array(names)[some], mode="markers", name=name, hoverinfo="text",
                       marker={"size": 10, "color": colour, "symbol": symbol}, hovertext=np.array(hover)[some],
                       cliponaxis=False)
        )  # fmt: skip
    return figure
