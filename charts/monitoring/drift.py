"""Figures of drift: which columns changed, when, and where in the column."""

from collections.abc import Mapping, Sequence
from textwrap import wrap

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import N_, _, ngettext
from locales.labels import label
from models.drift import explain, watch
from models.drift.classifier import LAST_WEEKS, LEARNED, SEASON, Apart
from models.drift.explain import Move, moves
from models.drift.watch import Sides

LABELS = {
    watch.STABLE: N_("as before"),
    watch.CONFIRMED: N_("confirmed"),
    watch.SMALL: N_("real, but small"),
    watch.SEASONAL: N_("seasonal"),
    watch.UNTOLD: N_("season not known yet"),
    watch.WITHIN_NOISE: N_("within noise"),
    watch.TOO_FEW: N_("too few rows"),
}
SYMBOLS = {
    watch.CONFIRMED: "diamond",
    watch.SEASONAL: "circle-open",
    watch.UNTOLD: "triangle-up-open",
    watch.WITHIN_NOISE: "x-thin-open",
    watch.TOO_FEW: "square-open",
}
TOP = 0.6  # PSI from which a cell has the darkest colour
WEEK = 7
PAIR = 420  # height of figures that stand side by side
ROW = 26  # height of a row with a name of two lines
LINE = 24  # characters in a line of a name
WIDE = 34  # characters of a bin's name
BARS = 11  # bins of a figure: the deciles and the missing values
SMALL = 0.01  # part of the PSI under which a level of many is not shown
# A label's place beside its point, in the order of preference: the plotly name, and where its middle is (x, y).
SIDES = {
    "top right": (1, 1),
    "bottom right": (1, -1),
    "top left": (-1, 1),
    "bottom left": (-1, -1),
    "top center": (0, 1),
    "bottom center": (0, -1),
}
AGAINST = {
    LAST_WEEKS: N_("the last weeks"),
    SEASON: N_("this season of earlier years"),
    LEARNED: N_("the reference"),
}


def bin_name(move: Move) -> str:
    """A bin as an axis names it."""
    names = {
        "upto": _("up to {hi}"),
        "between": _("{lo} to {hi}"),
        "over": _("over {lo}"),
        "value": "{lo}",
        "other": _("never seen before"),
        "level": "{level}",
        "rare": _("rare ones"),
        "new": _("new ones"),
        "missing": _("missing"),
    }
    name = names[move.kind].format(
        lo=explain.amount(move.lo), hi=explain.amount(move.hi), level=label(move.level or "")
    )
    return name if len(name) <= WIDE else name[: WIDE - 1].rstrip() + "…"


def calendar(drift: pd.DataFrame, threshold: float, title: str) -> go.Figure:
    """The greatest PSI of each week (or batch) for every column, marked where it was over the threshold and why."""
    names = list(drift.groupby("feature")["psi"].max().sort_values().index)
    weekly = drift["day"].nunique() > 60
    start = drift["day"].dt.to_period("W").dt.start_time if weekly else drift["day"]
    worst = drift.assign(at=start).sort_values("psi", na_position="first").groupby(["feature", "at"]).tail(1)
    table = worst.pivot(index="feature", columns="at", values="psi").reindex(names)
    figure = theme.figure(
        title,
        height=160 + ROW * len(names),
        xaxis=theme.time_axis(table.columns) | {"showgrid": False},
        yaxis=column_axis(names) | {"showgrid": False},
        hovermode="closest",
    )
    week, batch = _("{column}, week from {day}: PSI up to {psi}, {label}"), _("{column}, {day}: PSI {psi}, {label}")
    found = {(row.feature, row.at): row for row in worst.itertuples()}
    hover = [
        [
            (week if weekly else batch).format(
                column=theme.plain(label(name)),
                day=locales.day(at),
                psi=locales.number(found[name, at].psi, 2),
                label=_(LABELS[found[name, at].label]),
            )
            if (name, at) in found
            else ""
            for at in table.columns
        ]
        for name in names
    ]
    # One colour, the less transparent the greater: it reads alike on the light and the dark background.
    scale = [[0, theme.faded(theme.STAY, 0.06)], [1, theme.faded(theme.STAY, 1)]]
    ticks = [0, 0.2, 0.4, TOP]
    bar = {
        "orientation": "h", "x": 0, "xanchor": "left", "len": 0.7, "thickness": 8,
        "y": -60 / (ROW * len(names)), "yanchor": "top", "outlinewidth": 0,
        "title": {"text": _("PSI, the greatest of the week") if weekly else "PSI", "side": "top", "font": {"size": 11}},
        "tickvals": ticks,
        "ticktext": [*(locales.number(tick, 1) for tick in ticks[:-1]), f"≥ {locales.number(TOP, 1)}"],
    }  # fmt: skip
    figure.add_trace(
        go.Heatmap(
            z=table.to_numpy(), x=table.columns, y=names, colorscale=scale, zmin=0, zmax=TOP,
            xgap=int(len(table.columns) < 50), ygap=1, colorbar=bar, hoverinfo="text", hovertext=hover,
        )
    )  # fmt: skip
    for kind, symbol in SYMBOLS.items():
        some = worst[(worst["label"] == kind) & ((worst["psi"] > threshold) | (kind == watch.CONFIRMED))]
        if len(some):
            colour = theme.LEAVE if kind == watch.CONFIRMED else theme.ACCENT
            marker = {"symbol": symbol, "size": 6, "color": colour, "line": {"color": colour, "width": 1.5}}
            figure.add_trace(
                go.Scatter(
                    x=some["at"], y=some["feature"], mode="markers", marker=marker, name=_(LABELS[kind]),
                    hoverinfo="skip", showlegend=True,
                )
            )  # fmt: skip
    return figure


