"""Figures of answers: a line where there is time, bars where there are groups, a heatmap where there are two kinds."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import _
from models.ask import wording
from models.ask.definitions import Catalogue
from models.ask.query import Query
from models.ask.statement import EARLIER, SHARE, STEP
from models.ask.wording import Names

BARS, LINES, CELLS = 20, 6, 25
NAME = 28  # characters of a name


def drawn(known: Catalogue, query: Query, found: pd.DataFrame, names: Names, currency: str) -> go.Figure | None:
    """The figure of an answer (`models.ask.statement.Answer.table`), of its first measure; None for a single number."""
    if found.empty or not (query.by or query.grain):
        return None
    if query.grain:
        return _lines(known, query, found, names, currency)
    if len(query.by) == 2:
        return _heatmap(known, query, found, names, currency)
    return _bars(known, query, found, names, currency)


def _lines(known: Catalogue, query: Query, found: pd.DataFrame, names: Names, currency: str) -> go.Figure:
    measure = query.measures[0]
    title, write = wording.measure(known, measure), wording.number(known.measures[measure], currency)
    steps = pd.DatetimeIndex(found[STEP]).unique().sort_values()
    if query.by:
        total = found.groupby(list(query.by), dropna=False, sort=False)[measure].sum().abs()
        shown = total.sort_values(ascending=False, kind="stable").index[:LINES]
        groups = {
            ", ".join(
                wording.value(name, level, names) for name, level in zip(query.by, _tuple(key), strict=True)
            ): part
            for key, part in found.groupby(list(query.by), dropna=False, sort=False)
            if _tuple(key) in {_tuple(one) for one in shown}
        }
    else:
        groups = {title: found}
    best = found.loc[found[measure].idxmax()] if found[measure].notna().any() else found.iloc[0]
    headline = _("{measure}: the most in {when}, {value}").format(
        measure=title, when=wording.step(query.grain, best[STEP]), value=write(best[measure])
    )
    figure = theme.figure(
        headline,
        y=_axis_title(known, query, currency),
        xaxis=theme.time_axis(steps),
        yaxis=_axis(known, query, found[measure]),
        showlegend=len(groups) > 1 or EARLIER + measure in found,
    )
    for place, (name, part) in enumerate(groups.items()):
        whole = part.set_index(STEP)[measure].reindex(steps)
        colour, dash = theme.CATEGORICAL[place % len(theme.CATEGORICAL)], theme.DASHES[place % len(theme.DASHES)]
        hover = [f"{theme.plain(name)}, {wording.step(query.grain, when)}: {write(one)}" for when, one in whole.items()]
        figure.add_trace(
            go.Scatter(
                x=steps, y=whole.to_numpy(), name=theme.plain(_cut(name)), mode="lines+markers" if len(steps) < 40 else "lines",
                line={"color": colour, "dash": dash, "width": 2}, hoverinfo="text", hovertext=hover,
            )
        )  # fmt: skip
    if not query.by and EARLIER + measure in found:
        earlier = found.set_index(STEP)[EARLIER + measure].reindex(steps)
        hover = [_("earlier: {value}").format(value=write(one)) for one in earlier]
        line = {"color": theme.NEUTRAL, "dash": "dot", "width": 2}
        figure.add_trace(
            go.Scatter(
                x=steps, y=earlier, name=_("earlier"), mode="lines", line=line, hoverinfo="text", hovertext=hover
            )
        )
    return figure


def _bars(known: Catalogue, query: Query, found: pd.DataFrame, names: Names, currency: str) -> go.Figure:
    measure, dimension = query.measures[0], query.by[0]
    write = wording.number(known.measures[measure], currency)
    shown = found.head(BARS)
    called = [wording.value(dimension, level, names) for level in shown[dimension]]
    column = SHARE if SHARE in shown else measure
    values = shown[column].to_numpy(float)
    written = [locales.percent(one, 1) if column == SHARE else write(one) for one in values]
    best = int(np.nanargmax(values)) if np.isfinite(values).any() else 0
    sentence = _("{measure} by {dimension}: {name} is first, {value}")
    headline = sentence.format(
        measure=wording.measure(known, measure),
        dimension=wording.dimension(known, dimension).lower(),
        name=called[best],
        value=written[best],
    )
    figure = theme.figure(
        headline,
        x=_("Share") if column == SHARE else _axis_title(known, query, currency),
        height=90 + 28 * len(shown),
        xaxis={**_axis(known, query, shown[column], column == SHARE), "nticks": 5},
        yaxis={
            "autorange": "reversed",
            "tickvals": list(range(len(shown))),
            "ticktext": [theme.plain(_cut(name)) for name in called],
        },
        showlegend=EARLIER + measure in shown,
        bargap=0.25,
    )
    if EARLIER + measure in shown:
        then = shown[EARLIER + measure].to_numpy(float)
        figure.add_trace(
            go.Scatter(
                x=then, y=list(range(len(shown))), mode="markers", name=_("earlier"), hoverinfo="text",
                hovertext=[f"{theme.plain(name)}, {_('earlier: {value}').format(value=write(one))}" for name, one in zip(called, then, strict=True)],
                marker={"symbol": "line-ns-open", "size": 16, "color": theme.LEAVE, "line": {"width": 3}},
            )
        )  # fmt: skip
    figure.add_trace(
        go.Bar(
            x=values, y=list(range(len(shown))), orientation="h", name=wording.measure(known, measure), text=written,
            textposition="auto", cliponaxis=False, marker={"color": theme.STAY}, hoverinfo="text",
            hovertext=[f"{theme.plain(name)}: {one}" for name, one in zip(called, written, strict=True)],
        )
    )  # fmt: skip
    return figure


def _heatmap(known: Catalogue, query: Query, found: pd.DataFrame, names: Names, currency: str) -> go.Figure:
    measure, (rows, columns) = query.measures[0], query.by
    write = wording.number(known.measures[measure], currency)
    wide = found.pivot_table(index=rows, columns=columns, values=measure, aggfunc="sum", dropna=False, observed=True)
    wide = wide.loc[_first(found, rows, measure), _first(found, columns, measure)]
    called = [
        [wording.value(name, level, names) for level in levels]
        for name, levels in ((rows, wide.index), (columns, wide.columns))
    ]
    best = found.loc[found[measure].idxmax()] if found[measure].notna().any() else found.iloc[0]
    headline = _("{measure}: {row} with {column} is first, {value}").format(
        measure=wording.measure(known, measure),
        row=wording.value(rows, best[rows], names),
        column=wording.value(columns, best[columns], names),
        value=write(best[measure]),
    )
    figure = theme.figure(
        headline,
        height=110 + 28 * len(wide),
        yaxis={"autorange": "reversed", "type": "category"},
        xaxis={"type": "category", "tickangle": 0 if len(wide.columns) < 6 else -40},
    )
    brief = [
        [
            locales.percent(one)
            if known.measures[measure].unit == "share"
            else locales.compact(one)
            if one == one
            else ""
            for one in row
        ]
        for row in wide.to_numpy()
    ]
    figure.add_trace(
        go.Heatmap(
            z=wide.to_numpy(),
            x=[theme.plain(_cut(name)) for name in called[1]],
            y=[theme.plain(_cut(name)) for name in called[0]],
            colorscale=theme.SEQUENTIAL,
            showscale=False,
            text=brief,
            texttemplate="%{text}" if len(wide.columns) <= 12 else "",
            hoverinfo="text",
            hovertext=[[f"{theme.plain(row)}, {theme.plain(column)}: {write(one)}" for column, one in zip(called[1], line, strict=True)] for row, line in zip(called[0], wide.to_numpy(), strict=True)],
            xgap=2,
            ygap=2,
        )
    )  # fmt: skip
    return figure


def _first(found: pd.DataFrame, dimension: str, measure: str) -> list:
    """The levels with the most of a measure, the first ones."""
    levels = (
        found.dropna(subset=[dimension])
        .groupby(dimension, observed=True)[measure]
        .sum()
        .sort_values(ascending=False, kind="stable")
        .index[:CELLS]
    )
    return sorted(levels) if dimension in ("weekday", "hour", "month_of_year") else list(levels)


def _axis_title(known: Catalogue, query: Query, currency: str) -> str:
    one = known.measures[query.measures[0]]
    unit = {"money": currency, "share": "%", "days": _("days")}.get(one.unit, "")
    return f"{wording.measure(known, one.name)} ({unit})" if unit else wording.measure(known, one.name)


def _axis(known: Catalogue, query: Query, values: pd.Series, share: bool = False) -> dict:
    values = values.to_numpy(float)
    if share or known.measures[query.measures[0]].unit == "share":
        top = float(np.nanmax(values)) if np.isfinite(values).any() else 1.0
        return (
            theme.percent_axis(max(top * 1.15, 0.01)) if np.nanmin(np.r_[values, 0.0]) >= 0 else {"tickformat": ".0%"}
        )
    return theme.amounts(np.r_[values, np.nanmax(np.r_[values, 0.0]) * 1.1])


def _cut(name: str) -> str:
    return name if len(name) <= NAME else name[: NAME - 1] + "…"


def _tuple(key: object) -> tuple:
    return key if isinstance(key, tuple) else (key,)
