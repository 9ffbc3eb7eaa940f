"""What the pages cost as sales grow. Run: python -m benchmarks.growth --lines 100000 1000000 10000000

Every page and view of Today, Ask, Boards, Sales, Customers, Products, Act, Monitoring and Data is opened on simulated
sales of so many lines, 4,000 products and three years in the newest of which they end, in one process a size, without a
browser: what a first visitor's processor does until the page stands (or says what it waits for), what is done meanwhile
in the background, what it takes to come back to the page and to move an input, and the most memory meanwhile.
"""

import argparse
import ctypes
import importlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

import settings
from data import demo, state, tables
from data.dataset import Dataset, Origin
from data.demo import sales
from data.people import VIGIE, using

SHELL = Path(__file__).resolve().parents[1] / "ui" / "shell.py"
LINES_A_CUSTOMER, PRODUCTS = 76, 4_000
WAITS = 6  # turns in which a page comes to stand
AT_REST = 0.1  # seconds of the processor, below which nothing was waited for
# Page -> the key that chooses a view, the views, the key of an input, and values to move it to.
PAGES: dict[str, tuple[str, tuple[str, ...], str, tuple[Any, ...]]] = {
    "today": ("", ("",), "", ()),
    "ask": ("", ("",), "", ()),
    "boards": ("board", ("sales", "customers", "operations"), "board.bar.category",
               (["Bags"], ["Toys"], ["Garden"])),
    "sales_overview": ("view", ("trend", "what", "who", "numbers", "out"), "sales.category",
                       (["Bags"], ["Toys"], ["Garden"])),
    "sales_forecast": ("view", ("forecast", "date", "parts", "bridge", "league", "machine"), "ahead.D", (21, 27, 24)),
    "sales_what_if": ("", ("",), "size.promotion", (15, 25, 10)),
    "sales_items": ("view", ("next", "pair", "good", "new"), "items.category", (["Bags"], ["Toys"], ["Garden"])),
    "sales_stock": ("view", ("today", "product", "classes", "money"), "service", (90, 92, 97)),
    "customers_segments": ("view", ("named", "groups", "moved"), "list", ("champions", "loyal", "at risk")),
    "customers_value": ("view", ("slipping", "worth", "good"), "ahead", ("90", "30", "365")),
    "customers_cohorts": ("view", ("retention", "revenue"), "segment", (["champions"], ["loyal"], ["at risk"])),
    "customers_offers": ("view", ("customer", "product", "all", "good"), "customer.find", ("11", "12", "10")),
    "products_margins": ("view", ("earned", "changed", "losing", "odd", "suppliers", "what_if"), "period",
                         ("13w", "4w", "all")),
    "products_baskets": ("view", ("together", "three", "goes", "lasting", "instead", "bundle"), "rank",
                         ("lift", "beyond", "lift")),
    "act_inbox": ("", ("",), "", ()),
    "act_rules": ("", ("",), "", ()),
    "act_orders": ("state", ("drafted",), "", ()),
    "act_schedule": ("", ("",), "", ()),
    "monitoring_drift": ("view", ("all", "column", "together", "rule", "definition"), "day",
                         tuple(date(2026, 11, one) for one in (11, 17, 25))),
    "monitoring_what_if": ("", ("",), "price", (5, 10, 20)),
    "monitoring_performance": ("model", ("sales", "churn"), "view", ("table", "segments", "time")),
    "monitoring_retraining": ("view", ("compare", "policies", "versions"), "wrong_unit", (5.0, 6.0, 7.0)),
    "monitoring_health": ("view", ("alerts", "sources", "jobs", "schedule", "versions"), "", ()),
    "monitoring_changes": ("", ("",), "days", ("7", "365", "28")),
    "data": ("table", ("sales",), "from", ("demo", "kept", "demo")),
    "data_quality": ("table", ("sales",), "", ()),
}  # fmt: skip


def keep(size: int, home: Path) -> None:
    """Simulated sales of about so many lines, and customers with contracts, as a home."""
    end, now = date(2026, 11, 29), datetime.now(UTC)
    frames = sales.generate(end, customers=size // LINES_A_CUSTOMER, products=PRODUCTS)
    with using(VIGIE):
        tables.add(home, Dataset("sales", frames, Origin("upload", "many.csv", currency="GBP")), now)
        tables.add(home, demo.dataset("customers", end), now)


def memory(kind: str) -> float:
    """MB of this process: VmRSS, or the most since it was asked last (VmHWM)."""
    found = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(kind))
    if kind == "VmHWM":
        Path("/proc/self/clear_refs").write_text("5")
    return int(found.split()[1]) / 1024


