"""An order as its supplier gets it: a table for a spreadsheet, or a page of paper, with a few lines that go along."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

import locales
from charts.sheet import LINE, Sheet
from connectors.suppliers import Letter
from data import export
from data.orders import Order
from locales import _, ngettext

KINDS = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
WIDTHS = (30.0, 72.0, 22.0, 28.0, 28.0)  # millimetres of the columns on paper
EDGE, STEP = 15.0, 6.5


def table(order: Order) -> pd.DataFrame:
    """The lines of an order, as its supplier reads them."""
    lines = order.lines[order.lines["quantity"] > 0]
    price = _("Unit price ({currency})").format(currency=order.row["currency"])
    return pd.DataFrame(
        {
            _("Product"): lines["product"].astype("str"),
            _("Name"): lines["name"].astype("str"),
            _("Units"): [int(one) if one == int(one) else one for one in lines["quantity"]],
            price: lines["unit_cost"].round(4),
            _("Amount ({currency})").format(currency=order.row["currency"]): (
                lines["quantity"] * lines["unit_cost"]
            ).round(2),
        }
    ).reset_index(drop=True)


def letter(order: Order, form: str, key: str, fonts: Path) -> Letter:
    """An order as it leaves. `fonts` is the folder of Vigie's own fonts."""
    lines = order.lines[order.lines["quantity"] > 0]
    number = order.row["order"]
    subject = _("Order {number}").format(number=number)
    total = locales.money(order.value, order.row["currency"], 2)
    said = ngettext("{count} product, {total} in all.", "{count} products, {total} in all.", len(lines))
    text = "\n\n".join(
        [
            _("To {supplier}").format(supplier=order.row["name"]),
            _("Please find our order {number} attached.").format(number=number),
            said.format(count=locales.number(len(lines)), total=total),
            _("If an order with this number has reached you before, it is the same one: deliver it once."),
        ]
    )
    payload = {
        "order": number,
        "supplier": order.row["supplier"],
        "currency": order.row["currency"],
        "total": round(order.value, 2),
        "lines": [
            {"product": row.product, "name": row.name_, "quantity": row.quantity, "unit_cost": row.unit_cost}
            for row in lines.rename(columns={"name": "name_"}).itertuples()
        ],
    }
    return Letter(key, subject, text, f"order_{number}.{form}", KINDS[form], file(order, form, fonts), payload)


def file(order: Order, form: str, fonts: Path) -> bytes:
    """An order as a file of one of `KINDS`. Text is text: no cell of a spreadsheet is a formula."""
    if form == "csv":
        return export.csv(table(order))
    if form == "xlsx":
        return export.xlsx(table(order), _("Order {number}").format(number=order.row["order"]))
    return _paper(order, fonts)


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


def _paper(order: Order, fonts: Path) -> bytes:
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
    shown = table(order)
    made.row(tuple(shown.columns), "B")
    for product, name, units, price, amount in shown.itertuples(index=False, name=None):
        digits = 2 if round(price, 2) == price else 4
        written = (locales.number(units, 0 if units == round(units) else 2), locales.number(price, digits))
        made.row((str(product), str(name), *written, locales.number(amount, 2)))
    made.row((_("Total"), "", "", "", locales.money(order.value, row["currency"], 2)), "B")
    return bytes(made.output())
