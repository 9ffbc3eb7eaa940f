"""What should be ordered, who approved it, did it leave, and was it right?"""

import streamlit as st

from ui import cards, store
from ui.act import order, orders
from ui.text import _, part

sold = store.active("sales")
cards.head(_("Act: orders"), _("What should be ordered, who approved it, did it leave, and was it right?"), sold)


@part
def body() -> None:
    """The orders by how far they are, and one of them."""
    found = orders.there(sold)
    orders.headline(found, sold)
    orders.drafting(sold)
    status, opened = orders.chosen(found)
    if opened is not None:
        order.shown(opened, sold)
    orders.listed(found, status, opened)


body()
with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- **Drafts** come from `python jobs.py orders`, once a day, or from the button above: one for each supplier of whom
  anything is at or below its reorder point, or below what is forecast to be asked for until a delivery of the next
  order comes. Reorder points, order sizes, packs, least orders and price breaks are those of Sales: stock; what was
  approved counts as under way. A draft that nobody touched follows the stock of the next day; one that somebody
  changed stays. What was rejected is not drafted again until the next look at the shelf. Of what was counted is taken
  off what was sold since; of what sold more than there was, nothing is ordered until it is counted again.
- **Budget**: the lines with the most margin at stake first; a supplier that delivers only from an amount on is worth
  its first lines that reach it, together. **At stake** is the margin lost on average if a line is ordered at the next
  look only.
- **Approving** takes an order as it is shown: where somebody has changed it meanwhile, or a price is not what it was
  drafted with, it has to be looked at again. Without anybody it is approved only up to an amount, for suppliers that
  somebody allowed.
- **Sending**: once. A try that surely failed is made again after 1, 5, 30 and 120 minutes, then it waits in the inbox.
  Where it is not known whether an order arrived it is not sent again until somebody says so. Every try carries the
  same key: in the Message-ID of a letter, and in the header Idempotency-Key of a webhook.
- **What came** becomes a move of stock on the last day of the data, so that the other pages know of it.
- **Was it right?** The days since it came are played again with the same demand, with the stock there was and with
  that less what came, until the next delivery of a product. Sold-out days ask for the product’s usual share of the
  others’ sales. **Earned** is the margin of what could not have been sold without the order.
            """
        )
    )
