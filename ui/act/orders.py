"""The orders to suppliers: how far each is, what is drafted, and what drafts aim at."""

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import streamlit as st

import locales
import settings
from charts.act import order as paper
from connectors.suppliers import Letter
from data import orders as kept
from data import state
from data.orders import APPROVED, DRAFTED, RECEIVED, REJECTED, SENT, STUCK, UNKNOWN, Order
from data.tables import Stored
from locales import Sentence
from models.lifecycle import orders as work
from ui import access, answers, cards, database, inputs
from ui.text import N_, _, ngettext, plain

KEY = "orders."
FONTS = settings.ROOT / "ui" / "assets"
SHOWN = 60  # of one state
STATUSES = {
    DRAFTED: (N_("Waiting for approval"), "edit_note"),
    APPROVED: (N_("Approved"), "task_alt"),
    SENT: (N_("On its way"), "local_shipping"),
    RECEIVED: (N_("Received"), "inventory"),
    REJECTED: (N_("Rejected"), "block"),
}
SENDS = {
    kept.DUE: N_("to be sent"),
    kept.SENDING: N_("being sent"),
    STUCK: N_("sending failed"),
    UNKNOWN: N_("not known whether it arrived"),
}
write: Callable[[Order, str, str], Letter] = partial(paper.letter, fonts=FONTS)


def now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)


def there(sold: Stored) -> list[Order]:
    """The orders of these data, the newest first; sends that were killed are written down as such."""
    work.dispatch.lost(database.engine(), now())
    return kept.kept(database.engine(), sold.lineage)


def headline(found: list[Order], sold: Stored) -> None:
    """How much waits, is under way, and is late."""
    currency = sold.origin.currency or "GBP"
    drafts = [one for one in found if one.row["status"] == DRAFTED]
    away = [one for one in found if one.row["status"] == SENT]
    late = [one for one in away if work.overdue(one, now())]
    stuck = [one for one in found if one.send is not None and one.send["state"] in (STUCK, UNKNOWN)]
    cards.metrics(
        [
            (
                _("Waiting for approval"),
                locales.number(len(drafts)),
                _("{money}; {stake} of margin is at stake").format(
                    money=locales.money(sum(one.value for one in drafts), currency),
                    stake=locales.money(sum(one.stake for one in drafts), currency),
                ),
            ),
            (
                _("On their way"),
                locales.number(len(away)),
                _("{money} ordered").format(money=locales.money(sum(one.value for one in away), currency)),
            ),
            (_("Overdue"), locales.number(len(late)), _("later than nine of ten such deliveries")),
            (_("Did not leave"), locales.number(len(stuck)), _("sending failed, or nobody knows whether it arrived")),
        ]
    )


def drafting(sold: Stored) -> None:
    """What drafts aim at, and a button that makes them now."""
    engine, currency = database.engine(), sold.origin.currency or "GBP"
    terms, budget = work.plan(engine)
    clicks = f"{KEY}turn.{sold.lineage}"  # an order that is sent makes a new version of the data
    turn = st.session_state.get(clicks, 0)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(_("Draft orders now"), icon=":material/edit_note:", key=KEY + "draft"):
            turn = st.session_state[clicks] = turn + 1
        with st.popover(_("What drafts aim at"), icon=":material/tune:", key=KEY + "plan", on_change="rerun") as menu:
            if menu.open:
                _aims(terms.level, terms.review, budget, currency)
    if turn:
        key = f"orders-{sold.lineage}-{st.session_state.setdefault(KEY + 'me', uuid.uuid4().hex)}-{turn}"
        answers.begin(key, "orders", lambda step: work.draft(database.engine(), sold, now(), step))
        if not answers.watched(key):
            _ended(answers.found(key), currency)


def _ended(drafted: object, currency: str) -> None:
    if isinstance(drafted, work.Drafted):
        _said(drafted, currency)
    elif isinstance(drafted, Sentence):
        st.info(plain(drafted.sentence()), icon=":material/info:")
    else:
        st.warning(_("Drafting did not come to its end: try again."), icon=":material/block:")


def _said(drafted: work.Drafted, currency: str) -> None:
    new = len(drafted.new)
    said = [
        ngettext("{count} order was drafted.", "{count} orders were drafted.", new).format(count=locales.number(new))
    ]
    if not drafted.needed:
        said = [_("Nothing has to be ordered: every shelf lasts beyond the next look.")]
    elif not new:
        said = [_("Nothing new: what is needed is drafted, approved or on its way already.")]
    if drafted.left:
        text = ngettext(
            "The budget left out {count} line for {money}.",
            "The budget left out {count} lines for {money}.",
            drafted.left,
        )
        said.append(text.format(count=locales.number(drafted.left), money=locales.money(drafted.left_value, currency)))
    if drafted.nobody:
        text = ngettext(
            "Of {count} product nobody knows who supplies it: bring a table of products.",
            "Of {count} products nobody knows who supplies them: bring a table of products.",
            drafted.nobody,
        )
        said.append(text.format(count=locales.number(drafted.nobody)))
    if drafted.uncounted:
        text = ngettext(
            "Of {count} product more was sold than was counted and came: count it again.",
            "Of {count} products more was sold than was counted and came: count them again.",
            drafted.uncounted,
        )
        said.append(text.format(count=locales.number(drafted.uncounted)))
    st.caption(plain(" ".join(said)))


