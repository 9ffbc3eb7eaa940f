"""Tables beside the sales: what each is good for, a template to fill in, what of it is known, kept with the sales."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pandas as pd

from data import enriched, schemas, tables
from data.dataset import Dataset, Finding
from data.tables import BEFORE, Stored
from locales import N_, _

COUNT, MOVES, PRICES = "stock_count", "stock_moves", "supplier_prices"
BROUGHT = N_("{column}: {rows} rows, brought beside the sales by the file {file}.")
READING, FROM = "reading", "from"  # values of findings: of a source what was read, and the version that a table is from
FROM_ORDERS = N_("{rows} moves of stock are from orders that were sent and received.")
LONG_AGO = pd.Timestamp("1970-01-01")
EXAMPLES = 3


@dataclass(frozen=True)
class Beside:
    """A table beside the sales: what it is used for, what happens without it, two rows as an example."""

    used: str
    without: str
    rows: tuple[dict[str, str], dict[str, str]]


TABLES: dict[str, Beside] = {
    "products": Beside(
        N_("Who supplies a product and how it is packed: orders are of whole packs."),
        N_("Orders are of any number of units; suppliers are known only where the sales name them."),
        (
            {"product": "A-100", "description": "Desk lamp", "category": "Lamps", "list_price": "24.90",
             "supplier": "S1", "pack_size": "6", "unit_cost": "11.50", "barcode": "4006381333931"},
            {"product": "B-200", "description": "Shelf", "category": "Furniture", "list_price": "79",
             "supplier": "S2", "pack_size": "1", "unit_cost": "41", "barcode": ""},
        ),
    ),
    "stores": Beside(
        N_("Names of stores on all pages, and the country whose bank holidays they have."),
        N_("Stores are called by their codes."),
        (
            {"store": "01", "name": "Lyon", "country": "France", "opened": "2019-03-01"},
            {"store": "02", "name": "Leeds", "country": "United Kingdom", "opened": "2021-09-15"},
        ),
    ),
    "suppliers": Beside(
        N_("Lead times, least orders and what an order costs: reorder points and order sizes."),
        N_("Lead times are those entered on the page Sales: stock, the same for all products."),
        (
            {"supplier": "S1", "name": "Lumen Ltd", "lead_time_mean": "10", "lead_time_std": "2",
             "minimum_order": "12", "minimum_value": "250", "order_cost": "15"},
            {"supplier": "S2", "name": "Bois & Cie", "lead_time_mean": "21", "lead_time_std": "5",
             "minimum_order": "1", "minimum_value": "0", "order_cost": "40"},
        ),
    ),
    PRICES: Beside(
        N_("What a unit costs, also from a quantity on: margins, order sizes, what is at stake."),
        N_("A margin is assumed where the sales do not say the cost."),
        (
            {"supplier": "S1", "product": "A-100", "valid_from": "2026-01-01", "unit_cost": "11.50",
             "from_quantity": "1"},
            {"supplier": "S1", "product": "A-100", "valid_from": "2026-01-01", "unit_cost": "10.80",
             "from_quantity": "60"},
        ),
    ),
    COUNT: Beside(
        N_("What is on hand today: what to order, and when shelves run empty."),
        N_("Only reorder points are shown, not what to order today."),
        (
            {"product": "A-100", "on_hand": "40", "on_order": "24", "store": "01", "date": "2026-01-31"},
            {"product": "B-200", "on_hand": "3", "on_order": "0", "store": "01", "date": "2026-01-31"},
        ),
    ),
    MOVES: Beside(
        N_("Receipts, orders and counts: what is on hand, how long deliveries really took, when a shelf was empty."),
        N_("Sold-out days look like days without demand, and lead times are those that suppliers state."),
        (
            {"date": "2026-01-05", "product": "A-100", "store": "01", "move": "order", "quantity": "60",
             "on_hand": "12", "ordered": ""},
            {"date": "2026-01-16", "product": "A-100", "store": "01", "move": "receipt", "quantity": "60",
             "on_hand": "68", "ordered": "2026-01-05"},
        ),
    ),
    "calendar": Beside(
        N_("Closed days, bank holidays, events and planned promotions, past and to come: forecasts and plans."),
        N_("Closed days are guessed from days without sales; events are not foreseen."),
        (
            {"date": "2026-05-01", "open": "no", "holiday": "Labour Day", "event": "", "promotion": ""},
            {"date": "2026-06-06", "open": "yes", "holiday": "", "event": "Street fair", "promotion": "20%"},
        ),
    ),
}  # fmt: skip
KEYS = {"stores": "store", "suppliers": "supplier", "calendar": "date"}  # else the product


@dataclass(frozen=True)
class Matches:
    """How the keys of a table meet those of the sales: how many are `known` there and `unknown`, some `examples` of
    these, and how many of the sales' are `absent` in the table."""

    known: int
    unknown: int
    examples: tuple[str, ...]
    absent: int


