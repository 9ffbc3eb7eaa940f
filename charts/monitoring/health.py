"""Figures of how Vigie is: its jobs over time, and the age of its data."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import locales
from charts import theme
from locales import N_, _, ngettext
from locales.labels import job as named
from models.lifecycle import health

STATES = {
    "running": N_("running"),
    "done": N_("done"),
    "failed": N_("failed"),
    "cancelling": N_("stopping"),
    "cancelled": N_("stopped"),
    health.CUT_OFF: N_("cut off"),
    health.AHEAD: N_("running? A clock was set back"),
}
LOOKS = {
    "done": (theme.STAY, ""),
    "running": (theme.NEUTRAL, "."),
    health.AHEAD: (theme.NEUTRAL, "-"),
    "cancelling": (theme.NEUTRAL, "/"),
    "cancelled": (theme.NEUTRAL, "\\"),
    health.CUT_OFF: (theme.ACCENT, "/"),
    "failed": (theme.LEAVE, "x"),
}
ROW, TALL, LEAST = 36, 0.8, 0.12  # pixels of a job; heights of its longest and its shortest day, in rows
DAY_MS = 86_400_000


def jobs(days: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> go.Figure:
    """A row for each job and in it a bar for each day, as high as it took; rows of `health.by_day` from `first` on."""
    longest = days.groupby("job")["seconds"].max().sort_index(ascending=False)
    place = pd.Series(range(len(longest)), longest.index)
    bad = days[days["state"].isin(health.BAD)]
    if len(bad):
        title = ngettext(
            "A job ended badly on {count} day: {job}, on {day}",
            "Jobs ended badly on {count} days, the last time {job} on {day}",
            len(bad),
        )
        worst = bad.sort_values("day").iloc[-1]
        title = title.format(job=named(worst["job"]), count=locales.number(len(bad)), day=locales.day(worst["day"]))
    else:
        slow = days.loc[days["seconds"].idxmax()]
        title = _("No job ended badly; the longest day of one, {job}, took {time}")
        title = title.format(job=named(slow["job"]), time=_time(slow["seconds"]))
    axis = theme.time_axis(pd.date_range(first, last))
    figure = theme.figure(
        title,
        height=max(200, 96 + ROW * len(longest)),
        xaxis=axis | {"range": [first - pd.Timedelta(hours=18), last + pd.Timedelta(hours=18)]},
        yaxis={
            "tickvals": (place + TALL / 2).tolist(),
            "ticktext": [
                f"{theme.plain(named(job))}<br>" + _("up to {time}").format(time=_time(seconds))
                for job, seconds in longest.items()
            ],
            "range": [-0.1, len(longest)],
            "showgrid": False,
            "zeroline": False,
        },
        barmode="overlay",
        showlegend=True,
    )
    sentence = _("{day}: {job} took {time} in {runs} runs, the worst: {state}")
    for state, (colour, pattern) in LOOKS.items():
        part = days[days["state"] == state]
        if part.empty:
            continue
        share = (part["seconds"] / part["job"].map(longest).clip(lower=1e-9)).fillna(0)
        figure.add_bar(
            x=part["day"],
            y=TALL * np.maximum(share, LEAST).to_numpy(),
            base=part["job"].map(place).to_numpy(),
            width=0.8 * DAY_MS,
            name=_(STATES[state]),
            marker={
                "color": colour,
                "pattern": {"shape": pattern, "fillmode": "overlay", "fgcolor": "white", "size": 6},
            },
            hoverinfo="text",
            hovertext=[
                sentence.format(
                    day=locales.day(row.day),
                    job=theme.plain(named(row.job)),
                    time=_time(row.seconds),
                    runs=locales.number(row.runs),
                    state=_(STATES[state]),
                )
                for row in part.itertuples()
            ],
        )
    return figure


def ages(found: pd.DataFrame) -> go.Figure:
    """How long ago each dataset was brought in, and how long ago its last day is; rows of `health.ages`."""
    oldest = found.loc[found[["brought", "ends"]].max(axis=1).idxmax()]
    days, names = oldest[["brought", "ends"]].max(), [_(health.SUBJECTS[table]) for table in found["table"]]
    title = _("{table} were brought in {days} ago, the oldest of the data in use")
    if oldest["ends"] > oldest["brought"]:
        title = _("{table} end {days} ago, the oldest of the data in use")
    if round(days) < 1:
        title = _("All data in use are of today")
    figure = theme.figure(
        title.format(table=names[found.index.get_loc(oldest.name)], days=_days(days)),
        x=_("Days ago"),
        height=max(200, 96 + ROW * len(found)),
        xaxis=theme.amounts(np.r_[found[["brought", "ends"]].to_numpy(float).ravel(), 1.2 * health.OLD.days]),
        yaxis={
            "tickvals": list(range(len(found))),
            "ticktext": names,
            "range": [-0.6, len(found) - 0.4],
            "zeroline": False,
        },
        shapes=[theme.upright(health.OLD.days)],
        annotations=[
            {"x": health.OLD.days, "y": 1, "yref": "paper", "yanchor": "bottom", "xanchor": "left", "showarrow": False,
             "text": _("worth a look")}
        ],
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.12, "xanchor": "left", "x": 0},
    )  # fmt: skip
    sentence = {
        "brought": _("{table}: last brought in {days} ago, {source}"),
        "ends": _("{table}: the last day is {days} ago"),
    }
    looks = (("brought", _("brought in"), theme.STAY, "circle"), ("ends", _("last day"), theme.ACCENT, "diamond-open"))
    for name, words, colour, symbol in looks:
        figure.add_scatter(
            x=found[name],
            y=np.arange(len(found)),
            mode="markers",
            cliponaxis=False,
            name=words,
            marker={"color": colour, "symbol": symbol, "size": 11, "line": {"width": 2}},
            hoverinfo="text",
            hovertext=[
                sentence[name].format(table=table, days=_days(age), source=theme.plain(_(origin)))
                for table, age, origin in zip(names, found[name], found["source"], strict=True)
            ],
        )
    return figure


def _time(seconds: float) -> str:
    if seconds < 90:
        return _("{count} s").format(count=locales.number(seconds, 1 if seconds < 10 else 0))
    return _("{count} min").format(count=locales.number(seconds / 60, 1 if seconds < 600 else 0))


def _days(days: float) -> str:
    if np.isnan(days):
        return ""
    return ngettext("{days} day", "{days} days", round(days)).format(days=locales.number(round(days)))
