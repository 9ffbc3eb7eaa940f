"""Reorder points that hold a service, told from what past forecasts were off by, and how they did on past days."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from models.stock.experience import KINDS, WEEK, Experience
from models.stock.supply import DRAWS, LeadTimes

CASES = 10 * DRAWS  # of each product behind its reorder point, which is at the edge of them
TRIES = 5  # lead times that come, drawn for a product at each past origin
TAUGHT = 2  # origins that the first reorder point that is judged is made from
ALIKE = 100  # past errors that a class of demand needs
ROOM = 0.05  # standard deviations of a share within which what was held is what was asked
DAYS_JUDGED = 3  # past days from which what they held counts as much as what was asked
MIN_JUDGED, SURELY_JUDGED = 30, 200  # products on past days from which a class says something, and says it surely
BANDS, IN_BAND = 2, 300  # most groups of alike variability in a class, and fewest past errors in one
LEVELS = np.arange(70, 100) / 100  # service levels: chances not to run out in a lead time
SHARES = np.r_[np.arange(30, 99) / 100, 0.99, 0.993, 0.996, 0.998, 0.999, 1]  # quantiles of errors that are tried


@dataclass(frozen=True)
class Service:
    """Reorder points at each of `LEVELS`, and how they did at past origins.

    A row a product: `expected`, the units forecast over its mean lead time and the review period, and with a column a
    level `point`, the reorder point, `ahead`, the units that demand is expected to lack beyond it until then, `short`,
    the units that a past lead time lacked on average, and `safety`, the units held then beyond the forecast. `achieved`
    is the share of past lead times, at each level, in which demand stayed within the reorder point, `textbook` that of
    the same forecast + z x standard deviation; `by_kind` has both for each class of demand (see `KindService`). `cases`
    counts those lead times, `first` and `last` are the days known at the first and the last origin that was judged.
    Without any such origin the shares, `short` and `safety` are NaN.
    """

    expected: np.ndarray
    point: np.ndarray
    ahead: np.ndarray
    short: np.ndarray
    safety: np.ndarray
    achieved: np.ndarray
    textbook: np.ndarray
    by_kind: tuple["KindService", ...]
    cases: int
    first: int
    last: int


@dataclass(frozen=True)
class KindService:
    """How one class of demand did: `kind` is its name, `products` how many are of it today.

    A product counts where it was of this class at the past origin. The others are as in `Service`.
    """

    kind: str
    products: int
    achieved: np.ndarray
    textbook: np.ndarray
    cases: int


def service(experience: Experience, leads: LeadTimes, review: int, seed: int = 0) -> Service:
    """Reorder points for a look at the shelf every `review` days, and what they would have achieved.

    The reorder point is the quantile of `CASES` demands of a product until the end of a lead time and review period,
    each with a lead time of its own: the spread of lead times is in it, and so is what past forecasts of that very sum
    were off by, for products of the same class of demand that vary as much (split conformal by group: Vovk and others
    2005). Which quantile holds the service is told by leaving one past origin out at a time: errors of one day go
    together. Where demand is counted in whole units so is the reorder point, rounded such that the service is held on
    average of the class. A past origin is judged by what came, and by errors of such origins only whose longest lead
    time had ended before it; where points of such days held clearly more or less than was asked in a class, those of
    later days and of today are taken at another level (see `_steered`).
    """
    products, span = np.arange(len(leads.days)), until(leads.days.mean(axis=1) + review, experience)
    times = drawn(leads, CASES, seed)
    longest = int(until(leads.days.max() + review, experience))
    judged: list[int] = []
    held_raw: list[np.ndarray] = []
    points, came, classic = [], [], []
    for number, origin in enumerate(experience.origins[:-1]):
        usable = int((experience.origins[:number] + longest <= origin).sum())
        if usable < TAUGHT:
            continue
        tries = np.random.default_rng([seed, number]).integers(0, leads.days.shape[1], (len(products), TRIES))
        ends = until(leads.days[products[:, None], tries] + review, experience)
        came.append(experience.came[number][products[:, None], ends])
        raw = _points(experience, number, usable, times + review, seed)
        over = [one < usable for one in judged]
        points.append(_steered(experience, number, raw, judged, held_raw, over)[0])
        judged.append(number)
        held_raw.append((came[-1][:, :, None] <= raw[0][:, None, :]).mean(axis=1))
        classic.append(
            experience.forecast[number][products, span][:, None] + _textbook(experience, number, leads, review)
        )
    today = len(experience.came)
    raw = _points(experience, today, today, times + review, seed)
    point, ahead = _steered(experience, today, raw, judged, held_raw, [True] * len(judged))
    expected = experience.forecast[-1][products, span].astype(float)
    if not judged:
        nothing = np.full(point.shape, np.nan)
        return Service(expected, point, ahead, nothing, nothing, nothing[0], nothing[0], (), 0, 0, 0)
    lack = np.array(came)[:, :, :, None] - np.array(points)[:, :, None, :]
    held, there = (lack <= 0).mean(axis=2), experience.kinds[judged] >= 0
    usual = (np.array(came)[:, :, :, None] <= np.array(classic)[:, :, None, :]).mean(axis=2)
    forecast = experience.forecast[judged][:, products, span]
    return Service(
        expected=expected,
        point=point,
        ahead=ahead,
        short=_mean(np.maximum(lack, 0).mean(axis=2), there),
        safety=_mean(np.maximum(np.array(points) - forecast[:, :, None], 0), there),
        achieved=held[there].mean(axis=0),
        textbook=usual[there].mean(axis=0),
        by_kind=tuple(
            KindService(
                name,
                int((experience.kinds[-1] == kind).sum()),
                held[then].mean(axis=0),
                usual[then].mean(axis=0),
                TRIES * int(then.sum()),
            )
            for kind, name in enumerate(KINDS)
            if experience.kind is not None and (then := experience.kinds[judged] == kind).any()
        ),
        cases=TRIES * int(there.sum()),
        first=int(experience.origins[judged[0]]),
        last=int(experience.origins[judged[-1]]),
    )


def _mean(values: np.ndarray, there: np.ndarray) -> np.ndarray:
    """The mean of each product over the origins at which it was `there`; 0 where it never was."""
    return np.asarray((values * there[:, :, None]).sum(axis=0) / np.maximum(there.sum(axis=0), 1)[:, None])


def _points(
    experience: Experience, number: int, usable: int, days: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Reorder points at `LEVELS` for the demand until each product's `days` (one a case) after an origin, and what that
    demand lacks beyond them on average.

    A whole number of units is enough for demand where demand less a half is below the number before it was rounded.
    """
    ends = until(days, experience)
    half = 0.5 if experience.whole else 0.0
    point, ahead = np.empty((2, len(days), len(LEVELS)))
    for here, group in groups(experience, number, usable, np.arange(len(days))):
        alike = courses(experience, group, CASES, seed)
        forecast = experience.forecast[number][here[:, None], ends[here]]
        spread = scale(experience, number, here)
        off = alike.off[np.arange(CASES), ends[here]] - half / alike.scale[np.arange(CASES), ends[here]]
        sums = np.sort(forecast + np.take_along_axis(spread, ends[here], axis=1) * off, axis=1)
        few = len(group[1]) < ALIKE
        share = LEVELS if few else np.maximum(_held_out(experience, group), LEVELS)
        rank = np.minimum(np.ceil((CASES + 1) * share - 1e-9).astype(int), CASES) - 1
        found = np.maximum(sums[:, rank], 0)
        point[here] = np.floor(found + half) if half else found
        beyond = np.c_[np.cumsum(sums[:, ::-1], axis=1)[:, ::-1], np.zeros(len(here))]  # sums of the largest
        above = np.array([np.searchsorted(row, limits) for row, limits in zip(sums, point[here], strict=True)])
        ahead[here] = np.take_along_axis(beyond, above, axis=1) / CASES - point[here] * (1 - above / CASES)
    return point, ahead