def course(
    drift: pd.DataFrame,
    feature: str,
    threshold: float,
    day: pd.Timestamp,
    learned: tuple[np.datetime64, np.datetime64],
    reasons: Mapping[pd.Timestamp, str],
) -> go.Figure:
    """The PSI of one column over time against both references, with the threshold and what sampling alone makes."""
    mine = drift[drift["feature"] == feature]
    mine = mine[~mine["learned"] | (np.arange(len(mine)) % WEEK == 0)]  # of the days learned from a point a week
    mine = mine[mine["day"] >= min(pd.Timestamp(learned[0]), mine["day"].max())]  # not those before they are complete
    confirmed = mine[mine["label"] == watch.CONFIRMED]
    top = float(max(np.nanmax(mine[["psi", "psi_season"]].to_numpy()), threshold * 1.3))
    cap = psi_cap(threshold)
    days = ngettext("{count} day", "{count} days", len(confirmed))
    times = ngettext("{count} time", "{count} times", len(confirmed))
    batches = (mine["day"].max() - mine["day"].min()).days > 2 * WEEK * len(mine)  # not every day
    over = _("{column}: changed for {when}, and it was not the season")
    if confirmed["psi_season"].isna().any():
        over = _("{column}: changed for {when} against the weeks before")
    usual = _("{column}: no change that is real, matters and is not the season")
    title = (over if len(confirmed) else usual).format(
        column=label(feature),
        when=(times if batches else days).format(count=locales.number(len(confirmed))),
    )
    figure = theme.figure(
        title,
        y="PSI",
        height=PAIR,
        xaxis=theme.time_axis(pd.DatetimeIndex(mine["day"])),
        yaxis=psi_axis(top, cap),
        shapes=[
            theme.across(threshold),
            _span(*learned, _("reference")),
            theme.upright(day, dash="solid"),
            *(theme.upright(at, theme.ACCENT, "dash") for at in reasons),
        ],
        annotations=[
            {"x": at, "y": 1, "yref": "paper", "xanchor": "left", "showarrow": False, "text": theme.plain(reason)}
            for at, reason in reasons.items()
        ]
        + [note(0, threshold, _("threshold"), "left") | {"xref": "paper", "yanchor": "bottom"}],
    )  # fmt: skip
    figure.add_trace(
        go.Scatter(
            x=mine["day"], y=mine["noise_limit"], name=_("noise (95%)"), mode="lines", line={"width": 0},
            fill="tozeroy", fillcolor=theme.faded(theme.NEUTRAL, 0.3), hoverinfo="skip",
        )
    )  # fmt: skip
    alone, both = _("{day}: PSI {psi}, {label}"), _("{day}: PSI {psi}, {season} against earlier years, {label}")
    hover = [
        (alone if season != season else both).format(
            day=locales.day(at), psi=locales.number(psi, 2), season=locales.number(season, 2), label=_(LABELS[kind])
        )
        for at, psi, season, kind in zip(mine["day"], mine["psi"], mine["psi_season"], mine["label"], strict=True)
    ]
    for column, name, colour, dash in (
        ("psi_season", _("against earlier years"), theme.ACCENT, "dot"),
        ("psi", _("against the reference"), theme.STAY, "solid"),
    ):
        if mine[column].notna().any():
            line = {"color": colour, "width": 2, "dash": dash}
            drawn = go.Scatter(x=mine["day"], y=np.minimum(mine[column], cap), name=name, line=line, hoverinfo="skip")
            if column == "psi":  # one hover tells of both
                drawn.update(hoverinfo="text", hovertext=hover)
            figure.add_trace(drawn)
    if len(confirmed):
        marker = {"symbol": "diamond", "size": 6, "color": theme.LEAVE}
        figure.add_trace(
            go.Scatter(x=confirmed["day"], y=np.minimum(confirmed["psi"], cap), mode="markers", marker=marker,
                       name=_(LABELS[watch.CONFIRMED]), hoverinfo="skip")
        )  # fmt: skip
    return figure


