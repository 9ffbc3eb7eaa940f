"""Text with columns as a grid of cells: the encoding and the delimiter are found, rows of another length are looked at.

A row has the number that a spreadsheet gives it: blank lines count, and a cell of several lines is in one row.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice, product
from typing import IO, Any

import numpy as np
import pandas as pd

from connectors import InvalidFile, fixed, names
from connectors.limits import CHUNK, counts
from data.dataset import Finding
from locales import N_

DELIMITERS = ",;\t|"
SNIFFED = 200  # rows that decide the delimiter
SNIFFED_CHARACTERS = 1_000_000
CLEAR = 20  # so many times more letters of UTF-8 than bytes that are none: those are damage
SWALLOWED, ALIKE = 3, 0.8  # lines in one cell, and their share that look like rows, after a mark that is not closed
ODD = 5_000  # rows of another length that are kept to be listed
# Where a file is not UTF-8; the first where nothing tells: Western, Central European, Turkish, Cyrillic, Greek, Hebrew,
# Arabic, Japanese, Chinese, Korean, Thai, Vietnamese.
PAGES = ("cp1252", "cp1250", "cp1254", "cp1251", "cp1253", "cp1255", "cp1256", "cp932", "gb18030", "big5", "cp949",
         "cp874", "cp1258")  # fmt: skip
TITLES, NAMED, LONG = 20, 40, 40  # lines at the top of which one is the header; names in it, and their length, at most
FIXED = Finding(N_("The columns are parted by where they stand in each line."), 0)
PASTED = Finding(N_("Each row stood in one cell: it was parted into columns."), 0)
RULED = re.compile(rb"^[|+ \t]*[-=_]{5,}[-=_|+ \t]*\r?$", re.MULTILINE)


@dataclass(frozen=True)
class Grid:
    """Cells as they stand, empty ones missing; the index is the row number less 1. `delimiter` parts the columns.

    `odd` are the rows that do not have the `usual` number of cells: number less 1 -> the cells.
    """

    cells: pd.DataFrame
    encoding: str
    delimiter: str
    usual: int
    odd: dict[int, list[str]]


def read(content: bytes, findings: list[Finding], like: Grid | None = None) -> Grid:
    """The cells of a file of text, `like` those of a piece of it that was read before (see `pieces`).

    Raises `InvalidFile` where a row is cut off or cannot be read.
    """
    encoding = like.encoding if like else encoded(lambda: io.BytesIO(content), findings)
    if b"\r" in content and b"\n" not in content and encoding != "utf-16":
        content = content.replace(b"\r", b"\n")
    if not like and (placed := _placed(content, encoding)):
        findings.append(FIXED)
        return read(placed, findings)
    drawn = any(line in content for line in (b"-----", b"=====", b"_____"))
    if drawn and encoding != "utf-16" and b'"' not in content:  # lines drawn below titles and headers
        content = RULED.sub(b"", content)
    start = content[: 4 * SNIFFED_CHARACTERS].decode(encoding, "ignore")[:SNIFFED_CHARACTERS]
    delimiter, usual = (like.delimiter, like.usual) if like else _delimiter(start)
    if not delimiter:
        if not like and (placed := _placed(content, encoding, drawn=False)):
            findings.append(FIXED)
            return read(placed, findings)
        if pasted := _pasted(content, encoding):
            findings.append(PASTED)
            return read(pasted, findings)
        raise InvalidFile(
            N_("No columns were found in this file: they should be parted by commas, semicolons, tabs or bars.")
        )
    simple = _simple(content, encoding)
    found = _widths(content, delimiter, usual) if simple else _whole(content, encoding, delimiter, usual)
    rows, width, odd = found
    plain = simple and not odd and content.count(b"\n") <= rows
    cells = (_plain if plain else _quoted)(content, encoding, delimiter, width)
    if len(cells) > rows:
        cells = cells.iloc[:rows]
    if delimiter != "," and not like:
        shown = {"\t": "tab"}.get(delimiter, delimiter)
        findings.append(Finding(N_("The columns are parted by “{delimiter}”."), 0, {"delimiter": shown}))
    return Grid(cells, encoding, delimiter, usual, odd)


def _quoted(content: bytes, encoding: str, delimiter: str, width: int) -> pd.DataFrame:
    """The cells of a file, quoted or not, of rows of up to `width` cells."""
    file = io.BytesIO(content)
    if content.startswith(codecs.BOM_UTF8):
        file.seek(len(codecs.BOM_UTF8))
    return pd.read_csv(
        file,
        sep=delimiter,
        dtype="str",
        keep_default_na=False,
        na_values=[""],
        skip_blank_lines=False,
        header=None,
        names=range(width),
        index_col=False,
        engine="c",
        encoding="utf-8" if encoding == "utf-8-sig" else encoding,
    )


def _plain(content: bytes, _encoding: str, delimiter: str, width: int) -> pd.DataFrame:
    """The cells of a file of UTF-8 without quotation marks, `width` in every row, in a fifth of the time."""
    import pyarrow as pa
    import pyarrow.csv

    names = [str(place) for place in range(width)]
    found = pa.csv.read_csv(
        pa.BufferReader(content),
        pa.csv.ReadOptions(column_names=names, use_threads=False),
        pa.csv.ParseOptions(delimiter=delimiter, quote_char=False),
        pa.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=True, null_values=[""]
        ),
    )
    return pd.DataFrame({place: pd.Series(pd.array(found.column(place), dtype="str")) for place in range(width)})


def pieces(file: IO[bytes], size: int) -> Iterator[bytes]:
    """An open file in pieces of about a `size` in bytes that end where a row does, in any encoding but UTF-16.

    Raises `InvalidFile` where a row is longer than two of them.
    """
    left = b""
    while chunk := file.read(size):
        left += chunk
        long = len(left) > 2 * size
        if long and b"\n" not in left and b"\r" not in left:  # to part its cells would take many times its size
            raise InvalidFile(N_("All of this file is one line: export it again, with a line for each row."))
        end = _ended(left, long)
        if end:
            yield left[:end]
        elif long:
            raise InvalidFile(N_("A quotation mark is open: no row ends after it. Export the file again."))
        left = left[end:]
    if left:
        yield left


def _ended(text: bytes, anyhow: bool) -> int:
    """Where the last row that is whole ends, outside of quotation marks; 0 where that is not seen.

    Marks inside of cells (5" pipe) may hide it: `anyhow` reads the rows one by one.
    """
    newline = b"\n" if b"\n" in text else b"\r"
    end = text.rfind(newline) + 1
    while end and text.count(b'"', 0, end) % 2:
        end = text.rfind(newline, 0, text.rfind(b'"', 0, end)) + 1
    return end if end or not anyhow else _after(text, len(text))


def top(text: bytes, rows: int) -> bytes:
    """The first rows of a text: so many, of fewer all but the last."""
    return text[: _after(text, rows)]


def _after(text: bytes, rows: int) -> int:
    """Where so many rows of a text end; of fewer the last one that another row follows."""
    lines = text.decode("latin-1").splitlines(keepends=True)  # marks and ends of lines are the same in all code pages
    ends, reader = [0, 0], csv.reader(lines)
    with suppress(csv.Error):
        for _row in islice(reader, rows + 1):
            ends.append(reader.line_num)
    return sum(map(len, lines[: ends[-2]]))


def chunks(file: IO[bytes]) -> Iterator[bytes]:
    """An open file, part by part."""
    while chunk := file.read(CHUNK):
        yield chunk


def encoded(opened: Callable[[], IO[bytes]], findings: list[Finding]) -> str:
    """The encoding of a file of text, which is opened as often as needed. Raises `InvalidFile` where it is none."""
    with opened() as file:
        start = file.read(SNIFFED_CHARACTERS)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        # Spreadsheets save "CSV (Macintosh)" with lines that end as nowhere else, and letters of its own.
        old = ["mac-roman"] if b"\r" in start and b"\n" not in start else []
        encodings = ["utf-8-sig", *old, *_pages(start), "latin-1"]
    for encoding in encodings:
        if encoding != encodings[0] and encodings[0] == "utf-8-sig" and (row := _broken(opened)):
            raise InvalidFile(
                N_("The text is UTF-8, but row {row} is not: correct it, or export the file again as UTF-8."), row=row
            )
        try:
            empty = True
            with opened() as file:
                for part in codecs.iterdecode(_chunks(file, encoding), encoding):
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


def _broken(opened: Callable[[], IO[bytes]]) -> int:
    """The row of the first bytes that are no UTF-8 in a file where nearly all letters are; 0 where they are not."""
    decoder, good, bad, row, first = codecs.getincrementaldecoder("utf-8")("replace"), 0, 0, 1, 0
    with opened() as file:
        for chunk in chunks(file):
            text = decoder.decode(chunk)
            lost = text.count("\ufffd")
            if lost and not first:
                first = row + text[: text.index("\ufffd")].count("\n")
            good += len(text) - len(text.encode("ascii", "ignore")) - lost
            bad, row = bad + lost, row + text.count("\n")
    return first if good >= CLEAR * bad else 0


def _chunks(file: IO[bytes], encoding: str) -> Iterator[bytes]:
    for chunk in chunks(file):
        if b"\0" in chunk and encoding != "utf-16":
            raise InvalidFile(N_("This is not a table that Vigie can read: send CSV, XLSX or Parquet."))
        yield chunk


def _pages(start: bytes) -> list[str]:
    """The code pages of Windows, those first in which most cells of a line near the top are names of columns."""
    top = [line for line in start.splitlines()[:TITLES] if not line.isascii()]
    found, counted = dict.fromkeys(PAGES, 0), dict[str, int]()  # most pages read a line alike
    for page, line in product(PAGES, top):
        text = line.decode(page, "replace")
        if text not in counted:
            cells = [cell.strip(' "') for cell in re.split(r"[,;\t|]", text)[:NAMED]]
            counted[text] = names.known([cell for cell in cells if 0 < len(cell) <= LONG])
        found[page] = max(found[page], counted[text])
    return sorted(PAGES, key=lambda page: -found[page])


def _delimiter(text: str) -> tuple[str, int]:
    """The one that cuts most of the first rows into the most columns, the same number in each; and that number.

    "" where there is none. A first line "sep=;" says it.
    """
    said = re.match(r'"?sep=(.)"?\r?\n', text, re.IGNORECASE)
    best, columns, most = "", 1, 1.0
    for delimiter in [said[1]] if said else DELIMITERS:
        widths: list[int] = []
        with suppress(csv.Error):  # what comes before a row that cannot be read counts
            for row in islice(csv.reader(io.StringIO(text), delimiter=delimiter), SNIFFED):
                widths += [len(row)] if row else []
        if not widths:
            continue
        usual, count = max(Counter(widths).items(), key=lambda pair: (pair[1], pair[0]))
        share = count / len(widths)
        if (usual > 1 and share > 0.5 and usual * share > most) or (said and usual > 1):
            best, columns, most = delimiter, usual, usual * share
    if not best:  # few rows, hardly two of one length: the header's
        for delimiter in DELIMITERS:
            with suppress(csv.Error):
                rows = [row for row in islice(csv.reader(io.StringIO(text), delimiter=delimiter), 3) if row]
                if rows and len(rows[0]) > columns:
                    best, columns = delimiter, len(rows[0])
    return best, columns


def _placed(content: bytes, encoding: str, drawn: bool = True) -> bytes:
    """A text of fixed width with tabs between its cells; nothing where it is none, or no line is `drawn` to show it."""
    if drawn and not fixed.RULE.search(content[:SNIFFED_CHARACTERS]):
        return b""
    text = content.decode(encoding, "replace")
    rows = fixed.parted(text, drawn)
    lines = (
        "\t".join(f'"{cell}"' if '"' not in cell else '"' + cell.replace('"', '""') + '"' for cell in row)
        for row in rows
    )
    return "\n".join(lines).encode()


def _pasted(content: bytes, encoding: str) -> bytes:
    """What stands in the cells of a file whose every row is one quoted cell, where that has columns; else nothing."""
    with suppress(csv.Error):
        cells = [row[0] for row in _rows(content, encoding, ",", strict=False) if row]
        text = "\n".join(cells)
        if text.encode() != content.strip() and _delimiter(text[:SNIFFED_CHARACTERS])[0]:
            return text.encode()
    return b""


def _rows(content: bytes, encoding: str, delimiter: str, strict: bool) -> Any:
    text = io.TextIOWrapper(io.BytesIO(content), encoding, newline="")
    return csv.reader(text, delimiter=delimiter, strict=strict)


def _whole(content: bytes, encoding: str, delimiter: str, usual: int) -> tuple[int, int, dict[int, list[str]]]:
    """How many rows and columns there are, and the rows that do not have `usual` cells.

    Refuses a file that ends in the middle of a cell, or where columns and rows are too many.
    """
    odd: dict[int, list[str]] = {}
    number, width, line = 0, usual, 0
    try:
        reader = _rows(content, encoding, delimiter, strict=False)
        for row in reader:
            number += 1
            if reader.line_num - line > SWALLOWED and any(_rows_in(cell, delimiter, usual) for cell in row):
                raise InvalidFile(
                    N_("Row {row} holds rows in one cell: a quotation mark is open or out of place."), row=number
                )
            line = reader.line_num
            if len(row) != usual and row:
                width = max(width, len(row))
                counts(1, width)
                if len(odd) < ODD:
                    odd[number - 1] = row
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
    counts(number, width)
    if content.count(b'"') % 2 and _ends_quoted(content, encoding, delimiter):
        raise InvalidFile(N_("A quotation mark is never closed: the file was cut off or is damaged. Export it again."))
    return number, width, odd


def _simple(content: bytes, encoding: str) -> bool:
    """Whether a file is UTF-8 without quotation marks, its lines end as usual and are as long as a cell at most."""
    if b'"' in content or not encoding.startswith("utf-8") or content.count(b"\r") > content.count(b"\r\n"):
        return False
    ends = np.flatnonzero(np.frombuffer(content, np.uint8) == ord("\n"))
    return int(np.diff(ends, prepend=-1, append=len(content)).max()) <= csv.field_size_limit()


def _rows_in(cell: str, delimiter: str, usual: int) -> bool:
    """Whether a cell holds what look like rows, cut off at its ends."""
    lines = cell.splitlines()[1:-1]
    alike = [line.count(delimiter) == usual - 1 for line in lines]
    return usual > 1 and len(lines) >= SWALLOWED - 1 and sum(alike) >= ALIKE * len(lines)


def _widths(content: bytes, delimiter: str, usual: int) -> tuple[int, int, dict[int, list[str]]]:
    """What `_whole` finds in a file of UTF-8 without quotation marks, by its bytes."""
    text = content if content.endswith(b"\n") else content + b"\n"
    letters = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero(letters == ord("\n"))
    cells = np.diff(np.searchsorted(np.flatnonzero(letters == ord(delimiter)), ends), prepend=0) + 1
    starts = np.concatenate([[0], ends[:-1] + 1])
    odd: dict[int, list[str]] = {}
    width = usual
    for row in np.flatnonzero(cells != usual):
        line = text[starts[row] : ends[row]].rstrip(b"\r")
        if line:
            width = max(width, int(cells[row]))
            counts(1, width)
            if len(odd) < ODD:
                odd[int(row)] = line.decode("utf-8-sig").split(delimiter)
    counts(len(ends), width)
    return len(ends), width, odd


def _ends_quoted(content: bytes, encoding: str, delimiter: str) -> bool:
    try:
        for _row in _rows(content, encoding, delimiter, strict=True):
            pass
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False
