"""The attack of tests/attack/redirects.py, in seconds."""

from tests.attack import redirects


def test_it_holds():
    rows = list(redirects.run(seed=1, scale=0.01))
    assert [row for row in rows if row[1] != row[2]] == []
