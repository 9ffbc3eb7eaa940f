"""Figures of who leaves. Each title states what the figure shows, where the data show it for certain."""

from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from charts.canvas import INK, PAPER, blank
from locales import _
from locales.customers import label
from models import statistics
from models.churn.explore import PEERS, Crossed

if TYPE_CHECKING:
    from matplotlib.figure import Figure
CERTAIN = 0.05  # a p-value below it lets a title speak of a difference
SLOPE = 0.005  # the same for a number, of which a page shows ten
FARTHEST = 3.54 / statistics.Z95  # the ends of 20 equal points differ by fewer standard errors in 95 % of cases


def rate_by(rates: pd.DataFrame, column: str, overall: float, chosen: list[str]) -> go.Figure:
    """Churn rate of each level (of `explore.rate_by`) as a bar with its interval; bars not chosen are faded.

    `customdata` of a bar is its raw level.
    """
    shown = rates.iloc[::-1]
    names = [theme.wrapped(label(level), 16) for level in shown["level"]]
    sentence = _("{level}: {churned} of {customers} customers left, {rate} (95% interval {lo} to {hi})")
    reach = max(float(shown["hi"].max()), overall) * 1.25
    labels = [
        {
            "x": 1,
            "xref": "paper",
            "y": place,  # a note reads "1" as the second bar, whatever the bar's name
            "text": f"<b>{locales.percent(row.rate, _digits(shown['rate'].max()))}</b>",
            "showarrow": False,
            "xanchor": "right",
        }
        for place, row in enumerate(shown.itertuples())
    ]
    reference = {
        "x": overall,
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "text": _("all: {rate}").format(rate=locales.percent(overall, 1)),
        "showarrow": False,
        "font": {"color": theme.LEAVE, "size": 12},
    }
    figure = theme.figure(
        _title_by(rates, column),
        x=_("Share of customers who left"),
        height=max(theme.HEIGHT, 110 + 44 * len(rates)),
        xaxis=theme.percent_axis(reach),
        annotations=[*labels, reference],
        shapes=[theme.upright(overall, theme.LEAVE)],
        margin={"l": 8, "r": 8, "t": 24, "b": 8},
        bargap=0.45,
        showlegend=False,
    )
    figure.add_trace(
        go.Bar(
            x=shown["rate"].to_numpy(),
            y=names,
            orientation="h",
            customdata=shown["level"].to_list(),
            marker={
                "color": theme.STAY,
                "opacity": [1.0 if not chosen or level in chosen else 0.35 for level in shown["level"]],
            },
            error_x=theme.interval(shown["rate"], shown["lo"], shown["hi"]),
            hoverinfo="text",
            hovertext=[
                sentence.format(
                    level=theme.plain(label(row.level)),
                    churned=locales.number(row.churned),
                    customers=locales.number(row.customers),
                    rate=locales.percent(row.rate, 1),
                    lo=locales.percent(row.lo, 1),
                    hi=locales.percent(row.hi, 1),
                )
                for row in shown.itertuples()
            ],
        )
    )
    return figure


def rate_along(
    curve: pd.DataFrame, column: str, overall: float, currency: str, halves: tuple[float, float, float]
) -> go.Figure:
    """Churn rate along a number (of `explore.rate_along`), its 95 % band, and where the customers are.

    `halves` is of `explore.halves`.
    """
    if curve.empty:
        return theme.figure(_("{column}: too few customers for a curve").format(column=label(column)), height=60)
    at = curve["at"].to_numpy()
    top = max(float(curve["hi"].max()), overall) * 1.08
    figure = theme.figure(
        _title_along(curve, column, currency, halves),
        x=_axis(column, currency),
        y=_("Share who left"),
        xaxis=theme.number_axis(at),
        yaxis=theme.percent_axis(top),
        shapes=[theme.across(overall)],
    )
    figure.add_trace(theme.band(at, curve["lo"], curve["hi"], theme.LEAVE, name=_("95% interval")))
    sentence = _("At {at}: {rate} left (95% interval {lo} to {hi})")
    figure.add_trace(
        go.Scatter(
            x=at,
            y=curve["rate"],
            mode="lines",
            line={"color": theme.LEAVE, "width": 2.5},
            name=_("Share who left"),
            hoverinfo="text",
            hovertext=[
                sentence.format(
                    at=_amount(row.at, column, currency),
                    rate=locales.percent(row.rate, 1),
                    lo=locales.percent(row.lo, 1),
                    hi=locales.percent(row.hi, 1),
                )
                for row in curve.itertuples()
            ],
        )
    )
    figure.add_trace(
        go.Scatter(
            x=at,
            y=curve["density"] / curve["density"].max() * top * 0.18,
            fill="tozeroy",
            mode="lines",
            line={"width": 0},
            fillcolor=theme.faded(theme.NEUTRAL, 0.35),
            hoverinfo="skip",
            name=_("Where the customers are"),
        )
    )
    return figure


