"""Datasets that are switched, added and removed while others read them."""

import random
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from data import tables
from data.dataset import Dataset, Origin
from tests.attack.serving import Row

NOW = datetime(2026, 3, 14, tzinfo=UTC)


def run(seed: int, scale: float) -> Iterator[Row]:
    """`scale` 1 is 50,000 reads against one who switches and removes, and 1,000 races between two who choose."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        yield _reading(Path(folder), max(300, round(50_000 * scale)))
    with tempfile.TemporaryDirectory() as folder:
        yield _choosing(Path(folder), rng, max(10, round(1_000 * scale)))


def _dataset(number: int) -> Dataset:
    frame = pd.DataFrame({"customer": [f"C{number}"], "churned": [False]})
    return Dataset("customers", {"customers": frame}, Origin("upload", f"{number}.csv"))


def _reading(home: Path, times: int) -> Row:
    """Reads that find a dataset, while another thread adds one, switches to it and removes the one before."""
    before = tables.add(home, _dataset(0), NOW)
    done, switched = threading.Event(), 0

    def switch() -> None:
        nonlocal before, switched
        while not done.is_set():
            switched += 1
            now = tables.add(home, _dataset(switched % 3 + 1), NOW + timedelta(seconds=switched))
            if now.version != before.version:
                tables.remove(home, "customers", before.version)
            before = now

    switching = threading.Thread(target=switch)
    switching.start()
    try:
        found = sum(tables.active(home, "customers") is not None for _time in range(times))
    finally:
        done.set()
        switching.join()
    return "reads while datasets are switched and removed", times, found, f"{switched} switches"


def _choosing(home: Path, rng: random.Random, times: int) -> Row:
    """Races of one who chooses a dataset and one who removes it, after which one that is kept is in use."""
    held = 0
    for _time in range(times):
        used, other = (tables.add(home, _dataset(number), NOW, activate=number == 0) for number in (0, 1))
        acts = [tables.activate, tables.remove]
        rng.shuffle(acts)
        threads = [threading.Thread(target=_quietly, args=(act, home, other.version)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        shown = tables.active(home, "customers")
        held += shown is not None and shown.version in (used.version, other.version)
    return "one chooses what another one removes", times, held, ""


def _quietly(act, home: Path, version: str) -> None:
    with suppress(ValueError):  # somebody was quicker
        act(home, "customers", version)
