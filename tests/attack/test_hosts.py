"""The attack of tests/attack/hosts.py, in seconds."""

from tests.attack import hosts


def test_it_holds():
    rows = list(hosts.run(seed=1, scale=0.01))
    assert [row for row in rows if row[1] != row[2]] == []
