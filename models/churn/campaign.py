"""Whom to call, what it earns, what the whole portfolio would do, and the test that would prove it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data import meaning
from models.churn import rules, whatif
from models.churn.model import ChurnModel, sigmoid
from models.churn.preparation import KEY, TARGET, outcome, unusable
from models.churn.value import Terms
from models.statistics import Z90, Z95

CHUNK = 50_000  # customers scored at a time
SAMPLED = 10_000  # customers of a list on whom the resampled models are asked
RANKS = 300  # places of a list at which its leavers are drawn
DRAWS = 900  # of who leaves; thirty of each resampled model
EXPLAINED = 2_000  # customers of a list whose reasons and offers are worked out
ASKED = 500  # customers of a group who tell which move is worth most for it


@dataclass(frozen=True)
class Scores:
    """Customers that can be called, the riskiest first: `place` in the table, `customer`, `probability`.

    `leavers` (draws x `ranks`) are drawn: how many of the first customers leave, down to some ranks of the list.
    """

    place: np.ndarray
    customer: np.ndarray
    probability: np.ndarray
    ranks: np.ndarray
    leavers: np.ndarray


@dataclass(frozen=True)
class Returns:
    """Expected profit of calling the first 0, 1, 2, ... customers, and of the same number called at random.

    Nine in ten campaigns end between `lo` and `hi`: who leaves is chance, and the risks themselves are uncertain.
    """

    profit: np.ndarray
    lo: np.ndarray
    hi: np.ndarray
    random: np.ndarray

    @property
    def best(self) -> int:
        """How many calls earn most."""
        return int(self.profit.argmax())


def score(
    model: ChurnModel, customers: pd.DataFrame, step: Callable[[float], None] = lambda _share: None
) -> pd.DataFrame:
    """`customer_id`, `probability` and `unknown` (cells that could not be used) of each row, in the order of the table.

    In chunks, so that memory does not grow with the table and a page can show how far it is.
    """
    parts = []
    for start in range(0, len(customers), CHUNK):
        step(start / len(customers))
        part = customers.iloc[start : start + CHUNK]
        matrix = model.coding.encode(part)
        lost = unusable(part, model.coding, matrix)
        parts.append(
            pd.DataFrame(
                {
                    KEY: part[KEY] if KEY in part else meaning.row_ids(part.index),
                    "probability": model.probability(matrix),
                    "unknown": np.bincount(lost["row"].astype(int), minlength=len(part)),
                },
                index=part.index,
            )
        )
    return pd.concat(parts) if parts else pd.DataFrame({KEY: [], "probability": [], "unknown": []})


def callable_customers(
    model: ChurnModel, customers: pd.DataFrame, step: Callable[[float], None] = lambda _share: None
) -> Scores:
    """Those not known to have left and whose every cell can be used, the riskiest first.

    A customer the model learned from, and who has not changed since, gets the probability of a model that had not seen
    them (see `model.HeldOut.of`).
    """
    here = np.flatnonzero(outcome(customers) != 1) if TARGET in customers else np.arange(len(customers))
    scored = score(model, customers.iloc[here], step)
    usable = scored["unknown"].to_numpy() == 0
    here, scored = here[usable], scored[usable]
    probability, names = scored["probability"].to_numpy(), scored[KEY].astype(str).to_numpy(object)
    table = customers.iloc[here]
    known = model.held_out.of(table, model.coding.encode(table))
    probability = np.where(np.isnan(known), probability, known)
    order = np.argsort(-probability, kind="stable")
    size = min(SAMPLED, len(order))
    sampled = np.arange(1, size + 1) * len(order) // size - 1 if size else np.arange(0)
    band = whatif.band(model, model.coding.encode(customers.iloc[here[order[sampled]]]))
    # The resampled models have seen these customers: their spread counts, around what an unseeing model says.
    around = _around(probability[order][sampled], band)
    ranks, leavers = drawn(probability[order], sampled, around)
    return Scores(here[order], names[order], probability[order], ranks, leavers)


def drawn(
    probability: np.ndarray, sampled: np.ndarray, band: np.ndarray, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """How many of the first customers of a list leave, `DRAWS` times: at which ranks (counts), and draws x ranks.

    Each draw believes one of the resampled models (`band`: models x the places `sampled`, each of which stands for the
    customers between it and the one before), and lets each customer leave or stay with their risk. The sum of such
    chances between two ranks (Poisson-binomial) is drawn as a binomial: their risks hardly differ.
    """
    if not len(sampled):
        return np.arange(1), np.zeros((DRAWS, 1))
    ends = np.r_[0, sampled + 1]
    apart = np.cumsum((band - probability[sampled]) * np.diff(ends), axis=1)
    chosen = np.unique(np.linspace(0, len(sampled), min(RANKS, len(sampled)) + 1).astype(int))
    ranks = ends[chosen]
    expected = np.r_[0, probability.cumsum()][ranks] + np.column_stack([np.zeros(len(band)), apart])[:, chosen]
    size = np.diff(ranks)
    share = np.clip(np.diff(expected, axis=1) / size, 0, 1)
    gone = np.random.default_rng(seed).binomial(size, share[np.arange(DRAWS) % len(band)])
    return ranks, np.column_stack([np.zeros(DRAWS), gone.cumsum(axis=1)])


def _around(probability: np.ndarray, band: np.ndarray) -> np.ndarray:
    """The band shifted, on the scale of log-odds, so that its mean is `probability`."""
    odds, middle = (np.log(np.clip(p, 1e-6, 1 - 1e-6) / np.clip(1 - p, 1e-6, 1)) for p in (band, probability))
    return sigmoid(odds - odds.mean(axis=0) + middle)


def returns(scores: Scores, terms: Terms, unsure: float = 0.0, seed: int = 0) -> Returns:
    """What calling the riskiest customers earns against calling nobody.

    `unsure`: the share saved is known give or take so much, nine times in ten.
    """
    count = len(scores.probability)
    calls = np.arange(count + 1)
    expected = np.r_[0, scores.probability.cumsum()]
    profit = terms.saved * terms.value * expected - terms.offer * calls
    saved = np.full(len(scores.leavers), terms.saved)
    if unsure:
        saved = np.clip(np.random.default_rng(seed).normal(terms.saved, unsure / Z90, len(saved)), 0, 1)
    apart = (saved[:, None] * scores.leavers - terms.saved * expected[scores.ranks]) * terms.value
    lo, hi = np.percentile(apart, (5, 95), axis=0)
    mean = scores.probability.mean() if count else 0.0
    return Returns(
        profit,
        profit + np.interp(calls, scores.ranks, np.minimum(lo, 0)),
        profit + np.interp(calls, scores.ranks, np.maximum(hi, 0)),
        (terms.saved * terms.value * mean - terms.offer) * calls,
    )


def reasons(model: ChurnModel, matrix: np.ndarray, count: int = 1) -> list[list[str]]:
    """The columns that raise each coded customer's risk most, at most `count`, the strongest first."""
    parts = model.fitted.contributions(matrix)[:, :-1]
    order = np.argsort(-parts, axis=1)[:, :count]
    return [
        [model.coding.columns[place] for place in places if row[place] > 0]
        for row, places in zip(parts, order, strict=True)
    ]


