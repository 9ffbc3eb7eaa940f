"""Figures of the page Customers: value. Each title states what the figure shows."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import _, ngettext
from models.customers.value import BackTest

SHOWN = 12  # customers
MAX_NAME = 18  # characters
CURVE = 150  # points
DOTS = 400  # customers drawn of each kind: more hide each other


def at_risk(listed: pd.DataFrame, names: list[str], of: str, currency: str) -> go.Figure:
    """The money a year of the first customers of a list (of `slipping.listed`): at risk, and the rest of it."""
    first = listed.head(SHOWN).iloc[::-1]
    called = [theme.plain(one if len(one) <= MAX_NAME else one[: MAX_NAME - 1] + "…") for one in names[:SHOWN][::-1]]
    total = float(listed["at_risk"].clip(lower=0).sum())
    share = float(listed["at_risk"].head(SHOWN).clip(lower=0).sum()) / total if total > 0 else 0.0
    chance = listed["gone"].sum() < 0.5  # nobody would have to be gone
    title = (
        _("As many silences are seen where nobody leaves: nothing is surely at risk")
        if chance
        else _("The first {count} of the list hold {share} of what is at risk").format(
            count=min(SHOWN, len(listed)), share=locales.percent(share)
        )
    )
    figure = theme.figure(
        title,
        x=_("{measure} a year ({currency})").format(measure=of, currency=currency),
        height=110 + 28 * len(first),
        xaxis=theme.amounts(np.r_[first["yearly"], 0.0]),
        yaxis={"tickvals": np.arange(len(first)), "ticktext": called},
        barmode="stack",
        bargap=0.3,
    )
    hover = [
        ngettext(
            "{name}: {risk} of {yearly} a year at risk; silent for {silence} open day, usually {gap}",
            "{name}: {risk} of {yearly} a year at risk; silent for {silence} open days, usually {gap}",
            round(row.silence),
        ).format(
            name=theme.plain(one),
            risk=locales.money(row.at_risk, currency),
            yearly=locales.money(row.yearly, currency),
            silence=locales.number(row.silence),
            gap=locales.number(row.gap),
        )
        for one, row in zip(called, first.itertuples(), strict=True)
    ]
    parts = (
        (_("At risk"), first["at_risk"], theme.LEAVE, ""),
        (_("The rest"), first["yearly"] - first["at_risk"], theme.STAY, "/"),
    )
    for name, values, colour, pattern in parts:
        figure.add_trace(
            go.Bar(
                x=values.to_numpy(),
                y=np.arange(len(first)),
                orientation="h",
                name=name,
                marker={"color": colour, "pattern": {"shape": pattern}},
                hoverinfo="text",
                hovertext=hover,
            )
        )
    return figure


def rhythm(assessed: pd.DataFrame, listed: pd.DataFrame, names: np.ndarray) -> go.Figure:
    """The silence of each customer with a rhythm against their usual gap; those who are listed stand out."""
    share = len(listed) / max(len(assessed), 1)
    high = float(max(assessed["silence"].max(), assessed["gap"].max(), 2.0))
    ticks = [tick for tick in (1, 3, 10, 30, 100, 300, 1000) if tick <= high]
    axis = {"type": "log", "tickvals": ticks, "ticktext": [locales.number(tick) for tick in ticks]}
    figure = theme.figure(
        _("{share} of the customers with a rhythm are silent for unusually long, and have been so lately").format(
            share=locales.percent(share, 1)
        ),
        x=_("Usual open days between purchases"),
        y=_("Open days since the last purchase"),
        xaxis=axis,
        yaxis=axis,
        height=400,
    )
    others = assessed.drop(index=listed.index)
    others = others.iloc[theme.thinned(len(others), DOTS)]
    layers = (
        (_("All others"), others, theme.STAY, "circle", 5, 0.35),
        (_("Slipping"), listed.head(DOTS), theme.LEAVE, "diamond", 8, 0.9),
    )
    for name, part, colour, symbol, size, opacity in layers:
        figure.add_trace(
            go.Scatter(
                x=part["gap"].clip(lower=0.5).to_numpy(),
                y=part["silence"].clip(lower=0.5).to_numpy(),
                mode="markers",
                name=name,
                marker={"color": colour, "symbol": symbol, "size": size, "opacity": opacity},
                hoverinfo="text",
                hovertext=[
                    ngettext(
                        "{name}: silent for {silence} open day, usually {gap} between two purchases",
                        "{name}: silent for {silence} open days, usually {gap} between two purchases",
                        round(row.silence),
                    ).format(
                        name=theme.plain(names[row.Index]),
                        silence=locales.number(row.silence),
                        gap=locales.number(row.gap),
                    )
                    for row in part.itertuples()
                ],
            )
        )
    return figure


def concentration(values: np.ndarray, days: int) -> go.Figure:
    """The share of the value to come that the most valuable customers bring in together."""
    ordered = np.sort(np.maximum(values, 0))[::-1]
    total = float(ordered.sum())
    together = np.cumsum(ordered) / total if total > 0 else np.zeros(len(ordered))
    tenth = max(round(0.1 * len(ordered)), 1)
    at = theme.thinned(len(ordered), CURVE)
    figure = theme.figure(
        _("One tenth of the customers will bring in {share} of the value of {days} days").format(
            share=locales.percent(float(together[tenth - 1])), days=days
        ),
        x=_("Share of customers, the most valuable first"),
        y=_("Share of the expected value"),
        xaxis=theme.percent_axis(1.0),
        yaxis=theme.percent_axis(1.02),
        shapes=[theme.upright(0.1)],
        showlegend=False,
    )
    figure.add_trace(
        go.Scatter(
            x=np.r_[0, (at + 1) / len(ordered)],
            y=np.r_[0, together[at]],
            mode="lines",
            line={"color": theme.STAY, "width": 2.5},
            hoverinfo="text",
            hovertext=[
                "",
                *(
                    ngettext(
                        "The first {count} customer: {share} of the expected value",
                        "The first {count} customers: {share} of the expected value",
                        one + 1,
                    ).format(count=locales.number(one + 1), share=locales.percent(float(together[one]), 1))
                    for one in at
                ),
            ],
        )
    )
    return figure


def comes(chance: np.ndarray, days: int) -> go.Figure:
    """How many customers there are of each probability to buy in the next days."""
    edges = np.linspace(0, 1, 11)
    counts = np.histogram(chance, edges)[0]
    figure = theme.figure(
        _("{here} of {all} customers will more likely than not buy in the next {days} days").format(
            here=locales.number(int((chance > 0.5).sum())), all=locales.number(len(chance)), days=days
        ),
        x=_("Probability of a purchase in the next {days} days").format(days=days),
        y=_("Customers"),
        xaxis=theme.percent_axis(1.0),
        yaxis=theme.amounts(counts),
        showlegend=False,
        bargap=0.05,
    )
    figure.add_trace(
        go.Bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts,
            width=0.095,
            marker={"color": theme.STAY},
            hoverinfo="text",
            hovertext=[
                ngettext(
                    "{count} customer with a probability of {lo} to {hi}",
                    "{count} customers with a probability of {lo} to {hi}",
                    count,
                ).format(count=locales.number(count), lo=locales.percent(lo), hi=locales.percent(hi))
                for count, lo, hi in zip(counts, edges, edges[1:], strict=False)
            ],
        )
    )
    return figure


def calibration(found: BackTest) -> go.Figure:
    """Purchases that came, by tenth of those expected, beside what was said and "as before"."""
    better = found.errors[0] < found.errors[1]
    title = _("The model was wrong by {model} purchases a customer, “as before” by {before}")
    if not better:
        title = _("The model was no better than “as before”: wrong by {model} purchases a customer, against {before}")
    deciles = found.deciles
    high = deciles[["expected", "actual", "before"]].to_numpy()
    figure = theme.figure(
        title.format(model=locales.number(found.errors[0], 2), before=locales.number(found.errors[1], 2)),
        x=_("Tenths of the customers, the fewest expected purchases first"),
        y=_("Purchases a customer in {days} days").format(days=found.days),
        xaxis={"tickvals": (deciles["decile"] + 1).to_list()},
        yaxis=theme.amounts(high),
        height=360,
    )
    sentence = _("Tenth {number}, {name}: {value} purchases a customer")
    layers = (
        (_("Came"), "actual", theme.NEUTRAL, "circle", "solid"),
        (_("Model"), "expected", theme.STAY, "square", "dash"),
        (_("As before"), "before", theme.LEAVE, "diamond", "dot"),
    )
    for name, column, colour, symbol, dash in layers:
        error = {"error_y": {"array": (1.96 * deciles["error"]).to_numpy(), "color": colour}}
        figure.add_trace(
            go.Scatter(
                x=(deciles["decile"] + 1).to_numpy(),
                y=deciles[column].to_numpy(),
                mode="lines+markers",
                name=name,
                line={"color": colour, "width": 2, "dash": dash},
                marker={"symbol": symbol, "size": 8},
                hoverinfo="text",
                hovertext=[
                    sentence.format(number=row.decile + 1, name=name, value=locales.number(getattr(row, column), 2))
                    for row in deciles.itertuples()
                ],
                **(error if column == "actual" else {}),
            )
        )
    return figure
