"""Orders as jobs and pages work on them: drafted from the data in use, approved, sent, and looked back at.

draft(engine, home, stored, now, step)     # what the stock asks for, as drafts
approve(engine, stored, order, ...)        # refused where a price is not what it was drafted with
send(engine, stored, order, letter, now)   # once; `due` ones are tried again
outcome(engine, stored, order)             # was it right?
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from connectors import BadResponse, ConnectorError, suppliers
from connectors.suppliers import Letter, NotKnown
from data import dispatch, order_moves, shelf, state, tables
from data import orders as kept
from data.beside import MOVES
from data.orders import APPROVED, DRAFTED, JOB, Order, Proposed
from data.tables import Stored
from locales import N_, Sentence, _
from models.act import orders, replay, rules
from models.act.replay import Outcome
from models.forecast import CannotForecast
from models.lifecycle import occasions
from models.stock import experience as past
from models.stock import ordering, paths, reorder, supply, warehouses
from models.stock.ledger import continued
from models.stock.ordering import Terms
from models.stock.supply import Demand, LeadTimes, Stock

HORIZONS = (4, 6, 9, 13, 18)  # weeks forecast: the fewest that hold the longest lead time
TERMS = Terms(level=0.95, review=7, lasts=0, holding=0.25, write_off=0.0, margin=0.4, order=20.0)
LEAD, SPREAD = 14.0, 4.0  # days, of a delivery of which nothing is known
PLAN = "orders.plan"  # preference: {"level": share, "review": days, "budget": money}
Step = Callable[[str, float], None]
Write = Callable[[Order, str, str], Letter]  # an order, its form and its key as what leaves


class CannotDraft(CannotForecast):
    """The data do not say what would have to be known to order anything."""


class Repriced(Sentence):
    """Prices are not what an order was drafted with."""


@dataclass(frozen=True)
class Drafted:
    """What drafting came to: the ids of `new` drafts, of how many suppliers anything is `needed`, the lines and money
    that the budget left out, the products that `nobody` is known to supply, those that more was sold of than was there
    since they were last counted (`uncounted`), the orders `approved` without anybody."""

    new: list[str]
    needed: int
    left: int
    left_value: float
    nobody: int
    uncounted: int
    approved: list[str]


def plan(engine: Engine) -> tuple[Terms, float]:
    """What drafts aim at: the terms, and what all of them may cost (0: no limit)."""
    chosen: Mapping[str, float] = state.preference(engine, PLAN, {})
    terms = replace(TERMS, level=chosen.get("level", TERMS.level), review=int(chosen.get("review", TERMS.review)))
    return terms, float(chosen.get("budget", 0.0))


def draft(engine: Engine, stored: Stored, now: datetime, step: Step, day: date | None = None) -> Drafted:
    """Draft orders from the stock at the end of the data, or of a `day` before; those that may be are approved.

    Raises `CannotDraft`, `models.forecast.CannotForecast`.
    """
    frames = _frames(stored)
    if MOVES not in frames:
        raise CannotDraft(N_("What is on hand is not in these data: bring a count of the stock on the page Data."))
    step(N_("Reading the sales lines"), 0.0)
    demand = demanded(stored, frames, day)
    if demand.goods.empty:
        raise CannotDraft(N_("These data hold no goods that were sold at a price: choose others on the page Data."))
    today = demand.days[-1]
    leads = supply.lead_times(demand.goods, frames[MOVES], frames.get("suppliers"), LEAD, SPREAD)
    terms, budget = plan(engine)
    table = _needed(engine, stored, frames, demand, leads, terms, step)
    named = _suppliers(frames)
    quiet = _quiet(engine, stored.lineage, today.date(), terms.review)
    asked = _called(table[~table["supplier"].isin(quiet)], frames)
    found = orders.drafts(asked, frames.get("supplier_prices"), today, named["minimum_value"].to_dict(), budget)
    late = pd.Series(np.quantile(leads.days, 0.9, axis=1), demand.goods["product"])
    mean = pd.Series(leads.days.mean(axis=1), demand.goods["product"])
    step(N_("Writing the drafts"), 0.9)
    proposed = [
        Proposed(
            stored.lineage,
            one.supplier,
            str(named["name"].get(one.supplier, one.supplier)),
            stored.origin.currency or "GBP",
            today.date(),
            float(mean[one.lines["product"]].mean()),
            float(late[one.lines["product"]].max()),
            one.least,
            one.lines.drop(columns="value").to_dict("records"),
        )
        for one in found.found
    ]
    new = kept.draft(engine, proposed, stored.lineage, sorted(found.needed | quiet), now)
    left, approved = found.left, _unasked(engine, stored, now)
    value, nobody = float(left["value"].sum()), len(found.nobody)
    uncounted = int((table["on_hand"].isna() & table["product"].isin(frames[MOVES]["product"])).sum())
    return Drafted(new, len(found.needed), len(left), value, nobody, uncounted, approved)


def drafted_for_rules(engine: Engine, stored: Stored, day: date, now: datetime, step: Step) -> int:
    """Draft orders where a rule that asks for it found something on a day; how many are new, however often it is asked.

    Raises as `draft`.
    """
    found = state.read(engine, state.rule_alerts, lineage=stored.lineage, day=day)
    if not any((rule := rules.from_json(one)) is not None and "order" in rule.actions for one in found["content"]):
        return 0
    last = stored.span[1].date() if stored.span else day
    return len(draft(engine, stored, now, step, day if day < last else None).new)


def _called(table: pd.DataFrame, frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The table with the names of products that only the table of products says: a supplier reads them."""
    if "products" not in frames:
        return table
    names = table["product"].map(frames["products"].set_index("product")["description"])
    return table.assign(name=table["name"].where(table["name"] != table["product"], names.fillna(table["product"])))


