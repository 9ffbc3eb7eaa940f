"""The views of the stock page: what to order today, and one product."""

from datetime import timedelta
from typing import Any, Literal

import numpy as np
import pandas as pd
import streamlit as st

import locales
from charts.sales import service
from charts.sales import stock as charts
from models.stock import paths
from models.stock.assortment import Budget
from models.stock.experience import KINDS, WEEK, Experience
from models.stock.ordering import Terms
from models.stock.paths import Odds
from models.stock.reorder import LEVELS, Service
from models.stock.sizes import Conditions
from models.stock.supply import Demand, LeadTimes, Stock
from ui import access, cards, downloads, inputs
from ui.sales import beside
from ui.text import N_, _, ngettext, plain

LISTED = 200  # rows on the page: more would be sent with every move of an input
PAST = 52  # weeks of sales shown of one product
SHELF = 91  # days of its stock
SOURCES = {
    "own": N_("its own deliveries"),
    "supplier": N_("its supplier's deliveries"),
    "stated": N_("its supplier says so"),
    "entered": N_("as entered"),
}


def headline(table: pd.DataFrame, found: Service, terms: Terms, currency: str, given: Budget | None = None) -> None:
    """The answer as cards; without a count of the stock what can be said all the same."""
    last = _service(table, found, terms, currency, given)
    selling = table["reorder_point"] > 0
    if table["on_hand"].isna().all():
        safety = (table["reorder_point"] - table["expected"]).clip(lower=0) @ table["cost"]
        cards.metrics(
            [
                (
                    _("Products with a reorder point"),
                    locales.number(selling.sum()),
                    _("all that are sold")
                    if selling.all()
                    else _("of {count}; of the others hardly anything is expected to sell").format(
                        count=locales.number(len(table))
                    ),
                ),
                (
                    _("Forecast"),
                    locales.number(table["expected"].sum()),
                    _("units until a delivery of the next order comes"),
                ),
                (
                    _("Safety stock"),
                    locales.short_money(safety, currency),
                    _("at purchase cost, if held of every product"),
                ),
                last,
            ]
        )
        return
    due = table[table["quantity"] > 0]
    risky = table[selling & (table["risk"] > 1 - table["service"] + 1e-9)]
    empty, listed = int((risky["on_hand"] == 0).sum()), int((selling & table["on_hand"].notna()).sum())
    cards.metrics(
        [
            (
                _("To order today"),
                locales.number(len(due)),
                ngettext("of {count} product that sells", "of {count} products that sell", listed).format(
                    count=locales.number(listed)
                ),
            ),
            (
                _("At risk of running out"),
                locales.number(len(risky)),
                _("more than {risk} risk before a delivery comes; {empty} sold out now").format(
                    risk=locales.percent(1 - terms.level), empty=locales.number(empty)
                ),
            ),
            (
                _("Money in the order"),
                locales.short_money(due["value"].sum(), currency),
                ngettext(
                    "units: {units}; {stake} of margin is at stake if it waits {days} day",
                    "units: {units}; {stake} of margin is at stake if it waits {days} days",
                    terms.review,
                ).format(
                    units=locales.number(due["quantity"].sum()),
                    stake=locales.money(due["stake"].sum(), currency),
                    days=terms.review,
                ),
            ),
            last,
        ]
    )


