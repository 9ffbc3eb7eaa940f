"""One customer, changed: curves, neighbours, months left, and what would keep them. Everything on coded rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from typing import Protocol

import numpy as np
import pandas as pd

from data import meaning
from models.churn import rules
from models.churn.model import ChurnModel, Confidence, sigmoid
from models.churn.preparation import Coding
from models.churn.rules import Rules
from models.churn.window import monthly

POINTS = 21  # of a curve along a number
NEIGHBOURS = 20
MONTHS = 36  # how far ahead months and money left are counted
STEPS = 50_000  # combinations of levers at most
DISCOUNT = "discount"
# What a company can offer, and what it can forbid itself; the others are who the customer is.
LEVERS = ("contract", "payment_method", "tech_support", "online_security", "online_backup", "device_protection")
NOT_OFFERED = ("No internet service", "No phone service", "Month-to-month", "Mailed check", "?")
DISCOUNTS = (0.05, 0.1, 0.15, 0.2)
HANDLING = 15.0  # money: what agreeing on a change costs unless somebody knows better
BINS = 20  # of a small histogram
UNKNOWN = -1e6  # a value that is far from all others, and from itself not at all


@dataclass(frozen=True)
class Surroundings:
    """The population around a customer: what curves and neighbours are measured against. Made once a table."""

    matrix: np.ndarray
    scaled: np.ndarray  # the same turned (columns x customers), so that 1 apart is as far apart as can be
    left: np.ndarray  # 1 left, 0 stayed, NaN not known
    grids: tuple[np.ndarray, ...]  # of each column: its codes, or its quantiles
    shares: tuple[np.ndarray, ...]  # of customers: at each code, or in `BINS` equal steps of a number
    spread: np.ndarray  # of each number: from its 1st to its 99th percentile; 1 of levels
    weights: np.ndarray  # importance of each column, summing to 1
    usual_distance: float  # 99 % of customers have a neighbour nearer than this


@dataclass(frozen=True)
class Move:
    """One thing that can be offered: a column set to a level (or a `DISCOUNT` of the share `to`), and what it costs."""

    column: str
    to: str | float
    cost: float = 0.0


@dataclass(frozen=True)
class Plan:
    """A combination of moves that leads to a possible customer: cost in money, risk before and after."""

    moves: tuple[Move, ...]
    cost: float
    risk: float
    row: np.ndarray


@dataclass(frozen=True)
class Answer:
    """What a model says of a customer as they are (first) and with changes (second)."""

    sure: Confidence
    ahead: np.ndarray  # 2 x `MONTHS`, see `months_left`
    curves: dict[str, tuple[np.ndarray, np.ndarray]]  # with changes: each column's grid, and the risk at each value


class Asked(Protocol):
    """What months ahead need of a model."""

    @property
    def coding(self) -> Coding:
        """Its columns."""

    @property
    def rules(self) -> Rules:
        """What follows from what."""

    def probability(self, matrix: np.ndarray) -> np.ndarray:
        """The risk of coded rows."""


def surroundings(model: ChurnModel, matrix: np.ndarray, left: np.ndarray, seed: int = 0) -> Surroundings:
    """What `answer`, `neighbours` and `unlike` need to know of all customers."""
    grids, shares, spread = [], [], np.ones(matrix.shape[1])
    for place, column in enumerate(model.coding.columns):
        known = matrix[~np.isnan(matrix[:, place]), place]
        if column in model.coding.levels:
            count = len(model.coding.levels[column])
            grids.append(np.arange(count, dtype=float))
            shares.append(np.bincount(known.astype(int), minlength=count) / max(len(known), 1))
            continue
        grids.append(np.unique(np.quantile(known, np.linspace(0, 1, POINTS), method="nearest")))  # whole stays whole
        shares.append(np.histogram(known, BINS)[0] / max(len(known), 1))
        spread[place] = max(np.subtract(*np.quantile(known, [0.99, 0.01])), 1e-9)
    importance = model.importance.set_index("column")["contribution"]
    weights = np.array([importance[column] for column in model.coding.columns]) + 1e-9
    found = Surroundings(
        matrix,
        _scaled(matrix, spread),
        left.astype(float),
        tuple(grids),
        tuple(shares),
        spread,
        weights / weights.sum(),
        float("inf"),
    )
    some = np.random.default_rng(seed).choice(len(matrix), min(300, len(matrix)), replace=False)
    nearest = [np.partition(_distances(found, matrix[place]), 1)[1] for place in some]
    return replace(found, usual_distance=float(np.quantile(nearest, 0.99)))


def typical(model: ChurnModel, around: Surroundings) -> np.ndarray:
    """A real customer in the middle of them all, to build another one from."""
    middle = [
        float(around.shares[place].argmax()) if column in model.coding.levels else float(grid[len(grid) // 2])
        for place, (column, grid) in enumerate(zip(model.coding.columns, around.grids, strict=True))
    ]
    return around.matrix[distances(around, np.array(middle)).argmin()]


def changed(model: ChurnModel, before: np.ndarray, edits: Mapping[str, object], free: Sequence[str] = ()) -> np.ndarray:
    """The customer `before` with `edits` (column -> value) and all that follows from them, but for columns `free`."""
    wanted = before.copy()
    for column, value in edits.items():
        wanted[model.coding.place(column)] = model.coding.code(column, value)
    return rules.complete(model.rules, before, wanted[None], _mask(model, edits), _mask(model, free))[0]


def answer(
    model: ChurnModel, around: Surroundings, before: np.ndarray, row: np.ndarray, window: int, held: Sequence[str] = ()
) -> Answer:
    """All that an edit from `before` to `row` leads to, in one call of the model; `held` columns stay as they are."""
    two = np.vstack([before, row])
    later, (owner, along) = _later(model, two, window, MONTHS), _along(model, around, row, held)
    risk = model.probability(np.vstack([*later, along]))
    ahead, here = risk[: -len(along)].reshape(-1, 2), risk[-len(along) :]
    ends, grids = np.searchsorted(owner, np.arange(len(around.grids) + 1)), along[np.arange(len(owner)), owner]
    parts = [slice(*pair) for pair in pairwise(ends)]
    curves = {c: (grids[part], here[part]) for c, part in zip(model.coding.columns, parts, strict=True)}
    return Answer(model.confidence(two, probability=ahead[0]), _staying(ahead, window, MONTHS), curves)


def bills(coding: Coding, rows: np.ndarray) -> np.ndarray | None:
    """The monthly charges of coded customers (0 where they are not known); None where the model does not read them."""
    if "monthly_charges" not in coding.columns:
        return None
    charges = rows[:, coding.place("monthly_charges")]
    if "monthly_charges" in coding.levels:  # of few prices each is a level, and its code no money
        prices = np.r_[pd.to_numeric(pd.Series(coding.levels["monthly_charges"]), errors="coerce"), np.nan]
        charges = prices[np.nan_to_num(charges, nan=-1).astype(int)]
    return np.asarray(np.nan_to_num(charges))


def distances(around: Surroundings, row: np.ndarray) -> np.ndarray:
    """How far each customer is from a coded one: infinitely where their outcome is not known.

    Gower's distance (1971, Biometrics 27, 857-871), each column weighted by its importance to the model.
    """
    return np.where(np.isnan(around.left), np.inf, _distances(around, row))


def neighbours(apart: np.ndarray, count: int = NEIGHBOURS, but: int | None = None) -> np.ndarray:
    """The places of the nearest customers by their `distances`, nearest first; the one at the place `but` not."""
    nearest = np.argpartition(apart, min(count + 1, len(apart) - 1))[: count + 1]
    nearest = nearest[np.argsort(apart[nearest], kind="stable")]
    return nearest[nearest != but][:count]


def unlike(model: ChurnModel, around: Surroundings, row: np.ndarray, apart: np.ndarray) -> list[str]:
    """The columns in which a customer leaves the data: empty where there is somebody like them.

    A number outside all that was seen, or, where the nearest customer (by the `distances` of the row) is farther than
    99 % of customers have theirs, the columns in which that one differs.
    """
    columns = model.coding.columns
    outside = [
        column
        for place, column in enumerate(columns)
        if column not in model.coding.levels
        and not around.grids[place][0] - 1e-9
        <= np.nan_to_num(row[place], nan=around.grids[place][0])
        <= around.grids[place][-1] + 1e-9
    ]
    nearest = int(apart.argmin())
    if outside or apart[nearest] <= around.usual_distance:
        return outside
    gaps = _gaps(around.scaled[:, [nearest]], _scaled(row[None], around.spread))[:, 0]
    return [columns[place] for place in np.argsort(-gaps * around.weights) if gaps[place] > 0.1][:3]


def months_left(model: Asked, rows: np.ndarray, window: int, months: int = MONTHS) -> np.ndarray:
    """The probability of being here after 1, 2, ..., `months` months (rows x months), from the model's own risk.

    The risk is that of leaving within the outcome `window` (months). After each window the tenure and what follows from
    it have moved on and the model is asked again; within one, each month has the same share. So after one window the
    customer is here with exactly 1 - risk. The sum is the expected number of months; times the charges, the money.
    """
    later = _later(model, np.atleast_2d(rows), window, months)
    return _staying(model.probability(later.reshape(-1, later.shape[2])).reshape(later.shape[:2]), window, months)


def payback(before: np.ndarray, after: np.ndarray, charges: float, cost: float, saved: float) -> int | None:
    """The months after which an offer has paid its `cost`; None where it does not within those looked ahead.

    `before` and `after` are the chances of being here with and without it (`months_left`), `saved` the share of the
    difference that is believed to be its effect, `charges` what a customer pays a month.
    """
    earned = charges * saved * np.cumsum(after - before)
    return int((earned >= cost).argmax()) + 1 if (earned >= cost).any() else None


def plans(
    model: ChurnModel, row: np.ndarray, moves: Sequence[Move], months: int = 12, price: str = "monthly_charges"
) -> list[Plan]:
    """The Pareto front of cost against risk over all combinations of `moves`, at most one a column; cheapest first.

    A discount lasts `months` months and what was billed stays billed. Only possible customers, and only plans that
    lower the risk; the first one is to do nothing. Raises ValueError over `STEPS` combinations.
    """
    choices: dict[str, list[Move | None]] = {}
    for move in moves:
        same = row[model.coding.place(move.column)] if move.column != DISCOUNT else 0.0
        goal = move.to if move.column == DISCOUNT else model.coding.code(move.column, move.to)
        if goal != same:
            choices.setdefault(move.column, [None]).append(move)
    size = int(np.prod([len(options) for options in choices.values()])) if choices else 1
    if size > STEPS:
        raise ValueError(f"{size} combinations of levers")
    wanted = np.repeat(row[None], size, axis=0)
    cost, share = np.zeros(size), np.zeros(size)
    picked = np.array(list(product(*(range(len(options)) for options in choices.values()))), int).reshape(size, -1)
    for number, (column, options) in enumerate(choices.items()):
        cost += np.array([0.0 if move is None else move.cost for move in options])[picked[:, number]]
        targets = np.array(
            [
                np.nan if move is None else move.to if column == DISCOUNT else model.coding.code(column, move.to)
                for move in options
            ],
            float,
        )[picked[:, number]]
        if column == DISCOUNT:
            share = np.nan_to_num(targets)
        else:
            place = model.coding.place(column)
            wanted[:, place] = np.where(np.isnan(targets), wanted[:, place], targets)
    billed = [model.coding.columns[result] for result, *_factors in model.rules.products]
    rows = rules.complete(
        model.rules, row, wanted, _mask(model, [c for c in choices if c != DISCOUNT]), _mask(model, billed)
    )
    if share.any():
        place = model.coding.place(price)
        cost += share * rows[:, place] * months
        rows[:, place] *= 1 - share
    risk = model.probability(rows)
    alone = rules.unforced(rows, row, model.coding, _mask(model, choices))
    fine = rules.possible(model.rules, rows) & alone & (risk < risk[0])
    order = np.r_[0, np.flatnonzero(fine)[np.lexsort((risk[fine], cost[fine]))]]
    lower = np.r_[True, risk[order][1:] < np.minimum.accumulate(risk[order])[:-1] - 1e-12]
    lists = list(choices.values())
    return [
        Plan(
            tuple(move for options, number in zip(lists, picked[place], strict=True) if (move := options[number])),
            float(cost[place]),
            float(risk[place]),
            rows[place],
        )
        for place in order[lower]
    ]


def offers(model: ChurnModel, columns: Sequence[str]) -> list[Move]:
    """What could be offered: every level of `columns` that is not the lack of something, and discounts."""
    moves = [
        Move(column, level, HANDLING)
        for column in columns
        for level in model.coding.levels[column]
        if level not in NOT_OFFERED and meaning.truth(level) is not False
    ]
    priced = "monthly_charges" in model.coding.columns and "monthly_charges" not in model.coding.levels
    return moves + [Move(DISCOUNT, share) for share in DISCOUNTS if priced]


def named(front: Sequence[Plan], value: float, saved: float) -> dict[str, Plan]:
    """Up to three plans of a front by name: "cheapest", "best value", "lowest risk"; none twice, none without moves.

    The cheapest takes a quarter off the risk; the best value earns most: `value` of a customer kept times the share
    `saved` of the drop in risk that is believed, less the cost. Where none earns anything, none is of the best value.
    """
    now, ahead = front[0].risk, list(front[1:])
    if not ahead:
        return {}
    chosen = {"lowest risk": ahead[-1]}
    best = max(ahead, key=lambda plan: saved * value * (now - plan.risk) - plan.cost)
    if best is not ahead[-1] and saved * value * (now - best.risk) > best.cost:
        chosen["best value"] = best
    enough = next((plan for plan in ahead if plan.risk <= 0.75 * now), ahead[0])
    if all(enough is not plan for plan in chosen.values()):
        chosen["cheapest"] = enough
    return {name: chosen[name] for name in ("cheapest", "best value", "lowest risk") if name in chosen}


def difference(model: ChurnModel, one: np.ndarray, other: np.ndarray) -> pd.Series:
    """What each column adds to the log-odds from customer `one` to `other`, largest first: they sum to the change."""
    first, second = model.fitted.contributions(np.vstack([one, other]))[:, :-1]
    return pd.Series(second - first, list(model.coding.columns)).sort_values(key=np.abs, ascending=False)


def band(model: ChurnModel, rows: np.ndarray) -> np.ndarray:
    """The probability of leaving by each resampled model (models x rows)."""
    return sigmoid(model.ensemble.log_odds(rows))


def _later(model: Asked, rows: np.ndarray, window: int, months: int) -> np.ndarray:
    """Coded customers at the begin of each window (windows x rows x columns)."""
    steps = -(-months // window)
    later = np.repeat(rows[None], steps, axis=0)
    if "tenure" in model.coding.columns and "tenure" not in model.coding.levels:
        later[:, :, model.coding.place("tenure")] += window * np.arange(steps)[:, None]
        mask = _mask(model, ["tenure"])
        flat = np.tile(rows, (steps, 1))
        later = rules.complete(model.rules, flat, later.reshape(flat.shape), mask).reshape(later.shape)
        unknown = np.isnan(rows[:, model.coding.place("tenure")])
        later[0], later[:, unknown] = rows, rows[unknown]  # nothing follows from what is not known
    return later


def _staying(risk: np.ndarray, window: int, months: int) -> np.ndarray:
    """The chance of being here after each month (rows x months) from the risks of each window (windows x rows)."""
    return np.cumprod(1 - np.repeat(monthly(risk, window), window, axis=0)[:months], axis=0).T


def _along(
    model: ChurnModel, around: Surroundings, row: np.ndarray, held: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """A customer with each value of each column's grid in turn, and all that follows: which column, and coded rows.

    Impossible customers are left out.
    """
    owner = np.repeat(np.arange(len(around.grids)), [len(grid) for grid in around.grids])
    wanted = np.repeat(row[None], len(owner), axis=0)
    edited = np.repeat(_mask(model, held)[None], len(owner), axis=0)
    wanted[np.arange(len(owner)), owner] = np.concatenate(around.grids)
    edited[np.arange(len(owner)), owner] = True
    rows = rules.complete(model.rules, row, wanted, edited)
    fine = rules.possible(model.rules, rows)
    return owner[fine], rows[fine]


def _mask(model: Asked, columns: Mapping[str, object] | Sequence[str]) -> np.ndarray:
    return np.isin(model.coding.columns, list(columns))


def _scaled(matrix: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Coded rows turned (columns x rows) in units in which 1 or more is as far apart as can be; not known is far off.

    Codes of levels are whole: other levels are 1 or more apart.
    """
    return np.ascontiguousarray(np.where(np.isnan(matrix), UNKNOWN, matrix / spread).T, np.float32)


def _gaps(scaled: np.ndarray, row: np.ndarray) -> np.ndarray:
    gaps = np.abs(scaled - row)
    return np.minimum(gaps, 1, out=gaps)


def _distances(around: Surroundings, row: np.ndarray) -> np.ndarray:
    return around.weights.astype(np.float32) @ _gaps(around.scaled, _scaled(row[None], around.spread))
