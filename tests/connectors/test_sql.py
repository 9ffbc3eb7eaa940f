"""Tables of real databases arrive as they are, or what is lost is said; whatever goes wrong, nothing is left behind."""

import json
import logging
import re
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import psycopg
import pyarrow.parquet as pq
import pytest

import settings
from connectors import BadResponse, ConnectorError, NotFound, Unavailable, databases
from connectors.databases import Since, other
from connectors.databases.session import AHEAD, watched
from connectors.databases.session import url as url_of
from connectors.files import read_path
from tests.connectors.conftest import duckdb_database, only, sqlite_database


def quiet(_message: str, _share: float) -> None:
    """Take a step and say nothing."""


def rows(folder) -> list[tuple]:
    """The rows of a folder of parts, in their order."""
    columns = pq.read_table(folder).to_pydict()
    return list(zip(*columns.values(), strict=True))


def said(found) -> list[str]:
    """The findings of an answer as sentences."""
    return [finding.message.format(rows=finding.rows, **finding.values) for finding in found.findings]


MANY = {
    "postgresql": "SELECT g AS id, repeat('x', 400) AS t FROM generate_series(1, {}) AS g",
    "mariadb": "SELECT seq AS id, repeat('x', 400) AS t FROM (SELECT seq FROM seq_1_to_{}) AS s",
    "sqlite": "WITH RECURSIVE s(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM s WHERE id < {})"
    " SELECT id, printf('%400d', id) AS t FROM s",
    "duckdb": "SELECT g AS id, repeat('x', 400) AS t FROM generate_series(1, {}) AS s(g)",
}
SLOW = {
    "postgresql": "SELECT count(*) AS n FROM generate_series(1, 100000) AS a, generate_series(1, 10000000) AS b",
    "mariadb": "SELECT count(*) AS n FROM seq_1_to_1000000 AS a, seq_1_to_1000000 AS b WHERE a.seq + b.seq > 0",
    "sqlite": "WITH RECURSIVE s(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM s WHERE id < 1e12) SELECT max(id) FROM s",
    "duckdb": "SELECT count(*) AS n FROM generate_series(1, 10000000) AS a(x), generate_series(1, 1000000) AS b(y)"
    " WHERE a.x + b.y > 7",
}


def test_tables_and_columns_are_listed(shop):
    shop.run(
        "CREATE TABLE orders (id integer PRIMARY KEY, day date NOT NULL, amount decimal(10,2))",
        "CREATE VIEW late AS SELECT id FROM orders",
    )
    other = re.compile(rf"shop_(?!{shop.url.rpartition('/shop_')[2][:32]})")  # of another test, on the same server
    found = {table.name: table for table in databases.tables("shop") if not other.match(table.schema or "")}
    assert {name: table.view for name, table in found.items()} == {"orders": False, "late": True}
    columns = databases.columns("shop", found["orders"])
    assert [column.name for column in columns] == ["id", "day", "amount"]
    assert [column.key for column in columns] == [True, False, False]
    assert "10" in columns[2].type
    assert "DATE" in columns[1].type.upper()
    assert not columns[1].nullable
    with pytest.raises(NotFound, match="no such table"):
        databases.columns("shop", databases.Table(found["orders"].schema, "nowhere"))


