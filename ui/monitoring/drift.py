"""The parts of the drift page: the verdict, all columns, one column, all of them together."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

import locales
import settings
from charts.monitoring import drift as charts
from data import state
from data.tables import Stored
from locales.labels import label
from models.drift import alarms, alerts, counted, explain, messages, watch
from models.drift.classifier import Apart
from models.drift.consequence import Consequence
from models.drift.counted import Watched
from models.drift.monitored import KINDS, Sheet
from models.lifecycle.managed import MODELS
from models.lifecycle.registry import ModelFileError
from models.lifecycle.watching import Reference
from ui import cards, downloads, inputs
from ui.monitoring import watched
from ui.monitoring.shown import SHOWN
from ui.text import N_, _, ngettext, plain

TREND = 26  # points of a sparkline
EMPTY = N_("There are no rows in this window: choose another day.")
BRIEF = N_("A window of {days} days shows it; in the last seven it is small.")
LEARNED = N_("The model learned from this day: it cannot drift from itself.")
# What no alert is raised for, but is beyond chance and over one of the two watch levels.
WORTH = (N_("watch"), N_("watch closely"))


def verdict(
    drift: pd.DataFrame,
    binned: Watched,
    day: pd.Timestamp,
    threshold: float,
    model: str,
    does: Mapping[str, Consequence],
    currency: str,
) -> None:
    """The answer in a sentence, what it does, and the cards."""
    today = drift[drift["day"] == day].sort_values("psi", ascending=False)
    if today["psi"].isna().all():
        st.info(_(EMPTY), icon=":material/info:")
        return
    over = today[today["psi"] > threshold]
    confirmed, seasonal, untold = (
        today[today["label"] == kind] for kind in (watch.CONFIRMED, watch.SEASONAL, watch.UNTOLD)
    )
    confirmed = confirmed.loc[confirmed["feature"].map(lambda name: -_weight(name, does)).sort_values().index]
    if today["learned"].all():
        st.info(_(LEARNED), icon=":material/info:")
    elif len(confirmed):
        first = str(confirmed["feature"].iloc[0])
        sentence = ngettext(
            "“{column}” has not looked like what it is compared with since {day}.",
            "{count} columns do not look like what they are compared with; “{column}” since {day}.",
            len(confirmed),
        )
        why = _("It is real and it matters. It is not the season.")
        if confirmed["psi_season"].isna().any():
            why = _("It is real and it matters; whether the season comes so every year cannot be told yet.")
        text = sentence.format(
            column=label(first), day=locales.day(_since(drift, first, day)), count=locales.number(len(confirmed))
        )
        length = watch.told_in(confirmed.iloc[0], threshold, counted.WINDOW)
        if length != counted.WINDOW:
            why = f"{why} {_(BRIEF).format(days=locales.number(length))}"
        side = watch.sides(binned, first, day.to_datetime64(), length)
        most = explain.most(first, side.cut, side.reference, side.current, confirmed["noise_limit"].iloc[0])
        done = _done(model, explain.sentence(first, most), does.get(first), currency)
        st.warning(plain(f"{text} {why} {done}"), icon=":material/warning:")
    elif len(untold):
        names = ", ".join(label(name) for name in untold["feature"])
        text = _(
            "{columns}: unlike what they are compared with, but it cannot be told from the season yet: there is no "
            "earlier year to compare with. Against the last weeks nothing has surely changed."
        )
        if untold["psi_season"].notna().any():
            text = _(
                "{columns}: unlike what they are compared with, and not much more like the same season of earlier "
                "years. That is not sure yet: the next days will tell."
            )
        st.info(plain(text.format(columns=names)), icon=":material/calendar_month:")
    elif len(seasonal):
        names = ", ".join(label(name) for name in seasonal["feature"])
        text = _("The data look as they do every year at this season, and unlike the rest of the year in: {columns}.")
        st.success(plain(text.format(columns=names)), icon=":material/check_circle:")
    elif len(over):
        text = _("Some columns look different, but there are too few rows to tell it from chance.")
        st.info(plain(text), icon=":material/info:")
    else:
        text = _("The data look like what they are compared with.")
        st.success(plain(text), icon=":material/check_circle:")
    after = drift[~drift["learned"] & (drift["day"] <= day)]
    found = alarms.replay(after, threshold, [])
    months = max(after["day"].nunique() and (after["day"].max() - after["day"].min()).days / 30.4, 1.0)
    near = int(today["label"].eq(watch.SMALL).sum())
    worst = today.iloc[0]
    cards.metrics(
        [
            (
                _("Columns that changed"),
                locales.number(len(confirmed)),
                _("of {count}; {seasonal} more may be the season, {near} are real but small").format(
                    count=len(today), seasonal=len(seasonal) + len(untold), near=near
                ),
            ),
            (
                _("Highest PSI"),
                locales.number(worst["psi"], 2),
                _("{column}; sampling alone makes up to {noise}").format(
                    column=label(worst["feature"]), noise=locales.number(worst["noise_limit"], 2)
                ),
            ),
            (
                _("Alerts so far"),
                locales.number(len(found.alerts)),
                _("confirmed, in {months} months; {quiet} other alarms stayed quiet").format(
                    months=locales.number(months), quiet=locales.number(sum(found.quieted.values()))
                ),
            ),
            (
                _("Rows compared"),
                locales.number(worst["rows_current"]),
                _(SHOWN[model].rows).format(count=locales.number(worst["rows_reference"])),
            ),
        ]
    )


def everything(
    drift: pd.DataFrame,
    day: pd.Timestamp,
    threshold: float,
    levels: tuple[float, float],
    model: str,
    stored: Stored | None,
    does: Mapping[str, Consequence],
) -> None:
    """All columns: the calendar, the table with sparklines, and, with a dataset, drift against importance."""
    confirmed = drift[drift["label"] == watch.CONFIRMED]
    names = confirmed["feature"].unique()
    title = ngettext(
        "{count} column changed beyond the season", "{count} columns changed beyond the season", len(names)
    )
    if confirmed["psi_season"].isna().any():
        title = ngettext(
            "{count} column changed beyond chance (some days without an earlier year to compare)",
            "{count} columns changed beyond chance (some days without an earlier year to compare)",
            len(names),
        )
    quiet = _("No column has changed beyond what a year brings")
    shown = title.format(count=locales.number(len(names))) if len(names) else quiet
    if len(after := drift[~drift["learned"]]):
        cards.figure(charts.calendar(after, threshold, shown), "drift_calendar", drift)
    today = drift[drift["day"] == day].sort_values("psi", ascending=False)
    first = today["label"].eq(watch.CONFIRMED) + today["feature"].map(lambda name: _weight(name, does))
    _table(drift, today.loc[first.sort_values(ascending=False, kind="stable").index], levels, does)
    if stored is None:
        return
    try:
        importance = SHOWN[model].importance(stored)
    except ModelFileError as error:
        st.warning(plain(error.sentence()), icon=":material/lock:")
        return
    known = today[today["feature"].isin(importance.keys()) & today["psi"].notna()]
    if len(known):
        cards.figure(charts.weight(known, importance, threshold, _(SHOWN[model].weights)), "drift_importance", today)


def _worth(today: pd.DataFrame, levels: tuple[float, float]) -> np.ndarray:
    """How many of the watch levels each row is over, beyond chance, where no alert is raised for it."""
    calm = today["label"].isin([watch.STABLE, watch.SMALL]) & ~today["learned"] & (today["psi"] > today["noise_limit"])
    return np.where(calm, np.searchsorted(levels, today["psi"]), 0)


def _table(
    drift: pd.DataFrame, today: pd.DataFrame, levels: tuple[float, float], does: Mapping[str, Consequence]
) -> None:
    """One row a column, with the course of its PSI; what is confirmed first, then by what it does."""
    days = np.sort(drift.loc[drift["day"] <= today["day"].iloc[0], "day"].unique())
    some = days[:: -max(len(days) // TREND, 1)][:TREND][::-1]
    trends = drift[drift["day"].isin(some)].pivot(index="feature", columns="day", values="psi")
    verdicts = [
        _(WORTH[worth - 1]) if worth else _(charts.LABELS[kind])
        for kind, worth in zip(today["label"], _worth(today, levels), strict=True)
    ]
    written = {
        "PSI": [_written(value) for value in today["psi"]],
        _("Verdict"): verdicts,
        _("Does"): [_changes(does[name]) if name in does else "" for name in today["feature"]],
        _("Size"): [_written(value) for value in today["size"]],
        _("Season"): [_written(value) for value in today["psi_season"]],
        _("Noise"): [_written(value) for value in today["noise_limit"]],
        "KS": [_written(value) for value in today["ks"]],
        _("KS p-value"): [_pvalue(value) for value in today["ks_pvalue"]],
        _("Rows"): [locales.number(value) for value in today["rows_current"]],
    }
    course = [trends.loc[name].round(3).tolist() for name in today["feature"]]
    table = pd.DataFrame({_("Column"): [label(name) for name in today["feature"]], **written, _("Course"): course})
    order = [_("Column"), "PSI", _("Verdict"), _("Does"), _("Course"), *list(written)[3:]]
    helps = {
        _("Does"): _("change of the mean amount or risk of a row, if each bin keeps its own"),
        _("Size"): _("of the change, on the scale of the PSI, without what sampling makes"),
        _("Season"): _("PSI against this season of earlier years"),
        _("Noise"): _("PSI that sampling alone exceeds once in twenty"),
        _("Rows"): _("independent ones: the lines of an invoice count once"),
    }
    with st.container(border=True):
        heading = _("Every column in this window")
        st.markdown(f"**{plain(heading)}**")
        st.dataframe(
            table,
            hide_index=True,
            height="content",
            column_order=order,
            column_config={
                name: st.column_config.TextColumn(
                    help=helps.get(name), alignment="left" if name == _("Verdict") else "right"
                )
                for name in written
            }
            | {
                _("Column"): st.column_config.TextColumn(width=180),
                "PSI": st.column_config.TextColumn(width=55, alignment="right"),
                _("Course"): st.column_config.AreaChartColumn(
                    help=_("PSI from the first to the chosen day"), y_min=0, width="small"
                ),
            },
            placeholder="–",
        )
        downloads.table(table[order].drop(columns=_("Course")), "drift_columns")


def _changes(found: Consequence) -> str:
    """The change of the mean, from and to where only its ends are known."""
    lo, hi = (locales.signed(one.change, partial(locales.percent, digits=1)) for one in (found.least or found, found))
    return hi if found.least is None else _("{lo} to {hi}").format(lo=lo, hi=hi)


def _weight(name: str, does: Mapping[str, Consequence]) -> float:
    """By how much a change moves what the model is about, or how far it is off, under 1."""
    return min(max(abs(does[name].change), abs(does[name].error)), 0.99) if name in does else 0.0


def _done(model: str, moved: str, found: Consequence | None, currency: str) -> str:
    """What moved, and what that does to the model's answers as far as one knows."""
    if found is None:
        return moved
    if not found.matters:
        text = _("What the model says changes by {share} only: nobody is told of it.")
        return f"{moved} {text.format(share=locales.percent(abs(found.change), 1))}"
    return messages.joined(moved, messages.said(**found.said(MODELS[model].does, currency)))


