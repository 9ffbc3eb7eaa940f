"""The forecast of what customers of some segments will bring in."""

from collections.abc import Sequence

import streamlit as st

import locales
from charts.sales import segment as charts
from data.tables import Stored
from models.customers import outlook
from models.forecast.combined import Forecast
from ui import answers, buyers, cards, store
from ui.background import Step
from ui.sales import series
from ui.sales.series import Chosen
from ui.text import N_, _, plain

LENGTH = {"D": 1, "W": 7, "MS": 30, "QS": 91, "YS": 365}


def choose(stored: Stored, chosen: Chosen) -> list[str]:
    """The segments that are asked for; all sales in money only can be split by them."""
    if chosen.part is not None or chosen.measure != "revenue" or "customer" not in stored.columns["sales"]:
        return []
    return buyers.choose()


def show(stored: Stored, chosen: Chosen, told: Forecast, wanted: Sequence[str]) -> None:
    """What is expected of them, how sure that is, and by what."""
    bought = buyers.sought(stored, customers=20)
    buyers.say(wanted)
    days = chosen.horizon * LENGTH[chosen.frequency]
    revenue = store.days(stored)["revenue"].reindex(bought.days, fill_value=0.0).to_numpy()

    def work(step: Step) -> outlook.Outlook:
        step(N_("Scoring customers as on past days"), 0.2)
        return outlook.outlook(bought, revenue, wanted, days)

    found = answers.ready(f"outlook {stored.version} {'+'.join(wanted)} {days}", "customers", work)
    total, (lo, hi) = float(told.frame["mean"].sum()), told.total[80]
    mean, least, most = outlook.of_total(found, total, lo, hi)
    last = series.end(stored, chosen, told.frame.index[-1])
    share = _("{lo} to {hi}; of {amount} in all")
    cards.metrics(
        [
            (
                _("Expected by {day}").format(day=locales.day(last)),
                chosen.written(mean),
                _("of the customers in these segments today"),
            ),
            (
                _("In four of five cases"),
                f"{chosen.written(max(least, 0.0))} – {chosen.written(most)}",
                _("80% band of the sum"),
            ),
            (
                _("Share of all revenue"),
                locales.percent(found.share, 1),
                share.format(
                    lo=locales.percent(max(found.lo, 0.0), 1),
                    hi=locales.percent(found.hi, 1),
                    amount=chosen.written(total),
                ),
            ),
            (
                _("Customers"),
                locales.number(found.customers),
                _("in them today; {mean} on average on the past days").format(
                    mean=locales.number(found.past["customers"].mean())
                ),
            ),
        ]
    )
    named = ", ".join(map(buyers.name, wanted))
    cards.figure(charts.shares(found, named), "sales_segment", found.past)
    st.caption(
        plain(
            _(
                "Their own past sales are not continued: who is a champion is one because they bought lately, and who "
                "is lost because they did not. Instead customers are scored as they would have been on {count} past "
                "days, and what those in the segments brought in after is measured; that share is taken of the "
                "forecast of everything."
            ).format(count=locales.number(len(found.past)))
        )
    )
