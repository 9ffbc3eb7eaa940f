"""A table of PostgreSQL as Parquet: rows a second beside what ADBC alone does, memory, and a day brought up to date.

Run: python -m benchmarks.sql [--rows 5000000] [--grown 10000000] [--documents 500000]

Each way runs in a process of its own, in turn, `--rounds` times; of each the best is told, since other work on the
machine only ever slows. "alone" is ADBC that gives its batches and keeps none; "writes" is ADBC whose batches go to a
Parquet file, which is what somebody would write by hand. psycopg is measured as its binary rows made into Arrow arrays
and as COPY in CSV that pyarrow reads. MariaDB is read by PyMySQL as it comes, and by Vigie; documents, by PyMongo that
decodes them and keeps none, and by Vigie, from a server that speaks as MongoDB does (nx-27017, in `tests.stores`).
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pymysql

from tests import mariadb, postgres, stores

SALES = """
CREATE TABLE {name} AS SELECT i AS id, timestamptz '2010-01-01' + i * interval '{seconds} s' AS changed,
    (i::bigint * 7919 % 5000)::int AS product, (i::bigint * 31 % 40)::int AS store,
    (1 + i % 7)::numeric(10, 2) AS quantity, (i::bigint * 37 % 9999 / 100.0)::numeric(10, 2) AS price,
    'customer ' || (i % 90000) AS customer, i % 11 = 0 AS promotion
