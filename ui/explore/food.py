"""The page of food products: search, table or cards, the sheet of one product."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import pandas as pd
import streamlit as st

import locales
from charts.explore import food as charts
from charts.explore.food import MARKS
from charts.theme import faded
from connectors import ConnectorError, openfoodfacts
from data.food import DEMO, NUTRIENTS, OPEN_FOOD_FACTS, tag_name
from models.explore import food as model
from models.explore.food import LIT
from ui import cards, downloads, inputs
from ui.explore import food_points, food_source
from ui.explore.food_source import Asked, Shelf
from ui.text import N_, _, ngettext, plain

SHOWN = ("energy_kcal", "fat", "saturated_fat", "sugars", "fiber", "salt")
GRADES = ("", "a", "b", "c", "d", "e")
COUNTRIES = {
    "": N_("All countries"),
    "en:france": N_("France"),
    "en:united-kingdom": N_("United Kingdom"),
    "en:germany": N_("Germany"),
    "en:spain": N_("Spain"),
    "en:italy": N_("Italy"),
    "en:belgium": N_("Belgium"),
    "en:switzerland": N_("Switzerland"),
    "en:netherlands": N_("Netherlands"),
    "en:united-states": N_("United States"),
    "en:canada": N_("Canada"),
}
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
# Headings of columns, where the name in full does not fit.
HEADINGS = {"fat": N_("Fat, g"), "saturated_fat": N_("Saturates, g")}
PER: dict[Literal["100g", "serving"], str] = {"100g": N_("In 100 g or 100 ml"), "serving": N_("In a serving")}
LAYOUT = {"table": N_("Table"), "cards": N_("Cards")}
SCORES: dict[str, Literal["green", "orange", "red"]] = {"low": "green", "medium": "orange", "high": "red"}
ALTERNATIVES = 5
LISTED = 5  # names in a sentence
MOST_ROWS = 18  # of a table without a scroll bar
CARD_HEIGHT = 120  # pixels of a picture


# Search


def ask() -> Asked:
    """The search form and the photo, remembered in the URL; nothing is asked before it is sent off."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with (
            st.form("food-search", border=False),
            st.container(horizontal=True, vertical_alignment="bottom"),
        ):
            with st.container(width=550):
                text = inputs.text(_("Product, brand or barcode"), "q", _("muesli, or 3029330003533"))
            with st.popover(_("Filters"), icon=":material/tune:"):
                near = st.session_state.get("food-categories", [])
                known = [st.session_state.get("category") or st.query_params.get("category", "")]
                tags = list(dict.fromkeys(["", *near, *known]))
                category = inputs.choice(
                    _("Category"), tags, "category", lambda tag: tag_name(tag) if tag else _("All")
                )
                country = inputs.choice(_("Sold in"), list(COUNTRIES), "country", lambda tag: _(COUNTRIES[tag]))
                grade = inputs.choice(_("Nutri-Score"), GRADES, "grade", lambda one: one.upper() or _("All"))
            st.form_submit_button(_("Search"), type="primary", icon=":material/search:", on_click=_searched)
        with st.popover(_("Photo"), icon=":material/barcode_scanner:", help=_("Read a barcode from a picture")):
            st.file_uploader(
                _("A picture with a barcode"),
                ["jpg", "jpeg", "png", "webp"],
                key="photo",
                on_change=_scanned,
                max_upload_size=20,
            )
        if text or category or country or grade or st.query_params.get_all("with") or st.query_params.get("basket"):
            st.button(_("Demo"), icon=":material/science:", on_click=_cleared, help=_("Back to the demo products"))
    if problem := st.session_state.pop("food-problem", None):
        st.warning(problem, icon=":material/barcode:")
    return Asked(text, category, country, grade, page())


def page() -> int:
    """The page of the hits that the URL names."""
    named = st.query_params.get("page", "1")
    return int(named) if named.isdecimal() and 0 < int(named) < 1_000 else 1


