"""Figures of the page Products: margins. Each title states what the figure shows."""

from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from charts.canvas import INK, PAPER, blank
from locales import N_, _
from locales.labels import label
from models.products import margins
from models.products.bridge import EFFECTS, Bridge

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = 15
MAX_NAME = 24
OWN = "own"  # of any column of one's own
ROOM = 1.3  # beside the longest bar, for its amount
EARNS = {
    "product": N_("Margin by product: {name} earns the most, {amount}"),
    "category": N_("Margin by category: {name} earns the most, {amount}"),
    "supplier": N_("Margin by supplier: {name} earns the most, {amount}"),
    "store": N_("Margin by store: {name} earns the most, {amount}"),
    "customer": N_("Margin by customer: {name} earns the most, {amount}"),
    OWN: N_("Margin by {column}: {name} earns the most, {amount}"),
}
BRINGS = {
    "product": N_("Revenue by product: {name} brings in the most, {amount}"),
    "category": N_("Revenue by category: {name} brings in the most, {amount}"),
    "supplier": N_("Revenue by supplier: {name} brings in the most, {amount}"),
    "store": N_("Revenue by store: {name} brings in the most, {amount}"),
    "customer": N_("Revenue by customer: {name} brings in the most, {amount}"),
    OWN: N_("Revenue by {column}: {name} brings in the most, {amount}"),
}
LOSES = N_("None of them earns anything: {name} loses the least, {amount}")
RETURNED = N_("More came back than was sold of each of them: {name} the least, {amount}")


def waterfall(steps: pd.DataFrame, currency: str) -> go.Figure:
    """From gross sales to net margin (of `models.products.margins.waterfall`)."""
    gross, net = float(steps["level"].iloc[0]), float(steps["level"].iloc[-1])
    costed = "cost" in set(steps["step"])
    if costed:
        title = _("Of {gross} of gross sales, {net} are left after costs")
    else:
        title = _("Of {gross} of gross sales, {net} are left before costs")
    title = title.format(gross=locales.short_money(gross, currency), net=locales.short_money(net, currency))
    names = [*(_(margins.STEPS[step]) for step in steps["step"]), _("Net margin") if costed else _("Net revenue")]
    return _falling(title, names, steps["amount"].to_list(), net, currency)


def bridge(made: Bridge, costs: bool, names: tuple[str, str], currency: str) -> go.Figure:
    """What lies between two periods, which are called `names`."""
    most = max(made.effects, key=lambda effect: abs(made.effects[effect]))
    if costs:
        title = _("Margin changed by {change}, most of it by: {effect} ({amount})")
    else:
        title = _("Revenue changed by {change}, most of it by: {effect} ({amount})")
    title = title.format(
        change=_signed(made.after - made.before, currency),
        effect=_(EFFECTS[most]),
        amount=_signed(made.effects[most], currency),
    )
    labels = [names[0], *(_(EFFECTS[effect]) for effect in made.effects), names[1]]
    return _falling(title, labels, [made.before, *made.effects.values()], made.after, currency)


def _falling(title: str, names: list[str], amounts: list[float], end: float, currency: str) -> go.Figure:
    """A waterfall that lies on its side, so that names can be read on a phone: the first and last bars are levels."""
    ends = np.cumsum(amounts)
    figure = theme.figure(
        title,
        x=_("Amount ({currency})").format(currency=currency),
        height=80 + 34 * len(names),
        xaxis=_few(theme.amounts(np.r_[ends, 0.0, end, max(ends.max(), end) * ROOM])),
        yaxis={"autorange": "reversed"},
        showlegend=False,
        waterfallgap=0.25,
    )
    written = [_brief(amounts[0]), *(locales.signed(one, _brief) for one in amounts[1:]), _brief(end)]
    hover = [locales.money(amounts[0], currency, 2), *(_signed(one, currency, 2) for one in amounts[1:])]
    figure.add_trace(
        go.Waterfall(
            orientation="h",
            y=[theme.plain(name) for name in names],
            x=[*amounts, end],
            measure=["absolute", *["relative"] * (len(amounts) - 1), "total"],
            text=written,
            textposition="outside",
            cliponaxis=False,
            hoverinfo="text",
            hovertext=[
                f"{theme.plain(name)}: {value}"
                for name, value in zip(names, [*hover, locales.money(end, currency, 2)], strict=True)
            ],
            increasing={"marker": {"color": theme.STAY}},
            decreasing={"marker": {"color": theme.LEAVE}},
            totals={"marker": {"color": theme.NEUTRAL}},
            connector={"line": {"color": theme.NEUTRAL, "width": 1}},
        )
    )
    return figure


def by_level(ranked: pd.DataFrame, dimension: str, costs: bool, currency: str) -> go.Figure:
    """The levels that earn the most (of `models.products.margins.by`, with a `name` each)."""
    measure, sentences, none = ("margin", EARNS, LOSES) if costs else ("revenue", BRINGS, RETURNED)
    shown = ranked.dropna(subset=[measure]).head(SHOWN)
    first = shown.iloc[0]
    amount, title = locales.short_money(first[measure], currency), sentences.get(dimension, sentences[OWN])
    figure = theme.figure(
        _(title if first[measure] >= 0 else none).format(column=label(dimension), name=first["name"], amount=amount),
        x=(_("Margin ({currency})") if costs else _("Revenue ({currency})")).format(currency=currency),
        height=80 + 26 * len(shown),
        xaxis=_few(theme.amounts(shown[measure].to_numpy())),
        yaxis={
            "autorange": "reversed",
            "tickvals": list(range(len(shown))),
            "ticktext": [theme.plain(_cut(name)) for name in shown["name"]],
        },
        showlegend=False,
    )
    hover = [
        f"{theme.plain(row.name)}: {locales.money(getattr(row, measure), currency, 2)}"
        + (f" ({locales.percent(row.margin_share, 1)})" if costs and row.margin_share == row.margin_share else "")
        for row in shown.itertuples(index=False)
    ]
    colours = np.where(shown[measure] < 0, theme.LEAVE, theme.STAY)
    figure.add_trace(
        go.Bar(
            orientation="h",
            y=np.arange(len(shown)),
            x=shown[measure].to_numpy(),
            marker={"color": colours.tolist()},
            hoverinfo="text",
            hovertext=hover,
        )
    )
    return figure


