"""Figures of what campaigns did: how many a call saves, and for whom calls work. Each title states what it shows."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import _, ngettext
from locales.customers import label, pair
from models.churn.uplift import Effect, Pooled, Qini

ROW = 34  # pixels of one line


def saved(effects: Mapping[str, Effect], together: Pooled | None, assumed: float) -> go.Figure:
    """The share of leavers whom a call saves, by campaign (name -> effect) and in all, beside the assumed one."""
    known = {name: one.saved for name, one in effects.items() if one.held_left}
    if together and together.campaigns > 1:
        known |= {_("all together"): together.saved}
    title = _("No campaign can say yet how many leavers a call saves")
    if together:
        value, lo, hi = (locales.percent(one) for one in together.saved)
        title = _("Whether calls save anybody cannot be told yet: {value} of leavers ({lo} to {hi})")
        if together.saved[1] > 0:
            title = _("A call saves {value} of leavers ({lo} to {hi})")
        elif together.saved[2] < 0:
            title = _("More of those called left than of those held out: calls save {value} of leavers ({lo} to {hi})")
        title = title.format(value=value, lo=lo, hi=hi)
    middle, lo, hi = np.array(list(known.values()) or [(0.0, 0.0, 0.0)]).T[:, : len(known) or 1]
    names = [theme.plain(name) for name in known]
    figure = theme.figure(
        title,
        x=_("Leavers saved by a call, with the 95% interval"),
        height=150 + ROW * len(names),
        xaxis={
            "tickformat": ".0%",
            "range": [min(-0.1, max(-1.0, float(lo.min()))) - 0.02, min(1.0, max(0.5, float(hi.max()))) + 0.02],
        },
        yaxis={"autorange": "reversed", "type": "category"},
        shapes=[theme.upright(0), theme.upright(assumed, theme.LEAVE, "dash")],
        annotations=[
            {
                "x": assumed,
                "y": 1,
                "yref": "paper",
                "yanchor": "bottom",
                "text": _("assumed"),
                "showarrow": False,
                "font": {"color": theme.LEAVE},
            }
        ],
        showlegend=False,
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
    )
    sentence = _("{name}: calls save {value} of leavers ({lo} to {hi})")
    hover = [
        sentence.format(name=name, **dict(zip(("value", "lo", "hi"), map(locales.percent, row), strict=True)))
        for name, row in zip(names, known.values(), strict=True)
    ]
    error = theme.interval(middle, lo, hi)
    figure.add_trace(theme.dots(middle[: len(names)], names, theme.STAY, hover, size=10, error_x=error))
    return figure


def segments(rows: pd.DataFrame) -> go.Figure:
    """By how much fewer leave where they are called, a line a level (see `uplift.segments`)."""
    best = rows.loc[rows["lo"].idxmax()]  # what is sure of each, not what a few of them happened to do
    names = [
        theme.plain(pair(column, _level(level))) for column, level in zip(rows["column"], rows["level"], strict=True)
    ]
    title = _("Calls do not do the same for all, and for whom they work is not sure")
    if best["lo"] > 0:
        title = _("Calls work best for {who}: of 100 called, {count} fewer leave").format(
            who=theme.plain(pair(best["column"], _level(best["level"]))), count=locales.number(100 * best["fewer"])
        )
    figure = theme.figure(
        title,
        x=_("Share who left: held out less called, with the 95% interval"),
        height=120 + ROW * len(rows),
        xaxis={"tickformat": ".0%"},
        yaxis={"autorange": "reversed", "type": "category"},
        shapes=[theme.upright(0)],
        showlegend=False,
    )
    sentence = ngettext(
        "{name}: of 100 called, {fewer} fewer leave ({lo} to {hi}); {count} customer",
        "{name}: of 100 called, {fewer} fewer leave ({lo} to {hi}); {count} customers",
        2,
    )
    hover = [
        sentence.format(
            name=name,
            count=locales.number(row.called + row.held),
            **{end: locales.number(100 * getattr(row, end), 1) for end in ("fewer", "lo", "hi")},
        )
        for name, row in zip(names, rows.itertuples(), strict=True)
    ]
    error = theme.interval(rows["fewer"], rows["lo"], rows["hi"])
    figure.add_trace(theme.dots(rows["fewer"], names, theme.STAY, hover, size=10, error_x=error))
    return figure


def _level(level: str) -> str:
    """A level as written; of a number the third it is in."""
    if "|" not in level:
        return label(level)
    lo, hi = (locales.number(float(end), 1) for end in level.split("|"))
    return _("{lo} to {hi}").format(lo=lo, hi=hi)


def qini(found: Qini) -> go.Figure:
    """Fewer leavers against the share called, first those whom calls are said to help most."""
    half = len(found.share) // 2
    title = _("For whom calls work cannot be told from these campaigns")
    if found.pvalue < 0.05:
        title = _(
            "Calling only the half whom calls help most keeps {some} customers, calling all of them {all}"
        ).format(some=locales.number(found.fewer[half]), all=locales.number(found.fewer[-1]))
    ends = np.r_[found.fewer, found.random]
    figure = theme.figure(
        title,
        x=_("Share of the list called"),
        y=_("Fewer leavers"),
        height=300,
        xaxis=theme.percent_axis(1.0),
        yaxis=theme.number_axis(np.array([min(float(ends.min()), 0.0), max(float(ends.max()), 1.0)])),
    )
    for values, name, colour, dash in (
        (found.fewer, _("those helped most first"), theme.STAY, "solid"),
        (found.random, _("in any order"), theme.NEUTRAL, "dash"),
    ):
        figure.add_trace(
            go.Scatter(
                x=found.share,
                y=values,
                mode="lines",
                name=name,
                line={"color": colour, "dash": dash, "width": 2.5},
                hoverinfo="text",
                hovertext=[
                    _("{share} called, {name}: {count} fewer leave").format(
                        share=locales.percent(share), name=name, count=locales.number(value)
                    )
                    for share, value in zip(found.share, values, strict=True)
                ],
            )
        )
    return figure
