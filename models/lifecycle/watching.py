"""What the models say of the rows that are watched: predictions drift too, and sooner than the truth arrives."""

from pathlib import Path

import numpy as np
import pandas as pd

from data import tables
from data.tables import Stored
from models.churn import retraining as churn
from models.drift.monitored import Sheet
from models.forecast import kept
from models.forecast.series import CannotForecast
from models.lifecycle import registry, retraining

COLUMN = "prediction"


def sheet(home: Path, model: str, stored: Stored, champion: "pd.Series | None") -> tuple[Sheet, ...]:
    """One sheet with the column `prediction`: the probability of leaving of each customer, or the units a day of each
    series. None where there is no champion, or its file is gone or altered."""
    if champion is None:
        return ()
    try:
        return (_churn if model == churn.MODEL else _sales)(home, stored, champion)
    except (registry.ModelFileError, CannotForecast):
        return ()


def _churn(home: Path, stored: Stored, champion: pd.Series) -> tuple[Sheet, ...]:
    model = churn.load(home, champion)
    rows = tables.read(stored, "history") if "history" in stored.columns else tables.read(stored)
    said = model.predict_proba(rows)[:, 1]
    day = rows["day"] if "day" in rows else pd.Series(pd.Timestamp(stored.stored.date()), rows.index)
    return (Sheet(pd.DataFrame({COLUMN: said}), day.to_numpy().astype("datetime64[D]"), np.arange(len(rows))),)


def _sales(home: Path, stored: Stored, champion: pd.Series) -> tuple[Sheet, ...]:
    model, known = retraining.load_sales(home, champion), retraining.daily(stored).panel
    start, end = kept.AHEAD * 4, len(known.dates)
    said = kept.tell(model.fitted, known, start, end)
    day = np.tile(known.dates.to_numpy()[start:end].astype("datetime64[D]"), len(said))
    return (Sheet(pd.DataFrame({COLUMN: said.ravel()}), day, np.arange(said.size)),)
