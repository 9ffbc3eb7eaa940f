"""The page of food products: search, and what was found as a table or cards."""

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
from models.explore.wishes import Wishes
from ui import cards, downloads, inputs
from ui.explore import food_source, food_wishes
from ui.explore.food_basket import add, bring, compare
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
# Headings of columns, where the name in full does not fit.
HEADINGS = {"fat": N_("Fat, g"), "saturated_fat": N_("Saturates, g")}
PER: dict[Literal["100g", "serving"], str] = {"100g": N_("In 100 g or 100 ml"), "serving": N_("In a serving")}
SCORES: dict[str, Literal["green", "orange", "red"]] = {"low": "green", "medium": "orange", "high": "red"}
LAYOUT = {"table": N_("Table"), "cards": N_("Cards")}
LISTED = 5  # names in a sentence
MAX_ROWS = 18  # of a table without a scroll bar
CARD_HEIGHT = 120  # pixels of a picture
NO_WISHES = Wishes()


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


def products(shelf: Shelf, wishes: Wishes) -> None:
    """All products in sight, as a coloured table with the nutrients one wants, or as cards; ranked by wishes."""
    _answer(shelf.frame)
    found = food_wishes.ranked(shelf.frame, wishes)
    food_wishes.summary(found, wishes)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        layout = inputs.view(_("Layout"), list(LAYOUT), "layout", lambda one: _(LAYOUT[one]))
        per = inputs.view(_("Amounts"), list(PER), "per", lambda one: _(PER[one]))
    if layout == "cards":
        _cards(found, per, wishes)
    else:
        known = [name for name in NUTRIENTS if found[f"{name}_{per}"].notna().any()]
        if "cols" not in st.session_state and not st.query_params.get_all("cols"):
            st.session_state["cols"] = [name for name in SHOWN if name in known]
        columns = inputs.pills(_("Columns"), known, "cols", charts.label)
        key = f"food-table-{page()}-{hash(wishes)}"  # ticks are those of rows, whose order may have changed
        picked = table(found, [name for name in known if name in columns], per, key, wishes)
        actions([found["code"].iloc[row] for row in picked if row < len(found)])
    doubtful(shelf.frame, names(shelf.frame))
    _paging(shelf)
    downloads.table(plain_table(found), "food_products")


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
    table = products.drop(columns=["because", "packaging", "green", "known"], errors="ignore").copy()
    for name in ("categories", "countries", "labels", "allergens", "traces", "additives"):
        table[name] = [", ".join(tags) for tags in table[name]]
    for name in ("vegan", "vegetarian", "palm_oil"):
        table[name] = pd.Series([said.get(name) for said in products["analysis"]], table.index, dtype="str")
    table["packaging"] = [
        "; ".join(", ".join(filter(None, (one.shape, one.material, one.recycling))) for one in parts)
        for parts in products["packaging"]
    ]
    table = table.drop(columns="analysis").dropna(axis=1, how="all")
    units = {f"{name}_{per}": f"{name}_{per} ({one.unit})" for name, one in NUTRIENTS.items() for per in PER}
    return table.rename(columns=units)


def table(products: pd.DataFrame, columns: Sequence[str], per: str, key: str, wishes: Wishes = NO_WISHES) -> list[int]:
    """Products with some nutrients, coloured as traffic lights; the rows that the reader ticked."""
    products = products.reset_index(drop=True)
    shown = pd.DataFrame(
        {
            "image": products["image_small"],
            "name": products["name"].where(products["name"].ne(""), products["code"]),
            "brands": products["brands"].str.split(",").str[0],
            "nutriscore": products["nutriscore"].str.upper(),
            "nova": products["nova"],
        }
    )
    shown = pd.concat([shown, food_wishes.written(products, wishes)], axis=1)
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
        **food_wishes.config(),
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
        height="content" if len(products) <= MAX_ROWS else 640,
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
    beside = ngettext("Compare {count} product", "Compare {count} products", len(codes)).format(count=len(codes))
    with st.container(horizontal=True):
        st.button(_("Open"), on_click=show_product, args=(codes[0],), icon=":material/article:")
        st.button(beside, on_click=compare, args=(codes,), icon=":material/compare_arrows:", type="primary")
        st.button(_("Add to the basket"), on_click=add, args=(codes,), icon=":material/add_shopping_cart:")


def show_product(code: str) -> None:
    """Open the sheet of a product."""
    bring([code])
    st.session_state.update({"code": code, "view": "product"})


def doubtful(products: pd.DataFrame, called: Mapping[str, str]) -> None:
    """Which of these products have a label that cannot be right."""
    wrong = [called[row["code"]] for _place, row in products.iterrows() if model.flags(row)]
    if wrong:
        sentence = ngettext(
            "{count} label cannot be right: {names}.", "{count} labels cannot be right: {names}.", len(wrong)
        )
        listed = plain(", ".join(wrong[:LISTED]) + (", …" if len(wrong) > LISTED else ""))
        st.caption(":material/flag: " + sentence.format(count=locales.number(len(wrong)), names=listed))


def _cards(products: pd.DataFrame, per: str, wishes: Wishes) -> None:
    levels, fitting = model.lights(products), food_wishes.in_words(products, wishes)
    with st.grid("auto", min_column_width=230):
        for place, row in enumerate(products.itertuples()):
            with st.container(border=True, height="stretch"):
                if row.image_small == row.image_small and row.image_small:
                    with st.container(height=CARD_HEIGHT, border=False, horizontal_alignment="center"):
                        st.image(row.image_small, width=90, alt=name_of(row.name, row.brands, row.code))
                grade = " · ".join([_("Nutri-Score {grade}").format(grade=upper(row.nutriscore)), *fitting[place]])
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
                    st.button(_("Compare"), key=f"with-{key}", on_click=compare, args=([row.code],), type="tertiary")
    st.caption(legend())


def upper(grade: object) -> str:
    """A grade as it is written on packages."""
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
