"""Orders to suppliers in the state database: drafted, changed, approved or rejected, every step with who and why.

    draft(engine, [Proposed(...)], lineage, needed, now)   # one open draft a supplier, however often it is asked for
    change / reprice / approve / reject(engine, order, changes, ...)

A step names the number of changes that it goes on from (compare and set): of two people who decide at once the second
is told. How an order leaves and comes is in `data.dispatch`.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine, delete, insert, select, update

from data import state
from data.rules import MAX_REASON
from data.state import Changed
from data.state.tables import order_lines, order_sends, order_steps, order_suppliers, orders
from locales import N_, Sentence

DRAFTED, APPROVED, SENT, RECEIVED, REJECTED = "drafted", "approved", "sent", "received", "rejected"
STATUSES = (DRAFTED, APPROVED, SENT, RECEIVED, REJECTED)
DUE, SENDING, STUCK, UNKNOWN = "due", "sending", "stuck", "unknown"  # of a send; then it is sent
FORMS = ("csv", "xlsx", "pdf")
JOB = "Vigie"  # who drafts
MAX_UNITS = 1e9
CHANGED = N_("Somebody has changed this order meanwhile. It is shown as it is now: look again.")
GONE = N_("This order is not there any more.")
NOT_NEEDED = N_("Not needed any more: what is on hand and under way is enough.")


@dataclass(frozen=True)
class Proposed:
    """An order that is to be drafted. `lines` are rows of `state.order_lines` without order and what comes later."""

    lineage: str
    supplier: str
    name: str
    currency: str
    day: date
    lead: float
    late: float
    least: float
    lines: Sequence[Mapping[str, Any]]

    @property
    def cause(self) -> str:
        """The key under which it is drafted once."""
        return key(self.lineage, self.supplier, self.day.isoformat())


@dataclass(frozen=True)
class Order:
    """An order as it is kept: its row, its lines by product, how it leaves (None before it is to)."""

    row: Mapping[str, Any]
    lines: pd.DataFrame
    send: Mapping[str, Any] | None
    steps: pd.DataFrame = field(repr=False)

    @property
    def value(self) -> float:
        """What it costs."""
        return float(self.lines["quantity"] @ self.lines["unit_cost"])

    @property
    def stake(self) -> float:
        """The margin that is lost if it is ordered at the next look only."""
        return float(self.lines["stake"].sum())

    @property
    def leaves(self) -> bool:
        """Whether it is being sent, was, or may have been."""
        return self.send is not None and self.send["state"] in (SENDING, SENT, UNKNOWN)


def writing(engine: Engine) -> AbstractContextManager[Connection]:
    """A transaction that writes what it has read: SQLite gives its lock before, not in the middle of it."""
    return engine.execution_options(sqlite_begin="IMMEDIATE").begin()


def key(*parts: str) -> str:
    """A key that is the same for the same parts."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def kept(engine: Engine, lineage: str, *where: Any) -> list[Order]:
    """The orders of a lineage of data, the newest first."""
    rows = state.read(engine, orders, orders.c.lineage == lineage, *where)
    mine = select(orders.c.order).where(orders.c.lineage == lineage, *where)
    lines, sends, steps = (
        state.read(engine, table, table.c.order.in_(mine)) for table in (order_lines, order_sends, order_steps)
    )
    by_order = dict(tuple(lines.groupby("order")))
    by_send = {row["order"]: row for row in sends.to_dict("records")}
    by_step = dict(tuple(steps.groupby("order")))
    found = [
        Order(
            row,
            by_order.get(row["order"], lines.iloc[:0]).reset_index(drop=True),
            by_send.get(row["order"]),
            by_step.get(row["order"], steps.iloc[:0]).reset_index(drop=True),
        )
        for row in rows.to_dict("records")
    ]
    return sorted(found, key=lambda one: (one.row["drafted"], one.row["order"]), reverse=True)


def one(engine: Engine, lineage: str, order: str) -> Order:
    """An order. Raises `Changed` where there is none."""
    found = kept(engine, lineage, orders.c.order == order)
    if not found:
        raise Changed(GONE)
    return found[0]


