"""Troubles of the machine that people can end: a full disk, a home that may only be read, a database busy or away."""

import errno
import sqlite3
from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError

from locales import N_, Sentence

FULL = N_("The disk is full: make room where VIGIE_HOME lies, then try again. What was kept is as it was.")
READ_ONLY = N_("Vigie may not write where VIGIE_HOME lies: give it the right to, or let it name another folder.")
BUSY = N_("The state database is busy: another program holds it. Vigie tries again.")
AWAY = N_(
    "The state database cannot be reached: start it, or let VIGIE_DATABASE_URL say where it is and with which password."
)
_NUMBERS = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EFBIG: FULL,
    errno.EROFS: READ_ONLY,
    errno.EACCES: READ_ONLY,
    errno.EPERM: READ_ONLY,
}
_WORDS = {
    "database is locked": BUSY,
    "disk is full": FULL,
    "disk i/o error": FULL,
    "readonly database": READ_ONLY,
    "unable to open database": READ_ONLY,
}


def known(error: BaseException) -> Sentence | None:
    """What to say of an error, where its cause is one of these troubles."""
    for one in _causes(error):
        if isinstance(one, Sentence):
            return one
        if isinstance(one, OSError) and one.errno in _NUMBERS:
            return Sentence(_NUMBERS[one.errno])
        if isinstance(one, DBAPIError) and "connection failed" in str(one.orig):  # as psycopg says it
            return Sentence(AWAY)
        if isinstance(one, sqlite3.Error):
            said = str(one).lower()
            if message := next((message for words, message in _WORDS.items() if words in said), None):
                return Sentence(message)
    return None


def busy(error: BaseException) -> bool:
    """Whether the same may work in a moment."""
    found = known(error)
    return found is not None and found.message == BUSY


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        if isinstance(error, DBAPIError) and error.orig:
            yield error.orig
        error = error.__cause__
