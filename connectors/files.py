"""Read a file an analyst gives: CSV, a workbook, Parquet or JSON, also packed. What comes out is its text.

Nothing is guessed about types here, and nothing in a file is ever run. Rows that are no rows of the table (titles
above the header, totals) are left out and said (`connectors.shape`). A file that cannot be read whole is refused with
a sentence (`InvalidFile`), never read in part. It is read by a child process
(`connectors.child`); columns, cells and bytes are counted before room is made for them.
"""

import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from connectors import (
    InvalidFile,
    child,
    csvs,
    htmls,
    jsons,
    narrow,
    notes,
    outlines,
    parquets,
    pieces,
    shape,
    wide,
    workbooks,
)
from connectors.child import Parsed
from connectors.limits import REPORTED, bounded, report, unpacks
from data.dataset import Finding, Reading
from locales import N_

__all__ = ["InvalidFile", "Raw", "read", "read_path", "refuse", "report", "unpacked"]

UNPACKED = 5  # a packed file may grow to so many times the upload limit, no more
NESTED = 3  # archives in archives
SHEET, JOINED, ALL = "sheet", "all with these columns", "all sheets"  # key of the reading; choices beside one sheet
HEAD = 1_000  # rows that mostly show what a column holds
PART = 0.2  # a sheet that is not read is asked about from so many rows of those read, with half of their columns
START = 2_000  # bytes that show what a file is
PACKED = N_("This packed file is damaged or cut off. Pack it again.")
FORMULA = ("=", "+", "-", "@")
DAMAGED = (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError, zlib.error,
           lzma.LZMAError)  # fmt: skip


@dataclass(frozen=True)
class Raw:
    """A file as text: every cell as it stands there, empty ones missing.

    A row's index is its number in the file less 2. `readings` say what was taken for the table; `delimiter` parts the
    columns of a file of text, else it is empty. Of a file that was read in pieces (`connectors.pieces`) these are rows
    spread over all of it, which tell how it is to be understood; all of them, `rows`, are in the folder `parts`.
    """

    frame: pd.DataFrame
    findings: tuple[Finding, ...]
    sha256: str
    readings: tuple[Reading, ...] = ()
    delimiter: str = ""
    parts: Path | None = None
    rows: int = 0


def read(
    name: str,
    content: bytes,
    limit_bytes: int,
    layout: Mapping[str, str] | None = None,
    into: Path | None = None,
    heard: child.Heard = child.unheard,
) -> Raw:
    """The table in a file called `name`; `layout` holds choices for its readings (key -> chosen).

    A large one is read in pieces, where there is a folder for these: in a folder of their own in `into`. `heard` gets
    the share that is done, and may raise to end it. Raises `InvalidFile`.
    """
    _fits(len(content), limit_bytes)
    return _raw(name, content, limit_bytes, layout, into, heard)


def read_path(
    path: Path,
    limit_bytes: int,
    layout: Mapping[str, str] | None = None,
    into: Path | None = None,
    heard: child.Heard = child.unheard,
) -> Raw:
    """The table in a file on disk, or in a folder of Parquet files of one schema, in the order of their names.

    Else as `read` has it. Raises `InvalidFile`, or OSError where it cannot be opened.
    """
    if path.is_file():
        _fits(path.stat().st_size, limit_bytes)
    return _raw(path.name, path, limit_bytes, layout, into, heard)


def head(raw: Raw, rows: int) -> Raw:
    """The first rows of a file."""
    return replace(raw, frame=raw.frame.head(rows))


def _fits(size: int, limit: int) -> None:
    if size > limit:
        raise InvalidFile(
            N_("This file has {size} MB and at most {limit} are taken. Send a part of it, or pack it (.gz, .zip)."),
            size=size // 1_000_000,
            limit=limit // 1_000_000,
        )


