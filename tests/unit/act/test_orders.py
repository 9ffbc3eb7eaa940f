"""Orders: what is drafted and at which price, what a budget leaves, who decides, and that they leave once."""

import os
import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from connectors import Unavailable
from data import dispatch, state
from data import orders as kept
from data.orders import Proposed
from locales import Sentence, using
from models.act import orders
from models.stock.reorder import LEVELS, Service
from tests import forked

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
DAY = date(2026, 11, 28)
FACTS = {"on_hand": 3.0, "on_order": 0.0, "expected": 9.0, "reorder_point": 5.0, "risk": 0.5, "service": 0.95,
         "pack": 1.0, "joined": False, "raised": False, "filled": False, "below": False}  # fmt: skip


def line(product, quantity=10.0, unit_cost=2.0, stake=5.0):
    more = {"quantity": quantity, "unit_cost": unit_cost, "stake": stake, "facts": FACTS}
    return {"product": product, "name": f"The {product}", **more}


def proposed(supplier="S1", day=DAY, *lines, **more):
    usual = {"lineage": "shop", "name": f"{supplier} Ltd", "currency": "GBP", "lead": 10.0, "late": 14.0, "least": 0.0}
    return Proposed(supplier=supplier, day=day, lines=list(lines or (line("A"), line("B"))), **usual | more)


def draft(engine, *some, needed=("S1", "S2"), now=NOW):
    return kept.draft(engine, some or [proposed()], "shop", list(needed), now)


def only(engine):
    (one,) = kept.kept(engine, "shop")
    return one


def steps(engine):
    return [f"{row['step']} {row['by']}" for row in only(engine).steps.to_dict("records")]


def approved(engine, now=NOW):
    draft(engine)
    kept.approve(engine, only(engine).row["order"], 1, "Ada", now)
    return only(engine).row["order"]


def queued(engine, address="orders@example.org"):
    order = approved(engine)
    dispatch.queue(engine, order, 2, address, "pdf", "Ada", NOW)
    return order


# --- what is drafted -------------------------------------------------------------------------------------------------


def table(*rows):
    """Rows as `models.stock.ordering.orders` gives them: product, supplier, quantity, cost, stake."""
    names = ["product", "supplier", "quantity", "cost", "stake"]
    usual = {**FACTS, "name": "x"}
    return pd.DataFrame([{**usual, **dict(zip(names, row, strict=True))} for row in rows])


