"""The board that is shown as files: PDF, workbook, web page."""

import json
from collections.abc import Callable, Sequence
from functools import partial

import locales
from charts.ask import reporting
from charts.ask.content import About, Content
from models.ask.board import Card
from ui import downloads


def menu(name: str, of: About, says: Callable[[], Sequence[tuple[Card, Content]]]) -> None:
    """Buttons for the files of a board, whose cards `says` gives when a file is asked for."""
    language = locales.language()
    kinds = {
        "PDF, A4": (".pdf", f"{name}.pdf", "application/pdf"),
        "PDF, 16:9": (".pdf", f"{name}-slides.pdf", "application/pdf"),
        "XLSX": (".xlsx", f"{name}.xlsx", downloads.XLSX),
        "HTML": (".html", f"{name}.html", "text/html"),
    }

    def made(kind: str, slides: bool) -> bytes:  # outside of the visit
        with locales.using(language):
            outlines = json.loads(downloads.OUTLINES.read_text("utf-8"))
            return reporting.file(kind, of, says(), downloads.OUTLINES.parent, outlines, slides)

    for label, (kind, file, mime) in kinds.items():
        downloads.button(label, partial(made, kind, "16:9" in label), file, mime)
