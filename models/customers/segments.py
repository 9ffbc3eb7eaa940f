"""Groups of customers that the data show by themselves, and how customers move between the named segments."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from models.customers import rfm
from models.customers.rfm import Purchases

FEATURES = ("recency", "frequency", "revenue")
MAX_CLUSTERS = 8  # clusters
STABLE = 0.9  # adjusted Rand index, from which a number of clusters counts as stable
MIN_CUSTOMERS = 60  # customers that can be grouped
SAMPLE = 2_000  # customers on which stability is measured
RESAMPLES = 12
NEIGHBOURS = 10  # of DBSCAN: as many make a dense place
CURVE = 300  # points of the k-distance curve
QUARTER = 91  # days, whole weeks
NOT_YET = "not yet"
# How stable one cluster is, by the mean Jaccard similarity with its like in resamples (Hennig 2007, Computational
# Statistics and Data Analysis 52, 258-271): from here on it is stable, and below the second it dissolves.
SURE, DISSOLVES = 0.75, 0.6


@dataclass(frozen=True)
class Clusters:
    """`labels` of the customers of a scored table, in its order: 0 ... by falling revenue a customer; -1: an outlier.

    `profile`: a row a cluster (-1 too) with `customers`, the medians of `FEATURES`, `share` and `revenue_share`, and,
    for k-means, `jaccard`. `stability`: mean and standard deviation of the adjusted Rand index for each number of
    clusters k (k-means only). `distances`: of DBSCAN, the sorted distances to the `NEIGHBOURS`-th neighbour, and
    `radius`, the one used.
    """

    labels: np.ndarray
    profile: pd.DataFrame
    stability: pd.DataFrame
    distances: np.ndarray
    radius: float


def features(scored: pd.DataFrame) -> np.ndarray:
    """Recency, frequency and revenue on the scale of logarithms, each with mean 0 and standard deviation 1.

    Revenue below 1 counts as 1: what is under it is too little to be told apart.
    """
    raw = np.stack(
        [np.log1p(scored["recency"]), np.log(scored["frequency"]), np.log(scored["revenue"].clip(lower=1.0))], axis=1
    )
    spread = raw.std(0)
    return (raw - raw.mean(0)) / np.where(spread > 0, spread, 1.0)


def kmeans(scored: pd.DataFrame, k: int = 0, seed: int = 0) -> Clusters:
    """K-means with `k` clusters; 0 takes, of the numbers whose stability is within noise of the best, the one
    whose clusters are farthest apart for their size (mean silhouette, Rousseeuw 1987).

    Stability: k-means is fitted on `RESAMPLES` samples of the customers drawn with replacement; the adjusted Rand index
    (Hubert and Arabie 1985) says how alike the groups that each makes of all customers are to those of the whole.
    """
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score, silhouette_score

    points = features(scored)
    rng = np.random.default_rng(seed)
    some = points if len(points) <= SAMPLE else points[rng.choice(len(points), SAMPLE, replace=False)]
    kinds = len(np.unique(some.round(9), axis=0))
    rows, jaccard = [], {}
    for count in range(2, min(MAX_CLUSTERS, kinds - 1) + 1):
        whole = KMeans(count, n_init=4, random_state=seed).fit(some)
        alike, similar = [], np.zeros((RESAMPLES, count))
        for number in range(RESAMPLES):
            drawn = some[rng.integers(0, len(some), len(some))]
            again = KMeans(count, n_init=2, random_state=number).fit(drawn).predict(some)
            alike.append(adjusted_rand_score(whole.labels_, again))
            both = np.bincount(whole.labels_ * count + again, minlength=count * count).reshape(count, count)
            union = both.sum(1, keepdims=True) + both.sum(0, keepdims=True) - both
            similar[number] = (both / np.maximum(union, 1)).max(1)
        rows.append({"k": count, "ari": np.mean(alike), "spread": np.std(alike)})
        jaccard[count] = (whole, similar.mean(0))
    stability = pd.DataFrame(rows, columns=["k", "ari", "spread"])
    if k not in jaccard:
        # Groups that are far apart are found again however they are merged, and often where one is split by chance.
        best = stability.loc[stability["ari"].idxmax()]
        like = stability.loc[stability["ari"] >= best["ari"] - best["spread"], "k"]
        k = int(max(like, key=lambda count: silhouette_score(some, jaccard[count][0].labels_)))
    model, similar = jaccard[k]
    labels, order = _ordered(model.predict(points), scored)
    profile = _profile(labels, scored)
    profile["jaccard"] = similar[order][profile["cluster"]]
    return Clusters(labels, profile, stability, np.empty(0), float("nan"))


def dbscan(scored: pd.DataFrame, radius: float = 0.0) -> Clusters:
    """DBSCAN (Ester, Kriegel, Sander and Xu 1996): dense places, and outliers between them.

    Without a `radius` it is the elbow of the sorted distances to the `NEIGHBOURS`-th neighbour: where they are farthest
    below the line from the first to the last (Satopää and others 2011). Needs `MIN_CUSTOMERS` customers.
    """
    from sklearn.cluster import DBSCAN
    from sklearn.neighbors import NearestNeighbors

    points = features(scored)
    # Of equal customers (same recency, frequency and revenue to the cent) there are few, so that few distances are 0.
    far = NearestNeighbors(n_neighbors=NEIGHBOURS + 1).fit(points).kneighbors(points)[0][:, -1]
    distances = np.sort(far)
    at = np.linspace(0, 1, len(distances))
    scaled = (distances - distances[0]) / max(float(np.ptp(distances)), 1e-12)
    elbow = max(float(distances[int((at - scaled).argmax())]), 1e-6)
    used = radius or elbow
    labels, _order = _ordered(DBSCAN(eps=used, min_samples=NEIGHBOURS).fit_predict(points), scored)
    thin = distances[np.unique(np.linspace(0, len(distances) - 1, CURVE).astype(int))]
    return Clusters(labels, _profile(labels, scored), pd.DataFrame(columns=["k", "ari", "spread"]), thin, used)


def _ordered(labels: np.ndarray, scored: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Labels numbered by falling mean revenue, and the old number of each new one; -1 stays."""
    count = int(labels.max()) + 1
    inside = labels >= 0
    revenue = np.bincount(labels[inside], scored["revenue"].to_numpy()[inside], count)
    order = np.argsort(-revenue / np.maximum(np.bincount(labels[inside], minlength=count), 1), kind="stable")
    place = np.append(np.argsort(order), -1)
    return place[labels], order


