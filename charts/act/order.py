"""An order as its supplier gets it: a table for a spreadsheet, or a page of paper, with a few lines that go along."""

from pathlib import Path

import pandas as pd

import locales
from connectors.suppliers import Letter
from data import export
from data.orders import Order
from locales import _, ngettext

KINDS = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


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
    from charts.act.order_paper import paper  # what draws a PDF takes 25 MB and a sixth of all imports of a start

    return paper(order, table(order), fonts)
