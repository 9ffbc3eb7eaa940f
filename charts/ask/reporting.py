"""A board as a file, whoever asks for it: where its cards find what they say, and the kinds of files there are."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from charts.ask import report_pdf, report_web, report_xlsx
from charts.ask.content import About, Content, Source
from data import boards, tables
from data.tables import Stored
from models.ask import definitions, guard, known, statement
from models.ask.board import Card
from models.ask.definitions import PEOPLE
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
