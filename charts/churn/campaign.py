"""Figures of a campaign: how many calls pay, whose risk moves, how many to leave alone to prove it."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import _
from models.churn.campaign import Returns


def campaign(found: Returns, called: int, currency: str) -> go.Figure:
    """Expected profit against the number called, with the band of the model; random calls beside it."""
    size = len(found.profit) - 1
    some = np.unique(np.r_[theme.thinned(size + 1), called, found.best])
    title = _("Calling {best} customers earns most: {most}")
    none = _("No list pays under these terms: nobody should be called")
    figure = theme.figure(
        (title if found.best else none).format(
            best=locales.number(found.best), most=locales.money(found.profit[found.best], currency)
        ),
        x=_("Customers called, riskiest first"),
        y=_("Expected profit ({currency})").format(currency=currency),
        height=340,
        xaxis=theme.number_axis(np.array([0, max(size, 1)])),
        yaxis=theme.number_axis(
            np.array([float(min(found.lo.min(), found.random.min())), max(float(found.hi.max()), 1.0)])
        ),
        shapes=[theme.across(0)],
    )
    figure.add_trace(theme.band(some, found.lo[some], found.hi[some], theme.STAY, name=_("nine campaigns in ten")))
    sentence = _("{called} called: {money} ({lo} to {hi})")
    figure.add_trace(
        go.Scatter(
            x=some,
            y=found.profit[some],
            mode="lines",
            name=_("the riskiest"),
            line={"color": theme.STAY, "width": 2.5},
            hoverinfo="text",
            hovertext=[
                sentence.format(
                    called=locales.number(n),
                    **{
                        k: locales.money(v[n], currency)
                        for k, v in (("money", found.profit), ("lo", found.lo), ("hi", found.hi))
                    },
                )
                for n in some
            ],
        )
    )
    figure.add_trace(
        go.Scatter(
            x=some,
            y=found.random[some],
            mode="lines",
            name=_("at random"),
            line={"color": theme.NEUTRAL, "width": 2, "dash": "dash"},
            hoverinfo="skip",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=[called],
            y=[found.profit[called]],
            mode="markers",
            name=_("this list"),
            marker={"size": 12, "color": theme.LEAVE},
            hoverinfo="skip",
        )
    )
    return figure


def risk_shift(before: np.ndarray, after: np.ndarray) -> go.Figure:
    """How the risks of a group are spread, and how they would be after a move."""
    title = _("The mean risk of the group would go from {before} to {after}, if the move were the cause")
    edges = np.linspace(0, 1, 21)
    parts = [
        (risks, np.histogram(risks, edges)[0] / max(len(risks), 1), name, colour, dash)
        for risks, name, colour, dash in (
            (before, _("as they are"), theme.LEAVE, "dash"),
            (after, _("all moved"), theme.STAY, "solid"),
        )
    ]
    figure = theme.figure(
        title.format(before=locales.percent(before.mean(), 1), after=locales.percent(after.mean(), 1)),
        x=_("Risk of leaving"),
        y=_("Share of the group"),
        height=280,
        xaxis=theme.percent_axis(1.04),
        yaxis=theme.percent_axis(max(float(shares.max()) for _r, shares, *_rest in parts) * 1.1),
    )
    sentence = _("{name}: {share} have a risk between {lo} and {hi}")
    for _risks, shares, name, colour, dash in parts:
        figure.add_trace(
            go.Scatter(
                x=(edges[1:] + edges[:-1]) / 2,
                y=shares,
                mode="lines",
                line={"shape": "hvh", "color": colour, "width": 2, "dash": dash},
                name=name,
                hoverinfo="text",
                hovertext=[
                    sentence.format(
                        name=name, share=locales.percent(share, 1), lo=locales.percent(lo), hi=locales.percent(hi)
                    )
                    for share, lo, hi in zip(shares, edges, edges[1:], strict=False)
                ],
            )
        )
    return figure


def holdouts(called: int, needed: pd.DataFrame, saved: float) -> go.Figure:
    """How many of a list must not be called, against the share saved that is to be seen (`saved`, `kept`)."""
    known = needed.dropna()
    here = needed.loc[(needed["saved"] - saved).abs().idxmin(), "kept"]
    enough = _("To see that calls save {saved} of leavers, {kept} of {called} must not be called")
    short = _("A list of {called} is too short to see that calls save {saved} of leavers")
    figure = theme.figure(
        (enough if here == here else short).format(
            saved=locales.percent(saved),
            kept=locales.number(here) if here == here else "",
            called=locales.number(called),
        ),
        x=_("Share of leavers that calls save"),
        y=_("Customers not called"),
        height=280,
        xaxis=theme.percent_axis(1.04),
        yaxis=theme.number_axis(np.array([0.0, max(float(known["kept"].max()) if len(known) else 1.0, 1.0)])),
        showlegend=False,
    )
    sentence = _("To see that {saved} are saved: {kept} not called")
    figure.add_trace(
        go.Scatter(
            x=known["saved"].to_numpy(),
            y=known["kept"].to_numpy(),
            mode="lines+markers",
            line={"color": theme.STAY, "width": 2.5},
            marker={"size": 5},
            hoverinfo="text",
            hovertext=[
                sentence.format(saved=locales.percent(share), kept=locales.number(kept))
                for share, kept in zip(known["saved"], known["kept"], strict=True)
            ],
        )
    )
    return figure
