"""Jobs that run once at a time, whichever process starts them: a row of `state.job_runs` is the lock.

A run beats while it works. Whoever wants the same run finds it taken, unless its heart has stopped: then it was
killed, and is taken over. A process that slept meanwhile and wakes up finds that the run is no longer its own.

The heart beats by the database's clock, which all processes share; by their own, one that is slow would look dead to
the others. That clock too may be set back: a beat that lies in its future proves nothing, so whoever comes upon it
writes it down as of now. A live run beats on; a killed one is taken over `STOPPED` later, not a day later.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Engine, func, or_, select, type_coerce, update

from data import state
from data.state import job_runs
from locales import N_

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120))  # after a try of work that failed
STOPPED = timedelta(seconds=60)  # without a beat, after which a run was killed


def claim(engine: Engine, run: str, job: str, subject: str, day: date | None, now: datetime) -> bool:
    """Take a run of a job about a subject on a day, ended ones again; False where another process works on it.

    `now`, by the caller's own clock, is when it `started`.
    """
    fresh = {"status": "running", "step": N_("Starting"), "progress": 0.0, "started": now}
    fresh |= {"finished": None, "message": None, "details": {}, "heartbeat": ago(engine)}
    statement = (
        state.inserting(engine, job_runs)
        .values(run=run, job=job, subject=subject, day=day, **fresh)
        .on_conflict_do_update(
            index_elements=["run"],
            set_=fresh,
            where=or_(job_runs.c.status != "running", job_runs.c.heartbeat < ago(engine, STOPPED)),
        )
    )
    ahead = (job_runs.c.run == run) & (job_runs.c.heartbeat > ago(engine))
    with engine.begin() as connection:
        taken = connection.execute(statement.returning(job_runs.c.run)).first() is not None
        if not taken:
            connection.execute(update(job_runs).where(ahead).values(heartbeat=ago(engine)))
    return taken


def beating(engine: Engine, run: str) -> bool:
    """Whether a process works on a run."""
    alive = (job_runs.c.run == run) & (job_runs.c.status == "running") & (job_runs.c.heartbeat >= ago(engine, STOPPED))
    with engine.connect() as connection:
        return connection.execute(select(job_runs.c.run).where(alive)).first() is not None


def beat(engine: Engine, run: str, started: datetime, **changed: object) -> bool:
    """Say that the run claimed at `started` is alive, and what changed; False where it was taken over."""
    mine = (job_runs.c.run == run) & (job_runs.c.started == started) & (job_runs.c.status == "running")
    values = {name: state.plain(value) for name, value in changed.items()}
    with engine.begin() as connection:
        beaten = connection.execute(update(job_runs).where(mine).values(heartbeat=ago(engine), **values))
    return beaten.rowcount == 1


def ago(engine: Engine, past: timedelta = timedelta()) -> ColumnElement[datetime]:
    """A moment so long ago (below zero: from now) by the database's own clock, as its columns hold moments."""
    if engine.dialect.name == "sqlite":
        since = f"{-past.total_seconds():+} seconds"
        return func.strftime("%Y-%m-%d %H:%M:%f000", "now", since, type_=job_runs.c.heartbeat.type)
    return type_coerce(func.clock_timestamp() - past, job_runs.c.heartbeat.type)


def clock(engine: Engine) -> datetime:
    """What the database's clock shows."""
    with engine.connect() as connection:
        return connection.execute(select(ago(engine))).scalar_one()
