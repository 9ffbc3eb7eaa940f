"""What follows from what in a customers table, learned from the table, so that a what-if stays a possible customer.

Three kinds of rules, each with what it follows from:

- exclusions: levels of two columns that never meet (no internet, no online security);
- a price list: a number that is a sum of prices of levels (the monthly charges), kept with the customer's own
  distance from the list, so that a discount stays a discount;
- products: a number that is one number times another (total charges: tenure x monthly charges), likewise.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from models.churn.preparation import Coding

EXPECTED = 10.0  # pairs of levels that should have met so often and never did exclude each other
LISTED = 0.98  # R2 on customers it was not fitted to, from which a number is a price list
PRICED = 5_000  # customers on whom a price list is fitted, or up to twice as many
ALONE = 0.99  # leverage from which a customer decides alone what is said of them: they show nothing,
SOME = 0.05  # and more than this share of such customers is too many
TIMES = 0.99  # R2 from which a number is a product
FACTORS = 8  # numbers that are tried as factors of another one
MATTERS = 0.02  # of the number's standard deviation: smaller prices are noise


@dataclass(frozen=True)
class Pairs:
    """Exclusions of levels: which columns (`one`, `other`), and in flat tables which levels meet and which usually do.

    Levels a of `one` and b of `other` meet where `meets[start + a * width + b]`; with a goes `usual[usual_start + a]`.
    """

    one: np.ndarray
    other: np.ndarray
    start: np.ndarray
    width: np.ndarray
    meets: np.ndarray
    usual_start: np.ndarray
    usual: np.ndarray


@dataclass(frozen=True)
class Rules:
    """Places are those of `Coding.columns`.

    `allowed[(a, b)]` says which levels of b (columns) meet each level of a (rows); `usual` which of them most often.
    `prices[place]` maps the column of a price list to the price of each level of each column it depends on.
    `products` are (result, factor, factor).
    """

    allowed: dict[tuple[int, int], np.ndarray]
    usual: dict[tuple[int, int], np.ndarray]
    prices: dict[int, dict[int, np.ndarray]]
    products: tuple[tuple[int, int, int], ...]

    @cached_property
    def pairs(self) -> "Pairs":
        """All exclusions as arrays: first the pairs whose first column comes first, then the same the other way."""
        known = sorted(self.allowed, key=lambda pair: (pair[0] > pair[1], pair))
        one, other = np.array(known, int).reshape(-1, 2).T
        tables = [self.allowed[pair] for pair in known]
        usual = [self.usual[pair] for pair in known]
        return Pairs(
            one,
            other,
            np.cumsum([0, *(table.size for table in tables)])[:-1],
            np.array([table.shape[1] for table in tables], int),
            np.concatenate([table.ravel() for table in tables] or [np.ones(0, bool)]),
            np.cumsum([0, *map(len, usual)])[:-1],
            np.concatenate([*usual, np.zeros(0, int)]).astype(float),
        )

    @cached_property
    def listed(self) -> dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """For each price list, its columns, where each one's prices start, and all prices (of not known, 0, first)."""
        found = {}
        for place, parts in self.prices.items():
            every = [np.r_[0.0, prices] for prices in parts.values()]
            found[place] = np.array(list(parts), int), np.cumsum([1, *map(len, every)])[:-1], np.concatenate(every)
        return found

    def follows_from(self, coding: Coding) -> dict[str, list[str]]:
        """For each column that a rule can set, the columns that set it."""
        found: dict[int, list[int]] = {}
        for a, b in self.allowed:
            found.setdefault(b, []).append(a)
        for place, parts in self.prices.items():
            found.setdefault(place, []).extend(parts)
        for result, one, other in self.products:
            found.setdefault(result, []).extend((one, other))
        return {coding.columns[place]: [coding.columns[p] for p in parts] for place, parts in found.items()}


