"""Parquet files of an object store are one table, whole and by what is new; and nothing of its keys is ever said."""

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq
import pytest

from connectors import BadResponse, ConnectorError, NotFound, Unavailable, databases
from connectors.databases import Since
from tests import stores
from tests.connectors.test_sql import quiet, rows, said

NOW = datetime(2024, 6, 1, tzinfo=UTC)
DAY = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def s3():
    """An S3 without a check of keys: its endpoint."""
    if reason := stores.missing("moto"):
        pytest.skip(reason)
    moto = stores.FOLDER / "moto" / "bin" / "moto_server"
    with stores.running(lambda _folder, port: [moto, "-H", "127.0.0.1", "-p", str(port)], "moto") as port:
        yield f"127.0.0.1:{port}"


@pytest.fixture
def lake(s3, named, request):
    """A bucket of its own, "lake" in the settings; `lake(path, table)` writes a file into it."""
    bucket = f"b{abs(hash(request.node.nodeid)) % 10**9}"
    files = pa.fs.S3FileSystem(
        access_key="k", secret_key="s", endpoint_override=s3, scheme="http", region="us-east-1",
        allow_bucket_creation=True,
    )  # fmt: skip
    files.create_dir(bucket)
    named(lake=f"s3://hunter1:hunter2@{bucket}/exports?endpoint_override={s3}&scheme=http&region=us-east-1")

    def write(path, table, **how):
        with files.open_output_stream(f"{bucket}/exports/{path}") as out:
            pq.write_table(table, out, **how)

    write.files, write.bucket = files, bucket
    return write


def day(number, count=20, **more):
    """The lines of a day."""
    at = [DAY + timedelta(days=number, minutes=i) for i in range(count)]
    ids = [100 * number + i for i in range(count)]
    return pa.table(
        {"id": ids, "at": pa.array(at, pa.timestamp("ms", "Europe/Paris")), "qty": [i % 5 for i in ids]} | more
    )


def test_folders_and_files_are_listed_and_all_files_of_one_are_a_table(lake, tmp_path):
    total = 0
    for number in range(30):
        lake(f"sales/year=2024/month={1 + number // 28:02d}/part-{number}.parquet", day(number))
        total += sum(day(number)["qty"].to_pylist())
    lake("stores.parquet", pa.table({"store": ["a"]}))
    lake("sales/_temporary/part-0.parquet", day(99))
    found = databases.tables("lake")
    assert [table.name for table in found] == [".", "sales", "stores.parquet"]
    assert databases.columns("lake", found[1]) == []
    query = databases.select("lake", found[1])
    shares = []
    made = databases.fetch("lake", query, tmp_path / "0", lambda _message, share: shares.append(share))
    table = pq.read_table(made.folder)
    assert (made.rows, sum(table["qty"].to_pylist())) == (600, total)
    assert [column.type for column in made.columns] == ["int64", "timestamp[us, tz=UTC]", "int64", "int32", "int32"]
    assert set(zip(table["year"].to_pylist(), table["month"].to_pylist(), strict=True)) == {(2024, 1), (2024, 2)}
    assert table["at"].to_pylist()[0] == DAY
    assert shares == sorted(shares)
    assert databases.preview("lake", "stores.parquet", 5).frame["store"].tolist() == ["a"]


def test_a_column_that_only_a_later_file_has_is_there(lake, tmp_path):
    lake("t/a.parquet", day(0, 2))
    lake("t/b.parquet", day(1, 2, note=["x", None]).set_column(2, "qty", pa.array([1.5, 2.5])))
    made = databases.fetch("lake", "t", tmp_path / "0", quiet)
    table = pq.read_table(made.folder).sort_by("id").to_pydict()
    assert table["note"] == [None, None, "x", None]
    assert table["qty"] == [0, 1, 1.5, 2.5]


def test_kinds_that_do_not_fit_are_a_sentence(lake, tmp_path):
    lake("t/a.parquet", pa.table({"id": [1]}))
    lake("t/b.parquet", pa.table({"id": ["one"]}))
    with pytest.raises(BadResponse, match="cannot be kept"):
        databases.fetch("lake", "t", tmp_path / "0", quiet)
    assert not list(tmp_path.glob("*0*"))


def test_types(lake, tmp_path):
    table = pa.table(
        {
            "d": pa.array([Decimal("1.50")], pa.decimal128(10, 2)),
            "wide": pa.array([Decimal("1.5")], pa.decimal256(50, 1)),
            "list": [[1, 2]], "record": [{"a": 1}], "bytes": [b"\x00"], "day": pa.array([DAY.date()]),
            "code": pa.array(["a"]).dictionary_encode(), "nan": [math.nan], "ns": pa.array([1_500], pa.timestamp("ns")),
            "time": pa.array([3_600], pa.time32("s")), "wait": pa.array([5], pa.duration("s")), "flag": [True],
        }
    )  # fmt: skip
    lake("t.parquet", table)
    made = databases.fetch("lake", "t.parquet", tmp_path / "0", quiet)
    (found,) = rows(made.folder)
    assert found[:7] == (Decimal("1.50"), 1.5, "[1, 2]", '{"a": 1}', b"\x00", DAY.date(), "a")
    assert found[7] is None
    assert found[9].hour == 1
    assert found[11] is True
    sentences = said(made)
    assert any("are neither numbers" in one for one in sentences)
    assert any(one.startswith("1 values mean nothing outside") for one in sentences)
    assert any("kept to 15 digits" in one for one in sentences)


