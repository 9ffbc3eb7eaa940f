"""What stands out and is known, with the reason somebody gave; kept for the lineage of a dataset."""

from typing import Any

import pandas as pd

from data import state
from data.tables import Stored
from ui import database


def key(row: Any) -> str:
    """What names an anomaly: its kind, product and day."""
    return f"{row.kind} {pd.Timestamp(row.day).date().isoformat()} {row.product}"


def reasons(stored: Stored) -> dict[str, str]:
    """The reason of each known anomaly, by its `key`."""
    start = _prefix(stored)
    kept = state.read(database.engine(), state.preferences, state.preferences.c.key.startswith(start, autoescape=True))
    return {name.removeprefix(start): value for name, value in zip(kept["key"], kept["value"], strict=True) if value}


def mark(stored: Stored, name: str, reason: str) -> None:
    """Keep the reason of one; an empty one takes it back."""
    state.prefer(database.engine(), _prefix(stored) + name, reason.strip())


def _prefix(stored: Stored) -> str:
    return f"known {stored.lineage} "
