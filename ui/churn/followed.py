"""What came of campaigns: a list is started with some held out by chance, later it is told who left."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

import locales
import settings
from charts.churn import uplift as charts
from connectors import ConnectorError, mapping
from data import campaigns
from data.tables import Stored
from locales import Sentence
from models.churn import campaign, uplift
from models.churn.campaign import Scores
from models.churn.model import ChurnModel
from models.churn.value import Terms
from models.statistics import CannotTell
from ui import access, cards, database, downloads, inputs, saved, store, uploads, windows
from ui.text import N_, _, ngettext, plain

KEY = "campaign."
MAX_LISTED = 50_000  # customers of a campaign
ABSENT = {"unknown": N_("nobody knows"), "left": N_("they have left"), "here": N_("they are still here")}
SAID = {"unknown": np.nan, "left": 1.0, "here": 0.0}
WHO = {"here": N_("These data"), "file": N_("A file of mine")}


def start(
    stored: Stored, model: ChurnModel, version: str, customers: pd.DataFrame, scores: Scores, listed: pd.DataFrame,
    calls: int, terms: Terms,
) -> None:  # fmt: skip
    """A menu in which a list becomes a campaign: named, with some of it held out by chance; for analysts."""
    if not access.changes():
        return
    with st.popover(_("Start this campaign"), icon=":material/flag:", on_change="rerun", key="campaign-start") as menu:
        if not menu.open:
            return
        if calls < 2 * uplift.MIN_ARM:
            text = _("A list of {least} customers or more can tell later what calls did: raise the budget.")
            st.caption(text.format(least=locales.number(2 * uplift.MIN_ARM)))
            return
        places = _others(stored, scores, min(calls, MAX_LISTED))
        calls = len(places)
        if calls < 2 * uplift.MIN_ARM:
            st.caption(_("Too few are left for a campaign: raise the budget, or wait until the others are over."))
            return
        rate = float(scores.probability[places].mean())
        usual = campaign.holdout(rate, terms.saved, calls) or calls // 2
        with st.form("campaign-form", border=False):
            st.caption(
                _(
                    "Some of the list are not called, drawn by chance: who leaves among them says what the calls do. "
                    "The list to call is under “What came of it”."
                )
            )
            st.text_input(_("Name of the campaign"), max_chars=campaigns.MAX_NAME, key=f"{KEY}name")
            access.name(_("Who are you?"), f"{KEY}by")
            st.number_input(
                _("Held out by chance, of {count}").format(count=locales.number(calls)),
                uplift.MIN_ARM,
                calls - uplift.MIN_ARM,
                max(usual, uplift.MIN_ARM),
                help=_("So many show the share saved that is assumed, if it is there, four times in five."),
                key=f"{KEY}held-{calls}",
            )

            def begin() -> None:
                name = str(st.session_state[f"{KEY}name"])
                rows = _rows(model, customers, scores, listed, places, st.session_state[f"{KEY}held-{calls}"], name)
                whole = f"{stored.lineage} {version} {stored.version} {name}"
                row = {
                    "campaign": hashlib.sha256(whole.encode()).hexdigest()[:16],
                    "name": name,
                    "lineage": stored.lineage,
                    "data_version": stored.version,
                    "model_version": version,
                    "months": windows.current(stored).months,
                    "started": datetime.now(UTC),
                    "by": str(st.session_state[f"{KEY}by"]),
                }
                try:
                    campaigns.start(database.engine(), row, rows)
                except Sentence as refused:
                    st.session_state[f"{KEY}refused"] = refused
                else:
                    st.session_state.update({"view": "follow", "campaign": row["campaign"]})

            st.form_submit_button(_("Start"), type="primary", on_click=begin)
            if refused := st.session_state.pop(f"{KEY}refused", None):
                st.warning(plain(refused.sentence()))


def _others(stored: Stored, scores: Scores, calls: int) -> np.ndarray:
    """The places of those who are put on a list: without those of campaigns that still run, where that is chosen."""
    kept, now = campaigns.kept(database.engine(), stored.lineage), datetime.now(UTC)
    rows = kept.to_dict("records")
    running = {row["campaign"]: row["name"] for row in rows if uplift.ends(row["started"], row["months"]) > now}
    others = campaigns.lists(database.engine(), list(running))
    mine = others[others["customer"].isin(scores.customer[:calls])]
    if mine.empty:
        return np.arange(calls)
    taken = np.isin(scores.customer[:calls], mine["customer"])
    text = ngettext(
        "{count} customer of this list is on that of a campaign that still runs ({names}); {held} held out there.",
        "{count} customers of this list are on that of a campaign that still runs ({names}); {held} held out there.",
        int(taken.sum()),
    )
    held = mine.loc[~mine["called"], "customer"].nunique()
    names = locales.listed(sorted({running[name] for name in mine["campaign"]}))
    text = text.format(count=locales.number(taken.sum()), names=names, held=locales.number(held))
    st.caption(f":material/group_remove: {plain(text)}")
    why = _("Whom two campaigns call at once, or one calls and the other holds out, tells nothing of either.")
    if st.checkbox(_("Leave them out"), value=True, help=why, key=f"{KEY}apart"):
        return np.flatnonzero(~taken)
    return np.arange(calls)


def _rows(
    model: ChurnModel, customers: pd.DataFrame, scores: Scores, listed: pd.DataFrame, places: np.ndarray, held: int,
    name: str,
) -> list[Mapping[str, Any]]:  # fmt: skip
    called = uplift.hold_out(len(places), held, int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big"))
    names = [one for one in model.coding.columns if one in customers]
    facts = customers.iloc[scores.place[places]][names].astype(object).to_dict("records")
    shown = listed.iloc[:, 1:].astype(object).to_dict("records")
    return [
        {
            "customer": scores.customer[place],
            "place": number,
            "called": bool(called[number]),
            "risk": float(scores.probability[place]),
            "content": {"facts": facts[number], "listed": shown[place] if place < len(shown) else {}},
        }
        for number, place in enumerate(places.tolist())
    ]


def followed(stored: Stored, terms: Terms, currency: str) -> None:
    """The campaigns among these customers: their lists, who left, what calls did, and for whom."""
    kept = campaigns.kept(database.engine(), stored.lineage)
    if kept.empty:
        st.info(_("No campaign was started yet: choose a budget under “Whom to call”, and start."))
        return
    rows = {row["campaign"]: row for row in kept.to_dict("records")}
    found, together = saved.effects(stored), saved.measured(stored)
    named = {rows[name]["name"]: one for name, one in found.items()}
    if found:
        cards.figure(charts.saved(named, together, inputs.SAVED / 100), "campaign_effects", _table(rows, found))
    if together and together.differ:
        st.caption(_("The campaigns differ by more than chance: the next one may save more or fewer than these."))
    chosen = inputs.choice(_("Campaign"), list(rows), "campaign", lambda one: _called(rows[one]))
    row, listed = rows[chosen], campaigns.customers(database.engine(), chosen)
    others = saved.beside(kept)
    _one(stored, row, _apart(listed, others), found.get(chosen), terms, currency)
    _for_whom(tuple((name, rows[name]["read"], tuple(others.get(name, ()))) for name in found))


def _apart(listed: pd.DataFrame, others: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """The list of a campaign, with those whom another one calls meanwhile (`also`)."""
    of = campaigns.lists(database.engine(), others.get(listed["campaign"].iloc[0], ()))
    return listed.assign(also=listed["customer"].isin(of.loc[of["called"], "customer"]))


def _called(row: Mapping[str, Any]) -> str:
    return _("{name}, {day}").format(name=row["name"], day=locales.day(row["started"]))


def _table(rows: Mapping[str, Mapping[str, Any]], found: Mapping[str, uplift.Effect]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "campaign": rows[name]["name"],
                "started": rows[name]["started"].date(),
                "called": one.called,
                "called_left": one.called_left,
                "held_out": one.held,
                "held_out_left": one.held_left,
                **dict(zip(("saved", "saved_lo", "saved_hi"), one.saved, strict=True)),
            }
            for name, one in found.items()
        ]
    )


def _one(
    stored: Stored, row: Mapping[str, Any], listed: pd.DataFrame, effect: uplift.Effect | None, terms: Terms,
    currency: str,
) -> None:  # fmt: skip
    called = listed["called"].to_numpy(bool)
    ends = uplift.ends(row["started"], row["months"])
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        text = _("{called} to call, {held} held out by chance; by {who}. Who leaves within {months} is known on {day}.")
        st.caption(
            plain(
                text.format(
                    called=locales.number(called.sum()),
                    held=locales.number((~called).sum()),
                    who=row["by"],
                    months=windows.written(row["months"]),
                    day=locales.day(ends),
                )
            )
        )
        with st.popover(
            _("Save whom to call"), icon=":material/download:", on_change="rerun", key="save-called"
        ) as menu:
            if menu.open:
                downloads.table(_list(listed[called]), "to_call")
    also = listed["also"].to_numpy()
    if also.any():
        text = ngettext(
            "Another campaign calls {count} of them meanwhile ({held} held out here): that one does not count below.",
            "Another campaign calls {count} of them meanwhile ({held} held out here): they do not count below.",
            int(also.sum()),
        )
        text = text.format(count=locales.number(also.sum()), held=locales.number((also & ~called).sum()))
        st.caption(f":material/group_remove: {plain(text)}")
    if uplift.unlike(listed["risk"].to_numpy()[~also], called[~also]) < 0.001:
        st.warning(
            _("Those held out and those called differ by more than chance: what follows may not be due to calls.")
        )
    if effect is not None:
        _told(row, listed, effect, terms, currency, ends)
    with st.expander(_("Write down who left"), icon=":material/edit_note:", expanded=effect is None):
        _read_out(stored, row, listed)


def _list(rows: pd.DataFrame) -> pd.DataFrame:
    """Those to call as their list said it then."""
    shown = pd.DataFrame([one["listed"] for one in rows["content"]])
    return pd.concat([rows["customer"].rename(_("Customer")).reset_index(drop=True), shown], axis=1)


def _told(
    row: Mapping[str, Any], listed: pd.DataFrame, effect: uplift.Effect, terms: Terms, currency: str, ends: datetime
) -> None:
    """What one campaign did, in cards."""
    counted = listed[~listed["also"]]
    called, unknown = counted["called"].to_numpy(bool), counted["left"].isna().to_numpy()
    earned = [listed["called"].sum() * (terms.value * one - terms.offer) for one in effect.fewer]
    points = [locales.percent(one, 1) for one in effect.fewer]
    range_ = _("{lo} to {hi} nineteen times in twenty")
    cards.metrics(
        [
            (
                _("Left of those called"),
                locales.percent(effect.called_left / effect.called, 1),
                _("{left} of {all}").format(left=locales.number(effect.called_left), all=locales.number(effect.called)),
            ),
            (
                _("Left of those held out"),
                locales.percent(effect.held_left / effect.held, 1),
                _("{left} of {all}").format(left=locales.number(effect.held_left), all=locales.number(effect.held)),
            ),
            (_("Fewer left by the calls"), points[0], range_.format(lo=points[1], hi=points[2])),
            (
                _("Earned"),
                locales.money(earned[0], currency),
                range_.format(lo=locales.money(earned[1], currency), hi=locales.money(earned[2], currency)),
            ),
        ]
    )
    text = _("Told by {source} on {day} ({who}).")
    line = text.format(source=row["source"], day=locales.day(row["read"]), who=row["read_by"])
    if row["read"] < ends:
        line += " " + _("The outcome window had not ended by then: some will still leave.")
    if count := int(unknown.sum()):
        text = ngettext(
            "Of {count} customer nobody knows whether they left: they count as the others do.",
            "Of {count} customers nobody knows whether they left: they count as the others do.",
            count,
        )
        line += " " + text.format(count=locales.number(count))
    st.caption(plain(line))
    if count and uplift.known_apart(unknown, called) < 0.01:
        st.warning(
            _("More is known of one side than of the other: what is not known may hide the effect, or feign one.")
        )


def _read_out(stored: Stored, row: Mapping[str, Any], listed: pd.DataFrame) -> None:
    """Who left, by the data in use or by a file; for analysts."""
    if not access.changes():
        return
    by = inputs.view(_("Who left is told by"), list(WHO), "told", lambda which: _(WHO[which]))
    if by == "here":
        if stored.version == row["data_version"]:
            st.caption(
                _("These are the data the list was drawn from. Add newer ones on the page Data, or give a file.")
            )
            return
        table, source = store.frame(stored), _(stored.origin.name)
    else:
        given = uploads.ask(_("Customers with their id and who left; at most {limit} MB"), "told-file")
        if given is None:
            return
        try:
            table, source = mapping.lenient(uploads.read(given), {}, datetime.now(UTC), stored.origin), given.name
        except ConnectorError as wrong:
            st.warning(plain(wrong.sentence()), icon=":material/block:")
            return
    absent = inputs.choice(
        _("Customers of the list who are not in it"), list(ABSENT), "absent", lambda one: _(ABSENT[one])
    )
    try:
        left = uplift.came_of(listed["customer"].tolist(), table, SAID[absent])
    except CannotTell as refused:
        st.warning(plain(refused.sentence()), icon=":material/block:")
        return
    there = listed["customer"].isin(table["customer_id"].astype(str)).sum()
    text = _("{there} of {all} are in it: {left} left, {here} are still here, of {unknown} nobody knows.")
    st.caption(
        text.format(
            there=locales.number(there),
            all=locales.number(len(listed)),
            left=locales.number((left == 1).sum()),
            here=locales.number((left == 0).sum()),
            unknown=locales.number(np.isnan(left).sum()),
        )
    )
    if np.isnan(left).any() and not (left == 1).any():
        st.warning(
            _("Nobody in it has left. If those who left are not in it any more, say so above: else all seem to stay.")
        )
    with st.form("told-form", border=False):
        who = access.name(_("Who are you?"), "told-by")
        if st.form_submit_button(_("Write it down")):
            customer, now = listed["customer"].tolist(), datetime.now(UTC)

            def write() -> None:
                campaigns.read_out(database.engine(), row["campaign"], customer, left, source, who, now)
                for measured in ("saved", "unsure"):  # the terms begin again with what is measured now
                    st.session_state.pop(measured, None)

            inputs.attempt(write)


def _for_whom(read: tuple[tuple[str, datetime, tuple[str, ...]], ...]) -> None:
    """For whom calls work, over all campaigns that were read out."""
    if not read:
        return
    with st.expander(
        _("For whom calls work"), icon=":material/group_search:", on_change="rerun", key="for-whom"
    ) as opened:
        if not opened.open:
            return
        try:
            rows, curve = _uplift(read, str(settings.get().database_url))
        except CannotTell as refused:
            st.caption(plain(refused.sentence()))
            return
        cards.figure(charts.qini(curve), "qini", pd.DataFrame({"share": curve.share, "fewer": curve.fewer}))
        if rows.empty:
            st.caption(_("No column tells customers apart whom calls help differently, beyond chance."))
        else:
            cards.figure(charts.segments(rows), "uplift", rows)


@st.cache_resource(max_entries=2, show_spinner=False)
def _uplift(
    read: tuple[tuple[str, datetime, tuple[str, ...]], ...],
    database_url: str,  # noqa: ARG001  # the cache key
) -> tuple[pd.DataFrame, uplift.Qini]:
    lists = [_apart(campaigns.customers(database.engine(), name), {name: others}) for name, _when, others in read]
    listed = pd.concat([one[~one["also"]] for one in lists], ignore_index=True)
    facts = pd.DataFrame([one["facts"] for one in listed["content"]])
    called, left, of = listed["called"].to_numpy(bool), listed["left"].to_numpy(float), listed["campaign"].to_numpy()
    curve = uplift.qini(facts, listed["risk"].to_numpy(), called, left, of)
    return uplift.segments(facts, called, left, of), curve
