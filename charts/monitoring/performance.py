"""Figures of how good a model has been since it learned."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import _
from locales.labels import label
from models.drift.performance import POINTS, Course, bad, off, written

REACH = 3  # usual half intervals that the axis of groups goes on beyond the outermost point
MAX_BARS = 30  # windows whose intervals are drawn as bars; of more as a band
_ESTIMATED_COLOUR = theme.ACCENT


def over_time(course: Course, currency: str, every: str) -> go.Figure:
    """A measure as it was realised, with intervals, and as it was estimated before; change points marked.

    `every` names a window ("month", "week") in the reader's language.
    """
    realised, estimated = course.realised, course.estimated
    both = realised.merge(estimated, on="day", suffixes=("", "_estimated"))
    inside = both["value"].between(both["lo_estimated"], both["hi_estimated"])
    late = both["day"] >= course.since
    title = _("{measure}: surely worse than usual ({usual}, dotted line) in {off} of {count} windows")
    if course.changes:
        title = _("{measure}: {then} until {day}, {now} since")
    if len(both):
        title = _("What came lay where the estimate expected it in {inside} of {both} windows")
    if course.changes and late.any() and not late.all():
        title = _(
            "What came lay where the estimate expected it in {late} of {lately} windows since {day}, and in {early} of "
            "{earlier} before"
        )
    # A week of few days may have an interval that would leave no room for the rest.
    ends = [
        part[["lo", "hi"]].quantile([0.1, 0.9] if len(realised) > MAX_BARS else [0, 1]).to_numpy().ravel()
        for part in (realised, estimated)
    ]
    figure = theme.figure(
        title.format(
            measure=label(course.metric),
            inside=int(inside.sum()),
            both=len(both),
            count=len(realised),
            off=int(off(realised, course.metric, course.reference).sum()),
            usual=written(course.metric, course.reference, currency),
            late=int(inside[late].sum()),
            lately=int(late.sum()),
            early=int(inside[~late].sum()),
            earlier=int((~late).sum()),
            day=locales.day(course.since),
            then=written(course.metric, course.then, currency),
            now=written(course.metric, course.now, currency),
        ),
        x=every,
        y=label(course.metric),
        height=380,
        xaxis=theme.time_axis(pd.DatetimeIndex(pd.concat([realised["day"], estimated["day"]]))),
        yaxis=_axis(course.metric, np.concatenate([*ends, realised["value"], [course.reference]]), currency),
        shapes=[
            theme.across(course.reference),
            *(theme.upright(day, theme.LEAVE, "dashdot") for day in course.changes),
        ],
        annotations=[_note(day) for day in course.changes[-1:]],
    )
    if len(estimated):
        figure.add_trace(
            theme.band(
                estimated["day"],
                estimated["lo"],
                estimated["hi"],
                _ESTIMATED_COLOUR,
                opacity=0.16,
                name=_("expected 19 times in 20"),
            )
        )
        sentence = _("{day}: {value} was to be expected, {lo} to {hi} 19 times in 20")
        hover = _sentences(sentence, estimated, course.metric, currency)
        line = {"color": _ESTIMATED_COLOUR, "dash": "dash", "width": 2}
        figure.add_trace(_line(estimated, _("estimated before the truth"), line, "diamond-open", hover))
    sentence = _("{day}: {value} came ({lo} to {hi} is its 95% interval), from {rows} rows")
    hover = _sentences(sentence, realised, course.metric, currency)
    trace = _line(realised, _("realised"), {"color": theme.STAY, "width": 2}, "circle", hover)
    if len(realised) > MAX_BARS:
        around = realised["day"], realised["lo"], realised["hi"]
        figure.add_trace(theme.band(*around, theme.STAY, opacity=0.16, name=_("95% interval")))
    else:
        trace.error_y = _error(realised, "value", "lo", "hi")
    figure.add_trace(trace)
    return figure


def reliability(then: pd.DataFrame, now: pd.DataFrame, since: str) -> go.Figure:
    """Forecast against actual of `value.reliability`, before and since a day (as written)."""
    misses = [float((np.abs(part["forecast"] - part["actual"]) * part["customers"]).sum()) for part in (then, now)]
    before, after = (miss / part["customers"].sum() for miss, part in zip(misses, (then, now), strict=True))
    title = _("Said and seen differ by {after} points on average since {day}, {before} before")
    reach = float(max(part[end].max() for part in (then, now) for end in ("forecast", "hi"))) * 1.05
    figure = theme.figure(
        title.format(after=locales.number(100 * after, 1), before=locales.number(100 * before, 1), day=since),
        x=_("Risk the model said"),
        y=_("Share who left"),
        xaxis=theme.percent_axis(reach),
        yaxis=theme.percent_axis(reach),
        shapes=[theme.diagonal(reach)],
    )
    sentence = _("Of {customers} customers with a risk of about {forecast}, {actual} left (95% interval {lo} to {hi})")
    looks = (
        (then, _("before"), {"color": theme.NEUTRAL, "dash": "dash", "width": 1.5}, "circle-open"),
        (now, _("since {day}").format(day=since), {"color": theme.STAY, "width": 2}, "circle"),
    )
    for part, name, line, symbol in looks:
        figure.add_trace(
            go.Scatter(
                x=part["forecast"].to_numpy(),
                y=part["actual"].to_numpy(),
                mode="markers+lines",
                name=name,
                line=line,
                marker={"symbol": symbol, "size": 8, "color": line["color"]},
                error_y=_error(part, "actual", "lo", "hi"),
                hoverinfo="text",
                hovertext=[
                    sentence.format(
                        customers=locales.number(row.customers),
                        **{name: locales.percent(getattr(row, name), 1) for name in ("forecast", "actual", "lo", "hi")},
                    )
                    for row in part.itertuples()
                ],
            )
        )
    return figure


def segments(
    frame: pd.DataFrame, metric: str, currency: str, column: str, since: str, names: dict[str, str]
) -> go.Figure:
    """A measure of each level of a column before and since a day (as written), of `performance.by_segment`.

    `names` are those of levels that a reader knows under another one.
    """
    change = [bad(metric, row["now"]) - bad(metric, row["then"]) for _place, row in frame.iterrows()]
    shown = frame.assign(worse=change).sort_values("worse")
    worst = shown.iloc[-1]
    chance = np.hypot(worst["then_hi"] - worst["then"], worst["now_hi"] - worst["now"])
    sentence = _("{column}: no group is surely worse than before")
    if worst["worse"] > 0 and abs(worst["now"] - worst["then"]) > chance:
        sentence = _("{column}: worst for {level}, {then} before and {now} since {day}")
    level = names.get(str(worst["level"]), label(str(worst["level"])))
    numbers = {name: written(metric, worst[name], currency) for name in ("then", "now")}
    ends = shown[["then_lo", "then_hi", "now_lo", "now_hi"]].to_numpy().ravel()
    points = shown[["then", "now"]].to_numpy()
    # A group of few rows may have an interval that would leave no room for the rest.
    room = REACH * float(np.median(shown[["then_hi", "now_hi"]].to_numpy() - points))
    ends = ends.clip(points.min() - room, points.max() + room)
    figure = theme.figure(
        sentence.format(column=label(column), level=level, day=since, **numbers),
        x=label(metric),
        height=max(220, 120 + 44 * len(shown)),
        xaxis=_axis(metric, ends, currency),
        yaxis={
            "tickvals": list(range(len(shown))),
            "ticktext": [theme.wrapped(names.get(str(one), label(str(one))), 18) for one in shown["level"]],
            "range": [-0.6, len(shown) - 0.4],
            "zeroline": False,
        },
    )
    hover = _("{level}: {value} ({lo} to {hi} is its 95% interval), {when}")
    looks = (
        ("then", _("before"), theme.NEUTRAL, "circle-open", -0.12),
        ("now", _("since {day}").format(day=since), theme.STAY, "circle", 0.12),
    )
    for name, when, colour, symbol, shift in looks:
        figure.add_trace(
            go.Scatter(
                x=shown[name].to_numpy(),
                y=np.arange(len(shown)) + shift,
                mode="markers",
                name=when,
                marker={"size": 10, "color": colour, "symbol": symbol, "line": {"width": 2}},
                error_x=_error(shown, name, f"{name}_lo", f"{name}_hi") | {"color": colour},
                hoverinfo="text",
                hovertext=[
                    hover.format(
                        level=theme.plain(names.get(str(row["level"]), label(str(row["level"])))),
                        value=written(metric, row[name], currency),
                        lo=written(metric, row[f"{name}_lo"], currency),
                        hi=written(metric, row[f"{name}_hi"], currency),
                        when=when,
                    )
                    for _place, row in shown.iterrows()
                ],
            )
        )
    return figure


def _sentences(sentence: str, rows: pd.DataFrame, metric: str, currency: str) -> list[str]:
    return [
        sentence.format(
            day=locales.day(row.day),
            value=written(metric, row.value, currency),
            lo=written(metric, row.lo, currency),
            hi=written(metric, row.hi, currency),
            rows=locales.number(row.rows),
        )
        for row in rows.itertuples()
    ]


def _line(rows: pd.DataFrame, name: str, line: dict[str, object], symbol: str, hover: Sequence[str]) -> go.Scatter:
    return go.Scatter(
        x=rows["day"],
        y=rows["value"].to_numpy(),
        mode="lines+markers",
        name=name,
        line=line,
        marker={"symbol": symbol, "size": 7, "color": line["color"]},
        hoverinfo="text",
        hovertext=hover,
    )


def _error(rows: pd.DataFrame, value: str, lo: str, hi: str) -> dict[str, object]:
    return {
        "type": "data",
        "symmetric": False,
        "array": (rows[hi] - rows[value]).to_numpy(),
        "arrayminus": (rows[value] - rows[lo]).to_numpy(),
        "thickness": 1,
        "width": 0,
    }


def _note(day: pd.Timestamp) -> dict[str, object]:
    text = _("changed {day}").format(day=locales.day_of_year(day))
    return {
        "x": day,
        "y": 0,
        "yref": "paper",
        "yanchor": "bottom",
        "xanchor": "right",
        "showarrow": False,
        "text": text,
    }


def _axis(metric: str, values: np.ndarray, currency: str) -> dict[str, object]:
    """An axis over what is shown, ticks with the measure's unit."""
    known = values[np.isfinite(values)]
    low, high = float(known.min()), float(known.max())
    room = 0.06 * (high - low) or 0.1
    ends = np.array([low - room, high + room])
    ticks = theme.number_axis(ends)["tickvals"]
    if metric in POINTS:
        text = [_(POINTS[metric]).format(number=locales.signed(100 * tick, locales.number, "")) for tick in ticks]
    else:
        text = [written(metric, tick, currency) for tick in ticks]
    return {"tickvals": ticks, "ticktext": text, "range": list(ends), "zeroline": metric in POINTS}
