"""The outcome window: over how many months it was seen who left. All that turns a risk into time or money asks here."""

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from connectors import telco
from data import meaning, state
from data.tables import Stored
from models.churn.preparation import TARGET

MONTHS = (1, 3, 6, 12)  # that can be chosen
USUAL = 12  # where nothing tells: nothing then pays back too soon
DAYS_A_MONTH = 365.25 / 12
MIN_CUSTOMERS = 200  # customers of each outcome from which the tenures tell
Source = Literal["chosen", "history", "file", "name", "tenure", "unknown"]
_UNITS = {1 / DAYS_A_MONTH: r"days?|d|jours?|tagen?|dias?", 7 / DAYS_A_MONTH: r"weeks?|w|semaines?|wochen?",
          1: r"months?|m|mois|monate?n?|mes(?:es)?", 3: r"quarters?|trimestres?|quartale?n?",
          12: r"years?|y|annees?|ans?|jahre?n?|anos?"}  # fmt: skip
_ONE = r"this|last|past|previous|next|ce|cette|dernier|derniere|prochaine?|letzte[nrsm]?|nachste[nrsm]?|ultimo"
_AFTER = r"derniere?|passee?|precedente?"
_MANY = r"(?:derniers |dernieres |prochains |letzten |last |ultimos )?"


@dataclass(frozen=True)
class Window:
    """`months` long; `source` says how that is known. "unknown": nothing tells, an analyst must choose."""

    months: int
    source: Source


def of(engine: Engine, stored: Stored, customers: pd.DataFrame, history: pd.DataFrame | None = None) -> Window:
    """What was chosen for a dataset, else what it shows (see `guess`)."""
    chosen = state.preference(engine, _key(stored), 0)
    return Window(int(chosen), "chosen") if chosen else guess(stored, customers, history)


def choose(engine: Engine, stored: Stored, months: int) -> None:
    """Keep the window of a dataset, for everybody."""
    state.prefer(engine, _key(stored), months)


def guess(stored: Stored, customers: pd.DataFrame, history: pd.DataFrame | None = None) -> Window:
    """The window that a dataset shows.

    The step between the days of its `history`, whose outcome is that until the next one; what the name of the outcome
    says in its file ("Lapsed in the last 12 months", "churn_90d"); one month for the demo and for a table with all
    columns of the Telco file; else what the tenures tell: where nobody who stayed has been here for
    less than so many months and leavers have, all were there when the window began.
    """
    if history is not None and history["day"].nunique() > 1:
        return Window(step(history), "history")
    if months := said((stored.origin.columns or {}).get(TARGET, "")):
        return Window(months, "name")
    if stored.origin.kind == "demo" or set(telco.COLUMNS.values()) <= set(customers.columns):
        return Window(1, "file")
    if "tenure" in customers and pd.api.types.is_numeric_dtype(customers["tenure"]):
        left = customers[TARGET].fillna(False).to_numpy(bool)
        stayers, leavers = (customers["tenure"][kept].dropna() for kept in (~left, left))
        if min(len(stayers), len(leavers)) >= MIN_CUSTOMERS:
            fitting = [months for months in MONTHS[1:] if months <= stayers.min() and (leavers < months).mean() > 0.01]
            if fitting:
                return Window(fitting[-1], "tenure")
    return Window(USUAL, "unknown")


def said(name: str) -> int | None:
    """The months over which the name of an outcome says that it was seen; None where it says nothing of them."""
    words = meaning.plain(name)
    for months, unit in _UNITS.items():
        if found := re.search(rf"\b(?:(\d{{1,3}}) {_MANY}|(?:{_ONE}) )(?:{unit})\b|\b(?:{unit}) (?:{_AFTER})\b", words):
            return max(1, round(int(found[1] or 1) * months))
    return None


def step(history: pd.DataFrame) -> int:
    """The months between the days of a history, over which each of its outcomes was seen."""
    apart = pd.Series(np.sort(history["day"].unique())).diff().median()
    return max(1, round(apart.days / DAYS_A_MONTH))


def monthly(risk: np.ndarray, months: int) -> np.ndarray:
    """The share leaving in each month, alike in all `months`, whose `risk` over all of them is this one."""
    return 1 - (1 - risk) ** (1 / months)


def _key(stored: Stored) -> str:
    return f"outcome_window.{stored.lineage}"
