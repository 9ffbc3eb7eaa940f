"""The views of the page Products: margins."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
import streamlit as st

import locales
from charts.products import margins as charts
from connectors.reductions import CHARGE, OUT
from data import tables
from data.tables import Stored
from locales.labels import heading
from models import segmenting
from models.forecast import switching
from models.forecast.elasticity import STEEPEST
from models.products import bridge, margins, odd
from ui import access, answers, cards, inputs, lists, store
from ui.products import known
from ui.text import N_, _, is_dark, plain

EVERYONE = "*"
CHOICES = 300  # anomalies to choose one from
INCH = 110  # pixels of one in a drawing
TODAY = pd.Timedelta(days=90)  # to the first of 13 weeks, over which Today looks for losses
COST = N_("Costs are not known, so that this ends before them: it needs the column “unit_cost”.")


@dataclass(frozen=True)
class Shown:
    """What a view is of: the data, the days, and what is known of them."""

    stored: Stored
    start: pd.Timestamp
    end: pd.Timestamp
    first: pd.Timestamp  # day of the data
    costs: bool  # whether the cost of any line of goods is known
    currency: str
    segments: tuple[str, ...] = ()  # of the customers whose lines these are; none is all

    @property
    def columns(self) -> dict[str, str]:
        """Of the sales."""
        return self.stored.columns["sales"]

    @cached_property
    def names(self) -> dict[str, str]:
        """Of products."""
        return store.names(self.stored)


def shown(
    stored: Stored, start: pd.Timestamp, end: pd.Timestamp, first: pd.Timestamp, segments: Sequence[str] = ()
) -> Shown:
    """What the views show of a dataset on these days, of the customers in some segments or of all lines."""
    costs = _costed(stored.version, stored)
    return Shown(stored, start, end, first, costs, stored.origin.currency or "GBP", tuple(segments))


@st.cache_resource(max_entries=4, show_spinner=False)
def _costed(version: str, _stored: Stored) -> bool:  # noqa: ARG001  # the cache key
    counted = "SELECT count(quantity * unit_cost) AS n FROM sales"
    return "unit_cost" in _stored.columns["sales"] and bool(tables.query(_stored, counted)["n"].iloc[0])


@st.cache_data(max_entries=64, show_spinner=False)
def _asked(version: str, sql: str, values: tuple[tuple[str, object], ...], _stored: Stored) -> pd.DataFrame:  # noqa: ARG001  # the cache key
    return tables.query(_stored, sql, **{name: list(one) if isinstance(one, tuple) else one for name, one in values})


def _query(of: Shown, sql: str, **more: object) -> pd.DataFrame:
    values = {"start": of.start, "end": of.end, **more}
    if of.segments:
        values["segments"] = of.segments
        sql = tables.only(sql, f"list_contains($segments, {segmenting.segment_of_line()})")
    return _asked(of.stored.version, sql, tuple(sorted(values.items())), of.stored)


def sold(of: Shown) -> bool:
    """Whether any goods were sold on these days; what came back alone is said."""
    row = _query(of, margins.total(of.columns)).iloc[0]
    if pd.isna(row["gross"]) and row["returns"] < 0:
        back = locales.money(-float(row["returns"]), of.currency, 2)
        st.info(
            plain(_("Goods for {amount} came back in this period, and none were sold: no margin.").format(amount=back))
        )
    elif pd.isna(row["gross"]):
        st.info(_("Nothing was sold in this period: choose a longer one."))
    return bool(pd.notna(row["gross"]))


def _beside(of: Shown, steps: set[str]) -> str:
    """What is in the net margin beside goods and their costs, and what is not."""
    readings = of.stored.origin.readings or {}
    left = [key for key, chosen in readings.items() if key.startswith(f"{CHARGE}:") and chosen == OUT]
    if left:
        names = ", ".join(key.removeprefix(f"{CHARGE}:") for key in left)
        return plain(_("not counted: {columns} (what that is for can be said on the page Data)").format(columns=names))
    if {"discounts", "shipping", "fees", "adjustments"} & steps:
        return _("with discounts, shipping and fees")
    if "promotion" in of.columns:
        return _("shipping and fees are not known")
    return _("discounts, shipping and fees are not known")


def headline(of: Shown) -> None:
    """What was earned, in cards."""
    steps = margins.waterfall(_query(of, margins.total(of.columns)))
    amounts = steps.set_index("step")["amount"]
    revenue, net = margins.revenue(steps), float(steps["level"].iloc[-1])
    beside = _beside(of, set(amounts.index))
    texts = [
        (
            _("Revenue"),
            locales.short_money(revenue, of.currency),
            _("goods, less what came back: {amount}").format(amount=locales.money(revenue, of.currency, 2)),
        )
    ]
    if of.costs:
        cost, uncosted = -float(amounts.get("cost", 0.0)), -float(amounts.get("uncosted", 0.0))
        costed = revenue - uncosted
        share = _("{share} of the revenue of goods whose cost is known")
        texts += [
            (
                _("Margin of goods"),
                locales.short_money(costed - cost, of.currency),
                share.format(share=locales.percent((costed - cost) / costed, 1) if costed > 0 else "–"),
            ),
            (_("Net margin"), locales.short_money(net, of.currency), beside),
        ]
    else:
        texts.append((_("Net revenue"), locales.short_money(net, of.currency), beside))
    gross, given = (
        float(amounts["gross"]),
        -float(amounts.get("reductions", 0.0)) - float(amounts.get("discounts", 0.0)),
    )
    if "promotion" in of.columns or "discounts" in amounts:
        share = locales.percent(given / gross, 1) if gross > 0 else "–"
        about = _("in promotions and discounts, {share} of gross sales").format(share=share)
        texts.append((_("Given away"), locales.short_money(given, of.currency), about))
    else:
        texts.append((_("Given away"), _("not known"), _("no column or line tells of promotions or discounts")))
    cards.metrics(texts)
    lacking = [] if of.costs else [_(COST)]
    if "promotion" not in of.columns:
        lacking.append(_("Promotions are not known: gross sales are what was charged. They need “promotion”."))
    if of.costs and amounts.get("uncosted", 0.0):
        sentence = _("The cost of {amount} of revenue is not known; it is left out of every margin.")
        lacking.append(sentence.format(amount=locales.money(-amounts["uncosted"], of.currency, 2)))
    if lacking:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(plain(" ".join(lacking)), width="stretch")
            store.map_columns()


def earned(of: Shown) -> None:
    """From gross sales to net margin, and who or what earns it."""
    steps = margins.waterfall(_query(of, margins.total(of.columns)))
    by = inputs.choice(_("By"), margins.dimensions(of.columns), "by", heading, "category")
    ranked = _query(of, margins.by(of.columns, by))
    if not of.costs:
        ranked = ranked.drop(columns=["costed", "cost", "margin", "margin_share"])
    ranked.insert(1, "name", [_name(of, by, level) for level in ranked["level"]])
    with st.grid("auto", min_column_width=400):
        saved = steps.assign(step=[_(margins.STEPS[step]) for step in steps["step"]])
        cards.figure(charts.waterfall(steps, of.currency), "products_waterfall", saved)
        if ranked["margin" if of.costs else "revenue"].notna().any():
            cards.figure(charts.by_level(ranked, by, of.costs, of.currency), f"products_by_{by}", ranked)
    made = {heading(by): ranked["name"], _("Units"): ranked["units"].round(2)}
    made[_("Revenue ({currency})").format(currency=of.currency)] = ranked["revenue"].round(2)
    if of.costs:
        made[_("Cost ({currency})").format(currency=of.currency)] = ranked["cost"].round(2)
        made[_("Margin ({currency})").format(currency=of.currency)] = ranked["margin"].round(2)
        made[_("Margin (% of revenue)")] = (100 * ranked["margin_share"]).round(1)
    lists.show(pd.DataFrame(made), f"products_margin_{by}", _("All of them"))


def _name(of: Shown, by: str, level: object) -> str:
    if pd.isna(level):
        return _("not known")
    if by == "product":
        return of.names.get(str(level), str(level))
    frame = {"store": "stores", "supplier": "suppliers"}.get(by)
    return _called(of.stored.version, frame, by, of.stored).get(str(level), str(level)) if frame else str(level)


@st.cache_resource(max_entries=8, show_spinner=False)
def _called(version: str, frame: str, by: str, _stored: Stored) -> dict[str, str]:  # noqa: ARG001  # the cache key
    if frame not in _stored.columns:
        return {}
    return store.frame(_stored, frame).set_index(by)["name"].dropna().astype(str).to_dict()


def changed(of: Shown) -> None:
    """What lies between two periods."""
    shifts = {"year": pd.Timedelta(days=364), "before": of.end - of.start + pd.Timedelta(days=1)}
    usual = next((one for one, shift in shifts.items() if of.start - shift >= of.first), "year")
    against = inputs.choice(_("Compare with"), list(shifts), "against", lambda one: _(inputs.AGAINST[one]), usual)
    begin, until = of.start - shifts[against], of.end - shifts[against]
    if begin < of.first:
        st.info(_("The data begin after the first day to compare with: choose a shorter period."))
        return
    found = _query(of, bridge.by_product(of.columns, of.costs), **{"from": begin, "until": until})
    if found["later"].nunique() < 2 or found["units"].sum() == 0:
        st.info(_("One of the two periods has no units of goods to compare: choose another period."))
        return
    made = bridge.bridge(found, of.costs)
    ends = [(begin, until), (of.start, of.end)]
    names = [f"{locales.day(a)} – {locales.day(b)}" for a, b in ends]
    table = pd.DataFrame(
        {
            "effect": [names[0], *(_(bridge.EFFECTS[one]) for one in made.effects), names[1]],
            "amount": [made.before, *made.effects.values(), made.after],
        }
    )
    cards.figure(charts.bridge(made, of.costs, (_("Before"), _("After")), of.currency), "products_bridge", table)
    st.caption(plain(_("Before: {before}. After: {after}.").format(before=names[0], after=names[1])))
    parts = made.products.set_index("product")
    parts = parts.assign(total=parts.sum(axis=1))
    parts = parts.reindex(parts["total"].abs().sort_values(ascending=False, kind="stable").index).round(2)
    shown = pd.DataFrame(
        {
            heading("product"): [of.names.get(one, one) for one in parts.index],
            _("Change ({currency})").format(currency=of.currency): parts["total"].to_numpy(),
            **{_(bridge.EFFECTS[one]): parts[one].to_numpy() for one in made.effects},
        }
    )
    lists.show(shown, "products_bridge_products", _("Which products changed it most"))


def losing(of: Shown) -> None:
    """Products that lose money, and why."""
    if not of.costs:
        st.info(_("Which products lose money cannot be said without costs: map “unit_cost” on the page Data."))
        return
    found = margins.losses(_query(of, margins.losing(of.columns)))
    if found.empty:
        st.success(_("No product with a known cost lost money in this period."), icon=":material/check:")
        return
    total = locales.money(-float(found["margin"].sum()), of.currency, 2)
    counts = found["reason"].value_counts()
    each = _("{name}: {amount}")
    why = ", ".join(each.format(name=_(margins.LOSSES[str(one)]), amount=count) for one, count in counts.items())
    st.markdown(plain(_("{total} were lost. {why}.").format(total=total, why=why)))
    table = pd.DataFrame(
        {
            heading("product"): [of.names.get(one, one) for one in found["product"].astype(str)],
            _("Code"): found["product"].astype(str),
            _("Why"): [_(margins.LOSSES[one]) for one in found["reason"]],
            _("Margin ({currency})").format(currency=of.currency): found["margin"].round(2),
            _("Revenue ({currency})").format(currency=of.currency): found["revenue"].round(2),
            _("Returned ({currency})").format(currency=of.currency): found["returned"].round(2),
            _("Margin of sales without promotions ({currency})").format(currency=of.currency): found["listed"].round(2),
        }
    )
    lists.show(table, "products_losing", _("Products that lose money"))


def unlike(of: Shown) -> None:
    """Prices, costs and quantities that are unlike the others of their product, whoever bought it."""
    of = replace(of, segments=())
    parts = [_query(of, odd.lines(of.columns, kind, of.costs)) for kind in odd.KINDS]
    found = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    if found.empty:
        lines = "SELECT count(*) AS lines FROM sales WHERE line_type = 'sale' GROUP BY product ORDER BY 1 DESC LIMIT 1"
        if tables.query(of.stored, lines)["lines"].sum() < odd.MIN_LINES:
            sentence = _("What is odd cannot be told yet: that takes a product with {least} lines of sale.")
            st.info(sentence.format(least=locales.number(odd.MIN_LINES)), icon=":material/info:")
            return
        st.success(_("No price, cost or quantity of this period is unlike the others of its product."))
        return
    found = found.sort_values("money", ascending=False, kind="stable", ignore_index=True)
    kept = known.reasons(of.stored)
    keys = [known.key(row) for row in found.itertuples()]
    found["reason"] = [kept.get(one, "") for one in keys]
    wanted = inputs.toggle(_("Show those that are known, too"), "known")
    left = found if wanted else found[found["reason"] == ""]
    table = pd.DataFrame(
        {
            heading("product"): [of.names.get(one, one) for one in left["product"].astype(str)],
            _("What"): [_(odd.KINDS[one]) for one in left["kind"]],
            _("First day"): left["day"].dt.date,
            _("Last day"): left["until"].dt.date,
            _("Value"): left["value"].round(2),
            _("Usual"): left["usual"].round(2),
            _("Lines"): left["lines"],
            _("Money ({currency})").format(currency=of.currency): left["money"].round(2),
            **({_("Known: why"): left["reason"]} if wanted else {}),
        }
    )
    lists.show(table, "products_odd", _("Unlike the others of the product, the most money first"))
    if any(len(part) == odd.MAX_FOUND for part in parts):
        st.caption(_("Of each kind the {count} with the most money are listed.").format(count=odd.MAX_FOUND))
    options = {keys[place]: found.loc[place] for place in left.index[:CHOICES]}
    if not options or not access.changes():
        return

    def name(one: str) -> str:
        row = options[one]
        called = of.names.get(str(row["product"]), str(row["product"]))
        ends = dict.fromkeys(locales.day(row[end]) for end in ("day", "until"))
        return f"{called} · {_(odd.KINDS[row['kind']])} · {' – '.join(ends)}"

    with st.form("products-known", clear_on_submit=True):
        one = st.selectbox(_("Mark as known"), list(options), format_func=name)
        reason = st.text_input(_("Why it is right"), max_chars=200)
        if st.form_submit_button(_("Keep")) and one:
            if not reason.strip() and not kept.get(one):
                st.warning(_("Say why it is right: that is what is kept."))
            else:
                known.mark(of.stored, one, reason)
                st.rerun()
    if wanted:
        st.caption(_("Keep without a reason takes a mark back."))


def suppliers(of: Shown) -> None:
    """Each supplier's price against the cheapest, and what a rise would change, for all who buy."""
    of = replace(of, segments=())
    if "supplier_prices" not in of.stored.columns:
        st.info(_("These data have no prices of suppliers: bring them beside the sales on the page Data."))
    else:
        _compared(of)
    if of.costs:
        _rises(of)
    else:
        st.info(_("What a rise of costs would change cannot be said without costs: map “unit_cost” on the page Data."))


