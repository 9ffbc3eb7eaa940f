"""Three products that go together: who buys two of them buys the third more often than either of them explains."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from models.products import associations, baskets
from models.products.associations import LEVEL, MIN_BASKETS, Rules
from models.products.baskets import Baskets
from models.products.chance import strata

COLUMNS = ["a", "b", "c"]
CELLS = 4_000_000  # of baskets by products at a time
TURNED = ((1, 2, 0), (0, 2, 1), (0, 1, 2))  # the two that speak for the third, and the third
SURE = 0.025  # of what later months say, as of the intervals of pairs


@dataclass(frozen=True)
class Threes:
    """Rules "who buys a and b buys c", the surest lift first.

    `rules` has a row a triple: `a`, `b`, `c` (places of products, the most confident of its three rules), `together`
    (baskets with all three), `with_both` (with a and b), `buyers`, `support`, `confidence`, `lift` with `lo` and `hi`,
    as of pairs; `alone`, the confidence of the better one of a and b by itself; `expected` (baskets that pairs explain,
    see `find`), `times` (together over that), `early`, `later` (the same of the months that rules were found in, and of
    the rest) and `state` (of `associations.STATES`). `tested` triples could have been found.
    """

    rules: pd.DataFrame
    tested: int

    @property
    def survived(self) -> tuple[int, int]:
        """How many found in the first months still held after them, and of how many that can be told."""
        held, gone = ((self.rules["state"] == state).sum() for state in ("held", "gone"))
        return int(held), int(held + gone)


def find(made: Baskets, pairs: Rules) -> Threes:
    """The rules of three that say more than pairs do, of which a share of `associations.LEVEL` may be false.

    Three products go together beyond their pairs if no one of them explains what the other two have in common: of the
    baskets with a it is tested whether b and c are independent, and so given b and given c, and the largest p-value
    counts. (Then c is likelier with a and b than with either; productive rules: Webb 2007, Machine Learning 68, 1-33.)
    Each test is of baskets of the same size and month, within which the numbers of b and c are taken as they are
    (Mantel and Haenszel 1959, JNCI 22, 719-748): the baskets with all three are then sums of hypergeometric counts,
    each as many independent trials as the rarer of the two has baskets (Vatutin and Mikhailov 1982, Theory of
    Probability 27, 734-743), and have less in their tail than a binomial count of as many trials and the same mean
    (Hoeffding 1956, Annals of Mathematical Statistics 27, 713-721).

    Tested are the triples with two pairs among the rules of pairs and `MIN_BASKETS` baskets of each of their pairs: a
    filter by pairs alone, on which the tests hardly depend (Bourgon, Gentleman and Huber 2010, PNAS 107, 9546-9551).
    False discoveries, customers and the months that confirm are as in `associations.find`; a rule still holds if its
    later months alone pass the test, and no longer if they do not and are surely below what it was.
    """
    likely = pairs.chance
    places, months = likely.places, len(made.months)
    held = made.held[:, places]
    early = made.month < (pairs.split or months)
    column = pd.Series(np.arange(len(places)), index=places)
    sure = column[pairs.pairs["a"]].to_numpy(), column[pairs.pairs["b"]].to_numpy()
    together = (held.T @ held).toarray()
    found, tested = _counted(held, early, together, sure)
    if found.empty:
        return Threes(pd.DataFrame(columns=[*COLUMNS, "state"]), tested)
    trio, row = found[COLUMNS].to_numpy(), np.arange(len(found))
    count = {"first": found["first"].to_numpy(float), "all": found["all"].to_numpy(float)}
    count["rest"] = count["all"] - count["first"]
    given = _given(made, held, trio, pairs.split or months)
    given["all"] = given["first"] + given["rest"]
    chance = {span: _tail(count[span][:, None], one) for span, one in given.items()}
    # Of the three products given which the others could be independent, the one given which most is explained.
    part = chance["all"].argmax(axis=1)
    worst = {span: one.max(axis=1) for span, one in chance.items()}
    expected = {span: one[row, part, 0] for span, one in given.items()}
    level = LEVEL / 2 if pairs.split else LEVEL
    now = associations.discovered(worst["all"], tested, level)
    before = associations.discovered(worst["first"], tested, level) & bool(pairs.split)
    kept = np.flatnonzero(now | before)
    buyers = _buyers(made, held, trio[kept])
    kept, buyers = kept[buyers >= associations.BUYERS], buyers[buyers >= associations.BUYERS]
    state = associations.became(*(one[span][kept] for span in ("first", "rest") for one in (count, expected)))
    holds = worst["rest"][kept] <= SURE
    state = np.where(holds, "held", np.where(state == "held", "unclear", state))
    trio = trio[kept]
    shared = np.stack([together[trio[:, a], trio[:, b]] for a, b, _c in TURNED], 1)
    turned = np.array(TURNED)[shared.argmin(axis=1)]  # the rarest two say most of the third
    whole, (a, b, c) = made.count, trio[np.arange(len(kept))[:, None], turned].T
    with_both, ac, bc = (together[one, other].astype(float) for one, other in ((a, b), (a, c), (b, c)))
    a, b, c = places[a], places[b], places[c]
    with np.errstate(divide="ignore", invalid="ignore"):
        rules = pd.DataFrame(
            {
                **{"a": a, "b": b, "c": c},
                **{"together": count["all"][kept].astype(int), "with_both": with_both.astype(int)},
                **baskets.measures(count["all"][kept], with_both, whole[c], len(made.month)),
                "alone": np.maximum(ac / whole[a], bc / whole[b]),
                "buyers": buyers,
                "expected": expected["all"][kept],
                "times": (count["all"] / expected["all"])[kept],
                "early": (count["first"] / expected["first"])[kept],
                "later": (count["rest"] / expected["rest"])[kept],
                "state": np.where(before[kept], state, "new"),
            }
        )
    return Threes(rules.sort_values("lo", ascending=False, kind="stable", ignore_index=True), tested)


def _counted(
    held: Any, early: np.ndarray, together: np.ndarray, sure: tuple[np.ndarray, np.ndarray]
) -> tuple[pd.DataFrame, int]:
    """Baskets with all three (`all`, and `first` in the early months), by columns `a` < `b` < `c`, of the triples with
    two sure pairs and `MIN_BASKETS` baskets or more; and how many could have been found.

    One product at a time: what its sure partners have in common in its baskets. A triple with several sure pairs is met
    from each product that has two of them, and counted from the first.
    """
    size = held.shape[1]
    near = np.zeros((size, size), bool)
    near[sure] = near[sure[::-1]] = True
    by_item = held.tocsc()
    parts, tested = [], 0
    for middle in np.flatnonzero(near.sum(axis=0) > 1):
        partners = np.flatnonzero(near[middle])
        inside = np.ix_(partners, partners)
        low = partners < middle
        wanted = np.triu(~(near[inside] & (low[:, None] | low)) & (together[inside] >= MIN_BASKETS), 1)
        tested += int(wanted.sum())
        if not wanted.any():
            continue
        rows = by_item.indices[by_item.indptr[middle] : by_item.indptr[middle + 1]]
        counts, before = (np.zeros((len(partners), len(partners))) for _which in range(2))
        for some in np.array_split(rows, len(rows) * len(partners) // CELLS + 1):
            soon = early[some]
            for total, which in ((counts, some), (before, some[soon])):
                cut = _columns(held, which, partners)
                total += cut.T @ cut
        x, y = np.nonzero(wanted & (counts >= MIN_BASKETS))
        trio = np.sort(np.c_[np.full(len(x), middle), partners[x], partners[y]], axis=1)
        parts.append(np.c_[trio, counts[x, y], before[x, y]].astype(np.int32))
    columns = [*COLUMNS, "all", "first"]
    return pd.DataFrame(np.concatenate(parts) if parts else [], columns=columns), tested


def _columns(held: Any, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Some rows and columns of a sparse table of ones, dense: slices of it would cost more than all the rest."""
    start, length = held.indptr[rows], np.diff(held.indptr)[rows]
    at = np.arange(length.sum()) + np.repeat(start - np.r_[0, length.cumsum()[:-1]], length)
    place = np.full(held.shape[1], -1)
    place[columns] = np.arange(len(columns))
    to = place[held.indices[at]]
    made = np.zeros((len(rows), len(columns)), np.float32)
    made[np.repeat(np.arange(len(rows)), length)[to >= 0], to[to >= 0]] = 1
    return made