def listed(*rows):
    columns = ["supplier", "product", "valid_from", "unit_cost", "from_quantity"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(valid_from=pd.to_datetime(frame["valid_from"]).astype("datetime64[us]"))


TODAY = pd.Timestamp(DAY)


def test_there_is_a_draft_a_supplier_with_the_most_at_stake_first_and_what_nobody_supplies_is_told():
    some = table(
        ("A", "S1", 10, 2.0, 1.0), ("B", "S2", 4, 5.0, 9.0), ("C", "S1", 3, 1.0, 4.0), ("D", None, 3, 1.0, 50.0),
        ("E", "S1", 0, 1.0, 99.0),
    )  # fmt: skip
    found = orders.drafts(some, None, TODAY, {"S1": 100.0})
    assert [(one.supplier, list(one.lines["product"]), one.value, one.least) for one in found.found] == [
        ("S2", ["B"], 20.0, 0.0),
        ("S1", ["C", "A"], 23.0, 100.0),
    ]
    assert list(found.nobody["product"]) == ["D"]
    assert found.needed == {"S1", "S2"}


def test_a_budget_buys_the_most_margin_at_risk_and_reaches_what_a_supplier_delivers_for():
    some = table(
        ("A", "S1", 10, 1.0, 9.0),  # 10 for 9
        ("B", "S1", 30, 1.0, 8.0),  # S1 delivers from 35 on: A and B together, 40 for 17
        ("C", "S1", 20, 1.0, 1.0),
        ("D", "S2", 15, 1.0, 10.0),  # 15 for 10
        ("E", "S3", 50, 1.0, 12.0),  # 50 for 12: too dear for what is left
    )
    least = {"S1": 35.0}

    def bought(budget):
        return sorted(
            name for one in orders.drafts(some, None, TODAY, least, budget).found for name in one.lines["product"]
        )

    assert bought(60) == ["A", "B", "D"]  # 40 + 15; E and C do not fit into the last 5
    assert bought(75) == ["A", "B", "C", "D"]
    assert bought(39) == ["D"]  # A alone is not delivered
    assert bought(0) == ["A", "B", "C", "D", "E"]
    left = orders.drafts(some, None, TODAY, least, 60.0)
    assert sorted(left.left["product"]) == ["C", "E"]
    assert left.needed == {"S1", "S2", "S3"}  # whoever the budget left out is still needed


def test_the_price_is_that_of_the_supplier_its_latest_list_and_the_size_of_the_order():
    prices = listed(
        ("S1", "A", "2026-01-01", 5.0, 1), ("S1", "A", "2026-06-01", 6.0, 1), ("S1", "A", "2026-06-01", 4.5, 50),
        ("S1", "A", "2027-01-01", 9.0, 1), ("S2", "A", "2026-07-01", 1.0, 1), ("S2", "B", "2026-07-01", 3.0, np.nan),
    )  # fmt: skip
    asked = [("A", 49), ("A", 50), ("B", 7), ("C", 7)]
    found = orders.prices(prices, TODAY, "S1", [name for name, _ in asked], np.array([units for _, units in asked]))
    assert found.tolist()[:3] == [6.0, 4.5, 3.0]  # S2's list says what B costs, as S1's does not
    assert np.isnan(found[3])
    (one,) = orders.drafts(table(("A", "S1", 50, 99.0, 1.0)), prices, TODAY, {}).found
    assert one.value == 225.0


def test_a_price_that_changed_is_found_and_one_that_nobody_lists_is_not():
    lines = pd.DataFrame([line("A", 10, 6.0), line("B", 10, 2.0), line("C", 0, 1.0)])
    prices = listed(("S1", "A", "2026-06-01", 6.5, 1), ("S1", "C", "2026-06-01", 6.5, 1))
    assert orders.repriced(lines, prices, TODAY, "S1") == {"A": 6.5}
    assert orders.repriced(lines, listed(("S1", "A", "2026-06-01", 6.001, 1)), TODAY, "S1") == {}
    assert orders.repriced(lines, None, TODAY, "S1") == {}
    screws = pd.DataFrame([line("A", 5000, 0.012), line("B", 5000, 0.012), line("C", 9, 0.0)])
    asked = listed(*(("S1", name, "2026-06-01", cost, 1) for name, cost in (("A", 0.016), ("B", 0.012), ("C", 0.0))))
    assert orders.repriced(screws, asked, TODAY, "S1") == {"A": 0.016}  # 80 in place of 60


def test_a_reorder_point_is_never_below_the_forecast_until_a_delivery_comes():
    point = np.array([[0.0] * len(LEVELS), [8.0] * len(LEVELS)])
    none = np.zeros_like(point)
    found = Service(np.array([2.6, 5.0]), point, none, none, none, none[0], none[0], (), 0, 0, 0)
    assert orders.wanted(found).point[:, 0].tolist() == [3.0, 8.0]


@pytest.mark.parametrize(
    ("lang", "said"), [("en", "9 will sell before an order of the next look comes"), ("fr", "livraison")]
)
def test_the_reason_of_a_line_is_a_sentence(lang, said):
    with using(lang):
        assert said in orders.why(FACTS)
        assert orders.why(FACTS | {"on_hand": 0.0}) != orders.why(FACTS)


# --- decided once ----------------------------------------------------------------------------------------------------


def test_a_draft_is_made_once_however_often_the_day_is_judged(engine):
    assert len(draft(engine, proposed(), proposed("S2"))) == 2
    assert draft(engine, proposed(), proposed("S2")) == []
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _one: draft(engine, proposed("S3"), needed=["S1", "S2", "S3"]), range(4)))
    assert sum(map(len, found)) == 1
    assert len(kept.kept(engine, "shop")) == 3
    assert kept.kept(engine, "other data") == []


def test_a_draft_that_nobody_touched_follows_the_stock_and_one_that_somebody_changed_stays(engine):
    draft(engine)
    later = proposed("S1", DAY + timedelta(days=1), line("A", 7.0))
    assert draft(engine, later) == []
    assert only(engine).lines["quantity"].tolist() == [7.0]
    assert steps(engine) == ["drafted Vigie", "redrafted Vigie"]
    same = proposed("S1", DAY + timedelta(days=2), line("A", 7.0))
    draft(engine, same)
    assert len(only(engine).steps) == 2
    kept.change(engine, only(engine).row["order"], 2, {"A": 9.0}, "a fair", "Ada", NOW)
    draft(engine, proposed("S1", DAY + timedelta(days=3), line("A", 1.0)))
    assert only(engine).lines[["quantity", "drafted"]].to_numpy().tolist() == [[9.0, 7.0]]
    draft(engine, proposed("S2", DAY + timedelta(days=4)), needed=["S2"])  # S1's stock came by other ways
    assert kept.kept(engine, "shop", state.orders.c.supplier == "S1")[0].row["status"] == "drafted"


