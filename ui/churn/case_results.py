"""What a what-if says of its customer: the headline, those like them, other cases, and the sheet to take away."""

from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import streamlit as st

import locales
from charts.churn import case_sheet
from charts.churn import what_if as charts
from locales.customers import label, pair, written
from models.churn import whatif
from models.churn.campaign import Scores
from models.churn.model import LEAVE, STAY, UNCLEAR, ChurnModel, Confidence
from models.churn.preparation import KEY, TARGET
from ui import cards, downloads, inputs, windows
from ui.churn import case
from ui.churn.case import SLOTS, Case
from ui.text import N_, _, ngettext, plain

VERDICTS = {
    LEAVE: N_("Leans towards leaving"),
    STAY: N_("Leans towards staying"),
    UNCLEAR: N_("Too close to call"),
}
NOW = "now"


def headline(sure: Confidence, ahead: np.ndarray, monthly: float | None, window: int, currency: str) -> None:
    """The risk within `window` months, how sure it is in words, what the changes did, what is left.

    `sure` is of before and now.
    """
    risk, was = sure.probability[1], sure.probability[0]
    band = _("within {months}; {lo} to {hi} in nine of ten resampled models").format(
        months=windows.written(window), lo=locales.percent(sure.lo[1]), hi=locales.percent(sure.hi[1])
    )
    peers = _("{told} of 100 with this verdict left, and {left} of 100 similar customers").format(
        told=locales.number(100 * sure.verdict_left[1]), left=locales.number(100 * sure.similar[1])
    )
    points = round(100 * risk) - round(100 * was)
    change = _("no change") if points == 0 else locales.signed(points, locales.number)
    shown = [
        (_("Risk of leaving"), locales.percent(risk), band),
        (_("Verdict"), _(VERDICTS[sure.verdict[1]]), peers),
        (_("Change, in points"), change, _("from {share} as they are").format(share=locales.percent(was))),
    ]
    months = float(ahead.sum())
    caption = _("of the next {months}") if monthly is None else _("of the next {months}, worth {money}")
    caption = caption.format(months=len(ahead), money=locales.money(months * (monthly or 0.0), currency))
    cards.metrics([*shown, (_("Expected to stay, in months"), locales.number(months, 1), caption)])


def unlike(columns: list[str]) -> None:
    """Say that there is nobody like this customer."""
    if columns:
        sentence = _("Nobody in the data is quite like this ({columns}): the model is guessing.")
        names = ", ".join(label(column).lower() for column in columns)
        st.warning(plain(sentence.format(columns=names)), icon=":material/explore_off:")


def listed(scores: Scores, here: int | None, risk: float) -> None:
    """Which risk the call list has of the customer at the place `here` as they are, where it is another, and why."""
    rank = np.flatnonzero(scores.place == here)
    if len(rank) and locales.percent(scores.probability[rank[0]]) != locales.percent(risk):
        text = _(
            "The call list has this customer at {listed}, by models that had not seen them: that is the risk to count "
            "on. Here they have {risk} as they are, by the model that has seen everybody, which can tell what changes "
            "do."
        )
        values = {"listed": locales.percent(scores.probability[rank[0]]), "risk": locales.percent(risk)}
        st.caption(plain(text.format(**values)))


def neighbours(model: ChurnModel, around: whatif.Surroundings, customers: pd.DataFrame, nearest: np.ndarray) -> None:
    """The real customers at the places `nearest`, and what they did."""
    left = int(around.left[nearest].sum())
    with st.container(border=True):
        sentence = ngettext(
            "Of the {count} real customers most like this one, {left} left",
            "Of the {count} real customers most like this one, {left} left",
            left,
        )
        st.markdown(f"**{sentence.format(count=len(nearest), left=left)}**")
        columns = [KEY, TARGET, *model.importance["column"].head(6)]
        table = case.table_of(customers[[column for column in columns if column in customers]].iloc[nearest])
        st.dataframe(table, hide_index=True, height=250, placeholder="–")
        downloads.table(table, "customers_like_this")


def values(model: ChurnModel, row: np.ndarray, currency: str) -> dict[str, str]:
    """A coded customer as a reader reads it."""
    coding = model.coding
    return {
        column: written(column, coding.value(column, row[coding.place(column)]), currency) for column in coding.columns
    }


def changes(now: Case, currency: str) -> str:
    """The edits of a case in words."""
    return ", ".join(pair(c, written(c, value, currency)) for c, value in now.edits.items()) or _("as they are")