def crossed_heatmap(crossed: Crossed, dark: bool) -> "Figure":
    """Churn rate (colour and figure) and number of customers of two columns crossed. Grey: too few customers."""
    rate, count = crossed.rate, crossed.count
    digits = _digits(np.nanmax(rate.to_numpy(), initial=0))
    annotations = np.array(
        [
            [
                f"{locales.percent(share, digits)}\nn = {locales.number(n)}"
                if share == share
                else f"n = {locales.number(n)}"
                for share, n in zip(shares, ns, strict=True)
            ]
            for shares, ns in zip(rate.to_numpy(), count.to_numpy(), strict=True)
        ]
    )
    rows = [label(str(level)) for level in rate.index]
    columns = [label(str(level)) for level in rate.columns]
    import seaborn as sns
    from matplotlib.colors import LinearSegmentedColormap

    width, height = max(4.6, 0.86 * len(columns) + 1.5), max(2.6, 0.6 * len(rows) + 1.0)
    drawn, axis = blank(_title_crossed(crossed), width, height, dark, "constrained")
    sns.heatmap(
        rate.to_numpy(),
        annot=annotations,
        fmt="",
        cmap=LinearSegmentedColormap.from_list("vigie", theme.SEQUENTIAL),
        vmin=0,
        vmax=max(0.3, float(np.nanmax(rate.to_numpy(), initial=0))),
        cbar=False,
        linewidths=1.5,
        linecolor=PAPER[dark],
        annot_kws={"size": 9},
        xticklabels=False,
        yticklabels=False,  # set below: seaborn would measure each, which takes longer than to draw
        ax=axis,
    )
    axis.set_xticks(np.arange(len(columns)) + 0.5, ["\n".join(wrap(name, 14)) for name in columns])
    axis.set_yticks(np.arange(len(rows)) + 0.5, ["\n".join(wrap(name, 18)) for name in rows], va="center")
    axis.set_ylabel(label(crossed.rows), color=INK[dark], fontsize=10)
    axis.set_xlabel(label(crossed.columns), color=INK[dark], fontsize=10)
    axis.tick_params(colors=INK[dark], labelsize=9, length=0)
    axis.tick_params(axis="y", rotation=0)
    return drawn


def association_heatmap(matrix: pd.DataFrame, column: str | None) -> go.Figure:
    """Cramér's V between columns; the triangle above the diagonal would say the same twice.

    The title names the `column` that surely goes most with leaving (of `explore.foremost`), if any.
    """
    title = _("No column with few levels goes together with leaving")
    if column:
        title = _("{column} goes together with leaving more than any other (V = {v})").format(
            column=label(column), v=locales.number(matrix.loc[column, "churned"], 2)
        )
    return _triangle(matrix, title, theme.SEQUENTIAL, (0, 1), _("{one} and {other}: Cramér's V {value}"))


def correlation_heatmap(matrix: pd.DataFrame, column: str | None) -> go.Figure:
    """Spearman correlations between numbers; blue together, orange against each other. `column`: see above."""
    title = _("No number goes up or down with leaving")
    if column:
        strength = float(matrix.loc[column, "churned"])
        longer = _("The higher {column}, the more customers leave (rank correlation {r})")
        shorter = _("The higher {column}, the fewer customers leave (rank correlation {r})")
        title = (longer if strength > 0 else shorter).format(
            column=label(column).lower(), r=locales.number(strength, 2)
        )
    return _triangle(matrix, title, theme.DIVERGING[::-1], (-1, 1), _("{one} and {other}: rank correlation {value}"))


