"""Tables of web pages, as programs write them that call them XLS."""

import re
from html.parser import HTMLParser

import pandas as pd

from connectors import InvalidFile
from connectors.limits import counts
from locales import N_

SPAN = 1_000  # columns or rows that a cell stands over, at most


def read(content: bytes, encoding: str) -> pd.DataFrame:
    """The cells of the largest table of a page, empty ones missing; what stands over several columns is in the first.

    A cell over several rows is in each of them. `encoding` is used where the page names none. Raises `InvalidFile`.
    """
    said = re.search(rb"charset=[\"']?([\w-]+)", content[:2_000])
    page = _Page()
    try:
        page.feed(content.decode(said[1].decode() if said else encoding, "replace"))
    except LookupError:
        page.feed(content.decode(encoding, "replace"))
    page.close()
    rows = max(page.tables, key=lambda table: sum(map(len, table)), default=[])
    if not any(rows):
        raise InvalidFile(N_("This is a web page under another name: open it in a spreadsheet and save it as XLSX."))
    width = max(map(len, rows))
    counts(len(rows), width)
    filled = [[" ".join(cell.split()) or None for cell in row] + [None] * (width - len(row)) for row in rows]
    return pd.DataFrame(filled, dtype="str")


class _Page(HTMLParser):
    """The tables of a page as rows of cells of text, one in another apart."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.open: list[list[list[str]]] = []  # tables, the innermost last
        self.into = False  # whether text belongs to a cell
        self.over: list[dict[int, tuple[int, str]]] = []  # of each: column -> rows below its cell stands over, its text
        self.span = (1, 1)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.open.append([])
            self.tables.append(self.open[-1])
            self.over.append({})
        elif tag == "tr" and self.open:
            self._end()
            self.open[-1].append([])
        elif tag in ("td", "th") and self.open:
            self._end()
            table = self.open[-1]
            if not table:
                table.append([])
            self._above(table[-1])
            said = {name: int(value) for name, value in attrs if value and value.isdigit()}
            self.span = (min(said.get("colspan", 1), SPAN), min(said.get("rowspan", 1), SPAN))
            table[-1].append("")
            self.into = True
        elif tag == "br" and self.into:
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._end()
        if tag == "tr" and self.open and self.open[-1]:
            self._above(self.open[-1][-1])
        if tag == "table" and self.open:
            self.open.pop()
            self.over.pop()

    def handle_data(self, data: str) -> None:
        if self.into:
            self.open[-1][-1][-1] += data

    def _above(self, row: list[str]) -> None:
        """Fill in the cells of rows above that stand over the next cells of a row."""
        over = self.over[-1]
        while (place := len(row)) in over:
            left, text = over.pop(place)
            row.append(text)
            if left > 1:
                over[place] = left - 1, text

    def _end(self) -> None:
        if self.into:
            row, (columns, rows) = self.open[-1][-1], self.span
            if rows > 1:
                self.over[-1][len(row) - 1] = rows - 1, row[-1]
            row.extend([""] * (columns - 1))
        self.into = False
