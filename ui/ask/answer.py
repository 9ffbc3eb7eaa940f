"""An answer as it is shown: numbers, a figure, a table, and its receipt."""

from datetime import UTC, datetime
from functools import partial

import streamlit as st

import locales
from charts.ask import answer as charts
from charts.ask import content, rows
from data import tables
from data.tables import Stored
from models.ask import board, definitions, periods, statement, wording
from models.ask.formulas import PEOPLE
from models.ask.known import Known
from models.ask.query import Query, to_text
from models.ask.statement import Answer
from ui import access, cards, keep, lists
from ui.text import N_, _, ngettext, plain

MAX_CARDS = 4
FORMS: dict[board.Form, str] = {
    "number": N_("Number"),
    "figure": N_("Figure"),
    "map": N_("Map"),
    "table": N_("Table"),
}


def shown(of: Known, query: Query, found: Answer, stored: Stored) -> None:
    """The answer to a query from some data."""
    currency = stored.origin.currency or "GBP"
    known = of.catalogue
    table = wording.table(known, query, found.table, of.names)
    nothing = content.nothing(query, found)
    if nothing:
        st.info(_("Nothing in the data answers this: no rows in this period with these filters."))
    elif not (query.by or query.grain or query.rows):
        cards.metrics(
            [
                (wording.measure(known, name), *content.number(of, name, found, currency))
                for name in query.measures[:MAX_CARDS]
            ]
        )
    else:
        drawn = charts.drawn(known, query, found, of.names, currency)
        if drawn is not None:
            cards.figure(drawn, "answer", table)
        lists.show(
            content.rounded(of, query, table), "answer-table", wording.sentence(known, query, of.names, currency)
        )
    if query.rows and not nothing:
        st.caption(plain(rows.said(known, query, found, currency)))
    if found.cut:
        st.caption(
            _("There are more than {count} groups: the first ones are shown.").format(
                count=locales.number(statement.MAX_GROUPS)
            )
        )
    for said in filter(None, (wording.short_of(known, query), wording.partly(known, query))):
        st.caption(plain(said[:1].upper() + said[1:] + "."))
    if found.earlier:
        first, last = of.catalogue.first, of.catalogue.last
        if periods.before(query.period, first, last, query.compared)[0] < found.earlier[0]:
            text = _("The data begin on {day}: of the days to compare with, those before are missing.")
            st.caption(text.format(day=locales.day(first)))
    if query.compared and found.earlier is None:
        st.caption(_("The days to compare with begin before the data do, so there is no comparison."))
    if not nothing:
        receipt(of, query, found, stored)


def receipt(of: Known, query: Query, found: Answer, stored: Stored) -> None:
    """Where an answer comes from: days, meanings, rows, the version of the data, and the SQL."""
    currency = stored.origin.currency or "GBP"
    where = st.expander(
        _("Where this comes from"), icon=":material/receipt_long:", on_change="rerun", key="ask.receipt"
    )
    if not where.open:
        return
    with where:
        known = of.catalogue
        lines = [wording.sentence(known, query, of.names, currency)]
        if found.period:
            lines.append(_("Days: {days}.").format(days=wording.days(found.period)))
        if found.earlier:
            lines.append(_("Compared with: {days}.").format(days=wording.days(found.earlier)))
        for name in query.measures:
            one = known.measures[name]
            if one.meaning:
                lines.append(
                    _("{measure}: {meaning}.").format(
                        measure=(wording.column if query.rows else wording.measure)(known, name), meaning=_(one.meaning)
                    )
                )
        count = statement.read(known, query, partial(tables.query, stored))
        rows = ngettext("{rows} row was read", "{rows} rows were read", count).format(rows=locales.number(count))
        table = PEOPLE if definitions.table_of(known, query) == PEOPLE else "sales"
        about = _("{rows} of {data}, version {version}, stored {age}.")
        lines.append(
            about.format(
                rows=rows,
                data=_(stored.origin.name),
                version=stored.version,
                age=locales.age(stored.stored, datetime.now(UTC)),
            )
        )
        st.markdown("\n".join(f"- {plain(line)}" for line in lines))
        st.caption(
            _("The link of this page opens this answer again. In SQL, over the table {table}:").format(table=table)
        )
        st.code(found.sql, "sql", wrap_lines=True)
        st.code("\n".join(f"${name} = {value!r}" for name, value in found.values.items()) or "–", None)


def kept(of: Known, query: Query) -> None:
    """Put an answer on a board; for analysts."""
    if not access.changes():
        return
    with st.popover(
        _("Keep on a board"), icon=":material/dashboard_customize:", on_change="rerun", key="ask.keep"
    ) as menu:
        if not menu.open:
            return
        options = board.forms(query, of.levels)
        form = st.segmented_control(
            _("Form"), options, default=options[0], format_func=lambda one: _(FORMS[one]), required=True, key="ask.form"
        )
        width: board.Width = 3 if form == "number" else 6
        keep.offered("ask", lambda title: board.Card(form or options[0], query, title=title, width=width))


def link(query: Query) -> None:
    """Put a query into the page's link."""
    text = to_text(query)
    if st.query_params.get("q") != text:
        st.query_params["q"] = text
