"""Figures of the service that was achieved on past days, and of what more of it would cost."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import _

MIN_CASES = 200  # past lead times from which a class of demand says something


def service(levels: np.ndarray, achieved: np.ndarray, textbook: np.ndarray, chosen: int) -> go.Figure:
    """The service that was achieved on past days against what was aimed at, ours and the textbook's."""
    title = _("Aiming at {target}, {achieved} was achieved; the textbook formula reached {textbook}")
    figure = theme.figure(
        title.format(
            target=locales.percent(levels[chosen]),
            achieved=locales.percent(achieved[chosen], 1),
            textbook=locales.percent(textbook[chosen], 1),
        ),
        x=_("Service aimed at"),
        y=_("Service achieved"),
        xaxis=_shares(levels[0]),
        yaxis=_shares(float(np.floor(min(levels[0], achieved.min(), textbook.min()) * 20) / 20)),
        height=380,
        shapes=[theme.diagonal(1, levels[0])],
        hovermode="closest",
    )
    sentence = _("{name}: aimed at {target}, achieved {achieved}")
    for name, share, colour, dash in (
        (_("Vigie"), achieved, theme.STAY, "solid"),
        (_("Textbook formula"), textbook, theme.LEAVE, "dash"),
    ):
        figure.add_trace(
            go.Scatter(
                x=levels,
                y=share,
                name=name,
                line={"color": colour, "width": 2.5, "dash": dash},
                hoverinfo="text",
                hovertext=[
                    sentence.format(name=name, target=locales.percent(target), achieved=locales.percent(got, 1))
                    for target, got in zip(levels, share, strict=True)
                ],
            )
        )
    _mark(figure, levels[chosen], achieved[chosen])
    return figure


def by_kind(table: pd.DataFrame, target: float) -> go.Figure:
    """What was achieved for each class of demand: `kind`, `products`, `cases`, `achieved`, `textbook`."""
    sure = table if (table["cases"] < MIN_CASES).all() else table[table["cases"] >= MIN_CASES]
    low = float(np.floor(20 * min(table["textbook"].min(), table["achieved"].min(), target - 0.05)) / 20)
    ends = [locales.percent(end, 1) for end in (sure["achieved"].min(), sure["achieved"].max())]
    figure = theme.figure(
        _("Aiming at {target}, classes of demand achieved {lo} to {hi}").format(
            target=locales.percent(target), lo=ends[0], hi=ends[1]
        ),
        x=_("Service achieved"),
        height=130 + 40 * len(table),
        xaxis=_shares(low),
        yaxis={
            "tickvals": np.arange(len(table)),
            "ticktext": [
                locales.ngettext("{kind} ({count} product)", "{kind} ({count} products)", count).format(
                    kind=kind, count=locales.number(count)
                )
                for kind, count in zip(table["kind"], table["products"], strict=True)
            ],
            "autorange": "reversed",
        },
        shapes=[theme.upright(target)],
        hovermode="closest",
    )
    sentence = _("{name}, {kind}: {achieved} of {cases} past lead times, {target} was aimed at")
    for name, column, colour, symbol in (
        (_("Textbook formula"), "textbook", theme.LEAVE, "diamond"),
        (_("Vigie"), "achieved", theme.STAY, "circle"),
    ):
        figure.add_trace(
            go.Scatter(
                x=table[column].to_numpy(),
                y=np.arange(len(table)),
                mode="markers",
                name=name,
                marker={"color": colour, "size": 12, "symbol": symbol},
                hoverinfo="text",
                hovertext=[
                    sentence.format(
                        name=name,
                        kind=row.kind,
                        achieved=locales.percent(getattr(row, column), 1),
                        cases=locales.number(row.cases),
                        target=locales.percent(target),
                    )
                    for row in table.itertuples()
                ],
            )
        )
    return figure


def money(costs: pd.DataFrame, chosen: int, currency: str) -> go.Figure:
    """What a service level costs a year (of `models.stock.ordering.money`): holding against lost margin."""
    here, best = costs.iloc[chosen], costs.loc[costs["total"].idxmin()]
    more = _("On past days {best} would have cost least: {saved} a year less than {chosen}")
    right = _("On past days {chosen} would have cost least, or nearly so")
    saved = here["total"] - best["total"]
    title = more if saved > 0.01 * here["total"] else right
    figure = theme.figure(
        title.format(
            best=locales.percent(best["level"]),
            saved=locales.money(saved, currency),
            chosen=locales.percent(here["level"]),
        ),
        x=_("Service aimed at"),
        y=_("{currency} a year").format(currency=currency),
        height=380,
        xaxis=_shares(costs["level"].iloc[0]),
        yaxis={"rangemode": "tozero", **theme.number_axis(np.array([0.0, float(costs["total"].max())]))},
        hovermode="closest",
    )
    sentence = _("At {level}: {holding} for holding {tied} of safety stock, {lost} of margin lost, {total} together")
    hover = [
        sentence.format(
            level=locales.percent(row.level),
            holding=locales.money(row.holding, currency),
            tied=locales.money(row.tied, currency),
            lost=locales.money(row.lost, currency),
            total=locales.money(row.total, currency),
        )
        for row in costs.itertuples()
    ]
    for name, column, colour, dash in (
        (_("Together"), "total", theme.NEUTRAL, "solid"),
        (_("Margin lost"), "lost", theme.LEAVE, "dash"),
        (_("Holding safety stock"), "holding", theme.STAY, "dot"),
    ):
        figure.add_trace(
            go.Scatter(
                x=costs["level"].to_numpy(),
                y=costs[column].to_numpy(),
                name=name,
                line={"color": colour, "width": 2.5, "dash": dash},
                hoverinfo="text",
                hovertext=hover,
            )
        )
    _mark(figure, here["level"], here["total"])
    return figure


def _mark(figure: go.Figure, x: float, y: float) -> None:
    marker = {"color": theme.ACCENT, "size": 13, "symbol": "diamond"}
    figure.add_trace(go.Scatter(x=[x], y=[y], mode="markers", marker=marker, name=_("Chosen"), hoverinfo="skip"))


def _shares(low: float) -> dict[str, object]:
    """An axis of shares from `low` to 1, a tick each 5 %."""
    ticks = np.arange(np.ceil(low * 20 - 1e-9), 20.1) / 20
    ticktext = [locales.percent(tick) for tick in ticks]
    return {"tickvals": ticks, "ticktext": ticktext, "range": [low - 0.005, 1.005]}
