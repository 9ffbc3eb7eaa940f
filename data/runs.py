"""Jobs that run once at a time, whichever process starts them: a row of `state.job_runs` is the lock.

A run beats while it works. Whoever wants the same run finds it taken, unless its heart has stopped: then it was
killed, and is taken over. A process that slept meanwhile and wakes up finds that the run is no longer its own.

The heart beats by the database's clock, which all processes share; by their own, one that is slow would look dead to
the others. That clock too may be set back: a beat that lies in its future proves nothing, so whoever comes upon it
writes it down as of now. A live run beats on; a killed one is taken over `STOPPED` later, not a day later.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Engine, func, or_, select, type_coerce, update

import logs
from data import events, state, troubles
from data.state.tables import job_runs
from locales import N_, Sentence

STEP_PAUSE = 0.5  # seconds between two steps that are written down
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120))  # after a try of work that failed
STOPPED = timedelta(seconds=60)  # without a beat, after which a run was killed
BEAT = 10.0  # seconds between two beats
OPEN = ("running", "cancelling")  # how a run stands that has not ended
TAKEN_OVER = "Another process has taken it over: this one had stood still."
Step = Callable[[str, float], None]  # what is done now, and how much is done, 0 to 1
log = logging.getLogger("vigie.runs")


class Nothing(Sentence):
    """There are no data or no model to do the work with; the message says what to do. What is not `missing` is lost."""

    missing = True


class Wrong(Exception):
    """Work came to its end, but not as it should; with the `details` of what it did."""

    def __init__(self, message: str, details: dict[str, Any]) -> None:
        super().__init__(message)
        self.details = details


class Taken(Exception):
    """Another process has taken the run over, because this one stood still."""


@dataclass(frozen=True)
class Result:
    """How a run ended: "done", "failed" (with `nothing` to do it with, or else), or "taken" by another process."""

    run: str
    status: str
    message: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    seconds: float | None = None
    nothing: bool = False


def claim(
    engine: Engine,
    run: str,
    job: str,
    subject: str,
    day: date | None,
    now: datetime,
    details: Mapping[str, object] = MappingProxyType({}),
) -> bool:
    """Take a run of a job about a subject on a day, ended ones again; False where another process works on it.

    `now`, by the caller's own clock, is when it `started`. `details` are kept with it.
    """
    fresh = {"status": "running", "step": N_("Starting"), "progress": 0.0, "started": now}
    fresh |= {"finished": None, "message": None, "details": state.plain(details), "heartbeat": ago(engine)}
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
    """Whether a process, of whatever machine, works on a run."""
    alive = (job_runs.c.run == run) & job_runs.c.status.in_(OPEN) & (job_runs.c.heartbeat >= ago(engine, STOPPED))
    with engine.connect() as connection:
        return connection.execute(select(job_runs.c.run).where(alive)).first() is not None


def beat(engine: Engine, run: str, started: datetime, **changed: object) -> bool:
    """Say that the run claimed at `started` is alive, and what changed; False where it was taken over or cancelled."""
    mine = (job_runs.c.run == run) & (job_runs.c.started == started) & (job_runs.c.status == "running")
    values = {name: state.plain(value) for name, value in changed.items()}
    with engine.begin() as connection:
        beaten = connection.execute(update(job_runs).where(mine).values(heartbeat=ago(engine), **values))
    return beaten.rowcount == 1


@contextmanager
def beats(title: str, beat: Callable[[], object]) -> Iterator[None]:
    """Meanwhile, `beat` in a thread, every `BEAT` seconds."""
    ended = threading.Event()

    def live() -> None:
        while not ended.wait(BEAT):
            try:
                beat()
            except Exception:  # the database is away for a moment
                log.warning("The heartbeat of %s could not be written", title)

    threading.Thread(target=live, daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def cancel(engine: Engine, run: str) -> None:
    """Ask whoever works on a run to stop: it finds out when it beats next."""
    mine = (job_runs.c.run == run) & (job_runs.c.status == "running")
    with engine.begin() as connection:
        connection.execute(update(job_runs).where(mine).values(status="cancelling"))


def end(engine: Engine, run: str, started: datetime, status: str, message: str | None, now: datetime) -> None:
    """Write down how the run claimed at `started` ended, unless it was taken over."""
    mine = (job_runs.c.run == run) & (job_runs.c.started == started) & job_runs.c.status.in_(OPEN)
    values = {"status": status, "message": message, "finished": now, "heartbeat": ago(engine)}
    with engine.begin() as connection:
        connection.execute(update(job_runs).where(mine).values(**values))


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


def do(engine: Engine, job: str, subject: str, day: date, work: Callable[[datetime, Step], dict[str, Any]]) -> Result:
    """Do `work(started, step)` under a row of its own, which says how far it is and how it ended.

    Errors become sentences. Where another process takes the run over, `step` raises `Taken`.
    """
    run, started = " ".join(filter(None, [job, subject, day.isoformat()])), datetime.now(UTC)
    if not claim(engine, run, job, subject, day, started):
        wait = f"If that one was killed, try again in {STOPPED.seconds} seconds."
        return Result(run, "taken", f"Another process is on it. {wait}")
    lost, written, when = threading.Event(), "", 0.0

    def mine(**changed: object) -> None:
        if not beat(engine, run, started, **changed):
            lost.set()

    def step(message: str, share: float) -> None:
        nonlocal written, when
        if lost.is_set():
            raise Taken
        if message != written or time.monotonic() - when > STEP_PAUSE:
            written, when = message, time.monotonic()
            mine(step=message, progress=share)

    try:
        with beats(run, mine):
            result = _result(run, lambda: work(started, step))
    except Taken:
        return Result(run, "taken", TAKEN_OVER)
    except BaseException:  # Ctrl-C, SIGTERM
        at, why = datetime.now(UTC), "Stopped from outside."
        mine(status="cancelled", finished=at, message=why)
        events.ended(job, subject, run, "cancelled", (at - started).total_seconds(), why)
        raise
    progress = {"progress": 1.0} if result.status == "done" else {}
    at = datetime.now(UTC)
    mine(status=result.status, message=result.message, details=result.details, finished=at, **progress)
    if lost.is_set():
        return Result(run, "taken", TAKEN_OVER)
    seconds = (at - started).total_seconds()
    events.ended(job, subject, run, result.status, seconds, result.message)
    return replace(result, seconds=seconds)


def _result(run: str, work: Callable[[], dict[str, Any]]) -> Result:
    try:
        return Result(run, "done", None, json.loads(json.dumps(state.plain(work()), default=str)))  # days as text
    except Nothing as error:
        return Result(run, "failed", str(error), {"missing": error.missing}, nothing=True)
    except Wrong as error:
        return Result(run, "failed", str(error), error.details)
    except Taken:
        raise
    except Exception as error:
        if known := troubles.known(error):
            return Result(run, "failed", str(known))
        incident = logs.incident(log, error, job=run)
        return Result(run, "failed", f"This did not work. The log says more under the id {incident}.")
