"""Read a file an analyst gives: CSV, XLSX or Parquet, also packed. What comes out is text, as it stands in the file.

Nothing is guessed about types here, nothing is dropped, and nothing in a file is ever run. A file that cannot be
read whole is refused with a sentence (`InvalidFile`), never read in part. It is read by a child process
(`connectors.child`); columns, cells and bytes are counted before room is made for them.
"""

import codecs
import csv
import gzip
import hashlib
import io
import json
import lzma
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from connectors import InvalidFile, child
from connectors.child import Parsed
from data.dataset import Finding
from locales import N_

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["InvalidFile", "Raw", "read", "read_path", "refuse", "report", "unpacked"]

DELIMITERS = ",;\t|"
UNPACKED = 5  # a packed file may grow to so many times the upload limit, no more
NESTED = 3  # archives in archives
COLUMNS = 2_000
CELLS = 100_000_000  # a CSV of 200 MB cannot have more
WORKBOOK_CELLS = 20_000_000  # of the rectangle around what is filled: a workbook is read into one
SNIFFED = 200  # rows that decide the delimiter
SNIFFED_CHARACTERS = 1_000_000
CHUNK = 1 << 20  # bytes
EDGE = 100  # bytes at the end of a chunk that are looked at again with the next one
BATCH = 20_000  # rows
LONG = 1_000  # characters: cells with longer texts are counted one by one
FORMULA = ("=", "+", "-", "@")
REPORTED = 1_000
DAMAGED = (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError, zlib.error,
           lzma.LZMAError)  # fmt: skip


@dataclass(frozen=True)
class Raw:
    """A file as text: every cell as it stands there, empty ones missing. Row 1 of the file is the header."""

    frame: pd.DataFrame
    findings: tuple[Finding, ...]
    sha256: str


def read(name: str, content: bytes, *, limit_bytes: int) -> Raw:
    """The table in a file called `name`. Raises `InvalidFile`."""
    _fits(len(content), limit_bytes)
    return _raw(name, content, limit_bytes)


def read_path(path: Path, limit_bytes: int) -> Raw:
    """The table in a file on disk. Raises `InvalidFile`, or OSError where it cannot be opened."""
    with path.open("rb") as file:
        _fits(file.seek(0, io.SEEK_END), limit_bytes)
    return _raw(path.name, path, limit_bytes)


def _fits(size: int, limit: int) -> None:
    if size > limit:
        raise InvalidFile(
            N_("This file has {size} MB and at most {limit} are taken. Send a part of it, or pack it (.gz, .zip)."),
            size=size // 1_000_000,
            limit=limit // 1_000_000,
        )


def _raw(name: str, content: bytes | Path, limit_bytes: int) -> Raw:
    found = child.run(_parsed, content, name=name, limit=UNPACKED * limit_bytes)
    return Raw(found.frames["rows"], found.findings, found.values["sha256"])


def _parsed(content: bytes | Path, name: str, limit: int) -> Parsed:
    """The table in a file, as `rows`, and the file's SHA-256."""
    content = content if isinstance(content, bytes) else content.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    name, content = unpacked(name, content, limit)
    findings: list[Finding] = []
    if content[:4] == b"PK\x03\x04":
        frame = _xlsx(content, limit)
    elif content[:4] == b"PAR1":
        frame = _parquet(content, limit, findings)
    else:
        frame = _csv(content, findings)
    if frame.empty:
        raise InvalidFile(N_("This file has a header but no row."))
    return Parsed({"rows": _named(frame, findings)}, (*findings, *_formulas(frame)), {"sha256": sha256})


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
            inner = name.removesuffix(".gz"), _bounded(gzip.GzipFile(fileobj=io.BytesIO(content)), limit)
        elif content[:4] in (b"PK\x03\x04", b"PK\x05\x06") and not name.lower().endswith((".xlsx", ".xlsm")):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                members = [one for one in archive.infolist() if not one.is_dir() and "__MACOSX" not in one.filename]
                if any(one.filename == "[Content_Types].xml" for one in members):
                    return name, content  # a workbook under another name
                if len(members) != 1:
                    raise InvalidFile(
                        N_("This archive holds {count} files: pack the one that you mean."), count=len(members)
                    )
                inner = members[0].filename, member(archive, members[0], limit)
        else:
            return name, content
    except DAMAGED as error:
        raise InvalidFile(N_("This packed file is damaged or cut off. Pack it again.")) from error
    if not nested:
        raise InvalidFile(N_("This file is packed again and again: pack the table itself, once."))
    return unpacked(*inner, limit, nested - 1)