def _raw(
    name: str,
    content: bytes | Path,
    limit_bytes: int,
    layout: Mapping[str, str] | None,
    into: Path | None,
    heard: child.Heard,
) -> Raw:
    folder = pieces.room(into) if into else None
    given = {"name": name, "limit": UNPACKED * limit_bytes, "layout": dict(layout or {}), "into": str(folder or "")}
    try:
        found = child.run(_parsed, content, heard=heard, cpu=pieces.CPU_SECONDS, seconds=pieces.SECONDS, **given)
    except BaseException:
        pieces.clear(folder)
        raise
    values = found.values
    readings = tuple(Reading(**{**one, "options": tuple(one["options"])}) for one in values["readings"])
    kept = folder if values["rows"] else None
    return Raw(
        found.frames["rows"], found.findings, values["sha256"], readings, values["delimiter"], kept, values["rows"]
    )


def _parsed(content: bytes | Path, name: str, limit: int, layout: dict[str, str], into: str) -> Parsed:
    """The table in a file or a folder of parts, as `rows`, how it was found, and its SHA-256.

    What is too large to be read at once is kept in the folder `into`, if that is named, and some rows come back.
    """
    if into and (found := _cut(content, name, limit, layout, Path(into))):
        return found
    findings: list[Finding] = []
    readings: list[Reading] = []
    delimiter = ""
    if isinstance(content, Path) and content.is_dir():
        parts = pieces.parts(content)
        frame = shape.named(parquets.read(parts, limit, findings), findings)
        return _said(frame, findings, readings, layout, pieces.digest(content), delimiter)
    content = content if isinstance(content, bytes) else content.read_bytes()
    sha256 = pieces.digest(content)
    name, content = unpacked(name, content, limit)
    if content[:4] == b"PK\x03\x04" or content.startswith(workbooks.OLD):
        frame, found_too, readings = _workbook(content, limit, layout)
        findings += found_too
    elif content[:4] == b"PAR1":
        frame = shape.named(parquets.read(content, limit, findings), findings)
    elif jsons.looks_like(content):
        frame = shape.named(jsons.read(content, findings), findings)
    else:
        frame, delimiter, readings = _text(content, layout, findings)
    return _said(frame, findings, readings, layout, sha256, delimiter)


def _cut(content: bytes | Path, name: str, limit: int, layout: dict[str, str], into: Path) -> Parsed | None:
    """A large table in pieces; None where it is none, or cannot be read so."""
    given = pieces.parts(content) if isinstance(content, Path) and content.is_dir() else content
    file = None if isinstance(given, list) else pieces.opened(name, given)
    start = b"PAR1" if file is None else _start(file)
    found = None
    if start.startswith(b"PAR1"):
        if (file is None or not file.packed) and parquets.rows(given) > pieces.LARGE_ROWS:
            found = pieces.of_parquet(given, limit, into)
    elif file and file.size > pieces.LARGE and not _other(start):
        try:
            found = pieces.of_text(file, limit, layout, into)
        except DAMAGED as error:
            if not file.packed:
                raise
            raise InvalidFile(PACKED) from error
    if found is None:
        return None
    readings = [asdict(one) for one in found.readings]
    values = {"sha256": pieces.digest(content), "delimiter": found.delimiter, "readings": readings, "rows": found.rows}
    return Parsed({"rows": found.some}, (*found.findings, *_formulas(found.some)), values)


def _start(file: pieces.Opened) -> bytes:
    """The first bytes of a file; nothing of one that is damaged."""
    with suppress(*DAMAGED), file.again() as opened:
        return opened.read(START)
    return b""


def _other(start: bytes) -> bool:
    """Whether what begins so is no text with columns."""
    return (
        start[:2] in (b"PK", b"\x1f\x8b") or start.startswith(workbooks.OLD) or jsons.looks_like(start) or _web(start)
    )


def _said(
    frame: pd.DataFrame,
    findings: list[Finding],
    readings: list[Reading],
    layout: dict[str, str],
    sha256: str,
    delimiter: str,
) -> Parsed:
    """A table as `rows`, a row each where it was wide, and all that is to be said of it."""
    if frame.empty:
        raise InvalidFile(N_("This file has a header but no row."))
    title = next((one.values.get("title", "") for one in readings if one.key == shape.HEADER), "")
    frame, said, noted = wide.turned(outlines.rows(frame, findings), layout, title)
    frame, asked = narrow.turned(frame, layout)
    findings, readings = [*findings, *said], [*readings, *noted, *asked]
    values = {"sha256": sha256, "delimiter": delimiter, "readings": [asdict(one) for one in readings], "rows": 0}
    return Parsed({"rows": frame}, (*findings, *_formulas(frame)), values)


