"""One bit flips in what Vigie keeps: it never becomes other data without a word, and everything else goes on."""

import random
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import pandas as pd
from sqlalchemy import Engine

from connectors import copies
from data import demo, seals, state, tables, vitals
from data.dataset import Dataset, Origin
from models.lifecycle import health, registry

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
TRIES = 105
RAW = b"day,country,cases\n" + b"2026-01-01,France,17\n" * 200
MODEL = bytes(range(256)) * 64


def run(seed: int, scale: float) -> Iterator[tuple[str, int, int, str]]:
    """Flips in each kind of file."""
    tries = max(3, round(TRIES * scale))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        kept = _prepared(home)
        for what, path in {
            "a bit of a stored Parquet": kept.folder / "customers.parquet",
            "a bit of dataset.json": kept.folder / tables.DESCRIPTION,
            "a bit of the pointer to the dataset in use": kept.folder.parent / tables.ACTIVE,
        }.items():
            found = [_dataset(home, path, f"{seed} {number}") for number in range(tries)]
            note = f"{found.count('same')} the same data, {found.count('set aside')} set aside and said"
            yield what, tries, tries - found.count("lost"), note
        raw, about = home / "raw" / "file.csv", home / "raw" / "file.csv.json"
        for what, path in {"a bit of a raw copy": raw, "a bit of what is known of a raw copy": about}.items():
            held = sum(_flipped(path, f"{seed} {number}", lambda: _raw_holds(raw)) for number in range(tries))
            yield what, tries, held, "not used, or the same"
        engine = state.engine(f"sqlite:///{home}/vigie.db")
        row = registry.versions(engine, "churn", "upload-1").iloc[0]
        path = home / "models" / str(row["file"])
        held = sum(
            _flipped(path, f"{seed} {number}", lambda: _model_holds(engine, home, row)) for number in range(tries)
        )
        yield "a bit of a model file", tries, held, "refused, and named by Health"


def _prepared(home: Path) -> tables.Stored:
    """A home with two datasets, a raw copy and a model; the newer dataset."""
    copies.keep("https://origin.example/file.csv", home / "raw" / "file.csv", NOW, lambda: RAW)
    engine = state.engine(f"sqlite:///{home}/vigie.db")
    state.migrate(engine)
    registry.keep(engine, home, registry.Record("churn", "x", "x", "x", "upload-1", 1, {}, {}, {}), MODEL, ".zip", NOW)
    older = _customers().head(500)
    tables.add(home, Dataset("customers", {"customers": older}, Origin("upload", "a.csv")), NOW - timedelta(days=1))
    return tables.add(home, Dataset("customers", {"customers": _customers()}, Origin("upload", "b.csv")), NOW)


@cache
def _customers() -> pd.DataFrame:
    return demo.dataset("customers", date(2026, 3, 14)).main


def _flipped(path: Path, seed: str, holds: Callable[[], bool]) -> bool:
    content = path.read_bytes()
    _flip(path, content, seed)
    try:
        return holds()
    finally:
        path.write_bytes(content)


def _flip(path: Path, content: bytes, seed: str) -> None:
    bit = random.Random(f"{path.name} {seed}").randrange(8 * len(content))
    path.write_bytes(content[: bit // 8] + bytes([content[bit // 8] ^ 1 << bit % 8]) + content[bit // 8 + 1 :])


def _dataset(home: Path, path: Path, seed: str) -> str:
    """What became of a dataset of which a bit was flipped: the same, set aside, or lost (other data, or no answer)."""
    before = len(seals.aside(home))
    _flip(path, path.read_bytes(), seed)
    try:
        shown = tables.active(home, "customers")
        assert shown is not None
        rows = tables.read(shown)
        same = rows.equals(_customers())
        assert same or rows.equals(_customers().head(500).reset_index(drop=True))
        aside = len(seals.aside(home)) > before
        checks = health.checks(vitals.gather(home, f"sqlite:///{home}/vigie.db"), NOW, [])
        said = next(check for check in checks if check.subject == "damage").status == "problem"
        outcome = "set aside" if aside and said else "same" if same else "lost"
    except Exception as error:  # pages would not answer
        print(f"{path.name} {seed}: {error!r}")
        outcome = "lost"
    tables.add(home, Dataset("customers", {"customers": _customers()}, Origin("upload", "b.csv")), NOW)
    return outcome


def _raw_holds(raw: Path) -> bool:
    good = copies.kept("https://origin.example/file.csv", raw)
    return good is None or (good.path.read_bytes() == RAW and good.retrieved == NOW)


def _model_holds(engine: Engine, home: Path, row: "pd.Series") -> bool:
    try:
        registry.content(home, row)
    except registry.ModelFileError:
        checks = health.checks(vitals.gather(home, str(engine.url)), NOW, [])
        return next(check for check in checks if check.subject == "models").status == "problem"
    return False
