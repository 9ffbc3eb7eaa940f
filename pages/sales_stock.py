"""What must be ordered today, how much, and how sure is it that the shelf does not run empty?"""

import numpy as np
import streamlit as st

import locales
from models.stock import assortment, ordering
from models.stock.ordering import Terms
from models.stock.supply import still_coming
from ui import answers, cards, inputs, store
from ui.sales import occasions, series, service, supply
from ui.sales import stock as views
from ui.text import N_, _, part

VIEWS = {
    "today": N_("Order today"),
    "product": N_("One product"),
    "classes": N_("Classes of products"),
    "money": N_("Service and money"),
}

stored = store.active("sales")
currency = stored.origin.currency or "GBP"
cards.head(
    _("Sales: stock"),
    _("What must be ordered today, how much, and how sure is it that the shelf does not run empty?"),
    stored,
)
store.need(stored, "quantity", "unit_price")
if not series.has_weeks(stored):
    st.info(_("These data are totals of months: for this page, as deliveries take days, they would have to be daily."))
    st.stop()
if stored.rows["sales"] > answers.MANY_ROWS:
    answers.ready(f"demand {stored.version}", "read lines", lambda step: supply.read(stored, step))
with st.spinner(_("Reading the sales lines")):
    demand = supply.demand(stored)
if demand.goods.empty:
    st.info(_("These data hold no goods that were sold at a price: choose others on the page Data."))
    st.stop()


@part
def ordered() -> None:
    """The decisions and everything that follows from them, so that nothing else is run and painted again."""
    goods, today = demand.goods, demand.days[-1]
    place, held = supply.on_hand(stored, goods, today)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=220):
            level = inputs.slider(_("Service: chance not to run out (%)"), "service", 95, 70, 99) / 100
        with st.container(width=150):
            review = int(inputs.number(_("Days between two looks"), "review", 7, 1, supply.LONGEST_REVIEW))
        with st.popover(_("Costs and lead times"), icon=":material/tune:"):
            lasts = int(inputs.number(_("Days an order lasts (0: what costs least)"), "lasts", 0, 0, 90))
            line = inputs.number(_("Cost of a line of an order"), "line", 10, 0, 10_000)
            order = inputs.number(_("Cost of an order, where its supplier does not say"), "order", 20, 0, 10_000)
            holding = inputs.number(_("Holding cost, % of the purchase cost a year"), "holding", 25, 0, 200) / 100
            write_off = inputs.number(_("Written off of what is left over (%)"), "write_off", 0, 0, 100) / 100
            margin = inputs.number(_("Margin where the cost is not known (% of the price)"), "margin", 40, 0, 100) / 100
            mean = inputs.number(_("Lead time where it is not known (days)"), "lead", 14, 1, 90)
            spread = inputs.number(_("Its standard deviation (days)"), "lead_spread", 4, 0, 30)
        with st.popover(_("Budget"), icon=":material/savings:"):
            budget = inputs.number(_("Money for safety stock (0: no limit)"), "budget", 0, 0, 1e12)
            st.caption(_("With a limit each product gets the service that loses least margin in all for that money."))
        with st.popover(_("Count of the stock"), icon=":material/inventory:"):
            supply.ask(stored, goods)

    leads = supply.lead_times(stored, mean, spread)
    experience = supply.experience(stored, leads)
    version = f"{stored.version}{occasions.name(occasions.about(stored, None, None))}"
    found = supply.service(version, mean, spread, review, experience, leads)
    held, forgotten = still_coming(held, leads)
    futures = supply.odds(version, place, mean, spread, review, experience, leads, held)
    terms = Terms(level, review, lasts, holding, write_off, margin, line, order)
    conditions = supply.conditions(stored.version, stored, demand)
    days = ordering.order_sizes(goods, experience, futures, terms, conditions).days
    given = assortment.within(goods, found, terms, days, budget) if budget else None
    least, own = supply.minimum(stored, goods), given.levels if given else None
    table = ordering.orders(goods, experience, found, futures, held, least, terms, conditions, own)

    views.headline(table, found, terms, currency, given)
    views.notes(table, demand, leads, forgotten, conditions, terms, currency, supply.stores(stored))
    with st.container(horizontal=True, vertical_alignment="center"):
        view = inputs.view(_("View"), list(VIEWS), "view", lambda one: _(VIEWS[one]))
        best = ordering.proposed(goods, found, terms, days)
        usual = {"service": int(np.clip(round(100 * best), 70, 99))}
        st.button(
            _("Newsvendor proposes {level}").format(level=locales.percent(best, 1)),
            icon=":material/target:",
            on_click=st.session_state.update,
            args=(usual,),
            help=_("Aim at the service that margins, holding cost and write-offs propose, at most 99%."),
        )
    if view == "today":
        views.today(table, futures, demand, currency)
    elif view == "product":
        views.product(table, demand, experience, leads, held, supply.levels(stored, demand), terms)
    elif view == "classes":
        service.classes(table, demand, found, terms, currency)
    else:
        service.money(demand, found, terms, days, currency, given)