def _text(
    content: bytes, layout: Mapping[str, str], findings: list[Finding]
) -> tuple[pd.DataFrame, str, list[Reading]]:
    if _web(content[:START]):
        frame, found, readings = shape.table(htmls.read(content, csvs.encoded(lambda: io.BytesIO(content), [])), layout)
        return frame, "", readings
    grid = csvs.read(content, findings)
    frame, found, readings = shape.table(grid.cells, layout, lambda header: notes.fitted(grid, header))
    findings += found
    return frame, grid.delimiter, readings


def _web(start: bytes) -> bool:
    return start.lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith((b"<html", b"<!doctype", b"<table", b"<?xml"))


def _workbook(
    content: bytes, limit: int, layout: Mapping[str, str]
) -> tuple[pd.DataFrame, list[Finding], list[Reading]]:
    """The sheets with the columns of the largest one, or the sheet that was chosen, one after the other."""
    tables: dict[str, tuple[pd.DataFrame, list[Finding], list[Reading]]] = {}
    for name, grid in workbooks.sheets(content, limit, DAMAGED):
        if grid.shape[1] == 1 and grid[0].dropna().str.contains(r"[,;\t|]").mean() > 0.5:
            findings = [csvs.PASTED]
            frame, _delimiter, readings = _text("\n".join(grid[0].fillna("")).encode(), layout, findings)
            tables[name] = frame, findings, readings
            continue
        try:
            tables[name] = shape.table(grid, layout)
        except InvalidFile:  # a title page
            continue
    if not tables:
        raise InvalidFile(N_("This file is empty."))
    main = max(tables, key=lambda name: (tables[name][0].size, -list(tables).index(name)))
    same = [name for name in tables if _columns(tables[name][0]) == _columns(tables[main][0])]
    chosen = layout.get(SHEET, JOINED)
    read = [chosen] if chosen in tables else list(tables) if chosen == ALL else same
    frame, findings, readings = tables[read[0]]
    if len(read) > 1:
        frame, message = (
            _joined([tables[name][0] for name in read]),
            N_("{rows} sheets have the same columns: they are joined."),
        )
        findings = [*findings, Finding(message, len(read), examples=tuple(read[:3]))]
    if len(tables) > 1:
        readings = [_sheets(tables, read, chosen), *readings]
    return frame, findings, readings


def _sheets(tables: Mapping[str, Any], read: list[str], chosen: str) -> Reading:
    """Which sheets are read and which are not; open where one that is not may belong to them, or be meant."""
    left = {name: frame for name, (frame, *_rest) in tables.items() if name not in read}
    rows, columns = sum(len(tables[name][0]) for name in read), _columns(tables[read[0]][0])
    alike = [name for name, frame in left.items()
             if len(frame) >= PART * rows and 2 * len(columns & _columns(frame)) >= len(columns)]  # fmt: skip
    rivals = [name for name, frame in left.items() if 2 * frame.size >= tables[read[0]][0].size and len(frame) > 2]
    options = tuple(dict.fromkeys([JOINED, *([ALL] if alike or chosen == ALL else []), *tables]))
    message = N_("Read: {read}. Not read: {left}.") if left else N_("Read: {read}, one below the other.")
    said = {
        "read": ", ".join(f"{name} ({len(tables[name][0])})" for name in read),
        "left": ", ".join(f"{name} ({len(frame)})" for name, frame in left.items()),
    }
    return Reading(SHEET, message, chosen, options, said, chosen == JOINED and bool(alike or rivals))


def _columns(frame: pd.DataFrame) -> frozenset[str]:
    return frozenset(map(_called, frame))


