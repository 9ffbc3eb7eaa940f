"""What one food product is made of: ingredients, diets, additives, packaging, its Green-Score, and its tags."""

import pandas as pd
import streamlit as st

import locales
from connectors import taxonomies
from data.food import DEMO, GreenScore, Packaging, names_path, tag_name
from locales import tags
from ui import background, downloads
from ui.text import N_, _, ngettext, plain

ANALYSIS = {
    "vegan": {"yes": N_("Vegan"), "maybe": N_("Maybe vegan"), "no": N_("Not vegan"), "": N_("Vegan: not known")},
    "vegetarian": {
        "yes": N_("Vegetarian"),
        "maybe": N_("Maybe vegetarian"),
        "no": N_("Not vegetarian"),
        "": N_("Vegetarian: not known"),
    },
    "palm_oil": {
        "yes": N_("With palm oil"),
        "maybe": N_("Maybe with palm oil"),
        "no": N_("Without palm oil"),
        "": N_("Palm oil: not known"),
    },
}
PARTS = {
    "life_cycle": N_("Life cycle of such a product (0 to 100)"),
    "production": N_("Way of production"),
    "origins": N_("Origin of the ingredients"),
    "packaging": N_("Packaging"),
    "species": N_("Threatened species"),
}
MISSING = {
    "labels": N_("labels"),
    "origins": N_("origin of the ingredients"),
    "packagings": N_("packaging"),
    "ingredients": N_("ingredients"),
    "agb_category": N_("category"),
}
MAX_REASONS = 6  # ingredients in a sentence
RUN = "food-names"  # in the session


def made_of(row: pd.Series) -> None:
    """All of it; what Open Food Facts does not know is said."""
    _facts(row)
    _names(row)
    with st.grid("auto", min_column_width=400):
        with st.container(border=True, height="stretch"):
            _diets(row)
        with st.container(border=True, height="stretch"):
            _additives(row)
        with st.container(border=True, height="stretch"):
            _packaging(row)
        with st.container(border=True, height="stretch"):
            _green(row["green"], row["green_score"])


def _facts(row: pd.Series) -> None:
    none, unknown = _("none given"), _("not known")
    lists = {
        _("Allergens"): row["allergens"],
        _("May contain traces of"): row["traces"],
        _("Labels"): row["labels"],
        _("Categories"): row["categories"],
    }
    parts = {_("Ingredients"): row["ingredients"] or unknown}
    parts |= {heading: ", ".join(map(tag_name, some)) or none for heading, some in lists.items()}
    parts[_("Sold in")] = ", ".join(locales.territory(tag_name(tag).title()) for tag in row["countries"]) or none
    with st.container(border=True):
        line = _("**{heading}**: {text}")
        st.markdown("  \n".join(line.format(heading=name, text=plain(text)) for name, text in parts.items()))
        if row["source"] != DEMO:
            st.caption(
                _(
                    "Allergens are what the public wrote down: read the package. [Page on Open Food Facts]({url})"
                ).format(url=f"https://world.openfoodfacts.org/product/{row['code']}")
            )


def _names(row: pd.Series) -> None:
    """Offer to fetch what Open Food Facts calls its tags, where this product has some that nobody here has named."""
    if run := st.session_state.get(RUN):
        background.show(run, _fetched)
        return
    if failed := st.session_state.pop("food-no-names", ""):
        st.warning(plain(failed), icon=":material/cloud_off:")
    listed = (*row["labels"], *row["categories"], *row["additives"], *row["allergens"], *row["traces"])
    unnamed = [tag for tag in listed if tag.startswith(("en:", "fr:")) and tags.name(tag) is None]
    if not unnamed or names_path().exists():
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        sentence = ngettext(
            "{count} tag is shown as it is written: its name is not among those that come with Vigie.",
            "{count} tags are shown as they are written: their names are not among those that come with Vigie.",
            len(unnamed),
        )
        st.caption(sentence.format(count=locales.number(len(unnamed))), width="stretch")
        fetch = _("Fetch the names of Open Food Facts")
        st.button(fetch, on_click=_fetch, type="tertiary", icon=":material/download:")


def _fetch() -> None:
    def work(step: background.Step) -> None:
        taxonomies.fetch(progress=lambda share: step(N_("Reading the names of tags"), share))

    st.session_state[RUN] = background.start("download", "tags", work, remote=True)


def _fetched(status: str, message: str, _error: object) -> None:
    del st.session_state[RUN]
    if status == "failed":
        st.session_state["food-no-names"] = message


def _diets(row: pd.Series) -> None:
    """What its ingredients say of diets, and because of which of them."""
    st.markdown("**" + _("Diets") + "**")
    lines = []
    for name, words in ANALYSIS.items():
        verdict = row["analysis"].get(name, "")
        reasons = [tag_name(tag).lower() for tag in row["because"].get(name, ())][:MAX_REASONS]
        because = _(" because of {ingredients}").format(ingredients=", ".join(reasons)) if reasons else ""
        lines.append(plain(f"{_(words[verdict])}{because}"))
    st.markdown("  \n".join(lines))
    if row["analysis"]:
        st.caption(_("As Open Food Facts concludes from the list of ingredients; “maybe” is what may or may not be."))
    else:
        st.caption(_("Open Food Facts has no list of ingredients that it understands: nothing can be concluded."))


