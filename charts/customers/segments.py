"""Figures of the page Customers: segments. Each title states what the figure shows."""

from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from charts.customers.heat import heatmap
from locales import N_, _, ngettext
from models import segmenting
from models.customers import rfm, segments
from models.customers.segments import FEATURES, NOT_YET, STABLE, Clusters

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Good news to bad, in the order of `segmenting.SEGMENTS`: never the only sign, as every part is named.
COLOURS = dict(
    zip(
        segmenting.SEGMENTS,
        ["#0C4A61", "#1F7896", "#3F9A68", "#5B9BD5", "#4E9FB9", "#B8860B", "#9A7B4F", "#D4622F", "#9C3F16", "#7D8B96",
         "#5C7F8F"],
        strict=True,
    )
)  # fmt: skip
MEASURES = {"recency": N_("Lately"), "frequency": N_("Often"), "revenue": N_("Much")}
SMALL = {"minsize": 10, "mode": "hide"}  # a text that does not fit is in the hover
BETWEEN = 0.012  # of the height, between two nodes


def name(segment: str) -> str:
    """A segment as a reader calls it."""
    return _("Not yet a customer") if segment == NOT_YET else _(segmenting.NAMES[segment])


def treemap(parts: pd.DataFrame, currency: str) -> go.Figure:
    """Revenue of the segments (of `rfm.summary`) as areas; those that brought in nothing have none.

    `customdata` of an area is its segment.
    """
    shown = parts[parts["revenue"] > 0]
    title = _("No segment brought in more than came back")
    if len(shown):
        best = shown.loc[shown["revenue"].idxmax()]
        title = _("{segment} bring in {share} of revenue: {people} of the customers").format(
            segment=name(best["segment"]),
            share=locales.percent(best["revenue_share"]),
            people=locales.percent(best["share"]),
        )
    figure = theme.figure(title, height=380, margin={"l": 0, "r": 0, "t": 0, "b": 0}, uniformtext=SMALL)
    figure.add_trace(
        go.Treemap(
            labels=[name(segment) for segment in shown["segment"]],
            parents=[""] * len(shown),
            values=shown["revenue"].to_numpy(),
            customdata=shown["segment"].to_list(),
            marker={"colors": [COLOURS[segment] for segment in shown["segment"]], "cornerradius": 3},
            texttemplate="<b>%{label}</b><br>%{text}",
            text=[
                ngettext("{amount}<br>{customers} customer", "{amount}<br>{customers} customers", row.customers).format(
                    amount=locales.short_money(row.revenue, currency), customers=locales.number(row.customers)
                )
                for row in shown.itertuples()
            ],
            textfont={"color": "#FFFFFF", "size": 14},
            hoverinfo="text",
            hovertext=[
                ngettext(
                    "{segment}: {customers} customer, {amount}, {share} of the revenue of known customers",
                    "{segment}: {customers} customers, {amount}, {share} of the revenue of known customers",
                    row.customers,
                ).format(
                    segment=name(row.segment),
                    customers=locales.number(row.customers),
                    amount=locales.money(row.revenue, currency),
                    share=locales.percent(row.revenue_share, 1),
                )
                for row in shown.itertuples()
            ],
            tiling={"pad": 2},
            pathbar={"visible": False},
        )
    )
    return figure


def scores(scored: pd.DataFrame, dark: bool) -> "Figure":
    """Customers by scores of recency (rows) and frequency (columns), with the name of each cell's segment."""
    counts = np.bincount((scored["r"] - 1) * rfm.SCORES + scored["f"] - 1, minlength=rfm.SCORES**2)
    counts = counts.reshape(rfm.SCORES, rfm.SCORES)[::-1]
    texts = np.array(
        [
            ["\n".join([locales.number(n), *wrap(name(segmenting.GRID[rfm.SCORES - 1 - row][column]), 13)])
             for column, n in enumerate(ns)]
            for row, ns in enumerate(counts)
        ]
    )  # fmt: skip
    silent = counts[-2:, 2:].sum() / max(len(scored), 1)
    title = _("{share} of the customers bought often, but not lately").format(share=locales.percent(silent))
    columns = [str(score + 1) for score in range(rfm.SCORES)]
    axes = (_("Score of recency (5: most recent)"), _("Score of frequency (5: most often)"))
    return heatmap(title, counts.astype(float), texts, columns[::-1], columns, axes, dark, (0.86, 0.66), letters=8)


