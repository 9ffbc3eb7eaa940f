"""Where the model is worst: groups of customers, two columns deep, in which it is misjudged, and surely so.

One half of the held-out customers looks for such groups, the other half says whether they are real.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
import pandas as pd

import locales
from models import statistics
from models.churn.explore import MAX_SHOWN_LEVELS, TENURE_BANDS, as_levels

SMALLEST = 40  # customers of a half: in fewer nothing can be shown
LOOKED_AT = 12  # suspects of each kind that the other half judges
SUSPICIOUS = 0.3  # chance from which on a group is none;
CERTAIN = 0.05  # the chance that anything at all is named where nothing is wrong
MATTERS = 0.03  # a difference of shares that is smaller helps nobody
BANDS = 4  # of a number
LARGEST = 20_000  # customers looked at
RISK, VERDICT, CALL = "risk", "verdict", "call"


@dataclass(frozen=True)
class Slice:
    """Customers who have a `levels` (column -> level) each, and what is wrong with them, on those who judged.

    `kind` "risk": `expected` is the mean risk, `observed` the share who left. "verdict": the share of those who left
    whose verdict left that possible, `expected` being what was promised. "call": the share of those who left that is
    called, against that of all. `lo`, `hi`: Wilson's 95 % interval of `observed`; `count` customers are behind it.
    """

    kind: str
    levels: tuple[tuple[str, str], ...]
    expected: float
    observed: float
    lo: float
    hi: float
    count: int
    pvalue: float


def worst(
    customers: pd.DataFrame,
    probability: np.ndarray,
    left: np.ndarray,
    possible: np.ndarray,
    promised: float,
    called: np.ndarray,
    seed: int = 0,
) -> list[Slice]:
    """The groups that are surely misjudged, the surest first; none where there is no such group.

    One row of `customers` (columns to group by, as text or numbers), one `probability` of a model that had not seen
    them, whether they `left`, whether their verdict left what happened `possible` (which `promised` a share of the
    leavers), and whether they would be `called`. All kinds together name anything wrongly once in twenty times (Holm
    1979, Scandinavian Journal of Statistics 6, 65-70); a group is named where those not named before are misjudged too.
    """
    random = np.random.default_rng(seed)
    half = random.permutation(len(left))[:LARGEST]
    first, second = half[: len(half) // 2], half[len(half) // 2 :]
    coded = {column: levels for column in customers if (levels := _levels(customers[column])) is not None}
    found = float(called[left].mean()) if left.any() else 0.0
    # Of each kind: who counts, what was observed of them, what was expected, and the variance of the difference.
    kinds = {
        RISK: (np.ones(len(left), bool), left, probability, probability * (1 - probability)),
        VERDICT: (left, possible, np.full(len(left), promised), np.full(len(left), promised * (1 - promised))),
        CALL: (left, called, np.full(len(left), found), np.full(len(left), found * (1 - found))),
    }
    suspects = []
    for kind, (counts, *_rest) in kinds.items():
        suspects += _suspects(kind, coded, first[counts[first]], *_parts(kinds, kind))
    judged = []
    for kind, levels in suspects:
        rows = second[kinds[kind][0][second] & _members(coded, levels)[second]]
        if len(rows) < SMALLEST:
            continue
        sums = [part[rows].sum() for part in _parts(kinds, kind)]
        lo, hi = statistics.wilson(sums[0][None], np.array([len(rows)]))
        means = float(sums[1]) / len(rows), float(sums[0]) / len(rows)
        pvalue = float(_pvalue(kind, *sums)) if abs(means[1] - means[0]) > MATTERS else 1.0
        words = tuple((column, str(coded[column].categories[code])) for column, code in levels)
        judged.append((Slice(kind, words, *means, float(lo[0]), float(hi[0]), len(rows), pvalue), rows))
    judged.sort(key=lambda pair: pair[0].pvalue)
    named: list[Slice] = []
    told: dict[str, np.ndarray] = {kind: np.zeros(len(left), bool) for kind in kinds}
    for place, (one, rows) in enumerate(judged):
        level = CERTAIN / (len(judged) - place)
        if one.pvalue > level:
            break
        others = rows[~told[one.kind][rows]]
        if len(others) and _pvalue(one.kind, *(part[others].sum() for part in _parts(kinds, one.kind))) <= level:
            named.append(one)
            told[one.kind][rows] = True
    return named


def _parts(kinds: Mapping[str, tuple[np.ndarray, ...]], kind: str) -> tuple[np.ndarray, ...]:
    _counts, *parts = kinds[kind]
    return tuple(np.asarray(part, float) for part in parts)


def _pvalue(kind: str, observed: np.ndarray, expected: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """How often chance alone brings so few of what was `observed` (of RISK so few, or so many, twofold), where chances
    add up to a mean of `expected` and a `variance`.

    Chances that are alike are a binomial; others are taken for the binomial that has their mean and variance. A normal
    curve would take two leavers for proof where 0.4 were told.
    """
    from scipy.special import betainc

    share = np.clip(1 - variance / np.maximum(expected, 1e-9), 1e-9, 1 - 1e-9)  # of nobody or everybody there is none
    trials = np.maximum(expected / share, observed)
    few = betainc(np.maximum(trials - observed, 1e-9), observed + 1, 1 - share)
    many = betainc(np.maximum(observed, 1e-9), trials - observed + 1, share)
    return np.asarray(np.minimum(2 * np.minimum(few, many), 1) if kind == RISK else few)


def _suspects(
    kind: str,
    coded: dict[str, pd.Categorical],
    rows: np.ndarray,
    observed: np.ndarray,
    expected: np.ndarray,
    variance: np.ndarray,
) -> list[tuple[str, tuple[tuple[str, int], ...]]]:
    """The `LOOKED_AT` groups of these rows whose distance from what was expected is least likely by chance."""
    names = list(coded)
    sums: list[np.ndarray] = [np.zeros((3, 0))]
    groups = []
    for columns in [*((name,) for name in names), *combinations(names, 2)]:
        codes, width = coded[columns[0]].codes[rows].astype(np.int64), 1
        if len(columns) == 2:
            width = len(coded[columns[1]].categories)
            codes = codes * width + coded[columns[1]].codes[rows]
        size = np.bincount(codes)
        cells = np.flatnonzero((size >= SMALLEST) & (size < len(rows)))
        sums.append(np.array([np.bincount(codes, part[rows])[cells] for part in (observed, expected, variance)]))
        for cell in cells.tolist():
            parts = divmod(cell, width) if len(columns) == 2 else (cell,)
            groups.append((kind, tuple(zip(columns, parts, strict=True))))
    chance = _pvalue(kind, *np.hstack(sums))
    best = np.argsort(chance, kind="stable")[:LOOKED_AT]
    return [groups[place] for place in best if chance[place] < SUSPICIOUS]


def _members(coded: dict[str, pd.Categorical], levels: tuple[tuple[str, int], ...]) -> np.ndarray:
    return np.logical_and.reduce([coded[column].codes == code for column, code in levels])


def _levels(values: pd.Series) -> pd.Categorical | None:
    """A column as a few levels: a number in bands of as many customers; None where it has one or too many."""
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if numeric and values.nunique() > 2 * BANDS:
        edges, digits = (TENURE_BANDS, 0) if values.name == "tenure" else _edges(values)
        values = pd.cut(values, edges, labels=[_between(*ends, digits) for ends in pairwise(edges)])
    levels = as_levels(values)
    return levels if 2 <= len(levels.categories) <= MAX_SHOWN_LEVELS else None


def _edges(values: pd.Series) -> tuple[list[float], int]:
    """The ends of bands of as many customers, rounded to so many decimals: as many as tell them apart."""
    known = values.dropna().to_numpy(float)
    known = known[np.isfinite(known)]
    ends = np.quantile(known, np.arange(1, BANDS) / BANDS)
    digits = max(0, 2 - int(np.floor(np.log10(np.ptp(ends) or np.ptp(known)))))
    return [-np.inf, *(float(end) for end in np.unique(ends.round(digits))), np.inf], digits


def _between(lo: float, hi: float, digits: int) -> str:
    low, high = (locales.number(end, digits) if np.isfinite(end) else "" for end in (lo, hi))
    return f"≤ {high}" if lo == -np.inf else f"> {low}" if hi == np.inf else f"{low} – {high}"
