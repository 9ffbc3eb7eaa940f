"""What is bought together: pairs of products that share baskets more often than chance allows, and whether that lasts.

A basket is what one invoice holds. Chance is not independence: large baskets and seasons bring products together that
have nothing to do with each other. It is what baskets of the same sizes, in the same months, with as many of each
product, would have had in common (see `chance`).
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from locales import N_
from models.statistics import Z95, CannotTell

LARGEST = 100  # products of a basket, beyond which it is a reseller's
LEVEL = 0.05  # share of the pairs found that may be false
MIN_BASKETS = 5  # baskets with both products
BUYERS = 3  # customers who bought both
SOLD = 20  # baskets with a product, below which no pair of it is looked at
MAX_PRODUCTS = 4_000  # products that are looked at, the most bought: pairs grow with their square
FOUND = 2 / 3  # of the months, in which pairs are found that the rest has to confirm
MONTHS = 3  # that there must be for it
EXACT, WIDER = 10, 1.33  # sizes below are classes of their own, those of larger baskets grow so
ROUNDS = 30
CHUNK = 20_000  # pairs at a time
ROOM = 5_000_000  # baskets of their products at a time
EXPECTED = 5.0  # baskets by chance, from which few can be too few
COMPARED = 2_000  # products, the most bought, among which substitutes are looked for
ALIKE = 0.5  # of the words of two names, that both have
STATES = {
    "held": N_("still holds"),
    "gone": N_("no longer"),
    "unclear": N_("too few to tell"),
    "new": N_("not tested yet"),
}


@dataclass(frozen=True)
class Baskets:
    """`held` (sparse, float32) has a row a basket and a column a product, 1 where it holds it.

    `month` of each basket counts from the first of `months` (their first days); `customer` is a code, -1 where it is
    not known. `larger` baskets had more than `largest` products and were left out, with `share` of all pairs in
    baskets.
    """

    held: Any
    products: np.ndarray
    month: np.ndarray
    months: pd.DatetimeIndex
    customer: np.ndarray
    largest: int
    larger: int
    share: float

    @property
    def count(self) -> np.ndarray:
        """Baskets with each product."""
        return np.bincount(self.held.indices, minlength=len(self.products))


@dataclass(frozen=True)
class Chance:
    """What chance alone would have put together: see `chance`. `month` is that of each row of `weights`, which has a
    column for each of the products at `places` and one for all others."""

    weights: np.ndarray
    month: np.ndarray
    places: np.ndarray

    def expected(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Baskets with both products of pairs (places in the columns) by chance: one row a month-and-size class."""
        return np.asarray(self.weights[:, a] * self.weights[:, b])

    def total(self, a: np.ndarray, b: np.ndarray, months: slice = slice(None)) -> np.ndarray:
        """The sum of `expected` over some of the months."""
        wanted = np.isin(self.month, np.arange(self.month.max() + 1)[months])
        turned = np.ascontiguousarray(self.weights[wanted].T)
        parts = [slice(start, start + CHUNK) for start in range(0, len(a), CHUNK)]
        sums = [np.einsum("ij,ij->i", turned[a[part]], turned[b[part]]) for part in parts]
        return np.concatenate(sums, dtype=float) if sums else np.zeros(0)


@dataclass(frozen=True)
class Rules:
    """Pairs that belong together, the surest lift first.

    `pairs` has a row a pair: `a`, `b` (places of products, the rule "who buys a buys b" being the more confident one of
    the two), `both` (baskets), `buyers` (customers, a basket without one counting as one), `support`, `confidence`,
    `back` (that of the other direction), `lift` with `lo` and `hi`, `expected` (baskets by chance) and `times` (both
    over expected), `early` and `later` (the same of the months that rules were found in, and of the rest) and `state`
    (of `STATES`). `tested` pairs could have been found. `split` is the first month that confirms (None: too few
    months), `fading` what became of all rules by month after it: `both`, `expected`. `chance` is kept for more pairs.
    """

    pairs: pd.DataFrame
    tested: int
    split: int | None
    fading: pd.DataFrame
    chance: Chance

    @property
    def survived(self) -> tuple[int, int]:
        """How many of the rules found before `split` still held after it, and of how many that can be told."""
        held, gone = ((self.pairs["state"] == state).sum() for state in ("held", "gone"))
        return int(held), int(held + gone)


