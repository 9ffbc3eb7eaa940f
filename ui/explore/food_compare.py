"""Food products together: side by side, a category with its brands and healthier choices, a basket against a day."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import streamlit as st

import locales
from charts.explore import food as charts
from charts.explore.food import MARKS
from data.food import NUTRIENTS, tag_name
from models.explore import food as model
from models.explore.food import LIT, How
from models.explore.wishes import Wishes
from ui import cards, downloads, inputs
from ui.explore import food_source, food_wishes
from ui.explore.food import PER, among, doubtful, legend, names, plain_table, shade
from ui.explore.food_basket import add, grams
from ui.explore.food_product import healthier, loader
from ui.explore.food_source import Shelf
from ui.text import N_, _, plain

SOURCE = 34  # characters of a product's name on a card
WIDEST = 240  # pixels of a product's column
HOW: dict[How, str] = {"absolute": N_("Amounts"), "first": N_("Against the first"), "best": N_("Against the best")}


def compare(shelf: Shelf, wishes: Wishes) -> None:
    """As many products as one likes, side by side."""
    called = names(shelf.frame)
    wanted = st.session_state.get("with", st.query_params.get_all("with"))
    # What could not be asked for stays chosen, to be there when one tries again.
    lacking = [code for code in wanted if code not in called and code.isdecimal()] if shelf.down else []
    picked = inputs.several(_("Products to compare"), [*called, *lacking], "with", lambda code: called.get(code, code))
    codes = [code for code in picked if code in called]
    if lacking:
        st.caption(_("Not at hand while Open Food Facts cannot be asked: {codes}.").format(codes=", ".join(lacking)))
    if len(codes) < 2:
        st.info(_("Choose two products or more: here, or by ticking them in the table."))
        return
    chosen = shelf.frame.set_index("code", drop=False).loc[codes].reset_index(drop=True)
    fitting = food_wishes.ranked(chosen, wishes)
    food_wishes.best(fitting, wishes, called)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        how = inputs.view(_("How"), list(HOW), "how", lambda one: _(HOW[one]))
        per = inputs.view(_("Amounts"), list(PER), "per", lambda one: _(PER[one]))
    table = model.compare(chosen, how, per)
    if table.empty:
        st.info(_("These products have no amounts to compare: choose others, or amounts in 100 g or 100 ml."))
        return
    usual = "sugars" if "sugars" in table.index else str(table.index[0])
    nutrient = inputs.choice(_("Nutrient in the figure"), list(table.index), "nutrient", charts.label, default=usual)
    levels = model.lights(chosen).set_axis(chosen["code"])
    units = set(chosen["liquid"])
    amount = _("100 g or 100 ml") if len(units) > 1 else "100 ml" if units == {True} else "100 g"
    amount = _("a serving") if per == "serving" else amount
    shown = levels[nutrient] if nutrient in LIT and per == "100g" else pd.Series(dtype="str")
    cards.figure(
        charts.compared(table.loc[nutrient], called, nutrient, how, amount, shown),
        "food_compared",
        table.rename(columns=called).rename_axis("nutrient").reset_index(),
    )
    _side_by_side(table, levels if how == "absolute" and per == "100g" else None, called, how)
    apart = [charts.label(name) for name in model.amounts(chosen, per).index if name not in table.index]
    if apart:
        why = _("Not compared, as the first product or all others do not state them: {nutrients}.")
        best = _("Not compared, as only one product states them, or neither less nor more is better: {nutrients}.")
        st.caption((why if how == "first" else best).format(nutrients=", ".join(apart)))
    doubtful(chosen, called)
    facts = fitting[["code", "nutriscore", "nova", "green_score", "serving", "allergens", "additives"]]
    facts = pd.concat([facts, food_wishes.written(fitting, wishes)], axis=1)
    st.dataframe(
        facts.assign(
            code=facts["code"].map(called),
            nutriscore=facts["nutriscore"].str.upper(),
            green_score=facts["green_score"].str.upper(),
            serving=facts["serving"].where(facts["serving"].ne("")),
            allergens=[", ".join(map(tag_name, tags)) or None for tags in facts["allergens"]],
            additives=[len(tags) for tags in facts["additives"]],
        ),
        hide_index=True,
        height="content",
        placeholder="–",
        column_config={
            "code": st.column_config.TextColumn(_("Product"), width=_width(called[code] for code in codes)),
            "nutriscore": _("Nutri-Score"),
            "nova": st.column_config.NumberColumn(_("NOVA"), format="%d"),
            "green_score": _("Green-Score"),
            "serving": _("Serving"),
            "allergens": _("Allergens"),
            "additives": _("Additives, count"),
            **food_wishes.config(),
        },
    )


def _side_by_side(table: pd.DataFrame, levels: pd.DataFrame | None, called: dict[str, str], how: str) -> None:
    best = model.best(table)

    def written(nutrient: str, code: str) -> str:
        value = table.loc[nutrient, code]
        if value != value:
            return "–"
        if how != "absolute":
            return charts.difference(nutrient, value)
        level = levels.loc[code, nutrient] if levels is not None and nutrient in LIT else ""
        star = " ★" if value == best[nutrient] else ""
        return charts.amount(nutrient, value) + (f" {MARKS[level]}" if level else "") + star

    words = pd.DataFrame(
        {code: {charts.label(name): written(name, code) for name in table.index} for code in table.columns}
    )
    styler = words.style
    if levels is not None:
        lit = [name for name in table.index if name in LIT]
        shades = levels[lit].map(shade).T.set_axis([charts.label(name) for name in lit], axis=0)
        styler = styler.apply(lambda _words: shades, axis=None, subset=pd.IndexSlice[shades.index, shades.columns])
    columns = {
        code: st.column_config.TextColumn(called[code], width=_width([called[code]]), alignment="right")
        for code in words
    }
    columns["_index"] = st.column_config.TextColumn(_("Nutrient"), pinned=True)
    st.dataframe(styler, height="content", column_config=columns, placeholder="–")
    if how == "absolute":
        st.caption(_("★ best of these") + (" · " + legend() if levels is not None else ""))


def _width(texts: Iterable[str]) -> int:
    """Pixels in which such texts can be read."""
    return min(max(110, *(20 + 6 * len(text) for text in texts)), WIDEST)


def category(shelf: Shelf, _wishes: Wishes) -> None:
    """The products of a category: grades, brands, and what would be healthier."""
    counts = model.categories(shelf.frame)
    options = list(dict.fromkeys([*counts.index, *food_source.loaded()]))
    if not options:
        st.info(_("No two products in sight share a category: search for more of a kind."))
        return
    usual = next((tag for tag in food_source.loaded()), _typical(shelf.frame, counts))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        tag = inputs.choice(_("Category"), options, "cat", tag_name, default=usual)
        loader(shelf, tag)
    peers = food_source.category(shelf, tag)
    if peers.empty:
        st.info(_("No product of this category is in sight: load it."))
        return
    _summary(peers, tag)
    known = [name for name in NUTRIENTS if peers[f"{name}_100g"].notna().any()]
    nutrient = inputs.choice(_("Nutrient by brand"), known, "nutrient", charts.label, "sugars") if known else ""
    with st.grid("auto", min_column_width=400):
        counts = model.grades(peers)
        cards.figure(charts.grades(counts, tag_name(tag)), "food_grades", counts.rename_axis("grade").reset_index())
        table = model.by_brand(peers, nutrient) if nutrient else peers.iloc[:0]
        if len(table):
            liquid = bool(peers["liquid"].mean() > 0.5)
            cards.figure(charts.brands(table, nutrient, liquid), "food_brands", table)
    called = names(peers)
    rank = peers["nutriscore"].fillna("").sort_values(ascending=False, kind="stable").index
    worst = peers.loc[rank, "code"].tolist()
    code = inputs.choice(_("Look for something healthier than"), worst, "code", called.__getitem__, default=worst[0])
    healthier(peers, peers[peers["code"].eq(code)].iloc[0], tag)
    downloads.table(plain_table(peers), "food_category")


def _typical(products: pd.DataFrame, counts: pd.Series) -> str:
    """The narrowest category that half of the products share, or at least a good part of them."""
    wide = next((some for share in (0.5, 0.15) if len(some := counts[counts >= max(3, share * len(products))])), counts)
    depth = {tag: np.median([tags.index(tag) for tags in products["categories"] if tag in tags]) for tag in wide.index}
    return max(depth, key=lambda tag: depth[tag])


def _summary(peers: pd.DataFrame, tag: str) -> None:
    typical = model.medians(peers, least=1)["median"]
    graded = peers["nutriscore"].dropna()
    shown = [
        (
            _("Products"),
            locales.number(len(peers)),
            _("of {category} in sight").format(category=plain(tag_name(tag))),
        ),
        (
            _("Nutri-Score A or B"),
            locales.percent(graded.isin(["a", "b"]).mean()) if len(graded) else "?",
            among(graded),
        ),
    ]
    unit = "100 ml" if peers["liquid"].mean() > 0.5 else "100 g"
    for name in ("sugars", "salt"):
        value = charts.amount(name, typical[name]) if name in typical.index else "?"
        heading = _("Typical {nutrient}").format(nutrient=charts.label(name).lower())
        shown.append((heading, value, _("median, in {unit}").format(unit=unit)))
    cards.metrics(shown)


def _remove(code: str) -> None:
    st.session_state["basket"] = {one: amount for one, amount in grams().items() if one != code}


def _weigh(code: str) -> None:
    st.session_state["basket"] = grams() | {code: float(st.session_state[f"grams-{code}"])}


def basket(shelf: Shelf, _wishes: Wishes) -> None:
    """How much of which products, and what that is of a day's reference intake."""
    called = names(shelf.frame)
    held = {code: amount for code, amount in grams().items() if code in called}
    more = [code for code in called if code not in held]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = f"add-{len(held)}"
        st.selectbox(
            _("Add a product"),
            more,
            index=None,
            placeholder=_("Choose"),
            format_func=called.__getitem__,
            key=key,
            on_change=lambda: add([st.session_state[key]]),
        )
        days = inputs.number(_("Days it is for"), "days", 1, 1, 365)
    if not held:
        st.info(_("The basket is empty: add products here, or tick them in the table."))
        return
    liquid = dict(zip(shelf.frame["code"], shelf.frame["liquid"], strict=True))
    with st.grid("auto", min_column_width=320):
        for code, amount in held.items():
            with st.container(horizontal=True, vertical_alignment="bottom", border=True, height="stretch"):
                st.session_state.setdefault(f"grams-{code}", int(amount))
                st.number_input(
                    f"{plain(called[code])}, {'ml' if liquid[code] else 'g'}",
                    1,
                    100_000,
                    key=f"grams-{code}",
                    step=10,
                    on_change=_weigh,
                    args=(code,),
                )
                st.button(
                    "", key=f"drop-{code}", icon=":material/delete:", on_click=_remove, args=(code,), help=_("Remove")
                )
    totals = model.basket(shelf.frame, held)
    if totals.empty:
        st.info(_("No amounts are known of these products."))
        return
    _totals(totals, held, days, called)


def _totals(totals: pd.DataFrame, held: dict[str, float], days: float, called: dict[str, str]) -> None:
    wanted = [name for name in ("energy_kcal", "sugars", "saturated_fat", "salt") if name in totals.index]
    cards.metrics(
        [
            (
                charts.label(name),
                charts.amount(name, totals["amount"][name]),
                _("{share} of the reference intake; most from {product}").format(
                    share=locales.percent(totals["share"][name] / days),
                    product=plain(charts.short(called[totals["largest"][name]], SOURCE)),
                ),
            )
            for name in wanted
        ]
    )
    lacking = {name: int(count) for name, count in totals["missing"].items() if count}
    if lacking:
        st.caption(
            _("Too low, since some of the {count} products do not say: {nutrients}.").format(
                count=len(held),
                nutrients=", ".join(f"{charts.label(name)} ({count})" for name, count in lacking.items()),
            )
        )
    cards.figure(charts.intake(totals, days), "food_basket", totals.reset_index())
