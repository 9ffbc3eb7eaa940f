"""The three views of a campaign: the list, a part of the portfolio moved, the test that would prove it."""

import numpy as np
import pandas as pd
import streamlit as st

import locales
from charts.churn import campaign as charts
from charts.churn.what_if import described
from data import meaning
from locales.customers import label, pair, written
from models.churn import campaign
from models.churn.campaign import Scores
from models.churn.explore import as_levels
from models.churn.model import ChurnModel
from models.churn.value import Terms
from models.churn.whatif import Move
from ui import cards, downloads, inputs
from ui.churn import offers
from ui.text import _, plain

SHOWN = 100  # customers of the list on the page: more would be sent with every move of the budget


def listed(
    model: ChurnModel,
    customers: pd.DataFrame,
    scores: Scores,
    name: str,
    calls: int,
    moves: list[Move],
    terms: Terms,
    currency: str,
) -> pd.DataFrame:
    """The list itself, with why and what to offer; reasons and offers for the first ones only. Returns it.

    `name` is that of the model and the customers together.
    """
    first = min(calls, campaign.EXPLAINED)
    table = _list(name, tuple(moves), terms, currency, locales.language(), model, customers, scores).head(first)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(_("**The first {count} of the list**").format(count=locales.number(first)))
        with st.popover(_("Save the list"), icon=":material/download:", on_change="rerun", key="save-list") as menu:
            if menu.open:
                downloads.table(table, "campaign")
    st.dataframe(table.head(SHOWN), hide_index=True, height=420, placeholder="–")
    st.caption(
        _(
            "Risks are by models that had not seen the customer. The page What-if asks the model that learned from all "
            "customers, and may say another one."
        )
    )
    if first > SHOWN:
        st.caption(
            _("Shown are the first {shown}; the file has {count}, with reasons and offers.").format(
                shown=locales.number(SHOWN), count=locales.number(first)
            )
        )
    return table


@st.cache_resource(max_entries=8, show_spinner=False)
def _list(
    name: str,  # noqa: ARG001  # the cache key
    moves: tuple[Move, ...],
    terms: Terms,
    currency: str,
    language: str,  # noqa: ARG001  # the cache key
    _model: ChurnModel,
    _customers: pd.DataFrame,
    _scores: Scores,
) -> pd.DataFrame:
    matrix = _model.coding.encode(_customers.iloc[_scores.place[: campaign.EXPLAINED]])
    coding, rows = _model.coding, len(matrix)
    words = [described((move,)) for move in moves]
    why = [
        "; ".join(pair(c, written(c, coding.value(c, row[coding.place(c)]), currency)) for c in columns)
        for columns, row in zip(campaign.reasons(_model, matrix, 2), matrix, strict=True)
    ]
    table = pd.DataFrame(
        {
            _("Row of the file") if meaning.are_rows(_scores.customer) else _("Customer"): _scores.customer[:rows],
            _("Risk (%)"): np.round(100 * _scores.probability[:rows], 1),
            _("Main reasons"): why,
        }
    )
    if not moves:
        return table
    best = campaign.best_offers(_model, matrix, moves, terms)
    fits = best["move"] >= 0  # of the others a call is all there is: no change, and no worth of its own
    return table.assign(
        **{
            _("Best offer"): [words[number] if number >= 0 else _("a call") for number in best["move"]],
            _("Risk with it (%)"): np.round(100 * best["risk"].where(fits), 1),
            _("Worth ({currency})").format(currency=currency): np.round(best["worth"].where(fits)),
        }
    )


def moved(
    model: ChurnModel, customers: pd.DataFrame, scores: Scores, moves: list[Move], terms: Terms, currency: str
) -> None:
    """What moving a part of a group would do to the whole."""
    kinds = [column for column in model.importance["column"] if column in model.coding.levels]
    if not kinds or not moves:
        st.info(offers.nothing() if kinds else _("This view needs a column with a few levels."))
        return
    group = np.ones(len(scores.place), bool)
    table = customers.iloc[scores.place]
    asked = st.container(horizontal=True, vertical_alignment="bottom")
    with asked:
        for number, column in enumerate(kinds[:2]):
            levels = ["", *model.coding.levels[column]]
            names = as_levels(table[column])
            usual = str(names.value_counts().idxmax()) if number == 0 else ""
            level = inputs.choice(plain(label(column)), levels, f"m.{column}", lambda v: label(v) or _("all"), usual)
            group &= np.asarray(names == level) if level else True
    if not group.any():
        st.info(_("No customer matches these filters. Remove one to go on."))
        return
    matrix, names = model.coding.encode(table[group]), [described((move,)) for move in moves]
    with asked:
        best = names[campaign.best_move(model, matrix, moves, terms)]
        chosen = inputs.choice(_("Move them to"), names, "to", default=best)
        share = inputs.slider(_("Share moved (%)"), "share", 20, 0, 100) / 100
    move = moves[names.index(chosen)]
    result = campaign.portfolio(model, matrix, np.ones(len(matrix), bool), share, move, terms)
    offers.shift(result, currency)
    after = model.probability(campaign.moved(model, matrix, move)[0])
    drawn = charts.risk_shift(model.probability(matrix), after)
    cards.figure(drawn, "risk_shift", pd.DataFrame({"before": model.probability(matrix), "after": after}))


def proved(scores: Scores, calls: int, terms: Terms) -> None:
    """How many of the list to leave alone, so that the effect of the calls shows."""
    power = inputs.slider(_("Chance to see the effect if it is there (%)"), "power", 80, 50, 99) / 100
    if not calls:
        st.info(_("Nobody is called: move the budget first."))
        return
    rate = float(scores.probability[:calls].mean())
    steps = np.unique(np.r_[np.arange(0.05, 1.0, 0.05), terms.saved].round(3))
    needed = pd.DataFrame({"saved": steps, "kept": [campaign.holdout(rate, s, calls, power) for s in steps]})
    cards.figure(charts.holdouts(calls, needed.astype(float), terms.saved), "holdout", needed)
    st.caption(
        _(
            "Draw those who are not called at random from the list, wait until the period is over, and compare the "
            "shares who left. Without a call, {rate} of the list are expected to leave."
        ).format(rate=locales.percent(rate))
    )