def best_offers(
    model: ChurnModel, matrix: np.ndarray, moves: Sequence[whatif.Move], terms: Terms, months: int = 12
) -> pd.DataFrame:
    """For each coded customer the single move that is worth most: `move` (its place in `moves`, -1 for none), `risk`.

    Worth: the share `saved` of the drop in risk times `value`, less the move's cost. What was billed stays billed.
    """
    now = model.probability(matrix)
    best, risk, worth = np.full(len(matrix), -1), now.copy(), np.zeros(len(matrix))
    for number, move in enumerate(moves):
        after, gain = _gains(model, matrix, now, move, terms, months)
        better = gain > worth
        best[better], risk[better], worth[better] = number, after[better], gain[better]
    return pd.DataFrame({"move": best, "risk": risk, "worth": worth})


def best_move(
    model: ChurnModel, matrix: np.ndarray, moves: Sequence[whatif.Move], terms: Terms, months: int = 12
) -> int:
    """The place of the one move that is worth most if all coded customers who can be are moved by it, as far as
    `ASKED` of them, drawn by chance, can tell."""
    some = matrix[np.random.default_rng(0).permutation(len(matrix))[:ASKED]]
    now = model.probability(some)
    gains = [_gains(model, some, now, move, terms, months)[1] for move in moves]
    return int(np.argmax([gain[np.isfinite(gain)].sum() for gain in gains]))


def _gains(
    model: ChurnModel, matrix: np.ndarray, now: np.ndarray, move: whatif.Move, terms: Terms, months: int
) -> tuple[np.ndarray, np.ndarray]:
    """The risk of coded customers, `now` known, after a move, and what it is worth: -inf where it cannot be."""
    rows, cost = moved(model, matrix, move, months)
    after = model.probability(rows)
    gain = terms.saved * terms.value * (now - after) - cost
    return after, np.where(can_be(model, matrix, rows, move), gain, -np.inf)


