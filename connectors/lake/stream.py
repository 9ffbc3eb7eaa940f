"""Sales lines as they come, by Spark's Structured Streaming: each is summed once, whoever is killed when.

Spark notes in its checkpoint which lines are in a batch before it gives the batch away, and gives the same batch again
if it was killed before it noted that the batch is done. So whoever keeps a batch keeps its number in the same step, and
leaves out a batch whose number is kept already. Of lines with a `line_id` one that comes twice within `LATE` counts
once; a line that is older than `LATE` against the newest one before its batch is left out, and counted as late.
"""

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pandas as pd

import settings
from connectors import NotFound, Unavailable
from connectors.lake import Kind
from connectors.lake.spark import kind, read, session, told, translated
from locales import N_

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

LATE = "2 days"
EVERY = "15 seconds"
BEAT = 1  # seconds
# Of a message of Kafka, which is JSON with these names.
MESSAGE = """
    line_id STRING, timestamp TIMESTAMP_NTZ, store STRING, product STRING, invoice STRING, customer STRING,
    line_type STRING, quantity DOUBLE, unit_price DOUBLE, amount DOUBLE, unit_cost DOUBLE, promotion DOUBLE,
    description STRING, category STRING, supplier STRING, currency STRING
"""
Keep = Callable[[list[pd.DataFrame], int], None]


def follow(
    source: str,
    zone: str,
    place: Path,
    asked: Callable[[dict[str, Kind]], list[str]],
    keep: Keep,
    alive: Callable[[int], None],
) -> None:
    """Ask `asked(columns)` of each batch of new lines and give the answers, with the number of the batch, to `keep`.

    `source` is a folder that gets Parquet files, each moved there whole, or `kafka://host:9092/topic`. `place` is a
    folder on a disk that all machines of the engine see, for this source alone: its checkpoint is there, and no second
    process follows from it. `alive` is told every second how many lines came late; what it raises ends this, and so
    does what `keep` raises.
    """
    if settings.get().spark.startswith("sc://"):
        raise NotFound(N_("Spark Connect keeps nothing here: name a master in VIGIE_SPARK to follow lines."))
    failed: list[Exception] = []
    late: dict[int, int] = {}  # lines by batch, of this run
    with _alone(place), session(zone) as spark, told():
        # Spark keeps one state a partition from its first batch on: a task each, in every batch.
        spark.conf.set("spark.sql.shuffle.partitions", str(spark.sparkContext.defaultParallelism))
        lines = _stream(spark, source)
        columns = {field.name: kind(field.dataType) for field in lines.schema.fields}
        if "line_id" in columns:  # a watermark is of a moment: of times without a zone by the same clock as their days
            lines = lines.withColumn("timestamp", lines["timestamp"].cast("timestamp"))
            lines = lines.withWatermark("timestamp", LATE).dropDuplicatesWithinWatermark(["line_id"])
        queries = list(map(translated, asked(columns)))

        def batch(rows: "DataFrame", number: int) -> None:
            rows.persist()  # else each query would take the lines out of the stream again
            try:
                rows.createOrReplaceTempView("raw")
                keep([rows.sparkSession.sql(sql).toPandas() for sql in queries], number)
            except Exception as error:
                failed.append(error)
                raise
            finally:
                rows.unpersist()

        query = (
            lines.writeStream.foreachBatch(batch)
            .option("checkpointLocation", str(place / "checkpoint"))
            .trigger(processingTime=EVERY)
            .start()
        )
        try:
            while not _ended(query, failed):
                late |= _late(query)
                alive(sum(late.values()))
        finally:
            with suppress(Exception):  # of a batch that is broken off; why this ends is said by what ended it
                query.stop()


def _ended(query: Any, failed: list[Exception]) -> bool:
    try:
        return bool(query.awaitTermination(BEAT))
    except Exception:
        if failed:
            raise failed[0] from None
        raise


def _late(query: Any) -> dict[int, int]:
    """How many lines came too late, by batch, of the last batches."""
    recent = [json.loads(one.json) for one in query.recentProgress]
    return {
        one["batchId"]: sum(state["numRowsDroppedByWatermark"] for state in one["stateOperators"]) for one in recent
    }


def _stream(spark: "SparkSession", source: str) -> "DataFrame":
    """The lines; each that has no id of its own is known by its place in the source."""
    from pyspark.sql import functions

    if not source.startswith("kafka://"):
        schema = read(spark, source).schema
        lines = spark.readStream.schema(schema).parquet(source)
        if "line_id" not in schema.names:
            return lines
        place = functions.concat_ws("#", "_metadata.file_path", "_metadata.row_index")
        return lines.withColumn("line_id", functions.coalesce("line_id", place))
    url = urlsplit(source)
    messages = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", url.netloc)
        .option("subscribe", url.path.strip("/"))
        .option("startingOffsets", "earliest")
        .load()
    )
    line = functions.from_json(messages["value"].cast("string"), MESSAGE).alias("line")
    place = functions.concat_ws("#", "topic", "partition", "offset").alias("place")
    return (
        messages.select(line, place)
        .select("line.*", functions.coalesce("line.line_id", "place").alias("id"))
        .drop("line_id")
        .withColumnRenamed("id", "line_id")
    )


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """One process at a time; the lock goes with it, however it ends."""
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Unavailable(N_("Another process follows these lines already.")) from error
        yield
