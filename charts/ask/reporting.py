"""A board as a file, whoever asks for it: where its cards find what they say, and the kinds of files there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from charts.ask import content, report_pdf, report_web, report_xlsx
from charts.ask.content import About, Content, Source
from data import boards, tables
from data.runs import Nothing, Step
from data.tables import Stored
from locales import N_, _
from models.ask import board as model
from models.ask import definitions, guard, known, statement
from models.ask.board import Board, Card
from models.ask.formulas import PEOPLE
from models.ask.query import Query

KINDS = (".pdf", ".xlsx", ".html")


def source(sold: Stored, people: Stored | None, engine: Engine) -> Source:
    """What boards say of some sales, and of customers where they are of the same shop; nothing is remembered."""
    of = known.of_stored(sold, people, tables.unknown(sold), known.called(engine, sold.lineage))
    stored = {"sales": sold} | ({PEOPLE: people} if people else {})
    ask = {name: partial(tables.query, one) for name, one in stored.items()}

    def table(query: Query) -> str:
        return PEOPLE if definitions.table_of(of.catalogue, query) == PEOPLE else "sales"

    return Source(
        of,
        lambda query: stored[table(query)].origin.currency or "GBP",
        lambda query: statement.answer(of.catalogue, query, ask[table(query)]),
        lambda sql: tables.limited(sold, guard.checked(sql, sold.columns), guard.SECONDS).head(guard.ROWS),
        partial(boards.picture, engine),
    )


def file(
    kind: str,
    about: About,
    says: Sequence[tuple[Card, Content]],
    fonts: Path,
    outlines: Mapping[str, Any],
    slides: bool = False,
) -> bytes:
    """The cards of a board as a file of one of the `KINDS`; see `report_pdf.pdf`."""
    if kind == ".xlsx":
        return report_xlsx.workbook(about, says)
    if kind == ".pdf":
        return report_pdf.pdf(about, says, fonts, outlines, slides)
    return report_web.page(about, says, outlines)


@dataclass(frozen=True)
class Report:
    """A board as a file: what it is of, how many `cards` it has, and how many are `left` out for want of their data."""

    content: bytes
    about: About
    cards: int
    left: int

    @property
    def text(self) -> str:
        """What it is of, for whoever is sent it."""
        return "\n".join(filter(None, (self.about.filters, self.about.data)))


def report(
    engine: Engine,
    home: Path,
    name: str,
    kind: str,
    fonts: Path,
    outlines: Mapping[str, Any],
    slides: bool,
    now: datetime,
    step: Step,
) -> Report:
    """A kept board, by its id or name, of the data that the pages show (see `file`). Raises `Nothing`."""
    board = _board(engine, name)
    sold = tables.active(home, "sales")
    if sold is None:
        raise Nothing("There are no sales yet: open Vigie once, or bring in a file with `jobs.py import`.")
    of = source(sold, tables.active(home, "customers"), engine)
    step(N_("Asking the data"), 0.2)
    there = [card for card in board.cards if not content.missing(of.of, card)]
    says = [(card, content.content(card, board.bar, of)) for card in there]
    filters = model.sentence(of.of.catalogue, board.bar, of.of.names)
    about = content.about(_(board.name), filters, sold, of.of, now, board.cards)
    step(N_("Writing the file"), 0.5)
    made = file(kind, about, says, fonts, outlines, slides)
    return Report(made, about, len(says), len(board.cards) - len(there))


def _board(engine: Engine, name: str) -> Board:
    found = model.visible(boards.kept(engine))
    for one, (board, _kept) in found.items():
        if name in (one, board.name, _(board.name)):
            return board
    raise Nothing("There is no board “{name}”: choose one of {boards}.", name=name, boards=", ".join(found))