def moved(model: ChurnModel, matrix: np.ndarray, move: whatif.Move, months: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Coded customers after a move, and what it costs for each."""
    if move.column == whatif.DISCOUNT:
        place, rows = model.coding.place("monthly_charges"), matrix.copy()
        rows[:, place] *= 1 - float(move.to)
        return rows, move.cost + float(move.to) * np.nan_to_num(matrix[:, place]) * months
    billed = [model.coding.columns[result] for result, *_factors in model.rules.products]
    mask, free = (np.isin(model.coding.columns, names) for names in ([move.column], billed))
    wanted = matrix.copy()
    wanted[:, model.coding.place(move.column)] = model.coding.code(move.column, move.to)
    rows = rules.complete(model.rules, matrix, wanted, mask, free)
    there = matrix[:, mask][:, 0] == wanted[:, mask][:, 0]
    return rows, np.where(there, 0.0, move.cost)  # who is there already is moved nowhere


def can_be(model: ChurnModel, matrix: np.ndarray, rows: np.ndarray, move: whatif.Move) -> np.ndarray:
    """Which of the coded customers can be made an offer by which they become `rows` (see `rules.unforced`)."""
    alone = rules.unforced(rows, matrix, model.coding, np.isin(model.coding.columns, [move.column]))
    return rules.possible(model.rules, rows) & alone


@dataclass(frozen=True)
class Shift:
    """What moving a part of some customers would change a month: `now` and `then` with the band of the difference."""

    customers: int
    churn: tuple[float, float, float, float]  # expected leavers: now, then, difference lo, hi
    revenue: tuple[float, float, float, float]  # expected bills of those who stay, in money
    profit: tuple[float, float, float]  # leavers saved times their value, less the cost: mean, lo, hi


def portfolio(
    model: ChurnModel, matrix: np.ndarray, members: np.ndarray, share: float, move: whatif.Move, terms: Terms
) -> Shift:
    """Move the share `share` of `members` (a mask over coded customers), drawn at random, by `move`.

    An association carried over: only the share `saved` of the difference in risk is believed to be an effect.
    """
    before = matrix[members]
    after, cost = moved(model, before, move)
    stuck = ~can_be(model, before, after, move)
    after[stuck], cost[stuck] = before[stuck], 0.0
    billed = [whatif.bills(model.coding, rows) for rows in (before, after)]
    bill, new_bill = (np.zeros(len(before)) if charges is None else charges for charges in billed)

    def totals(now: np.ndarray, then: np.ndarray) -> tuple[np.ndarray, ...]:
        then = now + terms.saved * (then - now)
        return (
            now.sum(-1),
            share * (then - now).sum(-1),
            ((1 - now) * bill).sum(-1),
            share * ((1 - then) * new_bill - (1 - now) * bill).sum(-1),
        )

    leavers, fewer, revenue, more = totals(model.probability(before), model.probability(after))
    _leavers, band_fewer, _revenue, band_more = totals(whatif.band(model, before), whatif.band(model, after))
    fewer_lo, fewer_hi = np.percentile(band_fewer, (5, 95))
    more_lo, more_hi = np.percentile(band_more, (5, 95))
    spent = share * cost.sum()
    return Shift(
        int(members.sum()),
        (float(leavers), float(leavers + fewer), float(fewer_lo), float(fewer_hi)),
        (float(revenue), float(revenue + more), float(more_lo), float(more_hi)),
        tuple(float(-drop * terms.value - spent) for drop in (fewer, fewer_hi, fewer_lo)),  # type: ignore[arg-type]
    )


def holdout(rate: float, saved: float, called: int, power: float = 0.8) -> int | None:
    """How many customers on a list must not be called, so that the effect shows; None where the list is too short.

    A two-sided test at 5 % of the shares who leave with (`rate` x (1 - `saved`)) and without (`rate`) a call; `power`
    is the chance to see the effect if it is there. Fleiss, Levin, Paik (2003), Statistical Methods for Rates and
    Proportions, ch. 4 (unequal samples).
    """
    from scipy.special import ndtri

    with_call = rate * (1 - saved)
    if not 0 < rate < 1 or rate == with_call:
        return None
    kept = np.arange(2, called // 2 + 1)
    others = called - kept
    mean = (kept * rate + others * with_call) / called
    error0 = np.sqrt(mean * (1 - mean) * (1 / kept + 1 / others))
    error1 = np.sqrt(rate * (1 - rate) / kept + with_call * (1 - with_call) / others)
    enough = Z95 * error0 + ndtri(power) * error1 <= rate - with_call
    return int(kept[enough.argmax()]) if enough.any() else None
