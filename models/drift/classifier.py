"""Can a model tell the rows of a window from those before it? It sees what no column shows alone.

A column may look as ever while what goes with it has changed. Gradient-boosted trees learn to tell rows apart, those of
some days by those of others; their AUC on days they have not seen is 0.5 where nothing changed (Lopez-Paz and Oquab
2017, Revisiting classifier two-sample tests, ICLR). Rows of one day are more alike than those of two: days are left out
and drawn as a whole.

How probable an AUC is by chance is told by permutation of days, of scores by models that learned from the parts before
theirs only. Where parts score each other (cross-validation) each pair of them counts twice: what is the same by chance
in both raises the AUC of both, so that its variance is up to double that of permuted days, and of 100 p-values 12 were
under 0.05. In one order the sides of a part say nothing of what scores it, so that its days may change sides.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from models.drift import counted, evidence, watch
from models.drift.bins import Bins
from models.drift.counted import DAY, Watched
from models.drift.monitored import Sheet

FOLDS = 4
ORDERED = 7  # parts of which each is scored by those before it
MAX_ROWS = 3_000  # of each side: more take longer and tell no more
SHOWN = 5  # columns and rows that tell the sides apart
MAX_SWAPPED = 4_000_000  # units that change sides, over all permutations
BUDGET = 0.5  # windows a year that are told apart where nothing changes
LEVEL = BUDGET / 365  # p-value, with a window judged every day
TELLS = 0.6  # AUC from which it matters: half a standard deviation in one column makes 0.64
# So few rows take a tenth of a second; with threads that wait for each other on busy processors thirty times that.
alone = threadpool_limits.wrap(limits=1)
LAST_WEEKS, SEASON, LEARNED = "last weeks", "season", "learned"  # what a window is told from


@dataclass(frozen=True)
class Apart:
    """How well rows of a window are told from others: the `auc` on rows not learned from, the `pvalue` of one that
    high where nothing changed, by how much each column's shuffling lowers the AUC, and the score of each row of the
    window (its place in the window, the most different first)."""

    auc: float
    pvalue: float
    columns: Mapping[str, float]
    rows: Mapping[int, float]

    @property
    def unlike(self) -> bool:
        """Different enough to matter, if that is no chance."""
        return self.auc > TELLS

    @property
    def confirmed(self) -> bool:
        """Surely different, and enough to matter, with a window judged every day."""
        return self.unlike and self.pvalue <= LEVEL


def apart(
    reference: pd.DataFrame,
    window: pd.DataFrame,
    frozen: Mapping[str, Bins],
    days: tuple[np.ndarray, np.ndarray] | None = None,
    seed: int = 0,
    level: float = 1.0,
) -> Apart | None:
    """Learn to tell a window from a reference by the columns of `frozen`, in their bins; None with too few rows, or a
    p-value over `level`, which is found out first.

    `days` are those of the rows of both sides; where one of them has fewer than `FOLDS`, every row stands for itself.
    """
    from scipy.stats import rankdata
    from sklearn.ensemble import HistGradientBoostingClassifier

    if min(len(reference), len(window)) < watch.MIN_ROWS:
        return None
    draw = np.random.default_rng(seed)
    names = [name for name in frozen if name in reference and name in window]
    kept = [np.sort(draw.permutation(len(side))[:MAX_ROWS]) for side in (reference, window)]
    sides = [
        np.column_stack([frozen[name].place(side[name].iloc[some]) for name in names])
        for side, some in zip((reference, window), kept, strict=True)
    ]
    rows, late = np.concatenate(sides).astype(float), np.repeat([0, 1], [len(side) for side in sides])
    unit = np.arange(len(rows))
    if days is not None and min(len(np.unique(side)) for side in days) >= FOLDS:
        named = [np.char.add(letter, days[place][kept[place]].astype(str)) for place, letter in enumerate("ab")]
        unit = np.unique(np.concatenate(named), return_inverse=True)[1]

    @alone
    def learned(seen: np.ndarray) -> HistGradientBoostingClassifier:
        return HistGradientBoostingClassifier(
            max_iter=40, max_leaf_nodes=12, min_samples_leaf=15, learning_rate=0.15, early_stopping=False,
            categorical_features=[frozen[name].text for name in names], class_weight="balanced", random_state=seed,
        ).fit(rows[seen], late[seen])  # fmt: skip

    @alone
    def scored(model: HistGradientBoostingClassifier, some: np.ndarray) -> np.ndarray:
        return model.decision_function(some)

    several = min(ORDERED, *(len(np.unique(unit[late == side])) for side in (0, 1)))
    fold = _parts(unit, late, several, draw)
    after, ranks = fold[unit] > 0, np.zeros(len(rows))
    for part in range(1, several):
        own = fold[unit] == part
        ranks[own] = rankdata(scored(learned(fold[unit] < part), rows[own])) / own.sum()
    pvalue = _pvalue(ranks[after], late[after], unit[after], fold, draw)
    if pvalue > level:
        return None
    part_of = _parts(unit, late, FOLDS, draw)[unit]
    score, place_of, lowered = np.empty(len(rows)), np.empty(len(rows)), np.zeros(len(names))
    for part in range(FOLDS):
        unseen = part_of == part
        model = learned(~unseen)
        score[unseen] = scored(model, rows[unseen])
        place_of[unseen] = rankdata(score[unseen]) / unseen.sum()
        whole = _auc(place_of[unseen], late[unseen])
        for place in range(len(names)):
            shuffled = rows[unseen].copy()
            shuffled[:, place] = draw.permutation(shuffled[:, place])
            ranks = rankdata(scored(model, shuffled)) / unseen.sum()
            lowered[place] += (whole - _auc(ranks, late[unseen])) / FOLDS
    value = float(np.mean([_auc(place_of[part_of == part], late[part_of == part]) for part in range(FOLDS)]))
    best, last = np.argsort(-lowered)[:SHOWN], score[late == 1]
    return Apart(
        value,
        pvalue,
        {names[place]: float(lowered[place]) for place in best if lowered[place] > 0},
        {int(kept[1][place]): float(1 / (1 + np.exp(-last[place]))) for place in np.argsort(-last)[:SHOWN]},
    )


def _parts(unit: np.ndarray, late: np.ndarray, parts: int, draw: np.random.Generator) -> np.ndarray:
    """The part of each unit, drawn by chance, as many of both sides in each."""
    part = np.empty(int(unit.max()) + 1, int)
    for side in (0, 1):
        own = np.unique(unit[late == side])
        part[own] = draw.permutation(len(own)) % parts
    return part


def _auc(ranks: np.ndarray, late: np.ndarray) -> float:
    """The area under the curve from ranks as shares of all rows (Mann and Whitney 1947)."""
    rows, ones = len(late), int(late.sum())
    return float((rows * ranks[late == 1].sum() - ones * (ones + 1) / 2) / max(ones * (rows - ones), 1))


def _pvalue(
    ranks: np.ndarray, late: np.ndarray, unit: np.ndarray, fold: np.ndarray, draw: np.random.Generator
) -> float:
    """How often windows of other units, as many of each part, have as high ranks on average: (1 + b) / (1 + B)."""
    units = len(fold)
    sums, sizes = np.bincount(unit, ranks, units), np.bincount(unit, minlength=units)
    window = np.bincount(unit, late, units) > 0  # of the first part, which nothing scores, none
    swaps = int(np.clip(MAX_SWAPPED // units, 999, 19_999))
    total, count = np.zeros(swaps), np.zeros(swaps)
    for part in range(1, int(fold.max()) + 1):
        own = np.flatnonzero(fold == part)
        luck = draw.random((swaps, len(own))).argsort(axis=1)[:, : window[own].sum()]
        total += sums[own][luck].sum(axis=1)
        count += sizes[own][luck].sum(axis=1)
    return float((1 + (total / count >= sums[window].sum() / sizes[window].sum() - 1e-12).sum()) / (1 + swaps))


def views(watched: Watched, sheet: Sheet, day: np.datetime64, seed: int = 0) -> dict[str, Apart]:
    """Whether the rows of a sheet in the window that ends on a day are told from the last weeks (the same weekdays),
    from this season of earlier years, and from what the model learned from; without what has too few rows."""
    return {name: one for name, one in _views(watched, sheet, day, seed) if one is not None}


def confirmed(watched: Watched, sheet: Sheet, day: np.datetime64, seed: int = 0) -> Apart | None:
    """The view of the last weeks, where the window is told from everything in `views`: no season, and new. None where
    it is not, found out without looking at the others, or where there were no last weeks.

    A window is judged every day: by chance the last weeks alone are told `BUDGET` times a year.
    """
    found: list[Apart] = []
    for name, one in _views(watched, sheet, day, seed, LEVEL):
        if one is None or not one.confirmed or (not found and name != LAST_WEEKS):
            return None
        found.append(one)
    return found[0] if found else None


def _views(
    watched: Watched, sheet: Sheet, day: np.datetime64, seed: int, level: float = 1.0
) -> Iterator[tuple[str, Apart | None]]:
    frozen = {column.name: column.cut for column in watched.columns if column.name in sheet.frame}
    start = day - (counted.WINDOW - 1) * DAY
    near = np.zeros(len(sheet.day), bool)
    for then in range(counted.YEAR, len(watched.days) + counted.NEAR, counted.YEAR):
        near |= (sheet.day >= start - (then + counted.NEAR) * DAY) & (sheet.day <= day - (then - counted.NEAR) * DAY)
    lately = start - 3 * counted.WINDOW * DAY
    if counted.in_batches(watched):
        start, lately = day, min(np.unique(sheet.day[sheet.day < day])[-max(evidence.BATCHES_BACK) :], default=day)
    among = {
        LAST_WEEKS: (sheet.day < start) & (sheet.day >= lately),
        SEASON: near & (sheet.day < start),
        LEARNED: (sheet.day >= watched.reference[0]) & (sheet.day <= watched.reference[1]) & (sheet.day < start),
    }
    now = (sheet.day >= start) & (sheet.day <= day)
    if not frozen or not now.any():
        return
    for name, rows in among.items():
        if min(rows.sum(), now.sum()) >= watch.MIN_ROWS:
            sides = (sheet.frame[rows], sheet.frame[now]), (sheet.day[rows], sheet.day[now])
            yield name, apart(*sides[0], frozen, sides[1], seed, level)
