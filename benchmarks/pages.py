"""How long a visitor waits: start, first paint, switching pages, moving an input. Run: python -m benchmarks.pages

Each figure is the time from the action to the last change of the page in Chromium (1440x900), on a server started
for the run with the demo data. Prints the median and the 90th percentile beside the budget.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PORT = 8599
ADDRESS = f"http://localhost:{PORT}"
# Remembers when the page last changed, and how long ago the title did.
WATCH = """() => {
  const seen = (window.__seen = { start: performance.now(), title: 0, last: 0 });
  window.__watch?.disconnect();
  window.__watch = new MutationObserver((changes) => {
    seen.last = performance.now();
    const titled = (c) => c.target.closest?.("h1") || c.target.querySelector?.("h1");
    if (!seen.title && changes.some(titled)) seen.title = seen.last;
  });
  window.__watch.observe(document.querySelector('[data-testid="stMain"]'),
    { subtree: true, childList: true, characterData: true, attributes: true,
      attributeFilter: ["d", "transform", "src", "x"] });
}"""
# Clicked by the page itself: what Playwright does before a click (40 ms) is not the visitor's waiting.
CLICK = "(name) => [...document.querySelectorAll('button')].find((b) => b.textContent.trim().endsWith(name)).click()"
SIZE: ViewportSize = {"width": 1440, "height": 900}
WARM_UP = 20_000  # ms until the server has imported what pages need
QUIET = 500  # ms without a change: the page has come to rest


def measure(page: Page, act: Callable[[], None]) -> tuple[float, float]:
    """Milliseconds from `act` to the new title and to the last change."""
    page.evaluate(WATCH)
    act()
    page.wait_for_function(f"window.__seen.last && performance.now() - window.__seen.last > {QUIET}", timeout=30_000)
    seen = page.evaluate("window.__seen")
    return max(seen["title"] - seen["start"], 0), seen["last"] - seen["start"]


def report(name: str, times: list[float], budget: str) -> None:
    ordered = sorted(times)
    p90 = ordered[min(len(ordered) - 1, int(0.9 * len(ordered)))]
    print(f"{name:<46} {statistics.median(times):7.0f} ms  p90 {p90:7.0f} ms   budget {budget}", flush=True)


@contextmanager
def served(home: str) -> Iterator[float]:
    """A server started and stopped around the block; how many milliseconds it took to answer."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={PORT}"],
        cwd=ROOT,
        env={**os.environ, "VIGIE_HOME": home},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                urllib.request.urlopen(f"{ADDRESS}/_stcore/health", timeout=1)
                break
            except OSError:
                time.sleep(0.02)
        yield 1000 * (time.perf_counter() - begun)
    finally:
        process.terminate()
        process.wait()


def first_paint(page: Page) -> tuple[float, float]:
    """Milliseconds from the address to the title and its cards, and to a figure."""
    begun = time.perf_counter()
    page.goto(ADDRESS, wait_until="commit")
    page.wait_for_selector("h1")
    titled = time.perf_counter()
    page.wait_for_selector(".js-plotly-plot .main-svg")
    return 1000 * (titled - begun), 1000 * (time.perf_counter() - begun)


def switch(page: Page, name: str) -> tuple[float, float]:
    return measure(page, lambda: page.evaluate(CLICK.replace("button", "a"), name))


def main(rounds: int = 5) -> None:
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        ups, paints = [], []
        for _round in range(rounds + 1):
            with served(home) as up:
                page = browser.new_page(viewport=SIZE, bypass_csp=True)
                ups.append(up)
                paints.append(first_paint(page))
                page.close()
        report("server up", ups[1:], "2,000")  # the first one of all makes the demo data
        titled, drawn = zip(*paints[1:], strict=True)
        report("first page: title", list(titled), "1,500")
        report("first page: first figure", list(drawn), "1,500")

        with served(home):
            page = browser.new_page(viewport=SIZE, bypass_csp=True)
            first_paint(page)
            page.wait_for_timeout(WARM_UP)
            links: dict[str, list[float]] = {"Explore": [], "Data": [], "Today": []}
            titles: list[float] = []
            for _round in range(2 * rounds):
                for name, times in links.items():
                    title, last = switch(page, name)
                    titles.append(title)
                    times.append(last)
            report("page switch: title", titles, "250")
            for name, times in links.items():
                report(f"page switch: last figure of {name}", times[1:], "700")

            switch(page, "Explore")
            for view in ("Who leaves", "When they leave", "What goes together"):
                page.get_by_role("radio", name=view).click()
                page.wait_for_timeout(1_500)
                times = [measure(page, lambda: page.evaluate(CLICK, "Two years"))[1] for _round in range(6 * rounds)]
                report(f"filter moved: {view}", times[1:], "200 (p90 350)")

            page.evaluate("() => document.querySelector('a[href$=\"/churn-what-if\"]').click()")
            page.wait_for_selector("text=Take back all changes", timeout=120_000)  # the first time a model is trained
            for view in ("Why", "What would keep them", "Compare cases"):
                page.get_by_role("radio", name=view).click()
                page.wait_for_timeout(2_000)
                page.get_by_role("slider").first.focus()
                keys = ["ArrowRight", "ArrowLeft"] * (3 * rounds)
                times = [measure(page, lambda key=key: page.keyboard.press(key))[1] for key in keys]  # type: ignore[misc]
                report(f"what-if moved: {view}", times[1:], "200 (p90 350)")
        browser.close()


if __name__ == "__main__":
    main()
