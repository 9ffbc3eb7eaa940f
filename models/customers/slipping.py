"""Who is slipping: customers whose silence is unusual for their own rhythm."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from locales import N_
from models.customers.rfm import CannotTell, Purchases

MIN_PURCHASES = 3  # purchases, from which there is a rhythm
MIN_CUSTOMERS = 30  # customers with a rhythm, from which there is a population
UNUSUAL = 0.05  # the share of days on which such a silence, or a longer one, is seen of a customer in rhythm
SAMPLE = 1_500  # customers that the population is learned from: more change nothing that is shown
SHAPES = np.array([0.6, 1.0, 1.7, 3.0, 6.0, 12.0])  # of gaps: 1 is chance alone, 12 is nearly a calendar
WITHIN = 90  # open days, within which a silence has become unusual: whom to call at first
YEAR = 365.25  # days
BISECTIONS = 12
SIMULATED = 4_000  # customers


@dataclass(frozen=True)
class Rhythm:
    """How customers of a shop come back: what `learn` found.

    The gaps between the purchases of a customer, in open days, are gamma distributed with a shape of `SHAPES`
    (population shares `weights`) and a mean whose inverse is gamma distributed with shape `r` and rate `alpha` over the
    population. After each purchase a customer is gone for good with probability `stop`. `threshold`: the chance of a
    silence (see `assess`) that a share `UNUSUAL` of such customers, simulated, are under though none has left.
    """

    r: float
    alpha: float
    stop: float
    weights: np.ndarray
    threshold: float = UNUSUAL


@dataclass(frozen=True)
class _Gaps:
    """Of each customer: `count` gaps, their `total` and the sum of their `logs`, and the open `silence` since."""

    count: np.ndarray
    total: np.ndarray
    logs: np.ndarray
    silence: np.ndarray


def _gaps(bought: Purchases) -> tuple[np.ndarray, _Gaps]:
    """The customers with a rhythm (places), and their gaps in open days: no silence of the shop is a customer's."""
    visits = bought.bought
    open_days = np.append(0, np.cumsum(bought.is_open))
    # The middle of the day on which they came; the end of the last day.
    at = open_days[visits["day"].to_numpy()] + 0.5
    customer = visits["customer"].to_numpy()
    number = np.bincount(customer, minlength=len(bought.customers))
    gap, same = np.diff(at), customer[1:] == customer[:-1]
    count = np.bincount(customer[1:][same], minlength=len(number))
    total = np.bincount(customer[1:][same], gap[same], len(number))
    logs = np.bincount(customer[1:][same], np.log(gap[same]), len(number))
    last = np.zeros(len(number))
    last[customer] = at  # the latest, as visits are sorted
    who = np.flatnonzero(number >= MIN_PURCHASES)
    return who, _Gaps(count[who].astype(float), total[who], logs[who], open_days[-1] - last[who])


def learn(bought: Purchases, seed: int = 0) -> Rhythm:
    """The rhythm of the shop's customers by maximum likelihood, the silence of each one as a gap that is not over yet
    or, with probability `stop`, never will be. Raises CannotTell where fewer than `MIN_CUSTOMERS` have a rhythm."""
    who, gaps = _gaps(bought)
    if len(who) < MIN_CUSTOMERS:
        raise CannotTell(
            N_(
                "Customers who bought on three days or more: {count}. Whose silence is unusual can be told from "
                "{least} of them on."
            ),
            count=len(who),
            least=MIN_CUSTOMERS,
        )
    rng = np.random.default_rng(seed)
    if len(who) > SAMPLE:
        part = rng.choice(len(who), SAMPLE, replace=False)
        gaps = _Gaps(*(values[part] for values in (gaps.count, gaps.total, gaps.logs, gaps.silence)))
    found = _learned(gaps)
    simulated = _simulated(found, gaps.total + gaps.silence, rng)
    chance = _chance(_posterior(found, simulated), simulated.silence)
    return replace(found, threshold=float(np.quantile(chance, UNUSUAL)) if len(chance) else UNUSUAL)


