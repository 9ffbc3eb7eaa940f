"""Models of customers: how often they come and whether they still do (BG/NBD), and what they spend (Gamma-Gamma).

BG/NBD: P. Fader, B. Hardie and K. L. Lee (2005), "Counting your customers" the easy way, Marketing Science 24, 275-284.
Of customers more regular than chance, MBG/CNBD-k: T. Reutterer, M. Platzer and N. Schröder (2021), Leveraging purchase
regularity for predicting customer behavior the easy way, International Journal of Research in Marketing 38, 194-215.
Gamma-Gamma: P. Fader and B. Hardie (2013), The Gamma-Gamma model of monetary value, brucehardie.com/notes/025.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from locales import N_
from models.customers.history import History
from models.customers.rfm import CannotTell

MIN_CUSTOMERS = 50  # customers, and purchases after the first, that can be learned from
SAMPLE = 20_000  # customers that the models are learned from: more change nothing that is shown
MAX_SHAPE = 12  # of the gaps: nearly a calendar
# Of the logarithms of r (from 1,000 on all customers are equally frequent), alpha / r, a and b.
_BOUNDS = [(np.log(1e-4), np.log(1e3)), (np.log(1e-4), np.log(1e7)), *[(np.log(1e-4), np.log(1e5))] * 2]
_NEGLIGIBLE = 1e-3  # of a purchase


@dataclass(frozen=True)
class BgNbd:
    """While a customer is one, purchases are Poisson with a rate that is gamma (`r`, rate `alpha`, a day) over the
    customers; after each they leave with a probability that is beta (`a`, `b`).
    `covariance`: of the logarithms of the four.

    With a `shape` k of two or more a purchase is every k-th event of that Poisson process, so that gaps are Erlang
    (MBG/CNBD-k), and customers may leave after the first purchase, too: who is regular and was silent for three gaps
    has left, which BG/NBD (`shape` 1) takes for chance."""

    r: float
    alpha: float
    a: float
    b: float
    loglikelihood: float
    covariance: np.ndarray
    shape: int = 1


@dataclass(frozen=True)
class GammaGamma:
    """The amounts of a customer's purchases are gamma with shape `p` and a rate that is gamma (shape `q`, rate `gamma`)
    over the customers, and have nothing to do with how often they buy."""

    p: float
    q: float
    gamma: float


def fit(seen: History, seed: int = 0, most: int = SAMPLE) -> BgNbd:
    """The four parameters by maximum likelihood. Raises CannotTell where too few customers came back."""
    from scipy.optimize import minimize

    seen = _sample(seen.take(seen.age > 0), seed, most)
    if len(seen.age) < MIN_CUSTOMERS or seen.repeats.sum() < MIN_CUSTOMERS:
        raise CannotTell(
            N_(
                "Customers who bought before the last day: {customers}; purchases after their first: {repeats}. What "
                "they are worth can be learned from {least} of each on."
            ),
            customers=len(seen.age),
            repeats=int(seen.repeats.sum()),
            least=MIN_CUSTOMERS,
        )
    shape = regularity(seen)
    (x, recency, age), counts = np.unique(np.stack([seen.repeats, seen.recency, seen.age]), axis=1, return_counts=True)

    def surprise(at: np.ndarray) -> float:
        r, alpha, a, b = np.exp(at)
        return -float(counts @ loglikelihood(r, alpha, a, b, x, recency, age, shape))

    def apart(at: np.ndarray) -> np.ndarray:  # of the gap, which the data tell better than r and alpha
        return at + np.array([0.0, at[0], 0.0, 0.0])

    gap = max(seen.age.mean() / max(seen.repeats.mean(), 0.1) / shape, 1.0)
    start = np.array([0.0, np.log(gap), 0.0, 0.5])
    found = minimize(lambda at: surprise(apart(at)), start, method="L-BFGS-B", bounds=_BOUNDS)
    r, alpha, a, b = np.exp(apart(found.x))
    return BgNbd(r, alpha, a, b, -float(found.fun), _covariance(surprise, apart(found.x)), shape)


def regularity(seen: History) -> int:
    """The shape k of the gaps, rounded: 1 is chance alone, the more the more regular.

    The most likely one given how long each customer's gaps are together: the shares of it are Dirichlet (k, ..., k),
    whatever the customer's own rate is and whether they have left.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import gammaln

    again = seen.take(seen.repeats >= 2)
    n, logs = again.repeats, (again.logs - again.repeats * np.log(again.recency)).sum()
    sizes, counts = np.unique(n, return_counts=True)

    def surprise(k: float) -> float:
        return -float(counts @ (gammaln(k * sizes) - sizes * gammaln(k)) + (k - 1) * logs)

    return round(minimize_scalar(surprise, bounds=(1.0, MAX_SHAPE), method="bounded").x)


