"""Figures of the Sales section. Each title states what the figure shows."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import _
from models.sales.overview import Season, moved, standing_out

SURELY = 0.05  # p-value from which on a change is none worth a title
BLOCK = 53  # weeks side by side in the calendar: a year that starts in mid-week
BLOCKS = 5


def trend(parts: pd.DataFrame, season: Season, currency: str) -> go.Figure:
    """Revenue and its trend (of `models.sales.overview.decompose`)."""
    change, pvalue = moved(parts)
    title = _("Revenue and its trend")
    if change == change:
        more = _("Revenue was {share} higher in the last fifth of the time than in the first, its season taken out")
        less = _("Revenue was {share} lower in the last fifth of the time than in the first, its season taken out")
        if season == "week":  # only the days of the week are taken out
            more = _(
                "Revenue was {share} higher in the last fifth of the time than in the first, year’s season included"
            )
            less = _(
                "Revenue was {share} lower in the last fifth of the time than in the first, year’s season included"
            )
        title = (more if change > 0 else less).format(share=locales.percent(abs(change)))
        if not pvalue < SURELY:
            title = _("The last fifth of the time sold as much as the first, as far as chance lets anybody tell")
    sentence = _("{day}: {amount} sold; the trend says {trend}, the season {season}")
    if season == "year":
        sentence = _("Week of {day}: {amount} sold; the trend says {trend}, the season {season}")
    figure = _along(title, _revenue_axis(season, currency), parts[["revenue", "trend"]], season)
    hover = [
        sentence.format(
            day=locales.day(row.Index),
            amount=locales.money(row.revenue, currency),
            trend=locales.money(row.trend, currency),
            season=_signed(row.season, currency),
        )
        for row in parts.itertuples()
    ]
    x = parts.index.to_numpy()
    figure.add_trace(
        go.Scatter(
            x=x,
            y=parts["revenue"].to_numpy(),
            name=_("Revenue"),
            mode="lines+markers" if len(parts) < 100 else "lines",
            line={"color": theme.NEUTRAL, "width": 1.2},
            marker={"size": 4},
            hoverinfo="text",
            hovertext=hover,
        )
    )
    line = {"color": theme.STAY, "width": 3}
    figure.add_trace(
        go.Scatter(x=x, y=parts["trend"].to_numpy(), name=_("Trend"), mode="lines", line=line, hoverinfo="skip")
    )
    return figure


def season_of_week(parts: pd.DataFrame, currency: str, pvalue: float) -> go.Figure:
    """How far each day of the week is from the trend, on average over `parts`; `pvalue`: of days that are all alike."""
    names, by_day = locales.weekdays(), parts["season"].groupby(parts.index.day_of_week).mean()
    short, most, least = locales.weekdays("abbreviated"), by_day.idxmax(), by_day.idxmin()
    title = _("{best}: {more} against the trend; {worst}: {less}").format(
        best=names[most].capitalize(),
        more=_signed(by_day[most], currency),
        worst=names[least],
        less=_signed(by_day[least], currency),
    )
    if not pvalue < SURELY:
        title = _("No day of the week sells more or less than others, as far as chance lets anybody tell")
    figure = theme.figure(
        title,
        x=_("Day of the week"),
        y=_("Against the trend ({currency})").format(currency=currency),
        yaxis=_money_ticks(by_day),
        showlegend=False,
    )
    sentence = _("{name}: {amount} against the trend, on average")
    hover = [sentence.format(name=names[day], amount=_signed(value, currency)) for day, value in by_day.items()]
    figure.add_trace(_bars([short[day] for day in by_day.index], by_day, hover))
    return figure


def season_of_year(parts: pd.DataFrame, currency: str, pvalue: float) -> go.Figure:
    """How far each week of the year is from the trend: the last of them in `parts`; `pvalue`: of no season at all."""
    year = parts["season"].iloc[-52:]
    top = year.idxmax()
    title = _("The season peaks in the week of {day}, {amount} against the trend").format(
        day=locales.day(top), amount=_signed(year[top], currency)
    )
    if not pvalue < SURELY:
        title = _("No time of the year sells more or less than others, as far as chance lets anybody tell")
    sentence = _("Week of {day}: {amount} against the trend")
    hover = [sentence.format(day=locales.day(day), amount=_signed(value, currency)) for day, value in year.items()]
    axis = _("Against the trend ({currency})").format(currency=currency)
    figure = _along(title, axis, year, "year")
    figure.add_trace(_bars(year.index.to_numpy(), year, hover))
    return figure


def rest(parts: pd.DataFrame, season: Season, currency: str) -> go.Figure:
    """What neither trend nor season explains; days (or weeks) that stand out are in another colour."""
    values = parts["rest"]
    far = standing_out(values)
    title = _("No day stands out from trend and season")
    if season == "year":
        title = _("No week stands out from trend and season")
    if len(far):
        some = locales.ngettext("{count} day stands out", "{count} days stand out", len(far))
        if season == "year":
            some = locales.ngettext("{count} week stands out", "{count} weeks stand out", len(far))
        title = _("{some}, {day} most: {amount} against trend and season").format(
            some=some.format(count=locales.number(len(far))),
            day=locales.day(far.index[0]),
            amount=_signed(far.iloc[0], currency),
        )
    sentence = _("{day}: {amount} against trend and season")
    hover = [sentence.format(day=locales.day(day), amount=_signed(value, currency)) for day, value in values.items()]
    axis = _("Against trend and season ({currency})").format(currency=currency)
    figure = _along(title, axis, values, season)
    bars = _bars(values.index.to_numpy(), values, hover)
    bars.marker.color = np.where(values.index.isin(far.index), theme.LEAVE, theme.STAY)
    figure.add_trace(bars)
    return figure


def totals(values: pd.Series, currency: str) -> go.Figure:
    """Revenue of every week or month, by its date in data that know no days."""
    title = _("The best total was that of {day} with {amount}")
    title = title.format(day=locales.day(values.idxmax()), amount=locales.money(values.max(), currency))
    sentence = _("{day}: {amount} sold")
    hover = [
        sentence.format(day=locales.day(day), amount=locales.money(sold, currency)) for day, sold in values.items()
    ]
    figure = _along(title, _("Revenue ({currency})").format(currency=currency), values, "week")
    figure.update_xaxes(title_text=_("Week or month"))
    figure.add_trace(_bars(values.index.to_numpy(), values, hover))
    return figure


def calendar(days: pd.DataFrame, currency: str, dark: bool) -> go.Figure:
    """Revenue of every day (of `models.sales.overview.daily`), weekdays by weeks; grey days were closed.

    A year or less is one block; of more, each of the latest `BLOCKS` calendar years is one.
    """
    monday = days.index[0] - pd.Timedelta(days=days.index[0].day_of_week)
    week = ((days.index - monday).days // 7).to_numpy()
    years: list[int] = []
    block = np.zeros(len(days), dtype=int)
    if week[-1] >= BLOCK:
        days = days[days.index.year > days.index[-1].year - BLOCKS]
        years = days.index.year.unique().to_list()
        block = days.index.year.to_numpy() - years[0]
        week = ((days.index.day_of_year - 1 - days.index.day_of_week + 6) // 7).to_numpy()
    weekday = days.index.day_of_week.to_numpy()
    row, is_open = 8 * block + weekday, days["is_open"].to_numpy()
    shape = (8 * block[-1] + 7, week.max() + 1)
    revenue, closed = np.full(shape, np.nan), np.full(shape, np.nan)
    revenue[row[is_open], week[is_open]] = days["revenue"].to_numpy()[is_open]
    closed[row[~is_open], week[~is_open]] = 1
    hover = np.full(shape, "", dtype=object)
    sentence, shut = _("{day}: {amount} sold"), _("{day}: closed")
    hover[row, week] = [
        (sentence if opened else shut).format(day=locales.day(when), amount=locales.money(amount, currency))
        for when, amount, opened in zip(days.index, days["revenue"], is_open, strict=True)
    ]
    begins = (days.index.day == 1) & (block == np.bincount(block).argmax())
    months = days.index[begins][:: 1 + begins.sum() // 5]
    names = locales.weekdays("abbreviated")
    figure = theme.figure(
        _title_calendar(days, currency),
        height=80 + (170 if not years else 112 * len(years)),
        xaxis={
            "showgrid": False,
            "zeroline": False,
            "tickvals": week[days.index.get_indexer(months)],
            "ticktext": [locales.month(when) if not years else locales.month(when).split()[0] for when in months],
            "tickangle": 0,
        },
        yaxis={
            "showgrid": False,
            "zeroline": False,
            "range": [shape[0] - 0.5, -1.6 if years else -0.5],
            "tickvals": [8 * one + day for one in range(block[-1] + 1) for day in (0, 2, 4, 6)],
            "ticktext": [names[day] for _one in range(block[-1] + 1) for day in (0, 2, 4, 6)],
        },
        annotations=[
            {"x": -0.5, "y": 8 * one - 1, "text": str(year), "showarrow": False, "xanchor": "left"}
            for one, year in enumerate(years)
        ],
    )
    top = max(float(np.quantile(days["revenue"][is_open], 0.98)) if is_open.any() else 0.0, 1.0)
    cells = {"hoverinfo": "text", "hovertext": hover, "hoverongaps": False, "xgap": 1, "ygap": 1}
    ticks = theme.number_axis(np.array([0.0, top]))
    figure.add_trace(
        go.Heatmap(
            z=revenue,
            zmin=0,
            zmax=top,
            colorscale=theme.SEQUENTIAL[::-1] if dark else theme.SEQUENTIAL,
            colorbar={
                "orientation": "h",
                "len": 0.4,
                "x": 1,
                "xanchor": "right",
                "y": 1,
                "yanchor": "bottom",
                "ypad": 4,
                "thickness": 8,
                "outlinewidth": 0,
                "tickvals": ticks["tickvals"][::2],
                "ticktext": [locales.money(tick, currency) for tick in ticks["tickvals"][::2]],
            },
            **cells,
        )
    )
    grey = theme.faded(theme.NEUTRAL, 0.4)
    figure.add_trace(go.Heatmap(z=closed, colorscale=[[0, grey], [1, grey]], showscale=False, **cells))
    return figure


def loyalty(months: pd.DataFrame) -> go.Figure:
    """New and returning customers by month (of `models.sales.overview.loyalty`); months in part are pale."""
    whole = months[months["is_whole"] & (months["new"] + months["returning"] > 0)]
    title = _("New and returning customers by month")
    if len(whole):
        last = whole.iloc[-1]
        title = _("{share} of the customers of {month} were new").format(
            share=locales.percent(last["new"] / (last["new"] + last["returning"])), month=locales.month(last["month"])
        )
    layers = {
        "returning": (_("Returning"), theme.STAY, _("{month}: {amount} returning customers")),
        "new": (_("New"), theme.LEAVE, _("{month}: {amount} new customers")),
    }
    return _stacked(title, months, layers, _("Customers who bought"), locales.number)


def loyalty_revenue(months: pd.DataFrame, currency: str) -> go.Figure:
    """Revenue of new, returning and unknown customers by month (of `models.sales.overview.loyalty`)."""
    layers = {
        "revenue_returning": (_("Returning"), theme.STAY, _("{month}: {amount} from returning customers")),
        "revenue_new": (_("New"), theme.LEAVE, _("{month}: {amount} from new customers")),
        "revenue_unknown": (_("Not known"), theme.NEUTRAL, _("{month}: {amount} from customers not known")),
    }
    split = months[list(layers)].sum()
    title = _("Revenue of new and returning customers by month")
    if split.min() >= 0 and split.sum() > 0:
        title = _("Returning customers bring {share} of revenue").format(
            share=locales.percent(split["revenue_returning"] / split.sum())
        )
    axis = _("Revenue ({currency})").format(currency=currency)
    return _stacked(title, months, layers, axis, lambda value: locales.money(value, currency))


def _stacked(
    title: str,
    months: pd.DataFrame,
    layers: dict[str, tuple[str, str, str]],
    axis: str,
    written: Callable[[float], str],
) -> go.Figure:
    """Bars a month of the columns that `layers` names, each with its name, colour and hover sentence."""
    names = [locales.month(when) for when in months["month"]]
    part = _("{month} (in part)")
    spoken = [name if whole else part.format(month=name) for name, whole in zip(names, months["is_whole"], strict=True)]
    stacks = months[list(layers)]
    ends = [stacks.clip(upper=0).sum(axis=1).min(), max(stacks.clip(lower=0).sum(axis=1).max(), 1.0)]
    figure = theme.figure(
        title,
        x=_("Month"),
        y=axis,
        xaxis={"tickvals": names[::-1][:: -(-len(names) // 6)], "type": "category"},
        yaxis=theme.number_axis(np.array(ends, dtype=float)),
        barmode="relative",
        bargap=0.25,
        margin={"l": 8, "r": 8, "t": 30, "b": 8},
    )
    for column, (name, colour, sentence) in layers.items():
        amounts = months[column].to_numpy()
        figure.add_trace(
            go.Bar(
                x=names,
                y=amounts,
                name=name,
                marker={"color": colour, "opacity": np.where(months["is_whole"], 1.0, 0.5)},
                hoverinfo="text",
                hovertext=[
                    sentence.format(month=month, amount=written(amount))
                    for month, amount in zip(spoken, amounts, strict=True)
                ],
            )
        )
    return figure


def _along(title: str, axis: str, values: pd.DataFrame | pd.Series, season: Season) -> go.Figure:
    """An empty figure along the days (or weeks) of `values`, which are money."""
    return theme.figure(
        title,
        x=_("Week from") if season == "year" else _("Day"),
        y=axis,
        xaxis=theme.time_axis(values.index),
        yaxis=_money_ticks(values),
        showlegend=isinstance(values, pd.DataFrame),
        bargap=0.1,
    )


def _money_ticks(values: pd.DataFrame | pd.Series) -> dict[str, object]:
    least, most = float(np.min(values)), float(np.max(values))
    return theme.number_axis(np.array([min(0.0, least), max(most, least + 1, 1.0)])) | {"rangemode": "tozero"}


def _bars(x: object, values: pd.Series, hover: list[str]) -> go.Bar:
    return go.Bar(x=x, y=values.to_numpy(), marker={"color": theme.STAY}, hoverinfo="text", hovertext=hover)


def _revenue_axis(season: Season, currency: str) -> str:
    if season == "year":
        return _("Revenue a week ({currency})").format(currency=currency)
    return _("Revenue a day ({currency})").format(currency=currency)


def _signed(amount: float, currency: str) -> str:
    return locales.signed(amount, partial(locales.money, currency=currency))


def _title_calendar(days: pd.DataFrame, currency: str) -> str:
    opened = days[days["is_open"]]
    if opened.empty:
        return _("Closed on every day")
    best = opened["revenue"].idxmax()
    title = _("The best day was {day} with {amount}")
    if not days["is_open"].all():
        title = _("The best day was {day} with {amount}; grey days were closed")
    return title.format(day=locales.day(best), amount=locales.money(opened["revenue"][best], currency))
