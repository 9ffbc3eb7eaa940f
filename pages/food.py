"""What is in food products, how do they compare, and which one would be healthier?"""

import streamlit as st

from models.explore import food as model
from models.explore.wishes import Wishes
from ui import cards, inputs
from ui.explore import food as views
from ui.explore import food_basket, food_batch, food_compare, food_product, food_source, food_wishes
from ui.text import N_, _, part

VIEWS = {
    "products": (N_("Products"), views.products),
    "product": (N_("One product"), food_product.product),
    "compare": (N_("Compare"), food_compare.compare),
    "category": (N_("Category"), food_compare.category),
    "basket": (N_("Basket"), food_compare.basket),
}

cards.head(_("Food products"), _("What is in food products, how do they compare, and which one would be healthier?"))
asked = views.ask()
named = [
    *st.session_state.get("with", st.query_params.get_all("with")),
    st.session_state.get("code", st.query_params.get("code", "")),
    *food_basket.grams(),
]
shelf = food_source.shelf(asked, [code for code in named if code.isdecimal() and len(code) <= 24])
st.session_state["food-categories"] = model.categories(shelf.frame).head(40).index.tolist()
st.session_state["food-sizes"] = {one.code: one.serving_size for one in shelf.products}


@part
def looked_at() -> None:
    """The views: all that their inputs change, so that nothing else is run and painted again."""
    if st.session_state.pop("food-bring", False):
        st.rerun()
    options = [*VIEWS, "batch"]
    titles = {name: title for name, (title, _show) in VIEWS.items()} | {"batch": N_("List of barcodes")}
    with st.container(horizontal=True, vertical_alignment="center"):
        view = inputs.view(_("View"), options, "view", lambda name: _(titles[name]))
        wishes = food_wishes.ask() if view in ("products", "product", "compare") else Wishes()
    food_basket.publish_basket()
    if view == "batch":
        views.licences()
        food_batch.show()
        return
    views.provenance(shelf)
    if len(shelf.frame) and (shelf.count or view not in ("products", "product")):
        VIEWS[view][1](shelf, wishes)
    elif shelf.count:
        st.info(_("The products found end before this page."))
        if st.button(_("First page"), icon=":material/first_page:"):
            st.query_params.pop("page", None)
            st.rerun()
    elif not shelf.error:
        st.info(_("Open Food Facts has no such product: try fewer or other words, or take a filter away."))


looked_at()
with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- **Products** are what the public wrote into Open Food Facts; amounts are in 100 g, or in 100 ml of drinks. The
  database is under the Open Database Licence, contents under the Database Contents Licence, pictures under CC BY-SA.
- **Traffic lights**: the limits of the front-of-pack guide of the UK Department of Health and Food Standards Agency.
  In 100 g of food, low and high are 3 and 17.5 g of fat, 1.5 and 5 g of saturates, 5 and 22.5 g of sugars, 0.3 and
  1.5 g of salt; for drinks half of that, with salt 0.3 and 0.75 g. A portion above 100 g (150 ml) with more than 21 g
  of fat, 6 g of saturates, 27 g of sugars or 1.8 g of salt (half of that for drinks) is high as well.
- **A day’s intake**: the reference intake of an average adult, 8,400 kJ (2,000 kcal), 70 g of fat, 20 g of saturates,
  260 g of carbohydrate, 90 g of sugars, 50 g of protein, 6 g of salt; vitamins and minerals by the same Regulation (EU)
  1169/2011, annex XIII.
- **Median of the category**: of the products in sight that say how much, from three on.
- **Healthier**: a better Nutri-Score; at the same grade fewer traffic lights above low. Spoken of and coloured is
  what differs by 2% of a day’s intake or more in 100 g; the rest is neutral.
- **Preferences** rank products: first those that fit, then what is not known or may fit, then what may have traces of
  an allergen, then what does not fit; among them by match, the mean of what matters (grades from best to worst, sugars,
  salt and fats from none to the limit of the red light, fibre up to 6 g, additives from none to five). What is not
  known counts as nothing there, and a product is never called free of an allergen unless a label says so.
- **Diets**: what Open Food Facts concludes from the ingredients. **Green-Score**: its parts as published, of a buyer
  who did not say where: the life cycle of such a product, then bonus and malus.
- **NOVA** tells how much a food is processed, from 1 (hardly) to 4 (ultra-processed); **Nutri-Score** and
  **Green-Score** are as Open Food Facts computes them.
- **The Nutri-Score point by point** is computed here, by the algorithm of 2023 (Scientific Committee of the
  Nutri-Score): points for energy, sugars, saturates, salt and sweeteners, less those for protein, fibre and fruit;
  drinks (milk is one) and fats have scales of their own. The share of fruit is an estimate of Open Food Facts, from the
  ingredients, or what the category says: all of an olive oil or a juice, nothing of crisps.
- **The label cannot be right**: more sugars than carbohydrate, more saturates than fat, parts above 105 g in 100 g, kJ
  and kcal that differ by more than 10%, or energy more than 25% off what its parts give (annex XIV of the Regulation).
- **Limits**: Open Food Facts lets one address read 15 products and search 10 times a minute; Vigie waits for its turn.
  It keeps the last good answers and shows them, with their date, while the origin cannot be asked.
"""
        )
    )
