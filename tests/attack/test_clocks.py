"""The attack of tests/attack/clocks.py, in seconds."""

from tests.attack import clocks


def test_it_holds():
    rows = list(clocks.run(seed=1, scale=0.01))
    assert [row for row in rows if row[1] != row[2]] == []
