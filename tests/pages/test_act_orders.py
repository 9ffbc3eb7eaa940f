"""Act: orders. A draft is looked at, approved, sent to a mail server and received; what waits is in the inbox."""

import socket
from datetime import UTC, datetime, timedelta
from email import message_from_bytes

import numpy as np
import pandas as pd
import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import update

import settings
from connectors import suppliers
from data import orders as kept
from data import state, tables
from models.act import orders
from models.lifecycle import orders as work
from models.stock import supply
from ui.text import plain

pytestmark = pytest.mark.xdist_group("orders")
FACTS = {"on_hand": 3.0, "on_order": 0.0, "expected": 9.0, "reorder_point": 5.0, "risk": 0.5, "service": 0.95,
         "pack": 1.0, "joined": False, "raised": False, "filled": False, "below": False}  # fmt: skip


def engine():
    return state.engine(settings.get().database_url)


def words(app):
    shown = [one.value for kind in ("markdown", "caption", "warning", "info", "subheader") for one in app.get(kind)]
    return " ".join(map(str, shown)).replace("\\", "").replace("\u2060", "")


def draft(visit, supplier="S01", stake=400.0, name="The Lamp"):
    """A draft of two products that are in the data, at the prices of today."""
    if tables.active(settings.get().home, "sales") is None:
        visit("act_orders")
    sold = tables.active(settings.get().home, "sales")
    goods = tables.read(sold, "products").query("supplier == @supplier").head(2)
    listed = tables.read(sold, "supplier_prices")
    costs = orders.prices(listed, pd.Timestamp(sold.span[1]), supplier, list(goods["product"]), np.full(2, 10.0))
    lines = [
        {"product": product, "name": name, "quantity": 10.0, "stake": stake / 2, "facts": FACTS, "unit_cost": cost}
        for product, cost in zip(goods["product"], costs, strict=True)
    ]
    one = kept.Proposed(sold.lineage, supplier, f"{name} Ltd", "GBP", sold.span[1].date(), 5.0, 9.0, 0.0, lines)
    (order,) = kept.draft(engine(), [one], sold.lineage, [supplier], datetime.now(UTC))
    return sold, order


def only(sold):
    (one,) = kept.kept(engine(), sold.lineage)
    return one


def opened(app, what, order):
    app.session_state[f"orders.{what}.{order}"] = True
    app.run()


def fill(app, **texts):
    for label, text in texts.items():
        next(one for one in app.text_input if str(one.key).startswith(f"orders.{label}")).set_value(text)


def click(app, label, last=False):
    found = [one for one in app.button if one.label == label]
    found[-1 if last else 0].click().run()
    assert not app.exception


@pytest.fixture
def mailed():
    """A mail server on this machine: its URL and what it received."""

    class Box:
        received: list[bytes] = []

        async def handle_DATA(self, server, session, envelope):  # noqa: N802  # the library's name
            self.received.append(envelope.content)
            return "250 OK"

    box = Box()
    box.received = []
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield f"mailto://127.0.0.1:{port}?from=buy@example.org&mode=insecure", box.received
    controller.stop()


@pytest.mark.parametrize(("lang", "said"), [("en", "There is none"), ("fr", "Il n’y en a pas")])
def test_without_orders_the_page_says_so(visit, lang, said):
    assert said in words(visit("act_orders", lang=lang))


