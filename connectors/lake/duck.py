"""Lines in a folder of Parquet files by DuckDB: the quickest engine as long as one machine is enough."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas as pd

from connectors import BadResponse, NotFound
from connectors.lake import Kind, Lake
from locales import N_

# A folder store=007 is no 7.
VIEW = """
    CREATE VIEW raw AS SELECT * FROM
    read_parquet(getvariable('files'), hive_partitioning = true, hive_types_autocast = false)
"""
KINDS: dict[str, Kind] = {"TIMESTAMP WITH TIME ZONE": "zoned", "VARCHAR": "text"}


@contextmanager
def opened(source: str, zone: str) -> Iterator[Lake]:
    """See `connectors.lake.opened`. What does not fit into memory goes to a temporary folder meanwhile."""
    files = parquets(Path(source))
    with tempfile.TemporaryDirectory() as aside, duckdb.connect(config={"temp_directory": aside}) as connection:
        connection.execute("SET TimeZone = $1", [zone])
        connection.execute("SET preserve_insertion_order = false")

        def ask(sql: str) -> pd.DataFrame:
            try:
                return connection.execute(sql).df()
            except duckdb.Error as error:
                raise _wrong(error) from error

        try:
            connection.execute("SET VARIABLE files = $1", [files])
            connection.execute(VIEW)
        except duckdb.Error as error:
            raise _wrong(error) from error
        found = connection.table("raw")
        kinds = {name: _kind(str(kind)) for name, kind in zip(found.columns, found.types, strict=True)}
        yield Lake(kinds, ask, _each(ask))


def parquets(folder: Path) -> list[str]:
    """The Parquet files of a folder that hold anything. What is still being written is hidden, and a writer that was
    killed leaves files without a byte."""
    found = [
        str(path)
        for path in sorted(folder.rglob("*.parquet"))
        if not any(part.startswith(("_", ".")) for part in path.relative_to(folder).parts) and path.stat().st_size
    ]
    if not found:
        raise NotFound(N_("There is no Parquet file in {folder}: name the folder that holds the lines."), folder=folder)
    return found


def _each(ask: Callable[[str], pd.DataFrame]) -> Callable[..., pd.DataFrame]:
    def each(
        sql: str, key: str, work: Callable[[pd.DataFrame], pd.DataFrame], kinds: Mapping[str, str]
    ) -> pd.DataFrame:
        made = [work(rows.reset_index(drop=True)) for _value, rows in ask(sql).groupby(key)]
        return pd.concat(made, ignore_index=True) if made else pd.DataFrame(columns=list(kinds))

    return each


def _kind(name: str) -> Kind:
    if name.startswith(("TIMESTAMP", "DATE")):
        return KINDS.get(name, "time")
    numbers = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "U", "FLOAT", "DOUBLE", "DECIMAL")
    return "number" if name.startswith(numbers) and name != "UUID" else KINDS.get(name, "other")


def _wrong(error: duckdb.Error) -> BadResponse:
    return BadResponse(N_("DuckDB cannot read these lines: {why}"), why=str(error).splitlines()[0][:300])
