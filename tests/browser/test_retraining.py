"""A newer model is promoted, and rolled back, by somebody with a name and a reason."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from data import state
from tests.browser.conftest import Visit, served, settled, visiting

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def shop(retrained: Path, chromium: Browser, tmp_path: Path) -> Iterator[tuple[Visit, Engine]]:
    """A visitor of a small shop with a champion and a challenger, and its state database."""
    shutil.copytree(retrained, tmp_path, dirs_exist_ok=True)
    with served(tmp_path, {}) as address, visiting(chromium, address) as visitor:
        yield visitor, state.engine(f"sqlite:///{tmp_path / 'vigie.db'}")


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
