"""The customer of a what-if: who it is, what was changed and unlocked; kept in the URL, edited by widgets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from time import monotonic
from urllib.parse import parse_qs, urlencode

import numpy as np
import pandas as pd
import streamlit as st

import locales
from charts.churn import what_if as charts
from locales.customers import label
from models.churn import whatif
from models.churn.model import ChurnModel
from models.churn.preparation import KEY, Coding
from ui import downloads
from ui.text import N_, _, plain

SLOTS = ("A", "B", "C")
GROUPS = {
    N_("Contract and money"): (
        "tenure", "contract", "monthly_charges", "total_charges", "payment_method", "paperless_billing",
    ),
    N_("Services"): (
        "internet_service", "online_security", "tech_support", "online_backup", "device_protection", "streaming_tv",
        "streaming_movies", "phone_service", "multiple_lines",
    ),
    N_("Person"): ("senior_citizen", "gender", "partner", "dependents", "age", "income"),
}  # fmt: skip
SETTLED = 2.0  # seconds after which a browser has surely been told a new value
MATCHES = 200  # customers listed at most
CONDITIONS = 6  # columns a search can ask for, the most important ones


@dataclass(frozen=True)
class Case:
    """`customer` is an id, or "" for one built from a typical customer; `edits` by column; `free` from the rules."""

    customer: str = ""
    edits: Mapping[str, str | float] = field(default_factory=dict)
    free: tuple[str, ...] = ()

    def query(self) -> dict[str, list[str]]:
        """The case as parameters of a URL."""
        edits = [f"{column}:{value}" for column, value in self.edits.items()]
        return {"customer": [self.customer], "set": edits, "free": list(self.free)}

    def text(self) -> str:
        """The case in one string."""
        return urlencode(self.query(), doseq=True)


def read(query: Mapping[str, list[str]], coding: Coding) -> Case:
    """The case that the parameters of a URL name; what they name that does not exist is left out."""
    edits: dict[str, str | float] = {}
    for text in query.get("set", []):
        column, _colon, value = text.partition(":")
        if column in coding.levels and value in coding.levels[column]:
            edits[column] = value
        elif column in coding.columns and column not in coding.levels:
            number = pd.to_numeric(value, errors="coerce")
            if np.isfinite(number):
                edits[column] = float(number)
    free = tuple(column for column in query.get("free", []) if column in coding.columns)
    return Case(next(iter(query.get("customer", [])), ""), edits, free)


def parse(text: str, coding: Coding) -> Case:
    """The case in a string made by `Case.text`."""
    return read(parse_qs(text), coding)


@st.cache_resource(max_entries=2, show_spinner=False)
def places(version: str, _customers: pd.DataFrame) -> dict[str, int]:  # noqa: ARG001  # the cache key
    """Where each customer is in a table, by id (the first one where an id comes twice)."""
    ids = [str(one) for one in _customers[KEY]]
    return dict(zip(reversed(ids), reversed(range(len(ids))), strict=True))


def current(coding: Coding, known: Mapping[str, int], riskiest: str) -> Case:
    """The case of this visit: that of the link that was opened, else the last one, else the `riskiest` customer."""
    query = {key: st.query_params.get_all(key) for key in ("customer", "set", "free")}
    kept: Case | None = st.session_state.get("case")
    if kept is None or (query["customer"] and query != kept.query()):
        kept = read(query, coding) if query["customer"] else Case(riskiest)
    if kept.customer and kept.customer not in known:
        st.warning(
            plain(_("There is no customer {id} in these data: here is another one.").format(id=kept.customer)),
            icon=":material/person_off:",
        )
        kept = Case(riskiest)
    put(kept)
    return kept


def put(case: Case) -> None:
    """Make `case` the one that is shown, here and in the URL."""
    st.session_state["case"] = case
    for key, values in case.query().items():
        if st.query_params.get_all(key) != values:
            st.query_params[key] = values


def rows(
    model: ChurnModel, around: whatif.Surroundings, known: Mapping[str, int], case: Case
) -> tuple[np.ndarray, np.ndarray]:
    """A case's coded customer as they are, and with the changes and all that follows from them; `known` are `places`.

    One who is not known there is built from a typical one.
    """
    here = known.get(case.customer)
    before = whatif.typical(model, around) if here is None else around.matrix[here]
    return before, whatif.changed(model, before, case.edits, case.free)


def edit(column: str, value: str | float, model: ChurnModel, before: np.ndarray) -> None:
    """Change a column of the case; a change back to what the column would be anyway is no change."""
    case: Case = st.session_state["case"]
    edits = {name: kept for name, kept in case.edits.items() if name != column}
    usual = whatif.changed(model, before, edits, case.free)[model.coding.place(column)]
    if not np.isclose(usual, model.coding.code(column, value), atol=0.005):
        edits[column] = value
    put(Case(case.customer, edits, case.free))


def lock(column: str, free: bool) -> None:
    """Let a column stay as it is whatever the rules say, or let it follow them again."""
    case: Case = st.session_state["case"]
    others = tuple(name for name in case.free if name != column)
    put(Case(case.customer, case.edits, (*others, column) if free else others))


def try_plan(model: ChurnModel, plan: whatif.Plan) -> None:
    """Add a plan's moves to the case; a discount changes the charges, and what was billed stays billed."""
    case: Case = st.session_state["case"]
    edits = dict(case.edits)
    for move in plan.moves:
        column = "monthly_charges" if move.column == whatif.DISCOUNT else move.column
        edits[column] = model.coding.value(column, plan.row[model.coding.place(column)])  # type: ignore[assignment]
    billed = {model.coding.columns[result] for result, *_factors in model.rules.products}
    put(Case(case.customer, edits, tuple(sorted({*case.free, *billed}))))


