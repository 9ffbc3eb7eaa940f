"""Is somebody still a customer, how often will they buy, and what will they bring in?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from locales import N_
from models.customers import rfm
from models.customers.history import EVEN, HORIZONS, History, Season, ahead_of, busy, history
from models.customers.lifetimes import (
    BgNbd,
    GammaGamma,
    alive,
    comes,
    expected,
    fit,
    fit_value,
    mean_spend,
    under_way,
)
from models.customers.rfm import CannotTell, Purchases
from models.segmenting import SEGMENTS

QUICK = 3_000  # the same where a total of all is enough
DRAWS = 400  # of what is to come, for intervals
ALL = "all"
LEVEL = 0.8  # of the intervals
HOLD_OUT = 91  # days, the last quarter
ORIGINS = 4  # past days, whose misses make the interval of a total
SHUT = 0.5  # of the days, from which what came says nothing of what was to be expected
HELPS = 0.9  # times the miss without it: a season that does not take more off is none
POWERS = (1.0, 0.5)  # of what was seen of a season: all of it, or shrunk
DECILES = 10
MOST = 50.0  # of the logarithm of a miss: a draw of a heavy tail is not infinite, nor is nothing times it unknown


def season(bought: Purchases, seed: int = 0) -> Season:
    """The season of the purchases, shrunk, where past quarters were missed by less with it than without."""
    if busy(rfm.until(bought, len(bought.days) - 1 - HOLD_OUT)) is None:
        reason = N_("not known: the same time of the year has to be there twice, with a quarter before it to test on")
        return Season(EVEN.rates, reason)
    without, *tried = (misses(bought, HOLD_OUT, seed, power) for power in (0.0, *POWERS))
    best = int(np.argmin(tried))
    now = busy(bought)
    if now is None or tried[best] >= HELPS * without:
        reason = N_("none that would have foretold past quarters better")
        return Season(EVEN.rates, reason, (without, tried[best]))
    return now.shrunk(POWERS[best], (without, tried[best]))


@dataclass(frozen=True)
class Valued:
    """`customers`: one row a customer (place as index) with `alive`, `comes-30` ..., the probability of a
    purchase in so many days, `purchases-30` ... expected in them,
    `spend` of a purchase to come, `value-30` ... expected and, of the days that were asked for, the interval `lo` to
    `hi` of the value. `drawn`: the sum of the values of each segment's customers, and of all (columns), in futures
    (rows) that the data leave open, the parameters' own uncertainty and past misses on so many days, `times`, in them
    (see `total`).
    `together`: the rank correlation of how often and how much customers bought, which the model takes for none."""

    customers: pd.DataFrame
    drawn: pd.DataFrame
    days: int
    together: float
    bgnbd: BgNbd
    amounts: GammaGamma
    times: int


def total(valued: Valued, wanted: Sequence[str] = SEGMENTS) -> tuple[float, float, float]:
    """The sum of the values of all customers in the segments `wanted` and its interval of `LEVEL` (lo, hi)."""
    columns = [ALL] if set(wanted) == set(SEGMENTS) else list(wanted)
    low, high = valued.drawn[columns].sum(axis=1).quantile([(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    inside = valued.customers["segment"].isin(wanted)
    return float(valued.customers.loc[inside, f"value-{valued.days}"].sum()), float(low), float(high)


def learn(bought: Purchases, seed: int = 0, seasonal: Season = EVEN) -> tuple[BgNbd, GammaGamma]:
    """Both models of the customers. Raises CannotTell."""
    seen = history(bought, seasonal)
    return fit(seen, seed), fit_value(seen, seed)


@dataclass(frozen=True)
class _Past:
    """A past day: what was known `then`, the model learned of it, and the time that was to pass (`ahead`)."""

    then: Purchases
    seen: History
    model: BgNbd
    ahead: float
    last: int


def _pasts(bought: Purchases, days: int, seed: int, power: float) -> Iterator[_Past]:
    """Up to `ORIGINS` past days, a quarter apart, with two quarters before them, after which the shop was open for half
    of `days` or more. Where the data are too short for `days`, of quarters. With a `power` of what was known of the
    season on each of these days, only those on which something was."""
    end = len(bought.days) - 1
    days = days if end - days >= 2 * HOLD_OUT else HOLD_OUT
    for back in range(ORIGINS):
        day = end - days - back * HOLD_OUT
        if day < 2 * HOLD_OUT:
            return
        then = rfm.until(bought, day)
        known = busy(then) if power else EVEN
        if known is None:
            return
        seasonal = known.shrunk(power)
        if bought.is_shut[day + 1 : day + 1 + days].mean() > SHUT:
            continue
        seen = history(then, seasonal)
        try:
            model = fit(seen, seed, QUICK)
        except CannotTell:
            return
        clock = seasonal.clock(bought)  # closures are known afterwards
        yield _Past(then, seen, model, float(clock[day + days] - clock[day]), day + days)


def misses(bought: Purchases, days: int, seed: int = 0, power: float = 0.0) -> float:
    """By how much the purchases of all customers in `days` were missed in the past (see `_pasts`): the root of the mean
    squared logarithm of came / expected; 0 where the data are too short to know."""
    found = []
    for past in _pasts(bought, days, seed, power):
        seen, visits = past.seen, bought.bought
        forecast = float(expected(past.model, past.ahead, seen.repeats, seen.recency, seen.age).sum())
        actual = visits[(visits["day"] >= len(past.then.days)) & (visits["day"] <= past.last)]
        actual = actual[np.isin(actual["customer"], seen.customer)]
        found.append(np.log(max(len(actual), 1) / max(forecast, 1.0)))
    return float(np.sqrt(np.mean(np.square(found)))) if found else 0.0


@dataclass(frozen=True)
class Missed:
    """By how much the value of customers was missed in the past, as `misses` but less what chance makes: of all (no
    less than `misses`), and of those who were in each segment then (`parts`, in the order of `SEGMENTS`); on so many
    past days (`times`)."""

    total: float = 0.0
    parts: tuple[float, ...] = (0.0,) * len(SEGMENTS)
    times: int = 0


def missed(bought: Purchases, days: int, seed: int = 0, power: float = 0.0) -> Missed:
    """How far values were off in the past (see `_pasts`). Where a segment then had nobody, that of all counts."""
    rows = []
    for past in _pasts(bought, days, seed, power):
        seen, visits = past.seen, bought.visits
        try:
            amounts = fit_value(seen, seed)
        except CannotTell:
            break
        count = expected(past.model, past.ahead, seen.repeats, seen.recency, seen.age)
        worth = count * _spend(amounts, seen)
        after = visits[(visits["day"] >= len(past.then.days)) & (visits["day"] <= past.last)]
        came = np.bincount(after["customer"], after["revenue"], len(bought.customers))[seen.customer]
        segment = rfm.score(past.then)["segment"].loc[seen.customer].to_numpy()
        row = []
        for part in (np.ones(len(segment), bool), *(segment == one for one in SEGMENTS)):
            number, said = float(count[part].sum()), float(worth[part].sum())
            if number < 1 or said <= 0:
                row.append(np.nan)
                continue
            # Of a sum of n purchases chance makes a relative variance of 1 / n, and as much again of their amounts.
            row.append(np.log(max(float(came[part].sum()), said / number) / said) ** 2 - 2 / number)
        bought_then = after[after["is_sale"] & np.isin(after["customer"], seen.customer)]
        row[0] = max(row[0], np.log(max(len(bought_then), 1) / max(float(count.sum()), 1.0)) ** 2)
        rows.append(row)
    if not rows:
        return Missed()
    table = np.array(rows)
    whole = float(table[:, 0].mean())
    means = [one[~np.isnan(one)].mean() if (~np.isnan(one)).any() else whole for one in table.T[1:]]
    return Missed(float(np.sqrt(max(whole, 0.0))), tuple(float(np.sqrt(max(one, 0.0))) for one in means), len(rows))


def _spend(amounts: GammaGamma, seen: History) -> np.ndarray:
    """The mean amount of a purchase to come; where the population has no mean, that of those so far."""
    spend = mean_spend(amounts, seen.repeats + 1, seen.spend)
    return np.where(np.isfinite(spend), spend, np.maximum(seen.spend, 0.0))


def value(
    bought: Purchases,
    models: tuple[BgNbd, GammaGamma],
    days: int = 365,
    miss: Missed = Missed(),
    seed: int = 0,
    seasonal: Season = EVEN,
) -> Valued:
    """What each customer will bring in over the next `days` (one of `HORIZONS`), by what `learn` found.

    `miss`, of `missed`, makes the intervals of totals as wide as past errors ask for.
    """
    from scipy.stats import spearmanr

    seen = history(bought, seasonal)
    model, amounts = models
    x, recency, age = seen.repeats, seen.recency, seen.age
    spend = _spend(amounts, seen)
    made = {"alive": alive(model, x, recency, age), "spend": spend}
    for ahead in HORIZONS:
        busy_days = ahead_of(bought, ahead, seasonal)
        made[f"comes-{ahead}"] = comes(model, busy_days, x, recency, age)
        made[f"purchases-{ahead}"] = expected(model, busy_days, x, recency, age)
        made[f"value-{ahead}"] = made[f"purchases-{ahead}"] * spend
    rng = np.random.default_rng(seed)
    segment = rfm.score(bought)["segment"].loc[seen.customer]
    parts = [segment.to_numpy() == one for one in SEGMENTS]
    lo, hi, sums = _drawn(model, amounts, seen, ahead_of(bought, days, seasonal), rng, parts)
    sums = np.column_stack([sums, sums.sum(axis=1)])
    # Few past errors say little of how large they are: Student's t, one error for all segments at once.
    error = rng.standard_t(miss.times, (len(sums), 1)) if miss.times else np.zeros((len(sums), 1))
    season_error = seasonal.doubt(bought, days) * rng.standard_normal((len(sums), 1))
    sums *= np.exp(np.minimum(error * np.array([*miss.parts, miss.total]) + season_error, MOST))
    again = (x > 0) & (seen.spend > 0)
    varied = min(len(np.unique(values[again])) for values in (x, seen.spend)) > 1
    together = float(spearmanr(x[again], seen.spend[again]).statistic) if varied else float("nan")
    frame = pd.DataFrame({**made, "lo": lo, "hi": hi}, index=pd.Index(seen.customer, name="customer"))
    frame["segment"] = segment
    return Valued(frame, pd.DataFrame(sums, columns=[*SEGMENTS, ALL]), days, together, model, amounts, miss.times)


def _drawn(
    model: BgNbd,
    amounts: GammaGamma,
    seen: History,
    days: float,
    rng: np.random.Generator,
    parts: Sequence[np.ndarray],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values drawn from what the history leaves open: the ends of `LEVEL` of each customer's, and the sums (rows:
    draws) of the customers in each of the `parts`.

    Given that a customer still is one, rate and leaving are again gamma and beta, and the purchases to come are the
    lesser of a Poisson count and the geometric number after which they leave.
    """
    centre = np.log([model.r, model.alpha, model.a, model.b])
    draws = max(40, min(DRAWS, 4_000_000 // max(len(seen.age), 1)))
    values = np.empty((draws, len(seen.age)), dtype=np.float32)
    count = np.where(seen.spend > 0, seen.repeats + 1, 0)
    paid = np.maximum(seen.spend, 0) * count
    done = under_way(model, seen.repeats, seen.recency, seen.age).cumsum(axis=1)
    for row in range(draws):
        r, alpha, a, b = np.exp(rng.multivariate_normal(centre, model.covariance, method="eigh"))
        one = replace(model, r=r, alpha=alpha, a=a, b=b)
        bought = _purchases(one, seen, days, rng, done)
        rate = rng.gamma(amounts.p * count + amounts.q) / (amounts.gamma + paid)
        values[row] = np.where(bought > 0, rng.gamma(amounts.p * np.maximum(bought, 1)) / rate, 0)
    lo, hi = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return lo, hi, np.column_stack([values[:, part].sum(axis=1, dtype=float) for part in parts])


def _purchases(model: BgNbd, seen: History, days: float, rng: np.random.Generator, under_way: np.ndarray) -> np.ndarray:
    """One draw of each customer's number of purchases in the next `days`; `under_way`: the probabilities, summed up."""
    x, recency, age, shape = seen.repeats, seen.recency, seen.age, model.shape
    here = rng.random(len(age)) < alive(model, x, recency, age)
    done = (rng.random((len(age), 1)) > under_way[:, :-1]).sum(axis=1)
    rate = rng.gamma(model.r + shape * x + done) / (model.alpha + age)
    leaves = np.maximum(rng.beta(model.a, model.b + x + (shape > 1)), 1e-12)
    return np.where(here, np.minimum((rng.poisson(rate * days) + done) // shape, rng.geometric(leaves)), 0)


@dataclass(frozen=True)
class BackTest:
    """The last `days` of the data, foretold with what was known before. `customers`: `comes`, the
    probability of a purchase, `expected`, `actual` and
    `before`, the purchases of as many days before them, `lo` and `hi` of `LEVEL`. `deciles`: their means by tenth of
    what was expected, with the standard error of the actual mean. `errors`: mean absolute error of the model and of
    "as before". `held`: the share of customers within lo to hi, and `promised`, that expected: more than `LEVEL`, as
    purchases are whole numbers. `season`: that known before them."""

    customers: pd.DataFrame
    deciles: pd.DataFrame
    errors: tuple[float, float]
    held: float
    promised: float
    days: int
    since: pd.Timestamp
    season: Season = EVEN


def backtest(bought: Purchases, days: int = HOLD_OUT, seed: int = 0) -> BackTest:
    """How the model foretold the last `days`. Raises CannotTell where the days before them are too few for it."""
    end = len(bought.days) - 1
    if end < 3 * days:
        raise CannotTell(
            N_("Days that these sales span: {count}. To test on the last {days} takes {least}."),
            count=end + 1,
            days=days,
            least=3 * days + 1,
        )
    then = rfm.until(bought, end - days)
    seasonal = season(then, seed)
    clock = seasonal.clock(bought)  # closures are known afterwards
    seen, ahead = history(then, seasonal), float(clock[end] - clock[end - days])
    model = fit(seen, seed)
    rng = np.random.default_rng(seed)
    done = under_way(model, seen.repeats, seen.recency, seen.age).cumsum(axis=1)
    drawn = np.array([_purchases(model, seen, ahead, rng, done) for _draw in range(200)])
    lo, hi = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0, method="inverted_cdf")
    visits = bought.bought
    day, customer = visits["day"].to_numpy(), visits["customer"].to_numpy()
    size = len(bought.customers)
    later = np.bincount(customer[day > end - days], minlength=size)
    before = np.bincount(customer[(day <= end - days) & (day > end - 2 * days)], minlength=size)
    made = pd.DataFrame(
        {
            "comes": comes(model, ahead, seen.repeats, seen.recency, seen.age),
            "expected": expected(model, ahead, seen.repeats, seen.recency, seen.age),
            "actual": later[seen.customer],
            "before": before[seen.customer],
            "lo": lo,
            "hi": hi,
        },
        index=pd.Index(seen.customer, name="customer"),
    )
    tenth = (DECILES * made["expected"].rank(method="first").sub(1) / len(made)).astype(int)
    groups = made.groupby(tenth.rename("decile"))
    deciles = groups[["expected", "actual", "before"]].mean()
    deciles["error"] = groups["actual"].std().fillna(0) / np.sqrt(groups.size())
    deciles["customers"] = groups.size()
    return BackTest(
        made,
        deciles.reset_index(),
        (
            float((made["expected"] - made["actual"]).abs().mean()),
            float((made["before"] - made["actual"]).abs().mean()),
        ),
        float(made["actual"].between(made["lo"], made["hi"]).mean()),
        float(((drawn >= lo) & (drawn <= hi)).mean()),
        days,
        then.days[-1],
        seasonal,
    )
