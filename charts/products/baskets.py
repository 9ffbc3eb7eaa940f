"""Figures of the page Products: baskets. Each title states what the figure shows."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import _, ngettext
from models.products import bundle
from models.products.associations import STATES, Rules
from models.products.bundle import Outcome

SHOWN = 15  # companions
DRAWN = 24  # pairs of a network
POINTS = 600
WIDE = 4  # cells of a network from left to right
LINE = 14  # characters of a name in a line of a network
ROUNDS = 100
LOOK = {  # of what became of a rule: colour, symbol
    "held": (theme.STAY, "circle"),
    "gone": (theme.LEAVE, "x"),
    "unclear": (theme.NEUTRAL, "diamond"),
    "new": (theme.ACCENT, "circle-open"),
}


def network(pairs: pd.DataFrame, names: dict[int, str], count: np.ndarray) -> go.Figure:
    """The first pairs (of `models.products.associations.Rules`) as lines between products; `names` are by place."""
    shown = pairs.head(DRAWN)
    first = shown.iloc[0]
    title = _("{a} and {b} share {lift} times as many baskets as if each were bought by itself").format(
        a=names[first["a"]], b=names[first["b"]], lift=locales.number(first["lift"], 1)
    )
    at, height = _places(shown[["a", "b"]].to_numpy(int))
    axis = {"visible": False}
    figure = theme.figure(
        title,
        height=int(60 + 105 * height),
        xaxis=axis | {"range": [0, WIDE]},
        yaxis=axis | {"range": [height, -0.3]},
        showlegend=False,
    )
    ends = np.array([[at[row.a], at[row.b]] for row in shown.itertuples()])
    width = np.clip(np.log10(shown["times"].to_numpy(float)), 0.5, 2.5).round()
    gone = (shown["state"] == "gone").to_numpy()
    for thick, ended in sorted(set(zip(width.tolist(), gone.tolist(), strict=True))):
        part = ends[(width == thick) & (gone == ended)]
        lines = np.concatenate([part, np.full((len(part), 1, 2), np.nan)], axis=1).reshape(-1, 2)
        look = LOOK["gone" if ended else "held"][0]
        figure.add_trace(
            go.Scatter(
                x=lines[:, 0],
                y=lines[:, 1],
                mode="lines",
                line={"color": look, "width": 1.5 + 2 * thick, "dash": "dot" if ended else "solid"},
                hoverinfo="skip",
            )
        )
    sentence = _("{a} and {b}: {both} baskets, lift {lift}; {state}")
    middle = ends.mean(axis=1)
    figure.add_trace(
        go.Scatter(
            x=middle[:, 0],
            y=middle[:, 1],
            mode="markers",
            marker={"size": 18, "opacity": 0},
            hoverinfo="text",
            hovertext=[
                sentence.format(
                    a=theme.plain(names[row.a]),
                    b=theme.plain(names[row.b]),
                    both=locales.number(row.both),
                    lift=locales.number(row.lift, 1),
                    state=_(STATES[row.state]),
                )
                for row in shown.itertuples()
            ],
        )
    )
    places = list(at)
    size = np.sqrt(count[places])
    figure.add_trace(
        go.Scatter(
            x=[at[one][0] for one in places],
            y=[at[one][1] for one in places],
            mode="markers+text",
            marker={"size": 9 + 13 * size / size.max(), "color": theme.STAY, "line": {"width": 0}},
            text=[theme.wrapped(_cut(names[one], 36), LINE) for one in places],
            textposition=[_side(one, at, shown[["a", "b"]].to_numpy(int)) for one in places],
            textfont={"size": 10},
            hoverinfo="text",
            hovertext=[
                _("{product}: in {count} baskets").format(
                    product=theme.plain(names[one]), count=locales.number(count[one])
                )
                for one in places
            ],
            cliponaxis=False,
        )
    )
    return figure


def _places(pairs: np.ndarray) -> tuple[dict[int, tuple[float, float]], float]:
    """Where each product of a network stands: its parts one beside the other, in rows of `WIDE` cells; and the height.

    Within a part products push each other apart and lines pull (Fruchterman and Reingold 1991).
    """
    groups: list[set[int]] = []
    for a, b in pairs.tolist():
        near = [group for group in groups if a in group or b in group]
        groups = [group for group in groups if group not in near] + [set().union({a, b}, *near)]
    at: dict[int, tuple[float, float]] = {}
    left = top = deep = 0.0
    for group in sorted(groups, key=lambda one: (-len(one), min(one))):
        members = sorted(group)
        side = 1 if len(members) == 2 else min(int(np.ceil(np.sqrt(len(members)))), WIDE)
        tall = 1.7 if side == 1 else max(side, 1.1 * len(members) / side)
        if left + side > WIDE:
            left, top, deep = 0.0, top + deep, 0.0
        inside = _spread(members, pairs) * [side - 0.9, tall - 1.0] + [0.45, 0.25]
        at |= {one: (left + x, top + y) for one, (x, y) in zip(members, inside.tolist(), strict=True)}
        left, deep = left + side, max(deep, tall)
    return at, top + deep


def _side(place: int, at: dict[int, tuple[float, float]], pairs: np.ndarray) -> str:
    """Where the name of a product stands: away from those that it goes with."""
    near = pairs[(pairs == place).any(1)].ravel()
    return "bottom center" if at[place][1] > np.mean([at[int(one)][1] for one in near]) - 1e-9 else "top center"


def _spread(members: list[int], pairs: np.ndarray) -> np.ndarray:
    """The products of one part of a network in a square of side 1."""
    if len(members) == 2:
        return np.array([[0.5, 0.0], [0.5, 1.0]])
    place = {one: number for number, one in enumerate(members)}
    ends = np.array([(place[a], place[b]) for a, b in pairs.tolist() if a in place])
    at = np.random.default_rng(0).random((len(members), 2))
    usual = np.sqrt(1 / len(members))
    for turn in range(ROUNDS):
        apart = at[:, None] - at
        far = np.maximum(np.sqrt((apart**2).sum(2)), 0.01)[..., None]
        move = (apart / far * usual**2 / far).sum(1)
        line = at[ends[:, 0]] - at[ends[:, 1]]
        pull = line * np.maximum(np.sqrt((line**2).sum(1)), 0.01)[:, None] / usual
        np.add.at(move, ends[:, 0], -pull)
        np.add.at(move, ends[:, 1], pull)
        length = np.maximum(np.sqrt((move**2).sum(1)), 1e-9)[:, None]
        at = at + move / length * np.minimum(length, 0.1 * (1 - turn / ROUNDS))
    return (at - at.min(0)) / np.maximum(np.ptp(at, axis=0), 1e-9)


def goes_with(found: pd.DataFrame, product: str, held: int, names: dict[int, str]) -> go.Figure:
    """What is in the baskets with a `product` (of `associations.companions`); `held` baskets hold it."""
    shown = found.head(SHOWN)
    first = shown.iloc[0]
    title = _("{share} of the baskets with {product} also hold {other}").format(
        share=locales.percent(first["confidence"]), product=product, other=names[first["b"]]
    )
    figure = theme.figure(
        title,
        x=_("Share of the baskets with it (%)"),
        height=100 + 26 * len(shown),
        xaxis=theme.percent_axis(min(1.15 * float(shown["hi_share"].max()), 1.0)),
        yaxis={
            "autorange": "reversed",
            "tickvals": list(range(len(shown))),
            "ticktext": [theme.plain(_cut(names[one], 24)) for one in shown["b"]],
        },
    )
    kinds = (
        (True, _("surely more than by chance"), theme.STAY, ""),
        (False, _("may be chance"), theme.NEUTRAL, "/"),
    )
    for sure, label, colour, pattern in kinds:
        at = np.flatnonzero(shown["sure"] == sure)
        part = shown.iloc[at]
        figure.add_trace(
            go.Bar(
                y=at,
                x=part["confidence"],
                orientation="h",
                name=label,
                marker={"color": colour, "pattern": {"shape": pattern}},
                error_x=theme.interval(part["confidence"], part["lo_share"], part["hi_share"]),
                hoverinfo="text",
                hovertext=[
                    ngettext(
                        "{other}: in {both} of {held} basket, lift {lift} ({lo} to {hi})",
                        "{other}: in {both} of {held} baskets, lift {lift} ({lo} to {hi})",
                        held,
                    ).format(
                        other=theme.plain(names[row.b]),
                        both=locales.number(row.both),
                        held=locales.number(held),
                        lift=locales.number(row.lift, 2),
                        lo=locales.number(row.lo, 2),
                        hi=locales.number(row.hi, 2),
                    )
                    for row in part.itertuples()
                ],
            )
        )
    return figure


def lasting(rules: Rules, names: dict[int, str]) -> go.Figure:
    """How often, against chance, each pair was bought together in the months it was found in, and in those after."""
    told = rules.pairs[(rules.pairs["state"] != "new") & (rules.pairs["later"] > 0)]
    told = told.sort_values("both", ascending=False, kind="stable").head(POINTS)
    held, of = rules.survived
    title = (
        ngettext(
            "{held} of {of} pair still holds in the months after it was found",
            "{held} of {of} pairs still hold in the months after they were found",
            of,
        ).format(held=locales.number(held), of=locales.number(of))
        if of
        else _("Too few baskets came later to say whether pairs still hold")
    )
    ends = np.r_[told["early"], told["later"], 1.0]
    low, high = 0.8 * ends.min(), 1.25 * ends.max()
    ticks = [tick for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000) if low <= tick <= high]
    ticks = ticks[:: max(len(ticks) // 6, 1)]
    axis = {
        "type": "log",
        "range": [np.log10(low), np.log10(high)],
        "tickvals": ticks,
        "ticktext": [locales.number(tick, 1 if tick < 1 else 0) for tick in ticks],
    }
    figure = theme.figure(
        title,
        x=_("Times chance when found"),
        y=_("Times chance after"),
        height=380,
        xaxis=axis,
        yaxis=axis,
        shapes=[theme.diagonal(high, low), theme.across(1.0) | {"xref": "paper"}],
    )
    sentence = _("{a} and {b}: {early} times chance when found, {later} times after; {state}")
    for state in ("held", "unclear", "gone"):
        part = told[told["state"] == state]
        colour, symbol = LOOK[state]
        figure.add_trace(
            go.Scatter(
                x=part["early"],
                y=part["later"],
                mode="markers",
                name=_(STATES[state]),
                marker={"color": colour, "symbol": symbol, "size": 7, "opacity": 0.7},
                hoverinfo="text",
                hovertext=[
                    sentence.format(
                        a=theme.plain(names[row.a]),
                        b=theme.plain(names[row.b]),
                        early=locales.number(row.early, 1),
                        later=locales.number(row.later, 1),
                        state=_(STATES[state]),
                    )
                    for row in part.itertuples()
                ],
            )
        )
    return figure


def fading(rules: Rules, half_life: float, months: pd.DatetimeIndex) -> go.Figure:
    """What is left of all rules by month after they were found, and their half-life in months (NaN: not known)."""
    table = rules.fading[rules.fading["expected"] > 0]
    times = table["both"] / table["expected"]
    if np.isnan(half_life):
        title = _("Too few months follow to say how fast pairs fade")
    elif np.isinf(half_life):
        title = _("Pairs have not faded from month to month since they were found")
    else:
        title = _("Half of what pairs have beyond chance is left after {months} months").format(
            months=locales.number(half_life, 1)
        )
    wide = 1.96 * np.sqrt(table["both"]) / table["expected"]
    days = months[rules.split or 0 :][table.index - 1]
    figure = theme.figure(
        title,
        x=_("Month"),
        y=_("Baskets with the pairs, times chance"),
        height=380,
        xaxis=theme.time_axis(days),
        yaxis=theme.amounts(np.r_[times + wide, 1.0]),
        shapes=[theme.across(1.0)],
        showlegend=False,
    )
    figure.add_trace(
        go.Scatter(
            x=days,
            y=times,
            mode="lines+markers",
            line={"color": theme.STAY},
            error_y=theme.interval(times, np.maximum(times - wide, 0), times + wide),
            hoverinfo="text",
            hovertext=[
                ngettext(
                    "{month}: {both} basket with the pairs, {expected} by chance",
                    "{month}: {both} baskets with the pairs, {expected} by chance",
                    row.both,
                ).format(month=locales.month(day), both=locales.number(row.both), expected=locales.number(row.expected))
                for day, row in zip(days, table.itertuples(), strict=True)
            ],
        )
    )
    return figure


def bundled(outcomes: list[Outcome], chosen: int, known: bool, currency: str) -> go.Figure:
    """What each discount of `bundle.DISCOUNTS` adds; the one at the place `chosen` is marked. Without `known`
    elasticities there is a range and no line in it."""
    lo, middle, hi = np.array([one.margins for one in outcomes]).T
    values = {
        "discount": locales.percent(bundle.DISCOUNTS[chosen]),
        "lo": locales.signed(lo[chosen], lambda size: locales.money(size, currency)),
        "hi": locales.signed(hi[chosen], lambda size: locales.money(size, currency)),
    }
    title = _("{discount} off the pair: {lo} to {hi} of margin").format(**values)
    figure = theme.figure(
        title,
        x=_("Discount on the pair (%)"),
        y=_("Extra margin ({currency})").format(currency=currency),
        height=360,
        xaxis=theme.percent_axis(float(bundle.DISCOUNTS[-1])),
        yaxis=theme.amounts(np.r_[lo, hi, 0.0]),
        shapes=[theme.across(0.0), theme.upright(float(bundle.DISCOUNTS[chosen]), theme.ACCENT)],
    )
    figure.add_trace(theme.band(bundle.DISCOUNTS, lo, hi, theme.STAY, name=_("between the bounds"), showlegend=True))
    if known:
        figure.add_trace(
            go.Scatter(
                x=bundle.DISCOUNTS, y=middle, mode="lines", line={"color": theme.STAY}, name=_("likeliest"),
                hoverinfo="skip",
            )
        )  # fmt: skip
    sentence = _("{discount} off: {lo} to {hi}")
    figure.add_trace(
        go.Scatter(
            x=bundle.DISCOUNTS,
            y=hi,
            mode="lines",
            line={"width": 0},
            showlegend=False,
            hoverinfo="text",
            hovertext=[
                sentence.format(
                    discount=locales.percent(share),
                    lo=locales.signed(low, lambda size: locales.money(size, currency)),
                    hi=locales.signed(high, lambda size: locales.money(size, currency)),
                )
                for share, low, high in zip(bundle.DISCOUNTS, lo, hi, strict=True)
            ],
        )
    )
    return figure


def _cut(name: str, most: int) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
