"""Figures of a forecast with a number from outside: how its errors changed, and both over time."""

import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from charts.sales.forecast import Written
from locales import N_, _
from models.forecast.outside import Trial

VERDICTS = {
    "helps": N_(
        "{number}, {country}: the forecast gets better by it; its error fell by {gain} at {count} past origins"
    ),
    "worse": N_("{number}, {country}: the forecast gets worse by it; its error rose by {gain} at {count} past origins"),
    "same": N_("{number}, {country}: it makes no difference to the forecast at {count} past origins"),
    "unknown": N_("{number}, {country}: {count} past origins cannot tell whether the forecast gets better by it"),
}


def verdict(made: Trial, number: str, country: str) -> str:
    """Whether a number helps, in a sentence."""
    gain = locales.percent(abs(made.gain.mean), 1 if abs(made.gain.mean) < 0.1 else 0)
    count = locales.number(len(made.windows))
    return _(VERDICTS[made.answer]).format(number=number, country=country, count=count, gain=gain)


def trial(made: Trial, title: str, axis: str, written: Written) -> go.Figure:
    """By how much less (above zero) or more the forecast was off with a number than without it, a bar an origin."""
    windows = made.windows
    less = (windows["without"] - windows["with"]).to_numpy()
    sentence = _("{start} to {end}: off by {without} without it, by {told} with it")
    hover = [
        sentence.format(
            start=locales.day(row.start), end=locales.day(row.end), without=written(row.without), told=written(told)
        )
        for row, told in zip(windows.itertuples(), windows["with"], strict=True)
    ]
    middle = windows["start"] + (windows["end"] - windows["start"]) / 2
    figure = theme.figure(
        title,
        y=axis,
        height=300,
        xaxis=theme.time_axis(pd.DatetimeIndex(middle)),
        yaxis={**theme.amounts(less), "zeroline": True, "zerolinecolor": theme.NEUTRAL},
        bargap=0.25,
    )
    figure.add_trace(
        go.Bar(
            x=middle.to_numpy(),
            y=less,
            marker={
                "color": [theme.STAY if one > 0 else theme.LEAVE for one in less],
                "pattern": {"shape": ["" if one > 0 else "/" for one in less]},
            },
            hoverinfo="text",
            hovertext=hover,
        )
    )
    return figure


def both(sold: pd.Series, outside: pd.Series, title: str, axis: str, number: str, written: Written) -> go.Figure:
    """What was sold over what was reported from outside, along the same time."""
    step = max(1, len(outside) // theme.POINTS)
    thinned = outside.iloc[::-step].iloc[::-1]
    figure = theme.figure(
        title,
        height=340,
        showlegend=False,
        xaxis={**theme.time_axis(pd.DatetimeIndex(sold.index)), "anchor": "y2"},
        yaxis={**theme.amounts(sold.to_numpy()), "domain": [0.56, 1], "title": {"text": axis}},
        yaxis2={"domain": [0, 0.44], "rangemode": "tozero", "automargin": True, "fixedrange": True, "nticks": 4}
        | theme.amounts(outside.to_numpy()),
        annotations=[
            {"text": f"<b>{theme.plain(number)}</b>", "xref": "paper", "yref": "paper", "x": 0, "y": 0.46,
             "xanchor": "left", "yanchor": "bottom", "showarrow": False},
        ],
    )  # fmt: skip
    for values, place, colour, write in (
        (sold, "y", theme.NEUTRAL, written),
        (thinned, "y2", theme.LEAVE, lambda one: locales.number(one, 0 if one >= 100 else 1)),
    ):
        figure.add_trace(
            go.Scatter(
                x=values.index.to_numpy(),
                y=values.to_numpy(),
                yaxis=place,
                mode="lines",
                line={"color": colour, "width": 1.8},
                hoverinfo="text",
                hovertext=[
                    _("{value} on {day}").format(value=write(value) if value == value else "", day=locales.day(day))
                    for day, value in values.items()
                ],
            )
        )
    return figure