def lines(columns: Collection[str]) -> tuple[str, str]:
    """The queries of `baskets`: the products that were sold, and which of them is in which basket.

    A basket is an invoice of a day (and store): some shops number theirs anew every morning.
    """
    customer = "CASE WHEN customer IS NULL THEN 0 ELSE hash(customer) END" if "customer" in columns else "0"
    where = f"invoice, CAST(timestamp AS DATE){', store' if 'store' in columns else ''}"
    sold = "line_type = 'sale' AND invoice IS NOT NULL"
    named = f"SELECT product FROM sales WHERE {sold} GROUP BY 1 ORDER BY 1"  # noqa: S608  # no text from outside
    held = f"""
        WITH names AS (SELECT product, row_number() OVER (ORDER BY product) - 1 AS item FROM ({named}))
        SELECT hash({where}) AS basket, CAST(item AS INTEGER) AS item, {customer} AS customer,
               CAST(12 * year(timestamp) + month(timestamp) - 1 AS INTEGER) AS month
        FROM sales JOIN names USING (product) WHERE {sold}
    """  # noqa: S608  # no text from outside
    return named, held


def baskets(products: pd.DataFrame, sold: pd.DataFrame, largest: int = LARGEST) -> Baskets:
    """What `lines` answers as baskets of at most `largest` products. Raises CannotTell where there are none.

    Products bought alone count as baskets, too: most of what is known of a product that goes with nothing.
    """
    from scipy.sparse import csr_array

    if sold.empty:
        raise CannotTell(N_("Nothing was sold on an invoice: what is bought together cannot be said."))
    row, every = pd.factorize(sold["basket"].to_numpy())
    ones = np.ones(len(sold), np.float32)
    held = csr_array((ones, (row, sold["item"].to_numpy())), shape=(len(every), len(products)))  # sums what is twice
    held.data[:] = 1
    size = np.diff(held.indptr)
    kept = size <= largest
    pairs = (size * (size - 1.0)).sum()
    if not pairs:
        raise CannotTell(N_("Every invoice holds one product only: nothing is bought together."))
    if not (kept & (size > 1)).any():
        raise CannotTell(
            N_("Every invoice with two products has more than {most}: allow larger baskets."), most=largest
        )
    month, customer = (np.zeros(len(every), sold[name].dtype) for name in ("month", "customer"))
    month[row], customer[row] = sold["month"].to_numpy(), sold["customer"].to_numpy()
    known = np.where(customer > 0, pd.factorize(customer)[0], -1)
    first, last = int(month[kept].min()), int(month[kept].max())
    return Baskets(
        held=held[kept],
        products=products["product"].to_numpy(object),
        month=month[kept] - first,
        months=pd.date_range(f"{first // 12}-{first % 12 + 1:02}-01", periods=last - first + 1, freq="MS"),
        customer=known[kept],
        largest=largest,
        larger=int((~kept).sum()),
        share=float((size * (size - 1.0))[~kept].sum() / pairs),
    )


def measures(both: Any, a: Any, b: Any, n: int) -> dict[str, np.ndarray]:
    """Support, confidence (of b given a), lift and its 95 % interval of pairs in `n` baskets, of which `a` hold the
    first, `b` the second and `both` both.

    The interval is that of the logarithm of the lift, of which the delta method on multinomial counts (Agresti 2013,
    Categorical Data Analysis, 16.1) gives the variance 1/both - 1/a - 1/b + (2 lift - 1)/n.
    """
    both, a, b = (np.asarray(one, float) for one in (both, a, b))
    with np.errstate(divide="ignore", invalid="ignore"):
        lift = both * n / (a * b)
        wide = np.exp(Z95 * np.sqrt(np.maximum(1 / both - 1 / a - 1 / b + (2 * lift - 1) / n, 0)))
        ends = {"lo": np.where(both > 0, lift / wide, 0.0), "hi": np.where(both > 0, lift * wide, np.nan)}
        return {"support": both / n, "confidence": both / a, "lift": lift, **ends}


