"""The products that a shop sells as a list of barcodes, and what came of it as columns beside its sales."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Literal

import pandas as pd
import streamlit as st

import locales
import settings
from connectors import barcodes
from data import enriched, schemas, tables
from data.enriched import TEXTS
from data.tables import Stored
from locales import tags
from locales.labels import heading
from models.explore import enrich
from ui import access, background, store
from ui.text import N_, _, ngettext, plain

LEAST = 0.3  # of what is in a column are barcodes, or it holds something else: of any numbers one in ten looks like one
RUN = "food-keeping"  # in the session
COUNT = "SELECT count(DISTINCT product) FROM sales"
PAGES = settings.ROOT / "pages"


@st.cache_resource(max_entries=4, show_spinner=False)
def _coded(version: str, _stored: Stored) -> dict[str, dict[str, str]]:  # noqa: ARG001  # the cache key
    """The barcode of each product (product -> barcode) by the column that has it, what sells best first."""
    lines = _stored.columns["sales"]
    worth = "count(*)" if "amount" in store.unknown(_stored) else "sum(amount)"
    own = {column: f"mode({tables.quoted(column)})" for column in schemas.extras(lines)}
    parts = ", ".join(f"{sql} AS {tables.quoted(column)}" for column, sql in ({"product": "product"} | own).items())
    sql = f"SELECT product AS _key, {worth} AS _worth, {parts} FROM sales WHERE product IS NOT NULL GROUP BY product"  # noqa: S608
    sold = tables.query(_stored, f"{sql} ORDER BY _worth DESC, _key").set_index("_key").drop(columns="_worth")
    if "barcode" in _stored.columns.get("products", {}):
        listed = tables.read(_stored, "products", ["product", "barcode"]).set_index("product")["barcode"]
        sold["barcode"] = sold.index.map(listed)
    found = {}
    for column in sold:
        texts = sold[column].dropna().astype(str)
        codes = barcodes.of_products(texts.to_dict())
        if codes and (column == "barcode" or len(codes) >= LEAST * len(texts)):
            found[str(column)] = codes
    return dict(sorted(found.items(), key=lambda one: (one[0] != "barcode", -len(one[1]))))


def offer(most: int, start: Callable[[list[str]], None]) -> None:
    """Say where the barcodes of what is sold are, and offer to read them (`most` of them, the best sellers)."""
    stored = store.active("sales")
    coded, products = _coded(stored.version, stored), tables.query(stored, COUNT).iat[0, 0]
    with st.container(border=True):
        st.markdown("**" + _("The products that you sell") + "**")
        if not coded:
            st.markdown(
                plain(
                    _(
                        "{name} has no barcodes: neither are its product codes any, nor is there a table of products "
                        "with a column “barcode”. Bring one in, and what Open Food Facts knows becomes columns to "
                        "filter the sales by."
                    ).format(name=_(stored.origin.name))
                )
            )
            query = {"table": "sales", "beside": "products"}
            access.link("data", _("Add a table of products"), "add", query)
            return
        column, codes = next(iter(coded.items()))
        said = _("{known} of the {products} products of {name} have a barcode in the column “{column}”.")
        words = {"known": locales.number(len(codes)), "products": locales.number(products), "column": heading(column)}
        st.markdown(plain(said.format(**words, name=_(stored.origin.name))))
        wanted = list(dict.fromkeys(codes.values()))
        if len(wanted) > most:
            st.caption(_("The {most} that sell best are read.").format(most=locales.number(most)))
        label = _("Read what Open Food Facts knows of them")
        if st.button(label, type="primary", icon=":material/play_arrow:", key="food-sold"):
            start(wanted[:most])
            st.rerun()


def keep(found: pd.DataFrame) -> None:
    """Offer to keep what is known of these products (see `data.food.frame`) beside the sales that sell them."""
    if run := st.session_state.get(RUN):
        background.show(run, _kept)
        return
    if failed := st.session_state.pop("food-not-kept", ""):
        st.warning(plain(failed), icon=":material/block:")
    stored = store.active("sales")
    mine = _of(stored, set(found["code"]))
    if not mine or not access.changes():
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        sells = ngettext(
            "{name} sells {count} product of this list.", "{name} sells {count} products of this list.", len(mine)
        ).format(count=locales.number(len(mine)), name=_(stored.origin.name))
        becomes = _(
            "Their Nutri-Score, NOVA group, Green-Score, nutrients, diets and categories become columns to filter and "
            "compare the sales by, and to ask by."
        )
        st.markdown(plain(f"{sells} {becomes}"), width="stretch")
        there = set(TEXTS) & set(stored.columns.get("products", {}))
        label = _("Keep again") if there else _("Keep beside the sales")
        kind: Literal["primary", "secondary"] = "secondary" if there else "primary"
        st.button(label, type=kind, icon=":material/join:", on_click=_start, args=(stored, mine, found))
        if there:
            st.badge(_("kept"), icon=":material/check:", color="green")
            query = {"by": "nutriscore"}
            st.page_link(
                PAGES / "sales_overview.py",
                label=_("Sales by Nutri-Score"),
                icon=":material/bar_chart:",
                query_params=query,
                width="content",
            )


def _of(stored: Stored, codes: set[str]) -> dict[str, str]:
    """The products of the sales that have one of these barcodes: product -> barcode."""
    found: dict[str, str] = {}
    for coded in _coded(stored.version, stored).values():
        found = {product: code for product, code in coded.items() if code in codes} | found
    return found


def _start(stored: Stored, mine: Mapping[str, str], found: pd.DataFrame) -> None:
    home = settings.get().home

    def work(step: background.Step) -> None:
        step(N_("Keeping the table"), 0.5)
        listed = found[found["code"].isin(set(mine.values()))]
        known = enrich.columns(listed, lambda tag: tags.name(tag) is not None)
        now = store.active("sales")  # lines may have been added since the button was drawn
        enriched.keep(home, now if now.lineage == stored.lineage else stored, mine, known, datetime.now(UTC))

    st.session_state[RUN] = background.start("append", "sales", work)


def _kept(status: str, message: str, _error: object) -> None:
    del st.session_state[RUN]
    if status != "done":
        st.session_state["food-not-kept"] = message or _("Cancelled: nothing was changed.")
