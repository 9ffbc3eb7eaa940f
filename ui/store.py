"""The datasets the pages show, read once a version and shared by all sessions. Never change what these return."""

import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

import settings
from data import demo, people, schemas, tables
from data import quality as checks
from data.dataset import Finding, Table
from data.schemas import IS_GOODS
from data.tables import Stored
from locales import labels
from locales.labels import label
from models.forecast import elasticity, promotions, switching
from models.forecast.elasticity import Elasticity
from models.forecast.promotions import Promotions
from models.sales import overview, pulse
from ui import access
from ui.background import Step
from ui.text import N_, _, plain

_making = threading.Lock()


def begin() -> None:
    """A run of the app begins, which may see other datasets than the one before."""
    st.session_state["_active"] = {}


def active(table: Table) -> Stored:
    """The dataset chosen for `table`; the demo, made on the spot, where nothing was chosen yet.

    A run of the app, and each fragment of it that runs again, sees one and the same, whoever chooses another one
    meanwhile.
    """
    if get_script_run_ctx(suppress_warning=True) is None:  # at work for everybody, not for a page
        return _active(table)
    if not people.may(people.VIEWER):  # in a part of a page that is still open: the login has ended meanwhile
        st.rerun()
    chosen: dict[Table, Stored] = st.session_state.setdefault("_active", {})
    return chosen.get(table) or chosen.setdefault(table, _active(table))


def _active(table: Table) -> Stored:
    home = settings.get().home
    if found := tables.active(home, table):
        return found
    with _making:  # one visitor makes it, the others find it
        if found := tables.active(home, table):
            return found
        now = datetime.now(UTC)
        made = demo.dataset(table, now.date())
        with people.using(people.VIGIE):  # whoever comes first, it is not theirs
            return tables.add(home, made, now, activate=tables.active(home, table) is None)  # or somebody was quicker


