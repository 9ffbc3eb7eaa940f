"""Models of customers: how often they come and whether they still do (BG/NBD), and what they spend (Gamma-Gamma).

BG/NBD: P. Fader, B. Hardie and K. L. Lee (2005), "Counting your customers" the easy way, Marketing Science 24, 275-284.
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
_BOUNDS = (np.log(1e-4), np.log(1e5))


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