FROM generate_series(1, {rows}) AS i"""
KINDS = {
    "id": pa.int32(), "changed": pa.timestamp("us", "UTC"), "product": pa.int32(), "store": pa.int32(),
    "quantity": pa.decimal128(10, 2), "price": pa.decimal128(10, 2), "customer": pa.string(), "promotion": pa.bool_(),
}  # fmt: skip
QUERY = "SELECT * FROM sales"
BEGAN = datetime(2024, 1, 1, tzinfo=UTC)


def adbc_alone(url: str, folder: Path, write: bool = False) -> int:
    from adbc_driver_postgresql import dbapi

    rows, writer = 0, None
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(QUERY)
        for batch in cursor.fetch_record_batch():
            rows += len(batch)
            if write:
                writer = writer or pa.parquet.ParquetWriter(folder / "a.parquet", batch.schema, compression="zstd")
                writer.write_batch(batch)
    if writer:
        writer.close()
    return rows


def adbc_writes(url: str, folder: Path) -> int:
    return adbc_alone(url, folder, write=True)


def psycopg_rows(url: str, _folder: Path) -> int:
    count = 0
    with psycopg.connect(url) as connection, connection.cursor("rows", binary=True) as cursor:
        cursor.execute(QUERY)
        while rows := cursor.fetchmany(20_000):
            columns = zip(zip(*rows, strict=True), KINDS.values(), strict=True)
            pa.table([pa.array(column, kind) for column, kind in columns], names=list(KINDS))
            count += len(rows)
    return count


def psycopg_copy(url: str, _folder: Path) -> int:
    convert = pa.csv.ConvertOptions(
        column_types=KINDS, true_values=["t"], false_values=["f"], strings_can_be_null=True, null_values=[""]
    )
    names = pa.csv.ReadOptions(column_names=list(KINDS), use_threads=False)
    parse = pa.csv.ParseOptions(newlines_in_values=True)

    def parsed(lines: list[bytes]) -> int:
        return len(pa.csv.read_csv(pa.BufferReader(b"".join(lines)), names, parse, convert))

    count, held = 0, []
    with (
        psycopg.connect(url, options="-c timezone=UTC") as connection,
        connection.cursor().copy(f"COPY ({QUERY}) TO STDOUT (FORMAT csv)") as copy,
    ):
        for line in copy:
            held.append(bytes(line))
            if len(held) == 100_000:
                count, held = count + parsed(held), []
    return count + (parsed(held) if held else 0)


def vigie(url: str, folder: Path) -> int:
    from connectors import databases

    os.environ["VIGIE_DATABASES"] = f"shop={url}"
    return databases.fetch("shop", QUERY, folder / "kept", lambda _message, _share: None).rows


def pymysql_rows(url: str, _folder: Path) -> int:
    count = 0
    socket = url.split("unix_socket=")[1].split("&")[0]
    with pymysql.connect(unix_socket=socket, user="root", database="shop") as connection:
        cursor = connection.cursor(pymysql.cursors.SSCursor)
        cursor.execute(QUERY)
        while rows := cursor.fetchmany(20_000):
            pa.table([pa.array(column) for column in zip(*rows, strict=True)], names=list(KINDS))
            count += len(rows)
    return count


def pymongo_alone(url: str, _folder: Path) -> int:
    from pymongo import MongoClient

    client: Any
    with MongoClient(url) as client:
        return sum(1 for _document in client["shop"]["orders"].find(batch_size=20_000))


def vigie_documents(url: str, folder: Path) -> int:
    from connectors import databases
    from connectors.databases import mongo

    os.environ["VIGIE_DATABASES"], os.environ["VIGIE_HOME"] = f"shop={url}/shop", str(folder)
    return databases.fetch("shop", mongo.whole("orders", ""), folder / "kept", lambda _message, _share: None).rows


WAYS: dict[str, Callable[[str, Path], int]] = {
    one.__name__: one
    for one in (
        adbc_alone,
        adbc_writes,
        vigie,
        psycopg_copy,
        psycopg_rows,
        pymysql_rows,
        pymongo_alone,
        vigie_documents,
    )
}


def peak() -> int:
    """The most memory this process had, in MB."""
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) // 1024


def one(way: str, url: str) -> None:
    """Run a way in this process, whose libraries are there, and say what it took."""
    for library in ("adbc_driver_postgresql.dbapi", "duckdb", "connectors.databases", "sqlalchemy", "sqlglot"):
        importlib.import_module(library)
    with tempfile.TemporaryDirectory() as folder:
        began, spent = time.perf_counter(), time.process_time()
        rows = WAYS[way](url, Path(folder))
        took = time.perf_counter() - began
    print(json.dumps({"rows": rows, "seconds": took, "cpu": time.process_time() - spent, "peak": peak()}))


def told(title: str, ways: list[str], url: str, rounds: int) -> None:
    """Run ways in turn and print the best of each."""
    runs: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    for _round in range(rounds):
        for way in ways:
            done = subprocess.run([sys.executable, "-m", "benchmarks.sql", "--one", way, url], capture_output=True)
            assert not done.returncode, done.stderr.decode()
            runs[way].append(json.loads(done.stdout))
    print(f"{title}\n{'':<14}{'rows/s':>12}{'rows/s of own CPU':>20}{'peak MB':>9}")
    for way, found in runs.items():
        rate = max(run["rows"] / run["seconds"] for run in found)
        own = max(run["rows"] / run["cpu"] for run in found)
        print(f"{way:<14}{rate:>12,.0f}{own:>20,.0f}{max(run['peak'] for run in found):>9.0f}", flush=True)


def grows(rows: int) -> None:
    """Read a table of `rows` whole, then the days that follow, each with late rows, changed ones and deleted ones."""
    from connectors import databases
    from connectors.databases import Since

    day = rows // 3650
    with postgres.server() as url, tempfile.TemporaryDirectory() as home:
        plain = url.replace("+psycopg", "")
        os.environ["VIGIE_DATABASES"] = f"shop={plain}"
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(SALES.format(name="sales", rows=rows, seconds=86_400 / day))
            connection.execute("ALTER TABLE sales ADD PRIMARY KEY (id)")
            connection.execute("CREATE INDEX ON sales (changed)")
            connection.execute("ANALYZE sales")
            since = Since("changed", ("id",), timedelta(days=2))
            began = time.perf_counter()
            kept = databases.fetch("shop", QUERY, Path(home) / "0", lambda _message, _share: None, since)
            print(f"{kept.rows:,} rows for the first time: {time.perf_counter() - began:.1f} s, peak {peak()} MB")
            for number in range(1, 5):
                first = rows + number * day
                connection.execute(SALES.format(name="more", rows=day, seconds=86_400 / day))
                connection.execute(
                    "INSERT INTO sales SELECT id + %s, changed + ((SELECT max(changed) FROM sales) -"
                    " timestamptz '2010-01-01'), product, store, quantity, price, customer, promotion FROM more",
                    (first,),
                )
                connection.execute("DROP TABLE more")
                connection.execute("DELETE FROM sales WHERE id = %s", (first + 5,))
                # Lines of ten years ago that are corrected today.
                connection.execute(
                    "UPDATE sales SET price = 1, changed = (SELECT max(changed) FROM sales) WHERE id < 50"
                )
                since = Since("changed", ("id",), timedelta(days=2), before=kept.folder)
                began, spent = time.perf_counter(), time.process_time()
                kept = databases.fetch("shop", QUERY, Path(home) / str(number), lambda _message, _share: None, since)
                took, own = time.perf_counter() - began, time.process_time() - spent
                (true,) = connection.execute("SELECT count(*), sum(price) FROM sales").fetchall()
                held = pa.parquet.read_table(kept.folder, columns=["price"])
                right = (len(held), pa.compute.sum(held["price"]).as_py()) == true
                del held
                said = f"{kept.read:,} read, {kept.changes}, right: {right}"
                print(f"a day of {day:,} rows: {took:.2f} s, own CPU {own:.2f} s, {said}")


def documented(count: int, rounds: int) -> None:
    """Read a collection of so many orders, with nested fields, a list and decimals."""
    from bson import Decimal128, ObjectId
    from pymongo import MongoClient

    program = stores.FOLDER / "nx-27017" / "bin" / "nx-27017"
    with stores.running(
        lambda folder, port: [program, "--db", folder / "shop.db", "-p", str(port)], "nx-27017"
    ) as port:
        url = f"mongodb://127.0.0.1:{port}"
        client: Any
        with MongoClient(url) as client:
            for start in range(0, count, 10_000):
                client["shop"]["orders"].insert_many(
                    [
                        {
                            "_id": ObjectId.from_datetime(BEGAN + timedelta(seconds=i)),
                            "at": BEGAN + timedelta(seconds=i), "amount": Decimal128(f"{i * 37 % 9999 / 100:.2f}"),
                            "customer": {"name": f"customer {i % 90_000}", "city": {"zip": f"{i % 99_999:05d}"}},
                            "store": i * 31 % 40, "lines": [{"sku": i * 7919 % 5000, "quantity": 1 + i % 7}],
                        }
                        for i in range(start, min(start + 10_000, count))
                    ]
                )  # fmt: skip
        told(f"MongoDB's protocol, {count:,} documents", ["pymongo_alone", "vigie_documents"], url, rounds)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--grown", type=int, default=10_000_000)
    parser.add_argument("--documents", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", nargs=2)
    asked = parser.parse_args()
    if asked.one:
        one(*asked.one)
        return
    if asked.rows:
        with postgres.server() as url:
            plain = url.replace("+psycopg", "")
            with psycopg.connect(plain, autocommit=True) as connection:
                connection.execute(SALES.format(name="sales", rows=asked.rows, seconds=30))
                connection.execute("VACUUM ANALYZE sales")
            ways = ["adbc_alone", "adbc_writes", "vigie", "psycopg_copy", "psycopg_rows"]
            told(f"PostgreSQL, {asked.rows:,} rows of 8 columns", ways, plain, asked.rounds)
        with mariadb.server() as url:
            socket = url.split("unix_socket=")[1].split("&")[0]
            rows = asked.rows // 10
            with pymysql.connect(unix_socket=socket, user="root", database="shop") as connection:
                connection.query(
                    "CREATE TABLE sales AS SELECT seq AS id, from_unixtime(1577836800 + seq * 30) AS changed,"
                    " seq * 7919 % 5000 AS product, seq * 31 % 40 AS store, CAST(1 + seq % 7 AS DECIMAL(10, 2)) AS"
                    " quantity, CAST(seq * 37 % 9999 / 100 AS DECIMAL(10, 2)) AS price, CONCAT('customer ', seq %"
                    f" 90000) AS customer, seq % 11 = 0 AS promotion FROM seq_1_to_{rows}"
                )
                connection.commit()
            told(f"MariaDB, {rows:,} rows of 8 columns", ["pymysql_rows", "vigie"], url, asked.rounds)
    if asked.documents:
        documented(asked.documents, asked.rounds)
    if asked.grown:
        grows(asked.grown)


if __name__ == "__main__":
    main()
