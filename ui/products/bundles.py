"""What a discount on a pair of products would earn."""

import numpy as np
import pandas as pd
import streamlit as st

import locales
from charts.products import baskets as charts
from data import tables
from data.tables import Stored
from models.forecast.elasticity import STEEPEST
from models.products import bundle
from ui import answers, cards, inputs, store
from ui.products.baskets import Answer, none_found, ranked
from ui.text import _, ngettext, plain

BUNDLES = 200  # pairs to choose one from


def bundles(of: Answer, stored: Stored) -> None:
    """What a discount on a pair would earn."""
    store.one_currency(stored)
    if none_found(of):
        return
    currency = stored.origin.currency or "GBP"
    pairs = ranked(of).head(BUNDLES)
    codes = of.made.products
    options = {f"{codes[row.a]}+{codes[row.b]}": (row.a, row.b) for row in pairs.itertuples()}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        called = {one: " + ".join(of.names[place] for place in places) for one, places in options.items()}
        one = inputs.choice(_("Pair"), list(options), "pair", called.__getitem__)
        off = inputs.slider(_("Discount on the pair (%)"), "discount", 10, 0, 50) / 100
    last = pd.Timestamp(stored.span[1] if stored.span else of.made.months[-1])
    start = last.normalize() - pd.Timedelta(days=bundle.YEAR - 1)
    places = options[one]
    a, b = (codes[place] for place in places)
    columns = stored.columns["sales"]
    sold = bundle.pair(tables.query(stored, bundle.sold(columns), a=a, b=b, start=start))
    if not sold.both or not all(price > 0 for price in sold.price):
        sentence = _("In the last {count} days no basket with units and prices of both is known: choose another pair.")
        st.info(sentence.format(count=bundle.YEAR))
        return
    if np.isnan(sold.margin).any():
        assumed = inputs.slider(_("Margin, as costs are not known (% of the price)"), "margin", 40, 0, 100) / 100
        sold = bundle.Pair(sold.alone, sold.both, sold.units, sold.price,
                           (assumed * sold.price[0], assumed * sold.price[1]))  # fmt: skip

    found = answers.ready(f"elasticities {stored.version}", "forecast", lambda step: store.learn(stored, step))
    guess, known = [], []
    for place in places:
        category = "" if of.categories is None else str(of.categories[place])
        known_one = found.get(category, found[""])
        known_one = found[""] if known_one.reason else known_one
        told = not known_one.reason and known_one.lo > 0
        known.append(told)
        guess.append((known_one.lo, known_one.value, known_one.hi) if told else (0.0, STEEPEST / 2, STEEPEST))
    elasticity = (guess[0], guess[1])
    outcomes = [bundle.what_if(sold, share, elasticity) for share in bundle.DISCOUNTS]
    _cards(sold, bundle.what_if(sold, off, elasticity), off, currency)
    table = pd.DataFrame(
        {
            "discount": bundle.DISCOUNTS,
            "low": [made.margins[0] for made in outcomes],
            **({"likeliest": [made.margins[1] for made in outcomes]} if all(known) else {}),
            "high": [made.margins[2] for made in outcomes],
            "given_away": [made.given for made in outcomes],
            "needed_share": [made.needed for made in outcomes],
        }
    ).round(4)
    chosen = round(100 * off)
    cards.figure(charts.bundled(outcomes, chosen, all(known), currency), "products_bundle", table)
    if all(known):
        said = _("Units follow prices as the past of these data says, with its 95% interval.")
    else:
        said = _(
            "These data cannot say how units of one or both follow prices, so that no single number is given: the "
            "range is from no effect at all to {most} per cent more units a per cent of price."
        ).format(most=locales.number(STEEPEST, 1))
    more = _(
        "Assumed: nobody comes for the pair alone; who adds one sees it cheaper by the whole discount, and does not "
        "buy it later instead; the same baskets as in the last {count} days."
    )
    st.caption(plain(f"{said} {more.format(count=bundle.YEAR)}"))


def _cards(sold: bundle.Pair, made: bundle.Outcome, off: float, currency: str) -> None:
    lo, _middle, hi = made.margins
    total = sum(sold.price)
    cards.metrics(
        [
            (
                _("Price of the pair"),
                locales.money((1 - off) * total, currency, 2),
                _("instead of {amount}; {margin} of margin are left").format(
                    amount=locales.money(total, currency, 2),
                    margin=locales.signed(
                        sum(sold.margin) - off * total, lambda size: locales.money(size, currency, 2)
                    ),
                ),
            ),
            (
                _("Given away"),
                locales.short_money(made.given, currency),
                ngettext(
                    "to {count} basket that holds both anyway", "to {count} baskets that hold both anyway", sold.both
                ).format(count=locales.number(sold.both)),
            ),
            (
                _("Must add the other"),
                locales.percent(made.needed, 1) if np.isfinite(made.needed) else "–",
                ngettext(
                    "of {count} basket with one of them, for it to pay",
                    "of {count} baskets with one of them, for it to pay",
                    sum(sold.alone),
                ).format(count=locales.number(sum(sold.alone)))
                if np.isfinite(made.needed)
                else _("it never pays: each one that is added loses money"),
            ),
            (
                _("Extra margin a year"),
                _("{lo} to {hi}").format(
                    lo=locales.signed(lo, lambda size: locales.money(size, currency)),
                    hi=locales.signed(hi, lambda size: locales.money(size, currency)),
                ),
                _("between the bounds of how units follow prices"),
            ),
        ]
    )