def _aims(level: float, review: int, budget: float, currency: str) -> None:
    with st.form(KEY + "aims", border=False):
        service = st.slider(_("Service: chance not to run out (%)"), 70, 99, round(100 * level))
        days = st.number_input(_("Days between two looks"), 1, 14, review)
        money = st.number_input(
            _("Budget of all drafts ({currency}; 0: no limit)").format(currency=currency), 0.0, 1e12, budget, step=100.0
        )
        st.caption(_("They hold for everybody, and for `python jobs.py orders`."))
        if st.form_submit_button(_("Keep"), icon=":material/save:"):
            wanted = {"level": service / 100, "review": int(days), "budget": float(money)}
            state.prefer(database.engine(), work.PLAN, wanted)
            st.rerun()


def chosen(found: list[Order]) -> tuple[str, Order | None]:
    """Which state is looked at, and the order of it that is open."""
    count = {status: sum(one.row["status"] == status for one in found) for status in STATUSES}
    names = {status: f"{_(STATUSES[status][0])} ({locales.number(count[status])})" for status in STATUSES}
    asked = st.query_params.get("order", "")[:64]
    opened = next((one for one in found if one.row["order"] == asked), None)
    seen = None if opened is None else (opened.row["order"], opened.row["status"])
    if opened is not None and seen != st.session_state.get(KEY + "seen"):  # it is followed to where it went
        st.session_state["state"], st.session_state[KEY + "seen"] = opened.row["status"], seen
    status = inputs.view(_("State"), list(STATUSES), "state", names.__getitem__)
    return status, opened if opened is not None and opened.row["status"] == status else None


def listed(found: list[Order], status: str, opened: Order | None) -> None:
    """The orders of a state but the one that is open: what has most at stake first, else the newest."""
    some = [one for one in found if one.row["status"] == status and one is not opened]
    if not some and opened is None:
        st.caption(_("There is none."))
    for one in sorted(some, key=lambda one: -one.stake if status == DRAFTED else 0.0)[:SHOWN]:
        _row(one)
    if len(some) > SHOWN:
        st.caption(_("and {count} more").format(count=locales.number(len(some) - SHOWN)))


def _row(one: Order) -> None:
    name, currency = str(one.row["order"]), str(one.row["currency"])
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        with st.container(gap=None, width="stretch"):
            st.markdown(
                f":material/{STATUSES[one.row['status']][1]}: **{plain(one.row['name'])}** · {plain(says(one))}"
            )
            st.caption(" · ".join(map(plain, notes(one, currency))))
        st.button(
            _("Open"),
            key=f"{KEY}open.{name}",
            icon=":material/visibility:",
            on_click=_open,
            args=(name,),
        )


def _open(name: str) -> None:
    st.query_params["order"] = name


def says(one: Order) -> str:
    """An order in half a sentence: how many products for how much."""
    lines = int((one.lines["quantity"] > 0).sum())
    text = ngettext("{count} product for {money}", "{count} products for {money}", lines)
    return text.format(count=locales.number(lines), money=locales.money(one.value, str(one.row["currency"])))


def notes(one: Order, currency: str) -> list[str]:
    """What else is worth knowing of an order: since when, what is at stake, what keeps it."""
    found = [_("order {number}").format(number=one.row["order"]), locales.day(one.row["drafted"])]
    if one.row["status"] == DRAFTED:
        found.append(_("{money} of margin at stake").format(money=locales.money(one.stake, currency)))
    if one.row["status"] in (DRAFTED, APPROVED) and one.value < one.row["least"]:
        text = _("below the {money} from which on it is delivered")
        found.append(text.format(money=locales.money(one.row["least"], currency)))
    if one.row["status"] == APPROVED:
        left = SENDS.get(str(one.send["state"])) if one.send is not None else None
        found.append(_(left) if left else _("not sent yet"))
    if by := work.expected(one):
        found.append(_("expected by {day}, nine times in ten").format(day=locales.day(by)))
    if late := work.overdue(one, now()):
        found.append(ngettext("{count} day overdue", "{count} days overdue", late).format(count=locales.number(late)))
    return found


def at(one: Order) -> tuple[str, int]:
    """An order as a step names it: its id, and the changes that it was shown after."""
    return str(one.row["order"]), int(one.row["changes"])


def who_is(what: str, one: Order) -> str:
    """Who decides."""
    return access.name(_("Who are you?"), f"{KEY}who.{what}.{one.row['order']}")


def why_so(what: str, one: Order, label: str) -> str:
    """Why somebody decides so."""
    return st.text_input(label, max_chars=kept.MAX_REASON, key=f"{KEY}why.{what}.{one.row['order']}")


def menu_of(name: str, icon: str, what: str, one: Order) -> Any:
    """A popover that is filled once it is open."""
    return st.popover(name, icon=f":material/{icon}:", key=f"{KEY}{what}.{one.row['order']}", on_change="rerun")


def panel(name: str, icon: str, what: str, one: Order) -> Any:
    """The same over the whole width, for a table that is filled in."""
    return st.expander(name, icon=f":material/{icon}:", key=f"{KEY}{what}.{one.row['order']}", on_change="rerun")


def sentence(error: Mapping[str, Any]) -> str:
    """Why a try to send an order failed."""
    return _(str(error["message"])).format(**error.get("values", {}))
