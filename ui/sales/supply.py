"""What the stock page computes from, made once and kept: demand, lead times, forecasts, what is on hand."""

import numpy as np
import pandas as pd
import streamlit as st

import locales
from connectors import ConnectorError, beside
from data import tables
from data.tables import Stored
from models.stock import experience as past
from models.stock import paths, reorder, supply, warehouses
from models.stock.experience import Experience
from models.stock.ledger import continued
from models.stock.paths import Odds
from models.stock.reorder import Service
from models.stock.sizes import Conditions
from models.stock.supply import Demand, LeadTimes, Stock
from ui import answers, background, cards, downloads, store, uploads
from ui.sales import occasions
from ui.text import N_, _, ngettext, plain

HORIZONS = (4, 6, 9, 13, 18)  # weeks forecast: the fewest that hold the longest lead time
LONGEST_REVIEW = 14  # days
EXAMPLE = pd.DataFrame({"product": ["85123A", "22423"], "on_hand": [40, 12], "on_order": [0, 24]})
GIVEN = "stock-count"  # in the session: the name and content hash of a file, and what it says

FORGOTTEN = "stock-counts-forgotten"


def _frame(stored: Stored, name: str) -> pd.DataFrame | None:
    return store.frame(stored, name) if name in stored.columns else None


def demand(stored: Stored) -> Demand:
    """Units asked for by product and day (see `models.stock.supply.demand`)."""
    return _demand(stored.version, stored)


def read(stored: Stored, step: background.Step) -> bool:
    """Make what `demand` gives."""
    step(N_("Reading the sales lines"), 0.2)
    demand(stored)
    return True


@st.cache_resource(max_entries=3, show_spinner=False)
def _demand(version: str, _stored: Stored) -> Demand:  # noqa: ARG001  # the cache key
    columns = _stored.columns["sales"]
    sold, goods = (tables.query(_stored, sql) for sql in (supply.by_day(columns), supply.latest(columns)))
    last = pd.Timestamp(_stored.span[1] if _stored.span else 0).normalize()
    moves, prices, products = (_frame(_stored, name) for name in ("stock_moves", "supplier_prices", "products"))
    return supply.demand(sold, goods, last, moves, prices, products, warehouses.sold(_stored))


@st.cache_resource(max_entries=12, show_spinner=False)
def _stores(version: str, _stored: Stored) -> int:  # noqa: ARG001  # the cache key
    lately = "timestamp > (SELECT max(timestamp) FROM sales) - to_days(91)"
    found = tables.query(_stored, f"SELECT count(DISTINCT store) AS stores FROM sales WHERE {lately}")  # noqa: S608
    return int(found["stores"].iloc[0])


def stores(stored: Stored) -> int:
    """How many stores sold anything in the last quarter; 0 where the data know of none."""
    return _stores(stored.version, stored) if "store" in stored.columns["sales"] else 0


def lead_times(stored: Stored, mean: float, spread: float) -> LeadTimes:
    """How long deliveries take (see `models.stock.supply.lead_times`)."""
    return _lead_times(stored.version, mean, spread, stored)


@st.cache_resource(max_entries=8, show_spinner=False)
def _lead_times(version: str, mean: float, spread: float, _stored: Stored) -> LeadTimes:  # noqa: ARG001
    moves, suppliers = _frame(_stored, "stock_moves"), _frame(_stored, "suppliers")
    return supply.lead_times(demand(_stored).goods, moves, suppliers, mean, spread)


def experience(stored: Stored, leads: LeadTimes) -> Experience:
    """The forecasts behind everything; the page stops with their progress until they are there."""
    longest = leads.days.max() + LONGEST_REVIEW
    weeks = next((weeks for weeks in HORIZONS if longest <= weeks * past.WEEK), HORIZONS[-1])

    said = occasions.about(stored, None, None)

    def work(step: background.Step) -> Experience:
        return past.experience(demand(stored), weeks, step=step, said=said)

    return answers.ready(f"stock-{stored.version}-{weeks}{occasions.name(said)}", "stock", work, share=True)


@st.cache_resource(max_entries=12, show_spinner=False)
def service(
    version: str,  # noqa: ARG001  # this and the next two are the cache key
    mean: float,  # noqa: ARG001
    spread: float,  # noqa: ARG001
    review: int,
    _experience: Experience,
    _leads: LeadTimes,
) -> Service:
    """Reorder points and what they would have achieved. The first four arguments name what the others hold."""
    return reorder.service(_experience, _leads, review)


@st.cache_resource(max_entries=12, show_spinner=False)
def odds(
    version: str,  # noqa: ARG001  # this and the next three are the cache key
    count: str,  # noqa: ARG001
    mean: float,  # noqa: ARG001
    spread: float,  # noqa: ARG001
    review: int,
    _experience: Experience,
    _leads: LeadTimes,
    _stock: Stock,
) -> Odds:
    """When shelves run empty. The first five arguments name what the others hold."""
    return paths.odds(_experience, _leads, _stock, review)