def _simulated(found: Rhythm, seen: np.ndarray, rng: np.random.Generator) -> _Gaps:
    """Customers of such a shop who never leave, each `seen` for as long as somebody was, day by day."""
    seen = rng.choice(seen, SIMULATED)
    shape = rng.choice(SHAPES, SIMULATED, p=found.weights)
    mean = found.alpha / rng.gamma(found.r, size=SIMULATED)
    clock, last = rng.random(SIMULATED), np.zeros(SIMULATED)
    count, total, logs = np.zeros(SIMULATED), np.zeros(SIMULATED), np.zeros(SIMULATED)
    here = np.arange(SIMULATED)
    while len(here):
        clock[here] += rng.gamma(shape[here]) * mean[here] / shape[here]
        here = here[clock[here] < seen[here]]
        gap = np.floor(clock[here]) - last[here]
        later = here[gap > 0]  # a second purchase on a day is the same one
        gap = gap[gap > 0]
        count[later] += 1
        total[later] += gap
        logs[later] += np.log(gap)
        last[later] += gap
    rhythm = count >= MIN_PURCHASES - 1
    return _Gaps(count[rhythm], total[rhythm], logs[rhythm], np.maximum(seen - last, 0.5)[rhythm])


def _learned(gaps: _Gaps) -> Rhythm:
    from scipy.optimize import minimize
    from scipy.special import expit, logsumexp

    mean = gaps.total.sum() / gaps.count.sum()
    weights = np.full(len(SHAPES), 1 / len(SHAPES))
    at = np.array([np.log(1.5), np.log(1.5 * mean), -4.0])
    for _round in range(5):  # of EM: the rest given the weights, then the weights

        def surprise(at: np.ndarray, weights: np.ndarray = weights) -> float:
            found = Rhythm(float(np.exp(at[0])), float(np.exp(at[1])), float(expit(at[2])), weights)
            return -float(logsumexp(_logs(found, gaps)[0] + np.log(weights), axis=1).sum())

        at = minimize(surprise, at, method="Nelder-Mead", options={"maxiter": 60, "xatol": 1e-3, "fatol": 1e-2}).x
        found = Rhythm(float(np.exp(at[0])), float(np.exp(at[1])), float(expit(at[2])), weights)
        logs = _logs(found, gaps)[0]
        for _step in range(20):
            joint = logs + np.log(weights)
            weights = np.exp(joint - logsumexp(joint, axis=1, keepdims=True)).mean(0) + 1e-9
            weights = weights / weights.sum()
    return Rhythm(found.r, found.alpha, found.stop, weights)


def _logs(found: Rhythm, gaps: _Gaps) -> tuple[np.ndarray, np.ndarray]:
    """The log-likelihood of each customer (rows) under each shape, and the chance of so long a silence in rhythm."""
    from scipy.special import betainc, gammaln

    k, alpha = SHAPES, found.alpha / SHAPES  # the rate of the gaps is shape / mean: alpha scales along
    n, total, logs = (values[:, None] for values in (gaps.count, gaps.total, gaps.logs))
    shape = found.r + k * n
    own = (
        -n * gammaln(k)
        + (k - 1) * logs
        + gammaln(shape)
        - gammaln(found.r)
        + found.r * np.log(alpha)
        - shape * np.log(alpha + total)
    )
    rate = alpha + total
    silent = betainc(shape, k, rate / (rate + gaps.silence[:, None]))
    stayed = n * np.log1p(-found.stop)
    return own + stayed + np.log(found.stop + (1 - found.stop) * silent + 1e-300), silent


@dataclass(frozen=True)
class _Posterior:
    """Of each customer (rows) and shape (columns): the `weights` of the shapes, `shape` and `rate` of the gamma of what
    is left open of the mean, and the chance of so long a silence while a gap lasts, `silent`."""

    weights: np.ndarray
    shape: np.ndarray
    rate: np.ndarray
    silent: np.ndarray

    def take(self, rows: np.ndarray) -> "_Posterior":
        return _Posterior(*(values[rows] for values in (self.weights, self.shape, self.rate, self.silent)))


def _posterior(rhythm: Rhythm, gaps: _Gaps) -> _Posterior:
    from scipy.special import softmax

    logs, silent = _logs(rhythm, gaps)
    shape = rhythm.r + SHAPES * gaps.count[:, None]
    rate = rhythm.alpha / SHAPES + gaps.total[:, None]
    return _Posterior(softmax(logs + np.log(rhythm.weights), axis=1), shape, rate, silent)


def _chance(of: _Posterior, silence: np.ndarray) -> np.ndarray:
    """On which share of the days a customer in rhythm has been silent for longer (see `assess`)."""
    from scipy.special import betainc

    s = silence[:, None]
    share = of.rate / (of.rate + s)
    mean = SHAPES * of.rate / of.shape
    later = betainc(of.shape, SHAPES + 1, share) - s / mean * betainc(of.shape + 1, SHAPES, share)
    return np.clip((of.weights * later).sum(1), 0, 1)