def _searched() -> None:
    st.query_params.pop("page", None)
    try:
        code = food_source.barcode(st.session_state["q"].strip())
    except ConnectorError:  # the page says it
        code = ""
    st.session_state.update({"view": "product" if code else "products", "code": code})


def _scanned() -> None:
    if photo := st.session_state.get("photo"):
        try:
            code = openfoodfacts.barcodes_in(photo.getvalue())[0]
        except ConnectorError as error:
            st.session_state["food-problem"] = error.sentence()
            return
        st.session_state.update({"q": code, "code": code, "view": "product"})


def _cleared() -> None:
    blank = dict.fromkeys(("q", "category", "country", "grade", "code"), "")
    st.session_state.update(blank | {"with": [], "basket": {}, "view": "products"})
    st.query_params.pop("page", None)


def provenance(shelf: Shelf) -> None:
    """Where the products are from, and how old that is."""
    if shelf.source == DEMO:
        sentence = _("{count} products that nobody sells, to try this page on. Search above for real ones.")
        st.caption(f":material/science: **{plain(_(DEMO))}** · " + sentence.format(count=locales.number(shelf.count)))
        return
    hits = ngettext("{count} product found", "{count} products found", shelf.count)
    when = _("retrieved {moment}").format(moment=locales.moment(shelf.retrieved))
    licences(*([] if shelf.error else [hits.format(count=locales.number(shelf.count)), when]))
    food_source.warn(shelf, "shelf")


def licences(*facts: str) -> None:
    """Open Food Facts, these facts, and under which licences its parts are."""
    odbl, dbcl, images = (f"[{name}]({url})" for name, url in openfoodfacts.LICENCES.items())
    written = _("written by the public; database {odbl}, contents {dbcl}, pictures {images}")
    home = f":material/public: **[{OPEN_FOOD_FACTS}](https://world.openfoodfacts.org)**"
    st.caption(" · ".join([home, *facts, written.format(odbl=odbl, dbcl=dbcl, images=images)]))


# Products


def products(shelf: Shelf) -> None:
    """All products in sight, as a coloured table with the nutrients one wants, or as cards."""
    _answer(shelf.frame)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        layout = inputs.view(_("Layout"), list(LAYOUT), "layout", lambda one: _(LAYOUT[one]))
        per = inputs.view(_("Amounts"), list(PER), "per", lambda one: _(PER[one]))
    if layout == "cards":
        _cards(shelf, per)
    else:
        known = [name for name in NUTRIENTS if shelf.frame[f"{name}_{per}"].notna().any()]
        if "cols" not in st.session_state and not st.query_params.get_all("cols"):
            st.session_state["cols"] = [name for name in SHOWN if name in known]
        columns = inputs.pills(_("Columns"), known, "cols", charts.label)
        picked = table(shelf.frame, [name for name in known if name in columns], per, f"food-table-{page()}")
        actions([shelf.frame["code"].iloc[row] for row in picked if row < len(shelf.frame)])
    doubtful(shelf.frame, names(shelf.frame))
    _paging(shelf)
    downloads.table(plain_table(shelf.frame), "food_products")


def among(known: pd.Series) -> str:
    """Of how many products a share is: those that have a grade or a level."""
    one = ngettext("of {count} product that has one", "of {count} products that have one", len(known))
    return one.format(count=locales.number(len(known)))