def busy(work: Callable[[], object]) -> float:
    """Seconds of the processor that this process and its children take for `work`."""
    before = os.times()
    work()
    after = os.times()
    return sum(after[:4]) - sum(before[:4])


def each(pages: list[str]) -> Iterator[dict[str, Any]]:
    """What each view costs, in the home of the settings."""
    from ui import background, beginning

    manifest_scanner.scan_component_manifests = lambda max_workers=None: []  # noqa: ARG005  # none is used
    beginning._thrifty()
    state.migrate(state.engine(settings.get().database_url))
    for name in (*beginning.WARM_UP, *beginning.PREPARED):
        importlib.import_module(name)

    def rest() -> None:
        while background._stopping:
            time.sleep(0.05)

    def opened(page: str, chosen: dict[str, Any], app: AppTest | None = None) -> AppTest:
        if app is None:
            app = AppTest.from_file(str(SHELL), default_timeout=3_600)
            app._page_hash = calc_hash(page.replace("_", "-")) if page != "today" else ""
            app.query_params["lang"] = "en"
        for key, value in chosen.items():
            app.session_state[key] = value
        app.run()
        if said := [one.value for one in app.error] + [one.message for one in app.exception]:
            print(f"{page} {chosen}: {said}", file=sys.stderr, flush=True)
        return app

    def costs(page: str, view: str) -> dict[str, Any]:
        key, _views, field, values = PAGES[page]
        chosen = {key: view} if key else {}
        runs, meanwhile = [], 0.0
        for _turn in range(WAITS):  # one answer may wait for another
            runs.append(busy(lambda: opened(page, chosen)))
            waited = busy(rest)
            meanwhile += waited
            if waited < AT_REST:
                break
        switch = busy(lambda: opened(page, chosen))
        app, turns = opened(page, chosen), []
        for value in values:
            turns.append(busy(lambda value=value: opened(page, {field: value}, app)))  # type: ignore[misc]
            rest()
        repaint = statistics.median(turns) if turns else None
        found = {"page": page, "view": view, "first": max(runs), "meanwhile": meanwhile, "switch": switch}
        return found | {"repaint": repaint, "most": memory("VmHWM"), "left": memory("VmRSS")}

    memory("VmHWM")
    for page in pages:
        for view in PAGES[page][1]:
            yield costs(page, view)
        ctypes.CDLL(None).malloc_trim(0)


def told(size: int, pages: list[str]) -> Iterator[dict[str, Any]]:
    """What `each` finds in a process of its own, in a home with so many lines that nobody has visited yet."""
    made = Path(tempfile.gettempdir()) / f"vigie-lines-{size}"
    if not made.exists():
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            pool.submit(keep, size, made).result()
    with tempfile.TemporaryDirectory(prefix="vigie-growth-") as home:
        shutil.copytree(made / "tables", Path(home) / "tables", copy_function=os.link)
        command = [sys.executable, "-m", "benchmarks.growth", "--each", "--pages", *pages]
        environment = {**os.environ, "VIGIE_HOME": home}
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as run:
            yield from (json.loads(line) for line in run.stdout or () if line.startswith('{"page"'))


def main(sizes: Sequence[int] = (100_000, 1_000_000, 10_000_000)) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, nargs="+", default=sizes)
    parser.add_argument("--pages", nargs="+", default=list(PAGES))
    parser.add_argument("--each", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.each:
        for found in each(given.pages):
            print(json.dumps(found), flush=True)
        os._exit(0)
    print(f"{'lines':>11} {'page, view':36} first visit  in background  again  repaint  MB at most   left")
    for size in given.lines:
        for one in told(size, given.pages):
            repaint = "       -" if one["repaint"] is None else f"{one['repaint']:8.2f}"
            print(
                f"{size:>11,} {one['page'] + ' ' + one['view']:36.36} {one['first']:11.2f}  {one['meanwhile']:13.2f} "
                f"{one['switch']:6.2f} {repaint}  {one['most']:10.0f} {one['left']:6.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
