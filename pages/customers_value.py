"""Who is slipping away, and what will each customer bring in?"""

import streamlit as st

from models.customers import slipping
from ui import buyers, cards, inputs, store
from ui.customers import value as views
from ui.text import _, part

stored = store.active("sales")
cards.head(_("Customers: value"), _("Who is slipping away, and what will each customer bring in?"), stored)
bought = buyers.sought(stored, days=2)
currency = stored.origin.currency or "GBP"
found = views.answer(stored, bought)


@part
def shown() -> None:
    """The inputs and all that follows from them, so that nothing else is run and painted again."""
    within, days, wanted = views.terms()
    ever = listed = None
    if found.assessed is not None:
        ever = views.kept(stored, slipping.listed(bought, found.assessed, views.EVER), wanted)
        listed = ever[ever["unusual"] <= within]
    views.headline(found, listed, days, wanted, stored)
    view = inputs.view(_("View"), list(views.VIEWS), "view", lambda one: _(views.VIEWS[one]))
    if view == "slipping":
        views.calls(bought, found, ever, within, currency)
    elif view == "worth":
        views.worth(stored, bought, found, days, wanted, currency)
    else:
        views.proved(stored, bought, within)


shown()
with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- **Goods only**; a purchase is a day on which something was bought; today is the last day with a sale. Weeks in
  which the shop was shut count for nobody.
- **Slipping**: a customer with three purchases or more whose silence is seen on fewer than one day in twenty while they
  keep to their own rhythm. Their gaps, in open days, are gamma distributed, with a mean and a regularity of their own;
  few gaps are drawn towards those of the shop's other customers. The share of days is that of the age of a renewal
  process (Cox 1962); where it is unusual is set so that one in twenty simulated customers of such a shop, none of whom
  leaves, is listed. How many of the list are still in their rhythm is said. A season that moves everyone's rhythm is
  not taken out.
- **Gone for good**: the probability that no purchase follows, given the silence. **At risk**: that times what the
  customer brings in a year (margin where costs are known, else revenue) at the usual gap.
- **Still a customer, purchases to come**: BG/NBD (Fader, Hardie and Lee 2005). It sees somebody leave only after a
  second purchase: who bought once counts as a customer with few purchases to come. Where gaps are more regular than
  chance makes them, as those of subscriptions, MBG/CNBD-k takes its place (Reutterer, Platzer and Schröder 2021).
  **What a purchase brings in**: Gamma-Gamma (Fader and Hardie 2013), net of what came back. It takes how often and
  how much to have nothing to do with each other.
- **Season**: where the same time of the year has been there twice, purchases by the thirteen four-week periods of the
  year, beside a trend. Time then passes faster when the shop is busy, for what is learned and for what is to come. It
  is counted in only where past quarters were missed by less with it.
- **Low and high**: the ends of 80% of the futures drawn from what the data leave open. In the interval of a total
  are also the uncertainty of the parameters and of the season, and how far those of all and of each
  segment were missed on past days, wider where these are few (Student's t). Where there is no such past, that is said.
- **How good**: the models learned without the last quarter, then asked for it. “As before” says the purchases of the
  quarter before.
"""
        )
    )
