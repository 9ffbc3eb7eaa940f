"""Tables too large to be read at once: read piece by piece, and kept as text in Parquet files.

How they are to be understood is told by rows that are spread over all of them, in runs, so that what stands in several
rows, such as an order, is seen too. What is done to a file that is read at once (`connectors.files`) is done to each
piece, under the first rows of the file.
"""

import gzip
import hashlib
import io
import shutil
import time
import uuid
import zipfile
from codecs import EncodedFile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO, cast

import numpy as np
import pandas as pd

from connectors import InvalidFile, child, csvs, narrow, notes, parquets, shape, wide
from connectors.limits import unpacks
from data.dataset import Finding, Reading
from locales import N_

LARGE, LARGE_ROWS = 60_000_000, 1_000_000  # bytes of a text, rows of Parquet: more are read in pieces
PIECE, PIECE_ROWS = 24_000_000, 250_000  # a piece, in bytes of a text, in rows of Parquet
SAMPLE, RUN = 200_000, 500  # rows that tell how a table is to be understood, and how many of them come together
TOP = 4 * shape.DEEP  # rows at the top of a text that tell where its header is
CPU_SECONDS, SECONDS = 1_800, 7_200  # of the processor's and the clock's time for one file
STALE_SECONDS = 86_400  # pieces this old are of nobody any more
ROW = "\0row"  # the column of a part with the index of its rows


@dataclass(frozen=True)
class Cut:
    """A table in pieces: `rows` of it were kept, `some` of which are here, and what was found and read in them."""

    some: pd.DataFrame
    rows: int
    findings: tuple[Finding, ...]
    readings: tuple[Reading, ...] = ()
    delimiter: str = ""


@dataclass(frozen=True)
class Opened:
    """A file that can be opened again and again, unpacked where it is `packed`, and about how large it then is."""

    again: Callable[[], IO[bytes]]
    size: int
    packed: bool = False


def opened(name: str, content: bytes | Path) -> Opened:
    """A file, or what a .gz or .zip with one file holds; a file that is packed in another way, as it stands."""

    def raw() -> IO[bytes]:
        return content.open("rb") if isinstance(content, Path) else io.BytesIO(content)

    with raw() as file:
        start = file.read(4)
        size = file.seek(0, io.SEEK_END)
        if start[:2] == b"\x1f\x8b":
            file.seek(-4, io.SEEK_END)
            said = int.from_bytes(file.read(4), "little")  # of the last 4 GB of what it holds
            return Opened(lambda: cast("IO[bytes]", gzip.GzipFile(fileobj=raw())), max(said, size), True)
        if start == b"PK\x03\x04" and not name.lower().endswith((".xlsx", ".xlsm", ".ods")):
            with zipfile.ZipFile(file) as archive:
                members = [one for one in archive.infolist() if not one.is_dir() and "__MACOSX" not in one.filename]
            if len(members) == 1 and not members[0].flag_bits & 1:
                return Opened(lambda: zipfile.ZipFile(raw()).open(members[0]), members[0].file_size, True)
    return Opened(raw, size)


def shelf(home: Path) -> Path:
    """Where the pieces of tables lie until they are used."""
    return home / "raw" / "pieces"


def large(content: bytes | Path) -> bool:
    """Whether a file may be so large that it is read in pieces; packed, it is mostly a tenth of what it holds."""
    if isinstance(content, Path) and content.is_dir():
        return sum(part.stat().st_size for part in parts(content)) > LARGE / 10
    size = content.stat().st_size if isinstance(content, Path) else len(content)
    return size > LARGE or (size > LARGE / 10 and opened("", content).size > LARGE)


