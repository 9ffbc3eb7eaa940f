"""Figures of the page COVID-19. Each title states what the figure shows."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from charts.canvas import INK, PAPER, blank
from locales import N_, _, ngettext
from locales.labels import place
from models.explore import covid as models
from models.explore.covid import STALE, Comparison, Shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MEASURES = {
    "cases": N_("Confirmed cases"),
    "deaths": N_("Confirmed deaths"),
    "doses": N_("Vaccine doses"),
    "vaccinated": N_("People vaccinated"),
    "fully_vaccinated": N_("People fully vaccinated"),
    "boosters": N_("Booster doses"),
    "tests": N_("Tests"),
    "positivity": N_("Share of tests that are positive"),
    "tests_per_case": N_("Tests for each confirmed case, so far"),
    "fatality": N_("Deaths for each confirmed case, so far"),
    "hospital": N_("Patients in hospital"),
    "intensive_care": N_("Patients in intensive care"),
    "admissions": N_("Hospital admissions in a week"),
    "care_admissions": N_("Admissions to intensive care in a week"),
    "excess": N_("Excess mortality, % above expected"),
    "excess_total": N_("Excess deaths so far, per million people"),
    "reproduction": N_("People infected by one case"),
    "stringency": N_("Strictness of measures, 0 to 100"),
}
FORMS = {
    "average": N_("7-day average"),
    "weekly": N_("Last 7 days"),
    "biweekly": N_("Last 14 days"),
    "new": N_("As reported each day"),
    "cumulative": N_("In total"),
    "level": N_("As reported"),
    "change": N_("Change in a week"),
}
PERS = {"million": N_("per million people"), "hundred": N_("per 100 people"), "absolute": N_("absolute")}
POINTS = 400  # of a line: more cannot be told apart, and take longer to paint
FRAMES = 60  # at most, of a figure that plays
BARS = 20
CONTINENTS = ("Africa", "Asia", "Europe", "North America", "Oceania", "South America")
SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "star")
PANEL = 150  # height of one of several panels
COLUMNS = 3  # small figures side by side, at most: a telephone has no room for more


def unit(shown: Shown) -> str:
    """What the numbers are, "Confirmed cases, 7-day average, per million people"."""
    parts = [_(MEASURES[shown.measure])]
    if shown.form != "level":
        parts.append(_(FORMS[shown.form]).lower())
    if shown.per != "absolute" and shown.form != "change":
        parts.append(_(PERS[shown.per]))
    return ", ".join(parts)


def _within(shown: Shown) -> str:
    """`unit` inside a sentence."""
    text = unit(shown)
    return text[0].lower() + text[1:]


def _axis(shown: Shown) -> str:
    """The unit alone, for an axis: the title of the figure says what is measured."""
    if shown.share:
        return "%"
    counted = models.MEASURES[shown.measure].counted and shown.per != "absolute"
    return _(PERS[shown.per]) if counted else _(MEASURES[shown.measure])


def written(value: float, shown: Shown) -> str:
    """A number as a reader reads it."""
    if shown.form == "change":
        return written_change(value)
    if shown.share:
        return locales.percent(value, 0 if value >= 0.1 else 1)
    size = abs(value)
    digits = 0 if size >= 100 or value == 0 else 1 if size >= 10 else 2
    return locales.number(value, digits)


def written_change(change: float) -> str:
    """A change as a share, with its sign: "+12%", "−0.4%", "±0%"."""
    digits = 0 if abs(change) >= 0.0995 or round(change, 3) == 0 else 1
    return locales.signed(change, partial(locales.percent, digits=digits))


def near(filled: bool) -> str:
    """The mark of a number that lies between two reports."""
    return "≈ " if filled else ""


def lines(values: pd.DataFrame, between: pd.DataFrame, shown: Shown, log: bool) -> go.Figure:
    """A line a country over time; the dash tells countries apart where colour does not.

    What lies `between` reports is marked.
    """
    most = str(values.max().idxmax())
    title = _("{country} came highest: {value} on {day} ({unit})").format(
        country=place(most),
        value=written(float(values[most].max()), shown),
        day=locales.day(values[most].idxmax()),
        unit=_within(shown),
    )
    step = 1 if shown.form == "new" else max(1, len(values) // POINTS)
    thinned = values.iloc[::-step].iloc[::-1]
    figure = _axes(title, shown, log, _dates(values.index), height=420)
    along = {"x0": thinned.index[0].isoformat(), "dx": step * 86_400_000}
    _trace(figure, thinned, values, between, shown, along, "%{x|%d/%m/%Y}")
    return figure


def aligned(values: pd.DataFrame, between: pd.DataFrame, shown: Shown, log: bool, since: str) -> go.Figure:
    """Lines by days since an outbreak began, as `lines`; `since` says what begins it."""
    lengths = values.notna().sum()
    title = _("No country of these had its outbreak in the data")
    if len(lengths):
        shared = int(min(lengths.min() - 1, 365))
        there = values.iloc[: shared + 1].ffill().iloc[-1]
        title = _("{day} days after {since}, {country} stood highest: {value} ({unit})").format(
            day=locales.number(shared),
            since=since,
            country=place(str(there.idxmax())),
            value=written(there.max(), shown),
            unit=_within(shown),
        )
    step = max(1, len(values) // POINTS)
    figure = _axes(title, shown, log, {"title": {"text": _("Days since {since}").format(since=since)}}, height=420)
    _trace(figure, values.iloc[::step], values, between, shown, {"x0": 0, "dx": step}, _("day %{x}"))
    return figure


def small(values: pd.DataFrame, between: pd.DataFrame, shown: Shown, log: bool) -> go.Figure:
    """A small figure a country, all on the same scale; what lies `between` reports is marked."""
    names = list(values)
    columns = min(COLUMNS, len(names))
    rows = -(-len(names) // columns)
    peaks = values.max()
    title = _("{high} reached {value}, {low} never more than {least} ({unit})").format(
        high=place(str(peaks.idxmax())),
        value=written(peaks.max(), shown),
        low=place(str(peaks.idxmin())),
        least=written(peaks.min(), shown),
        unit=_within(shown),
    )
    if len(names) == 1:
        title = unit(shown)
    figure = theme.figure(title, height=60 + PANEL * rows, showlegend=False, **_plain_numbers())
    step = max(1, len(values) // 300)
    thinned = values.iloc[::-step].iloc[::-1]
    top, low = float(np.nanmax(values)), float(np.nanmin(values.where(values > 0) if log else values))
    scale = [np.log10(low), np.log10(top)] if log else [min(low, 0.0), 1.05 * top]
    layout: dict[str, Any] = {"annotations": []}
    for at, name in enumerate(names):
        row, column = divmod(at, columns)
        x, y = (f"{axis}{at + 1 if at else ''}" for axis in "xy")
        across = [(column + 0.06) / columns, (column + 0.96) / columns]
        up = [1 - (row + 0.86) / rows, 1 - (row + 0.14) / rows]
        figure.add_trace(
            go.Scatter(
                x0=thinned.index[0].isoformat(),
                dx=step * 86_400_000,
                y=thinned[name].to_numpy(),
                xaxis=x,
                yaxis=y,
                mode="lines",
                line={"color": theme.STAY, "width": 1.8},
                fill=None if log else "tozeroy",
                fillcolor=theme.faded(theme.STAY, 0.2),
                **_hover(name, shown, "%{x|%d/%m/%Y}", between.loc[thinned.index, name]),
            )
        )
        points = _sentence(name, shown, "%{x|%d/%m/%Y}")
        figure.add_traces(_alone(values[name], theme.STAY, points, xaxis=x, yaxis=y))
        layout[f"xaxis{x[1:]}"] = {
            "domain": across,
            "anchor": y,
            "type": "date",
            "fixedrange": True,
            **_dates(values.index, few=True),
        }
        layout[f"yaxis{y[1:]}"] = {
            "domain": up,
            "anchor": x,
            "range": scale,
            "type": "log" if log else "linear",
            "nticks": 4,
            "showticklabels": column == 0,
            "fixedrange": True,
            **_ticks(shown),
        }
        layout["annotations"].append(_heading(place(str(name)), across[0], up[1]))
    return figure.update_layout(layout)


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
    title = _("Nothing was reported up to this day ({unit})").format(unit=_within(shown))
    if len(known):
        most = str(known.idxmax())
        title = _("{country} stands highest of {count} countries: {value} ({unit}, {day})").format(
            country=place(str(most)),
            count=locales.number(len(known)),
            value=written(known[most], shown),
            unit=_within(shown),
            day=locales.day(values.index[-1]),
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
            hovertemplate=_sentence("%{text}", shown, locales.day(day) + "%{customdata}", "z"),
        )

    geo = {
        "projection": {"type": "natural earth"},
        "showframe": False,
        "showcoastlines": False,
        "showcountries": False,
        "showland": True,
        "landcolor": "#3A4247" if dark else "#E1E1DE",
        "bgcolor": "rgba(0,0,0,0)",
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
        colorbar={"orientation": "h", "thickness": 10, "len": 0.5, "y": -0.02, "yanchor": "top", **_ticks(shown)},
    )
    figure = theme.figure(title, height=500, geo=geo, **_plain_numbers(), **_player(values.index))
    figure.add_trace(last)
    figure.frames = frames
    return figure


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


def _player(days: pd.DatetimeIndex) -> dict[str, Any]:
    """A slider with a day a frame, and a button that plays them; the last frame is the one shown first."""
    now = {"frame": {"duration": 0, "redraw": True}, "mode": "immediate", "transition": {"duration": 0}}
    play = {"frame": {"duration": 250, "redraw": True}, "fromcurrent": True, "transition": {"duration": 0}}
    steps = [{"label": locales.day(day), "method": "animate", "args": [[str(at)], now]} for at, day in enumerate(days)]
    slider = {
        "active": len(days) - 1,
        "steps": steps,
        "x": 0.14,
        "len": 0.86,
        "y": 0,
        "yanchor": "top",
        "pad": {"t": 46, "b": 4},
        "currentvalue": {"visible": True, "xanchor": "right", "font": {"color": theme.NEUTRAL, "size": 13}},
        "ticklen": 0,
        "minorticklen": 0,
        "font": {"color": "rgba(0,0,0,0)", "size": 1},
    }
    buttons = [
        {"label": "▶", "method": "animate", "args": [None, play]},
        {"label": "❚❚", "method": "animate", "args": [[None], {**now, "mode": "immediate"}]},
    ]
    menu = {
        "type": "buttons",
        "direction": "right",
        "showactive": False,
        "x": 0,
        "xanchor": "left",
        "y": 0,
        "yanchor": "top",
        "pad": {"t": 56},
        "buttons": buttons,
    }
    return {"sliders": [slider], "updatemenus": [menu]}


def ranking(ranked: pd.DataFrame, shown: Shown, day: pd.Timestamp, marked: Sequence[str]) -> go.Figure:
    """The first of a ranking (see `covid.ranking`) as bars with their change; `marked` ones are in colour.

    A number that is older than `STALE` days has a hatched bar and its day beside it.
    """
    top = ranked.iloc[:BARS].iloc[::-1]
    title = _("Nothing was reported up to this day ({unit})").format(unit=_within(shown))
    if len(ranked):
        rising, known = int((ranked["change"] > 0.005).sum()), int(ranked["change"].notna().sum())
        tells = _("{country} leads: {value} ({unit}, {day})")
        if known and not shown.grows and not shown.signed:
            tells = _("{country} leads; {rising} of {known} countries were rising ({unit}, {day})")
            if not rising:
                tells = _("{country} leads; of {known} countries none was rising ({unit}, {day})")
        title = tells.format(
            country=place(str(ranked.index[0])),
            value=written(ranked["value"].iloc[0], shown),
            rising=locales.number(rising),
            known=locales.number(known),
            unit=_within(shown),
            day=locales.day(day),
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
        x=_axis(shown),
        height=90 + 24 * len(top),
        xaxis={**_ticks(shown), "range": _room(top["value"])},
        yaxis={"showgrid": False},
        **_plain_numbers(),
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


def _room(values: pd.Series) -> list[float]:
    """The range of bars with text at their end."""
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    return [1.55 * low, 1.55 * high] if len(values) else [0.0, 1.0]


def timeline(
    panels: dict[str, tuple[pd.Series, pd.Series, Shown]], waves: pd.DataFrame, country: str, first: Shown
) -> go.Figure:
    """One country: a panel a measure over the same time, with the waves of the first as bands and their peaks.

    A panel is a series, which of its days lie between two reports, and what it shows.
    """
    count = len(panels)
    title = _("{country}: no wave stands out in this period").format(country=place(country))
    if len(waves):
        peak = waves.loc[waves["height"].idxmax()]
        title = ngettext(
            "{country}: {count} wave, which peaked on {day} at {value} ({unit})",
            "{country}: {count} waves; the highest peaked on {day} at {value} ({unit})",
            len(waves),
        ).format(
            country=place(country),
            count=len(waves),
            day=locales.day(peak["peak"]),
            value=written(peak["height"], first),
            unit=_within(first),
        )
    figure = theme.figure(title, height=60 + PANEL * count, showlegend=False, **_plain_numbers())
    layout: dict[str, Any] = {"annotations": [], "shapes": []}
    colours = (theme.STAY, theme.LEAVE, theme.ACCENT, "#7C6BC4")
    for at, (series, between, shown) in enumerate(panels.values()):
        axis = str(at + 1) if at else ""
        step = max(1, len(series) // POINTS)
        thinned = series.iloc[::-step].iloc[::-1]
        up = [1 - (at + 0.86) / count, 1 - (at + 0.14) / count]
        figure.add_trace(
            go.Scatter(
                x0=thinned.index[0].isoformat(),
                dx=step * 86_400_000,
                y=thinned.to_numpy(),
                yaxis=f"y{axis}",
                mode="lines",
                line={"color": colours[at % 4], "width": 2},
                fill="tozeroy",
                fillcolor=theme.faded(colours[at % 4], 0.15),
                **_hover("", shown, "%{x|%d/%m/%Y}", between[thinned.index]),
            )
        )
        points = _sentence("", shown, "%{x|%d/%m/%Y}")
        figure.add_traces(_alone(series, colours[at % 4], points, yaxis=f"y{axis}"))
        layout[f"yaxis{axis}"] = {"domain": up, "nticks": 4, "fixedrange": True, "automargin": True, **_ticks(shown)}
        name, _comma, rest = unit(shown).partition(", ")
        layout["annotations"].append(_heading(name, 0, up[1], rest))
    days = next(iter(panels.values()))[0].index
    for number, wave in enumerate(waves.itertuples(), 1):
        end = days[-1] if pd.isna(wave.trough) else wave.trough
        if number % 2:
            band = {"type": "rect", "yref": "paper", "y0": 0, "y1": 1, "line": {"width": 0}, "layer": "below"}
            layout["shapes"].append(
                {
                    **band,
                    "x0": wave.start.isoformat(),
                    "x1": end.isoformat(),
                    "fillcolor": theme.faded(theme.NEUTRAL, 0.12),
                }
            )
        layout["annotations"].append(
            {
                "text": str(number),
                "x": wave.peak.isoformat(),
                "y": wave.height,
                "showarrow": False,
                "yanchor": "bottom",
                "font": {"size": 12},
            }
        )
    layout["xaxis"] = {
        "type": "date",
        "anchor": f"y{count if count > 1 else ''}",
        "fixedrange": True,
        **_dates(days),
    }
    return figure.update_layout(layout)


def path(values: pd.DataFrame, x: Shown, y: Shown, country: str) -> go.Figure:
    """One country's way through two measures (columns `x` and `y` of `values`, a row a day), its months marked."""
    known = values.dropna()
    title = _("{country}: {x} and {y}, month by month").format(country=place(country), x=_within(x), y=_within(y))
    figure = theme.figure(title, x=unit(x), y=unit(y), height=420, showlegend=False, **_plain_numbers())
    months = known.groupby(known.index.to_period("M")).tail(1)
    said = [locales.month(day) for day in months.index]
    ends = {0, len(said) - 1} | set(range(0, len(said), max(1, len(said) // 6)))
    figure.add_scatter(
        x=months["x"],
        y=months["y"],
        mode="lines+markers+text",
        line={"color": theme.NEUTRAL, "width": 1.4},
        marker={"color": theme.STAY, "size": 8},
        text=[month if at in ends else "" for at, month in enumerate(said)],
        # Away from the edge that a label would be cut off by.
        textposition=["middle left" if 2 * one > months["x"].max() else "top center" for one in months["x"]],
        hovertext=[
            f"{month}: {written(across, x)}; {written(up, y)}"
            for month, across, up in zip(said, months["x"], months["y"], strict=True)
        ],
        hoverinfo="text",
    )
    return figure


def scatter(frames: dict[pd.Timestamp, pd.DataFrame], x: str, y: str, log: tuple[bool, bool], r: float) -> go.Figure:
    """Countries by two measures, the area of a bubble their population; it plays where there are several days.

    A frame has x, y, population, continent by country. `x` and `y` say what they are; `r` is the rank correlation.
    """
    days = list(frames)
    table = frames[days[-1]]
    title = _("“{x}” and “{y}”: too few countries have both").format(x=x, y=y)
    if r == r:
        tells = (
            _("The higher “{x}”, the higher “{y}” (rank correlation {r}, {count} countries)")
            if r > 0.2
            else _("The higher “{x}”, the lower “{y}” (rank correlation {r}, {count} countries)")
            if r < -0.2
            else _("“{x}” and “{y}” hardly go together (rank correlation {r}, {count} countries)")
        )
        title = tells.format(x=x, y=y, r=locales.number(r, 2), count=locales.number(len(table)))
    everything = pd.concat(frames.values())
    figure = theme.figure(
        title,
        x=x,
        y=y,
        height=560,
        xaxis={"type": "log" if log[0] else "linear", "range": _limits(everything["x"], log[0]), "tickformat": ","},
        yaxis={"type": "log" if log[1] else "linear", "range": _limits(everything["y"], log[1]), "tickformat": ","},
        **_plain_numbers(),
        **(_player(pd.DatetimeIndex(days)) if len(days) > 1 else {}),
    )
    largest = float(everything["population"].max())
    names = {country: theme.plain(place(str(country))) for country in everything.index.unique()}

    def moving(part: pd.DataFrame) -> list[dict[str, Any]]:
        """What a frame changes: the rest of a trace stays."""
        continents = (part[part["continent"] == name] for name in CONTINENTS)
        return [
            {
                "x": one["x"].to_numpy("float32"),
                "y": one["y"].to_numpy("float32"),
                "text": [names[country] for country in one.index],
                "marker": {"size": one["population"].to_numpy("float32")},
            }
            for one in continents
        ]

    for name, symbol, colour, data in zip(CONTINENTS, SYMBOLS, theme.CATEGORICAL, moving(table), strict=False):
        data["marker"] |= {"color": colour, "symbol": symbol, "opacity": 0.75}
        data["marker"] |= {"sizemode": "area", "sizeref": largest / 1_800, "sizemin": 4}
        figure.add_scatter(
            **data,
            name=region(name),
            mode="markers",
            hovertemplate="<b>%{text}</b><br>"
            + theme.plain(x)
            + ": %{x:,.3~r}<br>"
            + theme.plain(y)
            + ": %{y:,.3~r}<extra></extra>",
        )
    if len(days) > 1:
        figure.frames = [
            {"name": str(at), "data": [{"type": "scatter", **one} for one in moving(frames[day])]}
            for at, day in enumerate(days)
        ]
    return figure


_KNOWN_CONTINENTS = {
    "Africa": N_("Africa"),
    "Asia": N_("Asia"),
    "Europe": N_("Europe"),
    "North America": N_("North America"),
    "Oceania": N_("Oceania"),
    "South America": N_("South America"),
    "World": N_("World"),
}


def region(name: str) -> str:
    """A continent, or the World, in the reader's language."""
    return _(_KNOWN_CONTINENTS[name])


def _limits(values: pd.Series, log: bool) -> list[float]:
    """The range of an axis that stays the same while a figure plays."""
    known = values[values > 0] if log else values
    if known.dropna().empty:
        return [0.0, 1.0]
    low, high = float(known.min()), float(known.max())
    if log:
        return [float(np.log10(low)) - 0.1, float(np.log10(high)) + 0.15]
    room = 0.06 * ((high - low) or 1.0)
    return [low - room, high + room]


def heatmap(values: pd.DataFrame, shown: Shown, dark: bool) -> "Figure":
    """Countries by weeks (rows of `values` are weeks), those that peaked first on top; of what adds up, the largest."""
    peak = values.idxmax().sort_values(kind="stable")
    months = peak.dt.to_period("M").value_counts()
    title = unit(shown)
    if len(peak) > 1 and not shown.grows:
        tells = _("{first} peaked first, in {day}, and {last} last, in {until} ({unit})")
        if months.iloc[0] > len(peak) / 2:
            tells = _("{most} of these {count} countries peaked in {month} ({unit})")
        title = tells.format(
            most=locales.number(months.iloc[0]),
            count=locales.number(len(peak)),
            month=locales.month(months.index[0].start_time),
            first=place(str(peak.index[0])),
            day=locales.month(peak.iloc[0]),
            last=place(str(peak.index[-1])),
            until=locales.month(peak.iloc[-1]),
            unit=_within(shown),
        )
    ordered = values[peak.index if not shown.grows else values.ffill().iloc[-1].sort_values(ascending=False).index].T
    top = float(np.nanquantile(ordered.to_numpy(), 0.98))
    names = [place(str(name)) for name in ordered.index]
    drawn, axis, draw = _seaborn(title, names, max(6, len(names)), 0.4, dark)
    draw(
        ordered.to_numpy(),
        cmap=_colours(theme.SEQUENTIAL[::-1] if dark else theme.SEQUENTIAL),
        vmin=min(0.0, float(np.nanmin(ordered.to_numpy()))),
        vmax=top or 1.0,
        rasterized=True,
        xticklabels=False,
        yticklabels=False,  # set below: seaborn would measure each, which takes longer than to draw
        cbar_kws={"pad": 0.015, "aspect": 2.5 * max(8, len(names)), "fraction": 0.06},
    )
    at = np.unique(np.linspace(0, len(values) - 1, 7).astype(int))
    axis.set_xticks(at + 0.5, [locales.month(values.index[one]) for one in at])
    axis.set_yticks(np.arange(len(names)) + 0.5, names)
    bar = drawn.axes[-1]
    ticks = [tick for tick in bar.get_yticks() if bar.get_ylim()[0] <= tick <= bar.get_ylim()[1]]
    bar.set_yticks(ticks, [written(tick, shown) for tick in ticks])
    _finish(drawn, dark)
    return drawn


def correlations(matrix: pd.DataFrame, names: dict[str, str], dark: bool) -> "Figure":
    """Spearman's rank correlations of measures across countries."""
    upper = matrix.where(np.triu(np.ones(matrix.shape, dtype=bool), 1)).stack()
    title = _("Too few countries have two of these measures")
    if len(upper.dropna()):
        one, other = upper.abs().idxmax()
        title = _("“{one}” and “{other}” go together most (rank correlation {r})").format(
            one=names[one], other=names[other], r=locales.number(upper[one, other], 2)
        )
    values = matrix.to_numpy()
    texts = [["" if value != value else locales.number(value, 2) for value in row] for row in values]
    rows = [names[name] for name in matrix.columns[1:]]
    drawn, axis, draw = _seaborn(title, rows, len(rows), 1.9, dark)
    draw(
        values[1:, :-1],
        mask=np.triu(np.ones(values.shape, dtype=bool))[1:, :-1],
        annot=np.array(texts)[1:, :-1],
        fmt="",
        annot_kws={"size": 8},
        cmap=_colours(theme.DIVERGING[::-1]),
        vmin=-1,
        vmax=1,
        cbar=False,
        linewidths=1.5,
        linecolor=PAPER[dark],
        xticklabels=[names[name] for name in matrix.columns[:-1]],
        yticklabels=rows,
    )
    axis.set_facecolor("none")
    axis.tick_params(axis="x", rotation=30)
    for tick in axis.get_xticklabels():
        tick.set_horizontalalignment("right")
    _finish(drawn, dark)
    return drawn


def _colours(colours: list[str]) -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("vigie", colours)


def _seaborn(title: str, names: Sequence[str], rows: int, below: float, dark: bool) -> tuple["Figure", Any, Any]:
    """An empty figure, its axes, and seaborn's heatmap that draws in these.

    `names` stand to the left of `rows` rows, what is written `below` them takes so many inches. Margins are set here:
    to let matplotlib find them takes longer than to draw.
    """
    from functools import partial

    import seaborn as sns

    width, height = 9.0, 0.27 * rows + below + 0.1
    drawn, axis = blank(title, width, height, dark)
    left = 0.25 + 0.072 * max(map(len, names))
    drawn.subplots_adjust(left / width, below / height, 0.99, 1 - 0.1 / height)
    return drawn, axis, partial(sns.heatmap, ax=axis)


def _finish(drawn: "Figure", dark: bool) -> None:
    for axis in drawn.axes:
        axis.tick_params(colors=INK[dark], labelsize=9, length=0)
        axis.tick_params(axis="y", rotation=0)


def sentences(found: Sequence[Comparison], shown: Shown, day: pd.Timestamp) -> list[str]:
    """Each comparison with the reference in words; a number of another day than `day` has its own beside it."""
    texts = []
    for one in found:
        value = written(one.value, shown)
        named = _("{country}: {value}") if one.day == day else _("{country}: {value} on {day}")
        words = [named.format(country=place(one.country), value=value, day=locales.day(one.day))]
        if shown.signed:
            gap = one.value - one.other
            higher = _("{gap} higher") if gap > 0 else _("{gap} lower")
            words.append(higher.format(gap=written(abs(gap), shown)))
        elif one.other > 0:
            words.append(_times(one.value / one.other))
        if not shown.signed and not shown.grows:
            if one.usual == one.usual:
                words.append(_("over the whole period {times}").format(times=_times(one.usual)))
            later = ngettext("peaked {count} day later, on {day}", "peaked {count} days later, on {day}", one.later)
            sooner = ngettext(
                "peaked {count} day earlier, on {day}", "peaked {count} days earlier, on {day}", -one.later
            )
            highest = later if one.later > 0 else sooner if one.later < 0 else _("peaked on the same day, {day}")
            words.append(highest.format(count=locales.number(abs(one.later)), day=locales.day(one.highest)))
        texts.append(_("; ").join(words) + ".")
    return texts


PARTS = {
    0.1: N_("about a tenth as much"),
    0.2: N_("about a fifth as much"),
    0.25: N_("about a quarter as much"),
    1 / 3: N_("about a third as much"),
    0.5: N_("about half as much"),
    2 / 3: N_("about two thirds as much"),
    0.75: N_("about three quarters as much"),
    1.0: N_("about as much"),
    2.0: N_("about twice as much"),
}


def _times(ratio: float) -> str:
    """How many times as much, as one says it: a part that is within 5% of the truth, else percent or times."""
    if ratio < 0.0005:
        return _("next to nothing")
    part = min(PARTS, key=lambda one: abs(ratio / one - 1))
    if abs(ratio / part - 1) <= 0.05:
        return _(PARTS[part])
    if ratio < 0.1:
        return _("less than a tenth as much")
    if ratio < 1:
        return _("{share} less").format(share=locales.percent(1 - ratio))
    if ratio < 2:
        return _("{share} more").format(share=locales.percent(ratio - 1))
    return _("{times} times as much").format(times=locales.number(ratio, 1 if ratio < 9.95 else 0))


def _heading(text: str, x: float, y: float, below: str = "") -> dict[str, Any]:
    """An annotation: what one of several parts of a figure shows, above it; the line `below` fits a telephone."""
    ends = {"xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom", "align": "left"}
    lines = f"<b>{theme.plain(text)}</b>" + (f"<br>{theme.plain(below)}" if below else "")
    return {"text": lines, "x": x, "y": y, "showarrow": False, **ends}


def _dates(days: pd.DatetimeIndex, few: bool = False) -> dict[str, Any]:
    """The axis of a period, from its first to its last day; `few` is for small figures."""
    axis = theme.time_axis(days) | {"range": [days[0].isoformat(), days[-1].isoformat()]}
    if few:
        every = -(-len(axis["tickvals"]) // 2)
        axis |= {name: axis[name][::every] for name in ("tickvals", "ticktext")}
    return axis


def _axes(title: str, shown: Shown, log: bool, xaxis: dict[str, Any], height: int) -> go.Figure:
    return theme.figure(
        title,
        y=_axis(shown),
        height=height,
        xaxis=xaxis,
        yaxis={"type": "log" if log else "linear", **_ticks(shown), **({} if log else {"rangemode": "tozero"})},
        **_plain_numbers(),
    )


def _trace(
    figure: go.Figure,
    thinned: pd.DataFrame,
    values: pd.DataFrame,
    between: pd.DataFrame,
    shown: Shown,
    along: dict[str, Any],
    when: str,
) -> None:
    """A line a country through `thinned` rows of `values`, and points for what none of them is near."""
    figure.add_traces(
        [
            go.Scatter(
                **along,
                y=thinned[name].to_numpy("float32"),
                name=theme.plain(place(str(name))),
                mode="lines",
                line={
                    "width": 2.2,
                    "color": theme.CATEGORICAL[at % len(theme.CATEGORICAL)],
                    "dash": theme.DASHES[at % len(theme.DASHES)],
                },
                **_hover(name, shown, when, between.loc[thinned.index, name]),
            )
            for at, name in enumerate(values)
        ]
    )
    for at, name in enumerate(values):
        colour = theme.CATEGORICAL[at % len(theme.CATEGORICAL)]
        figure.add_traces(_alone(values[name], colour, _sentence(name, shown, when)))


def _alone(values: pd.Series, colour: str, hover: str, **axes: str) -> list[go.Scatter]:
    """The reports that are too far from any other for a line, as points; no trace where there is none."""
    lone = values.notna() & values.shift(1).isna() & values.shift(-1).isna()
    points = go.Scatter(
        x=values.index[lone],
        y=values[lone].to_numpy("float32"),
        mode="markers",
        marker={"color": colour, "size": 6},
        hovertemplate=hover,
        showlegend=False,
        **axes,
    )
    return [points] if lone.any() else []


def _hover(name: str, shown: Shown, when: str, between: pd.Series) -> dict[str, Any]:
    """The hover of a line; its points `between` two reports have a mark."""
    inside = between.eq(True).to_numpy()
    if not inside.any():
        return {"hovertemplate": _sentence(name, shown, when)}
    return {"hovertemplate": _sentence(name, shown, when, mark="%{text}"), "text": [near(one) for one in inside]}


def _sentence(name: str, shown: Shown, when: str, axis: str = "y", mark: str = "") -> str:
    """A hover that plotly fills in: "France: 12.3 on 14/03/2026"."""
    number = f"{mark}%{{{axis}:{'.1%' if shown.share else ',.3~r'}}}"
    country = name if name.startswith("%") else theme.plain(place(name))
    sentence = _("{value} on {day}") if not name else _("{country}: {value} on {day}")
    return sentence.format(country=place(country), value=number, day=when) + "<extra></extra>"


def _ticks(shown: Shown) -> dict[str, Any]:
    return {"tickformat": ".0%" if shown.share else ",", "exponentformat": "none"}


def _plain_numbers() -> dict[str, Any]:
    """Plotly's own numbers as the reader writes them."""
    return {"separators": ",\u202f" if locales.language() == "fr" else ".,"}