def test_what_is_new_is_read_alone_and_partitions_that_changed_are_found(lake, tmp_path):
    for number in range(10):
        lake(f"sales/day={number}/p.parquet", day(number))
    since = Since("at", ("id",), timedelta(days=2))
    made = databases.fetch("lake", "sales", tmp_path / "0", quiet, since, NOW)
    lake("sales/day=10/p.parquet", day(10))
    lake("sales/day=9/p.parquet", day(9, 19))  # written again, a line less
    again = databases.fetch(
        "lake", "sales", tmp_path / "1", quiet, Since("at", ("id",), timedelta(days=2), before=made.folder), NOW
    )
    assert (again.whole, again.read) == (False, 1 + 20 + 19 + 20)  # the last minute of day 7, and days 8 to 10
    assert again.changes == databases.Changes(new=20, late=0, changed=0, deleted=1)
    assert sorted(pq.read_table(again.folder)["id"].to_pylist()) == sorted(
        one for number in range(11) for one in day(number, 19 if number == 9 else 20)["id"].to_pylist()
    )


def test_what_is_not_there_and_what_is_no_path_is_a_sentence(lake, tmp_path, named, s3):
    lake("empty/readme.parquet.txt", day(0))
    for path in ("nowhere", "empty"):
        with pytest.raises(NotFound, match="has no Parquet file"):
            databases.fetch("lake", path, tmp_path / "0", quiet)
    for path in ("../other", "/etc", "", "a/../../b"):
        with pytest.raises(BadResponse, match="Choose a folder"):
            databases.preview("lake", path, 5)
    named(lake=f"s3://hunter1:hunter2@no-such-bucket/x?endpoint_override={s3}&scheme=http&region=us-east-1")
    with pytest.raises(ConnectorError, match="has no Parquet file") as error:
        databases.tables("lake")
    assert "hunter" not in str(error.value)
    named(lake="s3://k:hunter2@b/x?endpoint_override=127.0.0.1:9&scheme=http&region=us-east-1")
    with pytest.raises(Unavailable, match="cannot be reached") as error:
        databases.tables("lake")
    assert "hunter" not in str(error.value)
    named(lake="s3://k:hunter2@b/x?endpoint=elsewhere")
    with pytest.raises(NotFound, match="cannot be read") as error:
        databases.tables("lake")
    assert "hunter" not in str(error.value)


def test_a_damaged_file_and_a_reading_that_takes_too_long_leave_nothing(lake, tmp_path, monkeypatch):
    lake("t/a.parquet", day(0))
    with lake.files.open_output_stream(f"{lake.bucket}/exports/bad/a.parquet") as out:
        out.write(b"PAR1 this is no Parquet file PAR1")
    with pytest.raises(BadResponse, match="cannot be kept"):
        databases.fetch("lake", "bad", tmp_path / "0", quiet)

    class Late:
        def __init__(self, _seconds, ring):
            ring()

        def start(self):
            """Nothing: it has rung."""

        cancel = start

    monkeypatch.setattr(databases.s3.threading, "Timer", Late)
    with pytest.raises(Unavailable, match="and was stopped"):
        databases.fetch("lake", "t", tmp_path / "0", quiet)
    assert not list(tmp_path.glob("*0*"))


def test_wrong_keys_are_a_sentence_that_does_not_say_them(named, tmp_path):
    if reason := stores.missing("rclone"):
        pytest.skip(reason)
    program = stores.FOLDER / "rclone" / "bin" / "rclone"
    (tmp_path / "data" / "bucket" / "t").mkdir(parents=True)
    pq.write_table(day(0), tmp_path / "data" / "bucket" / "t" / "a.parquet")

    def serve(_folder, port):
        return [program, "serve", "s3", "--addr", f"127.0.0.1:{port}", "--auth-key", "right,secret", tmp_path / "data"]

    with stores.running(serve, "rclone") as port:
        where = f"@bucket?endpoint_override=127.0.0.1:{port}&scheme=http&region=us-east-1"
        named(
            right=f"s3://right:secret{where}", wrong=f"s3://right:hunter2{where}", other=f"s3://hunter1:secret{where}"
        )
        assert databases.fetch("right", "t", tmp_path / "0", quiet).rows == 20
        for source in ("wrong", "other"):
            with pytest.raises(Unavailable, match="does not take these keys") as error:
                databases.tables(source)
            assert "hunter" not in str(error.value)
