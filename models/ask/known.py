"""What some data can be asked, and in which words."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import NamedTuple

from models.ask import definitions, lexicon, vocabulary
from models.ask.definitions import Catalogue
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
