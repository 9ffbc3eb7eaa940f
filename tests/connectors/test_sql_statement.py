"""What somebody writes for a database is one SELECT that only computes; what is run means the same."""

import psycopg
import pytest

from connectors import BadResponse
from connectors.databases.statement import checked, whole
from tests.connectors.conftest import postgres_database

REFUSED = {
    "postgres": [
        "DELETE FROM t", "SELECT 1; DROP TABLE t", "WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x",
        "SELECT * INTO y FROM t", "SELECT * FROM t FOR UPDATE", "COPY t TO '/tmp/x'", "EXPLAIN ANALYZE DELETE FROM t",
        "SELECT nextval('s')", "SELECT pg_sleep(9)", "SELECT lo_import('/etc/passwd')", "SELECT pg_read_file('x')",
        "SELECT set_config('transaction_read_only', 'off', false)", "SELECT * FROM dblink('x', 'y') AS d(a int)",
        "SELECT pg_terminate_backend(1)", "SELECT query_to_xml('DELETE FROM t', true, true, '')", "SELECT current_user",
        "SELECT * FROM t WHERE id = $1", "SET x = 1", "VACUUM", "CALL p()", "DO $$BEGIN END$$", "", "TABLE",
        "SELECT my_own(1)", "MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE", "SELECT version()",
    ],
    "mysql": [
        "SELECT * FROM t INTO OUTFILE '/tmp/x'", "SELECT LOAD_FILE('/etc/passwd')", "SELECT SLEEP(9)",
        "SELECT BENCHMARK(1000000, 1)", "SELECT GET_LOCK('a', 1)", "SELECT @a := 1",
        "SELECT * FROM t LOCK IN SHARE MODE", "SELECT @@datadir", "HANDLER t OPEN", "SHOW TABLES", "USE mysql",
    ],
    "sqlite": ["SELECT load_extension('x')", "SELECT readfile('/etc/passwd')", "PRAGMA query_only = OFF",
               "ATTACH '/tmp/x' AS y", "SELECT * FROM pragma_table_info('t')"],
    "duckdb": ["SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM read_text('/etc/passwd')", "INSTALL httpfs",
               "SELECT getenv('HOME')", "SELECT * FROM glob('/*')", "COPY t TO 'x'", "EXPORT DATABASE 'x'"],
}  # fmt: skip


@pytest.mark.parametrize(("dialect", "sql"), [(dialect, sql) for dialect, some in REFUSED.items() for sql in some])
def test_what_writes_waits_or_reads_outside_is_refused(dialect, sql):
    with pytest.raises(BadResponse):
        checked(sql, dialect)


def test_a_comment_that_mysql_would_run_is_gone():
    assert "OUTFILE" not in checked("SELECT 1 /*! INTO OUTFILE '/tmp/x' */", "mysql")


def test_the_first_rows_are_asked_for_unless_the_statement_says_how_many():
    assert checked("SELECT a FROM t ORDER BY a", "postgres", 5).endswith("LIMIT 5")
    assert checked("SELECT a FROM t LIMIT 3", "postgres", 5).endswith("LIMIT 3")
    assert checked("SELECT a FROM t UNION ALL SELECT b FROM u", "mysql", 5).endswith("LIMIT 5")


def test_a_table_of_any_name_is_read_whole():
    assert whole("s", 'a"; DROP TABLE t; --', "postgres") == 'SELECT * FROM "s"."a""; DROP TABLE t; --"'
    assert whole(None, "a`b", "mysql") == "SELECT * FROM `a``b`"


ANSWERED = [
    "SELECT store, date_trunc('month', day)::date AS month, sum(price) FILTER (WHERE price > 2) AS paid FROM t"
    " GROUP BY 1, 2 ORDER BY 1, 2",
    "WITH ranked AS (SELECT *, row_number() OVER (PARTITION BY store ORDER BY day DESC, id) AS r FROM t)"
    " SELECT id, r FROM ranked WHERE r <= 2 ORDER BY id",
    "SELECT id, note->>'a' AS a, coalesce(nullif(text, ''), 'none') AS text, text ILIKE 'É%' AS like_it FROM t"
    " ORDER BY id",
    "SELECT a.id, b.id AS other FROM t a LEFT JOIN LATERAL (SELECT id FROM t WHERE t.id > a.id ORDER BY id LIMIT 1) b"
    " ON true ORDER BY 1",
    "SELECT id, CASE WHEN price BETWEEN 1 AND 3 THEN 'low' ELSE 'high' END AS level, day + interval '1 day' AS next,"
    " extract(dow FROM day)::int AS weekday, to_char(day, 'YYYY-MM') AS month, 'it''s' AS quote FROM t ORDER BY id",
    "SELECT store FROM t UNION SELECT 99 ORDER BY 1",
    "SELECT day, count(DISTINCT store) AS stores, string_agg(text, ',' ORDER BY id) AS texts FROM t GROUP BY day"
    " ORDER BY 1",
    "SELECT g AS n, round(g / 3.0, 2) AS third FROM generate_series(1, 5) AS g",
]


@pytest.fixture(scope="module")
def table(postgres_url):
    made = postgres_database(postgres_url)
    made.run(
        "CREATE TABLE t (id int, store int, day timestamp, price numeric(10, 2), text text, note jsonb)",
        "INSERT INTO t SELECT i, i % 3, timestamp '2024-01-30' + i * interval '7 h', i / 2.0, CASE i % 4 WHEN 0 THEN"
        """ NULL WHEN 1 THEN 'été' ELSE '' END, '{"a": "b"}' FROM generate_series(1, 20) AS i""",
    )
    return made


@pytest.mark.parametrize("sql", ANSWERED)
def test_what_is_run_answers_what_was_written(table, sql):
    with psycopg.connect(table.url.replace("+psycopg", "")) as connection:
        assert connection.execute(checked(sql, "postgres")).fetchall() == connection.execute(sql).fetchall()
