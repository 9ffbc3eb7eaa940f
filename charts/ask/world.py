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
from models.ask.formulas import Measure
from models.ask.query import Query

NAMED = 5  # that are named
GONE = {"BUR", "DDR", "FXX", "SCG", "TMP", "YMD", "YUG", "ZAR"}  # codes of countries that are called otherwise today


def drawn(known: Catalogue, query: Query, found: pd.DataFrame, currency: str, dark: bool) -> go.Figure | None:
    """The first measure of an answer by one dimension, on a map; None where no value of it is a country."""
    one, dimension = known.measures[query.measures[0]], query.by[0]
    table = _coded(query, found)
    there = table.dropna(subset=["code"]).groupby("code", as_index=False).agg({dimension: "first", one.name: "sum"})
    if there.empty:
        return None
    write, title = wording.number(one, currency), wording.measure(known, one.name)
    best = there.loc[there[one.name].idxmax()]
    headline = _("{measure}: {name} has the most, {value}").format(
        measure=title, name=best[dimension], value=write(best[one.name])
    )
    geo = {**theme.land(dark), **_bounds(list(there["code"]))}
    figure = theme.figure(headline, height=420, geo=geo)
    figure.add_trace(
        go.Choropleth(
            locations=there["code"],
            z=there[one.name].to_numpy(float),
            zmin=min(0.0, float(there[one.name].min())),
            locationmode="ISO-3",
            colorscale=theme.SEQUENTIAL[::-1] if dark else theme.SEQUENTIAL[1:],
            marker={"line": {"width": 0.5, "color": PAPER[dark]}},
            colorbar={**theme.BELOW, **_scale(one, there)},
            hoverinfo="text",
            hovertext=[
                f"{theme.plain(level)}: {write(value)}"
                for level, value in zip(there[dimension], there[one.name], strict=True)
            ],
        )
    )
    return figure


def beside(known: Catalogue, query: Query, found: pd.DataFrame, currency: str) -> str:
    """What an answer holds that is on no map; "" where all of it is."""
    one, dimension = known.measures[query.measures[0]], query.by[0]
    table = _coded(query, found)
    left = table[table["code"].isna()]
    if left.empty:
        return ""
    write = wording.number(one, currency)
    named = ", ".join(f"{level} ({write(value)})" for level, value in zip(left[dimension], left[one.name], strict=True))
    return _("not on the map: {names}").format(names=named if len(left) <= NAMED else locales.number(len(left)))


def _coded(query: Query, found: pd.DataFrame) -> pd.DataFrame:
    """An answer with the `code` of each country (ISO 3166, three letters); none where the value is no country."""
    dimension = query.by[0]
    table = found.dropna(subset=[dimension, query.measures[0]])
    aliases = get_global("territory_aliases").items()
    codes = {
        to[0]: code for code, to in aliases if len(code) == 3 and code.isalpha() and len(to) == 1 and code not in GONE
    }
    named = countries.named([str(level) for level in table[dimension]])
    return table.assign(code=[codes.get(named.get(str(level), "")) for level in table[dimension]])


def _scale(one: Measure, there: pd.DataFrame) -> dict[str, object]:
    values = there[one.name].to_numpy(float)
    axis = theme.percent_axis(max(values.max(), 0.01)) if one.unit == "share" else theme.amounts(values)
    return {"tickvals": axis["tickvals"], "ticktext": axis["ticktext"]}


def _bounds(codes: list[str]) -> dict[str, object]:
    """What of the world is shown: Europe without what its countries have overseas, or as much as all of them take."""
    zones, aliases = get_global("territory_zones"), get_global("territory_aliases")
    if all(any(zone.startswith("Europe/") for zone in zones.get(aliases[code][0], ())) for code in codes):
        return {"projection": {"type": "mercator"}, "lonaxis": {"range": [-12, 42]}, "lataxis": {"range": [34, 66]}}
    return {"projection": {"type": "natural earth"}, "fitbounds": "locations"}
