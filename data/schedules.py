"""Work at set times in the state database: what is to be done when, and what became of each time that came due.

A time that came due is a row of `state.schedule_runs`, keyed by its schedule and the time: whoever calls, and however
often, it is there once and one process at a time has it. As with `data.runs`, that process beats by the database's
clock; one whose heart has stopped was killed, and its work is taken over. What failed is tried again after `PAUSES`,
each longer than the one before; then it is given up and waits for somebody (`failed`).

What a rule asks for (`ask`) is such a row, too, of no schedule: its id begins with `ASKED`, its time is the day on
which the rule found something.

Of a schedule one time is open at once. Those that pass meanwhile, or while nothing ran at all, are made up once: by
the last of them. A clock that is set back finds its times there already and does none again.
"""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Connection, Engine, and_, exists, or_, select, update
from sqlalchemy import delete as deleting

from data import rules, runs, state
from data.runs import PAUSES
from data.state import Changed
from data.state.tables import leases, report_deliveries, schedule_runs, schedules
from locales import N_

CHANGED = N_("Somebody has changed this schedule meanwhile. It is shown as it is now: do it again.")
TRIES = len(PAUSES) + 1
LATE = timedelta(minutes=10)  # after which what is due and not begun is done by nobody
KEPT = timedelta(days=90)  # that the rows of what has ended stay
CUT_OFF = N_("It was cut off {count} times before its end.")
LET_GO = N_("It was paused or removed before its next try.")
ASKED = "rule:"
_OF_RULES = schedule_runs.c.schedule.startswith(ASKED, autoescape=True)
WAITING, RUNNING, DONE, SKIPPED, FAILED = "waiting", "running", "done", "skipped", "failed"


@dataclass(frozen=True)
class Kept:
    """A schedule as it is kept: `changes` counts its writes, times after `since` count."""

    schedule: str
    content: Any
    changes: int
    since: datetime
    removed: bool


@dataclass(frozen=True)
class Held:
    """A time that came due and that this process has, at its so-manieth attempt."""

    schedule: str
    due: datetime
    content: Any
    attempts: int
    holder: str


def kept(engine: Engine) -> list[Kept]:
    """All schedules, removed ones too, by their ids."""
    with engine.connect() as connection:
        rows = connection.execute(select(schedules).order_by(schedules.c.schedule)).all()
    return [Kept(row.schedule, row.content, row.changes, row.since, row.removed is not None) for row in rows]


def write(
    engine: Engine, schedule: str, content: Mapping[str, Any], changes: int, removed: bool = False, stop: bool = False
) -> None:
    """Keep a schedule as it is now, or remove it; a new one where `changes` is 0. Times before now do not count.

    Where it is removed, or with `stop` (it is paused), what of it waits for its next try is let go.
    Raises `Changed` where it is not as it was after so many `changes`.
    """
    now = runs.ago(engine)
    row = {"content": state.plain(content), "changes": changes + 1, "since": now, "removed": now if removed else None}
    with engine.begin() as connection:
        done = state.put(connection, schedules, schedule, changes, row)
        if done and (removed or stop):
            waits = (schedule_runs.c.schedule == schedule) & (schedule_runs.c.status == WAITING)
            left = {"status": SKIPPED, "finished": now, "message": LET_GO}
            connection.execute(update(schedule_runs).where(waits).values(**left))
    if not done:
        raise Changed(CHANGED)


def arise(engine: Engine, schedule: Kept, due: datetime) -> bool:
    """Write down that a time of a schedule has come; False where it is known, or another one of it is still open."""
    now = runs.ago(engine)
    mine = (schedules.c.schedule == schedule.schedule) & (schedules.c.changes == schedule.changes)
    later = or_(schedules.c.since < due, schedules.c.since > now)  # after now: a clock was set back
    unfinished = schedule_runs.c.status.in_((WAITING, RUNNING))
    open_ = exists().where(schedule_runs.c.schedule == schedule.schedule, unfinished)
    with engine.begin() as connection:
        # The row of the schedule is what two processes that do this at once wait for.
        taken = connection.execute(update(schedules).where(mine, later, ~open_).values(since=due))
        if not taken.rowcount or connection.execute(select(open_)).scalar_one():
            connection.rollback()
            return False
        return _wait(connection, schedule.schedule, due, schedule.content)


def ask(engine: Engine, name: str, due: datetime, content: Mapping[str, Any]) -> bool:
    """Write down what is to be done now, once for a name (which begins with `ASKED`) and a time; False where it is
    known."""
    with engine.begin() as connection:
        return _wait(connection, name, due, state.plain(content))


