"""Figure of the countries that went through COVID-19 most like another one."""

import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from charts.explore.covid import plain_numbers, sentence, ticks, unit, within
from locales import _
from locales.labels import place
from models.explore.covid import Shown

NEAREST = 4  # countries beside the reference: more cannot be followed


def lines(courses: pd.DataFrame, found: pd.DataFrame, reference: str, shown: Shown) -> go.Figure:
    """The reference's course since its outbreak, a row a week, and those of the first of `found` (`alike.nearest`)."""
    title = _("No country has as long a course as {country} ({unit})")
    values = {"country": place(reference), "unit": within(shown)}
    if len(found):
        title = _("{nearest} comes nearest to {country}: week by week they differ by a factor of {times} ({unit})")
        values |= {"nearest": place(str(found.index[0])), "times": locales.number(found["times"].iloc[0], 1)}
    figure = theme.figure(
        title.format(**values),
        x=_("Weeks since 1 death per million people"),
        y=unit(shown),
        height=420,
        yaxis={"rangemode": "tozero", **ticks(shown)},
        **plain_numbers(),
    )
    for at, name in enumerate([reference, *map(str, found.index[:NEAREST])]):
        figure.add_trace(
            go.Scatter(
                x=courses.index.to_numpy(),
                y=courses[name].to_numpy("float32"),
                name=theme.plain(place(name)),
                mode="lines",
                line={
                    "width": 3.2 if name == reference else 1.8,
                    "color": theme.CATEGORICAL[at],
                    "dash": theme.DASHES[at],
                },
                hovertemplate=sentence(name, shown, _("week %{x}")),
            )
        )
    return figure
