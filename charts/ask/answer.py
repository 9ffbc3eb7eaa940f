"""Figures of answers: a line where there is time, bars where there are groups, a heatmap where there are two kinds."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from charts.ask import rows
from locales import _
from models.ask import periods, wording
from models.ask.definitions import Catalogue
from models.ask.formulas import Measure
from models.ask.query import Query
from models.ask.statement import EARLIER, SHARE, STEP, Answer
from models.ask.wording import Names

BARS, LINES, CELLS = 20, 6, 25
FEW_STEPS = 40  # up to which the points of a line are marked
FEW_COLUMNS = 12  # of a heatmap, up to which its numbers are written
NAME = 28  # characters of a name
IN_TURN = ("weekday", "hour", "month_of_year")


def drawn(known: Catalogue, query: Query, answered: Answer, names: Names, currency: str) -> go.Figure | None:
    """The figure of an answer, of its first measure; None for a single number."""
    if query.rows:
        return rows.drawn(known, query, answered, names, currency)
    one, found = known.measures[query.measures[0]], answered.table
    if not (query.by or query.grain) or found[one.name].isna().all():
        return None
    title = wording.measure(known, one.name)
    if query.share:
        one, found = replace(one, unit="share"), found.assign(**{one.name: found[SHARE]})
        title, found = wording.share(known, query), found.drop(columns=EARLIER + one.name, errors="ignore")
        alone = [kept for kept in query.filters if kept.kept and len(kept.values) == 1 and kept.dimension in query.by]
        left = tuple(name for name in query.by if name not in {kept.dimension for kept in alone})
        if left or query.grain:
            said = ", ".join(wording.kept(known, kept, names) for kept in alone)
            query, title = replace(query, by=left), f"{title} ({said})" if said else title
    draw = _lines if query.grain else _heatmap if len(query.by) == 2 else _bars
    return draw(known, query, found, names, one, title, currency)


def _lines(
    known: Catalogue, query: Query, found: pd.DataFrame, names: Names, one: Measure, title: str, currency: str
) -> go.Figure:
    write, steps = wording.number(one, currency), pd.DatetimeIndex(found[STEP]).unique().sort_values()
    least = query.order == "least"
    parts = pd.DatetimeIndex(wording.broken(query.grain, periods.days(query.period, known.first, known.last), known))
    whole = found[~found[STEP].isin(parts)]  # a month of two days is not the worst one
    ranked = (whole if whole[one.name].notna().any() else found)[one.name]
    best = found.loc[ranked.idxmin() if least else ranked.idxmax()]
    headline = _("{measure}: the least in {when}, {value}") if least else _("{measure}: the most in {when}, {value}")
    earlier = not query.by and EARLIER + one.name in found
    groups = _groups(query, found, names) if query.by else {title: found}
    figure = theme.figure(
        headline.format(measure=title, when=wording.step(query.grain, best[STEP]), value=write(best[one.name])),
        y=_with_unit(one, title, currency),
        xaxis=theme.time_axis(steps),
        yaxis=_axis(
            one, pd.concat([found[one.name], found[EARLIER + one.name]] if earlier else [found[one.name]]), room=1
        ),
        showlegend=len(groups) > 1 or earlier,
    )
    called = [
        _("{step} (a part of it)").format(step=wording.step(query.grain, when))
        if when in parts
        else wording.step(query.grain, when)
        for when in steps
    ]
    lines = [(name, part.set_index(STEP)[one.name], False) for name, part in groups.items()]
    lines += [(_("earlier"), found.set_index(STEP)[EARLIER + one.name], True)] if earlier else []
    for place, (name, values, pale) in enumerate(lines):
        values = values.reindex(steps)
        look = {"color": theme.NEUTRAL if pale else theme.CATEGORICAL[place], "dash": theme.DASHES[place], "width": 2}
        figure.add_trace(
            go.Scatter(
                x=steps,
                y=values.to_numpy(float),
                name=theme.plain(_cut(name)),
                mode="lines+markers" if len(steps) < FEW_STEPS or len(parts) else "lines",
                line=look,
                marker={
                    "symbol": ["circle-open" if step in parts else "circle" for step in steps],
                    "size": [7 if step in parts else 6 if len(steps) < FEW_STEPS else 0 for step in steps],
                },
                hoverinfo="text",
                hovertext=_hover(name, called, map(write, values)),
            )
        )
    return figure


def _groups(query: Query, found: pd.DataFrame, names: Names) -> dict[str, pd.DataFrame]:
    """The parts of a series that are drawn: those with the most of the first measure."""
    parts = dict(iter(found.groupby(list(query.by), dropna=False, sort=False)))
    order = sorted(parts, key=lambda key: -abs(parts[key][query.measures[0]].sum()))[:LINES]
    return {
        ", ".join(wording.value(name, level, names) for name, level in zip(query.by, key, strict=True)): parts[key]
        for key in order
    }


def _bars(
    known: Catalogue, query: Query, found: pd.DataFrame, names: Names, one: Measure, title: str, currency: str
) -> go.Figure:
    write, dimension, shown = wording.number(one, currency), query.by[0], found.head(BARS)
    called = [wording.value(dimension, level, names) for level in shown[dimension]]
    values = shown[one.name].to_numpy(float)
    least = query.order == "least"
    best = int(np.nanargmin(values) if least else np.nanargmax(values))
    said = values[best]
    headline = _("{measure} by {dimension}: {name} has the most, {value}")
    if least:
        headline = _("{measure} by {dimension}: {name} has the least, {value}")
    if len(values) > 1 and np.nanmin(values) == np.nanmax(values):
        headline = _("{measure} by {dimension}: the same for all, {value}")
    if query.share and query.limit > 1 and one.additive:  # "how much of it do the ten largest make"
        headline, said = _("{measure} by {dimension}: these {count} have {value} together"), found[one.name].sum()
    earlier = EARLIER + one.name in shown
    then = shown[EARLIER + one.name].to_numpy(float) if earlier else np.zeros(0)
    figure = theme.figure(
        headline.format(
            measure=title,
            dimension=wording.dimension(known, dimension).lower(),
            name=called[best],
            count=len(found),
            value=write(said),
        ),
        x=_with_unit(one, title, currency),
        height=90 + (44 if earlier else 28) * len(shown),
        xaxis=_axis(one, pd.Series(np.r_[values, then])),
        yaxis=_rows(called),
        showlegend=earlier,
        barmode="group",
        bargap=0.25,
    )
    for name, amounts, colour in ((title, values, theme.STAY), (_("earlier"), then, theme.faded(theme.NEUTRAL, 0.5))):
        if len(amounts):
            texts = [write(value) for value in amounts]
            figure.add_trace(
                go.Bar(
                    x=amounts,
                    y=list(range(len(shown))),
                    orientation="h",
                    name=name,
                    text=texts,
                    textposition="outside",
                    cliponaxis=False,
                    marker={"color": colour},
                    hoverinfo="text",
                    hovertext=_hover(name, called, texts),
                )
            )
    return figure


def _rows(called: Sequence[str]) -> dict[str, object]:
    """An axis of names, the first one on top."""
    texts = [theme.plain(_cut(name)) for name in called]
    return {"autorange": "reversed", "tickvals": list(range(len(called))), "ticktext": texts}


def _heatmap(
    _known: Catalogue, query: Query, found: pd.DataFrame, names: Names, one: Measure, title: str, currency: str
) -> go.Figure:
    write, (rows, columns) = wording.number(one, currency), query.by
    title = _with_unit(one, title, currency)
    there = found.dropna(subset=[rows, columns])
    if there.empty:  # nothing has both
        there = found.astype({rows: object, columns: object}).fillna({rows: "?", columns: "?"})
    found = there
    wide = found.pivot(index=rows, columns=columns, values=one.name)
    wide = wide.loc[_first(found, rows, one.name), _first(found, columns, one.name)]
    down = [wording.value(rows, level, names) for level in wide.index]
    across = [wording.value(columns, level, names) for level in wide.columns]
    best = found.sort_values(one.name, ascending=False).iloc[0]
    brief = locales.percent if one.unit == "share" else _brief
    cells = wide.to_numpy(float)
    headline = _("{measure}: {row} with {column} has the most, {value}").format(
        measure=title,
        row=wording.value(rows, best[rows], names),
        column=wording.value(columns, best[columns], names),
        value=write(best[one.name]),
    )
    figure = theme.figure(
        headline,
        height=110 + 28 * len(wide),
        yaxis=_rows(down),
        xaxis={
            "tickvals": list(range(len(across))),
            "ticktext": [theme.plain(_cut(name)) for name in across],
            "tickangle": 0 if len(across) < LINES else -40,
        },
    )
    figure.add_trace(
        go.Heatmap(
            z=cells,
            colorscale=theme.SEQUENTIAL,
            showscale=False,
            text=[[brief(value) if value == value else "" for value in line] for line in cells],
            texttemplate="%{text}" if len(across) <= FEW_COLUMNS else "",
            hoverinfo="text",
            hovertext=[_hover(name, across, map(write, line)) for name, line in zip(down, cells, strict=True)],
            xgap=2,
            ygap=2,
        )
    )
    return figure


def _first(found: pd.DataFrame, dimension: str, measure: str) -> list:
    """The levels with the most of a measure, the first ones; those of time in their turn."""
    most = found.groupby(dimension)[measure].sum().sort_values(ascending=False, kind="stable").index[:CELLS]
    return sorted(most) if dimension in IN_TURN else list(most)


def _hover(name: str, of: Iterable[str], written: Iterable[str]) -> list[str]:
    return [f"{theme.plain(name)}, {theme.plain(one)}: {value}" for one, value in zip(of, written, strict=True)]


def _with_unit(one: Measure, title: str, currency: str) -> str:
    unit = {"money": currency, "days": _("days")}.get(one.unit)
    return f"{title} ({unit})" if unit else title


def _axis(one: Measure, values: pd.Series, room: float = 1.15) -> dict[str, object]:
    """An axis with round ticks, and `room` behind the longest bar for what is written there."""
    found = values.dropna().to_numpy(float)
    top, low = max(found.max(initial=0.0), 0.0), found.min(initial=0.0)
    if one.unit == "share" and low >= 0:
        return theme.percent_axis(max(top * room, 0.01))
    return {**theme.amounts(np.r_[found, top * room, low * room]), "nticks": 6}


def _brief(value: float) -> str:
    return locales.compact(value) if abs(value) >= 1000 else locales.number(value)


def _cut(name: str) -> str:
    return name if len(name) <= NAME else name[: NAME - 1] + "…"
