"""Figures of the forecast: the fan, its parts, the league, a past origin, the bridge."""

from collections.abc import Callable
from textwrap import wrap

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import N_, _

LEARNERS = {
    "combined": N_("Combination"),
    "tsb": N_("Chance and size (TSB)"),
    "adida": N_("Sums between sales (ADIDA)"),
    "recent mean": N_("Recent mean"),
    "seasonal naive": N_("As a season ago"),
    "linear": N_("Straight line"),
    "ridge": N_("Calendar regression"),
    "theta": N_("Theta"),
    "ets": N_("Exponential smoothing"),
    "holt-winters": N_("Holt-Winters"),
    "xgboost": N_("XGBoost"),
    "prophet": N_("Prophet"),
    "sarima": N_("SARIMA"),
    "lstm": N_("LSTM"),
}
STEPS = {
    "said then": N_("Forecast for the period that is over"),
    "surprise": N_("Surprise"),
    "came": N_("What was sold in it"),
    "open days": N_("Days open"),
    "trend": N_("Trend"),
    "time of year": N_("Time of the year"),
    "rest": N_("Other models"),
    "said now": N_("Forecast for the next period"),
}
LEVELS = ("said then", "came", "said now")
Written = Callable[[float], str]
CLOSED = 4  # days without a point that a line is not drawn across
SHOWN = 3  # horizons of history before the forecast


def fan(
    past: pd.Series,
    frame: pd.DataFrame,
    title: str,
    axis: str,
    written: Written,
    actual: pd.Series | None = None,
    overrides: pd.DataFrame | None = None,
    others: dict[str, np.ndarray] | None = None,
) -> go.Figure:
    """History, forecast and its two bands; with what came, what analysts said instead, what other models said."""
    shown = past.iloc[-max(SHOWN * len(frame), 60) :]
    figure = theme.figure(
        title,
        y=axis,
        height=400,
        xaxis=theme.time_axis(shown.index.append(frame.index)),
        yaxis={
            **theme.amounts(np.r_[shown, frame["hi-95"], 0 if shown.min() >= 0 else shown.min()]),
            "zeroline": False,
        },
        hovermode="closest",
    )
    for level, opacity in ((95, 0.13), (80, 0.22)):
        figure.add_trace(band_trace(frame, level, opacity))
    figure.add_trace(line_trace(shown, _("Sold"), _("{day}: {amount} sold"), written, theme.NEUTRAL, "solid", 1.6))
    if actual is not None:
        figure.add_trace(
            line_trace(actual, _("What came"), _("{day}: {amount} sold"), written, theme.LEAVE, "solid", 2.2)
        )
    for number, (name, said) in enumerate((others or {}).items()):
        sentence = _("{day}: {name} said {amount}")
        line = pd.Series(said, frame.index)
        colour = theme.CATEGORICAL[(number + 2) % len(theme.CATEGORICAL)]
        dash = theme.DASHES[1 + number % (len(theme.DASHES) - 1)]
        figure.add_trace(line_trace(line, _(LEARNERS[name]), sentence, written, colour, dash, 1.4))
    sentence = _("{day}: {amount} expected, {lo} to {hi} in four of five cases")
    drawn = _torn(frame)
    hover = [
        sentence.format(day=locales.day(when), amount=written(mean), lo=written(lo), hi=written(hi))
        for when, mean, lo, hi in drawn.fillna(0)[["mean", "lo-80", "hi-80"]].itertuples()
    ]
    figure.add_trace(
        go.Scatter(
            x=drawn.index.to_numpy(),
            y=drawn["mean"].to_numpy(),
            name=_("Forecast"),
            mode="lines",
            line={"color": theme.STAY, "width": 2.6},
            hoverinfo="text",
            hovertext=hover,
        )
    )
    if overrides is not None and len(overrides):
        sentence = _("{day}: {author} says {amount}, because {reason}")
        figure.add_trace(
            go.Scatter(
                x=overrides["target_day"].to_numpy(),
                y=overrides["value"].to_numpy(),
                name=_("Analysts"),
                mode="markers",
                marker={"symbol": "diamond", "size": 10, "color": theme.ACCENT},
                hoverinfo="text",
                hovertext=[
                    sentence.format(
                        day=locales.day(row.target_day),
                        author=theme.plain(row.author),
                        amount=written(row.value),
                        reason=theme.plain(row.reason),
                    )
                    for row in overrides.itertuples()
                ],
            )
        )
    return figure


def fan_title(frame: pd.DataFrame, last_year: pd.Series | None, total: tuple[float, float], written: Written) -> str:
    """What a forecast says in one sentence."""
    lo, hi = written(total[0]), written(total[1])
    if not total[1] and not frame["mean"].any():
        return _("Nothing is expected to be sold")
    if last_year is None or last_year.sum() <= 0:
        return _("Between {lo} and {hi} will be sold in four of five cases").format(lo=lo, hi=hi)
    change = frame["mean"].sum() / last_year.sum() - 1
    more = _("{share} more than a year ago is expected: {lo} to {hi} in four of five cases")
    less = _("{share} less than a year ago is expected: {lo} to {hi} in four of five cases")
    same = _("As much as a year ago is expected: {lo} to {hi} in four of five cases")
    sentence = same if abs(change) < 0.02 else more if change > 0 else less
    return sentence.format(share=locales.percent(abs(change)), lo=lo, hi=hi)


