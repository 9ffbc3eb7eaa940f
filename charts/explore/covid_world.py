"""Figures of COVID-19 over all countries: a map that plays and a ranking."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from charts.canvas import PAPER
from charts.explore.covid import (
    axis_title,
    near,
    plain_numbers,
    player,
    sentence,
    ticks,
    within,
    written,
    written_change,
)
from locales import _
from locales.labels import place
from models.explore.covid import STALE, Shown, alike, of_one_time

BARS = 20
# Longitudes and latitudes that a map shows.
REGIONS: dict[str, tuple[list[int], list[int]]] = {
    "World": ([-170, 190], [-57, 84]),
    "Africa": ([-20, 55], [-37, 39]),
    "Asia": ([25, 150], [-12, 56]),
    "Europe": ([-25, 45], [34, 72]),
    "North America": ([-170, -50], [6, 76]),
    "Oceania": ([110, 190], [-50, 5]),
    "South America": ([-90, -30], [-57, 14]),
}


def world(
    values: pd.DataFrame,
    asof: pd.DataFrame,
    between: pd.DataFrame,
    codes: pd.Series,
    shown: Shown,
    region: str,
    dark: bool,
) -> go.Figure:
    """A map that plays: one frame a row of `values` (carried forward), its last row first shown.

    `asof` is the day of each number and `between` whether it lies between two reports (same shape), `codes` those of
    the outlines by country.
    """
    known = values.iloc[-1].dropna()
    title = _("Nothing was reported up to this day ({unit})").format(unit=within(shown))
    if len(known) and not shown.grows:  # levels of different times do not compare
        known = known[of_one_time(asof.iloc[-1][known.index].to_numpy())]
    if len(known):
        most = str(known.idxmax())
        title = _unled(known, shown, asof.iloc[-1][most]) or _(
            "{country} stands highest of {count} countries: {value} ({unit}, {day})"
        ).format(
            country=place(str(most)),
            count=locales.number(len(known)),
            value=written(known[most], shown),
            unit=within(shown),
            day=locales.day(asof.iloc[-1][most]),
        )
    high = float(np.nanquantile(values.to_numpy(), 0.98)) if len(known) else 1.0
    low = min(0.0, float(np.nanquantile(values.to_numpy(), 0.02))) if len(known) else 0.0
    diverging = low < 0
    colours = theme.DIVERGING if diverging else theme.SEQUENTIAL[::-1] if dark else theme.SEQUENTIAL[1:]
    limit = max(high, -low) or 1.0
    names = [theme.plain(place(str(name))) for name in values.columns]

    def data(at: int) -> go.Choropleth:
        day, row, reported = values.index[at], values.iloc[at], asof.iloc[at]
        late = (reported < day - pd.Timedelta(days=STALE)).to_numpy()
        old, inside = _(" (last reported {day})"), _(" (between two reports)")
        return go.Choropleth(
            z=row.to_numpy("float32"),
            customdata=[
                old.format(day=locales.day(when)) if past else inside if filled else ""
                for when, past, filled in zip(reported, late, between.iloc[at], strict=True)
            ],
            hovertemplate=sentence("%{text}", shown, locales.day(day) + "%{customdata}", "z"),
        )

    geo = {
        "projection": {"type": "natural earth"},
        **theme.land(dark),
        "lonaxis": {"range": REGIONS[region][0]},
        "lataxis": {"range": REGIONS[region][1]},
    }
    frames = [go.Frame(name=str(at), data=[data(at)]) for at in range(len(values))]
    last = data(len(values) - 1)
    last.update(
        locations=codes.reindex(values.columns).to_list(),
        locationmode="ISO-3",
        text=names,
        zmin=-limit if diverging else 0.0,
        zmax=limit,
        colorscale=colours,
        marker={"line": {"width": 0.5, "color": PAPER[dark]}},
        colorbar={**theme.BELOW, **ticks(shown)},
    )
    figure = theme.figure(title, height=500, geo=geo, **plain_numbers(), **player(values.index))
    figure.add_trace(last)
    figure.frames = frames
    return figure


def ranking(ranked: pd.DataFrame, shown: Shown, day: pd.Timestamp, marked: Sequence[str]) -> go.Figure:
    """The first of a ranking (see `covid.ranking`) as bars with their change; `marked` ones are in colour.

    A number that is older than `STALE` days has a hatched bar and its day beside it.
    """
    top = ranked.iloc[:BARS].iloc[::-1]
    title = _("Nothing was reported up to this day ({unit})").format(unit=within(shown))
    if len(ranked):
        rising, known = int((ranked["change"] > 0.005).sum()), int(ranked["change"].notna().sum())
        compared = alike(ranked, shown.grows)
        leads = compared.iloc[0]
        tells = _("{country} leads: {value} ({unit}, {day})")
        if known and not shown.grows and not shown.signed:
            tells = _("{country} leads; {rising} of {known} countries were rising ({unit}, {day})")
            if not rising:
                tells = _("{country} leads; of {known} countries none was rising ({unit}, {day})")
        title = _unled(compared["value"], shown, leads["day"]) or tells.format(
            country=place(str(leads.name)),
            value=written(leads["value"], shown),
            rising=locales.number(rising),
            known=locales.number(known),
            unit=within(shown),
            day=locales.day(leads["day"]),
        )
    stale = top["day"] < day - pd.Timedelta(days=STALE)
    texts, hover = [], []
    change = _("{change} in a week")
    for name, row in top.iterrows():
        text = near(row["filled"]) + written(row["value"], shown)
        notes = []
        if row["change"] == row["change"] and not shown.signed and abs(row["change"]) < 99:
            arrow = "▲" if row["change"] > 0.005 else "▼" if row["change"] < -0.005 else "="
            notes.append(f"{arrow} {locales.percent(abs(row['change']))}")
        if stale[name]:
            notes.append(locales.day(row["day"]))
        texts.append("  ".join([f"<b>{text}</b>", *notes]))
        known = row["change"] == row["change"] and not shown.signed
        moved = change.format(change=written_change(row["change"])) if known else ""
        hover.append(
            _("{country}: {value} on {day}").format(
                country=theme.plain(place(str(name))), value=text, day=locales.day(row["day"])
            )
            + (f"<br>{moved}" if moved else "")
        )
    figure = theme.figure(
        title,
        x=axis_title(shown),
        height=90 + 24 * len(top),
        xaxis={**ticks(shown), "range": _room(top["value"])},
        yaxis={"showgrid": False},
        **plain_numbers(),
    )
    figure.add_trace(
        go.Bar(
            x=top["value"].to_numpy(),
            y=[theme.plain(place(str(name))) for name in top.index],
            orientation="h",
            marker={
                "color": [theme.LEAVE if name in marked else theme.STAY for name in top.index],
                "pattern": {"shape": ["/" if old else "" for old in stale], "fgopacity": 0.6},
            },
            text=texts,
            textposition="outside",
            cliponaxis=False,
            hoverinfo="text",
            hovertext=hover,
        )
    )
    return figure


def _unled(compared: pd.Series, shown: Shown, day: pd.Timestamp) -> str | None:
    """The title where nobody leads those that compare: there is but one of them, or all have nothing."""
    tells = None
    if len(compared) == 1:
        tells = _("Only {country} was reported lately: {value} ({unit}, {day})")
    elif not shown.signed and compared.max() <= 0:
        tells = _("Zero in each of {count} countries ({unit}, {day})")
    return tells and tells.format(
        country=place(str(compared.index[0])),
        count=locales.number(len(compared)),
        value=written(float(compared.iloc[0]), shown),
        unit=within(shown),
        day=locales.day(day),
    )


def _room(values: pd.Series) -> list[float]:
    """The range of bars with text at their end."""
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    return [1.55 * low, 1.55 * high] if len(values) else [0.0, 1.0]
