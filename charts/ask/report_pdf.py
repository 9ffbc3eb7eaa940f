"""A board on paper: A4, or slides of 16:9; text is text, figures are vectors, and nothing needs a browser."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import pandas as pd
from fpdf.enums import XPos, YPos

import locales
from charts import paper
from charts.ask.content import About, Content
from charts.sheet import A4, LINE, Sheet
from locales import _
from models.ask import board
from models.ask.board import Card

FAMILY = "Atkinson Hyperlegible Next"
INCH, POINT = 25.4, 25.4 / 72  # millimetres
ROWS, FEW = 60, 14  # rows of a table over the whole width, and of one beside another card
SLIDE = (190.5, 338.67)


class _Paper(Sheet):
    """A page with what it is about at its foot."""

    def __init__(self, about: About, fonts: Path, slides: bool) -> None:
        super().__init__(fonts, about.made, about.title, 20.0 if slides else 15.0, SLIDE if slides else A4)
        self.about, self.slides = about, slides
        self.set_auto_page_break(True, 16)
        self.figures: list[tuple[int, float, float, float, bytes]] = []  # page, left, bottom, scale, PDF

    @property
    def wide(self) -> float:
        return float(self.w - 2 * self.edge)

    def footer(self) -> None:
        self.set_y(-11)
        self.ink(7 if not self.slides else 9, grey=True)
        made = _("made on {moment}").format(moment=locales.moment(self.about.made))
        text = " · ".join(filter(None, (self.about.title, self.about.filters, self.about.data, made)))
        room = self.wide - 20
        self.cell(room, 5, self.cut(text, room))
        self.cell(20, 5, f"{self.page_no()} / {{nb}}", align="R")

    def said(
        self, x: float, y: float, wide: float, text: str, size: float, style: str = "", grey: bool = False
    ) -> float:
        """Write some lines, and return how high they are."""
        if not text:
            return 0.0
        text = self.legible(text)
        self.ink(size, style, grey)
        self.set_xy(x, y)
        self.multi_cell(wide, size * POINT * 1.35, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        return self.get_y() - y

    def height(self, wide: float, text: str, size: float, style: str = "") -> float:
        """How high some lines will be."""
        if not text:
            return 0.0
        text = self.legible(text)
        self.ink(size, style)
        step = size * POINT * 1.35
        return step * len(cast(list, self.multi_cell(wide, step, text, align="L", dry_run=True, output="LINES")))


def pdf(
    about: About, cards: Sequence[tuple[Card, Content]], fonts: Path, outlines: Mapping[str, Any], slides: bool = False
) -> bytes:
    """The cards of a board as pages of A4 in the lines of its grid, or as `slides` one after the other.

    `fonts` is the folder of Vigie's own fonts, `outlines` are those of countries (TopoJSON). The same input gives the
    same file. A figure that paper does not hold is its table.
    """
    from matplotlib import font_manager

    for name in ("regular", "bold"):
        font_manager.fontManager.addfont(str(fonts / f"atkinson-{name}.ttf"))
    made = _Paper(about, fonts, slides)
    (_slides if slides else _pages)(made, cards, outlines)
    if made.unknown:
        made.set_auto_page_break(False)
        said = _("A □ stands for a letter that is not in the fonts of this file: the XLSX and the HTML have it.")
        made.said(made.edge, made.h - 17, made.wide, said, 7, grey=True)
    return _with_figures(bytes(made.output()), made.figures)


def _pages(made: _Paper, cards: Sequence[tuple[Card, Content]], outlines: Mapping[str, Any]) -> None:
    made.add_page()
    y = made.edge
    y += made.said(made.edge, y, made.wide, about_title(made.about), 20, "B") + 1
    y += made.said(made.edge, y, made.wide, made.about.filters, 10) + 0.5
    y += made.said(made.edge, y, made.wide, made.about.data, 8.5, grey=True) + 5
    gap = 4.0
    wider = [Card(card.form, width=card.width if says.value else 12 if card.width > 6 else 6) for card, says in cards]
    for line in board.lines(wider):
        widths = [(made.wide + gap) * wider[place].width / board.WHOLE - gap for place in line]
        says = [cards[place][1] for place in line]
        if len(line) == 1 and says[0].figure is None and says[0].table is not None and not says[0].value:
            y = _table(made, says[0], y) + gap
            continue
        high = max(_height(made, one, wide) for one, wide in zip(says, widths, strict=True))
        if y + high > made.h - 18:
            made.add_page()
            y = made.edge
        x = made.edge
        for one, wide in zip(says, widths, strict=True):
            made.set_draw_color(*LINE)
            made.rect(x, y, wide, high, round_corners=True, corner_radius=1.5)
            _box(made, one, x + 3, y + 3, wide - 6, high - 6, outlines)
            x += wide + gap
        y += high + gap
    if made.about.left:
        made.said(made.edge, y, made.wide, made.about.left, 8, grey=True)


def about_title(about: About) -> str:
    """A board's name, which a report does not do without."""
    return about.title or _("Board")


