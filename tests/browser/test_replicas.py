"""Two servers share a PostgreSQL and a home behind an nginx that keeps a browser with its server by a cookie.

Half a minute of two processors: asked for by `make test-replicas`.
"""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from data import runs, state
from tests import nginx
from tests.browser.conftest import SIZES, settled
from tests.replicas import Replica, replicas

pytestmark = [
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif("VIGIE_TEST_REPLICAS" not in os.environ, reason="make test-replicas asks for it"),
]
SALES = "date,product,quantity,price\n" + "".join(
    f"2025-{1 + day // 28:02}-{1 + day % 28:02},P{item},{1 + (day + item) % 5},{item}.50\n"
    for day in range(300)
    for item in range(1, 4)
)


@pytest.fixture
def two(postgres_url: str, tmp_path: Path) -> Iterator[tuple[str, list[Replica], str]]:
    """The address of both, each of them, and their database."""
    if reason := nginx.install():
        pytest.skip(reason)
    with replicas(2, tmp_path, postgres_url) as started, nginx.before([one.port for one in started]) as address:
        yield address, started, postgres_url


def visitor(browser: Browser, address: str, server: int, path: str) -> Page:
    context = browser.new_context(viewport=SIZES["desktop"], locale="en-GB")
    context.add_cookies([{"name": nginx.COOKIE, "value": str(server), "url": address}])
    page = context.new_page()
    page.goto(f"{address}/{path}")
    settled(page)
    return page


def test_one_uploads_and_the_other_shows_it_one_dies_and_the_work_goes_on(
    chromium: Browser, two: tuple[str, list[Replica], str]
) -> None:
    address, servers, url = two
    engine = state.engine(url)
    first = visitor(chromium, address, 0, "data?table=sales&from=upload")
    first.locator("input[type=file]").set_input_files(
        {"name": "mine.csv", "mimeType": "text/csv", "buffer": SALES.encode()}
    )
    first.get_by_role("button", name="Check and use").click(timeout=60_000)
    expect(first.get_by_text("The pages now show this dataset.")).to_be_visible(timeout=60_000)
    second = visitor(chromium, address, 1, "sales-overview")
    expect(second.get_by_text("mine.csv")).to_be_visible()

    # The forecast that one makes, the other shows without making it again.
    first.goto(f"{address}/sales-forecast")
    first.wait_for_selector(".stMain .stPlotlyChart", timeout=240_000)
    second.goto(f"{address}/sales-forecast")
    second.wait_for_selector(".stMain .stPlotlyChart", timeout=240_000)
    with engine.connect() as connection:
        made = connection.execute(select(state.job_runs).where(state.job_runs.c.job == "forecast")).all()
    ours = [row for row in made if row.run.startswith("answer ") and "revenue" in row.subject]
    assert len({row.run for row in ours}) == len(ours) == len({row.subject for row in ours})
    (kept,) = [row for row in ours if row.subject.endswith(" 28 GB")] or ours[:1]
    assert kept.status == "done"

    # A training that one has begun is under way for the other, not “restarted”; its server is killed.
    first.goto(f"{address}/churn-what-if")
    deadline = time.monotonic() + 120
    while not (running := _training(engine)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert running, "nobody trains"
    second.goto(f"{address}/churn-performance")
    expect(second.get_by_role("progressbar").or_(second.get_by_text("Provisional")).first).to_be_visible(timeout=60_000)
    assert second.get_by_text("was restarted").count() == 0
    trainer = next(one for one in servers if one.trains())
    survivor = next(one for one in servers if one is not trainer)
    os.killpg(trainer.process.pid, signal.SIGKILL)
    anyone = visitor(chromium, address, servers.index(trainer), "sales-overview")  # the cookie of the dead one
    expect(anyone.get_by_text("mine.csv")).to_be_visible()
    time.sleep(runs.STOPPED.total_seconds() + 2)
    anyone.goto(f"{address}/churn-performance")
    anyone.wait_for_selector(".stMain .stPlotlyChart", timeout=300_000)
    assert survivor.process.poll() is None


def _training(engine: state.Engine) -> list[str]:
    open_ = (state.job_runs.c.job == "train churn") & (state.job_runs.c.status == "running")
    with engine.connect() as connection:
        return list(connection.scalars(select(state.job_runs.c.run).where(open_)))