def _compared(of: Shown) -> None:
    """The heatmap of suppliers' prices."""
    revenues = _query(of, margins.by(of.columns, "product")).set_index("level")["revenue"]
    ratios = margins.against_cheapest(store.frame(of.stored, "supplier_prices"), of.end, revenues)
    if ratios.empty:
        st.info(_("No product has prices of two suppliers: there is nothing to compare."), icon=":material/info:")
        return
    if "suppliers" in of.stored.columns:
        ratios = ratios.rename(index=store.frame(of.stored, "suppliers").set_index("supplier")["name"].to_dict())
    drawn = charts.suppliers(ratios, of.names, is_dark())
    with st.container(width=int(INCH * drawn.get_figwidth())):  # few suppliers are not drawn over the whole page
        cards.figure(drawn, "products_suppliers", ratios.T.reset_index())


def _rises(of: Shown) -> None:
    """The what-if of costs and prices."""
    there = [EVERYONE]
    if "supplier" in of.columns:
        there += sorted(_query(of, margins.by(of.columns, "supplier"))["level"].dropna().astype(str))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        who = inputs.choice(
            _("Supplier"),
            there,
            "supplier",
            lambda one: _("all of them") if one == EVERYONE else _name(of, "supplier", one),
        )
        costs = inputs.number(_("Costs rise by (%)"), "costs", 5, -50, 200) / 100
        prices = inputs.number(_("Prices rise by (%)"), "prices", 2, -50, 200) / 100
    supplier = None if who == EVERYONE else who
    more = {} if supplier is None else {"supplier": supplier}
    sold = _query(of, margins.raised(of.columns, supplier), **more)
    if sold.empty:
        st.info(_("Nothing with a known cost was sold of this supplier in this period."))
        return

    found = answers.ready(f"elasticities {of.stored.version}", "forecast", lambda step: store.learn(of.stored, step))
    outcomes = {
        _("Now"): margins.what_if(sold, 0, 0, found),
        _("Costs only"): margins.what_if(sold, costs, 0, found),
        _("Costs and prices"): margins.what_if(sold, costs, prices, found),
    }
    table = pd.DataFrame(outcomes, index=["margin", "lo", "hi"]).T.reset_index(names="case")
    cards.figure(charts.what_if(outcomes, of.currency), "products_what_if", table)
    if np.isnan(outcomes[_("Costs and prices")][0]):
        reasons = [switching.known(found, one) for one in sold["category"]]
        why = next(filter(None, ((one.whole or one).reason or one.reason for one in reasons)), "")
        sentence = _(
            "There is no single number: these data do not tell how units follow prices here ({reason}). Where they say "
            "nothing, it is from no effect to {most} per cent fewer units a per cent of price."
        )
        st.caption(plain(sentence.format(reason=_(why), most=locales.number(STEEPEST, 1))))
    else:
        st.caption(_("Units follow prices as the past of these data says, with its 95% interval."))


def worst(stored: Stored) -> tuple[str, float, str] | None:
    """The product that lost most money in the last 13 weeks of the data: name, loss and why; None if none did."""
    if stored.span is None or "amount" in store.unknown(stored):
        return None
    end = pd.Timestamp(stored.span[1]).normalize()
    of = shown(stored, end - TODAY, end, pd.Timestamp(stored.span[0]).normalize())
    if not of.costs:
        return None
    found = margins.losses(_query(of, margins.losing(of.columns)))
    if found.empty:
        return None
    row = found.iloc[0]
    return of.names.get(str(row["product"]), str(row["product"])), -float(row["margin"]), margins.LOSSES[row["reason"]]


VIEWS = {
    "earned": (N_("What is earned"), earned),
    "changed": (N_("What changed"), changed),
    "losing": (N_("What loses money"), losing),
    "unlike": (N_("What is odd"), unlike),
    "suppliers": (N_("Suppliers and prices"), suppliers),
}
