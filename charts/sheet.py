"""A page to print: fonts with all letters that names are likely to have, ink, and text cut to its room."""

from datetime import datetime
from pathlib import Path
from typing import cast

from fpdf import FPDF
from fpdf.fonts import TTFFont

import locales
from charts.canvas import INK

GREY, LINE = (95, 110, 118), (214, 222, 226)
A4 = "A4"


class Sheet(FPDF):
    """Pages in Vigie's own font (the folder `fonts`), DejaVu for what it lacks; `made` stands in the file, so that the
    same input gives the same file. `unknown` says whether a letter is in neither."""

    def __init__(
        self, fonts: Path, made: datetime, title: str, edge: float, size: str | tuple[float, float] = A4
    ) -> None:
        from matplotlib import get_data_path

        super().__init__("portrait" if size == A4 else "landscape", "mm", size)
        other = Path(get_data_path()) / "fonts" / "ttf"
        self.add_font("own", "", fonts / "atkinson-regular.ttf")
        self.add_font("own", "B", fonts / "atkinson-bold.ttf")
        self.add_font("other", "", other / "DejaVuSans.ttf")
        self.add_font("other", "B", other / "DejaVuSans-Bold.ttf")
        self.set_fallback_fonts(["other"], exact_match=False)
        self.letters = {ord("\n")}
        for font in self.fonts.values():
            self.letters |= set(cast(TTFFont, font).ttfont.getBestCmap())
        self.unknown, self.edge = False, edge
        self.set_title(title)
        self.set_creation_date(made)
        self.set_lang(locales.language())
        self.set_margin(edge)

    def legible(self, text: str) -> str:
        """Text with a box for each letter that the fonts do not have."""
        made = text.replace("\u202f", "\u00a0")
        if self.letters >= set(map(ord, made)):
            return made
        self.unknown = True
        return "".join(letter if ord(letter) in self.letters else "□" for letter in made)

    def ink(self, size: float, style: str = "", grey: bool = False) -> None:
        """Write in this size and style (B) from here on."""
        self.set_font("own", style, size)
        self.set_text_color(*(GREY if grey else tuple(bytes.fromhex(INK[False][1:]))))

    def cut(self, text: str, room: float) -> str:
        """Legible text, as much of it as there is room for (in mm) with the font that is set."""
        shown = self.legible(text)
        while shown and self.get_string_width(shown) > room:
            shown = shown[:-2].rstrip(" …") + "…"
        return shown
