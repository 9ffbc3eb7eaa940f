"""What the models say, in a sentence and a number that point to a page, for Today and Ask, which show several."""

from datetime import date

import numpy as np
import pandas as pd
import streamlit as st

import locales
from data import orders, state
from data.dataset import Table
from data.orders import DRAFTED
from data.tables import Stored
from locales.labels import label
from models.ask.query import Query
from models.drift import alerts, messages
from models.forecast import coherent, source
from models.lifecycle import managed, registry
from ui import buyers, cards, database, store
from ui.customers import value
from ui.sales import series
from ui.text import _, ngettext, plain

NAMED = 3  # customers, products or alerts


def leaving(people: Stored) -> bool:
    """How many of those who are still here lean towards leaving; False where no model knows better than chance."""
    trained = registry.champion(database.engine(), "churn", people.lineage)
    metrics = {} if trained is None else trained["metrics"]
    if not metrics.get("leaning") or "leaning_left" not in metrics or metrics.get("auc_lo", 1.0) <= 0.5:
        return False
    sentence = ngettext(
        "{count} customer who is still here leans towards leaving; of 100 like that {left} left.",
        "{count} customers who are still here lean towards leaving; of 100 like that {left} left.",
        metrics["leaning"],
    )
    told = sentence.format(count=locales.number(metrics["leaning"]), left=locales.number(100 * metrics["leaning_left"]))
    cards.pointer(told, "churn_campaign", _("See whom to call"))
    return True


def slipping(sold: Stored) -> bool:
    """Who has been silent for unusually long; False where that is not known yet, nobody has, or it is mere chance."""
    listed = value.slipping_now(sold)
    at_risk = 0.0 if listed is None else float(listed["at_risk"].clip(lower=0).sum())
    if listed is None or round(at_risk) == 0:
        return False
    sentence = ngettext(
        "{count} customer, {names}, has been silent for unusually long; at risk: {amount} a year.",
        "{count} customers have been silent for unusually long, first {names}; at risk: {amount} a year.",
        len(listed),
    )
    risk = locales.money(at_risk, sold.origin.currency or "GBP")
    names = ", ".join(listed["name"].head(NAMED))
    said = sentence.format(count=locales.number(len(listed)), names=names, amount=risk)
    cards.pointer(said, "customers_value", _("See whom to call"))
    return True


def sold_out(sold: Stored, page: str) -> bool:
    """What is sold out; False where nothing is, or nobody counts."""
    places = store.sold_out(sold) if "stock_moves" in sold.columns else {}
    if not places:
        return False
    names = list(places)
    goods = store.frame(sold, "products") if "products" in sold.columns else None
    described = {} if goods is None else goods.set_index("product")["description"].dropna().to_dict()
    sentence = ngettext(
        "{count} product is sold out: {names}.", "{count} products are sold out, such as {names}.", len(names)
    )
    first, last = (
        described.get(name, name) + (f" ({places[name]})" if places[name] else "") for name in (names[0], names[-1])
    )
    some = first if len(names) == 1 else _("{one} and {other}").format(one=first, other=last)
    action, about = (_("See the data"), {"table": "sales"}) if page == "data" else (_("See what to order"), {})
    cards.pointer(sentence.format(count=locales.number(len(names)), names=some), page, action, about)
    return True


def coming(sold: Stored, query: Query | None, days: tuple[date, date] | None) -> None:
    """What will sell in some days to come, as the forecast says it; without days, in those its page shows first."""
    about = _part(query, source.parts(sold.columns["sales"]))
    if about is None:
        text = _("A forecast is of everything, or of one category, store or product: ask for one of these.")
        st.info(text, icon=":material/info:")
        return
    part, name = about
    measure = "units" if query is not None and "units" in query.measures else "revenue"
    chosen = series.until(sold, part, name, measure, days) if days else series.usual(sold, part, name, measure)
    if chosen is None:
        st.info(_("That is farther ahead than these sales can tell."), icon=":material/info:")
        return
    found = series.forecast(sold, chosen)
    which = series.inside(chosen, found, days) if days else np.full(len(found.frame), True)
    mean, lo, hi = (chosen.written(amount) for amount in coherent.summed(found, which))
    periods = found.frame.index[which].to_period(chosen.frequency[0])
    first, last = (locales.day(end) for end in (periods[0].start_time, periods[-1].end_time))
    span = first if first == last else _("{first} to {last}").format(first=first, last=last)
    held = found.total_held.get(80, (0, 0))
    record = _("{held} of {tried} such sums in the past lay in their band").format(held=held[0], tried=held[1])
    cards.metrics(
        [
            (
                plain(f"{_(series.MEASURES[chosen.measure])}, {chosen.name}"),
                mean,
                _("expected, {days}").format(days=span),
            ),
            (_("In four of five cases"), f"{lo} – {hi}", record if held[1] else ""),
        ]
    )


def _part(query: Query | None, parts: list[str]) -> tuple[str | None, str | None] | None:
    """Of which of the `parts` of sales a question is; None where it is kept to something else, or to several."""
    kept = query.filters if query is not None else ()
    if not kept:
        return None, None
    one = kept[0]
    known = one.dimension in parts and one.kept and one.how == "is" and len(one.values) == 1
    return (one.dimension, one.values[0]) if known and len(kept) == 1 else None


def changed(sold: Stored, people: Stored) -> bool:
    """What of the data is confirmed to have changed, for each model, or on which day nothing had; whether anything."""
    any_open = False
    tables: dict[Table, Stored] = {"sales": sold, "customers": people}
    log = state.read(database.engine(), state.alert_log)
    seen = state.read(database.engine(), state.job_runs, job="drift", status="done")
    for name in managed.MODELS:
        episodes = alerts.episodes(log[log["model"].eq(name)])
        open_ = episodes[managed.waiting(episodes, tables)].head(NAMED).to_dict("records")
        any_open |= bool(open_)
        days = seen.loc[seen["subject"].eq(name), "day"]
        for row in open_:
            text = _("{model}: {alert}").format(model=label(name), alert=messages.sentence(row))
            cards.pointer(text, "monitoring_drift", _("See what changed"), {"model": name})
        if not open_ and len(days):
            text = _("{model}: nothing was confirmed to have changed when it was last compared, with {day}.")
            day = locales.day(pd.Timestamp(days.max()))
            st.markdown(plain(text.format(model=label(name), day=day)))
    return any_open


def drafts(sold: Stored) -> None:
    """How many orders are drafted, and for how much."""
    waiting = orders.kept(database.engine(), sold.lineage, state.orders.c.status.in_((DRAFTED,)))
    if waiting:
        sentence = ngettext("{count} order is drafted.", "{count} orders are drafted.", len(waiting))
        cards.pointer(sentence.format(count=locales.number(len(waiting))), "act_orders", _("See the orders"))


def slips(sold: Stored) -> bool:
    """Who is slipping, learned first where that is not known yet; False where nobody is."""
    value.answer(sold, buyers.sought(sold, customers=1, days=1))
    if found := slipping(sold):
        return found
    st.markdown(_("No customer is known to have become silent for unusually long."))
    return False
