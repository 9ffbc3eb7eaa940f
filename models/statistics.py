"""Small formulas that several models share. Everything on numpy arrays."""

import numpy as np
import pandas as pd

from locales import Sentence

Z90, Z95 = 1.6448536269514722, 1.959963984540054
LONG = 14  # days in a row without a sale that say nothing of the weekdays
USUALLY, NEVER = 0.8, 0.02  # shares of the days of a weekday on which anything was sold
_BINS = 150  # finer than any width below
_WIDTHS = (0.02, 0.04, 0.08, 0.16, 0.32)  # standard deviations of the kernel, as shares of the observations


class CannotTell(Sentence, ValueError):
    """The data cannot answer; the sentence says why, and what would have to be there."""


def opened(days: pd.DatetimeIndex, sold: np.ndarray) -> np.ndarray:
    """Which `days`, one after the other, were open: those `sold` on, and those without a sale where that is no news.

    A day without a sale is a closure where its weekday usually sells, or never does while others usually do. Who sells
    on some days only, was open on the others too, as far as anybody can tell.
    """
    silent = pd.Series(~sold)
    long = silent.groupby((silent != silent.shift()).cumsum()).transform("sum").to_numpy() >= LONG  # a closure, or gone
    by_weekday = pd.Series(sold[~long]).groupby(days.day_of_week[~long]).mean()
    rest = by_weekday[by_weekday > NEVER]
    usually = bool(len(rest)) and rest.mean() >= USUALLY
    share = by_weekday.reindex(days.day_of_week).to_numpy()
    return sold | ~((share >= USUALLY) | (usually & ((share <= NEVER) | np.isnan(share))))


def wilson(events: np.ndarray, trials: np.ndarray, z: float = Z95) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's score interval of a share, `events` of `trials` (which may be effective, not whole, numbers).

    Returns the lower and upper ends, NaN where there are no trials. Wilson (1927), JASA 22, 209-212.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        share = events / trials
        middle = (share + z**2 / (2 * trials)) / (1 + z**2 / trials)
        half = z / (1 + z**2 / trials) * np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    return np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)


def smoothed_share(x: np.ndarray, event: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The share of events along `x` (at least two different values) at the points `at`, with a 95 % interval.

    Local linear regression. Its Gaussian kernel has one width on the scale of ranks, so that it narrows where there
    are many observations (Stute 1984, Annals of Statistics 12, 917-926) and an outlier does not widen it. The width is
    half of the one of `_WIDTHS` with the least leave-one-out error: at the best width itself the bias is as large as
    the interval (Hall 1992, Annals of Statistics 20, 675-694). The interval is Wilson's with the effective number of
    observations 1 / sum(l_i^2) of the smoother's weights l_i (Loader 1999, Local Regression and Likelihood, ch. 2).
    """
    place = np.round((x - x.min()) * ((_BINS - 1) / np.ptp(x))).astype(np.int64)
    count = np.bincount(place, minlength=_BINS).astype(float)
    filled = count > 0
    count = count[filled]
    values = np.bincount(place, weights=x, minlength=_BINS)[filled] / count
    events = np.bincount(place, weights=event, minlength=_BINS)[filled]
    ranks = (np.cumsum(count) - count / 2) / len(x)

    def leave_one_out(width: float) -> float:
        weights = _local_linear(values, count, ranks, values, width)
        share, others = weights @ events, np.maximum(1 - np.diag(weights), 1e-9)
        return float((events * ((1 - share) / others) ** 2 + (count - events) * (share / others) ** 2).sum())

    widths = [width for width in _WIDTHS if width * len(x) >= 10] or _WIDTHS[-1:]
    weights = _local_linear(values, count, ranks, at, min(widths, key=leave_one_out) / 2)
    share = np.clip(weights @ events, 0, 1)
    effective = 1 / (weights**2 @ count)
    return share, *wilson(share * effective, effective)


def _local_linear(values: np.ndarray, count: np.ndarray, ranks: np.ndarray, at: np.ndarray, width: float) -> np.ndarray:
    """The weight of one observation of each value (columns) in the estimate at each point (rows)."""
    kernel = np.exp(-(((ranks - np.interp(at, values, ranks)[:, None]) / width) ** 2) / 2)
    distance = (values - at[:, None]) / (values[-1] - values[0])
    mass = kernel * count
    s0, s1, s2 = (part.sum(1, keepdims=True) for part in (mass, mass * distance, mass * distance**2))
    spread = s0 * s2 - s1**2
    alone = spread <= 1e-9 * s0 * s2  # one value carries all the weight: no slope to be had
    return kernel * np.where(alone, 1 / s0, (s2 - s1 * distance) / np.where(alone, 1, spread))


def cramers_v(table: np.ndarray) -> float:
    """Cramér's V of a table of counts, corrected for bias: 0 unrelated, 1 one follows from the other.

    Bergsma (2013), Journal of the Korean Statistical Society 42, 323-328. NaN where a side has one level only.
    """
    table = table[table.sum(1) > 0][:, table.sum(0) > 0]
    rows, columns = table.shape
    total = table.sum()
    if min(rows, columns) < 2 or total < 2:
        return float("nan")
    expected = np.outer(table.sum(1), table.sum(0)) / total
    phi2 = ((table - expected) ** 2 / expected).sum() / total
    phi2 = max(0.0, phi2 - (rows - 1) * (columns - 1) / (total - 1))
    rows, columns = (side - (side - 1) ** 2 / (total - 1) for side in (rows, columns))
    return float(np.sqrt(phi2 / (min(rows, columns) - 1)))


def independence(table: np.ndarray) -> float:
    """The p-value of Pearson's chi-squared test that rows and columns of a table of counts are unrelated.

    1 where a side has one level only.
    """
    from scipy.special import chdtrc

    table = table[table.sum(1) > 0][:, table.sum(0) > 0]
    expected = np.outer(table.sum(1), table.sum(0)) / max(table.sum(), 1)
    degrees = (table.shape[0] - 1) * (table.shape[1] - 1)
    return float(chdtrc(degrees, ((table - expected) ** 2 / expected).sum())) if degrees > 0 else 1.0


def counts(left: pd.Categorical, right: pd.Categorical) -> np.ndarray:
    """How often each level of `left` (rows) meets each of `right` (columns); missing values are left out."""
    known = (left.codes >= 0) & (right.codes >= 0)
    wide = len(right.categories)
    flat = left.codes[known].astype(np.int64) * wide + right.codes[known]
    return np.bincount(flat, minlength=len(left.categories) * wide).reshape(-1, wide)
