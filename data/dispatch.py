"""How an order leaves, once, and what came of it: the second half of `data.orders`.

    queue(engine, order, changes, address, form, ...)   # an approved order is to leave
    claim(engine, order, now); ended(engine, claimed, ...)
    by_hand(...); receive(engine, order, changes, units, notes, ...)

How an order leaves is a row of its own, with a key that goes with it. Whoever sends claims that row first; a send that
was killed in between is not known to have arrived, and is not tried again until somebody says so.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine, insert, select, update

from data import state
from data.orders import (
    APPROVED,
    CHANGED,
    DUE,
    JOB,
    MAX_UNITS,
    RECEIVED,
    SENDING,
    SENT,
    STUCK,
    UNKNOWN,
    key,
    quantities,
    said,
    step_row,
    take,
    writing,
)
from data.rules import MAX_REASON
from data.runs import PAUSES
from data.state import Changed
from data.state.tables import order_lines, order_sends, order_steps, orders
from locales import N_, Sentence

BY_HAND = ""  # the address of what somebody sends without Vigie
LOST = timedelta(minutes=5)  # after which a send that did not end was killed
NOT_KNOWN = N_("Vigie was stopped while it sent this order.")


def queue(
    engine: Engine, order: str, changes: int, address: str, form: str, by: str, now: datetime, reason: str = ""
) -> None:
    """Let an approved order leave, or try again what is stuck or not known to have arrived, under the same key.

    Raises `Changed` where it has left, or another one asks for it at the same time; `Sentence`.
    """
    by = by if by == JOB else said(by)[0]
    with writing(engine) as connection:
        take(connection, order, changes, APPROVED, {}, "queued", by, reason, now, {"address": address, "form": form})
        fresh = {"address": address, "form": form, "state": DUE, "tries": 0, "due": now, "started": None, "error": {}}
        made = (
            state.inserting(engine, order_sends)
            .values(order=order, key=key(order, "send"), **fresh)
            .on_conflict_do_update(
                index_elements=["order"], set_=fresh, where=order_sends.c.state.in_((DUE, STUCK, UNKNOWN))
            )
            .returning(order_sends.c.order)
        )
        if connection.execute(made).first() is None:
            raise Changed(CHANGED)


def due(engine: Engine, lineage: str, now: datetime) -> list[str]:
    """The orders that are to leave by now."""
    ready = (order_sends.c.state == DUE) & (order_sends.c.due <= now)
    mine = select(orders.c.order).join(order_sends, order_sends.c.order == orders.c.order)
    with engine.connect() as connection:
        return list(connection.scalars(mine.where(orders.c.lineage == lineage, ready).order_by(orders.c.order)))


def claim(engine: Engine, order: str, now: datetime) -> Mapping[str, Any] | None:
    """The row of a send that is due, which is nobody else's until it ends; None where there is none."""
    ready = (order_sends.c.order == order) & (order_sends.c.state == DUE) & (order_sends.c.due <= now)
    taken = update(order_sends).where(ready).values(state=SENDING, started=now, tries=order_sends.c.tries + 1)
    with writing(engine) as connection:
        row = connection.execute(taken.returning(*order_sends.c)).mappings().first()
    return None if row is None else dict(row)


def ended(
    engine: Engine,
    claimed: Mapping[str, Any],
    now: datetime,
    day: date,
    error: Sentence | None,
    known: bool = True,
    again: bool = True,
) -> str:
    """Write down how a send that was claimed ended, and answer with its state; `day` is the last one of the data.

    Without an `error` it has arrived. With one it is tried `again` after a pause, and waits for somebody after the
    last; where another try would not help, or it is not `known` whether it arrived, it waits at once.
    """
    order, tries = claimed["order"], claimed["tries"]
    waits = [SENDING] if error is not None else [SENDING, UNKNOWN]  # who comes late knows better that it arrived
    mine = (order_sends.c.order == order) & order_sends.c.state.in_(waits)
    mine &= order_sends.c.started == claimed["started"]
    again = again and tries <= len(PAUSES)
    result = SENT if error is None else UNKNOWN if not known else DUE if again else STUCK
    values: dict[str, Any] = {"state": result}
    if error is not None:
        values["error"] = {"message": error.message, "values": state.plain(error.values)}
    if result == DUE:
        values["due"] = now + PAUSES[tries - 1]
    with writing(engine) as connection:
        if connection.execute(update(order_sends).where(mine).values(**values).returning(order_sends.c.order)).first():
            _after(connection, order, result, claimed, error, now, day)
        else:  # it took so long that it was written down as lost, or somebody decided: that stands
            result = UNKNOWN
    return result


