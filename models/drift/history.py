"""The log of drift: what was found in a table on its days, written down in the state database."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from data import state
from models.drift import counted, explain, watch
from models.drift.compare import WATCH
from models.drift.counted import Watched

LOGGED_MOVES = 3  # of a column


def rows(model: str, version: str, watched: Watched, drift: pd.DataFrame, threshold: float) -> list[dict[str, Any]]:
    """The rows of `state.psi_log` for what `watch.backfill` found: one for the training window, and one for the season
    where there is an earlier year. What moved is written down from the lower watch level on."""
    written = []
    after = drift[~drift["learned"]]  # a model cannot drift from what it learned from
    for row in after.to_dict("records"):
        details: dict[str, Any] = {}
        if row["psi"] > WATCH[0]:
            side = watch.sides(watched, row["feature"], np.datetime64(row["day"], "D"))
            parts = sorted(explain.moves(side.cut, side.reference, side.current), key=lambda move: -move.part)
            details = {"moves": [asdict(move) for move in parts[:LOGGED_MOVES]]}
        if (length := watch.told_in(row, threshold, counted.WINDOW)) != counted.WINDOW:
            details["days"] = length
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
