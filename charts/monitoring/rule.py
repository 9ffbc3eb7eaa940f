"""Figures of the rule for alerts: what a threshold would have done, and what other definitions of the PSI would say."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from charts.monitoring.drift import ROW, column_axis, psi_axis, psi_cap
from locales import N_, _, ngettext
from locales.labels import label
from models.drift.alarms import Replay

DEFINITIONS = {
    "deciles": N_("Vigie: deciles of the reference"),
    "sturges": N_("Evidently: equal parts of both windows"),
    "equal_width": N_("Equal parts of the reference"),
}


def alerts(found: Replay, first: pd.Timestamp, last: pd.Timestamp, threshold: float) -> go.Figure:
    """The alerts a threshold would have raised, a line each from its first to its last day, and the real changes."""
    names = list(dict.fromkeys(found.alerts["feature"]))[::-1] or [""]
    count = len(found.alerts)
    title = ngettext(
        "With a threshold of {threshold} there would have been {count} alert",
        "With a threshold of {threshold} there would have been {count} alerts",
        count,
    )
    figure = theme.figure(
        title.format(threshold=locales.number(threshold, 2), count=locales.number(count)),
        height=max(theme.HEIGHT, 140 + ROW * len(names)),
        xaxis=theme.time_axis(pd.date_range(first, last))
        | {"range": [first - (last - first) / 40, last + (last - first) / 40]},
        yaxis=column_axis(names),
        shapes=[theme.upright(at, theme.ACCENT, "dash") for at in found.delays],
        annotations=[
            {"x": at, "y": 1, "yref": "paper", "yanchor": "bottom", "text": _("real change"), "showarrow": False}
            for at in found.delays
        ],
        hovermode="closest",
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
    )
    about = _("{column}: {first} to {last}, PSI up to {psi}, about the real change")
    false = _("{column}: {first} to {last}, PSI up to {psi}, about no change that is known")
    for explained, name, colour, symbol in (
        (True, _("about a real change"), theme.STAY, "circle"),
        (False, _("about no known change"), theme.LEAVE, "diamond"),
    ):
        some = found.alerts[found.alerts["event"].notna() == explained]
        x, y, text = [], [], []
        for row in some.itertuples():
            hover = (about if explained else false).format(
                column=theme.plain(label(row.feature)), first=locales.day(row.first), last=locales.day(row.last),
                psi=locales.number(row.psi, 2),
            )  # fmt: skip
            x += [row.first, row.last, None]
            y += [row.feature, row.feature, None]
            text += [hover, hover, ""]
        figure.add_trace(
            go.Scatter(x=x, y=y, name=name, mode="lines+markers", line={"color": colour, "width": 5},
                       marker={"size": 9, "symbol": symbol}, hoverinfo="text", hovertext=text)
        )  # fmt: skip
    return figure


def rule(
    thresholds: Sequence[float], counts: Sequence[float], delays: Sequence[float], chosen: float, height: int
) -> go.Figure:
    """How many alerts a month each threshold would have raised, and how late the real changes would have been found."""
    best = np.array(counts)[np.isfinite(delays)].min(initial=np.inf)
    good = [at for at, count, delay in zip(thresholds, counts, delays, strict=True) if count == best and delay < np.inf]
    here = counts[int(np.abs(np.array(thresholds) - chosen).argmin())]
    usual = _("A threshold of {chosen} raises {count} alerts a month")
    finds = _("From {lo} to {hi} every real change is found, with the fewest alerts")
    figure = theme.figure(
        (finds if good else usual).format(
            lo=locales.number(min(good, default=0), 2),
            hi=locales.number(max(good, default=0), 2),
            chosen=locales.number(chosen, 2),
            count=locales.number(here, 1),
        ),
        x=_("PSI threshold"),
        y=_("alerts a month"),
        height=height,
        xaxis=theme.number_axis(np.array([0.0, max(thresholds)])),
        yaxis=theme.amounts([0, *counts]),
        hovermode="closest",
        shapes=[theme.upright(chosen)],
    )
    found = _("Threshold {threshold}: {count} alerts a month, real changes found after {days} days")
    missed = _("Threshold {threshold}: {count} alerts a month, a real change is missed")
    plain = _("Threshold {threshold}: {count} alerts a month")
    hover = [
        (plain if np.isnan(delay) else missed if np.isinf(delay) else found).format(
            threshold=locales.number(at, 2),
            count=locales.number(count, 1),
            days=locales.number(delay) if np.isfinite(delay) else "",
        )
        for at, count, delay in zip(thresholds, counts, delays, strict=True)
    ]
    missing = np.isinf(delays)
    marker = {
        "size": 9,
        "symbol": np.where(missing, "x", "circle"),
        "color": np.where(missing, theme.LEAVE, theme.STAY),
    }
    figure.add_trace(
        go.Scatter(x=thresholds, y=counts, mode="lines+markers", line={"color": theme.STAY}, marker=marker,
                   hoverinfo="text", hovertext=hover, showlegend=False)
    )  # fmt: skip
    return figure


def definitions(table: pd.DataFrame, threshold: float) -> go.Figure:
    """The PSI of each column (rows) by definition (columns of `DEFINITIONS`), capped where one of them explodes."""
    table = table.sort_values("deciles", na_position="first")
    cap = psi_cap(threshold)
    apart = ((table > threshold).sum(axis=1) % len(table.columns) > 0).sum()
    title = ngettext(
        "The definitions disagree about {count} column", "The definitions disagree about {count} columns", int(apart)
    )
    figure = theme.figure(
        title.format(count=locales.number(apart))
        if apart
        else _("All definitions agree about what is over the threshold"),
        x="PSI",
        height=160 + ROW * len(table),
        xaxis=psi_axis(float(np.nanmax(table.to_numpy(), initial=threshold)), cap),
        yaxis=column_axis(list(table.index)),
        shapes=[theme.upright(threshold)],
        hovermode="closest",
    )
    looks = (
        ("deciles", theme.STAY, "circle", 14),
        ("sturges", theme.LEAVE, "x", 8),
        ("equal_width", theme.ACCENT, "square-open", 11),
    )
    sentence = _("{column}: PSI {psi} ({definition})")
    for name, colour, symbol, size in looks:
        hover = [
            sentence.format(
                column=theme.plain(label(column)), psi=locales.number(value, 2), definition=_(DEFINITIONS[name])
            )
            for column, value in table[name].items()
        ]
        figure.add_trace(
            go.Scatter(x=np.minimum(table[name], cap), y=list(table.index), mode="markers", name=_(DEFINITIONS[name]),
                       cliponaxis=False,
                       marker={"size": size, "symbol": symbol, "color": colour}, hoverinfo="text", hovertext=hover)
        )  # fmt: skip
    return figure