def together(found: Mapping[str, Mapping[str, Apart]], rows: tuple[Sheet, ...], day: np.datetime64) -> None:
    """Whether a model can tell the window from earlier rows, by which columns, and which rows are the most different;
    `found` are the views of each kind of rows (see `watched.apart`)."""
    if not any(found.values()):
        st.info(_("There are too few rows to tell them apart: choose another day."), icon=":material/info:")
        return
    for kind, views in found.items():
        if not views:
            continue
        unlike = [charts.AGAINST[name] for name, one in views.items() if one.confirmed]
        text = _("{rows}: a model cannot tell the window from earlier rows.")
        if len(unlike) == len(views):
            text = _("{rows}: all columns together, the window is unlike {others}.")
        elif unlike:
            text = _("{rows}: the window is surely unlike {others}; against the rest it is not sure.")
        elif any(one.unlike for one in views.values()):
            text = _(
                "{rows}: the window looks unlike earlier rows, but that is not sure: of windows that are judged every "
                "day, chance alone makes some look so."
            )
        st.markdown(plain(text.format(rows=label(KINDS[kind]), others=", ".join(_(name) for name in unlike))))
        cards.metrics(
            [
                (
                    _("AUC against {what}").format(what=_(charts.AGAINST[name])),
                    locales.number(one.auc, 2),
                    _("0.5: alike, 1: nothing in common; by chance as high with p {p}").format(p=_pvalue(one.pvalue)),
                )
                for name, one in views.items()
            ]
        )
        cards.figure(charts.apart(views), f"drift_apart_{kind}", pd.DataFrame({n: v.columns for n, v in views.items()}))
        sheet = next(sheet for sheet in rows if kind in sheet.frame)
        inside = sheet.frame[(sheet.day <= day) & (sheet.day > day - counted.WINDOW * counted.DAY)]
        first = next(iter(views.values()))
        shown = inside.iloc[list(first.rows)].rename(columns=label)
        if any(one.confirmed for one in views.values()):
            st.caption(_("The rows that are the most unlike earlier ones"))
            st.dataframe(shown, hide_index=True, placeholder="–")


