"""Whom to call, what it earns, and how to prove it."""

import pandas as pd
import streamlit as st

import locales
from charts.churn import campaign as charts
from data import meaning
from models.churn import campaign
from ui import cards, champions, inputs, saved, store, windows
from ui.churn import campaign as views
from ui.churn import followed, offers, scoring, trained
from ui.text import N_, _, part

WHO = {"here": N_("Everyone still here"), "file": N_("A file of mine")}
VIEWS = {
    "call": N_("Whom to call"),
    "move": N_("Move a part of them"),
    "prove": N_("Prove it"),
    "follow": N_("What came of it"),
}

stored = store.active("customers")
customers, currency = store.frame(stored), stored.origin.currency or "USD"
head = cards.head(_("Churn: campaign"), _("Whom to call, what does it earn, and how would it be proved?"), stored)
model, version = champions.usable(stored)
name = str(version["version"])
trained.notes(model, version, head)
window = windows.ask(stored)
scores, data = trained.here(model, version, stored), stored.version
if inputs.view(_("Customers"), list(WHO), "of", lambda which: _(WHO[which])) == "file":
    scored = scoring.upload(model, name, stored.origin)
    if scored is None:
        st.stop()
    customers, scores, data = scored.customers, scored.scores, scored.name
    scoring.report(scored)
if not len(scores.probability):
    gone = "churned" in customers and customers["churned"].eq(True).all()
    st.info(
        _("There is nobody to call: all of these customers have left.")
        if gone
        else _("None of these customers can be scored: cells that the model needs are missing or cannot be used.")
    )
    st.stop()
if meaning.are_rows(scores.customer):
    st.caption(
        _("The file has no ids: #2 is its row 2, as a spreadsheet counts; in another file that is somebody else.")
    )


@part
def planned() -> None:
    """The terms, the budget, and what follows."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        terms, known = saved.terms(stored, currency)
        unsure = inputs.number(_("Saved, give or take (points)"), "unsure", known, 0, 50) / 100
    saved.note(stored)
    found, size = campaign.returns(scores, terms, unsure), len(scores.probability)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        calls = int(inputs.slider(_("Budget: customers called"), f"calls-{size}", found.best, 0, size))
        best = {f"calls-{size}": found.best}
        st.button(_("Use the best"), icon=":material/target:", on_click=st.session_state.update, args=(best,))
    money = [locales.money(amount, currency) for amount in (found.profit[calls], found.lo[calls], found.hi[calls])]
    leavers = scores.probability[:calls].sum()
    spent = locales.money(calls * terms.offer, currency)
    cards.metrics(
        [
            (_("Expected profit"), money[0], _("{lo} to {hi} nine times in ten").format(lo=money[1], hi=money[2])),
            (_("Budget"), spent, _("for {calls} calls").format(calls=locales.number(calls))),
            (
                _("Leavers among them"),
                locales.number(leavers),
                _("of {all} expected to leave within {months}").format(
                    all=locales.number(scores.probability.sum()), months=windows.written(window)
                ),
            ),
            (
                _("Same calls at random"),
                locales.money(found.random[calls], currency),
                _("everyone: {money}").format(money=locales.money(found.profit[-1], currency)),
            ),
        ]
    )
    view = inputs.view(_("View"), list(VIEWS), "view", lambda which: _(VIEWS[which]))
    if view == "call":
        table = pd.DataFrame({"profit": found.profit, "lo": found.lo, "hi": found.hi, "random": found.random})
        cards.figure(charts.campaign(found, calls, currency), "campaign", table.rename_axis("called").reset_index())
        if calls:
            moves = offers.moves(model, name, currency)
            listed = views.listed(model, customers, scores, f"{name} {data}", calls, moves, terms, currency)
            if meaning.are_rows(scores.customer):
                st.caption(_("Without ids nobody can say later who of the list left: a campaign needs them."))
            else:
                followed.start(stored, model, name, customers, scores, listed, calls, terms)
    elif view == "move":
        views.moved(model, customers, scores, offers.moves(model, name, currency), terms, currency)
    elif view == "follow":
        followed.followed(stored, terms, currency)
    else:
        views.proved(scores, calls, terms)


planned()
with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- **Risk**: of customers the model has learned from, by a model that had not seen them; of others, by the model itself.
- **Expected profit** of calling the riskiest: the sum of their risks × share saved × value of a customer, less the cost
  of the offers. It has come in when the outcome window is over.
- **Nine times in ten** it ends within the range: 900 campaigns are drawn, in each of which one of the models fitted on
  customers drawn again is right and each customer then leaves or stays by chance; and, where a give or take is entered,
  the share saved is drawn too. A change of the market, or a value of a customer that is wrong, is not in it.
- **Main reasons**: the two columns that raise the risk most. **Best offer**: the single change that is worth most;
  worth is share saved × value × fall in risk, less what it costs.
- **Moving a part**: the change and all that follows from it is applied to the group; the part is drawn at random. An
  association is carried over: only the share saved of the fall in risk counts.
- **Prove it**: two shares compared at the 5% level with unequal samples (Fleiss, Levin and Paik 2003).
- **What came of it**: all of a list who were to be called count as called. Intervals of a difference are Newcombe’s
  (1998), of the share saved Koopman’s (1984); several campaigns are averaged with random effects (DerSimonian and Laird
  1986), with Hartung and Knapp’s interval (2001): how unlike campaigns are is hardly known of two or three. The share
  saved stands for the assumed one once so many were called and held out that the assumed one can be told from nothing,
  whatever came of it: to take what is surely above nothing alone would be to take the lucky ones. Whom another campaign
  calls meanwhile does not count.
  **Earned**: customers called × (share fewer who left × value of a customer − cost of an offer), at the terms entered
  now.
- **For whom calls work**: each customer is told by models that have not seen them; the curve is Radcliffe’s (2007), its
  area is compared with those of shuffled orders. Columns count where the effects of their levels differ by more than
  chance lets them, corrected for the number of columns. Those called and held out are compared within each campaign
  (Mantel and Haenszel 1959); fewer leave in points, so that where more would leave, calls can save more.
"""
        )
    )
