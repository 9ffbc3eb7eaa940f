"""Orders that were sent and what came of them, as moves of stock beside the sales (`data.schemas.StockMoves`).

A step of an order becomes moves once: each carries the step in the column `reference`, so that a process that was
killed between writing the table and writing down that it did adds nothing twice.
"""

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Engine

from data import beside, dispatch, state, tables
from data.beside import MOVES
from data.orders import SENT
from data.shelf import REFERENCE
from data.tables import Stored

NONE = "-"  # kept as the version of steps whose stock no data know
APART = 2  # days by which the clock may run ahead of the data and still tell how long a delivery took


def settle(home: Path, engine: Engine, stored: Stored, now: datetime) -> Stored:
    """Let the pages show the moves of stock of all steps of orders that are still to become some.

    Raises OSError (a full disk) with everything as it was before: the next one who asks does it.
    """
    if dispatch.unmoved(engine, stored.lineage).empty:
        return stored
    with _alone(home):
        shown = tables.active(home, "sales")
        if shown is None or shown.lineage != stored.lineage:
            return stored
        steps = dispatch.unmoved(engine, stored.lineage)
        version = NONE
        if MOVES in shown.columns and shown.span is not None:
            before = tables.read(shown, MOVES)
            sent = state.read(engine, state.orders, lineage=stored.lineage).set_index("order")["sent"]
            after = moved(before, steps, pd.Timestamp(shown.span[1]).normalize(), sent)
            if len(after) != len(before) or not after.equals(before):
                shown = beside.grown(home, shown, after, max(len(after) - len(before), 1), now)
            version = shown.version
        dispatch.moved(engine, steps, version)
        return shown


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """One process at a time: each adds to what the one before it has kept."""
    with (home / "tables" / "sales" / ".moving").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def moved(moves: pd.DataFrame, steps: pd.DataFrame, last: pd.Timestamp, sent: Mapping[str, Any]) -> pd.DataFrame:
    """Moves of stock with those of `steps` (rows of `state.order_steps`) on the day `last`, that of the data.

    `sent` says when each order was. Of a product of which no stock is known nothing is. When a delivery was ordered is
    told where the days of the data went by as those of the clock did, so that it shows how long it took; an order of
    which nothing more comes counts for what came of it.
    """
    found = moves.sort_values("date", kind="stable", ignore_index=True)
    if REFERENCE not in found:
        found[REFERENCE] = pd.Series(pd.NA, found.index, dtype="str")
    known = set(found[REFERENCE].dropna())
    for step in steps.to_dict("records"):
        reference = f"{step['order']}/{step['number']}"
        if reference in known:
            continue
        details, units = step["details"], step["details"].get("units", {})
        store = details.get("store") if "store" in found else None
        there = found["product"].isin(units)
        move, ordered = ("order", pd.NaT) if step["step"] == SENT else ("receipt", _ordered(found, step, last, sent))
        levels = found[there] if "store" not in found else found[there & _same(found["store"], store)]
        level = levels[levels["date"] <= last].groupby("product")["on_hand"].last()
        names = [name for name in units if name in set(found.loc[there, "product"])]
        rows = {"date": last, "product": names, "move": move, "quantity": [float(units[name]) for name in names]}
        fresh = pd.DataFrame(rows).assign(**{REFERENCE: reference}, ordered=ordered)
        fresh["on_hand"] = fresh["product"].map(level).fillna(0.0).astype(float)
        if move == "receipt":
            fresh["on_hand"] += fresh["quantity"]
        if store is not None:
            fresh["store"] = store
        kinds = found.dtypes.to_dict() | {"ordered": "datetime64[us]"}
        found = pd.concat([found.reindex(columns=list(kinds)), fresh.reindex(columns=list(kinds))], ignore_index=True)
        found = found.astype(kinds).sort_values("date", kind="stable", ignore_index=True)
        if details.get("closed"):
            found = _closed(found, step["order"])
    return found


def _same(stores: pd.Series, store: str | None) -> pd.Series:
    return stores.isna() if store is None else stores.eq(store)


def of(moves: pd.DataFrame, order: str) -> pd.Series:
    """Which moves of stock are those of an order."""
    return moves[REFERENCE].str.startswith(f"{order}/", na=False)


def _ordered(moves: pd.DataFrame, step: Mapping[str, Any], last: pd.Timestamp, sent: Mapping[str, Any]) -> Any:
    placed = moves[of(moves, step["order"]) & moves["move"].eq("order")]
    if placed.empty:
        return pd.NaT
    day = placed["date"].iloc[0]
    clock = (step["at"] - sent[step["order"]]).days
    return day if abs((last - day).days - clock) <= APART else pd.NaT


def _closed(moves: pd.DataFrame, order: str) -> pd.DataFrame:
    """The moves with what came of an order as what was ordered: nothing of it is under way any more."""
    mine = of(moves, order)
    came = moves[mine & moves["move"].eq("receipt")].groupby("product")["quantity"].sum()
    placed = mine & moves["move"].eq("order")
    # As numbers also where no move is one of it: of products that left the data nothing is known.
    moves.loc[placed, "quantity"] = moves.loc[placed, "product"].map(came).astype(float).fillna(0.0)
    return moves[~(placed & moves["quantity"].eq(0))].reset_index(drop=True)
