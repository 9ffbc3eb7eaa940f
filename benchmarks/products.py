"""How long margins take on 0.1 and 1 million lines: `python -m benchmarks.products`. Seconds, the median of five."""

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import pandas as pd

from data import tables
from data.dataset import Dataset, Origin
from data.demo import sales
from models.products import bridge, margins, odd

END = pd.Timestamp("2026-03-14")
SIZES = (100_000, 1_000_000)


def timed(work: Callable[[], object]) -> float:
    """The median of five, after one that does not count."""
    work()
    found = []
    for _turn in range(5):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return median(found)


def main() -> None:
    """Print a row a size: the demo's lines over again, as often as it takes."""
    lines = sales.generate(END.date())["sales"]
    year = {"start": END - pd.Timedelta(days=363), "end": END}
    before = {"from": END - pd.Timedelta(days=727), "until": END - pd.Timedelta(days=364)}
    for size in SIZES:
        many = pd.concat([lines] * -(-size // len(lines)), ignore_index=True).tail(size)
        many = many.assign(line_id=[str(number) for number in range(size)])
        with tempfile.TemporaryDirectory() as home:
            made = Dataset("sales", {"sales": many}, Origin("upload", "many.csv"))
            kept = tables.add(Path(home), made, datetime.now(UTC))
            columns = kept.columns["sales"]
            total, parts = margins.total(columns), bridge.by_product(columns, costs=True)
            work: dict[str, Callable[[], object]] = {
                "waterfall": lambda: margins.waterfall(tables.query(kept, total, **year)),  # noqa: B023  # called at once
                "bridge": lambda: bridge.bridge(tables.query(kept, parts, **year, **before), costs=True),  # noqa: B023
                "losses": lambda: margins.losses(tables.query(kept, margins.losing(columns), **year)),  # noqa: B023
                "odd": lambda: [tables.query(kept, odd.lines(columns, kind, True), **year) for kind in odd.KINDS],  # noqa: B023
                "by customer": lambda: tables.query(kept, margins.by(columns, "customer"), **year),  # noqa: B023
            }
            print(f"{size:>9,} lines:", ", ".join(f"{name} {timed(one):.3f} s" for name, one in work.items()))


if __name__ == "__main__":
    main()
