"""How long the pages of Products, and offers, take. Run: python -m benchmarks.products [--big] [--beside PYTHON]

Seconds on simulated sales of 0.1 and 1 million lines (--big: 10 million too), the median of three, beside their
budgets; and memory. With `--beside`, a Python of an environment of its own that has mlxtend, efficient-apriori and
pyarrow: they find frequent pairs in the same baskets (support of 0.1 %, baskets of at most 100 products).
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from data import tables
from data.dataset import Dataset, Origin
from data.demo import sales
from data.tables import Stored
from models.customers import offers
from models.products import baskets, bridge, margins, odd

END = pd.Timestamp("2026-03-14")
LINES_A_CUSTOMER = 76  # of the demo, in three years
YEAR = {"start": END - pd.Timedelta(days=363), "end": END}
BEFORE = {"from": END - pd.Timedelta(days=727), "until": END - pd.Timedelta(days=364)}
PEERS = {
    "mlxtend fpgrowth": """
from mlxtend.frequent_patterns import fpgrowth
import pandas as pd
wide = pd.crosstab(held["basket"], held["item"]).astype(bool)
fpgrowth(wide, min_support=0.001, max_len=2)
""",
    "mlxtend apriori": """
from mlxtend.frequent_patterns import apriori
import pandas as pd
wide = pd.crosstab(held["basket"], held["item"]).astype(bool)
apriori(wide, min_support=0.001, max_len=2)
""",
    "efficient-apriori": """
from efficient_apriori import itemsets_from_transactions
itemsets_from_transactions([tuple(one) for one in held.groupby("basket")["item"]], 0.001, max_length=2)
""",
}
PEER_SECONDS = 300


def timed(name: str, lines: int, work: Callable[[], object], budget: str = "", times: int = 3) -> None:
    """Print the median time of `work`."""
    taken = []
    for _turn in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    print(f"{lines:>11,} lines  {name:<44} {statistics.median(taken):8.3f} s  {budget}", flush=True)


def read(kept: Stored) -> baskets.Baskets:
    """From lines to baskets."""
    named, held = (tables.query(kept, sql) for sql in baskets.lines(kept.columns["sales"]))
    return baskets.baskets(named, held)


def bought(kept: Stored, until: pd.Timestamp) -> offers.Bought:
    """What was bought before a day."""
    asked = offers.lines(kept.columns["sales"])
    who, what = (tables.query(kept, asked[name])["name"].to_numpy(object) for name in ("customers", "products"))
    found = tables.query(kept, asked["lines"], start=pd.Timestamp("2000-01-01"), until=until)
    return offers.Bought(found, who, what, until - pd.Timedelta(days=1))


def beside(kept: Stored, lines: int, python: str) -> None:
    """What people would pick instead, on the same baskets, in an environment of its own."""
    found = read(kept).held.tocoo()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "held.parquet"
        pd.DataFrame({"basket": found.row, "item": found.col}).to_parquet(path)
        for name, code in PEERS.items():
            script = (
                f"import time, pandas\nheld = pandas.read_parquet({str(path)!r})\nstart = time.perf_counter()\n{code}"
            )
            script += "\nprint(time.perf_counter() - start)"
            try:
                made = subprocess.run([python, "-c", script], capture_output=True, text=True, timeout=PEER_SECONDS)
                said = f"{float(made.stdout):8.3f} s" if made.returncode == 0 else made.stderr.strip().splitlines()[-1]
            except subprocess.TimeoutExpired:
                said = f"more than {PEER_SECONDS} s"
            print(f"{lines:>11,} lines  {name + ' (pairs, no test of chance)':<44} {said}", flush=True)


def costs(size: int, products: int, peers: str | None) -> None:
    """Everything on about so many lines."""
    frame = sales.generate(date(2026, 3, 14), customers=max(size // LINES_A_CUSTOMER, 100), products=products)["sales"]
    with tempfile.TemporaryDirectory() as home:
        made = Dataset("sales", {"sales": frame}, Origin("upload", "many.csv"))
        kept = tables.add(Path(home), made, datetime.now(UTC))
        lines, columns = len(frame), kept.columns["sales"]
        del frame, made
        print(f"\n{lines:>11,} lines of {products:,} products")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        total, parts = margins.total(columns), bridge.by_product(columns, costs=True)
        until = END + pd.Timedelta(days=1)
        timed("waterfall", lines, lambda: margins.waterfall(tables.query(kept, total, **YEAR)), "< 0.2 s")
        timed("bridge", lines, lambda: bridge.bridge(tables.query(kept, parts, **YEAR, **BEFORE), True), "< 0.2 s")
        timed("losses", lines, lambda: margins.losses(tables.query(kept, margins.losing(columns), **YEAR)))
        timed("what is odd", lines,
              lambda: [tables.query(kept, odd.lines(columns, kind, True), **YEAR) for kind in odd.KINDS])  # fmt: skip
        timed("rules of pairs: lines to rules", lines, lambda: baskets.find(read(kept)), "< 1.5 s")
        found = read(kept)
        rules = baskets.find(found)
        timed("what goes with a product", lines, lambda: baskets.companions(found, rules, 0), "< 0.2 s")
        print(f"{lines:>11,} lines  {len(rules.pairs):,} pairs of {rules.tested:,}", flush=True)
        timed("what customers bought", lines, lambda: bought(kept, until))
        known = bought(kept, until)
        timed("EASE", lines, lambda: offers.learn(known), "< 4 s")
        ease = offers.learn(known)
        everyone = np.unique(known.lines["customer"])
        timed("a list for everyone", lines, lambda: offers.best(known, ease, everyone, 5), "in the background", 1)
        timed("whom to tell", lines, lambda: offers.whom(known, ease, int(ease.places[0])), "< 0.2 s")
        more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        print(f"{lines:>11,} lines  {'memory, more than before':<44} {more:8.0f} MB < 1,024 MB", flush=True)
        if peers:
            beside(kept, lines, peers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--big", action="store_true", help="10 million lines too")
    parser.add_argument("--beside", metavar="PYTHON", help="one with mlxtend and efficient-apriori")
    asked = parser.parse_args()
    for size in (100_000, 1_000_000, *((10_000_000,) if asked.big else ())):
        costs(size, 4_000, asked.beside)


if __name__ == "__main__":
    sys.exit(main())
