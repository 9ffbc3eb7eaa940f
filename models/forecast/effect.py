"""Was it worth it? What a past promotion, price or closure did, against what others say would have been sold without.

A synthetic control (Abadie, Diamond and Hainmueller 2010): parts of the shop that were not touched, and the same days a
year before, weighed so that they followed the one that was. How sure that is comes from placebos: periods of the same
length in which nothing happened, asked the same question.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.schemas import IS_GOODS
from locales import N_
from models.forecast import source
from models.forecast.elasticity import LEAST_CHANGE, Elasticity, quantile
from models.forecast.series import CannotForecast

BEFORE = 56  # days that set the level
MAX_DAYS = 91  # days of a period
LEARNED = 730  # days back that weights are learned from
MIN_PLACEBOS = 10  # placebos
MAX_PLACEBOS = 60
PENALTY = 1.0  # of weights that differ, in variances of a week
YEAR = 364
MIN_UNITS = 20  # in the level's days, for a ratio to mean something

# Units a day of the parts that were not touched: `{by}` other than that of the `$value`.
OTHERS = f"""
    SELECT {{by}} AS part, date_trunc('day', timestamp) AS day, summed(quantity) AS units FROM sales
    WHERE {IS_GOODS} AND {{by}} IS NOT NULL AND {{by}} IS DISTINCT FROM {{own}}
    GROUP BY ALL ORDER BY ALL
"""  # noqa: S608  # a condition of ours
# The price of what is chosen from `$start` to `$end` over that of the eight weeks before, product by product, and the
# mean price and unit cost of those weeks.
CHANGE = """
    WITH chosen AS (SELECT * FROM sales WHERE line_type = 'sale' AND quantity > 0 AND unit_price > 0{where}),
    before AS (SELECT product, median(unit_price) AS price, sum(quantity) AS units, sum(amount) AS paid,
                      {cost} AS cost
               FROM chosen WHERE timestamp < CAST($start AS DATE)
               AND timestamp >= CAST($start AS DATE) - to_days({before}) GROUP BY product),
    during AS (SELECT product, median(unit_price) AS price FROM chosen
               WHERE CAST(timestamp AS DATE) BETWEEN CAST($start AS DATE) AND CAST($end AS DATE) GROUP BY product),
    matched AS (SELECT before.units, during.price / before.price AS ratio FROM before JOIN during USING (product))
    SELECT (SELECT exp(sum(units * ln(ratio)) / sum(units)) FROM matched) AS ratio,
           sum(paid) / sum(units) AS price, sum(cost) / sum(units) AS cost
    FROM before
