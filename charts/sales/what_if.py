"""Figures of plans: the calendar they are painted on, their forecasts side by side, what they add."""

from textwrap import wrap

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from charts.sales.forecast import Written, band_trace, line_trace
from locales import N_, _

KINDS = {"promotion": N_("Promotion"), "price": N_("Price"), "closed": N_("Closed"), "event": N_("Event")}
SYMBOLS = {"promotion": "square", "price": "diamond", "closed": "x", "event": "star", "": "square-open"}
TICKS = (0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0)  # between two of an axis of changes
COLOURS = {
    "promotion": theme.STAY,
    "price": theme.ACCENT,
    "closed": theme.NEUTRAL,
    "event": theme.LEAVE,
    "": theme.NEUTRAL,
}
SCENARIOS = {"A": (theme.STAY, "solid"), "B": (theme.LEAVE, "dash"), "C": (theme.ACCENT, "dot")}


def planned(
    dates: pd.DatetimeIndex,
    is_open: np.ndarray,
    kinds: dict[pd.Timestamp, str],
    notes: dict[pd.Timestamp, str],
) -> go.Figure:
    """A calendar of days to come, a column a week, to be painted on.

    `is_open` is false on days that are closed anyway, `kinds` gives each planned day its kind, `notes` names bank
    holidays (marked with a star).
    """
    monday = dates[0] - pd.Timedelta(days=dates[0].day_of_week)
    week = (dates - monday).days // 7
    names = locales.weekdays("abbreviated")
    starts = [monday + pd.Timedelta(weeks=int(number)) for number in range(week.max() + 1)]
    every = max(1, len(starts) // 8)
    figure = theme.figure(
        _("Drag over days to plan on them"),
        height=270,
        xaxis={
            "tickvals": list(range(len(starts)))[::every],
            "ticktext": [locales.day_of_year(start) for start in starts][::every],
            "range": [-0.6, len(starts) - 0.4],
            "showgrid": False,
            "zeroline": False,
        },
        yaxis={
            "tickvals": list(range(7)),
            "ticktext": names,
            "range": [6.6, -0.6],
            "showgrid": False,
            "zeroline": False,
        },
        dragmode="select",
        showlegend=True,
    )
    size = float(np.clip(380 / len(starts), 9, 21))
    used = [""] + [kind for kind in KINDS if kind in kinds.values()]
    for kind in used:
        here = [number for number, when in enumerate(dates) if kinds.get(when, "") == kind]
        words = []
        for number in here:
            shut = "" if is_open[number] else _("closed anyway")
            planned_then = _(KINDS[kind]) if kind else ""
            parts = [locales.day(dates[number]), notes.get(dates[number], ""), planned_then, shut]
            words.append(theme.plain(": ".join(part for part in parts if part)))
        figure.add_trace(
            go.Scatter(
                x=week[here],
                y=dates.day_of_week[here],
                mode="markers+text",
                name=_(KINDS[kind]) if kind else "",
                showlegend=bool(kind),
                text=[
                    f"{dates[number].day}{'*' if dates[number] in notes else ''}"
                    if size > 14 and is_open[number] and not kind
                    else ""
                    for number in here
                ],
                textfont={"size": 10},
                marker={
                    "symbol": [SYMBOLS[kind] if is_open[number] or kind else "line-ew" for number in here],
                    "size": [size if is_open[number] else size / 2 for number in here],
                    "color": COLOURS[kind],
                    "line": {"width": 1, "color": COLOURS[kind]},
                    "opacity": 1.0,
                },
                customdata=[dates[number].date().isoformat() for number in here],
                selected={"marker": {"opacity": 1.0}},
                unselected={"marker": {"opacity": 1.0}},
                hoverinfo="text",
                hovertext=words,
            )
        )
    return figure


def scenarios(
    usual: pd.Series,
    revenues: dict[str, pd.DataFrame],
    band: tuple[pd.Series, pd.Series],
    title: str,
    axis: str,
    written: Written,
) -> go.Figure:
    """Revenue a day of each scenario against the forecast without plans, with the band of the one being edited.

    Each has `revenue`, `least` and `most`: where there is no single number, the area between takes its place.
    """
    every = np.concatenate(
        [usual.to_numpy(), band[1].to_numpy(), *(one["most"].to_numpy() for one in revenues.values())]
    )
    figure = theme.figure(title, y=axis, height=340, xaxis=theme.time_axis(usual.index), yaxis=theme.amounts(every))
    frame = pd.DataFrame({"lo-80": band[0], "hi-80": band[1]})
    figure.add_trace(band_trace(frame, 80, 0.15))
    sentence = _("{day}: {amount} in {name}")
    figure.add_trace(line_trace(usual, _("Nothing planned"), sentence, written, theme.NEUTRAL, "solid", 1.6))
    for name, values in revenues.items():
        colour, dash = SCENARIOS[name]
        label = _("Scenario {name}").format(name=name)
        single = bool(values["revenue"].notna().all())
        if not single:
            between = _("{name}: from the least to the most").format(name=label)
            figure.add_trace(
                theme.band(values.index, values["least"], values["most"], colour, opacity=0.45, name=between)
            )
        figure.add_trace(
            line_trace(values["revenue"], label, sentence, written, colour, dash, 2.4).update(showlegend=single)
        )
    return figure


def uplifts(values: dict[str, tuple[float, float, float]], what: str, written: Written) -> go.Figure:
    """What each scenario adds, with the interval that the elasticity leaves: name -> (value, lo, hi).

    Where a value is NaN there is no bar, only what it lies between.
    """
    points = np.array(list(values.values()))
    single = np.isfinite(points[:, 0])
    if single.all():
        best = max(values, key=lambda name: values[name][0])
        gain = _("Scenario {name} adds most {what}: {amount}")
        loss = _("No scenario adds {what}: the best, {name}, loses {amount}")
        amount = written(abs(values[best][0]))
        title = (gain if values[best][0] >= 0 else loss).format(name=best, what=what, amount=amount)
    else:
        title = _("How much {what} the plans add is not known: from the least to the most that it may be").format(
            what=what
        )
    between = _("{lo} to {hi}")
    names = []
    for name, (value, *ends) in values.items():
        lo, hi = (locales.signed(end, written) for end in ends)
        said = locales.signed(value, written) if np.isfinite(value) else between.format(lo=lo, hi=hi)
        names.append(f"{name}: {said}")
    middle = np.where(single, points[:, 0], points[:, 1:].mean(axis=1))
    low, high = min(0.0, float(np.nanmin(points))), max(0.0, float(np.nanmax(points)))
    figure = theme.figure(
        title,
        height=110 + 45 * len(names),
        xaxis={**theme.amounts([low, high]), "zeroline": True},
        yaxis={"tickvals": list(range(len(names))), "ticktext": names, "autorange": "reversed"},
        showlegend=False,
    )
    sentence = _("Scenario {name}: {amount}, {lo} to {hi} as far as the elasticity is known")
    unknown = _("Scenario {name}: between {lo} and {hi}")
    figure.add_trace(
        go.Bar(
            y=list(range(len(names))),
            x=np.where(single, middle, points[:, 2] - points[:, 1]),
            base=np.where(single, 0.0, points[:, 1]),
            orientation="h",
            marker={
                "color": [SCENARIOS[name][0] for name in values],
                "opacity": np.where(single, 1.0, 0.45),
                "pattern": {"shape": np.where(single, "", "/")},
            },
            error_x=theme.interval(*np.where(single[:, None], points, np.nan).T, thickness=2),
            hoverinfo="text",
            hovertext=[
                (sentence if np.isfinite(value) else unknown).format(
                    name=name, amount=written(np.nan_to_num(value)), lo=written(lo), hi=written(hi)
                )
                for name, (value, lo, hi) in values.items()
            ],
        )
    )
    return figure


def lifts(lift: pd.DataFrame, after: pd.DataFrame, depth: float) -> go.Figure:
    """Units of a promoted product over the usual ones by depth, and in the two weeks after (see `Promotions`)."""
    best = lift.iloc[int((lift["depth"] - depth).abs().argmin())]
    title = _("{depth} off one product sells {more} more of it ({lo} to {hi})").format(
        depth=locales.percent(best["depth"]),
        **{name: locales.signed(best[name], locales.percent).lstrip("+") for name in ("more", "lo", "hi")},
    )
    if (less := after[after["lo"] > 0])["less"].any():
        title += ". " + _("In the weeks after it sells up to {less} less").format(
            less=locales.percent(less["less"].max())
        )
    names = [_("{depth} off").format(depth=locales.percent(share)) for share in lift["depth"]]
    names += [_("week {number} after").format(number=number) for number in after.index]
    middle, lo, hi = np.hstack([lift[["more", "lo", "hi"]].T, -after[["less", "hi", "lo"]].T])
    low, high = min(0.0, float(lo.min())), float(hi.max())
    step = next((one for one in TICKS if (high - low) / one <= 6), high)
    ticks = np.arange(np.floor(low / step), np.ceil(high / step) + 1) * step + 0.0
    figure = theme.figure(
        title,
        y=_("Units against usual"),
        height=280,
        xaxis={"tickvals": names, "ticktext": ["<br>".join(wrap(name, 9)) for name in names]},  # level on a phone
        yaxis={"tickvals": ticks, "ticktext": [locales.signed(tick, locales.percent) for tick in ticks]},
        showlegend=False,
    )
    sentence = _("{name}: {more} against the usual units ({lo} to {hi})")
    figure.add_trace(
        go.Bar(
            x=names,
            y=middle,
            marker={"color": [theme.STAY] * len(lift) + [theme.LEAVE] * len(after)},
            error_y=theme.interval(middle, lo, hi),
            hoverinfo="text",
            hovertext=[
                sentence.format(
                    name=name,
                    **{
                        end: locales.signed(value, locales.percent)
                        for end, value in zip(("more", "lo", "hi"), row, strict=True)
                    },
                )
                for name, row in zip(names, np.column_stack([middle, lo, hi]), strict=True)
            ],
        )
    )
    return figure


def worth(days: pd.DataFrame, start: pd.Timestamp, share: float, lo: float, hi: float) -> go.Figure:
    """What was sold beside what would have been, weeks of both before a period that begins on `start`."""
    more, less, none = (
        _("{share} more was sold than without it ({lo} to {hi})"),
        _("{share} less was sold than without it ({lo} to {hi})"),
        _("No effect that can be told from chance: {lo} to {hi}"),
    )
    ends = {name: locales.signed(end, locales.percent) for name, end in (("lo", lo), ("hi", hi))}
    told = more if lo > 0 else less if hi < 0 else none
    title = told.format(share=locales.percent(abs(share)), **ends)
    days = days[(days > 0).any(axis=1)]  # closed ones are no news

    def units(amount: float) -> str:
        said = locales.ngettext("{count} unit", "{count} units", round(amount))
        return said.format(count=locales.number(amount))

    figure = theme.figure(
        title,
        y=_("Units"),
        xaxis=theme.time_axis(days.index),
        yaxis=theme.amounts(days.to_numpy().ravel()),
        shapes=[theme.upright(start)],
    )
    sentence = _("{day}: {amount} in {name}")
    without = line_trace(days["expected"], _("Expected without it"), sentence, units, theme.NEUTRAL, "dash", 1.8)
    figure.add_trace(without)
    figure.add_trace(line_trace(days["actual"], _("Sold"), _("{day}: {amount} sold"), units, theme.STAY, "solid", 2.2))
    return figure


def placebos(shares: np.ndarray, share: float, chance: float) -> go.Figure:
    """What the same question says of periods in which nothing happened, and the one that is asked about."""
    title = _("{share} of {count} quiet periods show as much or more").format(
        share=locales.percent(chance), count=locales.number(len(shares))
    )
    every = np.r_[shares, share, 0.0]
    step = next((one for one in TICKS if np.ptp(every) / one <= 6), float(np.ptp(every)) or 1.0)
    ticks = np.arange(np.floor(every.min() / step), np.ceil(every.max() / step) + 1) * step + 0.0
    rows = np.argsort(np.argsort(shares)) / max(len(shares), 1)
    quiet = [_("quiet period: {share}").format(share=locales.signed(one, locales.percent)) for one in shares]
    figure = theme.figure(
        title,
        x=_("Sold against expected"),
        xaxis={"tickvals": ticks, "ticktext": [locales.signed(tick, locales.percent) for tick in ticks]},
        yaxis={"visible": False, "range": [-0.1, 1.1]},
        shapes=[theme.upright(0.0)],
    )
    look = {"mode": "markers", "hoverinfo": "text"}
    marker = {"symbol": "circle-open", "size": 8, "color": theme.NEUTRAL}
    figure.add_trace(go.Scatter(x=shares, y=rows, name=_("Quiet periods"), marker=marker, hovertext=quiet, **look))
    marker = {"symbol": "diamond", "size": 14, "color": theme.LEAVE}
    told = [locales.signed(share, locales.percent)]
    figure.add_trace(go.Scatter(x=[share], y=[0.5], name=_("This period"), marker=marker, hovertext=told, **look))
    return figure
