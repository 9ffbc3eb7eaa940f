"""Orders from the stock of a small shop: drafted once, approved where somebody allowed it, sent once."""

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

import jobs
from charts.act import order as paper
from connectors import BadResponse, Unavailable, suppliers
from connectors.suppliers import NotKnown
from data import dispatch, schemas, state, tables
from data import orders as kept
from data import rules as kept_rules
from data.dataset import Dataset, Origin
from models.act import orders, rules
from models.act.rules import Rule
from models.lifecycle import orders as work

pytestmark = pytest.mark.usefixtures("few_trees", "learned_once")
NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
DAYS = pd.date_range("2025-06-01", "2026-03-09", unit="us")
FONTS = Path(__file__).parents[3] / "ui" / "assets"
HELD = {"A": 3.0, "B": 900.0, "C": 0.0, "D": 14.0}


def quiet(_message, _share):
    """No step is told."""


def frames(held=HELD, price=4.0):
    """Two of each product are sold every day; A and D are of S1, which delivers in ten days, B of S2, C of nobody."""
    lines = pd.DataFrame({"timestamp": np.repeat(DAYS, 4), "product": list("ABCD") * len(DAYS)})
    sales = lines.assign(source="t", line_id=[str(one) for one in lines.index], line_type="sale", quantity=2.0,
                         unit_price=10.0, unit_cost=4.0, currency="GBP")  # fmt: skip
    count = {"date": DAYS[-1], "product": list(held), "move": "count", "quantity": 0.0, "on_hand": list(held.values())}
    made = {
        "sales": sales,
        "stock_moves": pd.DataFrame(count),
        "products": pd.DataFrame({"product": list("ABD"), "description": ["=A", "B", "D"], "category": "x",
                                  "supplier": ["S1", "S2", "S1"], "pack_size": [6.0, 1.0, 1.0]}),
        "suppliers": pd.DataFrame({"supplier": ["S1", "S2"], "name": ["One & Co", "Two"], "lead_time_mean": 10.0,
                                   "lead_time_std": 2.0, "minimum_order": [20.0, 0.0], "minimum_value": [50.0, 0.0]}),
        "supplier_prices": pd.DataFrame({"supplier": "S1", "product": ["A", "A"], "valid_from": DAYS[0],
                                         "unit_cost": [price, 3.0], "from_quantity": [1.0, 5000.0]}),
    }  # fmt: skip
    return {name: schemas.check(name, frame) for name, frame in made.items()}


def shop(home, **how):
    return tables.add(home, Dataset("sales", frames(**how), Origin("upload", "t.csv"), lineage="shop"), NOW)


@pytest.fixture
def engine(home, migrated):
    made = state.engine(f"sqlite:///{home / 'vigie.db'}")
    migrated(made)
    return made


@pytest.fixture
def sent(monkeypatch):
    """What is sent: (address, letter); `sent.error` is raised in its place."""

    class Sent(list):
        error = None

    found = Sent()

    def send(address, letter):
        if found.error is not None:
            raise found.error
        found.append((address, letter))

    monkeypatch.setattr(suppliers, "send", send)
    return found


def write(order, form, key):
    return paper.letter(order, form, key, FONTS)


def only(engine):
    (one,) = kept.kept(engine, "shop", state.orders.c.status != "rejected")
    return one


def test_what_runs_low_is_drafted_once_in_packs_and_approved_where_it_may_be(home, engine, sent):
    stored = shop(home)
    found = work.draft(engine, stored, NOW, quiet)
    assert (len(found.new), found.needed, found.nobody, found.approved) == (1, 1, 1, [])
    one = only(engine)
    lines = one.lines.set_index("product")
    assert (one.row["supplier"], one.row["name"], one.row["least"]) == ("S1", "One & Co", 50.0)
    assert list(lines.index) == ["A", "D"]  # 14 of D are less than the 34 that ten days and a week ask for
    assert lines.loc["A", "quantity"] % 6 == 0
    assert lines["quantity"].min() >= 20
    # two a day for 17 days are 34, of which 3 are there
    assert lines.loc["A", "quantity"] >= 31
    assert lines.loc["A", "facts"]["on_hand"] == 3.0
    assert lines.loc["A", "unit_cost"] == 4.0
    assert orders.why(lines.loc["A", "facts"])

    kept.allow(engine, "shop", "S1", one.value - 1, "Ada", NOW)
    kept.address(engine, "shop", "S1", "s1@example.org", "csv", "Ada", NOW)
    assert work.draft(engine, stored, NOW, quiet).approved == []  # a pound too dear
    kept.allow(engine, "shop", "S1", one.value, "Ada", NOW)
    assert work.draft(engine, stored, NOW, quiet).approved == [one.row["order"]]
    step = only(engine).steps.set_index("step").loc["approved"]
    assert (step["by"], "as Ada allowed" in step["reason"]) == (kept.JOB, True)
    # What was approved is as good as ordered, however often the job runs.
    assert work.draft(engine, stored, NOW + timedelta(days=1), quiet).new == []
    assert len(kept.kept(engine, "shop")) == 1
    for _again in range(2):
        work.send_due(engine, stored, write, lambda: NOW)
    ((address, letter),) = sent
    assert (address, letter.file) == ("s1@example.org", f"order_{one.row['order']}.csv")
    assert "'=A" in letter.content.decode("utf-8-sig")
    assert letter.payload["lines"][0]["quantity"] == lines.loc["A", "quantity"]
    assert only(engine).row["status"] == "sent"