"""


@dataclass(frozen=True)
class Effect:
    """What was sold in a period over what would have been without: `share` (0.2 is 20 % more) with a 95 % interval
    from `lo` to `hi`; in units what was `sold`, and what was `added`, as (value, lo, hi).

    `days` has a row a day from eight weeks before: `actual`, `expected`. `placebos` a row a period in which nothing
    happened: `start`, `share`. `chance` is how often such a period shows at least as much. `weights` are those of the
    parts it is compared with.
    """

    share: float
    lo: float
    hi: float
    sold: float
    added: tuple[float, float, float]
    days: pd.DataFrame
    placebos: pd.DataFrame
    chance: float
    weights: pd.Series


def others(part: str | None, columns: dict[str, str]) -> str | None:
    """The query for what a part is compared with: other stores, or other categories, as products of one are bought
    instead of each other. None for everything: only the year before is left."""
    if part is None or (part == "category" and "category" not in columns):
        return None
    if part == "store":
        return OTHERS.format(by="store", own="$value")
    if part not in source.PARTS:
        return OTHERS.format(by=source.known(part, columns), own="$value")
    own = "$value" if part == "category" else "(SELECT max(category) FROM sales WHERE product = $value)"
    return OTHERS.format(by="category", own=own) if "category" in columns else None


def change(part: str | None, columns: dict[str, str]) -> str:
    """`CHANGE` for everything, or for the `$value` of a part. Raises ValueError for an unknown part."""
    cost = "sum(quantity * unit_cost)" if "unit_cost" in columns else "NULL::DOUBLE"
    return CHANGE.format(where=source.only(part, columns), cost=cost, before=BEFORE)


def worth(sold: pd.Series, donors: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> Effect:
    """What happened to `sold` (units by day, every day) from `start` to `end`; `donors` are the units of what was not
    touched, a column each, on the same days. Raises `CannotForecast`."""
    length = (end - start).days + 1
    sold = sold[: end + pd.Timedelta(days=BEFORE)].iloc[-LEARNED - BEFORE :]
    if not 1 <= length <= MAX_DAYS or start not in sold.index or end not in sold.index:
        raise CannotForecast(N_("Choose a period of 1 to 91 days that lies in the data."))
    y, x, names = _scaled(sold, donors.reindex(sold.index).fillna(0.0))
    first = int(sold.index.get_loc(start))
    touched = np.zeros(len(y), bool)
    touched[first : first + length] = True
    if first < BEFORE or sold.iloc[first - BEFORE : first].sum() < MIN_UNITS:
        raise CannotForecast(N_("Too little was sold in the eight weeks before this period to say what was usual."))
    weights = _weights(y, x, touched)
    synthetic = x @ weights
    _log, expected = _asked(y, synthetic, first, length)
    false = []
    for place in _places(len(y), length, touched):
        out = touched.copy()
        out[max(place - 7, 0) : place + length + 7] = True
        log, _expected = _asked(y, x @ _weights(y, x, out), place, length)
        if np.isfinite(log):
            false.append((sold.index[place], log))
    if len(false) < MIN_PLACEBOS:
        raise CannotForecast(N_("There is too little history without it to say how sure an effect would be."))
    logs = np.array([log for _day, log in false])
    apart = len(logs) * 2 * max(length, 7) / (BEFORE + length)  # fewer than they are: their levels overlap
    reach = quantile(max(apart, 3.0)) * float(np.sqrt((logs**2).mean() * (1 + 1 / len(logs))))
    profile = _profile(sold)[sold.index.day_of_week]
    level = float(sold[sold > 0].mean())
    base = float((expected * profile[first : first + length]).sum() * level)
    total = float(sold.iloc[first : first + length].sum())
    found = float(np.log(max(total, 0.5) / base)) if base > 0 else np.nan
    if not np.isfinite(found):
        raise CannotForecast(N_("Too little was sold in the eight weeks before this period to say what was usual."))
    share, lo, hi = (float(np.expm1(one)) for one in (found, found - reach, found + reach))
    shown = slice(first - BEFORE, first + length)
    ratio = y[first - BEFORE : first].sum() / max(synthetic[first - BEFORE : first].sum(), 1e-12)
    days = pd.DataFrame({"actual": sold, "expected": synthetic * ratio * profile * level}, sold.index).iloc[shown]
    return Effect(
        share,
        lo,
        hi,
        total,
        (total - base, total - total / (1 + lo), total - total / (1 + hi)),
        days,
        pd.DataFrame(false, columns=["start", "log"]).assign(share=lambda one: np.expm1(one["log"]))[
            ["start", "share"]
        ],
        float((1 + (np.abs(logs) >= abs(found)).sum()) / (1 + len(logs))),
        pd.Series(weights, names).sort_values(ascending=False),
    )


def measured(effect: Effect, ratio: float) -> Elasticity | None:
    """The elasticity that an effect shows where prices changed to `ratio` of the usual ones; None where they hardly
    did."""
    change = float(np.log(ratio)) if ratio > 0 else 0.0
    if abs(change) < LEAST_CHANGE:
        return None
    ends = sorted(-float(np.log1p(max(one, -0.99))) / change for one in (effect.lo, effect.hi))
    value = -float(np.log1p(max(effect.share, -0.99))) / change
    return Elasticity(value, ends[0], ends[1], 1, seen=(min(ratio - 1, 0.0), max(ratio - 1, 0.0)))


def money(effect: Effect, ratio: float, price: float, cost: float) -> tuple[float, float, float]:
    """What an effect earned, as (value, lo, hi): the margin of what was sold at `ratio` times the usual `price`, less
    that of what would have been sold at the usual one. With a `cost` of zero it is revenue."""
    earned = (price * ratio - cost) * effect.sold
    value, one, other = (earned - (price - cost) * (effect.sold - added) for added in effect.added)
    return value, min(one, other), max(one, other)


def _profile(sold: pd.Series) -> np.ndarray:
    """The mean of each weekday over that of all days that sell something."""
    means = sold.groupby(sold.index.day_of_week).mean().reindex(range(7)).fillna(0.0).to_numpy()
    return means / max(float(sold[sold > 0].mean()), 1e-12)


def _scaled(sold: pd.Series, donors: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """The series, and what it is compared with: donors, a level, itself a year before. Without weekdays, around 1."""
    columns = {str(name): donors[name] for name in donors if donors[name].gt(0).mean() > 0.5}
    shaped = {}
    for name, one in {"": sold, **columns}.items():
        profile = _profile(one)[one.index.day_of_week]
        plain = np.divide(one.to_numpy(float), profile * max(float(one[one > 0].mean()), 1e-12),
                          out=np.zeros(len(one)), where=profile > 0)  # fmt: skip
        shaped[name] = plain
    y = shaped.pop("")
    weeks = pd.Series(y).rolling(7, center=True, min_periods=1).mean().to_numpy()
    shaped[N_("a steady level")] = np.ones(len(y))
    if len(y) > YEAR + 4 * BEFORE:
        ago = np.full(len(y), np.nan)
        ago[YEAR:] = weeks[:-YEAR]
        shaped[N_("a year before")] = np.where(np.isnan(ago), np.nanmean(ago), ago)
    return y, np.column_stack(list(shaped.values())), list(shaped)


def _weights(y: np.ndarray, x: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Weights of at least zero, near each other where nothing speaks for one, that follow `y` by week outside `out`."""
    from scipy.optimize import nnls

    week = np.arange(len(y)) // 7
    kept = ~out
    count = np.bincount(week[kept], minlength=week[-1] + 1)
    full = count >= 4
    mean = lambda one: np.bincount(week[kept], one[kept], minlength=week[-1] + 1)[full] / count[full]  # noqa: E731
    left = np.column_stack([mean(one) for one in x.T])
    right = mean(y)
    spread = np.sqrt(PENALTY * max(float(np.var(np.diff(right))), 1e-6) * x.shape[1])
    left = np.vstack([left, spread * np.eye(x.shape[1])])
    right = np.r_[right, np.full(x.shape[1], spread / x.shape[1])]
    return nnls(left, right)[0]


def _asked(y: np.ndarray, synthetic: np.ndarray, first: int, length: int) -> tuple[float, np.ndarray]:
    """The log of what was sold in a period over what the synthetic one says, at the level of the weeks before it."""
    before = slice(first - BEFORE, first)
    base = synthetic[before].sum()
    if base <= 0 or y[before].sum() <= 0:
        return np.nan, np.zeros(length)
    expected = synthetic[first : first + length] * y[before].sum() / base
    total = y[first : first + length].sum()
    return (float(np.log(total / expected.sum())) if total > 0 and expected.sum() > 0 else np.nan), expected


def _places(days: int, length: int, touched: np.ndarray) -> Iterator[int]:
    """Where placebos begin, one after the other, back from the period: neither they nor their level touch it."""
    places = [
        first for first in range(days - length, BEFORE - 1, -max(length, 7))
        if not touched[first - BEFORE : first + length].any()
    ]  # fmt: skip
    yield from places[:MAX_PLACEBOS]
