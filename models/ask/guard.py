"""SQL that somebody wrote, held to reading: one SELECT, over tables that are known, with functions that only compute.

The tree is checked, not the text, and what is run is written from the tree again. The database itself reads no file and
no network (`data.tables.query`); this keeps settings, the environment and the catalogue out of reach, too.
"""

from collections.abc import Collection

from sqlglot import exp

from connectors import selects
from locales import N_, Sentence

MAX_CHARACTERS = 10_000  # characters
ROWS, SECONDS = 5000, 10
# Functions of DuckDB's own that only compute. All others that nobody knows are refused.
PLAIN = selects.PLAIN | frozenset(
    (
        "even", "favg", "fsum", "histogram", "isodow", "kurtosis", "list_contains", "mad", "prefix", "product",
        "regr_r2", "regr_slope", "skewness", "suffix",
    )
)  # fmt: skip
ONE = N_("Write one SELECT: nothing else is run here.")


class NotRun(Sentence):
    """Why a statement is not run."""


def checked(sql: str, tables: Collection[str]) -> str:
    """The statement to run for a `sql` that may read these tables: at most `ROWS` + 1 rows of its answer.

    Raises `NotRun` with a sentence for whoever wrote it.
    """
    tree = selects.parsed(sql, "duckdb", MAX_CHARACTERS, NotRun, ONE)
    own = {one.alias_or_name.lower() for one in tree.find_all(exp.CTE)}
    known = {name.lower() for name in tables} | own
    for node in tree.walk():
        if isinstance(node, exp.Table):
            plain = isinstance(node.this, exp.Identifier) and not node.args.get("db") and not node.args.get("catalog")
            if not plain or node.name.lower() not in known:
                called = (node.name or node.sql(dialect="duckdb"))[:60]
                listed = ", ".join(sorted(tables))
                raise NotRun(N_("There is no table “{name}” here: {tables}."), name=called, tables=listed)
        elif isinstance(node, selects.WRITING):
            raise NotRun(ONE)
        elif not _computes(node):
            raise NotRun(N_("The function “{name}” is not run here."), name=node.sql(dialect="duckdb")[:60])
    return f"SELECT * FROM ({tree.sql(dialect='duckdb', comments=False)}) LIMIT {ROWS + 1}"  # noqa: S608  # checked


def _computes(node: exp.Expr) -> bool:
    """Whether a part of a statement is no function, or one that only computes from its arguments."""
    if isinstance(node, exp.UDTF):
        return isinstance(node, (exp.Unnest, exp.Explode, exp.Values, exp.Lateral, exp.Subquery))
    return selects.computes(node, PLAIN)
