"""Datasets on disk: nothing is lost, whatever happens, and everything comes back as it was kept."""

import json
import shutil
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from data import tables
from data.dataset import Dataset, Finding, Kind, Origin
from data.tables import disk, versions
from models.forecast import items, source
from models.stock import supply

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
FINDING = Finding("{rows} rows without {column}", 3, {"column": "price"}, ("row 17, price: abc",), "warning")
DATED = Finding("{rows} lines up to {day}", 3, {"host": "2026-01-31"}, days={"day": date(2026, 3, 14)})


def sales(price: float = 1.0, kind: Kind = "upload") -> Dataset:
    lines = pd.DataFrame(
        {
            "line_id": pd.Series(["1", "2", "3"], dtype="str"),
            "timestamp": pd.to_datetime(["2011-01-03 08:26:00.000001", "2011-01-01", "2011-01-02"], format="ISO8601"),
            "customer": pd.Series(["é\x00'\"", None, "=1+1"], dtype="str"),
            "unit_price": [price, np.nan, -0.1],
            "gift": [True, False, True],
        }
    )
    products = pd.DataFrame({"product": pd.Series([], dtype="str"), "list_price": pd.Series([], dtype="float64")})
    origin = Origin(kind, "lines.csv", licence="CC BY 4.0", retrieved=NOW, currency="GBP")
    return Dataset("sales", {"sales": lines, "products": products}, origin, (FINDING, DATED))


def test_what_is_kept_comes_back_as_it_was(tmp_path):
    dataset = sales()
    kept = tables.add(tmp_path, dataset, NOW)
    assert tables.active(tmp_path, "sales") == kept
    assert tables.stored(tmp_path, "sales") == [kept]
    assert (kept.origin, kept.findings, kept.stored) == (dataset.origin, (FINDING, DATED), NOW)
    assert kept.rows == {"sales": 3, "products": 0}
    assert kept.span == (datetime(2011, 1, 1), datetime(2011, 1, 3, 8, 26, 0, 1))  # noqa: DTZ001
    pd.testing.assert_frame_equal(tables.read(kept), dataset.main)
    pd.testing.assert_frame_equal(tables.read(kept, "products"), dataset.frames["products"])
    pd.testing.assert_frame_equal(tables.read(kept, columns=["gift", "line_id"]), dataset.main[["gift", "line_id"]])
    with pytest.raises(KeyError):
        tables.read(kept, columns=["no such"])


def test_days_of_findings_that_were_kept_as_text_are_days_again(tmp_path):
    kept = tables.add(tmp_path, sales(), NOW)
    path = kept.folder / tables.DESCRIPTION
    description = json.loads(path.read_bytes())
    del description["seal"]
    for finding in description["findings"]:
        finding["values"] |= finding.pop("days")
    path.write_text(json.dumps(description))
    assert tables.active(tmp_path, "sales").findings == (FINDING, DATED)


@pytest.mark.parametrize(
    "values",
    [
        pd.to_datetime(["2011-01-01", "NaT"]).astype("datetime64[ns]"),
        pd.to_datetime(["2011-01-01", "NaT"]).astype("datetime64[s]"),
        pd.Categorical(["a", None]),
        pd.array([1, None], dtype="Int64"),
        pd.array([True, None], dtype="boolean"),
        np.array([1, 2], dtype="int32"),
        np.array([np.inf, np.nan]),
        pd.array([None, None], dtype="str"),
    ],
    ids=lambda values: str(values.dtype),
)
def test_other_types_come_back_too(tmp_path, values):
    frame = pd.DataFrame({"customer_id": ["a", "b"], "value": values})
    kept = tables.add(tmp_path, Dataset("customers", {"customers": frame}, Origin("upload", "x")), NOW)
    pd.testing.assert_frame_equal(tables.read(kept), frame)
    assert kept.span is None


def test_columns_that_differ_in_capitals_do_not_mix(tmp_path):
    frame = pd.DataFrame([range(5)], columns=["Price", "PRICE", "price", "price_2", "Fee"])
    kept = tables.add(tmp_path, Dataset("customers", {"customers": frame}, Origin("upload", "x")), NOW)
    assert tables.read(kept).iloc[0].to_dict() == {"Price_3": 0, "PRICE_4": 1, "price": 2, "price_2": 3, "Fee": 4}
    assert tables.read(kept, columns=["price"]).iloc[0].to_dict() == {"price": 2}


def test_the_same_content_is_kept_once_and_what_is_known_about_it_is_renewed(tmp_path):
    first = tables.add(tmp_path, sales(), NOW)
    again = tables.add(tmp_path, sales(), NOW + timedelta(days=1))
    assert again.version == first.version
    assert tables.stored(tmp_path, "sales") == [again]
    assert tables.add(tmp_path, sales(kind="demo"), NOW).version != first.version  # a demo never passes as an upload
    assert tables.add(tmp_path, sales(price=2.0), NOW).version != first.version


