"""One way to download: with a time limit, a size limit, a check, and the last good copy for when the origin is down.

The copy lies beside a JSON file that says where and when it is from. A new one is written aside, checked, and only
then renamed over the old one. `download` keeps one file, under the last part of the URL's path; `keep` what was put
together from several answers, each received with `get` or `get_json`, which write nothing.
"""

import hashlib
import io
import json
import logging
import os
import threading
import time
import uuid
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from queue import Empty, Queue
from typing import Any, BinaryIO, TypeVar
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError, InvalidHeader, MaxRetryError, ProtocolError, ResponseError
from urllib3.util import Retry

import settings
from connectors import BadResponse, ConnectorError, NotFound, RateLimited, Unavailable, session
from data import seals
from locales import N_

T = TypeVar("T")
log = logging.getLogger("vigie.http")
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


@dataclass(frozen=True)
class LastGood:
    """A downloaded file. `fresh` is False where the origin could not be asked and this is what it gave before."""

    path: Path
    url: str
    retrieved: datetime
    sha256: str
    fresh: bool


def download(
    url: str,
    folder: Path,
    now: datetime,
    *,
    progress: Callable[[float], None] | None = None,
    max_bytes: int | None = None,
    timeout: float | None = None,
    check: Callable[[Path], None] | None = None,
    headers: Mapping[str, str] | None = None,
) -> LastGood:
    """The file at `url`, kept in `folder`; what is there already is asked for again only if it changed.

    `progress` hears the share received, 0 to 1, and may raise to stop. `max_bytes` limits the unpacked size and
    `timeout` (seconds) each wait for the server; both come from the settings where not given, as does the time that
    all of it may take. `check` raises
    `BadResponse` for a file that is not what it should be; the old copy then stays. `headers` go to the host of `url`
    and, where it points on, to no other.

    With a good copy at hand it never raises a `ConnectorError`, but returns that copy, not fresh.
    """
    path = folder / (Path(urlsplit(url).path).name or "download")
    return _else_kept(
        url, path, lambda kept: _fetch(url, path, kept, now, progress, max_bytes, timeout, check, headers or {})
    )


def keep(url: str, path: Path, now: datetime, make: Callable[[], bytes]) -> LastGood:
    """What `make` puts together from answers of the origin at `url`, kept at `path`.

    With a good copy at hand a `ConnectorError` of `make` is not raised, but that copy returned, not fresh.
    """

    def made(_kept: dict[str, str] | None) -> LastGood:
        content = make()
        with _writing(path) as fresh:
            fresh.write_bytes(content)
            return _replace(fresh, path, url, now, hashlib.sha256(content).hexdigest(), {})

    return _else_kept(url, path, made)


def get(url: str, params: Mapping[str, str | int], max_bytes: int) -> bytes:
    """The answer to one request, at most `max_bytes` unpacked, in memory only. Raises ConnectorError."""
    return _get(url, params, max_bytes, settings.get().timeout_seconds, (200,), _session())


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
            done.put(_get(url, params, max_bytes, seconds, accept, _session(total=1, read=0), "json"))
        except Exception as error:  # for the thread that waits
            done.put(error)

    with _named(host, UNREACHABLE_NOW):
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
        _named(host, unreachable),
        session.within(url, total, too_slow),
        asking,
        asking.get(url, params=params, timeout=timeout, stream=True) as answer,
    ):
        wrong = kind not in answer.headers.get("Content-Type", kind)
        if answer.status_code not in accept or (wrong and answer.status_code != 200):
            _refuse(answer, host, gone)
        if wrong:
            if _too_many(answer):
                raise RateLimited(N_("{host} asks for a pause. Try again in a few minutes."), host=host)
            raise BadResponse(
                N_("{host} sent a page of text instead of data. It may be overloaded: try again later."), host=host
            )
        _receive(answer, body, host, max_bytes, timeout, None)
    return body.getvalue()


def convert(
    url: str,
    folder: Path,
    now: datetime,
    converter: Callable[[Path], T],
    progress: Callable[[float], None] | None = None,
) -> tuple[LastGood, T]:
    """The file at `url` and what `converter` makes of it; one that it refuses does not replace the last good copy.

    Raises as `download` and `converter` do.
    """
    made: list[T] = []
    good = download(url, folder, now, progress=progress, check=lambda fresh: made.append(converter(fresh)))
    return good, made[0] if made and good.fresh else converter(good.path)


def kept(url: str, path: Path) -> LastGood | None:
    """The good copy at `path` of what came from `url`, without asking for it again; None where there is none."""
    known = _kept(path, url)
    if known is None:
        return None
    return LastGood(path, url, datetime.fromisoformat(known["retrieved"]), known["sha256"], fresh=False)


