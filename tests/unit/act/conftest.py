"""The demo's sales, smaller, as they are kept, and what they can be asked."""

from datetime import UTC, date, datetime
from functools import partial

import pytest

from data import tables
from data.dataset import Dataset, Origin
from data.demo import sales
from models.ask import definitions, lexicon, vocabulary

END = date(2026, 11, 28)


@pytest.fixture(scope="session")
def frames():
    return sales.generate(END, customers=600, products=60, seed=5)


@pytest.fixture(scope="session")
def kept(frames, tmp_path_factory):
    """What asks SQL of the sales, and their catalogue."""
    dataset = Dataset("sales", frames, Origin("demo", "Demo", currency="GBP"))
    stored = tables.add(tmp_path_factory.mktemp("act"), dataset, datetime(2026, 11, 28, tzinfo=UTC))
    first, last = stored.span
    return partial(tables.query, stored), definitions.catalogue(stored.columns, (first.date(), last.date()))


@pytest.fixture(scope="session")
def words(kept):
    """The words of these sales."""
    ask, known = kept
    return lexicon.lexicon(known, vocabulary.levels(known, {"sales": ask}), vocabulary.names(known, ask))