def _written(value: float) -> str:
    """A PSI or a distance as a reader reads it; nothing where it is not known."""
    return "" if np.isnan(value) else locales.number(value, 3)


def _pvalue(value: float) -> str:
    """A p-value as a reader reads it."""
    return _("under {least}").format(least=locales.number(0.001, 3)) if value < 0.001 else _written(value)


def column(
    drift: pd.DataFrame,
    binned: Watched,
    day: pd.Timestamp,
    threshold: float,
    levels: tuple[float, float],
    model: str,
    stored: Stored,
    rows: tuple[Sheet, ...],
    against: Reference,
) -> None:
    """One column over time and in its bins, and whether it is drift or season."""
    today = drift[drift["day"] == day].sort_values("psi", ascending=False)
    today = today.assign(worth=_worth(today, levels))
    ranked = today.sort_values("label", key=lambda kind: kind != watch.CONFIRMED, kind="stable")
    name = inputs.choice(_("Column"), list(ranked["feature"]), "column", label)
    row = today[today["feature"] == name].iloc[0]
    st.markdown(plain(_why(row, threshold, levels)))
    reasons = {
        pd.Timestamp(found.day): found.reason
        for found in alerts.explained(state.engine(settings.get().database_url), model, day.date())
        if found.feature == name
    }
    whole = watched.measured(stored, rows, against, binned, day.to_datetime64().astype("datetime64[D]"), name)
    st.caption(plain(" ".join(_measures(whole))))
    side = watch.sides(binned, name, day.to_datetime64(), watch.told_in(row, threshold, counted.WINDOW))
    parts = pd.DataFrame(explain.moves(side.cut, side.reference, side.current))
    with st.grid("auto", min_column_width=420):
        mine = drift[drift["feature"] == name]
        cards.figure(charts.course(drift, name, threshold, day, binned.reference, reasons), "drift_course", mine)
        cards.figure(charts.distribution(name, side), "drift_distribution", parts)
    for found, reason in reasons.items():
        text = _("Around {day} this was acknowledged as: {reason}")
        st.caption(plain(text.format(day=locales.day(found), reason=reason)))


