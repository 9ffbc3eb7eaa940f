"""One food product: what it is, its lights, its nutrients beside those of its category, what it is made of."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

import locales
from charts.explore import food as charts
from charts.explore.food import MARKS
from data.food import DEMO, NUTRIENTS, tag_name
from models.explore import food as model
from models.explore.food import LIT
from models.explore.wishes import Wishes
from ui import cards, downloads, inputs
from ui.explore import food_made, food_points, food_prices, food_source, food_wishes
from ui.explore.food import SCORES, names, show_product, upper
from ui.explore.food_basket import add, compare
from ui.explore.food_source import Shelf
from ui.text import N_, _, plain

NOVA = {
    1: N_("unprocessed or minimally processed"),
    2: N_("processed culinary ingredient"),
    3: N_("processed"),
    4: N_("ultra-processed"),
}
NOVA_MEANS = {
    1: N_("NOVA 1: as nature gives it, at most cleaned, cut, dried, frozen or fermented; nothing is added."),
    2: N_("NOVA 2: taken from foods to cook with, as oil, butter, sugar and salt are."),
    3: N_("NOVA 3: a food to which salt, sugar, oil or the like was added, as in bread, cheese and tinned vegetables."),
    4: N_(
        "NOVA 4: made by industry, largely of substances that no kitchen has, as sweeteners, colours and flavourings."
    ),
}
ALTERNATIVES = 5


def product(shelf: Shelf, wishes: Wishes) -> None:
    """The sheet of one product: lights, place in its category, what it is made of."""
    called = names(shelf.frame)
    code = inputs.choice(_("Product"), list(called), "code", called.__getitem__)
    st.query_params["code"] = code  # also where it is the first: another day it may not be
    row = shelf.frame[shelf.frame["code"].eq(code)].iloc[0]
    _identity(row)
    food_wishes.warn(row, wishes)
    _lights(row)
    for message, values in model.flags(row):
        written = {name: locales.number(value, 1) for name, value in values.items()}
        st.warning(
            _("The label cannot be right: {what}").format(what=_(message).format(**written)), icon=":material/flag:"
        )
    tag = _category(shelf, row)
    peers = food_source.category(shelf, tag) if tag else shelf.frame.iloc[:0]
    found = model.against(row, peers)
    if tag and not found.empty:
        liquid = bool(row["liquid"])
        cards.figure(charts.against(found, row["name"] or code, tag_name(tag), liquid), "food_against", found)
        healthier(peers, row, tag)
    elif tag:
        st.info(_("Fewer than three products of this category are in sight: load it to compare."))
    _nutrients(row, found)
    food_points.points(row)
    food_made.made_of(row)
    food_prices.show(row)


def _identity(row: pd.Series) -> None:
    with st.container(border=True), st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        if isinstance(row["image_small"], str):
            st.image(row["image_small"], width=120, alt=row["name"])
        facts = [
            plain(row["brands"]),
            plain(row["quantity"]),
            _("barcode {code}").format(code=row["code"]),
            _("a serving is {serving}").format(serving=plain(row["serving"])) if row["serving"] else "",
        ]
        scores = [
            _("**Nutri-Score {grade}** (A to E)").format(grade=upper(row["nutriscore"])),
            _("**NOVA {group}**: {meaning}").format(
                group=locales.number(row["nova"]) if row["nova"] == row["nova"] else "?",
                meaning=_(NOVA[int(row["nova"])]) if row["nova"] == row["nova"] else _("not known"),
            ),
            _("**Green-Score {grade}**").format(grade=plain(upper(row["green_score"]))),
        ]
        filled = row["completeness"]
        edited = [
            _("{share} of its page is filled in").format(share=locales.percent(filled)) if filled == filled else "",
            _("last changed {day}").format(day=locales.day(row["modified"])) if not pd.isna(row["modified"]) else "",
            _("amounts are those of the prepared product") if row["prepared"] else "",
        ]
        with st.container(width=560):
            st.subheader(plain(row["name"] or row["code"]), anchor=False)
            st.markdown(" · ".join(filter(None, facts)) + "  \n" + " · ".join(scores))
            if row["nova"] == row["nova"]:
                st.caption(_(NOVA_MEANS[int(row["nova"])]))
            st.caption(" · ".join(filter(None, edited)))
        with st.container(width="content"):
            st.button(_("Compare"), on_click=compare, args=([row["code"]],), icon=":material/compare_arrows:")
            st.button(_("Add to the basket"), on_click=add, args=([row["code"]],), icon=":material/add_shopping_cart:")


def _lights(row: pd.Series) -> None:
    levels = model.lights(row.to_frame().T.astype({"drink": bool})).iloc[0]
    size = row["serving_size"]
    portion = size if size == size else 100.0
    unit = "ml" if row["liquid"] else "g"
    with st.grid(5, min_column_width=130):
        for name in ("energy_kcal", *LIT):
            value = row[f"{name}_100g"]
            with st.container(border=True, height="stretch", gap=None):
                st.markdown(f":small[{charts.label(name)}]")
                if value != value:
                    st.markdown(_("not known"))
                    continue
                st.metric(charts.label(name), charts.amount(name, value), label_visibility="collapsed")
                level = levels.get(name, "")
                if level:
                    st.badge(f"{MARKS[level]} {charts.level_name(level)}", color=SCORES[level])
                share = value * portion / 100 / model.INTAKE[name]
                st.caption(
                    _("in 100 {unit}; {share} of a day’s intake in {portion}").format(
                        unit=unit, share=locales.percent(share), portion=f"{locales.number(portion)}\u00a0{unit}"
                    )
                )


def _category(shelf: Shelf, row: pd.Series) -> str:
    """The category to compare a product with, the narrowest with enough products first proposed."""
    tags = list(row["categories"])[::-1]
    if not tags:
        st.info(_("This product has no category, so there is nothing to compare it with."))
        return ""
    counts = model.categories(shelf.frame)
    usual = model.narrowest(row, counts) or tags[0]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        tag = inputs.choice(_("Compare with"), tags, "cat", tag_name, default=usual)
        loader(shelf, tag)
    return tag


def loader(shelf: Shelf, tag: str) -> None:
    """A button that asks for more products of a category."""
    if shelf.source != DEMO and tag not in food_source.loaded():
        st.button(
            _("Load the {count} most scanned of this category").format(count=food_source.PEERS),
            on_click=food_source.load,
            args=(tag,),
            icon=":material/download:",
        )


def healthier(peers: pd.DataFrame, row: pd.Series, tag: str) -> None:
    """Healthier products of the same category, and what one gains, in words."""
    found = model.alternatives(peers, row["code"], tag, ALTERNATIVES)
    with st.container(border=True):
        if found.empty:
            st.markdown(
                "**"
                + _("None of the {count} products of this category in sight is healthier").format(
                    count=locales.number(len(peers))
                )
                + "**"
            )
            return
        st.markdown("**" + _("Healthier choices among {category}").format(category=plain(tag_name(tag))) + "**")
        called = names(peers)
        for code, other in found.iterrows():
            with st.container(horizontal=True, vertical_alignment="center", wrap=False):
                st.markdown(
                    _("**{name}** (Nutri-Score {grade}): {gain}").format(
                        name=plain(called[str(code)]),
                        grade=upper(other["nutriscore"]),
                        gain=plain(gain(model.changes(row, other), bool(row["liquid"]))),
                    ),
                    width="stretch",
                )
                st.button(_("Open"), key=f"better-{code}", on_click=show_product, args=(code,), type="tertiary")


def gain(changes: Sequence[model.Change], liquid: bool = False) -> str:
    """What changes in 100 g, the good first: "32 g less sugars, 6 g more fibre in 100 g; but 0.3 g more salt"."""
    less, more = _("{amount} less {nutrient}"), _("{amount} more {nutrient}")

    def words(some: Sequence[model.Change]) -> str:
        return ", ".join(
            (less if one.amount < 0 else more).format(
                amount=charts.amount(one.nutrient, abs(one.amount)), nutrient=charts.label(one.nutrient).lower()
            )
            for one in some
        )

    good, bad = [one for one in changes if one.good][:3], [one for one in changes if not one.good][:2]
    sentence = _("{better} in {per}; but {worse}") if bad else _("{better} in {per}")
    return sentence.format(better=words(good), worse=words(bad), per="100 ml" if liquid else "100 g")


def _nutrients(row: pd.Series, found: pd.DataFrame) -> None:
    rows = [
        {
            "nutrient": charts.label(name),
            "amount": charts.amount(name, row[f"{name}_100g"]),
            "serving": charts.amount(name, row[f"{name}_serving"])
            if row[f"{name}_serving"] == row[f"{name}_serving"]
            else None,
            "share": locales.percent(row[f"{name}_serving"] / model.INTAKE[name])
            if name in model.INTAKE and row[f"{name}_serving"] == row[f"{name}_serving"]
            else None,
            "median": charts.amount(name, found["median"][name]) if name in found.index else None,
            "source": _source(row["sources"].get(name)),
        }
        for name in NUTRIENTS
        if row[f"{name}_100g"] == row[f"{name}_100g"]
    ]
    rows += [
        {"nutrient": charts.label(name), "amount": f"≈ {charts.amount(name, value)}", "source": _source("estimate")}
        for name, value in row["estimated"].items()
    ]
    if not rows:
        st.info(_("No amounts are known of this product."))
        return
    unit = "100 ml" if row["liquid"] else "100 g"
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content",
        placeholder="–",
        column_config={
            "nutrient": st.column_config.TextColumn(_("Nutrient"), pinned=True),
            "amount": st.column_config.TextColumn(_("In {unit}").format(unit=unit), alignment="right"),
            "serving": st.column_config.TextColumn(_("In a serving"), alignment="right"),
            "share": st.column_config.TextColumn(_("Of a day’s intake, in a serving"), alignment="right"),
            "median": st.column_config.TextColumn(_("Median of the category"), alignment="right"),
            "source": st.column_config.TextColumn(_("Source")) if row["sources"] else None,
        },
    )
    if row["estimated"]:
        st.caption(
            _(
                "≈: not on the label; Open Food Facts estimated it from the ingredients. Lights, comparisons and the "
                "basket leave it out."
            )
        )
    downloads.table(pd.DataFrame(rows), "food_nutrients", excel=False)


SOURCES = {
    "packaging": N_("label"),
    "manufacturer": N_("manufacturer"),
    "estimate": N_("estimate"),
}


def _source(name: str | None) -> str | None:
    return _(SOURCES[name]) if name in SOURCES else name
