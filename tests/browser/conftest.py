"""A real server and a real Chromium. Any console error, failed request or exception box fails the test."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    ViewportSize,
    expect,
    sync_playwright,
)
from sqlalchemy import Engine

from data import demo, state, tables
from models.churn import training
from models.churn.model import ChurnModel
from models.lifecycle import retraining
from tests.connectors.food_replica import Replica, invented

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = Path(__file__).with_name("screenshots")
SIZES: dict[str, ViewportSize] = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def trained_home(
    tmp_path_factory: pytest.TempPathFactory, migrated: Callable[[Engine], None], churn_model: ChurnModel
) -> Path:
    """A home in which the demo customers have a champion already: the model that all tests share."""
    home, now = tmp_path_factory.mktemp("served"), datetime.now(UTC)
    engine = state.engine(f"sqlite:///{home / 'vigie.db'}")
    migrated(engine)
    stored = tables.add(home, demo.dataset("customers", now.date()), now)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(training, "train", lambda _customers, **_how: churn_model)
        retraining.learn(engine, home, "churn", stored, now, "Vigie", "first model of this data")
    return home


@pytest.fixture(scope="session")
def server(trained_home: Path) -> Iterator[str]:
    """The address of a Vigie with that home; its Open Food Facts is a replica on this machine."""
    rows = invented()
    for row in rows:
        row["image_front_small_url"] = ""  # pictures would be elsewhere
        row["product_name"] = row["product_name"].replace("<b>new</b>", "<b>new</b> :material/home: :smile: $x$ _y_")
    food = Replica(rows).url
    chosen = {"VIGIE_OPENFOODFACTS_URL": food, "VIGIE_OPENFOODFACTS_SEARCH_URL": food}
    with served(trained_home, chosen) as address:
        yield address


@contextmanager
def served(home: Path, chosen: Mapping[str, str]) -> Iterator[str]:
    """The address of a Vigie with a home and settings of its own, as long as it is wanted."""
    port, log = free_port(), (home / "server.log").open("w")
    chosen = {"VIGIE_HOME": str(home), "VIGIE_TELCO_URL": "http://127.0.0.1:9/telco.csv", **chosen}
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"],
        cwd=ROOT,
        env={**os.environ, **chosen},
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    address = f"http://localhost:{port}"
    for _attempt in range(150):
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1)
            break
        except OSError:
            time.sleep(0.2)
    else:
        pytest.fail(f"the server did not start:\n{(home / 'server.log').read_text()}")
    try:
        yield address
    finally:
        process.terminate()
        process.wait(10)
        with suppress(ProcessLookupError):  # what it had started and is not done yet
            os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The Chromium on the PATH, else Playwright's own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, server: str) -> Iterator["Visit"]:
    """Open pages as a visitor; at the end of the test nothing may have gone wrong behind them."""
    with visiting(chromium, server) as visitor:
        yield visitor


@pytest.fixture(scope="module")
def windows(chromium: Browser, server: str) -> Iterator[dict[str, "Visit"]]:
    """A desktop in English and a dark phone in French, in which one page is opened and switched to the others."""
    with visiting(chromium, server) as desktop, visiting(chromium, server) as phone:
        desktop.open("?lang=en", window(chromium))
        phone.open("?lang=fr", window(chromium, "phone", dark=True, language="fr"))
        yield {"desktop": desktop, "phone": phone}


def window(browser: Browser, size: str = "desktop", dark: bool = False, language: str = "en") -> BrowserContext:
    """A browser that has opened nothing yet."""
    return browser.new_context(
        viewport=SIZES[size],
        color_scheme="dark" if dark else "light",
        locale={"en": "en-GB", "fr": "fr-FR"}[language],
        accept_downloads=True,
        reduced_motion="reduce",
    )


@contextmanager
def visiting(browser: Browser, address: str) -> Iterator["Visit"]:
    """A visitor behind whom nothing may have gone wrong in the end."""
    visitor = Visit(browser, address)
    try:
        yield visitor
    finally:
        visitor.close()
    assert not visitor.troubles, "\n".join(visitor.troubles)


class Visit:
    """A visitor's browser windows, and what went wrong in them."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.troubles: list[str] = []
        self.pages: list[Page] = []

    def open(self, path: str = "", within: BrowserContext | None = None) -> Page:
        page = (within or window(self.browser)).new_page()
        self.pages.append(page)
        self._listen(page)
        page.goto(f"{self.address}/{path}")
        settled(page)
        return page

    def switch(self, path: str) -> Page:
        """Follow the navigation to another page in the window that was opened last; nothing is loaded again."""
        page = self.pages[-1]
        # On a phone the navigation is folded away: its links are there, and out of reach of a finger.
        page.get_by_test_id("stSidebarNavLink").and_(page.locator(f'[href$="/{path}"]')).dispatch_event("click")
        page.wait_for_url(re.compile(rf"^{self.address}/{path}\?lang="))
        settled(page)
        return page

    def _listen(self, page: Page) -> None:
        def note(kind: str, text: str) -> None:
            # On a deep link Streamlit's own script asks for these below the page's path first, then at the root.
            if not re.search(r"/[\w-]+/_stcore/(health|host-config)", text):
                self.troubles.append(f"{kind}: {text}")

        def heard(line: ConsoleMessage) -> None:
            if line.type == "error":
                note("console", f"{line.text} {line.location.get('url', '')}")

        def answered(answer: Response) -> None:
            if answer.status >= 400:
                note(str(answer.status), answer.url)

        page.on("console", heard)
        page.on("response", answered)
        page.on("pageerror", lambda error: note("script", str(error)))

        def failed(request: Request) -> None:
            if request.failure != "net::ERR_ABORTED":  # the window was closed while it was loading
                note("failed", f"{request.url} {request.failure}")

        page.on("requestfailed", failed)

    def close(self) -> None:
        for page in self.pages:
            page.context.close()


def settled(page: Page) -> None:
    """Wait until the script has run to its end, and check that it ended well."""
    page.wait_for_selector("h1", timeout=30_000)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=30_000)
    expect(page.locator('[data-testid="stSkeleton"]')).to_have_count(0, timeout=15_000)
    page.wait_for_timeout(150)
    for box in ("stException", "stAlertContentError"):
        boxes = page.get_by_test_id(box)
        assert boxes.count() == 0, boxes.first.inner_text()


def shoot(page: Page, name: str) -> None:
    """Keep a screenshot of the whole page under tests/browser/screenshots/."""
    SCREENSHOTS.mkdir(exist_ok=True)
    height = page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollHeight")
    size = page.viewport_size
    assert size
    page.set_viewport_size({"width": size["width"], "height": max(height, size["height"])})
    page.wait_for_timeout(500)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")
    page.set_viewport_size(size)
