"""What the drift engine costs beside Evidently, NannyML, a loop over scipy, and sorting alone; and what each one sees.

Run: python -m benchmarks.drift. Evidently and NannyML want pandas 2: each is installed in an environment of its own
below the temporary folder and reads the same rows in the same run. Machines are noisy, ratios of processor time less
so. All is done twice, the second time as on processors on which NumPy sorts slowly.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import chi2_contingency, ks_2samp

from benchmarks.forecast import installed
from data import demo
from data.demo import parameters
from models import drift
from models.drift import counted, monitored, watch
from models.drift.compare import THRESHOLD
from models.drift.monitored import Sheet

PEERS = {
    "Evidently": ("evidently", "pandas<3"),
    "NannyML": ("nannyml", "pandas<3", "statsmodels"),
}
ROWS, NUMBERS, TEXTS = 1_000_000, 20, 10
ROUNDS = 5
YEAR = 365
# What NumPy's fast sorts need, by the names of several of its releases.
FAST = "X86_V3 X86_V4 AVX512_ICL AVX512_SPR AVX512_SKX AVX512_CNL AVX512_CLX AVX512CD AVX512F AVX2"
PROCESSORS = {"as it is": {}, "without NumPy's fast sorts": {"NPY_DISABLE_CPU_FEATURES": FAST}}


def window(rows: int, shift: float, seed: int) -> pd.DataFrame:
    """`rows` rows of numbers, a quarter of them whole ones, and of text with 5 to 50 levels; half of them shifted."""
    draw = np.random.default_rng(seed)
    columns: dict[str, object] = {}
    for number in range(NUMBERS):
        moved = shift if number % 2 else 0.0
        whole = number % 4 == 3
        columns[f"number_{number}"] = draw.poisson(50 * (1 + moved), rows) if whole else draw.normal(moved, 1, rows)
    for number in range(TEXTS):
        levels = pd.Series([f"level {level}" for level in range(5 * (number + 1))], dtype="str")
        columns[f"text_{number}"] = levels.take(draw.integers(0, len(levels), rows)).reset_index(drop=True)
    return pd.DataFrame(columns)


def seconds(work: Callable[[], object], rounds: int = ROUNDS) -> tuple[float, float]:
    """The median time of some rounds, and that of all processors, after one round that counts for nothing."""
    times = []
    for _round in range(rounds + 1):
        begun = time.perf_counter(), time.process_time()
        work()
        times.append((time.perf_counter() - begun[0], time.process_time() - begun[1]))
    wall, cpu = zip(*times[1:], strict=True)
    return median(wall), median(cpu)


def sorting(reference: pd.DataFrame, current: pd.DataFrame) -> None:
    """The least that an exact KS and level counts can cost: sort every number, count every level, on two threads."""

    def column(name: str) -> None:
        for side in (reference, current):
            if name.startswith("number"):
                np.array(side[name], float).sort()
            else:
                side[name].value_counts(sort=False)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(column, reference))


def scipy_loop(reference: pd.DataFrame, current: pd.DataFrame) -> None:
    """What one would write in an hour: PSI by quantiles, KS and chi-square, column by column."""
    for name in reference:
        if name.startswith("number"):
            edges = np.unique(np.quantile(reference[name], np.arange(1, 10) / 10))
            sides = [np.bincount(np.digitize(side[name], edges), minlength=10) for side in (reference, current)]
            ks_2samp(reference[name], current[name], method="asymp")
        else:
            counts = [side[name].value_counts() for side in (reference, current)]
            table = pd.concat(counts, axis=1).fillna(0)
            sides = [table.iloc[:, place].to_numpy() for place in (0, 1)]
            chi2_contingency(table.T)
        shares = [np.maximum(side / side.sum(), 1e-4) for side in sides]
        ((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum()


def peer(name: str, folder: Path, processor: dict[str, str]) -> dict[str, float] | None:
    """Seconds and extra megabytes of a peer, and what it says of the blind spots; None where it cannot be had."""
    home = Path(tempfile.gettempdir()) / f"vigie-benchmark-drift-{name.lower()}"
    if not installed(home, PEERS[name]):
        return None
    return asked([home / "bin" / "python", Path(__file__).with_name("drift_peer.py"), name, folder], processor)


def asked(command: list[object], processor: dict[str, str]) -> dict[str, Any]:
    """What a program answers as the last line of JSON."""
    environment = os.environ | processor | {"PYTHONWARNINGS": "ignore"}
    answer = subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True, env=environment)
    return dict(json.loads(answer.stdout.splitlines()[-1]))


def own() -> None:
    """Print the costs of everything that runs in this environment: seconds, those of all processors, and megabytes."""
    sides = window(ROWS, 0.0, 0), window(ROWS, 0.05, 1)
    found = {
        "Vigie": (*seconds(lambda: drift.report(*sides)), extra_megabytes(lambda: drift.report(*sides))),
        "sorting and counting": (*seconds(lambda: sorting(*sides)), np.nan),
        "a loop over scipy": (*seconds(lambda: scipy_loop(*sides), 1), np.nan),
        "a year, day by day": (*year(ROWS), np.nan),
    }
    print(json.dumps(found))


def blind_spots() -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """Windows in which something happened that a drift tool should see."""
    draw = np.random.default_rng(0)
    then, now = draw.normal(0, 1, 10_000), draw.normal(1, 1, 10_000)
    lost = pd.Series(draw.normal(0, 1, 10_000))
    lost[draw.random(10_000) < 0.9] = np.nan
    wild = np.r_[now[:-1], 1e6]
    same = pd.DataFrame({"x": then})
    return {
        "a real shift": (same, pd.DataFrame({"x": now})),
        "the shift and one outlier": (same, pd.DataFrame({"x": wild})),
        "90 % missing": (same, pd.DataFrame({"x": lost})),
        "one level only": (pd.DataFrame({"x": ["a"] * 1000}), pd.DataFrame({"x": ["a"] * 1000})),
    }


def extra_megabytes(work: Callable[[], object]) -> float:
    """How far the peak memory of this process rises over what it holds."""
    before = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    Path("/proc/self/clear_refs").write_text("5")
    work()
    status = Path("/proc/self/status").read_text()
    peak = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024
    return (peak - before) / 2**20


def year(rows: int) -> tuple[float, float]:
    """Seconds, and those of all processors, to back-fill a year of a table over all columns, day by day."""
    table = window(rows, 0.0, 2)
    days = np.sort(np.random.default_rng(3).integers(0, 2 * YEAR, rows))
    day = np.datetime64("2024-01-01") + days
    sheet = Sheet(table, day, np.arange(rows))
    reference = (day[0], day[0] + YEAR)

    def work() -> None:
        seen = counted.count((sheet,), reference)
        watch.backfill(seen, seen.days[-YEAR:])

    return seconds(work, 1)


def season() -> tuple[float, float, int]:
    """The demo: shares of the days of a year without an event on which some column is over the threshold, and on which
    one is confirmed; and the days after the event until it is confirmed."""
    sheets = monitored.sales(demo.dataset("sales", date(2026, 11, 20)).main)
    days = sheets[0].day
    event = pd.Timestamp(days.max()) - pd.Timedelta(days=parameters.DRIFT.days_before_end)
    found = watch.backfill(counted.count(sheets, (days.min() + 28, days.max() - 407)))
    found = found[~found["learned"]].assign(over=found["psi"] > THRESHOLD, kept=found["label"] == watch.CONFIRMED)
    quiet = found[found["day"] < event].groupby("day")[["over", "kept"]].any().mean()
    after = found.loc[found["kept"] & (found["day"] >= event), "day"].min() - event
    return float(quiet["over"]), float(quiet["kept"]), after.days


def main() -> None:
    """Print the tables."""
    print(f"{ROWS:,} + {ROWS:,} rows, {NUMBERS} numbers and {TEXTS} texts")
    said: dict[str, dict[str, float]] = {
        "Vigie": {name: drift.psi(*(side["x"] for side in pair)) for name, pair in blind_spots().items()}
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for side, frame in (("reference", window(ROWS, 0.0, 0)), ("current", window(ROWS, 0.05, 1))):
            frame.to_parquet(folder / f"{side}.parquet")
        for spot, (then, now) in blind_spots().items():
            then.to_parquet(folder / f"then {spot}.parquet")
            now.to_parquet(folder / f"now {spot}.parquet")
        for processor, variables in PROCESSORS.items():
            found = asked([sys.executable, "-m", "benchmarks.drift", "--own"], variables)
            for one in PEERS:
                if answer := peer(one, folder, variables):
                    found[one] = [answer.pop(cost) for cost in ("seconds", "cpu", "megabytes")]
                    said[one] = answer
            costs = pd.DataFrame(found, index=["seconds", "of all processors", "extra MB"]).T
            for column in ("seconds", "of all processors"):
                costs[f"Vigie's {column} x"] = costs[column] / costs.loc["Vigie", column]
            print(f"\n{processor}\n\n{costs.round(2).to_string()}", flush=True)
    print("\nPSI (NannyML: Jensen-Shannon distance)\n")
    print(pd.DataFrame(said).round(3).to_string())
    over, kept, late = season()
    print(
        f"\nDemo, a year without an event: over the threshold on {over:.0%} of the days, confirmed on {kept:.0%}; "
        f"the event after it is confirmed within {late} days"
    )


if __name__ == "__main__":
    own() if "--own" in sys.argv else main()