def _service(
    table: pd.DataFrame, found: Service, terms: Terms, currency: str, given: Budget | None
) -> tuple[str, str, str]:
    """The card of the service: what was achieved, or what a budget gives."""
    if given and not given.enough:
        text = _("not enough money: even this much for all ties {money} of safety stock")
        spent = locales.short_money(given.tied, currency)
        return (_("Service given"), locales.percent(LEVELS[0]), text.format(money=spent))
    if given:
        text = _("on average, {lo} to {hi} by product, for {money} of safety stock; the same for all would be {same}")
        low, high = (locales.percent(end) for end in (table["service"].min(), table["service"].max()))
        same, spent = locales.percent(given.same), locales.short_money(given.tied, currency)
        mean = locales.percent(table["service"].mean(), 1)
        return (_("Service given"), mean, text.format(lo=low, hi=high, money=spent, same=same))
    if not found.cases:
        return (_("Service achieved"), "?", _("not tried: the data are too short"))
    chosen = int(np.abs(LEVELS - terms.level).argmin())
    by_kind = [one.achieved[chosen] for one in found.by_kind if one.cases >= service.MIN_CASES]
    sentence = _("measured on past days; {target} is aimed at, the textbook formula reached {textbook}")
    if len(by_kind) > 1:
        sentence = _("{lo} to {hi} by class of demand; {target} is aimed at, the textbook formula reached {textbook}")
    achieved = sentence.format(
        lo=locales.percent(min(by_kind, default=0), 1),
        hi=locales.percent(max(by_kind, default=0), 1),
        target=locales.percent(terms.level),
        textbook=locales.percent(found.textbook[chosen], 1),
    )
    return (_("Service achieved"), locales.percent(found.achieved[chosen], 1), achieved)


def notes(
    table: pd.DataFrame,
    demand: Demand,
    leads: LeadTimes,
    forgotten: pd.DataFrame,
    conditions: Conditions,
    terms: Terms,
    currency: str,
    stores: int,
) -> None:
    """What was left out, repaired or assumed, in one paragraph."""
    found = [_("As of {day}, the last day of the data.").format(day=locales.day(demand.days[-1]))]
    if out := int(demand.sold_out.sum()):
        text = _(
            "Days sold out that were repaired: {days}, of products: {products}; units more that were wanted: {units}."
        )
        found.append(
            text.format(
                days=locales.number(out),
                products=locales.number(demand.sold_out.any(axis=1).sum()),
                units=locales.number((demand.units - demand.sold).sum()),
            )
        )
    if demand.left_out:
        text = _("The {shown} products that sold most are looked at; smaller ones that are left out: {count}.")
        found.append(text.format(shown=locales.number(len(table)), count=locales.number(demand.left_out)))
    if entered := int((leads.source == "entered").sum()):
        text = ngettext(
            "The lead time of {count} product is not in the data: that entered under “Costs and lead times” counts.",
            "Lead times of {count} products are not in the data: those entered under “Costs and lead times” count.",
            entered,
        )
        found.append(text.format(count=locales.number(entered)))
    if guessed := int(demand.goods["cost"].isna().sum()):
        text = ngettext(
            "The cost of {count} product is not in the data: a margin of {margin} is assumed.",
            "The cost of {count} products is not in the data: a margin of {margin} is assumed.",
            guessed,
        )
        found.append(text.format(count=locales.number(guessed), margin=locales.percent(terms.margin)))
    if not terms.lasts and not (conditions.order_cost > 0).all():
        text = _("What ordering costs is not in the data: {line} a line and {order} an order are assumed.")
        line, order = (locales.money(cost, currency) for cost in (terms.line, terms.order))
        found.append(text.format(line=line, order=order))
    if len(packed := demand.goods.loc[(conditions.pack > 1) & (table["reorder_point"] > 0).to_numpy(), "name"]):
        text = ngettext(
            "{count} product comes in packs ({example}): orders are of whole packs.",
            "{count} products come in packs ({example}): orders are of whole packs.",
            len(packed),
        )
        size = locales.number(conditions.pack[packed.index[0]])
        example = _("{name}: {size} units").format(name=packed.iloc[0], size=size)
        found.append(text.format(count=locales.number(len(packed)), example=example))
    if stores > 1:
        text = _("{count} stores are counted as one shelf: sales, stock and orders are those of all of them together.")
        found.append(text.format(count=locales.number(stores)))
    if len(forgotten):
        text = ngettext(
            "{count} order of {units} units does not count as under way: it is older than twice the longest delivery "
            "of its supplier ({days} days or more).",
            "{count} orders of {units} units do not count as under way: they are older than twice the longest delivery "
            "of their suppliers ({days} days or more).",
            len(forgotten),
        )
        found.append(
            text.format(
                count=locales.number(len(forgotten)),
                units=locales.number(forgotten["quantity"].sum()),
                days=locales.number(forgotten["limit"].min()),
            )
        )
    missing = int((table["on_hand"].isna() & (table["reorder_point"] > 0)).sum())
    if missing == int((table["reorder_point"] > 0).sum()):
        found.append(
            _("What is on hand is not in the data: give it under “Count of the stock” to see what to order, and odds.")
        )
    elif missing:
        text = ngettext(
            "What is on hand is not known of {count} product: it is not in the list.",
            "What is on hand is not known of {count} products: they are not in the list.",
            missing,
        )
        found.append(text.format(count=locales.number(missing)))
    st.caption(plain(" ".join(found)))
    lacks = {"suppliers": entered, "supplier_prices": guessed, "stock_count": missing}
    if any(lacks.values()):
        with st.container(horizontal=True, gap="small"):
            st.caption(_("Assumed no more, once it is brought beside the sales:"), width="content")
            for name in filter(lacks.__getitem__, lacks):
                beside.link(name)


