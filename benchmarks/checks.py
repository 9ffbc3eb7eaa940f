"""What the checks of hosts, origins and files cost a page. Run: python -m benchmarks.checks

Vigie and Vigie without its checks (benchmarks/unchecked_app.py) are served in one run, from one home, and each page is
loaded from each in turn in Chromium: from the address to the last change, as medians in ms and their ratio. A load by
its address asks for everything that is checked, which a click in the page does not.
"""

import shutil
import statistics
import tempfile

from playwright.sync_api import Page, sync_playwright

from benchmarks.pages import FIGURE, QUIET, SIZE, VIGIE, WARM_UP, served

UNCHECKED = ("benchmarks/unchecked_app.py", 8597)
PAGES = ("", "churn-explore", "sales-overview", "sales-stock", "monitoring-health", "covid", "data")
# As `benchmarks.pages.WATCH`, from the very beginning of a document.
WATCH = """() => {
  const seen = (window.__seen = { last: 0 });
  new MutationObserver(() => { seen.last = performance.now(); })
    .observe(document, { subtree: true, childList: true, characterData: true, attributes: true,
      attributeFilter: ["d", "transform", "src", "x"] });
}"""


def main(rounds: int = 15) -> None:
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        with served(*VIGIE, home), served(*UNCHECKED, home):
            pages = [browser.new_context(viewport=SIZE, bypass_csp=True).new_page() for _server in range(2)]
            for page in pages:
                page.add_init_script(f"({WATCH})()")
            pages[0].goto(f"http://localhost:{VIGIE[1]}")
            pages[0].wait_for_selector(FIGURE, timeout=60_000)
            pages[0].wait_for_timeout(WARM_UP)
            print(f"{'':<20} without     with  ratio")
            everything: list[list[float]] = [[], []]
            for path in PAGES:
                found: list[list[float]] = [[], []]
                for number in range(rounds + 1):  # the first of each is not counted
                    for which in (number % 2, 1 - number % 2):
                        found[which].append(_load(pages[which], (VIGIE, UNCHECKED)[which][1], path))
                for which in range(2):
                    everything[which] += found[which][1:]
                _report(path or "today", found[1][1:], found[0][1:])
            _report("all", everything[1], everything[0])
        browser.close()


def _load(page: Page, port: int, path: str) -> float:
    """Milliseconds from asking for a page to its last change."""
    page.goto(f"http://localhost:{port}/{path}", wait_until="commit")
    page.wait_for_selector("h1", timeout=60_000)
    page.wait_for_function(f"window.__seen.last && performance.now() - window.__seen.last > {QUIET}", timeout=60_000)
    return float(page.evaluate("window.__seen.last"))


def _report(name: str, without: list[float], checked: list[float]) -> None:
    least, found = statistics.median(without), statistics.median(checked)
    print(f"{name:<20}{least:8.0f} {found:8.0f} {found / least:6.2f}", flush=True)


if __name__ == "__main__":
    main()
