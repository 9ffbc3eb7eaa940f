"""The attack of tests/attack/races.py, in seconds."""

from tests.attack import races


def test_it_holds():
    rows = list(races.run(seed=1, scale=0.01))
    assert [row for row in rows if row[1] != row[2]] == []
