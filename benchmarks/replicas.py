"""How long a page switch takes while several browsers use two servers. Run: python -m benchmarks.replicas [sessions]

Two Vigies share a PostgreSQL and a home behind an nginx that keeps a browser with its server by a cookie. Each session
is a window of one Chromium on the same machine, which draws for all of them: what a switch takes holds that too. They
follow the navigation from page to page, a moment of reading between two, all at once; measured is the time from the
click to the title and to the last change. Promised are 2 s for nine of ten switches, and 1.5 GB for each server. What a
switch takes of the processors, of the servers and of the browser, does not depend on what else they do.
"""

import random
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.pages import QUIET, SIZE, WARM_UP, WATCH
from benchmarks.scale import spent
from tests import nginx, postgres
from tests.replicas import replicas

SERVERS, SESSIONS, ROUNDS = 2, 20, 6
READING = 3.0  # seconds on a page, on average
PAGES = ["churn-explore", "sales-overview", "customers-segments", "products-margins", "boards", "food", ""]
GO = """(path) => [...document.querySelectorAll("[data-testid=stSidebarNavLink]")]
  .find((link) => new URL(link.href).pathname === path).click()"""


def main(sessions: int = SESSIONS) -> None:
    for install in (nginx.install, postgres.install):
        if reason := install():
            sys.exit(reason)
    rng = random.Random(7)
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres.server() as url,
        replicas(SERVERS, Path(folder), url) as servers,
        nginx.before([one.port for one in servers]) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        windows = []
        for number in range(sessions):
            context = browser.new_context(viewport=SIZE, bypass_csp=True, locale="en-GB")
            context.add_cookies([{"name": nginx.COOKIE, "value": str(number % SERVERS), "url": address}])
            page = context.new_page()
            page.goto(address)
            page.wait_for_selector("h1", timeout=300_000)
            windows.append(page)
        windows[0].wait_for_timeout(3 * WARM_UP)  # models are trained, libraries imported
        for path in PAGES:  # what is computed once a version of the data is there
            for page in windows[:SERVERS]:
                _switch(page, path)
                _rest(page)
        titles, lasts = [], []
        before, all_before = sum(spent(one.process.pid) for one in servers), spent()
        for _round in range(ROUNDS):
            for page in rng.sample(windows, len(windows)):
                _switch(page, rng.choice(PAGES))
                page.wait_for_timeout(1000 * READING / sessions)  # as many switches a second as readers make
            for page in windows:
                title, last = _rest(page)
                titles.append(title)
                lasts.append(last)
        used = sum(spent(one.process.pid) for one in servers) - before
        drawn = spent() - all_before - used
        browser.close()
        for name, times in (("title", titles), ("last change", lasts)):
            ninth = statistics.quantiles(times, n=10)[-1]
            print(
                f"{sessions} sessions, {name}: median {statistics.median(times):.2f} s, p90 {ninth:.2f} s (promised 2)"
            )
        each = f"{used / len(titles):.2f} s by the servers, {drawn / len(titles):.2f} s by the browser and the database"
        print(f"CPU a switch: {each}")
        for number, one in enumerate(servers):
            print(f"server {number}: {one.peak():.2f} GB at most (promised 1.5)")


def _switch(page: Page, path: str) -> None:
    page.evaluate(WATCH)
    page.evaluate(GO, f"/{path}")


def _rest(page: Page) -> tuple[float, float]:
    """Seconds from the click to the title and to the last change, once the page has come to rest."""
    begun = time.monotonic()
    while True:
        now, seen = page.evaluate("() => [performance.now(), window.__seen]")
        if now - max(seen["last"], seen["start"]) > QUIET or time.monotonic() - begun > 60:
            return max(0.0, seen["title"] - seen["start"]) / 1000, max(0.0, seen["last"] - seen["start"]) / 1000
        page.wait_for_timeout(100)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
