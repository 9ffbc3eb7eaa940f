"""Small formulas that several models share. Everything on numpy arrays."""

import numpy as np
import pandas as pd

Z95 = 1.959963984540054


def wilson(events: np.ndarray, trials: np.ndarray, z: float = Z95) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's score interval of a share, `events` of `trials` (which may be effective, not whole, numbers).

    Returns the lower and upper ends, NaN where there are no trials. Wilson (1927), JASA 22, 209-212.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        share = events / trials
        middle = (share + z**2 / (2 * trials)) / (1 + z**2 / trials)
        half = z / (1 + z**2 / trials) * np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    return np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)


def smoothed_share(
    x: np.ndarray, event: np.ndarray, at: np.ndarray, bandwidth: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The share of events along `x` at the points `at`: local linear regression with a Gaussian kernel.

    Returns share, lower and upper end of its pointwise 95 % interval: Wilson's interval with the effective number of
    observations 1 / sum(l_i^2) of the smoother's weights l_i (Loader 1999, Local Regression and Likelihood, ch. 2).
    Observations with the same `x` are merged first, so that cost grows with the distinct values. NaN where the
    smoother rests on fewer than 5 effective observations.
    """
    values, inverse = np.unique(x, return_inverse=True)
    count = np.bincount(inverse).astype(float)
    events = np.bincount(inverse, weights=event)
    if len(values) > 2_000:  # a continuous column: merge to 2,000 bins, far finer than the bandwidth
        edges = np.linspace(values[0], values[-1], 2_001)
        place = np.clip(np.digitize(values, edges) - 1, 0, 1_999)
        total = np.bincount(place, weights=count, minlength=2_000)
        kept = total > 0
        values = (np.bincount(place, weights=values * count, minlength=2_000)[kept]) / total[kept]
        count, events = total[kept], np.bincount(place, weights=events, minlength=2_000)[kept]
    distance = values[None, :] - at[:, None]
    kernel = np.exp(-0.5 * (distance / bandwidth) ** 2)
    weight = kernel * count
    s0, s1, s2 = weight.sum(1), (weight * distance).sum(1), (weight * distance**2).sum(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        each = kernel * (s2[:, None] - distance * s1[:, None]) / (s0 * s2 - s1**2)[:, None]  # weight of one observation
        share = np.clip((each * events).sum(1), 0, 1)
        effective = 1 / (each**2 * count).sum(1)
    lo, hi = wilson(share * effective, effective)
    thin = ~(effective >= 5)
    return tuple(np.where(thin, np.nan, part) for part in (share, lo, hi))  # type: ignore[return-value]


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


def counts(left: pd.Categorical, right: pd.Categorical) -> np.ndarray:
    """How often each level of `left` (rows) meets each of `right` (columns); missing values are left out."""
    known = (left.codes >= 0) & (right.codes >= 0)
    wide = len(right.categories)
    flat = left.codes[known].astype(np.int64) * wide + right.codes[known]
    return np.bincount(flat, minlength=len(left.categories) * wide).reshape(-1, wide)
