"""What was understood, as inputs that can be changed one by one: the whole query can be built without a word."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from types import MappingProxyType
from typing import TypeVar

import streamlit as st

from models.ask import board, definitions, periods, rows, statement, wording
from models.ask.formulas import PEOPLE
from models.ask.known import Known
from models.ask.query import GRAINS, Filter, Order, Query, Relation, Rows, Threshold
from ui.text import N_, _, plain

PERIODS = (
    "",
    "last 7 day",
    "last 28 day",
    "last 12 month",
    "previous 12 month",
    *(f"{which} {unit}" for unit in ("month", "quarter", "year") for which in ("this", "previous")),
)
DATES = "dates"
ORDERS: dict[Order, str] = {"": N_("As it comes"), "most": N_("The most first"), "least": N_("The least first")}
SHOWN: dict[Rows, str] = {
    "": N_("Totals and averages"),
    "relation": N_("Two numbers, line by line"),
    "distribution": N_("How a number is spread"),
}
MAX_VALUES = 1000  # values that a list still holds
KEY = "ask.w."

T = TypeVar("T", bound=str)


def load(query: Query) -> None:
    """Let the inputs show a query: the next run makes them anew."""
    for name in [name for name in st.session_state if str(name).startswith(KEY)]:
        del st.session_state[name]
    st.session_state["ask.query"] = query
    st.session_state["ask.adding"] = []


def built(of: Known, query: Query, currency: str) -> Query:
    """The inputs of a query, and the query that they make."""
    known = of.catalogue
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        shown = choice(_("Show"), {name: _(text) for name, text in SHOWN.items()}, query.rows, KEY + "rows")
        if shown != query.rows:
            other = rows.of_rows(known, query, shown)
            load(other if definitions.fits(known, other) else query)
            st.rerun()
        fresh = replace(
            query,
            measures=tuple(_measures(of, query)),
            by=tuple(
                several(
                    _("By"),
                    _dimensions(of, query),
                    query.by,
                    KEY + "by",
                    lambda name: wording.dimension(known, name),
                    1 if query.rows else definitions.MAX_BY,
                )
            ),
        )
        if definitions.table_of(known, query) == "sales" and not query.rows:
            steps = {"": _("Whole"), **{grain: _(wording.GRAIN[grain]).capitalize() for grain in GRAINS}}
            fresh = replace(fresh, grain=choice(_("Step"), steps, query.grain, KEY + "grain"))
        if definitions.table_of(known, query) != PEOPLE:
            fresh = replace(fresh, period=period(of, query.period, KEY))
        if definitions.table_of(known, query) == "sales" and not query.rows:
            names = {name: _(text) for name, text in board.COMPARED.items()}
            names |= {} if query.compared in names else {query.compared: periods.written(query.compared)}
            fresh = replace(fresh, compared=choice(_("Compare"), names, query.compared, KEY + "compared"))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        fresh = replace(fresh, filters=tuple(_filters(of, query)))
        if not query.rows:
            with st.popover(_("More"), icon=":material/tune:"):
                fresh = _more(of, fresh, currency)
    return definitions.fitted(known, fresh) or query


def _measures(of: Known, query: Query) -> list[str]:
    known = of.catalogue
    options, called, most = list(known.measures), wording.measure, None
    if query.rows:
        table = definitions.table_of(known, query)
        options = [name for name, one in known.measures.items() if one.row and one.table == table]
        called, most = wording.column, definitions.COLUMNS[query.rows]
    chosen = several(_("Measures"), options, query.measures, KEY + "measures", lambda name: called(known, name), most)
    return chosen or list(query.measures)


def _dimensions(of: Known, query: Query) -> list[str]:
    table = definitions.table_of(of.catalogue, query)
    return [name for name, one in of.catalogue.dimensions.items() if table in one.sql]


def several(
    label: str,
    options: Sequence[str],
    chosen: Sequence[str],
    key: str,
    show: Callable[[str], str],
    most: int | None = None,
) -> list[str]:
    """Any number of options; at first those that are `chosen`."""
    now = st.session_state.get(key, chosen)
    if (kept := [one for one in now if one in options]) != st.session_state.get(key):
        st.session_state[key] = kept
    return st.multiselect(
        label,
        options,
        format_func=show,
        key=key,
        max_selections=most,
        placeholder=_("Choose"),
        select_all=False,
        width=260,
        persist_state="session",
    )


def choice(label: str, names: dict[T, str], chosen: T, key: str) -> T:
    """One of some options, by what they are called; at first the `chosen` one."""
    if st.session_state.get(key) not in names:
        st.session_state[key] = chosen
    return st.selectbox(label, list(names), format_func=names.__getitem__, key=key, width=170, persist_state="session")


def period(of: Known, chosen: str, key: str, other: Mapping[str, str] = MappingProxyType({})) -> str:
    """A period as it is written in a query, or one of the `other` options."""
    known = of.catalogue
    years = [str(year) for year in range(known.last.year, known.first.year - 1, -1)]
    options = [*dict.fromkeys([*other, *PERIODS, *years, chosen]), DATES]
    names = {
        text: other.get(text) or (_("Two dates") if text == DATES else _upper(periods.written(text)))
        for text in options
    }
    picked = choice(_("Period"), names, chosen, f"{key}period")
    if picked != DATES:
        return picked
    start, end = periods.days("" if chosen in other else chosen, known.first, known.last)
    usual = (max(start, known.first), min(end, known.last))
    given = st.date_input(
        _("First and last day"),
        usual if usual[0] <= usual[1] else (known.first, known.last),
        known.first,
        known.last,
        key=f"{key}dates",
        format="DD/MM/YYYY",
        width=250,
        persist_state="session",
    )
    ends: tuple[date, ...] = given if isinstance(given, tuple) else (given,)
    return f"{ends[0].isoformat()}/{ends[-1].isoformat()}" if ends else chosen


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _filters(of: Known, query: Query) -> list[Filter]:
    known, made = of.catalogue, []
    adding: list[str] = st.session_state.setdefault("ask.adding", [])
    there = [
        *query.filters,
        *(Filter(name, ()) for name in adding if name not in {one.dimension for one in query.filters}),
    ]
    for one in there:
        of_rows = one.how in statement.SIGNS
        title = (wording.column if of_rows else wording.dimension)(known, one.dimension)
        key = f"{KEY}f.{one.dimension}.{one.how}.{'with' if one.kept else 'without'}"
        label = title if one.kept else _("without {column}").format(column=title)
        values: tuple[str, ...]
        if of_rows:
            st.session_state.setdefault(key, float(one.values[0]))
            number = st.number_input(f"{label} {statement.SIGNS[one.how]}", value=None, key=key, width=220)
            if number is None:  # emptied: it is left out
                continue
            values = (f"{number:.10g}",)
        elif one.how == "contains":
            words = st.text_input(
                _("{column} with these words").format(column=label),
                " ".join(one.values),
                key=key,
                max_chars=60,
                width=220,
            )
            values = tuple(words.split())
        else:
            levels = of.levels.get(one.dimension, [])
            options = [*dict.fromkeys([*one.values, *(levels if len(levels) <= MAX_VALUES else [])])]
            values = tuple(
                several(
                    label,
                    options,
                    one.values,
                    key,
                    partial(wording.value, one.dimension, names=of.names),
                )
            )
        without = st.toggle(_("Without"), not one.kept, key=key + ".not") if values else not one.kept
        if values:
            made.append(replace(one, values=values, kept=not without))
        elif one.dimension not in adding:
            adding.append(one.dimension)
    free = [
        name
        for name in _dimensions(of, query)
        if name not in {one.dimension for one in there} and of.catalogue.dimensions[name].levels
    ]

    def add() -> None:
        if (name := st.session_state[KEY + "add"]) is not None:
            adding.append(name)
            st.session_state[KEY + "add"] = None

    st.selectbox(
        _("Add a filter"),
        free,
        None,
        lambda name: wording.dimension(known, name),
        key=KEY + "add",
        placeholder=_("Choose"),
        on_change=add,
        width=170,
    )
    return made


def _more(of: Known, query: Query, currency: str) -> Query:
    """Order, share and thresholds."""
    known = of.catalogue
    if query.by or query.grain:
        order = choice(_("Order"), {name: _(text) for name, text in ORDERS.items()}, query.order, KEY + "order")
        limit = st.number_input(_("How many (0 is all)"), 0, 1000, query.limit, key=KEY + "limit") if order else 0
        query = replace(query, order=order, limit=int(limit))
        if definitions.shared(known, query):
            query = replace(query, share=st.toggle(_("As a share of the whole"), query.share, key=KEY + "share"))
    adds_up = definitions.lined(known, query.measures)
    query = query if adds_up or query.over != "line" else replace(query, over="")
    over = {
        "": _("No average"),
        **({"line": _("A line")} if adds_up else {}),
        **{grain: _(wording.GRAIN[grain]).capitalize() for grain in GRAINS},
    }
    if definitions.table_of(known, query) == "sales":
        over |= {} if query.over in over else {query.over: wording.dimension(known, query.over)}
        query = replace(query, over=choice(_("Average of"), over, query.over, KEY + "over"))
    kept = []
    for place, one in enumerate(query.thresholds):
        text = _("Only {condition}").format(condition=wording.threshold(known, one, currency))
        if st.checkbox(plain(text), True, key=f"{KEY}t.{place}"):
            kept.append(one)
    query = replace(query, thresholds=tuple(kept))
    return _with_threshold(of, query)


def _with_threshold(of: Known, query: Query) -> Query:
    """One more threshold."""
    known = of.catalogue
    table = definitions.table_of(known, query)
    names = {name: wording.measure(known, name) for name, one in known.measures.items() if one.table == table}
    with st.form(KEY + "threshold", border=False):
        measure = st.selectbox(
            _("Only groups whose"), list(names), format_func=names.__getitem__, key=KEY + "t.measure"
        )
        relations: dict[Relation, str] = {
            "over": _("is over"),
            "under": _("is under"),
            "at least": _("is at least"),
            "at most": _("is at most"),
        }
        relation = st.selectbox(
            _("Relation"),
            list(relations),
            format_func=relations.__getitem__,
            key=KEY + "t.relation",
            label_visibility="collapsed",
        )
        percent = known.measures[measure].unit == "share"
        value = st.number_input(_("Value (%)") if percent else _("Value"), value=0.0, key=KEY + "t.value")
        if st.form_submit_button(_("Add")):
            return replace(
                query, thresholds=(*query.thresholds, Threshold(measure, relation, value / 100 if percent else value))
            )
    return query
