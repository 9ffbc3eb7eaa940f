"""Figures of stock: when shelves run empty, and what is to be ordered."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import _

SHOWN = 12  # products in a figure of some of them
FAR = 120  # days of cover from which more makes no difference
NAME = 28  # characters of a name on an axis


def race(table: pd.DataFrame, futures: pd.DataFrame, today: date) -> go.Figure:
    """Of the first products of a list, when they run out against when a delivery ordered today comes.

    `table` is of `models.stock.ordering.orders`; `futures` has its rows and the columns `out_10`, `out_50`, `out_90`,
    `in_10`, `in_50`, `in_90`: days from today by which that share of the futures has run out, or has been delivered.
    """
    late = int((table["risk"] > 0.5).sum())
    one = _("{count} of the {shown} most urgent products will more likely than not run out before a delivery can come")
    figure = theme.figure(
        one.format(count=locales.number(late), shown=locales.number(len(table))),
        x=_("Day"),
        height=90 + 30 * len(table),
        xaxis=_days(today, float(futures["out_90"].clip(upper=FAR).max()), float(futures["in_90"].max())),
        yaxis={
            "tickvals": np.arange(len(table)),
            "ticktext": [_short(name) for name in table["name"]],
            "autorange": "reversed",
        },
        hovermode="closest",
    )
    runs_out = _("{name}: empty by {early} (1 in 10), {half} (1 in 2), {late} (9 in 10)")
    comes = _("{name}: a delivery ordered today comes from {early} to {late}, most likely around {half}")
    for kind, shift, colour, symbol, name, sentence in (
        ("out", -0.14, theme.LEAVE, "circle", _("Shelf runs empty"), runs_out),
        ("in", 0.14, theme.STAY, "diamond", _("Delivery ordered today"), comes),
    ):
        ends = [futures[f"{kind}_{share}"].to_numpy(float) for share in (10, 50, 90)]
        at = np.arange(len(table)) + shift
        gap = np.full(len(table), np.nan)
        hover = [
            sentence.format(name=theme.plain(label), **dict(zip(("early", "half", "late"), days, strict=True)))
            for label, days in zip(
                table["name"], ([_day(today, end) for end in row] for row in zip(*ends, strict=True)), strict=True
            )
        ]
        figure.add_trace(
            go.Scatter(
                x=np.column_stack([ends[0], ends[2], gap]).ravel(),
                y=np.column_stack([at, at, gap]).ravel(),
                mode="lines",
                line={"color": theme.faded(colour, 0.45), "width": 7},
                hoverinfo="skip",
                showlegend=False,
            )
        )
        figure.add_trace(
            go.Scatter(
                x=ends[1],
                y=at,
                mode="markers",
                marker={"color": colour, "size": 10, "symbol": symbol},
                name=name,
                hoverinfo="text",
                hovertext=hover,
            )
        )
    return figure


def cover(table: pd.DataFrame) -> go.Figure:
    """Days that the shelf lasts against days that a delivery takes, a point a product that sells."""
    selling = table[np.isfinite(table["cover"])]
    short = int((selling["cover"] < selling["lead_time"]).sum())
    one = _("What is on hand lasts less long than a delivery takes for {count} of {all} products")
    top = float(max(selling["lead_time"].max() * 1.15, 7)) if len(selling) else 7.0
    figure = theme.figure(
        one.format(count=locales.number(short), all=locales.number(len(selling))),
        x=_("Days that what is on hand lasts"),
        y=_("Days that a delivery takes, on average"),
        height=90 + 30 * SHOWN,
        xaxis={
            "tickvals": np.arange(0, FAR + 1, 20),
            "ticktext": [locales.number(day) + ("+" if day == FAR else "") for day in range(0, FAR + 1, 20)],
            "range": [-2, FAR + 4],
        },
        yaxis={**theme.number_axis(np.array([0.0, top])), "range": [0, top]},
        shapes=[theme.diagonal(top)],
        hovermode="closest",
    )
    sentence = _("{name}: {units} on hand last {cover} days, a delivery takes {lead}; {risk} risk to run out before it")
    due = selling["quantity"] > 0
    for which, colour, symbol, name in (
        (~due, theme.STAY, "circle", _("Enough, with what is under way")),
        (due, theme.LEAVE, "diamond", _("To order today")),
    ):
        some = selling[which]
        figure.add_trace(
            go.Scatter(
                x=some["cover"].clip(upper=FAR).to_numpy(),
                y=some["lead_time"].to_numpy(),
                mode="markers",
                name=name,
                marker={"color": theme.faded(colour, 0.75), "size": 7, "symbol": symbol},
                hoverinfo="text",
                hovertext=[
                    sentence.format(
                        name=theme.plain(row.name_),
                        units=locales.number(row.on_hand),
                        cover=locales.number(row.cover),
                        lead=locales.number(row.lead_time),
                        risk=locales.percent(row.risk),
                    )
                    for row in some.rename(columns={"name": "name_"}).itertuples()
                ],
            )
        )
    return figure


def reorder_points(table: pd.DataFrame) -> go.Figure:
    """Reorder points of the first products of a list: what is forecast, and what is held beyond it."""
    shown = table.head(SHOWN)
    safety = (shown["reorder_point"] - shown["expected"]).clip(lower=0)
    share = float(safety.sum() / max(shown["reorder_point"].sum(), 1e-9))
    figure = theme.figure(
        _("{share} of these reorder points is safety against what the forecast cannot know").format(
            share=locales.percent(share)
        ),
        x=_("Units"),
        height=90 + 30 * len(shown),
        xaxis=theme.number_axis(np.array([0.0, max(float(shown["reorder_point"].max()), 1.0)])),
        yaxis={
            "tickvals": np.arange(len(shown)),
            "ticktext": [_short(name) for name in shown["name"]],
            "autorange": "reversed",
        },
        barmode="stack",
        hovermode="closest",
    )
    sentence = _("{name}: order when {point} are left: {expected} are forecast, {safety} are safety")
    hover = [
        sentence.format(
            name=theme.plain(name),
            point=locales.number(point),
            expected=locales.number(expected, 1),
            safety=locales.number(point - expected, 1),
        )
        for name, point, expected in zip(shown["name"], shown["reorder_point"], shown["expected"], strict=True)
    ]
    for name, values, colour in (
        (_("Forecast"), shown["expected"].clip(upper=shown["reorder_point"]), theme.STAY),
        (_("Safety"), safety, theme.ACCENT),
    ):
        figure.add_trace(
            go.Bar(
                x=values.to_numpy(),
                y=np.arange(len(shown)),
                orientation="h",
                name=name,
                marker={"color": colour},
                hoverinfo="text",
                hovertext=hover,
            )
        )
    return figure


def sales(weeks: pd.DataFrame) -> go.Figure:
    """Units of one product a week: `sold`, `repaired` (what sold-out days would have added), `forecast`, `lo`, `hi`.

    Indexed by the last day of each week; what is past has no forecast, what is to come only that.
    """
    past, ahead = weeks[weeks["forecast"].isna()], weeks[weeks["forecast"].notna()]
    title = _("{units} units a week are forecast for the next {weeks} weeks, after {before} in as many before")
    usual = (past["sold"] + past["repaired"]).tail(len(ahead)).mean()
    figure = theme.figure(
        title.format(
            units=locales.number(ahead["forecast"].mean(), 1),
            weeks=locales.number(len(ahead)),
            before=locales.number(usual, 1),
        ),
        x=_("Week that ends on"),
        y=_("Units a week"),
        xaxis=_dates(weeks.index),
        yaxis={"rangemode": "tozero"},
        barmode="stack",
        hovermode="closest",
    )
    sold = _("Week to {day}: {units} sold")
    lost = _("Week to {day}: about {units} more would have been sold on days without stock")
    expected = _("Week to {day}: {units} forecast, {lo} to {hi} in eight of ten cases")
    for name, column, colour, sentence in (
        (_("Sold"), "sold", theme.STAY, sold),
        (_("Missed while sold out (estimate)"), "repaired", theme.ACCENT, lost),
    ):
        if not past[column].any() and column == "repaired":
            continue
        figure.add_trace(
            go.Bar(
                x=past.index,
                y=past[column].to_numpy(),
                name=name,
                marker={"color": colour},
                hoverinfo="text",
                hovertext=[
                    sentence.format(day=locales.day(day), units=locales.number(units))
                    for day, units in past[column].items()
                ],
            )
        )
    figure.add_trace(theme.band(ahead.index, ahead["lo"], ahead["hi"], theme.LEAVE, name=_("Eight of ten cases")))
    figure.add_trace(
        go.Scatter(
            x=ahead.index,
            y=ahead["forecast"].to_numpy(),
            name=_("Forecast"),
            mode="lines+markers",
            line={"color": theme.LEAVE, "width": 2.5},
            hoverinfo="text",
            hovertext=[
                expected.format(
                    day=locales.day(row.Index),
                    units=locales.number(row.forecast, 1),
                    lo=locales.number(row.lo),
                    hi=locales.number(row.hi),
                )
                for row in ahead.itertuples()
            ],
        )
    )
    return figure


def shelf(past: pd.Series, ahead: pd.DataFrame, point: float, risk: float, today: date) -> go.Figure:
    """Units of one product on hand: what was (`past`), and `mid`, `lo`, `hi` of what comes if nothing is ordered."""
    title = _("{risk} chance that it runs out before a delivery ordered today comes")
    figure = theme.figure(
        title.format(risk=locales.percent(risk)),
        x=_("Day"),
        y=_("Units on hand"),
        xaxis=_dates(past.index.append(pd.DatetimeIndex(ahead.index))),
        yaxis={"rangemode": "tozero"},
        shapes=[
            theme.across(point),
            {**theme.across(0), "x0": today, "x1": today, "xref": "x", "y0": 0, "y1": 1, "yref": "paper"},
        ],
        annotations=[
            {
                "x": 0.0,
                "xref": "paper",
                "xanchor": "left",
                "y": point,
                "yanchor": "bottom",
                "showarrow": False,
                "text": _("reorder point {units}").format(units=locales.number(point)),
            }
        ],
        hovermode="closest",
    )
    figure.add_trace(
        go.Scatter(
            x=past.index,
            y=past.to_numpy(),
            name=_("On hand until today"),
            line={"color": theme.NEUTRAL, "width": 2, "shape": "hv"},
            hoverinfo="text",
            hovertext=[
                _("{day}: {units} on hand").format(day=locales.day(day), units=locales.number(units))
                for day, units in past.items()
            ],
        )
    )
    figure.add_trace(theme.band(ahead.index, ahead["lo"], ahead["hi"], theme.LEAVE, name=_("Eight of ten cases")))
    sentence = _("{day}: {mid} left, {lo} to {hi} in eight of ten cases; empty with a chance of {risk}")
    figure.add_trace(
        go.Scatter(
            x=ahead.index,
            y=ahead["mid"].to_numpy(),
            name=_("Median, if nothing is ordered"),
            line={"color": theme.LEAVE, "width": 2.5},
            hoverinfo="text",
            hovertext=[
                sentence.format(
                    day=locales.day(row.Index),
                    mid=locales.number(row.mid),
                    lo=locales.number(row.lo),
                    hi=locales.number(row.hi),
                    risk=locales.percent(row.risk),
                )
                for row in ahead.itertuples()
            ],
        )
    )
    return figure


def empty_by(ahead: pd.DataFrame, run_out: float, sure: float, lead: np.ndarray, today: date) -> go.Figure:
    """The chance that the shelf has run empty, day by day, and that a delivery ordered today has come."""
    days = np.arange(len(ahead))
    known = run_out < len(ahead)
    title = _("As likely as not it is empty by {half}, almost surely by {sure}")
    later = _("It will more likely than not last beyond {day}")
    figure = theme.figure(
        title.format(half=_day(today, run_out), sure=_day(today, sure) if sure < len(ahead) else _("later"))
        if known
        else later.format(day=locales.day(today + timedelta(days=len(ahead) - 1))),
        x=_("Day"),
        y=_("Chance"),
        xaxis=_dates(pd.DatetimeIndex(ahead.index)),
        yaxis=theme.percent_axis(1.02),
        hovermode="closest",
    )
    came = (lead[None, :] <= days[:, None]).mean(axis=1)
    for name, chance, colour, dash, sentence in (
        (_("Shelf has run empty"), ahead["risk"].to_numpy(), theme.LEAVE, "solid", _("By {day} it is empty: {share}")),
        (_("Delivery ordered today is there"), came, theme.STAY, "dash", _("By {day} a delivery is there: {share}")),
    ):
        figure.add_trace(
            go.Scatter(
                x=ahead.index,
                y=chance,
                name=name,
                line={"color": colour, "width": 2.5, "dash": dash},
                hoverinfo="text",
                hovertext=[
                    sentence.format(day=locales.day(day), share=locales.percent(share))
                    for day, share in zip(ahead.index, chance, strict=True)
                ],
            )
        )
    return figure


def _dates(days: pd.Index) -> dict[str, object]:
    """An axis of days, a tick at some firsts of months."""
    every = pd.date_range(days[0], days[-1], freq="MS")
    some = every[:: max(len(every) // 7, 1)]
    return {"tickvals": some, "ticktext": [locales.month(day) for day in some]}


def _days(today: date, *ends: float) -> dict[str, object]:
    """An axis of days from `today`, labelled with dates."""
    last = max(ends)
    step = next(width for width in (1, 2, 7, 14, 28, 56) if last / width <= 6 or width == 56)
    ticks = np.arange(0, last + step, step)
    return {
        "tickvals": ticks,
        "ticktext": [_day(today, tick) for tick in ticks],
        "range": [-0.02 * last - 0.5, last * 1.03 + 1],
    }


def _day(today: date, days: float) -> str:
    return locales.day(today + timedelta(days=int(days)))


def _short(name: str) -> str:
    return theme.plain(name if len(name) <= NAME else name[: NAME - 1].rstrip() + "…")
