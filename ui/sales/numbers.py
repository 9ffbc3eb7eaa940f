"""The overview in numbers: what was sold, came back or lies in stock, described; and what empty shelves cost."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

import locales
from charts.sales import numbers as charts
from data import tables
from data.tables import Stored
from locales.labels import heading
from models.sales import description
from models.sales.overview import UNKNOWN
from models.segmenting import SEGMENT
from models.stock import outs, supply
from models.stock.outs import Empty
from models.stock.warehouses import selling
from models.stock.warehouses import sold as sold_apart
from ui import answers, buyers, cards, inputs, lists, store
from ui.background import Step
from ui.text import N_, _, plain

WAREHOUSE = "warehouse"
WHAT = {"sale": N_("lines of sale"), "return": N_("lines that came back"), "stock": N_("products on the shelves")}
TITLES = {
    "count": N_("Count"),
    "sum": N_("Sum ({unit})"),
    "mean": N_("Mean ({unit})"),
    "median": N_("Median ({unit})"),
    "least": N_("Minimum ({unit})"),
    "most": N_("Maximum ({unit})"),
    "deviation": N_("Standard deviation ({unit})"),
}


@dataclass(frozen=True)
class Shown:
    """The data, the days, the filters (column -> values), and how a level of a column is called."""

    stored: Stored
    start: pd.Timestamp
    end: pd.Timestamp
    filters: Mapping[str, Sequence[str]]
    name: Callable[[str, str], str]

    @property
    def currency(self) -> str:
        """Of all money."""
        return self.stored.origin.currency or "GBP"


@st.cache_data(max_entries=64, show_spinner=False)
def _asked(version: str, sql: str, values: dict[str, object], _stored: Stored) -> pd.DataFrame:  # noqa: ARG001  # the cache key
    return tables.query(_stored, sql, **values)


def _column(one: str) -> str:
    return _("Customer segment") if one == SEGMENT else _("Warehouse") if one == WAREHOUSE else heading(one)


def _named(of: Shown, column: str, level: str) -> str:
    if level == UNKNOWN:
        return _("not known")
    return buyers.name(level) if column == SEGMENT else of.name(column, level)


def warehouses(stored: Stored) -> list[str]:
    """Where stock lies; fewer than two are nothing to choose from."""
    if "store" not in stored.columns.get("stock_moves", {}):
        return []
    found = _asked(stored.version, "SELECT DISTINCT store FROM stock_moves ORDER BY 1", {}, stored)["store"].dropna()
    return found.astype(str).to_list() if len(found) > 1 else []


def _warehouses(of: Shown, there: list[str]) -> list[str]:
    """Those of the warehouses `there` that are chosen, here or as stores above; none is all of them."""
    if len(there) < 2:
        return []
    if chosen := [one for one in of.filters.get("store", ()) if one in there]:
        return chosen
    return inputs.several(_("Warehouse"), there, f"sales.{WAREHOUSE}", lambda one: of.name("store", one))


def numbers(of: Shown) -> None:
    """Count, sum, mean, median, least, most and standard deviation by a dimension."""
    frames, unknown = of.stored.columns, store.unknown(of.stored)
    kinds = [kind for kind in description.KINDS if kind != "stock" or "stock_moves" in frames]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = inputs.choice(_("Of"), kinds, "kind", lambda one: _(description.KINDS[one]))
        measures = description.measures(frames, kind, unknown)
        measure = inputs.choice(_("In"), measures, f"in.{kind}", lambda one: _(description.MEASURES[one]))
        by = inputs.choice(_("By"), description.dimensions(frames, kind), f"per.{kind}", _column)
        places = _warehouses(of, warehouses(of.stored)) if kind == "stock" else []
    values: dict[str, object] = {"end": of.end}
    if kind == "stock":
        filters = {**of.filters, "store": places or of.filters.get("store", ())}
        where, more = description.conditions(filters, description.dimensions(frames, "stock"))
        sql = description.stock(frames, by, measure, where)
    else:
        filters = dict(of.filters)
        where, more = description.conditions(filters, description.dimensions(frames, kind))
        sql = description.lines(by, measure, where)
        values |= {"start": of.start, "kind": kind}
    found = _asked(of.stored.version, sql, values | more, of.stored)
    left = [_column(one) for one in filters if filters[one] and one not in description.dimensions(frames, kind)]
    if left:
        st.caption(
            plain(_("Stock is not known by {columns}: that filter is left out.").format(columns=", ".join(left)))
        )
    if "stock_moves" not in frames:
        st.caption(_("Stock needs its moves or a count of it, which these data lack: bring it on the page Data."))
    if found.empty:
        st.info(_("There is nothing of this kind in this period with these filters."))
        return
    unit = of.currency if measure == "money" else _("units")

    def written(value: float) -> str:
        return locales.money(value, of.currency, 2) if measure == "money" else _amount(value)

    levels = found[found["level"].notna()]
    levels = levels.assign(name=[_named(of, by, level) for level in levels["level"]])
    axis = (_("On hand of a product ({unit})") if kind == "stock" else _("Of one line ({unit})")).format(unit=unit)
    whole = found.iloc[[0]].assign(level="", name=_("All"))
    listed = pd.concat([whole, levels])
    table = pd.DataFrame({_column(by): listed["name"].to_numpy()})
    for one, title in TITLES.items():
        digits = 0 if one == "count" else 2
        table[_(title).format(unit=unit)] = listed[one].round(digits).to_numpy()
    cards.figure(charts.described(listed.head(charts.SHOWN + 1), axis, written, _(WHAT[kind])), "sales_numbers", table)
    title = _("{what} in numbers, by {column}").format(what=_(description.KINDS[kind]), column=_column(by).lower())
    lists.show(table, f"sales_numbers_{kind}_{by}", title)
    if kind == "stock":
        sentence = _("A value is what lies of one product (in one warehouse) at the end of {day}.")
        st.caption(sentence.format(day=locales.day(of.end)))


def _amount(value: float) -> str:
    return locales.number(value, 0 if value == round(value) else 2)


def empty_shelves(of: Shown) -> None:
    """Which products were sold out, how often, and what that lost."""
    if "stock_moves" not in of.stored.columns:
        st.info(
            _(
                "Whether a shelf was empty or nobody asked cannot be told from sales alone: bring moves of the stock "
                "on the page Data."
            )
        )
        return
    if {"quantity", "unit_price"} & store.unknown(of.stored):
        st.info(_("What empty shelves cost needs units and prices, which these data do not say."))
        return
    sell, asked_of = _selling(of.stored.version, of.stored), of.filters.get("store", ())
    places = _warehouses(of, sell) or [one for one in sell if one in asked_of or not asked_of]
    if sell and not places:
        st.info(_("What lies in these stores is not known: no moves of stock say their name."))
        return
    if of.stored.rows["sales"] * max(len(sell), 1) > answers.MANY_ROWS:
        answers.ready(f"empty shelves {of.stored.version}", "read lines", lambda step: _read(of.stored, step))
    every = _shelves(of.stored.version, of.stored)
    shelves = {one: every[one] for one in places} or every
    days = {"start": of.start, "end": of.end}
    paid = _asked(of.stored.version, outs.paid(), days, of.stored).set_index("product")
    worth = paid["amount"]
    if places:
        sql = tables.only(outs.paid(), "list_contains($places, store)")
        worth = _asked(of.stored.version, sql, {**days, "places": places}, of.stored).set_index("product")["amount"]
    found = outs.outs(shelves, of.start, of.end, paid["price"])
    kept = {column: values for column, values in of.filters.items() if values and column not in ("store", SEGMENT)}
    if kept:
        where, values = description.conditions(kept, of.stored.columns["sales"])
        asked = _asked(of.stored.version, f"SELECT DISTINCT product FROM sales WHERE {where}", values, of.stored)  # noqa: S608
        worth = worth[worth.index.isin(asked["product"])]
        found = found[found["product"].isin(asked["product"])].reset_index(drop=True)
    if of.filters.get(SEGMENT) or (asked_of and not places):
        st.caption(_("Who would have bought, and in which store, is not known: those filters are left out here."))
    known = _asked(of.stored.version, "SELECT min(date) AS first FROM stock_moves", {}, of.stored)["first"].iloc[0]
    known = known.normalize()
    if known > of.start:
        sentence = _("What lay on the shelves is known from {day} on: of the days before nothing can be said.")
        st.caption(sentence.format(day=locales.day(known)))
    if known >= of.end:
        return
    if found.empty:
        st.success(_("No product was sold out on a day of this period."), icon=":material/check:")
        return
    total, sold = float(found["lost"].sum()), float(worth.sum())
    months = outs.by_month(shelves, of.start, of.end, paid["price"], pd.Index(found["product"]))
    lay = found["store"].map(lambda one: of.name("store", one)) if len(shelves) > 1 else None
    table = pd.DataFrame(
        {
            heading("product"): found["name"],
            **({} if lay is None else {_column(WAREHOUSE): lay}),
            _("Times it ran out"): found["times"],
            _("Days sold out"): found["days"],
            _("Share of days (%)"): (100 * found["share"]).round(1),
            _("Units lost, about"): found["lost_units"].round(1),
            _("Sales lost, about ({currency})").format(currency=of.currency): found["lost"].round(2),
            _("Code"): found["product"],
        }
    )
    with st.grid("auto", min_column_width=400):
        share = total / sold if sold > 0 else 0.0
        shown = found if lay is None else found.assign(name=found["name"].str.cat(lay, sep=" · "))
        cards.figure(charts.outs(shown, total, share, of.currency), "sales_outs", table)
        if len(months) > 1 and total > 0:
            cards.figure(
                charts.by_month(months, of.currency), "sales_outs_months", months.rename_axis("month").reset_index()
            )
    ran = found.groupby("product")["times"].max()
    sentence = _("Products that ran out: {count}, of which more than once: {often}.")
    more = _(
        "Lost is what a product usually sells of what the others sold on such a day, at its mean price of these days; "
        "some of it was bought later, or something else in its place."
    )
    whole = ""
    if len(shelves) > 1:
        whole = _("Each warehouse counts by itself: what one of them lacked another may have sold.")
    elif not places and warehouses(of.stored):
        whole = _("Sales do not say from which warehouse they were: a product is sold out where none of them has any.")
    stores = "SELECT count(DISTINCT store) AS count FROM sales WHERE line_type = 'sale'"
    left = (
        _("Stores of which no moves of stock are known are left out.")
        if sell and not asked_of and _asked(of.stored.version, stores, {}, of.stored)["count"].iloc[0] > len(sell)
        else ""
    )
    said = sentence.format(count=locales.number(len(ran)), often=locales.number((ran > 1).sum()))
    st.caption(plain(" ".join(filter(None, (said, more, whole, left)))))
    lists.show(table, "sales_outs_list", _("Sold out, the most money first"))


def _read(stored: Stored, step: Step) -> bool:
    """Make what `_shelves` gives."""
    step(N_("Reading the sales lines"), 0.2)
    _shelves(stored.version, stored)
    return True


@st.cache_resource(max_entries=4, show_spinner=False)
def _selling(version: str, _stored: Stored) -> list[str]:  # noqa: ARG001  # the cache key
    return selling(_stored)


@st.cache_resource(max_entries=2, show_spinner=False)
def _shelves(version: str, _stored: Stored) -> dict[str, Empty]:  # noqa: ARG001  # the cache key
    """The empty shelves of each of the `selling` warehouses; without any, of the whole shop ("")."""
    columns = _stored.columns["sales"]
    moves = tables.read(_stored, "stock_moves")  # millions, of which what is made of them is kept
    last, latest = pd.Timestamp(_stored.span[1] if _stored.span else 0).normalize(), supply.latest(columns)
    made = {}
    for place, sold in sold_apart(_stored):
        goods = tables.query(_stored, tables.only(latest, "store = $place"), place=place)
        made[place] = outs.empty(supply.demand(sold, goods, last, moves[moves["store"] == place]))
    if not made:
        sold, goods = (tables.query(_stored, sql) for sql in (supply.by_day(columns), latest))
        made[""] = outs.empty(supply.demand(sold, goods, last, moves))
    return made