def draft(
    engine: Engine, proposed: Sequence[Proposed], lineage: str, needed: Sequence[str], now: datetime
) -> list[str]:
    """Draft orders, and answer with the ids of the new ones; the same day again adds nothing.

    A draft that nobody has touched becomes what is proposed on a later day, and is taken back where its supplier is
    none of those of whom anything is `needed`. What somebody has changed stays.
    """
    new = []
    for one in proposed:
        name = one.cause[:12]
        with writing(engine) as connection:
            known = connection.execute(select(orders.c.order).where(orders.c.cause == one.cause)).first()
            if known is not None:
                continue
            head = {
                **{"cause": one.cause, "lineage": one.lineage, "supplier": one.supplier, "name": one.name},
                **{"currency": one.currency, "day": one.day, "lead": one.lead, "late": one.late, "least": one.least},
            }
            opened = key(one.lineage, one.supplier)
            row = {**head, "order": name, "open": opened, "status": DRAFTED, "changes": 1}
            made = state.inserting(engine, orders).values(**row, drafted=now).on_conflict_do_nothing()
            if connection.execute(made.returning(orders.c.order)).first() is None:
                _again(connection, opened, head, one, now)
                continue
            _write_lines(connection, name, one.lines)
            connection.execute(insert(order_steps).values(**step_row(name, 1, DRAFTED, JOB, now, "")))
            new.append(name)
    for row in state.read(engine, orders, orders.c.lineage == lineage, status=DRAFTED).to_dict("records"):
        if row["supplier"] not in needed and row["day"].date() < max((one.day for one in proposed), default=now.date()):
            with writing(engine) as connection:
                if _untouched(connection, row["order"]):
                    values = {"status": REJECTED, "open": None}
                    take(connection, row["order"], row["changes"], DRAFTED, values, REJECTED, JOB, NOT_NEEDED, now)
    return new


def _again(connection: Connection, opened: str, head: Mapping[str, Any], proposed: Proposed, now: datetime) -> None:
    """What is proposed in the place of an open draft of an earlier day that nobody has touched."""
    there = connection.execute(select(orders).where(orders.c.open == opened)).mappings().first()
    if there is None or there["day"] >= proposed.day or not _untouched(connection, there["order"]):
        return
    before = connection.execute(
        select(order_lines.c.product, order_lines.c.quantity, order_lines.c.unit_cost)
        .where(order_lines.c.order == there["order"])
        .order_by(order_lines.c.product)
    ).all()
    now_wanted = sorted((one["product"], one["quantity"], one["unit_cost"]) for one in proposed.lines)
    if [tuple(row) for row in before] == now_wanted:  # the same: nothing happened that is worth a step
        connection.execute(
            update(orders)
            .where(orders.c.order == there["order"], orders.c.changes == there["changes"])
            .values(cause=proposed.cause, day=proposed.day)
        )
        return
    take(connection, there["order"], there["changes"], DRAFTED, dict(head), "redrafted", JOB, "", now)
    connection.execute(delete(order_lines).where(order_lines.c.order == there["order"]))
    _write_lines(connection, there["order"], proposed.lines)


def _untouched(connection: Connection, order: str) -> bool:
    people = select(order_steps.c.order).where(order_steps.c.order == order, order_steps.c.by != JOB)
    return connection.execute(people).first() is None


def _write_lines(connection: Connection, order: str, lines: Sequence[Mapping[str, Any]]) -> None:
    rows = [
        {**{name: state.plain(value) for name, value in line.items()}, "order": order, "drafted": line["quantity"],
         "received": 0.0, "note": ""}
        for line in lines
    ]  # fmt: skip
    connection.execute(insert(order_lines), rows)


