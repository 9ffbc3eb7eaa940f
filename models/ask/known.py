"""What some data can be asked, and in which words."""

from collections.abc import Collection, Mapping
from datetime import date
from functools import partial
from typing import NamedTuple

from data import tables
from data.tables import Stored
from models.ask import definitions, lexicon, vocabulary
from models.ask.definitions import Catalogue
from models.ask.formulas import PEOPLE
from models.ask.lexicon import Lexicon
from models.ask.statement import Ask


class Known(NamedTuple):
    """The catalogue and words of some data, the `names` of their values and the values themselves (`levels`)."""

    catalogue: Catalogue
    lexicon: Lexicon
    names: dict[str, dict[str, str]]
    levels: dict[str, list[str]]


def known(
    columns: Mapping[str, Mapping[str, str]],
    span: tuple[date, date],
    ask: Mapping[str, Ask],
    unknown: Collection[str] = (),
    people: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Known:
    """All of it, for the arguments of `definitions.catalogue`; `ask` runs SQL on the sales, and on the customers."""
    catalogue = definitions.catalogue(columns, span, unknown, people, headers)
    levels = vocabulary.levels(catalogue, ask)
    names = vocabulary.names(catalogue, ask["sales"])
    return Known(catalogue, lexicon.lexicon(catalogue, levels, names), names, levels)


def of_stored(sold: Stored, people: Stored | None, unknown: Collection[str]) -> Known:
    """The same of sales as they are kept, and of customers where they are of the same shop; `unknown` columns say
    nothing of any line (`data.tables.unknown`)."""
    ours = people if people is not None and tables.of_one_shop(sold, people) else None
    first, last = sold.span or (sold.stored, sold.stored)
    return known(
        sold.columns,
        (first.date(), last.date()),
        {"sales": partial(tables.query, sold)} | ({PEOPLE: partial(tables.query, ours)} if ours else {}),
        unknown,
        ours.columns[PEOPLE] if ours else None,
        sold.origin.columns,
    )
