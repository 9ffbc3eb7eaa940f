"""What the models say to a question that is for them, and where to read more."""

from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

import locales
from charts.ask import why as charts
from data import tables
from data.tables import Stored
from models.ask import statement, why, wording
from models.ask.known import Known
from models.ask.query import Query
from models.ask.why import Why
from ui import cards, inputs, lists
from ui.ask import answer
from ui.known import answered
from ui.text import N_, _

POINTERS = {  # intent -> (sentence, page, the link's text)
    "forecast": (
        N_("What will sell, and how sure that is, is said by the forecast."), "sales_forecast", N_("See the forecast")
    ),
    "leaving": (N_("Who is likely to leave is said by the churn model."), "churn_campaign", N_("See whom to call")),
    "slipping": (N_("Whose silence is unusual for their own rhythm:"), "customers_value", N_("See who is slipping")),
    "stock": (N_("What to order today, and how much:"), "sales_stock", N_("See what to order")),
    "drift": (
        N_("Whether the data still look like the data that the models learned from:"),
        "monitoring_drift",
        N_("See what changed"),
    ),
}  # fmt: skip
MAX_LEVELS = 200  # levels of a dimension that explains anything
LEFT_OUT = ("weekday", "hour", "month_of_year", "customer", "product")


def pointed(intent: str) -> None:
    """The page that says more."""
    sentence, page, action = POINTERS[intent]
    cards.pointer(_(sentence), page, _(action))


def explained(of: Known, query: Query, sold: Stored, people: Stored) -> None:
    """Why a measure changed."""
    known, currency = of.catalogue, sold.origin.currency or "GBP"
    if not query.compared:
        against = inputs.view(_("Compare"), list(inputs.AGAINST), "against", lambda one: _(inputs.AGAINST[one]))
        query = replace(query, period=query.period or "previous month", compared=against)
    split = tuple(name for name, levels in of.levels.items() if 1 < len(levels) <= MAX_LEVELS and name not in LEFT_OUT)
    found = _why(sold.version, query, split, of, sold)
    if found is None:
        if query.compared and statement.compared(known, query) is None:
            st.info(_("The days to compare with begin before the data do, so there is no comparison."))
        else:
            st.info(_("This is answered for amounts that add up, such as revenue, units or margin."))
        return
    write = wording.number(known.measures[found.measure], currency)
    cards.metrics(
        [
            (wording.measure(known, found.measure), write(found.now), wording.days(found.period)),
            (_("Compared with"), write(found.then), wording.days(found.earlier)),
            (_("Change"), locales.signed(found.change, write), _usual(found)),
        ]
    )
    if found.parts.empty:
        st.info(_("There is nothing to split this by: no category, store or other column with a few values."))
        return
    of_dimension = list(dict.fromkeys(found.parts["dimension"]))
    dimension = inputs.view(_("Split by"), of_dimension, "why", lambda name: wording.dimension(known, name))
    part = found.parts[found.parts["dimension"] == dimension]
    named = part.assign(name=[wording.value(dimension, level, of.names) for level in part["level"]])
    table = pd.DataFrame(
        {
            wording.dimension(known, dimension): named["name"],
            _("Now"): named["now"].round(2),
            _("Then"): named["then"].round(2),
            _("Change"): named["change"].round(2),
            _("Usual?"): [
                _("not known") if one is None or one != one else _("yes") if one else _("no") for one in named["usual"]
            ],
        }
    )
    cards.figure(charts.changes(found, named, wording.dimension(known, dimension), write), "why", table)
    lists.show(table, "why-table", _("What changed, the largest part of it first"))
    asked = Query((found.measure,), filters=query.filters, period=query.period, compared=query.compared)
    answer.receipt(of, asked, answered(sold, people, asked), sold)
    st.caption(
        _(
            "A change is usual where it lies in the 95% prediction interval of the changes between earlier periods of "
            "the same length, as far apart as these two. A split says where the change is, not what caused it."
        )
    )


def _usual(found: Why) -> str:
    if found.usual is None:
        return _("too little past to say whether that is usual")
    return _("no more than is usual") if found.usual else _("more than is usual")


@st.cache_resource(max_entries=32, show_spinner=False)
def _why(version: str, query: Query, split: tuple[str, ...], _of: Known, _sold: Stored) -> Why | None:  # noqa: ARG001  # the cache key
    return why.explained(_of.catalogue, query, split, partial(tables.query, _sold))
