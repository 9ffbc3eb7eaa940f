"""Rules in the state database, what they found, who was told of it, and what was answered.

The content of a rule is JSON (`models.act.rules`). As with boards, a write names the change that it goes on from, so
that of two people who change one rule at once neither overwrites the other; what was removed can be brought back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Engine, Table, select, update

from data import events, state
from data.state import Changed
from data.state.tables import rule_alerts, rule_deliveries, rules, snoozed
from locales import N_, Sentence

CHANGED = N_("Somebody has changed this rule meanwhile. It is shown as it is now: do it again.")
UNSAID = N_("Say who you are and why: it explains the same alert a year from now.")
ANSWERED = N_("Somebody has answered this meanwhile.")
MAX_REASON = 200  # characters


@dataclass(frozen=True)
class Kept:
    """A rule as it is kept: `changes` counts its writes, `changed` is when the last one was."""

    rule: str
    content: Any
    changes: int
    changed: datetime
    removed: bool


def kept(engine: Engine, of: Table = rules) -> list[Kept]:
    """All rules, removed ones too, by their ids; or those of another table with the same columns."""
    with engine.connect() as connection:
        rows = connection.execute(select(of).order_by(of.c.rule)).all()
    return [Kept(row.rule, row.content, row.changes, row.changed, row.removed is not None) for row in rows]


def write(
    engine: Engine, rule: str, content: Mapping[str, Any], changes: int, now: datetime, of: Table = rules
) -> None:
    """Keep a rule as it is now: a new one where `changes` is 0. One that was removed is back.

    Raises `Changed` where it is not as it was after so many `changes`.
    """
    row = {"content": state.plain(content), "changes": changes + 1, "changed": now, "removed": None}
    _step(engine, of, rule, changes, row)


def remove(
    engine: Engine, rule: str, content: Mapping[str, Any], changes: int, now: datetime, of: Table = rules
) -> None:
    """Take a rule away; a ready-made one that was never kept (`changes` 0) with its `content`. Raises `Changed`."""
    row = {"content": state.plain(content), "changes": changes + 1, "changed": now, "removed": now}
    _step(engine, of, rule, changes, row)


def _step(engine: Engine, of: Table, rule: str, changes: int, row: Mapping[str, Any]) -> None:
    with engine.begin() as connection:
        done = state.put(connection, of, rule, changes, row)
    if not done:
        raise Changed(CHANGED)


def raised(engine: Engine, rows: Sequence[Mapping[str, Any]]) -> int:
    """Write rows of `state.rule_alerts` whose cause is new, all or none; how many are. What is known stays as it is."""
    new = []
    with engine.begin() as connection:
        for row in sorted(rows, key=lambda one: one["cause"]):  # two processes never wait for each other in a circle
            values = {name: state.plain(value) for name, value in row.items()}
            made = state.inserting(engine, rule_alerts).values(values).on_conflict_do_nothing()
            if connection.execute(made.returning(rule_alerts.c.cause)).first() is not None:
                new.append(values)
    events.written(rule_alerts.name, new)
    return len(new)


def due(engine: Engine, channel: str) -> pd.DataFrame:
    """The rows of `state.rule_alerts` that nobody has answered and a channel was not told of, by day."""
    delivered = select(rule_deliveries.c.cause).where(
        rule_deliveries.c.channel == channel, rule_deliveries.c.error.is_(None)
    )
    return state.read(engine, rule_alerts, rule_alerts.c.cause.not_in(delivered), acknowledged=None).sort_values(
        ["day", "rule", "level"], ignore_index=True
    )


def notified(engine: Engine, causes: Sequence[str], channel: str, error: str | None, now: datetime) -> None:
    """Write down that a channel was told of some causes, or why not."""
    state.upsert(
        engine,
        rule_deliveries,
        [{"cause": cause, "channel": channel, "tried": now, "error": error} for cause in causes],
    )


def acknowledge(engine: Engine, causes: Sequence[str], answer: str, reason: str, by: str, now: datetime) -> int:
    """Answer those of some alerts that wait for it; how many there were.

    Raises `Changed` where somebody has answered all of them before, and `Sentence` without a reason and a name.
    """
    reason, by = said(reason, by)
    values = {"acknowledged": now, "acknowledged_by": by, "answer": answer, "reason": reason}
    waiting = rule_alerts.c.cause.in_(causes) & rule_alerts.c.acknowledged.is_(None)
    with engine.begin() as connection:
        done = connection.execute(update(rule_alerts).where(waiting).values(**values)).rowcount
    if not done:
        raise Changed(ANSWERED)
    return done


def snooze(engine: Engine, item: str, until: date, reason: str, by: str, now: datetime) -> None:
    """Let something that waits be quiet until a day. Raises `Sentence` without a reason and a name."""
    reason, by = said(reason, by)
    if until <= now.date():
        raise Sentence(N_("Choose a later day than today."))
    state.upsert(engine, snoozed, [{"item": item, "until": until, "by": by, "reason": reason, "since": now}])


def wake(engine: Engine, item: str) -> None:
    """Let something wait again at once."""
    with engine.begin() as connection:
        connection.execute(snoozed.delete().where(snoozed.c.item == item))


def asleep(engine: Engine, today: date) -> dict[str, dict[str, Any]]:
    """The rows of `state.snoozed` that are quiet today, by their items."""
    rows = state.read(engine, snoozed, snoozed.c.until > today)
    return {row["item"]: row for row in rows.to_dict("records")}


def assign(engine: Engine, item: str, assignee: str, reason: str, by: str, now: datetime) -> None:
    """Say who is to answer something that waits. Raises `Sentence` without a person, a reason and a name."""
    reason, by = said(reason, by)
    if not (assignee := assignee.strip()[:MAX_REASON]):
        raise Sentence(N_("Say who is to answer it."))
    row = {"item": item, "assignee": assignee, "by": by, "reason": reason, "since": now}
    state.upsert(engine, state.assigned, [row])


def assigned(engine: Engine) -> dict[str, dict[str, Any]]:
    """The rows of `state.assigned`, by their items."""
    return {row["item"]: row for row in state.read(engine, state.assigned).to_dict("records")}


def said(reason: str, by: str, unsaid: str = UNSAID) -> tuple[str, str]:
    """A reason and a name as they are kept. Raises `Sentence`, which says `unsaid`, without them."""
    reason, by = (one.strip()[:MAX_REASON] for one in (reason, by))
    if not reason or not by:
        raise Sentence(unsaid)
    return reason, by