def choose(model: ChurnModel, around: whatif.Surroundings, customers: pd.DataFrame, known: Mapping[str, int]) -> None:
    """By id, at random, by conditions, or a typical one to build on; and all changes taken back."""
    case: Case = st.session_state["case"]

    def asked() -> None:
        wanted = st.session_state["customer-id"].strip()
        if wanted in known:
            put(Case(wanted))
        elif wanted:
            near = get_close_matches(wanted, list(known), 3, 0.5)
            st.session_state["unknown-customer"] = (wanted, near)

    if st.session_state.get("customer-id") != case.customer:
        st.session_state["customer-id"] = case.customer
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            _("Customer id"), key="customer-id", on_change=asked, width=220, placeholder=_("built from a typical one")
        )
        drawn = st.session_state.get("drawn", 0)
        anyone = str(customers[KEY].iloc[int(np.random.default_rng(drawn).integers(len(customers)))])
        if st.button(_("Any customer"), icon=":material/casino:", on_click=put, args=(Case(anyone),)):
            st.session_state["drawn"] = drawn + 1
        if st.button(_("Find"), icon=":material/search:"):
            find(model, around, customers)
        st.button(_("Build one"), icon=":material/person_add:", on_click=put, args=(Case(),))
        st.button(
            _("Take back all changes"), icon=":material/undo:", on_click=put, args=(Case(case.customer),),
            disabled=not (case.edits or case.free),
        )  # fmt: skip
    if unknown := st.session_state.pop("unknown-customer", None):
        sentence = _("There is no customer {id} in these data.").format(id=unknown[0])
        hint = _("Did you mean {names}?").format(names=", ".join(unknown[1])) if unknown[1] else ""
        st.warning(plain(f"{sentence} {hint}"), icon=":material/person_off:")


def inputs(
    model: ChurnModel,
    around: whatif.Surroundings,
    case: Case,
    before: np.ndarray,
    row: np.ndarray,
    curves: Mapping[str, tuple[np.ndarray, np.ndarray]],
) -> None:
    """One input a column in named groups, each beside the risk along its values; what follows from what is said."""
    known = {column for columns in GROUPS.values() for column in columns}
    rest = tuple(column for column in model.coding.columns if column not in known)
    for name, columns in (*GROUPS.items(), (N_("Other columns"), rest)):
        shown = [column for column in columns if column in model.coding.columns]
        if shown:
            st.markdown(f"**{_(name)}**")
        for column in shown:
            with st.container(horizontal=True, vertical_alignment="bottom", wrap=False, gap="small"):
                _input(model, around, column, before, row)
                place = model.coding.place(column)
                grid, risks = curves[column]
                every = around.grids[place]
                drawn = charts.sparkline(
                    grid, risks, row[place], around.shares[place], column in model.coding.levels, (every[0], every[-1])
                )
                st.image(drawn, width=150, alt=_along(column, risks))
            _follows(model, case, column, before, row)


def _along(column: str, risks: np.ndarray) -> str:
    if not len(risks):
        return ""
    sentence = _("Along {column} the risk lies between {lo} and {hi}")
    return sentence.format(column=label(column), lo=locales.percent(risks.min()), hi=locales.percent(risks.max()))


def _input(model: ChurnModel, around: whatif.Surroundings, column: str, before: np.ndarray, row: np.ndarray) -> None:
    place, key = model.coding.place(column), f"w.{column}"
    value, name = model.coding.value(column, row[place]), plain(label(column))

    def moved() -> None:
        old, when = st.session_state.get(f"{key}.replaced", (None, 0.0))
        if st.session_state[key] != old or monotonic() - when > SETTLED:
            edit(column, st.session_state[key], model, before)

    if column in model.coding.levels:
        options = list(model.coding.levels[column])
        _replace(key, value)
        st.selectbox(
            name, options, None if value is None else 0, label, key=key, on_change=moved, placeholder=_("not known")
        )
        return
    grid = around.grids[place]
    whole = bool((grid == np.round(grid)).all())
    lo, hi = min(grid[0], 0.0), grid[-1] + 0.25 * (grid[-1] - grid[0])
    now = float(np.clip(row[place], lo, hi)) if value is not None else float(lo)
    kind = round if whole else float
    now = kind(now) if whole else round(now, 2)
    _replace(key, now)
    step = 1 if whole else 1.0 if hi - lo > 500 else 0.05 if hi - lo > 2 else 0.01
    unknown = " (" + _("not known") + ")" if value is None else ""
    st.slider(
        name + unknown, kind(np.floor(lo)), kind(np.ceil(hi)), step=step, key=key, on_change=moved,
        format=None if whole else "%.2f",
    )  # fmt: skip


