"""What is due, done by the app itself (`VIGIE_SCHEDULER=on`): of several servers by one, which has a lease for it.

A thread asks the database every few seconds and starts `jobs.py run-due`, a process of its own, where something is
due: the pages keep the interpreter. A leader that is killed says nothing any more, and when its lease is over another
server takes it; what its processes still do goes on, as each has what it does for itself (`data.schedules.claim`).
"""

import logging
import os
import subprocess
import sys
import threading
import uuid
from contextlib import suppress

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

import settings
from data import schedules
from models.act import schedule

LEASE = 30.0  # seconds
NAME = "scheduler"
NICE = 10  # of 19: as trainings do, it gives way to the pages
log = logging.getLogger("vigie.scheduler")


def serve(engine: Engine, stop: threading.Event, lease: float = LEASE) -> None:
    """Lead, or wait to lead, until `stop`: a third of a `lease` (seconds) between two looks."""
    holder, working, leading = f"{os.getpid()} {uuid.uuid4().hex}", list[subprocess.Popen[bytes]](), False
    while not stop.wait(lease / 3):
        try:
            led = schedules.lead(engine, NAME, holder, lease)
            if led != leading:
                log.info("This server %s what is due", "does" if led else "no longer does")
            leading = led
            working = [one for one in working if one.poll() is None]
            if (
                leading
                and schedules.claimable(engine, schedule.arise(engine))
                and len(working) < settings.get().workers
            ):
                working.append(_start())
        except SQLAlchemyError as error:  # it is away for a moment
            log.warning("The state database does not say what is due: %s", type(error).__name__)
    for one in working:
        one.terminate()
    with suppress(SQLAlchemyError):
        schedules.resign(engine, NAME, holder)


def _start() -> "subprocess.Popen[bytes]":
    command = [sys.executable, str(settings.ROOT / "jobs.py"), "run-due"]
    child = subprocess.Popen(command, cwd=settings.ROOT, stdout=subprocess.DEVNULL)  # noqa: S603  # our own
    with suppress(OSError, AttributeError):  # it may have ended; elsewhere than on Unix all are equal
        os.setpriority(os.PRIO_PROCESS, child.pid, NICE)
    return child