def learn(matrix: np.ndarray, coding: Coding) -> Rules:
    """The rules that a coded table keeps."""
    levels = [place for place, column in enumerate(coding.columns) if column in coding.levels]
    numbers = [place for place in range(len(coding.columns)) if place not in levels]
    sizes = {place: len(coding.levels[coding.columns[place]]) for place in levels}
    allowed, usual = {}, {}
    for a, b in combinations(levels, 2):
        met = _met(matrix[:, a], matrix[:, b], sizes[a], sizes[b])
        expected = np.outer(met.sum(1), met.sum(0)) / max(met.sum(), 1)
        never = (met == 0) & (expected >= EXPECTED)
        for one, other, apart, pairs in ((a, b, never, met), (b, a, never.T, met.T)):
            if apart.any() and not apart.all(1).any():
                allowed[one, other], usual[one, other] = ~apart, np.where(apart, -1, pairs).argmax(1)
    prices = {}
    for place in numbers:
        parts = _price_list(matrix, place, levels, sizes)
        if parts:
            prices[place] = parts
    return Rules(allowed, usual, prices, _products(matrix, numbers))


def complete(
    rules: Rules, before: np.ndarray, wanted: np.ndarray, edited: np.ndarray, free: np.ndarray | None = None
) -> np.ndarray:
    """Possible customers made of `wanted` rows (rows x columns), by changing what was not `edited`.

    `edited` is a mask of columns, for all rows or (rows x columns) for each. `before` (one row, or one for each) is the
    customer as they are: prices and products keep its distance from the list. Columns of the mask `free` are left as
    they are too, whatever the rules say. Edited columns never change; where two edits exclude each other, the row stays
    impossible (see `possible`).
    """
    rows, before = wanted.copy(), np.atleast_2d(before)
    held = np.broadcast_to(edited if free is None else edited | free, rows.shape)
    wrong = np.flatnonzero(~possible(rules, rows))
    if len(wrong):
        rows[wrong] = _excluded(rules, rows[wrong], held[wrong])
    moved = (rows != before) & ~(np.isnan(rows) & np.isnan(before))
    for place, parts in rules.listed.items():
        dearer = moved[:, parts[0]].any(axis=1) & ~held[:, place]
        if dearer.any():
            change = _priced(parts, rows) - _priced(parts, before)
            rows[dearer, place] = np.maximum(before[:, place] + change, 0)[dearer]
            moved[dearer, place] = True
    for result, one, other in rules.products:
        apart = (moved[:, one] | moved[:, other]) & ~held[:, result]
        if apart.any():
            usual, now = before[:, one] * before[:, other], before[:, result]
            ratio = np.where((usual > 0) & (now > 0), now / np.where(usual > 0, usual, 1), 1.0)
            rows[apart, result] = (ratio * rows[:, one] * rows[:, other])[apart]
    return rows


def possible(rules: Rules, rows: np.ndarray) -> np.ndarray:
    """Whether no two levels of a row exclude each other."""
    forward = int((rules.pairs.one < rules.pairs.other).sum())  # the other way is the same
    return np.asarray(_meets(rules.pairs, rows, forward)[0].all(axis=1))


def unforced(rows: np.ndarray, before: np.ndarray, coding: Coding, edited: np.ndarray) -> np.ndarray:
    """Whether an edit (a mask of columns) of `before` led to each row without other levels having to change.

    Technical support for somebody without internet would take them to the internet first: that is another offer.
    """
    others = np.array([column in coding.levels for column in coding.columns]) & ~edited
    was, now = np.broadcast_to(before, rows.shape)[:, others], rows[:, others]
    return np.asarray(((was == now) | (np.isnan(was) & np.isnan(now))).all(axis=1))


