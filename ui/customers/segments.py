"""The views of the page Customers: segments."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

import locales
import settings
from charts.customers import segments as charts
from data.tables import Stored
from models import segmenting
from models.customers import rfm, segments
from models.customers.rfm import CannotTell, Purchases
from models.customers.segments import DISSOLVES, SURE, Clusters
from ui import answers, buyers, cards, inputs, lists
from ui.background import Step
from ui.text import N_, _, is_dark, plain

METHODS = {"kmeans": N_("k-means: everyone in a group"), "dbscan": N_("DBSCAN: dense places and outliers")}
LEVELS = {
    "recency": (N_("bought lately"), N_("bought long ago")),
    "frequency": (N_("often"), N_("seldom")),
    "revenue": (N_("for much"), N_("for little")),
}
FAR = 0.2  # from the middle, from which a cluster is said to differ


def headline(bought: Purchases, scored: pd.DataFrame, currency: str) -> None:
    """Who they are, in four cards."""
    parts = rfm.summary(scored).set_index("segment")
    total = float(scored["revenue"].sum())

    again = int((scored["frequency"] > 1).sum())

    def of(names: tuple[str, ...], column: str) -> float:
        return float(parts[column].reindex(names).fillna(0).sum())

    best, slipping = ("champions", "loyal"), ("at risk", "cannot lose")
    share = of(best, "revenue") / total if total > 0 else float("nan")
    cards.metrics(
        [
            (
                _("Customers who bought"),
                locales.number(len(scored)),
                _("{count} bought on more than one day").format(count=locales.number(again)),
            ),
            (
                _("Champions and loyal"),
                locales.percent(share) if share == share else "–",
                _("of known customers’ revenue, by {count} of them").format(
                    count=locales.number(of(best, "customers"))
                ),
            ),
            (
                _("At risk or cannot lose"),
                locales.number(of(slipping, "customers")),
                _("customers; they have brought in {amount}").format(
                    amount=locales.short_money(of(slipping, "revenue"), currency)
                ),
            ),
            (
                _("Revenue of known customers"),
                locales.short_money(float(bought.visits["revenue"].sum()), currency),
                _("and {amount} of lines without a customer").format(
                    amount=locales.short_money(bought.unknown, currency)
                ),
            ),
        ]
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def _scores(version: str, language: str, dark: bool, _scored: pd.DataFrame) -> Any:  # noqa: ARG001  # the cache key
    """The heatmap of the scores, drawn once."""
    return charts.scores(_scored, dark)


def named(stored: Stored, bought: Purchases, scored: pd.DataFrame, currency: str) -> None:
    """The segments of the scores."""
    parts = rfm.summary(scored)
    with st.grid("auto", min_column_width=400):
        cards.figure(charts.treemap(parts, currency), "customers_segments", parts)
        cells = scored.groupby(["r", "f"]).size().rename("customers").reset_index()
        drawn = _scores(stored.version, locales.language(), is_dark(), scored)
        cards.figure(drawn, "customers_scores", cells)
    table = pd.DataFrame(
        {
            _("Segment"): [buyers.name(one) for one in parts["segment"]],
            _("Customers"): parts["customers"],
            _("Revenue ({currency})").format(currency=currency): parts["revenue"].round(2),
            **(
                {_("Margin ({currency})").format(currency=currency): parts["margin"].round(2)}
                if "margin" in parts
                else {}
            ),
            _("Share of revenue (%)"): (100 * parts["revenue_share"]).round(1),
            _("Days since (median)"): parts["recency"],
            _("Purchases (median)"): parts["frequency"],
            _("What to do"): [_(rfm.ACTIONS[one]) for one in parts["segment"]],
        }
    )
    lists.show(table, "customers_segments_table", _("What to do with each segment"))
    only_back = float(bought.visits["revenue"].sum() - scored["revenue"].sum())
    if abs(only_back) >= 0.005:
        sentence = _("Customers of whom only goods that came back are known have no segment: {amount} of revenue.")
        st.caption(plain(sentence.format(amount=locales.money(only_back, currency, 2))))
    there = [one for one in segmenting.SEGMENTS if one in set(parts["segment"])]
    usual = next((one for one in ("cannot lose", "at risk") if one in there), there[0])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        one = inputs.choice(_("List the customers of"), there, "list", buyers.name, usual)
        st.page_link(
            settings.ROOT / "pages" / "sales_overview.py",
            label=_("What they buy"),
            icon=":material/arrow_forward:",
            query_params={f"sales.{buyers.SEGMENT}": one, "view": "what", "period": "all"},
        )
    st.caption(plain(_(rfm.ACTIONS[one])))  # whole, where the table above cuts it off
    chosen = scored[scored["segment"] == one].sort_values("revenue", ascending=False)
    lists.show(members(bought, chosen, currency), f"customers_{one.replace(' ', '_')}", buyers.name(one))


def members(bought: Purchases, scored: pd.DataFrame, currency: str) -> pd.DataFrame:
    """The customers of a part of a scored table, as a reader reads them."""
    made = {
        _("Customer"): bought.customers[scored.index.to_numpy()].astype(str),
        _("Last purchase"): bought.days[scored["last"].to_numpy()].date,
        _("Days with a purchase"): scored["frequency"].to_numpy(),
        _("Revenue ({currency})").format(currency=currency): scored["revenue"].round(2).to_numpy(),
    }
    if "margin" in scored:
        made[_("Margin ({currency})").format(currency=currency)] = scored["margin"].round(2).to_numpy()
    return pd.DataFrame(made | {_("Score"): (scored["r"] * 100 + scored["f"] * 10 + scored["m"]).to_numpy()})


def found(stored: Stored, bought: Purchases, scored: pd.DataFrame, currency: str) -> None:
    """The groups that the data show by themselves."""
    if len(scored) < segments.MIN_CUSTOMERS:
        sentence = _("Groups can be looked for from {least} customers on; these data have {count}.")
        st.info(sentence.format(least=segments.MIN_CUSTOMERS, count=len(scored)), icon=":material/info:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = inputs.choice(_("Method"), list(METHODS), "method", lambda one: _(METHODS[one]))
        if method == "kmeans":
            options = ["auto", *(str(k) for k in range(2, segments.MAX_CLUSTERS + 1))]
            wanted = inputs.choice(
                _("Groups"), options, "k", lambda one: _("as many as are stable") if one == "auto" else one
            )
        else:
            radius = inputs.number(_("Radius (0: the elbow)"), "radius", 0, 0, 10)
            wanted = f"{radius:g}"

    def made(step: Step) -> Clusters:
        step(N_("Looking for groups of customers"), 0.2)
        if len(np.unique(segments.features(scored).round(9), axis=0)) < 3:
            raise CannotTell(N_("All customers bought as lately, as often and as much: there are no groups."))
        if method == "kmeans":
            return segments.kmeans(scored, 0 if wanted == "auto" else int(wanted))
        return segments.dbscan(scored, float(wanted))

    groups = answers.ready(f"groups {stored.version} {method} {wanted}", "customers", made)
    names = [charts.cluster(int(one)) for one in groups.profile["cluster"]]
    saved = groups.profile.assign(cluster=names)
    with st.grid("auto", min_column_width=400):
        cards.figure(charts.profile(groups, scored), "customers_groups", saved)
        if method == "kmeans":
            inside = groups.profile["cluster"] >= 0
            cards.figure(charts.stability(groups, int(inside.sum())), "customers_stability", groups.stability)
        else:
            distances = pd.DataFrame({"distance": groups.distances})
            cards.figure(charts.distances(groups), "customers_distances", distances)
    said = [_words(row) for row in segments.against(groups.profile, scored).to_dict("records")]
    for place, each in enumerate(groups.profile["revenue"]):
        if said.count(said[place].split(" · ")[0]) > 1:  # so that no two groups are called alike
            said[place] += f" · {locales.money(each, currency)}"
    table = pd.DataFrame(
        {
            _("Group"): names,
            **({_("Found again"): [_badge(one) for one in groups.profile["jaccard"]]} if method == "kmeans" else {}),
            _("Customers"): groups.profile["customers"],
            _("Share of revenue (%)"): (100 * groups.profile["revenue_share"]).round(1),
            _("In words"): said,
            _("Days since (median)"): groups.profile["recency"],
            _("Purchases (median)"): groups.profile["frequency"],
            _("Revenue, median ({currency})").format(currency=currency): groups.profile["revenue"].round(2),
        }
    )
    lists.show(table, "customers_groups_table", _("The groups"))
    options = [str(one) for one in groups.profile["cluster"]]
    one = int(inputs.choice(_("List the customers of"), options, "group", lambda one: charts.cluster(int(one))))
    chosen = scored[groups.labels == one].sort_values("revenue", ascending=False)
    file = "customers_outliers" if one < 0 else f"customers_group_{charts.letter(one)}"
    lists.show(members(bought, chosen, currency), file, charts.cluster(one))


def _badge(jaccard: float) -> str:
    """How surely a cluster is found again, in words with the measure."""
    text = _("surely ({value})") if jaccard >= SURE else _("mostly ({value})")
    return (text if jaccard >= DISSOLVES else _("hardly ({value})")).format(value=locales.number(jaccard, 2))


def _words(row: dict[str, float]) -> str:
    """How a cluster differs from all customers (of `segments.against`)."""
    said = []
    for measure, (much, little) in LEVELS.items():
        high = 1 - row[measure] if measure == "recency" else row[measure]
        if abs(high - 0.5) >= FAR:
            said.append(_(much if high > 0.5 else little))
    return ", ".join(said) or _("like the middle of all customers")


def moved(stored: Stored, bought: Purchases, _scored: pd.DataFrame, _currency: str) -> None:
    """How customers moved between segments."""
    if len(bought.days) <= 2 * segments.QUARTER:
        sentence = _("Days that these sales span: {count}. To see who moved takes two quarters, {least} days.")
        st.info(sentence.format(count=len(bought.days), least=2 * segments.QUARTER + 1), icon=":material/info:")
        return
    days, moves = _moves(stored.version, bought)
    table = pd.concat(
        [part.assign(day=days[number], later=days[number + 1]) for number, part in enumerate(moves)], ignore_index=True
    )
    cards.figure(charts.sankey(days, moves), "customers_movement", table)
    st.caption(
        _("Scores are those of each day, among the customers of that day. Closed days and seasons move everyone alike.")
    )


@st.cache_resource(max_entries=3, show_spinner=False)
def _moves(version: str, _bought: Purchases) -> tuple[list[pd.Timestamp], list[pd.DataFrame]]:  # noqa: ARG001  # the key
    return segments.movement(_bought)


VIEWS = {
    "named": (N_("Named segments"), named),
    "found": (N_("Groups in the data"), found),
    "moved": (N_("Who moved"), moved),
}
