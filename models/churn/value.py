"""What predictions are worth: curves, cut-offs and money, from held-out probabilities and what happened."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from models import statistics
from models.churn.explore import PEERS, as_levels
from models.churn.preparation import ranks_auc


@dataclass(frozen=True)
class Terms:
    """What an offer is about: `value` of a customer kept, cost of one `offer` (money), share `saved` of the leavers
    who are called (0 to 1)."""

    value: float
    offer: float
    saved: float


USUAL = Terms(900.0, 60.0, 0.3)  # assumed until somebody says, or campaigns show, what they are


def ranking(probability: np.ndarray, left: np.ndarray) -> pd.DataFrame:
    """One row a customer called, the riskiest first: `threshold`, `called` and `found` (counts), and their shares.

    `precision`: of those called, the share who leave; `recall`: of those who leave, the share called; `false_alarms`:
    of those who stay, the share called; `lift`: precision over the overall share.
    """
    order = np.argsort(-probability, kind="stable")
    called = np.arange(1, len(order) + 1)
    found = np.cumsum(left[order])
    last = np.r_[probability[order][1:] != probability[order][:-1], True]  # ties are called together
    frame = pd.DataFrame(
        {
            "threshold": probability[order],
            "called": called,
            "found": found,
            "precision": found / called,
            "recall": found / max(found[-1], 1),
            "false_alarms": (called - found) / max(len(left) - found[-1], 1),
            "share": called / len(order),
            "lift": found / called / left.mean(),
        }
    )
    return frame[last].reset_index(drop=True)


def found_among(ranked: pd.DataFrame, share: np.ndarray) -> np.ndarray:
    """The share of all leavers (of a `ranking`) who are among each riskiest `share` of customers.

    Of those whose risk is the same chance says who comes first: a part of them has that part of their leavers.
    """
    return np.interp(share, np.r_[0.0, ranked["share"]], np.r_[0.0, ranked["recall"]])


def confusion(probability: np.ndarray, left: np.ndarray, threshold: float) -> np.ndarray:
    """Counts [[stayed and not called, stayed and called], [left and not called, left and called]]."""
    called = probability >= threshold
    return np.array(
        [[(~left & ~called).sum(), (~left & called).sum()], [(left & ~called).sum(), (left & called).sum()]]
    )


def worth(counts: np.ndarray, terms: Terms) -> np.ndarray:
    """The money in each cell of `confusion`, against calling nobody: each call costs, each leaver saved is worth."""
    money = np.zeros((2, 2))
    money[:, 1] = -terms.offer * counts[:, 1]
    money[1, 1] += terms.saved * terms.value * counts[1, 1]
    return money


def profits(ranked: pd.DataFrame, terms: Terms) -> np.ndarray:
    """Profit of calling everyone down to each row of `ranking`, against calling nobody."""
    return terms.saved * terms.value * ranked["found"].to_numpy() - terms.offer * ranked["called"].to_numpy()


def best(ranked: pd.DataFrame, terms: Terms) -> tuple[float, float]:
    """The threshold of whole percents that earns most, and what it earns; above all, and nothing, where no call pays.

    Finer ones win on these customers by chance alone, and nobody can set them. So does a profit within one standard
    error of nothing (three calls, of whom one leaves): as in choosing a tree (Breiman et al. 1984), the simpler
    choice stands, here to call nobody.
    """
    cuts, threshold = np.arange(101) / 100, ranked["threshold"].to_numpy()
    upto = np.searchsorted(-threshold, -cuts, side="right")
    money = np.r_[0.0, profits(ranked, terms)][upto]
    chance = np.r_[0.0, ranked["found"] * (1 - ranked["precision"])][upto]  # variance of how many leave
    place = int(money.argmax())
    if money[place] <= terms.saved * terms.value * np.sqrt(chance[place]):
        return float(threshold[0]) + 1e-9, 0.0
    return float(cuts[place]), float(money[place])


def break_even(counts: np.ndarray, terms: Terms) -> float:
    """The share of called leavers who must accept for the calls to pay for themselves; above 1: they cannot."""
    earned = terms.value * counts[1, 1]
    return float(terms.offer * counts[:, 1].sum() / earned) if earned else float("inf")


def tornado(counts: np.ndarray, terms: Terms, by: float = 0.25) -> pd.DataFrame:
    """Profit at a cut-off when each of the terms is `by` lower or higher: `term`, `lo`, `hi`, widest first."""

    def profit(changed: Terms) -> float:
        return float(worth(counts, changed).sum())

    rows = []
    for term in ("value", "offer", "saved"):
        now = getattr(terms, term)
        ends = [now * (1 - by), min(now * (1 + by), 1.0) if term == "saved" else now * (1 + by)]
        rows.append((term, *ends, *(profit(replace(terms, **{term: end})) for end in ends)))
    frame = pd.DataFrame(rows, columns=["term", "from", "to", "lo", "hi"])
    return frame.iloc[(frame["hi"] - frame["lo"]).abs().argsort()[::-1]].reset_index(drop=True)


def reliability(probability: np.ndarray, left: np.ndarray, bins: int = 10) -> pd.DataFrame:
    """Forecast against actual shares in groups of equal size: `forecast`, `actual`, `lo`, `hi` (Wilson 95 %) and
    `customers`."""
    parts = np.array_split(np.argsort(probability, kind="stable"), bins)
    size = np.array([len(part) for part in parts], float)
    gone = np.array([left[part].sum() for part in parts], float)
    lo, hi = statistics.wilson(gone, size)
    forecast = [probability[part].mean() for part in parts]
    shares = {"forecast": forecast, "actual": gone / size, "lo": lo, "hi": hi}
    return pd.DataFrame({**shares, "customers": size.astype(int)})


def by_segment(probability: np.ndarray, left: np.ndarray, segment: pd.Series) -> pd.DataFrame:
    """How well each level of a column is served: one row a level with `PEERS` customers or more.

    `auc` with `auc_lo`, `auc_hi` (Hanley and McNeil 1982, Radiology 143, 29-36; missing under 5 leavers or stayers),
    `forecast` and `actual` shares with `lo`, `hi` (Wilson 95 %). `worse`: its AUC lies surely below the mean of the
    column's levels, or its risk is surely misjudged by more than two points.
    """
    levels = as_levels(segment)
    rows = []
    for code, name in enumerate(levels.categories):
        members = levels.codes == code
        if members.sum() < PEERS:
            continue
        gone = left[members]
        area, error = float("nan"), float("nan")
        if min(gone.sum(), (~gone).sum()) >= 5:
            area = ranks_auc(probability[members], gone)
            error = _auc_error(area, int(gone.sum()), int((~gone).sum()))
        lo, hi = (float(end[0]) for end in statistics.wilson(np.array([gone.sum()]), np.array([len(gone)])))
        forecast, actual = float(probability[members].mean()), float(gone.mean())
        misjudged = (forecast < lo or forecast > hi) and abs(forecast - actual) > 0.02
        ends = area - statistics.Z95 * error, min(area + statistics.Z95 * error, 1.0)
        rows.append((name, len(gone), area, *ends, forecast, actual, lo, hi, misjudged))
    names = ["level", "customers", "auc", "auc_lo", "auc_hi", "forecast", "actual", "lo", "hi", "worse"]
    frame = pd.DataFrame(rows, columns=names)
    usual = (frame["auc"] * frame["customers"]).sum() / frame.loc[frame["auc"].notna(), "customers"].sum()
    return frame.assign(worse=frame["worse"] | (frame["auc_hi"] < usual))


def _auc_error(area: float, leavers: int, stayers: int) -> float:
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (leavers - 1) * (one - area**2) + (stayers - 1) * (two - area**2)
    return float(np.sqrt(max(spread, 0) / (leavers * stayers)))
