"""The views of the page Customers: value."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

import locales
from charts.customers import value as charts
from data.tables import Stored
from models.customers import history, rfm, slipping, value
from models.customers.history import Season
from models.customers.rfm import CannotTell, Purchases
from models.customers.slipping import Proof
from models.customers.value import HOLD_OUT, BackTest, Valued
from models.segmenting import SEGMENTS
from ui import answers, buyers, cards, inputs, lists, store
from ui.background import Step
from ui.text import N_, _, ngettext, plain

EVER = 10_000  # open days
WITHIN = {"30": N_("30 open days"), "90": N_("90 open days"), str(EVER): N_("any time")}
USUAL = str(slipping.WITHIN)
AHEAD = {"30": N_("30 days"), "90": N_("90 days"), "365": N_("365 days")}
TOGETHER = 0.3  # rank correlation of how often and how much, from which a reader must know


@dataclass(frozen=True)
class Answer:
    """What is known of all customers: who is silent for unusually long, and what they will be worth; or why not."""

    assessed: pd.DataFrame | None
    no_rhythm: CannotTell | None
    valued: dict[int, Valued]
    no_value: CannotTell | None
    season: Season


@dataclass(frozen=True)
class Tested:
    """The last quarter, as it would have been foretold; or why it cannot be."""

    backtest: BackTest | CannotTell
    proof: Proof | CannotTell


def answer(stored: Stored, bought: Purchases) -> Answer:
    """What the page shows of all customers, made once a version in the background."""
    return answers.ready(f"customers {stored.version}", "customers", lambda step: _answer(bought, step), share=True)


def slipping_now(stored: Stored) -> pd.DataFrame | None:
    """The call list of the page as it begins, with the `name` of each customer, if it has been made already."""
    found = answers.found(f"customers {stored.version}")
    if not isinstance(found, Answer) or found.assessed is None:
        return None
    bought = buyers.purchases(stored)
    listed = slipping.listed(bought, found.assessed, int(USUAL))
    return listed.assign(name=bought.customers[listed.index.to_numpy()].astype(str))


def prepare() -> None:
    """Learn who is slipping: the page Today names them, and nobody should wait for it."""
    stored = store.active("sales")
    if "amount" in store.unknown(stored):
        return
    bought = buyers.purchases(stored)
    if len(bought.days) > 1 and len(bought.bought):
        answers.start(f"customers {stored.version}", "customers", lambda step: _answer(bought, step), share=True)


def _answer(bought: Purchases, step: Step) -> Answer:
    assessed = no_rhythm = no_value = None
    valued: dict[int, Valued] = {}
    season = history.EVEN
    step(N_("Learning how customers come back"), 0.1)
    try:
        assessed = slipping.assess(bought, slipping.learn(bought))
    except CannotTell as reason:
        no_rhythm = reason
    step(N_("Learning what customers are worth"), 0.6)
    try:
        season = value.season(bought)
        models = value.learn(bought, 0, season)
        step(N_("Learning what customers are worth"), 0.7)
        short, long = (value.missed(bought, days, 0, season.power) for days in (HOLD_OUT, history.HORIZONS[-1]))
        for days in history.HORIZONS:
            valued[days] = value.value(bought, models, days, short if days <= HOLD_OUT else long, 0, season)
    except CannotTell as reason:
        no_value = reason
    return Answer(assessed, no_rhythm, valued, no_value, season)


def tested(stored: Stored, bought: Purchases, within: int) -> Tested:
    """How good it would have been a quarter ago, made in the background."""
    key = f"customers tested {stored.version} {within}"
    return answers.ready(key, "customers", lambda step: _tested(bought, within, step), share=True)


def _tested(bought: Purchases, within: int, step: Step) -> Tested:
    backtest: BackTest | CannotTell
    proof: Proof | CannotTell
    step(N_("Foretelling the last quarter"), 0.1)
    try:
        backtest = value.backtest(bought)
    except CannotTell as reason:
        return Tested(reason, reason)
    step(N_("Foretelling the last quarter"), 0.5)
    try:
        then = rfm.until(bought, len(bought.days) - 1 - HOLD_OUT)
        proof = slipping.proof(bought, then, slipping.learn(then), within)
    except CannotTell as reason:
        proof = reason
    return Tested(backtest, proof)


def kept(stored: Stored, frame: pd.DataFrame, wanted: list[str]) -> pd.DataFrame:
    """The rows of the customers in the wanted segments; all, if none is wanted."""
    if not wanted:
        return frame
    segment = buyers.scored(stored)["segment"].reindex(frame.index)
    return frame[segment.isin(wanted).to_numpy()]


def headline(found: Answer, listed: pd.DataFrame | None, days: int, wanted: list[str], stored: Stored) -> None:
    """Who slips, what that costs, and what is to come; in cards."""
    currency = stored.origin.currency or "GBP"
    texts = []
    if listed is not None:
        chance = float((1 - listed["gone"]).sum())
        texts = [
            (
                _("Slipping"),
                locales.number(len(listed)),
                _("customers; about {count} of them are still in their rhythm").format(count=locales.number(chance)),
            ),
            (
                _("At risk a year"),
                locales.short_money(float(listed["at_risk"].clip(lower=0).sum()), currency),
                _("of {amount} that they bring in").format(
                    amount=locales.short_money(float(listed["yearly"].clip(lower=0).sum()), currency)
                ),
            ),
        ]
    if found.valued:
        valued = found.valued[days]
        customers = kept(stored, valued.customers, wanted)
        total, lo, hi = value.total(valued, wanted or SEGMENTS)
        band = _("{lo} to {hi} in four of five cases")
        if not valued.times:
            band = _("{lo} to {hi} by chance alone: how far the model is off here, too little past can tell")
        band = band.format(lo=locales.short_money(lo, currency), hi=locales.short_money(hi, currency))
        texts += [
            (
                _("Will buy in {days} days").format(days=days),
                locales.number(float(customers[f"comes-{days}"].sum())),
                _("customers expected, of {count} who have bought").format(count=locales.number(len(customers))),
            ),
            (_("Revenue of the next {days} days").format(days=days), locales.short_money(total, currency), band),
        ]
    if texts:
        cards.metrics(texts)


def calls(bought: Purchases, found: Answer, ever: pd.DataFrame | None, within: int, currency: str) -> None:
    """The call list: of those who are silent for unusually long (`ever`) who have become so lately."""
    if found.no_rhythm is not None or found.assessed is None or ever is None:
        st.info(plain(found.no_rhythm.sentence() if found.no_rhythm else ""), icon=":material/info:")
        return
    if ever.empty:
        st.info(_("No customer is silent for unusually long."), icon=":material/info:")
        return
    listed, before = (ever[late] for late in (ever["unusual"] <= within, ever["unusual"] > within))
    if len(before):
        sentence = ngettext(
            "{count} customer, {first}, has been unusually silent for more than {days} open days: they brought in "
            "{amount} a year. “Any time” lists them.",
            "{count} customers, first {first}, have been unusually silent for more than {days} open days: they brought "
            "in {amount} a year. “Any time” lists them.",
            len(before),
        ).format(
            count=locales.number(len(before)),
            first=bought.customers[before.index[0]],
            days=within,
            amount=locales.money(float(before["yearly"].clip(lower=0).sum()), currency),
        )
        if len(listed):
            st.caption(plain(sentence))
        else:
            lately = _("Nobody has become so within the last {days} open days.").format(days=within)
            st.info(plain(f"{sentence} {lately}"), icon=":material/info:")
    if listed.empty:
        return
    names = bought.customers[listed.index.to_numpy()].astype(str)
    of = _("Margin") if "margin" in bought.visits else _("Revenue")
    table = pd.DataFrame(
        {
            _("Customer"): names,
            _("At risk a year ({currency})").format(currency=currency): listed["at_risk"].round().to_numpy(),
            _("{measure} a year ({currency})").format(measure=of, currency=currency): listed["yearly"]
            .round()
            .to_numpy(),
            _("Gone for good (%)"): (100 * listed["gone"]).round().to_numpy(),
            _("Last purchase"): bought.days[listed["last"].to_numpy()].date,
            _("Silent (open days)"): np.floor(listed["silence"]).astype(int).to_numpy(),
            _("Usual gap (open days)"): listed["gap"].round(1).to_numpy(),
            _("Unusual for (open days)"): np.floor(listed["unusual"]).astype(int).to_numpy(),
            _("Such a silence, share of days (%)"): (100 * listed["chance"]).round(2).to_numpy(),
            _("Days with a purchase"): listed["purchases"].to_numpy(),
        }
    )
    with st.grid("auto", min_column_width=400):
        cards.figure(charts.at_risk(listed, list(names), of, currency), "customers_at_risk", table)
        shown = found.assessed.assign(name=bought.customers[found.assessed.index.to_numpy()].astype(str))
        cards.figure(charts.rhythm(found.assessed, listed, bought.customers), "customers_rhythm", shown)
    room = table.drop(columns=[_("Unusual for (open days)"), _("Such a silence, share of days (%)")])
    lists.show(room, "customers_slipping", _("Whom to call, the most at risk first"), table)


def worth(stored: Stored, bought: Purchases, found: Answer, days: int, wanted: list[str], currency: str) -> None:
    """What customers will bring in."""
    if found.no_value is not None:
        st.info(plain(found.no_value.sentence()), icon=":material/info:")
        return
    valued = found.valued[days]
    customers = kept(stored, valued.customers, wanted).sort_values(f"value-{days}", ascending=False)
    if customers.empty:
        st.info(_("No customer is in these segments. Choose others."))
        return
    table = pd.DataFrame(
        {
            _("Customer"): bought.customers[customers.index.to_numpy()].astype(str),
            _("Still a customer (%)"): (100 * customers["alive"]).round(1).to_numpy(),
            _("Buys in {days} days (%)").format(days=days): (100 * customers[f"comes-{days}"]).round(1).to_numpy(),
            _("Revenue of {days} days ({currency})").format(days=days, currency=currency): customers[f"value-{days}"]
            .round(2)
            .to_numpy(),
            _("Low"): customers["lo"].round(2).to_numpy(),
            _("High"): customers["hi"].round(2).to_numpy(),
            **{
                _("Purchases in {days} days").format(days=ahead): customers[f"purchases-{ahead}"].round(2).to_numpy()
                for ahead in history.HORIZONS
            },
            _("A purchase ({currency})").format(currency=currency): customers["spend"].round(2).to_numpy(),
        }
    )
    with st.grid("auto", min_column_width=400):
        drawn = charts.concentration(customers[f"value-{days}"].to_numpy(), days)
        cards.figure(drawn, "customers_value_share", table)
        cards.figure(charts.comes(customers[f"comes-{days}"].to_numpy(), days), "customers_comes", table)
    if valued.together > TOGETHER:
        sentence = _(
            "Who buys often here spends more each time (rank correlation {value}), which the model takes for chance: "
            "the most valuable customers may be worth more than is said."
        )
        st.caption(sentence.format(value=locales.number(valued.together, 2)))
    st.caption(plain(_seasonal(found.season)))
    lists.show(table, "customers_value", _("What each customer will bring in"))
    st.caption(_("Low and high hold in four of five cases, each customer by themselves."))


def _seasonal(season: Season) -> str:
    """What is known of the season, in a sentence."""
    if season.reason:
        sentence = _(
            "The season: {reason}. What is to come is said at the year’s usual pace; a quarter such as that of "
            "Christmas may bring much more or less."
        )
        return sentence.format(reason=_(season.reason))
    sentence = _(
        "The season is counted in: four weeks at the busiest time of the year bring {most} times as many purchases as "
        "a mean four weeks. Past quarters were missed by {with_it} with it, by {without} without."
    )
    without, with_it = (locales.percent(np.expm1(miss)) for miss in season.miss)
    return sentence.format(most=locales.number(season.rates.max(), 1), with_it=with_it, without=without)


def proved(stored: Stored, bought: Purchases, within: int) -> None:
    """What would have been said a quarter ago, against what came."""
    found = tested(stored, bought, within)
    if isinstance(found.backtest, CannotTell):
        st.info(plain(found.backtest.sentence()), icon=":material/info:")
        return
    back = found.backtest
    came = int((back.customers["actual"] > 0).sum())
    texts = [
        (
            _("Customers foretold"),
            locales.number(float(back.customers["comes"].sum())),
            _("{actual} came from {day} on").format(actual=locales.number(came), day=locales.day(back.since)),
        ),
        (
            _("Purchases foretold"),
            locales.number(float(back.customers["expected"].sum())),
            _("{actual} came from {day} on").format(
                actual=locales.number(float(back.customers["actual"].sum())), day=locales.day(back.since)
            ),
        ),
        (
            _("Customers in their interval"),
            locales.percent(back.held),
            _("of {promised} promised: four in five or more, as purchases are whole numbers").format(
                promised=locales.percent(back.promised)
            ),
        ),
    ]
    if isinstance(found.proof, CannotTell):
        st.caption(plain(found.proof.sentence()))
    elif found.proof.listed:
        texts += [
            (
                _("Listed a quarter ago"),
                locales.number(found.proof.listed),
                _("{share} of them bought nothing since").format(share=locales.percent(found.proof.lost_listed)),
            ),
            (
                _("Others with a rhythm"),
                locales.number(found.proof.others),
                _("{share} of them bought nothing since").format(share=locales.percent(found.proof.lost_others)),
            ),
        ]
    cards.metrics(texts)
    st.caption(plain(_seasonal(back.season)))
    cards.figure(charts.calibration(back), "customers_calibration", back.deciles)
    table = back.customers.sort_values("expected", ascending=False)
    shown = pd.DataFrame(
        {
            _("Customer"): bought.customers[table.index.to_numpy()].astype(str),
            _("Expected"): table["expected"].round(2).to_numpy(),
            _("Low"): table["lo"].to_numpy(),
            _("High"): table["hi"].to_numpy(),
            _("Came"): table["actual"].to_numpy(),
            _("As before"): table["before"].to_numpy(),
        }
    )
    lists.show(shown, "customers_backtest", _("Each customer in the last {days} days").format(days=back.days))


VIEWS = {"slipping": N_("Who is slipping"), "worth": N_("What they are worth"), "proved": N_("How good")}


def terms() -> tuple[int, int, list[str]]:
    """Since when a silence is unusual (open days), how far ahead to look (days), and the segments."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        within = int(
            inputs.choice(_("Unusually silent since"), list(WITHIN), "within", lambda one: _(WITHIN[one]), USUAL)
        )
        days = int(inputs.choice(_("Look ahead"), list(AHEAD), "ahead", lambda one: _(AHEAD[one]), "365"))
        wanted = buyers.choose()
    buyers.say(wanted)
    return within, days, wanted
