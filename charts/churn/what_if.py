"""Figures of one customer: why they may leave, when, and what would keep them."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import N_, _
from locales.customers import label, pair
from models.churn.whatif import DISCOUNT, Move, Plan

SHOWN = 10  # columns of a waterfall
PLANS = {"cheapest": N_("Cheapest"), "best value": N_("Best value"), "lowest risk": N_("Lowest risk")}
_ODDS = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98, 0.99])


def waterfall(base: float, contributions: pd.Series, values: dict[str, str]) -> go.Figure:
    """How a customer's risk builds up from everyone's, column by column: the largest `SHOWN`, then the others.

    Lengths are exact on the scale of log-odds; the axis names the probabilities they stand for.
    """
    order = contributions.abs().sort_values(ascending=False).index
    steps = [(column, float(contributions[column])) for column in order[:SHOWN]]
    rest = float(contributions[order[SHOWN:]].sum())
    total = base + float(contributions.sum())
    names = [_("All customers")]
    names += [theme.wrapped(pair(column, values[column]), 26) for column, _part in steps]
    parts = [base, *(part for _column, part in steps)]
    if len(order) > SHOWN:
        names.append(_("{count} other columns").format(count=len(order) - SHOWN))
        parts.append(rest)
    raised, lowered = _("{column} raises the risk most"), _("{column} lowers the risk most")
    title = (raised if steps[0][1] > 0 else lowered).format(column=label(steps[0][0]))
    ends = np.cumsum(parts)
    reach = np.array([min(ends.min(), base, 0) - 0.15, max(ends.max(), 0) + 0.15])
    ticks = np.log(_ODDS / (1 - _ODDS))
    inside = (ticks >= reach[0]) & (ticks <= reach[1])
    figure = theme.figure(
        title,
        x=_("Risk, from {base} for all customers to {risk}").format(
            base=locales.percent(1 / (1 + np.exp(-base))), risk=locales.percent(1 / (1 + np.exp(-total)))
        ),
        height=110 + 27 * len(parts) + 12 * sum("<br>" in name for name in names),
        xaxis={
            "tickvals": ticks[inside],
            "ticktext": [locales.percent(share) for share in _ODDS[inside]],
            "range": list(reach),
        },
        yaxis={"autorange": "reversed"},
        shapes=[theme.upright(total)],
        showlegend=False,
    )
    starts = np.r_[0.0, ends[:-1]]
    sentence = _("{name}: from {before} to {after}")
    shares = [locales.percent(1 / (1 + np.exp(-end)), 1) for end in ends]
    figure.add_trace(
        go.Bar(
            y=list(range(len(parts) - 1)),
            x=np.diff(ends),
            base=starts[1:],
            orientation="h",
            marker={"color": [theme.LEAVE if part > 0 else theme.STAY for part in parts[1:]]},
            text=[locales.sign(part) for part in parts[1:]],
            textposition="inside",
            hoverinfo="text",
            hovertext=[
                sentence.format(name=name, before=before, after=after)
                for name, before, after in zip(names[1:], shares[:-1], shares[1:], strict=True)
            ],
        )
    )
    figure.layout.yaxis.tickvals, figure.layout.yaxis.ticktext = list(range(len(parts) - 1)), names[1:]
    return figure


def difference(one: str, other: str, risks: np.ndarray, gaps: pd.Series, values: dict[str, str]) -> go.Figure:
    """Which columns lead from the risk of one case to that of another (`gaps`: log-odds, largest first)."""
    figure = waterfall(float(np.log(risks[0] / (1 - risks[0]))), gaps, values)
    title = _("From {one} to {other} the risk goes from {before} to {after}, mostly by {column}")
    figure.layout.xaxis.title.text = _("Risk of leaving")
    figure.layout.title.text = title.format(
        one=one,
        other=other,
        before=locales.percent(risks[0]),
        after=locales.percent(risks[1]),
        column=label(gaps.index[0]).lower(),
    )
    return figure


def months_ahead(now: np.ndarray, before: np.ndarray | None, monthly: float | None, currency: str) -> go.Figure:
    """The chance of still being here in the months to come; dashed, before the changes."""
    expected = float(now.sum())
    worth = _("Expected to stay {months} of the next {horizon} months: worth {money}")
    stay = _("Expected to stay {months} of the next {horizon} months")
    figure = theme.figure(
        (stay if monthly is None else worth).format(
            months=locales.number(expected, 1),
            horizon=len(now),
            money=locales.money(expected * (monthly or 0.0), currency),
        ),
        x=_("Months from now"),
        y=_("Still here"),
        height=260,
        xaxis={"dtick": 6, "range": [0, len(now)]},
        yaxis=theme.percent_axis(1.02),
    )
    sentence = _("{share} still here in {months} months")
    for curve, name, colour, dash in (
        (before, _("as they are"), theme.NEUTRAL, "dash"),
        (now, _("with the changes") if before is not None else _("as they are"), theme.STAY, "solid"),
    ):
        if curve is not None:
            figure.add_trace(
                go.Scatter(
                    x=np.arange(len(curve) + 1),
                    y=np.r_[1.0, curve],
                    mode="lines",
                    name=name,
                    line={"color": colour, "width": 2.5, "dash": dash},
                    hoverinfo="text",
                    hovertext=[
                        sentence.format(share=locales.percent(share), months=month)
                        for month, share in enumerate(np.r_[1.0, curve])
                    ],
                )
            )
    figure.layout.showlegend = before is not None
    return figure


def front(plans: list[Plan], named: dict[str, Plan], currency: str) -> go.Figure:
    """Cost against risk of the plans that nothing cheaper beats; the named ones are labelled."""
    costs, risks = np.array([plan.cost for plan in plans]), np.array([plan.risk for plan in plans])
    title = _("For {cost} the risk falls from {before} to {after}")
    if named:
        plan = named.get("best value", next(iter(named.values())))
        title = title.format(
            cost=locales.money(plan.cost, currency),
            before=locales.percent(plans[0].risk),
            after=locales.percent(plan.risk),
        )
    figure = theme.figure(
        title if named else _("Nothing that is allowed lowers this risk"),
        x=_("Cost ({currency})").format(currency=currency),
        y=_("Risk of leaving"),
        height=280,
        xaxis=theme.number_axis(np.array([0.0, max(float(costs.max()), 1.0)])),
        yaxis=theme.percent_axis(float(risks.max()) * 1.15),
        showlegend=False,
    )
    figure.add_trace(
        go.Scatter(
            x=costs,
            y=risks,
            mode="lines+markers",
            line={"color": theme.NEUTRAL, "width": 1, "shape": "hv"},
            marker={"size": 7, "color": theme.NEUTRAL},
            hoverinfo="text",
            hovertext=[f"{described(plan.moves)}: {locales.percent(plan.risk, 1)}" for plan in plans],
        )
    )
    figure.add_trace(
        go.Scatter(
            x=[plan.cost for plan in named.values()],
            y=[plan.risk for plan in named.values()],
            mode="markers+text",
            text=[_(PLANS[name]) for name in named],
            textposition=["top left" if plan.cost > 0.7 * costs.max() else "top right" for plan in named.values()],
            marker={"size": 13, "color": theme.ACCENT, "symbol": "star"},
            hoverinfo="skip",
            cliponaxis=False,
        )
    )
    return figure


def sparkline(
    grid: np.ndarray, risks: np.ndarray, here: float, shares: np.ndarray, is_level: bool, ends: tuple[float, float]
) -> str:
    """A small SVG: the risk along a column's values, where the customer is, and (grey) where all customers are.

    `shares` of customers: at each level, or in equal steps between `ends`, which are the numbers at the two sides.
    """
    wide, high, low = 150, 44, 34
    count, lo, span = len(shares), ends[0], max(ends[1] - ends[0], 1e-9)
    step = wide / count

    def across(value: np.ndarray | float) -> np.ndarray:
        return (np.asarray(value) + 0.5) * step if is_level else 4 + np.clip((value - lo) / span, 0, 1) * (wide - 8)

    y = low - np.clip(risks, 0, 1) * (low - 4)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}">']
    parts += [
        f'<rect x="{(n + 0.15) * step:.1f}" y="{high - share:.1f}" width="{step * 0.7:.1f}" height="{share:.1f}" '
        f'fill="{theme.NEUTRAL}" opacity=".45"/>'
        for n, share in enumerate(shares / max(shares.max(), 1e-9) * 8)
    ]
    points = list(zip(across(grid), y, strict=True))
    if is_level:
        parts += [
            f'<line x1="{a - step * 0.38:.1f}" x2="{a + step * 0.38:.1f}" y1="{b:.1f}" y2="{b:.1f}" '
            f'stroke="{theme.STAY}" stroke-width="3"/>'
            for a, b in points
        ]
    else:
        line = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{theme.STAY}" stroke-width="2"/>')
    if here == here and len(grid):
        b = y[int(np.abs(grid - here).argmin())] if is_level else float(np.interp(here, grid, y))
        parts.append(f'<circle cx="{across(here):.1f}" cy="{b:.1f}" r="4.5" fill="{theme.LEAVE}" stroke="white"/>')
    return "".join(parts) + "</svg>"


def described(moves: tuple[Move, ...]) -> str:
    """Moves in words, "Contract: One year, 10% discount"."""
    return ", ".join(
        _("{share} discount").format(share=locales.percent(float(move.to)))
        if move.column == DISCOUNT
        else pair(move.column, label(str(move.to)))
        for move in moves
    ) or _("nothing")