def today(table: pd.DataFrame, futures: Odds, demand: Demand, currency: str) -> None:
    """The order list with the figures that explain it; reorder points only where the stock is not known."""
    if table["on_hand"].isna().all():
        ranked = table[table["reorder_point"] > 0].sort_values("expected", ascending=False, kind="stable")
        cards.figure(charts.reorder_points(ranked), "stock_reorder_points", ranked)
        listed(_written(ranked, demand, currency, stock_known=False), "reorder_points", _("Reorder points"))
        return
    ranked = table.sort_values(["stake", "risk", "value"], ascending=False, kind="stable")
    due = ranked[ranked["quantity"] > 0]
    if due.empty:
        st.info(_("Nothing has to be ordered today: every shelf lasts beyond the next look."), icon=":material/check:")
    first = (due if len(due) else ranked).head(charts.SHOWN)
    with st.grid("auto", min_column_width=420):
        cards.figure(charts.race(first, _ends(futures, first.index), demand.days[-1].date()), "stock_race", first)
        if len(table) - table["on_hand"].isna().sum() > charts.SHOWN:  # else the first figure shows them all
            cards.figure(charts.cover(table), "stock_cover", table)
    hurry = int(
        ((table["quantity"] == 0) & (table["risk"] > 1 - table["service"] + 1e-9) & (table["on_order"] > 0)).sum()
    )
    if len(due):
        listed(_written(due, demand, currency, stock_known=True), "order_list", _("The order list"))
        access.link("act_orders", _("Draft, approve and send orders"), "arrow_forward")
    if hurry:
        text = ngettext(
            "{count} more product has enough under way but may run out before it comes: ask its supplier to hurry.",
            "{count} more products have enough under way but may run out before it comes: ask their suppliers to "
            "hurry.",
            hurry,
        )
        st.caption(text.format(count=locales.number(hurry)))


def _ends(futures: Odds, places: pd.Index) -> pd.DataFrame:
    parts = {}
    for kind, days in (("out", futures.run_out[places]), ("in", futures.lead[places])):
        for share in (10, 50, 90):
            parts[f"{kind}_{share}"] = np.quantile(days, share / 100, axis=1, method="inverted_cdf")
    return pd.DataFrame(parts, index=places)


def listed(table: pd.DataFrame, name: str, title: str, height: Literal["content"] | int = 420) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{plain(title)}**")
        with st.popover(_("Save the list"), icon=":material/download:", on_change="rerun", key=f"save-{name}") as menu:
            if menu.open:
                downloads.table(table, name)
    st.dataframe(table.head(LISTED), hide_index=True, height=height, placeholder="–")
    if len(table) > LISTED:
        text = _("Shown are the first {shown} of {count}; the file has all.")
        st.caption(text.format(shown=locales.number(LISTED), count=locales.number(len(table))))


