"""The views of the page Customers: offers."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

import locales
from charts.customers import offers as charts
from data import tables
from data.tables import Stored
from locales.labels import heading, label
from models.customers import offers
from models.customers.offers import Bought, Ease, Test
from models.customers.rfm import CannotTell
from models.products import suppliers
from ui import answers, buyers, cards, inputs, lists, store
from ui.background import Step
from ui.text import N_, _, ngettext, plain

EACH = 5  # new products of each customer in the list of all
BEGINNING = pd.Timestamp("1700-01-01")


@dataclass(frozen=True)
class Answer:
    """What is known of all customers; `names` of products are by place, `best` are the new ones of each of them.

    Where too few customers or products are known to learn new ones from, `ease` knows of none and `why` says so.
    """

    bought: Bought
    ease: Ease
    due: pd.DataFrame
    best: pd.DataFrame
    names: np.ndarray
    why: CannotTell | None


def answer(stored: Stored) -> Answer:
    """What the page shows, made once a version in the background; the page waits for it, or says why not."""
    if "customer" not in stored.columns["sales"]:  # they were summed up elsewhere
        st.info(_("These data say when customers came and what they spent, and not on what: offers need the lines."))
        st.stop()
    return answers.ready(f"offers {stored.version}", "customers", lambda step: _answer(stored, step))


def _bought(stored: Stored, start: pd.Timestamp, until: pd.Timestamp) -> Bought:
    asked = offers.lines(stored.columns["sales"])
    who, what = (tables.query(stored, asked[name])["name"].to_numpy(object) for name in ("customers", "products"))
    lines = tables.query(stored, asked["lines"], start=start, until=until)
    return Bought(lines, who, what, until - pd.Timedelta(days=1))


def _end(stored: Stored) -> pd.Timestamp:
    """The day after the last one."""
    return pd.Timestamp(stored.span[1] if stored.span else 0).normalize() + pd.Timedelta(days=1)


def _answer(stored: Stored, step: Step) -> Answer:
    step(N_("Reading the sales lines"), 0.1)
    bought = _bought(stored, BEGINNING, _end(stored))
    step(N_("Learning what goes with what"), 0.3)
    why = None
    try:
        ease = offers.learn(bought)
    except CannotTell as reason:
        if bought.lines.empty:
            raise
        ease, why = offers.NOTHING, reason
    step(N_("Writing a list for each customer"), 0.7)
    best = offers.best(bought, ease, np.unique(bought.lines["customer"]), EACH)
    called = pd.Series(bought.products, dtype=object)
    if "description" in stored.columns["sales"]:
        found = tables.query(stored, "SELECT product, mode(description) AS name FROM sales GROUP BY 1")
        called = found.set_index("product")["name"].reindex(bought.products).reset_index(drop=True).fillna(called)
    return Answer(bought, ease, offers.due(bought), best, called.astype(str).to_numpy(object), why)


def tested(stored: Stored) -> Test | CannotTell:
    """How good the lists would have been, made in the background."""
    return answers.ready(_key(stored), "customers", lambda step: _tested(stored, step))


def _key(stored: Stored) -> str:
    return f"offers tested {stored.version}"


def _tested(stored: Stored, step: Step) -> Test | CannotTell:
    step(N_("Asking for the last weeks as they were foreseen"), 0.2)
    end = _end(stored)
    since = end - pd.Timedelta(days=offers.AHEAD)
    try:
        return offers.test(_bought(stored, BEGINNING, since), _bought(stored, since, end))
    except CannotTell as reason:
        return reason


def headline(found: Answer, stored: Stored) -> None:
    """Whom to write to, in cards; and a sentence about what the lists are worth, once that is known."""
    due = found.due
    known = found.bought.lines["customer"].nunique()
    proof, offered = answers.found(_key(stored)), found.best["item"].nunique()
    texts = [
        (
            _("Due to reorder"),
            locales.number(due["customer"].nunique()),
            ngettext(
                "of {count} customer; products whose usual gap ends within {days} days: {products}, {late} overdue",
                "of {count} customers; products whose usual gap ends within {days} days: {products}, {late} overdue",
                known,
            ).format(
                count=locales.number(known),
                products=locales.number(len(due)),
                days=offers.AHEAD,
                late=locales.number((due["due_in"] < 0).sum()),
            ),
        ),
        _kept(proof, "due", _("Bought, of what was due")),
        (
            _("Something new"),
            "–" if found.why else locales.number(found.best["customer"].nunique()),
            _("too little is known to learn from")
            if found.why
            else ngettext(
                "customers to whom {count} product can be offered",
                "customers to whom {count} products can be offered",
                offered,
            ).format(count=locales.number(offered)),
        ),
        _kept(proof, "new", _("Bought, of what was new")),
    ]
    cards.metrics(texts)
    said = [found.why.sentence()] if found.why else []
    count = found.bought.lines["item"].nunique()
    if len(found.ease.places) < count and not found.why:
        sentence = _("New products are learned from the {most} of {count} that most customers bought.")
        said.append(sentence.format(most=locales.number(len(found.ease.places)), count=locales.number(count)))
    if isinstance(proof, Test) and not proof.better and offered:
        said.append(_worth(proof))
    if said:
        st.caption(plain(" ".join(said)))


def measure(stored: Stored) -> None:
    """Find out how good the lists would have been, for the cards of a page that shows something else."""
    answers.begin(_key(stored), "customers", lambda step: _tested(stored, step))
    answers.watched(_key(stored))


def _kept(proof: object, name: str, title: str) -> tuple[str, str, str]:
    """A card: how much of such a list was bought within its days, the last time it can be known."""
    if not isinstance(proof, Test):
        said = proof.sentence() if isinstance(proof, CannotTell) else _("is being measured")
        return title, "–", plain(said)
    rows = proof.lists[proof.lists["list"] == name]
    if rows.empty:
        return title, "–", _("nobody had such a list {days} days ago").format(days=offers.AHEAD)
    row = rows.iloc[0]
    sentence = _("by customers who came within {days} days, the last time ({lo} to {hi})")
    ends = {"lo": locales.percent(row["lo"], 1), "hi": locales.percent(row["hi"], 1)}
    return title, locales.percent(row["precision"], 1), sentence.format(days=offers.AHEAD, **ends)


def _worth(proof: Test) -> str:
    if proof.better:
        return _("New products with a reason were surely better than popular ones.")
    return _(
        "In these data new products with a reason were not surely better than popular ones: what customers bought says "
        "little about what they will buy."
    )


def customer(found: Answer, stored: Stored) -> None:
    """Both lists of one customer."""
    revenue = found.bought.lines.groupby("customer")["revenue"].sum().sort_values(ascending=False, kind="stable")
    codes = {str(found.bought.customers[place]): int(place) for place in revenue.index}
    one = inputs.sought(_("Customer"), _("a part of the code"), {code: code for code in codes}, "customer")
    if one is None:
        return
    due = found.due[found.due["customer"] == codes[one]]
    new = offers.best(found.bought, found.ease, np.array([codes[one]]))
    with st.grid("auto", min_column_width=400):
        if due.empty:
            _instead(_("Nothing is due: of no product their own rhythm is known and ends within {days} days."))
        else:
            due = due.assign(name=found.names[due["item"]])
            cards.figure(charts.due(due, one), "customers_due_one", _due(found, due, stored))
        if new.empty:
            _instead(found.why.sentence() if found.why else _("Nothing new can be said to go with what they bought."))
        else:
            named = new.assign(name=found.names[new["item"]], reason=found.names[new["because"]])
            cards.figure(charts.new(named, one), "customers_new_one", _new(found, new))
    if len(due):
        whole = _due(found, due, stored)
        lists.show(whole.drop(columns=label("customer")), "customers_due_of_one", _("Due to reorder"), whole)
    if len(new):
        whole = _new(found, new)
        lists.show(
            whole.drop(columns=label("customer")), "customers_new_of_one", _("New for them, because they bought"), whole
        )


def _instead(sentence: str) -> None:
    with st.container(border=True, height="stretch"):
        st.info(sentence.format(days=offers.AHEAD), icon=":material/info:")


def _due(found: Answer, due: pd.DataFrame, stored: Stored) -> pd.DataFrame:
    currency = stored.origin.currency or "GBP"
    last = found.bought.today - pd.to_timedelta(due["last"], unit="D")
    return pd.DataFrame(
        {
            label("customer"): found.bought.customers[due["customer"]].astype(str),
            heading("product"): found.names[due["item"]],
            _("Due in (days)"): due["due_in"].round().astype(int).to_numpy(),
            _("Usual gap (days)"): due["gap"].round().astype(int).to_numpy(),
            _("Last bought"): last.dt.date.to_numpy(),
            _("Days with a purchase"): due["days"].to_numpy(),
            _("Usual units"): due["units"].round(1).to_numpy(),
            _("Usual revenue ({currency})").format(currency=currency): due["revenue"].round(2).to_numpy(),
            _("Code"): found.bought.products[due["item"]].astype(str),
        }
    )


def _new(found: Answer, new: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            label("customer"): found.bought.customers[new["customer"]].astype(str),
            _("New for them"): found.names[new["item"]],
            _("because they bought"): found.names[new["because"]],
            _("Score"): new["score"].astype(float).round(3).to_numpy(),
            _("Code"): found.bought.products[new["item"]].astype(str),
        }
    )


def product(found: Answer, stored: Stored) -> None:
    """Whom to tell of a product, and who supplies it."""
    count = np.bincount(found.bought.lines["item"], minlength=len(found.names))
    codes = {str(found.bought.products[place]): int(place) for place in np.argsort(-count, kind="stable")}
    options = {code: inputs.named(found.names[place], code) for code, place in codes.items()}
    one = inputs.sought(_("Product to push"), _("a part of its name or code"), options, "product")
    if one is None:
        return
    name = found.names[codes[one]]
    told = offers.whom(found.bought, found.ease, codes[one])
    again = found.due[found.due["item"] == codes[one]].sort_values("last", kind="stable")
    if told.empty:
        every = count[codes[one]] == found.bought.lines["customer"].nunique()
        said = (
            plain(found.why.sentence())
            if found.why
            else _("Every customer has bought it already: there is nobody to tell.")
            if every
            else _("No customer who has not bought it bought anything that speaks for it.")
        )
        st.info(said, icon=":material/info:")
    else:
        named = told.assign(name=found.bought.customers[told["customer"]], reason=found.names[told["because"]])
        table = _new(found, told.assign(item=codes[one]))
        shown = table.drop(columns=[_("New for them"), _("Code")])
        cards.figure(charts.whom(named, name), "customers_whom", table.head(charts.SHOWN))
        lists.show(shown, "customers_whom_to_tell", _("Whom to tell of {product}").format(product=name), table)
    if len(again):
        table = _due(found, again, stored)
        shown = table.drop(columns=[heading("product"), _("Code")])
        lists.show(shown, "customers_due_product", _("Who is due to buy it again"), table)
    _suppliers(stored, one, name)


def _suppliers(stored: Stored, code: str, name: str) -> None:
    """Who supplies a product."""
    if "supplier_prices" not in stored.columns:
        st.caption(_("Who else supplies it cannot be said: these data have no prices of suppliers."))
        return
    known, moves = (store.frame(stored, one) if one in stored.columns else None for one in ("suppliers", "stock_moves"))
    main = None
    if "supplier" in stored.columns["sales"]:
        sql = "SELECT arg_max(supplier, (timestamp, supplier)) AS supplier FROM sales WHERE product = $code"
        main = tables.query(stored, sql, code=code)["supplier"].iloc[0]
    day = _end(stored) - pd.Timedelta(days=1)
    offered = suppliers.compare(code, day, store.frame(stored, "supplier_prices"), known, moves, main)
    if offered.empty:
        st.caption(_("No supplier has a price for it."))
        return
    currency = stored.origin.currency or "GBP"
    called = offered["name"].fillna(offered["supplier"])

    def share(value: float) -> str:
        return "–" if value != value else locales.percent(value)

    table = pd.DataFrame(
        {
            label("supplier"): [
                _("{supplier} (in use now)").format(supplier=one) if main_one else one
                for one, main_one in zip(called, offered["is_main"], strict=True)
            ],
            _("Unit cost ({currency})").format(currency=currency): offered["unit_cost"].round(2),
            _("Cost index"): offered["index"].round(1),
            _("Stated (days)"): offered["stated"],
            _("± (days)"): offered["spread"],
            _("Deliveries"): offered["deliveries"],
            _("Took (days)"): offered["measured"].round(1),
            _("Came as stated"): [
                "–" if row.on_time != row.on_time else f"{share(row.on_time)} ({share(row.lo)}–{share(row.hi)})"
                for row in offered.itertuples()
            ],
        }
    )
    title, main = _("Who supplies {product}").format(product=name), offered[offered["is_main"]]
    if len(main) and main["index"].iloc[0] > 100:
        sentence = _("{supplier} asks {share} less for {product} than the supplier in use")
        share_less = locales.percent(1 - 100 / main["index"].iloc[0])
        title = sentence.format(supplier=called.iloc[0], share=share_less, product=name)
    lists.show(table, "customers_suppliers", title)
    st.caption(
        _(
            "Cost index: the cheapest is 100. Stated are mean and standard deviation of the lead time; deliveries of "
            "this product show how long it took, and how many of them came as stated."
        )
    )
    if len(offered) == 1:
        st.caption(_("Only one supplier has a price for it: there is no alternative to compare with."))


def everyone(found: Answer, stored: Stored) -> None:
    """The lists of all customers, to be taken away."""
    wanted = buyers.choose()
    buyers.say(wanted)
    kept = np.ones(len(found.bought.customers), dtype=bool)
    if wanted:
        scored = buyers.scored(stored)
        members = buyers.purchases(stored).customers[scored.index[scored["segment"].isin(wanted)]]
        kept = np.isin(found.bought.customers.astype(str), members.astype(str))
    due, new = (part[kept[part["customer"].to_numpy(int)]] for part in (found.due, found.best))
    if due.empty and new.empty:
        nothing = _("Nothing is due, and nothing new can be said to go with what customers bought.")
        st.info(_("No customer is in these segments. Choose others.") if wanted else nothing, icon=":material/info:")
        return
    if len(due):
        soonest = due.sort_values("revenue", ascending=False, kind="stable")
        lists.show(_due(found, soonest, stored), "customers_due", _("Due to reorder, the most revenue first"))
    if len(new):
        title = _("New for them: up to {count} products for each customer")
        lists.show(_new(found, new), "customers_new", title.format(count=EACH))


def proved(found: Answer, stored: Stored) -> None:  # noqa: ARG001  # as the other views
    """What the lists would have been worth."""
    proof = tested(stored)
    if isinstance(proof, CannotTell):
        st.info(plain(proof.sentence()), icon=":material/info:")
        return
    table = proof.lists.assign(list=[_(offers.LISTS[one]) for one in proof.lists["list"]])
    cards.figure(charts.proved(proof), "customers_offers_proved", table)
    sentence = _(
        "Lists of {top} as they would have been made without the days from {day} on, for the {count} customers who "
        "came since; the one of what is due may be shorter."
    )
    values = {"top": offers.TOP, "day": locales.day(proof.since), "count": locales.number(proof.customers)}
    said = [sentence.format(**values), *([_worth(proof)] if proof.better else [])]  # else it is said above
    st.caption(plain(" ".join(said)))


VIEWS = {
    "customer": (N_("For a customer"), customer),
    "product": (N_("For a product"), product),
    "all": (N_("Lists of all"), everyone),
    "proved": (N_("How good"), proved),
}
