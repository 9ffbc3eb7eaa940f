"""Object storage that speaks as S3 does: a folder of Parquet files, or one file, as a table, by Arrow.

The URL is s3://KEY:SECRET@bucket/folder?region=eu-west-1, with endpoint_override=host:port and scheme=http where it is
not Amazon's, as Arrow names them; without keys those of the machine are used. Folders called name=value are columns.
What is asked is the path of a folder below that of the URL; names in it that begin with "_" or "." are left out.
"""

import json
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pyarrow as pa
import pyarrow.dataset

from connectors import BadResponse
from connectors.databases.postgres import DIGITS
from connectors.databases.session import (
    AS_FLOAT,
    AS_TEXT,
    BATCH,
    CONNECT_SECONDS,
    LOST,
    Bound,
    Field,
    Kind,
    Session,
    address,
    failed,
    unreadable,
)  # fmt: skip
from locales import N_

if TYPE_CHECKING:
    from pyarrow.fs import FileInfo, FileSystem

ALL = "."
OPTIONS = ("region", "endpoint_override", "scheme")
TRIES = 2  # of a request
REQUEST_SECONDS = 60  # without a byte
SAID: dict[str, Kind] = {
    "ACCESS_DENIED": "keys", "INVALID_ACCESS_KEY_ID": "keys", "SIGNATURE_DOES_NOT_MATCH": "keys",
    "INVALID_SIGNATURE": "keys", "InvalidAccessKeyId": "keys", "HTTP status 403": "keys", "NETWORK_CONNECTION": "far",
    "REQUEST_TIMEOUT": "far", "NO_SUCH_BUCKET": "folder", "HTTP status 404": "folder", "RESOURCE_NOT_FOUND": "folder",
}  # fmt: skip


def whole(folder: str, _lists: str) -> str:
    """The question that reads all of a folder."""
    return folder


def tables(source: str) -> list[str]:
    """The folders and Parquet files below the URL of a source, and all of it where files lie there themselves."""
    files, base = _opened(source)
    found = _listed(source, files, base, recursive=False)
    folders = [one.base_name for one in found if not one.is_file and "=" not in one.base_name]
    single = [one.base_name for one in found if one.is_file and _is_parquet(one)]
    parted = any("=" in one.base_name for one in found if not one.is_file)
    return [*([ALL] if single or parted else []), *folders, *single]


@contextmanager
def opened(source: str, seconds: float) -> Generator[Session, None, None]:
    """A session with the object store of a source, whose reading may take `seconds`. Raises ConnectorError."""
    files, base = _opened(source)
    left, late = threading.Event(), threading.Event()
    made: dict[str, Any] = {}  # the dataset of a path: its footers are read once

    def dataset(path: str) -> Any:
        if path not in made:
            made[path] = _dataset(source, files, base, path)
        return made[path]

    def describe(path: str) -> list[Field]:
        return [_field(field) for field in dataset(path).schema]

    def estimate(path: str) -> int:
        with _told(source, path, seconds):
            return int(dataset(path).count_rows())

    def read(path: str, fields: list[Field], bound: Bound | None) -> Iterator[pa.RecordBatch]:
        schema = pa.schema([*((field.name, field.kind) for field in fields), (LOST, pa.int64())])
        names = [field.name for field in fields]
        where = None
        if bound:
            kind = next(field.kind for field in fields if field.name == bound.column)
            where = pa.dataset.field(bound.column).cast(kind, safe=False) >= pa.scalar(bound.value, kind)
        alarm = threading.Timer(seconds, late.set)
        alarm.daemon = True
        alarm.start()
        try:
            with _told(source, path, seconds):
                scanner = dataset(path).scanner(
                    columns=names, filter=where, batch_size=BATCH, batch_readahead=2, fragment_readahead=2
                )
                for batch in scanner.to_batches():
                    if late.is_set():
                        raise failed(source, "slow", seconds=seconds)
                    if left.is_set():
                        return
                    if len(batch):
                        yield _batch(batch, schema)
        finally:
            alarm.cancel()

    yield Session("", describe, read, estimate, left.set, (), _checked)


def _opened(source: str) -> tuple["FileSystem", str]:
    """The store of a source, and the path that its URL names in it."""
    from pyarrow.fs import AwsStandardS3RetryStrategy, S3FileSystem

    try:
        written = urlsplit(address(source))
        options = dict(parse_qsl(written.query, strict_parsing=bool(written.query)))
        keys, _at, bucket = written.netloc.rpartition("@")
        name, _colon, secret = keys.partition(":")
        if not bucket or ":" in bucket or set(options) - set(OPTIONS):
            raise unreadable(source)
        given = {"access_key": unquote(name), "secret_key": unquote(secret)} if keys else {}
        files = S3FileSystem(
            **given, **options, connect_timeout=CONNECT_SECONDS, request_timeout=REQUEST_SECONDS,
            retry_strategy=AwsStandardS3RetryStrategy(max_attempts=TRIES),
        )  # fmt: skip
    except (ValueError, OSError):
        raise unreadable(source) from None
    return files, f"{bucket}{unquote(written.path)}".rstrip("/")


