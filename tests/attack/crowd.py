"""Visitors at once: of a fresh home on the page that trains a model, and many for a long time on every page."""

import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, sync_playwright

from data import state
from tests.attack.serving import Row, ask, served, status

BROWSERS, MINUTES = 20, 30
VISITORS = 10  # of a fresh home
FIGURE = ".stMain .stPlotlyChart"
PAGES = ["", "churn-explore", "sales-overview", "sales-forecast", "monitoring-health", "covid", "food", "data"]
PATIENCE = 300_000  # milliseconds for a page: the machine that serves it draws for twenty browsers, too
SOON = 120_000  # milliseconds for the first figures of a fresh home


def run(seed: int, scale: float) -> Iterator[Row]:
    """`scale` 1 is 20 browsers for 30 minutes, and ten visitors of a fresh home."""
    rng, browsers, seconds = random.Random(seed), max(2, round(BROWSERS * scale)), MINUTES * 60 * scale
    visits, wrong, spent = 0, [], []
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as port, sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        if scale >= 0.5:  # it takes a minute or two
            yield from _first(browser, port, Path(folder))
        pages = [browser.new_context().new_page() for _browser in range(browsers)]
        end = time.monotonic() + seconds
        while time.monotonic() < end or visits < browsers:
            path, started = rng.choice(PAGES), time.monotonic()
            here = rng.sample(pages, min(4, browsers))  # who asks at the same moment
            problems = visited(here, f"http://localhost:{port}/{path}")
            visits += len(here)
            wrong += [f"{path}: {problem}" for problem in problems]
            spent.append(time.monotonic() - started)
        browser.close()
        alive = status(ask(port, "/_stcore/health", Host="localhost")) == 200
    note = f"{browsers} browsers; median {sorted(spent)[len(spent) // 2]:.1f} s for four at once"
    yield "pages opened by a crowd", visits, visits - len(wrong), wrong[0] if wrong else note
    yield "the server afterwards", 1, int(alive), ""


def _first(browser: Browser, port: int, home: Path) -> Iterator[Row]:
    """Visitors who ask for the same model at the same moment, before there is any."""
    pages, shown = [browser.new_context().new_page() for _visitor in range(VISITORS)], list[float]()
    begun = time.monotonic()
    for page in pages:
        page.goto(f"http://localhost:{port}/churn-what-if?lang=en", wait_until="commit", timeout=PATIENCE)
    for page in pages:
        with suppress(Error):
            page.locator(FIGURE).first.wait_for(timeout=max(1, SOON - 1_000 * (time.monotonic() - begun)))
            shown.append(time.monotonic() - begun)
        page.context.close()
    runs = state.read(state.engine(f"sqlite:///{home / 'vigie.db'}"), state.job_runs)
    trainings = int(runs["job"].eq("train churn").sum())
    note = f"figures after {shown[0]:.0f} to {shown[-1]:.0f} s" if shown else ""
    yield "figures for ten visitors of a fresh home in two minutes", VISITORS, len(shown), note
    yield "one training for all of them", 1, int(trainings == 1), f"{trainings} trainings"


def visited(pages: list[Page], url: str) -> list[str]:
    """What went wrong on the way."""
    found = []
    for page in pages:
        try:
            page.goto(url, wait_until="commit", timeout=PATIENCE)
        except Error as error:
            found.append(error.message)
    for page in pages:
        try:
            page.wait_for_selector("h1", timeout=PATIENCE)
            if page.get_by_test_id("stException").count() or page.get_by_test_id("stAlertContentError").count():
                found.append("an error box")
        except Error as error:
            found.append(error.message)
    return found