def week(parts: pd.DataFrame) -> go.Figure:
    """How each day of the week differs from the trend, of `learners.parts`."""
    by_day = parts["week"].groupby(parts.index.day_of_week).mean() - 1
    names = locales.weekdays()
    title = _("{best} sells most, {worst} least").format(best=names[by_day.idxmax()], worst=names[by_day.idxmin()])
    sentence = _("{name}: {share} of the trend")
    hover = [sentence.format(name=names[day], share=locales.percent(1 + value)) for day, value in by_day.items()]
    figure = theme.figure(title, y=_("Against the trend"), yaxis=share_axis(by_day), showlegend=False)
    figure.add_trace(
        go.Bar(
            x=[names[day] for day in by_day.index],
            y=by_day.to_numpy(),
            marker={"color": [theme.STAY if value >= 0 else theme.NEUTRAL for value in by_day]},
            hoverinfo="text",
            hovertext=hover,
        )
    )
    return figure


def year(parts: pd.DataFrame) -> go.Figure:
    """The time of the year, as a factor on the trend, over a whole year."""
    factor = parts["year"] - 1
    top, low = factor.idxmax(), factor.idxmin()
    title = _("The year peaks around {top} and is lowest around {low}").format(
        top=locales.day_of_year(top), low=locales.day_of_year(low)
    )
    sentence = _("{day}: {share} of the trend")
    figure = theme.figure(
        title,
        y=_("Against the trend"),
        xaxis=theme.time_axis(factor.index[:-1]),
        yaxis=share_axis(factor),
        showlegend=False,
    )
    figure.add_trace(
        go.Scatter(
            x=factor.index.to_numpy(),
            y=factor.to_numpy(),
            mode="lines",
            line={"color": theme.STAY, "width": 2.5},
            hoverinfo="text",
            hovertext=[
                sentence.format(day=locales.day(when), share=locales.percent(1 + value))
                for when, value in factor.items()
            ],
        )
    )
    return figure


def trend(history: pd.Series, parts: pd.DataFrame, axis: str, written: Written) -> go.Figure:
    """The trend behind history and forecast, of `learners.parts`."""
    before = parts["trend"][parts.index <= history.index[-1]]
    after = parts["trend"][parts.index > history.index[-1]]
    change = after.iloc[-1] / before.iloc[-1] - 1 if before.iloc[-1] > 0 else 0.0
    rising, falling = _("The trend is taken to rise by {share}"), _("The trend is taken to fall by {share}")
    title = _("The trend is taken to stay where it is")
    if abs(change) >= 0.005:
        title = (rising if change > 0 else falling).format(share=locales.percent(abs(change), 1))
    every = np.r_[before, after]
    figure = theme.figure(title, y=axis, xaxis=theme.time_axis(parts.index), yaxis=theme.amounts(every, zero=False))
    sentence = _("{day}: trend {amount}")
    figure.add_trace(line_trace(before, _("Trend"), sentence, written, theme.NEUTRAL, "solid", 2.2))
    figure.add_trace(line_trace(after, _("Forecast"), sentence, written, theme.STAY, "solid", 2.8))
    return figure


def league(scores: pd.DataFrame, written: Written, frequency: str) -> go.Figure:
    """By how much each learner was off, a step, on average over past origins."""
    ordered = scores.sort_values("mae", ascending=False)
    naive = ordered.loc[ordered["model"] == "seasonal naive", "mae"]
    default = ordered.loc[ordered["model"] == "combined", "mae"]
    title = _("How far each model was off")
    if len(naive) and len(default) and naive.iloc[0] > 0:
        gain = 1 - default.iloc[0] / naive.iloc[0]
        better = _("The combination was off by {share} less than saying “as a season ago”")
        worse = _("Saying “as a season ago” was better than the combination by {share}: trust it more here")
        title = (better if gain > 0 else worse).format(share=locales.percent(abs(gain)))
    axis = {"D": _("Off by, a day"), "W": _("Off by, a week"), "MS": _("Off by, a month")}.get(
        frequency, _("Off by, a step")
    )
    figure = theme.figure(
        title,
        x=axis,
        height=110 + 30 * len(ordered),
        xaxis=theme.amounts(ordered["mae"].to_numpy()),
        yaxis={"tickvals": list(range(len(ordered))), "ticktext": [_(LEARNERS[name]) for name in ordered["model"]]},
        showlegend=False,
    )
    sentence = _("{name}: off by {amount} on average, over {windows} past origins")
    figure.add_trace(
        go.Bar(
            y=list(range(len(ordered))),
            x=ordered["mae"].to_numpy(),
            orientation="h",
            marker={
                "color": [
                    theme.STAY if name == "combined" else theme.LEAVE if name == "seasonal naive" else theme.NEUTRAL
                    for name in ordered["model"]
                ]
            },
            text=[written(value) for value in ordered["mae"]],
            textposition="auto",
            hoverinfo="text",
            hovertext=[
                sentence.format(name=_(LEARNERS[row.model]), amount=written(row.mae), windows=int(row.windows))
                for row in ordered.itertuples()
            ],
        )
    )
    return figure