def _checked(query: str, _rows: int | None) -> str:
    """The path below the source, if it stays there. Raises `BadResponse`."""
    if not query or query.startswith("/") or ".." in query.split("/"):
        raise BadResponse(N_("Choose a folder or a Parquet file of the store."))
    return query


@contextmanager
def _told(source: str, path: str, seconds: float = 0) -> Generator[None, None, None]:
    """What goes wrong in the store as a sentence."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        usual: Kind = "folder" if isinstance(error, FileNotFoundError) else "values"
        kind = next((kind for word, kind in SAID.items() if word in str(error)), usual)
        raise failed(source, kind, path if kind == "folder" else error, seconds) from None


def _listed(source: str, files: "FileSystem", path: str, recursive: bool = True) -> list["FileInfo"]:
    """What lies below a path, or the file that it is, without what is hidden."""
    from pyarrow.fs import FileSelector, FileType

    with _told(source, path):
        itself = files.get_file_info(path)
        if itself.type == FileType.File:
            return [itself]
        found = files.get_file_info(FileSelector(path, allow_not_found=False, recursive=recursive))
    inside = ((one, one.path[len(path) :].strip("/").split("/")) for one in found)
    return sorted(
        (one for one, names in inside if not any(name[:1] in "_." for name in names)), key=lambda one: one.path
    )


def _is_parquet(one: "FileInfo") -> bool:
    return one.is_file and one.size > 0 and one.extension.lower() in ("parquet", "parq", "pq")


def _dataset(source: str, files: "FileSystem", base: str, path: str) -> Any:
    """The files of a path as one table whose columns are those of all of them: one that only a later file has would
    be left out without a word, were the first one believed."""
    place = base if path == ALL else f"{base}/{path}"
    paths = [one.path for one in _listed(source, files, place) if _is_parquet(one)]
    if not paths:
        raise failed(source, "folder", path)
    options = pa.dataset.ParquetFragmentScanOptions(pre_buffer=False, use_buffered_stream=True)
    folders = pa.dataset.FileSystemFactoryOptions(place, pa.dataset.HivePartitioning.discover())
    with _told(source, path):
        factory = pa.dataset.FileSystemDatasetFactory(
            files, paths, pa.dataset.ParquetFileFormat(default_fragment_scan_options=options), folders
        )
        return factory.finish(factory.inspect(promote_options="permissive"))


def _field(field: pa.Field) -> Field:
    kind = field.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    shown = str(kind)
    if pa.types.is_nested(kind) or pa.types.is_duration(kind) or isinstance(kind, pa.BaseExtensionType):
        return Field(field.name, pa.string(), "", shown, AS_TEXT)
    if pa.types.is_decimal(kind):
        if kind.precision > DIGITS:
            return Field(field.name, pa.float64(), "", shown, AS_FLOAT)
        return Field(field.name, pa.decimal128(kind.precision, kind.scale), "", shown)
    if pa.types.is_timestamp(kind):
        return Field(field.name, pa.timestamp("us", "UTC" if kind.tz else None), "", shown)
    if pa.types.is_date(kind) or pa.types.is_time(kind):
        return Field(field.name, pa.date32() if pa.types.is_date(kind) else pa.time64("us"), "", shown)
    if pa.types.is_float16(kind):
        return Field(field.name, pa.float32(), "", shown)
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return Field(field.name, kind, "", shown)
    binary = any(test(kind) for test in (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary))
    return Field(field.name, pa.binary() if binary else pa.string(), "", shown)


def _batch(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """A batch in the kinds of its columns; numbers that are none are missing in it, and counted."""
    cells, lost = [], pa.array([0] * len(batch), pa.int64())
    for column, kind in zip(batch.columns, schema.types[:-1], strict=True):
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if pa.types.is_floating(column.type):
            strange = pa.compute.fill_null(pa.compute.invert(pa.compute.is_finite(column)), False)
            column = pa.compute.if_else(strange, None, column)
            lost = pa.compute.add(lost, strange.cast(pa.int64()))
        if pa.types.is_string(kind) and not _is_text(column.type):
            written = (
                None if cell is None else json.dumps(cell, ensure_ascii=False, default=str)
                for cell in column.to_pylist()
            )
            column = pa.array(list(written), kind)
        cells.append(column.cast(kind, safe=False))
    return pa.record_batch([*cells, lost], schema=schema)


def _is_text(kind: pa.DataType) -> bool:
    return (
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_null(kind)
    )