ordered()
with st.expander(_("How this is computed"), icon=":material/functions:"):
    st.markdown(
        _(
            """
- **Demand**: units sold a day. What a customer brings back on the day of purchase was never wanted; later returns count
  as demand, and not as stock. A day that ends with nothing on hand says little about demand: there, the product's usual
  share of the other products' sales (of the 91 days before) counts, if it is more than what was sold. Each warehouse
  whose sales and stock are known counts by itself.
- **On hand**: what was last counted, and came since, less what was sold since, where the moves of the stock do not say
  so themselves. Once more was sold than was there, nobody knows what is, until it is counted.
- **Forecast**: one model for all products by week (gradient boosting), weighed against what a product usually sells
  (means and TSB), by what was closer of late for its class of demand; spread over the weekdays as lately. What has not
  sold for longer than chance allows has ended, and is not ordered.
- **Classes of demand**: by weeks: smooth, erratic (sizes vary: CV² above 0.49), intermittent (more than 1.32 weeks from
  one week with sales to the next), lumpy (both); new in the first 13 weeks (Syntetos, Boylan and Croston 2005).
- **Lead time**: what deliveries took from order to receipt, of the product itself (from 20 deliveries on) or of its
  supplier; else the supplier's mean and standard deviation; else yours.
- **Futures**: 200 for each product. Each is the forecast, off by as much as that of a product of the same class that
  varies as much was on a past day, with a lead time drawn from its distribution and the deliveries under way as late as
  such are. Units under way belong to the latest orders; what is older than twice the longest delivery of its supplier
  does not come. Nothing is assumed to be normally distributed.
- **Reorder point**: what covers demand over the lead time and the days between two looks as often as the service asks
  for, by 1,000 such demands (split conformal by class; one past day left out at a time says which quantile holds).
- **Order**: from on hand and under way up to that point and the order size: the root of 2 × demand × cost of ordering /
  holding cost (Harris, Wilson), less what a product is usually below its point; larger where a supplier's price breaks
  pay for it; in whole packs, and never less than the supplier's minimum. Products of one supplier share its orders:
  each in a power of two of its common cycle (Roundy), and what will be due within half of it joins an order. Where a
  supplier delivers only from an amount of money on, the order lasts longer until it is reached.
- **Achieved service**: the same on past days, each with only what was known then: the share of lead times, drawn again,
  in which demand stayed within the reorder point. **Textbook formula**: the same forecast + z × √(σ² × days +
  (daily demand × σ of the lead time)²), with σ of the last 13 weeks.
- **Budget**: marginal analysis: the next step of service goes to the product where it saves most margin for its money.
- **ABC**: products that make the first 80%, the next 15%, the rest of a year's sales. **XYZ**: coefficient of variation
  of weeks up to 0.5, up to 1, above.
- **Best service**: newsvendor, margin / (margin + what a unit left over costs until the next order).
- **At stake**: margin lost on average if the order is placed at the next look instead of today. **Order by**: the last
  day on which an order still comes in time with the service asked for.
- **A year costs**: safety stock × holding cost, and the margin of what past lead times lacked, once an order cycle.
"""
        )
    )
