"""New products by their likes: what the earlier launches of a category came to, as many days after their first sale.

A product with less than four weeks of sales says how large it is, not how it will go on. Of each earlier launch both
are known: what it sold in its first days, and in the weeks after them. The logarithm of their ratio has a mean and a
spread over the launches; the new product has a ratio of its own, of which only that is known (a prediction interval of
Student's t), from a level that its own first days tell as well as those of the others told theirs.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.schemas import IS_GOODS
from models.forecast.source import MEASURES

FRESH = 28  # days from the first sale, from which a product is told by its own history
LIKES = 8  # earlier launches, from which there is something to tell by
BEFORE = 91  # days of data before a first sale that show a launch, and not a product that seldom sells
NEAR = 4.0  # times as much or as little in the first days, of launches of about the same size
PATHS = 1_000
# The sales of products by their age in days, of all that were launched while the data were kept.
SOLD = f"""
    WITH goods AS (
        SELECT product, CAST(timestamp AS DATE) AS day, {{measure}} AS amount, {{category}} AS category
        FROM sales WHERE {IS_GOODS}
    ), launches AS (
        SELECT product, min(day) FILTER (amount > 0) AS launched, coalesce(mode(category), '') AS category
        FROM goods GROUP BY product
        HAVING launched >= (SELECT min(day) FROM goods) + {{before}}
    )
    SELECT product, launches.category, launched, day - launched AS age, summed(amount) AS sold
    FROM goods JOIN launches USING (product) WHERE day >= launched AND day < launched + $days GROUP BY ALL ORDER BY ALL
"""  # noqa: S608  # a condition of ours


@dataclass(frozen=True)
class Launch:
    """The forecast of a new product: `frame`, `total` and `futures` as those of `combined.Forecast`. `likes` earlier
    launches told it, of its `category` or ("") of all; it has sold `sold` in the first `age` days."""

    frame: pd.DataFrame
    total: dict[int, tuple[float, float]]
    futures: np.ndarray
    likes: int
    category: str
    age: int
    sold: float


def sold(columns: dict[str, str], measure: str) -> str:
    """The query of `launch`, of one of `source.MEASURES` and the first `$days` days of each launch."""
    if measure not in MEASURES:
        raise ValueError(measure)
    return SOLD.format(
        measure="amount" if measure == "revenue" else "quantity",
        category="category" if "category" in columns else "NULL::VARCHAR",
        before=BEFORE,
    )


def launch(found: pd.DataFrame, product: str, last: pd.Timestamp, horizon: int, seed: int = 0) -> Launch | None:
    """The forecast of a new product over the `horizon` days after `last`, from what `sold` answers of all launches.

    None where it is not new (from `FRESH` days on), or fewer than `LIKES` earlier launches tell of as many days.
    """
    days = _typed(found)
    own = days[days["product"] == product]
    if own.empty:
        return None
    age = (last.normalize() - own["launched"].iloc[0]).days + 1
    level, category = float(own["sold"].sum()), str(own["category"].iloc[0])
    if not 1 <= age < FRESH or level <= 0:
        return None
    whole = _over(days, last, age + horizon)
    early = whole[whole["age"] < age].groupby("product")["sold"].sum()
    early_, curves = early.to_numpy(float), _curves(whole, early.index, age, horizon)
    same = np.isin(early.index, whole.loc[whole["category"] == category, "product"])
    for which in (same & _near(early_, level), same, _near(early_, level), early_ > 0):
        which = which & (early_ > 0)
        if which.sum() >= LIKES:
            break
    else:
        return None
    told_by = category if same[which].all() and (~same).any() else ""
    begin = last.normalize() + pd.Timedelta(days=1)
    return Launch(*_told(early_[which], curves[which], level, begin, seed), int(which.sum()), told_by, age, level)


def not_yet(found: pd.DataFrame, category: str, last: pd.Timestamp, horizon: int, seed: int = 0) -> Launch | None:
    """What a product of a `category` that nobody has sold yet will sell in its first `horizon` days, were the first one
    that after the day `last`, from what `sold` answers of all launches; None where fewer than `LIKES` tell."""
    whole = _over(_typed(found), last, horizon)
    whole = whole[whole["category"] == category]
    names = pd.Index(whole["product"].unique())
    if len(names) < LIKES:
        return None
    curves = _curves(whole, names, 0, horizon)
    begin = last.normalize() + pd.Timedelta(days=1)
    return Launch(*_told(np.ones(len(names)), curves, 1.0, begin, seed), len(names), category, 0, 0.0)


def _typed(found: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {"product": found["product"].astype(str), "category": found["category"].astype(str)}, found.index
    ).assign(launched=pd.to_datetime(found["launched"]), age=found["age"].astype(int), sold=found["sold"].astype(float))


def _over(days: pd.DataFrame, last: pd.Timestamp, age: int) -> pd.DataFrame:
    """The days of those that were launched so long before the last day that all of so many days are known."""
    return days[days["launched"] + pd.Timedelta(days=age - 1) <= last.normalize()]


def _curves(days: pd.DataFrame, products: pd.Index, age: int, horizon: int) -> np.ndarray:
    """What each of some products sold on each of the `horizon` days from `age` on."""
    late = days[(days["age"] >= age) & (days["age"] < age + horizon)]
    curves = np.zeros((len(products), horizon))
    np.add.at(curves, (products.get_indexer(late["product"]), late["age"].to_numpy() - age), late["sold"].to_numpy())
    return np.maximum(curves, 0.0)


def _near(early: np.ndarray, level: float) -> np.ndarray:
    return (early >= level / NEAR) & (early <= level * NEAR)


def _told(
    early: np.ndarray, curves: np.ndarray, level: float, begin: pd.Timestamp, seed: int
) -> tuple[pd.DataFrame, dict[int, tuple[float, float]], np.ndarray]:
    """Futures that are each as long as one of the `curves` of earlier launches, at a total of their own."""
    from scipy.stats import t

    rng, size, late = np.random.default_rng(seed), len(early), curves.sum(axis=1)
    small = 0.5 * float(early[early > 0].min())  # what ended at once has a ratio, too
    ratio = np.log((late + small) / (early + small))
    place = rng.permutation((np.arange(PATHS) + 0.5) / PATHS)
    spread = ratio.std(ddof=1) * np.sqrt(1 + 1 / size)
    sums = np.maximum((level + small) * np.exp(ratio.mean() + spread * t.ppf(place, size - 1)) - small, 0.0)
    went = np.flatnonzero(late > 0)
    shape = curves[rng.choice(went, PATHS)] if len(went) else np.ones((PATHS, curves.shape[1]))
    paths = sums[:, None] * shape / shape.sum(axis=1, keepdims=True)
    # The mean of the sum is that of ratios: that of draws with such tails would be told by the farthest of them.
    mean = (level + small) * float((late + small).sum() / (early + small).sum()) - small
    usual = curves.sum(axis=0) / max(late.sum(), 1e-12) if late.sum() else np.full(curves.shape[1], 0.0)
    dates = pd.date_range(begin, periods=curves.shape[1], name="date")
    frame = pd.DataFrame({"mean": max(mean, 0.0) * usual}, dates)
    total = {}
    for share in (80, 95):
        ends = [(1 - share / 100) / 2, (1 + share / 100) / 2]
        lo, hi = np.quantile(paths, ends, axis=0)
        frame[f"lo-{share}"], frame[f"hi-{share}"] = np.minimum(lo, frame["mean"]), np.maximum(hi, frame["mean"])
        total[share] = tuple(np.quantile(sums, ends).tolist())
    return frame, total, paths
