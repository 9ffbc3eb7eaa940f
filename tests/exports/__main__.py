"""Run the three tools; see the package."""

import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from data import tables
from data.dataset import Dataset, Origin
from models.quality import exports, rules, scan
from models.quality.exports import Export
from models.quality.rules import Rule

ROOT = Path(__file__).resolve().parents[2]
NAME = "vigie"
TOOLS = {
    "great_expectations": ("great-expectations>=1.24,<1.25", "pandas", "duckdb>=2.0,<3", "pyarrow"),
    "dbt": ("dbt-core<1.12", "dbt-duckdb>=1.11,<1.12"),
    "soda": ("soda-duckdb>=4.28,<4.29",),
}
WRITE: dict[str, Callable[..., Export]] = {
    "great_expectations": exports.great_expectations,
    "dbt": exports.dbt,
    "soda": exports.soda,
}
STRANGE = 'l\'été; "neuf": <b>#1</b>'  # quotes, markup and what YAML reads as its own
RULES = (
    Rule("filled", "sales", ("store",), severity="stop"),
    Rule("unique", "sales", ("code",)),
    Rule("unique", "sales", ("invoice", "product")),
    Rule("among", "sales", ("category",), values=("toys", "bags", STRANGE, "null", "1e3")),
    Rule("range", "sales", ("unit_price",), least=0.0, most=500.0),
    Rule("range", "sales", ("quantity",), most=100.0, severity="stop"),
    Rule("range", "sales", ("timestamp",), least="2024-01-10", most="2026-12-31"),
    Rule("pattern", "sales", ("product",), pattern=r"[A-Z]{2}[0-9]{3}|\d+'x"),
    Rule("known", "sales", ("store",), other="stores", theirs=("store",)),
    Rule("order", "sales", ("ordered", "timestamp")),
    Rule("agree", "sales", ("quantity", "product"), other="stock_moves", theirs=("quantity", "product"),
         where=("line_type", "sale"), their_where=("move", "sale")),
    Rule("fresh", "sales", ("timestamp",), most=3.0),
    Rule("fresh", "stock_moves", ("date",), most=90_000.0),
    Rule("volume", "sales", most=0.5),
    Rule("new", "sales", ("category",), most=0.01),
    Rule("new", "stores", ("name",), values=("a", "b"), most=0.2),
    Rule("filled", "sales", ("étiquette “x”",)),
    Rule("unique", "stores", ("store",)),
)  # fmt: skip


