"""Read a file an analyst gives: CSV, XLSX or Parquet, also packed. What comes out is text, as it stands in the file.

Nothing is guessed about types here, nothing is dropped, and nothing in a file is ever run. A file that cannot be
read whole is refused with a sentence (`InvalidFile`), never read in part.
"""

import codecs
import csv
import gzip
import hashlib
import io
import zipfile
import zlib
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, cast

import pandas as pd

from connectors import BadResponse
from data.dataset import Finding
from locales import N_

DELIMITERS = ",;\t|"
UNPACKED = 5  # a packed file may grow to so many times the upload limit, no more
SNIFFED = 200  # rows that decide the delimiter
SNIFFED_CHARACTERS = 1_000_000
FORMULA = ("=", "+", "-", "@")
REPORTED = 1_000


class InvalidFile(BadResponse):
    """The file, or some of its cells, cannot be used. `report` lists the cells: row, column, value, reason."""

    def __init__(self, message: str, report: pd.DataFrame | None = None, **values: object) -> None:
        super().__init__(message, **values)
        self.report = report


@dataclass(frozen=True)
class Raw:
    """A file as text: every cell as it stands there, empty ones missing. Row 1 of the file is the header."""

    frame: pd.DataFrame
    findings: tuple[Finding, ...]
    sha256: str


def read(name: str, content: bytes, *, limit_bytes: int) -> Raw:
    """The table in a file called `name`. Raises `InvalidFile`."""
    if len(content) > limit_bytes:
        raise InvalidFile(
            N_("This file has {size} MB and at most {limit} are taken. Send a part of it, or pack it (.gz, .zip)."),
            size=len(content) // 1_000_000,
            limit=limit_bytes // 1_000_000,
        )
    if not content.strip():
        raise InvalidFile(N_("This file is empty."))
    sha256 = hashlib.sha256(content).hexdigest()
    name, content = unpacked(name, content, UNPACKED * limit_bytes)
    findings: list[Finding] = []
    if content[:4] == b"PK\x03\x04":
        frame = _xlsx(content, UNPACKED * limit_bytes)
    elif content[:4] == b"PAR1":
        frame = _parquet(content)
    else:
        frame = _csv(content, findings)
    if frame.empty:
        raise InvalidFile(N_("This file has a header but no row."))
    return Raw(_named(frame, findings), (*findings, *_formulas(frame)), sha256)


def read_path(path: Path, limit_bytes: int) -> Raw:
    """The table in a file on disk. Raises `InvalidFile`, or OSError where it cannot be opened."""
    return read(path.name, path.read_bytes(), limit_bytes=limit_bytes)


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


def unpacked(name: str, content: bytes, limit: int) -> tuple[str, bytes]:
    """The name and content of what a .gz or .zip holds, else as given. Raises `InvalidFile` above `limit` bytes."""
    if content[:2] == b"\x1f\x8b":
        try:
            return name.removesuffix(".gz"), _bounded(
                cast("IO[bytes]", gzip.GzipFile(fileobj=io.BytesIO(content))), limit
            )
        except (OSError, EOFError, zlib.error) as error:
            raise InvalidFile(N_("This packed file is damaged or cut off. Pack it again.")) from error
    if content[:4] == b"PK\x03\x04" and not name.lower().endswith((".xlsx", ".xlsm")):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                members = [one for one in archive.infolist() if not one.is_dir() and "__MACOSX" not in one.filename]
                if any(one.filename == "[Content_Types].xml" for one in members):
                    return name, content  # a workbook under another name
                if len(members) != 1:
                    raise InvalidFile(
                        N_("This archive holds {count} files: pack the one that you mean."), count=len(members)
                    )
                if members[0].flag_bits & 1:
                    raise InvalidFile(N_("This archive is locked with a password: pack it without one."))
                with archive.open(members[0]) as member:
                    return unpacked(members[0].filename, _bounded(member, limit), limit)
        except (zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error) as error:
            raise InvalidFile(N_("This packed file is damaged or cut off. Pack it again.")) from error
    return name, content


def _bounded(packed: IO[bytes], limit: int) -> bytes:
    content = packed.read(limit + 1)
    if len(content) > limit:
        raise InvalidFile(
            N_("Unpacked, this file has more than {limit} MB, which is more than is taken."), limit=limit // 1_000_000
        )
    return content


def _csv(content: bytes, findings: list[Finding]) -> pd.DataFrame:
    text = _decoded(content, findings)
    delimiter = _delimiter(text)
    _whole(text, delimiter)
    frame = pd.read_csv(
        io.StringIO(text),
        sep=delimiter,
        dtype="str",
        keep_default_na=False,
        na_values=[""],
        skip_blank_lines=True,
        header=None,
        engine="c",
    )
    if delimiter != ",":
        shown = {"\t": "tab"}.get(delimiter, delimiter)
        findings.append(Finding(N_("The columns are parted by “{delimiter}”."), 0, {"delimiter": shown}))
    header = frame.iloc[0].fillna("").astype(str)
    return frame.iloc[1:].reset_index(drop=True).set_axis(list(header), axis=1)