def member(archive: zipfile.ZipFile, one: zipfile.ZipInfo, limit: int) -> bytes:
    """A file of an archive. Raises `InvalidFile` above `limit` bytes and for one locked; errors of `DAMAGED`."""
    if one.flag_bits & 1:
        raise InvalidFile(N_("This archive is locked with a password: pack it without one."))
    _unpacks(one.file_size, limit)  # no more than that is ever unpacked of it
    with archive.open(one) as packed:
        return _bounded(packed, limit)


def _unpacks(size: int, limit: int) -> None:
    if size > limit:
        raise InvalidFile(
            N_("Unpacked, this file has more than {limit} MB, which is more than is taken."), limit=limit // 1_000_000
        )


def _bounded(packed: Any, limit: int) -> bytes:
    content = io.BytesIO()
    while chunk := packed.read(CHUNK):
        content.write(chunk)
        _unpacks(content.tell(), limit)
    return content.getvalue()


def _counts(rows: int, columns: int, most: int = CELLS) -> None:
    """Refuse a table that is larger than Vigie takes, before there is room for it."""
    if columns > COLUMNS:
        raise InvalidFile(
            N_("This file has {columns} columns and at most {limit} are taken: leave out those that are not needed."),
            columns=columns,
            limit=COLUMNS,
        )
    if rows * columns > most:
        raise InvalidFile(
            N_(
                "This file spans {rows} rows and {columns} columns, more cells than are taken ({limit} million): send "
                "a part of it, or remove what stands far from the table."
            ),
            rows=rows,
            columns=columns,
            limit=most // 1_000_000,
        )


def _csv(content: bytes, findings: list[Finding]) -> pd.DataFrame:
    encoding = _encoding(content, findings)
    delimiter = _delimiter(content[: 4 * SNIFFED_CHARACTERS].decode(encoding, "ignore")[:SNIFFED_CHARACTERS])
    _whole(content, encoding, delimiter)
    file = io.BytesIO(content)
    if content.startswith(codecs.BOM_UTF8):
        file.seek(len(codecs.BOM_UTF8))
    frame = pd.read_csv(
        file,
        sep=delimiter,
        dtype="str",
        keep_default_na=False,
        na_values=[""],
        skip_blank_lines=True,
        header=None,
        engine="c",
        encoding="utf-8" if encoding == "utf-8-sig" else encoding,
    )
    if delimiter != ",":
        shown = {"\t": "tab"}.get(delimiter, delimiter)
        findings.append(Finding(N_("The columns are parted by “{delimiter}”."), 0, {"delimiter": shown}))
    header = frame.iloc[0].fillna("").astype(str)
    return frame.iloc[1:].reset_index(drop=True).set_axis(list(header), axis=1)