def _written() -> Mapping[str, str]:
    """How the files of the datasets that this run of the app shows write their own columns; not where two differ."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return {}
    shown: dict[Table, Stored] = st.session_state.get("_active", {})
    versions, kept = [one.version for one in shown.values()], st.session_state.get("_written", ((), {}))
    if kept[0] != versions:
        found = [schemas.written(one.columns[one.table], one.origin.header or (), one.table) for one in shown.values()]
        both = {name for name in set().union(*found) if len({one[name] for one in found if name in one}) == 1}
        kept = (versions, {name: one[name] for one in found for name in both & set(one)})
        st.session_state["_written"] = kept
    written: Mapping[str, str] = kept[1]
    return written


labels.follow(_written)


def frame(stored: Stored, name: str | None = None) -> pd.DataFrame:
    """The frame `name` of a stored dataset (its main table by default)."""
    return _read(stored.version, name or stored.table, stored)


@st.cache_resource(max_entries=12, show_spinner=False)
def _read(version: str, name: str, _stored: Stored) -> pd.DataFrame:  # noqa: ARG001  # the cache key
    return tables.read(_stored, name)


@st.cache_resource(max_entries=4, show_spinner=False)
def _days(version: str, _stored: Stored) -> pd.DataFrame:  # noqa: ARG001  # the cache key
    return pulse.daily(summed(_stored))


def summed(stored: Stored) -> pd.DataFrame:
    """The lines of a sales dataset summed by the day (see `models.sales.pulse.BY_DAY`), in their order."""
    return _summed(stored.version, stored)


@st.cache_resource(max_entries=4, show_spinner=False)
def _summed(version: str, _stored: Stored) -> pd.DataFrame:  # noqa: ARG001  # the cache key
    found = tables.query(_stored, pulse.by_day(_stored.columns["sales"], "amount" in unknown(_stored)))
    return found.sort_values("day", ignore_index=True)


def unknown(stored: Stored) -> frozenset[str]:
    """What a sales dataset does not say of any line: amount, quantity, unit_price."""
    return _unknown(stored.version, stored)


@st.cache_resource(max_entries=12, show_spinner=False)
def _unknown(version: str, _stored: Stored) -> frozenset[str]:  # noqa: ARG001  # the cache key
    return tables.unknown(_stored)


def need(stored: Stored, *columns: str) -> None:
    """Stop the page, with a sentence, where a sales dataset says nothing of some columns that it needs, or needs money
    to be added up that is of several currencies."""
    if {"amount", "unit_price"} & set(columns):
        one_currency(stored)
    if missing := [column for column in columns if column in unknown(stored)]:
        sentence = _(
            "This page needs what these data do not say: {columns}. Where your file has it, map it on the page Data."
        )
        st.info(plain(sentence.format(columns=", ".join(label(column) for column in missing))))
        map_columns()
        st.stop()


def map_columns() -> None:
    """A link to where somebody says which column of their file is which."""
    access.link("data", _("Map the columns"), "database", {"table": "sales"})


def one_currency(stored: Stored) -> None:
    """Stop the page where the lines of sales are in several currencies: they are never added up, but shown each."""
    if not _several(stored.version, stored):
        return
    found = _currencies(stored.version, stored)
    sentence = _(
        "These lines are in several currencies ({currencies}), which cannot be added up: bring the file again on the "
        "page Data, and choose one of them or rates. What each of them holds:"
    )
    st.info(plain(sentence.format(currencies=", ".join(found["currency"]))))
    table = pd.DataFrame(
        {
            label("currency"): found["currency"],
            label("lines"): found["lines"],
            _("Sold"): found["sold"].round(2),
            _("Returned"): found["returned"].round(2),
            _("Revenue"): found["revenue"].round(2),
            _("Units"): found["units"].round(2),
            _("First day"): found["first"].dt.date,
            _("Last day"): found["last"].dt.date,
        }
    )
    st.dataframe(table, hide_index=True, placeholder="–")
    access.link("data", _("Open the page Data"), "database")
    st.stop()


@st.cache_resource(max_entries=12, show_spinner=False)
def _several(version: str, _stored: Stored) -> bool:  # noqa: ARG001  # the cache key
    """Whether there are several currencies, which takes a fraction of what each of them comes to."""
    return len(tables.query(_stored, "SELECT DISTINCT currency FROM sales")) > 1


@st.cache_resource(max_entries=12, show_spinner=False)
def _currencies(version: str, _stored: Stored) -> pd.DataFrame:  # noqa: ARG001  # the cache key
    return tables.query(
        _stored,
        f"""
        SELECT currency, count(*) AS lines, sum(amount) FILTER (line_type = 'sale') AS sold,
               -sum(amount) FILTER (line_type = 'return') AS returned,
               sum(amount) FILTER ({IS_GOODS}) AS revenue,
               sum(quantity) FILTER ({IS_GOODS}) AS units,
               min(timestamp) AS first, max(timestamp) AS last
        FROM sales GROUP BY 1 ORDER BY 2 DESC, 1
        """,  # noqa: S608  # a condition of ours
    )


def days(stored: Stored) -> pd.DataFrame:
    """Revenue (units, where no money is known), returns and orders of every day (see `models.sales.pulse.daily`)."""
    return _days(stored.version, stored)


def sold_out(stored: Stored) -> dict[str, str | None]:
    """The products with nothing on hand now, by the moves of stock, and where (see `models.sales.pulse.sold_out`)."""
    return _sold_out(stored.version, stored)


@st.cache_resource(max_entries=4, show_spinner=False)
def _sold_out(version: str, _stored: Stored) -> dict[str, str | None]:  # noqa: ARG001  # the cache key
    found = tables.query(_stored, pulse.sold_out(_stored.columns)).astype({"product": str})
    return dict(zip(found["product"], found["stores"].astype(object).where(found["stores"].notna(), None), strict=True))


def names(stored: Stored) -> dict[str, str]:
    """What each product is called (see `data.tables.names`)."""
    return _names(stored.version, stored)


@st.cache_resource(max_entries=4, show_spinner=False)
def _names(version: str, _stored: Stored) -> dict[str, str]:  # noqa: ARG001  # the cache key
    return tables.names(_stored)


def goods(stored: Stored) -> overview.Goods:
    """The lines of goods of a sales dataset (see `models.sales.overview`)."""
    return _goods(stored.version, stored)


@st.cache_resource(max_entries=2, show_spinner=False)
def _goods(version: str, _stored: Stored) -> overview.Goods:  # noqa: ARG001  # the cache key
    columns = overview.wanted(_stored.columns["sales"])
    return overview.goods(tables.read(_stored, columns=columns, coded=True))


def code(stored: Stored, step: Step) -> bool:
    """Make what `goods` gives."""
    step(N_("Reading the sales lines"), 0.2)
    goods(stored)
    return True


def look(stored: Stored, step: Step) -> bool:
    """Make what `profile` and `quality` give."""
    step(N_("Looking through all rows"), 0.1)
    profile(stored)
    step(N_("Looking through all rows"), 0.4)
    quality(stored)
    return True


def dimensions(stored: Stored, columns: Sequence[str]) -> dict[str, pd.Categorical]:
    """Columns of one's own of the lines of `goods`: those that are asked for, which may be many lines long."""
    return {column: _dimension(stored.version, column, stored) for column in columns}


