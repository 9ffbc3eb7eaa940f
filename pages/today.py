"""What should an analyst look at this morning?"""

from datetime import UTC, datetime

import streamlit as st

import locales
from charts import today as charts
from charts.churn import explore as churn_charts
from locales.customers import label
from models.churn import explore
from models.churn.preparation import with_outcome
from models.sales import pulse
from ui import answers, cards, pointers, store
from ui.act import inbox
from ui.background import Step
from ui.products import margins
from ui.sales import series
from ui.text import N_, _, ngettext

OLD_DAYS = 30
WAITING = 3  # of the inbox

customers_data, sales_data = store.active("customers"), store.active("sales")
# Once some of the data are one's own, what the demo says of others is no news.
own = [one for one in (customers_data, sales_data) if one.origin.kind != "demo"]
seen = own or [customers_data, sales_data]
cards.head(_("Today"), _("What should you look at this morning?"), *seen)
store.one_currency(sales_data)


def look(step: Step) -> bool:
    """All that this page says of the lines, so that it is there when it is asked for."""
    step(N_("Reading the sales lines"), 0.2)
    for made in (store.days, margins.worst, series.first):
        made(sales_data)
    return True


if sales_data.rows["sales"] > answers.MANY_ROWS:
    answers.ready(f"today {sales_data.version}", "read lines", look)
customers, days = with_outcome(store.frame(customers_data)), store.days(sales_data)
churn, shop = explore.headline(customers), pulse.pulse(days)
priced = "amount" not in store.unknown(sales_data)
dollars, pounds = customers_data.origin.currency or "USD", sales_data.origin.currency or "GBP"


def against(year: float | None, week: float | None) -> str:
    """Against a year ago where all of the week can be, so that what stands side by side means the same."""
    share = week if shop.against_year is None else year
    if share is None:
        return _("nothing earlier to compare with")
    then = _("against the week before") if shop.against_year is None else _("against a year ago")
    return f"{locales.signed(share, locales.percent)} {then}"


of_sales, of_churn = [], []
if sales_data in seen:
    of_sales = [
        (
            _("Sales of the last 7 days"),
            locales.money(shop.revenue, pounds)
            if priced
            else ngettext("{count} unit", "{count} units", round(shop.revenue)).format(
                count=locales.number(shop.revenue)
            ),
            against(shop.against_year, shop.against_week),
        ),
        (
            _("Orders of the last 7 days")
            if "invoice" in sales_data.columns["sales"]
            else _("Lines of the last 7 days"),
            locales.number(shop.orders),
            against(shop.orders_against_year, shop.orders_against_week),
        ),
    ]
if customers_data in seen:
    of_churn = [
        (
            _("Churn rate"),
            locales.percent(churn.rate, 1),
            _("{leavers} of {customers} customers left").format(
                leavers=locales.number(churn.leavers), customers=locales.number(churn.customers)
            ),
        ),
        *cards.money(_("Revenue at risk"), churn.revenue_at_risk, dollars, _("a month, if peers' rates hold")),
    ]
cards.metrics([*of_sales, *of_churn])

with st.grid(2, min_column_width=420):
    if priced and of_sales:
        cards.figure(charts.pulse(days, shop, pounds), "sales_by_week", days.tail(7 * charts.WEEKS_SHOWN))
    leading = ["contract"] if "contract" in customers else explore.leading(customers)[0][:1]
    for by in leading if of_churn else []:
        rates = explore.rate_by(customers, by)
        cards.figure(churn_charts.rate_by(rates, by, churn.rate, []), f"churn_by_{by}", rates)

st.subheader(_("Worth a look"), anchor=False)
spot = explore.hot_spot(customers, "contract", "internet_service")
if spot is not None and of_churn:
    sentence = _(
        "The most revenue is at risk with “{row}” and “{column}”: {amount} a month. {rate} of these {customers} "
        "customers left."
    )
    cards.pointer(
        sentence.format(
            row=label(spot["row"]),
            column=label(spot["column"]),
            amount=locales.money(spot["revenue_at_risk"], dollars),
            rate=locales.percent(spot["rate"]),
            customers=locales.number(spot["customers"]),
        ),
        "churn_explore",
        _("Explore churn"),
        {"f.contract": spot["row"], "f.internet_service": spot["column"]},
    )

waits, more = inbox.first(sales_data, customers_data, WAITING)
for one in waits:
    cards.pointer(one.lines[0], one.page, _("See more"), dict(one.query))
if more:
    sentence = ngettext("{count} more waits in the inbox.", "{count} more wait in the inbox.", more)
    cards.pointer(sentence.format(count=locales.number(more)), "act_inbox", _("See what waits"))

if of_churn:
    pointers.leaving(customers_data)
if of_sales:
    pointers.slipping(sales_data)

loss = margins.worst(sales_data) if of_sales else None
if loss is not None:
    name, amount, why = loss
    sentence = _("{product} loses most money: {amount} in the last 13 weeks. Why: {why}.")
    cards.pointer(
        sentence.format(product=name, amount=locales.money(amount, pounds, 2), why=_(why)),
        "products_margins",
        _("See what loses money"),
        {"view": "losing", "period": "13w"},
    )

chosen, found = series.first(sales_data)
if found is not None and of_sales:
    lo, hi = (chosen.written(end) for end in found.total[80])
    sentence = _("The next {days} days should sell {lo} to {hi} (in four of five cases).")
    cards.pointer(sentence.format(days=chosen.horizon, lo=lo, hi=hi), "sales_forecast", _("See the forecast"))

if of_sales:
    pointers.sold_out(sales_data, "data")

if of_sales and (datetime.now(UTC).date() - shop.end.date()).days > OLD_DAYS:
    sentence = _("These sales end on {day}: “the last seven days” are the last ones in the data.")
    cards.pointer(sentence.format(day=locales.day(shop.end)), "data", _("Bring newer data"), {"table": "sales"})