def _wait(connection: Connection, name: str, due: datetime, content: Any) -> bool:
    """Let something wait to be claimed, at once; False where it is known."""
    now = runs.ago(connection.engine)
    row = {"schedule": name, "due": due, "content": content, "status": WAITING, "attempts": 0}
    row |= {"next_try": now, "holder": "", "heartbeat": now}
    made = state.inserting(connection.engine, schedule_runs).values(row).on_conflict_do_nothing()
    return connection.execute(made.returning(schedule_runs.c.due)).first() is not None


def asked(engine: Engine) -> dict[str, Any]:
    """What was asked for and has not ended: its contents, by name."""
    table = schedule_runs
    open_ = _OF_RULES & table.c.status.in_((WAITING, RUNNING))
    with engine.connect() as connection:
        rows = connection.execute(select(table.c.schedule, table.c.content).where(open_)).all()
    return {row.schedule: row.content for row in rows}


def of_rules(engine: Engine) -> pd.DataFrame:
    """The rows of `state.schedule_runs` that rules asked for."""
    return state.read(engine, schedule_runs, _OF_RULES)


def forgotten(engine: Engine) -> bool:
    """Whether something that was asked for has waited for long, and nobody does it."""
    table = schedule_runs
    late = _OF_RULES & (table.c.status == WAITING) & (table.c.next_try < runs.ago(engine, LATE))
    with engine.connect() as connection:
        return connection.execute(select(table.c.due).where(late)).first() is not None


def _claimable(engine: Engine, names: Collection[str]) -> ColumnElement[bool]:
    waits = (schedule_runs.c.status == WAITING) & (schedule_runs.c.next_try <= runs.ago(engine))
    stopped = (schedule_runs.c.status == RUNNING) & (schedule_runs.c.heartbeat < runs.ago(engine, runs.STOPPED))
    return and_(schedule_runs.c.schedule.in_(names), or_(waits, stopped))


def attended(engine: Engine) -> frozenset[str]:
    """The schedules of which a time is open and not forgotten: somebody works on it, or its next try is to come."""
    alive = (schedule_runs.c.status == RUNNING) & (schedule_runs.c.heartbeat >= runs.ago(engine, runs.STOPPED))
    waits = (schedule_runs.c.status == WAITING) & (schedule_runs.c.next_try >= runs.ago(engine, LATE))
    with engine.connect() as connection:
        return frozenset(connection.execute(select(schedule_runs.c.schedule).where(or_(alive, waits))).scalars())


def claimable(engine: Engine, names: Collection[str]) -> bool:
    """Whether there is something for `claim`."""
    with engine.connect() as connection:
        return connection.execute(select(schedule_runs.c.due).where(_claimable(engine, names))).first() is not None


def claim(engine: Engine, names: Collection[str]) -> Held | None:
    """Take what came due first of the schedules `names` and nobody works on; None where there is nothing.

    What was cut off as often as it may be tried is given up.
    """
    table, free, now = schedule_runs, _claimable(engine, names), runs.ago(engine)
    ahead = (table.c.status == RUNNING) & (table.c.heartbeat > now)  # a clock was set back: see data.runs
    worn = free & (table.c.attempts >= TRIES)
    with engine.begin() as connection:
        connection.execute(update(table).where(ahead).values(heartbeat=now))
        said = {"status": FAILED, "finished": now, "message": CUT_OFF.format(count=TRIES)}
        connection.execute(update(table).where(worn).values(**said))
    for _other in range(len(names) + 1):  # who was quicker has taken one
        with engine.connect() as connection:
            first = connection.execute(select(table.c.schedule, table.c.due).where(free).order_by(table.c.due)).first()
        if first is None:
            return None
        holder = uuid.uuid4().hex
        values: dict[str, Any] = {"status": RUNNING, "attempts": table.c.attempts + 1, "holder": holder}
        values |= {"heartbeat": now, "started": now, "finished": None, "message": None}
        this = (table.c.schedule == first.schedule) & (table.c.due == first.due)
        with engine.begin() as connection:
            taken = update(table).where(this, free).values(**values).returning(table.c.content, table.c.attempts)
            if (row := connection.execute(taken).first()) is not None:
                return Held(first.schedule, first.due, row.content, row.attempts, holder)
    return None


def beat(engine: Engine, held: Held) -> bool:
    """Say that whoever has it is alive; False where it was taken over."""
    beaten = update(schedule_runs).where(_mine(held)).values(heartbeat=runs.ago(engine))
    with engine.begin() as connection:
        return connection.execute(beaten).rowcount == 1


def end(engine: Engine, held: Held, status: str, message: str | None) -> bool:
    """Write down what it came to: `DONE`, `SKIPPED`, `FAILED` (tried again, or given up), or `WAITING`, where it could
    not begin or was stopped from outside, which is no attempt. False where it was taken over meanwhile."""
    now = runs.ago(engine)
    values: dict[str, Any] = {"status": status, "message": message, "finished": now}
    if status == WAITING:
        values |= {"attempts": held.attempts - 1, "next_try": runs.ago(engine, -runs.STOPPED)}
    elif status == FAILED and held.attempts < TRIES:
        values |= {"status": WAITING, "next_try": runs.ago(engine, -PAUSES[held.attempts - 1])}
    with engine.begin() as connection:
        return connection.execute(update(schedule_runs).where(_mine(held)).values(**values)).rowcount == 1


