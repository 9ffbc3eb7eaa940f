"""How long a visitor waits, beside the least that a Streamlit app can take. Run: python -m benchmarks.pages

A trivial app of six bar figures (benchmarks/trivial_app.py) and Vigie with its demo data are served in one run, and
asked in turn in Chromium (1440x900). Each figure is the time from the action to the last change of the page; beside the
medians stand their ratio, which holds on any machine, the ratio that was set as the limit, and what a repaint sends.
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
from itertools import cycle
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, ViewportSize, WebSocket, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
VIGIE, TRIVIAL = ("app.py", 8599), ("benchmarks/trivial_app.py", 8598)
# Remembers when the page last changed, and how long ago the title did. Tables are drawn on a canvas: what they draw
# counts, and not the text inside that element, which nobody sees and which follows 200 ms later, for screen readers.
WATCH = """() => {
  const seen = (window.__seen = { start: performance.now(), title: 0, last: 0 });
  const drawing = CanvasRenderingContext2D.prototype;
  window.__draw ??= drawing.fillText;
  drawing.fillText = function (...asked) {
    window.__seen.last = performance.now();
    return window.__draw.apply(this, asked);
  };
  window.__watch?.disconnect();
  window.__watch = new MutationObserver((changes) => {
    const parts = changes.map((change) => change.target.closest ? change.target : change.target.parentElement);
    if (parts.every((part) => part?.closest("canvas"))) return;
    seen.last = performance.now();
    if (!seen.title && parts.some((part) => part?.closest("h1") || part?.querySelector("h1"))) seen.title = seen.last;
  });
  window.__watch.observe(document.querySelector('[data-testid="stMain"]'),
    { subtree: true, childList: true, characterData: true, attributes: true,
      attributeFilter: ["d", "transform", "src", "x"] });
}"""
QUIET = 500  # ms without a change: the page has come to rest
# Asked every 50 ms, not at every frame, which would make the page paint frames that nobody asked for.
AT_REST = f"""() => new Promise((done) => {{
  const asked = setInterval(() => {{
    if (!window.__seen.last || performance.now() - window.__seen.last < {QUIET}) return;
    clearInterval(asked);
    done(window.__seen);
  }}, 50);
}})"""
# Clicked by the page itself: what Playwright does before a click (40 ms) is not the visitor's waiting.
CLICK = "(name) => [...document.querySelectorAll('button')].find((b) => b.textContent.trim().endsWith(name)).click()"
FOLLOW = CLICK.replace("button", "a")
SIZE: ViewportSize = {"width": 1440, "height": 900}
WARM_UP = 20_000  # ms until the server has imported what pages need
FIGURE = ".js-plotly-plot .main-svg"
# The first one of an opened list that is not chosen yet; by the page itself, too.
PICK = "() => document.querySelector('[role=option]:not([aria-selected=true])').click()"
LISTS = [  # page and view, the input that has a list
    ("customers-segments?view=named", "List the customers of"),
    ("customers-segments?view=found", "List the customers of"),
    ("customers-value?view=worth", "Look ahead"),
    ("customers-value?view=slipping", "Unusually silent since"),
    ("customers-cohorts?view=retention", "Customer segment"),
    ("customers-cohorts?view=revenue", "Customer segment"),
    ("customers-offers?view=customer", "Customer"),
    ("products-margins?view=earned", "By"),
    ("products-margins?view=changed", "Period"),
    ("products-baskets?view=together", "Rank by"),
    ("products-baskets?view=three", "Rank by"),
]
# What is asked of a page whose limit stands in seconds was measured where six bars repaint in 0.27 s.
REPAINT = 0.27

PILLS = cycle(("Two", "Three", "One"))
sent: dict[Page, int] = {}  # bytes that came over the websocket


def main(rounds: int = 15) -> None:
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        print(f"{'':<44} trivial    Vigie      p90  ratio  limit  sent")
        _starts(browser, home, max(3, rounds // 3))
        with served(*VIGIE, home), served(*TRIVIAL, home):
            floor, page = opened(browser, TRIVIAL[1]), opened(browser, VIGIE[1])
            page.wait_for_timeout(WARM_UP)
            _switches(floor, page, rounds)
            _repaints(floor, page, rounds)
            _lists(floor, page, rounds)
        browser.close()


def _starts(browser: Browser, home: str, rounds: int) -> None:
    """From the command to a server that answers, to the first title and the first figure."""
    times: dict[int, list[tuple[float, float, float]]] = {TRIVIAL[1]: [], VIGIE[1]: []}
    for _round in range(rounds + 1):  # the first one of all makes the demo data
        for script, port in (TRIVIAL, VIGIE):
            with served(script, port, home) as up:
                begun = time.perf_counter()
                page = browser.new_page(viewport=SIZE, bypass_csp=True)
                page.goto(f"http://localhost:{port}", wait_until="commit")
                page.wait_for_selector("h1")
                titled = time.perf_counter() - begun
                page.wait_for_selector(FIGURE)
                times[port].append((up, 1000 * titled, 1000 * (time.perf_counter() - begun)))
                page.close()
    names = {"server up": 1.5, "first page: title": 1.25, "first page: first figure": 1.25}
    for place, (name, limit) in enumerate(names.items()):
        trivial, vigie = ([one[place] for one in times[port][1:]] for port in (TRIVIAL[1], VIGIE[1]))
        report(name, trivial, vigie, limit)


def _switches(floor: Page, page: Page, rounds: int) -> None:
    """From the click on another page to its title and to its last figure, beside six bars that repaint."""
    trivial = [bars(floor) for _round in range(rounds)]
    found = []
    for _round in range(rounds):
        found.append(measure(page, lambda: page.evaluate(FOLLOW, "Explore")))
        measure(page, lambda: page.evaluate(FOLLOW, "Today"))
    report("page switch: title of Churn: explore", trivial, [title for title, _last in found[1:]], 0.08 / REPAINT)
    report("page switch: its last figure", trivial, [last for _title, last in found[1:]], 0.40 / REPAINT)


def _repaints(floor: Page, page: Page, rounds: int) -> None:
    """From an input that is moved to the last change, beside a pill of the trivial app moved just before."""

    def row(name: str, limit: float | None, *acts: Callable[[], object]) -> None:
        trivial, times, size = [], [], []
        for number in range(rounds + 1):
            trivial.append(bars(floor))
            before = sent[page]
            times.append(measure(page, acts[number % len(acts)])[1])
            size.append(sent[page] - before)
        report(name, trivial[1:], times[1:], limit, statistics.median(size))

    def slider(name: str | None = None) -> tuple[Callable[[], None], Callable[[], None]]:
        found = page.get_by_role("slider", name=name).last if name else page.get_by_role("slider").first
        found.focus()
        return lambda: page.keyboard.press("ArrowRight"), lambda: page.keyboard.press("ArrowLeft")

    def visit(address: str, until: str) -> None:
        page.goto(f"http://localhost:{VIGIE[1]}/{address}")
        page.wait_for_selector(until, timeout=300_000)  # the first time a model is trained
        page.wait_for_timeout(4_000)

    visit("churn-explore", FIGURE)
    for view, limit in (("Who leaves", 1.25), ("When they leave", 1.25), ("What goes together", 0.30 / REPAINT)):
        page.get_by_role("radio", name=view).click()
        page.wait_for_timeout(1_500)
        row(f"filter: {view}", limit, lambda: page.evaluate(CLICK, "Two years"))
    visit("churn-what-if", "text=Take back all changes")
    for view in ("Why", "What would keep them", "Compare cases"):
        page.get_by_role("radio", name=view).click()
        page.wait_for_timeout(2_000)
        row(f"what-if edit: {view}", None, *slider())
    visit("churn-campaign", FIGURE)
    row("campaign: budget", None, *slider("Budget: customers called"))
    visit("sales-what-if", FIGURE)
    page.get_by_role("button", name="Add", exact=True).click()
    page.wait_for_timeout(2_000)
    row("sales what-if: size of a plan", None, *slider("Off the price (%)"))
    visit("sales-stock", FIGURE)
    row("stock: service level", None, *slider("Service: chance not to run out (%)"))
    visit("monitoring-drift", FIGURE)
    page.get_by_role("radio", name="One column").click()
    page.wait_for_timeout(2_000)
    row("drift: another day", None, *_days(page))
    visit("covid", FIGURE)
    countries = page.get_by_role("combobox", name="Countries and groups")
    row("covid: a country less, a country more", None, *_country(page, countries))


def _lists(floor: Page, page: Page, rounds: int) -> None:
    """From another one chosen in a list, which was opened before, to the last change."""
    page.bring_to_front()  # lists open in no other
    for address, name in LISTS:
        page.goto(f"http://localhost:{VIGIE[1]}/{address}")
        page.wait_for_selector(FIGURE, timeout=300_000)
        page.wait_for_timeout(4_000)
        trivial, times, size = [], [], []
        for _round in range(rounds + 1):
            trivial.append(bars(floor))
            asked = page.get_by_role("combobox", name=name).first
            asked.scroll_into_view_if_needed()
            page.wait_for_timeout(300)  # a list that is scrolled closes
            asked.click()
            page.wait_for_selector("[role=option]")
            page.wait_for_timeout(300)
            before = sent[page]
            times.append(measure(page, lambda: page.evaluate(PICK))[1])
            size.append(sent[page] - before)
            page.keyboard.press("Escape")
        label = f"{address.split('=')[-1]}: {name}"
        report(label, trivial[1:], times[1:], 0.2 / REPAINT, statistics.median(size))


def bars(floor: Page) -> float:
    """Milliseconds until six bars of the trivial app are repainted."""
    name = next(PILLS)  # never the chosen one
    return measure(floor, lambda: floor.evaluate(CLICK, name))[1]


def _days(page: Page) -> list[Callable[[], None]]:
    day = page.get_by_test_id("stDateInput").get_by_role("spinbutton").first

    def moved(key: str) -> None:  # in the calendar
        day.focus()
        for one in ("Alt+ArrowDown", key, "Enter"):
            page.keyboard.press(one)

    return [lambda: moved("ArrowLeft"), lambda: moved("ArrowRight")]


def _country(page: Page, field: Locator) -> list[Callable[[], None]]:
    def added() -> None:
        field.fill("Spain")
        page.keyboard.press("Enter")

    return [lambda: page.evaluate("""document.querySelector('[aria-label="Remove Spain"]').click()"""), added]


def measure(page: Page, act: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds from `act` to the new title and to the last change."""
    page.evaluate(WATCH)
    act()
    seen = page.evaluate(AT_REST)
    return max(seen["title"] - seen["start"], 0), seen["last"] - seen["start"]


