"""MongoDB: a collection as a table, by PyMongo.

Documents are read once, into a file beside which what their fields hold is counted (`connectors.databases.documents`):
nobody knows before the last one which columns there are. That file holds Arrow batches and is gone with the session.
What is asked is a collection, and the list in it that is to have a row an element, as JSON.
"""

import json
import tempfile
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, Literal

import pyarrow as pa

import settings
from connectors import BadResponse, NotFound
from connectors.databases.session import (
    BATCH,
    CONNECT_SECONDS,
    LOOK_SECONDS,
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
    from pymongo import MongoClient
    from pymongo.database import Database

SAMPLE = 1_000  # documents that the first look is at: a field that few have should be seen
SPOOLING = 0.6  # of the way, when all documents are there
CODES: dict[int, Kind] = {13: "rights", 18: "login", 8000: "login", 26: "lacks", 50: "slow", 262: "slow"}
UNKNOWN = 100_000  # documents, where nobody knows how many there are: half of the way
# What a failed first word means, whatever it looked like.
_UNANSWERED: dict[str, Kind] = {"cut": "gone", "slow": "gone", "sql": "login"}


def whole(collection: str, lists: str) -> str:
    """The question that reads all of a collection; with a row for each element of the field `lists`."""
    return json.dumps({"collection": collection, **({"lists": lists} if lists else {})}, ensure_ascii=False)


def tables(source: str) -> list[str]:
    """The collections and views that the account of a database may see."""
    with _connected(source, LOOK_SECONDS) as (_client, database):
        names = database.list_collection_names(authorizedCollections=True)
        return sorted(name for name in names if not name.startswith("system."))


@contextmanager
def opened(source: str, seconds: float) -> Generator[Session, None, None]:
    """A session with a MongoDB of the settings, whose reading may take `seconds`. Raises ConnectorError."""
    with _connected(source, seconds) as (_client, database), tempfile.TemporaryFile(dir=_place()) as file:
        yield _session(source, database, file, seconds)


def _place() -> str:
    settings.get().home.mkdir(parents=True, exist_ok=True)
    return str(settings.get().home)


@contextmanager
def _connected(source: str, seconds: float) -> Generator[tuple["MongoClient", "Database"], None, None]:
    from pymongo import MongoClient, timeout
    from pymongo.errors import ConfigurationError, InvalidURI, PyMongoError

    waits: dict[str, Any] = {f"{one}TimeoutMS": CONNECT_SECONDS * 1000 for one in ("connect", "serverSelection")}
    try:
        client: MongoClient = MongoClient(address(source), appname="Vigie", retryReads=True, **waits)
    except (InvalidURI, ConfigurationError, ValueError):
        raise unreadable(source) from None
    with client:
        try:
            database = client.get_default_database()
        except ConfigurationError:
            message = N_("The URL of “{source}” in VIGIE_DATABASES ends without a database: mongodb://host/database.")
            raise NotFound(message, source=source) from None
        try:
            with timeout(CONNECT_SECONDS):
                database.command("ping")
        except PyMongoError as error:
            kind = _kind(error)
            raise failed(source, _UNANSWERED.get(kind, kind), error) from None
        try:
            yield client, database
        except PyMongoError as error:
            raise failed(source, _kind(error), error, seconds) from None


def _kind(error: Exception) -> Kind | Literal["cut"]:
    from bson.errors import InvalidBSON
    from pymongo.errors import AutoReconnect, OperationFailure, PyMongoError, ServerSelectionTimeoutError

    if isinstance(error, OperationFailure) and error.code in CODES:
        return CODES[error.code]
    if isinstance(error, ServerSelectionTimeoutError):
        return "gone"
    if isinstance(error, PyMongoError) and error.timeout:
        return "slow"
    return "cut" if isinstance(error, AutoReconnect) else "values" if isinstance(error, InvalidBSON) else "sql"


def _session(source: str, database: "Database", file: IO[bytes], seconds: float) -> Session:
    from bson.errors import InvalidBSON
    from pymongo.errors import PyMongoError

    from connectors.databases import documents

    left = threading.Event()
    documents_read, expected, kept = 0, 0, 0

    def spooled(asked: dict[str, Any], where: dict[str, Any]) -> list[Field]:
        """Read what is asked for into the file; its columns."""
        nonlocal documents_read, kept
        held: dict[str, documents.Held] = {}
        file.seek(0)
        file.truncate()
        documents_read = kept = 0

        def rows() -> Iterator[dict[str, Any]]:
            nonlocal documents_read
            for document in _documents(database[asked["collection"]], where, asked.get("limit", 0), seconds):
                documents_read += 1
                yield from documents.rows(document, asked.get("lists", ""))

        try:
            found = rows()
            while part := list(islice(found, BATCH)):
                if left.is_set():
                    break
                batch = documents.batch(part, held)
                with pa.ipc.new_stream(file, batch.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as one:
                    one.write_batch(batch)
                kept += len(batch)
        except (PyMongoError, InvalidBSON) as error:
            raise failed(source, _kind(error), error, seconds) from None
        return documents.fields(held, asked.get("lists", ""))

    def describe(question: str) -> list[Field]:
        nonlocal expected
        asked = json.loads(question)
        collection = database[asked["collection"]]
        try:
            expected = collection.estimated_document_count()
            if not expected and asked["collection"] not in database.list_collection_names():
                raise failed(source, "lacks", asked["collection"])
        except PyMongoError as error:
            raise failed(source, _kind(error), error, seconds) from None
        return spooled(asked, {}) or [Field(documents.KEY, pa.string(), "", key=True)]

    def grown(question: str, known: dict[str, str], bound: Bound) -> list[Field]:
        asked = json.loads(question)
        if bound.column == documents.number(asked.get("lists", "")) or "[" in bound.column:  # nothing to ask for
            return describe(question)
        fits = documents.fitting(spooled(asked, _from(bound)), known)
        return describe(question) if fits is None else fits

    def read(_question: str, fields: list[Field], _bound: Bound | None) -> Iterator[pa.RecordBatch]:
        schema = pa.schema([*((field.name, field.kind) for field in fields), (LOST, pa.int64())])
        file.seek(0)
        rows = 0
        try:
            while rows < kept:
                for batch in pa.ipc.open_stream(file):
                    rows += len(batch)
                    yield documents.fitted(batch, schema)
        except pa.ArrowException as error:
            raise failed(source, "values", error) from None

    def share() -> float:
        return SPOOLING * (
            min(documents_read / expected, 1) if expected else documents_read / (documents_read + UNKNOWN)
        )

    return Session("", describe, read, lambda _question: kept, left.set, (), _checked, grown, share)


def _documents(collection: Any, where: dict[str, Any], limit: int, seconds: float) -> Iterator[dict[str, Any]]:
    """The documents that fit, as they come: the server sends up to 16 MB at once, and they are unpacked one by one."""
    import bson
    from bson.codec_options import CodecOptions, DatetimeConversion
    from pymongo import timeout

    options: CodecOptions[dict[str, Any]] = CodecOptions(
        tz_aware=True,
        uuid_representation=bson.UuidRepresentation.STANDARD,
        unicode_decode_error_handler="replace",
        datetime_conversion=DatetimeConversion.DATETIME_AUTO,
    )
    with timeout(seconds):
        for raw in collection.find_raw_batches(where, limit=limit, batch_size=BATCH):
            yield from bson.decode_iter(raw, options)


def _from(bound: Bound) -> dict[str, Any]:
    """The condition of a bound. A comparison is among values of one type, so that each type it may be is asked for."""
    from bson import Decimal128, ObjectId, Timestamp

    value, more = bound.value, list[Any]()
    if isinstance(value, Decimal):
        value = Decimal128(value)
    elif isinstance(value, str) and ObjectId.is_valid(value):
        more = [ObjectId(value)]
    elif isinstance(value, datetime):
        more = [Timestamp(value, 0)]
    return {"$or": [{bound.column: {"$gte": one}} for one in (value, *more)]}


def _checked(query: str, rows: int | None) -> str:
    """The question as it is asked, of some documents where only a few `rows` are wanted. Raises `BadResponse`."""
    try:
        asked = json.loads(query)
        known = {name: str(asked[name]) for name in ("collection", "lists") if name in asked}
        limit = {"limit": max(rows, SAMPLE)} if rows else {}
        return json.dumps({"collection": known["collection"], **known, **limit})
    except (ValueError, TypeError, KeyError):
        raise BadResponse(N_("Choose a collection: nothing else is asked of a MongoDB.")) from None
