"""What a rule for alerts would have done in the past."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.drift import watch

QUIET = 7  # days without one after which an alarm of the same column is a new alert
FOUND_WITHIN = 28  # days after a change in which an alert is about it


@dataclass(frozen=True)
class Replay:
    """The alerts a threshold would have raised: `alerts` has a row each with `feature`, `first`, `last` (days), `psi`
    (the greatest) and `event` (the change it is about, or NaT).

    `delays` are the days each real change took to be found, None where it was missed; `false` counts the alerts about
    none of them; `quieted` the alarms by why they raised no alert.
    """

    alerts: pd.DataFrame
    delays: dict[pd.Timestamp, int | None]
    false: int
    quieted: dict[str, int]


def replay(drift: pd.DataFrame, threshold: float, changes: Sequence[pd.Timestamp]) -> Replay:
    """Apply a threshold to what `watch.backfill` found; `changes` are days on which something really changed."""
    labels = pd.Series(watch.label(drift, threshold), drift.index)
    confirmed = drift[labels == watch.CONFIRMED].sort_values(["feature", "day"])
    usual = drift["day"].drop_duplicates().sort_values().diff().dt.days.median()  # a month where batches are monthly
    fresh = confirmed.groupby("feature")["day"].diff().dt.days.fillna(np.inf).gt(max(QUIET, 1.2 * usual))
    grouped = confirmed.assign(alert=fresh.cumsum()).groupby("alert")
    alerts = grouped.agg(feature=("feature", "first"), first=("day", "min"), last=("day", "max"), psi=("psi", "max"))
    about = pd.Series(pd.NaT, alerts.index, dtype="datetime64[us]")
    for change in changes:
        after = (alerts["first"] - change).dt.days
        about[about.isna() & after.between(0, FOUND_WITHIN)] = change
    alerts = alerts.assign(event=about).sort_values("first").reset_index(drop=True)
    found = {change: alerts.loc[alerts["event"] == change, "first"].min() for change in changes}
    delays = {change: None if pd.isna(first) else int((first - change).days) for change, first in found.items()}
    others = labels[~labels.isin([watch.STABLE, watch.CONFIRMED])].value_counts()
    return Replay(alerts, delays, int(alerts["event"].isna().sum()), {str(name): int(n) for name, n in others.items()})
