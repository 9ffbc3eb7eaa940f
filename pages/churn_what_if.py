"""What would this customer do if something changed, and what would keep them?"""

import pandas as pd
import streamlit as st

import locales
from charts.churn import what_if as charts
from models.churn import rules, whatif
from ui import cards, champions, inputs, store, windows
from ui.churn import case, offers, trained
from ui.churn import case_results as results
from ui.text import N_, _, part

VIEWS = {"why": N_("Why"), "keep": N_("What would keep them"), "compare": N_("Compare cases")}
MAX_INPUTS = 14  # inputs: so many are taller than what stands beside them, and scroll

stored = store.active("customers")
customers, currency = store.frame(stored), stored.origin.currency or "USD"
question = _("What would this customer do if something changed, and what would keep them?")
head = cards.head(_("Churn: what-if"), question, stored)
model, version = champions.usable(stored)
around, scores = trained.around(model, version, stored), trained.here(model, version, stored)
trained.notes(model, version, head)
window = windows.ask(stored)
known = case.places(stored.version, customers)
case.current(model.coding, known, str(scores.customer[0]) if len(scores.customer) else "")


@part
def what_if() -> None:
    """Who it is, what is changed, and all that follows."""
    case.choose(model, around, customers, known)
    now: case.Case = st.session_state["case"]
    here = known.get(now.customer)
    before, row = case.rows(model, around, known, now)
    answer = whatif.answer(model, around, before, row, window, (*now.edits, *now.free))
    apart = whatif.distances(around, row)
    months, billed = answer.ahead, whatif.bills(model.coding, row[None])
    monthly = None if billed is None else float(billed[0])
    results.headline(answer.sure, months[1], monthly, window, currency)
    results.listed(scores, here, float(answer.sure.probability[0]))
    if rules.possible(model.rules, row[None])[0]:
        results.unlike(whatif.unlike(model, around, row, apart))
    else:
        st.warning(_("No such customer can exist: two of the changes exclude each other. Take one back."))
    nearest = whatif.neighbours(apart, but=here)
    left, right = st.columns([5, 7], gap="medium")
    with left, st.container(height=1080 if len(row) > MAX_INPUTS else "content", key="case-inputs"):
        case.inputs(model, around, now, before, row, answer.curves)
    with right:
        view = inputs.view(_("View"), list(VIEWS), "view", lambda name: _(VIEWS[name]))
        if view == "why":
            parts = model.fitted.contributions(row[None])[0]
            pushes, values = pd.Series(parts[:-1], list(model.coding.columns)), results.values(model, row, currency)
            table = pd.DataFrame({"value": values, "log_odds": pushes}).rename_axis("column").reset_index()
            cards.figure(charts.waterfall(float(parts[-1]), pushes, values), "why", table)
            table = pd.DataFrame({"month": range(1, whatif.MONTHS + 1), "still_here": months[1]})
            ahead = charts.months_ahead(months[1], months[0] if now.edits else None, monthly, currency)
            cards.figure(ahead, "months_ahead", table)
            results.neighbours(model, around, customers, nearest)
        elif view == "keep":
            offers.plans(model, str(version["version"]), stored, row, monthly, window, currency)
        else:
            results.compare(model, around, known, currency)
        language = locales.language()

        def paper() -> bytes:  # made when it is asked for, outside of the visit
            with locales.using(language):
                return results.sheet(model, around, now, before, row, nearest, window, currency, _(stored.origin.name))

        st.download_button(
            _("This case on one page"),
            paper,
            "case.html",
            "text/html",
            on_click="ignore",
            icon=":material/description:",
        )


what_if()
with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- **Risk**: the model's probability that a customer like this leaves. Its range is where nine in ten models lie that
  were fitted on the customers drawn again.
- **Verdict**: where the other outcome can be ruled out. Of those who will leave, at most one in five is said to lean
  towards staying, and at most one in four within each large group (a contract, a band of tenure); of those who will
  stay, at most one in five to lean towards leaving; otherwise it is too close to call (class-conditional conformal
  prediction). Beside it stands the share that left of the customers with the same verdict, by models that had not seen
  them.
- **What follows**: rules that the data keep (a price list, totals, levels that never meet) are applied to every change,
  so that the customer stays a possible one. Unlock a column to leave it as it is.
- **Why**: exact contributions of each column to the log-odds (Shapley values of the trees); they sum to the risk.
- **Months**: the risk is that of leaving within the outcome window. Window by window, with the tenure and what follows
  from it moved on, the model is asked again, and the chances of staying are multiplied.
- **Paid back**: the bills of the months that an offer adds (share saved × difference of the chances of still being
  here), added up until they reach its cost.
- **Most like**: Gower's distance, each column weighted by its importance to the model.
- **Plans**: all combinations of what is allowed; shown are those that nothing cheaper beats. The cheapest takes a
  quarter off the risk, the best value earns most, the lowest risk goes as far as possible.
"""
        )
    )
