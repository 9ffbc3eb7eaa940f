"""What the data in use can be asked, and in which words: made once a version of them."""

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from data import tables
from data.tables import Stored
from models.ask import definitions, statement
from models.ask import known as model
from models.ask.formulas import PEOPLE
from models.ask.known import Known
from models.ask.query import Query
from models.ask.statement import Answer
from ui import answers, database, store
from ui.background import Step
from ui.text import N_

MAX_ANSWERS = 256  # kept, of all visitors


def known(sold: Stored, people: Stored) -> Known:
    """What these sales and customers can be asked."""
    called = model.called(database.engine(), sold.lineage)
    return _known(sold.version, people.version, tuple((name, *words) for name, words in called.items()), sold, people)


@st.cache_resource(max_entries=4, show_spinner=False)
def _known(
    version: str,  # noqa: ARG001  # this and the next are the cache key
    people_version: str,  # noqa: ARG001
    called: tuple[tuple[str, ...], ...],
    _sold: Stored,
    _people: Stored,
) -> Known:
    return model.of_stored(_sold, _people, store.unknown(_sold), {name: words for name, *words in called})


def ready(sold: Stored, people: Stored, in_words: bool = False) -> Known:
    """The same for a page, with the lexicon where it is asked `in_words`: of many lines it is made in the background,
    and the page stops with its progress."""

    def work(step: Step) -> bool:
        step(N_("Reading the sales lines"), 0.2)
        of = known(sold, people)
        return bool(of.lexicon if in_words else of)

    if sold.rows["sales"] > answers.MANY_ROWS:
        answers.ready(f"words {in_words} {sold.version} {people.version}", "read lines", work)
    elif in_words:
        work(lambda _message, _share: None)
    return known(sold, people)


def dataset(of: Known, query: Query, sold: Stored, people: Stored) -> Stored:
    """The dataset that a query is about."""
    return people if definitions.table_of(of.catalogue, query) == PEOPLE else sold


def answered(sold: Stored, people: Stored, query: Query) -> Answer:
    """The answer to a query that fits; the same for all who ask."""
    return _answered(sold.version, people.version, query, sold, people)


@st.cache_resource(max_entries=MAX_ANSWERS, show_spinner=False)
def _answered(version: str, people_version: str, query: Query, _sold: Stored, _people: Stored) -> Answer:  # noqa: ARG001  # the cache key
    of = known(_sold, _people)
    return statement.answer(of.catalogue, query, partial(tables.query, dataset(of, query, _sold, _people)))


def together(sold: Stored, people: Stored, queries: Sequence[Query]) -> Callable[[Query], Answer]:
    """What gives the answers to some queries, of which totals of the same lines are read at once; where the sales are
    many lines, the page shows how far that is, and stops."""
    within = statement.at_once(known(sold, people).catalogue, queries)

    def work(step: Step) -> bool:
        for place, query in enumerate(dict.fromkeys(within.values())):
            step(N_("Answering the cards"), place / len(queries))
            answered(sold, people, query)
        return True

    if sold.rows["sales"] > answers.MANY_ROWS:
        answers.ready(f"cards {sold.version} {people.version} {hash(tuple(queries))}", "read lines", work)
    return lambda query: statement.only(answered(sold, people, within[query]), within[query], query)
