"""Datasets on disk, under a home folder: every version a folder that never changes, and a pointer to the one in use.

    <home>/tables/<table>/active                      the version the pages show
    <home>/tables/<table>/<version>/<frame>.parquet   one file a frame
    <home>/tables/<table>/<version>/dataset.json      what it is and where it is from

Everything is written aside and renamed into place, so a crash leaves the old state or the new one, and whoever reads
while another writes sees one or the other. The version is made from the content: what is kept twice is there once.
"""

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet
from pydantic import TypeAdapter

from data.dataset import Dataset, Finding, Kind, Origin, Table
from locales import N_

KEPT = 5  # versions of each kind of origin
TIME_COLUMN: dict[Table, str] = {"sales": "timestamp", "covid": "date"}
_TEMPORARY = ".new-"
_STALE_SECONDS = 3600  # a temporary folder this old was left by a crash


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


_ADAPTER = TypeAdapter(Stored)


def add(home: Path, dataset: Dataset, now: datetime, activate: bool = True) -> Stored:
    """Keep `dataset`, let the pages show it if `activate`, and drop old versions of the same kind of origin.

    The same frames from the same origin are kept once; adding them again renews what is known about them (when they
    were retrieved, the findings). Raises OSError (a full disk) without having changed anything.
    """
    shelf = _shelf(home, dataset.table)
    shelf.mkdir(parents=True, exist_ok=True)
    _sweep(shelf, now)
    frames = {name: _distinct(frame) for name, frame in dataset.frames.items()}
    fresh = shelf / f"{_TEMPORARY}{uuid.uuid4().hex}"
    fresh.mkdir()
    try:
        content = hashlib.sha256(f"{dataset.origin.kind} {dataset.origin.name}".encode())
        for name, frame in sorted(frames.items()):
            path = fresh / f"{name}.parquet"
            pa.parquet.write_table(pa.Table.from_pandas(frame, preserve_index=False), path, compression="zstd")
            content.update(name.encode() + path.read_bytes())
        version = f"{dataset.origin.kind}-{content.hexdigest()[:16]}"
        times = frames[dataset.table].get(TIME_COLUMN.get(dataset.table, ""))
        stored = Stored(
            table=dataset.table,
            version=version,
            origin=dataset.origin,
            findings=dataset.findings,
            rows={name: len(frame) for name, frame in frames.items()},
            columns={name: frame.dtypes.astype(str).to_dict() for name, frame in frames.items()},
            span=None if times is None or times.empty else (times.min().to_pydatetime(), times.max().to_pydatetime()),
            stored=now,
            folder=shelf / version,
        )
        description = _ADAPTER.dump_json(stored, exclude={"folder"}, indent=1)
        if stored.folder.exists():
            _write(stored.folder / "dataset.json", description)
        else:
            _write(fresh / "dataset.json", description)
            for path in fresh.iterdir():
                _sync(path)
            os.replace(fresh, stored.folder)
            _sync(shelf)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    if activate:
        _write(shelf / "active", version.encode())
    _prune(home, dataset.table, dataset.origin.kind)
    return stored