def profile(found: Clusters, scored: pd.DataFrame) -> go.Figure:
    """Where the middle of each cluster stands among all customers, 0 the lowest and 1 the highest, by measure."""
    stands = segments.against(found.profile, scored)
    stands["recency"] = 1 - stands["recency"]  # a short time ago is much
    best = found.profile[found.profile["cluster"] >= 0].sort_values("revenue_share").iloc[-1:]
    title = _("All customers are outliers: take a larger radius")
    if len(best):
        title = _("{group}, {people} of the customers, bring in {share} of revenue").format(
            group=cluster(int(best["cluster"].iloc[0])),
            people=locales.percent(best["share"].iloc[0]),
            share=locales.percent(best["revenue_share"].iloc[0]),
        )
    figure = theme.figure(
        title, y=_("Place among all customers"), yaxis=theme.percent_axis(1.0), barmode="group", height=340
    )
    sentence = _("{group}, {measure}: its middle customer is above {share} of all")
    names = [_(MEASURES[one]) for one in FEATURES]
    for number, row in enumerate(stands.itertuples()):
        values = [getattr(row, one) for one in FEATURES]
        patterns = ["", "/", "x", ".", "-", "\\", "+", "|"]
        colour = theme.NEUTRAL if row.cluster < 0 else theme.CATEGORICAL[number % len(theme.CATEGORICAL)]
        figure.add_trace(
            go.Bar(
                x=names,
                y=values,
                name=cluster(int(row.cluster)),
                marker={"color": colour, "pattern": {"shape": patterns[number % len(patterns)]}},
                hoverinfo="text",
                hovertext=[
                    sentence.format(group=cluster(int(row.cluster)), measure=one, share=locales.percent(value))
                    for one, value in zip(names, values, strict=True)
                ],
            )
        )
    return figure


def cluster(number: int) -> str:
    """A cluster as a reader calls it."""
    return _("Outliers") if number < 0 else _("Group {letter}").format(letter=letter(number))


