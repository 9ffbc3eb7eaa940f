"""Figures of the page Rules: what a rule would have done."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import _, ngettext
from models.act.rehearsal import Rehearsal, Scores
from models.act.rules import Rule
from models.ask import wording
from models.ask.definitions import Catalogue

LEVELS = 12  # of a dimension that are drawn, those that were told of most
ROW, NAME = 26, 22  # pixels, and characters of a name
SIZES = 9, 20  # of a point


def rehearsal(
    rule: Rule, found: Scores, told: Rehearsal, known: Catalogue, names: wording.Names, currency: str
) -> go.Figure:
    """The days on which a rule would have told somebody: on its measure where it watches one series, else by level."""
    title = ngettext(
        "In {days} days it would have told of something on {count} day",
        "In {days} days it would have told of something on {count} days",
        told.messages,
    )
    if not told.messages:
        title = _("In {days} days it would have told of nothing")
    title = title.format(days=locales.number(told.days), count=locales.number(told.messages))
    write = wording.number(known.measures[rule.measure], currency)
    measure = theme.plain(wording.measure(known, rule.measure))
    return (
        _levels(rule, found, told, names, title, write)
        if rule.by
        else _series(rule, found, told, title, measure, write)
    )


def levels(rule: Rule, told: Rehearsal, names: wording.Names) -> list[tuple[str, int]]:
    """The levels that a rule would have told of and how often, the most frequent first, as they are called."""
    counts = _counts(told)
    return [(wording.value(rule.by, level, names), int(count)) for level, count in counts.items()] if rule.by else []


def _counts(told: Rehearsal) -> pd.Series:
    """How often each level was told of, the most frequent first."""
    return told.fired["level"].value_counts(sort=False).sort_index().sort_values(ascending=False, kind="stable")


def _series(
    rule: Rule, found: Scores, told: Rehearsal, title: str, measure: str, write: Callable[[float], str]
) -> go.Figure:
    days = pd.DatetimeIndex(found.days)
    values, expected = (
        grid[:, 0] if grid.shape[1] else np.full(len(days), np.nan) for grid in (found.values, found.expected)
    )
    limits = [end for end in (rule.threshold, rule.upper) if end is not None and rule.against == "number"]
    axis = theme.amounts(np.concatenate([values, expected, limits]), zero=False)
    axis["ticktext"] = [write(tick) for tick in axis["tickvals"]]  # type: ignore[attr-defined]
    figure = theme.figure(
        title,
        y=measure,
        xaxis=theme.time_axis(days) if len(days) else {},
        yaxis=axis,
        shapes=[theme.across(end) for end in limits],
        hovermode="closest",
    )
    plainly, against = _("{day}: {value}"), _("{day}: {value}, where {expected} was expected")
    hover = [
        (plainly if one != one else against).format(day=locales.day(day), value=write(value), expected=write(one))
        for day, value, one in zip(days, values, expected, strict=True)
    ]
    if not np.isnan(expected).all():
        figure.add_trace(
            go.Scatter(x=days, y=expected, name=_("Expected"), mode="lines", hoverinfo="skip",
                       line={"color": theme.NEUTRAL, "width": 1.5, "dash": "dot"})
        )  # fmt: skip
    figure.add_trace(
        go.Scatter(x=days, y=values, name=measure, mode="lines", line={"color": theme.STAY, "width": 1.8},
                   hoverinfo="text", hovertext=hover)
    )  # fmt: skip
    place = days.get_indexer(told.fired["day"])
    figure.add_trace(
        go.Scatter(x=days[place], y=values[place], name=_("It would have told"), mode="markers", hoverinfo="text",
                   hovertext=[hover[at] for at in place],
                   marker={"color": theme.LEAVE, "size": 11, "symbol": "diamond"})
    )  # fmt: skip
    return figure


def _levels(
    rule: Rule, found: Scores, told: Rehearsal, names: wording.Names, title: str, write: Callable[[float], str]
) -> go.Figure:
    shown = list(_counts(told).index[:LEVELS])[::-1] or list(found.levels[:LEVELS])[::-1]
    fired = told.fired[told.fired["level"].isin(shown)]
    days = pd.DatetimeIndex(found.days)
    called = {level: wording.value(rule.by, level, names) for level in shown}
    plainly = _("{level}, {day}: {value}")
    against = _("{level}, {day}: {value}, where {expected} was expected")
    hover = [
        (plainly if row.expected != row.expected else against).format(
            level=theme.plain(called[row.level]),
            day=locales.day(row.day),
            value=write(row.value),
            expected=write(row.expected),
        )
        for row in fired.itertuples()
    ]
    off = (fired["value"] - fired["expected"]).abs().fillna(0).to_numpy()
    share = off / off.max() if len(off) and off.max() > 0 else np.zeros(len(off))
    figure = theme.figure(
        title,
        height=max(theme.HEIGHT, 120 + ROW * len(shown)),
        xaxis=(theme.time_axis(days) | {"range": [days[0], days[-1] + pd.Timedelta(days=5)]}) if len(days) else {},
        yaxis={
            "tickvals": list(range(len(shown))),
            "ticktext": [theme.wrapped(called[level], NAME) for level in shown],
            "range": [-0.7, max(len(shown), 1) - 0.3],
        },
        hovermode="closest",
        showlegend=False,
    )
    figure.add_trace(
        go.Scatter(x=fired["day"], y=[shown.index(level) for level in fired["level"]], mode="markers",
                   hoverinfo="text", hovertext=hover,
                   marker={"color": theme.LEAVE, "size": SIZES[0] + (SIZES[1] - SIZES[0]) * np.sqrt(share),
                           "opacity": 0.8, "symbol": "diamond"})
    )  # fmt: skip
    return figure
