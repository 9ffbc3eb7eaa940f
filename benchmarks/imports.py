"""A large CSV of sales, brought in: seconds, processor time and memory, beside pandas and DuckDB reading the same file.

    python -m benchmarks.imports --lines 1000000 20000000

The file is made here, of known sums, in a temporary folder (90 MB a million lines). Each reader has a process of its
own; Vigie's are the job and the child that reads for it. What is kept must add up to what was written, to the cent.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

LINES = """
    SELECT 'INV' || lpad((i // 3)::VARCHAR, 9, '0') AS "Invoice No",
        strftime(TIMESTAMP '2023-01-01' + to_seconds(((i // 3) * 3 * (730 * 86400 / $lines))::BIGINT), '%d/%m/%Y %H:%M')
            AS "Invoice Date",
        'Store ' || (1 + hash(i // 3) % 40) AS Store, 'P' || lpad((hash(i) % 3000)::VARCHAR, 5, '0') AS "Product Code",
        'Product number ' || (hash(i) % 3000) AS Description, 'C' || (hash((i // 3) * 7) % 400000) AS "Customer ID",
        1 + hash(i * 13) % 5 AS Quantity, (100 + hash(hash(i) % 3000) % 9000)::DECIMAL(12, 2) / 100 AS "Unit Price",
        ['North', 'South', 'East', 'West'][(1 + hash(i // 3) % 4)::INTEGER] AS Region
    FROM range($lines) AS t(i)
"""
VIGIE = """
import sys; from pathlib import Path
sys.argv = ["jobs.py", "import", sys.argv[1], "--json"]
import jobs; jobs.app()
"""
PANDAS = "import sys, pandas as pd; frame = pd.read_csv(sys.argv[1]); print(len(frame))"
DUCKDB = """
import sys, duckdb
sql = f"COPY (SELECT * FROM read_csv('{sys.argv[1]}')) TO '{sys.argv[1]}.parquet'"
print(duckdb.execute(sql).fetchall())
"""


def measured(code: str, file: Path, home: Path) -> tuple[str, dict[str, float]]:
    """What a reader says of a file, and what it took: seconds, processor seconds, and the GB of its largest process."""
    watched = f"import resource, subprocess, sys; subprocess.run([sys.executable, '-c', {code!r}, {str(file)!r}])"
    watched += "; u = resource.getrusage(resource.RUSAGE_CHILDREN); print(u.ru_utime + u.ru_stime, u.ru_maxrss / 1e6)"
    began = time.perf_counter()
    run = subprocess.run(
        [sys.executable, "-c", watched],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "VIGIE_HOME": str(home)},
    )
    said, _sep, taken = run.stdout.rstrip().rpartition("\n")
    used, most = map(float, taken.split())
    return said, {"seconds": time.perf_counter() - began, "processor": used, "GB": most}


def main() -> None:
    """Make a file for each number of lines, read it in three ways, and print what each took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--readers", nargs="+", default=["Vigie", "pandas", "DuckDB"])
    given = parser.parse_args()
    readers = {"Vigie": VIGIE, "pandas": PANDAS, "DuckDB": DUCKDB}
    for lines in given.lines:
        with tempfile.TemporaryDirectory() as folder:
            file, home = Path(folder) / "sales.csv", Path(folder) / "home"
            with duckdb.connect(config={"memory_limit": "1GB"}) as connection:
                made = LINES.replace("$lines", str(lines))
                connection.execute(f"COPY ({made}) TO '{file}' (HEADER)")
                sums = f'SELECT count(*), sum(Quantity), sum(Quantity * "Unit Price") FROM ({made})'
                rows, units, money = connection.execute(sums).fetchall()[0]
            print(f"{lines:,} lines, {file.stat().st_size / 1e9:.2f} GB")
            for name in given.readers:
                _said, took = measured(readers[name], file, home)
                print(f"  {name:8}", "  ".join(f"{value:8.2f} {unit}" for unit, value in took.items()))
                if name == "Vigie":
                    kept = f"read_parquet('{home}/tables/sales/*/sales.parquet')"
                    got = duckdb.execute(f"SELECT count(*), sum(quantity), sum(amount) FROM {kept}").fetchall()[0]
                    right = got[0] == rows and got[1] == units and abs(got[2] - float(money)) < 0.01
                    print(f"  {'':8} {'right' if right else f'WRONG: {got} for {rows, units, money}'} ")
    print(f"memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
