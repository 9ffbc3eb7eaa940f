"""Do customers come back, and whose month of arrival is unlike the others?"""

import streamlit as st

import locales
from models.customers import cohorts
from ui import buyers, cards, inputs, store
from ui.customers import cohorts as views
from ui.text import _, part

stored = store.active("sales")
cards.head(
    _("Customers: cohorts"), _("Do customers come back, and whose month of arrival is unlike the others?"), stored
)
bought = buyers.sought(stored, customers=2, days=2)
currency = stored.origin.currency or "GBP"


@part
def shown() -> None:
    """The filter and the view, so that nothing else is run and painted again."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = buyers.choose()
    buyers.say(wanted)
    made = views.found(stored, bought, wanted)
    if made.size.empty:
        st.info(_("No customer is in these segments. Choose others."))
        return
    together = cohorts.overall(made)
    views.headline(made, together, currency)
    view = inputs.view(_("View"), list(views.VIEWS), "view", lambda one: _(views.VIEWS[one][0]))
    if len(made.settling):
        sentence = _(
            "The cohorts up to {month} may hold old customers, as the data begin there: "
            "the figures above leave them out."
        )
        if len(made.settling) == len(made.size):
            sentence = _(
                "Customers of the first months may be old ones, as the data begin there, and there are no others: the "
                "figures above are of them."
            )
        st.caption(sentence.format(month=locales.month(made.settling[-1])))
    views.VIEWS[view][1](f"{stored.version} {sorted(wanted)}", made, together, currency)


shown()
with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- **Goods only**, as in Sales: overview. A cohort is all customers whose first purchase in the data was in that month.
- **Who comes back**: the share of a cohort that bought in the month that is so many calendar months after; 95%
  intervals are Wilson's (1927). A last month that the data cover only in part is left out, and so are months on most
  days of which the shop was shut.
- **Revenue a customer**: of all customers of the cohort, net of what came back, whether they bought in that month
  or not.
- **Unlike the others**: the months with a purchase of a cohort's customers over those that the same number of other
  customers would have had as long after their first purchase and in the same calendar months (two effects that
  multiply, fitted without the cohort): a season or a good month of the shop is nobody's merit. Surely unlike is
  what chance alone shows in fewer than 5% of such tables, all cohorts together (Holm 1979).
- A **segment** is chosen by what customers did since: filtered by it, cohorts say who is in it, not why.
"""
        )
    )
