"""Pairs of products that were counted where the lines lie, for data that do not say which invoice a line is of."""

import pandas as pd
import streamlit as st

import locales
from data.tables import Stored
from models.products import baskets
from models.products.associations import BUYERS
from models.products.baskets import LARGEST
from ui import cards, lists, store
from ui.text import _, plain


def view(stored: Stored) -> None:
    """The pairs whose lift is surely above 1, those with the surest lift first."""
    found = store.frame(stored, "pairs")
    if found.empty:
        st.info(_("No two products share enough baskets to say anything of them."))
        return
    n = int(found["baskets"].iloc[0])
    made = found.assign(**baskets.measures(found["both_"], found["a_baskets"], found["b_baskets"], n))
    sure = made[(made["lo"] > 1) & (made["buyers"] >= BUYERS)].sort_values("lo", ascending=False, kind="stable")
    most = _("of {count} that were counted, the ones in the most baskets beyond independence")
    cards.metrics(
        [
            (_("Baskets"), locales.number(n), _("with at most {most} products").format(most=LARGEST)),
            (_("Pairs with a lift above 1"), locales.number(len(sure)), most.format(count=locales.number(len(made)))),
        ]
    )
    st.caption(
        plain(
            _(
                "These pairs were counted where the lines lie. Large baskets and seasons bring everything together: a "
                "lift above 1 alone does not say that two products belong together. Whether pairs last, threes and "
                "bundles need the lines of some stores or weeks, brought in as data of their own."
            )
        )
    )
    names = store.names(stored)
    table = pd.DataFrame(
        {
            _("Who buys"): [names.get(one, one) for one in sure["a"]],
            _("also buys"): [names.get(one, one) for one in sure["b"]],
            _("Confidence (%)"): (100 * sure["confidence"]).round(1).to_numpy(),
            _("The other way round (%)"): (100 * sure["both_"] / sure["b_baskets"]).round(1).to_numpy(),
            _("Lift"): sure["lift"].round(2).to_numpy(),
            _("Low"): sure["lo"].round(2).to_numpy(),
            _("High"): sure["hi"].round(2).to_numpy(),
            _("Baskets with both"): sure["both_"].to_numpy(),
            _("Customers"): sure["buyers"].to_numpy(),
            _("Support (%)"): (100 * sure["support"]).round(3).to_numpy(),
            _("Code"): sure["a"].to_numpy(),
            _("Code of the other"): sure["b"].to_numpy(),
        }
    )
    lists.show(table, "products_pairs", _("What is bought together"))