def _meets(pairs: Pairs, rows: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Whether the levels of the first `count` pairs of columns meet (rows x pairs), and the codes they were read as."""
    blank = np.isnan(rows)
    codes = np.where(blank, 0, rows).astype(int)
    one, other = pairs.one[:count], pairs.other[:count]
    table = pairs.meets[pairs.start[:count] + codes[:, one] * pairs.width[:count] + codes[:, other]]
    return table | blank[:, one] | blank[:, other], codes


def _excluded(rules: Rules, rows: np.ndarray, held: np.ndarray) -> np.ndarray:
    """`rows` with levels that cannot be set right, first by what was `held` (rows x columns), then by that.

    Where several columns ask another one to change, the first of them has its way.
    """
    pairs, rows = rules.pairs, rows.copy()
    settled, asking = held.copy(), held
    while asking.any():
        meets, codes = _meets(pairs, rows, len(pairs.one))
        row, pair = np.nonzero(~meets & asking[:, pairs.one] & ~settled[:, pairs.other])
        _columns, first = np.unique(row * rows.shape[1] + pairs.other[pair], return_index=True)
        row, pair = row[first], pair[first]
        changed = pairs.other[pair]
        rows[row, changed] = pairs.usual[pairs.usual_start[pair] + codes[row, pairs.one[pair]]]
        asking = np.zeros_like(held)
        settled[row, changed] = asking[row, changed] = True
    return rows


def _met(one: np.ndarray, other: np.ndarray, rows: int, columns: int) -> np.ndarray:
    known = ~np.isnan(one) & ~np.isnan(other)
    flat = one[known].astype(int) * columns + other[known].astype(int)
    return np.bincount(flat, minlength=rows * columns).reshape(rows, columns)


def _price_list(
    matrix: np.ndarray, place: int, levels: list[int], sizes: dict[int, int]
) -> dict[int, np.ndarray] | None:
    """The price of each level, by least squares; columns that do not matter are dropped and the rest fitted again."""
    known = np.flatnonzero(~np.isnan(matrix[:, place]))
    known = known[:: max(1, len(known) // PRICED)]
    target = matrix[known, place]
    if len(known) < 100 or np.ptp(target) == 0:
        return None
    chosen = levels
    for _round in range(2):
        dummies = {p: np.eye(sizes[p] + 1)[np.nan_to_num(matrix[known, p], nan=sizes[p]).astype(int)] for p in chosen}
        if not dummies:
            return None
        design = np.hstack([np.ones((len(target), 1)), *dummies.values()])
        basis, scale, turn = np.linalg.svd(design, full_matrices=False)
        rank = int((scale > 1e-9 * scale[0]).sum())
        solution = turn[:rank].T @ (basis[:, :rank].T @ target / scale[:rank])
        # Leave-one-out residuals (Allen 1974, Technometrics 16, 125-127): enough levels fit any noise they have seen.
        leverage = (basis[:, :rank] ** 2).sum(axis=1)
        fine = leverage < ALONE
        left_over = (target - design @ solution)[fine] / (1 - leverage[fine])
        if (~fine).mean() > SOME or 1 - (left_over**2).mean() / target.var() < LISTED:
            return None
        prices, start = {}, 1
        for p in chosen:
            prices[p] = solution[start : start + sizes[p]]
            start += sizes[p] + 1
        chosen = [p for p in chosen if np.ptp(prices[p]) > MATTERS * target.std()]
    return prices


def _priced(listed: tuple[np.ndarray, np.ndarray, np.ndarray], rows: np.ndarray) -> np.ndarray:
    columns, start, prices = listed
    codes = rows[:, columns]
    return np.asarray(prices[start + np.where(np.isnan(codes), -1, codes).astype(int)].sum(axis=1))


def _products(matrix: np.ndarray, numbers: list[int]) -> tuple[tuple[int, int, int], ...]:
    """(result, factor, factor): among the numbers that go most with a result, two whose product it is."""
    if len(numbers) < 3:
        return ()
    some = matrix[:: max(1, len(matrix) // 2_000), numbers]
    centred = np.nan_to_num(some - np.nanmean(some, axis=0))
    size = np.sqrt((centred**2).sum(axis=0)) + 1e-12
    together = np.abs(centred.T @ centred / np.outer(size, size))
    found: list[tuple[int, int, int]] = []
    for number, result in enumerate(numbers):
        near = np.argsort(-together[number], kind="stable")[: FACTORS + 1]
        factors = sorted(numbers[place] for place in near if place != number)
        free = [place for place in factors if place not in {one for one, *_rest in found}]
        pair = next((pair for pair in combinations(free, 2) if _is_product(matrix, result, *pair)), None)
        if pair:
            found.append((result, *pair))
    return tuple(found)


def _is_product(matrix: np.ndarray, result: int, one: int, other: int) -> bool:
    known = ~np.isnan(matrix[:, [result, one, other]]).any(axis=1)
    if known.sum() < 100:
        return False
    target, product = matrix[known, result], matrix[known, one] * matrix[known, other]
    spread = target.var()
    return bool(spread > 0 and 1 - ((target - product) ** 2).mean() / spread > TIMES)
