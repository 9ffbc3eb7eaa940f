"""A newer model is promoted, and rolled back, by somebody with a name and a reason."""

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from data import state
from models.lifecycle import retraining
from tests.browser.conftest import Visit, served, settled
from tests.unit.test_retraining import keep_lines

pytestmark = pytest.mark.xdist_group("browser")
NOW = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a small shop, a champion and a challenger."""
    home = tmp_path_factory.mktemp("trained")
    keep_lines(home, 400)
    engine = state.engine(f"sqlite:///{home / 'vigie.db'}")
    state.migrate(engine)
    for number in range(2):
        retraining.retrain(engine, home, "sales", NOW.replace(hour=number), "Ana", "test")
    return home


@pytest.fixture
def shop(trained: Path, chromium: Browser, tmp_path: Path) -> Iterator[tuple[Visit, Engine]]:
    """A visitor of a server with a copy of that home, and its state database."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    with served(tmp_path, {}) as address:
        visitor = Visit(chromium, address)
        yield visitor, state.engine(f"sqlite:///{tmp_path / 'vigie.db'}")
        visitor.close()
    assert not visitor.troubles, "\n".join(visitor.troubles)


def decide(page: Page, button: str, reason: str) -> None:
    page.get_by_label("Your name").fill("Ben")
    page.get_by_label("Why", exact=True).fill(reason)
    page.get_by_role("button", name=button).click()


def test_a_challenger_is_promoted_and_rolled_back(shop: tuple[Visit, Engine]):
    visitor, engine = shop
    page = visitor.open("monitoring-retraining?model=sales&view=versions")
    first, second = state.read(engine, state.model_versions, model="sales")["version"]
    page.get_by_role("button", name="Promote").click()
    expect(page.get_by_text("Say who you are and why")).to_be_visible()
    for button, after, (champion, other) in (
        ("Promote", "Roll back", (second, first)),
        ("Roll back", "Promote", (first, second)),
    ):
        decide(page, button, f"{button}, as it pays")
        expect(page.get_by_role("button", name=after)).to_be_visible(timeout=15_000)
        settled(page)
        kept = state.read(engine, state.model_versions, model="sales").set_index("version")
        assert kept["status"].to_dict() == {champion: "champion", other: "retired"}
        assert re.search(rf"Ben: {button}, as it pays$", kept.loc[champion, "reason"])