def report(name: str, trivial: list[float], vigie: list[float], limit: float | None, size: float | None = None) -> None:
    """A row of the table: medians in ms, the 90th percentile, the ratio and its limit, kilobytes of a repaint."""
    floor, found = statistics.median(trivial), statistics.median(vigie)
    p90 = sorted(vigie)[min(len(vigie) - 1, int(0.9 * len(vigie)))]
    print(
        f"{name:<44}{floor:8.0f} {found:8.0f} {p90:8.0f} {found / floor:6.2f}",
        f"{limit:6.2f}" if limit else " " * 6,
        f"{size / 1000:5.0f} kB" if size is not None else "",
        flush=True,
    )


def opened(browser: Browser, port: int) -> Page:
    """A page of the server at this port, whose bytes on the websocket are counted."""
    page = browser.new_page(viewport=SIZE, bypass_csp=True)
    sent[page] = 0

    def came(payload: bytes | str) -> None:
        sent[page] += len(payload)

    def connected(socket: WebSocket) -> None:
        socket.on("framereceived", came)

    page.on("websocket", connected)
    page.goto(f"http://localhost:{port}")
    page.wait_for_selector(FIGURE)
    return page


@contextmanager
def served(script: str, port: int, home: str) -> Iterator[float]:
    """A server started and stopped around the block; how many milliseconds it took to answer."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", script, f"--server.port={port}"],
        cwd=ROOT,
        env={**os.environ, "VIGIE_HOME": home},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=1)
                break
            except OSError:
                time.sleep(0.02)
        yield 1000 * (time.perf_counter() - begun)
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
