"""What the data in use can be asked, and in which words: made once a version of them."""

from functools import partial
from typing import NamedTuple

import streamlit as st

from data import tables
from data.tables import Stored
from models.ask import definitions, lexicon, statement, vocabulary
from models.ask.definitions import PEOPLE, Catalogue
from models.ask.lexicon import Lexicon
from models.ask.query import Query
from models.ask.statement import Answer
from ui import store

MOST_ANSWERS = 64  # kept, of all visitors


class Known(NamedTuple):
    """The catalogue and words of some data, the `names` of their values and the values themselves (`levels`)."""

    catalogue: Catalogue
    lexicon: Lexicon
    names: dict[str, dict[str, str]]
    levels: dict[str, list[str]]


def of_one_shop(sold: Stored, people: Stored) -> bool:
    """Whether the customers may be asked of beside the sales: simulated ones say nothing of somebody's own shop."""
    return (sold.origin.kind == "demo") == (people.origin.kind == "demo")


def known(sold: Stored, people: Stored) -> Known:
    """What these sales and customers can be asked."""
    return _known(sold.version, people.version, sold, people)


@st.cache_resource(max_entries=4, show_spinner=False)
def _known(version: str, people_version: str, _sold: Stored, _people: Stored) -> Known:  # noqa: ARG001  # the cache key
    first, last = _sold.span or (_sold.stored, _sold.stored)
    catalogue = definitions.catalogue(
        _sold.columns,
        (first.date(), last.date()),
        store.unknown(_sold),
        _people.columns[PEOPLE] if of_one_shop(_sold, _people) else None,
        _sold.origin.columns,
    )
    ask = {"sales": partial(tables.query, _sold), PEOPLE: partial(tables.query, _people)}
    levels = vocabulary.levels(catalogue, ask)
    names = vocabulary.names(catalogue, ask["sales"])
    return Known(catalogue, lexicon.lexicon(catalogue, levels, names), names, levels)


def dataset(of: Known, query: Query, sold: Stored, people: Stored) -> Stored:
    """The dataset that a query is about."""
    return people if definitions.table_of(of.catalogue, query) == PEOPLE else sold


def answered(sold: Stored, people: Stored, query: Query) -> Answer:
    """The answer to a query that fits; the same for all who ask."""
    return _answered(sold.version, people.version, query, sold, people)


@st.cache_resource(max_entries=MOST_ANSWERS, show_spinner=False)
def _answered(version: str, people_version: str, query: Query, _sold: Stored, _people: Stored) -> Answer:  # noqa: ARG001  # the cache key
    of = known(_sold, _people)
    return statement.answer(of.catalogue, query, partial(tables.query, dataset(of, query, _sold, _people)))