def test_a_whole_table_arrives_as_it_is_in_parts_with_progress(shop, tmp_path, monkeypatch):
    monkeypatch.setattr(databases.parts, "PART", 1_000)
    monkeypatch.setattr(databases.parts, "GROUP", 300)
    shop.run("CREATE TABLE t (id integer PRIMARY KEY, amount decimal(12,2), text varchar(40), day date)")
    values = np.random.default_rng(3)
    lines = [
        (i, Decimal(int(values.integers(-(10**9), 10**9))) / 100, f"té, \"{i}\" 'x'\n", date(2024, 1, 1 + i % 28))
        for i in range(2_500)
    ]
    written = ", ".join("({}, {}, '{}', '{}')".format(i, a, t.replace("'", "''"), d) for i, a, t, d in lines)
    shop.run(f"INSERT INTO t VALUES {written}")
    steps = []
    monkeypatch.setattr(databases, "BEAT", 0.0)
    made = databases.fetch(
        "shop", "SELECT * FROM t", tmp_path / "kept", lambda message, share: steps.append((message, share))
    )
    assert (made.rows, made.read, made.whole, made.changes) == (2_500, 2_500, True, None)
    assert [pq.read_metadata(part).num_rows for part in sorted(made.folder.glob("*.parquet"))] == [1_000, 1_000, 500]
    if shop.kind == "sqlite":  # which has neither exact decimals nor days
        lines = [(i, float(a), t, str(d)) for i, a, t, d in lines]
    assert sorted(rows(made.folder)) == lines
    shares = [share for _message, share in steps]
    assert shares == sorted(shares)
    assert max(shares) >= 0.85 or shop.kind == "duckdb"  # which does not say how many there are
    assert not list(tmp_path.glob(".kept*"))
    with pytest.raises(FileExistsError):
        databases.fetch("shop", "SELECT * FROM t", tmp_path / "kept", quiet)


def test_an_empty_answer_keeps_its_columns(shop, tmp_path):
    shop.run("CREATE TABLE t (id integer, name varchar(9))")
    made = databases.fetch("shop", "SELECT id, name FROM t", tmp_path / "kept", quiet)
    assert made.rows == 0
    assert pq.read_table(made.folder).column_names == ["id", "name"]
    assert databases.preview("shop", "SELECT id, name FROM t", 5).frame.empty


def test_the_first_rows_are_shown_in_the_order_asked_for(shop):
    shop.run("CREATE TABLE t (id integer, name varchar(9))", "INSERT INTO t VALUES (1, 'a'), (3, NULL), (2, 'b')")
    shown = databases.preview("shop", "SELECT id, name FROM t ORDER BY id DESC", 2)
    assert shown.frame["id"].tolist() == [3, 2]
    assert shown.frame["name"].isna().tolist() == [True, False]
    assert [column.name for column in shown.columns] == ["id", "name"]


@only(["postgresql"])
def test_types_of_postgresql(shop, tmp_path):
    shop.run(
        "CREATE TYPE mood AS ENUM ('sad', 'ok')",
        "CREATE TABLE t (id int, money numeric(12, 3), loose numeric, moment timestamptz, day date, list int[], "
        ' grid text[], doc jsonb, mood mood, bytes bytea, wait interval, code char(5), price money, "We""ird" text,'
        " big bigint, key uuid, real float8, at timestamp)",
        r"""INSERT INTO t VALUES (1, 'NaN', 12345678901.5, '2024-07-01 00:30+02', 'infinity', '{1,NULL,3}',
        '{{a,b},{c,NULL}}', '{"a": [1]}', 'ok', '\x00ff00', '1 month', 'ab', 1234.5, E'é\n,"', 9223372036854775807,
        '00000000-0000-0000-0000-00000000000a', 0.1, '-infinity'), (2, -1.125, NULL, NULL, '0044-03-15 BC',
        NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)""",
    )
    query = (
        'SELECT id, money, loose, moment, list, grid, doc, mood, bytes, wait, code, price, "We""ird", big, key, real,'
    )
    made = databases.fetch("shop", f"{query} at, day FROM t WHERE id = 1", tmp_path / "kept", quiet)
    assert rows(made.folder) == [
        (1, None, 12345678901.5, datetime(2024, 6, 30, 22, 30, tzinfo=UTC), "[1,null,3]", '[["a","b"],["c",null]]',
         '{"a": [1]}', "ok", b"\x00\xff\x00", "P1M", "ab", Decimal("1234.50"), 'é\n,"', 9223372036854775807,
         "00000000-0000-0000-0000-00000000000a", 0.1, None, None)
    ]  # fmt: skip
    sentences = said(made)
    assert "Columns with numbers of any length are kept to 15 digits." in sentences
    assert any("are neither numbers" in one and "integer[], text[], interval" in one for one in sentences)
    assert any(one.startswith("3 values mean nothing outside") for one in sentences)  # NaN and two infinities
    again = databases.fetch("shop", "SELECT id, money, day FROM t WHERE id = 2", tmp_path / "again", quiet)
    assert pq.read_table(again.folder)["money"].to_pylist() == [Decimal("-1.125")]
    ides = np.datetime64("-0043-03-15").astype(int)  # there is a year 0 for numpy, and none for PostgreSQL
    assert pq.read_table(again.folder)["day"].cast("int32").to_pylist() == [ides]


