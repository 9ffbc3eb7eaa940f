"""Drift of the tables Vigie keeps: against which window, on which day, written down in the state database."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from data import state, tables
from data.dataset import Table
from data.tables import Stored
from locales import N_
from models.drift import bins, explain, monitored, watch
from models.drift.bins import Bins
from models.drift.compare import THRESHOLD, WATCH, CannotCompare
from models.drift.monitored import Sheet
from models.drift.watch import DAY, Watched

TABLES: dict[str, Table] = {"sales": "sales", "churn": "customers"}
WATCHED_DAYS = 407  # before the last day: a year, and six weeks in which something may have happened
LEARNED_DAYS = 180  # fewest before them, else the first quarter of the data is the reference
WARM_UP = 28  # days at the start that know no earlier visit or price
WRITING = N_("Writing it down")
NOTHING = N_("There is nothing to compare these data with yet: add newer ones on the page Data.")
SAID = 3  # moves of a column that are written down
Step = Callable[[str, float], None]


@dataclass(frozen=True)
class Reference:
    """What a table is compared with: the days from `window[0]` to `[1]` of the table itself (`version` is the table's
    then), or the `frozen` bins of a model version that learned from that window."""

    version: str
    window: tuple[np.datetime64, np.datetime64]
    frozen: Mapping[str, Bins] | None = None


def sheets(stored: Stored) -> tuple[Sheet, ...]:
    """What is watched of a dataset (see `monitored`): the lines of goods, the history of customers, or its customers
    on the day they were stored."""
    if stored.table == "sales":
        return monitored.sales(tables.read(stored))
    if "history" in stored.columns:
        return monitored.customers(tables.read(stored, "history"))
    customers = tables.read(stored)
    return monitored.customers(customers.assign(day=pd.Timestamp(stored.stored.date())))


def references(engine: Engine, model: str, stored: Stored, sheets: tuple[Sheet, ...]) -> list[Reference]:
    """What a dataset can be compared with: its own first days where it has a history, then model versions that learned
    from days or datasets before, the newest first."""
    days = np.unique(np.concatenate([sheet.day for sheet in sheets]))
    found = []
    if len(days) > 1:
        first, last = days[0], days[-1]
        long = last - WATCHED_DAYS * DAY >= first + LEARNED_DAYS * DAY
        end = last - WATCHED_DAYS * DAY if long else first + int((last - first).astype(int) / 4) * DAY
        start = first + WARM_UP * DAY if len(days) > WARM_UP and end - first > 2 * WARM_UP * DAY else first
        found.append(Reference(stored.version, (start, end)))
    for row in state.read(engine, state.model_versions, model=model).iloc[::-1].to_dict("records"):
        before = row["data_version"] != stored.version or (len(days) > 1 and row["window_end"] < pd.Timestamp(days[-1]))
        if row["bins"] and before and pd.notna(row["window_end"]):
            end = np.datetime64(row["window_end"], "D")
            start = np.datetime64(row["window_start"], "D") if pd.notna(row["window_start"]) else end
            frozen = {name: bins.read(plain) for name, plain in row["bins"].items()}
            found.append(Reference(row["version"], (start, end), frozen))
    return found


def rows(model: str, version: str, seen: Watched, drift: pd.DataFrame, threshold: float) -> list[dict[str, Any]]:
    """The rows of `state.psi_log` for what `watch.backfill` found: one for the training window, and one for the season
    where there is an earlier year. What moved is written down from the lower watch level on."""
    written = []
    after = drift[~drift["learned"]]  # a model cannot drift from what it learned from
    for row in after.to_dict("records"):
        details: dict[str, Any] = {}
        if row["psi"] > WATCH[0]:
            side = watch.sides(seen, row["feature"], np.datetime64(row["day"], "D"))
            parts = sorted(explain.moves(side.cut, side.reference, side.current), key=lambda move: -move.part)
            details = {"moves": [asdict(move) for move in parts[:SAID]]}
        common = {
            "model": model,
            "version": version,
            "day": row["day"].date(),
            "feature": row["feature"],
            "definition": "deciles",
            "rows_current": row["rows_current"],
            "threshold": threshold,
            "label": row["label"],
        }
        kinds = [(watch.TRAINING, "psi", "noise_limit", "rows_reference", row["ks"], row["ks_pvalue"], details)]
        if row["rows_season"]:
            kinds.append((watch.SEASON, "psi_season", "noise_season", "rows_season", None, None, {}))
        written += [
            common
            | {"reference": kind, "psi": row[psi], "noise_limit": row[noise], "rows_reference": row[base]}
            | {"ks": ks, "ks_pvalue": pvalue, "details": more}
            for kind, psi, noise, base, ks, pvalue, more in kinds
        ]
    return written


def write(engine: Engine, found: list[dict[str, Any]], now: datetime) -> None:
    """Keep rows of `rows` in the log: the same day and version again replaces them."""
    state.upsert(engine, state.psi_log, [row | {"logged": now} for row in found])


@dataclass(frozen=True)
class Opened:
    """A model's table, compared with what `version` learned from."""

    model: str
    version: str
    seen: Watched


def opened(engine: Engine, home: Path, model: str) -> Opened:
    """Read the active table of a model and put its rows into bins, for any number of `run`s.

    Raises `CannotCompare` where there is nothing to compare.
    """
    from models.drift import predicted
    from models.lifecycle import retraining  # which keeps bins with a model by this module

    stored = tables.active(home, TABLES[model])
    if stored is None:
        raise CannotCompare(N_("There are no data yet: choose some on the page Data."))
    sides = (*sheets(stored), *predicted.sheet(home, model, stored, retraining.champion(engine, model, stored)))
    against = references(engine, model, stored, sides)
    if not against:
        raise CannotCompare(NOTHING)
    return Opened(model, against[0].version, watch.count(sides, against[0].window, against[0].frozen))


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
    from models.drift import alerts

    step(N_("Comparing"), 0.4)
    seen, model = table.seen, table.model
    at = watch.latest(seen, np.datetime64(day, "D"))
    drift = watch.backfill(seen, at, threshold) if len(at) else pd.DataFrame()
    if drift.empty or drift["learned"].all():
        learned = N_("{day} is one of the days that the model learned from: choose a day from {first} to {last}.")
        absent = N_("There are no data of {day}: choose a day from {first} to {last}.")
        raise CannotCompare(
            absent if drift.empty else learned,
            day=day,
            first=(seen.reference[1] + DAY).item(),
            last=seen.days[-1].item(),
        )
    step(WRITING, 0.8)
    found = rows(model, table.version, seen, drift, threshold)
    write(engine, found, now)
    return {
        "model": model,
        "version": table.version,
        "day": drift["day"].iloc[0].date().isoformat(),
        "columns": len(drift),
        "drifted": sorted(drift.loc[drift["psi"] > threshold, "feature"]),
        "labels": drift["label"].value_counts().to_dict(),
        "alerts": alerts.of_psi([row for row in found if row["reference"] == watch.TRAINING]),
    }


def frozen(stored: Stored, first: date, last: date) -> dict[str, Bins]:
    """The bins of what is watched of a dataset, cut by the days from `first` to `last`, to be kept with a model."""
    ends = np.datetime64(first, "D"), np.datetime64(last, "D")
    found: dict[str, Bins] = {}
    for sheet in sheets(stored):
        inside = (sheet.day >= ends[0]) & (sheet.day <= ends[1])
        found |= {name: bins.freeze(sheet.frame.loc[inside, name]) for name in sheet.frame}
    return found