def bridge(steps: pd.Series, written: Written) -> go.Figure:
    """From the forecast of the last period to that of the next one (of `explain.bridge`)."""
    parts = steps.drop([*LEVELS, "surprise"])
    largest = parts.abs().idxmax()
    up, down = (
        _("{amount} more than was just sold, mostly: {part}"),
        _("{amount} less than was just sold, mostly: {part}"),
    )
    change = steps["said now"] - steps["came"]
    title = (up if change > 0 else down).format(amount=written(abs(change)), part=_(STEPS[largest]).lower())
    names = list(steps.index)
    ends = np.array([0.0, *steps.to_numpy()])
    running, tops = 0.0, []
    bases, lengths = [], []
    for name, value in steps.items():
        if name in LEVELS:
            bases.append(0.0)
            lengths.append(value)
            running = value
        else:
            bases.append(running)
            lengths.append(value)
            running += value
        tops.append(running)
    figure = theme.figure(
        title,
        height=360,
        xaxis=theme.amounts(np.r_[ends, tops]),
        yaxis={
            "autorange": "reversed",
            "tickvals": list(range(len(names))),
            "ticktext": ["<br>".join(wrap(_(STEPS[name]), 22)) for name in names],
        },
        showlegend=False,
    )
    colours = {True: theme.STAY, False: theme.LEAVE}
    level, up, down = _("{name}: {amount}"), _("{name}: {amount} more"), _("{name}: {amount} less")
    sentences = [level if name in LEVELS else up if value >= 0 else down for name, value in steps.items()]
    figure.add_trace(
        go.Bar(
            y=list(range(len(names))),
            x=lengths,
            base=bases,
            orientation="h",
            marker={
                "color": [theme.NEUTRAL if name in LEVELS else colours[value >= 0] for name, value in steps.items()]
            },
            text=[
                written(value) if name in LEVELS else locales.signed(value, written) for name, value in steps.items()
            ],
            textposition="auto",
            hoverinfo="text",
            hovertext=[
                sentence.format(name=_(STEPS[name]), amount=written(abs(value)))
                for sentence, (name, value) in zip(sentences, steps.items(), strict=True)
            ],
        )
    )
    return figure


def _pieces(dates: pd.DatetimeIndex) -> np.ndarray:
    """The number of the piece each date is in: a long closure begins a new one."""
    gaps = np.diff(dates.to_numpy()) / np.timedelta64(1, "D")
    return np.r_[0, np.cumsum(gaps > max(CLOSED, 1.5 * np.median(gaps)))] if len(gaps) else np.zeros(len(dates), int)


def _torn(values: pd.DataFrame) -> pd.DataFrame:
    """The rows with an empty one between pieces, so that no line crosses a long closure."""
    pieces = [part for _number, part in values.groupby(_pieces(pd.DatetimeIndex(values.index)))]
    for number, part in enumerate(pieces[:-1]):
        pieces[number] = part.reindex(part.index.append(pd.DatetimeIndex([part.index[-1] + pd.Timedelta(days=1)])))
    return pd.concat(pieces)


def band_trace(frame: pd.DataFrame, level: int, opacity: float) -> go.Scatter:
    """The band of a level (columns `lo-80`, `hi-80`), piece by piece, with nothing between them."""
    x: list[pd.Timestamp | None] = []
    y: list[float | None] = []
    for _number, part in frame.groupby(_pieces(pd.DatetimeIndex(frame.index))):
        x += [*part.index, *part.index[::-1], None]
        y += [*part[f"hi-{level}"], *part[f"lo-{level}"].iloc[::-1], None]
    name = _("{level} band").format(level=locales.percent(level / 100))
    return theme.area(x, y, theme.STAY, opacity=opacity, name=name)


def share_axis(values: pd.Series) -> dict[str, object]:
    low, high = min(float(values.min()), -0.02), max(float(values.max()), 0.02)
    step = next(one for one in (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 1e9) if (high - low) / one <= 8)
    places = np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step
    words = [locales.signed(at, locales.percent, "") for at in places]
    return {"tickvals": places, "ticktext": words, "range": [1.1 * low, 1.1 * high]}


def line_trace(
    values: pd.Series, name: str, sentence: str, written: Written, colour: str, dash: str, width: float
) -> go.Scatter:
    values = _torn(values.to_frame())[values.name if values.name is not None else 0]
    return go.Scatter(
        x=values.index.to_numpy(),
        y=values.to_numpy(),
        name=name,
        mode="lines",
        line={"color": colour, "width": width, "dash": dash},
        hoverinfo="text",
        hovertext=[
            sentence.format(day=locales.day(when), amount=written(value), name=name)
            for when, value in zip(values.index, values.fillna(0), strict=True)
        ],
    )
