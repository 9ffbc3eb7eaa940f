"""Moves of stock that go on with the sales: a count of a month ago is not what lies on the shelf today."""

import numpy as np
import pandas as pd

REFERENCE = "reference"  # of moves that Vigie wrote down itself (see `data.order_moves`): the order and its step
SAME = 1e-6  # units within which a move says what the one before it makes of it


def continued(moves: pd.DataFrame, products: pd.Index, days: pd.DatetimeIndex, sold: np.ndarray) -> pd.DataFrame:
    """The moves (`data.schemas.StockMoves`) with the sales that they do not know of, as moves of the kind "sale".

    `sold` has the units of each of the `products` on each of the `days`. Moves that name sales know of all until the
    last of them; of a product, those until what was on hand was last said: by a count, or by a move after which there
    is another number than its quantity makes. Of a day, what came is taken to have come before what was sold. From the
    day on which more was sold than was there nobody knows what is: it is infinite. A product that lies in several
    stores stays as it is: in which it was sold is not asked here.
    """
    ends = moves["date"].dt.normalize().where(moves["move"].eq("sale")).max().to_datetime64()  # NaT: no move is a sale
    if ends >= days[-1].to_datetime64():
        return moves
    moves = moves.sort_values("date", kind="stable", ignore_index=True)
    ours = moves[REFERENCE].notna() if REFERENCE in moves else pd.Series(False, moves.index)
    stores = moves.groupby("product")["store"].nunique() if "store" in moves else pd.Series(dtype=int)
    known = products.difference(stores.index[stores > 1])
    rows = moves.groupby("product", sort=False).indices
    day, hand = moves["date"].dt.normalize().to_numpy(), moves["on_hand"].to_numpy(float).copy()
    counted, change = moves["move"].eq("count").to_numpy(), moves["quantity"].where(moves["move"].ne("order"), 0.0)
    change = change.to_numpy(float)
    made, theirs = [], ours.to_numpy(bool)
    for product in (name for name in known if name in rows):
        mine = rows[product]
        follows = np.abs(np.diff(hand[mine], prepend=np.nan) - change[mine]) <= SAME
        says = np.flatnonzero(counted[mine] | ~(follows | theirs[mine]) | (~theirs[mine] & (day[mine] <= ends)))
        place = int(says[-1]) if len(says) else 0
        since = np.fmax(day[mine[place]], ends)
        units = np.where(days.to_numpy() > since, sold[products.get_loc(product)], 0.0)
        if not units.any():
            continue
        later, total = mine[place + 1 :], np.r_[0.0, units.cumsum()]
        came = hand[mine[place]] + change[later].cumsum()
        hand[later] = came - total[days.searchsorted(day[later])]
        when = np.flatnonzero(units)
        reached = np.r_[hand[mine[place]], came][np.searchsorted(day[later], days.to_numpy()[when], side="right")]
        left = reached - total[when + 1]
        if (short := left < -SAME).any():
            left[short.argmax() :] = np.inf
            hand[later[day[later] > days.to_numpy()[when[short.argmax()]]]] = np.inf
        made.append((np.full(len(when), mine[0]), when, -units[when], left))
    if not made:
        return moves
    first, sale, units, left = map(np.concatenate, zip(*made, strict=True))
    beside = [name for name in ("product", "store") if name in moves]
    gone = moves[beside].take(first).assign(date=days[sale], move="sale", quantity=units, on_hand=left)
    whole = pd.concat([moves.assign(on_hand=hand), gone], ignore_index=True)
    return whole.sort_values("date", kind="stable", ignore_index=True)
