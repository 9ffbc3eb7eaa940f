"""What past days teach about demand: its classes, what was forecast on them, and what came."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from locales import N_
from models.forecast.panel import Panel, Step, after, mean_forecast, recurring_factors
from models.forecast.series import CHANCE, CannotForecast
from models.forecast.yearly import Occasion, once
from models.stock.supply import Demand

WEEK = 7
ORIGINS = 12  # past days to stand on
APART = 4  # weeks between them where the history is long enough
RECENT = 13  # weeks that say what is usual
MIN_WEEKS = 12  # to learn from before the first origin
MEMORY = 104  # weeks that say how demand varies: slow products sell too rarely for fewer
KINDS = (N_("smooth"), N_("erratic"), N_("intermittent"), N_("lumpy"), N_("new"))
SMOOTH, ERRATIC, INTERMITTENT, LUMPY, NEW = range(5)
UNSOLD = -1  # nothing was sold of it by then: it teaches nothing
APART_SALES, UNEVEN = 1.32, 0.49  # ends of the classes (Syntetos, Boylan and Croston 2005)
TOLD = 30  # weeks with sales that tell how often a product sells
YOUNG = 13  # weeks since its first sale below which a product has no class yet
QUICK, SLOW = 0.1, 0.05  # how fast the usual sales follow the latest week; products that rarely sell teach slowly
WEIGHED = 3  # past origins that say which forecast was closer
WEIGHTS = np.linspace(0, 1, 5)
MIN_WEIGHED = 30
SURE = 2.0  # standard errors by which a model of slow products has to be better, to count for more than
UNPROVEN = 1  # this place in `WEIGHTS`
OWN_WEEKS = 8  # weeks of sales from which a product's own variability counts as much as that of its likes
LEAST_DISPERSION = 0.1
YEAR = 52  # weeks


@dataclass(frozen=True)
class Experience:
    """What was forecast at past origins and what came, and what is forecast today, the last origin.

    `forecast` and `came` are units cumulated over the days after each origin, shaped origins x products x (days + 1),
    with zero first; `came` lacks the last origin. The others are origins x products, by what was known then: `rate`
    (units a day) and `spread` (standard deviation of the units of a week) of the `RECENT` weeks before, `kind`, the
    class of demand (a place in `KINDS`, or `UNSOLD`), and `dispersion`, the variance of the units of a week over their
    mean. Without the last two all products are of one class and vary as `spread` says. `origins` counts the days known.
    """

    origins: np.ndarray
    forecast: np.ndarray
    came: np.ndarray
    rate: np.ndarray
    spread: np.ndarray
    kind: np.ndarray | None = None
    dispersion: np.ndarray | None = None

    @property
    def kinds(self) -> np.ndarray:
        """The classes, origins x products."""
        return np.zeros(self.rate.shape, int) if self.kind is None else self.kind

    @property
    def whole(self) -> bool:
        """Whether demand is counted in whole units."""
        return bool((self.came == np.rint(self.came)).all())

    def varies(self) -> np.ndarray:
        """The variance of the units of a week over their mean, origins x products."""
        if self.dispersion is not None:
            return self.dispersion
        return np.maximum(self.spread**2 / np.maximum(self.rate * WEEK, 1e-9), LEAST_DISPERSION)


def experience(
    demand: Demand,
    weeks: int,
    seed: int = 0,
    step: Step = lambda _message, _share: None,
    said: Sequence[Occasion] = (),
) -> Experience:
    """Forecast the next `weeks` weeks of every product, today and at past origins with what was known then.

    Two forecasts are weighed: that of one model for all products, and what the product usually sells (see `usual`).
    Both know what stands out at the same time of every year, of all products together (see `yearly`). Of each class of
    demand those weights are taken that were closest to what had come since the last `WEIGHED` origins.
    What has `ended` is forecast as zero. `said` is what is known of occasions of everything.
    """
    asked = _usual(demand, once(demand.days, "D", said))
    whole = demand.units.shape[1] // WEEK
    start = demand.units.shape[1] - whole * WEEK
    if whole < weeks + MIN_WEEKS:
        raise CannotForecast(
            N_("Deliveries of up to {weeks} weeks need {needed} weeks of sales to learn from, and there are {known}."),
            weeks=weeks,
            needed=weeks + MIN_WEEKS,
            known=whole,
        )
    weekly = asked[:, start:].reshape(len(asked), whole, WEEK).sum(axis=2)
    columns = ["product", *(["supplier"] if demand.goods["supplier"].notna().all() else [])]
    dates, known = demand.days[start + WEEK - 1 :: WEEK], {("", ""): said}
    panel = Panel(weekly.astype(np.float32), dates, demand.goods[columns], "W", known)
    last = whole - weeks
    apart = int(np.clip((last - MIN_WEEKS) // ORIGINS, 1, APART))
    lengths = [*sorted(range(last, MIN_WEEKS - 1, -apart)[:ORIGINS]), whole]
    kind = np.array([classes(weekly[:, :length]) for length in lengths])
    level = []  # what is usual of each week to come: at another time of the year it is more, or less
    for length, now in zip(lengths, kind, strict=True):
        then = panel.upto(length)
        factors = recurring_factors(then, then.dates.append(after(then, weeks)))
        flat = usual(weekly[:, :length] / factors[:, :length], now)
        level.append(flat[:, None] * factors[:, length:])
    over = np.array([ended(weekly[:, :length]) for length in lengths])
    told, forecast, came = [], [], []
    for number, length in enumerate(lengths):
        step(N_("Forecasting as on past days"), number / len(lengths))
        told.append(mean_forecast(panel.upto(length), weeks, seed))
        weight = _weights(weekly, lengths[: number + 1], told, level, kind)[kind[number]][:, None]
        mean = (weight * told[-1] + (1 - weight) * level[number]) * ~over[number][:, None]
        before = asked[:, start : start + length * WEEK]
        profile = before[:, -2 * APART * WEEK :].sum(axis=0).reshape(-1, WEEK).sum(axis=0)
        profile = profile / profile.sum() if profile.sum() else np.full(WEEK, 1 / WEEK)
        forecast.append(_summed((mean[:, :, None] * profile).reshape(len(mean), -1)))
        if length < whole:
            came.append(_summed(asked[:, start + length * WEEK :][:, : weeks * WEEK]))
    counted = bool((demand.sold == np.rint(demand.sold)).all())  # repaired days are not: half a unit is nobody's wish
    recent = [weekly[:, max(length - RECENT, 0) : length] for length in lengths]
    return Experience(
        origins=start + WEEK * np.array(lengths),
        forecast=np.array(forecast, np.float32),
        came=np.array(np.rint(came) if counted else came, np.float32),
        rate=np.array([part.mean(axis=1) for part in recent]) / WEEK,
        spread=np.array([part.std(axis=1, ddof=1) for part in recent]),
        kind=kind,
        dispersion=np.array([dispersion(weekly[:, :length]) for length in lengths]),
    )


def _usual(demand: Demand, gone: np.ndarray) -> np.ndarray:
    """The units asked for, and on days that are `gone` what the same weekday of the weeks around them sells."""
    units = demand.units.copy() if gone.any() else demand.units
    for day in np.flatnonzero(gone):
        like = np.flatnonzero(~gone & ((np.arange(len(gone)) - day) % WEEK == 0))
        if len(like):
            near = like[np.argsort(np.abs(like - day), kind="stable")[: 2 * APART]]
            units[:, day] = demand.units[:, near].mean(axis=1)
    return units


def classes(weekly: np.ndarray) -> np.ndarray:
    """The class of demand of each product (a row) by its last `MEMORY` weeks: a place in `KINDS`.

    By the mean of the weeks between two weeks with sales and the squared coefficient of variation of what such weeks
    sold (Syntetos, Boylan and Croston 2005). What sold for the first time less than `YOUNG` weeks ago is new,
    what never sold `UNSOLD`.
    """
    age, recent = _age(weekly), weekly[:, -MEMORY:]
    sold = (recent > 0).sum(axis=1)
    apart = np.minimum(age, recent.shape[1]) / np.maximum(sold, 1)
    mean = recent.sum(axis=1) / np.maximum(sold, 1)
    variance = ((recent**2).sum(axis=1) - sold * mean**2) / np.maximum(sold - 1, 1)
    rare, uneven = apart > APART_SALES, variance > UNEVEN * mean**2
    return np.select([age == 0, age < YOUNG], [UNSOLD, NEW], INTERMITTENT * rare + ERRATIC * uneven)


def ended(weekly: np.ndarray) -> np.ndarray:
    """Which products (a row each) sell no more: so many weeks without a sale would be a wonder at their rate before.

    What did not sell at the same time of the last year either, or was not there, may be out of season.
    """
    sold, weeks = weekly > 0, weekly.shape[1]
    empty = sold[:, ::-1].argmax(axis=1)
    known = _age(weekly) - empty
    chance = (1 - sold.sum(axis=1) / (known + 1)) ** empty
    back = weeks - 1 - np.arange(weeks)  # of each week
    before = sold & (back >= YEAR) & (back < empty[:, None] + YEAR)
    return np.asarray((chance < CHANCE) & before.any(axis=1))


def usual(weekly: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """Units that each product usually sells in a week: the mean of two means and of an exponential smoothing.

    The means are those of half a year and a year, of slow products of one and two years, or of as long as it took to
    sell in so many weeks as tell a rate: they sell too rarely for less. The smoothing is of the chance of a sale and of
    its size (Teunter, Syntetos and Babai 2011).
    """
    slow = (kind == INTERMITTENT) | (kind == LUMPY)
    age = np.maximum(_age(weekly), 4)
    back = weekly[:, ::-1].cumsum(axis=1)
    times = (weekly[:, ::-1] > 0).cumsum(axis=1)

    def mean(width: int, sales: int = 0) -> np.ndarray:
        """Of the last weeks, at least so many with `sales` in them, since the first sale at most."""
        told = np.where(times[:, -1] < sales, age - 1, (times < sales).sum(axis=1))  # what ends with a sale is too full
        long = np.maximum(told, width)
        weeks = np.minimum(np.minimum(age, long), weekly.shape[1])
        return np.asarray(back[np.arange(len(back)), weeks - 1] / weeks)

    share = np.where(slow, SLOW, QUICK)
    own = weekly.shape[1] - np.arange(weekly.shape[1]) <= _age(weekly)[:, None]  # the weeks from the first sale on
    begin = own & (own.cumsum(axis=1) <= MIN_WEEKS)
    chance = ((weekly > 0) & begin).sum(axis=1) / np.maximum(begin.sum(axis=1), 4)
    size = np.zeros(len(weekly))
    for units, there in zip(weekly.T, own.T, strict=True):
        sold = units > 0
        chance += share * there * (sold - chance)
        size = np.where(sold, np.where(size > 0, size + share * (units - size), units), size)
    year, longer = mean(52), np.where(slow, mean(104, TOLD), mean(26))
    return np.asarray((longer + np.where(slow, mean(52, TOLD // 2), year) + chance * size) / 3)


def dispersion(weekly: np.ndarray) -> np.ndarray:
    """The variance of the units of a week over their mean, a product (a row), by its last `MEMORY` weeks.

    What few sales tell of it is moved towards what products that sell as much have: a regression of logarithms.
    """
    recent = weekly[:, -MEMORY:]
    weeks = np.clip(_age(weekly), 4, recent.shape[1])
    mean = recent.sum(axis=1) / weeks
    own = np.maximum((recent**2).sum(axis=1) - weeks * mean**2, 0) / (weeks - 1) / np.maximum(mean, 1e-9)
    known = (mean > 0) & (own > 0)
    likes = np.ones(len(weekly))
    if known.sum() > 2:  # a line needs three points to be more than its points
        design = np.column_stack([np.ones(len(mean)), np.log(mean + 0.05)])
        likes = np.exp(design @ np.linalg.lstsq(design[known], np.log(own[known]), rcond=None)[0])
    weight = weeks * np.clip(mean / (mean + 1), 0.05, 1)
    found = np.where(mean > 0, (weight * own + OWN_WEEKS * likes) / (weight + OWN_WEEKS), likes)
    return np.maximum(found, LEAST_DISPERSION)


def _age(weekly: np.ndarray) -> np.ndarray:
    """Weeks since the first sale of each product; 0 where there is none."""
    sold = weekly > 0
    return np.where(sold.any(axis=1), weekly.shape[1] - sold.argmax(axis=1), 0)


def _weights(
    weekly: np.ndarray, lengths: list[int], told: list[np.ndarray], level: list[np.ndarray], kind: np.ndarray
) -> np.ndarray:
    """Of each of `KINDS` how much the model counts at the last of `lengths`, against `level`, what is usual."""
    now, earlier = lengths[-1], range(len(lengths) - 1)[-WEIGHED:]
    weights = np.full(len(KINDS), 0.5)
    weights[[INTERMITTENT, LUMPY]] = 0  # a model of weeks learns nothing of few that rarely sell
    if not earlier:
        return weights
    since = [min(now - lengths[one], told[one].shape[1]) for one in earlier]
    model = np.concatenate([told[one][:, :weeks].sum(axis=1) for one, weeks in zip(earlier, since, strict=True)])
    flat = np.concatenate([level[one][:, :weeks].sum(axis=1) for one, weeks in zip(earlier, since, strict=True)])
    actual = np.concatenate(
        [weekly[:, lengths[one] : lengths[one] + weeks].sum(axis=1) for one, weeks in zip(earlier, since, strict=True)]
    )
    then = np.concatenate([kind[one] for one in earlier])
    for which in range(len(KINDS)):
        some = then == which
        if some.sum() < MIN_WEIGHED:
            continue
        off = [(weight * model + (1 - weight) * flat - actual)[some] ** 2 / (flat[some] + 0.5) for weight in WEIGHTS]
        # One order of a thousand times the usual size must not decide for all.
        losses = np.minimum(off, np.quantile(off[0], 0.99))
        best = losses.mean(axis=1).argmin()
        if which in (INTERMITTENT, LUMPY):  # few sales prefer a model by chance: to count for more it has to be better
            worse = losses - losses[best]
            least = (worse.mean(axis=1) <= SURE * worse.std(axis=1) / np.sqrt(some.sum())).argmax()
            best = max(least, min(best, UNPROVEN))
        weights[which] = WEIGHTS[best]
    return weights


def _summed(daily: np.ndarray) -> np.ndarray:
    return np.c_[np.zeros(len(daily)), daily.cumsum(axis=1)]