def template(name: str) -> pd.DataFrame:
    """A table to fill in: what each column means, line by line, then its header and two rows as an example.

    The first line is the frame's own header, so that it can be saved as it is.
    """
    meanings, rows = schemas.columns(name), TABLES[name].rows
    lines = [f"{column}: {_(meaning)}" for column, meaning in meanings.items()]
    grid = [[line, *[""] * (len(meanings) - 1)] for line in lines[1:]]
    grid += [list(meanings), *([row.get(column, "") for column in meanings] for row in rows)]
    return pd.DataFrame(grid, columns=[lines[0], *[""] * (len(meanings) - 1)], dtype="str")


def matches(stored: Stored, name: str, frame: pd.DataFrame) -> Matches:
    """How the keys of a table (of the schema `name`) meet those of a sales dataset; of a calendar its days."""
    key = KEYS.get(name, "product")
    if key == "date":
        days = pd.DatetimeIndex(frame["date"])
        first, last = stored.span or (days.min(), days.max())
        inside = (days >= pd.Timestamp(first).normalize()) & (days <= pd.Timestamp(last))
        after = days[days > pd.Timestamp(last)]
        return Matches(int(inside.sum()), len(after), tuple(str(day.date()) for day in after[:EXAMPLES]), 0)
    there = _keys(stored, key)
    asked = set(frame[key].dropna())
    unknown = sorted(asked - there)
    return Matches(len(asked & there), len(unknown), tuple(unknown[:EXAMPLES]), len(there - asked))


def _keys(stored: Stored, key: str) -> set[str]:
    """The products, stores or suppliers of a sales dataset; suppliers also as other tables beside it name them."""
    frames = ["sales", *(["products", PRICES] if key == "supplier" else [])]
    found: set[str] = set()
    for frame in frames:
        if key in stored.columns.get(frame, {}):
            found |= set(tables.query(stored, f'SELECT DISTINCT "{key}" AS key FROM {frame}')["key"].dropna())  # noqa: S608
    return found


def moves(count: pd.DataFrame, last: pd.Timestamp, before: pd.DataFrame | None) -> pd.DataFrame:
    """A count of the stock (`data.schemas.StockCount`) as moves (`StockMoves`), after those that there are.

    It counts on its `date`, else on the day `last`. Units under way are orders of that day, in place of earlier ones.
    """
    day = count["date"] if "date" in count else pd.Series(last.normalize(), count.index)
    store = {"store": count["store"]} if "store" in count else {}
    counted = pd.DataFrame({"date": day, "product": count["product"], **store, "move": "count"})
    counted = counted.assign(quantity=0.0, on_hand=count["on_hand"])
    parts = [] if before is None else [before]
    if "on_order" in count:
        named = counted["product"].unique()
        if before is not None:
            parts = [before[~(before["move"].eq("order") & before["product"].isin(named))]]
        placed = counted.assign(move="order", quantity=count["on_order"].fillna(0.0))
        counted = pd.concat([counted, placed[placed["quantity"] > 0]])
    joined = pd.concat([*parts, counted], ignore_index=True)
    return joined.sort_values("date", kind="stable", ignore_index=True).astype({"date": "datetime64[us]"})


def by_store(stored: Stored) -> bool:
    """Whether the moves of stock that are there say in which store."""
    return "store" in stored.columns.get(MOVES, {})


