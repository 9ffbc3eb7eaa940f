"""How long customers stay: Kaplan-Meier curves and the log-rank test.

`tenure` (months) is the time, `churned` the event; whoever is still here is censored at their tenure. A table that
shows who left within a window of some months does not show those who left before: its customers count from where they
were when the window began (delayed entry, left truncation). Without a window they count from the day they joined, which
is right only where the table has everybody who ever joined.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.churn.explore import as_levels
from models.statistics import Z95

MIN_AT_RISK = 20  # customers at risk from which a leaver counts, where customers enter late


@dataclass(frozen=True)
class LogRank:
    """The test that all groups have the same survival curve."""

    statistic: float
    degrees: int
    pvalue: float


def kaplan_meier(customers: pd.DataFrame, by: str | None = None, window: int | None = None) -> pd.DataFrame:
    """The share of customers still here after each month, one row a group and time with an event or censoring.

    Columns `group` ("" without `by`), `time` (months, starts at 0), `at_risk`, `events`, `survival`, `lo`, `hi`.
    Kaplan & Meier (1958), JASA 53, 457-481; the 95 % interval is Greenwood's on the log(-log) scale (Kalbfleisch &
    Prentice 1980), NaN where survival is still 1 or already 0.

    With an outcome `window` (months), at risk after some months are only those who were under observation then, and
    the curve is that of the product-limit estimator for truncated data (Tsai, Jewell, Wang 1987, Biometrika 74,
    883-886). When in the window a customer left is not known: they enter half a window before. Where fewer than
    `MIN_AT_RISK` are at risk nobody's leaving counts, because one of three would end the curve for good (Lai and
    Ying 1991, Annals of Statistics 19, 417-442); groups in which that is everywhere are left out.
    """
    fewest = 1 if window is None else MIN_AT_RISK
    curves = [_curve(name, *arrays, fewest) for name, arrays in _groups(customers, by, window).items()]
    told = [curve for curve in curves if curve["at_risk"].max() >= fewest]
    return pd.concat(told or curves, ignore_index=True)


def survival_at(curves: pd.DataFrame, time: float) -> pd.Series:
    """Each group's survival after `time` months; NaN where nobody was observed that long."""
    seen = curves[curves["time"] <= time].groupby("group", sort=False)["survival"].last()
    longest = curves.groupby("group", sort=False)["time"].max()
    return seen.where(longest >= time)


def median(curves: pd.DataFrame) -> pd.Series:
    """The months after which half of each group is gone; NaN where more than half are still here at the end."""
    half = 0.5 + 1e-9  # a product of shares misses 0.5 by its rounding
    gone = curves[curves["survival"] <= half].groupby("group", sort=False)["time"].first()
    return gone.reindex(curves["group"].unique())


def logrank(customers: pd.DataFrame, by: str, window: int | None = None) -> LogRank:
    """The k-sample log-rank test of the groups of column `by` (Mantel 1966; Peto & Peto 1972, JRSS A 135, 185-207).

    At risk are those that `kaplan_meier` counts. Groups in which nobody was at risk when anybody left do not count; a
    p-value of 1 where fewer than two are left.
    """
    from scipy.special import chdtrc

    groups = list(_groups(customers, by, window).values())
    times = np.unique(np.concatenate([time[event] for _entry, time, event in groups]))
    risk = np.array([_at_risk(entry, time, times) for entry, time, _event in groups], float)
    died = np.array([_count_at(time[event], times) for _entry, time, event in groups], float)
    covered = risk.any(1)
    risk, died, degrees = risk[covered], died[covered], int(covered.sum()) - 1
    if degrees < 1:
        return LogRank(0.0, 0, 1.0)
    n, d = risk.sum(0), died.sum(0)
    share = risk / n
    observed_less_expected = (died - d * share).sum(1)[:-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.where(n > 1, d * (n - d) / (n - 1), 0.0)
    covariance = -np.einsum("t,it,jt->ij", spread, share, share) + np.diag((spread * share).sum(1))
    covariance = covariance[:-1, :-1]
    statistic = float(observed_less_expected @ np.linalg.pinv(covariance) @ observed_less_expected)
    return LogRank(statistic, degrees, float(chdtrc(degrees, statistic)))


def _groups(
    customers: pd.DataFrame, by: str | None, window: int | None
) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """For each group, when each customer came under observation, until when, and whether they left then."""
    known = customers[customers["tenure"].notna()]
    time, event = known["tenure"].to_numpy(float), known["churned"].to_numpy(bool)
    entry = np.full(len(time), -1.0)  # before the first month
    if window is not None:
        entry = np.where(time > 0, np.maximum(time - np.where(event, window / 2, window), 0.0), -1.0)
    if by is None:
        return {"": (entry, time, event)}
    level = as_levels(known[by]).remove_unused_categories()
    members = {name: level.codes == code for code, name in enumerate(level.categories)}
    return {name: (entry[chosen], time[chosen], event[chosen]) for name, chosen in members.items()}


def _at_risk(entry: np.ndarray, time: np.ndarray, times: np.ndarray) -> np.ndarray:
    """How many have come under observation before each of `times` and are still under it."""
    return np.searchsorted(np.sort(entry), times, "left") - np.searchsorted(np.sort(time), times, "left")


def _curve(name: str, entry: np.ndarray, time: np.ndarray, event: np.ndarray, fewest: int) -> pd.DataFrame:
    times = np.unique(np.concatenate([[0.0], time]))
    at_risk = _at_risk(entry, time, times)
    events = np.where(at_risk < fewest, 0, _count_at(time[event], times))
    with np.errstate(divide="ignore", invalid="ignore"):
        survival = np.cumprod(1 - np.where(at_risk > 0, events / at_risk, 0.0))
        greenwood = np.cumsum(events / (at_risk * (at_risk - events)))
        scale = np.log(survival)
        half = Z95 * np.sqrt(greenwood) / np.abs(scale)
        lo, hi = survival ** np.exp(half), survival ** np.exp(-half)
    certain = ~((survival > 0) & (survival < 1))
    return pd.DataFrame(
        {
            "group": pd.Series([name] * len(times), dtype="str"),
            "time": times,
            "at_risk": at_risk,
            "events": events,
            "survival": survival,
            "lo": np.where(certain, np.nan, lo),
            "hi": np.where(certain, np.nan, hi),
        }
    )


def _count_at(moments: np.ndarray, times: np.ndarray) -> np.ndarray:
    return np.bincount(np.searchsorted(times, moments), minlength=len(times))
