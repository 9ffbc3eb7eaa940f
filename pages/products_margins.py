"""What is earned on what is sold, and why does it change?"""

import pandas as pd
import streamlit as st

from data import tables
from data.schemas import IS_GOODS
from ui import buyers, cards, inputs, store
from ui.products import margins as views
from ui.text import _, part

stored = store.active("sales")
cards.head(_("Products: margins"), _("What is earned on what is sold, and why does it change?"), stored)
store.need(stored, "amount")
days = f"SELECT min(timestamp) AS first, max(timestamp) AS last FROM sales WHERE {IS_GOODS}"  # noqa: S608  # a condition of ours
span = tables.query(stored, days).iloc[0]
if pd.isna(span["first"]):
    st.info(_("These data hold no goods that were sold or came back: choose others on the page Data."))
    st.stop()
first, last = (pd.Timestamp(span[end]).normalize() for end in ("first", "last"))


@part
def explored() -> None:
    """The period and the view, so that nothing else is run and painted again."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        start, end = map(pd.Timestamp, inputs.period(_("Period"), "period", first.date(), last.date()))
        wanted = buyers.choose() if "customer" in stored.columns["sales"] else []
    buyers.say(wanted)
    of = views.shown(stored, start, end, first, wanted)
    if not views.sold(of):
        return
    views.headline(of)
    view = inputs.view(_("View"), list(views.VIEWS), "view", lambda one: _(views.VIEWS[one][0]))
    views.VIEWS[view][1](of)


explored()
with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- **Revenue** is that of Sales: overview, to the cent: goods sold less what came back. **Gross sales** are at the price
  before promotions, where the reduction is recorded. Discounts, shipping, fees and adjustments are lines of their own.
- **Margin of goods**: revenue less units × unit cost. The cost of what came back comes back with it. **Net margin** has
  discounts, shipping, fees and adjustments too. Revenue whose cost is not known is left out of margins, and said.
- **What changed**: for products sold in both periods, *prices* is the change of the price times the units of the later
  period, *costs* the same of the cost; *volume* is what the earlier margin would have been with all units grown alike,
  *mix* what is left because some products grew more than others. Other products are new or gone. It adds up to the
  cent. Prices are revenue a unit, promotions included.
- **What loses money**: the price is below the cost before promotions; else promotions took it there; else what came
  back had earned more than what was sold.
- **What is odd**: the logarithm is farther from the median of the product than 3.5 times its robust standard deviation
  (1.4826 times the median distance; at least 2%, of quantities what counts vary by, their square root; Iglewicz and
  Hoaglin 1993), for products with eight lines or more. A change that lasted is one row. A price or cost of one line in
  twenty that comes again and again between others, for half of the time or longer and within three times the usual one,
  is a second usual one. Ranked by money: the difference times units, in the period. A known one is kept with its
  reason.
- **Costs and prices rise**: units follow (1 + rise) to the power of −elasticity, as in Sales: what-if: that of
  everything at once, or, of one supplier, that of its products beside the others of their category. Where the data
  know no single elasticity the margin is said from and to. Everything else stays as it was.
- **Suppliers**: prices valid on the last day of the period, over the cheapest one of the product.
"""
        )
    )
