"""Who are our customers, and what should be done with whom?"""

import streamlit as st

from ui import buyers, cards, inputs, store
from ui.customers import segments as views
from ui.text import _, part

stored = store.active("sales")
cards.head(_("Customers: segments"), _("Who are our customers, and what should be done with whom?"), stored)
bought = buyers.sought(stored, customers=2)
currency = stored.origin.currency or "GBP"


@part
def shown() -> None:
    """The answer and the view, so that nothing else is run and painted again."""
    scored = buyers.scored(stored)
    views.headline(bought, scored, currency)
    view = inputs.view(_("View"), list(views.VIEWS), "view", lambda one: _(views.VIEWS[one][0]))
    views.VIEWS[view][1](stored, bought, scored, currency)


shown()
with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- **Goods only**, as in Sales: overview: sales less what came back. Today is the last day of the data.
- **Recency**: days since the last purchase. **Frequency**: days with a purchase, so that an order in three invoices
  counts once. **Revenue**: net of what came back.
- **Scores** from 1 to 5 by fifths of the customers: 1 plus the number of fifths that are surely worse. Equal customers
  have equal scores. The three digits of a score are recency, frequency and revenue.
- **Segments** are the cells of recency and frequency; revenue is shown beside them and decides nothing.
- **Groups in the data**: k-means and DBSCAN on recency, frequency and revenue, on logarithmic scales. Of the
  numbers of groups that samples of the customers find again as well as any, but for chance (mean adjusted Rand index;
  Hubert and Arabie 1985), it is the one whose groups are farthest apart for their size (silhouette; Rousseeuw 1987).
  **Found again** is Hennig's (2007) mean Jaccard similarity of a group: from 0.75 on surely, below 0.6
  hardly.
- **DBSCAN**: a place is dense where ten neighbours lie within the radius, by default at the elbow of their distances.
  Expect one large group and outliers: customers fill space evenly.
- **Who moved**: the scores of three days, a quarter (91 days) apart, each with what was known on that day.
"""
        )
    )
