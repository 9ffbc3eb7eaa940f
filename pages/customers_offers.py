"""What should each customer be offered next, and whom should one tell of a product?"""

import streamlit as st

from ui import buyers, cards, inputs, store
from ui.customers import offers as views
from ui.text import _, part

stored = store.active("sales")
question = _("What should each customer be offered next, and whom should one tell of a product?")
cards.head(_("Customers: offers"), question, stored)
buyers.sought(stored, days=2)
found = views.answer(stored)


@part
def shown() -> None:
    """The answer and the view, so that nothing else is run and painted again."""
    views.headline(found, stored)
    view = inputs.view(_("View"), list(views.VIEWS), "view", lambda one: _(views.VIEWS[one][0]))
    views.VIEWS[view][1](found, stored)
    if view != "proved":
        views.measure(stored)


shown()
with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- **Goods that were sold** to customers with a code; today is the last day of the data.
- **Due to reorder**: products that the customer bought on three days or more, whose usual gap (the mean of their own)
  ends within 28 days, and of which they have not been silent for three gaps. What they bought most lately comes first:
  a purchase counts half after 90 days.
- **New for them, because they bought**: EASE (Steck 2019), a linear model without hidden parts: of all products it
  learns how much each speaks for each other one, from who bought what (penalty 500). A score is the sum over what they
  bought; the reason named is the product of theirs with the largest weight. Of more than 4,000 products the ones that
  most customers bought are learned from, as the weights grow with their square.
- **Whom to tell**: the same scores of one product, for all customers who have not bought it.
- **How good**: the lists as they would have been made 28 days before the end, for customers who came since: the share
  of what was listed that they bought (precision at 10), with 95% intervals over customers. It is held against the most
  popular products, of all time and of the last 90 days; new ones only against products that are new for the customer,
  too. Who bought something again is no proof that the list made them.
- **Suppliers**: prices valid on the last day, over the cheapest one; lead times as suppliers state them and as receipts
  of this product show them. Came as stated is the share of these that took no longer than the stated mean and standard
  deviation together, with Wilson's (1927) interval; receipts are taken to be of the supplier in use.
"""
        )
    )