@only(["mariadb"])
def test_types_of_mariadb(shop, tmp_path):
    shop.run(
        "CREATE TABLE t (id int unsigned, flag tinyint(1), big bigint unsigned, money decimal(10,2),"
        " deep decimal(65,30), small float, real8 double, day date, at datetime(6), moment timestamp(3) NULL,"
        " span time, year year,"
        " old varchar(50) CHARACTER SET latin1, text text, bytes blob, code binary(3), kind enum('a','b'), tags"
        " set('x','y'), doc json, bits bit(5), none text, empty text)",
        "SET time_zone = '+09:00'",
        r"""INSERT INTO t VALUES (4000000000, 1, 18446744073709551615, -1234.50, 1.5, 0.1, 0.1, '2024-02-29',
        '2024-01-01 10:00:00.123456', '2024-01-01 10:00:00', '-100:10:00', 2024, 'été', 'a,"b"\nc\0d\\', x'00ff0a',
        'abc', 'b', 'x,y', '{"a": 1}', b'101', NULL, '')""",
        "INSERT INTO t (id, day, at) VALUES (1, '0000-00-00', '2020-00-10')",
    )
    made = databases.fetch("shop", "SELECT * FROM t ORDER BY id DESC LIMIT 2", tmp_path / "kept", quiet)
    first, second = rows(made.folder)
    assert first == (
        4000000000, 1, 18446744073709551615, Decimal("-1234.50"), 1.5, float(np.float32(0.1)), 0.1, date(2024, 2, 29),
        datetime.fromisoformat("2024-01-01 10:00:00.123456"), datetime(2024, 1, 1, 1, tzinfo=UTC), "-100:10:00", 2024,
        "été",
        'a,"b"\nc\0d\\', b"\x00\xff\n", b"abc", "b", "x,y", '{"a": 1}', 5, None, "",
    )  # fmt: skip
    assert second == (1, *[None] * 21)
    sentences = said(made)
    assert any(one.startswith("2 values mean nothing outside") for one in sentences)
    assert any("15 digits" in one for one in sentences)
    assert any("(time)" in one for one in sentences)


@only(["mariadb"])
def test_floats_of_mariadb_are_the_same_to_the_last_bit(shop, tmp_path):
    wild = np.frombuffer(np.random.default_rng(1).bytes(8 * 3_000), "float64")
    wild = wild[np.isfinite(wild)]
    shop.run("CREATE TABLE t (id int, x double)")
    shop.run("INSERT INTO t VALUES " + ", ".join(f"({i}, {x!r})" for i, x in enumerate(wild.tolist())))
    made = databases.fetch("shop", "SELECT id, x FROM t", tmp_path / "kept", quiet)
    assert [x for _i, x in sorted(rows(made.folder))] == wild.tolist()


@only(["sqlite"])
def test_cells_of_sqlite_are_of_any_kind(shop, tmp_path):
    shop.run(
        "CREATE TABLE t (id integer PRIMARY KEY, mixed, number integer, text text, bytes blob, none)",
        "INSERT INTO t VALUES (1, 1, 9007199254740993, 'x' || char(0) || 'y', x'00ff', NULL)",
        "INSERT INTO t VALUES (2, 'q', 2, CAST(x'ff41' AS text), x'', NULL)",
        "INSERT INTO t VALUES (3, 2.5, 1, '', NULL, NULL)",
    )
    made = databases.fetch("shop", "SELECT * FROM t", tmp_path / "kept", quiet)
    assert rows(made.folder) == [
        (1, "1", 9007199254740993, "x\0y", b"\x00\xff", None),
        (2, "q", 2, "\ufffdA", b"", None),
        (3, "2.5", 1, "", None, None),
    ]
    assert said(made) == ["Columns with numbers in some rows and text in others are kept as text."]


