"""The attack of tests/attack/due.py, in seconds."""

from tests.attack import due


def test_it_holds():
    rows = list(due.run(seed=1, scale=0.02))
    assert [row for row in rows if row[1] != row[2]] == []