def _replace(key: str, value: object) -> None:
    """Set a widget's value, and remember for a moment what it was.

    A reader who moves one input quickly sends the others as they still see them: that is not an edit of those.
    """
    if st.session_state.get(key) != value:
        st.session_state[f"{key}.replaced"] = (st.session_state.get(key), monotonic())
        st.session_state[key] = value


def _follows(model: ChurnModel, case: Case, column: str, before: np.ndarray, row: np.ndarray) -> None:
    """Under a column that a rule has set: from what it follows, and a way to unlock it."""
    place = model.coding.place(column)
    free = column in case.free
    same = row[place] == before[place] or (np.isnan(row[place]) and np.isnan(before[place]))
    if column in case.edits or (same and not free):
        return
    sources = model.rules.follows_from(model.coding).get(column, [])
    moved = [name for name in sources if row[model.coding.place(name)] != before[model.coding.place(name)]]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if free:
            st.badge(_("unlocked"), icon=":material/lock_open:", color="orange")
        else:
            causes = [name for name in moved if name in case.edits] or moved
            names = ", ".join(label(name).lower() for name in causes[:2])
            st.badge(plain(_("follows from {columns}").format(columns=names)), icon=":material/link:", color="gray")
        st.button(
            _("Follow again") if free else _("Unlock"), key=f"lock-{column}", type="tertiary", on_click=lock,
            args=(column, not free),
        )  # fmt: skip


def find(model: ChurnModel, around: whatif.Surroundings, customers: pd.DataFrame) -> None:
    """Open a dialog to find a customer by conditions."""
    st.dialog(_("Find a customer"), width="large")(_find)(model, around, customers)


def _find(model: ChurnModel, around: whatif.Surroundings, customers: pd.DataFrame) -> None:
    """Conditions on the most important columns and on the risk; the matches, riskiest first, to choose from."""
    risk = model.probability(around.matrix)
    fits = np.ones(len(risk), bool)
    with st.grid("auto", min_column_width=210):
        lo, hi = st.slider(_("Risk of leaving (%)"), 0, 100, (0, 100), key="find-risk")
        fits &= (risk >= lo / 100) & (risk <= hi / 100)
        for column in model.importance["column"].head(CONDITIONS):
            place = model.coding.place(column)
            if column in model.coding.levels:
                wanted = st.multiselect(
                    plain(label(column)), model.coding.levels[column], format_func=label, key=f"find-{column}",
                    placeholder=_("all"),
                )  # fmt: skip
                codes = [model.coding.code(column, level) for level in wanted]
                fits &= np.isin(around.matrix[:, place], codes) if wanted else True
            else:
                ends = float(np.floor(around.grids[place][0])), float(np.ceil(around.grids[place][-1]))
                least, most = st.slider(plain(label(column)), ends[0], ends[1], ends, key=f"find-{column}")
                if (least, most) != ends:
                    fits &= (around.matrix[:, place] >= least) & (around.matrix[:, place] <= most)
    found = np.flatnonzero(fits)
    found = found[np.argsort(-risk[found], kind="stable")]
    st.caption(_("{found} customers match; select one in the table").format(found=locales.number(len(found))))
    shown = found[:MATCHES]
    columns = [KEY, *model.importance["column"].head(CONDITIONS), "churned"]
    table = table_of(customers[[c for c in columns if c in customers]].iloc[shown])
    table.insert(1, _("Risk"), np.round(100 * risk[shown], 1))
    event = st.dataframe(
        table,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"found-{len(found)}",
        height=320,
        placeholder="–",
    )
    downloads.table(table, "customers_found")
    if event.selection.rows:
        put(Case(str(customers.iloc[shown[event.selection.rows[0]]][KEY])))
        st.rerun()


def table_of(customers: pd.DataFrame) -> pd.DataFrame:
    """Customers with columns and levels as a reader calls them; text is Python's: it is shown, not computed with."""

    def read(column: str, values: pd.Series) -> pd.Series:
        if pd.api.types.is_float_dtype(values) or pd.api.types.is_integer_dtype(values):
            return values
        texts = [str(value) if column == KEY else label(str(value)) for value in values]
        return pd.Series(texts, values.index, object).where(values.notna(), None)

    return pd.DataFrame({label(column): read(column, values) for column, values in customers.items()})
