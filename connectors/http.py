"""One way to ask another machine: with a time limit, a size limit, and failures that have a name and a sentence.

`get` and `get_json` write nothing; what is kept of an answer is in `connectors.copies`.
"""

import hashlib
import io
import json
import threading
import time
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from queue import Empty, Queue
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError, InvalidHeader, MaxRetryError, ProtocolError, ResponseError
from urllib3.util import Retry

import settings
from connectors import BadResponse, NotFound, RateLimited, Unavailable, session
from locales import N_

CHUNK = 1 << 18
GZIP = 31  # zlib's number for it
SLOWEST = 1_000  # bytes a second, below which an origin is given up
PAUSE = 0.2  # seconds between two words about the progress
LONGEST_WAIT = 5  # seconds; a server that wants a longer pause is not asked again
# Of a file, which can be uploaded instead, and of an answer, which cannot.
UNREACHABLE = N_("{host} cannot be reached. Check the connection and try again, or upload the file.")
UNREACHABLE_NOW = N_("{host} cannot be reached, or does not answer in time. Check the connection and try again.")
DAMAGED = N_("{host} cut its answer off or sent it damaged. Try again.")
GONE = N_("{host} no longer has this file. Upload it instead.")
GONE_NOW = N_("{host} does not have what was asked for. Check its address in the settings.")


def get(url: str, params: Mapping[str, str | int], max_bytes: int) -> bytes:
    """The answer to one request, at most `max_bytes` unpacked, in memory only. Raises ConnectorError."""
    return _get(url, params, max_bytes, settings.get().timeout_seconds, (200,), opened())


def get_json(
    url: str,
    params: Mapping[str, str | int],
    max_bytes: int,
    seconds: float | None = None,
    accept: tuple[int, ...] = (200,),
) -> Any:
    """The JSON in the answer to one request, from this host and no other it may point to.

    It is there after `seconds` (those of the settings where not given) or not at all, however slowly the origin
    answers. An answer with another status than those of `accept` is an error. Raises ConnectorError.
    """
    seconds = seconds or settings.get().timeout_seconds
    host = urlsplit(url).netloc
    done: Queue[bytes | Exception] = Queue()

    def fetch() -> None:
        try:
            done.put(_get(url, params, max_bytes, seconds, accept, opened(total=1, read=0), "json"))
        except Exception as error:  # for the thread that waits
            done.put(error)

    with named(host, UNREACHABLE_NOW):
        # In a thread of its own: looking up the address of a name knows no time limit.
        threading.Thread(target=fetch, daemon=True).start()
        try:
            found = done.get(timeout=seconds)
        except Empty:
            raise requests.Timeout from None
        if isinstance(found, Exception):
            raise found
    try:
        return json.loads(found)
    except (ValueError, RecursionError) as error:
        raise BadResponse(N_("{host} sent something that cannot be read. Try again later."), host=host) from error


def _get(
    url: str,
    params: Mapping[str, str | int],
    max_bytes: int,
    timeout: float,
    accept: tuple[int, ...],
    asking: requests.Session,
    kind: str = "",
) -> bytes:
    host, body = urlsplit(url).netloc, io.BytesIO()
    unreachable, gone = (UNREACHABLE_NOW, GONE_NOW) if kind else (UNREACHABLE, GONE)
    total, too_slow = (timeout, UNREACHABLE_NOW) if kind else (settings.get().download_seconds, session.TOO_SLOW)
    with (
        named(host, unreachable),
        session.within(url, total, too_slow),
        asking,
        asking.get(url, params=params, timeout=timeout, stream=True) as answer,
    ):
        wrong = kind not in answer.headers.get("Content-Type", kind)
        if answer.status_code not in accept or (wrong and answer.status_code != 200):
            refuse(answer, host, gone)
        if wrong:
            if _too_many(answer):
                raise RateLimited(N_("{host} asks for a pause. Try again in a few minutes."), host=host)
            raise BadResponse(
                N_("{host} sent a page of text instead of data. It may be overloaded: try again later."), host=host
            )
        receive(answer, body, host, max_bytes, timeout, None)
    return body.getvalue()


@contextmanager
def named(host: str, unreachable: str = UNREACHABLE) -> Iterator[None]:
    """Failures of the network as errors with a name and a sentence."""
    try:
        yield
    except (ProtocolError, zlib.error, EOFError) as error:
        raise BadResponse(DAMAGED, host=host) from error
    except (requests.RequestException, HTTPError) as error:
        raise Unavailable(unreachable, host=host) from error


