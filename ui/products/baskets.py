"""The views of the page Products: baskets."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

import locales
from charts.products import baskets as charts
from charts.products import threes as charts_of_three
from data import tables
from data.tables import Stored
from locales.labels import heading
from models.forecast.elasticity import STEEPEST, Elasticity
from models.products import baskets, bundle, threes
from models.products.baskets import LARGEST, STATES, Baskets, Rules
from models.products.threes import Threes
from models.statistics import wilson
from ui import access, answers, cards, inputs, lists, store
from ui.background import Step
from ui.products import pairs
from ui.text import N_, _, ngettext, plain

LIMITS = ("25", "50", "100", "250", "1000")
RANKS = {"beyond": N_("baskets beyond chance"), "lift": N_("lift, its lower end")}
BUNDLES = 200  # pairs to choose one from


@dataclass(frozen=True)
class Answer:
    """What the views show: the baskets, their rules and how long these last, substitutes, and how products are called
    (by place)."""

    made: Baskets
    rules: Rules
    half_life: tuple[float, float, float]
    instead: pd.DataFrame
    names: dict[int, str]
    categories: pd.Series | None


def answer(stored: Stored) -> Answer:
    """What is bought together, in baskets as large as the reader wants; the page waits for it, or says why not.

    Of data that were summed up elsewhere only their counted pairs are shown.
    """
    if "pairs" in stored.columns:
        pairs.view(stored)
        st.stop()
    if "invoice" not in stored.columns["sales"]:
        st.info(
            _(
                "No line says on which invoice it was sold: what is bought together needs the column “invoice”. Where "
                "your file has it, map it on the page Data."
            )
        )
        access.link("data", _("Map the columns"), "database")
        st.stop()
    with st.container(width=300):
        most = int(inputs.choice(_("Largest basket (products)"), LIMITS, "largest", default=str(LARGEST)))
    return answers.ready(f"baskets {stored.version} {most}", "baskets", lambda step: _answer(stored, most, step))


def _answer(stored: Stored, most: int, step: Step) -> Answer:
    columns = stored.columns["sales"]
    step(N_("Reading the invoices"), 0.1)
    products, held = (tables.query(stored, sql) for sql in baskets.lines(columns))
    made = baskets.baskets(products, held, most)
    called = _level(stored, "description", made)
    names = [str(code) if pd.isna(name) else str(name) for code, name in zip(made.products, called, strict=True)]
    step(N_("Looking for what is bought together"), 0.4)
    categories = _level(stored, "category", made) if "category" in columns else None
    rules = baskets.find(made)
    step(N_("Looking for what is bought together"), 0.8)
    instead = baskets.substitutes(made, rules, pd.Series(names), categories)
    return Answer(made, rules, baskets.half_life(rules.fading), instead, dict(enumerate(names)), categories)


def _level(stored: Stored, column: str, made: Baskets) -> pd.Series:
    """The most frequent name or category of each product, by place."""
    if column not in stored.columns["sales"]:
        return pd.Series(None, index=range(len(made.products)), dtype=object)
    found = tables.query(stored, f"SELECT product, mode({column}) AS level FROM sales GROUP BY 1")  # noqa: S608  # one of two constants
    return found.set_index("product")["level"].reindex(made.products).reset_index(drop=True)


def headline(of: Answer) -> None:
    """How much is bought together, in cards."""
    made, rules = of.made, of.rules
    size = np.diff(made.held.indptr)
    held, told = rules.survived
    lo, hi = wilson(np.array([held]), np.array([told]))
    half, least, _most = of.half_life
    cards.metrics(
        [
            (
                _("Baskets"),
                locales.number(len(size)),
                _("{share} hold two products or more, {mean} on average").format(
                    share=locales.percent((size > 1).mean()), mean=locales.number(float(size.mean()), 1)
                ),
            ),
            (
                _("Pairs found"),
                locales.number(len(rules.pairs)),
                _("of {tested}; up to {share} of them by chance").format(
                    tested=locales.number(rules.tested), share=locales.percent(baskets.LEVEL)
                ),
            ),
            (
                _("Still hold"),
                locales.percent(held / told) if told else "–",
                _("of {count} found in the first months of which it can be told ({lo} to {hi})").format(
                    count=locales.number(told), lo=locales.percent(lo[0]), hi=locales.percent(hi[0])
                )
                if told
                else _("no pair can be followed long enough"),
            ),
            (
                _("Half-life (months)"),
                "–"
                if np.isnan(half)
                else locales.number(half, 1)
                if np.isfinite(half)
                else f"> {locales.number(least)}",
                _("too few months follow to see pairs fade")
                if np.isnan(half)
                else _("surely more than {months} months").format(months=locales.number(least, 1))
                if np.isfinite(half)
                else _("surely; no fading of what goes beyond chance is seen"),
            ),
        ]
    )
    said = []
    if made.larger:
        sentence = ngettext(
            "{count} basket with more than {most} products is left out: {share} of all pairs in baskets are in it.",
            "{count} baskets with more than {most} products are left out: {share} of all pairs in baskets are in them.",
            made.larger,
        )
        share = locales.percent(made.share)
        said.append(sentence.format(count=locales.number(made.larger), most=made.largest, share=share))
    often = int((made.count >= baskets.SOLD).sum())
    if len(rules.chance.places) < often:
        sentence = _("Pairs are looked for among the {most} products most bought, of {count}.")
        most = locales.number(len(rules.chance.places))
        said.append(sentence.format(most=most, count=locales.number(often)))
    if rules.split is None:
        sentence = _("Whether pairs last takes {least} months of invoices; these data have {count}.")
        said.append(sentence.format(least=baskets.MONTHS, count=len(np.unique(made.month))))
    if said:
        st.caption(plain(" ".join(said)))


def together(of: Answer, _stored: Stored) -> None:
    """The rules, as a network and as a list."""
    if _none(of):
        return
    pairs = _ranked(of)
    table = _table(of, pairs)
    cards.figure(charts.network(pairs, of.names, of.made.count), "products_network", table.head(charts.DRAWN))
    sentence = _("Thick lines are far from chance, dotted ones no longer hold; large dots are in many baskets.")
    st.caption(sentence)
    lists.show(table, "products_rules", _("What is bought together"))


def _ranked(of: Answer) -> pd.DataFrame:
    """The rules, in the order that is asked for."""
    with st.container(width=300):
        rank = inputs.choice(_("Rank by"), list(RANKS), "rank", lambda one: _(RANKS[one]))
    found = of.rules.pairs
    beyond = (found["both"] - found["expected"]).to_numpy()
    return found if rank == "lift" else found.iloc[np.argsort(-beyond, kind="stable")]


def _none(of: Answer) -> bool:
    if of.rules.pairs.empty:
        st.info(_("No pair of products surely shares more baskets than chance alone would give it."))
    return of.rules.pairs.empty


def _table(of: Answer, pairs: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            _("Who buys"): [of.names[one] for one in pairs["a"]],
            _("also buys"): [of.names[one] for one in pairs["b"]],
            _("In so many cases (confidence, %)"): (100 * pairs["confidence"]).round(1),
            _("The other way round (%)"): (100 * pairs["back"]).round(1),
            _("Lift"): pairs["lift"].round(2),
            _("Low"): pairs["lo"].round(2),
            _("High"): pairs["hi"].round(2),
            _("Times chance"): pairs["times"].round(2),
            _("Baskets with both"): pairs["both"].astype(int),
            _("By chance"): pairs["expected"].round(1),
            _("Customers"): pairs["buyers"],
            _("Support (%)"): (100 * pairs["support"]).round(3),
            _("In later months"): [_(STATES[one]) for one in pairs["state"]],
            _("Times chance when found"): pairs["early"].round(2),
            _("Times chance after"): pairs["later"].round(2),
            _("Code"): of.made.products[pairs["a"].to_numpy(int)],
            _("Code of the other"): of.made.products[pairs["b"].to_numpy(int)],
        }
    )


def three(of: Answer, stored: Stored) -> None:
    """Rules of three products."""
    key = f"threes {stored.version} {of.made.largest}"

    def work(step: Step) -> Threes:
        step(N_("Looking for what goes with two products"), 0.3)
        return threes.find(of.made, of.rules)

    found = answers.ready(key, "baskets", work)
    if found.rules.empty:
        none = _("Three together takes a product that goes with two others, and no pairs found have one in common.")
        sentence = _("{tested} triples were looked at: what three products have in common is explained by their pairs.")
        st.info(plain(sentence.format(tested=locales.number(found.tested)) if found.tested else none))
        return
    rules = found.rules
    beyond = (rules["together"] - rules["expected"]).to_numpy()
    with st.container(width=300):
        rank = inputs.choice(_("Rank by"), list(RANKS), "rank", lambda one: _(RANKS[one]))
    rules = rules if rank == "lift" else rules.iloc[np.argsort(-beyond, kind="stable")]
    table = pd.DataFrame(
        {
            _("Who buys"): [of.names[one] for one in rules["a"]],
            _("and"): [of.names[one] for one in rules["b"]],
            _("also buys"): [of.names[one] for one in rules["c"]],
            _("In so many cases (confidence, %)"): (100 * rules["confidence"]).round(1),
            _("With one of them alone, at most (%)"): (100 * rules["alone"]).round(1),
            _("Lift"): rules["lift"].round(2),
            _("Low"): rules["lo"].round(2),
            _("High"): rules["hi"].round(2),
            _("Baskets with all three"): rules["together"],
            _("Explained by pairs"): rules["expected"].round(1),
            _("Customers"): rules["buyers"],
            _("Support (%)"): (100 * rules["support"]).round(3),
            _("In later months"): [_(STATES[one]) for one in rules["state"]],
        }
    )
    lo, hi = wilson(rules["together"].to_numpy(float), rules["with_both"].to_numpy(float))
    drawn = charts_of_three.rules(rules.assign(lo_share=lo, hi_share=hi), of.names)
    cards.figure(drawn, "products_threes", table.head(charts_of_three.SHOWN))
    held, told = found.survived
    said = _("{count} of {tested} triples say more than their pairs; up to {share} of them by chance.").format(
        count=locales.number(len(rules)), tested=locales.number(found.tested), share=locales.percent(baskets.LEVEL)
    )
    lasts = _("Of those found in the first months {held} of {told} still hold.").format(
        held=locales.number(held), told=locales.number(told)
    )
    none = _("None can be followed long enough to say whether it lasts.")
    st.caption(plain(f"{said} {lasts if told else none}"))
    lists.show(table, "products_threes_list", _("Who buys two of them buys the third"))


def goes(of: Answer, _stored: Stored) -> None:
    """What goes with one product."""
    count = of.made.count
    codes = [str(code) for code in of.made.products]
    options = {codes[place]: f"{of.names[place]} · {codes[place]}" for place in np.argsort(-count, kind="stable")}
    one = inputs.sought(_("Product"), _("a part of its name or code"), options, "product")
    if one is None:
        return
    place = codes.index(one)
    found = baskets.companions(of.made, of.rules, place)
    name = of.names[place]
    if found.empty:
        st.info(plain(_("{product} was never in a basket with another product.").format(product=name)))
        return
    lo, hi = wilson(found["both"].to_numpy(float), np.full(len(found), float(count[place])))
    found = found.assign(lo_share=lo, hi_share=hi)
    table = pd.DataFrame(
        {
            heading("product"): [of.names[one] for one in found["b"]],
            _("Baskets with both"): found["both"],
            _("Share of the baskets with it (%)"): (100 * found["confidence"]).round(1),
            _("Lift"): found["lift"].round(2),
            _("Low"): found["lo"].round(2),
            _("High"): found["hi"].round(2),
            _("Times chance"): found["times"].round(2),
            _("Surely together"): [_("yes") if one else _("no") for one in found["sure"]],
            _("Code"): of.made.products[found["b"].to_numpy(int)],
        }
    )
    drawn = charts.goes_with(found, name, int(count[place]), of.names)
    cards.figure(drawn, "products_goes_with", table.head(charts.SHOWN))
    lists.show(table, "products_companions", _("In the baskets with {product}").format(product=name))


def lasting(of: Answer, _stored: Stored) -> None:
    """Whether rules hold in the months after they were found."""
    rules = of.rules
    told = rules.pairs[rules.pairs["state"] != "new"]
    if rules.split is None or told.empty:
        st.info(_("There is no pair that was found in the first months and can be followed in those after."))
        return
    table = _table(of, told.sort_values("later", kind="stable"))
    with st.grid("auto", min_column_width=400):
        cards.figure(charts.lasting(rules, of.names), "products_lasting", table)
        cards.figure(
            charts.fading(rules, of.half_life[0], of.made.months),
            "products_fading",
            rules.fading.reset_index(names="month"),
        )
    ends = (locales.month(of.made.months[rules.split - 1]), locales.month(of.made.months[rules.split]))
    counts = told["state"].value_counts()
    states = ", ".join(f"{_(STATES[one])}: {locales.number(count)}" for one, count in counts.items())
    sentence = _("Found up to {last}, followed from {first} on. {states}.")
    st.caption(plain(sentence.format(last=ends[0], first=ends[1], states=states)))
    gone = told[told["state"] == "gone"].sort_values("both", ascending=False, kind="stable")
    if len(gone):
        lists.show(_table(of, gone), "products_gone", _("Pairs that no longer hold"))


def instead(of: Answer, _stored: Stored) -> None:
    """Substitutes."""
    found = of.instead
    if found.empty:
        st.info(
            _(
                "No two products of one category, or with names alike, share surely fewer baskets than by chance: "
                "these invoices show no substitutes."
            )
        )
        return
    table = pd.DataFrame(
        {
            heading("product"): [of.names[one] for one in found["a"]],
            _("Instead of"): [of.names[one] for one in found["b"]],
            _("Baskets with both"): found["both"].astype(int),
            _("By chance"): found["expected"].round(1),
            _("Times chance"): found["times"].round(2),
            _("Lift"): found["lift"].round(2),
            _("Low"): found["lo"].round(2),
            _("High"): found["hi"].round(2),
        }
    )
    lists.show(table, "products_substitutes", _("Bought instead of each other"))


def bundles(of: Answer, stored: Stored) -> None:
    """What a discount on a pair would earn."""
    store.one_currency(stored)
    if _none(of):
        return
    currency = stored.origin.currency or "GBP"
    pairs = _ranked(of).head(BUNDLES)
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

    def learned(step: Step) -> dict[str, Elasticity]:
        step(N_("Learning how units follow prices"), 0.2)
        return store.elasticities(stored)

    found = answers.ready(f"elasticities {stored.version}", "forecast", learned)
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
                _("to {count} baskets that hold both anyway").format(count=locales.number(sold.both)),
            ),
            (
                _("Must add the other"),
                locales.percent(made.needed, 1) if np.isfinite(made.needed) else "–",
                _("of {count} baskets with one of them, for it to pay").format(count=locales.number(sum(sold.alone)))
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


VIEWS = {
    "together": (N_("What goes together"), together),
    "three": (N_("Three together"), three),
    "goes": (N_("What goes with …"), goes),
    "lasting": (N_("Does it last"), lasting),
    "instead": (N_("Substitutes"), instead),
    "bundle": (N_("A bundle"), bundles),
}