def _drawn_height(one: Content, wide: float) -> float:
    """How high a figure is on paper: as on the screen, by its width."""
    pixels = (one.figure.layout.height if one.figure is not None else None) or 320
    return min(max(pixels, 260), 620) * (0.19 if wide < 100 else 0.24)


def _height(made: _Paper, one: Content, wide: float) -> float:
    inner = wide - 6
    high = 6 + made.height(inner, one.title, 9.5, "B") + made.height(inner, one.note, 7) + 1.5
    if one.value:
        return high + 8 + made.height(inner, one.meaning, 7.5)
    if one.figure is not None and paper.drawable(one.figure):
        return high + _drawn_height(one, wide)
    if one.table is not None:
        high += 5.2 * (min(len(one.table), FEW + 1) + 1) + 2
    return high + made.height(inner, one.text, 9)


def _box(made: _Paper, one: Content, x: float, y: float, wide: float, high: float, outlines: Mapping[str, Any]) -> None:
    """A card in its box: title, what it says, and at the bottom what it is about."""
    note = made.height(wide, one.note, 7)
    top = y + made.said(x, y, wide, one.title, 9.5, "B") + 0.5
    if one.value:
        top += made.said(x, top, wide, one.value, 16, "B")
        made.said(x, top, wide, one.meaning, 7.5, grey=True)
    elif one.figure is not None and paper.drawable(one.figure):
        _figure(made, one, x, top + 0.5, wide, y + high - note - top - 1, 1.0, outlines)
    elif one.table is not None:
        top = _rows(made, one.table.head(FEW), x, top + 1, wide)
        top += made.said(x, top + 0.5, wide, _more(one.table, FEW), 7, grey=True)
    if one.text:
        made.said(x, top, wide, one.text, 9)
    made.said(x, y + high - note, wide, one.note, 7, grey=True)


def _figure(
    made: _Paper, one: Content, x: float, y: float, wide: float, high: float, scale: float, outlines: Mapping[str, Any]
) -> None:
    drawn = paper.drawn(one.figure, wide / INCH / scale, high / INCH / scale, FAMILY, outlines)
    made.figures.append((made.page_no() - 1, x / POINT, (made.h - y - high) / POINT, scale, drawn))


def _table(made: _Paper, one: Content, y: float) -> float:
    """A table over the whole width, on as many pages as it takes; where it ends."""
    if y + 30 > made.h - 18:
        made.add_page()
        y = made.edge
    y += made.said(made.edge, y, made.wide, one.title, 9.5, "B") + 1
    assert one.table is not None  # noqa: S101  # for mypy
    y = _rows(made, one.table.head(ROWS), made.edge, y, made.wide) + 1
    note = "; ".join(filter(None, (one.note, _more(one.table, ROWS))))
    return y + made.said(made.edge, y, made.wide, note, 7, grey=True)


def _more(table: pd.DataFrame, shown: int) -> str:
    """How many rows of a table are left out."""
    more = len(table) - shown
    return _("and {count} more").format(count=locales.number(more)) if more > 0 else ""


