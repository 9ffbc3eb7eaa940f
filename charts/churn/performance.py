"""Figures of how good the churn model is, on customers it had not seen."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import _
from locales.customers import label
from models.churn import value
from models.churn.explore import PEERS, TENURE_BANDS
from models.churn.model import SURE
from models.churn.validation import Past

SHOWN = 10  # columns of a waterfall


def roc(ranked: pd.DataFrame, auc: float, lo: float, hi: float, threshold: float) -> go.Figure:
    """ROC curve of `value.ranking`, with the point of the chosen threshold."""
    title = _("A leaver has a higher risk than a stayer {auc} times in 100 (95% interval {lo} to {hi})")
    figure = _shares(
        title.format(auc=locales.number(100 * auc), lo=locales.number(100 * lo), hi=locales.number(100 * hi)),
        _("Stayers called in vain"),
        _("Leavers found"),
        theme.diagonal(1),
    )
    some = _from_nobody(ranked)
    hover = _("Called from a risk of {threshold}: {recall} of leavers, {false} of stayers")
    figure.add_trace(_curve(some["false_alarms"], some["recall"], hover, some))
    return _mark(figure, ranked, threshold, "false_alarms", "recall")


def precision_recall(ranked: pd.DataFrame, area: float, rate: float, threshold: float) -> go.Figure:
    """Precision against recall of `value.ranking`."""
    at_half = float(ranked.loc[(ranked["recall"] - 0.5).abs().idxmin(), "precision"])
    title = _("To find half of the leavers, {calls} of 100 calls are in vain (area {area})")
    figure = _shares(
        title.format(calls=locales.number(100 * (1 - at_half)), area=locales.number(area, 2)),
        _("Leavers found"),
        _("Calls that reach a leaver"),
        theme.across(rate),
    )
    some = _thin(ranked[ranked["called"] >= 20])
    hover = _("Called from a risk of {threshold}: {recall} of leavers found, {precision} of calls reach one")
    figure.add_trace(_curve(some["recall"], some["precision"], hover, some))
    return _mark(figure, ranked, threshold, "recall", "precision")


def reliability(groups: pd.DataFrame, error: float, chance: float) -> go.Figure:
    """Forecast against actual of `value.reliability`, with intervals.

    `error` is by how much they differ on average, `chance` by how much they would if all risks were right.
    """
    inside = ((groups["forecast"] >= groups["lo"]) & (groups["forecast"] <= groups["hi"])).sum()
    title = _(
        "Said and seen agree in {inside} of {groups} groups; they differ by {error} on average, by chance {chance}"
    )
    reach = float(max(groups["forecast"].max(), groups["hi"].max())) * 1.05
    digits = 1 if max(error, chance) >= 0.001 else 3  # of few who leave a tenth of a point is much
    figure = theme.figure(
        title.format(
            inside=inside, groups=len(groups), error=_points(error, digits), chance=locales.number(100 * chance, digits)
        ),
        x=_("Risk the model said"),
        y=_("Share who left"),
        xaxis=theme.percent_axis(reach),
        yaxis=theme.percent_axis(reach),
        shapes=[theme.diagonal(reach)],
        showlegend=False,
    )
    sentence = _("Of {customers} customers with a risk of about {forecast}, {actual} left (95% interval {lo} to {hi})")
    figure.add_trace(
        go.Scatter(
            x=groups["forecast"].to_numpy(),
            y=groups["actual"].to_numpy(),
            mode="markers+lines",
            marker={"size": 8, "color": theme.STAY},
            line={"color": theme.STAY, "width": 1},
            error_y=theme.interval(groups["actual"], groups["lo"], groups["hi"]),
            hoverinfo="text",
            hovertext=[
                sentence.format(
                    customers=locales.number(row.customers), **{k: locales.percent(getattr(row, k), 1) for k in _ENDS}
                )
                for row in groups.itertuples()
            ],
        )
    )
    return figure


def gains(ranked: pd.DataFrame) -> go.Figure:
    """Cumulative gains of `value.ranking`."""
    tenth, fifth = value.found_among(ranked, np.array([0.1, 0.2]))
    title = _("Calling the riskiest 20% finds {found} of all leavers; the riskiest 10% leave {lift}x as often as usual")
    figure = _shares(
        title.format(found=locales.percent(fifth), lift=locales.number(tenth / 0.1, 1)),
        _("Share of customers called, riskiest first"),
        _("Leavers found"),
        theme.diagonal(1),
    )
    some = _from_nobody(ranked)
    hover = _("Calling {share} finds {recall} of leavers: {lift} times as many as at random")
    figure.add_trace(_curve(some["share"], some["recall"], hover, some))
    return figure


def lift(ranked: pd.DataFrame) -> go.Figure:
    """Lift of `value.ranking` against the share called."""
    some = _thin(ranked[ranked["share"] >= 0.01])
    top = float(some["lift"].max())  # of the first few customers: how far it reaches is chance
    shares = np.array([0.05, 0.5])
    few, half = value.found_among(ranked, shares) / shares
    title = _("The riskiest 5% leave {few}x as often as usual, the riskier half {half}x")
    figure = theme.figure(
        title.format(few=locales.number(few, 1), half=locales.number(half, 1)),
        x=_("Share of customers called, riskiest first"),
        y=_("Times as often as usual"),
        xaxis=theme.percent_axis(1.04),
        yaxis={**theme.number_axis(np.array([0.0, top * 1.1])), "range": [0, top * 1.1]},
        shapes=[theme.across(1.0)],
        showlegend=False,
    )
    hover = _("Calling {share}: {lift} times as many leavers as at random")
    figure.add_trace(_curve(some["share"], some["lift"], hover, some))
    return figure


def coverage(frame: pd.DataFrame) -> go.Figure:
    """How often a verdict does not exclude what happened (of `training.covered`), for leavers and stayers."""
    shown = frame[(frame["nominal"] == SURE) & (frame["customers"] >= PEERS)]
    whole = shown[shown["group"] == ""].set_index("left")["covered"]
    title = _("Promised {nominal}, kept for {left} of leavers and {stayed} of stayers")
    if (shown["covered"] < SURE).any():
        title = _("Promised {nominal}, kept for {left} of leavers and {stayed} of stayers; not in every group")
    figure = theme.figure(
        title.format(
            nominal=locales.percent(SURE), left=locales.percent(whole[True], 1), stayed=locales.percent(whole[False], 1)
        ),
        x=_("Outcomes that a verdict left possible"),
        height=120 + 34 * shown[["group", "level"]].drop_duplicates().shape[0],
        xaxis={**theme.percent_axis(1.0), "range": [-0.03, 1.03]},
        yaxis={"autorange": "reversed"},
        shapes=[theme.upright(SURE)],
    )
    sentence = _("{name}: {covered} of {customers}")
    for left, name, colour, symbol in (
        (True, _("leavers"), theme.LEAVE, "circle"),
        (False, _("stayers"), theme.STAY, "diamond"),
    ):
        part = shown[shown["left"] == left]
        names = [_group(row.group, row.level) for row in part.itertuples()]
        figure.add_trace(
            go.Scatter(
                x=part["covered"].to_numpy(),
                y=names,
                mode="markers",
                name=name,
                marker={"size": 11, "color": colour, "symbol": symbol},
                hoverinfo="text",
                hovertext=[
                    sentence.format(name=text, covered=locales.percent(a, 1), customers=locales.number(n))
                    for text, a, n in zip(names, part["covered"], part["customers"], strict=True)
                ],
            )
        )
    return figure


def _group(group: str, level: str) -> str:
    if not group:
        return "<b>" + _("All customers") + "</b>"
    if group != "tenure":
        return theme.plain(label(level))
    lo, hi = TENURE_BANDS[int(level) - 1], TENURE_BANDS[int(level)]
    if lo == -np.inf:
        return _("under {months} months").format(months=locales.number(hi))
    if hi == np.inf:
        return _("{months} months or more").format(months=locales.number(lo))
    return _("{lo} to {hi} months").format(lo=locales.number(lo), hi=locales.number(hi))


def segments(frame: pd.DataFrame, column: str) -> go.Figure:
    """Forecast against actual for each level (of `value.by_segment`); those served worse are named in the title."""
    worse = [_("“{word}”").format(word=label(level)) for level in frame.loc[frame["worse"], "level"]]
    fine = _("{column}: the risks are as right in every group")
    bad = _("{column}: the model serves {names} worse")
    figure = theme.figure(
        (bad if worse else fine).format(column=label(column), names=", ".join(worse)),
        x=_("Share who left"),
        height=max(220, 110 + 40 * len(frame)),
        xaxis=theme.percent_axis(max(float(frame["hi"].max()), float(frame["forecast"].max())) * 1.1),
    )
    shown = frame.iloc[::-1]
    names = [("⚠ " if row.worse else "") + theme.wrapped(label(row.level), 18) for row in shown.itertuples()]
    sentence = _(
        "{level}: {customers} customers, said {forecast}, left {actual} (95% interval {lo} to {hi}), AUC {auc}"
    )
    hover = [
        sentence.format(
            level=theme.plain(label(row.level)),
            customers=locales.number(row.customers),
            auc=locales.number(row.auc, 2) if row.auc == row.auc else "?",
            **{k: locales.percent(getattr(row, k), 1) for k in _ENDS},
        )
        for row in shown.itertuples()
    ]
    figure.add_trace(
        go.Scatter(
            x=shown["actual"].to_numpy(),
            y=names,
            mode="markers",
            name=_("seen"),
            marker={"size": 10, "color": theme.STAY},
            error_x=theme.interval(shown["actual"], shown["lo"], shown["hi"]),
            hoverinfo="text",
            hovertext=hover,
        )
    )
    figure.add_trace(
        go.Scatter(
            x=shown["forecast"].to_numpy(),
            y=names,
            mode="markers",
            name=_("said"),
            marker={"size": 10, "color": theme.LEAVE, "symbol": "diamond-open", "line": {"width": 2}},
            hoverinfo="text",
            hovertext=hover,
        )
    )
    return figure


def months_kept(past: Past) -> go.Figure:
    """Predicted against observed shares still here, by horizon and group of customers (of `validation.validate`)."""
    last = past.horizons.iloc[-1]
    inside = ((past.groups["predicted"] >= past.groups["lo"]) & (past.groups["predicted"] <= past.groups["hi"])).sum()
    title = _("After {months} months {observed} were still here, said {predicted}; {inside} of {groups} groups agree")
    figure = theme.figure(
        title.format(
            months=locales.number(last["horizon"]),
            observed=locales.percent(last["observed"]),
            predicted=locales.percent(last["predicted"]),
            inside=inside,
            groups=len(past.groups),
        ),
        x=_("Share still here, as told"),
        y=_("Share still here"),
        height=380,
        xaxis=theme.percent_axis(1.04),
        yaxis=theme.percent_axis(1.04),
        shapes=[theme.diagonal(1.04)],
    )
    sentence = _("Of {customers} customers told {predicted} after {horizon} months, {observed} were ({lo} to {hi})")
    symbols = ("circle", "diamond", "square")
    for place, (horizon, part) in enumerate(past.groups.groupby("horizon")):
        figure.add_trace(
            go.Scatter(
                x=part["predicted"].to_numpy(),
                y=part["observed"].to_numpy(),
                mode="markers+lines",
                name=_("after {months} months").format(months=locales.number(horizon)),
                marker={"size": 9, "color": theme.CATEGORICAL[place], "symbol": symbols[place]},
                line={"color": theme.CATEGORICAL[place], "width": 1, "dash": theme.DASHES[place]},
                error_y=theme.interval(part["observed"], part["lo"], part["hi"]),
                hoverinfo="text",
                hovertext=[
                    sentence.format(
                        customers=locales.number(row.customers),
                        horizon=locales.number(row.horizon),
                        **{name: locales.percent(getattr(row, name)) for name in ("predicted", "observed", "lo", "hi")},
                    )
                    for row in part.itertuples()
                ],
            )
        )
    return figure


def importance(frame: pd.DataFrame) -> go.Figure:
    """What the model relies on: mean absolute contribution, and the loss when a column is shuffled, in the hover."""
    shown = frame.head(SHOWN).iloc[::-1]
    names = [theme.plain(label(column)) for column in shown["column"]]
    title = _("The model relies most on {one} and {other}") if len(frame) > 1 else _("The model relies on {one}")
    first = [label(column).lower() for column in frame["column"].head(2)]
    figure = theme.figure(
        title.format(one=first[0], other=first[-1]),
        x=_("Mean change of the log-odds"),
        height=max(220, 90 + 30 * len(shown)),
        xaxis=theme.number_axis(np.array([0.0, float(shown["contribution"].max())])),
    )
    sentence = _(
        "{column}: moves the log-odds by {contribution} on average; shuffled, the log-loss rises by {permutation}"
    )
    figure.add_trace(
        go.Bar(
            x=shown["contribution"].to_numpy(),
            y=names,
            orientation="h",
            marker_color=theme.STAY,
            hoverinfo="text",
            hovertext=[
                sentence.format(
                    column=theme.plain(label(row.column)),
                    contribution=locales.number(row.contribution, 2),
                    permutation=locales.number(row.permutation, 4),
                )
                for row in shown.itertuples()
            ],
        )
    )
    return figure


_ENDS = ("forecast", "actual", "lo", "hi")


def _shares(title: str, x: str, y: str, shape: dict[str, Any]) -> go.Figure:
    """A figure whose axes are shares of all, from none to all."""
    xaxis, yaxis = theme.percent_axis(1.04), theme.percent_axis(1.0)
    return theme.figure(title, x, y, xaxis=xaxis, yaxis=yaxis, shapes=[shape], showlegend=False)


def _thin(ranked: pd.DataFrame) -> pd.DataFrame:
    return ranked.iloc[theme.thinned(len(ranked))]


def _from_nobody(ranked: pd.DataFrame) -> pd.DataFrame:
    """Where all have the same risk there is one row, and still a line from nobody to everybody."""
    nobody = {"threshold": 1.0, "lift": 1.0} | dict.fromkeys(("recall", "false_alarms", "share"), 0.0)
    return pd.concat([ranked.iloc[:1].assign(**nobody), _thin(ranked)])


def _curve(x: pd.Series, y: pd.Series, sentence: str, rows: pd.DataFrame) -> go.Scatter:
    return go.Scatter(
        x=x.to_numpy(),
        y=y.to_numpy(),
        mode="lines",
        line={"color": theme.STAY, "width": 2.5},
        hoverinfo="text",
        hovertext=[
            sentence.format(
                threshold=locales.percent(row.threshold, 1),
                recall=locales.percent(row.recall),
                false=locales.percent(row.false_alarms),
                precision=locales.percent(row.precision),
                share=locales.percent(row.share),
                lift=locales.number(row.lift, 1),
            )
            for row in rows.itertuples()
        ],
    )


def _mark(figure: go.Figure, ranked: pd.DataFrame, threshold: float, x: str, y: str) -> go.Figure:
    place = int((ranked["threshold"] >= threshold).sum()) - 1
    if place >= 0:
        at = ranked.iloc[place]
        figure.add_trace(
            go.Scatter(
                x=[at[x]],
                y=[at[y]],
                mode="markers+text",
                text=[_("cut-off {threshold}").format(threshold=locales.percent(threshold))],
                textposition="bottom left" if at[x] > 0.6 else "bottom right",
                marker={"size": 11, "color": theme.LEAVE},
                hoverinfo="skip",
            )
        )
    return figure


def _points(share: float, digits: int = 0) -> str:
    return _("{points} points").format(points=locales.number(100 * share, digits))