def _profile(labels: np.ndarray, scored: pd.DataFrame) -> pd.DataFrame:
    groups = scored.groupby(labels)
    made = groups[list(FEATURES)].median()
    made.insert(0, "customers", groups.size())
    made["share"] = made["customers"] / len(scored)
    total = float(scored["revenue"].sum())
    made["revenue_share"] = groups["revenue"].sum() / total if total > 0 else np.nan
    return made.rename_axis("cluster").reset_index()


def against(profile: pd.DataFrame, scored: pd.DataFrame) -> pd.DataFrame:
    """How each cluster differs from all customers: of each of `FEATURES` the share of all customers whose value is
    below its median, halves of those that are equal to it."""
    made = {"cluster": profile["cluster"]}
    for name in FEATURES:
        values = np.sort(scored[name].to_numpy(float))
        low, high = (np.searchsorted(values, profile[name].to_numpy(float), side) for side in ("left", "right"))
        made[name] = (low + high) / 2 / len(values)
    return pd.DataFrame(made)


def movement(bought: Purchases, quarters: int = 2) -> tuple[list[pd.Timestamp], list[pd.DataFrame]]:
    """How customers moved between segments over the last `quarters`, as many as the data hold with one before them.

    Returns the days (first to last) and, for each pair of days that follow each other, a frame with the segments
    `start` and `end` (`NOT_YET` for who had not bought) and the number of `customers`. Scores are those of each day.
    """
    end = len(bought.days) - 1
    days = [end - QUARTER * back for back in range(quarters, -1, -1) if end - QUARTER * back >= QUARTER]
    found: list[pd.Series] = []
    for day in days:
        segment = rfm.score(rfm.until(bought, day))["segment"].astype(object)
        found.append(segment.reindex(range(len(bought.customers))).fillna(NOT_YET))
    moves = []
    for one, other in pairwise(found):
        pairs = pd.DataFrame({"start": one, "end": other})
        counted = pairs[pairs["end"] != NOT_YET].value_counts().rename("customers").reset_index()
        moves.append(counted)
    return [bought.days[day] for day in days], moves


def spread_over(customers: Sequence[object], codes: np.ndarray, scored: pd.DataFrame, names: np.ndarray) -> np.ndarray:
    """For lines with a customer (`codes` of `customers`, -1 for none) the place of the segment in `SEGMENTS`, or -1."""
    place = pd.Series(scored["segment"].cat.codes.to_numpy(), names[scored.index.to_numpy()])
    of = np.append(place.reindex(list(customers)).fillna(-1).to_numpy(dtype=np.int64), -1)
    return of[codes]
