"""When to order, how much, and how sure it is that the shelf does not run empty."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from statistics import NormalDist

import numpy as np
import pandas as pd

from models.stock import sizes
from models.stock.experience import KINDS, WEEK, Experience, experience
from models.stock.sizes import YEAR, Conditions, Sizes, no_conditions
from models.stock.supply import DRAWS, LeadTimes, Stock

__all__ = [
    "LEVELS",
    "TRIES",
    "WEEK",
    "Experience",
    "Odds",
    "Service",
    "Terms",
    "experience",
    "odds",
    "orders",
    "service",
]

FUTURES = 2 * DRAWS  # of each product
CASES = 10 * DRAWS  # of each product behind its reorder point, which is at the edge of them
TRIES = 5  # lead times that come, drawn for a product at each past origin
TAUGHT = 2  # origins that the first reorder point that is judged is made from
ALIKE = 100  # past errors that a class of demand needs
ROOM = 0.05  # standard deviations of a share within which what was held is what was asked
DAYS_JUDGED = 3  # past days from which what they held counts as much as what was asked
MIN_JUDGED, SURELY_JUDGED = 30, 200  # products on past days from which a class says something, and says it surely
BANDS, IN_BAND = 2, 300  # most groups of alike variability in a class, and fewest past errors in one
BLOCK = 100  # products whose futures are in memory at the same time
TAIL = 28  # last days of a forecast, which go on after it
NOTHING = 0.05  # units forecast below which a product does not sell any more
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
    products, span = np.arange(len(leads.days)), _span(leads.days.mean(axis=1) + review, experience)
    drawn = _drawn(leads, CASES, seed)
    longest = int(_span(leads.days.max() + review, experience))
    judged: list[int] = []
    held_raw: list[np.ndarray] = []
    points, came, classic = [], [], []
    for number, origin in enumerate(experience.origins[:-1]):
        usable = int((experience.origins[:number] + longest <= origin).sum())
        if usable < TAUGHT:
            continue
        tries = np.random.default_rng([seed, number]).integers(0, leads.days.shape[1], (len(products), TRIES))
        until = _span(leads.days[products[:, None], tries] + review, experience)
        came.append(experience.came[number][products[:, None], until])
        raw = _points(experience, number, usable, drawn + review, seed)
        over = [one < usable for one in judged]
        points.append(_steered(experience, number, raw, judged, held_raw, over)[0])
        judged.append(number)
        held_raw.append((came[-1][:, :, None] <= raw[0][:, None, :]).mean(axis=1))
        classic.append(
            experience.forecast[number][products, span][:, None] + _textbook(experience, number, leads, review)
        )
    today = len(experience.came)
    raw = _points(experience, today, today, drawn + review, seed)
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
    until = _span(days, experience)
    half = 0.5 if experience.whole else 0.0
    point, ahead = np.empty((2, len(days), len(LEVELS)))
    for here, group in _groups(experience, number, usable, np.arange(len(days))):
        courses = _courses(experience, group, CASES, seed)
        forecast = experience.forecast[number][here[:, None], until[here]]
        spread = _scale(experience, number, here)
        off = courses.off[np.arange(CASES), until[here]] - half / courses.scale[np.arange(CASES), until[here]]
        sums = np.sort(forecast + np.take_along_axis(spread, until[here], axis=1) * off, axis=1)
        few = len(group[1]) < ALIKE
        share = LEVELS if few else np.maximum(_held_out(experience, group), LEVELS)
        rank = np.minimum(np.ceil((CASES + 1) * share - 1e-9).astype(int), CASES) - 1
        found = np.maximum(sums[:, rank], 0)
        point[here] = np.floor(found + half) if half else found
        beyond = np.c_[np.cumsum(sums[:, ::-1], axis=1)[:, ::-1], np.zeros(len(here))]  # sums of the largest
        above = np.array([np.searchsorted(row, ends) for row, ends in zip(sums, point[here], strict=True)])
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


def _groups(
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
class _Courses:
    """What alike products were off by, cumulated over the days after an origin, in units of `scale`: cases x days."""

    off: np.ndarray
    scale: np.ndarray


def _courses(experience: Experience, group: tuple[int, np.ndarray, np.ndarray], cases: int, seed: int) -> _Courses:
    """So many courses of a group, spread evenly from those that ended lowest to those that ended highest."""
    name, origin, product = group
    end = _end(experience, origin, product)
    even = (np.arange(cases) + np.random.default_rng([seed, name]).random(cases)) / cases
    some = np.argsort(end, kind="stable")[(even * len(end)).astype(int)]
    forecast = experience.forecast[origin[some], product[some]]
    scale = np.sqrt(experience.varies()[origin[some], product[some]][:, None] * (forecast + 0.5))
    off = (experience.came[origin[some], product[some]] - forecast) / scale
    return _Courses(off * _unsure(len(np.unique(origin))) if len(end) < ALIKE else off, scale)


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


def _scale(experience: Experience, number: int, places: np.ndarray) -> np.ndarray:
    """The standard deviation that errors of products may have on each day after an origin.

    Its square grows with the forecast, as that of all that comes in pieces at chance times does (compound Poisson).
    """
    forecast = experience.forecast[number][places]
    return np.asarray(np.sqrt(experience.varies()[number][places][:, None] * (forecast + 0.5)))


def _drawn(leads: LeadTimes, cases: int, seed: int) -> np.ndarray:
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


def _span(days: np.ndarray, experience: Experience) -> np.ndarray:
    """Whole days, as far as was forecast."""
    return np.minimum(np.rint(days).astype(int), experience.forecast.shape[2] - 1)


@dataclass(frozen=True)
class Paths:
    """What may happen to the stock of some products when nothing more is ordered: `FUTURES`, each as likely.

    Shaped products x futures x (days + 1), the first day today: `demand`, cumulated, and `level`, the units left.
    Shaped products x futures: `run_out`, the first day on which a buyer finds nothing (one more than the days looked
    at where none does), and `lead`, when a delivery ordered today comes. `lost` is the demand not served until then,
    `lost_later` that until a delivery ordered at the next look, both in units, a product; `undershoot` is how far
    below its reorder point a product is on average when it is looked at: half of E D² / E D of the demand D between two
    looks (renewal theory: Tijms 1994). All but demand, lead and undershoot mean nothing where what is on hand is not
    known.
    """

    demand: np.ndarray
    level: np.ndarray
    run_out: np.ndarray
    lead: np.ndarray
    lost: np.ndarray
    lost_later: np.ndarray
    undershoot: np.ndarray


def paths(
    experience: Experience, leads: LeadTimes, stock: Stock, review: int, places: np.ndarray, seed: int = 0
) -> Paths:
    """The futures of the products in the rows `places`, the same as behind their reorder points.

    A delivery under way comes after the rest of its lead time; one that is later than any was is expected tomorrow.
    """
    days = experience.forecast.shape[2] - 1
    forecast = experience.forecast[-1][places][:, None, :]
    demand = np.empty((len(places), FUTURES, days + 1), np.float32)
    row = {int(place): number for number, place in enumerate(places)}
    for some, group in _groups(experience, len(experience.came), len(experience.came), places):
        here = [row[int(place)] for place in some]
        off = _courses(experience, group, FUTURES, seed).off
        demand[here] = forecast[here] + _scale(experience, -1, some)[:, None, :] * off
    demand = np.maximum.accumulate(np.maximum(demand, 0), axis=2)
    coming = np.zeros_like(demand)
    for order in stock.orders[stock.orders["place"].isin(places)].itertuples():
        rest = leads.days[order.place] - order.elapsed
        rest = rest[rest > 0] if (rest > 0).any() else np.ones(1, int)
        arrives = np.random.default_rng([seed, order.place, order.elapsed]).choice(rest, FUTURES)
        inside = np.flatnonzero(arrives <= days)
        coming[row[order.place], inside, arrives[inside]] += order.quantity
    lead = _drawn(leads, FUTURES, seed)[places]
    lack = demand - stock.on_hand[places][:, None, None].astype(np.float32) - coming.cumsum(axis=2)
    lost = np.maximum.accumulate(np.maximum(lack, 0), axis=2)
    out = lack > 0
    at = np.arange(len(places))[:, None], np.arange(FUTURES)
    between = demand[:, :, min(review, days)].astype(float)
    return Paths(
        demand=demand,
        level=lost - lack,
        run_out=np.where(out.any(axis=2), out.argmax(axis=2), days + 1),
        lead=lead,
        lost=lost[(*at, _span(lead, experience))].mean(axis=1),
        lost_later=lost[(*at, _span(lead + review, experience))].mean(axis=1),
        undershoot=(between**2).mean(axis=1) / np.maximum(2 * between.mean(axis=1), 1e-9),
    )


@dataclass(frozen=True)
class Odds:
    """When shelves run empty: of `Paths` of every product what does not need the days in between."""

    run_out: np.ndarray
    lead: np.ndarray
    lost: np.ndarray
    lost_later: np.ndarray
    undershoot: np.ndarray

    @property
    def risk(self) -> np.ndarray:
        """The chance, a product, that it has run out when a delivery ordered today comes."""
        return np.asarray((self.run_out <= self.lead).mean(axis=1))

    def day(self, share: float) -> np.ndarray:
        """The day by which each product has run out with this chance."""
        return np.quantile(self.run_out, share, axis=1, method="inverted_cdf")

    def latest(self, level: float) -> np.ndarray:
        """The last day on which an order still comes in time with the chance `level`; below 0 it is too late."""
        slack = np.sort(self.run_out - self.lead, axis=1)
        return np.asarray(slack[:, int((1 - level) * FUTURES + 1e-9)] - 1)


def odds(experience: Experience, leads: LeadTimes, stock: Stock, review: int, seed: int = 0) -> Odds:
    """The futures of all products, in pieces that fit into memory."""
    pieces = np.array_split(np.arange(len(leads.days)), max(len(leads.days) // BLOCK, 1))
    found = [paths(experience, leads, stock, review, places, seed) for places in pieces]
    return Odds(*(np.concatenate([getattr(one, field.name) for one in found]) for field in fields(Odds)))


@dataclass(frozen=True)
class Terms:
    """What an analyst decides: the service `level`, the days of `review` between two looks at the shelf, how many days
    of sales an order `lasts` (0: those that cost least); and what a unit left over costs, as shares of its purchase
    cost: `holding` a year, `write_off` once an order cycle. `margin` is the share of the price earned where the
    purchase cost is not known. A line of an order costs `line`, an order `order`, where its supplier does not say.
    """

    level: float
    review: int
    lasts: int
    holding: float
    write_off: float
    margin: float
    line: float = 10.0
    order: float = 0.0

    @property
    def cycle(self) -> int:
        """Days between two orders of a product, where they are the same for all."""
        return max(self.review, self.lasts)

    def cost(self, goods: pd.DataFrame) -> np.ndarray:
        """What one unit of each product costs."""
        return np.asarray(goods["cost"].astype(float).fillna(goods["price"] * (1 - self.margin)))

    def over(self, cost: np.ndarray, days: np.ndarray | None = None) -> np.ndarray:
        """What a unit too many costs over an order cycle, of so many `days` where it is not the same for all."""
        return np.asarray(cost * (self.holding * (self.cycle if days is None else days) / YEAR + self.write_off))


def order_sizes(
    goods: pd.DataFrame, experience: Experience, futures: Odds, terms: Terms, conditions: Conditions | None = None
) -> Sizes:
    """How much of each product to order at a time: for the days an order lasts, or what costs least."""
    rate = _rate(experience)
    if terms.lasts:
        nothing = np.zeros(len(goods))
        return Sizes(np.ceil(rate * terms.lasts), nothing, np.full(len(goods), terms.cycle), nothing)
    return sizes.order_sizes(
        rate,
        futures.undershoot,
        terms.cost(goods),
        conditions or no_conditions(len(goods)),
        holding=terms.holding,
        review=terms.review,
        line=terms.line,
        order=terms.order,
    )


def newsvendor(under: np.ndarray, over: np.ndarray) -> np.ndarray:
    """The service level that costs least: the critical ratio under / (under + over) (Arrow, Harris, Marschak 1951).

    `under` is what a unit too few loses, its margin, `over` what a unit too many costs. A product sold below cost is
    not worth any service.
    """
    under = np.maximum(under, 0.0)
    return np.divide(under, under + over, out=np.zeros_like(under), where=under + over > 0)


def proposed(goods: pd.DataFrame, found: Service, terms: Terms, days: np.ndarray | None = None) -> float:
    """The newsvendor's service level of the whole assortment: each product weighs as much as it is forecast to sell."""
    cost = terms.cost(goods)
    under, over = np.maximum(goods["price"].to_numpy() - cost, 0), terms.over(cost, days)
    return float(newsvendor(np.array([under @ found.expected]), np.array([over @ found.expected]))[0])


