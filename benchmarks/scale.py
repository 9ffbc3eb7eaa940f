"""What summing up millions of sales lines takes, by DuckDB and by Spark on this machine, in seconds of CPU.

Run: python -m benchmarks.scale [--millions 10] [--engines duckdb spark]    (Spark: with requirements-spark.txt)

An engine runs in a process of its own; what it takes to start and to open the lines is told apart. The lines are those
of a chain, made by a formula: 200 shops, 20,000 products, two years, baskets of about six.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import duckdb
import pandas as pd

from connectors import lake
from models import aggregates

LINES = """
    COPY (
        WITH lines AS (
            SELECT i, i // 6 AS invoice, CAST(20000 * pow((hash(i * 7) % 1000000) / 1000000.0, 2) AS INTEGER) AS item
            FROM range({first}, {last}) AS every(i)
        )
        SELECT 'L' || i AS line_id, invoice,
               TIMESTAMP '2024-01-01' + to_seconds(invoice / {invoices} * 730 * 86400) AS timestamp,
               '0' || (hash(invoice) % 200) AS store, 'P' || item AS product,
               CASE WHEN hash(i * 3) % 40 = 0 THEN -1.0 ELSE 1.0 + hash(i * 5) % 4 END AS quantity,
               round(0.5 + (hash(item) % 9000) / 100.0, 2) AS unit_price,
               CASE WHEN hash(invoice + 1) % 3 > 0 THEN 'C' || (hash(invoice + 2) % 400000) END AS customer,
               'K' || (hash(item) % 30) AS category
        FROM lines
    ) TO '{file}' (FORMAT parquet, COMPRESSION zstd)
"""
PART = 2_500_000  # lines
FIRST, LAST = pd.Timestamp("2024-01-01"), pd.Timestamp("2024-06-30")


def made(folder: Path, lines: int) -> Path:
    """A folder with so many lines, made where they are not there yet."""
    if not folder.exists():
        folder.mkdir(parents=True)
        for number, first in enumerate(range(0, lines, PART)):
            last, file = min(first + PART, lines), folder / f"part-{number:03}.parquet"
            duckdb.sql(LINES.format(first=first, last=last, invoices=lines // 6, file=file))
    return folder


def queries(lines: lake.Lake) -> dict[str, "partial[pd.DataFrame]"]:
    """Each aggregate, not run yet."""
    names = ("facts", "daily", "visits", "buyers", "pairs", "units")
    found = {name: partial(lines.ask, getattr(aggregates, name)(lines.columns)) for name in names}
    return {"opening": partial(pd.DataFrame)} | found | {"histograms": partial(_histograms, lines)}


def _histograms(lines: lake.Lake) -> pd.DataFrame:
    """The bins are cut, too."""
    cuts = aggregates.freeze(lambda sql: aggregates.read(lines.ask(sql)), lines.columns, FIRST, LAST)
    return lines.ask(aggregates.histograms(lines.columns, cuts))


def spent(process: int | None = None) -> float:
    """Seconds of CPU of a process (this one) and all that it started and that still run."""
    parents, used = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
        used[int(stat.parent.name)] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    total, mine = 0.0, {process or os.getpid()}
    while mine:
        total += sum(used[one] for one in mine)
        mine = {one for one, parent in parents.items() if parent in mine}
    return total


def each(engine: lake.Engine, folder: str) -> None:
    """Run every aggregate and print what it took, a line of JSON each."""
    before = 0.0
    with lake.opened(engine, folder, "UTC") as lines:
        for name, work in queries(lines).items():
            began, rows, after = time.perf_counter(), len(work()), spent()
            told = {"name": name, "cpu": after - before, "wall": time.perf_counter() - began, "rows": rows}
            print(json.dumps(told), flush=True)
            before = after


def main() -> None:
    """Run each engine in a process of its own and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--millions", type=int, default=10)
    parser.add_argument("--engines", nargs="+", default=["duckdb", "spark"])
    parser.add_argument("--each", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.each:
        each(*given.each)
        return
    folder = made(Path(tempfile.gettempdir()) / f"vigie-scale-{given.millions}", given.millions * 1_000_000)
    size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
    print(
        f"{given.millions} million lines, {size:.0f} MB of Parquet: seconds of CPU (of the clock; rows of the answer)"
    )
    for engine in given.engines:
        command = [sys.executable, "-m", "benchmarks.scale", "--each", engine, str(folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
            for line in run.stdout or ():
                found = json.loads(line)
                print(
                    f"{engine:7} {found['name']:11} {found['cpu']:6.1f} ({found['wall']:.0f}; {found['rows']:,})",
                    flush=True,
                )


if __name__ == "__main__":
    main()
