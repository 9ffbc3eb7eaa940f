"""What sold, when, and to whom?"""

import pandas as pd
import streamlit as st

from charts.sales import overview as charts
from locales.labels import heading, label
from models.sales import overview
from models.sales.pulse import YEAR
from ui import answers, buyers, cards, inputs, store
from ui.sales import numbers, series
from ui.sales import overview as views
from ui.text import N_, _, part

VIEWS = {
    "trend": N_("Trend"),
    "what": N_("What sells"),
    "who": N_("Who buys"),
    "numbers": N_("In numbers"),
    "out": N_("Empty shelves"),
}
THEN = {"year": N_("{value} a year earlier"), "before": N_("{value} before")}
SEASONS: dict[overview.Season, str] = {"week": N_("Days of the week"), "year": N_("Weeks of the year")}
FILTERS = ("category", "store")
OWN = 2  # columns of one's own that are compared by at first
LACKS = {  # column -> (the view that misses it, what it is needed for); no view: the cards
    "invoice": (None, N_("Orders and basket need the column “invoice”, which these data lack.")),
    "customer": (None, N_("Customers, new or returning, need the column “customer”, which these data lack.")),
    "category": ("what", N_("Categories need the column “category”, which these data lack.")),
    "store": ("what", N_("Stores need the column “store”, which these data lack.")),
}
stored = store.active("sales")
cards.head(_("Sales: overview"), _("What sold, when, and to whom?"), stored)
store.need(stored, "amount")
if stored.rows["sales"] > answers.MANY_ROWS:
    answers.ready(f"lines {stored.version}", "read lines", lambda step: store.code(stored, step))
sold = store.goods(stored)
currency = stored.origin.currency or "GBP"
if sold.lines.empty:
    st.info(_("These data hold no goods that were sold or came back: choose others on the page Data."))
    st.stop()

named = {"product": store.names(stored)}
if "stores" in stored.columns:
    named["store"] = store.frame(stored, "stores").set_index("store")["name"].to_dict()
missing = {column: needs for column, needs in LACKS.items() if column not in sold.lines}
filtered = [column for column in FILTERS if column not in missing]
own = store.own(stored)


def name(column: str, level: str) -> str:
    return named.get(column, {}).get(level) or label(level)


def choose(column: str, sold: overview.Goods) -> list[str]:
    levels = sorted(sold.lines[column].array.categories, key=lambda level: name(column, level))
    return inputs.several(heading(column), levels, f"sales.{column}", lambda level: name(column, level))


def reset() -> None:
    for column in (*filtered, *own, buyers.SEGMENT):
        st.session_state[f"sales.{column}"] = []


@part
def explored() -> None:
    """Filters and figures: all that a filter changes, so that nothing else is run and painted again."""
    first, last = sold.days[[0, -1]]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        start, end = map(pd.Timestamp, inputs.period(_("Period"), "period", first.date(), last.date()))
        shifts = {"year": pd.Timedelta(days=YEAR), "before": end - start + pd.Timedelta(days=1)}
        usual = next((one for one, shift in shifts.items() if start - shift >= first), "year")
        against = inputs.choice(_("Compare with"), list(shifts), "against", lambda one: _(inputs.AGAINST[one]), usual)
        by = inputs.several(_("By columns of your own"), own, "by", heading, usual=own[:OWN]) if own else []
        lines = overview.by(sold, store.dimensions(stored, by))
        filters = {column: choose(column, lines) for column in (*filtered, *by)}
        if "customer" not in missing:
            filters[buyers.SEGMENT] = buyers.choose(f"sales.{buyers.SEGMENT}")
        st.button(_("Reset"), icon=":material/restart_alt:", on_click=reset, disabled=not any(filters.values()))

    if filters.get(buyers.SEGMENT):
        buyers.say(filters[buyers.SEGMENT])
        lines = overview.by(lines, {buyers.SEGMENT: buyers.of_lines(stored, lines.lines["customer"].array)})
    kept, shift = overview.keep(lines, filters), shifts[against]
    shown = overview.between(kept, start, end)
    if shown.lines.empty:
        st.info(_("Nothing was sold with these filters in this period. Remove a filter or choose a longer period."))
        return
    earlier = overview.between(kept, start - shift, end - shift) if start - shift >= first else None
    views.headline(
        overview.measures(shown).iloc[0], earlier, overview.sparkline(kept, start, end), _(THEN[against]), currency
    )

    with st.container(horizontal=True, vertical_alignment="center"):
        view = inputs.view(_("View"), list(VIEWS), "view", lambda one: _(VIEWS[one]))
        if view == "trend":
            season = inputs.view(_("Season"), list(SEASONS), "season", lambda one: _(SEASONS[one]))
    lacking = [_(sentence) for where, sentence in missing.values() if where in (None, view)]
    if lacking:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(" ".join([*lacking, _("Where your file has it, map it on the page Data.")]), width="stretch")
            store.map_columns()
    if view == "trend":
        views.trend(overview.daily(kept), start, end, season, currency, series.has_days(stored))
    elif view == "what":
        with st.grid("auto", min_column_width=400):
            for column in ("product", *filtered, *by):
                views.best(column, shown, name, currency)
    elif view in ("numbers", "out"):
        of = numbers.Shown(stored, start, end, filters, name)
        (numbers.numbers if view == "numbers" else numbers.empty_shelves)(of)
    elif "customer" not in missing:
        months = overview.loyalty(kept, start, end)
        with st.grid("auto", min_column_width=400):
            cards.figure(charts.loyalty(months), "sales_loyalty", months)
            cards.figure(charts.loyalty_revenue(months, currency), "sales_loyalty_revenue", months)
            views.best("customer", shown, name, currency)


explored()
with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- **Goods only**: lines of type sale and return. Postage, fees, discounts and adjustments are left out.
- **Revenue**: quantity × unit price, less what came back. **Basket**: sales before returns, per order. **Returned**:
  what came back over what was sold, in money. **Customers**: those who bought, where the line says who.
- **Changes**: a year earlier is 364 days, so that weekdays meet the same weekdays. Nothing is compared with days before
  the data begin.
- **Trend, season, rest** add up to the revenue: robust STL (Cleveland and others 1990) of the whole history with these
  filters. Closed days are left out; a weekday that is usually closed is, too. What stands out is farther from zero than
  three robust standard deviations.
- **80% of revenue**: the fewest that bring it in, among those that brought in more than came back.
- **Segment**: that of a customer on the last day of the data, as on the page Customers: segments, whatever the period.
- **In numbers**: of the worth of single lines (of what came back, above zero), or of what lies of each product at the
  end of the period, at its last cost. The standard deviation is that of a sample (n − 1).
- **Empty shelves**: days on which something was sold, and which ended with nothing of a product on hand; after 90 such
  days it counts as discontinued. What it lost is its usual share (of the 91 days before) of what the others sold, at
  its mean price of the period.
- **New**: bought in this month for the first time in the data, whatever the filters. In the first months of the data
  nearly everyone is new.
"""
        )
    )
