"""Work that takes more than a few seconds: in a thread, with named steps, progress and a cancel button.

The thread never touches Streamlit. It writes its progress to the state database, which the page polls; a job is
thus also seen from another window, and what ended while nobody looked is still known.
"""

import logging
import threading
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

import pandas as pd
import streamlit as st

import locales
import logs
import settings
from connectors import ConnectorError
from data import state
from locales import N_
from ui.text import _

log = logging.getLogger("vigie.background")
Step = Callable[[str, float], None]
_stopping: dict[str, threading.Event] = {}
_errors: dict[str, ConnectorError] = {}  # with more to show than the sentence that the database keeps


class Cancelled(Exception):
    """The visitor does not want the result any more."""


def start(
    job: str, subject: str, work: Callable[[Step], None], details: Mapping[str, object] = MappingProxyType({})
) -> str:
    """Run `work(step)` in a thread and return the run's id. `details` are kept with it, to start it again.

    `work` calls `step(message, share)` as it goes: a sentence marked with `N_` and how much is done, 0 to 1. A step
    of a cancelled job does not return.
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
    threading.Thread(target=_run, args=(run, row, work, locales.language()), daemon=True).start()
    return run


def alive(run: str) -> bool:
    """Whether a run is under way in this process."""
    return run in _stopping


@st.fragment(run_every=0.5)
def show(run: str, ended: Callable[[str, str, ConnectorError | None], None]) -> None:
    """Show how far a run is; when it has ended, call `ended(status, message, error)` and run the page again.

    `status` is done, failed or cancelled, `message` says why it failed; `error` is there where it may have a report.
    """
    stop = _stopping.get(run)  # asked before its row is read: what ends in between has then ended in the row
    now = state.read(_engine(), state.job_runs, run=run).iloc[0]
    if now["status"] == "running" and stop:
        step = str(now["step"])
        st.progress(now["progress"], text=_(step))
        st.button(_("Cancel"), icon=":material/close:", on_click=stop.set, key=f"cancel-{run}")
        return
    if now["status"] == "running":
        ended("failed", _("Vigie was restarted meanwhile, and nothing was changed. Start again."), None)
    else:
        message = "" if pd.isna(now["message"]) else str(now["message"])
        ended(now["status"], message, _errors.pop(run, None))
    st.rerun()


def _run(run: str, row: dict[str, object], work: Callable[[Step], None], language: str) -> None:
    def step(message: str, share: float) -> None:
        if _stopping[run].is_set():
            raise Cancelled
        _write(row, step=message, progress=share)

    def end(status: str, message: str | None = None) -> None:
        _write(row, status=status, message=message, finished=datetime.now(UTC))

    with locales.using(language):
        try:
            work(step)
            end("done")
        except Cancelled:
            end("cancelled")
        except ConnectorError as error:
            log.warning("%s %s: %s", row["job"], row["subject"], error)
            _errors[run] = error
            end("failed", error.sentence())
        except Exception as error:
            incident = logs.incident(log, error)
            apology = _("Sorry, this did not work and nothing was changed. The log says more under the id {id}.")
            end("failed", apology.format(id=incident))
        finally:
            del _stopping[run]


def _write(row: dict[str, object], **changed: object) -> None:
    row.update(changed, heartbeat=datetime.now(UTC))
    state.upsert(_engine(), state.job_runs, [row])


def _engine() -> "state.Engine":
    return state.engine(settings.get().database_url)
