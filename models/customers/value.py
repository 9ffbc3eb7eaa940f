"""Is somebody still a customer, how often will they buy, and what will they bring in?

BG/NBD: P. Fader, B. Hardie and K. L. Lee (2005), "Counting your customers" the easy way, Marketing Science 24, 275-284.
Gamma-Gamma: P. Fader and B. Hardie (2013), The Gamma-Gamma model of monetary value, brucehardie.com/notes/025.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from locales import N_
from models.customers import rfm
from models.customers.rfm import CannotTell, Purchases

MIN_CUSTOMERS = 50  # customers, and purchases after the first, that can be learned from
SAMPLE = 20_000  # customers that the models are learned from: more change nothing that is shown
QUICK = 3_000  # the same where a total of all is enough
DRAWS = 400  # of what is to come, for intervals
HORIZONS = (30, 90, 365)  # days
LEVEL = 0.8  # of the intervals
HOLD_OUT = 91  # days, the last quarter
ORIGINS = 4  # past days, whose misses make the interval of a total
PERIODS = 13  # of a year: four weeks each
SEEN = 65  # weeks, a year and a quarter, from which a season can be seen to come again
HELPS = 0.9  # times the miss without it: a season that does not take more off is none
POWERS = (1.0, 0.5)  # of what was seen of a season: all of it, or shrunk
DECILES = 10
_BOUNDS = (np.log(1e-4), np.log(1e5))


@dataclass(frozen=True)
class History:
    """Of each customer who bought (an array element each): `customer`, the place in `Purchases.customers`; `repeats`
    (x), days on which they bought after the first; `recency` (t_x), days from the first to the last; `age` (T), days
    from the first to the end of the data; `spend`, mean net revenue of a purchase."""

    customer: np.ndarray
    repeats: np.ndarray
    recency: np.ndarray
    age: np.ndarray
    spend: np.ndarray

    def take(self, which: np.ndarray) -> "History":
        return History(*(values[which] for values in vars(self).values()))


@dataclass(frozen=True)
class BgNbd:
    """While a customer is one, purchases are Poisson with a rate that is gamma (`r`, rate `alpha`, a day) over the
    customers; after each they leave with a probability that is beta (`a`, `b`).
    `covariance`: of the logarithms of the four."""

    r: float
    alpha: float
    a: float
    b: float
    loglikelihood: float
    covariance: np.ndarray


@dataclass(frozen=True)
class GammaGamma:
    """The amounts of a customer's purchases are gamma with shape `p` and a rate that is gamma (shape `q`, rate `gamma`)
    over the customers, and have nothing to do with how often they buy."""

    p: float
    q: float
    gamma: float


@dataclass(frozen=True)
class Season:
    """How busy each of `PERIODS` of the year is, over the mean (`rates`): all 1 where none is known, and `reason` is a
    sentence (marked for translation) that says why. `miss`: that of the past without and with it (see `misses`).
    `covariance`: of the logarithms of the rates; `power`: of what was seen, 0 where none is known."""

    rates: np.ndarray
    reason: str = ""
    miss: tuple[float, float] = (0.0, 0.0)
    covariance: np.ndarray = field(default_factory=lambda: np.zeros((PERIODS, PERIODS)))
    power: float = 0.0

    def clock(self, bought: Purchases) -> np.ndarray:
        """The time that has passed at the end of each day, of the data and of the longest horizon, in days as busy as
        the mean: on this clock purchases come at an even rate."""
        first = bought.days[0] if len(bought.days) else pd.Timestamp(0)
        every = pd.date_range(first, periods=len(bought.days) + HORIZONS[-1])
        return np.cumsum(self.rates[_period(every)])

    def shrunk(self, power: float, miss: tuple[float, float] = (0.0, 0.0)) -> "Season":
        """With its rates to this power."""
        return Season(self.rates**power, "", miss, self.covariance, power)

    def doubt(self, bought: Purchases, days: int) -> float:
        """The standard deviation of the logarithm of the time that passes in the next `days`."""
        ahead = pd.date_range(bought.days[-1] + pd.Timedelta(days=1), periods=days)
        share = np.bincount(_period(ahead), minlength=PERIODS) * self.rates
        against = share / share.sum() - 1 / PERIODS
        return float(np.sqrt(against @ self.covariance @ against))


def _period(days: pd.DatetimeIndex) -> np.ndarray:
    return (days.day_of_year.to_numpy() - 1) * PERIODS // 366


EVEN = Season(np.ones(PERIODS))


def busy(bought: Purchases) -> Season | None:
    """The purchases of each of `PERIODS` over those of a mean one, beside a trend that bends twice a year at most; None
    where less than a year and a quarter is known.

    Penalised least squares of the logarithm of a week's purchases, weighed by what chance makes of them.
    """
    weeks = len(bought.days) // 7
    if weeks < SEEN:
        return None
    cut = len(bought.days) - 7 * weeks
    count = np.bincount(bought.bought["day"].to_numpy(), minlength=len(bought.days))[cut:]
    count = count.reshape(weeks, 7).sum(axis=1) + 0.5
    share = np.eye(PERIODS)[_period(bought.days[cut:])].reshape(weeks, 7, PERIODS).mean(axis=1)
    at = np.arange(weeks) / 52
    bends = np.maximum(at[:, None] - np.arange(0.5, at[-1] - 0.25, 0.5), 0)
    design = np.column_stack([np.ones(weeks), at, bends, share])
    # Standard deviations: of a bend (log a year), of a period, and of a week beside what chance makes.
    doubt = np.r_[0.0, 0.0, np.full(bends.shape[1], 1.0), np.ones(PERIODS)]
    weight = 1 / (1 / count + 0.1**2)
    covariance = np.linalg.inv((design.T * weight) @ design + np.diag(doubt + 1e-9))
    rates = np.exp((covariance @ ((design.T * weight) @ np.log(count)))[-PERIODS:])
    return Season(rates / rates.mean(), covariance=covariance[-PERIODS:, -PERIODS:])


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


def history(bought: Purchases, seasonal: Season = EVEN) -> History:
    """What the models need of each customer, on the clock of a season."""
    scored, clock = rfm.score(bought), seasonal.clock(bought)
    first, last = (clock[scored[end].to_numpy()] for end in ("first", "last"))
    return History(
        scored.index.to_numpy(),
        scored["frequency"].to_numpy(float) - 1,
        last - first,
        clock[len(bought.days) - 1] - first,
        (scored["revenue"] / scored["frequency"]).to_numpy(float),
    )


def fit(seen: History, seed: int = 0, most: int = SAMPLE) -> BgNbd:
    """The four parameters by maximum likelihood. Raises CannotTell where too few customers came back."""
    from scipy.optimize import minimize

    seen = _sample(seen.take(seen.age > 0), seed, most)
    if len(seen.age) < MIN_CUSTOMERS or seen.repeats.sum() < MIN_CUSTOMERS:
        raise CannotTell(
            N_(
                "{customers} customers bought again {repeats} times: what they are worth can be learned from {least} "
                "customers and {least} such purchases on."
            ),
            customers=len(seen.age),
            repeats=int(seen.repeats.sum()),
            least=MIN_CUSTOMERS,
        )
    triples, counts = np.unique(np.stack([seen.repeats, seen.recency, seen.age]), axis=1, return_counts=True)

    def surprise(at: np.ndarray) -> float:
        return -float(counts @ loglikelihood(*np.exp(at), *triples))

    begin = np.array([0.0, np.log(max(seen.age.mean() / max(seen.repeats.mean(), 0.1), 1.0)), 0.0, 0.5])
    found = minimize(surprise, begin, method="L-BFGS-B", bounds=[_BOUNDS] * 4)
    r, alpha, a, b = np.exp(found.x)
    return BgNbd(r, alpha, a, b, -float(found.fun), _covariance(surprise, found.x))


def loglikelihood(
    r: float, alpha: float, a: float, b: float, x: np.ndarray, recency: np.ndarray, age: np.ndarray
) -> np.ndarray:
    """The log-likelihood of each customer (equation 6 of the paper)."""
    from scipy.special import betaln, gammaln

    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    stays = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + age)
    with np.errstate(divide="ignore"):
        left = betaln(a + 1, b + x - 1 + (x == 0)) - betaln(a, b) - (r + x) * np.log(alpha + recency)
    return common + np.where(x > 0, np.logaddexp(stays, left), stays)


def _covariance(surprise: Callable[[np.ndarray], float], at: np.ndarray) -> np.ndarray:
    """The inverse of the second derivatives, at a maximum; zero along what the data say nothing of."""
    size, step = len(at), 1e-3
    hessian = np.zeros((size, size))
    unit = step * np.eye(size)
    for i in range(size):
        for j in range(i, size):
            corners = [surprise(at + s * unit[i] + t * unit[j]) * s * t for s in (1, -1) for t in (1, -1)]
            hessian[i, j] = hessian[j, i] = sum(corners) / (4 * step**2)
    values, vectors = np.linalg.eigh(hessian)
    inverse = np.where(values > 1.0, 1 / np.maximum(values, 1.0), 0.0)
    return (vectors * inverse) @ vectors.T


def alive(model: BgNbd, x: np.ndarray, recency: np.ndarray, age: np.ndarray) -> np.ndarray:
    """The probability that each customer still is one (Fader, Hardie and Lee 2008, brucehardie.com/notes/021)."""
    odds = model.a / (model.b + np.maximum(x, 1) - 1) * ((model.alpha + age) / (model.alpha + recency)) ** (model.r + x)
    return 1 / (1 + (x > 0) * odds)


def comes(model: BgNbd, days: float, x: np.ndarray, recency: np.ndarray, age: np.ndarray) -> np.ndarray:
    """The probability of at least one purchase in the next `days`: who still is a customer cannot leave before it."""
    silent = ((model.alpha + age) / (model.alpha + age + days)) ** (model.r + x)
    return alive(model, x, recency, age) * (1 - silent)


def expected(model: BgNbd, days: float, x: np.ndarray, recency: np.ndarray, age: np.ndarray) -> np.ndarray:
    """The purchases expected of each customer in the next `days` (equation 10 of the paper).

    Its hypergeometric function is taken by Euler's transformation, with parameters that do not grow with x.
    """
    from scipy.special import hyp2f1

    r, alpha, b = model.r, model.alpha, model.b
    a = model.a if abs(model.a - 1) > 1e-5 else 1 + 1e-5  # at 1 both sides vanish
    z = days / (alpha + age + days)
    gone = (1 - z) ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, a + b + x - 1, z)
    return (a + b + x - 1) / (a - 1) * (1 - gone) * alive(model, x, recency, age)


def fit_value(seen: History, seed: int = 0) -> GammaGamma:
    """The three parameters by maximum likelihood, from customers who brought in more than came back."""
    from scipy.optimize import minimize
    from scipy.special import gammaln

    seen = _sample(seen.take(seen.spend > 0), seed)
    if len(seen.spend) < MIN_CUSTOMERS:
        raise CannotTell(
            N_("Only {count} customers brought in more than came back: amounts can be learned from {least} on."),
            count=len(seen.spend),
            least=MIN_CUSTOMERS,
        )
    n, mean = seen.repeats + 1, seen.spend
    unit = float(np.median(mean))
    z = mean / unit

    def surprise(at: np.ndarray) -> float:
        p, q, gamma = np.exp(at)
        fits = gammaln(p * n + q) - gammaln(p * n) - gammaln(q) + q * np.log(gamma)
        return -float((fits + (p * n - 1) * np.log(z) + p * n * np.log(n) - (p * n + q) * np.log(gamma + n * z)).sum())

    found = minimize(surprise, np.array([1.0, 1.0, 0.5]), method="L-BFGS-B", bounds=[(-6.0, 8.0)] * 3)
    p, q, gamma = np.exp(found.x)
    return GammaGamma(p, q, gamma * unit)


def mean_spend(model: GammaGamma, purchases: np.ndarray, spend: np.ndarray) -> np.ndarray:
    """The mean amount of a customer's purchases to come (equation 5 of the note), from the mean `spend` of those so
    far; of customers who brought in nothing, that of the population. Infinite where the population has no mean."""
    known = np.where(spend > 0, purchases, 0)
    shape = model.p * known + model.q - 1
    total = model.p * (model.gamma + known * np.maximum(spend, 0))
    return np.divide(total, shape, out=np.full(len(shape), np.inf), where=shape > 0)


def _sample(seen: History, seed: int, most: int = SAMPLE) -> History:
    if len(seen.age) <= most:
        return seen
    return seen.take(np.random.default_rng(seed).choice(len(seen.age), most, replace=False))


@dataclass(frozen=True)
class Valued:
    """`customers`: one row a customer (place as index) with `alive`, `comes-30` ..., the probability of a
    purchase in so many days, `purchases-30` ... expected in them,
    `spend` of a purchase to come, `value-30` ... expected and, of the days that were asked for, the interval `lo` to
    `hi` of the value. `total`: the sum of all values with its interval (lo, hi), the parameters' own uncertainty in it.
    `together`: the rank correlation of how often and how much customers bought, which the model takes for none."""

    customers: pd.DataFrame
    total: tuple[float, float, float]
    days: int
    together: float
    bgnbd: BgNbd
    amounts: GammaGamma


def learn(bought: Purchases, seed: int = 0, seasonal: Season = EVEN) -> tuple[BgNbd, GammaGamma]:
    """Both models of the customers. Raises CannotTell."""
    seen = history(bought, seasonal)
    return fit(seen, seed), fit_value(seen, seed)


def ahead_of(bought: Purchases, days: int, seasonal: Season) -> float:
    """The next `days` on the clock of a season."""
    clock, end = seasonal.clock(bought), len(bought.days) - 1
    return float(clock[end + days] - clock[end])


def misses(bought: Purchases, days: int, seed: int = 0, power: float = 0.0) -> float:
    """By how much the purchases of all customers in `days` were missed in the past: the root of the mean squared
    logarithm of came / expected, over up to `ORIGINS` past days, a quarter apart, with two quarters before them.

    Where the data are too short for `days`, of quarters; 0 where they are too short for these too. With a `power` of
    what was known of the season on each of these days, only of those on which something was.
    """
    end = len(bought.days) - 1
    days = days if end - days >= 2 * HOLD_OUT else HOLD_OUT
    found = []
    for back in range(ORIGINS):
        day = end - days - back * HOLD_OUT
        if day < 2 * HOLD_OUT:
            break
        then = rfm.until(bought, day)
        known = busy(then) if power else EVEN
        if known is None:
            break
        seasonal = known.shrunk(power)
        seen = history(then, seasonal)
        try:
            model = fit(seen, seed, QUICK)
        except CannotTell:
            break
        ahead = ahead_of(then, days, seasonal)
        said = float(expected(model, ahead, seen.repeats, seen.recency, seen.age).sum())
        visits = bought.bought
        came = visits[(visits["day"] > day) & (visits["day"] <= day + days)]
        came = came[np.isin(came["customer"], seen.customer)]
        found.append(np.log(max(len(came), 1) / max(said, 1.0)))
    return float(np.sqrt(np.mean(np.square(found)))) if found else 0.0


def value(
    bought: Purchases,
    models: tuple[BgNbd, GammaGamma],
    days: int = 365,
    miss: float = 0.0,
    seed: int = 0,
    seasonal: Season = EVEN,
) -> Valued:
    """What each customer will bring in over the next `days` (one of `HORIZONS`), by what `learn` found.

    `miss`, of `misses`, makes the interval of the total as wide as past errors ask for.
    """
    from scipy.stats import spearmanr

    seen = history(bought, seasonal)
    model, amounts = models
    x, recency, age = seen.repeats, seen.recency, seen.age
    spend = mean_spend(amounts, x + 1, seen.spend)
    spend = np.where(np.isfinite(spend), spend, np.maximum(seen.spend, 0.0))
    made = {"alive": alive(model, x, recency, age), "spend": spend}
    for ahead in HORIZONS:
        busy_days = ahead_of(bought, ahead, seasonal)
        made[f"comes-{ahead}"] = comes(model, busy_days, x, recency, age)
        made[f"purchases-{ahead}"] = expected(model, busy_days, x, recency, age)
        made[f"value-{ahead}"] = made[f"purchases-{ahead}"] * spend
    rng = np.random.default_rng(seed)
    lo, hi, sums = _drawn(model, amounts, seen, ahead_of(bought, days, seasonal), rng)
    sums = sums * np.exp(np.hypot(miss, seasonal.doubt(bought, days)) * rng.standard_normal(len(sums)))
    low, high = np.quantile(sums, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    again = (x > 0) & (seen.spend > 0)
    varied = min(len(np.unique(values[again])) for values in (x, seen.spend)) > 1
    together = float(spearmanr(x[again], seen.spend[again]).statistic) if varied else float("nan")
    frame = pd.DataFrame({**made, "lo": lo, "hi": hi}, index=pd.Index(seen.customer, name="customer"))
    return Valued(frame, (float(frame[f"value-{days}"].sum()), low, high), days, together, model, amounts)


def _drawn(
    model: BgNbd, amounts: GammaGamma, seen: History, days: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values drawn from what the history leaves open: the ends of `LEVEL` of each customer's, and the sums of all.

    Given that a customer still is one, rate and leaving are again gamma and beta, and the purchases to come are the
    lesser of a Poisson count and the geometric number after which they leave.
    """
    centre = np.log([model.r, model.alpha, model.a, model.b])
    draws = max(40, min(DRAWS, 4_000_000 // max(len(seen.age), 1)))
    values = np.empty((draws, len(seen.age)), dtype=np.float32)
    count = np.where(seen.spend > 0, seen.repeats + 1, 0)
    paid = np.maximum(seen.spend, 0) * count
    for row in range(draws):
        r, alpha, a, b = np.exp(rng.multivariate_normal(centre, model.covariance, method="eigh"))
        one = BgNbd(r, alpha, a, b, 0.0, model.covariance)
        bought = _purchases(one, seen, days, rng)
        rate = rng.gamma(amounts.p * count + amounts.q) / (amounts.gamma + paid)
        values[row] = np.where(bought > 0, rng.gamma(amounts.p * np.maximum(bought, 1)) / rate, 0)
    lo, hi = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return lo, hi, values.sum(axis=1, dtype=float)


def _purchases(model: BgNbd, seen: History, days: float, rng: np.random.Generator) -> np.ndarray:
    """One draw of each customer's number of purchases in the next `days`."""
    here = rng.random(len(seen.age)) < alive(model, seen.repeats, seen.recency, seen.age)
    rate = rng.gamma(model.r + seen.repeats) / (model.alpha + seen.age)
    leaves = np.maximum(rng.beta(model.a, model.b + seen.repeats), 1e-12)
    return np.where(here, np.minimum(rng.poisson(rate * days), rng.geometric(leaves)), 0)


@dataclass(frozen=True)
class BackTest:
    """The last `days` of the data, foretold with what was known before. `customers`: `comes`, the
    probability of a purchase, `expected`, `actual` and
    `before`, the purchases of as many days before them, `lo` and `hi` of `LEVEL`. `deciles`: their means by tenth of
    what was expected, with the standard error of the actual mean. `errors`: mean absolute error of the model and of
    "as before". `held`: the share of customers within lo to hi. `season`: that known before them."""

    customers: pd.DataFrame
    deciles: pd.DataFrame
    errors: tuple[float, float]
    held: float
    days: int
    since: pd.Timestamp
    season: Season = EVEN


def backtest(bought: Purchases, days: int = HOLD_OUT, seed: int = 0) -> BackTest:
    """How the model foretold the last `days`. Raises CannotTell where the days before them are too few for it."""
    end = len(bought.days) - 1
    if end < 3 * days:
        raise CannotTell(
            N_("These sales span {count} days: to test on the last {days} takes {least}."),
            count=end + 1,
            days=days,
            least=3 * days + 1,
        )
    then = rfm.until(bought, end - days)
    seasonal = season(then, seed)
    seen, ahead = history(then, seasonal), ahead_of(then, days, seasonal)
    model = fit(seen, seed)
    rng = np.random.default_rng(seed)
    drawn = np.array([_purchases(model, seen, ahead, rng) for _draw in range(200)])
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
        days,
        then.days[-1],
        seasonal,
    )