def _encoding(content: bytes, findings: list[Finding]) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        if b"\0" in content:
            raise InvalidFile(N_("This is not a table that Vigie can read: send CSV, XLSX or Parquet."))
        encodings = ["utf-8-sig", "cp1252", "latin-1"]
    for encoding in encodings:
        try:
            empty = True
            for part in codecs.iterdecode(_chunks(io.BytesIO(content)), encoding):
                empty = empty and (not part or part.isspace())
        except UnicodeDecodeError:
            continue
        if empty:
            raise InvalidFile(N_("This file is empty."))
        if not encoding.startswith("utf-8"):
            findings.append(
                Finding(N_("The text is in {encoding}: check that accents read well."), 0, {"encoding": encoding})
            )
        return encoding
    raise InvalidFile(N_("The text of this file cannot be read: save it as UTF-8."))


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _delimiter(text: str) -> str:
    """The one that cuts the first rows into the most columns, the same number in each."""
    best, columns = ",", 1
    for delimiter in DELIMITERS:
        widths = []
        with suppress(csv.Error):  # what comes before a row that cannot be read counts
            for row in islice(csv.reader(io.StringIO(text), delimiter=delimiter), SNIFFED):
                widths += [len(row)] if row else []
        if not widths:
            continue
        usual = max(set(widths), key=widths.count)
        if usual == widths[0] and usual > columns and 2 * widths.count(usual) > len(widths):
            best, columns = delimiter, usual
    if columns == 1:
        raise InvalidFile(
            N_("No columns were found in this file: they should be parted by commas, semicolons, tabs or bars.")
        )
    return best


def _rows(content: bytes, encoding: str, delimiter: str, strict: bool) -> Iterator[list[str]]:
    text = io.TextIOWrapper(io.BytesIO(content), encoding, newline="")
    return csv.reader(text, delimiter=delimiter, strict=strict)


def _whole(content: bytes, encoding: str, delimiter: str) -> None:
    """Refuse a file whose rows have different numbers of cells, or which ends in the middle of one."""
    wrong: list[tuple[int, int]] = []
    number, width = 0, 0
    try:
        for row in _rows(content, encoding, delimiter, strict=False):
            if not row:
                continue
            number += 1
            if not width:
                width = len(row)
                _counts(1, width)
            if len(row) != width:
                wrong.append((number, len(row)))
    except csv.Error as error:
        if "field larger" in str(error):
            raise InvalidFile(
                N_("A cell in row {row} has more than {limit} characters: a quotation mark may be open before it."),
                row=number + 1,
                limit=csv.field_size_limit(),
            ) from error
        raise InvalidFile(
            N_("Row {row} cannot be read: a quotation mark is open or out of place."), row=number + 1
        ) from error
    _counts(number, width)
    if content.count(b'"') % 2 and _ends_quoted(content, encoding, delimiter):
        raise InvalidFile(N_("A quotation mark is never closed: the file was cut off or is damaged. Export it again."))
    if wrong and wrong[0][0] == number:
        raise InvalidFile(
            N_("The file ends in the middle of row {row}: it was cut off. Export it again."),
            report([(number, "", "", N_("the row is cut off"))]),
            row=number,
        )
    if wrong:
        raise InvalidFile(
            N_("{count} rows do not have {width} cells as the header does; the first is row {row}."),
            report([(row, "", str(cells), N_("another number of cells than the header")) for row, cells in wrong]),
            count=len(wrong),
            width=width,
            row=wrong[0][0],
        )


