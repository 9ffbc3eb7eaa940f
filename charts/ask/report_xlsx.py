"""A board as a workbook: one sheet a card, with a chart of Excel's own where the card is a figure."""

import re
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd

from charts import paper
from charts.ask.content import About, Content
from data import export
from locales import _
from models.ask.board import Card
from models.ask.query import Rows

FIRST = 4  # the row of a sheet at which its table begins
COLOURS = ("#FFFFFF", "#1F7896")  # of a heatmap's least and most


def workbook(about: About, cards: Sequence[tuple[Card, Content]]) -> bytes:
    """The cards of a board as sheets, after one that says what it is and holds the single numbers.

    Text stays text: no cell is a formula or a link (see `data.export.xlsx`).
    """
    import xlsxwriter

    file = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"title": about.title, "created": about.made.replace(tzinfo=None)})
        bold, grey = book.add_format({"bold": True}), book.add_format({"font_color": "#5F6E76"})
        rounded = book.add_format({"num_format": "#,##0.00"})
        names: set[str] = set()
        first = book.add_worksheet(_sheet(about.title or _("Board"), names))
        first.write_string(0, 0, about.title, book.add_format({"bold": True, "font_size": 16}))
        first.write_string(1, 0, about.filters)
        first.write_string(2, 0, about.data, grey)
        row = FIRST
        for _card, one in cards:
            if one.value or (one.text and one.table is None):
                first.write_string(row, 0, one.title)
                if one.value and one.table is not None:  # as a number, beside how it is written
                    first.write_number(row, 1, float(one.table.iloc[0, 0]), rounded)
                for place, text in enumerate((one.value or one.text, one.meaning, one.note), 2):
                    first.write_string(row, place, text, bold if place == 2 else None)
                row += 1
        first.write_string(row, 0, about.left, grey)
        first.autofit(export.WIDEST)
        for card, one in cards:
            table = one.table if one.figure is None or not paper.drawable(one.figure) else _behind(one)
            if table is None or one.value:
                continue
            page = book.add_worksheet(_sheet(one.title or _("Card"), names))
            page.write_string(0, 0, one.title, bold)
            page.write_string(1, 0, one.note, grey)
            export.put(book, page, table, FIRST - 1)
            page.autofit(export.WIDEST)
            if one.figure is not None and paper.drawable(one.figure):
                _chart(book, page, one, table, card.query.rows if card.query else "")
    return file.getvalue()


def _sheet(title: str, names: set[str]) -> str:
    """A name for a sheet that Excel takes, and that no other one has."""
    plain = re.sub(r"[\[\]:*?/\\']", " ", title).strip()[:27] or _("Card")
    name, number = plain, 2
    while name.lower() in names:
        name, number = f"{plain} {number}", number + 1
    names.add(name.lower())
    return name


def _behind(one: Content) -> pd.DataFrame | None:
    """What a figure draws, a row a place along it and a column a series; the table behind a figure of another kind."""
    assert one.figure is not None  # noqa: S101  # for mypy
    full = paper.plain(one.figure.to_dict())
    kinds = {trace["type"] for trace in full["data"]}
    if kinds == {"heatmap"}:
        trace = full["data"][0]
        layout = full["layout"]
        cells = pd.DataFrame(np.asarray(trace["z"], float), columns=_names(layout["xaxis"], trace["z"][0]))
        cells.insert(0, "", _names(layout["yaxis"], trace["z"]))
        return cells
    if kinds == {"bar"} and one.dimension:
        lying = full["data"][0].get("orientation") == "h"
        along, amount = ("y", "x") if lying else ("x", "y")
        found = {"": _names(full["layout"][f"{along}axis"], full["data"][0][along])}
        return pd.DataFrame(found | {_name(trace, place): np.asarray(trace[amount], float)
                                     for place, trace in enumerate(full["data"])})  # fmt: skip
    if kinds == {"scatter"} and all(trace.get("fill") is None for trace in full["data"]):
        same = [np.asarray(trace["x"]) for trace in full["data"]]
        if all(np.array_equal(one, same[0]) for one in same):
            steps = pd.to_datetime(same[0], errors="coerce") if paper.is_time(same[0]) else same[0]
            lines = {_name(trace, place): np.asarray(trace["y"], float) for place, trace in enumerate(full["data"])}
            return pd.DataFrame({" ": steps} | lines)
    return one.table


def _names(axis: dict[str, Any], along: Sequence) -> list[str]:
    texts = axis.get("ticktext")
    return [paper.unmarked(text) for text in (texts if texts is not None and len(texts) == len(along) else along)]


def _name(trace: dict[str, Any], place: int) -> str:
    return paper.unmarked(trace.get("name") or _("Series {number}").format(number=place + 1))


def _chart(book: Any, page: Any, one: Content, table: pd.DataFrame, of_rows: Rows) -> None:
    """Excel's own chart of a table that `_behind` made."""
    assert one.figure is not None  # noqa: S101  # for mypy
    kind = one.figure.data[0].type
    rows, columns = table.shape
    last = FIRST - 1 + rows
    if kind == "heatmap" and table.columns[0] == "":
        scale = {"type": "2_color_scale", "min_color": COLOURS[0], "max_color": COLOURS[1]}
        page.conditional_format(FIRST, 1, last, columns - 1, scale)
        return
    made = {("scatter", " "): "line", ("bar", ""): "bar"}.get((kind, str(table.columns[0])))
    if of_rows == "relation":
        made = "scatter"
    elif of_rows and columns == 2:  # bins
        made = "column"
    if made is None:
        return
    chart = book.add_chart({"type": made})
    for column in range(columns - 1 if of_rows else 1, columns):
        across = column - 1 if of_rows else 0
        chart.add_series(
            {
                "name": [page.get_name(), FIRST - 1, column],
                "categories": [page.get_name(), FIRST, across, last, across],
                "values": [page.get_name(), FIRST, column, last, column],
            }
        )
    chart.set_title({"none": True})
    if made == "bar":
        chart.set_y_axis({"reverse": True})
    if columns == 2 or of_rows:
        chart.set_legend({"none": True})
    chart.set_size({"width": 720, "height": max(320, 60 + 26 * rows if made == "bar" else 0)})
    page.insert_chart(FIRST - 1, columns + 1, chart)