class _Retry(Retry):
    """Heeds Retry-After, but gives up at once where it is too long to wait for, or cannot be read."""

    def increment(self, method=None, url=None, response=None, error=None, _pool=None, _stacktrace=None):  # type: ignore[no-untyped-def]
        if response is not None and "Retry-After" in response.headers:
            pause = _pause(response.headers["Retry-After"])
            if pause is None or pause > LONGEST_WAIT:
                raise MaxRetryError(_pool, url, ResponseError("the pause asked for is too long"))
        return super().increment(method, url, response, error, _pool, _stacktrace)


def _pause(retry_after: str) -> float | None:
    """Seconds that a Retry-After header, a number or a date, asks for; None where it cannot be read."""
    try:
        return Retry().parse_retry_after(retry_after)
    except (InvalidHeader, ValueError, OverflowError):
        return None


def opened(total: int = 2, read: int | None = None, own: Collection[str] = ()) -> requests.Session:
    """A session that tries again as often as `total`; the headers `own` go to the host that is asked and no other."""
    statuses = (429, 500, 502, 503, 504)
    retry = _Retry(total=total, read=read, backoff_factor=0.2, status_forcelist=statuses, raise_on_status=False)
    return session.session(retry, own)


def refuse(answer: requests.Response, host: str, gone: str = GONE) -> None:
    """Raise the `ConnectorError` that an answer without the data means."""
    status = answer.status_code
    if status == 429 or (status == 503 and ("Retry-After" in answer.headers or _too_many(answer))):
        pause = _pause(answer.headers.get("Retry-After", ""))
        raise RateLimited(N_("{host} asks for a pause. Try again in a few minutes."), pause, host=host)
    if status in (404, 410):
        raise NotFound(gone, host=host)
    if status >= 500:
        raise Unavailable(N_("{host} is not well (it answered {status}). Try again later."), host=host, status=status)
    if status != 200:
        raise BadResponse(N_("{host} refused to give the file (it answered {status})."), host=host, status=status)


def _too_many(answer: requests.Response) -> bool:
    """Whether a page of text says that it was asked too often."""
    return b"TOO MANY REQUESTS" in answer.raw.read(2_000, decode_content=True).upper()


def receive(
    answer: requests.Response,
    target: BinaryIO,
    host: str,
    limit: int,
    patience: float,
    progress: Callable[[float], None] | None,
) -> str:
    """Write the body and return its SHA-256. Under compression Content-Length counts what travels: so does progress.

    An origin has to send at least `SLOWEST` bytes a second, measured over each `patience` seconds.
    """
    length = answer.headers.get("Content-Length", "")
    expected = int(length) if length.isdecimal() else 0
    digest, size = hashlib.sha256(), 0
    measured, since, told, when = 0, time.monotonic(), 0, 0.0
    for chunk in _unpacked(answer, host):
        size += len(chunk)
        if size > limit:
            raise BadResponse(
                N_("{host} sent more than {limit} MB, which is more than Vigie takes."),
                host=host,
                limit=limit // 1_000_000,
            )
        digest.update(chunk)
        target.write(chunk)
        now, received = time.monotonic(), answer.raw.tell()
        if now - since > patience:
            if received - measured < SLOWEST * (now - since):
                raise Unavailable(session.TOO_SLOW, host=host)
            measured, since = received, now
        if progress and (received - told > CHUNK or now - when > PAUSE):
            told, when = received, now
            progress(min(received / expected, 1.0) if expected else 0.0)
    if progress and expected:
        progress(1.0)
    return digest.hexdigest()


def _unpacked(answer: requests.Response, host: str) -> Iterator[bytes]:
    """The body as it arrives, out of its gzip: at most `CHUNK` bytes a piece, and not a byte less than was packed.

    Raises ProtocolError, zlib.error or EOFError where it was cut off or damaged.
    """
    packing = answer.headers.get("Content-Encoding", "identity").lower()
    if packing not in ("identity", "gzip", "x-gzip"):
        raise BadResponse(N_("{host} sent something that cannot be read. Try again later."), host=host)
    unpacker = None if packing == "identity" else zlib.decompressobj(GZIP)
    for piece in session.pieces(answer, CHUNK):
        if unpacker is None:
            yield piece
        while unpacker and piece:
            if unpacker.eof:  # several packets behind each other are one
                unpacker = zlib.decompressobj(GZIP)
            yield unpacker.decompress(piece, CHUNK)
            piece = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    if unpacker:
        yield unpacker.flush()
        if not unpacker.eof:
            raise EOFError
