"""Clocks that jump while jobs live and die: a live one keeps its run, a killed one is taken over in time."""

import random
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, update

from data import runs, state
from tests import postgres
from tests.attack.serving import Row

DAY = date(2026, 3, 14)
JUMPS = (-400 * 86_400, -86_400, -3_600, -90, -61, 0)  # seconds by which a clock is set back


def run(seed: int, scale: float) -> Iterator[Row]:
    """`scale` 1 is 200 lives of a job on each database."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        urls = {"SQLite": f"sqlite:///{Path(folder) / 'vigie.db'}"}
        if reason := postgres.install():
            yield "clocks on PostgreSQL", 0, 0, reason
        else:
            urls["PostgreSQL"] = stack.enter_context(postgres.server())
        for name, url in urls.items():
            engine = state.engine(url)
            state.migrate(engine)
            rng, kept, ended, times = random.Random(seed), 0, 0, max(3, round(200 * scale))
            for life in range(times):
                kept += _lives(engine, f"live {life}", rng)
                ended += _dies(engine, f"dead {life}", rng)
            yield f"live jobs that keep their run, {name}", times, kept, ""
            yield f"killed jobs that are taken over, {name}", times, ended, ""


def _lives(engine: Engine, job: str, rng: random.Random) -> bool:
    """Whether a job that beats every ten seconds stays, whatever the clocks of machines and database do."""
    theirs = datetime.now(UTC) + timedelta(seconds=rng.choice(JUMPS))
    held = _claim(engine, job, theirs)
    for _beat in range(5):
        _passes(engine, job, rng.choice(JUMPS) + rng.uniform(0, 10))
        held &= not _claim(engine, job, datetime.now(UTC) + timedelta(seconds=rng.choice(JUMPS)))
        held &= runs.beat(engine, job, theirs)
    return held


def _dies(engine: Engine, job: str, rng: random.Random) -> bool:
    """Whether a killed job is free a minute after somebody asked, and not before, wherever the clock was set."""
    theirs = datetime.now(UTC)
    held = _claim(engine, job, theirs)
    _passes(engine, job, rng.choice(JUMPS))
    later = theirs + timedelta(microseconds=1)
    held &= not _claim(engine, job, later)
    _passes(engine, job, 61)
    return held and _claim(engine, job, later) and not runs.beat(engine, job, theirs)


def _claim(engine: Engine, job: str, now: datetime) -> bool:
    return runs.claim(engine, job, "attack", "", DAY, now)


def _passes(engine: Engine, job: str, seconds: float) -> None:
    """Let the database's clock go on by so many seconds, or back."""
    mine = state.job_runs.c.run == job
    beaten = state.read(engine, state.job_runs, run=job)["heartbeat"].iloc[0] - timedelta(seconds=seconds)
    with engine.begin() as connection:
        connection.execute(update(state.job_runs).where(mine).values(heartbeat=beaten.to_pydatetime()))