def orders(
    goods: pd.DataFrame,
    experience: Experience,
    found: Service,
    futures: Odds,
    stock: Stock,
    minimum: np.ndarray,
    terms: Terms,
    conditions: Conditions | None = None,
    levels: np.ndarray | None = None,
) -> pd.DataFrame:
    """What to order of each product and why: a row a product, in the order of `goods`.

    `on_hand`, `on_order`, `cover` (days that what is on hand lasts, infinite where nothing sells), `lead_time` (days,
    mean), `expected` (units forecast until the end of a lead time and review), `service` (its level), `reorder_point`,
    `order_up_to`, `lasts` (days between two orders), `pack` (units of one), `quantity`, `raised` (whether to the
    minimum of a line), `joined` (whether it is not due, but soon, and goes with an order of its supplier), `filled`
    (whether it is more than needed so that the supplier delivers), `below` (whether the supplier's least is not
    reached even so), `cost` of a unit in such an order, `value` (what the order costs), `risk` (chance to run out
    before a delivery ordered today comes), `run_out` (day by which it has run out with a chance of one half) and
    `run_out_sure` (of 90 %), `latest` (last day on which an order comes in time, 0 is today), `stake` (margin lost
    if it is ordered at the next look only) and `best_level`, the newsvendor's.

    An order is due where the units on hand and under way are not above the reorder point at the service `terms.level`,
    or at the product's own of `levels`, places in `LEVELS`. It fills up by its size (`order_sizes`), in whole packs,
    and is never less than the supplier's `minimum` for a line. What does not sell any more is never ordered. Where what
    is on hand is not known all that depends on it is NaN.
    """
    conditions = conditions or no_conditions(len(goods))
    size, rate = order_sizes(goods, experience, futures, terms, conditions), _rate(experience)
    chosen = np.full(len(goods), int(np.abs(LEVELS - terms.level).argmin())) if levels is None else levels
    point = np.where(found.expected < NOTHING, 0, np.ceil(found.point[np.arange(len(goods)), chosen] - 1e-6))
    fill = np.where(conditions.pack > 1, np.maximum(np.rint(size.fill / conditions.pack), 1), size.fill)
    up_to = point + np.where(point > 0, fill * np.maximum(conditions.pack, 1), 0)
    position = stock.on_hand + stock.on_order
    due = (position <= point) & (point > 0)
    some = conditions.supplier >= 0
    called = some & (point > 0) & np.isin(conditions.supplier, conditions.supplier[due & some])
    joined = called & ~due & (position < up_to) & (position <= point + rate * size.reach)
    least = np.maximum(minimum, size.least)

    def units(days: float) -> np.ndarray:
        """What is ordered of each product where orders last so much longer, and what is due by then goes with them."""
        wanted = np.maximum(up_to + rate * days - position, least)
        soon = due | joined | (called & (days > 0) & (position <= point + rate * days))
        return np.where(soon, sizes.packed(wanted, point - position, least, conditions.pack), 0.0)

    base, quantity = terms.cost(goods), units(0)
    filled, below = sizes.to_least(quantity, units, base, conditions)
    cost, price = conditions.price(base, filled), goods["price"].to_numpy()
    margin = np.maximum(price - base, 0)
    table = goods[["product", "name", "supplier"]].assign(
        on_hand=stock.on_hand,
        on_order=stock.on_order,
        cover=cover(experience, stock.on_hand),
        lead_time=futures.lead.mean(axis=1),
        expected=found.expected,
        service=LEVELS[chosen],
        reorder_point=point,
        order_up_to=up_to,
        lasts=size.days,
        pack=conditions.pack,
        quantity=filled,
        raised=(quantity > 0)
        & (quantity == np.ceil(minimum / conditions.pack) * conditions.pack)
        & (minimum > up_to - position),
        joined=(filled > 0) & ~due,
        filled=filled > quantity,
        below=below,
        cost=cost,
        value=filled * cost,
        risk=futures.risk,
        run_out=futures.day(0.5).astype(float),
        run_out_sure=futures.day(0.9).astype(float),
        latest=futures.latest(terms.level).astype(float),
        stake=(futures.lost_later - futures.lost) * margin,
        best_level=newsvendor(margin, terms.over(base, size.days)),
    )
    unknown = ["quantity", "value", "risk", "run_out", "run_out_sure", "latest", "stake"]
    table.loc[np.isnan(stock.on_hand), unknown] = np.nan
    return table


