"""A session with a database or a store: read-only, with a time limit, and with errors that say no secret.

Each kind has a module that opens one (`connectors.databases.postgres`, `.mysql`, `.sqlite`, `.duck`, `.other`,
`.mongo`, `.s3`); what they share stands here.
"""

import queue
import re
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar
from urllib.parse import unquote

import settings
from connectors import BadResponse, ConnectorError, NotFound, Unavailable
from data.dataset import Finding
from locales import N_

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlalchemy import URL

T = TypeVar("T")
CONNECT_SECONDS, LOOK_SECONDS = 10, 30.0  # to get in; to see what there is
BATCH = 20_000  # rows, where the driver lets one choose
AHEAD = 2  # batches that are read while one is written
BEAT = 0.5  # seconds between two looks at whether somebody cancelled
LEFT = 10  # seconds that a reading which was given up is waited for; one that hangs ends by its time limit
WHY = 160  # characters of what the database says

Kind = Literal["login", "gone", "rights", "lacks", "sql", "slow", "busy", "values", "file", "keys", "far", "folder"]


@dataclass(frozen=True)
class Field:
    """A column of an answer: its `name`, its `kind` in Arrow, the `expression` that reads it, what the database calls
    its `type`, and a sentence on what it becomes where that is less than it was, or something else. `key`: it tells
    rows apart; `lists`: its cells are lists, of each of which rows can be made."""

    name: str
    kind: "pa.DataType"
    expression: str
    type: str = ""
    said: str = ""
    key: bool = False
    lists: bool = False


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

    Where questions are no SQL, `checked` says what to ask (as `statement.checked`). A store whose documents say
    themselves what they hold is read while it is described: `share` says how much of that is done, and `grown`
    describes what is new since a bound as an earlier reading with these kinds was, or all
    of it where that does not fit.
    """

    dialect: str  # of sqlglot
    describe: Callable[[str], list[Field]]
    read: Callable[[str, list[Field], Bound | None], Iterator["pa.RecordBatch"]]
    estimate: Callable[[str], int | None]
    stop: Callable[[], None]
    findings: tuple[Finding, ...] = ()
    checked: Callable[[str, int | None], str] | None = None
    grown: Callable[[str, dict[str, str], Bound], list[Field]] | None = None
    share: Callable[[], float] = lambda: 0.0


LOST = "vigie lost"
AS_TEXT = N_("Columns that are neither numbers, dates nor text ({types}) are kept as text.")
AS_FLOAT = N_("Columns with numbers of any length are kept to 15 digits.")
_SENTENCES: dict[str, tuple[type[ConnectorError], str]] = {
    "login": (
        Unavailable,
        N_("The database “{source}” does not let Vigie in: check the user, password and name in VIGIE_DATABASES."),
    ),
    "gone": (
        Unavailable,
        N_("The database “{source}” cannot be reached: check that it runs, and its host and port in VIGIE_DATABASES."),
    ),
    "file": (
        Unavailable,
        N_("There is no file of the database “{source}” where VIGIE_DATABASES says it is: check its path."),
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
    "keys": (
        Unavailable,
        N_("The object store “{source}” does not take these keys, or lets them read nothing: check VIGIE_DATABASES."),
    ),
    "far": (
        Unavailable,
        N_("The object store “{source}” cannot be reached: check its endpoint and region in VIGIE_DATABASES."),
    ),
    "folder": (
        NotFound,
        N_("The object store “{source}” has no Parquet file in “{why}”: check the bucket and the folder."),
    ),
}


def failed(source: str, kind: "Kind | Literal['cut']", why: object = "", seconds: float = 0) -> ConnectorError:
    """The error to raise where a database failed: raise it `from None`, since drivers put passwords in theirs."""
    error, sentence = _SENTENCES[kind]
    return error(sentence, source=source, why=_plain(source, str(why)), seconds=f"{seconds:g}")


def address(source: str) -> str:
    """The URL of a database or store, as the settings have it. Raises `NotFound` where they name none."""
    named = settings.get().databases
    if source not in named:
        message = N_("The settings name no database “{source}”: they name {others} (VIGIE_DATABASES).")
        raise NotFound(message, source=source, others=", ".join(named) or "none")
    return named[source].get_secret_value()


def url(source: str) -> "URL":
    """The URL of a database of the settings. Raises `NotFound` where they name none, or one that is no URL."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(address(source))
    except (ArgumentError, ValueError):
        raise unreadable(source) from None


def unreadable(source: str) -> NotFound:
    """The error to raise where the URL of a source is none: `from None`, since others have it in theirs."""
    return NotFound(N_("The URL of the database “{source}” in VIGIE_DATABASES cannot be read."), source=source)


def _plain(source: str, why: str) -> str:
    """The first line of what a database says, without anything secret."""
    lines = [line.strip() for line in why.splitlines() if line.strip()]
    text = re.sub(r"^((\w+: )*\[?libpq\]?.*?: )?(.*?ERROR:\s+)?", "", lines[0]) if lines else "?"
    named = settings.get().databases
    whole = named[source].get_secret_value() if source in named else ""
    word = re.search(r"://[^:@/]*:([^@]*)@", whole)
    for secret in (whole, *([word[1], unquote(word[1])] if word else [])):
        text = text.replace(secret, "***") if secret else text
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
        thread.join(LEFT)