@only(["duckdb"])
def test_types_of_duckdb(shop, tmp_path):
    shop.run(
        "CREATE TABLE t AS SELECT 1.50::decimal(20,2) AS money, 170141183460469231731687303715884105727::hugeint AS"
        " huge, [1, NULL] AS list, {'x': 1} AS record, 'a'::enum('a', 'b') AS kind, 'infinity'::date AS day,"
        " timestamptz '2024-07-01 00:30+02' AS moment, 'a\0b' AS text, '\\x00'::blob AS bytes, interval 1 month AS"
        " wait, 18446744073709551615::ubigint AS big"
    )
    made = databases.fetch("shop", "SELECT * FROM t", tmp_path / "kept", quiet)
    assert rows(made.folder) == [
        (Decimal("1.50"), 2.0**127, "[1,null]", '{"x":1}', "a", None, datetime(2024, 6, 30, 22, 30, tzinfo=UTC), "a\0b",
         b"\x00", "1 month", 18446744073709551615)
    ]  # fmt: skip
    assert any(one.startswith("1 values mean nothing") for one in said(made))


@only(["postgresql", "duckdb"])
def test_numbers_that_are_none_are_missing_and_counted(shop, tmp_path):
    shop.run(
        "CREATE TABLE t (id int, f double precision)",
        "INSERT INTO t VALUES (1, 'NaN'), (2, 'Infinity'), (3, '-Infinity'), (4, 0.5), (5, NULL)",
    )
    made = databases.fetch("shop", "SELECT f FROM t ORDER BY id", tmp_path / "kept", quiet)
    assert pq.read_table(made.folder)["f"].to_pylist() == [None, None, None, 0.5, None]
    assert any(one.startswith("3 values mean nothing outside") for one in said(made))
    shown = databases.preview("shop", "SELECT f FROM t ORDER BY id", 2)
    assert shown.frame["f"].isna().all()
    assert any(one.startswith("2 values mean nothing outside") for one in said(shown))  # of the rows that are shown


@only(["postgresql"])
def test_a_number_larger_or_smaller_than_a_float_stops_nothing(shop, tmp_path):
    shop.run(
        "CREATE TABLE t (id int, n numeric, forty numeric(40, 0))",
        "INSERT INTO t VALUES (1, 1e400, 1234567890123456789012345678901234567890), (2, -1e-400, -7), (3, 'NaN', NULL),"
        " (4, 'Infinity', NULL), (5, -1e300, NULL), (6, NULL, NULL)",
    )
    made = databases.fetch("shop", "SELECT n, forty FROM t ORDER BY id", tmp_path / "kept", quiet)
    assert rows(made.folder) == [
        (None, float("1234567890123456789012345678901234567890")), (0.0, -7.0), (None, None), (None, None),
        (-1e300, None), (None, None),
    ]  # fmt: skip
    assert any(one.startswith("3 values mean nothing outside") for one in said(made))
    assert "Columns with numbers of any length are kept to 15 digits." in said(made)


