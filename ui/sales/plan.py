"""What is planned, painted on a calendar: three scenarios, kept in the URL."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import streamlit as st

import locales
from charts.sales import what_if as charts
from data import tables
from data.tables import Stored
from locales.labels import label
from models.forecast import elasticity, holidays, scenario, switching
from models.forecast.elasticity import Elasticity
from models.forecast.scenario import Plan
from ui import cards, inputs, store
from ui.sales.series import Chosen
from ui.text import N_, _, ngettext, plain

SCENARIOS = ("A", "B", "C")
SIZES = {  # kind -> label, usual, least, most, in per cent
    "promotion": (N_("Off the price (%)"), 20, 1, 90),
    "price": (N_("Change of the price (%)"), 5, -50, 100),
    "closed": (N_("Customers who come in the week after (%)"), 30, 0, 100),
    "event": (N_("More than usual (%)"), 20, -100, 300),
}
LATEST = 28  # days whose price and cost are taken to go on


@dataclass(frozen=True)
class Terms:
    """The usual `price` and unit `cost` of what is chosen, its price without promotions (`listed`), the `elasticity`
    of the range it belongs to (the `category`, "" for everything), and the `weight` it has in that range: 1 for all of
    it."""

    price: float
    listed: float
    cost: float
    elasticity: Elasticity
    category: str
    weight: float


@st.cache_resource(max_entries=40, show_spinner=False)
def _prices(key: str, _stored: Stored, _chosen: Chosen) -> tuple[float, float, float, float, str]:  # noqa: ARG001  # the cache key
    found = tables.query(
        _stored,
        scenario.latest(_chosen.part, _stored.columns["sales"]),
        days=LATEST,
        **({"value": _chosen.value} if _chosen.part else {}),
    ).iloc[0]
    price, listed, cost, weight = (
        float(found[name]) if pd.notna(found[name]) else float("nan") for name in ("price", "listed", "cost", "weight")
    )
    return (
        price,
        listed if listed > 0 else price,
        cost,
        weight,
        str(found["category"]) if pd.notna(found["category"]) else "",
    )


def terms(stored: Stored, chosen: Chosen, measured: Elasticity | None = None) -> Terms:
    """What plans for the chosen series are reckoned with; where nothing is known, anything up to an end that is chosen.

    What one past change of prices `measured` stands in where the prices of all weeks do not tell.
    """
    price, listed, cost, weight, category = _prices(f"{stored.version} {chosen.key}", stored, chosen)
    known = store.elasticities(stored)
    category = {"category": chosen.value or "", "product": category}.get(chosen.part or "", "")
    category = category if category in known else ""
    if measured:
        known = known | {category: switching.learned_from(known[category], measured)}
    weight = weight if chosen.part == "product" and np.isfinite(weight) else 1.0
    if known[category].reason and known[category].whole is None:
        most = (
            inputs.slider(_("Elasticity at most, in tenths"), "elasticity", round(10 * elasticity.STEEPEST), 5, 60) / 10
        )
        sentence = _(
            "The data cannot say how units follow the price ({reason}). What plans of prices come to is said from no "
            "effect to {value}% more units for 1% off."
        )
        st.caption(plain(sentence.format(reason=_(known[category].reason), value=locales.number(most, 1))))
        found = switching.known(known, category, most)
    else:
        found = switching.known(known, category)
        st.caption(plain(" ".join(_said(found, category))))
    return Terms(price, listed, cost, found, category, weight)


def earning(known: Terms, price: float) -> Terms:
    """The terms at another usual price, of which the cost is the same share."""
    return replace(known, price=price, cost=known.cost * price / known.price)


def _said(found: Elasticity, category: str) -> list[str]:
    """What the data say of one price, and of all of them at once."""
    of = label(category) if category else _("everything")
    whole = found.whole or found
    said = []
    if not found.reason:
        one = ngettext(
            "1% off the price of one product sells {value}% more of it ({lo} to {hi}), as {products} product with "
            "changed prices shows.",
            "1% off the price of one product sells {value}% more of it ({lo} to {hi}), as {products} products with "
            "changed prices show.",
            found.products,
        )
        said.append(one.format(products=locales.number(found.products), **_interval(switching.alone(found))))
    if found.whole is None:
        return said
    if whole.reason:
        between = _(
            "What 1% off {range} sells is not known, only that it is between {lo}% and {hi}% more: {reason}, and what "
            "one product wins others may lose."
        )
        return [*said, between.format(range=of, reason=_(whole.reason), **_interval(whole))]
    every = _("1% off {range} sells {value}% more in all ({lo} to {hi}): the rest is taken from other products.")
    if whole.value > found.lo:
        every = _("1% off {range} sells {value}% more in all ({lo} to {hi}): products take little from each other.")
    alone = _(
        "1% off {range} sells {value}% more in all ({lo} to {hi}); what products take from each other is not known."
    )
    return [*said, (alone if found.reason else every).format(range=of, **_interval(whole))]


def _interval(found: Elasticity) -> dict[str, str]:
    return {name: locales.number(getattr(found, name), 2) for name in ("value", "lo", "hi")}


def kept(name: str, first: date, last: date) -> list[Plan]:
    """The plans of a scenario, from the session or the URL; what the forecast does not reach is left out."""
    texts = st.session_state.get(f"plans.{name}", st.query_params.get_all(name))
    found = [one for one in map(scenario.plan, texts) if one and first <= one.end and one.start <= last]
    keep(name, found)
    return found


def keep(name: str, plans: list[Plan]) -> None:
    """Make `plans` those of a scenario, in the session and in the URL."""
    texts = list(dict.fromkeys(one.text() for one in plans))
    st.session_state[f"plans.{name}"] = texts
    if st.query_params.get_all(name) != texts:
        if texts:
            st.query_params[name] = texts
        else:
            st.query_params.pop(name, None)


def brush(stored: Stored, chosen: Chosen, known: pd.DatetimeIndex) -> tuple[str, float, float]:
    """What is painted: its kind, size and share. What events did is looked up on the days `known`."""
    kind = inputs.view(_("Brush"), list(charts.KINDS), "brush", lambda one: _(charts.KINDS[one]))
    name, usual, least, most = SIZES[kind]
    if kind == "event":
        _events(stored, chosen, known)
    size = inputs.slider(_(name), f"size.{kind}", usual, least, most) / 100
    if kind == "closed":
        return kind, 0.0, size
    share = 1.0
    if kind in ("promotion", "price"):
        share = inputs.slider(_("Of the range (%)"), f"share.{kind}", 100, 1, 100) / 100
    return kind, size, share


def _events(stored: Stored, chosen: Chosen, known: pd.DatetimeIndex) -> None:
    """What named days did to sales before, to take over with a click."""
    if "calendar" not in stored.columns:
        return
    calendar = store.frame(stored, "calendar").set_index("date")
    named = calendar["event"].dropna() if "event" in calendar else pd.Series(dtype="str")
    if "holiday" in calendar:
        named = pd.concat([named, calendar["holiday"].dropna()])
    effects = holidays.effects(chosen.values.reindex(known), named[~named.index.duplicated()]).set_index("event")

    def written(event: str) -> str:
        effect, days = effects.loc[event, "effect"], int(effects.loc[event, "days"])
        sentence = ngettext("{event}: {effect} on {days} day before", "{event}: {effect} on {days} days before", days)
        return sentence.format(event=event, effect=locales.signed(effect, locales.percent), days=days)

    def taken() -> None:
        if event := st.session_state["event-before"]:
            st.session_state["size.event"] = int(np.clip(round(100 * effects.loc[event, "effect"]), -100, 300))

    st.selectbox(
        _("As it was before"),
        list(effects.index),
        index=None,
        format_func=written,
        placeholder=_("an estimate of your own"),
        key="event-before",
        on_change=taken,
    )


def calendar(
    name: str,
    plans: list[Plan],
    is_open: pd.Series,
    painted: tuple[str, float, float],
    country: str,
    depth: pd.Series,
) -> None:
    """The days to come, to be painted on with the mouse, or by two dates; `is_open` tells which sell at all, `depth`
    by how much the calendar beside the sales reduces prices on each."""
    dates = pd.DatetimeIndex(is_open.index)
    first, last = dates[0].date(), dates[-1].date()
    kinds = {
        when: one.kind  # and not its size: a slider that moves would draw the calendar again
        for one in plans
        for when in dates[(dates >= pd.Timestamp(one.start)) & (dates <= pd.Timestamp(one.end))]
    }
    named = holidays.bank_holidays(country, first, last) if country else {}
    notes = {pd.Timestamp(day): text for day, text in named.items()}
    off = _("{size} off in the calendar")
    for day in dates[depth.to_numpy() > 0]:
        notes[day] = ", ".join([*filter(None, [notes.get(day)]), off.format(size=locales.percent(depth[day]))])
    drawn = charts.planned(dates, is_open.to_numpy(), kinds, notes)
    key = f"calendar-{name}-{st.session_state.get('painted', 0)}"  # a new one after each stroke, with nothing selected

    def stroke() -> None:
        points = st.session_state[key].selection["points"]
        days = sorted(date.fromisoformat(point["customdata"]) for point in points if "customdata" in point)
        if days:
            _add(name, plans, _runs(days), painted)

    with st.container():  # its own, so that the frame is no taller than the figure
        cards.figure(drawn, "plan_calendar", on_select=stroke, key=key, box=True)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        asked = st.date_input(
            _("From, to"), (first, min(first + timedelta(days=6), last)), first, last, format="DD/MM/YYYY", width=250
        )
        ends = (asked[0], asked[-1]) if isinstance(asked, tuple) and asked else (first, first)
        st.button(_("Add"), icon=":material/add:", on_click=_add, args=(name, plans, [ends], painted))
    for number, one in enumerate(plans):
        _listed(name, plans, number, one)


def _listed(name: str, plans: list[Plan], number: int, one: Plan) -> None:
    """A plan in words, with a slider for its size and a button that drops it."""
    title, _usual, least, most = SIZES[one.kind]
    key = f"plan-{name}-{number}-{one.kind}-{one.start}-{one.end}"
    now = round(100 * (one.share if one.kind == "closed" else one.size))
    if st.session_state.get(key) != now:
        st.session_state[key] = now

    def resized() -> None:
        size = st.session_state[key] / 100
        changed = replace(one, share=size) if one.kind == "closed" else replace(one, size=size)
        keep(name, [*plans[:number], changed, *plans[number + 1 :]])

    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(plain(described(one)), width="stretch")
        st.slider(_(title), least, most, key=key, on_change=resized, label_visibility="collapsed", width=140)
        rest = [*plans[:number], *plans[number + 1 :]]
        st.button(
            "",
            icon=":material/close:",
            key=f"drop-{name}-{number}",
            help=_("Remove"),
            on_click=keep,
            args=(name, rest),
            type="tertiary",
        )


def _runs(days: list[date]) -> list[tuple[date, date]]:
    """Days that follow each other, as first and last."""
    runs: list[tuple[date, date]] = []
    for day in days:
        if runs and (day - runs[-1][1]).days <= 1:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def _add(name: str, plans: list[Plan], ends: list[tuple[date, date]], painted: tuple[str, float, float]) -> None:
    kind, size, share = painted
    keep(name, [*plans, *(Plan(kind, start, end, size, share) for start, end in ends)])
    st.session_state["painted"] = st.session_state.get("painted", 0) + 1


def described(one: Plan) -> str:
    """A plan in words."""
    days = locales.day_of_year(one.start)
    if one.end != one.start:
        days = _("{start} to {end}").format(start=days, end=locales.day_of_year(one.end))
    size, share = locales.percent(abs(one.size)), locales.percent(one.share)
    if one.kind == "closed":
        return _("{days}: closed, {share} come in the week after").format(days=days, share=share)
    if one.kind == "event":
        words = _("{days}: {size} more than usual") if one.size >= 0 else _("{days}: {size} less than usual")
        return words.format(days=days, size=size)
    if one.kind == "promotion":
        return _("{days}: {size} off {share} of the range").format(days=days, size=size, share=share)
    words = (
        _("{days}: prices of {share} up by {size}") if one.size >= 0 else _("{days}: prices of {share} down by {size}")
    )
    return words.format(days=days, size=size, share=share)


def promoted(stored: Stored, now: Terms) -> None:
    """What promotions did before, where they are recorded."""
    found = store.promotions_of(stored, now.category)
    if found is None:
        return
    of = label(now.category) if now.category else _("everything")
    st.subheader(_("What promotions did before: {range}").format(range=of), anchor=False)
    cards.figure(charts.lifts(found.lift, found.after, found.depth), "promotion_lift", found.lift)
    lo, hi = (locales.percent(share) for share in found.taken)
    if np.isfinite(found.taken).all():
        sentence = (
            _("Of the units that a promotion adds to one product, others of its category lose {lo} to {hi}.")
            if now.category
            else _("Of the units that a promotion adds to one product, all others lose {lo} to {hi}.")
        )
        st.caption(plain(sentence.format(lo=lo, hi=hi)))