def test_choosing_and_removing(tmp_path):
    old = tables.add(tmp_path, sales(1.0), NOW)
    new = tables.add(tmp_path, sales(2.0), NOW + timedelta(days=1), activate=False)
    assert tables.stored(tmp_path, "sales") == [new, old]
    assert tables.active(tmp_path, "sales") == old
    with pytest.raises(ValueError, match="in use"):
        tables.remove(tmp_path, "sales", old.version)
    tables.activate(tmp_path, "sales", new.version)
    tables.remove(tmp_path, "sales", old.version)
    assert tables.stored(tmp_path, "sales") == [new]
    for version in (old.version, "../../somewhere", "active", "."):
        with pytest.raises(ValueError, match="not there any more"):
            tables.activate(tmp_path, "sales", version)
        with pytest.raises(ValueError, match="not there any more"):
            tables.remove(tmp_path, "sales", version)
    assert tables.active(tmp_path, "customers") is None
    assert tables.stored(tmp_path, "customers") == []


def test_a_dataset_that_is_removed_while_it_is_looked_up_gives_way_to_the_one_chosen_instead(tmp_path, monkeypatch):
    old = tables.add(tmp_path, sales(1.0), NOW)
    new = tables.add(tmp_path, sales(2.0), NOW, activate=False)
    load, acted = disk.load, []

    def late(folder):  # the pointer has been read, and what it named is not yet
        if not acted:
            acted.append(True)
            tables.activate(tmp_path, "sales", new.version)
            tables.remove(tmp_path, "sales", old.version)
        return load(folder)

    monkeypatch.setattr(disk, "load", late)
    assert tables.active(tmp_path, "sales") == new


def test_nobody_chooses_what_another_one_removes_in_the_same_moment(tmp_path, monkeypatch):
    used = tables.add(tmp_path, sales(1.0), NOW)
    other = tables.add(tmp_path, sales(2.0), NOW, activate=False)
    write, late, threads = disk.write, [], []

    def slowly(path, content):  # found, and not yet written that it is the one in use
        def remove():
            with pytest.raises(ValueError, match="in use"):
                tables.remove(tmp_path, "sales", other.version)
            late.append("refused")

        removing = threading.Thread(target=remove)
        removing.start()
        removing.join(0.3)
        write(path, content)
        monkeypatch.setattr(disk, "write", write)
        threads.append(removing)

    monkeypatch.setattr(disk, "write", slowly)
    tables.activate(tmp_path, "sales", other.version)
    threads[0].join(10)
    assert late == ["refused"]
    assert tables.active(tmp_path, "sales") == other
    assert used in tables.stored(tmp_path, "sales")


def test_old_versions_of_the_same_data_go_but_never_the_one_in_use_nor_another_file(tmp_path):
    def version(price):
        return replace(sales(price), lineage="the shop")

    demo = tables.add(tmp_path, sales(kind="demo"), NOW)
    chosen = tables.add(tmp_path, version(-1.0), NOW)
    other = tables.add(tmp_path, sales(-2.0), NOW, activate=False)
    later = [
        tables.add(tmp_path, version(float(number)), NOW + timedelta(days=number + 1), activate=False)
        for number in range(9)
    ]
    assert tables.stored(tmp_path, "sales")[: tables.KEPT] == later[: -tables.KEPT - 1 : -1]
    kept = {one.version for one in tables.stored(tmp_path, "sales")[tables.KEPT :]}
    assert kept == {chosen.version, demo.version, other.version}
    assert tables.active(tmp_path, "sales") == chosen


class Crash(BaseException):
    """The process ends here: nothing is cleaned up."""


def test_a_crash_at_any_step_leaves_the_old_state_or_the_new_one(tmp_path, monkeypatch):
    steps = [(disk, "sync"), (Path, "replace"), (shutil, "rmtree"), (Path, "unlink"), (Path, "mkdir")]
    outcomes, first = [], tmp_path / "first"
    tables.add(first, sales(1.0), NOW)
    for number in range(tables.KEPT - 1):
        tables.add(first, sales(10.0 + number), NOW - timedelta(days=1), activate=False)
    for crash_at in range(100):
        home = shutil.copytree(first, tmp_path / str(crash_at))
        old, calls = tables.active(home, "sales"), 0

        def stop(real, crash_at=crash_at):
            def step(*args, **options):
                nonlocal calls
                calls += 1
                if calls > crash_at:
                    raise Crash
                return real(*args, **options)

            return step

        with monkeypatch.context() as patch:
            for owner, name in steps:
                patch.setattr(owner, name, stop(getattr(owner, name)))
            try:
                tables.add(home, sales(2.0), NOW + timedelta(days=1))
                crashed = False
            except Crash:
                crashed = True

        shown = tables.active(home, "sales")
        assert shown is not None
        assert tables.read(shown)["unit_price"][0] == (1.0 if shown == old else 2.0)
        for kept in tables.stored(home, "sales"):
            assert len(tables.read(kept)) == kept.rows["sales"]
        outcomes.append(shown == old)
        # And the next one works, and clears away what was left behind.
        final = tables.add(home, sales(3.0), datetime.now(UTC) + timedelta(days=1))
        assert tables.active(home, "sales") == final
        assert not list((home / "tables" / "sales").glob(".new-*"))
        if not crashed:
            break
    assert outcomes == sorted(outcomes, reverse=True)  # the old state up to some step, the new one from there on
    assert outcomes.count(True) > 8
    assert outcomes.count(False) > 2


