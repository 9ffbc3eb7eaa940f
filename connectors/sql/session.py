"""A session with a database: read-only, with a time limit, and with errors that say no secret.

Each kind of database has a module that opens one (`connectors.sql.postgres`, `.mysql`, `.sqlite`, `.duck`, `.other`);
what they share stands here.
"""

import queue
import re
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

import settings
from connectors import BadResponse, ConnectorError, NotFound, Unavailable
from data.dataset import Finding
from locales import N_

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlalchemy import URL

T = TypeVar("T")
CONNECT_SECONDS = 10
BATCH = 20_000  # rows, where the driver lets one choose
AHEAD = 2  # batches that are read while one is written
BEAT = 0.5  # seconds between two looks at whether somebody cancelled
WHY = 160  # characters of what the database says

Kind = Literal["login", "gone", "rights", "lacks", "sql", "slow", "busy", "values"]


@dataclass(frozen=True)
class Field:
    """A column of an answer: its `name`, its `kind` in Arrow, the `expression` that reads it, what the database calls
    its `type`, and a sentence on what it becomes where that is less than it was, or something else."""

    name: str
    kind: "pa.DataType"
    expression: str
    type: str = ""
    said: str = ""


@dataclass(frozen=True)
class Bound:
    """Only rows whose `column` is at least `value`."""

    column: str
    value: object


@dataclass(frozen=True)
class Session:
    """What can be asked of an open database.

    `describe` says which columns a checked statement has; `read` gives its rows, in batches with the columns and kinds
    of `describe` and a last column LOST that counts cells with no meaning outside the database (an infinite date, a
    number that is none), which are missing in the batch; `estimate` says about how many rows there are, None where
    that is not known; `stop` ends `read`, from another thread.
    """

    dialect: str  # of sqlglot
    describe: Callable[[str], list[Field]]
    read: Callable[[str, list[Field], Bound | None], Iterator["pa.RecordBatch"]]
    estimate: Callable[[str], int | None]
    stop: Callable[[], None]
    findings: tuple[Finding, ...] = ()


LOST = "vigie lost"
AS_TEXT = N_("{rows} columns are neither numbers, dates nor text ({types}): kept as text.")
AS_FLOAT = N_("{rows} columns hold numbers of any length: kept to 15 digits.")
_SENTENCES: dict[str, tuple[type[ConnectorError], str]] = {
    "login": (
        Unavailable,
        N_("The database “{source}” does not let Vigie in: check the user, password and name in VIGIE_DATABASES."),
    ),
    "gone": (
        Unavailable,
        N_("The database “{source}” cannot be reached: check that it runs, and its host and port in VIGIE_DATABASES."),
    ),
    "cut": (Unavailable, N_("The connection to the database “{source}” was cut: nothing was changed. Try again.")),
    "busy": (Unavailable, N_("The database “{source}” is in use by another program that lets nobody else in: later.")),
    "slow": (
        Unavailable,
        N_(
            "The database “{source}” needed more than {seconds} seconds and was stopped: read less at once, or set "
            "VIGIE_DATABASE_SECONDS."
        ),
    ),
    "rights": (
        BadResponse,
        N_("The account of the database “{source}” may not read this: ask for the right to ({why})."),
    ),
    "lacks": (NotFound, N_("The database “{source}” has no such table, column or function: {why}.")),
    "sql": (BadResponse, N_("The database “{source}” does not run this SELECT: {why}.")),
    "values": (BadResponse, N_("The database “{source}” gives values that cannot be kept: {why}.")),
}


def failed(source: str, kind: "Kind | Literal['cut']", why: object = "", seconds: float = 0) -> ConnectorError:
    """The error to raise where a database failed: raise it `from None`, since drivers put passwords in theirs."""
    error, sentence = _SENTENCES[kind]
    return error(sentence, source=source, why=_plain(source, str(why)), seconds=f"{seconds:g}")


def url(source: str) -> "URL":
    """The URL of a database of the settings. Raises `NotFound` where they name none, or one that is no URL."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    named = settings.get().databases
    if source not in named:
        message = N_("The settings name no database “{source}”: they name {others} (VIGIE_DATABASES).")
        raise NotFound(message, source=source, others=", ".join(named) or "none")
    try:
        return make_url(named[source].get_secret_value())
    except (ArgumentError, ValueError):
        raise NotFound(
            N_("The URL of the database “{source}” in VIGIE_DATABASES cannot be read."), source=source
        ) from None


def _plain(source: str, why: str) -> str:
    """The first line of what a database says, without anything secret."""
    lines = [line.strip() for line in why.splitlines() if line.strip()]
    text = re.sub(r"^(\w+: )*\[?libpq\]?.*?: |^.*?ERROR:\s+", "", lines[0]) if lines else "?"
    named = settings.get().databases
    if source in named:
        whole = named[source].get_secret_value()
        for secret in sorted({whole, url(source).password or ""}, key=len, reverse=True):
            text = text.replace(str(secret), "***") if secret else text
    return text[:WHY].rstrip(". ")


def watched(read: Iterator[T], stop: Callable[[], None], beat: Callable[[], None]) -> Generator[T, None, None]:
    """What `read` gives, read ahead in a thread; while it waits `beat` is called, which may raise to cancel.

    However it ends, `stop` ends the reading where that still goes on.
    """
    ready: queue.Queue[tuple[T | None, BaseException | None]] = queue.Queue(AHEAD)
    left = threading.Event()

    def hand(one: T | None, error: BaseException | None = None) -> None:
        while not left.is_set():
            try:
                ready.put((one, error), timeout=BEAT)
                return
            except queue.Full:
                pass

    def pump() -> None:
        try:
            for one in read:
                hand(one)
                if left.is_set():
                    return
            hand(None)
        except BaseException as error:  # whoever waits for the rows gets it
            hand(None, error)

    thread = threading.Thread(target=pump, daemon=True)
    thread.start()
    try:
        while True:
            try:
                one, error = ready.get(timeout=BEAT)
            except queue.Empty:
                beat()
                continue
            if error is not None:
                raise error
            if one is None:
                return
            yield one
    finally:
        left.set()
        if thread.is_alive():
            stop()
        thread.join()
