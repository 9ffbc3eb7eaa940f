"""The what-if drift page: the inputs of a change, and what follows from it for drift and for the models."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

import locales
from charts.monitoring.drift import distribution
from charts.monitoring.what_if import before_after
from data.tables import Stored
from locales.labels import label
from models.drift import monitored, performance, shift, watch
from models.drift.explain import moves
from models.drift.monitored import USUAL_WEEKS, Sheet
from models.drift.shift import Shift
from models.drift.watch import Sides, Watched
from models.forecast import CannotForecast, elasticity
from models.lifecycle import sales
from models.lifecycle.registry import ModelFileError
from ui import cards, champions, inputs, store
from ui.text import _, ngettext, plain

RECENT = 182  # days in which a calm one is looked for
BEFORE = (USUAL_WEEKS + 5) * 7  # days of lines behind a window: usual prices and earlier visits
MOST_LEVELS = 12
PRICED = {
    "sales": ("unit_price", ("category", "store")),
    "churn": ("monthly_charges", ("contract", "internet_service")),
}
LOST = {"sales": ("category", "store", "supplier"), "churn": ("contract", "internet_service", "payment_method")}
MISSING = {
    "sales": ("unit_price", "category", "store", "customer", "supplier", "promotion"),
    "churn": ("monthly_charges", "contract", "payment_method", "internet_service", "tenure"),
}
NEW = {"sales": ("category", "store", "supplier"), "churn": ("payment_method", "internet_service", "contract")}


@dataclass(frozen=True)
class Window:
    """The rows around the window of a dataset that ends on `day`, before anything is changed."""

    rows: pd.DataFrame
    inside: np.ndarray
    day: np.datetime64


def chosen_day(drift: pd.DataFrame) -> np.datetime64:
    """The input of the day on which the window ends, where there are several: a calm one at first, as in a week that
    is over the threshold already no change would raise an alert."""
    after = drift if drift["learned"].all() else drift[~drift["learned"]]
    alerts = after["label"].eq(watch.CONFIRMED).groupby(after["day"]).sum()
    recent = alerts[alerts.index > alerts.index[-1] - pd.Timedelta(days=RECENT)]
    near = 1 if (recent.index[-1] - recent.index[0]).days > 2 * len(recent) else watch.WINDOW  # batches, or days
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
    last = np.datetime64(day, "D")
    if model == "sales":
        lines = store.frame(_stored)
        at = lines["timestamp"].to_numpy().astype("datetime64[D]")
        near = (at > last - BEFORE * watch.DAY) & (at <= last)
        rows, at = lines[near].reset_index(drop=True), at[near]
        return Window(rows, (at > last - watch.WINDOW * watch.DAY) & rows["line_type"].eq("sale").to_numpy(bool), last)
    if "history" in _stored.columns:
        rows = store.frame(_stored, "history")
        rows = rows[rows["day"] == pd.Timestamp(last)].reset_index(drop=True)
    else:
        rows = store.frame(_stored).assign(day=pd.Timestamp(last))
    return Window(rows, np.ones(len(rows), bool), last)


def asked(model: str, base: Window) -> Shift:
    """The inputs of a change."""
    rows = base.rows[base.inside]
    with st.grid("auto", min_column_width=230):
        with st.container(border=True, height="stretch"):
            price = inputs.slider(_("Prices change by (%)"), "price", 15, -50, 50) / 100
            column, level = _which(rows, PRICED[model][1], "price", everything=True)
        with st.container(border=True, height="stretch"):
            lost = inputs.slider(_("Share that is lost (%)"), "lost", 0, 0, 100) / 100
            lost_column, lost_level = _which(rows, LOST[model], "lost")
        with st.container(border=True, height="stretch"):
            missing = inputs.slider(_("Values that are missing (%)"), "missing", 0, 0, 100) / 100
            known = [name for name in MISSING[model] if name in rows] or [""]
            missing_column = inputs.choice(_("In the column"), known, "missing_in", label)
        with st.container(border=True, height="stretch"):
            new = inputs.slider(_("Rows of a new kind (%)"), "new", 0, 0, 100) / 100
            fresh = [name for name in NEW[model] if name in rows] or [""]
            new_column = inputs.choice(_("In the column"), fresh, "new_in", label)
    return Shift(price, column, level, lost, lost_column, lost_level, missing, missing_column, new, new_column)


def _which(rows: pd.DataFrame, columns: tuple[str, ...], key: str, everything: bool = False) -> tuple[str, str]:
    """A column and a level of it; the whole table where that is offered."""
    known = [name for name in columns if name in rows]
    options = [f"{name}={level}" for name in known for level in rows[name].value_counts().index[:MOST_LEVELS]]
    options = [*([""] if everything or not options else []), *options]
    picked = inputs.choice(_("Of"), options, f"{key}_of", _level)
    column, _sign, level = picked.partition("=")
    return column, level


def _level(option: str) -> str:
    column, _sign, level = option.partition("=")
    return _("{column}: {value}").format(column=label(column), value=label(level)) if option else _("everything")


def changed(model: str, base: Window, wanted: Shift) -> tuple[pd.DataFrame, tuple[Sheet, ...]]:
    """The rows after a change, and what is watched of them."""
    group = "invoice" if model == "sales" and "invoice" in base.rows else None
    after = shift.shifted(base.rows, base.inside, wanted, PRICED[model][0], group)
    return after, monitored.sales(after) if model == "sales" else monitored.customers(after)


@st.cache_resource(max_entries=8, show_spinner=False)
def unchanged(
    model: str,
    version: str,  # noqa: ARG001  # with the model, the day and the threshold the cache key
    day: str,  # noqa: ARG001
    threshold: float,
    _base: Window,
    _binned: Watched,
) -> pd.DataFrame:
    """What is said of the window as it is (see `models.drift.watch.compare`)."""
    return compared(_binned, changed(model, _base, Shift())[1], _base.day, threshold)


def compared(binned: Watched, sheets: tuple[Sheet, ...], day: np.datetime64, threshold: float) -> pd.DataFrame:
    """What is said of changed rows (see `models.drift.watch.compare`), also of a day that the model learned from: the
    change it has not seen."""
    found = watch.compare(binned, sheets, day, threshold).assign(learned=False)
    return found.assign(label=watch.label(found, threshold))


def answer(
    before: pd.DataFrame, after: pd.DataFrame, threshold: float, performance_cards: list[tuple[str, str, str]]
) -> None:
    """Whether anybody would be told, and of what, as a sentence and cards."""
    told = set(after.loc[after["label"] == watch.CONFIRMED, "feature"])
    already = set(before.loc[before["label"] == watch.CONFIRMED, "feature"])
    fresh = sorted(told - already)
    if fresh:
        text = ngettext("{count} alert more: {columns}.", "{count} alerts more: {columns}.", len(fresh))
        names = ", ".join(label(name) for name in fresh)
        st.warning(plain(text.format(count=len(fresh), columns=names)), icon=":material/notifications_active:")
    elif told:
        text = ngettext(
            "No more than the {count} alert that stands already: {columns}.",
            "No more than the {count} alerts that stand already: {columns}.",
            len(told),
        )
        names = ", ".join(sorted(label(name) for name in told))
        st.warning(plain(text.format(count=len(told), columns=names)), icon=":material/notifications:")
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
                f"{len(already)} → {len(told)}",
                _("confirmed: neither season nor chance"),
            ),
            *performance_cards,
        ]
    )


def sales_outlook(stored: Stored, base: Window, after: pd.DataFrame, wanted: Shift) -> list[tuple[str, str, str]]:
    """What the change does to units, and to the error of the week's forecast, which was made before and knows nothing
    of it; nothing where nothing is sold."""
    rows = base.rows[base.inside]
    units = rows["quantity"].to_numpy(float)
    if not units.sum():
        return []
    known = store.elasticities(stored)
    usual = known[""].value if not known[""].reason else elasticity.ASSUMED
    of = {name: found.value if not found.reason else usual for name, found in known.items()}
    each = rows["category"].map(of).fillna(usual) if "category" in rows else pd.Series(usual, rows.index)
    dearer = np.where(shift.priced(rows, wanted), 1 + wanted.price, 1.0)
    sold = dearer ** -each.to_numpy(float) * rows.index.isin(after.index)  # of a unit
    assumed = wanted.price and all(found.reason for found in known.values())
    how = _("assumed elasticity {value}") if assumed else _("elasticity {value}, estimated from these data")
    value = locales.number(float(np.average(each, weights=units)), 1)
    meaning = how.format(value=value) if wanted.price else _("of that week, by what is lost")
    cards_ = [(_("Units"), _signed(float((units * sold).sum() / units.sum()) - 1), meaning)]
    change = pd.Series(rows["unit_price"].fillna(0).to_numpy(float) * units * (dearer * sold - 1))
    return cards_ + _forecast(stored, base.day, change.groupby(rows["timestamp"].dt.normalize().to_numpy()).sum())


def _forecast(stored: Stored, day: np.datetime64, change: pd.Series) -> list[tuple[str, str, str]]:
    """How far the forecast of the week up to a day was off, and would be with a change of what is sold on its days."""
    try:
        rows, scale = _week(stored.version, str(day), stored)
    except CannotForecast as error:
        return [(_("Forecast off by"), "?", error.sentence())]
    changed_ = rows["actual"] + change.reindex(rows["target_day"]).fillna(0).to_numpy()
    found = [performance.sold(part, scale) for part in (rows, rows.assign(actual=changed_))]
    if found[0] is None or found[1] is None:
        return []
    text = _("of that week’s revenue, forecast on {day}; too much by {before} → {after}")
    bias = [performance.written("bias", float(one.loc["bias", "value"])) for one in found if one is not None]
    off = [performance.written("wape", float(one.loc["wape", "value"])) for one in found if one is not None]
    made = locales.day(rows["target_day"].iloc[0] - pd.Timedelta(days=1))
    return [(_("Forecast off by"), " → ".join(off), text.format(day=made, before=bias[0], after=bias[1]))]


@st.cache_resource(max_entries=16, show_spinner=False)
def _week(version: str, day: str, _stored: Stored) -> tuple[pd.DataFrame, float]:  # noqa: ARG001  # the cache key
    return sales.week(_stored, pd.Timestamp(day))


def churn_outlook(stored: Stored, base: Window, after: pd.DataFrame) -> list[tuple[str, str, str]]:
    """What the model would say of the changed customers, and how well it would rank them if it still holds.

    Nothing, and why not, where the model cannot be read; where there is none yet, it is trained.
    """
    try:
        model = champions.existing(stored) or champions.churn(stored)[0]
    except ModelFileError as error:
        st.warning(plain(error.sentence()), icon=":material/lock:")
        return []
    held = model.held_out
    said = [model.predict_proba(rows)[:, 1] for rows in (base.rows, after)]
    guessed = [
        performance.estimated(part, performance.calibrated(part, held.probability, held.left.astype(float)))
        for part in said
    ]
    leave = (
        _("Predicted to leave"),
        f"{locales.percent(said[0].mean(), 1)} → {locales.percent(said[1].mean(), 1)}",
        _("on average, by the model that is in use"),
    )
    if guessed[0] is None or guessed[1] is None:
        return [leave]
    auc = [found.loc["auc"] for found in guessed if found is not None]
    text = _("estimated AUC; chance alone makes {lo} to {hi}. A new reason to leave would not show here")
    ends = {"lo": locales.number(auc[1]["lo"], 2), "hi": locales.number(auc[1]["hi"], 2)}
    worth = f"{locales.number(auc[0]['value'], 3)} → {locales.number(auc[1]['value'], 3)}"
    return [leave, (_("Ranking quality"), worth, text.format(**ends))]


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


def _signed(share: float) -> str:
    return locales.signed(share, partial(locales.percent, digits=1))