def test_a_draft_that_is_not_needed_any_more_is_taken_back(engine):
    draft(engine)
    draft(engine, proposed("S2", DAY + timedelta(days=1)), needed=["S2"])
    (one,) = kept.kept(engine, "shop", state.orders.c.supplier == "S1")
    assert (one.row["status"], one.steps["reason"].iloc[-1]) == ("rejected", kept.NOT_NEEDED)


def test_of_people_who_approve_at_once_one_does(engine):
    draft(engine)
    order = only(engine).row["order"]

    def approve(who):
        try:
            kept.approve(engine, order, 1, who, NOW)
        except state.Changed:
            return None
        return who

    with ThreadPoolExecutor(6) as pool:
        (who,) = filter(None, pool.map(approve, "ABCDEF"))
    assert steps(engine) == ["drafted Vigie", f"approved {who}"]
    with pytest.raises(state.Changed, match="Somebody has changed this order"):
        kept.reject(engine, order, 1, "no", "Bob", NOW)


def _decide(url, order, barrier, queue) -> None:
    """Approve, reject and change, in an order of its own, then let it leave and claim the send."""
    engine, who = state.engine(url), str(os.getpid())
    acts = [
        lambda: kept.approve(engine, order, 1, who, NOW),
        lambda: kept.reject(engine, order, 1, "no", who, NOW),
        lambda: kept.change(engine, order, 1, {"A": 1.0}, "less", who, NOW),
    ]
    random.Random(os.getpid()).shuffle(acts)
    barrier.wait()
    done = 0
    for act in acts:
        with suppress(state.Changed):
            act()
            done += 1
    with suppress(state.Changed):
        dispatch.queue(engine, order, 2, "a@example.org", "pdf", who, NOW)
    queue.put((done, dispatch.claim(engine, order, NOW) is not None))


def test_of_processes_that_decide_at_once_one_does_and_what_it_sends_leaves_once(engine, database_url):
    for supplier in ("S1", "S2", "S3", "S4"):
        (order,) = draft(engine, proposed(supplier), needed=["S1", "S2", "S3", "S4"])
        answers = forked.at_once(_decide, database_url, order)
        assert sum(done for done, _claimed in answers) == 1
        one = kept.one(engine, "shop", order)
        approved_ = one.row["status"] == "approved"
        assert sum(claimed for _done, claimed in answers) == approved_
        assert len(one.steps) == 2 + approved_  # drafted, decided, let leave
        assert int(one.row["changes"]) == len(one.steps)


def test_who_approves_what_somebody_changed_meanwhile_is_told(engine):
    draft(engine)
    order = only(engine).row["order"]
    kept.change(engine, order, 1, {"A": 99.0, "B": 0.0}, "a fair", "Ada", NOW)
    with pytest.raises(state.Changed):
        kept.approve(engine, order, 1, "Bob", NOW)
    one = only(engine)
    assert one.value == 198.0
    assert one.steps["details"].iloc[-1] == {"A": [10.0, 99.0], "B": [10.0, 0.0]}
    assert one.steps["reason"].iloc[-1] == "a fair"


@pytest.mark.parametrize(
    ("units", "reason", "by", "said"),
    [
        ({"A": 1.0}, "", "Ada", "Say why"),
        ({"A": 1.0}, "why", " ", "Say who you are"),
        ({"A": 1.0}, "why", kept.JOB, "Say who you are"),
        ({"A": -1.0}, "why", "Ada", "0 or more"),
        ({"A": float("nan")}, "why", "Ada", "0 or more"),
        ({"A": 1e12}, "why", "Ada", "at most a billion"),
        ({"A": float("inf")}, "why", "Ada", "at most a billion"),
        ({"A": 10.0}, "why", "Ada", "Nothing was changed"),
        ({"A": 0.0, "B": 0.0}, "why", "Ada", "An order of nothing is none"),
    ],
)
def test_a_change_that_makes_no_sense_is_a_sentence_and_changes_nothing(engine, units, reason, by, said):
    draft(engine)
    with pytest.raises(Sentence, match=said):
        kept.change(engine, only(engine).row["order"], 1, units, reason, by, NOW)
    assert steps(engine) == ["drafted Vigie"]
    assert only(engine).lines["quantity"].tolist() == [10.0, 10.0]