def distribution(feature: str, side: Sides) -> go.Figure:
    """The shares of the bins of a column in the reference, in this season of earlier years, and now."""
    bars = moves(side.cut, side.reference, side.current)
    title = explain.sentence(feature, max(bars, key=lambda move: move.part)).rstrip(".")
    filled = (side.reference > 0) | (side.current > 0)
    parts = np.array([move.part for move in bars])
    shown = np.argsort(-parts, kind="stable")
    if len(bars) > BARS:  # levels that hardly moved are told together
        shown = shown[: min(BARS - 1, max(2, (parts >= SMALL).sum())) if side.cut.text else BARS - 1]
    shown = shown if side.cut.text else np.sort(shown)
    names, rest = [bin_name(bars[place]) for place in shown], len(bars) - len(shown)
    if rest:
        names.append(ngettext("{count} other", "{count} others", rest).format(count=locales.number(rest)))
    groups = [(_("compared with"), side.reference, theme.NEUTRAL, "")]
    if side.season.sum():
        groups.append((_("this season of earlier years"), side.season, theme.ACCENT, "."))
    groups.append((_("now"), side.current, theme.LEAVE, "/"))
    shares = [counts[filled] / max(counts.sum(), 1) for _name, counts, _colour, _shape in groups]
    shares = [np.r_[share[shown], [share.sum() - share[shown].sum()] if rest else []] for share in shares]
    top = min(float(np.max(shares)) * 1.08 + 0.005, 1.0)
    places = np.arange(len(names))
    figure = theme.figure(
        title,
        x=_("share of the rows"),
        height=PAIR,
        xaxis=theme.percent_axis(top),
        yaxis={"tickvals": places, "ticktext": [_lines(name) for name in names], "autorange": "reversed"},
        barmode="group",
        bargap=0.25,
        hovermode="closest",
    )
    sentence = _("{bin}: {share} of the rows, {when}")
    for (when, _counts, colour, shape), share in zip(groups, shares, strict=True):
        hover = [
            sentence.format(bin=theme.plain(name), share=locales.percent(value, 1), when=when)
            for name, value in zip(names, share, strict=True)
        ]
        marker = {"color": colour, "pattern": {"shape": shape, "solidity": 0.25}}
        figure.add_trace(
            go.Bar(x=share, y=places, orientation="h", name=when, marker=marker, hoverinfo="text", hovertext=hover,
                   textposition="none")
        )  # fmt: skip
    return figure


def weight(drift: pd.DataFrame, importance: Mapping[str, float], threshold: float, what: str) -> go.Figure:
    """Drift against importance: what changed and matters is at the top right."""
    known = drift[drift["feature"].isin(importance.keys()) & drift["psi"].notna()]
    matter = np.array([importance[name] for name in known["feature"]])
    over = (known["label"] == watch.CONFIRMED).to_numpy()
    product = matter * known["psi"].to_numpy() * np.where(over, 1, 1e-3)
    first = known["feature"].iloc[int(product.argmax())]
    changed = _("“{column}” changed; its importance is {importance}")
    calm = _("Nothing that matters has changed beyond the season")
    title = changed if over.any() else calm
    right, high = float(matter.max()) * 1.1 + 0.01, float(max(known["psi"].max(), threshold)) * 1.15
    figure = theme.figure(
        title.format(column=label(first), importance=locales.percent(importance[first], 1)),
        x="<br>".join(wrap(what, 42)),
        y="PSI",
        height=380,
        xaxis=theme.percent_axis(right),
        yaxis=theme.amounts([0, high]),
        shapes=[theme.across(threshold)],
        annotations=[note(1, threshold, _("threshold"), "right") | {"xref": "paper", "yanchor": "bottom"}],
        hovermode="closest",
    )
    sentence = _("{column}: PSI {psi}, importance {importance}")
    hover = [
        sentence.format(
            column=theme.plain(label(name)), psi=locales.number(psi, 2), importance=locales.percent(importance[name], 1)
        )
        for name, psi in zip(known["feature"], known["psi"], strict=True)
    ]
    names = [_lines(label(name)) for name in known["feature"]]
    lines = [name.split("<br>") for name in names]
    at = np.c_[matter / right, known["psi"] / high] * [250, 260]  # the plot of a phone, in pixels
    # What changed and matters first; half the width and the height of its text.
    halves = np.array([[3.4 * max(map(len, rows)), 7.5 * len(rows)] for rows in lines])
    placed = _apart(at, halves, np.argsort(-product), 250)
    figure.add_trace(
        go.Scatter(
            x=matter, y=known["psi"], mode="markers+text",
            textposition=[side or "top right" for side in placed],
            text=[name if side else "" for name, side in zip(names, placed, strict=True)],
            marker={"size": 11, "color": np.where(over, theme.LEAVE, theme.STAY),
                    "symbol": np.where(over, "diamond", "circle")},
            hoverinfo="text", hovertext=hover, cliponaxis=False,
        )
    )  # fmt: skip
    return figure


