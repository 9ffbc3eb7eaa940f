"""One SELECT that somebody wrote for a database of their own, held to reading.

The tree is checked, not the text, and what is run is written from the tree again: a comment that a server would run
is gone. Functions are those that only compute; one that is not known is refused, as it may write, wait, or read what
lies beside the tables. Which tables may be read is for the rights of the account; that nothing is written also for
the session (`connectors.sql.session`).
"""

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from connectors import BadResponse
from locales import N_

MAX_CHARACTERS = 20_000  # characters
WRITING = (
    *(exp.DDL, exp.DML, exp.Command, exp.Into, exp.Lock),
    *(exp.Placeholder, exp.Parameter, exp.SessionParameter),
)
# Functions that sqlglot has no class for and that only compute, of any of the databases.
PLAIN = frozenset(
    (
        "age", "approx_quantile", "arg_max", "arg_min", "array_length", "bit_count", "bool_and", "bool_or", "btrim",
        "cardinality", "cbrt", "char_length", "contains", "cume_dist", "date", "date_diff", "date_format", "date_part",
        "datediff", "datetime", "dayname", "dayofweek", "div", "elt", "epoch", "exp", "field", "find_in_set", "format",
        "from_unixtime", "hour", "ifnull", "initcap", "instr", "isfinite", "isnan", "json_array_length",
        "json_build_object", "json_extract", "json_object", "json_unquote", "json_value", "jsonb_array_length",
        "jsonb_build_object", "julianday", "last_day", "left", "length", "list", "ln", "log10", "log2", "lower",
        "lpad", "ltrim", "make_date", "make_interval", "make_timestamp", "median", "microsecond", "minute", "mode",
        "monthname", "octet_length", "percent_rank", "period_diff", "position", "printf", "quantile_disc", "quarter",
        "regexp_count", "regexp_substr", "repeat", "replace", "reverse", "right", "round", "row_to_json", "rpad",
        "rtrim", "scale", "split_part", "strftime", "strpos", "substr", "substring_index", "time", "time_to_sec",
        "timestampdiff", "to_days", "to_hex", "to_json", "to_jsonb", "to_number", "to_seconds", "total", "translate",
        "trim_scale", "truncate", "typeof", "unixepoch", "weekday", "width_bucket", "yearweek",
    )
)  # fmt: skip
# Classes of functions that say something of the server and not of the data, or read what is outside.
OUTSIDE = ("Read", "Session", "Current", "Version", "Load", "Http", "Url", "NextValue")
NOW = (exp.CurrentDate, exp.CurrentTime, exp.CurrentTimestamp, exp.CurrentDatetime)

ONE = N_("Write one SELECT: nothing else is run in a database.")


def whole(schema: str | None, table: str, dialect: str) -> str:
    """The SELECT that reads all of a table."""
    return exp.select("*").from_(exp.table_(table, db=schema, quoted=True)).sql(dialect=dialect)


def checked(sql: str, dialect: str, rows: int | None = None) -> str:
    """The statement to run for a `sql` written for a `dialect` of sqlglot: its first `rows` where these are given.

    Raises `BadResponse` with a sentence for whoever wrote it.
    """
    if len(sql) > MAX_CHARACTERS:
        raise BadResponse(N_("That is too long: write up to {count} characters."), count=MAX_CHARACTERS)
    try:
        parsed = [one for one in sqlglot.parse(sql, dialect=dialect) if one is not None]
    except (SqlglotError, RecursionError) as error:
        raise BadResponse(N_("This cannot be read as SQL: {why}."), why=str(error).splitlines()[0][:200]) from error
    if len(parsed) != 1 or not isinstance(parsed[0], exp.Query):
        raise BadResponse(ONE)
    tree = parsed[0]
    for node in tree.walk():
        if isinstance(node, WRITING):
            raise BadResponse(ONE)
        if not _computes(node):
            called = node.sql(dialect=dialect)[:60]
            raise BadResponse(
                N_("The function “{name}” is not run here: have a view made in the database that uses it."), name=called
            )
    if rows is not None and not tree.args.get("limit") and not tree.args.get("fetch"):
        tree = tree.limit(rows)
    return tree.sql(dialect=dialect, comments=False)


def _computes(node: exp.Expr) -> bool:
    """Whether a part of a statement is no function, or one that only computes from its arguments."""
    if isinstance(node, exp.Anonymous):
        return node.name.lower() in PLAIN
    return isinstance(node, NOW) or not (isinstance(node, exp.Func) and type(node).__name__.startswith(OUTSIDE))