@only(["postgresql"])
def test_moments_at_a_change_of_clocks_keep_their_hour(shop, tmp_path):
    zone = ZoneInfo("Europe/Paris")
    shop.run(
        "CREATE TABLE t (id int, at timestamptz)", "SET timezone = 'Europe/Paris'",
        "INSERT INTO t VALUES (1, '2024-10-27 02:30+02'), (2, '2024-10-27 02:30+01'), (3, '2024-03-31 01:59:59+01'),"
        " (4, '2024-03-31 03:00+02')",
    )  # fmt: skip
    made = databases.fetch("shop", "SELECT at FROM t ORDER BY id", tmp_path / "kept", quiet)
    twice = [datetime(2024, 10, 27, 2, 30, tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    spring = [datetime(2024, 3, 31, 1, 59, 59, tzinfo=zone), datetime(2024, 3, 31, 3, tzinfo=zone)]
    expected = [*twice, *(one.astimezone(UTC) for one in spring)]
    assert pq.read_table(made.folder)["at"].to_pylist() == expected


@only(["postgresql"])
@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_text_is_what_it_is_whatever_the_database_is_written_in(shop, named, tmp_path, encoding):
    name = f"{encoding.lower()}_{shop.url.split('/shop_')[1][:32]}"
    shop.run(f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    url = re.sub(r"/shop_\w+", f"/{name}", shop.url)
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SET client_encoding = 'UTF8'")
        connection.execute('CREATE TABLE "é" ("où" text)')
        connection.execute("""INSERT INTO "é" VALUES ('déjà')""")
        if encoding == "SQL_ASCII":  # it takes what is no UTF-8, too
            connection.execute("CREATE TABLE bad (t text)")
            connection.execute(b"INSERT INTO bad VALUES (E'\\xe9\\xffA')")
    named(shop=url)
    assert "é" in [one.name for one in databases.tables("shop")]
    made = databases.fetch("shop", 'SELECT * FROM "é"', tmp_path / "kept", quiet)
    assert pq.read_table(made.folder).to_pylist() == [{"où": "déjà"}]
    if encoding == "SQL_ASCII":
        with pytest.raises(BadResponse, match=r"cannot be kept: invalid byte sequence.*0xe9 0xff"):
            databases.preview("shop", "SELECT * FROM bad", 1)


@only(["postgresql"])
def test_a_statement_ends_when_whoever_asked_is_killed(shop, tmp_path):
    work = (
        "import sys; from pathlib import Path; from connectors import databases\n"
        "databases.fetch('shop', sys.argv[1], Path(sys.argv[2]), lambda _message, _share: None)"
    )
    reader = subprocess.Popen([sys.executable, "-c", work, SLOW["postgresql"], str(tmp_path / "kept")])
    busy = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY%' AND state = 'active'"
    busy += " AND datname = current_database()"

    def becomes(count: int) -> bool:
        until = time.monotonic() + 60
        while (there := shop.run(busy)[0][0]) != count and time.monotonic() < until:
            time.sleep(0.2)
        return there == count

    assert becomes(1)
    reader.kill()
    reader.wait(10)
    assert becomes(0)


@only(["postgresql"])
def test_a_row_in_the_middle_that_cannot_be_computed_is_said_as_that(shop, tmp_path):
    query = "SELECT 1 / (90000 - g) AS a FROM generate_series(1, 100000) AS g"
    with pytest.raises(BadResponse, match=r"gives values that cannot be kept: division by zero\.$"):
        databases.fetch("shop", query, tmp_path / "kept", quiet)
    assert not list(tmp_path.glob("*kept*"))


@only(["postgresql", "duckdb"])
def test_years_that_python_does_not_know_stop_nothing(shop, tmp_path):
    shop.run(
        "CREATE TABLE t (id int, day date, moment timestamp)",
        "INSERT INTO t VALUES (1, '0044-03-15 (BC)', '0044-03-15 (BC)'), (2, '290000-01-01', '290000-01-01'),"
        " (3, '2024-05-01', '2024-05-01')".replace("(BC)", "BC" if shop.kind == "postgresql" else "(BC)"),
    )
    assert len(databases.preview("shop", "SELECT * FROM t", 5).frame) == 3
    for column in ("day", "moment"):
        since = Since(column, ("id",), timedelta(days=3))
        made = databases.fetch("shop", "SELECT * FROM t", tmp_path / column, quiet, since)
        text = read_path(made.folder, 10**9).frame[column].str[:11].tolist()
        assert [text[0][:11], text[2][:10]] == ["-0043-03-15", "2024-05-01"]
        since = replace(since, before=made.folder)
        shop.run(f"INSERT INTO t VALUES ({len(column) + 10}, CURRENT_DATE, CURRENT_DATE)")
        again = databases.fetch("shop", "SELECT * FROM t", tmp_path / f"{column} again", quiet, since)
        assert (again.whole, again.changes.new, again.changes.deleted) == (False, 1, 0)  # a mistyped day hides nothing


def test_more_columns_than_are_taken_are_refused_before_a_row_is_read(named, tmp_path):
    shop = duckdb_database(tmp_path)
    named(shop=shop.url)
    shop.run(f"CREATE TABLE t AS SELECT {', '.join(f'{i} AS c{i}' for i in range(3_000))}")
    for ask in (databases.preview, lambda *asked: databases.fetch(*asked[:2], tmp_path / "kept", quiet)):
        with pytest.raises(BadResponse, match="3000 columns and at most 2000"):
            ask("shop", "SELECT * FROM t", 5)
    few = ", ".join(f"c{i}" for i in range(2_000))
    assert len(databases.fetch("shop", f"SELECT {few} FROM t", tmp_path / "few", quiet).columns) == 2_000


@only(["postgresql"])
def test_names_that_are_sql_are_names_and_a_table_without_a_column_is_said(shop, tmp_path):
    names = ["select", "from", "drop table t;--", 'a"b', "é%s{x}", " ", "vigie lost", "$1"]
    columns = ", ".join('"{}" int'.format(one.replace('"', '""')) for one in names)
    shop.run(f'CREATE TABLE "order" ({columns})', 'INSERT INTO "order" VALUES (1, 2, 3, 4, 5, 6, 7, 8)',
             "CREATE TABLE nothing ()")  # fmt: skip
    query = databases.select("shop", databases.Table("public", "order"))
    assert databases.preview("shop", query, 5).frame.to_dict("list") == {one: [i + 1] for i, one in enumerate(names)}
    since = Since("vigie lost", ("drop table t;--", 'a"b'), 3)
    made = databases.fetch("shop", query, tmp_path / "0", quiet, since)
    shop.run('INSERT INTO "order" VALUES (1, 2, 3, 5, 5, 6, 8, 8)')
    again = databases.fetch("shop", query, tmp_path / "1", quiet, replace(since, before=made.folder))
    assert again.changes == databases.Changes(new=1, late=0, changed=0, deleted=0)
    with pytest.raises(BadResponse, match="has no column"):
        databases.preview("shop", "SELECT * FROM nothing", 5)


@only(["postgresql", "mariadb"])
def test_a_connection_that_is_cut_leaves_nothing(shop, tmp_path):
    kill = {
        "postgresql": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid()",
        "mariadb": "SELECT id FROM information_schema.processlist WHERE info LIKE '%seq_1_to_300000%' AND id <>"
        " connection_id()",
    }[shop.kind]
    cut = []

    def step(message: str, share: float) -> None:
        if message == databases.READING and share > 0 and not cut:
            cut.append(share)
            for (victim,) in shop.run(kill):
                if shop.kind == "mariadb":
                    shop.run(f"KILL CONNECTION {victim}")

    with pytest.raises(Unavailable, match="was cut: nothing was changed"):
        databases.fetch("shop", MANY[shop.kind].format(300_000), tmp_path / "kept", step)
    assert cut
    assert not list(tmp_path.glob("*kept*"))


class Cancelled(Exception):
    """Somebody does not want the result any more."""


@pytest.mark.parametrize("what", [MANY, SLOW])
def test_whoever_cancels_gets_out_and_the_database_stops(shop, tmp_path, what):
    asked = []

    def step(message: str, _share: float) -> None:
        asked.append(message)
        if len(asked) > 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        databases.fetch("shop", what[shop.kind].format(100_000_000), tmp_path / "kept", step)
    assert not list(tmp_path.glob("*kept*"))
    if shop.kind == "postgresql":
        active = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        assert shop.run("SELECT pg_sleep(0.5)", active)[0][0] == 0


def test_a_statement_that_takes_too_long_is_stopped(shop, tmp_path, monkeypatch):
    monkeypatch.setenv("VIGIE_DATABASE_SECONDS", "0.5")
    settings.get.cache_clear()
    with pytest.raises(Unavailable, match=r"more than 0\.5 seconds and was stopped"):
        databases.fetch("shop", SLOW[shop.kind], tmp_path / "kept", quiet)
    assert not list(tmp_path.glob("*kept*"))


def test_the_session_itself_writes_nothing(shop):
    shop.run("CREATE TABLE t (id integer)")
    if shop.kind == "postgresql":
        shop.run("CREATE FUNCTION evil() RETURNS int LANGUAGE sql AS 'INSERT INTO t VALUES (1) RETURNING id'")
    elif shop.kind == "mariadb":
        shop.run("CREATE FUNCTION evil() RETURNS int BEGIN INSERT INTO t VALUES (1); RETURN 1; END")
    inserts = {"postgresql": "SELECT evil() AS id", "mariadb": "SELECT evil() AS id"}
    with databases.opened("shop", 5) as db:
        if shop.kind in inserts:
            fields = db.describe("SELECT 1 AS id")
            with pytest.raises(ConnectorError, match=r"read-only|READ ONLY"):
                list(db.read(inserts[shop.kind], fields, None))
        else:
            with pytest.raises(ConnectorError):
                db.describe("INSERT INTO t VALUES (1) RETURNING id")
            with pytest.raises(ConnectorError):
                list(db.read("SELECT 1 AS id) AS q; INSERT INTO t VALUES (1); --", db.describe("SELECT 1 AS id"), None))
    assert shop.run("SELECT count(*) FROM t")[0][0] == 0


@pytest.mark.parametrize(
    ("query", "error", "sentence"),
    [
        ("SELECT * FROM nowhere", NotFound, "no such table, column or function"),
        ("SELECT nowhat FROM t", NotFound, "no such table, column or function.*nowhat"),
        ("SELECT id, id FROM t", BadResponse, "id"),
        ("SELECT id, id AS ID FROM t", BadResponse, "ID|id"),
        ("DELETE FROM t", BadResponse, "Write one SELECT"),
        ("SELECT FROM WHERE", BadResponse, "cannot be read as SQL|does not run"),
    ],
)
def test_what_cannot_be_answered_is_one_sentence(shop, tmp_path, query, error, sentence):
    shop.run("CREATE TABLE t (id integer)")
    if shop.kind == "sqlite" and query.startswith("SELECT id, id"):
        assert databases.preview("shop", query, 5).columns[0].name == "id"  # SQLite calls the other "id:1"
        return
    for ask in (
        lambda: databases.preview("shop", query, 5),
        lambda: databases.fetch("shop", query, tmp_path / "kept", quiet),
    ):
        with pytest.raises(error, match=sentence) as refused:
            ask()
        assert "\n" not in str(refused.value)
        assert len(str(refused.value)) < 400


def logged_and_shown(refused: pytest.ExceptionInfo, caplog: pytest.LogCaptureFixture) -> str:
    """All that anybody may read of an error: itself, what it comes from, its values, the log."""
    error, texts = refused.value, [caplog.text]
    while error is not None:
        texts += [str(error), repr(error), json.dumps(getattr(error, "values", {}), default=str)]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return " ".join(texts)


@only(["postgresql"])
def test_wrong_passwords_and_rights_of_postgresql(shop, named, tmp_path, caplog):
    role = f"reader_{shop.url.split('/shop_')[1][:8]}"
    shop.run(
        "CREATE TABLE t (id int)", "CREATE TABLE secret (id int)", f"CREATE ROLE {role} LOGIN PASSWORD 'hunter2'",
        f"GRANT SELECT ON t TO {role}",
    )  # fmt: skip
    (place,) = shop.run("SHOW hba_file")[0]
    with open(place, "r+") as file:  # noqa: PTH123
        lines = file.read()
        file.seek(0)
        file.write(f"local all {role} scram-sha-256\n{lines}")
    shop.run("SELECT pg_reload_conf()")
    asked = shop.url.replace("vigie@", f"{role}:hunter2@"), shop.url.replace("vigie@", f"{role}:hunter3@")
    named(
        shop=asked[0], wrong=asked[1], gone=shop.url.replace("vigie@", "vigie:hunter4@").replace("?host=", "?host=/no")
    )
    caplog.set_level(logging.DEBUG)
    assert databases.fetch("shop", "SELECT * FROM t", tmp_path / "kept", quiet).rows == 0
    assert "hunter" not in (tmp_path / "kept" / "_fetched.json").read_text()
    with pytest.raises(BadResponse, match=r"may not read this.*permission denied for table secret") as refused:
        databases.fetch("shop", "SELECT * FROM secret", tmp_path / "no", quiet)
    assert "hunter" not in logged_and_shown(refused, caplog)
    with pytest.raises(Unavailable, match="does not let Vigie in") as refused:
        databases.tables("wrong")
    assert "hunter" not in logged_and_shown(refused, caplog)
    with pytest.raises(Unavailable, match="cannot be reached") as refused:
        databases.preview("gone", "SELECT 1 AS a", 1)
    assert "hunter" not in logged_and_shown(refused, caplog)


@only(["mariadb"])
def test_wrong_passwords_and_rights_of_mariadb(shop, named, tmp_path, caplog):
    name = shop.url.split("/shop_")[1][:8]
    shop.run(
        "CREATE TABLE t (id int)", "CREATE TABLE secret (id int)",
        f"CREATE USER '{name}'@'localhost' IDENTIFIED BY 'hunter2'", f"GRANT SELECT ON t TO '{name}'@'localhost'",
    )  # fmt: skip
    right, wrong = (shop.url.replace("root@", f"{name}:{word}@") for word in ("hunter2", "hunter3"))
    named(shop=right, wrong=wrong, gone="mysql://root:hunter4@127.0.0.1:1/x")
    caplog.set_level(logging.DEBUG)
    assert databases.fetch("shop", "SELECT * FROM t", tmp_path / "kept", quiet).rows == 0
    cases = [("shop", "SELECT * FROM secret", BadResponse, "may not read this.*secret"),
             ("wrong", "SELECT 1 AS a", Unavailable, "does not let Vigie in"),
             ("gone", "SELECT 1 AS a", Unavailable, "cannot be reached")]  # fmt: skip
    for source, query, error, sentence in cases:
        with pytest.raises(error, match=sentence) as refused:
            databases.preview(source, query, 1)
        assert "hunter" not in logged_and_shown(refused, caplog)


def test_a_database_nobody_named_and_a_file_that_is_none(named, tmp_path):
    (tmp_path / "broken.sqlite").write_bytes(b"no database" * 1_000)
    (tmp_path / "broken.duckdb").write_bytes(b"no database" * 1_000)
    named(lite=f"sqlite:///{tmp_path}/broken.sqlite", duck=f"duckdb:///{tmp_path}/broken.duckdb",
          gone=f"sqlite:///{tmp_path}/nowhere", odd="firebird://a:hunter2@b/c")  # fmt: skip
    assert databases.sources() == ["lite", "duck", "gone", "odd"]
    with pytest.raises(Unavailable, match="There is no file of the database “gone”"):
        databases.tables("gone")
    with pytest.raises(NotFound, match="name no database “other”: they name lite, duck"):
        databases.tables("other")
    for source in ("lite", "duck", "gone", "odd"):
        with pytest.raises(ConnectorError, match=source) as refused:
            databases.preview(source, "SELECT 1 AS a", 1)
        assert "hunter2" not in str(refused.value)
    assert not (tmp_path / "nowhere").exists()


def test_reading_goes_ahead_by_a_few_batches_and_no_more():
    made, taken, wait = [], [], threading.Event()

    def batches():
        for number in range(50):
            made.append(number)
            yield number

    for number in watched(batches(), wait.set, lambda: None):
        taken.append(number)
        threading.Event().wait(0.002)
        assert len(made) - len(taken) <= AHEAD + 2
    assert taken == list(range(50))


def test_any_other_database_is_read_by_sqlalchemy(named, tmp_path):
    shop = sqlite_database(tmp_path)
    named(shop=shop.url)
    shop.run(
        "CREATE TABLE t (id integer, price real, name text, mixed)",
        "INSERT INTO t VALUES (1, 1.5, 'a:b', 1), (2, NULL, 'é', 'x'), (3, 2, NULL, NULL)",
    )
    with other.opened("shop", url_of("shop"), 5) as db:
        fields = db.describe("SELECT * FROM t WHERE name IS NULL OR name <> ':x'")
        (batch,) = db.read("SELECT * FROM t", fields, other.Bound("id", 2))
        assert batch.to_pydict() == {
            "id": [2, 3], "price": [None, 2.0], "name": ["é", None], "mixed": ["x", None], "vigie lost": [0, 0],
        }  # fmt: skip
        assert db.findings[0].severity == "warning"
        with pytest.raises(ConnectorError, match=r"does not run this SELECT.*nowhere"):
            db.describe("SELECT * FROM nowhere")
