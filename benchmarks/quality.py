"""Rules over a million rows, and corrections on simulated shops whose truth is known.

Run: python -m benchmarks.quality [--shops 5] [--seed 9700]

Speed: a million sales lines as Vigie keeps them, eight rules of the kinds that look at rows: the quickest of some runs
of all together, beside each rule alone and beside pandas, whose counts must be the same.

Corrections: each shop (`data.demo.sales`) has mistakes planted in it, of which each is known, and things that only look
like mistakes: an item scanned twice, a clearance at a tenth of the price, a rare shop with a name like another one.
Found is the share of planted cells that are suggested with the right value; false are suggestions that are not planted
or have another value.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from data import tables
from data.dataset import Dataset, Origin
from data.demo import sales
from models.quality import corrections, scan
from models.quality.rules import Rule
from tests import mistakes

NOW = datetime(2026, 11, 29, tzinfo=UTC)
ROWS = 1_000_000
RULES = (
    Rule("filled", "sales", ("store",)),
    Rule("among", "sales", ("line_type",), values=("sale", "return", "discount")),
    Rule("among", "sales", ("category",), values=tuple("abcdefgh")),
    Rule("range", "sales", ("unit_price",), least=0.0, most=500.0),
    Rule("range", "sales", ("quantity",), least=-100.0, most=100.0),
    Rule("pattern", "sales", ("product",), pattern="[A-Z]{2}[0-9]{4}"),
    Rule("known", "sales", ("store",), other="stores", theirs=("store",)),
    Rule("unique", "sales", ("line_id",)),
)


def million(seed: int) -> dict[str, pd.DataFrame]:
    """A million lines, in each of whose columns some break the rules."""
    rng = np.random.default_rng(seed)
    stores = np.array([f"S{number:02d}" for number in range(40)])
    kinds = np.array(["sale", "return", "discount", "strange"])
    lines = pd.DataFrame(
        {
            "source": "shop",
            "line_id": np.arange(ROWS).astype(str),
            "timestamp": pd.Timestamp("2023-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 1_500_000, ROWS)), "min"),
            "product": [f"AB{number}" for number in rng.integers(900, 5_000, ROWS)],
            "store": stores[rng.integers(0, 40, ROWS)],
            "category": np.array(list("abcdefghi"))[rng.integers(0, 9, ROWS)],
            "line_type": kinds[np.minimum(rng.geometric(0.9, ROWS) - 1, 3)],
            "quantity": rng.integers(-3, 102, ROWS).astype(float),
            "unit_price": np.round(rng.lognormal(2, 1.5, ROWS), 2),
            "currency": "EUR",
        }
    )
    lines.loc[rng.integers(0, ROWS, 500), "store"] = None
    lines.loc[rng.integers(0, ROWS, 50), "line_id"] = "7"
    return {"sales": lines, "stores": pd.DataFrame({"store": stores[:38], "name": stores[:38]})}


def best(work: Callable[[], object], runs: int = 7) -> tuple[float, float]:
    """Milliseconds of the quickest run, and of its own processor time: other work on the machine only slows."""
    took, own = [], []
    for _run in range(runs):
        began, spent = time.perf_counter(), time.process_time()
        work()
        took.append(time.perf_counter() - began)
        own.append(time.process_time() - spent)
    return 1000 * min(took), 1000 * min(own)


def speed(home: Path, seed: int) -> None:
    frames = million(seed)
    stored = tables.add(home, Dataset("sales", frames, Origin("upload", "million.csv")), NOW)
    ask = partial(tables.query, stored)
    found = scan.judge(ask, stored.columns, RULES, NOW)
    truth = by_pandas(frames)
    assert [one.failing for one in found] == truth, ([one.failing for one in found], truth)
    print(f"{'of 1,000,000 rows':<24}{'ms':>8}{'own CPU':>9}{'failing':>10}")
    for one in found:
        wall, own = best(lambda rule=one.rule: scan.judge(ask, stored.columns, [rule], NOW))  # type: ignore[misc]
        print(f"{one.rule.kind:<10}{one.rule.column:<14}{wall:>8.0f}{own:>9.0f}{one.failing:>10,}", flush=True)
    wall, own = best(lambda: scan.judge(ask, stored.columns, RULES, NOW), 15)
    print(f"{'all eight together':<24}{wall:>8.0f}{own:>9.0f}")
    wall, own = best(lambda: by_pandas(frames), 3)
    print(f"{'pandas, in memory':<24}{wall:>8.0f}{own:>9.0f}")


def by_pandas(frames: dict[str, pd.DataFrame]) -> list[int]:
    """The same counts, as somebody would write them by hand."""
    lines, stores = frames["sales"], set(frames["stores"]["store"])
    store, price, units = lines["store"], lines["unit_price"], lines["quantity"]
    return [
        int(store.isna().sum()),
        int((~lines["line_type"].isin(["sale", "return", "discount"])).sum()),
        int((~lines["category"].isin(list("abcdefgh"))).sum()),
        int((~price.between(0, 500)).sum()),
        int((~units.between(-100, 100)).sum()),
        int((~lines["product"].str.fullmatch("[A-Z]{2}[0-9]{4}")).sum()),
        int((store.notna() & ~store.isin(stores)).sum()),
        int(lines["line_id"].duplicated(keep=False).sum()),
    ]


def corrected(seeds: Sequence[int]) -> None:
    """Found and false by kind, over some shops; and on the same shops without a mistake."""
    totals = {kind: np.zeros(4, int) for kind in mistakes.KINDS}
    for seed in seeds:
        frame = sales.generate(date(2026, 11, 28), years=2, customers=800, products=120, seed=seed)["sales"]
        looks = mistakes.lookalikes(frame, np.random.default_rng(seed))
        for clean in (frame, looks):
            for kind, wrong in mistakes.scored(corrections.find("sales", clean, NOW), {}).items():
                totals[kind][3] += wrong[2]
        planted, truth = mistakes.planted(looks, np.random.default_rng(seed + 1))
        for kind, counts in mistakes.scored(corrections.find("sales", planted, NOW), truth).items():
            totals[kind][:3] += counts
    print(f"\n{'':<12}{'planted':>9}{'found':>8}{'share':>8}{'false':>7}{'false in clean shops':>22}")
    for kind, (there, found, false, clean_false) in totals.items():
        share = f"{found / there:.0%}" if there else "–"
        print(f"{kind:<12}{there:>9}{found:>8}{share:>8}{false:>7}{clean_false:>22}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--shops", type=int, default=5)
    parser.add_argument("--seed", type=int, default=9700)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        speed(Path(home), chosen.seed)
    corrected(range(chosen.seed, chosen.seed + chosen.shops))


if __name__ == "__main__":
    main()
