"""Corrections made, as a new version of a dataset, and taken back, with who, when and why.

What is taken back is the cells, not the version: lines that came later stay.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Engine

from data import checks, schemas, tables
from data.dataset import Dataset, Finding
from data.quality import KEYS
from data.state import Changed
from data.tables import Stored
from locales import N_, Sentence
from models.quality import corrections
from models.quality.corrections import Correction
from models.quality.rules import TIME

MAX_CELLS = 50_000
MEANWHILE = N_("The data have changed meanwhile. They are shown as they are now: look again.")
DONE = {
    "spelling": N_("{column}: {rows} rows with other capitals, accents or blanks than usual."),
    "typo": N_("{column}: {rows} rows with a slip in a word."),
    "dates": N_("{column}: {rows} dates whose day and month were swapped."),
    "factor": N_("{column}: {rows} values that were {factor} times too large."),
    "sign": N_("{column}: {rows} returns with the wrong sign."),
    "twice": N_("{rows} rows that stood there twice were left out."),
    "price": N_("{column}: {rows} prices became the usual one of the product."),
}
BACK = N_("A correction was taken back: {rows} rows.")


def apply(
    engine: Engine, home: Path, stored: Stored, chosen: Correction, by: str, reason: str, now: datetime
) -> Stored:
    """Keep a new version with the cells of a correction (those that were chosen), and let the pages show it.

    Raises `Sentence` without a name and a reason, and where there are too many cells; `Changed` where another version
    is shown meanwhile; OSError with everything as it was.
    """
    by, reason = checks.said(by, reason)
    _still(home, stored)
    if len(chosen.cells) > MAX_CELLS:
        raise Sentence(N_("These are more than {count} cells: mend them where the data come from."), count=MAX_CELLS)
    key, frame = KEYS[stored.table], tables.read(stored)
    rows = frame[frame[key].isin(chosen.cells["key"])]
    gone = chosen.column == key
    cells: list[Any] = _records(rows) if gone else _plain(chosen.cells)
    mended = corrections.applied(frame, key, chosen.cells, chosen.column)
    values = {"column": chosen.column, **chosen.values}
    kept = _keep(home, stored, _sorted(stored, mended), Finding(DONE[chosen.kind], len(rows), values), now)
    content = {"kind": chosen.kind, "column": chosen.column, "values": chosen.values}
    row = {"table": stored.table, "lineage": stored.lineage, "before": stored.version, "after": kept.version}
    checks.stepped(engine, {**row, "content": content, "cells": cells, "rows": len(rows)}, by, reason, now)
    tables.activate(home, stored.table, kept.version)
    return kept


def undo(engine: Engine, home: Path, stored: Stored, step: Mapping[str, Any], by: str, now: datetime) -> Stored:
    """Put back what a correction (a row of `state.quality_steps`) changed in the version that is shown.

    Cells that somebody has changed since stay as they are. Raises `Changed` where another version is shown meanwhile,
    or the step was taken back before.
    """
    _still(home, stored)
    if step["undone"] is not None or step["lineage"] != stored.lineage:
        raise Changed(checks.UNDONE)
    before = next((one for one in tables.stored(home, stored.table) if one.version == step["before"]), None)
    if before and stored.version == step["after"]:
        kept = before
    else:
        key, frame = KEYS[stored.table], tables.read(stored)
        column = step["content"]["column"]
        mended, rows = _restored(stored, frame, key, column, step["cells"])
        kept = _keep(home, stored, _sorted(stored, mended), Finding(BACK, rows, {"column": column}), now)
    checks.undone(engine, step["step"], by, now)
    tables.activate(home, stored.table, kept.version)
    return kept


def _still(home: Path, stored: Stored) -> None:
    shown = tables.active(home, stored.table)
    if shown is None or shown.version != stored.version:
        raise Changed(MEANWHILE)


def _keep(home: Path, stored: Stored, frame: pd.DataFrame, finding: Finding, now: datetime) -> Stored:
    checked = schemas.check(stored.table, frame)
    findings = (*stored.findings, finding)
    made = Dataset(stored.table, {stored.table: checked}, stored.origin, findings, stored.lineage)
    return tables.add(home, made, now, activate=False, around=stored)


def _sorted(stored: Stored, frame: pd.DataFrame) -> pd.DataFrame:
    """A frame with a time in the order of time, as files of sales are kept."""
    time = TIME.get(stored.table)
    if time not in frame or frame[time].is_monotonic_increasing:
        return frame
    return frame.sort_values([time, KEYS[stored.table]], kind="stable", ignore_index=True)


def _plain(cells: pd.DataFrame) -> list[list[Any]]:
    """Cells (key, old, new) for JSON."""
    return [[_text(one) for one in row] for row in cells[["key", "old", "new"]].itertuples(index=False)]


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): _text(one) for name, one in row.items()} for row in rows.to_dict("records")]


def _text(value: Any) -> Any:
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value


def _restored(stored: Stored, frame: pd.DataFrame, key: str, column: str, cells: list[Any]) -> tuple[pd.DataFrame, int]:
    """A frame with what stood there before, and how many rows that are."""
    kinds = stored.columns[stored.table]
    if column == key:
        gone = pd.DataFrame(cells)
        gone = gone[~gone[key].isin(frame[key])].reindex(columns=list(frame))
        for name, kind in kinds.items():
            gone[name] = pd.to_datetime(gone[name], format="ISO8601") if kind.startswith("datetime") else gone[name]
        joined = pd.concat([frame, gone.astype(kinds)], ignore_index=True)
        for name, kind in kinds.items():
            joined[name] = joined[name].astype("str").astype("category") if kind == "category" else joined[name]
        return joined, len(gone)
    was = pd.DataFrame(cells, columns=["key", "old", "new"])
    if kinds[column].startswith("datetime"):
        was = was.assign(
            old=pd.to_datetime(was["old"], format="ISO8601"), new=pd.to_datetime(was["new"], format="ISO8601")
        )
    now = frame.set_index(key)[column].reindex(was["key"])
    same = was[(now.astype("object").to_numpy() == was["new"].astype("object").to_numpy())]
    back = pd.DataFrame({"key": same["key"], "new": same["old"]})
    return corrections.applied(frame, key, back, column), len(back)