def _answer(products: pd.DataFrame) -> None:
    """How healthy what is in sight is, in four cards."""
    graded, levels = products["nutriscore"].dropna(), model.lights(products)
    red = levels.eq("high").any(axis=1)
    least = products.loc[red.index[~red & levels.ne("").all(axis=1)]]
    processed = products["nova"].dropna()

    def share(of: pd.Series) -> str:
        return locales.percent(of.mean()) if len(of) else "?"

    lit = levels.ne("").any(axis=1)
    cards.metrics(
        [
            (_("Products in sight"), locales.number(len(products)), _("on this page and chosen before")),
            (_("Nutri-Score A or B"), share(graded.isin(["a", "b"])), among(graded)),
            (_("Ultra-processed (NOVA 4)"), share(processed.eq(4)), among(processed)),
            (
                _("With a red light"),
                share(red[lit]),
                _("high in fat, saturates, sugars or salt; {count} state all four and are not").format(
                    count=locales.number(len(least))
                ),
            ),
        ]
    )


def plain_table(products: pd.DataFrame) -> pd.DataFrame:
    """What is known of products as a table for files: tags as text, units in the names of the columns."""
    table = products.dropna(axis=1, how="all").copy()
    for name in ("categories", "countries", "labels", "allergens", "traces", "additives"):
        table[name] = [", ".join(tags) for tags in table[name]]
    units = {f"{name}_{per}": f"{name}_{per} ({one.unit})" for name, one in NUTRIENTS.items() for per in PER}
    return table.rename(columns=units)


def table(products: pd.DataFrame, columns: Sequence[str], per: str, key: str) -> list[int]:
    """Products with some nutrients, coloured as traffic lights; the rows that the reader ticked."""
    shown = pd.DataFrame(
        {
            "image": products["image_small"],
            "name": products["name"].where(products["name"].ne(""), products["code"]),
            "brands": products["brands"].str.split(",").str[0],
            "nutriscore": products["nutriscore"].str.upper(),
            "nova": products["nova"],
        }
    )
    amounts = products[[f"{name}_{per}" for name in columns]].set_axis(list(columns), axis=1)
    if shown["image"].isna().all():
        del shown["image"]
    styled = _coloured(pd.concat([shown, amounts], axis=1), model.lights(products), columns)
    config: dict[str, Any] = {
        "image": st.column_config.ImageColumn("", width=44),
        "name": st.column_config.TextColumn(_("Product"), pinned=True, width=170),
        "brands": st.column_config.TextColumn(_("Brand"), width=90),
        "nutriscore": st.column_config.TextColumn(_("Nutri-Score"), width=84),
        "nova": st.column_config.NumberColumn(_("NOVA"), format="%d", width=58, help=_("1 hardly, 4 ultra-processed")),
    }
    for name in columns:
        full = _("{nutrient}, {unit}").format(nutrient=charts.label(name), unit=NUTRIENTS[name].unit)
        heading = _(HEADINGS[name]) if name in HEADINGS else full
        config[name] = st.column_config.NumberColumn(heading, width=max(76, 16 + 6 * len(heading)))
    picked = st.dataframe(
        styled,
        column_config=config,
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key=key,
        height="content" if len(products) <= MOST_ROWS else 640,
        placeholder="–",
    ).selection.rows
    st.caption(legend())
    return list(picked)


def legend() -> str:
    """What the marks of the traffic lights mean."""
    marks = " · ".join(f"{mark} {charts.level_name(level)}" for level, mark in MARKS.items())
    return _(
        "{marks}: traffic lights as on packages in the United Kingdom, with limits of their own for drinks."
    ).format(marks=marks)


def _coloured(table: pd.DataFrame, levels: pd.DataFrame, columns: Sequence[str]) -> "pd.io.formats.style.Styler":
    lit = [name for name in columns if name in LIT]
    styler = table.style.apply(lambda _table: levels[lit].map(shade), axis=None, subset=lit) if lit else table.style
    for name in columns:
        unit = NUTRIENTS[name].unit
        digits = 0 if unit in ("kJ", "kcal", "mg", "µg") else 2 if name == "salt" else 1
        if name not in LIT:
            styler = styler.format(_with(digits, ""), subset=[name])
            continue
        for level, rows in table.groupby(levels[name]).groups.items():
            mark = f" {MARKS[level]}" if level else ""
            styler = styler.format(_with(digits, mark), subset=pd.IndexSlice[rows, [name]])
    return styler