def test_a_draft_is_approved_sent_received_and_seen_in_the_stock(visit, mailed, monkeypatch):
    url, received = mailed
    sold, order = draft(visit)
    monkeypatch.setenv("VIGIE_ORDER_MAIL", url)
    settings.get.cache_clear()
    app = visit("act_orders", order=order)
    assert "9 will sell before an order of the next look comes" in app.dataframe[0].value["Why"].iloc[0]
    opened(app, "approve", order)
    click(app, "Approve", last=True)
    assert "Say who you are" in words(app)
    fill(app, **{f"who.approve.{order}": "Ada"})
    click(app, "Approve", last=True)
    assert only(sold).row["status"] == "approved"
    assert "has no address" in words(app)
    next(one for one in app.text_input if one.label.startswith("E-mail address")).set_value("nobody")
    fill(app, **{"who.address": "Ada"})
    click(app, "Keep the address")
    assert "An order goes to an e-mail address" in words(app)
    next(one for one in app.text_input if one.label.startswith("E-mail address")).set_value("s01@example.org")
    click(app, "Keep the address")
    opened(app, "send", order)
    fill(app, **{f"who.send.{order}": "Ada"})
    click(app, "Send", last=True)
    assert only(sold).row["status"] == "sent", words(app)
    (letter,) = map(message_from_bytes, received)
    assert letter["To"] == "s01@example.org"
    assert only(sold).send["key"] in letter["Message-ID"]
    here = tables.active(settings.get().home, "sales")
    products = list(only(sold).lines["product"])

    def held(stored):
        goods = pd.DataFrame({"product": products})
        return supply.stock(goods, tables.read(stored, "stock_moves"), pd.Timestamp(stored.span[1]).normalize())

    before = held(sold)
    assert (held(here).on_order - before.on_order).tolist() == [10.0, 10.0]
    opened(app, "receive", order)
    fill(app, **{f"who.receive.{order}": "Ada"})
    click(app, "Receive", last=True)
    assert only(sold).row["status"] == "received", words(app)
    here = tables.active(settings.get().home, "sales")
    assert (held(here).on_hand - before.on_hand).tolist() == [10.0, 10.0]
    assert (held(here).on_order - before.on_order).tolist() == [0.0, 0.0]
    app.session_state["orders.judged"] = True
    app.run()
    assert "It came on the last day of the data" in words(app)
    assert len(received) == 1


def test_a_price_that_changed_has_to_be_looked_at_before_it_is_approved(visit):
    sold, order = draft(visit)
    product = only(sold).lines["product"].iloc[0]
    with engine().begin() as connection:
        connection.execute(
            update(state.order_lines).where(state.order_lines.c.product == product).values(unit_cost=0.5)
        )
    app = visit("act_orders", order=order)
    assert "The price of 1 product changed since this was drafted" in words(app)
    opened(app, "approve", order)
    assert [one.disabled for one in app.button if one.label == "Approve"] == [True]
    fill(app, **{f"who.reprice.{order}": "Ada"})
    click(app, "Take the new prices")
    assert work.repriced(sold, only(sold)) == {}
    assert "The price of 1 product" not in words(app)


def test_what_waits_of_orders_is_in_the_inbox_and_first_on_today(visit):
    sold, order = draft(visit)
    draft(visit, "S02", 9_000.0, "Import")
    app = visit("act_inbox")
    lines = [one.value.replace("\\", "") for one in app.markdown if "waits for approval" in one.value]
    assert ["Import Ltd" in lines[0], "The Lamp Ltd" in lines[1]] == [True, True]
    assert "an order waits for approval" in words(visit("today"))
    kept.approve(engine(), order, 1, "Ada", datetime.now(UTC))
    assert "an approved order has not been sent" in words(visit("act_inbox"))
    work.dispatch.by_hand(engine(), order, 2, "by phone", "Ada", sold.span[1].date(), datetime.now(UTC))
    assert "The Lamp" not in words(visit("act_inbox"))
    late = datetime.now(UTC) - timedelta(days=13)
    with engine().begin() as connection:
        connection.execute(update(state.orders).where(state.orders.c.order == order).values(sent=late))
    said = words(visit("act_inbox"))
    assert "a delivery is overdue" in said
    assert "4 days overdue" in said


def test_a_supplier_without_an_address_is_told_of_and_the_order_marked_as_sent(visit):
    sold, order = draft(visit)
    kept.approve(engine(), order, 1, "Ada", datetime.now(UTC))
    app = visit("act_orders", order=order)
    assert suppliers.NO_ADDRESS in words(app)
    assert not [one for one in app.button if one.label == "Send"]
    opened(app, "hand", order)
    fill(app, **{f"who.hand.{order}": "Ada", f"why.hand.{order}": "by phone"})
    click(app, "Mark as sent", last=True)
    assert only(sold).row["status"] == "sent"
    assert only(sold).steps["reason"].iloc[-1] == "by phone"


def test_names_from_outside_are_data(visit):
    hostile = "[x](http://evil.example) **b** <b>"
    _sold, order = draft(visit, name=hostile)
    for page, query in (("act_orders", {"order": order}), ("act_inbox", {})):
        app = visit(page, **query)
        raw = " ".join(one.value for kind in ("markdown", "caption", "subheader") for one in app.get(kind))
        assert "](http" not in raw
        assert "**b**" not in raw
        assert plain("**b**") in raw
