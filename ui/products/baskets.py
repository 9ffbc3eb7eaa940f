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
from models.products import associations, baskets, threes
from models.products.associations import STATES, Rules
from models.products.baskets import LARGEST, Baskets
from models.products.threes import Threes
from models.statistics import wilson
from ui import answers, cards, inputs, lists, store
from ui.background import Step
from ui.products import pairs
from ui.text import N_, _, ngettext, plain

LIMITS = ("25", "50", "100", "250", "1000")
RANKS = {"beyond": N_("baskets beyond chance"), "lift": N_("lift, its lower end")}


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
        store.map_columns()
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
    rules = associations.find(made)
    step(N_("Looking for what is bought together"), 0.8)
    instead = associations.substitutes(made, rules, pd.Series(names), categories)
    return Answer(made, rules, associations.half_life(rules.fading), instead, dict(enumerate(names)), categories)


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
                    tested=locales.number(rules.tested), share=locales.percent(associations.LEVEL)
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
                else f"> {locales.number(least, 1)}",
                _("too few months follow to see pairs fade")
                if np.isnan(half)
                else _("surely more than {months} months").format(months=locales.number(least, 1))
                if np.isfinite(half)
                else _("surely; no fading is seen from one of the later months to the next"),
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
        said.append(sentence.format(least=associations.MONTHS, count=len(np.unique(made.month))))
    if said:
        st.caption(plain(" ".join(said)))


def together(of: Answer, _stored: Stored) -> None:
    """The rules, as a network and as a list."""
    if none_found(of):
        return
    pairs = ranked(of)
    table = _table(of, pairs)
    cards.figure(charts.network(pairs, of.names, of.made.count), "products_network", table.head(charts.DRAWN))
    sentence = _("Thick lines are far from chance, dotted ones no longer hold; large dots are in many baskets.")
    st.caption(sentence)
    lists.show(_narrow(table), "products_rules", _("What is bought together"), table)


def ranked(of: Answer) -> pd.DataFrame:
    """The rules, in the order that is asked for."""
    with st.container(width=300):
        rank = inputs.choice(_("Rank by"), list(RANKS), "rank", lambda one: _(RANKS[one]))
    found = of.rules.pairs
    beyond = (found["both"] - found["expected"]).to_numpy()
    return found if rank == "lift" else found.iloc[np.argsort(-beyond, kind="stable")]


def none_found(of: Answer) -> bool:
    if of.rules.pairs.empty:
        st.info(_("No pair of products surely shares more baskets than chance alone would give it."))
    return of.rules.pairs.empty


def _table(of: Answer, pairs: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            _("Who buys"): [of.names[one] for one in pairs["a"]],
            _("also buys"): [of.names[one] for one in pairs["b"]],
            _("Confidence (%)"): (100 * pairs["confidence"]).round(1),
            _("The other way round (%)"): (100 * pairs["back"]).round(1),
            _("Lift"): pairs["lift"].round(2),
            _("Low"): pairs["lo"].round(2),
            _("High"): pairs["hi"].round(2),
            _("Baskets with both"): pairs["both"].astype(int),
            _("By chance"): pairs["expected"].round(1),
            **_buyers(of, pairs),
            _("Support (%)"): (100 * pairs["support"]).round(3),
            _("In later months"): [_(STATES[one]) for one in pairs["state"]],
            _("Times chance when found"): pairs["early"].round(2),
            _("Times chance after"): pairs["later"].round(2),
            _("Code"): of.made.products[pairs["a"].to_numpy(int)],
            _("Code of the other"): of.made.products[pairs["b"].to_numpy(int)],
        }
    )


def _narrow(table: pd.DataFrame) -> pd.DataFrame:
    """What of the rules has room on a page; the file has all."""
    shown = (_("Who buys"), _("also buys"), _("Confidence (%)"), _("Lift"), _("Low"), _("High"),
             _("Baskets with both"), _("By chance"), _("In later months"))  # fmt: skip
    return table[list(shown)]