def money(goods: pd.DataFrame, found: Service, terms: Terms, days: np.ndarray | None = None) -> pd.DataFrame:
    """What each of `LEVELS` costs a year: a row a level with `tied` (money in safety stock), `holding` and `lost`.

    `holding` is what the safety stock costs a year, `lost` the margin of what past lead times lacked; a product is
    ordered once in a cycle of so many `days`, and only then can it run out. `total` is their sum.
    """
    cost, cycles = terms.cost(goods), YEAR / (np.full(len(goods), terms.cycle) if days is None else days)
    holding = (cycles * terms.over(cost, days)) @ found.safety
    lost = (cycles * np.maximum(goods["price"].to_numpy() - cost, 0)) @ found.short
    frame = {"level": LEVELS, "tied": cost @ found.safety, "holding": holding, "lost": lost, "total": holding + lost}
    return pd.DataFrame(frame)


def cover(experience: Experience, units: np.ndarray) -> np.ndarray:
    """How many days `units` of each product last if it sells as forecast; infinite where it does not sell.

    Beyond the horizon the last weeks of the forecast go on.
    """
    forecast = experience.forecast[-1].astype(float)
    days, row = forecast.shape[1] - 1, np.arange(len(forecast))
    within = np.minimum((forecast <= units[:, None]).sum(axis=1) - 1, days - 1)
    beyond = units > forecast[:, -1]
    start, rate = forecast[row, within], forecast[row, within + 1] - forecast[row, within]
    start, rate = np.where(beyond, forecast[:, -1], start), np.where(beyond, _rate(experience), rate)
    with np.errstate(divide="ignore", invalid="ignore"):
        lasting = np.where(beyond, days, within) + (units - start) / rate
    return np.where(np.isnan(units), np.nan, np.where(forecast[:, -1] < NOTHING, np.inf, lasting))


def _rate(experience: Experience) -> np.ndarray:
    """Units a day at the end of the forecast."""
    forecast = experience.forecast[-1].astype(float)
    return np.asarray((forecast[:, -1] - forecast[:, -1 - TAIL]) / TAIL)
