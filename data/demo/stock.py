"""The stock of the simulated retailer, day by day: what could be sold, what was ordered, what arrived."""

import numpy as np
import pandas as pd

from data.demo import parameters as p
from data.demo.offer import Range


def simulate(
    days: pd.DatetimeIndex,
    is_open: np.ndarray,
    wanted: np.ndarray,
    expected: np.ndarray,
    goods: Range,
    rng: np.random.Generator,
) -> tuple[np.ndarray, pd.DataFrame]:
    """Serve the units `wanted` (a row a day, a column a product) from one stock.

    Where the units in stock and on order fall below the sales `expected` over the lead time and the safety days,
    the shop orders up to `parameters.REVIEW_DAYS` more. Deliveries come after a normally distributed lead time, on
    an open day.

    Returns the units sold, shaped like `wanted`, and the moves as `data.schemas.StockMoves` has them: a count on the
    first day, then receipts, sales and orders of each day.
    """
    count, products = wanted.shape
    lead, spread = np.array([s.lead_time for s in p.SUPPLIERS])[goods.supplier].T
    minimum = np.array([s.minimum_order for s in p.SUPPLIERS])[goods.supplier]
    reach = (lead + p.SAFETY_DAYS).astype(int)
    # Beyond the end the shop expects what it saw a year (52 weeks) before.
    expected = np.concatenate([expected, expected[count - 364 :][: reach.max() + p.REVIEW_DAYS]])
    total = np.concatenate([np.zeros((1, products)), expected.cumsum(axis=0)])
    here, column = np.arange(count)[:, None], np.arange(products)
    order_below = np.ceil(total[here + reach, column] - total[:count])
    order_up_to = np.ceil(total[here + reach + p.REVIEW_DAYS, column] - total[:count])
    opening = np.append(np.flatnonzero(is_open), count)
    next_open = opening[np.searchsorted(opening, np.arange(count + 1))]

    received = np.zeros_like(wanted)
    ordered = np.full(wanted.shape, -1)
    placed = np.zeros_like(wanted)
    sold = np.zeros_like(wanted)
    left = np.zeros_like(wanted)
    on_hand = order_up_to[0].copy()
    coming = np.zeros(products)
    for today in np.flatnonzero(is_open):
        on_hand += received[today]
        coming -= received[today]
        sold[today] = np.minimum(wanted[today], on_hand)
        on_hand -= sold[today]
        left[today] = on_hand
        short = np.flatnonzero(on_hand + coming < order_below[today])
        units = np.maximum(order_up_to[today] - on_hand - coming, minimum)[short]
        coming[short] += units
        placed[today, short] = units
        delay = np.maximum(np.rint(rng.normal(lead[short], spread[short])), 1).astype(int)
        arrival = next_open[np.minimum(today + delay, count)]
        within = arrival < count
        received[arrival[within], short[within]] += units[within]
        ordered[arrival[within], short[within]] = today

    quantity = np.stack([received, -sold, placed], axis=-1)
    day, product, kind = np.nonzero(quantity)
    on_hand = np.stack([left + sold, left, left], axis=-1)[day, product, kind]
    order_day = np.where(kind == 0, ordered[day, product], -1)
    moves = pd.DataFrame(
        {
            "date": days[np.r_[np.zeros(products, int), day]],
            "product": goods.frame["product"].take(np.r_[column, product]).array,
            "move": pd.array(["count", "receipt", "sale", "order"], dtype="str").take(
                np.r_[np.zeros(products, int), kind + 1]
            ),
            "quantity": np.r_[order_up_to[0], quantity[day, product, kind]],
            "on_hand": np.r_[order_up_to[0], on_hand],
            "ordered": pd.Series(days).reindex(np.r_[np.full(products, -1), order_day]).array,
        }
    )
    return sold, moves