def chance(made: Baskets, places: np.ndarray) -> Chance:
    """What baskets of the same sizes and months would have in common if their products had nothing to do with another.

    In each class of month and size the expected baskets with two products are w_a w_b with one weight a product, such
    that each product has as many companions in its baskets as it had: quasi-independence of a table whose diagonal is
    empty (Goodman 1968, JASA 63, 1091-1131). Products that are not at `places` count as one, with a diagonal.
    """
    from scipy.sparse import csr_array

    size = np.diff(made.held.indptr)
    rows = np.flatnonzero(size > 1)
    classes, stratum = strata(made, size)
    summing = csr_array(
        (size[rows] - 1.0, (stratum, np.arange(len(rows)))), shape=(len(classes), len(rows)), dtype=np.float32
    )
    column = np.full(len(made.products), len(places))
    column[places] = np.arange(len(places))
    pooled = made.held[rows]
    pooled = csr_array((pooled.data, column[pooled.indices], pooled.indptr), shape=(len(rows), len(places) + 1))
    companions = np.asarray((summing @ pooled).todense(), np.float32)
    total = companions.sum(1, keepdims=True)
    weights = companions / np.sqrt(total)
    for _round in range(ROUNDS):
        rest = weights.sum(1, keepdims=True) - weights
        rest[:, -1] += weights[:, -1]
        fresh = companions / np.maximum(rest, 1e-6)
        if np.abs(fresh - weights).max() < 1e-4:
            break
        weights = (weights + fresh) / 2
    return Chance(weights, classes // 1_000, places)


def strata(made: Baskets, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The classes of month and size that there are, and the place among them of each basket with two products or more.

    `size` is the number of products of each basket.
    """
    width = np.where(size < EXACT, size, EXACT + np.log(np.maximum(size, 1) / EXACT) // np.log(WIDER)).astype(int)
    stratum, classes = pd.factorize((made.month * 1_000 + width)[size > 1], sort=True)
    return np.asarray(classes), stratum


def find(made: Baskets) -> Rules:
    """The pairs that share more baskets than by chance, of which a share of `LEVEL` may be false.

    The number of baskets with both is held against a Poisson distribution around what chance expects, which has more
    in its tail than the sum of hypergeometric counts has (Hoeffding 1956, Annals of Mathematical Statistics 27,
    713-721); false discoveries are held among all pairs of products sold in `SOLD` baskets or more (Benjamini and
    Hochberg 1995, JRSS B 57, 289-300). Pairs of fewer than `BUYERS` customers are left out: one customer's habit fills
    many baskets. Rules are those of all months and those of the first ones, which the later months have to confirm: a
    rule holds if its ratio to chance is surely above 1 (exact Poisson interval, Garwood 1936), and no longer if it is
    not and is surely lower than it was (Przyborowski and Wilenski 1940, Biometrika 31, 313-323). Raises CannotTell
    where no product was sold often enough.
    """
    count = made.count
    places = np.flatnonzero(count >= SOLD)
    places = np.sort(places[np.argsort(-count[places], kind="stable")][:MAX_PRODUCTS])
    if len(places) < 2:
        raise CannotTell(
            N_("Fewer than two products were sold in {least} baskets or more: pairs cannot be told from chance."),
            least=SOLD,
        )
    likely = chance(made, places)
    held, months = made.held[:, places], len(made.months)
    sold = np.unique(made.month)  # a stray date does not move the middle
    split = int(sold[round(FOUND * len(sold))]) if len(sold) >= MONTHS else None
    early = made.month < (split or months)
    first, rest = _together(held[early]), _together(held[~early])
    a, b, both = _upper(first + rest)
    at_first = _at(first, a, b)
    span = slice(0, split or months)
    e_first, e_rest = likely.total(a, b, span), likely.total(a, b, slice(split or months, None))
    tested = len(places) * (len(places) - 1) // 2
    level = LEVEL / 2 if split else LEVEL  # of each of two searches
    now, before = surely(both, e_first + e_rest, tested, level), surely(at_first, e_first, tested, level)
    kept = np.flatnonzero(now | before)
    customer = np.where(made.customer < 0, -1 - np.arange(len(made.month)), made.customer)
    buyers = np.zeros(len(kept), dtype=int)
    for rows, which in _baskets_of(held, a[kept], b[kept]):
        buyers += _distinct(which, customer[rows], len(kept))
    several = buyers >= BUYERS
    kept, buyers = kept[several], buyers[several]
    a, b, both, at_first, e_first, e_rest, before = (
        values[kept] for values in (a, b, both, at_first, e_first, e_rest, before)
    )
    state = became(at_first, e_first, both - at_first, e_rest) if split else np.full(len(a), "new")
    fading = pd.DataFrame({"both": [], "expected": []}, dtype=float)
    if split and before.any():
        fading = _fading(made, held, likely, a[before], b[before], split)
    n_a, n_b, baskets_all = count[places[a]], count[places[b]], len(made.month)
    turned = n_b < n_a  # the rarer one says more about the other
    a, b, n_a, n_b = (np.where(turned, y, x) for x, y in ((a, b), (b, a), (n_a, n_b), (n_b, n_a)))
    with np.errstate(divide="ignore", invalid="ignore"):
        pairs = pd.DataFrame(
            {
                "a": places[a],
                "b": places[b],
                "both": both,
                "buyers": buyers,
                **measures(both, n_a, n_b, baskets_all),
                "back": both / n_b,
                "expected": e_first + e_rest,
                "times": both / (e_first + e_rest),
                "early": at_first / e_first,
                "later": (both - at_first) / e_rest,
                "state": np.where(before, state, "new"),
            }
        )
    return Rules(
        pairs.sort_values("lo", ascending=False, kind="stable", ignore_index=True), tested, split, fading, likely
    )


def companions(made: Baskets, rules: Rules, place: int) -> pd.DataFrame:
    """What is in the baskets with a product, the most frequent first: `b`, `both`, `measures` and, where the product is
    sold often enough, `times` (over chance) and `sure`, whether the pair is among the rules."""
    rows = np.flatnonzero((made.held[:, [place]]).todense())
    both = np.bincount(made.held[rows].indices, minlength=len(made.products))
    both[place] = 0
    others, count = np.flatnonzero(both), made.count
    found = pd.DataFrame(
        {"b": others, "both": both[others], **measures(both[others], count[place], count[others], len(made.month))}
    )
    column = pd.Series(np.arange(len(rules.chance.places)), index=rules.chance.places)
    found["times"] = np.nan
    if place in column.index:
        known = found["b"].isin(column.index).to_numpy()
        here, there = np.full(known.sum(), column[place]), column[found["b"][known]].to_numpy()
        found.loc[known, "times"] = found["both"][known] / rules.chance.total(here, there)
    pairs = rules.pairs
    partners = np.r_[pairs["b"][pairs["a"] == place], pairs["a"][pairs["b"] == place]]
    found["sure"] = found["b"].isin(partners)
    return found.sort_values(["both", "b"], ascending=[False, True], ignore_index=True)


def substitutes(made: Baskets, rules: Rules, names: pd.Series, categories: pd.Series | None) -> pd.DataFrame:
    """Pairs of one category, or with names alike, that share surely fewer baskets than by chance, the fewest first.

    `names` and `categories` are by place. Columns as of `Rules.pairs`, as far as they apply. Of the pairs that chance
    would put into `EXPECTED` baskets or more (a filter on sales alone) a share of `LEVEL` may be false; the tail below
    is that of a Poisson distribution, as in `find`.
    """
    from scipy.special import gammaincc

    likely, count = rules.chance, made.count
    most = np.argsort(-count[likely.places], kind="stable")[:COMPARED]
    places = likely.places[most]
    near = _alike(names.reindex(places).fillna("").astype(str).to_list())
    if categories is not None:
        codes, _levels = pd.factorize(categories.reindex(places))
        near |= (codes[:, None] == codes) & (codes >= 0)
    rough = count[places, None] * (count[places] / len(made.month))
    a, b = np.nonzero(np.triu(near & (rough >= EXPECTED / 4), 1))
    a, b = most[a], most[b]
    expected = likely.total(a, b)
    a, b, expected = (values[expected >= EXPECTED] for values in (a, b, expected))
    together = _at(_together(made.held[:, likely.places]), a, b)
    few = discovered(gammaincc(together + 1.0, expected), len(a))
    a, b, expected, together = (values[few] for values in (a, b, expected, together))
    n_a, n_b = count[likely.places[a]], count[likely.places[b]]
    found = pd.DataFrame(
        {
            "a": likely.places[a],
            "b": likely.places[b],
            "both": together,
            **measures(together, n_a, n_b, len(made.month)),
            "expected": expected,
            "times": together / expected,
        }
    )
    found = found[found["lift"] < 1]
    return found.sort_values(["times", "expected"], ascending=[True, False], kind="stable", ignore_index=True)


def half_life(fading: pd.DataFrame) -> tuple[float, float, float]:
    """After how many months half of what rules have beyond chance is left, and its 95 % interval; inf: no fading.

    `fading` is that of `Rules`, without the months that rules were found in, as those flatter them. In month m a
    Poisson number of baskets, as much more spread as these are, is expected (1 + c 2^(-m / h)) times chance; the
    interval is that of the profile likelihood. NaN where three months or no rules are left.
    """
    told = fading[fading["expected"] > 0]
    if len(told) < 4:
        return (np.nan,) * 3
    both, expected, at = (
        told["both"].to_numpy(),
        told["expected"].to_numpy(),
        told.index.to_numpy(float) - told.index[0],
    )
    rates = np.r_[0.0, np.geomspace(1e-3, 2, 400)]  # of fading a month
    excess = np.linspace(0, 1.5 * max((both / expected).max() - 1, 0.1), 500)  # in the first of these months
    mean = expected * (1 + excess[:, None, None] * np.exp(-rates[:, None] * at))
    loss = 2 * (mean - both * np.log(mean)).sum(2)
    best = np.unravel_index(loss.argmin(), loss.shape)
    spread = max(float(((both - mean[best]) ** 2 / mean[best]).sum() / (len(told) - 2)), 1.0)
    inside = np.flatnonzero(loss.min(0) - loss.min() <= Z95**2 * spread)
    ends = rates[[best[1], inside[-1], inside[0]]]
    with np.errstate(divide="ignore"):
        middle, lo, hi = np.log(2) / ends
    return float(middle), float(lo), float(hi)


def _together(held: Any) -> Any:
    """Baskets that hold both products, by pair (sparse, both halves)."""
    return (held.T @ held).tocsr()


def _upper(together: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The pairs of enough baskets, each once, and how many."""
    row = np.repeat(np.arange(together.shape[0]), np.diff(together.indptr))
    kept = (together.indices > row) & (together.data >= MIN_BASKETS)
    return row[kept], together.indices[kept].astype(row.dtype), together.data[kept].astype(float)


def _at(together: Any, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray(together[a, b], float).ravel() if len(a) else np.zeros(0)


def surely(both: np.ndarray, expected: np.ndarray, tests: int, level: float) -> np.ndarray:
    """Whether pairs are found to share more baskets than expected."""
    from scipy.special import gammainc

    return discovered(np.where(both >= MIN_BASKETS, gammainc(np.maximum(both, 1), expected), 1.0), tests, level)


def discovered(pvalue: np.ndarray, tests: int, level: float = LEVEL) -> np.ndarray:
    """Benjamini's and Hochberg's rule for these p-values, the other tests having none below 1."""
    ordered = np.sort(pvalue)
    below = np.flatnonzero(ordered <= level * np.arange(1, len(ordered) + 1) / max(tests, 1))
    return pvalue <= (ordered[below[-1]] if len(below) else -1.0)


def became(early: np.ndarray, e_early: np.ndarray, later: np.ndarray, e_later: np.ndarray) -> np.ndarray:
    """What later months say of a rule."""
    from scipy.special import bdtr, gammaincinv

    with np.errstate(divide="ignore", invalid="ignore"):
        least = np.where(later > 0, gammaincinv(np.maximum(later, 1e-9), 0.025), 0.0) / e_later
        fewer = bdtr(later, (early + later).astype(int), e_later / (e_early + e_later)) <= 0.025
    return np.select([least > 1, fewer], ["held", "gone"], "unclear")


def _baskets_of(held: Any, a: np.ndarray, b: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The baskets that hold both products, and of which pair: two arrays of the same length, some pairs at a time."""
    turned = held.tocsc()
    size = np.diff(turned.indptr)
    part = np.cumsum(size[a] + size[b]) // ROOM
    for number in np.unique(part):
        which = np.flatnonzero(part == number)
        found = turned[:, a[which]].multiply(turned[:, b[which]]).tocsc()
        yield found.indices, np.repeat(which, np.diff(found.indptr))


def _distinct(pair: np.ndarray, customer: np.ndarray, pairs: int) -> np.ndarray:
    """Different customers of each of so many pairs."""
    codes, customers = pd.factorize(customer)
    wide = len(customers) + 1
    return np.bincount(np.unique(pair * wide + codes) // wide, minlength=pairs)


def _fading(made: Baskets, held: Any, likely: Chance, a: np.ndarray, b: np.ndarray, split: int) -> pd.DataFrame:
    """Baskets with the pairs together, and expected, by whole months after the last one that they were found in."""
    later = made.month >= split
    month, both = made.month[later] - split, np.zeros(len(made.months) - split)
    for rows, _pair in _baskets_of(held[later], a, b):
        both += np.bincount(month[rows], minlength=len(both))
    wanted = [slice(month, month + 1) for month in range(split, len(made.months))]
    expected = [likely.total(a, b, one).sum() for one in wanted]
    return pd.DataFrame({"both": both, "expected": expected}, index=pd.RangeIndex(1, len(both) + 1))


def _alike(names: list[str]) -> np.ndarray:
    """Whether two names share half of their words or more (Jaccard 1901), a row and a column a name."""
    words = [set(re.findall(r"\w{3,}", name.lower())) for name in names]
    known = {word: place for place, word in enumerate(sorted(set().union(*words)))}
    table = np.zeros((len(names), max(len(known), 1)), np.float32)
    for row, own in enumerate(words):
        table[row, [known[word] for word in own]] = 1
    shared, size = table @ table.T, table.sum(1)
    return np.asarray(shared >= ALIKE * np.maximum(size[:, None] + size - shared, 1))
