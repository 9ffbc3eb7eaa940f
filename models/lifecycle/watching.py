"""Drift of the data of a managed model: against what its model learned from, and what its model says of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from data import tables
from data.tables import Stored
from locales import N_, Sentence
from models.drift import alerts, bins, classifier, consequence, counted, explain, history, monitored, watch
from models.drift.bins import Bins
from models.drift.compare import THRESHOLD, CannotCompare
from models.drift.consequence import Consequence
from models.drift.counted import DAY, Watched
from models.drift.monitored import PREDICTION, TRUTH, WARM_UP, Sheet
from models.lifecycle import registry
from models.lifecycle.logged import Step
from models.lifecycle.managed import MODELS

WATCHED_DAYS = 407  # before the last day: a year, and six weeks in which something may have happened
LEARNED_DAYS = 180  # fewest before them, else the first quarter of the data is the reference
WRITING = N_("Writing it down")
NOTHING = N_("There is nothing to compare these data with yet: add newer ones on the page Data.")
LEARNED = N_("{day} is one of the days that the model learned from: choose a day from {first} to {last}.")
ALL_LEARNED = N_("The model learned from all days up to {last}: there are no newer ones to compare with them yet.")
ABSENT = N_("There are no data of {day}: choose a day from {first} to {last}.")


@dataclass(frozen=True)
class Reference:
    """What a table is compared with: the `frozen` bins of a model version of its lineage that learned from the days
    `window[0]` to `[1]`, or those days of the table itself (`version` is the table's then). Nobody is told of what is
    found against anything but the model `in_use`."""

    version: str
    window: tuple[np.datetime64, np.datetime64]
    frozen: Mapping[str, Bins] | None = None
    in_use: bool = False


def references(engine: Engine, model: str, stored: Stored, sheets: tuple[Sheet, ...]) -> list[Reference]:
    """What a dataset can be compared with: the model in use, else first of all its own first days where it has a
    history; then other versions of its lineage, the newest first.

    A model that learned from one day only is nothing to compare that day and those before with. What the model in use
    predicts is not held against what another one did.
    """
    days = np.unique(np.concatenate([sheet.day for sheet in sheets]))
    found = []
    if len(days) > 1:
        first, last = days[0], days[-1]
        long = last - WATCHED_DAYS * DAY >= first + LEARNED_DAYS * DAY
        end = last - WATCHED_DAYS * DAY if long else first + int((last - first).astype(int) / 4) * DAY
        start = first + WARM_UP * DAY if len(days) > WARM_UP and end - first > 2 * WARM_UP * DAY else first
        found.append(Reference(stored.version, (start, end)))
    for row in registry.versions(engine, model, stored.lineage).to_dict("records"):
        whole, in_use = pd.notna(row["window_start"]), row["status"] == registry.CHAMPION
        goes_on = len(days) > 1 and row["window_end"] < pd.Timestamp(days[-1])
        other = len(days) == 1 and row["data_version"] != stored.version
        if row["bins"] and (whole or goes_on or other) and pd.notna(row["window_end"]):
            end = np.datetime64(row["window_end"], "D")
            start = np.datetime64(row["window_start"], "D") if whole else end
            frozen = {name: bins.read(cut) for name, cut in row["bins"].items() if in_use or name != PREDICTION}
            found.append(Reference(row["version"], (start, end), frozen, in_use))
    return sorted(found, key=lambda reference: not reference.in_use)


def lost(against: Reference, sheets: Sequence[Sheet]) -> list[str]:
    """The columns that the model in use learned from and of which the data have no value any more."""
    if not against.in_use or against.frozen is None:
        return []
    there = {name for sheet in sheets for name in sheet.frame}
    return sorted(set(against.frozen) - there - {PREDICTION, TRUTH})


def fresh(watched: Watched, sheets: Sequence[Sheet]) -> list[str]:
    """The columns of the data that are not compared, as what they are compared with has no value of them."""
    there = {name for sheet in sheets for name in sheet.frame if sheet.frame[name].notna().any()}
    return sorted(there - {column.name for column in watched.columns} - {PREDICTION, TRUTH})


def outputs(home: Path, model: str, stored: Stored, champion: "pd.Series | None") -> tuple[Sheet, ...]:
    """What the champion says of the rows that are watched: its output drifts too, and sooner than the truth arrives.
    Nothing where there is no champion, or its file is gone or altered, or does not fit."""
    if champion is None:
        return ()
    try:
        return (MODELS[model].outputs(home, stored, champion),)
    except Sentence:
        return ()


@dataclass(frozen=True)
class Opened:
    """The table of a model in its bins, to be compared with a reference; the models' files are in `home`."""

    home: Path
    model: str
    against: Reference
    watched: Watched
    stored: Stored
    sheets: tuple[Sheet, ...]
    champion: pd.Series | None = None


def opened(engine: Engine, home: Path, model: str) -> Opened:
    """Read the active table of a model and put its rows into bins, for any number of `run`s.

    Raises `CannotCompare` where there is nothing to compare.
    """
    stored = tables.active(home, MODELS[model].table)
    if stored is None:
        raise CannotCompare(N_("There are no data yet: choose some on the page Data."))
    champion = registry.champion(engine, model, stored.lineage)
    sheets = (*monitored.sheets(stored), *outputs(home, model, stored, champion))
    against = references(engine, model, stored, sheets)
    if not against:
        raise CannotCompare(NOTHING)
    binned = counted.count(sheets, against[0].window, against[0].frozen)
    return Opened(home, model, against[0], binned, stored, sheets, champion)


def does(
    home: Path,
    model: str,
    stored: Stored,
    champion: "pd.Series | None",
    sheets: tuple[Sheet, ...],
    watched: Watched,
    days: Sequence[np.datetime64],
    response: Mapping[str, np.ndarray] | None = None,
) -> dict[np.datetime64, dict[str, Consequence]]:
    """What the change of each column does in the windows that end on some days: to what the model in use is about;
    nothing of what it cannot tell, or where its file cannot be read. The `response` may be known (see `Managed`)."""
    managed, found = MODELS[model], {day: dict[str, Consequence]() for day in days}
    if response is None:
        response = managed.response(stored, watched) if found else {}
    for sheet in sheets if found else ():
        try:
            outcome = managed.outcome(home, stored, champion, sheet, sheets)
        except Sentence:
            continue
        if outcome is not None:
            for day, columns in found.items():
                columns |= consequence.of_sheet(watched, sheet, outcome, day, response)
    return found


def raised(table: Opened, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The alarms of rows of `state.psi_log` against what was learned, of any days: what the model in use says decides
    which of the confirmed ones are alerts (see `alerts.of_psi`)."""
    by_day: dict[date, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["reference"] == watch.TRAINING:
            by_day.setdefault(row["day"], []).append(row)
    asked = [
        np.datetime64(day, "D")
        for day, those in by_day.items()
        if table.against.in_use and any(row["label"] == watch.CONFIRMED for row in those)
    ]
    done = does(table.home, table.model, table.stored, table.champion, table.sheets, table.watched, asked)
    sentences, currency = MODELS[table.model].does, table.stored.origin.currency or ""
    found = []
    for day, those in by_day.items():
        at = np.datetime64(day, "D")
        sides = {
            row["feature"]: watch.sides(table.watched, row["feature"], at, row["details"].get("days", counted.WINDOW))
            for row in those
            if row["label"] == watch.CONFIRMED
        }
        noise = {row["feature"]: row["noise_limit"] for row in those}
        moved = {
            name: explain.most(name, side.cut, side.reference, side.current, noise[name])
            for name, side in sides.items()
        }
        found += alerts.of_psi(those, done.get(at, {}), sentences, currency, moved)
    return found


def _together(table: Opened, confirmed: set[str], day: np.datetime64, about: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Alarms that all columns together have changed, of each kind of rows none of whose columns shows it alone."""
    found = []
    for sheet in table.sheets:
        if PREDICTION in sheet.frame or not confirmed.isdisjoint(sheet.frame):
            continue
        apart = classifier.confirmed(table.watched, sheet, day)
        if apart is not None:
            start = day if counted.in_batches(table.watched) else day - (counted.WINDOW - 1) * DAY
            found.append(alerts.of_joint(apart, sheet, (sheet.day >= start) & (sheet.day <= day), about))
    return found


def run(
    engine: Engine,
    table: Opened,
    day: date,
    now: datetime,
    threshold: float = THRESHOLD,
    step: Step = lambda _message, _share: None,
    together: bool = False,
) -> dict[str, Any]:
    """The drift of a model's table on a day: written down, and a summary as JSON can hold it, with the `alerts` to
    raise. Tables that come once a month are judged by their last batch up to that day.

    What the model in use says decides which changes are alerts. All columns `together` are looked at where that is
    asked for: the work of a day, not of a back-fill.

    Raises `CannotCompare` where there is nothing on that day.
    """
    step(N_("Comparing"), 0.4)
    watched, model = table.watched, table.model
    at = watch.latest(watched, np.datetime64(day, "D"))
    drift = watch.backfill(watched, at, threshold) if len(at) else pd.DataFrame()
    if drift.empty or drift["learned"].all():
        first, last = watched.reference[1] + DAY, watched.days[-1]
        why = ABSENT if drift.empty else ALL_LEARNED if first > last else LEARNED
        raise CannotCompare(why, day=day, first=min(first, last).item(), last=last.item())
    last, confirmed = at[0], drift[drift["label"] == watch.CONFIRMED]
    about = {"model": model, "version": table.against.version, "day": last.item()}
    more = alerts.of_lost(lost(table.against, table.sheets), about)
    if together:
        step(N_("Learning to tell the days apart"), 0.5)
        more += _together(table, set(confirmed["feature"]), last, about)
    step(WRITING, 0.8)
    found = history.rows(model, table.against.version, watched, drift, threshold)
    history.write(engine, found, now)
    return {
        "model": model,
        "version": table.against.version,
        "in_use": table.against.in_use,
        "day": drift["day"].iloc[0].date().isoformat(),
        "columns": len(drift),
        "drifted": sorted(drift.loc[drift["psi"] > threshold, "feature"]),
        "labels": drift["label"].value_counts().to_dict(),
        "alerts": more + raised(table, found),
    }