def step_row(
    order: str, number: int, step: str, by: str, now: datetime, reason: str, details: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A row of `state.order_steps`; those that move stock have no `moved` yet."""
    moved = None if step in (SENT, RECEIVED) else ""
    values = {"by": by, "at": now, "reason": reason, "details": state.plain(dict(details or {})), "moved": moved}
    return {"order": order, "number": number, "step": step, **values}


def take(
    connection: Connection,
    order: str,
    changes: int,
    status: str,
    values: Mapping[str, Any],
    step: str,
    by: str,
    reason: str,
    now: datetime,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Take a step from a status and a number of changes. Raises `Changed` where the order is not there."""
    here = (orders.c.order == order) & (orders.c.changes == int(changes)) & (orders.c.status == status)
    done = connection.execute(
        update(orders).where(here).values(changes=int(changes) + 1, **values).returning(orders.c.order)
    ).first()
    if done is None:
        raise Changed(CHANGED)
    connection.execute(insert(order_steps).values(**step_row(order, int(changes) + 1, step, by, now, reason, details)))


def said(by: str, reason: str | None = None) -> tuple[str, str]:
    """Who and why, as they are kept. Raises `Sentence` without a name, or without a reason where one is asked for."""
    by, why = by.strip()[:80], (reason or "").strip()[:MAX_REASON]
    if not by or by == JOB:
        raise Sentence(N_("Say who you are: it is kept with what you decide."))
    if reason is not None and not why:
        raise Sentence(N_("Say why: it is kept with the order."))
    return by, why


def change(
    engine: Engine, order: str, changes: int, units: Mapping[str, float], reason: str, by: str, now: datetime
) -> None:
    """Order other units of some products of a draft; none takes its line out. Raises `Changed`, `Sentence`."""
    by, reason = said(by, reason)
    if not all(0 <= quantity <= MAX_UNITS for quantity in units.values()):
        raise Sentence(N_("Units of an order are 0 or more, and at most a billion."))
    with writing(engine) as connection:
        before = quantities(connection, order)
        changed = {name: float(units[name]) for name in before if name in units and units[name] != before[name]}
        details = {name: [before[name], quantity] for name, quantity in sorted(changed.items())}
        # Before the rest is looked at: whom the same change forestalled is told that, not that there is none.
        take(connection, order, changes, DRAFTED, {}, "changed", by, reason, now, details)
        if not changed:
            raise Sentence(N_("Nothing was changed: the units are those of the order."))
        if not any((before | changed).values()):
            raise Sentence(N_("An order of nothing is none: reject it in place of taking out its last line."))
        for name, quantity in sorted(changed.items()):
            mine = (order_lines.c.order == order) & (order_lines.c.product == name)
            connection.execute(update(order_lines).where(mine).values(quantity=quantity))


def quantities(connection: Connection, order: str) -> dict[str, float]:
    """The units that are ordered of each product."""
    rows = connection.execute(
        select(order_lines.c.product, order_lines.c.quantity).where(order_lines.c.order == order)
    ).all()
    return {row.product: row.quantity for row in rows}


def reprice(engine: Engine, order: str, changes: int, costs: Mapping[str, float], by: str, now: datetime) -> None:
    """Take the prices of today for a draft, having looked at them. Raises `Changed`, `Sentence`."""
    by, _reason = said(by)
    with writing(engine) as connection:
        before = dict(
            tuple(row)
            for row in connection.execute(
                select(order_lines.c.product, order_lines.c.unit_cost).where(order_lines.c.order == order)
            )
        )
        details = {name: [before[name], float(cost)] for name, cost in sorted(costs.items()) if name in before}
        take(connection, order, changes, DRAFTED, {}, "repriced", by, "", now, details)
        for name, (_old, cost) in details.items():
            mine = (order_lines.c.order == order) & (order_lines.c.product == name)
            connection.execute(update(order_lines).where(mine).values(unit_cost=cost))


def approve(engine: Engine, order: str, changes: int, by: str, now: datetime, reason: str = "") -> None:
    """Approve a draft as it was after so many `changes`. Raises `Changed`, `Sentence`."""
    by = by if by == JOB and reason else said(by)[0]
    with writing(engine) as connection:
        take(connection, order, changes, DRAFTED, {"status": APPROVED, "open": None}, APPROVED, by, reason, now)


def reject(engine: Engine, order: str, changes: int, reason: str, by: str, now: datetime) -> None:
    """Reject a draft, or an approved order that has not left. Raises `Changed`, `Sentence`."""
    by, reason = said(by, reason)
    with writing(engine) as connection:
        status = connection.execute(select(orders.c.status).where(orders.c.order == order)).scalar_one_or_none()
        if status not in (DRAFTED, APPROVED):
            raise Changed(CHANGED)
        # Its row is taken away first: whoever is about to claim it finds nothing to send.
        mine = order_sends.c.order == order
        connection.execute(delete(order_sends).where(mine, order_sends.c.state.in_((DUE, STUCK))))
        if connection.execute(select(order_sends.c.order).where(mine)).first() is not None:
            raise Changed(N_("This order is on its way, or may be: ask the supplier to cancel it."))
        take(connection, order, changes, status, {"status": REJECTED, "open": None}, REJECTED, by, reason, now)


def suppliers(engine: Engine, lineage: str) -> dict[str, Mapping[str, Any]]:
    """What is known of suppliers beside the data: where orders go, and up to which amount nobody need approve them."""
    rows = state.read(engine, order_suppliers, lineage=lineage).to_dict("records")
    return {row["supplier"]: row for row in rows}


def address(engine: Engine, lineage: str, supplier: str, where: str, form: str, by: str, now: datetime) -> None:
    """Keep where orders to a supplier go (none: they are sent by hand) and as what. Raises `Sentence`."""
    by, _reason = said(by)
    _know(engine, lineage, supplier, {"address": where, "form": form, "by": by, "since": now})


def allow(engine: Engine, lineage: str, supplier: str, limit: float | None, by: str, now: datetime) -> None:
    """Allow orders to a supplier to be approved without anybody up to an amount; None takes that back.

    Raises `Sentence`.
    """
    by, _reason = said(by)
    if limit is not None and not 0 < limit < float("inf"):
        raise Sentence(N_("The amount is to be above 0."))
    _know(engine, lineage, supplier, {"limit": limit, "limit_by": by, "limit_since": now})


def _know(engine: Engine, lineage: str, supplier: str, fresh: Mapping[str, Any]) -> None:
    """Write down something of a supplier; the rest stays as it was."""
    blank = {"address": "", "form": FORMS[-1], "by": "", "since": fresh.get("limit_since"), "limit_by": ""}
    row = {"lineage": lineage, "supplier": supplier, **blank, "limit": None, "limit_since": None, **fresh}
    made = state.inserting(engine, order_suppliers).values(row)
    with engine.begin() as connection:
        connection.execute(made.on_conflict_do_update(index_elements=["lineage", "supplier"], set_=dict(fresh)))