def room(into: Path) -> Path:
    """A folder in `into` that is not there yet; those that are old are cleared away."""
    for left in into.glob("*/"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(left)
    return into / uuid.uuid4().hex


def clear(folder: Path | None) -> None:
    """Remove pieces that nobody needs any more, if there are any."""
    if folder:
        shutil.rmtree(folder, ignore_errors=True)


def digest(content: bytes | Path) -> str:
    """The SHA-256 of a file, of a folder that of its files' ones."""
    if isinstance(content, Path) and content.is_dir():
        return hashlib.sha256(b"".join(bytes.fromhex(digest(part)) for part in parts(content))).hexdigest()
    with content.open("rb") if isinstance(content, Path) else io.BytesIO(content) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def of_text(file: Opened, limit: int, layout: Mapping[str, str], into: Path) -> Cut | None:
    """A file of text, kept in a folder that is not there yet; None where it is wide, and to be read at once.

    Raises `InvalidFile`, and errors of packed files.
    """
    findings: list[Finding] = []
    readings: list[Reading] = []
    encoding = csvs.encoded(file.again, findings)
    with _stream(file, encoding) as text:
        start = next(csvs.pieces(text, PIECE))
    said: list[Finding] = []
    first = csvs.read(start, said)
    if encoding != "utf-16":  # nothing but the whole file tells
        first = replace(first, encoding=encoding)
    head, _found, _noted = shape.table(first.cells, layout, partial(notes.fitted, first))
    turned = wide.turned(head.head(TOP), layout)[2] or narrow.turned(head.head(TOP), layout)[1]
    if csvs.PASTED in said or csvs.FIXED in said or turned:
        return None
    findings += [one for one in said if "encoding" not in one.values]
    top = csvs.top(start, TOP)
    above = csvs.read(top, [], first)
    _frame, found_above, noted_above = shape.table(above.cells, layout, partial(notes.fitted, above))

    def frames() -> Iterator[tuple[pd.DataFrame, float]]:
        size = before = 0
        with _stream(file, encoding) as text:
            for piece in csvs.pieces(text, PIECE):
                size += len(piece)
                unpacks(size, limit)
                under = len(above.cells) if before else 0  # rows of the top that are read again
                try:
                    grid = csvs.read(top + piece if before else piece, [], first)
                    frame, found, noted = shape.table(grid.cells, layout, partial(notes.fitted, grid))
                except InvalidFile as refused:
                    raise _later(refused, before - under) from refused
                findings.extend(found)
                readings.extend(_numbered(one, before - under) for one in noted)
                if before:
                    frame = frame.iloc[frame.index.searchsorted(under - 1) :]
                    findings.extend(replace(one, rows=-one.rows, examples=()) for one in found_above)
                    readings.extend(_less(one) for one in noted_above)
                frame = frame.reindex(columns=head.columns).astype("str")
                yield frame.set_axis(frame.index + before - under, axis=0), min(size / max(file.size, 1), 1.0)
                before += len(grid.cells) - under

    some, rows = _kept(frames(), into)
    return Cut(some, rows, merged(findings), _together(readings), first.delimiter)


def of_parquet(content: bytes | Path | list[Path], limit: int, into: Path) -> Cut:
    """A Parquet file, or several of one schema, kept in a folder that is not there yet. Raises `InvalidFile`."""
    findings: list[Finding] = []
    whole, read = parquets.rows(content), 0

    def frames() -> Iterator[tuple[pd.DataFrame, float]]:
        nonlocal read
        for frame in parquets.pieces(content, limit, PIECE_ROWS, findings):
            read += len(frame)
            yield shape.named(frame, [] if read > len(frame) else findings), read / whole

    some, rows = _kept(frames(), into)
    return Cut(some, rows, tuple(findings))


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings of several parts as those of the whole."""
    found: dict[tuple[str, ...], Finding] = {}
    for one in findings:
        key = one.message, *(f"{name}={value}" for name, value in sorted(one.values.items()))
        before = found.get(key, replace(one, rows=0, examples=()))
        examples = (*before.examples, *one.examples)[:3]
        count = before.rows + one.rows if "{rows}" in one.message else max(before.rows, one.rows)  # else of columns
        found[key] = replace(before, rows=count, examples=examples)
    return tuple(found.values())


def parts(folder: Path) -> list[Path]:
    """The files of a table that is kept in pieces, in the order of its rows."""
    return sorted(folder.glob("*.parquet"))


def rows(part: Path) -> pd.DataFrame:
    """The rows of a piece as text, under the index that they have in the whole (see `connectors.files.Raw`)."""
    return indexed(pd.read_parquet(part, dtype_backend="numpy_nullable"))


def indexed(frame: pd.DataFrame) -> pd.DataFrame:
    """A piece as text, under the index that a column of it says."""
    return frame.set_index(ROW).rename_axis(None).astype("str")


def _stream(file: Opened, encoding: str) -> IO[bytes]:
    plain = file.again()
    return EncodedFile(plain, "utf-8", "utf-16") if encoding == "utf-16" else plain


def _kept(frames: Iterable[tuple[pd.DataFrame, float]], into: Path) -> tuple[pd.DataFrame, int]:
    """Keep frames, each with the share that is done with it: some rows of them, and how many they all have."""
    some, rows, before = [], 0, 0.0
    into.mkdir(parents=True)
    for place, (frame, share) in enumerate(frames):
        try:
            whole = frame.assign(**{ROW: frame.index})
            whole.to_parquet(into / f"{place:06d}.parquet", compression="lz4", index=False)
        except OSError as error:
            full = N_("There is no room on the disk for this file: make room, or send a part of it.")
            raise InvalidFile(full) from error
        count = max(2, round(SAMPLE * (share - before) / RUN))  # runs, one at the end
        starts = np.linspace(0, max(len(frame) - RUN, 0), count).astype(int)
        taken = np.unique(np.concatenate([np.arange(one, min(one + RUN, len(frame))) for one in starts]))
        some.append(frame.iloc[taken])
        rows, before = rows + len(frame), share
        child.done(share)
    return pd.concat(some), rows


def _numbered(one: Reading, by: int) -> Reading:
    """A reading of a piece with the numbers of its rows in the whole file."""
    if one.key != shape.TOTALS:
        return one
    rows = ", ".join(str(int(row) + by) for row in one.values["rows"].split(", "))
    return replace(one, values={**one.values, "rows": rows})


def _less(one: Reading) -> Reading:
    """A reading whose count is taken off."""
    return replace(one, values={**one.values, "count": str(-int(one.values.get("count", 0)))})


def _together(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """Readings of several parts as those of the whole: counts are added up, else the first one counts."""
    found: dict[str, Reading] = {}
    for one in readings:
        before = found.setdefault(one.key, replace(one, values={**one.values, "count": "0"}))
        count = int(before.values["count"]) + int(one.values.get("count", 0))
        found[one.key] = replace(before, values={**before.values, "count": str(count)})
    return tuple(found.values())


def _later(refused: InvalidFile, by: int) -> InvalidFile:
    """What is wrong with a piece, with the numbers of its rows in the whole file."""
    report = None if refused.report is None else refused.report.assign(row=refused.report["row"] + by)
    values = {name: int(str(one)) + by if name == "row" else one for name, one in refused.values.items()}
    return InvalidFile(refused.message, report, **values)