def _steered(
    experience: Experience,
    number: int,
    found: tuple[np.ndarray, np.ndarray],
    judged: list[int],
    held: list[np.ndarray],
    over: list[bool],
) -> tuple[np.ndarray, np.ndarray]:
    """Points of an origin, and what lacks beyond them, at levels that past days say hold what is asked.

    Of the `judged` origins that were `over` by then, `held` has the share of lead times at each of `LEVELS`, a row a
    product. What a class held beyond `ROOM` standard deviations of what was asked is taken as the rule, not as chance,
    and the more so the more days say it.
    """
    point, ahead = found[0].copy(), found[1].copy()
    known = [(one, shares) for one, shares, ended in zip(judged, held, over, strict=True) if ended]
    room = ROOM * np.sqrt(LEVELS * (1 - LEVELS))
    for kind in np.unique(experience.kinds[number][experience.kinds[number] >= 0]):
        parts = [some for one, shares in known if len(some := shares[experience.kinds[one] == kind])]
        count = sum(map(len, parts))
        if count < MIN_JUDGED:
            continue
        off = np.concatenate(parts).mean(axis=0) - LEVELS
        clearly = LEVELS + np.sign(off) * np.maximum(np.abs(off) - room, 0)
        wanted = np.interp(LEVELS, np.maximum.accumulate(clearly), LEVELS)
        weight = len(parts) / (len(parts) + DAYS_JUDGED) * min(count / SURELY_JUDGED, 1)
        place = np.interp(LEVELS + weight * (wanted - LEVELS), LEVELS, np.arange(len(LEVELS)))
        low = np.minimum(place.astype(int), len(LEVELS) - 2)
        some = experience.kinds[number] == kind
        for values in (point, ahead):
            values[some] = values[some][:, low] * (low + 1 - place) + values[some][:, low + 1] * (place - low)
    return (np.floor(point + 0.5) if experience.whole else point), ahead