def _ends_quoted(content: bytes, encoding: str, delimiter: str) -> bool:
    try:
        for _row in _rows(content, encoding, delimiter, strict=True):
            pass
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def _xlsx(content: bytes, limit: int) -> pd.DataFrame:
    import python_calamine

    unusable = N_("This workbook cannot be read: save it again as XLSX, without a password.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _unpacks(sum(one.file_size for one in archive.infolist()), limit)
            _measure(archive, limit)
        book = python_calamine.load_workbook(io.BytesIO(content))
    except (*DAMAGED, python_calamine.CalamineError) as error:
        raise InvalidFile(unusable) from error
    header: list[Any] = []
    parts: list[list[pa.Array]] = []
    for name in book.sheet_names:
        try:
            sheet = book.get_sheet_by_name(name)
        except python_calamine.CalamineError as error:
            raise InvalidFile(unusable) from error
        rows = sheet.iter_rows()
        first = next(rows, None)
        if first is None:
            continue
        header = header or first
        if first == header:  # sheets that go on where the first one ends
            filled = (row for row in rows if any(cell != "" for cell in row))
            while batch := list(islice(filled, BATCH)):
                parts.append([_texts(cells) for cells in zip(*batch, strict=True)])
    if not header:
        raise InvalidFile(N_("This file is empty."))
    return _table(parts, [str(name).strip() for name in header])


_FAR = re.compile(rb' r="([A-Z]{2,3})[0-9]')
_ROW = re.compile(rb' r="[A-Z]{0,3}([0-9]{1,7})"')
_SHARED = re.compile(rb't="s"[^>]*><v>([0-9]{1,9})<')


def _measure(archive: zipfile.ZipFile, limit: int) -> None:
    """Count the cells of the rectangles that a workbook's reader makes room for, and the texts that it repeats."""
    names = [name for name in archive.namelist() if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name, re.IGNORECASE)]
    lengths, cells, texts = _shared(archive), 0, 0
    for name in names:
        rows, letters, before = 0, set[bytes](), b""
        with archive.open(name) as sheet:
            for chunk in _chunks(sheet):
                part = before + chunk
                before = chunk[-EDGE:]
                letters.update(_FAR.findall(part))
                rows = max(rows, *map(int, _ROW.findall(part[-20 * EDGE :])), 0)
                if lengths is not None:
                    texts += int(lengths[np.minimum(_numbers(_SHARED.findall(part)), len(lengths) - 1)].sum())
                    _unpacks(texts, limit)
        columns = max((_column(one.decode()) for one in letters), default=26)
        _counts(rows, columns, WORKBOOK_CELLS)
        cells += rows * columns
    _counts(cells, 1, WORKBOOK_CELLS)


def _numbers(found: list[bytes]) -> np.ndarray:
    return np.array(found, dtype="S9").astype(np.int64)


def _column(letters: str) -> int:
    """The number of a spreadsheet's column: A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number


def _shared(archive: zipfile.ZipFile) -> np.ndarray | None:
    """How many bytes each text has that a workbook's cells share, where one of them is long; else None."""
    try:
        with archive.open("xl/sharedStrings.xml") as file:
            texts = file.read()
    except KeyError:
        return None
    starts = np.array([found.start() for found in re.finditer(rb"<si[ >/]", texts)] + [len(texts)])
    lengths = np.append(np.diff(starts), 0)
    return lengths if len(lengths) > 1 and lengths.max() > LONG else None


def _parquet(content: bytes, limit: int, findings: list[Finding]) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet

    damaged = N_("This Parquet file is damaged or cut off. Write it again.")
    try:
        file = pa.parquet.ParquetFile(pa.BufferReader(content))
        about, schema = file.metadata, file.schema_arrow
        _counts(about.num_rows, max(about.num_columns, len(schema)))
        _unpacks(sum(about.row_group(group).total_byte_size for group in range(about.num_row_groups)), limit)
        parts, size = [], 0
        for batch in file.iter_batches(BATCH):
            batch.validate(full=True)  # text that is no UTF-8 would fail later, wherever it is looked at
            size += batch.nbytes
            _unpacks(size, limit)
            parts.append([_cells(column) for column in batch.columns])
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InvalidFile(damaged) from error
    nested = [field.name for field in schema if pa.types.is_nested(field.type)]
    if nested:
        findings.append(
            Finding(
                N_("{rows} columns hold lists or records: each is kept as one text."),
                len(nested),
                examples=tuple(nested[:3]),
                severity="warning",
            )
        )
    names, index = _names(schema, findings)
    frame = _table(parts, names)
    if index is not None:  # pandas writes rows that are counted from one number to another as these numbers only
        frame.insert(0, index["name"], pd.Series(_steps(index, len(frame)), dtype="str"))
    return frame


