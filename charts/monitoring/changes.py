"""Figures of who changed what."""

from datetime import date

import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import _, ngettext


def by_day(counted: pd.DataFrame, first: date, last: date) -> go.Figure:
    """How much people and Vigie itself changed on each day (`day`, `people`, `vigie`)."""
    busiest = counted.loc[(counted["people"] + counted["vigie"]).idxmax()]
    count = int(busiest["people"] + busiest["vigie"])
    title = ngettext(
        "On no day was more changed than on {day}: {count} change",
        "Most was changed on {day}: {count} changes",
        count,
    )
    figure = theme.figure(
        title.format(day=locales.day(busiest["day"]), count=locales.number(count)),
        xaxis=theme.time_axis(pd.date_range(first, last))
        | {"range": [pd.Timestamp(first) - pd.Timedelta(hours=18), pd.Timestamp(last) + pd.Timedelta(hours=18)]},
        yaxis={"title": {"text": _("Changes")}, "rangemode": "tozero", **({"dtick": 1} if count < 8 else {})},
        barmode="stack",
        showlegend=True,
        height=260,
    )
    looks = {"people": (_("People"), theme.ACCENT, ""), "vigie": (_("Vigie itself"), theme.NEUTRAL, "/")}
    for name, (called, colour, pattern) in looks.items():
        figure.add_bar(
            x=counted["day"],
            y=counted[name],
            width=0.8 * 86_400_000,
            name=called,
            marker={"color": colour, "pattern": {"shape": pattern}},
            customdata=[locales.day(one) for one in counted["day"]],
            hovertemplate=theme.plain(called) + _(": %{y} on %{customdata}") + "<extra></extra>",
        )
    return figure
