"""jobs.py in processes of its own that begin with everything imported: each is forked from one that imported it.

What is neither killed nor beside another needs none: `called` does the same in the test's own process.
"""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import apprise  # noqa: F401  as all that is not used here: it is imported before the fork
import pytest
from typer.testing import CliRunner

import jobs
import locales
import settings
from charts.act import order_paper  # noqa: F401
from charts.ask import reporting  # noqa: F401
from connectors import notify  # noqa: F401
from data import state
from models.act import schedule  # noqa: F401
from models.drift import alerts
from models.drift.compare import CannotCompare
from models.lifecycle import daily, incoming, watching  # noqa: F401

locales._catalogue("fr")
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([__name__])


def at_once(work: Callable[..., None], *given: object) -> list[Any]:
    """What four processes, which begin `work(*given, barrier, queue)` together, put into the queue."""
    barrier, queue = CONTEXT.Barrier(4), CONTEXT.Queue()
    workers = [CONTEXT.Process(target=work, args=(*given, barrier, queue)) for _worker in range(4)]
    for worker in workers:
        worker.start()
    answers = [queue.get(timeout=60) for _worker in workers]
    for worker in workers:
        worker.join(10)
    return answers


@dataclass(frozen=True)
class Running:
    """A process that runs jobs.py, and the files it writes its output and its errors to."""

    process: BaseProcess
    out: Path
    err: Path

    def ended(self, timeout: float = 60) -> tuple[int, str, str]:
        """Its exit code (below zero: the signal that ended it), output and errors, once it has ended."""
        self.process.join(timeout)
        assert self.process.exitcode is not None, self.err.read_text()
        return self.process.exitcode, self.out.read_text(), self.err.read_text()

    def comparing(self) -> None:
        """Wait until it is in the middle of its job."""
        while "comparing" not in self.err.read_text():
            assert self.process.is_alive(), self.err.read_text()
            time.sleep(0.02)


def called(environment: dict[str, str], *arguments: str) -> tuple[int, str, str]:
    """jobs.py with these arguments and this environment in this process: its exit code, output and errors."""
    with pytest.MonkeyPatch.context() as patched:
        for name, value in environment.items():
            patched.setenv(name, value)
        patched.setattr(watching, "run", _drift)
        patched.setattr(watching, "opened", _opened)
        settings.get.cache_clear()
        done = CliRunner().invoke(jobs.app, list(arguments))
    settings.get.cache_clear()
    return done.exit_code, done.stdout, done.stderr


def start(folder: Path, environment: dict[str, str], *arguments: str, context: BaseContext = CONTEXT) -> Running:
    """jobs.py with these arguments and this environment, its output in `folder`.

    Of a process that was begun so itself, `context` is "fork": it would import all again.

    Its drift waits for the file GATE, where the environment names one, and finds CHANGE.
    """
    number = len(list(folder.glob("*.out")))
    out, err = (folder / f"{number}.{kind}" for kind in ("out", "err"))
    out.touch()
    err.touch()
    process = context.Process(target=_begin, args=(arguments, environment, out, err))  # type: ignore[attr-defined]
    process.start()
    return Running(process, out, err)


def _begin(arguments: tuple[str, ...], environment: dict[str, str], out: Path, err: Path) -> None:
    os.environ.clear()
    os.environ.update(environment)
    for path, descriptor in ((out, 1), (err, 2)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_APPEND), descriptor)
    sys.argv = ["jobs.py", *arguments]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    watching.run, watching.opened = _drift, _opened  # type: ignore[assignment]
    jobs.app()


def _opened(_engine, _home, model):
    return model


def _drift(engine, model, day, now, threshold, step, together):
    step("Comparing", 0.5)
    if os.environ.get("CLOSED") == str(day):
        raise CannotCompare("There are no data of {day}.", day=day)
    print("comparing", file=sys.stderr, flush=True)
    while "GATE" in os.environ and not Path(os.environ["GATE"]).exists():
        time.sleep(0.05)
    step("Writing", 0.9)
    if os.environ.get("BROKEN"):
        raise ZeroDivisionError("secret detail")
    key = {"model": model, "version": "1", "day": day, "feature": "=unit_price", "definition": "deciles"}
    row = {**key, "reference": "season", "psi": float(os.environ.get("CHANGE", "0.1")), "threshold": threshold}
    rest = {"rows_reference": 9, "rows_current": 9, "details": {"moved": [1]}, "logged": now}
    row |= rest | {"label": "confirmed" if row["psi"] > threshold else "stable"}
    state.upsert(engine, state.psi_log, [row])
    return {"features": 1, "in_use": bool(int(os.environ.get("IN_USE", "1"))), "alerts": alerts.of_psi([row])}
