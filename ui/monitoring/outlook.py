"""What-if drift: the rows of a window, and what a change made to them does to what a model is worth."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

import locales
from data import tables
from data.tables import Stored
from models.drift import counted, performance, shift
from models.drift.monitored import USUAL_WEEKS
from models.drift.shift import Shift
from models.forecast import CannotForecast, elasticity, switching
from models.lifecycle import sales
from models.lifecycle.registry import ModelFileError
from ui import champions, store
from ui.text import _, plain

BEFORE = (USUAL_WEEKS + 5) * 7  # days of lines behind a window: usual prices and earlier visits
BETWEEN = np.linspace(0, 1, 11)  # an error may be least between the ends
Cards = list[tuple[str, str, str]]


@dataclass(frozen=True)
class Window:
    """The rows around the window of a dataset that ends on `day`, before anything is changed; `inside` are its own."""

    rows: pd.DataFrame
    inside: np.ndarray
    day: np.datetime64


def sales_window(stored: Stored, last: np.datetime64) -> Window:
    """The lines of the days up to `last`, with those before them that their columns are made from."""
    ends = pd.Timestamp(last - (BEFORE - 1) * counted.DAY), pd.Timestamp(last + counted.DAY) - pd.Timedelta(1, "us")
    rows = tables.read(stored, rows=tables.between("timestamp", *ends))
    at = rows["timestamp"].to_numpy().astype("datetime64[D]")
    return Window(rows, (at > last - counted.WINDOW * counted.DAY) & rows["line_type"].eq("sale").to_numpy(bool), last)


def churn_window(stored: Stored, last: np.datetime64) -> Window:
    """The customers of the month that ends on `last`, or as they are where they have no history."""
    if "history" in stored.columns:
        rows = store.frame(stored, "history")
        rows = rows[rows["day"] == pd.Timestamp(last)].reset_index(drop=True)
    else:
        rows = store.frame(stored).assign(day=pd.Timestamp(last))
    return Window(rows, np.ones(len(rows), bool), last)


def sales_outlook(stored: Stored, base: Window, after: pd.DataFrame, wanted: Shift) -> Cards:
    """What the change does to units, and to the error of the week's forecast, which was made before and knows nothing
    of it; nothing where nothing is sold."""
    rows = base.rows[base.inside]
    units = rows["quantity"].to_numpy(float)
    if not units.sum():
        return []
    known = store.elasticities(stored)
    dearer = np.where(shift.priced(rows, wanted), 1 + wanted.price, 1.0)
    kept = rows.index.isin(after.index)
    # One range: the category inside which all changes are, or everything.
    named = rows["category"].astype("str").fillna("") if "category" in rows else pd.Series("", rows.index)
    ranges = named[dearer != 1].unique()
    category = str(ranges[0]) if len(ranges) == 1 and ranges[0] in known else ""
    inside = named.eq(category).to_numpy() if category else np.ones(len(rows), bool)
    found, alike = switching.known(known, category), bool((dearer[inside] == dearer[inside][0]).all())
    ends = []  # units of each row over the usual ones, at the best guess and at the ends of what is known
    for own, whole in switching.corners(found) if wanted.price else [(0.0, 0.0)] * 2:
        each = np.ones(len(rows))
        if np.isnan(own) and alike:  # all at once need not tell what one product would
            own = whole
        each[inside] = switching.answered(units[inside], dearer[inside], own, whole)
        ends.append(each * kept)
    change = [float((units * each).sum() / units.sum()) - 1 for each in ends]
    told = np.isfinite(change[0])
    lo, hi = min(change[1:]), max(change[1:])
    if not wanted.price:
        meaning = _("of that week, by what is lost")
    elif known[category].reason and known[category].whole is None:
        most = locales.number(elasticity.STEEPEST, 1)
        meaning = _("these data do not tell what prices do: from no effect to an elasticity of {most}").format(
            most=most
        )
    elif told:
        meaning = _("by elasticities estimated from these data: {lo} to {hi}").format(lo=_signed(lo), hi=_signed(hi))
    else:
        meaning = _("no single number: these data do not tell what prices do to all products at once")
    shown = _signed(change[0]) if told else _("{lo} to {hi}").format(lo=_signed(lo), hi=_signed(hi))
    least, most = ends[1:][int(np.argmin(change[1:]))], ends[1:][int(np.argmax(change[1:]))]
    days = []
    for sold in ends[:1] if told else [least + (most - least) * share for share in BETWEEN]:
        money = pd.Series(rows["unit_price"].fillna(0).to_numpy(float) * units * (dearer * sold - 1))
        days.append(money.groupby(rows["timestamp"].dt.normalize().to_numpy()).sum())
    return [(_("Units"), shown, meaning), *_forecast(stored, base.day, days)]


def _forecast(stored: Stored, day: np.datetime64, changes: list[pd.Series]) -> Cards:
    """How far the forecast of the week up to a day was off, and would be with a change of what is sold on its days:
    from and to over all that the change may be."""
    try:
        rows, scale = _week(stored.version, str(day), stored)
    except CannotForecast as error:
        return [(_("Forecast off by"), "?", error.sentence())]
    added = [change.reindex(rows["target_day"]).fillna(0).to_numpy() for change in changes]
    every = [
        performance.sold(part, scale) for part in (rows, *(rows.assign(actual=rows["actual"] + one) for one in added))
    ]
    found = [one for one in every if one is not None]
    if len(found) < len(every):
        return []

    def said(name: str) -> tuple[str, str]:
        before, *after = (float(one.loc[name, "value"]) for one in found)
        lo, hi = (performance.written(name, end) for end in (min(after), max(after)))
        return performance.written(name, before), hi if lo == hi else _("{lo} to {hi}").format(lo=lo, hi=hi)

    (before, off), bias = said("wape"), said("bias")
    text = _("of that week’s revenue, {off} without the change; forecast on {day}, bias {before} → {after}")
    made = locales.day(rows["target_day"].iloc[0] - pd.Timedelta(days=1))
    return [(_("Forecast off by"), off, text.format(off=before, day=made, before=bias[0], after=bias[1]))]


@st.cache_resource(max_entries=16, show_spinner=False)
def _week(version: str, day: str, _stored: Stored) -> tuple[pd.DataFrame, float]:  # noqa: ARG001  # the cache key
    return sales.week(_stored, pd.Timestamp(day))


def churn_outlook(stored: Stored, base: Window, after: pd.DataFrame, _wanted: Shift) -> Cards:
    """What the model would say of the changed customers, and how well it would rank them if it still holds.

    Nothing, and why not, where the model cannot be read; where there is none yet, it is trained.
    """
    try:
        model = champions.existing(stored) or champions.churn(stored)[0]
    except ModelFileError as error:
        st.warning(plain(error.sentence()), icon=":material/lock:")
        return []
    held_out = model.held_out
    risks = [model.predict_proba(rows)[:, 1] for rows in (base.rows, after)]
    estimates = [
        performance.estimated(risk, performance.calibrated(risk, held_out.probability, held_out.left.astype(float)))
        for risk in risks
    ]
    leave = (
        _("Predicted to leave"),
        locales.percent(risks[1].mean(), 1),
        _("on average, by the model that is in use; {before} without the change").format(
            before=locales.percent(risks[0].mean(), 1)
        ),
    )
    if estimates[0] is None or estimates[1] is None:
        return [leave]
    before, now = (found.loc["auc"] for found in estimates if found is not None)
    text = _(
        "estimated AUC, {before} without the change; chance alone makes {lo} to {hi}. A new reason to leave would not "
        "show here"
    )
    values = {"before": locales.number(before["value"], 3)}
    values |= {end: locales.number(now[end], 2) for end in ("lo", "hi")}
    return [leave, (_("Ranking quality"), locales.number(now["value"], 3), text.format(**values))]


def _signed(share: float) -> str:
    return locales.signed(share, partial(locales.percent, digits=1))
