"""A newer model is promoted, and rolled back, by somebody with a name and a reason."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from data import state
from tests.browser.conftest import Visit, settled, show_shop

pytestmark = pytest.mark.xdist_group("browser")


def decide(page: Page, button: str, reason: str) -> None:
    page.get_by_label("Your name").fill("Ben")
    page.get_by_label("Why", exact=True).fill(reason)
    page.get_by_role("button", name=button).click()


def test_a_challenger_is_promoted_and_rolled_back(visit: Visit, other_sales: Path):
    engine = state.engine(f"sqlite:///{other_sales / 'vigie.db'}")
    shop = show_shop(other_sales)
    page = visit.open("monitoring-retraining?lang=en&model=sales&view=versions")
    versions = {"model": "sales", "lineage": shop.lineage}
    first, second = state.read(engine, state.model_versions, **versions)["version"]
    page.get_by_role("button", name="Promote").click()
    expect(page.get_by_text("Say who you are and why")).to_be_visible()
    for button, after, (champion, other) in (
        ("Promote", "Roll back", (second, first)),
        ("Roll back", "Promote", (first, second)),
    ):
        decide(page, button, f"{button}, as it pays")
        expect(page.get_by_role("button", name=after)).to_be_visible(timeout=15_000)
        settled(page)
        kept = state.read(engine, state.model_versions, **versions).set_index("version")
        assert kept["status"].to_dict() == {champion: "champion", other: "retired"}
        assert re.search(rf"Ben: {button}, as it pays$", kept.loc[champion, "reason"])
