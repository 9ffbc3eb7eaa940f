"""The figure of what customers of some segments bring in."""

import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import _
from models.customers.outlook import Outlook


def shares(found: Outlook, named: str) -> go.Figure:
    """The share of revenue that those in some segments, called `named`, brought in after each past day."""
    past = found.past
    title = _("{named}: {share} of revenue in the {days} days after, {lo} to {hi} in four of five cases").format(
        named=named,
        share=locales.percent(found.share, 1),
        days=locales.number(found.days),
        lo=locales.percent(max(found.lo, 0.0), 1),
        hi=locales.percent(found.hi, 1),
    )
    figure = theme.figure(
        title,
        x=_("Day on which they were in the segment"),
        y=_("Share of all revenue of the days after"),
        height=360,
        xaxis=theme.time_axis(pd.DatetimeIndex([*past["day"], past["day"].iloc[-1] + pd.Timedelta(days=found.days)])),
        yaxis=theme.percent_axis(max(1.1 * float(past["share"].max()), 1.1 * found.hi, 0.01)),
        showlegend=False,
    )
    sentence = _("{day}: {customers} customers were in it; they brought in {share} of the revenue of the days after")
    figure.add_trace(
        go.Scatter(
            x=past["day"],
            y=past["share"],
            mode="markers",
            marker={"color": theme.STAY, "size": 9},
            hoverinfo="text",
            hovertext=[
                sentence.format(
                    day=locales.day(row.day),
                    customers=locales.number(row.customers),
                    share=locales.percent(row.share, 1),
                )
                for row in past.itertuples()
            ],
        )
    )
    ends = [[end] for end in (max(found.lo, 0.0), found.hi)]
    figure.add_trace(
        go.Scatter(
            x=[past["day"].iloc[-1] + pd.Timedelta(days=found.days)],
            y=[found.share],
            mode="markers",
            marker={"color": theme.ACCENT, "symbol": "diamond", "size": 11},
            error_y=theme.interval([found.share], *ends),
            hoverinfo="text",
            hovertext=[title],
        )
    )
    return figure
