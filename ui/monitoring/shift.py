"""The what-if drift page: the inputs of a change, and what follows from it for drift and for the models."""

import numpy as np
import pandas as pd
import streamlit as st

import locales
from charts.monitoring.drift import distribution
from charts.monitoring.what_if import before_after
from data import schemas
from data.tables import Stored
from locales.labels import label
from models.drift import counted, shift, watch
from models.drift.counted import Watched
from models.drift.explain import moves
from models.drift.monitored import Sheet
from models.drift.shift import Shift
from models.drift.watch import Sides
from models.lifecycle import managed
from ui import cards, inputs
from ui.monitoring.outlook import Window
from ui.monitoring.shown import SHOWN
from ui.text import _, ngettext, plain

RECENT = 182  # days in which a calm one is looked for
MAX_LEVELS = 12


def chosen_day(drift: pd.DataFrame) -> np.datetime64:
    """The input of the day on which the window ends, where there are several: a calm one at first, as in a week that
    is over the threshold already no change would raise an alert."""
    after = drift if drift["learned"].all() else drift[~drift["learned"]]
    alerts = after["label"].eq(watch.CONFIRMED).groupby(after["day"]).sum()
    recent = alerts[alerts.index > alerts.index[-1] - pd.Timedelta(days=RECENT)]
    near = 1 if (recent.index[-1] - recent.index[0]).days > 2 * len(recent) else counted.WINDOW  # batches, or days
    ahead = recent[::-1].rolling(near, min_periods=1).max()  # a change begins before it is confirmed
    usual, last = ahead.idxmin(), alerts.index[-1]
    if len(alerts) == 1:
        return usual.to_datetime64()
    first = alerts.index[0].date()
    with st.container(width=170):
        picked = inputs.day(_("Window that ends on"), "day", usual.date(), first, last.date())
    if picked == usual.date() and usual < last:
        text = _("The last calm window: in the one up to {day}, {alerts} already.")
        stand = ngettext("{count} alert stands", "{count} alerts stand", int(alerts.iloc[-1]))
        stand = stand.format(count=locales.number(alerts.iloc[-1]))
        st.caption(plain(text.format(day=locales.day(last), alerts=stand)))
    return alerts.index[alerts.index <= pd.Timestamp(picked)].max().to_datetime64()


@st.cache_resource(max_entries=8, show_spinner=False)
def window(model: str, version: str, day: str, _stored: Stored) -> Window:  # noqa: ARG001  # the cache key
    """The rows of the window that ends on a day, with those before it that its columns are made from."""
    return SHOWN[model].window(_stored, np.datetime64(day, "D"))


def asked(model: str, base: Window) -> Shift:
    """The inputs of a change."""
    rows, offered = base.rows[base.inside], SHOWN[model].offered
    own = schemas.extras(rows.dtypes.astype(str)) if managed.MODELS[model].table == "sales" else []
    with st.grid("auto", min_column_width=230):
        with st.container(border=True, height="stretch"):
            price = inputs.slider(_("Prices change by (%)"), "price", 15, -50, 50) / 100
            column, level = _which(rows, [*offered.priced, *own], "price", everything=True)
        with st.container(border=True, height="stretch"):
            lost = inputs.slider(_("Share that is lost (%)"), "lost", 0, 0, 100) / 100
            lost_column, lost_level = _which(rows, [*offered.lost, *own], "lost")
        with st.container(border=True, height="stretch"):
            missing = inputs.slider(_("Values that are missing (%)"), "missing", 0, 0, 100) / 100
            known = [name for name in (*offered.missing, *own) if name in rows] or [""]
            missing_column = inputs.choice(_("In the column"), known, "missing_in", label)
        with st.container(border=True, height="stretch"):
            new = inputs.slider(_("Rows of a new kind (%)"), "new", 0, 0, 100) / 100
            fresh = [name for name in (*offered.new, *own) if name in rows] or [""]
            new_column = inputs.choice(_("In the column"), fresh, "new_in", label)
    return Shift(price, column, level, lost, lost_column, lost_level, missing, missing_column, new, new_column)


def _which(rows: pd.DataFrame, columns: list[str], key: str, everything: bool = False) -> tuple[str, str]:
    """A column and a level of it; the whole table where that is offered."""
    known = [name for name in columns if name in rows]
    options = [f"{name}={level}" for name in known for level in rows[name].value_counts().index[:MAX_LEVELS]]
    options = [*([""] if everything or not options else []), *options]
    picked = inputs.choice(_("Of"), options, f"{key}_of", _level)
    column, _sign, level = picked.partition("=")
    return column, level


