"""A small shop of 200 days in which rules are broken, and what answers SQL of it."""

from datetime import UTC, datetime
from functools import partial

import pytest

from data import tables
from data.dataset import Dataset, Origin
from tests.exports.__main__ import planted

NOW = datetime.now(UTC)


@pytest.fixture(scope="session")
def broken():
    """Its frames (sales, stores, stock moves)."""
    return planted(NOW)


@pytest.fixture(scope="session")
def kept(broken, tmp_path_factory):
    """It as it is kept."""
    home = tmp_path_factory.mktemp("quality")
    return tables.add(home, Dataset("sales", broken, Origin("upload", "shop.csv", currency="EUR")), NOW)


@pytest.fixture(scope="session")
def ask(kept):
    """What answers SQL of it."""
    return partial(tables.query, kept)
