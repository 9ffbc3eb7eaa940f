"""The last good copy of what was downloaded, for when the origin is down.

It lies beside a JSON file that says where and when it is from. A new one is written aside, checked, and only then
renamed over the old one. `download` keeps one file, under the last part of the URL's path; `keep` what was put together
from several answers.
"""

import hashlib
import logging
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import settings
from connectors import ConnectorError, session
from connectors.http import named, opened, receive, refuse
from data import seals
from locales import N_

T = TypeVar("T")
log = logging.getLogger("vigie.http")


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
    with _writing(path) as fresh, named(host):
        with (
            session.within(url, chosen.download_seconds),
            opened(own=headers) as asking,
            asking.get(url, headers={**headers, **_conditions(kept)}, timeout=patience, stream=True) as answer,
        ):
            if answer.status_code == 304 and kept:
                _write(_about(path), kept | {"retrieved": now.isoformat()})
                return LastGood(path, url, now, kept["sha256"], fresh=True)
            refuse(answer, host)
            with fresh.open("wb") as file:
                sha256 = receive(answer, file, host, limit, patience, progress)
        if check:
            check(fresh)
        return _replace(fresh, path, url, now, sha256, answer.headers)


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
