"""What is bought together, does that last, and what would a bundle earn?"""

import streamlit as st

from ui import cards, inputs, store
from ui.products import baskets as views
from ui.products import bundles
from ui.text import N_, _, part

VIEWS = {
    "together": (N_("What goes together"), views.together),
    "three": (N_("Three together"), views.three),
    "goes": (N_("What goes with …"), views.goes),
    "lasting": (N_("Does it last"), views.lasting),
    "instead": (N_("Substitutes"), views.instead),
    "bundle": (N_("A bundle"), bundles.bundles),
}

stored = store.active("sales")
cards.head(_("Products: baskets"), _("What is bought together, does that last, and what would a bundle earn?"), stored)


@part
def shown() -> None:
    """The inputs and the view, so that nothing else is run and painted again."""
    found = views.answer(stored)
    views.headline(found)
    view = inputs.view(_("View"), list(VIEWS), "view", lambda one: _(VIEWS[one][0]))
    VIEWS[view][1](found, stored)


shown()
with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- A **basket** is what was sold on one invoice of one day (and store), whatever came back later; postage, fees and
  discounts are no products. Baskets with more products than the limit are left out, as resellers' make most pairs.
- **Support** is the share of baskets with both; **confidence** the share of the baskets with the first that also hold
  the second; **lift** that over the share of all baskets. Its 95% interval is that of its logarithm, by the delta
  method on multinomial counts (Agresti 2013).
- **Chance**: large baskets and seasons bring everything together, so that the lift of most pairs is above 1. Times
  chance is against baskets of the same sizes in the same months, with as many of each product
  (quasi-independence; Goodman 1968).
- **Found** are pairs with surely more baskets than chance gives, and than if one product said nothing of the other
  (Poisson tail), so that 5% of them may be false (Benjamini and Hochberg 1995), among all pairs of products in 20
  baskets or more; of three customers or more, as one customer's habit fills many baskets.
- **Three together**: triples with two pairs found, whose products have more in common than any one of them explains:
  of the baskets with it, of the same size and month, the other two are tested for independence, and so for each of the
  three (Mantel and Haenszel 1959, with a binomial tail); 5% of those found may be false.
- **Does it last**: rules found in the first two thirds of the months are asked of the rest. One still holds if it is
  surely above chance there; no longer if it is not, and surely below what it was. The **half-life** is that of what all
  of them have beyond chance in those later months only, as the first ones flatter them.
- **Substitutes**: pairs of one category, or whose names share half of their words, in surely fewer baskets than chance
  gives, among the 2,000 products most bought; 5% of them may be false.
- **A bundle**: the discount is lost on baskets that hold both anyway. Of those with one, so many add the other as its
  price, lower by the whole discount, makes likelier: (1 − discount / price) to the power of −elasticity, as measured
  for Sales: what-if. Must add the other is the share from which it pays, whatever prices do.
"""
        )
    )
