"""Who acts, and what they may: viewers look, analysts change, admins also decide what goes on without anybody.

Whatever writes (`data.audit`) asks here, so that no button can be forgotten. Who acts is whatever the innermost
`using(...)` says, else what the function given to `follow` answers (the app gives one that knows who is logged in).
Nobody in particular (None) acts where neither says anything: tests, start-up.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from locales import N_, Sentence

NOBODY, VIEWER, ANALYST, ADMIN, SYSTEM = "nobody", "viewer", "analyst", "admin", "system"
RANK = {NOBODY: 0, VIEWER: 1, ANALYST: 2, ADMIN: 3, SYSTEM: 4}  # each may do what those before it may
ROLES = {NOBODY: N_("nobody"), VIEWER: N_("viewer"), ANALYST: N_("analyst"), ADMIN: N_("admin"), SYSTEM: N_("system")}
REFUSED = {
    VIEWER: N_("Log in first."),
    ANALYST: N_("Your role lets you look, not change: ask an admin to make you an analyst."),
    ADMIN: N_("Only an admin may do this: ask one."),
}


class Refused(Sentence):
    """Whoever acts may not do this."""


@dataclass(frozen=True)
class Person:
    """Somebody who is logged in ("" where nobody has to), or a part of Vigie that works by itself."""

    name: str
    role: str


VIGIE = Person("Vigie", SYSTEM)
_source: list[Callable[[], Person | None]] = [lambda: None]
_acting: ContextVar[tuple[Person | None] | None] = ContextVar("acting", default=None)


def follow(source: Callable[[], Person | None]) -> None:
    """From now on, ask `source` who acts where no `using` block says it."""
    _source[0] = source


def who() -> Person | None:
    """Who acts."""
    said = _acting.get()
    return _source[0]() if said is None else said[0]


@contextmanager
def using(person: Person | None) -> Iterator[None]:
    """Let `person` act inside the block; None for what looking at a page leaves behind and nobody decides."""
    token = _acting.set((person,))
    try:
        yield
    finally:
        _acting.reset(token)


def may(role: str) -> bool:
    """Whether whoever acts may do what takes at least this role."""
    person = who()
    return person is None or RANK[person.role] >= RANK[role]


def need(role: str) -> None:
    """Raise `Refused` unless whoever acts has at least this role."""
    if not may(role):
        raise Refused(REFUSED[role])
