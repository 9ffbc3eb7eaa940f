"""Who bought on which day, and the segment of each customer: read once a version, for all pages that need them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

import locales
from data import tables
from data.tables import Stored
from models import segmenting
from models.customers import rfm, segments
from models.customers.rfm import CannotTell, Purchases
from models.sales.overview import UNKNOWN
from ui import answers, inputs, lists, store
from ui.background import Step
from ui.text import N_, _, plain

SEGMENT = segmenting.SEGMENT


def purchases(stored: Stored) -> Purchases:
    """Who bought on which day (see `models.customers.rfm`)."""
    return _purchases(stored.version, stored)


@st.cache_resource(max_entries=3, show_spinner=False)
def _purchases(version: str, _stored: Stored) -> Purchases:  # noqa: ARG001  # the cache key
    asked = rfm.VISITS if "visits" in _stored.columns else rfm.by_day(_stored.columns["sales"])
    return rfm.purchases(tables.query(_stored, asked))


def scored(stored: Stored) -> pd.DataFrame:
    """The scores and the segment of each customer who bought (see `models.customers.rfm.score`)."""
    return _scored(stored.version, stored)


@st.cache_resource(max_entries=3, show_spinner=False)
def _scored(version: str, _stored: Stored) -> pd.DataFrame:  # noqa: ARG001  # the cache key
    return rfm.score(purchases(_stored))


def sought(stored: Stored, customers: int = 1, days: int = 1) -> Purchases:
    """The purchases, and what must be known of them; the page stops, with a sentence, where the data cannot tell."""
    store.need(stored, "amount")
    if "segments" in stored.columns and "visits" not in stored.columns:
        _by_segment(stored)
        st.stop()
    if stored.rows["sales"] > answers.MANY_ROWS:
        answers.ready(f"purchases {stored.version}", "customers", lambda step: _code(stored, step))
    bought = purchases(stored)
    try:
        rfm.check(bought, customers, days)
    except CannotTell as reason:
        st.info(plain(reason.sentence()), icon=":material/info:")
        if "customer" not in stored.columns["sales"]:
            store.map_columns()
        st.stop()
    if said := [plain(caveat(one)) for one in rfm.caveats(bought)]:
        st.caption(" ".join(said))
    return bought


def _by_segment(stored: Stored) -> None:
    """The segments of customers who are too many to look at one by one, as they were counted elsewhere."""
    found, currency = store.frame(stored, "segments"), stored.origin.currency or ""
    count, revenue = (
        locales.number(int(found["customers"].sum())),
        locales.money(float(found["revenue"].sum()), currency),
    )
    text = _("These are {count} customers, too many to look at one by one: they brought {revenue}, by segment:")
    st.caption(plain(text.format(count=count, revenue=revenue)))
    shares = 100 * found[["customers", "revenue"]] / found[["customers", "revenue"]].sum()
    table = pd.DataFrame(
        {
            _("Segment"): found["segment"].map(name),
            _("Customers"): found["customers"],
            _("Share of the customers (%)"): shares["customers"].round(1),
            _("Revenue"): found["revenue"].round(2),
            _("Share of the revenue (%)"): shares["revenue"].round(1),
        }
    )
    lists.show(table, "customers_by_segment", _("Customers by segment"))


def _code(stored: Stored, step: Step) -> bool:
    step(N_("Reading the sales lines"), 0.2)
    purchases(stored)
    return True


def caveat(one: rfm.Caveat) -> str:
    """What a reader must know, in their language."""
    values = {
        name: locales.percent(value, 1)
        if isinstance(value, float)
        else locales.day(value)
        if isinstance(value, pd.Timestamp)
        else str(value)
        for name, value in one.values.items()
    }
    return _(one.message).format(**values)


def name(segment: str) -> str:
    """A segment as a reader calls it."""
    return _(segmenting.NAMES[segment]) if segment in segmenting.NAMES else _("Without a segment")


def choose(key: str = "segment") -> list[str]:
    """Any number of segments; none is all."""
    return inputs.several(_("Customer segment"), list(segmenting.SEGMENTS), key, name)


def say(wanted: Sequence[str]) -> None:
    """Which customers a page is about, if not all."""
    if wanted:
        sentence = _("Only customers who on the last day of the data are in the segment: {segments}.")
        named = sentence.format(segments=", ".join(map(name, wanted)))
        st.caption(f":material/filter_alt: {plain(named)}")


def only(stored: Stored, bought: Purchases, wanted: Sequence[str]) -> Purchases:
    """The purchases of the customers in the wanted segments; of all, if none is wanted."""
    if not wanted:
        return bought
    table = scored(stored)
    kept = np.zeros(len(bought.customers), dtype=bool)
    kept[table.index[table["segment"].isin(wanted)]] = True
    return rfm.of(bought, kept)


def of_lines(stored: Stored, customers: pd.Categorical) -> pd.Categorical:
    """The segment of each line of goods by its customer; `UNKNOWN` where it has none."""
    places = segments.spread_over(customers.categories, customers.codes, scored(stored), purchases(stored).customers)
    levels = [*segmenting.SEGMENTS, UNKNOWN]
    return pd.Categorical.from_codes(np.where(places < 0, len(segmenting.SEGMENTS), places), levels)
