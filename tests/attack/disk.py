"""The disk is full, or may not be written: what was kept is as it was, and every answer is a sentence."""

import os
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from data import seals, tables
from data.dataset import Dataset, Origin
from tests.sources import ROOT

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
TRIES = 40
# Adds a dataset to a home, in a process that may write no file longer than it is told.
ADD = """
import resource, sys
from pathlib import Path
from data import tables, troubles
from tests.attack import disk
limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
for number in map(int, sys.argv[3:]):
    try:
        tables.add(Path(sys.argv[1]), disk.dataset(number), disk.NOW)
    except OSError as error:
        assert troubles.known(error), error
"""


def run(seed: int, scale: float) -> Iterator[tuple[str, int, int, str]]:
    """Files cut short at random lengths; a file system that is full, where one may be mounted; jobs without room."""
    chance, tries = random.Random(seed), max(3, round(TRIES * scale))
    with tempfile.TemporaryDirectory() as folder:
        home, held = Path(folder), 0
        tables.add(home, dataset(0), NOW)
        whole = (home / "tables").stat().st_size + sum(f.stat().st_size for f in home.rglob("*.parquet"))
        for number in range(tries):
            limit = chance.randrange(whole)
            done = _python("-c", ADD, str(home), str(limit), str(number + 1))
            held += done.returncode == 0 and _good(home)
        yield "no file may grow past a random length while adding", tries, held, "the old dataset or the new one"
        done = _job(home, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)))
        yield "jobs.py where nothing can be written", 1, int(_said(done)), _last(done)
    with tempfile.TemporaryDirectory() as folder:
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder], capture_output=True).returncode:
            yield "a file system that is full", 0, 0, "not tried: none may be mounted here"
            return
        try:
            home, held = Path(folder), 0
            tables.add(home, dataset(0), NOW)
            (home / "filler").write_bytes(bytes(os.statvfs(home).f_bavail * os.statvfs(home).f_frsize - 40_000))
            for number in range(tries):
                done = _python("-c", ADD, str(home), str(1 << 40), str(number + 1))
                held += done.returncode == 0 and _good(home)
            yield "a dataset is added on a full file system", tries, held, "the old dataset or the new one"
            done = _job(home)
            yield "jobs.py retrain on a full file system", 1, int(_said(done)), _last(done)
            (home / "filler").unlink()
            kept = tables.add(home, dataset(99), NOW)
            yield "room was made again", 1, int(tables.active(home, "customers") == kept), ""
        finally:
            subprocess.run(["umount", folder], check=True)


def dataset(number: int) -> Dataset:
    """Customers that hardly can be compressed, another table for each number."""
    chance = random.Random(number)
    frame = pd.DataFrame(
        {
            "customer_id": [f"{chance.getrandbits(64):x}" for _row in range(3000)],
            "churned": [chance.random() < 0.3 for _row in range(3000)],
            "age": [chance.random() for _row in range(3000)],
        }
    )
    return Dataset("customers", {"customers": frame}, Origin("upload", "mine.csv"))


def _good(home: Path) -> bool:
    shown = tables.active(home, "customers")
    return shown is not None and len(tables.read(shown)) == 3000 and not seals.aside(home)


def _python(*arguments: str, **options: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        **options,  # type: ignore[call-overload]
    )


def _job(home: Path, before: object = None) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "VIGIE_HOME": str(home)}
    return _python("jobs.py", "retrain", "--model", "churn", env=environment, preexec_fn=before)


def _said(done: "subprocess.CompletedProcess[str]") -> bool:
    return done.returncode == 1 and "Traceback" not in done.stdout + done.stderr and "full" in done.stdout + done.stderr


def _last(done: "subprocess.CompletedProcess[str]") -> str:
    return (done.stderr or done.stdout).strip().splitlines()[-1][:80] if done.stderr or done.stdout else ""
