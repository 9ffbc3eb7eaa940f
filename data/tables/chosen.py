"""What an analyst chose for a dataset, kept with its lineage: it holds for the versions to come."""

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from data import audit
from data.tables.disk import Stored, write

T = TypeVar("T")


def choices(stored: Stored) -> dict[str, bool]:
    """The columns that an analyst wants learned from (True) or not (False), kept for the lineage of a dataset."""
    return _chosen(stored, "columns", dict[str, bool])


def choose(stored: Stored, wanted: dict[str, bool]) -> None:
    """Keep such a choice in place of the one before."""
    audit.act("choose", stored.table, stored.lineage, columns=", ".join(f"{name}: {on}" for name, on in wanted.items()))
    write(_choices(stored, "columns"), json.dumps(wanted).encode())


def countries(stored: Stored) -> dict[str, str]:
    """The countries that were chosen for the lineage of a dataset (see `data.countries`)."""
    return _chosen(stored, "countries", dict[str, str])


def settle(stored: Stored, wanted: dict[str, str]) -> None:
    """Keep such a choice in place of the one before."""
    audit.act("choose", stored.table, stored.lineage, countries=", ".join(map("=".join, wanted.items())))
    write(_choices(stored, "countries"), json.dumps(wanted).encode())


def _chosen(stored: Stored, what: str, kind: type[T]) -> T:
    with suppress(FileNotFoundError):
        return TypeAdapter(kind).validate_json(_choices(stored, what).read_bytes())
    return kind()


def _choices(stored: Stored, what: str) -> Path:
    return stored.folder.parent / f"{hashlib.sha256(stored.lineage.encode()).hexdigest()[:16]}.{what}.json"