def _additives(row: pd.Series) -> None:
    """Additives by number, name and function."""
    count = len(row["additives"])
    if not count:
        st.markdown("**" + _("Additives") + "**")
        st.markdown(
            _("None in the list of ingredients.") if row["ingredients"] else _("Not known: there are no ingredients.")
        )
        return
    title = ngettext("{count} additive", "{count} additives", count).format(count=locales.number(count))
    st.markdown(f"**{title}**")
    table = pd.DataFrame(
        {
            "number": [tag.rpartition(":")[2].upper() for tag in row["additives"]],
            "name": [tags.name(tag) for tag in row["additives"]],
            "function": [_functions(tag) for tag in row["additives"]],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        placeholder="–",
        column_config={
            "number": st.column_config.TextColumn(_("Number"), width=70),
            "name": st.column_config.TextColumn(_("Name")),
            "function": st.column_config.TextColumn(_("Main function")),
        },
    )
    st.caption(
        _(
            "Which: by Open Food Facts, from the ingredients. Names: Regulation (EC) 1333/2008, annex II; main "
            "function: its annex I and Codex CXG 36-1989. In a product an additive may have another one."
        )
    )
    downloads.table(table, "food_additives", excel=False)


def _functions(tag: str) -> str | None:
    """What an additive is for: its main functions, the first one first."""
    known = tags.known(tag)
    return ", ".join(map(tag_name, known.functions)) if known else None


def _packaging(row: pd.Series) -> None:
    st.markdown("**" + _("Packaging") + "**")
    if not row["packaging"]:
        st.markdown(_("Not known: nobody described it."))
        return
    table = pd.DataFrame(
        [
            {
                "units": None if one.units is None else locales.number(one.units),
                **{name: tag_name(tag) if tag else None for name, tag in _tags(one).items()},
                "weight": None if one.weight is None else f"{locales.number(one.weight, 1)} g",
            }
            for one in row["packaging"]
        ]
    ).dropna(axis=1, how="all")
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        placeholder="–",
        column_config={
            "units": st.column_config.TextColumn(_("Units"), alignment="right", width=56),
            "shape": st.column_config.TextColumn(_("Shape")),
            "material": st.column_config.TextColumn(_("Material")),
            "recycling": st.column_config.TextColumn(_("Recycling")),
            "weight": st.column_config.TextColumn(_("Weight of one"), alignment="right"),
        },
    )
    st.caption(_("As the public described it; what to recycle differs from place to place."))


def _tags(one: Packaging) -> dict[str, str]:
    return {"shape": one.shape, "material": one.material, "recycling": one.recycling}


def _green(green: GreenScore, grade: object) -> None:
    """The Green-Score and what it is made of, as published."""
    written = str(grade).upper().replace("-PLUS", "+") if isinstance(grade, str) else ""
    if green.score is None:
        st.markdown("**" + (_("Green-Score {grade}").format(grade=written) if written else _("Green-Score")) + "**")
        if not green.applies:
            st.markdown(_("There is none for this kind of product, Open Food Facts says."))
        elif not written:
            st.markdown(_("Not known: its category or ingredients were not written down precisely enough."))
        else:
            st.markdown(_("Open Food Facts does not say how it comes about."))
        return
    sentence = _("Green-Score {grade}: {score} of 100 points")
    st.markdown("**" + sentence.format(grade=written or "?", score=locales.number(green.score)) + "**")
    table = pd.DataFrame(
        {
            "part": [_(PARTS[name]) for name in green.parts],
            "points": [
                locales.number(value) if name == "life_cycle" else locales.signed(value, locales.number)
                for name, value in green.parts.items()
            ],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        column_config={
            "part": st.column_config.TextColumn(_("Part")),
            "points": st.column_config.TextColumn(_("Points"), alignment="right"),
        },
        placeholder="–",
    )
    notes = []
    proxy = green.proxy.get(locales.language()) or green.proxy.get("en")
    if proxy:
        notes.append(_("Life cycle: Agribalyse (ADEME), of “{proxy}”.").format(proxy=proxy))
    if green.co2 is not None:
        kilograms = locales.number(green.co2, 2)
        notes.append(_("{amount} kg of CO2 equivalent a kg of it.").format(amount=kilograms))
    if abs(sum(green.parts.values()) - green.score) > 0.5:
        notes.append(_("The parts that are published do not add up to the score."))
    if green.missing:
        named = ", ".join(_(MISSING[one]) if one in MISSING else one for one in green.missing)
        notes.append(_("Computed without what nobody wrote down: {missing}.").format(missing=named))
    notes.append(_("Transport is that to a buyer who did not say where."))
    st.caption(plain(" ".join(notes)))
