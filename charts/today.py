"""Figure of the page Today: how the shop is doing."""

import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import _
from models.sales.pulse import YEAR, Pulse

WEEKS_SHOWN = 12
SAME = 0.02  # a change smaller than this is none worth a title


def pulse(days: pd.DataFrame, now: Pulse, currency: str) -> go.Figure:
    """Revenue of the last weeks, seven days at a time, over the same weeks a year earlier."""
    rolling = days["revenue"].rolling(7).sum()
    shown = rolling.iloc[-7 * WEEKS_SHOWN :].dropna()
    earlier = rolling.shift(YEAR).reindex(shown.index)
    ticks = shown.index[::-1][::21][::-1]
    figure = theme.figure(
        _title(now),
        x=_("Seven days ending on"),
        y=_("Revenue of seven days ({currency})").format(currency=currency),
        xaxis={"tickvals": list(ticks), "ticktext": [locales.day(when) for when in ticks]},
        yaxis={"rangemode": "tozero"},
    )
    if earlier.notna().any():
        figure.add_trace(_line(earlier, _("A year earlier"), currency, theme.NEUTRAL, "dot"))
    figure.add_trace(_line(shown, _("This year"), currency, theme.STAY, "solid"))
    return figure


def _line(values: pd.Series, name: str, currency: str, colour: str, dash: str) -> go.Scatter:
    sentence = _("{name}: {amount} in the seven days to {day}")
    return go.Scatter(
        x=values.index.to_numpy(),
        y=values.to_numpy(),
        name=name,
        mode="lines",
        line={"color": colour, "width": 2.5, "dash": dash},
        hoverinfo="text",
        hovertext=[
            sentence.format(name=name, amount=locales.money(value, currency), day=locales.day(when))
            for when, value in zip(pd.DatetimeIndex(values.index), values.fillna(0), strict=True)
        ],
    )


def _title(now: Pulse) -> str:
    if now.revenue < 0:
        return _("In the last seven days more came back than was sold")
    if now.against_year is None:
        return _("Revenue week by week")
    if abs(now.against_year) < SAME:
        return _("The last seven days sold as much as the same days a year ago")
    more = _("The last seven days sold {share} more than the same days a year ago")
    less = _("The last seven days sold {share} less than the same days a year ago")
    return (more if now.against_year > 0 else less).format(share=locales.percent(abs(now.against_year)))