def _frames(stored: Stored) -> dict[str, pd.DataFrame]:
    names = (MOVES, "suppliers", "supplier_prices", "products")
    return {name: tables.read(stored, name) for name in names if name in stored.columns}


def demanded(stored: Stored, frames: Mapping[str, pd.DataFrame], day: date | None = None) -> Demand:
    """Units asked for by product and day, until a day or the last one of the data."""
    columns = stored.columns["sales"]
    sold, goods = (tables.query(stored, sql) for sql in (supply.by_day(columns), supply.latest(columns)))
    last = pd.Timestamp(day if day else stored.span[1] if stored.span else 0).normalize()
    sold = sold[sold["day"] <= last]
    moves = frames.get(MOVES)
    moves = moves[moves["date"] <= last] if moves is not None and day else moves
    prices, products = frames.get("supplier_prices"), frames.get("products")
    return supply.demand(sold, goods, last, moves, prices, products, warehouses.sold(stored))


def _needed(
    engine: Engine,
    stored: Stored,
    frames: Mapping[str, pd.DataFrame],
    demand: Demand,
    leads: LeadTimes,
    terms: Terms,
    step: Step,
) -> pd.DataFrame:
    """What to order of each product (see `models.stock.ordering.orders`), as the page Sales: stock has it."""
    goods, today = demand.goods, demand.days[-1]
    longest = leads.days.max() + terms.review
    weeks = next((weeks for weeks in HORIZONS if longest <= weeks * past.WEEK), HORIZONS[-1])
    said = [one.occasion for one in occasions.about(occasions.kept(engine, stored.lineage), None, None)]
    experience = past.experience(demand, weeks, step=_scaled(step), said=said)
    step(N_("Looking for what runs low"), 0.7)
    found = orders.wanted(reorder.service(experience, leads, terms.review))
    moves = frames[MOVES]
    moves = continued(moves[moves["date"] <= today], pd.Index(goods["product"]), demand.days, demand.sold)
    held, _old = supply.still_coming(supply.stock(goods, moves, today), leads)
    held = _with_approved(engine, stored.lineage, goods, held)
    futures = paths.odds(experience, leads, held, terms.review)
    suppliers_table = frames.get("suppliers")
    conditions = supply.conditions(
        goods, today, frames.get("products"), suppliers_table, frames.get("supplier_prices"), demand.sold
    )
    least = np.zeros(len(goods))
    if suppliers_table is not None and "minimum_order" in suppliers_table:
        stated = suppliers_table.set_index("supplier")["minimum_order"]
        least = goods["supplier"].map(stated).fillna(0).to_numpy(float)
    return ordering.orders(goods, experience, found, futures, held, least, terms, conditions)


def _scaled(step: Step) -> Callable[[str, float | None], None]:
    return lambda message, share: step(message, 0.1 + 0.6 * (share or 0.0))


