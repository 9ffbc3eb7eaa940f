"""Drift of the data of a managed model: against what its model learned from, and what its model says of them."""

from collections.abc import Mapping
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
from models.drift import alerts, bins, history, monitored, watch
from models.drift.bins import Bins
from models.drift.compare import THRESHOLD, CannotCompare
from models.drift.monitored import Sheet
from models.drift.watch import DAY, Watched
from models.lifecycle import registry
from models.lifecycle.logged import Step
from models.lifecycle.managed import MODELS

WATCHED_DAYS = 407  # before the last day: a year, and six weeks in which something may have happened
LEARNED_DAYS = 180  # fewest before them, else the first quarter of the data is the reference
WARM_UP = 28  # days at the start that know no earlier visit or price
WRITING = N_("Writing it down")
NOTHING = N_("There is nothing to compare these data with yet: add newer ones on the page Data.")


@dataclass(frozen=True)
class Reference:
    """What a table is compared with: the days from `window[0]` to `[1]` of the table itself (`version` is the table's
    then), or the `frozen` bins of a model version that learned from that window. Nobody is told of what is found
    against anything but the model `in_use`."""

    version: str
    window: tuple[np.datetime64, np.datetime64]
    frozen: Mapping[str, Bins] | None = None
    in_use: bool = False


def references(engine: Engine, model: str, stored: Stored, sheets: tuple[Sheet, ...]) -> list[Reference]:
    """What a dataset can be compared with: the model in use where it learned from days or datasets before, else first
    of all its own first days where it has a history; then other versions of its lineage, the newest first."""
    days = np.unique(np.concatenate([sheet.day for sheet in sheets]))
    found = []
    if len(days) > 1:
        first, last = days[0], days[-1]
        long = last - WATCHED_DAYS * DAY >= first + LEARNED_DAYS * DAY
        end = last - WATCHED_DAYS * DAY if long else first + int((last - first).astype(int) / 4) * DAY
        start = first + WARM_UP * DAY if len(days) > WARM_UP and end - first > 2 * WARM_UP * DAY else first
        found.append(Reference(stored.version, (start, end)))
    for row in registry.versions(engine, model, stored.lineage).to_dict("records"):
        before = row["data_version"] != stored.version or (len(days) > 1 and row["window_end"] < pd.Timestamp(days[-1]))
        if row["bins"] and before and pd.notna(row["window_end"]):
            end = np.datetime64(row["window_end"], "D")
            start = np.datetime64(row["window_start"], "D") if pd.notna(row["window_start"]) else end
            frozen = {name: bins.read(plain) for name, plain in row["bins"].items()}
            found.append(Reference(row["version"], (start, end), frozen, row["status"] == registry.CHAMPION))
    return sorted(found, key=lambda reference: not reference.in_use)


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
    """The table of a model in its bins, to be compared with a reference."""

    model: str
    against: Reference
    watched: Watched


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
    return Opened(model, against[0], watch.count(sheets, against[0].window, against[0].frozen))


def run(
    engine: Engine,
    table: Opened,
    day: date,
    now: datetime,
    threshold: float = THRESHOLD,
    step: Step = lambda _message, _share: None,
) -> dict[str, Any]:
    """The drift of a model's table on a day: written down, and a summary as JSON can hold it, with the `alerts` to
    raise. Tables that come once a month are judged by their last batch up to that day.

    Raises `CannotCompare` where there is nothing on that day.
    """
    step(N_("Comparing"), 0.4)
    watched, model = table.watched, table.model
    at = watch.latest(watched, np.datetime64(day, "D"))
    drift = watch.backfill(watched, at, threshold) if len(at) else pd.DataFrame()
    if drift.empty or drift["learned"].all():
        learned = N_("{day} is one of the days that the model learned from: choose a day from {first} to {last}.")
        absent = N_("There are no data of {day}: choose a day from {first} to {last}.")
        raise CannotCompare(
            absent if drift.empty else learned,
            day=day,
            first=(watched.reference[1] + DAY).item(),
            last=watched.days[-1].item(),
        )
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
        "alerts": alerts.of_psi([row for row in found if row["reference"] == watch.TRAINING]),
    }