def _written(table: pd.DataFrame, demand: Demand, currency: str, stock_known: bool) -> pd.DataFrame:
    """A list as its readers read it, in their language."""
    columns: dict[str, object] = {_("Product"): table["product"], _("Name"): table["name"]}
    if table["supplier"].notna().any():
        columns[_("Supplier")] = table["supplier"]
    if stock_known:
        columns |= {
            _("Order (units)"): table["quantity"].astype(int),
            _("Cost ({currency})").format(currency=currency): table["value"].round(2),
            _("Order by"): [_date(demand, max(day, 0)) for day in table["latest"]],
            _("At stake ({currency})").format(currency=currency): table["stake"].round(2),
            _("Risk (%)"): (100 * table["risk"]).round(1),
            _("Why"): [why(row) for row in table.itertuples()],
            _("On hand"): table["on_hand"],
            _("On order"): table["on_order"],
            _("Days of cover as forecast"): table["cover"].replace(np.inf, np.nan).round(1),
        }
    columns |= {
        _("Forecast (units)"): table["expected"].round(1),
        _("Reorder point"): table["reorder_point"],
        _("Order up to"): table["order_up_to"],
        **({_("Pack (units)"): table["pack"].astype(int)} if (table["pack"] > 1).any() else {}),
        _("An order lasts (days)"): table["lasts"].round(),
        _("Service (%)"): (100 * table["service"]).round(),
        _("Lead time (days)"): table["lead_time"].round(1),
        _("Best service (%)"): (100 * table["best_level"]).round(1),
    }
    return pd.DataFrame(columns)


def why(row: Any) -> str:
    """The reason, in one line, why a row of the list (its columns as attributes) is on it."""
    if row.on_hand == 0:
        text = _("sold out, and {on_order} under way")
    elif row.joined:
        text = _("due soon, goes with an order of its supplier")
    elif row.risk > 1 - row.service:
        text = _("may run out before a delivery comes")
    else:
        text = _("{position} on hand and under way, order at {reorder_point}")
    if row.raised:
        text += "; " + _("raised to the minimum of {quantity}")
    if row.filled:
        text += "; " + _("more, so that its supplier delivers")
    if row.below:
        text += "; " + _("the order is below what its supplier delivers for")
    return text.format(
        on_order=locales.number(row.on_order),
        position=locales.number(row.on_hand + row.on_order),
        reorder_point=locales.number(row.reorder_point),
        quantity=locales.number(row.quantity),
    )


def _date(demand: Demand, day: float) -> str:
    return "" if np.isnan(day) else (demand.days[-1] + timedelta(days=int(day))).date().isoformat()