def test_a_full_disk_changes_nothing(tmp_path, monkeypatch):
    old = tables.add(tmp_path, sales(1.0), NOW)
    before = sorted(tmp_path.rglob("*"))

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    for step in ("pyarrow.parquet.write_table", "data.tables.disk.sync", "data.tables.disk.write"):
        with monkeypatch.context() as patch:
            patch.setattr(step, full)
            with pytest.raises(OSError, match="No space left"):
                tables.add(tmp_path, sales(2.0), NOW)
        assert sorted(tmp_path.rglob("*")) == before
        assert tables.active(tmp_path, "sales") == old


def test_readers_see_one_version_or_the_other_while_a_writer_switches(tmp_path):
    versions = [
        Dataset("customers", {"customers": pd.DataFrame({"value": [float(n)] * 5000})}, Origin("upload", "x"))
        for n in range(3)
    ]
    tables.add(tmp_path, versions[0], NOW)
    done = threading.Event()
    seen: list[set[float]] = []
    failures: list[BaseException] = []

    def look() -> None:
        try:
            while not done.is_set():
                kept = tables.active(tmp_path, "customers")
                assert kept is not None
                seen.append(set(tables.read(kept)["value"]))
        except BaseException as error:
            failures.append(error)

    readers = [threading.Thread(target=look) for _ in range(3)]
    for reader in readers:
        reader.start()
    for turn in range(30):
        tables.add(tmp_path, versions[turn % 3], NOW + timedelta(minutes=turn))
    done.set()
    for reader in readers:
        reader.join()
    assert not failures
    assert {next(iter(values)) for values in seen if len(values) == 1} == {0.0, 1.0, 2.0}
    assert all(len(values) == 1 for values in seen)