def _decoded(content: bytes, findings: list[Finding]) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        if b"\0" in content:
            raise InvalidFile(N_("This is not a table that Vigie can read: send CSV, XLSX or Parquet."))
        encodings = ["utf-8-sig", "cp1252", "latin-1"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not encoding.startswith("utf-8"):
            findings.append(
                Finding(N_("The text is in {encoding}: check that accents read well."), 0, {"encoding": encoding})
            )
        return text
    raise InvalidFile(N_("The text of this file cannot be read: save it as UTF-8."))


def _delimiter(text: str) -> str:
    """The one that cuts the first rows into the most columns, the same number in each."""
    best, columns = ",", 1
    text = text[:SNIFFED_CHARACTERS]
    for delimiter in DELIMITERS:
        try:
            rows = [row for row in islice(csv.reader(io.StringIO(text), delimiter=delimiter), SNIFFED) if row]
        except csv.Error:
            continue
        widths = [len(row) for row in rows]
        usual = max(set(widths), key=widths.count)
        if usual == widths[0] and usual > columns and 2 * widths.count(usual) > len(widths):
            best, columns = delimiter, usual
    if columns == 1:
        raise InvalidFile(
            N_("No columns were found in this file: they should be parted by commas, semicolons, tabs or bars.")
        )
    return best


def _whole(text: str, delimiter: str) -> None:
    """Refuse a file whose rows have different numbers of cells, or which ends in the middle of one."""
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=False)
    wrong: list[tuple[int, int]] = []
    number, width = 0, 0
    try:
        for row in reader:
            if not row:
                continue
            number += 1
            width = width or len(row)
            if len(row) != width:
                wrong.append((number, len(row)))
    except csv.Error as error:
        raise InvalidFile(
            N_("Row {row} cannot be read: a quotation mark is open or out of place."), row=number + 1
        ) from error
    if text.count('"') % 2 and _ends_quoted(text, delimiter):
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


def _ends_quoted(text: str, delimiter: str) -> bool:
    try:
        for _row in csv.reader(io.StringIO(text), delimiter=delimiter, strict=True):
            pass
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def _xlsx(content: bytes, limit: int) -> pd.DataFrame:
    import python_calamine

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(one.file_size for one in archive.infolist()) > limit:
                raise InvalidFile(
                    N_("Unpacked, this file has more than {limit} MB, which is more than is taken."),
                    limit=limit // 1_000_000,
                )
        book = python_calamine.load_workbook(io.BytesIO(content))
        sheets = [rows for name in book.sheet_names if (rows := book.get_sheet_by_name(name).to_python())]
    except (zipfile.BadZipFile, python_calamine.CalamineError, OSError) as error:
        raise InvalidFile(N_("This workbook cannot be read: save it again as XLSX, without a password.")) from error
    if not sheets:
        raise InvalidFile(N_("This file is empty."))
    same = [rows for rows in sheets if rows[0] == sheets[0][0]]  # sheets that go on where the first one ends
    cells = [row for rows in same for row in rows[1:] if any(cell != "" for cell in row)]
    frame = pd.DataFrame(cells, columns=[str(name).strip() for name in sheets[0][0]], dtype=object)
    return pd.DataFrame(
        {place: _as_text(frame.iloc[:, place]) for place in range(frame.shape[1])}, index=frame.index
    ).set_axis(frame.columns, axis=1)


def _parquet(content: bytes) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet

    try:
        frame = pa.parquet.read_table(io.BytesIO(content)).to_pandas()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InvalidFile(N_("This Parquet file is damaged or cut off. Write it again.")) from error
    return pd.DataFrame({name: _as_text(frame[name]) for name in frame.columns})


def _as_text(column: pd.Series) -> pd.Series:
    def text(cell: object) -> str | None:
        if cell is None or cell == "" or cell != cell:
            return None
        if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        return str(cell)

    return pd.Series([text(cell) for cell in column], dtype="str")


def _named(frame: pd.DataFrame, findings: list[Finding]) -> pd.DataFrame:
    """Every column with a name of its own."""
    names: list[str] = []
    changed = []
    for place, given in enumerate(frame.columns, start=1):
        name = wanted = str(given).strip() or f"column {place}"
        number = 2
        while name in names:
            name, number = f"{wanted} ({number})", number + 1
        if name != str(given).strip():
            changed.append(name)
        names.append(name)
    if changed:
        findings.append(
            Finding(
                N_("{rows} columns had no name, or the name of another one, and got a new name."),
                len(changed),
                examples=tuple(changed[:3]),
                severity="warning",
            )
        )
    return frame.set_axis(names, axis=1)


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