def assess(bought: Purchases, rhythm: Rhythm) -> pd.DataFrame:
    """One row a customer with a rhythm, by place in `customers` (the index).

    `purchases`; `last`, the day of the last one (place in `days`), `silence`: open days since; `gap`: the usual open
    days between two, own and population's weighed; `chance`: on which share of the days so long a silence, or a longer
    one, is seen of a customer like this one who is in rhythm; `unusual`: for how many open days it has been under the
    rhythm's `threshold` (0: it is not); `gone`: the probability that they are gone for good.

    The chance is that of the age of a renewal process at a day picked without looking (Cox 1962, Renewal Theory, ch.
    5): of a gap with mean m and survival S, 1/m times the integral of S from the silence on, averaged over what the
    customer's own gaps leave open. Those gaps are the ones that ended in time, so that it is a little too small; where
    nobody slips a share `UNUSUAL` is under the threshold.
    """
    who, gaps = _gaps(bought)
    known = _posterior(rhythm, gaps)
    now = _chance(known, gaps.silence)
    rows = np.flatnonzero(now < rhythm.threshold)
    low, high = np.zeros(len(rows)), gaps.silence[rows]
    for _step in range(BISECTIONS):  # for the silence at which it became unusual
        middle = (low + high) / 2
        is_unusual = _chance(known.take(rows), middle) < rhythm.threshold
        low, high = np.where(is_unusual, low, middle), np.where(is_unusual, middle, high)
    unusual = np.zeros(len(who))
    unusual[rows] = np.maximum(gaps.silence[rows] - high, 0.5)
    gone = rhythm.stop / (rhythm.stop + (1 - rhythm.stop) * known.silent + 1e-300)
    last = np.zeros(len(bought.customers), dtype=np.int64)
    last[bought.bought["customer"].to_numpy()] = bought.bought["day"].to_numpy()
    return pd.DataFrame(
        {
            "purchases": (gaps.count + 1).astype(int),
            "last": last[who],
            "silence": gaps.silence,
            "gap": (known.weights * SHAPES * known.rate / np.maximum(known.shape - 1, 0.5)).sum(1),
            "chance": now,
            "unusual": unusual,
            "gone": (known.weights * gone).sum(1),
        },
        index=pd.Index(who, name="customer"),
    )


def listed(bought: Purchases, assessed: pd.DataFrame, within: int) -> pd.DataFrame:
    """Who to call: those whose silence has become unusual within so many open days, the most at risk first.

    Beside what is `assessed`: `yearly`, what they bring in a year (margin where costs are known, else revenue, net of
    what came back) at their usual gap and their mean purchase so far, and `at_risk`, that times `gone`.
    """
    money = "margin" if "margin" in bought.visits else "revenue"
    visits = bought.visits
    sums = np.bincount(visits["customer"], visits[money], len(bought.customers))
    made = assessed[(assessed["unusual"] > 0) & (assessed["unusual"] <= within)]
    year = YEAR * bought.is_open.mean()  # open days
    yearly = sums[made.index.to_numpy()] / made["purchases"] * year / made["gap"]
    made = made.assign(yearly=yearly, at_risk=yearly * made["gone"])
    return made.sort_values("at_risk", ascending=False, kind="stable")


@dataclass(frozen=True)
class Proof:
    """What became, in the last `days`, of the `listed` customers that the page would have listed before them, and of
    the `others` with a rhythm who were not silent for unusually long: the shares that did not come back."""

    listed: int
    others: int
    lost_listed: float
    lost_others: float
    said: float
    days: int


def proof(bought: Purchases, then: Purchases, rhythm: Rhythm, within: int) -> Proof:
    """The list as of the end of `then`, which is the beginning of `bought`, against what came; `rhythm` as of then."""
    assessed = assess(then, rhythm)
    start = len(then.days)
    visits = bought.bought
    back = np.zeros(len(bought.customers), dtype=bool)
    back[visits["customer"][visits["day"] >= start]] = True
    lost = ~back[assessed.index.to_numpy()]
    fresh = ((assessed["unusual"] > 0) & (assessed["unusual"] <= within)).to_numpy()
    usual = (assessed["unusual"] == 0).to_numpy()

    def share(which: np.ndarray) -> float:
        return float(lost[which].mean()) if which.any() else float("nan")

    forecast = float(assessed["gone"][fresh].mean()) if fresh.any() else float("nan")
    return Proof(int(fresh.sum()), int(usual.sum()), share(fresh), share(usual), forecast, len(bought.days) - start)