def test_without_stock_there_is_a_sentence_and_what_is_rejected_is_not_drafted_at_once(home, engine):
    stored = shop(home)
    work.draft(engine, stored, NOW, quiet)
    kept.reject(engine, only(engine).row["order"], 1, "we close", "Ada", NOW)
    assert work.draft(engine, stored, NOW, quiet).new == []
    bare = {name: frame for name, frame in frames().items() if name in ("sales", "products")}
    other = tables.add(home, Dataset("sales", bare, Origin("upload", "u.csv"), lineage="other"), NOW)
    with pytest.raises(work.CannotDraft, match="What is on hand is not in these data"):
        work.draft(engine, other, NOW, quiet)


def test_a_rule_that_asks_for_it_has_orders_drafted_on_the_day_that_it_finds_something(home, engine):
    stored, day = shop(home), DAYS[-1].date()
    found = {"cause": "c", "rule": "r", "lineage": "shop", "day": day, "level": "", "value": 1.0, "raised": NOW}
    content = rules.to_json(Rule("revenue"))
    kept_rules.raised(engine, [found | {"content": content}])
    assert work.drafted_for_rules(engine, stored, day, NOW, quiet) == 0
    content = rules.to_json(Rule("revenue", actions=("order",)))
    kept_rules.raised(engine, [found | {"cause": "d", "content": content}])
    assert work.drafted_for_rules(engine, stored, day - timedelta(days=1), NOW, quiet) == 0
    assert [work.drafted_for_rules(engine, stored, day, NOW, quiet) for _again in range(2)] == [1, 0]
    assert only(engine).row["supplier"] == "S1"


def test_an_order_of_a_product_that_left_the_data_goes_its_way(home, engine, sent):
    stored = shop(home)
    work.approve(engine, stored, drafted(engine, stored), "Ada", NOW)
    left = {name: frame[frame["product"] != "A"].reset_index(drop=True) if "product" in frame else frame
            for name, frame in frames().items()}  # fmt: skip
    gone = tables.add(home, Dataset("sales", left, Origin("upload", "t.csv"), lineage="shop"), NOW)
    assert "A" not in set(tables.read(gone, "products")["product"])
    assert work.repriced(gone, only(engine)) == {}
    found = work.draft(engine, gone, NOW, quiet)  # of S1 D still runs low, and of this day there is an order
    assert (found.needed, found.new) == (1, [])
    mine = kept.kept(engine, "shop", state.orders.c.status == "approved")[0]
    work.leave(engine, mine, "s1@example.org", "pdf", "Ada", NOW)
    assert work.send(engine, gone, mine.row["order"], write, lambda: NOW) == "sent"
    mine = kept.one(engine, "shop", mine.row["order"])
    dispatch.receive(engine, mine.row["order"], int(mine.row["changes"]), {"A": 12.0}, {}, True, "Ada", NOW)
    assert work.settle(home, engine, gone, NOW) is not None
    assert kept.one(engine, "shop", mine.row["order"]).row["status"] == "received"
    assert len(sent) == 1


def job(*arguments):
    answer = CliRunner().invoke(jobs.app, ["orders", "--json", *arguments])
    return answer.exit_code, json.loads(answer.stdout)["runs"][0]


def test_the_job_drafts_sends_and_leaves_with_what_its_siblings_leave_with(home, engine, sent):
    bare = {name: frame for name, frame in frames().items() if name in ("sales", "products")}
    tables.add(home, Dataset("sales", bare, Origin("upload", "u.csv"), lineage="shop"), NOW)
    code, run = job()
    assert (code, "What is on hand is not in these data" in run["message"]) == (4, True)
    shop(home)
    kept.address(engine, "shop", "S1", "s1@example.org", "csv", "Ada", NOW)
    kept.allow(engine, "shop", "S1", 1e6, "Ada", NOW)
    sent.error = NotKnown(suppliers.NOT_TOLD, host="example.org")
    code, run = job()
    assert (code, run["details"]["drafted"], run["details"]["sends"]) == (1, 1, {"unknown": 1})
    sent.error = None
    code, run = job()
    assert (code, run["details"]["drafted"], run["details"]["sends"]) == (0, 0, {})
    assert sent == []