def _triangle(
    matrix: pd.DataFrame, title: str, colours: list[str], limits: tuple[int, int], sentence: str
) -> go.Figure:
    names = [theme.plain(label(column)) for column in matrix.columns]
    values = matrix.to_numpy()[1:, :-1].copy()
    values[np.triu_indices_from(values, 1)] = np.nan
    texts = [["" if v != v else locales.number(v, 2) for v in row] for row in values]
    hover = [
        [sentence.format(one=one, other=other, value=text) for other, text in zip(names, row, strict=False)]
        for one, row in zip(names[1:], texts, strict=True)
    ]
    figure = theme.figure(
        title,
        height=max(220, 80 + 30 * len(values)),
        xaxis={"showgrid": False},
        yaxis={"showgrid": False, "autorange": "reversed"},
    )
    figure.add_trace(
        go.Heatmap(
            z=values,
            x=names[:-1],
            y=names[1:],
            text=texts,
            texttemplate="%{text}",
            hovertext=hover,
            hoverinfo="text",
            hoverongaps=False,
            colorscale=colours,
            zmin=limits[0],
            zmax=limits[1],
            showscale=False,
            xgap=2,
            ygap=2,
        )
    )
    return figure


def _digits(largest: float) -> int:
    """Decimals of percentages of which the largest share is this one: where few leave, 0% and 1% say nothing."""
    return 0 if largest >= 0.1 else 1


def _title_by(rates: pd.DataFrame, column: str) -> str:
    large = rates[rates["customers"] >= PEERS]
    tested = np.stack([large["churned"], large["customers"] - large["churned"]])
    if statistics.independence(tested) >= CERTAIN or large["lo"].iloc[0] <= large["hi"].iloc[-1]:
        return _("{column}: no difference that these data can prove").format(column=label(column))
    most, least = large.iloc[0], large.iloc[-1]
    names = {"most": label(most["level"]), "least": label(least["level"]), "column": label(column)}
    if least["rate"] > 0 and (times := most["rate"] / least["rate"]) >= 1.5:
        times_text = locales.number(times, 0 if times >= 10 else 1)
        return _("{column}: “{most}” leave {times} times as often as “{least}”").format(times=times_text, **names)
    points = locales.number(100 * (most["rate"] - least["rate"]), 1)
    return _("{column}: “{most}” leave more than “{least}”, by {points} points").format(points=points, **names)


def _title_along(curve: pd.DataFrame, column: str, currency: str, halves: tuple[float, float, float]) -> str:
    high, low = curve.loc[curve["rate"].idxmax()], curve.loc[curve["rate"].idxmin()]
    if high["rate"] - low["rate"] > FARTHEST * np.hypot(high["rate"] - high["lo"], low["hi"] - low["rate"]):
        return _("{column}: {high} leave at {at_high}, {low} at {at_low}").format(
            column=label(column),
            high=locales.percent(high["rate"], _digits(high["rate"])),
            at_high=_amount(high["at"], column, currency),
            low=locales.percent(low["rate"], _digits(high["rate"])),
            at_low=_amount(low["at"], column, currency),
        )
    lower, upper, chance = halves
    if chance < SLOPE:
        return _("{column}: {lower} of the lower half leave, {upper} of the upper half").format(
            column=label(column),
            lower=locales.percent(lower, _digits(max(lower, upper))),
            upper=locales.percent(upper, _digits(max(lower, upper))),
        )
    return _("{column}: no difference that these data can prove").format(column=label(column))


def _title_crossed(crossed: Crossed) -> str:
    rates = crossed.rate.stack().dropna()
    if rates.empty:
        return _("Too few customers in every cell to say")
    names = {"rows": label(crossed.rows), "columns": label(crossed.columns)}
    sizes = crossed.count.stack()[rates.index]
    churned = rates * sizes
    row, column = rates.idxmax()
    lo, _hi = statistics.wilson(churned[row, column], sizes[row, column])
    unrelated = statistics.independence(np.stack([churned, sizes - churned])) >= CERTAIN
    if unrelated or lo <= churned.sum() / sizes.sum():
        return _("{rows} and {columns}: no difference that these data can prove").format(**names)
    return _("{rows} “{row}” with {columns} “{column}”: {rate} leave, the most").format(
        row=label(str(row)), column=label(str(column)), rate=locales.percent(rates.max(), _digits(rates.max())), **names
    )


def _axis(column: str, currency: str) -> str:
    unit = {"tenure": _("months")}.get(column, currency if column.endswith("charges") else "")
    return f"{theme.plain(label(column))} ({unit})" if unit else theme.plain(label(column))


def _amount(value: float, column: str, currency: str) -> str:
    if column.endswith("charges"):
        return locales.money(value, currency)
    if column == "tenure":
        return locales.ngettext("{months} month", "{months} months", round(value)).format(months=locales.number(value))
    return locales.number(value, 0 if abs(value) >= 10 else 1)
