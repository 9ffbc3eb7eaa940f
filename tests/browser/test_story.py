"""The demo's story: what falls is answered, what runs low is ordered and comes, what calls did is learned from."""

import base64
import csv
import io
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import Engine, update

from data import campaigns, state, tables
from data import orders as kept
from data import rules as kept_rules
from data.dataset import Dataset, Origin
from tests.browser.conftest import ROOT, Visit, copied, served, settled, shoot, visiting, window

pytestmark = pytest.mark.xdist_group("browser")
expect.set_options(timeout=30_000)  # milliseconds
WEEK = 7  # days that the rule adds up
RULE = f"revenue by category in {WEEK} days falls by more than 60% against the same weekday"
LEFT = 0.1  # of the lines of the category that falls, the cheapest ones
ON_HAND = 1.0  # of the products that run low
SAVED = 0.4  # of those who leave, by a call
LONG = 180_000  # milliseconds, for what is computed


def planted(home: Path) -> SimpleNamespace:
    """Let one category sell a tenth in the last week, and a product of each of two suppliers nearly run out."""
    for table in ("sales", "customers"):  # whatever other tests have left there
        demo = next(one for one in tables.stored(home, table) if one.origin.kind == "demo")
        tables.activate(home, table, demo.version)
    stored = tables.active(home, "sales")
    assert stored
    assert stored.span
    frames = {name: tables.read(stored, name) for name in stored.columns}
    lines, last = frames["sales"], pd.Timestamp(stored.span[1]).normalize()
    lines["amount"] = lines["quantity"] * lines["unit_price"]
    told = lines["line_type"].isin(["sale", "return"])
    back = (last - lines["timestamp"].dt.normalize()).dt.days // WEEK  # weeks, 0 is the last one
    category = lines[told & back.between(1, 4)].groupby("category")["amount"].sum().idxmax()
    own = told & lines["category"].eq(category)
    dear = lines["amount"] > lines.loc[own & (back == 0), "amount"].quantile(LEFT)
    lines = lines[~(own & (back == 0) & dear)]
    weeks = lines["amount"].where(own).groupby(back).sum()
    frames["sales"] = lines = lines.drop(columns="amount").reset_index(drop=True)
    moves = frames["stock_moves"].sort_values("date", kind="stable")
    sold = lines[lines["timestamp"] > last - pd.Timedelta(days=60)].groupby(["supplier", "product"])["quantity"].sum()
    low = sold.sort_values().groupby("supplier").tail(1).tail(2).reset_index()  # what sells most, of two suppliers
    moves = moves[~(moves["product"].isin(low["product"]) & moves["move"].eq("order"))]  # nothing of it is under way
    counted = pd.DataFrame({"date": last, "product": low["product"], "move": "count", "quantity": ON_HAND})
    frames["stock_moves"] = pd.concat([moves, counted.assign(on_hand=ON_HAND)], ignore_index=True).astype(moves.dtypes)
    tables.add(home, Dataset("sales", frames, Origin("upload", "shop.csv", currency="GBP")), datetime.now(UTC))
    return SimpleNamespace(category=category, revenue=weeks[0], expected=weeks.loc[1:4].mean(), low=low)