def letter(number: int) -> str:
    """A, B, ... Z, AA ..."""
    return (letter(number // 26 - 1) if number >= 26 else "") + chr(ord("A") + number % 26)


def stability(found: Clusters, k: int) -> go.Figure:
    """How alike the groups are that k-means makes of samples of the customers, by number of groups; `k` is used."""
    table = found.stability
    used = float(table.loc[table["k"] == k, "ari"].iloc[0])
    title = _("{k} groups are found again in samples of the customers: likeness {ari}")
    if used < STABLE:
        title = _("{k} groups are not found again surely in samples of the customers: likeness {ari}")
    figure = theme.figure(
        title.format(k=k, ari=locales.number(used, 2)),
        x=_("Number of groups"),
        y=_("Likeness (adjusted Rand index)"),
        xaxis={"tickvals": table["k"].to_list()},
        yaxis={
            "range": [0, 1.05],
            "tickvals": [0, 0.5, 1],
            "ticktext": [locales.number(one, 1) for one in (0, 0.5, 1)],
        },
        shapes=[theme.across(STABLE), theme.upright(k, theme.LEAVE)],
        showlegend=False,
    )
    sentence = _("{k} groups: likeness {ari}, give or take {spread}")
    figure.add_trace(
        go.Scatter(
            x=table["k"].to_numpy(),
            y=table["ari"].to_numpy(),
            mode="lines+markers",
            line={"color": theme.STAY, "width": 2.5},
            marker={"size": 8},
            error_y=theme.interval(table["ari"], table["ari"] - table["spread"], table["ari"] + table["spread"]),
            hoverinfo="text",
            hovertext=[
                sentence.format(k=row.k, ari=locales.number(row.ari, 2), spread=locales.number(row.spread, 2))
                for row in table.itertuples()
            ],
        )
    )
    return figure


def distances(found: Clusters) -> go.Figure:
    """The sorted distances to the tenth neighbour, and the radius that is used."""
    outliers = float(found.profile.loc[found.profile["cluster"] < 0, "share"].sum())
    figure = theme.figure(
        _("Within {radius}, {share} of the customers are outliers").format(
            radius=locales.number(found.radius, 2), share=locales.percent(outliers, 1)
        ),
        x=_("Share of customers, those with near neighbours first"),
        y=_("Distance to the {count}th neighbour").format(count=segments.NEIGHBOURS),
        xaxis=theme.percent_axis(1.0),
        yaxis=theme.amounts(found.distances),
        shapes=[theme.across(found.radius)],
        showlegend=False,
    )
    at = np.linspace(0, 1, len(found.distances))
    sentence = _("{share} of the customers have their neighbours within {distance}")
    figure.add_trace(
        go.Scatter(
            x=at,
            y=found.distances,
            mode="lines",
            line={"color": theme.STAY, "width": 2.5},
            hoverinfo="text",
            hovertext=[
                sentence.format(share=locales.percent(one, 1), distance=locales.number(far, 2))
                for one, far in zip(at, found.distances, strict=True)
            ],
        )
    )
    return figure


def sankey(days: list[pd.Timestamp], moves: list[pd.DataFrame]) -> go.Figure:
    """How customers moved between segments from each of `days` to the next (of `segments.movement`)."""
    order = [*segmenting.SEGMENTS, NOT_YET]
    places: dict[tuple[int, str], int] = {}
    nodes: list[tuple[int, str]] = []
    for number, _day in enumerate(days):
        there = set(moves[number]["start"]) if number < len(moves) else set(moves[-1]["end"])
        there |= set(moves[number - 1]["end"]) if number else set()
        for segment in order:
            if segment in there:
                places[number, segment] = len(nodes)
                nodes.append((number, segment))
    links = pd.concat([part.assign(step=number) for number, part in enumerate(moves)], ignore_index=True)
    last = moves[-1]
    good, bad = ("champions", "loyal"), ("at risk", "cannot lose", "hibernating", "lost", "about to sleep")
    fell = int(last.loc[last["start"].isin(good) & last["end"].isin(bad), "customers"].sum())
    was = int(last.loc[last["start"].isin(good), "customers"].sum())

    def label(number: int, segment: str) -> str:
        """Between the first and the last day there is room for the number of a segment only."""
        place = f"{order.index(segment) + 1}"
        return f"{place} {name(segment)}" if number in (0, len(days) - 1) else place

    sentence = (
        ngettext(
            "{fell} of {was} champion or loyal customer has fallen back since {day}",
            "{fell} of {was} champions and loyal customers have fallen back since {day}",
            was,
        )
        if was
        else _("Nobody was a champion or a loyal customer on {day}")
    )
    title = sentence.format(fell=locales.number(fell), was=locales.number(was), day=locales.day(days[-2]))
    figure = theme.figure(title, height=560, margin={"l": 8, "r": 8, "t": 8, "b": 8})
    colours = [theme.NEUTRAL if segment == NOT_YET else COLOURS[segment] for _number, segment in nodes]
    figure.add_trace(
        go.Sankey(
            arrangement="fixed",
            node={
                "label": [label(number, segment) for number, segment in nodes],
                "color": colours,
                "x": [0.001 + 0.998 * number / (len(days) - 1) for number, _segment in nodes],
                "y": _heights(nodes, moves),
                "pad": 8,
                "thickness": 14,
                "customdata": [
                    _("{segment} on {day}").format(segment=name(segment), day=locales.day(days[number]))
                    for number, segment in nodes
                ],
                "hovertemplate": "%{customdata}<extra></extra>",
            },
            link={
                "source": [places[row.step, row.start] for row in links.itertuples()],
                "target": [places[row.step + 1, row.end] for row in links.itertuples()],
                "value": links["customers"].to_numpy(),
                "color": [theme.faded(colours[places[row.step, row.start]], 0.35) for row in links.itertuples()],
                "customdata": [
                    ngettext(
                        "{customers} customer: {start} on {day}, {end} on {later}",
                        "{customers} customers: {start} on {day}, {end} on {later}",
                        row.customers,
                    ).format(
                        customers=locales.number(row.customers),
                        start=name(row.start),
                        day=locales.day(days[row.step]),
                        end=name(row.end),
                        later=locales.day(days[row.step + 1]),
                    )
                    for row in links.itertuples()
                ],
                "hovertemplate": "%{customdata}<extra></extra>",
            },
        )
    )
    return figure


def _heights(nodes: list[tuple[int, str]], moves: list[pd.DataFrame]) -> list[float]:
    """Where the middle of each node is, from the top: one below the other, in the order of the segments."""
    made = []
    for number in range(len(moves) + 1):
        leaving = moves[number].groupby("start")["customers"].sum() if number < len(moves) else pd.Series(dtype=float)
        coming = moves[number - 1].groupby("end")["customers"].sum() if number else pd.Series(dtype=float)
        sizes = [max(leaving.get(one, 0), coming.get(one, 0)) for at, one in nodes if at == number]
        high = (1 - BETWEEN * len(sizes)) * np.array(sizes) / max(sum(sizes), 1)
        made += (np.cumsum(high) - high / 2 + BETWEEN * (np.arange(len(sizes)) + 0.5)).tolist()
    return np.clip(made, 0.001, 0.999).tolist()