def _mine(held: Held) -> ColumnElement[bool]:
    table = schedule_runs
    this = (table.c.schedule == held.schedule) & (table.c.due == held.due)
    return and_(this, table.c.holder == held.holder, table.c.status == RUNNING)


def release(engine: Engine, held: Held) -> None:
    """Give it back, to be begun anew at once: who has it was told to stop."""
    values = {"status": WAITING, "attempts": held.attempts - 1, "next_try": runs.ago(engine)}
    with engine.begin() as connection:
        connection.execute(update(schedule_runs).where(_mine(held)).values(**values))


def again(engine: Engine, schedule: str, due: datetime) -> None:
    """Try once more what was given up, as if it had just come due; it may fail as often again."""
    table = schedule_runs
    given_up = (table.c.schedule == schedule) & (table.c.due == due) & (table.c.status == FAILED)
    with engine.begin() as connection:
        values = update(table).where(given_up).values(status=WAITING, attempts=0, next_try=runs.ago(engine))
        connection.execute(values)


def failed(engine: Engine) -> pd.DataFrame:
    """What was given up and waits for somebody: of each schedule the last row of `state.schedule_runs`, with `times`,
    how many were given up since it was last done. Nothing waits of a schedule that did its work since, or is gone."""
    gone = select(schedules.c.schedule).where(schedules.c.removed.is_not(None))
    rows = state.read(engine, schedule_runs, schedule_runs.c.schedule.not_in(gone))
    found = []
    for _name, some in rows.groupby("schedule"):
        last = some["due"][some["status"].isin([DONE, SKIPPED])].max()
        waits = some[some["status"].eq(FAILED) & some["acknowledged"].isna() & ~(some["due"] < last)]
        found.append(waits.tail(1).assign(times=len(waits)))
    return pd.concat(found, ignore_index=True) if found else rows.assign(times=0)


def acknowledge(engine: Engine, schedule: str, reason: str, by: str) -> None:
    """Let what was given up of a schedule rest. Raises `Changed` where somebody was quicker, `Sentence` without a
    reason and a name."""
    reason, by = rules.said(reason, by)
    table = schedule_runs
    waits = (table.c.schedule == schedule) & (table.c.status == FAILED) & table.c.acknowledged.is_(None)
    values = {"acknowledged": runs.ago(engine), "acknowledged_by": by, "reason": reason}
    with engine.begin() as connection:
        if not connection.execute(update(table).where(waits).values(**values)).rowcount:
            raise Changed(rules.ANSWERED)


def sent(engine: Engine, cause: str) -> list[str]:
    """The channels to which a report was sent for a cause."""
    return state.read(engine, report_deliveries, cause=cause, error=None)["channel"].tolist()


def delivered(engine: Engine, cause: str, channel: str, error: str | None, now: datetime) -> None:
    """Write down that a report was sent to a channel for a cause, or why not."""
    state.upsert(engine, report_deliveries, [{"cause": cause, "channel": channel, "tried": now, "error": error}])


def tidy(engine: Engine) -> None:
    """Remove the rows of what ended long ago."""
    old = schedule_runs.c.finished < runs.ago(engine, KEPT)
    with engine.begin() as connection:
        connection.execute(deleting(schedule_runs).where(old, schedule_runs.c.status.in_((DONE, SKIPPED, FAILED))))


def lead(engine: Engine, lease: str, holder: str, seconds: float) -> bool:
    """Have a lease for so many seconds from now on, or have it longer; False where another one has it.

    One that runs longer than it can is of a clock that was set back, and counts as given now.
    """
    until = runs.ago(engine, -timedelta(seconds=seconds))
    free = or_(leases.c.holder == holder, leases.c.until < runs.ago(engine))
    asked = state.inserting(engine, leases).values(lease=lease, holder=holder, until=until)
    asked = asked.on_conflict_do_update(index_elements=["lease"], set_={"holder": holder, "until": until}, where=free)
    with engine.begin() as connection:
        if connection.execute(asked.returning(leases.c.holder)).first() is not None:
            return True
        beyond = (leases.c.lease == lease) & (leases.c.until > until)
        connection.execute(update(leases).where(beyond).values(until=until))
    return False


def resign(engine: Engine, lease: str, holder: str) -> None:
    """Give a lease up, so that another server need not wait for its end."""
    with engine.begin() as connection:
        connection.execute(deleting(leases).where(leases.c.lease == lease, leases.c.holder == holder))
