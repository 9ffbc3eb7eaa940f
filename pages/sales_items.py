"""What will each shop sell of each item, and how sure is that?"""

from datetime import UTC, datetime, timedelta

import streamlit as st

from data import tables
from models.forecast import items
from models.lifecycle import occasions as remembered
from ui import answers, background, cards, inputs, store
from ui.data import appending, sources
from ui.sales import items as views
from ui.sales import occasions
from ui.text import N_, _

VIEWS = {"next": N_("Next months"), "pair": N_("One pair"), "good": N_("How good"), "new": N_("New data")}
AHEAD = {"1": N_("Next month"), "2": N_("In two months"), "3": N_("In three months")}

stored = store.active("sales")
cards.head(_("Sales: shops and items"), _("What will each shop sell of each item, and how sure is that?"), stored)
sources.notice()
store.need(stored, "quantity")
if "view" in st.session_state.get("go", {}):  # a row of the table was chosen
    st.session_state.update(st.session_state.pop("go"))
view = inputs.view(_("View"), list(VIEWS), "view", lambda one: _(VIEWS[one]))
with st.container(horizontal=True, vertical_alignment="bottom"):
    ahead = int(inputs.choice(_("Month"), list(AHEAD), "ahead", lambda one: _(AHEAD[one])))
    most = inputs.number(_("Largest count a month counts as (0: no limit)"), "most", 0, 0, 1_000_000)
said = occasions.said(stored)
until = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None) + timedelta(days=2)


def learn(step: background.Step) -> items.Items:
    """The lines summed by month, and what follows from them."""
    step(N_("Adding up the months"), 0)
    columns = stored.columns["sales"]
    summed = tables.query(stored, items.monthly(columns), until=until)
    spans, goods = tables.query(stored, items.SPANS, until=until), tables.query(stored, items.products(columns))
    return items.learn(summed, spans, goods, most or None, ahead, step, remembered.by_part(said))


# Another version of the data, and every new day, is learned from anew.
known = occasions.name(said)
job = f"items {stored.version} {until:%Y%m%d} {ahead} {most:g}{known}", "forecast of shops and items", learn
if view == "new":
    answers.begin(*job)
    appending.view(stored)
else:
    found = answers.ready(*job)
    views.VIEWS[view](found, views.store_names(stored))

with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- **Months**: units of goods by store, product and calendar month; what came back is taken off, and no month is below
  zero. A first or last month that the data cover only in part is left out.
- **Forecast**: one gradient boosting model learns from all pairs at once: the last 1 to 12 months of the pair, of its
  store, of its item and of everything, the same month of last year, how long ago it last sold. Where many months are
  zero, the chance of a sale and its size are learned apart (hurdle; Mullahy 1986) and multiplied.
- **80% band**: quantiles of what came less what was said at past origins, among forecasts of about the same size (split
  conformal). Its measured share is that of origins whose bands came from the origins before them.
- **Totals** of stores, categories and everything are forecast too, as a panel of their own. Single forecasts are added
  up (bottom-up), or moved towards the totals (minimum trace with variances; Wickramasuriya, Athanasopoulos and Hyndman
  2019), none below zero. Whichever was closer to the totals at past origins is used; both add up.
- **What is chosen** of pairs has a band by how far off the same sum was at each past origin (Student's t).
- **Past origins**: the model is learned again with only the months known then, and tried on those that followed.
"""
        )
    )
