"""One version of a dataset on disk: its files, its description, and whether they are what was kept."""

import os
import re
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from data import seals
from data.dataset import Finding, Origin, Table

DESCRIPTION = "dataset.json"
BEFORE = "before"  # value of a last finding: the version that lines were added to, kept so that it can be undone
TEMPORARY = ".new-"


@dataclass(frozen=True)
class Stored:
    """A dataset as it is kept. `rows` and `columns` (name -> pandas type) have one entry a frame."""

    table: Table
    version: str
    origin: Origin
    findings: tuple[Finding, ...]
    rows: dict[str, int]
    columns: dict[str, dict[str, str]]
    span: tuple[datetime, datetime] | None  # first and last time of the main frame, where it has one
    stored: datetime
    folder: Path
    lineage: str  # see `data.lineage`


_ADAPTER = TypeAdapter(Stored)


def sound(stored: Stored, again: bool = False) -> bool:
    """Whether the files of a version are those that were kept; it is set aside where they are not."""
    files = [path_of(stored, name) for name in stored.columns]
    try:
        if seals.whole(salt(stored.origin), files, stored.version.partition("-")[2], again):
            return True
    except FileNotFoundError:
        if not stored.folder.exists():  # removed in this moment
            return False
        if all(file.exists() for file in files):  # and kept again
            return sound(stored, again)
    _set_aside(stored.folder)
    return False


def path_of(stored: Stored, frame: str) -> Path:
    """The Parquet file of a frame."""
    return stored.folder / f"{frame}.parquet"


def salt(origin: Origin) -> str:
    """What a version is made from beside its files: a demo never passes as an upload."""
    return f"{origin.kind} {origin.name}"


def load(folder: Path) -> Stored | None:
    """What is known of a version; None where it is not there, or its description is damaged: then it is set aside."""
    path = folder / DESCRIPTION
    try:
        kept, has_seal = _described(path, seals.mark(path))
    except OSError as error:
        if not folder.exists():  # removed in this moment, or never there
            return None
        if error.errno not in seals.BROKEN:
            raise
        kept = None
    if kept is None:
        _set_aside(folder)
        return None
    return kept if has_seal else _seal(kept)


@lru_cache(maxsize=100)
def _described(path: Path, _mark: tuple[int, ...]) -> tuple[Stored | None, bool]:
    found, has_seal = seals.opened(path.read_bytes()) or ({}, False)
    try:
        found.setdefault("lineage", _derived(found))
        for one in found["findings"]:  # days were kept as text
            if "days" not in one and re.fullmatch(r"\d{4}-\d{2}-\d{2}", one["values"].get("day", "")):
                one["days"] = {"day": one["values"].pop("day")}
        kept = _ADAPTER.validate_python(found | {"folder": path.parent})
    except (ValidationError, KeyError, TypeError, AttributeError):
        return None, False
    fits = kept.version == path.parent.name and kept.table == path.parent.parent.name
    return kept if fits else None, has_seal


def _seal(kept: Stored) -> Stored | None:
    """`kept`, of a version of Vigie that sealed nothing, with a seal where its files are whole."""
    if not sound(kept):
        return None
    with suppress(OSError):  # a home that may only be read
        describe(kept, kept.folder)
    return kept


def describe(kept: Stored, folder: Path) -> None:
    """Write what is known of a version into `folder`, sealed."""
    write(folder / DESCRIPTION, seals.sealed(_ADAPTER.dump_python(kept, mode="json", exclude={"folder"})))


def check(stored: Stored) -> None:
    """Raise `seals.Damaged` where the files of a version are not those that were kept."""
    if not sound(stored):
        values = {"what": stored.origin.name, "place": seals.FOLDER}
        raise seals.Damaged(seals.SET_ASIDE, **values)


def _set_aside(folder: Path) -> None:
    seals.set_aside(folder.parents[2], folder, folder.parent.name)


def _derived(description: dict) -> str:
    """The lineage of a dataset that was kept before there were any: of its origin, or of the first lines of its own."""
    origin, added = description["origin"], [one["values"].get(BEFORE) for one in description["findings"]]
    own = f"{origin['kind']} {origin['name']}"
    return own if origin["kind"] != "upload" else next(filter(None, added), description["version"])


def write(path: Path, content: bytes) -> None:
    """Write a file aside and rename it into place."""
    fresh = path.with_name(f"{TEMPORARY}{uuid.uuid4().hex}")
    try:
        fresh.write_bytes(content)
        sync(fresh)
        fresh.replace(path)
        sync(path.parent)
    finally:
        fresh.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
