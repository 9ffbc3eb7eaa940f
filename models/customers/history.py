"""What models of customers learn from: how often, how lately and for how much each bought, on the clock of a season."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from models.customers import rfm
from models.customers.rfm import Purchases

HORIZONS = (30, 90, 365)  # days
PERIODS = 13  # of a year: four weeks each
SEEN = 65  # weeks, a year and a quarter, from which a season can be seen to come again


@dataclass(frozen=True)
class History:
    """Of each customer who bought (an array element each): `customer`, the place in `Purchases.customers`; `repeats`
    (x), days on which they bought after the first; `recency` (t_x), days from the first to the last; `age` (T), days
    from the first to the end of the data; `spend`, mean net revenue of a purchase; `logs`, the sum of the logarithms
    of the gaps between two purchases."""

    customer: np.ndarray
    repeats: np.ndarray
    recency: np.ndarray
    age: np.ndarray
    spend: np.ndarray
    logs: np.ndarray

    def take(self, which: np.ndarray) -> "History":
        return History(*(values[which] for values in vars(self).values()))


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
        the mean: on this clock purchases come at an even rate. It stands still while the shop is shut."""
        first = bought.days[0] if len(bought.days) else pd.Timestamp(0)
        every = pd.date_range(first, periods=len(bought.days) + HORIZONS[-1])
        pace = self.rates[_period(every)]
        pace[: len(bought.days)][bought.is_shut] = 0.0
        return np.cumsum(pace)

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
    # A closure is no season.
    is_open = ~bought.is_shut[cut:].reshape(weeks, 7).any(axis=1)
    bends = np.maximum(at[:, None] - np.arange(0.5, at[-1] - 0.25, 0.5), 0)
    design = np.column_stack([np.ones(weeks), at, bends, share])
    # Standard deviations: of a bend (log a year), of a period, and of a week beside what chance makes.
    doubt = np.r_[0.0, 0.0, np.full(bends.shape[1], 1.0), np.ones(PERIODS)]
    weight = is_open / (1 / count + 0.1**2)
    covariance = np.linalg.inv((design.T * weight) @ design + np.diag(doubt + 1e-9))
    rates = np.exp((covariance @ ((design.T * weight) @ np.log(count)))[-PERIODS:])
    return Season(rates / rates.mean(), covariance=covariance[-PERIODS:, -PERIODS:])


def history(bought: Purchases, seasonal: Season = EVEN) -> History:
    """What the models need of each customer, on the clock of a season."""
    scored, clock = rfm.score(bought), seasonal.clock(bought)
    first, last = (clock[scored[end].to_numpy()] for end in ("first", "last"))
    came = bought.bought  # sorted by customer and day
    customer, gap = came["customer"].to_numpy()[1:], np.diff(clock[came["day"].to_numpy()])
    same = customer == came["customer"].to_numpy()[:-1]
    logs = np.bincount(customer[same], np.log(gap[same]), len(bought.customers))
    return History(
        scored.index.to_numpy(),
        scored["frequency"].to_numpy(float) - 1,
        last - first,
        clock[len(bought.days) - 1] - first,
        (scored["revenue"] / scored["frequency"]).to_numpy(float),
        logs[scored.index.to_numpy()],
    )


def ahead_of(bought: Purchases, days: int, seasonal: Season) -> float:
    """The next `days` on the clock of a season."""
    clock, end = seasonal.clock(bought), len(bought.days) - 1
    return float(clock[end + days] - clock[end])
