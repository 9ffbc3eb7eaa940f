"""What is in a version of a dataset: its frames, read whole or in part, and what SQL answers about them."""

import glob
import threading
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet

from data.schemas import IS_GOODS
from data.tables.disk import Stored, check, path_of
from locales import N_, Sentence

# What a product is called: the most common description of its lines of goods; of equally common ones the one seen last.
CALLED = f"""
    CREATE VIEW called AS SELECT product, arg_max(description, (lines, last, description)) AS name FROM (
        SELECT product, description, count(*) AS lines, max(timestamp) AS last FROM sales
        WHERE {IS_GOODS} AND description IS NOT NULL AND product IS NOT NULL GROUP BY ALL
    ) GROUP BY product
"""  # noqa: S608  # a condition of ours
# A plain sum of the same numbers differs in its last digits by the order in which threads come to them, and what is
# learned from it in others.
SUMMED = "CREATE MACRO summed(numbers) AS round(fsum(numbers), 6)"
UNCALLED = "CREATE VIEW called AS SELECT NULL::VARCHAR AS product, NULL::VARCHAR AS name WHERE FALSE"


def read(
    stored: Stored,
    frame: str | None = None,
    columns: Sequence[str] | None = None,
    rows: pa.dataset.Expression | None = None,
    coded: bool = False,
) -> pd.DataFrame:
    """A frame of `stored` (its main one by default), all columns or those asked for, with the types it was kept with.

    Of `rows` (see `among` and `between`) no others are read. Where texts are `coded` they come as categories: of
    millions of rows a tenth of the memory and the time. Raises KeyError for a frame or column it does not have,
    `seals.Damaged` where it is not what was kept.
    """
    check(stored)
    name = frame or stored.table
    types = {column: stored.columns[name][column] for column in columns or stored.columns[name]}
    if coded:
        types = {column: "category" if kind == "str" else kind for column, kind in types.items()}
    if rows is None:  # not as a dataset, of whose buffers four times as much stays resident
        # Columns of categories are read as such, which is quicker; as text they tell which row groups to leave out.
        whole = [column for column, kind in types.items() if kind == "category"]
        with pa.parquet.ParquetFile(path_of(stored, name), read_dictionary=whole) as file:
            # One by one: a table of millions of rows is not there twice, as Arrow's and as pandas'.
            found = pd.concat([file.read([column]).to_pandas() for column in types], axis=1)
    else:
        wanted = {column: pa.dataset.field(column) for column in types}
        found = pa.dataset.dataset(path_of(stored, name)).to_table(wanted, filter=rows).to_pandas()
    return found.astype({column: kind for column, kind in types.items() if str(found[column].dtype) != kind})


def head(stored: Stored, rows: int) -> pd.DataFrame:
    """The first rows of the main frame. Raises `seals.Damaged`."""
    check(stored)
    with pa.parquet.ParquetFile(path_of(stored, stored.table)) as file:
        found = next(file.iter_batches(rows), file.schema_arrow.empty_table()).to_pandas()
    return found.astype(stored.columns[stored.table])


def profile(stored: Stored) -> pd.DataFrame:
    """One row a column of the main frame: `filled` (share of rows with a value) and `distinct` values.

    Raises `seals.Damaged`.
    """
    found = {}
    for name in stored.columns[stored.table]:  # one by one, as each may have as many values as rows
        column = quoted(name)
        sql = f"SELECT count({column}) / count(*) AS filled, count(DISTINCT {column}) AS distinct_ FROM {stored.table}"  # noqa: S608  # quoted
        found[name] = query(stored, sql).iloc[0]
    return pd.DataFrame(found).T.set_axis(["filled", "distinct"], axis=1).fillna(0.0)


def content(stored: Stored) -> bytes:
    """The Parquet file of the main frame. Raises `seals.Damaged`."""
    check(stored)
    return path_of(stored, stored.table).read_bytes()


def among(column: str, values: Sequence[str] | None) -> pa.dataset.Expression:
    """The rows in which `column` has one of `values`, for `read`; all rows for None."""
    return (
        pa.dataset.scalar(True) if values is None else pa.dataset.field(column).isin(pa.array(list(values), "string"))
    )


def between(column: str, start: date | str | None, end: date | str | None) -> pa.dataset.Expression:
    """The rows in which the time `column` lies from `start` to `end`, for `read`; an end that is None is open."""
    when, found = pa.dataset.field(column), pa.dataset.scalar(True)
    if start is not None:
        found &= when >= pd.Timestamp(start)
    if end is not None:
        found &= when <= pd.Timestamp(end)
    return found


