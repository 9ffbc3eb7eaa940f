"""Something that waits for somebody: the orders, campaigns, late data and failed work among it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import locales
import settings
from data import campaigns, schedules, state, tables
from data import orders as kept
from data.orders import APPROVED, DRAFTED, SENT, STUCK, UNKNOWN, Order
from data.tables import Stored
from models.act import schedule
from models.churn import uplift
from models.lifecycle import health
from models.lifecycle import orders as work
from ui import database
from ui import schedules as shared
from ui.act import orders
from ui.text import N_, _, ngettext

Answer = Callable[[str, str, str, Sequence[str]], object]  # an answer, a reason, a name, and what it is about
OPEN = (DRAFTED, APPROVED, SENT)
CRITICAL, WARNING = 0, 1  # places in `ui.act.rules.SEVERITIES`
LINES: Mapping[str, tuple[str, str, int]] = {
    DRAFTED: (N_("{supplier}: an order waits for approval: {what}."), "edit_note", WARNING),
    APPROVED: (N_("{supplier}: an approved order has not been sent: {what}."), "outgoing_mail", WARNING),
    STUCK: (N_("{supplier}: sending an order failed: {what}."), "sms_failed", CRITICAL),
    UNKNOWN: (N_("{supplier}: nobody knows whether an order arrived: {what}."), "help", CRITICAL),
    SENT: (N_("{supplier}: a delivery is overdue: {what}."), "schedule", WARNING),
}


@dataclass(frozen=True)
class Item:
    """Something that waits: `lines` say what, `notes` what else is known of it; `page` (with `query`) shows more.

    `answer` takes an answer, a reason, a name and what of `parts` (cause -> name) it is about; there is none where it
    is decided on that page. `files` were made of it and can be taken.
    """

    key: str
    day: date
    rank: int
    stake: float
    icon: str
    lines: list[str]
    notes: list[str]
    page: str
    query: Mapping[str, str]
    since: date | None = None  # where it began before its day
    files: Sequence[Path] = ()
    answer: Answer | None = None
    parts: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)


def of_orders(sold: Stored) -> list[Item]:
    """Drafts that wait for approval, orders that did not leave, and deliveries that are overdue."""
    engine, now = database.engine(), orders.now()
    found = kept.kept(engine, sold.lineage, state.orders.c.status.in_(OPEN))
    return [_of_order(one, what, now) for one in found if (what := _waits(one, now))]


def _waits(one: Order, now: datetime) -> str:
    """What of `LINES` an order waits for; "" where it waits for nobody."""
    if one.row["status"] == DRAFTED:
        return DRAFTED
    if one.row["status"] == SENT:
        return SENT if work.overdue(one, now) else ""
    left = one.send["state"] if one.send is not None else APPROVED
    return str(left) if left in LINES else ""  # else it is being sent, or is tried again


def _of_order(one: Order, what: str, now: datetime) -> Item:
    text, icon, rank = LINES[what]
    currency, notes = str(one.row["currency"]), []
    if late := work.overdue(one, now):
        notes.append(ngettext("{count} day overdue", "{count} days overdue", late).format(count=locales.number(late)))
    if one.stake:
        notes.append(_("{money} of margin at stake").format(money=locales.money(one.stake, currency)))
    if what in (STUCK, UNKNOWN) and one.send is not None and one.send["error"]:
        notes.append(orders.sentence(one.send["error"]))
    since = one.steps["at"].max() if len(one.steps) else one.row["drafted"]
    return Item(
        key=f"order {one.row['order']} {what}",
        day=one.row["day"].date() if what == DRAFTED else since.date(),
        rank=rank,
        stake=one.stake,
        icon=icon,
        lines=[_(text).format(supplier=one.row["name"], what=orders.says(one))],
        notes=notes,
        page="act_orders",
        query={"order": str(one.row["order"])},
    )


def of_campaigns(people: Stored) -> list[Item]:
    """Campaigns whose outcome window is over, and of which nobody has written down who left."""
    found = campaigns.kept(database.engine(), people.lineage)
    unread = found[found["read"].isna()].to_dict("records")
    over = [(row, uplift.ends(row["started"], row["months"])) for row in unread]
    return [
        Item(
            key=f"campaign {row['campaign']}",
            day=end.date(),
            rank=WARNING,
            stake=0.0,
            icon="campaign",
            lines=[_("Campaign {name}: who left can be written down.").format(name=row["name"])],
            notes=[_("its outcome window is over")],
            page="churn_campaign",
            query={"view": "follow", "campaign": row["campaign"]},
        )
        for row, end in over
        if end <= orders.now()
    ]


def of_data(*shown: Stored) -> list[Item]:
    """Datasets in use of which newer days are due."""
    home, now = settings.get().home, orders.now()
    return [
        Item(
            key=f"data {one.version}",
            day=health.reached(one),
            rank=WARNING,
            stake=0.0,
            icon="hourglass_bottom",
            lines=[overdue.sentence()],
            notes=[],
            page="data",
            query={},
        )
        for one in shown
        if (overdue := health.late(one, tables.earlier(home, one), now)) is not None
    ]


def of_schedules() -> list[Item]:
    """Work at set times that was tried in vain and given up."""
    return [
        Item(
            key=f"schedule {row['schedule']} {row['due']}",
            day=row["due"].date(),
            rank=CRITICAL,
            stake=0.0,
            icon="error",
            lines=[_("{name}: given up after several tries.").format(name=_named(row))],
            notes=[_(text) for text in [row["message"]] if text],
            page="act_schedule",
            query={},
        )
        for row in schedules.failed(database.engine()).to_dict("records")
    ]


def _named(row: Mapping[str, Any]) -> str:
    one = schedule.from_json(row["content"])
    return shared.called(row["schedule"], one) if one else str(row["schedule"])
