"""How far two windows of one column are apart, from counts in bins and from sorted numbers.

Counts have a bin in each place of the last axis; axes before it are computed all at once.
"""

import warnings
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from models.drift.ordered import QUANTILES, SIDES, Ordered, furthest

EMPTY = 1e-4  # share that stands for an empty bin; nothing is renormalised
EXACT = 10_000  # rows up to which the p-value of KS is exact
MIN_EXPECTED = 2.0  # rows of a bin in the smaller of two windows; those with fewer are tested together
DRAWS = 1_000  # windows that are drawn to see what sampling makes of few rows
MANY_EXPECTED = 20.0  # rows expected in every bin from which nothing needs to be drawn


@dataclass(frozen=True)
class KsResult:
    """The two-sample Kolmogorov-Smirnov test: the greatest gap between the two shares below a value (0 to 1), and how
    probable a gap that large is where nothing changed."""

    statistic: float
    pvalue: float


@dataclass(frozen=True)
class Departure:
    """Whether and how far windows depart from what they are compared with, an element each.

    `ratio` is a chi-square over its mean where nothing changed, `freedom` its degrees of freedom (see `pvalue`). `size`
    is on the scale of the PSI, without what sampling makes: 0 on average where nothing changed.
    """

    ratio: np.ndarray
    freedom: np.ndarray
    size: np.ndarray


def departure(reference: np.ndarray, current: np.ndarray) -> Departure:
    """Pearson's chi-square of counts, right for few rows too; NaN where a window is empty.

    Given the margins the statistic has a known mean and variance, whatever the counts (Dawson 1954, Biometrika 41,
    280): a gamma distribution with these stands for its own, and bins of fewer than `MIN_EXPECTED` expected rows are
    one. The size is twice the sum of (c - r)^2 / (c + r) of the shares (Le Cam 1986, Asymptotic Methods, ch. 4),
    which is the PSI for small changes and finite for empty bins, less (bins - 1) (1/N + 1/M).
    """
    reference, current = np.broadcast_arrays(np.asarray(reference, float), np.asarray(current, float))
    with np.errstate(divide="ignore", invalid="ignore"):
        before, now = reference.sum(axis=-1), current.sum(axis=-1)
        both = before + now
        few = (reference + current) * (np.minimum(before, now) / both)[..., None] < MIN_EXPECTED
        sides = [
            np.concatenate([np.where(few, 0, side), np.where(few, side, 0).sum(axis=-1, keepdims=True)], axis=-1)
            for side in (reference, current)
        ]
        margin = sides[0] + sides[1]
        part = np.where(margin > 0, both[..., None] / margin, 0)
        shares = sides[0] / before[..., None], sides[1] / now[..., None]
        bins = (margin > 0).sum(axis=-1)
        weight = before * now / both
        statistic = ((shares[1] - shares[0]) ** 2 * part).sum(axis=-1) * weight
        mean = both * (bins - 1) / (both - 1)
        spread = (both - 2) / (both - 1), (bins - 1) * (both - bins) / (both - 1)
        uneven = (both / before + both / now - 4) / (both - 2), (part.sum(axis=-1) - bins**2) / (both - 2)
        variance = 2 * both / (both - 3) * (spread[0] - uneven[0]) * (spread[1] - uneven[1])
        variance += both**2 / (both - 1) * uneven[0] * uneven[1]
        total = shares[0] + shares[1]
        apart = 2 * np.divide((shares[1] - shares[0]) ** 2, total, out=np.zeros_like(total), where=total > 0).sum(
            axis=-1
        )
        known = (bins > 1) & (both > 3) & (weight > 0)
        return Departure(
            np.where(known, statistic / mean, np.nan),
            np.where(known & (variance > 0), 2 * mean**2 / variance, 1.0),
            np.where(weight > 0, apart - (bins - 1) / weight, np.nan),
        )


def smooth(reference: np.ndarray, current: np.ndarray) -> tuple[Departure, Departure]:
    """Neyman's smooth test of ordered counts in its two parts: do they lie higher or lower, are they wider apart? Each
    sees it in fewer rows than a chi-square over all bins does.

    The scores are a line and a parabola of the midranks, uncorrelated where nothing changed; their kurtosis stands for
    few rows (Rayner, Thas and Best 2009, Smooth Tests of Goodness of Fit, ch. 2). Their size is always 0.
    """
    reference, current = np.broadcast_arrays(np.asarray(reference, float), np.asarray(current, float))
    with np.errstate(divide="ignore", invalid="ignore"):
        before, now = reference.sum(axis=-1), current.sum(axis=-1)
        both = before + now
        share = (reference + current) / both[..., None]
        line = share.cumsum(axis=-1) - share / 2 - 0.5
        second, third = (share * line**2).sum(axis=-1), (share * line**3).sum(axis=-1)
        parabola = line**2 - (third / second)[..., None] * line - second[..., None]
        weight = before * now / both * (both - 1) / both
        gap = current / now[..., None] - reference / before[..., None]

        def part(score: np.ndarray) -> Departure:
            spread = (share * score**2).sum(axis=-1)
            known = (spread > 1e-9) & (weight > 0)  # two values have no parabola
            statistic = (gap * score).sum(axis=-1) ** 2 / spread * weight
            fourth = (share * score**4).sum(axis=-1) / spread**2
            variance = 2 + (fourth - 3) / np.minimum(before, now)
            freedom = np.where(known, 2 / np.maximum(variance, 1), 1.0)
            return Departure(np.where(known, statistic, np.nan), freedom, np.where(known, 0.0, np.nan))

        return part(line), part(parabola)