def loglikelihood(
    r: float, alpha: float, a: float, b: float, x: np.ndarray, recency: np.ndarray, age: np.ndarray, shape: int = 1
) -> np.ndarray:
    """The log-likelihood of each customer (equation 6 of the paper; with a `shape` but for what the gaps alone say)."""
    from scipy.special import betaln, gammaln

    events, chances = r + shape * x, _chances(shape, x)
    common = gammaln(events) - gammaln(r) + r * np.log(alpha) - events * np.log(alpha + recency)
    stays = betaln(a, b + chances) + _silent(shape, events, alpha + recency, alpha + age)
    left = betaln(a + 1, b + np.maximum(chances, 1) - 1)
    return common - betaln(a, b) + np.where(chances > 0, np.logaddexp(stays, left), stays)


def _chances(shape: int, x: np.ndarray) -> np.ndarray:
    """How often somebody who bought `x` times again could have left: in BG/NBD not after the first purchase."""
    return x + (shape > 1)


def _silent(shape: int, events: np.ndarray, then: np.ndarray, now: np.ndarray) -> np.ndarray:
    """The logarithm of the probability that a customer is silent while the rate parameter goes from `then` to `now`.

    That is, that fewer than `shape` events come, whose number is negative binomial (`events`, then / now).
    """
    gone, term, total = (now - then) / now, np.ones(len(now)), np.ones(len(now))
    for step in range(1, shape):
        term = term * gone * (events + step - 1) / step
        total = total + term
    return events * np.log(then / now) + np.log(total)


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
    chances = _chances(model.shape, x)
    silent = np.exp(_silent(model.shape, model.r + model.shape * x, model.alpha + recency, model.alpha + age))
    left = model.a / (model.b + np.maximum(chances, 1) - 1)
    return np.where(chances > 0, silent / (silent + left), 1.0)


def under_way(model: BgNbd, x: np.ndarray, recency: np.ndarray, age: np.ndarray) -> np.ndarray:
    """The probabilities (rows: customers) that 0, ... k - 1 events towards the next purchase have come in the silence
    of who still is a customer: one column where the shape is 1."""
    done = np.arange(1, model.shape)
    ratio = ((age - recency) / (model.alpha + age))[:, None] * (model.r + model.shape * x[:, None] + done - 1) / done
    weights = np.cumprod(np.column_stack([np.ones(len(x)), ratio]), axis=1)
    return weights / weights.sum(axis=1, keepdims=True)


def _came(model: BgNbd, number: int, days: float, x: np.ndarray, age: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The probability that who stays a customer buys `number` times in the next `days`; `weights`: see `under_way`."""
    from scipy.special import betainc

    done = np.arange(model.shape)
    events = model.r + model.shape * x[:, None] + done
    share = (days / (model.alpha + age + days))[:, None]
    return (weights * betainc(model.shape * number - done, events, share)).sum(axis=1)


def comes(model: BgNbd, days: float, x: np.ndarray, recency: np.ndarray, age: np.ndarray) -> np.ndarray:
    """The probability of at least one purchase in the next `days`: who still is a customer cannot leave before it."""
    return alive(model, x, recency, age) * _came(model, 1, days, x, age, under_way(model, x, recency, age))


def expected(model: BgNbd, days: float, x: np.ndarray, recency: np.ndarray, age: np.ndarray) -> np.ndarray:
    """The purchases expected of each customer in the next `days` (equation 10 of the paper; with a shape the sum over
    the first, the second, ... purchase of the probability that it comes and nobody left before it).

    Its hypergeometric function is taken by Euler's transformation, with parameters that do not grow with x; where all
    leave with nearly the same probability (large a and b) it is beyond what numbers hold: there too, the sum is taken.
    """
    from scipy.special import hyp2f1

    here, b = alive(model, x, recency, age), model.b + _chances(model.shape, x)
    if model.shape == 1:
        r, alpha = model.r, model.alpha
        a = model.a if abs(model.a - 1) > 1e-5 else 1 + 1e-5  # at 1 both sides vanish
        z = days / (alpha + age + days)
        with np.errstate(over="ignore", invalid="ignore"):
            gone = (1 - z) ** (a - 1) * hyp2f1(a + model.b - 1 - r, a - 1, a + b - 1, z)
            found = (a + b - 1) / (a - 1) * (1 - gone) * here
        if np.isfinite(found).all():
            return found
    weights, total, rows, stays, number = (
        under_way(model, x, recency, age),
        np.zeros(len(x)),
        np.arange(len(x)),
        here,
        1,
    )
    while len(rows):
        more = stays * _came(model, number, days, x[rows], age[rows], weights[rows])
        total[rows] += more
        on = more > _NEGLIGIBLE
        rows = rows[on]
        stays = stays[on] * (b[rows] + number - 1) / (model.a + b[rows] + number - 1)
        number += 1
    return total


def fit_value(seen: History, seed: int = 0) -> GammaGamma:
    """The three parameters by maximum likelihood, from customers who brought in more than came back."""
    from scipy.optimize import minimize
    from scipy.special import gammaln

    seen = _sample(seen.take(seen.spend > 0), seed)
    if len(seen.spend) < MIN_CUSTOMERS:
        raise CannotTell(
            N_("Customers who brought in more than came back: {count}. Amounts can be learned from {least} on."),
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
