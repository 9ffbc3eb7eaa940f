"""A process is killed (kill -9) in the middle of what it keeps: the old state or the new one is there; all goes on."""

import multiprocessing
import os
import random
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import pandas as pd

from data import append, runs, seals, state, tables
from data.dataset import Dataset, Origin
from models.lifecycle import registry

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
TRIES = 25  # of each of the four
LONGEST = 0.4  # seconds from the start of its work to the kill
ROWS = 20_000


def run(seed: int, scale: float) -> Iterator[tuple[str, int, int, str]]:
    """Kills while adding, appending, keeping models and doing jobs."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    tries, chance = max(2, round(TRIES * scale)), random.Random(seed)
    works: dict[str, tuple[Callable[..., None], Callable[[Path], None]]] = {
        "kill -9 while a dataset is added": (adding, _added),
        "kill -9 while lines are added to sales": (appending, _added),
        "kill -9 while a model is kept and promoted": (keeping, _kept),
        "kill -9 while a job runs": (working, _worked),
    }
    for what, (work, check) in works.items():
        with tempfile.TemporaryDirectory() as folder:
            home, held = Path(folder), 0
            state.migrate(_engine(home))
            tables.add(home, _sales(0), NOW)
            for number in range(tries):
                here, there = context.Pipe(duplex=False)
                process = context.Process(target=work, args=(home, number, there))
                process.start()
                here.recv()
                time.sleep(chance.uniform(0, LONGEST))
                os.kill(process.pid or 0, signal.SIGKILL)
                process.join()
                try:
                    check(home)
                    held += 1
                except Exception as error:
                    print(f"{what}, {number}: {error!r}")
            yield what, tries, held, "nothing lost, nothing set aside"


def adding(home: Path, number: int, ready: Connection) -> None:
    """Add one dataset after the other."""
    ready.send(None)
    for price in range(1000):
        tables.add(home, _sales(1000 * number + price), datetime.now(UTC))


def appending(home: Path, number: int, ready: Connection) -> None:
    """Add lines to the sales in use, again and again."""
    ready.send(None)
    for price in range(1000):
        stored = tables.active(home, "sales")
        assert stored
        fresh = _sales(0).main.head(50).assign(line_id=[f"new {number} {price} {row}" for row in range(50)])
        append.add(home, stored, fresh, "more.csv", datetime.now(UTC))


def keeping(home: Path, number: int, ready: Connection) -> None:
    """Keep and promote one model after the other."""
    record = registry.Record("churn", "x", "x", "x", "upload-1", 1, {}, {}, {})
    ready.send(None)
    for version in range(1000):
        content = f"{number} {version}".encode() * 100_000
        registry.keep(_engine(home), home, record, content, ".zip", datetime.now(UTC))


def working(home: Path, number: int, ready: Connection) -> None:
    """Claim a run and beat until killed."""
    started = datetime.now(UTC)
    runs.claim(_engine(home), f"work {number}", "work", str(number), None, started)
    ready.send(None)
    while True:
        runs.beat(_engine(home), f"work {number}", started, step="Working", progress=0.5)


def _added(home: Path) -> None:
    shown = tables.active(home, "sales")
    assert shown is not None, "no dataset is shown"
    assert len(tables.read(shown)) == shown.rows["sales"]
    assert all(tables.sound(kept) for kept in tables.stored(home, "sales"))
    assert not seals.aside(home), "a crash was taken for damage"


def _kept(home: Path) -> None:
    rows = registry.versions(_engine(home), "churn", "upload-1")
    for row in rows.to_dict("records")[:5]:
        registry.content(home, pd.Series(row))
    assert (rows["status"] == registry.CHAMPION).sum() <= 1


def _worked(home: Path) -> None:
    rows = state.read(_engine(home), state.job_runs, status="running")
    for run in rows["run"]:
        assert not runs.claim(_engine(home), run, "work", "", None, datetime.now(UTC)), "taken over while it may live"
    runs.claim(_engine(home), "another", "work", "", None, datetime.now(UTC))


def _engine(home: Path) -> "state.Engine":
    return state.engine(f"sqlite:///{home}/vigie.db")


def _sales(price: int) -> Dataset:
    frame = pd.DataFrame(
        {
            "source": "mine",
            "line_id": [str(row) for row in range(ROWS)],
            "timestamp": pd.date_range("2020-01-01", periods=ROWS, freq="h").astype("datetime64[us]"),
            "product": "a",
            "line_type": "sale",
            "quantity": 1.0,
            "unit_price": float(price),
            "currency": "EUR",
        }
    )
    return Dataset("sales", {"sales": frame}, Origin("upload", "mine.csv"))