@contextmanager
def receiving() -> Iterator[SimpleNamespace]:
    """A mail server and a webhook on this machine: `mail` and `hook` are their addresses, `letters` and `posts` what
    they got, whatever the path."""
    letters: list[Message] = []
    posts: list[tuple[str, str | None, Any]] = []

    class Box:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
            letters.append(message_from_bytes(envelope.content, policy=default))
            return "250 OK"

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            posts.append((self.path, self.headers["Idempotency-Key"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    box, hook = Controller(Box(), hostname="127.0.0.1", port=port), ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    box.start()
    threading.Thread(target=hook.serve_forever, daemon=True).start()
    mail = f"mailto://127.0.0.1:{port}?from=buy@example.org&mode=insecure"
    yield SimpleNamespace(mail=mail, hook=f"127.0.0.1:{hook.server_port}", letters=letters, posts=posts)
    box.stop()
    hook.shutdown()


def pounds(amount: float) -> str:
    minus = "−" if amount < 0 else ""  # more can come back in a bad week than is sold
    return f"{minus}£{abs(amount):,.0f}" if abs(amount) >= 1000 else f"{minus}£{abs(amount):.2f}"


def form(page: Page, name: str) -> Locator:
    """The form that is sent by a button."""
    return page.get_by_test_id("stForm").filter(has=page.get_by_role("button", name=name, exact=True))


def send(page: Page, name: str, **texts: str) -> None:
    """Fill in the fields of a form and send it."""
    for label, text in texts.items():
        form(page, name).get_by_label(label.replace("_", " ")).fill(text)
    form(page, name).get_by_role("button", name=name, exact=True).click()


def test_the_story_from_a_fall_to_what_calls_did(chromium: Browser, trained_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "story"
    copied(trained_home, home)
    truth, engine = planted(home), state.engine(f"sqlite:///{home / 'vigie.db'}")
    with receiving() as outside:
        chosen = {
            "VIGIE_HOME": str(home),
            "VIGIE_NOTIFY_URLS": f"json://{outside.hook}/alerts",
            "VIGIE_ORDER_MAIL": outside.mail,
            "VIGIE_PRIVATE_HOSTS": "127.0.0.1",
        }
        with served(home, chosen) as address, visiting(window(chromium), address) as visit:
            falls(visit, truth, outside, chosen, engine)
            orders(visit, truth, outside, home, engine)
            calls(visit, tmp_path, engine)


def falls(
    visit: Visit, truth: SimpleNamespace, outside: SimpleNamespace, chosen: dict[str, str], engine: Engine
) -> None:
    """Somebody writes a rule; sales of a category fall; somebody is told, looks, and answers."""
    page = visit.open("act-rules?lang=en")
    page.get_by_role("button", name="New rule").click()
    settled(page)
    page.get_by_label("As a sentence, in English or French").fill(RULE)
    page.get_by_role("button", name="Read", exact=True).click()
    expect(page.get_by_text("more than 60% under the same weekday").first).to_be_visible()
    shoot(page, "story_rule")
    page.get_by_role("button", name="Keep this rule").click()
    expect(page.get_by_role("button", name="Keep this rule")).to_be_disabled()
    (rule,) = (one.rule for one in kept_rules.kept(engine))
    command = [sys.executable, "jobs.py", "rules"]
    judged = subprocess.run(command, cwd=ROOT, env=os.environ | chosen, capture_output=True, text=True)
    assert judged.returncode == 0, judged.stderr
    ((path, _key, told),) = outside.posts
    said = f"Revenue, {truth.category}: {pounds(truth.revenue)} in {WEEK} days up to"
    assert path == "/alerts"
    assert said in told["message"]
    assert f"where {pounds(truth.expected)} was expected" in told["message"]
    page = visit.switch("act-inbox")
    expect(page.get_by_text(said)).to_be_visible()
    expect(page.get_by_text("told json:").first).to_be_visible()
    shoot(page, "story_inbox")
    page.locator(f"[class*=st-key-inbox-answer-rule-{rule}]").get_by_role("button", name="Answer").click()
    form(page, "Acknowledge").get_by_text("It has a known reason").click()
    send(page, "Acknowledge", Who_are_you="Ada", Why_did_it_happen="the shelf was rebuilt")
    expect(page.get_by_text(said)).to_have_count(0)
    rows = state.read(engine, state.rule_alerts, rule=rule).set_index("level")
    assert rows.loc[truth.category, ["answer", "reason", "acknowledged_by"]].tolist() == [
        *("explained", "the shelf was rebuilt", "Ada")
    ]


def orders(visit: Visit, truth: SimpleNamespace, outside: SimpleNamespace, home: Path, engine: Engine) -> None:
    """Two products run low: their orders are drafted, approved, sent by mail and to a webhook, and come."""
    page = visit.switch("act-orders")
    page.get_by_role("button", name="Draft orders now").click()
    expect(page.get_by_text("orders were drafted.")).to_be_visible(timeout=LONG)
    settled(page)
    shoot(page, "story_drafts")
    sold = tables.active(home, "sales")
    assert sold
    addresses = {
        truth.low["supplier"][0]: "orders@supplier.example",
        truth.low["supplier"][1]: f"http://{outside.hook}/in",
    }
    drafts = {one.row["supplier"]: one for one in kept.kept(engine, sold.lineage)}
    sent: dict[str, kept.Order] = {}
    for supplier, where in addresses.items():
        name = str(drafts[supplier].row["order"])
        page.get_by_text("Waiting for approval (").click()
        page.locator(f".st-key-orders-open-{name}").get_by_role("button").click()
        settled(page)
        page.get_by_text("This supplier", exact=True).click()
        form(page, "Keep the address").get_by_text("CSV").click()
        send(page, "Keep the address", **{"E-mail address": where}, Who_are_you="Ada")
        expect(page.get_by_text("Kept by Ada on")).to_be_visible()
        for step in ("Approve", "Send"):
            page.get_by_role("button", name=step, exact=True).click()
            send(page, step, Who_are_you="Grace")
        expect(page.get_by_text("Receive", exact=True)).to_be_visible(timeout=LONG)
        settled(page)
        expect(page.get_by_test_id("stProgress")).to_have_count(0)  # nothing is drafted unasked
        shoot(page, f"story_sent_{supplier}")
        sent[supplier] = kept.one(engine, sold.lineage, name)
    # What left is what was ordered, under the key by which the supplier knows it.
    mailed, posted = (sent[supplier] for supplier in truth.low["supplier"])
    assert mailed.send
    assert posted.send
    (letter,) = outside.letters
    assert letter["To"] == "orders@supplier.example"
    assert mailed.send["key"] in letter["Message-ID"]
    (attached,) = letter.iter_attachments()
    path, key, body = outside.posts[-1]
    assert (path, key, body["order"]) == ("/in", posted.send["key"], posted.row["order"])
    contents = attached.get_payload(decode=True), base64.b64decode(body["file"]["base64"])
    for order, content in zip((mailed, posted), contents, strict=True):
        ordered = order.lines[order.lines["quantity"] > 0]
        written = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
        assert {row["Product"]: float(row["Units"]) for row in written} == dict(
            zip(ordered["product"], ordered["quantity"], strict=True)
        )
    for order in sent.values():
        page.goto(f"{visit.address}/act-orders?lang=en&order={order.row['order']}")
        settled(page)
        page.get_by_text("Receive", exact=True).click()
        send(page, "Receive", Who_are_you="Ada")
        expect(form(page, "Receive")).to_have_count(0)
    shoot(page, "story_received")
    sold = tables.active(home, "sales")
    assert sold
    moves = tables.read(sold, "stock_moves").groupby("product")["on_hand"].last()
    for supplier, product in zip(truth.low["supplier"], truth.low["product"], strict=True):
        units = float(sent[supplier].lines.set_index("product").at[product, "quantity"])
        assert units > 0
        assert moves[product] == ON_HAND + units


def calls(visit: Visit, tmp_path: Path, engine: Engine) -> None:
    """A list is called but for some; a month later a file tells who left, and what calls save is what it showed."""
    page = visit.switch("churn-campaign")
    saved = page.get_by_label("Leavers saved by a call (%)")
    expect(saved).to_have_value("30", timeout=LONG)  # as is assumed
    page.get_by_role("button", name="Start this campaign").click()
    send(page, "Start", Name_of_the_campaign="Spring", Who_are_you="Ada")
    expect(page.get_by_text("held out by chance; by Ada")).to_be_visible(timeout=LONG)
    (row,) = campaigns.kept(engine, str(state.read(engine, state.campaigns)["lineage"][0])).to_dict("records")
    listed = campaigns.customers(engine, row["campaign"])
    page.get_by_role("button", name="Save whom to call").click()
    with page.expect_download() as taken:
        page.get_by_test_id("stPopoverBody").get_by_role("button", name="CSV").click()
    called = pd.read_csv(taken.value.path())
    assert called["Customer"].tolist() == listed.loc[listed["called"], "customer"].tolist()
    with engine.begin() as connection:  # a month has passed
        connection.execute(update(state.campaigns).values(started=datetime.now(UTC) - timedelta(days=40)))
    page = visit.open("act-inbox?lang=en")
    expect(page.get_by_text("Campaign Spring: who left can be written down.")).to_be_visible()
    page.locator(".stMain a[href*=churn-campaign]").click()
    expect(page.get_by_role("heading", name="Churn: campaign")).to_be_visible()
    settled(page)
    count = listed.groupby("called").cumcount() / listed.groupby("called")["called"].transform("size")
    gone = count < np.where(listed["called"], 0.5 * (1 - SAVED), 0.5)
    told = pd.DataFrame({"customerID": listed["customer"], "Churn": np.where(gone, "Yes", "No")})
    rate = gone.groupby(listed["called"]).mean()
    page.get_by_text("A file of mine", exact=True).last.click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        {"name": "june.csv", "mimeType": "text/csv", "buffer": told.to_csv(index=False).encode()}
    )
    send(page, "Write it down", Who_are_you="Grace")
    fewer = page.get_by_test_id("stMetric").filter(has_text="Fewer left by the calls").get_by_test_id("stMetricValue")
    expect(fewer).to_have_text(f"{rate[False] - rate[True]:.1%}")
    shoot(page, "story_campaign")
    expect(saved).to_have_value(f"{100 * (1 - rate[True] / rate[False]):.0f}")
    page.get_by_text("Whom to call", exact=True).click()
    expect(page.get_by_text(f"1 campaign showed that calls save {1 - rate[True] / rate[False]:.0%}")).to_be_visible()
