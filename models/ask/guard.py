"""SQL that somebody wrote, held to reading: one SELECT, over tables that are known, with functions that only compute.

The tree is checked, not the text, and what is run is written from the tree again. The database itself reads no file and
no network (`data.tables.query`); this keeps settings, the environment and the catalogue out of reach, too.
"""

from collections.abc import Collection

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from locales import N_, Sentence

MAX_CHARACTERS = 10_000  # characters
ROWS, SECONDS = 5000, 10
# Functions that sqlglot has no class for, and that only compute. All others it does not know are refused.
PLAIN = frozenset(
    (
        "approx_quantile", "arg_max", "arg_min", "bool_and", "bool_or", "cbrt", "contains", "date_diff", "date_part",
        "datediff", "dayname", "dayofweek", "epoch", "even", "exp", "favg", "format", "fsum", "histogram", "hour",
        "isfinite", "isnan", "isodow", "kurtosis", "last_day", "list", "list_contains", "ln", "log10", "log2", "ltrim",
        "mad", "median", "minute", "mode", "monthname", "prefix", "printf", "product", "quantile_disc", "regr_r2",
        "regr_slope", "reverse", "rtrim", "skewness", "strftime", "suffix", "weekday", "yearweek",
    )
)  # fmt: skip
# Classes of functions that say something of the server and not of the data, or read what is outside.
OUTSIDE = ("Read", "Session", "Current", "Version", "Load", "Http", "Url")
NOW = (exp.CurrentDate, exp.CurrentTime, exp.CurrentTimestamp, exp.CurrentDatetime)

WRITING = (
    *(exp.DDL, exp.DML, exp.Command, exp.Into, exp.Lock),
    *(exp.Placeholder, exp.Parameter, exp.SessionParameter),
)


class Refused(Sentence):
    """Why a statement is not run."""


def checked(sql: str, tables: Collection[str]) -> str:
    """The statement to run for a `sql` that may read these tables: at most `ROWS` + 1 rows of its answer.

    Raises `Refused` with a sentence for whoever wrote it.
    """
    if len(sql) > MAX_CHARACTERS:
        raise Refused(N_("That is too long: write up to {count} characters."), count=MAX_CHARACTERS)
    try:
        parsed = [one for one in sqlglot.parse(sql, dialect="duckdb") if one is not None]
    except (SqlglotError, RecursionError) as error:
        raise Refused(N_("This cannot be read as SQL: {why}."), why=str(error).splitlines()[0][:200]) from error
    if len(parsed) != 1 or not isinstance(parsed[0], exp.Query):
        raise Refused(N_("Write one SELECT: nothing else is run here."))
    tree = parsed[0]
    own = {one.alias_or_name.lower() for one in tree.find_all(exp.CTE)}
    known = {name.lower() for name in tables} | own
    for node in tree.walk():
        if isinstance(node, exp.Table):
            plain = isinstance(node.this, exp.Identifier) and not node.args.get("db") and not node.args.get("catalog")
            if not plain or node.name.lower() not in known:
                called = (node.name or node.sql(dialect="duckdb"))[:60]
                listed = ", ".join(sorted(tables))
                raise Refused(N_("There is no table “{name}” here: {tables}."), name=called, tables=listed)
        elif isinstance(node, WRITING):
            raise Refused(N_("Write one SELECT: nothing else is run here."))
        elif not _computes(node):
            raise Refused(N_("The function “{name}” is not run here."), name=node.sql(dialect="duckdb")[:60])
    return f"SELECT * FROM ({tree.sql(dialect='duckdb', comments=False)}) LIMIT {ROWS + 1}"  # noqa: S608  # checked


def _computes(node: exp.Expr) -> bool:
    """Whether a part of a statement is no function, or one that only computes from its arguments."""
    if isinstance(node, exp.Anonymous):
        return node.name.lower() in PLAIN
    if isinstance(node, exp.UDTF):
        return isinstance(node, (exp.Unnest, exp.Explode, exp.Values, exp.Lateral, exp.Subquery))
    return isinstance(node, NOW) or not (isinstance(node, exp.Func) and type(node).__name__.startswith(OUTSIDE))
