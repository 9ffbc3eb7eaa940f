"""Figures of the page Data: quality: which rules were broken when."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import _, ngettext

ROW, NAME = 48, 34  # pixels, and characters of a rule's name
SIZES = 7, 24  # of a point


def over_time(found: pd.DataFrame, names: Sequence[str], unit: str) -> go.Figure:
    """Rules that were broken, by week of the data or by day on which they were judged.

    `found` has a row a rule (its place in `names`) and `when`: failing, rows, and `stopped` where data were kept from
    the pages for it; `unit` is week or day.
    """
    broken = found[found["failing"] > 0]
    rules = int(broken["rule"].nunique())
    title = _("No rule was broken in this time")
    if rules:
        title = ngettext("{count} rule was broken, last on {day}", "{count} rules were broken, last on {day}", rules)
        title = title.format(count=locales.number(rules), day=locales.day(broken["when"].max()))
        if unit == "week":
            title = ngettext(
                "{count} rule was broken, last in the week from {day}",
                "{count} rules were broken, last in the week from {day}",
                rules,
            ).format(count=locales.number(rules), day=locales.day(broken["when"].max()))
    places = sorted(found["rule"].unique())
    days = pd.DatetimeIndex(found["when"])
    share = (broken["failing"] / broken["rows"].clip(lower=1)).to_numpy(float)
    hover = [
        _("{rule}, {day}: {failing} of {rows} ({share})").format(
            rule=theme.plain(names[row.rule]),
            day=locales.day(row.when),
            failing=locales.number(row.failing),
            rows=locales.number(row.rows),
            share=locales.percent(part, 2),
        )
        for row, part in zip(broken.itertuples(), share, strict=True)
    ]
    figure = theme.figure(
        title,
        height=max(180, 90 + ROW * len(places)),
        xaxis=theme.time_axis(days) if len(days) else {},
        yaxis={
            "tickvals": list(range(len(places))),
            "ticktext": [theme.wrapped(names[place], NAME) for place in places],
            "range": [len(places) - 0.4, -0.6],
        },
        hovermode="closest",
        showlegend=False,
    )
    at = {place: row for row, place in enumerate(places)}
    held = found[found["failing"] == 0]
    figure.add_trace(
        go.Scatter(
            x=held["when"], y=held["rule"].map(at), mode="markers", hoverinfo="skip",
            marker={"color": theme.STAY, "size": 4, "opacity": 0.45},
        )
    )  # fmt: skip
    stopped = broken["stopped"].to_numpy(bool) if "stopped" in broken else np.zeros(len(broken), bool)
    figure.add_trace(
        go.Scatter(
            x=broken["when"], y=broken["rule"].map(at), mode="markers", hoverinfo="text", hovertext=hover,
            marker={
                "color": theme.LEAVE, "opacity": 0.85, "size": SIZES[0] + (SIZES[1] - SIZES[0]) * np.sqrt(share),
                "symbol": np.where(stopped, "x", "circle"),
            },
        )
    )  # fmt: skip
    return figure