def pvalue(found: Departure, usual: np.ndarray | float = 1.0, windows: np.ndarray | float = np.inf) -> np.ndarray:
    """How probable a departure that large is where nothing changed; 1 where it is not known.

    `usual` is how many times as far as sampling alone makes windows depart anyway, known from so many `windows`.
    """
    from scipy.special import fdtrc

    with np.errstate(invalid="ignore", over="ignore"):
        freedom = found.freedom * np.minimum(windows, 1e6)
        return np.nan_to_num(fdtrc(found.freedom, freedom, found.ratio / usual), nan=1.0)


def psi_parts(reference: np.ndarray, current: np.ndarray) -> np.ndarray:
    """The part of the PSI that each bin makes: (c - r) ln(c / r) of the shares, empty bins counted as `EMPTY`.

    A bin that is empty on both sides makes none. A window without rows makes NaN.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        before, now = _shares(reference), _shares(current)
        return np.asarray((now - before) * np.log(now / before))


def psi(reference: np.ndarray, current: np.ndarray) -> np.ndarray:
    """The population stability index of counts: sum of (c - r) ln(c / r).

    Siddiqi (2006), Credit Risk Scorecards, ch. 9; with `EMPTY` and no renormalising, as in feature_engine's
    DropHighPSIFeatures and probatus' AutoDist.
    """
    return np.asarray(psi_parts(reference, current).sum(axis=-1))


def noise(
    bins: np.ndarray | int, reference_rows: np.ndarray, current_rows: np.ndarray, share: float = 0.95
) -> np.ndarray:
    """The PSI that sampling alone stays under with probability `share`, where nothing changed.

    PSI / (1/N + 1/M) then has about a chi-square distribution with bins - 1 degrees of freedom (Yurdakul and Naranjo
    2020, Journal of Risk Model Validation 14(4), 89-100). Rows are independent ones: the invoices, not their lines.
    """
    from scipy.special import chdtri

    with np.errstate(divide="ignore"):
        return np.asarray(chdtri(np.maximum(bins - 1, 1), 1 - share) * (1 / reference_rows + 1 / current_rows))


def drawn_noise(reference: np.ndarray, reference_rows: float, current_rows: np.ndarray, seed: int = 0) -> np.ndarray:
    """`noise` with the reference's counts at hand, and right where bins hold few rows: an empty one counts as `EMPTY`,
    which no chi-square knows.

    Where a bin is expected to hold fewer than `MANY_EXPECTED` rows, `DRAWS` pairs of windows are drawn; between a few
    sizes of the window the limit is read off a straight line.
    """
    shares = reference[reference > 0] / reference.sum()
    rows = np.asarray(current_rows, float)
    limit = noise(len(shares), np.array(reference_rows), rows)
    few = (rows > 0) & (np.minimum(rows, reference_rows) * shares.min(initial=1) < MANY_EXPECTED)
    if not few.any() or len(shares) < 2:
        return limit
    sizes = np.unique(np.geomspace(max(rows[few].min(), 1), max(rows[few].max(), 1), 4).astype(int))
    found = _drawn(tuple(shares), int(reference_rows), tuple(sizes), seed)
    return np.where(few, np.interp(np.log(np.maximum(rows, 1)), np.log(sizes), found), limit)


@lru_cache(maxsize=512)
def _drawn(shares: tuple[float, ...], reference_rows: int, sizes: tuple[int, ...], seed: int) -> list[float]:
    """The PSI that 95 % of drawn windows of some sizes stay under; the same window is looked at again and again."""
    draw = np.random.default_rng(seed)
    then = draw.multinomial(reference_rows, shares, DRAWS)
    return [float(np.quantile(psi(then, draw.multinomial(size, shares, DRAWS)), 0.95)) for size in sizes]


def noise_pvalue(
    value: np.ndarray, bins: np.ndarray | int, reference_rows: np.ndarray, current_rows: np.ndarray
) -> np.ndarray:
    """How probable a PSI of `value` is where nothing changed (see `noise`)."""
    from scipy.special import chdtrc

    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(chdtrc(np.maximum(bins - 1, 1), value / (1 / reference_rows + 1 / current_rows)))


def chi_square(reference: np.ndarray, current: np.ndarray) -> tuple[float, float, float]:
    """Pearson's chi-square of two lists of counts, its p-value, and Cramér's V (0: alike, 1: nothing in common)."""
    from scipy.special import chdtrc

    table = np.array([reference, current], float)
    table = table[:, table.sum(axis=0) > 0]
    total = table.sum()
    expected = table.sum(axis=0) * table.sum(axis=1, keepdims=True) / total
    statistic = float(((table - expected) ** 2 / expected).sum())
    freedom = table.shape[1] - 1
    pvalue = float(chdtrc(freedom, statistic)) if freedom else 1.0
    return statistic, pvalue, float(np.sqrt(statistic / total))  # one degree of freedom between two windows


def jensen_shannon(reference: np.ndarray, current: np.ndarray) -> float:
    """The Jensen-Shannon distance of counts, 0 to 1 (square root of the divergence in bits; Lin 1991)."""
    sides = np.array([reference / reference.sum(), current / current.sum()])
    sides = sides[:, sides.sum(axis=0) > 0]
    ratio = sides / sides.mean(axis=0)
    return float(np.sqrt(max((sides * np.log2(np.where(ratio > 0, ratio, 1))).sum() / 2, 0)))


def wasserstein(reference: Ordered, current: Ordered, spread: float) -> float:
    """The mean distance that numbers have to move to look like the reference, in its standard deviations.

    The integral of the gap between the quantile functions, at `QUANTILES`; `spread` is the
    reference's standard deviation. NaN where that is 0.
    """
    sides = [side.at((QUANTILES * len(side)).astype(np.int64)) for side in (reference, current)]
    return float(np.abs(sides[0] - sides[1]).mean() / spread) if spread else np.nan


def ks_statistic(reference: Ordered, current: Ordered) -> float:
    """The greatest gap between the empirical distribution functions of numbers in the same cells, exact: only cells
    that can hold it are looked into."""
    best, cells = furthest(reference, current)
    values = current.distinct(cells)
    for end in SIDES:
        shares = [side.below(values, end) / len(side) for side in (reference, current)]
        best = float(np.abs(shares[0] - shares[1]).max(initial=best))
    return best


def ks(reference: Ordered, current: Ordered) -> KsResult:
    """The two-sided Kolmogorov-Smirnov test of numbers in the same cells, as `scipy.stats.ks_2samp` has it.

    The p-value is exact up to `EXACT` rows a side (Hodges 1958) and the limit distribution above (Smirnov 1939).
    """
    statistic = ks_statistic(reference, current)
    n, m = len(reference), len(current)
    if max(n, m) <= EXACT:
        from scipy.stats import ks_2samp

        with warnings.catch_warnings():  # where the sum overflows, the limit is as good
            warnings.filterwarnings("ignore", message="ks_2samp: Exact calculation unsuccessful")
            return KsResult(statistic, float(ks_2samp(reference.values, current.values, method="exact").pvalue))
    return KsResult(statistic, float(ks_pvalue(statistic, n * m / (n + m))))


def ks_pvalue(statistic: np.ndarray | float, rows: np.ndarray | float) -> np.ndarray:
    """The limit p-value of a gap; `rows` is nm / (n + m). With the correction for finite samples of Vrbik (2018),
    Pioneer Journal of Theoretical and Applied Statistics 15, 15-23."""
    from scipy.special import kolmogorov

    root = np.sqrt(rows)
    scaled = root * statistic
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(kolmogorov(scaled + 1 / (6 * root) + (scaled - 1) / (4 * rows)))


def benjamini_hochberg(pvalues: np.ndarray) -> np.ndarray:
    """p-values adjusted so that those under 5 % hold at most 5 % false ones on average; NaN stay NaN.

    Benjamini and Hochberg (1995), JRSS B 57, 289-300. Along the last axis.
    """
    known = np.isfinite(pvalues)
    order = np.argsort(pvalues, axis=-1)  # what is not known comes last
    sorted_p = np.take_along_axis(np.where(known, pvalues, 1.0), order, axis=-1)
    tests = known.sum(axis=-1, keepdims=True)
    scaled = sorted_p * tests / np.arange(1, pvalues.shape[-1] + 1)
    adjusted = np.minimum(np.minimum.accumulate(scaled[..., ::-1], axis=-1)[..., ::-1], 1)
    out = np.empty(pvalues.shape)
    np.put_along_axis(out, order, adjusted, axis=-1)
    return np.where(known, out, np.nan)


def _shares(counts: np.ndarray) -> np.ndarray:
    shares = counts / counts.sum(axis=-1, keepdims=True)
    return np.where(counts == 0, np.where(np.isnan(shares), np.nan, EMPTY), shares)