def _after(
    connection: Connection,
    order: str,
    result: str,
    claimed: Mapping[str, Any],
    error: Sentence | None,
    now: datetime,
    day: date,
) -> None:
    more: dict[str, Any] = {"status": SENT, "sent": now, "sent_day": day} if result == SENT else {}
    bumped = update(orders).where(orders.c.order == order).values(changes=orders.c.changes + 1, **more)
    number = connection.execute(bumped.returning(orders.c.changes)).scalar_one()
    details: dict[str, Any] = {"address": claimed["address"], "form": claimed["form"], "try": claimed["tries"]}
    if result == SENT:
        details["units"] = {name: units for name, units in quantities(connection, order).items() if units}
    if error is not None:
        details["error"] = {"message": error.message, "values": state.plain(error.values)}
    step = "failed" if result == DUE else result
    connection.execute(insert(order_steps).values(**step_row(order, number, step, JOB, now, "", details)))


def lost(engine: Engine, now: datetime) -> list[str]:
    """Write down the sends that did not end, because their process was killed: whether they arrived is not known."""
    rows = state.read(engine, order_sends, order_sends.c.state == SENDING, order_sends.c.started < now - LOST)
    found = []
    for row in rows.to_dict("records"):
        claimed = row | {"started": row["started"].to_pydatetime(), "tries": int(row["tries"])}
        ended(engine, claimed, now, now.date(), Sentence(NOT_KNOWN), known=False)
        found.append(row["order"])
    return found


def by_hand(engine: Engine, order: str, changes: int, how: str, by: str, day: date, now: datetime) -> None:
    """Write down that somebody has sent an approved order without Vigie, or knows that it arrived; `how` says how.

    Raises `Changed`, also while it is being sent; `Sentence`.
    """
    by, how = said(by, how)
    with writing(engine) as connection:
        mine = order_sends.c.order == order
        connection.execute(
            update(order_sends).where(mine, order_sends.c.state.in_((DUE, STUCK, UNKNOWN))).values(state=SENT)
        )
        busy = connection.execute(select(order_sends.c.order).where(mine, order_sends.c.state == SENDING)).first()
        if busy is not None:
            raise Changed(N_("This order is being sent in this moment: look again in a minute."))
        units = {name: quantity for name, quantity in quantities(connection, order).items() if quantity}
        values = {"status": SENT, "sent": now, "sent_day": day}
        take(connection, order, changes, APPROVED, values, SENT, by, how, now, {"address": BY_HAND, "units": units})


def receive(
    engine: Engine,
    order: str,
    changes: int,
    units: Mapping[str, float],
    notes: Mapping[str, str],
    closed: bool,
    by: str,
    now: datetime,
    store: str | None = None,
) -> None:
    """Write down what came of a sent order, with notes on differences; `closed` where nothing more will come.

    An order of which all came is closed. A line that is closed with another number of units than were ordered needs a
    note. Raises `Changed`, `Sentence`.
    """
    by, _reason = said(by)
    if not all(0 <= quantity <= MAX_UNITS for quantity in units.values()):
        raise Sentence(N_("Units that came are 0 or more, and at most a billion."))
    with writing(engine) as connection:
        lines = connection.execute(select(order_lines).where(order_lines.c.order == order)).mappings().all()
        total = {row["product"]: row["received"] + float(units.get(row["product"], 0)) for row in lines}
        closed = closed or all(total[row["product"]] >= row["quantity"] for row in lines)
        if not closed and not any(units.values()):
            raise Sentence(N_("Nothing came: write down the units that did, or that nothing more will come."))
        written = {name: note.strip()[:MAX_REASON] for name, note in notes.items()}
        for row in lines:
            if closed and total[row["product"]] != row["quantity"] and not (written.get(row["product"]) or row["note"]):
                raise Sentence(
                    N_("{units} of {ordered} units of {name} came: write down why."),
                    units=f"{total[row['product']]:g}",
                    ordered=f"{row['quantity']:g}",
                    name=row["name"],
                )
        came = {name: float(quantity) for name, quantity in units.items() if quantity and name in total}
        details = {"units": came, "notes": {name: note for name, note in written.items() if note}, "closed": closed}
        details |= {"store": store} if store else {}
        values = {"status": RECEIVED, "received": now} if closed else {}
        take(connection, order, changes, SENT, values, RECEIVED, by, "", now, details)
        for row in lines:
            name = row["product"]
            fresh = {"received": total[name], "note": written.get(name) or row["note"]}
            connection.execute(
                update(order_lines).where(order_lines.c.order == order, order_lines.c.product == name).values(**fresh)
            )


def unmoved(engine: Engine, lineage: str) -> pd.DataFrame:
    """The steps whose units are still to become moves of stock, in the order in which they were taken."""
    mine = select(orders.c.order).where(orders.c.lineage == lineage)
    return state.read(engine, order_steps, order_steps.c.moved.is_(None), order_steps.c.order.in_(mine)).sort_values(
        ["at", "order", "number"], ignore_index=True
    )


def moved(engine: Engine, steps: pd.DataFrame, version: str) -> None:
    """Write down which version of the data holds the moves of some steps."""
    with writing(engine) as connection:
        for row in steps.itertuples():
            mine = (order_steps.c.order == row.order) & (order_steps.c.number == int(row.number))
            connection.execute(update(order_steps).where(mine).values(moved=version))
