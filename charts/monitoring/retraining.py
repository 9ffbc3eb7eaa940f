"""Figures of retraining: champion against challenger, where the gain is, what policies would have saved."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import N_, _
from models.challenge import Gain

Written = Callable[[float], str]
ROLES = {"champion": N_("Champion"), "challenger": N_("Challenger")}
POLICIES = {"never": N_("Never"), "monthly": N_("Every month"), "alert": N_("On alert")}
LOOKS = {"champion": (theme.LEAVE, "dash"), "challenger": (theme.STAY, "solid")}
POLICY_LOOKS = {
    "monthly": (theme.STAY, "solid", "circle"),
    "alert": (theme.ACCENT, "dot", "diamond"),
    "never": (theme.NEUTRAL, "dash", "square"),
}
MAX_PARTS = 10


def errors(days: pd.DatetimeIndex, units: dict[str, np.ndarray]) -> go.Figure:
    """How many units both models were off on each day that neither had seen."""
    better = int((units["challenger"] < units["champion"]).sum())
    title = _("The challenger was closer on {days} of {all} days").format(days=better, all=len(days))
    every = np.concatenate(list(units.values()))
    figure = theme.figure(title, y=_("Off by, units a day"), xaxis=theme.time_axis(days), yaxis=theme.amounts(every))
    sentence = _("{day}: {name} off by {units} units")
    for role, values in units.items():
        colour, dash = LOOKS[role]
        figure.add_trace(
            go.Scatter(
                x=days.to_numpy(),
                y=values,
                name=_(ROLES[role]),
                mode="lines+markers",
                line={"color": colour, "dash": dash, "width": 2.2},
                marker={"size": 5},
                hoverinfo="text",
                hovertext=[
                    sentence.format(day=locales.day(day), name=_(ROLES[role]).lower(), units=locales.number(value))
                    for day, value in zip(days, values, strict=True)
                ],
            )
        )
    return figure


def gains(rows: pd.DataFrame, axis: str, written: Written) -> go.Figure:
    """What the challenger gains a day, over all (the first row) and in each part: `name`, `mean`, `lo`, `hi`."""
    parts = rows.iloc[1:]
    sure, worse = parts[parts["lo"] > 0], parts[parts["hi"] < 0]
    title = _("No part is better or worse by more than chance")
    if len(sure) and worse.empty and rows["lo"].iloc[0] > 0:
        best = sure.loc[sure["mean"].idxmax(), "name"]
        title = _("The challenger is surely better in {count} of {all} parts, most in {name}")
        title = title.format(count=len(sure), all=len(parts), name=best)
    elif len(sure) or len(worse):
        title = _("Of {all} parts the challenger is surely better in {count} and surely worse in {worse}")
        title = title.format(count=len(sure), all=len(parts), worse=len(worse))
    shown = rows.head(MAX_PARTS + 1)
    if len(shown) < len(rows):
        axis += "<br>" + _("the {count} largest of {all} parts").format(count=MAX_PARTS, all=len(parts))
    ends = theme.amounts(shown[["lo", "hi"]].to_numpy().ravel())
    figure = theme.figure(
        title,
        x=axis,
        height=max(theme.HEIGHT, 90 + 26 * len(shown)),
        xaxis={**ends, "zeroline": True},
        yaxis={
            "autorange": "reversed",
            "tickvals": list(range(len(shown))),
            "ticktext": [theme.plain(name) for name in shown["name"]],
        },
        showlegend=False,
    )
    sentence = _("{name}: {gain} a day, 95% interval {lo} to {hi}")
    colours = [theme.STAY if row.lo > 0 else theme.LEAVE if row.hi < 0 else theme.NEUTRAL for row in shown.itertuples()]
    # Full where the gain is no chance, hollow where it may be: not by colour alone.
    symbols = ["circle" if row.lo > 0 or row.hi < 0 else "circle-open" for row in shown.itertuples()]
    figure.add_trace(
        go.Scatter(
            x=shown["mean"],
            y=list(range(len(shown))),
            mode="markers",
            marker={"size": 11, "color": colours, "symbol": symbols, "line": {"width": 2}},
            error_x=theme.interval(shown["mean"], shown["lo"], shown["hi"], thickness=2),
            hoverinfo="text",
            hovertext=[
                theme.plain(
                    sentence.format(name=row.name, gain=written(row.mean), lo=written(row.lo), hi=written(row.hi))
                )
                for row in shown.itertuples(index=False)
            ],
        )
    )
    return figure


def profits(curves: dict[str, tuple[np.ndarray, np.ndarray]], written: Written) -> go.Figure:
    """Profit of calling the riskiest by each model: role -> (share called, profit)."""
    best = {role: float(money.max()) for role, (_share, money) in curves.items()}
    more = best["challenger"] - best["champion"]
    up, down = (
        _("At its best, the challenger's list earns {amount} more"),
        _("At its best, the challenger's list earns {amount} less"),
    )
    figure = theme.figure(
        (up if more >= 0 else down).format(amount=written(abs(more))),
        x=_("Share of customers called, the riskiest first"),
        y=_("Profit against calling nobody"),
        xaxis=theme.percent_axis(1.0),
        yaxis=theme.amounts(np.concatenate([money for _share, money in curves.values()])),
    )
    sentence = _("{name}: calling {share} earns {amount}")
    for role, (share, money) in curves.items():
        colour, dash = LOOKS[role]
        figure.add_trace(
            go.Scatter(
                x=share,
                y=money,
                name=_(ROLES[role]),
                mode="lines",
                line={"color": colour, "dash": dash, "width": 2.2},
                hoverinfo="text",
                hovertext=[
                    sentence.format(name=_(ROLES[role]), share=locales.percent(x), amount=written(y))
                    for x, y in zip(share, money, strict=True)
                ],
            )
        )
    return figure


def policies(
    days: pd.DatetimeIndex,
    saved: dict[str, np.ndarray],
    retrained: dict[str, np.ndarray],
    net: dict[str, Gain],
    axis: str,
    written: Written,
) -> go.Figure:
    """What each policy had saved by each day against never retraining, with the days of its retrainings marked.

    `net` is what each has saved in the end, with its interval.
    """
    best = max(net, key=lambda name: net[name].mean)
    title = _("No policy would have paid: never retraining was cheapest")
    if net[best].mean > 0:
        title = _("Retraining {policy} would have saved {amount}, its own cost included")
        if not net[best].sure:
            title = _("Retraining {policy} would have saved {amount}, but that could be chance")
        title = title.format(policy=_(POLICIES[best]).lower(), amount=written(net[best].mean))
    every = np.concatenate(list(saved.values()))
    figure = theme.figure(title, y=axis, height=360, xaxis=theme.time_axis(days), yaxis=theme.amounts(every))
    sentence = _("{day}: {policy} has saved {amount}")
    again = _("{day}: {policy} has saved {amount}; the model is learned anew")
    for name, values in saved.items():
        colour, dash, symbol = POLICY_LOOKS[name]
        figure.add_trace(
            go.Scatter(
                x=days.to_numpy(),
                y=values,
                name=_(POLICIES[name]),
                mode="lines+markers",
                line={"color": colour, "dash": dash, "width": 2.4},
                marker={"size": np.where(retrained[name], 9, 0), "symbol": symbol, "opacity": 1},
                hoverinfo="text",
                hovertext=[
                    (again if anew else sentence).format(
                        day=locales.day(day), policy=_(POLICIES[name]).lower(), amount=written(value)
                    )
                    for day, value, anew in zip(days, values, retrained[name], strict=True)
                ],
            )
        )
    return figure