def apart(found: Mapping[str, Apart]) -> go.Figure:
    """By how much each column helps to tell a window from others: what its shuffling takes from the AUC."""
    names = list(dict.fromkeys(name for one in found.values() for name in one.columns))[::-1]
    surely = [one for one in found.values() if one.confirmed]
    title = _("A model cannot tell these rows from earlier ones")
    if surely and surely[0].columns:
        title = _("“{column}” tells these rows from earlier ones").format(column=label(next(iter(surely[0].columns))))
    elif any(one.unlike for one in found.values()):
        title = _("These rows look unlike earlier ones, but that is not sure")
    figure = theme.figure(
        title,
        x=_("AUC lost without it"),
        height=max(theme.HEIGHT, 140 + 2 * ROW * len(names)),
        yaxis=column_axis(names),
        hovermode="closest",
        barmode="group",
    )
    sentence = _("{column}: without it the AUC against {what} is {lost} lower")
    looks = {LAST_WEEKS: (theme.STAY, ""), SEASON: (theme.ACCENT, "."), LEARNED: (theme.NEUTRAL, "/")}
    for what, one in found.items():
        lost = [one.columns.get(name, 0.0) for name in names]
        colour, shape = looks[what]
        hover = [
            sentence.format(column=theme.plain(label(name)), what=_(AGAINST[what]), lost=locales.number(value, 2))
            for name, value in zip(names, lost, strict=True)
        ]
        figure.add_trace(
            go.Bar(x=lost, y=names, orientation="h", name=_(AGAINST[what]), hoverinfo="text", hovertext=hover,
                   textposition="none", marker={"color": colour, "pattern": {"shape": shape, "solidity": 0.25}})
        )  # fmt: skip
    return figure


def column_axis(names: Sequence[str]) -> dict[str, object]:
    """An axis of columns, a row each."""
    return {"tickvals": list(names), "ticktext": [_lines(label(name)) for name in names]}


def _lines(name: str) -> str:
    """A name in lines that leave room for the figure at the width of a phone."""
    width = LINE if len(name) <= LINE else max(17, len(name) // 2 + 2)
    return theme.wrapped(name, width)


def note(x: object, y: object, text: str, anchor: str) -> dict[str, object]:
    """An annotation: small words beside a place."""
    return {"x": x, "y": y, "text": text, "xanchor": anchor, "showarrow": False, "font": {"size": 11}}


def psi_cap(threshold: float) -> float:
    """The greatest PSI an axis shows: where one explodes, the others are still told apart."""
    return max(3 * threshold, 1.0)


def psi_axis(top: float, cap: float) -> dict[str, object]:
    """An axis for PSI up to `top`, or to `cap`, which then says that it holds what is more."""
    axis = theme.amounts([0, min(top, cap)])
    if top > cap:
        ticks = [at for at in np.asarray(axis["tickvals"], float) if at < 0.9 * cap]
        axis |= {
            "tickvals": [*ticks, cap],
            "ticktext": [*(locales.number(at, 2) for at in ticks), f"≥ {locales.number(cap, 2)}"],
        }
    return axis


def _apart(points: np.ndarray, halves: np.ndarray, order: np.ndarray, width: float) -> list[str]:
    """Where the label of each point stands (a key of `SIDES`), so that it meets no other label and no other point; ""
    where it would. The first in `order` choose first; `halves` are half the width and height of each label."""
    taken, placed = [(point, np.full(2, 6.0)) for point in points], [""] * len(points)
    for one in order:
        for side, (right, up) in SIDES.items():
            middle = points[one] + [right * (halves[one, 0] + 7), up * (halves[one, 1] + 7)]
            inside = halves[one, 0] <= middle[0] <= width - halves[one, 0] and middle[1] >= halves[one, 1]
            free = all((np.abs(middle - other) >= halves[one] + half).any() for other, half in taken)
            if free and inside:
                taken.append((middle, halves[one]))
                placed[one] = side
                break
    return placed


def _span(first: np.datetime64, last: np.datetime64, text: str) -> dict[str, object]:
    """A shape: the days the model learned from."""
    label_ = {"text": text, "textposition": "top left", "font": {"size": 11}}
    return {"type": "rect", "x0": str(first), "x1": str(last), "yref": "paper", "y0": 0, "y1": 1, "line": {"width": 0},
            "fillcolor": theme.faded(theme.NEUTRAL, 0.12), "label": label_}  # fmt: skip
