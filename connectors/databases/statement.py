"""One SELECT that somebody wrote for a database of their own, held to reading.

The tree is checked, not the text, and what is run is written from the tree again: a comment that a server would run
is gone. Functions are those that only compute; one that is not known is refused, as it may write, wait, or read what
lies beside the tables. Which tables may be read is for the rights of the account; that nothing is written also for
the session (`connectors.databases.session`).
"""

from sqlglot import exp

from connectors import BadResponse, selects
from locales import N_

MAX_CHARACTERS = 20_000  # characters
# Functions of databases that only compute, beside those that everybody may ask for.
PLAIN = selects.PLAIN | frozenset(
    (
        "age", "array_length", "bit_count", "btrim", "cardinality", "char_length", "cume_dist", "date", "date_format",
        "datetime", "div", "elt", "field", "find_in_set", "from_unixtime", "ifnull", "initcap", "instr",
        "json_array_length", "json_build_object", "json_extract", "json_object", "json_unquote", "json_value",
        "jsonb_array_length", "jsonb_build_object", "julianday", "left", "length", "lower", "lpad", "make_date",
        "make_interval", "make_timestamp", "microsecond", "octet_length", "percent_rank", "period_diff", "position",
        "quarter", "regexp_count", "regexp_substr", "repeat", "replace", "right", "round", "row_to_json", "rpad",
        "scale", "split_part", "strpos", "substr", "substring_index", "time", "time_to_sec", "timestampdiff",
        "to_days", "to_hex", "to_json", "to_jsonb", "to_number", "to_seconds", "total", "translate", "trim_scale",
        "truncate", "typeof", "unixepoch", "width_bucket",
    )
)  # fmt: skip

ONE = N_("Write one SELECT: nothing else is run in a database.")


def whole(schema: str | None, table: str, dialect: str) -> str:
    """The SELECT that reads all of a table."""
    return exp.select("*").from_(exp.table_(table, db=schema, quoted=True)).sql(dialect=dialect)


def checked(sql: str, dialect: str, rows: int | None = None) -> str:
    """The statement to run for a `sql` written for a `dialect` of sqlglot: its first `rows` where these are given.

    Raises `BadResponse` with a sentence for whoever wrote it.
    """
    tree = selects.parsed(sql, dialect, MAX_CHARACTERS, BadResponse, ONE)
    for node in tree.walk():
        if isinstance(node, selects.WRITING):
            raise BadResponse(ONE)
        if not selects.computes(node, PLAIN):
            called = node.sql(dialect=dialect)[:60]
            raise BadResponse(
                N_("The function “{name}” is not run here: have a view made in the database that uses it."), name=called
            )
    if rows is not None and not tree.args.get("limit") and not tree.args.get("fetch"):
        tree = tree.limit(rows)
    return tree.sql(dialect=dialect, comments=False)