def groups(
    experience: Experience, number: int, usable: int, places: np.ndarray
) -> Iterator[tuple[np.ndarray, tuple[int, np.ndarray, np.ndarray]]]:
    """Groups of `places` that are alike at an origin, each with its number and the past origins and products like it.

    Alike are products of the same class of demand whose standard deviation is about as large a part of the forecast.
    A class with too few past errors learns from all.
    """
    kinds, size = experience.kinds, experience.forecast[:, :, -1].astype(float)
    relative = np.sqrt(experience.varies() / (size + 0.5))
    for kind in np.unique(kinds[number][places]):
        some = kinds[:usable] == kind
        if kind < 0 or some.sum() < ALIKE:
            some = kinds[:usable] >= 0
        bands = int(np.clip(some.sum() // IN_BAND, 1, BANDS))
        edges = np.quantile(relative[:usable][some], np.linspace(0, 1, bands + 1)[1:-1])
        then, now = np.searchsorted(edges, relative[:usable]), np.searchsorted(edges, relative[number][places])
        for band in range(bands):
            here = places[(kinds[number][places] == kind) & (now == band)]
            if len(here):
                origin, product = np.nonzero(some & (then == band))
                yield here, ((int(kind) + 1) * BANDS + band, origin, product)


@dataclass(frozen=True)
class Courses:
    """What alike products were off by, cumulated over the days after an origin, in units of `scale`: cases x days."""

    off: np.ndarray
    scale: np.ndarray


def courses(experience: Experience, group: tuple[int, np.ndarray, np.ndarray], cases: int, seed: int) -> Courses:
    """So many courses of a group, spread evenly from those that ended lowest to those that ended highest."""
    name, origin, product = group
    end = _end(experience, origin, product)
    even = (np.arange(cases) + np.random.default_rng([seed, name]).random(cases)) / cases
    some = np.argsort(end, kind="stable")[(even * len(end)).astype(int)]
    forecast = experience.forecast[origin[some], product[some]]
    scale = np.sqrt(experience.varies()[origin[some], product[some]][:, None] * (forecast + 0.5))
    off = (experience.came[origin[some], product[some]] - forecast) / scale
    return Courses(off * _unsure(len(np.unique(origin))) if len(end) < ALIKE else off, scale)


def _unsure(days: int) -> float:
    """How much wider errors are taken that so few past days tell, the quantiles of which end with the largest of them.

    As that much wider is the interval of a mean of so many values whose spread is known from them only (Student 1908).
    """
    from scipy.special import stdtrit

    return float(stdtrit(max(days - 1, 1), 0.95) * np.sqrt(1 + 1 / days) / NormalDist().inv_cdf(0.95))


def _end(experience: Experience, origin: np.ndarray, product: np.ndarray) -> np.ndarray:
    """Standardised errors of the whole horizon."""
    forecast = experience.forecast[origin, product, -1].astype(float)
    return np.asarray(
        (experience.came[origin, product, -1] - forecast)
        / np.sqrt(experience.varies()[origin, product] * (forecast + 0.5))
    )


def _held_out(experience: Experience, group: tuple[int, np.ndarray, np.ndarray]) -> np.ndarray:
    """The shares of the errors of other days that hold `LEVELS` on a day, each past origin left out in its turn."""
    _name, origin, product = group
    end = _end(experience, origin, product)
    if len(np.unique(origin)) == 1:
        return LEVELS
    held = [
        (end[origin == day, None] <= np.quantile(end[origin != day], SHARES)).mean(axis=0) for day in np.unique(origin)
    ]
    return np.interp(LEVELS, np.maximum.accumulate(np.mean(held, axis=0)), SHARES)


def scale(experience: Experience, number: int, places: np.ndarray) -> np.ndarray:
    """The standard deviation that errors of products may have on each day after an origin.

    Its square grows with the forecast, as that of all that comes in pieces at chance times does (compound Poisson).
    """
    forecast = experience.forecast[number][places]
    return np.asarray(np.sqrt(experience.varies()[number][places][:, None] * (forecast + 0.5)))


def drawn(leads: LeadTimes, cases: int, seed: int) -> np.ndarray:
    """So many lead times of each product, every quantile of its distribution as often."""
    again = np.tile(leads.days, (1, cases // leads.days.shape[1]))
    return np.random.default_rng(seed).permuted(again, axis=1)


def _textbook(experience: Experience, number: int, leads: LeadTimes, review: int) -> np.ndarray:
    """Safety stocks at `LEVELS` for normal demand and lead times (Silver, Pyke and Thomas 2017, chapter 6)."""
    days = leads.days.mean(axis=1) + review
    spread = np.sqrt(
        experience.spread[number] ** 2 / WEEK * days + (experience.rate[number] * leads.days.std(axis=1)) ** 2
    )
    return np.outer(spread, [NormalDist().inv_cdf(level) for level in LEVELS])


def until(days: np.ndarray, experience: Experience) -> np.ndarray:
    """Whole days, as far as was forecast."""
    return np.minimum(np.rint(days).astype(int), experience.forecast.shape[2] - 1)
