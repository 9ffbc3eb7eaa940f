"""A visitor's wishes: asked for, kept in the address of the page and for the visit, never on the server."""

from typing import Any

import pandas as pd
import streamlit as st

import locales
from data.food import tag_name
from models.explore import wishes as model
from models.explore.wishes import ALLERGENS, DIETS, MATTERS, Wishes
from ui import inputs
from ui.text import N_, _, ngettext, plain

DIET = {"vegan": N_("Vegan"), "vegetarian": N_("Vegetarian"), "palm_oil": N_("Without palm oil")}
MATTER = {
    "nutriscore": N_("Nutri-Score"),
    "nova": N_("little processed (NOVA)"),
    "green_score": N_("Green-Score"),
    "sugars": N_("little sugar"),
    "salt": N_("little salt"),
    "saturated_fat": N_("few saturates"),
    "fat": N_("little fat"),
    "fiber": N_("much fibre"),
    "additives": N_("few additives"),
}
FITS = {"yes": N_("fits"), "unknown": N_("not known"), "maybe": N_("perhaps"), "no": N_("does not fit")}
MARKS = {"yes": "●", "unknown": "?", "maybe": "■", "no": "▲"}  # as the traffic lights are marked
LISTED = 3  # products in a sentence


def ask() -> Wishes:
    """The inputs in a popover, and what was chosen."""
    with st.popover(_("Preferences"), icon=":material/favorite:"):
        avoid = inputs.pills(_("Allergens to avoid"), ALLERGENS, "avoid", tag_name)
        diets = inputs.pills(_("Diets"), DIETS, "diets", lambda one: _(DIET[one]))
        matters = inputs.pills(_("What matters"), MATTERS, "matters", lambda one: _(MATTER[one]))
        st.caption(
            _(
                "They rank what is shown and warn of what does not fit. They are kept in the address of this page and "
                "while you stay, nowhere else: bookmark it to have them again."
            )
        )
    return Wishes(tuple(avoid), tuple(diets), tuple(matters))


def ranked(products: pd.DataFrame, wishes: Wishes) -> pd.DataFrame:
    """The products in the order of the wishes, with how they fit; as they are where there are none."""
    return model.ranked(products, wishes) if wishes != Wishes() else products


def summary(found: pd.DataFrame, wishes: Wishes) -> None:
    """How many products fit, in a sentence; what is not known is said."""
    if wishes == Wishes() or found.empty:
        return
    parts = []
    if wishes.musts:
        count = found["fits"].value_counts()
        parts += [f"{MARKS[one]} {locales.number(count.get(one, 0))} {_(text)}" for one, text in FITS.items()]
    if wishes.matters:
        parts.append(_("in the order of how well they match, from 0 to 100%; what is not known brings nothing"))
    heading = _("Your preferences")
    st.caption(f":material/favorite: **{heading}** · " + " · ".join(parts))


def written(found: pd.DataFrame, wishes: Wishes) -> pd.DataFrame:
    """How products fit, as columns of a table (none without wishes)."""
    columns = {}
    if wishes.musts:
        columns["fits"] = [f"{MARKS[one]} {_(FITS[one])}" for one in found["fits"]]
    if wishes.matters:
        columns["match"] = [locales.percent(one) for one in found["match"]]
    return pd.DataFrame(columns, index=found.index)


def in_words(found: pd.DataFrame, wishes: Wishes) -> list[list[str]]:
    """The same of each product for a line of text."""
    table = written(found, wishes)
    if "match" in table:
        table["match"] = [_("match {share}").format(share=share) for share in table["match"]]
    return [[str(cell) for cell in row] for row in table.to_numpy()] or [[] for _row in range(len(found))]


def config() -> dict[str, Any]:
    """What those columns are called."""
    return {
        "fits": st.column_config.TextColumn(_("Fits"), width=104),
        "match": st.column_config.TextColumn(_("Match"), width=64, alignment="right"),
    }


def warn(row: pd.Series, wishes: Wishes) -> None:
    """What speaks against one product, what is not known of it, and how it matches what matters."""
    said = {must: model.verdict(row, must) for must in wishes.musts}
    for verdict, icon in (("no", ":material/block:"), ("maybe", ":material/help:"), ("unknown", ":material/help:")):
        some = [must for must, found in said.items() if found == verdict]
        if not some:
            continue
        sentences = " ".join(_reason(row, must, verdict) for must in some)
        box = st.error if verdict == "no" else st.warning
        box(plain(sentences), icon=icon)
    if said and set(said.values()) == {"yes"}:
        st.success(_("It fits what you asked for, as far as its label and ingredients were written down."))
    if wishes.matters:
        found = model.ranked(row.to_frame().T.astype({"drink": bool}), wishes).iloc[0]
        sentence = _("It matches what matters to you by {share} (known: {known} of {all}).")
        st.caption(
            ":material/favorite: "
            + sentence.format(
                share=locales.percent(found["match"]),
                known=locales.number(found["known"]),
                all=locales.number(len(wishes.matters)),
            )
        )


def _reason(row: pd.Series, must: str, verdict: str) -> str:
    if must not in DIETS:
        sentence = {
            "no": _("It contains {allergen}."),
            "maybe": _("It may contain {allergen}."),
            "unknown": _("Nobody wrote down whether it contains {allergen}: that is not known. Read the package."),
        }[verdict]
        return sentence.format(allergen=tag_name(must).lower())
    sentence = {
        ("vegan", "no"): _("It is not vegan{why}."),
        ("vegan", "maybe"): _("It may not be vegan{why}."),
        ("vegan", "unknown"): _("Whether it is vegan is not known."),
        ("vegetarian", "no"): _("It is not vegetarian{why}."),
        ("vegetarian", "maybe"): _("It may not be vegetarian{why}."),
        ("vegetarian", "unknown"): _("Whether it is vegetarian is not known."),
        ("palm_oil", "no"): _("It contains palm oil{why}."),
        ("palm_oil", "maybe"): _("It may contain palm oil{why}."),
        ("palm_oil", "unknown"): _("Whether it contains palm oil is not known."),
    }[must, verdict]
    reasons = [tag_name(tag).lower() for tag in dict(row["because"]).get(must, ())][:LISTED]
    return sentence.format(why=f" ({', '.join(reasons)})" if reasons else "")


def best(found: pd.DataFrame, wishes: Wishes, called: dict[str, str]) -> None:
    """Which of some products compared fits best, and which do not."""
    if wishes == Wishes():
        return
    out = [called[code] for code in found.loc[found["fits"].eq("no"), "code"]]
    rest = found[found["fits"].ne("no")]
    sentences = []
    if len(rest):
        first = rest.iloc[0]
        sentence = _("{name} comes first by your preferences")
        if wishes.matters:
            sentence = _("{name} comes first by your preferences, with a match of {share}")
        sentences.append(sentence.format(name=called[first["code"]], share=locales.percent(first["match"])) + ".")
    if out:
        sentence = ngettext("{names} does not fit.", "{names} do not fit.", len(out))
        sentences.append(sentence.format(names=", ".join(out)))
    st.markdown(":material/favorite: " + plain(" ".join(sentences)))