def test_new_prices_are_taken_by_somebody(engine):
    draft(engine)
    kept.reprice(engine, only(engine).row["order"], 1, {"A": 3.5}, "Ada", NOW)
    assert only(engine).value == 55.0
    assert only(engine).steps["details"].iloc[-1] == {"A": [2.0, 3.5]}


# --- it leaves once --------------------------------------------------------------------------------------------------


def test_of_those_who_send_at_once_one_does(engine):
    order = queued(engine)
    with ThreadPoolExecutor(6) as pool:
        claimed = [one for one in pool.map(lambda _one: dispatch.claim(engine, order, NOW), range(6)) if one]
    assert len(claimed) == 1
    assert dispatch.ended(engine, claimed[0], NOW, DAY, None) == "sent"
    one = only(engine)
    assert (one.row["status"], one.row["sent_day"].date()) == ("sent", DAY)
    assert one.steps["details"].iloc[-1]["units"] == {"A": 10.0, "B": 10.0}
    assert dispatch.claim(engine, order, NOW + timedelta(days=1)) is None
    with pytest.raises(state.Changed):
        dispatch.queue(engine, order, int(one.row["changes"]), "x@example.org", "pdf", "Ada", NOW)


def test_a_try_that_failed_is_made_again_with_growing_pauses_and_then_waits_for_somebody(engine):
    order = queued(engine)
    moment, pauses, key = NOW, [], only(engine).send["key"]
    for _try in range(20):
        claimed = dispatch.claim(engine, order, moment)
        if claimed is None:
            break
        end = dispatch.ended(engine, claimed, moment, DAY, Unavailable("{host} is down", host="x"))
        if end == "due":
            assert dispatch.claim(engine, order, moment + timedelta(seconds=30)) is None
            after = only(engine).send["due"].to_pydatetime()
            pauses.append(after - moment)
            moment = after
    assert pauses == sorted(pauses)
    assert len(pauses) == len(dispatch.PAUSES) == 4
    assert (end, only(engine).send["state"]) == ("stuck", "stuck")
    assert only(engine).send["error"] == {"message": "{host} is down", "values": {"host": "x"}}
    assert [one.split()[0] for one in steps(engine)][-5:] == ["failed"] * 4 + ["stuck"]
    dispatch.queue(engine, order, int(only(engine).row["changes"]), "y@example.org", "csv", "Ada", moment)
    assert (only(engine).send["state"], only(engine).send["key"]) == ("due", key)


def test_what_was_killed_while_it_was_sent_is_said_and_not_sent_again_unasked(engine):
    order = queued(engine)
    assert dispatch.claim(engine, order, NOW)  # and then its process is gone
    assert dispatch.lost(engine, NOW + timedelta(minutes=1)) == []
    later = NOW + timedelta(minutes=10)
    assert dispatch.lost(engine, later) == [order]
    assert only(engine).send["state"] == "unknown"
    assert dispatch.due(engine, "shop", later + timedelta(days=9)) == []
    with pytest.raises(state.Changed, match="ask the supplier to cancel it"):
        kept.reject(engine, order, int(only(engine).row["changes"]), "no", "Bob", later)
    dispatch.by_hand(engine, order, int(only(engine).row["changes"]), "they have it", "Ada", DAY, later)
    assert only(engine).row["status"] == "sent"


def test_who_wakes_up_after_it_was_written_down_as_lost_may_know_that_it_arrived(engine):
    order = queued(engine)
    slow = dispatch.claim(engine, order, NOW)
    dispatch.lost(engine, NOW + timedelta(minutes=10))
    late = NOW + timedelta(minutes=11)
    assert dispatch.ended(engine, slow, late, DAY, Unavailable("x is down")) == "unknown"  # which was told before
    assert only(engine).row["status"] == "approved"
    assert dispatch.ended(engine, slow, late, DAY, None) == "sent"
    assert (only(engine).row["status"], only(engine).send["state"]) == ("sent", "sent")


def test_who_wakes_up_after_somebody_let_it_leave_again_undoes_nothing(engine):
    order = queued(engine)
    slow = dispatch.claim(engine, order, NOW)
    late = NOW + timedelta(minutes=10)
    dispatch.lost(engine, late)
    dispatch.queue(engine, order, int(only(engine).row["changes"]), "y@example.org", "csv", "Ada", late)
    assert dispatch.ended(engine, slow, late, DAY, None) == "unknown"
    assert (only(engine).row["status"], only(engine).send["state"]) == ("approved", "due")