def _else_kept(url: str, path: Path, fetch: Callable[[dict[str, str] | None], LastGood]) -> LastGood:
    """What `fetch`, told what is known of the good copy at hand, returns; where it fails, that copy."""
    kept = _kept(path, url)
    try:
        return fetch(kept)
    except ConnectorError as error:
        if kept is None:
            raise
        log.warning("%s Serving the copy of %s.", error, kept["retrieved"])
        return LastGood(path, url, datetime.fromisoformat(kept["retrieved"]), kept["sha256"], fresh=False)


def _fetch(
    url: str,
    path: Path,
    kept: dict[str, str] | None,
    now: datetime,
    progress: Callable[[float], None] | None,
    max_bytes: int | None,
    timeout: float | None,
    check: Callable[[Path], None] | None,
    headers: Mapping[str, str],
) -> LastGood:
    chosen = settings.get()
    limit = max_bytes or chosen.download_limit_mb * 1_000_000
    patience = timeout or chosen.timeout_seconds
    host = urlsplit(url).netloc
    with _writing(path) as fresh, _named(host):
        with (
            session.within(url, chosen.download_seconds),
            _session(own=headers) as asking,
            asking.get(url, headers={**headers, **_conditions(kept)}, timeout=patience, stream=True) as answer,
        ):
            if answer.status_code == 304 and kept:
                _write(_about(path), kept | {"retrieved": now.isoformat()})
                return LastGood(path, url, now, kept["sha256"], fresh=True)
            _refuse(answer, host)
            with fresh.open("wb") as file:
                sha256 = _receive(answer, file, host, limit, patience, progress)
        if check:
            check(fresh)
        return _replace(fresh, path, url, now, sha256, answer.headers)


@contextmanager
def _named(host: str, unreachable: str = UNREACHABLE) -> Iterator[None]:
    """Failures of the network as errors with a name and a sentence."""
    try:
        yield
    except (ProtocolError, zlib.error, EOFError) as error:
        raise BadResponse(DAMAGED, host=host) from error
    except (requests.RequestException, HTTPError) as error:
        raise Unavailable(unreachable, host=host) from error


@contextmanager
def _writing(path: Path) -> Iterator[Path]:
    """A name beside `path` for a new file, of which nothing is left behind; failures of the disk get a sentence."""
    fresh = path.with_name(f".new-{uuid.uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield fresh
    except OSError as error:
        raise ConnectorError(
            N_("The download cannot be kept in {folder}: make room on the disk, or let Vigie write there."),
            folder=path.parent,
        ) from error
    finally:
        with suppress(OSError):
            fresh.unlink()


def _replace(fresh: Path, path: Path, url: str, now: datetime, sha256: str, headers: Mapping[str, str]) -> LastGood:
    """Put the file `fresh`, safe on the disk, in the place of `path`."""
    with fresh.open("r+b") as file:
        os.fsync(file.fileno())
    fresh.replace(path)
    _write(
        _about(path),
        {
            "url": url,
            "retrieved": now.isoformat(),
            "sha256": sha256,
            "etag": headers.get("ETag", ""),
            "modified": headers.get("Last-Modified", ""),
        },
    )
    return LastGood(path, url, now, sha256, fresh=True)


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


def _session(total: int = 2, read: int | None = None, own: Collection[str] = ()) -> requests.Session:
    statuses = (429, 500, 502, 503, 504)
    retry = _Retry(total=total, read=read, backoff_factor=0.2, status_forcelist=statuses, raise_on_status=False)
    return session.session(retry, own)


def _refuse(answer: requests.Response, host: str, gone: str = GONE) -> None:
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


def _receive(
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


def _conditions(kept: dict[str, str] | None) -> dict[str, str]:
    if kept is None:
        return {}
    wanted = {"If-None-Match": kept.get("etag", ""), "If-Modified-Since": kept.get("modified", "")}
    return {name: value for name, value in wanted.items() if value}


def _about(path: Path) -> Path:
    """Where it stands what is known about the copy at `path`."""
    return path.with_name(f"{path.name}.json")


def _kept(path: Path, url: str) -> dict[str, str] | None:
    """What is known about a good copy of this URL; None where there is none, or one of the two is not what it was.

    It then is asked for again as if it were not there: damage looks like a crash between writing the two.
    """
    try:
        known, _has_seal = seals.opened(_about(path).read_bytes()) or ({}, False)
        datetime.fromisoformat(known["retrieved"])
        whole = hashlib.sha256(path.read_bytes()).hexdigest() == known["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not whole:
        log.warning("%s is not what was kept, and is not used", path)
    return known if whole and known.get("url") == url else None


def _write(about: Path, known: dict[str, str]) -> None:
    fresh = about.with_name(f".new-{uuid.uuid4().hex}")
    fresh.write_bytes(seals.sealed(known))
    fresh.replace(about)
