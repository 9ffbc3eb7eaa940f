"""Slow answers, made once in the background and kept for everyone as long as the server runs.

Those that are shared are made once for all servers (`ui.shared`).
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar, cast

import streamlit as st

from models.customers.rfm import CannotTell
from models.forecast import CannotForecast
from ui import background, shared
from ui.text import _, plain

T = TypeVar("T")
KEPT = 40
MANY_ROWS = 1_000_000  # rows, from which what takes a moment of fewer is an answer to wait for
PATIENCE = 0.3  # seconds in which an answer may arrive before progress is shown
_made: OrderedDict[str, object] = OrderedDict()
_runs: dict[str, str] = {}
_alone: set[str] = set()  # keys whose answer cannot be had from another server
_lock = threading.RLock()
# Not the lock above: who waits here for a turn to work would keep the one whose turn it is from keeping its answer.
_beginning = threading.RLock()  # work may be done where it is started


def ready(key: str, job: str, work: Callable[[background.Step], T], share: bool = False) -> T:
    """What `work(step)` returns, made once for a `key` in the background.

    Meanwhile the page shows the progress and stops; where the data allow no answer it says why and stops. One to
    `share` is made once for all servers, and kept under the home.
    """
    if key not in _made:
        start(key, job, work, share=share)
    found = _made.get(key)
    if found is None:
        background.show(_runs[key], lambda status, message, _error: _ended(key, status, message))
        st.stop()
    if isinstance(found, CannotForecast | CannotTell):
        st.info(plain(found.sentence()), icon=":material/info:")
        st.stop()
    if isinstance(found, str):
        st.warning(plain(found), icon=":material/block:")
        st.button(_("Try again"), on_click=_forget, args=(key,), key=f"again-{key}")
        st.stop()
    return cast(T, found)


def found(key: str) -> object:
    """The answer for a key, if there is one."""
    if key not in _made and (there := shared.read(key)) is not None:
        _keep(key, there)
    return _made.get(key)


def watched(key: str) -> bool:
    """Show how far the work for a key is and answer True, where it is under way."""
    if running(key):
        background.show(_runs[key], lambda _status, _message, _error: None)
    return running(key)


def running(key: str) -> bool:
    """Whether the work for a key is under way."""
    return key in _runs and background.under_way(_runs[key])


def begin(key: str, job: str, work: Callable[[background.Step], object], share: bool = False) -> None:
    """Start to make the answer for a `key` before anybody asks for it, once."""
    if key not in _made and key not in _runs:
        start(key, job, work, 0, share)


def start(
    key: str,
    job: str,
    work: Callable[[background.Step], object],
    patience: float = PATIENCE,
    share: bool = False,
) -> None:
    """Begin `work(step)` in the background for a `key`, unless it is under way; wait a moment for it."""
    done = threading.Event()

    def kept(step: background.Step) -> None:
        try:
            try:
                answer = work(step)
            except (CannotForecast, CannotTell) as refused:
                answer = refused
            _keep(key, answer)
        finally:
            done.set()
        if share:
            shared.write(key, answer)

    with _beginning:
        if (key in _runs and background.alive(_runs[key])) or (share and found(key) is not None):
            return
        run = shared.run(key) if share and key not in _alone else ""
        _runs[key] = background.start(job, key, kept, run=run)
    done.wait(patience)


def _keep(key: str, answer: object) -> None:
    with _lock:
        _made[key] = answer
        while len(_made) > KEPT:
            _made.popitem(last=False)


def forget_all() -> None:
    """Forget every answer (tests)."""
    with _lock:
        _made.clear()
        _runs.clear()
        _alone.clear()


def _forget(key: str) -> None:
    _made.pop(key, None)


def _ended(key: str, status: str, message: str) -> None:
    if found(key) is None:
        if status == "done":  # elsewhere, and it could not be shared
            _alone.add(key)
        else:
            _keep(key, message or _("Cancelled: nothing was changed."))