def planted(now: datetime, seed: int = 11) -> dict[str, pd.DataFrame]:
    """A shop of 200 days, in which every rule but two is broken somewhere; the last day is ten days ago."""
    rng = np.random.default_rng(seed)
    rows, days = 6_000, 200
    end = pd.Timestamp(now.date() - timedelta(days=10))
    day = np.sort(rng.integers(0, days, rows))
    day = day[(day != days - 3) | (rng.random(rows) < 0.2)]  # a day of few lines
    rows = len(day)
    time = end - pd.to_timedelta(days - 1 - day, unit="D") + pd.to_timedelta(rng.integers(9, 18, rows), unit="h")
    lines = pd.DataFrame(
        {
            "source": "shop",
            "line_id": [str(number) for number in range(rows)],
            "timestamp": time.as_unit("us"),
            "product": [f"AB{number}" for number in rng.integers(100, 140, rows)],
            "line_type": "sale",
            "quantity": rng.integers(1, 9, rows).astype(float),
            "unit_price": np.round(rng.lognormal(2, 0.5, rows), 2),
            "currency": "EUR",
            "invoice": [str(number // 3) for number in range(rows)],
            "store": rng.choice(["N", "S"], rows),
            "category": rng.choice(["toys", "bags", STRANGE, "null", "1e3"], rows),
            "code": [f"c{number}" for number in range(rows)],
            "étiquette “x”": "y",
        }
    )
    lines["ordered"] = (lines["timestamp"] - pd.Timedelta(days=2)).astype("datetime64[us]")
    moves = lines.groupby("product", as_index=False)["quantity"].sum().assign(date=end, move="sale", on_hand=0.0)
    moves["quantity"] = -moves["quantity"]

    def some(count: int) -> np.ndarray:
        return rng.choice(rows, count, replace=False)

    lines.loc[some(17), "store"] = None
    lines.loc[some(9), "code"] = "c5"
    lines.loc[some(3), "code"] = None
    lines.loc[some(6), "category"] = "tyos"
    lines.loc[some(5), "category"] = None
    lines.loc[lines.index[-60:-40], "category"] = "Toys'"
    lines.loc[some(7), "unit_price"] = -1.0
    lines.loc[some(4), "unit_price"] = 500.01
    lines.loc[some(2), "quantity"] = 250.0
    lines.loc[some(3), "timestamp"] = pd.Timestamp("2024-01-09 23:59:59")
    lines.loc[some(1), "timestamp"] = pd.Timestamp("2024-01-10 00:00:00")
    lines.loc[some(11), "product"] = "ab12"
    lines.loc[some(2), "product"] = "7'x"
    lines.loc[some(8), "store"] = "Q"
    lines.loc[some(13), "ordered"] = lines["timestamp"].max() + pd.Timedelta(days=5)
    lines.loc[some(4), "ordered"] = pd.NaT
    lines.loc[some(5), "étiquette “x”"] = None
    stores = pd.DataFrame({"store": ["N", "S", "W"], "name": ["a", "b", "c"]})
    moves = moves[["date", "product", "move", "quantity", "on_hand"]].astype({"date": "datetime64[us]"})
    return {"sales": lines, "stores": stores, "stock_moves": moves}


def main() -> int:
    """Make the environments, run the tools, and print both counts of each rule; 1 where one differs."""
    frames, different = planted(datetime.now(UTC)), 0
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        stored = tables.add(work / "home", Dataset("sales", frames, Origin("upload", "shop.csv")), datetime.now(UTC))
        ask = partial(tables.query, stored)
        ours = scan.judge(ask, stored.columns, RULES, datetime.now(UTC))
        with duckdb.connect(work / "shop.duckdb") as base:
            for name in frames:
                base.execute(
                    f"CREATE TABLE {name} AS SELECT * FROM read_parquet($1)", [f"{stored.folder}/{name}.parquet"]
                )
        for name in frames:
            (work / f"{name}.parquet").write_bytes((stored.folder / f"{name}.parquet").read_bytes())
        (work / "rules.json").write_text(
            json.dumps([rules.to_json(rule) for rule in RULES], ensure_ascii=False), "utf-8"
        )
        found = {tool: ran(tool, work, WRITE[tool](RULES, stored.columns, NAME)) for tool in TOOLS}
        left = {tool: {rule for rule, _why in WRITE[tool](RULES, stored.columns, NAME).left} for tool in TOOLS}
    print(f"{'':<70}{'Vigie':>8}" + "".join(f"{tool[:10]:>12}" for tool in TOOLS))
    for place, verdict in enumerate(ours):
        told = []
        for tool in TOOLS:
            theirs = found[tool].get(place + 1)
            if verdict.rule in left[tool]:
                told.append("left out")
                continue
            same = theirs == verdict.failing
            different += not same
            told.append(f"{theirs}" if same else f"{theirs} !")
        print(
            f"{rules.sentence(verdict.rule, 'sales')[:68]:<70}{verdict.failing:>8}"
            + "".join(f"{one:>12}" for one in told)
        )
    print("Every count is the same." if not different else f"{different} counts differ.")
    return int(different > 0)


def ran(tool: str, work: Path, made: Export) -> dict[int, int]:
    """What a tool counts, by the number of the rule."""
    home = work / tool
    for name, text in made.files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    script = ROOT / "tests" / "exports" / f"{tool}_peer.py"
    done = subprocess.run(
        [environment(tool), script, work, home], capture_output=True, text=True, cwd=home, timeout=1800,
        env={"PATH": "/usr/bin:/bin", "HOME": str(work), "DO_NOT_TRACK": "1", "PYTHONUTF8": "1"},
    )  # fmt: skip
    if done.returncode:
        print(done.stdout[-4000:], done.stderr[-4000:], file=sys.stderr)
        raise SystemExit(f"{tool} could not run what was written for it.")
    return {int(place): int(count) for place, count in json.loads(done.stdout.splitlines()[-1]).items()}


def environment(tool: str) -> Path:
    """The Python of an environment that has a tool, made where there is none."""
    folder = ROOT / ".quality" / tool
    python, ready = folder / "bin" / "python", folder / ".ready"
    if not ready.exists():
        print(f"Installing {', '.join(TOOLS[tool])} (once)", file=sys.stderr)
        venv.create(folder, clear=True, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *TOOLS[tool]], check=True)
        ready.touch()
    return python


if __name__ == "__main__":
    sys.exit(main())
