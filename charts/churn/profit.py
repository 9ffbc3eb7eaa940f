"""Figures of what the churn model earns: by the number of calls, by outcome, and by what was assumed."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import N_, _

TERMS = {
    "value": N_("Value of a customer kept"),
    "offer": N_("Cost of an offer"),
    "saved": N_("Share of leavers saved"),
}


def profit(ranked: pd.DataFrame, money: np.ndarray, threshold: float, best: float, currency: str) -> go.Figure:
    """Profit against the number of customers called; the chosen and the best threshold are marked."""
    chosen = int((ranked["threshold"] >= threshold).sum()) - 1
    top = int((ranked["threshold"] >= best).sum()) - 1
    here, most = (float(money[place]) if place >= 0 else 0.0 for place in (chosen, top))
    title = _("The cut-off {best} earns most: {most}, which is {more} more than {threshold}")
    if most - here <= 0.005 * most:
        title = _("The cut-off {threshold} earns {most}: no other earns noticeably more")
    if most <= 0:
        title = _("No list pays under these terms: nobody should be called")
        if money.max() > 0:
            title = _("What the best list earned may be luck: under these terms nobody should be called")
    figure = theme.figure(
        title.format(
            best=locales.percent(best, 1),
            threshold=locales.percent(threshold, 1),
            most=locales.money(most, currency),
            more=locales.money(most - here, currency),
        ),
        x=_("Customers called, riskiest first"),
        y=_("Profit against calling nobody ({currency})").format(currency=currency),
        xaxis=theme.number_axis(np.array([0, len(ranked)])),
        yaxis=theme.number_axis(np.array([float(money.min()), max(float(money.max()), 1.0)])),
        shapes=[theme.across(0)],
        showlegend=False,
    )
    some = theme.thinned(len(ranked))
    sentence = _("{called} called, from a risk of {threshold}: {money}")
    figure.add_trace(
        go.Scatter(
            x=ranked["called"].to_numpy()[some],
            y=money[some],
            mode="lines",
            line={"color": theme.STAY, "width": 2.5},
            hoverinfo="text",
            hovertext=[
                sentence.format(
                    called=locales.number(ranked["called"].iloc[place]),
                    threshold=locales.percent(ranked["threshold"].iloc[place], 1),
                    money=locales.money(money[place], currency),
                )
                for place in some
            ],
        )
    )
    for place, name, colour, symbol in (
        (top, _("best"), theme.ACCENT, "star"),
        (chosen, _("chosen"), theme.LEAVE, "circle"),
    ):
        if place >= 0 and not (place == top and name == _("chosen")):
            figure.add_trace(
                go.Scatter(
                    x=[ranked["called"].iloc[place]],
                    y=[money[place]],
                    mode="markers+text",
                    text=[name],
                    textposition="top center" if name == _("best") else "bottom center",
                    marker={"size": 12, "color": colour, "symbol": symbol},
                    hoverinfo="skip",
                )
            )
    return figure


def confusion(counts: np.ndarray, money: np.ndarray, currency: str) -> go.Figure:
    """The four outcomes of a cut-off (of `value.confusion` and `value.worth`), in customers and in money."""
    found, missed, vain = counts[1, 1], counts[1, 0], counts[0, 1]
    title = _("{found} of {left} leavers are called, with {vain} calls in vain")
    texts = [
        [f"<b>{locales.number(n)}</b><br>{locales.money(m, currency)}" for n, m in zip(*rows, strict=True)]
        for rows in zip(counts, money, strict=True)
    ]
    figure = theme.figure(
        title.format(found=locales.number(found), left=locales.number(found + missed), vain=locales.number(vain)),
        height=260,
        xaxis={"side": "top", "showgrid": False},
        yaxis={"autorange": "reversed", "showgrid": False},
        margin={"l": 8, "r": 8, "t": 40, "b": 8},
    )
    figure.add_trace(
        go.Heatmap(
            z=[[0.15, 0.5], [0.5, 1.0]],
            x=[_("Not called"), _("Called")],
            y=[_("Those who stayed"), _("Those who left")],
            text=texts,
            texttemplate="%{text}",
            textfont={"size": 16},
            colorscale=theme.SEQUENTIAL,
            zmin=0,
            zmax=1.4,
            showscale=False,
            hoverinfo="skip",
            xgap=3,
            ygap=3,
        )
    )
    return figure


def tornado(bars: pd.DataFrame, now: float, currency: str) -> go.Figure:
    """How far each term moves the profit (of `value.tornado`)."""
    widest, name = bars.iloc[0], str(bars["term"].iloc[0])
    title = _("{term} matters most: between {lo} and {hi} when it is a quarter lower or higher")
    ends = sorted([widest["lo"], widest["hi"]])
    figure = theme.figure(
        title.format(term=_(TERMS[name]), lo=locales.money(ends[0], currency), hi=locales.money(ends[1], currency)),
        x=_("Profit ({currency})").format(currency=currency),
        height=240,
        xaxis=theme.number_axis(
            np.array([min(0, bars[["lo", "hi"]].min().min()), max(bars[["lo", "hi"]].max().max(), 1)])
        ),
        barmode="overlay",
        shapes=[theme.upright(now)],
    )
    names = [theme.wrapped(_(TERMS[term]), 20) for term in bars["term"][::-1]]
    for end, colour, change in (
        ("lo", theme.LEAVE, _("a quarter lower")),
        ("hi", theme.STAY, _("a quarter higher")),
    ):
        figure.add_trace(
            go.Bar(
                y=names,
                x=bars[end][::-1] - now,
                base=now,
                orientation="h",
                marker_color=colour,
                name=change,
                hoverinfo="text",
                hovertext=[locales.money(value, currency) for value in bars[end][::-1]],
            )
        )
    return figure
