"""Work that takes more than a few seconds: in a thread, with named steps, progress and a cancel button.

The thread never touches Streamlit. It writes its progress to the state database, which the page polls; a job is
thus also seen from another window, and what ended while nobody looked is still known. As many work at once as
`settings.workers` says, the others wait their turn; trainings, each in a process of its own, are counted apart.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from types import MappingProxyType
from typing import Any

import pandas as pd
import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

import locales
import logs
import settings
from connectors import ConnectorError
from data import events, runs, state, troubles
from locales import N_, Sentence
from ui import apart, database
from ui.text import _

log = logging.getLogger("vigie.background")
Step = Callable[[str, float], None]
BEAT = timedelta(seconds=10)
PATIENCE = 10  # times that the end of a run is written again where the database is busy, which it then was for 30 s
_stopping: dict[str, threading.Event] = {}
_errors: dict[str, ConnectorError] = {}  # with more to show than the sentence that the database keeps


class Cancelled(Exception):
    """The visitor does not want the result any more."""


def start(
    job: str,
    subject: str,
    work: Callable[[Step], None],
    details: Mapping[str, object] = MappingProxyType({}),
    remote: bool = False,
) -> str:
    """Run `work(step)` in a thread and return the run's id. `details` are kept with it, to start it again.

    One that is `remote` mostly waits for another machine, and takes no turn. `work` calls `step(message, share)` as it
    goes: a sentence marked with `N_` and how much is done, 0 to 1. A step of a cancelled job does not return.
    """
    run, now = uuid.uuid4().hex, datetime.now(UTC)
    row = {
        "run": run,
        "job": job,
        "subject": subject,
        "status": "running",
        "step": N_("Starting"),
        "progress": 0.0,
        "started": now,
        "heartbeat": now,
        "finished": None,
        "message": None,
        "details": details,
    }
    _stopping[run] = threading.Event()
    _write(row)

    def step(message: str, share: float) -> None:
        if _stopping[run].is_set():
            raise Cancelled
        with _unless_busy():
            _write(row, step=message, progress=share)

    def end(status: str, message: str | None) -> None:
        _patiently(lambda: _write(row, status=status, message=message, finished=datetime.now(UTC)))

    def whole() -> None:
        if remote:
            work(step)
            return
        with _PAGES.turn(_stopping[run]):
            work(step)

    threading.Thread(target=_run, args=(run, row, whole, end, locales.language()), daemon=True).start()
    return run


def train(job: str, subject: str, request: Mapping[str, object], heard: Callable[[dict[str, Any]], None]) -> str:
    """Have `ui.apart` train as `request` says, once for a job and subject, whoever asks; the run's id.

    A training that is under way, in whatever process of whatever machine, is joined. `heard` gets the answers.
    """
    run, started = f"{job} {subject}", datetime.now(UTC)
    if not runs.claim(database.engine(), run, job, subject, None, started):
        return run
    stop, beaten = threading.Event(), started
    _stopping[run] = stop

    def beat(**changed: object) -> None:
        nonlocal beaten
        beaten = datetime.now(UTC)
        with _unless_busy():
            if not runs.beat(database.engine(), run, started, **changed):
                raise Cancelled  # another process has taken it over

    def wait() -> None:
        if stop.is_set():
            raise Cancelled
        if datetime.now(UTC) - beaten >= BEAT:
            beat()

    def answered(answer: dict[str, Any]) -> None:
        if "step" in answer:
            beat(step=answer["step"], progress=answer["share"])
        elif "refused" in answer:
            raise Sentence(answer["refused"], **answer["values"])
        heard(answer)

    def end(status: str, message: str | None) -> None:
        at = datetime.now(UTC)
        _patiently(lambda: runs.beat(database.engine(), run, started, status=status, message=message, finished=at))

    def whole() -> None:
        with _TRAININGS.turn(stop, wait):
            apart.ask(dict(request), answered, wait)

    row: dict[str, object] = {"job": job, "subject": subject}
    threading.Thread(target=_run, args=(run, row, whole, end, locales.language()), daemon=True).start()
    return run


def training(job: str, subject: str) -> str | None:
    """The run of `train` for a job and subject that is under way, in whatever process."""
    run = f"{job} {subject}"
    return run if alive(run) or runs.beating(database.engine(), run) else None


def alive(run: str) -> bool:
    """Whether a run is under way in this process."""
    return run in _stopping


@st.fragment(run_every=1)  # seconds: a crowd that waits for one training asks all at once
def show(
    run: str,
    ended: Callable[[str, str, ConnectorError | None], None],
    enough: Callable[[], bool] = lambda: False,
) -> None:
    """Show how far a run is; when it has ended, call `ended(status, message, error)` and run the page again.

    `status` is done, failed or cancelled, `message` says why it failed; `error` is there where it may have a report.
    The page is also run again as soon as there is `enough` for it to go on.
    """
    if enough():
        st.rerun()
    stop = _stopping.get(run)  # asked before its row is read: what ends in between has then ended in the row
    now = state.read(database.engine(), state.job_runs, run=run).iloc[0]
    elsewhere = run == f"{now['job']} {now['subject']}" and runs.beating(database.engine(), run)
    if now["status"] == "running" and (stop or elsewhere):
        step = str(now["step"])
        st.progress(now["progress"], text=_(step))
        if stop:
            st.button(_("Cancel"), icon=":material/close:", on_click=stop.set, key=f"cancel-{run}")
        return
    if now["status"] == "running":
        ended("failed", _("Vigie was restarted meanwhile, and nothing was changed. Start again."), None)
    else:
        message = "" if pd.isna(now["message"]) else str(now["message"])
        ended(now["status"], message, _errors.pop(run, None))
    st.rerun()


def _run(
    run: str,
    row: Mapping[str, object],
    work: Callable[[], None],
    end: Callable[[str, str | None], None],
    language: str,
) -> None:
    began = time.monotonic()

    def close(status: str, message: str | None) -> None:
        end(status, message)
        events.ended(str(row["job"]), str(row["subject"]), run, status, time.monotonic() - began, message)

    with locales.using(language):
        try:
            work()
            close("done", None)
        except Cancelled:
            close("cancelled", None)
        except Exception as error:
            if isinstance(error, ConnectorError):
                _errors[run] = error
            if said := troubles.known(error):
                log.warning("%s %s: %s", row["job"], row["subject"], error)
                close("failed", said.sentence())
            else:
                incident = logs.incident(log, error)
                apology = _("Sorry, this did not work and nothing was changed. The log says more under the id {id}.")
                close("failed", apology.format(id=incident))
        finally:
            del _stopping[run]


@contextmanager
def _unless_busy() -> Iterator[None]:
    """Go on where another program holds the database: how far the work is can be written down later."""
    try:
        yield
    except SQLAlchemyError as error:
        if not troubles.busy(error):
            raise


def _patiently(write: Callable[[], object]) -> None:
    """How a run ended must be written down, even if another program holds the database for minutes."""
    for _attempt in range(PATIENCE):
        try:
            write()
            return
        except SQLAlchemyError as error:
            if not troubles.busy(error):
                raise
    write()


class _Lane:
    """As many at once as `settings.workers` says, first come, first served."""

    def __init__(self) -> None:
        self.changed, self.numbers = threading.Condition(), count()
        self.waiting: list[int] = []
        self.working = 0

    @contextmanager
    def turn(self, stop: threading.Event, wait: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Wait for a turn and have it; meanwhile `wait` is called once a second. Raises `Cancelled` on `stop`."""
        with self.changed:
            number = next(self.numbers)
            self.waiting.append(number)
            try:
                while self.waiting[0] != number or self.working >= settings.get().workers:
                    if stop.is_set():
                        raise Cancelled
                    wait()
                    self.changed.wait(1)
                self.working += 1
            finally:
                self.waiting.remove(number)
                self.changed.notify_all()
        try:
            yield
        finally:
            with self.changed:
                self.working -= 1
                self.changed.notify_all()


_PAGES, _TRAININGS = _Lane(), _Lane()


def _write(row: dict[str, object], **changed: object) -> None:
    row.update(changed, heartbeat=datetime.now(UTC))
    state.upsert(database.engine(), state.job_runs, [row])
