"""Lines in a folder of Parquet files, a table or at a URL by Spark, on as many machines as it has.

`VIGIE_SPARK` names a master (`local[*]`, `spark://host:7077`, `yarn`, `k8s://...`) or a Spark Connect server
(`sc://host:15002`). Memory, packages and where its files are written are the business of `spark-defaults.conf`.
Executors run Vigie's functions: they need Python, and Vigie with its requirements, at the same place as here.
"""

import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pandas as pd
import sqlglot

import settings
from connectors import BadResponse, ConnectorError, NotFound, Unavailable
from connectors.lake import Kind, Lake
from locales import N_

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

KINDS: dict[str, Kind] = {
    "TimestampType": "zoned",
    "TimestampNTZType": "time",
    "DateType": "time",
    "StringType": "text",
}
OPTIONS = {
    "spark.sql.ansi.enabled": "true",  # what overflows is an error, and no wrong number
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",  # store=007 is no 7
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.ui.showConsoleProgress": "false",
}


@contextmanager
def opened(source: str, zone: str) -> Iterator[Lake]:
    """See `connectors.lake.opened`."""
    with session(zone) as spark, told():
        lines = read(spark, source)
        lines.createOrReplaceTempView("raw")
        columns = {field.name: kind(field.dataType) for field in lines.schema.fields}

        def ask(sql: str) -> pd.DataFrame:
            with told():
                return spark.sql(translated(sql)).toPandas()

        def each(
            sql: str, key: str, work: Callable[[pd.DataFrame], pd.DataFrame], kinds: Mapping[str, str]
        ) -> pd.DataFrame:
            schema = ", ".join(f"`{name}` {kind}" for name, kind in kinds.items())
            with told():
                return spark.sql(translated(sql)).groupBy(key).applyInPandas(work, schema).toPandas()

        yield Lake(columns, ask, each)


@contextmanager
def session(zone: str) -> "Iterator[SparkSession]":
    """A session of Spark at `VIGIE_SPARK`, for a while, whose clock is that of `zone`. Raises ConnectorError."""
    where = settings.get().spark
    if not where:
        raise NotFound(N_("No Spark is named: set VIGIE_SPARK to a master or a Connect URL, or use the engine duckdb."))
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    # It says so at every step; what is used of it here is held by tests.
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise NotFound(N_("Spark is not installed here: install requirements-spark.txt, and Java 17.")) from error
    remote = where.startswith("sc://")
    builder = (SparkSession.builder.remote if remote else SparkSession.builder.master)(where).appName("Vigie")
    for name, value in (OPTIONS | {"spark.sql.session.timeZone": zone}).items():
        builder = builder.config(name, value)
    if not remote:
        builder = builder.config("spark.executorEnv.PYTHONPATH", str(settings.ROOT))
    try:
        spark = builder.getOrCreate()
    except (PySparkException, OSError) as error:
        raise Unavailable(
            N_("Spark does not start or does not answer at {where}: {why}"), where=where, why=_first(error)
        ) from error
    if not remote:
        spark.sparkContext.setLogLevel("ERROR")
    try:
        yield spark
    finally:
        with suppress(Exception):  # its JVM may have ended already, as when this process is told to end
            spark.stop()
        os.environ.pop("SPARK_CONNECT_MODE_ENABLED", None)  # else no other Spark is found any more


def read(spark: "SparkSession", source: str) -> "DataFrame":
    """A folder of Parquet files or a URL, by its slash, or a table of the catalogue."""
    return spark.read.parquet(source) if "/" in source else spark.table(source)


def translated(sql: str) -> str:
    """SQL of DuckDB as Spark speaks it."""
    return sqlglot.transpile(sql, read="duckdb", write="spark")[0]


def kind(type_: Any) -> Kind:
    """What a column of Spark holds."""
    from pyspark.sql.types import NumericType

    return "number" if isinstance(type_, NumericType) else KINDS.get(type(type_).__name__, "other")


@contextmanager
def told() -> Iterator[None]:
    """What Spark says meanwhile as a sentence."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except ConnectorError:
        raise
    except (PySparkException, Py4JError) as error:
        raise BadResponse(N_("Spark cannot sum these lines up: {why}"), why=_first(error)) from error


def _first(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:300]
