"""Figures of when customers leave."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import _
from locales.customers import label
from models.churn import survival as survival_models
from models.churn.survival import LogRank

MAX_GROUPS = 6
MAX_STEPS = 200  # of a survival curve: more cannot be told apart


def survival(curves: pd.DataFrame, test: LogRank | None, by: str | None) -> go.Figure:
    """Kaplan-Meier curves (of `survival.kaplan_meier`) with bands; the `MAX_GROUPS` largest groups."""
    at_start = curves.groupby("group", sort=False)["at_risk"].max()
    groups = list(at_start.nlargest(MAX_GROUPS).index)
    at24 = survival_models.survival_at(curves, 24)
    title = _title_survival(at24[groups], at_start[groups], test, by)
    sentence = _("{group}: {share} still here after {months} months; {risk} customers observed that long")
    return _curves(curves, groups, at24, by, title, _("Share still here"), sentence)


def tenure_at_leaving(curves: pd.DataFrame, by: str | None) -> go.Figure:
    """The curves of `survival.kaplan_meier` without a window, named for what they are."""
    groups = list(curves.groupby("group", sort=False)["at_risk"].max().nlargest(MAX_GROUPS).index)
    at24 = survival_models.survival_at(curves, 24)
    title = _("Tenure at leaving, of the customers in these data: not how long customers stay")
    sentence = _("{group}: {share} of these customers had not left by {months} months; {risk} were here that long")
    return _curves(curves, groups, at24, by, title, _("Share that had not left"), sentence)


def _curves(
    curves: pd.DataFrame, groups: list[str], at24: pd.Series, by: str | None, title: str, axis: str, sentence: str
) -> go.Figure:
    groups = sorted(groups, key=lambda group: -np.nan_to_num(at24[group]))
    figure = theme.figure(
        title,
        x=_("Months since joining"),
        y=axis,
        height=400,
        xaxis={"dtick": 12, "rangemode": "tozero"},
        yaxis=theme.percent_axis(1.02),
        margin={"l": 8, "r": 8, "t": 30, "b": 8},
    )
    for place, group in enumerate(groups):
        curve = curves[curves["group"] == group]
        if len(curve) > MAX_STEPS:
            curve = curve.iloc[np.linspace(0, len(curve) - 1, MAX_STEPS).astype(int)]
        colour, time = theme.CATEGORICAL[place], curve["time"].to_numpy()
        # The lower edge runs backwards, where plotly's own steps would be one month off.
        lo, hi = (np.repeat(curve[end].fillna(curve["survival"]), 2)[:-1] for end in ("lo", "hi"))
        steps = np.repeat(time, 2)[1:]
        name = _("All customers") if by is None else theme.plain(label(group))
        figure.add_trace(theme.band(steps, lo, hi, colour, opacity=0.15, legendgroup=group, showlegend=False))
        figure.add_trace(
            go.Scatter(
                x=time,
                y=curve["survival"],
                mode="lines",
                line={"color": colour, "width": 2.5, "shape": "hv", "dash": theme.DASHES[place]},
                name=name,
                legendgroup=group,
                hoverinfo="text",
                hovertext=[
                    sentence.format(
                        group=name,
                        share=locales.percent(row.survival, 1),
                        months=locales.number(row.time),
                        risk=locales.number(row.at_risk),
                    )
                    for row in curve.itertuples()
                ],
            )
        )
    return figure


def _title_survival(at24: pd.Series, size: pd.Series, test: LogRank | None, by: str | None) -> str:
    if by is None or test is None:
        share = at24.iloc[0]
        if share != share:
            return _("How long customers stay")
        return _("{share} of customers are still here after two years").format(share=locales.percent(share))
    known = at24[size >= 30].dropna()
    if test.pvalue >= 0.05 or len(known) < 2:
        return _("{column} does not separate who stays from who leaves (log-rank p = {p})").format(
            column=label(by), p=locales.number(test.pvalue, 2)
        )
    sentence = _("After two years {most} of “{longest}” are still here, {least} of “{shortest}” (log-rank p {p})")
    return sentence.format(
        most=locales.percent(known.max(), 1 if 0.995 <= known.max() < 1 else 0),  # not 100% where somebody left
        longest=label(str(known.idxmax())),
        least=locales.percent(known.min()),
        shortest=label(str(known.idxmin())),
        p="< " + locales.number(0.001, 3) if test.pvalue < 0.001 else "= " + locales.number(test.pvalue, 3),
    )
