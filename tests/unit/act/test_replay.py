"""Was it right? A small shop whose right values are counted by hand; and receipts that become moves of stock."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from data import dispatch, order_moves, schemas, state, tables
from data import orders as kept
from data.dataset import Dataset, Origin
from data.orders import Proposed
from models.act import replay
from models.lifecycle import orders as work
from models.stock import supply
from models.stock.supply import Demand

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
DAYS = pd.date_range("2026-03-01", "2026-03-10", unit="us")


def moves(*rows):
    names = ["date", "product", "move", "quantity", "on_hand", "ordered", "reference"]
    frame = pd.DataFrame([dict(zip(names, row, strict=False)) for row in rows], columns=names)
    return frame.astype({"date": "datetime64[us]", "ordered": "datetime64[us]", "reference": "str", "product": "str"})


def demand(**units):
    goods = pd.DataFrame({"product": list(units), "name": list(units), "supplier": "S", "price": 10.0, "cost": 6.0})
    asked = np.array(list(units.values()), float)
    return Demand(goods, DAYS, asked, asked, np.zeros(asked.shape, bool), 0)


# Five a day are asked for. On the 4th there were 3 left and 12 came: 15. From the 5th on 5, 5, 5 are sold, then 0: 15.
# Without the order 3 are sold on the 5th, and nothing from then on. 30 are asked for in the six days.
FIVE = [5.0] * 10
CAME = moves(("2026-03-04", "A", "receipt", 12.0, 15.0, None, "o/3"))


def test_an_order_has_sold_what_could_not_have_been_sold_without_it():
    found = replay.outcome(CAME, CAME, demand(A=FIVE), {"A": 6.0}, {"A": 10.0})
    (row,) = found.products.to_dict("records")
    assert (row["days"], row["demand"], row["sold"], row["sold_without"]) == (6, 30.0, 15.0, 3.0)
    assert (row["left"], row["left_without"], row["tied"]) == (0.0, 0.0, 0.0)
    assert row["earned"] == 48.0  # 12 units x (10 - 6)
    assert (found.service, found.service_without) == (0.5, 0.1)


def test_an_order_that_nobody_needed_earned_nothing_and_ties_money():
    slow = [1.0] * 10
    there = moves(("2026-03-04", "A", "receipt", 12.0, 32.0, None, "o/3"))
    (row,) = replay.outcome(there, there, demand(A=slow), {"A": 6.0}, {"A": 10.0}).products.to_dict("records")
    assert (row["sold"], row["sold_without"], row["earned"]) == (6.0, 6.0, 0.0)
    assert (row["left"], row["left_without"], row["tied"]) == (26.0, 14.0, 72.0)


def test_it_is_played_until_the_next_delivery_and_parts_of_one_order_belong_together():
    more = moves(("2026-03-07", "A", "receipt", 50.0, 60.0, None, None))
    (row,) = replay.outcome(CAME, pd.concat([CAME, more]), demand(A=FIVE), {"A": 6.0}, {"A": 10.0}).products.to_dict(
        "records"
    )
    assert (row["days"], row["sold"], row["sold_without"]) == (2, 10.0, 3.0)
    part = pd.concat([CAME, moves(("2026-03-07", "A", "receipt", 8.0, 8.0, None, "o/4"))])
    (row,) = replay.outcome(part, part, demand(A=FIVE), {"A": 6.0}, {"A": 10.0}).products.to_dict("records")
    # 15 until the 7th; 8 more came that day: 13 that day and the two after, 5, 5 and 3, and nothing on the 10th
    assert (row["days"], row["sold"], row["sold_without"], row["left"]) == (6, 23.0, 3.0, 0.0)


def test_what_came_on_the_last_day_tells_nothing_yet_and_a_price_nobody_knows_is_not_guessed():
    late = moves(("2026-03-10", "A", "receipt", 12.0, 15.0, None, "o/3"))
    found = replay.outcome(late, late, demand(A=FIVE), {"A": 6.0}, {"A": 10.0})
    assert found.products.empty
    assert found.early == 1
    assert np.isnan(found.service)
    assert np.isnan(replay.outcome(CAME, CAME, demand(A=FIVE), {"A": 6.0}, {}).products["earned"].iloc[0])


# --- moves of stock --------------------------------------------------------------------------------------------------


def shop(home, last=10, count=20.0):
    """Ten days on which two of A are sold a day, and a count of what is left."""
    days = DAYS[:last]
    sales = pd.DataFrame(
        {
            **{"source": "t", "line_id": [str(one) for one in range(last)], "timestamp": days, "product": "A"},
            **{"line_type": "sale", "quantity": 2.0, "unit_price": 10.0, "currency": "GBP"},
        }
    )
    held = moves((days[-1], "A", "count", 0.0, count, None)).drop(columns="reference")
    frames = {"sales": schemas.check("sales", sales), "stock_moves": schemas.check("stock_moves", held)}
    return tables.add(home, Dataset("sales", frames, Origin("upload", "shop.csv"), lineage="shop"), NOW)


@pytest.fixture
def sent(home, engine):
    """A shop that has ordered 6 of A."""
    stored = shop(home)
    line = {"product": "A", "name": "A", "quantity": 6.0, "unit_cost": 4.0, "stake": 1.0, "facts": {}}
    one = Proposed(stored.lineage, "S", "S", "GBP", date(2026, 3, 10), 5.0, 8.0, 0.0, [line])
    (order,) = kept.draft(engine, [one], stored.lineage, ["S"], NOW)
    kept.approve(engine, order, 1, "Ada", NOW)
    dispatch.by_hand(engine, order, 2, "by phone", "Ada", date(2026, 3, 10), NOW)
    return stored, order


def held(stored):
    goods = pd.DataFrame({"product": ["A"]})
    found = supply.stock(goods, tables.read(stored, "stock_moves"), pd.Timestamp(stored.span[1]).normalize())
    return float(found.on_hand[0]), float(found.on_order[0])


def test_what_was_sent_is_under_way_and_what_came_is_on_hand_once(home, engine, sent):
    stored, order = sent
    assert held(stored) == (20.0, 0.0)
    stored = work.settle(home, engine, stored, NOW)
    assert held(stored) == (20.0, 6.0)
    assert tables.active(home, "sales").version == stored.version
    dispatch.receive(engine, order, 3, {"A": 4.0}, {}, False, "Ada", NOW)
    stored = work.settle(home, engine, stored, NOW)
    assert held(stored) == (24.0, 2.0)
    dispatch.receive(engine, order, 4, {"A": 2.0}, {}, False, "Ada", NOW)
    stored = work.settle(home, engine, stored, NOW)
    assert held(stored) == (26.0, 0.0)
    assert work.settle(home, engine, stored, NOW).version == stored.version
    assert sum("moves of stock are from orders" in one.message for one in stored.findings) == 1


def test_a_crash_after_the_table_was_written_adds_nothing_twice(home, engine, sent, monkeypatch):
    stored, _order = sent
    with monkeypatch.context() as patched:
        patched.setattr(dispatch, "moved", lambda *given: (_ for _ in ()).throw(RuntimeError("killed")))
        with pytest.raises(RuntimeError):
            work.settle(home, engine, stored, NOW)
    stored = work.settle(home, engine, tables.active(home, "sales"), NOW)
    assert held(stored) == (20.0, 6.0)
    assert tables.read(stored, "stock_moves")["move"].tolist() == ["count", "order"]
    assert dispatch.unmoved(engine, stored.lineage).empty


def test_what_will_never_come_is_not_under_way_any_more(home, engine, sent):
    stored, order = sent
    dispatch.receive(engine, order, 3, {"A": 1.0}, {"A": "sold out there"}, True, "Ada", NOW)
    stored = work.settle(home, engine, stored, NOW)
    assert held(stored) == (21.0, 0.0)


def test_an_order_of_other_data_waits_for_them(home, engine, sent):
    stored, _order = sent
    other = Dataset("sales", {"sales": tables.read(stored).assign(quantity=9.0)}, Origin("upload", "other.csv"))
    tables.add(home, other, NOW)
    assert work.settle(home, engine, stored, NOW).version == stored.version
    assert not dispatch.unmoved(engine, stored.lineage).empty
    tables.activate(home, "sales", stored.version)
    assert held(work.settle(home, engine, stored, NOW)) == (20.0, 6.0)


def test_how_long_it_took_is_told_only_where_the_days_of_the_data_went_by_too():
    before = moves(("2026-03-01", "A", "count", 0.0, 5.0))
    details = {"units": {"A": 6.0}}
    first = {"order": "o", "number": 3, "step": "sent", "at": pd.Timestamp(NOW), "details": details}
    came = {"order": "o", "number": 4, "step": "received", "at": pd.Timestamp(NOW + timedelta(days=7)),
            "details": details | {"closed": True}}  # fmt: skip
    at = {"o": pd.Timestamp(NOW)}
    there = order_moves.moved(before, pd.DataFrame([first]), pd.Timestamp("2026-03-01"), at)
    week = order_moves.moved(there, pd.DataFrame([came]), pd.Timestamp("2026-03-08"), at)
    assert week["ordered"].tolist()[-1] == pd.Timestamp("2026-03-01")
    frozen = order_moves.moved(there, pd.DataFrame([came]), pd.Timestamp("2026-03-01"), at)
    assert frozen["ordered"].isna().all()
    assert frozen["on_hand"].tolist() == [5.0, 5.0, 11.0]


def test_stock_of_a_product_that_nobody_counted_is_not_made_up():
    before = moves(("2026-03-01", "A", "count", 0.0, 5.0))
    step = {"order": "o", "number": 3, "step": "sent", "at": NOW, "details": {"units": {"A": 1.0, "B": 2.0}}}
    found = order_moves.moved(before, pd.DataFrame([step]), pd.Timestamp("2026-03-10"), {"o": NOW})
    assert found["product"].tolist() == ["A", "A"]


def test_what_comes_into_a_store_lies_there():
    before = moves(("2026-03-01", "A", "count", 0.0, 5.0), ("2026-03-01", "A", "count", 0.0, 7.0))
    before["store"] = ["x", "y"]
    step = {"order": "o", "number": 3, "step": "received", "at": pd.Timestamp(NOW)}
    step["details"] = {"units": {"A": 2.0}, "store": "y"}
    found = order_moves.moved(before, pd.DataFrame([step]), pd.Timestamp("2026-03-10"), {"o": pd.Timestamp(NOW)})
    assert found.iloc[-1][["store", "on_hand"]].tolist() == ["y", 9.0]
    total = supply.levels(found, pd.Index(["A"]), pd.DatetimeIndex(["2026-03-10"]))
    assert total[0, 0] == 14.0


def test_the_outcome_of_a_kept_order_is_that_of_its_own_receipts(home, engine, sent):
    stored, order = sent
    dispatch.receive(engine, order, 3, {"A": 6.0}, {}, False, "Ada", NOW)
    stored = work.settle(home, engine, stored, NOW)
    assert work.outcome(stored, kept.one(engine, stored.lineage, order)).early == 1
    days = pd.date_range("2026-03-11", periods=5, unit="us")
    more = tables.read(stored).iloc[:5].assign(timestamp=days, line_id=list("abcde"), quantity=6.0, unit_price=9.0)
    grown = pd.concat([tables.read(stored), more], ignore_index=True)
    later = tables.add(
        home, Dataset("sales", {"sales": grown}, stored.origin, lineage=stored.lineage), NOW, around=stored
    )
    (row,) = work.outcome(later, kept.one(engine, later.lineage, order)).products.to_dict("records")
    # 26 on hand: 6 a day for five days are 30, of which 26 are sold; 20 without the order. A unit earns 9 - 4.
    assert (row["demand"], row["sold"], row["sold_without"], row["earned"]) == (30.0, 26.0, 20.0, 30.0)
    assert state.read(engine, state.orders)["status"].tolist() == ["received"]
