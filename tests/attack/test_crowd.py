"""The attack of tests/attack/crowd.py, in seconds."""

import pytest

from tests.attack import crowd

pytestmark = pytest.mark.xdist_group("browser")


def test_it_holds():
    rows = list(crowd.run(seed=1, scale=0.002))
    assert [row for row in rows if row[1] != row[2]] == []
