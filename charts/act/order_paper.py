"""An order as a page of paper."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

import locales
from charts.sheet import LINE, Sheet
from data.orders import Order
from locales import _

WIDTHS = (30.0, 72.0, 22.0, 28.0, 28.0)  # millimetres of the columns
EDGE, STEP = 15.0, 6.5


class _Order(Sheet):
    """Pages with the lines of an order."""

    def row(self, cells: tuple[str, ...], style: str = "") -> None:
        """A line of the table, on a new page where this one is full; text that is too long is cut."""
        if self.get_y() + STEP > self.h - EDGE:
            self.add_page()
        self.ink(9, style)
        top = self.get_y()
        for place, (text, width) in enumerate(zip(cells, WIDTHS, strict=True)):
            shown = self.cut(" ".join(text.split()), width - 2)  # the code of a product says which it is
            self.cell(width, STEP, shown, align="L" if place < 2 else "R")
        self.set_xy(EDGE, top + STEP)
        self.set_draw_color(*LINE)
        self.line(EDGE, top + STEP, EDGE + sum(WIDTHS), top + STEP)


def paper(order: Order, lines: pd.DataFrame, fonts: Path) -> bytes:
    """A PDF of an order with its `lines` as the supplier reads them. `fonts` is the folder of Vigie's own fonts."""
    row: Mapping[str, Any] = order.row
    title = _("Order {number}").format(number=row["order"])
    made = _Order(fonts, row["drafted"], title, EDGE)
    made.set_auto_page_break(False)
    made.add_page()
    made.ink(18, "B")
    made.cell(0, 10, title, new_x="LMARGIN", new_y="NEXT")
    made.ink(10, grey=True)
    for text in (_("To {supplier}").format(supplier=row["name"]), locales.day(row["drafted"])):
        made.cell(0, 5.5, made.legible(text), new_x="LMARGIN", new_y="NEXT")
    made.ln(4)
    made.row(tuple(lines.columns), "B")
    for product, name, units, price, amount in lines.itertuples(index=False, name=None):
        digits = 2 if round(price, 2) == price else 4
        written = (locales.number(units, 0 if units == round(units) else 2), locales.number(price, digits))
        made.row((str(product), str(name), *written, locales.number(amount, 2)))
    made.row((_("Total"), "", "", "", locales.money(order.value, row["currency"], 2)), "B")
    return bytes(made.output())