def test_an_approved_order_can_be_rejected_until_it_leaves(engine):
    order = queued(engine)
    kept.reject(engine, order, 3, "we close", "Ada", NOW)
    assert dispatch.due(engine, "shop", NOW) == []
    assert dispatch.claim(engine, order, NOW) is None
    assert only(engine).row["status"] == "rejected"


# --- what came -------------------------------------------------------------------------------------------------------


def sent(engine):
    order = approved(engine)
    dispatch.by_hand(engine, order, 2, "by phone", "Ada", DAY, NOW)
    return order


def receive(engine, changes, units, notes=None, closed=False, by="Ada"):
    dispatch.receive(engine, only(engine).row["order"], changes, units, notes or {}, closed, by, NOW)


def test_parts_come_and_the_last_one_closes_the_order(engine):
    sent(engine)
    receive(engine, 3, {"A": 4.0})
    assert only(engine).row["status"] == "sent"
    with pytest.raises(state.Changed):  # somebody has received it meanwhile
        receive(engine, 3, {"A": 4.0})
    receive(engine, 4, {"A": 6.0, "B": 10.0})
    assert (only(engine).row["status"], only(engine).lines["received"].tolist()) == ("received", [10.0, 10.0])
    moving = dispatch.unmoved(engine, "shop")
    assert list(moving["step"]) == ["sent", "received", "received"]
    assert [one["units"] for one in moving["details"]] == [{"A": 10.0, "B": 10.0}, {"A": 4.0}, {"A": 6.0, "B": 10.0}]
    dispatch.moved(engine, moving, "v")
    assert dispatch.unmoved(engine, "shop").empty


def test_what_came_is_not_written_down_twice(engine):
    sent(engine)
    receive(engine, 3, {"A": 10.0, "B": 10.0})
    for changes in (3, 4):  # somebody else's page, and the same one sent again
        with pytest.raises(state.Changed, match="Somebody has changed this order"):
            receive(engine, changes, {"A": 10.0, "B": 10.0}, {"A": "again", "B": "again"})
    assert only(engine).lines["received"].tolist() == [10.0, 10.0]
    assert [one for one in steps(engine) if one.startswith("received")] == ["received Ada"]


@pytest.mark.parametrize(
    ("units", "closed", "said"),
    [
        ({}, False, "Nothing came"),
        ({"A": -1.0}, False, "0 or more"),
        ({"A": 1e12}, False, "at most a billion"),
        ({"A": 9.0, "B": 10.0}, True, "9 of 10 units of The A"),
    ],
)
def test_what_came_has_to_make_sense_and_a_difference_a_reason(engine, units, closed, said):
    sent(engine)
    with pytest.raises(Sentence, match=said):
        receive(engine, 3, units, closed=closed)
    assert only(engine).row["changes"] == 3
    receive(engine, 3, {"A": 9.0, "B": 10.0}, {"A": "one was broken"}, closed=True)
    assert only(engine).row["status"] == "received"
    assert only(engine).lines["note"].tolist() == ["one was broken", ""]


def test_more_than_was_ordered_needs_a_reason_too(engine):
    sent(engine)
    with pytest.raises(Sentence, match="12 of 10 units"):
        receive(engine, 3, {"A": 12.0, "B": 10.0})
    receive(engine, 3, {"A": 12.0, "B": 10.0}, {"A": "two for free"})
    assert only(engine).lines["received"].tolist() == [12.0, 10.0]


# --- suppliers -------------------------------------------------------------------------------------------------------


def test_an_address_and_an_amount_are_kept_with_who_said_so(engine):
    kept.allow(engine, "shop", "S1", 500.0, "Ada", NOW)
    kept.address(engine, "shop", "S1", "a@example.org", "csv", "Bob", NOW)
    kept.allow(engine, "shop", "S1", None, "Cleo", NOW + timedelta(days=1))
    one = kept.suppliers(engine, "shop")["S1"]
    assert (one["address"], one["form"], one["by"], one["limit_by"]) == ("a@example.org", "csv", "Bob", "Cleo")
    assert np.isnan(one["limit"])
    assert kept.suppliers(engine, "other data") == {}
    for amount in (0.0, -1.0, float("inf"), float("nan")):
        with pytest.raises(Sentence, match="above 0"):
            kept.allow(engine, "shop", "S1", amount, "Ada", NOW)
    with pytest.raises(Sentence, match="who you are"):
        kept.allow(engine, "shop", "S1", 1.0, "", NOW)
