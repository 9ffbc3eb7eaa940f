"""One SELECT that somebody wrote, read as a tree and held to reading: what every dialect has in common.

The tree is checked, not the text, and what is run is written from the tree again: a comment that a server would run
is gone. Which tables may be read is for whoever asks (`connectors.databases.statement`, `models.ask.guard`).
"""

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from locales import N_, Sentence

WRITING = (
    *(exp.DDL, exp.DML, exp.Command, exp.Into, exp.Lock),
    *(exp.Placeholder, exp.Parameter, exp.SessionParameter),
)
# Functions that sqlglot has no class for and that only compute, in DuckDB and wherever else they are known.
PLAIN = frozenset(
    (
        "approx_quantile", "arg_max", "arg_min", "bool_and", "bool_or", "cbrt", "contains", "date_diff", "date_part",
        "datediff", "dayname", "dayofweek", "epoch", "exp", "format", "hour", "isfinite", "isnan", "last_day", "list",
        "ln", "log10", "log2", "ltrim", "median", "minute", "mode", "monthname", "printf", "quantile_disc", "reverse",
        "rtrim", "strftime", "weekday", "yearweek",
    )
)  # fmt: skip
# Classes of functions that say something of the server and not of the data, or read what is outside.
OUTSIDE = ("Read", "Session", "Current", "Version", "Load", "Http", "Url", "NextValue")
NOW = (exp.CurrentDate, exp.CurrentTime, exp.CurrentTimestamp, exp.CurrentDatetime)


def parsed(sql: str, dialect: str, longest: int, refused: type[Sentence], only: str) -> exp.Query:
    """The tree of one query in a `dialect` of sqlglot, of at most so many characters.

    Raises `refused` with a sentence for whoever wrote it: `only` where it is another statement, or several.
    """
    if len(sql) > longest:
        raise refused(N_("That is too long: write up to {count} characters."), count=longest)
    try:
        found = [one for one in sqlglot.parse(sql, dialect=dialect) if one is not None]
    except (SqlglotError, RecursionError) as error:
        raise refused(
            N_("This cannot be read as SQL: {why}."), why=str(error).splitlines()[0][:200].rstrip(". ")
        ) from error
    if len(found) != 1 or not isinstance(found[0], exp.Query):
        raise refused(only)
    return found[0]


def computes(node: exp.Expr, plain: frozenset[str]) -> bool:
    """Whether a part of a statement is no function, or one that only computes from its arguments; `plain` names those
    that sqlglot does not know."""
    if isinstance(node, exp.Anonymous):
        return node.name.lower() in plain
    return isinstance(node, NOW) or not (isinstance(node, exp.Func) and type(node).__name__.startswith(OUTSIDE))
