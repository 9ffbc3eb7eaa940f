"""One order: its lines, what can be decided about it, how it leaves and comes, what became of it."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

import locales
from charts.act import order as paper
from connectors import suppliers
from data import dispatch
from data import orders as kept
from data.orders import APPROVED, DRAFTED, DUE, FORMS, RECEIVED, SENDING, SENT, STUCK, UNKNOWN, Order
from data.tables import Stored
from models.act import orders as model
from models.lifecycle import orders as work
from ui import access, database, downloads, inputs, lists
from ui.act import delivery
from ui.act.orders import FONTS, KEY, at, menu_of, notes, now, panel, says, sentence, who_is, why_so, write
from ui.text import N_, _, ngettext, plain

STEPS = {
    "drafted": N_("Drafted"),
    "redrafted": N_("Drafted anew, as the stock of a later day asks for"),
    "changed": N_("Changed"),
    "repriced": N_("New prices taken"),
    "approved": N_("Approved"),
    "rejected": N_("Rejected"),
    "queued": N_("Let leave"),
    "failed": N_("A try to send it failed"),
    STUCK: N_("Sending failed"),
    UNKNOWN: N_("Not known whether it arrived"),
    "sent": N_("Sent"),
    "received": N_("Received"),
}
FORM_NAMES = {"csv": "CSV", "xlsx": "XLSX", "pdf": "PDF"}


def shown(one: Order, sold: Stored) -> None:
    """An order with all that can be done with it now."""
    status = one.row["status"]
    title = _("{supplier}: order {number}").format(supplier=plain(one.row["name"]), number=one.row["order"])
    st.subheader(title, anchor=False)
    st.caption(" · ".join(map(plain, [says(one), *notes(one, str(one.row["currency"]))[1:]])))
    changed = work.repriced(sold, one) if status == DRAFTED else {}
    if changed:
        _reprice(one, changed)
    _lines(one)
    with st.container(horizontal=True):
        for form in FORMS:
            downloads.button(
                FORM_NAMES[form],
                partial(paper.file, one, form, FONTS),
                f"order_{one.row['order']}.{form}",
                paper.KINDS[form],
            )
    if status == DRAFTED:
        _decide(one, sold, bool(changed))
    elif status == APPROVED:
        _leave(one, sold)
    elif status == SENT:
        delivery.receive(one, sold)
    if status in (SENT, RECEIVED):
        delivery.judged(one, sold)
    with st.expander(_("History"), icon=":material/history:"):
        _history(one)
    if access.decides():
        with st.expander(_("This supplier"), icon=":material/storefront:"):
            _supplier(one, sold)


def _lines(one: Order) -> None:
    lines = one.lines.sort_values(["stake", "product"], ascending=[False, True])
    currency = one.row["currency"]
    came = one.row["status"] in (SENT, RECEIVED)
    table = pd.DataFrame(
        {
            _("Product"): lines["product"],
            _("Name"): lines["name"],
            _("Units"): lines["quantity"],
            **({_("Units that came"): lines["received"], _("Note"): lines["note"]} if came else {}),
            _("Unit price ({currency})").format(currency=currency): lines["unit_cost"].round(4),
            _("Amount ({currency})").format(currency=currency): (lines["quantity"] * lines["unit_cost"]).round(2),
            _("At stake ({currency})").format(currency=currency): lines["stake"].round(2),
            _("Why"): [model.why(facts) for facts in lines["facts"]],
        }
    )
    lists.show(table, f"order_{one.row['order']}", _("Its lines"), height=320)


def _reprice(one: Order, changed: Mapping[str, float]) -> None:
    """Prices that are not what the order was drafted with: old and new, to be looked at."""
    lines = one.lines.set_index("product").loc[list(changed)]
    old = float(lines["quantity"] @ lines["unit_cost"])
    new = float(lines["quantity"] @ pd.Series(changed))
    currency = str(one.row["currency"])
    text = ngettext(
        "The price of {count} product changed since this was drafted: it now costs {new} in place of {old}.",
        "The prices of {count} products changed since this was drafted: they now cost {new} in place of {old}.",
        len(changed),
    )
    money = {name: locales.money(amount, currency, 2) for name, amount in (("old", old), ("new", new))}
    with st.container(border=True):
        st.markdown(f":material/price_change: {plain(text.format(count=locales.number(len(changed)), **money))}")
        table = {_("Product"): lines.index, _("Name"): lines["name"], _("Price then"): lines["unit_cost"]}
        st.dataframe(pd.DataFrame(table | {_("Price now"): list(changed.values())}), hide_index=True, placeholder="–")
        with st.form(f"{KEY}reprice.{one.row['order']}", border=False):
            who = who_is("reprice", one)
            if st.form_submit_button(_("Take the new prices"), icon=":material/done:"):
                order, changes = at(one)
                inputs.attempt(lambda: kept.reprice(database.engine(), order, changes, changed, who, now()))


def _decide(one: Order, sold: Stored, stale: bool) -> None:
    """Approve, change or reject a draft."""
    engine, (order, _changes) = database.engine(), at(one)
    with st.container(horizontal=True):
        with menu_of(_("Approve"), "task_alt", "approve", one) as menu:
            if menu.open:
                with st.form(f"{KEY}approve.form.{order}", border=False):
                    if stale:
                        st.caption(_("Take the new prices first."))
                    who = who_is("approve", one)
                    if st.form_submit_button(_("Approve"), disabled=stale):
                        inputs.attempt(lambda: work.approve(engine, sold, one, who, now()))
        _reject(one)
    with panel(_("Change units"), "edit", "change", one) as menu:
        if menu.open:
            _change(one)


def _change(one: Order) -> None:
    order, changes = at(one)
    lines = one.lines.sort_values(["stake", "product"], ascending=[False, True])
    with st.form(f"{KEY}change.form.{order}", border=False):
        edited = st.data_editor(
            lines[["name", "quantity", "product"]],
            hide_index=True,
            disabled=["product", "name"],
            key=f"{KEY}units.{order}.{changes}",
            column_config={
                "product": _("Product"),
                "name": _("Name"),
                "quantity": st.column_config.NumberColumn(_("Units"), min_value=0, step=1, required=True),
            },
            placeholder="–",
        )
        st.caption(_("0 takes a line out."))
        who, why = who_is("change", one), why_so("change", one, _("Why is it changed?"))
        if st.form_submit_button(_("Keep")):
            units = dict(zip(edited["product"], edited["quantity"].astype(float), strict=True))
            inputs.attempt(lambda: kept.change(database.engine(), order, changes, units, why, who, now()))


def _reject(one: Order) -> None:
    order, changes = at(one)
    with menu_of(_("Reject"), "block", "reject", one) as menu:
        if menu.open:
            with st.form(f"{KEY}reject.form.{order}", border=False):
                who, why = who_is("reject", one), why_so("reject", one, _("Why not?"))
                if st.form_submit_button(_("Reject")):
                    inputs.attempt(lambda: kept.reject(database.engine(), order, changes, why, who, now()))


def _leave(one: Order, sold: Stored) -> None:
    """Send an approved order, or say that somebody has."""
    engine, (order, changes) = database.engine(), at(one)
    state = one.send["state"] if one.send is not None else ""
    terms = kept.suppliers(engine, sold.lineage).get(one.row["supplier"])
    where = str(terms["address"]) if terms else ""
    if one.send is not None and one.send["error"]:
        st.warning(plain(sentence(one.send["error"])), icon=":material/error:")
    if state == UNKNOWN:
        text = _("It is not known whether this order has arrived: ask the supplier before you send it again.")
        st.markdown(f":material/help: {text}")
    if state == DUE:
        when = one.send["due"] if one.send is not None else now()
        text = _("It leaves with the next run of `jobs.py orders` from {moment} on, or at once with “Send”.")
        st.caption(text.format(moment=locales.moment(when)))
    if not where:
        st.caption(f":material/alternate_email: {plain(_(suppliers.NO_ADDRESS))}")
    elif "://" not in where and not suppliers.can_mail():
        st.caption(
            ":material/mail_off: "
            + _(
                "No mail server is set for orders (`VIGIE_ORDER_MAIL`): download the order and mark it as sent by hand."
            )
        )
    with st.container(horizontal=True):
        if where and state != SENDING:
            with menu_of(_("Send again") if state in (STUCK, UNKNOWN) else _("Send"), "send", "send", one) as menu:
                if menu.open:
                    _send(one, sold, where, str(terms["form"]) if terms else FORMS[-1])
        with menu_of(_("Mark as sent"), "done_all", "hand", one) as menu:
            if menu.open:
                with st.form(f"{KEY}hand.form.{order}", border=False):
                    who, how = who_is("hand", one), why_so("hand", one, _("How was it sent, or who confirmed it?"))
                    if st.form_submit_button(_("Mark as sent")):
                        day = sold.span[1].date() if sold.span else now().date()

                        def mark() -> None:
                            dispatch.by_hand(engine, order, changes, how, who, day, now())
                            delivery.settle(sold)

                        inputs.attempt(mark)
        if not one.leaves:
            _reject(one)


def _send(one: Order, sold: Stored, where: str, usual: str) -> None:
    engine, order = database.engine(), str(one.row["order"])
    with st.form(f"{KEY}send.form.{order}", border=False):
        st.markdown(plain(_("To {address}").format(address=suppliers.shown(where))))
        form = st.radio(_("As"), FORMS, FORMS.index(usual), format_func=FORM_NAMES.__getitem__, horizontal=True)
        who = who_is("send", one)
        why = ""
        if one.send is not None and one.send["state"] == UNKNOWN:
            why = why_so("send", one, _("What did the supplier say?"))
        if st.form_submit_button(_("Send"), icon=":material/send:"):

            def do() -> None:
                if one.send is not None and one.send["state"] == UNKNOWN:
                    kept.said(who, why)
                work.leave(engine, one, where, form or usual, who, now(), why)
                with st.spinner(_("Sending")):
                    work.send(engine, sold, order, write, now)
                delivery.settle(sold)

            inputs.attempt(do)


def _history(one: Order) -> None:
    """Every step, the last one first."""
    names = dict(zip(one.lines["product"], one.lines["name"], strict=True))
    rows = []
    for step in one.steps.sort_values("number", ascending=False).to_dict("records"):
        reason = str(step["reason"])
        rows.append(
            {
                _("When"): locales.moment(step["at"]),
                _("What happened"): _(STEPS.get(step["step"], step["step"])),
                _("Who"): step["by"],
                _("Why"): _(reason) if step["by"] == kept.JOB else reason,
                _("Details"): _what(step, names),
            }
        )
    st.dataframe(pd.DataFrame(rows), hide_index=True, placeholder="–")


def _what(step: Mapping[str, Any], names: Mapping[str, str]) -> str:
    details = step["details"]
    if step["step"] in ("changed", "repriced"):
        parts = [f"{names.get(name, name)}: {old:g} → {new:g}" for name, (old, new) in details.items()]
        return "; ".join(parts)
    found = []
    if details.get("address"):
        found.append(_("To {address}").format(address=suppliers.shown(details["address"])))
    if "error" in details:
        found.append(sentence(details["error"]))
    if step["step"] == "received":
        units = locales.number(sum(details["units"].values()))
        found.append(_("{units} units").format(units=units))
        found += [f"{names.get(name, name)}: {note}" for name, note in details.get("notes", {}).items()]
    return "; ".join(found)


def _supplier(one: Order, sold: Stored) -> None:
    """Where its orders go, and what nobody need approve."""
    engine, supplier = database.engine(), str(one.row["supplier"])
    known = kept.suppliers(engine, sold.lineage).get(supplier)
    with st.form(f"{KEY}address.{supplier}", border=False):
        where = st.text_input(
            _("E-mail address, or webhook (https://…); empty: it is sent by hand"),
            str(known["address"]) if known and "://" not in known["address"] else "",
            max_chars=500,
            placeholder=suppliers.shown(known["address"]) if known else "",
        )
        usual = FORMS.index(known["form"]) if known else len(FORMS) - 1
        form = st.radio(_("As"), FORMS, usual, format_func=FORM_NAMES.__getitem__, horizontal=True)
        who = access.name(_("Who are you?"), f"{KEY}who.address.{supplier}")
        if st.form_submit_button(_("Keep the address")):

            def keep() -> None:
                address = suppliers.checked(where) if where.strip() else ""
                kept.address(engine, sold.lineage, supplier, address, form or FORMS[-1], who, now())

            inputs.attempt(keep)
    if known and known["by"]:
        text = _("Kept by {who} on {day}.")
        st.caption(plain(text.format(who=known["by"], day=locales.day(known["since"]))))
    limit = None if known is None or pd.isna(known["limit"]) else float(known["limit"])
    with st.form(f"{KEY}limit.{supplier}", border=False):
        label = _("Approved without anybody up to ({currency}; 0: never)").format(currency=one.row["currency"])
        amount = st.number_input(label, 0.0, 1e9, limit or 0.0, step=50.0)
        who = access.name(_("Who are you?"), f"{KEY}who.limit.{supplier}")
        if st.form_submit_button(_("Allow")):
            inputs.attempt(lambda: kept.allow(engine, sold.lineage, supplier, amount or None, who, now()))
    if known and known["limit_by"]:
        text = _("Allowed by {who} on {day}.") if limit else _("Taken back by {who} on {day}.")
        st.caption(plain(text.format(who=known["limit_by"], day=locales.day(known["limit_since"]))))
