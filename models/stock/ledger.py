"""Moves of stock that go on with the sales: a count of a month ago is not what lies on the shelf today."""

import numpy as np
import pandas as pd

from data.shelf import REFERENCE, SAME


def continued(moves: pd.DataFrame, products: pd.Index, days: pd.DatetimeIndex, sold: np.ndarray) -> pd.DataFrame:
    """The moves (`data.schemas.StockMoves`) with the sales that they do not know of, as moves of the kind "sale".

    `sold` has the units of each of the `products` on each of the `days`. Moves that name sales know of all until the
    last of them; of a product, those until what was on hand was last said: by a count, or by a move after which there
    is another number than its quantity makes. Of a day, what came is taken to have come before what was sold. From the
    day on which more was sold than was there nobody knows what is: it is infinite. So is, from its next sale on, what
    was counted in several stores on different days; of others what was sold is taken off their first store.
    """
    ends = moves["date"].dt.normalize().where(moves["move"].eq("sale")).max().to_datetime64()  # NaT: no move is a sale
    if ends >= days[-1].to_datetime64():
        return moves
    moves = moves.sort_values("date", kind="stable", ignore_index=True)
    ours = moves[REFERENCE].notna() if REFERENCE in moves else pd.Series(False, moves.index)
    store = pd.factorize(moves["store"])[0] if "store" in moves else np.zeros(len(moves), int)
    rows = moves.groupby("product", sort=False).indices
    day, hand = moves["date"].dt.normalize().to_numpy(), moves["on_hand"].to_numpy(float).copy()
    counted, change = moves["move"].eq("count").to_numpy(), moves["quantity"].where(moves["move"].ne("order"), 0.0)
    change = change.to_numpy(float)
    made, theirs = [], ours.to_numpy(bool)

    def said(mine: np.ndarray) -> int:
        """The place of the last move that says what is on hand, of a product's in a store."""
        follows = np.abs(np.diff(hand[mine], prepend=np.nan) - change[mine]) <= SAME
        says = np.flatnonzero(counted[mine] | ~(follows | theirs[mine]) | (~theirs[mine] & (day[mine] <= ends)))
        return int(says[-1]) if len(says) else 0

    for product in (name for name in products if name in rows):
        of = store[rows[product]]
        parts = [rows[product][of == one] for one in np.unique(of)]
        from_ = [mine[said(mine) :] for mine in parts]
        since = [np.fmax(day[mine[0]], ends) for mine in from_]
        units = np.where(days.to_numpy() > min(since), sold[products.get_loc(product)], 0.0)
        when, total = np.flatnonzero(units), np.r_[0.0, units.cumsum()]
        if not len(when):
            continue
        came = [np.r_[hand[mine[0]], hand[mine[0]] + change[mine[1:]].cumsum()] for mine in from_]
        reached = [
            levels[np.searchsorted(day[mine[1:]], days.to_numpy()[when], side="right")]
            for levels, mine in zip(came, from_, strict=True)
        ]
        mine, later = parts[0], from_[0][1:]
        hand[later] = came[0][1:] - total[days.searchsorted(day[later])]
        left = reached[0] - total[when + 1]
        short = (sum(reached) - total[when + 1] < -SAME) | (min(since) != max(since))
        if short.any():
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
