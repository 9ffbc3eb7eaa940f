"""Boards in the state database: what is on each of them, every version it had, and pictures that were kept on them.

The content of a board is JSON (`models.ask.board`). A write names the change that it goes on from, so that of two
people who change one board at once neither overwrites the other; what was removed is kept and can be brought back.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from data import state
from data.state import Changed
from data.state.tables import board_pictures, board_versions, boards
from locales import N_, Sentence

KEPT = 50  # versions of a board
MAX_PICTURE = 2_000_000  # characters of one
CHANGED = N_("Somebody has changed this board meanwhile. It is shown as it is now: do it again.")


class TooLarge(Sentence):
    """A picture that holds more than is kept."""


@dataclass(frozen=True)
class Kept:
    """A board as it is kept: `changes` counts its writes, `can_undo` and `can_redo` say whether there is a version
    before and after the one that is shown."""

    board: str
    content: dict[str, Any]
    changes: int
    can_undo: bool
    can_redo: bool
    removed: bool


def kept(engine: Engine) -> list[Kept]:
    """All boards in their order, removed ones too."""
    first, last = func.min(board_versions.c.version), func.max(board_versions.c.version)
    ends = select(board_versions.c.board, first.label("first"), last.label("last")).group_by(board_versions.c.board)
    of = ends.subquery()
    asked = (
        select(boards, board_versions.c.content, of.c.first, of.c.last)
        .join(of, of.c.board == boards.c.board)
        .join(
            board_versions,
            (board_versions.c.board == boards.c.board) & (board_versions.c.version == boards.c.version),
        )
        .order_by(boards.c.place, boards.c.board)
    )
    with engine.connect() as connection:
        rows = connection.execute(asked).all()
    return [
        Kept(
            row.board,
            row.content,
            row.changes,
            row.version > row.first,
            row.version < row.last,
            row.removed is not None,
        )
        for row in rows
    ]


def write(engine: Engine, board: str, content: dict[str, Any], changes: int, now: datetime) -> None:
    """Make this the newest version of a board: a new one where `changes` is 0. What was undone before is dropped.

    Raises `Changed` where the board is not as it was after so many `changes`.
    """
    with engine.begin() as connection:
        if changes == 0:
            last = connection.execute(select(func.max(boards.c.place))).scalar_one_or_none()
            fresh = {"board": board, "place": 0 if last is None else last + 1, "version": 0, "changes": 0}
            connection.execute(state.inserting(engine, boards).values(fresh).on_conflict_do_nothing())
        version = _taken(connection, board, changes)
        ours = board_versions.c.board == board
        connection.execute(delete(board_versions).where(ours, board_versions.c.version > version))
        row = {"board": board, "version": version + 1, "content": content, "created": now}
        connection.execute(insert(board_versions).values(row))
        connection.execute(delete(board_versions).where(ours, board_versions.c.version <= version + 1 - KEPT))
        connection.execute(update(boards).where(boards.c.board == board).values(version=version + 1, removed=None))


def step(engine: Engine, board: str, changes: int, by: int) -> None:
    """Show the version before (`by` -1: undo) or after (1: redo) the one that is shown. Raises `Changed`."""
    with engine.begin() as connection:
        version = _taken(connection, board, changes) + by
        there = (board_versions.c.board == board) & (board_versions.c.version == version)
        if connection.execute(select(board_versions.c.version).where(there)).first() is None:
            raise Changed(CHANGED)
        connection.execute(update(boards).where(boards.c.board == board).values(version=version))


def remove(engine: Engine, board: str, changes: int, now: datetime | None) -> None:
    """Take a board away, or with `now` None bring it back. Raises `Changed`."""
    with engine.begin() as connection:
        _taken(connection, board, changes)
        connection.execute(update(boards).where(boards.c.board == board).values(removed=now))


def order(engine: Engine, names: Sequence[str]) -> None:
    """Put boards into this order; others come after them."""
    with engine.begin() as connection:
        connection.execute(update(boards).values(place=boards.c.place + len(names)))
        for place, board in enumerate(names):
            connection.execute(update(boards).where(boards.c.board == board).values(place=place))


def keep_picture(engine: Engine, content: dict[str, Any], now: datetime) -> str:
    """Keep a picture and return its id, which is the same for the same picture. Raises `TooLarge`."""
    text = json.dumps(content, sort_keys=True)
    if len(text) > MAX_PICTURE:
        raise TooLarge(N_("This figure holds too much to be kept on a board: narrow it down first."))
    name = hashlib.sha256(text.encode()).hexdigest()[:32]
    row = {"picture": name, "content": content, "created": now}
    with engine.begin() as connection:
        connection.execute(state.inserting(engine, board_pictures).values(row).on_conflict_do_nothing())
    return name


def picture(engine: Engine, name: str) -> dict[str, Any] | None:
    """A picture that was kept; None where there is none of this id."""
    with engine.connect() as connection:
        asked = select(board_pictures.c.content).where(board_pictures.c.picture == name)
        return connection.execute(asked).scalar_one_or_none()


def _taken(connection: Connection, board: str, changes: int) -> int:
    """Count a write of a board that is as it was after so many, and return the version that is shown."""
    mine = (boards.c.board == board) & (boards.c.changes == changes)
    counted = update(boards).where(mine).values(changes=changes + 1).returning(boards.c.version)
    found = connection.execute(counted).first()
    if found is None:
        raise Changed(CHANGED)
    return int(found.version)
