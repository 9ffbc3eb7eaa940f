"""Rules that datasets keep to, in the state database: how they fared, and what was corrected, by whom and why.

A rule belongs to a lineage of datasets (`data.lineage`): next month's file is held to the rules of this month's. Its
content is JSON (`models.quality.rules`) with that `lineage`; it is written, removed and brought back as the rules of
`data.rules` are.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Engine, select, update

from data import rules, state
from data.rules import Kept
from data.state import Changed
from data.state.tables import quality_log, quality_rules, quality_steps
from locales import N_

LINEAGE = "lineage"
UNSAID = N_("Say who you are and why: it explains the correction a year from now.")
UNDONE = N_("Somebody has taken this back meanwhile.")


def of(engine: Engine, lineage: str) -> list[Kept]:
    """The rules of a lineage, removed ones too, by their ids."""
    found = rules.kept(engine, quality_rules)
    return [one for one in found if isinstance(one.content, dict) and one.content.get(LINEAGE) == lineage]


def write(engine: Engine, rule: str, lineage: str, content: Mapping[str, Any], changes: int, now: datetime) -> None:
    """Keep a rule of a lineage as it is now (see `data.rules.write`). Raises `state.Changed`."""
    rules.write(engine, rule, {**content, LINEAGE: lineage}, changes, now, quality_rules)


def remove(engine: Engine, kept: Kept, now: datetime) -> None:
    """Take a rule away. Raises `state.Changed`."""
    rules.remove(engine, kept.rule, kept.content, kept.changes, now, quality_rules)


def note(engine: Engine, rows: Sequence[Mapping[str, object]]) -> None:
    """Write rows of `state.quality_log`; the same rule, version and day again replaces what was written."""
    state.upsert(engine, quality_log, rows)


def log(engine: Engine, lineage: str) -> pd.DataFrame:
    """The rows of `state.quality_log` of a lineage, the oldest first."""
    return state.read(engine, quality_log, lineage=lineage).sort_values("judged", kind="stable", ignore_index=True)


def stepped(engine: Engine, row: Mapping[str, Any], by: str, reason: str, now: datetime) -> str:
    """Write down a correction (the columns of `state.quality_steps` that say what it is); its id."""
    by, reason = said(by, reason)
    step = uuid.uuid4().hex
    values = {**row, "step": step, "by": by, "reason": reason, "done": now, "undone": None, "undone_by": None}
    state.upsert(engine, quality_steps, [values])
    return step


def said(by: str, reason: str) -> tuple[str, str]:
    """A name and a reason as they are kept. Raises `Sentence` where one is missing."""
    reason, by = rules.said(reason, by, UNSAID)
    return by, reason


def steps(engine: Engine, lineage: str) -> list[dict[str, Any]]:
    """The rows of `state.quality_steps` of a lineage, the newest first."""
    query = select(quality_steps).where(quality_steps.c.lineage == lineage).order_by(quality_steps.c.done.desc())
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def undone(engine: Engine, step: str, by: str, now: datetime) -> None:
    """Write down that a correction was taken back. Raises `Changed` where somebody has done so before."""
    mine = (quality_steps.c.step == step) & quality_steps.c.undone.is_(None)
    with engine.begin() as connection:
        if not connection.execute(update(quality_steps).where(mine).values(undone=now, undone_by=by)).rowcount:
            raise Changed(UNDONE)