def _measures(whole: pd.Series) -> list[str]:
    """The other measures of a column, a sentence each, and what else is odd about it."""
    found = []
    if not np.isnan(whole["ks"]):
        text = _("KS {ks} (p {p}); numbers moved by {distance} standard deviations on average (Wasserstein).")
        values = {"ks": locales.number(whole["ks"], 3), "p": _pvalue(whole["ks_pvalue"])}
        found.append(text.format(distance=locales.number(whole["wasserstein"], 2), **values))
    if not np.isnan(whole["cramers_v"]):
        text = _("Chi-square p {p}, Cramér's V {v}.")
        found.append(text.format(p=_pvalue(whole["chi2_pvalue"]), v=locales.number(whole["cramers_v"], 2)))
    if not np.isnan(whole["jensen_shannon"]):
        found.append(_("Jensen-Shannon distance {d}.").format(d=locales.number(whole["jensen_shannon"], 2)))
    if whole["outside"] > 0:
        text = _("{share} of the rows hold what the model never saw.")
        found.append(text.format(share=locales.percent(whole["outside"], 1)))
    if not np.isnan(whole["bad_row"]):
        text = _("One row, {value}, makes most of the distance between the means: look at it first.")
        found.append(text.format(value=explain.amount(whole["bad_row"])))
    if whole["note"] is not None:
        found.append(whole["note"].sentence())
    return found


