"""A file of the corpus from the drop zone to the overview: understood, asked about, kept, total right."""

from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, settled

pytestmark = pytest.mark.xdist_group("browser")
FILES = Path(__file__).parent.parent / "corpus" / "files"
NAME, ANSWER = "returns_by_type.csv", "taken off"  # what is to be answered (a pill)


def money(text: str) -> float:
    return float("".join(one for one in text if one.isdigit() or one in ".-"))


def shown(page: Page, label: str) -> str:
    return page.get_by_test_id("stMetric").filter(has_text=label).first.get_by_test_id("stMetricValue").inner_text()


def test_a_file_is_understood_asked_about_kept_and_adds_up(visit: Visit, other_sales: Path):
    right = pd.read_csv(FILES / f"{Path(NAME).stem}.right.csv")
    page = visit.open("data?lang=en&table=sales&from=upload")
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(FILES / NAME)
    expect(page.get_by_text("What was understood")).to_be_visible(timeout=20_000)
    settled(page)
    use = page.get_by_role("button", name="Check and use")
    expect(use).to_be_disabled()
    page.get_by_role("radio", name=ANSWER, exact=True).click()
    expect(use).to_be_enabled(timeout=15_000)
    assert money(shown(page, "Money")) == pytest.approx(right["amount"].sum(), abs=0.5)
    use.click()
    expect(page.get_by_text("The pages now show this dataset.")).to_be_visible(timeout=20_000)
    page = visit.open("sales-overview?lang=en&period=all")
    assert money(shown(page, "Revenue")) == pytest.approx(right["amount"].sum(), abs=0.5)
