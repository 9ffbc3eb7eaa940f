"""What to offer next: products that a customer is due to buy again, new ones that go with what they bought, and whom to
tell of a product.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from locales import N_
from models.statistics import Z95, CannotTell, wilson

TOP = 10  # of a list
RHYTHM = 3  # days with a purchase, from which a product has a usual gap
AHEAD = 28  # days: what is due by then is listed, and tested on as many
LOST = 3  # usual gaps of silence, from which a product is given up rather than due
LATELY = 90  # days after which a purchase counts half
PENALTY = 500.0  # of the weights
MAX_PRODUCTS = 4_000  # products that are learned from: the table of weights grows with their square (64 MB)
MIN_CUSTOMERS = 50  # customers to learn from, or to test on
CHUNK = 2_000  # customers at a time


@dataclass(frozen=True)
class Bought:
    """What each customer bought until `today`.

    `lines` has a row a customer and product, sorted by both: `customer`, `item` (places in `customers` and `products`),
    `days` with a purchase, the `first` and the `last` of them (days before today), `lately` (the days, one of `LATELY`
    days ago counting half), `units` and `revenue`.
    """

    lines: pd.DataFrame
    customers: np.ndarray
    products: np.ndarray
    today: pd.Timestamp

    def table(self) -> Any:
        """Customers by products (sparse, float32): 1 where it was bought."""
        from scipy.sparse import csr_array

        ones = np.ones(len(self.lines), np.float32)
        shape = (len(self.customers), len(self.products))
        return csr_array((ones, (self.lines["customer"], self.lines["item"])), shape=shape)


@dataclass(frozen=True)
class Ease:
    """`weights` (float32) of each product at `places` (rows) for each of them (columns): how much it speaks for it."""

    weights: np.ndarray
    places: np.ndarray


NOTHING = Ease(np.zeros((0, 0), np.float32), np.zeros(0, int))  # where too little is known to learn from


def lines(columns: Collection[str]) -> dict[str, str]:
    """The queries of `bought`: `customers` and `products` of all days, and `lines` from `$start` to before `$until`."""
    sold = "line_type = 'sale' AND customer IS NOT NULL"
    money = "sum(amount)" if "amount" in columns or "unit_price" in columns else "NULL::DOUBLE"
    named = {
        name: f"SELECT {column} AS name FROM sales WHERE {sold} GROUP BY 1 ORDER BY 1"  # noqa: S608  # no text from outside
        for name, column in (("customers", "customer"), ("products", "product"))
    }
    places = "SELECT name, CAST(row_number() OVER (ORDER BY name) - 1 AS INTEGER) AS place FROM"
    found = f"""
        WITH who AS ({places} ({named["customers"]})), what AS ({places} ({named["products"]})),
             days AS (SELECT customer, product, CAST(timestamp AS DATE) AS day, sum(quantity) AS units,
                             {money} AS revenue
                      FROM sales WHERE {sold} AND timestamp >= $start AND timestamp < $until GROUP BY ALL),
             summed AS (SELECT customer, product, count(*) AS days, min(day) AS first, max(day) AS last,
                               sum(pow(0.5, date_diff('day', day, CAST($until AS DATE)) / {LATELY}.0)) AS lately,
                               sum(units) AS units, sum(revenue) AS revenue
                        FROM days GROUP BY ALL)
        SELECT who.place AS customer, what.place AS item, CAST(days AS INTEGER) AS days,
               CAST(date_diff('day', first, CAST($until AS DATE)) - 1 AS INTEGER) AS first,
               CAST(date_diff('day', last, CAST($until AS DATE)) - 1 AS INTEGER) AS last, lately, units, revenue
        FROM summed JOIN who ON customer = who.name JOIN what ON product = what.name ORDER BY 1, 2
    """  # noqa: S608  # no text from outside
    return named | {"lines": found}


def check(customers: int, products: int) -> None:
    """Raises CannotTell where fewer customers or products are known than offers can be learned from."""
    if customers < MIN_CUSTOMERS:
        raise CannotTell(
            N_("Customers known to have bought: {count}. What to offer can be learned from {least} on."),
            count=customers,
            least=MIN_CUSTOMERS,
        )
    if products < 2:
        raise CannotTell(N_("Only one product was sold to known customers: there is nothing else to offer."))


def due(bought: Bought) -> pd.DataFrame:
    """What customers are due to buy again within `AHEAD` days by their own rhythm, what they bought most lately first.

    Of products bought on `RHYTHM` days or more: those whose usual gap (`gap`, the mean of their own) ends by then, and
    of which they have not been silent for `LOST` times as long. `due_in` is in days, below zero where it has passed;
    `units` and `revenue` are those of a usual purchase.
    """
    found = bought.lines[bought.lines["days"] >= RHYTHM]
    gap = (found["first"] - found["last"]) / (found["days"] - 1)
    found = found.assign(gap=gap, due_in=gap - found["last"])
    found = found.assign(units=found["units"] / found["days"], revenue=found["revenue"] / found["days"])
    found = found[(found["due_in"] <= AHEAD) & (found["last"] < LOST * found["gap"])]
    return found.sort_values(["customer", "lately"], ascending=[True, False], kind="stable", ignore_index=True)


def learn(bought: Bought) -> Ease:
    """How much each product speaks for each other one: EASE (Steck 2019, Embarrassingly shallow autoencoders, WWW).

    With G = X'X + penalty, P = inverse of G, the weights are -P_ij / P_jj off the diagonal. Of more than `MAX_PRODUCTS`
    products those that most customers bought. Raises CannotTell.
    """
    from scipy.linalg import lapack

    table = bought.table()
    customers = np.bincount(bought.lines["item"], minlength=len(bought.products))
    check(int((np.diff(table.indptr) > 0).sum()), int((customers > 0).sum()))
    places = np.sort(np.argsort(-customers, kind="stable")[: min(MAX_PRODUCTS, int((customers > 0).sum()))])
    held = table[:, places]
    gram = (held.T @ held).toarray()
    gram[np.diag_indices_from(gram)] += PENALTY
    factor, _info = lapack.spotrf(gram, lower=1, overwrite_a=1)
    inverse, _info = lapack.spotri(factor, lower=1, overwrite_c=1)
    inverse = np.tril(inverse)
    inverse += np.tril(inverse, -1).T
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return Ease(weights, places)


def best(bought: Bought, ease: Ease, customers: np.ndarray, top: int = TOP) -> pd.DataFrame:
    """The `top` products that each of some customers has not bought yet, the likeliest first.

    `customer`, `item`, `score`, and `because`: the product of theirs that speaks most for it.
    """
    table = bought.table()[:, ease.places]
    parts = []
    for start in range(0, len(customers) if len(ease.places) else 0, CHUNK):
        who = customers[start : start + CHUNK]
        held = table[who]
        score = held @ ease.weights
        score[held.nonzero()] = -np.inf
        count = min(top, score.shape[1])
        chosen = np.argpartition(-score, count - 1, axis=1)[:, :count]
        order = np.argsort(-np.take_along_axis(score, chosen, 1), axis=1, kind="stable")
        chosen = np.take_along_axis(chosen, order, 1)
        scores = np.take_along_axis(score, chosen, 1)
        for place, (row, items) in enumerate(zip(who, chosen, strict=True)):
            own = held.indices[held.indptr[place] : held.indptr[place + 1]]
            if not len(own):
                continue
            reasons = own[ease.weights[np.ix_(own, items)].argmax(0)]
            wanted = scores[place] > 0
            parts.append((row, items[wanted], scores[place][wanted], reasons[wanted]))
    return pd.DataFrame(
        {
            "customer": np.concatenate(
                [np.full(len(items), row) for row, items, _s, _r in parts] or [np.zeros(0, int)]
            ),
            "item": ease.places[np.concatenate([items for _row, items, _s, _r in parts] or [np.zeros(0, int)])],
            "score": np.concatenate([scores for _row, _i, scores, _r in parts] or [np.zeros(0)]),
            "because": ease.places[np.concatenate([why for _row, _i, _s, why in parts] or [np.zeros(0, int)])],
        }
    )


def whom(bought: Bought, ease: Ease, item: int) -> pd.DataFrame:
    """Whom to tell of a product that they have not bought yet, the likeliest first: `customer`, `score`, `because`.

    Empty where the product is not among those that were learned from.
    """
    column = np.flatnonzero(ease.places == item)
    if not len(column):
        return pd.DataFrame({"customer": [], "score": [], "because": []}).astype({"customer": int, "because": int})
    table = bought.table()
    held = table[:, ease.places]
    speaks = ease.weights[:, column[0]]
    score = held @ speaks
    score[np.flatnonzero(np.asarray(table[:, [item]].todense()))] = -np.inf
    who = np.flatnonzero(score > 0)
    who = who[np.argsort(-score[who], kind="stable")]
    rows = held[who]
    reasons = [
        rows.indices[start:end][speaks[rows.indices[start:end]].argmax()]
        for start, end in zip(rows.indptr[:-1], rows.indptr[1:], strict=True)
    ]
    return pd.DataFrame({"customer": who, "score": score[who], "because": ease.places[np.array(reasons, dtype=int)]})


@dataclass(frozen=True)
class Test:
    """How good lists of `TOP` would have been `AHEAD` days ago, for the `customers` who came since.

    `lists` has a row a list: `precision` (the share of what was listed that they bought), its 95 % interval `lo` and
    `hi`, `customers` who had one. `better` says whether the new products were surely better than what is popular.
    """

    lists: pd.DataFrame
    customers: int
    since: pd.Timestamp
    better: bool


LISTS = {
    "due": N_("Due to reorder"),
    "past": N_("Their own past"),
    "popular": N_("Popular products"),
    "new": N_("New for them: because they bought"),
    "new popular": N_("New for them: popular"),
    "new lately": N_("New for them: popular lately"),
}


def test(then: Bought, later: Bought) -> Test:
    """Lists as of the end of `then` against the purchases `later`. Raises CannotTell where too few came back."""
    table, came = then.table(), later.table()
    who = np.flatnonzero((np.diff(table.indptr) > 0) & (np.diff(came.indptr) > 0))
    if len(who) < MIN_CUSTOMERS:
        raise CannotTell(
            N_("Customers who came back in the last {days} days: {count}. To test lists on them takes {least}."),
            days=AHEAD,
            count=len(who),
            least=MIN_CUSTOMERS,
        )
    ease = learn(then)
    items = then.lines["item"].to_numpy()
    wide = len(then.products)
    bought = set((later.lines["customer"].to_numpy(np.int64) * wide + later.lines["item"].to_numpy()).tolist())

    def shares(listed: pd.DataFrame) -> pd.Series:
        """The share of the list of each customer that they bought."""
        listed = listed[listed["customer"].isin(who)]
        key = listed["customer"].to_numpy(np.int64) * wide + listed["item"].to_numpy()
        hit = np.fromiter((one in bought for one in key.tolist()), float, len(key))
        return pd.Series(hit).groupby(listed["customer"].to_numpy()).mean()

    count = np.bincount(items, minlength=wide)
    fresh = then.lines["last"].to_numpy() < LATELY
    lately = np.bincount(items[fresh], minlength=wide)
    past = then.lines.sort_values(["customer", "lately"], ascending=[True, False], kind="stable")
    found = {
        "due": shares(due(then).groupby("customer").head(TOP)),
        "past": shares(past.groupby("customer").head(TOP)),
        "popular": shares(_popular(count, who, None)),
        "new": shares(best(then, ease, who)),
        "new popular": shares(_popular(count, who, table)),
        "new lately": shares(_popular(lately, who, table)),
    }
    rows = []
    for name, share in found.items():
        rows.append((name, share.mean(), *_interval(share.to_numpy(float)), len(share)))
    differs = [(found["new"] - found[name].reindex(found["new"].index)).dropna() for name in ("new popular",
                                                                                             "new lately")]  # fmt: skip
    better = all(one.mean() > Z95 * one.std() / np.sqrt(len(one)) for one in differs)
    names = ["list", "precision", "lo", "hi", "customers"]
    made = pd.DataFrame(rows, columns=names)
    return Test(made[made["customers"] > 0], len(who), then.today + pd.Timedelta(days=1), better)


def _interval(share: np.ndarray) -> tuple[float, float]:
    """The 95 % interval of the mean of customers' shares: Wilson's, of as many trials as have its variance, so that it
    also says how little a few customers tell who all bought the same share (each is one trial then)."""
    mean, count = float(share.mean()) if len(share) else np.nan, len(share)
    variance = float(share.var(ddof=1)) / count if count > 1 else 0.0
    trials = mean * (1 - mean) / variance if variance > 0 else count
    lo, hi = wilson(np.array([mean * trials]), np.array([float(trials)]))
    return float(lo[0]), float(hi[0])


def _popular(count: np.ndarray, who: np.ndarray, table: Any) -> pd.DataFrame:
    """The most bought products, for each customer; only such as they have not bought, where `table` says what they
    did."""
    order = np.argsort(-count, kind="stable")
    if table is None:
        items = np.tile(order[:TOP], (len(who), 1))
        return pd.DataFrame({"customer": np.repeat(who, items.shape[1]), "item": items.ravel()})
    rows = []
    for one in who:
        own = set(table.indices[table.indptr[one] : table.indptr[one + 1]].tolist())
        fresh = [item for item in order[: TOP + len(own)].tolist() if item not in own][:TOP]
        rows += [(one, item) for item in fresh]
    return pd.DataFrame(rows, columns=["customer", "item"])
