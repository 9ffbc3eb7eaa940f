"""A map of countries, for an answer by a dimension whose values are countries."""

import pandas as pd
import plotly.graph_objects as go
from babel.core import get_global

import locales
from charts import theme
from charts.canvas import PAPER
from data import countries
from locales import _
from models.ask import wording
from models.ask.definitions import Catalogue
from models.ask.query import Query

GONE = {"BUR", "DDR", "FXX", "SCG", "TMP", "YMD", "YUG", "ZAR"}  # codes of countries that are called otherwise today


def drawn(known: Catalogue, query: Query, found: pd.DataFrame, currency: str, dark: bool) -> go.Figure | None:
    """The first measure of an answer by one dimension, on a map; None where no value of it is a country."""
    one, dimension = known.measures[query.measures[0]], query.by[0]
    table = found.dropna(subset=[dimension, one.name])
    aliases = get_global("territory_aliases").items()
    codes = {
        to[0]: code for code, to in aliases if len(code) == 3 and code.isalpha() and len(to) == 1 and code not in GONE
    }
    named = countries.named([str(level) for level in table[dimension]])
    table = table.assign(code=[codes.get(named.get(str(level), "")) for level in table[dimension]])
    there = table.dropna(subset=["code"]).groupby("code", as_index=False).agg({dimension: "first", one.name: "sum"})
    if there.empty:
        return None
    write, title = wording.number(one, currency), wording.measure(known, one.name)
    best = there.loc[there[one.name].idxmax()]
    headline = _("{measure}: {name} has the most, {value}").format(
        measure=title, name=best[dimension], value=write(best[one.name])
    )
    if left := len(table) - len(there):
        headline += " " + _("({count} are no country)").format(count=locales.number(left))
    geo = {
        "projection": {"type": "natural earth"},
        "fitbounds": "locations",
        "showframe": False,
        "showcoastlines": False,
        "showcountries": False,
        "showland": True,
        "landcolor": "#3A4247" if dark else "#E1E1DE",
        "bgcolor": "rgba(0,0,0,0)",
    }
    figure = theme.figure(headline, height=420, geo=geo)
    figure.add_trace(
        go.Choropleth(
            locations=there["code"],
            z=there[one.name].to_numpy(float),
            locationmode="ISO-3",
            colorscale=theme.SEQUENTIAL[::-1] if dark else theme.SEQUENTIAL[1:],
            marker={"line": {"width": 0.5, "color": PAPER[dark]}},
            showscale=False,
            hoverinfo="text",
            hovertext=[
                f"{theme.plain(level)}: {write(value)}"
                for level, value in zip(there[dimension], there[one.name], strict=True)
            ],
        )
    )
    return figure