def names(stored: Stored) -> dict[str, str]:
    """What each product of a sales dataset is called; of one without a description nothing."""
    found = query(stored, "SELECT product, name FROM called")
    return dict(zip(found["product"].astype(str), found["name"].astype(str), strict=True))


def query(stored: Stored, sql: str, **params: object) -> pd.DataFrame:
    """The answer of DuckDB to `sql`, in which every frame is a table and `$name` stands for a value of `params`.

    Sales have an `amount`, that of their source or else quantity x unit_price (see `data.schemas.amounts`), and
    `called` says the `name` of each `product` that has one (see `CALLED`). `summed(...)` is a sum that is the same to
    the last bit in whatever order lines are added. The query sees these frames and nothing else: no file, no network,
    no Python variable, no setting. Raises `seals.Damaged`.
    """
    check(stored)
    with _open(stored.folder, tuple((name, tuple(kept)) for name, kept in stored.columns.items())).cursor() as cursor:
        return cursor.execute(sql, params or None).df()


def only(sql: str, where: str) -> str:
    """The query `sql` over those lines of sales that fit a condition, of which all of them are `main.sales`."""
    lines, rest = f"sales AS (SELECT * FROM main.sales WHERE {where})", sql.strip()  # noqa: S608  # conditions of ours
    return f"WITH {lines}, {rest[5:]}" if rest.startswith("WITH ") else f"WITH {lines} {rest}"


def unknown(stored: Stored) -> frozenset[str]:
    """What a sales dataset does not say of any line: amount, quantity, unit_price, time_of_day."""
    day = "count(*) FILTER (timestamp <> date_trunc('day', timestamp))"
    found = query(stored, f"SELECT count(amount), count(quantity), count(unit_price), {day} FROM sales").iloc[0]  # noqa: S608
    names = ("amount", "quantity", "unit_price", "time_of_day")
    return frozenset(name for name, count in zip(names, found, strict=True) if not count)


def quoted(name: str) -> str:
    """A column's name in SQL."""
    return '"' + name.replace('"', '""') + '"'


class NotAnswered(Sentence):
    """A statement that the database does not answer, or not in the time it was given."""


def limited(stored: Stored, sql: str, seconds: float) -> pd.DataFrame:
    """`query` of a statement that may take so many seconds. Raises `NotAnswered`, `seals.Damaged`."""
    check(stored)
    frames = tuple((name, tuple(kept)) for name, kept in stored.columns.items())
    with _open(stored.folder, frames).cursor() as cursor:
        timer = threading.Timer(seconds, cursor.interrupt)
        timer.start()
        try:
            return cursor.execute(sql).df()
        except duckdb.InterruptException as error:
            long = N_("This took longer than {seconds} seconds and was stopped: ask for less.")
            raise NotAnswered(long, seconds=seconds) from error
        except duckdb.Error as error:
            raise NotAnswered(N_("The database says: {why}"), why=str(error).splitlines()[0][:300]) from error
        finally:
            timer.cancel()


@lru_cache(maxsize=8)
def _open(folder: Path, frames: tuple[tuple[str, tuple[str, ...]], ...]) -> duckdb.DuckDBPyConnection:
    """A database of the frames (name, columns) in a folder, kept: opening one takes longer than most queries."""
    files = {name: str(folder / f"{name}.parquet") for name, _columns in frames}
    named = {name: glob.escape(file) for name, file in files.items()}
    connection = duckdb.connect(config={"python_enable_replacements": "false"})
    connection.execute("SET allowed_paths = $1", [[*files.values(), *named.values()]])
    connection.execute("SET enable_external_access = false")  # apart from these files
    connection.execute("SET lock_configuration = true")
    connection.execute(SUMMED)
    for name, columns in frames:
        lines = name == "sales" and "amount" not in columns and {"quantity", "unit_price"} <= set(columns)
        connection.read_parquet(named[name]).create_view(f"_{name}" if lines else name)
        if lines:  # what a line is worth has one name, whether or not its source says so
            connection.execute("CREATE VIEW sales AS SELECT *, quantity * unit_price AS amount FROM _sales")
        if name == "sales":
            connection.execute(CALLED if {"product", "description", "line_type"} <= set(columns) else UNCALLED)
    return connection