def _joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Tables one below the other, however their columns are ordered, rows counted on."""
    called: dict[str, str] = {}
    for frame in frames:
        for name in frame:
            called.setdefault(_called(name), str(name))
    same = [frame.set_axis([called[_called(name)] for name in frame], axis=1) for frame in frames]
    index = int(frames[0].index[0])
    whole = pd.concat(same, ignore_index=True).astype("str")
    return whole.set_axis(pd.RangeIndex(index, index + len(whole)), axis=0)


def _called(name: object) -> str:
    return str(name).casefold().replace("_", " ").strip()


def refuse(text: pd.DataFrame, wrong: dict[str, pd.Series], reasons: dict[str, str] | None = None) -> None:
    """Raise `InvalidFile` with a report of the cells marked in `wrong` (column of `text` -> rows), if there are any."""
    usual = N_("not a value that this column can have")
    problems = sorted(
        (int(row) + 2, column, "" if pd.isna(cell) else str(cell), (reasons or {}).get(column, usual))
        for column, rows in wrong.items()
        for row, cell in text.loc[rows.to_numpy(bool), column].iloc[:REPORTED].items()
    )
    if problems:
        row, column, value, _reason = problems[0]
        raise InvalidFile(
            N_("{count} cells cannot be used; the first is in row {row}, column “{column}”: “{value}”."),
            report(problems),
            count=sum(int(rows.sum()) for rows in wrong.values()),
            row=row,
            column=column,
            value=value[:60],
        )


def unpacked(name: str, content: bytes, limit: int, nested: int = NESTED) -> tuple[str, bytes]:
    """The name and content of what a .gz or .zip holds, else as given. Raises `InvalidFile` above `limit` bytes.

    For child processes: a file that is refused has been unpacked up to the limit.
    """
    if not content or content.isspace():
        raise InvalidFile(N_("This file is empty."))
    try:
        if content[:2] == b"\x1f\x8b":
            inner = name.removesuffix(".gz"), bounded(gzip.GzipFile(fileobj=io.BytesIO(content)), limit)
        elif content[:4] in (b"PK\x03\x04", b"PK\x05\x06") and not name.lower().endswith((".xlsx", ".xlsm")):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                members = [one for one in archive.infolist() if not one.is_dir() and "__MACOSX" not in one.filename]
                if any(one.filename in ("[Content_Types].xml", "content.xml") for one in members):
                    return name, content  # a workbook, also one under another name
                if len(members) != 1:
                    raise InvalidFile(
                        N_("This archive holds {count} files: pack the one that you mean."), count=len(members)
                    )
                inner = members[0].filename, member(archive, members[0], limit)
        else:
            return name, content
    except DAMAGED as error:
        raise InvalidFile(PACKED) from error
    if not nested:
        raise InvalidFile(N_("This file is packed again and again: pack the table itself, once."))
    return unpacked(*inner, limit, nested - 1)


def member(archive: zipfile.ZipFile, one: zipfile.ZipInfo, limit: int) -> bytes:
    """A file of an archive. Raises `InvalidFile` above `limit` bytes and for one locked; errors of `DAMAGED`."""
    if one.flag_bits & 1:
        raise InvalidFile(N_("This archive is locked with a password: pack it without one."))
    unpacks(one.file_size, limit)  # no more than that is ever unpacked of it
    with archive.open(one) as packed:
        return bounded(packed, limit)


def _formulas(frame: pd.DataFrame) -> list[Finding]:
    count, examples = 0, []
    for place in range(frame.shape[1]):
        column = frame.iloc[:, place].dropna()
        column = column[column.str.startswith(FORMULA)]
        if column.empty:
            continue
        risky = column[~column.str.fullmatch(r"[+-]?[\d.,\s]+(?:[eE][+-]?\d+)?")]
        count += len(risky)
        examples += [text[:40] for text in risky.iloc[:1]]
    message = N_(
        "{rows} cells look like spreadsheet formulas: they are kept as text, and files saved here disarm them."
    )
    return [Finding(message, count, examples=tuple(examples[:3]), severity="warning")] if count else []
