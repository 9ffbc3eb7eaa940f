"""Another program holds the SQLite database: who reads goes on, who writes waits or is told that it is busy."""

import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import OperationalError

from data import runs, state, troubles, vitals

HELD = 40.0  # seconds
TRIES = 3


def run(seed: int, scale: float) -> Iterator[tuple[str, int, int, str]]:
    """A lock for shorter and for longer than a writer waits; one that lets nobody read either."""
    tries, long = max(1, round(TRIES * scale)), max(3.0, HELD * scale)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        url = f"sqlite:///{home}/vigie.db"
        patience, state._SQLITE_WAIT_SECONDS = state._SQLITE_WAIT_SECONDS, int(long * 0.75)  # as 30 s are to 40
        try:
            engine = state.engine(url)
        finally:
            state._SQLITE_WAIT_SECONDS = patience
        state.migrate(engine)
        held = 0
        for number in range(tries):
            with _locked(home, long / 4):
                state.prefer(engine, "a", number)
                held += state.preference(engine, "a", -1) == number
        yield "a writer finds the database locked for a while", tries, held, "it waits"
        held = reads = 0
        slowest = 0.0
        for _number in range(tries):
            with _locked(home, long) as released:
                while not released.is_set():
                    begun = time.monotonic()
                    state.read(engine, state.job_runs)
                    reads, slowest = reads + 1, max(slowest, time.monotonic() - begun)
                    if reads % 50 == 1:
                        seen = vitals.gather(home, url)
                        assert seen.database.error is None
        yield "pages read while the database is locked", reads, reads, f"the slowest took {slowest:.2f} s"
        for _number in range(tries):
            with _locked(home, long):
                try:
                    runs.claim(engine, "a", "a", "a", None, datetime.now(UTC))
                except OperationalError as error:
                    held += troubles.busy(error)
            held += runs.claim(engine, f"b {_number}", "a", "a", None, datetime.now(UTC))
        yield (
            f"a writer finds the database locked for {long:.0f} s",
            2 * tries,
            held,
            "told so; then it works",
        )


class _locked:  # noqa: N801  # a context
    """The write lock, held by another connection for some seconds."""

    def __init__(self, home: Path, seconds: float) -> None:
        self.released = threading.Event()
        taken = threading.Event()

        def hold() -> None:
            other = sqlite3.connect(home / "vigie.db", isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            taken.set()
            time.sleep(seconds)
            other.execute("COMMIT")
            other.close()
            self.released.set()

        self.holder = threading.Thread(target=hold)
        self.holder.start()
        taken.wait()

    def __enter__(self) -> threading.Event:
        return self.released

    def __exit__(self, *_: object) -> None:
        self.holder.join()
