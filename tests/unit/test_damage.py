"""A bit that flips on the disk never becomes other data: it is the same data, or it is set aside and said."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from connectors import copies
from data import seals, tables, vitals
from data.dataset import Dataset, Origin
from data.tables import disk
from models.lifecycle import health, registry

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
ORIGIN = Origin("upload", "lines.csv", licence="CC BY 4.0", retrieved=NOW, currency="GBP")
FLIPS = 8  # of each file; tests/attack/bits.py flips as many as one has time for


def sales(price: float) -> Dataset:
    days = pd.date_range("2026-01-01", periods=200).astype("datetime64[us]")
    lines = pd.DataFrame(
        {"timestamp": days, "unit_price": price + days.day_of_year / 100, "store": ["Bath", "Kiel"] * 100}
    )
    stores = pd.DataFrame({"store": ["Bath", "Kiel"], "name": ["Old shop", "New shop"]})
    return Dataset("sales", {"sales": lines, "stores": stores}, ORIGIN)


def flip(path: Path, seed: int) -> None:
    """Another bit of a file for each seed. Its size stays, its time changes, as by any program that writes it."""
    content = bytearray(path.read_bytes())
    bit = random.Random(f"{path.name} {seed}").randrange(8 * len(content))
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


def found(home: Path) -> tuple[list[str], health.Check]:
    seen = vitals.gather(home, f"sqlite:///{home}/vigie.db")
    checks = health.checks(seen, NOW, [])
    return list(seen.damaged), next(check for check in checks if check.subject == "damage")


@pytest.mark.parametrize("name", ["sales.parquet", "stores.parquet", tables.DESCRIPTION])
def test_a_flipped_bit_is_the_same_data_or_is_set_aside_and_the_next_dataset_is_shown(tmp_path, name):
    set_aside = 0
    for seed in range(FLIPS):
        home = tmp_path / str(seed)
        older = tables.add(home, sales(5.0), NOW - timedelta(days=1))
        newer = tables.add(home, sales(1.0), NOW)
        flip(newer.folder / name, seed)
        shown = tables.active(home, "sales")
        damaged, check = found(home)
        if shown == newer:  # white space in the description
            assert name == tables.DESCRIPTION
            pd.testing.assert_frame_equal(tables.read(shown), sales(1.0).main)
            assert (damaged, check.status) == ([], "ok")
            continue
        set_aside += 1
        assert shown == older == tables.active(home, "sales")
        pd.testing.assert_frame_equal(tables.read(shown), sales(5.0).main)
        assert tables.query(shown, "SELECT count(*) AS n FROM stores")["n"][0] == 2
        assert [one.rsplit("-", 1)[0] for one in damaged] == [f"sales-{newer.version}"]
        kept = home / seals.FOLDER / damaged[0]
        assert {path.name for path in kept.iterdir()} == {"sales.parquet", "stores.parquet", tables.DESCRIPTION}
        assert check.status == "problem"
        assert damaged[0] in check.sentence()
        assert tables.add(home, sales(1.0), NOW).version == newer.version  # and it can be brought in again
        pd.testing.assert_frame_equal(tables.read(tables.active(home, "sales")), sales(1.0).main)
    assert set_aside > 0.8 * FLIPS


def test_a_flipped_bit_of_the_pointer_shows_the_newest_good_dataset_and_says_so(tmp_path):
    for seed in range(FLIPS):
        home = tmp_path / str(seed)
        tables.add(home, sales(5.0), NOW - timedelta(days=1))
        newer = tables.add(home, sales(1.0), NOW)
        flip(newer.folder.parent / tables.ACTIVE, seed)
        assert tables.active(home, "sales") == newer
        assert tables.active(home, "sales") == newer
        assert tables.add(home, sales(2.0), NOW + timedelta(days=1)) == tables.active(home, "sales")


def test_damage_that_leaves_the_time_of_change_is_found_on_the_page_health(tmp_path):
    import os

    kept = tables.add(tmp_path, sales(1.0), NOW)
    file = kept.folder / "sales.parquet"
    before = file.stat()
    flip(file, 1)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    damaged, check = found(tmp_path)
    assert len(damaged) == 1
    assert check.status == "problem"
    assert tables.active(tmp_path, "sales") is None


def test_what_is_read_by_name_is_refused_with_a_sentence(tmp_path):
    kept = tables.add(tmp_path, sales(1.0), NOW)
    flip(kept.folder / "stores.parquet", 1)
    for read in (tables.read, lambda one: tables.query(one, "SELECT 1")):
        with pytest.raises(seals.Damaged, match="damaged, was not read"):
            read(kept)
    with pytest.raises(ValueError, match="not there any more"):
        tables.activate(tmp_path, "sales", kept.version)


def test_adding_works_whatever_lies_damaged_beside_it(tmp_path):
    others = [tables.add(tmp_path, sales(float(n)), NOW + timedelta(hours=n)) for n in range(3)]
    (others[0].folder / tables.DESCRIPTION).write_bytes(b"\x00")
    (others[1].folder / "sales.parquet").write_bytes(b"")
    (others[2].folder / tables.DESCRIPTION).unlink()
    new = tables.add(tmp_path, sales(9.0), NOW + timedelta(days=1))
    assert tables.active(tmp_path, "sales") == new
    assert len(tables.stored(tmp_path, "sales")) == 2  # of the one nobody has read, nothing is known yet
    with pytest.raises(ValueError, match="not there any more"):
        tables.activate(tmp_path, "sales", others[1].version)


def test_a_dataset_that_cannot_be_shown_is_not_kept_either(tmp_path, monkeypatch):
    old = tables.add(tmp_path, sales(1.0), NOW)
    real = disk.write

    def full(path: Path, content: bytes) -> None:
        if path.name == tables.ACTIVE:
            raise OSError(28, "No space left on device")
        real(path, content)

    monkeypatch.setattr(disk, "write", full)
    with pytest.raises(OSError, match="No space left"):
        tables.add(tmp_path, sales(2.0), NOW)
    assert tables.stored(tmp_path, "sales") == [old]


def test_what_an_earlier_version_kept_still_works_and_gets_a_seal(tmp_path):
    kept = tables.add(tmp_path, sales(1.0), NOW)
    path = kept.folder / tables.DESCRIPTION
    plain = {name: value for name, value in json.loads(path.read_bytes()).items() if name != seals.SEAL}
    path.write_text(json.dumps(plain, indent=1))
    assert tables.active(tmp_path, "sales") == kept
    assert seals.SEAL in json.loads(path.read_bytes())
    # and what is damaged of it is found as well: its version is its hash
    path.write_text(json.dumps(plain, indent=1))
    flip(kept.folder / "sales.parquet", 3)
    assert tables.active(tmp_path, "sales") is None


def test_a_home_that_may_only_be_read_still_shows_what_is_good(tmp_path, monkeypatch):
    older = tables.add(tmp_path, sales(5.0), NOW - timedelta(days=1))
    newer = tables.add(tmp_path, sales(1.0), NOW)
    flip(newer.folder / "sales.parquet", 1)

    def refused(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    for step in ("mkdir", "rename", "replace", "write_bytes", "unlink"):
        monkeypatch.setattr(Path, step, refused)
    assert tables.active(tmp_path, "sales") == older
    assert tables.active(tmp_path, "sales") == older


@pytest.mark.parametrize("name", ["file.csv", "file.csv.json"])
def test_a_damaged_raw_copy_is_never_served(home, name):
    url, path = "https://origin.example/file.csv", home / "raw" / "file.csv"
    for seed in range(FLIPS):
        copies.keep(url, path, NOW, lambda: b"day,cases\n2026-01-01,17\n" * 9)
        before = copies.kept(url, path)
        assert before is not None
        flip(path.with_name(name), seed)
        after = copies.kept(url, path)
        assert after in (None, before)
        assert name.endswith(".json") or after is None


def test_a_damaged_model_is_never_read(engine, home):
    record = registry.Record("churn", "logistic", "Vigie", "first", "upload-1", 10, {}, {}, {})
    version = registry.keep(engine, home, record, bytes(range(256)) * 8, ".zip", NOW)
    row = registry.versions(engine, "churn", "upload-1").iloc[0]
    assert row["version"] == version
    content = registry.content(home, row)
    for seed in range(FLIPS):
        path = home / "models" / row["file"]
        path.write_bytes(content)
        flip(path, seed)
        with pytest.raises(registry.ModelFileError, match="is not the one that was kept"):
            registry.content(home, row)
