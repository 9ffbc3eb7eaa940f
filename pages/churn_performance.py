"""How good is the churn model, and where should its cut-off be?"""

import numpy as np
import pandas as pd
import streamlit as st

import locales
from charts.churn import performance as charts
from charts.churn import profit
from models.churn import value
from models.churn.training import by_chance, calibration_error
from ui import cards, champions, inputs, saved, store, windows
from ui.churn import columns, performance, trained
from ui.text import N_, _, part

VIEWS = {
    "money": N_("What it earns"),
    "quality": N_("How good it is"),
    "groups": N_("Whom it serves worse"),
    "ahead": N_("Months ahead"),
    "league": N_("Against other models"),
}

stored = store.active("customers")
currency = stored.origin.currency or "USD"
question = _("How far can the risks be trusted, and from which risk does a call pay?")
head = cards.head(_("Churn: performance"), question, stored)
model, version = champions.usable(stored)
held_out = model.held_out
ranked = trained.ranking(model, version)
trained.notes(model, version, head)
window = windows.ask(stored)
columns.choose(model, stored)


@part
def judged() -> None:
    """Everything that the terms and the cut-off change."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        terms, _unsure = saved.terms(stored, currency)
    best, _earned = value.best(ranked, terms)
    usual = round(100 * min(best, 1.0))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        cut = inputs.slider(_("Cut-off: call from a risk of (%)"), "cut", usual, 0, 100) / 100
        st.button(_("Use the best"), icon=":material/target:", on_click=st.session_state.update, args=({"cut": usual},))
    counts = value.confusion(held_out.probability, held_out.left, cut)
    money = value.worth(counts, terms)
    metrics = model.metrics
    fine = 3 if metrics["brier"] >= 0.05 else 4  # decimals

    def between(name: str, digits: int = 3) -> str:
        lo, hi = (locales.number(metrics[f"{name}_{end}"], digits) for end in ("lo", "hi"))
        return _("95% interval {lo} to {hi}").format(lo=lo, hi=hi)

    cards.metrics(
        [
            (
                _("Profit at this cut-off"),
                locales.money(money.sum(), currency),
                _("within {months}, against calling nobody").format(months=windows.written(window)),
            ),
            (_("Customers called"), locales.number(counts[:, 1].sum()), _sentence(counts, terms)),
            (_("AUC"), locales.number(metrics["auc"], 3), between("auc")),
            (_("Brier score"), locales.number(metrics["brier"], fine), between("brier", fine)),
        ]
    )
    view = inputs.view(_("View"), list(VIEWS), "view", lambda name: _(VIEWS[name]))
    with st.grid("auto", min_column_width=400):
        if view == "money":
            profits = value.profits(ranked, terms)
            cards.figure(profit.profit(ranked, profits, cut, best, currency), "profit_by_cutoff", ranked)
            cards.figure(profit.confusion(counts, money, currency), "confusion", _table(counts, money))
            if counts[:, 1].any():  # without a call no term matters
                bars = value.tornado(counts, terms)
                cards.figure(profit.tornado(bars, float(money.sum()), currency), "profit_tornado", bars)
            cards.figure(charts.gains(ranked), "gains", ranked)
        elif view == "quality":
            groups = value.reliability(held_out.probability, held_out.left)
            error, chance = (
                measured(held_out.probability, held_out.left) for measured in (calibration_error, by_chance)
            )
            cards.figure(charts.reliability(groups, error, chance), "reliability", groups)
            cards.figure(charts.importance(model.importance), "importance", model.importance)
            area = charts.roc(ranked, metrics["auc"], metrics["auc_lo"], metrics["auc_hi"], cut)
            cards.figure(area, "roc", ranked)
            precision = charts.precision_recall(ranked, metrics["pr_auc"], float(held_out.left.mean()), cut)
            cards.figure(precision, "precision_recall", ranked)
            cards.figure(charts.lift(ranked), "lift", ranked)
            cards.figure(charts.coverage(model.coverage), "coverage", model.coverage)
    if view == "groups":
        performance.groups(model, str(version["version"]), stored, cut)
    elif view == "ahead":
        performance.ahead(model.learner, stored)
    elif view == "league":
        performance.league(model)


def _sentence(counts: np.ndarray, terms: value.Terms) -> str:
    needed = value.break_even(counts, terms)
    if not counts[:, 1].any():
        return _("nobody has so high a risk")
    if not counts[1, 1]:
        return _("none of those called would have left")
    if needed > 1:
        return _("cannot pay: an offer costs more than it can save")
    if needed == 0:
        return _("pays whoever accepts: an offer costs nothing")
    return _("pays if more than 1 in {n} of the leavers called stays").format(n=locales.number(1 / needed, 1))


def _table(counts: np.ndarray, money: np.ndarray) -> pd.DataFrame:
    names = [_("stayed, not called"), _("stayed, called"), _("left, not called"), _("left, called")]
    return pd.DataFrame({"outcome": names, "customers": counts.ravel(), "money": money.ravel()})


judged()
with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- **Every figure is about customers the model had not seen**: five models, each fitted on four fifths of the customers,
  speak about the fifth that was left out. Risks that prove too spread there are drawn towards the rate, by the slope of
  the calibration (Cox 1958): where the columns say nothing, everybody has the usual risk.
- **Profit**: leavers called × share saved × value of a customer, less the cost of all offers.
- **AUC**: how often a leaver has a higher risk than a stayer. **Brier score**: mean squared distance between risk and
  outcome; saying the average to everyone scores share × (1 − share). **Calibration error**: how far risk and share who
  left are apart on average, over ten groups of customers; by chance, it is not zero for a model that is right either.
  **Lift**: share of leavers among those called over the share among all.
- **Intervals** of the metrics: ten folds, corrected for their overlap (Nadeau and Bengio 2003); of shares, Wilson's.
- **Served worse**: an AUC surely below the mean of the groups (Hanley and McNeil 1982), or a risk surely misjudged by
  more than two points.
- **Where it is worst**: groups of one or two columns that half of the customers point to, and that the other half
  confirms (Holm's correction over all that it is asked).
- **Months ahead**: a model of the same kind learns from the first months of the history and is asked on a later day;
  Harrell's concordance, and the Brier score and the share still here after 3, 6 and 12 months.
- **Coverage**: how often a verdict (leans towards leaving or staying) does not exclude what happened. It is promised
  for leavers and for stayers as a whole, and for leavers three times in four in every large group: the figure shows
  what was held.
"""
        )
    )
