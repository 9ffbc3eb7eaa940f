"""What is bought together: pairs of products that share baskets more often than chance allows, and whether that lasts.

Chance is not independence (see `models.products.chance`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from locales import N_
from models.products.baskets import SOLD, Baskets, measures
from models.products.chance import Chance, chance
from models.statistics import Z95, CannotTell

LEVEL = 0.05  # share of the pairs found that may be false
MIN_BASKETS = 5  # baskets with both products
BUYERS = 3  # customers who bought both
MAX_PRODUCTS = 4_000  # products that are looked at, the most bought: pairs grow with their square
FOUND = 2 / 3  # of the months, in which pairs are found that the rest has to confirm
MONTHS = 3  # that there must be for it
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


def find(made: Baskets) -> Rules:
    """The pairs that share more baskets than by chance and than by independence, of which `LEVEL` may be false.

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
    # Where few products are sold, who takes one instead of another makes all others share more than chance has it: it
    # has to be more than independent products share, too.
    now = surely(both, np.maximum(e_first + e_rest, _independent(held, a, b)), tested, level)
    before = surely(at_first, np.maximum(e_first, _independent(held[early], a, b)), tested, level)
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
    """After how many months half of what rules have beyond chance is left, and its 95 % interval; inf: no fading
    that chance alone would not show.

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
    return float(middle if np.isfinite(hi) else hi), float(lo), float(hi)


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


def _independent(held: Any, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Baskets with both products if one said nothing of the other."""
    count = held.sum(axis=0)
    return np.asarray(count[a] * count[b] / held.shape[0], float)


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