def _names(schema: "pa.Schema", findings: list[Finding]) -> tuple[list[str], dict[str, Any] | None]:
    """The names of a Parquet file's columns; and pandas' index where it has a name but, being a range, no column."""
    names = list(schema.names)
    try:
        indexes = json.loads((schema.metadata or {}).get(b"pandas", b"{}"))["index_columns"]
        written = [one for one in indexes if isinstance(one, str) and one in names]
        ranged = next((one for one in indexes if isinstance(one, dict) and isinstance(one.get("name"), str)), None)
        if ranged is not None:
            range(ranged["start"], ranged["stop"], ranged["step"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):  # another program's, or damaged
        return names, None
    unnamed = {one: "index" for one in written if one.startswith("__index_level_")}
    shown = [unnamed.get(one, one) for one in written] + ([ranged["name"]] if ranged else [])
    if shown:
        message = N_("The index of the table is kept as the column “{column}”.")
        findings.append(Finding(message, 0, {"column": ", ".join(shown)}))
    return [unnamed.get(name, name) for name in names], ranged


def _steps(index: dict[str, Any], rows: int) -> list[str]:
    steps = range(index["start"], index["stop"], index["step"])
    return [str(step) for step in steps] if len(steps) == rows else [str(step) for step in range(rows)]


def _cells(column: "pa.Array") -> "pa.Array":
    """A column of a Parquet file as text."""
    import pyarrow as pa

    if pa.types.is_nested(column.type):
        return _texts(None if cell is None else json.dumps(cell, ensure_ascii=False, default=str)
                      for cell in column.to_pylist())  # fmt: skip
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type) or pa.types.is_integer(column.type):
        text = column.cast(pa.large_string())
        return pa.compute.if_else(pa.compute.equal(text, ""), None, text)
    return _texts(column.to_pandas())


def _table(parts: "list[list[pa.Array]]", names: list[str]) -> pd.DataFrame:
    """Columns of text that were made part by part, under names that may come twice."""
    import pyarrow as pa

    whole = [pa.chunked_array(list(column)) for column in zip(*parts, strict=True)]
    columns = {place: pd.Series(pd.array(column, dtype="str")) for place, column in enumerate(whole)}
    return pd.DataFrame(columns, columns=range(len(names)), dtype="str").set_axis(names, axis=1)


def _texts(cells: "Iterable[object]") -> "pa.Array":
    import pyarrow as pa

    def text(cell: Any) -> str | None:
        if type(cell) is str:
            return cell or None
        if type(cell) is float and cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        return None if cell is None or cell != cell else str(cell)

    return pa.array([text(cell) for cell in cells], pa.large_string())


def _named(frame: pd.DataFrame, findings: list[Finding]) -> pd.DataFrame:
    """Every column with a name of its own."""
    given = [str(name).strip() for name in frame.columns]
    names: dict[str, None] = {}  # in order
    numbers = Counter[str]()
    for place, wanted in enumerate(given, start=1):
        name = base = wanted or f"column {place}"
        numbers[base] += 1
        while name in names:
            name, numbers[base] = f"{base} ({numbers[base]})", numbers[base] + 1
        names[name] = None
    changed = [name for name, wanted in zip(names, given, strict=True) if name != wanted]
    if changed:
        findings.append(
            Finding(
                N_("{rows} columns had no name, or the name of another one, and got a new name."),
                len(changed),
                examples=tuple(changed[:3]),
                severity="warning",
            )
        )
    return frame.set_axis(list(names), axis=1)


def _formulas(frame: pd.DataFrame) -> list[Finding]:
    count, examples = 0, []
    for place in range(frame.shape[1]):
        column = frame.iloc[:, place].dropna()
        column = column[column.str.startswith(FORMULA)]
        risky = column[~column.str.fullmatch(r"[+-]?[\d.,\s]+(?:[eE][+-]?\d+)?")]
        count += len(risky)
        examples += [text[:40] for text in risky.iloc[:1]]
    message = N_(
        "{rows} cells look like spreadsheet formulas: they are kept as text, and files saved here disarm them."
    )
    return [Finding(message, count, examples=tuple(examples[:3]), severity="warning")] if count else []


def report(problems: list[tuple[int, str, str, str]]) -> pd.DataFrame:
    """Refused cells as a table: row of the file, column, value, reason. The first `REPORTED`."""
    return pd.DataFrame(problems[:REPORTED], columns=["row", "column", "value", "reason"])
