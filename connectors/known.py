"""Files of a known origin: downloaded, or read from a path, checked, converted by their own rules, and labelled."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pandera.errors

import settings
from connectors import NotFound, copies, files
from connectors.files import InvalidFile
from data import schemas
from data.dataset import Dataset, Finding, Origin, Table
from locales import N_

Converted = tuple[pd.DataFrame, tuple[Finding, ...]]


@dataclass(frozen=True)
class Known:
    """A public file. `setting` names the setting with its URL, `word` is what it has near its start."""

    table: Table
    name: str
    licence: str
    currency: str
    setting: str
    word: bytes
    convert: Callable[[pd.DataFrame], Converted]


def dataset(
    known: Known,
    path: Path | str | None = None,
    now: datetime | None = None,
    progress: Callable[[float], None] | None = None,
) -> Dataset:
    """The table of `known` with its origin and findings: from `path`, else downloaded. Raises ConnectorError."""

    def read(source: Path) -> tuple[pd.DataFrame, tuple[Finding, ...], str]:
        raw = read_file(source)
        frame, findings = known.convert(raw.frame)
        return frame, (*raw.findings, *findings), raw.sha256

    def fetched(source: Path) -> tuple[pd.DataFrame, tuple[Finding, ...], str]:
        if not holds(source, known.word):
            raise InvalidFile(N_("The origin sent something else than this file. Try again later, or upload it."))
        return read(source)

    now = now or datetime.now(UTC)
    if path is None:
        url: str = getattr(settings.get(), known.setting)
        folder = settings.get().home / "raw" / known.setting.removesuffix("_url")
        good, (frame, findings, _sha256) = copies.convert(url, folder, now, fetched, progress)
        origin = Origin("download", known.name, known.licence, url, good.retrieved, good.sha256, known.currency)
    else:
        frame, findings, sha256 = read(Path(path))
        origin = Origin("upload", Path(path).name, None, None, now, sha256, known.currency)
    return Dataset(known.table, {known.table: frame}, origin, findings)


def read_file(path: Path) -> files.Raw:
    """A file on disk as text. Raises ConnectorError."""
    try:
        return files.read_path(path, settings.get().download_limit_mb * 1_000_000)
    except OSError as error:
        raise NotFound(N_("There is no file {path} that can be opened."), path=path) from error


def holds(path: Path, word: bytes) -> bool:
    """Whether a file is packed or has `word` near its start: an error page or a pointer to a file elsewhere has not."""
    with path.open("rb") as file:
        start = file.read(2_000)
    return word in start or start.startswith((b"\x1f\x8b", b"PK\x03\x04"))


def checked(table: str, frame: pd.DataFrame, text: pd.DataFrame, sources: dict[str, str]) -> pd.DataFrame:
    """`frame`, made of `text` row by row, with the types of its schema; `sources` names the columns it was made of.

    Raises `InvalidFile` with a report of the cells that the schema refuses.
    """
    try:
        return schemas.check(table, frame)
    except pandera.errors.SchemaErrors as failed:
        cases = failed.failure_cases.dropna(subset=["index"])
        files.refuse(
            text,
            {sources[name]: pd.Series(text.index.isin(cell["index"])) for name, cell in cases.groupby("column")},
        )
        raise
