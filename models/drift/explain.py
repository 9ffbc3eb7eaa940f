"""What moved, so that it can be said in words: which bins make a PSI, and single rows that make a distance."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

import locales
from locales import N_, _
from locales.labels import label
from models.drift import measures
from models.drift.bins import Bins
from models.drift.monitored import PRICES
from models.drift.ordered import Ordered

Kind = Literal["upto", "between", "over", "value", "other", "level", "rare", "new", "missing", "rose", "fell", "rest"]

# One sentence a kind of bin; `feature` is a column, `lo`, `hi` and `level` describe the bin, the rest are shares.
SENTENCES: dict[Kind, str] = {
    "upto": N_("{feature} up to {hi}: from {before} to {now} of the rows, {part} of the PSI."),
    "between": N_("{feature} from {lo} to {hi}: from {before} to {now} of the rows, {part} of the PSI."),
    "over": N_("{feature} over {lo}: from {before} to {now} of the rows, {part} of the PSI."),
    "value": N_("{feature} {lo}: from {before} to {now} of the rows, {part} of the PSI."),
    "other": N_("{feature} with a value never seen before: from {before} to {now} of the rows, {part} of the PSI."),
    "level": N_("{feature} “{level}”: from {before} to {now} of the rows, {part} of the PSI."),
    "rare": N_("{feature}, rare ones: from {before} to {now} of the rows, {part} of the PSI."),
    "new": N_("{feature}, values never seen before: from {before} to {now} of the rows, {part} of the PSI."),
    "missing": N_("{feature}, missing values: from {before} to {now} of the rows, {part} of the PSI."),
    "rose": N_("{feature} rose for {now} of the lines."),
    "fell": N_("{feature} fell for {now} of the lines."),
    "rest": N_("{feature}: the rarer ones have changed places among themselves; the most frequent ones are as before."),
}


@dataclass(frozen=True)
class Move:
    """A bin of a column: the share of the rows it had `before` and has `now`, and its `part` of the PSI (a share).

    `lo` and `hi` are the ends of a bin of numbers (`lo` is the value of a single one), `level` the level of a text.
    Prices that `rose` or `fell` are no bin, but the share of the lines for which they did, more than before (`now`);
    the `rest` are the rare levels, of which some take the place of others.
    """

    kind: Kind
    before: float
    now: float
    part: float
    lo: float | None = None
    hi: float | None = None
    level: str | None = None


def moves(cut: Bins, reference: np.ndarray, current: np.ndarray) -> tuple[Move, ...]:
    """Every bin of a column in its order, from the counts of two windows; empty on both sides: left out."""
    parts = measures.psi_parts(reference, current)
    total = parts.sum() or 1.0
    before, now = reference / max(reference.sum(), 1), current / max(current.sum(), 1)
    return tuple(
        Move(kind, float(before[place]), float(now[place]), float(parts[place] / total), lo, hi, level)
        for place, (kind, lo, hi, level) in enumerate(_described(cut))
        if reference[place] or current[place]
    )


def most(feature: str, cut: Bins, reference: np.ndarray, current: np.ndarray, noise: float = 0.0) -> Move:
    """What moved the most in a column that has changed, from the counts of two windows: the bin that makes most of its
    PSI; of prices against the usual ones, for which share of the lines, less than before, they rose or fell; the rare
    levels where the PSI of the bins is no more than the `noise` that sampling makes."""
    if cut.rest and measures.psi(reference, current) <= noise:
        return Move("rest", 0.0, 0.0, 1.0)
    if feature == "price_change":
        sign = np.array([np.sign(PRICES.index(level) - len(PRICES) // 2) for level in cut.levels])
        more = (current / max(current.sum(), 1) - reference / max(reference.sum(), 1))[: len(sign)]
        up, down = (float(more[sign == way].sum()) for way in (1, -1))
        if max(up, down) > 0:
            return Move("rose" if up >= down else "fell", 0.0, max(up, down), 1.0)
    return max(moves(cut, reference, current), key=lambda move: move.part)


def sentence(feature: str, move: Move) -> str:
    """What moved in a column, in the reader's language."""
    return _(SENTENCES[move.kind]).format(
        feature=label(feature),
        lo=amount(move.lo),
        hi=amount(move.hi),
        level=label(move.level or ""),
        before=_share(move.before),
        now=_share(move.now),
        part=locales.percent(move.part),
    )


def amount(value: float | None) -> str:
    """A number with as many digits as it needs."""
    if value is None:
        return ""
    return locales.number(value, 0 if abs(value) >= 100 or float(value).is_integer() else 2)


def _share(share: float) -> str:
    return locales.percent(share, 1 if 0 < share < 0.1 else 0)


def _described(cut: Bins) -> list[tuple[Kind, float | None, float | None, str | None]]:
    found: list[tuple[Kind, float | None, float | None, str | None]]
    if cut.text:
        found = [("level", None, None, level) for level in cut.levels]
        found += [("rare", None, None, None), ("new", None, None, None)]
    elif cut.values or not cut.edges:
        found = [("value", value, None, None) for value in cut.values]
        found.append(("other", None, None, None))
    else:
        found = [("upto", None, cut.edges[0], None)]
        for lo, hi in zip(cut.edges, cut.edges[1:], strict=False):
            alone = np.nextafter(hi, -np.inf) == lo  # a value that holds a bin of its own
            found.append(("value", hi, None, None) if alone else ("between", lo, hi, None))
        found.append(("over", cut.edges[-1], None, None))
    return [*found, ("missing", None, None, None)]


def one_bad_row(reference: Ordered, current: Ordered, spread: float) -> float | None:
    """The value of a single row without which half of the distance between the means would be gone, where there is one.

    `spread` is the standard deviation of the reference. PSI and KS hardly care for one row; a
    mean does, and so may a model.
    """
    usual, total, rows = float(reference.values.mean()), float(current.values.sum()), len(current)
    whole = abs(total / rows - usual)
    least, most = reference.at(np.array([0, len(reference) - 1]))
    for value in current.at(np.array([rows - 1, 0])).tolist():
        outside = not least <= value <= most
        if rows > 1 and outside and whole > 0.1 * spread and abs((total - value) / (rows - 1) - usual) < whole / 2:
            return value
    return None