def test_writers_at_once_leave_every_version_whole(tmp_path):
    writers = [
        threading.Thread(target=tables.add, args=(tmp_path, sales(float(number % 3)), NOW)) for number in range(9)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    kept = tables.stored(tmp_path, "sales")
    assert sorted(tables.read(version)["unit_price"][0] for version in kept) == [0.0, 1.0, 2.0]
    assert tables.active(tmp_path, "sales") in kept


def test_a_product_has_one_name_wherever_it_is_shown(tmp_path):
    """The most common one of its goods; of two as common the one seen last; its code where it has none."""
    called = {
        "owl": ["Owl", "lost?", "Owl", None],
        "cup": ["Zinc cup", "Cup", "Cup", "Zinc cup", "Blue cup"],
        "pin": [None, None],
        "fee": ["Fee"],
    }
    rows = [(product, name, day) for product, names in called.items() for day, name in enumerate(names)]
    frame = pd.DataFrame(rows, columns=["product", "description", "day"]).astype({"description": "str"})
    late = pd.DataFrame([("owl", "zzz: thrown away", 9)] * 5, columns=["product", "description", "day"])
    frame = pd.concat([frame, late], ignore_index=True)
    frame["timestamp"] = pd.Timestamp("2026-01-01") + pd.to_timedelta(frame.pop("day"), "D")
    other = frame["description"].eq("zzz: thrown away") | frame["product"].eq("fee")
    frame["line_type"] = np.where(other, "adjustment", "sale")
    frame = frame.assign(quantity=1.0, unit_price=2.0, customer="c")
    frame["line_id"] = [str(number) for number in range(len(frame))]
    kept = tables.add(tmp_path, Dataset("sales", {"sales": frame}, Origin("upload", "a.csv")), NOW)
    columns, wanted = kept.columns["sales"], {"owl": "Owl", "cup": "Zinc cup", "pin": "pin"}
    assert tables.names(kept) == {"owl": "Owl", "cup": "Zinc cup"}
    named = [tables.query(kept, sql) for sql in (items.products(columns), source.largest("product", columns))]
    assert [dict(zip(found.iloc[:, 0], found["name"], strict=True)) for found in named] == [wanted] * 2
    sold, goods = (tables.query(kept, sql) for sql in (supply.by_day(columns), supply.latest(columns)))
    demand = supply.demand(sold, goods, pd.Timestamp("2026-01-10")).goods
    assert dict(zip(demand["product"], demand["name"], strict=True)) == wanted


def test_a_query_takes_values_as_values(tmp_path):
    kept = tables.add(tmp_path, sales(), NOW)
    sql = "SELECT line_id, unit_price FROM sales WHERE customer = $customer ORDER BY line_id"
    assert tables.query(kept, sql, customer="=1+1")["line_id"].tolist() == ["3"]
    assert tables.query(kept, sql, customer="' OR 1=1 --").empty
    counts = tables.query(
        kept, "SELECT (SELECT count(*) FROM sales) AS lines, (SELECT count(*) FROM products) AS products"
    )
    assert counts.to_dict("records") == [{"lines": 3, "products": 0}]


def test_a_query_reaches_nothing_but_the_frames(tmp_path):
    kept = tables.add(tmp_path, sales(), NOW)
    secret = tmp_path / "secret.csv"
    secret.write_text("password\n1234\n")
    local = pd.DataFrame({"password": [1234]})  # noqa: F841
    for sql in (
        f"SELECT * FROM '{secret}'",
        f"SELECT * FROM read_text('{secret}')",
        f"COPY (SELECT 1) TO '{tmp_path / 'out.csv'}'",
        f"COPY sales TO '{kept.folder / 'sales.parquet'}'",
        f"ATTACH '{tmp_path / 'other.db'}'",
        "SELECT * FROM local",
        "SET enable_external_access = true",
        "INSTALL httpfs",
    ):
        with pytest.raises(duckdb.Error):
            tables.query(kept, sql)
    pd.testing.assert_frame_equal(tables.read(kept), sales().main)


def test_only_the_rows_asked_for_are_read_with_the_types_they_were_kept_with(tmp_path):
    days = pd.date_range("2023-01-01", periods=40_000, freq="h", unit="us")
    names = pd.Series(["A"] * 20_000 + ["B"] * 20_000).astype("category")
    frame = pd.DataFrame({"country": names, "date": days, "total_cases": range(40_000)})
    kept = tables.add(tmp_path, Dataset("covid", {"covid": frame}, Origin("upload", "x")), NOW)
    assert tables.read(kept).equals(frame)
    wanted = tables.among("country", ["B"]) & tables.between("date", None, days[20_001])
    found = tables.read(kept, columns=["country", "total_cases"], rows=wanted)
    assert found["country"].dtype == "category"
    assert found["total_cases"].tolist() == [20_000, 20_001]
    assert len(tables.read(kept, rows=tables.among("country", None) & tables.between("date", days[39_999], None))) == 1


def test_coded_texts_are_the_same_texts(tmp_path, monkeypatch):
    """Over several groups of rows, each with levels of its own, and missing values."""
    monkeypatch.setattr(versions, "ROW_GROUP", 1_000)
    rows = 3 * versions.ROW_GROUP
    store = pd.Series([f"shop {number // 300}" if number % 7 else None for number in range(rows)], dtype="str")
    frame = pd.concat([sales().main.head(1)] * rows, ignore_index=True)
    frame = frame.assign(store=store, line_id=pd.Series(range(rows)).astype("str"))
    kept = tables.add(tmp_path, Dataset("sales", {"sales": frame}, Origin("upload", "x")), NOW)
    coded = tables.read(kept, columns=["store", "unit_price"], coded=True)
    assert isinstance(coded["store"].dtype, pd.CategoricalDtype)
    assert coded["store"].astype("str").equals(frame["store"])
    assert coded["unit_price"].equals(frame["unit_price"])


def test_a_profile_and_the_first_rows_are_those_of_the_whole_table(tmp_path):
    frame = sales().main.assign(**{'odd "name" x': pd.Series(["a", None, "a"], dtype="str")}).head(3)
    kept = tables.add(tmp_path, Dataset("sales", {"sales": frame}, Origin("upload", "x")), NOW)
    known = tables.profile(kept)
    assert known["filled"].to_dict() == pytest.approx(frame.notna().mean().to_dict())
    assert known["distinct"].to_dict() == frame.nunique().to_dict()
    pd.testing.assert_frame_equal(tables.head(kept, 2), frame.head(2))
    pd.testing.assert_frame_equal(tables.head(kept, 9), frame)
    none = tables.add(tmp_path, Dataset("sales", {"sales": frame.head(0)}, Origin("upload", "y")), NOW)
    assert tables.profile(none).eq(0).all(axis=None)
    assert list(tables.head(none, 2)) == list(frame)


def test_a_home_with_an_odd_name_is_queried(tmp_path):
    kept = tables.add(tmp_path / "it's [my] *home*?", sales(), NOW)
    assert tables.query(kept, "SELECT count(*) AS n FROM sales")["n"].item() == len(sales().main)