def own(stored: Stored) -> list[str]:
    """The columns of one's own to compare sales by: those of the lines, then those of the products."""
    lines = stored.columns["sales"]
    return [*schemas.extras(lines), *(name for name in _of_products(stored) if name not in lines)]


def _of_products(stored: Stored) -> list[str]:
    return schemas.extras(stored.columns.get("products", {}), "str", "products")


@st.cache_resource(max_entries=12, show_spinner=False)
def _dimension(version: str, column: str, _stored: Stored) -> pd.Categorical:  # noqa: ARG001  # the cache key
    if column in _stored.columns["sales"]:
        return overview.dimension(tables.read(_stored, columns=[*overview.ORDER, column]), column)
    lines = tables.read(_stored, columns=[*overview.ORDER, "product"], coded=True)
    said = tables.read(_stored, "products", ["product", column]).set_index("product")[column]
    return overview.dimension(lines.assign(**{column: lines["product"].map(said).astype("category")}), column)


def quality(stored: Stored) -> tuple[Finding, ...]:
    """What stands out in the main frame of a dataset (see `data.quality`)."""
    return _quality(stored.version, stored)


@st.cache_resource(max_entries=8, ttl=3600, show_spinner=False)
def _quality(version: str, _stored: Stored) -> tuple[Finding, ...]:  # noqa: ARG001  # the cache key
    if _stored.table != "sales":
        return checks.findings(_stored.table, frame(_stored), datetime.now(UTC))
    columns = [name for name in _stored.columns["sales"] if name != checks.KEYS["sales"]]  # no two are the same
    return checks.findings("sales", tables.read(_stored, columns=columns, coded=True), datetime.now(UTC))


def profile(stored: Stored) -> pd.DataFrame:
    """One row a column of the main frame: `filled` (share of rows with a value) and `distinct` values."""
    return _profile(stored.version, stored)


@st.cache_resource(max_entries=8, show_spinner=False)
def _profile(version: str, _stored: Stored) -> pd.DataFrame:  # noqa: ARG001  # the cache key
    return tables.profile(_stored)


def elasticities(stored: Stored) -> dict[str, Elasticity]:
    """The elasticity of everything ("") and of each category, as far as the data say."""
    return _elasticities(stored.version, stored)[0]


def promotions_of(stored: Stored, category: str) -> Promotions | None:
    """What the promotions of a category, or of everything (""), have done, where they are recorded."""
    return _elasticities(stored.version, stored)[1].get(category)


def learn(stored: Stored, step: Step) -> dict[str, Elasticity]:
    """Make what `elasticities` gives: of thousands of products it takes many seconds."""
    step(N_("Learning how units follow prices"), 0.2)
    return elasticities(stored)


@st.cache_resource(max_entries=12, show_spinner=False)
def _elasticities(version: str, _stored: Stored) -> tuple[dict[str, Elasticity], dict[str, Promotions | None]]:  # noqa: ARG001  # the cache key
    sold = tables.query(_stored, elasticity.weekly(_stored.columns["sales"]))
    known = switching.elasticities(sold)
    parts = {"": sold, **{str(name): part for name, part in sold.groupby("category")}}
    return known, {name: promotions.learned(part, known[name]) for name, part in parts.items()}