def put(
    home: Path,
    stored: Stored,
    name: str,
    frame: pd.DataFrame,
    file: str,
    now: datetime,
    activate: bool = True,
    reading: str = "",
) -> Stored:
    """Keep a new version of a sales dataset with a table added or replaced, and let the pages show it.

    A count of the stock becomes moves. `reading` is the id of what was read from a source, where it is from one (see
    `connectors.fetched`). What is there already is not kept again. Raises OSError with everything as it was before.
    """
    last = pd.Timestamp(stored.span[1] if stored.span else now.replace(tzinfo=None))
    kept = MOVES if name == COUNT else name
    if name == COUNT:
        frame = moves(frame, last, tables.read(stored, MOVES) if MOVES in stored.columns else None)
    values = {"column": kept, "file": file, **({READING: reading} if reading else {})}
    if name == "products" and name in stored.columns:
        frame = enriched.carried(frame, tables.read(stored, name))
    frames = {kept: schemas.check(kept, frame)}
    if name == "products" and "unit_cost" in frame and frame["unit_cost"].notna().any():
        listed = tables.read(stored, PRICES) if PRICES in stored.columns else None
        frames[PRICES] = schemas.check(PRICES, priced(frame, listed))
    if all(table in stored.columns and tables.read(stored, table).equals(made) for table, made in frames.items()):
        return stored
    again = [one for one in stored.findings if one.message == BROUGHT and one.values.items() >= values.items()]
    since = replace(stored, findings=tuple(one for one in stored.findings if one not in again))
    finding = Finding(BROUGHT, len(frame), {**values, BEFORE: stored.version})
    return _add(home, since, frames, finding, now, activate)


def priced(products: pd.DataFrame, listed: pd.DataFrame | None) -> pd.DataFrame:
    """The price list with what a table of products says that units cost: of products that no supplier has listed.

    What products said before gives way to what they say now.
    """
    known = products[products["unit_cost"].notna()]
    supplier = known["supplier"].fillna("?") if "supplier" in known else pd.Series("?", known.index)
    costs = pd.DataFrame(
        {"supplier": supplier, "product": known["product"], "valid_from": LONG_AGO, "unit_cost": known["unit_cost"]}
    )
    if listed is None:
        return costs.reset_index(drop=True)
    own = listed[~(listed["product"].isin(costs["product"]) & listed["valid_from"].eq(LONG_AGO))]
    fresh = costs[~costs["product"].isin(own["product"])]
    return pd.concat([own, fresh], ignore_index=True)


def keep(home: Path, made: Dataset, now: datetime, activate: bool = True) -> Stored:
    """Keep a dataset and let the pages show it; sales with the tables beside the data that they go on from (`carried`).

    Raises OSError (a full disk) with everything as it was before.
    """
    before = tables.active(home, made.table)
    kept = tables.add(home, made, now, activate)
    if made.table != "sales":
        return kept
    return carried(home, kept, [*([before] if before else []), *tables.stored(home, "sales")], now, activate)


def carried(home: Path, fresh: Stored, before: Collection[Stored], now: datetime, activate: bool = True) -> Stored:
    """A sales dataset that goes on from another one with the tables beside that one, where it has none itself.

    `before` are the versions that were kept, the likeliest to be gone on from first.
    """
    last = next((one for one in before if one.lineage == fresh.lineage and one.version != fresh.version), None)
    brought = set(schemas.SCHEMAS) - set(fresh.columns)  # and nothing that was computed
    names = [] if last is None else [name for name in last.columns if name in brought]
    if last is None or not names or fresh.origin.kind == "demo":
        return fresh
    message = N_("The tables beside the sales ({rows}) are those of {name}, from which these data go on.")
    values = {"name": last.origin.name, FROM: last.version, BEFORE: fresh.version}
    frames = {name: tables.read(last, name) for name in names}
    return _add(home, fresh, frames, Finding(message, len(names), values), now, activate)


def grown(home: Path, stored: Stored, moves: pd.DataFrame, more: int, now: datetime) -> Stored:
    """Keep a new version of a sales dataset with the moves of stock of its orders, and let the pages show it.

    Several such versions after each other are one finding. Raises OSError with everything as it was before.
    """
    *earlier, last = stored.findings or (Finding(FROM_ORDERS, 0, {}),)
    if last.message != FROM_ORDERS:
        earlier, last = [*stored.findings], Finding(FROM_ORDERS, 0, {BEFORE: stored.version})
    finding = Finding(FROM_ORDERS, last.rows + more, last.values or {BEFORE: stored.version})
    frames = {MOVES: schemas.check(MOVES, moves)}
    found = Dataset("sales", frames, stored.origin, (*earlier, finding), stored.lineage)
    return tables.add(home, found, now, around=stored)


def _add(
    home: Path,
    stored: Stored,
    frames: dict[str, pd.DataFrame],
    finding: Finding,
    now: datetime,
    activate: bool = True,
) -> Stored:
    found = Dataset("sales", frames, stored.origin, (*stored.findings, finding), stored.lineage)
    return tables.add(home, found, now, activate, around=stored)