def _buyers(of: Answer, rules: pd.DataFrame) -> dict[str, pd.Series]:
    """The column of customers, where baskets say whose they are."""
    return {_("Customers"): rules["buyers"]} if (of.made.customer >= 0).any() else {}


def three(of: Answer, stored: Stored) -> None:
    """Rules of three products."""
    key = f"threes {stored.version} {of.made.largest}"

    def work(step: Step) -> Threes:
        step(N_("Looking for what goes with two products"), 0.3)
        return threes.find(of.made, of.rules)

    found = answers.ready(key, "baskets", work)
    if found.rules.empty:
        none = _("Three together takes a product that goes with two others, and no pairs found have one in common.")
        sentence = ngettext(
            "{tested} triple was looked at: what three products have in common is explained by their pairs.",
            "{tested} triples were looked at: what three products have in common is explained by their pairs.",
            found.tested,
        )
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
            _("Confidence (%)"): (100 * rules["confidence"]).round(1),
            _("With one alone (%)"): (100 * rules["alone"]).round(1),
            _("Lift"): rules["lift"].round(2),
            _("Low"): rules["lo"].round(2),
            _("High"): rules["hi"].round(2),
            _("With all three"): rules["together"],
            _("Explained by pairs"): rules["expected"].round(1),
            **_buyers(of, rules),
            _("Support (%)"): (100 * rules["support"]).round(3),
            _("In later months"): [_(STATES[one]) for one in rules["state"]],
        }
    )
    lo, hi = wilson(rules["together"].to_numpy(float), rules["with_both"].to_numpy(float))
    drawn = charts_of_three.rules(rules.assign(lo_share=lo, hi_share=hi), of.names)
    cards.figure(drawn, "products_threes", table.head(charts_of_three.SHOWN))
    held, told = found.survived
    said = ngettext(
        "{count} of {tested} triple says more than its pairs; up to {share} of them by chance.",
        "{count} of {tested} triples say more than their pairs; up to {share} of them by chance.",
        found.tested,
    ).format(
        count=locales.number(len(rules)), tested=locales.number(found.tested), share=locales.percent(associations.LEVEL)
    )
    lasts = _("Of those found in the first months {held} of {told} still hold.").format(
        held=locales.number(held), told=locales.number(told)
    )
    none = _("None can be followed long enough to say whether it lasts.")
    st.caption(plain(f"{said} {lasts if told else none}"))
    room = table.drop(columns=[_("Customers"), _("Explained by pairs"), _("Support (%)")], errors="ignore")
    lists.show(room, "products_threes_list", _("Who buys two of them buys the third"), table)


def goes(of: Answer, _stored: Stored) -> None:
    """What goes with one product."""
    count = of.made.count
    codes = [str(code) for code in of.made.products]
    options = {codes[place]: inputs.named(of.names[place], codes[place]) for place in np.argsort(-count, kind="stable")}
    one = inputs.sought(_("Product"), _("a part of its name or code"), options, "product")
    if one is None:
        return
    place = codes.index(one)
    found = associations.companions(of.made, of.rules, place)
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
    each = _("{name}: {amount}")
    states = ", ".join(each.format(name=_(STATES[one]), amount=locales.number(count)) for one, count in counts.items())
    sentence = _("Found up to {last}, followed from {first} on. {states}.")
    st.caption(plain(sentence.format(last=ends[0], first=ends[1], states=states)))
    gone = told[told["state"] == "gone"].sort_values("both", ascending=False, kind="stable")
    if len(gone):
        table = _table(of, gone)
        lists.show(_narrow(table), "products_gone", _("Pairs that no longer hold"), table)


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
            _("Lift"): found["lift"].round(2),
            _("Low"): found["lo"].round(2),
            _("High"): found["hi"].round(2),
        }
    )
    lists.show(table, "products_substitutes", _("Bought instead of each other"))