def _rows(made: _Paper, table: pd.DataFrame, x: float, y: float, wide: float, size: float = 8) -> float:
    """The rows of a table, its head again on each page; where they end. Text that is too long is cut."""
    shown = table.reset_index(drop=True)
    right = [pd.api.types.is_numeric_dtype(kind) for kind in shown.dtypes]
    texts = [[written(value) for value in shown.iloc[:, place]] for place in range(shown.shape[1])]
    made.ink(size)
    longest = [max([made.get_string_width(text) for text in (*column, str(name))], default=0) + 3
               for name, column in zip(shown.columns, texts, strict=True)]  # fmt: skip
    numbers = sum(one for one, is_right in zip(longest, right, strict=True) if is_right)
    words = sum(longest) - numbers
    room = max(wide - numbers, wide / 3) / max(words, 0.1)  # of text, which may be cut; a number may not
    widths = [one if is_right else one * room for one, is_right in zip(longest, right, strict=True)]
    widths = [one * wide / sum(widths) for one in widths]
    step = size * POINT * 1.85

    def line(cells: Sequence[str], style: str, y: float) -> None:
        made.ink(size, style)
        at = x
        for text, cell, is_right in zip(cells, widths, right, strict=True):
            made.set_xy(at, y)
            made.cell(cell, step, _cut(made, made.legible(text), cell - 2), align="R" if is_right else "L")
            at += cell
        made.set_draw_color(*LINE)
        made.line(x, y + step, x + wide, y + step)

    names = [str(name) for name in shown.columns]
    line(names, "B", y)
    y += step
    for place in range(len(shown)):
        if y + step > made.h - 18:
            made.add_page()
            y = made.edge
            line(names, "B", y)
            y += step
        line([column[place] for column in texts], "", y)
        y += step
    return y


def _cut(made: _Paper, text: str, room: float) -> str:
    if made.get_string_width(text) <= room:
        return text
    while text and made.get_string_width(text + "…") > room:
        text = text[:-1]
    return text + "…"


def written(value: object) -> str:
    """A cell of a table as a reader reads it."""
    if value is None or (isinstance(value, float) and value != value) or value is pd.NaT:
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float) or hasattr(value, "dtype"):
        number = float(value)  # type: ignore[arg-type]
        return locales.number(number, 0 if number == round(number) else 2).replace("\u202f", "\u00a0")
    return " ".join(str(value).split())


def _slides(made: _Paper, cards: Sequence[tuple[Card, Content]], outlines: Mapping[str, Any]) -> None:
    made.add_page()
    y = made.h / 2 - 25
    y += made.said(made.edge, y, made.wide, about_title(made.about), 40, "B") + 4
    y += made.said(made.edge, y, made.wide, made.about.filters, 18) + 3
    made.said(made.edge, y, made.wide, made.about.data, 13, grey=True)
    shown = [Card("number" if says.value else "words") for _card, says in cards]
    for turn in board.turns(shown):
        made.add_page()
        says = [cards[place][1] for place in turn]
        if says[0].value:
            wide = made.wide / len(says)
            for place, one in enumerate(says):
                x, y = made.edge + place * wide, made.h / 2 - 30
                y += made.said(x, y, wide - 8, one.title, 17) + 2
                y += made.said(x, y, wide - 8, one.value, 34, "B") + 2
                y += made.said(x, y, wide - 8, one.meaning, 12, grey=True) + 1
                made.said(x, y, wide - 8, one.note, 10, grey=True)
            continue
        one = says[0]
        y = made.edge - 4
        y += made.said(made.edge, y, made.wide, one.title, 24, "B") + 4
        note = made.height(made.wide, one.note, 11)
        bottom = made.h - 18 - note
        if one.figure is not None and paper.drawable(one.figure):
            _figure(made, one, made.edge, y, made.wide, bottom - y - 2, 1.9, outlines)
        elif one.table is not None:
            fits = int((bottom - y) / (12 * POINT * 1.85)) - 1
            fits = max(fits - 1, 1) if len(one.table) > fits else fits
            y = _rows(made, one.table.head(fits), made.edge, y, made.wide, 12)
            made.said(made.edge, y + 1, made.wide, _more(one.table, fits), 11, grey=True)
        made.said(made.edge, y, made.wide, one.text, 18)
        made.said(made.edge, bottom, made.wide, one.note, 11, grey=True)


def _with_figures(pages: bytes, figures: Sequence[tuple[int, float, float, float, bytes]]) -> bytes:
    from pypdf import PdfReader, PdfWriter, Transformation

    if not figures:
        return pages
    whole = PdfWriter(clone_from=BytesIO(pages))
    for page, left, bottom, scale, drawn in figures:
        figure = PdfReader(BytesIO(drawn)).pages[0]
        whole.pages[page].merge_transformed_page(figure, Transformation().scale(scale).translate(left, bottom))
    target = BytesIO()
    whole.write(target)
    return target.getvalue()
