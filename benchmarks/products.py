"""How long the pages of Products, and offers, take. Run: python -m benchmarks.products [--big] [--beside PYTHON]

Seconds, and those of the processor in them, on simulated sales of 0.1 and 1 million lines (--big: 10 million too), the
median of three, beside their budgets; and memory. With `--beside`, a Python of an environment of its own that has
mlxtend, efficient-apriori and pyarrow: they find frequent pairs in the same baskets (support of 0.1 %, baskets of at
most 100 products). Then what is promised beside what was held, in simulated shops whose truth is known and that nothing
was tuned to.
"""

import argparse
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from data import tables
from data.dataset import Dataset, Origin
from data.demo import sales
from data.tables import Stored
from models import segmenting
from models.customers import offers
from models.products import associations, baskets, bridge, margins, odd, threes
from models.sales import description

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
itemsets_from_transactions(held.groupby("basket")["item"].agg(tuple).to_list(), 0.001, max_length=2)
""",
}
PEER_SECONDS = 300
_before: dict[str, float] = {}  # seconds of the processor on fewer lines


def timed(name: str, lines: int, work: Callable[[], object], budget: str = "", times: int = 3) -> None:
    """Print the median time of `work`, that of the processor, and how much longer it took than on fewer lines."""
    taken, busy = [], []
    for _turn in range(times):
        start, begun = time.perf_counter(), time.process_time()
        work()
        taken.append(time.perf_counter() - start)
        busy.append(time.process_time() - begun)
    cpu, fewer = statistics.median(busy), _before.get(name)
    _before[name] = cpu
    grown = f"x {cpu / fewer:.1f}" if fewer else ""
    wall = statistics.median(taken)
    print(f"{lines:>11,} lines  {name:<44} {wall:8.3f} s {cpu:8.3f} s of CPU {grown:>7}  {budget}", flush=True)


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


def keep(size: int, products: int, home: str) -> None:
    """Store simulated sales of about so many lines."""
    frame = sales.generate(date(2026, 3, 14), customers=max(size // LINES_A_CUSTOMER, 100), products=products)["sales"]
    made = Dataset("sales", {"sales": frame}, Origin("upload", "many.csv"))
    tables.add(Path(home), made, datetime.now(UTC))


def costs(size: int, products: int, peers: str | None) -> None:
    """Everything on about so many lines."""
    with tempfile.TemporaryDirectory() as home:
        # In a process of its own, so that its memory is not taken for what the pages need.
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            pool.submit(keep, size, products, home).result()
        kept = tables.active(Path(home), "sales")
        assert kept
        lines, columns = kept.rows["sales"], kept.columns["sales"]
        print(f"\n{lines:>11,} lines of {products:,} products")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        total, parts = margins.total(columns), bridge.by_product(columns, costs=True)
        until = END + pd.Timedelta(days=1)
        timed("waterfall", lines, lambda: margins.waterfall(tables.query(kept, total, **YEAR)), "< 0.2 s")
        timed("bridge", lines, lambda: bridge.bridge(tables.query(kept, parts, **YEAR, **BEFORE), True), "< 0.2 s")
        timed("losses", lines, lambda: margins.losses(tables.query(kept, margins.losing(columns), **YEAR)))
        timed("what is odd", lines,
              lambda: [tables.query(kept, odd.lines(columns, kind, True), **YEAR) for kind in odd.KINDS])  # fmt: skip
        timed("rules of pairs: lines to rules", lines, lambda: associations.find(read(kept)), "< 1.5 s")
        found = read(kept)
        rules = associations.find(found)
        timed("what goes with a product", lines, lambda: associations.companions(found, rules, 0), "< 0.2 s")
        print(f"{lines:>11,} lines  {len(rules.pairs):,} pairs of {rules.tested:,}", flush=True)
        timed("rules of three", lines, lambda: threes.find(found, rules), "in the background", 1)
        described = description.lines("category", "money")
        timed("a description of lines", lines,
              lambda: tables.query(kept, described, kind="sale", **YEAR), "< 0.2 s")  # fmt: skip
        by_segment = description.lines(segmenting.SEGMENT, "money")
        timed("the same by segment", lines, lambda: tables.query(kept, by_segment, kind="sale", **YEAR))
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


def invoices(random: np.random.Generator, planted: int, until: int | None) -> baskets.Baskets:
    """A year of 20,000 baskets of 300 products, large and small ones mixed, some products in season; `planted` pairs
    of which 30 % of the baskets with the first take the second, up to the month `until`."""
    popular = random.lognormal(0, 0.9, 300)
    popular[: 2 * planted] = 1.0
    season = np.where(np.arange(300) % 5 == 0, 6.0, 1.0)
    month = np.sort(random.integers(0, 12, 20_000))
    size = 1 + random.poisson(np.where(random.random(len(month)) < 0.1, 25, 2.5))
    rows, items = [], []
    for number, (one, wide) in enumerate(zip(month.tolist(), size.tolist(), strict=True)):
        # The largest of keys with these weights: a sample without replacement (Efraimidis and Spirakis 2006).
        key = random.exponential(size=300) / (popular * (season if one in (10, 11) else 1.0))
        held = set(np.argpartition(key, wide)[:wide].tolist())
        for pair in range(planted if until is None or one < until else 0):
            if 2 * pair in held and random.random() < 0.3:
                held.add(2 * pair + 1)
        rows += [number] * len(held)
        items += sorted(held)
    sold = pd.DataFrame(
        {"basket": rows, "item": items, "customer": np.array(rows) + 1, "month": 12 * 2025 + month[rows]}
    )
    return baskets.baskets(pd.DataFrame({"product": [f"P{item}" for item in range(300)]}), sold)


def promises(seed: int, shops: int) -> None:
    """What is promised of rules beside what was held, in shops whose pairs are set."""
    print("\nrules in simulated shops: promised are 5% false ones of those found; all that hold, and none that ended")
    for planted, until in ((0, None), (15, None), (15, 8)):
        found = true = held = told = fine = 0
        for number in range(shops):
            made = invoices(np.random.default_rng([seed, planted, until or 0, number]), planted, until)
            rules = associations.find(made)
            pairs = np.sort(rules.pairs[["a", "b"]].to_numpy(int), axis=1)
            right = (pairs[:, 0] + 1 == pairs[:, 1]) & (pairs[:, 0] % 2 == 0) & (pairs[:, 0] < 2 * planted)
            found, true, fine = found + len(right), true + int(right.sum()), fine + (not len(right))
            held, told = held + rules.survived[0], told + rules.survived[1]
        what = f"{planted} pairs" + ("" if until is None else f" that end after month {until}")
        print(
            f"  {what:<32} found {true} of {planted * shops}, false {found - true} of {found}"
            f" (shops without any: {fine} of {shops}); still hold {held} of {told}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--big", action="store_true", help="10 million lines too")
    parser.add_argument("--beside", metavar="PYTHON", help="one with mlxtend and efficient-apriori")
    parser.add_argument("--seed", type=int, default=20_26)
    parser.add_argument("--shops", type=int, default=10)
    asked = parser.parse_args()
    for size in (100_000, 1_000_000, *((10_000_000,) if asked.big else ())):
        costs(size, 4_000, asked.beside)
    promises(asked.seed, asked.shops)


if __name__ == "__main__":
    main()
