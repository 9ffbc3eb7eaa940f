"""The Nutri-Score of a product, point by point."""

import pandas as pd
import streamlit as st

import locales
from charts.explore import food as charts
from data.food import NUTRIENTS
from models.explore import nutriscore
from models.explore.nutriscore import Part
from ui import downloads
from ui.text import N_, _

KINDS = {
    "food": N_("other foods"),
    "cheese": N_("cheese"),
    "red meat": N_("red meat"),
    "fat": N_("fats, oils, nuts and seeds"),
    "drink": N_("drinks"),
    "water": N_("water"),
}
WITHOUT = {
    "exempt": N_("There is none of this kind of product: baby food, herbs, spices, salt, vinegar, alcohol and others."),
    "not prepared": N_("It is that of the prepared product, and the amounts known here are those of what is sold."),
    None: N_("It takes energy, sugars, saturates, salt and protein, which are not all known of this product."),
}
PARTS = {
    "energy_of_saturates": N_("Energy of the saturates"),
    "saturates_in_fat": N_("Saturates in the fat"),
    "sweeteners": N_("Sweeteners without energy"),
    "fruit": N_("Fruit, vegetables, legumes"),
}


def points(row: pd.Series) -> None:
    """How the Nutri-Score comes about, and whether that is the published one."""
    amounts = {name: row[f"{name}_100g"] for name in NUTRIENTS}
    sweetened = bool(nutriscore.SWEETENERS & set(row["additives"]))
    kind = nutriscore.kind(row["categories"], row["drink"], row["red_meat"])
    made = nutriscore.compute(amounts, kind, nutriscore.fruit(row["categories"], row["fruit"]), sweetened)
    without = nutriscore.without(row["categories"], row["prepared"])
    with st.expander(_("The Nutri-Score point by point"), icon=":material/grading:"):
        if without or made is None:
            st.markdown(_(WITHOUT[without]))
            return
        table = pd.DataFrame(
            {
                "part": [_(PARTS[part.name]) if part.name in PARTS else charts.label(part.name) for part in made.parts],
                "value": [_value(part) for part in made.parts],
                "points": [_points(part) for part in made.parts],
                "most": [locales.number(part.most) for part in made.parts],
            }
        )
        unit = "100 ml" if row["liquid"] else "100 g"
        st.dataframe(
            table,
            hide_index=True,
            height="content",
            column_config={
                "part": st.column_config.TextColumn(_("Component"), pinned=True),
                "value": st.column_config.TextColumn(_("In {unit}").format(unit=unit), alignment="right"),
                "points": st.column_config.TextColumn(_("Points"), alignment="right"),
                "most": st.column_config.TextColumn(_("At most"), alignment="right"),
            },
            placeholder="–",
        )
        found = {"score": locales.number(made.score), "grade": made.grade.upper(), "kind": _(KINDS[made.kind])}
        st.markdown(_("**{score} points: {grade}**, on the scale for {kind} (fewer is better).").format(**found))
        published = row["nutriscore"]
        if isinstance(published, str):
            told = _("That is the grade that Open Food Facts publishes.")
            if published != made.grade:
                told = _(
                    "Published is {published}: Open Food Facts may know what is missing here, count another category, "
                    "or still use the algorithm of 2017."
                ).format(published=published.upper())
            st.caption(told)
        downloads.table(table, "food_nutriscore", excel=False)


def _value(part: Part) -> str:
    if part.value != part.value:
        return _("not known")
    if part.name == "sweeteners":
        return _("yes") if part.value else _("no")
    if part.name in ("fruit", "saturates_in_fat"):
        return locales.percent(part.value / 100)
    return (
        f"{locales.number(part.value)} kJ"
        if part.name == "energy_of_saturates"
        else charts.amount(part.name, part.value)
    )


def _points(part: Part) -> str:
    if not part.good:
        return locales.number(part.points)
    return locales.signed(-part.points, locales.number) if part.counted else _("not counted")