def shade(level: str) -> str:
    """The background of a traffic light, as CSS."""
    return f"background-color: {faded(charts.COLOURS[level], 0.28)}" if level else ""


def _with(digits: int, mark: str) -> Callable[[float], str]:
    return lambda value: "" if pd.isna(value) else f"{locales.number(value, digits)}{mark}"


def actions(codes: list[str]) -> None:
    """What can be done with the products ticked."""
    if not codes:
        st.caption(_("Tick products on the left to open, compare or add them to the basket."))
        return
    compare = ngettext("Compare {count} product", "Compare {count} products", len(codes)).format(count=len(codes))
    with st.container(horizontal=True):
        st.button(_("Open"), on_click=show_product, args=(codes[0],), icon=":material/article:")
        st.button(compare, on_click=_compare, args=(codes,), icon=":material/compare_arrows:", type="primary")
        st.button(_("Add to the basket"), on_click=add, args=(codes,), icon=":material/add_shopping_cart:")


def show_product(code: str) -> None:
    """Open the sheet of a product."""
    _bring([code])
    st.session_state.update({"code": code, "view": "product"})


def _compare(codes: list[str]) -> None:
    _bring(codes)
    chosen = st.session_state.get("with", st.query_params.get_all("with"))
    st.session_state.update({"with": list(dict.fromkeys([*chosen, *codes])), "view": "compare"})


def _bring(codes: list[str]) -> None:
    """Have the whole page run for products that are not in sight yet: those of a list, or of a loaded category."""
    if not set(codes) <= st.session_state.get("food-sizes", {}).keys():
        st.session_state["food-bring"] = True


def doubtful(products: pd.DataFrame, called: Mapping[str, str]) -> None:
    """Which of these products have a label that cannot be right."""
    wrong = [called[row["code"]] for _place, row in products.iterrows() if model.flags(row)]
    if wrong:
        sentence = ngettext(
            "{count} label cannot be right: {names}.", "{count} labels cannot be right: {names}.", len(wrong)
        )
        listed = plain(", ".join(wrong[:LISTED]) + (", …" if len(wrong) > LISTED else ""))
        st.caption(":material/flag: " + sentence.format(count=locales.number(len(wrong)), names=listed))


def _cards(shelf: Shelf, per: str) -> None:
    levels = model.lights(shelf.frame)
    with st.grid("auto", min_column_width=230):
        for place, row in enumerate(shelf.frame.itertuples()):
            with st.container(border=True, height="stretch"):
                if row.image_small == row.image_small and row.image_small:
                    with st.container(height=CARD_HEIGHT, border=False, horizontal_alignment="center"):
                        st.image(row.image_small, width=90, alt=name_of(row.name, row.brands, row.code))
                grade = _("Nutri-Score {grade}").format(grade=_upper(row.nutriscore))
                lights = "  \n".join(
                    f":{SCORES[level]}-badge[{MARKS[level]} {charts.label(name)} {charts.amount(name, value)}]"
                    for name in LIT
                    if (level := levels[name].iloc[place]) and (value := getattr(row, f"{name}_{per}")) == value
                )
                with st.container(height="stretch"):  # so that the buttons of a row are on one line
                    st.markdown(
                        f"**{plain(row.name or row.code)}**  \n"
                        f":small[{plain(row.brands)}]  \n{plain(grade)}  \n{lights}"
                    )
                with st.container(horizontal=True):
                    key = f"{row.code}-{place}"
                    st.button(_("Open"), key=f"open-{key}", on_click=show_product, args=(row.code,))
                    st.button(_("Compare"), key=f"with-{key}", on_click=_compare, args=([row.code],), type="tertiary")
    st.caption(legend())


def _upper(grade: object) -> str:
    return grade.upper() if isinstance(grade, str) and grade else "?"