def compare(model: ChurnModel, around: whatif.Surroundings, known: Mapping[str, int], currency: str) -> None:
    """A shelf for three cases, and what makes the risks of two of them differ."""
    now: Case = st.session_state["case"]
    kept = {slot: case.parse(text, model.coding) for slot in SLOTS if (text := shelved(slot))}
    rows = {
        slot: case.rows(model, around, known, one)[1] for slot, one in {**kept, NOW: now}.items() if one is not None
    }
    with st.grid(len(SLOTS), min_column_width=150):
        for slot in SLOTS:
            with st.container(border=True, height="stretch"):
                st.markdown(f"**{slot}**")
                if slot in kept:
                    risk = model.probability(rows[slot][None])[0]
                    who = kept[slot].customer or _("built")
                    st.markdown(f"**{locales.percent(risk)}** {plain(who)}")
                    st.caption(plain(changes(kept[slot], currency)))
                    st.button(_("Open"), key=f"open-{slot}", on_click=case.put, args=(kept[slot],))
                    st.button(_("Clear"), key=f"clear-{slot}", type="tertiary", on_click=shelve, args=(slot, ""))
                else:
                    st.caption(_("empty"))
                    st.button(_("Keep this case"), key=f"keep-{slot}", on_click=shelve, args=(slot, now.text()))
    if not kept:
        st.caption(_("Keep a case, change something, and see here what makes the difference."))
        return
    names = {**{slot: _("case {slot}").format(slot=slot) for slot in kept}, NOW: _("the case shown")}
    with st.container(horizontal=True):
        one = inputs.choice(_("From"), list(names), "one", names.__getitem__)
        other = inputs.choice(_("To"), list(names), "other", names.__getitem__, default=NOW)
    gap = whatif.difference(model, rows[one], rows[other])
    first, second = values(model, rows[one], currency), values(model, rows[other], currency)
    if not gap.abs().max() > 0:
        st.caption(_("These two cases do not differ for the model."))
        return
    risks = model.probability(np.vstack([rows[one], rows[other]]))
    texts = {c: first[c] if first[c] == second[c] else f"{first[c]} → {second[c]}" for c in gap.index}
    drawn = charts.difference(names[one], names[other], risks, gap[gap != 0], texts)
    table = pd.DataFrame({"one": first, "other": second, "log_odds": gap}).rename_axis("column").reset_index()
    cards.figure(drawn, "difference", table)


def shelved(slot: str) -> str:
    """The case kept in a slot, as text; "" where it is empty. It is in the URL under the slot's letter."""
    key = f"shelf-{slot}"
    if key not in st.session_state:
        st.session_state[key] = st.query_params.get(slot.lower(), "")
    text = str(st.session_state[key])
    if text and st.query_params.get(slot.lower()) != text:
        st.query_params[slot.lower()] = text
    return text


def shelve(slot: str, text: str) -> None:
    """Keep a case in a slot, or empty it."""
    st.session_state[f"shelf-{slot}"] = text
    if not text:
        st.query_params.pop(slot.lower(), None)


def sheet(
    model: ChurnModel,
    around: whatif.Surroundings,
    now: Case,
    before: np.ndarray,
    row: np.ndarray,
    nearest: np.ndarray,
    window: int,
    currency: str,
    source: str,
) -> bytes:
    """The case on one page, as HTML; the risk is that of `window` months."""
    sure = model.confidence(np.vstack([before, row]))
    parts = model.fitted.contributions(row[None])[0]
    facts = [
        _("Risk of leaving within {months}: {share} ({lo} to {hi})").format(
            months=windows.written(window),
            share=locales.percent(sure.probability[1]),
            lo=locales.percent(sure.lo[1]),
            hi=locales.percent(sure.hi[1]),
        ),
        _(VERDICTS[sure.verdict[1]]),
        _("{told} of 100 with this verdict left").format(told=locales.number(100 * sure.verdict_left[1])),
        _("{left} of 100 similar customers left").format(left=locales.number(100 * sure.similar[1])),
        _("Before the changes: {share}").format(share=locales.percent(sure.probability[0])),
        _("Of the {count} most alike, {left} left").format(count=len(nearest), left=int(around.left[nearest].sum())),
    ]
    ahead = whatif.months_left(model, row, window)[0]
    facts.append(
        _("Expected to stay {months} of the next {horizon} months").format(
            months=locales.number(float(ahead.sum()), 1), horizon=len(ahead)
        )
    )
    table = pd.DataFrame(
        {
            "before": values(model, before, currency),
            "now": values(model, row, currency),
            "log_odds": pd.Series(parts[:-1], list(model.coding.columns)),
        }
    )
    title = _("Customer {id}").format(id=now.customer) if now.customer else _("A customer built for a what-if")
    footer = f"{source} · {locales.moment(datetime.now(UTC))} · Vigie"
    return case_sheet.sheet(title, facts, table, footer, locales.language()).encode()