def _level(option: str) -> str:
    column, _sign, level = option.partition("=")
    return _("{column}: {value}").format(column=label(column), value=label(level)) if option else _("everything")


def changed(model: str, base: Window, wanted: Shift) -> tuple[pd.DataFrame, tuple[Sheet, ...]]:
    """The rows after a change, and what is watched of them."""
    shown = SHOWN[model]
    group = shown.group if shown.group in base.rows else None
    after = shift.shifted(base.rows, base.inside, wanted, shown.money, group)
    return after, shown.sheets(after)


@st.cache_resource(max_entries=8, show_spinner=False)
def unchanged(
    model: str,
    version: str,
    day: str,  # noqa: ARG001  # with the model, the version and the threshold the cache key
    threshold: float,
    _base: Window,
    _binned: Watched,
) -> pd.DataFrame:
    """What is said of the window as it is (see `models.drift.watch.compare`)."""
    sheets = changed(model, _base, Shift())[1]
    return compared(model, version, _binned, sheets, _base, threshold)


@st.cache_resource(max_entries=8, show_spinner=False)
def _judged(
    model: str,
    version: str,  # noqa: ARG001  # with the model and the day the cache key
    day: str,  # noqa: ARG001
    _base: Window,
    _binned: Watched,
) -> watch.Judged:
    return watch.judged(_binned, changed(model, _base, Shift())[1], _base.day)


def compared(
    model: str, version: str, binned: Watched, sheets: tuple[Sheet, ...], base: Window, threshold: float
) -> pd.DataFrame:
    """What is said of changed rows (see `models.drift.watch.compare`), also of a day that the model learned from: the
    change it has not seen."""
    before = _judged(model, version, str(base.day), base, binned)
    found = watch.compare(binned, sheets, base.day, threshold, before).assign(learned=False)
    return found.assign(label=watch.label(found, threshold))


def answer(
    before: pd.DataFrame, after: pd.DataFrame, threshold: float, performance_cards: list[tuple[str, str, str]]
) -> None:
    """Whether anybody would be notified, and of what, as a sentence and cards."""
    notified = set(after.loc[after["label"] == watch.CONFIRMED, "feature"])
    already = set(before.loc[before["label"] == watch.CONFIRMED, "feature"])
    fresh = sorted(notified - already)
    if fresh:
        text = ngettext("{count} alert more: {columns}.", "{count} alerts more: {columns}.", len(fresh))
        names = ", ".join(label(name) for name in fresh)
        st.warning(plain(text.format(count=len(fresh), columns=names)), icon=":material/notifications_active:")
    elif notified:
        text = ngettext(
            "No more than the {count} alert that stands already: {columns}.",
            "No more than the {count} alerts that stand already: {columns}.",
            len(notified),
        )
        names = ", ".join(sorted(label(name) for name in notified))
        st.warning(plain(text.format(count=len(notified), columns=names)), icon=":material/notifications:")
    else:
        most = after.assign(rise=after["psi"] - before["psi"]).sort_values("rise").iloc[-1]
        text = _("Nobody would be told: the most that changes is {column}, PSI {psi} with a threshold of {threshold}.")
        values = {"column": label(most["feature"]), "psi": locales.number(most["psi"], 2)}
        st.success(plain(text.format(threshold=locales.number(threshold, 2), **values)), icon=":material/check_circle:")
    over = [int((table["psi"] > threshold).sum()) for table in (before, after)]
    cards.metrics(
        [
            (
                _("Columns over the threshold"),
                f"{over[0]} → {over[1]}",
                _("of {count}, the season included").format(count=len(after)),
            ),
            (
                _("Alerts"),
                f"{len(already)} → {len(notified)}",
                _("confirmed: neither season nor chance"),
            ),
            *performance_cards,
        ]
    )


def figures(binned: Watched, before: pd.DataFrame, after: pd.DataFrame, base: Window, threshold: float) -> None:
    """The PSI of each column before and after, and the column that changes most in its bins."""
    table = before[["feature", "psi", "ks"]].merge(
        after[["feature", "psi", "ks", "noise_limit", "label"]], on="feature", suffixes=("_before", "_after")
    )
    most = after.loc[(after["psi"] - before["psi"]).idxmax()]
    side = watch.sides(binned, str(most["feature"]), base.day)
    now = Sides(side.cut, side.reference, side.season, most["current"])
    with st.grid("auto", min_column_width=420):
        cards.figure(before_after(table, threshold), "shift_psi", table)
        parts = pd.DataFrame(moves(now.cut, now.reference, now.current))
        cards.figure(distribution(str(most["feature"]), now), "shift_distribution", parts)