def product(
    table: pd.DataFrame,
    demand: Demand,
    experience: Experience,
    leads: LeadTimes,
    held: Stock,
    past: np.ndarray,
    terms: Terms,
) -> None:
    """One product: what it sold and will sell, what is left of it, when it runs out."""
    ranked = table.sort_values(["stake", "expected"], ascending=False, kind="stable")
    names = dict(zip(ranked["product"], ranked["name"], strict=True))
    code = inputs.choice(_("Product"), list(names), "product", lambda one: f"{names[one]} ({one})")
    place = int(np.flatnonzero(table["product"] == code)[0])
    row, days = table.iloc[place], demand.days
    found = paths.paths(experience, leads, held, terms.review, np.array([place]))
    metrics = [
        (
            _("Reorder point"),
            locales.number(row["reorder_point"]),
            _("{units} of them forecast, the rest is safety; order up to {up_to}").format(
                units=locales.number(row["expected"], 1), up_to=locales.number(row["order_up_to"])
            ),
        ),
        (
            _("Lead time"),
            _("{days} days").format(days=locales.number(row["lead_time"], 1)),
            _("{lo} to {hi} in eight of ten; {source}").format(
                source=_(SOURCES[leads.source[place]]),
                lo=locales.number(np.quantile(leads.days[place], 0.1)),
                hi=locales.number(np.quantile(leads.days[place], 0.9)),
            ),
        ),
        (
            _("Newsvendor’s service"),
            locales.percent(row["best_level"], 1),
            _("what its margin and holding cost propose"),
        ),
    ]
    if not np.isnan(row["on_hand"]):
        cover = locales.number(row["cover"]) if np.isfinite(row["cover"]) else _("no sales forecast")
        metrics[:0] = [
            (
                _("On hand"),
                locales.number(row["on_hand"]),
                _("{units} under way").format(units=locales.number(row["on_order"])),
            ),
            (_("Days of cover as forecast"), cover, _("how long what is on hand lasts")),
            (
                _("To order today"),
                locales.number(row["quantity"]),
                why(row) if row["quantity"] else _("enough for now"),
            ),
        ]
    text = ngettext(
        "Demand: {kind}. An order lasts {days} day.", "Demand: {kind}. An order lasts {days} days.", round(row["lasts"])
    )
    kind = _(KINDS[experience.kinds[-1][place]])
    st.caption(plain(text.format(kind=kind, days=locales.number(row["lasts"]))))
    cards.metrics(metrics)
    cards.figure(charts.sales(_weeks(demand, found.demand[0], experience, place)), "stock_sales", None)
    if np.isnan(row["on_hand"]):
        st.info(_("What is left of it, and when it runs out, needs a count of what is on hand."))
        return
    ahead = pd.DataFrame(
        {
            "mid": np.median(found.level[0], axis=0),
            "lo": np.quantile(found.level[0], 0.1, axis=0),
            "hi": np.quantile(found.level[0], 0.9, axis=0),
            "risk": (found.run_out[0][:, None] <= np.arange(found.level.shape[2])).mean(axis=0),
        },
        index=pd.date_range(days[-1], periods=found.level.shape[2]),
    )
    before = pd.Series(past[place], days).tail(SHELF).dropna()
    with st.grid("auto", min_column_width=420):
        cards.figure(
            charts.shelf(before, ahead, row["reorder_point"], row["risk"], days[-1].date()),
            "stock_shelf",
            ahead.reset_index(names="day"),
        )
        drawn = charts.empty_by(ahead, row["run_out"], row["run_out_sure"], found.lead[0], days[-1].date())
        cards.figure(drawn, "stock_empty_by", ahead.reset_index(names="day"))


def _weeks(demand: Demand, futures: np.ndarray, experience: Experience, place: int) -> pd.DataFrame:
    """Units a week of one product: sold, repaired, forecast with the ends of the middle 80 % of its futures."""
    count = min(demand.units.shape[1] // WEEK, PAST)
    sold, units = (
        part[place, -count * WEEK :].reshape(count, WEEK).sum(axis=1) for part in (demand.sold, demand.units)
    )
    forecast = np.diff(experience.forecast[-1][place][::WEEK])
    paths = np.diff(futures[:, ::WEEK], axis=1)
    ends = demand.days[-count * WEEK :][WEEK - 1 :: WEEK]
    nothing = np.full(len(forecast), np.nan)
    return pd.DataFrame(
        {
            "sold": np.r_[sold, nothing],
            "repaired": np.r_[units - sold, nothing],
            "forecast": np.r_[np.full(count, np.nan), forecast],
            "lo": np.r_[np.full(count, np.nan), np.quantile(paths, 0.1, axis=0)],
            "hi": np.r_[np.full(count, np.nan), np.quantile(paths, 0.9, axis=0)],
        },
        index=ends.append(pd.date_range(ends[-1], periods=len(forecast) + 1, freq="7D")[1:]),
    )