def on_hand(stored: Stored, goods: pd.DataFrame, today: pd.Timestamp) -> tuple[str, Stock]:
    """What is in stock, and a name for it: what the analyst gave in this session, or else what the data say."""
    given: tuple[str, str, pd.DataFrame] | None = st.session_state.get(f"{GIVEN}-{stored.version}")
    if given:
        return given[1], supply.counted(goods, given[2])
    return "moves", _moved(stored.version, stored, goods, today)


@st.cache_resource(max_entries=3, show_spinner=False)
def _moved(version: str, _stored: Stored, _goods: pd.DataFrame, _today: pd.Timestamp) -> Stock:  # noqa: ARG001
    return supply.stock(_goods, _continued(_stored, demand(_stored)), _today)


def _continued(stored: Stored, found: Demand) -> pd.DataFrame | None:
    moves = _frame(stored, "stock_moves")
    return None if moves is None else continued(moves, pd.Index(found.goods["product"]), found.days, found.sold)


def levels(stored: Stored, found: Demand) -> np.ndarray:
    """Units on hand at the end of each day, a row a product; NaN where the data do not say."""
    return _levels(stored.version, stored, found)


@st.cache_resource(max_entries=2, show_spinner=False)
def _levels(version: str, _stored: Stored, _found: Demand) -> np.ndarray:  # noqa: ARG001  # the cache key
    moves = _continued(_stored, _found)
    if moves is None:
        return np.full(_found.units.shape, np.nan)
    return supply.levels(moves, pd.Index(_found.goods["product"]), _found.days)


def minimum(stored: Stored, goods: pd.DataFrame) -> np.ndarray:
    """The least units that the supplier of each product sends; 0 where none are stated."""
    suppliers = _frame(stored, "suppliers")
    if suppliers is None or "minimum_order" not in suppliers:
        return np.zeros(len(goods))
    return goods["supplier"].map(suppliers.set_index("supplier")["minimum_order"]).fillna(0).to_numpy(float)


@st.cache_resource(max_entries=3, show_spinner=False)
def conditions(version: str, _stored: Stored, _found: Demand) -> Conditions:  # noqa: ARG001  # the cache key
    """What suppliers ask of orders (see `models.stock.supply.conditions`)."""
    products, suppliers, prices = (_frame(_stored, name) for name in ("products", "suppliers", "supplier_prices"))
    return supply.conditions(_found.goods, _found.days[-1], products, suppliers, prices, _found.sold)


def ask(stored: Stored, goods: pd.DataFrame) -> None:
    """Take a count of the stock as a file; it is kept for this session and used instead of what the data say."""
    key = f"{GIVEN}-{stored.version}"
    st.caption(_("A table with the columns product, on_hand and, if known, on_order, in units; like this one:"))
    downloads.table(EXAMPLE, "stock_example", excel=False)
    given = uploads.ask(
        _("Stock as CSV, XLSX or Parquet, also compressed (.gz, .zip); at most {limit} MB"),
        f"stock-file-{st.session_state.get(FORGOTTEN, 0)}",
    )
    if given is not None:
        try:
            raw = uploads.read(given)
            counted, found = beside.stock_count(raw)
        except ConnectorError as error:
            st.warning(plain(error.sentence()), icon=":material/block:")
            report = getattr(error, "report", None)
            if report is not None:
                st.dataframe(report.assign(reason=report["reason"].map(_)), hide_index=True, placeholder="–")
                downloads.table(report, "refused_cells")
            return
        cards.findings(found)
        sold = counted["product"].isin(goods["product"])
        if not sold.any():
            st.warning(_("None of its products is sold in these data: check the product codes."))
            return
        sentence = ngettext(
            "{known} of {rows} products in it is known here; the others are left out.",
            "{known} of {rows} products in it are known here; the others are left out.",
            sold.sum(),
        )
        st.caption(sentence.format(known=locales.number(sold.sum()), rows=locales.number(len(counted))))
        if st.session_state.get(key, ("", ""))[1] != given.file_id:
            st.session_state[key] = (given.name, given.file_id, counted)
            st.rerun()
    if key in st.session_state:
        used = _("In use: {name}").format(name=st.session_state[key][0])
        st.markdown(f":material/inventory: {plain(used)}")
        st.button(_("Forget it"), icon=":material/delete:", on_click=_forget, args=(key,))


def _forget(key: str) -> None:
    st.session_state.pop(key, None)
    st.session_state[FORGOTTEN] = st.session_state.get(FORGOTTEN, 0) + 1  # a new, empty place for a file
