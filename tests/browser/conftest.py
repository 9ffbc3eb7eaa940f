"""A real server and a real Chromium. Any console error, failed request or exception box fails the test."""

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from inspect import unwrap
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
def trained_home(tmp_path_factory: pytest.TempPathFactory, retrained: Path, churn_model: ChurnModel) -> Path:
    """A home that shows smaller demos; their customers have a champion, the model that all tests share.

    The shop with a champion and a challenger is there too.
    """
    home, now = tmp_path_factory.mktemp("served"), datetime.now(UTC)
    shutil.copytree(retrained, home, dirs_exist_ok=True)
    engine = state.engine(f"sqlite:///{home / 'vigie.db'}")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(demo.customers, "generate", partial(demo.customers.generate, 3_000))
        patched.setattr(demo.customers, "history", partial(demo.customers.history, customers=300))
        patched.setattr(demo.sales, "generate", partial(demo.sales.generate, years=2, customers=250, products=40))
        patched.setattr(training, "train", lambda _customers, **_how: churn_model)
        made = unwrap(demo.dataset)  # not those that were made before
        tables.add(home, made("sales", now.date()), now)
        stored = tables.add(home, made("customers", now.date()), now)
        retraining.learn(engine, home, "churn", stored, now, "Vigie", "first model of this data")
    return home


def copied(home: Path, into: Path) -> None:
    """Copy a home whose server may be at work: the database as it is at one moment, and no file that is being made."""
    shutil.copytree(home, into, dirs_exist_ok=True, ignore=shutil.ignore_patterns("vigie.db*", "*.part"))
    with closing(sqlite3.connect(home / "vigie.db")) as source, closing(sqlite3.connect(into / "vigie.db")) as target:
        source.backup(target)


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


@pytest.fixture
def other_sales(trained_home: Path) -> Iterator[Path]:
    """The home of `server`, whose pages show the same sales as before when the test has ended."""
    before = tables.active(trained_home, "sales")
    assert before
    yield trained_home
    tables.activate(trained_home, "sales", before.version)


def show_shop(home: Path) -> tables.Stored:
    """Let the pages show the shop that has a champion and a challenger."""
    shop = next(one for one in tables.stored(home, "sales") if one.origin.name == "shop.csv")
    tables.activate(home, "sales", shop.version)
    return shop


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
def visit(windows: dict[str, "Visit"]) -> Iterator["Visit"]:
    """Open pages as a visitor; at the end of the test nothing may have gone wrong behind them."""
    visitor = windows["desktop"]
    yield visitor
    visitor.complain()
    for one in windows.values():  # a page that stays open goes on working, beside the tests after it
        one.page.goto("about:blank")


@pytest.fixture(scope="session")
def windows(chromium: Browser, server: str) -> Iterator[dict[str, "Visit"]]:
    """A light desktop in English and a dark one in French: windows that stay open, for scripts are compiled in each."""
    with (
        visiting(window(chromium), server) as desktop,
        visiting(window(chromium, dark=True, language="fr"), server) as french,
    ):
        yield {"desktop": desktop, "french": french}


def window(browser: Browser, dark: bool = False, language: str = "en") -> BrowserContext:
    """A browser that has opened nothing yet."""
    return browser.new_context(
        viewport=SIZES["desktop"],
        color_scheme="dark" if dark else "light",
        locale={"en": "en-GB", "fr": "fr-FR"}[language],
        accept_downloads=True,
        reduced_motion="reduce",
    )


@contextmanager
def visiting(context: BrowserContext, address: str) -> Iterator["Visit"]:
    """A visitor behind whom nothing may have gone wrong in the end."""
    visitor = Visit(context, address)
    try:
        yield visitor
    finally:
        context.close()
    visitor.complain()


class Visit:
    """A visitor's window, and what went wrong in it."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.page, self.address = context.new_page(), address
        self.troubles: list[str] = []
        self._listen(self.page)

    def open(self, path: str = "") -> Page:
        """Load a page by its address, as a new session of the server."""
        self.page.goto(f"{self.address}/{path}")
        settled(self.page)
        return self.page

    def switch(self, path: str) -> Page:
        """Follow the navigation to another page; nothing is loaded again."""
        page = self.page
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
            if request.failure != "net::ERR_ABORTED":  # the window was closed, or went elsewhere, while it was loading
                note("failed", f"{request.url} {request.failure}")

        page.on("requestfailed", failed)

    def complain(self) -> None:
        """Fail where anything went wrong since this was asked last."""
        troubles, self.troubles = self.troubles, []
        assert not troubles, "\n".join(troubles)


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
    """Keep a screenshot of the whole page under tests/browser/screenshots/, where `VIGIE_PICTURES` asks for them."""
    if "VIGIE_PICTURES" not in os.environ:
        return
    SCREENSHOTS.mkdir(exist_ok=True)
    height = page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollHeight")
    size = page.viewport_size
    assert size
    page.set_viewport_size({"width": size["width"], "height": max(height, size["height"])})
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")  # it is painted anew
    page.screenshot(path=SCREENSHOTS / f"{name}.png")
    page.set_viewport_size(size)