def _paging(shelf: Shelf) -> None:
    if shelf.pages < 2:
        return
    now = page()
    with st.container(horizontal=True, vertical_alignment="center"):
        back = st.button(_("Previous"), icon=":material/chevron_left:", disabled=now <= 1)
        st.markdown(_("Page {page} of {pages}").format(page=now, pages=locales.number(shelf.pages)))
        on = st.button(_("Next"), icon=":material/chevron_right:", disabled=now >= shelf.pages)
    if back or on:
        st.query_params["page"] = str(now + (1 if on else -1))
        st.rerun()


def name_of(name: str, brands: str, code: str) -> str:
    """A product in a list: its name and its first brand."""
    return " · ".join(part for part in (name or code, brands.split(",")[0].strip()) if part)


def names(products: pd.DataFrame) -> dict[str, str]:
    """A name for each code, with the end of the code where two would be the same."""
    named = {row.code: name_of(row.name, row.brands, row.code) for row in products.itertuples()}
    twice = pd.Series(named).duplicated(keep=False)
    return {code: f"{name} ({code[-4:]})" if twice[code] else name for code, name in named.items()}


# One product


def product(shelf: Shelf) -> None:
    """The sheet of one product: lights, place in its category, what it is made of."""
    called = names(shelf.frame)
    code = inputs.choice(_("Product"), list(called), "code", called.__getitem__)
    st.query_params["code"] = code  # also where it is the first: another day it may not be
    row = shelf.frame[shelf.frame["code"].eq(code)].iloc[0]
    _identity(row)
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
    _made_of(row)


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
            _("**Nutri-Score {grade}** (A to E)").format(grade=_upper(row["nutriscore"])),
            _("**NOVA {group}**: {meaning}").format(
                group=locales.number(row["nova"]) if row["nova"] == row["nova"] else "?",
                meaning=_(NOVA[int(row["nova"])]) if row["nova"] == row["nova"] else _("not known"),
            ),
            _("**Green-Score {grade}**").format(grade=plain(_upper(row["green_score"]))),
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
            st.button(_("Compare"), on_click=_compare, args=([row["code"]],), icon=":material/compare_arrows:")
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
                        grade=_upper(other["nutriscore"]),
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


def _made_of(row: pd.Series) -> None:
    none, unknown = _("none given"), _("not known")
    tags = {
        _("Allergens"): row["allergens"],
        _("May contain traces of"): row["traces"],
        _("Additives"): row["additives"],
        _("Labels"): row["labels"],
        _("Categories"): row["categories"],
    }
    parts = {_("Ingredients"): row["ingredients"] or unknown}
    parts |= {heading: ", ".join(map(tag_name, some)) or none for heading, some in tags.items()}
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


# Basket


def grams() -> dict[str, float]:
    """The basket: code -> g or ml; in the URL as code:amount."""
    if "basket" not in st.session_state:
        found = {}
        for part in st.query_params.get_all("basket"):
            code, _colon, amount = part.partition(":")
            if code.isdecimal() and len(code) <= 24 and amount.isdecimal() and 0 < int(amount) <= 100_000:
                found[code] = float(amount)
        st.session_state["basket"] = found
    kept: dict[str, float] = st.session_state["basket"]
    return kept


def add(codes: list[str]) -> None:
    """Put products into the basket, a serving of each, or 100 g where that is not known."""
    _bring(codes)
    sizes = st.session_state.get("food-sizes", {})
    st.session_state["basket"] = {code: sizes.get(code) or 100.0 for code in codes} | grams()
    st.session_state["view"] = "basket"


def publish_basket() -> None:
    """The basket into the URL."""
    wanted = [f"{code}:{amount:.0f}" for code, amount in grams().items()]
    if st.query_params.get_all("basket") != wanted:
        if wanted:
            st.query_params["basket"] = wanted
        else:
            st.query_params.pop("basket", None)