def _since(drift: pd.DataFrame, feature: str, day: pd.Timestamp) -> pd.Timestamp:
    """The first day of the confirmed days in a row that end on a day."""
    mine = drift[(drift["feature"] == feature) & (drift["day"] <= day)].sort_values("day")
    others = mine.loc[mine["label"] != watch.CONFIRMED, "day"]
    return mine.loc[mine["day"] > others.max(), "day"].min() if len(others) else mine["day"].min()


def _why(row: pd.Series, threshold: float, levels: tuple[float, float]) -> str:
    """Drift or season: what speaks for it, in a sentence."""
    values = {
        "psi": locales.number(row["psi"], 2),
        "threshold": locales.number(threshold, 2),
        "season": locales.number(row["psi_season"], 2),
        "noise": locales.number(row["noise_limit"], 2),
        "rows": locales.number(row["rows_current"]),
    }
    if np.isnan(row["psi"]):
        return _(EMPTY)
    if row["learned"]:
        return _(LEARNED)
    if worth := int(row["worth"]):
        text = _("No alert: PSI {psi} is under the threshold of {threshold}, but over the watch level of {level}.")
        return text.format(level=locales.number(levels[worth - 1], 2), **values)
    if row["label"] == watch.SMALL:
        return _("It is real, but too small to matter: PSI {psi}, more than sampling makes.").format(**values)
    if row["psi"] <= threshold and row["label"] != watch.CONFIRMED:
        return _("No drift: PSI {psi} is under the threshold of {threshold}.").format(**values)
    if row["label"] == watch.SEASONAL:
        text = _(
            "It is the season: PSI {psi} against the year, but only {season} against the same weeks of earlier years."
        )
    elif row["label"] == watch.UNTOLD:
        text = _(
            "It cannot be told from the season yet: PSI {psi} against what it is compared with, no earlier year to "
            "compare with, and no change against the last weeks."
        )
        if not np.isnan(row["psi_season"]):
            text = _(
                "It is not sure yet: PSI {psi} against what it is compared with, and {season} against this season of "
                "earlier years."
            )
    elif row["label"] == watch.TOO_FEW:
        text = _("It cannot be told: PSI {psi}, but from only {rows} independent rows.")
    elif row["label"] == watch.WITHIN_NOISE:
        text = _("It may be chance: PSI {psi}, and sampling alone makes up to {noise}.")
    elif np.isnan(row["psi_season"]):
        text = _(
            "It is real and it matters: PSI {psi}, and a change against the weeks before. Whether it comes so every "
            "year cannot be told yet."
        )
    else:
        text = _("It is drift: PSI {psi} against what it is compared with, and {season} against this season before.")
    text, length = text.format(**values), watch.told_in(row, threshold, counted.WINDOW)
    return text if length == counted.WINDOW else f"{text} {_(BRIEF).format(days=locales.number(length))}"