def drafted(engine, stored, price=4.0):
    line = {"product": "A", "name": "=A", "quantity": 12.0, "unit_cost": price, "stake": 5.0, "facts": {}}
    day = stored.span[1].date()
    kept.draft(engine, [kept.Proposed("shop", "S1", "One", "GBP", day, 10.0, 14.0, 0.0, [line])], "shop", ["S1"], NOW)
    return only(engine)


def test_an_order_whose_price_changed_is_looked_at_again(home, engine):
    stored = shop(home, price=5.5)
    one = drafted(engine, stored)
    assert work.repriced(stored, one) == {"A": 5.5}
    with pytest.raises(work.Repriced, match="changed since this order was drafted"):
        work.approve(engine, stored, one, "Ada", NOW)
    kept.allow(engine, "shop", "S1", 1e6, "Ada", NOW)
    assert work._unasked(engine, stored, NOW) == []
    kept.reprice(engine, one.row["order"], 1, work.repriced(stored, one), "Ada", NOW)
    work.approve(engine, stored, only(engine), "Ada", NOW)
    assert (only(engine).row["status"], only(engine).value) == ("approved", 66.0)


@pytest.mark.parametrize(
    ("error", "state_", "step"),
    [
        (None, "sent", "sent"),
        (Unavailable("x is down"), "due", "failed"),
        (BadResponse("x says no"), "stuck", "stuck"),
        (NotKnown("x may have it"), "unknown", "unknown"),
    ],
)
def test_how_a_try_ended_is_kept_and_decides_what_comes_next(home, engine, sent, error, state_, step):
    stored = shop(home)
    work.approve(engine, stored, drafted(engine, stored), "Ada", NOW)
    with pytest.raises(BadResponse, match="has no address"):
        work.leave(engine, only(engine), "", "pdf", "Ada", NOW)
    work.leave(engine, only(engine), "s1@example.org", "csv", "Ada", NOW)
    sent.error = error
    assert work.send(engine, stored, only(engine).row["order"], write, lambda: NOW) == state_
    assert (only(engine).send["state"], only(engine).steps["step"].iloc[-1]) == (state_, step)
    sent.error, before = None, len(sent)
    work.send_due(engine, stored, write, lambda: NOW + timedelta(days=1))
    assert len(sent) - before == (state_ == "due")


@pytest.mark.parametrize("form", kept.FORMS)
def test_an_order_is_a_file_in_which_no_cell_is_a_formula(home, engine, form):
    stored = shop(home)
    made = paper.file(drafted(engine, stored), form, FONTS)
    if form == "csv":
        assert made.decode("utf-8-sig").splitlines()[1] == "A,'=A,12,4.0,48.0"
    elif form == "xlsx":
        assert CalamineWorkbook.from_filelike(BytesIO(made)).get_sheet_by_index(0).to_python()[1][1:] == [
            "=A",
            12,
            4,
            48,
        ]
        assert b"<f>" not in ZipFile(BytesIO(made)).read("xl/worksheets/sheet1.xml")
    else:
        text = PdfReader(BytesIO(made)).pages[0].extract_text()
        assert "=A" in text
        assert "48.00" in text


def test_a_send_that_cannot_be_written_is_not_lost(home, engine, sent):
    stored = shop(home)
    work.approve(engine, stored, drafted(engine, stored), "Ada", NOW)
    work.leave(engine, only(engine), "s1@example.org", "csv", "Ada", NOW)

    def broken(order, form, key):
        raise OSError("no font")

    with pytest.raises(OSError, match="no font"):
        work.send(engine, stored, only(engine).row["order"], broken, lambda: NOW)
    assert dispatch.due(engine, "shop", NOW) == [only(engine).row["order"]]


def test_a_delivery_is_overdue_when_nine_of_ten_have_come(home, engine):
    stored = shop(home)
    work.approve(engine, stored, drafted(engine, stored), "Ada", NOW)
    assert work.overdue(only(engine), NOW + timedelta(days=99)) == 0
    dispatch.by_hand(engine, only(engine).row["order"], 2, "by phone", "Ada", stored.span[1].date(), NOW)
    assert [work.overdue(only(engine), NOW + timedelta(days=days)) for days in (14, 15, 20)] == [0, 1, 6]
