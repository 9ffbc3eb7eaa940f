"""The attacks on what is kept, each a few times: `make attack` has the long run."""

import pytest

from tests.attack import bits, kills, two_servers


@pytest.mark.parametrize("attack", [bits, kills, two_servers], ids=lambda attack: attack.__name__)
def test_it_holds(attack, home):
    rows = list(attack.run(1, 0.03))
    assert rows
    for what, tried, held, note in rows:
        assert held == tried, f"{what}: {held} of {tried} held ({note})"
