"""Two servers share one PostgreSQL: what must happen once happens once, whoever is quicker."""

import multiprocessing
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path

from data import runs, state
from models.lifecycle import registry
from tests import postgres

TRIES = 200
THREADS = 5


def run(seed: int, scale: float) -> Iterator[tuple[str, int, int, str]]:
    """Both claim the same trainings, promote models of the same data, and bring an empty database up to date."""
    if reason := postgres.install():
        yield "two servers on one PostgreSQL", 0, 0, f"not tried: {reason}"
        return
    tries, context = max(5, round(TRIES * scale)), multiprocessing.get_context("spawn")
    with postgres.server() as url, tempfile.TemporaryDirectory() as home:
        barrier, answers = context.Barrier(2), context.Queue()
        servers = [context.Process(target=serve, args=(url, home, tries, barrier, answers)) for _server in range(2)]
        for server in servers:
            server.start()
        won: Counter[str] = Counter()
        for _server in servers:
            won.update(answers.get(timeout=600))
        for server in servers:
            server.join()
        engine = state.engine(url)
        yield "an empty database that both bring up to date", 1, int(state.revision(engine) == state.REVISION), ""
        held = sum(won[f"train churn {number}"] == 1 for number in range(tries))
        yield f"a training that {2 * THREADS} visitors of both ask for at once", tries, held, "exactly one trains"
        rows = registry.versions(engine, "churn", "upload-1")
        champions = int((rows["status"] == registry.CHAMPION).sum())
        yield "models that both promote at once", len(rows), len(rows) if champions == 1 else 0, f"{champions} in use"


def serve(url: str, home: str, tries: int, barrier: Barrier, answers: "multiprocessing.Queue[list[str]]") -> None:
    """What one server does; the runs that it got go to `answers`."""
    from concurrent.futures import ThreadPoolExecutor

    engine, won = state.engine(url), []
    barrier.wait()
    state.migrate(engine)

    def claim(run: str) -> bool:
        return runs.claim(engine, run, "train churn", "x", None, datetime.now(UTC))

    with ThreadPoolExecutor(THREADS) as visitors:
        for number in range(tries):
            run = f"train churn {number}"
            barrier.wait()
            won += [run for got in visitors.map(claim, [run] * THREADS) if got]
    record = registry.Record("churn", "x", "x", "x", "upload-1", 1, {}, {}, {})
    for number in range(min(tries, 20)):
        barrier.wait()
        registry.keep(engine, Path(home), record, f"{number}".encode(), ".zip", datetime.now(UTC))
    answers.put(won)
