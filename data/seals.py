"""Damage is found before anything is read as other data, and set aside: nothing is deleted.

A description (JSON) carries the SHA-256 of itself; the files beside it are known by the SHA-256 that their version is
named for. They are hashed once a process: ten million sales lines (178 MB) take 0.3 s, reading them takes 20. Checksums
of Parquet's own pages would cost each read a tenth more, and leave the footer, with its types and bounds, unguarded.
"""

import errno
import hashlib
import json
import logging
import uuid
from collections.abc import Collection
from pathlib import Path
from typing import Any

from locales import N_, Sentence

FOLDER = "damaged"  # under the home: what was set aside
SEAL = "seal"
SET_ASIDE = N_("{what} is damaged, was not read and lies in the folder {place} now. Choose or bring in data again.")
BROKEN = {errno.EIO, errno.ENOENT}  # the disk cannot read back what it holds; or it is gone
Mark = tuple[int, int, int]
_CHUNK = 1 << 20
_hashed: dict[tuple[str, str], tuple[tuple[Mark, ...], bool]] = {}  # folder and hash -> its files, whether it is theirs
log = logging.getLogger("vigie.data")


class Damaged(Sentence, OSError):
    """What was kept is not what it was any more, and was set aside."""


def digest(start: str, files: Collection[Path]) -> str:
    """The SHA-256 of a text and of files with their names, in the order of those."""
    found = hashlib.sha256(start.encode())
    for path in sorted(files, key=lambda path: path.stem):
        found.update(path.stem.encode())
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                found.update(chunk)
    return found.hexdigest()


def whole(start: str, files: Collection[Path], expected: str, again: bool = False) -> bool:
    """Whether the `digest` of files of one folder starts with `expected`.

    The same files (by place on the disk, size and time of change) are not read again, unless `again`. Raises OSError.
    """
    key = str(next(iter(files)).parent), expected
    marks = tuple(mark(path) for path in files)
    before = _hashed.get(key)
    if before is None or before[0] != marks or again:
        try:
            before = marks, digest(start, files).startswith(expected)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            before = marks, False
        _hashed[key] = before
    return before[1]


def mark(path: Path) -> Mark:
    """What tells a file from another one at the same path: its place on the disk, size and time of change."""
    known = path.stat()
    return known.st_ino, known.st_size, known.st_mtime_ns


def sealed(description: dict[str, Any]) -> bytes:
    """`description`, of what JSON can hold, as the content of a file, with its seal."""
    return json.dumps({**description, SEAL: _sum(description)}, ensure_ascii=False, indent=1).encode()


def opened(content: bytes) -> tuple[dict[str, Any], bool] | None:
    """The description in a file and whether it has a seal (earlier versions wrote none); None where it is damaged."""
    try:
        found = json.loads(content)
        seal = found.pop(SEAL, None)
    except (ValueError, AttributeError, TypeError, RecursionError):
        return None
    return (found, seal is not None) if seal is None or seal == _sum(found) else None


def set_aside(home: Path, path: Path, what: str) -> None:
    """Move a damaged file or folder to `damaged/` under the home, under a name that starts with `what` it was.

    Where it cannot be moved, in a home that may only be read, it stays; it is left out all the same.
    """
    place = home / FOLDER / f"{what}-{path.name}-{uuid.uuid4().hex[:6]}"
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        path.rename(place)
    except FileNotFoundError:  # another process was faster
        return
    except OSError as error:
        log.error("%s is damaged and cannot be set aside: %s", path, error)
        return
    log.error("%s is damaged and was set aside as %s", path, place)


def aside(home: Path, what: str = "") -> list[str]:
    """The names of what was set aside (whose name starts with `what`)."""
    return sorted(path.name for path in (home / FOLDER).glob(f"{what}*"))


def _sum(description: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(description, sort_keys=True).encode()).hexdigest()