def _given(made: Baskets, held: Any, trio: np.ndarray, split: int) -> dict[str, np.ndarray]:
    """Of each triple, given each of its products: the baskets with all three that independence of the other two gives,
    and the trials behind them (a triple, a product, two numbers), in the months before `split` and from it on."""
    size = np.diff(made.held.indptr)
    classes, stratum = strata(made, size)
    of_basket = np.full(len(size), -1)
    of_basket[size > 1] = stratum
    is_early = classes // 1_000 < split
    by_item = held.tocsc()
    at, place = np.tile(np.arange(len(trio)), 3), np.repeat(np.arange(3), len(trio))
    middle = trio.T.ravel()
    order = np.argsort(middle, kind="stable")
    found = {span: np.zeros((len(trio), 3, 2)) for span in ("first", "rest")}
    for mine in np.split(order, np.flatnonzero(np.diff(middle[order])) + 1):
        one = middle[mine[0]]
        others = np.stack([trio[at[mine], (place[mine] + step) % 3] for step in (1, 2)])
        partners, where = np.unique(others, return_inverse=True)
        x, y = where.reshape(others.shape)
        rows = by_item.indices[by_item.indptr[one] : by_item.indptr[one + 1]]
        rows = rows[size[rows] > 2]
        rows = rows[np.argsort(of_basket[rows], kind="stable")]
        kinds, begins = np.unique(of_basket[rows], return_index=True)
        number = np.diff(np.r_[begins, len(rows)])
        with_it = _summed(held, rows, partners, begins)
        for span, inside in (("first", is_early[kinds]), ("rest", ~is_early[kinds])):
            many = with_it[inside]
            for some in np.array_split(np.arange(len(mine)), len(mine) * max(len(many), 1) // CELLS + 1):
                b, c = many[:, x[some]], many[:, y[some]]
                expected = np.einsum("ij,ij,i->j", b, c, 1 / number[inside])
                found[span][at[mine[some]], place[mine[some]]] = np.c_[expected, np.minimum(b, c).sum(0)]
    return found


def _summed(held: Any, rows: np.ndarray, columns: np.ndarray, begins: np.ndarray) -> np.ndarray:
    """Baskets with each of some products, a row a run of `rows` from one of `begins` on."""
    made = np.zeros((len(begins), len(columns)))
    run = np.repeat(np.arange(len(begins)), np.diff(np.r_[begins, len(rows)]))
    for some in np.array_split(np.arange(len(rows)), len(rows) * len(columns) // CELLS + 1):
        if len(some):
            kinds, first = np.unique(run[some], return_index=True)
            made[kinds] += np.add.reduceat(_columns(held, rows[some], columns), first, axis=0)
    return made


def _tail(count: np.ndarray, given: np.ndarray) -> np.ndarray:
    """The chance of so many baskets or more, of `given` mean and trials; 1 below the mean, where the bound is none."""
    from scipy.special import bdtrc

    mean, trials = given[..., 0], given[..., 1]
    share = np.divide(mean, trials, out=np.ones(mean.shape), where=trials > 0)
    above = (count > mean) & (count > 0)
    return np.where(above, bdtrc(np.maximum(count - 1, 0), trials.astype(int), np.minimum(share, 1)), 1.0)


def _buyers(made: Baskets, held: Any, trio: np.ndarray) -> np.ndarray:
    """Different customers who bought all three at once, a triple; a basket of nobody known is one of its own."""
    customer = np.where(made.customer < 0, -1 - np.arange(len(made.month)), made.customer)
    by_item = held.tocsc()
    rows = [by_item.indices[by_item.indptr[one] : by_item.indptr[one + 1]] for one in range(held.shape[1])]
    found = np.zeros(len(trio), int)
    for place, (a, b, c) in enumerate(trio.tolist()):
        both = np.intersect1d(rows[a], rows[b], assume_unique=True)
        found[place] = len(np.unique(customer[np.intersect1d(both, rows[c], assume_unique=True)]))
    return found