def _with_approved(engine: Engine, lineage: str, goods: pd.DataFrame, held: Stock) -> Stock:
    """The stock with what was approved and is not among the moves yet: it is as good as ordered."""
    waiting = kept.kept(engine, lineage, state.orders.c.status == APPROVED)
    unmoved = set(dispatch.unmoved(engine, lineage)["order"])
    sent = kept.kept(engine, lineage, state.orders.c.order.in_(unmoved)) if unmoved else []
    lines = [one.lines for one in [*waiting, *(one for one in sent if one.row["status"] == kept.SENT)]]
    if not lines:
        return held
    units = pd.concat(lines).groupby("product")["quantity"].sum()
    place = pd.Index(goods["product"]).get_indexer(units.index)
    more = pd.DataFrame({"place": place, "quantity": units.to_numpy(), "elapsed": 0})
    more = more[(more["place"] >= 0) & (more["quantity"] > 0)]
    return Stock(held.on_hand, pd.concat([held.orders, more], ignore_index=True).astype(held.orders.dtypes.to_dict()))


def _suppliers(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """A row a supplier: its name and the least money that it delivers for."""
    if "suppliers" not in frames:
        return pd.DataFrame({"name": pd.Series(dtype="str"), "minimum_value": pd.Series(dtype=float)})
    table = frames["suppliers"].set_index("supplier")
    least = table["minimum_value"].fillna(0.0) if "minimum_value" in table else 0.0
    return table[["name"]].assign(minimum_value=least)


def _quiet(engine: Engine, lineage: str, today: date, review: int) -> set[str]:
    """The suppliers of whom somebody rejected a draft since the last look at the shelf: it is not drafted again yet."""
    since = today - timedelta(days=review)
    rejected = kept.kept(engine, lineage, state.orders.c.status == kept.REJECTED, state.orders.c.day > since)
    return {
        str(one.row["supplier"])
        for one in rejected
        if one.row["day"].date() <= today and one.steps["by"].iloc[-1] != JOB
    }


# --- approving --------------------------------------------------------------------------------------------------------


def repriced(stored: Stored, order: Order) -> dict[str, float]:
    """The products of an order whose price is another one by now, and what it is (see `models.act.orders.repriced`)."""
    if "supplier_prices" not in stored.columns:
        return {}
    today = pd.Timestamp(stored.span[1] if stored.span else 0)
    listed = tables.read(stored, "supplier_prices")
    return orders.repriced(order.lines, listed, today, str(order.row["supplier"]))


def approve(engine: Engine, stored: Stored, order: Order, by: str, now: datetime, reason: str = "") -> None:
    """Approve a draft as it was shown. Raises `Repriced` where a price has changed since it was drafted,
    `data.state.Changed` where somebody was quicker, `Sentence` without a name."""
    changed = repriced(stored, order)
    if changed:
        raise Repriced(
            N_("The price of {count} products changed since this order was drafted: look at it again."),
            count=len(changed),
        )
    kept.approve(engine, str(order.row["order"]), int(order.row["changes"]), by, now, reason)


def _unasked(engine: Engine, stored: Stored, now: datetime) -> list[str]:
    """Approve the drafts that somebody has allowed to be without being asked, and let them leave; their ids."""
    allowed = kept.suppliers(engine, stored.lineage)
    approved = []
    for one in kept.kept(engine, stored.lineage, state.orders.c.status == DRAFTED):
        terms = allowed.get(one.row["supplier"])
        touched = one.steps["by"].ne(JOB).any()
        if (
            terms is None
            or pd.isna(terms["limit"])
            or one.value > terms["limit"]
            or touched
            or one.value < one.row["least"]
        ):
            continue
        said = _("Up to {limit}, as {who} allowed").format(limit=f"{terms['limit']:g}", who=terms["limit_by"])
        try:
            approve(engine, stored, one, JOB, now, said)
        except (Repriced, state.Changed):
            continue
        approved.append(str(one.row["order"]))
        if terms["address"]:
            order = kept.one(engine, stored.lineage, approved[-1])
            leave(engine, order, terms["address"], terms["form"], JOB, now)
    return approved


# --- sending ----------------------------------------------------------------------------------------------------------


def leave(engine: Engine, order: Order, address: str, form: str, by: str, now: datetime, reason: str = "") -> None:
    """Let an approved order leave at the next occasion. Raises `BadResponse` for no such address, `Sentence`."""
    where = suppliers.checked(address)
    dispatch.queue(engine, str(order.row["order"]), int(order.row["changes"]), where, form, by, now, reason)


def send(engine: Engine, stored: Stored, order: str, write: Write, now: Callable[[], datetime]) -> str | None:
    """Send an order that is due, once, and answer with how that ended (see `data.dispatch.ended`); None where nothing
    is to be sent, or somebody else does it. Whoever is killed meanwhile leaves it as not known to have arrived."""
    asked = kept.one(engine, stored.lineage, order)
    if asked.send is None:
        return None
    letter = write(asked, str(asked.send["form"]), str(asked.send["key"]))  # what fails here leaves nothing half done
    claimed = dispatch.claim(engine, order, now())
    if claimed is None:
        return None
    error: ConnectorError | None = None
    try:
        suppliers.send(claimed["address"], letter)
    except ConnectorError as failed:
        error = failed
    known, again = not isinstance(error, NotKnown), not isinstance(error, BadResponse)  # which would fail again
    day = stored.span[1].date() if stored.span else now().date()
    return dispatch.ended(engine, claimed, now(), day, error, known, again)


def send_due(engine: Engine, stored: Stored, write: Write, now: Callable[[], datetime]) -> dict[str, int]:
    """Send all that is due, and write down what was killed while it was sent; how many ended how."""
    dispatch.lost(engine, now())
    ends = [send(engine, stored, order, write, now) for order in dispatch.due(engine, stored.lineage, now())]
    return {end: ends.count(end) for end in sorted({one for one in ends if one})}


def run(
    engine: Engine,
    home: Path,
    stored: Stored,
    day: date,
    write: Write,
    now: Callable[[], datetime],
    step: Step,
) -> dict[str, Any]:
    """What the job does: draft orders from the stock at the end of a day, send all that is due, settle the stock.

    Answers with counts. What is due leaves too where nothing can be drafted; then raises as `draft`.
    """
    stored = settle(home, engine, stored, now())
    refused, drafted = None, None
    last = stored.span[1].date() if stored.span else day
    try:
        drafted = draft(engine, stored, now(), step, day if day < last else None)
    except CannotForecast as error:
        refused = error
    step(N_("Sending orders"), 0.95)
    sends = send_due(engine, stored, write, now)
    settle(home, engine, stored, now())
    if drafted is None:
        raise refused or CannotDraft(dispatch.CHANGED)
    return {
        **{"drafted": len(drafted.new), "suppliers": drafted.needed, "approved": len(drafted.approved)},
        **{"left out by the budget": drafted.left, "without a supplier": drafted.nobody},
        **{"to be counted again": drafted.uncounted, "sends": sends},
    }


def settle(home: Path, engine: Engine, stored: Stored, now: datetime) -> Stored:
    """Let what was sent and received be seen in the stock (see `data.order_moves.settle`)."""
    return order_moves.settle(home, engine, stored, now)


# --- was it right? ----------------------------------------------------------------------------------------------------


def outcome(stored: Stored, order: Order) -> Outcome | None:
    """What an order has done since it came (see `models.act.replay`); None where nothing of it is among the moves."""
    frames = _frames(stored)
    moves = frames.get(MOVES)
    if moves is None or shelf.REFERENCE not in moves:
        return None
    came = moves[order_moves.of(moves, str(order.row["order"])) & moves["move"].eq("receipt")]
    if came.empty:
        return None
    sold = tables.query(
        stored,
        "SELECT product, sum(amount) / sum(quantity) AS price FROM sales "
        "WHERE line_type = 'sale' AND quantity > 0 AND timestamp >= $since GROUP BY product",
        since=came["date"].min().normalize() + pd.Timedelta(days=1),
    )
    prices = dict(zip(sold["product"], sold["price"].astype(float), strict=True))
    costs = dict(zip(order.lines["product"], order.lines["unit_cost"], strict=True))
    demand = demanded(stored, frames)
    moves = continued(moves, pd.Index(demand.goods["product"]), demand.days, demand.sold)
    return replay.outcome(came, moves, demand, costs, prices)


def expected(order: Order) -> datetime | None:
    """By when nine of ten deliveries like that of a sent order have come; None where it is not on its way."""
    sent: Any = order.row["sent"]
    if order.row["status"] != kept.SENT or pd.isna(sent):
        return None
    return sent + timedelta(days=round(order.row["late"]))


def overdue(order: Order, now: datetime) -> int:
    """Days by which a sent order is later than nine of ten such deliveries; 0 where it is not."""
    by = expected(order)
    return max((now - by).days, 0) if by else 0