def what_if(outcomes: dict[str, tuple[float, float, float]], currency: str) -> go.Figure:
    """The margin now and in each case, by name: best guess (NaN: none is known) and both ends of what it may be."""
    names, values = list(outcomes), np.array(list(outcomes.values()))
    told = np.isfinite(values[:, 0])
    words = (
        _("Margin {now} now; {then} ({lo} to {hi}) with both changes")
        if told[-1]
        else _("Margin {now} now; {lo} to {hi} with both changes, as the data cannot tell more")
    )
    title = words.format(
        now=locales.short_money(values[0, 0], currency),
        then=locales.short_money(values[-1, 0], currency),
        lo=locales.short_money(values[-1, 1], currency),
        hi=locales.short_money(values[-1, 2], currency),
    )
    figure = theme.figure(
        title,
        x=_("Margin ({currency})").format(currency=currency),
        height=220,
        xaxis=_few(theme.amounts(np.r_[values.ravel(), 0.0])),
        yaxis={"autorange": "reversed"},
        showlegend=False,
    )
    hover = [
        f"{theme.plain(name)}: "
        + (
            locales.money(middle, currency)
            if np.isfinite(middle)
            else _("{lo} to {hi}").format(lo=locales.money(lo, currency), hi=locales.money(hi, currency))
        )
        for name, (middle, lo, hi) in outcomes.items()
    ]
    figure.add_trace(  # a bar from and to where no single number is known
        go.Bar(
            orientation="h",
            y=names,
            base=np.where(told, 0.0, values[:, 1]),
            x=np.where(told, values[:, 0], values[:, 2] - values[:, 1]),
            error_x=theme.interval(*values.T),
            marker={
                "color": [theme.NEUTRAL, theme.LEAVE, theme.STAY],
                "pattern": {"shape": np.where(told, "", "/").tolist()},
            },
            hoverinfo="text",
            hovertext=hover,
        )
    )
    return figure


def suppliers(ratios: pd.DataFrame, names: dict[str, str], dark: bool) -> "Figure":
    """Each supplier's price over the cheapest one (of `models.products.margins.against_cheapest`), by product."""
    import seaborn as sns
    from matplotlib.colors import LinearSegmentedColormap

    above = 100 * (ratios.T - 1)
    called = [_cut(names.get(str(product), str(product))) for product in above.index]
    left = 0.6 + 0.085 * max(map(len, called))
    width, height = left + max(0.85 * above.shape[1], 2.4) + 0.1, 1.05 + 0.36 * max(len(above), 2)
    row, column = np.unravel_index(np.nanargmax(above.to_numpy()), above.shape)
    title = _("Farthest above the cheapest: {supplier} for {product}, {share} more").format(
        supplier=above.columns[column],
        product=names.get(str(above.index[row]), above.index[row]),
        share=locales.percent(above.iat[row, column] / 100),
    )
    drawn, axis = blank(title, width, height, dark)
    drawn.subplots_adjust(left / width, 0.95 / height, 1 - 0.1 / width, 1 - 0.1 / height)
    sns.heatmap(
        above.to_numpy(),
        annot=np.vectorize(lambda value: "" if np.isnan(value) else locales.signed(value / 100, locales.percent, ""))(
            above.to_numpy()
        ),
        fmt="",
        mask=above.isna().to_numpy(),
        cmap=LinearSegmentedColormap.from_list("vigie", theme.SEQUENTIAL),
        vmin=0,
        vmax=max(float(np.nanmax(above)), 1.0),
        cbar=False,
        linewidths=1,
        linecolor=PAPER[dark],
        xticklabels=["\n".join(wrap(str(name), 11)[:3]) for name in above.columns],
        yticklabels=called,
        ax=axis,
    )
    axis.set_xlabel("\n".join(wrap(_("Supplier: price above the cheapest"), int(12 * (width - left)))), color=INK[dark])
    axis.set_ylabel(_("Product"), color=INK[dark])
    axis.tick_params(colors=INK[dark], labelsize=9, length=0)
    axis.tick_params(axis="both", rotation=0)
    return drawn


def _cut(name: object) -> str:
    text = str(name)
    return text if len(text) <= MAX_NAME else f"{text[: MAX_NAME - 1]}…"


def _few(axis: dict[str, Any]) -> dict[str, Any]:
    """Every second tick of an axis of amounts, zero among them: level on a phone, too."""
    zero = int(np.abs(np.asarray(axis["tickvals"])).argmin()) if len(axis["tickvals"]) else 0
    return axis | {name: axis[name][zero % 2 :: 2] for name in ("tickvals", "ticktext")} | {"tickangle": 0}


def _brief(amount: float) -> str:
    """An amount beside its bar; the axis says the currency."""
    return locales.compact(amount) if abs(amount) >= 10_000 else locales.number(amount)


def _signed(amount: float, currency: str, digits: int = 0) -> str:
    return locales.signed(amount, lambda size: locales.money(size, currency, digits))
