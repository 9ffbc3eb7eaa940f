"""Small files that unpack, or are laid out, to more than any machine has; and those that are broken in odd ways."""

import gzip
import io
import json
import lzma
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
TOO_LARGE, MANY_CELLS, MANY_COLUMNS, UNPACKED = "more memory", "more cells", "columns and at most", "Unpacked"


def workbook(cells: str, shared: str = "") -> bytes:
    """A workbook of one sheet with these cells, as XML."""
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kinds}.worksheet+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kinds}.sharedStrings+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{SHEET}" xmlns:r="{relations}"><sheets>'
        '<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{relations}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/sharedStrings.xml": f'<sst xmlns="{SHEET}">{shared}</sst>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{SHEET}"><sheetData>{cells}</sheetData></worksheet>',
    }
    return archive({name: text.encode() for name, text in parts.items()})


def archive(members: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", how, compresslevel=1) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return packed.getvalue()


def parquet(table: pa.Table, **options: object) -> bytes:
    """A Parquet file."""
    file = io.BytesIO()
    pa.parquet.write_table(table, file, **options)
    return file.getvalue()


def number(at: str) -> str:
    """A cell of a sheet."""
    return f'<c r="{at}"><v>1</v></c>'


def far_cells() -> bytes:
    """Three cells that span every row and column there can be."""
    return workbook(f'<row r="1">{number("A1")}{number("B1")}</row><row r="1048576">{number("XFD1048576")}</row>')


def low_cell() -> bytes:
    """A stray cell at the bottom of a wide sheet."""
    header = "".join(number(f"{letter}{more}1") for letter in "ABCDEFGH" for more in "ABCDEFGHIJ")
    return workbook(f'<row r="1">{header}</row><row r="1048576">{number("A1048576")}</row>')


def unsaid_cells() -> bytes:
    """Cells that span the same, found in no way but by reading them: the counting before looks for other marks."""
    return workbook(f"<row r='1'>{number('A1')}</row><row r='1048576'><c  r='XFD1048576'><v>1</v></c></row>")


def shared_text() -> bytes:
    """One long text that 300,000 cells share."""
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 300_001))
    return workbook(rows, f"<si><t>{'x' * 32_000}</t></si>")


def repeated() -> bytes:
    """A Parquet file that says one text of 1 MB 770 times."""
    indices, text = pa.array(np.zeros(770, "int32")), pa.array(["x" * 1_000_000])
    table = pa.table({"id": pa.DictionaryArray.from_arrays(indices, text)})
    return parquet(table, compression="zstd", store_schema=False)


def endless() -> bytes:
    """A Parquet file of 102 million equal numbers: the least that is too many."""
    part = pa.table({name: pa.array(np.ones(1_000_000, "int8")) for name in "abc"})
    file = io.BytesIO()
    with pa.parquet.ParquetWriter(file, part.schema, compression="zstd") as writer:
        for _group in range(34):
            writer.write_table(part)
    return file.getvalue()


def nested(levels: int, content: bytes = b"a,b\n1,2\n") -> bytes:
    """A table in a ZIP in a ZIP ..."""
    for _level in range(levels):
        content = archive({"a.zip": content})
    return content


def version() -> bytes:
    """A ZIP that asks for a newer program."""
    content = bytearray(archive({"a.csv": b"a,b\n1,2\n"}))
    for place in (content.find(b"PK\x03\x04") + 4, content.find(b"PK\x01\x02") + 6):
        content[place : place + 2] = b"\xff\x00"
    return bytes(content)


def lzma_damaged() -> bytes:
    """A ZIP whose member is packed by LZMA and damaged."""
    content = bytearray(archive({"a.csv": b"a,b\n" + b"1,2\n" * 500}, zipfile.ZIP_LZMA))
    place = content.find(b"a.csv") + len("a.csv") + 9
    content[place : place + 20] = b"\xff" * 20
    return bytes(content)


def wide(names: list[str], rows: int = 3) -> bytes:
    """A CSV with these columns."""
    return "\n".join([",".join(names), *[",".join(["x"] * len(names))] * rows]).encode()


ZEROS = b"0,0\n" * 2_500_000  # 10 MB
# name of the file, what is in it, and a word of the sentence that says what is wrong with it
BOMBS = {
    "far cells": ("a.xlsx", far_cells, MANY_COLUMNS),
    "low cell": ("a.xlsx", low_cell, MANY_CELLS),
    "unsaid cells": ("a.xlsx", unsaid_cells, TOO_LARGE),
    "shared text": ("a.xlsx", shared_text, UNPACKED),
    "repeated text": ("a.parquet", repeated, f"{UNPACKED}|{TOO_LARGE}"),
    "endless": ("a.parquet", endless, MANY_CELLS),
    "gzip": ("a.csv.gz", lambda: gzip.compress(ZEROS, 1) * 11, UNPACKED),
    "zip": ("a.zip", lambda: archive({"a.csv": ZEROS * 11}), UNPACKED),
    "one name": ("a.csv", lambda: wide(["a"] * 3_000), MANY_COLUMNS),
    "huge cell": ("a.csv", lambda: b"a,b\n1," + b"x" * 3_000_000 + b"\n", "more than 131072 characters"),
    "nested": ("a.zip", lambda: nested(50), "again and again"),
}
BROKEN = {
    "bom": ("a.csv", lambda: b"\xef\xbb\xbf", "empty"),
    "utf-16 bom": ("a.csv", lambda: b"\xff\xfe", "empty"),
    "bom in gzip": ("a.csv.gz", lambda: gzip.compress(b"\xef\xbb\xbf\n"), "empty"),
    "nothing in gzip": ("a.csv.gz", lambda: gzip.compress(b""), "empty"),
    "nothing in zip": ("a.zip", lambda: archive({"a.csv": b""}), "empty"),
    "no file in zip": ("a.zip", lambda: archive({}), "holds 0 files"),
    "lzma": ("a.zip", lzma_damaged, "damaged"),
    "xz": ("a.csv.xz", lambda: lzma.compress(b"a,b\n1,2\n"), "not a table|No columns"),
    "newer": ("a.zip", version, "damaged"),
    "newer, named xlsx": ("a.xlsx", version, "workbook cannot be read"),
}


def odd_metadata() -> bytes:
    """A Parquet file whose note for pandas is no JSON."""
    return parquet(pa.table({"id": ["1"]}, metadata={b"pandas": b'{"index_columns": [3, {"kind"'}))


def indexed(frame: pd.DataFrame) -> bytes:
    """`frame` as pandas writes it, its index with it."""
    file = io.BytesIO()
    frame.to_parquet(file)
    return file.getvalue()


def lists() -> bytes:
    """A Parquet file with a column of lists and one of records."""
    return parquet(pa.table({"id": ["1", "2"], "tags": [["a", "é"], None], "who": [{"n": 1}, {"n": None}]}))


def noted(**note: object) -> bytes:
    """A Parquet file with this note for pandas."""
    return parquet(pa.table({"id": ["1", "2"]}, metadata={b"pandas": json.dumps(note).encode()}))
