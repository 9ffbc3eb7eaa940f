"""Work that takes more than a few seconds: in a thread, with named steps, progress and a cancel button.

The thread never touches Streamlit. It writes its progress and a sign of life to the state database (`data.runs`), which
the page polls: a job is thus also seen, and cancelled, from another window or another server, and what ended while
nobody looked is still known. As many work at once as `settings.workers` says, the others wait their turn; trainings,
each in a process of its own, are counted apart.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
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
from data import events, people, runs, state, troubles
from data.people import Person
from locales import Sentence
from ui import access, apart, database
from ui.text import _

log = logging.getLogger("vigie.background")
Step = Callable[[str, float], None]
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
    run: str = "",
) -> str:
    """Run `work(step)` in a thread and return the run's id. `details` are kept with it, to start it again.

    A `run` that is named is done once, whoever asks: one that is under way, on whatever machine, is joined.
    One that is `remote` mostly waits for another machine, and takes no turn. `work` calls `step(message, share)` as it
    goes: a sentence marked with `N_` and how much is done, 0 to 1. A step of a cancelled job does not return.
    Whoever starts it acts in it (`data.people`).
    """

    def whole(step: Step, stop: threading.Event) -> None:
        with nullcontext() if remote else _PAGES.turn(stop):
            work(step)

    return _begin(run or uuid.uuid4().hex, job, subject, details, whole, people.who() or people.VIGIE)


def train(job: str, subject: str, request: Mapping[str, object], heard: Callable[[dict[str, Any]], None]) -> str:
    """Have `ui.apart` train as `request` says, once for a job and subject, whoever asks; the run's id.

    A training that is under way, in whatever process of whatever machine, is joined. `heard` gets the answers.
    """

    def whole(step: Step, stop: threading.Event) -> None:
        def wait() -> None:
            if stop.is_set():
                raise Cancelled

        def answered(answer: dict[str, Any]) -> None:
            if "step" in answer:
                step(answer["step"], answer["share"])
            elif "refused" in answer:
                raise Sentence(answer["refused"], **answer["values"])
            heard(answer)

        with _TRAININGS.turn(stop):
            apart.ask(dict(request), answered, wait)

    return _begin(f"{job} {subject}", job, subject, {}, whole, people.VIGIE)


def _begin(
    run: str,
    job: str,
    subject: str,
    details: Mapping[str, object],
    whole: Callable[[Step, threading.Event], None],
    person: Person,
) -> str:
    engine, started = database.engine(), datetime.now(UTC)
    if not runs.claim(engine, run, job, subject, None, started, details):
        return run
    stop = _stopping[run] = threading.Event()

    def beat(**changed: object) -> None:
        with _unless_busy():
            if not runs.beat(engine, run, started, **changed):
                stop.set()  # somebody cancelled it elsewhere, or another process has taken it over

    def step(message: str, share: float) -> None:
        if not stop.is_set():
            beat(step=message, progress=share)
        if stop.is_set():
            raise Cancelled

    def work() -> None:
        with runs.beats(run, beat):
            whole(step, stop)

    def end(status: str, message: str | None) -> None:
        now = datetime.now(UTC)
        _patiently(lambda: runs.end(engine, run, started, status, message, now))

    about = (run, job, subject, person, locales.language())
    threading.Thread(target=_run, args=(*about, work, end), daemon=True).start()
    return run


def training(job: str, subject: str) -> str | None:
    """The run named for a job and subject that is under way, in whatever process."""
    run = f"{job} {subject}"
    return run if under_way(run) else None


def alive(run: str) -> bool:
    """Whether a run is under way in this process."""
    return run in _stopping


def under_way(run: str) -> bool:
    """Whether a run is under way, on whatever machine."""
    return alive(run) or runs.beating(database.engine(), run)


def cancel(run: str) -> None:
    """Stop a run, on whatever machine it is."""
    if stop := _stopping.get(run):
        stop.set()
    else:
        runs.cancel(database.engine(), run)


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
    here = alive(run)  # asked before its row is read: what ends in between has then ended in the row
    now = state.read(database.engine(), state.job_runs, run=run).iloc[0]
    if now["status"] in runs.OPEN and (here or runs.beating(database.engine(), run)):
        step = _(str(now["step"])) if now["status"] == "running" else _("Cancelling")
        st.progress(now["progress"], text=step)
        if access.changes():
            st.button(_("Cancel"), icon=":material/close:", on_click=cancel, args=(run,), key=f"cancel-{run}")
        return
    if now["status"] in runs.OPEN:
        ended("failed", _("Vigie was restarted meanwhile, and nothing was changed. Start again."), None)
    else:
        message = "" if pd.isna(now["message"]) else str(now["message"])
        ended(now["status"], message, _errors.pop(run, None))
    st.rerun()


def _run(
    run: str,
    job: str,
    subject: str,
    person: Person,
    language: str,
    work: Callable[[], None],
    end: Callable[[str, str | None], None],
) -> None:
    began = time.monotonic()

    def close(status: str, message: str | None) -> None:
        end(status, message)
        events.ended(job, subject, run, status, time.monotonic() - began, message)

    with locales.using(language), people.using(person):
        try:
            work()
            close("done", None)
        except Cancelled:
            close("cancelled", None)
        except Exception as error:
            if isinstance(error, ConnectorError):
                _errors[run] = error
            if said := troubles.known(error):
                log.warning("%s %s: %s", job, subject, error)
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
    def turn(self, stop: threading.Event) -> Iterator[None]:
        """Wait for a turn and have it. Raises `Cancelled` on `stop`."""
        with self.changed:
            number = next(self.numbers)
            self.waiting.append(number)
            try:
                while self.waiting[0] != number or self.working >= settings.get().workers:
                    if stop.is_set():
                        raise Cancelled
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
